//! GOV: who sits at whose table, and powers that are not used.

use std::collections::{BTreeMap, BTreeSet};

use super::budgets::{is_one, pairs_of};
use super::crossings::Lines;
use super::message::values;
use super::rule::{Confidence, Evidence, Exposes, Obstruction, PairView, Rule, View, views};
use crate::alignment::{Class, Side};
use crate::budgets::{Governance, Mechanism};
use crate::domain::{Pence, Severity};
use crate::words::{count, list, people, pounds};

/// Calls `look` for each significant pair that has a governance row.
pub(super) fn each_row<'a>(evidence: &Evidence<'a>, mut look: impl FnMut(View<'a>, PairView<'a>, &'a Governance)) {
    for view in views(evidence) {
        for row in evidence.governance.unwrap_or_default() {
            let relation = &view.alignment.relation;
            let pair = relation.position_left(&row.health_code).zip(relation.position_right(&row.council_code));
            if let Some(pair) = pair.and_then(|(left, right)| view.pair(left, right)).filter(|pair| pair.significant) {
                look(view, pair, row);
            }
        }
    }
}

/// "12,300 residents", or the name of the pair's area where people are not known.
fn residents(pair: PairView<'_>) -> String {
    pair.pair.amounts.people.map_or_else(|| "the residents".to_owned(), |number| format!("{} residents", people(number)))
}

pub(super) const GOV_01: Rule = Rule {
    id: "GOV-01",
    family: "GOV",
    title: "council without a seat",
    severity: Severity::High,
    condition: "`board_seat` of a significant pair's governance row is no (blank is not no)",
    thresholds: &[],
    evidence: "share of the NHS body in the council; people of the pair",
    exposes: Exposes::Pair,
    message: "{council} has no seat on the board of {body}: {residents} of both go unrepresented there.",
    source: &["glendinning-2001"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and table of governance",
    check: |evidence, thresholds, out| {
        each_row(evidence, |view, pair, row| {
            if row.board_seat != Some(false) {
                return;
            }
            let (left, right) = (pair.pair.left, pair.pair.right);
            let values = values! {
                body: view.name(Side::Health, left),
                council: view.name(Side::Council, right),
                residents: residents(pair),
            };
            let mut found = thresholds.between(view, pair, values).fact("board_seat");
            (found.value, found.unit) = (Some(pair.share_left), "share 0-1".into());
            out.push(found);
        });
    },
};

pub(super) const GOV_02: Rule = Rule {
    id: "GOV-02",
    family: "GOV",
    title: "representative without a role",
    severity: Severity::Low,
    condition: "`board_seat` is yes, `office` is none, and `ssd_member` or `commissioning_subgroup` is no",
    thresholds: &[],
    evidence: "the fields; people of the pair",
    exposes: Exposes::Pair,
    message: "{council} sits on the board of {body}, but holds no office and {why}.",
    source: &["glendinning-2001"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and table of governance",
    check: |evidence, thresholds, out| {
        each_row(evidence, |view, pair, row| {
            let no_office = row.office.as_deref() == Some("none");
            let no_group = row.ssd_member == Some(false) || row.commissioning_subgroup == Some(false);
            if row.board_seat != Some(true) || !no_office || !no_group {
                return;
            }
            let why = if row.commissioning_subgroup == Some(false) {
                "there is no commissioning subgroup"
            } else {
                "is not in the commissioning subgroup"
            };
            let values = values! {
                body: view.name(Side::Health, pair.pair.left),
                council: view.name(Side::Council, pair.pair.right),
                why: why.to_owned(),
            };
            out.push(thresholds.between(view, pair, values).fact("office"));
        });
    },
};

pub(super) const GOV_03: Rule = Rule {
    id: "GOV-03",
    family: "GOV",
    title: "no joint plan",
    severity: Severity::Medium,
    condition: "a significant pair has no joint_investment_plan in an agreements table that has at least one",
    thresholds: &[],
    evidence: "share of the NHS body in the council; people of the pair",
    exposes: Exposes::Pair,
    message: "{body} and {council} have no joint investment plan for {residents} of both.",
    source: &["glendinning-2001"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and agreements",
    check: |evidence, thresholds, out| {
        let agreements = evidence.agreements.unwrap_or_default();
        let plans = || agreements.iter().filter(|agreement| agreement.mechanism == Mechanism::JointInvestmentPlan);
        if plans().next().is_none() {
            return;
        }
        for view in views(evidence) {
            for pair in view.pairs().filter(|pair| pair.significant) {
                let (health, council) = (view.code(Side::Health, pair.pair.left), view.code(Side::Council, pair.pair.right));
                if plans().any(|plan| plan.health_code == health && plan.council_code == council) {
                    continue;
                }
                let values = values! {
                    body: view.name(Side::Health, pair.pair.left),
                    council: view.name(Side::Council, pair.pair.right),
                    residents: residents(pair),
                };
                let mut found = thresholds.between(view, pair, values).fact("joint_investment_plan");
                (found.value, found.unit) = (Some(pair.share_left), "share 0-1".into());
                out.push(found);
            }
        }
    },
};

pub(super) const GOV_04: Rule = Rule {
    id: "GOV-04",
    family: "GOV",
    title: "districts absent",
    severity: Severity::Low,
    condition: "the council is a county (attribute `tier`), and `district_seat` of the pair's governance row is no",
    thresholds: &[],
    evidence: "the field; people of the pair",
    exposes: Exposes::Pair,
    message: "No district of {council} has a seat on the board of {body}.",
    source: &["glendinning-2001"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and table of governance",
    check: |evidence, thresholds, out| {
        each_row(evidence, |view, pair, row| {
            let tier = view.area(evidence, Side::Council, pair.pair.right).and_then(|area| area.attributes.get("tier"));
            if row.district_seat != Some(false) || tier.map(String::as_str) != Some("county") {
                return;
            }
            let values = values! {
                body: view.name(Side::Health, pair.pair.left),
                council: view.name(Side::Council, pair.pair.right),
            };
            out.push(thresholds.between(view, pair, values).fact("district_seat"));
        });
    },
};

pub(super) const GOV_05: Rule = Rule {
    id: "GOV-05",
    family: "GOV",
    title: "missed opportunity",
    severity: Severity::Info,
    condition: "the NHS body is coterminous with a council, both state money for a service and a year, and neither a joint line nor an agreement in \
                the agreements table uses a flexibility (pooled, lead commissioning, integrated provision); not care trusts and integrated boards",
    thresholds: &[],
    evidence: "pence of both sides; people of the pair",
    exposes: Exposes::Pair,
    message: "{body} and {council} share one boundary and spend {pounds}[ on {service}], and use none of the powers to pool it.",
    source: &["glendinning-2001", "health-act-1999"],
    rests_on: "class `coterminous`, which is mutual, money of the pair and agreements",
    check: |evidence, thresholds, out| {
        let Some(agreements) = evidence.agreements else { return };
        // A line of unknown mechanism may be one: that is not known to be missing.
        let flexible: BTreeSet<(&str, &str, Option<&str>)> = evidence
            .lines
            .iter()
            .filter(|line| line.mechanism.is_none_or(Mechanism::is_flexibility))
            .filter_map(|line| Some((line.layer.as_ref(), line.code.as_deref()?, line.service.as_deref())))
            .collect();
        for view in views(evidence) {
            let (health_layer, council_layer) = (view.alignment.health_layer.as_str(), view.alignment.council_layer.as_str());
            for row in pairs_of(evidence, view.alignment) {
                let (Some(left), Some(right), Some(Pence(health)), Some(Pence(council))) = (row.left, row.right, row.health, row.council)
                else {
                    continue;
                };
                let metrics = view.alignment.body(Side::Health, left, view.basis);
                let Some(pair) = view.pair(left, right) else { continue };
                let matched =
                    metrics.is_some_and(|metrics| metrics.class == Some(Class::Coterminous) && metrics.main_partner == Some(right));
                if !matched || health <= 0 || council <= 0 || is_one(evidence, view, left) {
                    continue;
                }
                let (health_code, council_code) = (view.code(Side::Health, left), view.code(Side::Council, right));
                let by_agreement = agreements.iter().any(|agreement| {
                    agreement.health_code == health_code
                        && agreement.council_code == council_code
                        && agreement.mechanism.is_flexibility()
                        && agreement.covers(row.service.as_deref())
                });
                let service = row.service.as_deref();
                let by_line =
                    flexible.contains(&(health_layer, health_code, service)) || flexible.contains(&(council_layer, council_code, service));
                if by_agreement || by_line {
                    continue;
                }
                let both = Pence(health.saturating_add(council));
                let values = values! {
                    body: view.name(Side::Health, left),
                    council: view.name(Side::Council, right),
                    pounds: pounds(both),
                    service: row.service.as_deref().map(|service| service.replace('_', " ")),
                };
                let mut found = thresholds
                    .between(view, pair, values)
                    .measured("pence_of_both", both.0 as f64, None, "pence")
                    .pence(Some(both))
                    .declared_if(metrics.is_some_and(|metrics| metrics.class_stable));
                found.service = row.service.as_deref().map(str::to_owned);
                found.fiscal_year = row.fiscal_year.as_deref().map(str::to_owned);
                out.push(found);
            }
        }
    },
};

/// Whether an obstruction concerns the pair: it names both bodies, or one of them alone. What is about the crossing parts of a body, or of the
/// tangle it is in, concerns those of its pairs that are one, or where one would belong (`crosses`), and no other.
fn concerns(found: &Obstruction, view: View<'_>, (health, council): (&str, &str), component: Option<&str>, crosses: bool) -> bool {
    if found.alignment.as_deref() != Some(view.alignment.id.as_str()) {
        return false;
    }
    let (subject, partner) = (found.subject_code.as_deref(), found.partner_code.as_deref());
    if matches!(found.exposes, Exposes::Parts | Exposes::Component) {
        let here = match found.subject_side {
            _ if found.exposes == Exposes::Component => component,
            Some(Side::Council) => Some(council),
            _ => Some(health),
        };
        return crosses && subject.is_some() && subject == here;
    }
    let both = (subject == Some(health) && partner == Some(council)) || (subject == Some(council) && partner == Some(health));
    both || (found.subject_side == Some(Side::Health) && subject == Some(health) && partner.is_none())
}

/// What a rule counts as among those of high severity: one line in the wrong place is one thing, however many rules see it (BND).
fn kind(found: &Obstruction) -> &str {
    if found.family == "BND" { found.family } else { &found.id }
}

pub(super) const GOV_06: Rule = Rule {
    id: "GOV-06",
    family: "GOV",
    title: "powers to require pooling",
    severity: Severity::Info,
    condition: "at least `value` kinds of obstruction of high severity fire for a significant pair or its NHS body as a whole (rules that are not \
                disabled; all boundary rules count as one kind; those about crossing parts count where the pair is one, or where one of the NHS body would belong), and nothing is known \
                or likely to be pooled: no pooled line of either body and no pooled agreement of the pair (needs an agreements table; a line of \
                unknown mechanism may be pooled; not care trusts and integrated boards)",
    thresholds: &[("value", 2.0)],
    evidence: "number of kinds; people of the pair",
    exposes: Exposes::Pair,
    message: "{body} and {council} have {kinds} of high severity ({rules}) and no pool; powers to require one apply.",
    source: &["glendinning-2001", "goodwin-2001"],
    rests_on: "obstructions of high severity that the other rules found for the pair; those about crossing parts count where the pair is one, or where one would belong",
    // Runs after the other families: what it looks at is what they found.
    check: |evidence, thresholds, out| {
        let Some(agreements) = evidence.agreements else { return };
        let pooled: BTreeSet<(&str, &str)> = evidence
            .lines
            .iter()
            .filter(|line| line.source_row.is_some() && line.mechanism.is_none_or(|mechanism| mechanism == Mechanism::Pooled))
            .filter_map(|line| Some((line.layer.as_ref(), line.code.as_deref()?)))
            .collect();
        let mut watched = Vec::new();
        // By subject, so that a pair is compared with what is about its bodies and not with everything.
        let mut high: BTreeMap<&str, Vec<&Obstruction>> = BTreeMap::new();
        for found in out.iter().filter(|found| found.severity == Severity::High) {
            if let Some(subject) = found.subject_code.as_deref() {
                high.entry(subject).or_default().push(found);
            }
        }
        for view in views(evidence) {
            let lines = Lines::of(view);
            for pair in view.pairs().filter(|pair| pair.significant) {
                let (left, right) = (pair.pair.left, pair.pair.right);
                let (health, council) = (view.code(Side::Health, left), view.code(Side::Council, right));
                let agreed = agreements.iter().any(|agreement| {
                    agreement.mechanism == Mechanism::Pooled && agreement.health_code == health && agreement.council_code == council
                });
                let by_line = pooled.contains(&(view.alignment.health_layer.as_str(), health))
                    || pooled.contains(&(view.alignment.council_layer.as_str(), council));
                if agreed || by_line || is_one(evidence, view, left) {
                    continue;
                }
                let crosses = lines.as_ref().is_some_and(|lines| {
                    lines.crosses(left, right) || lines.parts(Side::Health, left).iter().any(|part| part.right_would_be == Some(right))
                });
                let components = view.alignment.components.iter().filter(|component| component.basis == view.basis);
                let component = components.into_iter().find(|component| component.health.contains(&left));
                let component = component.map(|component| component.name.as_str());
                let about = || [Some(health), Some(council), component].into_iter().flatten().filter_map(|code| high.get(code)).flatten();
                let met = || about().filter(|found| concerns(found, view, (health, council), component, crosses));
                let rules: BTreeSet<&str> = met().map(|found| kind(found)).collect();
                let certain: BTreeSet<&str> =
                    met().filter(|found| found.confidence != Confidence::Unstable).map(|found| kind(found)).collect();
                if rules.is_empty() || !thresholds.reached("value", rules.len() as f64) {
                    continue;
                }
                let ids: BTreeSet<String> = met().map(|found| found.id.to_string()).collect();
                let ids: Vec<String> = ids.into_iter().collect();
                let values = values! {
                    body: view.name(Side::Health, left),
                    council: view.name(Side::Council, right),
                    kinds: count(rules.len(), "kind of obstruction", "kinds of obstruction"),
                    rules: list(&ids),
                };
                watched.push(
                    thresholds
                        .between(view, pair, values)
                        .measured("high_kinds", rules.len() as f64, Some(thresholds.value()), "kinds")
                        .declared_if(pair.significant_stable && thresholds.reached("value", certain.len() as f64)),
                );
            }
        }
        out.extend(watched);
    },
};
