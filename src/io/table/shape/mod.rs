//! What the config makes of a table once it is read: blanks filled down, rows kept, other tables joined, columns summed, columns turned into rows.
//!
//! Each step makes a new table under the limits of the file it came from; row numbers stay those of the file.

mod choose;
mod fill;
mod join;
mod melt;
mod sum;

use crate::config::{Limits, TableSource};
use crate::domain::{Finding, TextTable};
use crate::error::{InputProblem, Result};
use crate::io::Read;

/// Makes of a table what its source says. `limits` are those of its file, `whole` those of the run.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input): a column is not there; a joined table cannot be read, or says two things of one code; a cell of a sum is no
/// number; the result is beyond the limits.
pub(super) fn apply(source: &TableSource, read: Read<TextTable>, limits: &Limits, whole: &Limits) -> Result<Read<TextTable>> {
    let Read { mut value, mut findings, mut files } = read;
    if !source.fill_down.is_empty() {
        let (table, finding) = fill::down(&value, &source.fill_down, limits)?;
        value = table;
        findings.extend(finding);
    }
    if !source.filters.is_empty() {
        let (table, finding) = kept(&value, source, limits)?;
        value = table;
        findings.extend(finding);
    }
    for join in &source.joins {
        // The limits of the joined file are its own.
        let other = super::read_source(&join.table, whole)?;
        let (table, finding) = join::join(&value, join, &other.value, limits)?;
        value = table;
        findings.extend(other.findings);
        findings.extend(finding);
        files.extend(other.files);
    }
    if !source.sums.is_empty() {
        value = sum::sums(&value, &source.sums, limits)?;
    }
    if let Some(melt) = &source.melt {
        value = melt::melt(&value, melt, limits)?;
    }
    Ok(Read { value, findings, files })
}

/// The rows that pass the conditions.
fn kept(table: &TextTable, source: &TableSource, limits: &Limits) -> Result<(TextTable, Option<Finding>)> {
    let mut filters = Vec::with_capacity(source.filters.len());
    for filter in &source.filters {
        filters.push((table.require(&filter.field)?, &filter.test));
    }
    let mut made = Made::new(table, table.columns.clone(), limits);
    for row in 0..table.len() {
        if filters.iter().all(|(column, test)| test.passes(table.cell(row, *column))) {
            made.push(table.row_number(row), cells(table, row))?;
        }
    }
    let left_out = table.len().saturating_sub(made.table.len());
    let finding = (left_out > 0).then(|| {
        Finding::new("DQ-09", format!("{left_out} of {} rows do not pass `where`", table.len()), "left out")
            .file(table.path.display().to_string())
            .value(left_out as f64, "rows")
    });
    Ok((made.finish(), finding))
}

/// The cells of a row; blank ones are empty.
fn cells(table: &TextTable, row: usize) -> impl Iterator<Item = &str> {
    (0..table.columns.len()).map(move |column| table.cell(row, column).unwrap_or(""))
}

/// A table that is made of another, and kept under the limits of the file.
struct Made {
    table: TextTable,
    limits: Limits,
    cells: u64,
    bytes: u64,
}

impl Made {
    fn new(of: &TextTable, columns: Vec<String>, limits: &Limits) -> Self {
        Self { table: TextTable::new(of.path.clone(), of.sheet.clone(), columns), limits: *limits, cells: 0, bytes: 0 }
    }

    fn push<'a>(&mut self, number: u64, cells: impl Iterator<Item = &'a str>) -> Result<()> {
        let mut bytes = 0u64;
        let cells = cells.inspect(|cell| bytes = bytes.saturating_add(u64::try_from(cell.len()).unwrap_or(u64::MAX)));
        self.table.push(number, cells);
        self.bytes = self.bytes.saturating_add(bytes);
        self.cells = self.cells.saturating_add(u64::try_from(self.table.columns.len()).unwrap_or(u64::MAX));
        let rows = u64::try_from(self.table.len()).unwrap_or(u64::MAX);
        let most = (self.limits.cells / 6).max(1000);
        let (found, key) = if self.cells > self.limits.cells {
            (format!("makes a table of more than {} cells", self.limits.cells), "cells")
        } else if rows > most {
            (format!("makes a table of more than {most} rows"), "cells")
        } else if self.bytes > self.limits.expanded_bytes {
            (format!("makes a table of more than {} bytes of text", self.limits.expanded_bytes), "expanded_bytes")
        } else {
            return Ok(());
        };
        let problem = InputProblem::new(&self.table.path, found, "what a file of its size may become", self.limits.raise(key));
        Err(placed(problem, &self.table, number).into())
    }

    fn finish(mut self) -> TextTable {
        self.table.shrink();
        self.table
    }
}

/// The problem with its row and sheet.
fn placed(problem: InputProblem, table: &TextTable, number: u64) -> InputProblem {
    let problem = problem.record(number);
    match &table.sheet {
        Some(sheet) => problem.sheet(sheet),
        None => problem,
    }
}
