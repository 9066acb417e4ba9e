//! Flags about a whole component after a change that is judged on a part of it.

use std::collections::BTreeMap;

use super::change::{Candidate, Change, ChangeKind};
use super::judged::{Judged, of_component};
use super::scene::Scene;
use super::scenery::Scenery;
use super::tried::Reach;
use crate::alignment::Side;
use crate::domain::Severity;
use crate::nesting::{Changed, Nesting};
use crate::obstructions::{Evidence, Exposes, Obstruction, find_wordless};

/// Whether every component keeps its bodies: what significant pairs tied together is still tied by pairs of the scene, and no pair ties what
/// was apart.
pub(super) fn stays(scenery: &Scenery<'_>, after: &Scene<'_>, reach: &Reach, change: &Change) -> bool {
    let alignment = &after.alignment;
    let relation = &alignment.relation;
    let side = change.side;
    let own = [Some(&change.subject), change.to.as_ref()].map(|code| code.and_then(|code| scenery.position(side, code)));
    let [Some(subject), Some(to)] = own else { return false };
    if change.kind == ChangeKind::Merge && scenery.component(side, subject) != scenery.component(side, to) {
        return false;
    }
    let lefts = relation.left.len();
    let mut roots: Vec<usize> = (0..lefts.saturating_add(relation.right.len())).collect();
    let before = |side: Side, code: &str| scenery.position(side, code).and_then(|body| scenery.component(side, body));
    for (pair, _) in relation.pairs.iter().zip(&alignment.pairs).filter(|(_, metrics)| metrics.significant) {
        let (Some(left), Some(right)) = (relation.left.get(pair.left), relation.right.get(pair.right)) else { return false };
        if before(Side::Health, &left.code) != before(Side::Council, &right.code) {
            return false;
        }
        join(&mut roots, pair.left, lefts.saturating_add(pair.right));
    }
    let here = |side: Side, body: usize| {
        let body = if change.kind == ChangeKind::Merge && side == change.side && body == subject { to } else { body };
        let code = &scenery.bodies(side).get(body)?.code;
        match side {
            Side::Health => relation.position_left(code),
            Side::Council => relation.position_right(code).map(|right| lefts.saturating_add(right)),
        }
    };
    // Only the totals of the two have changed, so only their pairs can have stopped to be significant.
    let pairs = [subject, to].into_iter().flat_map(|body| scenery.pairs_of(side, body).iter().copied());
    let whole = scenery.alignment;
    pairs.filter(|at| whole.pairs.get(*at).is_some_and(|metrics| metrics.significant)).all(|at| {
        let Some(pair) = whole.relation.pairs.get(at) else { return false };
        match (here(Side::Health, pair.left), here(Side::Council, pair.right)) {
            (Some(left), Some(right)) => root(&mut roots, left) == root(&mut roots, right),
            _ => false,
        }
    }) && !reach.components.is_empty()
}

fn root(roots: &mut [usize], of: usize) -> usize {
    let mut at = of;
    while let Some(next) = roots.get(at).copied().filter(|next| *next != at) {
        at = next;
    }
    if let Some(first) = roots.get_mut(of) {
        *first = at;
    }
    at
}

fn join(roots: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(roots, a), root(roots, b));
    if let Some(first) = roots.get_mut(a.max(b)) {
        *first = a.min(b);
    }
}

/// The crossing parts that a change takes away, as indices of pairs.
pub(super) fn gone(scenery: &Scenery<'_>, candidate: &Candidate, changed: &Changed) -> Vec<usize> {
    let Candidate { change, part } = candidate;
    let (Some(nesting), Some(part)) = (scenery.nesting, part) else { return Vec::new() };
    if change.kind == ChangeKind::Transfer {
        return if changed.removed > 0 { vec![part.pair] } else { Vec::new() };
    }
    let own = |code: Option<&str>| code.and_then(|code| scenery.position(change.side, code));
    let (Some(from), Some(into)) = (own(Some(&change.subject)), own(change.to.as_deref())) else { return Vec::new() };
    let of_both = [from, into].into_iter().flat_map(|body| nesting.parts_of(change.side, body));
    let picked = |part: &&crate::nesting::CrossingPart| {
        let pair = if change.side == Side::Health { (into, part.right) } else { (part.left, into) };
        changed.picks.get(&pair) == Some(&true)
    };
    let mut pairs: Vec<usize> = of_both.filter(picked).map(|part| part.pair).collect();
    pairs.sort_unstable();
    pairs
}

/// What the flags about a place as a whole are once so much of its crossing parts has gone.
///
/// They rest on how much is on the wrong side, so what is the same for less and for more is the same between: the rules are asked about a few
/// amounts, never about every option.
pub(super) struct Tangles<'a> {
    nesting: Option<&'a Nesting>,
    /// By what goes, in ascending order: severities by [`Obstruction::key`].
    steps: BTreeMap<i128, BTreeMap<String, Severity>>,
}

impl<'a> Tangles<'a> {
    /// Of a place, for options that each take some parts away.
    pub fn new(scenery: &Scenery<'a>, judged: &Judged<'_>, component: usize, options: impl Iterator<Item = Vec<usize>>) -> Self {
        let mut tangles = Self { nesting: scenery.nesting, steps: BTreeMap::new() };
        let found = judged.of_component(component);
        if found.is_empty() {
            return tangles;
        }
        let amounts: BTreeMap<i128, Vec<usize>> =
            options.map(|parts| (tangles.amount(&parts), parts)).filter(|(amount, _)| *amount > 0).collect();
        let amounts: Vec<(i128, Vec<usize>)> = amounts.into_iter().collect();
        let names: Vec<String> = found.iter().map(|found| found.key()).collect();
        let ask = |parts: &[usize]| -> BTreeMap<String, Severity> {
            let mut all = without(scenery, parts);
            all.retain(|key, _| names.contains(key));
            all
        };
        let ends = |at: Option<&(i128, Vec<usize>)>| at.map(|(amount, parts)| (*amount, ask(parts)));
        let (Some(first), Some(last)) = (ends(amounts.first()), ends(amounts.last())) else { return tangles };
        tangles.steps.extend([first, last]);
        let mut open: Vec<(usize, usize)> = vec![(0, amounts.len().saturating_sub(1))];
        while let Some((low, high)) = open.pop() {
            let step = |at: usize| amounts.get(at).and_then(|(amount, _)| tangles.steps.get(amount));
            let middle = low.midpoint(high);
            if middle == low || step(low) == step(high) {
                continue;
            }
            if let Some((amount, parts)) = amounts.get(middle) {
                tangles.steps.insert(*amount, ask(parts));
            }
            open.extend([(low, middle), (middle, high)]);
        }
        tangles
    }

    fn amount(&self, parts: &[usize]) -> i128 {
        let Some(nesting) = self.nesting else { return 0 };
        nesting.parts.iter().filter(|part| parts.binary_search(&part.pair).is_ok()).map(|part| i128::from(part.amount)).sum()
    }

    /// Severity of a flag about a place once some parts have gone; `None` where it no longer fires.
    pub fn severity(&self, found: &Obstruction, parts: &[usize]) -> Option<Severity> {
        let amount = if self.steps.is_empty() || parts.is_empty() { 0 } else { self.amount(parts) };
        if amount == 0 {
            return Some(found.severity);
        }
        // Asked about this much, or about less and more with one answer.
        let step = self.steps.range(..=amount).next_back().map(|(_, step)| step);
        step.map_or(Some(found.severity), |step| step.get(&found.key()).copied())
    }
}

/// What the rules about whole components find without some of the crossing parts.
fn without(scenery: &Scenery<'_>, parts: &[usize]) -> BTreeMap<String, Severity> {
    let Some(nesting) = scenery.nesting else { return BTreeMap::new() };
    let mut nesting = nesting.clone();
    nesting.parts.retain(|part| {
        let stays = parts.binary_search(&part.pair).is_err();
        if !stays {
            let less = |of: Option<&mut i64>| {
                if let Some(of) = of {
                    *of = of.saturating_sub(part.amount);
                }
            };
            less(nesting.of_left.get_mut(part.left));
            less(nesting.of_right.get_mut(part.right));
            nesting.crossing = nesting.crossing.saturating_sub(i128::from(part.amount));
            if let Some(picked) = nesting.picked.get_mut(part.pair) {
                *picked = true;
            }
        }
        stays
    });
    let nestings = [vec![nesting]];
    let evidence = Evidence {
        alignments: std::slice::from_ref(scenery.alignment),
        nestings: &nestings,
        two_tier: &[],
        successions: &[],
        findings: &[],
        ..*scenery.input.evidence
    };
    let found = find_wordless(&evidence, scenery.input.settings, |rule| rule.exposes == Exposes::Component, Vec::new());
    found.iter().filter(|found| of_component(found)).map(|found| (found.key(), found.severity)).collect()
}
