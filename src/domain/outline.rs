//! Polygons on the run's grid, over one array of points.

use std::ops::Range;

use super::geometry::Point;

/// Rings over one array of points. A ring does not repeat its first point; points that no ring refers to may lie between them.
#[derive(Debug, Clone, Default)]
pub struct Loops {
    /// All points.
    pub points: Vec<Point>,
    /// Places of each ring's points.
    pub rings: Vec<Range<usize>>,
}

impl Loops {
    /// Every ring.
    pub fn iter(&self) -> impl Iterator<Item = &[Point]> {
        self.rings.iter().map(|ring| self.points.get(ring.clone()).unwrap_or(&[]))
    }
}

impl<'a> FromIterator<&'a [Point]> for Loops {
    fn from_iter<I: IntoIterator<Item = &'a [Point]>>(rings: I) -> Self {
        let mut loops = Self::default();
        for ring in rings {
            let start = loops.points.len();
            loops.points.extend_from_slice(ring);
            loops.rings.push(start..loops.points.len());
        }
        loops
    }
}

/// Polygons, each an outer ring, counter-clockwise, and its holes, clockwise. Two outlines are equal when their polygons are, wherever the
/// points stand.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    loops: Loops,
    /// End of each polygon in the rings.
    ends: Vec<usize>,
}

impl Outline {
    /// Polygons of rings that stand polygon by polygon, the outer ring first; `ends` is where each polygon's rings end.
    pub fn new(loops: Loops, ends: Vec<usize>) -> Self {
        Self { loops, ends }
    }

    /// Number of polygons.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no polygon.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Number of holes in all polygons.
    pub fn holes(&self) -> usize {
        self.loops.rings.len().saturating_sub(self.ends.len())
    }

    /// Every polygon as its rings, the outer one first.
    pub fn polygons(&self) -> impl Iterator<Item = impl ExactSizeIterator<Item = &[Point]>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| {
            let rings = self.loops.rings.get(start..*end).unwrap_or(&[]);
            rings.iter().map(|ring| self.loops.points.get(ring.clone()).unwrap_or(&[]))
        })
    }
}

impl PartialEq for Outline {
    fn eq(&self, other: &Self) -> bool {
        self.ends == other.ends && self.loops.iter().eq(other.loops.iter())
    }
}

impl Eq for Outline {}
