//! Obstructions rolled up by place, and the one change at each that would remove most.
//!
//! A place is a component: bodies that significant overlaps lock together, the smallest footprint where joint planning crosses no border.
//! [`rank`] counts each person and each penny of a place once, however many obstructions expose them, and tries every change that the rules
//! can be run again for: bodies that join, parts that move, agreements, plans, calendars, seats.

mod boundary;
mod change;
mod exposure;
mod scene;
mod tried;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::alignment::{Alignment, Component, ComponentKind, Side};
use crate::budgets::{BudgetLine, ServicePopulation};
use crate::config::ObstructionSettings;
use crate::domain::{Basis, Pence, People, Severity};
use crate::obstructions::{Evidence, Obstruction};

pub use change::{Change, ChangeKind};
use exposure::Exposure;
use scene::{Scenery, basis_of};

/// One place: a component of an alignment, on the basis that rules judge by (people where the alignment has them, else area).
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Alignment.
    pub alignment: String,
    /// Component: its smallest code.
    pub component: String,
    /// Basis.
    pub basis: Basis,
    /// 1 for the place of the alignment that most stands in the way of: most obstructions of high severity, then most people, most pence
    /// exposed, smallest component.
    pub rank: usize,
    /// Kind of the component.
    pub kind: ComponentKind,
    /// NHS bodies: code, name.
    pub health: Vec<(String, Option<String>)>,
    /// Councils: code, name.
    pub council: Vec<(String, Option<String>)>,
    /// People of the component.
    pub people: Option<People>,
    /// People whom at least one obstruction exposes, each counted once; `None` without people.
    pub people_exposed: Option<People>,
    /// Latest fiscal year of the alignment's money.
    pub fiscal_year: Option<String>,
    /// Pence of that year that at least one obstruction about money exposes, each counted once; `None` where none is known.
    pub pence_exposed: Option<Pence>,
    /// Significant pairs: agreements that joint working everywhere would need.
    pub agreements_needed: usize,
    /// Obstructions by severity.
    pub severities: BTreeMap<Severity, usize>,
    /// Obstructions by family.
    pub families: BTreeMap<&'static str, usize>,
    /// Obstructions that changes were held against: those that the rules find again on the evidence of the place alone.
    pub judged: usize,
    /// Number of changes that were tried.
    pub tried: usize,
    /// The one that would remove most; `None` where none would remove anything.
    pub best: Option<Best>,
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
}

/// What the best change of a place would do, found by running the rules again.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// The change.
    pub change: Change,
    /// The change in a sentence.
    pub sentence: String,
    /// Obstructions that would no longer fire.
    pub removes: usize,
    /// Of them, those of high severity.
    pub removes_high: usize,
    /// Obstructions that would fire because of it.
    pub adds: usize,
    /// Of them, those of high severity.
    pub adds_high: usize,
    /// People whom those that go expose, if of high or medium severity, each counted once.
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
}

/// Every component of every alignment, by alignment and component.
///
/// An obstruction is of a place if its subject is a body of it: in the alignment itself, or in a succession from or to one of the
/// alignment's layers. Obstructions about a layer, a budget or a table (family DQ) are of no place.
pub fn rank(input: Input<'_>) -> Vec<Place> {
    let lines = Lines::new(input.evidence);
    let mut places: Vec<Place> = Vec::new();
    for (index, alignment) in input.evidence.alignments.iter().enumerate() {
        let scenery = Scenery::new(input, index, alignment, &lines);
        let basis = basis_of(alignment);
        let components: Vec<&Component> = alignment.components.iter().filter(|component| component.basis == basis).collect();
        let mut ranked: Vec<Place> = components.into_par_iter().map(|component| place(&scenery, component)).collect();
        ranked.sort_by(|a, b| key(a).cmp(&key(b)));
        for (number, place) in ranked.iter_mut().enumerate() {
            place.rank = number.saturating_add(1);
        }
        places.extend(ranked);
    }
    places.sort_by(|a, b| (&a.alignment, &a.component).cmp(&(&b.alignment, &b.component)));
    places
}

type Rank<'a> = (std::cmp::Reverse<(usize, Option<People>, Option<Pence>)>, &'a str);

fn key(place: &Place) -> Rank<'_> {
    (std::cmp::Reverse((place.of(Severity::High), place.people_exposed, place.pence_exposed)), &place.component)
}

fn place(scenery: &Scenery<'_>, component: &Component) -> Place {
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
    let tried::Trial { judged, tried, best } = tried::best(scenery, component, &found, &exposure);
    let named = |side: Side, members: &[usize]| {
        let bodies = match side {
            Side::Health => &alignment.relation.left,
            Side::Council => &alignment.relation.right,
        };
        members.iter().filter_map(|body| bodies.get(*body)).map(|body| (body.code.clone(), body.name.clone())).collect()
    };
    Place {
        alignment: alignment.id.clone(),
        component: component.name.clone(),
        basis: component.basis,
        rank: 0,
        kind: component.kind,
        health: named(Side::Health, &component.health),
        council: named(Side::Council, &component.council),
        people: component.people,
        people_exposed,
        fiscal_year: scenery.year.map(str::to_owned),
        pence_exposed,
        agreements_needed: component.agreements_needed,
        severities,
        families,
        judged,
        tried,
        best,
    }
}

/// Lines by layer and body, those alike added up: what rules ask of five million lines fits in a place's few.
struct Lines<'a> {
    by_body: BTreeMap<&'a str, Vec<Vec<BudgetLine>>>,
    /// One line without a body for each budget, service and year: that the budget covers them is known beyond the place.
    covering: Vec<BudgetLine>,
    /// Some line is joint.
    joint: bool,
}

impl<'a> Lines<'a> {
    fn new(evidence: &Evidence<'a>) -> Self {
        let mut lines = Self { by_body: BTreeMap::new(), covering: Vec::new(), joint: false };
        for line in evidence.lines {
            lines.joint |= line.mechanism.is_some_and(|mechanism| mechanism != crate::budgets::Mechanism::Mainstream);
            let Some(body) = line.body else { continue };
            let bodies = lines.by_body.entry(&line.layer).or_default();
            if bodies.len() <= body {
                bodies.resize_with(body.saturating_add(1), Vec::new);
            }
            let Some(own) = bodies.get_mut(body) else { continue };
            match own.iter_mut().find(|other| alike(other, line)) {
                Some(other) => {
                    // Sums of amounts that are each known; beyond 64 bits they stay apart.
                    match other.amount.zip(line.amount).map(|(sum, amount)| sum.0.checked_add(amount.0)) {
                        Some(Some(sum)) => other.amount = Some(Pence(sum)),
                        Some(None) => own.push(line.clone()),
                        None => {}
                    }
                }
                None => {
                    let mut line = line.clone();
                    line.detail = None;
                    if line.source_row.is_some()
                        && !lines.covering.iter().any(|other| {
                            (&other.budget, &other.layer, &other.service, &other.fiscal_year)
                                == (&line.budget, &line.layer, &line.service, &line.fiscal_year)
                        })
                    {
                        let nobody = BudgetLine { code: None, body: None, amount: None, known: false, mechanism: None, ..line.clone() };
                        lines.covering.push(BudgetLine { level: None, population_basis: None, ..nobody });
                    }
                    own.push(line);
                }
            }
        }
        lines
    }

    fn of(&self, layer: &str, body: usize) -> &[BudgetLine] {
        self.by_body.get(layer).and_then(|bodies| bodies.get(body)).map_or(&[], Vec::as_slice)
    }
}

/// Whether two lines of a body differ in nothing but row and amount, and both amounts are known or neither.
fn alike(a: &BudgetLine, b: &BudgetLine) -> bool {
    a.amount.is_some() == b.amount.is_some()
        && a.source_row.is_some() == b.source_row.is_some()
        && a.mechanism == b.mechanism
        && a.level == b.level
        && a.population_basis == b.population_basis
        && a.service == b.service
        && a.fiscal_year == b.fiscal_year
        && a.budget == b.budget
}
