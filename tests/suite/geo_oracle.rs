//! `geo` as a second opinion on the engine: areas, overlaps and validity of random coverages, beside GEOS in tests/peers.
//!
//! `geo` overlays floats, so areas are compared with a tolerance for its rounding, relative to the operands' size: these coverages are some
//! 20 metres wide, and what `geo` makes of them was never further than 1e-6 m2 from ours.

use coterminous::domain::{Grid, Role};
use coterminous::overlay::Overlaid;
use coterminous::{layers, overlaps};
use geo::{Area, BooleanOps, Contains, Validation};
use geo_types::{LineString, MultiPolygon, Point, Polygon};

use crate::support::{self, Random, Shape};

const GRID: Grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: Grid::PER_METRE };

/// Square metres.
const TOLERANCE: f64 = 1e-5;

/// The union of a shape's cells: they do not overlap, but lie side by side.
fn union(shape: &Shape) -> MultiPolygon {
    let cells = shape.rings.iter().map(|ring| {
        let ring: LineString = ring.iter().map(|[x, y]| (*x, *y)).collect();
        MultiPolygon::from(Polygon::new(ring, Vec::new()))
    });
    cells.reduce(|one, other| one.union(&other)).unwrap()
}

#[test]
fn areas_overlaps_and_validity_agree_with_geo() {
    let (mut compared, mut several) = (0usize, 0usize);
    for seed in 0..60 {
        let mut random = Random::new(seed);
        // Every other country has vertices off the lattice.
        let jitter = if seed % 2 == 0 { 0 } else { 5_000_000 };
        let sides = [support::coverage(&mut random, "L", jitter), support::coverage(&mut random, "R", jitter)];
        let unions = sides.each_ref().map(|side| side.iter().map(union).collect::<Vec<_>>());
        let mut built = sides.each_ref().map(|side| support::built("l", Role::Health, side, &GRID).layer);
        for (layer, unions) in built.iter_mut().zip(&unions) {
            layers::label(layer, &GRID).unwrap();
            let outlines = layers::Outlines::of(layer).unwrap();
            for (unit, area) in layer.areas.iter().enumerate() {
                assert!((area.area_m2 - unions[unit].unsigned_area()).abs() < TOLERANCE, "seed {seed}, {}", area.code);
                let drawn = outlines.draw(unit).to_polygons(&GRID);
                assert!(drawn.is_valid(), "seed {seed}, {}: {:?}", area.code, drawn.validation_errors());
                assert!((area.area_m2 - drawn.unsigned_area()).abs() < TOLERANCE, "seed {seed}, {}", area.code);
                let [x, y] = area.label.unwrap();
                assert!(drawn.contains(&Point::new(x, y)), "seed {seed}, {}: {x} {y}", area.code);
                several += usize::from(drawn.0.len() > 1);
            }
        }
        let overlaid = Overlaid::of(&built[0], &built[1]).unwrap();
        let mut pairs = overlaid.overlay.pairs.iter().peekable();
        let parts: Vec<_> = overlaid.overlay.pairs.iter().map(|pair| (Some(pair.left), Some(pair.right))).collect();
        let outlines = overlaid.outlines(&parts).unwrap();
        let mut part = 0;
        for (left, one) in unions[0].iter().enumerate() {
            for (right, other) in unions[1].iter().enumerate() {
                let both = one.intersection(other).unsigned_area();
                let ours = pairs.next_if(|pair| (pair.left, pair.right) == (left, right));
                let area = ours.map_or(0.0, |pair| pair.extent.square_metres(&GRID));
                assert!((area - both).abs() < TOLERANCE, "seed {seed}, {left} and {right}: {area}, geo {both}");
                if ours.is_some() {
                    let drawn = outlines.draw(part).unwrap().to_polygons(&GRID);
                    assert!((drawn.unsigned_area() - area).abs() < TOLERANCE, "seed {seed}, {left} and {right}");
                    // Slivers of a few grid steps are valid on the grid; as floats their sides may touch.
                    assert!(area < TOLERANCE || drawn.is_valid(), "seed {seed}, {left} and {right}: {:?}", drawn.validation_errors());
                    part += 1;
                }
                compared += 1;
            }
        }
        assert!(pairs.next().is_none(), "seed {seed}: pairs in order");
    }
    // Countries that are worth it: pairs by the hundred, and areas in several parts.
    assert!(compared > 250 && several > 100, "{compared} pairs, {several} areas of several parts");
}

#[test]
fn polygons_of_geo_types_go_in_and_come_out() {
    let square = |x: f64, y: f64, size: f64| {
        Polygon::new(LineString::from(vec![(x, y), (x + size, y), (x + size, y + size), (x, y + size)]), Vec::new())
    };
    let island = square(20.0, 0.0, 2.0);
    let frame = Polygon::new(square(0.0, 0.0, 10.0).exterior().clone(), vec![square(4.0, 4.0, 2.0).exterior().clone()]);
    let left = [MultiPolygon::new(vec![frame, island]), MultiPolygon::from(square(100.0, 100.0, 1.0))];
    let right = [MultiPolygon::from(square(5.0, 0.0, 100.0))];
    let overlaps = overlaps(&left, &right).unwrap();
    // Half of the frame, less half of its hole, and the island: 50 - 2 + 4. The square at (100, 100) touches the other along an edge, without area.
    assert_eq!(overlaps.len(), 1);
    let overlap = &overlaps[0];
    assert_eq!((overlap.left, overlap.right, overlap.area_m2), (0, 0, 52.0));
    assert_eq!((overlap.share_left, overlap.share_right), (52.0 / 100.0, 52.0 / 10_000.0));
    assert_eq!((overlap.shape.0.len(), overlap.shape.unsigned_area()), (2, 52.0));
    assert!(overlap.shape.is_valid());
    // What cannot be overlaid says which polygon it is.
    let hole = MultiPolygon::from(square(f64::NAN, 0.0, 1.0));
    let message = coterminous::overlaps(&[left[1].clone(), hole], &right).unwrap_err().to_string();
    assert!(message.contains("the first set, polygon 0000000001") && message.contains("is not finite"), "{message}");
    let message = coterminous::overlaps(&left, &[]).unwrap_err().to_string();
    assert!(message.contains("the second set"), "{message}");
    // A polygon without points overlaps nothing, and keeps its place.
    let overlaps = coterminous::overlaps(&left, &[MultiPolygon::new(Vec::new()), right[0].clone()]).unwrap();
    assert_eq!(overlaps.iter().map(|overlap| (overlap.left, overlap.right, overlap.area_m2)).collect::<Vec<_>>(), [(0, 1, 52.0)]);
}

#[path = "../../examples/polygons.rs"]
#[allow(dead_code)]
mod example;

#[test]
fn the_example_prints_what_it_says() {
    // West is 1,000 by 1,000 metres: 750 by 800 of it are in Rest and 250 by 800 in Borough; of East 1,000 by 800.
    let expected = "West in Rest: 600000 m2, 60%\nWest in Borough: 200000 m2, 20%\nEast in Borough: 800000 m2, 80%\n";
    assert_eq!(example::table().unwrap(), expected);
}
