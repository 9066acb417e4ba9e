//! The plan of a run: the config's meaning, with every reference resolved.
//!
//! Indices (`layer: usize`) point into [`Plan::layers`]; a plan that exists has no dangling one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::Date;

use super::own_rules::OwnRule;
use super::plan_money::{BudgetPlan, SchemePlan};
use super::plan_table::TableSource;
use super::what_ifs::WhatIfPlan;
use crate::domain::{Clip, Role, Severity};

/// Everything a run does.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The config file.
    pub path: PathBuf,
    /// Its text as read (hashed into the run id, published in the manifest).
    pub text: String,
    /// `run.name`.
    pub name: String,
    /// The dataset folder: `run.output`, or `--out`.
    pub output: PathBuf,
    /// `run.crs`; only EPSG:27700 is accepted.
    pub crs: String,
    /// `run.attribution`: licence line of the inputs, published in the manifest and datapackage.json.
    pub attribution: Option<String>,
    /// Layers in config order.
    pub layers: Vec<LayerPlan>,
    /// Alignments in config order.
    pub alignments: Vec<AlignmentPlan>,
    /// Successions in config order.
    pub successions: Vec<SuccessionPlan>,
    /// What-if proposals in config order.
    pub what_ifs: Vec<WhatIfPlan>,
    /// Codes that became others.
    pub recodes: Vec<super::RecodePlan>,
    /// Budgets in config order.
    pub budgets: Vec<BudgetPlan>,
    /// Joint agreements.
    pub agreements: Vec<TableSource>,
    /// Planning cycles.
    pub cycles: Vec<TableSource>,
    /// Governance tables.
    pub governance: Vec<TableSource>,
    /// Tables of the priorities of NHS bodies.
    pub priorities: Vec<TableSource>,
    /// Earlier and other initiatives in primary care.
    pub schemes: Vec<SchemePlan>,
    /// `[tolerances]`.
    pub tolerances: Tolerances,
    /// `[obstructions]`.
    pub obstructions: ObstructionSettings,
    /// `[options]`.
    pub options: OptionSettings,
    /// `[findings]`.
    pub findings: FindingPolicy,
    /// `[limits]`.
    pub limits: super::Limits,
    /// Where the copies of objects are.
    pub places: super::Places,
    /// Every path as the config states it.
    pub stated: super::StatedPaths,
}

/// One `[[layer]]`.
#[derive(Debug, Clone)]
pub struct LayerPlan {
    /// Id carrying its vintage.
    pub id: String,
    /// What its areas are.
    pub role: Role,
    /// Kind of body for reports.
    pub kind: String,
    /// Where the polygons come from.
    pub source: LayerSource,
    /// Generalisation in metres; `None` = recognise from the file name, else 5.
    pub resolution_m: Option<f64>,
    /// Clip; `None` = recognise from the file name.
    pub clip: Option<Clip>,
    /// Number of areas there must be.
    pub expected_count: Option<usize>,
    /// First day in force.
    pub valid_from: Option<Date>,
    /// Last day in force.
    pub valid_to: Option<Date>,
    /// Attribute table beside the layer.
    pub attributes: Option<AttributeSource>,
    /// Whether the boundary is an approximation (PCGs drawn from practice lists): finding DQ-06.
    pub derived: bool,
    /// Line of the `[[layer]]` in the config.
    pub line: usize,
}

impl LayerPlan {
    /// A layer of polygons of no role, with nothing said of it but its file and its code field (`None` = the first text field that is unique).
    pub fn of_polygons(id: impl Into<String>, path: impl Into<PathBuf>, code: Option<&str>) -> Self {
        Self {
            id: id.into(),
            role: Role::Other,
            kind: String::new(),
            source: LayerSource::Polygons {
                path: path.into(),
                layer: None,
                code: code.map(str::to_owned),
                name: None,
                people: None,
                filter: None,
            },
            resolution_m: None,
            clip: None,
            expected_count: None,
            valid_from: None,
            valid_to: None,
            attributes: None,
            derived: false,
            line: 0,
        }
    }
}

/// Where a layer's polygons come from.
#[derive(Debug, Clone)]
pub enum LayerSource {
    /// A boundary file of any format that [`crate::io::boundaries`] reads, a .zip with one, or archive.zip/member.
    Polygons {
        /// The file.
        path: PathBuf,
        /// Which of its layers, where it has several.
        layer: Option<String>,
        /// Code field; `None` = as [`crate::layers::code_field`] finds it.
        code: Option<String>,
        /// Name field.
        name: Option<String>,
        /// Population field.
        people: Option<String>,
        /// Which records to keep.
        filter: Option<Filter>,
    },
    /// A table of areas without shapes, one row an area.
    Table {
        /// The table.
        table: TableSource,
        /// Column with the code.
        code: String,
        /// Column with the name.
        name: Option<String>,
        /// Column with the population.
        people: Option<String>,
        /// Which rows to keep.
        filter: Option<Filter>,
        /// Whether rows of one code are one area.
        distinct: bool,
    },
    /// Blocks dissolved by a lookup; without shapes where the blocks have none.
    Dissolved {
        /// The blocks layer.
        blocks: usize,
        /// Lookup table.
        lookup: TableSource,
        /// Column with the block's code.
        block_column: String,
        /// Column with the area's code.
        area_column: String,
        /// Column with the area's name.
        name_column: Option<String>,
    },
}

/// A condition on one field or column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Filter {
    /// Field or column.
    pub field: String,
    /// Condition.
    pub test: FilterTest,
}

/// What a cell must be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilterTest {
    /// Starts with this text.
    StartsWith(String),
    /// Is this text.
    Equals(String),
    /// Is one of these.
    In(Vec<String>),
}

impl FilterTest {
    /// Whether a cell passes; an unknown cell never does.
    pub fn passes(&self, cell: Option<&str>) -> bool {
        match (self, cell) {
            (_, None) => false,
            (Self::StartsWith(prefix), Some(cell)) => cell.starts_with(prefix.as_str()),
            (Self::Equals(text), Some(cell)) => cell == text,
            (Self::In(texts), Some(cell)) => texts.iter().any(|text| text == cell),
        }
    }
}

/// An attribute table beside a layer.
#[derive(Debug, Clone)]
pub struct AttributeSource {
    /// The table.
    pub table: TableSource,
    /// Column with the area's code.
    pub code: String,
}

/// One `[[alignment]]`.
#[derive(Debug, Clone)]
pub struct AlignmentPlan {
    /// Id.
    pub id: String,
    /// Left layer.
    pub health: usize,
    /// Right layer.
    pub council: usize,
    /// Population, if given.
    pub people: Option<PeopleSource>,
    /// Populations of services of their own, by field: the source, and the services it is for.
    pub service_people: Vec<(PeopleSource, Vec<String>)>,
    /// Second council tier.
    pub district: Option<usize>,
    /// Line in the config.
    pub line: usize,
}

/// Where people come from.
#[derive(Debug, Clone)]
pub enum PeopleSource {
    /// Blocks split by area over the pairs they fall in.
    Blocks {
        /// Layer of role blocks (any layer with the field will do).
        blocks: usize,
        /// Its population field; a column of `from`, where that is given.
        field: String,
        /// The table that has the people of the blocks; `None` = the layer itself.
        from: Option<BlockPeople>,
    },
    /// Points with a number of people each.
    Points {
        /// Table.
        table: TableSource,
        /// Easting column, metres.
        x: String,
        /// Northing column, metres.
        y: String,
        /// People column.
        field: String,
    },
    /// A building-block table: one row a block, its area in each layer, its people.
    Table {
        /// Table.
        table: TableSource,
        /// Column with the block's code, for messages (optional).
        block: Option<String>,
        /// Column with the left area's code.
        left: String,
        /// Column with the right area's code.
        right: String,
        /// Column with the council's code, for the effect of a succession.
        council: Option<String>,
        /// Column with the code of the council afterwards, for a succession where that side changes too.
        council_after: Option<String>,
        /// Column with the district's code, for an alignment with a district layer.
        district: Option<String>,
        /// People column.
        field: String,
    },
    /// Links between codes alone, which have no weight: of a succession.
    Links {
        /// Table.
        table: TableSource,
        /// Column with the predecessor's code.
        left: String,
        /// Column with the successor's code.
        right: String,
    },
}

/// A table with the people of a layer's areas.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockPeople {
    /// The table.
    pub table: TableSource,
    /// Column with the area's code.
    pub code: String,
}

impl PeopleSource {
    /// The table that people come from, where they come from one.
    pub fn table(&self) -> Option<&TableSource> {
        match self {
            Self::Blocks { from, .. } => from.as_ref().map(|from| &from.table),
            Self::Points { table, .. } | Self::Table { table, .. } | Self::Links { table, .. } => Some(table),
        }
    }

    /// Field or column with the number of people.
    pub fn field(&self) -> &str {
        match self {
            Self::Blocks { field, .. } | Self::Points { field, .. } | Self::Table { field, .. } => field,
            Self::Links { .. } => "",
        }
    }

    /// The same source with another field or column.
    pub fn with_field(&self, other: &str) -> Self {
        let mut source = self.clone();
        match &mut source {
            Self::Blocks { field, .. } | Self::Points { field, .. } | Self::Table { field, .. } => *field = other.to_owned(),
            Self::Links { .. } => {}
        }
        source
    }
}

/// One `[[succession]]`.
#[derive(Debug, Clone)]
pub struct SuccessionPlan {
    /// Id.
    pub id: String,
    /// Predecessor layer.
    pub from: usize,
    /// Successor layer.
    pub to: usize,
    /// Day of the change.
    pub date: Option<Date>,
    /// Population.
    pub people: Option<PeopleSource>,
    /// Council layer the effect is measured against.
    pub council: Option<usize>,
    /// Council layer after, where that side changes too.
    pub council_after: Option<usize>,
    /// Declared changes.
    pub declared: Option<DeclaredSource>,
    /// Line in the config.
    pub line: usize,
}

/// A table of declared changes.
#[derive(Debug, Clone)]
pub struct DeclaredSource {
    /// Table.
    pub table: TableSource,
    /// Column with the predecessor's code.
    pub from: String,
    /// Column with the successor's code.
    pub to: String,
    /// Column with the stated reason.
    pub reason: Option<String>,
}

/// `[tolerances]` with the defaults of domain.md E1-E3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerances {
    /// `e`: shares this near to 1 count as whole.
    pub equal: f64,
    /// `tau`: a partner with at least this share (either way) is significant.
    pub significant: f64,
    /// `tau_s`: a sliver's share is below this on both sides.
    pub sliver_share: f64,
    /// `tau_p`: a sliver has fewer people than this.
    pub sliver_people: f64,
    /// `tau_w`: a sliver is thinner than this, metres; `None` = sum of the two layers' resolutions.
    pub sliver_width_m: Option<f64>,
    /// A succession link with at least this share (either way) is a link.
    pub link: f64,
    /// A succession link with at least this share (either way) is a main link.
    pub main_link: f64,
    /// A crossing part with at least this many people needs an agreement and is flagged.
    pub minor_people: f64,
    /// A change of the people on the wrong side of a line counts from this many people,
    pub effect_people: f64,
    /// and from this share of the body's people.
    pub effect_share: f64,
}

impl Default for Tolerances {
    fn default() -> Self {
        Self {
            equal: 0.02,
            significant: 0.05,
            sliver_share: 0.01,
            sliver_people: 50.0,
            sliver_width_m: None,
            link: 0.01,
            main_link: 0.2,
            minor_people: 500.0,
            effect_people: 500.0,
            effect_share: 0.005,
        }
    }
}

/// `[options]`: which changes are offered for a place.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OptionSettings {
    /// A crossing part may go to another council too.
    pub council_lines: bool,
    /// Councils may be amalgamated.
    pub councils_may_change: bool,
    /// The one change affects no more people than this; `None` = a tenth of the place.
    pub max_people_affected: Option<f64>,
}

/// `[obstructions]`: settings by rule id.
#[derive(Debug, Clone, Default)]
pub struct ObstructionSettings {
    /// Rules that are not run.
    pub disable: Vec<String>,
    /// Threshold overrides: rule id, then threshold name (`value` for a rule with one threshold).
    pub thresholds: BTreeMap<String, BTreeMap<String, f64>>,
    /// Severities that take the place of the rule's own.
    pub severities: BTreeMap<String, Severity>,
    /// Messages that take the place of the rule's own, with [`MESSAGE_PARTS`] in braces.
    pub messages: BTreeMap<String, String>,
    /// Rules of the user's own.
    pub own: Vec<OwnRule>,
}

/// What a message of the config may hold in braces: columns of table `obstruction`, `year` for the fiscal year, `pounds` for the pence.
pub const MESSAGE_PARTS: [&str; 11] =
    ["message", "subject", "subject_code", "partner_code", "service", "year", "value", "threshold", "unit", "people", "pounds"];

/// `[findings]`: what may be met.
#[derive(Debug, Clone, Default)]
pub struct FindingPolicy {
    /// Findings that stop the run.
    pub deny: Vec<String>,
    /// Findings that stop the run above a count.
    pub max: BTreeMap<String, usize>,
}
