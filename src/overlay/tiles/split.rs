//! Splitting layers into tiles of about the same work.

use rayon::prelude::*;

use super::thin::thin;
use crate::domain::{Bounds, Point, Rings};
use crate::overlay::exact;

/// By how many steps a rounded crossing, or the side of a face, can be outside the edge that it belongs to, and one to spare.
const MARGIN: i64 = 2;

/// A cell is not split any more below this many steps, however many edges come together there.
const SMALLEST: i64 = 1 << 5;

/// A ring as a tile sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// The unit that it bounds, as the layer numbers it.
    pub unit: u32,
    /// Its points, the first not repeated.
    pub points: Vec<Point>,
}

/// What a tile needs of each layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portion {
    /// Number of the tile; tiles that follow each other are near each other.
    pub tile: u32,
    /// The grid points that are the tile's own, both corners included.
    pub cell: Bounds,
    /// Edges that come near them: the tile's share of the work.
    pub edges: u64,
    /// Crossings that boundaries may have beyond one a point; `None` = what an overlay can hold.
    pub crossings: Option<u64>,
    /// The rings of each layer, by unit.
    pub layers: Vec<Vec<Ring>>,
}

fn widened(bounds: &Bounds) -> Bounds {
    let Bounds { min, max } = *bounds;
    Bounds { min: Point { x: min.x - MARGIN, y: min.y - MARGIN }, max: Point { x: max.x + MARGIN, y: max.y + MARGIN } }
}

/// Whether an edge and a box have a point in common.
#[inline]
fn comes_near(p: Point, q: Point, area: &Bounds) -> bool {
    if !Bounds::of(p, q).meets(area) {
        return false;
    }
    let corners = [area.min, Point { x: area.min.x, y: area.max.y }, area.max, Point { x: area.max.x, y: area.min.y }];
    let first = exact::side(p, q, corners[0]);
    first.is_eq() || corners[1..].iter().any(|corner| exact::side(p, q, *corner) != first)
}

fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    ring.iter().copied().zip(ring.iter().skip(1).chain(ring.first()).copied())
}

impl Portion {
    /// The part of this portion that a smaller cell needs.
    fn within(&self, cell: Bounds) -> Self {
        let near = widened(&cell);
        let (edges, window) = self
            .layers
            .par_iter()
            .flatten()
            .map(|ring| {
                edges(&ring.points)
                    .filter(|(p, q)| comes_near(*p, *q, &near))
                    .fold((0u64, near), |(count, window), (p, q)| (count + 1, window.with(&Bounds::of(p, q))))
            })
            .reduce(|| (0, near), |one, other| (one.0 + other.0, one.1.with(&other.1)));
        // Whatever touches an edge of the tile is in there, whole; a side of an edge lies just outside it.
        let window = widened(&window);
        let seen = |ring: &Ring| {
            let points = thin(&ring.points, &window);
            (!points.is_empty()).then_some(Ring { unit: ring.unit, points })
        };
        let layers = self.layers.iter().map(|rings| if edges == 0 { Vec::new() } else { rings.par_iter().filter_map(seen).collect() });
        Self { tile: 0, cell, edges, crossings: self.crossings, layers: layers.collect() }
    }
}

/// Splits layers into tiles of at most about `most` edges, along a space-filling curve (the Morton order of a quadtree's leaves), and hands each
/// portion to `take`. Tiles that no boundary comes near are left out.
///
/// The portions of all tiles together take little more room than the layers; at any time those along one path down the tree are in memory.
///
/// # Errors
/// The first that `take` returns.
pub fn split<E>(layers: &[&Rings], most: u64, take: &mut dyn FnMut(Portion) -> Result<(), E>) -> Result<u32, E> {
    let whole: Vec<Vec<Ring>> = layers
        .iter()
        .map(|rings| {
            (0..rings.units())
                .flat_map(|unit| rings.unit(unit).map(move |ring| Ring { unit: unit as u32, points: ring.to_vec() }))
                .collect()
        })
        .collect();
    let bounds = whole.par_iter().flatten().filter_map(|ring| {
        let first = *ring.points.first()?;
        Some(ring.points.iter().fold(Bounds::of(first, first), |bounds, point| bounds.with(&Bounds::of(*point, *point))))
    });
    let Some(bounds) = bounds.reduce_with(|one, other| one.with(&other)) else { return Ok(0) };
    let points: u64 = layers.iter().map(|rings| rings.points().len() as u64).sum();
    // A tile has few points, so what the layers' points allow together is added to it.
    let crossings = layers.iter().map(|rings| rings.crossings()).reduce(|one, other| Some(one?.max(other?))).flatten();
    let crossings = crossings.map(|crossings| crossings.saturating_add(points));
    let cell = widened(&bounds);
    let all = Portion { tile: 0, cell, edges: points, crossings, layers: whole };
    let mut tiles = 0;
    descend(all, most.max(1), &mut tiles, take)?;
    Ok(tiles)
}

fn descend<E>(mut portion: Portion, most: u64, tiles: &mut u32, take: &mut dyn FnMut(Portion) -> Result<(), E>) -> Result<(), E> {
    let Bounds { min, max } = portion.cell;
    if portion.edges == 0 {
        return Ok(());
    }
    if portion.edges <= most || (max.x - min.x).max(max.y - min.y) < SMALLEST {
        portion.tile = *tiles;
        *tiles += 1;
        return take(portion);
    }
    let middle = Point { x: min.x + (max.x - min.x) / 2, y: min.y + (max.y - min.y) / 2 };
    let quarters = [
        Bounds { min, max: middle },
        Bounds { min: Point { x: middle.x + 1, y: min.y }, max: Point { x: max.x, y: middle.y } },
        Bounds { min: Point { x: min.x, y: middle.y + 1 }, max: Point { x: middle.x, y: max.y } },
        Bounds { min: Point { x: middle.x + 1, y: middle.y + 1 }, max },
    ];
    let parts: Vec<Portion> = quarters.into_par_iter().map(|cell| portion.within(cell)).collect();
    drop(portion);
    for part in parts {
        descend(part, most, tiles, take)?;
    }
    Ok(())
}
