//! Polygons as well-known binary, little-endian.
//!
//! Source: OGC 06-103r4. Outer rings run counter-clockwise and holes clockwise, and rings are closed. One polygon is written as Polygon, several
//! as MultiPolygon.

use super::column::Page;
use super::{BoundsM, around};
use crate::domain::{Drawn, Grid, Point, Stroke};

/// Bytes of a point.
pub(super) const POINT: usize = 16;

/// Bytes of one coordinate.
const NUMBER: usize = 8;

const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

/// Which way a ring runs that is to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// As it has to.
    Right,
    /// It is turned if it has to: an outer ring or a hole, in any direction.
    Any { outer: bool },
}

/// Writes all polygons, and answers their box; says what is wrong with a ring of less than three points, a polygon without rings, or a coordinate
/// that is not finite.
pub(super) fn write(drawn: &Drawn<'_>, grid: &Grid, page: &mut Page) -> Result<BoundsM, String> {
    let mut pen = Pen { grid, page, bounds: None };
    if drawn.len() != 1 {
        pen.header(MULTI_POLYGON, drawn.len())?;
    }
    match drawn {
        Drawn::Outline(outline) => {
            for rings in outline.polygons() {
                pen.header(POLYGON, rings.len())?;
                for (index, points) in rings.enumerate() {
                    pen.ring(&[Stroke { points, backwards: false }], Way::Any { outer: index == 0 })?;
                }
            }
        }
        Drawn::Strokes(strokes) => {
            for rings in strokes.polygons() {
                pen.header(POLYGON, rings.len())?;
                for ring in rings {
                    pen.ring(ring, Way::Right)?;
                }
            }
        }
    }
    pen.bounds.ok_or_else(|| "no polygon".to_owned())
}

struct Pen<'a> {
    grid: &'a Grid,
    page: &'a mut Page,
    bounds: Option<BoundsM>,
}

impl Pen<'_> {
    fn header(&mut self, kind: u32, parts: usize) -> Result<(), String> {
        if parts == 0 {
            return Err("a polygon without an outer ring".to_owned());
        }
        self.page.push(&[1]); // little-endian
        self.page.push(&kind.to_le_bytes());
        self.page.push(&count(parts)?.to_le_bytes());
        Ok(())
    }

    fn ring(&mut self, strokes: &[Stroke<'_>], way: Way) -> Result<(), String> {
        let points = strokes.iter().fold(0usize, |sum, stroke| sum.saturating_add(stroke.points.len()));
        if points < 3 {
            return Err(format!("a ring of {points} points"));
        }
        let closed = points.saturating_add(1);
        self.page.push(&count(closed)?.to_le_bytes());
        let ring = self.page.room(closed.saturating_mul(POINT)).as_chunks_mut::<POINT>().0;
        let mut rest = &mut *ring;
        for stroke in strokes {
            let Some((own, later)) = rest.split_at_mut_checked(stroke.points.len()) else { break };
            rest = later;
            let bounds = if stroke.backwards {
                metres(self.grid, stroke.points.iter().rev(), own)
            } else {
                metres(self.grid, stroke.points.iter(), own)
            };
            self.bounds = match (self.bounds, bounds) {
                (Some(one), Some(other)) => Some(around(one, other)),
                (one, other) => one.or(other),
            };
        }
        if let Some(bounds) = self.bounds.filter(|bounds| !bounds.iter().all(|side| side.is_finite())) {
            return Err(format!("coordinates between {bounds:?}"));
        }
        let Some(([first, ..], last)) = ring.split_last_mut().map(|(last, open)| (open, last)) else { return Ok(()) };
        *last = *first;
        if let Way::Any { outer } = way
            && (area(ring) >= 0.0) != outer
        {
            // The first point stays first.
            ring.reverse();
        }
        Ok(())
    }
}

/// Writes points in metres, and answers their box.
fn metres<'a>(grid: &Grid, points: impl Iterator<Item = &'a Point>, places: &mut [[u8; POINT]]) -> Option<BoundsM> {
    // The compiler does several at a time, and looks for the box while they are at hand.
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for (place, point) in places.iter_mut().zip(points) {
        let (x, y) = grid.metres(*point);
        let [west, south, east, north] = bounds;
        // NaN stays in the box: comparisons with it fail.
        bounds = [
            if west < x { west } else { x },
            if south < y { south } else { y },
            if east > x { east } else { x },
            if north > y { north } else { y },
        ];
        *place = (u128::from(x.to_bits()) | u128::from(y.to_bits()) << 64).to_le_bytes();
    }
    (!places.is_empty()).then_some(bounds)
}

/// The sign of the area of a closed ring as readers will see it, counter-clockwise positive: metres are coarser than the grid, and what is next to
/// nothing may turn round. Relative to the first point, so that large eastings do not eat the digits.
fn area(ring: &[[u8; POINT]]) -> f64 {
    let number = |bytes: &[u8]| bytes.first_chunk::<NUMBER>().map_or(f64::NAN, |bytes| f64::from_le_bytes(*bytes));
    let coordinates = |place: &[u8; POINT]| (number(place), place.get(NUMBER..).map_or(f64::NAN, number));
    let (x0, y0) = ring.first().map_or((0.0, 0.0), coordinates);
    let (mut ax, mut ay, mut area) = (0.0, 0.0, 0.0);
    for (x, y) in ring.iter().map(coordinates) {
        let (bx, by) = (x - x0, y - y0);
        area += ax * by - bx * ay;
        (ax, ay) = (bx, by);
    }
    area
}

fn count(number: usize) -> Result<u32, String> {
    u32::try_from(number).map_err(|_| format!("{number} parts or points, more than WKB can count"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Loops, Outline, Strokes};

    /// A grid of metres.
    const GRID: Grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: 1.0 };

    fn outline(polygons: &[&[&[(i64, i64)]]]) -> Outline {
        let mut loops = Loops::default();
        let mut ends = Vec::new();
        for rings in polygons {
            for ring in *rings {
                let start = loops.points.len();
                loops.points.extend(ring.iter().map(|(x, y)| Point { x: *x, y: *y }));
                loops.rings.push(start..loops.points.len());
            }
            ends.push(loops.rings.len());
        }
        Outline::new(loops, ends)
    }

    fn written(drawn: impl Into<Drawn<'static>>, grid: &Grid) -> Result<(Vec<u8>, BoundsM), String> {
        let mut page = Page::default();
        // What stood there before shows nowhere.
        page.room(999).fill(7);
        page.clear();
        let bounds = write(&drawn.into(), grid, &mut page)?;
        Ok((page.bytes().to_vec(), bounds))
    }

    #[test]
    fn a_square_is_93_bytes_and_counter_clockwise() {
        // Given clockwise; byte order 1, type 4, rings 4, points 4, then 5 points of 16.
        let (bytes, bounds) = written(outline(&[&[&[(0, 0), (0, 2), (2, 2), (2, 0)]]]), &GRID).unwrap();
        assert_eq!(bytes.len(), 1 + 4 + 4 + 4 + 5 * 16);
        assert_eq!(&bytes[..13], &[1, 3, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0]);
        let second = f64::from_le_bytes(bytes[29..37].try_into().unwrap());
        assert_eq!(second, 2.0, "after (0, 0) comes (2, 0)");
        assert_eq!(bytes[13..29], bytes[77..93], "closed");
        assert_eq!(bounds, [0.0, 0.0, 2.0, 2.0]);
    }

    #[test]
    fn holes_run_clockwise() {
        let outer: &[(i64, i64)] = &[(0, 0), (9, 0), (9, 9), (0, 9)];
        let (bytes, bounds) = written(outline(&[&[outer, &[(1, 1), (2, 1), (2, 2)]]]), &GRID).unwrap();
        assert_eq!(bytes.len(), 9 + (4 + 5 * 16) + (4 + 4 * 16));
        let hole_second_y = f64::from_le_bytes(bytes[121..129].try_into().unwrap());
        assert_eq!(hole_second_y, 2.0, "after (1, 1) comes (2, 2)");
        assert_eq!(bounds, [0.0, 0.0, 9.0, 9.0]);
    }

    #[test]
    fn metres_are_those_of_the_grid() {
        let grid = Grid { origin_x: 400_000.0, origin_y: 300_001.0, per_metre: Grid::PER_METRE };
        let points = [(-123_456_789_012, 7), (990_000_000, 10_000_000), (3, 999_999_999)];
        let (bytes, bounds) = written(outline(&[&[&points]]), &grid).unwrap();
        let read = |from: usize| f64::from_le_bytes(bytes[from..from + 8].try_into().unwrap());
        for (at, (x, y)) in points.into_iter().enumerate() {
            assert_eq!((read(13 + at * 16), read(21 + at * 16)), grid.metres(Point { x, y }));
        }
        assert_eq!(bounds, [read(13), read(21), read(29), read(13 + 2 * 16 + 8)]);
    }

    #[test]
    fn strokes_are_written_as_their_outline_is() {
        let point = |(x, y): (i64, i64)| Point { x, y };
        let east: Vec<Point> = [(0, 0), (9, 0)].map(point).to_vec();
        let back: Vec<Point> = [(0, 9), (4, 7), (9, 9)].map(point).to_vec();
        let hole: Vec<Point> = [(1, 1), (2, 2), (2, 1)].map(point).to_vec();
        let build = || {
            let mut strokes = Strokes::default();
            strokes.push(Stroke { points: &east, backwards: false });
            strokes.push(Stroke { points: &back, backwards: true });
            strokes.end_ring();
            strokes.push(Stroke { points: &hole, backwards: false });
            strokes.end_ring();
            strokes.end_polygon();
            strokes.push(Stroke { points: &back, backwards: false });
            strokes.end_ring();
            strokes.end_polygon();
            strokes
        };
        let mut page = Page::default();
        let bounds = write(&Drawn::Strokes(build()), &GRID, &mut page).unwrap();
        let (bytes, same) = written(build().outline(), &GRID).unwrap();
        assert_eq!((page.bytes(), bounds), (bytes.as_slice(), same));
        assert_eq!(
            build().outline().polygons().map(|rings| rings.map(<[_]>::len).collect()).collect::<Vec<Vec<_>>>(),
            [vec![5, 3], vec![3]]
        );
    }

    #[test]
    fn what_cannot_be_a_polygon_is_refused() {
        assert!(written(outline(&[&[&[(0, 0), (1, 1)]]]), &GRID).is_err());
        assert!(written(outline(&[&[]]), &GRID).is_err());
        assert!(written(Outline::default(), &GRID).is_err());
        let endless = Grid { per_metre: 0.0, ..GRID };
        let error = written(outline(&[&[&[(0, 0), (1, 0), (1, 1)]]]), &endless).unwrap_err();
        assert!(error.contains("coordinate"), "{error}");
    }
}
