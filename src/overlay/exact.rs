//! Exact predicates on the integer grid: a floating-point filter first, integers of 128 or 256 bits when it cannot decide.
//!
//! Coordinates are within [`crate::domain::Grid::REACH`] (2^50), so differences stay below 2^52 (a float holds them exactly) and cross
//! products below 2^104.

use std::cmp::Ordering;

use crate::domain::geometry::{float, nearest};
use crate::domain::{Bounds, Point};

/// A filtered product difference `a*d - b*c` is certain when it exceeds this part of `|a*d| + |b*c|`. The factors are integers below
/// 2^53 and so exact; two products and one difference are each wrong by at most 2^-53 of their size: 3 * 2^-53 < 4e-16.
const CERTAIN: f64 = 4e-16;

/// `b - a` as a vector.
#[inline]
pub fn vector(a: Point, b: Point) -> (i64, i64) {
    (b.x - a.x, b.y - a.y)
}

/// Cross product of two vectors, exact.
#[inline]
pub fn cross(u: (i64, i64), v: (i64, i64)) -> i128 {
    i128::from(u.0) * i128::from(v.1) - i128::from(u.1) * i128::from(v.0)
}

/// Sign of the cross product of two vectors, exact: positive when `v` points left of `u`.
#[inline]
pub fn cross_sign(u: (i64, i64), v: (i64, i64)) -> Ordering {
    let left = u.0 as f64 * v.1 as f64;
    let right = u.1 as f64 * v.0 as f64;
    let difference = left - right;
    let doubt = (left.abs() + right.abs()) * CERTAIN;
    if difference > doubt {
        Ordering::Greater
    } else if difference < -doubt {
        Ordering::Less
    } else {
        cross(u, v).cmp(&0)
    }
}

/// On which side of the line from `a` to `b` the point `c` lies, exact: `Greater` = left, `Less` = right, `Equal` = on it.
#[inline]
pub fn side(a: Point, b: Point, c: Point) -> Ordering {
    cross_sign(vector(a, b), vector(a, c))
}

/// Whether all of one edge certainly lies on one side of the line along the other, further from it than one step less than `steps` (a few thousand at most).
#[inline]
pub fn is_beside((a, b): (Point, Point), (c, d): (Point, Point), steps: f64) -> bool {
    let float = |(x, y): (i64, i64)| (x as f64, y as f64);
    let (u, v, w) = (float(vector(a, b)), float(vector(a, c)), float(vector(a, d)));
    // A cross product is the length of `u` times the distance from the line; the sum of its coordinates is no shorter than `u`. Factors are exact and
    // below 2^52, so that products are wrong by less than half a step times that sum each, and their difference by less than a step.
    let least = steps * (u.0.abs() + u.1.abs());
    let (one, other) = (u.0 * v.1 - u.1 * v.0, u.0 * w.1 - u.1 * w.0);
    one > least && other > least || one < -least && other < -least
}

/// A position along a segment: `numerator / denominator` of the way, with a positive denominator.
#[derive(Debug, Clone, Copy)]
pub struct Fraction {
    pub numerator: i128,
    pub denominator: i128,
}

impl Fraction {
    /// Two values that differ by more than this part of their sum are in the order of their fractions: conversions and divisions are each
    /// wrong by at most 2^-53 of their result, three roundings a side.
    pub const DOUBT: f64 = 1e-15;

    /// The nearest float, but for three roundings.
    #[inline]
    pub fn value(&self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// Orders two fractions of non-negative numerators, exactly.
    pub fn compare(&self, other: &Self) -> Ordering {
        let (a, b) = (self.value(), other.value());
        if (a - b).abs() > (a + b) * Self::DOUBT {
            return a.total_cmp(&b);
        }
        wide(self.numerator.unsigned_abs(), other.denominator.unsigned_abs())
            .cmp(&wide(other.numerator.unsigned_abs(), self.denominator.unsigned_abs()))
    }
}

/// The 256-bit product of two 128-bit numbers as (high, low).
fn wide(a: u128, b: u128) -> (u128, u128) {
    const HALF: u128 = u64::MAX as u128;
    let (a1, a0, b1, b0) = (a >> 64, a & HALF, b >> 64, b & HALF);
    let low = a0 * b0;
    let middle = a1 * b0 + (low >> 64); // (2^64-1)^2 + 2^64-1 < 2^128
    let middle2 = a0 * b1 + (middle & HALF);
    let high = a1 * b1 + (middle >> 64) + (middle2 >> 64);
    (high, (middle2 << 64) | (low & HALF))
}

/// Where two segments that cross in their interiors do so: the position along each and the nearest grid point.
///
/// `a, b` and `c, d` are the segments' ends. The grid point depends on the crossing alone, not on the order of segments or of their
/// ends: callers pass the ends in ascending order and the smaller segment first.
pub fn crossing(a: Point, b: Point, c: Point, d: Point) -> (Fraction, Fraction, Point) {
    let (u, v, w) = (vector(a, b), vector(c, d), vector(a, c));
    let mut denominator = cross(u, v);
    let mut along_first = cross(w, v);
    let mut along_second = cross(w, u);
    if denominator < 0 {
        (denominator, along_first, along_second) = (-denominator, -along_first, -along_second);
    }
    let first = Fraction { numerator: along_first, denominator };
    let second = Fraction { numerator: along_second, denominator };
    let at = |from: i64, by: i64| from + part_of(by, along_first, denominator);
    (first, second, Point { x: at(a.x, u.0), y: at(a.y, u.1) })
}

/// `by * numerator / denominator` to the nearest integer, halves up, for a fraction between 0 and 1.
fn part_of(by: i64, numerator: i128, denominator: i128) -> i64 {
    let (magnitude, fraction) = (u128::from(by.unsigned_abs()), numerator.unsigned_abs());
    let whole = denominator.unsigned_abs();
    let (quotient, remainder) = match magnitude.checked_mul(fraction) {
        Some(product) => (product / whole, product % whole),
        None => divide_wide(wide(magnitude, fraction), whole),
    };
    // remainder < denominator < 2^104: doubling cannot overflow.
    let round_up = if by < 0 { 2 * remainder > whole } else { 2 * remainder >= whole };
    let rounded = (quotient + u128::from(round_up)) as i64;
    if by < 0 { -rounded } else { rounded }
}

/// Quotient and remainder of a 256-bit number by one below 2^127, bit by bit: only edges of hundreds of kilometres come here.
fn divide_wide((high, low): (u128, u128), divisor: u128) -> (u128, u128) {
    let mut remainder = high % divisor;
    let mut quotient = 0u128;
    for bit in (0..128).rev() {
        remainder = (remainder << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if remainder >= divisor {
            remainder -= divisor;
            quotient |= 1;
        }
    }
    (quotient, remainder)
}

/// The sum of `(x0 + x1)(y1 - y0)` over the steps of a path, and that of the [`length`]s of its steps, in one pass over it.
#[inline]
pub fn trapezoids(path: &[Point]) -> (i128, i64) {
    let mut sums = (0, 0);
    for (p, q) in path.iter().zip(path.get(1..).unwrap_or(&[])) {
        let [x, y] = [float(q.x - p.x), float(q.y - p.y)];
        sums = (sums.0 + trapezoid(*p, *q), sums.1 + length_of([x, y]));
    }
    sums
}

/// `(x0 + x1)(y1 - y0)` of a step.
#[inline]
fn trapezoid(p: Point, q: Point) -> i128 {
    i128::from(p.x + q.x) * i128::from(q.y - p.y)
}

/// What a look at each step of a path tells: the box around its points, the least and the greatest step by axis, and the sums of [`trapezoids`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walked {
    pub bounds: Bounds,
    pub steps: Bounds,
    pub trapezoids: i128,
    pub length: i64,
}

/// Walks a path. One of a single point has no step: the least is as great as any can be, and the greatest as little.
#[inline]
pub fn walk(path: &[Point]) -> Walked {
    // As floats, which hold all of it exactly, both axes are compared at a time; whole numbers would be compared one by one.
    let mut before = path.first().copied().unwrap_or_default();
    let mut at = [float(before.x), float(before.y)];
    let (mut least, mut greatest) = (at, at);
    let (mut least_step, mut greatest_step) = ([FARTHEST; 2], [-FARTHEST; 2]);
    let (mut trapezoids, mut length) = (0, 0);
    for point in path.get(1..).unwrap_or(&[]) {
        let to = [float(point.x), float(point.y)];
        let step = [to[0] - at[0], to[1] - at[1]];
        (least, greatest) = (each(less, least, to), each(greater, greatest, to));
        (least_step, greatest_step) = (each(less, least_step, step), each(greater, greatest_step, step));
        trapezoids += trapezoid(before, *point);
        length += length_of(step);
        (before, at) = (*point, to);
    }
    let whole = |least: [f64; 2], greatest: [f64; 2]| Bounds {
        min: Point { x: nearest(least[0]), y: nearest(least[1]) },
        max: Point { x: nearest(greatest[0]), y: nearest(greatest[1]) },
    };
    Walked { bounds: whole(least, greatest), steps: whole(least_step, greatest_step), trapezoids, length }
}

/// No step is longer on any axis: it leads from one end of the grid's reach to the other.
const FARTHEST: f64 = 2_251_799_813_685_248.0;

#[inline]
fn each(pick: impl Fn(f64, f64) -> f64, one: [f64; 2], other: [f64; 2]) -> [f64; 2] {
    [pick(one[0], other[0]), pick(one[1], other[1])]
}

/// Comparisons and not `f64::min`, which minds NaN: there is none.
#[inline]
fn less(one: f64, other: f64) -> f64 {
    if other < one { other } else { one }
}

#[inline]
fn greater(one: f64, other: f64) -> f64 {
    if other > one { other } else { one }
}

/// Twice the signed area between a path and the origin, and the sum of the [`length`]s of its steps; exact.
///
/// The cross product `x0*y1 - x1*y0` of a step is `(x0 + x1)(y1 - y0)` less `x1*y1 - x0*y0`, which adds up to the ends' alone.
#[inline]
pub fn path(path: &[Point]) -> (i128, i64) {
    let (Some(first), Some(last)) = (path.first(), path.last()) else { return (0, 0) };
    let (trapezoids, length) = trapezoids(path);
    (trapezoids - i128::from(last.x) * i128::from(last.y) + i128::from(first.x) * i128::from(first.y), length)
}

/// Orders two directions by angle, counter-clockwise from just after west (-pi excluded, pi included), exactly.
pub fn by_angle(u: (i64, i64), v: (i64, i64)) -> Ordering {
    // Lower half plane first. In one half, `u` comes first when `v` lies left of it; east and west share a half and a line.
    (u.1 >= 0).cmp(&(v.1 >= 0)).then_with(|| cross_sign(v, u)).then_with(|| (u.0 < 0).cmp(&(v.0 < 0)))
}

/// Length of a vector rounded to whole grid steps, so that sums do not depend on their order.
#[inline]
pub fn length(u: (i64, i64)) -> i64 {
    // Squares of 52-bit numbers are far inside a float's range, so plain roots do, and are a fifth of the cost of hypot.
    length_of([float(u.0), float(u.1)])
}

#[inline]
fn length_of([x, y]: [f64; 2]) -> i64 {
    // Below 2^52, so the sum is between 2^52 and 2^53, where floats are the integers and their bits count up one by one.
    const BASE: f64 = 4_503_599_627_370_496.0;
    ((x * x + y * y).sqrt() + BASE).to_bits() as i64 - BASE.to_bits() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_products() {
        assert_eq!(wide(3, 5), (0, 15));
        assert_eq!(wide(u128::MAX, u128::MAX), (u128::MAX - 1, 1));
        assert_eq!(wide(1 << 100, 1 << 100), (1 << 72, 0));
    }

    #[test]
    fn sides_that_floats_cannot_see() {
        // u = (2^51, 2^51 - 1) against the diagonal: a cross product of 2^50 where the two products are 2^101.
        let (a, b) = (Point { x: -(1 << 50), y: -(1 << 50) }, Point { x: 1 << 50, y: (1 << 50) - 1 });
        let (u, big) = (vector(a, b), 1i64 << 50);
        assert_eq!(cross(u, (big, big)), i128::from(big)); // (2^51)(2^50) - (2^51 - 1)(2^50) = 2^50
        assert_eq!(cross_sign(u, (2, 2)), Ordering::Greater);
        assert_eq!(cross_sign(u, u), Ordering::Equal);
    }

    #[test]
    fn areas_of_paths() {
        let path = [Point { x: -7, y: 2 }, Point { x: 5, y: -3 }, Point { x: 1 << 50, y: 11 }, Point { x: 4, y: -(1 << 50) }];
        let crosses: i128 = path.windows(2).map(|edge| cross((edge[0].x, edge[0].y), (edge[1].x, edge[1].y))).sum();
        let long = path.windows(2).map(|edge| length(vector(edge[0], edge[1]))).sum();
        assert_eq!([super::path(&path), super::path(&[]), super::path(&path[..1])], [(crosses, long), (0, 0), (0, 0)]);
    }

    #[test]
    fn a_walk_tells_what_each_step_would() {
        let far = 1i64 << 50;
        let point = |(x, y): (i64, i64)| Point { x, y };
        let paths = [
            vec![(-far, far), (far, -far), (far, far), (-far, -far)],
            vec![(3, 4), (3, 4), (9, -1), (0, 0), (-7, 22)],
            vec![(0, 0), (5, 1), (11, 3), (12, 3)],
            vec![(far - 1, 7), (far, 7)],
        ];
        for path in paths {
            let path: Vec<Point> = path.into_iter().map(point).collect();
            let steps: Vec<Point> = path.windows(2).map(|edge| point(vector(edge[0], edge[1]))).collect();
            let around = |points: &[Point]| points.iter().map(|at| Bounds::of(*at, *at)).reduce(|one, other| one.with(&other));
            let walked = walk(&path);
            assert_eq!((Some(walked.bounds), Some(walked.steps)), (around(&path), around(&steps)), "{path:?}");
            assert_eq!((walked.trapezoids, walked.length), trapezoids(&path), "{path:?}");
            assert_eq!(super::path(&path).0, crate::domain::geometry::doubled_area(&[&path[..], &[Point::default()]].concat()), "{path:?}");
        }
        let alone = walk(&[Point { x: 5, y: -6 }]);
        assert_eq!((alone.bounds, alone.trapezoids, alone.length), (Bounds::of(Point { x: 5, y: -6 }, Point { x: 5, y: -6 }), 0, 0));
        assert!(alone.steps.min.x > alone.steps.max.x && alone.steps.min.y > alone.steps.max.y);
    }

    #[test]
    fn lengths_to_the_nearest_step() {
        assert_eq!([length((3, -4)), length((1, 1)), length((0, 0)), length((2, 2))], [5, 1, 0, 3]);
        // The longest there is: 2^51 on both axes, 3184525836262886.0 and a little.
        assert_eq!(length((1 << 51, -(1 << 51))), 3_184_525_836_262_886);
    }

    #[test]
    fn angles_go_round_once() {
        let round = [(-2, -1), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0)];
        for (i, u) in round.iter().enumerate() {
            for (j, v) in round.iter().enumerate() {
                assert_eq!(by_angle(*u, *v), i.cmp(&j), "{u:?} {v:?}");
            }
        }
    }

    #[test]
    fn parts_of_long_edges_are_exact() {
        // 2^51 * (2^102 + 1) / 2^103 = 2^50 + 2^-52: the product needs 154 bits.
        assert_eq!(part_of(1 << 51, (1 << 102) + 1, 1 << 103), 1 << 50);
        assert_eq!(part_of(-(1 << 51), (1 << 102) + 1, 1 << 103), -(1 << 50));
        // Halves go up on both sides of zero: 1.5 to 2, -1.5 to -1.
        assert_eq!((part_of(3, 1, 2), part_of(-3, 1, 2)), (2, -1));
        assert_eq!(divide_wide(wide(u128::MAX >> 1, 12), (u128::MAX >> 1) - 1), (12, 12));
    }

    #[test]
    fn crossing_of_diagonals() {
        let p = |x, y| Point { x, y };
        let (s, t, at) = crossing(p(0, 0), p(3, 3), p(0, 3), p(3, 0));
        assert_eq!((s.numerator * 2, t.numerator * 2), (s.denominator, t.denominator));
        assert_eq!(at, p(2, 2)); // 1.5 rounds up on both axes
        // The same cross turned the other way gives the same point: ends ascending, smaller segment first.
        assert_eq!(crossing(p(0, 3), p(3, 0), p(0, 0), p(3, 3)).2, p(2, 2));
    }
}
