//! Mergers: who became what, with how many people, and what that did to coterminosity.
//!
//! [`succeed`] reads one relation, predecessor x successor: `links` finds main and minor links and names the change, `declared` holds
//! them against a table of declared changes, `effect` compares the alignments before and after, and `standing` says who is on the wrong
//! side of a line and with whom each body must deal. [`what_if`] does the same for a proposal, by relabelling the pairs of an alignment
//! that is there already.

mod carry;
mod declared;
mod effect;
mod history;
mod links;
mod moves;
mod result;
mod standing;
mod what_if;

use jiff::civil::Date;

use crate::Result;
use crate::alignment::Alignment;
use crate::config::{DeclaredSource, Tolerances};
use crate::domain::{Finding, Layer, Relation};

pub use carry::carry_money;
pub use declared::{DeclaredRow, declared_rows};
pub use effect::{EffectCount, Tally, count_effects};
pub use history::{Chain, HistoryRow, history};
pub use moves::Parts;
pub use result::*;
pub use standing::{BodyStanding, Standing, merged, standing};
pub use what_if::{Proposal, WhatIf, check_proposal, merge_left, what_if};

/// What [`succeed`] needs.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    /// Id from the config.
    pub id: &'a str,
    /// Predecessor layer.
    pub from: &'a Layer,
    /// Successor layer.
    pub to: &'a Layer,
    /// Day of the change.
    pub date: Option<Date>,
    /// `from` x `to`.
    pub relation: Relation,
    /// The run's tolerances.
    pub tolerances: &'a Tolerances,
    /// Alignments before and after, where a council layer is given.
    pub effect: Option<EffectInput<'a>>,
    /// Declared changes, where a table is given.
    pub declared: Option<DeclaredInput<'a>>,
}

/// The alignments that the effect is the difference of.
#[derive(Debug, Clone, Copy)]
pub struct EffectInput<'a> {
    /// `from` x council.
    pub before: &'a Alignment,
    /// `to` x council, or `to` x council after, where that side changes too.
    pub after: &'a Alignment,
    /// Where the council side changes too.
    pub council_change: Option<CouncilChange<'a>>,
}

/// The alignments with one side held fixed, which split the effect (domain.md E3).
#[derive(Debug, Clone, Copy)]
pub struct CouncilChange<'a> {
    /// `to` x council: only the health side has changed.
    pub health_only: &'a Alignment,
    /// `from` x council after: only the council side has changed.
    pub council_only: &'a Alignment,
    /// Council x council after; without it councils are followed by their code.
    pub relation: Option<&'a Relation>,
}

/// A table of declared changes.
#[derive(Debug, Clone, Copy)]
pub struct DeclaredInput<'a> {
    /// Where it stands, for findings.
    pub source: &'a DeclaredSource,
    /// Its rows, by [`declared_rows`].
    pub rows: &'a [DeclaredRow],
}

/// Follows every body from one vintage of a layer to the next: links, types, comparison with what was declared, effect on coterminosity.
///
/// Links are by (predecessor, successor), `None` last; effects by basis, side, body. Findings tell what the links leave out: overlaps
/// below `link` (DQ-15), parts of a body that lie in no body of the other layer (DQ-10), codes of the declared table that no layer has
/// (DQ-04) and pairs declared twice with different reasons (DQ-11).
///
/// # Errors
/// None at present; the signature leaves room for inputs that contradict each other.
pub fn succeed(input: Input<'_>) -> Result<(Succession, Vec<Finding>)> {
    let mut findings = Vec::new();
    let found = links::links(&input.relation, input.tolerances);
    findings.extend(links::findings(&found, &input.relation, &input.from.id, &input.to.id, input.id, input.tolerances));
    let mut rows = found.rows;
    if let Some(declared) = input.declared {
        findings.extend(declared::compare(&mut rows, declared, &input.relation, &input.from.id, &input.to.id));
    }
    let effects = input.effect.map_or_else(effect::Effects::default, |effect| {
        effect::effects(&effect::Change {
            before: effect.before,
            after: effect.after,
            health_only: effect.council_change.map_or(effect.after, |change| change.health_only),
            council_only: effect.council_change.map_or(effect.before, |change| change.council_only),
            health: Some(&input.relation),
            council: effect.council_change.and_then(|change| change.relation),
            tolerances: input.tolerances,
        })
    });
    let succession = Succession {
        id: input.id.to_owned(),
        from_layer: input.from.id.clone(),
        to_layer: input.to.id.clone(),
        date: input.date,
        basis: found.basis,
        fiscal_year: None,
        links: rows,
        effects: effects.bodies,
        lines: effects.lines,
        proofs: effects.proofs,
        codes_reused: found.codes_reused,
        groups: found.groups,
        relation: input.relation,
    };
    Ok((succession, findings))
}
