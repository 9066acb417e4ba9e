//! GeoParquet 1.1: geometry as WKB with its bounding box, and the coordinate system in full.
//!
//! Source: GeoParquet specification 1.1.0; WKB as in OGC 06-103r4, little-endian. An authority code alone is not enough: readers that
//! know no EPSG registry need the whole definition, so it stands here as PROJJSON.

mod column;
mod groups;
mod in_order;
mod wkb;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StructArray};
use arrow_schema::{DataType, Field, Fields};
use serde_json::{Value as Json, json};

pub(super) use column::PAGE;
pub(super) use groups::write_groups;

use super::durable::{Disk, Real, Written};
use super::parquet_out::{self, described};
use crate::domain::geometry::Polygon;
use crate::domain::table::{Table, TableSpec, Value};
use crate::domain::{Drawn, Grid, Outline};
use crate::error::{Error, Result};
use column::Page;

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

/// Outlines to write, by row. Each is asked for once, on any thread, and given back as soon as it is written. No polygon is a null geometry.
#[derive(Clone, Copy)]
pub struct Drawing<'a> {
    /// The grid of the outlines' points.
    pub grid: &'a Grid,
    /// About how many points a row's outline has: how many rows are drawn at a time and stand together in the file goes by it, and nothing else.
    pub points: &'a (dyn Fn(usize) -> usize + Sync),
    /// The outline of a row.
    pub draw: &'a (dyn Fn(usize) -> Result<Drawn<'a>> + Sync),
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

/// What is known of a row whose geometry was written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    polygons: usize,
    /// West, south, east and north in metres; `None` for a null geometry.
    bounds: Option<BoundsM>,
}

/// West, south, east and north, metres.
type BoundsM = [f64; 4];

/// The box around both.
fn around([w1, s1, e1, n1]: BoundsM, [w2, s2, e2, n2]: BoundsM) -> BoundsM {
    // Not `f64::min`, which forgets NaN.
    [if w1 < w2 { w1 } else { w2 }, if s1 < s2 { s1 } else { s2 }, if e1 > e2 { e1 } else { e2 }, if n1 > n2 { n1 } else { n2 }]
}

/// What the file's metadata say of all rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    types: BTreeSet<&'static str>,
    bounds: Option<BoundsM>,
}

impl Seen {
    /// Counts a row in.
    pub(super) fn add(&mut self, row: &Row) {
        self.types.extend((row.polygons > 0).then_some(if row.polygons == 1 { "Polygon" } else { "MultiPolygon" }));
        self.bounds = match (self.bounds, row.bounds) {
            (Some(one), Some(other)) => Some(around(one, other)),
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
    fn about(&self, row: usize) -> usize {
        self.order.get(row).map_or(0, |row| (self.drawing.points)(*row)).saturating_mul(wkb::POINT)
    }

    /// Draws a row of the table and writes it as WKB; a null geometry writes nothing.
    fn write(&self, row: usize, page: &mut Page) -> Result<Row> {
        let drawn = match self.order.get(row) {
            Some(row) => (self.drawing.draw)(*row)?,
            None => Outline::default().into(),
        };
        if drawn.is_empty() {
            return Ok(Row::default());
        }
        let written = wkb::write(&drawn, self.drawing.grid, page);
        let bounds = written.map_err(|fault| broken(format!("row {}: {fault}", row.saturating_add(1))))?;
        Ok(Row { polygons: drawn.len(), bounds: Some(bounds) })
    }

    /// Arrow arrays of the columns after the geometry itself.
    fn bboxes(&self, rows: &[Row]) -> Result<Option<ArrayRef>> {
        if !self.bbox {
            return Ok(None);
        }
        let known: Vec<bool> = rows.iter().map(|row| row.polygons > 0).collect();
        let sides = (0..BBOX_FIELDS.len()).map(|side| -> ArrayRef {
            let side = |row: &Row| row.bounds.and_then(|bounds| bounds.get(side).copied()).unwrap_or(0.0);
            Arc::new(rows.iter().map(side).collect::<Float64Array>())
        });
        let boxes = StructArray::try_new(bbox_fields(), sides.collect(), Some(known.into()));
        Ok(Some(Arc::new(boxes.map_err(|error| broken(error.to_string()))?)))
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
                column.insert("bbox".to_owned(), json!(extent));
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
