//! Millions of lines and parts to what the rows of a pair are made of: sums by body and by pair, for a service and a year.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::apportion::{Apportioned, Partner, bodies, layer_of, position};
use super::groups::{Groups, Tally};
use super::level::Level;
use super::line::BudgetLine;
use super::mechanism::Mechanism;
use super::waves::all_in_order;
use crate::alignment::{Alignment, Side};
use crate::domain::Pence;

/// What a body's lines of one service and year say.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Stated {
    pub pence: i128,
    /// A line's amount is unknown.
    pub unknown: bool,
    /// A line is joint (not mainstream).
    pub joint: bool,
    /// A line of unknown amount or unknown mechanism can be joint money.
    pub joint_unknown: bool,
    /// A line does not say what of it can still be decided on.
    pub bound: bool,
    /// Pence by level, the first for lines that do not say; `None` inside where one is unknown.
    pub levels: [Option<Option<i128>>; 5],
}

impl Stated {
    /// The level at which most of the money is held; `None` where a line does not say, or the sums that would decide are not known or equal.
    pub fn level(&self) -> Option<Level> {
        let [silent, levels @ ..] = &self.levels;
        if silent.is_some() {
            return None;
        }
        let held = || levels.iter().zip(Level::ALL).filter_map(|(sum, level)| sum.map(|sum| (level, sum)));
        if held().count() == 1 {
            return held().next().map(|(level, _)| level);
        }
        let sums: Vec<i128> = held().map(|(_, sum)| sum).collect::<Option<_>>()?;
        let most = sums.into_iter().max()?;
        let mut holders = held().filter(|(_, sum)| *sum == Some(most));
        match (holders.next(), holders.next()) {
            (Some((level, _)), None) => Some(level),
            _ => None,
        }
    }

    fn add(&mut self, line: &BudgetLine) {
        match line.amount {
            Some(Pence(pence)) => self.pence = self.pence.saturating_add(i128::from(pence)),
            None => self.unknown = true,
        }
        self.bound |= line.detail.as_ref().is_none_or(|detail| detail.discretionary.is_none());
        // A body without a row has no level of its own.
        if let Some(slot) = self.levels.get_mut(line.level.map_or(0, Level::place)).filter(|_| line.source_row.is_some()) {
            *slot = Some(slot.unwrap_or(Some(0)).zip(line.amount).map(|(sum, Pence(pence))| sum.saturating_add(i128::from(pence))));
        }
        match line.mechanism {
            None => self.joint_unknown = true,
            Some(Mechanism::Mainstream) => {}
            Some(_) => {
                self.joint = true;
                self.joint_unknown |= line.amount.is_none();
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.pence = self.pence.saturating_add(other.pence);
        self.unknown |= other.unknown;
        self.joint |= other.joint;
        self.joint_unknown |= other.joint_unknown;
        self.bound |= other.bound;
        for (slot, theirs) in self.levels.iter_mut().zip(other.levels) {
            *slot = match (*slot, theirs) {
                (Some(ours), Some(theirs)) => Some(ours.zip(theirs).map(|(ours, theirs)| ours.saturating_add(theirs))),
                (ours, theirs) => ours.or(theirs),
            };
        }
    }
}

/// Apportioned pence of a pair.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Sums {
    pub health: i128,
    pub council: i128,
    pub pooled: i128,
    pub joint: i128,
    pub earmarked: i128,
    pub discretionary: i128,
}

impl Sums {
    fn merge(&mut self, other: Self) {
        self.health = self.health.saturating_add(other.health);
        self.council = self.council.saturating_add(other.council);
        self.pooled = self.pooled.saturating_add(other.pooled);
        self.joint = self.joint.saturating_add(other.joint);
        self.earmarked = self.earmarked.saturating_add(other.earmarked);
        self.discretionary = self.discretionary.saturating_add(other.discretionary);
    }
}

/// Service and fiscal year.
pub(super) type ServiceYear = (Option<Arc<str>>, Option<Arc<str>>);

/// NHS body (`None`: none covers it), council (`None`: none covers it), index into [`Gathered::keys`].
pub(super) type PairKey = (Option<usize>, Option<usize>, usize);

/// What the lines of an alignment come to.
#[derive(Debug)]
pub(super) struct Gathered {
    /// Services and years of the lines, in their order.
    pub keys: Vec<ServiceYear>,
    /// Whether a line of a body says that money is joint.
    pub states_joint: bool,
    /// Sums of every pair with a service and year that one of its bodies states, also where no penny falls.
    pub sums: BTreeMap<PairKey, Sums>,
    health: Tally<Stated>,
    council: Tally<Stated>,
}

impl Gathered {
    /// Adds up the lines of both layers of an alignment, and their parts. Integers all through, so the order of threads does not matter.
    pub(super) fn new(lines: &[BudgetLine], apportioned: &[Apportioned], alignment: &Alignment) -> Self {
        let relation = &alignment.relation;
        let groups = Groups::new(lines);
        let side_of = |layer: &str| [Side::Health, Side::Council].into_iter().find(|side| layer_of(alignment, *side) == layer);
        let sides: Vec<Option<Side>> = groups.all.iter().map(|group| side_of(&group.layer)).collect();
        let ours = groups.all.iter().zip(&sides).filter(|(_, side)| side.is_some());
        let keys: BTreeSet<_> = ours.map(|(group, _)| (group.service.clone(), group.fiscal_year.clone())).collect();
        let keys: Vec<_> = keys.into_iter().collect();
        let place = |(group, side): (&super::groups::Group, &Option<Side>)| {
            let key = keys.binary_search_by(|(service, year)| (service, year).cmp(&(&group.service, &group.fiscal_year))).ok()?;
            Some(((*side)?, key))
        };
        let places: Vec<Option<(Side, usize)>> = groups.all.iter().zip(&sides).map(place).collect();
        let place_of = |line: usize| groups.of(line).and_then(|group| *places.get(group)?);

        let empty = || (Tally::<Stated>::new(relation.left.len()), Tally::<Stated>::new(relation.right.len()), false);
        let (mut health, mut council, mut states_joint) = empty();
        all_in_order(
            lines.len(),
            |range| {
                let (mut health, mut council, mut joint) = empty();
                for (index, line) in range.clone().zip(lines.get(range).unwrap_or(&[])) {
                    let (Some((side, key)), Some(body)) = (place_of(index), line.body) else { continue };
                    joint |= line.mechanism.is_some_and(|mechanism| mechanism != Mechanism::Mainstream);
                    let tally = if side == Side::Health { &mut health } else { &mut council };
                    if let Some(stated) = position(bodies(relation, side), body, line).and_then(|body| tally.at(body, key)) {
                        stated.add(line);
                    }
                }
                (health, council, joint)
            },
            |(of_health, of_council, joint)| {
                health.merge(of_health, Stated::merge);
                council.merge(of_council, Stated::merge);
                states_joint |= joint;
            },
        );

        let mut sums: BTreeMap<PairKey, Sums> = BTreeMap::new();
        for pair in &relation.pairs {
            for key in health.columns(pair.left).chain(council.columns(pair.right)) {
                sums.entry((Some(pair.left), Some(pair.right), key)).or_default();
            }
        }
        for result in apportioned.iter().filter(|result| result.alignment == alignment.id) {
            let tally = of_parts(lines, result, alignment, &place_of);
            for (piece, key, sum) in tally.sums() {
                // Money that no area can be given is in no pair; it is a row of `budget_apportioned`.
                if let Some((left, right)) = result.piece(piece).and_then(|(body, partner)| pair_of(result.side, body, partner)) {
                    sums.entry((left, right, key)).or_default().merge(*sum);
                }
            }
        }
        Self { keys, states_joint, sums, health, council }
    }

    /// What the lines of a body say; `None` where it has none for the service and year.
    pub(super) fn stated(&self, side: Side, body: usize, key: usize) -> Option<&Stated> {
        match side {
            Side::Health => self.health.get(body, key),
            Side::Council => self.council.get(body, key),
        }
    }
}

/// The parts of a side, and what of them can still be decided on, by piece and key.
fn of_parts(
    lines: &[BudgetLine],
    result: &Apportioned,
    alignment: &Alignment,
    place_of: &(impl Fn(usize) -> Option<(Side, usize)> + Sync),
) -> Tally<Sums> {
    let own = bodies(&alignment.relation, result.side);
    let mut tally = Tally::<Sums>::new(result.pieces());
    all_in_order(
        result.len(),
        |range| {
            let mut tally = Tally::<Sums>::new(result.pieces());
            for (piece, line, Pence(pence)) in result.kept(range) {
                let (Some((_, key)), Some(of_line)) = (place_of(line), lines.get(line)) else { continue };
                let Some(sum) = tally.at(piece, key) else { continue };
                let pence = i128::from(pence);
                match result.side {
                    Side::Health => sum.health = sum.health.saturating_add(pence),
                    Side::Council => sum.council = sum.council.saturating_add(pence),
                }
                if let Some(mechanism) = of_line.mechanism.filter(|mechanism| *mechanism != Mechanism::Mainstream) {
                    sum.joint = sum.joint.saturating_add(pence);
                    sum.pooled = sum.pooled.saturating_add(if mechanism == Mechanism::Pooled { pence } else { 0 });
                    sum.earmarked = sum.earmarked.saturating_add(if mechanism.is_earmarked() { pence } else { 0 });
                }
            }
            tally
        },
        |part| {
            tally.merge(part, Sums::merge);
        },
    );
    all_in_order(
        lines.len(),
        |range| {
            let mut free: Vec<(usize, usize, i128)> = Vec::new();
            for (index, line) in range.clone().zip(lines.get(range).unwrap_or(&[])) {
                let Some(pence) = line.detail.as_ref().filter(|_| line.amount.is_some()).and_then(|detail| detail.discretionary) else {
                    continue;
                };
                let Some((_, key)) = place_of(index).filter(|(side, _)| *side == result.side) else { continue };
                let Some(body) = line.body.and_then(|body| position(own, body, line)) else { continue };
                free.extend(result.split_like(line, body, pence).into_iter().map(|(piece, Pence(pence))| (piece, key, i128::from(pence))));
            }
            free
        },
        |part| {
            for (piece, key, pence) in part {
                if let Some(sum) = tally.at(piece, key) {
                    sum.discretionary = sum.discretionary.saturating_add(pence);
                }
            }
        },
    );
    tally
}

/// Index of the NHS body and of the council that a part of a body's money is for; `None` for money that no area can be given.
fn pair_of(side: Side, body: usize, partner: Partner) -> Option<(Option<usize>, Option<usize>)> {
    let partner = match partner {
        Partner::Body(partner) => Some(partner),
        Partner::Outside => None,
        Partner::Unallocated => return None,
    };
    Some(match side {
        Side::Health => (Some(body), partner),
        Side::Council => (partner, Some(body)),
    })
}
