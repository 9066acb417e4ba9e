//! A tile as it is sent, and its sums as they come back: rows of a label and what is added up under it.

use coterminous::overlay::Extent;
use coterminous::overlay::tiles::{Portion, RingSum, Sums, tally};

use crate::wire::{Damage, Reader, Writer};

/// What is added up under a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is of: one of [`TILES`], [`BROKEN`], [`FACE`] and [`RING`], and then which.
    pub label: Vec<u8>,
    /// Of a face twice its area in square grid steps; of a ring its sum as read; of the label of all tiles their number.
    pub area: i128,
    /// Of a face the length of its boundary in grid steps; of a ring its sum as noded; of the label of all tiles the number of crossings.
    pub boundary: i128,
}

/// First number of the label that counts tiles.
const TILES: u128 = 0;
/// First number of the label that counts tiles whose arrangement contradicts itself.
const BROKEN: u128 = 1;
/// First number of the label of a face; then for each layer how many units cover it, and which.
const FACE: u128 = 2;
/// First number of the label of a ring sum; then layer and unit.
const RING: u128 = 3;

/// The bytes of a tile.
pub fn bytes(portion: &Portion) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.portion(portion);
    writer.into_bytes()
}

fn label(numbers: impl IntoIterator<Item = u128>) -> Vec<u8> {
    let mut writer = Writer::default();
    numbers.into_iter().for_each(|number| writer.number(number));
    writer.into_bytes()
}

/// The sums of a tile; of one whose arrangement contradicts itself that it does.
///
/// # Errors
/// If the bytes are not a tile's.
pub fn count(bytes: &[u8]) -> Result<Vec<Row>, Damage> {
    let mut reader = Reader::new(bytes);
    let portion = reader.portion()?;
    reader.end()?;
    Ok(match tally(&portion) {
        Ok(sums) => rows(&sums),
        Err(_) => [TILES, BROKEN].map(|kind| Row { label: label([kind]), area: 1, boundary: 0 }).to_vec(),
    })
}

/// Sums as rows.
fn rows(sums: &Sums) -> Vec<Row> {
    let mut rows = vec![Row { label: label([TILES]), area: i128::from(sums.tiles), boundary: i128::from(sums.crossings) }];
    rows.extend(sums.faces.iter().map(|(units, extent)| {
        let numbers = units.iter().flat_map(|units| std::iter::once(units.len() as u128).chain(units.iter().map(|unit| u128::from(*unit))));
        Row { label: label(std::iter::once(FACE).chain(numbers)), area: extent.doubled_area, boundary: extent.boundary }
    }));
    rows.extend(sums.rings.iter().map(|((layer, unit), ring)| Row {
        label: label([RING, u128::from(*layer), u128::from(*unit)]),
        area: ring.read,
        boundary: ring.noded,
    }));
    rows
}

/// The sums of `tiles` tiles of `layers` layers out of their rows; `None` if a tile's arrangement contradicts itself.
///
/// # Errors
/// If the rows are not that: a tile was lost, or counted twice, or a label is there twice or is none.
pub fn sums(rows: &[Row], tiles: u64, layers: usize) -> Result<Option<Sums>, Damage> {
    let (mut sums, mut is_broken) = (Sums::default(), false);
    for row in rows {
        let mut reader = Reader::new(&row.label);
        let small = |number: u128| u32::try_from(number).map_err(|_| "a unit of a label is no number of a unit".to_owned());
        let whole = |number: i128, what: &str| u64::try_from(number).map_err(|_| format!("the {what} are {number}"));
        let is_new = match reader.number()? {
            TILES => {
                let is_new = sums.tiles == 0;
                (sums.tiles, sums.crossings) = (whole(row.area, "tiles")?, whole(row.boundary, "crossings")?);
                is_new
            }
            BROKEN => !std::mem::replace(&mut is_broken, true),
            FACE => {
                let mut units = Vec::with_capacity(layers);
                for _ in 0..layers {
                    let mut of_layer = Vec::new();
                    for _ in 0..reader.count()? {
                        of_layer.push(small(reader.number()?)?);
                    }
                    units.push(of_layer);
                }
                sums.faces.insert(units, Extent { doubled_area: row.area, boundary: row.boundary }).is_none()
            }
            RING => {
                let unit = (small(reader.number()?)?, small(reader.number()?)?);
                sums.rings.insert(unit, RingSum { read: row.area, noded: row.boundary }).is_none()
            }
            other => return Err(format!("a label is of kind {other}")),
        };
        if !is_new {
            return Err("a label is there twice".to_owned());
        }
        reader.end()?;
    }
    if sums.tiles != tiles {
        return Err(format!("the sums are those of {} tiles, and {tiles} were sent", sums.tiles));
    }
    Ok((!is_broken).then_some(sums))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use coterminous::domain::{Point, Rings};
    use coterminous::overlay::tiles::split;

    fn square(rings: &mut Rings, x: i64, y: i64, side: i64) {
        rings.push_ring([(x, y), (x + side, y), (x + side, y + side), (x, y + side)].map(|(x, y)| Point { x, y }));
        rings.end_unit();
    }

    #[test]
    fn rows_add_up_to_the_sums_whatever_the_tiles() {
        let (mut left, mut right) = (Rings::new(), Rings::new());
        // Three squares of 1000 in a row, a square of 2000 over one and a half of them, and a unit of two squares.
        (0..3).for_each(|at| square(&mut left, at * 1000, 0, 1000));
        square(&mut right, 500, -500, 2000);
        square(&mut right, 100, 100, 200);
        for most in [3, 6, 1000] {
            let mut portions = Vec::new();
            split(&[&left, &right], most, &mut |portion| {
                portions.push(portion);
                Ok::<(), ()>(())
            })
            .unwrap();
            let mut added: Vec<Row> = Vec::new();
            for row in portions.iter().flat_map(|portion| count(&bytes(portion)).unwrap()) {
                match added.iter_mut().find(|known| known.label == row.label) {
                    Some(known) => (known.area, known.boundary) = (known.area + row.area, known.boundary + row.boundary),
                    None => added.push(row),
                }
            }
            let sums = sums(&added, portions.len() as u64, 2).unwrap().unwrap();
            sums.are_whole(&[&left, &right]).unwrap();
            // The square of 200 lies in the first of the row: 2 x 200 x 200.
            assert_eq!(sums.faces[&vec![vec![0], vec![1]]].doubled_area, 80_000);
            // Half of the first square is under the square of 2000: 2 x 500 x 1000.
            assert_eq!(sums.faces[&vec![vec![0], vec![0]]].doubled_area, 1_000_000);
            assert!(super::sums(&added, portions.len() as u64 + 1, 2).unwrap_err().contains("were sent"));
            added.push(added[0].clone());
            assert!(super::sums(&added, portions.len() as u64, 2).unwrap_err().contains("twice"));
        }
    }
}
