//! Every threshold of every rule at exactly its decimal, just below and just above it.

use std::collections::{BTreeMap, BTreeSet};

use coterminous::alignment::measure;
use coterminous::budgets::{Reach, read_cycles};
use coterminous::config::SchemeKind::{Fundholding, PmsPilot, TotalPurchasing};
use coterminous::config::Tolerances;
use coterminous::domain::{Role, Severity};
use coterminous::obstructions::{Obstruction, RULES};

use super::budgets::{layer, relation, table};
use super::obstructions::{Case, succession};
use super::obstructions_each::at_work;
use super::obstructions_joint::{PEOPLE, lines};

/// How a rule compares what it measured with a threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fires {
    /// "At least", "from".
    From,
    /// "More than".
    Above,
    /// "Less than", "below".
    Below,
    /// "At most".
    UpTo,
}

/// A country in which a rule measures exactly `figure`.
struct Edge {
    rule: &'static str,
    threshold: &'static str,
    fires: Fires,
    figure: f64,
    /// Thresholds of the rule that must not decide.
    others: &'static [(&'static str, f64)],
    case: fn() -> Case,
    /// Whether what was found is what the threshold decides.
    met: fn(&Obstruction) -> bool,
}

const NEVER: f64 = 1e12;
/// What thresholds are moved by: less than any figure of a return says.
const STEP: f64 = 1e-6;

fn any(_: &Obstruction) -> bool {
    true
}

fn high(found: &Obstruction) -> bool {
    found.severity == Severity::High
}

fn medium(found: &Obstruction) -> bool {
    found.severity >= Severity::Medium
}

/// Bodies P1.. and councils L1.. by land alone, a square metre a number.
fn land(areas: &[&[i64]]) -> Case {
    let names = |letter: &str, number: usize| (1..=number).map(|at| format!("{letter}{at}")).collect::<Vec<_>>();
    let bare = |id: &str, role: Role, codes: &[String]| {
        layer(id, role, &codes.iter().map(|code| (code.as_str(), code.as_str())).collect::<Vec<_>>())
    };
    let health = bare("pct", Role::Health, &names("P", areas.len()));
    let council = bare("la", Role::Council, &names("L", areas[0].len() - 1));
    let mut relation = relation(&health, &council, areas);
    relation.has_people = false;
    for pair in &mut relation.pairs {
        (pair.amounts.people, pair.amounts.people_low, pair.amounts.people_high) = (None, None, None);
    }
    for body in relation.left.iter_mut().chain(&mut relation.right) {
        body.people = None;
    }
    let alignment = measure("test", "pct", "la", relation, &Tolerances::default());
    Case { layers: vec![health, council], alignments: vec![alignment], ..Case::default() }
}

/// 500 of P1's 10,000 are in L2: 5%.
fn body_across() -> Case {
    Case::new(&[&[9_500, 500, 0], &[0, 30_000, 0]])
}

/// 500 of L2's 10,000 are with P1: 5%.
fn council_across() -> Case {
    Case::new(&[&[40_000, 500, 0], &[0, 9_500, 0]])
}

/// P2 is in two councils, each of which has another body: 50,000 of 1,000,000 in all cross.
const TANGLE: &[&[i64]] = &[&[400_000, 0, 0], &[50_000, 150_000, 0], &[0, 400_000, 0]];

/// By people 30% of P1 are in L2, by land 40%: 0.4 - 0.3 is a little more than 0.1 in binary.
fn land_and_people() -> Case {
    let health = layer("pct", Role::Health, &[("P1", "Trust 1"), ("P2", "Trust 2")]);
    let council = layer("la", Role::Council, &[("L1", "Town"), ("L2", "Moor")]);
    let mut relation = relation(&health, &council, &[&[70_000, 30_000, 0], &[0, 100_000, 0]]);
    (relation.pairs[0].amounts.area_m2, relation.pairs[1].amounts.area_m2) = (60_000.0, 40_000.0);
    (relation.right[0].area_m2, relation.right[1].area_m2) = (60_000.0, 140_000.0);
    let alignment = measure("test", "pct", "la", relation, &Tolerances::default());
    Case { layers: vec![health, council], alignments: vec![alignment], ..Case::default() }
}

fn pcg(people: i64) -> Case {
    Case::new(&[&[people, 0]]).attribute("P1", "org_type", "pcg")
}

fn schemes(rows: Vec<Reach>) -> Case {
    let mut case = Case::new(&[&[90_000, 0], &[80_000, 0]]);
    case.schemes = rows;
    case
}

/// A tenth of P1's 1,000 pounds is for people in L2.
fn money_across() -> Case {
    Case::new(&[&[360_000, 40_000, 0], &[0, 400_000, 0]])
        .lines(&[&["P1", "1000", "acute", "mainstream"]], &[&["L2", "0", "acute", "mainstream"]])
}

/// 34 of 1,000 pounds are pooled.
fn small_pool() -> Case {
    let health: &[&[&str]] = &[&["P1", "34", "carers", "pooled"], &["P1", "466", "carers", "mainstream"]];
    Case::new(&[&[100_000, 0]]).lines(health, &[&["L1", "500", "carers", "mainstream"]])
}

/// Three pools of 50, 30 and 20: 0.25 + 0.09 + 0.04 = 0.38.
fn three_pools() -> Case {
    let pool = |id: &'static str, service: &'static str, amount: &'static str| [id, "P1", "L1", service, "pooled", "", "", amount];
    let pools = [pool("a", "equipment", "50"), pool("b", "carers", "30"), pool("c", "acute", "20")];
    Case::new(&[&[100_000, 0]]).agreements(&[&pools[0], &pools[1], &pools[2]])
}

/// 90 of 100 joint pounds are a grant.
fn mostly_grant() -> Case {
    let health: &[&[&str]] = &[&["P1", "90", "carers", "grant"], &["P1", "10", "carers", "pooled"]];
    Case::new(&[&[100_000, 0]]).lines(health, &[&["L1", "500", "carers", "mainstream"]])
}

/// L1 has 1.10 pounds a head, L2 1.375: 1.25 times as much.
fn a_head() -> Case {
    let council: &[&[&str]] = &[&["L1", "66000", "carers", "mainstream"], &["L2", "192500", "carers", "mainstream"]];
    Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]]).lines(&[&["P1", "1", "carers", "mainstream"]], council)
}

/// Years begin 90 days apart, budgets are set 62 days apart, and 4.1 - 3.1 is a little less than 1 in binary.
fn cycles() -> Case {
    let mut case = Case::new(&[&[100_000, 0]]);
    let columns = ["side", "code", "year_start", "plan_submit", "budget_set", "horizon_years"];
    let rows = table(&columns, &[&["health", "", "04-01", "", "12-20", "4.1"], &["council", "", "01-01", "", "02-20", "3.1"]]);
    case.cycles = Some(read_cycles(&rows, &case.layers).unwrap().0);
    case
}

/// P1's money is at practice level, L1's at strategic level: two steps.
fn levels() -> Case {
    let health: &[&[&str]] = &[&["P1", "60", "carers", "mainstream", "practice", ""]];
    lines(Case::new(PEOPLE), health, &[&["L1", "50", "carers", "mainstream", "strategic", ""]])
}

/// P1 crosses a line with 40% of its people and money, and has no pool: two kinds of high severity.
fn no_pool() -> Case {
    let case = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]]);
    let case = case.agreements(&[&["p", "P2", "L2", "", "joint_investment_plan", "", "", ""]]);
    case.lines(&[&["P1", "1000", "carers", "mainstream"]], &[&["L2", "0", "carers", "mainstream"]])
}

/// P1 and L1 change on days that are 24 months apart.
fn both_change() -> Case {
    let mut case = Case::new(&[&[100, 0, 0], &[0, 80, 0]]);
    let old = layer("pct-old", Role::Health, &[("O1", "Old 1"), ("O2", "Old 2"), ("P2", "Trust 2")]);
    let councils = layer("la-old", Role::Council, &[("L2", "Council 2"), ("M1", "Old council 1"), ("M2", "Old council 2")]);
    case.successions = vec![
        succession("health", &old, &case.layers[0], Some("2006-10-01"), &[&[60, 0, 0], &[40, 0, 0], &[0, 80, 0]]),
        succession("council", &councils, &case.layers[1], Some("2008-10-01"), &[&[0, 80, 0], &[70, 0, 0], &[30, 0, 0]]),
    ];
    case.layers.extend([old, councils]);
    case
}

#[rustfmt::skip]
const EDGES: &[Edge] = &[
    Edge { rule: "BND-01", threshold: "people", fires: Fires::From, figure: 500.0, others: &[("share", NEVER)], case: body_across, met: high },
    Edge { rule: "BND-01", threshold: "share", fires: Fires::From, figure: 0.05, others: &[("people", NEVER)], case: body_across, met: high },
    Edge { rule: "BND-01", threshold: "medium", fires: Fires::From, figure: 500.0, others: &[("people", NEVER), ("share", NEVER)], case: body_across, met: medium },
    Edge { rule: "BND-01", threshold: "land", fires: Fires::From, figure: 0.05, others: &[("share", NEVER)], case: || land(&[&[9_500, 500, 0], &[0, 30_000, 0]]), met: medium },
    Edge { rule: "BND-02", threshold: "value", fires: Fires::From, figure: 2.0, others: &[], case: || Case::new(&[&[100_000, 0, 0], &[50_000, 0, 0], &[0, 90_000, 0]]), met: any },
    Edge { rule: "BND-02", threshold: "medium", fires: Fires::From, figure: 4.0, others: &[], case: || Case::new(&[&[50_000, 0, 0], &[50_000, 0, 0], &[50_000, 0, 0], &[50_000, 0, 0], &[3_000, 90_000, 0]]), met: medium },
    Edge { rule: "BND-04", threshold: "people", fires: Fires::From, figure: 50_000.0, others: &[], case: || Case::new(TANGLE), met: high },
    Edge { rule: "BND-04", threshold: "medium", fires: Fires::From, figure: 50_000.0, others: &[("people", NEVER)], case: || Case::new(TANGLE), met: medium },
    Edge { rule: "BND-04", threshold: "share", fires: Fires::From, figure: 0.05, others: &[], case: || land(TANGLE), met: high },
    Edge { rule: "BND-04", threshold: "land", fires: Fires::From, figure: 0.05, others: &[("share", NEVER)], case: || land(TANGLE), met: medium },
    Edge { rule: "BND-05", threshold: "people", fires: Fires::From, figure: 500.0, others: &[("share", NEVER)], case: body_across, met: high },
    Edge { rule: "BND-05", threshold: "share", fires: Fires::From, figure: 0.05, others: &[("people", NEVER)], case: body_across, met: high },
    Edge { rule: "BND-05", threshold: "medium", fires: Fires::From, figure: 500.0, others: &[("people", NEVER), ("share", NEVER)], case: body_across, met: medium },
    Edge { rule: "BND-05", threshold: "land", fires: Fires::From, figure: 0.05, others: &[("share", NEVER)], case: || land(&[&[9_500, 500, 0], &[0, 30_000, 0]]), met: medium },
    Edge { rule: "BND-06", threshold: "people", fires: Fires::From, figure: 500.0, others: &[("share", NEVER)], case: council_across, met: high },
    Edge { rule: "BND-06", threshold: "share", fires: Fires::From, figure: 0.05, others: &[("people", NEVER)], case: council_across, met: high },
    Edge { rule: "BND-06", threshold: "medium", fires: Fires::From, figure: 500.0, others: &[("people", NEVER), ("share", NEVER)], case: council_across, met: medium },
    Edge { rule: "BND-06", threshold: "land", fires: Fires::From, figure: 0.05, others: &[("share", NEVER)], case: || land(&[&[40_000, 500, 0], &[0, 9_500, 0]]), met: medium },
    Edge { rule: "BND-08", threshold: "value", fires: Fires::Above, figure: 0.1, others: &[], case: land_and_people, met: |found| found.subject_code.as_deref() == Some("P1") },
    Edge { rule: "BND-10", threshold: "value", fires: Fires::Above, figure: 0.05, others: &[], case: || Case::new(&[&[100_000, 0]]).attribute("P1", "registered", "105000"), met: any },
    Edge { rule: "BND-11", threshold: "least", fires: Fires::Below, figure: 40_000.0, others: &[], case: || pcg(40_000), met: any },
    Edge { rule: "BND-11", threshold: "most", fires: Fires::Above, figure: 300_000.0, others: &[], case: || pcg(300_000), met: any },
    Edge { rule: "BND-13", threshold: "across", fires: Fires::From, figure: 1.0, others: &[("kinds", NEVER)], case: || schemes(vec![at_work(Fundholding, "ridge", "P1", None), at_work(Fundholding, "ridge", "P2", None)]), met: any },
    Edge { rule: "BND-13", threshold: "kinds", fires: Fires::From, figure: 3.0, others: &[("across", NEVER)], case: || schemes(vec![at_work(Fundholding, "a", "P1", None), at_work(PmsPilot, "b", "P1", None), at_work(TotalPurchasing, "c", "P1", None)]), met: any },
    Edge { rule: "BUD-01", threshold: "share", fires: Fires::From, figure: 0.1, others: &[("pounds", NEVER)], case: money_across, met: high },
    Edge { rule: "BUD-01", threshold: "pounds", fires: Fires::From, figure: 100.0, others: &[("share", NEVER)], case: money_across, met: high },
    Edge { rule: "BUD-01", threshold: "medium", fires: Fires::From, figure: 100.0, others: &[("share", NEVER), ("pounds", NEVER)], case: money_across, met: medium },
    Edge { rule: "BUD-05", threshold: "value", fires: Fires::Below, figure: 0.034, others: &[], case: small_pool, met: any },
    Edge { rule: "BUD-06", threshold: "pools", fires: Fires::From, figure: 3.0, others: &[("concentration", 0.0)], case: three_pools, met: any },
    Edge { rule: "BUD-06", threshold: "concentration", fires: Fires::Below, figure: 0.38, others: &[("pools", NEVER)], case: three_pools, met: any },
    Edge { rule: "BUD-07", threshold: "value", fires: Fires::From, figure: 0.9, others: &[], case: mostly_grant, met: any },
    Edge { rule: "BUD-09", threshold: "value", fires: Fires::Above, figure: 1.25, others: &[], case: a_head, met: any },
    Edge { rule: "CYC-01", threshold: "value", fires: Fires::Above, figure: 90.0, others: &[], case: cycles, met: any },
    Edge { rule: "CYC-02", threshold: "value", fires: Fires::From, figure: 1.0, others: &[], case: cycles, met: any },
    Edge { rule: "CYC-03", threshold: "value", fires: Fires::Above, figure: 62.0, others: &[], case: cycles, met: any },
    Edge { rule: "GOV-06", threshold: "value", fires: Fires::From, figure: 2.0, others: &[], case: no_pool, met: any },
    Edge { rule: "LVL-01", threshold: "value", fires: Fires::From, figure: 2.0, others: &[], case: levels, met: any },
    Edge { rule: "MRG-08", threshold: "value", fires: Fires::UpTo, figure: 24.0, others: &[], case: both_change, met: any },
];

#[test]
fn every_threshold_holds_at_exactly_its_decimal() {
    for edge in EDGES {
        let fires = |threshold: f64| {
            let mut case = (edge.case)();
            let values = std::iter::once((edge.threshold, threshold)).chain(edge.others.iter().copied());
            let values: BTreeMap<String, f64> = values.map(|(name, value)| (name.to_owned(), value)).collect();
            case.settings.thresholds.insert(edge.rule.to_owned(), values);
            case.of(edge.rule).iter().any(edge.met)
        };
        // The threshold below the figure, at it, above it.
        let expected = match edge.fires {
            Fires::From => [true, true, false],
            Fires::Above => [true, false, false],
            Fires::Below => [false, false, true],
            Fires::UpTo => [false, true, true],
        };
        let got = [edge.figure - STEP, edge.figure, edge.figure + STEP].map(fires);
        assert_eq!(got, expected, "{} {} {:?} {}", edge.rule, edge.threshold, edge.fires, edge.figure);
    }
    // None is left out.
    let tried: BTreeSet<(&str, &str)> = EDGES.iter().map(|edge| (edge.rule, edge.threshold)).collect();
    let all: BTreeSet<(&str, &str)> = RULES.iter().flat_map(|rule| rule.thresholds.iter().map(|(name, _)| (rule.id, *name))).collect();
    assert_eq!(tried, all);
}
