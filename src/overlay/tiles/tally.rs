//! What a tile comes to.

use std::collections::BTreeMap;

use super::split::{Portion, Ring};
use super::{RingSum, Sums};
use crate::domain::{Bounds, Point, Rings};
use crate::overlay::arrangement::Arrangement;
use crate::overlay::exact;
use crate::overlay::noding::{Broken, shoelace};
use crate::overlay::pairs::Extent;

/// A tile's layer, its units numbered from 0.
struct Local {
    rings: Rings,
    /// The layer's own number of each unit, ascending.
    units: Vec<u32>,
}

fn local(portion: &Portion, rings: &[Ring]) -> Local {
    let mut local = Local { rings: Rings::with_capacity(rings.iter().map(|ring| ring.points.len() + 1).sum()), units: Vec::new() };
    let mut order: Vec<&Ring> = rings.iter().collect();
    order.sort_by_key(|ring| ring.unit);
    for unit in order.chunk_by(|one, other| one.unit == other.unit) {
        for ring in unit {
            local.rings.push_ring(ring.points.iter().copied());
        }
        local.rings.end_unit();
        local.units.extend(unit.first().map(|ring| ring.unit));
    }
    local.rings.limit_crossings(portion.crossings);
    local
}

#[inline]
fn has(cell: &Bounds, p: Point, q: Point) -> bool {
    let smallest = p.min(q);
    (cell.min.x <= smallest.x) & (smallest.x <= cell.max.x) & (cell.min.y <= smallest.y) & (smallest.y <= cell.max.y)
}

/// Adds up the pieces of boundary that are a tile's own: by the units that cover the land on both sides of them, and by the units whose rings
/// they are.
///
/// # Errors
/// [`Broken`] when the arrangement of the portion contradicts itself.
pub fn tally(portion: &Portion) -> Result<Sums, Broken> {
    let layers: Vec<Local> = portion.layers.iter().map(|rings| local(portion, rings)).collect();
    let rings: Vec<&Rings> = layers.iter().map(|local| &local.rings).collect();
    let arrangement = Arrangement::of(&rings)?;
    let noded = arrangement.noded();
    let own = |path: &[Point]| {
        path.windows(2).filter(|step| has(&portion.cell, step[0], step[1])).fold((0i128, 0i64), |(area, length), step| {
            (area + shoelace(step[0], step[1]), length + exact::length(exact::vector(step[0], step[1])))
        })
    };
    let mut path: Vec<Point> = Vec::new();
    let parts: Vec<(i128, i64)> = (0..noded.edges.len())
        .map(|edge| {
            path.clear();
            arrangement.path(edge, &mut path);
            own(&path)
        })
        .collect();
    let mut sums = Sums { tiles: 1, ..Sums::default() };
    for cell in arrangement.cells_of(|edge| parts[edge]) {
        let units = layers.iter().enumerate().map(|(layer, local)| {
            arrangement.units(layer, cell.key[layer]).iter().map(|unit| local.units[*unit as usize]).collect::<Vec<u32>>()
        });
        let units: Vec<Vec<u32>> = units.collect();
        let extent = Extent { doubled_area: cell.doubled_area, boundary: cell.boundary };
        if extent != Extent::default() {
            sums.faces.insert(units, extent);
        }
    }
    arrangement.each_line_within(
        |edge| parts[edge].1,
        |units, length| {
            let global = |(units, local): (&Vec<u32>, &Local)| units.iter().map(|unit| local.units[*unit as usize]).collect::<Vec<u32>>();
            let units: Vec<Vec<u32>> = units.iter().zip(&layers).map(global).collect();
            sums.faces.entry(units).or_default().boundary -= 2 * length;
        },
    );
    sums.faces.retain(|_, extent| *extent != Extent::default());
    let mut of_rings: BTreeMap<(u32, u32), RingSum> = BTreeMap::new();
    for (edge, (area, _)) in parts.iter().enumerate().filter(|(_, part)| **part != (0, 0)) {
        for owner in noded.owners(edge) {
            let (layer, unit) = arrangement.locate(owner / 2);
            let unit = layers[layer].units[unit as usize];
            of_rings.entry((layer as u32, unit)).or_default().noded += if owner % 2 == 0 { *area } else { -area };
        }
    }
    for (layer, rings) in (0u32..).zip(&portion.layers) {
        for ring in rings {
            let ends = ring.points.iter().zip(ring.points.iter().skip(1).chain(ring.points.first()));
            let read: i128 = ends.filter(|(p, q)| has(&portion.cell, **p, **q)).map(|(p, q)| shoelace(*p, *q)).sum();
            of_rings.entry((layer, ring.unit)).or_default().read += read;
        }
    }
    of_rings.retain(|_, sum| *sum != RingSum::default());
    sums.rings = of_rings;
    let crossings = noded.nodes[noded.vertices..].iter().filter(|node| has(&portion.cell, **node, **node));
    sums.crossings = crossings.count() as u64;
    Ok(sums)
}
