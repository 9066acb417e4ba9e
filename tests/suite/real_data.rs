//! The two real configs, end to end, against what is known from elsewhere: the README of the real data, the 2011 census, the published
//! control totals. Skipped where the real data are not at hand, failing in CI.

use std::path::Path;
use std::sync::OnceLock;

use coterminous::alignment::{Alignment, Class, Definition, Side};
use coterminous::budgets::Mechanism;
use coterminous::config::{Config, Merge, Move, Tolerances, WhatIfPlan};
use coterminous::domain::geometry::doubled_area;
use coterminous::domain::{Basis, People};
use coterminous::nesting::{EFFORT, nest_relation};
use coterminous::overlay::tiles::{Sums, split, tally};
use coterminous::overlay::{overlay, overlay_of, shared_boundaries};
use coterminous::pipeline::{self, Options, Outcome, Results, Unwatched};
use coterminous::planner::{Objective, Question, plan};
use coterminous::succession::{ChangeType, Parts, Proposal, count_effects, merge_left, what_if};
use coterminous::weights::{Overlays, Population, relate};

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

pub fn england() -> Option<&'static Results> {
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
        assert_eq!(strict(alignment, Side::Council, 0.02), (110, 152));
        assert_eq!(strict(alignment, Side::Health, 0.05), (115, 151));
        assert_eq!(strict(alignment, Side::Council, 0.05), (115, 152));
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
    let lines = results.successions[0].lines.iter().find(|lines| lines.basis == Basis::People).unwrap();
    // By another program, of output areas cut by polygons: within a person.
    assert!((lines.crossing_before.unwrap() - 943_759.0).abs() < 1.0, "{lines:?}");
    assert!((lines.crossing_after.unwrap() - 1_081_339.0).abs() < 1.0, "{lines:?}");
    assert_eq!((lines.parts_before, lines.parts_after, lines.proved), (19, 21, true), "{lines:?}");
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
        if count.basis == Basis::People {
            // Improved, worsened, neutral, and of them by lines; by an integer programme of its own on overlaps by GEOS (domain.md E3).
            let (bodies, by_lines) = match count.side {
                Side::Health => ([11, 3, 121], [0, 3, 0]),
                Side::Council => ([12, 3, 136], [1, 3, 0]),
            };
            let known = [count.improved, count.worsened, count.neutral];
            assert_eq!(known.map(|tally| tally.bodies), bodies, "{count:?}");
            assert_eq!(known.map(|tally| tally.by_lines), by_lines, "{count:?}");
            assert_eq!(count.unknown.bodies, 0);
        }
        eprintln!("{count:?}");
    }
}

#[test]
fn a_thousand_proposals_each_find_what_they_cost() {
    let Some(results) = england() else { return };
    let before = &results.alignments[0];
    let find = |id: &str| results.ground.layers.iter().find(|layer| layer.id == id).unwrap();
    let (layer, council, blocks) = (find(&before.health_layer), find(&before.council_layer), find("oa-2011"));
    let bodies = &before.relation.left;
    // Output areas against councils, measured once as a run with moves does; each belongs to the trust of the lookup's alignment, which the
    // trusts' polygons were made from: here by the trust that has most of it.
    let tolerances = Tolerances::default();
    let people = Population::Blocks { layer: blocks, field: "POP11" };
    let of = |right| relate(&Overlays::default(), &results.ground.grid, blocks, right, &people, &tolerances).unwrap().relation;
    let (relation, trusts) = (of(council), of(layer));
    let most = |block: usize| trusts.pairs_of_left(block).iter().max_by(|a, b| a.amounts.area_m2.total_cmp(&b.amounts.area_m2));
    let owner: Vec<Option<usize>> = (0..blocks.areas.len()).map(|block| most(block).map(|pair| pair.right)).collect();
    let mut owned: Vec<Vec<usize>> = vec![Vec::new(); bodies.len()];
    for (block, owner) in owner.iter().enumerate() {
        owned[owner.unwrap()].push(block);
    }
    let parts = Parts { relation, owner };
    let plans: Vec<WhatIfPlan> = (0..1000)
        .map(|number| {
            // Two or three bodies, never the same twice: 1 <= 7 + number / 151 <= 13 steps apart.
            let step = 7 + number / bodies.len();
            let body = |member: usize| (number + member * step) % bodies.len();
            let code = |member: usize| bodies[body(member)].code.clone();
            let (mut merge, mut moves) = (Vec::new(), Vec::new());
            // Every fourth proposal moves up to a hundred output areas instead.
            if number % 4 == 3 {
                let mine = &owned[body(0)];
                let some = mine.iter().take(100.min(mine.len() - 1)).map(|block| blocks.areas[*block].code.clone());
                moves.push(Move { from: code(0), to: code(1), name: None, blocks: some.collect() });
            } else {
                merge.push(Merge { into: format!("NEW{number}"), name: None, codes: (0..2 + number % 2).map(code).collect() });
            }
            WhatIfPlan { id: format!("proposal-{number}"), layer: 0, merge, moves, line: 1 }
        })
        .collect();
    let started = std::time::Instant::now();
    let (mut lost, mut moved) = (0, People(0));
    let everybody: People = bodies.iter().filter_map(|body| body.people).sum();
    for plan in &plans {
        let proposal = Proposal { plan, config: Path::new("c.toml"), layer, before, tolerances: &tolerances, parts: Some(&parts) };
        let evaluated = what_if(proposal).unwrap().succession;
        let gone: usize = plan.merge.iter().map(|merge| merge.codes.len() - 1).sum();
        assert_eq!(evaluated.relation.right.len(), bodies.len() - gone);
        lost += evaluated.effects.iter().filter(|effect| effect.pair_lost).count();
        assert_eq!(evaluated.relation.right.iter().filter_map(|body| body.people).sum::<People>(), everybody);
        for part in &plan.moves {
            let (from, to) = (evaluated.relation.position_left(&part.from).unwrap(), evaluated.relation.position_right(&part.to).unwrap());
            moved += evaluated.relation.pair(from, to).and_then(|pair| pair.amounts.people).unwrap();
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{} proposals, 250 of them moves of {:.0} people in all, in {seconds:.3} s", plans.len(), moved.as_f64());
    assert!(lost > 0, "some of a thousand mergers loses a pair");
    // A hundred output areas have some 30,000 people.
    assert!((6e6..9e6).contains(&moved.as_f64()), "{moved:?}");
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
    let wishes = crate::planner::wishes(Objective::People);
    let question = Question { alignment, tolerances: &Tolerances::default(), neighbours: &neighbours, money: &[], wishes: &wishes };
    let front = plan(&question).unwrap();
    let points = &front.points;
    let first = &points[0];
    // Nothing merges: 625,560 people in 13 parts, by an independent integer programme.
    assert_eq!((first.bodies_left, first.crossing, first.parts), (151, People::whole(625_560), 13));
    assert!(points.iter().all(|point| point.by_lines) && points.iter().skip(1).all(|point| point.moves_lines));
    let best = points.iter().min_by_key(|point| (point.value, point.people_disturbed)).unwrap();
    eprintln!("{} points, {} proved; best {best:?}", points.len(), points.iter().filter(|point| point.proved).count());
    // Neighbours can be joined until nobody is on the wrong side of a line: less is not possible, and not for fewer people disturbed.
    assert_eq!((best.crossing, best.parts, best.proved), (People(0), 0, true));
    // Every point has the numbers of the same mergers as a what-if.
    let relation = &alignment.relation;
    for point in points.iter().step_by(points.len().div_ceil(40)) {
        let code = |body: &usize| relation.left[*body].code.clone();
        let largest = |set: &Vec<usize>| *set.iter().max_by_key(|body| (relation.left[**body].people, std::cmp::Reverse(**body))).unwrap();
        let merge = point.mergers.iter().map(|set| Merge { into: code(&largest(set)), name: None, codes: set.iter().map(code).collect() });
        let proposal = WhatIfPlan { id: "p".to_owned(), layer: 0, merge: merge.collect(), moves: Vec::new(), line: 0 };
        let (merged, _) = merge_left(relation, &proposal, Path::new("c"), &Tolerances::default()).unwrap();
        let (nesting, _) = nest_relation(&merged, Basis::People, Tolerances::default().minor_people, EFFORT);
        let numbers = (nesting.crossing, nesting.parts.len(), nesting.cut(Side::Health), nesting.agreements);
        assert_eq!(numbers, (i128::from(point.crossing.0), point.parts, point.cut, point.agreements));
    }
}

#[test]
fn every_output_area_is_proved_over_trusts_and_councils() {
    let Some(results) = england() else { return };
    let layer = |id: &str| results.ground.layers.iter().find(|layer| layer.id == id).unwrap();
    let blocks = layer("oa-2011");
    assert_eq!(blocks.areas.len(), 171_372);
    for other in [layer("pct-2011"), layer("council-2011")] {
        let found = overlay(blocks, other).unwrap();
        // Exact for both sides.
        assert_eq!(found.proofs.len(), 2);
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
        // In tiles, bit for bit.
        let mut sums = Sums::default();
        let tiles = split(&[&blocks.rings, &other.rings], 200_000, &mut |portion| tally(&portion).map(|tile| sums.add(tile))).unwrap();
        assert!(tiles > 20, "{tiles}");
        assert_eq!(overlay_of(blocks, other, &sums).unwrap(), found);
    }
}
