//! What changed between two published runs, row by row, and which change of input, config or program it can come from.
//!
//! Tables are compared cell by cell as they were published, numbers to their last digit. Nothing is computed that a run did not publish.

mod causes;
mod cells;
mod json;
mod matching;
mod summary;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use crate::budgets::nearest;
use crate::domain::{TableSpec, TextTable};
use crate::error::{Error, Result};
use crate::published::Published;
use crate::tables;

pub use causes::{Cause, CauseKind};
pub use cells::Cell;
pub use matching::{Change, Kind};
pub use summary::{ClassMove, Figures, Flag, Outside, Rate, Summary, Vintage};

/// What changed from one run (A) to another (B).
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// The two runs.
    pub runs: [Told; 2],
    /// What differs in what the runs were made of: program, config, inputs. In that order, numbered from 1 where they are told.
    pub causes: Vec<Cause>,
    /// Layers and other ids that one run has and the other has not.
    pub vintages: Vec<Vintage>,
    /// The headlines.
    pub summary: Summary,
    /// Every table that either run has, in the order of A and then of B.
    pub tables: Vec<TableDiff>,
}

/// What a run says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Folder of the run.
    pub folder: String,
    /// Id of the run.
    pub run_id: String,
    /// Name of the run.
    pub name: String,
    /// Program and version.
    pub program: String,
}

/// What changed in one table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDiff {
    /// Name of the table.
    pub name: String,
    /// The run that alone has the table: 0 for A, 1 for B.
    pub only_in: Option<usize>,
    /// Columns that only A, and only B, has.
    pub columns_only_in: [Vec<String>; 2],
    /// Rows in A and in B.
    pub rows: [usize; 2],
    /// Whether the files differ, whatever their rows do.
    pub files_differ: bool,
    /// Every row that is not in both runs as it is, in order of key.
    pub changes: Vec<Change>,
}

impl TableDiff {
    /// Whether anything that a reader of the table could see changed.
    pub fn changed(&self) -> bool {
        self.only_in.is_some() || !self.changes.is_empty() || self.columns_only_in.iter().any(|columns| !columns.is_empty())
    }

    /// Number of rows that changed in one way.
    pub fn count(&self, kind: Kind) -> usize {
        self.changes.iter().filter(|change| change.kind == kind).count()
    }
}

impl Diff {
    /// Whether anything that was published changed. Causes without an effect do not count.
    pub fn changed(&self) -> bool {
        self.tables.iter().any(TableDiff::changed)
    }

    /// Whether rows changed and nothing in the manifests says why.
    pub fn is_unexplained(&self) -> bool {
        self.changed() && !self.causes.iter().any(|cause| cause.reach.reaches_something())
    }

    /// Rows by themselves cannot tell two causes apart that reach them both; then all of these are given.
    fn attribute(&mut self) {
        let causes = &self.causes;
        for table in &mut self.tables {
            for change in &mut table.changes {
                change.because = causes::of(causes, &table.name, change);
            }
        }
    }
}

/// Compares two runs. With `only`, these tables of them are told; causes and headlines are of all.
///
/// Rows are matched by the key of their table; where rows share a key, those that are alike to the last cell first, then those that agree in
/// most of their cells. The answer is the same at any number of threads.
///
/// # Errors
/// [`Error::Config`] if `only` names a table that neither run has (the nearest is suggested); [`Error::Input`] if a table cannot be read or is
/// not what its run's manifest describes.
pub fn compare(a: &Published, b: &Published, only: &[String]) -> Result<Diff> {
    let both = [a, b];
    let mut names: Vec<&str> = Vec::new();
    for run in both {
        for record in &run.manifest().tables {
            if !names.contains(&record.name.as_str()) {
                names.push(&record.name);
            }
        }
    }
    if let Some(unknown) = only.iter().find(|name| !names.contains(&name.as_str())) {
        let hint = nearest(unknown, names.iter().copied()).map_or_else(String::new, |near| format!("did you mean {near}? "));
        return Err(Error::usage(format!("no table is called \"{unknown}\"; {hint}(tables: {})", names.join(", "))));
    }
    let causes = causes::find(a.manifest(), b.manifest());
    let ids = [a, b].map(|run| causes::ids(run.manifest()));
    let mut tables = Vec::new();
    for name in names {
        tables.push(table(both, name, &ids)?);
    }
    let vintages = summary::vintages(both, &ids)?;
    let summary = summary::of(both, &tables)?;
    let runs = both.map(|run| {
        let manifest = run.manifest();
        Told {
            folder: run.folder().display().to_string(),
            run_id: manifest.run_id.clone(),
            name: manifest.name.clone(),
            program: format!("{} {}", manifest.program.name, manifest.program.version),
        }
    });
    let mut diff = Diff { runs, causes, vintages, summary, tables };
    diff.attribute();
    diff.tables.retain(|table| only.is_empty() || only.contains(&table.name));
    Ok(diff)
}

/// What is known of a table by its name.
fn spec(name: &str) -> Option<&'static TableSpec> {
    tables::ALL.into_iter().chain(tables::GEO).find(|spec| spec.name == name)
}

fn table(runs: [&Published; 2], name: &str, ids: &[BTreeMap<String, BTreeSet<String>>; 2]) -> Result<TableDiff> {
    let records = runs.map(|run| run.record(name).ok());
    let rows = records.map(|record| record.map_or(0, |record| usize::try_from(record.rows).unwrap_or(usize::MAX)));
    let mut diff = TableDiff {
        name: name.to_owned(),
        only_in: None,
        columns_only_in: [Vec::new(), Vec::new()],
        rows,
        files_differ: true,
        changes: Vec::new(),
    };
    let geometry = tables::GEO.into_iter().find(|spec| spec.name == name);
    match records {
        [Some(one), Some(other)] => {
            diff.files_differ = one.blake3 != other.blake3;
            match geometry {
                Some(spec) => {
                    if diff.files_differ {
                        diff.changes = matching::outlines(spec, runs)?;
                    } else {
                        runs[0].check(name)?;
                        runs[1].check(name)?;
                    }
                }
                // Read also where the manifests say that they are alike: that must be so of the files too.
                None => {
                    let [one, other] = [runs[0].columns(name)?, runs[1].columns(name)?];
                    if diff.files_differ {
                        let lacks = |of: &TextTable, than: &TextTable| {
                            than.columns.iter().filter(|column| of.column(column).is_none()).cloned().collect::<Vec<_>>()
                        };
                        diff.columns_only_in = [lacks(&other, &one), lacks(&one, &other)];
                        diff.changes = matching::rows(spec(name), &one, &other);
                    }
                }
            }
        }
        [Some(_), None] => diff.only_in = Some(0),
        _ => diff.only_in = Some(1),
    }
    for change in &mut diff.changes {
        change.vintage = causes::one_sided(ids, change);
    }
    Ok(diff)
}
