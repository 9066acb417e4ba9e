//! The one module that knows every stage: [`read`] the inputs, [`compute`] (pure), publish.
//!
//! ```text
//! Plan ─▶ read ─▶ Inputs ─▶ compute ─▶ Results ─▶ publish ─▶ runs/<run_id>/, CURRENT
//! ```

mod compute;
mod money;
mod overlay;
mod plan;
mod policy;
mod progress;
mod publish;
mod read;
mod relations;
mod summary;

use crate::config::Rules;
use crate::obstructions::{RULES, Rule};

pub use compute::{Checked, Ground, Results, check, compute};
pub use money::Money;
pub use overlay::{OverlayTold, TwoLayers, overlay};
pub use plan::{Planned, plan};
pub use policy::one_line;
pub use progress::{Progress, Stage, Unwatched};
pub use publish::{Options, Outcome, run, run_id};
pub use read::{Inputs, Tables, read};
pub use summary::{Summary, Told};

/// The obstruction rules that a config and `--fail-on` may name.
pub fn rules() -> Rules {
    let names = |rule: &Rule| rule.thresholds.iter().map(|(name, _)| (*name).to_owned()).collect();
    RULES.iter().map(|rule| (rule.id.to_owned(), names(rule))).collect()
}
