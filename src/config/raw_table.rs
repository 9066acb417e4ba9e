//! The config as it is written, continued: tables, how they lie in their files, and what is made of them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::raw::RawFilter;
use super::shapes::{OneOrMany, RawColumns, TextOrTable};

/// A table: its path, or what is needed to read it as it is.
pub type TableText = TextOrTable<RawSource>;

/// A table, how it lies in its file, and what is made of it.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSource {
    /// The table: csv, tsv, txt, xlsx, xls, ods or parquet, each also with .gz; a .zip with one of them, or archive.zip/member.
    pub path: String,
    /// Sheet of a workbook. Default: the first.
    pub sheet: Option<String>,
    /// Row of the header, as a spreadsheet shows it; what stands above is left out. Default: the first row that is not blank.
    pub header_row: Option<u64>,
    /// Rows of a header of several rows, from the top; merged cells reach over their columns, and the parts of a name are joined by a blank.
    #[serde(default)]
    pub header_rows: Vec<u64>,
    /// The decimal mark of its numbers: "." or ",". Default: "."; a file of semicolons with numbers such as 1.500 must say.
    pub decimal: Option<String>,
    /// How rows begin that are notes and not data ("Note:", "Source:"); they are left out. Default: none.
    #[serde(default)]
    pub footnotes: Vec<String>,
    /// Columns whose blank cells have the value above them, as merged cells do. Default: none.
    #[serde(default)]
    pub fill_down: Vec<String>,
    /// Which rows to keep.
    #[serde(rename = "where", default)]
    pub filter: OneOrMany<RawFilter>,
    /// Tables whose columns are added where a code is the same, one after the other. Default: none.
    #[serde(default)]
    pub join: OneOrMany<RawJoin>,
}

/// A table whose columns are added where a code is the same.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawJoin {
    /// The table.
    pub table: TableText,
    /// Column with the code, in the table that is added to.
    pub on: String,
    /// Column with the code, in the table that is joined. Default: the same name.
    pub code: Option<String>,
    /// Columns that are added. Default: all that are not there yet.
    #[serde(default)]
    pub columns: Vec<String>,
}

/// A column of amounts that becomes rows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMeltColumn {
    /// The column.
    pub column: String,
    /// Its service. Default: the column's name.
    pub service: Option<String>,
    /// Its fiscal year. Default: that of the budget.
    pub fiscal_year: Option<String>,
}

/// Some columns, as they stand in the table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRange {
    /// The first column.
    pub from: String,
    /// The last column.
    pub to: String,
}

impl RawColumns<String> {
    /// Whether it names nothing.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.trim().is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Range(range) => range.from.trim().is_empty() || range.to.trim().is_empty(),
        }
    }
}
