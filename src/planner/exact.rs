//! Every plan of a cluster that no other one beats, by dynamic programming over what is left of it.

use std::collections::{BTreeMap, BTreeSet};

use super::front::{Label, best};
use super::sets::Measures;
use super::ties::Cluster;

/// Most connected sets of a cluster that are measured for an exact search.
const SETS: usize = 20_000;

/// Steps (sets tried, plans made) that the exact search of one cluster may take by default: some seconds.
pub const STEPS: usize = 2_000_000;

/// Plans of one part that are gathered before the beaten ones are thrown out, so that memory stays small.
const CROWD: usize = 4096;

/// Connected sets of a cluster that may be one body each.
pub(super) struct Allowed {
    /// By the first of their bodies in the order of the search: bodies as bits, indices of the bodies, and what the set adds.
    by_first: Vec<Vec<(u128, Vec<usize>, Label)>>,
    /// Bodies that some set matches with.
    pub matchable: BTreeSet<usize>,
}

/// Lists the sets of a cluster that may be one body, single bodies too; `None` where there are more than [`SETS`], or more than 128 bodies.
pub(super) fn allowed(cluster: &Cluster, measures: &mut Measures<'_>) -> Option<Allowed> {
    let order = order(cluster);
    let count = order.len();
    if count > 128 {
        return None;
    }
    let mut rank = vec![0usize; count];
    for (at, place) in order.iter().enumerate() {
        *rank.get_mut(*place)? = at;
    }
    let mut near = vec![0u128; count];
    for (place, neighbours) in cluster.neighbours.iter().enumerate() {
        let mask = neighbours.iter().filter_map(|other| rank.get(*other)).fold(0u128, |mask, at| mask | 1 << *at);
        *near.get_mut(*rank.get(place)?)? = mask;
    }
    let wishes = measures.question.wishes;
    let most = wishes.max_merge.unwrap_or(count);
    let mut found = Allowed { by_first: vec![Vec::new(); count], matchable: BTreeSet::new() };
    let mut seen = 0usize;
    for first in 0..count {
        let later = !0u128 << first;
        let mut waiting: BTreeSet<u128> = BTreeSet::from([1u128 << first]);
        let mut known = waiting.clone();
        while let Some(mask) = waiting.pop_first() {
            seen = seen.saturating_add(1);
            if seen > SETS {
                return None;
            }
            let ones = || (0..count).filter(|at| mask >> at & 1 == 1);
            let mut bodies: Vec<usize> = ones().filter_map(|at| cluster.bodies.get(*order.get(at)?).copied()).collect();
            bodies.sort_unstable();
            let measured = measures.of(&bodies);
            // People are never negative, so what is too large stays too large.
            if bodies.len() > 1 && wishes.max_people.is_some_and(|most| measured.people > most) {
                continue;
            }
            if bodies.len() < most {
                let around = ones().filter_map(|at| near.get(at)).fold(0u128, |all, near| all | near) & later & !mask;
                for at in (0..count).filter(|at| around >> at & 1 == 1) {
                    if known.insert(mask | 1 << at) {
                        waiting.insert(mask | 1 << at);
                    }
                }
            }
            let Some(label) = measures.label(&bodies) else { continue };
            if measured.matches {
                found.matchable.extend(bodies.iter().copied());
            }
            found.by_first.get_mut(first)?.push((mask, bodies, label));
        }
    }
    Some(found)
}

/// Every plan that no other one beats; `None` where that takes more steps than allowed.
///
/// What is left of the cluster is divided into the set that holds its first body, and the rest. Figures add up, so a plan of a part that
/// is beaten there is beaten everywhere, and only the others are kept.
pub(super) fn exact(allowed: &Allowed, count: bool, most: usize) -> Option<Vec<Label>> {
    let bodies = allowed.by_first.len();
    let full = u32::try_from(bodies).ok().and_then(|bodies| 1u128.checked_shl(bodies)).map_or(!0, |next| next.wrapping_sub(1));
    let mut waiting: BTreeMap<u128, Vec<Label>> = BTreeMap::from([(full, vec![Label::default()])]);
    let mut steps = 0usize;
    // Taking bodies away makes the number smaller: the largest is complete.
    while let Some((left, labels)) = waiting.pop_last() {
        let labels = best(labels, count);
        if left == 0 {
            return Some(labels);
        }
        for (mask, set, label) in allowed.by_first.get(left.trailing_zeros() as usize)? {
            steps = steps.saturating_add(1);
            if mask & !left != 0 {
                continue;
            }
            steps = steps.saturating_add(labels.len());
            if steps > most {
                return None;
            }
            let mergers = if set.len() > 1 { std::slice::from_ref(set) } else { &[] };
            let plans = waiting.entry(left & !mask).or_default();
            plans.extend(labels.iter().map(|before| before.and(label, mergers)));
            if plans.len() > CROWD {
                *plans = best(std::mem::take(plans), count);
            }
        }
    }
    None
}

/// Places of the cluster so that neighbours stand near each other: what is left at any time is then one of few.
fn order(cluster: &Cluster) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(cluster.bodies.len());
    let mut seen = BTreeSet::new();
    for start in 0..cluster.bodies.len() {
        if !seen.insert(start) {
            continue;
        }
        let mut at = order.len();
        order.push(start);
        while let Some(place) = order.get(at).copied() {
            at = at.saturating_add(1);
            for next in cluster.neighbours.get(place).into_iter().flatten() {
                if seen.insert(*next) {
                    order.push(*next);
                }
            }
        }
    }
    order
}
