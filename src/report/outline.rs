//! The map: boundaries of every layer as arcs, each once, simplified once, so that neighbours and layers keep the line they share.
//!
//! The overlay engine knows which stretches of boundary are shared ([`overlay::boundaries`]); all layers are given to it as one, so a
//! stretch that a health layer and a council layer have in common is one arc too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;
use serde_json::{Value as Json, json};

use super::simplify::{Spot, thinned, weights};
use crate::domain::geometry::doubled_area;
use crate::domain::linework::{Linework, Owner};
use crate::domain::{Grid, Point, Rings};
use crate::error::{Error, InputProblem, Result};
use crate::io::geoparquet::GeoRow;
use crate::overlay;

/// Points inside arcs that a map may have, all layers together: 151 PCTs, 152 councils and 326 districts of England then have all but those in line
/// of boundary, in one megabyte. Chosen, see docs/report.md.
const POINTS: usize = 120_000;

/// Steps across the map at least: at 650 km a step is 1 m.
const STEPS: f64 = 200_000.0;

/// Digits of the encoding: five bits and a flag for "more follows", none of which JSON or HTML gives a meaning.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A ring as arcs in order: the number of an arc, or its complement where the ring runs against it.
pub type RingOfArcs = Vec<i64>;

/// Outlines of all areas of a run over shared arcs.
#[derive(Debug)]
pub struct Outline {
    /// Metres a step.
    step: f64,
    /// Easting and northing of step (0, 0), metres.
    origin: (f64, f64),
    /// Simplified arcs.
    pub arcs: Vec<Vec<Spot>>,
    /// Layer and code of each area with its rings, by layer and code.
    pub areas: Vec<(String, String, Vec<RingOfArcs>)>,
}

impl Outline {
    /// Simplifies the areas of `geo/area`, of whatever layers.
    ///
    /// # Errors
    /// [`Error::Input`] where a row has other keys than layer and code, or lies out of the grid's reach; [`Error::Proof`] if an outline does
    /// not close again.
    pub fn of(path: &Path, rows: &[GeoRow]) -> Result<Self> {
        if let Some(outline) = Self::woven(path, &[rows])? {
            return Ok(outline);
        }
        // Layers that no alignment brings together may cross each other more often than can be held: then each keeps its own lines.
        let layers: Vec<&[GeoRow]> = rows.chunk_by(|one, other| one.keys.first() == other.keys.first()).collect();
        let crowded = || InputProblem::new(path, "has boundaries that crowd each other", "", "publish the run again with --force");
        Ok(Self::woven(path, &layers)?.ok_or_else(crowded)?)
    }

    /// Outlines whose lines are shared within each of these groups of rows; `None` where they cross more often than can be held.
    fn woven(path: &Path, groups: &[&[GeoRow]]) -> Result<Option<Self>> {
        let frame = Frame::of(groups.iter().copied().flatten());
        let mut arcs = Arcs::default();
        let mut areas = Vec::new();
        for rows in groups {
            let rings = rings(path, rows, &frame.grid)?;
            let Ok(linework) = overlay::boundaries(&rings) else { return Ok(None) };
            let held = arcs.add(&rings, linework, &frame);
            for (row, held) in rows.iter().zip(&held) {
                let [layer, code] = row.keys.as_slice() else { return Err(keys(path)) };
                areas.push((layer.clone(), code.clone(), closed(held, &arcs.ends).ok_or_else(|| open(layer, code))?));
            }
        }
        let lines = simplified(arcs.lines, &areas);
        Ok(Some(Self { step: frame.step, origin: frame.origin, arcs: lines, areas }))
    }

    /// For the page: arcs as text of differences, layers with their areas as lists of rings.
    pub fn json(&self) -> Json {
        let mut layers: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
        for (layer, code, rings) in &self.areas {
            layers.entry(layer).or_default().push(json!([code, rings]));
        }
        let arcs: Vec<String> = self.arcs.iter().map(|arc| encoded(arc)).collect();
        json!({ "step": self.step, "x": self.origin.0, "y": self.origin.1, "arcs": arcs, "layers": layers })
    }
}

/// The grid of a map and the steps it is drawn in.
struct Frame {
    grid: Grid,
    origin: (f64, f64),
    step: f64,
}

impl Frame {
    fn of<'a>(rows: impl Iterator<Item = &'a GeoRow>) -> Self {
        let (mut min, mut max) = ((f64::INFINITY, f64::INFINITY), (f64::NEG_INFINITY, f64::NEG_INFINITY));
        for (x, y) in rows.flat_map(|row| row.polygons.iter().flatten().flatten()) {
            min = (min.0.min(*x), min.1.min(*y));
            max = (max.0.max(*x), max.1.max(*y));
        }
        if min.0 > max.0 {
            (min, max) = ((0.0, 0.0), (1.0, 1.0));
        }
        let step = 10f64.powf(((max.0 - min.0).max(max.1 - min.1).max(1.0) / STEPS).log10().floor());
        Self { grid: Grid::covering(min, max), origin: min, step }
    }

    fn spot(&self, point: &Point) -> Spot {
        let (x, y) = self.grid.metres(*point);
        // Within the grid's reach, so below 2^53 steps.
        (((x - self.origin.0) / self.step).round() as i64, ((y - self.origin.1) / self.step).round() as i64)
    }
}

/// Arcs of a map, as they are gathered.
#[derive(Default)]
struct Arcs {
    lines: Vec<Vec<Spot>>,
    ends: Vec<(Point, Point)>,
    /// Arcs of one edge, by their ends: an edge that touches another is an arc of its own for each unit that has it, and made one here.
    single: BTreeMap<(Point, Point), usize>,
}

impl Arcs {
    /// Adds the arcs of a linework; answers those of each unit, and whether its ring runs against them.
    fn add(&mut self, rings: &Rings, linework: &Linework, frame: &Frame) -> Vec<Vec<(usize, bool)>> {
        let mut held: Vec<Vec<(usize, bool)>> = vec![Vec::new(); rings.units()];
        for arc in &linework.arcs {
            let range = usize::try_from(arc.start).unwrap_or(usize::MAX)..=usize::try_from(arc.end).unwrap_or(usize::MAX);
            let Some(points) = rings.points().get(range) else { continue };
            let (Some(first), Some(last)) = (points.first(), points.last()) else { continue };
            let (mut number, mut turned) = (self.lines.len(), false);
            if points.len() == 2 {
                turned = last < first;
                let key = if turned { (*last, *first) } else { (*first, *last) };
                number = *self.single.entry(key).or_insert(number);
            }
            if number == self.lines.len() {
                let mut line: Vec<Spot> = points.iter().map(|point| frame.spot(point)).collect();
                let mut ends = (*first, *last);
                if turned {
                    line.reverse();
                    ends = (ends.1, ends.0);
                }
                self.lines.push(line);
                self.ends.push(ends);
            }
            for owner in linework.owners(arc) {
                let (unit, against) = unit_of(*owner);
                if let Some(list) = held.get_mut(unit) {
                    list.push((number, against != turned));
                }
            }
        }
        held
    }
}

fn rings(path: &Path, rows: &[GeoRow], grid: &Grid) -> Result<Rings> {
    let mut rings = Rings::new();
    for (number, row) in (1u64..).zip(rows) {
        for ring in row.polygons.iter().flatten() {
            let far =
                || InputProblem::new(path, "is out of the grid's reach", "an area in Great Britain", "publish the run again with --force");
            let points: Option<Vec<Point>> = ring.iter().map(|(x, y)| grid.snap(*x, *y)).collect();
            rings.push_ring(points.ok_or_else(|| far().record(number))?);
        }
        rings.end_unit();
    }
    Ok(rings)
}

fn keys(path: &Path) -> Error {
    InputProblem::new(path, "a row has other keys", "layer and code", "publish the run again with --force").into()
}

fn open(layer: &str, code: &str) -> Error {
    Error::Proof {
        subject: format!("{layer} {code}"),
        name: "the arcs of an outline close".to_owned(),
        expected: "rings".to_owned(),
        got: "a line with two ends".to_owned(),
        tolerance: "0".to_owned(),
    }
}

/// Unit of an owner, and whether its ring runs against the arc.
fn unit_of(owner: Owner) -> (usize, bool) {
    (usize::try_from(owner / 2).unwrap_or(usize::MAX), owner % 2 == 1)
}

/// Arcs (and whether they are run backwards) put together to rings; `None` if one does not close.
fn closed(arcs: &[(usize, bool)], ends: &[(Point, Point)]) -> Option<Vec<RingOfArcs>> {
    // By the point they start from, the last first, so that taking from the end takes them in order.
    let mut from: BTreeMap<Point, Vec<(usize, bool)>> = BTreeMap::new();
    let start = |(arc, backwards): (usize, bool)| ends.get(arc).map(|(a, b)| if backwards { *b } else { *a });
    let end = |(arc, backwards): (usize, bool)| start((arc, !backwards));
    let mut sorted = arcs.to_vec();
    sorted.sort_unstable();
    for arc in sorted.iter().rev() {
        from.entry(start(*arc)?).or_default().push(*arc);
    }
    let mut rings = Vec::new();
    for first in &sorted {
        let home = start(*first)?;
        let Some(position) = from.get(&home).and_then(|list| list.iter().position(|arc| arc == first)) else { continue };
        from.get_mut(&home)?.remove(position);
        let (mut ring, mut at) = (vec![*first], end(*first)?);
        while at != home {
            let next = from.get_mut(&at)?.pop()?;
            ring.push(next);
            at = end(next)?;
        }
        rings.push(ring.into_iter().map(|(arc, backwards)| number(arc, backwards)).collect());
    }
    Some(rings)
}

fn number(arc: usize, backwards: bool) -> i64 {
    let number = i64::try_from(arc).unwrap_or(i64::MAX);
    if backwards { !number } else { number }
}

/// The arc of a number in a ring.
fn arc_of(number: i64) -> usize {
    usize::try_from(if number < 0 { !number } else { number }).unwrap_or(usize::MAX)
}

/// Arcs with the points that show most. Whatever the threshold, no ring becomes a line: one of a single arc keeps three points between its ends,
/// one of two arcs a point in each, and a ring that has come to nothing all the same gets its points back.
fn simplified(mut lines: Vec<Vec<Spot>>, areas: &[(String, String, Vec<RingOfArcs>)]) -> Vec<Vec<Spot>> {
    for line in &mut lines {
        if line.len() > 2 {
            let ends = (line.first().copied(), line.last().copied());
            line.dedup();
            // A line that is shorter than a step keeps both its ends.
            if let (1, (Some(first), Some(last))) = (line.len(), ends) {
                *line = vec![first, last];
            }
        }
    }
    let weighed: Vec<Vec<u128>> = lines.par_iter().map(|line| weights(line)).collect();
    let mut all: Vec<u128> = weighed.iter().flatten().copied().filter(|weight| *weight != u128::MAX).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    // Points in line with their neighbours show nothing, however few there are.
    let threshold = all.get(POINTS).copied().unwrap_or(0);
    let mut inner = vec![0usize; lines.len()];
    for ring in areas.iter().flat_map(|(_, _, rings)| rings) {
        let least = match ring.len() {
            1 => 3,
            2 => 1,
            _ => 0,
        };
        for number in ring {
            if let Some(slot) = inner.get_mut(arc_of(*number)) {
                *slot = (*slot).max(least);
            }
        }
    }
    let thin = lines.par_iter().zip(&weighed).zip(&inner);
    let mut thin: Vec<Vec<Spot>> = thin.map(|((line, weights), inner)| thinned(line, weights, threshold, *inner)).collect();
    let mut restored: BTreeSet<usize> = BTreeSet::new();
    for ring in areas.iter().flat_map(|(_, _, rings)| rings) {
        if area(ring, &thin) == 0 && area(ring, &lines) != 0 {
            restored.extend(ring.iter().map(|number| arc_of(*number)));
        }
    }
    for arc in restored {
        if let (Some(slot), Some(line)) = (thin.get_mut(arc), lines.get(arc)) {
            slot.clone_from(line);
        }
    }
    thin
}

/// Twice the signed area of a ring of arcs, square steps.
pub fn area(ring: &RingOfArcs, arcs: &[Vec<Spot>]) -> i128 {
    let mut points: Vec<Point> = Vec::new();
    for number in ring {
        let Some(arc) = arcs.get(arc_of(*number)) else { continue };
        let point = |spot: &Spot| Point { x: spot.0, y: spot.1 };
        match *number < 0 {
            true => points.extend(arc.iter().rev().map(point)),
            false => points.extend(arc.iter().map(point)),
        }
        points.pop();
    }
    doubled_area(&points)
}

/// Differences from point to point, x then y, the first from (0, 0); each folded to be positive, in digits of five bits, the low ones first.
fn encoded(arc: &[Spot]) -> String {
    let mut text = String::new();
    let mut before = (0i64, 0i64);
    for spot in arc {
        for (now, then) in [(spot.0, before.0), (spot.1, before.1)] {
            let difference = now.saturating_sub(then);
            let mut rest = difference.unsigned_abs().saturating_mul(2).saturating_sub(u64::from(difference < 0));
            loop {
                let more = rest > 31;
                let digit = (rest & 31) | if more { 32 } else { 0 };
                rest >>= 5;
                text.push(usize::try_from(digit).ok().and_then(|digit| DIGITS.get(digit)).map_or('A', |digit| char::from(*digit)));
                if !more {
                    break;
                }
            }
        }
        before = *spot;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_folded_and_written_in_fives() {
        // 0, 0; then 1 -> 2, -1 -> 1; then 15 -> 30, 16 -> 32 = 0 and more, 1.
        assert_eq!(encoded(&[(0, 0), (1, -1), (16, 15)]), "AACBegB");
        assert_eq!(DIGITS.iter().collect::<BTreeSet<_>>().len(), 64);
    }

    #[test]
    fn two_squares_share_one_arc_and_an_island_stays() {
        let square = |x: f64, size: f64| vec![(x, 0.0), (x + size, 0.0), (x + size, size), (x, size), (x, 0.0)];
        let row = |layer: &str, code: &str, rings: Vec<Vec<(f64, f64)>>| GeoRow {
            keys: vec![layer.to_owned(), code.to_owned()],
            polygons: rings.into_iter().map(|ring| vec![ring]).collect(),
        };
        let rows = [
            row("council", "C", vec![square(0.0, 100.0)]),
            row("health", "A", vec![square(0.0, 100.0)]),
            row("health", "B", vec![square(100.0, 100.0), square(1000.0, 1.0)]),
            row("health", "N", Vec::new()),
        ];
        let outline = Outline::of(Path::new("area.parquet"), &rows).unwrap();
        let apart = Outline::woven(Path::new("area.parquet"), &[&rows[..1], &rows[1..]]).unwrap().unwrap();
        assert_eq!(apart.arcs.len(), outline.arcs.len() + 1, "the line of two layers is there twice, that of two neighbours once");
        let rings = |at: usize| outline.areas[at].2.clone();
        // C and A are the same line.
        let arcs = |rings: &[RingOfArcs]| rings.iter().flatten().map(|number| arc_of(*number)).collect::<BTreeSet<_>>();
        assert_eq!(arcs(&rings(0)), arcs(&rings(1)));
        let shared: Vec<usize> = arcs(&rings(1)).intersection(&arcs(&rings(2))).copied().collect();
        assert_eq!(shared.len(), 1, "one arc between A and B");
        assert_eq!((rings(2).len(), rings(3).len()), (2, 0));
        let area = |at: usize| outline.areas[at].2.iter().map(|ring| super::area(ring, &outline.arcs).abs()).sum::<i128>() as f64;
        let square_metres = |at: usize| area(at) / 2.0 * outline.step * outline.step;
        assert!((square_metres(0) - 10_000.0).abs() < 1.0 && (square_metres(2) - 10_001.0).abs() < 1.0, "{}", square_metres(2));
    }
}
