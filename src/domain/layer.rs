//! A layer: the areas of one kind of body at one date.

use std::collections::BTreeMap;

use jiff::civil::Date;

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

/// A text without blanks and case: what two ways of writing one code or name have in common.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}
