//! Where the boundaries and budgets of NHS bodies and councils stop them working together: from boundary files and budget tables to published
//! Parquet, a report, and sentences.
//!
//! # What goes through it
//!
//! **A boundary** is read from a file into a [`RawLayer`]; becomes a [`Layer`] on the run's integer [`Grid`], judged and proved; meets the other
//! side's layer in an [`Overlay`], which has every pair of areas that overlap; becomes a [`Relation`], which has the people of every pair too; and
//! ends as an [`Alignment`], which says how each body matches, and a [`Nesting`], which says who is on the wrong side of which line.
//!
//! **A pound** is read from a table into a [`BudgetLine`], to the penny; is divided over the pairs of its body by their people, so that the shares
//! sum to the line; and is counted in what the rules find, an [`Obstruction`] with its people, pounds and sentence.
//!
//! What is imperfect in the input becomes a [`Finding`], and what adds up a [`Proof`]. A [`Plan`] is a config read and checked, and a
//! [`Published`] is a run read again. Modules are listed in the order in which a boundary and a pound pass through them. Imports point up this
//! list, never down.
//!
//! # Two layers
//!
//! ```
//! use std::path::Path;
//! use coterminous::config::LayerPlan;
//! use coterminous::{Limits, io, layers, overlay};
//!
//! # fn main() -> coterminous::Result<()> {
//! let read = |path: &str| Ok::<_, coterminous::Error>(io::shapefile::read(Path::new(path), &Limits::default())?.value);
//! let (trusts, councils) = (read("data/sample/PCT_OCT_2006_XX_BGC.zip")?, read("data/sample/CTYUA_APR_2006_XX_BGC.zip")?);
//! // One grid for both, so that a point of both files is one point.
//! let grid = layers::grid(&[&trusts, &councils])?;
//! let build = |raw, id| Ok::<_, coterminous::Error>(layers::build(raw, &LayerPlan::of_polygons(id, id, None), &[], &grid)?.layer);
//! let (trusts, councils) = (build(trusts, "trusts")?, build(councils, "councils")?);
//! let pairs = overlay::overlay(&trusts, &councils)?;
//! let largest = pairs.pairs.iter().max_by(|a, b| a.extent.square_metres(&grid).total_cmp(&b.extent.square_metres(&grid)));
//! let largest = largest.expect("the two overlap");
//! println!("{} and {} share the most land", trusts.areas[largest.left].code, councils.areas[largest.right].code);
//! // Areas of the pairs, and of what neither has, add up to both layers exactly.
//! assert!(pairs.proofs.iter().all(|proof| proof.holds));
//! # Ok(())
//! # }
//! ```
//!
//! # Polygons of your own
//!
//! [`overlaps`] takes two sets of [`geo_types::MultiPolygon`] and gives every two that overlap, with their exact area, shares and shape. `Outline::to_polygons`
//! gives the polygons of a layer (`layers::Outlines`) or of an overlay (`overlay::Outlines`), and [`RawLayer::of_polygons`] takes yours where a file would be read.
//!
//! # A whole run, without publishing it
//!
//! ```
//! use std::path::Path;
//! use coterminous::Config;
//! use coterminous::pipeline::{self, Unwatched};
//!
//! # fn main() -> coterminous::Result<()> {
//! let plan = Config::load(Path::new("config/kings-fund-sites.toml"), &pipeline::rules())?;
//! let results = pipeline::compute(&plan, pipeline::read(&plan, &Unwatched)?, &Unwatched)?;
//! for obstruction in results.obstructions.iter().take(3) {
//!     println!("{}: {}", obstruction.severity.as_str(), obstruction.message);
//! }
//! assert!(!results.obstructions.is_empty());
//! # Ok(())
//! # }
//! ```

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

pub use alignment::Alignment;
pub use budgets::BudgetLine;
pub use config::{Config, Limits, Plan};
pub use domain::{Finding, Grid, Layer, Proof, RawLayer, Relation};
pub use error::{Error, Result};
pub use nesting::Nesting;
pub use obstructions::Obstruction;
pub use overlay::Overlay;
pub use pipeline::{Overlap, overlaps};
pub use published::Published;
