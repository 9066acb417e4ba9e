//! What the commands are told that overlay two maps, or plan one.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Shared;

/// `coterminous overlay`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous overlay pct.zip councils.zip --out pairs.parquet\n  \
    coterminous overlay old.zip/wards.shp new.shp --code-a WD19CD --mode geometry --outside --out pairs.parquet\n\n\
    Columns: left_code right_code area_m2 share_left share_right [geometry (WKB)]. Without --code-a the field that is named as a code is \
    used, else the first text field that is unique; the output says which, and why.")]
pub struct OverlayArguments {
    /// Left layer: a shapefile (.shp), GeoPackage, GeoJSON, TopoJSON, FlatGeobuf, GeoParquet or KML, a .zip with one, or archive.zip/member
    pub a: PathBuf,
    /// Right layer
    pub b: PathBuf,
    /// Parquet file to write
    #[arg(long, value_name = "FILE.parquet")]
    pub out: PathBuf,
    /// Areas of the pairs, or their polygons too
    #[arg(long, value_enum, default_value_t = OverlayMode::Area)]
    pub mode: OverlayMode,
    /// Layer of A, where the file has several
    #[arg(long, value_name = "LAYER")]
    pub layer_a: Option<String>,
    /// Layer of B
    #[arg(long, value_name = "LAYER")]
    pub layer_b: Option<String>,
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
    Searches for mergers of neighbours that leave fewer people on the wrong side of a line: whose NHS body and council do not fit together. \
    --out has every plan found that no other one beats in the objective, agreements, bodies left, people and pounds disturbed, each with what no \
    plan can go below. A plan that moves no line can be among them for its fewer bodies or agreements: column moves_lines says no. The summary \
    and --proposals, [[what_if]] tables that can be added to the config, have the best of each number of bodies left that moves a further line. \
    docs/methods.md says which mergers are looked at and what is proved.")]
pub struct PlanArguments {
    /// Config file
    #[arg(value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Alignment whose NHS bodies may merge
    #[arg(long, value_name = "ID")]
    pub alignment: String,
    /// What to make less
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
    /// Orders what is equally good where --target is reached step by step: the same seed gives the same plans
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Most ways to divide the bodies that are measured one by one; where there are more, only mergers that move a line are looked for
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

/// What a plan makes less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Aim {
    /// People on the wrong side of a line
    People,
    /// Bodies with people on the wrong side of a line
    Bodies,
    /// Pounds for people on the wrong side of a line
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
