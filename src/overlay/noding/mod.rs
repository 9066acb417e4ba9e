//! Noding: the rings of all layers become one set of edges that meet only at nodes.
//!
//! Vertices that are equal are one node, segments between the same two nodes are one edge whatever layer they come from, a vertex that
//! lies on a segment splits it, and two segments that cross get a node at their crossing. All of it is decided exactly; only the
//! *coordinates* of crossing nodes are rounded to the grid, which moves an edge by less than one step and no label at all.

mod events;
mod segments;
mod split;
mod vertices;

use crate::domain::{Point, Rings};
use segments::Segments;
use vertices::Vertices;

/// No node, no edge, no entry.
pub(in crate::overlay) const NONE: u32 = u32::MAX;

/// An edge between two nodes, with the units on whose boundary it lies.
#[derive(Debug, Clone, Copy)]
pub(in crate::overlay) struct Edge {
    /// End nodes, the smaller first.
    pub ends: [u32; 2],
    /// Two vertices of the segment it is part of, in the direction of `ends`: its exact direction, where `ends` are rounded.
    pub line: [u32; 2],
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

/// Nodes the rings of `layers`. Units are numbered through: those of layer 0 first.
pub(in crate::overlay) fn node(layers: &[&Rings]) -> Result<Noded, Broken> {
    let points: usize = layers.iter().map(|rings| rings.points().len()).sum();
    let units: usize = layers.iter().map(|rings| rings.units()).sum();
    if points >= (NONE / 4) as usize || units >= (NONE / 4) as usize {
        return Err(Broken("more points than the arrangement can number"));
    }
    let mut vertices = Vertices::with_capacity(points);
    let mut segments = Segments::default();
    let mut doubled = Vec::new();
    // Where a new ring starts among the segments: blocks of the candidate search do not run across.
    let mut breaks: Vec<u32> = Vec::new();
    let mut unit_number = 0u32;
    let mut ids: Vec<u32> = Vec::new();
    for rings in layers {
        for unit in 0..rings.units() {
            for ring in rings.unit(unit) {
                ids.clear();
                ids.extend(ring.iter().map(|point| vertices.id(*point)));
                segments.first.resize(vertices.points.len(), NONE);
                breaks.push(segments.edges.len() as u32);
                for (from, to) in ids.iter().zip(ids.iter().skip(1).chain(ids.first())) {
                    let (segment, _) = segments.between(*from, *to, [*from, *to]);
                    if segments.toggle(segment, unit_number) {
                        doubled.push(unit_number);
                    }
                }
            }
            unit_number += 1;
        }
    }
    let events = events::find(&segments.edges, &vertices.points, &breaks);
    let (mut noded, moved) = split::split(vertices.points, segments, &events)?;
    doubled.sort_unstable();
    doubled.dedup();
    noded.doubled = doubled;
    if !moved.is_empty() {
        noded.corrections = corrections(layers, moved);
    }
    Ok(noded)
}

/// By how much the rounding of crossings changed the shoelace sum of each unit's rings, which run through a segment one way or the other.
fn corrections(layers: &[&Rings], mut moved: Vec<split::Moved>) -> Vec<(u32, i128)> {
    moved.sort_unstable();
    let mut corrections = Vec::new();
    let mut unit_number = 0u32;
    for rings in layers {
        for unit in 0..rings.units() {
            let mut total = 0i128;
            for ring in rings.unit(unit) {
                for (p, q) in ring.iter().zip(ring.iter().skip(1).chain(ring.first())) {
                    let (low, high, sign) = if p <= q { (*p, *q, 1) } else { (*q, *p, -1) };
                    if let Ok(at) = moved.binary_search_by(|entry| (entry.0, entry.1).cmp(&(low, high))) {
                        total += sign * moved[at].2;
                    }
                }
            }
            if total != 0 {
                corrections.push((unit_number, total));
            }
            unit_number += 1;
        }
    }
    corrections
}
