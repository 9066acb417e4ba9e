//! Layers: what is refused, what is repaired and said, what is dissolved.

use coterminous::config::{Filter, FilterTest, LayerSource, TableSource};
use coterminous::domain::{Grid, Point, Role, TextTable};
use coterminous::layers;

use crate::support::{self, Shape};

const GRID: Grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: Grid::PER_METRE };

fn refused(id: &str, shapes: &[Shape]) -> String {
    layers::build(support::raw(id, shapes), &support::layer_plan(id, Role::Health), &[], &GRID).unwrap_err().to_string()
}

#[test]
fn areas_are_sorted_by_code_and_measured() {
    let frame =
        Shape::new("B", vec![support::ring(0.0, 0.0, 10.0, 10.0), support::ring(3.0, 3.0, 4.0, 4.0), support::ring(20.0, 0.0, 1.0, 1.0)]);
    let built = support::built("l", Role::Health, &[frame, support::square("A", 50.0, 50.0, 2.0, 3.0)], &GRID);
    let areas: Vec<_> = built.layer.areas.iter().map(|a| (a.code.as_str(), a.area_m2, a.parts, a.holes, a.vertices, a.repaired)).collect();
    // B is 100 - 16 + 1 = 85 in two parts with one hole of 4 corners each. The hole runs the same way as the outer ring, so the signed
    // rings say 100 + 16 + 1 = 117 and B is a repair.
    assert_eq!(areas, [("A", 6.0, 1, 0, 4, false), ("B", 85.0, 2, 1, 12, true)]);
    let repair = built.findings.iter().find(|f| f.id == "DQ-03").unwrap();
    assert_eq!((repair.code.as_deref(), repair.value), (Some("B"), Some(85.0 - 117.0)));
    assert!(repair.detail.contains("117.000 m2 by its signed rings, 85.000 m2"), "{}", repair.detail);
    assert!(built.proofs.iter().all(|proof| proof.holds));
}

#[test]
fn a_bow_tie_is_its_two_wings_on_the_side_they_are_drawn() {
    // Crossing at (5, 5): two triangles of 10 * 5 / 2 = 25 each. Its signed ring sum is 0.
    let bow_tie = Shape::new("T", vec![vec![[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0]]]);
    let built = support::built("l", Role::Health, &[bow_tie], &GRID);
    assert_eq!(built.layer.areas[0].area_m2, 50.0);
    assert!(built.layer.areas[0].repaired);
    // Published as two valid triangles.
    let outline = layers::Outlines::of(&built.layer).unwrap().draw(0);
    let wing = |ring: &[Point]| ring.len() == 3 && coterminous::domain::geometry::doubled_area(ring) == 50_000_000_000_000_000_000;
    assert_eq!((outline.len(), outline.holes()), (2, 0));
    assert!(outline.polygons().flatten().all(wing));
}

#[test]
fn what_shells_less_holes_would_read_differently_is_declared() {
    // Even-odd against shells less holes, hand-computed.
    type Case<'a> = (&'a str, Vec<Vec<[f64; 2]>>, &'a str);
    let cases: [Case<'_>; 6] = [
        // Two wings: both rules agree on 25 + 25.
        ("bow-tie", vec![vec![[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0]]], "make it 50.000 m2, and the two rules read 0.000 m2"),
        // A hole that runs the wrong way is a shell to the one and a hole to the other: 100 - 16 against 100.
        (
            "hole",
            vec![support::ring(0.0, 0.0, 10.0, 10.0), support::ring(3.0, 3.0, 4.0, 4.0)],
            "make it 100.000 m2, and the two rules read 16.000 m2",
        ),
        // Two shells of 100 that overlap by 5 x 10: 200 - 2 * 50 against 150.
        (
            "shells",
            vec![support::ring(0.0, 0.0, 10.0, 10.0), support::ring(5.0, 0.0, 10.0, 10.0)],
            "make it 150.000 m2, and the two rules read 50.000 m2",
        ),
        // A hole of 4 x 4, a quarter of it outside its shell: what sticks out is land to the one and nothing to the other, 88 + 4 against 88.
        (
            "sticking out",
            vec![support::ring(0.0, 0.0, 10.0, 10.0), vec![[7.0, 3.0], [7.0, 7.0], [11.0, 7.0], [11.0, 3.0]]],
            "make it 88.000 m2, and the two rules read 4.000 m2",
        ),
        // A ring that goes round a part twice, the quadrilateral of (6 * 6 - 6 * 2 + 6 * 6 - 2 * 6) / 2 = 24: 76 against 100.
        (
            "twice round",
            vec![vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [0.0, 0.0], [6.0, 2.0], [6.0, 6.0], [2.0, 6.0]]],
            "make it 100.000 m2, and the two rules read 24.000 m2",
        ),
        // A hole of 16 that runs the wrong way and an island of 16 that does too: 100 by the signed rings as by the even-odd rule, by chance,
        // and 116 by the other.
        (
            "equal by chance",
            vec![
                support::ring(0.0, 0.0, 10.0, 10.0),
                support::ring(3.0, 3.0, 4.0, 4.0),
                vec![[20.0, 0.0], [20.0, 4.0], [24.0, 4.0], [24.0, 0.0]],
            ],
            "make it 116.000 m2, and the two rules read 16.000 m2",
        ),
    ];
    for (name, rings, said) in cases {
        let built = support::built("l", Role::Health, &[Shape::new("T", rings)], &GRID);
        let finding = built.findings.iter().find(|finding| finding.id == "DQ-03").unwrap_or_else(|| panic!("{name}: no finding"));
        assert!(finding.detail.contains(said), "{name}: {}", finding.detail);
    }
}

#[test]
fn a_ring_that_is_there_again_counts_once_and_an_island_fills_its_hole() {
    // The second ring is the first, started elsewhere and closed: 100, not 0.
    let again = vec![[10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [0.0, 0.0], [10.0, 0.0]];
    let built = support::built("l", Role::Health, &[Shape::new("S", vec![support::ring(0.0, 0.0, 10.0, 10.0), again])], &GRID);
    assert_eq!((built.layer.areas[0].area_m2, built.layer.areas[0].repaired), (100.0, false));
    assert!(built.findings.iter().any(|f| f.id == "DQ-03" && f.detail.starts_with("1 of 2 rings are there again")));
    // A hole of 4 x 4 and an island of the same points the other way round: the whole 100.
    let hole = vec![[3.0, 3.0], [3.0, 7.0], [7.0, 7.0], [7.0, 3.0]];
    let filled = Shape::new("F", vec![support::ring(0.0, 0.0, 10.0, 10.0), hole, support::ring(3.0, 3.0, 4.0, 4.0)]);
    let built = support::built("l", Role::Health, &[filled], &GRID);
    assert_eq!(built.layer.areas[0].area_m2, 100.0);
}

#[test]
fn a_spike_bounds_nothing() {
    let spike = Shape::new("S", vec![vec![[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]]]);
    let built = support::built("l", Role::Health, &[spike], &GRID);
    assert_eq!(built.layer.areas[0].area_m2, 100.0);
    assert!(built.findings.iter().any(|f| f.id == "DQ-03" && f.detail.starts_with("a part of its boundary is there twice")));
}

#[test]
fn overlaps_and_gaps_are_findings_with_their_area() {
    // A and B overlap by 1 x 10; the four around C leave a hole of 2 x 2.
    let shapes = [
        support::square("A", 0.0, 0.0, 10.0, 10.0),
        support::square("B", 9.0, 0.0, 10.0, 10.0),
        Shape::new("C", vec![support::ring(0.0, 20.0, 10.0, 10.0), vec![[4.0, 24.0], [4.0, 26.0], [6.0, 26.0], [6.0, 24.0]]]),
    ];
    let built = support::built("l", Role::Health, &shapes, &GRID);
    let found: Vec<_> = built.findings.iter().map(|f| (f.id, f.code.as_deref(), f.value)).collect();
    assert_eq!(found, [("DQ-01", None, Some(10.0)), ("DQ-01", Some("A"), Some(10.0)), ("DQ-01", None, Some(4.0))]);
}

#[test]
fn a_code_used_by_two_shapes_is_an_error_that_names_both() {
    let message = refused("pct", &[support::square("E1", 0.0, 0.0, 1.0, 1.0), support::square("E1", 2.0, 0.0, 1.0, 1.0)]);
    assert_eq!(
        message,
        "pct.shp, record 2, field CODE: code E1 is used by two shapes, this one and record 1, expected one shape a code (a body of several \
         parts is one multi-part shape); dissolve the layer by code, or choose another code field"
    );
}

#[test]
fn filters_deleted_records_and_expected_counts() {
    let mut raw = support::raw(
        "l",
        &[support::square("E1", 0.0, 0.0, 1.0, 1.0), support::square("W1", 2.0, 0.0, 1.0, 1.0), support::square("E2", 4.0, 0.0, 1.0, 1.0)],
    );
    raw.records[2].deleted = true;
    let mut plan = support::layer_plan("l", Role::Health);
    let filter = Some(Filter { field: "CODE".to_owned(), test: FilterTest::StartsWith("E".to_owned()) });
    plan.source = LayerSource::Polygons { path: "l.shp".into(), layer: None, code: None, name: None, people: None, filter };
    let built = layers::build(raw.clone(), &plan, &[], &GRID).unwrap();
    assert_eq!(built.layer.areas.len(), 1);
    let left_out: Vec<_> = built.findings.iter().map(|f| f.detail.as_str()).collect();
    assert_eq!(left_out, ["1 of 3 records are marked deleted in the .dbf", "1 of 3 records are left out by the layer's `where`"]);
    plan.expected_count = Some(2);
    let message = layers::build(raw, &plan, &[], &GRID).unwrap_err().to_string();
    assert!(message.starts_with("l.shp: 1 areas, expected 2 (expected_count of layer l)"), "{message}");
}

#[test]
fn unreadable_people_are_unknown_and_said() {
    let shapes = [
        support::square("A", 0.0, 0.0, 1.0, 1.0).people("1,234"),
        support::square("B", 2.0, 0.0, 1.0, 1.0).people("many"),
        support::square("C", 4.0, 0.0, 1.0, 1.0).people("*"),
    ];
    let built = support::built("l", Role::Blocks, &shapes, &GRID);
    let figures: Vec<_> = built.layer.populations["POP"].iter().map(|p| p.map(|p| p.as_f64())).collect();
    assert_eq!(figures, [Some(1234.0), None, None]);
    assert_eq!(built.findings.iter().filter(|f| f.id == "DQ-07" && f.action == "read as unknown").count(), 2);
}

#[test]
fn dissolving_joins_blocks_and_keeps_enclaves() {
    // Nine blocks of 2 x 2; the middle one is another area's.
    let shapes: Vec<Shape> =
        (0..9).map(|i| support::square(&format!("B{i}"), f64::from(i % 3) * 2.0, f64::from(i / 3) * 2.0, 2.0, 2.0).people("10")).collect();
    let blocks = support::built("blocks", Role::Blocks, &shapes, &GRID).layer;
    let groups: Vec<Option<usize>> = (0..9).map(|i| Some(usize::from(i == 4))).collect();
    let dissolved = support::dissolved(&blocks, &groups, 2, &GRID);
    let areas: Vec<_> = dissolved.areas.iter().map(|a| (a.code.as_str(), a.area_m2, a.parts, a.holes)).collect();
    assert_eq!(areas, [("G0", 32.0, 1, 1), ("G1", 4.0, 1, 0)]);
    assert_eq!(dissolved.populations["POP"][0].unwrap().as_f64(), 80.0);
}

#[test]
fn a_block_with_two_areas_is_an_error_that_names_both_rows() {
    let blocks = support::built("blocks", Role::Blocks, &[support::square("B0", 0.0, 0.0, 1.0, 1.0)], &GRID).layer;
    let mut lookup = TextTable::new("lookup.csv", None, vec!["block".to_owned(), "area".to_owned()]);
    lookup.push(2, ["B0", "X"]);
    lookup.push(3, ["B0", "Y"]);
    let mut plan = support::layer_plan("l", Role::Health);
    plan.source = LayerSource::Dissolved {
        blocks: 0,
        lookup: TableSource::new("lookup.csv", None),
        block_column: "block".to_owned(),
        area_column: "area".to_owned(),
        name_column: None,
    };
    let message = layers::dissolve(&plan, &blocks, &lookup, &GRID).unwrap_err().to_string();
    assert!(message.starts_with("lookup.csv, record 3, field area: block B0 is given to Y here and to X in row 2"), "{message}");
}

#[test]
fn attributes_join_by_code_and_strangers_are_findings() {
    let mut layer =
        support::built("pct", Role::Health, &[support::square("A", 0.0, 0.0, 1.0, 1.0), support::square("B", 2.0, 0.0, 1.0, 1.0)], &GRID)
            .layer;
    let mut table = TextTable::new("attributes.csv", None, vec!["code".to_owned(), "pcg_level".to_owned()]);
    table.push(2, ["B", "3"]);
    table.push(3, ["C", "4"]);
    let findings = layers::attach_attributes(&mut layer, &table, "code").unwrap();
    assert_eq!(layer.areas[1].attributes["pcg_level"], "3");
    assert!(layer.areas[0].attributes.is_empty());
    let ids: Vec<_> = findings.iter().map(|f| (f.id, f.code.as_deref(), f.record)).collect();
    assert_eq!(ids, [("DQ-04", Some("C"), Some(3)), ("DQ-08", None, None)]);
    table.push(4, ["B", "1"]);
    let message = layers::attach_attributes(&mut layer, &table, "code").unwrap_err().to_string();
    assert!(message.contains("attributes.csv, record 4, field code: code B has two rows, this one and row 2"), "{message}");
}

#[test]
fn a_stray_coordinate_is_named() {
    let far = support::square("FAR", 9e9, 0.0, 1.0, 1.0);
    let raw = support::raw("l", &[support::square("A", 0.0, 0.0, 1.0, 1.0), far]);
    let message = layers::grid(&[&raw]).unwrap_err().to_string();
    assert!(message.contains("l.shp, record") && message.contains("2,251 km"), "{message}");
}

#[test]
fn a_shape_that_is_not_valid_says_which_ring_and_where() {
    let reversed = |mut ring: Vec<[f64; 2]>| {
        ring.reverse();
        ring
    };
    let square = || support::ring(0.0, 0.0, 10.0, 10.0);
    let cases = [
        (vec![vec![[0.0, 0.0], [10.0, 10.0], [10.0, 0.0], [0.0, 10.0]]], "ring 1 meets itself at easting 5.00, northing 5.00"),
        // A spike of 3 metres out of a level edge.
        (
            vec![vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [4.0, 10.0], [4.0, 13.0], [4.0, 10.0], [0.0, 10.0]]],
            "ring 1 meets itself at easting 4.00",
        ),
        // A hole that runs as its shell does is a second shell, which meets the first nowhere: its first corner is named.
        (vec![square(), support::ring(3.0, 4.0, 4.0, 4.0)], "rings 1 and 2 overlap at easting 3.00, northing 4.00"),
        (vec![square(), support::ring(5.0, 0.0, 10.0, 10.0)], "rings 1 and 2 overlap at easting 5.00, northing 0.00"),
        // Holes of 4 by 4 that share a square of 2 by 2: their edges meet at (4, 6) and (6, 4).
        (
            vec![square(), reversed(support::ring(2.0, 2.0, 4.0, 4.0)), reversed(support::ring(4.0, 4.0, 4.0, 4.0))],
            "rings 2 and 3 are holes that overlap at easting 4.00, northing 6.00",
        ),
    ];
    for (rings, reason) in cases {
        let built = support::built("l", Role::Health, &[Shape::new("A", rings)], &GRID);
        let details: Vec<&str> = built.findings.iter().filter(|f| f.id == "DQ-03").map(|f| f.detail.as_str()).collect();
        assert!(details.iter().any(|detail| detail.contains(reason)), "{reason}: {details:?}");
    }
    // A bow-tie of 1,204 corners is not asked: the finding is there, without a reason.
    let mut long: Vec<[f64; 2]> = (0..=1_201).map(|n| [f64::from(n) / 120.1, f64::from(n) / 120.1]).collect();
    long.extend([[10.0, 0.0], [0.0, 10.0]]);
    let built = support::built("l", Role::Health, &[Shape::new("A", vec![long])], &GRID);
    let finding = built.findings.iter().find(|f| f.id == "DQ-03").unwrap();
    assert!(finding.detail.ends_with("differently"), "{}", finding.detail);
}

#[test]
fn a_label_point_lies_inside_the_largest_part() {
    let label = |rings: Vec<Vec<[f64; 2]>>| {
        let mut layer = support::built("l", Role::Health, &[Shape::new("A", rings)], &GRID).layer;
        layers::label(&mut layer, &GRID).unwrap();
        layer.areas[0].label.unwrap()
    };
    // The middle of a rectangle: no corner is at half of its height.
    assert_eq!(label(vec![support::ring(0.0, 0.0, 10.0, 4.0)]), [5.0, 2.0]);
    // A horseshoe whose middle is outside: at the height of 5 it has two arms, of 2 and of 4.
    let horseshoe = vec![[0.0, 0.0], [12.0, 0.0], [12.0, 10.0], [8.0, 10.0], [8.0, 1.0], [2.0, 1.0], [2.0, 10.0], [0.0, 10.0]];
    assert_eq!(label(vec![horseshoe]), [10.0, 5.0]);
    // The larger of two parts, beside its hole, which runs the other way: 14 metres west of it, 2 east.
    let mut hole = support::ring(14.0, 4.0, 4.0, 4.0);
    hole.reverse();
    let island = support::ring(30.0, 0.0, 9.0, 9.0);
    assert_eq!(label(vec![island, support::ring(0.0, 0.0, 20.0, 11.0), hole]), [7.0, 5.5]);
    // A comb of 2,000 teeth, drawn roughly first: what is found is inside the comb itself.
    let teeth = (0..2_000).flat_map(|n| [[f64::from(n), 100.0], [f64::from(n) + 0.5, 1.0]]);
    let comb: Vec<[f64; 2]> = [[0.0, 0.0]].into_iter().chain(teeth).chain([[2_000.0, 100.0], [2_000.0, 0.0]]).collect();
    let [x, y] = label(vec![comb.clone()]);
    let point = GRID.snap(x, y).unwrap();
    let ring: Vec<Point> = comb.iter().map(|[x, y]| GRID.snap(*x, *y).unwrap()).collect();
    assert_eq!(coterminous::overlay::within(&ring, point), std::cmp::Ordering::Greater);
    // A layer without shapes has none, and does not fail.
    let mut bare = support::built("l", Role::Health, &[support::square("A", 0.0, 0.0, 1.0, 1.0)], &GRID).layer;
    bare.rings = Default::default();
    layers::label(&mut bare, &GRID).unwrap();
    assert_eq!(bare.areas[0].label, None);
}
