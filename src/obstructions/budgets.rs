//! BUD: money that does not meet.

use std::collections::{BTreeMap, BTreeSet};

use super::crossings::Lines;
use super::message::values;
use super::rule::{Evidence, Exposes, Rule, View, views};
use crate::alignment::{Alignment, Side};
use crate::budgets::{BudgetPair, Mechanism};
use crate::domain::{Basis, Pence, People, Severity};
use crate::words::{list, people, percent, pounds};

/// Rows of table `budget_alignment` of an alignment.
pub(super) fn pairs_of<'a>(evidence: &Evidence<'a>, alignment: &Alignment) -> &'a [BudgetPair] {
    evidence.budget_pairs.iter().find(|(id, _)| *id == alignment.id).map_or(&[], |(_, pairs)| pairs)
}

pub(super) fn text(shared: &Option<std::sync::Arc<str>>) -> Option<String> {
    shared.as_deref().map(str::to_owned)
}

/// An NHS body, a service, a fiscal year.
type BodyKey<'a> = (usize, Option<&'a str>, Option<&'a str>);

/// "older people" in a sentence; "all services" where the budget is undivided.
pub(super) fn service(row: &BudgetPair) -> String {
    match row.service.as_deref() {
        None | Some("all") => "all services".to_owned(),
        Some(service) => service.replace('_', " "),
    }
}

/// A side's money of one body and service in one year: in its crossing parts, and in all.
struct Across<'a> {
    row: &'a BudgetPair,
    pence: i128,
    /// At the bounds of the people; `None` without them.
    bounds: Option<(i128, i128)>,
    whole: i128,
}

/// The money of a row on one side.
fn of_side(row: &BudgetPair, side: Side) -> Option<Pence> {
    match side {
        Side::Health => row.health,
        Side::Council => row.council,
    }
}

/// What of a row's money may lie in its pair at the bounds of the people there.
fn row_bounds(view: View<'_>, side: Side, row: &BudgetPair) -> Option<(i128, i128)> {
    let Pence(pence) = of_side(row, side)?;
    // Where the council is not the body's main one, the money has bounds of its own, by the people that the service is for.
    if side == Side::Health && row.outside_main == row.health && pence != 0 {
        return Some((i128::from(row.outside_main_low?.0), i128::from(row.outside_main_high?.0)));
    }
    let amounts = view.pair(row.left?, row.right?)?.pair.amounts;
    let (people, low, high) = (amounts.people?, amounts.people_low?, amounts.people_high?);
    if people.0 <= 0 {
        return None;
    }
    let at = |bound: People| i128::from(pence).saturating_mul(i128::from(bound.0)).checked_div(i128::from(people.0));
    Some((at(low)?, at(high)?))
}

/// The money of the bodies of a side that have crossing parts, by body and service: that of the latest year in which all of it is known.
fn across<'a>(evidence: &Evidence<'a>, lines: &Lines<'a>, side: Side) -> BTreeMap<(usize, Option<&'a str>), Across<'a>> {
    let view = lines.view;
    let body_of = |row: &BudgetPair| if side == Side::Health { row.left } else { row.right };
    let mut years: BTreeMap<BodyKey<'a>, Vec<&'a BudgetPair>> = BTreeMap::new();
    for row in pairs_of(evidence, view.alignment) {
        let Some(body) = body_of(row).filter(|body| !lines.parts(side, *body).is_empty()) else { continue };
        years.entry((body, row.service.as_deref(), row.fiscal_year.as_deref())).or_default().push(row);
    }
    let mut latest = BTreeMap::new();
    // By year, so that a later one takes the place of an earlier one.
    for ((body, service, _), rows) in years {
        let sum = |rows: &[&BudgetPair]| {
            rows.iter().try_fold(0i128, |sum, row| of_side(row, side).map(|Pence(pence)| sum.saturating_add(i128::from(pence))))
        };
        let crosses = |row: &&BudgetPair| row.left.zip(row.right).is_some_and(|(left, right)| lines.crosses(left, right));
        let crossing: Vec<&BudgetPair> = rows.iter().copied().filter(crosses).collect();
        let (Some(whole), Some(pence)) = (sum(&rows), sum(&crossing)) else { continue };
        let Some(row) = rows.first().copied() else { continue };
        let bounds = crossing.iter().try_fold((0i128, 0i128), |(low, high), row| {
            row_bounds(view, side, row).map(|(least, most)| (low.saturating_add(least), high.saturating_add(most)))
        });
        latest.insert((body, service), Across { row, pence, bounds, whole });
    }
    latest
}

pub(super) const BUD_01: Rule = Rule {
    id: "BUD-01",
    family: "BUD",
    title: "pounds across a line",
    severity: Severity::High,
    condition: "money of an NHS body or a council for a service is for people in its crossing parts, in the latest fiscal year of which all of it \
                is known: high from `share` of that money or `pounds`, medium from `medium` pounds, low below",
    thresholds: &[("share", 0.1), ("pounds", 5_000_000.0), ("medium", 1_000_000.0)],
    evidence: "share of the money; pence, apportioned, with bounds from the bounds of people; people in the crossing parts",
    exposes: Exposes::Parts,
    message: "{pounds} ({share}[, between {low} and {high}]) of the money of {body} for {service}[ in {year}] is for people {whose} {partners}[; {rest}].",
    source: &["poxton", "goodwin-2001"],
    rests_on: "crossing parts of the body, and its money apportioned to them",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let Some(lines) = Lines::of(view) else { continue };
            let nesting = lines.nesting;
            for (side, other) in [(Side::Health, Side::Council), (Side::Council, Side::Health)] {
                for ((body, _), money) in across(evidence, &lines, side) {
                    if money.whole <= 0 || money.pence <= 0 {
                        continue;
                    }
                    let share = |pence: i128| pence as f64 / money.whole as f64;
                    let severity = |pence: i128| {
                        let pounds = pence as f64 / 100.0;
                        if thresholds.reached("share", share(pence)) || thresholds.reached("pounds", pounds) {
                            Severity::High
                        } else if thresholds.reached("medium", pounds) {
                            Severity::Medium
                        } else {
                            Severity::Low
                        }
                    };
                    let short = |pence: i128| pounds(Pence(i64::try_from(pence).unwrap_or(i64::MAX)));
                    // Bounds that read the same as each other say nothing.
                    let bounds = money.bounds.filter(|(low, high)| short(*low) != short(*high));
                    let parts = lines.parts(side, body);
                    let partners: Vec<String> =
                        parts.iter().map(|part| view.name(other, if side == Side::Health { part.right } else { part.left })).collect();
                    // One part says where the rest is; of several, table crossing and BND-01 do.
                    let rest = match parts {
                        [part] => Some(lines.rest_of_council(part)),
                        _ => None,
                    };
                    let values = values! {
                        pounds: short(money.pence),
                        share: percent(share(money.pence)),
                        low: bounds.map(|(low, _)| short(low)),
                        high: bounds.map(|(_, high)| short(high)),
                        body: view.name(side, body),
                        service: service(money.row),
                        year: text(&money.row.fiscal_year),
                        whose: if side == Side::Health { "in" } else { "who are with" }.to_owned(),
                        partners: list(&partners),
                        rest: rest,
                    };
                    let severe = severity(money.pence);
                    let stays = money.bounds.is_some_and(|(low, high)| low > 0 && severity(low) == severe && severity(high) == severe);
                    let people = (view.basis == Basis::People).then(|| nesting.of(side, body).map(People)).flatten();
                    let mut found = thresholds
                        .found(values)
                        .about(view, side, body)
                        .measured("share_across", share(money.pence), Some(thresholds.get("share")), "share 0-1")
                        .people(people)
                        .pence(i64::try_from(money.pence).ok().map(Pence))
                        .stable_if(nesting.proved() && stays)
                        .of_row(money.row);
                    found.severity = severe;
                    out.push(found);
                }
            }
        }
    },
};

/// Which services the budgets of a layer cover, and for whom they state anything at all.
struct Coverage<'a> {
    /// Budgets by the (service, year) that some row of theirs is for.
    covering: BTreeMap<(Option<&'a str>, Option<&'a str>), BTreeSet<&'a str>>,
    /// Bodies with a row in a budget.
    stating: BTreeSet<(&'a str, &'a str)>,
    /// Bodies with a line for a service and year, known or not.
    having: BTreeSet<(&'a str, Option<&'a str>, Option<&'a str>)>,
}

impl<'a> Coverage<'a> {
    fn new(evidence: &Evidence<'a>, layer: &str) -> Self {
        let mut coverage = Self { covering: BTreeMap::new(), stating: BTreeSet::new(), having: BTreeSet::new() };
        for line in evidence.lines.iter().filter(|line| line.layer.as_ref() == layer) {
            let key = (line.service.as_deref(), line.fiscal_year.as_deref());
            if line.source_row.is_some() {
                coverage.covering.entry(key).or_default().insert(line.budget.as_ref());
            }
            let Some(code) = line.code.as_deref().filter(|_| line.body.is_some()) else { continue };
            if line.source_row.is_some() {
                coverage.stating.insert((line.budget.as_ref(), code));
            }
            coverage.having.insert((code, key.0, key.1));
        }
        coverage
    }

    /// Whether a budget that covers the service and year states the body, and has no line for the two of them. A line without a service,
    /// or a year, could be the one, so it counts as one.
    fn lacks(&self, code: &str, service: Option<&str>, year: Option<&str>) -> bool {
        let stated =
            self.covering.get(&(service, year)).is_some_and(|budgets| budgets.iter().any(|budget| self.stating.contains(&(*budget, code))));
        let has = |service, year| self.having.contains(&(code, service, year));
        stated && !has(service, year) && !has(None, year) && !has(service, None) && !has(None, None) && !has(Some("all"), year)
    }
}

pub(super) const BUD_02: Rule = Rule {
    id: "BUD-02",
    family: "BUD",
    title: "counterpart missing",
    severity: Severity::High,
    condition: "one body of a significant pair states money for a service and a year; a budget of the other side covers that service and year and \
                states the other body, and has no line for it (an unknown amount is a line; care trusts and integrated boards are left out, and a finding DQ-19 says so)",
    thresholds: &[],
    evidence: "pence apportioned to the pair by the side that states it; people of the pair",
    exposes: Exposes::Pair,
    message: "{body} funds {service}[ in {year}] ({pounds} of it for people of {partner}); {partner} has no matching line.",
    source: &["poxton"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and budget lines",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let health_lines = Coverage::new(evidence, &view.alignment.health_layer);
            let council_lines = Coverage::new(evidence, &view.alignment.council_layer);
            for row in pairs_of(evidence, view.alignment) {
                let (Some(left), Some(right)) = (row.left, row.right) else { continue };
                let Some(pair) = view.pair(left, right).filter(|pair| pair.significant) else { continue };
                let (side, pence, lacking, code) = match (row.health, row.council) {
                    (Some(pence), None) => (Side::Health, pence, &council_lines, view.code(Side::Council, right)),
                    (None, Some(pence)) => (Side::Council, pence, &health_lines, view.code(Side::Health, left)),
                    _ => continue,
                };
                if pence.0 <= 0 || !lacking.lacks(code, row.service.as_deref(), row.fiscal_year.as_deref()) || is_one(evidence, view, left)
                {
                    continue;
                }
                let ((body, other), partner_side) = match side {
                    Side::Health => ((left, right), Side::Council),
                    Side::Council => ((right, left), Side::Health),
                };
                let values = values! {
                    body: view.name(side, body),
                    service: service(row),
                    year: text(&row.fiscal_year),
                    pounds: pounds(pence),
                    partner: view.name(partner_side, other),
                };
                out.push(
                    thresholds
                        .found(values)
                        .about(view, side, body)
                        .with(view, partner_side, other)
                        .measured("pence_without_counterpart", pence.0 as f64, None, "pence")
                        .people(pair.pair.amounts.people)
                        .pence(Some(pence))
                        .declared_if(pair.significant_stable)
                        .of_row(row),
                );
            }
        }
    },
};

/// Whether a rule about two sides that should join cannot apply to an NHS body, since both sides are one in it.
pub(super) fn is_one(evidence: &Evidence<'_>, view: View<'_>, left: usize) -> bool {
    !evidence.as_if_separate && integrated(evidence, view, left).is_some()
}

/// Why both sides are one in an NHS body: a care trust (attribute `org_type`), or an integrated board (attribute `integrated_board` yes).
pub(super) fn integrated(evidence: &Evidence<'_>, view: View<'_>, left: usize) -> Option<&'static str> {
    let attributes = &view.area(evidence, Side::Health, left)?.attributes;
    let says = |name: &str, words: &[&str]| attributes.get(name).is_some_and(|text| words.contains(&text.trim().to_lowercase().as_str()));
    if says("org_type", &["care_trust"]) {
        Some("it is a care trust (attribute org_type), which commissions and provides health and social care")
    } else if says("integrated_board", &["yes", "true", "1"]) || says("org_type", &["integrated_board"]) {
        Some("it is an integrated board (attribute integrated_board), which holds health and social services")
    } else {
        None
    }
}

pub(super) const BUD_03: Rule = Rule {
    id: "BUD-03",
    family: "BUD",
    title: "overlap without a joint arrangement",
    severity: Severity::Medium,
    condition: "a significant pair has no agreement or plan in the agreements table, and neither body has a joint budget line (needs an \
                agreements table; a line of unknown mechanism counts as joint; care trusts and integrated boards are left out, and a finding DQ-19 \
                says so)",
    thresholds: &[],
    evidence: "share of the NHS body in the council; people of the pair",
    exposes: Exposes::Pair,
    message: "No joint arrangement covers [the {residents} residents of ]{body} in {council}.",
    source: &["glendinning-2001"],
    rests_on: "significant pairs (5% of either body, so every whole member counts), agreements and budget lines",
    check: |evidence, thresholds, out| {
        let Some(agreements) = evidence.agreements else { return };
        let agreed: BTreeSet<(&str, &str)> = agreements.iter().map(|a| (a.health_code.as_str(), a.council_code.as_str())).collect();
        // A body without a row, or a blank mechanism, may hold joint money: that is not known to be missing.
        let joint: BTreeSet<(&str, &str)> = evidence
            .lines
            .iter()
            .filter(|line| line.source_row.is_some() && line.mechanism != Some(Mechanism::Mainstream))
            .filter_map(|line| Some((line.layer.as_ref(), line.code.as_deref()?)))
            .collect();
        for view in views(evidence) {
            for pair in view.pairs().filter(|pair| pair.significant) {
                let (left, right) = (pair.pair.left, pair.pair.right);
                let (health, council) = (view.code(Side::Health, left), view.code(Side::Council, right));
                let by_line = joint.contains(&(view.alignment.health_layer.as_str(), health))
                    || joint.contains(&(view.alignment.council_layer.as_str(), council));
                if by_line || agreed.contains(&(health, council)) || is_one(evidence, view, left) {
                    continue;
                }
                let values = values! {
                    residents: pair.pair.amounts.people.map(people),
                    body: view.name(Side::Health, left),
                    council: view.name(Side::Council, right),
                };
                out.push(thresholds.between(view, pair, values).measured(
                    "share_of_body",
                    pair.share_left,
                    Some(evidence.tolerances.significant),
                    "share 0-1",
                ));
            }
        }
    },
};

pub(super) const BUD_05: Rule = Rule {
    id: "BUD-05",
    family: "BUD",
    title: "marginal pool",
    severity: Severity::Medium,
    condition: "something is pooled between the bodies of a pair for a service and a year, and it is less than `value` of both sides' money, or, \
                where every line says it, of what they can still decide on (`discretionary`)",
    thresholds: &[("value", 0.034)],
    evidence: "pooled share; pooled pence; people of the pair",
    exposes: Exposes::Pair,
    message: "The pool of {body} and {council} is {share} of the money they {spend} {service}[ in {year}]: {pounds}.",
    source: &["poxton", "means-to-an-end-2009"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and money apportioned to the pair",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for row in pairs_of(evidence, view.alignment) {
                // A pool cannot hold what is bound already (Poxton).
                let share = row.pooled_share_discretionary.or(row.pooled_share);
                let (Some(left), Some(right), Some(pooled), Some(share)) = (row.left, row.right, row.pooled, share) else {
                    continue;
                };
                let Some(pair) = view.pair(left, right).filter(|pair| pair.significant) else { continue };
                if pooled.0 <= 0 || share <= 0.0 || thresholds.reached("value", share) {
                    continue;
                }
                let values = values! {
                    body: view.name(Side::Health, left),
                    council: view.name(Side::Council, right),
                    share: percent(share),
                    spend: if row.pooled_share_discretionary.is_some() { "can still decide on for" } else { "spend on" }.to_owned(),
                    service: service(row),
                    year: text(&row.fiscal_year),
                    pounds: pounds(pooled),
                };
                out.push(
                    thresholds
                        .between(view, pair, values)
                        .measured("pooled_share", share, Some(thresholds.value()), "share 0-1")
                        .pence(Some(pooled))
                        .of_row(row),
                );
            }
        }
    },
};

pub(super) const BUD_07: Rule = Rule {
    id: "BUD-07",
    family: "BUD",
    title: "earmarked money only",
    severity: Severity::Medium,
    condition: "grants and joint finance are at least `value` of all joint money of a significant pair for a service and a year",
    thresholds: &[("value", 0.9)],
    evidence: "grant-only share; pence of grants and joint finance; people of the pair",
    exposes: Exposes::Pair,
    message: "{share} of the joint money of {body} and {council} for {service}[ in {year}] is grants or joint finance, not mainstream.",
    source: &["poxton", "glendinning-2001"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and joint money of the pair",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for row in pairs_of(evidence, view.alignment) {
                let (Some(left), Some(right), Some(share)) = (row.left, row.right, row.grant_only_share) else { continue };
                let Some(pair) = view.pair(left, right).filter(|pair| pair.significant && thresholds.reached("value", share)) else {
                    continue;
                };
                let values = values! {
                    share: percent(share),
                    body: view.name(Side::Health, left),
                    council: view.name(Side::Council, right),
                    service: service(row),
                    year: text(&row.fiscal_year),
                };
                out.push(
                    thresholds
                        .between(view, pair, values)
                        .measured("grant_only_share", share, Some(thresholds.value()), "share 0-1")
                        .pence(row.joint.map(|(_, earmarked)| earmarked))
                        .of_row(row),
                );
            }
        }
    },
};

pub(super) const BUD_09: Rule = Rule {
    id: "BUD-09",
    family: "BUD",
    title: "unequal pounds per head",
    severity: Severity::Low,
    condition: "among the councils significant to an NHS body, the highest council pence per head for a service and a year is more than `value` times \
                the lowest",
    thresholds: &[("value", 1.25)],
    evidence: "highest / lowest pence per head, apportioned to the pairs; people of the body",
    exposes: Exposes::Body,
    message: "Within {body}, {most} spends {times} times as much per head on {service}[ in {year}] as {least}: {high} against {low}.",
    source: &["glendinning-1998"],
    rests_on: "significant pairs of one NHS body (5% of either body, so every whole member counts) and council money per head",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let mut heads: BTreeMap<BodyKey<'_>, Vec<(f64, usize, &BudgetPair, bool)>> = BTreeMap::new();
            for row in pairs_of(evidence, view.alignment) {
                let (Some(left), Some(right), Some(Pence(pence))) = (row.left, row.right, row.council) else { continue };
                let Some(pair) = view.pair(left, right).filter(|pair| pair.significant) else { continue };
                let Some(people) = pair.pair.amounts.people.map(People::as_f64).filter(|people| *people >= 1.0) else { continue };
                let key = (left, row.service.as_deref(), row.fiscal_year.as_deref());
                heads.entry(key).or_default().push((pence as f64 / people, right, row, pair.significant_stable));
            }
            for ((left, ..), heads) in heads {
                // Equal figures: the smaller code stands for both.
                let lowest = heads.iter().reduce(|least, head| if head.0 < least.0 { head } else { least });
                let highest = heads.iter().reduce(|most, head| if head.0 > most.0 { head } else { most });
                let (Some((low, least, _, low_stable)), Some((high, most, row, high_stable))) = (lowest, highest) else { continue };
                if *low <= 0.0 || !thresholds.exceeded("value", high / low) {
                    continue;
                }
                let pounds_a_head = |pence: f64| pounds(Pence(pence.round() as i64));
                let values = values! {
                    body: view.name(Side::Health, left),
                    most: view.name(Side::Council, *most),
                    times: format!("{:.1}", high / low),
                    service: service(row),
                    year: text(&row.fiscal_year),
                    least: view.name(Side::Council, *least),
                    high: pounds_a_head(*high),
                    low: pounds_a_head(*low),
                };
                out.push(
                    thresholds
                        .found(values)
                        .about(view, Side::Health, left)
                        .measured("pence_a_head_ratio", high / low, Some(thresholds.value()), "ratio")
                        .people(view.people_of(Side::Health, left))
                        .declared_if(*low_stable && *high_stable)
                        .of_row(row),
                );
            }
        }
    },
};
