//! One budget line.

use std::sync::Arc;

use super::level::{Level, PopulationBasis};
use super::mechanism::Mechanism;
use crate::domain::Pence;

/// One row of a budget table in exact pence (table `budget_line`, key budget, source_row, source_column and code).
///
/// Text is shared between lines, so a line costs no allocation of its own. Lines keep the order of their table; lines for bodies that
/// have no row come after them, by code.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetLine {
    /// Budget id from the config.
    pub budget: Arc<str>,
    /// Row as a spreadsheet shows it, header included; `None` for a body without a row.
    pub source_row: Option<u64>,
    /// Layer whose money it is.
    pub layer: Arc<str>,
    /// The layer's code; where the code is not in the layer or means several areas, the code as found; `None` where the cell is blank.
    pub code: Option<Arc<str>>,
    /// Index into the layer's areas; `None` where the code is none of them, and then the money is unallocated.
    pub body: Option<usize>,
    /// Fiscal year as the table or the config has it; `None` where the cell is blank.
    pub fiscal_year: Option<Arc<str>>,
    /// Service after the service crosswalk; `None` where the cell is blank, or the body has no row.
    pub service: Option<Arc<str>>,
    /// How the money is held; `None` where the cell is blank, or the body has no row.
    pub mechanism: Option<Mechanism>,
    /// Pence; `None` where unknown.
    pub amount: Option<Pence>,
    /// Whether the amount is known.
    pub known: bool,
    /// Where the decision over it is made; `None` where the table does not say.
    pub level: Option<Level>,
    /// Whom it is meant for; `None` where the table does not say.
    pub population_basis: Option<PopulationBasis>,
    /// What else the table says; `None` where it says nothing, which costs a line eight bytes.
    pub detail: Option<Box<LineDetail>>,
}

/// What a line says that few tables say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineDetail {
    /// Column the amount is from, of a table whose columns became rows.
    pub source_column: Option<Arc<str>>,
    /// Part of the service, as the table has it.
    pub sub_service: Option<Arc<str>>,
    /// Who holds the money, as the table has it.
    pub holder: Option<Arc<str>>,
    /// The body on the other side it is meant to meet, as the table has it.
    pub counterpart: Option<Arc<str>>,
    /// Pence that can still be decided on; `None` where unknown.
    pub discretionary: Option<Pence>,
    /// Pence that are bound already; `None` where unknown.
    pub committed: Option<Pence>,
    /// Pence that the body itself decides on by its level; `None` where its level or the amount is not known.
    pub held: Option<Pence>,
    /// Pence that its health authority keeps: the amount less `held`.
    pub retained: Option<Pence>,
    /// Code of that authority (attribute `parent_ha`); `None` where nothing is kept, or it is not known who keeps it.
    pub authority: Option<Arc<str>>,
}
