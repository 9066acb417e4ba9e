//! Rings into polygons.

use std::cmp::Ordering;

use super::exact;
use crate::domain::{Block, Bounds, Point, Tree, geometry};

/// An outer ring, counter-clockwise, and its holes, clockwise. Rings are not closed by repeating the first point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Polygon {
    /// Outer ring.
    pub outer: Vec<Point>,
    /// Holes.
    pub holes: Vec<Vec<Point>>,
}

/// Makes polygons of simple rings that do not cross each other, whatever their direction: a ring inside an even number of others is an
/// outer ring, the rest are holes of the smallest ring around them. Polygons are in the order of their outer rings' smallest points, and every
/// ring starts at its own: the same land gives the same polygons, wherever its rings start and in whatever order they come.
pub fn assemble(rings: Vec<Vec<Point>>) -> Vec<Polygon> {
    let mut rings: Vec<Measured> = rings.into_iter().filter_map(Measured::of).collect();
    // Largest first: what contains a ring comes before it.
    rings.sort_by(|one, two| two.area.cmp(&one.area).then_with(|| one.points.cmp(&two.points)));
    // For each ring: how many are around it, and the smallest of them.
    let mut placed: Vec<(usize, Option<usize>)> = Vec::with_capacity(rings.len());
    let boxes = Boxes::of(&rings);
    for (index, ring) in rings.iter().enumerate() {
        let around = boxes.around(index, ring).into_iter().find(|outer| rings[*outer].contains(ring));
        placed.push((around.map_or(0, |outer| placed[outer].0 + 1), around));
    }
    let mut polygons: Vec<Polygon> = Vec::new();
    // The polygon that each outer ring opened.
    let mut opened: Vec<Option<usize>> = Vec::with_capacity(rings.len());
    for (mut ring, (depth, around)) in rings.drain(..).zip(placed) {
        let hole = depth % 2 == 1;
        // Counter-clockwise as it stands.
        if hole {
            // The first point stays the first.
            ring.points.reverse();
            ring.points.rotate_right(1);
            if let Some(polygon) = around.and_then(|outer| opened[outer]) {
                polygons[polygon].holes.push(ring.points);
            }
            opened.push(None);
        } else {
            opened.push(Some(polygons.len()));
            polygons.push(Polygon { outer: ring.points, holes: Vec::new() });
        }
    }
    // Every ring starts at its smallest point.
    polygons.sort_by_key(|polygon| polygon.outer.first().copied());
    polygons
}

/// Which rings may be around another.
struct Boxes(Option<Tree>);

impl Boxes {
    /// Rings below which all are asked: a tree would cost more.
    const FEW: usize = 16;

    fn of(rings: &[Measured]) -> Self {
        let block = |(number, ring): (u32, &Measured)| Block::new(&Bounds { min: ring.min, max: ring.max }, number, number + 1, 0);
        Self((rings.len() > Self::FEW).then(|| Tree::new((0u32..).zip(rings).map(block).collect())))
    }

    /// Rings larger than this one that may be around it, the smallest first.
    fn around(&self, index: usize, ring: &Measured) -> Vec<usize> {
        let Some(tree) = &self.0 else { return (0..index).rev().collect() };
        let mut around = Vec::new();
        tree.meeting(&Bounds { min: ring.min, max: ring.min }, |block| {
            let other = block.start as usize;
            if other < index {
                around.push(other);
            }
        });
        around.sort_unstable_by(|one, other| other.cmp(one));
        around
    }
}

/// A ring with its bounding box and absolute area.
struct Measured {
    points: Vec<Point>,
    area: i128,
    min: Point,
    max: Point,
}

impl Measured {
    /// The ring counter-clockwise from its smallest point; where it passes that point more than once, from the pass that makes the smaller
    /// list. `None` for one without area.
    fn of(mut points: Vec<Point>) -> Option<Self> {
        let area = geometry::doubled_area(&points);
        if area == 0 {
            return None;
        }
        if area < 0 {
            points.reverse();
        }
        let (mut start, mut passes) = (0, 0);
        let (mut min, mut max) = (*points.first()?, *points.first()?);
        for (at, point) in points.iter().enumerate() {
            match point.cmp(&points[start]) {
                Ordering::Less => (start, passes) = (at, 1),
                Ordering::Equal => passes += 1,
                Ordering::Greater => {}
            }
            min = Point { x: min.x.min(point.x), y: min.y.min(point.y) };
            max = Point { x: max.x.max(point.x), y: max.y.max(point.y) };
        }
        if passes > 1 {
            let smallest = points[start];
            let passes = points.iter().enumerate().filter(|(_, point)| **point == smallest).map(|(at, _)| at);
            let from = |at: usize| points.iter().skip(at).chain(points.iter().take(at));
            start = passes.min_by(|one, other| from(*one).cmp(from(*other))).unwrap_or(0);
        }
        points.rotate_left(start);
        Some(Self { points, area: area.abs(), min, max })
    }

    /// Whether another ring that does not cross this one lies inside it.
    fn contains(&self, other: &Self) -> bool {
        if other.min.x < self.min.x || other.min.y < self.min.y || other.max.x > self.max.x || other.max.y > self.max.y {
            return false;
        }
        // The rings may touch at vertices, so ask the points until one is not on this ring.
        for point in &other.points {
            match within(&self.points, *point) {
                Ordering::Greater => return true,
                Ordering::Less => return false,
                Ordering::Equal => {}
            }
        }
        // Every vertex on this ring: the middle of some edge is not. Doubled coordinates keep it on the grid.
        let doubled: Vec<Point> = self.points.iter().map(|p| Point { x: p.x * 2, y: p.y * 2 }).collect();
        for (p, q) in other.points.iter().zip(other.points.iter().skip(1).chain(other.points.first())) {
            match within(&doubled, Point { x: p.x + q.x, y: p.y + q.y }) {
                Ordering::Greater => return true,
                Ordering::Less => return false,
                Ordering::Equal => {}
            }
        }
        false
    }
}

/// Where a point lies by a ring and the even-odd rule: `Greater` = inside, `Less` = outside, `Equal` = on it. Exact.
pub fn within(ring: &[Point], point: Point) -> Ordering {
    let mut inside = false;
    for (p, q) in ring.iter().zip(ring.iter().skip(1).chain(ring.first())) {
        let (low, high) = if p.y <= q.y { (*p, *q) } else { (*q, *p) };
        if point.y < low.y || point.y > high.y {
            continue;
        }
        if low.y == high.y {
            if p.x.min(q.x) <= point.x && point.x <= p.x.max(q.x) {
                return Ordering::Equal;
            }
            continue;
        }
        match exact::side(low, high, point) {
            Ordering::Equal => return Ordering::Equal,
            Ordering::Less if point.y < high.y => inside = !inside,
            _ => {}
        }
    }
    if inside { Ordering::Greater } else { Ordering::Less }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: i64, y: i64, size: i64) -> Vec<Point> {
        vec![Point { x, y }, Point { x: x + size, y }, Point { x: x + size, y: y + size }, Point { x, y: y + size }]
    }

    #[test]
    fn rings_nest_whatever_their_direction() {
        // A lake with an island in a square, all three counter-clockwise, and a second square.
        let polygons = assemble(vec![square(4, 4, 2), square(20, 0, 5), square(2, 2, 6), square(0, 0, 10)]);
        assert_eq!(polygons.len(), 3);
        assert_eq!(polygons[0].outer, square(0, 0, 10));
        assert_eq!(geometry::doubled_area(&polygons[0].holes[0]), -72);
        assert_eq!(polygons[1].outer, square(4, 4, 2));
        assert!(polygons[2].holes.is_empty());
    }

    #[test]
    fn many_rings_nest_as_few_do() {
        // Forty lakes in a country, each with an island that has a pond; and as many islands off the coast.
        let mut rings = vec![square(0, 0, 4000)];
        for number in 0..40 {
            let (x, y) = (number % 8 * 400 + 50, number / 8 * 400 + 50);
            rings.extend([square(x, y, 300), square(x + 50, y + 50, 200), square(x + 100, y + 100, 50), square(5000 + x, y, 20)]);
        }
        let polygons = assemble(rings);
        assert_eq!(polygons.len(), 1 + 40 + 40);
        let holes: Vec<usize> = polygons.iter().map(|polygon| polygon.holes.len()).collect();
        assert_eq!((holes[0], holes.iter().filter(|count| **count == 1).count()), (40, 40));
    }

    #[test]
    fn the_same_land_gives_the_same_polygons_wherever_its_rings_start() {
        // An outer ring that passes its smallest point twice (two lobes that meet at the origin's side), with a hole in one lobe.
        let point = |(x, y): (i64, i64)| Point { x, y };
        let outer: Vec<Point> = [(0, 5), (9, 0), (9, 4), (0, 5), (9, 6), (9, 10)].map(point).to_vec();
        let hole = vec![Point { x: 8, y: 2 }, Point { x: 7, y: 3 }, Point { x: 8, y: 3 }];
        let expected = assemble(vec![outer.clone(), hole.clone()]);
        assert_eq!((expected.len(), expected[0].holes.len()), (1, 1));
        assert!(geometry::doubled_area(&expected[0].outer) > 0 && geometry::doubled_area(&expected[0].holes[0]) < 0);
        for start in 0..outer.len() {
            for reversed in [false, true] {
                let (mut outer, mut hole) = (outer.clone(), hole.clone());
                outer.rotate_left(start);
                hole.rotate_left(start % 3);
                if reversed {
                    outer.reverse();
                    hole.reverse();
                }
                assert_eq!(assemble(vec![hole, outer]), expected, "from {start}, reversed {reversed}");
            }
        }
    }

    #[test]
    fn a_hole_that_touches_with_every_vertex() {
        // The inner square's corners are the middles of the outer's sides.
        let inner = vec![Point { x: 2, y: 0 }, Point { x: 4, y: 2 }, Point { x: 2, y: 4 }, Point { x: 0, y: 2 }];
        let polygons = assemble(vec![inner, square(0, 0, 4)]);
        assert_eq!((polygons.len(), polygons[0].holes.len()), (1, 1));
    }
}
