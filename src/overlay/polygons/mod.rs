//! Rings into polygons.

mod nest;
mod status;

use std::cmp::Ordering;
use std::ops::Range;

use super::exact;
use crate::domain::{Block, Bounds, Loops, Outline, Point, Tree, geometry};

/// Makes polygons of simple rings that do not cross each other, whatever their direction: a ring inside an even number of others is an
/// outer ring, the rest are holes of the smallest ring around them. Polygons are in the order of their outer rings' smallest points, and every
/// ring starts at its own: the same land gives the same polygons, wherever its rings start and in whatever order they come.
pub fn assemble(loops: Loops) -> Outline {
    let Loops { mut points, rings } = loops;
    let mut rings: Vec<Measured> = rings.into_iter().filter_map(|ring| Measured::of(ring, &mut points)).collect();
    if let [ring] = rings.as_slice() {
        return Outline::new(Loops { rings: vec![ring.range.clone()], points }, vec![1]);
    }
    // Largest first: what contains a ring comes before it.
    rings.sort_unstable_by(|one, two| two.area.cmp(&one.area).then_with(|| one.points(&points).cmp(two.points(&points))));
    // For each ring: how many are around it, and the smallest of them.
    let placed = by_asking(&rings, &points).unwrap_or_else(|| nest::nest(&rings, &points));
    // Outer rings by their smallest points, each with its holes from the largest on.
    let mut order: Vec<u32> = (0..rings.len() as u32).collect();
    let shell = |ring: u32| if placed[ring as usize].0.is_multiple_of(2) { ring } else { placed[ring as usize].1 };
    let first = |ring: u32| points[rings[ring as usize].range.start];
    order.sort_unstable_by_key(|ring| (first(shell(*ring)), shell(*ring), *ring));
    let mut ends: Vec<usize> = Vec::new();
    for (at, ring) in order.iter().enumerate() {
        if shell(*ring) == *ring && at > 0 {
            ends.push(at);
        }
    }
    ends.extend((!order.is_empty()).then_some(order.len()));
    for (ring, (depth, _)) in rings.iter().zip(&placed) {
        // Counter-clockwise as it stands.
        if depth % 2 == 1 {
            // The first point stays the first.
            points[ring.range.start + 1..ring.range.end].reverse();
        }
    }
    let rings = order.iter().map(|ring| rings[*ring as usize].range.clone()).collect();
    Outline::new(Loops { points, rings }, ends)
}

/// The ring around one that none is around.
const NOBODY: u32 = u32::MAX;

/// Points and boxes that may be looked at to see which rings are around which, for each point and ring, and besides: about what a sweep takes.
const LOOKS_EACH: usize = 64;
const LOOKS: usize = 1 << 20;

/// For each ring, the largest first, how many are around it, and the smallest of them. Where that would take many looks (hundreds of thousands of
/// holes in a long ring, rings in rings) `None`: then one sweep tells ([`nest`]).
fn by_asking(rings: &[Measured], points: &[Point]) -> Option<Vec<(u32, u32)>> {
    let mut placed: Vec<(u32, u32)> = Vec::with_capacity(rings.len());
    let boxes = Boxes::of(rings);
    let mut left = points.len().saturating_add(rings.len()).saturating_mul(LOOKS_EACH).saturating_add(LOOKS);
    for (index, ring) in rings.iter().enumerate() {
        let around = boxes.around(index, ring, rings, points, &mut left)?;
        placed.push(around.map_or((0, NOBODY), |outer| (placed[outer].0 + 1, outer as u32)));
    }
    Some(placed)
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

    /// The smallest of the rings larger than this one that contains it; `None` when no looks are `left`.
    fn around(&self, index: usize, ring: &Measured, rings: &[Measured], points: &[Point], left: &mut usize) -> Option<Option<usize>> {
        let mut around = Vec::new();
        match &self.0 {
            None => around.extend(0..index),
            Some(tree) => {
                let looked = tree.meeting(&Bounds { min: ring.min, max: ring.max }, |block| {
                    let other = block.start as usize;
                    if other < index {
                        around.push(other);
                    }
                });
                *left = left.checked_sub(looked)?;
                around.sort_unstable();
            }
        }
        while let Some(outer) = around.pop() {
            if rings[outer].holds(ring) {
                *left = left.checked_sub(rings[outer].range.len())?;
                if rings[outer].contains(ring, points) {
                    return Some(Some(outer));
                }
            }
        }
        Some(None)
    }
}

/// A ring with its bounding box and absolute area.
struct Measured {
    /// Places of its points.
    range: Range<usize>,
    area: i128,
    min: Point,
    max: Point,
}

impl Measured {
    /// The ring, its points turned to run counter-clockwise from the smallest; where it passes that point more than once, from the pass that
    /// makes the smaller list. `None` for one without area.
    fn of(range: Range<usize>, all: &mut [Point]) -> Option<Self> {
        let points = &mut all[range.clone()];
        let area = geometry::doubled_area(points);
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
        Some(Self { range, area: area.abs(), min, max })
    }

    fn points<'a>(&self, all: &'a [Point]) -> &'a [Point] {
        &all[self.range.clone()]
    }

    /// Whether the box of another ring lies in that of this one.
    fn holds(&self, other: &Self) -> bool {
        other.min.x >= self.min.x && other.min.y >= self.min.y && other.max.x <= self.max.x && other.max.y <= self.max.y
    }

    /// Whether another ring that does not cross this one, and whose box lies in this one's, lies inside it.
    fn contains(&self, other: &Self, all: &[Point]) -> bool {
        let (outer, inner) = (self.points(all), other.points(all));
        // The rings may touch at vertices, so ask the points until one is not on this ring.
        for point in inner {
            match within(outer, *point) {
                Ordering::Greater => return true,
                Ordering::Less => return false,
                Ordering::Equal => {}
            }
        }
        // Every vertex on this ring: the middle of some edge is not. Doubled coordinates keep it on the grid.
        let doubled: Vec<Point> = outer.iter().map(|p| Point { x: p.x * 2, y: p.y * 2 }).collect();
        for (p, q) in inner.iter().zip(inner.iter().skip(1).chain(inner.first())) {
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

    fn assembled(rings: &[Vec<Point>]) -> Vec<Vec<Vec<Point>>> {
        let outline = assemble(rings.iter().map(Vec::as_slice).collect());
        outline.polygons().map(|rings| rings.map(<[_]>::to_vec).collect()).collect()
    }

    #[test]
    fn rings_nest_whatever_their_direction() {
        // A lake with an island in a square, all three counter-clockwise, and a second square.
        let polygons = assembled(&[square(4, 4, 2), square(20, 0, 5), square(2, 2, 6), square(0, 0, 10)]);
        assert_eq!(polygons.len(), 3);
        assert_eq!(polygons[0][0], square(0, 0, 10));
        assert_eq!(geometry::doubled_area(&polygons[0][1]), -72);
        assert_eq!(polygons[1][0], square(4, 4, 2));
        assert_eq!(polygons[2].len(), 1);
    }

    #[test]
    fn many_rings_nest_as_few_do() {
        // Forty lakes in a country, each with an island that has a pond; and as many islands off the coast.
        let mut rings = vec![square(0, 0, 4000)];
        for number in 0..40 {
            let (x, y) = (number % 8 * 400 + 50, number / 8 * 400 + 50);
            rings.extend([square(x, y, 300), square(x + 50, y + 50, 200), square(x + 100, y + 100, 50), square(5000 + x, y, 20)]);
        }
        let polygons = assembled(&rings);
        assert_eq!(polygons.len(), 1 + 40 + 40);
        let holes: Vec<usize> = polygons.iter().map(|polygon| polygon.len() - 1).collect();
        assert_eq!((holes[0], holes.iter().filter(|count| **count == 1).count()), (40, 40));
    }

    #[test]
    fn the_same_land_gives_the_same_polygons_wherever_its_rings_start() {
        // An outer ring that passes its smallest point twice (two lobes that meet at the origin's side), with a hole in one lobe.
        let point = |(x, y): (i64, i64)| Point { x, y };
        let outer: Vec<Point> = [(0, 5), (9, 0), (9, 4), (0, 5), (9, 6), (9, 10)].map(point).to_vec();
        let hole = vec![Point { x: 8, y: 2 }, Point { x: 7, y: 3 }, Point { x: 8, y: 3 }];
        let expected = assembled(&[outer.clone(), hole.clone()]);
        assert_eq!((expected.len(), expected[0].len()), (1, 2));
        assert!(geometry::doubled_area(&expected[0][0]) > 0 && geometry::doubled_area(&expected[0][1]) < 0);
        for start in 0..outer.len() {
            for reversed in [false, true] {
                let (mut outer, mut hole) = (outer.clone(), hole.clone());
                outer.rotate_left(start);
                hole.rotate_left(start % 3);
                if reversed {
                    outer.reverse();
                    hole.reverse();
                }
                assert_eq!(assembled(&[hole, outer]), expected, "from {start}, reversed {reversed}");
            }
        }
    }

    #[test]
    fn a_sweep_nests_as_asking_does() {
        let mut seed = 11u64;
        let mut random = |below: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as i64 % below
        };
        let (mut nested, mut deep) = (0, 0);
        for round in 0..400 {
            // Black fields of a chessboard, each with rings in it that touch the field's, or each other, in points: diamonds in squares in diamonds.
            let mut loops: Vec<Vec<Point>> = Vec::new();
            for field in 0..1 + random(5) {
                let (mut x, mut y, mut size) = ((field % 3 * 2 + field / 3 % 2) * 64, field / 3 * 64, 64);
                for level in 0..random(6) {
                    let (middle, touches) = (size / 2, size % 4 == 0 && random(2) == 0);
                    let inset = i64::from(!touches);
                    let corners = if level % 2 == 0 {
                        [(0, 0), (size, 0), (size, size), (0, size)]
                    } else {
                        [(middle, inset), (size - inset, middle), (middle, size - inset), (inset, middle)]
                    };
                    let mut ring: Vec<Point> = corners.iter().map(|(dx, dy)| Point { x: x + dx, y: y + dy }).collect();
                    let turn = random(4) as usize;
                    ring.rotate_left(turn);
                    if random(2) == 0 {
                        ring.reverse();
                    }
                    loops.push(ring);
                    if level % 2 == 1 {
                        let margin = size / 4 + 2 * inset;
                        (x, y, size) = (x + margin, y + margin, size - 2 * margin);
                    }
                }
            }
            let loops: Loops = loops.iter().map(Vec::as_slice).collect();
            let Loops { mut points, rings } = loops;
            let mut rings: Vec<Measured> = rings.into_iter().filter_map(|ring| Measured::of(ring, &mut points)).collect();
            rings.sort_unstable_by_key(|ring| std::cmp::Reverse(ring.area));
            let asked = by_asking(&rings, &points).unwrap();
            assert_eq!(nest::nest(&rings, &points), asked, "round {round}");
            nested += asked.iter().filter(|(depth, _)| *depth > 0).count();
            deep += asked.iter().filter(|(depth, _)| *depth > 2).count();
        }
        assert!(nested > 500 && deep > 50, "{nested} {deep}");
    }

    #[test]
    fn many_holes_in_a_long_ring_take_no_time() {
        // A comb of 60,000 teeth with a hole in each: asking would look at 7,200 million edges.
        let mut comb = vec![Point { x: 0, y: -10 }];
        let mut holes = Vec::new();
        for tooth in 0..60_000i64 {
            let x = tooth * 8;
            comb.extend([(x, 0), (x, 20), (x + 4, 20), (x + 4, 0)].map(|(x, y)| Point { x, y }));
            holes.push(square(x + 1, 2, 2));
        }
        comb.push(Point { x: 480_000, y: -10 });
        holes.push(comb);
        let polygons = assembled(&holes);
        assert_eq!((polygons.len(), polygons[0].len()), (1, 60_001));
    }

    #[test]
    fn a_hole_that_touches_with_every_vertex() {
        // The inner square's corners are the middles of the outer's sides.
        let inner = vec![Point { x: 2, y: 0 }, Point { x: 4, y: 2 }, Point { x: 2, y: 4 }, Point { x: 0, y: 2 }];
        let polygons = assembled(&[inner, square(0, 0, 4)]);
        assert_eq!((polygons.len(), polygons[0].len()), (1, 2));
    }
}
