//! Which layers are overlaid with which, and with whose people: alignments, successions and proposals through the overlay.

use std::collections::BTreeMap;

use super::compute::{Ground, Notes};
use super::read::Tables;
use crate::alignment::{self, Alignment, Side};
use crate::budgets::ServicePopulation;
use crate::config::{AlignmentPlan, LayerSource, PeopleSource, Plan, SuccessionPlan, WhatIfPlan, published_ids};
use crate::domain::{Layer, Proof, Relation};
use crate::error::{Error, InputProblem, Result};
use crate::layers;
use crate::succession::{self, CouncilChange, DeclaredInput, EffectInput, Parts, Proposal, Succession};
use crate::weights::{self, Overlays, Population};
use crate::what_ifs::Proposed;

/// Relations of one alignment.
pub(super) struct OfAlignment {
    /// Health x council.
    pub council: Relation,
    /// Health x district, where the alignment names a district layer.
    pub district: Option<Relation>,
    /// Health x council by the populations that services have of their own.
    pub services: Vec<ServicePopulation>,
}

/// A run on its way: its plan, its layers, its tables, and the overlays made so far.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub plan: &'a Plan,
    pub ground: &'a Ground,
    pub tables: &'a Tables,
    pub overlays: &'a Overlays,
}

/// What overlaying needs beside the two layers.
#[derive(Clone, Copy)]
struct With<'a> {
    run: Run<'a>,
    people: Option<&'a PeopleSource>,
}

/// Columns of a building-block table that stand for the left and right layer of one overlay.
#[derive(Clone, Copy)]
enum Column {
    Left,
    Right,
    Council,
    CouncilAfter,
    District,
    Block,
}

impl Column {
    fn of(self, source: &PeopleSource) -> Option<&str> {
        let PeopleSource::Table { block, left, right, council, council_after, district, .. } = source else { return None };
        match self {
            Self::Left => Some(left),
            Self::Right => Some(right),
            Self::Council => council.as_deref(),
            Self::CouncilAfter => council_after.as_deref(),
            Self::District => district.as_deref(),
            Self::Block => block.as_deref(),
        }
    }
}

/// Overlays health with council, and with districts.
pub(super) fn of_alignment(run: Run<'_>, alignment: &AlignmentPlan, notes: &mut Notes) -> Result<OfAlignment> {
    let with = With { run, people: alignment.people.as_ref() };
    let health = (alignment.health, Column::Left);
    let council = with.relate(health, (alignment.council, Column::Right), notes)?;
    let district = match alignment.district {
        Some(district) => Some(with.relate(health, (district, Column::District), notes)?),
        None => None,
    };
    let mut services = Vec::with_capacity(alignment.service_people.len());
    for (source, own) in &alignment.service_people {
        let with = With { run, people: Some(source) };
        let mut met = Notes::default();
        let relation = with.relate(health, (alignment.council, Column::Right), &mut met)?;
        // What is wrong with the layers was told with all people; that the population is another than the layer's own is no fault of it.
        met.findings.retain(|finding| matches!(finding.id, "DQ-04" | "DQ-07" | "DQ-10"));
        for finding in &mut met.findings {
            finding.field.get_or_insert_with(|| source.field().to_owned());
        }
        for proof in &mut met.proofs {
            proof.subject = format!("{}, {}", proof.subject, source.field());
        }
        notes.add(met.findings, met.proofs);
        services.push(ServicePopulation { field: source.field().to_owned(), services: own.clone(), relation });
    }
    Ok(OfAlignment { council, district, services })
}

/// Overlays bodies with the areas of a scheme. People by table are not taken: the table does not know the areas.
pub(super) fn of_scheme(
    run: Run<'_>,
    (bodies, areas): (usize, usize),
    people: Option<&PeopleSource>,
    notes: &mut Notes,
) -> Result<Relation> {
    let with = With { run, people };
    with.relate_any((bodies, Column::Left), (areas, Column::Right), notes)
}

/// Follows one vintage of a layer to the next, with the effect on coterminosity where a council layer is given.
pub(super) fn succeed(run: Run<'_>, succession: &SuccessionPlan, notes: &mut Notes) -> Result<Succession> {
    let Run { plan, ground, tables, .. } = run;
    let with = With { run, people: succession.people.as_ref() };
    let (from, to) = ((succession.from, Column::Left), (succession.to, Column::Right));
    let relation = with.relate(from, to, notes)?;
    let against = |health: (usize, Column), council: (usize, Column), notes: &mut Notes| -> Result<Alignment> {
        let relation = with.relate(health, council, notes)?;
        let (health, council) = (ground.layer(health.0)?, ground.layer(council.0)?);
        Ok(alignment::align(&succession.id, health, council, relation, &plan.tolerances))
    };
    let council = succession.council.map(|council| (council, Column::Council));
    let council_after = succession.council_after.map(|council| (council, Column::CouncilAfter));
    // from x council, to x council; and where councils change too: from x after, to x after, council x after.
    let before = council.map(|council| against(from, council, notes)).transpose()?;
    let health_only = council.map(|council| against(to, council, notes)).transpose()?;
    let council_only = council_after.map(|after| against(from, after, notes)).transpose()?;
    let both = council_after.map(|after| against(to, after, notes)).transpose()?;
    let councils = match (council, council_after) {
        (Some(council), Some(after)) => Some(with.relate(council, after, notes)?),
        _ => None,
    };
    let effect = match (&before, &health_only, &council_only, &both) {
        (Some(before), Some(health_only), Some(council_only), Some(both)) => Some(EffectInput {
            before,
            after: both,
            council_change: Some(CouncilChange { health_only, council_only, relation: councils.as_ref() }),
        }),
        (Some(before), Some(after), _, _) => Some(EffectInput { before, after, council_change: None }),
        _ => None,
    };
    let rows = match &succession.declared {
        Some(source) => Some(succession::declared_rows(tables.source(&source.table)?, source)?),
        None => None,
    };
    let declared = match (&succession.declared, &rows) {
        (Some(source), Some(rows)) => Some(DeclaredInput { source, rows }),
        _ => None,
    };
    let (result, findings) = succession::succeed(succession::Input {
        id: &succession.id,
        from: ground.layer(succession.from)?,
        to: ground.layer(succession.to)?,
        date: succession.date,
        relation,
        tolerances: &plan.tolerances,
        effect,
        declared,
    })?;
    notes.add(findings, named_proofs(&result.id, &result.proofs));
    Ok(result)
}

/// Proofs with what they are of.
fn named_proofs(id: &str, proofs: &[Proof]) -> Vec<Proof> {
    proofs.iter().map(|proof| Proof { subject: format!("{id}, {}", proof.subject), ..proof.clone() }).collect()
}

/// Blocks against the other side of an alignment, measured once for all proposals: by layer that moves parts, and alignment.
pub(super) type PartsOf = BTreeMap<(usize, usize), Parts>;

/// Evaluates a proposal against every alignment that its layer is a side of.
///
/// Where there are several, each result's id is the proposal's with the alignment's behind it, so that rows stay apart. Geometry is touched
/// where parts move, once an alignment: `known` keeps what the blocks share with the other side.
pub(super) fn what_if(
    run: Run<'_>,
    (number, proposal): (usize, &WhatIfPlan),
    alignments: &[Alignment],
    known: &mut PartsOf,
    notes: &mut Notes,
) -> Result<Vec<(Succession, Proposed)>> {
    let Run { plan, ground, .. } = run;
    let layer = ground.layer(proposal.layer)?;
    let concerned = |alignment: &Alignment| alignment.health_layer == layer.id || alignment.council_layer == layer.id;
    let places: Vec<usize> = alignments.iter().enumerate().filter(|(_, alignment)| concerned(alignment)).map(|(at, _)| at).collect();
    let names: Vec<&str> = places.iter().filter_map(|at| alignments.get(*at)).map(|alignment| alignment.id.as_str()).collect();
    let ids = published_ids(&proposal.id, &names);
    let mut results = Vec::with_capacity(places.len());
    for (at, id) in places.into_iter().zip(ids) {
        let Some(before) = alignments.get(at) else { continue };
        if !proposal.moves.is_empty() && !known.contains_key(&(proposal.layer, at)) {
            known.insert((proposal.layer, at), parts(run, proposal.layer, at, notes)?);
        }
        let parts = known.get(&(proposal.layer, at));
        let evaluated =
            succession::what_if(Proposal { plan: proposal, config: &plan.path, layer, before, tolerances: &plan.tolerances, parts })?;
        notes.add(evaluated.findings, named_proofs(&id, &evaluated.succession.proofs));
        let side = if before.health_layer == layer.id { Side::Health } else { Side::Council };
        let proposed = Proposed { plan: number, alignment: at, side, after: evaluated.after };
        results.push((Succession { id, ..evaluated.succession }, proposed));
    }
    Ok(results)
}

/// Checks the codes of every proposal, before anything is overlaid.
///
/// # Errors
/// [`Error::Config`] for the first that is wrong, in the order of the plan.
pub(super) fn proposals(plan: &Plan, ground: &Ground, tables: &Tables) -> Result<()> {
    for proposal in &plan.what_ifs {
        let layer = ground.layer(proposal.layer)?;
        let blocks = match plan.layers.get(proposal.layer) {
            Some(layer_plan) if !proposal.moves.is_empty() => match &layer_plan.source {
                LayerSource::Dissolved { blocks, lookup, .. } => {
                    let blocks = ground.layer(*blocks)?;
                    Some((blocks, layers::owners(layer_plan, layer, blocks, tables.source(lookup)?)?))
                }
                LayerSource::Polygons { .. } | LayerSource::Table { .. } => None,
            },
            _ => None,
        };
        succession::check_proposal(proposal, layer, blocks, &plan.path)?;
    }
    Ok(())
}

/// The blocks of a dissolved layer against the other side of an alignment, with the alignment's people.
fn parts(run: Run<'_>, layer: usize, alignment: usize, notes: &mut Notes) -> Result<Parts> {
    let Run { plan, ground, tables, .. } = run;
    let (Some(alignment), Some(layer_plan)) = (plan.alignments.get(alignment), plan.layers.get(layer)) else {
        return Err(Error::usage(format!("layer number {layer} of alignment number {alignment} is not in the plan")));
    };
    let LayerSource::Dissolved { blocks, lookup, .. } = &layer_plan.source else {
        return Err(Error::usage(format!("layer {} is not built from blocks, so no part of it can move", layer_plan.id)));
    };
    let with = With { run, people: alignment.people.as_ref() };
    let other = if alignment.health == layer { (alignment.council, Column::Right) } else { (alignment.health, Column::Left) };
    if let Some(PeopleSource::Table { block: None, table, .. }) = &alignment.people {
        return Err(Error::Config {
            path: Some(plan.path.clone()),
            line: Some(alignment.line),
            message: format!(
                "alignment {}: people come from {}, which says nothing of blocks, and parts of {} are to move; name its block column: block = ...",
                alignment.id,
                table.path.display(),
                layer_plan.id
            ),
        });
    }
    let relation = with.relate((*blocks, Column::Block), other, notes)?;
    Ok(Parts { relation, owner: layers::owners(layer_plan, ground.layer(layer)?, ground.layer(*blocks)?, tables.source(lookup)?)? })
}

/// Checks that the tables people come from have the columns that the plan names, before anything is overlaid.
///
/// # Errors
/// [`Error::Input`] for the first column that is not there.
pub(super) fn columns(plan: &Plan, tables: &Tables) -> Result<()> {
    let sources = plan
        .alignments
        .iter()
        .flat_map(|alignment| alignment.people.iter().chain(alignment.service_people.iter().map(|(source, _)| source)));
    for source in sources.chain(plan.successions.iter().filter_map(|succession| succession.people.as_ref())) {
        let (table, columns): (_, Vec<&String>) = match source {
            PeopleSource::Blocks { from: None, .. } => continue,
            PeopleSource::Blocks { field, from: Some(from), .. } => (&from.table, vec![field, &from.code]),
            PeopleSource::Points { table, x, y, field } => (table, vec![x, y, field]),
            PeopleSource::Links { table, left, right } => (table, vec![left, right]),
            PeopleSource::Table { table, block, left, right, council, council_after, district, field } => {
                let optional = [block, council, council_after, district].into_iter().flatten();
                (table, [left, right, field].into_iter().chain(optional).collect())
            }
        };
        let table = tables.source(table)?;
        for column in columns {
            table.require(column)?;
        }
    }
    Ok(())
}

impl With<'_> {
    /// Relates two layers that must have land in common.
    fn relate(&self, left: (usize, Column), right: (usize, Column), notes: &mut Notes) -> Result<Relation> {
        let relation = self.relate_any(left, right, notes)?;
        // Layers without shapes meet where people live in both.
        let meets = relation.shapeless || relation.pairs.iter().any(|pair| pair.amounts.area_m2 > 0.0);
        if meets { Ok(relation) } else { Err(self.apart(left.0, right.0)) }
    }

    /// The error for two layers without common land: axes the wrong way round, degrees where metres are said, another country.
    fn apart(&self, left: usize, right: usize) -> Error {
        let extent = |layer: usize| {
            let Ok(layer) = self.run.ground.layer(layer) else { return String::new() };
            let corners = layer.rings.points().iter().map(|point| self.run.ground.grid.metres(*point));
            let around = corners
                .fold([f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY], |[west, south, east, north], (x, y)| {
                    [west.min(x), south.min(y), east.max(x), north.max(y)]
                });
            let [west, south, east, north] = around.map(|metres| format!("{metres:.0}"));
            format!("{} goes from easting {west} to {east} and from northing {south} to {north}", layer.id)
        };
        let path = self.run.plan.layers.get(left).map(|plan| match &plan.source {
            LayerSource::Polygons { path, .. } => path.clone(),
            LayerSource::Table { table, .. } => table.path.clone(),
            LayerSource::Dissolved { lookup, .. } => lookup.path.clone(),
        });
        InputProblem::new(
            path.unwrap_or_default(),
            format!("no land in common: {}; {}", extent(left), extent(right)),
            "two layers of the same place",
            "look for eastings and northings the wrong way round, degrees under a .prj in metres, or the file of another place",
        )
        .into()
    }

    fn relate_any(&self, left: (usize, Column), right: (usize, Column), notes: &mut Notes) -> Result<Relation> {
        let mut population = self.population(left.1, right.1)?;
        let owners;
        if let Population::Blocks { layer: blocks, field } = population
            && !blocks.has_shapes()
            && let Some(PeopleSource::Blocks { blocks: index, .. }) = self.people
        {
            owners = [self.owners(left.0, *index)?, self.owners(right.0, *index)?];
            let [left, right] = &owners;
            population = Population::Joined { layer: blocks, field, left, right };
        }
        let (left, right) = (self.run.ground.layer(left.0)?, self.run.ground.layer(right.0)?);
        let related = weights::relate(self.run.overlays, &self.run.ground.grid, left, right, &population, &self.run.plan.tolerances)?;
        notes.add(related.findings, related.proofs);
        Ok(related.relation)
    }

    /// Area of a layer that has each block, by index: through the lookups of the layer, and of what it is built from.
    fn owners(&self, layer: usize, blocks: usize) -> Result<Vec<Option<usize>>> {
        if layer == blocks {
            return Ok((0..self.run.ground.layer(blocks)?.areas.len()).map(Some).collect());
        }
        let plan = self.run.plan.layers.get(layer);
        let Some((plan, LayerSource::Dissolved { blocks: parts, lookup, .. })) = plan.map(|plan| (plan, &plan.source)) else {
            let (layer, blocks) = (&self.run.ground.layer(layer)?.id, &self.run.ground.layer(blocks)?.id);
            return Err(Error::usage(format!("layer {layer} is not built from blocks {blocks}, which have no shapes")));
        };
        let below = self.owners(*parts, blocks)?;
        let above = layers::owners(plan, self.run.ground.layer(layer)?, self.run.ground.layer(*parts)?, self.run.tables.source(lookup)?)?;
        Ok(below.into_iter().map(|part| part.and_then(|part| above.get(part).copied().flatten())).collect())
    }

    fn population(&self, left: Column, right: Column) -> Result<Population<'_>> {
        let Some(source) = self.people else { return Ok(Population::None) };
        Ok(match source {
            PeopleSource::Blocks { blocks, field, .. } => Population::Blocks { layer: self.run.ground.layer(*blocks)?, field },
            PeopleSource::Points { table, x, y, field } => Population::Points { table: self.run.tables.source(table)?, x, y, field },
            PeopleSource::Links { table, left, right } => Population::Links { table: self.run.tables.source(table)?, left, right },
            PeopleSource::Table { table, block, field, .. } => {
                let (Some(left), Some(right)) = (left.of(source), right.of(source)) else {
                    return Err(Error::usage("people by table lacks the column of a layer; name it in people = { table = ... }"));
                };
                Population::Table { table: self.run.tables.source(table)?, block: block.as_deref(), left, right, field }
            }
        })
    }
}

impl Ground {
    /// A layer by its index in the plan.
    ///
    /// # Errors
    /// [`Error::Config`] if the plan has no such layer, which a plan from a config cannot lack.
    pub fn layer(&self, index: usize) -> Result<&Layer> {
        self.layers.get(index).ok_or_else(|| Error::usage(format!("layer number {index} is not in the plan")))
    }
}
