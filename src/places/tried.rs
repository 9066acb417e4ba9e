//! Trying changes: the rules are run on the evidence as it would be, and what no longer fires is counted.

use std::collections::{BTreeMap, BTreeSet};

use super::Best;
use super::boundary;
use super::change::{Change, ChangeKind, candidates, sentence};
use super::exposure::Exposure;
use super::scene::{Scene, Scenery};
use crate::alignment::{Component, Side};
use crate::budgets::{Agreement, Cycle, Level, Mechanism};
use crate::domain::{Pence, People, Severity};
use crate::obstructions::{Obstruction, Rule};

/// What names an obstruction of a place: rule, side, subject, partner, service, year.
type Key<'a> = (&'a str, Option<Side>, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>);

fn key(found: &Obstruction) -> Key<'_> {
    (
        &found.id,
        found.subject_side,
        found.subject_code.as_deref(),
        found.partner_code.as_deref(),
        found.service.as_deref(),
        found.fiscal_year.as_deref(),
    )
}

/// Order of the best: most obstructions of high severity net of those it brings, then most people and most pence that what goes exposes,
/// then most obstructions net; of equals the change that comes first.
type Order = (i64, Option<People>, Option<Pence>, i64);

/// What trying the changes of a place came to.
pub(super) struct Trial {
    /// Obstructions that the place's evidence gives again.
    pub judged: usize,
    /// Changes tried.
    pub tried: usize,
    /// The one that would remove most.
    pub best: Option<Best>,
}

/// Tries the changes of a place, and says which would remove most.
///
/// Only what was published for the place counts: a rule is taken to no longer fire if it fires on the place's evidence as it is and not on
/// that evidence changed.
pub(super) fn best(scenery: &Scenery<'_>, component: &Component, found: &[&Obstruction], exposure: &Exposure<'_>) -> Trial {
    // What has happened cannot be changed, and a user's own rules ask tables that are made once.
    let open: Vec<&Obstruction> = found.iter().copied().filter(|found| !matches!(found.family, "MRG" | "OWN")).collect();
    if open.is_empty() {
        return Trial { judged: 0, tried: 0, best: None };
    }
    let scene = Scene::new(scenery, component);
    let before = scene.find(|_| true, Vec::new());
    let fired: BTreeSet<Key<'_>> = before.iter().map(key).collect();
    let again: Vec<(Key<'_>, &Obstruction)> =
        open.into_iter().map(|found| (key(found), found)).filter(|(key, _)| fired.contains(key)).collect();
    let judged = again.len();
    let published: BTreeMap<Key<'_>, &Obstruction> = again.into_iter().collect();
    let changes = candidates(scenery, component, found);
    let mut best: Option<(Order, &Change, Vec<&Obstruction>, Vec<Severity>)> = None;
    for change in &changes {
        let Some(after) = tried(&scene, change, &before) else { continue };
        let fires: BTreeSet<Key<'_>> = after.iter().map(key).collect();
        let goes: Vec<&Obstruction> = published.iter().filter(|(key, _)| !fires.contains(*key)).map(|(_, found)| *found).collect();
        // New ones about bodies of the place, each once; those about whom it meets are no more judged after than before.
        let fresh: BTreeMap<Key<'_>, Severity> = after
            .iter()
            .filter(|found| !fired.contains(&key(found)) && of_place(scenery, component, found))
            .map(|found| (key(found), found.severity))
            .collect();
        let comes: Vec<Severity> = fresh.into_values().collect();
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let high =
            |severities: &mut dyn Iterator<Item = Severity>| count(severities.filter(|severity| *severity == Severity::High).count());
        let net_high = high(&mut goes.iter().map(|found| found.severity)).saturating_sub(high(&mut comes.iter().copied()));
        let net = count(goes.len()).saturating_sub(count(comes.len()));
        if goes.is_empty() || net_high < 0 || (net_high == 0 && net <= 0) {
            continue;
        }
        let (people, pence) = exposure.of(goes.iter().copied().filter(|found| found.severity >= Severity::Medium));
        let order = (net_high, people, pence, net);
        if best.as_ref().is_none_or(|(most, ..)| order > *most) {
            best = Some((order, change, goes, comes));
        }
    }
    let best = best.map(|((_, people, pence, _), change, goes, comes)| {
        let high = |severity: &Severity| *severity == Severity::High;
        Best {
            change: change.clone(),
            sentence: sentence(scenery, change),
            removes: goes.len(),
            removes_high: goes.iter().filter(|found| high(&found.severity)).count(),
            adds: comes.len(),
            adds_high: comes.iter().filter(|severity| high(severity)).count(),
            people,
            pence,
            rules: goes.iter().map(|found| found.id.to_string()).collect::<BTreeSet<_>>().into_iter().collect(),
        }
    });
    Trial { judged, tried: changes.len(), best }
}

fn of_place(scenery: &Scenery<'_>, component: &Component, found: &Obstruction) -> bool {
    let Some(code) = found.subject_code.as_deref() else { return false };
    let relation = &scenery.alignment.relation;
    match found.subject_side {
        Some(Side::Health) => relation.position_left(code).is_some_and(|body| component.health.contains(&body)),
        Some(Side::Council) => relation.position_right(code).is_some_and(|body| component.council.contains(&body)),
        None => false,
    }
}

/// What fires once the change is made; `None` if it cannot be made.
fn tried(scene: &Scene<'_>, change: &Change, before: &[Obstruction]) -> Option<Vec<Obstruction>> {
    // Rules that cannot see the change are not run again; GOV-06 looks at what all others found.
    let again = |scene: &Scene<'_>, sees: &dyn Fn(&Rule) -> bool| {
        let sees = |rule: &Rule| sees(rule) || rule.id == "GOV-06";
        let ids: BTreeSet<&str> = crate::obstructions::RULES.iter().filter(|rule| sees(rule)).map(|rule| rule.id).collect();
        let stands = before.iter().filter(|found| !ids.contains(&*found.id)).cloned().collect();
        scene.find(sees, stands)
    };
    let own = |code: &str, side: Side| -> (Side, String) { (side, code.to_owned()) };
    let partner = change.partner.as_deref();
    match change.kind {
        ChangeKind::Merge | ChangeKind::Move => {
            let after = boundary::apply(scene, change)?;
            let stands = boundary::not_judged_again(change);
            Some(again(&after, &|rule| !stands.contains(&rule.id)))
        }
        ChangeKind::Agreement | ChangeKind::Plan => {
            let mut after = scene.clone();
            let pooled = change.kind == ChangeKind::Agreement;
            let amount = if pooled { spent(scene, change) } else { None };
            after.agreements.get_or_insert_default().push(Agreement {
                row: 0,
                id: "proposed".to_owned(),
                health_code: change.subject.clone(),
                council_code: partner?.to_owned(),
                service: change.service.clone(),
                mechanism: if pooled { Mechanism::Pooled } else { Mechanism::JointInvestmentPlan },
                start: None,
                end: None,
                amount,
                level: Some(Level::Strategic),
            });
            if pooled {
                after.align();
            }
            // A pool of unknown size is a pool, and says nothing of how much of the money is pooled or earmarked.
            let unknown = pooled && amount.is_none();
            Some(again(&after, &|rule| {
                matches!(rule.family, "BUD" | "LVL" | "GOV") && !(unknown && matches!(rule.id, "BUD-05" | "BUD-07"))
            }))
        }
        ChangeKind::Cycle => {
            let other = if change.side == Side::Health { Side::Council } else { Side::Health };
            let mut after = scene.clone();
            let cycles = after.cycles.as_mut()?;
            let of = |cycles: &[Cycle], (side, code): (Side, String)| {
                let row = |wanted: Option<&str>| cycles.iter().find(|row| row.side == side && row.code.as_deref() == wanted).cloned();
                row(Some(&code)).or_else(|| row(None))
            };
            let theirs = of(cycles, own(partner?, other))?;
            let ours = of(cycles, own(&change.subject, change.side))?;
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
            Some(again(&after, &|rule| rule.family == "CYC"))
        }
        ChangeKind::Seat | ChangeKind::DistrictSeat | ChangeKind::Responsibility => {
            let mut after = scene.clone();
            let partner = partner?;
            let row = after.governance.as_mut()?.iter_mut().find(|row| row.health_code == change.subject && row.council_code == partner)?;
            match change.kind {
                ChangeKind::Seat => (row.board_seat, row.commissioning_subgroup, row.ssd_member) = (Some(true), Some(true), Some(true)),
                ChangeKind::DistrictSeat => row.district_seat = Some(true),
                _ => row.jc_responsibility = Some("pcgt".to_owned()),
            }
            Some(again(&after, &|rule| rule.family == "GOV" || rule.id == "LVL-05"))
        }
    }
}

/// What both sides spend on the service for the people of the pair in the latest year; `None` where one of them is not known.
fn spent(scene: &Scene<'_>, change: &Change) -> Option<Pence> {
    let relation = &scene.alignment.relation;
    let left = relation.position_left(&change.subject);
    let right = change.partner.as_deref().and_then(|code| relation.position_right(code));
    let year = scene.scenery.year;
    let rows = scene.money.iter().flat_map(|(_, rows)| rows);
    let rows = rows.filter(|row| row.left == left && row.right == right && row.fiscal_year.as_deref() == year);
    let mut rows = rows.filter(|row| change.service.is_none() || row.service.as_deref() == change.service.as_deref()).peekable();
    rows.peek()?;
    rows.try_fold(0i64, |sum, row| sum.checked_add(row.health?.0)?.checked_add(row.council?.0)).map(Pence)
}
