//! The runs between layers, given the linework of each.

use rayon::prelude::*;

use super::super::{Line, Points};
use super::{Bits, Run, Runs, longest};
use crate::domain::positions::Positions;

/// A layer whose lines are arcs: they share nothing with each other.
#[derive(Debug, Clone)]
pub(in super::super) struct Layer<'a> {
    /// The layer's first position.
    pub base: u32,
    /// Its lines among those of all layers.
    pub lines: std::ops::Range<usize>,
    /// Its landmarks, ascending, numbered from its own first position.
    pub landmarks: &'a [u32],
    /// Its landmarks and the ends of its lines, numbered likewise.
    pub positions: &'a Positions,
}

/// Finds the runs between layers. Marks the ends of lines and of runs as nodes, on both sides.
pub(in super::super) fn across(points: &Points<'_>, lines: &[Line], layers: &[Layer<'_>], nodes: &mut Bits) -> Runs {
    for line in lines {
        nodes.set(line.start);
        nodes.set(line.end);
    }
    let mut runs = Runs::new(points);
    // The ends of all runs so far, on both sides.
    let mut ends = Positions::default();
    for (number, layer) in layers.iter().enumerate().skip(1) {
        let before = &layers[..number];
        let own = &lines[layer.lines.clone()];
        // Those before are settled, so that each line finds its runs for itself.
        let found: Vec<Vec<Run>> = own
            .par_iter()
            .with_min_len(64)
            .map(|line| Search { points, lines, before, ends: &ends, copied: &runs.copied }.all(line, layer))
            .collect();
        ends.reserve(found.iter().map(Vec::len).sum::<usize>() * 4);
        for (line, found) in own.iter().zip(&found) {
            for run in found {
                runs.add(run, line, nodes);
                for end in [run.start, run.end, run.low, run.high()] {
                    ends.insert(points.at(end), end);
                }
            }
        }
        // Two lines may meet where neither layer before has a node, each running along the same arc from there: the one without a landmark
        // is found by the end of the other.
        for line in own.iter().filter(|line| !line.loose) {
            let stop = runs.copied.next(line.start, line.end, true);
            let mut at = line.start;
            while at < stop {
                let search = Search { points, lines, before: &layers[..number], ends: &ends, copied: &runs.copied };
                let Some(run) = search.run(line, stop, at, at) else { break };
                runs.add(&run, line, nodes);
                for end in [run.start, run.end, run.low, run.high()] {
                    ends.insert(points.at(end), end);
                }
                at = run.end;
            }
        }
    }
    runs.sorted()
}

struct Search<'a, 'p> {
    points: &'a Points<'p>,
    lines: &'a [Line],
    /// The layers before the line's own.
    before: &'a [Layer<'a>],
    ends: &'a Positions,
    copied: &'a Bits,
}

impl Search<'_, '_> {
    /// The runs of a line, in order.
    fn all(&self, line: &Line, layer: &Layer<'_>) -> Vec<Run> {
        let mut found = Vec::new();
        if line.loose {
            return found;
        }
        let first = layer.landmarks.partition_point(|landmark| landmark + layer.base <= line.start);
        let mut landmarks =
            layer.landmarks[first..].iter().map(|landmark| landmark + layer.base).take_while(|at| *at < line.end).peekable();
        let (mut done, mut at) = (line.start, line.start);
        loop {
            if let Some(run) = self.run(line, line.end, at, done) {
                (done, at) = (run.end, run.end);
                found.push(run);
                if done >= line.end {
                    return found;
                }
                // Where a run ends another may begin at once, along another line that meets these two here.
                while landmarks.next_if(|landmark| *landmark <= done).is_some() {}
                continue;
            }
            match landmarks.next() {
                Some(landmark) => at = landmark,
                None => return found,
            }
        }
    }

    /// The longest run through a position of a line, between `done` and `stop`.
    fn run(&self, line: &Line, stop: u32, position: u32, done: u32) -> Option<Run> {
        let own = self.points.stretch(line.start, stop);
        let point = own[(position - line.start) as usize];
        let of_layers = self.before.iter().flat_map(|layer| layer.positions.of(point).map(|position| position + layer.base));
        let first = self.points.bases[self.before.len()];
        let candidates = of_layers.chain(self.ends.of(point).filter(|end| *end < first));
        longest((self.points, self.lines, self.copied), candidates, line, own, position, done)
    }
}
