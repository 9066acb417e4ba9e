//! Rules about levels, population bases, pools, priorities and compulsion: each fires where it should, and not next door.

use coterminous::budgets::{read_agreements, read_lines, read_priorities};
use coterminous::config::{LineExtras, TextSource};
use coterminous::domain::{Pence, People, Severity};

use super::budgets::{money, plan, table};
use super::obstructions::{Case, subjects};

/// One body and one council, each alone; and P2 with L2.
pub(crate) const PEOPLE: &[&[i64]] = &[&[100_000, 0, 0], &[0, 80_000, 0]];

/// Lines of code, amount, service, mechanism, level, population basis for both layers; agreements, if any, must be in the case already.
pub(crate) fn lines(mut case: Case, health: &[&[&str]], council: &[&[&str]]) -> Case {
    for (rows, at) in [(health, 0), (council, 1)] {
        let mut plan = plan(if at == 0 { "nhs" } else { "pss" });
        let column = |name: &str| TextSource::Column(name.to_owned());
        (plan.service, plan.mechanism) = (column("service"), column("mechanism"));
        plan.extras = LineExtras { level: Some(column("level")), population_basis: Some(column("basis")), ..LineExtras::default() };
        let table = table(&["code", "amount", "service", "mechanism", "level", "basis"], rows);
        case.lines.extend(read_lines(&plan, &case.layers[at], &table, None, None, None).unwrap().0);
    }
    let pairs = money(&case.lines, &case.alignments[0], case.agreements.as_deref());
    case.pairs = vec![("test".to_owned(), pairs)];
    case
}

/// Agreements of id, bodies, service, mechanism, start, end, amount, level, model.
fn agreed(rows: &[&[&str]]) -> Case {
    let columns =
        ["agreement_id", "health_code", "council_code", "service", "mechanism", "start_date", "end_date", "amount", "level", "model"];
    let mut case = Case::new(PEOPLE);
    case.agreements = Some(read_agreements(&table(&columns, rows), &case.layers).unwrap().0);
    case
}

#[test]
fn money_for_patients_and_money_for_residents() {
    let council: &[&[&str]] =
        &[&["L1", "50", "carers", "mainstream", "", "resident"], &["L2", "50", "carers", "mainstream", "", "resident"]];
    // P1 counts patients; P2 has one line that counts patients and one that does not say, so it is not known to differ.
    let health: &[&[&str]] = &[
        &["P1", "70", "carers", "mainstream", "", "registered"],
        &["P2", "60", "carers", "mainstream", "", "registered"],
        &["P2", "10", "carers", "grant", "", ""],
    ];
    let found = lines(Case::new(PEOPLE).attribute("P1", "registered", "103000"), health, council).of("BUD-04");
    assert_eq!(subjects(&found), ["P1"]);
    assert_eq!(
        found[0].message,
        "The money of Trust 1 is meant for registered patients and that of Council 1 for residents, in carers in 2007-08."
    );
    // 103,000 registered, 100,000 resident; 70 and 50 pounds.
    assert!((found[0].value.unwrap() - 0.03).abs() < 1e-12);
    assert_eq!((found[0].people, found[0].pence), (Some(People::whole(100_000)), Some(Pence(12_000))));
    let same: &[&[&str]] = &[&["P1", "70", "carers", "mainstream", "", "resident"]];
    assert!(lines(Case::new(PEOPLE), same, council).of("BUD-04").is_empty());
    // Another service on the other side is no money for the same people and purpose.
    let other: &[&[&str]] = &[&["P1", "70", "acute", "mainstream", "", "registered"]];
    assert!(lines(Case::new(PEOPLE), other, council).of("BUD-04").is_empty());
}

#[test]
fn pools_that_run_together_are_counted() {
    let pool = |id: &'static str, service: &'static str, start: &'static str, end: &'static str, amount: &'static str| {
        [id, "P1", "L1", service, "pooled", start, end, amount, "", ""]
    };
    let three = [
        pool("a", "equipment", "2000-04-01", "2002-03-31", "60000"),
        pool("b", "carers", "2001-04-01", "2003-03-31", "95000"),
        pool("c", "mental_health", "2001-10-01", "", "88000"),
    ];
    let found = agreed(&[&three[0], &three[1], &three[2]]).of("BUD-06");
    assert_eq!((subjects(&found), found[0].value, found[0].pence), (vec!["P1"], Some(3.0), Some(Pence(24_300_000))));
    // 95 of 243.
    assert_eq!(
        found[0].message,
        "Trust 1 and Council 1 have 3 pools (carers, equipment and mental health), of £243,000 together; the largest holds 39.1%."
    );
    // The third begins after the first has ended: never more than two at once.
    let later = pool("c", "mental_health", "2002-10-01", "", "88000");
    assert!(agreed(&[&three[0], &three[1], &later]).of("BUD-06").is_empty());
    // Two equal pools have a concentration of 0.5, two of 9 to 1 one of 0.82.
    let mut two = agreed(&[&pool("a", "equipment", "", "", "50"), &pool("b", "carers", "", "", "50")]);
    let threshold = |value: f64| std::collections::BTreeMap::from([("concentration".to_owned(), value)]);
    two.settings.thresholds.insert("BUD-06".to_owned(), threshold(0.51));
    assert_eq!(two.of("BUD-06").len(), 1);
    two.settings.thresholds.insert("BUD-06".to_owned(), threshold(0.5));
    assert!(two.of("BUD-06").is_empty());
    // An amount that is not known leaves the number of pools, and not their sum.
    let unknown = pool("c", "mental_health", "2001-10-01", "", "*");
    let found = agreed(&[&three[0], &three[1], &unknown]).of("BUD-06");
    assert_eq!((found.len(), found[0].pence), (1, None));
    // By lines, where no agreement says more.
    let rows = ["equipment", "carers", "mental_health"].map(|service| ["P2", "10", service, "pooled", "", ""]);
    let found = lines(Case::new(PEOPLE), &[&rows[0], &rows[1], &rows[2]], &[]).of("BUD-06");
    assert_eq!((subjects(&found), found[0].fiscal_year.as_deref()), (vec!["P2"], Some("2007-08")));
    assert!(lines(Case::new(PEOPLE), &[&rows[0], &rows[1]], &[]).of("BUD-06").is_empty());
}

#[test]
fn a_priority_that_no_pool_holds() {
    let nhs = |code: &'static str, mechanism: &'static str| [code, "10", "older_people", mechanism, "", ""];
    let council: &[&[&str]] = &[&["L1", "5", "older_people", "mainstream", "", ""], &["L2", "5", "older_people", "mainstream", "", ""]];
    let with = |mut case: Case, priorities: &[&[&str]], mechanism: &'static str| {
        case.priorities = Some(read_priorities(&table(&["health_code", "service", "rank"], priorities), &case.layers).unwrap().0);
        lines(case, &[&nhs("P1", "mainstream"), &nhs("P2", mechanism)], council).of("BUD-08")
    };
    let none = || agreed(&[&["a", "P1", "L1", "carers", "pooled", "", "", "5", "", ""]]);
    let everybody: &[&[&str]] = &[&["", "older_people", "1"]];
    let found = with(none(), everybody, "pooled");
    // P2 pools it.
    assert_eq!(subjects(&found), ["P1"]);
    assert_eq!(found[0].message, "older people is priority 1 of Trust 1, and none of its money is pooled with Council 1 in 2007-08.");
    assert_eq!(found[0].pence, Some(Pence(1_500)));
    // Only P2's priority; an agreement that pools it; one whose amount is not known; no table of priorities.
    assert_eq!(subjects(&with(none(), &[&["P2", "older_people", ""]], "mainstream")), ["P2"]);
    for amount in ["5", ".."] {
        let case = agreed(&[&["a", "P1", "L1", "older_people", "pooled", "", "", amount, "", ""]]);
        assert!(with(case, everybody, "pooled").is_empty(), "{amount}");
    }
    assert!(lines(none(), &[&nhs("P1", "mainstream")], council).of("BUD-08").is_empty());
    let bad = |cell: &str| {
        let table = table(&["health_code", "service", "rank"], &[&["", "carers", cell]]);
        read_priorities(&table, &none().layers).unwrap_err().to_string()
    };
    assert!(bad("0").contains("rank") && bad("first").contains("`first`") && bad("1.5").contains("1.5"));
}

#[test]
fn levels_of_the_two_sides() {
    let council: &[&[&str]] =
        &[&["L1", "50", "carers", "mainstream", "strategic", ""], &["L2", "50", "carers", "mainstream", "strategic", ""]];
    let found = |health: &[&[&str]], id: &str| lines(Case::new(PEOPLE), health, council).of(id);
    // Most of P1's money is at practice level; most of P2's is not.
    let mixed: &[&[&str]] = &[
        &["P1", "60", "carers", "mainstream", "practice", ""],
        &["P1", "40", "carers", "pooled", "strategic", ""],
        &["P2", "60", "carers", "mainstream", "strategic", ""],
        &["P2", "40", "carers", "pooled", "practice", ""],
    ];
    let levels = found(mixed, "LVL-01");
    assert_eq!((subjects(&levels), levels[0].value), (vec!["P1"], Some(2.0)));
    assert_eq!(levels[0].message, "Money for carers in 2007-08 is decided at practice level in Trust 1, at strategic level in Council 1.");
    // A line that does not say its level, or an amount that would decide and is not known: not known.
    assert!(found(&[&["P1", "60", "carers", "mainstream", "practice", ""], &["P1", "1", "carers", "grant", "", ""]], "LVL-01").is_empty());
    let unknown: &[&[&str]] = &[&["P1", "60", "carers", "mainstream", "practice", ""], &["P1", "*", "carers", "pooled", "strategic", ""]];
    assert!(found(unknown, "LVL-01").is_empty());
    // P2's pool is at practice level, and all the rest is strategic; P1 has own money at practice level to commit.
    assert_eq!(subjects(&found(mixed, "LVL-02")), ["P2"]);
    // All joint lines: P2's one is at practice level, P1's is not.
    assert_eq!(subjects(&found(mixed, "LVL-03")), ["P2"]);
}

#[test]
fn levels_of_agreements() {
    let council: &[&[&str]] =
        &[&["L1", "50", "carers", "mainstream", "strategic", ""], &["L2", "50", "carers", "mainstream", "strategic", ""]];
    let health: &[&[&str]] =
        &[&["P1", "60", "carers", "mainstream", "strategic", ""], &["P2", "60", "carers", "mainstream", "strategic", ""]];
    let with = |rows: &[&[&str]], id: &str| lines(agreed(rows), health, council).of(id);
    // The model stands for the level: an area is a locality.
    let area: &[&str] = &["a", "P1", "L1", "carers", "lead_commissioning", "2007-04-01", "", "5", "", "area"];
    assert_eq!(subjects(&with(&[area], "LVL-02")), ["P1"]);
    // Over before the year begins; for another service; at strategic level.
    for row in [
        ["a", "P1", "L1", "carers", "lead_commissioning", "2005-04-01", "2007-03-31", "5", "", "area"],
        ["a", "P1", "L1", "equipment", "lead_commissioning", "", "", "5", "locality", ""],
        ["a", "P1", "L1", "carers", "lead_commissioning", "", "", "5", "strategic", "area"],
    ] {
        assert!(with(&[&row], "LVL-02").is_empty(), "{row:?}");
    }
    let practice: &[&str] = &["a", "P1", "L1", "carers", "pooled", "", "", "5", "practice", ""];
    let patient: &[&str] = &["b", "P1", "L1", "carers", "grant", "", "", "7", "", "patient"];
    let low = with(&[practice, patient], "LVL-03");
    assert_eq!((subjects(&low), low[0].pence, low[0].value), (vec!["P1"], Some(Pence(1_200)), Some(2.0)));
    // One that is higher, or does not say.
    for other in [area, &["c", "P1", "L1", "", "pooled", "", "", "", "", ""]] {
        let other: Vec<&str> = std::iter::once("c").chain(other[1..].iter().copied()).collect();
        assert!(with(&[practice, &other], "LVL-03").is_empty(), "{other:?}");
    }
    let columns = ["agreement_id", "health_code", "council_code", "service", "mechanism", "start_date", "end_date", "amount", "level"];
    let wrong = table(&columns, &[&["a", "P1", "L1", "", "pooled", "", "", "", "localty"]]);
    let error = read_agreements(&wrong, &Case::new(PEOPLE).layers).unwrap_err().to_string();
    assert!(error.contains("localty") && error.contains("did you mean `locality`?"), "{error}");
}

#[test]
fn powers_to_require_a_pool_are_watched_where_two_high_rules_meet_none() {
    // 40,000 people of P1 are in L2, which is mostly P2's (high), and so is 40% of its money (high). All boundary rules count as one kind.
    let people: &[&[i64]] = &[&[60_000, 40_000, 0], &[0, 100_000, 0]];
    let case = |pooled: Option<&[&str]>, mechanism: &'static str| {
        let mut case = Case::new(people);
        let columns = ["agreement_id", "health_code", "council_code", "service", "mechanism", "start_date", "end_date", "amount"];
        let plan: &[&str] = &["p", "P2", "L2", "", "joint_investment_plan", "", "", ""];
        let rows: Vec<&[&str]> = std::iter::once(plan).chain(pooled).collect();
        case.agreements = Some(read_agreements(&table(&columns, &rows), &case.layers).unwrap().0);
        lines(case, &[&["P1", "1000", "carers", mechanism, "", ""]], &[])
    };
    let pairs = |case: Case| -> Vec<(String, String)> {
        case.of("GOV-06").into_iter().map(|found| (found.subject_code.unwrap(), found.partner_code.unwrap())).collect()
    };
    // The part of P1 in L2 would belong to L1, so P1 is concerned with both; P2 fits L2.
    let both = [("P1".to_owned(), "L1".to_owned()), ("P1".to_owned(), "L2".to_owned())];
    assert_eq!(pairs(case(None, "mainstream")), both);
    // A pool with L1 leaves L2, and the other way round; a pooled line of P1, or one that may be, leaves none.
    assert_eq!(pairs(case(Some(&["a", "P1", "L1", "", "pooled", "", "", "5"]), "mainstream")), [both[1].clone()]);
    assert_eq!(pairs(case(Some(&["a", "P1", "L2", "", "pooled", "", "", "5"]), "mainstream")), [both[0].clone()]);
    assert!(pairs(case(None, "pooled")).is_empty());
    assert!(pairs(case(None, "")).is_empty());
    // Raised threshold; and without an agreements table nothing is known.
    let mut raised = case(None, "mainstream");
    raised.settings.thresholds.insert("GOV-06".to_owned(), std::collections::BTreeMap::from([("value".to_owned(), 3.0)]));
    assert!(pairs(raised).is_empty());
    let mut untold = case(None, "mainstream");
    untold.agreements = None;
    assert!(pairs(untold).is_empty());
}

#[test]
fn what_a_line_says_beside_its_amount_is_kept_and_checked() {
    let (layers, mut plan) = (Case::new(PEOPLE).layers, plan("b"));
    let column = |name: &str| Some(TextSource::Column(name.to_owned()));
    plan.unit = 1000.0;
    plan.extras = LineExtras {
        sub_service: column("programme"),
        level: Some(TextSource::Fixed("locality".to_owned())),
        holder: column("holder"),
        population_basis: column("basis"),
        counterpart: column("partner"),
        discretionary: Some("free".to_owned()),
        committed: Some("bound".to_owned()),
    };
    let columns = ["code", "amount", "programme", "holder", "basis", "partner", "free", "bound"];
    let read =
        |plan: &coterminous::config::BudgetPlan, rows: &[&[&str]]| read_lines(plan, &layers[0], &table(&columns, rows), None, None, None);
    let (lines, findings, _) =
        read(&plan, &[&["P1", "10", "day care", "HA", "resident", "L1", "4", "6"], &["P2", "10", "", "", "", "", "..", "3"]]).unwrap();
    let detail = lines[0].detail.as_deref().unwrap();
    assert_eq!(
        (detail.sub_service.as_deref(), detail.holder.as_deref(), detail.counterpart.as_deref()),
        (Some("day care"), Some("HA"), Some("L1"))
    );
    assert_eq!((detail.discretionary, detail.committed), (Some(Pence(400_000)), Some(Pence(600_000))));
    assert_eq!(lines[1].detail.as_deref().map(|detail| (detail.discretionary, detail.committed)), Some((None, Some(Pence(300_000)))));
    assert_eq!(lines[1].population_basis, None);
    assert!(lines.iter().all(|line| line.level.is_some_and(|level| level.as_str() == "locality")));
    assert!(findings.iter().all(|finding| finding.id != "DQ-11"));
    // 4 + 7 is not 10: a finding with what is too much, a thousand pounds.
    let (_, findings, _) = read(&plan, &[&["P1", "10", "", "", "", "", "4", "7"], &["P2", "1", "", "", "", "", "", ""]]).unwrap();
    let unequal = findings.iter().find(|finding| finding.id == "DQ-11").unwrap();
    assert_eq!((unequal.value, unequal.record), (Some(100_000.0), Some(2)));
    let error = read(&plan, &[&["P1", "10", "", "", "residnt", "", "", ""]]).unwrap_err().to_string();
    assert!(error.contains("basis") && error.contains("record 2") && error.contains("did you mean `resident`?"), "{error}");
    let error = read(&plan, &[&["P1", "10", "", "", "", "", "some", ""]]).unwrap_err().to_string();
    assert!(error.contains("free") && error.contains("`some`"), "{error}");
    plan.extras = LineExtras { level: Some(TextSource::Fixed("national".to_owned())), ..LineExtras::default() };
    assert!(read(&plan, &[&["P1", "10", "", "", "", "", "", ""]]).unwrap_err().to_string().contains("level `national`"));
}

#[test]
fn severities_and_messages_of_the_config() {
    let mut case = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]]);
    case.settings.severities.insert("BND-01".to_owned(), Severity::Info);
    case.settings
        .messages
        .insert("BND-01".to_owned(), "{subject} ({subject_code}, {service}): {people} people, {value} {unit}; {message}".to_owned());
    let found = case.of("BND-01");
    assert_eq!(found[0].severity, Severity::Info);
    assert_eq!(
        found[0].message,
        "Trust 1 (P1, not known): 40,000 people, 40000 people; Trust 1: 40,000 people live in Council 2 (most of Council 2 is with Trust 2)."
    );
    // Other rules keep theirs.
    assert!(case.find().iter().any(|found| found.id != "BND-01" && found.severity > Severity::Info));
}
