//! TOML to [`Plan`]: every path resolved, every id checked against every other, source lines in every error.

mod plan;

pub use plan::*;
