//! The nearest nested arrangement of two layers, and who is on the wrong side of a line (docs/methods.md, "Who is on the wrong side").
//!
//! Counting partners says how much work there is. It does not say that a line is in the wrong place: a body made of ten whole councils has
//! ten partners, and each resident has one body and one council that fit together. This stage measures the second thing, without a tolerance.
//!
//! An *arrangement* makes every body of either side a centre or a leaf, and picks pairs that join a leaf to a centre, one a leaf. The
//! **nearest nested arrangement** picks the pairs with the most people (or land). The pairs that it does not pick are **crossing parts**, and
//! what lies in them is the fewest people who would have to change their NHS body or their council for every body to lie in one partner or to
//! be made of whole ones. In graph words it is a maximum-weight spanning star forest of the overlaps.
//!
//! [`nest`] measures an alignment on each of its bases. `graph` keeps the overlaps of one component and reduces what is forced, `bound` says
//! what no arrangement can exceed, `search` is the branch and bound over what is left, `solve` puts components together and settles ties,
//! and `parts` turns the result into parts with the bodies that they would belong to.

mod bound;
mod changed;
mod graph;
mod parts;
mod search;
mod solve;

pub use changed::{Changed, Settled};
pub use parts::{CrossingPart, Nesting, nest, nest_all, nest_as, nest_relation, overlaps};
pub use solve::{Arrangement, EFFORT, Overlap, arrange};
