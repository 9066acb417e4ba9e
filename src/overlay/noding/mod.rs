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

/// An edge between two nodes: an arc of many vertices, or a straight piece of a loose edge.
#[derive(Debug, Clone, Copy)]
pub(in crate::overlay) struct Edge {
    /// End nodes.
    pub ends: [u32; 2],
    /// Exact directions in which it leaves its two ends (`ends` may be rounded crossings).
    pub leaving: [(i64, i64); 2],
    /// Shoelace sum from its first end to its last.
    pub doubled_area: i128,
    /// Length, grid steps.
    pub length: i64,
    /// Index of the arc in the linework; [`NONE`] for a straight piece.
    pub arc: u32,
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
    /// Position of the smallest point of each edge that is an arc; the edges that are none come first.
    pub smallest: Vec<u32>,
}

impl Noded {
    /// Units that have the edge.
    #[inline]
    pub fn owners(&self, edge: usize) -> &[u32] {
        let start = if edge == 0 { 0 } else { self.owner_ends[edge - 1] as usize };
        &self.owners[start..self.owner_ends[edge] as usize]
    }
}

/// Why an arrangement could not be made. The caller falls back on pairwise overlay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken(pub &'static str);

/// Nodes the boundaries of `layers`. Units are numbered through: those of layer 0 first.
pub(in crate::overlay) fn node(points: &Points<'_>, linework: &Linework) -> Result<Noded, Broken> {
    let mut vertices = Vertices::with_capacity(linework.arcs.len() * 2);
    let mut segments = Segments::default();
    // Loose edges, by position: (position, segment).
    let mut loose: Vec<(u32, u32)> = Vec::new();
    let mut ends: Vec<[u32; 2]> = Vec::with_capacity(linework.arcs.len());
    let mut doubled = linework.doubled.clone();
    for arc in &linework.arcs {
        let [from, to] = [arc.start, arc.end].map(|position| vertices.id(points.at(position)));
        if arc.loose {
            segments.first.resize(vertices.points.len(), NONE);
            let (segment, _) = segments.between(from, to, [from, to]);
            for owner in linework.owners(arc) {
                if segments.toggle(segment, owner / 2) {
                    doubled.push(owner / 2);
                }
            }
            loose.push((arc.start, segment));
        }
        ends.push([from, to]);
    }
    let segment_of = |edge: u32| loose.binary_search_by_key(&edge, |(position, _)| *position).ok().map(|at| loose[at].1);
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
    noded.corrections = corrections(points, linework, moved);
    let of_arcs: Vec<Option<(Edge, u32)>> = linework
        .arcs
        .par_iter()
        .zip(&ends)
        .enumerate()
        .with_min_len(64)
        .map(|(number, (arc, ends))| (!arc.loose).then(|| along(points.stretch(arc.start, arc.end), *ends, number as u32, arc.start)))
        .collect();
    for (arc, edge) in linework.arcs.iter().zip(of_arcs) {
        if let Some((edge, smallest)) = edge {
            noded.smallest.push(smallest);
            noded.edges.push(edge);
            noded.owners.extend(linework.owners(arc).iter().map(|owner| owner / 2));
            noded.owner_ends.push(noded.owners.len() as u32);
        }
    }
    Ok(noded)
}

/// The edge that an arc makes, and the position of its smallest point.
fn along(points: &[Point], ends: [u32; 2], arc: u32, start: u32) -> (Edge, u32) {
    let (first, last) = (points[0], points[points.len() - 1]);
    let leaving = [exact::vector(first, points[1]), exact::vector(last, points[points.len() - 2])];
    let length = points.windows(2).map(|edge| exact::length(exact::vector(edge[0], edge[1]))).sum();
    let mut smallest = 0usize;
    for (index, point) in points.iter().enumerate() {
        if *point < points[smallest] {
            smallest = index;
        }
    }
    let doubled_area = exact::path_area(points);
    (Edge { ends, leaving, doubled_area, length, arc }, start + smallest as u32)
}

/// By how much the rounding of crossings changed the shoelace sum of each unit's rings, which run through a segment one way or the other.
fn corrections(points: &Points<'_>, linework: &Linework, mut moved: Vec<split::Moved>) -> Vec<(u32, i128)> {
    moved.sort_unstable();
    let mut corrections: Vec<(u32, i128)> = Vec::new();
    for arc in linework.arcs.iter().filter(|arc| arc.loose && !moved.is_empty()) {
        let (p, q) = (points.at(arc.start), points.at(arc.end));
        let (low, high, backward) = if p <= q { (p, q, false) } else { (q, p, true) };
        if let Ok(at) = moved.binary_search_by(|entry| (entry.0, entry.1).cmp(&(low, high))) {
            let change = moved[at].2;
            corrections.extend(
                linework.owners(arc).iter().map(|owner| (owner / 2, if (owner % 2 == 1) == backward { change } else { -change })),
            );
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
