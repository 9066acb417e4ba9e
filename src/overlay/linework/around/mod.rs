//! The units of a layer around points that its boundaries do not touch.
//!
//! A ray west from each point meets few boundaries where people drew them. Where it meets many (hundreds of thousands of islands in a row, rings in
//! rings) rays would take time by the square of what is there: then one sweep ([`sweep`]) answers all points together.

mod sweep;

use std::cmp::Ordering;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use rayon::prelude::*;

use crate::domain::linework::Linework;
use crate::domain::{Bounds, Point, Rings};
use crate::overlay::exact;

/// Boxes that rays may look at, for each edge and each point, and besides: about what a sweep takes. Chosen; of the layers in docs/engine.md none
/// comes near it.
const LOOKS_EACH: i64 = 4;
const LOOKS: i64 = 1 << 20;

/// Units that all answers may name together.
const ANSWERS: usize = 1 << 24;

/// The units of a layer that cover each of some points, ascending; boundary through a point itself does not count. `None` when more units lie upon
/// each other than can be held.
pub(in crate::overlay) fn around(linework: &Linework, rings: &Rings, points: &[Point]) -> Option<Vec<Vec<u32>>> {
    let size = i64::try_from(rings.points().len().saturating_add(points.len())).unwrap_or(i64::MAX);
    let left = AtomicI64::new(size.saturating_mul(LOOKS_EACH).saturating_add(LOOKS));
    let rays: Option<Vec<_>> = points.par_iter().map(|point| by_ray(linework, rings, *point, &left)).collect();
    rays.or_else(|| sweep::around(linework, rings, points, ANSWERS))
}

/// What a ray west tells, unless it would look at more boxes than are `left`.
fn by_ray(linework: &Linework, rings: &Rings, point: Point, left: &AtomicI64) -> Option<Vec<u32>> {
    let mut met: Vec<u32> = Vec::new();
    let Some(west) = linework.index.bounds().map(|bounds| bounds.min.x) else { return Some(met) };
    if left.load(Relaxed) < 0 {
        return None;
    }
    let ray = Bounds { min: Point { x: west.min(point.x), y: point.y }, max: point };
    let looked = linework.index.meeting(&ray, |block| {
        for edge in block.start..block.end {
            let (p, q) = (rings.points()[edge as usize], rings.points()[edge as usize + 1]);
            let (low, high) = if p.y <= q.y { (p, q) } else { (q, p) };
            if low.y <= point.y && point.y < high.y && exact::side(low, high, point) == Ordering::Less {
                met.extend(linework.arc_of(edge).into_iter().flat_map(|arc| linework.owners(arc)).map(|owner| owner / 2));
            }
        }
    });
    left.fetch_sub((looked + met.len()) as i64, Relaxed);
    met.sort_unstable();
    // Covered by what is met an odd number of times.
    Some(met.chunk_by(|one, two| one == two).filter(|same| same.len() % 2 == 1).map(|same| same[0]).collect())
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

    #[test]
    fn a_sweep_finds_what_rays_find() {
        let mut seed = 3u64;
        let mut random = |below: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as i64 % below
        };
        let (mut asked, mut covered, mut several) = (0, 0, 0);
        for round in 0..600 {
            // Small squares of the plane: edges cross, touch, lie on one another, stand upright, and pass one point by the dozen.
            let side = [6, 12, 40, 1_000_000][round % 4];
            let mut rings = Rings::new();
            for _ in 0..1 + random(4) {
                for _ in 0..1 + random(3) {
                    let count = 3 + random(9);
                    rings.push_ring((0..count).map(|_| Point { x: random(side), y: random(side) }).collect::<Vec<_>>());
                }
                rings.end_unit();
            }
            let linework = linework::of(&rings).unwrap();
            let points = apart(&rings, &mut random, side);
            let left = AtomicI64::new(i64::MAX);
            let rays: Vec<_> = points.iter().map(|point| by_ray(linework, &rings, *point, &left).unwrap()).collect();
            assert_eq!(sweep::around(linework, &rings, &points, ANSWERS), Some(rays.clone()), "round {round}");
            asked += points.len();
            covered += rays.iter().filter(|units| !units.is_empty()).count();
            several += rays.iter().filter(|units| units.len() > 1).count();
        }
        assert!(asked > 10_000 && covered > asked / 4 && several > asked / 20, "{asked} {covered} {several}");
    }

    #[test]
    fn far_apart_at_the_reach_of_the_grid() {
        // Two edges across all of the grid, which cross where no grid point is; a point a step off either side of the crossing.
        let reach = 1i64 << 50;
        let point = |x, y| Point { x, y };
        let mut rings = Rings::new();
        rings.push_ring([point(-reach, -reach), point(reach, reach - 1), point(reach, reach)]);
        rings.push_ring([point(-reach, reach), point(reach, -reach + 1), point(reach, -reach)]);
        rings.end_unit();
        let linework = linework::of(&rings).unwrap();
        let points = [point(0, 0), point(1, 0), point(-1, 0), point(0, 1), point(0, -1), point(reach - 1, reach - 2), point(reach - 1, 0)];
        let left = AtomicI64::new(i64::MAX);
        let rays: Vec<_> = points.iter().map(|point| by_ray(linework, &rings, *point, &left).unwrap()).collect();
        assert_eq!(sweep::around(linework, &rings, &points, ANSWERS), Some(rays));
    }

    #[test]
    fn no_more_rays_than_there_is_patience_for() {
        let mut rings = Rings::new();
        let square = |x: i64, y: i64, size: i64| [(x, y), (x + size, y), (x + size, y + size), (x, y + size)].map(|(x, y)| Point { x, y });
        rings.push_ring(square(0, 0, 10));
        rings.push_ring(square(2, 2, 2));
        rings.end_unit();
        let linework = linework::of(&rings).unwrap();
        let inside = Point { x: 8, y: 8 };
        assert_eq!(by_ray(linework, &rings, inside, &AtomicI64::new(100)), Some(vec![0]));
        assert_eq!(by_ray(linework, &rings, inside, &AtomicI64::new(-1)), None);
        let asked = [inside, Point { x: 3, y: 3 }, Point { x: 9, y: 1 }];
        assert_eq!(sweep::around(linework, &rings, &asked, 2), Some(vec![vec![0], vec![], vec![0]]));
        assert_eq!(sweep::around(linework, &rings, &asked, 1), None);
    }
}
