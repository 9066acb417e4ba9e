//! Noding: the rings of all layers become one set of edges that meet only at nodes.
//!
//! Arcs of the linework are edges as they are. Of its loose edges, vertices that are equal are one node, segments between the same two
//! nodes are one edge whatever layer they come from, a vertex that lies on a segment splits it, and two segments that cross get a node at
//! their crossing. All of it is decided exactly; only the *coordinates* of crossing nodes are rounded to the grid, which moves an edge by
//! less than one step and no label at all.

mod events;
mod segments;
mod split;
mod vertices;

use rayon::prelude::*;

use super::exact;
use super::linework::Points;
use crate::domain::Point;
use crate::domain::linework::Linework;
use segments::Segments;
use vertices::Vertices;

/// No node, no edge, no entry.
pub(in crate::overlay) const NONE: u32 = u32::MAX;

/// An edge between two nodes: a straight piece of a loose edge, or an arc of many vertices.
#[derive(Debug, Clone, Copy)]
pub(in crate::overlay) struct Edge {
    /// End nodes.
    pub ends: [u32; 2],
    /// What tells its exact direction at both ends, where `ends` may be rounded: of a straight piece, two vertices of the edge it is part
    /// of, in the direction of `ends`; of an arc, its first and last position.
    pub line: [u32; 2],
    /// Index of the arc in the linework; [`NONE`] for a straight piece.
    pub arc: u32,
}

/// What an arc comes to.
#[derive(Debug, Clone, Copy)]
pub(in crate::overlay) struct Along {
    /// Shoelace sum from its first point to its last.
    pub doubled_area: i128,
    /// Length, grid steps.
    pub length: i64,
    /// Position of its smallest point.
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
    /// Units (numbered through all layers) that have the edge an odd number of times.
    pub owners: Vec<u32>,
    /// Units of which two boundary segments cross each other.
    pub self_crossing: Vec<u32>,
    /// Units of which a boundary segment was there an even number of times (a spike, or a ring twice), so that it bounds nothing.
    pub doubled: Vec<u32>,
    /// For each unit, by how much rounding its crossing nodes changes the shoelace sum of its rings, as (unit, doubled area).
    pub corrections: Vec<(u32, i128)>,
    /// Number of crossings.
    pub crossings: usize,
    /// The edges that are arcs, which come last.
    pub along: Vec<Along>,
}

impl Noded {
    /// Units that have the edge.
    #[inline]
    pub fn owners(&self, edge: usize) -> &[u32] {
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

/// Why an arrangement could not be made. The caller falls back on pairwise overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken(pub &'static str);

/// Nodes the boundaries of `layers`. Units are numbered through: those of layer 0 first.
pub(in crate::overlay) fn node(points: &Points<'_>, linework: &Linework) -> Result<Noded, Broken> {
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
                if segments.toggle(segment, owner / 2) {
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
    let events = events::find(&pairs, &segments.edges, &vertices.points);
    segments.first.resize(vertices.points.len(), NONE);
    let (mut noded, moved) = split::split(vertices.points, segments, &events)?;
    doubled.sort_unstable();
    doubled.dedup();
    noded.doubled = doubled;
    noded.corrections = corrections(linework, &loose, &moved);
    let arcs: Vec<u32> = (0u32..).zip(&linework.arcs).filter(|(_, arc)| !arc.loose).map(|(number, _)| number).collect();
    noded.along = arcs
        .par_iter()
        .with_min_len(64)
        .map(|number| {
            let arc = linework.arcs[*number as usize];
            along(points.stretch(arc.start, arc.end), arc.start)
        })
        .collect();
    noded.edges.reserve_exact(arcs.len());
    noded.owner_ends.reserve_exact(arcs.len());
    for number in arcs {
        let arc = &linework.arcs[number as usize];
        noded.edges.push(Edge { ends: ends[number as usize], line: [arc.start, arc.end], arc: number });
        noded.owners.extend(linework.owners(arc).iter().map(|owner| owner / 2));
        noded.owner_ends.push(noded.owners.len() as u32);
    }
    Ok(noded)
}

/// A loose edge among the segments.
struct Loose {
    position: u32,
    segment: u32,
    /// Whether it runs from the segment's second end to its first.
    reversed: bool,
}

/// What an arc comes to, given its points and the position of the first.
fn along(points: &[Point], start: u32) -> Along {
    let length = points.windows(2).map(|edge| exact::length(exact::vector(edge[0], edge[1]))).sum();
    let mut smallest = 0usize;
    for (index, point) in points.iter().enumerate() {
        if *point < points[smallest] {
            smallest = index;
        }
    }
    Along { doubled_area: exact::path_area(points), length, smallest: start + smallest as u32 }
}

/// By how much the rounding of crossings changed the shoelace sum of each unit's rings, which run through a segment one way or the other.
fn corrections(linework: &Linework, loose: &[Loose], moved: &[(u32, i128)]) -> Vec<(u32, i128)> {
    let mut corrections: Vec<(u32, i128)> = Vec::new();
    for (arc, loose) in linework.arcs.iter().filter(|arc| arc.loose && !moved.is_empty()).zip(loose) {
        if let Ok(at) = moved.binary_search_by_key(&loose.segment, |(segment, _)| *segment) {
            let change = moved[at].1;
            let signed = |owner: &u32| (owner / 2, if (owner % 2 == 1) == loose.reversed { change } else { -change });
            corrections.extend(linework.owners(arc).iter().map(signed));
        }
    }
    corrections.sort_unstable_by_key(|(unit, _)| *unit);
    corrections.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 += later.1;
        }
        same
    });
    corrections
}
