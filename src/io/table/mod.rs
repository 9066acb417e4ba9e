//! Tables: delimited text, workbooks and Parquet, all read as text with the row numbers a spreadsheet shows.

mod builder;
mod decimals;
mod delimited;
mod header;
mod hidden;
mod ods;
mod parquet_in;
mod parquet_pages;
mod shape;
mod shipped;
mod thrift;
mod thrift_fields;
mod workbook;
mod xls;
mod zipped;

use std::io::Read as _;
use std::path::Path;

use super::Read;
use super::source::check_size;
use crate::config::{Limits, TableSource};
use crate::domain::TextTable;
use crate::error::{InputProblem, Result};

/// The formats a table can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// .csv and .txt (delimiter found out) or .tsv and .tab.
    Delimited { tabs: bool },
    /// .xlsx, .xlsm
    Xlsx,
    /// .xls
    Xls,
    /// .ods
    Ods,
    /// .parquet
    Parquet,
}

/// Formats by how names end; each may have .gz behind it.
const ENDINGS: [(&str, Format); 9] = [
    (".csv", Format::Delimited { tabs: false }),
    (".txt", Format::Delimited { tabs: false }),
    (".tsv", Format::Delimited { tabs: true }),
    (".tab", Format::Delimited { tabs: true }),
    (".xlsx", Format::Xlsx),
    (".xlsm", Format::Xlsx),
    (".xls", Format::Xls),
    (".ods", Format::Ods),
    (".parquet", Format::Parquet),
];

/// First bytes of old Excel files, and of new ones that are encrypted.
const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];
const GZIP: &[u8] = &[0x1f, 0x8b];
const PARQUET: &[u8] = b"PAR1";

/// Reads a table: .csv, .txt, .tsv, .tab, .xlsx, .xlsm, .xls, .ods or .parquet, each also with .gz behind it, by the end of its name; a .zip with
/// one of them, or `archive.zip/member`.
/// `sheet` chooses one of a workbook's, the first by default.
///
/// The first row that is not blank is the header. Cells are trimmed text: numbers as the shortest decimal that reads back the same
/// (`12`, `1234.5`), dates as ISO (`2007-04-01`), booleans `true` and `false`; blank cells are unknown. Blank rows are skipped but
/// counted, so row numbers are those of a spreadsheet. Text is UTF-8 (or UTF-16 with its mark), else windows-1252 with finding DQ-12; error
/// cells of a workbook (`#N/A`) are unknown, each with finding DQ-07; Parquet columns that are neither text, number, date nor boolean are left out
/// with finding DQ-16.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input): the file is missing, of another kind than its name says, or damaged; two columns have one
/// name; a row has more or fewer cells than the header; a quotation mark is not closed; a workbook's formula has no stored value; the
/// sheet is not there; or a limit is exceeded. It names the row, and the column where there is one.
pub fn read(path: &Path, sheet: Option<&str>, limits: &Limits) -> Result<Read<TextTable>> {
    read_source(&TableSource::new(path, sheet), limits)
}

/// Reads a table as [`read`] does, where its header is not the first row (`header_row`, `header_rows`) or notes are among its rows (`footnotes`), and
/// makes of it what the source says: blanks filled down, rows kept, tables joined, columns summed, columns turned into rows.
///
/// Rows above the header, and rows whose first cell that is not blank begins with one of `footnotes`, are left out; finding DQ-09 counts
/// each kind and names the first.
///
/// # Errors
/// As [`read`]; also where the row of the header is blank or beyond the table, and `header_row` other than 1 for Parquet, which has names.
pub fn read_source(source: &TableSource, limits: &Limits) -> Result<Read<TextTable>> {
    let read = match crate::config::shipped(&source.path) {
        Some(name) => (shipped::read(source, name)?, *limits),
        None => plain(source, limits)?,
    };
    let (read, of_file) = read;
    if source.is_shaped() { shape::apply(source, read, &of_file, limits) } else { Ok(read) }
}

/// A table as its file has it, and the limits of that file.
fn plain(source: &TableSource, limits: &Limits) -> Result<(Read<TextTable>, Limits)> {
    let path = source.path.as_path();
    let is_archive = zipped::archive_of(path).is_some();
    if !is_archive && !path.exists() {
        return Err(super::source::not_found(path).into());
    }
    if !is_archive && by_name(path).is_none() {
        return Err(not_a_table(path, "is not a table").into());
    }
    let content = zipped::load(path, limits)?;
    let name = content.name.as_path();
    let Some((format, gzip)) = by_name(name) else {
        return Err(not_a_table(name, "is not a table").into());
    };
    let is_workbook = matches!(format, Format::Xlsx | Format::Xls | Format::Ods);
    if let (Some(sheet), false) = (&source.sheet, is_workbook) {
        let found = format!("has no sheets, so no sheet \"{sheet}\"");
        return Err(InputProblem::new(name, found, "", "leave sheet out of the config, or give a workbook").into());
    }
    let of_file = limits.of_file(content.file.bytes);
    let bytes = unpacked(name, content.bytes, format, gzip, &of_file)?;
    let limits = &of_file;
    let mut read = match format {
        Format::Delimited { tabs } => {
            check_text(name, &bytes)?;
            delimited::read(source, &bytes, tabs.then_some(b'\t'), limits)?
        }
        Format::Parquet => parquet_in::read(source, bytes, limits)?,
        Format::Xlsx | Format::Xls | Format::Ods => workbook::read(source, &bytes, format, limits)?,
    };
    read.files.push(content.file);
    Ok((read, of_file))
}

/// What is said of a file that is not a table.
fn not_a_table(path: &Path, found: &str) -> InputProblem {
    let expected = "a name ending in .csv, .tsv, .txt, .xlsx, .xlsm, .xls, .ods or .parquet (each also with .gz, or in a .zip)";
    let remedy = if super::boundaries::is_named_so(path) && !path.to_string_lossy().to_lowercase().ends_with(".zip") {
        "it is a boundary file by its name: name it by path in a [[layer]], or name a table here"
    } else {
        "name a table, or rename the file to what it is"
    };
    InputProblem::new(path, found, expected, remedy)
}

/// The tables of a zip, as paths that [`read`] takes.
///
/// # Errors
/// As [`read`], about the file as a whole.
pub fn members(path: &Path, limits: &Limits) -> Result<Vec<std::path::PathBuf>> {
    zipped::members(path, limits)
}

/// Reads the columns of a Parquet file that are text, numbers, dates or truths, from memory.
pub(super) fn read_parquet(source: &TableSource, bytes: bytes::Bytes, limits: &Limits) -> Result<Read<TextTable>> {
    parquet_in::read_bytes(source, bytes, limits)
}

/// The content of a table's file, inflated where its name says gzip, once it is what its name says.
fn unpacked(path: &Path, bytes: Vec<u8>, format: Format, gzip: bool, limits: &Limits) -> Result<Vec<u8>> {
    let bytes = if gzip {
        check_kind(path, &bytes, None)?;
        inflate(path, &bytes, limits)?
    } else {
        bytes
    };
    check_kind(path, &bytes, Some(format))?;
    Ok(bytes)
}

/// What a table's file says of itself before any row is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// csv, tsv, xlsx, xls, ods or parquet, with .gz behind it where it is compressed.
    pub format: String,
    /// Sheets of a workbook, in its order.
    pub sheets: Vec<String>,
    /// Columns of a Parquet file: name, type, and whether it can be read.
    pub schema: Vec<(String, String, bool)>,
}

/// Whether a file is a table by the end of its name.
pub fn is_named_so(path: &Path) -> bool {
    by_name(path).is_some()
}

/// The format that a name promises, and whether it says gzip.
fn by_name(path: &Path) -> Option<(Format, bool)> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let (plain, gzip) = match name.strip_suffix(".gz") {
        Some(plain) => (plain, true),
        None => (name.as_str(), false),
    };
    ENDINGS.iter().find(|(ending, _)| plain.ends_with(ending)).map(|(_, format)| (*format, gzip))
}

/// The outline of a table's file.
///
/// # Errors
/// As [`read`], about the file as a whole.
pub fn outline(path: &Path, limits: &Limits) -> Result<Outline> {
    let Some((format, gzip)) = by_name(path) else {
        // The sentence is that of reading.
        return read(path, None, limits).map(|_| Outline::default());
    };
    let word = match format {
        Format::Delimited { tabs: true } => "tsv",
        Format::Delimited { tabs: false } => "csv",
        Format::Xlsx => "xlsx",
        Format::Xls => "xls",
        Format::Ods => "ods",
        Format::Parquet => "parquet",
    };
    let mut outline = Outline { format: if gzip { format!("{word}.gz") } else { word.to_owned() }, ..Outline::default() };
    if matches!(format, Format::Delimited { .. }) {
        return Ok(outline);
    }
    let content = zipped::load(path, limits)?;
    let limits = &limits.of_file(content.file.bytes);
    let bytes = unpacked(path, content.bytes, format, gzip, limits)?;
    match format {
        Format::Parquet => outline.schema = parquet_in::schema(path, bytes)?,
        format => outline.sheets = workbook::sheets(path, &bytes, format, limits)?,
    }
    Ok(outline)
}

/// Refuses content that is not what the name says; `None` for a name that says gzip.
fn check_kind(path: &Path, bytes: &[u8], format: Option<Format>) -> Result<()> {
    let found = if bytes.starts_with(super::zip::MAGIC) {
        "is a zip or a workbook (.xlsx, .ods)"
    } else if bytes.starts_with(OLE) {
        "is an old or an encrypted workbook (.xls)"
    } else if bytes.starts_with(GZIP) {
        "is compressed with gzip"
    } else if bytes.starts_with(PARQUET) {
        "is a Parquet file"
    } else {
        "has another content than its name says"
    };
    let (begins, expected) = match format {
        None => (Some(GZIP), "gzip"),
        Some(Format::Delimited { .. }) => (None, "text"),
        Some(Format::Xlsx | Format::Ods) => (Some(super::zip::MAGIC), "a zip, as .xlsx and .ods are"),
        Some(Format::Xls) => (Some(OLE), "an .xls workbook"),
        Some(Format::Parquet) => (Some(PARQUET), "Parquet"),
    };
    let fits = match begins {
        Some(begins) => bytes.starts_with(begins),
        None => ![super::zip::MAGIC, OLE, GZIP, PARQUET].iter().any(|magic| bytes.starts_with(magic)),
    };
    if fits {
        return Ok(());
    }
    if begins.is_some() {
        check_text(path, bytes)?;
    }
    Err(InputProblem::new(path, found, expected, "rename it to what it is, or save it in the format its name says").into())
}

/// Refuses what a download that went wrong leaves behind.
fn check_text(path: &Path, bytes: &[u8]) -> Result<()> {
    let begin: Vec<u8> = bytes.iter().copied().skip_while(|byte| !byte.is_ascii_graphic()).take(40).collect();
    let begin = String::from_utf8_lossy(&begin).to_lowercase();
    let found = if ["<!doctype html", "<html", "<head", "<table"].iter().any(|mark| begin.starts_with(mark)) {
        "is a web page"
    } else if begin.starts_with("version https://git-lfs") {
        "is a Git LFS pointer, not the file itself"
    } else {
        return Ok(());
    };
    Err(InputProblem::new(path, found, "a table", "download the file itself").into())
}

fn inflate(path: &Path, bytes: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    let mut inflated = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .take(limits.expanded_bytes.saturating_add(1))
        .read_to_end(&mut inflated)
        .map_err(|e| InputProblem::new(path, format!("cannot be inflated: {e}"), "gzip", "copy or download it again"))?;
    check_size(path, inflated.len(), limits)?;
    Ok(inflated)
}

/// The shortest decimal text that reads back as the same float: 12 and not 12.0, never an exponent.
fn number_text(number: f64) -> String {
    // -0 is 0 in every table.
    if number == 0.0 { "0".to_owned() } else { number.to_string() }
}

/// An ISO moment without its time where that is midnight.
fn day_if_midnight(moment: &str) -> String {
    match moment.split_once(['T', ' ']) {
        Some((day, time)) if time.chars().all(|c| "0:.".contains(c)) => day.to_owned(),
        _ => moment.to_owned(),
    }
}
