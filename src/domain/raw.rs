//! What the doors hand in: polygons and tables as they stand in their files, not yet judged.

use std::ops::Range;
use std::path::PathBuf;

use rayon::prelude::*;

use super::buffer::Buffer;
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

/// A boundary file's polygons and attributes, record by record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawLayer {
    /// The file (with the zip in front of it), for messages.
    pub path: PathBuf,
    /// Its format, such as "shapefile" or "GeoPackage".
    pub format: &'static str,
    /// What its coordinates were, and what was done about it.
    pub crs: String,
    /// Attribute fields in file order.
    pub fields: Vec<String>,
    /// Records in file order; deleted ones and null shapes are here too, marked.
    pub records: Vec<RawRecord>,
    /// Their rings, record by record.
    pub shapes: RawShapes,
    /// Clip recognised from the ONS suffix in the file name (BFE realm; BFC, BGC, BSC, BUC coast).
    pub clip: Option<Clip>,
    /// Resolution recognised from the ONS suffix (BFC, BFE 1; BGC 20; BSC 200; BUC 500), metres.
    pub resolution_m: Option<f64>,
    /// Crossings that its boundaries may have beyond one a point (`limits.crossings`); `None` = what the overlay can hold.
    pub crossings: Option<u64>,
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
    /// One cell a field, trimmed; `None` where blank.
    pub cells: Vec<Option<String>>,
}

/// The rings of a file's records as stored, coordinates in metres, all finite: record by record, ring by ring, end to end. Closing points
/// may be present. A null shape has no ring.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawShapes {
    points: Buffer,
    /// End of each ring in `points`.
    ring_ends: Vec<usize>,
    /// End of each record in `ring_ends`.
    record_ends: Vec<usize>,
    /// West, south, east, north of each record; `None` without a point.
    extents: Vec<Option<[f64; 4]>>,
    /// Extent of the record being built.
    extent: Option<[f64; 4]>,
}

impl RawShapes {
    /// Room for `points` points without growing.
    pub fn with_capacity(points: usize) -> Self {
        Self { points: Buffer::with_capacity(points), ..Self::default() }
    }

    /// Adds points to the ring being built.
    pub fn extend(&mut self, points: impl IntoIterator<Item = [f64; 2]>) {
        let from = self.points.len();
        for point in points {
            if let [place] = self.points.add_coordinates(1) {
                *place = point;
            }
        }
        self.stretch_extent(from);
    }

    /// Adds `count` points to the ring being built, which `fill` writes in place.
    ///
    /// # Errors
    /// Those of `fill`.
    pub fn extend_with<E>(
        &mut self,
        count: usize,
        fill: impl FnOnce(&mut [[f64; 2]]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let from = self.points.len();
        fill(self.points.add_coordinates(count))?;
        self.stretch_extent(from);
        Ok(())
    }

    /// Stretches the extent of the record being built over the points from `from` on.
    fn stretch_extent(&mut self, from: usize) {
        let added = self.points.coordinates().get(from..).unwrap_or(&[]);
        if let Some([x, y]) = added.first() {
            let extent = self.extent.unwrap_or([*x, *y, *x, *y]);
            self.extent = Some(added.iter().fold(extent, |[west, south, east, north], [x, y]| {
                // Comparisons and not `f64::min`, which minds NaN: there is none.
                [
                    if *x < west { *x } else { west },
                    if *y < south { *y } else { south },
                    if *x > east { *x } else { east },
                    if *y > north { *y } else { north },
                ]
            }));
        }
    }

    /// Ends the ring being built.
    pub fn end_ring(&mut self) {
        self.ring_ends.push(self.points.len());
    }

    /// Ends the record being built.
    pub fn end_record(&mut self) {
        self.record_ends.push(self.ring_ends.len());
        self.extents.push(self.extent.take());
    }

    /// Number of records.
    pub fn records(&self) -> usize {
        self.record_ends.len()
    }

    /// Number of points of all records.
    pub fn points(&self) -> usize {
        self.points.len()
    }

    /// West, south, east and north of a record, metres; `None` for one without a point.
    pub fn extent(&self, record: usize) -> Option<[f64; 4]> {
        self.extents.get(record).copied().flatten()
    }

    /// The rings of a record (its index, not its number).
    pub fn rings(&self, record: usize) -> impl Iterator<Item = &[[f64; 2]]> {
        self.ranges(record).map(|range| self.points.coordinates().get(range).unwrap_or(&[]))
    }

    /// Where the points of a record's rings are.
    pub fn ranges(&self, record: usize) -> impl Iterator<Item = Range<usize>> {
        let from = record.checked_sub(1).and_then(|before| self.record_ends.get(before)).copied().unwrap_or(0);
        let to = self.record_ends.get(record).copied().unwrap_or(from);
        (from..to).map(|ring| {
            let start = ring.checked_sub(1).and_then(|before| self.ring_ends.get(before)).copied().unwrap_or(0);
            start..self.ring_ends.get(ring).copied().unwrap_or(start)
        })
    }

    /// Moves every point; `None` for one that cannot be moved.
    ///
    /// # Errors
    /// The index of the record with the first such point, and the point.
    pub fn transform(&mut self, to: &(dyn Fn([f64; 2]) -> Option<[f64; 2]> + Sync)) -> std::result::Result<(), (usize, [f64; 2])> {
        let failed = self.points.coordinates_mut().par_iter_mut().enumerate().filter_map(|(at, point)| match to(*point) {
            Some(moved) => {
                *point = moved;
                None
            }
            None => Some((at, *point)),
        });
        let first = failed.min_by_key(|(at, _)| *at);
        if let Some((at, point)) = first {
            let record = (0..self.records()).find(|record| self.ranges(*record).any(|range| range.contains(&at)));
            return Err((record.unwrap_or(0), point));
        }
        for record in 0..self.records() {
            let points = self.rings(record).flatten();
            let extent = points.fold(None, |extent: Option<[f64; 4]>, [x, y]| {
                let [west, south, east, north] = extent.unwrap_or([*x, *y, *x, *y]);
                Some([west.min(*x), south.min(*y), east.max(*x), north.max(*y)])
            });
            if let Some(place) = self.extents.get_mut(record) {
                *place = extent;
            }
        }
        Ok(())
    }

    /// All points, as coordinates; the shapes are left without any.
    pub fn take_points(&mut self) -> Buffer {
        std::mem::take(&mut self.points)
    }
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
