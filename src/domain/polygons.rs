//! Polygons as other programs in Rust exchange them ([`geo_types`]), taken and given.

use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use super::geometry::{Grid, Point};
use super::outline::Outline;
use super::raw::{RawLayer, RawRecord, RawShapes};
use crate::error::{Error, Result};

impl RawLayer {
    /// Name of the field that has the codes of [`RawLayer::of_polygons`].
    pub const CODE: &'static str = "code";

    /// A layer of polygons by code, coordinates in metres: record after record, field [`RawLayer::CODE`]. `name` is what messages call it.
    ///
    /// Rings may run in any direction; where they cross or overlap, the even-odd rule reads them. A polygon without points is a null shape.
    ///
    /// # Errors
    /// [`Error::Usage`] that names the code of a polygon with a coordinate that is not a finite number.
    pub fn of_polygons<'p>(name: &str, polygons: impl IntoIterator<Item = (String, &'p MultiPolygon<f64>)>) -> Result<Self> {
        let (mut shapes, mut records) = (RawShapes::default(), Vec::new());
        for (number, (code, polygons)) in (1u64..).zip(polygons) {
            for ring in polygons.iter().flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors())) {
                if ring.0.is_empty() {
                    continue;
                }
                if let Some(Coord { x, y }) = ring.0.iter().find(|point| !point.x.is_finite() || !point.y.is_finite()) {
                    return Err(Error::usage(format!("{name}, polygon {code}: the coordinate ({x}, {y}) is not finite; give metres")));
                }
                shapes.extend(ring.0.iter().map(|point| [point.x, point.y]));
                shapes.end_ring();
            }
            shapes.end_record();
            records.push(RawRecord { number, deleted: false, cells: vec![Some(code)] });
        }
        Ok(Self { path: name.into(), format: "geo_types", fields: vec![Self::CODE.to_owned()], records, shapes, ..Self::default() })
    }
}

impl Outline {
    /// The polygons in metres: outer rings counter-clockwise, holes clockwise, closed.
    pub fn to_polygons(&self, grid: &Grid) -> MultiPolygon<f64> {
        let line = |ring: &[Point]| {
            let mut line: LineString<f64> = ring.iter().map(|point| Coord::from(grid.metres(*point))).collect();
            line.close();
            line
        };
        let polygon = |mut rings: Vec<LineString<f64>>| {
            let holes = rings.split_off(1.min(rings.len()));
            Polygon::new(rings.pop().unwrap_or_else(|| LineString::new(Vec::new())), holes)
        };
        self.polygons().map(|rings| polygon(rings.map(line).collect())).collect()
    }
}
