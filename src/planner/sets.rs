//! What any set of bodies would be as one body.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::front::Label;
use super::{Objective, Question, money};
use crate::alignment::{Class, Side, measure};
use crate::config::{Merge, WhatIfPlan};
use crate::domain::{Basis, Pence, People, Relation, RelationPair};
use crate::succession::merge_left;

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

/// Measures sets of bodies, each once.
pub(super) struct Measures<'a> {
    pub question: &'a Question<'a>,
    /// Whether money moved is weighed: that of every body is known.
    pub pounds_count: bool,
    known: BTreeMap<Vec<usize>, Measured>,
}

impl<'a> Measures<'a> {
    pub fn new(question: &'a Question<'a>) -> Self {
        let bodies = question.alignment.relation.left.len();
        let pounds_count = (0..bodies).all(|body| money(question, body).is_some());
        Self { question, pounds_count, known: BTreeMap::new() }
    }

    /// What the set, indices ascending, would be: by relabelling the pairs of its members, exactly as a what-if proposal would.
    pub fn of(&mut self, set: &[usize]) -> Measured {
        if let Some(known) = self.known.get(set) {
            return *known;
        }
        let measured = measure_set(self.question, set);
        self.known.insert(set.to_vec(), measured);
        measured
    }

    /// What the set adds to a plan; `None` where it may not be one body. A body that stays as it is may be of any size.
    pub fn label(&mut self, set: &[usize]) -> Option<Label> {
        let measured = self.of(set);
        let wishes = self.question.wishes;
        if set.len() > 1 {
            let small = wishes.min_people.is_some_and(|least| measured.people < least);
            let large = wishes.max_people.is_some_and(|most| measured.people > most);
            if small || large || wishes.max_merge.is_some_and(|most| set.len() > most) {
                return None;
            }
        }
        let pence = measured.pence_moved.filter(|_| self.pounds_count);
        Some(Label {
            gone: set.len().saturating_sub(1),
            value: measured.value(wishes.objective),
            coterminous: if measured.coterminous { i128::from(measured.people.0) } else { 0 },
            moved: i128::from(measured.people_moved.0),
            pence: i128::from(pence.map_or(0, |pence| pence.0)),
            disturbed: if set.len() > 1 { set.len() } else { 0 },
            trail: None,
        })
    }
}

/// The member with the most people; ties to the smallest code.
pub(super) fn largest(relation: &Relation, set: &[usize]) -> Option<usize> {
    let people = |body: usize| relation.left.get(body).and_then(|body| body.people);
    set.iter().copied().max_by(|a, b| people(*a).cmp(&people(*b)).then(b.cmp(a)))
}

fn measure_set(question: &Question<'_>, set: &[usize]) -> Measured {
    let relation = &question.alignment.relation;
    let stays = largest(relation, set);
    let moved = || set.iter().copied().filter(|body| Some(*body) != stays);
    let people = |body: usize| relation.left.get(body)?.people;
    let class = class(question, set);
    Measured {
        matches: matches!(class, Some(Class::Coterminous | Class::Aggregate)),
        coterminous: class == Some(Class::Coterminous),
        people: set.iter().filter_map(|body| people(*body)).sum(),
        pence: set.iter().map(|body| money(question, *body)).sum(),
        people_moved: moved().filter_map(people).sum(),
        pence_moved: moved().map(|body| money(question, body)).sum(),
    }
}

fn class(question: &Question<'_>, set: &[usize]) -> Option<Class> {
    let relation = &question.alignment.relation;
    if let [single] = set {
        return question.alignment.body(Side::Health, *single, Basis::People)?.class;
    }
    // The members alone, with every council whole: a body's class depends on nothing else.
    let mut pairs: Vec<RelationPair> = Vec::new();
    for (place, body) in set.iter().enumerate() {
        pairs.extend(relation.pairs_of_left(*body).iter().map(|pair| RelationPair { left: place, ..*pair }));
    }
    let rights: BTreeSet<usize> = pairs.iter().map(|pair| pair.right).collect();
    let rights: Vec<usize> = rights.into_iter().collect();
    for pair in &mut pairs {
        pair.right = rights.binary_search(&pair.right).ok()?;
    }
    let part = Relation {
        left: set.iter().filter_map(|body| relation.left.get(*body).cloned()).collect(),
        left_outside: set.iter().filter_map(|body| relation.left_outside.get(*body).copied()).collect(),
        right: rights.iter().filter_map(|right| relation.right.get(*right).cloned()).collect(),
        right_outside: rights.iter().filter_map(|right| relation.right_outside.get(*right).copied()).collect(),
        pairs,
        has_people: relation.has_people,
        shapeless: relation.shapeless,
        sliver_width_m: relation.sliver_width_m,
    };
    let codes: Vec<String> = part.left.iter().map(|body| body.code.clone()).collect();
    let into = codes.first()?.clone();
    let proposal =
        WhatIfPlan { id: "plan".to_owned(), layer: 0, merge: vec![Merge { into, name: None, codes }], moves: Vec::new(), line: 0 };
    // A plan has no file that a message about it could name.
    let (merged, _) = merge_left(&part, &proposal, Path::new(""), question.tolerances).ok()?;
    let alignment = &question.alignment;
    let after = measure(&alignment.id, &alignment.health_layer, &alignment.council_layer, merged, question.tolerances);
    after.body(Side::Health, 0, Basis::People)?.class
}
