//! The one module that knows every stage: [`read`] the inputs, [`compute`] (pure), publish.
//!
//! ```text
//! Plan ─▶ read ─▶ Inputs ─▶ compute ─▶ Results ─▶ publish ─▶ runs/<run_id>/, CURRENT
//! ```

mod compute;
mod headline;
mod money;
mod overlay;
mod plan;
mod policy;
mod polygons;
mod progress;
mod publish;
mod published;
mod read;
mod relations;
mod schemes;
mod screen;
mod summary;
mod timings;

use crate::config::Rules;
use crate::obstructions::{message_values, rule_names, share_thresholds};
use crate::tables;

pub use compute::{Checked, Ground, Results, check, compute, compute_with_engine};
pub use money::Money;
pub use overlay::{OverlayTold, TwoLayers, overlay};
pub use plan::{PlanFiles, Planned, plan};
pub use policy::one_line;
pub use polygons::{Overlap, overlaps};
pub use progress::{Progress, Stage, Unwatched};
pub use publish::{Options, Outcome, run, run_id};
pub use read::{Inputs, Tables, named_files, read};
pub use summary::{Summary, Told};
pub use timings::{EngineTimes, engine_times};

/// What a config and `--fail-on` may refer to: the rules with their thresholds, and the tables that rules of the user's own may ask.
pub fn rules() -> Rules {
    Rules { thresholds: rule_names(), values: message_values(), shares: share_thresholds(), tables: tables::ALL.to_vec() }
}
