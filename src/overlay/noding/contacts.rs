//! Contacts of segments: vertices that lie inside others.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::segments::Segment;
use crate::domain::Point;
use crate::overlay::exact;

/// A vertex that lies inside a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contact {
    pub segment: u32,
    pub vertex: u32,
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
    fn meets(&self, other: &Self) -> bool {
        self.min.x <= other.max.x && other.min.x <= self.max.x && self.min.y <= other.max.y && other.min.y <= self.max.y
    }
}

/// Every contact among pairs of segments that touch or lie on one another, in the order of the pairs.
pub(super) fn find(pairs: &[[u32; 2]], edges: &[Segment], points: &[Point]) -> Vec<Contact> {
    let chunk = pairs.len().div_ceil(rayon::current_num_threads() * 4).max(256);
    let found: Vec<Vec<Contact>> = pairs
        .par_chunks(chunk)
        .map(|pairs| {
            let mut contacts = Vec::with_capacity(pairs.len());
            for [first, second] in pairs {
                meet(*first, *second, edges, points, &mut contacts);
            }
            contacts
        })
        .collect();
    found.concat()
}

/// What two different segments do to each other.
#[inline]
fn meet(first: u32, second: u32, edges: &[Segment], points: &[Point], contacts: &mut Vec<Contact>) {
    let [a, b] = edges[first as usize].ends;
    let [c, d] = edges[second as usize].ends;
    let (pa, pb, pc, pd) = (points[a as usize], points[b as usize], points[c as usize], points[d as usize]);
    let (box1, box2) = (Bounds::of(pa, pb), Bounds::of(pc, pd));
    if !box1.meets(&box2) {
        return;
    }
    let mut contact = |segment: u32, vertex: u32| contacts.push(Contact { segment, vertex });
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
    for (point, vertex) in [(pc, c), (pd, d)] {
        if exact::side(pa, pb, point) == Ordering::Equal && inside(&box1, point) {
            contact(first, vertex);
        }
    }
    for (point, vertex) in [(pa, a), (pb, b)] {
        if exact::side(pc, pd, point) == Ordering::Equal && inside(&box2, point) {
            contact(second, vertex);
        }
    }
}
