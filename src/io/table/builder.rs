//! What all formats share: header rules, notes, ragged rows, limits, row numbers.

use super::decimals;
use super::header::{self, HeaderRows, Merged, number_repeats};
use crate::config::{Limits, TableSource};
use crate::domain::{Finding, TextTable};
use crate::error::{InputProblem, Result};

/// Bytes of text that one row may have: a table addresses the cells of a row by 32 bits, and no row of a table is a GB long.
const ROW_BYTES: usize = 1 << 30;

/// Bytes of a header: some thousand columns with long names.
const HEADER_BYTES: usize = 4 << 20;

/// A table that grows row by row; the first row that is not blank, or the one the config names, becomes its header.
pub(super) struct Builder<'a> {
    source: &'a TableSource,
    /// The sheet read, where the file has sheets.
    sheet: Option<String>,
    limits: Limits,
    table: Option<TextTable>,
    /// Rows and bytes of text so far.
    rows: u64,
    bytes: u64,
    /// Whether rows are counted from somewhere inside the file.
    is_part: bool,
    above: LeftOut,
    notes: LeftOut,
    /// Rows of a header of several, until it is whole.
    header: HeaderRows,
    /// What there is to tell of the header.
    told: Vec<Finding>,
    /// Whether a row with fewer cells than the header is an error: in delimited text it is, in a workbook blank cells are not stored.
    short_rows_are_errors: bool,
}

/// Rows that are no data.
#[derive(Debug, Clone, Copy, Default)]
struct LeftOut {
    rows: u64,
    first: u64,
}

impl LeftOut {
    fn add(&mut self, rows: u64, first: u64) {
        if self.rows == 0 {
            self.first = first;
        }
        self.rows = self.rows.saturating_add(rows);
    }

    fn finding(self, what: &str, source: &TableSource) -> Option<Finding> {
        let plural = if self.rows == 1 { "row" } else { "rows" };
        (self.rows > 0).then(|| {
            Finding::new("DQ-09", format!("{} {plural} {what}", self.rows), "left out")
                .file(source.path.display().to_string())
                .record(i64::try_from(self.first).unwrap_or(i64::MAX))
                .value(self.rows as f64, "rows")
        })
    }
}

impl<'a> Builder<'a> {
    pub(super) fn new(source: &'a TableSource, sheet: Option<String>, limits: &Limits, short_rows_are_errors: bool) -> Self {
        let (above, notes) = (LeftOut::default(), LeftOut::default());
        Self {
            source,
            sheet,
            limits: *limits,
            table: None,
            rows: 0,
            bytes: 0,
            is_part: false,
            above,
            notes,
            header: HeaderRows::default(),
            told: Vec::new(),
            short_rows_are_errors,
        }
    }

    /// The merged ranges of the sheet, for a header of several rows.
    pub(super) fn set_merged(&mut self, merged: Vec<Merged>) {
        self.header.set_merged(merged);
    }

    fn problem(&self, row: u64, found: String, expected: &str, remedy: &str) -> InputProblem {
        let mut problem = InputProblem::new(&self.source.path, found, expected, remedy).record(row);
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

    /// A builder of further rows of the same table, to be given to [`Builder::append`]; `None` before the header.
    pub(super) fn part(&self) -> Option<Self> {
        let table = self.table.as_ref()?;
        let mut part = Self::new(self.source, self.sheet.clone(), &self.limits, self.short_rows_are_errors);
        part.is_part = true;
        part.table = Some(TextTable::new(table.path.clone(), table.sheet.clone(), table.columns.clone()));
        Some(part)
    }

    /// Adds the rows of a part, whose numbers are counted from `offset`.
    ///
    /// # Errors
    /// The table is larger than `limits.cells`.
    pub(super) fn append(&mut self, part: Self, offset: u64) -> Result<()> {
        if part.notes.rows > 0 {
            self.notes.add(part.notes.rows, part.notes.first.saturating_add(offset));
        }
        if let (Some(table), Some(mut rows)) = (&mut self.table, part.table) {
            rows.shrink();
            table.append(rows, offset);
        }
        self.rows = self.rows.saturating_add(part.rows);
        self.bytes = self.bytes.saturating_add(part.bytes);
        self.check_room(offset)?;
        self.check_cells()
    }

    /// Refuses a table that takes more memory than a file of its size may: a row becomes a line of money, which takes as much as many cells,
    /// and the dictionary of a Parquet file or the shared strings of a workbook can stand for one text a million times.
    fn check_room(&self, number: u64) -> Result<()> {
        let most = (self.limits.cells / 6).max(1000);
        let (found, key) = if self.rows > most {
            (format!("is beyond the {most} rows that a file of its size may have"), "cells")
        } else if self.bytes > self.limits.expanded_bytes {
            (format!("is beyond the {} bytes of text that a file of its size may hold", self.limits.expanded_bytes), "expanded_bytes")
        } else {
            return Ok(());
        };
        let mut problem = self.problem(number, found, "", &self.limits.raise(key));
        if self.is_part {
            problem.record = None;
        }
        Err(problem.into())
    }

    /// Refuses a table larger than `limits.cells`, naming the first row beyond.
    fn check_cells(&self) -> Result<()> {
        let Some(table) = &self.table else { return Ok(()) };
        let width = u64::try_from(table.columns.len()).unwrap_or(u64::MAX);
        let rows = u64::try_from(table.len()).unwrap_or(u64::MAX);
        if rows.saturating_mul(width) <= self.limits.cells {
            return Ok(());
        }
        let within = usize::try_from(self.limits.cells.checked_div(width).unwrap_or(0)).unwrap_or(usize::MAX);
        let found = format!("is beyond the {} cells that one table may have", self.limits.cells);
        Err(self.problem(table.row_number(within), found, "", &self.limits.raise("cells")).into())
    }

    /// Adds the row with this number.
    ///
    /// # Errors
    /// The header repeats a name or is not where the config says, the row is ragged, or the table is larger than `limits.cells`.
    pub(super) fn row(&mut self, number: u64, cells: &[impl AsRef<str>]) -> Result<()> {
        let used = cells.iter().rposition(|cell| !cell.as_ref().trim().is_empty()).map_or(0, |last| last.saturating_add(1));
        if self.table.is_none() && !self.source.header_rows.is_empty() {
            self.rows_of_header(number, cells.get(..used).unwrap_or(cells))?;
            if self.source.header_rows.last().is_some_and(|last| number <= *last) {
                return Ok(());
            }
        }
        let Some(width) = self.table.as_ref().map(|table| table.columns.len()) else {
            return self.until_header(number, cells.get(..used).unwrap_or(cells));
        };
        if used == 0 {
            return Ok(());
        }
        if !self.source.footnotes.is_empty() && self.is_note(cells) {
            self.notes.add(1, number);
            return Ok(());
        }
        if used > width || (self.short_rows_are_errors && cells.len() < width) {
            return Err(self.ragged(number, if used > width { used } else { cells.len() }, used, width).into());
        }
        if cells.iter().map(|cell| cell.as_ref().len()).fold(0usize, usize::saturating_add) > ROW_BYTES {
            let found = format!("has more than {ROW_BYTES} bytes");
            return Err(self.problem(number, found, "", "a quotation mark may be missing further up; correct the row").into());
        }
        self.rows = self.rows.saturating_add(1);
        let length = cells.iter().map(|cell| cell.as_ref().len()).fold(0usize, usize::saturating_add);
        self.bytes = self.bytes.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        self.check_room(number)?;
        if self.source.decimal_comma != Some(true) {
            if let Some(table) = &mut self.table {
                table.push(number, cells.iter().map(AsRef::as_ref));
            }
            return Ok(());
        }
        let mut read = Vec::with_capacity(cells.len());
        for (column, cell) in cells.iter().enumerate() {
            match decimals::with_points(cell.as_ref()) {
                Ok(text) => read.push(text),
                Err(()) => {
                    let found = format!("`{}` is not a number with a decimal comma", crate::error::harmless(cell.as_ref()));
                    let remedy = "correct the cell, or leave decimal out of the config";
                    return Err(self.problem(number, found, "1.500,25 or 1500,25", remedy).field(self.column_name(column)).into());
                }
            }
        }
        if let Some(table) = &mut self.table {
            table.push(number, read.iter().map(AsRef::as_ref));
        }
        Ok(())
    }

    /// Whether the first cell that is not blank begins as the config says that notes do.
    fn is_note(&self, cells: &[impl AsRef<str>]) -> bool {
        let Some(first) = cells.iter().map(|cell| cell.as_ref().trim()).find(|cell| !cell.is_empty()) else { return false };
        self.source.footnotes.iter().any(|note| {
            let mut text = first.chars().flat_map(char::to_lowercase);
            note.chars().all(|c| text.next() == Some(c))
        })
    }

    fn ragged(&self, number: u64, has: usize, used: usize, width: usize) -> InputProblem {
        let remedy = if width == 1 && self.source.header_row.is_none() {
            "if that row is a title, name the row of the header in header_row"
        } else if used == 1 && has < width {
            "correct the row, or, if it is a note, say how it begins in footnotes"
        } else {
            "correct the row: a delimiter inside a cell needs quotation marks around the cell"
        };
        self.problem(number, format!("has {has} cells"), &format!("{width}, as many as the header has"), remedy)
    }

    /// A row up to the header.
    fn until_header(&mut self, number: u64, cells: &[impl AsRef<str>]) -> Result<()> {
        match self.source.header_row {
            Some(header) if number < header => {
                if !cells.is_empty() {
                    self.above.add(1, number);
                }
                Ok(())
            }
            Some(header) if number > header || cells.is_empty() => Err(self.no_header(header)),
            _ if cells.is_empty() => Ok(()),
            _ => self.header(number, cells),
        }
    }

    fn no_header(&self, header: u64) -> crate::Error {
        self.problem(header, "is blank".to_owned(), "the header, which header_row says is here", "correct header_row").into()
    }

    /// Takes a row of a header of several; with the last of them, or the first beyond, the header is whole.
    fn rows_of_header(&mut self, number: u64, cells: &[impl AsRef<str>]) -> Result<()> {
        if self.source.header_rows.contains(&number) {
            let length = cells.iter().map(|cell| cell.as_ref().len()).fold(0usize, usize::saturating_add);
            if length > HEADER_BYTES {
                let found = format!("has more than {HEADER_BYTES} bytes");
                return Err(self.problem(number, found, "a row of a header", "correct header_rows").into());
            }
            self.header.push(number, cells);
        } else if !cells.is_empty() && self.source.header_rows.last().is_some_and(|last| number < *last) {
            self.above.add(1, number);
        }
        if self.source.header_rows.last().is_some_and(|last| number >= *last) {
            return self.end_header();
        }
        Ok(())
    }

    /// The header is what its rows say.
    fn end_header(&mut self) -> Result<()> {
        let (first, last) = (self.source.header_rows.first().copied(), self.source.header_rows.last().copied());
        let header = std::mem::take(&mut self.header);
        if header.is_empty() {
            return Err(self.no_header(first.unwrap_or(1)));
        }
        let names = header.names();
        self.header(last.unwrap_or(1), &names)
    }

    fn header(&mut self, number: u64, cells: &[impl AsRef<str>]) -> Result<()> {
        let mut columns: Vec<String> = cells.iter().map(|cell| cell.as_ref().trim().to_owned()).collect();
        if let Some(detail) = number_repeats(&mut columns) {
            let finding = header::finding(detail, "read by the numbered names").file(self.source.path.display().to_string());
            self.told.push(finding.record(i64::try_from(number).unwrap_or(i64::MAX)));
        }
        let shown = columns.iter().map(String::len).fold(0usize, usize::saturating_add);
        if shown > HEADER_BYTES {
            let found = format!("the names of the columns have more than {HEADER_BYTES} bytes");
            return Err(self.problem(number, found, "a header", "a quotation mark may be missing; correct the row").into());
        }
        self.table = Some(TextTable::new(self.source.path.clone(), self.sheet.clone(), columns));
        Ok(())
    }

    /// The table, and finding DQ-09 for what was left out of it.
    ///
    /// # Errors
    /// There was no header; the table is larger than `limits.cells`.
    pub(super) fn finish(mut self) -> Result<(TextTable, Vec<Finding>)> {
        if self.table.is_none() && !self.header.is_empty() {
            self.end_header()?;
        }
        self.check_cells()?;
        let above = self.above.finding("above the header", self.source);
        let notes = self.notes.finding("begin as notes do", self.source);
        match (self.table, self.source.header_row.or(self.source.header_rows.first().copied())) {
            (Some(mut table), _) => {
                table.shrink();
                Ok((table, above.into_iter().chain(notes).chain(self.told).collect()))
            }
            (None, header) => {
                let (found, expected, remedy) = match header.filter(|_| self.above.rows > 0) {
                    Some(header) => {
                        (format!("ends before row {header}"), "the header, which header_row says is there", "correct header_row")
                    }
                    None => ("is empty".to_owned(), "a header row", "export the table again"),
                };
                let mut problem = InputProblem::new(&self.source.path, found, expected, remedy);
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
