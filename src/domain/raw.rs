//! What the doors hand in: polygons and tables as they stand in their files, not yet judged.

use std::path::PathBuf;

use super::layer::Clip;
use crate::error::{InputProblem, Result};

/// One input file as it was read: size and hash are of the bytes that were parsed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InputFile {
    /// Path as resolved from the config.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of the content, hexadecimal.
    pub blake3: String,
}

/// A shapefile's polygons and attributes, record by record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawLayer {
    /// The .shp (with the zip in front of it), for messages.
    pub path: PathBuf,
    /// Attribute fields in file order.
    pub fields: Vec<String>,
    /// Records in file order; deleted ones and null shapes are here too, marked.
    pub records: Vec<RawRecord>,
    /// Clip recognised from the ONS suffix in the file name (BFE realm; BFC, BGC, BSC, BUC coast).
    pub clip: Option<Clip>,
    /// Resolution recognised from the ONS suffix (BFC, BFE 1; BGC 20; BSC 200; BUC 500), metres.
    pub resolution_m: Option<f64>,
    /// Text encoding used and whether it was declared: (name, true when .cpg or the .dbf said so).
    pub encoding: (String, bool),
}

impl RawLayer {
    /// Index of the field of exactly this name.
    ///
    /// # Errors
    /// [`Error::Input`](crate::Error::Input) that lists the fields there are and suggests the nearest.
    pub fn require_field(&self, name: &str) -> Result<usize> {
        match self.fields.iter().position(|field| field == name) {
            Some(index) => Ok(index),
            None => Err(missing(&self.path, None, "field", name, &self.fields).into()),
        }
    }
}

/// One shapefile record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawRecord {
    /// Record number from 1, the same in .shp and .dbf.
    pub number: u64,
    /// Whether the .dbf marks it deleted.
    pub deleted: bool,
    /// Rings as stored, coordinates in metres, all finite; the closing point may be present. Empty for a null shape.
    pub rings: Vec<Vec<[f64; 2]>>,
    /// One cell a field, trimmed; `None` where blank.
    pub cells: Vec<Option<String>>,
}

/// Most names that an error lists; a table of 300 columns would bury the sentence.
const LISTED: usize = 40;

/// A name is suggested when it is at least this like the one asked for (Jaro-Winkler, 0 to 1; chosen so that `PCT11CD` suggests `PCT13CD`
/// and `code` does not suggest `population`).
const ALIKE: f64 = 0.75;

/// What is said of a column or field that is not there.
pub(super) fn missing(path: &std::path::Path, sheet: Option<&str>, what: &str, name: &str, names: &[String]) -> InputProblem {
    let wanted = name.trim().to_lowercase();
    let mut nearest: Option<(f64, &String)> = None;
    for candidate in names {
        let likeness = strsim::jaro_winkler(&wanted, &candidate.to_lowercase());
        // The earlier of two equally near names stays: the order is the file's.
        if likeness >= ALIKE && nearest.is_none_or(|(best, _)| likeness > best) {
            nearest = Some((likeness, candidate));
        }
    }
    let mut listed = names.iter().take(LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        listed.push_str(&format!(" and {} more", names.len().saturating_sub(LISTED)));
    }
    let remedy = match nearest {
        Some((_, nearest)) => format!("did you mean \"{nearest}\"?"),
        None => format!("name one of its {what}s in the config"),
    };
    let mut problem = InputProblem::new(path, format!("there is no {what} \"{name}\""), format!("one of: {listed}"), remedy);
    problem.sheet = sheet.map(str::to_owned);
    problem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TextTable;

    #[test]
    fn a_missing_column_suggests_the_nearest() {
        let table = TextTable::new("budget.csv", None, vec!["PCT11CD".into(), "Allocation_000s".into()]);
        assert_eq!(table.require("PCT11CD").ok(), Some(0));
        let message = table.require("allocation").map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(
            message,
            "budget.csv: there is no column \"allocation\", expected one of: PCT11CD, Allocation_000s; did you mean \"Allocation_000s\"?"
        );
        let layer = RawLayer { path: "a.shp".into(), fields: vec!["NAME".into()], ..RawLayer::default() };
        let message = layer.require_field("POP").map_or_else(|error| error.to_string(), |_| String::new());
        assert_eq!(message, "a.shp: there is no field \"POP\", expected one of: NAME; name one of its fields in the config");
    }
}
