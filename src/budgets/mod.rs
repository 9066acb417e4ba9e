//! Money: budget tables to pence, split over the bodies' partners, and what two sides spend on the same people.
//!
//! Three steps: [`read_lines`] turns a table into lines of exact pence; [`apportion`] splits each line over the partners of its body by
//! largest remainder; [`align`] puts both sides of every pair next to each other. Joint agreements, planning cycles and governance rows
//! are read here too ([`read_agreements`], [`read_cycles`], [`read_governance`]), since agreements carry money.

mod align;
mod apportion;
mod codes;
mod columns;
mod control;
mod delegation;
mod describe;
mod extras;
mod gaps;
mod gathered;
mod groups;
mod keys;
mod inputs;
mod level;
mod line;
mod measures;
mod mechanism;
mod missing;
mod money;
mod pair_pence;
mod plausible;
mod population;
mod priorities;
mod read;
mod reconcile;
mod repeats;
mod schemes;
mod text;
mod waves;
mod years;

pub use align::{BudgetPair, align, align_by, component_pence, over_pooled};
pub use apportion::{Apportioned, Part, Partner, UNALLOCATED, apportion, apportion_by};
pub(crate) use columns::nearest;
pub use control::is_stated;
pub use describe::inputs_markdown;
pub use gaps::{PairGap, gaps};
pub use inputs::{
    AGREEMENT_COLUMNS, AGREEMENT_OPTIONAL, Agreement, CYCLE_COLUMNS, Cycle, GOVERNANCE_COLUMNS, Governance, MonthDay, read_agreements,
    read_cycles, read_governance,
};
pub use keys::{Tables, one_spelling, unmet};
pub use level::{Level, PopulationBasis};
pub use line::{BudgetLine, LineDetail};
pub use measures::{BudgetSum, concentration, of_bodies, of_components};
pub use mechanism::Mechanism;
pub use pair_pence::{PairPence, pair_pence};
pub use plausible::money_a_head;
pub use population::ServicePopulation;
pub use priorities::{PRIORITY_COLUMNS, Priority, read_priorities};
pub use read::read_lines;
pub use reconcile::{Reconciled, reconcile};
pub use schemes::{MemberRows, Reach, count_kinds, place_areas, place_members, read_members};
