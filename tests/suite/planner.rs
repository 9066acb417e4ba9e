//! The planner against exhaustive search, its wishes, and its proposals fed back.

use std::collections::BTreeSet;
use std::path::Path;

use coterminous::alignment::{Alignment, Class, Side};
use coterminous::config::{Config, Merge, Tolerances, WhatIfPlan};
use coterminous::domain::{Basis, Grid, Pence, People, Role};
use coterminous::overlay::shared_boundaries;
use coterminous::pipeline::{self, Unwatched};
use coterminous::planner::{EXACT, Objective, Point, Question, Wishes, plan, proposals};
use coterminous::succession::merge_left;
use proptest::prelude::*;

use crate::alignment::{aligned, relation};
use crate::support;

fn wishes(objective: Objective) -> Wishes {
    Wishes { objective, min_people: None, max_people: None, max_merge: None, keep: Vec::new(), target: None, seed: 1 }
}

fn ask(alignment: &Alignment, neighbours: &[(usize, usize)], wishes: &Wishes) -> coterminous::Result<Vec<Point>> {
    let money: Vec<Option<Pence>> = (0..alignment.relation.left.len()).map(|body| Some(Pence(100 + body as i64))).collect();
    plan(&Question { alignment, tolerances: &Tolerances::default(), neighbours, money: &money, wishes })
}

#[test]
fn nested_bodies_are_joined_to_their_county() {
    // P01, P02 and P03 are one county (300 + 200 + 500); P04 matches its own. A chain of neighbours.
    let alignment = aligned(relation(&[&[300, 0], &[200, 0], &[500, 0], &[0, 400]]));
    let chain = [(0, 1), (1, 2), (2, 3)];
    let front = ask(&alignment, &chain, &wishes(Objective::People)).unwrap();
    let told: Vec<_> = front.iter().map(|p| (p.bodies_left, p.matched, p.matched_people, p.people_moved, p.disturbed, p.proved)).collect();
    // Three bodies left gain nothing over four but fewer bodies: 200 people move.
    assert_eq!(
        told,
        [
            (4, 1, People::whole(400), People(0), 0, true),
            (3, 1, People::whole(400), People::whole(200), 2, true),
            (2, 2, People::whole(1400), People::whole(500), 3, true),
        ]
    );
    assert_eq!(front[2].mergers, [vec![0, 1, 2]]);
    assert_eq!((front[2].coterminous, front[2].pence_moved, front[2].matched_pence), (2, Some(Pence(201)), Some(Pence(406))));
    // The largest is P03: its code stays.
    let text = proposals(&alignment, "health", &front);
    assert!(text.contains("{ into = \"P03\", codes = [\"P01\", \"P02\", \"P03\"] }"), "{text}");
}

#[test]
fn wishes_are_kept() {
    let alignment = aligned(relation(&[&[300, 0], &[200, 0], &[500, 0], &[0, 400]]));
    let chain = [(0, 1), (1, 2), (2, 3)];
    let with = |change: &dyn Fn(&mut Wishes)| {
        let mut wishes = wishes(Objective::People);
        change(&mut wishes);
        ask(&alignment, &chain, &wishes)
    };
    // P02 is between the others: without it, nothing touches.
    assert_eq!(with(&|w| w.keep = vec!["P02".to_owned()]).unwrap().len(), 1);
    assert!(with(&|w| w.max_merge = Some(2)).unwrap().iter().all(|point| point.bodies_left >= 3));
    assert!(with(&|w| w.max_people = Some(People::whole(999))).unwrap().iter().all(|point| point.matched_people == People::whole(400)));
    let only = with(&|w| w.min_people = Some(People::whole(1000))).unwrap();
    assert_eq!(only.iter().map(|point| point.bodies_left).collect::<Vec<_>>(), [4, 2], "a merger of two would be too small");
    assert_eq!(with(&|w| w.target = Some(3)).unwrap()[0].bodies_left, 3);
    for (change, said) in [
        (&(|w: &mut Wishes| w.target = Some(1)) as &dyn Fn(&mut Wishes), "--target is 1"),
        (&|w| w.keep = vec!["P09".to_owned()], "did you mean P0"),
        (&|w| w.max_merge = Some(1), "--max-merge is below 2"),
        (&|w| (w.min_people, w.max_people) = (Some(People(2)), Some(People(1))), "no merger fits"),
    ] {
        let error = with(change).unwrap_err();
        assert!(error.to_string().contains(said) && error.exit_code() == 2, "{error}");
    }
    let unknown = Question {
        alignment: &alignment,
        tolerances: &Tolerances::default(),
        neighbours: &chain,
        money: &[None; 4],
        wishes: &wishes(Objective::Pounds),
    };
    assert!(plan(&unknown).unwrap_err().to_string().contains("that of 4 of 4 is not known, first P01"));
    let told = plan(&Question { wishes: &wishes(Objective::People), ..unknown }).unwrap();
    assert_eq!((told[0].matched_pence, told[2].pence_moved), (None, None), "unknown money is not none");
}

#[test]
fn a_large_cluster_is_searched_step_by_step_and_says_so() {
    // Fourteen nested bodies of one county in a ring: joining all of them is the match.
    let count = EXACT + 2;
    let cells: Vec<Vec<i64>> = (0..count).map(|body| vec![100 + body as i64]).collect();
    let alignment = aligned(relation(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    let ring: Vec<(usize, usize)> = (0..count).map(|body| (body, (body + 1) % count)).collect();
    let front = ask(&alignment, &ring, &wishes(Objective::People)).unwrap();
    let last = front.last().unwrap();
    assert_eq!((last.bodies_left, last.matched, last.proved), (1, 1, false));
    assert_eq!(last.value, last.bound, "everybody is the bound");
    assert_eq!(front, ask(&alignment, &ring, &wishes(Objective::People)).unwrap(), "the same for the same seed");
}

/// Every division of the bodies into sets, each set growing in the order of its members.
fn divisions(count: usize) -> Vec<Vec<Vec<usize>>> {
    let mut all: Vec<Vec<Vec<usize>>> = vec![Vec::new()];
    for body in 0..count {
        let mut next = Vec::new();
        for division in all {
            for at in 0..division.len() {
                let mut grown = division.clone();
                grown[at].push(body);
                next.push(grown);
            }
            let mut alone = division.clone();
            alone.push(vec![body]);
            next.push(alone);
        }
        all = next;
    }
    all
}

fn touching(set: &[usize], edges: &BTreeSet<(usize, usize)>) -> bool {
    let mut reached = vec![set[0]];
    let mut at = 0;
    while at < reached.len() {
        for other in set {
            let edge = (reached[at].min(*other), reached[at].max(*other));
            if edges.contains(&edge) && !reached.contains(other) {
                reached.push(*other);
            }
        }
        at += 1;
    }
    reached.len() == set.len()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// For every number of bodies left, the best objective and the fewest people moved of all divisions into connected sets, measured by
    /// merging the whole table.
    #[test]
    fn the_planner_equals_exhaustive_search(
        cells in prop::collection::vec(prop::collection::vec(prop_oneof![2 => Just(0i64), 1 => 1i64..5, 2 => 100i64..400], 3), 2..6),
        edges in prop::collection::vec((0usize..6, 0usize..6), 0..12),
        aim in 0usize..3,
        most in prop_oneof![Just(None), (200i64..900).prop_map(Some)],
    ) {
        let cells: Vec<Vec<i64>> = cells.into_iter().map(|mut row| { if row.iter().all(|cell| *cell == 0) { row[0] = 50; } row }).collect();
        let count = cells.len();
        let measured = relation(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let alignment = aligned(measured.clone());
        let edges: BTreeSet<(usize, usize)> =
            edges.into_iter().filter(|(a, b)| a != b && *a < count && *b < count).map(|(a, b)| (a.min(b), a.max(b))).collect();
        let component = |body: usize| alignment.body(Side::Health, body, Basis::People).unwrap().component;
        let inside: BTreeSet<(usize, usize)> = edges.iter().copied().filter(|(a, b)| component(*a) == component(*b)).collect();
        let objective = [Objective::People, Objective::Bodies, Objective::Pounds][aim];
        let mut wanted = wishes(objective);
        wanted.max_people = most.map(People::whole);
        let people = |set: &[usize]| set.iter().map(|body| cells[*body].iter().sum::<i64>()).sum::<i64>();

        let mut best: Vec<Option<(i128, i64)>> = vec![None; count + 1];
        for division in divisions(count) {
            if !division.iter().all(|set| touching(set, &inside)) {
                continue;
            }
            if division.iter().any(|set| set.len() > 1 && most.is_some_and(|most| people(set) > most)) {
                continue;
            }
            let merge = division.iter().enumerate().map(|(at, set)| Merge {
                into: format!("G{at}"), name: None, codes: set.iter().map(|body| format!("P{:02}", body + 1)).collect(),
            });
            let proposal = WhatIfPlan { id: "x".to_owned(), layer: 0, merge: merge.collect(), line: 1 };
            let (merged, _) = merge_left(&measured, &proposal, Path::new("c"), &Tolerances::default()).unwrap();
            let after = aligned(merged);
            let (mut value, mut moved) = (0i128, 0i64);
            for (at, set) in division.iter().enumerate() {
                let class = after.body(Side::Health, at, Basis::People).unwrap().class;
                if matches!(class, Some(Class::Coterminous | Class::Aggregate)) {
                    value += match objective {
                        Objective::People => i128::from(people(set)) * i128::from(People::UNIT),
                        Objective::Bodies => 1,
                        Objective::Pounds => set.iter().map(|body| 100 + *body as i128).sum(),
                    };
                }
                moved += people(set) - set.iter().map(|body| people(&[*body])).max().unwrap();
            }
            let slot = &mut best[division.len()];
            if slot.is_none_or(|(known, fewest)| (value, -moved) > (known, -fewest)) {
                *slot = Some((value, moved));
            }
        }
        let edges: Vec<(usize, usize)> = edges.into_iter().collect();
        for (left, best) in best.into_iter().enumerate().skip(1) {
            wanted.target = Some(left);
            match (ask(&alignment, &edges, &wanted), best) {
                (Ok(points), Some((value, moved))) => {
                    prop_assert_eq!((points[0].value, points[0].people_moved), (value, People::whole(moved)));
                    prop_assert!(points[0].proved && points[0].bound >= points[0].value);
                }
                (Err(_), None) => {}
                (found, best) => prop_assert!(false, "{left} left: {found:?} against {best:?}"),
            }
        }
    }
}

#[test]
fn neighbours_are_those_that_share_boundary() {
    // A and B share 2 m, B and C 1 m of a taller edge; A and C touch in no more than the corner at (2, 2), D stands apart.
    let shapes = [
        support::square("A", 0.0, 0.0, 2.0, 2.0),
        support::square("B", 2.0, 0.0, 2.0, 2.0),
        support::square("C", 2.0, 2.0, 1.0, 1.0),
        support::square("D", 10.0, 0.0, 1.0, 1.0),
    ];
    let grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: 1e9 };
    let layer = support::built("a", Role::Health, &shapes, &grid).layer;
    let shared: Vec<_> = shared_boundaries(&layer.rings).unwrap().iter().map(|s| (s.units, s.length as f64 / grid.per_metre)).collect();
    assert_eq!(shared, [((0, 1), 2.0), ((1, 2), 1.0)]);
}

#[test]
fn the_sample_is_planned_and_its_proposals_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = root.join("config/sample.toml");
    let load = |text: &str| Config::parse(&config, text, &pipeline::rules(), &|_| None).unwrap();
    let text = std::fs::read_to_string(&config).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("front.parquet");
    let planned = pipeline::plan(&load(&text), "pct-council-2002", &wishes(Objective::People), Some(&out), &Unwatched).unwrap();
    assert!(out.exists());
    let (first, best) = (&planned.points[0], planned.points.iter().max_by_key(|point| point.value).unwrap());
    assert!(best.matched_people > first.matched_people, "some merger helps");
    assert!(planned.points.iter().all(|point| point.proved));
    // Fed back as a config, the proposal makes the same bodies match.
    let fed = format!("{text}\n{}", proposals(&planned.alignment, "pct-2002", std::slice::from_ref(best)));
    let plan = load(&fed);
    let results = pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap();
    let proposal = results.successions.last().unwrap();
    assert!(proposal.id.starts_with("plan-pct-council-2002-"));
    assert_eq!(proposal.relation.right.len(), best.bodies_left);
    let after = proposal.effects.iter().filter(|effect| effect.basis == Basis::People && effect.side == Side::Health);
    let matching = after.filter(|effect| matches!(effect.class_after, Some(Class::Coterminous | Class::Aggregate)));
    let matching: Vec<_> = matching.collect();
    assert_eq!(matching.len(), best.matched);
    assert_eq!(matching.iter().filter_map(|effect| effect.people).sum::<People>(), best.matched_people);
    let error = pipeline::plan(&load(&text), "nowhere", &wishes(Objective::People), None, &Unwatched).unwrap_err();
    assert!(error.to_string().contains("--alignment is nowhere"), "{error}");
}
