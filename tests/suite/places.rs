//! Obstructions by place: hand-computed places with the arithmetic on show, and the sample's places compared with its obstructions.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use coterminous::alignment::Side;
use coterminous::budgets::{Cycle, MonthDay};
use coterminous::config::{Config, Tolerances};
use coterminous::domain::{Basis, Pence, People};
use coterminous::nesting::{Nesting, nest_all, nest_relation};
use coterminous::obstructions::Evidence;
use coterminous::pipeline::{self, Results, Unwatched};
use coterminous::places::{self, ChangeKind, Input, Place};
use coterminous::tables;

use super::obstructions::Case;

fn ranked(case: &Case) -> Vec<Place> {
    ranked_by(case, &nest_all(&case.alignments, 500.0))
}

fn ranked_by(case: &Case, nestings: &[Vec<Nesting>]) -> Vec<Place> {
    let evidence = Evidence {
        layers: &case.layers,
        alignments: &case.alignments,
        nestings,
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
    places::rank(Input {
        evidence: &evidence,
        districts: &[None],
        populations,
        obstructions: &obstructions,
        settings: &case.settings,
        options: &case.options,
    })
}

fn ids(case: &Case) -> Vec<String> {
    case.find().iter().map(|found| format!("{} {}", found.id, found.subject_code.as_deref().unwrap_or("-"))).collect()
}

fn kinds(place: &Place) -> Vec<(ChangeKind, &str, Option<&str>)> {
    place.options.iter().map(|option| (option.change.kind, option.change.subject.as_str(), option.change.to.as_deref())).collect()
}

const MILLION: i128 = 1_000_000;

#[test]
fn the_options_for_a_part_begin_with_its_transfer() {
    // Trust 1: 60,000 in council 1 and 40,000 in council 2; trust 2: 400,000 in council 2. Trust 3 and council 3 are one to one.
    let case = Case::new(&[&[60_000, 40_000, 0, 0], &[0, 400_000, 0, 0], &[0, 0, 50_000, 0]]);
    let places = ranked(&case);
    let [tangle, pair] = places.as_slice() else { panic!("{places:#?}") };
    assert_eq!((tangle.component.as_str(), tangle.rank, pair.component.as_str(), pair.rank), ("L1", 1, "L3", 2));
    // Trust 1 is council 1's, trust 2 council 2's: of the 500,000 only the 40,000 are on the wrong side of a line. Both pairs and the part
    // need an agreement.
    assert_eq!((tangle.crossing, tangle.crossing_parts, tangle.agreements_needed), (40_000 * MILLION, 1, 3));
    assert_eq!(tangle.wrong_side, "40,000 people in 1 part are on the wrong side of a line.");
    // The councils stay what they are, so their part and their merger are not offered.
    assert_eq!(
        kinds(tangle),
        [(ChangeKind::Transfer, "P1", Some("P2")), (ChangeKind::JointAgreement, "P1", None), (ChangeKind::Merge, "P1", Some("P2"))]
    );
    let [transfer, agreement, merge] = tangle.options.as_slice() else { panic!() };
    assert_eq!(transfer.sentence, "The part of Trust 1 in Council 2 (40,000 people) goes to Trust 2.");
    // The transfer takes all 40,000 off the wrong side for 40,000 affected (a tenth of 500,000 is 50,000); trust 1 is then council 1 and
    // trust 2 council 2, so every flag goes, and so does one agreement.
    assert_eq!((transfer.affected, transfer.crossing_removed, transfer.agreements), (40_000 * MILLION, 40_000 * MILLION, -1));
    assert_eq!((transfer.removes, transfer.adds), (tangle.obstructions(), 0));
    // The agreement moves no one and no line.
    assert_eq!((agreement.affected, agreement.crossing_removed, agreement.agreements), (0, 0, 0));
    assert_eq!(
        agreement.sentence,
        "Trust 1 and Council 2 make one joint agreement for every service of the 40,000 people whom the line cuts off."
    );
    // One trust of both is made of two whole councils: it takes as much off the wrong side, for all 100,000 of trust 1: a larger disturbance
    // than the trouble. One of three agreements is for both councils' own pairs still.
    assert_eq!((merge.affected, merge.crossing_removed, merge.agreements), (100_000 * MILLION, 40_000 * MILLION, -1));
    assert_eq!(merge.sentence, "Trust 2 takes in Trust 1: both share Council 2.");
    assert_eq!(tangle.first(), Some(transfer));
    let first = transfer.first.as_ref().unwrap();
    assert_eq!(first.people, tangle.people_exposed);
    // Nothing stands in the way of the other place, so nothing is tried, and it says why.
    assert_eq!((pair.obstructions(), pair.people_exposed, pair.crossing, pair.options.len()), (0, Some(People(0)), 0, 0));
    assert_eq!(pair.wrong_side, "No NHS body here has a part on the wrong side of a line, so no boundary change is offered.");
}

#[test]
fn the_one_change_is_no_larger_than_the_config_allows() {
    // 40,000 of 200,000 are more than a tenth, so the agreement is the one change, until the config allows as many.
    let mut case = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]]);
    assert_eq!(ranked(&case)[0].first().unwrap().change.kind, ChangeKind::JointAgreement);
    case.options.max_people_affected = Some(39_999.0);
    assert_eq!(ranked(&case)[0].first().unwrap().change.kind, ChangeKind::JointAgreement);
    case.options.max_people_affected = Some(40_000.0);
    assert_eq!(ranked(&case)[0].first().unwrap().change.kind, ChangeKind::Transfer);
    // However much it allows, a merger of 100,000 for 40,000 is a larger disturbance than the trouble.
    case.options.max_people_affected = Some(1e9);
    assert_eq!(ranked(&case)[0].first().unwrap().change.kind, ChangeKind::Transfer);
    // Council lines and councils change only where the config says so: 40,000 of council 2 to council 1, or council 1 (60,000) into 2.
    case.options.council_lines = true;
    case.options.councils_may_change = true;
    assert_eq!(
        kinds(&ranked(&case)[0]),
        [
            (ChangeKind::Transfer, "P1", Some("P2")),
            (ChangeKind::Transfer, "L2", Some("L1")),
            (ChangeKind::JointAgreement, "P1", None),
            // Of equal people the larger code joins.
            (ChangeKind::Merge, "P2", Some("P1")),
            (ChangeKind::Merge, "L1", Some("L2")),
        ]
    );
}

#[test]
fn whole_councils_in_one_body_have_no_boundary_option() {
    // Trust 1 is made of three whole councils; two trusts make up council 4.
    let case = Case::new(&[&[90_000, 80_000, 70_000, 0, 0], &[0, 0, 0, 60_000, 0], &[0, 0, 0, 40_000, 0]]);
    for place in ranked(&case) {
        assert!(place.crossing == 0 && place.options.iter().all(|option| !option.change.kind.moves_a_line()), "{place:#?}");
        assert!(place.wrong_side.ends_with("no boundary change is offered."));
    }
}

#[test]
fn one_district_of_a_large_body_is_the_transfer_and_not_an_amalgamation() {
    // A board of five whole councils and 50,861 people of one district of a sixth, which is otherwise with its neighbour. 50,861 of 2,415,861
    // are 2.1%: by its shares the board is an aggregate of whole councils, and 50,861 of 619,861 of council 6 are 8.2% of it.
    let case = Case::new(&[&[560_000, 530_000, 430_000, 350_000, 495_000, 50_861, 0, 0], &[0, 0, 0, 0, 0, 569_000, 1_100_000, 0]]);
    let places = ranked(&case);
    let place = places.iter().find(|place| place.crossing > 0).unwrap();
    assert_eq!((place.rank, place.crossing), (1, 50_861 * MILLION));
    let first = place.first().unwrap();
    assert_eq!(first.sentence, "The part of Trust 1 in Council 6 (50,861 people) goes to Trust 2.");
    assert_eq!((first.affected, first.crossing_removed), (50_861 * MILLION, 50_861 * MILLION));
    assert!(place.options.iter().all(|option| option.change.kind != ChangeKind::Merge || option.change.side == Side::Health));
    // The merger of both boards would affect all 1,669,000 of the smaller.
    let merge = place.options.iter().find(|option| option.change.kind == ChangeKind::Merge).unwrap();
    assert_eq!((merge.change.subject.as_str(), merge.affected), ("P2", 1_669_000 * MILLION));
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
        case.settings.disable = ["BND-01", "BND-04", "BND-05", "BND-06", "BND-09", "BUD-09"].map(str::to_owned).to_vec();
    };
    let mut case = case;
    settings(&mut case);
    // 10% of 1,000 and of 500 pounds are for people outside council 1. Equipment: councils state other services and not this one, but no
    // council budget covers it, so no counterpart is known to be missing.
    assert_eq!(ids(&case), ["BUD-01 L2", "BUD-01 P1", "BUD-01 P1"]);
    let places = ranked(&case);
    let place = &places[0];
    // 10,000 people once, though three flags expose them; 100 + 50 pounds of NHS money, and 700 x 10 / 90 = 77.78 pounds of council 2's.
    assert_eq!((place.people_exposed, place.pence_exposed), (Some(People::whole(10_000)), Some(Pence(15_000 + 7_778))));
    assert_eq!(place.fiscal_year.as_deref(), case.pairs[0].1[0].fiscal_year.as_deref());
    // The part that moves takes its money with it: 100 of trust 1's carers money, and 50 for equipment.
    let best = place.first().unwrap();
    assert_eq!((best.change.kind, best.removes), (ChangeKind::Transfer, 3));
    assert_eq!(best.first.as_ref().unwrap().pence, Some(Pence(15_000 + 7_778)));
}

#[test]
fn money_of_a_service_is_split_by_its_own_population_at_a_place_too() {
    // 60% of trust 1 live in council 1, but nine in ten of those aged 65 and over in council 2.
    let mut case = Case::new(&[&[60_000, 40_000, 0], &[0, 100_000, 0]])
        .population("POP65", "older_people", &[&[1_000, 9_000, 0], &[0, 10_000, 0]])
        .lines(&[&["P1", "1000", "older_people", "mainstream"], &["P1", "1000", "acute", "mainstream"]], &[]);
    case.settings.thresholds.insert("BUD-01".to_owned(), [("share".to_owned(), 0.5), ("pounds".to_owned(), 1e9)].into());
    case.settings.disable = ["BND-01", "BND-04", "BND-05", "BND-06", "BND-09"].map(str::to_owned).to_vec();
    // Outside council 1: 900 of the 1,000 pounds for older people, 400 of the 1,000 for acute care. More than half is the former alone.
    let found = case.find();
    assert_eq!(
        found.iter().map(|found| (&*found.id, found.service.as_deref(), found.pence)).collect::<Vec<_>>(),
        [("BUD-01", Some("acute"), Some(Pence(40_000))), ("BUD-01", Some("older_people"), Some(Pence(90_000)))]
    );
    let place = &ranked(&case)[0];
    assert_eq!((place.judged, place.pence_exposed), (2, Some(Pence(130_000))));
    // The part in council 2 goes with its 900 pounds: trust 1 keeps 100, all of it for council 1.
    let best = &place.options[0];
    assert_eq!((best.change.kind, best.change.subject.as_str(), best.removes), (ChangeKind::Transfer, "P1", 2));
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
    // A pool removes both; a joint plan only BUD-03, for the same people.
    let best = place.first().unwrap();
    assert_eq!((best.change.kind, best.removes), (ChangeKind::JointAgreement, 2));
    assert_eq!(best.sentence, "Trust 1 and Council 1 make one joint agreement for every service.");
    // Nobody is on the wrong side of a line, so BUD-03 is low, and GOV-05 is for information: neither decides by people or money.
    let first = best.first.as_ref().unwrap();
    assert_eq!((first.people, first.pence), (Some(People(0)), None));
    // Without a table of agreements nothing is known to be missing.
    assert_eq!((ranked(&pooled(false))[0].obstructions(), ranked(&pooled(false))[0].first()), (0, None));
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
    // Both trusts are whole in the council, so no line moves. Either trust's calendar is three of the six; the council's is all six, for all
    // 180,000 people.
    let place = &ranked(&case)[0];
    let best = place.first().unwrap();
    assert_eq!((best.change.kind, best.change.side, best.change.subject.as_str()), (ChangeKind::Calendar, Side::Council, "L1"));
    assert_eq!((best.removes, best.adds, best.first.as_ref().unwrap().people), (6, 0, Some(People::whole(180_000))));
    assert_eq!(best.sentence, "Council 1 takes over the planning calendar of Trust 1.");
}

#[test]
fn bodies_that_join_are_judged_as_one() {
    // Trust 1 has 30,000 in council 1 and 20,000 in council 2; trust 2 has 300,000 in council 1, trust 3 25,000 in council 2. The nearest
    // nested arrangement leaves the 20,000 out. Trust 3 into trust 1 leaves none out: 30,000 of it in council 1 are then the crossing part.
    let case = Case::new(&[&[30_000, 20_000, 0], &[300_000, 0, 0], &[0, 25_000, 0]]);
    let place = &ranked(&case)[0];
    assert_eq!(place.crossing, 20_000 * MILLION);
    let merge = place.options.iter().find(|option| option.change.kind == ChangeKind::Merge).unwrap();
    assert_eq!((merge.change.subject.as_str(), merge.change.to.as_deref(), merge.affected), ("P3", Some("P1"), 25_000 * MILLION));
    // Together they have 30,000 in council 1 and 45,000 in council 2. With council 2 as its leaf or centre 30,000 stay out, as council 1 is
    // trust 2's; as a leaf of council 1 it leaves 45,000; as a centre of both it takes council 1 from trust 2's 300,000. So 10,000 more.
    assert_eq!(merge.crossing_removed, -10_000 * MILLION);
    assert!(!place.first().unwrap().change.kind.moves_a_line() || place.first().unwrap().change.kind == ChangeKind::Transfer);
}

/// `n` x `n` trusts of 1,000 people against as many councils moved by half a square: every pair has 250, every body is in one component.
fn tangle(n: usize) -> Case {
    let at = |x: usize, y: usize| x * n + y;
    let mut people = vec![vec![0_i64; n * n + 1]; n * n];
    for (x, y) in (0..n).flat_map(|x| (0..n).map(move |y| (x, y))) {
        for (dx, dy) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            if x + dx < n && y + dy < n {
                people[at(x, y)][at(x + dx, y + dy)] = 250;
            }
        }
    }
    Case::new(&people.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

#[test]
fn what_a_change_would_do_is_the_same_whether_a_place_is_judged_as_a_whole_or_in_part() {
    // 5 x 5 are 50 bodies: too many to be judged as a whole. Each option is checked against the rules on the whole case changed by hand.
    let case = tangle(5);
    let places = ranked(&case);
    let place = places.iter().find(|place| place.crossing > 0).unwrap();
    assert!(place.health.len() + place.council.len() > 40);
    let key = |found: &coterminous::obstructions::Obstruction| {
        (found.id.to_string(), found.subject_side, found.subject_code.clone(), found.partner_code.clone())
    };
    let before: std::collections::BTreeSet<_> = case.find().iter().map(key).collect();
    let transfers = place.options.iter().filter(|option| option.change.kind == ChangeKind::Transfer).step_by(6);
    let mut seen = 0;
    for option in transfers {
        let relation = &case.alignments[0].relation;
        let [from, to] =
            [Some(&option.change.subject), option.change.to.as_ref()].map(|code| relation.position_left(code.unwrap()).unwrap());
        let within = relation.position_right(option.change.partner.as_ref().unwrap()).unwrap();
        let mut people = vec![vec![0_i64; relation.right.len() + 1]; relation.left.len()];
        for pair in &relation.pairs {
            let whole = pair.amounts.people.unwrap().0 / People::UNIT;
            let left = if (pair.left, pair.right) == (from, within) { to } else { pair.left };
            people[left][pair.right] += whole;
        }
        // The arrangement of before is that of after, so the crossing parts of both are compared through the flags that do not name them.
        let after = Case::new(&people.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let after: std::collections::BTreeSet<_> = after.find().iter().map(key).collect();
        let of_shares = |id: &str| ["BND-02", "BND-03", "BND-08", "BND-09", "BND-11"].contains(&id);
        let gone = before.difference(&after).filter(|(id, ..)| of_shares(id)).count();
        assert!(option.removes >= gone, "{option:#?}: {gone}");
        seen += 1;
    }
    assert!(seen > 1);
}

#[test]
fn the_time_of_a_tangle_grows_with_its_pairs() {
    let time = |n: usize| {
        let case = tangle(n);
        let nestings = vec![vec![nest_relation(&case.alignments[0].relation, Basis::People, 500.0, 10_000).0]];
        let once = || {
            let start = std::time::Instant::now();
            let places = ranked_by(&case, &nestings);
            assert!(places.iter().any(|place| place.options.len() > n * n));
            start.elapsed().as_secs_f64()
        };
        // The least of three, as other work on the machine only adds.
        once().min(once()).min(once())
    };
    // Four times the pairs; where every option was judged on the whole place, sixteen to sixty-four times the time.
    let (small, large) = (time(6), time(12));
    assert!(large < 10.0 * small.max(0.05), "{small} s, then {large} s");
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
        assert!(place.options.iter().filter(|option| option.first.is_some()).count() <= 1, "{place:?}");
        if let Some(best) = place.first() {
            assert!(!best.sentence.is_empty(), "{place:?}");
            if best.change.kind.moves_a_line() {
                assert!(best.crossing_removed > 0 && best.affected <= best.crossing_removed, "{place:?}");
            }
        }
        // Nothing moves where no one is on the wrong side; elsewhere the options for each part begin with its transfer.
        if place.crossing == 0 {
            assert!(place.options.iter().all(|option| !option.change.kind.moves_a_line()), "{place:?}");
        }
        let mut parts: BTreeMap<usize, ChangeKind> = BTreeMap::new();
        for option in &place.options {
            if let Some(part) = option.part {
                parts.entry(part).or_insert(option.change.kind);
            }
        }
        assert_eq!(parts.len(), place.crossing_parts, "{place:?}");
        assert!(parts.values().all(|kind| *kind == ChangeKind::Transfer), "{place:?}");
    }
    for (alignment, mut ranks) in ranks {
        ranks.sort_unstable();
        let at = results.alignments.iter().position(|measured| measured.id == alignment).unwrap();
        let nesting = results.nestings[at].iter().find(|nesting| nesting.basis == Basis::People).unwrap();
        let own = || places.iter().filter(|place| place.alignment == alignment);
        assert_eq!(own().map(|place| place.crossing).sum::<i128>(), nesting.crossing, "{alignment}");
        assert_eq!(own().map(|place| place.agreements_needed).sum::<usize>(), nesting.agreements, "{alignment}");
        assert_eq!(ranks, (1..=ranks.len()).collect::<Vec<_>>(), "{alignment}");
        let measured = results.alignments.iter().find(|measured| measured.id == alignment).unwrap();
        let components = measured.components.iter().filter(|component| component.basis == Basis::People).count();
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
    let kinds: std::collections::BTreeSet<&str> = places.iter().filter_map(|place| Some(place.first()?.change.kind.as_str())).collect();
    assert!(kinds.len() >= 3, "{kinds:?}");
    tables::place(places).check().unwrap();
    tables::option(places).check().unwrap();
}
