//! The overlays of a run, counted by a DataFusion Ballista cluster: the same engine, the same sums, to the last unit of the grid.
//!
//! ```text
//! layers ─▶ tiles ─▶ Parquet, one row a tile ─▶ [executors: the engine's sums of each tile ─▶ added by label] ─▶ proof, in the run
//! ```
//!
//! Modules in the order in which a tile passes through them; docs/scale.md says why nothing is rounded, and what happens when something dies.

#![forbid(unsafe_code)]
// Tests may.
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)
)]

pub mod failure;
pub mod url;
pub mod process;
pub mod stage;
pub mod objects;
pub mod place;
pub mod wire;
pub mod tile;
pub mod function;
pub mod answer;
pub mod driver;
pub mod logs;
pub mod scheduler;
pub mod visits;
pub mod watch;
pub mod executor;
pub mod local;

use std::any::Any;
use std::path::Path;
use std::sync::Arc;

use coterminous::Result;
use coterminous::cli::{Cluster, Clustered, ExecutorArguments, LocalArguments, SchedulerArguments};
use coterminous::io::interrupt::Interrupt;
use coterminous::weights::Tally;

/// The cluster of this build.
#[derive(Debug, Clone, Copy)]
pub struct Ballista;

impl Cluster for Ballista {
    fn scheduler(&self, arguments: &SchedulerArguments) -> Result<()> {
        scheduler::serve(arguments)
    }

    fn executor(&self, arguments: &ExecutorArguments) -> Result<()> {
        executor::serve(arguments)
    }

    fn local(&self, arguments: &LocalArguments) -> Result<(String, Box<dyn Any + Send>)> {
        let (url, running) = local::start(arguments)?;
        Ok((url, Box::new(running)))
    }

    fn tally(&self, address: &str, options: &Clustered, dir: &Path, interrupt: &Interrupt) -> Result<Arc<dyn Tally>> {
        let dir = options.cluster_dir.as_deref().unwrap_or(dir);
        Ok(Arc::new(driver::Driver::connect(address, dir, options.cluster_tile.map(u64::from), interrupt)?))
    }
}
