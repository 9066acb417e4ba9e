//! The units of a layer around points that its boundaries do not touch.
//!
//! A ray west from each point meets few boundaries where people drew them. Where it meets many (hundreds of thousands of islands in rows), boundaries
//! are taken apart into the pieces that hang together: every unit's share of a piece is closed, so a ray from outside the piece's box crosses it an
//! even number of times, which tells nothing, and only pieces whose box holds the point are asked.

use std::cmp::Ordering;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;

use rayon::prelude::*;

use super::search::{BLOCK, block};
use crate::domain::linework::Linework;
use crate::domain::{Block, Bounds, Point, Rings, Tree};
use crate::overlay::exact;

/// Boxes and edges that rays through everything may look at, for each edge and each point, and besides, before boundaries are taken apart; chosen:
/// that takes about as long. Of the layers in docs/engine.md none comes near it.
const LOOKS_EACH: i64 = 1;
const LOOKS: i64 = 1 << 20;

/// The same for rays through pieces, before they are given up: some five seconds of two processors for a file of 10 MB.
const MOST_EACH: i64 = 100;
const MOST: i64 = 200_000_000;

/// The units of a layer that cover each of some points, ascending; boundary through a point itself does not count. `None` where that would take
/// longer than anybody waits: points by the hundred thousand, each with hundreds of thousands of edges of one piece around it.
pub(in crate::overlay) fn around(linework: &Linework, rings: &Rings, points: &[Point]) -> Option<Vec<Vec<u32>>> {
    let size = i64::try_from(rings.points().len().saturating_add(points.len())).unwrap_or(i64::MAX);
    let few = AtomicI64::new(size.saturating_mul(LOOKS_EACH).saturating_add(LOOKS));
    let all = points.par_iter().map(|point| by_rays(linework, rings, &[&linework.index], *point, &few)).collect();
    if let Some(found) = all {
        return Some(found);
    }
    let many = AtomicI64::new(size.saturating_mul(MOST_EACH).saturating_add(MOST));
    let pieces = Pieces::of(linework, rings);
    points.par_iter().map(|point| pieces.around(linework, rings, *point, &many)).collect()
}

/// What a ray west through the edges of some trees tells, unless it would look at more than is `left`.
fn by_rays(linework: &Linework, rings: &Rings, trees: &[&Tree], point: Point, left: &AtomicI64) -> Option<Vec<u32>> {
    let mut met: Vec<u32> = Vec::new();
    let mut looked = 0usize;
    for tree in trees {
        let Some(west) = tree.bounds().map(|bounds| bounds.min.x) else { continue };
        if left.load(Relaxed) < 0 {
            return None;
        }
        let ray = Bounds { min: Point { x: west.min(point.x), y: point.y }, max: point };
        looked += tree.meeting(&ray, |block| {
            for edge in block.start..block.end {
                let (p, q) = (rings.points()[edge as usize], rings.points()[edge as usize + 1]);
                let (low, high) = if p.y <= q.y { (p, q) } else { (q, p) };
                if low.y <= point.y && point.y < high.y && exact::side(low, high, point) == Ordering::Less {
                    met.extend(linework.arc_of(edge).into_iter().flat_map(|arc| linework.owners(arc)).map(|owner| owner / 2));
                }
            }
        });
    }
    left.fetch_sub((looked + met.len()) as i64, Relaxed);
    met.sort_unstable();
    // Covered by what is met an odd number of times.
    Some(met.chunk_by(|one, two| one == two).filter(|same| same.len() % 2 == 1).map(|same| same[0]).collect())
}

/// The boundaries of a layer, taken apart into pieces that have no end of an arc in common.
struct Pieces {
    /// The edges of each.
    trees: Vec<Tree>,
    /// The box of each, by its number.
    boxes: Tree,
}

impl Pieces {
    fn of(linework: &Linework, rings: &Rings) -> Self {
        let arcs = &linework.arcs;
        // Arcs that end in one point hang together.
        let mut ends: Vec<(Point, u32)> = (0u32..)
            .zip(arcs)
            .flat_map(|(number, arc)| [arc.start, arc.end].map(|position| (rings.points()[position as usize], number)))
            .collect();
        ends.par_sort_unstable();
        let mut first: Vec<u32> = (0..arcs.len() as u32).collect();
        for pair in ends.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let [one, other] = [pair[0].1, pair[1].1].map(|arc| root(&mut first, arc));
            first[one.max(other) as usize] = one.min(other);
        }
        let mut order: Vec<(u32, u32)> = (0..arcs.len() as u32).map(|arc| (root(&mut first, arc), arc)).collect();
        order.par_sort_unstable();
        let pieces: Vec<&[(u32, u32)]> = order.chunk_by(|one, other| one.0 == other.0).collect();
        let trees: Vec<Tree> = pieces
            .par_iter()
            .map(|piece| {
                let mut blocks = Vec::new();
                for (_, arc) in *piece {
                    let arc = &arcs[*arc as usize];
                    for start in (arc.start..arc.end).step_by(BLOCK as usize) {
                        let end = arc.end.min(start + BLOCK);
                        blocks.push(block(&rings.points()[start as usize..=end as usize], start, end));
                    }
                }
                Tree::new(blocks)
            })
            .collect();
        let boxes = (0u32..).zip(&trees).filter_map(|(number, tree)| Some(Block::new(&tree.bounds()?, number, number + 1, 0)));
        Self { boxes: Tree::new(boxes.collect()), trees }
    }

    /// The units around a point, unless finding them would look at more than is `left`.
    fn around(&self, linework: &Linework, rings: &Rings, point: Point, left: &AtomicI64) -> Option<Vec<u32>> {
        let mut trees = Vec::new();
        let looked = self.boxes.meeting(&Bounds::of(point, point), |piece| trees.push(&self.trees[piece.start as usize]));
        left.fetch_sub(looked as i64, Relaxed);
        by_rays(linework, rings, &trees, point, left)
    }
}

/// The arc that stands for all that hang together with one.
fn root(first: &mut [u32], arc: u32) -> u32 {
    let mut at = arc;
    while first[at as usize] != at {
        // Halves the way for who comes next.
        first[at as usize] = first[first[at as usize] as usize];
        at = first[at as usize];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::linework;

    /// Points that no edge touches, of many thrown at random.
    fn apart(rings: &Rings, random: &mut impl FnMut(i64) -> i64, side: i64) -> Vec<Point> {
        let points = (0..60).map(|_| Point { x: random(side), y: random(side) });
        let on = |point: &Point| {
            rings.ranges().any(|(_, range)| {
                rings.points()[range].windows(2).any(|edge| {
                    exact::side(edge[0], edge[1], *point).is_eq() && Bounds::of(edge[0], edge[1]).meets(&Bounds::of(*point, *point))
                })
            })
        };
        points.filter(|point| !on(point)).collect()
    }

    /// The units whose rings have a point inside, ring by ring.
    fn by_rings(rings: &Rings, point: Point) -> Vec<u32> {
        let inside = |unit: &u32| {
            let around = rings.unit(*unit as usize).filter(|ring| crate::overlay::polygons::within(ring, point).is_gt());
            around.count() % 2 == 1
        };
        (0..rings.units() as u32).filter(inside).collect()
    }

    #[test]
    fn whole_or_in_pieces_the_same_units_are_around() {
        let mut seed = 3u64;
        let mut random = |below: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as i64 % below
        };
        let (mut asked, mut covered, mut several, mut pieces) = (0, 0, 0, 0);
        for round in 0..600 {
            // Edges cross, touch, lie on one another, are there twice, and pass one point by the dozen; some rings are far from the others.
            let side = [6, 12, 40, 1_000_000][round % 4];
            let mut rings = Rings::new();
            for _ in 0..1 + random(4) {
                for _ in 0..1 + random(4) {
                    let (count, shift) = (3 + random(9), random(3) * side / 2);
                    rings.push_ring((0..count).map(|_| Point { x: random(side) + shift, y: random(side) + shift }).collect::<Vec<_>>());
                }
                rings.end_unit();
            }
            let linework = linework::of(&rings).unwrap();
            let points = apart(&rings, &mut random, side * 2);
            let expected: Vec<Vec<u32>> = points.iter().map(|point| by_rings(&rings, *point)).collect();
            let enough = AtomicI64::new(i64::MAX);
            let taken_apart = Pieces::of(linework, &rings);
            for (point, expected) in points.iter().zip(&expected) {
                assert_eq!(by_rays(linework, &rings, &[&linework.index], *point, &enough).as_ref(), Some(expected), "round {round}");
                assert_eq!(taken_apart.around(linework, &rings, *point, &enough).as_ref(), Some(expected), "round {round}");
            }
            asked += points.len();
            covered += expected.iter().filter(|units| !units.is_empty()).count();
            several += expected.iter().filter(|units| units.len() > 1).count();
            pieces += usize::from(taken_apart.trees.len() > 1);
        }
        assert!(asked > 10_000 && covered > asked / 10 && several > asked / 60 && pieces > 400, "{asked} {covered} {several} {pieces}");
    }

    #[test]
    fn no_more_is_looked_at_than_there_is_patience_for() {
        let square = |x: i64, y: i64, size: i64| [(x, y), (x + size, y), (x + size, y + size), (x, y + size)].map(|(x, y)| Point { x, y });
        let mut rings = Rings::new();
        rings.push_ring(square(0, 0, 10));
        rings.push_ring(square(2, 2, 2));
        rings.end_unit();
        let linework = linework::of(&rings).unwrap();
        let inside = Point { x: 8, y: 8 };
        assert_eq!(by_rays(linework, &rings, &[&linework.index], inside, &AtomicI64::new(100)), Some(vec![0]));
        assert_eq!(by_rays(linework, &rings, &[&linework.index], inside, &AtomicI64::new(-1)), None);
        let left = AtomicI64::new(100);
        let pieces = Pieces::of(linework, &rings);
        let told: Vec<_> = (0..100).map(|_| pieces.around(linework, &rings, inside, &left)).collect();
        let end = told.iter().position(Option::is_none).unwrap();
        assert!(end > 1 && told[..end].iter().all(|units| *units == Some(vec![0])) && told[end..].iter().all(Option::is_none), "{told:?}");
    }
}
