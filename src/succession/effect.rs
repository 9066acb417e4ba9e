//! What a change did to coterminosity (domain.md E3, delta-coterminosity).

use crate::alignment::{Alignment, BodyMetrics, Class, Side, more_than};
use crate::config::Tolerances;
use crate::domain::{Basis, Body, People, Relation};

use super::links::{self, Strength};
use super::result::{Effect, EffectKind};

/// The four alignments of a change and the relations that carry a body from before to after.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change<'a> {
    /// Health before x council before.
    pub before: &'a Alignment,
    /// Health after x council after.
    pub after: &'a Alignment,
    /// Health after x council before (`after` where councils do not change).
    pub health_only: &'a Alignment,
    /// Health before x council after (`before` where councils do not change).
    pub council_only: &'a Alignment,
    /// Health before x health after; without it bodies are followed by their code.
    pub health: Option<&'a Relation>,
    /// Council before x council after; without it councils are followed by their code.
    pub council: Option<&'a Relation>,
    pub tolerances: &'a Tolerances,
}

/// Where a body came from: bodies before, each with its weight in the body, and those of them that are main predecessors.
#[derive(Debug, Clone, Default)]
struct Origin {
    parts: Vec<(usize, f64)>,
    main: Vec<usize>,
}

/// The effect on every body after, by basis, side, body.
///
/// With `J*` a body's best Jaccard and `b_ik` the share of the body `k` after that came from `i` before, by people on the people
/// basis and by area on the area basis, normalised over what came from anywhere: `change = J*_k(after) - sum_i b_ik J*_i(before)`.
/// The part due to one side is the same difference with the other side held as it was; the interaction is the rest, so the three add
/// up to the change.
pub(super) fn effects(change: &Change<'_>) -> Vec<Effect> {
    let alignments = [change.before, change.after, change.health_only, change.council_only];
    let mut effects = Vec::new();
    for basis in [Basis::Area, Basis::People] {
        if !alignments.iter().all(|alignment| alignment.bases.contains(&basis)) {
            continue;
        }
        for side in [Side::Health, Side::Council] {
            let origins = origins(change, side, basis);
            for (body, origin) in origins.iter().enumerate() {
                effects.extend(effect(change, side, basis, body, origin));
            }
        }
    }
    effects
}

fn effect(change: &Change<'_>, side: Side, basis: Basis, body: usize, origin: &Origin) -> Option<Effect> {
    let after = change.after.body(side, body, basis)?;
    let identity = bodies(change.after, side).get(body)?;
    let best = |metrics: &BodyMetrics| metrics.best_jaccard;
    let mean = |alignment: &Alignment, value: &dyn Fn(&BodyMetrics) -> Option<f64>| {
        mean(origin.parts.iter().map(|(part, weight)| (*weight, alignment.body(side, *part, basis).and_then(value))))
    };
    let jaccard_before = mean(change.before, &best);
    let jaccard_after = after.best_jaccard;
    let difference = |after: Option<f64>| after.zip(jaccard_before).map(|(after, before)| after - before);
    let total = difference(jaccard_after);
    // One side after, the other as it was. The body's own side after: the body itself. Its own side before: its origins.
    let own = |alignment: &Alignment| {
        let index = position(alignment, side, &identity.code)?;
        alignment.body(side, index, basis)?.best_jaccard
    };
    let (health_effect, council_effect) = match side {
        Side::Health => (difference(own(change.health_only)), difference(mean(change.council_only, &best))),
        Side::Council => (difference(mean(change.health_only, &best)), difference(own(change.council_only))),
    };
    let interaction = total.zip(health_effect).zip(council_effect).map(|((total, health), council)| total - health - council);
    let classes: Vec<Option<Class>> =
        origin.main.iter().map(|part| change.before.body(side, *part, basis).and_then(|metrics| metrics.class)).collect();
    let was_pair = classes.contains(&Some(Class::Coterminous));
    let known_before = classes.iter().any(Option::is_some);
    let equal = change.tolerances.equal;
    // What the map leaves open before and after is taken as independent, so what stays the same at both is certain.
    let low = |metrics: &BodyMetrics| metrics.bounds.map(|bounds| bounds.best_jaccard.0);
    let high = |metrics: &BodyMetrics| metrics.bounds.map(|bounds| bounds.best_jaccard.1);
    let change_bounds = low(after)
        .zip(mean(change.before, &high))
        .zip(high(after).zip(mean(change.before, &low)))
        .map(|((low, most), (high, least))| (low - most, high - least));
    let was_stable = |part: &usize| change.before.body(side, *part, basis).is_some_and(|metrics| metrics.class_stable);
    let partners = |metrics: &BodyMetrics| metrics.class.map(|_| metrics.n_partners as f64);
    Some(Effect {
        basis,
        side,
        code: identity.code.clone(),
        name: identity.name.clone(),
        class_before: classes.first().copied().flatten().filter(|first| classes.iter().all(|class| *class == Some(*first))),
        class_after: after.class,
        jaccard_before,
        jaccard_after,
        change: total,
        change_bounds,
        classes_stable: after.class_stable && origin.main.iter().all(was_stable),
        effect: total.map(|total| {
            if more_than(total, equal) {
                EffectKind::Improved
            } else if more_than(-total, equal) {
                EffectKind::Worsened
            } else {
                EffectKind::Neutral
            }
        }),
        health_effect,
        council_effect,
        interaction,
        pair_lost: was_pair && after.class.is_some_and(|class| class != Class::Coterminous),
        pair_won: known_before && !was_pair && after.class == Some(Class::Coterminous),
        n_partners_before: mean(change.before, &partners),
        n_partners_after: partners(after),
        n_effective_before: mean(change.before, &|metrics: &BodyMetrics| metrics.n_effective),
        n_effective_after: after.n_effective,
        people: identity.people.filter(|_| change.after.relation.has_people),
    })
}

/// Weighted mean; `None` without weight, or where a part with weight is not known. The mean of equal values is that value, to the last
/// bit: what has not changed has changed by 0.
fn mean(parts: impl Iterator<Item = (f64, Option<f64>)>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    let (mut first, mut equal) = (None, true);
    for (weight, value) in parts {
        let value = value?;
        equal &= *first.get_or_insert(value) == value;
        sum += weight * value;
        weights += weight;
    }
    if weights > 0.0 { first.filter(|_| equal).or(Some(sum / weights)) } else { None }
}

fn bodies(alignment: &Alignment, side: Side) -> &[Body] {
    match side {
        Side::Health => &alignment.relation.left,
        Side::Council => &alignment.relation.right,
    }
}

fn position(alignment: &Alignment, side: Side, code: &str) -> Option<usize> {
    match side {
        Side::Health => alignment.relation.position_left(code),
        Side::Council => alignment.relation.position_right(code),
    }
}

/// The origins of every body of a side of the alignment after, as indices into the alignment before.
fn origins(change: &Change<'_>, side: Side, basis: Basis) -> Vec<Origin> {
    let after = bodies(change.after, side);
    let relation = match side {
        Side::Health => change.health,
        Side::Council => change.council,
    };
    let Some(relation) = relation else {
        // Not a side that changes: every body is its own origin.
        let own = |body: &Body| match position(change.before, side, &body.code) {
            Some(index) => Origin { parts: vec![(index, 1.0)], main: vec![index] },
            None => Origin::default(),
        };
        return after.iter().map(own).collect();
    };
    let mut origins = vec![Origin::default(); after.len()];
    let judged_on = links::basis(relation);
    for pair in &relation.pairs {
        let codes = relation.left.get(pair.left).zip(relation.right.get(pair.right));
        let Some((from, to)) = codes else { continue };
        let (Some(part), Some(body)) = (position(change.before, side, &from.code), position(change.after, side, &to.code)) else {
            continue;
        };
        let Some(origin) = origins.get_mut(body) else { continue };
        if let Some(weight) = pair.amounts.weight(basis).filter(|weight| *weight > 0.0) {
            origin.parts.push((part, weight));
        }
        if links::strength(relation, pair, judged_on, change.tolerances) == Strength::Main {
            origin.main.push(part);
        }
    }
    origins
}

/// How many bodies of a side, with how many people, a change brought closer to the other side, drove away or left where they were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectCount {
    /// Basis.
    pub basis: Basis,
    /// Side.
    pub side: Side,
    /// Bodies whose best match improved.
    pub improved: Tally,
    /// Bodies whose best match worsened.
    pub worsened: Tally,
    /// Bodies where it changed by no more than `equal`.
    pub neutral: Tally,
    /// Bodies without a before or an after.
    pub unknown: Tally,
}

/// Some bodies and their people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Number of bodies.
    pub bodies: usize,
    /// Their people; `None` where those of one of them are not known.
    pub people: Option<People>,
}

impl Tally {
    const NONE: Self = Self { bodies: 0, people: Some(People(0)) };

    fn add(&mut self, people: Option<People>) {
        self.bodies = self.bodies.saturating_add(1);
        self.people = self.people.zip(people).map(|(sum, people)| sum + people);
    }
}

impl EffectCount {
    /// The four counts with their names: improved, worsened, neutral, unknown.
    pub fn tallies(&self) -> [(&'static str, Tally); 4] {
        let known = [
            (EffectKind::Improved.as_str(), self.improved),
            (EffectKind::Worsened.as_str(), self.worsened),
            (EffectKind::Neutral.as_str(), self.neutral),
        ];
        let [improved, worsened, neutral] = known;
        [improved, worsened, neutral, ("unknown", self.unknown)]
    }

    /// Bodies with a before and an after.
    pub fn known(&self) -> usize {
        self.improved.bodies.saturating_add(self.worsened.bodies).saturating_add(self.neutral.bodies)
    }
}

/// The headline of a succession: improved : worsened : neutral, by bodies and by people, one a basis and side, in that order.
pub fn count_effects(effects: &[Effect]) -> Vec<EffectCount> {
    let mut counts: Vec<EffectCount> = Vec::new();
    for effect in effects {
        if counts.last().is_none_or(|count| (count.basis, count.side) != (effect.basis, effect.side)) {
            let (basis, side, none) = (effect.basis, effect.side, Tally::NONE);
            counts.push(EffectCount { basis, side, improved: none, worsened: none, neutral: none, unknown: none });
        }
        let Some(count) = counts.last_mut() else { continue };
        match effect.effect {
            Some(EffectKind::Improved) => count.improved.add(effect.people),
            Some(EffectKind::Worsened) => count.worsened.add(effect.people),
            Some(EffectKind::Neutral) => count.neutral.add(effect.people),
            None => count.unknown.add(effect.people),
        }
    }
    counts
}
