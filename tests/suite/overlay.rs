//! The overlay engine against the independent pairwise path, and against itself turned, moved, shuffled and relabelled.

use coterminous::domain::{Drawn, Grid, Layer, Role};
use coterminous::overlay::{self, Overlay, pairwise};
use proptest::prelude::*;

use crate::support::{self, Random, Shape};

const GRID: Grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: Grid::PER_METRE };

fn layer(id: &str, shapes: &[Shape]) -> Layer {
    support::built(id, Role::Other, shapes, &GRID).layer
}

fn names(overlay: &Overlay, left: &Layer, right: &Layer) -> Vec<(String, String, f64)> {
    let area = |doubled: i128| GRID.square_metres(doubled);
    overlay
        .pairs
        .iter()
        .map(|p| (left.areas[p.left].code.clone(), right.areas[p.right].code.clone(), area(p.extent.doubled_area)))
        .collect()
}

fn pair(left: &str, right: &str, area: f64) -> (String, String, f64) {
    (left.to_owned(), right.to_owned(), area)
}

#[test]
fn two_offset_squares() {
    // 10 x 10 at (0, 0) and 10 x 10 at (6, 4) share 4 x 6 = 24 and leave 100 - 24 = 76 of each uncovered.
    let (a, b) = (layer("a", &[support::square("A", 0.0, 0.0, 10.0, 10.0)]), layer("b", &[support::square("B", 6.0, 4.0, 10.0, 10.0)]));
    let overlay = overlay::overlay(&a, &b).unwrap();
    assert_eq!(names(&overlay, &a, &b), [pair("A", "B", 24.0)]);
    assert_eq!(overlay.left.outside[0].square_metres(&GRID), 76.0);
    assert_eq!(overlay.right.outside[0].square_metres(&GRID), 76.0);
    // The shared part is 4 by 6: boundary 20.
    assert_eq!(overlay.pairs[0].extent.boundary_metres(&GRID), 20.0);
    assert_eq!(overlay.crossings, 2);
}

#[test]
fn polygons_are_drawn_along_edges_wherever_that_is_plain() {
    // A square and a diamond that cut each other's corners off: an octagon, and four triangles a side, none as large as another.
    let square = layer("square", &[support::square("S", 0.0, 0.0, 10.0, 10.0)]);
    let diamond = layer("diamond", &[Shape::new("D", vec![vec![[5.5, -1.75], [12.5, 5.25], [5.5, 12.25], [-1.5, 5.25], [5.5, -1.75]]])]);
    let overlaid = overlay::Overlaid::of(&square, &diamond).unwrap();
    let wanted = [((Some(0), Some(0)), 1, 8), ((Some(0), None), 4, 3), ((None, Some(0)), 4, 3)];
    let outlines = overlaid.outlines(&wanted.map(|(part, _, _)| part)).unwrap();
    for (at, (part, polygons, corners)) in wanted.iter().enumerate() {
        let Drawn::Strokes(strokes) = outlines.strokes(at).unwrap() else { panic!("{part:?} is drawn point by point") };
        assert_eq!(strokes.outline(), outlines.draw(at).unwrap(), "{part:?}");
        let drawn: Vec<usize> = strokes.outline().polygons().flatten().map(<[_]>::len).collect();
        assert_eq!(drawn, vec![*corners; *polygons], "{part:?}");
    }
    // Of coverages that cross wherever they happen to, most parts: a few are thin, or have a crossing near another.
    let (mut along, mut all) = (0, 0);
    for seed in 0..200 {
        let (left, right) = two_coverages(seed, 0);
        let (left, right) = (layer("left", &left), layer("right", &right));
        let overlaid = overlay::Overlaid::of(&left, &right).unwrap();
        let parts: Vec<overlay::Part> = overlaid.overlay.pairs.iter().map(|pair| (Some(pair.left), Some(pair.right))).collect();
        let outlines = overlaid.outlines(&parts).unwrap();
        along += (0..parts.len()).filter(|at| matches!(outlines.strokes(*at), Ok(Drawn::Strokes(_)))).count();
        all += parts.len();
    }
    assert!(all > 400 && along * 4 > all * 3, "{along} of {all}");
}

#[test]
fn a_hole_filled_by_another_unit_and_an_island_in_it() {
    // A is a 10 x 10 frame around a 4 x 4 lake; B fills the lake but for the 2 x 2 island C in its middle.
    let frame = Shape::new("A", vec![support::ring(0.0, 0.0, 10.0, 10.0), support::ring(3.0, 3.0, 4.0, 4.0)]);
    let lake = Shape::new("B", vec![support::ring(3.0, 3.0, 4.0, 4.0), support::ring(4.0, 4.0, 2.0, 2.0)]);
    let island = support::square("C", 4.0, 4.0, 2.0, 2.0);
    let left = layer("left", &[frame, lake, island]);
    let right = layer("right", &[support::square("R", 0.0, 0.0, 5.0, 10.0)]);
    let overlay = overlay::overlay(&left, &right).unwrap();
    // R is the western half: A gives 50 - 2*4 = 42, B 2*4 - 1*2 = 6, C 2.
    assert_eq!(names(&overlay, &left, &right), [pair("A", "R", 42.0), pair("B", "R", 6.0), pair("C", "R", 2.0)]);
    assert_eq!(overlay.right.outside[0].doubled_area, 0);
}

#[test]
fn components_inside_faces_of_the_other_layer() {
    // Nothing touches: the small squares lie inside the big one, and one far away.
    let left = layer("left", &[support::square("A", 0.0, 0.0, 100.0, 100.0)]);
    let right = layer(
        "right",
        &[
            support::square("X", 10.0, 10.0, 5.0, 5.0),
            support::square("Y", 50.0, 60.0, 2.0, 3.0),
            support::square("Z", 200.0, 0.0, 1.0, 1.0),
        ],
    );
    let overlay = overlay::overlay(&left, &right).unwrap();
    assert_eq!(names(&overlay, &left, &right), [pair("A", "X", 25.0), pair("A", "Y", 6.0)]);
    assert_eq!(overlay.left.outside[0].square_metres(&GRID), 10_000.0 - 31.0);
    assert_eq!(overlay.right.outside.iter().map(|e| e.square_metres(&GRID)).collect::<Vec<_>>(), [0.0, 0.0, 1.0]);
}

#[test]
fn units_of_one_layer_that_overlap_count_twice_and_the_proof_knows() {
    // B and C overlap by 2 x 10; A covers both.
    let left = layer("left", &[support::square("A", 0.0, 0.0, 20.0, 10.0)]);
    let right = layer("right", &[support::square("B", 0.0, 0.0, 11.0, 10.0), support::square("C", 9.0, 0.0, 11.0, 10.0)]);
    let overlay = overlay::overlay(&left, &right).unwrap();
    assert_eq!(names(&overlay, &left, &right), [pair("A", "B", 110.0), pair("A", "C", 110.0)]);
    assert_eq!(GRID.square_metres(overlay.left.excess[0]), 20.0);
    assert!(overlay.proofs.iter().all(|proof| proof.holds));
}

#[test]
fn three_segments_through_one_point_off_the_grid() {
    // Three diagonals cross at (1.5, 1.5) steps of the grid, where no grid point is.
    let step = 1e-9;
    let at = |points: &[[f64; 2]]| vec![points.iter().map(|[x, y]| [x * step, y * step]).collect::<Vec<_>>()];
    let a = Shape::new("A", at(&[[0.0, 0.0], [3.0, 3.0], [0.0, 30.0]]));
    let b = Shape::new("B", at(&[[0.0, 3.0], [3.0, 0.0], [30.0, 30.0]]));
    let c = Shape::new("C", at(&[[0.0, 1.0], [3.0, 2.0], [3.0, 20.0]]));
    let blocks = layer("c", &[c]);
    let (a, b) = (layer("a", &[a]), layer("b", &[b]));
    let (_, proof) = overlay::split_blocks(&blocks, &a, &b).unwrap();
    assert!(proof.holds);
}

/// Two coverages with everything that goes wrong: vertices of one on edges of the other, edges that run along each other, equal edges with
/// different vertices on them, units of several parts and with holes, jitter of up to `jitter` grid steps.
fn two_coverages(seed: u64, jitter: i64) -> (Vec<Shape>, Vec<Shape>) {
    let mut random = Random::new(seed);
    let left = support::coverage(&mut random, "L", jitter);
    let right = support::coverage(&mut random, "R", jitter);
    (left, right)
}

/// Engine and pairwise path on every pair of units, present or not.
fn agrees_with_pairwise(left: &Layer, right: &Layer) -> Result<(), TestCaseError> {
    let overlay = overlay::overlay(left, right).map_err(|broken| TestCaseError::fail(broken.0))?;
    for l in 0..left.areas.len() {
        for r in 0..right.areas.len() {
            let expected = pairwise::shared_area(&left.rings, l, &right.rings, r);
            let found = overlay.pairs.iter().find(|p| (p.left, p.right) == (l, r)).map_or(0, |p| p.extent.doubled_area);
            // Both round crossings by up to a step: a strip of two steps along both boundaries, 200 m at most here.
            prop_assert!((expected - found).abs() <= 4 * 200 * 1_000_000_000, "{l} {r}: pairwise {expected}, engine {found}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_pair_is_what_the_pairwise_path_finds(seed in any::<u64>(), jitter in 0i64..=3) {
        let (left, right) = two_coverages(seed, jitter);
        agrees_with_pairwise(&layer("left", &left), &layer("right", &right))?;
    }

    #[test]
    fn sides_swapped_give_the_same_pairs(seed in any::<u64>(), jitter in 0i64..=3) {
        let (left, right) = two_coverages(seed, jitter);
        let (left, right) = (layer("left", &left), layer("right", &right));
        let one = overlay::overlay(&left, &right).unwrap();
        let other = overlay::overlay(&right, &left).unwrap();
        let mut turned: Vec<_> = other.pairs.iter().map(|p| overlay::Pair { left: p.right, right: p.left, extent: p.extent }).collect();
        turned.sort_by_key(|p| (p.left, p.right));
        prop_assert_eq!(one.pairs, turned);
        prop_assert_eq!(one.left, other.right);
    }

    #[test]
    fn order_start_and_direction_change_nothing(seed in any::<u64>(), jitter in 0i64..=3) {
        let (left, right) = two_coverages(seed, jitter);
        let mut random = Random::new(seed ^ 1);
        let shuffled = support::shuffle(&mut random, &left);
        let right = layer("right", &right);
        let one = overlay::overlay(&layer("left", &left), &right).unwrap();
        let other = overlay::overlay(&layer("left", &shuffled), &right).unwrap();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn moving_both_layers_changes_nothing(seed in any::<u64>(), jitter in 0i64..=3, dx in -50_000i32..50_000, dy in -50_000i32..50_000) {
        let (left, right) = two_coverages(seed, jitter);
        let moved = |shapes: &[Shape]| support::translate(shapes, f64::from(dx), f64::from(dy));
        let one = overlay::overlay(&layer("left", &left), &layer("right", &right)).unwrap();
        let other = overlay::overlay(&layer("left", &moved(&left)), &layer("right", &moved(&right))).unwrap();
        prop_assert_eq!(one.pairs, other.pairs);
    }

    #[test]
    fn a_layer_over_itself_is_the_diagonal(seed in any::<u64>(), jitter in 0i64..=3) {
        let (left, _) = two_coverages(seed, jitter);
        let left = layer("left", &left);
        let overlay = overlay::overlay(&left, &left).unwrap();
        for pair in &overlay.pairs {
            prop_assert_eq!(pair.left, pair.right);
            prop_assert_eq!(pair.extent.doubled_area, overlay.left.whole[pair.left].doubled_area);
        }
        prop_assert_eq!(overlay.pairs.len(), left.areas.len());
        prop_assert_eq!(overlay.crossings, 0);
    }

    #[test]
    fn dissolve_then_overlay_is_overlay_then_relabel(seed in any::<u64>(), jitter in 0i64..=3) {
        let (left, right) = two_coverages(seed, jitter);
        let (left, right) = (layer("left", &left), layer("right", &right));
        let groups: Vec<Option<usize>> = (0..left.areas.len()).map(|unit| Some(unit % 2)).collect();
        let dissolved = support::dissolved(&left, &groups, 2, &GRID);
        let direct = overlay::overlay(&dissolved, &right).unwrap();
        let fine = overlay::overlay(&left, &right).unwrap();
        // (area by dissolving first, area by relabelling after, longest boundary met)
        let mut both: std::collections::BTreeMap<(usize, usize), (i128, i128, i128)> = std::collections::BTreeMap::new();
        for pair in &direct.pairs {
            let entry = both.entry((pair.left, pair.right)).or_default();
            (entry.0, entry.2) = (pair.extent.doubled_area, entry.2.max(pair.extent.boundary));
        }
        for pair in &fine.pairs {
            let entry = both.entry((pair.left % 2, pair.right)).or_default();
            (entry.1, entry.2) = (entry.1 + pair.extent.doubled_area, entry.2.max(pair.extent.boundary));
        }
        for (key, (dissolved, relabelled, boundary)) in both {
            // Equal but for rounding: an edge inside a group crosses the right layer in the fine overlay alone, and each such crossing
            // bends the right layer's edge by up to half a step. A pair thinner than that may round away on one side.
            prop_assert!((dissolved - relabelled).abs() <= 2 * boundary, "{key:?}: {dissolved} dissolved, {relabelled} relabelled");
        }
    }

    #[test]
    fn blocks_over_pairs_add_up_to_the_pairs(seed in any::<u64>(), jitter in 0i64..=3) {
        let (left, right) = two_coverages(seed, jitter);
        let (blocks, _) = two_coverages(seed ^ 7, jitter);
        let (left, right, blocks) = (layer("left", &left), layer("right", &right), layer("blocks", &blocks));
        let (pieces, proof) = overlay::split_blocks(&blocks, &left, &right).unwrap();
        prop_assert!(proof.holds);
        let pairs = overlay::overlay(&blocks, &left).unwrap();
        for pair in &pairs.pairs {
            let sum: i128 = pieces.iter().filter(|p| p.block == pair.left && p.left == Some(pair.right)).map(|p| p.extent.doubled_area).sum();
            prop_assert!((sum - pair.extent.doubled_area).abs() <= 4 * 200 * 1_000_000_000);
        }
    }

    #[test]
    fn polygons_of_pairs_have_the_area_of_the_table(seed in any::<u64>(), jitter in 0i64..=3) {
        let (left, right) = two_coverages(seed, jitter);
        let (left, right) = (layer("left", &left), layer("right", &right));
        let overlay = overlay::overlay(&left, &right).unwrap();
        let mut parts: Vec<(overlay::Part, overlay::Extent)> = overlay.pairs.iter().map(|p| ((Some(p.left), Some(p.right)), p.extent)).collect();
        parts.extend(overlay.left.outside.iter().enumerate().map(|(unit, extent)| ((Some(unit), None), *extent)));
        parts.extend(overlay.right.outside.iter().enumerate().map(|(unit, extent)| ((None, Some(unit)), *extent)));
        let wanted: Vec<overlay::Part> = parts.iter().map(|(part, _)| *part).collect();
        let overlaid = overlay::Overlaid::of(&left, &right).unwrap();
        let outlines = overlaid.outlines(&wanted).unwrap();
        for (at, (part, extent)) in parts.iter().enumerate() {
            let outline = outlines.draw(at).unwrap();
            prop_assert!(outline.polygons().flatten().map(<[_]>::len).sum::<usize>() <= outlines.points(at));
            if let Drawn::Strokes(strokes) = outlines.strokes(at).unwrap() {
                prop_assert_eq!(&strokes.outline(), &outline);
            }
            let area: i128 = outline.polygons().flatten().map(coterminous::domain::geometry::doubled_area).sum();
            // Equal, but where crossings had to be moved once more for the polygon to be valid: by less than a step, along its boundary.
            prop_assert!((area - extent.doubled_area).abs() <= 2 * extent.boundary, "{:?}: {} {}", part, area, extent.doubled_area);
        }
    }

    #[test]
    fn points_are_in_one_unit_of_a_coverage(seed in any::<u64>()) {
        let (left, _) = two_coverages(seed, 0);
        let left = layer("left", &left);
        // Every vertex of the layer and the middle of the country: on borders a point still belongs to one unit at most.
        let points: Vec<_> = left.rings.points().to_vec();
        for units in overlay::containing(&left.rings, &points) {
            prop_assert!(units.len() <= 1);
        }
    }
}
