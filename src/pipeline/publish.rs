//! From a plan to a published dataset.

use std::path::PathBuf;
use std::time::Instant;

use rayon::prelude::*;

use super::compute::{Results, compute_with_engine};
use super::progress::{Progress, Stage};
use super::published::published;
use super::read::read;
use super::timings::engine_times;
use crate::alignment::Alignment;
use crate::config::Plan;
use crate::domain::{Amounts, InputFile, Outline, Role};
use crate::error::Result;
use crate::io;
use crate::io::geoparquet::Drawing;
use crate::io::interrupt::Interrupt;
use crate::io::manifest::{Manifest, Timing};
use crate::io::publish::{Dataset, LockedDataset, Staging};
use crate::layers::{self, missing, unprovable};
use crate::overlay::{Boundaries, Outlines, Part};
use crate::report;
use crate::tables::{self, OUTSIDE};
use crate::weights::Engine;

/// How a run is to be done.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Compute again even if nothing changed.
    pub force: bool,
    /// Remove all runs but this many, the last published; `None` = remove none.
    pub keep: Option<usize>,
    /// Lets a signal stop the run.
    pub interrupt: Interrupt,
    /// Who makes the overlays.
    pub engine: Engine,
}

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The run's folder.
    pub folder: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// What was computed; `None` when the run was there already and was skipped.
    pub results: Option<Results>,
    /// Inputs that have changed since they were read: what was published is of the bytes read then.
    pub changed: Vec<PathBuf>,
    /// Runs that were removed.
    pub pruned: Vec<String>,
}

/// Runs a plan: reads its inputs, computes, publishes.
///
/// A run whose inputs, config and program are those of a published run is recognised after reading and not computed again, unless
/// forced; then its bytes must be what they were. Either way CURRENT names it afterwards.
///
/// # Errors
/// Those of reading, computing and publishing. Whatever fails, the dataset is as it was.
pub fn run(plan: &Plan, options: Options, progress: &dyn Progress) -> Result<Outcome> {
    let mut clock = Clock::start();
    // What an earlier run in this process left.
    engine_times();
    let inputs = read(plan, progress)?;
    progress.inputs(&inputs.files);
    clock.lap("read");
    let run_id = run_id(plan, &inputs.files);
    let dataset = Dataset::at(&plan.output).interrupted_by(&options.interrupt);
    // Another run that holds the dataset is met here, before the work and not after it.
    let locked = dataset.lock()?;
    let before = dataset.current().ok().flatten();
    let prune = |locked: &LockedDataset| match options.keep {
        Some(keep) => locked.prune(keep, &before.as_deref().into_iter().collect::<Vec<_>>()),
        None => Ok(Vec::new()),
    };
    if !options.force
        && let Some(manifest) = locked.published(&run_id)?
    {
        locked.publish_again(&run_id)?;
        let (folder, pruned) = (dataset.run_folder(&run_id), prune(&locked)?);
        return Ok(Outcome { folder, manifest, results: None, changed: changed(&inputs.files), pruned });
    }
    let files = inputs.files.clone();
    let results = compute_with_engine(options.engine, plan, inputs, progress)?;
    clock.lap("compute");
    let mut staging = locked.stage(&run_id)?;
    write(plan, &results, &mut staging, progress)?;
    clock.lap("write");
    let mut manifest = Manifest::new(plan, run_id, &files, &results.proofs, Vec::new());
    manifest.tables = staging.records();
    staging.file(tables::views::FILE, tables::views::duckdb(None).as_bytes())?;
    staging.file(tables::views::STAR_FILE, tables::views::STAR.as_bytes())?;
    staging.file(report::FILE, report::html(staging.folder(), &manifest)?.as_bytes())?;
    clock.lap("report");
    clock.timings.extend(engine_times());
    manifest.timings = clock.timings;
    manifest.started_at = clock.started_at;
    let published = staging.publish(manifest)?;
    let (changed, pruned) = (changed(&files), prune(&locked)?);
    Ok(Outcome { folder: published.folder, manifest: published.manifest, results: Some(results), changed, pruned })
}

/// Inputs whose content is no longer what was read.
///
/// The bytes that are hashed are the bytes that were parsed, so a change cannot make a run untrue; but whoever changed the file may take the
/// run for one of the new content.
fn changed(files: &[InputFile]) -> Vec<PathBuf> {
    files.par_iter().filter(|file| !io::is_unchanged(file)).map(|file| file.path.clone()).collect()
}

/// Id of a run: a hash of the program's version, the config's text and the content of every input.
///
/// The same wherever the files lie and however the config is reached; 24 hexadecimal digits, so that two runs meet by chance once in
/// 10^14 runs.
pub fn run_id(plan: &Plan, files: &[InputFile]) -> String {
    let mut hasher = blake3::Hasher::new();
    // Each part is preceded by its length, so that no two different lists of parts hash alike.
    let mut add = |part: &str| {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    };
    add(concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")));
    add(&plan.text);
    let mut inputs: Vec<(String, &str)> = files.iter().map(|file| (plan.stated.text_of(&file.path), file.blake3.as_str())).collect();
    inputs.sort();
    for (path, hash) in inputs {
        add(&path);
        add(hash);
    }
    hasher.finalize().to_hex().chars().take(24).collect()
}

fn write(plan: &Plan, results: &Results, staging: &mut Staging<'_>, progress: &dyn Progress) -> Result<()> {
    progress.begin(Stage::Write, tables::ALL.len().saturating_add(tables::GEO.len()));
    // One at a time: a table of five million parts is made, written and given back before the next.
    for spec in tables::ALL {
        let table = published(spec, results);
        staging.table(&table)?;
        progress.step(Stage::Write, table.spec.name);
    }
    write_areas(results, staging)?;
    progress.step(Stage::Write, tables::GEO_AREA.name);
    write_overlaps(plan, results, staging)?;
    progress.step(Stage::Write, tables::GEO_OVERLAP.name);
    progress.end(Stage::Write);
    Ok(())
}

/// Outlines of every area that has one, but the blocks': these are an input to be looked up by code, and forty times the rest.
fn write_areas(results: &Results, staging: &mut Staging<'_>) -> Result<()> {
    let layers: Vec<_> = results.ground.layers.iter().filter(|layer| layer.role != Role::Blocks && layer.has_shapes()).collect();
    let outlines: Vec<layers::Outlines<'_>> = layers.par_iter().map(|layer| layers::Outlines::of(layer)).collect::<Result<_>>()?;
    let mut keys: Vec<Vec<String>> = Vec::new();
    let mut places: Vec<(&layers::Outlines<'_>, usize)> = Vec::new();
    for (layer, outlines) in layers.iter().zip(&outlines) {
        keys.extend(layer.areas.iter().map(|area| vec![layer.id.clone(), area.code.clone()]));
        places.extend((0..layer.areas.len()).map(|unit| (outlines, unit)));
    }
    let drawing = Drawing {
        grid: &results.ground.grid,
        points: &|row| places.get(row).map_or(0, |(outlines, unit)| outlines.points(*unit)),
        draw: &|row| Ok(places.get(row).map_or_else(Outline::default, |(outlines, unit)| outlines.draw(*unit)).into()),
    };
    staging.geometry(&tables::GEO_AREA, &keys, drawing)
}

/// Outlines of every overlap of every alignment, uncovered parts included: the keys of table `overlap` that have land.
fn write_overlaps(plan: &Plan, results: &Results, staging: &mut Staging<'_>) -> Result<()> {
    let ground = &results.ground;
    let mut keys: Vec<Vec<String>> = Vec::new();
    let parts: Vec<Vec<Part>> = results.alignments.iter().map(parts_with_land).collect();
    for (alignment, parts) in results.alignments.iter().zip(&parts) {
        let code = |bodies: &[crate::domain::Body], index: Option<usize>| match index {
            Some(index) => bodies.get(index).map(|body| body.code.clone()).ok_or_else(|| missing(&alignment.id, "bodies of its overlaps")),
            None => Ok(OUTSIDE.to_owned()),
        };
        for (left, right) in parts {
            keys.push(vec![alignment.id.clone(), code(&alignment.relation.left, *left)?, code(&alignment.relation.right, *right)?]);
        }
    }
    let unproved = |number: usize, broken| unprovable(results.alignments.get(number).map_or("", |alignment| &alignment.id), broken);
    let outlines = plan.alignments.iter().enumerate().map(|(number, planned)| {
        let (left, right) = (ground.layer(planned.health)?, ground.layer(planned.council)?);
        // Where a layer has no shapes, no part has land.
        let boundaries = results.boundaries.get(&(left.id.clone(), right.id.clone()));
        let outlines = boundaries.map(|boundaries| Ok((boundaries, boundaries.outlines(left, right)?)));
        outlines.transpose().map_err(|broken| unproved(number, broken))
    });
    let outlines: Vec<Option<(&Boundaries, Outlines<'_>)>> = outlines.collect::<Result<_>>()?;
    // By row: its alignment, the outlines of it, and which of them it is.
    let mut places: Vec<(usize, &Outlines<'_>, usize)> = Vec::with_capacity(keys.len());
    for (number, ((alignment, parts), outlines)) in results.alignments.iter().zip(&parts).zip(&outlines).enumerate() {
        for part in parts {
            let place = outlines.as_ref().and_then(|(boundaries, outlines)| Some((number, outlines, boundaries.place(*part)?)));
            places.push(place.ok_or_else(|| missing(&alignment.id, "boundaries of its overlaps"))?);
        }
    }
    let drawing = Drawing {
        grid: &ground.grid,
        points: &|row| places.get(row).map_or(0, |(_, outlines, part)| outlines.points(*part)),
        draw: &|row| match places.get(row) {
            Some((number, outlines, part)) => outlines.strokes(*part).map_err(|broken| unproved(*number, broken)),
            None => Ok(Outline::default().into()),
        },
    };
    staging.geometry(&tables::GEO_OVERLAP, &keys, drawing)
}

/// Pairs and uncovered parts with land. A building-block table can put people in a pair whose polygons do not meet; that has none.
fn parts_with_land(alignment: &Alignment) -> Vec<Part> {
    let relation = &alignment.relation;
    let pairs = relation.pairs.iter().filter(|pair| pair.amounts.area_m2 > 0.0).map(|pair| (Some(pair.left), Some(pair.right)));
    let uncovered = |amounts: &[Amounts]| -> Vec<usize> {
        amounts.iter().enumerate().filter(|(_, amounts)| amounts.area_m2 > 0.0).map(|(unit, _)| unit).collect()
    };
    let left = uncovered(&relation.left_outside).into_iter().map(|unit| (Some(unit), None));
    let right = uncovered(&relation.right_outside).into_iter().map(|unit| (None, Some(unit)));
    pairs.chain(left).chain(right).collect()
}

/// Times of the stages, for the manifest alone.
struct Clock {
    started_at: String,
    last: Instant,
    timings: Vec<Timing>,
}

impl Clock {
    fn start() -> Self {
        Self { started_at: jiff::Timestamp::now().to_string(), last: Instant::now(), timings: Vec::new() }
    }

    fn lap(&mut self, stage: &str) {
        self.timings.push(Timing { stage: stage.to_owned(), seconds: self.last.elapsed().as_secs_f64() });
        self.last = Instant::now();
    }
}
