//! Arguments of the commands that look at inputs or results and report what they find: explain, inspect, init, diff.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Shared;

/// `coterminous explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous explain out/sample X30000011                  one organisation, in plain sentences\n  \
    coterminous explain out/sample X30000011 --rows           with the rows of the published tables behind every sentence\n  \
    coterminous explain out/sample X30000011 X10000008        what it shares with one council\n  \
    coterminous explain out/england-2011 \"Derbyshire County\"\n  \
    coterminous explain out/sample X30000011 --format json | jq '.parts[].sentences[].sentence'")]
pub struct ExplainArguments {
    /// Dataset folder, or one run's folder
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// Code of the body, or its name
    pub code: String,
    /// Code or name of a body that it overlaps: what is between the two
    pub partner: Option<String>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = StoryFormat::Text)]
    pub format: StoryFormat,
    /// Every sentence, with the rows of the published tables behind it (text; JSON always has them)
    #[arg(long)]
    pub rows: bool,
}

/// `coterminous inspect`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous inspect LAD_DEC_2011_EN_BGC.zip              a boundary file as the ONS ships it\n  \
    coterminous inspect allocations.xlsx                     every sheet of a workbook\n  \
    coterminous inspect data/sample/*.zip data/sample/*.csv\n  \
    coterminous inspect pct.zip --format json | jq '.[].fields[] | {name, type, distinct}'\n\n\
    Files are read as a run reads them: what a run would refuse is refused here with the same message, and what a run would publish as a \
    finding is listed. Shapes are judged by the same rule.\n\n\
    Exit 0 if every file could be used (of a workbook one sheet, of a zip one shapefile), 3 if one could not.")]
pub struct InspectArguments {
    /// Shapefiles, zips, tables: .shp .zip .csv .tsv .xlsx .xls .ods .parquet, tables also with .gz
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Form of the answer
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
    names, and the tables of docs/inputs.md. Every key has a comment that says why it is there; what only a person can know is marked NOT KNOWN and \
    listed at the end.\n\n\
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
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = StoryFormat::Text)]
    pub format: StoryFormat,
    /// Rows per table in text; 0 for all. JSON always has all
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: usize,
    /// Compare this table only (it alone decides the exit code); may be given several times
    #[arg(long, value_name = "TABLE")]
    pub table: Vec<String>,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// Form of what `explain`, `diff` and `inspect` print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StoryFormat {
    /// Sentences
    Text,
    /// JSON with the rows as published
    Json,
}
