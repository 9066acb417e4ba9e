//! What may be typed: commands, options, and the help that teaches them.

mod cluster;
mod maps;
mod stories;

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub use cluster::{ClusterCommand, Clustered, ExecutorArguments, LocalArguments, SchedulerArguments};
pub use maps::{Aim, OverlayArguments, OverlayMode, PlanArguments};
pub use stories::{DiffArguments, ExplainArguments, InitArguments, InspectArguments, StoryFormat};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "coterminous",
    version,
    about = "Measures where the boundaries and budgets of health services and councils stop them working together",
    long_about = "Measures where the boundaries and budgets of health services and councils stop them working together.\n\n\
        Reads boundary files (shapefiles, zipped as the ONS ships them), population and budget tables, named by one config file; overlays \
        the layers exactly; and publishes Parquet tables, a manifest and a data dictionary that BI tools, DuckDB, pandas and R read.",
    after_help = "To start, in any folder:\n  \
        coterminous sample data                       write a made-up country to try\n  \
        coterminous run data/sample.toml              then open the report that it names\n  \
        coterminous init FILES --out mine.toml        write a config for your own files, then check and run it\n\n\
        More examples:\n  \
        coterminous run                               the made-up country of the repository, in a copy of it\n  \
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
    /// Colours in text and errors; auto: on a terminal, unless NO_COLOR or CLICOLOR=0 is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
}

/// The config that is run where none is named: that of the repository.
pub const SAMPLE_CONFIG: &str = "config/sample.toml";

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
    /// Explain one organisation, or one pair, in plain sentences from a published run
    Explain(ExplainArguments),
    /// Print SQL that makes views of a published run: one view per table for DuckDB, or a star schema for BI tools
    Views(ViewsArguments),
    /// Compare two published runs: what changed, row by row, and why
    Diff(DiffArguments),
    /// Look into files: records, fields, codes, coordinates, shapes, and whether a run could use them
    Inspect(InspectArguments),
    /// Write a commented config for files at hand
    Init(InitArguments),
    /// Print the data dictionary: every table, column, type and unit
    #[command(after_help = "Examples:\n  \
        coterminous schema | less                           to read\n  \
        coterminous schema --format json | jq '.tables[].name'   for programs")]
    Schema {
        /// How to print it
        #[arg(long, value_enum, default_value_t = SchemaFormat::Markdown)]
        format: SchemaFormat,
    },
    /// Print the JSON Schema of the config, for editors
    #[command(after_help = "Example:\n  \
        coterminous config-schema > coterminous.schema.json\n\n\
        An editor that knows TOML schemas (such as one with Even Better TOML) completes keys and marks mistakes where the first line of a config is\n  \
        #:schema ./coterminous.schema.json")]
    ConfigSchema,
    /// Be a part of a cluster that counts the overlays of runs (builds of the package in cluster/)
    #[command(
        subcommand,
        after_help = "Examples:\n  \
        coterminous cluster local --executors 2 -- run config/sample.toml    all of it on this machine\n  \
        coterminous cluster scheduler --listen 0.0.0.0:50050\n  \
        coterminous cluster executor --scheduler df://scheduler.internal:50050 --listen 0.0.0.0\n\n\
        Then, with a folder that all of them see: coterminous run CONFIG --cluster df://scheduler.internal:50050 (docs/scale.md)."
    )]
    Cluster(ClusterCommand),
    /// Print shell completions
    #[command(after_help = "Examples:\n  \
        coterminous completions bash > ~/.local/share/bash-completion/completions/coterminous\n  \
        coterminous completions zsh > ~/.zfunc/_coterminous                  with fpath+=~/.zfunc before compinit\n  \
        coterminous completions fish > ~/.config/fish/completions/coterminous.fish\n  \
        coterminous completions elvish >> ~/.config/elvish/rc.elv\n  \
        coterminous completions powershell >> $PROFILE")]
    Completions {
        /// Shell
        shell: Shell,
    },
    /// Print the manual page of the command, or of one of its commands
    Man(ManArguments),
}

/// `coterminous man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous man | man -l -                        the whole\n  \
    coterminous man diff | man -l -                   one command\n  \
    coterminous man --dir ~/.local/share/man/man1     a page for every command")]
pub struct ManArguments {
    /// Command to print the page of
    pub command: Option<String>,
    /// Folder to write the pages of all commands into
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub dir: Option<PathBuf>,
}

/// `coterminous run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous run                                             config/sample.toml\n  \
    coterminous run config/england-2011.toml --out /srv/pct     publish somewhere else\n  \
    coterminous run nightly.toml --fail-on high --log json      for a scheduled job\n  \
    coterminous run nightly.toml --fail-on new-high             exit 1 when one is new since the run before\n  \
    coterminous run nightly.toml --fail-on BND-04,MRG-01        exit 1 when one of these fired\n\n\
    The dataset folder keeps every run under runs/; CURRENT names the one to read. A run whose inputs, config and program are those of a \
    published run is recognised and skipped.")]
pub struct RunArguments {
    /// Config file
    #[arg(default_value = SAMPLE_CONFIG, value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// Dataset folder, instead of run.output of the config
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Compute again even if nothing changed
    #[arg(long)]
    pub force: bool,
    /// Keep only the last N runs; the current one and the one before it always stay
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,
    /// Exit 1, after publishing, if there is an obstruction this severe, with one of these ids, or (new-high) of high severity and not in the run
    /// before
    #[arg(long, value_name = "high|medium|low|new-high|ID[,ID]", value_delimiter = ',')]
    pub fail_on: Vec<String>,
    /// How much to say at the end
    #[arg(long, value_enum, default_value_t = SummaryForm::Auto)]
    pub summary: SummaryForm,
    /// Write the run's key figures to this file, for Prometheus' node_exporter; also when the run fails
    #[arg(long, value_name = "FILE.prom")]
    pub metrics: Option<PathBuf>,
    /// Write OpenLineage events to this file, one per line: START, then COMPLETE, FAIL or ABORT
    #[arg(long, value_name = "FILE.ndjson")]
    pub lineage: Option<PathBuf>,
    /// Have the overlays counted by the cluster of this scheduler; what is published is the same to the last byte (docs/scale.md)
    #[arg(long, value_name = "df://HOST:PORT")]
    pub cluster: Option<String>,
    /// How the cluster is used
    #[command(flatten)]
    pub clustered: Clustered,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// `coterminous views`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous views out/sample | duckdb sample.db             one view per table, with the data dictionary as comments\n  \
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
    #[arg(default_value = SAMPLE_CONFIG, value_name = "CONFIG.toml")]
    pub config: PathBuf,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
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
    coterminous report out/sample/runs/b781c9ffbab82cb889a623e2   on an earlier run\n\n\
    `coterminous run` writes the report with every run; this writes it again, such as after an update of the program. The page is made of \
    the published tables alone, opens in any browser, loads nothing, and may be sent on as it is. docs/report.md says what it shows.\n\n\
    Exit 3 if OUT is not a dataset, was published by another version, or is damaged; 4 if FILE cannot be written (a file there stays as it was).")]
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
#[derive(Debug, Clone, Args)]
pub struct Shared {
    /// Threads to use; the result does not depend on it [default: one per core]
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

/// How much a run says at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SummaryForm {
    /// One screen on a terminal, ten lines elsewhere
    Auto,
    /// At most ten lines
    Short,
    /// At most forty lines
    Screen,
    /// Every alignment, change and place
    Full,
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
    /// One JSON object per line
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

/// Size of the made-up country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SampleScale {
    /// About 60 PCGs
    Small,
    /// 481 PCGs
    National,
}
