//! From boundary files and budget tables to published Parquet: where the boundaries and budgets of health services and councils stop
//! them working together.
//!
//! Modules are listed in the order in which a boundary and a pound pass through them. Imports point up this list, never down.

#![forbid(unsafe_code)]
// Nothing that data can reach may end the process. Tests may.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod error;
pub mod domain;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod config;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod io;
#[allow(
    clippy::indexing_slicing,
    reason = "indices are made here, of arrays that are made here; checking each again costs time where it matters"
)]
pub mod overlay;
pub mod layers;
pub mod weights;
pub mod alignment;
pub mod succession;
pub mod budgets;
pub mod planner;
pub mod obstructions;
pub mod places;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod tables;
#[allow(clippy::indexing_slicing, reason = "reads no input: a seed is all that it is given")]
pub mod sample;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod published;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod report;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod explain;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod telemetry;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod diff;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod inspect;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod init;
pub mod pipeline;
#[cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]
pub mod cli;

pub use error::{Error, Result};
