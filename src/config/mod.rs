//! The config: TOML in, a [`Plan`] out in which every reference is resolved and every value is within its bounds.

mod budget;
mod layers;
mod load;
mod pairs;
mod paths;
mod plan;
mod raw;
mod shapes;
mod source;

pub use load::{Config, Rules};
pub(crate) use pairs::published_ids;
pub(crate) use paths::resolve as resolve_path;
pub use plan::*;
