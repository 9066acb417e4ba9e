//! `plan`: what a config says, and mergers of one of its alignments searched for.

use std::io::Write as _;
use std::path::Path;

use super::compute::compute;
use super::money::last_year;
use super::progress::Progress;
use super::read::read;
use crate::alignment::Alignment;
use crate::config::Plan;
use crate::error::{Error, Result};
use crate::io::durable::{self, Batch, Real};
use crate::io::interrupt::Interrupt;
use crate::io::parquet_out::add_table;
use crate::layers::unprovable;
use crate::overlay;
use crate::planner::{self, Front, Question, Wishes};
use crate::tables;

/// A front of plans.
#[derive(Debug)]
pub struct Planned {
    /// The alignment planned for, as it is.
    pub alignment: Alignment,
    /// Fiscal year of the money weighed; `None` where no budget of the layer states any.
    pub fiscal_year: Option<String>,
    /// Bodies whose money of that year is not known.
    pub money_unknown: usize,
    /// The front, most bodies left first.
    pub front: Front,
}

/// Files that a front of plans is written to, both or none.
#[derive(Debug, Clone, Default)]
pub struct PlanFiles<'a> {
    /// Parquet file for the front.
    pub front: Option<&'a Path>,
    /// TOML file for the foremost plans as `[[what_if]]` proposals.
    pub proposals: Option<&'a Path>,
    /// Lets a signal stop the writing.
    pub interrupt: Interrupt,
}

/// Reads and computes a config, and searches for mergers of the health side of one of its alignments; publishes nothing but these files.
///
/// # Errors
/// Those of a run before it publishes; [`Error::Config`] for an alignment that the config does not have, and those of [`planner::plan`];
/// [`Error::Publish`] for a file that cannot be written.
pub fn plan(plan: &Plan, alignment: &str, wishes: &Wishes, files: &PlanFiles<'_>, progress: &dyn Progress) -> Result<Planned> {
    let Some(index) = plan.alignments.iter().position(|known| known.id == alignment) else {
        let ids: Vec<&str> = plan.alignments.iter().map(|known| known.id.as_str()).collect();
        let ids = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
        return Err(Error::usage(format!("--alignment is {alignment}, and {} has {ids}; name one of them", plan.path.display())));
    };
    let mut results = compute(plan, read(plan, progress)?, progress)?;
    if index >= results.alignments.len() {
        return Err(Error::usage(format!("alignment {alignment} was not measured; please report this with the config")));
    }
    let alignment = results.alignments.swap_remove(index);
    let layer = results.ground.layers.iter().find(|layer| layer.id == alignment.health_layer);
    let layer = layer.ok_or_else(|| Error::usage(format!("layer {} is not in the plan", alignment.health_layer)))?;
    if !layer.has_shapes() {
        let message =
            format!("layer {} has no shapes, so it is not known which of its bodies are neighbours, and plans merge neighbours", layer.id);
        return Err(Error::usage(format!("{message}; give it a path to polygons, or blocks that have shapes")));
    }
    let shared = overlay::shared_boundaries(&layer.rings).map_err(|broken| unprovable(&layer.id, broken))?;
    let neighbours: Vec<(usize, usize)> = shared.iter().map(|edge| (edge.units.0, edge.units.1)).collect();
    let (fiscal_year, money) = last_year(layer, &results.money.lines);
    let question = Question { alignment: &alignment, tolerances: &plan.tolerances, neighbours: &neighbours, money: &money, wishes };
    let front = planner::plan(&question)?;
    let mut batch = Batch::new(&Real, &files.interrupt);
    if let Some(path) = files.front {
        add_table(&mut batch, path, &tables::plan_front(&alignment, wishes, &front.points))?;
    }
    if let Some(path) = files.proposals {
        let text = planner::proposals(&alignment, planner::foremost(&front.points));
        batch.add(path, |sink| sink.write_all(text.as_bytes()).map_err(|error| durable::problem(path, &error)))?;
    }
    batch.commit()?;
    Ok(Planned { money_unknown: money.iter().filter(|pence| pence.is_none()).count(), alignment, fiscal_year, front })
}
