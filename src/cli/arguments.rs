//! What may be typed: commands, options, and the help that teaches them.

use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
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
    /// Colours in text and errors; auto: on a terminal, unless NO_COLOR or CLICOLOR=0 is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
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
    /// Tell what changed between two published runs, row by row, and why
    Diff(DiffArguments),
    /// Tell what is in files: records, fields, codes, coordinates, shapes; whether a run could use them
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

/// Options of `coterminous run --cluster`.
#[derive(Debug, Clone, Args)]
pub struct Clustered {
    /// Folder that this process, the scheduler and all executors reach by this path, or s3://BUCKET/FOLDER, az://, gs://, for what is sent;
    /// emptied again [default: the dataset folder]
    #[arg(long, value_name = "DIR")]
    pub cluster_dir: Option<PathBuf>,
    /// Vertices of a tile, at most: the work that is handed to an executor in one piece [default: a 64th of the layers, 50000 to 500000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..))]
    pub cluster_tile: Option<u32>,
}

/// `coterminous cluster`.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Hand out the work of runs to executors, until it is told to stop
    Scheduler(SchedulerArguments),
    /// Count tiles for a scheduler, until it is told to stop
    Executor(ExecutorArguments),
    /// Start a scheduler and executors on this machine, and run a config on them
    Local(LocalArguments),
}

/// `coterminous cluster scheduler`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    coterminous cluster scheduler --listen 0.0.0.0:50050 --advertise scheduler.internal\n\n\
    Whoever reaches the port can have code of the query engine run on the executors: keep it in a trusted network (docs/scale.md).\n\
    SIGINT and SIGTERM end it with exit code 0; runs that it serves end with exit code 4 and leave their datasets as they were.")]
pub struct SchedulerArguments {
    /// Address to listen on
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:50050")]
    pub listen: std::net::SocketAddr,
    /// Name or address by which executors reach this machine [default: the address it listens on; for 0.0.0.0 its own name]
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    /// End when stdin does: with the process that started this one
    #[arg(long, hide = true)]
    pub with_stdin: bool,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// `coterminous cluster executor`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    coterminous cluster executor --scheduler df://scheduler.internal:50050 --listen 0.0.0.0 --advertise $(hostname -f) --threads 16\n\n\
    It must see the folder of --cluster-dir under the same path as the run does (or have its keys in the environment), and be of the same build.\n\
    SIGINT and SIGTERM let it finish the tile it counts, and end it with exit code 0; killed, its tiles are counted by others within a minute.")]
pub struct ExecutorArguments {
    /// Scheduler to work for
    #[arg(long, value_name = "df://HOST:PORT", default_value = "df://127.0.0.1:50050")]
    pub scheduler: String,
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub listen: std::net::IpAddr,
    /// Name or address by which executors and runs reach this machine [default: the address it listens on; for 0.0.0.0 its own name]
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    /// Port for sums, from which executors and runs fetch them; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Folder for sums between two stages; emptied when the executor ends [default: a folder of its own among the temporary files]
    #[arg(long, value_name = "DIR")]
    pub work_dir: Option<PathBuf>,
    /// End when stdin does: with the process that started this one
    #[arg(long, hide = true)]
    pub with_stdin: bool,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// `coterminous cluster local`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous cluster local --executors 2 -- run config/sample.toml\n  \
    coterminous cluster local --executors 4 --executor-threads 1 -- run nightly.toml --out /srv/pct --fail-on high\n\n\
    The exit code is that of the run. Scheduler and executors listen on 127.0.0.1, on free ports, and end with the command, however it ends.")]
pub struct LocalArguments {
    /// Executors to start
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub executors: u32,
    /// Threads of each executor [default: the cores, shared out]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub executor_threads: Option<u32>,
    /// The command to run on them: run, with its config and options
    #[arg(last = true, required = true, value_name = "run CONFIG")]
    pub command: Vec<std::ffi::OsString>,
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

/// `coterminous inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous inspect LAD_DEC_2011_EN_BGC.zip              a boundary file as the ONS ships it\n  \
    coterminous inspect allocations.xlsx                     every sheet of a workbook\n  \
    coterminous inspect data/sample/*.zip data/sample/*.csv\n  \
    coterminous inspect pct.zip --format json | jq '.[].fields[] | {name, type, distinct}'\n\n\
    Files are read as a run reads them: what it would refuse is refused here with the same message, what it would publish as a finding is told \
    as one. Shapes are judged by the same rule.\n\n\
    Exit 0 if every file could be used (of a workbook one sheet, of a zip one shapefile), 3 if one could not.")]
pub struct InspectArguments {
    /// Shapefiles, zips, tables: .shp .zip .csv .tsv .xlsx .xls .ods .parquet, tables also with .gz
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// How to tell it
    #[arg(long, value_enum, default_value_t = StoryFormat::Text)]
    pub format: StoryFormat,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// `coterminous init`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous init PCT_APR_2011_EN_BGC.zip CTYUA_DEC_2011_EN_BGC.zip OA_DEC_2011_EN_BGC.zip --out pct.toml\n  \
    coterminous init downloads/ --out config/downloads.toml          every file of a folder that could be an input\n  \
    coterminous init downloads/ --out config/downloads.toml --force  replaces it\n\n\
    Knows fields as the ONS names them (PCT11CD, CTYUA21CD, LAD24CD, SICBL23CD, ICB23CD, CCG19CD), what codes begin with, linework and date in file \
    names, and the tables of docs/inputs.md. Beside every key stands why it is there; what only a person can know is marked NOT KNOWN and \
    listed when it is done.\n\n\
    Exit 3 if no file can be a layer, 4 if FILE is there already (and --force is not given) or cannot be written.")]
pub struct InitArguments {
    /// Shapefiles, zips and tables, or folders with such
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Config to write
    #[arg(long, value_name = "FILE.toml", default_value = "config.toml")]
    pub out: PathBuf,
    /// Name of the run [default: the name of the config]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// `coterminous diff`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous diff out/england-2011/runs/OLD out/england-2011            an earlier run against the current one\n  \
    coterminous diff /srv/october /srv/november --limit 5                  the monthly job\n  \
    coterminous diff A B --table rate --table obstruction                  these tables only\n  \
    coterminous diff A B --format json | jq '.tables[] | {name, added, removed, changed}'\n\n\
    First what the runs were made of (program, keys of the config, inputs by checksum) and how far each difference reaches; then rates, classes, \
    obstructions, pounds and findings; then every table row by row, by key. Numbers are compared to their last digit. Rows of layers and \
    alignments that only one run has are counted, not listed. JSON has every row. docs/diff.md says more.\n\n\
    Exit 0 if nothing that was published differs (whatever went in), 1 if anything does, 2 for a table that is in neither, 3 if a run is missing, \
    was published by another version, or is not what its manifest says.")]
pub struct DiffArguments {
    /// Dataset folder (its current run is used) or one run's folder: before
    #[arg(value_name = "OUT_A")]
    pub a: PathBuf,
    /// Dataset folder or one run's folder: after
    #[arg(value_name = "OUT_B")]
    pub b: PathBuf,
    /// How to tell it
    #[arg(long, value_enum, default_value_t = StoryFormat::Text)]
    pub format: StoryFormat,
    /// Rows a table in text; 0 tells all. JSON is always whole
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: usize,
    /// Tell this table only (and exit by it); may be given several times
    #[arg(long, value_name = "TABLE")]
    pub table: Vec<String>,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// How `explain`, `diff` and `inspect` tell what they found.
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
    coterminous report out/sample/runs/b781c9ffbab82cb889a623e2   on an earlier run\n\n\
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
#[derive(Debug, Clone, Args)]
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
