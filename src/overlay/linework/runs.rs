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

/// A number drawn for a point by its coordinates: its high bits depend on all their digits.
#[inline]
fn lot(point: Point) -> u64 {
    // Two odd multipliers: grid coordinates share their low decimal zeros, and only products bring low bits up.
    (point.x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (point.y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31)
}

/// A hash of a point: its low half depends on all digits, and on more than what makes it a landmark.
#[inline]
fn hash(point: Point) -> u64 {
    let lot = lot(point);
    (lot ^ lot >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 29
}

/// One point in this many is a landmark where rings are long.
const EVERY: usize = 16;

/// A ring of fewer points than this, per point in `EVERY`, has landmarks in proportion: its shared stretches are short.
const RING: usize = 64;

/// How landmarks are told.
pub(super) enum Landmarks<'a> {
    /// Points whose [`lot`] is not above this.
    Below(u64),
    /// These positions, ascending.
    Listed(&'a [u32]),
}

impl Landmarks<'_> {
    /// Those of a layer's rings: one point in sixteen, more in layers of small units, where shared stretches are short.
    pub fn of(points: &Points<'_>, lines: &[Line]) -> Self {
        // Thresholds of one lot, so that a landmark of a sparse layer is one of a dense layer as well.
        let every = (points.len() / lines.len().max(1) / RING).clamp(1, EVERY);
        Self::Below(u64::MAX / every as u64)
    }

    /// The first landmark of a line from a position on, its end left out.
    #[inline]
    fn next(&mut self, line: &Line, own: &[Point], from: u32) -> Option<u32> {
        match self {
            Self::Below(most) => {
                let rest = &own[(from - line.start) as usize..own.len() - 1];
                rest.iter().position(|point| lot(*point) <= *most).map(|steps| from + steps as u32)
            }
            Self::Listed(rest) => {
                // Lines come in the order of their positions, so what is behind is behind for good.
                let skipped = rest.iter().take_while(|position| **position < from).count();
                *rest = &rest[skipped..];
                rest.first().copied().filter(|position| *position < line.end)
            }
        }
    }
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

/// What [`find`] found.
pub(super) struct Runs {
    /// The copies, by where they lie in the line that was there first.
    pub copies: Vec<Copy>,
    /// Edges that are copies.
    pub copied: Bits,
    /// Landmarks on what is no copy, ascending.
    pub landmarks: Vec<u32>,
}

/// Finds the runs among lines, which are sorted by position. The first `settled` lines share nothing with each other.
///
/// Marks the ends of lines and of runs as nodes, on both sides.
pub(super) fn find(points: &Points<'_>, lines: &[Line], mut landmarks: Landmarks<'_>, settled: usize, nodes: &mut Bits) -> Runs {
    let expected = match &landmarks {
        Landmarks::Below(_) => points.len() / EVERY / 2,
        Landmarks::Listed(all) => all.len(),
    };
    let mut search = Search {
        points,
        lines,
        met: Met::with_capacity(expected + lines.len() * 2),
        copied: Bits::new(points.len() + 1),
        copies: Vec::new(),
        kept: Vec::with_capacity(expected),
        nodes,
    };
    for (number, line) in lines.iter().enumerate() {
        search.nodes.set(line.start);
        search.nodes.set(line.end);
        if line.loose {
            continue;
        }
        search.line(line, &mut landmarks, number < settled);
        // After the line itself: its own end would be taken for an earlier line's.
        search.met.insert(points.at(line.start), line.start);
        search.met.insert(points.at(line.end), line.end);
    }
    let Search { mut copies, copied, kept, .. } = search;
    copies.sort_unstable_by_key(|copy| (copy.start, copy.end, copy.first_owner));
    Runs { copies, copied, landmarks: kept }
}

/// How many points at the front of two stretches are the same.
#[inline]
fn alike<'a>(one: impl Iterator<Item = &'a Point>, other: impl Iterator<Item = &'a Point>) -> usize {
    one.zip(other).take_while(|(p, q)| p == q).count()
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
    /// Landmarks that are no copies.
    kept: Vec<u32>,
    nodes: &'a mut Bits,
}

impl Search<'_, '_> {
    /// Matches one line against all before it, and against itself; one that is settled is only remembered.
    fn line(&mut self, line: &Line, landmarks: &mut Landmarks<'_>, settled: bool) {
        let own = self.points.stretch(line.start, line.end);
        // Where the line is matched up to; and where to try next, which is a landmark or the end of a run.
        let (mut done, mut at, mut is_landmark) = (line.start, line.start, false);
        loop {
            let found = if settled { None } else { self.run(line, at, done) };
            if let Some((start, end)) = found {
                // Where a run ends another may begin at once: with a third line that meets these two here.
                for node in [start, end] {
                    self.met.insert(self.points.at(node), node);
                }
                while self.kept.pop_if(|landmark| *landmark > start && *landmark < end).is_some() {}
                (done, at, is_landmark) = (end, end, false);
                if end >= line.end {
                    return;
                }
                continue;
            }
            if is_landmark {
                self.met.insert(self.points.at(at), at);
                self.kept.push(at);
            }
            // The first point of a line, or of what follows a run, may be a landmark itself; it was tried.
            match landmarks.next(line, own, at + 1) {
                Some(next) => (at, is_landmark) = (next, true),
                None => return,
            }
        }
    }

    /// The longest run through a position of a line, not before `done`: recorded, and returned as its ends in the line.
    fn run(&mut self, line: &Line, position: u32, done: u32) -> Option<(u32, u32)> {
        let own = self.points.stretch(line.start, line.end);
        let point = own[(position - line.start) as usize];
        let mut best: Option<Run> = None;
        for candidate in self.met.of(point) {
            // Two lines of one ring may meet at the candidate.
            let after = self.lines.partition_point(|other| other.start <= candidate);
            for other in self.lines[after.saturating_sub(2)..after].iter().filter(|other| candidate <= other.end && !other.loose) {
                let theirs = self.points.stretch(other.start, other.end);
                if theirs[(candidate - other.start) as usize] != point {
                    continue;
                }
                // An edge is matched with an earlier one that is no copy itself, so that every stretch is a copy of one that is not.
                let from = self.copied.previous(other.start, candidate).map_or(other.start, |copy| copy + 1);
                let to = self.copied.next(candidate, other.end, true);
                let (before, after) = (
                    &theirs[(from - other.start) as usize..(candidate - other.start) as usize],
                    &theirs[(candidate - other.start) as usize + 1..=(to - other.start) as usize],
                );
                let (mine_before, mine_after) =
                    (&own[(done - line.start) as usize..(position - line.start) as usize], &own[(position - line.start) as usize + 1..]);
                for reversed in [false, true] {
                    let (ahead, back) = if reversed {
                        // A line folded upon itself: what comes from both sides meets in the middle.
                        let most = if other.start == line.start { (position - candidate) as usize / 2 } else { usize::MAX };
                        (alike(mine_after.iter(), before.iter().rev()), alike(mine_before.iter().rev(), after.iter()).min(most))
                    } else {
                        (alike(mine_after.iter(), after.iter()), alike(mine_before.iter().rev(), before.iter().rev()))
                    };
                    let (start, mut end) = (position - back as u32, position + ahead as u32);
                    if !reversed {
                        // A ring that goes round twice: the copy must not reach into what it is a copy of.
                        end = end.min(start + (position - candidate));
                    }
                    let low = if reversed { candidate - ahead as u32 } else { candidate - back as u32 };
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
