//! Which neighbours may merge, and the clusters that hang together by them.

use std::collections::{BTreeMap, BTreeSet};

use super::sets::Measures;
use crate::alignment::{Class, DisjointSets, Side};
use crate::domain::{Basis, People};

/// Bodies that ties hold together.
#[derive(Debug, Clone)]
pub(super) struct Cluster {
    /// Indices of the bodies, ascending.
    pub bodies: Vec<usize>,
    /// For each of them, those it is tied to (positions in `bodies`).
    pub neighbours: Vec<BTreeSet<usize>>,
}

/// Which neighbours are tied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those whose merger can raise the objective, as [`ties`] says.
    Matching,
    /// All of them.
    Everyone,
}

/// Pairs of neighbours that may merge, each once, sorted; a kept body has none.
///
/// Neighbours share boundary. They are tied where a merger of them can raise the objective:
/// - bodies of one component of the alignment;
/// - bodies of two components, not both of which match today, where people of both live in one council (an overlap too small to be
///   significant still spoils a match), or where the two as one body would match;
/// - where the bodies of a component do not touch each other: all that lie between them;
/// - where a component that does not match has too few people for the smallest merger allowed: its bodies and their neighbours.
pub(super) fn ties(measures: &mut Measures<'_>, reach: Reach) -> Vec<(usize, usize)> {
    let question = measures.question;
    let alignment = question.alignment;
    let relation = &alignment.relation;
    let kept: BTreeSet<usize> = question.wishes.keep.iter().filter_map(|code| relation.position_left(code)).collect();
    let open = |body: &usize| *body < relation.left.len() && !kept.contains(body);
    let sorted = question.neighbours.iter().map(|(a, b)| (*a.min(b), *a.max(b)));
    let open: BTreeSet<(usize, usize)> = sorted.filter(|(a, b)| a != b && open(a) && open(b)).collect();
    if reach == Reach::Everyone {
        return open.into_iter().collect();
    }
    let metrics = |body: usize| alignment.body(Side::Health, body, Basis::People);
    let component = |body: usize| metrics(body).map(|metrics| metrics.component);
    let matches = |body: usize| matches!(metrics(body).and_then(|metrics| metrics.class), Some(Class::Coterminous | Class::Aggregate));
    let councils = |body: usize| -> BTreeSet<usize> {
        let somebody = |people: Option<People>| people.is_some_and(|people| people.0 > 0);
        relation.pairs_of_left(body).iter().filter(|pair| somebody(pair.amounts.people)).map(|pair| pair.right).collect()
    };
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for body in (0..relation.left.len()).filter(|body| !kept.contains(body)) {
        members.entry(component(body).unwrap_or(usize::MAX)).or_default().push(body);
    }
    let people = |bodies: &[usize]| bodies.iter().filter_map(|body| relation.left.get(*body)?.people).sum::<People>();
    let least = question.wishes.min_people;
    let too_small = |bodies: &&Vec<usize>| least.is_some_and(|least| people(bodies) < least) && !bodies.iter().all(|body| matches(*body));
    let small: BTreeSet<usize> = members.values().filter(too_small).flatten().copied().collect();
    let mut tied: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (a, b) in open.iter().copied() {
        let same = component(a).is_some() && component(a) == component(b);
        let mut pays = || {
            !(matches(a) && matches(b))
                && (small.contains(&a) || small.contains(&b) || !councils(a).is_disjoint(&councils(b)) || measures.of(&[a, b]).matches)
        };
        if same || pays() {
            tied.insert((a, b));
        }
    }
    for bodies in members.values().filter(|bodies| bodies.len() > 1) {
        tied.extend(between(bodies, &open));
    }
    tied.into_iter().collect()
}

/// Neighbours that lie between bodies which do not hang together, found ring by ring around them; none where they do hang together, or
/// never come to.
fn between(bodies: &[usize], open: &BTreeSet<(usize, usize)>) -> Vec<(usize, usize)> {
    let mut ring: BTreeSet<usize> = bodies.iter().copied().collect();
    let inside = |ring: &BTreeSet<usize>| -> Vec<(usize, usize)> {
        open.iter().copied().filter(|(a, b)| ring.contains(a) && ring.contains(b)).collect()
    };
    let mut grown = false;
    loop {
        let edges = inside(&ring);
        let mut reached: BTreeSet<usize> = bodies.first().copied().into_iter().collect();
        // Each pass reaches at least one body more, or is the last.
        loop {
            let next: Vec<usize> =
                edges.iter().filter(|(a, b)| reached.contains(a) != reached.contains(b)).flat_map(|(a, b)| [*a, *b]).collect();
            if next.is_empty() {
                break;
            }
            reached.extend(next);
        }
        if bodies.iter().all(|body| reached.contains(body)) {
            return if grown { edges } else { Vec::new() };
        }
        let wider: BTreeSet<usize> =
            open.iter().filter(|(a, b)| ring.contains(a) || ring.contains(b)).flat_map(|(a, b)| [*a, *b]).collect();
        let before = ring.len();
        ring.extend(wider);
        if ring.len() == before {
            return Vec::new();
        }
        grown = true;
    }
}

/// Every cluster, by its first body. A body without ties is a cluster of its own.
pub(super) fn clusters(count: usize, ties: &[(usize, usize)]) -> Vec<Cluster> {
    let mut sets = DisjointSets::new(count);
    for (a, b) in ties {
        sets.join(*a, *b);
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for body in 0..count {
        members.entry(sets.root(body)).or_default().push(body);
    }
    let mut clusters: Vec<Cluster> = members
        .into_values()
        .map(|bodies| {
            let mut neighbours = vec![BTreeSet::new(); bodies.len()];
            for (a, b) in ties {
                let (Ok(a), Ok(b)) = (bodies.binary_search(a), bodies.binary_search(b)) else { continue };
                for (one, other) in [(a, b), (b, a)] {
                    if let Some(set) = neighbours.get_mut(one) {
                        set.insert(other);
                    }
                }
            }
            Cluster { bodies, neighbours }
        })
        .collect();
    clusters.sort_by(|a, b| a.bodies.cmp(&b.bodies));
    clusters
}
