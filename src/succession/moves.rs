//! Parts that would move from one body to another, by relabelling: the pairs of the blocks that move leave one body and join another.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::Result;
use crate::config::{Move, Tolerances, WhatIfPlan};
use crate::domain::{Amounts, Body, People, Relation, RelationPair};

use super::what_if::{is_sliver, near, problem};

/// The blocks that a layer is built from, measured against the other side of an alignment.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Blocks x the other side, of the same people as the alignment.
    pub relation: Relation,
    /// For each block the body of the layer that has it; `None` = none.
    pub owner: Vec<Option<usize>>,
}

/// What is left of a body, or what it gains, while blocks move.
#[derive(Debug, Clone)]
struct Changing {
    body: Body,
    outside: Amounts,
    pairs: BTreeMap<usize, (Amounts, bool)>,
    blocks: Vec<usize>,
    /// Whether blocks came or went: figures are then bounds where a merger's are.
    changed: bool,
}

/// A relation after its moves.
pub(super) struct Moved {
    pub relation: Relation,
    /// What of each body before is in which body after.
    pub cells: Vec<(usize, usize, Amounts)>,
}

/// Moves the blocks of a proposal, in its order.
///
/// People are exact and stay what they are in sum, also where the blocks do not tell the people of the layer to the millionth: a body gives
/// at most what it has, and all of it where none of its blocks is left there. Areas are sums. Perimeters are bounds, as in a merger: a part
/// taken away may lengthen what is left by its own perimeter.
///
/// # Errors
/// [`Error::Config`](crate::Error::Config) with the proposal's line, for a body or block that is not there (with the nearest), a block of
/// another body, a new body without a name, a name for one that is there, or a body that would give away every block.
pub(super) fn move_parts(relation: &Relation, plan: &WhatIfPlan, parts: &Parts, config: &Path, tolerances: &Tolerances) -> Result<Moved> {
    let fail = |message: String| problem(config, plan.line, format!("what_if {}: {message}", plan.id));
    let mut states: BTreeMap<String, Changing> = BTreeMap::new();
    let mut flows: BTreeMap<(String, String), Amounts> = BTreeMap::new();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for part in &plan.moves {
        if let Some(block) = part.blocks.iter().find(|block| !named.insert(block.as_str())) {
            return Err(fail(format!("block {block} of the move from {} to {} moves twice; name it once", part.from, part.to)));
        }
        check(relation, part, &states).map_err(&fail)?;
        for code in [&part.from, &part.to] {
            if !states.contains_key(code) {
                states.insert(code.clone(), Changing::of(relation, parts, code, part.name.as_deref()));
            }
        }
        let Some(mut from) = states.remove(&part.from) else { continue };
        let taken = take(relation, parts, part, &mut from).map_err(&fail)?;
        let flow = flows.entry((part.from.clone(), part.to.clone())).or_insert_with(|| nothing(relation));
        *flow = Amounts::total([*flow, taken.whole].iter());
        states.insert(part.from.clone(), from);
        if let Some(to) = states.get_mut(&part.to) {
            to.receive(taken);
        }
    }
    Ok(finish(relation, states, &flows, tolerances))
}

/// What is taken from a body.
struct Taken {
    whole: Amounts,
    outside: Amounts,
    pairs: BTreeMap<usize, Amounts>,
    blocks: Vec<usize>,
}

fn check(relation: &Relation, part: &Move, states: &BTreeMap<String, Changing>) -> std::result::Result<(), String> {
    let there = |code: &str| relation.position_left(code).is_some();
    let known = || relation.left.iter().map(|body| body.code.as_str());
    if !there(&part.from) {
        return Err(format!("code {} of the move to {} is not in the layer{}", part.from, part.to, near(&part.from, known())));
    }
    match (there(&part.to) || states.contains_key(&part.to), &part.name) {
        (true, None) | (false, Some(_)) => Ok(()),
        (true, Some(_)) => Err(format!(
            "code {} of the move from {} is there already and has its name; remove name, or choose another code",
            part.to, part.from
        )),
        (false, None) => Err(format!(
            "code {} of the move from {} is not in the layer{}; to make the blocks a body of their own, give it a name",
            part.to,
            part.from,
            near(&part.to, known())
        )),
    }
}

fn take(relation: &Relation, parts: &Parts, part: &Move, from: &mut Changing) -> std::result::Result<Taken, String> {
    let mut blocks = Vec::with_capacity(part.blocks.len());
    for code in &part.blocks {
        let Some(block) = parts.relation.position_left(code) else {
            let known = from.blocks.iter().filter_map(|block| parts.relation.left.get(*block)).map(|block| block.code.as_str());
            return Err(format!("block {code} of the move from {} to {} is not among the blocks{}", part.from, part.to, near(code, known)));
        };
        if !from.blocks.contains(&block) {
            let owner = parts.owner.get(block).copied().flatten().and_then(|owner| relation.left.get(owner));
            let owner = owner.map_or_else(|| "in no body".to_owned(), |owner| format!("a block of {}", owner.code));
            return Err(format!("block {code} of the move from {} to {} is {owner}; name a block of {}", part.from, part.to, part.from));
        }
        blocks.push(block);
    }
    from.blocks.retain(|block| !blocks.contains(block));
    if from.blocks.is_empty() {
        return Err(format!("every block of {} moves to {}; propose a merger instead", part.from, part.to));
    }
    let mut pairs = BTreeMap::new();
    let met: BTreeSet<usize> = blocks.iter().flat_map(|block| parts.relation.pairs_of_left(*block)).map(|pair| pair.right).collect();
    for right in met {
        let of = |blocks: &[usize]| -> Vec<Amounts> {
            blocks.iter().filter_map(|block| parts.relation.pair(*block, right)).map(|pair| pair.amounts).collect()
        };
        let Some((has, _)) = from.pairs.get(&right).copied() else { continue };
        let stays = of(&from.blocks);
        let goes = if stays.is_empty() { has } else { at_most(Amounts::total(of(&blocks).iter()), has) };
        if stays.is_empty() {
            from.pairs.remove(&right);
        } else {
            from.pairs.insert(right, (minus(has, goes), false));
        }
        pairs.insert(right, goes);
    }
    let outside = |blocks: &[usize]| {
        let each: Vec<Amounts> = blocks.iter().filter_map(|block| parts.relation.left_outside.get(*block)).copied().collect();
        Amounts::total(each.iter())
    };
    let stays = outside(&from.blocks);
    let empty = stays.area_m2 <= 0.0 && stays.people.is_none_or(|people| people.0 == 0);
    let gone = if empty { from.outside } else { at_most(outside(&blocks), from.outside) };
    from.outside = minus(from.outside, gone);
    // A body has the people of its pairs and of what is uncovered, no more and no fewer: so has what leaves it.
    let area_m2: f64 = blocks.iter().filter_map(|block| parts.relation.left.get(*block)).map(|block| block.area_m2).sum();
    let people: Option<People> = pairs.values().chain([&gone]).map(|amounts| amounts.people).sum();
    let people = people.filter(|_| relation.has_people);
    let whole = Amounts { area_m2: area_m2.min(from.body.area_m2), people, people_low: people, people_high: people, ..Amounts::default() };
    from.body.area_m2 -= whole.area_m2;
    from.body.people = from.body.people.zip(whole.people).map(|(all, part)| all - part);
    from.changed = true;
    Ok(Taken { whole, outside: gone, pairs, blocks })
}

impl Changing {
    /// A body as it is; an empty one where the relation does not have it.
    fn of(relation: &Relation, parts: &Parts, code: &str, name: Option<&str>) -> Self {
        let Some(index) = relation.position_left(code) else {
            let people = relation.has_people.then_some(People(0));
            let body = Body { code: code.to_owned(), name: name.map(str::to_owned), area_m2: 0.0, people };
            return Self { body, outside: nothing(relation), pairs: BTreeMap::new(), blocks: Vec::new(), changed: true };
        };
        let empty = || Body { code: code.to_owned(), name: None, area_m2: 0.0, people: None };
        Self {
            body: relation.left.get(index).cloned().unwrap_or_else(empty),
            outside: relation.left_outside.get(index).copied().unwrap_or_else(|| nothing(relation)),
            pairs: relation.pairs_of_left(index).iter().map(|pair| (pair.right, (pair.amounts, pair.sliver))).collect(),
            blocks: parts.owner.iter().enumerate().filter(|(_, owner)| **owner == Some(index)).map(|(block, _)| block).collect(),
            changed: false,
        }
    }

    fn receive(&mut self, taken: Taken) {
        self.body.area_m2 += taken.whole.area_m2;
        self.body.people = self.body.people.zip(taken.whole.people).map(|(all, part)| all + part);
        self.outside = Amounts::total([self.outside, taken.outside].iter());
        for (right, amounts) in taken.pairs {
            let sum = match self.pairs.get(&right) {
                Some((has, _)) => Amounts::total([*has, amounts].iter()),
                None => amounts,
            };
            self.pairs.insert(right, (sum, false));
        }
        self.blocks.extend(taken.blocks);
        self.changed = true;
    }
}

/// The relation with every changed body in its place, by code.
fn finish(
    relation: &Relation,
    mut states: BTreeMap<String, Changing>,
    flows: &BTreeMap<(String, String), Amounts>,
    tolerances: &Tolerances,
) -> Moved {
    let mut bodies: BTreeMap<String, Changing> = BTreeMap::new();
    for (index, body) in relation.left.iter().enumerate() {
        let state = states.remove(&body.code).unwrap_or_else(|| Changing {
            body: body.clone(),
            outside: relation.left_outside.get(index).copied().unwrap_or_else(|| nothing(relation)),
            pairs: relation.pairs_of_left(index).iter().map(|pair| (pair.right, (pair.amounts, pair.sliver))).collect(),
            blocks: Vec::new(),
            changed: false,
        });
        bodies.insert(body.code.clone(), state);
    }
    bodies.extend(states);
    // A part without land is no trace of a line drawn twice.
    let width_m = if relation.shapeless { 0.0 } else { tolerances.sliver_width_m.unwrap_or(relation.sliver_width_m) };
    let mut after = Relation {
        right: relation.right.clone(),
        right_outside: relation.right_outside.clone(),
        has_people: relation.has_people,
        shapeless: relation.shapeless,
        sliver_width_m: relation.sliver_width_m,
        ..Relation::default()
    };
    for (left, state) in bodies.values().enumerate() {
        for (right, (amounts, sliver)) in &state.pairs {
            let (mut amounts, mut sliver) = (*amounts, *sliver);
            if let Some(theirs) = relation.right.get(*right).filter(|_| state.changed) {
                let cap = state.body.people.min(theirs.people).max(amounts.people);
                amounts.people_high = amounts.people_high.min(cap);
                sliver = is_sliver(&amounts, &state.body, theirs, width_m, tolerances);
            }
            after.pairs.push(RelationPair { left, right: *right, amounts, sliver });
        }
        after.left.push(state.body.clone());
        after.left_outside.push(state.outside);
    }
    let mut cells = Vec::new();
    for (index, body) in relation.left.iter().enumerate() {
        let mut stays = whole(body);
        for ((_, to), flow) in flows.iter().filter(|((from, _), _)| *from == body.code) {
            stays = minus(stays, *flow);
            cells.extend(after.position_left(to).map(|to| (index, to, *flow)));
        }
        cells.extend(after.position_left(&body.code).map(|same| (index, same, stays)));
    }
    cells.sort_by_key(|(from, to, _)| (*from, *to));
    Moved { relation: after, cells }
}

/// All of a body, as amounts without an outline.
pub(super) fn whole(body: &Body) -> Amounts {
    let people = body.people;
    Amounts { area_m2: body.area_m2, people, people_low: people, people_high: people, ..Amounts::default() }
}

/// Nothing and nobody.
pub(super) fn nothing(relation: &Relation) -> Amounts {
    let nobody = relation.has_people.then_some(People(0));
    Amounts { people: nobody, people_low: nobody, people_high: nobody, ..Amounts::default() }
}

/// The part, no more than there is.
fn at_most(part: Amounts, all: Amounts) -> Amounts {
    let people = part.people.zip(all.people).map(|(part, all)| part.min(all));
    Amounts { area_m2: part.area_m2.min(all.area_m2), people, ..part }
}

/// What is left: areas and people are differences; the perimeter is at most both together.
fn minus(all: Amounts, part: Amounts) -> Amounts {
    let nobody = People(0);
    let area_m2 = (all.area_m2 - part.area_m2).max(0.0);
    let boundary_m = all.boundary_m + part.boundary_m;
    let people = all.people.zip(part.people).map(|(all, part)| (all - part).max(nobody));
    Amounts {
        area_m2,
        boundary_m,
        thickness_m: if area_m2 > 0.0 && boundary_m > 0.0 { 2.0 * area_m2 / boundary_m } else { 0.0 },
        people,
        people_low: all.people_low.zip(part.people_high).map(|(all, part)| (all - part).max(nobody)).min(people),
        people_high: all.people_high.zip(part.people_low).map(|(all, part)| (all - part).max(nobody)).max(people),
    }
}
