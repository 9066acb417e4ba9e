//! One sweep from west to east over the boundaries of a layer: what is around every point at once, in time that goes by their number and its logarithm.
//!
//! The line meets edges from south to north; each knows which units cover the land just north of it. That holds all along an edge but where another
//! crosses or touches it: there the edges concerned are taken out and put in again. Upright edges are never met. A point is covered by what is
//! north of the edge below it. All of it is decided exactly.
//!
//! Source: Michael Ian Shamos and Dan Hoey, "Geometric intersection problems", 17th Symposium on Foundations of Computer Science, 1976.

use std::cmp::Ordering;

use crate::domain::linework::Linework;
use crate::domain::{Point, Rings};
use crate::overlay::exact;
use crate::overlay::labels::{LabelSets, OUTSIDE};
use crate::overlay::status::{NONE, Status, at_both_ends, take};

/// Just west of a column of the grid (`false`), or just east of it.
type Time = (i64, bool);

struct Sweep<'a> {
    linework: &'a Linework,
    points: &'a [Point],
    status: Status,
    sets: LabelSets,
    /// Entry of each edge in the status.
    entries: Vec<u32>,
}

/// The units of a layer that cover each of some points, ascending; `None` when there are more than `most` in all, or more lie upon each other
/// than can be held. No boundary may end at a point, or pass through it, from the west.
pub(super) fn around(linework: &Linework, rings: &Rings, points: &[Point], most: usize) -> Option<Vec<Vec<u32>>> {
    let mut sweep = Sweep {
        linework,
        points: rings.points(),
        status: Status::default(),
        sets: LabelSets::for_points(rings.points().len()),
        entries: vec![NONE; rings.points().len()],
    };
    let mut starts: Vec<u32> = linework.arcs.iter().flat_map(|arc| arc.start..arc.end).filter(|edge| !sweep.is_upright(*edge)).collect();
    let mut stops = starts.clone();
    starts.sort_unstable_by_key(|edge| sweep.ends(*edge).0.x);
    stops.sort_unstable_by_key(|edge| sweep.ends(*edge).1.x);
    let turns = sweep.turns();
    let mut asked: Vec<u32> = (0..points.len() as u32).collect();
    asked.sort_unstable_by_key(|at| points[*at as usize].x);
    let mut found = vec![Vec::new(); points.len()];
    let mut left = most;
    let (mut starts, mut stops, mut turns, mut asked) = (starts.as_slice(), stops.as_slice(), turns.as_slice(), asked.as_slice());
    let mut moving: Vec<u32> = Vec::new();
    // Beyond the last point nothing is asked.
    while let Some(next) = asked.first().map(|at| (points[*at as usize].x, false)) {
        let east = |edge: Option<&u32>, end: fn((Point, Point)) -> Point| edge.map(|edge| (end(sweep.ends(*edge)).x, true));
        let now = [Some(next), east(starts.first(), |ends| ends.0), east(stops.first(), |ends| ends.1), turns.first().map(|turn| turn.0)]
            .into_iter()
            .flatten()
            .fold(next, Time::min);
        let turned = take(&mut turns, |(time, _)| *time == now);
        moving.extend(turned.iter().map(|(_, edge)| *edge).filter(|edge| sweep.entries[*edge as usize] != NONE));
        if now.1 {
            for edge in take(&mut stops, |edge| sweep.ends(*edge).1.x == now.0) {
                sweep.take_out(*edge);
            }
        }
        // What stops here is out already, and is not put in again.
        moving.retain(|edge| sweep.take_out(*edge));
        if now.1 {
            moving.extend_from_slice(take(&mut starts, |edge| sweep.ends(*edge).0.x == now.0));
        }
        sweep.put_in(&mut moving, now);
        if sweep.sets.is_over() {
            return None;
        }
        if !now.1 {
            for at in take(&mut asked, |at| points[*at as usize].x == now.0) {
                let point = points[*at as usize];
                let below = sweep.status.below(|edge| {
                    let (west, east) = sweep.ends(edge);
                    exact::side(west, east, point).is_gt()
                });
                if let Some((_, label)) = below {
                    found[*at as usize] = sweep.sets.units(label).to_vec();
                    left = left.checked_sub(found[*at as usize].len())?;
                }
            }
        }
    }
    Some(found)
}

impl Sweep<'_> {
    fn is_upright(&self, edge: u32) -> bool {
        self.points[edge as usize].x == self.points[edge as usize + 1].x
    }

    /// The ends of an edge, the western one first.
    fn ends(&self, edge: u32) -> (Point, Point) {
        let (p, q) = (self.points[edge as usize], self.points[edge as usize + 1]);
        if p.x <= q.x { (p, q) } else { (q, p) }
    }

    /// When edges are to be taken out and put in again, and which: where others cross them or touch them. Ascending, each once.
    fn turns(&self) -> Vec<(Time, u32)> {
        let mut turns: Vec<(Time, u32)> = Vec::new();
        for pair in &self.linework.crossings {
            let time = self.crossing(pair[0], pair[1]);
            turns.extend(pair.iter().filter(|edge| !self.is_upright(**edge)).map(|edge| (time, *edge)));
        }
        for [one, other] in &self.linework.contacts {
            for (edge, touching) in [(*one, *other), (*other, *one)] {
                let (west, east) = self.ends(edge);
                let (from, to) = self.ends(touching);
                let inside = [from.x, to.x].into_iter().filter(|column| west.x < *column && *column < east.x);
                turns.extend(inside.map(|column| ((column, true), edge)));
            }
        }
        turns.sort_unstable();
        turns.dedup();
        turns
    }

    /// The first time at which two edges that cross have done so.
    fn crossing(&self, one: u32, other: u32) -> Time {
        if let Some(upright) = [one, other].into_iter().find(|edge| self.is_upright(*edge)) {
            return (self.points[upright as usize].x, true);
        }
        let ((a, b), (c, d)) = (self.ends(one), self.ends(other));
        let (_, _, near) = exact::crossing(a, b, c, d);
        // The nearest grid point is half a step away at most.
        let times = [(near.x - 1, true), (near.x, false), (near.x, true)];
        times.into_iter().find(|time| self.have_crossed(one, other, *time)).unwrap_or((near.x + 1, false))
    }

    /// Whether two edges that cross, neither of them upright, have done so at a time.
    fn have_crossed(&self, one: u32, other: u32, now: Time) -> bool {
        let ((a, b), (c, d)) = (self.ends(one), self.ends(other));
        let (along, _, _) = exact::crossing(a, b, c, d);
        match exact::passes(&along, b.x - a.x, now.0 - a.x) {
            Ordering::Less => false,
            Ordering::Equal => now.1,
            Ordering::Greater => true,
        }
    }

    /// How two edges that the line meets at a time stand to each other: `Greater` = the first is north of the second.
    fn order(&self, one: u32, other: u32, now: Time) -> Ordering {
        // Where both are met first, and last: lines that do not cross between are in one order all along.
        let (first, last) = at_both_ends(self.ends(one), self.ends(other));
        match (first, last) {
            // On one another: any order does, as long as it is the same.
            (Ordering::Equal, Ordering::Equal) => one.cmp(&other),
            (Ordering::Equal, order) | (order, Ordering::Equal) => order,
            (first, last) if first != last && self.have_crossed(one, other, now) => last,
            (first, _) => first,
        }
    }

    /// Takes an edge out, and says whether it was there.
    fn take_out(&mut self, edge: u32) -> bool {
        let entry = std::mem::replace(&mut self.entries[edge as usize], NONE);
        if entry != NONE {
            self.status.remove(entry);
        }
        entry != NONE
    }

    /// Puts edges in, from south to north, so that each finds the label south of it made already.
    fn put_in(&mut self, edges: &mut Vec<u32>, now: Time) {
        edges.sort_unstable_by(|one, other| self.order(*one, *other, now));
        for edge in edges.drain(..) {
            // Taken for a while, so that what orders edges can be asked.
            let (mut status, mut sets) = (std::mem::take(&mut self.status), std::mem::take(&mut self.sets));
            let owners = self.linework.arc_of(edge).map_or(&[][..], |arc| self.linework.owners(arc));
            let label = |south: Option<u32>| owners.iter().fold(south.unwrap_or(OUTSIDE), |label, owner| sets.toggle(label, owner / 2));
            self.entries[edge as usize] = status.insert(edge, |other| self.order(edge, other, now), label);
            (self.status, self.sets) = (status, sets);
        }
    }
}
