//! The two real configs, end to end, against what is known from elsewhere: the README of the real data, the 2011 census, the published
//! control totals. Skipped where the real data are not at hand, failing in CI.

use std::path::Path;
use std::sync::OnceLock;

use coterminous::alignment::{Alignment, Class, Definition, Side};
use coterminous::budgets::Mechanism;
use coterminous::config::{Config, Merge, Tolerances, WhatIfPlan};
use coterminous::domain::geometry::doubled_area;
use coterminous::domain::{Basis, People};
use coterminous::overlay::{overlay, shared_boundaries};
use coterminous::pipeline::{self, Options, Outcome, Results, Unwatched};
use coterminous::planner::{Objective, Question, Wishes, plan};
use coterminous::succession::{ChangeType, Proposal, count_effects, what_if};

use crate::support;

/// Runs a config of the repository on the real data, into a folder of its own.
fn run(config: &str) -> Option<Results> {
    let data = support::real_data(".")?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root.join("config").join(config)).unwrap();
    let data = data.canonicalize().unwrap();
    let text = text.replace("${ONS_DATA:-../data/ons}", data.to_str().unwrap()).replace("../out/", "out/");
    assert!(!text.contains("${"), "a path of {config} does not start with the data folder");
    for entry in std::fs::read_dir(root.join("config")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let path = folder.path().join(config);
    std::fs::write(&path, text).unwrap();
    let plan = Config::load(&path, &pipeline::rules()).unwrap();
    let Outcome { folder: published, manifest, results, .. } = pipeline::run(&plan, Options::default(), &Unwatched).unwrap();
    assert!(published.join("overlap.parquet").exists());
    assert!(!manifest.proofs.is_empty());
    Some(results.unwrap())
}

fn england() -> Option<&'static Results> {
    static RESULTS: OnceLock<Option<Results>> = OnceLock::new();
    RESULTS.get_or_init(|| run("england-2011.toml")).as_ref()
}

fn ccg() -> Option<&'static Results> {
    static RESULTS: OnceLock<Option<Results>> = OnceLock::new();
    RESULTS.get_or_init(|| run("ccg-2019-2020.toml")).as_ref()
}

fn strict(alignment: &Alignment, side: Side, equal: f64) -> (usize, usize) {
    let rate = alignment.rates.iter().find(|rate| {
        rate.basis == Basis::People && rate.definition == Definition::Strict && rate.side == side && (rate.equal - equal).abs() < 1e-12
    });
    rate.map(|rate| (rate.coterminous, rate.of)).unwrap()
}

#[test]
fn england_2011_is_what_the_census_and_the_lookup_say() {
    let Some(results) = england() else { return };
    assert_eq!(results.alignments.len(), 2);
    for alignment in &results.alignments {
        let relation = &alignment.relation;
        assert_eq!((relation.left.len(), relation.right.len()), (151, 152), "{}", alignment.id);
        let pairs: People = relation.pairs.iter().filter_map(|pair| pair.amounts.people).sum();
        let outside: People = relation.left_outside.iter().chain(&relation.right_outside).filter_map(|part| part.people).sum();
        assert_eq!(pairs + outside, People::whole(53_012_456), "{}", alignment.id);
        assert_eq!(outside, People(0));
        assert_eq!(relation.pairs.iter().filter(|pair| pair.amounts.people > Some(People(0))).count(), 176);
        assert_eq!(strict(alignment, Side::Health, 0.02), (110, 151));
        assert_eq!(strict(alignment, Side::Council, 0.02), (111, 152));
        assert_eq!(strict(alignment, Side::Health, 0.05), (116, 151));
        assert_eq!(strict(alignment, Side::Council, 0.05), (117, 152));
        let near: Vec<&str> = alignment
            .bodies
            .iter()
            .filter(|body| body.side == Side::Health && body.basis == Basis::People && body.class == Some(Class::NearCoterminous))
            .filter_map(|body| relation.left[body.body].name.as_deref())
            .collect();
        assert_eq!(near.len(), 4, "{near:?}");
        for place in ["Milton Keynes", "Swindon", "Stoke", "Buckinghamshire"] {
            assert!(near.iter().any(|name| name.starts_with(place)), "{place} is not among {near:?}");
        }
    }
}

#[test]
fn the_lookup_and_the_polygons_agree_within_the_bounds_they_publish() {
    let Some(results) = england() else { return };
    let [polygons, lookup] = results.alignments.as_slice() else { panic!("two alignments") };
    for (left, right) in [(polygons, lookup), (lookup, polygons)] {
        for pair in &left.relation.pairs {
            let other = right.relation.pairs.iter().find(|other| (other.left, other.right) == (pair.left, pair.right)).unwrap();
            assert!(
                other.amounts.people >= pair.amounts.people_low && other.amounts.people <= pair.amounts.people_high,
                "{pair:?} {other:?}"
            );
        }
    }
}

#[test]
fn ccg_mergers_of_2020() {
    let Some(results) = ccg() else { return };
    let [succession] = results.successions.as_slice() else { panic!("one succession") };
    assert_eq!((succession.relation.left.len(), succession.relation.right.len()), (191, 135));
    let groups = |kind| succession.groups.iter().find(|group| group.0 == kind).map_or(0, |group| group.1);
    assert_eq!((groups(ChangeType::Unchanged), groups(ChangeType::Merged)), (117, 18));
    let parts: Vec<_> = succession.links.iter().filter(|link| link.kind == ChangeType::TransferredPart).collect();
    let [part] = parts.as_slice() else { panic!("one transferred part, not {parts:?}") };
    let name = |bodies: &[coterminous::domain::Body], at: Option<usize>| bodies[at.unwrap()].name.clone().unwrap();
    assert_eq!(name(&succession.relation.left, part.from), "NHS Coastal West Sussex CCG");
    assert_eq!(name(&succession.relation.right, part.to), "NHS Surrey Heartlands CCG");
    let people = part.people.unwrap().as_f64();
    assert!((6_700.0..6_780.0).contains(&people), "{people}");
    let people: People = succession.relation.pairs.iter().filter_map(|pair| pair.amounts.people).sum();
    let outside: People =
        succession.relation.left_outside.iter().chain(&succession.relation.right_outside).filter_map(|part| part.people).sum();
    let nowhere: f64 = results
        .findings
        .iter()
        .filter(|finding| finding.id == "DQ-10" && finding.layer.as_deref() == Some("ccg-2019 over ccg-2020"))
        .filter_map(|finding| finding.value)
        .sum();
    assert!(((people + outside).as_f64() + nowhere - 53_012_456.0).abs() < 1e-5);
}

#[test]
fn real_money_is_known_unknown_and_reconciled() {
    let Some(results) = england() else { return };
    let lines = |budget: &str| results.money.lines.iter().filter(move |line| &*line.budget == budget).collect::<Vec<_>>();
    let allocations = lines("pct-allocations");
    assert_eq!((allocations.iter().filter(|line| line.known).count(), allocations.iter().filter(|line| !line.known).count()), (61, 90));
    assert!(allocations.iter().all(|line| line.known == line.amount.is_some()));
    // The columns' sums over 150 councils and seven services, to the pound, by another program: 255,417,488 and 1,079,368,411.
    for (budget, mechanism, pounds) in
        [("pss-ex1-joint", Mechanism::Pooled, 255_417_488), ("pss-ex1-nhs", Mechanism::Transfer, 1_079_368_411)]
    {
        let lines = lines(budget);
        assert!(lines.iter().all(|line| line.mechanism == Some(mechanism)));
        assert_eq!(lines.iter().filter(|line| line.known).count(), 1050);
        assert_eq!(lines.iter().filter_map(|line| line.amount).map(|amount| amount.0).sum::<i64>(), pounds * 100, "{budget}");
    }
    // Cheshire and Bedfordshire carry two codes each: findings, and lines that belong to no council of 2011.
    let two_codes: std::collections::BTreeSet<_> =
        results.findings.iter().filter(|f| f.id == "DQ-04").filter_map(|f| f.code.as_deref()).filter(|code| code.contains(';')).collect();
    assert_eq!(two_codes.len(), 2, "{two_codes:?}");
    assert!(results.proofs.iter().all(|proof| proof.holds));
}

#[test]
fn the_headline_of_2020_counts_every_body_council_and_person() {
    let Some(results) = ccg() else { return };
    let counts = count_effects(&results.successions[0].effects);
    assert_eq!(counts.len(), 4, "two bases, two sides");
    for count in counts {
        let bodies: usize = count.tallies().iter().map(|(_, tally)| tally.bodies).sum();
        assert_eq!(bodies, if count.side == Side::Health { 135 } else { 151 }, "{count:?}");
        let people: People = count.tallies().iter().filter_map(|(_, tally)| tally.people).sum();
        // The census of 2011, but for those who live on land of neither layer.
        assert!((52_900_000.0..=53_012_456.0).contains(&people.as_f64()), "{count:?}");
        // 117 of 135 are unchanged, and so are their matches.
        assert!(count.side == Side::Council || count.neutral.bodies >= 117, "{count:?}");
        eprintln!("{count:?}");
    }
}

#[test]
fn a_thousand_proposals_each_find_what_they_cost() {
    let Some(results) = england() else { return };
    let before = &results.alignments[0];
    let layer = results.ground.layers.iter().find(|layer| layer.id == before.health_layer).unwrap();
    let bodies = &before.relation.left;
    let plans: Vec<WhatIfPlan> = (0..1000)
        .map(|number| {
            // Two or three bodies, never the same twice: 1 <= 7 + number / 151 <= 13 steps apart.
            let step = 7 + number / bodies.len();
            let members = (0..2 + number % 2).map(|member| bodies[(number + member * step) % bodies.len()].code.clone());
            let merge = vec![Merge { into: format!("NEW{number}"), name: None, codes: members.collect() }];
            WhatIfPlan { id: format!("proposal-{number}"), layer: 0, merge, line: 1 }
        })
        .collect();
    let started = std::time::Instant::now();
    let mut lost = 0;
    for plan in &plans {
        let proposal = Proposal { plan, config: Path::new("c.toml"), layer, before, tolerances: &Tolerances::default() };
        let evaluated = what_if(proposal).unwrap().succession;
        assert_eq!(evaluated.relation.right.len(), bodies.len() + 1 - plan.merge[0].codes.len());
        lost += evaluated.effects.iter().filter(|effect| effect.pair_lost).count();
    }
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{} proposals in {seconds:.3} s", plans.len());
    assert!(lost > 0, "some of a thousand mergers loses a pair");
    // Two seconds is the promise of a release build (`cargo test --release a_thousand`); a test build has checks and little optimisation,
    // and how long that takes says nothing.
    if !cfg!(debug_assertions) {
        assert!(seconds < 2.0, "{seconds} s");
    }
}

#[test]
fn england_is_planned() {
    let Some(results) = england() else { return };
    let alignment = &results.alignments[0];
    let layer = results.ground.layers.iter().find(|layer| layer.id == alignment.health_layer).unwrap();
    let neighbours: Vec<(usize, usize)> = shared_boundaries(&layer.rings).unwrap().iter().map(|shared| shared.units).collect();
    assert!(neighbours.len() > 300, "{} pairs of neighbours among 151", neighbours.len());
    let wishes = Wishes {
        objective: Objective::People,
        min_people: None,
        max_people: None,
        max_merge: None,
        keep: Vec::new(),
        target: None,
        seed: 1,
    };
    let question = Question { alignment, tolerances: &Tolerances::default(), neighbours: &neighbours, money: &[], wishes: &wishes };
    let points = plan(&question).unwrap();
    let first = &points[0];
    // Nothing merges: what matches is what is coterminous or made of whole councils today.
    let today = alignment.bodies.iter().filter(|body| {
        body.side == Side::Health && body.basis == Basis::People && matches!(body.class, Some(Class::Coterminous | Class::Aggregate))
    });
    assert_eq!((first.bodies_left, first.matched, first.people_moved), (151, today.count(), People(0)));
    let best = points.iter().max_by_key(|point| point.value).unwrap();
    assert!(best.matched_people > first.matched_people && best.bodies_left < 151);
    eprintln!("{} points; today {first:?}; best {best:?}", points.len());
}

#[test]
fn every_output_area_is_proved_over_trusts_and_councils() {
    let Some(results) = england() else { return };
    let layer = |id: &str| results.ground.layers.iter().find(|layer| layer.id == id).unwrap();
    let blocks = layer("oa-2011");
    assert_eq!(blocks.areas.len(), 171_372);
    for other in [layer("pct-2011"), layer("council-2011")] {
        let found = overlay(blocks, other).unwrap();
        // The engine's own answer, not the pairwise path's, and exact for both sides.
        assert_eq!((found.findings.len(), found.proofs.len()), (0, 2));
        assert!(found.proofs.iter().all(|proof| proof.holds && proof.expected == proof.got && proof.tolerance == "0"));
        // Again, unit by unit, without the proof's help: the pieces and what lies outside are the rings, but for the rounding of the few
        // places where output areas overlap each other: two square steps a step of boundary.
        let mut left: Vec<i128> =
            found.left.outside.iter().zip(&found.left.excess).map(|(out, excess)| out.doubled_area - excess).collect();
        for pair in &found.pairs {
            left[pair.left] += pair.extent.doubled_area;
        }
        let mut exact = 0;
        for (unit, area) in blocks.areas.iter().enumerate().filter(|(_, area)| !area.repaired) {
            let rings: i128 = blocks.rings.unit(unit).map(doubled_area).sum();
            let steps: f64 = blocks
                .rings
                .unit(unit)
                .flat_map(|ring| ring.windows(2))
                .map(|e| ((e[1].x - e[0].x) as f64).hypot((e[1].y - e[0].y) as f64))
                .sum();
            assert!((left[unit] - rings.abs()).abs() as f64 <= 4.0 * steps && steps > 0.0, "{} over {}", area.code, other.id);
            exact += usize::from(left[unit] == rings.abs());
        }
        assert!(exact > 171_000, "{exact} of {} exactly", blocks.areas.len());
    }
}
