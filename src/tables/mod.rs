//! Every output column declared once: name, type, unit, description. Feeds Parquet, the data dictionary and the tests.
//!
//! One file a group of tables: what each column is, and how a stage's result becomes rows. Rows are sorted by key, parts that do not
//! apply and figures that are not known are null.

mod alignments;
mod areas;
mod budgets;
pub mod dictionary;
mod issues;
mod measures;
mod nestings;
mod places;
mod plans;
mod schemes;
mod successions;
pub mod views;
mod what_ifs;

pub use crate::domain::table::{Cells, Column, ColumnSpec, ColumnType, Table, TableSpec, TextCells, Value};

pub use alignments::{
    ASSOCIATION, COMPONENT, COTERMINOSITY, GEO_OVERLAP, OVERLAP, RATE, association, component, coterminosity, overlap, rate,
};
pub use areas::{AREA, GEO_AREA, area};
pub use budgets::{BUDGET_ALIGNMENT, BUDGET_APPORTIONED, BUDGET_LINE, budget_alignment, budget_apportioned, budget_line};
pub use issues::{FINDING, OBSTRUCTION, finding, obstruction};
pub use measures::{BUDGET_BODY, BUDGET_COMPONENT, GAP, RECONCILIATION, budget_body, budget_component, gap, reconciliation};
pub use nestings::{CROSSING, NESTING, crossing, nesting};
pub use places::{OPTION, PLACE, option, place};
pub use plans::{PLAN_FRONT, plan_front};
pub use schemes::{SCHEME, scheme};
pub use successions::{HISTORY, MERGER_EFFECT, MERGER_HEADLINE, SUCCESSION, history, merger_effect, merger_headline, succession};
pub use what_ifs::{WHAT_IF, WHAT_IF_OBSTRUCTION, what_if, what_if_obstruction};

/// Every table without geometry, in the order of the data dictionary and the manifest.
pub static ALL: [&TableSpec; 26] = [
    &AREA,
    &OVERLAP,
    &COTERMINOSITY,
    &COMPONENT,
    &ASSOCIATION,
    &RATE,
    &NESTING,
    &CROSSING,
    &SUCCESSION,
    &MERGER_EFFECT,
    &MERGER_HEADLINE,
    &WHAT_IF,
    &WHAT_IF_OBSTRUCTION,
    &HISTORY,
    &BUDGET_LINE,
    &BUDGET_APPORTIONED,
    &BUDGET_ALIGNMENT,
    &BUDGET_BODY,
    &BUDGET_COMPONENT,
    &GAP,
    &RECONCILIATION,
    &SCHEME,
    &OBSTRUCTION,
    &PLACE,
    &OPTION,
    &FINDING,
];

/// Tables with geometry: these key columns, then `geometry` and `bbox`.
pub static GEO: [&TableSpec; 2] = [&GEO_AREA, &GEO_OVERLAP];

/// Code of the part of an area that no area of the other layer covers.
pub const OUTSIDE: &str = "__outside__";
/// Code of the missing side of a new or abolished body.
pub const NONE: &str = "__none__";

const SHARE: &str = "share 0-1";
