//! Trying changes: the rules are run on the evidence as it would be, and what no longer fires is counted.
//!
//! A change is judged on the bodies whose metrics it can touch, their partners and those partners' partners, never on the whole place: a
//! place of four hundred bodies has a thousand options, and each of them changes a few pairs.

use std::collections::BTreeSet;

use super::boundary;
use super::change::{Candidate, Change, ChangeKind, other};
use super::judged::{Flags, Judged, of_component};
use super::scene::Scene;
use super::scenery::Scenery;
use super::tangle::{self, Tangles};
use crate::alignment::Side;
use crate::budgets::{Agreement, Cycle, Level, Mechanism};
use crate::domain::{Pence, Severity};
use crate::nesting::Changed;
use crate::obstructions::{Exposes, Identity, Obstruction, RULES, Rule};

/// A component of at most so many bodies is always judged as a whole.
const WHOLE: usize = 40;

/// Bodies of both sides.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bodies {
    pub health: BTreeSet<usize>,
    pub council: BTreeSet<usize>,
}

impl Bodies {
    fn of(side: Side, own: BTreeSet<usize>, others: BTreeSet<usize>) -> Self {
        match side {
            Side::Health => Self { health: own, council: others },
            Side::Council => Self { health: others, council: own },
        }
    }

    fn all(&self) -> impl Iterator<Item = (Side, usize)> {
        let health = self.health.iter().map(|body| (Side::Health, *body));
        health.chain(self.council.iter().map(|body| (Side::Council, *body)))
    }

    fn has(&self, side: Side, body: usize) -> bool {
        match side {
            Side::Health => self.health.contains(&body),
            Side::Council => self.council.contains(&body),
        }
    }

    fn extend(&mut self, other: &Self) {
        self.health.extend(&other.health);
        self.council.extend(&other.council);
    }
}

/// What a change reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reach {
    /// Bodies whose flags it can change.
    pub judged: Bodies,
    /// Bodies whose every pair must be known to judge them.
    pub scene: Bodies,
    /// Components of the bodies that it is about.
    pub components: BTreeSet<usize>,
    /// Whether these are in the scene as a whole.
    pub whole: bool,
}

impl Reach {
    /// What a change reaches; `None` if a body of it is not there.
    pub fn new(scenery: &Scenery<'_>, change: &Change) -> Option<Self> {
        let side = change.side;
        let subject = scenery.position(side, &change.subject)?;
        let partner = scenery.position(other(side), change.partner.as_deref()?)?;
        let met_by =
            |side: Side, bodies: &BTreeSet<usize>| -> BTreeSet<usize> { bodies.iter().flat_map(|body| scenery.met(side, *body)).collect() };
        if change.kind.moves_a_line() {
            let to = scenery.position(side, change.to.as_deref()?)?;
            // What the two have and are; what their partners are, whose other partners can now be the only ones; and what those are.
            let own = BTreeSet::from([subject, to]);
            let partners = met_by(side, &own);
            let mut around = met_by(other(side), &partners);
            around.extend(&own);
            let rim = met_by(side, &around);
            let components: BTreeSet<usize> = own
                .iter()
                .filter_map(|body| scenery.component(side, *body))
                .chain(partners.iter().filter_map(|body| scenery.component(other(side), *body)))
                .collect();
            let mut reach =
                Self { judged: Bodies::of(side, around.clone(), partners), scene: Bodies::of(side, around, rim), components, whole: false };
            let count: usize = reach.members(scenery).map(|(health, council)| health.len().saturating_add(council.len())).sum();
            if count <= WHOLE {
                reach.make_whole(scenery);
            }
            return Some(reach);
        }
        let (subjects, partners) = (BTreeSet::from([subject]), BTreeSet::from([partner]));
        let (met, own) = (met_by(side, &subjects), met_by(other(side), &partners));
        let judged = match change.kind {
            // A calendar is met by every partner.
            ChangeKind::Calendar => Bodies::of(side, subjects.clone(), met.clone()),
            _ => Bodies::of(side, subjects.clone(), partners.clone()),
        };
        let scene = Bodies::of(side, own.union(&subjects).copied().collect(), met.union(&partners).copied().collect());
        let components = judged.all().filter_map(|(side, body)| scenery.component(side, body)).collect();
        Some(Self { judged, scene, components, whole: false })
    }

    fn members<'b>(&'b self, scenery: &'b Scenery<'_>) -> impl Iterator<Item = (&'b Vec<usize>, &'b Vec<usize>)> {
        let components = self.components.iter().filter_map(|at| scenery.alignment.components.get(*at));
        components.map(|component| (&component.health, &component.council))
    }

    /// Takes in the whole components.
    pub fn make_whole(&mut self, scenery: &Scenery<'_>) {
        let mut members = Bodies::default();
        for (health, council) in self.members(scenery) {
            members.health.extend(health);
            members.council.extend(council);
        }
        self.scene.extend(&members);
        self.whole = true;
    }
}

/// What a change would do; `None` if it cannot be made, or cannot be judged.
pub(super) fn flags<'a>(
    scenery: &Scenery<'a>,
    judged: &Judged<'a>,
    tangles: &Tangles<'_>,
    (reach, base): (&Reach, &Scene<'_>),
    (candidate, changed): (&Candidate, Option<&Changed>),
) -> Option<Flags<'a>> {
    let change = &candidate.change;
    let mut flags = Flags::default();
    if !change.kind.moves_a_line() {
        let (after, ids) = settled(base, change, |ids| standing(judged, reach, ids, true))?;
        compare(scenery, judged, reach, &ids, &after, &mut flags);
        return Some(flags);
    }
    let after = boundary::apply(base, change, &changed?.picks)?;
    if !reach.whole && !tangle::stays(scenery, &after, reach, change) {
        // Components come apart or together: they are looked at as a whole.
        let mut reach = reach.clone();
        reach.make_whole(scenery);
        let base = Scene::new(scenery, &reach.scene.health, &reach.scene.council);
        return self::flags(scenery, judged, tangles, (&reach, &base), (candidate, changed));
    }
    let stands = boundary::not_judged_again(change);
    let wanted = |rule: &Rule| !stands.contains(&rule.id) && (reach.whole || rule.exposes != Exposes::Component);
    let ids: BTreeSet<&'static str> = RULES.iter().filter(|rule| wanted(rule)).map(|rule| rule.id).collect();
    let mut after = after;
    let mut before = standing(judged, reach, &ids, false);
    if reach.whole {
        let found = after.find(wanted, before);
        compare(scenery, judged, reach, &ids, &found, &mut flags);
        // Of whole components: those that now hold a body of one that it is about.
        let members: BTreeSet<&str> = reach
            .members(scenery)
            .flat_map(|(health, council)| {
                let health = health.iter().filter_map(|body| scenery.bodies(Side::Health).get(*body));
                health.chain(council.iter().filter_map(|body| scenery.bodies(Side::Council).get(*body)))
            })
            .map(|body| body.code.as_str())
            .collect();
        let now = found
            .iter()
            .filter(|found| of_component(found))
            .filter(|found| found.subject_code.as_deref().is_some_and(|code| members.contains(code.trim_end_matches(" (council)"))))
            .map(|found| (found.identity(), found.severity));
        let was = reach.components.iter().flat_map(|component| judged.of_component(*component).iter().copied());
        flags.add(was, now);
        return Some(flags);
    }
    after.name_components();
    let gone = tangle::gone(scenery, candidate, changed?);
    let mut now: Vec<(Identity<'_>, Severity)> = Vec::new();
    for found in reach.components.iter().flat_map(|component| judged.of_component(*component).iter().copied()) {
        let Some(severity) = tangles.severity(found, &gone) else { continue };
        before.extend((severity == Severity::High).then(|| Obstruction { severity, ..found.clone() }));
        now.push((found.identity(), severity));
    }
    flags.add(reach.components.iter().flat_map(|component| judged.of_component(*component).iter().copied()), now.into_iter());
    let found = after.find(wanted, before);
    compare(scenery, judged, reach, &ids, &found, &mut flags);
    Some(flags)
}

/// Flags of the bodies judged that the rules named find, before and after.
fn compare<'a>(
    scenery: &Scenery<'a>,
    judged: &Judged<'a>,
    reach: &Reach,
    ids: &BTreeSet<&'static str>,
    found: &[Obstruction],
    flags: &mut Flags<'a>,
) {
    let about = |found: &Obstruction| {
        let (side, code) = (found.subject_side?, found.subject_code.as_deref()?);
        Some(reach.judged.has(side, scenery.position(side, code)?))
    };
    let after = found.iter().filter(|found| !of_component(found) && about(found) == Some(true));
    let before = reach.judged.all().flat_map(|(side, body)| judged.of(side, body).iter().copied());
    flags.add(before.filter(|found| ids.contains(&*found.id)), after.map(|found| (found.identity(), found.severity)));
}

/// Flags of high severity of rules that are not run again: what GOV-06 counts beside what those that are run find. Where no line moves,
/// those of whole components stay what they are, too.
fn standing(judged: &Judged<'_>, reach: &Reach, ids: &BTreeSet<&'static str>, components: bool) -> Vec<Obstruction> {
    let of_bodies = reach.judged.all().flat_map(|(side, body)| judged.of(side, body).iter().copied());
    let of_components = reach.components.iter().filter(|_| components).flat_map(|at| judged.of_component(*at).iter().copied());
    of_bodies.chain(of_components).filter(|found| found.severity == Severity::High && !ids.contains(&*found.id)).cloned().collect()
}

/// What fires once a change is made that moves no line, and the rules that were run; `None` if it cannot be made.
fn settled(
    scene: &Scene<'_>,
    change: &Change,
    standing: impl Fn(&BTreeSet<&'static str>) -> Vec<Obstruction>,
) -> Option<(Vec<Obstruction>, BTreeSet<&'static str>)> {
    // Rules that cannot see the change are not run again; GOV-06 looks at what all others found.
    let again = |scene: &mut Scene<'_>, sees: &dyn Fn(&Rule) -> bool| {
        let sees = |rule: &Rule| (sees(rule) || rule.id == "GOV-06") && rule.exposes != Exposes::Component;
        let ids: BTreeSet<&'static str> = RULES.iter().filter(|rule| sees(rule)).map(|rule| rule.id).collect();
        (scene.find(sees, standing(&ids)), ids)
    };
    let partner = change.partner.as_deref()?;
    let mut after = scene.clone();
    match change.kind {
        ChangeKind::Transfer | ChangeKind::Merge => None,
        ChangeKind::JointAgreement | ChangeKind::Plan => {
            let pooled = change.kind == ChangeKind::JointAgreement;
            let services = if pooled { spent(scene, change) } else { Vec::new() };
            // A pool of unknown size is a pool, and says nothing of how much of the money is pooled or earmarked.
            let unknown = pooled && (services.is_empty() || services.iter().any(|(_, amount)| amount.is_none()));
            let rows = if services.is_empty() { vec![(None, None)] } else { services };
            // Without any table of agreements nothing is known to be missing, so no flag can go.
            let Some(agreements) = &mut after.agreements else { return Some((Vec::new(), BTreeSet::new())) };
            agreements.extend(rows.into_iter().map(|(service, amount)| Agreement {
                row: 0,
                id: "proposed".to_owned(),
                health_code: change.subject.clone(),
                council_code: partner.to_owned(),
                service,
                mechanism: if pooled { Mechanism::Pooled } else { Mechanism::JointInvestmentPlan },
                start: None,
                end: None,
                amount,
                level: Some(Level::Strategic),
            }));
            if pooled {
                after.align();
            }
            Some(again(&mut after, &|rule| {
                matches!(rule.family, "BUD" | "LVL" | "GOV") && !(unknown && matches!(rule.id, "BUD-05" | "BUD-07"))
            }))
        }
        ChangeKind::Calendar => {
            let cycles = after.cycles.as_mut()?;
            let of = |cycles: &[Cycle], side: Side, code: &str| {
                let row = |wanted: Option<&str>| cycles.iter().find(|row| row.side == side && row.code.as_deref() == wanted).cloned();
                row(Some(code)).or_else(|| row(None))
            };
            let theirs = of(cycles, other(change.side), partner)?;
            let ours = of(cycles, change.side, &change.subject)?;
            cycles.retain(|row| row.side != change.side || row.code.as_deref() != Some(&change.subject));
            // A day that the partner's calendar does not say stays as it was.
            cycles.push(Cycle {
                row: 0,
                side: change.side,
                code: Some(change.subject.clone()),
                year_start: theirs.year_start.or(ours.year_start),
                plan_submit: theirs.plan_submit.or(ours.plan_submit),
                budget_set: theirs.budget_set.or(ours.budget_set),
                horizon_years: theirs.horizon_years.or(ours.horizon_years),
            });
            Some(again(&mut after, &|rule| rule.family == "CYC"))
        }
        ChangeKind::Seat | ChangeKind::DistrictSeat | ChangeKind::Responsibility => {
            let rows = after.governance.as_mut()?;
            let mut own = rows.iter_mut().filter(|row| row.health_code == change.subject && row.council_code == partner).peekable();
            own.peek()?;
            for row in own {
                match change.kind {
                    ChangeKind::Seat => (row.board_seat, row.commissioning_subgroup, row.ssd_member) = (Some(true), Some(true), Some(true)),
                    ChangeKind::DistrictSeat => row.district_seat = Some(true),
                    _ => row.jc_responsibility = Some("pcgt".to_owned()),
                }
            }
            Some(again(&mut after, &|rule| rule.family == "GOV" || rule.id == "LVL-05"))
        }
    }
}

/// What both sides spend on each service for the people of the pair in the latest year; `None` where one of them is not known.
fn spent(scene: &Scene<'_>, change: &Change) -> Vec<(Option<String>, Option<Pence>)> {
    let relation = &scene.alignment.relation;
    let left = relation.position_left(&change.subject);
    let right = change.partner.as_deref().and_then(|code| relation.position_right(code));
    let year = scene.scenery.year;
    let rows = scene.money.iter().flat_map(|(_, rows)| rows);
    let rows = rows.filter(|row| row.left == left && row.right == right && row.fiscal_year.as_deref() == year);
    let amount = |row: &crate::budgets::BudgetPair| row.health?.0.checked_add(row.council?.0).map(Pence);
    rows.map(|row| (row.service.as_deref().map(str::to_owned), amount(row))).collect()
}
