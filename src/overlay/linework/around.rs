//! The units of a layer around points that its boundaries do not touch.

use std::cmp::Ordering;

use rayon::prelude::*;

use crate::domain::linework::Linework;
use crate::domain::{Bounds, Point, Rings};
use crate::overlay::exact;

/// The units of a layer that cover each of some points, ascending; boundary through a point itself does not count.
///
/// A ray west from each point meets few boundaries where people drew them. Where it meets many (hundreds of thousands of islands in a row) this
/// takes time by the square of what is there.
pub(in crate::overlay) fn around(linework: &Linework, rings: &Rings, points: &[Point]) -> Vec<Vec<u32>> {
    points.par_iter().map(|point| by_ray(linework, rings, *point)).collect()
}

/// What a ray west tells.
fn by_ray(linework: &Linework, rings: &Rings, point: Point) -> Vec<u32> {
    let mut met: Vec<u32> = Vec::new();
    let Some(west) = linework.index.bounds().map(|bounds| bounds.min.x) else { return met };
    let ray = Bounds { min: Point { x: west.min(point.x), y: point.y }, max: point };
    linework.index.meeting(&ray, |block| {
        for edge in block.start..block.end {
            let (p, q) = (rings.points()[edge as usize], rings.points()[edge as usize + 1]);
            let (low, high) = if p.y <= q.y { (p, q) } else { (q, p) };
            if low.y <= point.y && point.y < high.y && exact::side(low, high, point) == Ordering::Less {
                met.extend(linework.arc_of(edge).into_iter().flat_map(|arc| linework.owners(arc)).map(|owner| owner / 2));
            }
        }
    });
    met.sort_unstable();
    // Covered by what is met an odd number of times.
    met.chunk_by(|one, two| one == two).filter(|same| same.len() % 2 == 1).map(|same| same[0]).collect()
}
