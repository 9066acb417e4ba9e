//! LVL: the partner who would have to decide is not the one at the table.

use std::collections::BTreeMap;

use super::budgets::{pairs_of, service, text};
use super::governance::each_row;
use super::holdings::Holdings;
use super::message::values;
use super::populations::attribute_number;
use super::rule::{Confidence, Evidence, Exposes, Rule, View, views};
use crate::alignment::Side;
use crate::budgets::{Agreement, BudgetLine, BudgetPair, Level, Mechanism};
use crate::domain::{Pence, Severity};
use crate::words::{count, pounds};

/// Name of the health authority above a body (attribute `parent_ha`, a code of any layer or a name).
fn authority(evidence: &Evidence<'_>, view: View<'_>, body: usize) -> Option<String> {
    let text = view.area(evidence, Side::Health, body)?.attributes.get("parent_ha")?;
    let area = evidence.layers.iter().find_map(|layer| layer.areas.get(layer.position(text)?));
    Some(area.and_then(|area| area.name.clone()).unwrap_or_else(|| text.clone()))
}

/// Whether a line says at which level it is decided.
fn says(line: &BudgetLine) -> bool {
    line.level.is_some()
}

/// Money of both sides for a row, where it is known.
fn both(row: &BudgetPair) -> Option<Pence> {
    row.health.zip(row.council).and_then(|(health, council)| health.0.checked_add(council.0)).map(Pence)
}

pub(super) const LVL_01: Rule = Rule {
    id: "LVL-01",
    family: "LVL",
    title: "level mismatch",
    severity: Severity::Medium,
    condition: "the two bodies of a significant pair hold most of their money for a service and a year at different levels, at least `value` steps \
                apart on patient, practice, locality, strategic (needs `level` of every line of both)",
    thresholds: &[("value", 1.0)],
    evidence: "steps between the levels; people of the pair; pence of both sides",
    exposes: Exposes::Pair,
    message: "Money for {service}[ in {year}] is decided at {level} level in {body}, at {council_level} level in {council}.",
    source: &["poxton"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and levels of budget lines",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let health_lines = Holdings::new(evidence, &view.alignment.health_layer, says);
            let council_lines = Holdings::new(evidence, &view.alignment.council_layer, says);
            for row in pairs_of(evidence, view.alignment) {
                let (Some(left), Some(right)) = (row.left, row.right) else { continue };
                let Some(pair) = view.pair(left, right).filter(|pair| pair.significant) else { continue };
                let key = (row.service.as_deref(), row.fiscal_year.as_deref());
                let ours = health_lines.of(view.code(Side::Health, left), key.0, key.1).and_then(|held| held.level());
                let theirs = council_lines.of(view.code(Side::Council, right), key.0, key.1).and_then(|held| held.level());
                let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
                let steps = f64::from(ours.steps_to(theirs));
                if ours == theirs || !thresholds.reached("value", steps) {
                    continue;
                }
                let values = values! {
                    service: service(row),
                    year: text(&row.fiscal_year),
                    level: ours.as_str().to_owned(),
                    body: view.name(Side::Health, left),
                    council: view.name(Side::Council, right),
                    council_level: theirs.as_str().to_owned(),
                };
                out.push(
                    thresholds
                        .between(view, pair, values)
                        .measured("level_distance", steps, Some(thresholds.value()), "levels")
                        .pence(both(row))
                        .of_row(row),
                );
            }
        }
    },
};

pub(super) const LVL_02: Rule = Rule {
    id: "LVL-02",
    family: "LVL",
    title: "no holder below strategic",
    severity: Severity::Info,
    condition: "a significant pair has an arrangement below strategic level for a service and a year (a pooled, lead commissioning or integrated \
                line, or an agreement in force, with that `level`), and both bodies hold all their own money for it at strategic level",
    thresholds: &[],
    evidence: "level of the arrangement; people of the pair; pence of both sides",
    exposes: Exposes::Pair,
    message: "{body} and {council} work together on {service}[ in {year}] at {level} level, but both hold all their own money for it at strategic level.",
    source: &["poxton"],
    rests_on: "significant pairs (5% of either body, so every whole member counts), levels of budget lines and agreements",
    check: |evidence, thresholds, out| {
        let local = |level: &Option<Level>| level.filter(|level| *level < Level::Strategic);
        for view in views(evidence) {
            let health_lines = Holdings::new(evidence, &view.alignment.health_layer, says);
            let council_lines = Holdings::new(evidence, &view.alignment.council_layer, says);
            for row in pairs_of(evidence, view.alignment) {
                let (Some(left), Some(right)) = (row.left, row.right) else { continue };
                let Some(pair) = view.pair(left, right).filter(|pair| pair.significant) else { continue };
                let key = (row.service.as_deref(), row.fiscal_year.as_deref());
                let (health, council) = (view.code(Side::Health, left), view.code(Side::Council, right));
                let (Some(ours), Some(theirs)) = (health_lines.of(health, key.0, key.1), council_lines.of(council, key.0, key.1)) else {
                    continue;
                };
                let agreed = |agreement: &&Agreement| {
                    agreement.health_code == health
                        && agreement.council_code == council
                        && agreement.covers(key.0)
                        && agreement.runs_in(key.1)
                };
                let agreements = evidence.agreements.unwrap_or_default().iter().filter(agreed).map(|agreement| agreement.level);
                let by_line = ours.flexible.iter().chain(&theirs.flexible).copied();
                // The lowest of several, so that the message does not depend on the order of rows.
                let Some(lowest) = by_line.chain(agreements).filter_map(|level| local(&level)).min() else { continue };
                let strategic = |levels: &std::collections::BTreeSet<Option<Level>>| {
                    !levels.is_empty() && levels.iter().all(|level| *level == Some(Level::Strategic))
                };
                if !strategic(&ours.mainstream) || !strategic(&theirs.mainstream) {
                    continue;
                }
                let values = values! {
                    body: view.name(Side::Health, left),
                    council: view.name(Side::Council, right),
                    service: service(row),
                    year: text(&row.fiscal_year),
                    level: lowest.as_str().to_owned(),
                };
                out.push(
                    thresholds
                        .between(view, pair, values)
                        .measured("level_distance", f64::from(lowest.steps_to(Level::Strategic)), None, "levels")
                        .pence(both(row))
                        .of_row(row),
                );
            }
        }
    },
};

/// Joint lines and agreements of a body.
#[derive(Default)]
struct Joint {
    /// One is above practice level, or may be.
    higher: bool,
    lines: Vec<Option<Pence>>,
    agreements: Vec<Option<Pence>>,
}

pub(super) const LVL_03: Rule = Rule {
    id: "LVL-03",
    family: "LVL",
    title: "joint commissioning by practices only",
    severity: Severity::Medium,
    condition: "an NHS body has joint budget lines or agreements, and all of them are at practice or patient level (one whose level or mechanism \
                is not known may be higher)",
    thresholds: &[],
    evidence: "number of joint lines and agreements; joint pence of its lines, else yearly pence of its agreements; people of the body",
    exposes: Exposes::Body,
    message: "All joint commissioning of {body} ({lines}) is at the level of practices or patients.",
    source: &["poxton"],
    rests_on: "levels of the body's joint lines and agreements; no partner",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let mut joint: BTreeMap<&str, Joint> = BTreeMap::new();
            let low = |level: Option<Level>| level.is_some_and(|level| level <= Level::Practice);
            for line in evidence.lines.iter().filter(|line| line.layer.as_ref() == view.alignment.health_layer) {
                if let Some(code) =
                    line.code.as_deref().filter(|_| line.source_row.is_some() && line.mechanism != Some(Mechanism::Mainstream))
                {
                    let entry = joint.entry(code).or_default();
                    entry.higher |= !low(line.level) || line.mechanism.is_none();
                    entry.lines.push(line.amount);
                }
            }
            for agreement in evidence.agreements.unwrap_or_default() {
                let entry = joint.entry(agreement.health_code.as_str()).or_default();
                entry.higher |= !low(agreement.level);
                entry.agreements.push(agreement.amount);
            }
            for body in 0..view.alignment.relation.left.len() {
                let Some(Joint { higher: false, lines, agreements }) = joint.get(view.code(Side::Health, body)) else { continue };
                let number = lines.len().saturating_add(agreements.len());
                let amounts = if lines.is_empty() { agreements } else { lines };
                let pence = amounts.iter().try_fold(0i64, |sum, amount| sum.checked_add((*amount)?.0)).map(Pence);
                let values = values! {
                    body: view.name(Side::Health, body),
                    lines: count(number, "line or agreement", "lines and agreements"),
                };
                out.push(
                    thresholds
                        .found(values)
                        .about(view, Side::Health, body)
                        .measured("joint_lines", number as f64, None, "lines")
                        .people(view.people_of(Side::Health, body))
                        .pence(pence)
                        .confidence(Confidence::Declared),
                );
            }
        }
    },
};

pub(super) const LVL_04: Rule = Rule {
    id: "LVL-04",
    family: "LVL",
    title: "advisory body with joint money",
    severity: Severity::Medium,
    condition: "attribute `pcg_level` of the NHS body is 1, and it has joint budget lines or agreements about money",
    thresholds: &[],
    evidence: "pcg_level; joint pence of its known lines, else yearly pence of its agreements",
    exposes: Exposes::Body,
    message: "{body} is advisory (level 1); its joint money[ ({pounds})] is decided by {authority}.",
    source: &["goodwin-2001"],
    rests_on: "attribute `pcg_level`, joint lines and agreements; no partner",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let mut joint_lines: BTreeMap<&str, Vec<Option<Pence>>> = BTreeMap::new();
            for line in evidence.lines.iter().filter(|line| line.layer.as_ref() == view.alignment.health_layer) {
                let joint = line.mechanism.is_some_and(|mechanism| mechanism != Mechanism::Mainstream);
                if let Some(code) = line.code.as_deref().filter(|_| joint) {
                    joint_lines.entry(code).or_default().push(line.amount);
                }
            }
            for body in 0..view.alignment.relation.left.len() {
                let code = view.code(Side::Health, body);
                let level = view.area(evidence, Side::Health, body).and_then(|area| attribute_number(area, "pcg_level"));
                if level != Some(1.0) {
                    continue;
                }
                let lines = joint_lines.get(code).cloned().unwrap_or_default();
                let agreements: Vec<Option<Pence>> = evidence
                    .agreements
                    .unwrap_or_default()
                    .iter()
                    .filter(|agreement| agreement.health_code == code && agreement.mechanism != Mechanism::JointInvestmentPlan)
                    .map(|agreement| agreement.amount)
                    .collect();
                let amounts = if lines.is_empty() { agreements } else { lines };
                if amounts.is_empty() {
                    continue;
                }
                // Part of a sum is not the sum: one unknown amount makes it unknown.
                let pence = amounts.into_iter().try_fold(0i64, |sum, amount| sum.checked_add(amount?.0)).map(Pence);
                let decides = authority(evidence, view, body).unwrap_or_else(|| "its health authority".to_owned());
                let values = values! {
                    body: view.name(Side::Health, body),
                    pounds: pence.map(pounds),
                    authority: decides,
                };
                out.push(
                    thresholds
                        .found(values)
                        .about(view, Side::Health, body)
                        .measured("pcg_level", 1.0, Some(1.0), "level")
                        .people(view.people_of(Side::Health, body))
                        .pence(pence)
                        .confidence(Confidence::Declared),
                );
            }
        }
    },
};

pub(super) const LVL_05: Rule = Rule {
    id: "LVL-05",
    family: "LVL",
    title: "health authority still responsible",
    severity: Severity::Medium,
    condition: "`jc_responsibility` of a significant pair's governance row is ha or shared",
    thresholds: &[],
    evidence: "the field; people of the pair",
    exposes: Exposes::Pair,
    message: "Joint commissioning of {body} with {council} is still {led} {authority}.",
    source: &["glendinning-2001"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and table of governance",
    check: |evidence, thresholds, out| {
        each_row(evidence, |view, pair, row| {
            let led = match row.jc_responsibility.as_deref() {
                Some("ha") => "led by",
                Some("shared") => "shared with",
                _ => return,
            };
            let (left, right) = (pair.pair.left, pair.pair.right);
            let values = values! {
                body: view.name(Side::Health, left),
                council: view.name(Side::Council, right),
                led: led.to_owned(),
                authority: authority(evidence, view, left).unwrap_or_else(|| "the health authority".to_owned()),
            };
            out.push(thresholds.between(view, pair, values).fact("jc_responsibility"));
        });
    },
};
