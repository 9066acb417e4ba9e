//! Contacts and crossings of segments.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::Edge;
use crate::domain::Point;
use crate::overlay::exact;

/// Segments in one block of the candidate search: a bounding box over 8 consecutive segments costs little and misses little.
const BLOCK: usize = 8;

/// What two segments do to each other.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    /// The vertex lies inside the segment.
    Contact { segment: u32, vertex: u32 },
    /// The segments cross in their interiors.
    Cross { first: u32, second: u32 },
}

/// A bounding box.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    min: Point,
    max: Point,
}

impl Bounds {
    #[inline]
    fn of(a: Point, b: Point) -> Self {
        Self { min: Point { x: a.x.min(b.x), y: a.y.min(b.y) }, max: Point { x: a.x.max(b.x), y: a.y.max(b.y) } }
    }

    #[inline]
    fn join(self, other: Self) -> Self {
        Self {
            min: Point { x: self.min.x.min(other.min.x), y: self.min.y.min(other.min.y) },
            max: Point { x: self.max.x.max(other.max.x), y: self.max.y.max(other.max.y) },
        }
    }

    #[inline]
    fn meets(&self, other: &Self) -> bool {
        self.min.x <= other.max.x && other.min.x <= self.max.x && self.min.y <= other.max.y && other.min.y <= self.max.y
    }
}

/// A block of consecutive segments.
#[derive(Debug, Clone, Copy)]
struct Block {
    bounds: Bounds,
    start: u32,
    end: u32,
}

/// Every contact and crossing among the segments, in an order that depends on the segments alone.
pub(super) fn find(edges: &[Edge], points: &[Point], breaks: &[u32]) -> Vec<Event> {
    let bounds_of = |segment: u32| {
        let [a, b] = edges[segment as usize].ends;
        Bounds::of(points[a as usize], points[b as usize])
    };
    let mut blocks: Vec<Block> = Vec::with_capacity(edges.len() / BLOCK + breaks.len());
    let mut breaks = breaks.iter().copied().peekable();
    let mut start = 0u32;
    let total = edges.len() as u32;
    while start < total {
        while breaks.next_if(|at| *at <= start).is_some() {}
        let end = breaks.peek().copied().unwrap_or(total).min(start + BLOCK as u32).min(total);
        let bounds = (start + 1..end).fold(bounds_of(start), |bounds, segment| bounds.join(bounds_of(segment)));
        blocks.push(Block { bounds, start, end });
        start = end;
    }
    blocks.par_sort_unstable_by_key(|block| (block.bounds.min.x, block.start));
    let chunk = blocks.len().div_ceil(rayon::current_num_threads() * 8).max(64);
    let found: Vec<Vec<Event>> = (0..blocks.len().div_ceil(chunk))
        .into_par_iter()
        .map(|part| {
            let mut events = Vec::new();
            let mut near = (Vec::new(), Vec::new());
            for index in part * chunk..((part + 1) * chunk).min(blocks.len()) {
                let block = blocks[index];
                within(&block, edges, points, &mut events);
                for other in &blocks[index + 1..] {
                    if other.bounds.min.x > block.bounds.max.x {
                        break;
                    }
                    if block.bounds.min.y <= other.bounds.max.y && other.bounds.min.y <= block.bounds.max.y {
                        between(&block, other, edges, points, &mut near, &mut events);
                    }
                }
            }
            events
        })
        .collect();
    found.concat()
}

/// Events among the segments of one block.
fn within(block: &Block, edges: &[Edge], points: &[Point], events: &mut Vec<Event>) {
    for first in block.start..block.end {
        for second in first + 1..block.end {
            meet(first, second, edges, points, events);
        }
    }
}

/// Events between the segments of two blocks.
fn between(block: &Block, other: &Block, edges: &[Edge], points: &[Point], near: &mut (Vec<u32>, Vec<u32>), events: &mut Vec<Event>) {
    let pick = |from: &Block, to: &Bounds, into: &mut Vec<u32>| {
        into.clear();
        for segment in from.start..from.end {
            let [a, b] = edges[segment as usize].ends;
            if Bounds::of(points[a as usize], points[b as usize]).meets(to) {
                into.push(segment);
            }
        }
    };
    pick(block, &other.bounds, &mut near.0);
    if near.0.is_empty() {
        return;
    }
    pick(other, &block.bounds, &mut near.1);
    for first in &near.0 {
        for second in &near.1 {
            meet(*first, *second, edges, points, events);
        }
    }
}

/// What two different segments do to each other.
#[inline]
fn meet(first: u32, second: u32, edges: &[Edge], points: &[Point], events: &mut Vec<Event>) {
    let [a, b] = edges[first as usize].ends;
    let [c, d] = edges[second as usize].ends;
    let (pa, pb, pc, pd) = (points[a as usize], points[b as usize], points[c as usize], points[d as usize]);
    let (box1, box2) = (Bounds::of(pa, pb), Bounds::of(pc, pd));
    if !box1.meets(&box2) {
        return;
    }
    let mut contact = |segment: u32, vertex: u32| events.push(Event::Contact { segment, vertex });
    // On the line and inside the box, ends excluded (they are other nodes), is inside the segment.
    let inside = |bounds: &Bounds, p: Point| bounds.min.x <= p.x && p.x <= bounds.max.x && bounds.min.y <= p.y && p.y <= bounds.max.y;
    if a == c || a == d || b == c || b == d {
        // One end in common: they can only lie on one another.
        let (far1, far1_point) = if a == c || a == d { (b, pb) } else { (a, pa) };
        let (far2, far2_point) = if c == a || c == b { (d, pd) } else { (c, pc) };
        if exact::side(pa, pb, far2_point) == Ordering::Equal {
            if inside(&box1, far2_point) {
                contact(first, far2);
            } else if inside(&box2, far1_point) {
                contact(second, far1);
            }
        }
        return;
    }
    let (side_c, side_d) = (exact::side(pa, pb, pc), exact::side(pa, pb, pd));
    if side_c == side_d && side_c != Ordering::Equal {
        return;
    }
    let (side_a, side_b) = (exact::side(pc, pd, pa), exact::side(pc, pd, pb));
    if side_a == side_b && side_a != Ordering::Equal {
        return;
    }
    let mut touching = false;
    for (on, point, vertex) in [(side_c, pc, c), (side_d, pd, d)] {
        if on == Ordering::Equal {
            touching = true;
            if inside(&box1, point) {
                contact(first, vertex);
            }
        }
    }
    for (on, point, vertex) in [(side_a, pa, a), (side_b, pb, b)] {
        if on == Ordering::Equal {
            touching = true;
            if inside(&box2, point) {
                contact(second, vertex);
            }
        }
    }
    if !touching {
        events.push(Event::Cross { first, second });
    }
}
