//! The boundaries of a layer as arcs: each stretch of boundary once, with the units that have it.

use std::ops::Range;

use super::index::{Coarse, Tree};
use super::positions::Positions;

/// A stretch of boundary that shares no point with others but its two ends and crossings, or a single loose edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arc {
    /// Position of its first point ([`super::Rings::points`]).
    pub start: u32,
    /// Position of its last point.
    pub end: u32,
    /// Place of its first owner in [`Linework::owners`].
    pub first_owner: u32,
    /// Number of its owners.
    pub owner_count: u32,
    /// Whether it is one edge that touches another or lies on it.
    pub loose: bool,
}

/// A unit whose ring runs along an arc: the number of the unit, doubled, plus one where its ring runs against the arc.
pub type Owner = u32;

/// A position with sums over all edges before it that are no copies: what lies between two positions of one stretch is their difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestone {
    /// Where it stands.
    pub position: u32,
    /// Position of the smallest point from here on, before the next milestone.
    pub smallest: u32,
    /// Sum of `(x0 + x1)(y1 - y0)` over the edges.
    pub trapezoids: i128,
    /// Length of the edges, grid steps.
    pub length: i64,
    /// A box around the edges from here on, up to the next milestone.
    pub coarse: Coarse,
}

/// The boundaries of one layer, or of several together, as arcs.
///
/// Invariant: arcs are sorted by position and do not overlap; apart from loose ones they have no point in common but their ends and their
/// crossings, which lie inside edges; every edge of a ring lies along one arc, or along none where its unit has it an even number of times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Linework {
    /// The arcs, by position.
    pub arcs: Vec<Arc>,
    /// Owners of all arcs, arc by arc.
    pub owners: Vec<Owner>,
    /// Pairs of loose edges that touch or lie on one another, by position, ascending.
    pub contacts: Vec<[u32; 2]>,
    /// Pairs of edges whose insides cross, by position, ascending; all lie along arcs.
    pub crossings: Vec<[u32; 2]>,
    /// Edges that come nearer to another than a few steps ([`Coarse::MARGIN`]) without crossing it or having an end in common with it, ascending.
    pub close: Vec<u32>,
    /// Positions inside arcs whose points are landmarks, by which other layers find the same stretches again; ascending.
    pub landmarks: Vec<u32>,
    /// Landmarks and ends of arcs; others may be there too.
    pub positions: Positions,
    /// Units with an edge that is there more than once, ascending.
    pub doubled: Vec<u32>,
    /// Stretches that bound nothing because every unit has them an even number of times, ascending.
    pub void: Vec<Range<u32>>,
    /// Sums along the way, ascending by position; at both ends of every stretch that is no copy. Empty for the linework of several layers.
    pub milestones: Vec<Milestone>,
    /// Blocks of consecutive edges, all arcs together; empty for the linework of several layers.
    pub index: Tree,
}

impl Linework {
    /// The owners of an arc.
    #[inline]
    pub fn owners(&self, arc: &Arc) -> &[Owner] {
        let first = arc.first_owner as usize;
        self.owners.get(first..first.saturating_add(arc.owner_count as usize)).unwrap_or(&[])
    }

    /// The arc that an edge lies along.
    #[inline]
    pub fn arc_of(&self, edge: u32) -> Option<&Arc> {
        let after = self.arcs.partition_point(|arc| arc.start <= edge);
        self.arcs.get(after.checked_sub(1)?).filter(|arc| edge < arc.end)
    }
}
