//! What the doors hand in: polygons and tables as they stand in their files, not yet judged.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::layer::Clip;

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

/// A table read as text: named columns, rows in file order, every cell trimmed text or unknown.
///
/// Row numbers are those a spreadsheet shows, the header included, so a message can send a person to the row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextTable {
    /// File, for messages.
    pub path: PathBuf,
    /// Sheet, for workbooks.
    pub sheet: Option<String>,
    /// Column names as in the header, trimmed.
    pub columns: Vec<String>,
    row_numbers: Vec<u64>,
    /// All cells, row by row, end to end.
    text: String,
    /// End of each cell in `text`.
    ends: Vec<usize>,
    by_name: BTreeMap<String, usize>,
}

impl TextTable {
    /// An empty table with these columns.
    pub fn new(path: impl Into<PathBuf>, sheet: Option<String>, columns: Vec<String>) -> Self {
        let mut by_name = BTreeMap::new();
        for (index, name) in columns.iter().enumerate() {
            by_name.entry(name.clone()).or_insert(index);
        }
        Self { path: path.into(), sheet, columns, by_name, ..Self::default() }
    }

    /// Adds a row: missing cells are unknown, cells beyond the columns are ignored (the doors refuse ragged rows before this).
    pub fn push<'a>(&mut self, row_number: u64, cells: impl IntoIterator<Item = &'a str>) {
        self.row_numbers.push(row_number);
        let mut cells = cells.into_iter();
        for _ in 0..self.columns.len() {
            self.text.push_str(cells.next().unwrap_or("").trim());
            self.ends.push(self.text.len());
        }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.row_numbers.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.row_numbers.is_empty()
    }

    /// Index of a column by its exact name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The row's number as a spreadsheet shows it.
    pub fn row_number(&self, row: usize) -> u64 {
        self.row_numbers.get(row).copied().unwrap_or(0)
    }

    /// A cell's trimmed text; `None` where it is empty or out of range.
    pub fn cell(&self, row: usize, column: usize) -> Option<&str> {
        if column >= self.columns.len() {
            return None;
        }
        let index = row * self.columns.len() + column;
        let end = *self.ends.get(index)?;
        let start = if index == 0 { 0 } else { *self.ends.get(index - 1)? };
        self.text.get(start..end).filter(|text| !text.is_empty())
    }
}
