//! Workbooks: .xlsx, .xlsm, .xls and .ods by calamine, cell by cell where the format allows it, and measured before where it does not.

use std::io::Cursor;
use std::path::Path;

use calamine::{CellErrorType, DataType, ExcelDateTime, Ods, Reader, Sheet, SheetType, SheetVisible, Xlsx};

use super::Format;
use super::builder::{Builder, letters};
use super::header::Merged;
use crate::config::{Limits, TableSource};
use crate::domain::{Finding, TextTable};
use crate::error::{InputProblem, Result};
use crate::io::zip::Archive;
use crate::io::{Read, catch_panic};

/// Columns of a sheet. Source: Excel specifications and limits.
const MAX_COLUMNS: usize = 16_384;

/// Cells with errors that are findings of their own; what is beyond is counted in one.
const TOLD: usize = 1000;

/// First serial day beyond the year 9999.
const END_OF_DATES: f64 = 2_958_466.0;

/// Reads one sheet.
pub(super) fn read(source: &TableSource, bytes: &[u8], format: Format, limits: &Limits) -> Result<Read<TextTable>> {
    let path = source.path.as_path();
    if format != Format::Xls {
        // calamine inflates without a cap of its own, and lays out what an .ods repeats.
        let mut archive = Archive::open(path, bytes, limits)?;
        archive.check_all()?;
        if format == Format::Ods && archive.names().any(|name| name == "content.xml") {
            super::ods::check(path, &Archive::open(path, bytes, limits)?.extract("content.xml")?, limits)?;
        }
    }
    // A hostile workbook must not end the process by a panic inside the reader.
    let read = catch_panic::call(|| match format {
        Format::Ods => {
            let mut workbook: Ods<_> = open(path, bytes)?;
            whole_sheet(source, &mut workbook, limits)
        }
        Format::Xls => old_sheet(source, &super::xls::Workbook::open(path, bytes)?, limits),
        _ => {
            let mut workbook: Xlsx<_> = open(path, bytes)?;
            by_cells(source, &mut workbook, limits)
        }
    });
    let mut read = read.unwrap_or_else(|| Err(damaged(path, "its structure makes no sense").into()))?;
    let last = read.value.len().checked_sub(1).map_or(0, |last| read.value.row_number(last));
    let sheet = read.value.sheet.as_deref().unwrap_or("");
    read.findings.extend(super::hidden::finding(path, bytes, format, sheet, last, limits));
    Ok(read)
}

/// Names of a workbook's sheets, in its order.
pub(super) fn sheets(path: &Path, bytes: &[u8], format: Format, limits: &Limits) -> Result<Vec<String>> {
    if format != Format::Xls {
        Archive::open(path, bytes, limits)?.check_all()?;
    }
    fn names(sheets: &[Sheet]) -> Vec<String> {
        sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).map(|sheet| sheet.name.clone()).collect()
    }
    let read = catch_panic::call(|| match format {
        Format::Ods => open::<Ods<_>>(path, bytes).map(|workbook| names(workbook.sheets_metadata())),
        Format::Xls => super::xls::Workbook::open(path, bytes)?.sheets().map(|sheets| names(&sheets)),
        _ => open::<Xlsx<_>>(path, bytes).map(|workbook| names(workbook.sheets_metadata())),
    });
    read.unwrap_or_else(|| Err(damaged(path, "its structure makes no sense").into()))
}

pub(super) fn damaged(path: &Path, problem: impl std::fmt::Display) -> InputProblem {
    InputProblem::new(
        path,
        format!("is a workbook that cannot be read: {problem}"),
        "",
        "open it in a spreadsheet program and save it again",
    )
}

fn open<'a, W: Reader<Cursor<&'a [u8]>>>(path: &Path, bytes: &'a [u8]) -> Result<W>
where
    W::Error: std::fmt::Display,
{
    Ok(W::new(Cursor::new(bytes)).map_err(|e| damaged(path, e))?)
}

/// The sheet asked for, or the first that is shown.
fn choose(path: &Path, sheets: &[Sheet], wanted: Option<&str>) -> Result<String> {
    let names: Vec<&str> = sheets.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet).map(|sheet| sheet.name.as_str()).collect();
    let Some(wanted) = wanted else {
        let is_shown = |sheet: &&Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
        return match sheets.iter().find(is_shown) {
            Some(first) => Ok(first.name.clone()),
            None if !names.is_empty() => {
                let expected = format!("one that is shown, or the name of one: {}", names.join(", "));
                Err(InputProblem::new(path, "has hidden sheets only", expected, "name the sheet in the config").into())
            }
            None => Err(InputProblem::new(path, "has no sheets", "one", "export the table again").into()),
        };
    };
    if let Some(found) = names.iter().find(|name| **name == wanted) {
        return Ok((*found).to_owned());
    }
    let likeness = |name: &str| strsim::jaro_winkler(&wanted.to_lowercase(), &name.to_lowercase());
    let nearest = names.iter().filter(|name| likeness(name) > 0.75).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let remedy =
        nearest.map_or_else(|| "name one of its sheets in the config".to_owned(), |nearest| format!("did you mean \"{nearest}\"?"));
    Err(InputProblem::new(path, format!("there is no sheet \"{wanted}\""), format!("one of: {}", names.join(", ")), remedy).into())
}

/// Reads a sheet row by row into a table.
struct SheetReader<'a> {
    path: &'a Path,
    sheet: String,
    builder: Builder<'a>,
    /// Cells of the row being read, and the errors among them with their columns.
    cells: Vec<String>,
    errors: Vec<(usize, String)>,
    /// Bytes of the row being read: one text may be named by every cell, and a row has many.
    bytes: u64,
    limits: Limits,
    findings: Vec<Finding>,
    /// Cells with errors that are told together, and the row of the first.
    more_errors: (u64, Option<u64>),
}

impl<'a> SheetReader<'a> {
    fn new(source: &'a TableSource, sheet: String, limits: &Limits) -> Self {
        let builder = Builder::new(source, Some(sheet.clone()), limits, false);
        Self {
            path: &source.path,
            sheet,
            builder,
            cells: Vec::new(),
            errors: Vec::new(),
            bytes: 0,
            limits: *limits,
            findings: Vec::new(),
            more_errors: (0, None),
        }
    }

    fn problem(&self, row: u64, column: usize, found: impl Into<String>, remedy: &str) -> InputProblem {
        InputProblem::new(self.path, found, "", remedy).sheet(&self.sheet).record(row).field(self.builder.column_name(column))
    }

    fn cell<D: DataType>(&mut self, row: u64, column: usize, value: &D) -> Result<()> {
        if column >= MAX_COLUMNS {
            let found = format!("has a cell in column {}", column.saturating_add(1));
            return Err(self.problem(row, column, found, "save it again with at most 16384 columns").into());
        }
        if self.cells.len() <= column {
            self.cells.resize(column.saturating_add(1), String::new());
        }
        match text(value) {
            Ok(text) => {
                self.bytes = self.bytes.saturating_add(u64::try_from(text.len()).unwrap_or(u64::MAX));
                if self.bytes > self.limits.expanded_bytes {
                    let found = format!("has more than {} bytes in one row", self.limits.expanded_bytes);
                    return Err(self.problem(row, column, found, &self.limits.raise("expanded_bytes")).into());
                }
                if let Some(cell) = self.cells.get_mut(column) {
                    *cell = text;
                }
            }
            Err(error) => self.errors.push((column, error.to_string())),
        }
        Ok(())
    }

    /// Ends the row with this number.
    fn end_row(&mut self, row: u64) -> Result<()> {
        for (column, error) in std::mem::take(&mut self.errors) {
            if !self.builder.has_header() {
                let found = format!("the header has {error} in column {}", letters(column));
                return Err(self.problem(row, column, found, "correct the cell").into());
            }
            if self.findings.len() >= TOLD {
                self.more_errors = (self.more_errors.0.saturating_add(1), self.more_errors.1.or(Some(row)));
                continue;
            }
            let detail = format!("cell {}{row} of sheet {} holds {error}", letters(column), self.sheet);
            self.findings.push(
                Finding::new("DQ-07", detail, "read as unknown")
                    .file(self.path.display().to_string())
                    .record(i64::try_from(row).unwrap_or(i64::MAX))
                    .field(self.builder.column_name(column)),
            );
        }
        self.builder.row(row, &self.cells)?;
        self.cells.clear();
        self.bytes = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<Read<TextTable>> {
        if let (more, Some(first)) = self.more_errors {
            let detail = format!("{more} more cells of sheet {} hold errors, the first of them in row {first}", self.sheet);
            self.findings.push(
                Finding::new("DQ-07", detail, "read as unknown")
                    .file(self.path.display().to_string())
                    .record(i64::try_from(first).unwrap_or(i64::MAX))
                    .value(more as f64, "cells"),
            );
        }
        let (value, findings) = self.builder.finish()?;
        self.findings.extend(findings);
        Ok(Read { value, findings: self.findings, files: Vec::new() })
    }
}

/// .xlsx: cells one after the other, so that one cell in the last corner of a sheet does not claim memory for the whole of it.
fn by_cells(source: &TableSource, workbook: &mut Xlsx<Cursor<&[u8]>>, limits: &Limits) -> Result<Read<TextTable>> {
    let path = source.path.as_path();
    let sheet = choose(path, workbook.sheets_metadata(), source.sheet.as_deref())?;
    let mut reader = SheetReader::new(source, sheet.clone(), limits);
    if let (Some(first), Some(last)) = (source.header_rows.first(), source.header_rows.last()) {
        reader.builder.set_merged(merged(workbook, &sheet, (*first, *last)).map_err(|e| damaged(path, e))?);
    }
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(|e| damaged(path, e))?;
    let mut current: Option<(u32, u32)> = None;
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|e| damaged(path, e))? {
        let (row, column) = cell.pos;
        if let Some((last_row, last_column)) = current {
            if (row, column) <= (last_row, last_column) {
                let found = "stands after cells that belong behind it";
                let remedy = "open it in a spreadsheet program and save it again";
                return Err(reader.problem(shown(row), index(column), found, remedy).into());
            }
            if row != last_row {
                reader.end_row(shown(last_row))?;
            }
        }
        current = Some((row, column));
        if cell.formula.is_some() && cell.value.is_empty() {
            let found = "is a formula whose result is not stored";
            let remedy = "open the workbook in a spreadsheet program, which calculates it, and save it";
            return Err(reader.problem(shown(row), index(column), found, remedy).into());
        }
        reader.cell(shown(row), index(column), &cell.value)?;
    }
    if let Some((last_row, _)) = current {
        reader.end_row(shown(last_row))?;
    }
    reader.finish()
}

/// Merged ranges of a sheet that reach into the rows of its header.
fn merged(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    (first, last): (u64, u64),
) -> std::result::Result<Vec<Merged>, calamine::XlsxError> {
    let ranges = workbook.merge_cells_by_sheet_name(sheet)?;
    let merged = ranges
        .into_iter()
        .map(|range| Merged { rows: (shown(range.start.0), shown(range.end.0)), columns: (index(range.start.1), index(range.end.1)) });
    Ok(merged.filter(|merged| merged.rows.0 <= last && merged.rows.1 >= first).take(MAX_COLUMNS).collect())
}

/// .xls: the sheet as [`super::xls`] has taken it apart.
fn old_sheet(source: &TableSource, workbook: &super::xls::Workbook<'_>, limits: &Limits) -> Result<Read<TextTable>> {
    let sheets = workbook.sheets()?;
    let sheet = choose(&source.path, &sheets, source.sheet.as_deref())?;
    let place = sheets.iter().position(|one| one.typ == SheetType::WorkSheet && one.name == sheet).unwrap_or(usize::MAX);
    let cells = workbook.cells(place, limits)?;
    let mut reader = SheetReader::new(source, sheet, limits);
    for row in cells.rows() {
        for (column, value) in cells.row(row) {
            reader.cell(shown(row), index(column), value)?;
        }
        reader.end_row(shown(row))?;
    }
    reader.finish()
}

/// .ods: the whole sheet at once, which [`super::ods`] has measured.
fn whole_sheet<'a, W: Reader<Cursor<&'a [u8]>>>(source: &TableSource, workbook: &mut W, limits: &Limits) -> Result<Read<TextTable>>
where
    W::Error: std::fmt::Display,
{
    let path = source.path.as_path();
    let sheet = choose(path, workbook.sheets_metadata(), source.sheet.as_deref())?;
    let range = workbook.worksheet_range(&sheet).map_err(|e| damaged(path, e))?;
    let mut reader = SheetReader::new(source, sheet, limits);
    let (first_row, first_column) = range.start().unwrap_or((0, 0));
    for (row, cells) in (shown(first_row)..).zip(range.rows()) {
        for (column, cell) in (index(first_column)..).zip(cells) {
            if !cell.is_empty() {
                reader.cell(row, column, cell)?;
            }
        }
        reader.end_row(row)?;
    }
    reader.finish()
}

/// Row number as a spreadsheet shows it, from one counted from 0.
fn shown(row: u32) -> u64 {
    u64::from(row).saturating_add(1)
}

fn index(column: u32) -> usize {
    usize::try_from(column).unwrap_or(usize::MAX)
}

/// A cell's text, or its error.
fn text<D: DataType>(value: &D) -> std::result::Result<String, CellErrorType> {
    if let Some(error) = value.get_error() {
        return Err(error.clone());
    }
    if let Some(text) = value.get_string() {
        return Ok(text.to_owned());
    }
    if let Some(number) = value.get_float() {
        return Ok(super::number_text(number));
    }
    if let Some(number) = value.get_int() {
        return Ok(number.to_string());
    }
    if let Some(yes) = value.get_bool() {
        return Ok(yes.to_string());
    }
    if let Some(moment) = value.get_datetime() {
        return Ok(moment_text(moment));
    }
    if let Some(moment) = value.get_datetime_iso() {
        return Ok(super::day_if_midnight(moment));
    }
    Ok(value.get_duration_iso().map(str::to_owned).unwrap_or_default())
}

/// ISO text of a serial moment: a day, a time of day, or both. Durations and serials that are no date stay numbers (of days).
fn moment_text(moment: ExcelDateTime) -> String {
    let serial = moment.as_f64();
    if moment.is_duration() || !(0.0..END_OF_DATES).contains(&serial) {
        return super::number_text(serial);
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let fraction = if milli == 0 { String::new() } else { format!(".{milli:03}") };
    if serial < 1.0 {
        return format!("{hour:02}:{minute:02}:{second:02}{fraction}");
    }
    super::day_if_midnight(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}"))
}
