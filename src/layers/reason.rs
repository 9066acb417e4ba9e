//! Why a shape is not a valid polygon by OGC rules, and where.

use std::cmp::Ordering;

use geo::Validation as _;
use geo::line_intersection::LineIntersection;
use geo::sweep::Intersections;
use geo::validation::{InvalidMultiPolygon, InvalidPolygon, RingRole};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use crate::domain::{Grid, Point, Rings};
use crate::overlay;

/// Points of a unit of which a reason is looked for: `geo` compares every edge of a ring with every other.
const POINTS: usize = 1_000;

/// Rings of such a unit: `geo` compares every two.
const RINGS: usize = 32;

/// Edges times edges that are compared for all units of a layer: some seconds.
const LOOKS: usize = 1 << 28;

/// How much may be compared still.
pub(super) struct Budget(usize);

impl Budget {
    /// Enough for the units of a layer.
    pub(super) fn of_layer() -> Self {
        Self(LOOKS)
    }

    /// Takes what a unit costs; `false` where that is not left, or the unit is too large.
    pub(super) fn take(&mut self, rings: &Rings, unit: usize) -> bool {
        let points = rings.unit(unit).map(<[Point]>::len).sum::<usize>();
        match self.0.checked_sub(points.saturating_mul(points)) {
            Some(left) if points <= POINTS && rings.unit(unit).count() <= RINGS => {
                self.0 = left;
                true
            }
            _ => false,
        }
    }
}

/// The first fault of a unit that `geo` finds, in words, with the place in metres; rings are counted from 1, in the order of the file. `None` where
/// it finds none: by the direction of its rings a unit can be wrong, which OGC rules do not mind.
///
/// `holes` says which of its rings are holes.
pub(super) fn reason(rings: &Rings, unit: usize, holes: &[bool], grid: &Grid) -> Option<String> {
    let rings: Vec<&[Point]> = rings.unit(unit).collect();
    let is_hole = |ring: usize| holes.get(ring).copied().unwrap_or(false);
    // Each shell's ring, and those of its holes.
    let mut parts: Vec<(usize, Vec<usize>)> = (0..rings.len()).filter(|ring| !is_hole(*ring)).map(|ring| (ring, Vec::new())).collect();
    for hole in (0..rings.len()).filter(|ring| is_hole(*ring)) {
        let start = rings.get(hole).and_then(|ring| ring.first())?;
        let around = |shell: usize| rings.get(shell).is_some_and(|ring| overlay::within(ring, *start) != Ordering::Less);
        // One that is in no shell is a fault of the first.
        let shell = parts.iter().position(|(shell, _)| around(*shell)).unwrap_or(0);
        parts.get_mut(shell)?.1.push(hole);
    }
    let line = |ring: &usize| {
        let points = rings.get(*ring).copied().unwrap_or(&[]);
        let mut line: LineString = points.iter().map(|point| Coord::from(grid.metres(*point))).collect();
        line.close();
        line
    };
    let polygons = parts.iter().map(|(shell, holes)| Polygon::new(line(shell), holes.iter().map(line).collect()));
    let polygons: MultiPolygon = polygons.collect();
    let fault = polygons.check_validation().err()?;
    let shell = |part: usize| parts.get(part).map(|(shell, _)| *shell);
    let ring_of = |part: usize, role: &RingRole| match role {
        RingRole::Exterior => shell(part),
        RingRole::Interior(hole) => parts.get(part).and_then(|(_, holes)| holes.get(*hole)).copied(),
    };
    let (found, what) = match &fault {
        InvalidMultiPolygon::InvalidPolygon(part, fault) => match fault {
            InvalidPolygon::TooFewPointsInRing(role) => (vec![ring_of(part.0, role)?], "has fewer than three points"),
            InvalidPolygon::SelfIntersection(role) => (vec![ring_of(part.0, role)?], "meets itself"),
            // None is read that is not finite.
            InvalidPolygon::NonFiniteCoord(..) => return None,
            InvalidPolygon::InteriorRingNotContainedInExteriorRing(role) => {
                (vec![shell(part.0)?, ring_of(part.0, role)?], "are an outer ring and a hole that is not inside it")
            }
            InvalidPolygon::IntersectingRingsOnALine(one, other) => {
                (vec![ring_of(part.0, one)?, ring_of(part.0, other)?], "touch along a line")
            }
            InvalidPolygon::IntersectingRingsOnAnArea(one, other) => {
                (vec![ring_of(part.0, one)?, ring_of(part.0, other)?], "are holes that overlap")
            }
        },
        InvalidMultiPolygon::ElementsOverlaps(one, other) => (vec![shell(one.0)?, shell(other.0)?], "overlap"),
        InvalidMultiPolygon::ElementsTouchOnALine(one, other) => (vec![shell(one.0)?, shell(other.0)?], "touch along a line"),
    };
    let lines: Vec<LineString> = found.iter().map(line).collect();
    let Coord { x, y } = meeting(&lines).or_else(|| lines.last()?.0.first().copied())?;
    let names: Vec<String> = found.iter().map(|ring| ring.saturating_add(1).to_string()).collect();
    let ring = if names.len() == 1 { "ring" } else { "rings" };
    Some(format!("{ring} {} {what} at easting {x:.2}, northing {y:.2}", names.join(" and ")))
}

/// The westernmost place, of those the southernmost, where rings meet themselves or each other otherwise than from one edge to the next.
fn meeting(rings: &[LineString]) -> Option<Coord> {
    let edges = Intersections::from_iter(rings.iter().flat_map(LineString::lines));
    let places = edges.filter_map(|(one, other, met)| match met {
        LineIntersection::SinglePoint { .. } if one.end == other.start || other.end == one.start => None,
        LineIntersection::SinglePoint { intersection, .. } => Some(intersection),
        LineIntersection::Collinear { intersection } => Some(intersection.start),
    });
    places.min_by(|one, other| one.x.total_cmp(&other.x).then(one.y.total_cmp(&other.y)))
}
