//! Which area it is whose boundaries cross more often than an overlay can hold, told once the overlay has given up.
//!
//! A polygon of 4,000 points thrown at random crosses itself two million times, and every crossing is a node, four edges and a face. Files
//! that people draw have fewer crossings than points, even where two layers were digitised on their own. The overlay stops searching at its
//! limit (`overlay::linework`); then crossings are counted here by area, on a grid of squares: squares that hold few segments need no
//! look, crowded ones are divided further, and counting stops at the limit too.

use std::path::Path;

use crate::domain::{Layer, Rings};
use crate::error::{Error, InputProblem};
use crate::overlay::POINTS_THAT_CROSS;

/// Segments that share a square before it is divided; chosen: below it, comparing all pairs is quicker.
const FEW: usize = 48;

/// Segments that are looked at: of more, the first of those that may cross any.
const KEPT: usize = 1 << 20;

/// Divisions of one square; each leaves at most half of its segments together.
const DEPTH: usize = 24;

/// A piece of a boundary: x and y of both ends.
type Segment = [f64; 4];

/// Calls back with every segment and the number of the area it bounds.
type Source<'a> = dyn Fn(&mut dyn FnMut(usize, Segment)) + 'a;

/// The error for a layer that is crowded, naming its file and the record that crosses most; `records` are those of its units.
pub(super) fn of_layer(path: &Path, rings: &Rings, records: &[u64]) -> Error {
    let problem = |found: String| InputProblem::new(path, found, EXPECTED, REMEDY);
    match crowd(&segments(&[rings]), rings.crossings().unwrap_or(0)) {
        Some(crowd) => problem(format!("is one of those whose boundaries cross or crowd each other more than {} times", crowd.most))
            .record(records.get(crowd.area).copied().unwrap_or(0))
            .into(),
        None => problem("its boundaries cross or crowd each other".to_owned()).into(),
    }
}

/// The error for layers that are crowded together, naming the area that crosses most.
pub(super) fn of_layers(layers: &[&Layer]) -> Error {
    let rings: Vec<&Rings> = layers.iter().map(|layer| &layer.rings).collect();
    let names: Vec<&str> = layers.iter().map(|layer| layer.id.as_str()).collect();
    let problem = |found: String| InputProblem::new(names.join(" over "), found, EXPECTED, REMEDY).into();
    match crowd(&segments(&rings), rings.iter().filter_map(|rings| rings.crossings()).max().unwrap_or(0)) {
        Some(crowd) => {
            let code = layers.iter().flat_map(|layer| &layer.areas).nth(crowd.area).map_or("", |area| area.code.as_str());
            problem(format!("area {code} is one of those whose boundaries cross or crowd each other more than {} times", crowd.most))
        }
        None => problem("their boundaries cross or crowd each other".to_owned()),
    }
}

/// Every segment of some layers with the number of its area, numbered through.
fn segments<'a>(layers: &'a [&'a Rings]) -> impl Fn(&mut dyn FnMut(usize, Segment)) + 'a {
    move |each| {
        let mut area = 0usize;
        for rings in layers {
            for unit in 0..rings.units() {
                for ring in rings.unit(unit) {
                    for (from, to) in ring.iter().zip(ring.iter().skip(1).chain(ring.first())) {
                        each(area, [from.x as f64, from.y as f64, to.x as f64, to.y as f64]);
                    }
                }
                area = area.saturating_add(1);
            }
        }
    }
}

pub(super) const EXPECTED: &str = "at most one crossing a point (600,000 points at most count for that) and limits.crossings more";
pub(super) const REMEDY: &str =
    "look at the boundaries of this area, or raise limits.crossings in the config if the files are to be trusted";

/// Too many crossings.
struct Crowd {
    /// The area that has most of those counted.
    area: usize,
    /// How many there may be.
    most: u64,
}

/// A square of the plane.
#[derive(Clone, Copy)]
struct Square {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    /// Squares a side it is divided into.
    side: usize,
}

impl Square {
    /// The square around so many segments, with as many divisions, and the number of areas.
    fn over(source: &Source<'_>) -> (Self, u64, usize) {
        let (mut segments, mut areas) = (0u64, 0usize);
        let mut extent = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        source(&mut |area, [x0, y0, x1, y1]| {
            segments = segments.saturating_add(1);
            areas = areas.max(area.saturating_add(1));
            let [left, low, right, high] = extent;
            extent = [left.min(x0).min(x1), low.min(y0).min(y1), right.max(x0).max(x1), high.max(y0).max(y1)];
        });
        let [left, low, right, high] = extent;
        let side = ((segments as f64).sqrt().ceil() as usize).clamp(1, 4096);
        (Self { x: left, y: low, width: right - left, height: high - low, side }, segments, areas)
    }

    /// Column or row of a coordinate.
    fn place(self, at: f64, from: f64, length: f64) -> usize {
        // The cast saturates: what is outside, or a square without extent, falls to the first or last.
        let place = if length > 0.0 { ((at - from) / length * self.side as f64) as usize } else { 0 };
        place.min(self.side.saturating_sub(1))
    }

    /// Calls back with every division that a segment passes through, until told to stop.
    fn passed(self, [x0, y0, x1, y1]: Segment, each: &mut dyn FnMut(usize) -> bool) {
        let (first, last) = (self.place(x0.min(x1), self.x, self.width), self.place(x0.max(x1), self.x, self.width));
        let column_width = self.width / self.side as f64;
        for column in first..=last {
            let (low, high) = if first == last || x0 == x1 {
                (y0.min(y1), y0.max(y1))
            } else {
                let left = (self.x + column_width * column as f64).clamp(x0.min(x1), x0.max(x1));
                let right = (left + column_width).min(x0.max(x1));
                let at = |x: f64| y0 + (y1 - y0) * ((x - x0) / (x1 - x0));
                (at(left).min(at(right)), at(left).max(at(right)))
            };
            for row in self.place(low, self.y, self.height)..=self.place(high, self.y, self.height) {
                if !each(row.saturating_mul(self.side).saturating_add(column)) {
                    return;
                }
            }
        }
    }

    /// The division with this number.
    fn division(self, number: usize, side: usize) -> Self {
        let (row, column) = (number.checked_div(self.side).unwrap_or(0), number.checked_rem(self.side).unwrap_or(0));
        let (width, height) = (self.width / self.side as f64, self.height / self.side as f64);
        Self { x: self.x + width * column as f64, y: self.y + height * row as f64, width, height, side }
    }

    fn holds(self, x: f64, y: f64) -> bool {
        self.x <= x && x < self.x + self.width && self.y <= y && y < self.y + self.height
    }
}

/// Counts of one search, and where it gives up.
struct Count {
    crossings: u64,
    most: u64,
    /// Pairs that may still be compared and divisions that may still be passed.
    work: u64,
    by_area: Vec<u32>,
}

impl Count {
    fn is_over(&self) -> bool {
        self.crossings > self.most || self.work == 0
    }
}

fn crowd(source: &Source<'_>, crossings: u64) -> Option<Crowd> {
    let (square, segments, areas) = Square::over(source);
    let most = crossings.saturating_add(segments.min(POINTS_THAT_CROSS));
    let mut held = vec![0u32; square.side.saturating_mul(square.side)];
    let mut count = Count { crossings: 0, most, work: segments.saturating_mul(256).saturating_add(50_000_000), by_area: vec![0; areas] };
    source(&mut |_, segment| {
        square.passed(segment, &mut |division| {
            if let Some(held) = held.get_mut(division) {
                *held = held.saturating_add(1);
            }
            count.work = count.work.saturating_sub(1);
            count.work > 0
        });
    });
    let pairs =
        held.iter().fold(0u64, |sum, held| sum.saturating_add(u64::from(*held).saturating_mul(u64::from(held.saturating_sub(1))) / 2));
    // Fewer pairs of neighbours than crossings allowed.
    if count.work > 0 && pairs <= most {
        return None;
    }

    // Only segments that pass through a square with others are looked at.
    let mut kept: Vec<(usize, Segment)> = Vec::new();
    source(&mut |area, segment| {
        let mut meets = false;
        square.passed(segment, &mut |division| {
            meets = held.get(division).is_some_and(|held| *held > 1);
            !meets
        });
        if meets && (segment[0] != segment[2] || segment[1] != segment[3]) && kept.len() < KEPT {
            kept.push((area, segment));
        }
    });
    // Copies of one segment cross nothing more than it does, and would be compared with each other in every square.
    if held.iter().max().is_some_and(|most| *most as usize > 4 * FEW) {
        let key = |[x0, y0, x1, y1]: &Segment| {
            let ends = [[x0.to_bits(), y0.to_bits()], [x1.to_bits(), y1.to_bits()]];
            let [from, to] = ends;
            [from.min(to), from.max(to)]
        };
        kept.sort_by_key(|(area, segment)| (key(segment), *area));
        kept.dedup_by_key(|(_, segment)| key(segment));
    }
    drop(held);
    let all: Vec<u32> = (0..u32::try_from(kept.len()).unwrap_or(u32::MAX)).collect();
    divide(&kept, &all, square, 0, &mut count);
    let worst = count.by_area.iter().enumerate().max_by_key(|(area, crossings)| (**crossings, std::cmp::Reverse(*area)));
    // Whoever asks knows already that there are too many.
    let (area, crossings) = worst.map_or((0, 0), |(area, crossings)| (area, *crossings));
    (count.is_over() || all.len() == KEPT && crossings > 0).then_some(Crowd { area, most })
}

/// Counts the crossings of some segments inside a square.
fn divide(segments: &[(usize, Segment)], some: &[u32], square: Square, depth: usize, count: &mut Count) {
    let divisions = square.side.saturating_mul(square.side);
    let mut ends = vec![0u32; divisions.saturating_add(1)];
    let get = |index: u32| segments.get(index as usize).copied();
    // Counting sort of the segments by the divisions they pass through.
    for (_, segment) in some.iter().filter_map(|index| get(*index)) {
        square.passed(segment, &mut |division| {
            if let Some(end) = ends.get_mut(division.saturating_add(1)) {
                *end = end.saturating_add(1);
            }
            count.work = count.work.saturating_sub(1);
            count.work > 0
        });
    }
    let mut sum = 0u32;
    for end in &mut ends {
        sum = sum.saturating_add(*end);
        *end = sum;
    }
    if count.is_over() {
        return;
    }
    let mut entries = vec![0u32; sum as usize];
    let mut next = ends.clone();
    for index in some {
        let Some((_, segment)) = get(*index) else { continue };
        square.passed(segment, &mut |division| {
            if let Some(place) = next.get_mut(division) {
                if let Some(entry) = entries.get_mut(*place as usize) {
                    *entry = *index;
                }
                *place = place.saturating_add(1);
            }
            true
        });
    }
    drop(next);
    for (division, range) in ends.windows(2).enumerate() {
        let [from, to] = range else { continue };
        let Some(inside) = entries.get(*from as usize..*to as usize) else { continue };
        if inside.len() < 2 {
            continue;
        }
        // A square whose segments stay together however it is divided has them meeting in a point or lying on each other.
        let separates = depth == 0 || inside.len() <= some.len() / 2;
        if inside.len() > FEW && depth < DEPTH && separates {
            let side = ((inside.len() as f64).sqrt().ceil() as usize).clamp(2, 64);
            divide(segments, inside, square.division(division, side), depth.saturating_add(1), count);
        } else {
            compare(segments, inside, square.division(division, 1), count);
        }
        if count.is_over() {
            return;
        }
    }
}

/// Counts the crossings of every pair of some segments that lie in a square.
fn compare(segments: &[(usize, Segment)], some: &[u32], square: Square, count: &mut Count) {
    let get = |index: &u32| segments.get(*index as usize);
    for (at, one) in some.iter().enumerate() {
        let Some((area, p)) = get(one) else { continue };
        for (other_area, q) in some.iter().skip(at.saturating_add(1)).filter_map(get) {
            count.work = count.work.saturating_sub(1);
            if let Some((x, y)) = crossing(p, q)
                && square.holds(x, y)
            {
                count.crossings = count.crossings.saturating_add(1);
                for area in [area, other_area] {
                    if let Some(crossings) = count.by_area.get_mut(*area) {
                        *crossings = crossings.saturating_add(1);
                    }
                }
            }
        }
        if count.is_over() {
            return;
        }
    }
}

/// Where two segments cross; `None` where they do not, or only touch. In floating point: this is about how many, not whether.
fn crossing([ax, ay, bx, by]: &Segment, [cx, cy, dx, dy]: &Segment) -> Option<(f64, f64)> {
    let turn = |px: f64, py: f64, qx: f64, qy: f64, rx: f64, ry: f64| (qx - px) * (ry - py) - (qy - py) * (rx - px);
    let (c, d) = (turn(*ax, *ay, *bx, *by, *cx, *cy), turn(*ax, *ay, *bx, *by, *dx, *dy));
    let (a, b) = (turn(*cx, *cy, *dx, *dy, *ax, *ay), turn(*cx, *cy, *dx, *dy, *bx, *by));
    if c * d < 0.0 && a * b < 0.0 {
        let t = a / (a - b);
        return Some((ax + (bx - ax) * t, ay + (by - ay) * t));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Crossings by comparing all pairs.
    fn all(segments: &[Segment]) -> u64 {
        let pairs = segments.iter().enumerate().flat_map(|(at, one)| segments.iter().skip(at + 1).map(move |other| (one, other)));
        pairs.filter(|(one, other)| crossing(one, other).is_some()).count() as u64
    }

    /// Crossings as counted on the grid: the fewest that may be allowed.
    fn counted(segments: &[Segment]) -> u64 {
        let source = |each: &mut dyn FnMut(usize, Segment)| segments.iter().for_each(|segment| each(0, *segment));
        let length = segments.len() as u64;
        let (square, _, _) = Square::over(&source);
        let mut count = Count { crossings: 0, most: u64::MAX, work: u64::MAX, by_area: vec![0] };
        let kept: Vec<(usize, Segment)> = segments.iter().map(|segment| (0, *segment)).collect();
        divide(&kept, &(0..length as u32).collect::<Vec<_>>(), square, 0, &mut count);
        // The whole search agrees with the count at both sides of the limit.
        if count.crossings > length {
            assert!(crowd(&source, count.crossings - length).is_none());
            assert!(crowd(&source, count.crossings - length - 1).is_some());
        } else {
            assert!(crowd(&source, 0).is_none());
        }
        count.crossings
    }

    fn random(seed: &mut u64, below: f64) -> f64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 11) as f64 / (1u64 << 53) as f64 * below
    }

    #[test]
    fn crossings_are_counted_once_each() {
        let mut seed = 5;
        for (number, length) in [(10, 100.0), (400, 100.0), (400, 3.0), (900, 20.0)] {
            let segments: Vec<Segment> = (0..number)
                .map(|_| {
                    let (x, y) = (random(&mut seed, 100.0), random(&mut seed, 100.0));
                    [x, y, x + random(&mut seed, length) - length / 2.0, y + random(&mut seed, length) - length / 2.0]
                })
                .collect();
            let (grid, pairs) = (counted(&segments), all(&segments));
            // A crossing on the outer edge of the grid may be missed: it is nobody's half-open square.
            assert!(pairs - grid <= 1, "{grid} of {pairs}");
        }
        // A dense knot far from a stray segment, a bundle through one point, and one segment a thousand times.
        let mut knot: Vec<Segment> = (0..200).map(|_| [0; 4].map(|_: i32| random(&mut seed, 0.001))).collect();
        knot.push([1e6, 1e6, 1e6 + 1.0, 1e6]);
        assert_eq!(counted(&knot), all(&knot));
        let bundle: Vec<Segment> =
            (0..300).map(|n| f64::from(n) * 0.01).map(|angle| [-angle.cos(), -angle.sin(), angle.cos() * 1.1, angle.sin() * 1.1]).collect();
        assert!(counted(&bundle) * 10 >= all(&bundle) * 9);
        assert_eq!(counted(&vec![[0.0, 0.0, 5.0, 7.0]; 1000]), 0);
        assert_eq!(counted(&[]), 0);
    }
}
