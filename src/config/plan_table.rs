//! A table as the config names it: where it is, and what is made of it before anybody reads a row.

use std::path::{Path, PathBuf};

use super::plan::Filter;

/// A table, how it lies in its file, and what is made of it.
///
/// What is made of it is done in this order: `fill_down`, `filters`, `joins`, `sums`, `melt`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TableSource {
    /// The file; `archive.zip/member.csv`, or an archive with one table; `shipped:NAME` for a table of the program's own.
    pub path: PathBuf,
    /// Sheet of a workbook; `None` = the first.
    pub sheet: Option<String>,
    /// Row of the header as a spreadsheet shows it; `None` = the first row that is not blank.
    pub header_row: Option<u64>,
    /// Rows of a header of several rows, from the top; empty = a header of one row.
    pub header_rows: Vec<u64>,
    /// Whether numbers have decimal commas; `None` = decimal points, and a file of semicolons that could mean either is refused.
    pub decimal_comma: Option<bool>,
    /// How rows begin that are notes and not data; compared without regard to case.
    pub footnotes: Vec<String>,
    /// Columns whose blank cells have the value above them.
    pub fill_down: Vec<String>,
    /// Rows to keep.
    pub filters: Vec<Filter>,
    /// Tables whose columns are added.
    pub joins: Vec<Join>,
    /// Columns that are sums of others.
    pub sums: Vec<Sum>,
    /// Columns that become rows.
    pub melt: Option<Melt>,
}

impl TableSource {
    /// A table that is all there is in its file: header first, no notes.
    pub fn new(path: impl Into<PathBuf>, sheet: Option<&str>) -> Self {
        Self { path: path.into(), sheet: sheet.map(str::to_owned), ..Self::default() }
    }

    /// Its files: its own, then those of the tables it is joined to. A table that ships with the program has none.
    pub fn files(&self) -> Vec<&Path> {
        let mut files = Vec::new();
        if shipped(&self.path).is_none() {
            files.push(self.path.as_path());
        }
        files.extend(self.joins.iter().flat_map(|join| join.table.files()));
        files
    }

    /// Whether anything is made of the table after it was read.
    pub fn is_shaped(&self) -> bool {
        !self.fill_down.is_empty() || !self.filters.is_empty() || !self.joins.is_empty() || !self.sums.is_empty() || self.melt.is_some()
    }
}

/// Name of a table that ships with the program.
pub fn shipped(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix("shipped:")
}

/// A table whose columns are added, row by row, where a code is the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Join {
    /// The table.
    pub table: TableSource,
    /// Column with the code in the table that is added to.
    pub on: String,
    /// Column with the code in the table that is joined.
    pub code: String,
    /// Columns that are added; empty = all that the other table does not have yet.
    pub columns: Vec<String>,
}

/// A column that is the sum of others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sum {
    /// Its name.
    pub name: String,
    /// What is summed.
    pub columns: Columns,
}

/// Some of a table's columns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Columns {
    /// Those whose names fit a text with `*` for any characters.
    Like(String),
    /// These.
    List(Vec<String>),
    /// From one to another, both included, as they stand in the table.
    Range(String, String),
}

impl std::fmt::Display for Columns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Like(text) => f.write_str(text),
            Self::List(names) => f.write_str(&names.join(" + ")),
            Self::Range(from, to) => write!(f, "{from} to {to}"),
        }
    }
}

/// Columns of amounts that become rows: one a column and row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Melt {
    /// These, each with its service and fiscal year where they are given.
    Named(Vec<MeltColumn>),
    /// Some columns; each is a service by its name.
    Some(Columns),
    /// Those whose names fit a text with `{service}`, `{year}` and `*`.
    Pattern(String),
}

/// A column that becomes rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MeltColumn {
    /// Its name.
    pub column: String,
    /// Its service; `None` = its name.
    pub service: Option<String>,
    /// Its fiscal year; `None` = as the budget says.
    pub fiscal_year: Option<String>,
}

/// Columns of a table whose columns of amounts became rows: the amount, the service, the fiscal year, the name of the column it was.
pub const MELTED: [&str; 4] = ["(amount)", "(service)", "(fiscal year)", "(column)"];
