//! The best division of one cluster into merged bodies, for each number of bodies merged away.

use std::collections::{BTreeMap, BTreeSet};

use super::clusters::{Cluster, Measured, measure_set};
use super::{Objective, Question};

/// Largest cluster, bodies, that is searched exactly: 3^12 divisions of subsets.
pub const EXACT: usize = 12;

/// Plans kept at each step of the search of larger clusters.
const KEPT: usize = 48;

/// What plans are compared by, the first that differs deciding; larger is better. Adds up over clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Score {
    /// The objective.
    pub value: i128,
    /// Minus the people moved, millionths.
    pub kept_people: i128,
    /// Minus the known pence moved.
    pub kept_pence: i128,
    /// Minus the bodies disturbed.
    pub undisturbed: i128,
}

/// A plan for one or several clusters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Found {
    /// Its score.
    pub score: Score,
    /// Sets of two or more bodies that merge.
    pub mergers: Vec<Vec<usize>>,
}

/// What the search of a cluster came to.
pub(super) struct Outcome {
    /// By number of bodies merged away: the best plan, if there is one.
    pub best: Vec<Option<Found>>,
    /// Whether it is the best there is.
    pub proved: bool,
    /// What the objective cannot exceed.
    pub bound: i128,
}

/// Searches a cluster: exactly up to [`EXACT`] bodies, else by joining neighbours step by step and keeping the best plans of each step.
pub(super) fn search(cluster: &Cluster, question: &Question<'_>) -> Outcome {
    let mut sets = Sets { cluster, question, known: BTreeMap::new() };
    if cluster.bodies.len() <= EXACT { exact(&mut sets) } else { stepwise(&mut sets) }
}

/// Bodies of the cluster as sets of places, with what they measure.
struct Sets<'a> {
    cluster: &'a Cluster,
    question: &'a Question<'a>,
    known: BTreeMap<Vec<usize>, Option<Score>>,
}

impl Sets<'_> {
    /// What a set adds to a plan; `None` where it may not be one body.
    fn score(&mut self, places: &[usize]) -> Option<Score> {
        if let Some(known) = self.known.get(places) {
            return *known;
        }
        let score = self.measure(places);
        self.known.insert(places.to_vec(), score);
        score
    }

    fn bodies(&self, places: &[usize]) -> Vec<usize> {
        places.iter().filter_map(|place| self.cluster.bodies.get(*place).copied()).collect()
    }

    fn measure(&self, places: &[usize]) -> Option<Score> {
        let wishes = self.question.wishes;
        let merges = places.len() > 1;
        if merges && (wishes.max_merge.is_some_and(|most| places.len() > most) || !self.connected(places)) {
            return None;
        }
        let measured: Measured = measure_set(self.question, &self.bodies(places));
        let small = wishes.min_people.is_some_and(|least| measured.people < least);
        let large = wishes.max_people.is_some_and(|most| measured.people > most);
        // A body that stays as it is may be of any size.
        if merges && (small || large) {
            return None;
        }
        Some(Score {
            value: measured.value(wishes.objective),
            kept_people: -i128::from(measured.people_moved.0),
            kept_pence: -i128::from(measured.pence_moved.map_or(0, |pence| pence.0)),
            undisturbed: if merges { -(places.len() as i128) } else { 0 },
        })
    }

    fn connected(&self, places: &[usize]) -> bool {
        let wanted: BTreeSet<usize> = places.iter().copied().collect();
        let mut reached: BTreeSet<usize> = places.first().copied().into_iter().collect();
        let mut waiting: Vec<usize> = reached.iter().copied().collect();
        while let Some(place) = waiting.pop() {
            for next in self.cluster.neighbours.get(place).into_iter().flatten() {
                if wanted.contains(next) && reached.insert(*next) {
                    waiting.push(*next);
                }
            }
        }
        reached.len() == wanted.len()
    }

    /// What the objective of the cluster cannot exceed: every person, every penny; as many bodies as there are.
    fn ceiling(&self) -> i128 {
        let relation = &self.question.alignment.relation;
        let bodies = || self.cluster.bodies.iter().copied();
        match self.question.wishes.objective {
            Objective::People => bodies().filter_map(|body| relation.left.get(body)?.people).map(|people| i128::from(people.0)).sum(),
            Objective::Bodies => self.cluster.bodies.len() as i128,
            Objective::Pounds => {
                bodies().filter_map(|body| super::money(self.question, body)).map(|pence| i128::from(pence.0.max(0))).sum()
            }
        }
    }
}

/// Best divisions of every subset, from those of smaller ones: the set that holds a subset's first body, and the best of the rest.
fn exact(sets: &mut Sets<'_>) -> Outcome {
    let count = sets.cluster.bodies.len();
    let places = |mask: usize| (0..count).filter(|place| mask >> place & 1 == 1).collect::<Vec<usize>>();
    let scores: Vec<Option<Score>> = (0..1usize << count).map(|mask| if mask == 0 { None } else { sets.score(&places(mask)) }).collect();
    // best[mask][gone]: (score, the set with the first body).
    let mut best: Vec<Vec<Option<(Score, usize)>>> = vec![vec![Some((Score::default(), 0))]];
    for mask in 1..1usize << count {
        let first = mask & mask.wrapping_neg();
        let others = mask ^ first;
        let mut row: Vec<Option<(Score, usize)>> = vec![None; mask.count_ones() as usize];
        // Every subset of the others, the empty one last.
        let mut some = others;
        loop {
            let set = some | first;
            if let Some(Some(score)) = scores.get(set) {
                let merged = some.count_ones() as usize;
                for (gone, rest) in best.get(mask ^ set).into_iter().flatten().enumerate() {
                    let (Some((rest, _)), Some(slot)) = (rest, row.get_mut(gone + merged)) else { continue };
                    let sum = score.and(*rest);
                    if slot.is_none_or(|(known, _)| sum > known) {
                        *slot = Some((sum, set));
                    }
                }
            }
            if some == 0 {
                break;
            }
            some = (some - 1) & others;
        }
        best.push(row);
    }
    let full = (1usize << count) - 1;
    let found = |gone: usize| {
        let (score, _) = best.get(full)?.get(gone).copied().flatten()?;
        let (mut mask, mut left, mut mergers) = (full, gone, Vec::new());
        while mask != 0 {
            let (_, set) = best.get(mask)?.get(left).copied().flatten()?;
            if set.count_ones() > 1 {
                mergers.push(sets.bodies(&places(set)));
            }
            left = left.checked_sub(set.count_ones() as usize - 1)?;
            mask ^= set;
        }
        Some(Found { score, mergers })
    };
    let best: Vec<Option<Found>> = (0..count).map(found).collect();
    let bound = best.iter().flatten().map(|found| found.score.value).max().unwrap_or(0);
    Outcome { best, proved: true, bound }
}

/// Joins two neighbouring sets at a time, keeping the best plans of each step; a set outside the bands may still grow into them.
fn stepwise(sets: &mut Sets<'_>) -> Outcome {
    let count = sets.cluster.bodies.len();
    let mut best: Vec<Option<Found>> = vec![None; count];
    let mut plans: Vec<Vec<Vec<usize>>> = vec![(0..count).map(|place| vec![place]).collect()];
    for (gone, slot) in best.iter_mut().enumerate() {
        for plan in &plans {
            let Some(score) = total(sets, plan) else { continue };
            if slot.as_ref().is_none_or(|known| score > known.score) {
                let mergers = plan.iter().filter(|set| set.len() > 1).map(|set| sets.bodies(set)).collect();
                *slot = Some(Found { score, mergers });
            }
        }
        if gone + 1 == count {
            break;
        }
        let mut next: BTreeSet<Vec<Vec<usize>>> = BTreeSet::new();
        for plan in &plans {
            for (a, one) in plan.iter().enumerate() {
                for (b, other) in plan.iter().enumerate().skip(a + 1) {
                    let touch = one.iter().any(|place| {
                        sets.cluster.neighbours.get(*place).is_some_and(|near| other.iter().any(|place| near.contains(place)))
                    });
                    let fits = sets.question.wishes.max_merge.is_none_or(|most| one.len() + other.len() <= most);
                    if touch && fits {
                        let mut joined: Vec<usize> = one.iter().chain(other).copied().collect();
                        joined.sort_unstable();
                        let rest = plan.iter().enumerate().filter(|(at, _)| *at != a && *at != b).map(|(_, set)| set.clone());
                        let mut plan: Vec<Vec<usize>> = rest.chain([joined]).collect();
                        plan.sort();
                        next.insert(plan);
                    }
                }
            }
        }
        let seed = sets.question.wishes.seed;
        let mut ranked: Vec<(Score, u64, Vec<Vec<usize>>)> =
            next.into_iter().map(|plan| (promise(sets, &plan), mixed(seed, &plan), plan)).collect();
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
        plans = ranked.into_iter().take(KEPT).map(|(_, _, plan)| plan).collect();
        if plans.is_empty() {
            break;
        }
    }
    Outcome { best, proved: false, bound: sets.ceiling() }
}

/// The score of a plan; `None` if one of its sets may not be a body.
fn total(sets: &mut Sets<'_>, plan: &[Vec<usize>]) -> Option<Score> {
    plan.iter().try_fold(Score::default(), |sum, set| Some(sum.and(sets.score(set)?)))
}

/// The score of what of a plan may stand.
fn promise(sets: &mut Sets<'_>, plan: &[Vec<usize>]) -> Score {
    plan.iter().filter_map(|set| sets.score(set)).fold(Score::default(), Score::and)
}

/// A number that orders equally good plans: the same for the same seed (FNV-1a over the sets).
fn mixed(seed: u64, plan: &[Vec<usize>]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
    for place in plan.iter().flat_map(|set| set.iter().map(|place| *place as u64).chain([u64::MAX])) {
        hash = (hash ^ place).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash
}
