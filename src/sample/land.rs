//! The land: a mesh of blocks with shared, wandering edges, and what each block belongs to.
//!
//! Blocks come first. Everything else, polygons as well as true answers, is a sum over blocks.

use super::Scale;
use super::places::{Place, Water};
use super::random::{Random, mix};

/// A corner of the mesh in whole metres, EPSG:27700.
pub(super) type Corner = (i64, i64);

/// Points between the two corners of an edge.
const BENDS: usize = 2;

/// The mesh: `columns` x `rows` cells, their corners, and the bends of the edges between corners.
#[derive(Debug, Clone)]
pub(super) struct Mesh {
    pub(super) columns: usize,
    pub(super) rows: usize,
    corners: Vec<Corner>,
    /// Bends of the edge that goes east from each corner.
    east: Vec<[Corner; BENDS]>,
    /// Bends of the edge that goes north from each corner.
    north: Vec<[Corner; BENDS]>,
}

/// Size of a country in places and of a place in cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) places_across: usize,
    pub(super) places_up: usize,
    pub(super) cells_across: usize,
    pub(super) cells_up: usize,
    /// Ordinary width and height of a cell, metres.
    cell: (i64, i64),
    origin: Corner,
}

impl Extent {
    pub(super) fn of(scale: Scale) -> Self {
        match scale {
            Scale::Small => {
                Self { places_across: 6, places_up: 5, cells_across: 12, cells_up: 10, cell: (2_100, 2_400), origin: (310_000, 210_000) }
            }
            Scale::National => {
                Self { places_across: 11, places_up: 11, cells_across: 15, cells_up: 14, cell: (1_750, 3_100), origin: (305_000, 105_000) }
            }
        }
    }

    pub(super) fn slots(&self) -> usize {
        self.places_across * self.places_up
    }
}

impl Mesh {
    /// A mesh without folds: no corner or bend moves by more than a fraction of the smallest cell.
    pub(super) fn new(extent: &Extent, seed: u64) -> Self {
        let mut random = Random::new(seed, 1);
        let columns = extent.places_across * extent.cells_across;
        let rows = extent.places_up * extent.cells_up;
        let (width, height) = extent.cell;
        let xs = lines(&mut random, columns, width, extent.origin.0);
        let ys = lines(&mut random, rows, height, extent.origin.1);
        // Coarse swings in both directions, interpolated between every sixth corner, then a small shake of each corner.
        let swing_x = Swing::new(&mut random, columns, rows, width / 2);
        let swing_y = Swing::new(&mut random, columns, rows, height / 2);
        let mut corners = Vec::with_capacity((columns + 1) * (rows + 1));
        for (j, y) in ys.iter().enumerate() {
            for (i, x) in xs.iter().enumerate() {
                let shake = (random.between(-width / 13, width / 13), random.between(-height / 13, height / 13));
                corners.push((x + swing_x.at(i, j) + shake.0, y + swing_y.at(i, j) + shake.1));
            }
        }
        let across = columns + 1;
        let mut east = Vec::with_capacity(corners.len());
        let mut north = Vec::with_capacity(corners.len());
        for (index, corner) in corners.iter().enumerate() {
            let right = if (index + 1) % across == 0 { *corner } else { corners.get(index + 1).copied().unwrap_or(*corner) };
            let above = corners.get(index + across).copied().unwrap_or(*corner);
            east.push(bends(&mut random, *corner, right));
            north.push(bends(&mut random, *corner, above));
        }
        Self { columns, rows, corners, east, north }
    }

    /// Cell index of a column and row.
    pub(super) fn cell(&self, column: usize, row: usize) -> usize {
        row * self.columns + column
    }

    /// Square of the distance between two cells, in cells.
    pub(super) fn distance_squared(&self, one: usize, other: usize) -> i64 {
        let apart = |a: usize, b: usize| a.abs_diff(b) as i64;
        let columns = apart(one % self.columns, other % self.columns);
        let rows = apart(one / self.columns, other / self.columns);
        columns * columns + rows * rows
    }

    /// The cell on the other side of a side (south, east, north, west); `None` where the mesh ends.
    pub(super) fn across(&self, cell: usize, side: usize) -> Option<usize> {
        let (column, row) = (cell % self.columns, cell / self.columns);
        match side {
            0 => row.checked_sub(1).map(|row| self.cell(column, row)),
            1 => (column + 1 < self.columns).then(|| self.cell(column + 1, row)),
            2 => (row + 1 < self.rows).then(|| self.cell(column, row + 1)),
            _ => column.checked_sub(1).map(|column| self.cell(column, row)),
        }
    }

    /// Corner indices where a side of a cell begins and ends, going round with the cell on the left.
    pub(super) fn side(&self, cell: usize, side: usize) -> (usize, usize) {
        let south_west = self.corner(cell % self.columns, cell / self.columns);
        let (south_east, north_west) = (south_west + 1, south_west + self.columns + 1);
        let north_east = north_west + 1;
        match side {
            0 => (south_west, south_east),
            1 => (south_east, north_east),
            2 => (north_east, north_west),
            _ => (north_west, south_west),
        }
    }

    /// The points of an edge from its first corner up to, not including, its last.
    pub(super) fn points(&self, from: usize, to: usize) -> Vec<Corner> {
        let mut points = Vec::with_capacity(1 + BENDS);
        points.extend(self.corners.get(from));
        let (low, high) = (from.min(to), from.max(to));
        let bends = if high == low + 1 { self.east.get(low) } else { self.north.get(low) };
        if from < to {
            points.extend(bends.into_iter().flatten());
        } else {
            points.extend(bends.into_iter().flatten().rev());
        }
        points
    }

    /// The ring of a cell, counter-clockwise, not closed.
    pub(super) fn ring(&self, cell: usize) -> Vec<Corner> {
        (0..4)
            .flat_map(|side| {
                let (from, to) = self.side(cell, side);
                self.points(from, to)
            })
            .collect()
    }

    fn corner(&self, column: usize, row: usize) -> usize {
        row * (self.columns + 1) + column
    }
}

/// Positions of the lines between columns (or rows): 80 to 125% of the ordinary size apart.
fn lines(random: &mut Random, count: usize, size: i64, origin: i64) -> Vec<i64> {
    let mut at = origin;
    let mut lines = vec![at];
    for _ in 0..count {
        at += size * random.between(80, 125) / 100;
        lines.push(at);
    }
    lines
}

/// A slowly changing displacement.
struct Swing {
    across: usize,
    nodes: Vec<i64>,
}

impl Swing {
    const STEP: usize = 6;

    fn new(random: &mut Random, columns: usize, rows: usize, reach: i64) -> Self {
        let across = columns / Self::STEP + 2;
        let up = rows / Self::STEP + 2;
        Self { across, nodes: (0..across * up).map(|_| random.between(-reach, reach)).collect() }
    }

    fn at(&self, i: usize, j: usize) -> i64 {
        let node = |i: usize, j: usize| self.nodes.get(j * self.across + i).copied().unwrap_or(0);
        let (ci, cj) = (i / Self::STEP, j / Self::STEP);
        let step = Self::STEP as i64;
        let (fi, fj) = ((i % Self::STEP) as i64, (j % Self::STEP) as i64);
        let south = node(ci, cj) * (step - fi) + node(ci + 1, cj) * fi;
        let north = node(ci, cj + 1) * (step - fi) + node(ci + 1, cj + 1) * fi;
        (south * (step - fj) + north * fj) / (step * step)
    }
}

/// Points at a third and two thirds of an edge, off the straight line by up to a sixteenth of its length.
fn bends(random: &mut Random, from: Corner, to: Corner) -> [Corner; BENDS] {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let mut bend = |third: i64| {
        let off = random.between(-60, 60);
        (from.0 + dx * third / 3 - dy * off / 1000, from.1 + dy * third / 3 + dx * off / 1000)
    };
    [bend(1), bend(2)]
}

/// What a block belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// Index of the place.
    pub(super) place: usize,
    /// Unit within it.
    pub(super) unit: usize,
}

/// The place and unit of each cell of the mesh; `None` is water. `slots[s]` is the place that fills slot `s`.
pub(super) fn settle(mesh: &Mesh, extent: &Extent, places: &[Place], slots: &[Option<usize>], seed: u64) -> Vec<Option<Spot>> {
    let mut spots = vec![None; mesh.columns * mesh.rows];
    for (slot, index) in slots.iter().enumerate() {
        let Some(index) = *index else { continue };
        let Some(place) = places.get(index) else { continue };
        let (left, bottom) = (slot % extent.places_across * extent.cells_across, slot / extent.places_across * extent.cells_up);
        let mut random = Random::new(seed, 1_000 + index as u64);
        let cuts = Cuts::new(place, extent, &mut random);
        for row in 0..extent.cells_up {
            for column in 0..extent.cells_across {
                let unit = cuts.unit(column, row);
                let spot = match (place.water, dry(place.water, extent, column, row)) {
                    (_, Dry::Sea) => None,
                    // The islet off the island belongs to the first ordinary place: a body in two parts.
                    (Water::Island, Dry::Islet) => Some(Spot { place: 1, unit: 0 }),
                    _ => Some(Spot { place: index, unit }),
                };
                if let Some(cell) = spots.get_mut(mesh.cell(left + column, bottom + row)) {
                    *cell = spot;
                }
            }
        }
    }
    // The coast: one cell in three of the outermost ring is sea.
    for cell in 0..spots.len() {
        let (column, row) = (cell % mesh.columns, cell / mesh.columns);
        let outermost = column == 0 || row == 0 || column + 1 == mesh.columns || row + 1 == mesh.rows;
        if outermost
            && mix(seed ^ mix(cell as u64)).is_multiple_of(3)
            && let Some(spot) = spots.get_mut(cell)
        {
            *spot = None;
        }
    }
    spots
}

enum Dry {
    Land,
    Islet,
    Sea,
}

fn dry(water: Water, extent: &Extent, column: usize, row: usize) -> Dry {
    let (across, up) = (extent.cells_across, extent.cells_up);
    match water {
        Water::Dry => Dry::Land,
        Water::Island => {
            if (3..=5).contains(&column) && (3..up - 3).contains(&row) {
                Dry::Land
            } else if (8..=9).contains(&column) && row == 5 {
                Dry::Islet
            } else {
                Dry::Sea
            }
        }
        Water::Lake if column == across / 4 && (row == up / 2 || row == up / 2 + 1) => Dry::Sea,
        Water::Lake => Dry::Land,
    }
}

/// Where the lines between units run, cell by cell.
struct Cuts {
    columns: usize,
    /// For each cell row, the unit column of each cell column.
    by_row: Vec<Vec<usize>>,
    /// For each cell column, the unit row of each cell row.
    by_column: Vec<Vec<usize>>,
}

impl Cuts {
    fn new(place: &Place, extent: &Extent, random: &mut Random) -> Self {
        let (columns, rows) = place.grid;
        let widths: Vec<i64> = if place.widths.is_empty() { vec![1; columns] } else { place.widths.to_vec() };
        let by_row = wander(&widths, extent.cells_across, extent.cells_up, place.straight, random);
        let by_column = wander(&vec![1; rows], extent.cells_up, extent.cells_across, place.straight, random);
        Self { columns, by_row, by_column }
    }

    fn unit(&self, column: usize, row: usize) -> usize {
        let at = |lines: &[Vec<usize>], line: usize, cell: usize| lines.get(line).and_then(|cells| cells.get(cell)).copied().unwrap_or(0);
        at(&self.by_column, column, row) * self.columns + at(&self.by_row, row, column)
    }
}

/// For each of `lines` lines of `cells` cells, which of the parts each cell falls in. Cuts step by at most one cell from line to line
/// and stay within one cell of where they belong, so that parts hang together.
fn wander(widths: &[i64], cells: usize, lines: usize, straight: bool, random: &mut Random) -> Vec<Vec<usize>> {
    let total: i64 = widths.iter().sum();
    let mut offsets = vec![0i64; widths.len()];
    (0..lines)
        .map(|_| {
            let mut ends = Vec::with_capacity(widths.len());
            let mut sum = 0;
            for (width, offset) in widths.iter().zip(&mut offsets) {
                sum += width;
                // Parts under three cells wide keep their width.
                if !straight && *width * cells as i64 >= total * 3 {
                    *offset = (*offset + random.between(-1, 1)).clamp(-1, 1);
                }
                ends.push(sum * cells as i64 / total + *offset);
            }
            (0..cells as i64).map(|cell| ends.iter().position(|end| cell < *end).unwrap_or(widths.len() - 1)).collect()
        })
        .collect()
}

/// Twice the area of a ring in square metres, counter-clockwise positive.
pub(super) fn doubled_area(ring: &[Corner]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(p, q)| p.0 * q.1 - q.0 * p.1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crosses(a: Corner, b: Corner, c: Corner, d: Corner) -> bool {
        let turn = |p: Corner, q: Corner, r: Corner| ((q.0 - p.0) * (r.1 - p.1) - (q.1 - p.1) * (r.0 - p.0)).signum();
        turn(a, b, c) * turn(a, b, d) <= 0 && turn(c, d, a) * turn(c, d, b) <= 0
    }

    #[test]
    fn no_block_is_folded() {
        for (scale, seed) in [(Scale::Small, 1999), (Scale::National, 1999), (Scale::Small, 7)] {
            let mesh = Mesh::new(&Extent::of(scale), seed);
            for cell in 0..mesh.columns * mesh.rows {
                let ring = mesh.ring(cell);
                assert_eq!(ring.len(), 12);
                assert!(doubled_area(&ring) > 0, "cell {cell} is turned over");
                for i in 0..12 {
                    // Sides next to each other share a point; all others must stay apart.
                    for j in (i + 2)..12 {
                        let neighbours = i == 0 && j == 11;
                        assert!(
                            neighbours || !crosses(ring[i], ring[i + 1], ring[j], ring[(j + 1) % 12]),
                            "{scale:?} {seed}: cell {cell} crosses itself"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn neighbours_share_their_edge() {
        let mesh = Mesh::new(&Extent::of(Scale::Small), 3);
        let (west, east) = (mesh.cell(4, 4), mesh.cell(5, 4));
        let (a, b) = mesh.side(west, 1);
        let (c, d) = mesh.side(east, 3);
        assert_eq!((a, b), (d, c));
        let mut back = mesh.points(c, d);
        back.push(mesh.points(d, c)[0]);
        back.reverse();
        assert_eq!(mesh.points(a, b), back[..3]);
        assert_eq!(mesh.across(west, 1), Some(east));
    }
}
