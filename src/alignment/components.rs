//! Components: bodies that significant overlaps lock together (domain.md E2.2).

use std::collections::BTreeMap;

use crate::domain::{Basis, People, Relation};

use super::class::Rule;
use super::disjoint::DisjointSets;
use super::result::{Component, ComponentKind, Side};
use super::sides::{Weights, share};

/// The components of one basis, sorted by name, and which of them holds each body.
pub(super) struct Components {
    pub list: Vec<Component>,
    /// Index into `list` of each left body's component.
    pub of_health: Vec<usize>,
    /// The same for right bodies.
    pub of_council: Vec<usize>,
}

impl Components {
    /// Index of the component holding a body.
    pub fn of(&self, side: Side, body: usize) -> Option<usize> {
        match side {
            Side::Health => self.of_health.get(body).copied(),
            Side::Council => self.of_council.get(body).copied(),
        }
    }
}

/// Joins the ends of every significant pair. Nodes: left bodies, then right bodies.
pub(super) fn components(relation: &Relation, weights: &Weights, rule: Rule) -> Components {
    let lefts = relation.left.len();
    let nodes = lefts.saturating_add(relation.right.len());
    let mut sets = DisjointSets::new(nodes);
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for left in 0..lefts {
        let total = weights.health.total(left);
        for partner in weights.health.partners(left) {
            let s = share(partner.weight.value, total).unwrap_or(0.0);
            let r = share(partner.weight.value, partner.theirs).unwrap_or(0.0);
            // Where people are unknown, the area decides which bodies are locked together; without shapes those people who are known.
            let unknown = partner.weight.value.is_nan() || total.is_nan() || partner.theirs.is_nan();
            let (s, r) = match (unknown, relation.shapeless) {
                (false, _) => (s, r),
                (true, false) => area_shares(relation, left, partner.body),
                (true, true) => relation.pair(left, partner.body).map_or((0.0, 0.0), |pair| relation.known_shares(pair)),
            };
            if rule.significant(s, r, partner.sliver) {
                sets.join(left, lefts.saturating_add(partner.body));
                edges.push((left, partner.body));
            }
        }
    }
    let mut members: BTreeMap<usize, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for node in 0..nodes {
        let entry = members.entry(sets.root(node)).or_default();
        match node.checked_sub(lefts) {
            None => entry.0.push(node),
            Some(right) => entry.1.push(right),
        }
    }
    let mut agreements: BTreeMap<usize, usize> = BTreeMap::new();
    for (left, _) in &edges {
        let count = agreements.entry(sets.root(*left)).or_insert(0);
        *count = count.saturating_add(1);
    }
    let mut list: Vec<Component> = members
        .into_iter()
        .map(|(root, (health, council))| {
            let agreements_needed = agreements.get(&root).copied().unwrap_or(0);
            component(relation, weights.basis, health, council, agreements_needed)
        })
        .collect();
    // A code may name a body of each layer, in different components. A component with bodies on the left is the first of its name.
    list.sort_by(|a, b| {
        a.name.cmp(&b.name).then_with(|| a.health.is_empty().cmp(&b.health.is_empty())).then_with(|| by_left(a, b, relation))
    });
    name_apart(&mut list);
    list.sort_by(|a, b| a.name.cmp(&b.name));
    let mut of_health = vec![0; lefts];
    let mut of_council = vec![0; relation.right.len()];
    for (index, component) in list.iter().enumerate() {
        for body in &component.health {
            if let Some(slot) = of_health.get_mut(*body) {
                *slot = index;
            }
        }
        for body in &component.council {
            if let Some(slot) = of_council.get_mut(*body) {
                *slot = index;
            }
        }
    }
    Components { list, of_health, of_council }
}

/// Shares of a pair by area: of the left body, of the right one.
fn area_shares(relation: &Relation, left: usize, right: usize) -> (f64, f64) {
    let area = relation.pair(left, right).map_or(0.0, |pair| pair.amounts.area_m2);
    let of = |body: Option<&crate::domain::Body>| body.and_then(|body| share(area, body.area_m2)).unwrap_or(0.0);
    (of(relation.left.get(left)), of(relation.right.get(right)))
}

/// Of two components of one name, the one whose left bodies carry the name comes first.
fn by_left(a: &Component, b: &Component, relation: &Relation) -> std::cmp::Ordering {
    let carries = |component: &Component| {
        component.health.first().and_then(|body| relation.left.get(*body)).is_some_and(|body| body.code == component.name)
    };
    carries(b).cmp(&carries(a))
}

/// Names are keys of a published table: where two components have one name, the later is named `CODE (council)`.
fn name_apart(list: &mut [Component]) {
    let mut previous: Option<String> = None;
    for component in list {
        let name = component.name.clone();
        if previous.as_deref() == Some(name.as_str()) {
            component.name = format!("{name} (council)");
        }
        previous = Some(name);
    }
}

fn component(relation: &Relation, basis: Basis, health: Vec<usize>, council: Vec<usize>, agreements_needed: usize) -> Component {
    let first_left = health.first().and_then(|body| relation.left.get(*body));
    let first_right = council.first().and_then(|body| relation.right.get(*body));
    let name = match (first_left, first_right) {
        (Some(left), Some(right)) => left.code.as_str().min(right.code.as_str()),
        (Some(body), None) | (None, Some(body)) => body.code.as_str(),
        (None, None) => "",
    };
    let kind = match (health.len(), council.len()) {
        (1, 1) => ComponentKind::Coterminous,
        (_, 0) | (0, _) => ComponentKind::Isolated,
        (1, _) => ComponentKind::Aggregate,
        (_, 1) => ComponentKind::Partition,
        _ => ComponentKind::Tangled,
    };
    // A component is measured by its left bodies, so that components sum to the health layer; one without any by its right bodies.
    let measured: Vec<_> = if health.is_empty() {
        council.iter().filter_map(|body| relation.right.get(*body)).collect()
    } else {
        health.iter().filter_map(|body| relation.left.get(*body)).collect()
    };
    let people = if relation.has_people { measured.iter().map(|body| body.people).sum::<Option<People>>() } else { None };
    Component {
        basis,
        name: name.to_owned(),
        kind,
        people,
        area_m2: measured.iter().map(|body| body.area_m2).sum(),
        agreements_needed,
        health,
        council,
    }
}
