//! Proposals, by relabelling: the pairs of a measured alignment are summed under their new codes, no polygon is touched. Parts that move
//! (`moves`) come first, mergers after them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crate::alignment::{Alignment, Side, measure};
use crate::config::{Merge, Tolerances, WhatIfPlan};
use crate::domain::{Amounts, Body, Finding, Layer, Relation, RelationPair};
use crate::{Error, Result};

use super::effect::{Change, effects};
use super::links;
use super::moves::{Moved, Parts, move_parts, nothing, whole};
use super::result::Succession;
use super::standing::{Join, join};

/// What [`what_if`] needs.
#[derive(Debug, Clone, Copy)]
pub struct Proposal<'a> {
    /// The proposal.
    pub plan: &'a WhatIfPlan,
    /// The config file, for messages.
    pub config: &'a Path,
    /// The layer it is about: either side of `before`.
    pub layer: &'a Layer,
    /// The alignment as it is.
    pub before: &'a Alignment,
    /// The run's tolerances.
    pub tolerances: &'a Tolerances,
    /// The blocks of the layer against the other side of `before`; needed where parts move.
    pub parts: Option<&'a Parts>,
}

/// What a proposal would do.
#[derive(Debug, Clone)]
pub struct WhatIf {
    /// The alignment as it would be.
    pub after: Alignment,
    /// From the layer as it is to the layer as it would be, with the effect on every body and council.
    pub succession: Succession,
    /// What the links leave out: DQ-15 for a part that is too small for one.
    pub findings: Vec<Finding>,
}

/// Evaluates proposed mergers and moves against an alignment: who would become whom, and what that would do to coterminosity on both sides.
///
/// Costs a pass over the alignment's pairs, and over the blocks of bodies that a part moves from or to. The succession is from the layer's id to the proposal's id and has no date.
///
/// # Errors
/// [`Error::Config`] with the proposal's line, if the layer is no side of the alignment, a merger names no code, a code is not in the
/// layer or is named twice, or the new code is that of a body that stays or of another merger; where parts move, for a layer without blocks,
/// a body or block that is not there or is another's, or a body that would give all it has.
pub fn what_if(proposal: Proposal<'_>) -> Result<WhatIf> {
    let Proposal { plan, before, tolerances, .. } = proposal;
    let side = if before.health_layer == proposal.layer.id {
        Side::Health
    } else if before.council_layer == proposal.layer.id {
        Side::Council
    } else {
        let message = format!(
            "what_if {}: layer {} is not a side of alignment {}; name one of its two layers",
            plan.id, proposal.layer.id, before.id
        );
        return Err(problem(proposal.config, plan.line, message));
    };
    let ours = match side {
        Side::Health => Cow::Borrowed(&before.relation),
        Side::Council => Cow::Owned(before.relation.turned()),
    };
    let moved = match (plan.moves.as_slice(), proposal.parts) {
        ([], _) => None,
        (_, Some(parts)) => Some(move_parts(&ours, plan, parts, proposal.config, tolerances)?),
        (_, None) => {
            let message = format!(
                "what_if {}: layer {} is not built from blocks, so no part of it can move; propose mergers",
                plan.id, proposal.layer.id
            );
            return Err(problem(proposal.config, plan.line, message));
        }
    };
    let (merged, becomes) = merge_left(moved.as_ref().map_or(&*ours, |moved| &moved.relation), plan, proposal.config, tolerances)?;
    let relation = carried(&ours, &merged.left, &becomes, moved.as_ref());
    let merged = match side {
        Side::Health => merged,
        Side::Council => merged.turned(),
    };
    let (health_layer, council_layer) = match side {
        Side::Health => (plan.id.as_str(), before.council_layer.as_str()),
        Side::Council => (before.health_layer.as_str(), plan.id.as_str()),
    };
    let after = measure(&plan.id, health_layer, council_layer, merged, tolerances);
    let found = links::links(&relation, tolerances);
    let findings = links::findings(&found, &relation, &proposal.layer.id, &plan.id, &plan.id, tolerances);
    let effects = effects(&Change {
        before,
        after: &after,
        health_only: if side == Side::Health { &after } else { before },
        council_only: if side == Side::Health { before } else { &after },
        health: (side == Side::Health).then_some(&relation),
        council: (side == Side::Council).then_some(&relation),
        tolerances,
    });
    let succession = Succession {
        id: plan.id.clone(),
        from_layer: proposal.layer.id.clone(),
        to_layer: plan.id.clone(),
        date: None,
        basis: found.basis,
        fiscal_year: None,
        links: found.rows,
        effects: effects.bodies,
        lines: effects.lines,
        proofs: effects.proofs,
        codes_reused: found.codes_reused,
        groups: found.groups,
        relation,
    };
    Ok(WhatIf { after, succession, findings })
}

/// Checks every code of a proposal against its layer and, where parts move, against the blocks that it is built from; measures nothing.
///
/// # Errors
/// Those of [`what_if`] but for a layer that is no side of an alignment.
pub fn check_proposal(plan: &WhatIfPlan, layer: &Layer, blocks: Option<(&Layer, Vec<Option<usize>>)>, config: &Path) -> Result<()> {
    // Codes alone: a relation without pairs is relabelled as one with pairs is, and refused for the same reasons.
    let codes = |layer: &Layer| Relation {
        left: layer.areas.iter().map(|area| Body { code: area.code.clone(), name: None, area_m2: 0.0, people: None }).collect(),
        left_outside: vec![Amounts::default(); layer.areas.len()],
        ..Relation::default()
    };
    let mut relation = codes(layer);
    let tolerances = Tolerances::default();
    if let Some((blocks, owner)) = blocks {
        relation = move_parts(&relation, plan, &Parts { relation: codes(blocks), owner }, config, &tolerances)?.relation;
    }
    merge_left(&relation, plan, config, &tolerances).map(|_| ())
}

/// The relation with left bodies merged as proposed, and the index of the body that each left body becomes.
///
/// Equals the relation of the dissolved layer: areas, people, outside are sums of the parts. Three figures cannot be had without the
/// polygons and are bounds: `boundary_m` is the sum of the parts' perimeters (too long by twice what the parts share), `thickness_m` is
/// therefore at most the true one, and `people_high` counts a block that two parts may both hold twice, up to what the pair's
/// bodies hold in all. Whether a summed pair is a sliver is judged again by the rule of domain.md E1.
///
/// # Errors
/// [`Error::Config`] as for [`what_if`].
pub fn merge_left(relation: &Relation, plan: &WhatIfPlan, config: &Path, tolerances: &Tolerances) -> Result<(Relation, Vec<usize>)> {
    let mut sets: BTreeMap<&str, Join> = BTreeMap::new();
    for (body, merge) in joins(relation, plan, config)? {
        let empty = || Join { into: merge.into.clone(), name: merge.name.clone(), bodies: Vec::new() };
        sets.entry(merge.into.as_str()).or_insert_with(empty).bodies.push(body);
    }
    Ok(join(relation, &sets.into_values().collect::<Vec<_>>(), tolerances))
}

/// Which merger each left body joins, with every code of the proposal checked.
fn joins<'a>(relation: &Relation, plan: &'a WhatIfPlan, config: &Path) -> Result<BTreeMap<usize, &'a Merge>> {
    let fail = |message: String| Err(problem(config, plan.line, format!("what_if {}: {message}", plan.id)));
    let mut joins: BTreeMap<usize, &Merge> = BTreeMap::new();
    let mut news: BTreeMap<&str, usize> = BTreeMap::new();
    for merge in &plan.merge {
        if merge.codes.is_empty() {
            return fail(format!("the merger into {} names no code; list the bodies that merge", merge.into));
        }
        let count = news.entry(merge.into.as_str()).or_insert(0);
        *count = count.saturating_add(1);
        for code in &merge.codes {
            let Some(index) = relation.position_left(code) else {
                let known = relation.left.iter().map(|body| body.code.as_str());
                return fail(format!("code {code} of the merger into {} is not in the layer{}", merge.into, near(code, known)));
            };
            match joins.insert(index, merge) {
                Some(other) if std::ptr::eq(other, merge) => {
                    return fail(format!("code {code} is named twice in the merger into {}; name it once", merge.into));
                }
                Some(other) => {
                    return fail(format!("code {code} is in two mergers, into {} and into {}; keep it in one", other.into, merge.into));
                }
                None => {}
            }
        }
    }
    for (into, count) in &news {
        if *count > 1 {
            return fail(format!("two mergers are into {into}; join their codes in one merger, or give each a code of its own"));
        }
        if let Some(index) = relation.position_left(into)
            && joins.get(&index).is_none_or(|merge| merge.into != *into)
        {
            return fail(format!("the new code {into} is that of a body which is not part of that merger; choose another code"));
        }
    }
    Ok(joins)
}

pub(super) fn problem(config: &Path, line: usize, message: String) -> Error {
    Error::Config { path: Some(config.to_owned()), line: Some(line), message }
}

/// "; did you mean X" for the nearest code, if one is near.
pub(super) fn near<'a>(code: &str, known: impl Iterator<Item = &'a str>) -> String {
    match known.map(|other| (strsim::damerau_levenshtein(code, other), other)).min() {
        Some((distance, other)) if distance <= 2 => format!("; did you mean {other}"),
        _ => "; correct or remove it".to_owned(),
    }
}

/// The sliver rule of domain.md E1, as [`crate::weights`] applies it: shares are of area, people are a number.
pub(super) fn is_sliver(amounts: &Amounts, left: &Body, right: &Body, width_m: f64, tolerances: &Tolerances) -> bool {
    let small = |whole: f64| whole <= 0.0 || amounts.area_m2 / whole < tolerances.sliver_share;
    amounts.thickness_m < width_m
        && small(left.area_m2)
        && small(right.area_m2)
        && amounts.people.is_none_or(|people| people.as_f64() < tolerances.sliver_people)
}

/// Bodies x what they become. Perimeters are not known and stand as 0.
fn carried(before: &Relation, successors: &[Body], becomes: &[usize], moved: Option<&Moved>) -> Relation {
    let cells = match moved {
        Some(moved) => moved.cells.clone(),
        None => before.left.iter().enumerate().map(|(index, body)| (index, index, whole(body))).collect(),
    };
    let mut sums: BTreeMap<(usize, usize), Vec<Amounts>> = BTreeMap::new();
    for (from, to, amounts) in cells {
        if let Some(successor) = becomes.get(to) {
            sums.entry((from, *successor)).or_default().push(amounts);
        }
    }
    let pair = |((left, right), amounts): ((usize, usize), Vec<Amounts>)| RelationPair {
        left,
        right,
        amounts: Amounts::total(amounts.iter()),
        sliver: false,
    };
    Relation {
        left: before.left.clone(),
        pairs: sums.into_iter().map(pair).collect(),
        left_outside: vec![nothing(before); before.left.len()],
        right_outside: vec![nothing(before); successors.len()],
        right: successors.to_vec(),
        has_people: before.has_people,
        shapeless: before.shapeless,
        sliver_width_m: 0.0,
    }
}
