//! What could be changed at a place, and how that reads.

use std::collections::{BTreeMap, BTreeSet};

use super::scene::{Scenery, is_of};
use crate::alignment::{Component, Side};
use crate::domain::People;
use crate::obstructions::sentence::{list, people};
use crate::obstructions::{Exposes, Obstruction};

/// Kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// Bodies of one side become one.
    Merge,
    /// The part of a body that lies in one partner goes to a neighbour that is in that partner too.
    Move,
    /// A pooled agreement of a pair for a service.
    Agreement,
    /// A joint investment plan of a pair.
    Plan,
    /// A body takes over the planning calendar of a partner.
    Cycle,
    /// A council gets a seat on a board, and a part in its commissioning subgroup.
    Seat,
    /// A district of a council gets a seat on a board.
    DistrictSeat,
    /// An NHS body takes joint commissioning over from its health authority.
    Responsibility,
}

impl ChangeKind {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Move => "move",
            Self::Agreement => "agreement",
            Self::Plan => "plan",
            Self::Cycle => "cycle",
            Self::Seat => "seat",
            Self::DistrictSeat => "district_seat",
            Self::Responsibility => "responsibility",
        }
    }
}

/// One change at one place. Its order is the order of ties: what is smaller comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Kind.
    pub kind: ChangeKind,
    /// Side of the subject.
    pub side: Side,
    /// Code of the body that changes: that merges or gives a part away (of several that merge, the one the others join), makes an
    /// agreement or plan, takes over a calendar or responsibility, or whose board it is.
    pub subject: String,
    /// Code of the body on the other side that it is about; in a merger `None`.
    pub partner: Option<String>,
    /// Codes of the bodies that join the subject; of the one that gets a part.
    pub others: Vec<String>,
    /// Service of an agreement; `None` for every service.
    pub service: Option<String>,
}

impl Change {
    fn new(kind: ChangeKind, side: Side, subject: &str, partner: &str) -> Self {
        Self { kind, side, subject: subject.to_owned(), partner: Some(partner.to_owned()), others: Vec::new(), service: None }
    }
}

/// Everything that could be changed at a place, sorted.
///
/// Mergers: the bodies of a side, and those of the NHS whose main partner is one council. Moves: the part of a body in a partner that is not
/// its main one, to the body that has most of that partner. The rest for pairs, bodies and services that some obstruction is about.
pub(super) fn candidates(scenery: &Scenery<'_>, component: &Component, found: &[&Obstruction]) -> Vec<Change> {
    let mut changes: BTreeSet<Change> = BTreeSet::new();
    for side in [Side::Health, Side::Council] {
        mergers(scenery, component, side, &mut changes);
        moves(scenery, component, side, &mut changes);
    }
    for obstruction in found {
        let (Some(subject), Some(partner), Some(side)) = (&obstruction.subject_code, &obstruction.partner_code, obstruction.subject_side)
        else {
            continue;
        };
        if obstruction.exposes != Exposes::Pair {
            continue;
        }
        let (health, council) = if side == Side::Health { (subject, partner) } else { (partner, subject) };
        let mut pair = |kind: ChangeKind| {
            changes.insert(Change::new(kind, Side::Health, health, council));
        };
        match &*obstruction.id {
            "BUD-03" | "GOV-03" => pair(ChangeKind::Plan),
            "GOV-01" | "GOV-02" => pair(ChangeKind::Seat),
            "GOV-04" => pair(ChangeKind::DistrictSeat),
            "LVL-05" => pair(ChangeKind::Responsibility),
            _ => {}
        }
        if obstruction.family == "CYC" {
            changes.insert(Change::new(ChangeKind::Cycle, Side::Health, health, council));
            changes.insert(Change::new(ChangeKind::Cycle, Side::Council, council, health));
        }
        if matches!(obstruction.family, "BUD" | "GOV" | "LVL") && obstruction.id != "LVL-05" {
            for service in services(scenery, health, council) {
                let mut agreement = Change::new(ChangeKind::Agreement, Side::Health, health, council);
                agreement.service = service;
                changes.insert(agreement);
            }
        }
    }
    changes.into_iter().collect()
}

/// Services that either side states money for in the latest year; all of them as one where none is stated.
fn services(scenery: &Scenery<'_>, health: &str, council: &str) -> BTreeSet<Option<String>> {
    let relation = &scenery.alignment.relation;
    let (left, right) = (relation.position_left(health), relation.position_right(council));
    let rows = scenery.pairs.iter().filter(|row| row.left == left && row.right == right && row.fiscal_year.as_deref() == scenery.year);
    let stated: BTreeSet<Option<String>> = rows.map(|row| row.service.as_deref().map(str::to_owned)).collect();
    if stated.is_empty() { BTreeSet::from([None]) } else { stated }
}

fn mergers(scenery: &Scenery<'_>, component: &Component, side: Side, changes: &mut BTreeSet<Change>) {
    let alignment = scenery.alignment;
    let (members, bodies) = match side {
        Side::Health => (&component.health, &alignment.relation.left),
        Side::Council => (&component.council, &alignment.relation.right),
    };
    let mut add = |group: &[usize]| {
        // The others join the one with the most people, else land; of equals the one with the smaller code.
        let weight = |body: &usize| bodies.get(*body).map(|body| (body.people, body.area_m2));
        let largest = group.iter().copied().reduce(|most, body| {
            let heavier = weight(&body).zip(weight(&most)).is_some_and(|(a, b)| a.0 > b.0 || (a.0 == b.0 && a.1 > b.1));
            if heavier { body } else { most }
        });
        let (Some(largest), true) = (largest, group.len() > 1) else { return };
        let code = |body: usize| bodies.get(body).map(|body| body.code.clone());
        let Some(subject) = code(largest) else { return };
        let others = group.iter().filter(|body| **body != largest).filter_map(|body| code(*body)).collect();
        changes.insert(Change { kind: ChangeKind::Merge, side, subject, partner: None, others, service: None });
    };
    add(members);
    let mut by_main: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for body in members {
        if let Some(main) = alignment.body(side, *body, component.basis).and_then(|metrics| metrics.main_partner) {
            by_main.entry(main).or_default().push(*body);
        }
    }
    by_main.values().for_each(|group| add(group));
}

fn moves(scenery: &Scenery<'_>, component: &Component, side: Side, changes: &mut BTreeSet<Change>) {
    let relation = &scenery.alignment.relation;
    let weight = |pair: &crate::domain::RelationPair| pair.amounts.weight(component.basis).unwrap_or(0.0);
    let ends = |pair: &crate::domain::RelationPair| match side {
        Side::Health => (pair.left, pair.right),
        Side::Council => (pair.right, pair.left),
    };
    let (bodies, partners) = match side {
        Side::Health => (&relation.left, &relation.right),
        Side::Council => (&relation.right, &relation.left),
    };
    for pair in relation.pairs.iter().filter(|pair| !pair.sliver && weight(pair) > 0.0) {
        let (body, partner) = ends(pair);
        let main = scenery.alignment.body(side, body, component.basis).and_then(|metrics| metrics.main_partner);
        if !is_of(component, side, body) || main == Some(partner) {
            continue;
        }
        let neighbours = relation.pairs.iter().filter(|other| ends(other).1 == partner && ends(other).0 != body);
        let most = neighbours.reduce(|most, other| if weight(other) > weight(most) { other } else { most });
        let Some((to, _)) = most.map(ends).filter(|(to, _)| is_of(component, side, *to)) else { continue };
        let code = |bodies: &[crate::domain::Body], body: usize| bodies.get(body).map(|body| body.code.clone());
        let (Some(subject), Some(within), Some(to)) = (code(bodies, body), code(partners, partner), code(bodies, to)) else { continue };
        changes.insert(Change { kind: ChangeKind::Move, side, subject, partner: Some(within), others: vec![to], service: None });
    }
}

/// A change in a sentence.
pub(super) fn sentence(scenery: &Scenery<'_>, change: &Change) -> String {
    let relation = &scenery.alignment.relation;
    let name = |side: Side, code: &str| {
        let (position, bodies) = match side {
            Side::Health => (relation.position_left(code), &relation.left),
            Side::Council => (relation.position_right(code), &relation.right),
        };
        let body = position.and_then(|body| bodies.get(body));
        body.and_then(|body| body.name.clone()).unwrap_or_else(|| code.to_owned())
    };
    let other = if change.side == Side::Health { Side::Council } else { Side::Health };
    let subject = name(change.side, &change.subject);
    let partner = change.partner.as_deref().map(|code| name(other, code)).unwrap_or_default();
    let others: Vec<String> = change.others.iter().map(|code| name(change.side, code)).collect();
    match change.kind {
        ChangeKind::Merge => format!("{subject} takes in {}.", list(&others)),
        ChangeKind::Move => {
            let pair = match change.side {
                Side::Health => {
                    relation.position_left(&change.subject).zip(change.partner.as_deref().and_then(|code| relation.position_right(code)))
                }
                Side::Council => {
                    change.partner.as_deref().and_then(|code| relation.position_left(code)).zip(relation.position_right(&change.subject))
                }
            };
            let many: Option<People> = pair.and_then(|(left, right)| relation.pair(left, right)?.amounts.people);
            let many = many.map_or_else(String::new, |number| format!(" ({} people)", people(number)));
            format!("The part of {subject} in {partner}{many} goes to {}.", list(&others))
        }
        ChangeKind::Agreement => {
            let service = change.service.as_deref().filter(|service| *service != "all").unwrap_or("every service");
            format!("{subject} and {partner} pool what they spend on {service} for the people of both.")
        }
        ChangeKind::Plan => format!("{subject} and {partner} make a joint investment plan."),
        ChangeKind::Cycle => format!("{subject} takes over the planning calendar of {partner}."),
        ChangeKind::Seat => format!("{partner} gets a seat on the board of {subject} and a part in its commissioning subgroup."),
        ChangeKind::DistrictSeat => format!("A district of {partner} gets a seat on the board of {subject}."),
        ChangeKind::Responsibility => format!("{subject} takes joint commissioning with {partner} over from its health authority."),
    }
}
