//! BUD-04, BUD-06, BUD-08: for whom money is meant, in how many pools it lies, and what no pool holds.

use std::collections::{BTreeMap, BTreeSet};

use super::budgets::{pairs_of, service, text};
use super::holdings::Holdings;
use super::message::values;
use super::populations::attribute_number;
use super::rule::{Evidence, Exposes, Rule, View, views};
use crate::alignment::Side;
use crate::budgets::{Agreement, BudgetPair, Mechanism, PopulationBasis, concentration};
use crate::domain::{Pence, Severity};
use crate::words::{count, list, percent, pounds};

/// Sum of amounts of which each is known, within 64 bits.
fn sum(amounts: impl IntoIterator<Item = Option<Pence>>) -> Option<Pence> {
    amounts.into_iter().try_fold(0i64, |sum, amount| sum.checked_add(amount?.0)).map(Pence)
}

/// "registered patients" or "residents".
fn whom(basis: PopulationBasis) -> &'static str {
    match basis {
        PopulationBasis::Registered => "registered patients",
        PopulationBasis::Resident => "residents",
    }
}

pub(super) const BUD_04: Rule = Rule {
    id: "BUD-04",
    family: "BUD",
    title: "population basis differs",
    severity: Severity::Medium,
    condition: "both bodies of a significant pair state money for a service and a year, all lines of each say for whom it is meant \
                (`population_basis`), and one means registered patients, the other residents; one row per pair and year",
    thresholds: &[],
    evidence: "registered / resident - 1 where attribute `registered` is known; people of the pair; pence of both sides in the services",
    exposes: Exposes::Pair,
    message: "The money of {body} is meant for {whom} and that of {council} for {others}, in {services}[ in {year}].",
    source: &["hansard-2006"],
    rests_on: "significant pairs (5% of either body, so every whole member counts) and budget lines",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let says = |line: &crate::budgets::BudgetLine| line.population_basis.is_some();
            let health_lines = Holdings::new(evidence, &view.alignment.health_layer, says);
            let council_lines = Holdings::new(evidence, &view.alignment.council_layer, says);
            // Pair and year: the services, with the basis of either side.
            type Met<'a> = Vec<(&'a BudgetPair, PopulationBasis, PopulationBasis)>;
            let mut pairs: BTreeMap<(usize, usize, Option<&str>), Met<'_>> = BTreeMap::new();
            for row in pairs_of(evidence, view.alignment) {
                let (Some(left), Some(right)) = (row.left, row.right) else { continue };
                if !view.pair(left, right).is_some_and(|pair| pair.significant) {
                    continue;
                }
                let (service, year) = (row.service.as_deref(), row.fiscal_year.as_deref());
                let ours = health_lines.of(view.code(Side::Health, left), service, year).and_then(|held| held.basis());
                let theirs = council_lines.of(view.code(Side::Council, right), service, year).and_then(|held| held.basis());
                if let (Some(ours), Some(theirs)) = (ours, theirs)
                    && ours != theirs
                {
                    pairs.entry((left, right, year)).or_default().push((row, ours, theirs));
                }
            }
            for ((left, right, _), met) in pairs {
                let (Some((first, ours, theirs)), Some(pair)) = (met.first(), view.pair(left, right)) else { continue };
                let names: Vec<String> = met.iter().map(|(row, ..)| service(row)).collect();
                let values = values! {
                    body: view.name(Side::Health, left),
                    council: view.name(Side::Council, right),
                    whom: whom(*ours).to_owned(),
                    others: whom(*theirs).to_owned(),
                    services: list(&names),
                    year: text(&first.fiscal_year),
                };
                let mut found = thresholds
                    .between(view, pair, values)
                    .fact("population_basis")
                    .pence(sum(met.iter().flat_map(|(row, ..)| [row.health, row.council])));
                let registered = view.area(evidence, Side::Health, left).and_then(|area| attribute_number(area, "registered"));
                let residents = view.people_of(Side::Health, left).filter(|people| people.0 > 0);
                if let (Some(registered), Some(residents)) = (registered, residents) {
                    (found.value, found.unit) = (Some(registered / residents.as_f64() - 1.0), "share of residents".into());
                }
                found.fiscal_year = text(&first.fiscal_year);
                out.push(found);
            }
        }
    },
};

/// The largest set of a pair's pools that can be in force on one day; of equals, the earliest.
fn together<'a>(pools: &[&'a Agreement]) -> Vec<&'a Agreement> {
    let mut days: Vec<_> = pools.iter().filter_map(|pool| pool.start).collect();
    days.sort();
    let on = |day| pools.iter().copied().filter(|pool| pool.runs_between(day, day)).collect::<Vec<_>>();
    // Where no start is known, nothing says that any two do not run together.
    days.into_iter()
        .map(on)
        .fold(None, |most: Option<Vec<&Agreement>>, next| match most {
            Some(most) if most.len() >= next.len() => Some(most),
            _ => Some(next),
        })
        .unwrap_or_else(|| pools.to_vec())
}

pub(super) const BUD_06: Rule = Rule {
    id: "BUD-06",
    family: "BUD",
    title: "fragmented pools",
    severity: Severity::Medium,
    condition: "a significant pair has at least `pools` pooled budgets at the same time, or two or more of which the sum of squared shares is \
                below `concentration`; pools are the pair's pooled agreements that run on one day, or, where it has none, the services of a \
                year in which its lines are pooled",
    thresholds: &[("pools", 3.0), ("concentration", 0.4)],
    evidence: "number of pools; pence of all of them; people of the pair",
    exposes: Exposes::Pair,
    message: "{body} and {council} have {pools} ({names})[, of {pounds} together; the largest holds {share}].",
    source: &["goodwin-2001"],
    rests_on: "significant pairs (5% of either body, so every whole member counts), agreements and budget lines",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for pair in view.pairs().filter(|pair| pair.significant) {
                let (left, right) = (pair.pair.left, pair.pair.right);
                let (health, council) = (view.code(Side::Health, left), view.code(Side::Council, right));
                let agreed: Vec<&Agreement> = evidence
                    .agreements
                    .unwrap_or_default()
                    .iter()
                    .filter(|agreement| agreement.mechanism == Mechanism::Pooled)
                    .filter(|agreement| agreement.health_code == health && agreement.council_code == council)
                    .collect();
                // Year: amounts, and names, of its pools.
                type Pools = (Vec<Option<Pence>>, BTreeSet<String>);
                let mut years: BTreeMap<Option<String>, Pools> = BTreeMap::new();
                if agreed.is_empty() {
                    let rows = pairs_of(evidence, view.alignment).iter().filter(|row| row.left == Some(left) && row.right == Some(right));
                    for row in rows.filter(|row| row.pooled.is_some_and(|pooled| pooled.0 > 0)) {
                        let entry = years.entry(text(&row.fiscal_year)).or_default();
                        entry.0.push(row.pooled);
                        entry.1.insert(service(row));
                    }
                } else {
                    let pools = together(&agreed);
                    let names = pools
                        .iter()
                        .map(|pool| pool.service.as_deref().map_or_else(|| "all services".to_owned(), |service| service.replace('_', " ")));
                    years.insert(None, (pools.iter().map(|pool| pool.amount).collect(), names.collect()));
                }
                for (fiscal_year, (amounts, names)) in years {
                    let number = amounts.len();
                    let index = concentration(&amounts);
                    let spread = number > 1 && index.is_some_and(|index| !thresholds.reached("concentration", index));
                    if !thresholds.reached("pools", number as f64) && !spread {
                        continue;
                    }
                    let whole = sum(amounts.iter().copied());
                    let largest = whole.filter(|whole| whole.0 > 0).zip(amounts.iter().copied().max().flatten());
                    let values = values! {
                        body: view.name(Side::Health, left),
                        council: view.name(Side::Council, right),
                        pools: count(number, "pool", "pools"),
                        names: list(&names.into_iter().collect::<Vec<_>>()),
                        pounds: largest.map(|(whole, _)| pounds(whole)),
                        share: largest.map(|(whole, largest)| percent(largest.0 as f64 / whole.0 as f64)),
                    };
                    let mut found = thresholds
                        .between(view, pair, values)
                        .measured("pools", number as f64, Some(thresholds.get("pools")), "pools")
                        .pence(whole);
                    found.fiscal_year = fiscal_year;
                    out.push(found);
                }
            }
        }
    },
};

/// The rank of a service among an NHS body's priorities, where it is one.
fn priority(evidence: &Evidence<'_>, code: &str, service: &str) -> Option<Option<u32>> {
    let rows = || evidence.priorities.unwrap_or_default().iter().filter(|row| row.service == service);
    let own = rows().find(|row| row.health_code.as_deref() == Some(code));
    own.or_else(|| rows().find(|row| row.health_code.is_none())).map(|row| row.rank)
}

pub(super) const BUD_08: Rule = Rule {
    id: "BUD-08",
    family: "BUD",
    title: "priority not pooled",
    severity: Severity::Medium,
    condition: "a service of the priorities table is funded by either side of a significant pair of that NHS body in a year, and nothing of it \
                is pooled between the two: neither by lines nor by an agreement (an amount that is not known may be pooled)",
    thresholds: &[],
    evidence: "pooled pence (0); pence of both sides; people of the pair",
    exposes: Exposes::Pair,
    message: "{service} is {priority} of {body}, and none of its money is pooled with {council}[ in {year}].",
    source: &["glendinning-2001"],
    rests_on: "significant pairs (5% of either body, so every whole member counts), priorities and pooled money",
    check: |evidence, thresholds, out| {
        if evidence.priorities.is_none() {
            return;
        }
        let holds_pool = |agreement: &Agreement, view: View<'_>, left, right, service: &str| {
            agreement.mechanism == Mechanism::Pooled
                && agreement.health_code == view.code(Side::Health, left)
                && agreement.council_code == view.code(Side::Council, right)
                && agreement.covers(Some(service))
                && agreement.amount.is_none()
        };
        for view in views(evidence) {
            for row in pairs_of(evidence, view.alignment) {
                let (Some(left), Some(right), Some(Pence(0)), Some(named)) = (row.left, row.right, row.pooled, row.service.as_deref())
                else {
                    continue;
                };
                let Some(pair) = view.pair(left, right).filter(|pair| pair.significant) else { continue };
                let Some(rank) = priority(evidence, view.code(Side::Health, left), named) else { continue };
                let agreements = evidence.agreements.unwrap_or_default();
                if agreements.iter().any(|agreement| holds_pool(agreement, view, left, right, named)) {
                    continue;
                }
                let place = rank.map_or_else(|| "a priority".to_owned(), |rank| format!("priority {rank}"));
                let values = values! {
                    service: named.replace('_', " "),
                    priority: place,
                    body: view.name(Side::Health, left),
                    council: view.name(Side::Council, right),
                    year: text(&row.fiscal_year),
                };
                out.push(
                    thresholds
                        .between(view, pair, values)
                        .measured("pooled_pence", 0.0, None, "pence")
                        .pence(sum([row.health, row.council]))
                        .of_row(row),
                );
            }
        }
    },
};
