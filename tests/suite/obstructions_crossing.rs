//! People and pounds on the wrong side of a line: each rule at, above and below its thresholds, with the arithmetic on show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use coterminous::alignment::{Side, measure};
use coterminous::budgets::{align_by, apportion_by, read_lines};
use coterminous::config::{Config, TextSource, Tolerances};
use coterminous::domain::{Pence, People, Role, Severity};
use coterminous::obstructions::{Confidence, Obstruction, keys};
use coterminous::pipeline::{self, Unwatched};

use super::budgets::{layer, plan, relation, table};
use super::obstructions::{Case, subjects};

/// Rule, subject, partner, severity of what was found.
fn rows(found: &[Obstruction]) -> Vec<(&str, &str, &str, Severity)> {
    let text = |text: &'_ Option<String>| -> &'static str { text.clone().unwrap_or_default().leak() };
    found.iter().map(|found| (&*found.id, text(&found.subject_code), text(&found.partner_code), found.severity)).collect()
}

#[test]
fn a_body_across_two_councils_is_named_from_every_side_once() {
    // F1 of domain.md E6: P1 in L1, P2 across both, P3 in L2. The 95,000 of P2 in L1 cross.
    let case = Case::new(&[&[620_000, 0, 0], &[95_000, 115_000, 0], &[0, 590_000, 0]]);
    let found = case.find();
    assert_eq!(
        rows(&found),
        [
            ("BND-01", "P2", "", Severity::High),
            ("BND-04", "L1", "", Severity::High),
            ("BND-05", "P2", "L1", Severity::High),
            ("BND-06", "L1", "", Severity::High),
        ]
    );
    let messages: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
    // 620 of L1's 715 thousand are 86.7%, 95 are 13.3%. Four pairs are significant.
    assert_eq!(
        messages,
        [
            "Trust 2: 95,000 people live in Council 1 (most of Council 1 is with Trust 1).",
            "3 NHS bodies and 2 councils are interlocked (Trust 1, Trust 2, Trust 3, Council 1 and Council 2); none can align alone. 95,000 people \
         are on the wrong side of a line, and joint working everywhere needs 4 agreements.",
            "About 95,000 residents of Council 1 fall under Trust 2; most of Council 1 is with Trust 1.",
            "Council 1 is split: 86.7% with Trust 1 and 13.3% with Trust 2; 95,000 people are on the wrong side of a line.",
        ]
    );
    for found in &found {
        assert_eq!((found.people, found.value, found.unit.as_ref()), (Some(People::whole(95_000)), Some(95_000.0), "people"));
        assert_eq!((found.threshold, found.confidence), (Some(10_000.0), Confidence::Stable));
    }
}

#[test]
fn a_council_split_between_two_bodies_that_each_hold_another_whole_one() {
    // L2 is split 60:40 between P1, which has all of L1, and P2, which has all of L3. The 40 cross, not 100: P1 is made of L1 and L2.
    let found = Case::new(&[&[100_000, 60_000, 0, 0], &[0, 40_000, 100_000, 0]]).find();
    assert_eq!(
        rows(&found),
        [
            ("BND-01", "P2", "", Severity::High),
            ("BND-04", "L1", "", Severity::High),
            ("BND-05", "P2", "L2", Severity::High),
            ("BND-06", "L2", "", Severity::High),
        ]
    );
    assert!(found.iter().all(|found| found.people == Some(People::whole(40_000))));
    assert_eq!(found[2].message, "About 40,000 residents of Council 2 fall under Trust 2; most of Council 2 is with Trust 1.");
}

#[test]
fn ten_whole_boroughs_in_one_body_are_nothing_above_low() {
    let people: Vec<i64> = vec![50_000; 10].into_iter().chain([0]).collect();
    let council: Vec<[String; 4]> = (1..=10).map(|at| [format!("L{at}"), "9000000".into(), "acute".into(), "mainstream".into()]).collect();
    let council: Vec<Vec<&str>> = council.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let council: Vec<&[&str]> = council.iter().map(Vec::as_slice).collect();
    let mut case = Case::new(&[&people]);
    // No agreement with any of them.
    case.agreements = Some(Vec::new());
    let case = case.lines(&[&["P1", "900000000", "acute", "mainstream"]], &council);
    let found = case.find();
    assert!(found.iter().any(|found| found.id == "BND-03") && found.iter().any(|found| found.id == "BUD-03"), "{found:?}");
    // Nine tenths of the money are for people outside the largest borough; that is no fault of any line.
    assert!(found.iter().all(|found| found.severity <= Severity::Low), "{:?}", rows(&found));
    // A config that says otherwise has the last word.
    let mut strict = case;
    strict.settings.severities.insert("BUD-03".to_owned(), Severity::High);
    assert!(strict.of("BUD-03").iter().all(|found| found.severity == Severity::High));
}

#[test]
fn severity_goes_by_people_and_by_the_share_of_the_body() {
    // P1 has 400,000 people in L1 and `crossing` in L2, where P2 has 400,000: less than 5% of either up to 20,000.
    let severities = |crossing: i64| -> Vec<(String, Severity)> {
        let found = Case::new(&[&[400_000, crossing, 0], &[0, 400_000, 0]]).find();
        let mut rows: Vec<_> =
            found.into_iter().filter(|found| found.id != "BND-09").map(|found| (found.id.to_string(), found.severity)).collect();
        rows.dedup();
        rows
    };
    let all = |severity: Severity| ["BND-01", "BND-05", "BND-06"].map(|id| (id.to_owned(), severity)).to_vec();
    assert_eq!(severities(10_000), all(Severity::High));
    assert_eq!(severities(9_999), all(Severity::Medium));
    assert_eq!(severities(1_000), all(Severity::Medium));
    assert_eq!(severities(999), all(Severity::Low));
    assert_eq!(severities(500), all(Severity::Low));
    // 499 people are too few for a flag of their own.
    assert_eq!(severities(499), [("BND-01".to_owned(), Severity::Low), ("BND-06".to_owned(), Severity::Low)]);
    assert!(severities(0).is_empty());

    // 500 of 10,000 are exactly 5% of P1; 499 are less. Of L2's 30,500 they are 1.6%.
    let small = |crossing: i64| Case::new(&[&[10_000 - crossing, crossing, 0], &[0, 30_000, 0]]);
    let found = small(500).of("BND-01");
    assert_eq!(
        (found[0].severity, &*found[0].metric, found[0].value, found[0].threshold),
        (Severity::High, "crossing_share", Some(0.05), Some(0.05))
    );
    assert_eq!(found[0].people, Some(People::whole(500)));
    assert_eq!(small(499).of("BND-01")[0].severity, Severity::Low);
    assert_eq!(small(500).of("BND-06")[0].severity, Severity::Low);
    // And 5% of a council: 500 of L2's 10,000, which are 1.2% of P1.
    let council = Case::new(&[&[40_000, 500, 0], &[0, 9_500, 0]]);
    assert_eq!((council.of("BND-06")[0].severity, council.of("BND-01")[0].severity), (Severity::High, Severity::Low));
}

#[test]
fn every_part_is_named_with_the_councils_other_body() {
    // L1 has five whole trusts; P6 is L2 and 3,000 people of L1. No trust has most of L1, so the largest is named, with how many more.
    let case = Case::new(&[&[50_000, 0, 0], &[40_000, 0, 0], &[30_000, 0, 0], &[20_000, 0, 0], &[3_000, 90_000, 0]]);
    let found = case.of("BND-05");
    assert_eq!((subjects(&found), found[0].partner_code.as_deref()), (vec!["P5"], Some("L1")));
    // 50 of 143 thousand are less than half; P2 to P4 are the other three with 5% or more.
    assert_eq!(
        found[0].message,
        "About 3,000 residents of Council 1 fall under Trust 5; the rest of Council 1 is with Trust 1 and 3 other NHS bodies."
    );
    // A whole council inside a body that is mostly one of several in another: all of L2 crosses, as P3 can belong to one of them alone.
    let case = Case::new(&[&[300_000, 0, 0], &[300_000, 0, 0], &[200_000, 150_000, 0]]);
    let found = case.of("BND-05");
    assert_eq!((subjects(&found), found[0].partner_code.as_deref()), (vec!["P3"], Some("L2")));
    assert_eq!(
        found[0].message,
        "About 150,000 residents of Council 2 fall under Trust 3; Council 2 has no other NHS body, and the rest of Trust 3 is in Council 1."
    );
    assert_eq!(
        case.of("BND-06")[0].message,
        "Council 2 is with Trust 3 alone: 150,000 people are on the wrong side of a line, as Council 2 has no other NHS body, and the rest of \
         Trust 3 is in Council 1."
    );
}

#[test]
fn parts_of_one_body_are_one_row_of_bnd_01_largest_first() {
    // P1 is L1, and has 4,000, 3,000, 2,000 and 1,000 people of four councils that are otherwise P2 to P5.
    let case = Case::new(&[
        &[500_000, 1_000, 4_000, 3_000, 2_000, 0],
        &[0, 90_000, 0, 0, 0, 0],
        &[0, 0, 90_000, 0, 0, 0],
        &[0, 0, 0, 90_000, 0, 0],
        &[0, 0, 0, 0, 90_000, 0],
    ]);
    let found = case.of("BND-01");
    assert_eq!((subjects(&found), found[0].people, found[0].severity), (vec!["P1"], Some(People::whole(10_000)), Severity::High));
    assert_eq!(
        found[0].message,
        "Trust 1: 4,000 people live in Council 3 (most of Council 3 is with Trust 3); 3,000 people live in Council 4 (most of Council 4 is \
         with Trust 4); 2,000 people live in Council 5 (most of Council 5 is with Trust 5); 1,000 people in 1 smaller part."
    );
    assert_eq!(case.of("BND-05").len(), 4);
}

#[test]
fn where_people_are_not_known_nothing_is_stable() {
    let health = layer("pct", Role::Health, &[("P1", "Trust 1"), ("P2", "Trust 2")]);
    let council = layer("la", Role::Council, &[("L1", "Council 1"), ("L2", "Council 2")]);
    // By land alone: `crossing` of P1's 1,000,000 m2 are in L2.
    let found = |crossing: i64| {
        let mut relation = relation(&health, &council, &[&[1_000_000 - crossing, crossing, 0], &[0, 4_000_000, 0]]);
        relation.has_people = false;
        for pair in &mut relation.pairs {
            (pair.amounts.people, pair.amounts.people_low, pair.amounts.people_high) = (None, None, None);
        }
        for body in relation.left.iter_mut().chain(&mut relation.right) {
            body.people = None;
        }
        let alignment = measure("test", "pct", "la", relation, &Tolerances::default());
        Case { layers: vec![health.clone(), council.clone()], alignments: vec![alignment], ..Case::default() }.find()
    };
    // 5% is high, 0.5% medium, less is low; people are not known.
    for (crossing, severity) in [(50_000, Severity::High), (49_000, Severity::Medium), (5_000, Severity::Medium), (4_000, Severity::Low)] {
        let found: Vec<_> = found(crossing).into_iter().filter(|found| ["BND-01", "BND-05"].contains(&&*found.id)).collect();
        assert_eq!(
            found.iter().map(|found| (&*found.id, found.severity)).collect::<Vec<_>>(),
            [("BND-01", severity), ("BND-05", severity)]
        );
        assert!(found.iter().all(|found| found.confidence == Confidence::Unstable && found.people.is_none()), "{found:?}");
    }
    let five = found(50_000);
    assert_eq!(five[0].message, "Trust 1: 5 hectares are in Council 2 (most of Council 2 is with Trust 2).");
}

/// Cases with money of code, amount, service and year on either side.
fn money(people: &[&[i64]], health: &[&[&str]], council: &[&[&str]]) -> Case {
    let mut case = Case::new(people);
    for (rows, at) in [(health, 0), (council, 1)] {
        let mut plan = plan(if at == 0 { "nhs" } else { "pss" });
        plan.service = TextSource::Column("service".to_owned());
        plan.fiscal_year = TextSource::Column("year".to_owned());
        let table = table(&["code", "amount", "service", "year"], rows);
        case.lines.extend(read_lines(&plan, &case.layers[at], &table, None, None, None).unwrap().0);
    }
    let (apportioned, _) = apportion_by(&case.lines, &case.alignments[0], &[]).unwrap();
    let pairs = align_by(&case.lines, &apportioned, &case.alignments[0], &[], None).unwrap();
    case.pairs = vec![("test".to_owned(), pairs)];
    case
}

#[test]
fn pounds_across_a_line_are_those_of_either_side_in_the_latest_known_year() {
    // 20% of P1 are in L2, where they are a sixth.
    let people: &[&[i64]] = &[&[80_000, 20_000, 0], &[0, 100_000, 0]];
    let case = money(
        people,
        &[&["P1", "900", "acute", "2006-07"], &["P1", "1000", "acute", "2007-08"], &["P2", "500", "acute", "2007-08"]],
        &[&["L2", "600", "acute", "2007-08"], &["L1", "700", "acute", "2007-08"]],
    );
    let found = case.of("BUD-01");
    assert_eq!(
        found.iter().map(|found| (found.subject_side.unwrap(), found.subject_code.as_deref().unwrap(), found.pence)).collect::<Vec<_>>(),
        // 600 x 20 / 120 and 1,000 x 20 / 100.
        [(Side::Council, "L2", Some(Pence(10_000))), (Side::Health, "P1", Some(Pence(20_000)))]
    );
    assert!(found.iter().all(|found| found.fiscal_year.as_deref() == Some("2007-08") && found.people == Some(People::whole(20_000))));
    assert_eq!(
        found[0].message,
        "£100 (16.7%) of the money of Council 2 for acute in 2007-08 is for people who are with Trust 1; most of Council 2 is with Trust 2."
    );
    assert_eq!(
        found[1].message,
        "£200 (20%) of the money of Trust 1 for acute in 2007-08 is for people in Council 2; most of Council 2 is with Trust 2."
    );
    assert_eq!((found[1].value, found[1].threshold, found[1].severity), (Some(0.2), Some(0.1), Severity::High));
    // An amount that is not known is none: the year before is the latest that is known.
    let unknown = money(people, &[&["P1", "900", "acute", "2006-07"], &["P1", "*", "acute", "2007-08"]], &[]);
    let found = unknown.of("BUD-01");
    assert_eq!((found.len(), found[0].pence, found[0].fiscal_year.as_deref()), (1, Some(Pence(18_000)), Some("2006-07")));
    // One row a service.
    let services = money(people, &[&["P1", "1", "acute", "2007-08"], &["P1", "1", "carers", "2007-08"]], &[]);
    assert_eq!(services.of("BUD-01").len(), 2);
    // Nobody across a line: no money either.
    assert!(money(&[&[80_000, 20_000, 0]], &[&["P1", "900000000", "acute", "2007-08"]], &[]).of("BUD-01").is_empty());
}

#[test]
fn severity_of_money_goes_by_share_and_by_pounds() {
    // 10,000 of P1's 400,000 people are in L2: 2.5% of its money.
    let severity = |crossing: i64, amount: &'static str| {
        let case = money(&[&[400_000 - crossing, crossing, 0], &[0, 400_000, 0]], &[&["P1", amount, "acute", "2007-08"]], &[]);
        let found = case.of("BUD-01");
        (found[0].pence.unwrap().0, found[0].severity)
    };
    // 2.5% of £200m are £5m; of £40m £1m.
    assert_eq!(severity(10_000, "200000000"), (500_000_000, Severity::High));
    assert_eq!(severity(10_000, "199999999.60"), (499_999_999, Severity::Medium));
    assert_eq!(severity(10_000, "40000000"), (100_000_000, Severity::Medium));
    assert_eq!(severity(10_000, "39999999.60"), (99_999_999, Severity::Low));
    // A tenth of any money is high: 40,000 of 400,000; 39,999 are less.
    assert_eq!(severity(40_000, "1000"), (10_000, Severity::High));
    // 39,999 / 400,000 of a million pounds are £99,997.50.
    assert_eq!(severity(39_999, "1000000"), (9_999_750, Severity::Low));
}

#[test]
fn an_obstruction_has_one_key_and_keeps_it() {
    let case = |crossing: i64| Case::new(&[&[400_000, crossing, 0], &[0, 400_000, 0]]);
    let named = |case: &Case| -> Vec<String> { case.find().iter().filter(|found| found.id != "BND-09").map(Obstruction::key).collect() };
    assert_eq!(named(&case(10_000)), ["BND-01/test/health:P1", "BND-05/test/health:P1/with:L2", "BND-06/test/council:L2",]);
    // More people, another severity: the same facts.
    assert_eq!(named(&case(10_000)), named(&case(900)));
    // Two agreements of one pair are two facts, and a slash in an id does not make them one.
    let mut ending = Case::new(&[&[100_000, 0]]);
    let columns = ["agreement_id", "health_code", "council_code", "service", "mechanism", "start_date", "end_date", "amount"];
    let rows: &[&[&str]] = &[
        &["a/1", "P1", "L1", "", "pooled", "2012-04-01", "2013-04-02", "5"],
        &["a2", "P1", "L1", "", "pooled", "2012-04-01", "2013-04-02", "5"],
    ];
    ending.agreements = Some(coterminous::budgets::read_agreements(&table(&columns, rows), &ending.layers).unwrap().0);
    ending.layers[0].valid_to = Some("2013-03-31".parse().unwrap());
    let found = ending.of("CYC-04");
    assert_eq!(keys(&found), ["CYC-04/test/health:P1/with:L1/about:a%2F1", "CYC-04/test/health:P1/with:L1/about:a2"]);
    // The latest year takes the place of the one before: the same fact, and no second one.
    let people: &[&[i64]] = &[&[80_000, 20_000, 0], &[0, 100_000, 0]];
    let year = |year: &'static str| keys(&money(people, &[&["P1", "900", "acute", year]], &[]).of("BUD-01"));
    assert_eq!(year("2006-07"), ["BUD-01/test/health:P1/service:acute"]);
    assert_eq!(year("2006-07"), year("2007-08"));
    // Rows that nothing tells apart are numbered.
    let twice = [found[0].clone(), found[0].clone()];
    assert_eq!(keys(&twice)[1], "CYC-04/test/health:P1/with:L1/about:a%2F1#2");
}

fn check_keys(found: &[Obstruction]) {
    let keys = keys(found);
    let all: BTreeSet<&String> = keys.iter().collect();
    assert_eq!(all.len(), keys.len());
    // No built-in rule needs a number to tell its rows apart.
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    for (found, key) in found.iter().zip(&keys).filter(|(found, _)| found.family != "OWN") {
        assert!(!key.contains('#'), "{} {key}", found.message);
        *met.entry(&found.id).or_default() += 1;
    }
    assert!(met.len() > 3, "{met:?}");
}

#[test]
fn keys_are_unique_on_the_sample() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sample.toml");
    let plan = Config::load(&path, &pipeline::rules()).unwrap();
    let results = pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap();
    check_keys(&results.obstructions);
    // No boundary or money flag is above low about a body that has nobody on the wrong side of a line, and each part of 500 people is named once.
    let mut above = 0;
    for (alignment, nestings) in results.alignments.iter().zip(&results.nestings) {
        let nesting = nestings.iter().find(|nesting| nesting.basis == coterminous::domain::Basis::People).unwrap();
        let of = |found: &&Obstruction| found.alignment.as_deref() == Some(alignment.id.as_str());
        for found in results.obstructions.iter().filter(of).filter(|found| found.severity > Severity::Low && found.subject_layer.is_some())
        {
            if !["BND", "BUD"].contains(&found.family) {
                continue;
            }
            let code = found.subject_code.as_deref().unwrap();
            let side = found.subject_side.unwrap();
            let body = match side {
                Side::Health => alignment.relation.position_left(code),
                Side::Council => alignment.relation.position_right(code),
            };
            assert!(nesting.of(side, body.unwrap()).unwrap() > 0, "{}: {}", found.id, found.message);
            above += 1;
        }
        let named: Vec<(&str, &str)> = results
            .obstructions
            .iter()
            .filter(of)
            .filter(|found| found.id == "BND-05")
            .map(|found| (found.subject_code.as_deref().unwrap(), found.partner_code.as_deref().unwrap()))
            .collect();
        let mut parts: Vec<(&str, &str)> = nesting
            .parts
            .iter()
            .filter(|part| part.amount >= 500 * People::UNIT)
            .map(|part| (alignment.relation.left[part.left].code.as_str(), alignment.relation.right[part.right].code.as_str()))
            .collect();
        parts.sort_unstable();
        assert_eq!(named, parts, "{}", alignment.id);
    }
    assert!(above > 10, "{above}");
}
