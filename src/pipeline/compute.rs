//! Computing: everything between reading and publishing. Pure: no clock, no files, no environment.

use std::collections::{BTreeMap, BTreeSet};

use super::money::{self, Money};
use super::progress::{Progress, Stage};
use super::published::published;
use super::read::Inputs;
use super::relations::{self, Run};
use super::{policy, schemes};
use crate::alignment::{self, Alignment, TwoTierGap};
use crate::config::{AlignmentPlan, BlockPeople, LayerSource, PeopleSource, Plan};
use crate::domain::number::{ParsedPeople, parse_people};
use crate::domain::{Finding, Grid, Layer, Proof, Recodes, Role};
use crate::error::{Error, Result};
use crate::layers;
use crate::nesting::{self, Nesting};
use crate::obstructions::{self, Evidence, Obstruction, TwoTier};
use crate::places::{self, Place};
use crate::succession::{self, Chain, Succession};
use crate::tables::Table;
use crate::weights::{Drawable, Engine, Overlays};
use crate::what_ifs::{self, WhatIfResult};

/// Layers on the run's grid, in the order of the plan.
#[derive(Debug)]
pub struct Ground {
    /// The grid.
    pub grid: Grid,
    /// The layers.
    pub layers: Vec<Layer>,
}

/// Everything a run found out.
#[derive(Debug)]
pub struct Results {
    /// Layers and grid.
    pub ground: Ground,
    /// Alignments, in the order of the plan.
    pub alignments: Vec<Alignment>,
    /// Who is on the wrong side of which line: of each alignment, one a basis.
    pub nestings: Vec<Vec<Nesting>>,
    /// What it takes to draw the overlaps of the alignments, by the ids of their layers.
    pub boundaries: Drawable,
    /// The same health layers against the districts, where an alignment names a district layer.
    pub districts: Vec<Option<Alignment>>,
    /// Successions, then what-if proposals, in the order of the plan.
    pub successions: Vec<Succession>,
    /// Vintages that successions tie together, by their first layer.
    pub histories: Vec<Chain>,
    /// Money.
    pub money: Money,
    /// What stands in the way, sorted by the key of table `obstruction`.
    pub obstructions: Vec<Obstruction>,
    /// What proposals change in full, by proposal and alignment, in the order of the plan.
    pub what_ifs: Vec<WhatIfResult>,
    /// The same by place, with the change that would remove most, by alignment and component.
    pub places: Vec<Place>,
    /// What was imperfect, sorted by the key of table `finding`.
    pub findings: Vec<Finding>,
    /// What was proved.
    pub proofs: Vec<Proof>,
}

/// What a check found out.
#[derive(Debug)]
pub struct Checked {
    /// Layers and grid.
    pub ground: Ground,
    /// Money, read and not split.
    pub money: Money,
    /// What was imperfect, sorted by the key of table `finding`.
    pub findings: Vec<Finding>,
    /// Number of files read.
    pub files: usize,
}

/// What a stage met on its way.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub findings: Vec<Finding>,
    pub proofs: Vec<Proof>,
}

impl Notes {
    pub(super) fn add(&mut self, findings: Vec<Finding>, proofs: Vec<Proof>) {
        self.findings.extend(findings);
        self.proofs.extend(proofs);
    }
}

/// Lays the layers on one grid: what is read first, then what is built from it.
///
/// # Errors
/// The first layer, in the order they can be made, that cannot be used.
pub(super) fn ground(plan: &Plan, inputs: &mut Inputs, notes: &mut Notes, progress: &dyn Progress) -> Result<Ground> {
    progress.begin(Stage::Layers, plan.layers.len());
    let recodes = recodes(plan, inputs, notes)?;
    let grid = layers::grid(&inputs.raws.iter().flatten().collect::<Vec<_>>())?;
    let mut built: Vec<Option<Layer>> = plan.layers.iter().map(|_| None).collect();
    // Layers that are read first; then, as the plan has no circles, each pass makes at least one dissolved layer.
    for pass in 0..=plan.layers.len() {
        for (index, layer_plan) in plan.layers.iter().enumerate() {
            if built.get(index).is_none_or(Option::is_some) {
                continue;
            }
            let made = match &layer_plan.source {
                LayerSource::Polygons { .. } => {
                    let Some(raw) = inputs.raws.get_mut(index).and_then(Option::take) else { continue };
                    layers::build(raw, layer_plan, &population_fields(plan, index), &grid)?
                }
                LayerSource::Table { table, .. } => {
                    layers::build_without_shapes(layer_plan, inputs.tables.source(table)?, &population_fields(plan, index))?
                }
                LayerSource::Dissolved { blocks, lookup, .. } => {
                    let Some(blocks) = built.get(*blocks).and_then(Option::as_ref).filter(|_| pass > 0) else { continue };
                    layers::dissolve(layer_plan, blocks, inputs.tables.source(lookup)?, &grid)?
                }
            };
            notes.add(made.findings, made.proofs);
            let mut layer = made.layer;
            if let Some(attributes) = &layer_plan.attributes {
                notes.findings.extend(layers::attach_attributes(&mut layer, inputs.tables.source(&attributes.table)?, &attributes.code)?);
            }
            let beside = people_beside(plan, index)?;
            // People are found by codes of other dates too, and codes are divided by people.
            set_other_codes(&mut layer, &recodes, plan)?;
            for (from, field) in &beside {
                notes.findings.extend(layers::count_people(&mut layer, inputs.tables.source(&from.table)?, &from.code, field)?);
            }
            if !beside.is_empty() {
                set_other_codes(&mut layer, &recodes, plan)?;
            }
            progress.step(Stage::Layers, &layer_plan.id);
            if let Some(slot) = built.get_mut(index) {
                *slot = Some(layer);
            }
        }
    }
    progress.end(Stage::Layers);
    let mut layers: Vec<Layer> = built.into_iter().flatten().collect();
    // What a finding says is read as unknown is not there for anybody to use.
    let unusable = obstructions::check_attributes(&layers);
    for finding in &unusable {
        let layer = layers.iter_mut().find(|layer| finding.layer.as_ref() == Some(&layer.id));
        if let (Some(layer), Some(code), Some(field)) = (layer, &finding.code, &finding.field)
            && let Some(area) = layer.position(code).and_then(|place| layer.areas.get_mut(place))
        {
            area.attributes.remove(field);
        }
    }
    notes.findings.extend(unusable);
    Ok(Ground { grid, layers })
}

/// The links of every `[[recode]]`, with finding DQ-07 for people that are not known.
fn recodes(plan: &Plan, inputs: &Inputs, notes: &mut Notes) -> Result<Recodes> {
    let mut recodes = Recodes::default();
    for recode in &plan.recodes {
        let table = inputs.tables.source(&recode.table)?;
        let (from, to) = (table.require(&recode.from)?, table.require(&recode.to)?);
        let people = recode.people.as_ref().map(|people| table.require(people)).transpose()?;
        let (mut half, mut unknown) = (0usize, 0usize);
        for row in 0..table.len() {
            let (Some(before), Some(after)) = (table.cell(row, from), table.cell(row, to)) else {
                half = half.saturating_add(1);
                continue;
            };
            let figure = people.and_then(|column| table.cell(row, column)).map(parse_people);
            let people_known = match figure {
                Some(ParsedPeople::Known { people, .. }) => Some(people),
                _ => None,
            };
            unknown = unknown.saturating_add(usize::from(people.is_some() && people_known.is_none()));
            recodes.add(before, after, people_known);
        }
        let file = table.path.display().to_string();
        if half > 0 {
            // The first code of a place came after none, and the last has none after it.
            let detail = format!("{half} of {} rows have no code before, or none after", table.len());
            notes.findings.push(Finding::new("DQ-09", detail, "left out").file(file.clone()).value(half as f64, "rows"));
        }
        if unknown > 0 {
            let detail = format!("{unknown} of {} rows do not say how many people went this way", table.len());
            notes.findings.push(Finding::new("DQ-07", detail, "read as unknown").file(file).value(unknown as f64, "rows"));
        }
    }
    Ok(recodes)
}

/// Gives a layer the codes that its bodies have at other dates.
fn set_other_codes(layer: &mut Layer, recodes: &Recodes, plan: &Plan) -> Result<()> {
    if recodes.is_empty() {
        return Ok(());
    }
    let Some(other) = recodes.of(layer) else {
        return Err(Error::Config {
            path: Some(plan.path.clone()),
            line: plan.recodes.first().map(|recode| recode.line),
            message: format!(
                "recode: from the codes of layer {} links lead on to millions of others; keep those that are needed with where",
                layer.id
            ),
        });
    };
    layer.other_codes = other;
    Ok(())
}

/// Finding DQ-29 for every layer whose bodies other tables know by codes of another date.
fn mixed_dates(layers: &[Layer]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for layer in layers {
        let asked: Vec<(&str, usize)> = layer.other_codes.asked().collect();
        let Some((code, area)) = asked.first() else { continue };
        let own = layer.areas.get(*area).map_or("", |area| area.code.as_str());
        let detail = format!(
            "tables name {} bodies of layer {} by codes of another date, the first {code}, which is {own} here",
            asked.len(),
            layer.id
        );
        findings.push(
            Finding::new("DQ-29", detail, "read as the layer's codes").layer(layer.id.clone()).code(own).value(asked.len() as f64, "codes"),
        );
    }
    findings
}

/// Where the people of alignments and successions come from, in the order of the plan.
fn people_sources(plan: &Plan) -> impl Iterator<Item = &PeopleSource> {
    let of_alignments = plan
        .alignments
        .iter()
        .flat_map(|alignment| alignment.people.iter().chain(alignment.service_people.iter().map(|(source, _)| source)));
    of_alignments.chain(plan.successions.iter().filter_map(|succession| succession.people.as_ref()))
}

/// Tables that have people of a layer's areas, each with the column of them, once.
///
/// # Errors
/// Two tables have a column of one name, which could not be told apart.
fn people_beside(plan: &Plan, layer: usize) -> Result<Vec<(&BlockPeople, &str)>> {
    let mut beside: Vec<(&BlockPeople, &str)> = Vec::new();
    let own = population_fields(plan, layer);
    for source in people_sources(plan) {
        let PeopleSource::Blocks { blocks, field, from: Some(from) } = source else { continue };
        if *blocks != layer || beside.contains(&(from, field.as_str())) {
            continue;
        }
        if own.contains(field) || beside.iter().any(|(_, known)| known == field) {
            let id = plan.layers.get(layer).map_or("", |layer| layer.id.as_str());
            return Err(Error::usage(format!(
                "people of layer {id} are asked for twice by the name {field}, from different tables; give them in one alignment a run, or \
                 under another name"
            )));
        }
        beside.push((from, field));
    }
    Ok(beside)
}

/// Population fields that alignments and successions ask of a layer, sorted, each once.
fn population_fields(plan: &Plan, layer: usize) -> Vec<String> {
    let sources = people_sources(plan);
    let mut fields: Vec<String> = sources
        .filter_map(|source| match source {
            PeopleSource::Blocks { blocks, field, from: None } if *blocks == layer => Some(field.clone()),
            _ => None,
        })
        .collect();
    fields.sort();
    fields.dedup();
    fields
}

/// The overlays that will be drawn, by the ids of their layers: those of the alignments.
fn drawn(plan: &Plan, ground: &Ground) -> Result<BTreeSet<(String, String)>> {
    let layers = |alignment: &AlignmentPlan| Ok((ground.layer(alignment.health)?.id.clone(), ground.layer(alignment.council)?.id.clone()));
    plan.alignments.iter().map(layers).collect()
}

/// Everything that a plan asks for, from what was read.
///
/// # Errors
/// Whatever stage first cannot keep its promise, in the order of the plan; a proof that does not hold; a finding the plan denies.
pub fn compute(plan: &Plan, inputs: Inputs, progress: &dyn Progress) -> Result<Results> {
    compute_with_engine(Engine::Here, plan, inputs, progress)
}

/// As [`compute`], the overlays made by an engine.
///
/// # Errors
/// As [`compute`], and whatever keeps the engine from answering.
pub fn compute_with_engine(engine: Engine, plan: &Plan, mut inputs: Inputs, progress: &dyn Progress) -> Result<Results> {
    let mut notes = Notes { findings: std::mem::take(&mut inputs.findings), proofs: Vec::new() };
    let mut ground = ground(plan, &mut inputs, &mut notes, progress)?;
    // Not the blocks': they are looked up by code, and there are 171,372 of them in England.
    ground.layers.iter_mut().filter(|layer| layer.role != Role::Blocks).try_for_each(|layer| layers::label(layer, &ground.grid))?;
    let tables = &inputs.tables;
    let overlays = Overlays::by(engine, drawn(plan, &ground)?);
    let run = Run { plan, ground: &ground, tables, overlays: &overlays };
    relations::proposals(plan, &ground, tables)?;

    progress.begin(Stage::Overlay, [plan.alignments.len(), plan.successions.len(), plan.what_ifs.len()].iter().sum());
    let mut alignments = Vec::with_capacity(plan.alignments.len());
    let mut districts = Vec::with_capacity(plan.alignments.len());
    let mut populations = Vec::with_capacity(plan.alignments.len());
    for alignment in &plan.alignments {
        let relations = relations::of_alignment(run, alignment, &mut notes)?;
        populations.push(relations.services);
        let health = ground.layer(alignment.health)?;
        alignments.push(alignment::align(&alignment.id, health, ground.layer(alignment.council)?, relations.council, &plan.tolerances));
        districts.push(match (relations.district, alignment.district) {
            (Some(relation), Some(district)) => {
                Some(alignment::align(&alignment.id, health, ground.layer(district)?, relation, &plan.tolerances))
            }
            _ => None,
        });
        progress.step(Stage::Overlay, &alignment.id);
    }
    let mut nestings = Vec::with_capacity(alignments.len());
    for alignment in &alignments {
        let (nested, proofs) = nesting::nest(alignment, plan.tolerances.minor_people);
        nestings.push(nested);
        notes.add(Vec::new(), proofs);
    }
    let mut successions = Vec::with_capacity(plan.successions.len());
    for succession in &plan.successions {
        successions.push(relations::succeed(run, succession, &mut notes)?);
        progress.step(Stage::Overlay, &succession.id);
    }
    let histories = succession::history(&successions);
    let mut parts = relations::PartsOf::new();
    let mut proposed = Vec::new();
    for (number, proposal) in plan.what_ifs.iter().enumerate() {
        for (succession, of) in relations::what_if(run, (number, proposal), &alignments, &mut parts, &mut notes)? {
            proposed.push((successions.len(), of));
            successions.push(succession);
        }
        progress.step(Stage::Overlay, &proposal.id);
    }
    progress.end(Stage::Overlay);

    progress.begin(Stage::Budgets, plan.budgets.len().saturating_add(alignments.len()));
    let mut money = Money::read(plan, &ground, tables, &mut populations, &mut notes, progress)?;
    money.split(plan, &ground, &alignments, &populations, &mut notes, progress)?;
    for succession in &mut successions {
        if let Some(layer) = ground.layers.iter().find(|layer| layer.id == succession.from_layer) {
            let (year, pence) = money::last_year(layer, &money.lines);
            succession::carry_money(succession, year.as_deref(), &pence);
        }
    }
    money.schemes = schemes::place(run, &mut notes)?;
    let boundaries = overlays.into_boundaries();
    progress.end(Stage::Budgets);

    notes.findings.extend(mixed_dates(&ground.layers));
    let Notes { mut findings, proofs } = notes;
    policy::settle(plan, &mut findings);
    policy::proved(&proofs, &findings)?;
    policy::allowed(plan, &findings)?;
    progress.begin(Stage::Obstructions, 2);
    let mut results = Results {
        ground,
        alignments,
        nestings,
        boundaries,
        districts,
        successions,
        histories,
        money,
        obstructions: Vec::new(),
        what_ifs: Vec::new(),
        places: Vec::new(),
        findings,
        proofs,
    };
    results.obstructions = with_evidence(plan, &results, |evidence| obstructions::find(evidence, &plan.obstructions))?;
    let spared = with_evidence(plan, &results, |evidence| obstructions::spared(evidence, &plan.obstructions, &results.obstructions));
    if !spared.is_empty() {
        results.findings.extend(spared);
        policy::settle(plan, &mut results.findings);
        policy::allowed(plan, &results.findings)?;
    }
    let own = owned(plan, &results);
    results.obstructions.extend(own);
    obstructions::sort(&mut results.obstructions);
    progress.step(Stage::Obstructions, "rules");
    results.what_ifs = with_evidence(plan, &results, |evidence| {
        let Results { districts, obstructions, successions, .. } = &results;
        let (settings, config) = (&plan.obstructions, plan.path.as_path());
        let input = what_ifs::Input { evidence, districts, populations: &populations, obstructions, settings, config };
        let mut judged = Vec::with_capacity(proposed.len());
        for (at, of) in &proposed {
            let (Some(proposal), Some(succession)) = (plan.what_ifs.get(of.plan), successions.get(*at)) else { continue };
            judged.extend(what_ifs::judge(&input, proposal, of, succession)?);
        }
        Ok::<_, crate::Error>(judged)
    })?;
    results.places = with_evidence(plan, &results, |evidence| {
        let Results { districts, obstructions, .. } = &results;
        places::rank(places::Input {
            evidence,
            districts,
            populations: &populations,
            obstructions,
            settings: &plan.obstructions,
            options: &plan.options,
        })
    });
    progress.step(Stage::Obstructions, "places");
    progress.end(Stage::Obstructions);
    Ok(results)
}

/// Gives everything that was found out to what judges it.
fn with_evidence<T>(plan: &Plan, results: &Results, judge: impl FnOnce(&Evidence<'_>) -> T) -> T {
    let tiers: Vec<(&Alignment, &Alignment, Vec<TwoTierGap>)> = results
        .alignments
        .iter()
        .zip(&results.districts)
        .filter_map(|(council, district)| district.as_ref().map(|district| (council, district, alignment::two_tier(council, district))))
        .collect();
    let two_tier: Vec<TwoTier<'_>> = tiers.iter().map(|(council, district, gaps)| TwoTier { council, district, gaps }).collect();
    let money = &results.money;
    let evidence = Evidence {
        layers: &results.ground.layers,
        alignments: &results.alignments,
        nestings: &results.nestings,
        two_tier: &two_tier,
        successions: &results.successions,
        lines: &money.lines,
        budget_pairs: &money.pairs,
        agreements: money.agreements.as_deref(),
        cycles: money.cycles.as_deref(),
        governance: money.governance.as_deref(),
        priorities: money.priorities.as_deref(),
        schemes: &money.schemes,
        findings: &results.findings,
        tolerances: &plan.tolerances,
        as_if_separate: false,
    };
    judge(&evidence)
}

/// What the user's own rules find in the tables of everything that was found out, the obstructions of the program's rules among them.
fn owned(plan: &Plan, results: &Results) -> Vec<Obstruction> {
    let settings = &plan.obstructions;
    let mut made: BTreeMap<&str, Table> = BTreeMap::new();
    let mut found = Vec::new();
    for rule in settings.own.iter().filter(|rule| !settings.disable.contains(&rule.id)) {
        let table = made.entry(rule.table.name).or_insert_with(|| published(rule.table, results));
        found.extend(obstructions::ask(rule, table));
    }
    found
}

/// Judges every input as a run would, without overlaying anything: layers are built, budgets are read to the penny.
///
/// # Errors
/// Those that a run would meet before its first overlay.
pub fn check(plan: &Plan, mut inputs: Inputs, progress: &dyn Progress) -> Result<Checked> {
    let mut notes = Notes { findings: std::mem::take(&mut inputs.findings), proofs: Vec::new() };
    let ground = ground(plan, &mut inputs, &mut notes, progress)?;
    progress.begin(Stage::Budgets, plan.budgets.len());
    let money = Money::read(plan, &ground, &inputs.tables, &mut [], &mut notes, progress)?;
    for succession in &plan.successions {
        if let Some(source) = &succession.declared {
            succession::declared_rows(inputs.tables.source(&source.table)?, source)?;
        }
    }
    relations::columns(plan, &inputs.tables)?;
    schemes::read(plan, &inputs.tables)?;
    relations::proposals(plan, &ground, &inputs.tables)?;
    notes.findings.extend(mixed_dates(&ground.layers));
    progress.end(Stage::Budgets);
    let Notes { mut findings, proofs } = notes;
    policy::settle(plan, &mut findings);
    policy::proved(&proofs, &findings)?;
    policy::allowed(plan, &findings)?;
    Ok(Checked { ground, money, findings, files: inputs.files.len() })
}
