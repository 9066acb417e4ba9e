//! CYC: two sides that plan and set budgets at different times.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::message::values;
use super::rule::{Confidence, Evidence, Exposes, Obstruction, PairView, Rule, Thresholds, View, views};
use crate::alignment::Side;
use crate::budgets::{Cycle, MonthDay};
use crate::domain::Severity;
use crate::words::{count, pounds};

/// Cycles by body, with the side's own row for bodies that have none.
struct Calendar<'a>(BTreeMap<(Side, Option<&'a str>), &'a Cycle>);

impl<'a> Calendar<'a> {
    fn new(cycles: &'a [Cycle]) -> Self {
        Self(cycles.iter().map(|cycle| ((cycle.side, cycle.code.as_deref()), cycle)).collect())
    }

    fn of(&self, side: Side, code: &str) -> Option<&'a Cycle> {
        self.0.get(&(side, Some(code))).or_else(|| self.0.get(&(side, None))).copied()
    }
}

/// Calls `look` for each significant pair with the cycles of both bodies.
fn each_pair<'a>(evidence: &Evidence<'a>, mut look: impl FnMut(View<'a>, PairView<'a>, &'a Cycle, &'a Cycle)) {
    let Some(cycles) = evidence.cycles else { return };
    let calendar = Calendar::new(cycles);
    for view in views(evidence) {
        for pair in view.pairs().filter(|pair| pair.significant) {
            let (left, right) = (pair.pair.left, pair.pair.right);
            let health = calendar.of(Side::Health, view.code(Side::Health, left));
            let council = calendar.of(Side::Council, view.code(Side::Council, right));
            if let (Some(health), Some(council)) = (health, council) {
                look(view, pair, health, council);
            }
        }
    }
}

/// CYC-01 and CYC-03: two days of the year that are more than `value` days apart.
fn days_apart(
    evidence: &Evidence<'_>,
    thresholds: &Thresholds<'_>,
    out: &mut Vec<Obstruction>,
    metric: &'static str,
    day: fn(&Cycle) -> Option<MonthDay>,
) {
    each_pair(evidence, |view, pair, health, council| {
        let (Some(ours), Some(theirs)) = (day(health), day(council)) else { return };
        let apart = ours.days_apart(theirs);
        if !thresholds.exceeded("value", apart as f64) {
            return;
        }
        let values = values! {
            body: view.name(Side::Health, pair.pair.left),
            council: view.name(Side::Council, pair.pair.right),
            days: count(usize::try_from(apart).unwrap_or(0), "day", "days"),
            health_day: ours.to_string(),
            council_day: theirs.to_string(),
        };
        out.push(thresholds.between(view, pair, values).measured(metric, apart as f64, Some(thresholds.value()), "days"));
    });
}

pub(super) const CYC_01: Rule = Rule {
    id: "CYC-01",
    family: "CYC",
    title: "financial years start on different days",
    severity: Severity::Medium,
    condition: "the financial years of the bodies of a significant pair start more than `value` days apart, the short way round",
    thresholds: &[("value", 0.0)],
    evidence: "days between the two starts; people of the pair",
    exposes: Exposes::Pair,
    message: "{body} and {council} start their financial years {days} apart: {health_day} and {council_day}.",
    source: &["poxton"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and table of cycles",
    check: |evidence, thresholds, out| {
        days_apart(evidence, thresholds, out, "days_between_year_starts", |cycle| cycle.year_start);
    },
};

pub(super) const CYC_02: Rule = Rule {
    id: "CYC-02",
    family: "CYC",
    title: "planning horizons differ",
    severity: Severity::Low,
    condition: "the planning horizons of the bodies of a significant pair differ by at least `value` years",
    thresholds: &[("value", 1.0)],
    evidence: "difference in years; people of the pair",
    exposes: Exposes::Pair,
    message: "{body} plans {years} ahead, {council} {council_years}.",
    source: &["poxton"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and table of cycles",
    check: |evidence, thresholds, out| {
        each_pair(evidence, |view, pair, health, council| {
            let (Some(ours), Some(theirs)) = (health.horizon_years, council.horizon_years) else { return };
            let gap = (ours - theirs).abs();
            if !thresholds.reached("value", gap) {
                return;
            }
            let years = |years: f64| if years == 1.0 { "1 year".to_owned() } else { format!("{years} years") };
            let values = values! {
                body: view.name(Side::Health, pair.pair.left),
                council: view.name(Side::Council, pair.pair.right),
                years: years(ours),
                council_years: years(theirs),
            };
            out.push(thresholds.between(view, pair, values).measured("horizon_gap", gap, Some(thresholds.value()), "years"));
        });
    },
};

pub(super) const CYC_03: Rule = Rule {
    id: "CYC-03",
    family: "CYC",
    title: "budgets set out of step",
    severity: Severity::Medium,
    condition: "the bodies of a significant pair set their budgets more than `value` days apart, the short way round the year",
    thresholds: &[("value", 30.0)],
    evidence: "days between the two decisions; people of the pair",
    exposes: Exposes::Pair,
    message: "{body} and {council} set their budgets {days} apart: {health_day} and {council_day}.",
    source: &["poxton", "north-yorkshire-2025"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and table of cycles",
    check: |evidence, thresholds, out| {
        days_apart(evidence, thresholds, out, "days_between_budgets", |cycle| cycle.budget_set);
    },
};

/// Last day of a body: that of the last layer of its side that has the code; `None` if one of them has no last day.
fn last_day(evidence: &Evidence<'_>, side: Side, code: &str) -> Option<Date> {
    let ids = evidence.alignments.iter().map(|alignment| match side {
        Side::Health => &alignment.health_layer,
        Side::Council => &alignment.council_layer,
    });
    let aligned: Vec<&String> = ids.collect();
    let holding: Vec<Option<Date>> = evidence
        .layers
        .iter()
        .filter(|layer| {
            let of_side = match side {
                Side::Health => layer.role == crate::domain::Role::Health,
                Side::Council => layer.role == crate::domain::Role::Council,
            };
            (of_side || aligned.contains(&&layer.id)) && layer.position(code).is_some()
        })
        .map(|layer| layer.valid_to)
        .collect();
    holding.iter().copied().collect::<Option<Vec<Date>>>()?.into_iter().max()
}

pub(super) const CYC_04: Rule = Rule {
    id: "CYC-04",
    family: "CYC",
    title: "agreement outlives a body",
    severity: Severity::High,
    condition: "an agreement ends after the last day (`valid_to` of the layer) of its NHS body or its council",
    thresholds: &[],
    evidence: "days it runs past the body; its yearly pence",
    exposes: Exposes::Pair,
    message: "Agreement {agreement} of {body} and {council}[ ({pounds} a year)] runs to {end}, past the last day of {ending}, {last_day}.",
    source: &["glendinning-2001"],
    rests_on: "dates of agreements and of layers; no overlap",
    check: |evidence, thresholds, out| {
        for agreement in evidence.agreements.unwrap_or_default() {
            let Some(end) = agreement.end else { continue };
            // One row an agreement: in the first alignment that has its pair of bodies.
            let place = views(evidence).find_map(|view| {
                let left = view.alignment.relation.position_left(&agreement.health_code)?;
                let right = view.alignment.relation.position_right(&agreement.council_code)?;
                Some((view, left, right))
            });
            let Some((view, left, right)) = place else { continue };
            for (side, body) in [(Side::Health, left), (Side::Council, right)] {
                let Some(last) = last_day(evidence, side, view.code(side, body)).filter(|last| end > *last) else { continue };
                let days = last.until(end).map_or(0, |span| span.get_days());
                let values = values! {
                    agreement: agreement.id.clone(),
                    body: view.name(Side::Health, left),
                    council: view.name(Side::Council, right),
                    pounds: agreement.amount.map(pounds),
                    end: end.to_string(),
                    ending: view.name(side, body),
                    last_day: last.to_string(),
                };
                let (other, partner) = if side == Side::Health { (Side::Council, right) } else { (Side::Health, left) };
                let mut found = thresholds
                    .found(values)
                    .about(view, side, body)
                    .with(view, other, partner)
                    .measured("days_past", f64::from(days), Some(0.0), "days")
                    .people(view.pair(left, right).and_then(|pair| pair.pair.amounts.people))
                    .pence(agreement.amount)
                    .confidence(Confidence::Declared);
                found.service = agreement.service.clone();
                out.push(found.regarding(&agreement.id));
            }
        }
    },
};
