//! GeoParquet 1.1: geometry as WKB with its bounding box, and the coordinate system in full.
//!
//! Source: GeoParquet specification 1.1.0; WKB as in OGC 06-103r4, little-endian. An authority code alone is not enough: readers that
//! know no EPSG registry need the whole definition, so it stands here as PROJJSON.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Float64Array, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Fields};
use serde_json::{Value as Json, json};

use super::durable::{Disk, Real, Written};
use super::parquet_out::{self, described};
use crate::domain::geometry::Polygon;
use crate::domain::table::{Table, TableSpec, Value};
use crate::domain::{Bounds, Grid, Outline, Point};
use crate::error::{Error, Result};

/// PROJJSON of EPSG:27700, OSGB36 / British National Grid. Source: EPSG dataset, as PROJ prints it.
pub const BRITISH_NATIONAL_GRID: &str = r#"{
  "$schema": "https://proj.org/schemas/v0.7/projjson.schema.json",
  "type": "ProjectedCRS",
  "name": "OSGB36 / British National Grid",
  "base_crs": {
    "name": "OSGB36",
    "datum": {
      "type": "GeodeticReferenceFrame",
      "name": "Ordnance Survey of Great Britain 1936",
      "ellipsoid": {"name": "Airy 1830", "semi_major_axis": 6377563.396, "inverse_flattening": 299.3249646}
    },
    "coordinate_system": {
      "subtype": "ellipsoidal",
      "axis": [
        {"name": "Geodetic latitude", "abbreviation": "Lat", "direction": "north", "unit": "degree"},
        {"name": "Geodetic longitude", "abbreviation": "Lon", "direction": "east", "unit": "degree"}
      ]
    },
    "id": {"authority": "EPSG", "code": 4277}
  },
  "conversion": {
    "name": "British National Grid",
    "method": {"name": "Transverse Mercator", "id": {"authority": "EPSG", "code": 9807}},
    "parameters": [
      {"name": "Latitude of natural origin", "value": 49, "unit": "degree", "id": {"authority": "EPSG", "code": 8801}},
      {"name": "Longitude of natural origin", "value": -2, "unit": "degree", "id": {"authority": "EPSG", "code": 8802}},
      {"name": "Scale factor at natural origin", "value": 0.9996012717, "unit": "unity", "id": {"authority": "EPSG", "code": 8805}},
      {"name": "False easting", "value": 400000, "unit": "metre", "id": {"authority": "EPSG", "code": 8806}},
      {"name": "False northing", "value": -100000, "unit": "metre", "id": {"authority": "EPSG", "code": 8807}}
    ]
  },
  "coordinate_system": {
    "subtype": "Cartesian",
    "axis": [
      {"name": "Easting", "abbreviation": "E", "direction": "east", "unit": "metre"},
      {"name": "Northing", "abbreviation": "N", "direction": "north", "unit": "metre"}
    ]
  },
  "scope": "Engineering survey, topographic mapping.",
  "area": "United Kingdom (UK) - offshore to boundary of UKCS within 49°45'N to 61°N and 9°W to 2°E; onshore Great Britain (England, Wales and Scotland). Isle of Man onshore.",
  "bbox": {"south_latitude": 49.75, "west_longitude": -9.01, "north_latitude": 61.01, "east_longitude": 2.01},
  "id": {"authority": "EPSG", "code": 27700}
}"#;

/// The polygons of one row as they are read again, under its key. No polygon is a null geometry.
#[derive(Debug, Clone, PartialEq)]
pub struct GeoRow {
    /// Key cells, in the order of the key columns.
    pub keys: Vec<String>,
    /// Polygons in metres on the British National Grid.
    pub polygons: Vec<Polygon>,
}

/// Outlines to write, by row. Each is asked for once, on any thread, and given back as soon as it is encoded. No polygon is a null geometry.
#[derive(Clone, Copy)]
pub struct Drawing<'a> {
    /// The grid of the outlines' points.
    pub grid: &'a Grid,
    /// About how many points a row's outline has: how many rows are drawn at a time goes by it, and nothing else.
    pub points: &'a (dyn Fn(usize) -> usize + Sync),
    /// The outline of a row.
    pub draw: &'a (dyn Fn(usize) -> Result<Outline> + Sync),
}

/// Writes a GeoParquet file: the key columns of `spec` (all text), `geometry` as WKB and `bbox`. Rows are sorted by key; `keys` has the key
/// cells of every row that `drawing` knows, in its order.
///
/// Outer rings are turned counter-clockwise and holes clockwise, and rings are closed. One polygon is written as Polygon, several as
/// MultiPolygon.
///
/// # Errors
/// [`Error::Publish`] if the file cannot be written; [`Error::Proof`] if a coordinate is not finite, a ring has fewer than three
/// points, or two rows share a key; whatever drawing answers.
pub fn write(path: &Path, spec: &'static TableSpec, keys: &[Vec<String>], drawing: Drawing<'_>) -> Result<Written> {
    write_on(&Real, path, spec, keys, drawing)
}

/// As [`write()`], on this disk.
pub(super) fn write_on(
    disk: &dyn Disk,
    path: &Path,
    spec: &'static TableSpec,
    keys: &[Vec<String>],
    drawing: Drawing<'_>,
) -> Result<Written> {
    let mut sorted: Vec<(&Vec<String>, usize)> = keys.iter().zip(0..).collect();
    sorted.sort();
    let mut table = Table::new(spec);
    for (keys, _) in &sorted {
        let cells: Vec<Value<'_>> = keys.iter().map(Value::from).collect();
        table.push_slice(&cells);
    }
    let order = sorted.into_iter().map(|(_, row)| row).collect();
    parquet_out::write_with_geometry(disk, path, &table, &Geometry { drawing, order, bbox: true })
}

/// Geometry beside a table, row by row.
pub(super) struct Geometry<'a> {
    /// What draws the rows.
    pub drawing: Drawing<'a>,
    /// Which row of the drawing each row of the table is.
    pub order: Vec<usize>,
    /// Whether to write the bounding boxes too.
    pub bbox: bool,
}

/// The geometry of one row, encoded.
pub(super) struct Encoded {
    /// WKB; nothing for a null geometry.
    bytes: Vec<u8>,
    /// Bytes that it is counted for where rows are put together: what WKB takes at most.
    pub length: usize,
    polygons: usize,
    bounds: Option<Bounds>,
}

/// What the file's metadata say of all rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    types: BTreeSet<&'static str>,
    bounds: Option<Bounds>,
}

impl Seen {
    /// Counts a row in.
    pub(super) fn add(&mut self, row: &Encoded) {
        self.types.extend((row.polygons > 0).then_some(if row.polygons == 1 { "Polygon" } else { "MultiPolygon" }));
        self.bounds = match (self.bounds, row.bounds) {
            (Some(one), Some(other)) => Some(one.with(&other)),
            (one, other) => one.or(other),
        };
    }
}

const BBOX_FIELDS: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

fn bbox_fields() -> Fields {
    BBOX_FIELDS.iter().map(|name| Field::new(*name, DataType::Float64, false)).collect()
}

impl Geometry<'_> {
    /// Arrow fields of the geometry columns.
    pub(super) fn fields(&self) -> Vec<Field> {
        let mut fields = vec![described(Field::new("geometry", DataType::Binary, true), "m", GEOMETRY_DESCRIPTION)];
        if self.bbox {
            fields.push(described(Field::new("bbox", DataType::Struct(bbox_fields()), true), "m", BBOX_DESCRIPTION));
        }
        fields
    }

    /// About how many bytes a row of the table takes, before it is drawn.
    pub(super) fn about(&self, row: usize) -> usize {
        self.order.get(row).map_or(0, |row| (self.drawing.points)(*row)).saturating_mul(POINT)
    }

    /// Draws a row of the table and encodes it.
    pub(super) fn encode(&self, row: usize) -> Result<Encoded> {
        let outline = match self.order.get(row) {
            Some(row) => (self.drawing.draw)(*row)?,
            None => Outline::default(),
        };
        let length = binary_length(&outline);
        let bounds = extent(&outline);
        let mut bytes = Vec::new();
        if !outline.is_empty() {
            // Room for all at once: growing would touch twice the memory.
            bytes.reserve_exact(length);
            let corners = bounds.iter().flat_map(|bounds| [bounds.min, bounds.max]).map(|corner| self.drawing.grid.metres(corner));
            let fault = match corners.into_iter().find(|(x, y)| !(x.is_finite() && y.is_finite())) {
                Some((x, y)) => Err(format!("coordinate ({x}, {y})")),
                None => well_known_binary(&outline, self.drawing.grid, &mut bytes),
            };
            fault.map_err(|fault| broken(format!("row {}: {fault}", row.saturating_add(1))))?;
        }
        Ok(Encoded { bytes, length, polygons: outline.len(), bounds })
    }

    /// Arrow arrays of the geometry columns for some rows, which are given back.
    pub(super) fn arrays(&self, rows: Vec<Encoded>) -> Result<Vec<ArrayRef>> {
        let known: Vec<bool> = rows.iter().map(|row| row.polygons > 0).collect();
        let bounds: Vec<Option<Bounds>> = rows.iter().map(|row| row.bounds).collect();
        let lengths: Vec<usize> = rows.iter().map(|row| row.bytes.len()).collect();
        let length: usize = lengths.iter().copied().fold(0, usize::saturating_add);
        if i32::try_from(length).is_err() {
            return Err(broken(format!("{length} bytes of geometry in one row group")));
        }
        let mut rows = rows.into_iter();
        let mut bytes = rows.next().map(|row| row.bytes).unwrap_or_default();
        bytes.reserve_exact(length.saturating_sub(bytes.len()));
        rows.for_each(|row| bytes.extend_from_slice(&row.bytes));
        let geometry = BinaryArray::try_new(OffsetBuffer::from_lengths(lengths), bytes.into(), Some(known.clone().into()));
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(geometry.map_err(|error| broken(error.to_string()))?)];
        if self.bbox {
            let corners = |bounds: &Bounds| [bounds.min, bounds.max].map(|corner| self.drawing.grid.metres(corner));
            let side = |pick: fn([(f64, f64); 2]) -> f64| -> ArrayRef {
                Arc::new(bounds.iter().map(|b| b.as_ref().map_or(0.0, |b| pick(corners(b)))).collect::<Float64Array>())
            };
            let sides = vec![side(|[min, _]| min.0), side(|[min, _]| min.1), side(|[_, max]| max.0), side(|[_, max]| max.1)];
            let boxes = StructArray::try_new(bbox_fields(), sides, Some(known.into())).map_err(|error| broken(error.to_string()))?;
            arrays.push(Arc::new(boxes));
        }
        Ok(arrays)
    }

    /// The file's `geo` metadata.
    pub(super) fn metadata(&self, seen: &Seen) -> Result<String> {
        let crs: Json = serde_json::from_str(BRITISH_NATIONAL_GRID).map_err(|error| broken(error.to_string()))?;
        let mut column = json!({
            "encoding": "WKB",
            "geometry_types": seen.types,
            "crs": crs,
            "orientation": "counterclockwise",
            "edges": "planar",
        });
        if let Some(column) = column.as_object_mut() {
            if let Some(extent) = &seen.bounds {
                let [(xmin, ymin), (xmax, ymax)] = [extent.min, extent.max].map(|corner| self.drawing.grid.metres(corner));
                column.insert("bbox".to_owned(), json!([xmin, ymin, xmax, ymax]));
            }
            if self.bbox {
                let paths = BBOX_FIELDS.iter().map(|side| ((*side).to_owned(), json!(["bbox", side]))).collect();
                column.insert("covering".to_owned(), json!({ "bbox": Json::Object(paths) }));
            }
        }
        Ok(json!({ "version": "1.1.0", "primary_column": "geometry", "columns": { "geometry": column } }).to_string())
    }
}

/// What the geometry column is, for metadata and the data dictionary.
pub const GEOMETRY_DESCRIPTION: &str =
    "Outline as WKB, EPSG:27700, outer rings counter-clockwise; null where no geometry was made for the row.";
/// What the bbox column is, for metadata and the data dictionary.
pub const BBOX_DESCRIPTION: &str = "Bounding box of the geometry: xmin, ymin, xmax, ymax in metres; null where the geometry is.";

fn broken(found: String) -> Error {
    Error::Proof {
        subject: "published geometry".to_owned(),
        name: "every outline can be written".to_owned(),
        expected: "finite coordinates, and rings of three points or more".to_owned(),
        got: found,
        tolerance: "0".to_owned(),
    }
}

/// Bytes of a point in WKB.
const POINT: usize = 16;

/// Bytes that [`well_known_binary`] writes at most.
fn binary_length(outline: &Outline) -> usize {
    let ring = |ring: &[Point]| ring.len().saturating_add(1).saturating_mul(POINT).saturating_add(4);
    outline.polygons().map(|rings| rings.map(ring).fold(9usize, usize::saturating_add)).fold(9, usize::saturating_add)
}

/// The box around all polygons: around their outer rings.
fn extent(outline: &Outline) -> Option<Bounds> {
    let outer = || outline.polygons().filter_map(|mut rings| rings.next()).flatten();
    let first = *outer().next()?;
    Some(outer().fold(Bounds { min: first, max: first }, |bounds, point| bounds.with(&Bounds { min: *point, max: *point })))
}

/// Appends one Polygon, or a MultiPolygon of several.
fn well_known_binary(outline: &Outline, grid: &Grid, bytes: &mut Vec<u8>) -> std::result::Result<(), String> {
    if outline.len() != 1 {
        header(6, outline.len(), bytes)?;
    }
    for rings in outline.polygons() {
        header(3, rings.len(), bytes)?;
        if rings.len() == 0 {
            return Err("a polygon without an outer ring".to_owned());
        }
        for (index, ring) in rings.enumerate() {
            ring_binary(ring, index == 0, grid, bytes)?;
        }
    }
    Ok(())
}

/// Appends a ring: counter-clockwise if it is an outer one, a hole clockwise.
fn ring_binary(ring: &[Point], outer: bool, grid: &Grid, bytes: &mut Vec<u8>) -> std::result::Result<(), String> {
    let (Some(first), true) = (ring.first(), ring.len() >= 3) else {
        return Err(format!("a ring of {} points", ring.len()));
    };
    bytes.extend_from_slice(&count(ring.len().saturating_add(1))?.to_le_bytes());
    let start = bytes.len();
    let coordinates = |point: &Point| {
        let (x, y) = grid.metres(*point);
        (x, y, u128::from(x.to_bits()) | u128::from(y.to_bits()) << 64)
    };
    let (x0, y0, opening) = coordinates(first);
    // The area of what readers will see: metres are coarser than the grid, and what is next to nothing may turn round. Relative to the first
    // point, so that large eastings do not eat the digits; only its sign is used.
    let (mut ax, mut ay, mut area) = (0.0, 0.0, 0.0);
    bytes.resize(start.saturating_add(ring.len().saturating_mul(POINT)), 0);
    let written = bytes.get_mut(start..).unwrap_or_default().as_chunks_mut::<POINT>().0;
    for (place, point) in written.iter_mut().zip(ring) {
        let (x, y, both) = coordinates(point);
        let (bx, by) = (x - x0, y - y0);
        area += ax * by - bx * ay;
        (ax, ay) = (bx, by);
        *place = both.to_le_bytes();
    }
    if (area >= 0.0) != outer {
        // The first point stays first.
        written.get_mut(1..).unwrap_or_default().reverse();
    }
    bytes.extend_from_slice(&opening.to_le_bytes());
    Ok(())
}

fn header(kind: u32, parts: usize, bytes: &mut Vec<u8>) -> std::result::Result<(), String> {
    bytes.push(1); // little-endian
    bytes.extend_from_slice(&kind.to_le_bytes());
    bytes.extend_from_slice(&count(parts)?.to_le_bytes());
    Ok(())
}

fn count(number: usize) -> std::result::Result<u32, String> {
    u32::try_from(number).map_err(|_| format!("{number} parts or points, more than WKB can count"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Loops;

    /// A grid of metres.
    const GRID: Grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: 1.0 };

    fn outline(polygons: &[&[&[(i64, i64)]]]) -> Outline {
        let mut loops = Loops::default();
        let mut ends = Vec::new();
        for rings in polygons {
            for ring in *rings {
                let start = loops.points.len();
                loops.points.extend(ring.iter().map(|(x, y)| Point { x: *x, y: *y }));
                loops.rings.push(start..loops.points.len());
            }
            ends.push(loops.rings.len());
        }
        Outline::new(loops, ends)
    }

    #[test]
    fn a_square_is_93_bytes_and_counter_clockwise() {
        // Given clockwise; byte order 1, type 4, rings 4, points 4, then 5 points of 16.
        let mut bytes = Vec::new();
        well_known_binary(&outline(&[&[&[(0, 0), (0, 2), (2, 2), (2, 0)]]]), &GRID, &mut bytes).unwrap();
        assert_eq!(bytes.len(), 1 + 4 + 4 + 4 + 5 * 16);
        assert_eq!(&bytes[..13], &[1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0]);
        let second = f64::from_le_bytes(bytes[29..37].try_into().unwrap());
        assert_eq!(second, 2.0, "after (0, 0) comes (2, 0)");
        assert_eq!(bytes[13..29], bytes[77..93], "closed");
    }

    #[test]
    fn holes_run_clockwise() {
        let outer: &[(i64, i64)] = &[(0, 0), (9, 0), (9, 9), (0, 9)];
        let mut bytes = Vec::new();
        let with_hole = outline(&[&[outer, &[(1, 1), (2, 1), (2, 2)]]]);
        well_known_binary(&with_hole, &GRID, &mut bytes).unwrap();
        assert_eq!(bytes.len(), 9 + (4 + 5 * 16) + (4 + 4 * 16));
        assert_eq!(binary_length(&with_hole), bytes.len() + 9);
        let hole_second_y = f64::from_le_bytes(bytes[121..129].try_into().unwrap());
        assert_eq!(hole_second_y, 2.0, "after (1, 1) comes (2, 2)");
    }

    #[test]
    fn metres_are_those_of_the_grid() {
        let grid = Grid { origin_x: 400_000.0, origin_y: 300_001.0, per_metre: Grid::PER_METRE };
        let mut bytes = Vec::new();
        let points = [(-123_456_789_012, 7), (990_000_000, 10_000_000), (3, 999_999_999)];
        well_known_binary(&outline(&[&[&points]]), &grid, &mut bytes).unwrap();
        for (at, (x, y)) in points.into_iter().enumerate() {
            let read = |from: usize| f64::from_le_bytes(bytes[from..from + 8].try_into().unwrap());
            assert_eq!((read(13 + at * 16), read(21 + at * 16)), grid.metres(Point { x, y }));
        }
    }

    #[test]
    fn what_cannot_be_a_polygon_is_refused() {
        let mut bytes = Vec::new();
        assert!(well_known_binary(&outline(&[&[&[(0, 0), (1, 1)]]]), &GRID, &mut bytes).is_err());
        assert!(well_known_binary(&outline(&[&[]]), &GRID, &mut bytes).is_err());
        let endless = Grid { per_metre: 0.0, ..GRID };
        let draw = |_: usize| Ok(outline(&[&[&[(0, 0), (1, 0), (1, 1)]]]));
        let geometry = Geometry { drawing: Drawing { grid: &endless, points: &|_| 3, draw: &draw }, order: vec![0], bbox: false };
        let error = geometry.encode(0).err().unwrap().to_string();
        assert!(error.contains("row 1") && error.contains("coordinate"), "{error}");
    }
}
