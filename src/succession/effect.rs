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
    })
}

/// Weighted mean; `None` without weight, or where a part with weight is not known.
fn mean(parts: impl Iterator<Item = (f64, Option<f64>)>) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (weight, value) in parts {
        sum += weight * value?;
        weights += weight;
    }
    (weights > 0.0).then(|| sum / weights)
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

/// How many bodies of a side a change brought closer to the other side, and how many it drove away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectCount {
    /// Basis.
    pub basis: Basis,
    /// Side.
    pub side: Side,
    /// Bodies whose best match improved.
    pub improved: usize,
    /// Bodies whose best match worsened.
    pub worsened: usize,
    /// Bodies where it changed by no more than `equal`.
    pub neutral: usize,
    /// Bodies without a before or an after.
    pub unknown: usize,
    /// People of the bodies that improved; `None` without people.
    pub improved_people: Option<People>,
    /// People of the bodies that worsened.
    pub worsened_people: Option<People>,
}

/// The headline of a succession: improved against worsened, by bodies and by people, one a basis and side, in that order.
///
/// `after` is the alignment after the change, whose bodies the effects are about.
pub fn count_effects(effects: &[Effect], after: &Alignment) -> Vec<EffectCount> {
    let mut counts: Vec<EffectCount> = Vec::new();
    for effect in effects {
        let people = position(after, effect.side, &effect.code)
            .and_then(|index| bodies(after, effect.side).get(index))
            .and_then(|body| body.people)
            .filter(|_| after.relation.has_people);
        if counts.last().is_none_or(|count| (count.basis, count.side) != (effect.basis, effect.side)) {
            let nobody = after.relation.has_people.then_some(People(0));
            counts.push(EffectCount {
                basis: effect.basis,
                side: effect.side,
                improved: 0,
                worsened: 0,
                neutral: 0,
                unknown: 0,
                improved_people: nobody,
                worsened_people: nobody,
            });
        }
        let Some(count) = counts.last_mut() else { continue };
        let add = |sum: Option<People>| sum.zip(people).map(|(sum, people)| sum + people);
        match effect.effect {
            Some(EffectKind::Improved) => {
                count.improved += 1;
                count.improved_people = add(count.improved_people);
            }
            Some(EffectKind::Worsened) => {
                count.worsened += 1;
                count.worsened_people = add(count.worsened_people);
            }
            Some(EffectKind::Neutral) => count.neutral += 1,
            None => count.unknown += 1,
        }
    }
    counts
}
