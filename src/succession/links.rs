//! Links between two vintages of a layer, and the change each is part of (domain.md E3).

use std::collections::BTreeMap;

use crate::alignment::{DisjointSets, at_least};
use crate::config::Tolerances;
use crate::domain::{Amounts, Basis, Body, Finding, People, Relation, RelationPair};

use super::result::{ChangeType, Link};

/// Links of a relation predecessor x successor.
pub(super) struct Links {
    /// Basis judged on.
    pub basis: Basis,
    /// By (predecessor, successor), `None` last.
    pub rows: Vec<Link>,
    /// Groups by type; transferred parts by row.
    pub groups: Vec<(ChangeType, usize)>,
    /// Codes kept by bodies whose area changed, with the Jaccard.
    pub codes_reused: Vec<(String, f64)>,
    /// Overlaps that are no link: how many, people, square metres.
    pub left_out: (usize, Option<People>, f64),
    /// Bodies that have a main link, per side: any other is new or abolished.
    pub has_main: (Vec<bool>, Vec<bool>),
}

/// Whether a pair is a link, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strength {
    Main,
    Minor,
    None,
}

/// Basis that links are judged on: people where there are any at all, else area.
pub(super) fn basis(relation: &Relation) -> Basis {
    let anybody = relation.left.iter().chain(&relation.right).any(|body| body.people.is_some_and(|people| people.0 > 0));
    if relation.has_people && anybody { Basis::People } else { Basis::Area }
}

/// Share of a body that lies in `part`. A body where no one lives is judged by its area even where the others are judged by people:
/// it has not vanished because nobody moved with it.
fn share_of(body: Option<&Body>, part: &Amounts, basis: Basis) -> Option<f64> {
    let body = body?;
    let people = body.people.filter(|people| basis == Basis::People && people.0 > 0);
    match people {
        Some(all) => part.people.and_then(|part| crate::alignment::share(part.as_f64(), all.as_f64())),
        None => crate::alignment::share(part.area_m2, body.area_m2),
    }
}

/// Whether a relation says which codes are linked, and nothing of how much.
fn by_code(relation: &Relation) -> bool {
    relation.shapeless && !relation.has_people
}

/// `f` and `b` of a pair: its shares of the predecessor and of the successor.
pub(super) fn shares(relation: &Relation, pair: &RelationPair, basis: Basis) -> (Option<f64>, Option<f64>) {
    (share_of(relation.left.get(pair.left), &pair.amounts, basis), share_of(relation.right.get(pair.right), &pair.amounts, basis))
}

/// The shares that a pair is judged by: [`shares`], and where people are not known and there is no land, those of the people who are known.
fn judged(relation: &Relation, pair: &RelationPair, basis: Basis) -> (Option<f64>, Option<f64>) {
    let (forward, backward) = shares(relation, pair, basis);
    if basis != Basis::People || !relation.shapeless || (forward.is_some() && backward.is_some()) {
        return (forward, backward);
    }
    let (known_forward, known_backward) = relation.known_shares(pair);
    (forward.or(Some(known_forward)), backward.or(Some(known_backward)))
}

/// Main: `f` or `b` at least `main_link`, sliver or not. Minor: `f` or `b` at least `link`, and no sliver.
pub(super) fn strength(relation: &Relation, pair: &RelationPair, basis: Basis, tolerances: &Tolerances) -> Strength {
    // Links that have no weight are what somebody has written down.
    if by_code(relation) {
        return Strength::Main;
    }
    let (forward, backward) = judged(relation, pair, basis);
    let reaches = |bound: f64| [forward, backward].into_iter().flatten().any(|share| at_least(share, bound));
    if reaches(tolerances.main_link) {
        Strength::Main
    } else if !pair.sliver && reaches(tolerances.link) {
        Strength::Minor
    } else {
        Strength::None
    }
}

/// Finds the links of a relation and types them by the components of the main ones.
pub(super) fn links(relation: &Relation, tolerances: &Tolerances) -> Links {
    let basis = basis(relation);
    let (lefts, rights) = (relation.left.len(), relation.right.len());
    let strengths: Vec<Strength> = relation.pairs.iter().map(|pair| strength(relation, pair, basis, tolerances)).collect();
    let nodes = lefts.saturating_add(rights);
    let mut sets = DisjointSets::new(nodes);
    let mut has_main = (vec![false; lefts], vec![false; rights]);
    let mut has_minor = (vec![false; lefts], vec![false; rights]);
    for (pair, strength) in relation.pairs.iter().zip(&strengths) {
        let marks = match strength {
            Strength::Main => {
                sets.join(pair.left, lefts.saturating_add(pair.right));
                &mut has_main
            }
            Strength::Minor => &mut has_minor,
            Strength::None => continue,
        };
        mark(&mut marks.0, pair.left);
        mark(&mut marks.1, pair.right);
    }
    // Shape of each group: predecessors, successors.
    let mut shapes: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for node in 0..nodes {
        let shape = shapes.entry(sets.root(node)).or_default();
        let members = if node < lefts { &mut shape.0 } else { &mut shape.1 };
        *members = members.saturating_add(1);
    }
    let mut rows = Vec::new();
    let mut groups: BTreeMap<ChangeType, usize> = BTreeMap::new();
    let mut typed: BTreeMap<usize, ChangeType> = BTreeMap::new();
    let mut left_out = (0usize, Some(People(0)), 0.0);
    for (pair, strength) in relation.pairs.iter().zip(&strengths) {
        let (forward_share, backward_share) = shares(relation, pair, basis);
        let with_transfer = marked(&has_minor.0, pair.left) || marked(&has_minor.1, pair.right);
        let kind = match strength {
            Strength::None => {
                left_out.0 = left_out.0.saturating_add(1);
                left_out.1 = left_out.1.zip(pair.amounts.people).map(|(sum, people)| sum + people);
                left_out.2 += pair.amounts.area_m2;
                continue;
            }
            Strength::Minor => {
                let count = groups.entry(ChangeType::TransferredPart).or_insert(0);
                *count = count.saturating_add(1);
                ChangeType::TransferredPart
            }
            Strength::Main => {
                let root = sets.root(pair.left);
                *typed.entry(root).or_insert_with(|| {
                    let kind = match shapes.get(&root).copied().unwrap_or_default() {
                        (1, 1) => one_to_one(relation, pair, judged(relation, pair, basis), with_transfer, tolerances),
                        (_, 1) => ChangeType::Merged,
                        (1, _) => ChangeType::Split,
                        _ => ChangeType::Complex,
                    };
                    let count = groups.entry(kind).or_insert(0);
                    *count = count.saturating_add(1);
                    kind
                })
            }
        };
        rows.push(Link {
            from: Some(pair.left),
            to: Some(pair.right),
            people: pair.amounts.people,
            area_m2: pair.amounts.area_m2,
            pence: None,
            forward_share,
            backward_share,
            kind,
            with_transfer,
            declared: None,
            reason: None,
        });
    }
    for (body, _) in has_main.0.iter().enumerate().filter(|(_, has)| !**has) {
        let count = groups.entry(ChangeType::Abolished).or_insert(0);
        *count = count.saturating_add(1);
        let outside = relation.left_outside.get(body).copied().unwrap_or_default();
        let share = share_of(relation.left.get(body), &outside, basis);
        rows.push(end(Some(body), None, &outside, (share, None), ChangeType::Abolished, marked(&has_minor.0, body)));
    }
    for (body, _) in has_main.1.iter().enumerate().filter(|(_, has)| !**has) {
        let count = groups.entry(ChangeType::New).or_insert(0);
        *count = count.saturating_add(1);
        let outside = relation.right_outside.get(body).copied().unwrap_or_default();
        let share = share_of(relation.right.get(body), &outside, basis);
        rows.push(end(None, Some(body), &outside, (None, share), ChangeType::New, marked(&has_minor.1, body)));
    }
    sort(&mut rows);
    Links { basis, rows, groups: groups.into_iter().collect(), codes_reused: codes_reused(relation, basis, tolerances), left_out, has_main }
}

/// By (predecessor, successor), `None` last.
pub(super) fn sort(rows: &mut [Link]) {
    let key = |body: Option<usize>| body.unwrap_or(usize::MAX);
    rows.sort_by_key(|row| (key(row.from), key(row.to)));
}

/// The row of a body without a counterpart: what of it lies in no body of the other layer.
fn end(
    from: Option<usize>,
    to: Option<usize>,
    outside: &Amounts,
    shares: (Option<f64>, Option<f64>),
    kind: ChangeType,
    with_transfer: bool,
) -> Link {
    Link {
        from,
        to,
        people: outside.people,
        area_m2: outside.area_m2,
        pence: None,
        forward_share: shares.0,
        backward_share: shares.1,
        kind,
        with_transfer,
        declared: None,
        reason: None,
    }
}

/// The type of a body that has one successor which has one predecessor. A code that changed is told before a name that did.
fn one_to_one(
    relation: &Relation,
    pair: &RelationPair,
    shares: (Option<f64>, Option<f64>),
    with_transfer: bool,
    tolerances: &Tolerances,
) -> ChangeType {
    let whole = |share: Option<f64>| share.is_some_and(|share| at_least(share, 1.0 - tolerances.equal));
    if !by_code(relation) && (with_transfer || !whole(shares.0) || !whole(shares.1)) {
        return ChangeType::BoundaryAdjusted;
    }
    let (Some(from), Some(to)) = (relation.left.get(pair.left), relation.right.get(pair.right)) else {
        return ChangeType::BoundaryAdjusted;
    };
    // A layer without names says nothing about renaming.
    let renamed = from.name.as_ref().zip(to.name.as_ref()).is_some_and(|(before, after)| before.trim() != after.trim());
    if from.code != to.code {
        ChangeType::Recoded
    } else if renamed {
        ChangeType::Renamed
    } else {
        ChangeType::Unchanged
    }
}

/// Codes that stand in both layers for areas whose Jaccard is below `1 - equal`: the same word for another thing.
fn codes_reused(relation: &Relation, basis: Basis, tolerances: &Tolerances) -> Vec<(String, f64)> {
    let mut reused = Vec::new();
    for (left, body) in relation.left.iter().enumerate() {
        let Some(right) = relation.position_right(&body.code) else { continue };
        let jaccard = relation.pair(left, right).map_or(Some(0.0), |pair| jaccard(relation, pair, basis));
        if let Some(jaccard) = jaccard.filter(|jaccard| !at_least(*jaccard, 1.0 - tolerances.equal)) {
            reused.push((body.code.clone(), jaccard));
        }
    }
    reused
}

/// Jaccard of a pair by people, or by area where no one lives in either body.
fn jaccard(relation: &Relation, pair: &RelationPair, basis: Basis) -> Option<f64> {
    let (left, right) = (relation.left.get(pair.left)?, relation.right.get(pair.right)?);
    if basis == Basis::People {
        let (ours, theirs, both) = (left.people?, right.people?, pair.amounts.people?);
        if ours.0 > 0 || theirs.0 > 0 {
            return crate::alignment::jaccard(both.as_f64(), ours.as_f64(), theirs.as_f64());
        }
    }
    crate::alignment::jaccard(pair.amounts.area_m2, left.area_m2, right.area_m2)
}

/// What the links do not tell.
pub(super) fn findings(
    links: &Links,
    relation: &Relation,
    from_layer: &str,
    to_layer: &str,
    id: &str,
    tolerances: &Tolerances,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (count, people, area_m2) = links.left_out;
    if count > 0 {
        let of = match people {
            Some(people) => format!("{:.0} people in all", people.as_f64()),
            None => format!("{area_m2:.0} m2 in all"),
        };
        let detail = format!("{count} overlaps of a predecessor and a successor ({of}) are below the share {} or slivers", tolerances.link);
        findings.push(Finding::new("DQ-15", detail, "left out of the links").layer(id).value(count as f64, "rows"));
    }
    // A body with main links has no row for what lies in no counterpart; a body without any has (new, abolished).
    let sides = [
        (&relation.left, &relation.left_outside, &links.has_main.0, from_layer, "successor", "in"),
        (&relation.right, &relation.right_outside, &links.has_main.1, to_layer, "predecessor", "from"),
    ];
    for (bodies, outsides, has_main, layer, other, preposition) in sides {
        for ((body, outside), _) in bodies.iter().zip(outsides).zip(has_main).filter(|(_, has_main)| **has_main) {
            let Some(share) = share_of(Some(body), outside, links.basis).filter(|share| at_least(*share, tolerances.link)) else {
                continue;
            };
            let detail = format!("a share of {share:.4} of {} is {preposition} no {other}", body.code);
            let finding = Finding::new("DQ-10", detail, "kept, without a link").layer(layer).code(body.code.clone());
            findings.push(match outside.people {
                Some(people) if links.basis == Basis::People => finding.value(people.as_f64(), "people"),
                _ => finding.value(outside.area_m2, "m2"),
            });
        }
    }
    findings
}

fn mark(marks: &mut [bool], body: usize) {
    if let Some(mark) = marks.get_mut(body) {
        *mark = true;
    }
}

fn marked(marks: &[bool], body: usize) -> bool {
    marks.get(body).copied().unwrap_or(false)
}
