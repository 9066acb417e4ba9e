//! Conclusions about joint working: a table of rules, each with its condition, thresholds, evidence, message and source in one place.
//!
//! [`find`] runs [`RULES`] over an [`Evidence`]. Rules get evidence, never files, and what is not known never counts as missing: a rule
//! whose table was not given does not fire. [`markdown`] prints the table as docs/obstructions.md.

mod attributes;
mod boundaries;
mod budgets;
mod crossings;
mod cycles;
mod data_quality;
mod governance;
mod holdings;
mod initiatives;
mod levels;
mod mergers;
mod message;
mod own;
mod page;
mod pools;
mod populations;
mod rule;
mod sources;
mod spared;
mod vintages;

use std::collections::{BTreeMap, BTreeSet};

use crate::alignment::Side;
use crate::config::ObstructionSettings;
use crate::domain::Severity;
use crate::error::{Error, Result};

pub use attributes::check_attributes;
pub use message::{VALUES, Values, message, names};
pub use own::ask;
pub use page::markdown;
pub use rule::{Confidence, Evidence, Exposes, Identity, Obstruction, RULE_VERSION, Rule, Thresholds, TwoTier};
pub use sources::{SOURCES, Source, sources_markdown};
pub use spared::spared;

/// Every rule, by family and id.
pub const RULES: &[Rule] = &[
    crossings::BND_01,
    boundaries::BND_02,
    boundaries::BND_03,
    crossings::BND_04,
    crossings::BND_05,
    crossings::BND_06,
    boundaries::BND_07,
    boundaries::BND_08,
    boundaries::BND_09,
    populations::BND_10,
    populations::BND_11,
    populations::BND_12,
    initiatives::BND_13,
    mergers::MRG_01,
    mergers::MRG_02,
    mergers::MRG_03,
    mergers::MRG_04,
    mergers::MRG_05,
    mergers::MRG_06,
    vintages::MRG_07,
    vintages::MRG_08,
    vintages::MRG_09,
    budgets::BUD_01,
    budgets::BUD_02,
    budgets::BUD_03,
    pools::BUD_04,
    budgets::BUD_05,
    pools::BUD_06,
    budgets::BUD_07,
    pools::BUD_08,
    budgets::BUD_09,
    cycles::CYC_01,
    cycles::CYC_02,
    cycles::CYC_03,
    cycles::CYC_04,
    levels::LVL_01,
    levels::LVL_02,
    levels::LVL_03,
    levels::LVL_04,
    levels::LVL_05,
    governance::GOV_01,
    governance::GOV_02,
    governance::GOV_03,
    governance::GOV_04,
    governance::GOV_05,
    governance::GOV_06,
    data_quality::DQ_01,
    data_quality::DQ_02,
    data_quality::DQ_03,
    data_quality::DQ_04,
    data_quality::DQ_05,
    data_quality::DQ_06,
];

/// What stands in the way, sorted by the key of table `obstruction` ([`Obstruction::key`]).
///
/// # Errors
/// [`Error::Config`] for settings that name a rule or a threshold that does not exist (the nearest one is suggested), or a threshold that
/// is no number.
pub fn find(evidence: &Evidence<'_>, settings: &ObstructionSettings) -> Result<Vec<Obstruction>> {
    check_settings(settings)?;
    let mut obstructions = run(evidence, settings, |_| true, Vec::new(), true);
    sort(&mut obstructions);
    Ok(obstructions)
}

/// As [`find`] with settings that were checked, by the rules that are `wanted` alone; `obstructions` stand for what the others found.
pub fn find_again(
    evidence: &Evidence<'_>,
    settings: &ObstructionSettings,
    wanted: impl Fn(&Rule) -> bool,
    obstructions: Vec<Obstruction>,
) -> Vec<Obstruction> {
    run(evidence, settings, wanted, obstructions, true)
}

/// As [`find_again`] without words: message, values and source of what it finds are empty. Options are judged by thousands of such runs, and
/// words took a third of their time.
pub fn find_wordless(
    evidence: &Evidence<'_>,
    settings: &ObstructionSettings,
    wanted: impl Fn(&Rule) -> bool,
    obstructions: Vec<Obstruction>,
) -> Vec<Obstruction> {
    run(evidence, settings, wanted, obstructions, false)
}

fn run(
    evidence: &Evidence<'_>,
    settings: &ObstructionSettings,
    wanted: impl Fn(&Rule) -> bool,
    mut obstructions: Vec<Obstruction>,
    worded: bool,
) -> Vec<Obstruction> {
    for rule in RULES.iter().filter(|rule| wanted(rule) && !settings.disable.iter().any(|id| id == rule.id)) {
        let before = obstructions.len();
        (rule.check)(evidence, &thresholds(rule, settings, worded), &mut obstructions);
        for found in obstructions.iter_mut().skip(before) {
            limit(evidence, found);
        }
        // At once, so that a rule that counts severities (GOV-06) counts those of the config.
        for found in obstructions.iter_mut().skip(before) {
            if let Some(severity) = settings.severities.get(&*found.id) {
                found.severity = *severity;
            }
            if worded {
                message::write(found, rule.message, settings);
            }
        }
    }
    obstructions
}

/// Puts obstructions in the order of table `obstruction`.
pub fn sort(obstructions: &mut [Obstruction]) {
    obstructions.sort_by_cached_key(Obstruction::key);
}

/// The keys of obstructions in their order, each once: of several rows alike (a rule of the config can ask a table whose rows its key does not
/// tell apart) all but the first carry a number.
pub fn keys(obstructions: &[Obstruction]) -> Vec<String> {
    let mut met: BTreeMap<String, usize> = BTreeMap::new();
    let key = |found: &Obstruction| {
        let key = found.key();
        let times = met.entry(key.clone()).and_modify(|times| *times = times.saturating_add(1)).or_insert(1);
        if *times == 1 { key } else { format!("{key}#{times}") }
    };
    obstructions.iter().map(key).collect()
}

/// Lowers a boundary or money obstruction to `low` where nobody of its subject is on the wrong side of a line: partners that are whole are
/// work, not obstruction.
fn limit(evidence: &Evidence<'_>, found: &mut Obstruction) {
    if found.severity <= Severity::Low || !matches!(found.family, "BND" | "BUD") {
        return;
    }
    let (Some(side), Some(code)) = (found.subject_side, found.subject_code.as_deref()) else { return };
    // BND-04 is about a component, and fires with crossing parts alone.
    if found.subject_layer.is_none() {
        return;
    }
    let view = rule::views(evidence).find(|view| found.alignment.as_deref() == Some(view.alignment.id.as_str()));
    let crossing = view.and_then(|view| {
        let relation = &view.alignment.relation;
        let body = match side {
            Side::Health => relation.position_left(code),
            Side::Council => relation.position_right(code),
        };
        // Where the people of a pair are not known, neither is that there are none.
        let nesting = view.nesting.filter(|nesting| nesting.unknown == 0)?;
        nesting.of(side, body?)
    });
    if crossing == Some(0) {
        found.severity = Severity::Low;
    }
}

fn thresholds<'a>(rule: &'a Rule, settings: &ObstructionSettings, worded: bool) -> Thresholds<'a> {
    let set = settings.thresholds.get(rule.id);
    let values =
        rule.thresholds.iter().map(|(name, default)| (*name, set.and_then(|set| set.get(*name)).copied().unwrap_or(*default))).collect();
    Thresholds { rule, values, worded }
}

/// Every rule id with the names of its thresholds: what a config may refer to.
pub fn rule_names() -> BTreeMap<String, Vec<String>> {
    RULES.iter().map(|rule| (rule.id.to_owned(), rule.thresholds.iter().map(|(name, _)| (*name).to_owned()).collect())).collect()
}

/// The values that each rule's message names: what a config's message for it may hold besides [`crate::config::MESSAGE_PARTS`].
pub fn message_values() -> BTreeMap<String, Vec<&'static str>> {
    RULES.iter().map(|rule| (rule.id.to_owned(), names(rule.message))).collect()
}

/// Thresholds that are shares, as rule and name: those that are more than 0 and less than 1 by default. Days, people, pounds and counts are not.
pub fn share_thresholds() -> BTreeSet<(String, String)> {
    let all = RULES.iter().flat_map(|rule| rule.thresholds.iter().map(|(name, default)| (rule.id, *name, *default)));
    all.filter(|(.., default)| *default > 0.0 && *default < 1.0).map(|(id, name, _)| (id.to_owned(), name.to_owned())).collect()
}

/// Checks that `[obstructions]` names rules and thresholds that exist; `check` and the config can call it before anything is read.
///
/// # Errors
/// [`Error::Config`], suggesting the nearest id or name.
pub fn check_settings(settings: &ObstructionSettings) -> Result<()> {
    let disabled = settings.disable.iter().filter(|id| !settings.own.iter().any(|own| own.id == **id));
    let named = disabled.chain(settings.thresholds.keys()).chain(settings.severities.keys());
    for id in named.chain(settings.messages.keys()) {
        if !RULES.iter().any(|rule| rule.id == id) {
            let nearest = crate::budgets::nearest(id, RULES.iter().map(|rule| rule.id));
            let hint = nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
            return Err(config(format!("[obstructions]: there is no rule `{id}`{hint}")));
        }
    }
    for (id, set) in &settings.thresholds {
        let Some(rule) = RULES.iter().find(|rule| rule.id == id) else { continue };
        for (name, value) in set {
            if !rule.thresholds.iter().any(|(known, _)| known == name) {
                let names: Vec<&str> = rule.thresholds.iter().map(|(name, _)| *name).collect();
                let has = match crate::budgets::nearest(name, names.iter().copied()) {
                    _ if names.is_empty() => "it has none".to_owned(),
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("it has {}", names.join(", ")),
                };
                return Err(config(format!("[obstructions]: rule {id} has no threshold `{name}`; {has}")));
            }
            if !value.is_finite() {
                return Err(config(format!("[obstructions]: threshold `{name}` of rule {id} is not a number")));
            }
        }
    }
    Ok(())
}

fn config(message: String) -> Error {
    Error::Config { path: None, line: None, message }
}
