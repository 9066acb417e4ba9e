//! The planner against exhaustive search, its wishes, its bounds, and its proposals fed back.

use std::collections::BTreeSet;
use std::path::Path;

use coterminous::alignment::{Alignment, Class, Side};
use coterminous::config::{Config, Merge, Tolerances, WhatIfPlan};
use coterminous::domain::{Basis, Grid, Pence, People, Role};
use coterminous::overlay::shared_boundaries;
use coterminous::pipeline::{self, PlanFiles, Unwatched};
use coterminous::planner::{Front, Objective, Point, Question, STEPS, Wishes, foremost, plan, proposals, tied_neighbours};
use coterminous::succession::merge_left;
use proptest::prelude::*;

use crate::alignment::{aligned, relation};
use crate::support;

pub fn wishes(objective: Objective) -> Wishes {
    Wishes { objective, min_people: None, max_people: None, max_merge: None, keep: Vec::new(), target: None, seed: 1, steps: STEPS }
}

fn pence(body: usize) -> i64 {
    100 + 7 * (body as i64 % 3)
}

/// A plan where the money of every body is known.
fn ask(alignment: &Alignment, neighbours: &[(usize, usize)], wishes: &Wishes) -> coterminous::Result<Front> {
    let money: Vec<Option<Pence>> = (0..alignment.relation.left.len()).map(|body| Some(Pence(pence(body)))).collect();
    plan(&Question { alignment, tolerances: &Tolerances::default(), neighbours, money: &money, wishes })
}

#[test]
fn nested_bodies_are_joined_to_their_county() {
    // P01, P02 and P03 are one county (300 + 200 + 500); P04 matches its own. A chain of neighbours.
    let alignment = aligned(relation(&[&[300, 0], &[200, 0], &[500, 0], &[0, 400]]));
    let chain = [(0, 1), (1, 2), (2, 3)];
    let front = ask(&alignment, &chain, &wishes(Objective::People)).unwrap();
    let told: Vec<_> =
        front.points.iter().map(|p| (p.number, p.bodies_left, p.matched_people, p.people_moved, p.pence_moved, p.disturbed)).collect();
    // Three bodies left gain nothing over four but fewer bodies: 200 people move (P02 to P01 or to P03, 107 pence either way).
    assert_eq!(
        told,
        [
            (1, 4, People::whole(400), People(0), Some(Pence(0)), 0),
            (2, 3, People::whole(400), People::whole(200), Some(Pence(107)), 2),
            (3, 2, People::whole(1400), People::whole(500), Some(Pence(207)), 3),
        ]
    );
    assert!(front.complete && front.pounds_count && !front.widened);
    assert!(front.points.iter().all(|point| point.proved && point.four_way && point.bound == point.value));
    let last = &front.points[2];
    assert_eq!(last.mergers, [vec![0, 1, 2]]);
    assert_eq!((last.matched, last.coterminous, last.matched_pence), (2, 2, Some(Pence(421))));
    // The largest is P03: its code stays.
    let text = proposals(&alignment, &front.points);
    assert!(text.contains("id = \"plan-test-3\"") && text.contains("{ into = \"P03\", codes = [\"P01\", \"P02\", \"P03\"] }"), "{text}");
    // The order in which neighbours are told says nothing.
    assert_eq!(front, ask(&alignment, &[(3, 2), (2, 1), (1, 0), (0, 1)], &wishes(Objective::People)).unwrap());
}

#[test]
fn wishes_are_kept() {
    let alignment = aligned(relation(&[&[300, 0], &[200, 0], &[500, 0], &[0, 400]]));
    let chain = [(0, 1), (1, 2), (2, 3)];
    let with = |change: &dyn Fn(&mut Wishes)| {
        let mut wishes = wishes(Objective::People);
        change(&mut wishes);
        ask(&alignment, &chain, &wishes).map(|front| front.points)
    };
    // P02 is between the others: without it, nothing touches.
    assert_eq!(with(&|w| w.keep = vec!["P02".to_owned()]).unwrap().len(), 1);
    assert!(with(&|w| w.max_merge = Some(2)).unwrap().iter().all(|point| point.bodies_left >= 3));
    assert!(with(&|w| w.max_people = Some(People::whole(999))).unwrap().iter().all(|point| point.matched_people == People::whole(400)));
    let only = with(&|w| w.min_people = Some(People::whole(1000))).unwrap();
    assert_eq!(only.iter().map(|point| point.bodies_left).collect::<Vec<_>>(), [4, 2], "a merger of two would be too small");
    let three = with(&|w| w.target = Some(3)).unwrap();
    assert_eq!(three.iter().map(|point| (point.number, point.bodies_left)).collect::<Vec<_>>(), [(1, 3)]);
    for (change, said) in [
        (&(|w: &mut Wishes| w.target = Some(0)) as &dyn Fn(&mut Wishes), "--target is 0, and mergers of neighbours leave 1 to 4"),
        (&|w| w.target = Some(5), "--target is 5"),
        (&|w| w.keep = vec!["P09".to_owned()], "did you mean P0"),
        (&|w| w.max_merge = Some(1), "--max-merge is below 2"),
        (&|w| (w.min_people, w.max_people) = (Some(People(2)), Some(People(1))), "no merger fits"),
    ] {
        let error = with(change).unwrap_err();
        assert!(error.to_string().contains(said) && error.exit_code() == 2, "{error}");
    }
}

#[test]
fn unknown_money_is_not_none_and_compares_nothing() {
    let alignment = aligned(relation(&[&[300, 0], &[200, 0], &[500, 0], &[0, 400]]));
    let chain = [(0, 1), (1, 2), (2, 3)];
    let money = [Some(Pence(10)), None, Some(Pence(30)), Some(Pence(40))];
    let question = Question {
        alignment: &alignment,
        tolerances: &Tolerances::default(),
        neighbours: &chain,
        money: &money,
        wishes: &wishes(Objective::People),
    };
    let front = plan(&question).unwrap();
    assert!(!front.pounds_count);
    // Nothing moves: no pence. P02 moves, and nobody knows with how much.
    assert_eq!(front.points.iter().map(|point| point.pence_moved).collect::<Vec<_>>(), [Some(Pence(0)), None, None]);
    assert_eq!(front.points.iter().map(|point| point.matched_pence).collect::<Vec<_>>(), [Some(Pence(40)), Some(Pence(40)), None]);
    let pounds = plan(&Question { wishes: &wishes(Objective::Pounds), ..question }).unwrap_err();
    assert!(pounds.to_string().contains("that of 1 of 4 is not known, first P02"), "{pounds}");
}

#[test]
fn a_target_that_ties_do_not_reach_joins_what_matches_already() {
    // Two pairs and nothing to gain: no plan without a target. With one, the smaller moves.
    let alignment = aligned(relation(&[&[300, 0], &[0, 400]]));
    let front = ask(&alignment, &[(0, 1)], &wishes(Objective::People)).unwrap();
    assert_eq!((front.points.len(), front.points[0].bodies_left), (1, 2));
    let wanted = Wishes { target: Some(1), ..wishes(Objective::People) };
    let front = ask(&alignment, &[(0, 1)], &wanted).unwrap();
    let point = &front.points[0];
    assert!(front.widened && front.complete && point.proved);
    // One body made of two whole councils: it matches, and is coterminous with neither.
    assert_eq!((point.bodies_left, point.matched, point.coterminous, point.people_moved), (1, 1, 0, People::whole(300)));
}

#[test]
fn mergers_across_components_are_found_where_they_pay() {
    // P01 has 960 of the 1000 of L01; the other 40 are P02's (3.8 % of it, 4 % of L01: not significant, yet neither matches). As one they are
    // both councils whole.
    let spoilt = aligned(relation(&[&[960, 0], &[40, 1000]]));
    let component = |alignment: &Alignment, body: usize| alignment.body(Side::Health, body, Basis::People).unwrap().component;
    assert_ne!(component(&spoilt, 0), component(&spoilt, 1));
    let front = ask(&spoilt, &[(0, 1)], &wishes(Objective::People)).unwrap();
    assert_eq!(front.points.iter().map(|point| point.matched_people).collect::<Vec<_>>(), [People(0), People::whole(2000)]);
    // P01 and P02 are L01 and touch only P03, which is L02: all three are both councils.
    let bridged = aligned(relation(&[&[300, 0], &[400, 0], &[0, 500]]));
    let front = ask(&bridged, &[(0, 2), (1, 2)], &wishes(Objective::People)).unwrap();
    assert_eq!(front.points.iter().map(|point| point.matched_people).max(), Some(People::whole(1200)));
    // The same two touch, and are 700 people where 1000 is the least: with P03 they are enough.
    let small = Wishes { min_people: Some(People::whole(1000)), ..wishes(Objective::People) };
    let front = ask(&bridged, &[(0, 1), (1, 2)], &small).unwrap();
    let told: Vec<_> = front.points.iter().map(|point| (point.bodies_left, point.matched_people)).collect();
    assert_eq!(told, [(3, People::whole(500)), (1, People::whole(1200))]);
    // Two bodies that match are not tied: nothing can be gained.
    let pairs = aligned(relation(&[&[300, 0], &[0, 400]]));
    let wanted = wishes(Objective::People);
    let question = Question { alignment: &pairs, tolerances: &Tolerances::default(), neighbours: &[(0, 1)], money: &[], wishes: &wanted };
    assert!(tied_neighbours(&question).is_empty());
}

/// A ring of bodies that are one county.
fn ring(count: usize) -> (Alignment, Vec<(usize, usize)>) {
    let cells: Vec<Vec<i64>> = (0..count).map(|body| vec![100 + body as i64]).collect();
    let alignment = aligned(relation(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    (alignment, (0..count).map(|body| (body, (body + 1) % count)).collect())
}

#[test]
fn a_large_cluster_is_searched_step_by_step_and_says_so() {
    // Thirty nested bodies of one county in a ring: joining all of them is the match.
    let (alignment, ring) = ring(30);
    let hurried = Wishes { steps: 1000, ..wishes(Objective::People) };
    let front = ask(&alignment, &ring, &hurried).unwrap();
    assert!(!front.complete);
    let (first, last) = (front.points.first().unwrap(), front.points.last().unwrap());
    // Nothing moves, nothing can be gained: proved without a search. Everybody matches: more is not possible.
    assert_eq!((first.bodies_left, first.value, first.proved), (30, 0, true));
    assert_eq!((last.bodies_left, last.matched, last.proved), (1, 1, true));
    assert_eq!(last.value, last.bound, "everybody is the bound");
    // In between a few people may move, and not many can be gained.
    let between: Vec<&Point> = front.points.iter().filter(|point| !point.proved).collect();
    assert!(!between.is_empty() && between.iter().all(|point| point.value < point.bound && point.bound <= last.value));
    assert_eq!(front, ask(&alignment, &ring, &hurried).unwrap(), "the same for the same seed");
}

#[test]
fn every_division_of_a_band_is_searched_however_many_bodies() {
    // Forty in a ring, two at most a merger: few sets, so the search is exact.
    let (alignment, ring) = ring(40);
    let banded = Wishes { max_merge: Some(2), target: Some(20), ..wishes(Objective::People) };
    let front = ask(&alignment, &ring, &banded).unwrap();
    assert!(front.complete && front.points.iter().all(|point| point.bodies_left == 20 && point.disturbed == 40));
    // Of bodies with 100, 101 ... 139 people the smaller of each pair moves. Either 100 + 102 + ... + 138 = 2380 people, or the other way
    // round the ring 100 (beside 139) + 101 + 103 + ... + 137 = 2361.
    assert_eq!(front.points[0].people_moved, People::whole(2361));
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

/// What a plan is judged on: bodies left, objective, people of coterminous bodies, people and pence moved.
type Judged = (usize, i128, i64, i64, i64);

/// Every division into sets that hang together by the edges and keep to the bands, measured by merging the whole table.
fn exhaustive(cells: &[Vec<i64>], edges: &BTreeSet<(usize, usize)>, wanted: &Wishes) -> Vec<Judged> {
    let measured = relation(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let people = |set: &[usize]| set.iter().map(|body| cells[*body].iter().sum::<i64>()).sum::<i64>();
    let mut found = Vec::new();
    for division in divisions(cells.len()) {
        let allowed = |set: &Vec<usize>| {
            let number = People::whole(people(set));
            let kept = |body: &usize| wanted.keep.contains(&format!("P{:02}", body + 1));
            set.len() == 1
                || touching(set, edges)
                    && wanted.max_people.is_none_or(|most| number <= most)
                    && wanted.min_people.is_none_or(|least| number >= least)
                    && wanted.max_merge.is_none_or(|most| set.len() <= most)
                    && !set.iter().any(kept)
        };
        if !division.iter().all(allowed) {
            continue;
        }
        let merge = division.iter().enumerate().map(|(at, set)| Merge {
            into: format!("G{at}"),
            name: None,
            codes: set.iter().map(|body| format!("P{:02}", body + 1)).collect(),
        });
        let proposal = WhatIfPlan { id: "x".to_owned(), layer: 0, merge: merge.collect(), moves: Vec::new(), line: 1 };
        let (merged, _) = merge_left(&measured, &proposal, Path::new("c"), &Tolerances::default()).unwrap();
        let after = aligned(merged);
        let mut judged: Judged = (division.len(), 0, 0, 0, 0);
        for (at, set) in division.iter().enumerate() {
            let class = after.body(Side::Health, at, Basis::People).unwrap().class;
            if matches!(class, Some(Class::Coterminous | Class::Aggregate)) {
                judged.1 += match wanted.objective {
                    Objective::People => i128::from(people(set)) * i128::from(People::UNIT),
                    Objective::Bodies => 1,
                    Objective::Pounds => set.iter().map(|body| i128::from(pence(*body))).sum(),
                };
            }
            if class == Some(Class::Coterminous) {
                judged.2 += people(set);
            }
            let stays = *set.iter().max_by_key(|body| (people(&[**body]), std::cmp::Reverse(**body))).unwrap();
            judged.3 += people(set) - people(&[stays]);
            judged.4 += set.iter().filter(|body| **body != stays).map(|body| pence(*body)).sum::<i64>();
        }
        found.push(judged);
    }
    found
}

fn beats(one: &Judged, other: &Judged, count: bool) -> bool {
    one != other
        && (if count { one.0 == other.0 } else { one.0 <= other.0 })
        && one.1 >= other.1
        && one.2 >= other.2
        && one.3 <= other.3
        && one.4 <= other.4
}

fn judged(point: &Point) -> Judged {
    let whole = |people: People| people.as_f64() as i64;
    (point.bodies_left, point.value, whole(point.coterminous_people), whole(point.people_moved), point.pence_moved.unwrap().0)
}

fn country() -> impl Strategy<Value = Vec<Vec<i64>>> {
    let cell = prop_oneof![4 => Just(0i64), 1 => 1i64..8, 4 => 100i64..400];
    prop::collection::vec(prop::collection::vec(cell, 3), 2..7).prop_map(|cells| {
        cells
            .into_iter()
            .map(|mut row| {
                if row.iter().all(|cell| *cell == 0) {
                    row[0] = 50;
                }
                row
            })
            .collect()
    })
}

fn contacts() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0usize..6, 0usize..6), 0..14)
}

fn edges(contacts: Vec<(usize, usize)>, count: usize) -> BTreeSet<(usize, usize)> {
    let inside = contacts.into_iter().filter(|(a, b)| a != b && *a < count && *b < count);
    inside.map(|(a, b)| (a.min(b), a.max(b))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The whole front, and for a target the front of that number of bodies, is that of all divisions into sets of tied neighbours.
    #[test]
    fn the_front_equals_exhaustive_search(
        cells in country(),
        contacts in contacts(),
        aim in 0usize..3,
        bands in (prop::option::of(200i64..900), prop::option::of(100i64..500), prop::option::of(2usize..4), prop::option::of(0usize..6)),
        targeted in any::<bool>(),
    ) {
        let alignment = aligned(relation(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>()));
        let edges = edges(contacts, cells.len());
        let neighbours: Vec<(usize, usize)> = edges.iter().copied().collect();
        let mut wanted = wishes([Objective::People, Objective::Bodies, Objective::Pounds][aim]);
        wanted.max_people = bands.0.map(People::whole);
        wanted.min_people = bands.1.filter(|least| bands.0.is_none_or(|most| *least <= most)).map(People::whole);
        wanted.max_merge = bands.2;
        wanted.keep = bands.3.filter(|body| *body < cells.len()).map(|body| format!("P{:02}", body + 1)).into_iter().collect();
        let question =
            Question { alignment: &alignment, tolerances: &Tolerances::default(), neighbours: &neighbours, money: &[], wishes: &wanted };
        let ties: BTreeSet<(usize, usize)> = tied_neighbours(&question).into_iter().collect();
        let mut all = exhaustive(&cells, &ties, &wanted);
        if targeted {
            let target = 1 + cells.len() / 2;
            wanted.target = Some(target);
            if !all.iter().any(|plan| plan.0 == target) {
                all = exhaustive(&cells, &edges, &wanted);
            }
            all.retain(|plan| plan.0 == target);
            if all.is_empty() {
                prop_assert!(ask(&alignment, &neighbours, &wanted).is_err());
                return Ok(());
            }
        }
        let mut expected: Vec<Judged> = all.iter().filter(|plan| !all.iter().any(|other| beats(other, plan, targeted))).copied().collect();
        expected.sort_unstable();
        expected.dedup();
        let front = ask(&alignment, &neighbours, &wanted).unwrap();
        let mut found: Vec<Judged> = front.points.iter().map(judged).collect();
        found.sort_unstable();
        prop_assert_eq!(&found, &expected);
        prop_assert!(front.complete && front.points.iter().all(|point| point.proved));
        // A point is marked where the four figures without the objective suffice.
        for point in &front.points {
            let four = |plan: &Judged| (plan.0, 0, plan.2, plan.3, plan.4);
            let beaten = all.iter().any(|other| beats(&four(other), &four(&judged(point)), targeted));
            prop_assert_eq!(point.four_way, !beaten);
        }
    }

    /// Where few steps are allowed or none, every plan found is a plan, and no plan that moves no more people and leaves no more bodies
    /// exceeds the bound.
    #[test]
    fn no_plan_exceeds_the_bound(cells in country(), contacts in contacts(), aim in 0usize..3, most in prop::option::of(200i64..900), steps in prop_oneof![Just(0usize), 5usize..80]) {
        let alignment = aligned(relation(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>()));
        let edges = edges(contacts, cells.len());
        let neighbours: Vec<(usize, usize)> = edges.iter().copied().collect();
        let mut wanted = wishes([Objective::People, Objective::Bodies, Objective::Pounds][aim]);
        (wanted.steps, wanted.max_people) = (steps, most.map(People::whole));
        let question =
            Question { alignment: &alignment, tolerances: &Tolerances::default(), neighbours: &neighbours, money: &[], wishes: &wanted };
        let all = exhaustive(&cells, &tied_neighbours(&question).into_iter().collect(), &wanted);
        let front = ask(&alignment, &neighbours, &wanted).unwrap();
        prop_assert!(steps > 0 || !front.complete);
        for point in &front.points {
            let own = judged(point);
            prop_assert!(all.contains(&own), "{own:?} is no plan");
            let exceeding = all.iter().find(|plan| plan.0 <= own.0 && plan.3 <= own.3 && plan.1 > point.bound);
            let exceeding = exceeding.filter(|_| !front.complete);
            prop_assert!(exceeding.is_none(), "{exceeding:?} exceeds {point:?}");
            let better = all.iter().any(|plan| plan.1 > own.1 && plan.0 <= own.0 && plan.2 >= own.2 && plan.3 <= own.3 && plan.4 <= own.4);
            prop_assert!(!(point.proved && better), "{point:?} is not proved");
        }
        // To do nothing is always a plan, and proved to be the best that moves nobody.
        prop_assert!(front.points.iter().any(|point| point.people_moved == People(0) && point.proved));
    }

    /// Without bands, and where no tolerance forgives anything, mergers beyond ties gain nothing (docs/methods.md, Plans).
    #[test]
    fn ties_reach_the_largest_objective(
        cells in prop::collection::vec(prop::collection::vec(prop_oneof![2 => Just(0i64), 1 => 250i64..400], 3), 2..5),
        contacts in contacts(),
        aim in 0usize..3,
    ) {
        let cells: Vec<Vec<i64>> =
            cells.into_iter().map(|mut row| { if row.iter().all(|cell| *cell == 0) { row[0] = 300; } row }).collect();
        let alignment = aligned(relation(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>()));
        let edges = edges(contacts, cells.len());
        let neighbours: Vec<(usize, usize)> = edges.iter().copied().collect();
        let wanted = wishes([Objective::People, Objective::Bodies, Objective::Pounds][aim]);
        let everything = exhaustive(&cells, &edges, &wanted).iter().map(|plan| plan.1).max();
        let front = ask(&alignment, &neighbours, &wanted).unwrap();
        prop_assert_eq!(front.points.iter().map(|point| point.value).max(), everything);
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
    let planned = pipeline::plan(&load(&text), "pct-council-2002", &wishes(Objective::People), &PlanFiles::default(), &Unwatched).unwrap();
    let points = &planned.front.points;
    assert!(planned.front.complete && points.iter().all(|point| point.proved));
    let (first, best) = (&points[0], points.iter().max_by_key(|point| point.value).unwrap());
    assert!(best.matched_people > first.matched_people, "some merger helps");
    // Fed back as a config, every proposal makes the same bodies match.
    let told: Vec<&Point> = foremost(points).into_iter().filter(|point| !point.mergers.is_empty()).collect();
    assert!(told.len() > 3, "{}", told.len());
    let fed = format!("{text}\n{}", proposals(&planned.alignment, told.iter().copied()));
    let plan = load(&fed);
    let results = pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap();
    for point in &told {
        let id = format!("plan-pct-council-2002-{}", point.number);
        let proposal = results.successions.iter().find(|known| known.id == id).unwrap();
        assert_eq!(proposal.relation.right.len(), point.bodies_left);
        let after: Vec<_> = proposal.effects.iter().filter(|effect| effect.basis == Basis::People && effect.side == Side::Health).collect();
        let of = |classes: &[Class]| {
            let rows = after.iter().filter(|effect| effect.class_after.is_some_and(|class| classes.contains(&class)));
            let people: Vec<People> = rows.filter_map(|effect| effect.people).collect();
            (people.len(), people.into_iter().sum::<People>())
        };
        assert_eq!(of(&[Class::Coterminous, Class::Aggregate]), (point.matched, point.matched_people));
        assert_eq!(of(&[Class::Coterminous]), (point.coterminous, point.coterminous_people));
        // Who is not in the largest part of a body has moved.
        let (mut moved, mut largest) = (People(0), vec![People(0); point.bodies_left]);
        for pair in &proposal.relation.pairs {
            let people = pair.amounts.people.unwrap();
            moved += people;
            largest[pair.right] = largest[pair.right].max(people);
        }
        assert_eq!(moved - largest.into_iter().sum::<People>(), point.people_moved);
    }
    let error = pipeline::plan(&load(&text), "nowhere", &wishes(Objective::People), &PlanFiles::default(), &Unwatched).unwrap_err();
    assert!(error.to_string().contains("--alignment is nowhere"), "{error}");
}
