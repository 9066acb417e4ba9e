//! The overlay of two sets of polygons, for other programs: polygons of [`geo_types`] in, overlaps out.

use geo_types::MultiPolygon;

use crate::config::LayerPlan;
use crate::domain::{Grid, Layer, RawLayer};
use crate::error::Result;
use crate::layers::{self, missing, unprovable, unprovable_together};
use crate::overlay::{Overlaid, Part};

/// Two polygons that overlap.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlap {
    /// Place of the polygon in the first set.
    pub left: usize,
    /// Place of the polygon in the second set.
    pub right: usize,
    /// Square metres that both cover.
    pub area_m2: f64,
    /// Of the left polygon's area, 0 to 1.
    pub share_left: f64,
    /// Of the right polygon's area, 0 to 1.
    pub share_right: f64,
    /// What both cover, valid by OGC rules; metres.
    pub shape: MultiPolygon<f64>,
}

/// Every two polygons, one of each set, that overlap, in the order of their places. Coordinates are metres.
///
/// Areas are exact: for each polygon, its overlaps and what the other set leaves uncovered sum to its area, which is proved before this returns.
/// Rings may run in any direction; where they cross or overlap, the even-odd rule reads them. Polygons of one set may overlap each
/// other; one without points overlaps nothing.
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) for a coordinate that is not finite; [`Error::Input`](crate::Error::Input) for a set without any
/// polygon, or polygons further apart than 2,251 km; [`Error::Proof`](crate::Error::Proof) when the overlay cannot be proved.
///
/// ```
/// use geo_types::{MultiPolygon, Rect};
///
/// # fn main() -> coterminous::Result<()> {
/// let square = |x: f64| MultiPolygon::from(Rect::new((x, 0.0), (x + 100.0, 100.0)).to_polygon());
/// // The first reaches 40 metres into the second.
/// let overlaps = coterminous::overlaps(&[square(0.0)], &[square(60.0), square(500.0)])?;
/// assert_eq!(overlaps.len(), 1);
/// assert_eq!((overlaps[0].right, overlaps[0].area_m2, overlaps[0].share_left), (0, 4_000.0, 0.4));
/// # Ok(())
/// # }
/// ```
pub fn overlaps(left: &[MultiPolygon<f64>], right: &[MultiPolygon<f64>]) -> Result<Vec<Overlap>> {
    // Codes in the order of the places, so that areas are too.
    let raw = |name: &str, polygons: &[MultiPolygon<f64>]| {
        RawLayer::of_polygons(name, polygons.iter().enumerate().map(|(place, polygon)| (format!("{place:010}"), polygon)))
    };
    let (left_raw, right_raw) = (raw("the first set", left)?, raw("the second set", right)?);
    let grid = layers::grid(&[&left_raw, &right_raw])?;
    let left = layer(left_raw, left.len(), &grid)?;
    let right = layer(right_raw, right.len(), &grid)?;
    let subject = "the two sets of polygons";
    let overlaid = Overlaid::of(&left, &right).map_err(|broken| unprovable_together(&[&left, &right], subject, broken))?;
    let parts: Vec<Part> = overlaid.overlay.pairs.iter().map(|pair| (Some(pair.left), Some(pair.right))).collect();
    let outlines = overlaid.outlines(&parts).map_err(|broken| unprovable(subject, broken))?;
    let whole = |layer: &Layer, unit: usize| layer.areas.get(unit).map(|area| area.area_m2).ok_or_else(|| missing(subject, "areas"));
    let pairs = overlaid.overlay.pairs.iter().enumerate().map(|(part, pair)| {
        let area_m2 = pair.extent.square_metres(&grid);
        Ok(Overlap {
            left: pair.left,
            right: pair.right,
            area_m2,
            share_left: (area_m2 / whole(&left, pair.left)?).min(1.0),
            share_right: (area_m2 / whole(&right, pair.right)?).min(1.0),
            shape: outlines.draw(part).map_err(|broken| unprovable(subject, broken))?.to_polygons(&grid),
        })
    });
    pairs.collect()
}

/// A set of polygons on the grid, none of them left out.
fn layer(raw: RawLayer, polygons: usize, grid: &Grid) -> Result<Layer> {
    let name = raw.path.display().to_string();
    let layer = layers::build(raw, &LayerPlan::of_polygons(&name, &name, Some(RawLayer::CODE)), &[], grid)?.layer;
    // Codes are places, so areas are in the order of the set; one without points is kept, and overlaps nothing.
    if layer.areas.len() == polygons { Ok(layer) } else { Err(missing(&name, "areas of a set of polygons")) }
}
