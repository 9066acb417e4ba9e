//! Reading: every file that a plan names, once each.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::progress::{Progress, Stage};
use crate::config::{LayerSource, PeopleSource, Plan, SchemeSource, TableSource};
use crate::domain::{Finding, InputFile, RawLayer, TextTable};
use crate::error::{Error, InputProblem, Result};
use crate::io;

/// Everything that a plan's files say.
#[derive(Debug)]
pub struct Inputs {
    /// Polygons, one a layer of the plan; `None` for a layer that is built or has no shapes, and once taken.
    pub raws: Vec<Option<RawLayer>>,
    /// Tables.
    pub tables: Tables,
    /// What was imperfect in the files themselves.
    pub findings: Vec<Finding>,
    /// The files, sorted by path, each once.
    pub files: Vec<InputFile>,
}

/// Tables by path, sheet and how they lie in it. A table that several parts of a plan name is read once.
#[derive(Debug, Default)]
pub struct Tables {
    by_place: BTreeMap<TableSource, TextTable>,
}

type Place = TableSource;

impl Tables {
    /// The table of a path and sheet.
    ///
    /// # Errors
    /// [`Error::Input`] if it was not read: the plan did not name it.
    pub fn get(&self, path: &Path, sheet: Option<&str>) -> Result<&TextTable> {
        self.source(&TableSource::new(path, sheet))
    }

    /// The table of a source that the plan names.
    ///
    /// # Errors
    /// As [`Tables::get`].
    pub fn source(&self, source: &TableSource) -> Result<&TextTable> {
        self.by_place.get(source).ok_or_else(|| {
            InputProblem::new(&source.path, "the table was not read", "a table that the config names", "please report this with the config")
                .into()
        })
    }

    /// Puts a table in, for runs whose tables do not come from files.
    pub fn insert(&mut self, path: &Path, sheet: Option<&str>, table: TextTable) {
        self.by_place.insert(TableSource::new(path, sheet), table);
    }
}

enum Job {
    Layer(usize, PathBuf, Option<String>),
    Table(Box<Place>),
}

enum Done {
    Layer(usize, io::Read<RawLayer>),
    Table(Place, io::Read<TextTable>),
}

/// Reads the files of a plan, several at a time.
///
/// The result, and which error is reported when several files are bad, do not depend on the number of threads.
///
/// # Errors
/// The first error in the order of the plan.
pub fn read(plan: &Plan, progress: &dyn Progress) -> Result<Inputs> {
    let mut jobs: Vec<Job> = Vec::new();
    for (index, layer) in plan.layers.iter().enumerate() {
        if let LayerSource::Polygons { path, layer, .. } = &layer.source {
            jobs.push(Job::Layer(index, path.clone(), layer.clone()));
        }
    }
    let mut seen: Vec<Place> = Vec::new();
    for place in table_places(plan) {
        if !seen.contains(&place) {
            seen.push(place.clone());
            jobs.push(Job::Table(Box::new(place)));
        }
    }
    progress.begin(Stage::Read, jobs.len());
    let results: Vec<Result<Done>> = jobs
        .into_par_iter()
        .map(|job| {
            let (done, path) = match job {
                Job::Layer(index, path, layer) => (
                    io::boundaries::read(&path, layer.as_deref(), &plan.limits, io::Hashing::Blake3).map(|mut read| {
                        name_layer(&mut read.findings, plan.layers.get(index).map(|layer| layer.id.as_str()));
                        Done::Layer(index, read)
                    }),
                    path,
                ),
                Job::Table(place) => {
                    let path = place.path.clone();
                    (io::table::read_source(&place, &plan.limits).map(|read| Done::Table(*place, read)), path)
                }
            };
            progress.step(Stage::Read, &path.display().to_string());
            done
        })
        .collect();
    progress.end(Stage::Read);

    let mut inputs =
        Inputs { raws: plan.layers.iter().map(|_| None).collect(), tables: Tables::default(), findings: Vec::new(), files: Vec::new() };
    for result in results {
        match result? {
            Done::Layer(index, read) => {
                inputs.findings.extend(read.findings);
                inputs.files.extend(read.files);
                if let Some(slot) = inputs.raws.get_mut(index) {
                    *slot = Some(read.value);
                }
            }
            Done::Table(place, read) => {
                inputs.findings.extend(read.findings);
                inputs.files.extend(read.files);
                if read.value.is_empty() {
                    let problem = InputProblem::new(
                        &read.value.path,
                        "a header and no row below it",
                        "rows",
                        "check the file, or leave it out of the config",
                    );
                    return Err(match &read.value.sheet {
                        Some(sheet) => problem.sheet(sheet).into(),
                        None => problem.into(),
                    });
                }
                inputs.tables.by_place.insert(place, read.value);
            }
        }
    }
    inputs.files.sort();
    inputs.files.dedup();
    one_content_a_file(&inputs.files)?;
    Ok(inputs)
}

/// A door does not know which layer its file is for; here it is known.
fn name_layer(findings: &mut [Finding], layer: Option<&str>) {
    for finding in findings {
        if finding.layer.is_none() {
            finding.layer = layer.map(str::to_owned);
        }
    }
}

/// A file that two layers read must not have changed in between: sorted by path, two entries of one path differ in content.
fn one_content_a_file(files: &[InputFile]) -> Result<()> {
    match files.windows(2).find_map(|pair| match pair {
        [a, b] if a.path == b.path => Some(a),
        _ => None,
    }) {
        Some(file) => Err(Error::from(InputProblem::new(
            &file.path,
            "the file changed while it was read",
            "a file that does not change during the run",
            "run again when nothing writes to it",
        ))),
        None => Ok(()),
    }
}

/// Files and archives that a plan names, sorted, each once.
pub fn named_files(plan: &Plan) -> Vec<PathBuf> {
    let polygons = plan.layers.iter().filter_map(|layer| match &layer.source {
        LayerSource::Polygons { path, .. } => Some(path.clone()),
        LayerSource::Table { .. } | LayerSource::Dissolved { .. } => None,
    });
    let tables = table_places(plan);
    let mut files: Vec<PathBuf> = polygons.chain(tables.iter().flat_map(TableSource::files).map(Path::to_owned)).collect();
    files.sort();
    files.dedup();
    files
}

/// Every table of a plan, in its order, with repeats.
fn table_places(plan: &Plan) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let mut add = |table: &TableSource| places.push(table.clone());
    let people = |source: &Option<PeopleSource>, add: &mut dyn FnMut(&TableSource)| {
        if let Some(table) = source.as_ref().and_then(PeopleSource::table) {
            add(table);
        }
    };
    for layer in &plan.layers {
        if let LayerSource::Dissolved { lookup: table, .. } | LayerSource::Table { table, .. } = &layer.source {
            add(table);
        }
        if let Some(attributes) = &layer.attributes {
            add(&attributes.table);
        }
    }
    for alignment in &plan.alignments {
        people(&alignment.people, &mut add);
    }
    for succession in &plan.successions {
        people(&succession.people, &mut add);
        if let Some(declared) = &succession.declared {
            add(&declared.table);
        }
    }
    for recode in &plan.recodes {
        add(&recode.table);
    }
    for budget in &plan.budgets {
        let tables = [
            budget.service_crosswalk.as_ref(),
            budget.codes.as_ref().map(|codes| &codes.table),
            budget.control_total.as_ref().and_then(|control| control.file.as_ref()).map(|file| &file.table),
        ];
        for table in tables.into_iter().flatten() {
            add(table);
        }
    }
    for scheme in &plan.schemes {
        if let SchemeSource::Practices { lookup: Some(lookup), .. } = &scheme.source {
            add(&lookup.table);
        }
    }
    places.extend(plan.schemes.iter().filter_map(|scheme| match &scheme.source {
        SchemeSource::Points { members, .. } | SchemeSource::Practices { members, .. } => Some(members.table.clone()),
        SchemeSource::Areas { .. } => None,
    }));
    places.extend(plan.agreements.iter().chain(&plan.cycles).chain(&plan.governance).chain(&plan.priorities).cloned());
    places.extend(plan.budgets.iter().map(|budget| budget.table.clone()));
    places
}
