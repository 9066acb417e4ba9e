//! Coordinates in metres become points of the run's grid, and rings of them.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use crate::domain::{Grid, Point, Rings};

/// Adds a unit's rings, given by where their coordinates are, which become points of the grid: (rings dropped for having fewer than three different points, rings left out for
/// being there before).
///
/// A ring that is there twice would cancel itself by the even-odd rule. In opposite directions that is meant (an island that fills a
/// hole); in one direction it is a copy.
pub(super) fn push(rings: &mut Rings, ranges: &[Range<usize>], grid: &Grid) -> (usize, usize) {
    ranges.iter().for_each(|range| rings.snap(range.clone(), grid));
    // All are compared before any is taken: taking one moves its points together where some are equal. Rings of one length and one smallest
    // point alone can be the same.
    let mut alike: BTreeMap<(usize, Option<Point>), Vec<&Range<usize>>> = BTreeMap::new();
    let mut hashed: BTreeMap<u64, Vec<&Range<usize>>> = BTreeMap::new();
    // Most rings are the only one of their length, and need no look at their points.
    let mut lengths: Vec<usize> = ranges.iter().map(|range| ring(rings, range).len()).collect();
    lengths.sort_unstable();
    let several = |length: usize| {
        let first = lengths.partition_point(|other| *other < length);
        lengths.get(first.saturating_add(1)) == Some(&length)
    };
    let again: Vec<bool> = ranges
        .iter()
        .map(|range| {
            let own = ring(rings, range);
            if own.is_empty() || ranges.len() == 1 || !several(own.len()) {
                return false;
            }
            let earlier = alike.entry((own.len(), own.iter().min().copied())).or_default();
            let is_again = |earlier: &Vec<&Range<usize>>| earlier.iter().any(|earlier| same(own, ring(rings, earlier)));
            if is_again(earlier) {
                return true;
            }
            if earlier.len() < FEW {
                earlier.push(range);
                return false;
            }
            // Thousands of rings may have their smallest point in common.
            let earlier = hashed.entry(hash(own)).or_default();
            let again = is_again(earlier);
            if !again {
                earlier.push(range);
            }
            again
        })
        .collect();
    let mut dropped = 0;
    for (range, _) in ranges.iter().zip(&again).filter(|(_, again)| !**again) {
        let closed = rings.points().get(range.clone()).is_some_and(|points| points.len() > 1 && points.first() == points.last());
        let added = if closed {
            rings.push_closed(range.clone())
        } else {
            let points = ring(rings, range).to_vec();
            rings.push_ring(points)
        };
        dropped += usize::from(!added);
    }
    (dropped, again.iter().filter(|again| **again).count())
}

/// A ring without its closing point.
fn ring<'a>(rings: &'a Rings, range: &Range<usize>) -> &'a [Point] {
    match rings.points().get(range.clone()).unwrap_or(&[]) {
        [open @ .., last] if open.first() == Some(last) => open,
        ring => ring,
    }
}

/// Rings of one length and one smallest point that are compared one by one.
const FEW: usize = 8;

/// The points of a ring from its smallest on.
fn turned(ring: &[Point]) -> impl Iterator<Item = &Point> {
    let start = ring.iter().enumerate().min_by_key(|(_, point)| **point).map_or(0, |(at, _)| at);
    let (before, after) = ring.split_at(start);
    after.iter().chain(before)
}

/// Whether two rings of one length run through the same points in the same direction, wherever they start.
fn same(one: &[Point], other: &[Point]) -> bool {
    turned(one).eq(turned(other))
}

/// The same for rings that are the same.
fn hash(ring: &[Point]) -> u64 {
    let mut hasher = DefaultHasher::new();
    turned(ring).for_each(|point| point.hash(&mut hasher));
    hasher.finish()
}
