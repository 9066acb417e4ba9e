//! Rows and columns that a workbook does not show: they are read like all others, and counted in a finding.

use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::{Format, xls};
use crate::config::Limits;
use crate::domain::Finding;
use crate::io::zip::Archive;

/// What a sheet hides.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    pub rows: u64,
    /// The first of them, as a spreadsheet shows it.
    pub first: Option<u64>,
    pub columns: u64,
}

/// Columns and rows of a sheet at most; a stretch to the end of the sheet that is hidden is no data.
const COLUMNS: u64 = 16_384;
const ROWS: u64 = 1_048_576;

/// Finding DQ-24 where the sheet that was read hides rows or columns; `last` is the last row with data. What cannot be told is not: the table
/// itself was read.
pub(super) fn finding(path: &Path, bytes: &[u8], format: Format, sheet: &str, last: u64, limits: &Limits) -> Option<Finding> {
    let hidden = match format {
        Format::Xlsx => of_xlsx(path, bytes, sheet, last, limits),
        Format::Ods => of_ods(path, bytes, sheet, last, limits),
        Format::Xls => xls::Workbook::open(path, bytes).ok()?.hidden(sheet, last),
        _ => None,
    }?;
    let of = |number: u64, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let told: Vec<String> = [(hidden.rows, "row"), (hidden.columns, "column")]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| of(number, what))
        .collect();
    (!told.is_empty()).then(|| {
        let first = hidden.first.map_or_else(String::new, |first| format!("; the first hidden row is {first}"));
        let found = Finding::new("DQ-24", format!("sheet {sheet} hides {}{first}", told.join(" and ")), "read like those that are shown")
            .file(path.display().to_string())
            .value(hidden.rows.saturating_add(hidden.columns) as f64, "rows and columns");
        match hidden.first {
            Some(first) => found.record(i64::try_from(first).unwrap_or(i64::MAX)),
            None => found,
        }
    })
}

/// An attribute by its name, prefix and all.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.attributes().flatten().find(|attribute| attribute.key.as_ref() == name)?;
    Some(found.value.into_owned())
}

/// Whether a text of an .xlsx says yes.
fn yes(text: &str) -> bool {
    matches!(text, "1" | "true")
}

/// Calls `each` for every tag that begins; stops where that says so, or at what is no XML.
fn tags(xml: &[u8], mut each: impl FnMut(&BytesStart<'_>) -> bool) {
    let Ok(xml) = std::str::from_utf8(xml) else { return };
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) if !each(&tag) => return,
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn of_xlsx(path: &Path, bytes: &[u8], sheet: &str, last: u64, limits: &Limits) -> Option<Hidden> {
    let mut archive = Archive::open(path, bytes, limits).ok()?;
    let mut id = None;
    let escaped = quick_xml::escape::escape(sheet).into_owned();
    tags(&archive.extract("xl/workbook.xml").ok()?, |tag| {
        if tag.local_name().as_ref() == "sheet" && attribute(tag, "name").is_some_and(|name| name == sheet || name == escaped) {
            id = attribute(tag, "r:id");
        }
        id.is_none()
    });
    let (id, mut part) = (id?, None);
    tags(&archive.extract("xl/_rels/workbook.xml.rels").ok()?, |tag| {
        if attribute(tag, "Id").as_deref() == Some(&id) {
            part = attribute(tag, "Target");
        }
        part.is_none()
    });
    let part = part?;
    let part = part.strip_prefix('/').map_or_else(|| format!("xl/{part}"), str::to_owned);
    let xml = archive.extract(&part).ok()?;
    let mut hidden = Hidden::default();
    let mut row = 0u64;
    tags(&xml, |tag| {
        let number = |name: &str| attribute(tag, name).and_then(|text| text.parse::<u64>().ok());
        let is_hidden = || attribute(tag, "hidden").is_some_and(|text| yes(&text));
        match tag.local_name().as_ref() {
            "row" => {
                row = number("r").unwrap_or(row.saturating_add(1));
                if row <= last && is_hidden() {
                    hidden.rows = hidden.rows.saturating_add(1);
                    hidden.first = hidden.first.or(Some(row));
                }
            }
            "col" if is_hidden() => {
                if let (Some(from), Some(to)) = (number("min"), number("max"))
                    && from <= to
                    && to < COLUMNS
                {
                    hidden.columns = hidden.columns.saturating_add(to.saturating_sub(from).saturating_add(1));
                }
            }
            _ => {}
        }
        true
    });
    Some(hidden)
}

fn of_ods(path: &Path, bytes: &[u8], sheet: &str, last: u64, limits: &Limits) -> Option<Hidden> {
    let xml = Archive::open(path, bytes, limits).ok()?.extract("content.xml").ok()?;
    let escaped = quick_xml::escape::escape(sheet).into_owned();
    let mut hidden = Hidden::default();
    let (mut inside, mut row) = (false, 0u64);
    tags(&xml, |tag| {
        let repeated = |name: &str| attribute(tag, name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(1);
        let is_hidden = || attribute(tag, "table:visibility").is_some_and(|text| text != "visible");
        match tag.name().as_ref() {
            "table:table" => inside = attribute(tag, "table:name").is_some_and(|name| name == sheet || name == escaped),
            "table:table-column" if inside && is_hidden() => {
                let columns = repeated("table:number-columns-repeated");
                hidden.columns = hidden.columns.saturating_add(if columns < COLUMNS / 2 { columns } else { 0 });
            }
            "table:table-row" if inside => {
                let rows = repeated("table:number-rows-repeated").min(ROWS);
                let first = row.saturating_add(1);
                row = row.saturating_add(rows);
                if first <= last && is_hidden() {
                    hidden.rows = hidden.rows.saturating_add(row.min(last).saturating_sub(first).saturating_add(1));
                    hidden.first = hidden.first.or(Some(first));
                }
            }
            _ => {}
        }
        true
    });
    Some(hidden)
}
