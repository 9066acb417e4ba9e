//! What may be typed: commands, options, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "coterminous",
    version,
    about = "Measures where the boundaries and budgets of health services and councils stop them working together",
    long_about = "Measures where the boundaries and budgets of health services and councils stop them working together.\n\n\
        Reads boundary files (shapefiles, zipped as the ONS ships them), population and budget tables, named by one config file; overlays \
        the layers exactly; and publishes Parquet tables, a manifest and a data dictionary that BI tools, DuckDB, pandas and R read.",
    after_help = "Examples:\n  \
        coterminous run                               the made-up country in data/sample\n  \
        coterminous check config/england-2011.toml    are all inputs there and usable?\n  \
        coterminous run config/england-2011.toml --fail-on high\n  \
        coterminous overlay pct.zip councils.zip --out pairs.parquet\n\n\
        Exit codes: 0 done; 1 done, and --fail-on matched; 2 usage or config; 3 an input is unusable; 4 could not publish; 130 interrupted.",
    arg_required_else_help = true,
    max_term_width = 100
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a config: read, overlay, measure, publish
    Run(RunArguments),
    /// Read and judge every input of a config; compute nothing, write nothing
    Check(CheckArguments),
    /// Overlay two layers: the area of every pair that overlaps
    Overlay(OverlayArguments),
    /// Search for mergers of neighbours that make boundaries match
    Plan(PlanArguments),
    /// Write a made-up country with its true answers beside it
    Sample(SampleArguments),
    /// Write the HTML report on a published run again: one file to look at, with map, places, money and flags
    Report(ReportArguments),
    /// Tell the story of one body, or of one pair, from a published run
    Explain(ExplainArguments),
    /// Print SQL that makes views of a published run: a view a table for DuckDB, or a star schema for BI tools
    Views(ViewsArguments),
    /// Print the data dictionary: every table, column, type and unit
    Schema {
        /// How to print it
        #[arg(long, value_enum, default_value_t = SchemaFormat::Markdown)]
        format: SchemaFormat,
    },
    /// Print the JSON Schema of the config, for editors
    ConfigSchema,
    /// Print shell completions
    #[command(after_help = "Example:\n  coterminous completions bash > ~/.local/share/bash-completion/completions/coterminous")]
    Completions {
        /// Shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = "Example:\n  coterminous man | man -l -")]
    Man,
}

/// `coterminous run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous run                                             config/sample.toml\n  \
    coterminous run config/england-2011.toml --out /srv/pct     publish somewhere else\n  \
    coterminous run nightly.toml --fail-on high --log json      for a scheduled job\n  \
    coterminous run nightly.toml --fail-on BND-04,MRG-01        exit 1 when one of these fired\n\n\
    The dataset folder keeps every run under runs/; CURRENT names the one to read. A run whose inputs, config and program are those of a \
    published run is recognised and skipped.")]
pub struct RunArguments {
    /// Config file
    #[arg(default_value = "config/sample.toml", value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Dataset folder, instead of run.output of the config
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Compute again even if nothing changed
    #[arg(long)]
    pub force: bool,
    /// Afterwards remove all runs but the N last published; the current one and the one before it stay
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,
    /// Exit 1, after publishing, if there is an obstruction this severe, or with one of these ids
    #[arg(long, value_name = "high|medium|low|ID[,ID]", value_delimiter = ',')]
    pub fail_on: Vec<String>,
    /// Write the run's key figures to this file, for Prometheus' node_exporter; also when the run fails
    #[arg(long, value_name = "FILE.prom")]
    pub metrics: Option<PathBuf>,
    /// Write OpenLineage events to this file, one a line: START, then COMPLETE, FAIL or ABORT
    #[arg(long, value_name = "FILE.ndjson")]
    pub lineage: Option<PathBuf>,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// `coterminous explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous explain out/sample X30000011                  a body, with the rows behind every sentence\n  \
    coterminous explain out/sample X30000011 X10000008        what it shares with one council\n  \
    coterminous explain out/england-2011 \"Derbyshire County\" --brief\n  \
    coterminous explain out/sample X30000011 --format json | jq '.parts[].told[].sentence'")]
pub struct ExplainArguments {
    /// Dataset folder, or one run's folder
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// Code of the body, or its name
    pub code: String,
    /// Code or name of a body that it overlaps: what is between the two
    pub partner: Option<String>,
    /// How to tell it
    #[arg(long, value_enum, default_value_t = StoryFormat::Text)]
    pub format: StoryFormat,
    /// Sentences alone, without the rows behind them (text)
    #[arg(long)]
    pub brief: bool,
}

/// How `explain` tells its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StoryFormat {
    /// Sentences
    Text,
    /// JSON with the rows as published
    Json,
}

/// `coterminous views`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous views out/sample | duckdb sample.db             a view a table, with the data dictionary as comments\n  \
    coterminous views out/sample --star | duckdb sample.db      and schema star: dim_body, dim_council, fact_money, ...\n\n\
    The views name the files of the run by their whole path, so the database can lie anywhere; after another run, print them again. Every run has \
    the same SQL with paths from its own folder, as views.sql and star.sql. docs/recipes.md has the joins, and questions to ask.")]
pub struct ViewsArguments {
    /// Dataset folder (its current run is used) or one run's folder
    pub out: PathBuf,
    /// Add the star schema, with keys of one column for Power BI and Excel
    #[arg(long)]
    pub star: bool,
}

/// `coterminous check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  coterminous check config/england-2011.toml\n\nExit 0 if a run could start, 2 if the config is wrong, 3 if an input is."
)]
pub struct CheckArguments {
    /// Config file
    #[arg(default_value = "config/sample.toml", value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

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

/// `coterminous sample`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  coterminous sample data/sample\n  coterminous sample /tmp/national --scale national --seed 7")]
pub struct SampleArguments {
    /// Folder to write into
    pub dir: PathBuf,
    /// About 60 PCGs, or the 481 of 1999
    #[arg(long, value_enum, default_value_t = SampleScale::Small)]
    pub scale: SampleScale,
    /// Seed: the same seed gives the same country
    #[arg(long, default_value_t = crate::sample::SEED)]
    pub seed: u64,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// `coterminous report`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous report out/sample                               writes report.html in the folder of the current run\n  \
    coterminous report out/sample --html /tmp/sample.html       somewhere else\n  \
    coterminous report out/sample/runs/b781c9ffbab82cb889a623e2 on an earlier run\n\n\
    `coterminous run` writes the report with every run; this writes it again, such as after an update of the program. The page is made of \
    the published tables alone, opens in any browser, loads nothing, and may be sent on as it is. docs/report.md says what it shows.\n\n\
    Exit 3 if OUT is no dataset, was published by another version, or is damaged; 4 if FILE cannot be written (a file there stays as it was).")]
pub struct ReportArguments {
    /// Dataset folder (its current run is used) or one run's folder
    pub out: PathBuf,
    /// HTML file to write, instead of report.html in the run's folder
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// Options of every command that takes time.
#[derive(Debug, Args)]
pub struct Shared {
    /// Threads to use; the result does not depend on it [default: one a core]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Progress bars on stderr
    #[arg(long, value_enum, default_value_t = When::Auto)]
    pub progress: When,
    /// Form of the log on stderr
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
    /// Errors only: no progress, no log, no summary
    #[arg(long)]
    pub quiet: bool,
}

/// When to draw progress bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// When stderr is a terminal
    Auto,
    /// Even when it is not
    Always,
    /// Log lines only
    Never,
}

/// Form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// Form of the data dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaFormat {
    /// As in docs/data-dictionary.md
    Markdown,
    /// For programs
    Json,
}

/// What an overlay hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OverlayMode {
    /// Areas
    Area,
    /// Areas and polygons
    Geometry,
}

/// Size of the made-up country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SampleScale {
    /// About 60 PCGs
    Small,
    /// 481 PCGs
    National,
}
