//! The config as it is written, continued: money, and the tables and initiatives beside the layers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::raw::RawFilter;
use super::raw_table::{RawJoin, RawMeltColumn, TableText};
use super::shapes::{Amount, DateText, OneOrMany, RawColumns, TextOrTable};

/// A budget table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawBudget {
    /// Id of the budget.
    pub id: String,
    /// Layer whose bodies hold the money.
    pub layer: String,
    /// The table: csv, csv.gz, tsv, xlsx, ods or parquet.
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
    /// Tables whose columns are added where a code is the same, one after the other. Default: none.
    #[serde(default)]
    pub join: OneOrMany<RawJoin>,
    /// Codes of rows that are totals of the others; they are left out, and must be what the others sum to. A text with * is every code that fits
    /// it, left out and not checked. Default: none.
    #[serde(default)]
    pub totals: Vec<String>,
    /// Column with the body's code.
    pub code: String,
    /// Column with the amount; or columns.
    pub amount: Option<String>,
    /// Columns of amounts that become rows: a list of columns, or of { column, service, fiscal_year }; { from, to }; or a text with {service},
    /// {year} and * for the parts of their names.
    pub columns: Option<RawColumns<TextOrTable<RawMeltColumn>>>,
    /// Pounds per 1 in the amount column. Default: 1.
    pub unit: Option<f64>,
    /// Fiscal year: a text ("2007-08"), or { column = "..." }; columns may name it instead.
    pub fiscal_year: Option<TextOrTable<RawText>>,
    /// Which rows to keep.
    #[serde(rename = "where", default)]
    pub filter: OneOrMany<RawFilter>,
    /// Service: a text, { fixed = "..." }, or { column = "...", crosswalk = "services.csv" }. Default: all.
    pub service: Option<TextOrTable<RawText>>,
    /// Mechanism: a text, { fixed = "..." }, or { column = "..." }. Default: mainstream.
    pub mechanism: Option<TextOrTable<RawText>>,
    /// Table that turns the budget's codes into the layer's.
    pub codes: Option<RawCodes>,
    /// Codes that became others since the table was made ({ E38000129 = "E38000230" }), followed after `codes`. Default: none.
    #[serde(default)]
    pub became: BTreeMap<String, String>,
    /// Published total that the rows must sum to.
    pub control_total: Option<RawControl>,
    /// What a body without a row means: unknown, zero or ignore. Default: unknown.
    pub missing: Option<String>,
    /// Share of its money that a body of level 2 holds (attribute `pcg_level` of the layer), 0 to 1; its health authority keeps the rest, all
    /// of it at level 1 and nothing at 3 and 4. Attribute `delegated_share` goes before it. Default: 0.9.
    pub delegated_share: Option<f64>,
    /// Part of the service: a text, or { column = "..." }. Default: not known.
    pub sub_service: Option<TextOrTable<RawText>>,
    /// Level at which the money is decided: patient, practice, locality or strategic, or { column = "..." }. Default: not known.
    pub level: Option<TextOrTable<RawText>>,
    /// Who holds the money: a text, or { column = "..." }. Default: not known.
    pub holder: Option<TextOrTable<RawText>>,
    /// Whom the money is meant for: registered or resident, or { column = "..." }. Default: not known.
    pub population_basis: Option<TextOrTable<RawText>>,
    /// Body on the other side that the money is meant to meet: a text, or { column = "..." }. Default: not known.
    pub counterpart: Option<TextOrTable<RawText>>,
    /// Column with the part that can still be decided on, in the unit of the amount. Default: not known.
    pub discretionary: Option<String>,
    /// Column with the part that is bound already, in the unit of the amount. Default: not known.
    pub committed: Option<String>,
}

/// Text that is the same for every row, or stands in a column.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawText {
    /// The same text for every row.
    pub fixed: Option<String>,
    /// Column it stands in.
    pub column: Option<String>,
    /// Table with columns `from` and `to` that turns the column's text into the service; unlisted text passes unchanged. shipped:ro, shipped:pss-ex1
    /// and shipped:nhs come with the program. Service only.
    pub crosswalk: Option<TableText>,
}

/// Table that turns one code into another.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawCodes {
    /// The table.
    pub path: TableText,
    /// Column with the code as the budget has it.
    pub from: String,
    /// Column with the layer's code.
    pub to: String,
}

/// Published total: a number (`amount = 12345.6`), or a control file (`path`, with `amount` naming its column). In the column's unit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawControl {
    /// The total, in the amount column's unit; with `path`, the column of the control file that holds it.
    pub amount: Option<Amount>,
    /// Allowed difference, in the same unit. Default: 0.
    pub tolerance: Option<f64>,
    /// Number of rows there must be.
    pub rows: Option<u64>,
    /// Control file.
    pub path: Option<TableText>,
    /// Column of the control file with the service, to compare service by service.
    pub service: Option<String>,
    /// Rows of the control file to keep.
    #[serde(rename = "where", default)]
    pub filter: OneOrMany<RawFilter>,
}

/// A table beside the layers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTable {
    /// The table: csv, csv.gz, tsv, xlsx, ods or parquet.
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

/// An initiative: exactly one of `points`, `practices` and `areas`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawScheme {
    /// Id of the scheme.
    pub id: String,
    /// What it is: fundholding, total_purchasing, locality_commissioning, pms_pilot, health_action_zone or other.
    pub kind: String,
    /// Table of its members as points, each in the body it lies in.
    pub points: Option<String>,
    /// Table of its practices, each in the body that a column or a lookup names.
    pub practices: Option<String>,
    /// Layer whose areas it is.
    pub areas: Option<String>,
    /// Sheet of a workbook. Default: the first.
    pub sheet: Option<String>,
    /// Row of the header, as a spreadsheet shows it. Default: the first row that is not blank.
    pub header_row: Option<u64>,
    /// How rows begin that are notes and not data. Default: none.
    #[serde(default)]
    pub footnotes: Vec<String>,
    /// Column with the member's code.
    pub code: Option<String>,
    /// Column with the group that a member belongs to (a pilot, a consortium). Default: the scheme is one group.
    pub scheme: Option<String>,
    /// Column with the group's name.
    pub name: Option<String>,
    /// Column with the member's people (the size of its list).
    pub people: Option<String>,
    /// Easting column of the points, metres.
    pub x: Option<String>,
    /// Northing column of the points, metres.
    pub y: Option<String>,
    /// Column with the code of the practice's body.
    pub body: Option<String>,
    /// Table of practices and their bodies.
    pub lookup: Option<RawPracticeLookup>,
    /// Whether its members hold a budget. Default: not known.
    pub holds_budget: Option<bool>,
    /// First day it was in force.
    pub valid_from: Option<DateText>,
    /// Last day it was in force.
    pub valid_to: Option<DateText>,
}

/// Table that says which practice belongs to which body.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPracticeLookup {
    /// The table.
    pub path: TableText,
    /// Column with the practice's code.
    pub practice: String,
    /// Column with the body's code.
    pub body: String,
}
