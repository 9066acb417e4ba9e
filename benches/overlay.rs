//! The overlay engine on generated layers, beside pairwise overlay on integers.
//!
//! `cargo bench --bench overlay [-- REPEATS [POINTS_AN_EDGE]]` prints one row a fixture and path, `overlay/<fixture>/<path>`, with the least
//! and the median wall time. Every answer is checked: the engine's against its own proof and against the pairwise path, pair by pair. Not a
//! test: nothing fails by being slow.
//!
//! Fixtures: `shared`, two groupings of the same blocks, so that most of their boundaries are the same vertices; `redrawn`, the second of
//! them with every vertex moved by metres, so that slivers run along all of it; `same`, a layer over itself. Paths: `linework` (a layer's
//! boundaries found, matched and checked), `pairs` (areas, from layers whose linework is known), `polygons` (areas and polygons), `pairwise`
//! (i_overlay on every pair of units of which the boxes meet).

use std::collections::BTreeMap;
use std::time::Instant;

use coterminous::domain::{Area, Layer, Point, Rings, Role};
use coterminous::overlay::{self, Overlaid, Part, pairwise};
use rayon::prelude::*;

/// Blocks along each side of the country.
const BLOCKS: usize = 120;

/// Grid steps a block is wide: 5 km on a grid of a nanometre.
const BLOCK: f64 = 5e12;

fn main() {
    // `cargo bench` itself passes --bench.
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<usize>().ok());
    let (repeats, points) = (numbers.next().unwrap_or(5).max(1), numbers.next().unwrap_or(40).max(1));
    let (health, council, redrawn) = (
        layer("health", points, 0.0, &|x, y| (x / 9, (y + usize::from(x.is_multiple_of(4))) / 9)),
        layer("council", points, 0.0, &|x, y| (x / 6, (y + usize::from(x.is_multiple_of(3))) / 7)),
        layer("council", points + points / 3, 1.0, &|x, y| (x / 6, (y + usize::from(x.is_multiple_of(3))) / 7)),
    );
    println!("{:<28} {:>9} {:>9} {:>10} {:>8}", "row", "min s", "median s", "points", "pairs");
    for (fixture, left, right) in [("shared", &health, &council), ("redrawn", &health, &redrawn), ("same", &council, &council)] {
        race(fixture, left, right, repeats);
    }
}

fn race(fixture: &str, left: &Layer, right: &Layer, repeats: usize) {
    let points = left.rings.points().len() + right.rings.points().len();
    let row = |path: &str, pairs: usize, mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        let name = format!("overlay/{fixture}/{path}");
        println!("{name:<28} {:>9.4} {:>9.4} {points:>10} {pairs:>8}", times[0], times[times.len() / 2]);
    };
    let timed = |act: &mut dyn FnMut()| {
        let start = Instant::now();
        act();
        start.elapsed().as_secs_f64()
    };
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut expected: Option<overlay::Overlay> = None;
    for _ in 0..repeats {
        // Fresh rings, which know no linework yet.
        let (left, right) = (fresh(left), fresh(right));
        times.entry("linework").or_default().push(timed(&mut || {
            for layer in [&left, &right] {
                let coverage = overlay::inspect(&layer.rings).expect("layers that can be arranged");
                assert_eq!(coverage.areas, coverage.ring_sums, "the faces of a valid layer are its rings");
                assert!(coverage.overlaps.is_empty() && coverage.self_crossing.is_empty());
            }
        }));
        let mut found = None;
        times.entry("pairs").or_default().push(timed(&mut || found = overlay::overlay(&left, &right).ok()));
        let found = found.expect("an overlay");
        assert!(found.proofs.iter().all(|proof| proof.holds));
        let parts: Vec<Part> = found.pairs.iter().map(|pair| (Some(pair.left), Some(pair.right))).collect();
        let mut polygons = Vec::new();
        times.entry("polygons").or_default().push(timed(&mut || {
            let overlaid = Overlaid::of(&left, &right).expect("an overlay");
            let outlines = overlaid.outlines(&parts).expect("boundaries that close");
            polygons = (0..parts.len()).into_par_iter().map(|part| outlines.draw(part)).collect::<Result<Vec<_>, _>>().expect("polygons");
        }));
        for (pair, outline) in found.pairs.iter().zip(&polygons) {
            let drawn: i128 = outline.polygons().flatten().map(coterminous::domain::geometry::doubled_area).sum();
            assert_eq!(drawn, pair.extent.doubled_area, "polygons have the area of the table");
        }
        assert!(expected.as_ref().is_none_or(|expected| *expected == found), "the same answer every time");
        expected = Some(found);
    }
    let expected = expected.expect("at least one repeat");
    times.entry("pairwise").or_default().push(timed(&mut || check_pairwise(left, right, &expected)));
    for path in ["linework", "pairs", "polygons", "pairwise"] {
        row(path, expected.pairs.len(), times.remove(path).unwrap_or_default());
    }
}

/// Holds every pair of units of which the boxes meet against i_overlay.
fn check_pairwise(left: &Layer, right: &Layer, expected: &overlay::Overlay) {
    let boxes = |layer: &Layer| -> Vec<[i64; 4]> {
        (0..layer.rings.units())
            .map(|unit| {
                layer
                    .rings
                    .unit(unit)
                    .flatten()
                    .fold([i64::MAX, i64::MAX, i64::MIN, i64::MIN], |[w, s, e, n], p| [w.min(p.x), s.min(p.y), e.max(p.x), n.max(p.y)])
            })
            .collect()
    };
    let (lefts, rights) = (boxes(left), boxes(right));
    let areas: BTreeMap<(usize, usize), i128> =
        expected.pairs.iter().map(|pair| ((pair.left, pair.right), pair.extent.doubled_area)).collect();
    for (unit, a) in lefts.iter().enumerate() {
        for (other, b) in rights.iter().enumerate() {
            if a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3] {
                let area = pairwise::shared_area(&left.rings, unit, &right.rings, other);
                let engine = areas.get(&(unit, other)).copied().unwrap_or(0);
                // Both round crossings to a step; no boundary here is longer than 10,000 km.
                assert!((area - engine).abs() <= 4 * 10_000_000_000_000_000, "{unit} {other}: {area} {engine}");
            }
        }
    }
}

fn fresh(layer: &Layer) -> Layer {
    let mut rings = Rings::new();
    for unit in 0..layer.rings.units() {
        for ring in layer.rings.unit(unit) {
            rings.push_ring(ring.iter().copied());
        }
        rings.end_unit();
    }
    Layer { rings, ..layer.clone() }
}

/// A layer that groups the country's blocks; `moved` metres are the size of what another surveyor does.
fn layer(id: &str, points: usize, moved: f64, group: &dyn Fn(usize, usize) -> (usize, usize)) -> Layer {
    let mut blocks = Rings::new();
    let mut groups = Vec::new();
    let mut numbers = BTreeMap::new();
    for y in 0..BLOCKS {
        for x in 0..BLOCKS {
            let corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)];
            let ring = corners.windows(2).flat_map(|side| {
                let along = move |step: usize| {
                    // The same sum from either end, so that neighbours agree to the last step.
                    let part = |from: usize, to: usize| (from * (points - step) + to * step) as f64 / points as f64;
                    (part(side[0].0, side[1].0), part(side[0].1, side[1].1))
                };
                (0..points).map(along).collect::<Vec<_>>()
            });
            blocks.push_ring(ring.map(|(x, y)| bent(x, y, moved)));
            blocks.end_unit();
            let next = numbers.len();
            groups.push(Some(*numbers.entry(group(x, y)).or_insert(next)));
        }
    }
    let mut rings = Rings::new();
    for unit in overlay::dissolve(&blocks, &groups, numbers.len()).expect("blocks that can be arranged") {
        for ring in unit.iter() {
            rings.push_ring(ring.iter().copied());
        }
        rings.end_unit();
    }
    Layer {
        id: id.to_owned(),
        role: Role::Other,
        kind: String::new(),
        resolution_m: 0.0,
        clip: None,
        valid_from: None,
        valid_to: None,
        areas: (0..numbers.len()).map(|unit| area(format!("{unit:05}"))).collect(),
        rings,
        populations: BTreeMap::new(),
        other_codes: Default::default(),
    }
}

fn area(code: String) -> Area {
    Area {
        code,
        name: None,
        area_m2: 0.0,
        people: None,
        parts: 0,
        holes: 0,
        vertices: 0,
        repaired: false,
        label: None,
        attributes: BTreeMap::new(),
    }
}

/// A place in blocks, on the grid: the plane bent by waves that are too flat to fold it, coordinates on a tenth of a millimetre.
fn bent(x: f64, y: f64, moved: f64) -> Point {
    let (mut dx, mut dy) = (0.0, 0.0);
    for (length, size) in [(31.0, 3.0), (5.3, 0.35), (0.9, 0.045), (0.17, 0.007)] {
        let turn = std::f64::consts::TAU / length;
        dx += size * (turn * (0.8 * x + 0.6 * y)).sin() / 2.0;
        dy += size * (turn * (0.7 * y - 0.7 * x)).cos() / 2.0;
    }
    let metres = moved / 5000.0;
    dx += metres * (x * 41.0 + y * 17.0).sin();
    dy += metres * (x * 13.0 - y * 37.0).cos();
    let on_grid = |blocks: f64| ((blocks - BLOCKS as f64 / 2.0) * BLOCK / 1e5).round() as i64 * 100_000;
    Point { x: on_grid(x + dx), y: on_grid(y + dy) }
}
