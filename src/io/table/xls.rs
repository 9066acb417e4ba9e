//! Workbooks of the old format (.xls), taken apart before their reader sees them.
//!
//! calamine lays out every sheet there is, as often as it is named; it claims memory for as many cells as a sheet says it has, copies one
//! shared text into every cell that names it, and writes formulas out in full. A few bytes can stand for gigabytes in each of these ways, and
//! memory that is not there ends the process. So the workbook's stream is walked here record by record, and calamine is given workbooks made
//! of what a table needs alone: the names of the sheets; then the texts, each once; then the other cells of one sheet, whose rectangle is held
//! against the limits. What cells are worth (encodings, number formats, days) stays its business.
//!
//! Sources: \[MS-CFB\], which the `cfb` crate reads and writes; \[MS-XLS\] 2.1.4 (records), 2.4 (their content).

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;

use calamine::{Data, Reader as _, Sheet, Xls};

use super::hidden::Hidden;
use super::workbook::damaged;
use crate::config::Limits;
use crate::error::{InputProblem, Result};

/// Cells of memory that the reader takes for one cell of a sheet: it hands out a copy of what it has laid out.
const COPIES: u64 = 2;

/// Most sheets: far beyond what a workbook has, and few enough to hold.
const MAX_SHEETS: usize = 4_096;

/// Columns of a sheet of this format.
const COLUMNS: u32 = 256;
/// Rows of a sheet of this format.
const ROWS: u32 = 65_536;

// Kinds of records.
const FORMULA: u16 = 0x0006;
const EOF: u16 = 0x000a;
const DATE_MODE: u16 = 0x0022;
const FILE_PASS: u16 = 0x002f;
const CONTINUE: u16 = 0x003c;
const CODE_PAGE: u16 = 0x0042;
const COLUMN_INFO: u16 = 0x007d;
const BOUND_SHEET: u16 = 0x0085;
const MUL_RK: u16 = 0x00bd;
const R_STRING: u16 = 0x00d6;
const XF: u16 = 0x00e0;
const SST: u16 = 0x00fc;
const LABEL_SST: u16 = 0x00fd;
const NUMBER: u16 = 0x0203;
const LABEL: u16 = 0x0204;
const BOOL_ERR: u16 = 0x0205;
const STRING: u16 = 0x0207;
const ROW: u16 = 0x0208;
const RK: u16 = 0x027e;
const FORMAT: u16 = 0x041e;
const BOF: u16 = 0x0809;

/// The beginning of a worksheet: BIFF8, worksheet.
const SHEET_BOF: [u8; 8] = [0x00, 0x06, 0x10, 0x00, 0, 0, 0, 0];

/// A record: its kind, its content, and all of it with the records that continue it.
#[derive(Clone, Copy)]
struct Record<'a> {
    kind: u16,
    data: &'a [u8],
    whole: &'a [u8],
}

impl Record<'_> {
    fn is_continued(&self) -> bool {
        self.whole.len() > self.data.len().saturating_add(4)
    }
}

/// The records of a part of the stream, up to its end or to what is no record.
struct Records<'a> {
    stream: &'a [u8],
}

impl<'a> Records<'a> {
    /// Content and rest of the record at the beginning.
    fn split(stream: &'a [u8]) -> Option<(u16, &'a [u8], &'a [u8])> {
        let length = usize::from(word(stream, 2)?);
        let (data, rest) = stream.get(4..)?.split_at_checked(length)?;
        Some((word(stream, 0)?, data, rest))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let (kind, data, mut rest) = Self::split(self.stream)?;
        while let Some((CONTINUE, _, after)) = Self::split(rest) {
            rest = after;
        }
        let whole = self.stream.get(..self.stream.len().checked_sub(rest.len())?)?;
        self.stream = rest;
        Some(Record { kind, data, whole })
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

fn double_word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

/// A sheet of a workbook: its cells, row by row.
pub(super) struct Cells {
    /// Values that are no shared text.
    values: calamine::Range<Data>,
    /// Shared texts by row and column.
    texts: BTreeMap<(u32, u32), u32>,
    /// What they say, by number.
    shared: BTreeMap<u32, Data>,
    /// First and last row and column.
    rows: (u32, u32),
    columns: (u32, u32),
}

impl Cells {
    /// Rows that hold anything, and those between them, counted from 0.
    pub(super) fn rows(&self) -> std::ops::RangeInclusive<u32> {
        self.rows.0..=self.rows.1
    }

    /// The cells of a row that are not empty, with their columns.
    pub(super) fn row(&self, row: u32) -> impl Iterator<Item = (u32, &Data)> {
        (self.columns.0..=self.columns.1).filter_map(move |column| {
            let value = match self.texts.get(&(row, column)) {
                Some(text) => self.shared.get(text),
                None => self.values.get_value((row, column)),
            };
            value.filter(|value| !matches!(value, Data::Empty)).map(|value| (column, value))
        })
    }
}

/// An .xls, taken apart.
pub(super) struct Workbook<'a> {
    path: &'a Path,
    stream: Vec<u8>,
    /// Whether the stream has the name that it had before Excel 97.
    is_old: bool,
}

impl<'a> Workbook<'a> {
    /// # Errors
    /// The file is no workbook, or has more sheets than anybody could mean.
    pub(super) fn open(path: &'a Path, bytes: &[u8]) -> Result<Self> {
        let mut container = cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|error| damaged(path, error))?;
        let is_old = !container.is_stream("/Workbook");
        let mut stream = Vec::new();
        // No longer than the file: a chain of sectors that runs in a circle would have no end.
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let opened = container.open_stream(if is_old { "/Book" } else { "/Workbook" });
        let mut opened = opened.map_err(|_| damaged(path, "it holds no workbook"))?.take(length.saturating_add(1));
        opened.read_to_end(&mut stream).map_err(|error| damaged(path, error))?;
        if stream.len() > bytes.len() {
            return Err(damaged(path, "its parts are longer than it is").into());
        }
        let workbook = Self { path, stream, is_old };
        if !(Records { stream: &workbook.stream }).any(|record| record.kind == EOF) {
            return Err(damaged(path, "its list of sheets has no end").into());
        }
        if workbook.bound_sheets().count() > MAX_SHEETS {
            let found = format!("has more than {MAX_SHEETS} sheets");
            return Err(InputProblem::new(path, found, "", "keep the sheets that are needed, and save it again").into());
        }
        Ok(workbook)
    }

    /// The records before the first sheet's.
    fn globals(&self) -> impl Iterator<Item = Record<'_>> {
        Records { stream: &self.stream }.take_while(|record| record.kind != EOF)
    }

    fn bound_sheets(&self) -> impl Iterator<Item = Record<'_>> {
        self.globals().filter(|record| record.kind == BOUND_SHEET)
    }

    /// Names and types of the sheets.
    ///
    /// # Errors
    /// The reader refuses them.
    pub(super) fn sheets(&self) -> Result<Vec<Sheet>> {
        let named: Vec<Record<'_>> = self.bound_sheets().collect();
        Ok(self.read(&named, false, &[])?.sheets_metadata().to_vec())
    }

    /// The cells of a sheet, by its place.
    ///
    /// # Errors
    /// Its records make no sense, or it lays out more than a file of its size may.
    pub(super) fn cells(&self, place: usize, limits: &Limits) -> Result<Cells> {
        let bound = self.bound_sheets().nth(place).ok_or_else(|| damaged(self.path, "a sheet is not there"))?;
        let start = double_word(bound.data, 0).and_then(|start| self.stream.get(usize::try_from(start).ok()?..));
        let laid_out = LaidOut::of(self.path, start.ok_or_else(|| damaged(self.path, "a sheet lies outside the workbook"))?)?;
        laid_out.check(self.path, limits)?;
        let mut values = self.read(&[bound], false, &laid_out.values)?;
        // Each text once: calamine would copy it into every cell that names it.
        let numbers: Vec<u32> = laid_out.texts.values().copied().collect::<std::collections::BTreeSet<u32>>().into_iter().collect();
        let mut asked = Vec::with_capacity(numbers.len().saturating_mul(14));
        for (index, number) in (0u32..).zip(&numbers) {
            let at = [index.div_euclid(COLUMNS), index.rem_euclid(COLUMNS)].map(|at| u16::try_from(at).unwrap_or(u16::MAX));
            let data = [&at[0].to_le_bytes()[..], &at[1].to_le_bytes(), &[0, 0], &number.to_le_bytes()].concat();
            put(&mut asked, LABEL_SST, &data);
        }
        if numbers.len() > usize::try_from(ROWS.saturating_mul(COLUMNS)).unwrap_or(usize::MAX) {
            return Err(damaged(self.path, "a sheet has more texts than cells").into());
        }
        let shared = self.range(&mut self.read(&[bound], true, &asked)?)?;
        let mut told = BTreeMap::new();
        for (index, number) in (0u32..).zip(numbers) {
            match shared.get_value((index.div_euclid(COLUMNS), index.rem_euclid(COLUMNS))) {
                Some(text @ Data::String(_)) => told.insert(number, text.clone()),
                _ => return Err(damaged(self.path, format!("a cell names shared text {number}, which is not there")).into()),
            };
        }
        let LaidOut { texts, rows, columns, .. } = laid_out;
        Ok(Cells { values: self.range(&mut values)?, texts, shared: told, rows, columns })
    }

    /// What a sheet hides, of its rows up to `last` as a spreadsheet shows it; `None` where that cannot be told.
    pub(super) fn hidden(&self, sheet: &str, last: u64) -> Option<Hidden> {
        let place = self.sheets().ok()?.iter().position(|own| own.name == sheet)?;
        let start = double_word(self.bound_sheets().nth(place)?.data, 0)?;
        let stream = self.stream.get(usize::try_from(start).ok()?..)?;
        let mut hidden = Hidden::default();
        let mut depth = 0u32;
        for Record { kind, data, .. } in (Records { stream }) {
            match kind {
                BOF => depth = depth.saturating_add(1),
                EOF if depth <= 1 => break,
                EOF => depth = depth.saturating_sub(1),
                _ if depth > 1 => {}
                ROW => {
                    let row = u64::from(word(data, 0)?).saturating_add(1);
                    // Of the flags behind the height: fDyZero.
                    if row <= last && data.get(12)? & 0x20 != 0 {
                        hidden.rows = hidden.rows.saturating_add(1);
                        hidden.first = Some(hidden.first.map_or(row, |first| first.min(row)));
                    }
                }
                COLUMN_INFO => {
                    let (from, to) = (word(data, 0)?, word(data, 2)?);
                    // fHidden. A stretch to the end of the sheet is no data.
                    if data.get(8)? & 0x01 != 0 && u32::from(to) < COLUMNS.saturating_sub(1) {
                        hidden.columns = hidden.columns.saturating_add(u64::from(to.saturating_sub(from)).saturating_add(1));
                    }
                }
                _ => {}
            }
        }
        Some(hidden)
    }

    fn range(&self, workbook: &mut Xls<Cursor<Vec<u8>>>) -> Result<calamine::Range<Data>> {
        workbook.worksheet_range_at(0).map_or_else(|| Ok(calamine::Range::empty()), |range| Ok(range.map_err(|e| damaged(self.path, e))?))
    }

    /// What calamine reads of a workbook with these sheets, all of them with these cells.
    fn read(&self, sheets: &[Record<'_>], with_texts: bool, cells: &[u8]) -> Result<Xls<Cursor<Vec<u8>>>> {
        let mut stream = Vec::with_capacity(cells.len().saturating_add(1 << 12));
        let mut ends = Vec::new();
        for record in self.globals() {
            match record.kind {
                BOF | CODE_PAGE | DATE_MODE | FORMAT | XF | FILE_PASS => put(&mut stream, record.kind, record.data),
                // With what continues it, as it stands.
                SST if with_texts => stream.extend_from_slice(record.whole),
                _ => {}
            }
        }
        for sheet in sheets {
            let name = sheet.data.get(4..).ok_or_else(|| damaged(self.path, "the name of a sheet is cut off"))?;
            ends.push(stream.len().saturating_add(4));
            put(&mut stream, BOUND_SHEET, &[&[0; 4], name].concat());
        }
        put(&mut stream, EOF, &[]);
        let start = u32::try_from(stream.len()).map_err(|_| damaged(self.path, "it is too long"))?.to_le_bytes();
        for at in ends {
            if let Some(place) = at.checked_add(4).and_then(|end| stream.get_mut(at..end)) {
                place.copy_from_slice(&start);
            }
        }
        put(&mut stream, BOF, &SHEET_BOF);
        stream.extend_from_slice(cells);
        put(&mut stream, EOF, &[]);
        let made = || -> std::io::Result<Vec<u8>> {
            // calamine takes the newer version for empty where all of it is in large parts.
            let mut container = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))?;
            container.create_stream(if self.is_old { "/Book" } else { "/Workbook" })?.write_all(&stream)?;
            container.flush()?;
            Ok(container.into_inner().into_inner())
        };
        let bytes = made().map_err(|error| damaged(self.path, error))?;
        Ok(Xls::new(Cursor::new(bytes)).map_err(|error| damaged(self.path, error))?)
    }
}

/// The cells of a sheet as its records have them.
struct LaidOut {
    /// Records of all that is no shared text.
    values: Vec<u8>,
    texts: BTreeMap<(u32, u32), u32>,
    rows: (u32, u32),
    columns: (u32, u32),
}

impl LaidOut {
    fn of(path: &Path, stream: &[u8]) -> Result<Self> {
        let mut sheet = Self { values: Vec::new(), texts: BTreeMap::new(), rows: (u32::MAX, 0), columns: (u32::MAX, 0) };
        let mut filled: Vec<(u16, u16)> = Vec::new();
        // Charts within a sheet are sheets of their own, with cells that are not the table's.
        let mut depth = 0u32;
        let mut formula: Option<&[u8]> = None;
        let mut ended = false;
        for record in (Records { stream }) {
            match record.kind {
                BOF => depth = depth.saturating_add(1),
                EOF if depth <= 1 => {
                    ended = true;
                    break;
                }
                EOF => depth = depth.saturating_sub(1),
                _ if depth > 1 => {}
                _ => sheet.record(path, record, &mut filled, &mut formula)?,
            }
        }
        if !ended {
            return Err(damaged(path, "a sheet has no end").into());
        }
        filled.sort_unstable();
        if let Some(at) = filled.iter().zip(filled.iter().skip(1)).find(|(one, next)| one == next).map(|(one, _)| one) {
            let found = format!("has two values in one cell, column {}", super::builder::letters(usize::from(at.1)));
            let remedy = "open it in a spreadsheet program and save it again";
            return Err(InputProblem::new(path, found, "one", remedy).record(u64::from(at.0).saturating_add(1)).into());
        }
        Ok(sheet)
    }

    /// Takes a record of a cell.
    fn record<'a>(&mut self, path: &Path, record: Record<'a>, filled: &mut Vec<(u16, u16)>, formula: &mut Option<&'a [u8]>) -> Result<()> {
        let data = record.data;
        let cut_off = || damaged(path, "a cell is cut off");
        let at = || Some((word(data, 0)?, word(data, 2)?));
        match record.kind {
            NUMBER | RK | BOOL_ERR | LABEL | R_STRING => {
                if record.is_continued() {
                    return Err(too_long(path, at()).into());
                }
                put(&mut self.values, record.kind, data);
                filled.push(at().ok_or_else(cut_off)?);
            }
            MUL_RK => {
                put(&mut self.values, MUL_RK, data);
                let (row, first) = at().ok_or_else(cut_off)?;
                let last = data.len().checked_sub(2).and_then(|end| word(data, end)).ok_or_else(cut_off)?;
                let count = usize::from(last).checked_sub(usize::from(first)).and_then(|more| more.checked_add(1));
                if count.and_then(|count| count.checked_mul(6)).and_then(|bytes| bytes.checked_add(6)) != Some(data.len()) {
                    return Err(cut_off().into());
                }
                filled.extend((first..=last).map(|column| (row, column)));
                self.widen((row, last));
            }
            LABEL_SST => {
                let at = at().ok_or_else(cut_off)?;
                let text = double_word(data, 6).ok_or_else(cut_off)?;
                self.texts.insert((u32::from(at.0), u32::from(at.1)), text);
                filled.push(at);
            }
            FORMULA => {
                // What it came to, without the formula.
                let at = at().ok_or_else(cut_off)?;
                let value = data.get(6..14).ok_or_else(cut_off)?;
                match value {
                    // A text, which the next record holds.
                    [0, .., 0xff, 0xff] => {
                        *formula = data.get(..6);
                        return Ok(());
                    }
                    [1, _, yes, .., 0xff, 0xff] => put(&mut self.values, BOOL_ERR, &[data.get(..6).unwrap_or(&[]), &[*yes, 0]].concat()),
                    [2, _, error, .., 0xff, 0xff] => {
                        put(&mut self.values, BOOL_ERR, &[data.get(..6).unwrap_or(&[]), &[*error, 1]].concat())
                    }
                    // An empty text.
                    [3, .., 0xff, 0xff] => return Ok(()),
                    _ => put(&mut self.values, NUMBER, data.get(..14).unwrap_or(&[])),
                }
                filled.push(at);
            }
            STRING => {
                let place = formula.take().ok_or_else(|| damaged(path, "a formula's text stands without its formula"))?;
                let at = word(place, 0).zip(word(place, 2)).ok_or_else(cut_off)?;
                if record.is_continued() || data.len().saturating_add(place.len()) > usize::from(u16::MAX) {
                    return Err(too_long(path, Some(at)).into());
                }
                put(&mut self.values, LABEL, &[place, data].concat());
                filled.push(at);
            }
            _ => return Ok(()),
        }
        if let Some(at) = filled.last() {
            self.widen(*at);
        }
        Ok(())
    }

    fn widen(&mut self, (row, column): (u16, u16)) {
        let (row, column) = (u32::from(row), u32::from(column));
        self.rows = (self.rows.0.min(row), self.rows.1.max(row));
        self.columns = (self.columns.0.min(column), self.columns.1.max(column));
    }

    /// Refuses a rectangle of more cells than a file of this size may have.
    fn check(&self, path: &Path, limits: &Limits) -> Result<()> {
        let length = |(first, last): (u32, u32)| u64::from(last).saturating_add(1).saturating_sub(u64::from(first));
        let cells = length(self.rows).saturating_mul(length(self.columns));
        let most = limits.cells.div_euclid(COPIES);
        if cells > most {
            let found = format!("lays out {cells} cells");
            return Err(InputProblem::new(path, found, format!("at most {most} in a workbook of its size"), limits.raise("cells")).into());
        }
        Ok(())
    }
}

/// Text that goes on in another record, of which the reader would see the beginning.
fn too_long(path: &Path, at: Option<(u16, u16)>) -> InputProblem {
    let (row, column) = at.unwrap_or_default();
    let found = format!("has text in column {} that is longer than one record holds", super::builder::letters(usize::from(column)));
    InputProblem::new(path, found, "", "shorten it, or save the workbook as .xlsx").record(u64::from(row).saturating_add(1))
}

/// Adds a record. What does not fit one was none that was read.
fn put(stream: &mut Vec<u8>, kind: u16, data: &[u8]) {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    stream.extend_from_slice(&kind.to_le_bytes());
    stream.extend_from_slice(&length.to_le_bytes());
    stream.extend_from_slice(data.get(..usize::from(length)).unwrap_or(data));
}
