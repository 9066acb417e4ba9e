//! Whom and what obstructions expose, each person and each penny once.

use std::collections::{BTreeMap, BTreeSet};

use super::scenery::Scenery;
use crate::alignment::{Component, Side};
use crate::domain::{Pence, People};
use crate::nesting::CrossingPart;
use crate::obstructions::{Exposes, Obstruction};

/// A part of the map that no other part overlaps: a pair, or what of a body no other side covers.
type Cell = (Option<usize>, Option<usize>);

/// A place's cells.
pub(super) struct Exposure<'a> {
    scenery: &'a Scenery<'a>,
    component: &'a Component,
}

impl<'a> Exposure<'a> {
    pub fn new(scenery: &'a Scenery<'a>, component: &'a Component) -> Self {
        Self { scenery, component }
    }

    /// People in the cells of those that state people, and pence, of the latest year, in the cells and services of those that state pence for
    /// it. Exposed in crossing parts is the money of the subject's side alone; elsewhere that of both sides, as far as it is known.
    pub fn of<'b>(&self, found: impl Iterator<Item = &'b Obstruction>) -> (Option<People>, Option<Pence>) {
        let mut people: BTreeSet<Cell> = BTreeSet::new();
        let mut money: BTreeMap<(Cell, Option<&str>, Side), Option<i64>> = BTreeMap::new();
        let year = self.scenery.year;
        for obstruction in found {
            let cells = self.cells(obstruction);
            if obstruction.pence.is_some() && obstruction.fiscal_year.is_some() && obstruction.fiscal_year.as_deref() == year {
                for row in cells.iter().flat_map(|cell| self.scenery.rows(cell.0, cell.1).iter()) {
                    if obstruction.service.is_some() && obstruction.service.as_deref() != row.service.as_deref() {
                        continue;
                    }
                    let cell = (row.left, row.right);
                    // Money across a line is that of the side whose line it is; elsewhere that of both.
                    let one = obstruction.subject_side.filter(|_| obstruction.exposes == Exposes::Parts);
                    for (side, pence) in [(Side::Health, row.health), (Side::Council, row.council)] {
                        if one.is_none_or(|one| one == side) {
                            money.insert((cell, row.service.as_deref(), side), pence.map(|pence| pence.0));
                        }
                    }
                }
            }
            if obstruction.people.is_some() {
                people.extend(cells.into_iter().filter(|cell| self.has(cell)));
            }
        }
        let relation = &self.scenery.alignment.relation;
        let of_cell = |cell: &Cell| match *cell {
            (Some(left), Some(right)) => relation.pair(left, right).and_then(|pair| pair.amounts.people),
            (Some(left), None) => relation.left_outside.get(left).and_then(|amounts| amounts.people),
            (None, Some(right)) => relation.right_outside.get(right).and_then(|amounts| amounts.people),
            (None, None) => None,
        };
        // Nobody lives in a cell that is not there.
        let people = relation.has_people.then(|| people.iter().filter_map(of_cell).sum());
        let known: Vec<i64> = money.into_values().flatten().collect();
        let sum: i128 = known.iter().map(|pence| i128::from(*pence)).sum();
        (people, i64::try_from(sum).ok().filter(|_| !known.is_empty()).map(Pence))
    }

    fn cells(&self, found: &Obstruction) -> Vec<Cell> {
        let relation = &self.scenery.alignment.relation;
        let position = |side: Side, code: &str| match side {
            Side::Health => relation.position_left(code),
            Side::Council => relation.position_right(code),
        };
        let parts = || self.scenery.nesting.iter().flat_map(|nesting| &nesting.parts);
        let cell = |part: &CrossingPart| (Some(part.left), Some(part.right));
        if found.exposes == Exposes::Component {
            return parts().filter(|part| self.is_of(Side::Health, part.left) && self.is_of(Side::Council, part.right)).map(cell).collect();
        }
        let Some((side, subject)) = self.subject(found) else { return Vec::new() };
        let other = if side == Side::Health { Side::Council } else { Side::Health };
        let partner = found.partner_code.as_deref().and_then(|code| position(other, code));
        let pair = |partner: usize| match side {
            Side::Health => (Some(subject), Some(partner)),
            Side::Council => (Some(partner), Some(subject)),
        };
        match (found.exposes, partner) {
            (Exposes::Nowhere | Exposes::Component, _) => Vec::new(),
            (Exposes::Pair, Some(partner)) => vec![pair(partner)],
            // An own rule may be about the part of a body that no other side covers; any other partner is not on this map.
            (Exposes::Pair, None) if found.partner_code.is_some() => match side {
                Side::Health => vec![(Some(subject), None)],
                Side::Council => vec![(None, Some(subject))],
            },
            (Exposes::Parts, _) => {
                parts().filter(|part| (if side == Side::Health { part.left } else { part.right }) == subject).map(cell).collect()
            }
            _ => self.of_body(side, subject).collect(),
        }
    }

    /// Whether the people of a cell are people of the place: those of its NHS bodies, or of its councils where it has none. A council of the
    /// place may have slivers in NHS bodies of other places; their people are counted there.
    fn has(&self, (left, right): &Cell) -> bool {
        let (side, body) = if self.component.health.is_empty() { (Side::Council, right) } else { (Side::Health, left) };
        body.is_some_and(|body| self.is_of(side, body))
    }

    fn is_of(&self, side: Side, body: usize) -> bool {
        let members = if side == Side::Health { &self.component.health } else { &self.component.council };
        members.binary_search(&body).is_ok()
    }

    fn subject(&self, found: &Obstruction) -> Option<(Side, usize)> {
        let relation = &self.scenery.alignment.relation;
        let code = found.subject_code.as_deref()?;
        let at = |side: Side| match side {
            Side::Health => relation.position_left(code).map(|body| (side, body)),
            Side::Council => relation.position_right(code).map(|body| (side, body)),
        };
        match found.subject_side {
            Some(side) => at(side),
            None => at(Side::Health).or_else(|| at(Side::Council)),
        }
        .filter(|(side, body)| self.is_of(*side, *body))
    }

    fn of_body(&self, side: Side, body: usize) -> impl Iterator<Item = Cell> {
        let outside = match side {
            Side::Health => (Some(body), None),
            Side::Council => (None, Some(body)),
        };
        let pair = move |met: usize| match side {
            Side::Health => (Some(body), Some(met)),
            Side::Council => (Some(met), Some(body)),
        };
        self.scenery.met(side, body).map(pair).chain([outside])
    }
}
