//! Bodies that may merge with each other, and what any set of them would be as one body.

use std::collections::BTreeSet;

use super::{Objective, Question, money, nowhere};
use crate::alignment::{Class, DisjointSets, Side, measure};
use crate::config::{Merge, WhatIfPlan};
use crate::domain::{Basis, Pence, People, Relation};
use crate::succession::merge_left;

/// Bodies of one component that hang together by shared boundary.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    /// Indices of the bodies, ascending.
    pub bodies: Vec<usize>,
    /// For each of them, its neighbours in the cluster (positions in `bodies`).
    pub neighbours: Vec<BTreeSet<usize>>,
}

/// Every cluster, by its first body. A kept body is a cluster of its own.
pub(super) fn clusters(question: &Question<'_>) -> Vec<Cluster> {
    let alignment = question.alignment;
    let count = alignment.relation.left.len();
    let kept: BTreeSet<usize> = question.wishes.keep.iter().filter_map(|code| alignment.relation.position_left(code)).collect();
    let component = |body: usize| alignment.body(Side::Health, body, Basis::People).map(|metrics| metrics.component);
    let joins: Vec<(usize, usize)> = question
        .neighbours
        .iter()
        .copied()
        .filter(|(a, b)| a != b && !kept.contains(a) && !kept.contains(b) && component(*a).is_some() && component(*a) == component(*b))
        .collect();
    let mut sets = DisjointSets::new(count);
    for (a, b) in &joins {
        sets.join(*a, *b);
    }
    let roots: Vec<usize> = (0..count).map(|body| sets.root(body)).collect();
    let mut clusters = Vec::new();
    for root in 0..count {
        let bodies: Vec<usize> = (0..count).filter(|body| roots.get(*body) == Some(&root)).collect();
        if bodies.is_empty() {
            continue;
        }
        let place = |body: usize| bodies.binary_search(&body).ok();
        let mut neighbours = vec![BTreeSet::new(); bodies.len()];
        for (a, b) in &joins {
            if let (Some(a), Some(b)) = (place(*a), place(*b)) {
                for (one, other) in [(a, b), (b, a)] {
                    if let Some(set) = neighbours.get_mut(one) {
                        set.insert(other);
                    }
                }
            }
        }
        clusters.push(Cluster { bodies, neighbours });
    }
    clusters
}

/// What a set of bodies would be as one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    /// Coterminous, or made of whole councils.
    pub matches: bool,
    /// Coterminous.
    pub coterminous: bool,
    /// Its people.
    pub people: People,
    /// Its money; `None` where that of a member is not known.
    pub pence: Option<Pence>,
    /// People of all members but the largest.
    pub people_moved: People,
    /// Money of all members but the largest.
    pub pence_moved: Option<Pence>,
}

impl Measured {
    /// What the body adds to the objective.
    pub fn value(&self, objective: Objective) -> i128 {
        match objective {
            _ if !self.matches => 0,
            Objective::People => i128::from(self.people.0),
            Objective::Bodies => 1,
            // Plans for pounds are refused where money is not known.
            Objective::Pounds => i128::from(self.pence.map_or(0, |pence| pence.0)),
        }
    }
}

/// The member with the most people; ties to the smallest code.
pub(super) fn largest(relation: &Relation, set: &[usize]) -> Option<usize> {
    let people = |body: usize| relation.left.get(body).and_then(|body| body.people);
    set.iter().copied().max_by(|a, b| people(*a).cmp(&people(*b)).then(b.cmp(a)))
}

/// Measures a set by relabelling the pairs of its members, exactly as a what-if proposal would.
pub(super) fn measure_set(question: &Question<'_>, set: &[usize]) -> Measured {
    let relation = &question.alignment.relation;
    let members: Vec<_> = set.iter().filter_map(|body| relation.left.get(*body)).collect();
    let stays = largest(relation, set);
    let moved = || set.iter().copied().filter(|body| Some(*body) != stays);
    let class = class(question, set);
    Measured {
        matches: matches!(class, Some(Class::Coterminous | Class::Aggregate)),
        coterminous: class == Some(Class::Coterminous),
        people: members.iter().filter_map(|body| body.people).sum(),
        pence: set.iter().map(|body| money(question, *body)).sum(),
        people_moved: moved().filter_map(|body| relation.left.get(body)?.people).sum(),
        pence_moved: moved().map(|body| money(question, body)).sum(),
    }
}

fn class(question: &Question<'_>, set: &[usize]) -> Option<Class> {
    let relation = &question.alignment.relation;
    if let [single] = set {
        return question.alignment.body(Side::Health, *single, Basis::People)?.class;
    }
    // The members alone, with every council whole: a body's class depends on nothing else.
    let mut part = relation.clone();
    part.left = set.iter().filter_map(|body| relation.left.get(*body).cloned()).collect();
    part.left_outside = set.iter().filter_map(|body| relation.left_outside.get(*body).copied()).collect();
    let mut pairs: Vec<_> = Vec::new();
    for (place, body) in set.iter().enumerate() {
        pairs.extend(relation.pairs_of_left(*body).iter().map(|pair| crate::domain::RelationPair { left: place, ..*pair }));
    }
    let rights: BTreeSet<usize> = pairs.iter().map(|pair| pair.right).collect();
    let rights: Vec<usize> = rights.into_iter().collect();
    part.right = rights.iter().filter_map(|right| relation.right.get(*right).cloned()).collect();
    part.right_outside = rights.iter().filter_map(|right| relation.right_outside.get(*right).copied()).collect();
    for pair in &mut pairs {
        pair.right = rights.binary_search(&pair.right).ok()?;
    }
    part.pairs = pairs;
    let codes: Vec<String> = part.left.iter().map(|body| body.code.clone()).collect();
    let into = codes.first()?.clone();
    let proposal = WhatIfPlan { id: "plan".to_owned(), layer: 0, merge: vec![Merge { into, name: None, codes }], line: 0 };
    let (merged, _) = merge_left(&part, &proposal, nowhere(), question.tolerances).ok()?;
    let alignment = &question.alignment;
    let after = measure(&alignment.id, &alignment.health_layer, &alignment.council_layer, merged, question.tolerances);
    after.body(Side::Health, 0, Basis::People)?.class
}
