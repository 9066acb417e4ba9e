//! Boxes around edges.

use crate::domain::Point;

/// A bounding box, its sides included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// South-west corner.
    pub min: Point,
    /// North-east corner.
    pub max: Point,
}

impl Bounds {
    /// The box around two points.
    #[inline]
    pub fn of(a: Point, b: Point) -> Self {
        Self { min: Point { x: a.x.min(b.x), y: a.y.min(b.y) }, max: Point { x: a.x.max(b.x), y: a.y.max(b.y) } }
    }

    /// The box around both.
    #[inline]
    pub fn with(&self, other: &Self) -> Self {
        Self {
            min: Point { x: self.min.x.min(other.min.x), y: self.min.y.min(other.min.y) },
            max: Point { x: self.max.x.max(other.max.x), y: self.max.y.max(other.max.y) },
        }
    }

    /// Whether the boxes have a point in common.
    #[inline]
    pub fn meets(&self, other: &Self) -> bool {
        // Without branches: which of the four fails is as good as random.
        (self.min.x <= other.max.x) & (other.min.x <= self.max.x) & (self.min.y <= other.max.y) & (other.min.y <= self.max.y)
    }
}

/// A box in units of 2^20 grid steps (a millimetre or so), rounded outwards: half the memory, and what is in boxes that do not meet is further apart
/// than [`Coarse::MARGIN`] steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coarse {
    pub(super) min: [i32; 2],
    pub(super) max: [i32; 2],
}

impl Coarse {
    /// The grid's reach of 2^50 steps comes to 2^30.
    const SHIFT: u32 = 20;

    /// Grid steps by which a box is wider than what is in it, at least, on every side.
    pub const MARGIN: i64 = 4;

    /// The box around another.
    #[inline]
    pub fn of(bounds: &Bounds) -> Self {
        let unit = |point: Point, by: i64| [((point.x + by) >> Self::SHIFT) as i32, ((point.y + by) >> Self::SHIFT) as i32];
        Self { min: unit(bounds.min, -Self::MARGIN), max: unit(bounds.max, Self::MARGIN) }
    }

    #[inline]
    pub(super) fn bounds(&self) -> Bounds {
        let low = |unit: i32| i64::from(unit) << Self::SHIFT;
        let high = |unit: i32| ((i64::from(unit) + 1) << Self::SHIFT) - 1;
        Bounds { min: Point { x: low(self.min[0]), y: low(self.min[1]) }, max: Point { x: high(self.max[0]), y: high(self.max[1]) } }
    }

    /// How far west it reaches, in its own units.
    #[inline]
    pub fn west(&self) -> i32 {
        self.min[0]
    }

    /// How far east it reaches, in its own units.
    #[inline]
    pub fn east(&self) -> i32 {
        self.max[0]
    }

    /// The box around both.
    #[inline]
    pub fn join(self, other: Self) -> Self {
        let each = |pick: fn(i32, i32) -> i32, a: [i32; 2], b: [i32; 2]| [pick(a[0], b[0]), pick(a[1], b[1])];
        Self { min: each(i32::min, self.min, other.min), max: each(i32::max, self.max, other.max) }
    }

    /// Whether the boxes have a point in common.
    #[inline]
    pub fn meets(&self, other: &Self) -> bool {
        (self.min[0] <= other.max[0]) & (other.min[0] <= self.max[0]) & (self.min[1] <= other.max[1]) & (other.min[1] <= self.max[1])
    }
}

/// Consecutive edges and their bounding box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub(super) coarse: Coarse,
    /// First edge.
    pub start: u32,
    /// Past the last edge.
    pub end: u32,
    /// Directions in which every edge advances, so that the block cannot meet itself: one bit each for east, west, north, south.
    pub advances: u8,
}

impl Block {
    /// The edges from `start` up to `end`, `end` left out.
    #[inline]
    pub fn new(bounds: &Bounds, start: u32, end: u32, advances: u8) -> Self {
        Self { coarse: Coarse::of(bounds), start, end, advances }
    }

    /// The block with its edges numbered from `base` on.
    #[inline]
    pub fn moved(&self, base: u32) -> Self {
        Self { start: self.start + base, end: self.end + base, ..*self }
    }

    /// The box around the edges.
    #[inline]
    pub fn coarse(&self) -> Coarse {
        self.coarse
    }

    /// A box around the edges, up to 2^20 grid steps wider than they are.
    #[inline]
    pub fn bounds(&self) -> Bounds {
        self.coarse.bounds()
    }
}
