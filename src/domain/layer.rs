//! A layer: the areas of one kind of body at one date.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;

use super::finding::Finding;
use super::geometry::Rings;
use super::recodes::OtherCodes;
use super::units::People;

/// What a layer's areas are in the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// NHS bodies: the left side of an alignment.
    Health,
    /// Councils: the right side of an alignment.
    Council,
    /// Building blocks that carry people (output areas).
    Blocks,
    /// Anything else (districts, area offices).
    Other,
}

impl Role {
    /// The word used in config and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Council => "council",
            Self::Blocks => "blocks",
            Self::Other => "other",
        }
    }
}

/// How far out to sea a layer's outline goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clip {
    /// To mean high water (ONS BFC, BGC, BSC, BUC).
    Coast,
    /// To the extent of the realm (ONS BFE).
    Realm,
}

/// One area of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// GSS or other code, text, unique in its layer.
    pub code: String,
    /// Published name, if the layer has a name field.
    pub name: Option<String>,
    /// Area by the even-odd rule, square metres, on the run's grid.
    pub area_m2: f64,
    /// The layer's own people field, if it has one and the cell is a number.
    pub people: Option<People>,
    /// Outer rings.
    pub parts: usize,
    /// Inner rings.
    pub holes: usize,
    /// Distinct ring vertices, closing points not counted.
    pub vertices: usize,
    /// Whether the rings as read did not bound a valid polygon.
    pub repaired: bool,
    /// A point inside it, metres, to write its name at; none was asked for or found where `None`.
    pub label: Option<[f64; 2]>,
    /// Cells of the attribute table beside the layer, by column name; empty cells are left out.
    pub attributes: BTreeMap<String, String>,
}

/// The areas of one kind of body at one date, snapped to the run's grid.
///
/// Invariant: `areas` is sorted by code without repeats, and unit `i` of `rings` is `areas[i]`; a layer without shapes has no unit at all, and
/// its areas' figures of land stand as 0 and mean nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Id from the config, carrying the vintage ("pct-2011").
    pub id: String,
    /// Role in the pipeline.
    pub role: Role,
    /// Kind of body for reports ("PCT").
    pub kind: String,
    /// Generalisation of the linework, metres.
    pub resolution_m: f64,
    /// Extent of the realm or coastline, if stated or recognised.
    pub clip: Option<Clip>,
    /// First day the areas were in force.
    pub valid_from: Option<Date>,
    /// Last day the areas were in force.
    pub valid_to: Option<Date>,
    /// The areas, sorted by code.
    pub areas: Vec<Area>,
    /// Their rings.
    pub rings: Rings,
    /// Population fields asked for by alignments and successions: field name, then one figure an area (`None` where the cell is no number).
    pub populations: BTreeMap<String, Vec<Option<People>>>,
    /// Codes that its bodies have at other dates.
    pub other_codes: OtherCodes,
}

impl Layer {
    /// Whether its areas have shapes; a layer from a table of codes has none, nor has one that is built from it.
    pub fn has_shapes(&self) -> bool {
        self.areas.is_empty() || self.rings.units() > 0
    }

    /// Index of an area by its code, or by one that it has at another date ([`OtherCodes`]).
    pub fn position(&self, code: &str) -> Option<usize> {
        self.exact(code).or_else(|| self.other_codes.area(code))
    }

    /// Index of an area by the code that it has here.
    pub fn exact(&self, code: &str) -> Option<usize> {
        self.areas.binary_search_by(|area| area.code.as_str().cmp(code)).ok()
    }
}

/// Codes by what they are without case and blanks: `e08 000016` means `E08000016` where no other code is the same but for those.
#[derive(Debug, Clone, Default)]
pub struct Spellings {
    /// `None` where two codes have one form.
    by_form: BTreeMap<String, Option<usize>>,
}

impl Spellings {
    /// The codes of a layer.
    pub fn of(layer: &Layer) -> Self {
        let mut by_form: BTreeMap<String, Option<usize>> = BTreeMap::new();
        for (index, area) in layer.areas.iter().enumerate() {
            by_form.entry(plain(&area.code)).and_modify(|known| *known = None).or_insert(Some(index));
        }
        Self { by_form }
    }

    /// The area that a code can alone mean.
    pub fn find(&self, code: &str) -> Option<usize> {
        self.by_form.get(&plain(code)).copied().flatten()
    }
}

/// Looks codes of a table up in a layer, and keeps which of them it has in another case or with other blanks.
#[derive(Debug)]
pub struct Respelled<'a> {
    layer: &'a Layer,
    /// Made where a code is not found as it is.
    spellings: Option<Spellings>,
    /// By code as the table has it: the area, how many rows, and the first of them.
    met: BTreeMap<String, (usize, usize, u64)>,
}

impl<'a> Respelled<'a> {
    /// Codes of this layer.
    pub fn new(layer: &'a Layer) -> Self {
        Self { layer, spellings: None, met: BTreeMap::new() }
    }

    /// The area that a code means: the one that has it, or the only one that has it but for case and blanks.
    pub fn find(&mut self, code: &str, row: u64) -> Option<usize> {
        if let Some(area) = self.layer.position(code) {
            return Some(area);
        }
        let area = self.spellings.get_or_insert_with(|| Spellings::of(self.layer)).find(code)?;
        match self.met.get_mut(code) {
            Some((_, rows, first)) => (*rows, *first) = (rows.saturating_add(1), row.min(*first)),
            None => {
                self.met.insert(code.to_owned(), (area, 1, row));
            }
        }
        Some(area)
    }

    /// Finding DQ-21 about the codes that were read as the layer's, if there are any.
    pub fn finding(self, file: &Path, field: &str) -> Option<Finding> {
        let rows: usize = self.met.values().map(|(_, rows, _)| rows).sum();
        // The smallest code: the order of records says nothing.
        let (text, (area, _, first)) = self.met.first_key_value()?;
        let code = &self.layer.areas.get(*area)?.code;
        let of = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let (codes, rows_of) = (of(self.met.len(), "code"), of(rows, "row"));
        let detail = format!("{codes} in {rows_of} matched layer {} only without case and blanks, the first `{text}`", self.layer.id);
        let finding = Finding::new("DQ-21", detail, "read as the layer's codes").layer(self.layer.id.clone()).code(code.clone());
        let finding = finding.file(file.display().to_string()).field(field).record(i64::try_from(*first).unwrap_or(i64::MAX));
        Some(finding.value(rows as f64, "rows"))
    }
}

/// A text without blanks and case: what two ways of writing one code or name have in common.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// Why a code cannot be one of an area: the tables that are published give it another meaning, or could not hold it.
pub fn unusable_code(code: &str) -> Option<&'static str> {
    if ["__outside__", "__none__", "__unallocated__"].contains(&code) {
        Some("means something else in the tables that are published")
    } else if code.contains(';') {
        Some("has a `;`, which separates the codes of a list")
    } else if code.chars().any(crate::error::works) {
        Some("has a line break or another character that is not shown")
    } else {
        None
    }
}
