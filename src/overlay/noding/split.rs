//! Splitting segments at their contacts and crossings.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::events::Event;
use super::segments::Segments;
use super::{Broken, Edge, NONE, Noded};
use crate::domain::Point;
use crate::overlay::exact::{self, Fraction};

/// A segment, and by how much its shoelace sum from its first end to its second changed.
pub(super) type Moved = (u32, i128);

/// A place where a segment is split.
struct Cut {
    segment: u32,
    at: Fraction,
    node: u32,
}

/// Splits the segments at the events and makes edges of all of them.
///
/// Also returns the segments whose shoelace sum was moved by the rounding of crossings, ascending.
pub(super) fn split(mut nodes: Vec<Point>, mut segments: Segments, events: &[Event]) -> Result<(Noded, Vec<Moved>), Broken> {
    let vertices = nodes.len();
    let mut cuts: Vec<Cut> = Vec::with_capacity(events.len() * 2);
    let mut self_crossing = Vec::new();
    let mut crossings = 0usize;
    for event in events {
        match *event {
            Event::Contact { segment, vertex } => {
                let [a, b] = segments.edges[segment as usize].ends;
                let (u, w) =
                    (exact::vector(nodes[a as usize], nodes[b as usize]), exact::vector(nodes[a as usize], nodes[vertex as usize]));
                // Along the longer axis: the vertex is on the segment, so both axes give the same position.
                let (part, whole) = if u.0.abs() >= u.1.abs() { (w.0, u.0) } else { (w.1, u.1) };
                let at = Fraction { numerator: i128::from(part.abs()), denominator: i128::from(whole.abs()) };
                cuts.push(Cut { segment, at, node: vertex });
            }
            Event::Cross { first, second } => {
                let ascending = |segment: u32, nodes: &[Point]| {
                    let [a, b] = segments.edges[segment as usize].ends;
                    let (p, q) = (nodes[a as usize], nodes[b as usize]);
                    if p <= q { (p, q, false) } else { (q, p, true) }
                };
                let (one, two) = (ascending(first, &nodes), ascending(second, &nodes));
                let swap = (two.0, two.1) < (one.0, one.1);
                let (lead, follow) = if swap { (two, one) } else { (one, two) };
                let (along_lead, along_follow, point) = exact::crossing(lead.0, lead.1, follow.0, follow.1);
                let (along_first, along_second) = if swap { (along_follow, along_lead) } else { (along_lead, along_follow) };
                let turned = |at: Fraction, reversed: bool| {
                    if reversed { Fraction { numerator: at.denominator - at.numerator, ..at } } else { at }
                };
                let node = nodes.len() as u32;
                nodes.push(point);
                crossings += 1;
                cuts.push(Cut { segment: first, at: turned(along_first, one.2), node });
                cuts.push(Cut { segment: second, at: turned(along_second, two.2), node });
                self_crossing.extend(segments.owners(first).filter(|unit| segments.owners(second).any(|other| other == *unit)));
            }
        }
    }
    if nodes.len() >= NONE as usize / 2 {
        return Err(Broken("more crossings than the arrangement can number"));
    }
    cuts.par_sort_by(|one, two| one.segment.cmp(&two.segment).then_with(|| one.at.compare(&two.at)).then(one.node.cmp(&two.node)));
    let same = join_equal_crossings(&cuts, nodes.len());
    segments.first.resize(nodes.len(), NONE);
    let mut dead = vec![false; segments.edges.len()];
    let mut moved: Vec<Moved> = Vec::new();
    let mut path: Vec<u32> = Vec::new();
    let mut rest = cuts.as_slice();
    while let Some(cut) = rest.first() {
        let segment = cut.segment;
        let count = rest.iter().take_while(|other| other.segment == segment).count();
        let (own, later) = rest.split_at(count);
        rest = later;
        let edge = segments.edges[segment as usize];
        dead[segment as usize] = true;
        path.clear();
        path.push(edge.ends[0]);
        for cut in own {
            let node = same.find(cut.node);
            if path.last() != Some(&node) {
                path.push(node);
            }
        }
        path.push(edge.ends[1]);
        let owners: Vec<u32> = segments.owners(segment).collect();
        let mut change = 0i128;
        for (from, to) in path.iter().zip(path.iter().skip(1)) {
            let (piece, _) = segments.between(*from, *to, edge.line);
            if piece as usize >= dead.len() {
                dead.resize(piece as usize + 1, false);
            } else if dead[piece as usize] {
                return Err(Broken("a segment was split into itself"));
            }
            for unit in &owners {
                segments.toggle(piece, *unit);
            }
            change += shoelace(nodes[*from as usize], nodes[*to as usize]);
        }
        let (p, q) = (nodes[edge.ends[0] as usize], nodes[edge.ends[1] as usize]);
        change -= shoelace(p, q);
        if change != 0 {
            moved.push((segment, change));
        }
    }
    self_crossing.sort_unstable();
    self_crossing.dedup();
    let mut noded = Noded { vertices, self_crossing, crossings, ..Noded::default() };
    noded.edges.reserve(segments.edges.len());
    noded.owner_ends.reserve(segments.edges.len());
    for (index, edge) in segments.edges.iter().enumerate() {
        if dead[index] || segments.heads[index] == NONE {
            continue;
        }
        let start = noded.owners.len();
        noded.owners.extend(segments.owners(index as u32));
        noded.owners[start..].sort_unstable();
        noded.edges.push(Edge { ends: edge.ends, line: edge.line, arc: NONE });
        noded.owner_ends.push(noded.owners.len() as u32);
    }
    noded.nodes = nodes;
    Ok((noded, moved))
}

#[inline]
pub(super) fn shoelace(p: Point, q: Point) -> i128 {
    i128::from(p.x) * i128::from(q.y) - i128::from(q.x) * i128::from(p.y)
}

/// Nodes that are one: crossings at the same place of the same segment are one point, since three segments may go through it.
struct Same(Vec<u32>);

impl Same {
    fn find(&self, mut node: u32) -> u32 {
        while self.0[node as usize] != node {
            node = self.0[node as usize];
        }
        node
    }
}

fn join_equal_crossings(cuts: &[Cut], nodes: usize) -> Same {
    let mut same = Same((0..nodes as u32).collect());
    for pair in cuts.windows(2) {
        let [one, two] = pair else { continue };
        if one.segment == two.segment && one.node != two.node && one.at.compare(&two.at) == Ordering::Equal {
            let (a, b) = (same.find(one.node), same.find(two.node));
            same.0[a.max(b) as usize] = a.min(b);
        }
    }
    same
}
