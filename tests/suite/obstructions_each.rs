//! Rules that no other test holds: each fires where it should, and not next door.

use coterminous::alignment::{measure, two_tier};
use coterminous::budgets::Reach;
use coterminous::config::{SchemeKind, Tolerances};
use coterminous::domain::{Finding, People, Role, Severity};
use coterminous::nesting::nest_all;
use coterminous::obstructions::{self, Confidence, Evidence, TwoTier};

use super::budgets::{aligned, layer, relation};
use super::obstructions::{Case, subjects};

#[test]
fn a_body_that_fits_its_districts_and_not_the_county() {
    let health = layer("pct", Role::Health, &[("P1", "Trust 1"), ("P2", "Trust 2"), ("P3", "Trust 3")]);
    let county = layer("la", Role::Council, &[("C1", "County"), ("U1", "Unitary")]);
    let districts = layer("lad", Role::Other, &[("D1", "Dale"), ("D2", "Dean"), ("U1", "Unitary")]);
    // P1 is district D1 and P2 most of D2, both in the county; P3 is the unitary, which is its own district.
    let council = aligned(&health, &county, &[&[90_000, 0, 0], &[60_000, 0, 0], &[0, 70_000, 0]]);
    let district = aligned(&health, &districts, &[&[90_000, 0, 0, 0], &[5_000, 55_000, 0, 0], &[0, 0, 70_000, 0]]);
    let gaps = two_tier(&council, &district);
    let tiers = [TwoTier { council: &council, district: &district, gaps: &gaps }];
    let layers = [health, county];
    let alignments = [council.clone()];
    let find = |two_tier: &[TwoTier<'_>]| {
        let nestings = nest_all(&alignments, 500.0);
        let evidence = Evidence {
            layers: &layers,
            alignments: &alignments,
            nestings: &nestings,
            two_tier,
            successions: &[],
            lines: &[],
            budget_pairs: &[],
            agreements: None,
            cycles: None,
            governance: None,
            priorities: None,
            schemes: &[],
            findings: &[],
            tolerances: &Tolerances::default(),
            as_if_separate: false,
        };
        let mut found = obstructions::find(&evidence, &Default::default()).unwrap();
        found.retain(|found| found.id == "BND-07");
        found
    };
    // 5,000 of D1's 95,000 are P2's, which is more than 2%: P1 is nested in its district, so no whole district fits it either.
    assert!(find(&tiers).is_empty());
    let exact = aligned(&layers[0], &districts, &[&[90_000, 0, 0, 0], &[0, 60_000, 0, 0], &[0, 0, 70_000, 0]]);
    let gaps = two_tier(&council, &exact);
    let found = find(&[TwoTier { council: &council, district: &exact, gaps: &gaps }]);
    assert_eq!(subjects(&found), ["P1", "P2"]);
    // 90 of the county's 150 thousand.
    assert_eq!(
        found[0].message,
        "Trust 1 matches the district of Dale, but social care is run by County; it has 60% of the residents of County."
    );
    assert_eq!(found[0].partner_code.as_deref(), Some("C1"));
    // Both are inside the county: nobody is on the wrong side of a line.
    assert!(found.iter().all(|found| found.severity == Severity::Low), "{found:?}");
    assert!(find(&[]).is_empty());
}

#[test]
fn land_and_people_that_disagree() {
    let health = layer("pct", Role::Health, &[("P1", "Trust 1"), ("P2", "Trust 2")]);
    let council = layer("la", Role::Council, &[("L1", "Town"), ("L2", "Moor")]);
    // 80,000 people of trust 1 in the town, 20,000 on the moor; the town has 80 hectares. Trust 2 has `beyond` people of the moor, on as much
    // land again as trust 1 has of it.
    let found = |moor_m2: f64, beyond: i64| {
        let mut relation = relation(&health, &council, &[&[80_000, 20_000, 0], &[0, beyond, 0]]);
        relation.pairs[0].amounts.area_m2 = 800_000.0;
        relation.pairs[1].amounts.area_m2 = moor_m2;
        (relation.right[0].area_m2, relation.right[1].area_m2, relation.left[0].area_m2) = (800_000.0, moor_m2, 800_000.0 + moor_m2);
        if beyond > 0 {
            relation.pairs[2].amounts.area_m2 = moor_m2;
            (relation.right[1].area_m2, relation.left[1].area_m2) = (2.0 * moor_m2, moor_m2);
        }
        let alignment = measure("test", "pct", "la", relation, &Tolerances::default());
        let case = Case { layers: vec![health.clone(), council.clone()], alignments: vec![alignment], ..Case::default() };
        case.of("BND-08")
    };
    // 3,200,000 of 4,000,000 m2 are moor: 80% by land, 20% by people, and another main partner. Of the moor trust 1 has half either way.
    let apart = found(3_200_000.0, 20_000);
    assert_eq!(subjects(&apart), ["P1"]);
    assert!((apart[0].value.unwrap() - 0.6).abs() < 1e-12);
    assert!(apart[0].message.ends_with("its main partner is Moor by land and Town by people."), "{}", apart[0].message);
    // 25% by land: 5 points apart, less than 10.
    assert!(found(800_000.0 / 3.0, 20_000).is_empty());
    // With the whole moor, trust 1 is made of two whole councils however they are weighed.
    assert!(found(3_200_000.0, 0).is_empty());
}

#[test]
fn a_class_that_another_tolerance_changes() {
    // 1.5% of P1 are in L2: nothing at 0.02, too much at 0.01. P2 and L3 match at any tolerance.
    let case = Case::new(&[&[98_500, 1_500, 0, 0], &[0, 0, 100_000, 0], &[0, 300_000, 0, 0]]);
    let found = case.of("BND-09");
    assert!(subjects(&found).contains(&"P1"), "{found:?}");
    assert!(!subjects(&found).contains(&"P2") && !subjects(&found).contains(&"L3"), "{found:?}");
    assert!(found.iter().all(|found| found.confidence == Confidence::Unstable));
}

#[test]
fn whole_bodies_inside_a_council_do_not_split_it() {
    // Seven in ten and three in ten, each body whole in the council: partners to work with, and no line in the wrong place.
    assert!(Case::new(&[&[70_000, 0], &[30_000, 0]]).of("BND-06").is_empty());
}

#[test]
fn a_practice_list_as_large_as_an_area_office() {
    let case = |list: &str| {
        Case::new(&[&[100_000, 0]]).attribute("P1", "smallest_practice_list", list).attribute("L1", "area_office_population", "30000")
    };
    assert_eq!(subjects(&case("29999").of("BND-12")), ["P1"]);
    assert!(case("30000").of("BND-12").is_empty());
    assert!(case("*").of("BND-12").is_empty());
    // A body of two councils meets the offices of both, whichever is the larger: 20,000 of 100,000 people are in L2.
    let two = Case::new(&[&[80_000, 20_000, 0]]).attribute("P1", "smallest_practice_list", "1500");
    let found = two.attribute("L1", "area_office_population", "1000").attribute("L2", "area_office_population", "2000").of("BND-12");
    assert_eq!(found.iter().map(|found| found.partner_code.as_deref()).collect::<Vec<_>>(), [Some("L2")]);
}

#[test]
fn councils_that_spend_unlike_sums_a_head() {
    let with = |moor: &'static str| {
        let case = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]]);
        let pss: &[&[&str]] = &[&["L1", "60000", "carers", "mainstream"], &["L2", moor, "carers", "mainstream"]];
        case.lines(&[&["P1", "1", "carers", "mainstream"]], pss).of("BUD-09")
    };
    // A pound a head in L1; 210,000 over 140,000 people are 1.50 in L2.
    let found = with("210000");
    assert_eq!(subjects(&found), ["P1"]);
    assert!((found[0].value.unwrap() - 1.5).abs() < 1e-9);
    assert!(with("140000").is_empty());
    assert!(with("..").is_empty());
}

#[test]
fn findings_of_each_kind_become_one_obstruction_a_layer() {
    let kinds = ["DQ-01", "DQ-02", "DQ-03", "DQ-04", "DQ-05", "DQ-06"];
    for id in kinds {
        let findings = vec![
            Finding::new(id, "the first", "kept").layer("pct"),
            Finding::new(id, "the second", "kept").layer("pct"),
            Finding::new("DQ-09", "another kind", "left out").layer("pct"),
        ];
        let found = Case { findings, ..Case::default() }.find();
        assert_eq!(found.iter().map(|found| (&*found.id, found.value)).collect::<Vec<_>>(), [(id, Some(2.0))]);
        assert_eq!(subjects(&found), ["pct"]);
        assert!(found[0].message.contains("the first"), "{}", found[0].message);
    }
    // A kind that is no obstruction is none.
    let findings = vec![Finding::new("DQ-09", "1 row", "left out").layer("pct").severity(Severity::High)];
    assert!(Case { findings, ..Case::default() }.find().is_empty());
}

#[test]
fn partitions_are_by_nested_bodies() {
    // Two nested bodies make a partition; one of them with 4% elsewhere is only nearly nested.
    assert_eq!(subjects(&Case::new(&[&[100_000, 0, 0], &[50_000, 0, 0], &[0, 90_000, 0]]).of("BND-02")), ["L1"]);
    assert!(Case::new(&[&[100_000, 0, 0], &[48_000, 2_000, 0], &[0, 90_000, 0]]).of("BND-02").is_empty());
    // Four of them are medium only where somebody of the council is on the wrong side of a line: 3,000 of P5, which is in L2.
    let severity = |crossing: i64| {
        let case = Case::new(&[&[50_000, 0, 0], &[50_000, 0, 0], &[50_000, 0, 0], &[50_000, 0, 0], &[crossing, 90_000, 0]]);
        case.of("BND-02").iter().map(|found| found.severity).collect::<Vec<_>>()
    };
    assert_eq!((severity(0), severity(3_000)), (vec![Severity::Low], vec![Severity::Medium]));
}

#[test]
fn what_cannot_apply_to_a_care_trust_or_an_integrated_board_is_left_out_and_said() {
    // Trust and council match; carers are stated by the trust alone, equipment by both; nothing is joint.
    let case = || {
        let mut case = Case::new(&[&[100_000, 0]]);
        case.agreements = Some(Vec::new());
        case.lines(
            &[&["P1", "1000", "carers", "mainstream"], &["P1", "50", "equipment", "mainstream"]],
            &[&["L1", "700", "equipment", "mainstream"], &["L9", "1", "carers", "mainstream"]],
        )
    };
    let all = ["BUD-02", "BUD-03", "GOV-05"];
    let ids = |case: &Case| case.find().iter().map(|found| found.id.to_string()).collect::<Vec<_>>();
    let spared = |case: &Case| {
        let nestings = nest_all(&case.alignments, 500.0);
        let evidence = Evidence {
            layers: &case.layers,
            alignments: &case.alignments,
            nestings: &nestings,
            two_tier: &[],
            successions: &[],
            lines: &case.lines,
            budget_pairs: &case.pairs,
            agreements: case.agreements.as_deref(),
            cycles: None,
            governance: None,
            priorities: None,
            schemes: &[],
            findings: &[],
            tolerances: &Tolerances::default(),
            as_if_separate: false,
        };
        obstructions::spared(&evidence, &case.settings, &case.find())
    };
    assert_eq!(ids(&case()), all);
    assert!(spared(&case()).is_empty());
    for (name, value, why) in [("org_type", "care_trust", "care trust"), ("integrated_board", "yes", "integrated board")] {
        let one = case().attribute("P1", name, value);
        assert!(ids(&one).is_empty(), "{:?}", ids(&one));
        let said = spared(&one);
        assert_eq!(said.iter().map(|finding| finding.field.clone().unwrap()).collect::<Vec<_>>(), all);
        for finding in said {
            assert_eq!((finding.id, finding.layer.as_deref(), finding.code.as_deref()), ("DQ-19", Some("test"), Some("P1")));
            assert!(finding.detail.contains(why) && finding.detail.contains("with L1"), "{}", finding.detail);
        }
    }
    // Its boundary is judged as any other.
    let spanning = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]]).attribute("P1", "org_type", "care_trust");
    assert_eq!(subjects(&spanning.of("BND-01")), ["P1"]);
    // An ordinary word spares nothing, and neither does "no".
    assert_eq!(ids(&case().attribute("P1", "org_type", "pct").attribute("P1", "integrated_board", "no")), all);
}

pub(crate) fn at_work(kind: SchemeKind, group: &str, code: &str, people: Option<i64>) -> Reach {
    Reach {
        scheme: kind.as_str().to_owned(),
        group: group.to_owned(),
        name: None,
        layer: "pct".to_owned(),
        code: Some(code.to_owned()),
        kind,
        given_as: "practices",
        members: Some(1),
        people: people.map(People::whole),
        area_m2: None,
        share_of_body: None,
        holds_budget: None,
        valid: (None, None),
        in_force: Some(true),
        kinds_in_body: 0,
    }
}

#[test]
fn initiatives_that_no_one_body_holds() {
    use SchemeKind::{Fundholding, HealthActionZone, PmsPilot, TotalPurchasing};
    let told = |rows: Vec<Reach>| {
        let mut case = Case::new(&[&[90_000, 0], &[80_000, 0], &[70_000, 0]]);
        case.schemes = rows;
        let found = case.of("BND-13");
        found
            .into_iter()
            .map(|found| (found.subject_code.unwrap(), found.metric, found.value, found.people, found.message))
            .collect::<Vec<_>>()
    };
    // A consortium of practices in two trusts is an obstruction of both; one of another group in the third is none.
    let ridge = |code, people| at_work(Fundholding, "ridge", code, people);
    let found = told(vec![ridge("P1", Some(7_000)), ridge("P2", None), at_work(Fundholding, "mill", "P3", Some(9_000))]);
    assert_eq!(
        found.iter().map(|found| (found.0.as_str(), found.2, found.3)).collect::<Vec<_>>(),
        [("P1", Some(1.0), Some(People::whole(7_000))), ("P2", Some(1.0), None)]
    );
    assert_eq!(found[0].4, "ridge (fundholding) is at work in Trust 1 and in 1 other body too: no one body can plan with all of it.");
    // One group of the same name in two schemes is two groups.
    assert_eq!(told(vec![ridge("P1", None), at_work(PmsPilot, "ridge", "P2", None)]), []);
    // Three kinds in one trust; two kinds are not enough.
    let three = |third| vec![ridge("P3", Some(1)), at_work(PmsPilot, "a", "P3", Some(5)), at_work(third, "b", "P3", Some(3))];
    let found = told(three(TotalPurchasing));
    assert_eq!((found[0].0.as_str(), &*found[0].1, found[0].2, found[0].3), ("P3", "kinds", Some(3.0), Some(People::whole(5))));
    assert_eq!(found[0].4, "3 kinds of initiative are at work in Trust 3: fundholding, pms pilot and total purchasing.");
    assert_eq!(told(three(PmsPilot)), []);
    // What is known to have ended does not count, what is not known to does.
    let dated = |in_force| told(vec![ridge("P1", None), Reach { in_force, ..ridge("P2", None) }]).len();
    assert_eq!((dated(Some(false)), dated(None), dated(Some(true))), (0, 2, 2));
    // Practices that are in no named group do not act together.
    assert_eq!(told(vec![at_work(PmsPilot, "pms_pilot", "P1", None), at_work(PmsPilot, "pms_pilot", "P2", None)]), []);
    // A zone that touches a trust with less than 5% of it is not at work there.
    let zone = |code, share| Reach { share_of_body: Some(share), given_as: "areas", ..at_work(HealthActionZone, "Z1", code, Some(10)) };
    assert_eq!(told(vec![zone("P1", 0.9), zone("P2", 0.049)]), []);
    assert_eq!(told(vec![zone("P1", 0.9), zone("P2", 0.05)]).len(), 2);
}

#[test]
fn bodies_of_one_name_are_kept_apart_by_what_they_are() {
    let mut case = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]]);
    case.layers[0].kind = "PCT".to_owned();
    case.layers[1].kind = "upper-tier council".to_owned();
    for alignment in &mut case.alignments {
        alignment.relation.left[1].name = Some("Norfolk".to_owned());
        alignment.relation.right[1].name = Some("Norfolk".to_owned());
    }
    let found = case.of("BND-05");
    assert_eq!(
        found[0].message.split_once(" residents of ").unwrap().1.replace(" (between 40,000 and 40,000)", ""),
        "the council Norfolk fall under Trust 1; most of the council Norfolk is with the PCT Norfolk."
    );
    assert!(case.find().iter().filter(|found| found.subject_code.as_deref() == Some("P2")).all(|found| !found.message.starts_with("the ")));
    // A layer whose kind is its id has no word for its bodies.
    case.layers[0].kind = case.layers[0].id.clone();
    assert!(case.of("BND-05")[0].message.ends_with("is with the NHS body Norfolk."), "{}", case.of("BND-05")[0].message);
}
