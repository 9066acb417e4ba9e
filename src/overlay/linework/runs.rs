//! Runs: stretches of boundary that are there again, vertex for vertex, in one direction or the other.
//!
//! Landmarks are points chosen by their own coordinates, one in sixteen or so: whichever ring passes one, it is a landmark there too. A
//! landmark that was met before is followed both ways in lockstep for as long as the points agree. A shared stretch without a landmark and
//! without a run before it is missed; the search for contacts then finds its edges to lie on each other, which costs time and nothing else.

use super::bits::Bits;
use super::{Line, Points};
use crate::domain::Point;

/// A stretch of a line that is a copy of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copy {
    /// First and last position of the stretch that was there first.
    pub start: u32,
    pub end: u32,
    /// Owners of the line that the copy is part of.
    pub first_owner: u32,
    pub owner_count: u32,
    /// Whether the copy runs the other way.
    pub reversed: bool,
}

/// A hash of a point: all of it depends on all digits, the high bits most evenly.
#[inline]
fn hash(point: Point) -> u64 {
    // Two odd multipliers: grid coordinates share their low decimal zeros, and only products bring high bits down and low bits up.
    let mixed = (point.x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (point.y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31);
    mixed ^ mixed >> 32
}

/// One point in this many is a landmark where rings are long.
const EVERY: usize = 16;

/// A ring of fewer points than this, per point in `EVERY`, has landmarks in proportion: its shared stretches are short.
const RING: usize = 64;

/// Positions of the landmarks of rings, ascending, closing points left out.
///
/// The rate follows the length of rings: one point in sixteen, more in layers of small units, where shared stretches are short.
pub(super) fn landmarks(points: &Points<'_>, lines: &[Line]) -> Vec<u32> {
    // Thresholds of one hash, so that a landmark of a sparse layer is one of a dense layer as well.
    let every = (points.len() / lines.len().max(1) / RING).clamp(1, EVERY);
    let below = u64::MAX / every as u64;
    let mut found = Vec::with_capacity(points.len() / every + 64);
    for line in lines {
        let stretch = points.stretch(line.start, line.end - 1).iter().zip(line.start..);
        found.extend(stretch.filter(|(point, _)| hash(**point).wrapping_mul(0xd6e8_feb8_6659_fd93) <= below).map(|(_, position)| position));
    }
    found
}

/// Points met before, by their hash: positions, several of one point where lines meet.
struct Met {
    /// High half of the hash, and position plus one; zero = free.
    slots: Vec<(u32, u32)>,
    count: usize,
}

impl Met {
    fn with_capacity(count: usize) -> Self {
        Self { slots: vec![(0, 0); (count.max(8) * 2).next_power_of_two()], count: 0 }
    }

    fn insert(&mut self, point: Point, position: u32) {
        if self.count * 4 > self.slots.len() * 3 {
            self.grow();
        }
        self.put(hash(point) as u32, position + 1);
        self.count += 1;
    }

    #[inline]
    fn put(&mut self, tag: u32, entry: u32) {
        let mask = self.slots.len() - 1;
        let mut slot = spread(tag) & mask;
        while self.slots[slot].1 != 0 {
            if self.slots[slot] == (tag, entry) {
                return;
            }
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = (tag, entry);
    }

    fn grow(&mut self) {
        let larger = vec![(0, 0); self.slots.len() * 2];
        for (tag, entry) in std::mem::replace(&mut self.slots, larger) {
            if entry != 0 {
                self.put(tag, entry);
            }
        }
    }

    /// Positions that may be of this point.
    #[inline]
    fn of(&self, point: Point) -> impl Iterator<Item = u32> + '_ {
        let mask = self.slots.len() - 1;
        let tag = hash(point) as u32;
        let mut slot = spread(tag) & mask;
        std::iter::from_fn(move || {
            loop {
                let (other, entry) = self.slots[slot];
                if entry == 0 {
                    return None;
                }
                slot = (slot + 1) & mask;
                if other == tag {
                    return Some(entry - 1);
                }
            }
        })
    }
}

#[inline]
fn spread(tag: u32) -> usize {
    (u64::from(tag).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

/// Finds the runs among lines. The first `settled` lines share nothing with each other; landmarks are ascending positions.
///
/// Returns the copies by where they lie in the line that was there first, and the edges that are copies. Marks the ends of lines and of
/// runs as nodes, on both sides.
pub(super) fn find(points: &Points<'_>, lines: &[Line], landmarks: &[u32], settled: usize, nodes: &mut Bits) -> (Vec<Copy>, Bits) {
    let mut search = Search {
        points,
        lines,
        met: Met::with_capacity(landmarks.len() / 2 + lines.len() * 2),
        copied: Bits::new(points.len() + 1),
        copies: Vec::new(),
        nodes,
    };
    let mut rest = landmarks;
    for (number, line) in lines.iter().enumerate() {
        search.nodes.set(line.start);
        search.nodes.set(line.end);
        while rest.first().is_some_and(|landmark| *landmark < line.start) {
            rest = &rest[1..];
        }
        let count = rest.partition_point(|landmark| *landmark < line.end);
        let (own, later) = rest.split_at(count);
        rest = later;
        if line.loose {
            continue;
        }
        if number < settled {
            for position in own {
                search.met.insert(points.at(*position), *position);
            }
        } else {
            search.line(line, own);
        }
        // After the line itself: its own end would be taken for an earlier line's.
        search.met.insert(points.at(line.start), line.start);
        search.met.insert(points.at(line.end), line.end);
    }
    let Search { mut copies, copied, .. } = search;
    copies.sort_unstable_by_key(|copy| (copy.start, copy.end, copy.first_owner));
    (copies, copied)
}

/// A run as it is found: its ends in the line, and the lower end of the stretch it is a copy of.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: u32,
    end: u32,
    low: u32,
    reversed: bool,
}

struct Search<'a, 'p> {
    points: &'a Points<'p>,
    lines: &'a [Line],
    met: Met,
    /// Edges that are copies.
    copied: Bits,
    copies: Vec<Copy>,
    nodes: &'a mut Bits,
}

impl Search<'_, '_> {
    /// Matches one line against all before it, and against itself.
    fn line(&mut self, line: &Line, landmarks: &[u32]) {
        let mut landmarks = landmarks.iter().copied().peekable();
        let mut done = line.start;
        let mut at = Some(line.start);
        while let Some(position) = at {
            let found = self.run(line, position, done);
            if let Some((start, end)) = found {
                // Where a run ends another may begin at once: with a third line that meets these two here.
                self.met.insert(self.points.at(start), start);
                self.met.insert(self.points.at(end), end);
                done = end;
                if end < line.end {
                    at = Some(end);
                    continue;
                }
                return;
            }
            if position > line.start && position != done {
                self.met.insert(self.points.at(position), position);
            }
            while landmarks.next_if(|landmark| *landmark <= done.max(position)).is_some() {}
            at = landmarks.next();
        }
    }

    /// The longest run through a position of a line, not before `done`: recorded, and returned as its ends in the line.
    fn run(&mut self, line: &Line, position: u32, done: u32) -> Option<(u32, u32)> {
        let own = self.points.stretch(line.start, line.end);
        let point = |position: u32| own[(position - line.start) as usize];
        let mut best: Option<Run> = None;
        for candidate in self.met.of(point(position)) {
            // Two lines of one ring may meet at the candidate.
            let after = self.lines.partition_point(|other| other.start <= candidate);
            for other in self.lines[after.saturating_sub(2)..after].iter().filter(|other| candidate <= other.end && !other.loose) {
                let theirs = self.points.stretch(other.start, other.end);
                let their = |position: u32| theirs[(position - other.start) as usize];
                if their(candidate) != point(position) {
                    continue;
                }
                for reversed in [false, true] {
                    // An edge is matched with an earlier one that is no copy itself, so that every stretch is a copy of one that is not.
                    let (mut end, mut there) = (position, candidate);
                    while end < line.end && if reversed { there > other.start } else { there < other.end } {
                        let (edge, next) = if reversed { (there - 1, there - 1) } else { (there, there + 1) };
                        if edge >= end || self.copied.get(edge) || point(end + 1) != their(next) {
                            break;
                        }
                        (end, there) = (end + 1, next);
                    }
                    let (mut start, mut there) = (position, candidate);
                    while start > done && if reversed { there < other.end } else { there > other.start } {
                        let (edge, next) = if reversed { (there, there + 1) } else { (there - 1, there - 1) };
                        if edge >= start - 1 || self.copied.get(edge) || point(start - 1) != their(next) {
                            break;
                        }
                        (start, there) = (start - 1, next);
                    }
                    if !reversed {
                        // A ring that goes round twice: the copy must not reach into what it is a copy of.
                        end = end.min(start + (position - candidate));
                    }
                    let low = if reversed { candidate - (end - position) } else { there };
                    if end > start && best.is_none_or(|best| end - start > best.end - best.start) {
                        best = Some(Run { start, end, low, reversed });
                    }
                }
            }
        }
        let Run { start, end, low, reversed } = best?;
        let high = low + (end - start);
        self.copied.set_range(start, end);
        for node in [start, end, low, high] {
            self.nodes.set(node);
        }
        // The first line's positions, too: a third line that leaves or joins here finds it.
        for node in [low, high] {
            self.met.insert(self.points.at(node), node);
        }
        self.copies.push(Copy { start: low, end: high, first_owner: line.first_owner, owner_count: line.owner_count, reversed });
        Some((start, end))
    }
}
