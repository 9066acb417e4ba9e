//! What all formats share: header rules, ragged rows, limits, row numbers.

use std::path::{Path, PathBuf};

use crate::config::Limits;
use crate::domain::TextTable;
use crate::error::{InputProblem, Result};

/// A table that grows row by row; the first row that is not blank becomes its header.
pub(super) struct Builder {
    path: PathBuf,
    sheet: Option<String>,
    limits: Limits,
    table: Option<TextTable>,
    cells: u64,
    /// Whether a row with fewer cells than the header is an error: in delimited text it is, in a workbook blank cells are not stored.
    short_rows_are_errors: bool,
}

impl Builder {
    pub(super) fn new(path: &Path, sheet: Option<String>, limits: &Limits, short_rows_are_errors: bool) -> Self {
        Self { path: path.to_owned(), sheet, limits: *limits, table: None, cells: 0, short_rows_are_errors }
    }

    fn problem(&self, row: u64, found: String, expected: &str, remedy: &str) -> InputProblem {
        let mut problem = InputProblem::new(&self.path, found, expected, remedy).record(row);
        problem.sheet = self.sheet.clone();
        problem
    }

    /// Name of a column, or its letters where the header is not read yet or does not reach it.
    pub(super) fn column_name(&self, column: usize) -> String {
        let name = self.table.as_ref().and_then(|table| table.columns.get(column)).filter(|name| !name.is_empty());
        name.cloned().unwrap_or_else(|| letters(column))
    }

    /// Whether the header has been read.
    pub(super) fn has_header(&self) -> bool {
        self.table.is_some()
    }

    /// Adds the row with this number.
    ///
    /// # Errors
    /// The header repeats a name, the row is ragged, or the table is larger than `limits.cells`.
    pub(super) fn row(&mut self, number: u64, cells: &[&str]) -> Result<()> {
        let used = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last.saturating_add(1));
        if used == 0 {
            return Ok(());
        }
        let Some(width) = self.table.as_ref().map(|table| table.columns.len()) else {
            return self.header(number, cells.get(..used).unwrap_or(cells));
        };
        if used > width || (self.short_rows_are_errors && cells.len() < width) {
            let found = format!("has {} cells", if used > width { used } else { cells.len() });
            let remedy = "mend the row: a delimiter inside a cell needs quotation marks around the cell";
            return Err(self.problem(number, found, &format!("{width}, as many as the header has"), remedy).into());
        }
        self.cells = self.cells.saturating_add(u64::try_from(width).unwrap_or(u64::MAX));
        if self.cells > self.limits.cells {
            let found = format!("is beyond the {} cells that one table may have", self.limits.cells);
            return Err(self.problem(number, found, "", "raise limits.cells in the config if the file is to be trusted").into());
        }
        if let Some(table) = &mut self.table {
            table.push(number, cells.iter().copied());
        }
        Ok(())
    }

    fn header(&mut self, number: u64, cells: &[&str]) -> Result<()> {
        let columns: Vec<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        let mut sorted: Vec<(&String, usize)> = columns.iter().zip(0..).filter(|(name, _)| !name.is_empty()).collect();
        sorted.sort();
        for pair in sorted.windows(2) {
            if let [(name, first), (other, second)] = pair
                && name == other
            {
                let found = format!("columns {} and {} have the same name", letters(*first), letters(*second));
                return Err(self.problem(number, found, "each name once", "rename one of them").field(name.as_str()).into());
            }
        }
        self.table = Some(TextTable::new(self.path.clone(), self.sheet.clone(), columns));
        Ok(())
    }

    /// The table.
    ///
    /// # Errors
    /// There was no row that is not blank, so there is no header.
    pub(super) fn finish(self) -> Result<TextTable> {
        match self.table {
            Some(table) => Ok(table),
            None => {
                let mut problem = InputProblem::new(&self.path, "is empty", "a header row", "export the table again");
                problem.sheet = self.sheet;
                Err(problem.into())
            }
        }
    }
}

/// Letters that a spreadsheet shows above a column: A to Z, AA and so on.
pub(super) fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut left = column.saturating_add(1);
    while left > 0 {
        left = left.saturating_sub(1);
        letters.push(char::from(b'A'.saturating_add(u8::try_from(left % 26).unwrap_or(0))));
        left /= 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        for (column, expected) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!(letters(column), expected);
        }
    }
}
