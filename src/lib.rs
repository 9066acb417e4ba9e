//! From boundary files and budget tables to published Parquet: where the boundaries and budgets of health services and councils stop
//! them working together.
//!
//! Modules are listed in the order in which a boundary and a pound pass through them. Imports point up this list, never down.

#![forbid(unsafe_code)]
// Nothing that data can reach may end the process. Tests may.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

pub mod error;
pub mod domain;
pub mod words;
pub mod config;
pub mod io;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "indices are made here, of arrays that are made here; coordinates end at 2^50 steps, so their sums and differences fit 64 bits, products and \
              areas 128, and counts are of points in memory, at most 2^32 of a layer: checking each again costs time where it matters"
)]
pub mod overlay;
#[allow(
    clippy::arithmetic_side_effects,
    reason = "coordinates end at 2^50 steps, areas are sums of those the engine made, in 128 bits, and counts are of units and points in memory"
)]
pub mod layers;
pub mod weights;
pub mod alignment;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "indices are made here, of arrays that are made here; weights are 64 bits and their sums 128"
)]
pub mod nesting;
pub mod succession;
pub mod budgets;
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "indices are made here, of arrays that are made here; people and pence are 64 bits and their sums and products 128, and counts are of \
              bodies in memory"
)]
pub mod planner;
pub mod obstructions;
pub mod what_ifs;
pub mod places;
pub mod tables;
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "reads no input: a seed is all that it is given")]
pub mod sample;
pub mod published;
pub mod report;
pub mod explain;
pub mod telemetry;
pub mod diff;
pub mod inspect;
pub mod init;
pub mod pipeline;
pub mod cli;

pub use error::{Error, Result};
