//! Faces into polygons: the boundaries of groups of faces.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::moved::{Closed, keeps_apart};
use super::{Arrangement, Key, walk};
use crate::domain::{Loops, Rings};
use crate::overlay::labels::{HEAPED, OUTSIDE};
use crate::overlay::linework::Points;
use crate::overlay::noding::{Broken, Edge, NONE, Noded};

/// Groups that faces may be in together, beside four each.
const MEMBERS: usize = 1 << 24;

/// Which half-edges the boundaries of groups of faces run along.
#[derive(Debug, Clone, Default)]
pub(in crate::overlay) struct Courses {
    /// The half-edges along every ring, end to end.
    halves: Vec<u32>,
    /// Where each ring begins and ends in `halves`, group by group.
    rings: Vec<[u32; 2]>,
    /// End of each group in `rings`.
    ends: Vec<usize>,
}

/// The boundaries of groups of faces. Points are looked up where a group is drawn.
pub(in crate::overlay) struct Traced<'t> {
    pub(super) points: Points<'t>,
    pub(super) noded: &'t Noded,
    courses: Cow<'t, Courses>,
}

impl<'t> Traced<'t> {
    /// Boundaries that were traced before, in an arrangement of layers with these points of which the nodes and edges are left.
    pub fn again(points: Points<'t>, noded: &'t Noded, courses: &'t Courses) -> Self {
        Self { points, noded, courses: Cow::Borrowed(courses) }
    }

    /// What it takes to draw them again.
    pub fn into_courses(self) -> Courses {
        self.courses.into_owned()
    }
}

impl Traced<'_> {
    /// The rings that bound a group, outer ones counter-clockwise, holes clockwise; simple and apart from each other also where crossings were
    /// rounded: if any two edges meet now, they are arranged again by themselves until none do. What moves is less than a step wide.
    pub fn draw(&self, group: usize) -> Result<Loops, Broken> {
        const ROUNDS: usize = 8;
        let mut closed = self.closed(group);
        for _ in 0..ROUNDS {
            if keeps_apart(&closed) {
                let Closed { mut loops, .. } = closed;
                loops.rings.iter_mut().for_each(|ring| ring.end -= 1);
                return Ok(loops);
            }
            let mut rings = Rings::with_capacity(closed.loops.points.len() + closed.loops.rings.len());
            for ring in closed.loops.iter() {
                rings.push_ring(ring.iter().copied());
            }
            rings.end_unit();
            let arrangement = Arrangement::of(&[&rings])?;
            let inside = |key: &Key, into: &mut Vec<u32>| into.extend((key[0] != OUTSIDE).then_some(0));
            closed = arrangement.trace(1, &inside)?.closed(0);
        }
        Err(Broken("a polygon whose crossings do not settle on the grid"))
    }

    /// Points that a group's rings have at most.
    pub fn points(&self, group: usize) -> usize {
        self.rings(group).iter().map(|ring| self.along(ring).iter().map(|half| self.points_along(*half)).sum::<usize>() + 1).sum()
    }

    pub(super) fn rings(&self, group: usize) -> &[[u32; 2]] {
        let Courses { rings, ends, .. } = &*self.courses;
        let start = if group == 0 { 0 } else { ends[group - 1] };
        &rings[start..ends[group]]
    }

    pub(super) fn along(&self, ring: &[u32; 2]) -> &[u32] {
        &self.courses.halves[ring[0] as usize..ring[1] as usize]
    }

    fn closed(&self, group: usize) -> Closed {
        let rings = self.rings(group);
        let mut closed = Closed::default();
        // Room for all at once: growing would touch twice the memory.
        closed.loops.points.reserve_exact(self.points(group));
        closed.loops.rings.reserve_exact(rings.len());
        for ring in rings {
            self.push_along(self.along(ring), &mut closed);
        }
        closed
    }
}

impl<'a> Arrangement<'a> {
    /// For each group, the rings that bound the faces in it, each simple (no node twice), the group on the left. Edges between two faces of a
    /// group are left out, so this also dissolves.
    ///
    /// `members` adds the groups of a face with the given key; overlapping units put a face in several. Rings that are simple here may
    /// touch or cross once their crossings are rounded: [`Traced::draw`] sees to it.
    pub fn trace<'t>(&'t self, groups: usize, members: &dyn Fn(&Key, &mut Vec<u32>)) -> Result<Traced<'t>, Broken> {
        let mut member_ends: Vec<u32> = Vec::with_capacity(self.labels.len());
        let mut all: Vec<u32> = Vec::with_capacity(self.labels.len());
        for key in &self.labels {
            let start = all.len();
            members(key, &mut all);
            all[start..].sort_unstable();
            // A face in many groups is there with all of them, and so is the next.
            if all.len() > MEMBERS + 4 * self.labels.len() {
                return Err(HEAPED);
            }
            member_ends.push(all.len() as u32);
        }
        let of = |half: u32| {
            let cycle = self.cycle[half as usize] as usize;
            let start = if cycle == 0 { 0 } else { member_ends[cycle - 1] as usize };
            &all[start..member_ends[cycle] as usize]
        };
        let bounds = |half: u32, group: u32| of(half).binary_search(&group).is_ok() && of(half ^ 1).binary_search(&group).is_err();
        let mut done: Vec<bool> = vec![false; self.cycle.len()];
        // For the few half-edges of faces in several groups, by group.
        let mut done_of_several: BTreeSet<(u32, u32)> = BTreeSet::new();
        // The half-edges along each ring, end to end, with its group and the end of its half-edges.
        let (mut halves, mut ends): (Vec<u32>, Vec<(u32, u32)>) = (Vec::new(), Vec::new());
        let mut path: Vec<u32> = Vec::new();
        // Where the path passes each node.
        let mut seen: Vec<u32> = vec![NONE; self.noded.nodes.len()];
        for start in 0..self.cycle.len() as u32 {
            for group in of(start).iter().copied() {
                let several = of(start).len() > 1;
                let met = if several { done_of_several.contains(&(start, group)) } else { done[start as usize] };
                if met || !bounds(start, group) {
                    continue;
                }
                path.clear();
                let mut half = start;
                loop {
                    if of(half).len() > 1 {
                        done_of_several.insert((half, group));
                    } else {
                        done[half as usize] = true;
                    }
                    let (from, _) = self.ends(half);
                    // A node met again closes a simple ring of its own.
                    let at = seen[from as usize];
                    if at != NONE {
                        for half in &path[at as usize..] {
                            seen[self.ends(*half).0 as usize] = NONE;
                        }
                        halves.extend(path.drain(at as usize..));
                        ends.push((group, halves.len() as u32));
                    }
                    seen[from as usize] = path.len() as u32;
                    path.push(half);
                    // The sharpest left turn that stays on the group's boundary: edges inside the group are passed by.
                    let mut following = self.next[half as usize];
                    let mut turns = 0usize;
                    while !bounds(following, group) {
                        following = self.next[(following ^ 1) as usize];
                        turns += 1;
                        if turns > self.next.len() {
                            return Err(Broken("a boundary does not close"));
                        }
                    }
                    half = following;
                    if half == start {
                        break;
                    }
                }
                for half in &path {
                    seen[self.ends(*half).0 as usize] = NONE;
                }
                halves.append(&mut path);
                ends.push((group, halves.len() as u32));
            }
        }
        if u32::try_from(halves.len()).is_err() {
            return Err(Broken("more boundary than positions can number"));
        }
        // By group, each group's in the order in which they were traced.
        let mut group_ends: Vec<usize> = vec![0; groups];
        for (group, _) in &ends {
            group_ends[*group as usize] += 1;
        }
        let mut sum = 0;
        let mut places: Vec<usize> = group_ends
            .iter_mut()
            .map(|end| {
                let place = sum;
                sum += *end;
                *end = sum;
                place
            })
            .collect();
        let mut rings: Vec<[u32; 2]> = vec![[0; 2]; ends.len()];
        let mut start = 0;
        for (group, end) in ends {
            let place = &mut places[group as usize];
            rings[*place] = [start, end];
            *place += 1;
            start = end;
        }
        let courses = Courses { halves, rings, ends: group_ends };
        Ok(Traced { points: self.points.clone(), noded: &self.noded, courses: Cow::Owned(courses) })
    }
}

impl Traced<'_> {
    /// The node that a half-edge runs from.
    pub(super) fn start(&self, half: u32) -> u32 {
        walk::ends(&self.noded.edges, half).0
    }

    /// Points along a half-edge, the last one left out.
    fn points_along(&self, half: u32) -> usize {
        let Edge { arc, line: [from, to], .. } = self.noded.edges[(half / 2) as usize];
        if arc == NONE { 1 } else { (to - from) as usize }
    }

    /// Adds the ring along some half-edges, unless it has come to less than three points.
    fn push_along(&self, ring: &[u32], closed: &mut Closed) {
        let Closed { loops: Loops { points, rings }, moved } = closed;
        let (start, moved_before) = (points.len(), moved.len());
        for half in ring {
            let edge = &self.noded.edges[(half / 2) as usize];
            let node = self.start(*half) as usize;
            // A crossing may be rounded onto the point before it or after it.
            if points.len() == start || points.last() != Some(&self.noded.nodes[node]) {
                points.push(self.noded.nodes[node]);
            }
            if node >= self.noded.vertices && moved.last() != Some(&(points.len() - 1)) {
                moved.push(points.len() - 1);
            }
            if edge.arc != NONE {
                let along = self.points.stretch(edge.line[0], edge.line[1]);
                let inner = &along[1..along.len() - 1];
                let again = usize::from(points.last() == if half % 2 == 0 { inner.first() } else { inner.last() });
                if half % 2 == 0 { points.extend_from_slice(&inner[again..]) } else { points.extend(inner.iter().rev().skip(again)) }
            }
        }
        while points.len() > start + 1 && points.last() == points.get(start) {
            points.pop();
            // What was rounded is the first point now.
            if moved.len() > moved_before && moved.last() == Some(&points.len()) {
                moved.pop();
                if moved.get(moved_before) != Some(&start) {
                    moved.insert(moved_before, start);
                }
            }
        }
        if points.len() < start + 3 {
            points.truncate(start);
            moved.truncate(moved_before);
            return;
        }
        points.push(points[start]);
        rings.push(start..points.len());
    }
}
