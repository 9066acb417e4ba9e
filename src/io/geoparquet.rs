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
use rayon::prelude::*;
use serde_json::{Value as Json, json};

use super::durable::{Disk, Real, Written};
use super::parquet_out::{self, described};
use crate::domain::geometry::Polygon;
use crate::domain::table::{Table, TableSpec, Value};
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

/// The polygons of one row, under its key. No polygon is a null geometry.
#[derive(Debug, Clone, PartialEq)]
pub struct GeoRow {
    /// Key cells, in the order of the key columns.
    pub keys: Vec<String>,
    /// Polygons in metres on the British National Grid.
    pub polygons: Vec<Polygon>,
}

/// Writes a GeoParquet file: the key columns of `spec` (all text), `geometry` as WKB and `bbox`. Rows are sorted by key.
///
/// Outer rings are turned counter-clockwise and holes clockwise, and rings are closed. One polygon is written as Polygon, several as
/// MultiPolygon.
///
/// # Errors
/// [`Error::Publish`] if the file cannot be written; [`Error::Proof`] if a coordinate is not finite, a ring has fewer than three
/// points, or two rows share a key.
pub fn write(path: &Path, spec: &'static TableSpec, rows: &[GeoRow]) -> Result<Written> {
    write_on(&Real, path, spec, rows)
}

/// As [`write()`], on this disk.
pub(super) fn write_on(disk: &dyn Disk, path: &Path, spec: &'static TableSpec, rows: &[GeoRow]) -> Result<Written> {
    let mut sorted: Vec<&GeoRow> = rows.iter().collect();
    sorted.sort_by(|a, b| a.keys.cmp(&b.keys));
    let mut table = Table::new(spec);
    for row in &sorted {
        let cells: Vec<Value<'_>> = row.keys.iter().map(Value::from).collect();
        table.push_slice(&cells);
    }
    let shapes: Vec<&[Polygon]> = sorted.iter().map(|row| row.polygons.as_slice()).collect();
    parquet_out::write_with_geometry(disk, path, &table, &Geometry { shapes, bbox: true })
}

/// Geometry beside a table, row by row.
pub(super) struct Geometry<'a> {
    /// Polygons of each row.
    pub shapes: Vec<&'a [Polygon]>,
    /// Whether to write the bounding boxes too.
    pub bbox: bool,
}

/// Extent of one row, metres.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    xmin: f64,
    ymin: f64,
    xmax: f64,
    ymax: f64,
}

impl Bounds {
    fn of(polygons: &[Polygon]) -> Option<Self> {
        let mut bounds: Option<Self> = None;
        for &(x, y) in polygons.iter().flatten().flatten() {
            let b = bounds.get_or_insert(Self { xmin: x, ymin: y, xmax: x, ymax: y });
            *b = Self { xmin: b.xmin.min(x), ymin: b.ymin.min(y), xmax: b.xmax.max(x), ymax: b.ymax.max(y) };
        }
        bounds
    }

    fn with(self, other: Self) -> Self {
        Self {
            xmin: self.xmin.min(other.xmin),
            ymin: self.ymin.min(other.ymin),
            xmax: self.xmax.max(other.xmax),
            ymax: self.ymax.max(other.ymax),
        }
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

    /// Rows from `row` on, at least one, of which the geometry takes no more than so many bytes: where they end, `rows` at most.
    pub(super) fn end_of(&self, row: usize, bytes: usize, rows: usize) -> usize {
        let mut left = bytes;
        let fitting = self.shapes.get(row..rows).unwrap_or(&[]).iter().take_while(|polygons| {
            let length = binary_length(polygons);
            let fits = length <= left;
            left = left.saturating_sub(length);
            fits
        });
        row.saturating_add(fitting.count().max(1)).min(rows)
    }

    /// Arrow arrays of the geometry columns for some rows.
    pub(super) fn arrays(&self, rows: std::ops::Range<usize>) -> Result<Vec<ArrayRef>> {
        let shapes = self.shapes.get(rows.clone()).unwrap_or(&[]);
        // Room for all at once: growing would touch twice the memory.
        let mut bytes = Vec::with_capacity(shapes.iter().map(|polygons| binary_length(polygons)).sum());
        let mut lengths = Vec::with_capacity(shapes.len());
        for (row, polygons) in rows.zip(shapes) {
            let before = bytes.len();
            if !polygons.is_empty() {
                well_known_binary(polygons, &mut bytes).map_err(|fault| broken(format!("row {}: {fault}", row.saturating_add(1))))?;
            }
            lengths.push(bytes.len().saturating_sub(before));
        }
        if i32::try_from(bytes.len()).is_err() {
            return Err(broken(format!("{} bytes of geometry in one row group", bytes.len())));
        }
        let known = shapes.iter().map(|polygons| !polygons.is_empty()).collect::<Vec<bool>>().into();
        let geometry = BinaryArray::try_new(OffsetBuffer::from_lengths(lengths), bytes.into(), Some(known));
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(geometry.map_err(|error| broken(error.to_string()))?)];
        if self.bbox {
            let bounds: Vec<Option<Bounds>> = shapes.iter().map(|polygons| Bounds::of(polygons)).collect();
            let side = |pick: fn(&Bounds) -> f64| -> ArrayRef {
                Arc::new(bounds.iter().map(|b| b.as_ref().map_or(0.0, pick)).collect::<Float64Array>())
            };
            let sides = vec![side(|b| b.xmin), side(|b| b.ymin), side(|b| b.xmax), side(|b| b.ymax)];
            let known = bounds.iter().map(Option::is_some).collect::<Vec<bool>>().into();
            let boxes = StructArray::try_new(bbox_fields(), sides, Some(known)).map_err(|error| broken(error.to_string()))?;
            arrays.push(Arc::new(boxes));
        }
        Ok(arrays)
    }

    /// The file's `geo` metadata.
    pub(super) fn metadata(&self) -> Result<String> {
        let crs: Json = serde_json::from_str(BRITISH_NATIONAL_GRID).map_err(|error| broken(error.to_string()))?;
        let types: BTreeSet<&str> = self
            .shapes
            .iter()
            .filter(|polygons| !polygons.is_empty())
            .map(|polygons| if polygons.len() == 1 { "Polygon" } else { "MultiPolygon" })
            .collect();
        let mut column = json!({
            "encoding": "WKB",
            "geometry_types": types,
            "crs": crs,
            "orientation": "counterclockwise",
            "edges": "planar",
        });
        if let Some(column) = column.as_object_mut() {
            let extent = self.shapes.par_iter().filter_map(|polygons| Bounds::of(polygons)).reduce_with(Bounds::with);
            if let Some(extent) = extent {
                column.insert("bbox".to_owned(), json!([extent.xmin, extent.ymin, extent.xmax, extent.ymax]));
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

/// Bytes that [`well_known_binary`] writes at most.
fn binary_length(polygons: &[Polygon]) -> usize {
    let ring = |ring: &Vec<(f64, f64)>| ring.len().saturating_add(1).saturating_mul(16).saturating_add(4);
    let rings = |polygon: &Polygon| polygon.iter().map(ring).fold(9usize, usize::saturating_add);
    polygons.iter().map(rings).fold(9, usize::saturating_add)
}

/// Appends one Polygon, or a MultiPolygon of several.
fn well_known_binary(polygons: &[Polygon], bytes: &mut Vec<u8>) -> std::result::Result<(), String> {
    if let [polygon] = polygons {
        return polygon_binary(polygon, bytes);
    }
    header(6, polygons.len(), bytes)?;
    polygons.iter().try_for_each(|polygon| polygon_binary(polygon, bytes))
}

fn polygon_binary(polygon: &Polygon, bytes: &mut Vec<u8>) -> std::result::Result<(), String> {
    header(3, polygon.len(), bytes)?;
    if polygon.is_empty() {
        return Err("a polygon without an outer ring".to_owned());
    }
    for (index, ring) in polygon.iter().enumerate() {
        let open = match (ring.first(), ring.split_last()) {
            (Some(first), Some((last, rest))) if first == last && !rest.is_empty() => rest,
            _ => ring.as_slice(),
        };
        let (Some(first), true) = (open.first(), open.len() >= 3) else {
            return Err(format!("a ring of {} points", open.len()));
        };
        if let Some((x, y)) = open.iter().find(|(x, y)| !(x.is_finite() && y.is_finite())) {
            return Err(format!("coordinate ({x}, {y})"));
        }
        bytes.extend_from_slice(&count(open.len().saturating_add(1))?.to_le_bytes());
        let mut point = |(x, y): &(f64, f64)| {
            bytes.extend_from_slice(&x.to_le_bytes());
            bytes.extend_from_slice(&y.to_le_bytes());
        };
        // The first ring is the outer one: counter-clockwise; holes run the other way. The first point stays first.
        if (signed_area(open) >= 0.0) == (index == 0) {
            open.iter().for_each(&mut point);
        } else {
            point(first);
            open.iter().skip(1).rev().for_each(&mut point);
        }
        point(first);
    }
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

/// Signed area, relative to the first point so that large eastings do not eat the digits. Only its sign is used.
fn signed_area(ring: &[(f64, f64)]) -> f64 {
    let Some(&(x0, y0)) = ring.first() else { return 0.0 };
    let next = ring.iter().skip(1).chain(ring.first());
    ring.iter().zip(next).map(|(&(ax, ay), &(bx, by))| (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_is_93_bytes_and_counter_clockwise() {
        // Given clockwise and open; byte order 1, type 4, rings 4, points 4, then 5 points of 16.
        let square = vec![vec![(0.0, 0.0), (0.0, 2.0), (2.0, 2.0), (2.0, 0.0)]];
        let mut bytes = Vec::new();
        well_known_binary(&[square], &mut bytes).unwrap();
        assert_eq!(bytes.len(), 1 + 4 + 4 + 4 + 5 * 16);
        assert_eq!(&bytes[..13], &[1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0]);
        let second = f64::from_le_bytes(bytes[29..37].try_into().unwrap());
        assert_eq!(second, 2.0, "after (0, 0) comes (2, 0)");
    }

    #[test]
    fn holes_run_clockwise_and_closing_points_are_not_doubled() {
        let outer = vec![(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0), (0.0, 0.0)];
        let hole = vec![(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 1.0)];
        let mut bytes = Vec::new();
        well_known_binary(&[vec![outer, hole]], &mut bytes).unwrap();
        assert_eq!(bytes.len(), 9 + (4 + 5 * 16) + (4 + 4 * 16));
        let hole_second_y = f64::from_le_bytes(bytes[121..129].try_into().unwrap());
        assert_eq!(hole_second_y, 2.0, "after (1, 1) comes (2, 2)");
    }

    #[test]
    fn what_cannot_be_a_polygon_is_refused() {
        let mut bytes = Vec::new();
        assert!(well_known_binary(&[vec![vec![(0.0, 0.0), (1.0, 1.0)]]], &mut bytes).is_err());
        assert!(well_known_binary(&[vec![vec![(0.0, f64::NAN), (1.0, 1.0), (1.0, 0.0)]]], &mut bytes).is_err());
        assert!(well_known_binary(&[vec![]], &mut bytes).is_err());
    }
}
