//! Boundaries that change: the relation is summed under its new bodies, and money goes with the people it is for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::change::{Change, ChangeKind};
use super::scene::Scene;
use crate::alignment::{Alignment, Side, measure};
use crate::budgets::{self, BudgetLine, Governance, Partner};
use crate::domain::{Amounts, Body, Pence, Relation, RelationPair};

/// Applies a merger or a transfer; `None` if a body of it is not in the scene. `picks` are those that it changes ([`Scene::nest`]).
pub(super) fn apply<'a>(scene: &Scene<'a>, change: &Change, picks: &BTreeMap<(usize, usize), bool>) -> Option<Scene<'a>> {
    let mut scene = scene.clone();
    let side = change.side;
    let (subject, to) = (change.subject.as_str(), change.to.as_deref()?);
    match change.kind {
        ChangeKind::Merge => {
            let gone = BTreeSet::from([subject]);
            scene.remeasure(side, &gone, |code: &str, _: Option<&str>| (code == subject).then(|| to.to_owned()))?;
            let layer = layer_of(&scene.alignment, side);
            for line in Arc::make_mut(&mut scene.lines).iter_mut().filter(|line| *line.layer == *layer) {
                if line.code.as_deref() == Some(subject) {
                    line.code = Some(to.into());
                }
            }
            scene.rename_rows(side, &gone, to);
        }
        ChangeKind::Transfer => {
            let within = change.partner.as_deref()?;
            scene.lines = Arc::new(moved_lines(&scene, side, subject, within, to));
            let piece = |code: &str, partner: Option<&str>| (code == subject && partner == Some(within)).then(|| to.to_owned());
            scene.remeasure(side, &BTreeSet::new(), piece)?;
            scene.move_rows(side, subject, within, to);
        }
        _ => return None,
    }
    scene.nest(picks);
    scene.align();
    Some(scene)
}

fn layer_of(alignment: &Alignment, side: Side) -> &str {
    match side {
        Side::Health => &alignment.health_layer,
        Side::Council => &alignment.council_layer,
    }
}

/// Rules whose evidence a boundary change leaves unknown: practice lists, registered patients and schemes of bodies that changed, and, but for a
/// merger of NHS bodies, the districts of what moved. What they found counts as standing: unknown is not gone.
pub(super) fn not_judged_again(change: &Change) -> &'static [&'static str] {
    match (change.kind, change.side) {
        (ChangeKind::Merge, Side::Health) => &["BND-10", "BND-12", "BND-13"],
        (ChangeKind::Merge | ChangeKind::Transfer, _) => &["BND-07", "BND-10", "BND-12", "BND-13"],
        _ => &[],
    }
}

impl Scene<'_> {
    /// Measures the alignment and the populations of services again with pieces given to other bodies of a side, and the districts with NHS
    /// bodies that join.
    fn remeasure(&mut self, side: Side, gone: &BTreeSet<&str>, to: impl Fn(&str, Option<&str>) -> Option<String>) -> Option<()> {
        let tolerances = self.scenery.input.evidence.tolerances;
        let relabelled = |relation: &Relation| match side {
            Side::Health => reassign(relation, gone, &to),
            Side::Council => Some(reassign(&relation.turned(), gone, &to)?.turned()),
        };
        let again = |alignment: &Alignment| {
            let relation = relabelled(&alignment.relation)?;
            Some(measure(&alignment.id, &alignment.health_layer, &alignment.council_layer, relation, tolerances))
        };
        self.alignment = Arc::new(again(&self.alignment)?);
        for population in Arc::make_mut(&mut self.populations) {
            population.relation = relabelled(&population.relation)?;
        }
        if side == Side::Health && !gone.is_empty() {
            self.district = self.district.as_deref().and_then(again).map(Arc::new);
        }
        Some(())
    }

    /// Rows of tables about bodies that are gone are about the one they joined; where that has its own, theirs end with them.
    fn rename_rows(&mut self, side: Side, gone: &BTreeSet<&str>, into: &str) {
        let rename = |code: &mut String| {
            if gone.contains(code.as_str()) {
                into.clone_into(code);
            }
        };
        for agreement in self.agreements.iter_mut().flatten() {
            rename(if side == Side::Health { &mut agreement.health_code } else { &mut agreement.council_code });
        }
        if let Some(cycles) = &mut self.cycles {
            cycles.retain(|row| row.side != side || !row.code.as_deref().is_some_and(|code| gone.contains(code)));
        }
        if let Some(rows) = &mut self.governance {
            let pair = |row: &Governance| (row.health_code.clone(), row.council_code.clone());
            let is_gone = |row: &Governance| gone.contains(if side == Side::Health { &*row.health_code } else { &*row.council_code });
            let mut seen: BTreeSet<(String, String)> = rows.iter().filter(|row| !is_gone(row)).map(pair).collect();
            rows.retain_mut(|row| {
                if !is_gone(row) {
                    return true;
                }
                rename(if side == Side::Health { &mut row.health_code } else { &mut row.council_code });
                seen.insert(pair(row))
            });
        }
        if let (Side::Health, Some(rows)) = (side, &mut self.priorities) {
            rows.retain(|row| !row.health_code.as_deref().is_some_and(|code| gone.contains(code)));
        }
    }

    /// Agreements and seats of a part that moves go with it; a seat only where the body it goes to has none there.
    fn move_rows(&mut self, side: Side, from: &str, within: &str, to: &str) {
        for agreement in self.agreements.iter_mut().flatten() {
            let (own, other) = match side {
                Side::Health => (&mut agreement.health_code, &agreement.council_code),
                Side::Council => (&mut agreement.council_code, &agreement.health_code),
            };
            if own == from && other == within {
                to.clone_into(own);
            }
        }
        let Some(rows) = &mut self.governance else { return };
        let about = |row: &Governance, code: &str| match side {
            Side::Health => row.health_code == code && row.council_code == within,
            Side::Council => row.council_code == code && row.health_code == within,
        };
        if rows.iter().any(|row| about(row, to)) {
            rows.retain(|row| !about(row, from));
        }
        for row in rows.iter_mut().filter(|row| about(row, from)) {
            to.clone_into(if side == Side::Health { &mut row.health_code } else { &mut row.council_code });
        }
    }
}

/// The lines once the part of `from` in `within` goes to `to`: what of each line is for the people of that part goes with them, to the penny.
/// A line of unknown amount stays whole where it is.
fn moved_lines(scene: &Scene<'_>, side: Side, from: &str, within: &str, to: &str) -> Vec<BudgetLine> {
    let alignment = &scene.alignment;
    let layer = layer_of(alignment, side);
    let partner = match side {
        Side::Health => alignment.relation.position_right(within),
        Side::Council => alignment.relation.position_left(within),
    };
    let mut lines = scene.lines.to_vec();
    // Lines are split one by one, so those of the body are enough.
    let is_own = |line: &BudgetLine| *line.layer == *layer && line.code.as_deref() == Some(from);
    let (places, own): (Vec<usize>, Vec<BudgetLine>) =
        scene.lines.iter().enumerate().filter(|(_, line)| is_own(line)).map(|(at, line)| (at, line.clone())).unzip();
    let Ok((apportioned, _)) = budgets::apportion_by(&own, alignment, &scene.populations) else { return lines };
    for part in apportioned.iter().filter(|result| result.side == side).flat_map(|result| result.parts()) {
        let Some(line) = places.get(part.line).and_then(|at| lines.get_mut(*at)) else { continue };
        let (Partner::Body(body), Some(amount)) = (part.partner, line.amount) else { continue };
        if Some(body) != partner {
            continue;
        }
        line.amount = amount.0.checked_sub(part.amount.0).map(Pence);
        let moved = BudgetLine { code: Some(to.into()), amount: Some(part.amount), ..line.clone() };
        lines.push(moved);
    }
    lines
}

/// The relation with pieces of left bodies given to others; `to` says where a piece (a pair, or what no partner covers) goes if it goes.
/// Bodies that are `gone` give everything and are left out. `None` if a piece goes to a body that is not there.
fn reassign(relation: &Relation, gone: &BTreeSet<&str>, to: &impl Fn(&str, Option<&str>) -> Option<String>) -> Option<Relation> {
    let mut left: Vec<Body> = relation.left.clone();
    let mut left_outside: Vec<Amounts> = relation.left_outside.clone();
    let mut sums: BTreeMap<(usize, usize), Vec<&RelationPair>> = BTreeMap::new();
    for pair in &relation.pairs {
        let (body, partner) = (relation.left.get(pair.left)?, relation.right.get(pair.right)?);
        let target = match to(&body.code, Some(&partner.code)) {
            Some(code) => relation.position_left(&code)?,
            None => pair.left,
        };
        if target != pair.left && !gone.contains(body.code.as_str()) {
            give(left.get_mut(pair.left)?, &pair.amounts, -1.0);
            give(left.get_mut(target)?, &pair.amounts, 1.0);
        }
        sums.entry((target, pair.right)).or_default().push(pair);
    }
    for (index, body) in relation.left.iter().enumerate().filter(|(_, body)| gone.contains(body.code.as_str())) {
        let target = relation.position_left(&to(&body.code, None)?)?;
        let into = left.get_mut(target)?;
        into.area_m2 += body.area_m2;
        into.people = into.people.zip(body.people).map(|(a, b)| a + b);
        let outside = relation.left_outside.get(index)?;
        let sum = total([left_outside.get(target)?, outside].into_iter());
        *left_outside.get_mut(target)? = sum;
    }
    let kept: Vec<usize> =
        (0..relation.left.len()).filter(|body| relation.left.get(*body).is_some_and(|body| !gone.contains(body.code.as_str()))).collect();
    let place = |body: usize| kept.binary_search(&body).ok();
    let mut pairs = Vec::with_capacity(sums.len());
    for ((body, right), parts) in sums {
        let amounts = total(parts.iter().map(|pair| &pair.amounts));
        // A sliver beside more is no sliver.
        pairs.push(RelationPair { left: place(body)?, right, amounts, sliver: parts.iter().all(|pair| pair.sliver) });
    }
    Some(Relation {
        left: kept.iter().filter_map(|body| left.get(*body)).cloned().collect(),
        left_outside: kept.iter().filter_map(|body| left_outside.get(*body)).copied().collect(),
        pairs,
        right: relation.right.clone(),
        right_outside: relation.right_outside.clone(),
        has_people: relation.has_people,
        shapeless: relation.shapeless,
        sliver_width_m: relation.sliver_width_m,
    })
}

/// Adds a piece to a body (sign 1), or takes it away (sign -1).
fn give(body: &mut Body, piece: &Amounts, sign: f64) {
    body.area_m2 = (body.area_m2 + sign * piece.area_m2).max(0.0);
    body.people = body.people.zip(piece.people).map(|(all, part)| if sign < 0.0 { all - part } else { all + part });
}

/// Sum of amounts, an unknown part making the sum unknown. The perimeter is that of the parts: too long by twice what they share.
fn total<'a>(parts: impl Iterator<Item = &'a Amounts>) -> Amounts {
    let parts: Vec<&Amounts> = parts.collect();
    if let [only] = parts.as_slice() {
        return **only;
    }
    Amounts::total(parts)
}
