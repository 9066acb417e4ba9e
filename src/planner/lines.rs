//! Mergers that move a line, searched for where the bodies can be divided in too many ways to measure each.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::exact::divisions;
use super::front::{Compare, Label, best};
use super::relax::{Least, Part, relaxed};
use super::sets::{self, Measures};
use crate::alignment::DisjointSets;
use crate::nesting::{EFFORT, Overlap, arrange};

/// Ways to divide the bodies of one cluster that are measured one by one here.
const DIVISIONS: usize = 2_000;

/// Plans of one cluster that are measured.
const PLANS: usize = 4_000;

/// Plans of which one at most is chosen, each a list of mergers.
type Plans = Vec<Vec<Vec<usize>>>;

/// Bodies that share boundary and may merge.
pub(super) struct Ground {
    /// Pairs of neighbours, the smaller index first.
    pub touching: BTreeSet<(usize, usize)>,
    near: Vec<Vec<usize>>,
    kept: BTreeSet<usize>,
}

impl Ground {
    pub fn new(measures: &Measures<'_>) -> Self {
        let question = measures.question;
        let relation = &question.alignment.relation;
        let kept: BTreeSet<usize> = question.wishes.keep.iter().filter_map(|code| relation.position_left(code)).collect();
        let open = |body: &usize| *body < relation.left.len() && !kept.contains(body);
        let sorted = question.neighbours.iter().map(|(a, b)| (*a.min(b), *a.max(b)));
        let touching: BTreeSet<(usize, usize)> = sorted.filter(|(a, b)| a != b && open(a) && open(b)).collect();
        let mut near = vec![Vec::new(); relation.left.len()];
        for (a, b) in &touching {
            near[*a].push(*b);
            near[*b].push(*a);
        }
        Self { touching, near, kept }
    }

    /// The first body of the set and all that it reaches within the set.
    fn reached(&self, set: &BTreeSet<usize>) -> BTreeSet<usize> {
        let mut reached: BTreeSet<usize> = set.first().copied().into_iter().collect();
        let mut waiting: Vec<usize> = reached.iter().copied().collect();
        while let Some(body) = waiting.pop() {
            waiting.extend(self.near[body].iter().copied().filter(|next| set.contains(next) && reached.insert(*next)));
        }
        reached
    }

    /// Whether the bodies hang together by shared boundary.
    pub fn hangs(&self, set: &[usize]) -> bool {
        let set: BTreeSet<usize> = set.iter().copied().collect();
        self.reached(&set).len() == set.len()
    }

    /// The set with what lies between its parts, by the fewest bodies from each part to the next; `None` where nothing leads there.
    fn bridged(&self, set: &[usize], taken: &BTreeSet<usize>) -> Option<Vec<usize>> {
        let mut set: BTreeSet<usize> = set.iter().copied().collect();
        loop {
            let reached = self.reached(&set);
            if reached.len() == set.len() {
                return Some(set.into_iter().collect());
            }
            let mut from: BTreeMap<usize, usize> = BTreeMap::new();
            let mut waiting: VecDeque<usize> = reached.iter().copied().collect();
            let mut arrived = None;
            while let Some(body) = waiting.pop_front().filter(|_| arrived.is_none()) {
                for next in &self.near[body] {
                    if reached.contains(next) || from.contains_key(next) || taken.contains(next) && !set.contains(next) {
                        continue;
                    }
                    from.insert(*next, body);
                    if set.contains(next) {
                        arrived = Some(*next);
                        break;
                    }
                    waiting.push_back(*next);
                }
            }
            let mut at = arrived?;
            while let Some(before) = from.get(&at) {
                set.insert(at);
                at = *before;
            }
        }
    }
}

/// Plans by cluster, each beaten by no other one found in the objective, people and pounds disturbed; and what no plan can go below.
pub(super) fn lines(ground: &Ground, measures: &mut Measures<'_>) -> (Vec<Vec<Label>>, Least) {
    let components = sets::components(measures.question, true);
    let mut of_body = vec![0; measures.question.alignment.relation.left.len()];
    for (at, bodies) in components.iter().enumerate() {
        bodies.iter().for_each(|body| of_body[*body] = at);
    }
    let mut least = Least::new();
    // Plans of each component that has people on the wrong side, and the components that they reach into.
    let mut plans: Vec<(usize, Plans)> = Vec::new();
    let mut joined = DisjointSets::new(components.len());
    for bodies in &sets::components(measures.question, false) {
        let at = of_body[bodies[0]];
        let singles: Vec<Vec<usize>> = bodies.iter().map(|body| vec![*body]).collect();
        if bodies.len() < 2 || measures.standing(&singles).crossing == 0 {
            continue;
        }
        let part = part(bodies, ground, measures);
        let mut own: Vec<Plans> = Vec::new();
        match relaxed(&part, &|set| ground.hangs(set)) {
            Some(found) => {
                let joined = found.joined.values().map(|(_, mergers)| mergers.clone());
                own.push(joined.chain(found.steps.values().filter_map(|(_, mergers)| bridged(ground, mergers))).collect());
                least.add(&found.steps);
            }
            None => {
                least.add_loose(fewest(&part));
                own.extend(wholes(ground, bodies, measures).into_iter().map(|plan| vec![plan]));
            }
        }
        for mut own in own {
            own.retain(|mergers| mergers.iter().all(|set| measures.may_be(set)));
            own.iter().flatten().flatten().for_each(|body| joined.join(at, of_body[*body]));
            plans.push((at, own));
        }
    }
    let mut clusters: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..components.len() {
        clusters.entry(joined.root(at)).or_default().push(at);
    }
    let fronts = clusters.into_values().map(|members| {
        let mut bodies: Vec<usize> = members.iter().flat_map(|at| components[*at].iter().copied()).collect();
        bodies.sort_unstable();
        let own: Vec<&Plans> = plans.iter().filter(|(at, _)| members.contains(at)).map(|(_, own)| own).collect();
        cluster(ground, &bodies, &own, measures)
    });
    (fronts.collect(), least)
}

/// The plans of a cluster: all ways to divide it where they are few, else those given and any of them together.
fn cluster(ground: &Ground, bodies: &[usize], own: &[&Plans], measures: &mut Measures<'_>) -> Vec<Label> {
    let mut tried: BTreeSet<Vec<Vec<usize>>> = BTreeSet::from([Vec::new()]);
    if !own.is_empty() {
        for plans in own {
            let before: Vec<Vec<Vec<usize>>> = tried.iter().cloned().collect();
            for (one, other) in before.iter().flat_map(|one| plans.iter().map(move |other| (one, other))) {
                let taken: BTreeSet<usize> = one.iter().flatten().copied().collect();
                if tried.len() < PLANS && !other.iter().flatten().any(|body| taken.contains(body)) {
                    let mut both: Vec<Vec<usize>> = one.iter().chain(other).cloned().collect();
                    both.sort();
                    tried.insert(both);
                }
            }
        }
        let merging = |division: Vec<Vec<usize>>| -> Vec<Vec<usize>> {
            let mut sets: Vec<Vec<usize>> = division.into_iter().filter(|set| set.len() > 1).collect();
            sets.sort();
            sets
        };
        if let Some(all) = divisions(bodies, &ground.touching, measures, DIVISIONS) {
            tried.extend(all.into_iter().map(merging));
        }
    }
    let labels = tried.into_iter().map(|mergers| {
        let merged: BTreeSet<usize> = mergers.iter().flatten().copied().collect();
        let singles = bodies.iter().filter(|body| !merged.contains(body)).map(|body| vec![*body]);
        measures.label(&mergers.iter().cloned().chain(singles).collect::<Vec<_>>())
    });
    let labels: Vec<Label> = labels.collect();
    best(labels, Compare::Lines)
}

/// A component as it is searched. A pair that a merger could make a sliver counts nothing, so that no plan has less on the wrong side.
fn part(bodies: &[usize], ground: &Ground, measures: &mut Measures<'_>) -> Part {
    let question = measures.question;
    let certain = |weight: i64| crate::domain::People(weight).as_f64() >= question.tolerances.sliver_people;
    let pairs: Vec<Vec<(usize, i64)>> =
        bodies.iter().map(|body| measures.of(&[*body]).councils.iter().copied().filter(|(_, weight)| certain(*weight)).collect()).collect();
    let councils: BTreeSet<usize> = pairs.iter().flatten().map(|(council, _)| *council).collect();
    let councils: Vec<usize> = councils.into_iter().collect();
    let local = |(council, weight): &(usize, i64)| (councils.partition_point(|other| other < council), i128::from(*weight));
    Part {
        bodies: bodies.to_vec(),
        people: bodies.iter().map(|body| i128::from(measures.of(&[*body]).people.0)).collect(),
        free: bodies.iter().map(|body| !ground.kept.contains(body)).collect(),
        weights: pairs.iter().map(|pairs| pairs.iter().map(local).collect()).collect(),
        councils: councils.len(),
        max_merge: question.wishes.max_merge,
        max_people: question.wishes.max_people.map(|most| i128::from(most.0)),
    }
}

/// What a component has on the wrong side at least, as it is.
fn fewest(part: &Part) -> i128 {
    let overlap =
        |left: usize, council: usize, weight: i128| Overlap { left, right: council, weight: i64::try_from(weight).unwrap_or(i64::MAX) };
    let overlaps: Vec<Overlap> = part
        .weights
        .iter()
        .enumerate()
        .flat_map(|(left, weights)| weights.iter().map(move |(council, weight)| overlap(left, *council, *weight)))
        .collect();
    arrange(&overlaps, EFFORT, false).bound
}

/// The mergers with what lies between their parts; `None` where they hang together already, or nothing leads from one to the other.
fn bridged(ground: &Ground, mergers: &[Vec<usize>]) -> Option<Vec<Vec<usize>>> {
    if mergers.iter().all(|set| ground.hangs(set)) {
        return None;
    }
    let mut done: Vec<Vec<usize>> = Vec::new();
    for (at, set) in mergers.iter().enumerate() {
        let later = mergers.iter().skip(at + 1).flatten();
        let taken: BTreeSet<usize> = done.iter().flatten().chain(later).copied().collect();
        done.push(ground.bridged(set, &taken)?);
    }
    done.sort();
    Some(done)
}

/// Of a component that is too much to search: for every set of one, two or three of its councils that share a body, all bodies that have most
/// of their people there, where they hang together.
fn wholes(ground: &Ground, bodies: &[usize], measures: &mut Measures<'_>) -> Vec<Vec<Vec<usize>>> {
    let pairs: Vec<_> = bodies.iter().map(|body| measures.of(&[*body])).collect();
    let mut beside: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for body in &pairs {
        for (council, _) in &body.councils {
            beside.entry(*council).or_default().extend(body.councils.iter().map(|(other, _)| *other));
        }
    }
    let mut groups: BTreeSet<BTreeSet<usize>> = beside.keys().map(|council| BTreeSet::from([*council])).collect();
    for _ in 0..2 {
        let wider: Vec<BTreeSet<usize>> = groups
            .iter()
            .flat_map(|group| {
                let around: BTreeSet<usize> = group.iter().flat_map(|council| beside[council].iter().copied()).collect();
                around.into_iter().map(|council| group.iter().copied().chain([council]).collect::<BTreeSet<usize>>())
            })
            .take(PLANS)
            .collect();
        groups.extend(wider);
    }
    let mut found = Vec::new();
    for group in groups {
        let within = |councils: &[(usize, i64)]| -> i64 {
            councils.iter().filter(|(council, _)| group.contains(council)).map(|(_, weight)| *weight).sum()
        };
        let set: Vec<usize> = pairs
            .iter()
            .filter(|body| !ground.kept.contains(&body.head) && 2 * i128::from(within(&body.councils)) > i128::from(body.people.0))
            .map(|body| body.head)
            .collect();
        if set.len() > 1 && ground.hangs(&set) {
            found.push(vec![set]);
        }
    }
    found
}
