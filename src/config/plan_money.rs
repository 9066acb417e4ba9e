//! The part of the plan that is about money and schemes: tables whose rows are joined to the bodies of layers.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::plan::Filter;
use super::plan_table::TableSource;

/// One `[[budget]]`.
#[derive(Debug, Clone)]
pub struct BudgetPlan {
    /// Id.
    pub id: String,
    /// Whose money.
    pub layer: usize,
    /// Table.
    pub table: TableSource,
    /// Codes of rows that are totals of other rows: left out, and held against what they are totals of.
    pub totals: Vec<String>,
    /// Column with the body's code.
    pub code: String,
    /// Column with the amount.
    pub amount: String,
    /// Pounds per 1 in the amount column.
    pub unit: f64,
    /// Fiscal year.
    pub fiscal_year: TextSource,
    /// Rows to keep.
    pub filters: Vec<Filter>,
    /// Service.
    pub service: TextSource,
    /// Service crosswalk table (columns `from`, `to`), for a service column.
    pub service_crosswalk: Option<TableSource>,
    /// Mechanism.
    pub mechanism: TextSource,
    /// Code crosswalk.
    pub codes: Option<CodeCrosswalk>,
    /// Codes that became others since the table was made, followed after the crosswalk; no circles.
    pub became: BTreeMap<String, String>,
    /// Control total in the column's unit.
    pub control_total: Option<ControlTotal>,
    /// What a body without a row means.
    pub missing: Missing,
    /// Share of its money that a body of level 2 holds (attribute `pcg_level`), 0 to 1; its health authority keeps the rest.
    pub delegated_share: f64,
    /// What the table says beside the amount.
    pub extras: LineExtras,
    /// Line in the config.
    pub line: usize,
}

/// What a budget table says beside the amount; all of it optional.
#[derive(Debug, Clone, Default)]
pub struct LineExtras {
    /// Part of the service.
    pub sub_service: Option<TextSource>,
    /// patient, practice, locality or strategic.
    pub level: Option<TextSource>,
    /// Who holds the money.
    pub holder: Option<TextSource>,
    /// registered or resident.
    pub population_basis: Option<TextSource>,
    /// The body on the other side that the money is meant to meet.
    pub counterpart: Option<TextSource>,
    /// Column with the part that can still be decided on, in the unit of the amount.
    pub discretionary: Option<String>,
    /// Column with the part that is bound already, in the unit of the amount.
    pub committed: Option<String>,
}

/// Text that is the same for every row, or stands in a column.
#[derive(Debug, Clone)]
pub enum TextSource {
    /// The same for every row.
    Fixed(String),
    /// In this column.
    Column(String),
}

/// A table that turns one code into another.
#[derive(Debug, Clone)]
pub struct CodeCrosswalk {
    /// Table.
    pub table: TableSource,
    /// Column with the code as the budget has it.
    pub from: String,
    /// Column with the layer's code.
    pub to: String,
}

/// A published total that rows must sum to.
#[derive(Debug, Clone)]
pub struct ControlTotal {
    /// The total, in the amount column's unit, as printed in the config.
    pub amount: Option<String>,
    /// Allowed difference in the same unit.
    pub tolerance: f64,
    /// Number of rows there must be.
    pub rows: Option<usize>,
    /// A control file: rows are filtered, and one column is the total (see docs/architecture.md).
    pub file: Option<ControlFile>,
}

/// A published control file: its rows that pass `filters` sum, in `amount`, to what the budget's rows must sum to, service by service
/// where `service` is given.
#[derive(Debug, Clone)]
pub struct ControlFile {
    /// Table.
    pub table: TableSource,
    /// Column with the control amount, in the budget's unit.
    pub amount: String,
    /// Column with the service, matched on the text of the budget's own service column before any crosswalk.
    pub service: Option<String>,
    /// Rows to keep.
    pub filters: Vec<Filter>,
}

/// What a body without a row means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// A line with an unknown amount and finding DQ-08 (default).
    Unknown,
    /// A line of 0.
    Zero,
    /// No line.
    Ignore,
}

/// One `[[scheme]]` (domain.md A31-A36).
#[derive(Debug, Clone)]
pub struct SchemePlan {
    /// Id.
    pub id: String,
    /// What it is.
    pub kind: SchemeKind,
    /// Where it is.
    pub source: SchemeSource,
    /// Whether its members hold a budget; `None` = not known.
    pub holds_budget: Option<bool>,
    /// First day in force.
    pub valid_from: Option<Date>,
    /// Last day in force.
    pub valid_to: Option<Date>,
    /// Line in the config.
    pub line: usize,
}

/// Kinds of initiative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SchemeKind {
    /// Fundholding practices (from 1991).
    Fundholding,
    /// Total purchasing pilots.
    TotalPurchasing,
    /// Locality and GP commissioning groups: influence without a budget.
    LocalityCommissioning,
    /// Personal medical services pilots.
    PmsPilot,
    /// Health action zones.
    HealthActionZone,
    /// Anything else.
    Other,
}

impl SchemeKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Fundholding, Self::TotalPurchasing, Self::LocalityCommissioning, Self::PmsPilot, Self::HealthActionZone, Self::Other];

    /// The word used in config and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fundholding => "fundholding",
            Self::TotalPurchasing => "total_purchasing",
            Self::LocalityCommissioning => "locality_commissioning",
            Self::PmsPilot => "pms_pilot",
            Self::HealthActionZone => "health_action_zone",
            Self::Other => "other",
        }
    }
}

/// Where a scheme is.
#[allow(clippy::large_enum_variant, reason = "a config has a handful of schemes")]
#[derive(Debug, Clone)]
pub enum SchemeSource {
    /// Its members are points.
    Points {
        /// The table.
        members: Members,
        /// Easting column, metres.
        x: String,
        /// Northing column, metres.
        y: String,
    },
    /// Its members are practices of bodies.
    Practices {
        /// The table.
        members: Members,
        /// Column with the body's code; `None` with a lookup.
        body: Option<String>,
        /// Which practice belongs to which body.
        lookup: Option<PracticeLookup>,
    },
    /// It is areas.
    Areas {
        /// Their layer.
        layer: usize,
    },
}

/// A table of members.
#[derive(Debug, Clone)]
pub struct Members {
    /// The table.
    pub table: TableSource,
    /// Column with the member's code.
    pub code: String,
    /// Column with the group it belongs to.
    pub scheme: Option<String>,
    /// Column with the group's name.
    pub name: Option<String>,
    /// Column with the member's people.
    pub people: Option<String>,
}

/// A table of practices and their bodies.
#[derive(Debug, Clone)]
pub struct PracticeLookup {
    /// Table.
    pub table: TableSource,
    /// Column with the practice's code.
    pub practice: String,
    /// Column with the body's code.
    pub body: String,
}
