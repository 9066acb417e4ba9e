//! Which field of a layer is its code, where nobody says it.

use crate::domain::{RawLayer, RawRecord};
use crate::error::{InputProblem, Result};

/// A field taken for the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeField {
    /// Its name.
    pub name: String,
    /// Why it was taken; empty for one that was asked for.
    pub why: &'static str,
}

/// Why a field cannot be the code of every record.
enum Fault {
    /// Number of a record without a text.
    Blank(u64),
    /// A text and the numbers of two records that have it.
    Twice(String, u64, u64),
}

/// The field that [`super::build`] takes codes from when none is named, of those with a text in every record and each text once: the first of codes of
/// nine characters, else the first that is named as a code, numbers too; where no field is named as a code, the first text field.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) when there is none, or when fields are named as codes and none of them can be: another field is not taken in
/// their place without a word.
pub fn code_field(raw: &RawLayer) -> Result<CodeField> {
    let kept: Vec<&RawRecord> = raw.records.iter().filter(|record| !record.deleted).collect();
    let (field, why) = choose(raw, &kept)?;
    Ok(CodeField { name: raw.fields.get(field).cloned().unwrap_or_default(), why })
}

/// Index of the code field over the records kept, and why it is that.
pub(super) fn choose(raw: &RawLayer, kept: &[&RawRecord]) -> Result<(usize, &'static str)> {
    let faults: Vec<Option<Fault>> = (0..raw.fields.len()).map(|field| fault(kept, field)).collect();
    let sound = || (0..raw.fields.len()).filter(|field| matches!(faults.get(*field), Some(None)));
    let says_code = |field: &usize| raw.fields.get(*field).is_some_and(|name| is_named_as_code(name));
    let cells = |field: usize| kept.iter().filter_map(move |record| record.cells.get(field).and_then(Option::as_deref));
    let nine = |field: &usize| cells(*field).all(is_nine);
    if let Some(field) = sound().filter(says_code).find(nine) {
        return Ok((field, "it is named as a code, and its codes have nine characters"));
    }
    if let Some(field) = sound().find(says_code) {
        return Ok((field, "it is named as a code"));
    }
    if let Some(field) = sound().find(nine) {
        return Ok((field, "its codes have nine characters"));
    }
    let remedy = "name one with `code` in the config, or --code-a / --code-b";
    for (name, fault) in raw.fields.iter().zip(&faults).filter(|(name, _)| is_named_as_code(name)) {
        let found = match fault {
            Some(Fault::Blank(record)) => format!("looks like the code, and record {record} has none"),
            Some(Fault::Twice(text, one, other)) => {
                format!("looks like the code, and \"{}\" is in records {one} and {other}", text.escape_debug())
            }
            None => continue,
        };
        let fields = raw.fields.join(", ");
        let remedy = format!("correct it, or {remedy} (fields: {fields})");
        return Err(InputProblem::new(&raw.path, found, "a code in every record, each once", remedy).field(name).into());
    }
    // 007 is no number but a code.
    let is_number = |text: &str| text.parse::<f64>().is_ok() && (!text.starts_with('0') || text.len() == 1 || text.starts_with("0."));
    match sound().find(|field| cells(*field).any(|text| !is_number(text))) {
        Some(field) => Ok((field, "no field is named as a code, and it is the first text field that is different in every record")),
        None => {
            let found = format!("no text field has a different value in every record (fields: {})", raw.fields.join(", "));
            Err(InputProblem::new(&raw.path, found, "a code field", remedy).into())
        }
    }
}

/// What keeps a field from being the code; `None` if nothing does.
fn fault(kept: &[&RawRecord], field: usize) -> Option<Fault> {
    let mut cells: Vec<(&str, u64)> = Vec::with_capacity(kept.len());
    for record in kept {
        match record.cells.get(field).and_then(Option::as_deref) {
            Some(text) => cells.push((text, record.number)),
            None => return Some(Fault::Blank(record.number)),
        }
    }
    cells.sort_unstable();
    cells.windows(2).find_map(|two| match two {
        [(one, first), (other, second)] if one == other => Some(Fault::Twice((*one).to_owned(), *first, *second)),
        _ => None,
    })
}

/// Whether a field says by its name that it holds codes: CODE, GSS_CODE, LAD23CD, lhb22_code, ODS.
fn is_named_as_code(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.trim_end_matches(|c: char| c == '_' || c.is_ascii_digit());
    name.ends_with("code") && !name.ends_with("postcode") || name.ends_with("cd") || ["codes", "gss", "ods"].contains(&name)
}

/// Whether a text is a code of nine characters, as the ONS gives them: E06000001.
fn is_nine(text: &str) -> bool {
    text.len() == 9 && text.starts_with(|c: char| c.is_ascii_uppercase()) && text.bytes().skip(1).all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(fields: &[&str], rows: &[&[&str]]) -> String {
        let cell = |text: &&str| Some((*text).to_owned()).filter(|text| !text.is_empty());
        let records = rows.iter().zip(1..).map(|(row, number)| RawRecord { number, deleted: false, cells: row.iter().map(cell).collect() });
        let raw = RawLayer {
            path: "a.shp".into(),
            fields: fields.iter().map(|name| (*name).to_owned()).collect(),
            records: records.collect(),
            ..RawLayer::default()
        };
        match code_field(&raw) {
            Ok(field) => format!("{}: {}", field.name, field.why),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_code_is_found_and_the_reason_said() {
        for (fields, rows, says) in [
            (&["NAME", "CODE"][..], &[&["a", "1"][..], &["b", "2"]][..], "CODE: it is named as a code"),
            (&["NAME", "GSS_CODE"], &[&["a", "E09000001"], &["b", "E09000002"]], "GSS_CODE: it is named as a code, and its codes"),
            (&["LAD23CD", "OA21CD"], &[&["E06000001", "E00000001"], &["E06000001", "E00000002"]], "OA21CD: it is named"),
            (&["NAME", "KEY"], &[&["a", "E09000001"], &["b", "E09000002"]], "KEY: its codes have nine characters"),
            (&["FID", "NAME"], &[&["1", "a"], &["2", "b"]], "NAME: no field is named as a code"),
            (&["FID", "KEY"], &[&["1", "001"], &["2", "002"]], "KEY: no field is named as a code"),
            (
                &["CODE", "NAME"],
                &[&["E1", "a"], &["E1", "b"]],
                "a.shp, field CODE: looks like the code, and \"E1\" is in records 1 and 2, expected a code in every record, each once; correct it, or name one",
            ),
            (&["CODE", "NAME"], &[&["", "a"], &["E1", "b"]], "a.shp, field CODE: looks like the code, and record 1 has none"),
            (&["FID"], &[&["1"], &["2"]], "a.shp: no text field has a different value in every record (fields: FID)"),
        ] {
            let chosen = chosen(fields, rows);
            assert!(chosen.starts_with(says), "{fields:?}: {chosen}");
        }
    }
}
