//! What a change did: who is on the wrong side of a line, with whom bodies must deal, and which of them had a body to themselves (domain.md E3).

use crate::alignment::{Alignment, BodyMetrics, Class, Side, more_than};
use crate::config::Tolerances;
use crate::domain::{Basis, Body, People, Proof, Relation};

use super::links::{self, Strength};
use super::result::{Effect, EffectBy, EffectKind, Lines};
use super::standing::{BodyStanding, Standing, standing, whole};

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
    /// The body is its own origin, followed by its code, with all that it has.
    own: bool,
}

/// Lines and partners of the four alignments on one basis.
struct Standings {
    before: Standing,
    after: Standing,
    health_only: Option<Standing>,
    council_only: Option<Standing>,
}

impl Standings {
    fn new(change: &Change<'_>, basis: Basis) -> Self {
        let of = |alignment: &Alignment| standing(&alignment.relation, basis, change.tolerances);
        // The same alignment need not be arranged twice.
        let other = |alignment: &Alignment| {
            let known = std::ptr::eq(alignment, change.before) || std::ptr::eq(alignment, change.after);
            (!known).then(|| of(alignment))
        };
        Self {
            before: of(change.before),
            after: of(change.after),
            health_only: other(change.health_only),
            council_only: other(change.council_only),
        }
    }

    fn fixed<'a>(&'a self, alignment: &Alignment, change: &Change<'_>, own: &'a Option<Standing>) -> &'a Standing {
        match own {
            Some(standing) => standing,
            None if std::ptr::eq(alignment, change.before) => &self.before,
            None => &self.after,
        }
    }

    fn health_only<'a>(&'a self, change: &Change<'_>) -> &'a Standing {
        self.fixed(change.health_only, change, &self.health_only)
    }

    fn council_only<'a>(&'a self, change: &Change<'_>) -> &'a Standing {
        self.fixed(change.council_only, change, &self.council_only)
    }
}

/// What a change did to every body and to all of them.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// By basis, side, body.
    pub bodies: Vec<Effect>,
    /// One a basis.
    pub lines: Vec<Lines>,
    /// Of every arrangement.
    pub proofs: Vec<Proof>,
}

/// The effect on every body after, by basis, side, body, and on the whole.
///
/// With `C` what a body has in crossing parts and `f_ik` the share of the body `i` before that went to `k` after: *lines* change by
/// `C_k(after) - sum_i f_ik C_i(before)`. *Partners* are those that the body must deal with, against those of all its main predecessors, each
/// pair once. The part of a change of lines that is due to one side is the same difference with the other side held as it was; the
/// interaction is the rest, so the three add up to the change. Shares are by people on the people basis and by area on the area basis.
pub(super) fn effects(change: &Change<'_>) -> Effects {
    let alignments = [change.before, change.after, change.health_only, change.council_only];
    let mut effects = Effects::default();
    for basis in [Basis::Area, Basis::People] {
        if !alignments.iter().all(|alignment| alignment.bases.contains(&basis)) {
            continue;
        }
        let standings = Standings::new(change, basis);
        for side in [Side::Health, Side::Council] {
            let origins = origins(change, side, basis);
            for (body, origin) in origins.iter().enumerate() {
                effects.bodies.extend(effect(change, &standings, (side, basis, body), origin));
            }
        }
        let (before, after) = (standings.before.crossing(), standings.after.crossing());
        let difference = |standing: &Standing| standing.crossing().zip(before).map(|(after, before)| after - before);
        let (health_effect, council_effect) = (difference(standings.health_only(change)), difference(standings.council_only(change)));
        let parts = |standing: &Standing| standing.nesting.parts.len();
        effects.lines.push(Lines {
            basis,
            crossing_before: before,
            crossing_after: after,
            parts_before: parts(&standings.before),
            parts_after: parts(&standings.after),
            health_effect,
            council_effect,
            interaction: rest(difference(&standings.after), health_effect, council_effect),
            proved: standings.before.nesting.proved() && standings.after.nesting.proved(),
        });
        let both = [Some(&standings.before), Some(&standings.after), standings.health_only.as_ref(), standings.council_only.as_ref()];
        let named = both.into_iter().zip(["before", "after", "NHS side alone", "councils alone"]);
        for (standing, when) in named.filter_map(|(standing, when)| standing.map(|standing| (standing, when))) {
            let subject = format!("{when}, by {}", basis.as_str());
            effects.proofs.extend(standing.proofs.iter().map(|proof| Proof { subject: subject.clone(), ..proof.clone() }));
        }
    }
    effects
}

/// What two parts of a change leave of it.
fn rest(total: Option<f64>, health: Option<f64>, council: Option<f64>) -> Option<f64> {
    total.zip(health).zip(council).map(|((total, health), council)| total - health - council)
}

fn effect(change: &Change<'_>, standings: &Standings, (side, basis, body): (Side, Basis, usize), origin: &Origin) -> Option<Effect> {
    let after = change.after.body(side, body, basis)?;
    let identity = bodies(change.after, side).get(body)?;
    let mean = |alignment: &Alignment, value: &dyn Fn(&BodyMetrics) -> Option<f64>| {
        mean(origin.parts.iter().map(|(part, weight)| (*weight, alignment.body(side, *part, basis).and_then(value))))
    };
    let classes: Vec<Option<Class>> =
        origin.main.iter().map(|part| change.before.body(side, *part, basis).and_then(|metrics| metrics.class)).collect();
    let was_pair = classes.contains(&Some(Class::Coterminous));
    let known_before = classes.iter().any(Option::is_some);
    let was_stable = |part: &usize| change.before.body(side, *part, basis).is_some_and(|metrics| metrics.class_stable);

    let now = standings.after.of(side, body)?;
    let lines_before = carried(&standings.before, side, basis, change.before, origin);
    let lines_after = now.crossing;
    let difference = |crossing: Option<(f64, f64, f64)>| crossing.zip(lines_before).map(|(after, before)| after.0 - before.0);
    // One side after, the other as it was. The body's own side after: the body itself. Its own side before: its origins.
    let own = |alignment: &Alignment, standing: &Standing| standing.of(side, position(alignment, side, &identity.code)?)?.crossing;
    let were = |alignment: &Alignment, standing: &Standing| carried(standing, side, basis, alignment, origin);
    let (health_only, council_only) = (standings.health_only(change), standings.council_only(change));
    let (health_effect, council_effect) = match side {
        Side::Health => (difference(own(change.health_only, health_only)), difference(were(change.council_only, council_only))),
        Side::Council => (difference(were(change.health_only, health_only)), difference(own(change.council_only, council_only))),
    };
    let partners_before = partners(&standings.before, side, &origin.main);
    let judge = Judge { people: whole(identity, basis), basis, tolerances: change.tolerances };
    let judged = lines_before.zip(lines_after).zip(partners_before).map(|((before, after), dealt)| {
        let found = judge.of(after.0 - before.0, (dealt.0, now.partners.0));
        // What the map leaves open before and after is taken as independent, so what stays the same at both ends is certain.
        let ends = [(after.1 - before.2, (dealt.2, now.partners.1)), (after.2 - before.1, (dealt.1, now.partners.2))];
        let same = ends.iter().all(|(lines, partners)| judge.of(*lines, *partners).0 == found.0);
        (found, same && standings.before.nesting.proved() && standings.after.nesting.proved())
    });
    Some(Effect {
        basis,
        side,
        code: identity.code.clone(),
        name: identity.name.clone(),
        class_before: classes.first().copied().flatten().filter(|first| classes.iter().all(|class| *class == Some(*first))),
        class_after: after.class,
        crossing_before: lines_before.map(|crossing| crossing.0),
        crossing_after: lines_after.map(|crossing| crossing.0),
        partners_before: lines_before.and(partners_before).map(|partners| partners.0),
        partners_after: lines_after.map(|_| now.partners.0),
        effect: judged.map(|((kind, _), _)| kind),
        effect_by: judged.map(|((_, by), _)| by),
        effect_stable: judged.is_some_and(|(_, stable)| stable),
        pair_lost: was_pair && after.class.is_some_and(|class| class != Class::Coterminous),
        pair_won: known_before && !was_pair && after.class == Some(Class::Coterminous),
        classes_stable: after.class_stable && origin.main.iter().all(was_stable),
        jaccard_before: mean(change.before, &|metrics: &BodyMetrics| metrics.best_jaccard),
        jaccard_after: after.best_jaccard,
        health_effect,
        council_effect,
        interaction: rest(difference(lines_after), health_effect, council_effect),
        people: identity.people.filter(|_| change.after.relation.has_people),
    })
}

/// How a change is judged for one body.
struct Judge<'a> {
    /// What the body holds: people, or square metres.
    people: Option<f64>,
    basis: Basis,
    tolerances: &'a Tolerances,
}

impl Judge<'_> {
    /// Lines decide where they change by enough, else partners (before, after), else nothing has changed.
    fn of(&self, lines: f64, (before, after): (usize, usize)) -> (EffectKind, EffectBy) {
        // By area there are no people to count: the share alone decides.
        let least = if self.basis == Basis::People { self.tolerances.effect_people } else { 0.0 };
        let share = self.people.map_or(0.0, |people| people * self.tolerances.effect_share);
        let counts = |change: f64| more_than(change, least) && more_than(change, share);
        if counts(lines) {
            (EffectKind::Worsened, EffectBy::Lines)
        } else if counts(-lines) {
            (EffectKind::Improved, EffectBy::Lines)
        } else {
            match after.cmp(&before) {
                std::cmp::Ordering::Greater => (EffectKind::Worsened, EffectBy::Partners),
                std::cmp::Ordering::Less => (EffectKind::Improved, EffectBy::Partners),
                std::cmp::Ordering::Equal => (EffectKind::Neutral, EffectBy::None),
            }
        }
    }
}

/// What the origins of a body had in crossing parts, each by the share of it that came: measured, lowest, highest. `None` without an origin, or
/// where it is not known of one that had any.
fn carried(standing: &Standing, side: Side, basis: Basis, alignment: &Alignment, origin: &Origin) -> Option<(f64, f64, f64)> {
    let mut sum = (0.0, 0.0, 0.0);
    for (part, weight) in &origin.parts {
        let (was, low, high) = standing.of(side, *part)?.crossing?;
        let all = whole(bodies(alignment, side).get(*part)?, basis)?;
        let share = if origin.own {
            1.0
        } else if all > 0.0 {
            (weight / all).min(1.0)
        } else {
            0.0
        };
        sum = (sum.0 + share * was, sum.1 + share * low, sum.2 + share * high);
    }
    (!origin.parts.is_empty()).then_some(sum)
}

/// Pairs that bodies must deal with in all: measured, fewest, most; `None` without a body.
fn partners(standing: &Standing, side: Side, bodies: &[usize]) -> Option<(usize, usize, usize)> {
    let each: Option<Vec<&BodyStanding>> = bodies.iter().map(|body| standing.of(side, *body)).collect();
    let each = each.filter(|each| !each.is_empty())?;
    let sum = |count: &dyn Fn(&BodyStanding) -> usize| each.iter().fold(0_usize, |sum, body| sum.saturating_add(count(body)));
    Some((sum(&|body| body.partners.0), sum(&|body| body.partners.1), sum(&|body| body.partners.2)))
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
            Some(index) => Origin { parts: vec![(index, 1.0)], main: vec![index], own: true },
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

/// How many bodies of a side, with how many people, a change improved, worsened or left as they were.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectCount {
    /// Basis.
    pub basis: Basis,
    /// Side.
    pub side: Side,
    /// Bodies with fewer people on the wrong side of a line, else with fewer partners.
    pub improved: Tally,
    /// Bodies with more.
    pub worsened: Tally,
    /// Bodies where neither changed.
    pub neutral: Tally,
    /// Bodies without a before or an after.
    pub unknown: Tally,
}

/// Some bodies and their people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Number of bodies.
    pub bodies: usize,
    /// Of them, those whose effect lines decided.
    pub by_lines: usize,
    /// Their people; `None` where those of one of them are not known.
    pub people: Option<People>,
}

impl Tally {
    const NONE: Self = Self { bodies: 0, by_lines: 0, people: Some(People(0)) };

    fn add(&mut self, effect: &Effect) {
        self.bodies = self.bodies.saturating_add(1);
        self.by_lines = self.by_lines.saturating_add(usize::from(effect.effect_by == Some(EffectBy::Lines)));
        self.people = self.people.zip(effect.people).map(|(sum, people)| sum + people);
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
            Some(EffectKind::Improved) => count.improved.add(effect),
            Some(EffectKind::Worsened) => count.worsened.add(effect),
            Some(EffectKind::Neutral) => count.neutral.add(effect),
            None => count.unknown.add(effect),
        }
    }
    counts
}
