//! Chains of vintages: what every place was called, and was part of, through all the successions of a run that link up.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::alignment::DisjointSets;
use crate::domain::{Body, People};

use super::result::{ChangeType, Link, Succession};

/// Layers that successions tie together, with the history of their bodies.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// Layer ids: a layer comes after those it succeeds; where that leaves a choice, by id.
    pub layers: Vec<String>,
    /// By step, code, succession.
    pub rows: Vec<HistoryRow>,
}

/// One body of one vintage, as one succession led to it.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryRow {
    /// Bodies of all vintages that main links tie together: smallest code of the place's first vintage, `@`, that vintage.
    pub place: String,
    /// Position of the vintage in the chain, from 1.
    pub step: usize,
    /// Layer id.
    pub vintage: String,
    /// Code of the body.
    pub code: String,
    /// Its name.
    pub name: Option<String>,
    /// Its people, by the population of the succession that led here (in a first vintage: of the first that leads away).
    pub people: Option<People>,
    /// Succession that led here; `None` in a vintage that none leads to.
    pub succession: Option<String>,
    /// Its day.
    pub date: Option<Date>,
    /// Change that made the body; `None` without a succession.
    pub kind: Option<ChangeType>,
    /// Codes of main predecessors, sorted.
    pub predecessors: Vec<String>,
    /// Codes of bodies that a part was transferred from, sorted.
    pub transferred_from: Vec<String>,
    /// Codes of main successors in every vintage that follows, sorted.
    pub successors: Vec<String>,
    /// For a body of two or more main predecessors: the first succession that divided it again, or what it became one to one.
    pub undone_by: Option<String>,
    /// Predecessors of an undone merger whose code or name one of the parts has again, sorted.
    pub restored: Vec<String>,
    /// Whether the code stood for another area earlier in the chain.
    pub code_reused: bool,
}

/// A body of a vintage: layer, code.
type Node<'a> = (&'a str, &'a str);

/// The histories of all chains, by their first layer.
///
/// Two successions link up where one ends in the layer that the other starts from. Bodies are followed over main links; a transferred
/// part does not tie two places together. A vintage that two successions lead to has a row for each. Successions that go in a circle
/// have no first vintage (the config refuses them); their layers stand in the order of their ids.
pub fn history(successions: &[Succession]) -> Vec<Chain> {
    let layers: Vec<&str> =
        successions.iter().flat_map(|s| [s.from_layer.as_str(), s.to_layer.as_str()]).collect::<BTreeSet<_>>().into_iter().collect();
    let index = |layer: &str| layers.binary_search(&layer).unwrap_or_default();
    let mut tied = DisjointSets::new(layers.len());
    for succession in successions {
        tied.join(index(&succession.from_layer), index(&succession.to_layer));
    }
    let mut groups: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for (at, layer) in layers.iter().enumerate() {
        groups.entry(tied.root(at)).or_default().push(layer);
    }
    let mut chains: Vec<Chain> = groups
        .into_values()
        .map(|group| {
            let within: Vec<&Succession> = successions.iter().filter(|s| group.contains(&s.from_layer.as_str())).collect();
            chain(&group, &within)
        })
        .collect();
    chains.sort_by(|a, b| a.layers.cmp(&b.layers));
    chains
}

/// Layers with those they succeed before them, ties by id.
fn ordered<'a>(group: &[&'a str], within: &[&Succession]) -> Vec<&'a str> {
    let mut left: Vec<&str> = group.to_vec();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = |layer: &&str| !within.iter().any(|s| s.to_layer == *layer && left.contains(&s.from_layer.as_str()));
        // In a circle no layer is free: the smallest id goes first.
        let at = left.iter().position(free).unwrap_or(0);
        order.push(left.remove(at));
    }
    order
}

fn chain(group: &[&str], within: &[&Succession]) -> Chain {
    let layers = ordered(group, within);
    let steps = Steps::new(within);
    let places = places(&layers, &steps);
    let mut rows = Vec::new();
    for (at, layer) in layers.iter().enumerate() {
        let leading: Vec<Option<&Succession>> = within.iter().filter(|s| s.to_layer == *layer).map(|s| Some(*s)).collect();
        let leading = if leading.is_empty() { vec![None] } else { leading };
        for succession in leading {
            let bodies = match succession {
                Some(succession) => &succession.relation.right,
                None => within.iter().find(|s| s.from_layer == *layer).map_or(&[][..], |s| &s.relation.left),
            };
            for (index, body) in bodies.iter().enumerate() {
                let mut row = row(&steps, (layer, body), succession, index);
                row.step = at.saturating_add(1);
                row.place = places.get(&(*layer, body.code.as_str())).cloned().unwrap_or_default();
                row.code_reused = reused(layers.get(..at).unwrap_or_default(), within, succession, &body.code);
                rows.push(row);
            }
        }
    }
    rows.sort_by(|a, b| (a.step, &a.code, &a.succession).cmp(&(b.step, &b.code, &b.succession)));
    Chain { layers: layers.into_iter().map(str::to_owned).collect(), rows }
}

/// Main links forwards, by body.
struct Steps<'a> {
    /// Successions of the chain.
    within: Vec<&'a Succession>,
    /// Body to its main successors, in the order of the successions.
    forward: BTreeMap<Node<'a>, Vec<Step<'a>>>,
}

#[derive(Clone, Copy)]
struct Step<'a> {
    succession: &'a Succession,
    to: &'a Body,
}

/// Links that carry a body on: main ones that the map has.
fn main_link(link: &&Link) -> bool {
    !matches!(link.kind, ChangeType::TransferredPart)
}

impl<'a> Steps<'a> {
    fn new(within: &[&'a Succession]) -> Self {
        let mut forward: BTreeMap<Node<'a>, Vec<Step<'a>>> = BTreeMap::new();
        for succession in within {
            let relation = &succession.relation;
            for link in succession.links.iter().filter(main_link) {
                let ends = (link.from.and_then(|from| relation.left.get(from)), link.to.and_then(|to| relation.right.get(to)));
                if let (Some(from), Some(to)) = ends {
                    forward.entry((&succession.from_layer, &from.code)).or_default().push(Step { succession, to });
                }
            }
        }
        Self { within: within.to_vec(), forward }
    }

    fn of(&self, node: Node<'a>) -> &[Step<'a>] {
        self.forward.get(&node).map_or(&[], Vec::as_slice)
    }

    /// The first succession that divides a body, or what it became one to one, and the parts it divides into.
    fn divided(&self, node: Node<'a>) -> Option<(&'a Succession, Vec<&'a Body>)> {
        let mut seen: BTreeSet<Node<'a>> = BTreeSet::from([node]);
        let mut waiting: Vec<Node<'a>> = vec![node];
        while !waiting.is_empty() {
            let mut following = Vec::new();
            for at in waiting {
                let mut by_succession: BTreeMap<&str, (&'a Succession, Vec<&'a Body>)> = BTreeMap::new();
                for step in self.of(at) {
                    by_succession.entry(&step.succession.id).or_insert((step.succession, Vec::new())).1.push(step.to);
                }
                for (succession, parts) in by_succession.into_values() {
                    match parts.as_slice() {
                        [only] => {
                            // One to one only: a body that is swallowed by another merger is not divided with it.
                            let alone = succession.links.iter().filter(main_link).filter(|link| {
                                link.from.is_some()
                                    && link.to.and_then(|to| succession.relation.right.get(to)).is_some_and(|to| to.code == only.code)
                            });
                            let next: Node<'a> = (&succession.to_layer, &only.code);
                            if alone.count() == 1 && seen.insert(next) {
                                following.push(next);
                            }
                        }
                        _ => return Some((succession, parts)),
                    }
                }
            }
            waiting = following;
        }
        None
    }
}

fn row<'a>(steps: &Steps<'a>, (layer, body): (&&'a str, &'a Body), succession: Option<&'a Succession>, index: usize) -> HistoryRow {
    let node: Node<'a> = (layer, &body.code);
    let mut predecessors: Vec<&Body> = Vec::new();
    let mut transferred: BTreeSet<String> = BTreeSet::new();
    let mut kind = None;
    if let Some(succession) = succession {
        for link in succession.links.iter().filter(|link| link.to == Some(index)) {
            let from = link.from.and_then(|from| succession.relation.left.get(from));
            if link.kind == ChangeType::TransferredPart {
                // A link that only a declared table has may carry nobody and no land at all.
                let carried = link.people.is_some_and(|people| people.0 > 0) || link.area_m2 > 0.0;
                transferred.extend(from.filter(|_| carried).map(|body| body.code.clone()));
            } else {
                kind = kind.or(Some(link.kind));
                predecessors.extend(from);
            }
        }
    }
    let mut undone_by = None;
    let mut restored = BTreeSet::new();
    if predecessors.len() > 1
        && let Some((succession, parts)) = steps.divided(node)
    {
        undone_by = Some(succession.id.clone());
        for before in &predecessors {
            let again = |part: &&Body| part.code == before.code || (part.name.is_some() && part.name == before.name);
            if parts.iter().any(again) {
                restored.insert(before.code.clone());
            }
        }
    }
    let codes = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    HistoryRow {
        place: String::new(),
        step: 0,
        vintage: (*layer).to_owned(),
        code: body.code.clone(),
        name: body.name.clone(),
        people: body.people,
        succession: succession.map(|succession| succession.id.clone()),
        date: succession.and_then(|succession| succession.date),
        kind,
        predecessors: codes(predecessors.iter().map(|body| body.code.clone()).collect()),
        transferred_from: codes(transferred),
        successors: codes(steps.of(node).iter().map(|step| step.to.code.clone()).collect()),
        undone_by,
        restored: codes(restored),
        code_reused: false,
    }
}

/// Whether a code stood for another area before: with this succession, or in an earlier vintage but not in the one just before.
fn reused(earlier: &[&str], within: &[&Succession], succession: Option<&Succession>, code: &str) -> bool {
    let Some(succession) = succession else { return false };
    if succession.relation.position_left(code).is_some() {
        return succession.codes_reused.iter().any(|(reused, _)| reused == code);
    }
    let mut before: BTreeSet<&str> = BTreeSet::from([succession.from_layer.as_str()]);
    // Vintages that lead to this one, however many steps back.
    loop {
        let more: Vec<&str> = within.iter().filter(|s| before.contains(s.to_layer.as_str())).map(|s| s.from_layer.as_str()).collect();
        let count = before.len();
        before.extend(more.into_iter().filter(|layer| earlier.contains(layer)));
        if before.len() == count {
            break;
        }
    }
    within.iter().any(|s| before.contains(s.from_layer.as_str()) && s.relation.position_left(code).is_some())
}

/// The place of every body: the smallest code of the first vintage that the place has, and that vintage.
fn places<'a>(layers: &[&'a str], steps: &Steps<'a>) -> BTreeMap<Node<'a>, String> {
    let step_of = |layer: &str| layers.iter().position(|known| *known == layer).unwrap_or(usize::MAX);
    let mut nodes: BTreeSet<(usize, Node<'a>)> = BTreeSet::new();
    for succession in &steps.within {
        let sides = [(&succession.from_layer, &succession.relation.left), (&succession.to_layer, &succession.relation.right)];
        for (layer, bodies) in sides {
            nodes.extend(bodies.iter().map(|body| (step_of(layer), (layer.as_str(), body.code.as_str()))));
        }
    }
    // By step, then code: the root of a set is its smallest node, which is the one that names the place.
    let nodes: Vec<(usize, Node<'a>)> = nodes.into_iter().collect();
    let index = |node: Node<'_>| nodes.binary_search_by(|(step, known)| (*step, *known).cmp(&(step_of(node.0), node))).ok();
    let mut sets = DisjointSets::new(nodes.len());
    for (from, following) in &steps.forward {
        for step in following {
            if let (Some(a), Some(b)) = (index(*from), index((&step.succession.to_layer, &step.to.code))) {
                sets.join(a, b);
            }
        }
    }
    let name = |at: usize| nodes.get(at).map_or_else(String::new, |(_, (layer, code))| format!("{code}@{layer}"));
    let roots: Vec<usize> = (0..nodes.len()).map(|at| sets.root(at)).collect();
    nodes.iter().zip(roots).map(|((_, node), root)| (*node, name(root))).collect()
}
