//! The planner against exhaustive search, its wishes, its bounds, and its proposals fed back.

use std::collections::BTreeSet;
use std::path::Path;

use coterminous::alignment::{Alignment, Side};
use coterminous::config::{Config, Merge, Tolerances, WhatIfPlan};
use coterminous::domain::{Basis, Grid, Pence, People, Role};
use coterminous::nesting::{EFFORT, nest_relation};
use coterminous::overlay::shared_boundaries;
use coterminous::pipeline::{self, PlanFiles, Unwatched};
use coterminous::planner::{Front, Objective, Point, Question, STEPS, Wishes, foremost, plan, proposals};
use coterminous::succession::{Effect, Proposal, merge_left, what_if};
use coterminous::what_ifs::measures;
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

/// Three bodies, two of which share a council: P01 is L01 but for the 95 of P02 (F1 of the handbook), P03 is L02 but for the 115 of P02.
fn f1() -> Alignment {
    aligned(relation(&[&[620, 0], &[95, 115], &[0, 590]]))
}

#[test]
fn people_on_the_wrong_side_are_fewer_for_people_disturbed() {
    // Today P02's 95 in L01 cross. P01 + P02 (210 disturbed): both bodies are inside no one council; L02 has 115 of one and 590 of the other, and
    // the 115 cross: worse. P02 + P03 (210 disturbed): 95 cross as before. All three (620 + 210 - less the largest: 800): nobody crosses.
    let alignment = f1();
    let front = ask(&alignment, &[(0, 1), (1, 2)], &wishes(Objective::People)).unwrap();
    let told: Vec<_> = front
        .points
        .iter()
        .map(|p| {
            (p.number, p.bodies_left, p.crossing.as_f64(), p.parts, p.cut, p.agreements, p.people_disturbed.as_f64(), p.pence_disturbed)
        })
        .collect();
    // Agreements: pairs picked, for no part has 500 people. Two bodies left move no line and are there for being two.
    assert_eq!(
        told,
        [
            (1, 3, 95.0, 1, 1, 3, 0.0, Some(Pence(0))),
            (2, 2, 95.0, 1, 1, 2, 210.0, Some(Pence(107))),
            (3, 1, 0.0, 0, 0, 2, 800.0, Some(Pence(221))),
        ]
    );
    assert!(front.complete && front.pounds_count && !front.stepwise && front.today == 95_000_000);
    assert!(front.points.iter().all(|point| point.proved && point.bound == point.value));
    assert_eq!(
        front.points.iter().map(|point| (point.moves_lines, point.by_lines)).collect::<Vec<_>>(),
        [(false, true), (false, false), (true, true)]
    );
    assert_eq!(
        foremost(&front.points).iter().map(|point| point.number).collect::<Vec<_>>(),
        [1, 3],
        "what moves no line is not told first"
    );
    // Money by head: 107 pence for 210 people, so 48.4 for the 95.
    assert_eq!(front.points[0].crossing_pence, Some(Pence(48)));
    // The largest is P01: its code stays.
    let text = proposals(&alignment, &front.points);
    assert!(text.contains("id = \"plan-test-3\"") && text.contains("{ into = \"P01\", codes = [\"P01\", \"P02\", \"P03\"] }"), "{text}");
    // The order in which neighbours are told says nothing.
    assert_eq!(front, ask(&alignment, &[(2, 1), (1, 0), (0, 1)], &wishes(Objective::People)).unwrap());
}

#[test]
fn a_merger_that_moves_no_line_is_no_improvement() {
    // Two bodies each made of one council, and two halves of one council: nobody is on the wrong side of anything.
    let alignment = aligned(relation(&[&[700, 0, 0], &[0, 900, 0], &[0, 0, 600], &[0, 0, 650]]));
    for steps in [STEPS, 0] {
        let wanted = Wishes { steps, ..wishes(Objective::People) };
        let front = ask(&alignment, &[(0, 1), (1, 2), (2, 3)], &wanted).unwrap();
        assert_eq!(front.complete, steps > 0);
        assert!(front.points.iter().all(|point| !point.moves_lines && point.crossing == People(0) && point.proved));
        assert_eq!(foremost(&front.points).len(), 1, "nothing merges");
        assert!(steps > 0 || front.points.len() == 1, "{:?}", front.points);
    }
    // Joining two large bodies hides no part that it does not touch: 60 of 100,000 stay on the wrong side.
    let split = aligned(relation(&[&[50_000, 0, 60], &[0, 50_000, 0], &[0, 0, 9_000]]));
    let front = ask(&split, &[(0, 1)], &wishes(Objective::People)).unwrap();
    assert!(front.points.iter().all(|point| point.crossing == People::whole(60) && !point.moves_lines), "{:?}", front.points);
}

#[test]
fn wishes_are_kept() {
    let alignment = f1();
    let chain = [(0, 1), (1, 2)];
    for steps in [STEPS, 0] {
        let with = |change: &dyn Fn(&mut Wishes)| {
            let mut wishes = Wishes { steps, ..wishes(Objective::People) };
            change(&mut wishes);
            ask(&alignment, &chain, &wishes).map(|front| front.points)
        };
        let least = |points: &[Point]| points.iter().map(|point| point.crossing).min().unwrap();
        assert_eq!(least(&with(&|_| ()).unwrap()), People(0));
        // P02 is between the others: without it, nothing touches.
        assert_eq!(with(&|w| w.keep = vec!["P02".to_owned()]).unwrap().len(), 1);
        for change in [&(|w: &mut Wishes| w.max_merge = Some(2)) as &dyn Fn(&mut Wishes), &|w| w.max_people = Some(People::whole(1419))] {
            assert_eq!(least(&with(change).unwrap()), People::whole(95));
        }
        assert_eq!(least(&with(&|w| w.max_people = Some(People::whole(1420))).unwrap()), People(0));
        assert!(with(&|w| w.min_people = Some(People::whole(1000))).unwrap().iter().all(|point| [3, 1].contains(&point.bodies_left)));
        let two = with(&|w| w.target = Some(2)).unwrap();
        assert_eq!(two.iter().map(|p| (p.number, p.bodies_left, p.crossing)).collect::<Vec<_>>(), [(1, 2, People::whole(95))]);
        for (change, said) in [
            (&(|w: &mut Wishes| w.target = Some(0)) as &dyn Fn(&mut Wishes), "--target is 0, and mergers of neighbours"),
            (&|w| w.target = Some(4), "--target is 4, and layer health has 3 bodies"),
            (&|w| w.keep = vec!["P09".to_owned()], "did you mean P0"),
            (&|w| w.max_merge = Some(1), "--max-merge is below 2"),
            (&|w| (w.min_people, w.max_people) = (Some(People(2)), Some(People(1))), "no merger fits"),
        ] {
            let error = with(change).unwrap_err();
            assert!(error.to_string().contains(said) && error.exit_code() == 2, "{error}");
        }
    }
}

#[test]
fn unknown_money_is_not_none_and_compares_nothing() {
    let alignment = f1();
    let money = [Some(Pence(10)), None, Some(Pence(30))];
    let wanted = wishes(Objective::People);
    let question = Question {
        alignment: &alignment,
        tolerances: &Tolerances::default(),
        neighbours: &[(0, 1), (1, 2)],
        money: &money,
        wishes: &wanted,
    };
    let front = plan(&question).unwrap();
    assert!(!front.pounds_count);
    // Nothing is disturbed: no pence. P02 is, and nobody knows with how much; in the end nobody is on the wrong side.
    let told: Vec<_> = front.points.iter().map(|point| (point.pence_disturbed, point.crossing_pence)).collect();
    assert_eq!(told, [(Some(Pence(0)), None), (None, None), (None, Some(Pence(0)))]);
    let pounds = plan(&Question { wishes: &wishes(Objective::Pounds), ..question }).unwrap_err();
    assert!(pounds.to_string().contains("that of 1 of 3 is not known, first P02"), "{pounds}");
}

#[test]
fn unknown_people_are_refused() {
    let mut alignment = f1();
    alignment.relation.pairs[1].amounts.people = None;
    let error = ask(&alignment, &[(0, 1)], &wishes(Objective::People)).unwrap_err();
    assert!(error.to_string().contains("the people of 1 overlaps of alignment test are not known, first P02 and L01"), "{error}");
}

/// A chain of bodies, each sharing a council with the next: body `i` has people in councils `i` and `i + 1`.
fn chain(count: usize) -> (Alignment, Vec<(usize, usize)>) {
    let row = |body: usize| {
        let mut row = vec![0; count + 1];
        (row[body], row[body + 1]) = (1000 + 13 * (body as i64 * 7 % 11), 700 + 17 * (body as i64 * 5 % 13));
        row
    };
    let cells: Vec<Vec<i64>> = (0..count).map(row).collect();
    let alignment = aligned(relation(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    (alignment, (1..count).map(|body| (body - 1, body)).collect())
}

#[test]
fn what_is_too_large_is_searched_for_lines_and_says_so() {
    let (alignment, neighbours) = chain(24);
    let wanted = wishes(Objective::People);
    let front = ask(&alignment, &neighbours, &wanted).unwrap();
    assert!(!front.complete && front.points.iter().all(|point| point.by_lines));
    let first = &front.points[0];
    assert!(first.bodies_left == 24 && first.proved && first.value == front.today && !first.moves_lines);
    assert!(front.points.iter().skip(1).all(|point| point.moves_lines && point.bound <= point.value));
    assert_eq!(front, ask(&alignment, &neighbours, &wanted).unwrap(), "the same again");
    // So many bodies as are wished for.
    let aimed = ask(&alignment, &neighbours, &Wishes { target: Some(7), ..wanted.clone() }).unwrap();
    assert!(
        aimed.stepwise && !aimed.points.is_empty() && aimed.points.iter().all(|point| point.bodies_left == 7 && point.bound <= point.value)
    );
    let pairs = Wishes { target: Some(11), max_merge: Some(2), ..wanted };
    let error = ask(&alignment, &neighbours, &pairs).unwrap_err();
    assert!(error.to_string().contains("mergers of neighbours that were found leave"), "{error}");
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

/// What a plan is judged on: bodies left, objective, agreements, people and pence of disturbed bodies.
type Judged = (usize, i128, usize, i64, i64);

/// Every division into sets that hang together by the edges and keep to the bands, measured by merging the whole table as a what-if does.
fn exhaustive(cells: &[Vec<i64>], edges: &BTreeSet<(usize, usize)>, wanted: &Wishes) -> Vec<Judged> {
    let measured = table(cells);
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
        let stays = |set: &Vec<usize>| *set.iter().max_by_key(|body| (people(&[**body]), std::cmp::Reverse(**body))).unwrap();
        let code = |body: usize| format!("P{:02}", body + 1);
        let merge =
            division.iter().map(|set| Merge { into: code(stays(set)), name: None, codes: set.iter().map(|body| code(*body)).collect() });
        let proposal = WhatIfPlan { id: "x".to_owned(), layer: 0, merge: merge.collect(), moves: Vec::new(), line: 1 };
        let (merged, _) = merge_left(&measured, &proposal, Path::new("c"), &Tolerances::default()).unwrap();
        let (nesting, _) = nest_relation(&merged, Basis::People, Tolerances::default().minor_people, EFFORT);
        assert!(nesting.proved());
        let money = |set: &Vec<usize>| set.iter().map(|body| pence(*body)).sum::<i64>();
        let value = match wanted.objective {
            Objective::People => nesting.crossing,
            Objective::Bodies => nesting.cut(Side::Health) as i128,
            Objective::Pounds => {
                // Bodies of the merged table are in the order of their codes; half a penny and more is one.
                let mut sets: Vec<&Vec<usize>> = division.iter().collect();
                sets.sort_by_key(|set| stays(set));
                let shares = sets.iter().zip(&nesting.of_left).filter(|(_, crossing)| **crossing > 0);
                shares
                    .map(|(set, crossing)| {
                        let share = i128::from(money(set)) * i128::from(*crossing);
                        let whole = i128::from(people(set)) * 1_000_000;
                        share / whole + i128::from(2 * (share % whole) >= whole)
                    })
                    .sum()
            }
        };
        let disturbed: i64 = division.iter().map(|set| people(set) - people(&[stays(set)])).sum();
        let moved: i64 = division.iter().map(|set| money(set) - pence(stays(set))).sum();
        found.push((division.len(), value, nesting.agreements, disturbed, moved));
    }
    found
}

/// Parts have no perimeter, so a sum of parts is as thin as can be: where it has few people and small shares, a merger makes it a sliver.
fn table(cells: &[Vec<i64>]) -> coterminous::domain::Relation {
    relation(&cells.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn beats(one: &Judged, other: &Judged, count: bool) -> bool {
    one != other
        && (if count { one.0 == other.0 } else { one.0 <= other.0 })
        && one.1 <= other.1
        && one.2 <= other.2
        && one.3 <= other.3
        && one.4 <= other.4
}

fn judged(point: &Point) -> Judged {
    (point.bodies_left, point.value, point.agreements, point.people_disturbed.as_f64() as i64, point.pence_disturbed.unwrap().0)
}

fn country(bodies: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = Vec<Vec<i64>>> {
    let cell = prop_oneof![5 => Just(0i64), 1 => 1i64..8, 2 => 100i64..400, 2 => 400i64..900];
    prop::collection::vec(prop::collection::vec(cell, 4), bodies).prop_map(|cells| {
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

fn contacts(bodies: usize) -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..bodies, 0..bodies), 0..2 * bodies)
}

fn edges(contacts: Vec<(usize, usize)>, count: usize) -> BTreeSet<(usize, usize)> {
    let inside = contacts.into_iter().filter(|(a, b)| a != b && *a < count && *b < count);
    inside.map(|(a, b)| (a.min(b), a.max(b))).collect()
}

fn unbeaten(all: &[Judged], count: bool) -> Vec<Judged> {
    let mut kept: Vec<Judged> = all.to_vec();
    kept.sort_unstable();
    kept.dedup();
    let all = kept.clone();
    kept.retain(|plan| !all.iter().any(|other| beats(other, plan, count)));
    kept
}

fn equals_exhaustive(cells: &[Vec<i64>], edges: &BTreeSet<(usize, usize)>, wanted: &Wishes) -> Result<(), TestCaseError> {
    let alignment = aligned(table(cells));
    let neighbours: Vec<(usize, usize)> = edges.iter().copied().collect();
    let mut all = exhaustive(cells, edges, wanted);
    if let Some(target) = wanted.target {
        all.retain(|plan| plan.0 == target);
        if all.is_empty() {
            prop_assert!(ask(&alignment, &neighbours, wanted).is_err());
            return Ok(());
        }
    }
    let front = ask(&alignment, &neighbours, wanted).unwrap();
    let mut found: Vec<Judged> = front.points.iter().map(judged).collect();
    found.sort_unstable();
    prop_assert_eq!(&found, &unbeaten(&all, wanted.target.is_some()));
    prop_assert!(front.complete && front.points.iter().all(|point| point.proved));
    // A point is marked where objective, people and pence alone suffice, and where a line moves.
    for point in &front.points {
        let three = |plan: &Judged| (0, plan.1, 0, plan.3, plan.4);
        let beaten = all.iter().any(|other| beats(&three(other), &three(&judged(point)), false));
        prop_assert_eq!(point.by_lines, !beaten);
        prop_assert_eq!(point.moves_lines, point.value < front.today);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The whole front, and for a target the front of that number of bodies, is that of all divisions into sets of neighbours.
    #[test]
    fn the_front_equals_exhaustive_search(
        cells in country(2..=6),
        contacts in contacts(6),
        aim in 0usize..3,
        bands in (prop::option::of(300i64..2500), prop::option::of(100i64..900), prop::option::of(2usize..4), prop::option::of(0usize..6)),
        targeted in any::<bool>(),
    ) {
        let mut wanted = wishes([Objective::People, Objective::Bodies, Objective::Pounds][aim]);
        wanted.max_people = bands.0.map(People::whole);
        wanted.min_people = bands.1.filter(|least| bands.0.is_none_or(|most| *least <= most)).map(People::whole);
        wanted.max_merge = bands.2;
        wanted.keep = bands.3.filter(|body| *body < cells.len()).map(|body| format!("P{:02}", body + 1)).into_iter().collect();
        wanted.target = targeted.then_some(1 + cells.len() / 2);
        equals_exhaustive(&cells, &edges(contacts, cells.len()), &wanted)?;
    }

    /// Where not every division is measured, every plan found is a plan, and no plan that disturbs no more people goes below the bound.
    #[test]
    fn no_plan_goes_below_the_bound(
        cells in country(2..=6),
        contacts in contacts(6),
        aim in 0usize..3,
        most in prop::option::of(500i64..2500),
        max_merge in prop::option::of(2usize..4),
        kept in prop::option::of(0usize..6),
        target in prop::option::of(1usize..6),
    ) {
        let alignment = aligned(table(&cells));
        let edges = edges(contacts, cells.len());
        let neighbours: Vec<(usize, usize)> = edges.iter().copied().collect();
        let mut wanted = Wishes { steps: 0, ..wishes([Objective::People, Objective::Bodies, Objective::Pounds][aim]) };
        wanted.max_people = most.map(People::whole);
        wanted.max_merge = max_merge;
        wanted.keep = kept.filter(|body| *body < cells.len()).map(|body| format!("P{:02}", body + 1)).into_iter().collect();
        wanted.target = target.filter(|target| *target < cells.len());
        let all = exhaustive(&cells, &edges, &wanted);
        let Ok(front) = ask(&alignment, &neighbours, &wanted) else {
            prop_assert!(wanted.target.is_some());
            return Ok(());
        };
        prop_assert!(!front.complete && front.stepwise == wanted.target.is_some());
        for point in &front.points {
            let own = judged(point);
            prop_assert!(all.contains(&own), "{own:?} is no plan");
            let below = all.iter().find(|plan| plan.3 <= own.3 && plan.1 < point.bound);
            prop_assert!(below.is_none(), "{below:?} is below {point:?}");
            let better = all.iter().any(|plan| plan.1 < own.1 && plan.3 <= own.3);
            prop_assert!(!(point.proved && better), "{point:?} is not proved");
            prop_assert!(wanted.target.is_none_or(|target| point.bodies_left == target));
        }
        // To do nothing is always a plan. By people it is proved to be the best that disturbs nobody.
        if wanted.target.is_none() {
            let first = front.points.iter().find(|point| point.mergers.is_empty()).unwrap();
            prop_assert_eq!(first.value, front.today);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    /// As above, of up to eight bodies in as many ways as eight bodies can touch.
    #[test]
    fn the_front_of_eight_bodies_equals_exhaustive_search(cells in country(7..=8), contacts in contacts(8), aim in 0usize..3, all in any::<bool>()) {
        let wanted = wishes([Objective::People, Objective::Bodies, Objective::Pounds][aim]);
        let count = cells.len();
        let everything = || (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))).collect();
        let edges = if all { everything() } else { edges(contacts, count) };
        equals_exhaustive(&cells, &edges, &wanted)?;
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
    let told: Vec<&Point> = foremost(points).into_iter().filter(|point| !point.mergers.is_empty()).collect();
    assert!(told.len() > 1 && told.iter().all(|point| point.moves_lines), "{}", told.len());
    // Fed back as a config, every proposal has the plan's own numbers.
    let fed = format!("{text}\n{}", proposals(&planned.alignment, told.iter().copied()));
    let plan = load(&fed);
    let results = pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap();
    for point in &told {
        let id = format!("plan-pct-council-2002-{}", point.number);
        let proposal = results.successions.iter().find(|known| known.id == id).unwrap();
        assert_eq!(proposal.relation.right.len(), point.bodies_left);
        // Who is not in the largest part of a body is disturbed.
        let (mut disturbed, mut largest) = (People(0), vec![People(0); point.bodies_left]);
        for pair in &proposal.relation.pairs {
            let people = pair.amounts.people.unwrap();
            disturbed += people;
            largest[pair.right] = largest[pair.right].max(people);
        }
        assert_eq!(disturbed - largest.into_iter().sum::<People>(), point.people_disturbed);
        let wanted = plan.what_ifs.iter().find(|known| known.id == id).unwrap();
        let (merged, _) = merge_left(&planned.alignment.relation, wanted, Path::new("c"), &plan.tolerances).unwrap();
        let (nesting, _) = nest_relation(&merged, Basis::People, plan.tolerances.minor_people, EFFORT);
        let numbers = (i128::from(point.crossing.0), point.parts, point.cut, point.agreements);
        assert_eq!((nesting.crossing, nesting.parts.len(), nesting.cut(Side::Health), nesting.agreements), numbers);
    }
    let error = pipeline::plan(&load(&text), "nowhere", &wishes(Objective::People), &PlanFiles::default(), &Unwatched).unwrap_err();
    assert!(error.to_string().contains("--alignment is nowhere"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Every point of a plan, fed back as a `[[what_if]]`, gets the plan's own numbers, and the effect on bodies and councils adds up to them:
    /// the search, proposals and successions cannot contradict each other.
    #[test]
    fn every_point_fed_back_gets_its_own_numbers(rows in prop::collection::vec(prop::collection::vec(0i64..3000, 4), 2..6), steps in any::<bool>()) {
        let mut rows = rows;
        for (at, row) in rows.iter_mut().enumerate() {
            row[at % 4] += 1;
        }
        let cells: Vec<&[i64]> = rows.iter().map(Vec::as_slice).collect();
        let before = aligned(relation(&cells));
        let chain: Vec<(usize, usize)> = (1..rows.len()).map(|at| (at - 1, at)).collect();
        let tolerances = Tolerances::default();
        let wanted = Wishes { steps: if steps { STEPS } else { 0 }, ..wishes(Objective::People) };
        let front = ask(&before, &chain, &wanted).unwrap();
        let bodies = &before.relation.left;
        for point in front.points.iter().filter(|point| !point.mergers.is_empty()) {
            let merge = point.mergers.iter().map(|set| {
                // The largest body's code is kept; of equals the first.
                let largest = set.iter().copied().reduce(|most, body| if bodies[body].people > bodies[most].people { body } else { most }).unwrap();
                Merge { into: bodies[largest].code.clone(), name: None, codes: set.iter().map(|body| bodies[*body].code.clone()).collect() }
            });
            let wanted = WhatIfPlan { id: "fed".to_owned(), layer: 0, merge: merge.collect(), moves: Vec::new(), line: 1 };
            let layer = crate::succession::layer("health");
            let proposal =
                Proposal { plan: &wanted, config: Path::new("c.toml"), layer: &layer, before: &before, tolerances: &tolerances, parts: None };
            let fed = what_if(proposal).unwrap();
            let figures = measures(&before, &fed.after, &tolerances);
            let after = |measure: &str| {
                figures.iter().find(|figure| figure.measure == measure && figure.basis == Basis::People).and_then(|figure| figure.after)
            };
            let numbers = [point.parts, point.agreements, point.cut, point.bodies_left].map(|number| Some(number as f64));
            prop_assert_eq!([after("parts"), after("agreements"), after("health_cut"), after("bodies_health")], numbers);
            prop_assert_eq!(after("crossing"), Some(point.crossing.as_f64()));
            let lines = fed.succession.lines.iter().find(|lines| lines.basis == Basis::People).unwrap();
            prop_assert_eq!((lines.crossing_after, lines.parts_after), (Some(point.crossing.as_f64()), point.parts));
            for side in [Side::Health, Side::Council] {
                let of = |crossing: &dyn Fn(&Effect) -> Option<f64>| -> f64 {
                    let effects = fed.succession.effects.iter().filter(|effect| (effect.basis, effect.side) == (Basis::People, side));
                    effects.map(|effect| crossing(effect).unwrap()).sum()
                };
                prop_assert_eq!(of(&|effect| effect.crossing_after), point.crossing.as_f64());
                prop_assert_eq!(of(&|effect| effect.crossing_before), lines.crossing_before.unwrap());
            }
            // A plan that moves no line leaves as many people on the wrong side as there are.
            prop_assert_eq!(point.moves_lines, lines.crossing_after < lines.crossing_before);
        }
    }
}
