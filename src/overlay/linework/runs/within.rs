//! The runs among the rings of one layer.

use super::super::{Line, Points};
use super::{Bits, Runs, longest};
use crate::domain::Point;
use crate::domain::positions::{Positions, lot};

/// One point in this many is a landmark where rings are long.
const EVERY: usize = 16;

/// A ring of fewer points than this, per point in `EVERY`, has landmarks in proportion: its shared stretches are short.
const RING: usize = 64;

/// What is found on the way, by which another layer finds the same stretches again.
pub(in super::super) struct Marks {
    /// Landmarks on what is no copy, ascending.
    pub landmarks: Vec<u32>,
    /// Landmarks, and ends of lines and runs.
    pub positions: Positions,
}

/// Finds the runs among lines, which are sorted by position. Marks the ends of lines and of runs as nodes, on both sides.
pub(in super::super) fn within(points: &Points<'_>, lines: &[Line], nodes: &mut Bits) -> (Runs, Marks) {
    // Thresholds of one lot, so that a landmark of a sparse layer is one of a dense layer as well.
    let every = (points.len() / lines.len().max(1) / RING).clamp(1, EVERY);
    let expected = points.len() / EVERY / 2;
    let mut search = Search {
        points,
        lines,
        most: u64::MAX / every as u64,
        runs: Runs::new(points),
        marks: Marks { landmarks: Vec::with_capacity(expected), positions: Positions::with_capacity(expected + lines.len() * 2) },
        nodes,
    };
    for line in lines {
        search.nodes.set(line.start);
        search.nodes.set(line.end);
        search.line(line);
        // After the line itself: its own end would be taken for an earlier line's.
        search.meets([line.start, line.end]);
    }
    let Search { runs, marks, .. } = search;
    (runs.sorted(), marks)
}

struct Search<'a, 'p> {
    points: &'a Points<'p>,
    lines: &'a [Line],
    /// The highest lot of a landmark.
    most: u64,
    runs: Runs,
    marks: Marks,
    nodes: &'a mut Bits,
}

impl Search<'_, '_> {
    /// Matches one line against all before it, and against itself.
    fn line(&mut self, line: &Line) {
        let own = self.points.stretch(line.start, line.end);
        // Where the line is matched up to; and where to try next, which is a landmark or the end of a run.
        let (mut done, mut at, mut is_landmark) = (line.start, line.start, false);
        loop {
            if let Some((start, end)) = self.run(line, own, at, done) {
                // Where a run ends another may begin at once: with a third line that meets these two here.
                self.meets([start, end]);
                while self.marks.landmarks.pop_if(|landmark| *landmark > start && *landmark < end).is_some() {}
                (done, at, is_landmark) = (end, end, false);
                if end >= line.end {
                    return;
                }
                continue;
            }
            if is_landmark {
                self.meets([at]);
                self.marks.landmarks.push(at);
            }
            // The first point of a line, or of what follows a run, may be a landmark itself; it was tried.
            match self.landmark(line, own, at + 1) {
                Some(next) => (at, is_landmark) = (next, true),
                None => return,
            }
        }
    }

    /// The first landmark of a line from a position on, its end left out.
    #[inline]
    fn landmark(&self, line: &Line, own: &[Point], from: u32) -> Option<u32> {
        let rest = &own[(from - line.start) as usize..own.len() - 1];
        rest.iter().position(|point| lot(*point) <= self.most).map(|steps| from + steps as u32)
    }

    /// The longest run through a position of a line, not before `done`: recorded, and returned as its ends in the line.
    fn run(&mut self, line: &Line, own: &[Point], position: u32, done: u32) -> Option<(u32, u32)> {
        let point = own[(position - line.start) as usize];
        let known = (self.points, self.lines, &self.runs.copied);
        let run = longest(known, self.marks.positions.of(point), line, own, position, done)?;
        self.runs.add(&run, line, self.nodes);
        // The first line's positions, too: a third line that leaves or joins here finds it.
        self.meets([run.low, run.high()]);
        Some((run.start, run.end))
    }

    fn meets<const N: usize>(&mut self, positions: [u32; N]) {
        for position in positions {
            self.marks.positions.insert(self.points.at(position), position);
        }
    }
}
