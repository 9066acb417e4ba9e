//! Obstructions rolled up by place, the options that each place has, and the one change at each that is shown first.
//!
//! A place is a component: bodies that significant overlaps lock together, the smallest footprint where joint planning crosses no border.
//! [`rank`] puts first the place with most people on the wrong side of a line, counts each person and each penny of a place once, however
//! many obstructions expose them, and judges every option by running the rules again: crossing parts that move, agreements, NHS bodies that
//! join, plans, calendars, seats.
//!
//! `lines` and `scenery` hold what all places share, by body; `change` lists the options; `tried` says what each would do to the flags, in a
//! `scene` of the few bodies that it reaches, changed by `boundary`; `tangle` is what is about a place as a whole; `judged` compares; `first`
//! chooses.

mod boundary;
mod change;
mod exposure;
mod first;
mod judged;
mod lines;
mod scene;
mod scenery;
mod tangle;
mod tried;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::alignment::{Alignment, Component, ComponentKind, Side};
use crate::budgets::ServicePopulation;
use crate::config::{ObstructionSettings, OptionSettings};
use crate::domain::{Basis, Pence, People, Severity};
use crate::nesting::Changed;
use crate::obstructions::{Evidence, Obstruction};
use crate::words::{count, people};

use change::{Candidate, candidates, sentence};
pub use change::{Change, ChangeKind};
use exposure::Exposure;
use judged::{Flags, Judged};
use lines::Lines;
use scene::Scene;
use scenery::{Scenery, basis_of};
use tangle::Tangles;
use tried::{Bodies, Reach};

/// One place: a component of an alignment, on the basis that rules judge by (people where the alignment has them, else area).
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Alignment.
    pub alignment: String,
    /// Component: its smallest code.
    pub component: String,
    /// Basis.
    pub basis: Basis,
    /// 1 for the place of the alignment that most stands in the way of: most people on the wrong side of a line, then most pence in crossing
    /// parts, most agreements, most obstructions of high severity, most people exposed, smallest component.
    pub rank: usize,
    /// Kind of the component.
    pub kind: ComponentKind,
    /// NHS bodies: code, name.
    pub health: Vec<(String, Option<String>)>,
    /// Councils: code, name.
    pub council: Vec<(String, Option<String>)>,
    /// People of the component.
    pub people: Option<People>,
    /// What lies in the crossing parts of its NHS bodies: millionths of a person, or square millimetres where the basis is area.
    pub crossing: i128,
    /// Their number.
    pub crossing_parts: usize,
    /// Pence that both sides are known to spend in them in the latest fiscal year; `None` where none is known.
    pub crossing_pence: Option<Pence>,
    /// How much is on the wrong side of a line, in a sentence.
    pub wrong_side: String,
    /// People whom at least one obstruction exposes, each counted once; `None` without people.
    pub people_exposed: Option<People>,
    /// Latest fiscal year of the alignment's money.
    pub fiscal_year: Option<String>,
    /// Pence of that year that at least one obstruction about money exposes, each counted once; `None` where none is known.
    pub pence_exposed: Option<Pence>,
    /// Agreements that joint working everywhere would need: pairs of the nearest nested arrangement of its NHS bodies, and their crossing
    /// parts of at least `minor_people` people.
    pub agreements_needed: usize,
    /// Obstructions by severity.
    pub severities: BTreeMap<Severity, usize>,
    /// Obstructions by family.
    pub families: BTreeMap<&'static str, usize>,
    /// Obstructions that options were judged by: those that the rules find again on the evidence of the alignment alone.
    pub judged: usize,
    /// What could be changed: the options for each crossing part, largest part first, then those that move no line.
    pub options: Vec<Choice>,
}

impl Place {
    /// Number of obstructions.
    pub fn obstructions(&self) -> usize {
        self.severities.values().sum()
    }

    /// Number of obstructions of a severity.
    pub fn of(&self, severity: Severity) -> usize {
        self.severities.get(&severity).copied().unwrap_or(0)
    }

    /// The one change: the option shown first; `None` where none is worth it.
    pub fn first(&self) -> Option<&Choice> {
        self.options.iter().find(|option| option.first.is_some())
    }
}

/// An option of a place, with what it would do, found by running the rules again.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The change.
    pub change: Change,
    /// The change in a sentence.
    pub sentence: String,
    /// Rank of the crossing part that it is for, as in table crossing; `None` where it is for none.
    pub part: Option<usize>,
    /// What would get another NHS body or council: millionths of a person, or square millimetres where the basis is area.
    pub affected: i128,
    /// What would no longer be on the wrong side of a line, likewise; below 0 where more would be.
    pub crossing_removed: i128,
    /// Agreements needed after less before.
    pub agreements: i64,
    /// Obstructions that would no longer fire.
    pub removes: usize,
    /// Obstructions of high severity that would no longer fire, or no longer be of high severity.
    pub removes_high: usize,
    /// Obstructions that would fire because of it.
    pub adds: usize,
    /// Obstructions that would be of high severity because of it.
    pub adds_high: usize,
    /// Only of the one that is shown first: what goes with it.
    pub first: Option<First>,
}

/// What the one change would take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct First {
    /// People whom the obstructions that go expose, if of high or medium severity, each counted once.
    pub people: Option<People>,
    /// Pence likewise.
    pub pence: Option<Pence>,
    /// Rules of those that go, each once.
    pub rules: Vec<String>,
}

/// What the ranking is made from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What the rules were run on.
    pub evidence: &'a Evidence<'a>,
    /// Health x districts by alignment, where it has them.
    pub districts: &'a [Option<Alignment>],
    /// Populations that money of some services is split by, by alignment; an alignment beyond them has none.
    pub populations: &'a [Vec<ServicePopulation>],
    /// What they found, the user's own rules included.
    pub obstructions: &'a [Obstruction],
    /// Settings of the rules.
    pub settings: &'a ObstructionSettings,
    /// Which changes are offered.
    pub options: &'a OptionSettings,
}

/// Every component of every alignment, by alignment and component.
///
/// An obstruction is of a place if its subject is a body of it: in the alignment itself, or in a succession from or to one of the
/// alignment's layers. Obstructions about a layer, a budget or a table (family DQ) are of no place. A crossing part is of the place of its
/// NHS body. The result does not depend on threads or on the order of any table's rows.
pub fn rank(input: Input<'_>) -> Vec<Place> {
    let lines = Lines::new(input.evidence);
    let mut places: Vec<Place> = Vec::new();
    for (index, alignment) in input.evidence.alignments.iter().enumerate() {
        let scenery = Scenery::new(input, index, alignment, &lines);
        let judged = Judged::new(&scenery);
        let components: Vec<(usize, &Component)> =
            alignment.components.iter().enumerate().filter(|(_, component)| component.basis == basis_of(alignment)).collect();
        let mut ranked: Vec<Place> = components.into_par_iter().map(|(at, component)| place(&scenery, &judged, at, component)).collect();
        ranked.sort_by(|a, b| key(a).cmp(&key(b)));
        for (number, place) in ranked.iter_mut().enumerate() {
            place.rank = number.saturating_add(1);
        }
        places.extend(ranked);
    }
    places.sort_by(|a, b| (&a.alignment, &a.component).cmp(&(&b.alignment, &b.component)));
    places
}

type Rank<'a> = (std::cmp::Reverse<(i128, Option<Pence>, usize, usize, Option<People>)>, &'a str);

fn key(place: &Place) -> Rank<'_> {
    let most = (place.crossing, place.crossing_pence, place.agreements_needed, place.of(Severity::High), place.people_exposed);
    (std::cmp::Reverse(most), &place.component)
}

fn place(scenery: &Scenery<'_>, judged: &Judged<'_>, at: usize, component: &Component) -> Place {
    let alignment = scenery.alignment;
    let found = scenery.of(component);
    let exposure = Exposure::new(scenery, component);
    let (people_exposed, pence_exposed) = exposure.of(found.iter().copied());
    let (mut severities, mut families) = (BTreeMap::new(), BTreeMap::new());
    for obstruction in &found {
        let count = severities.entry(obstruction.severity).or_insert(0usize);
        *count = count.saturating_add(1);
        let count = families.entry(obstruction.family).or_insert(0usize);
        *count = count.saturating_add(1);
    }
    let named = |side: Side, members: &[usize]| {
        members.iter().filter_map(|body| scenery.bodies(side).get(*body)).map(|body| (body.code.clone(), body.name.clone())).collect()
    };
    let parts = scenery.parts_of(component);
    let crossing = parts.iter().map(|part| i128::from(part.amount)).sum();
    Place {
        alignment: alignment.id.clone(),
        component: component.name.clone(),
        basis: component.basis,
        rank: 0,
        kind: component.kind,
        health: named(Side::Health, &component.health),
        council: named(Side::Council, &component.council),
        people: component.people,
        crossing,
        crossing_parts: parts.len(),
        crossing_pence: scenery.pence(parts.iter().map(|part| (part.left, part.right))),
        wrong_side: wrong_side(component.basis, crossing, parts.len()),
        people_exposed,
        fiscal_year: scenery.year.map(str::to_owned),
        pence_exposed,
        agreements_needed: agreements(scenery, component),
        severities,
        families,
        judged: found.iter().filter(|found| judged.has(found)).count(),
        options: options(scenery, judged, (at, component), &found, &exposure),
    }
}

fn wrong_side(basis: Basis, crossing: i128, parts: usize) -> String {
    if parts == 0 {
        return "No NHS body here has a part on the wrong side of a line, so no boundary change is offered.".to_owned();
    }
    let parts = count(parts, "part", "parts");
    match basis {
        Basis::People => {
            let number = people(People(i64::try_from(crossing).unwrap_or(i64::MAX)));
            let (many, are) = if number == "1" { ("person", "is") } else { ("people", "are") };
            format!("{number} {many} in {parts} {are} on the wrong side of a line.")
        }
        Basis::Area => format!("{:.1} km2 in {parts} are on the wrong side of a line.", crossing as f64 / 1e12),
    }
}

/// Pairs of the nearest nested arrangement of the NHS bodies of a place, and their crossing parts that need an agreement.
fn agreements(scenery: &Scenery<'_>, component: &Component) -> usize {
    let pairs = component.health.iter().flat_map(|body| scenery.pairs_of(Side::Health, *body));
    let picked = pairs.filter(|at| scenery.nesting.and_then(|nesting| nesting.picked.get(**at)).is_some_and(|picked| *picked)).count();
    picked.saturating_add(scenery.parts_of(component).iter().filter(|part| scenery.matters(part)).count())
}

/// The options of a place with what each would do, and the one that is shown first.
fn options(
    scenery: &Scenery<'_>,
    judged: &Judged<'_>,
    (at, component): (usize, &Component),
    found: &[&Obstruction],
    exposure: &Exposure<'_>,
) -> Vec<Choice> {
    let candidates: Vec<(Candidate, Option<Changed>)> = candidates(scenery, component, found)
        .into_iter()
        .map(|candidate| {
            let changed = changed(scenery, &candidate);
            (candidate, changed)
        })
        .collect();
    let gone = candidates.iter().filter_map(|(candidate, changed)| Some(tangle::gone(scenery, candidate, changed.as_ref()?)));
    let tangles = Tangles::new(scenery, judged, at, gone);
    // Options that reach the same bodies share a scene.
    let mut scenes: BTreeMap<Bodies, Vec<(usize, Reach)>> = BTreeMap::new();
    for (nth, (candidate, _)) in candidates.iter().enumerate() {
        if let Some(reach) = Reach::new(scenery, &candidate.change) {
            scenes.entry(reach.scene.clone()).or_default().push((nth, reach));
        }
    }
    let scenes: Vec<(Bodies, Vec<(usize, Reach)>)> = scenes.into_iter().collect();
    let mut tried: Vec<(usize, Flags<'_>)> = scenes
        .par_iter()
        .flat_map_iter(|(bodies, members)| {
            let mut scene = Scene::new(scenery, &bodies.health, &bodies.council);
            // A change that moves a line makes its own money anew.
            let stays = |nth: &usize| candidates.get(*nth).is_some_and(|(candidate, _)| !candidate.change.kind.moves_a_line());
            if members.iter().any(|(nth, _)| stays(nth)) {
                scene.align();
            }
            let tangles = &tangles;
            let candidates = &candidates;
            members.iter().filter_map(move |(nth, reach)| {
                let (candidate, changed) = candidates.get(*nth)?;
                Some((*nth, tried::flags(scenery, judged, tangles, (reach, &scene), (candidate, changed.as_ref()))?))
            })
        })
        .collect();
    tried.sort_by_key(|(nth, _)| *nth);
    let mut options: Vec<(Choice, Flags<'_>)> = tried
        .into_iter()
        .filter_map(|(nth, flags)| {
            let (candidate, changed) = candidates.get(nth)?;
            let choice = Choice {
                change: candidate.change.clone(),
                sentence: sentence(scenery, candidate),
                part: candidate.part.map(|part| part.rank),
                affected: affected(scenery, candidate),
                crossing_removed: changed.as_ref().map_or(0, |changed| changed.removed),
                agreements: changed.as_ref().map_or(0, |changed| changed.agreements),
                removes: flags.goes.len(),
                removes_high: flags.high_removed,
                adds: flags.comes,
                adds_high: flags.high_added,
                first: None,
            };
            Some((choice, flags))
        })
        .collect();
    first::choose(scenery, component, &mut options, exposure);
    options.into_iter().map(|(choice, _)| choice).collect()
}

/// What a boundary change would do to who is on the wrong side of a line; `None` for other changes.
fn changed(scenery: &Scenery<'_>, candidate: &Candidate) -> Option<Changed> {
    let Candidate { change, part } = candidate;
    let settled = scenery.settled.as_ref()?;
    let to = || scenery.position(change.side, change.to.as_deref()?);
    match change.kind {
        ChangeKind::Transfer => Some(settled.moved(part.as_ref()?, change.side, to()?)),
        ChangeKind::Merge => Some(settled.joined(change.side, to()?, scenery.position(change.side, &change.subject)?)),
        _ => None,
    }
}

/// What would get another body: what lies in the part, or in the smaller of two bodies that join; nothing where no line moves.
fn affected(scenery: &Scenery<'_>, candidate: &Candidate) -> i128 {
    let Candidate { change, part } = candidate;
    match change.kind {
        ChangeKind::Transfer => part.map_or(0, |part| i128::from(part.amount)),
        ChangeKind::Merge => {
            let body = scenery.position(change.side, &change.subject).and_then(|body| scenery.bodies(change.side).get(body));
            body.map_or(0, |body| match scenery.basis {
                Basis::People => body.people.map_or(0, |people| i128::from(people.0)),
                Basis::Area => (body.area_m2 * 1e6).round() as i128,
            })
        }
        _ => 0,
    }
}
