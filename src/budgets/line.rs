//! One budget line.

use std::sync::Arc;

use super::mechanism::Mechanism;
use crate::domain::Pence;

/// One row of a budget table in exact pence (table `budget_line`, key budget and source_row).
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
}
