//! Tables: delimited text, workbooks and Parquet, all read as text with the row numbers a spreadsheet shows.

mod builder;
mod delimited;
mod parquet_in;
mod workbook;

use std::io::Read as _;
use std::path::Path;

use super::Read;
use super::source::{Source, check_size};
use crate::config::Limits;
use crate::domain::TextTable;
use crate::error::{InputProblem, Result};

/// The formats a table can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// .csv and .txt (delimiter found out) or .tsv and .tab.
    Delimited { tabs: bool, gzip: bool },
    /// .xlsx, .xlsm
    Xlsx,
    /// .xls
    Xls,
    /// .ods
    Ods,
    /// .parquet
    Parquet,
}

/// Formats by how names end; longer endings first.
const ENDINGS: [(&str, Format); 13] = [
    (".csv.gz", Format::Delimited { tabs: false, gzip: true }),
    (".txt.gz", Format::Delimited { tabs: false, gzip: true }),
    (".tsv.gz", Format::Delimited { tabs: true, gzip: true }),
    (".tab.gz", Format::Delimited { tabs: true, gzip: true }),
    (".csv", Format::Delimited { tabs: false, gzip: false }),
    (".txt", Format::Delimited { tabs: false, gzip: false }),
    (".tsv", Format::Delimited { tabs: true, gzip: false }),
    (".tab", Format::Delimited { tabs: true, gzip: false }),
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

/// Reads a table: .csv, .txt, .tsv, .tab (each also as .gz), .xlsx, .xlsm, .xls, .ods or .parquet, by the end of its name. `sheet` chooses
/// one of a workbook's, the first by default.
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
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let format = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, format)| *format);
    if !path.exists() {
        return Err(super::source::not_found(path).into());
    }
    let Some(format) = format else {
        let expected = "a name ending in .csv, .tsv, .txt (also .gz), .xlsx, .xlsm, .xls, .ods or .parquet";
        return Err(InputProblem::new(path, "is no table by its name", expected, "rename it, or export it as .csv").into());
    };
    let is_workbook = matches!(format, Format::Xlsx | Format::Xls | Format::Ods);
    if let (Some(sheet), false) = (sheet, is_workbook) {
        let found = format!("has no sheets, so no sheet \"{sheet}\"");
        return Err(InputProblem::new(path, found, "", "leave sheet out of the config, or give a workbook").into());
    }
    if format == Format::Parquet {
        return parquet_in::read(path, limits);
    }
    let source = Source::load(path, limits)?;
    check_kind(path, &source.bytes, format)?;
    let mut read = match format {
        Format::Delimited { tabs, gzip } => {
            let inflated = if gzip { Some(inflate(path, &source.bytes, limits)?) } else { None };
            let content = inflated.as_deref().unwrap_or(&source.bytes);
            check_text(path, content)?;
            delimited::read(path, content, tabs.then_some(b'\t'), limits)?
        }
        Format::Xlsx | Format::Xls | Format::Ods | Format::Parquet => workbook::read(path, &source.bytes, format, sheet, limits)?,
    };
    read.files.push(source.input_file());
    Ok(read)
}

/// Refuses content that is not what the name says.
fn check_kind(path: &Path, bytes: &[u8], format: Format) -> Result<()> {
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
        Format::Delimited { gzip: true, .. } => (Some(GZIP), "gzip"),
        Format::Delimited { gzip: false, .. } => (None, "text"),
        Format::Xlsx | Format::Ods => (Some(super::zip::MAGIC), "a zip, as .xlsx and .ods are"),
        Format::Xls => (Some(OLE), "an .xls workbook"),
        Format::Parquet => (Some(PARQUET), "Parquet"),
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
