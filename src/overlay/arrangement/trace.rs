//! Faces into polygons: the boundaries of groups of faces.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::moved::{Ring, keeps_apart};
use super::{Arrangement, Key};
use crate::domain::{Point, Rings};
use crate::overlay::labels::OUTSIDE;
use crate::overlay::noding::{Broken, Edge, NONE};

/// The boundary of a group of faces: outer rings counter-clockwise, holes clockwise.
#[derive(Debug, Clone, Default)]
pub(in crate::overlay) struct Traced(Vec<Ring>);

impl Traced {
    /// The rings, simple and apart from each other also where crossings were rounded: if any two edges meet now, they are arranged again by
    /// themselves until none do. What moves is less than a step wide.
    pub fn valid(self) -> Result<Vec<Vec<Point>>, Broken> {
        const ROUNDS: usize = 8;
        let Self(mut traced) = self;
        for _ in 0..ROUNDS {
            if keeps_apart(&traced) {
                let open = |mut ring: Ring| {
                    ring.points.pop();
                    ring.points
                };
                return Ok(traced.into_iter().map(open).collect());
            }
            let mut rings = Rings::with_capacity(traced.iter().map(|ring| ring.points.len() + 1).sum());
            for ring in &traced {
                rings.push_ring(ring.points.iter().copied());
            }
            rings.end_unit();
            let arrangement = Arrangement::of(&[&rings])?;
            let inside = |key: &Key, into: &mut Vec<u32>| into.extend((key[0] != OUTSIDE).then_some(0));
            traced = arrangement.trace(1, &inside)?.pop().unwrap_or_default().0;
        }
        Err(Broken("a polygon whose crossings do not settle on the grid"))
    }
}

impl Arrangement<'_> {
    /// For each group, the closed rings that bound the faces in it, each simple (no node twice), the group on the left: outer rings
    /// counter-clockwise, holes clockwise. Edges between two faces of a group are left out, so this also dissolves.
    ///
    /// `members` adds the groups of a face with the given key; overlapping units put a face in several. Rings that are simple here may
    /// touch or cross once their crossings are rounded: [`Traced::valid`] sees to it.
    pub fn trace(&self, groups: usize, members: &dyn Fn(&Key, &mut Vec<u32>)) -> Result<Vec<Traced>, Broken> {
        let mut member_ends: Vec<u32> = Vec::with_capacity(self.labels.len());
        let mut all: Vec<u32> = Vec::with_capacity(self.labels.len());
        for key in &self.labels {
            let start = all.len();
            members(key, &mut all);
            all[start..].sort_unstable();
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
        let (mut halves, mut ends): (Vec<u32>, Vec<(u32, usize)>) = (Vec::new(), Vec::new());
        let mut path: Vec<u32> = Vec::new();
        let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
        for start in 0..self.cycle.len() as u32 {
            for group in of(start).iter().copied() {
                let several = of(start).len() > 1;
                let met = if several { done_of_several.contains(&(start, group)) } else { done[start as usize] };
                if met || !bounds(start, group) {
                    continue;
                }
                path.clear();
                seen.clear();
                let mut half = start;
                loop {
                    if of(half).len() > 1 {
                        done_of_several.insert((half, group));
                    } else {
                        done[half as usize] = true;
                    }
                    let (from, _) = self.ends(half);
                    // A node met again closes a simple ring of its own.
                    if let Some(at) = seen.get(&from).copied() {
                        for half in &path[at..] {
                            seen.remove(&self.ends(*half).0);
                        }
                        halves.extend(path.drain(at..));
                        ends.push((group, halves.len()));
                    }
                    seen.insert(from, path.len());
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
                halves.append(&mut path);
                ends.push((group, halves.len()));
            }
        }
        let starts = std::iter::once(0).chain(ends.iter().map(|(_, end)| *end));
        let rings: Vec<(u32, &[u32])> = starts.zip(&ends).map(|(start, (group, end))| (*group, &halves[start..*end])).collect();
        let along: Vec<Ring> = rings.par_iter().map(|(_, ring)| self.points_along(ring)).collect();
        let mut traced: Vec<Traced> = vec![Traced::default(); groups];
        for ((group, _), ring) in rings.into_iter().zip(along) {
            if ring.points.len() > 3 {
                traced[group as usize].0.push(ring);
            }
        }
        Ok(traced)
    }

    /// The ring along some half-edges, closed.
    fn points_along(&self, ring: &[u32]) -> Ring {
        let edge = |half: &u32| &self.noded.edges[(half / 2) as usize];
        let inside = |edge: &Edge| if edge.arc == NONE { 0 } else { (edge.line[1] - edge.line[0]) as usize - 1 };
        // Room for all at once: growing would touch twice the memory.
        let mut points: Vec<Point> = Vec::with_capacity(ring.iter().map(|half| 1 + inside(edge(half))).sum::<usize>() + 1);
        let mut moved: Vec<usize> = Vec::new();
        for half in ring {
            let edge = edge(half);
            let node = self.ends(*half).0 as usize;
            // A crossing may be rounded onto the point before it or after it.
            if points.last() != Some(&self.noded.nodes[node]) {
                points.push(self.noded.nodes[node]);
            }
            if node >= self.noded.vertices {
                moved.push(points.len() - 1);
            }
            if edge.arc != NONE {
                let along = self.points.stretch(edge.line[0], edge.line[1]);
                let inner = &along[1..along.len() - 1];
                let again = usize::from(points.last() == if half % 2 == 0 { inner.first() } else { inner.last() });
                if half % 2 == 0 { points.extend_from_slice(&inner[again..]) } else { points.extend(inner.iter().rev().skip(again)) }
            }
        }
        while points.len() > 1 && points.first() == points.last() {
            points.pop();
            // What was rounded is the first point now.
            if moved.pop_if(|at| *at == points.len()).is_some() {
                moved.insert(0, 0);
            }
        }
        moved.dedup();
        points.extend(points.first().copied());
        Ring { points, moved }
    }
}
