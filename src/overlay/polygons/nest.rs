//! Which rings are around which, told by one sweep from west to east.
//!
//! The line meets edges from south to north; each knows the innermost ring around the land just north of it. Rings may touch in points and do not
//! cross, so that is the same all along an edge. A ring lies where its first edge does.
//!
//! Source: Michael Ian Shamos and Dan Hoey, "Geometric intersection problems", 17th Symposium on Foundations of Computer Science, 1976.

use super::status::{NONE, Status, order, take};
use super::{Measured, NOBODY};
use crate::domain::Point;

struct Sweep<'a> {
    rings: &'a [Measured],
    points: &'a [Point],
    /// Number of the first edge of each ring; edges are numbered ring by ring.
    firsts: Vec<u32>,
}

/// For each ring, how many are around it, and the smallest of them. Rings are in order of their area, the largest first.
pub(super) fn nest(rings: &[Measured], points: &[Point]) -> Vec<(u32, u32)> {
    let mut edges = 0u32;
    let mut firsts = Vec::with_capacity(rings.len());
    for ring in rings {
        firsts.push(edges);
        edges += ring.range.len() as u32;
    }
    let sweep = Sweep { rings, points, firsts };
    let mut starts: Vec<u32> = (0..edges).filter(|edge| !sweep.is_upright(*edge)).collect();
    let mut stops = starts.clone();
    starts.sort_unstable_by_key(|edge| sweep.ends(*edge).0.x);
    stops.sort_unstable_by_key(|edge| sweep.ends(*edge).1.x);
    let (mut starts, mut stops) = (starts.as_slice(), stops.as_slice());
    let mut entries = vec![NONE; edges as usize];
    // The ring around each, once its first edge was met.
    let mut around: Vec<Option<u32>> = vec![None; rings.len()];
    let mut status = Status::default();
    let mut here: Vec<u32> = Vec::new();
    while let Some(column) = starts.first().map(|edge| sweep.ends(*edge).0.x) {
        while let Some(edge) = stops.first().filter(|edge| sweep.ends(**edge).1.x <= column) {
            status.remove(entries[*edge as usize]);
            stops = &stops[1..];
        }
        here.clear();
        here.extend_from_slice(take(&mut starts, |edge| sweep.ends(*edge).0.x == column));
        // From south to north, so that each finds the label south of it made already.
        here.sort_unstable_by(|one, other| order(sweep.ends(*one), sweep.ends(*other)).then(one.cmp(other)));
        for edge in here.iter().copied() {
            let ring = sweep.ring(edge);
            let label = |south: Option<u32>| {
                let inside = south.unwrap_or(NOBODY);
                let outer = *around[ring as usize].get_or_insert(inside);
                if inside == ring { outer } else { ring }
            };
            entries[edge as usize] = status.insert(edge, |other| order(sweep.ends(edge), sweep.ends(other)).then(edge.cmp(&other)), label);
        }
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

impl Sweep<'_> {
    fn ring(&self, edge: u32) -> u32 {
        self.firsts.partition_point(|first| *first <= edge) as u32 - 1
    }

    fn both(&self, edge: u32) -> (Point, Point) {
        let ring = self.ring(edge) as usize;
        let points = self.rings[ring].points(self.points);
        let at = (edge - self.firsts[ring]) as usize;
        (points[at], points[if at + 1 == points.len() { 0 } else { at + 1 }])
    }

    fn is_upright(&self, edge: u32) -> bool {
        let (p, q) = self.both(edge);
        p.x == q.x
    }

    /// The ends of an edge, the western one first.
    fn ends(&self, edge: u32) -> (Point, Point) {
        let (p, q) = self.both(edge);
        if p.x <= q.x { (p, q) } else { (q, p) }
    }
}
