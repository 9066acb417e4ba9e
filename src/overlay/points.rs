//! Which units cover given points.

use std::cmp::Ordering;

use super::exact;
use crate::domain::{Point, Rings};

/// The units that cover each point by the even-odd rule, ascending.
///
/// Exact. A point on a boundary belongs to the area east of it (on a level boundary, to the one north of it), so on a line that two units
/// share it belongs to one of them and never to both or to neither.
pub fn containing(rings: &Rings, points: &[Point]) -> Vec<Vec<u32>> {
    let mut order: Vec<u32> = (0..points.len() as u32).collect();
    order.sort_unstable_by_key(|index| (points[*index as usize].y, points[*index as usize].x));
    let queries: Vec<Point> = order.iter().map(|index| points[*index as usize]).collect();
    let mut found = vec![Vec::new(); points.len()];
    // Whether a ray from the point to the west has met the unit's boundary an odd number of times, and which points it touched at all.
    let mut odd = vec![false; points.len()];
    let mut touched: Vec<u32> = Vec::new();
    for unit in 0..rings.units() {
        let east = rings.unit(unit).flatten().map(|point| point.x).max().unwrap_or(i64::MIN);
        for ring in rings.unit(unit) {
            for (p, q) in ring.iter().zip(ring.iter().skip(1).chain(ring.first())) {
                let (low, high) = if p.y <= q.y { (*p, *q) } else { (*q, *p) };
                let from = queries.partition_point(|query| query.y < low.y);
                for (at, query) in queries.iter().enumerate().skip(from) {
                    if query.y >= high.y {
                        break;
                    }
                    // Beyond the unit's easternmost point every crossing comes in pairs.
                    if query.x <= east {
                        let side = exact::side(low, high, *query);
                        if side != Ordering::Greater {
                            odd[at] = !odd[at];
                            touched.push(at as u32);
                        }
                    }
                }
            }
        }
        for at in touched.drain(..) {
            if std::mem::take(&mut odd[at as usize]) {
                found[order[at as usize] as usize].push(unit as u32);
            }
        }
    }
    found
}
