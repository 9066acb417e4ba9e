//! What a stretch of boundary comes to, from sums kept along the way.
//!
//! Arcs are measured in their layer and again, cut into other pieces, in every overlay. Sums at every sixty-fourth edge make that a matter of
//! the edges at both ends. The areas of rings are summed edge by edge all the same, so that the proof of an overlay holds these sums to them.

use std::ops::Range;

use super::Points;
use crate::domain::index::Coarse;
use crate::domain::linework::Milestone;
use crate::domain::{Block, Point};
use crate::overlay::exact::{self, Walked};

/// Edges between two milestones.
pub(super) const EVERY: u32 = 64;

/// Milestones that are looked at one after the other.
const AT_HAND: usize = 8;

/// Sums from the beginning of everything on. They may wrap round; what lies between two of one stretch does not.
#[derive(Default)]
pub(super) struct Milestones {
    milestones: Vec<Milestone>,
    trapezoids: i128,
    length: i64,
    /// The smallest point from the last one on.
    least: Option<Point>,
}

impl Milestones {
    /// Adds a milestone at a position, where a line begins or [`EVERY`] edges after the one before at most; the edges from there on follow, in blocks.
    pub fn begin(&mut self, position: u32) {
        let (trapezoids, length) = (self.trapezoids, self.length);
        self.milestones.push(Milestone { position, smallest: position, trapezoids, length, coarse: Coarse::default() });
        self.least = None;
    }

    /// Adds the edges of a block that follow the last ones, and what they were found to come to.
    pub fn add(&mut self, stretch: &[Point], block: &Block, walked: &Walked) {
        self.trapezoids = self.trapezoids.wrapping_add(walked.trapezoids);
        self.length = self.length.wrapping_add(walked.length);
        let Some((milestone, points)) = self.milestones.last_mut().zip(stretch.get(..stretch.len() - 1)) else { return };
        milestone.coarse = if self.least.is_some() { milestone.coarse.join(block.coarse()) } else { block.coarse() };
        // Where all edges lead east or west, it is at one end.
        let place = match (walked.steps.min.x > 0, walked.steps.max.x < 0) {
            (true, _) => 0,
            (_, true) => points.len() as u32 - 1,
            _ => smallest(points),
        };
        let point = points[place as usize];
        if self.least.is_none_or(|least| point < least) {
            (self.least, milestone.smallest) = (Some(point), block.start + place);
        }
    }

    /// Adds the end of a line, so that there is a milestone on both sides of every stretch.
    pub fn end(&mut self, position: u32) {
        // No edge comes after it: any box is around them.
        let coarse = self.milestones.last().map_or_else(Coarse::default, |last| last.coarse);
        self.milestones.push(Milestone { position, smallest: position, trapezoids: self.trapezoids, length: self.length, coarse });
    }

    pub fn done(self) -> Vec<Milestone> {
        self.milestones
    }
}

/// Place of the smallest of some points; zero where there is none.
fn smallest(points: &[Point]) -> u32 {
    let mut place = 0usize;
    for (index, point) in points.iter().enumerate() {
        if *point < points[place] {
            place = index;
        }
    }
    place as u32
}

/// What a stretch of boundary comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::overlay) struct Stretch {
    /// Twice the signed area between it and the origin ([`exact::path`]).
    pub doubled_area: i128,
    /// Length, grid steps.
    pub length: i64,
    /// Position of its smallest point.
    pub smallest: u32,
}

impl Points<'_> {
    /// What the points from one position to another along an arc come to, both included.
    pub fn measured(&self, start: u32, end: u32) -> Stretch {
        let layer = self.layer(start);
        let base = self.bases[layer];
        let milestones = self.milestones.get(layer).copied().unwrap_or(&[]);
        let after = milestones.partition_point(|milestone| milestone.position + base < start);
        // Most stretches are short: the next milestones are at hand.
        let is_before = |milestone: &Milestone| milestone.position + base <= end;
        let near = milestones[after..].iter().take(AT_HAND).take_while(|milestone| is_before(milestone)).count();
        let before = after + if near < AT_HAND { near } else { milestones[after..].partition_point(is_before) };
        let points = self.stretch(start, end);
        let direct = |from: u32, to: u32| {
            let stretch = &points[(from - start) as usize..=(to - start) as usize];
            let (trapezoids, length) = exact::trapezoids(stretch);
            (trapezoids, length, from + smallest(stretch))
        };
        let (trapezoids, length, smallest) = match milestones.get(after..before) {
            Some([first, between @ .., last]) => {
                let ahead = direct(start, first.position + base);
                let behind = direct(last.position + base, end);
                let inner = std::iter::once(first).chain(between).map(|milestone| milestone.smallest + base);
                let smallest = [ahead.2, behind.2].into_iter().chain(inner).min_by_key(|position| points[(position - start) as usize]);
                (
                    ahead.0.wrapping_add(behind.0).wrapping_add(last.trapezoids.wrapping_sub(first.trapezoids)),
                    ahead.1.wrapping_add(behind.1).wrapping_add(last.length.wrapping_sub(first.length)),
                    smallest.unwrap_or(start),
                )
            }
            _ => direct(start, end),
        };
        let corner = |point: &Point| i128::from(point.x) * i128::from(point.y);
        let (first, last) = (&points[0], &points[points.len() - 1]);
        Stretch { doubled_area: trapezoids - corner(last) + corner(first), length, smallest }
    }
}

impl Points<'_> {
    /// The milestones of whose edges some are among those from one position to another along an arc.
    pub fn miles(&self, start: u32, end: u32) -> Range<u32> {
        let layer = self.layer(start);
        let base = self.bases[layer];
        let milestones = self.milestones.get(layer).copied().unwrap_or(&[]);
        let first = milestones.partition_point(|milestone| milestone.position + base <= start).saturating_sub(1);
        // An arc has few milestones: the next ones are at hand.
        let count = milestones[first..].iter().take_while(|milestone| milestone.position + base < end).count();
        first as u32..(first + count) as u32
    }

    /// The edges from one position to another along an arc, in pieces, one for each of their [`Points::miles`]: a box around the piece, which may be
    /// wider, and the positions of its first point and its last.
    pub fn boxed(&self, miles: Range<u32>, start: u32, end: u32) -> impl Iterator<Item = (Coarse, u32, u32)> {
        let layer = self.layer(start);
        let base = self.bases[layer];
        let milestones = self.milestones.get(layer).copied().unwrap_or(&[]);
        miles.filter_map(move |at| {
            let mile = milestones.get(at as usize)?;
            let next = milestones.get(at as usize + 1).map_or(end, |next| next.position + base);
            Some((mile.coarse, start.max(mile.position + base), end.min(next)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Bounds, Rings};

    #[test]
    fn sums_along_the_way_are_those_of_every_edge() {
        // A ring of 700 points that turn and turn back, and one of four.
        let far = 1i64 << 49;
        let mut rings = Rings::new();
        rings.push_ring((0..700i64).map(|n| Point { x: far - (n * 7_919_777) % 1_000_003, y: n * 1_003 - (n % 5) * far / 9 }));
        rings.push_ring([(0, 0), (5, 0), (5, 5), (0, 5)].map(|(x, y)| Point { x, y }));
        rings.end_unit();
        // Whatever these rings cross, each stretch is measured for itself.
        let linework = crate::overlay::linework::of(&rings).unwrap();
        let mut points = Points::of(&[&rings]).unwrap();
        points.milestones = vec![&linework.milestones];
        assert!(linework.milestones.len() > 10);
        for (start, end) in
            [(0, 700), (0, 1), (1, 64), (63, 65), (64, 128), (64, 129), (5, 699), (130, 190), (200, 333), (0, 64), (701, 705)]
        {
            let stretch = points.stretch(start, end);
            let found = points.measured(start, end);
            assert_eq!((found.doubled_area, found.length), exact::path(stretch), "{start} {end}");
            let least = stretch.iter().min();
            assert_eq!(Some(&points.at(found.smallest)), least, "{start} {end}");
            assert!((start..=end).contains(&found.smallest));
            // Pieces that follow each other, with all their points in their boxes.
            let mut next = start;
            for (coarse, from, to) in points.boxed(points.miles(start, end), start, end) {
                assert_eq!(from, next, "{start} {end}");
                next = to;
                let around = |point: &Point| coarse.meets(&Coarse::of(&Bounds::of(*point, *point)));
                assert!(to > from && points.stretch(from, to).iter().all(around), "{start} {end}");
            }
            assert_eq!(next, end, "{start} {end}");
        }
    }
}
