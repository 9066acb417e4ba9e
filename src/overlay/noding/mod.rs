//! Noding: the rings of all layers become one set of edges that meet only at nodes.
//!
//! Arcs of the linework are edges, or several where they are crossed. Of its loose edges, vertices that are equal are one node, segments
//! between the same two nodes are one edge whatever layer they come from, and a vertex that lies on a segment splits it. Two boundaries that
//! cross get a node at their crossing. All of it is decided exactly; only the *coordinates* of crossing nodes are rounded to the grid, which
//! moves an edge by less than one step and no label at all.

mod contacts;
mod cuts;
mod segments;
mod split;
mod vertices;

use rayon::prelude::*;

use super::exact;
use super::labels::HEAPED;
use super::linework::{CROWDED, Points};
use crate::domain::Point;
use crate::domain::linework::{Linework, Owner};
use crate::error::Error;
use cuts::{Carrier, Cuts, Site};
use segments::Segments;
pub(in crate::overlay) use split::shoelace;
use vertices::Vertices;

/// No node, no edge, no entry.
pub(in crate::overlay) const NONE: u32 = u32::MAX;

/// An edge between two nodes: a straight piece of a loose edge, or an arc or part of one.
#[derive(Debug, Clone, Copy)]
pub(in crate::overlay) struct Edge {
    /// End nodes.
    pub ends: [u32; 2],
    /// What tells its exact direction at both ends, where `ends` may be rounded. Of a straight piece, two vertices of the edge it is part
    /// of, in the direction of `ends`. Of an arc, the positions that it runs between: where it begins at a crossing, that is inside the
    /// edge from the first, and where it ends at one, inside the edge to the last; the positions between are its vertices.
    pub line: [u32; 2],
    /// Index of the arc in the linework; [`NONE`] for a straight piece.
    pub arc: u32,
}

/// What an arc, or a part of one, comes to.
#[derive(Debug, Clone, Copy)]
pub(in crate::overlay) struct Along {
    /// Shoelace sum from its first node to its last.
    pub doubled_area: i128,
    /// Length, grid steps.
    pub length: i64,
    /// Position of the smallest vertex between its nodes; [`NONE`] where there is none.
    pub smallest: u32,
}

/// Edges, nodes and owners of an arrangement.
#[derive(Debug, Default)]
pub(in crate::overlay) struct Noded {
    /// Node coordinates; crossing nodes, rounded, come after the vertices.
    pub nodes: Vec<Point>,
    /// Number of nodes that are vertices.
    pub vertices: usize,
    /// The edges.
    pub edges: Vec<Edge>,
    /// End of each edge's owners in `owners`.
    pub owner_ends: Vec<u32>,
    /// Units (numbered through all layers) that have the edge an odd number of times, each with the direction in which it has it.
    pub owners: Vec<Owner>,
    /// Units of which two boundary segments cross each other.
    pub self_crossing: Vec<u32>,
    /// Units of which a boundary segment was there an even number of times (a spike, or a ring twice), so that it bounds nothing.
    pub doubled: Vec<u32>,
    /// For each unit, by how much rounding its crossing nodes changes the shoelace sum of its rings, as (unit, doubled area).
    pub corrections: Vec<(u32, i128)>,
    /// Number of crossings.
    pub crossings: usize,
    /// Positions of edges that come near others ([`Linework::close`]).
    pub close: Vec<u32>,
    /// The edges that are arcs, which come last.
    pub along: Vec<Along>,
}

impl Noded {
    /// Units that have the edge, ascending; the direction is told by the edge's.
    #[inline]
    pub fn owners(&self, edge: usize) -> &[Owner] {
        let start = if edge == 0 { 0 } else { self.owner_ends[edge - 1] as usize };
        &self.owners[start..self.owner_ends[edge] as usize]
    }

    /// What an edge comes to, if it is an arc.
    #[inline]
    pub fn along(&self, edge: usize) -> Option<&Along> {
        self.along.get(edge.checked_sub(self.edges.len() - self.along.len())?)
    }

    /// Shoelace sum of an edge from its first end to its last.
    #[inline]
    pub fn doubled_area(&self, edge: usize) -> i128 {
        match self.along(edge) {
            Some(along) => along.doubled_area,
            None => {
                let [p, q] = self.edges[edge].ends.map(|node| self.nodes[node as usize]);
                split::shoelace(p, q)
            }
        }
    }

    /// Length of an edge, grid steps.
    #[inline]
    pub fn length(&self, edge: usize) -> i64 {
        match self.along(edge) {
            Some(along) => along.length,
            None => {
                let [p, q] = self.edges[edge].ends.map(|node| self.nodes[node as usize]);
                exact::length(exact::vector(p, q))
            }
        }
    }

    /// Exact direction in which an edge leaves its first end, or its last.
    #[inline]
    pub fn leaving(&self, points: &Points<'_>, edge: usize, last: bool) -> (i64, i64) {
        let Edge { line: [from, to], arc, .. } = self.edges[edge];
        let (from, to) = match (arc == NONE, last) {
            (true, false) => (self.nodes[from as usize], self.nodes[to as usize]),
            (true, true) => (self.nodes[to as usize], self.nodes[from as usize]),
            (false, false) => (points.at(from), points.at(from + 1)),
            (false, true) => (points.at(to), points.at(to - 1)),
        };
        exact::vector(from, to)
    }
}

/// Why an arrangement could not be made, or not be proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken(pub &'static str);

impl Broken {
    /// Whether boundaries cross or crowd each other more than their limit allows.
    pub fn is_crowded(&self) -> bool {
        *self == CROWDED
    }

    /// Whether more areas lie upon each other than can be held.
    pub fn is_heaped(&self) -> bool {
        *self == HEAPED
    }
}

impl From<Broken> for Error {
    /// The error for layers of which nothing more is known than that they cannot be overlaid.
    fn from(broken: Broken) -> Self {
        Self::Proof {
            subject: "two layers".to_owned(),
            name: "the arrangement".to_owned(),
            expected: "boundaries that can be overlaid and proved".to_owned(),
            got: broken.0.to_owned(),
            tolerance: "0".to_owned(),
        }
    }
}

/// Owners that one stretch of boundary may have: of more, five hundred lie upon each other on one side of it.
const OWNERS: u32 = 1024;

/// Nodes the boundaries of `layers`. Units are numbered through: those of layer 0 first.
pub(in crate::overlay) fn node(points: &Points<'_>, linework: &Linework) -> Result<Noded, Broken> {
    if linework.arcs.iter().any(|arc| arc.owner_count > OWNERS) {
        return Err(HEAPED);
    }
    let mut vertices = Vertices::with_capacity(linework.arcs.len() * 2);
    let mut segments = Segments::default();
    let mut loose: Vec<Loose> = Vec::new();
    let mut ends: Vec<[u32; 2]> = Vec::with_capacity(linework.arcs.len());
    let mut doubled = linework.doubled.clone();
    for arc in &linework.arcs {
        let [from, to] = [arc.start, arc.end].map(|position| vertices.id(points.at(position)));
        if arc.loose {
            segments.first.resize(vertices.points.len(), NONE);
            let (segment, reversed) = segments.between(from, to, [from, to]);
            for owner in linework.owners(arc) {
                if segments.toggle(segment, owner ^ u32::from(reversed)) {
                    doubled.push(owner / 2);
                }
            }
            loose.push(Loose { position: arc.start, segment, reversed });
        }
        ends.push([from, to]);
    }
    let segment_of = |edge: u32| loose.binary_search_by_key(&edge, |loose| loose.position).ok().map(|at| loose[at].segment);
    let mut pairs: Vec<[u32; 2]> = linework
        .contacts
        .iter()
        .filter_map(|[one, two]| {
            // An edge that all its owners have an even number of times is not there any more.
            let (one, two) = (segment_of(*one)?, segment_of(*two)?);
            (one != two).then_some([one.min(two), one.max(two)])
        })
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let contacts = contacts::find(&pairs, &segments.edges, &vertices.points);
    let site = Site { points, linework, segments: &segments, loose: &loose, vertices: &vertices.points };
    let (cuts, mut crossings) = site.cuts(&contacts)?;
    let mut nodes = vertices.points;
    let vertices = nodes.len();
    nodes.append(&mut crossings);
    let (mut noded, moved) = split::split(&nodes, segments, &cuts, &mut doubled)?;
    doubled.sort_unstable();
    doubled.dedup();
    let mut corrections = Corrections::default();
    corrections.of_loose(linework, &loose, &moved);
    pieces(points, linework, &ends, &nodes, &cuts, &mut noded, &mut corrections);
    let straight = noded.edges.len() - noded.along.len();
    noded
        .along
        .par_iter_mut()
        .zip(noded.edges.par_iter().skip(straight))
        .with_min_len(64)
        .for_each(|(along, edge)| *along = measured(edge, points, &nodes));
    noded.nodes = nodes;
    noded.vertices = vertices;
    noded.crossings = cuts.crossings;
    noded.close = linework.close.clone();
    noded.self_crossing = cuts.self_crossing;
    noded.doubled = doubled;
    noded.corrections = corrections.units();
    Ok(noded)
}

/// Adds the arcs to the edges, in pieces where they are crossed; what they come to is left to be measured.
fn pieces(
    points: &Points<'_>,
    linework: &Linework,
    ends: &[[u32; 2]],
    nodes: &[Point],
    cuts: &Cuts,
    noded: &mut Noded,
    corrections: &mut Corrections,
) {
    let (_, mut rest) = cuts.of_both();
    let count = linework.arcs.iter().filter(|arc| !arc.loose).count() + rest.len();
    noded.edges.reserve_exact(count);
    noded.owner_ends.reserve_exact(count);
    let before = noded.edges.len();
    let mut path: Vec<Point> = Vec::new();
    for ((number, arc), [first, last]) in (0u32..).zip(&linework.arcs).zip(ends).filter(|((_, arc), _)| !arc.loose) {
        let mut add = |ends: [u32; 2], line: [u32; 2]| {
            noded.edges.push(Edge { ends, line, arc: number });
            noded.owners.extend_from_slice(linework.owners(arc));
            noded.owner_ends.push(noded.owners.len() as u32);
        };
        let (mut node, mut from) = (*first, arc.start);
        let own = rest.partition_point(|cut| cut.carrier < Carrier::Edge(arc.end));
        let (of_arc, later) = rest.split_at(own);
        rest = later;
        for of_edge in of_arc.chunk_by(|one, two| one.carrier == two.carrier) {
            let Some(Carrier::Edge(position)) = of_edge.first().map(|cut| cut.carrier) else { continue };
            path.clear();
            path.push(points.at(position));
            for cut in of_edge {
                let next = cuts.node(cut);
                if (node, from) == (next, position) {
                    continue;
                }
                add([node, next], [from, position + 1]);
                path.push(nodes[next as usize]);
                (node, from) = (next, position);
            }
            path.push(points.at(position + 1));
            corrections.add(linework.owners(arc), split::moved_by(&path));
        }
        add([node, *last], [from, arc.end]);
    }
    let unmeasured = Along { doubled_area: 0, length: 0, smallest: NONE };
    noded.along.resize(noded.edges.len() - before, unmeasured);
}

/// A loose edge among the segments.
struct Loose {
    position: u32,
    segment: u32,
    /// Whether it runs from the segment's second end to its first.
    reversed: bool,
}

/// What a part of an arc comes to.
fn measured(edge: &Edge, points: &Points<'_>, nodes: &[Point]) -> Along {
    let stretch = points.stretch(edge.line[0], edge.line[1]);
    let [first, last] = edge.ends.map(|node| nodes[node as usize]);
    let short = |(doubled_area, length), smallest| Along { doubled_area, length, smallest };
    let (second, last_but_one) = match stretch {
        [_, second, .., last_but_one, _] => (second, last_but_one),
        [_, middle, _] => return short(exact::path(&[first, *middle, last]), edge.line[0] + 1),
        _ => return short(exact::path(&[first, last]), NONE),
    };
    // A node at a vertex stands where the vertex does; at a crossing, somewhere inside the edge.
    let inner = points.measured(edge.line[0] + 1, edge.line[1] - 1);
    let ends = [exact::path(&[first, *second]), exact::path(&[*last_but_one, last])];
    Along {
        doubled_area: inner.doubled_area + ends.iter().map(|(area, _)| area).sum::<i128>(),
        length: inner.length + ends.iter().map(|(_, length)| length).sum::<i64>(),
        smallest: inner.smallest,
    }
}

/// By how much the rounding of crossings changes the shoelace sum of each unit's rings, doubled area by unit.
#[derive(Default)]
struct Corrections(Vec<i128>);

impl Corrections {
    /// Adds the change of a stretch of boundary to those who have it, in the direction they have it.
    fn add(&mut self, owners: &[Owner], change: i128) {
        for owner in owners {
            let unit = (owner / 2) as usize;
            if self.0.len() <= unit {
                self.0.resize(unit + 1, 0);
            }
            self.0[unit] += if owner % 2 == 1 { -change } else { change };
        }
    }

    /// Adds what happened to segments, through which loose edges run one way or the other.
    fn of_loose(&mut self, linework: &Linework, loose: &[Loose], moved: &[split::Moved]) {
        for (arc, loose) in linework.arcs.iter().filter(|arc| arc.loose && !moved.is_empty()).zip(loose) {
            if let Ok(at) = moved.binary_search_by_key(&loose.segment, |(segment, _)| *segment) {
                let change = moved[at].1;
                self.add(linework.owners(arc), if loose.reversed { -change } else { change });
            }
        }
    }

    /// The units with a change.
    fn units(self) -> Vec<(u32, i128)> {
        (0u32..).zip(self.0).filter(|(_, change)| *change != 0).collect()
    }
}
