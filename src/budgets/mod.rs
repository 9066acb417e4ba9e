//! Money: budget tables to pence, split over the bodies' partners, and what two sides spend on the same people.
//!
//! Three steps: [`read_lines`] turns a table into lines of exact pence; [`apportion`] splits each line over the partners of its body by
//! largest remainder; [`align`] puts both sides of every pair next to each other. Joint agreements, planning cycles and governance rows
//! are read here too ([`read_agreements`], [`read_cycles`], [`read_governance`]), since agreements carry money.

mod align;
mod apportion;
mod columns;
mod control;
mod inputs;
mod line;
mod mechanism;
mod money;
mod read;

pub use align::{BudgetPair, align, component_pence};
pub use apportion::{Apportioned, Part, Partner, UNALLOCATED, apportion};
pub(crate) use columns::nearest;
pub use control::is_stated;
pub use inputs::{
    AGREEMENT_COLUMNS, Agreement, CYCLE_COLUMNS, Cycle, GOVERNANCE_COLUMNS, Governance, MonthDay, read_agreements, read_cycles,
    read_governance,
};
pub use line::BudgetLine;
pub use mechanism::Mechanism;
pub use read::read_lines;
