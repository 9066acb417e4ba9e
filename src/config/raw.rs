//! The config as it is written: one struct a table, every key of it with its meaning. Feeds serde and the JSON Schema.
//!
//! Nothing here is judged; [`super::load`] turns it into a [`super::Plan`]. The doc comments are the descriptions in the schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::raw_money::{RawBudget, RawScheme, RawTable};
use super::raw_table::{RawJoin, TableText};
use super::shapes::{DateText, OneOrMany, RawColumns, RawObstructions};

/// Config of a coterminous run. Paths are relative to the config file and may hold `${VAR}` or `${VAR:-default}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawConfig {
    /// What the run is called and where its dataset goes.
    pub run: RawRun,
    /// Layers: the areas of one kind of body at one date.
    #[serde(default)]
    pub layer: Vec<RawLayer>,
    /// Pairs of layers to compare: health x council.
    #[serde(default)]
    pub alignment: Vec<RawAlignment>,
    /// Pairs of vintages to compare: predecessors x successors.
    #[serde(default)]
    pub succession: Vec<RawSuccession>,
    /// Proposed mergers, evaluated like a succession.
    #[serde(default)]
    pub what_if: Vec<RawWhatIf>,
    /// Tables of codes that became others.
    #[serde(default)]
    pub recode: Vec<RawRecode>,
    /// Budget tables.
    #[serde(default)]
    pub budget: Vec<RawBudget>,
    /// Tables of joint agreements.
    #[serde(default)]
    pub agreement: Vec<RawTable>,
    /// Tables of planning cycles.
    #[serde(default)]
    pub cycle: Vec<RawTable>,
    /// Tables of board seats and other governance facts.
    #[serde(default)]
    pub governance: Vec<RawTable>,
    /// Tables of the services that NHS bodies put first.
    #[serde(default)]
    pub priority: Vec<RawTable>,
    /// Earlier and other initiatives in primary care: fundholding, total purchasing, health action zones.
    #[serde(default)]
    pub scheme: Vec<RawScheme>,
    /// Tolerances of the classes, slivers and links.
    #[serde(default)]
    pub tolerances: RawTolerances,
    /// Settings of the obstruction rules.
    #[serde(default)]
    pub obstructions: RawObstructions,
    /// Which changes are offered for a place.
    #[serde(default)]
    pub options: RawOptions,
    /// What findings may be met.
    #[serde(default)]
    pub findings: RawFindings,
    /// Caps on hostile input.
    #[serde(default)]
    pub limits: RawLimits,
}

/// What the run is called and where its dataset goes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRun {
    /// Name of the run, shown in the report and the manifest.
    pub name: String,
    /// Dataset folder; `--out` overrides it. Default: `out/<name>` beside the config file.
    pub output: Option<String>,
    /// Coordinate reference system of every polygon and point; only EPSG:27700 (British National Grid) is supported.
    pub crs: Option<String>,
    /// Licence line of the inputs, published in manifest.json and datapackage.json.
    pub attribution: Option<String>,
}

/// The areas of one kind of body at one date: read from polygons (`path`) or from a table without shapes (`table`), or built from another
/// layer (`blocks` and `lookup`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLayer {
    /// Id of the layer, carrying its vintage ("pct-2011").
    pub id: String,
    /// What its areas are: health, council, blocks or other.
    pub role: String,
    /// Kind of body, shown in reports ("PCT"). Default: the id.
    pub kind: Option<String>,
    /// Boundary file: a shapefile (.shp), GeoPackage, GeoJSON, TopoJSON, FlatGeobuf, GeoParquet or KML, a .zip with one, or archive.zip/member.
    pub path: Option<String>,
    /// Which of the file's layers, where it has several.
    pub layer: Option<String>,
    /// Table of areas that have no shapes, one row an area; takes the place of path. Such a layer, and whatever is built from it, is weighed by
    /// people alone.
    pub table: Option<TableText>,
    /// Sheet of a workbook, of a table. Default: the first.
    pub sheet: Option<String>,
    /// Row of the header of a table, as a spreadsheet shows it. Default: the first row that is not blank.
    pub header_row: Option<u64>,
    /// Field or column with the area's code. Default: the one that is named as a code, else the first text field that is unique; a table
    /// needs it.
    pub code: Option<String>,
    /// Field or column with the area's name.
    pub name: Option<String>,
    /// Field or column with the area's own population.
    pub people: Option<String>,
    /// Which records to keep.
    #[serde(rename = "where")]
    pub filter: Option<RawFilter>,
    /// Generalisation of the linework, metres. Default: recognised from the file name (BFC, BFE 1; BGC 20; BSC 200; BUC 500), else 5.
    pub resolution_m: Option<f64>,
    /// How far out to sea the outline goes: coast or realm. Default: recognised from the file name.
    pub clip: Option<String>,
    /// Number of areas there must be.
    pub expected_count: Option<u64>,
    /// First day the areas were in force (2006-10-01).
    pub valid_from: Option<DateText>,
    /// Last day the areas were in force.
    pub valid_to: Option<DateText>,
    /// Attribute table beside the layer (level, board seats, tier and so on).
    pub attributes: Option<RawAttributes>,
    /// Whether the boundaries are an approximation, such as PCGs drawn from practice lists. Default: false.
    pub derived: Option<bool>,
    /// Whether rows of one code are one area, in a layer from a table: a lookup names an area once for each of its blocks. Default: false, an error.
    pub distinct: Option<bool>,
    /// Another layer, of role blocks or other, that this one is built from: dissolved, or without shapes where that one has none.
    pub blocks: Option<String>,
    /// Which block belongs to which area.
    pub lookup: Option<RawLookup>,
}

/// Attribute table beside a layer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAttributes {
    /// The table.
    pub path: TableText,
    /// Column with the area's code.
    pub code: String,
}

/// Table that says which block belongs to which area.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLookup {
    /// The table.
    pub path: TableText,
    /// Sheet of a workbook. Default: the first.
    pub sheet: Option<String>,
    /// Row of the header, as a spreadsheet shows it. Default: the first row that is not blank.
    pub header_row: Option<u64>,
    /// Which rows to keep.
    #[serde(rename = "where", default)]
    pub filter: OneOrMany<RawFilter>,
    /// Tables whose columns are added where a code is the same, one after the other. Default: none.
    #[serde(default)]
    pub join: OneOrMany<RawJoin>,
    /// Column with the block's code.
    pub block: String,
    /// Column with the area's code.
    pub area: String,
    /// Column with the area's name.
    pub name: Option<String>,
}

/// A condition on one field or column; exactly one of `starts_with`, `equals` and `in`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFilter {
    /// Field or column.
    pub field: String,
    /// Keep cells that start with this text.
    pub starts_with: Option<String>,
    /// Keep cells that are this text.
    pub equals: Option<String>,
    /// Keep cells that are one of these texts.
    #[serde(rename = "in")]
    pub one_of: Option<Vec<String>>,
}

/// Two layers to compare.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawAlignment {
    /// Id of the alignment.
    pub id: String,
    /// Layer of NHS bodies: the left side.
    pub health: String,
    /// Layer of councils with social services: the right side.
    pub council: String,
    /// Where people come from. Default: none, so that everything is weighed by area.
    pub people: Option<RawPeople>,
    /// Layer of the second council tier, for the two-tier gap.
    pub district: Option<String>,
}

/// Where people come from: `blocks`, `points` or `table`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawPeople {
    /// Layer whose areas carry people, split by area over the pairs they fall in.
    pub blocks: Option<String>,
    /// How blocks are split: "area" is the only method.
    pub method: Option<String>,
    /// Table of points with a number of people each.
    pub points: Option<TableText>,
    /// Easting column of the points, metres.
    pub x: Option<String>,
    /// Northing column of the points, metres.
    pub y: Option<String>,
    /// Building-block table: one row a block, its area in each layer, its people. With blocks: the people of the layer's areas, by code.
    pub table: Option<TableText>,
    /// Sheet of a workbook. Default: the first.
    pub sheet: Option<String>,
    /// Row of the header, as a spreadsheet shows it. Default: the first row that is not blank.
    pub header_row: Option<u64>,
    /// Rows of a header of several rows, from the top.
    #[serde(default)]
    pub header_rows: Vec<u64>,
    /// How rows begin that are notes and not data; they are left out. Default: none.
    #[serde(default)]
    pub footnotes: Vec<String>,
    /// Which rows to keep.
    #[serde(rename = "where", default)]
    pub filter: OneOrMany<RawFilter>,
    /// Tables whose columns are added where a code is the same, one after the other (LSOA to Sub-ICB, Sub-ICB to ICB). Default: none.
    #[serde(default)]
    pub join: OneOrMany<RawJoin>,
    /// Column of the table with the block's code, of a table with blocks.
    pub code: Option<String>,
    /// Column of the table with the block's code, used in messages.
    pub block: Option<String>,
    /// Column of the table with the left area's code (health; predecessor in a succession).
    pub left: Option<String>,
    /// Column of the table with the right area's code (council; successor in a succession).
    pub right: Option<String>,
    /// Column of the table with the council's code; in a succession with `council` only.
    pub council: Option<String>,
    /// Column of the table with the code of the council afterwards; in a succession with `council_after` only.
    pub council_after: Option<String>,
    /// Column of the table with the district's code; in an alignment with `district` only.
    pub district: Option<String>,
    /// Field or column with the number of people; or fields.
    pub field: Option<String>,
    /// Columns of a table whose sum is the number of people: a list, { from = "F65", to = "F90" }, or a text with * ("F*").
    pub fields: Option<RawColumns<String>>,
    /// Services with a population of their own, and its field or column ({ older_people = "POP65" }), or columns as in fields: their money is
    /// split by it. Alignments only.
    #[serde(default)]
    pub services: BTreeMap<String, RawColumns<String>>,
}

/// Two vintages of a layer to compare.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSuccession {
    /// Id of the succession.
    pub id: String,
    /// Layer of predecessors.
    pub from: String,
    /// Layer of successors.
    pub to: String,
    /// Day of the change.
    pub date: Option<DateText>,
    /// Where people come from. Default: none, so that everything is weighed by area.
    pub people: Option<RawPeople>,
    /// Which predecessor became which successor, where nothing can be weighed: one row a link. Takes the place of people, for layers of which one has
    /// no shapes.
    pub links: Option<RawLinks>,
    /// Layer of councils the effect on coterminosity is measured against.
    pub council: Option<String>,
    /// Layer of councils after the change, where that side changes too.
    pub council_after: Option<String>,
    /// Table of declared changes, compared with the map.
    pub declared: Option<RawDeclared>,
}

/// Table of links between codes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLinks {
    /// The table.
    pub path: TableText,
    /// Column with the predecessor's code.
    pub from: String,
    /// Column with the successor's code.
    pub to: String,
}

/// Table of declared changes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDeclared {
    /// The table.
    pub path: TableText,
    /// Column with the predecessor's code.
    pub from: String,
    /// Column with the successor's code.
    pub to: String,
    /// Column with the stated reason.
    pub reason: Option<String>,
}

/// A table of codes that became others: the changes of the Code History Database, successions of the Organisation Data Service, or any table with a
/// code before and a code after. It is used both ways, wherever a code is not that of the layer it should belong to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRecode {
    /// The table.
    pub path: TableText,
    /// Sheet of a workbook. Default: the first.
    pub sheet: Option<String>,
    /// Row of the header, as a spreadsheet shows it. Default: the first row that is not blank.
    pub header_row: Option<u64>,
    /// Which rows to keep.
    #[serde(rename = "where", default)]
    pub filter: OneOrMany<RawFilter>,
    /// Tables whose columns are added where a code is the same, one after the other. Default: none.
    #[serde(default)]
    pub join: OneOrMany<RawJoin>,
    /// Column with the code before.
    pub from: String,
    /// Column with the code after.
    pub to: String,
    /// Column with the people who went this way, to divide what has no other measure. Default: the people of the areas.
    pub people: Option<String>,
}

/// Proposed mergers and moves of areas of one layer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawWhatIf {
    /// Id of the proposal.
    pub id: String,
    /// Layer the proposal is about.
    pub layer: String,
    /// Mergers.
    #[serde(default)]
    pub merge: Vec<RawMerge>,
    /// Parts that move from one body to another.
    #[serde(default, rename = "move")]
    pub moves: Vec<RawMove>,
}

/// One proposed merger.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMerge {
    /// Code of the new body.
    pub into: String,
    /// Its name.
    pub name: Option<String>,
    /// Codes of the bodies that merge.
    pub codes: Vec<String>,
}

/// One part that would move, of a layer that is built from blocks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawMove {
    /// Code of the body that has the blocks.
    pub from: String,
    /// Code of the body that would have them.
    pub to: String,
    /// Name of that body, if there is none yet with its code: the blocks become a body of their own.
    pub name: Option<String>,
    /// Codes of the blocks that move.
    pub blocks: Vec<String>,
}

/// Tolerances (domain.md E1-E3).
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTolerances {
    /// Shares this near to 1 count as whole (share, 0 to 1). Default: 0.02.
    pub equal: Option<f64>,
    /// A partner with at least this share, either way, is significant (share). Default: 0.05.
    pub significant: Option<f64>,
    /// A sliver's share is below this on both sides (share). Default: 0.01.
    pub sliver_share: Option<f64>,
    /// A sliver has fewer people than this (people). Default: 50.
    pub sliver_people: Option<f64>,
    /// A sliver is thinner than this (metres). Default: the sum of the two layers' resolutions.
    pub sliver_width_m: Option<f64>,
    /// A succession link has at least this share, either way (share). Default: 0.01.
    pub link: Option<f64>,
    /// A main succession link has at least this share, either way (share). Default: 0.2.
    pub main_link: Option<f64>,
    /// A crossing part with at least this many people needs an agreement of its own and is flagged (people). Default: 500.
    pub minor_people: Option<f64>,
    /// A merger changes a body's lines if this many more or fewer of its people are on the wrong side of one (people). Default: 500.
    pub effect_people: Option<f64>,
    /// And if they are at least this share of the body's people (share). Default: 0.005.
    pub effect_share: Option<f64>,
}

/// Which changes are offered for a place (tables option and place).
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOptions {
    /// Whether a crossing part may go to another council, and not only to another NHS body. Default: false.
    pub council_lines: Option<bool>,
    /// Whether two councils that share an NHS body with a crossing part may become one. Default: false.
    pub councils_may_change: Option<bool>,
    /// An option that affects more people than this is listed, but is not the one change of its place (people). Default: a tenth of the place.
    pub max_people_affected: Option<f64>,
}

/// What findings may be met.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawFindings {
    /// Findings that stop the run. Default: none.
    #[serde(default)]
    pub deny: Vec<String>,
    /// Findings that stop the run when there are more than this many.
    #[serde(default)]
    pub max: BTreeMap<String, u64>,
}

/// Caps on hostile input.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLimits {
    /// Bytes that one input file may expand to. Default: 4294967296.
    pub expanded_bytes: Option<u64>,
    /// Points that one layer may have. Default: 200000000.
    pub points: Option<u64>,
    /// Cells that one table may have. Default: 200000000.
    pub cells: Option<u64>,
    /// How deeply the config may nest. Default: 32.
    pub depth: Option<u64>,
    /// How much a file may hold for its size: one of up to 10 MB may expand to 2 MiB times this and have 78,125 points and 187,500 cells
    /// times this; every byte beyond may be this many bytes, a 32nd of it points and an 8th of it cells. Default: 32.
    pub expansion: Option<u64>,
    /// Crossings that the boundaries of an overlay may have beyond one a point of the first 600,000; every fourth byte of a file beyond 10 MB
    /// brings one more. Default: 100000.
    pub crossings: Option<u64>,
}
