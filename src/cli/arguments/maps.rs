//! What the commands are told that overlay two maps, or plan one.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Shared;

/// `coterminous overlay`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous overlay pct.zip councils.zip --out pairs.parquet\n  \
    coterminous overlay old.zip/wards.shp new.shp --code-a WD19CD --mode geometry --outside --out pairs.parquet\n\n\
    Columns: left_code right_code area_m2 share_left share_right [geometry (WKB)]. Without --code-a the first text field that is unique is \
    used, and named in the output.")]
pub struct OverlayArguments {
    /// Left layer: a .shp, a .zip holding one shapefile, or archive.zip/layer.shp
    pub a: PathBuf,
    /// Right layer
    pub b: PathBuf,
    /// Parquet file to write
    #[arg(long, value_name = "FILE.parquet")]
    pub out: PathBuf,
    /// Areas of the pairs, or their polygons too
    #[arg(long, value_enum, default_value_t = OverlayMode::Area)]
    pub mode: OverlayMode,
    /// Code field of A
    #[arg(long, value_name = "FIELD")]
    pub code_a: Option<String>,
    /// Code field of B
    #[arg(long, value_name = "FIELD")]
    pub code_b: Option<String>,
    /// Coordinate reference system; EPSG:27700 is the only one
    #[arg(long, default_value = "EPSG:27700")]
    pub crs: String,
    /// Add the parts that the other layer leaves uncovered, with the partner __outside__
    #[arg(long)]
    pub outside: bool,
    /// Parquet file for what was imperfect in the input
    #[arg(long, value_name = "FILE.parquet")]
    pub findings: Option<PathBuf>,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// `coterminous plan`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous plan config/england-2011.toml --alignment pct-council-2011 --out front.parquet\n  \
    coterminous plan config/sample.toml --alignment pcg-council-1999 --objective bodies --min-people 50000 --max-people 250000\n  \
    coterminous plan config/sample.toml --alignment pct-council-2002 --proposals what_if.toml\n\n\
    Searches for mergers of neighbours that make people, bodies or pounds match a council, or a group of whole councils. --out has every \
    plan that no other one beats in bodies left, the objective, people of coterminous bodies, people moved and pounds moved, each with \
    what no plan can exceed; the summary and --proposals, [[what_if]] tables that can be added to the config, the best of each number \
    of bodies left. docs/methods.md says which neighbours may merge and what is proved.")]
pub struct PlanArguments {
    /// Config file
    #[arg(value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Alignment whose NHS bodies may merge
    #[arg(long, value_name = "ID")]
    pub alignment: String,
    /// What to make match
    #[arg(long, value_enum, default_value_t = Aim::People)]
    pub objective: Aim,
    /// Only the plan that leaves this many bodies
    #[arg(long, value_name = "N")]
    pub target: Option<usize>,
    /// Fewest people of a body made by a merger
    #[arg(long, value_name = "N")]
    pub min_people: Option<u32>,
    /// Most people of a body made by a merger
    #[arg(long, value_name = "N")]
    pub max_people: Option<u32>,
    /// Most bodies in one merger
    #[arg(long, value_name = "K")]
    pub max_merge: Option<usize>,
    /// Bodies that stay as they are
    #[arg(long, value_name = "CODE,...", value_delimiter = ',')]
    pub keep: Vec<String>,
    /// Orders what is equally good where a search is not exact: the same seed gives the same plans
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Most steps of the exact search of one cluster of neighbours; more may prove more
    #[arg(long, value_name = "N", default_value_t = crate::planner::STEPS)]
    pub steps: usize,
    /// Parquet file for the front
    #[arg(long, value_name = "FILE.parquet")]
    pub out: Option<PathBuf>,
    /// TOML file for the plans as [[what_if]] proposals
    #[arg(long, value_name = "FILE.toml")]
    pub proposals: Option<PathBuf>,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// What a plan makes match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Aim {
    /// People
    People,
    /// Bodies
    Bodies,
    /// Pounds
    Pounds,
}

/// What an overlay hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OverlayMode {
    /// Areas
    Area,
    /// Areas and polygons
    Geometry,
}
