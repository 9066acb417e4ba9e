//! Runs: stretches of boundary that are there again, vertex for vertex, in one direction or the other.
//!
//! Landmarks are points chosen by their own coordinates, one in sixteen or so: whichever ring passes one, it is a landmark there too. A
//! landmark that was met before is followed both ways in lockstep for as long as the points agree. A shared stretch without a landmark and
//! without a run before it is missed; the search for contacts then finds its edges to lie on each other, which costs time and nothing else.
//!
//! The rings of one layer are matched one after the other, each against all before it ([`within`]); the arcs of a layer, which share
//! nothing with each other, all at once against the layers before it ([`across`]).

mod across;
mod within;

use super::bits::Bits;
use super::{Line, Points};
use crate::domain::Point;

pub(super) use across::{Layer, across};
pub(super) use within::within;

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

/// What is shared among lines.
pub(super) struct Runs {
    /// The copies, by where they lie in the line that was there first.
    pub copies: Vec<Copy>,
    /// Edges that are copies.
    pub copied: Bits,
}

impl Runs {
    fn new(points: &Points<'_>) -> Self {
        Self { copies: Vec::new(), copied: Bits::new(points.len() + 1) }
    }

    /// Notes a run of a line, whose ends become nodes on both sides.
    fn add(&mut self, run: &Run, line: &Line, nodes: &mut Bits) {
        self.copied.set_range(run.start, run.end);
        for node in [run.start, run.end, run.low, run.high()] {
            nodes.set(node);
        }
        let Line { first_owner, owner_count, .. } = *line;
        self.copies.push(Copy { start: run.low, end: run.high(), first_owner, owner_count, reversed: run.reversed });
    }

    fn sorted(mut self) -> Self {
        self.copies.sort_unstable_by_key(|copy| (copy.start, copy.end, copy.first_owner));
        self
    }
}

/// Points that are compared at once, without a branch for each.
const STEP: usize = 8;

/// Whether any of some points differs from its like.
#[inline]
fn differ(ones: &[Point; STEP], others: &[Point; STEP]) -> bool {
    let mut all = [0i64; 2];
    for at in 0..STEP {
        all[0] |= ones[at].x ^ others[at].x;
        all[1] |= ones[at].y ^ others[at].y;
    }
    all[0] | all[1] != 0
}

/// The same, of others that run the other way.
#[inline]
fn differ_back(ones: &[Point; STEP], others: &[Point; STEP]) -> bool {
    let mut all = [0i64; 2];
    for at in 0..STEP {
        all[0] |= ones[at].x ^ others[STEP - 1 - at].x;
        all[1] |= ones[at].y ^ others[STEP - 1 - at].y;
    }
    all[0] | all[1] != 0
}

/// How many points at the front of two stretches are the same; of `other` from its end on, if it is `reversed`.
#[inline]
fn alike(one: &[Point], other: &[Point], reversed: bool) -> usize {
    // Of the two directions, one ends at once.
    if one.is_empty() || one.first() != (if reversed { other.last() } else { other.first() }) {
        return 0;
    }
    let steps = if reversed {
        let (ones, others) = (one.as_chunks::<STEP>().0, other.as_rchunks::<STEP>().1);
        let mut at = 0;
        while at < ones.len() && at < others.len() && !differ_back(&ones[at], &others[others.len() - 1 - at]) {
            at += 1;
        }
        at
    } else {
        let (ones, others) = (one.as_chunks::<STEP>().0, other.as_chunks::<STEP>().0);
        let mut at = 0;
        while at < ones.len() && at < others.len() && !differ(&ones[at], &others[at]) {
            at += 1;
        }
        at
    };
    let rest = &one[steps * STEP..];
    steps * STEP
        + if reversed {
            rest.iter().zip(other[..other.len() - steps * STEP].iter().rev()).take_while(|(p, q)| p == q).count()
        } else {
            rest.iter().zip(&other[steps * STEP..]).take_while(|(p, q)| p == q).count()
        }
}

/// How many points at the end of two stretches are the same.
#[inline]
fn alike_at_the_end(one: &[Point], other: &[Point]) -> usize {
    if one.is_empty() || one.last() != other.last() {
        return 0;
    }
    let (ones, others) = (one.as_rchunks::<STEP>().1, other.as_rchunks::<STEP>().1);
    let mut steps = 0;
    while steps < ones.len() && steps < others.len() && !differ(&ones[ones.len() - 1 - steps], &others[others.len() - 1 - steps]) {
        steps += 1;
    }
    let rest = |stretch: &[Point]| stretch.len() - steps * STEP;
    let (one, other) = (&one[..rest(one)], &other[..rest(other)]);
    steps * STEP + one.iter().rev().zip(other.iter().rev()).take_while(|(p, q)| p == q).count()
}

/// A run as it is found: its ends in the line, and the lower end of the stretch it is a copy of.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: u32,
    end: u32,
    low: u32,
    reversed: bool,
}

impl Run {
    /// The upper end of the stretch it is a copy of.
    fn high(&self) -> u32 {
        self.low + (self.end - self.start)
    }
}

/// The longest run through a position of a line, not before `done`, along one of `candidates`: positions that may be of the same point.
///
/// `own` are the points of the line from its start, up to where it may be matched. A run is along edges that are no copies themselves, so
/// that every stretch is a copy of one that is not.
fn longest(
    (points, lines, copied): (&Points<'_>, &[Line], &Bits),
    candidates: impl Iterator<Item = u32>,
    line: &Line,
    own: &[Point],
    position: u32,
    done: u32,
) -> Option<Run> {
    let point = own[(position - line.start) as usize];
    let mut best: Option<Run> = None;
    for candidate in candidates {
        // Two lines of one ring may meet at the candidate.
        let after = lines.partition_point(|other| other.start <= candidate);
        for other in lines[after.saturating_sub(2)..after].iter().filter(|other| candidate <= other.end && !other.loose) {
            let theirs = points.stretch(other.start, other.end);
            if theirs[(candidate - other.start) as usize] != point {
                continue;
            }
            let from = copied.previous(other.start, candidate).map_or(other.start, |copy| copy + 1);
            let to = copied.next(candidate, other.end, true);
            let (before, after) = (
                &theirs[(from - other.start) as usize..(candidate - other.start) as usize],
                &theirs[(candidate - other.start) as usize + 1..=(to - other.start) as usize],
            );
            let (mine_before, mine_after) =
                (&own[(done - line.start) as usize..(position - line.start) as usize], &own[(position - line.start) as usize + 1..]);
            // The position itself was noted as the end of a run: forwards it is no copy of itself, backwards it may be the tip of a spike.
            let directions: &[bool] = if candidate == position { &[true] } else { &[false, true] };
            for reversed in directions.iter().copied() {
                let (ahead, back) = if reversed {
                    // A line folded upon itself: what comes from both sides meets in the middle.
                    let most = if other.start == line.start { (position - candidate) as usize / 2 } else { usize::MAX };
                    (alike(mine_after, before, true), alike(after, mine_before, true).min(most))
                } else {
                    (alike(mine_after, after, false), alike_at_the_end(mine_before, before))
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
    best
}
