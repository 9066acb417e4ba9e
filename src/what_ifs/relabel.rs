//! Everything that the rules read, as it would be with the bodies of a proposal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Input, Proposed, is_asked};
use crate::alignment::{Alignment, Side, measure, two_tier};
use crate::budgets::{self, Agreement, BudgetLine, Cycle, Governance, Priority, Reach, ServicePopulation};
use crate::config::WhatIfPlan;
use crate::domain::number::{Parsed, parse_decimal};
use crate::domain::units::largest_remainder;
use crate::domain::{Amounts, Area, Layer, Pence, People, Relation, Rings, Role};
use crate::error::Result;
use crate::nesting::nest_all;
use crate::obstructions::{Evidence, Obstruction, TwoTier, find_again};
use crate::succession::{Succession, merge_left};

/// What the rules find on a proposal.
pub(super) struct Found {
    pub obstructions: Vec<Obstruction>,
    /// Rules that what the proposal leaves unknown would decide: what they found before stands.
    pub unknown: BTreeSet<&'static str>,
}

/// Runs the rules on the evidence of an alignment as the proposal would have it.
pub(super) fn find(
    input: &Input<'_>,
    plan: &WhatIfPlan,
    proposed: &Proposed,
    succession: &Succession,
    before: &Alignment,
) -> Result<Found> {
    let evidence = input.evidence;
    let becoming = Becoming::new(proposed.side, &succession.relation);
    let id = &before.id;
    // Under the ids of the alignment as it is, so that its rows, its money and its attributes are found.
    let after = measure(id, &before.health_layer, &before.council_layer, proposed.after.relation.clone(), evidence.tolerances);
    let layer = match proposed.side {
        Side::Health => &before.health_layer,
        Side::Council => &before.council_layer,
    };
    let moves = !plan.moves.is_empty();
    let merged = |relation: &Relation| -> Result<Relation> {
        Ok(match proposed.side {
            Side::Health => merge_left(relation, plan, input.config, evidence.tolerances)?.0,
            Side::Council => merge_left(&relation.turned(), plan, input.config, evidence.tolerances)?.0.turned(),
        })
    };
    let own: &[ServicePopulation] = input.populations.get(proposed.alignment).map_or(&[], Vec::as_slice);
    let mut unknown = BTreeSet::new();
    let mut populations = Vec::new();
    if moves {
        unknown.extend(["BND-10", "BND-12", "BND-13"]);
        if proposed.side == Side::Health {
            unknown.insert("BND-07");
        }
        if !own.is_empty() {
            // How many of a service's own people live in the part that moves is not measured.
            unknown.extend(crate::obstructions::RULES.iter().filter(|rule| rule.family == "BUD").map(|rule| rule.id));
        }
    } else {
        for population in own {
            populations.push(ServicePopulation { relation: merged(&population.relation)?, ..population.clone() });
        }
    }
    let district = match input.districts.get(proposed.alignment).and_then(Option::as_ref) {
        Some(district) if proposed.side == Side::Health && !moves => {
            let relation = merged(&district.relation)?;
            Some(measure(&district.id, &district.health_layer, &district.council_layer, relation, evidence.tolerances))
        }
        district => district.cloned(),
    };
    let layers: Vec<Layer> =
        evidence.layers.iter().filter(|known| known.role != Role::Blocks).map(|known| becoming.layer(known, layer)).collect();
    let lines = becoming.lines(evidence.lines, layer);
    let agreements = evidence.agreements.map(|rows| becoming.agreements(rows));
    let cycles = evidence.cycles.map(|rows| becoming.cycles(rows));
    let governance = evidence.governance.map(|rows| becoming.governance(rows));
    let priorities = evidence.priorities.map(|rows| becoming.priorities(rows));
    let schemes = becoming.schemes(evidence.schemes, layer);
    let (apportioned, _) = budgets::apportion_by(&lines, &after, &populations)?;
    let pairs = vec![(id.clone(), budgets::align_by(&lines, &apportioned, &after, &populations, agreements.as_deref())?)];
    let gaps = district.as_ref().map(|district| two_tier(&after, district)).unwrap_or_default();
    let tiers: Vec<TwoTier<'_>> = district.iter().map(|district| TwoTier { council: &after, district, gaps: &gaps }).collect();
    let alignments = std::slice::from_ref(&after);
    let nestings = nest_all(alignments, evidence.tolerances.minor_people);
    let changed = Evidence {
        layers: &layers,
        alignments,
        nestings: &nestings,
        two_tier: &tiers,
        successions: &[],
        lines: &lines,
        budget_pairs: &pairs,
        agreements: agreements.as_deref(),
        cycles: cycles.as_deref(),
        governance: governance.as_deref(),
        priorities: priorities.as_deref(),
        schemes: &schemes,
        findings: &[],
        ..*evidence
    };
    let obstructions = find_again(&changed, input.settings, |rule| is_asked(rule.family), Vec::new());
    Ok(Found { obstructions, unknown })
}

/// Who becomes whom, by code.
struct Becoming {
    side: Side,
    /// Bodies after, in order: code, name, and the bodies before that are part of it, each wholly or not.
    after: Vec<After>,
    /// Of each body before, where its people and land go: body after, weight.
    goes: BTreeMap<String, Vec<(usize, i128)>>,
    /// The body after that has the tables' rows about a body before.
    heir: BTreeMap<String, String>,
}

struct After {
    code: String,
    name: Option<String>,
    area_m2: f64,
    /// The bodies before that it comes from, whole ones first.
    from: Vec<(String, bool)>,
    /// The body before that it carries on: whose calendar, seats and attributes it has.
    leader: Option<String>,
}

impl Becoming {
    fn new(side: Side, relation: &Relation) -> Self {
        let weight = |amounts: &Amounts, people: bool| match amounts.people {
            Some(there) if people => i128::from(there.0),
            // Square millimetres.
            _ => (amounts.area_m2 * 1e6) as i128,
        };
        let mut goes: BTreeMap<String, Vec<(usize, i128)>> = BTreeMap::new();
        let mut from: Vec<Vec<(usize, i128)>> = vec![Vec::new(); relation.right.len()];
        for (index, body) in relation.left.iter().enumerate() {
            let people = relation.has_people && body.people.is_some_and(|people| people.0 > 0);
            for pair in relation.pairs_of_left(index) {
                let part = weight(&pair.amounts, people);
                goes.entry(body.code.clone()).or_default().push((pair.right, part));
                if let Some(slot) = from.get_mut(pair.right) {
                    slot.push((index, part));
                }
            }
        }
        let code = |index: usize| relation.left.get(index).map(|body| body.code.clone());
        let mut after: Vec<After> = Vec::with_capacity(relation.right.len());
        for (index, body) in relation.right.iter().enumerate() {
            let parts = from.get(index).map_or(&[][..], Vec::as_slice);
            let same = parts.iter().find(|(old, _)| code(*old).as_deref() == Some(body.code.as_str()));
            // Else the one with the most people in it; of equals the first.
            let most = parts.iter().copied().reduce(|most, part| if part.1 > most.1 { part } else { most });
            let whole = |old: usize| code(old).and_then(|old| goes.get(&old)).is_some_and(|goes| goes.len() == 1);
            after.push(After {
                code: body.code.clone(),
                name: body.name.clone(),
                area_m2: body.area_m2,
                from: parts.iter().filter_map(|(old, _)| Some((code(*old)?, whole(*old)))).collect(),
                leader: same.copied().or(most).and_then(|(old, _)| code(old)),
            });
        }
        let heir = goes
            .iter()
            .filter_map(|(old, parts)| {
                let of = |at: usize| after.get(at).map(|body| body.code.clone());
                let same = parts.iter().find_map(|(at, _)| of(*at).filter(|code| code == old));
                let most = parts.iter().copied().reduce(|most, part| if part.1 > most.1 { part } else { most });
                Some((old.clone(), same.or_else(|| most.and_then(|(at, _)| of(at)))?))
            })
            .collect();
        Self { side, after, goes, heir }
    }

    /// The code that a row about `code` is about after.
    fn heir(&self, code: &str) -> String {
        self.heir.get(code).cloned().unwrap_or_else(|| code.to_owned())
    }

    /// Whether a body after carries on the body of this code.
    fn leads(&self, code: &str) -> bool {
        let heir = self.heir(code);
        let at = self.after.binary_search_by(|body| body.code.as_str().cmp(heir.as_str())).ok().and_then(|at| self.after.get(at));
        at.is_none_or(|body| body.leader.as_deref() == Some(code))
    }

    /// Lines of the layer's bodies, with their money where their people would be, to the penny. A line of unknown amount is unknown everywhere.
    fn lines(&self, lines: &[BudgetLine], layer: &str) -> Vec<BudgetLine> {
        let codes: Vec<Arc<str>> = self.after.iter().map(|body| Arc::from(body.code.as_str())).collect();
        let mut after = Vec::with_capacity(lines.len());
        for line in lines {
            let parts = line.code.as_deref().filter(|_| line.body.is_some() && &*line.layer == layer).and_then(|code| self.goes.get(code));
            let Some(parts) = parts else {
                after.push(line.clone());
                continue;
            };
            let weights: Vec<i128> = parts.iter().map(|(_, weight)| *weight).collect();
            let amounts: Vec<Option<Pence>> = match line.amount {
                // All of a body that goes whole, also where no one lives and no land is known.
                amount if parts.len() == 1 => vec![amount],
                None => vec![None; parts.len()],
                Some(amount) => match largest_remainder(amount.0, &weights) {
                    Some(amounts) => amounts.into_iter().map(|pence| Some(Pence(pence))).collect(),
                    None => vec![None; parts.len()],
                },
            };
            for ((at, _), amount) in parts.iter().zip(amounts) {
                let code = codes.get(*at).cloned();
                after.push(BudgetLine { code, body: Some(*at), amount, known: amount.is_some(), ..line.clone() });
            }
        }
        after
    }

    fn agreements(&self, rows: &[Agreement]) -> Vec<Agreement> {
        let mut rows = rows.to_vec();
        for row in &mut rows {
            let code = if self.side == Side::Health { &mut row.health_code } else { &mut row.council_code };
            *code = self.heir(code);
        }
        rows
    }

    /// Calendars: a body after has that of the body it carries on.
    fn cycles(&self, rows: &[Cycle]) -> Vec<Cycle> {
        let ours = |row: &&Cycle| row.side != self.side || row.code.as_deref().is_none_or(|code| self.leads(code));
        let renamed = |row: &Cycle| {
            let code = row.code.as_deref().map(|code| if row.side == self.side { self.heir(code) } else { code.to_owned() });
            Cycle { code, ..row.clone() }
        };
        rows.iter().filter(ours).map(renamed).collect()
    }

    /// Seats: those of the body that is carried on, and of the others where it has no row with the same partner.
    fn governance(&self, rows: &[Governance]) -> Vec<Governance> {
        let code = |row: &Governance| if self.side == Side::Health { row.health_code.clone() } else { row.council_code.clone() };
        let renamed = |row: &Governance| {
            let mut row = row.clone();
            let code = if self.side == Side::Health { &mut row.health_code } else { &mut row.council_code };
            *code = self.heir(code);
            row
        };
        let pair = |row: &Governance| (row.health_code.clone(), row.council_code.clone());
        let led: BTreeSet<(String, String)> = rows.iter().filter(|row| self.leads(&code(row))).map(|row| pair(&renamed(row))).collect();
        let mut seen = BTreeSet::new();
        let mut after = Vec::with_capacity(rows.len());
        for row in rows {
            let leads = self.leads(&code(row));
            let row = renamed(row);
            if (leads || !led.contains(&pair(&row))) && seen.insert(pair(&row)) {
                after.push(row);
            }
        }
        after
    }

    fn priorities(&self, rows: &[Priority]) -> Vec<Priority> {
        if self.side == Side::Council {
            return rows.to_vec();
        }
        let ours = |row: &&Priority| row.health_code.as_deref().is_none_or(|code| self.leads(code));
        let renamed = |row: &Priority| Priority { health_code: row.health_code.as_deref().map(|code| self.heir(code)), ..row.clone() };
        rows.iter().filter(ours).map(renamed).collect()
    }

    /// Schemes of bodies that merge are those of the merged body, each group once. Those of a body that gives or gets a part stay where they were.
    fn schemes(&self, rows: &[Reach], layer: &str) -> Vec<Reach> {
        let mut after: Vec<Reach> = Vec::with_capacity(rows.len());
        let mut places: BTreeMap<(String, String, String), usize> = BTreeMap::new();
        for row in rows {
            let Some(code) = row.code.as_deref().filter(|_| row.layer == layer) else {
                after.push(row.clone());
                continue;
            };
            let heir = self.heir(code);
            let place = (row.scheme.clone(), row.group.clone(), heir.clone());
            let known = places.get(&place).copied();
            match known.and_then(|at| after.get_mut(at)) {
                Some(whole) => add(whole, row),
                None => {
                    places.insert(place, after.len());
                    after.push(Reach { code: Some(heir), ..row.clone() });
                }
            }
        }
        self.shares(&mut after, rows, layer);
        after
    }

    /// Shares of merged bodies: what the group has in the parts over what the parts have.
    fn shares(&self, after: &mut [Reach], rows: &[Reach], layer: &str) {
        for row in after.iter_mut().filter(|row| row.layer == layer && row.share_of_body.is_some()) {
            let Some(body) = self.after.iter().find(|body| Some(body.code.as_str()) == row.code.as_deref()) else { continue };
            if body.from.len() < 2 || body.from.iter().any(|(_, whole)| !whole) {
                continue;
            }
            let (mut inside, mut all) = (0.0, 0.0);
            for (old, _) in &body.from {
                let weight = self.goes.get(old).map_or(0, |parts| parts.iter().map(|(_, weight)| *weight).sum::<i128>()) as f64;
                let own = rows.iter().find(|reach| {
                    reach.layer == layer
                        && reach.scheme == row.scheme
                        && reach.group == row.group
                        && reach.code.as_deref() == Some(old.as_str())
                });
                inside += weight * own.and_then(|reach| reach.share_of_body).unwrap_or(0.0);
                all += weight;
            }
            row.share_of_body = (all > 0.0).then(|| inside / all);
        }
    }

    /// The layer without its polygons, with the bodies after where it is the one that changes. A body has the attributes of the one it carries on;
    /// its registered people are those of all its parts, its smallest practice list the smallest of theirs, and neither is known where a part's is
    /// not, or where only a part of a body came.
    fn layer(&self, layer: &Layer, changing: &str) -> Layer {
        let areas = if layer.id == changing { self.after.iter().map(|body| self.area(layer, body)).collect() } else { layer.areas.clone() };
        Layer {
            id: layer.id.clone(),
            role: layer.role,
            kind: layer.kind.clone(),
            resolution_m: layer.resolution_m,
            clip: layer.clip,
            valid_from: layer.valid_from,
            valid_to: layer.valid_to,
            areas,
            rings: Rings::default(),
            populations: BTreeMap::default(),
            other_codes: Default::default(),
        }
    }

    fn area(&self, layer: &Layer, body: &After) -> Area {
        let of = |code: &str| layer.position(code).and_then(|at| layer.areas.get(at));
        let leader = body.leader.as_deref().and_then(of);
        let olds: Vec<Option<&Area>> = body.from.iter().map(|(code, whole)| of(code).filter(|_| *whole)).collect();
        if let ([Some(same)], true) = (olds.as_slice(), leader.is_some_and(|leader| leader.code == body.code)) {
            return (*same).clone();
        }
        let mut attributes = leader.map(|leader| leader.attributes.clone()).unwrap_or_default();
        for (name, sums) in [("registered", true), ("smallest_practice_list", false)] {
            attributes.remove(name);
            let numbers: Option<Vec<_>> = olds
                .iter()
                .map(|area| match parse_decimal((*area)?.attributes.get(name)?) {
                    Parsed::Known(number) => Some(number),
                    Parsed::Unknown | Parsed::Invalid => None,
                })
                .collect();
            let figure = numbers.and_then(|numbers| {
                numbers.into_iter().try_fold(None, |so_far, number| match so_far {
                    None => Some(Some(number)),
                    Some(sum) if sums => number.checked_add(sum).map(Some),
                    Some(least) => Some(Some(number.min(least))),
                })
            });
            if let Some(figure) = figure.flatten() {
                attributes.insert(name.to_owned(), figure.to_string());
            }
        }
        let people: Option<People> = olds.iter().map(|area| area.and_then(|area| area.people)).sum();
        Area {
            code: body.code.clone(),
            name: body.name.clone(),
            area_m2: body.area_m2,
            people,
            parts: olds.iter().flatten().map(|area| area.parts).sum(),
            holes: olds.iter().flatten().map(|area| area.holes).sum(),
            vertices: olds.iter().flatten().map(|area| area.vertices).sum(),
            repaired: olds.iter().flatten().any(|area| area.repaired),
            label: None,
            attributes,
        }
    }
}

/// Adds a group's members in one part of a merged body to those in another. Unknown stays unknown.
fn add(whole: &mut Reach, part: &Reach) {
    whole.members = whole.members.zip(part.members).map(|(sum, members)| sum.saturating_add(members));
    whole.people = whole.people.zip(part.people).map(|(sum, people)| sum + people);
    whole.area_m2 = whole.area_m2.zip(part.area_m2).map(|(sum, area)| sum + area);
    whole.holds_budget = if whole.holds_budget == part.holds_budget { whole.holds_budget } else { None };
    whole.in_force = if whole.in_force == part.in_force { whole.in_force } else { whole.in_force.or(part.in_force).filter(|force| *force) };
}
