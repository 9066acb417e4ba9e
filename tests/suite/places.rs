//! Obstructions by place: hand-computed places with the arithmetic on show, and the sample's places held against its obstructions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use coterminous::alignment::Side;
use coterminous::budgets::{Cycle, MonthDay};
use coterminous::config::{Config, Tolerances};
use coterminous::domain::{Pence, People, Severity};
use coterminous::nesting::nest_all;
use coterminous::obstructions::Evidence;
use coterminous::pipeline::{self, Results, Unwatched};
use coterminous::places::{self, ChangeKind, Input, Place};
use coterminous::tables;

use super::obstructions::Case;

fn ranked(case: &Case) -> Vec<Place> {
    let nestings = nest_all(&case.alignments, 500.0);
    let evidence = Evidence {
        layers: &case.layers,
        alignments: &case.alignments,
        nestings: &nestings,
        two_tier: &[],
        successions: &case.successions,
        lines: &case.lines,
        budget_pairs: &case.pairs,
        agreements: case.agreements.as_deref(),
        cycles: case.cycles.as_deref(),
        governance: case.governance.as_deref(),
        priorities: case.priorities.as_deref(),
        schemes: &case.schemes,
        findings: &case.findings,
        tolerances: &Tolerances::default(),
        as_if_separate: false,
    };
    let obstructions = case.find();
    let populations = std::slice::from_ref(&case.populations);
    places::rank(Input { evidence: &evidence, districts: &[None], populations, obstructions: &obstructions, settings: &case.settings })
}

fn ids(case: &Case) -> Vec<String> {
    case.find().iter().map(|found| format!("{} {}", found.id, found.subject_code.as_deref().unwrap_or("-"))).collect()
}

#[test]
fn a_part_that_moves_untangles_a_place() {
    // Trust 1: 60,000 in council 1 and 40,000 in council 2; trust 2: 100,000 in council 2. Trust 3 and council 3 are one to one.
    let case = Case::new(&[&[60_000, 40_000, 0, 0], &[0, 100_000, 0, 0], &[0, 0, 50_000, 0]]);
    // Trust 1 spans with a main share of 0.6; the four are tangled; council 2 has shares 2/7 and 5/7: 1 / (4/49 + 25/49) = 1.69 bodies.
    assert_eq!(ids(&case), ["BND-01 P1", "BND-04 L1", "BND-06 L2"]);
    let places = ranked(&case);
    let [tangle, pair] = places.as_slice() else { panic!("{places:#?}") };
    assert_eq!((tangle.component.as_str(), tangle.rank, pair.component.as_str(), pair.rank), ("L1", 1, "L3", 2));
    assert_eq!((tangle.obstructions(), tangle.of(Severity::High), tangle.of(Severity::Medium)), (3, 2, 1));
    // The tangle exposes all 200,000, so the 40,000 outside trust 1's main council are not counted again; three pairs need agreements.
    assert_eq!((tangle.people, tangle.people_exposed), (Some(People::whole(200_000)), Some(People::whole(200_000))));
    assert_eq!((tangle.agreements_needed, tangle.pence_exposed, tangle.judged), (3, None, 3));
    // If the 40,000 go to trust 2, trust 1 is council 1 and trust 2 council 2: nothing is left. So it is if council 2 gives them to
    // council 1, but NHS bodies come first among equals. One trust of both would be an aggregate; one council would be partitioned.
    let best = tangle.best.as_ref().unwrap();
    assert_eq!((best.change.kind, best.change.side), (ChangeKind::Move, Side::Health));
    assert_eq!(
        (best.change.subject.as_str(), best.change.partner.as_deref(), best.change.others.as_slice()),
        ("P1", Some("L2"), &["P2".to_owned()][..])
    );
    assert_eq!(best.sentence, "The part of Trust 1 in Council 2 (40,000 people) goes to Trust 2.");
    assert_eq!((best.removes, best.removes_high, best.adds, best.adds_high), (3, 2, 0, 0));
    assert_eq!(
        (best.people, best.rules.as_slice()),
        (Some(People::whole(200_000)), &["BND-01", "BND-04", "BND-06"].map(str::to_owned)[..])
    );
    // Nothing stands in the way of the other place, so nothing is tried.
    assert_eq!((pair.obstructions(), pair.people_exposed, pair.tried, pair.best.as_ref()), (0, Some(People(0)), 0, None));
}

#[test]
fn people_and_pence_are_counted_once() {
    // 90,000 of trust 1 in council 1, 10,000 in council 2; money for carers and equipment.
    let case = Case::new(&[&[90_000, 10_000, 0], &[0, 80_000, 0]]).lines(
        &[&["P1", "1000", "carers", "mainstream"], &["P1", "500", "equipment", "mainstream"], &["P2", "800", "carers", "mainstream"]],
        &[&["L1", "300", "carers", "mainstream"], &["L2", "700", "carers", "mainstream"]],
    );
    let settings = |case: &mut Case| {
        case.settings.thresholds.insert("BUD-01".to_owned(), [("share".to_owned(), 0.05), ("pounds".to_owned(), 1e9)].into());
        case.settings.disable = ["BND-01", "BND-04", "BND-06", "BND-09", "BUD-09"].map(str::to_owned).to_vec();
    };
    let mut case = case;
    settings(&mut case);
    // 10% of 1,000 and of 500 pounds are for people outside council 1. Equipment: councils state other services and not this one, but no
    // council budget covers it, so no counterpart is known to be missing.
    assert_eq!(ids(&case), ["BUD-01 P1", "BUD-01 P1"]);
    let places = ranked(&case);
    let place = &places[0];
    // 10,000 people once, though two services expose them; 100 + 50 pounds of NHS money, none of the councils'.
    assert_eq!((place.people_exposed, place.pence_exposed), (Some(People::whole(10_000)), Some(Pence(15_000))));
    assert_eq!(place.fiscal_year.as_deref(), case.pairs[0].1[0].fiscal_year.as_deref());
    // The part that moves takes its money with it: 100 of trust 1's carers money, and 50 for equipment.
    let best = place.best.as_ref().unwrap();
    assert_eq!((best.change.kind, best.removes, best.pence), (ChangeKind::Move, 2, Some(Pence(15_000))));
}

#[test]
fn money_of_a_service_is_split_by_its_own_population_at_a_place_too() {
    // 60% of trust 1 live in council 1, but nine in ten of those aged 65 and over in council 2.
    let mut case = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]])
        .population("POP65", "older_people", &[&[1_000, 9_000, 0], &[0, 10_000, 0]])
        .lines(&[&["P1", "1000", "older_people", "mainstream"], &["P1", "1000", "acute", "mainstream"]], &[]);
    case.settings.thresholds.insert("BUD-01".to_owned(), [("share".to_owned(), 0.5), ("pounds".to_owned(), 1e9)].into());
    case.settings.disable = ["BND-01", "BND-04", "BND-06", "BND-09"].map(str::to_owned).to_vec();
    // Outside council 1: 900 of the 1,000 pounds for older people, 400 of the 1,000 for acute care. More than half is the former alone.
    let found = case.find();
    assert_eq!(
        found.iter().map(|found| (&*found.id, found.service.as_deref(), found.pence)).collect::<Vec<_>>(),
        [("BUD-01", Some("older_people"), Some(Pence(90_000)))]
    );
    let place = &ranked(&case)[0];
    assert_eq!((place.judged, place.pence_exposed), (1, Some(Pence(90_000))));
    // The part in council 2 goes with its 900 pounds: trust 1 keeps 100, all of it for council 1.
    let best = place.best.as_ref().unwrap();
    assert_eq!((best.change.kind, best.change.subject.as_str(), best.removes), (ChangeKind::Move, "P1", 1));
    assert_eq!((best.people, best.pence), (Some(People::whole(40_000)), Some(Pence(90_000))));
}

fn pooled(agreements: bool) -> Case {
    let mut case = Case::new(&[&[100_000, 0]]);
    case.agreements = agreements.then(Vec::new);
    case.lines(&[&["P1", "1000", "carers", "mainstream"]], &[&["L1", "700", "carers", "mainstream"]])
}

#[test]
fn one_agreement_where_boundaries_match() {
    let case = pooled(true);
    assert_eq!(ids(&case), ["BUD-03 P1", "GOV-05 P1"]);
    let place = &ranked(&case)[0];
    // 1,000 and 700 pounds are exposed by the missed opportunity; all 100,000 by either.
    assert_eq!((place.people_exposed, place.pence_exposed), (Some(People::whole(100_000)), Some(Pence(170_000))));
    // A pool for carers removes both; a joint plan only BUD-03, for the same people.
    let best = place.best.as_ref().unwrap();
    assert_eq!((best.change.kind, best.change.service.as_deref(), best.removes), (ChangeKind::Agreement, Some("carers"), 2));
    assert_eq!(best.sentence, "Trust 1 and Council 1 pool what they spend on carers for the people of both.");
    // GOV-05 is for information, so its money is not what decides.
    assert_eq!((best.people, best.pence), (Some(People::whole(100_000)), None));
    // Without a table of agreements nothing is known to be missing.
    assert_eq!((ranked(&pooled(false))[0].obstructions(), ranked(&pooled(false))[0].best.as_ref()), (0, None));
}

#[test]
fn one_calendar_that_two_partners_meet() {
    let mut case = Case::new(&[&[100_000, 0], &[80_000, 0]]);
    let day = |month, day| Some(MonthDay { month, day });
    let row = |side, code: Option<&str>, year_start, budget_set, horizon_years| Cycle {
        row: 2,
        side,
        code: code.map(str::to_owned),
        year_start,
        plan_submit: None,
        budget_set,
        horizon_years,
    };
    case.cycles =
        Some(vec![row(Side::Health, None, day(4, 1), day(3, 1), Some(3.0)), row(Side::Council, None, day(7, 1), day(6, 1), Some(1.0))]);
    let of_cycles = case.find().iter().filter(|found| found.family == "CYC").count();
    assert_eq!(of_cycles, 6);
    // Joining the trusts would match the council and leave three of the six; BND-02, BND-06 and three of CYC are five. The council's own
    // calendar is all six, for the same 180,000 people.
    let place = &ranked(&case)[0];
    let best = place.best.as_ref().unwrap();
    assert_eq!((best.change.kind, best.change.side, best.change.subject.as_str()), (ChangeKind::Cycle, Side::Council, "L1"));
    assert_eq!((best.removes, best.adds, best.people), (6, 0, Some(People::whole(180_000))));
    assert_eq!(best.sentence, "Council 1 takes over the planning calendar of Trust 1.");
}

#[test]
fn bodies_that_join_are_judged_as_one() {
    // Three trusts make up a council: one trust of the three is coterminous with it.
    let case = Case::new(&[&[50_000, 0], &[30_000, 0], &[20_000, 0]]);
    let place = &ranked(&case)[0];
    let best = place.best.as_ref().unwrap();
    assert_eq!((best.change.kind, best.change.side, best.change.subject.as_str()), (ChangeKind::Merge, Side::Health, "P1"));
    assert_eq!(best.change.others, ["P2", "P3"]);
    assert_eq!(best.sentence, "Trust 1 takes in Trust 2 and Trust 3.");
    assert_eq!((best.removes, place.obstructions()), (place.obstructions(), place.judged));
}

fn sample() -> &'static Results {
    static RESULTS: OnceLock<Results> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sample.toml");
        let plan = Config::load(&path, &pipeline::rules()).unwrap();
        pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap()
    })
}

#[test]
fn every_place_of_the_sample_is_ranked_and_its_rules_are_found_again() {
    let results = sample();
    let places = &results.places;
    let mut ranks: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for place in places {
        ranks.entry(&place.alignment).or_default().push(place.rank);
        assert_eq!(place.obstructions(), place.families.values().sum::<usize>(), "{place:?}");
        // On the evidence of the place alone the rules find what they found on that of the run.
        let past = ["MRG", "OWN"].iter().filter_map(|family| place.families.get(family)).sum::<usize>();
        assert_eq!(place.judged, place.obstructions() - past, "{place:?}");
        if let Some(best) = &place.best {
            assert!(best.removes > 0 && best.removes <= place.judged && !best.sentence.is_empty(), "{place:?}");
            assert!(best.removes_high > best.adds_high || (best.removes_high == best.adds_high && best.removes > best.adds), "{place:?}");
        }
    }
    for (alignment, mut ranks) in ranks {
        ranks.sort_unstable();
        assert_eq!(ranks, (1..=ranks.len()).collect::<Vec<_>>(), "{alignment}");
        let measured = results.alignments.iter().find(|measured| measured.id == alignment).unwrap();
        let components = measured.components.iter().filter(|component| component.basis == coterminous::domain::Basis::People).count();
        assert_eq!(ranks.len(), components, "{alignment}");
    }
    // Everything that an alignment's own rules found about a body is of exactly one place.
    for alignment in &results.alignments {
        let found = results
            .obstructions
            .iter()
            .filter(|found| found.alignment.as_deref() == Some(&alignment.id))
            .filter(|found| found.family != "DQ");
        let own = places.iter().filter(|place| place.alignment == alignment.id);
        let counted: usize = own.map(|place| place.obstructions() - place.families.get("MRG").copied().unwrap_or(0)).sum();
        assert_eq!(counted, found.count(), "{}", alignment.id);
    }
    let kinds: std::collections::BTreeSet<&str> =
        places.iter().filter_map(|place| Some(place.best.as_ref()?.change.kind.as_str())).collect();
    assert!(kinds.len() >= 3, "{kinds:?}");
    tables::place(places).check().unwrap();
}
