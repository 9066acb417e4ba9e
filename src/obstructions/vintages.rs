//! MRG-07 to MRG-09: what a change of vintage does to money, to partners who change too, and to codes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::mergers::{changes_body, name};
use super::message::values;
use super::rule::{Confidence, Evidence, Exposes, Obstruction, Rule};
use crate::alignment::{Alignment, at_least};
use crate::budgets::BudgetLine;
use crate::domain::{Body, Pence, Role, Severity};
use crate::succession::{ChangeType, Succession};
use crate::words::{count, list, percent, pounds};

/// Main successors of a predecessor.
fn successors(succession: &Succession, from: usize) -> Vec<&Body> {
    let main = succession.links.iter().filter(|link| link.from == Some(from) && link.kind != ChangeType::TransferredPart);
    main.filter_map(|link| succession.relation.right.get(link.to?)).collect()
}

fn lines_of<'a>(evidence: &Evidence<'a>, layer: &'a str, code: &'a str) -> impl Iterator<Item = &'a BudgetLine> {
    // A line without a row says only that the table has none for the body.
    evidence.lines.iter().filter(move |line| &*line.layer == layer && line.code.as_deref() == Some(code) && line.source_row.is_some())
}

pub(super) const MRG_07: Rule = Rule {
    id: "MRG-07",
    family: "MRG",
    title: "split body, unsplit money",
    severity: Severity::High,
    condition: "an NHS body goes to two or more main successors, and budgets state money for it in its last stated fiscal year for a service that they state for none of the successors in that year",
    thresholds: &[],
    evidence: "number of undivided lines; their known pence; people of the body",
    exposes: Exposes::Body,
    message: "{body} is divided between {successors}; {money} of {year} ({lines}) has no successor's share.",
    source: &["goodwin-2001"],
    rests_on: "links of the succession and budget lines",
    check: |evidence, thresholds, out| {
        for succession in evidence.successions.iter().filter(|succession| is_health(evidence, succession)) {
            for (from, body) in succession.relation.left.iter().enumerate() {
                let parts = successors(succession, from);
                if parts.len() < 2 {
                    continue;
                }
                let lines = || lines_of(evidence, &succession.from_layer, &body.code);
                let Some(year) = lines().filter_map(|line| line.fiscal_year.as_deref()).max() else { continue };
                let of_year = |line: &&BudgetLine| line.fiscal_year.as_deref() == Some(year);
                let mut divided: BTreeSet<Option<&str>> = BTreeSet::new();
                for part in &parts {
                    divided
                        .extend(lines_of(evidence, &succession.to_layer, &part.code).filter(of_year).map(|line| line.service.as_deref()));
                }
                let undivided: Vec<&BudgetLine> =
                    lines().filter(of_year).filter(|line| !divided.contains(&line.service.as_deref())).collect();
                if undivided.is_empty() {
                    continue;
                }
                // Part of a sum is not the sum: one unknown amount makes it unknown.
                let pence = undivided.iter().try_fold(0i64, |sum, line| sum.checked_add(line.amount?.0)).map(Pence);
                let names: Vec<String> = parts.iter().map(|part| name(part)).collect();
                let money = pence.map_or_else(|| "money not fully known".to_owned(), pounds);
                let values = values! {
                    body: name(body),
                    successors: list(&names),
                    money: money,
                    year: year.to_owned(),
                    lines: count(undivided.len(), "budget line", "budget lines"),
                };
                let mut found = thresholds
                    .found(values)
                    .about_successor(succession, &succession.from_layer, body)
                    .measured("undivided_lines", undivided.len() as f64, Some(0.0), "rows")
                    .people(body.people)
                    .pence(pence)
                    .confidence(Confidence::Declared);
                found.fiscal_year = Some(year.to_owned());
                out.push(found);
            }
        }
    },
};

fn role(evidence: &Evidence<'_>, layer: &str) -> Option<Role> {
    evidence.layers.iter().find(|known| known.id == layer).map(|layer| layer.role)
}

/// Whether a succession is one of NHS bodies.
fn is_health(evidence: &Evidence<'_>, succession: &Succession) -> bool {
    role(evidence, &succession.from_layer) == Some(Role::Health)
}

/// Codes of the bodies that a succession changes, in the layer before and in the layer after.
fn changed(succession: &Succession) -> (BTreeSet<&str>, BTreeSet<&str>) {
    let relation = &succession.relation;
    let links = || succession.links.iter().filter(|link| changes_body(link.kind) || link.kind == ChangeType::New);
    let before = links().filter_map(|link| Some(relation.left.get(link.from?)?.code.as_str())).collect();
    let after = links().filter_map(|link| Some(relation.right.get(link.to?)?.code.as_str())).collect();
    (before, after)
}

/// Days between two dates, and the most days that they may be apart: those of so many whole months from the earlier one.
fn days_apart(a: Date, b: Date, months: f64) -> Option<(i32, i32)> {
    let (first, last) = (a.min(b), a.max(b));
    // A threshold of 1,000 years and more is every distance there is.
    let whole = months.clamp(0.0, 12_000.0).floor() as i32;
    let latest = first.checked_add(jiff::Span::new().months(whole)).unwrap_or(Date::MAX);
    let days = |to: Date| first.until(to).ok().map(|span| span.get_days());
    Some((days(last)?, days(latest)?))
}

pub(super) const MRG_08: Rule = Rule {
    id: "MRG-08",
    family: "MRG",
    title: "both sides changing",
    severity: Severity::High,
    condition: "both bodies of a significant pair change (adjusted, merged, split, new, abolished) by dated successions at most `value` months apart",
    thresholds: &[("value", 24.0)],
    evidence: "days between the two changes; people of the pair",
    exposes: Exposes::Pair,
    message: "{body} and {council} are both redrawn: {health_change} on {health_date}, {council_change} on {council_date}.",
    source: &["glendinning-2001"],
    rests_on: "significant pairs and dates of two successions",
    check: |evidence, thresholds, out| {
        let dated = |wanted: bool| {
            evidence.successions.iter().filter_map(move |succession| {
                let date = succession.date?;
                let role = role(evidence, &succession.from_layer)?;
                (if wanted { role == Role::Health } else { role == Role::Council }).then_some((succession, date))
            })
        };
        for (health, health_date) in dated(true) {
            // By pair, the council's change that is nearest in time.
            let mut nearest: BTreeMap<(String, String), (i32, Obstruction)> = BTreeMap::new();
            for (council, council_date) in dated(false) {
                let Some((days, most)) = days_apart(health_date, council_date, thresholds.value()).filter(|(days, most)| days <= most)
                else {
                    continue;
                };
                for (alignment, redrawn, theirs) in meetings(evidence, health, council) {
                    for (pair, metrics) in alignment.relation.pairs.iter().zip(&alignment.pairs).filter(|(_, metrics)| metrics.significant)
                    {
                        let ends = alignment.relation.left.get(pair.left).zip(alignment.relation.right.get(pair.right));
                        let Some((body, partner)) = ends else { continue };
                        if !redrawn.contains(body.code.as_str()) || !theirs.contains(partner.code.as_str()) {
                            continue;
                        }
                        let key = (body.code.clone(), partner.code.clone());
                        // Alignments come with the layers after first: what is said of a pair as it is now stands.
                        if nearest.get(&key).is_some_and(|(other, _)| *other <= days) {
                            continue;
                        }
                        let values = values! {
                            body: name(body),
                            council: name(partner),
                            health_change: health.id.clone(),
                            health_date: health_date.to_string(),
                            council_change: council.id.clone(),
                            council_date: council_date.to_string(),
                        };
                        let mut found = thresholds
                            .found(values)
                            .about_successor(health, &alignment.health_layer, body)
                            .measured("days_apart", f64::from(days), Some(f64::from(most)), "days")
                            .people(pair.amounts.people)
                            .declared_if(metrics.significant_stable);
                        found.partner_code = Some(partner.code.clone());
                        nearest.insert(key, (days, found));
                    }
                }
            }
            out.extend(nearest.into_values().map(|(_, found)| found));
        }
    },
};

type Codes<'a> = BTreeSet<&'a str>;

/// Alignments in which the bodies of two successions meet, those of the layers after first, with the bodies that change.
fn meetings<'a>(evidence: &Evidence<'a>, health: &'a Succession, council: &'a Succession) -> Vec<(&'a Alignment, Codes<'a>, Codes<'a>)> {
    let (health_before, health_after) = changed(health);
    let (council_before, council_after) = changed(council);
    let ours = [(&health.to_layer, health_after), (&health.from_layer, health_before)];
    let theirs = [(&council.to_layer, council_after), (&council.from_layer, council_before)];
    let mut found = Vec::new();
    for (health_layer, our_codes) in &ours {
        for (council_layer, their_codes) in &theirs {
            let fits = |alignment: &&Alignment| alignment.health_layer == **health_layer && alignment.council_layer == **council_layer;
            found.extend(evidence.alignments.iter().filter(fits).map(|alignment| (alignment, our_codes.clone(), their_codes.clone())));
        }
    }
    found
}

/// The widest of the tolerances under which a class must stay to be stable (domain.md E2.1).
const WIDEST_EQUAL: f64 = 0.05;

pub(super) const MRG_09: Rule = Rule {
    id: "MRG-09",
    family: "MRG",
    title: "code reused",
    severity: Severity::Medium,
    condition: "a body keeps its code though its area changed (Jaccard below 1 - `equal` of [tolerances])",
    thresholds: &[],
    evidence: "Jaccard of the old and the new area; people of the successor",
    exposes: Exposes::Body,
    message: "{body} keeps the code {code} though its area changed: {share} of the old and the new together is common to both.",
    source: &["openprescribing-408"],
    rests_on: "Jaccard of the old and the new area of one code",
    check: |evidence, thresholds, out| {
        for succession in evidence.successions {
            for (code, jaccard) in &succession.codes_reused {
                let to = succession.relation.position_right(code).and_then(|to| succession.relation.right.get(to));
                let Some(body) = to else { continue };
                let values = values! {
                    body: name(body),
                    code: code.clone(),
                    share: percent(*jaccard),
                };
                out.push(
                    thresholds
                        .found(values)
                        .about_successor(succession, &succession.to_layer, body)
                        .measured("jaccard", *jaccard, Some(1.0 - evidence.tolerances.equal), "share 0-1")
                        .people(body.people)
                        .stable_if(!at_least(*jaccard, 1.0 - WIDEST_EQUAL)),
                );
            }
        }
    },
};
