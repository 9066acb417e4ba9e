//! Label points: a point inside each area, near its middle, to write its name at.

use std::cmp::Ordering;

use geo::InteriorPoint as _;
use geo_types::{Coord, LineString, Polygon};
use rayon::prelude::*;

use super::Outlines;
use crate::domain::{Grid, Layer, Point, geometry};
use crate::error::Result;
use crate::overlay;

/// Points of an outline that are asked first, and then. A label need not know the whole coast: `geo` compares edges that lie above each other,
/// and whether the point lies inside is decided on the whole outline afterwards.
const ROUGH: [usize; 2] = [256, 1024];

/// Points of an outline that is asked as a whole where that did not help.
const WHOLE: usize = 1 << 14;

/// A label point is rounded to so many steps a metre: millimetres.
const STEPS: f64 = 1000.0;

/// Gives every area of a layer its label point, metres.
///
/// The point lies inside the area, in its largest part: on the middle of the longest stretch of a level line across it
/// (`geo::InteriorPoint`). None for an area without shape, and for one so thin that no such point was found.
///
/// # Errors
/// As [`Outlines::of`].
pub fn label(layer: &mut Layer, grid: &Grid) -> Result<()> {
    if !layer.has_shapes() {
        return Ok(());
    }
    let outlines = Outlines::of(layer)?;
    let points: Vec<Option<[f64; 2]>> = (0..layer.areas.len()).into_par_iter().map(|unit| label_point(&outlines, unit, grid)).collect();
    for (area, point) in layer.areas.iter_mut().zip(points) {
        area.label = point;
    }
    Ok(())
}

fn label_point(outlines: &Outlines<'_>, unit: usize, grid: &Grid) -> Option<[f64; 2]> {
    let outline = outlines.draw(unit);
    let parts = outline.polygons().map(|rings| rings.collect::<Vec<&[Point]>>());
    let size = |rings: &[&[Point]]| rings.iter().map(|ring| geometry::doubled_area(ring)).sum::<i128>();
    // The first of equal ones: parts are in one order always.
    let largest = parts.reduce(|one, other| if size(&other) > size(&one) { other } else { one })?;
    let points = largest.iter().map(|ring| ring.len()).sum::<usize>();
    let whole = (points <= WHOLE).then_some(points);
    ROUGH.into_iter().chain(whole).find_map(|most| rough(&largest, grid, most))
}

/// The label point of a polygon that is drawn with so many points at most; `None` where that is not inside the polygon itself.
fn rough(rings: &[&[Point]], grid: &Grid, most: usize) -> Option<[f64; 2]> {
    let points = rings.iter().map(|ring| ring.len()).sum::<usize>();
    let every = points.div_ceil(most).max(1);
    // A ring of which less than a triangle is left is too small to matter.
    let mut rings_left = rings.iter().filter(|ring| ring.len() / every >= 3).map(|ring| {
        let coordinates = ring.iter().step_by(every).map(|point| Coord::from(grid.metres(*point)));
        LineString::from_iter(coordinates)
    });
    let polygon = Polygon::new(rings_left.next()?, rings_left.collect());
    let found = polygon.interior_point()?;
    let round = |metres: f64| (metres * STEPS).round() / STEPS;
    let candidates = [[round(found.x()), round(found.y())], [found.x(), found.y()]];
    candidates.into_iter().find(|[x, y]| grid.snap(*x, *y).is_some_and(|point| is_inside(rings, point)))
}

/// Whether a point is inside a polygon, and not on its boundary. Exact.
fn is_inside(rings: &[&[Point]], point: Point) -> bool {
    let [outer, holes @ ..] = rings else { return false };
    overlay::within(outer, point) == Ordering::Greater && holes.iter().all(|hole| overlay::within(hole, point) == Ordering::Less)
}
