//! What could be changed at a place, and how that reads.

use std::collections::BTreeSet;

use super::scenery::Scenery;
use crate::alignment::{Component, Side};
use crate::domain::{Basis, People};
use crate::nesting::CrossingPart;
use crate::obstructions::{Exposes, Obstruction};
use crate::words::people;

/// Kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// A crossing part goes to the body of its side that it would belong to.
    Transfer,
    /// One agreement of a pair for every service.
    JointAgreement,
    /// Two bodies of one side that share a split body of the other become one.
    Merge,
    /// A joint investment plan of a pair.
    Plan,
    /// A body takes over the planning calendar of a partner.
    Calendar,
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
            Self::Transfer => "transfer",
            Self::JointAgreement => "joint_agreement",
            Self::Merge => "merge",
            Self::Plan => "plan",
            Self::Calendar => "calendar",
            Self::Seat => "seat",
            Self::DistrictSeat => "district_seat",
            Self::Responsibility => "responsibility",
        }
    }

    /// Whether a boundary moves.
    pub fn moves_a_line(self) -> bool {
        matches!(self, Self::Transfer | Self::Merge)
    }
}

/// One change at one place. Its order is the order of ties: what is smaller comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Kind.
    pub kind: ChangeKind,
    /// Side of the subject.
    pub side: Side,
    /// Code of the body that changes: that gives a part away, joins another, makes an agreement or plan, takes over a calendar or
    /// responsibility, or whose board it is.
    pub subject: String,
    /// Code of the body on the other side that it is about; in a merger the one that both share.
    pub partner: Option<String>,
    /// Code of the body that gets the part, or that the subject joins.
    pub to: Option<String>,
}

impl Change {
    fn new(kind: ChangeKind, side: Side, subject: &str, partner: &str) -> Self {
        Self { kind, side, subject: subject.to_owned(), partner: Some(partner.to_owned()), to: None }
    }
}

/// A change with the crossing part that it is for.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub change: Change,
    /// The part; `None` where no line is in the way.
    pub part: Option<CrossingPart>,
}

/// Everything that could be changed at a place: first the options for each of its crossing parts, largest part first, each beginning with the
/// part's transfer; then, for pairs that some obstruction is about, what does not move a line.
///
/// Where no one is on the wrong side of a line, no boundary changes.
pub(super) fn candidates(scenery: &Scenery<'_>, component: &Component, found: &[&Obstruction]) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut listed: BTreeSet<(ChangeKind, Side, String, Option<String>)> = BTreeSet::new();
    for part in scenery.parts_of(component) {
        for change in of_part(scenery, part) {
            // Two parts of one council may ask for the same merger, or one pair's agreement.
            let about = if change.kind == ChangeKind::Merge { change.to.clone() } else { change.partner.clone() };
            if listed.insert((change.kind, change.side, change.subject.clone(), about)) {
                candidates.push(Candidate { change, part: Some(**part) });
            }
        }
    }
    let mut changes: BTreeSet<Change> = BTreeSet::new();
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
        if matches!(obstruction.family, "BUD" | "GOV" | "LVL") && obstruction.id != "LVL-05" {
            pair(ChangeKind::JointAgreement);
        }
        if obstruction.family == "CYC" {
            pair(ChangeKind::Calendar);
            changes.insert(Change::new(ChangeKind::Calendar, Side::Council, council, health));
        }
    }
    let rest = changes.into_iter().filter(|change| {
        !listed.contains(&(change.kind, change.side, change.subject.clone(), change.partner.clone()))
            && scenery.position(change.side, &change.subject).is_some()
            && change.partner.as_deref().is_some_and(|partner| scenery.position(other(change.side), partner).is_some())
    });
    candidates.extend(rest.map(|change| Candidate { change, part: None }));
    candidates
}

/// The other side.
pub(super) fn other(side: Side) -> Side {
    match side {
        Side::Health => Side::Council,
        Side::Council => Side::Health,
    }
}

fn of_part(scenery: &Scenery<'_>, part: &CrossingPart) -> Vec<Change> {
    let settings = scenery.input.options;
    let code = |side: Side, body: usize| scenery.bodies(side).get(body).map(|body| body.code.clone());
    let (Some(health), Some(council)) = (code(Side::Health, part.left), code(Side::Council, part.right)) else { return Vec::new() };
    let to_health = part.left_would_be.and_then(|body| code(Side::Health, body));
    let to_council = part.right_would_be.and_then(|body| code(Side::Council, body));
    let transfer = |side: Side, to: Option<String>| {
        let (subject, partner) = if side == Side::Health { (&health, &council) } else { (&council, &health) };
        to.map(|to| Change { to: Some(to), ..Change::new(ChangeKind::Transfer, side, subject, partner) })
    };
    let merge = |side: Side| {
        let (own, home, shared) = match side {
            Side::Health => (part.left, part.left_would_be?, &council),
            Side::Council => (part.right, part.right_would_be?, &health),
        };
        // The one with fewer people, else less land, joins; of equals the one with the larger code.
        let (joins, stays) = if scenery.size(side, own) > scenery.size(side, home) { (home, own) } else { (own, home) };
        let (joins, stays) =
            if scenery.size(side, own) == scenery.size(side, home) { (own.max(home), own.min(home)) } else { (joins, stays) };
        Some(Change { to: Some(code(side, stays)?), ..Change::new(ChangeKind::Merge, side, &code(side, joins)?, shared) })
    };
    let agreement = Change::new(ChangeKind::JointAgreement, Side::Health, &health, &council);
    let by_council = if settings.council_lines { transfer(Side::Council, to_council) } else { None };
    let councils = if settings.councils_may_change { merge(Side::Council) } else { None };
    [transfer(Side::Health, to_health), by_council, Some(agreement), merge(Side::Health), councils].into_iter().flatten().collect()
}

/// A change in a sentence.
pub(super) fn sentence(scenery: &Scenery<'_>, candidate: &Candidate) -> String {
    let Candidate { change, part } = candidate;
    let name = |side: Side, code: &str| {
        let body = scenery.position(side, code).and_then(|body| scenery.bodies(side).get(body));
        body.and_then(|body| body.name.clone()).unwrap_or_else(|| code.to_owned())
    };
    let subject = name(change.side, &change.subject);
    let partner = change.partner.as_deref().map(|code| name(other(change.side), code)).unwrap_or_default();
    let to = change.to.as_deref().map(|code| name(change.side, code)).unwrap_or_default();
    let many = part.and_then(|part| many(scenery, &part));
    match change.kind {
        ChangeKind::Transfer => {
            let many = many.map_or_else(String::new, |many| format!(" ({many})"));
            format!("The part of {subject} in {partner}{many} goes to {to}.")
        }
        ChangeKind::Merge => format!("{to} takes in {subject}: both share {partner}."),
        ChangeKind::JointAgreement => match many {
            Some(many) => {
                format!("{subject} and {partner} make one joint agreement for every service of the {many} whom the line cuts off.")
            }
            None => format!("{subject} and {partner} make one joint agreement for every service."),
        },
        ChangeKind::Plan => format!("{subject} and {partner} make a joint investment plan."),
        ChangeKind::Calendar => format!("{subject} takes over the planning calendar of {partner}."),
        ChangeKind::Seat => format!("{partner} gets a seat on the board of {subject} and a part in its commissioning subgroup."),
        ChangeKind::DistrictSeat => format!("A district of {partner} gets a seat on the board of {subject}."),
        ChangeKind::Responsibility => format!("{subject} takes joint commissioning with {partner} over from its health authority."),
    }
}

/// The people of a part in words; `None` where they are not known.
fn many(scenery: &Scenery<'_>, part: &CrossingPart) -> Option<String> {
    (scenery.basis == Basis::People).then(|| match people(People(part.amount)).as_str() {
        "1" => "1 person".to_owned(),
        number => format!("{number} people"),
    })
}
