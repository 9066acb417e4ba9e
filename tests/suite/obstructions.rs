//! Each rule fires where it should, and not next door.

use std::collections::{BTreeMap, BTreeSet};

use coterminous::alignment::{Alignment, Side};
use coterminous::budgets::{
    Agreement, BudgetLine, BudgetPair, Cycle, Governance, Priority, Reach, ServicePopulation, align_by, apportion_by, inputs_markdown,
    read_agreements, read_cycles, read_governance, read_lines,
};
use coterminous::config::{ObstructionSettings, OptionSettings, TextSource, Tolerances};
use coterminous::domain::{Basis, Finding, Layer, Pence, People, Role, Severity};
use coterminous::nesting::nest_all;
use coterminous::obstructions::{self, Confidence, Evidence, Obstruction, RULES, SOURCES};
use coterminous::succession::{Effect, EffectBy, EffectKind, Input, Succession, succeed};

use super::budgets::{aligned, layer, plan, relation, table};

/// What a test gives the rules; what it does not set is empty.
#[derive(Default)]
pub(crate) struct Case {
    pub(crate) layers: Vec<Layer>,
    pub(crate) alignments: Vec<Alignment>,
    pub(crate) successions: Vec<Succession>,
    pub(crate) lines: Vec<BudgetLine>,
    pub(crate) pairs: Vec<(String, Vec<BudgetPair>)>,
    pub(crate) agreements: Option<Vec<Agreement>>,
    pub(crate) cycles: Option<Vec<Cycle>>,
    pub(crate) governance: Option<Vec<Governance>>,
    pub(crate) priorities: Option<Vec<Priority>>,
    pub(crate) populations: Vec<ServicePopulation>,
    pub(crate) schemes: Vec<Reach>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) settings: ObstructionSettings,
    pub(crate) options: OptionSettings,
}

impl Case {
    /// One alignment of NHS bodies P1.. with councils L1.. and this matrix of people (last column: outside).
    pub(crate) fn new(people: &[&[i64]]) -> Self {
        let names = |letter: &str, number: usize| -> Vec<(String, String)> {
            (1..=number).map(|i| (format!("{letter}{i}"), format!("{} {i}", if letter == "P" { "Trust" } else { "Council" }))).collect()
        };
        let (left, right) = (names("P", people.len()), names("L", people[0].len() - 1));
        let borrow = |names: &[(String, String)], id: &str, role: Role| {
            layer(id, role, &names.iter().map(|(code, name)| (code.as_str(), name.as_str())).collect::<Vec<_>>())
        };
        let (pct, la) = (borrow(&left, "pct", Role::Health), borrow(&right, "la", Role::Council));
        let alignment = aligned(&pct, &la, people);
        Self { layers: vec![pct, la], alignments: vec![alignment], ..Self::default() }
    }

    pub(crate) fn attribute(mut self, code: &str, name: &str, value: &str) -> Self {
        for area in self.layers.iter_mut().flat_map(|layer| &mut layer.areas).filter(|area| area.code == code) {
            area.attributes.insert(name.to_owned(), value.to_owned());
        }
        self
    }

    /// A service's own population, as a matrix like that of all people; before the lines that it splits.
    pub(crate) fn population(mut self, field: &str, service: &str, people: &[&[i64]]) -> Self {
        let relation = aligned(&self.layers[0], &self.layers[1], people).relation;
        self.populations.push(ServicePopulation { field: field.to_owned(), services: vec![service.to_owned()], relation });
        self
    }

    /// Lines of code, amount, service, mechanism for both layers.
    pub(crate) fn lines(mut self, health: &[&[&str]], council: &[&[&str]]) -> Self {
        for (rows, at) in [(health, 0), (council, 1)] {
            let mut plan = plan(if at == 0 { "nhs" } else { "pss" });
            plan.service = TextSource::Column("service".to_owned());
            plan.mechanism = TextSource::Column("mechanism".to_owned());
            let table = table(&["code", "amount", "service", "mechanism"], rows);
            self.lines.extend(read_lines(&plan, &self.layers[at], &table, None, None, None).unwrap().0);
        }
        let (apportioned, _) = apportion_by(&self.lines, &self.alignments[0], &self.populations).unwrap();
        let pairs = align_by(&self.lines, &apportioned, &self.alignments[0], &self.populations, self.agreements.as_deref()).unwrap();
        self.pairs = vec![("test".to_owned(), pairs)];
        self
    }

    pub(crate) fn agreements(mut self, rows: &[&[&str]]) -> Self {
        let columns = ["agreement_id", "health_code", "council_code", "service", "mechanism", "start_date", "end_date", "amount"];
        self.agreements = Some(read_agreements(&table(&columns, rows), &self.layers).unwrap().0);
        self
    }

    pub(crate) fn find(&self) -> Vec<Obstruction> {
        let nestings = nest_all(&self.alignments, 500.0);
        let evidence = Evidence {
            layers: &self.layers,
            alignments: &self.alignments,
            nestings: &nestings,
            two_tier: &[],
            successions: &self.successions,
            lines: &self.lines,
            budget_pairs: &self.pairs,
            agreements: self.agreements.as_deref(),
            cycles: self.cycles.as_deref(),
            governance: self.governance.as_deref(),
            priorities: self.priorities.as_deref(),
            schemes: &self.schemes,
            findings: &self.findings,
            tolerances: &Tolerances::default(),
            as_if_separate: false,
        };
        obstructions::find(&evidence, &self.settings).unwrap()
    }

    pub(crate) fn of(&self, id: &str) -> Vec<Obstruction> {
        self.find().into_iter().filter(|found| found.id == id).collect()
    }
}

pub(crate) fn subjects(found: &[Obstruction]) -> Vec<&str> {
    found.iter().filter_map(|found| found.subject_code.as_deref()).collect()
}

#[test]
fn the_page_of_inputs_is_printed_from_the_readers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/inputs.md");
    let printed = inputs_markdown();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page == printed, "docs/inputs.md is not what the readers print; run UPDATE_GOLDEN=1 cargo test --test suite obstructions");
}

#[test]
fn the_page_is_printed_from_the_rules() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/obstructions.md");
    let printed = obstructions::markdown();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page == printed, "docs/obstructions.md is not what the rules print; run UPDATE_GOLDEN=1 cargo test --test suite obstructions");
}

#[test]
fn the_page_of_sources_is_printed_from_the_table_and_every_key_resolves() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sources.md");
    let printed = obstructions::sources_markdown();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &printed).unwrap();
    }
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page == printed, "docs/sources.md is not what the sources print; run UPDATE_GOLDEN=1 cargo test --test suite obstructions");
    let keys: BTreeSet<&str> = SOURCES.iter().map(|source| source.key).collect();
    assert_eq!(keys.len(), SOURCES.len(), "one source a key");
    for rule in RULES {
        assert!(!rule.source.is_empty() && !rule.rests_on.is_empty(), "{} names no source, or not what it rests on", rule.id);
        for key in rule.source {
            assert!(keys.contains(key), "{} names source {key:?}, which is not in the table", rule.id);
        }
    }
    let named: BTreeSet<&str> = RULES.iter().flat_map(|rule| rule.source).copied().collect();
    assert_eq!(named, keys, "a source that no rule names");
    for source in SOURCES {
        assert!(!source.authors.is_empty() && !source.title.is_empty() && !source.published.is_empty(), "{}", source.key);
    }
    // A citation is words: no key of ours is published.
    let found = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]]).of("BND-05");
    assert_eq!(
        found[0].source,
        "Glendinning C, Coleman A, Shipman C, Malbon G. Progress in partnerships. BMJ 2001;323:28. doi:10.1136/bmj.323.7303.28"
    );
    let page = obstructions::markdown();
    let private = ["domain.md", " S0", " S1", " S2", " S3", " S4"];
    assert!(!private.iter().any(|key| page.contains(key)), "a private key is on the page of obstructions");
}

#[test]
fn rules_are_sorted_by_family_and_have_one_id_each() {
    let mut ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(RULES.iter().all(|rule| rule.id.starts_with(rule.family)));
    ids.sort_unstable();
    let before = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), before);
}

#[test]
fn a_body_that_matches_its_council_has_no_boundary_obstruction() {
    let found = Case::new(&[&[100_000, 0, 0], &[0, 120_000, 0]]).find();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn partitioned_and_aggregate_are_work_not_obstruction() {
    // F2 of domain.md E6: two bodies in L1, one body over L2 and L3, one to one. Nobody is on the wrong side of a line.
    let case = Case::new(&[&[400_000, 0, 0, 0, 0], &[600_000, 0, 0, 0, 0], &[0, 150_000, 250_000, 0, 0], &[0, 0, 0, 300_000, 0]]);
    let found = case.find();
    assert_eq!(
        found.iter().map(|found| (&*found.id, found.severity)).collect::<Vec<_>>(),
        [("BND-02", Severity::Low), ("BND-03", Severity::Info)]
    );
    // 600 and 400 of 1,000 thousand.
    assert_eq!(found[0].message, "Council 1 must agree plans with 2 NHS bodies inside it: Trust 2 (60%) and Trust 1 (40%).");
    assert_eq!((found[0].subject_code.as_deref(), found[0].value), (Some("L1"), Some(2.0)));
    assert_eq!(found[1].message, "Trust 3 covers 2 whole councils (Council 2 and Council 3); a joint plan is needed with each.");
}

#[test]
fn attributes_are_held_against_residents() {
    let case = || Case::new(&[&[100_000, 0, 0], &[0, 40_000, 0]]);
    // 104,000 registered is 4% more, 106,000 is 6%.
    assert!(case().attribute("P1", "registered", "104000").of("BND-10").is_empty());
    let found = case().attribute("P1", "registered", "106,000").of("BND-10");
    assert_eq!(found[0].message, "6% more people are registered with the practices of Trust 1 than live in it (100,000 live there).");
    assert!(case().attribute("P1", "registered", "..").of("BND-10").is_empty());
    // Only primary care groups have a band.
    assert!(case().of("BND-11").is_empty());
    let found = case().attribute("P1", "org_type", "pcg").attribute("P2", "org_type", "pcg").of("BND-11");
    assert_eq!(subjects(&found), ["P2"]);
    let offices = case().attribute("P1", "smallest_practice_list", "1500").attribute("L1", "area_office_population", "30000");
    assert_eq!(offices.of("BND-12").len(), 1);
    let bad = case().attribute("P1", "registered", "many").attribute("P1", "pcg_level", "5").attribute("P2", "pcg_level", "1.0");
    assert_eq!(obstructions::check_attributes(&bad.layers).len(), 2);
}

#[test]
fn an_unknown_counterpart_is_not_a_missing_one() {
    let people: &[&[i64]] = &[&[100_000, 0, 0], &[0, 100_000, 0]];
    let nhs: &[&[&str]] = &[&["P1", "10", "carers", "mainstream"], &["P2", "10", "carers", "mainstream"]];
    // L1 has a known line for another service only, and L2 states carers: L1 lacks it.
    let case = Case::new(people).lines(nhs, &[&["L1", "5", "older people", "mainstream"], &["L2", "5", "carers", "mainstream"]]);
    let found = case.of("BUD-02");
    assert_eq!(found.iter().filter(|found| found.service.as_deref() == Some("carers")).count(), 1);
    assert_eq!(found[0].message, "Trust 1 funds carers in 2007-08 (£10 of it for people of Council 1); Council 1 has no matching line.");
    // L1's carers line is unknown, or L1 has no row at all, or nobody on that side states carers: nothing is missing.
    for council in [
        &[&["L1", "..", "carers", "mainstream"] as &[&str], &["L2", "5", "carers", "mainstream"]] as &[&[&str]],
        &[&["L2", "5", "carers", "mainstream"]],
        &[&["L1", "5", "older people", "mainstream"], &["L2", "5", "older people", "mainstream"]],
        &[&["L1", "5", "all", "mainstream"], &["L2", "5", "carers", "mainstream"]],
    ] {
        let found = Case::new(people).lines(nhs, council).of("BUD-02");
        assert!(found.iter().all(|found| found.service.as_deref() != Some("carers")), "{found:?}");
    }
}

#[test]
fn joint_rules_need_the_joint_tables() {
    let people: &[&[i64]] = &[&[60_000, 40_000, 0], &[0, 100_000, 0]];
    let mainstream = || {
        let rows = |codes: [&'static str; 2]| codes.map(|code| [code, "1000", "older people", "mainstream"]);
        (rows(["P1", "P2"]), rows(["L1", "L2"]))
    };
    let with = |agreements: Option<&[&[&str]]>| {
        let case = Case::new(people);
        let case = match agreements {
            Some(rows) => case.agreements(rows),
            None => case,
        };
        let (nhs, pss) = mainstream();
        case.lines(&[&nhs[0], &nhs[1]], &[&pss[0], &pss[1]])
    };
    let joint = ["BUD-03", "BUD-05", "BUD-07", "GOV-03", "GOV-05", "CYC-01", "GOV-01"];
    assert!(with(None).find().iter().all(|found| !joint.contains(&&*found.id)));
    // P1-L1 pools 10 pounds; P1-L2 has a plan; P2-L2 has nothing.
    let case = with(Some(&[
        &["a1", "P1", "L1", "older people", "pooled", "2007-04-01", "2010-03-31", "10"],
        &["a2", "P1", "L2", "", "joint_investment_plan", "", "", ""],
    ]));
    assert_eq!(case.of("BUD-03").iter().map(|found| found.partner_code.as_deref()).collect::<Vec<_>>(), [Some("L2")]);
    assert_eq!(subjects(&case.of("BUD-03")), ["P2"]);
    // P1's 600 and L1's 1,000 pounds are spent on the pair: 10 / 1,600 = 0.6% is less than 3.4%.
    assert_eq!(case.of("BUD-05")[0].value, Some(10.0 / 1600.0));
    assert_eq!(case.of("GOV-03").len(), 2);
    // All joint money is a grant.
    let grant = with(Some(&[&["a1", "P1", "L1", "older people", "grant", "2007-04-01", "", "10"]]));
    assert_eq!(grant.of("BUD-07").len(), 1);
    assert!(case.of("BUD-07").is_empty());
}

#[test]
fn a_perfect_match_that_pools_nothing_is_a_missed_opportunity() {
    let people: &[&[i64]] = &[&[100_000, 0, 0], &[0, 100_000, 0]];
    let nhs: &[&[&str]] = &[&["P1", "10", "carers", "mainstream"], &["P2", "10", "carers", "mainstream"]];
    let pss: &[&[&str]] = &[&["L1", "10", "carers", "mainstream"], &["L2", "10", "carers", "mainstream"]];
    let case = Case::new(people).agreements(&[&["a1", "P1", "L1", "carers", "pooled", "", "", "5"]]).lines(nhs, pss);
    assert_eq!(subjects(&case.of("GOV-05")), ["P2"]);
}

#[test]
fn cycles_seats_and_levels() {
    let mut case = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]]).attribute("P1", "pcg_level", "1").attribute("L2", "tier", "county");
    let cycles = table(
        &["side", "code", "year_start", "plan_submit", "budget_set", "horizon_years"],
        &[
            &["health", "", "04-01", "", "12-20", "3"],
            &["council", "", "04-01", "", "02-20", "1"],
            &["council", "L2", "01-01", "", "01-10", ""],
        ],
    );
    case.cycles = Some(read_cycles(&cycles, &case.layers).unwrap().0);
    // L2 alone starts on 1 January: 90 days before 1 April. 20 December to 20 February is 62 days; to 10 January 21, within 30.
    let starts = case.of("CYC-01");
    assert_eq!(
        starts.iter().map(|found| (found.partner_code.as_deref(), found.value)).collect::<Vec<_>>(),
        [(Some("L2"), Some(90.0)), (Some("L2"), Some(90.0))]
    );
    let set = case.of("CYC-03");
    assert_eq!(set.iter().map(|found| (found.partner_code.as_deref(), found.value)).collect::<Vec<_>>(), [(Some("L1"), Some(62.0))]);
    assert_eq!(set[0].message, "Trust 1 and Council 1 set their budgets 62 days apart: 20 December and 20 February.");
    assert_eq!(case.of("CYC-02").len(), 1);
    let governance = table(
        &[
            "health_code",
            "council_code",
            "board_seat",
            "office",
            "commissioning_subgroup",
            "ssd_member",
            "ssd_consulted_community",
            "ssd_consulted_acute",
            "jc_responsibility",
            "district_seat",
        ],
        &[
            &["P1", "L1", "yes", "none", "yes", "no", "", "", "pcgt", "no"],
            &["P1", "L2", "no", "", "", "", "", "", "ha", "no"],
            &["P2", "L2", "", "", "", "", "", "", "shared", ""],
        ],
    );
    case.governance = Some(read_governance(&governance, &case.layers).unwrap().0);
    // A blank seat is not known to be missing.
    assert_eq!(case.of("GOV-01").iter().map(|found| found.partner_code.as_deref()).collect::<Vec<_>>(), [Some("L2")]);
    assert_eq!(case.of("GOV-02").iter().map(|found| found.partner_code.as_deref()).collect::<Vec<_>>(), [Some("L1")]);
    // Only L2 is a county.
    assert_eq!(case.of("GOV-04").len(), 1);
    assert_eq!(subjects(&case.of("LVL-05")), ["P1", "P2"]);
    assert!(case.of("LVL-04").is_empty());
    let case = Case::new(&[&[100_000, 0], &[100_000, 0]])
        .attribute("P1", "pcg_level", "1")
        .agreements(&[&["a1", "P1", "L1", "", "pooled", "", "", "5"], &["a2", "P2", "L1", "", "pooled", "", "", "5"]]);
    assert_eq!(subjects(&case.of("LVL-04")), ["P1"]);
    assert_eq!(case.of("LVL-04")[0].confidence, Confidence::Declared);
}

#[test]
fn an_agreement_that_outlives_its_body() {
    let mut case = Case::new(&[&[100_000, 0]]).agreements(&[
        &["a1", "P1", "L1", "", "pooled", "2012-04-01", "2013-04-02", "5"],
        &["a2", "P1", "L1", "", "pooled", "2012-04-01", "2013-03-31", "5"],
        &["a3", "P1", "L1", "", "pooled", "2012-04-01", "", "5"],
    ]);
    assert!(case.of("CYC-04").is_empty());
    case.layers[0].valid_to = Some("2013-03-31".parse().unwrap());
    assert_eq!(case.of("CYC-04").iter().map(|found| found.value).collect::<Vec<_>>(), [Some(2.0)]);
}

#[test]
fn mergers_by_their_effect() {
    let (old, new) = (layer("old", Role::Health, &[("A", "Old A"), ("B", "Old B")]), layer("new", Role::Health, &[("C", "New C")]));
    let effect = |side: Side, code: &str, crossing: (f64, f64), partners: (usize, usize), kind: EffectKind, by: EffectBy| Effect {
        basis: Basis::People,
        side,
        code: code.to_owned(),
        name: None,
        class_before: None,
        class_after: None,
        crossing_before: Some(crossing.0),
        crossing_after: Some(crossing.1),
        partners_before: Some(partners.0),
        partners_after: Some(partners.1),
        effect: Some(kind),
        effect_by: Some(by),
        effect_stable: true,
        pair_lost: side == Side::Council,
        pair_won: false,
        classes_stable: true,
        jaccard_before: Some(1.0),
        jaccard_after: Some(0.5),
        health_effect: None,
        council_effect: None,
        interaction: None,
        people: Some(People::whole(200_000)),
    };
    let case = Case {
        successions: vec![Succession {
            id: "merge".to_owned(),
            from_layer: "old".to_owned(),
            to_layer: "new".to_owned(),
            date: Some("2006-10-01".parse().unwrap()),
            relation: relation(&old, &new, &[&[10, 0], &[10, 0]]),
            fiscal_year: None,
            basis: Basis::People,
            links: Vec::new(),
            effects: vec![
                effect(Side::Health, "C", (10.0, 12_310.0), (3, 3), EffectKind::Worsened, EffectBy::Lines),
                effect(Side::Council, "L1", (10.0, 10.0), (2, 2), EffectKind::Neutral, EffectBy::None),
                effect(Side::Council, "L2", (0.0, 0.0), (1, 3), EffectKind::Worsened, EffectBy::Partners),
                effect(Side::Council, "L3", (2_000.0, 0.0), (2, 1), EffectKind::Improved, EffectBy::Lines),
                effect(Side::Council, "L4", (0.0, 0.0), (7, 1), EffectKind::Improved, EffectBy::Partners),
            ],
            lines: Vec::new(),
            proofs: Vec::new(),
            codes_reused: vec![("C".to_owned(), 0.4)],
            groups: Vec::new(),
        }],
        ..Case::default()
    };
    type Said = (String, Severity, Option<f64>, Option<f64>, String);
    let said = |id: &str| -> Vec<Said> {
        case.of(id)
            .into_iter()
            .map(|found| (found.subject_code.clone().unwrap(), found.severity, found.value, found.threshold, found.message.clone()))
            .collect()
    };
    // Lines before partners, and of 200,000 people half a percent is more than 500.
    let after = "After the change of 2006-10-01";
    assert_eq!(
        said("MRG-01"),
        [
            ("L2".to_owned(), Severity::Medium, Some(2.0), None, format!("{after} L2 must deal with 3 NHS bodies where it was 1.")),
            (
                "C".to_owned(),
                Severity::High,
                Some(12_300.0),
                Some(1_000.0),
                format!("{after} 12,300 more people of C are on the wrong side of a line: 12,310 people where it was 10 people.")
            ),
        ]
    );
    assert_eq!(
        said("MRG-02"),
        [
            (
                "L3".to_owned(),
                Severity::Info,
                Some(-2_000.0),
                Some(-1_000.0),
                format!("{after} 2,000 fewer people of L3 are on the wrong side of a line: 0 people where it was 2,000 people.")
            ),
            ("L4".to_owned(), Severity::Info, Some(-6.0), None, format!("{after} L4 must deal with 1 NHS body where it was 7.")),
        ]
    );
    assert_eq!(subjects(&case.of("MRG-03")), ["L1", "L2", "L3", "L4"]);
    assert_eq!(case.of("MRG-09")[0].value, Some(0.4));
}

/// A succession from `from` to `to` with these people, its links found by the stage itself.
pub(crate) fn succession(id: &str, from: &Layer, to: &Layer, date: Option<&str>, people: &[&[i64]]) -> Succession {
    let input = Input {
        id,
        from,
        to,
        date: date.map(|date| date.parse().unwrap()),
        relation: relation(from, to, people),
        tolerances: &Tolerances::default(),
        effect: None,
        declared: None,
    };
    succeed(input).unwrap().0
}

#[test]
fn a_divided_body_needs_its_money_divided() {
    let old = layer("old", Role::Health, &[("A", "Old A"), ("B", "Old B")]);
    let new = layer("new", Role::Health, &[("C", "New C"), ("D", "New D"), ("E", "New E")]);
    // A is divided into C (60) and D (40); B becomes E whole. The last column is outside.
    let divided = succession("change", &old, &new, Some("2006-10-01"), &[&[60, 40, 0, 0], &[0, 0, 50, 0]]);
    let read = |rows: &[&[&str]], layer: &Layer| {
        let mut plan = plan(&layer.id);
        plan.service = TextSource::Column("service".to_owned());
        plan.fiscal_year = TextSource::Column("year".to_owned());
        read_lines(&plan, layer, &table(&["code", "amount", "service", "year"], rows), None, None, None).unwrap().0
    };
    let mut lines = read(
        &[
            &["A", "100", "acute", "2006-07"],
            &["A", "20", "carers", "2006-07"],
            &["A", "5", "acute", "2005-06"],
            &["B", "70", "acute", "2006-07"],
        ],
        &old,
    );
    lines.extend(read(&[&["C", "60", "acute", "2006-07"], &["D", "40", "acute", "2006-07"], &["C", "1", "carers", "2007-08"]], &new));
    let mut case = Case { layers: vec![old, new], successions: vec![divided], lines, ..Case::default() };
    let found = case.of("MRG-07");
    // Acute of 2006-07 is stated for C and D; carers of 2006-07 is not, and 20 pounds hang in the air. B is not divided.
    assert_eq!(subjects(&found), ["A"]);
    assert_eq!((found[0].value, found[0].pence, found[0].people), (Some(1.0), Some(Pence(2000)), Some(People::whole(100))));
    assert_eq!(found[0].fiscal_year.as_deref(), Some("2006-07"));
    assert!(found[0].message.starts_with("Old A is divided between New C and New D; £20 of 2006-07"), "{}", found[0].message);
    // Once carers of that year are stated for a successor, nothing is left; without any lines nothing is known.
    let part = read(&[&["D", "20", "carers", "2006-07"]], &case.layers[1]);
    case.lines.extend(part);
    assert!(case.of("MRG-07").is_empty());
    case.lines.clear();
    assert!(case.of("MRG-07").is_empty());
}

#[test]
fn both_sides_changing_within_two_years() {
    // Trusts P1, P2 x councils L1, L2, one to one. Before, O1 and O2 were P1 (P2 was itself); councils M1 and M2 were L1 (L2 was itself).
    let mut case = Case::new(&[&[100, 0, 0], &[0, 80, 0]]);
    let old = layer("pct-old", Role::Health, &[("O1", "Old 1"), ("O2", "Old 2"), ("P2", "Trust 2")]);
    let councils = layer("la-old", Role::Council, &[("L2", "Council 2"), ("M1", "Old council 1"), ("M2", "Old council 2")]);
    let dated = |case: &Case, council: Option<&str>| {
        vec![
            succession("health", &old, &case.layers[0], Some("2006-10-01"), &[&[60, 0, 0], &[40, 0, 0], &[0, 80, 0]]),
            succession("council", &councils, &case.layers[1], council, &[&[0, 80, 0], &[70, 0, 0], &[30, 0, 0]]),
        ]
    };
    case.successions = dated(&case, Some("2008-10-01"));
    case.layers.extend([old.clone(), councils.clone()]);
    let found = case.of("MRG-08");
    // Exactly 24 months; 2008 has a 29 February, so 731 days. P2 and L2 did not change.
    assert_eq!((subjects(&found), found[0].partner_code.as_deref()), (vec!["P1"], Some("L1")));
    assert_eq!((found[0].value, found[0].threshold, found[0].people), (Some(731.0), Some(731.0), Some(People::whole(100))));
    assert_eq!(found[0].alignment.as_deref(), Some("health"));
    // A day later is too late, and so is a change without a day; the council may also be the first to change.
    case.successions = dated(&case, Some("2008-10-02"));
    assert!(case.of("MRG-08").is_empty());
    case.successions = dated(&case, None);
    assert!(case.of("MRG-08").is_empty());
    case.successions = dated(&case, Some("2005-01-01"));
    assert_eq!(subjects(&case.of("MRG-08")), ["P1"]);
    // Three months are allowed: 21 is too many.
    case.settings.thresholds.insert("MRG-08".to_owned(), [("value".to_owned(), 3.0)].into());
    assert!(case.of("MRG-08").is_empty());
}

#[test]
fn findings_are_counted_by_layer() {
    let findings = vec![
        Finding::new("DQ-03", "ring 2 crosses itself", "repaired").layer("pct"),
        Finding::new("DQ-03", "no area", "left out").layer("pct").severity(Severity::High),
        Finding::new("DQ-03", "ring 1 crosses itself", "repaired").layer("la"),
        Finding::new("DQ-09", "1 row", "left out").layer("la"),
    ];
    let case = Case { findings, ..Case::default() };
    let found: Vec<(String, Option<&str>, Option<f64>, Severity)> = case
        .find()
        .iter()
        .map(|found| (found.id.to_string(), found.subject_code.clone(), found.value, found.severity))
        .map(|(id, code, value, severity)| {
            (
                id,
                match code.as_deref() {
                    Some("la") => Some("la"),
                    Some("pct") => Some("pct"),
                    _ => None,
                },
                value,
                severity,
            )
        })
        .collect();
    assert_eq!(
        found,
        [("DQ-03".to_owned(), Some("la"), Some(1.0), Severity::Low), ("DQ-03".to_owned(), Some("pct"), Some(2.0), Severity::High)]
    );
}

#[test]
fn settings_that_name_nothing_are_errors() {
    let error = |settings: ObstructionSettings| obstructions::check_settings(&settings).unwrap_err().to_string();
    let disable = ObstructionSettings { disable: vec!["BND-14".to_owned()], ..Default::default() };
    assert!(error(disable).contains("there is no rule `BND-14`; did you mean `BND-"));
    let threshold = |id: &str, name: &str| ObstructionSettings {
        thresholds: BTreeMap::from([(id.to_owned(), BTreeMap::from([(name.to_owned(), 1.0)]))]),
        ..Default::default()
    };
    assert_eq!(error(threshold("BUD-01", "shares")), "[obstructions]: rule BUD-01 has no threshold `shares`; did you mean `share`?");
    assert!(error(threshold("BND-03", "value")).ends_with("it has none"));
    // A disabled rule is silent.
    let mut case = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]]);
    assert_eq!(case.of("BND-01").len(), 1);
    case.settings.disable = vec!["BND-01".to_owned()];
    assert!(case.of("BND-01").is_empty());
}
