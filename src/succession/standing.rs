//! What a relation says of lines and partners on one basis. Successions, proposals and the search for mergers all read it from here, so that
//! they cannot contradict each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::alignment::{DisjointSets, Side, at_least};
use crate::config::Tolerances;
use crate::domain::{Amounts, Basis, Body, People, Proof, Relation, RelationPair};
use crate::nesting::{EFFORT, Nesting, nest_relation};

use super::what_if::is_sliver;

/// Who is on the wrong side of a line, and whom each body must deal with (domain.md E3).
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The nearest nested arrangement.
    pub nesting: Nesting,
    /// Its proofs, without a subject.
    pub proofs: Vec<Proof>,
    /// What is known of each left body.
    pub left: Vec<BodyStanding>,
    /// What is known of each right body.
    pub right: Vec<BodyStanding>,
    /// Pairs of bodies that must deal with each other.
    pub partner_pairs: usize,
}

/// One body's lines and partners.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BodyStanding {
    /// What it has in crossing parts (people, or square metres) with its bounds, lowest and highest; `None` where people are not known in
    /// one of the pairs that its arrangement hangs on.
    pub crossing: Option<(f64, f64, f64)>,
    /// Bodies of the other side that it must deal with, with the fewest and the most that the bounds of crossing parts allow.
    pub partners: (usize, usize, usize),
}

impl Standing {
    /// What is known of a body; `None` without such a body.
    pub fn of(&self, side: Side, body: usize) -> Option<&BodyStanding> {
        match side {
            Side::Health => self.left.get(body),
            Side::Council => self.right.get(body),
        }
    }

    /// What lies in crossing parts, people or square metres; `None` where people are not known in some pair.
    pub fn crossing(&self) -> Option<f64> {
        (self.nesting.unknown == 0).then(|| self.nesting.number(self.nesting.crossing))
    }
}

/// The nearest nested arrangement of a relation on a basis, with what it says of every body.
///
/// A body must deal with the partners that the arrangement gives it, and with those it has a crossing part with of at least
/// `minor_people` people, or of at least `significant` of either body. An arrangement of which people are not known in some pair says
/// nothing of the bodies that such pairs tie together.
pub fn standing(relation: &Relation, basis: Basis, tolerances: &Tolerances) -> Standing {
    let (nesting, proofs) = nest_relation(relation, basis, tolerances.minor_people, EFFORT);
    let none = BodyStanding { crossing: Some((0.0, 0.0, 0.0)), partners: (0, 0, 0) };
    let (mut left, mut right) = (vec![none; relation.left.len()], vec![none; relation.right.len()]);
    let mut add = |pair: &RelationPair, crossing: (f64, f64, f64), (measured, least, most): (bool, bool, bool)| {
        for body in [left.get_mut(pair.left), right.get_mut(pair.right)].into_iter().flatten() {
            body.crossing = body.crossing.map(|sum| (sum.0 + crossing.0, sum.1 + crossing.1, sum.2 + crossing.2));
            let (now, low, high) = body.partners;
            body.partners =
                (now.saturating_add(usize::from(measured)), low.saturating_add(usize::from(least)), high.saturating_add(usize::from(most)));
        }
    };
    let width_m = tolerances.sliver_width_m.unwrap_or(relation.sliver_width_m);
    let mut partner_pairs = 0_usize;
    for (pair, _) in relation.pairs.iter().zip(&nesting.picked).filter(|(_, picked)| **picked) {
        add(pair, (0.0, 0.0, 0.0), (true, true, true));
        partner_pairs = partner_pairs.saturating_add(1);
    }
    for part in &nesting.parts {
        let Some(pair) = relation.pairs.get(part.pair) else { continue };
        let ends = relation.left.get(part.left).zip(relation.right.get(part.right));
        let (low, high) = bounds(&pair.amounts, basis, width_m);
        let amount = nesting.number(i128::from(part.amount));
        // People decide on either basis, where they are known at all.
        let many = |people: Option<People>| people.is_some_and(|people| at_least(people.as_f64(), tolerances.minor_people));
        let large = |amount: f64| {
            ends.is_some_and(|(ours, theirs)| {
                [ours, theirs]
                    .iter()
                    .any(|body| whole(body, basis).is_some_and(|whole| whole > 0.0 && at_least(amount / whole, tolerances.significant)))
            })
        };
        let counts = (
            many(pair.amounts.people) || large(amount),
            many(pair.amounts.people_low) || large(low),
            many(pair.amounts.people_high) || large(high),
        );
        add(pair, (amount, low, high), counts);
        partner_pairs = partner_pairs.saturating_add(usize::from(counts.0));
    }
    if nesting.unknown > 0 {
        forget(relation, &mut left, &mut right);
    }
    Standing { nesting, proofs, left, right, partner_pairs }
}

/// Lowest and highest of a pair on a basis, around what was measured.
fn bounds(amounts: &Amounts, basis: Basis, width_m: f64) -> (f64, f64) {
    match basis {
        Basis::Area => {
            let slack = width_m * amounts.boundary_m / 2.0;
            ((amounts.area_m2 - slack).max(0.0), amounts.area_m2 + slack)
        }
        Basis::People => {
            let measured = amounts.people.map_or(0.0, People::as_f64);
            let bound = |people: Option<People>| people.map_or(measured, People::as_f64);
            (bound(amounts.people_low).min(measured), bound(amounts.people_high).max(measured))
        }
    }
}

/// What a body holds on a basis.
pub(super) fn whole(body: &Body, basis: Basis) -> Option<f64> {
    match basis {
        Basis::Area => Some(body.area_m2),
        Basis::People => body.people.map(People::as_f64),
    }
}

/// Bodies that overlaps tie to a pair of unknown people have no known crossing.
fn forget(relation: &Relation, left: &mut [BodyStanding], right: &mut [BodyStanding]) {
    let lefts = relation.left.len();
    let mut sets = DisjointSets::new(lefts.saturating_add(relation.right.len()));
    for pair in &relation.pairs {
        sets.join(pair.left, lefts.saturating_add(pair.right));
    }
    let mut unknown: BTreeSet<usize> = BTreeSet::new();
    for pair in relation.pairs.iter().filter(|pair| pair.amounts.people.is_none()) {
        unknown.insert(sets.root(pair.left));
    }
    for (at, body) in left.iter_mut().enumerate() {
        if unknown.contains(&sets.root(at)) {
            body.crossing = None;
        }
    }
    for (at, body) in right.iter_mut().enumerate() {
        if unknown.contains(&sets.root(lefts.saturating_add(at))) {
            body.crossing = None;
        }
    }
}

/// What sets of left bodies would be as one: who joins, under which code and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Join {
    pub into: String,
    pub name: Option<String>,
    /// Indices of the left bodies, ascending.
    pub bodies: Vec<usize>,
}

/// The relation with sets of left bodies merged, each under the code and the name of its largest body (most people, else most land; of
/// equals the first), and the index of the body that each left body becomes.
///
/// It is the relation of the `[[what_if]]` that merges the same bodies into that code, so [`standing`] of it gives that proposal's numbers.
/// A set of one or none changes nothing; a body in two sets goes with the last.
pub fn merged(relation: &Relation, sets: &[Vec<usize>], tolerances: &Tolerances) -> (Relation, Vec<usize>) {
    let weight = |body: &usize| relation.left.get(*body).map(|body| (body.people, body.area_m2));
    let joins: Vec<Join> = sets
        .iter()
        .filter(|set| set.len() > 1)
        .filter_map(|set| {
            let mut bodies = set.clone();
            bodies.sort_unstable();
            let heavier = |body: usize, most: usize| {
                weight(&body).zip(weight(&most)).is_some_and(|(body, most)| body.0 > most.0 || (body.0 == most.0 && body.1 > most.1))
            };
            let largest = bodies.iter().copied().reduce(|most, body| if heavier(body, most) { body } else { most })?;
            let largest = relation.left.get(largest)?;
            Some(Join { into: largest.code.clone(), name: largest.name.clone(), bodies })
        })
        .collect();
    join(relation, &joins, tolerances)
}

/// The relation with left bodies joined, and the index of the body that each left body becomes.
pub(super) fn join(relation: &Relation, joins: &[Join], tolerances: &Tolerances) -> (Relation, Vec<usize>) {
    let mut joined: BTreeMap<usize, &Join> = BTreeMap::new();
    for join in joins {
        joined.extend(join.bodies.iter().map(|body| (*body, join)));
    }
    // Bodies after, by code: those that stay, and one a merger.
    let mut after: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, body) in relation.left.iter().enumerate() {
        let code = joined.get(&index).map_or(body.code.as_str(), |join| join.into.as_str());
        after.entry(code).or_default().push(index);
    }
    let mut becomes = vec![0; relation.left.len()];
    let mut left = Vec::with_capacity(after.len());
    let mut left_outside = Vec::with_capacity(after.len());
    let mut several = Vec::with_capacity(after.len());
    for (new, (code, parts)) in after.iter().enumerate() {
        let join = parts.first().and_then(|part| joined.get(part));
        let olds: Vec<&Body> = parts.iter().filter_map(|part| relation.left.get(*part)).collect();
        // A merger that keeps a code keeps its name, unless the proposal gives one.
        let kept = olds.iter().find(|body| body.code == *code).and_then(|body| body.name.clone());
        left.push(Body {
            code: (*code).to_owned(),
            name: join.and_then(|join| join.name.clone()).or(kept),
            area_m2: olds.iter().map(|body| body.area_m2).sum(),
            people: olds.iter().map(|body| body.people).sum(),
        });
        left_outside.push(Amounts::total(parts.iter().filter_map(|part| relation.left_outside.get(*part))));
        several.push(parts.len() > 1);
        for part in parts {
            if let Some(slot) = becomes.get_mut(*part) {
                *slot = new;
            }
        }
    }
    let mut sums: BTreeMap<(usize, usize), Vec<&RelationPair>> = BTreeMap::new();
    for pair in &relation.pairs {
        let new = becomes.get(pair.left).copied().unwrap_or_default();
        sums.entry((new, pair.right)).or_default().push(pair);
    }
    // A part without land is no trace of a line drawn twice.
    let width_m = if relation.shapeless { 0.0 } else { tolerances.sliver_width_m.unwrap_or(relation.sliver_width_m) };
    let pair = |((new, right), parts): ((usize, usize), Vec<&RelationPair>)| {
        let mut amounts = Amounts::total(parts.iter().map(|pair| &pair.amounts));
        let ends = left.get(new).zip(relation.right.get(right));
        if let Some((ours, theirs)) = ends {
            let cap = ours.people.min(theirs.people).max(amounts.people);
            amounts.people_high = amounts.people_high.min(cap);
        }
        let unmerged = !several.get(new).copied().unwrap_or(false);
        let sliver = match ends {
            _ if unmerged => parts.iter().all(|pair| pair.sliver),
            Some((ours, theirs)) => is_sliver(&amounts, ours, theirs, width_m, tolerances),
            None => false,
        };
        RelationPair { left: new, right, amounts, sliver }
    };
    let pairs = sums.into_iter().map(pair).collect();
    let relation = Relation {
        pairs,
        left_outside,
        left,
        right: relation.right.clone(),
        right_outside: relation.right_outside.clone(),
        has_people: relation.has_people,
        shapeless: relation.shapeless,
        sliver_width_m: relation.sliver_width_m,
    };
    (relation, becomes)
}
