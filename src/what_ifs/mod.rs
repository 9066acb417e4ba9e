//! What a proposal changes, in full: lines, partners, classes, rates and every obstruction, before and after (docs/methods.md, "Proposals").
//!
//! A proposal is evaluated as a run of it would be. `relabel` gives everything that the rules read to the bodies that would be there: money
//! goes with people, agreements, seats and schemes go to the body that takes over, the alignment is measured again. [`judge`] runs the rules on that and
//! compares with what they found before; `measures` puts the figures of both side by side.

mod measures;
mod relabel;

use std::collections::BTreeMap;

use crate::alignment::{Alignment, Side};
use crate::budgets::ServicePopulation;
use crate::config::{ObstructionSettings, WhatIfPlan};
use crate::domain::{Basis, Severity};
use crate::error::Result;
use crate::obstructions::{Evidence, Obstruction};
use crate::succession::Succession;

pub use measures::{Measure, measures};

/// A proposal against one alignment, evaluated.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// Index of the proposal in the plan.
    pub plan: usize,
    /// Index of the alignment.
    pub alignment: usize,
    /// Side of the alignment that changes.
    pub side: Side,
    /// The alignment as it would be.
    pub after: Alignment,
}

/// What a proposal changes in one alignment.
#[derive(Debug, Clone)]
pub struct WhatIfResult {
    /// Proposal id from the config.
    pub proposal: String,
    /// Alignment id.
    pub alignment: String,
    /// Figures before and after, by measure and basis.
    pub measures: Vec<Measure>,
    /// Obstructions of the alignment before and after, by key.
    pub obstructions: Vec<Changed>,
}

/// What becomes of an obstruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It no longer fires.
    Gone,
    /// It fires because of the proposal.
    New,
    /// It fires before and after, or what the proposal leaves unknown decides it.
    Kept,
}

impl State {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::New => "new",
            Self::Kept => "kept",
        }
    }
}

/// One obstruction of a proposal.
#[derive(Debug, Clone)]
pub struct Changed {
    /// Its key.
    pub key: String,
    /// What becomes of it.
    pub state: State,
    /// As it would be; where it goes, as it is.
    pub obstruction: Obstruction,
    /// Severity before; `None` for a new one.
    pub severity_before: Option<Severity>,
    /// Whether the rule could be run again on what the proposal leaves known; false counts as kept.
    pub judged: bool,
}

/// What judging proposals needs.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What the rules were run on.
    pub evidence: &'a Evidence<'a>,
    /// Health x districts by alignment, where it has them.
    pub districts: &'a [Option<Alignment>],
    /// Populations that money of some services is split by, by alignment.
    pub populations: &'a [Vec<ServicePopulation>],
    /// What the rules found.
    pub obstructions: &'a [Obstruction],
    /// Settings of the rules.
    pub settings: &'a ObstructionSettings,
    /// The config file, for messages.
    pub config: &'a std::path::Path,
}

/// Whether a rule is run again for a proposal. What mergers of the past did and what is wrong with a file do not change by it, and a rule of
/// the config's own asks tables that are made once.
fn is_asked(family: &str) -> bool {
    !matches!(family, "MRG" | "DQ" | "OWN")
}

/// What a proposal changes in an alignment: figures and obstructions, before and after.
///
/// An obstruction is `gone` where the rules no longer find it, `new` where they find it only after, `kept` else; also where what decides it
/// would not be known (registered patients, practice lists and schemes of bodies that give or get a part), since unknown is not gone.
///
/// # Errors
/// Those of splitting money: sums beyond 64 bits of pence.
pub fn judge(input: &Input<'_>, plan: &WhatIfPlan, proposed: &Proposed, succession: &Succession) -> Result<Option<WhatIfResult>> {
    let Some(before) = input.evidence.alignments.get(proposed.alignment) else { return Ok(None) };
    let ours = input.obstructions.iter().filter(|found| is_asked(found.family) && found.alignment.as_deref() == Some(before.id.as_str()));
    let ours: Vec<&Obstruction> = ours.collect();
    let found = relabel::find(input, plan, proposed, succession, before)?;
    let stands = |id: &str| found.unknown.contains(&id);
    let was = keyed(ours.iter().copied());
    let is = keyed(found.obstructions.iter().filter(|found| !stands(&found.id)));
    let mut changed: BTreeMap<String, Changed> = BTreeMap::new();
    for (key, obstruction) in &is {
        let before = was.get(key);
        let state = if before.is_some() { State::Kept } else { State::New };
        let severity_before = before.map(|before| before.severity);
        let row = Changed { key: key.clone(), state, obstruction: (*obstruction).clone(), severity_before, judged: true };
        changed.insert(key.clone(), row);
    }
    for (key, obstruction) in was {
        let judged = !stands(&obstruction.id);
        let state = if judged { State::Gone } else { State::Kept };
        let severity_before = Some(obstruction.severity);
        let row = Changed { key: key.clone(), state, obstruction: obstruction.clone(), severity_before, judged };
        changed.entry(key).or_insert(row);
    }
    let obstructions: Vec<Changed> = changed.into_values().collect();
    let mut figures = measures(before, &proposed.after, input.evidence.tolerances);
    let basis = if before.relation.has_people { Basis::People } else { Basis::Area };
    figures.extend(severities(&obstructions, basis));
    figures.sort_by(|a, b| (&a.measure, a.basis).cmp(&(&b.measure, b.basis)));
    Ok(Some(WhatIfResult { proposal: plan.id.clone(), alignment: before.id.clone(), measures: figures, obstructions }))
}

/// Obstructions by what names them.
fn keyed<'a>(obstructions: impl Iterator<Item = &'a Obstruction>) -> BTreeMap<String, &'a Obstruction> {
    let mut keyed: BTreeMap<String, &Obstruction> = BTreeMap::new();
    for found in obstructions {
        keyed.insert(key(found, &keyed), found);
    }
    keyed
}

/// What names it in table `obstruction`; of several alike the second has `#2`, and so on.
fn key(found: &Obstruction, taken: &BTreeMap<String, &Obstruction>) -> String {
    let name = found.key();
    let mut key = name.clone();
    let mut number = 2_usize;
    while taken.contains_key(&key) {
        key = format!("{name}#{number}");
        number = number.saturating_add(1);
    }
    key
}

/// Obstructions by severity, before and after.
fn severities(changed: &[Changed], basis: Basis) -> Vec<Measure> {
    [Severity::High, Severity::Medium, Severity::Low, Severity::Info]
        .into_iter()
        .map(|severity| {
            let before = changed.iter().filter(|row| row.severity_before == Some(severity)).count();
            let after = changed.iter().filter(|row| row.state != State::Gone && row.obstruction.severity == severity).count();
            let measure = format!("obstructions_{}", severity.as_str());
            Measure { measure, basis, unit: "obstructions", before: Some(before as f64), after: Some(after as f64) }
        })
        .collect()
}
