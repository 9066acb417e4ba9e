//! What any set of bodies would be as one body, and what bodies come to together.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::front::Label;
use super::{Objective, Question, money};
use crate::alignment::DisjointSets;
use crate::domain::{Pence, People, Relation, RelationPair};
use crate::nesting::{EFFORT, Overlap, arrange};
use crate::succession::merged;

/// What a set of bodies would be as one.
#[derive(Debug)]
pub(super) struct Measured {
    /// The member with the most people, whose code stays.
    pub head: usize,
    /// Its people.
    pub people: People,
    /// Its money; `None` where that of a member is not known.
    pub pence: Option<Pence>,
    /// People of all members but the largest: those whose organisation changes.
    pub disturbed: People,
    /// Money of all members but the largest.
    pub pence_disturbed: Option<Pence>,
    /// Councils in which it has people, ascending, and how many (millionths). Slivers are left out.
    pub councils: Vec<(usize, i64)>,
}

/// What some bodies come to by their nearest nested arrangement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// People on the wrong side of a line, millionths.
    pub crossing: i128,
    /// Agreements that joint working would need.
    pub agreements: usize,
    /// Crossing parts.
    pub parts: usize,
    /// Bodies that have crossing parts.
    pub cut: usize,
    /// Money for people on the wrong side, in pence; `None` where that of a body with crossing parts is not known.
    pub pence: Option<i128>,
}

/// Measures sets of bodies, each once.
pub(super) struct Measures<'a> {
    pub question: &'a Question<'a>,
    /// Whether money is weighed: that of every body is known.
    pub pounds_count: bool,
    /// Whether every arrangement so far was proved to be the nearest.
    pub exact: bool,
    known: BTreeMap<Vec<usize>, Rc<Measured>>,
}

impl<'a> Measures<'a> {
    pub fn new(question: &'a Question<'a>) -> Self {
        let bodies = question.alignment.relation.left.len();
        let pounds_count = (0..bodies).all(|body| money(question, body).is_some());
        Self { question, pounds_count, exact: true, known: BTreeMap::new() }
    }

    /// What the set, indices ascending, would be: by relabelling the pairs of its members, exactly as a what-if proposal would.
    pub fn of(&mut self, set: &[usize]) -> Rc<Measured> {
        if let Some(known) = self.known.get(set) {
            return Rc::clone(known);
        }
        let measured = Rc::new(measure_set(self.question, set));
        self.known.insert(set.to_vec(), Rc::clone(&measured));
        measured
    }

    /// Whether the set may be one body, by the bands. A body that stays as it is may be of any size.
    pub fn may_be(&mut self, set: &[usize]) -> bool {
        let wishes = self.question.wishes;
        set.len() == 1 || self.may_grow(set) && wishes.min_people.is_none_or(|least| self.of(set).people >= least)
    }

    /// Whether the set, or one that it grows into, may be one body: people are never negative, so what is too large stays too large.
    pub fn may_grow(&mut self, set: &[usize]) -> bool {
        let wishes = self.question.wishes;
        wishes.max_merge.is_none_or(|most| set.len() <= most) && wishes.max_people.is_none_or(|most| self.of(set).people <= most)
    }

    /// What bodies come to: those of whole components of the overlaps, divided into sets.
    pub fn standing(&mut self, sets: &[Vec<usize>]) -> Standing {
        let mut bodies: Vec<Rc<Measured>> = sets.iter().map(|set| self.of(set)).collect();
        // The order of codes decides between arrangements that are equal, and a merger has the code of its largest body.
        bodies.sort_by_key(|body| body.head);
        let overlaps: Vec<Overlap> = bodies
            .iter()
            .enumerate()
            .flat_map(|(left, body)| body.councils.iter().map(move |(right, weight)| Overlap { left, right: *right, weight: *weight }))
            .collect();
        let arrangement = arrange(&overlaps, EFFORT, true);
        self.exact &= arrangement.proved();
        let minor = self.question.tolerances.minor_people;
        let mut found = Standing { crossing: arrangement.crossing, agreements: 0, parts: 0, cut: 0, pence: Some(0) };
        let mut of_body = vec![0_i128; bodies.len()];
        for (overlap, picked) in overlaps.iter().zip(&arrangement.picked) {
            if *picked {
                found.agreements += 1;
                continue;
            }
            found.parts += 1;
            found.agreements += usize::from(People(overlap.weight).as_f64() >= minor);
            of_body[overlap.left] += i128::from(overlap.weight);
        }
        for (body, crossing) in bodies.iter().zip(of_body).filter(|(_, crossing)| *crossing > 0) {
            found.cut += 1;
            let people = i128::from(body.people.0);
            // Half a penny and more is one.
            let share = |pence: Pence| (2 * i128::from(pence.0) * crossing + people) / (2 * people).max(1);
            found.pence = found.pence.zip(body.pence).map(|(sum, pence)| sum + share(pence));
        }
        found
    }

    /// A plan for bodies of whole components of the overlaps, as a label; `sets` hold each of them once.
    pub fn label(&mut self, sets: &[Vec<usize>]) -> Label {
        let standing = self.standing(sets);
        let mut label = Label {
            value: value(self.question.wishes.objective, &standing),
            agreements: standing.agreements,
            crossing: standing.crossing,
            parts: standing.parts,
            cut: standing.cut,
            crossing_pence: standing.pence,
            ..Label::NOTHING
        };
        let mut mergers = Vec::new();
        for set in sets.iter().filter(|set| set.len() > 1) {
            let measured = self.of(set);
            label.gone += set.len() - 1;
            label.merging += set.len();
            label.disturbed += i128::from(measured.disturbed.0);
            label.pence += i128::from(measured.pence_disturbed.filter(|_| self.pounds_count).map_or(0, |pence| pence.0));
            mergers.push(set.clone());
        }
        label.with(mergers)
    }
}

/// The objective of what some bodies come to; it adds up over components of the overlaps.
pub(super) fn value(objective: Objective, standing: &Standing) -> i128 {
    match objective {
        Objective::People => standing.crossing,
        Objective::Bodies => standing.cut as i128,
        // Plans for pounds are refused where money is not known.
        Objective::Pounds => standing.pence.unwrap_or(0),
    }
}

/// The member with the most people, else the most land; of equals the first.
pub(super) fn largest(relation: &Relation, set: &[usize]) -> Option<usize> {
    let (people, land) = (|body: usize| relation.left[body].people, |body: usize| relation.left[body].area_m2);
    set.iter().copied().max_by(|a, b| people(*a).cmp(&people(*b)).then(land(*a).total_cmp(&land(*b))).then(b.cmp(a)))
}

fn measure_set(question: &Question<'_>, set: &[usize]) -> Measured {
    let relation = &question.alignment.relation;
    let head = largest(relation, set).unwrap_or(0);
    let others = || set.iter().copied().filter(|body| *body != head);
    let people = |body: usize| relation.left[body].people;
    Measured {
        head,
        people: set.iter().filter_map(|body| people(*body)).sum(),
        pence: set.iter().map(|body| money(question, *body)).sum(),
        disturbed: others().filter_map(people).sum(),
        pence_disturbed: others().map(|body| money(question, body)).sum(),
        councils: councils(question, set),
    }
}

/// The people of a set in each council, slivers left out.
fn councils(question: &Question<'_>, set: &[usize]) -> Vec<(usize, i64)> {
    let relation = &question.alignment.relation;
    let basis = |pair: &RelationPair| if pair.sliver { 0 } else { pair.amounts.people.map_or(0, |people| people.0) };
    let peopled = |pairs: &mut dyn Iterator<Item = (usize, i64)>| pairs.filter(|(_, weight)| *weight > 0).collect();
    if let [single] = set {
        return peopled(&mut relation.pairs_of_left(*single).iter().map(|pair| (pair.right, basis(pair))));
    }
    // The members alone, with every council whole: nothing else decides what their pairs come to.
    let mut pairs: Vec<RelationPair> = Vec::new();
    for (place, body) in set.iter().enumerate() {
        pairs.extend(relation.pairs_of_left(*body).iter().map(|pair| RelationPair { left: place, ..*pair }));
    }
    let mut rights: Vec<usize> = pairs.iter().map(|pair| pair.right).collect();
    rights.sort_unstable();
    rights.dedup();
    for pair in &mut pairs {
        pair.right = rights.partition_point(|right| *right < pair.right);
    }
    let part = Relation {
        left: set.iter().map(|body| relation.left[*body].clone()).collect(),
        left_outside: set.iter().map(|body| relation.left_outside[*body]).collect(),
        right: rights.iter().map(|right| relation.right[*right].clone()).collect(),
        right_outside: rights.iter().map(|right| relation.right_outside[*right]).collect(),
        pairs,
        has_people: relation.has_people,
        shapeless: relation.shapeless,
        sliver_width_m: relation.sliver_width_m,
    };
    let all: Vec<usize> = (0..set.len()).collect();
    let merged = merged(&part, &[all], question.tolerances).0.pairs;
    peopled(&mut merged.iter().map(|pair| (rights[pair.right], basis(pair))))
}

/// The bodies that overlaps hold together, by their first, ascending: a crossing part is inside one of them. With `slivers` also those that
/// slivers hold together where somebody lives, for a merger may make more than a sliver of them. Figures add up over such components.
pub(super) fn components(question: &Question<'_>, slivers: bool) -> Vec<Vec<usize>> {
    let relation = &question.alignment.relation;
    let bodies = relation.left.len();
    let mut joined = DisjointSets::new(bodies + relation.right.len());
    for pair in relation.pairs.iter().filter(|pair| slivers || !pair.sliver) {
        if pair.amounts.people.is_some_and(|people| people.0 > 0) {
            joined.join(pair.left, bodies + pair.right);
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for body in 0..bodies {
        members.entry(joined.root(body)).or_default().push(body);
    }
    let mut components: Vec<Vec<usize>> = members.into_values().collect();
    components.sort();
    components
}
