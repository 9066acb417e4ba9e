//! The evidence about one place alone: small enough to run the rules on again and again.

use std::collections::BTreeSet;

use super::{Input, Lines};
use crate::alignment::{Alignment, Component, Side, measure, two_tier};
use crate::budgets::{self, Agreement, BudgetLine, BudgetPair, Cycle, Governance, Mechanism, Priority, ServicePopulation};
use crate::domain::{Basis, Layer, Relation, RelationPair, Rings, Role};
use crate::nesting::nest_all;
use crate::obstructions::{Evidence, Obstruction, Rule, TwoTier, find_again};

/// The basis that rules judge by.
pub(super) fn basis_of(alignment: &Alignment) -> Basis {
    if alignment.relation.has_people { Basis::People } else { Basis::Area }
}

/// Whether a body is of a component.
pub(super) fn is_of(component: &Component, side: Side, body: usize) -> bool {
    match side {
        Side::Health => component.health.contains(&body),
        Side::Council => component.council.contains(&body),
    }
}

/// Everything about an alignment that its places share.
pub(super) struct Scenery<'a> {
    pub input: Input<'a>,
    pub alignment: &'a Alignment,
    pub district: Option<&'a Alignment>,
    /// Populations that money of some services is split by.
    populations: &'a [ServicePopulation],
    /// Money of its pairs.
    pub pairs: &'a [BudgetPair],
    /// Latest fiscal year of that money.
    pub year: Option<&'a str>,
    pub lines: &'a Lines<'a>,
    /// Obstructions that are of some place of the alignment, with the place's index among the alignment's components.
    by_component: Vec<Vec<&'a Obstruction>>,
}

impl<'a> Scenery<'a> {
    pub fn new(input: Input<'a>, index: usize, alignment: &'a Alignment, lines: &'a Lines<'a>) -> Self {
        let pairs = input.evidence.budget_pairs.iter().find(|(id, _)| *id == alignment.id).map_or(&[][..], |(_, pairs)| pairs.as_slice());
        let mut by_component: Vec<Vec<&Obstruction>> = alignment.components.iter().map(|_| Vec::new()).collect();
        for found in input.obstructions {
            if let Some(slot) = component_of(input, alignment, found).and_then(|component| by_component.get_mut(component)) {
                slot.push(found);
            }
        }
        Self {
            input,
            alignment,
            district: input.districts.get(index).and_then(Option::as_ref),
            populations: input.populations.get(index).map_or(&[], Vec::as_slice),
            pairs,
            year: pairs.iter().filter_map(|row| row.fiscal_year.as_deref()).max(),
            lines,
            by_component,
        }
    }

    /// Obstructions of a place, in the order of table `obstruction`.
    pub fn of(&self, component: &Component) -> Vec<&'a Obstruction> {
        let index = self.alignment.components.iter().position(|other| std::ptr::eq(other, component));
        index.and_then(|index| self.by_component.get(index)).cloned().unwrap_or_default()
    }
}

/// Index of the component, on the basis judged by, whose body an obstruction is about.
fn component_of(input: Input<'_>, alignment: &Alignment, found: &Obstruction) -> Option<usize> {
    let code = found.subject_code.as_deref()?;
    let id = found.alignment.as_deref()?;
    let sides: &[Side] = if id == alignment.id {
        match found.subject_side {
            Some(Side::Health) => &[Side::Health],
            Some(Side::Council) => &[Side::Council],
            None => &[Side::Health, Side::Council],
        }
    } else {
        let succession = input.evidence.successions.iter().find(|succession| succession.id == id)?;
        match found.subject_layer.as_deref() {
            Some(layer) if layer == alignment.health_layer => &[Side::Health],
            Some(layer) if layer == alignment.council_layer => &[Side::Council],
            // The other side of a succession is met in the alignment of the layer after.
            None if succession.to_layer == alignment.health_layer => &[Side::Council],
            None if succession.to_layer == alignment.council_layer => &[Side::Health],
            _ => return None,
        }
    };
    let basis = basis_of(alignment);
    // A component of one name with another's body is named `CODE (council)`; a tangle is its own subject.
    let named = alignment.components.iter().position(|component| component.basis == basis && component.name == code);
    let of_body = sides.iter().find_map(|side| {
        let body = match side {
            Side::Health => alignment.relation.position_left(code),
            Side::Council => alignment.relation.position_right(code),
        }?;
        alignment.body(*side, body, basis).map(|metrics| metrics.component)
    });
    of_body.or(named)
}

/// One place's evidence.
#[derive(Clone)]
pub(super) struct Scene<'a> {
    pub scenery: &'a Scenery<'a>,
    pub layers: Vec<Layer>,
    pub alignment: Alignment,
    pub district: Option<Alignment>,
    /// As the run's, of the place's bodies: their order is that of the alignment's bodies.
    pub populations: Vec<ServicePopulation>,
    pub lines: Vec<BudgetLine>,
    pub money: Vec<(String, Vec<BudgetPair>)>,
    pub agreements: Option<Vec<Agreement>>,
    pub cycles: Option<Vec<Cycle>>,
    pub governance: Option<Vec<Governance>>,
    pub priorities: Option<Vec<Priority>>,
}

impl<'a> Scene<'a> {
    /// What concerns the bodies of a component: they, whomever they meet, and what tables say of them.
    pub fn new(scenery: &'a Scenery<'a>, component: &Component) -> Self {
        let evidence = scenery.input.evidence;
        let alignment = scenery.alignment;
        let health: BTreeSet<usize> = component.health.iter().copied().collect();
        let council: BTreeSet<usize> = component.council.iter().copied().collect();
        let around_place = Around::new(&alignment.relation, health.clone(), council.clone());
        let relation = around_place.of(&alignment.relation);
        let codes = |bodies: &[crate::domain::Body]| bodies.iter().map(|body| body.code.clone()).collect::<BTreeSet<String>>();
        let (ours, theirs) = (codes(&relation.left), codes(&relation.right));
        let member = |code: &str| {
            let of = |position: Option<usize>, members: &BTreeSet<usize>| position.is_some_and(|body| members.contains(&body));
            of(alignment.relation.position_left(code), &health) || of(alignment.relation.position_right(code), &council)
        };
        let mut lines: Vec<BudgetLine> = Vec::new();
        for (layer, bodies, met) in
            [(&alignment.health_layer, &alignment.relation.left, &ours), (&alignment.council_layer, &alignment.relation.right, &theirs)]
        {
            let known = evidence.layers.iter().find(|known| known.id == *layer);
            for body in bodies.iter().filter(|body| met.contains(&body.code)) {
                let Some(at) = known.and_then(|layer| layer.position(&body.code)) else { continue };
                lines.extend_from_slice(scenery.lines.of(layer, at));
            }
        }
        lines.extend_from_slice(&scenery.lines.covering);
        // Whether the tables have a plan at all is known beyond the place, and so is whether any money is joint.
        let mut plan = false;
        let agreements = evidence.agreements.map(|agreements| {
            let kept = agreements.iter().filter(|agreement| {
                let first_plan = !plan && agreement.mechanism == Mechanism::JointInvestmentPlan;
                plan |= first_plan;
                first_plan || member(&agreement.health_code) || member(&agreement.council_code)
            });
            kept.cloned().collect()
        });
        let own = |code: Option<&str>| code.is_none_or(|code| ours.contains(code) || theirs.contains(code));
        let mut scene = Self {
            scenery,
            layers: evidence
                .layers
                .iter()
                .filter(|layer| {
                    matches!(layer.role, Role::Health | Role::Council)
                        || [&alignment.health_layer, &alignment.council_layer].contains(&&layer.id)
                })
                .map(|layer| thin(layer, &ours, &theirs))
                .collect(),
            alignment: measure(&alignment.id, &alignment.health_layer, &alignment.council_layer, relation, evidence.tolerances),
            district: scenery.district.map(|district| {
                let health = district.relation.left.iter().enumerate().filter(|(_, body)| ours.contains(&body.code)).map(|(body, _)| body);
                let relation = Around::new(&district.relation, health.collect(), BTreeSet::new()).of(&district.relation);
                measure(&district.id, &district.health_layer, &district.council_layer, relation, evidence.tolerances)
            }),
            populations: scenery
                .populations
                .iter()
                .map(|population| ServicePopulation { relation: around_place.of(&population.relation), ..population.clone() })
                .collect(),
            lines,
            money: Vec::new(),
            agreements: agreements.or_else(|| scenery.lines.joint.then(Vec::new)),
            cycles: evidence.cycles.map(|rows| rows.iter().filter(|row| own(row.code.as_deref())).cloned().collect()),
            governance: evidence.governance.map(|rows| rows.iter().filter(|row| member(&row.health_code)).cloned().collect()),
            priorities: evidence.priorities.map(|rows| rows.iter().filter(|row| own(row.health_code.as_deref())).cloned().collect()),
        };
        scene.align();
        scene
    }

    /// Splits and aligns the money again; what does not fit 64 bits of pence leaves the place without money, whose rules then do not fire.
    pub fn align(&mut self) {
        let split = budgets::apportion_by(&self.lines, &self.alignment, &self.populations);
        let aligned = split.and_then(|(apportioned, _)| {
            budgets::align_by(&self.lines, &apportioned, &self.alignment, &self.populations, self.agreements.as_deref())
        });
        self.money = vec![(self.alignment.id.clone(), aligned.unwrap_or_default())];
    }

    /// What the rules that are wanted find; `before` stands for what the others did.
    pub fn find(&self, wanted: impl Fn(&Rule) -> bool, before: Vec<Obstruction>) -> Vec<Obstruction> {
        let gaps = self.district.as_ref().map(|district| two_tier(&self.alignment, district)).unwrap_or_default();
        let tiers: Vec<TwoTier<'_>> =
            self.district.iter().map(|district| TwoTier { council: &self.alignment, district, gaps: &gaps }).collect();
        let nestings = nest_all(std::slice::from_ref(&self.alignment), self.scenery.input.evidence.tolerances.minor_people);
        let evidence = Evidence {
            layers: &self.layers,
            alignments: std::slice::from_ref(&self.alignment),
            nestings: &nestings,
            two_tier: &tiers,
            // What has happened is not undone by a change, and what is wrong with a file is not of a place.
            successions: &[],
            findings: &[],
            lines: &self.lines,
            budget_pairs: &self.money,
            agreements: self.agreements.as_deref(),
            cycles: self.cycles.as_deref(),
            governance: self.governance.as_deref(),
            priorities: self.priorities.as_deref(),
            schemes: self.scenery.input.evidence.schemes,
            tolerances: self.scenery.input.evidence.tolerances,
            as_if_separate: false,
        };
        find_again(&evidence, self.scenery.input.settings, wanted, before)
    }
}

/// Some bodies of a relation and the bodies they meet.
struct Around {
    /// The bodies asked for.
    left: BTreeSet<usize>,
    right: BTreeSet<usize>,
    /// They, and those they meet.
    lefts: BTreeSet<usize>,
    rights: BTreeSet<usize>,
}

impl Around {
    fn new(relation: &Relation, left: BTreeSet<usize>, right: BTreeSet<usize>) -> Self {
        let met = || relation.pairs.iter().filter(|pair| left.contains(&pair.left) || right.contains(&pair.right));
        let lefts = met().map(|pair| pair.left).chain(left.iter().copied()).collect();
        let rights = met().map(|pair| pair.right).chain(right.iter().copied()).collect();
        Self { left, right, lefts, rights }
    }

    /// Their pairs in a relation of the same bodies, in which all keep their totals.
    fn of(&self, relation: &Relation) -> Relation {
        let place = |kept: &BTreeSet<usize>, body: usize| kept.range(..body).count();
        let here = |pair: &&RelationPair| {
            (self.left.contains(&pair.left) || self.right.contains(&pair.right))
                && self.lefts.contains(&pair.left)
                && self.rights.contains(&pair.right)
        };
        Relation {
            left: self.lefts.iter().filter_map(|body| relation.left.get(*body)).cloned().collect(),
            right: self.rights.iter().filter_map(|body| relation.right.get(*body)).cloned().collect(),
            left_outside: self.lefts.iter().filter_map(|body| relation.left_outside.get(*body)).copied().collect(),
            right_outside: self.rights.iter().filter_map(|body| relation.right_outside.get(*body)).copied().collect(),
            pairs: relation
                .pairs
                .iter()
                .filter(here)
                .map(|pair| RelationPair { left: place(&self.lefts, pair.left), right: place(&self.rights, pair.right), ..*pair })
                .collect(),
            has_people: relation.has_people,
            shapeless: relation.shapeless,
            sliver_width_m: relation.sliver_width_m,
        }
    }
}

/// A layer without its polygons, and with those of its areas that the place has.
fn thin(layer: &Layer, ours: &BTreeSet<String>, theirs: &BTreeSet<String>) -> Layer {
    let has = |code: &String| ours.contains(code) || theirs.contains(code);
    Layer {
        id: layer.id.clone(),
        role: layer.role,
        kind: layer.kind.clone(),
        resolution_m: layer.resolution_m,
        clip: layer.clip,
        valid_from: layer.valid_from,
        valid_to: layer.valid_to,
        areas: layer.areas.iter().filter(|area| has(&area.code)).cloned().collect(),
        rings: Rings::default(),
        populations: Default::default(),
    }
}
