//! The overlay engine: all overlaps of two layers in one pass, on one integer grid, proved unit by unit.
//!
//! The rings of all layers become one arrangement ([`arrangement`]): its faces are labelled with the unit of each layer that covers them,
//! so the area of every pair, and of everything a layer leaves uncovered, is a sum over faces. No pair of polygons is clipped. Every
//! decision is exact; only crossing points are rounded to the grid (docs/architecture.md states what that costs in area).
//!
//! What lies inside a unit is decided by the even-odd rule over all its rings. Units of one layer may overlap: the faces they share carry
//! both labels, count for both, and the excess is measured, so the proof still closes.

mod arrangement;
mod blocks;
mod coverage;
mod exact;
mod faces;
mod gathered;
mod labels;
mod linework;
mod noding;
mod outlines;
mod pairs;
pub mod pairwise;
mod points;
mod polygons;
pub mod tiles;

pub(crate) use blocks::block_ranges;
pub use blocks::{BlockPiece, split_blocks, split_blocks_of};
pub use coverage::{Coverage, Shared, counted, dissolve, holes, inspect, shared_boundaries};
pub use linework::{POINTS_THAT_CROSS, is_crowded};
pub use noding::Broken;
pub use outlines::{Boundaries, Outlines};
pub use pairs::{Extent, Overlaid, Overlay, Pair, Part, SideTotals, overlay, overlay_of};
pub use points::containing;
pub use polygons::{assemble, within};

/// The boundaries of a layer as arcs, each stretch once with the units that have it: for whoever draws them, so that neighbours keep one line.
///
/// # Errors
/// [`Broken`] where they cross or crowd each other more often than can be held.
pub fn boundaries(rings: &crate::domain::Rings) -> Result<&crate::domain::linework::Linework, Broken> {
    linework::of(rings)
}
