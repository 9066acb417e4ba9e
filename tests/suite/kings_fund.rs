//! The five sites of the King's Fund project: classes and obstructions written out by hand.

use std::path::{Path, PathBuf};

use coterminous::alignment::{Class, Side};
use coterminous::config::Config;
use coterminous::domain::{Basis, Pence, Severity};
use coterminous::pipeline::{self, Results, Unwatched};
use coterminous::sample::write_kings_fund;

fn root(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

#[test]
fn the_files_are_made_again_byte_for_byte() {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        write_kings_fund(&root("data/kings-fund")).unwrap();
    }
    let made = tempfile::tempdir().unwrap();
    let files = write_kings_fund(made.path()).unwrap();
    let names = |folder: &Path| -> Vec<_> {
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.retain(|name| name != "README.md");
        names.sort();
        names
    };
    assert_eq!(names(made.path()).len(), files);
    assert_eq!(names(made.path()), names(&root("data/kings-fund")));
    for name in names(made.path()) {
        let same = std::fs::read(made.path().join(&name)).unwrap() == std::fs::read(root("data/kings-fund").join(&name)).unwrap();
        assert!(same, "{name:?} is not what the generator makes; run UPDATE_GOLDEN=1 cargo test --test suite kings_fund");
    }
}

fn results() -> Results {
    let plan = Config::load(&root("config/kings-fund-sites.toml"), &pipeline::rules()).unwrap();
    let inputs = pipeline::read(&plan, &Unwatched).unwrap();
    pipeline::compute(&plan, inputs, &Unwatched).unwrap()
}

/// Alignment, side, code, class, share of the main partner in people.
type Told = (&'static str, Side, &'static str, Class, Option<f64>);

/// By the briefing's stories, with people a square kilometre times square kilometres (thousands below).
const CLASSES: &[Told] = &[
    // West Kent 80 + 90 + 200 + 340 = 710 and East Kent 600, both in Kent's 1,310.
    ("ha-council", Side::Health, "HA01", Class::Nested, Some(1.0)),
    ("ha-council", Side::Health, "HA02", Class::Nested, Some(1.0)),
    // One to one.
    ("ha-council", Side::Health, "HA03", Class::Coterminous, Some(1.0)),
    // St Helens 180, Knowsley 60 + 90: 180 of 330.
    ("ha-council", Side::Health, "HA04", Class::Aggregate, Some(180.0 / 330.0)),
    // Merton 180, Sutton 102 + 68, Wandsworth 260: 260 of 610.
    ("ha-council", Side::Health, "HA05", Class::Aggregate, Some(260.0 / 610.0)),
    ("ha-council", Side::Health, "HA06", Class::Coterminous, Some(1.0)),
    // On the council side an aggregate is partitioned, and what is nested lies inside a larger body.
    ("ha-council", Side::Council, "CC01", Class::Aggregate, Some(710.0 / 1310.0)),
    ("ha-council", Side::Council, "CC02", Class::Coterminous, Some(1.0)),
    ("ha-council", Side::Council, "CC03", Class::Nested, Some(1.0)),
    ("ha-council", Side::Council, "CC04", Class::Nested, Some(1.0)),
    ("ha-council", Side::Council, "CC05", Class::Nested, Some(1.0)),
    ("ha-council", Side::Council, "CC06", Class::Nested, Some(1.0)),
    ("ha-council", Side::Council, "CC07", Class::Nested, Some(1.0)),
    ("ha-council", Side::Council, "CC08", Class::Coterminous, Some(1.0)),
    // Every locality is inside one council.
    ("locality-council", Side::Health, "LO01", Class::Nested, Some(1.0)),
    ("locality-council", Side::Health, "LO02", Class::Nested, Some(1.0)),
    ("locality-council", Side::Health, "LO03", Class::Nested, Some(1.0)),
    ("locality-council", Side::Health, "LO04", Class::Nested, Some(1.0)),
    ("locality-council", Side::Health, "LO05", Class::Nested, Some(1.0)),
    // And covers a part of it: 170 of 1,310; 78 of 309; 60 of 150; 102 of 170; 40 of 310.
    ("locality-council", Side::Council, "CC01", Class::Uncovered, Some(170.0 / 1310.0)),
    ("locality-council", Side::Council, "CC02", Class::Uncovered, Some(78.0 / 309.0)),
    ("locality-council", Side::Council, "CC03", Class::Uncovered, None),
    ("locality-council", Side::Council, "CC04", Class::Uncovered, Some(0.4)),
    ("locality-council", Side::Council, "CC05", Class::Uncovered, None),
    ("locality-council", Side::Council, "CC06", Class::Uncovered, Some(0.6)),
    ("locality-council", Side::Council, "CC07", Class::Uncovered, None),
    ("locality-council", Side::Council, "CC08", Class::Uncovered, Some(40.0 / 310.0)),
];

#[test]
fn each_site_has_the_classes_of_its_story() {
    let results = results();
    let mut told = Vec::new();
    for alignment in &results.alignments {
        for body in alignment.bodies.iter().filter(|body| body.basis == Basis::People) {
            let bodies = if body.side == Side::Health { &alignment.relation.left } else { &alignment.relation.right };
            told.push((alignment.id.as_str(), body.side, bodies[body.body].code.as_str(), body.class.unwrap(), body.main_share));
        }
    }
    assert_eq!(told, CLASSES);
    assert!(results.proofs.iter().all(|proof| proof.holds));
    // Dartford and Gravesham is two whole districts; Trowbridge, 40 of West Wiltshire's 70, is inside one.
    let districts = results.districts[1].as_ref().unwrap();
    let class = |code: &str| districts.body(Side::Health, districts.relation.position_left(code).unwrap(), Basis::People).unwrap().class;
    assert_eq!((class("LO01"), class("LO05")), (Some(Class::Aggregate), Some(Class::Nested)));
}

/// Authorities and the councils they overlap; localities likewise.
const OF_AUTHORITIES: [(&str, &str); 9] = [
    ("HA01", "CC01"),
    ("HA02", "CC01"),
    ("HA03", "CC02"),
    ("HA04", "CC03"),
    ("HA04", "CC04"),
    ("HA05", "CC05"),
    ("HA05", "CC06"),
    ("HA05", "CC07"),
    ("HA06", "CC08"),
];
const OF_LOCALITIES: [(&str, &str); 5] = [("LO01", "CC01"), ("LO02", "CC02"), ("LO03", "CC04"), ("LO04", "CC06"), ("LO05", "CC08")];

/// Obstructions that only some have. Every body is whole in one council or made of whole ones, so none is about a line in the wrong place: id, alignment, subject, partner, service ("" where none).
const SOME: &[[&str; 5]] = &[
    // Kent must agree with two authorities, each whole in it.
    ["BND-02", "ha-council", "CC01", "", ""],
    // Huyton and Sutton: authorities of two and three whole boroughs.
    ["BND-03", "ha-council", "HA04", "", ""],
    ["BND-03", "ha-council", "HA05", "", ""],
    // Dartford and Gravesham fits its districts, and social care is the county's.
    ["BND-07", "locality-council", "LO01", "CC01", ""],
    // By land 80 of 300 square kilometres of Wiltshire are Trowbridge's, by people 40 of 310 thousand.
    ["BND-08", "locality-council", "CC08", "LO05", ""],
    // 85,800 registered, 78,000 resident: a tenth more.
    ["BND-10", "locality-council", "LO02", "", ""],
    // All joint money is joint finance.
    ["BUD-07", "locality-council", "LO01", "CC01", "mental_health"],
    ["BUD-07", "locality-council", "LO01", "CC01", "older_people"],
    ["BUD-07", "locality-council", "LO02", "CC02", "older_people"],
    ["BUD-07", "locality-council", "LO03", "CC04", "mental_health"],
    ["BUD-07", "locality-council", "LO04", "CC06", "older_people"],
    ["BUD-07", "locality-council", "LO05", "CC08", "older_people"],
    // A practice whose surgery is in the sea, and one whose locality is in no layer.
    ["DQ-04", "", "gp-commissioning", "", ""],
    ["DQ-04", "", "total-purchasing", "", ""],
    // Trowbridge's district takes part, Dartford's and Gravesham's do not.
    ["GOV-04", "locality-council", "LO01", "CC01", ""],
    // One boundary in Dudley and in Wiltshire, and nothing pooled.
    ["GOV-05", "ha-council", "HA03", "CC02", "mental_health"],
    ["GOV-05", "ha-council", "HA03", "CC02", "older_people"],
    ["GOV-05", "ha-council", "HA06", "CC08", "mental_health"],
    ["GOV-05", "ha-council", "HA06", "CC08", "older_people"],
    // Dudley's and Sutton's only joint work is at practices; Dartford has a locality board beside it, Trowbridge a locality forum.
    ["LVL-03", "locality-council", "LO02", "", ""],
    ["LVL-03", "locality-council", "LO04", "", ""],
    // Joint commissioning is the authority's, or shared with it, in three of five.
    ["LVL-05", "locality-council", "LO01", "CC01", ""],
    ["LVL-05", "locality-council", "LO02", "CC02", ""],
    ["LVL-05", "locality-council", "LO03", "CC04", ""],
];

#[test]
fn each_site_has_the_obstructions_of_its_story_and_no_others() {
    let mut expected: Vec<[&str; 5]> = SOME.to_vec();
    for (health, council) in OF_AUTHORITIES {
        // Agreements are made by localities: authorities have neither one nor a plan, and plan five years ahead where councils plan one.
        expected.push(["BUD-03", "ha-council", health, council, ""]);
        expected.push(["GOV-03", "ha-council", health, council, ""]);
        expected.push(["CYC-02", "ha-council", health, council, ""]);
    }
    for (health, council) in OF_LOCALITIES {
        expected.push(["CYC-02", "locality-council", health, council, ""]);
        // Trowbridge's forum has a joint plan.
        if health != "LO05" {
            expected.push(["GOV-03", "locality-council", health, council, ""]);
        }
    }
    expected.sort_unstable();
    let results = results();
    let text = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    let mut told: Vec<[String; 5]> = results
        .obstructions
        .iter()
        .map(|found| {
            [found.id.to_string(), text(&found.alignment), text(&found.subject_code), text(&found.partner_code), text(&found.service)]
        })
        .collect();
    told.sort();
    assert_eq!(told, expected);
    let severe = results.obstructions.iter().filter(|found| ["BND", "BUD"].contains(&found.family));
    assert!(severe.clone().count() > 0 && severe.clone().all(|found| found.severity <= Severity::Low), "{:?}", severe.collect::<Vec<_>>());
}

#[test]
fn pounds_follow_the_people_a_service_is_for() {
    let results = results();
    let alignment = &results.alignments[0];
    let outside = |code: &str, service: &str| {
        let sums = results.money.bodies[0].iter().find(|sum| sum.code == code && sum.service.as_deref() == Some(service)).unwrap();
        (sums.health.unwrap(), sums.outside_main.unwrap())
    };
    // Mental health by all people: 150 of 330 thousand live in Knowsley, so 13,200,000 x 150 / 330 = 6,000,000 pounds.
    assert_eq!(outside("HA04", "mental_health"), (Pence(1_320_000_000), Pence(600_000_000)));
    // Older people by those of 65 and over: 27,000 in St Helens, 7,800 + 11,700 in Knowsley; 19,800,000 x 19,500 / 46,500 = 8,303,225.81.
    assert_eq!(outside("HA04", "older_people"), (Pence(1_980_000_000), Pence(830_322_581)));
    assert!(results.money.reconciled.iter().all(|row| row.difference() == 0 && row.unallocated == 0));
    let dudley = alignment.relation.position_left("HA03").unwrap();
    // 24,000,000 pounds of Dudley council for older people, 309,000 residents: 7,766.99 pence a head.
    let head =
        results.money.pairs[0].1.iter().find(|row| row.left == Some(dudley) && row.service.as_deref() == Some("older_people")).unwrap();
    assert!((head.council_per_head.unwrap() - 2_400_000_000.0 / 309_000.0).abs() < 1e-9);
    assert_eq!(head.level_gap, Some(0));
    // Plans are submitted on 30 November and 15 February, 77 days apart; budgets set on 20 March and 5 March, 15 days.
    let gap = &results.money.gaps[0][0];
    assert_eq!((gap.year_start_days, gap.plan_days, gap.budget_days, gap.horizon_years), (Some(0), Some(77), Some(15), Some(4.0)));
}

#[test]
fn schemes_are_at_work_in_their_localities() {
    let results = results();
    let told: Vec<_> = results
        .money
        .schemes
        .iter()
        .filter(|row| row.layer == "locality-1998")
        .map(|row| (row.group.as_str(), row.code.as_deref(), row.members.unwrap(), row.people.unwrap().as_f64(), row.kinds_in_body))
        .collect();
    let expected = [
        // Surgeries in the sea; two in Sedgley and Coseley; one in Huyton.
        ("gp-commissioning", None, 1, 5000.0, 0),
        ("gp-commissioning", Some("LO02"), 2, 16000.0, 1),
        ("gp-commissioning", Some("LO03"), 1, 6000.0, 1),
        ("swl", None, 1, 8000.0, 0),
        ("swl", Some("LO04"), 2, 20000.0, 1),
        ("trowbridge", Some("LO05"), 1, 14000.0, 1),
    ];
    assert_eq!(told, expected);
}
