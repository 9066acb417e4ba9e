//! Plans of a cluster that is too large for an exact search: neighbours joined step by step.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::front::Label;
use super::sets::Measures;
use super::ties::Cluster;
use crate::alignment::at_least;

/// A plan on its way: its sets (indices of bodies), and the sum of those that may stand.
struct Plan {
    sets: Vec<Vec<usize>>,
    promise: Label,
    /// Sum of a hash of each set, so that two ways to one plan are seen to be one.
    mark: u64,
}

/// A plan to be: which sets of which plan join.
struct Child {
    of: Rc<Plan>,
    joined: Vec<usize>,
    promise: Label,
    mark: u64,
}

/// Plans found by joining sets that touch, and all bodies of a council at once, keeping the most promising plans of each number of bodies
/// left: the largest objective of the sets that may stand, then the most coterminous people, then the fewest people and pounds moved.
///
/// A set outside the bands may still grow into them; a plan with such a set is not returned. `seed` orders what is equally good.
pub(super) fn stepwise(cluster: &Cluster, measures: &mut Measures<'_>) -> Vec<Label> {
    let count = cluster.bodies.len();
    // Work grows with the square of the bodies: small clusters can afford to follow more plans.
    let kept = 2_000usize.div_euclid(count.max(1)).clamp(4, 48);
    let seed = measures.question.wishes.seed;
    let touching: BTreeSet<(usize, usize)> = cluster
        .neighbours
        .iter()
        .enumerate()
        .flat_map(|(place, near)| near.iter().map(move |other| (place, *other)))
        .filter_map(|(a, b)| Some((*cluster.bodies.get(a)?, *cluster.bodies.get(b)?)))
        .filter(|(a, b)| a < b)
        .collect();
    let natural = natural(cluster, measures, &touching);
    let sets: Vec<Vec<usize>> = cluster.bodies.iter().map(|body| vec![*body]).collect();
    let start = Plan {
        promise: sets.iter().filter_map(|set| measures.label(set)).fold(Label::default(), |sum, label| sum.and(&label, &[])),
        mark: sets.iter().fold(0, |sum, set| sum.wrapping_add(hash(set))),
        sets,
    };
    let mut levels: Vec<BTreeMap<u64, Child>> = (0..count).map(|_| BTreeMap::new()).collect();
    let mut labels = Vec::new();
    let mut plans: Vec<Rc<Plan>> = vec![Rc::new(start)];
    for gone in 0..count {
        if let Some(level) = levels.get_mut(gone).map(std::mem::take).filter(|_| gone > 0) {
            let mut ranked: Vec<Child> = level.into_values().collect();
            ranked.sort_by_cached_key(|child| {
                let promise = &child.promise;
                let order = (Reverse(promise.value), Reverse(promise.coterminous), promise.moved, promise.pence, promise.disturbed);
                (order, hash(&[usize::try_from(child.mark ^ seed).unwrap_or(usize::MAX)]), child.mark)
            });
            plans = ranked.into_iter().take(kept).map(|child| Rc::new(grown(&child))).collect();
        }
        for plan in &plans {
            labels.extend(standing(&plan.sets, measures));
            let mut owner: BTreeMap<usize, usize> = BTreeMap::new();
            for (at, set) in plan.sets.iter().enumerate() {
                owner.extend(set.iter().map(|body| (*body, at)));
            }
            let pairs = touching.iter().filter_map(|(a, b)| Some(BTreeSet::from([*owner.get(a)?, *owner.get(b)?])));
            let wholes = natural.iter().map(|set| set.iter().filter_map(|body| owner.get(body).copied()).collect::<BTreeSet<usize>>());
            let moves: BTreeSet<BTreeSet<usize>> = pairs.chain(wholes).filter(|joined| joined.len() > 1).collect();
            for joined in moves {
                let Some(child) = child(plan, joined, measures) else { continue };
                let target = gone.saturating_add(child.joined.len().saturating_sub(1));
                if let Some(level) = levels.get_mut(target) {
                    level.entry(child.mark).or_insert(child);
                }
            }
        }
    }
    labels
}

/// The plan with some of its sets joined; `None` where they would be too many or too large, which no further step mends.
fn child(plan: &Rc<Plan>, joined: BTreeSet<usize>, measures: &mut Measures<'_>) -> Option<Child> {
    let olds: Vec<&Vec<usize>> = joined.iter().filter_map(|at| plan.sets.get(*at)).collect();
    let mut set: Vec<usize> = olds.iter().flat_map(|old| old.iter().copied()).collect();
    set.sort_unstable();
    let wishes = measures.question.wishes;
    if wishes.max_merge.is_some_and(|most| set.len() > most) || wishes.max_people.is_some_and(|most| measures.of(&set).people > most) {
        return None;
    }
    let mut mark = plan.mark.wrapping_add(hash(&set));
    let mut promise = plan.promise.and(&measures.label(&set).unwrap_or_default(), &[]);
    for old in olds {
        mark = mark.wrapping_sub(hash(old));
        promise = minus(promise, &measures.label(old).unwrap_or_default());
    }
    Some(Child { of: Rc::clone(plan), joined: joined.into_iter().collect(), promise, mark })
}

/// What is promised without a set. `gone` is left as it is: levels count it.
fn minus(promise: Label, set: &Label) -> Label {
    Label {
        value: promise.value.saturating_sub(set.value),
        coterminous: promise.coterminous.saturating_sub(set.coterminous),
        moved: promise.moved.saturating_sub(set.moved),
        pence: promise.pence.saturating_sub(set.pence),
        disturbed: promise.disturbed.saturating_sub(set.disturbed),
        ..promise
    }
}

fn grown(child: &Child) -> Plan {
    let stays = |at: &usize| !child.joined.contains(at);
    let mut set: Vec<usize> = child.joined.iter().filter_map(|at| child.of.sets.get(*at)).flatten().copied().collect();
    set.sort_unstable();
    let rest = child.of.sets.iter().enumerate().filter(|(at, _)| stays(at)).map(|(_, set)| set.clone());
    let mut sets: Vec<Vec<usize>> = rest.chain([set]).collect();
    sets.sort();
    Plan { sets, promise: child.promise.clone(), mark: child.mark }
}

/// The plan as a label; `None` if one of its sets may not be a body.
fn standing(sets: &[Vec<usize>], measures: &mut Measures<'_>) -> Option<Label> {
    let mergers: Vec<Vec<usize>> = sets.iter().filter(|set| set.len() > 1).cloned().collect();
    let sum = sets.iter().try_fold(Label::default(), |sum, set| Some(sum.and(&measures.label(set)?, &[])))?;
    Some(sum.and(&Label::default(), &mergers))
}

/// For every council, its bodies that hang together: those with most of their people in it.
fn natural(cluster: &Cluster, measures: &Measures<'_>, touching: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let relation = &measures.question.alignment.relation;
    let mut by_council: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for body in &cluster.bodies {
        let whole = relation.left.get(*body).and_then(|body| body.people).map_or(0.0, |people| people.as_f64());
        for pair in relation.pairs_of_left(*body) {
            let part = pair.amounts.people.map_or(0.0, |people| people.as_f64());
            if part > 0.0 && at_least(part / whole, 0.5) {
                by_council.entry(pair.right).or_default().insert(*body);
            }
        }
    }
    let mut found: BTreeSet<Vec<usize>> = BTreeSet::new();
    for mut bodies in by_council.into_values() {
        while let Some(first) = bodies.pop_first() {
            let mut set = BTreeSet::from([first]);
            while let Some(next) =
                bodies.iter().copied().find(|body| set.iter().any(|member| touching.contains(&(*member.min(body), *member.max(body)))))
            {
                bodies.remove(&next);
                set.insert(next);
            }
            found.insert(set.into_iter().collect());
        }
    }
    found.into_iter().filter(|set| set.len() > 1).collect()
}

/// FNV-1a: the same number for the same set on every machine.
fn hash(set: &[usize]) -> u64 {
    set.iter().fold(0xcbf2_9ce4_8422_2325, |hash, place| (hash ^ *place as u64).wrapping_mul(0x0000_0100_0000_01b3))
}
