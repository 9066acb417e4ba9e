//! The evidence about a few bodies alone: small enough to run the rules on again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lines::Lines;
use super::scenery::{Scenery, member_rows};
use crate::alignment::{Alignment, Side, measure, two_tier};
use crate::budgets::{self, Agreement, BudgetLine, BudgetPair, Cycle, Governance, Priority, ServicePopulation};
use crate::domain::{Relation, RelationPair};
use crate::nesting::{Arrangement, Nesting, nest_as, overlaps};
use crate::obstructions::{Evidence, Obstruction, Rule, TwoTier, find_wordless};

/// The evidence about some bodies and those they meet. What few changes touch is shared by the scenes before and after them.
#[derive(Clone)]
pub(super) struct Scene<'a> {
    pub scenery: &'a Scenery<'a>,
    pub alignment: Arc<Alignment>,
    /// Who is on the wrong side of which line, on the basis that rules judge by.
    pub nestings: Arc<[Vec<Nesting>; 1]>,
    pub district: Option<Arc<Alignment>>,
    /// As the run's, of the scene's bodies: their order is that of the alignment's bodies.
    pub populations: Arc<Vec<ServicePopulation>>,
    pub lines: Arc<Vec<BudgetLine>>,
    /// Empty until [`Scene::align`].
    pub money: Arc<Vec<(String, Vec<BudgetPair>)>>,
    pub agreements: Option<Vec<Agreement>>,
    pub cycles: Option<Vec<Cycle>>,
    pub governance: Option<Vec<Governance>>,
    pub priorities: Option<Vec<Priority>>,
}

impl<'a> Scene<'a> {
    /// What concerns some bodies: they, those they meet, and what tables say of them. Their money is not aligned yet.
    pub fn new(scenery: &'a Scenery<'a>, health: &BTreeSet<usize>, council: &BTreeSet<usize>) -> Self {
        let evidence = scenery.input.evidence;
        let alignment = scenery.alignment;
        let around = Around::new(scenery, health, council);
        let relation = around.of(&alignment.relation, scenery);
        let codes = |bodies: &[crate::domain::Body]| bodies.iter().map(|body| body.code.clone()).collect::<BTreeSet<String>>();
        let (ours, theirs) = (codes(&relation.left), codes(&relation.right));
        let lines: &Lines<'_> = scenery.lines;
        let mut own: Vec<BudgetLine> = Vec::new();
        for (layer, met) in [(&alignment.health_layer, &ours), (&alignment.council_layer, &theirs)] {
            let known = evidence.layers.iter().find(|known| known.id == *layer);
            for code in met {
                let Some(at) = known.and_then(|layer| layer.position(code)) else { continue };
                own.extend_from_slice(lines.of(layer, at));
            }
        }
        own.extend_from_slice(&lines.covering);
        // Whether the tables have a plan at all is known beyond the scene, and so is whether any money is joint.
        let agreements = scenery.agreements.as_ref().map(|rows| {
            let mut kept = member_rows(rows, ours.iter().chain(&theirs));
            if let Some(plan) = rows.plan.as_ref().filter(|plan| !kept.contains(plan)) {
                kept.push(plan.clone());
            }
            kept
        });
        let both = || ours.iter().chain(&theirs);
        let mut scene = Self {
            scenery,
            nestings: Arc::new([Vec::new()]),
            district: scenery.district.map(|district| {
                let health: BTreeSet<usize> = ours.iter().filter_map(|code| district.relation.position_left(code)).collect();
                Arc::new(measure(
                    &district.id,
                    &district.health_layer,
                    &district.council_layer,
                    of_left(&district.relation, &health),
                    evidence.tolerances,
                ))
            }),
            alignment: Arc::new(measure(&alignment.id, &alignment.health_layer, &alignment.council_layer, relation, evidence.tolerances)),
            populations: Arc::new(
                scenery
                    .populations
                    .iter()
                    .map(|population| ServicePopulation { relation: around.of(&population.relation, scenery), ..population.clone() })
                    .collect(),
            ),
            lines: Arc::new(own),
            money: Arc::new(Vec::new()),
            agreements: agreements.or_else(|| lines.joint.then(Vec::new)),
            cycles: scenery.cycles.as_ref().map(|rows| member_rows(rows, both())),
            governance: scenery.governance.as_ref().map(|rows| member_rows(rows, ours.iter())),
            priorities: scenery.priorities.as_ref().map(|rows| member_rows(rows, both())),
        };
        scene.nest(&BTreeMap::new());
        scene.name_components();
        scene
    }

    /// Splits and aligns the money again; what does not fit 64 bits of pence leaves the scene without money, whose rules then do not fire.
    pub fn align(&mut self) {
        let split = budgets::apportion_by(&self.lines, &self.alignment, &self.populations);
        let aligned = split.and_then(|(apportioned, _)| {
            budgets::align_by(&self.lines, &apportioned, &self.alignment, &self.populations, self.agreements.as_deref())
        });
        self.money = Arc::new(vec![(self.alignment.id.clone(), aligned.unwrap_or_default())]);
    }

    /// Says again who is on the wrong side of a line: the picks are those of the whole alignment, but for those given by (left, right).
    pub fn nest(&mut self, changed: &BTreeMap<(usize, usize), bool>) {
        let scenery = self.scenery;
        let Some(nesting) = scenery.nesting else { return };
        let relation = &self.alignment.relation;
        let whole = &scenery.alignment.relation;
        let positions = |bodies: &[crate::domain::Body], side: Side| {
            bodies.iter().map(|body| scenery.position(side, &body.code)).collect::<Vec<Option<usize>>>()
        };
        let (left, right) = (positions(&relation.left, Side::Health), positions(&relation.right, Side::Council));
        let picked: Vec<bool> = relation
            .pairs
            .iter()
            .map(|pair| {
                let (Some(Some(left)), Some(Some(right))) = (left.get(pair.left), right.get(pair.right)) else { return false };
                let at = || whole.pairs.binary_search_by(|pair| (pair.left, pair.right).cmp(&(*left, *right))).ok();
                let before = || at().and_then(|at| nesting.picked.get(at)).copied().unwrap_or(false);
                changed.get(&(*left, *right)).copied().unwrap_or_else(before)
            })
            .collect();
        let weights = overlaps(relation, nesting.basis);
        let sum = |wanted: bool| -> i128 {
            weights.iter().zip(&picked).filter(|(_, picked)| wanted || !**picked).map(|(overlap, _)| i128::from(overlap.weight)).sum()
        };
        let arrangement = Arrangement { total: sum(true), crossing: sum(false), bound: sum(false), picked };
        let minor = scenery.input.evidence.tolerances.minor_people;
        self.nestings = Arc::new([vec![nest_as(relation, nesting.basis, minor, arrangement)]]);
    }

    /// Calls the components of the scene what the places that they are of are called: the scene shows a part of each.
    pub fn name_components(&mut self) {
        let scenery = self.scenery;
        let alignment = Arc::make_mut(&mut self.alignment);
        let relation = &alignment.relation;
        for component in &mut alignment.components {
            let health = component.health.first().and_then(|body| relation.left.get(*body)).map(|body| (Side::Health, body));
            let council = component.council.first().and_then(|body| relation.right.get(*body)).map(|body| (Side::Council, body));
            let Some((side, body)) = health.or(council) else { continue };
            let whole = scenery.position(side, &body.code).and_then(|at| scenery.component(side, at));
            if let Some(whole) = whole.filter(|_| component.basis == scenery.basis).and_then(|at| scenery.alignment.components.get(at)) {
                component.name.clone_from(&whole.name);
            }
        }
    }

    /// What the rules that are wanted find, alone; `before` stands for what the others did.
    pub fn find(&self, wanted: impl Fn(&Rule) -> bool, before: Vec<Obstruction>) -> Vec<Obstruction> {
        let gaps = self.district.as_ref().map(|district| two_tier(&self.alignment, district)).unwrap_or_default();
        let tiers: Vec<TwoTier<'_>> =
            self.district.iter().map(|district| TwoTier { council: &self.alignment, district, gaps: &gaps }).collect();
        let evidence = Evidence {
            alignments: std::slice::from_ref(&*self.alignment),
            nestings: &*self.nestings,
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
            ..*self.scenery.input.evidence
        };
        let stood = before.len();
        find_wordless(&evidence, self.scenery.input.settings, wanted, before).split_off(stood)
    }
}

/// Some bodies of the alignment and the bodies they meet.
struct Around {
    /// Pairs of the bodies asked for, as indices into the alignment's pairs.
    pairs: BTreeSet<usize>,
    /// They, and those they meet.
    lefts: Vec<usize>,
    rights: Vec<usize>,
}

impl Around {
    fn new(scenery: &Scenery<'_>, health: &BTreeSet<usize>, council: &BTreeSet<usize>) -> Self {
        let of = |side: Side, bodies: &BTreeSet<usize>| -> Vec<usize> {
            bodies.iter().flat_map(|body| scenery.pairs_of(side, *body).iter().copied()).collect()
        };
        let pairs: BTreeSet<usize> = of(Side::Health, health).into_iter().chain(of(Side::Council, council)).collect();
        let met = || pairs.iter().filter_map(|at| scenery.alignment.relation.pairs.get(*at));
        let lefts: BTreeSet<usize> = met().map(|pair| pair.left).chain(health.iter().copied()).collect();
        let rights: BTreeSet<usize> = met().map(|pair| pair.right).chain(council.iter().copied()).collect();
        Self { lefts: lefts.into_iter().collect(), rights: rights.into_iter().collect(), pairs }
    }

    /// Their pairs in a relation of the same bodies, in which all keep their totals.
    fn of(&self, relation: &Relation, scenery: &Scenery<'_>) -> Relation {
        let own = std::ptr::eq(relation, &scenery.alignment.relation);
        let kept = |pair: &RelationPair| {
            Some(RelationPair {
                left: self.lefts.binary_search(&pair.left).ok()?,
                right: self.rights.binary_search(&pair.right).ok()?,
                ..*pair
            })
        };
        let whole = &scenery.alignment.relation.pairs;
        let ends = self.pairs.iter().filter_map(|at| whole.get(*at));
        // A service's own population has pairs of its own, in the same order.
        let pairs = if own {
            ends.filter_map(kept).collect()
        } else {
            ends.filter_map(|pair| relation.pair(pair.left, pair.right)).filter_map(kept).collect()
        };
        Relation {
            left: self.lefts.iter().filter_map(|body| relation.left.get(*body)).cloned().collect(),
            right: self.rights.iter().filter_map(|body| relation.right.get(*body)).cloned().collect(),
            left_outside: self.lefts.iter().filter_map(|body| relation.left_outside.get(*body)).copied().collect(),
            right_outside: self.rights.iter().filter_map(|body| relation.right_outside.get(*body)).copied().collect(),
            pairs,
            has_people: relation.has_people,
            shapeless: relation.shapeless,
            sliver_width_m: relation.sliver_width_m,
        }
    }
}

/// Some left bodies of a relation and whom they meet, all with their totals.
fn of_left(relation: &Relation, health: &BTreeSet<usize>) -> Relation {
    let pairs: Vec<&RelationPair> = health
        .iter()
        .flat_map(|body| {
            let from = relation.pairs.partition_point(|pair| pair.left < *body);
            relation.pairs.get(from..).unwrap_or_default().iter().take_while(|pair| pair.left == *body)
        })
        .collect();
    let lefts: Vec<usize> = health.iter().copied().collect();
    let rights: Vec<usize> = pairs.iter().map(|pair| pair.right).collect::<BTreeSet<usize>>().into_iter().collect();
    let kept = |pair: &&RelationPair| {
        Some(RelationPair { left: lefts.binary_search(&pair.left).ok()?, right: rights.binary_search(&pair.right).ok()?, ..**pair })
    };
    Relation {
        left: lefts.iter().filter_map(|body| relation.left.get(*body)).cloned().collect(),
        right: rights.iter().filter_map(|body| relation.right.get(*body)).cloned().collect(),
        left_outside: lefts.iter().filter_map(|body| relation.left_outside.get(*body)).copied().collect(),
        right_outside: rights.iter().filter_map(|body| relation.right_outside.get(*body)).copied().collect(),
        pairs: pairs.iter().filter_map(kept).collect(),
        has_people: relation.has_people,
        sliver_width_m: relation.sliver_width_m,
        shapeless: relation.shapeless,
    }
}
