//! Coterminosity: how each body relates to the other layer, which bodies are locked together, and how often boundaries match.
//!
//! Everything is arithmetic on one [`Relation`](crate::domain::Relation); no geometry is touched. The path of a pair: [`measure`] weighs
//! it on each basis (`sides`), takes its shares, classes the bodies at its ends (`class`), joins them into components (`components`), and
//! counts them (`rates`); `association` looks at the two layers as wholes. [`two_tier`] compares the outcome for two tiers of council.

mod association;
mod class;
mod components;
mod disjoint;
mod measure;
mod rates;
mod result;
mod sides;
mod two_tier;

pub(crate) use disjoint::DisjointSets;
pub use measure::{align, measure};
pub use result::*;
pub(crate) use sides::{jaccard, share};
pub use two_tier::{TwoTierGap, two_tier};

/// Every comparison with a tolerance gives way by this much, so that a share that is 0.98 in exact arithmetic counts as 0.98
/// whatever the last bit of its quotient says (domain.md E2.1).
pub(crate) const GUARD: f64 = 1e-9;

/// `value >= bound` with the guard.
pub(crate) fn at_least(value: f64, bound: f64) -> bool {
    value >= bound - GUARD
}

/// `value > bound` with the guard.
pub(crate) fn more_than(value: f64, bound: f64) -> bool {
    value > bound + GUARD
}
