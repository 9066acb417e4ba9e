//! Budgets: exact pence from table to parts, nothing lost, nothing guessed.
//!
//! The real files read as they are with these tables of the config (gross current expenditure is what councils spend net of joint, NHS and
//! other income, so mainstream, pooled and transfer below do not count a pound twice; 2007-08 is adults only; the seven services are those
//! whose sum the return prints as line H1, so totals of totals are left out):
//!
//! ```toml
//! [[budget]]
//! id = "pct-allocations-2007-08"
//! layer = "pct-2011"
//! path = "${ONS_DATA:-../data/ons}/budgets/pct_allocation_2003-04_to_2012-13.csv"
//! code = "pct11cd"
//! amount = "Allocation_000s"
//! unit = 1000
//! fiscal_year = { column = "fin_year" }          # or the fixed text "2007-08"
//! where = [{ field = "fin_year", equals = "2007-08" }]
//! service = { fixed = "all" }
//! mechanism = { fixed = "mainstream" }
//! control_total = { rows = 61 }
//!
//! [[budget]]                                     # and the same with gbp000_joint = pooled, gbp000_nhs = transfer
//! id = "pss-2007-08"
//! layer = "council-2011"
//! path = "${ONS_DATA:-../data/ons}/budgets/pssex1_2000-01_to_2007-08_totals.csv.gz"
//! code = "ctyua11cd"
//! amount = "gbp000_gross_current"
//! unit = 1000
//! fiscal_year = { column = "fin_year" }          # or the fixed text "2007-08"
//! service = { column = "service" }
//! mechanism = { fixed = "mainstream" }
//! where = [
//!   { field = "fin_year", equals = "2007-08" },
//!   { field = "line", in = ["A3", "B11", "C11", "D11", "E11", "F3", "G5"] },
//! ]
//! # 150 councils rounded to a pound each: the sums are at most 3 pounds from the published ones, so 0.005 (thousand).
//! control_total = { rows = 1050, tolerance = 0.005, file = {
//!   path = "${ONS_DATA:-../data/ons}/budgets/pssex1_published_class_totals_control.csv",
//!   amount = "gbp000_gross_current", service = "service",
//!   where = [
//!     { field = "fin_year", equals = "2007-08" },
//!     { field = "council", equals = "TOTAL England" },
//!     { field = "line", in = ["A3", "B11", "C11", "D11", "E11", "F3", "G5"] },
//!   ] } }
//! ```

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use coterminous::alignment::{Alignment, Side, measure};
use coterminous::budgets::{
    Agreement, BudgetLine, BudgetPair, Mechanism, Partner, align, apportion, component_pence, read_agreements, read_cycles,
    read_governance, read_lines,
};
use coterminous::config::{
    BudgetPlan, CodeCrosswalk, ControlFile, ControlTotal, Filter, FilterTest, LineExtras, Missing, TableSource, TextSource, Tolerances,
};
use coterminous::domain::{Amounts, Area, Body, Layer, Pence, People, Relation, RelationPair, Rings, Role, TextTable};
use proptest::prelude::*;

use super::support::real_data;

/// A layer of bodies without polygons: code, name.
pub(crate) fn layer(id: &str, role: Role, bodies: &[(&str, &str)]) -> Layer {
    let area = |(code, name): &(&str, &str)| Area {
        code: (*code).to_owned(),
        name: Some((*name).to_owned()),
        area_m2: 1e6,
        people: None,
        parts: 1,
        holes: 0,
        vertices: 4,
        repaired: false,
        label: None,
        attributes: BTreeMap::new(),
    };
    Layer {
        id: id.to_owned(),
        role,
        kind: "PCT".to_owned(),
        resolution_m: 20.0,
        clip: None,
        valid_from: None,
        valid_to: None,
        areas: bodies.iter().map(area).collect(),
        rings: Rings::new(),
        populations: BTreeMap::new(),
        other_codes: Default::default(),
    }
}

/// A relation from a matrix of people (0 = the two do not meet); a square metre a person. The last column is the part outside.
pub(crate) fn relation(left: &Layer, right: &Layer, people: &[&[i64]]) -> Relation {
    let columns = right.areas.len();
    let amounts = |number: i64| Amounts {
        area_m2: number as f64,
        boundary_m: 4.0 * (number as f64).sqrt(),
        thickness_m: 1000.0,
        people: Some(People::whole(number)),
        people_low: Some(People::whole(number)),
        people_high: Some(People::whole(number)),
    };
    let body = |area: &Area, number: i64| Body {
        code: area.code.clone(),
        name: area.name.clone(),
        area_m2: number as f64,
        people: Some(People::whole(number)),
    };
    let mut pairs = Vec::new();
    for (i, row) in people.iter().enumerate() {
        for (j, number) in row.iter().take(columns).enumerate().filter(|(_, number)| **number > 0) {
            pairs.push(RelationPair { left: i, right: j, amounts: amounts(*number), sliver: false });
        }
    }
    let column_sum = |j: usize| people.iter().map(|row| row[j]).sum();
    Relation {
        left: left.areas.iter().zip(people).map(|(area, row)| body(area, row.iter().sum())).collect(),
        right: right.areas.iter().enumerate().map(|(j, area)| body(area, column_sum(j))).collect(),
        pairs,
        left_outside: people.iter().map(|row| amounts(row.get(columns).copied().unwrap_or(0))).collect(),
        right_outside: right.areas.iter().map(|_| amounts(0)).collect(),
        has_people: true,
        shapeless: false,
        sliver_width_m: 40.0,
    }
}

pub(crate) fn aligned(left: &Layer, right: &Layer, people: &[&[i64]]) -> Alignment {
    measure("test", &left.id, &right.id, relation(left, right, people), &Tolerances::default())
}

pub(crate) fn table(columns: &[&str], rows: &[&[&str]]) -> TextTable {
    let mut table = TextTable::new("budget.csv", None, columns.iter().map(|column| (*column).to_owned()).collect());
    for (index, row) in rows.iter().enumerate() {
        table.push(index as u64 + 2, row.iter().copied());
    }
    table
}

/// A plan: code column `code`, amount column `amount` in pounds, everything else fixed.
pub(crate) fn plan(id: &str) -> BudgetPlan {
    BudgetPlan {
        id: id.to_owned(),
        layer: 0,
        table: TableSource::new("budget.csv", None),
        totals: Vec::new(),
        code: "code".to_owned(),
        amount: "amount".to_owned(),
        unit: 1.0,
        fiscal_year: TextSource::Fixed("2007-08".to_owned()),
        filters: Vec::new(),
        service: TextSource::Fixed("all".to_owned()),
        service_crosswalk: None,
        mechanism: TextSource::Fixed("mainstream".to_owned()),
        codes: None,
        became: BTreeMap::new(),
        control_total: None,
        missing: Missing::Unknown,
        delegated_share: 0.9,
        extras: LineExtras::default(),
        line: 1,
    }
}

pub(crate) fn two_by_two() -> (Layer, Layer) {
    (layer("pct", Role::Health, &[("P1", "North"), ("P2", "South")]), layer("la", Role::Council, &[("L1", "East"), ("L2", "West")]))
}

fn ids(findings: &[coterminous::domain::Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.id).collect()
}

#[test]
fn amounts_become_pence_once_and_unknown_stays_unknown() {
    let (pct, _) = two_by_two();
    let table = table(&["code", "amount"], &[&["P1", "1,234.5675"], &["P2", ".."], &["P1", "(0.125)"]]);
    let mut plan = plan("b");
    plan.unit = 1000.0;
    let (lines, findings, proofs) = read_lines(&plan, &pct, &table, None, None, None).unwrap();
    // 1234.5675 thousand pounds = 1,234,567.50 pounds; -0.125 thousand = -125 pounds.
    let amounts: Vec<Option<Pence>> = lines.iter().map(|line| line.amount).collect();
    assert_eq!(amounts, [Some(Pence(123_456_750)), None, Some(Pence(-12_500))]);
    assert_eq!(lines.iter().map(|line| line.known).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(lines.iter().map(|line| line.source_row).collect::<Vec<_>>(), [Some(2), Some(3), Some(4)]);
    // P1 has two amounts, and nothing else says why.
    assert_eq!(ids(&findings), ["DQ-22"]);
    assert!(proofs.iter().all(|proof| proof.holds));
}

#[test]
fn part_of_a_penny_is_rounded_away_from_zero_and_reported() {
    let (pct, _) = two_by_two();
    // In pounds: 0.005 -> 1p (half away from zero, +0.5p); -0.005 -> -1p (-0.5p); 0.014 -> 1p (-0.4p). Sum of what rounding moved: -0.4p.
    let table = table(&["code", "amount"], &[&["P1", "0.005"], &["P2", "-0.005"], &["P1", "0.014"]]);
    let (lines, findings, _) = read_lines(&plan("b"), &pct, &table, None, None, None).unwrap();
    assert_eq!(lines.iter().map(|line| line.amount.unwrap().0).collect::<Vec<_>>(), [1, -1, 1]);
    assert_eq!(ids(&findings), ["DQ-07", "DQ-22"]);
    assert_eq!(findings[0].value, Some(-0.4));
}

#[test]
fn a_cell_that_is_no_number_is_an_error_that_names_it() {
    let (pct, _) = two_by_two();
    let table = table(&["code", "amount"], &[&["P1", "5"], &["P2", "twelve"]]);
    let error = read_lines(&plan("b"), &pct, &table, None, None, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "budget.csv, record 3, field amount: `twelve` is not a number, expected an amount, or an unknown one (blank, `*`, `..`, `-`, `c`); \
         correct the cell, or leave the row out with `where`"
    );
    assert_eq!(error.exit_code(), 3);
    let mut plan = plan("b");
    plan.mechanism = TextSource::Fixed("poolled".to_owned());
    assert!(read_lines(&plan, &pct, &table, None, None, None).unwrap_err().to_string().contains("mechanism `poolled` is unknown"));
    plan.mechanism = TextSource::Column("amuont".to_owned());
    assert!(read_lines(&plan, &pct, &table, None, None, None).unwrap_err().to_string().contains("did you mean \"amount\""));
}

#[test]
fn codes_are_never_guessed() {
    let (pct, _) = two_by_two();
    let table = table(
        &["code", "amount"],
        &[&["A", "1"], &["B", "2"], &["BOTH", "4"], &["OLD", "8"], &["NONE", "16"], &["", "32"], &["OLD", "64"]],
    );
    // A and B both lead to P1 (many to one); BOTH to P1 and P2 (one to many); OLD only to a code of another vintage.
    let codes = super::budgets::table(
        &["from", "to"],
        &[&["A", "P1"], &["B", "P1"], &["A", "X99"], &["BOTH", "P1"], &["BOTH", "P2"], &["OLD", "X98"]],
    );
    let mut plan = plan("b");
    plan.codes = Some(CodeCrosswalk { table: TableSource::new("codes.csv", None), from: "from".to_owned(), to: "to".to_owned() });
    plan.missing = Missing::Ignore;
    let (lines, findings, _) = read_lines(&plan, &pct, &table, Some(&codes), None, None).unwrap();
    assert_eq!(lines.iter().map(|line| line.body).collect::<Vec<_>>(), [Some(0), Some(0), None, None, None, None, None]);
    let found: Vec<(Option<&str>, Option<f64>)> =
        findings.iter().filter(|finding| finding.id == "DQ-04").map(|finding| (finding.code.as_deref(), finding.value)).collect();
    // One finding a code, with the pence it leaves unallocated: OLD is 8 + 64 pounds.
    assert_eq!(found, [(None, Some(3200.0)), (Some("BOTH"), Some(400.0)), (Some("NONE"), Some(1600.0)), (Some("OLD"), Some(7200.0))]);
    // Nothing is lost: 1+2+4+8+16+32+64 = 127 pounds.
    assert_eq!(lines.iter().map(|line| line.amount.unwrap().0).sum::<i64>(), 12_700);
}

#[test]
fn codes_are_followed_to_what_they_became() {
    let (pct, _) = two_by_two();
    let mut plan = plan("b");
    let pairs = [("OLD1", "MID"), ("OLD2", "P1"), ("MID", "P1"), ("GONE", "NOWHERE")];
    plan.became = pairs.into_iter().map(|(before, after)| (before.to_owned(), after.to_owned())).collect();
    plan.missing = Missing::Ignore;
    let told = |plan: &BudgetPlan, rows: &[&[&str]], codes: Option<&TextTable>| {
        let (lines, findings, _) = read_lines(plan, &pct, &table(&["code", "amount"], rows), codes, None, None).unwrap();
        let bodies: Vec<Option<usize>> = lines.iter().map(|line| line.body).collect();
        let found: Vec<(String, Option<f64>)> = findings
            .iter()
            .filter(|finding| finding.id != "DQ-08")
            .map(|finding| (format!("{} {}", finding.id, finding.code.as_deref().unwrap_or("")), finding.value))
            .collect();
        (bodies, found)
    };
    // OLD1 became MID, which became P1; OLD2 became P1; what GONE became is in no layer.
    let (bodies, found) = told(&plan, &[&["OLD1", "1"], &["OLD2", "2"], &["P2", "4"], &["GONE", "8"], &["OLD1", "16"]], None);
    assert_eq!(bodies, [Some(0), Some(0), Some(1), None, Some(0)]);
    // OLD1 has two amounts, and nothing else says why.
    let expected = [("DQ-04 GONE", 800.0), ("DQ-17 OLD1", 1_700.0), ("DQ-17 OLD2", 200.0), ("DQ-22 ", 1_600.0)];
    assert_eq!(found, expected.map(|(what, pence)| (what.to_owned(), Some(pence))));
    // Behind a crosswalk: A leads to OLD1 and to P1 itself, which are one body; B to OLD2 and to P2, which are two.
    let codes = table(&["from", "to"], &[&["A", "OLD1"], &["A", "P1"], &["B", "OLD2"], &["B", "P2"]]);
    plan.codes = Some(CodeCrosswalk { table: TableSource::new("codes.csv", None), from: "from".to_owned(), to: "to".to_owned() });
    let (bodies, found) = told(&plan, &[&["A", "1"], &["B", "2"]], Some(&codes));
    assert_eq!(bodies, [Some(0), None]);
    assert_eq!(found, [("DQ-04 B".to_owned(), Some(200.0)), ("DQ-17 OLD1".to_owned(), Some(100.0))]);
}

/// A million lines of a penny to ten thousand million pounds, positive and negative, known and unknown, of bodies and of none.
#[test]
fn a_million_random_lines_are_conserved_to_the_penny() {
    const CHUNK: usize = 20_000;
    let (pct, la) = two_by_two();
    let mut random = super::support::Random::new(5);
    let (mut lines_seen, mut unknown) = (0, 0);
    for chunk in 0..50 {
        let mut weight = || random.between(0, 1_000_000) * random.between(0, 1);
        let people: [[i64; 3]; 2] = [[1 + weight(), weight(), weight()], [weight(), 1 + weight(), weight()]];
        let alignment = aligned(&pct, &la, &[&people[0], &people[1]]);
        let mut table = TextTable::new("budget.csv", None, vec!["code".to_owned(), "amount".to_owned()]);
        let (mut whole, mut unallocated) = (0i128, 0i128);
        for row in 0..CHUNK {
            let magnitude = match random.below(4) {
                0 => 1,
                1 => random.between(0, 1_000),
                2 => random.between(0, 1_000_000_000),
                _ => random.between(999_999_999_000, 1_000_000_000_000),
            };
            let (sign, pence) = if random.below(3) == 0 { ("-", -magnitude) } else { ("", magnitude) };
            let code = ["P1", "P2", "P9"][random.below(3) as usize];
            let amount = if random.below(50) == 0 { "*".to_owned() } else { format!("{sign}{}.{:02}", magnitude / 100, magnitude % 100) };
            if amount == "*" {
                unknown += 1;
            } else {
                whole += i128::from(pence);
                unallocated += if code == "P9" { i128::from(pence) } else { 0 };
            }
            table.push(row as u64 + 2, [code, amount.as_str()]);
        }
        let (lines, _, proofs) = read_lines(&plan("b"), &pct, &table, None, None, None).unwrap();
        lines_seen += lines.len();
        let (apportioned, split) = apportion(&lines, &alignment).unwrap();
        assert!(proofs.iter().chain(&split).all(|proof| proof.holds), "chunk {chunk}");
        let mut left: Vec<i128> = lines.iter().map(|line| line.amount.map_or(0, |pence| i128::from(pence.0))).collect();
        assert_eq!(left.iter().sum::<i128>(), whole, "chunk {chunk}");
        let mut lost = 0i128;
        for part in apportioned[0].parts() {
            // Parts have the sign of their line, and take from it until nothing is left.
            assert!(i128::from(part.amount.0) * left[part.line].signum() >= 0, "chunk {chunk}, line {}", part.line);
            left[part.line] -= i128::from(part.amount.0);
            lost += if part.partner == Partner::Unallocated { i128::from(part.amount.0) } else { 0 };
        }
        assert!(left.iter().all(|pence| *pence == 0), "chunk {chunk}");
        assert_eq!(lost, unallocated, "chunk {chunk}");
    }
    assert_eq!(lines_seen, 50 * CHUNK);
    assert!(unknown > 10_000, "{unknown}");
}

#[test]
fn two_codes_in_one_cell_are_a_finding() {
    let (pct, _) = two_by_two();
    let (lines, findings, _) = read_lines(&plan("b"), &pct, &table(&["code", "amount"], &[&["P1;P2", "10"]]), None, None, None).unwrap();
    assert_eq!((lines[0].code.as_deref(), lines[0].body), (Some("P1;P2"), None));
    assert!(findings[0].detail.contains("stands for 2 areas"), "{}", findings[0].detail);
    // Neither body has a row of its own: both are unknown.
    assert_eq!(ids(&findings), ["DQ-04", "DQ-08"]);
    assert_eq!(lines.len(), 3);
    assert!(lines[1..].iter().all(|line| !line.known && line.source_row.is_none()));
}

#[test]
fn a_body_without_a_row_is_what_missing_says() {
    let (pct, _) = two_by_two();
    let table = table(&["code", "amount"], &[&["P1", "10"]]);
    let mut plan = plan("b");
    for (missing, expected) in
        [(Missing::Unknown, vec![Some(1000), None]), (Missing::Zero, vec![Some(1000), Some(0)]), (Missing::Ignore, vec![Some(1000)])]
    {
        plan.missing = missing;
        let (lines, findings, _) = read_lines(&plan, &pct, &table, None, None, None).unwrap();
        assert_eq!(lines.iter().map(|line| line.amount.map(|pence| pence.0)).collect::<Vec<_>>(), expected);
        assert_eq!(ids(&findings), ["DQ-08"]);
        assert_eq!(findings[0].value, Some(1.0));
    }
}

#[test]
fn filters_services_and_controls_account_for_every_row() {
    let (pct, _) = two_by_two();
    let table = table(
        &["code", "amount", "year", "service"],
        &[
            &["P1", "1.10", "2007-08", "Old"],
            &["P2", "2.20", "2007-08", "Odd"],
            &["P1", "9", "2006-07", "Old"],
            &["P1", "3.30", "2007-08", "Old"],
        ],
    );
    let services = super::budgets::table(&["from", "to"], &[&["Old", "older people"]]);
    let control = super::budgets::table(&["svc", "total"], &[&["Old", "4.40"], &["Odd", "2.21"]]);
    let mut plan = plan("b");
    plan.service = TextSource::Column("service".to_owned());
    plan.fiscal_year = TextSource::Column("year".to_owned());
    plan.filters = vec![Filter { field: "year".to_owned(), test: FilterTest::Equals("2007-08".to_owned()) }];
    plan.control_total = Some(ControlTotal {
        amount: Some("6.60".to_owned()),
        tolerance: 0.0,
        rows: Some(3),
        file: Some(ControlFile {
            table: TableSource::new("control.csv", None),
            amount: "total".to_owned(),
            service: Some("svc".to_owned()),
            filters: Vec::new(),
        }),
    });
    let (lines, findings, proofs) = read_lines(&plan, &pct, &table, None, Some(&services), Some(&control)).unwrap();
    let services: Vec<Option<&str>> = lines.iter().map(|line| line.service.as_deref()).collect();
    assert_eq!(services, [Some("older people"), Some("Odd"), Some("older people")]);
    // 4 rows read = 3 lines + 1 filtered out; total 6.60; Old 1.10 + 3.30 = 4.40; Odd is a penny short of its control.
    assert_eq!(proofs.iter().map(|proof| proof.holds).collect::<Vec<_>>(), [true, true, false, true, true]);
    // P1 has two rows for Old in 2007-08, and nothing else says why.
    assert_eq!(ids(&findings), ["DQ-05", "DQ-09", "DQ-14", "DQ-22"]);
    assert_eq!(findings[0].value, Some(-1.0));
    // A penny of tolerance and it holds.
    plan.control_total.as_mut().unwrap().tolerance = 0.01;
    let (_, findings, proofs) = read_lines(&plan, &pct, &table, None, None, Some(&control)).unwrap();
    assert!(proofs.iter().all(|proof| proof.holds), "{proofs:?}");
    assert_eq!(ids(&findings), ["DQ-09", "DQ-22"]);
}

#[test]
fn an_unknown_amount_never_satisfies_a_control() {
    let (pct, _) = two_by_two();
    let table = table(&["code", "amount"], &[&["P1", "10"], &["P2", "*"]]);
    let mut plan = plan("b");
    plan.control_total = Some(ControlTotal { amount: Some("10".to_owned()), tolerance: 0.0, rows: None, file: None });
    let (_, findings, proofs) = read_lines(&plan, &pct, &table, None, None, None).unwrap();
    assert!(!proofs[1].holds);
    assert!(findings[0].detail.contains("1 rows unknown"), "{}", findings[0].detail);
}

pub(crate) fn read(plan: &BudgetPlan, layer: &Layer, rows: &[&[&str]]) -> Vec<BudgetLine> {
    read_lines(plan, layer, &table(&["code", "amount", "service", "mechanism"], rows), None, None, None).unwrap().0
}

#[test]
fn a_line_is_split_by_people_to_the_penny() {
    let (pct, la) = two_by_two();
    // P1: 1 in L1, 1 in L2, 1 outside. P2 all in L2.
    let alignment = aligned(&pct, &la, &[&[1, 1, 1], &[0, 4, 0]]);
    let lines = read(&plan("b"), &pct, &[&["P1", "1.00"], &["P2", "-0.01"], &["P9", "7"]]);
    let (apportioned, proofs) = apportion(&lines, &alignment).unwrap();
    assert_eq!(apportioned.len(), 1);
    assert_eq!(apportioned[0].side, Side::Health);
    let parts: Vec<(usize, Partner, i64)> = apportioned[0].parts().map(|part| (part.line, part.partner, part.amount.0)).collect();
    // 100p over 1:1:1 is 34, 33, 33: the penny left goes to the smaller code.
    let expected = [
        (0, Partner::Body(0), 34),
        (0, Partner::Body(1), 33),
        (0, Partner::Outside, 33),
        (1, Partner::Body(1), -1),
        (2, Partner::Unallocated, 700),
    ];
    assert_eq!(parts, expected);
    let parts: Vec<_> = apportioned[0].parts().collect();
    assert_eq!((parts[0].share, parts[0].weight_basis), (Some(1.0 / 3.0), Some("people")));
    assert_eq!(parts[4].weight_basis, None);
    // 100 - 1 + 700 pence in, and out.
    assert_eq!(proofs.iter().map(|proof| (proof.expected.as_str(), proof.holds)).collect::<Vec<_>>(), [("799", true)]);
}

#[test]
fn without_people_area_is_the_weight_and_says_so() {
    let (pct, la) = two_by_two();
    let mut relation = relation(&pct, &la, &[&[3, 1, 0], &[0, 4, 0]]);
    relation.has_people = false;
    let alignment = measure("test", "pct", "la", relation, &Tolerances::default());
    let (apportioned, _) = apportion(&read(&plan("b"), &pct, &[&["P1", "1.00"], &["P2", "1"]]), &alignment).unwrap();
    let parts: Vec<(i64, Option<&str>)> = apportioned[0].parts().map(|part| (part.amount.0, part.weight_basis)).collect();
    assert_eq!(parts, [(75, Some("area")), (25, Some("area")), (100, Some("area"))]);
}

/// Lines of both sides, split and put next to each other.
pub(crate) fn money(lines: &[BudgetLine], alignment: &Alignment, agreements: Option<&[Agreement]>) -> Vec<BudgetPair> {
    let (apportioned, proofs) = apportion(lines, alignment).unwrap();
    assert!(proofs.iter().all(|proof| proof.holds));
    align(lines, &apportioned, alignment, agreements).unwrap()
}

#[test]
fn both_sides_of_a_pair_by_hand() {
    let (pct, la) = two_by_two();
    // P1 has 80 people in L1 and 20 in L2; P2 has 100 in L2.
    let alignment = aligned(&pct, &la, &[&[80, 20, 0], &[0, 100, 0]]);
    let (mut health, mut council) = (plan("h"), plan("c"));
    health.mechanism = TextSource::Column("mechanism".to_owned());
    council.mechanism = TextSource::Column("mechanism".to_owned());
    let mut lines = read(&health, &pct, &[&["P1", "100", "", "mainstream"], &["P1", "50", "", "pooled"], &["P2", "*", "", "mainstream"]]);
    lines.extend(read(&council, &la, &[&["L1", "40", "", "mainstream"], &["L2", "60", "", "mainstream"], &["L1", "10", "", "grant"]]));
    let rows = money(&lines, &alignment, None);
    let row = |left: usize, right: usize| rows.iter().find(|row| row.left == Some(left) && row.right == Some(right)).unwrap();
    // P1 x L1: 150 * 0.8 = 120 pounds against L1's 40 + 10 = 50; pooled 50 * 0.8 = 40 of 170.
    let main = row(0, 0);
    assert_eq!((main.health, main.council), (Some(Pence(12_000)), Some(Pence(5_000))));
    assert_eq!(main.counterpart, Some(2.4));
    assert_eq!((main.pooled, main.pooled_share), (Some(Pence(4_000)), Some(4_000.0 / 17_000.0)));
    assert_eq!(main.outside_main, Some(Pence(0)));
    // Joint money here: 40 pooled and 10 grant.
    assert_eq!(main.grant_only_share, Some(0.2));
    // P1 x L2: 30 pounds outside P1's main council; L2's 60 split 20 : 100 people is 10.
    let edge = row(0, 1);
    assert_eq!((edge.health, edge.council, edge.outside_main), (Some(Pence(3_000)), Some(Pence(1_000)), Some(Pence(3_000))));
    assert_eq!((edge.outside_main_low, edge.outside_main_high), (Some(Pence(3_000)), Some(Pence(3_000))));
    // P2's money is not known: null, not 0, and nothing that is made of it.
    let unknown = row(1, 1);
    assert_eq!((unknown.health, unknown.council, unknown.counterpart, unknown.outside_main), (None, Some(Pence(5_000)), None, None));
    assert_eq!(unknown.pooled_share, None);
    // Components: P1, P2, L1, L2 are tangled; P2 is unknown, so the NHS sum is; councils 50 + 60.
    let component = component_pence(&alignment, &lines);
    assert_eq!(component[0], (None, Some(Pence(11_000))));
}

#[test]
fn pooled_money_comes_from_agreements_where_no_line_is_joint() {
    let (pct, la) = two_by_two();
    let alignment = aligned(&pct, &la, &[&[100, 0, 0], &[0, 100, 0]]);
    let mut lines = read(&plan("h"), &pct, &[&["P1", "100"], &["P2", "100"]]);
    lines.extend(read(&plan("c"), &la, &[&["L1", "100"], &["L2", "100"]]));
    // No agreements table: nothing is known of pools.
    assert!(money(&lines, &alignment, None).iter().all(|row| row.pooled.is_none()));
    let agreements = table(
        &["agreement_id", "health_code", "council_code", "service", "mechanism", "start_date", "end_date", "amount"],
        &[
            &["a1", "P1", "L1", "all", "pooled", "2006-04-01", "2009-03-31", "30"],
            &["a2", "P1", "L1", "all", "grant", "2007-04-01", "", "10"],
            &["a3", "P1", "L1", "all", "pooled", "2008-04-01", "2009-03-31", "999"],
            &["a4", "P9", "L1", "", "joint_investment_plan", "", "", ""],
        ],
    );
    let (agreements, findings) = read_agreements(&agreements, &[pct.clone(), la.clone()]).unwrap();
    assert_eq!(ids(&findings), ["DQ-04"]);
    let rows = money(&lines, &alignment, Some(&agreements));
    // a3 starts after 2007-08. 30 of 200 pounds; joint money is 30 pooled + 10 grant.
    assert_eq!((rows[0].pooled, rows[0].pooled_share, rows[0].grant_only_share), (Some(Pence(3_000)), Some(0.15), Some(0.25)));
    assert_eq!((rows[1].pooled, rows[1].pooled_share, rows[1].grant_only_share), (Some(Pence(0)), Some(0.0), None));
}

#[test]
fn joint_tables_name_the_row_that_is_wrong() {
    let layers = [two_by_two().0, two_by_two().1];
    let columns = ["agreement_id", "health_code", "council_code", "service", "mechanism", "start_date", "end_date", "amount"];
    let message = |row: &[&str]| read_agreements(&table(&columns, &[row]), &layers).unwrap_err().to_string();
    assert!(message(&["a", "P1", "L1", "", "pool", "", "", ""]).contains("record 2, field mechanism: `pool`"));
    assert!(message(&["a", "P1", "L1", "", "pooled", "01/04/2007", "", ""]).contains("expected a date as YYYY-MM-DD"));
    assert!(message(&["a", "P1", "L1", "", "pooled", "2007-04-01", "2006-04-01", ""]).contains("before it starts"));
    let columns = ["side", "code", "year_start", "plan_submit", "budget_set", "horizon_years"];
    let message = |row: &[&str]| read_cycles(&table(&columns, &[row]), &layers).unwrap_err().to_string();
    assert!(message(&["health", "", "13-01", "", "", ""]).contains("a day of the year as MM-DD"));
    assert!(message(&["health", "", "04-01", "", "", "-1"]).contains("a number of years above 0"));
    let error = read_governance(&table(&["health_code"], &[]), &layers).unwrap_err().to_string();
    assert!(error.contains("there is no column \"council_code\""), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Any amounts, any people: the parts of every line sum to it, and no share leaves 0 to 1.
    #[test]
    fn no_penny_is_lost(
        amounts in prop::collection::vec(prop_oneof![-200i64..200, -1_000_000_000_000i64..1_000_000_000_000], 1..20),
        people in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0i64), 1i64..10, 1i64..3_000_000], 4), 3),
    ) {
        let pct = layer("pct", Role::Health, &[("P1", "1"), ("P2", "2"), ("P3", "3")]);
        let la = layer("la", Role::Council, &[("L1", "1"), ("L2", "2"), ("L3", "3")]);
        let people: Vec<&[i64]> = people.iter().map(Vec::as_slice).collect();
        let alignment = aligned(&pct, &la, &people);
        let rows: Vec<[String; 2]> = amounts
            .iter()
            .enumerate()
            .map(|(i, pence)| [format!("P{}", i % 3 + 1), format!("{}{}.{:02}", if *pence < 0 { "-" } else { "" }, pence.abs() / 100, pence.abs() % 100)])
            .collect();
        let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        let lines = read(&plan("b"), &pct, &cells);
        prop_assert_eq!(lines.iter().filter_map(|line| line.amount).map(|pence| pence.0).collect::<Vec<_>>(), amounts.clone());
        let (apportioned, proofs) = apportion(&lines, &alignment).unwrap();
        prop_assert!(proofs.iter().all(|proof| proof.holds));
        for (index, amount) in amounts.iter().enumerate() {
            let parts: Vec<_> = apportioned[0].parts().filter(|part| part.line == index).collect();
            prop_assert_eq!(parts.iter().map(|part| part.amount.0).sum::<i64>(), *amount);
            prop_assert!(parts.iter().all(|part| part.share.is_none_or(|share| share > 0.0 && share <= 1.0)));
            // A part is within a penny of its exact share.
            for part in parts.iter().filter(|part| part.share.is_some()) {
                prop_assert!((part.amount.0 as f64 - *amount as f64 * part.share.unwrap()).abs() <= 1.001);
            }
        }
        // What the pairs and the uncovered parts get is what was split, less what no area can be given.
        let unallocated: i64 = apportioned[0].parts().filter(|part| part.partner == Partner::Unallocated).map(|part| part.amount.0).sum();
        let rows = align(&lines, &apportioned, &alignment, None).unwrap();
        let of_pairs: i64 = rows.iter().filter_map(|row| row.health).map(|pence| pence.0).sum();
        prop_assert_eq!(of_pairs + unallocated, amounts.iter().sum::<i64>());
    }
}

/// A csv or csv.gz as a table, with the rows as a spreadsheet shows them.
fn csv_table(path: &Path) -> TextTable {
    let bytes = std::fs::read(path).unwrap();
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let columns = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let mut table = TextTable::new(path, None, columns);
    for (index, record) in reader.records().enumerate() {
        table.push(index as u64 + 2, record.unwrap().iter());
    }
    table
}

fn equals(field: &str, text: &str) -> Filter {
    Filter { field: field.to_owned(), test: FilterTest::Equals(text.to_owned()) }
}

/// A layer of the codes in a column of the output-area lookup.
fn lookup_layer(id: &str, role: Role, column: &str) -> Option<Layer> {
    let lookup = csv_table(&real_data("england-2011/oa11_lsoa11_lad11_ctyua11_ccg15_pct11_pop11.csv.gz")?);
    let column = lookup.require(column).unwrap();
    let mut codes: Vec<&str> = (0..lookup.len()).filter_map(|row| lookup.cell(row, column)).collect();
    codes.sort_unstable();
    codes.dedup();
    Some(layer(id, role, &codes.iter().map(|code| (*code, *code)).collect::<Vec<_>>()))
}

#[test]
fn the_pct_allocations_of_2007_08_are_61_known_and_90_unknown() {
    let Some(path) = real_data("budgets/pct_allocation_2003-04_to_2012-13.csv") else { return };
    let Some(pct) = lookup_layer("pct-2011", Role::Health, "PCT11CD") else { return };
    assert_eq!(pct.areas.len(), 151);
    let mut plan = plan("pct-allocations-2007-08");
    plan.code = "pct11cd".to_owned();
    plan.amount = "Allocation_000s".to_owned();
    plan.unit = 1000.0;
    plan.filters = vec![equals("fin_year", "2007-08")];
    plan.control_total = Some(ControlTotal { amount: None, tolerance: 0.0, rows: Some(61), file: None });
    let table = csv_table(&path);
    let (lines, findings, proofs) = read_lines(&plan, &pct, &table, None, None, None).unwrap();
    assert_eq!(lines.iter().filter(|line| line.known).count(), 61);
    assert_eq!(lines.iter().filter(|line| !line.known && line.amount.is_none() && line.source_row.is_none()).count(), 90);
    assert!(proofs.iter().all(|proof| proof.holds), "{proofs:?}");
    assert_eq!(ids(&findings), ["DQ-08", "DQ-09"]);
    // South Gloucestershire: 275,190 thousand pounds.
    assert_eq!(lines[0].amount, Some(Pence(27_519_000_000)));
}

#[test]
fn the_council_returns_of_2007_08_equal_the_published_totals() {
    let Some(path) = real_data("budgets/pssex1_2000-01_to_2007-08_totals.csv.gz") else { return };
    let Some(control) = real_data("budgets/pssex1_published_class_totals_control.csv") else { return };
    let Some(council) = lookup_layer("council-2011", Role::Council, "CTYUA11CD") else { return };
    assert_eq!(council.areas.len(), 152);
    let (table, control) = (csv_table(&path), csv_table(&control));
    let services = ["A3", "B11", "C11", "D11", "E11", "F3", "G5"];
    let lines_of = || Filter { field: "line".to_owned(), test: FilterTest::In(services.map(str::to_owned).to_vec()) };
    let mut plan = plan("pss-2007-08");
    plan.code = "ctyua11cd".to_owned();
    plan.unit = 1000.0;
    plan.service = TextSource::Column("service".to_owned());
    plan.fiscal_year = TextSource::Column("fin_year".to_owned());
    for amount in ["gbp000_gross_current", "gbp000_net_current", "gbp000_joint", "gbp000_nhs"] {
        plan.amount = amount.to_owned();
        plan.filters = vec![equals("fin_year", "2007-08"), lines_of()];
        plan.control_total = Some(ControlTotal {
            amount: None,
            tolerance: 0.005,
            rows: Some(1050),
            file: Some(ControlFile {
                table: TableSource::new("control.csv", None),
                amount: amount.to_owned(),
                service: Some("service".to_owned()),
                filters: vec![equals("fin_year", "2007-08"), equals("council", "TOTAL England"), lines_of()],
            }),
        });
        let (lines, findings, proofs) = read_lines(&plan, &council, &table, None, None, Some(&control)).unwrap();
        // Rows, seven services, number of rows.
        assert_eq!(proofs.len(), 9);
        assert!(proofs.iter().all(|proof| proof.holds), "{proofs:?}");
        // Cheshire and Bedfordshire carry two codes; their four successors have no row of their own.
        let unmatched: Vec<&str> =
            findings.iter().filter(|finding| finding.id == "DQ-04").filter_map(|finding| finding.code.as_deref()).collect();
        assert_eq!(unmatched, ["E06000049;E06000050", "E06000055;E06000056"]);
        assert_eq!(lines.iter().filter(|line| line.body.is_none()).count(), 14);
        assert_eq!(lines.iter().filter(|line| line.source_row.is_none()).count(), 4);
        assert!(findings.iter().all(|finding| finding.id != "DQ-05"));
    }
    // The control does notice: a pound less than the largest difference (3 pounds) is too little.
    plan.amount = "gbp000_gross_current".to_owned();
    let total = plan.control_total.as_mut().unwrap();
    total.tolerance = 0.002;
    total.file.as_mut().unwrap().amount = "gbp000_gross_current".to_owned();
    let (_, findings, _) = read_lines(&plan, &council, &table, None, None, Some(&control)).unwrap();
    assert_eq!(findings.iter().filter(|finding| finding.id == "DQ-05").count(), 1);
    assert_eq!(Mechanism::parse("pooled", &Mechanism::OF_LINES), Some(Mechanism::Pooled));
}
