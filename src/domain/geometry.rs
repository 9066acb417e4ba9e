//! The run's one integer grid, and rings upon it.

use std::ops::Range;
use std::sync::OnceLock;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use super::buffer::Buffer;
use super::linework::Linework;

/// A point on the run's integer grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Point {
    /// Grid steps east of the grid's origin.
    pub x: i64,
    /// Grid steps north of the grid's origin.
    pub y: i64,
}

/// The integer grid that every coordinate of a run is snapped to once, on reading.
///
/// `origin` is in metres (the middle of the joint extent, on a whole metre) and `per_metre` is the number of grid steps in a metre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Easting of the origin, metres.
    pub origin_x: f64,
    /// Northing of the origin, metres.
    pub origin_y: f64,
    /// Grid steps in one metre.
    pub per_metre: f64,
}

impl Grid {
    /// Steps in a metre: 1 nanometre. Crossings are rounded to it, and at 1 micrometre a pair of a few hectares with hundreds of crossings
    /// was off by more than 1e-9 of its area (docs/architecture.md).
    pub const PER_METRE: f64 = 1_000_000_000.0;

    /// Largest distance from the origin, in steps, at which all predicates stay exact (2^50 steps: 1,125 km at 1 nanometre).
    pub const REACH: i64 = 1 << 50;

    /// The grid for layers that together cover `min` to `max` (metres).
    pub fn covering(min: (f64, f64), max: (f64, f64)) -> Self {
        Self { origin_x: ((min.0 + max.0) / 2.0).round(), origin_y: ((min.1 + max.1) / 2.0).round(), per_metre: Self::PER_METRE }
    }

    /// The grid point nearest to a coordinate in metres, or `None` if it is not finite or out of the grid's reach.
    pub fn snap(&self, x: f64, y: f64) -> Option<Point> {
        let reach = Self::REACH as f64;
        let within = |steps: f64| steps.abs() <= reach;
        (within((x - self.origin_x) * self.per_metre) && within((y - self.origin_y) * self.per_metre)).then(|| self.snap_within(x, y))
    }

    /// The grid point nearest to a coordinate in metres that is known to be within the grid's reach; any point for another.
    #[inline]
    pub fn snap_within(&self, x: f64, y: f64) -> Point {
        Point { x: nearest((x - self.origin_x) * self.per_metre), y: nearest((y - self.origin_y) * self.per_metre) }
    }

    /// A grid point in metres, the inverse of [`Grid::snap`].
    ///
    /// Divided, not multiplied by the step, and whole metres added last: an input with two decimals comes back with two decimals.
    pub fn metres(&self, point: Point) -> (f64, f64) {
        (self.one(point.x, self.origin_x), self.one(point.y, self.origin_y))
    }

    fn one(&self, steps: i64, origin: f64) -> f64 {
        // origin is a whole number of metres, so steps from zero are an integer that f64 holds exactly (below 2^53).
        (steps as f64 + origin * self.per_metre) / self.per_metre
    }

    /// Square metres of a doubled area in square grid steps.
    pub fn square_metres(&self, doubled: i128) -> f64 {
        doubled as f64 / (2.0 * self.per_metre * self.per_metre)
    }
}

/// 1.5 * 2^52: from 2^52 to 2^53 floats are the integers, and their bits count up one by one.
const MIDDLE: f64 = 6_755_399_441_055_744.0;

/// The integer nearest to a number of at most 2^51 in size, halves to even.
#[inline]
pub fn nearest(number: f64) -> i64 {
    // Adding the middle rounds, and its bits taken away leave the integer. No branch and no call, so the compiler does several at a time.
    ((number + MIDDLE).to_bits() as i64).wrapping_sub(MIDDLE.to_bits() as i64)
}

/// An integer of at most 2^51 in size as a float, exactly; the inverse of [`nearest`], and as quick.
#[inline]
pub fn float(number: i64) -> f64 {
    debug_assert!(number.unsigned_abs() <= 1 << 51, "{number}");
    f64::from_bits((MIDDLE.to_bits() as i64).wrapping_add(number) as u64) - MIDDLE
}

/// A polygon in metres: the outer ring first, then its holes; a ring's last point may repeat its first.
pub type Polygon = Vec<Vec<(f64, f64)>>;

/// The rings of every unit of a layer over one array of points.
///
/// A ring is stored closed (its last point is its first again), so that the edge from position `p` always leads to `p + 1`; [`Rings::unit`]
/// hands rings out open. Points that no ring refers to may lie between them.
///
/// What lies inside a unit is decided by the even-odd rule over all its rings, so neither the direction of a ring nor the order of
/// rings carries meaning. Rings have at least three points and no two equal neighbours.
#[derive(Debug, Clone, Default)]
pub struct Rings {
    points: Buffer,
    /// Positions of each ring's points, unit by unit, the closing point included.
    rings: Vec<Range<usize>>,
    /// Twice the signed area of each ring.
    ring_areas: Vec<i128>,
    /// End of each unit in `rings`.
    unit_ends: Vec<usize>,
    /// Crossings that the boundaries may have beyond one a point; `None` = what an overlay can hold.
    crossings: Option<u64>,
    /// What [`Rings::linework`] made of them.
    linework: OnceLock<Option<Linework>>,
}

impl PartialEq for Rings {
    fn eq(&self, other: &Self) -> bool {
        // The linework follows from the rest, and where the points stand is nobody's business.
        self.units() == other.units() && (0..self.units()).all(|unit| self.unit(unit).eq(other.unit(unit)))
    }
}

impl Rings {
    /// No units.
    pub fn new() -> Self {
        Self::default()
    }

    /// Room for `points` points without growing.
    pub fn with_capacity(points: usize) -> Self {
        Self { points: Buffer::with_capacity(points), ..Self::default() }
    }

    /// No units yet over these coordinates; [`Rings::snap`] makes points of them, and [`Rings::push_closed`] rings.
    pub fn over(coordinates: Buffer) -> Self {
        Self { points: coordinates, ..Self::default() }
    }

    /// Makes points of the coordinates at some places, which are within the grid's reach.
    pub fn snap(&mut self, places: Range<usize>, grid: &Grid) {
        self.points.snap(places, grid);
    }

    /// Adds a ring to the unit being built. Closing and repeated points are removed; a ring left with fewer than three points is
    /// not added and `false` is returned.
    pub fn push_ring(&mut self, ring: impl IntoIterator<Item = Point>) -> bool {
        let start = self.points.len();
        self.points.extend(ring);
        if let Some(first) = self.points.points().get(start).copied() {
            self.points.push(first);
        }
        self.push_closed(start..self.points.len())
    }

    /// Adds a ring of points that are there already, its first point repeated at its end, as [`Rings::push_ring`] does.
    pub fn push_closed(&mut self, range: Range<usize>) -> bool {
        let Some(ring) = self.points.points_mut().get_mut(range.clone()) else { return false };
        let mut kept = ring.len();
        // One pass without a branch: repeated points are rare, and add nothing to the sum.
        let (area, stands) = walk(ring);
        if stands {
            kept = 0;
            for at in 0..ring.len() {
                if kept.checked_sub(1).is_none_or(|last| ring.get(last) != ring.get(at)) {
                    ring.copy_within(at..=at, kept);
                    kept = kept.saturating_add(1);
                }
            }
        }
        // Three points and the first again.
        if kept < 4 {
            return false;
        }
        self.linework = OnceLock::new();
        self.rings.push(range.start..range.start.saturating_add(kept));
        self.ring_areas.push(area);
        true
    }

    /// Ends the unit being built (it may have no ring) and returns its index.
    pub fn end_unit(&mut self) -> usize {
        self.linework = OnceLock::new();
        let unit = self.unit_ends.len();
        self.unit_ends.push(self.rings.len());
        unit
    }

    /// Sets how many crossings the boundaries may have beyond one a point; `None` = what an overlay can hold.
    pub fn limit_crossings(&mut self, crossings: Option<u64>) {
        self.linework = OnceLock::new();
        self.crossings = crossings;
    }

    /// How many crossings the boundaries may have beyond one a point; `None` = what an overlay can hold.
    pub fn crossings(&self) -> Option<u64> {
        self.crossings
    }

    /// Number of units.
    pub fn units(&self) -> usize {
        self.unit_ends.len()
    }

    /// Points of all rings, each ring closed.
    pub fn points(&self) -> &[Point] {
        self.points.points()
    }

    /// Twice the signed area of every ring, in the order of [`Rings::ranges`].
    pub fn ring_areas(&self) -> &[i128] {
        &self.ring_areas
    }

    /// The rings of a unit; none if there is no such unit.
    pub fn unit(&self, unit: usize) -> impl Iterator<Item = &[Point]> {
        self.of(unit).iter().map(|ring| self.points().get(ring.start..ring.end.saturating_sub(1)).unwrap_or(&[]))
    }

    /// The boundaries as arcs, made by `make` when they are asked for first and kept with the rings; `None` when `make` could not.
    pub fn linework(&self, make: impl FnOnce(&Self) -> Option<Linework>) -> Option<&Linework> {
        self.linework.get_or_init(|| make(self)).as_ref()
    }

    /// Every ring as (unit, positions of its points with the closing one), unit by unit.
    pub fn ranges(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        (0..self.unit_ends.len()).flat_map(move |unit| self.of(unit).iter().map(move |ring| (unit, ring.clone())))
    }

    fn of(&self, unit: usize) -> &[Range<usize>] {
        let from = unit.checked_sub(1).and_then(|before| self.unit_ends.get(before)).copied().unwrap_or(0);
        let to = self.unit_ends.get(unit).copied().unwrap_or(from);
        self.rings.get(from..to).unwrap_or(&[])
    }
}

/// The sum of `(x0 + x1)(y1 - y0)` over the steps of a path, which is [`doubled_area`] where the path ends where it began, and whether any point is
/// followed by itself.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "coordinates are at most 2^50 (Grid::of refuses others), so sums of two fit 64 bits and products 128"
)]
fn walk(path: &[Point]) -> (i128, bool) {
    let mut points = path.iter();
    let Some(mut before) = points.next() else { return (0, false) };
    let (mut area, mut stands) = (0i128, false);
    for point in points {
        let up = point.y - before.y;
        area = area.wrapping_add(i128::from(before.x + point.x) * i128::from(up));
        stands |= (before.x ^ point.x) | up == 0;
        before = point;
    }
    (area, stands)
}

/// Twice the signed area of a closed ring in square grid steps, counter-clockwise positive; its first point is not repeated at its end.
///
/// Exact for any ring inside [`Grid::REACH`] that winds round less than 2^24 times: products need 103 bits, and sums on the way may wrap round and
/// back. A ring that winds more often than that has fifty million points, crosses itself, and is told as finding DQ-03 whatever this says.
pub fn doubled_area(ring: &[Point]) -> i128 {
    // `x0*y1 - x1*y0` is `(x0 + x1)(y1 - y0)` less what cancels all the way round: one product a step.
    let (Some(first), Some(last)) = (ring.first(), ring.last()) else { return 0 };
    walk(ring).0.wrapping_add(walk(&[*last, *first]).0)
}
