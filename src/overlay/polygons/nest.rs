//! Which rings are around which, told by one sweep from west to east.
//!
//! The line meets edges from south to north; each knows the innermost ring around the land just north of it. Rings may touch in points and do not
//! cross, so that is the same all along an edge. A ring lies where its first edge does.
//!
//! Source: Michael Ian Shamos and Dan Hoey, "Geometric intersection problems", 17th Symposium on Foundations of Computer Science, 1976.

use super::status::{NONE, Status, order, take};
use super::{Measured, NOBODY};
use crate::domain::Point;

/// An edge that does not stand upright: the place of its ring, and of its first point in all points.
#[derive(Clone, Copy)]
struct Edge {
    ring: u32,
    at: u32,
}

/// For each ring, how many are around it, and the smallest of them. Rings are in order of their area, the largest first.
pub(super) fn nest(rings: &[Measured], points: &[Point]) -> Vec<(u32, u32)> {
    // The ends of an edge, the western one first.
    let ends_of = |edge: Edge| {
        let (range, at) = (&rings[edge.ring as usize].range, edge.at as usize);
        let (p, q) = (points[at], points[if at + 1 == range.end { range.start } else { at + 1 }]);
        if p.x <= q.x { (p, q) } else { (q, p) }
    };
    let mut edges: Vec<Edge> = Vec::with_capacity(rings.iter().map(|ring| ring.range.len()).sum());
    for (number, ring) in (0u32..).zip(rings) {
        let all = ring.range.clone().map(|at| Edge { ring: number, at: at as u32 });
        edges.extend(all.filter(|edge| {
            let (west, east) = ends_of(*edge);
            west.x < east.x
        }));
    }
    let ends = |edge: u32| ends_of(edges[edge as usize]);
    let mut starts: Vec<u32> = (0..edges.len() as u32).collect();
    let mut stops = starts.clone();
    // From west to east, and from south to north where several start, so that each finds the label south of it made already.
    starts.sort_unstable_by(|one, other| {
        let (a, b) = (ends(*one), ends(*other));
        a.0.x.cmp(&b.0.x).then_with(|| order(a, b)).then(one.cmp(other))
    });
    stops.sort_unstable_by_key(|edge| ends(*edge).1.x);
    let mut stops = stops.as_slice();
    let mut entries = vec![NONE; edges.len()];
    // The ring around each, once its first edge was met.
    let mut around: Vec<Option<u32>> = vec![None; rings.len()];
    let mut status = Status::default();
    for edge in starts {
        let (own, ring) = (ends(edge), edges[edge as usize].ring);
        for edge in take(&mut stops, |edge| ends(*edge).1.x <= own.0.x) {
            status.remove(entries[*edge as usize]);
        }
        let label = |south: Option<u32>| {
            let inside = south.unwrap_or(NOBODY);
            let outer = *around[ring as usize].get_or_insert(inside);
            if inside == ring { outer } else { ring }
        };
        entries[edge as usize] = status.insert(edge, |other| order(own, ends(other)).then(edge.cmp(&other)), label);
    }
    // A ring around another is larger, so it stands before it.
    let mut placed: Vec<(u32, u32)> = Vec::with_capacity(rings.len());
    for outer in around {
        let outer = outer.unwrap_or(NOBODY);
        let depth = placed.get(outer as usize).map_or(0, |(depth, _)| depth + 1);
        placed.push((depth, outer));
    }
    placed
}
