//! From boundary files and budget tables to published Parquet: where the boundaries and budgets of health services and councils stop
//! them working together.
//!
//! Modules are listed in the order in which a boundary and a pound pass through them. Imports point up this list, never down.

#![forbid(unsafe_code)]

pub mod error;
pub mod domain;
pub mod config;
pub mod io;
pub mod overlay;
pub mod layers;
pub mod weights;
pub mod alignment;
pub mod succession;
pub mod budgets;
pub mod planner;
pub mod obstructions;
pub mod places;
pub mod tables;
pub mod sample;
pub mod pipeline;
pub mod cli;

pub use error::{Error, Result};
