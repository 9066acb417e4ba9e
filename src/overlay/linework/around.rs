//! The units of a layer around points that its boundaries do not touch.
//!
//! A ray west from each point meets few boundaries where people drew them. Where it meets many (hundreds of thousands of islands in rows), boundaries
//! are taken apart into the pieces that hang together: every unit's share of a piece is closed, so a ray from outside the piece's box crosses it an
//! even number of times, which tells nothing, and only pieces whose box holds the point are asked.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;

use rayon::prelude::*;

use super::search::{BLOCK, block};
use crate::domain::linework::Linework;
use crate::domain::{Block, Bounds, Point, Rings, Tree};
use crate::overlay::exact;

/// Budget of the plain ray test: so many boxes and edges for each edge and point, plus [`LOOKS`]. Beyond it, boundaries are split first. Chosen:
/// at this number both take about as long. None of the layers in docs/engine.md comes near it.
const LOOKS_EACH: i64 = 1;
const LOOKS: i64 = 1 << 20;

/// The same for rays through pieces, before they are given up: between five and six seconds of CPU where 540,000 points needed it all.
const MOST_EACH: i64 = 100;
const MOST: i64 = 200_000_000;

/// The units of a layer that cover each of some points, ascending; boundary through a point itself does not count. `None` where that would take
/// longer than anybody waits: points by the hundred thousand, each with hundreds of thousands of edges of one piece around it.
pub(in crate::overlay) fn around(linework: &Linework, rings: &Rings, points: &[Point]) -> Option<Vec<Vec<u32>>> {
    let size = i64::try_from(rings.points().len().saturating_add(points.len())).unwrap_or(i64::MAX);
    let few = AtomicI64::new(size.saturating_mul(LOOKS_EACH).saturating_add(LOOKS));
    let all = points.par_iter().map(|point| {
        let mut ray = Ray::new(linework, rings, *point, &few)?;
        ray.through(&linework.index);
        Some(ray.units(&few))
    });
    if let Some(found) = all.collect() {
        return Some(found);
    }
    let many = AtomicI64::new(size.saturating_mul(MOST_EACH).saturating_add(MOST));
    let pieces = Pieces::of(linework, rings);
    points.par_iter().map(|point| Some(pieces.around(Ray::new(linework, rings, *point, &many)?, &many))).collect()
}

/// A ray west from a point, and the units whose boundaries it has met, each as often as it did.
struct Ray<'a> {
    linework: &'a Linework,
    rings: &'a Rings,
    point: Point,
    met: Vec<u32>,
    /// Boxes and edges looked at.
    looked: usize,
}

impl<'a> Ray<'a> {
    /// A ray that has met nothing; `None` when nothing is `left` to look at.
    fn new(linework: &'a Linework, rings: &'a Rings, point: Point, left: &AtomicI64) -> Option<Self> {
        (left.load(Relaxed) >= 0).then_some(Self { linework, rings, point, met: Vec::new(), looked: 0 })
    }

    /// Meets the edges of a tree.
    fn through(&mut self, tree: &Tree) {
        let Some(west) = tree.bounds().map(|bounds| bounds.min.x) else { return };
        let bounds = Bounds { min: Point { x: west.min(self.point.x), y: self.point.y }, max: self.point };
        self.looked += tree.meeting(&bounds, |block| self.along(block.start..block.end));
    }

    /// Meets consecutive edges.
    fn along(&mut self, edges: Range<u32>) {
        for edge in edges {
            let (p, q) = (self.rings.points()[edge as usize], self.rings.points()[edge as usize + 1]);
            let (low, high) = if p.y <= q.y { (p, q) } else { (q, p) };
            if low.y <= self.point.y && self.point.y < high.y && exact::side(low, high, self.point) == Ordering::Less {
                let owners = self.linework.arc_of(edge).into_iter().flat_map(|arc| self.linework.owners(arc));
                self.met.extend(owners.map(|owner| owner / 2));
            }
        }
    }

    /// The units around the point: those that were met an odd number of times.
    fn units(mut self, left: &AtomicI64) -> Vec<u32> {
        left.fetch_sub((self.looked + self.met.len()) as i64, Relaxed);
        self.met.sort_unstable();
        self.met.chunk_by(|one, two| one == two).filter(|same| same.len() % 2 == 1).map(|same| same[0]).collect()
    }
}

/// The boundaries of a layer, taken apart into pieces that have no end of an arc in common.
struct Pieces {
    /// Numbers of arcs, piece by piece, and the end of each piece in them.
    arcs: Vec<u32>,
    ends: Vec<u32>,
    /// The edges of the pieces that have many, by their numbers.
    trees: BTreeMap<u32, Tree>,
    /// The box of each, by its number.
    boxes: Tree,
}

/// Edges of a piece that are asked one by one: a tree of them would take more memory than they do.
const FEW: u32 = 64;

impl Pieces {
    fn of(linework: &Linework, rings: &Rings) -> Self {
        // Arcs that end in one point hang together.
        let mut first: Vec<u32> = (0..linework.arcs.len() as u32).collect();
        let mut ends: Vec<(Point, u32)> = Vec::with_capacity(linework.arcs.len() * 2);
        for (number, arc) in (0u32..).zip(&linework.arcs) {
            ends.extend([arc.start, arc.end].map(|position| (rings.points()[position as usize], number)));
        }
        ends.par_sort_unstable();
        for pair in ends.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            let [one, other] = [pair[0].1, pair[1].1].map(|arc| root(&mut first, arc));
            first[one.max(other) as usize] = one.min(other);
        }
        drop(ends);
        for arc in 0..first.len() as u32 {
            first[arc as usize] = root(&mut first, arc);
        }
        let mut arcs: Vec<u32> = (0..first.len() as u32).collect();
        arcs.par_sort_unstable_by_key(|arc| (first[*arc as usize], *arc));
        let (mut ends, mut trees, mut boxes) = (Vec::new(), BTreeMap::new(), Vec::new());
        let mut end = 0;
        for piece in arcs.chunk_by(|one, other| first[*one as usize] == first[*other as usize]) {
            let number = ends.len() as u32;
            end += piece.len() as u32;
            ends.push(end);
            let stretches = piece.iter().map(|arc| &linework.arcs[*arc as usize]).map(|arc| arc.start..arc.end);
            let of = |start: u32, end: u32| block(&rings.points()[start as usize..=end as usize], start, end);
            let bounds = stretches.clone().map(|stretch| of(stretch.start, stretch.end).bounds()).reduce(|one, other| one.with(&other));
            boxes.extend(bounds.map(|bounds| Block::new(&bounds, number, number + 1, 0)));
            if stretches.clone().map(|stretch| stretch.end - stretch.start).sum::<u32>() > FEW {
                let blocks = stretches.flat_map(|Range { start, end }| {
                    (start..end).step_by(BLOCK as usize).map(move |start| of(start, end.min(start + BLOCK)))
                });
                trees.insert(number, Tree::new(blocks.collect()));
            }
        }
        Self { arcs, ends, trees, boxes: Tree::new(boxes) }
    }

    /// The units around the point that a ray starts from, which has met nothing yet.
    fn around(&self, mut ray: Ray<'_>, left: &AtomicI64) -> Vec<u32> {
        let linework = ray.linework;
        let point = Bounds::of(ray.point, ray.point);
        let looked = self.boxes.meeting(&point, |piece| match self.trees.get(&piece.start) {
            Some(tree) => ray.through(tree),
            None => {
                let start = piece.start.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
                for arc in &self.arcs[start as usize..self.ends[piece.start as usize] as usize] {
                    let arc = &linework.arcs[*arc as usize];
                    ray.looked += (arc.end - arc.start) as usize;
                    ray.along(arc.start..arc.end);
                }
            }
        });
        ray.looked += looked;
        ray.units(left)
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

    fn whole(linework: &Linework, rings: &Rings, point: Point, left: &AtomicI64) -> Option<Vec<u32>> {
        let mut ray = Ray::new(linework, rings, point, left)?;
        ray.through(&linework.index);
        Some(ray.units(left))
    }

    fn in_pieces(pieces: &Pieces, linework: &Linework, rings: &Rings, point: Point, left: &AtomicI64) -> Option<Vec<u32>> {
        Some(pieces.around(Ray::new(linework, rings, point, left)?, left))
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
        let (mut asked, mut covered, mut several, mut pieces, mut trees) = (0, 0, 0, 0, 0);
        for round in 0..600 {
            // Edges cross, touch, lie on one another, are there twice, and pass one point by the dozen; some rings are far from the others.
            let side = [6, 12, 40, 1_000_000][round % 4];
            let mut rings = Rings::new();
            for _ in 0..1 + random(4) {
                for _ in 0..1 + random(4) {
                    let (count, shift) = (3 + random(9) * (1 + 3 * random(2)), random(3) * side / 2);
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
                assert_eq!(whole(linework, &rings, *point, &enough).as_ref(), Some(expected), "round {round}");
                assert_eq!(in_pieces(&taken_apart, linework, &rings, *point, &enough).as_ref(), Some(expected), "round {round}");
            }
            asked += points.len();
            covered += expected.iter().filter(|units| !units.is_empty()).count();
            several += expected.iter().filter(|units| units.len() > 1).count();
            pieces += usize::from(taken_apart.ends.len() > 1);
            trees += taken_apart.trees.len();
        }
        assert!(asked > 10_000 && covered > asked / 10 && several > asked / 60 && pieces > 400, "{asked} {covered} {several} {pieces}");
        assert!(trees > 50, "{trees}");
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
        assert_eq!(whole(linework, &rings, inside, &AtomicI64::new(100)), Some(vec![0]));
        assert_eq!(whole(linework, &rings, inside, &AtomicI64::new(-1)), None);
        let left = AtomicI64::new(100);
        let pieces = Pieces::of(linework, &rings);
        let told: Vec<_> = (0..100).map(|_| in_pieces(&pieces, linework, &rings, inside, &left)).collect();
        let end = told.iter().position(Option::is_none).unwrap();
        assert!(end > 1 && told[..end].iter().all(|units| *units == Some(vec![0])) && told[end..].iter().all(Option::is_none), "{told:?}");
    }
}
