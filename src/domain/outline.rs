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

/// Part of a ring: points that stand somewhere else, in one direction or the other.
#[derive(Debug, Clone, Copy)]
pub struct Stroke<'a> {
    /// The points, in the order in which they stand.
    pub points: &'a [Point],
    /// Whether the ring runs through them from the last to the first.
    pub backwards: bool,
}

/// Polygons like those of an [`Outline`], whose points stay where they are: to be written out once.
///
/// Outer rings run counter-clockwise and holes clockwise also where coordinates become metres, which are a little coarser than the grid.
#[derive(Debug, Clone, Default)]
pub struct Strokes<'a> {
    strokes: Vec<Stroke<'a>>,
    /// End of each ring in the strokes.
    rings: Vec<usize>,
    /// End of each polygon in the rings.
    polygons: Vec<usize>,
}

impl<'a> Strokes<'a> {
    /// Adds a stroke to the ring being drawn.
    pub fn push(&mut self, stroke: Stroke<'a>) {
        self.strokes.push(stroke);
    }

    /// Ends the ring being drawn.
    pub fn end_ring(&mut self) {
        self.rings.push(self.strokes.len());
    }

    /// Ends the polygon being drawn.
    pub fn end_polygon(&mut self) {
        self.polygons.push(self.rings.len());
    }

    /// Number of polygons.
    pub fn len(&self) -> usize {
        self.polygons.len()
    }

    /// Whether there is no polygon.
    pub fn is_empty(&self) -> bool {
        self.polygons.is_empty()
    }

    /// Every polygon as its rings, the outer one first, each ring as its strokes.
    pub fn polygons(&self) -> impl Iterator<Item = impl ExactSizeIterator<Item = &[Stroke<'a>]>> {
        let starts = std::iter::once(0).chain(self.polygons.iter().copied());
        starts.zip(&self.polygons).map(|(start, end)| {
            (start..*end).map(|ring| {
                let from = ring.checked_sub(1).and_then(|before| self.rings.get(before)).copied().unwrap_or(0);
                let to = self.rings.get(ring).copied().unwrap_or(from);
                self.strokes.get(from..to).unwrap_or(&[])
            })
        })
    }

    /// The same polygons with their points.
    pub fn outline(&self) -> Outline {
        let mut loops = Loops::default();
        for ring in self.polygons().flatten() {
            let start = loops.points.len();
            for stroke in ring {
                loops.points.extend_from_slice(stroke.points);
                if stroke.backwards {
                    let from = loops.points.len().saturating_sub(stroke.points.len());
                    loops.points.get_mut(from..).unwrap_or_default().reverse();
                }
            }
            loops.rings.push(start..loops.points.len());
        }
        Outline::new(loops, self.polygons.clone())
    }
}

/// The polygons of a row, to be written.
#[derive(Debug, Clone)]
pub enum Drawn<'a> {
    /// With points of their own.
    Outline(Outline),
    /// Along points that stand somewhere else.
    Strokes(Strokes<'a>),
}

impl Drawn<'_> {
    /// Number of polygons.
    pub fn len(&self) -> usize {
        match self {
            Self::Outline(outline) => outline.len(),
            Self::Strokes(strokes) => strokes.len(),
        }
    }

    /// Whether there is no polygon.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Outline> for Drawn<'_> {
    fn from(outline: Outline) -> Self {
        Self::Outline(outline)
    }
}

impl PartialEq for Outline {
    fn eq(&self, other: &Self) -> bool {
        self.ends == other.ends && self.loops.iter().eq(other.loops.iter())
    }
}

impl Eq for Outline {}
