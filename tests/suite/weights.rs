//! People of pairs: by blocks, by points, by table; bounds; nobody lost.

use coterminous::config::Tolerances;
use coterminous::domain::{Grid, Layer, People, Role, TextTable};
use coterminous::weights::{self, Overlays, Population, Related};
use proptest::prelude::*;

use crate::support::{self, Random, Shape};

const GRID: Grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: Grid::PER_METRE };

fn layer(id: &str, shapes: &[Shape]) -> Layer {
    support::built(id, Role::Other, shapes, &GRID).layer
}

/// Resolution 0: nothing is a sliver unless a test says so.
fn exact() -> Tolerances {
    Tolerances { sliver_width_m: Some(0.0), ..Tolerances::default() }
}

fn people(related: &Related) -> Vec<(usize, usize, f64, f64, f64)> {
    let number = |people: Option<People>| people.unwrap().as_f64();
    let amounts = |p: &coterminous::domain::RelationPair| {
        (p.left, p.right, number(p.amounts.people), number(p.amounts.people_low), number(p.amounts.people_high))
    };
    related.relation.pairs.iter().map(amounts).collect()
}

/// Left: one area of 30 x 10. Right: two halves of 15 x 10.
fn country() -> (Layer, Layer) {
    let left = layer("left", &[support::square("L", 0.0, 0.0, 30.0, 10.0)]);
    let right = layer("right", &[support::square("R1", 0.0, 0.0, 15.0, 10.0), support::square("R2", 15.0, 0.0, 15.0, 10.0)]);
    (left, right)
}

#[test]
fn blocks_are_split_by_area_with_bounds() {
    let (left, right) = country();
    // Three blocks of 10 x 10; the middle one is cut in half. One more lies half in the sea.
    let blocks = layer(
        "blocks",
        &[
            support::square("B1", 0.0, 0.0, 10.0, 10.0).people("100"),
            support::square("B2", 10.0, 0.0, 10.0, 10.0).people("31"),
            support::square("B3", 20.0, 0.0, 10.0, 10.0).people("200"),
            support::square("B4", 20.0, -5.0, 10.0, 5.0).people("8"),
        ],
    );
    let population = Population::Blocks { layer: &blocks, field: "POP" };
    let related = weights::relate(&Overlays::default(), &GRID, &left, &right, &population, &exact()).unwrap();
    // 100 + 31/2 = 115.5, at least 100, at most 131; 200 + 15.5.
    assert_eq!(people(&related), [(0, 0, 115.5, 100.0, 131.0), (0, 1, 215.5, 200.0, 231.0)]);
    assert_eq!(related.relation.left[0].people, Some(People::whole(331)));
    let neither = related.findings.iter().find(|f| f.id == "DQ-10").unwrap();
    assert_eq!(neither.value, Some(8.0));
    assert!(related.proofs.iter().all(|proof| proof.holds));
    assert_eq!(related.proofs.last().unwrap().expected, "339000000");
}

#[test]
fn points_go_where_they_are_and_strays_are_counted() {
    let (left, right) = country();
    let mut table = TextTable::new("points.csv", None, ["x", "y", "n"].map(str::to_owned).to_vec());
    // The second lies on the border between R1 and R2 and belongs to the eastern one.
    for (row, cells) in [["1", "1", "10"], ["15", "5", "7"], ["100", "5", "3"], ["", "5", "2"]].into_iter().enumerate() {
        table.push(row as u64 + 2, cells);
    }
    let population = Population::Points { table: &table, x: "x", y: "y", field: "n" };
    let related = weights::relate(&Overlays::default(), &GRID, &left, &right, &population, &exact()).unwrap();
    assert_eq!(people(&related), [(0, 0, 10.0, 10.0, 10.0), (0, 1, 7.0, 7.0, 7.0)]);
    let lost: Vec<_> = related.findings.iter().filter(|f| f.id == "DQ-10").map(|f| f.value.unwrap()).collect();
    assert_eq!(lost, [3.0, 2.0]);
    assert!(related.proofs.iter().all(|proof| proof.holds));
}

#[test]
fn a_building_block_table_needs_no_block_polygons() {
    let (left, right) = country();
    let mut table = TextTable::new("blocks.csv", None, ["block", "pct", "council", "n"].map(str::to_owned).to_vec());
    for (row, cells) in [["a", "L", "R1", "10"], ["b", "L", "R2", "20"], ["c", "L", "", "5"], ["d", "L", "R9", "1"]].into_iter().enumerate()
    {
        table.push(row as u64 + 2, cells);
    }
    let population = Population::Table { table: &table, block: Some("block"), left: "pct", right: "council", field: "n" };
    let related = weights::relate(&Overlays::default(), &GRID, &left, &right, &population, &exact()).unwrap();
    assert_eq!(people(&related), [(0, 0, 10.0, 10.0, 10.0), (0, 1, 20.0, 20.0, 20.0)]);
    assert_eq!(related.relation.left_outside[0].people, Some(People::whole(6)));
    let unknown = related.findings.iter().find(|f| f.id == "DQ-04").unwrap();
    assert_eq!((unknown.code.as_deref(), unknown.record, unknown.value), (Some("R9"), Some(5), Some(1.0)));
    table.push(6, ["a", "L", "R1", "1"]);
    let again = Population::Table { table: &table, block: Some("block"), left: "pct", right: "council", field: "n" };
    let message = weights::relate(&Overlays::default(), &GRID, &left, &right, &again, &exact()).unwrap_err().to_string();
    assert!(message.contains("blocks.csv, record 6, field block: a again, first in row 2"), "{message}");
    let mut bad = TextTable::new("blocks.csv", None, ["pct", "council", "n"].map(str::to_owned).to_vec());
    bad.push(2, ["L", "R1", "twelve"]);
    let bad = Population::Table { table: &bad, block: None, left: "pct", right: "council", field: "n" };
    let message = weights::relate(&Overlays::default(), &GRID, &left, &right, &bad, &exact()).unwrap_err().to_string();
    assert!(message.starts_with("blocks.csv, record 2, field n: twelve, expected a number of people"), "{message}");
}

#[test]
fn a_thin_pair_is_a_sliver_unless_people_live_on_it() {
    // The right border is 0.1 m off: R2 takes a strip of 0.1 x 100 from L1, thinner than 1 m, 10 m2 of 10,000 (share 0.001).
    let left = layer("left", &[support::square("L1", 0.0, 0.0, 100.0, 100.0), support::square("L2", 100.0, 0.0, 100.0, 100.0)]);
    let right = layer("right", &[support::square("R1", 0.0, 0.0, 99.9, 100.0), support::square("R2", 99.9, 0.0, 100.1, 100.0)]);
    let tolerances = Tolerances { sliver_width_m: Some(1.0), ..Tolerances::default() };
    let slivers = |population: &Population<'_>| {
        let related = weights::relate(&Overlays::default(), &GRID, &left, &right, population, &tolerances).unwrap();
        related.relation.pairs.iter().map(|p| (p.left, p.right, p.sliver)).collect::<Vec<_>>()
    };
    assert_eq!(slivers(&Population::None), [(0, 0, false), (0, 1, true), (1, 1, false)]);
    for (count, sliver) in [("49", true), ("50", false)] {
        let mut table = TextTable::new("points.csv", None, ["x", "y", "n"].map(str::to_owned).to_vec());
        table.push(2, ["99.95", "5", count]);
        let population = Population::Points { table: &table, x: "x", y: "y", field: "n" };
        assert_eq!(slivers(&population)[1], (0, 1, sliver));
    }
}

#[test]
fn a_realm_clip_is_compared_over_land() {
    // The realm side goes 10 m out to sea.
    let mut left = layer("left", &[support::square("L", 0.0, 0.0, 30.0, 10.0)]);
    let right = layer("right", &[support::square("R", 0.0, 0.0, 20.0, 10.0)]);
    left.clip = Some(coterminous::domain::Clip::Realm);
    let mut coast = right.clone();
    coast.clip = Some(coterminous::domain::Clip::Coast);
    let related = weights::relate(&Overlays::default(), &GRID, &left, &coast, &Population::None, &exact()).unwrap();
    assert_eq!((related.relation.left[0].area_m2, related.relation.left_outside[0].area_m2), (200.0, 0.0));
    let finding = related.findings.iter().find(|f| f.id == "DQ-02").unwrap();
    assert_eq!(finding.value, Some(100.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nobody_is_lost_however_blocks_are_cut(seed in any::<u64>(), jitter in 0i64..=3) {
        let mut random = Random::new(seed);
        let left = layer("left", &support::coverage(&mut random, "L", jitter));
        let right = layer("right", &support::coverage(&mut random, "R", jitter));
        let shapes: Vec<Shape> = support::coverage(&mut random, "B", jitter)
            .into_iter()
            .map(|shape| { let n = random.below(1_000_000).to_string(); shape.people(&n) })
            .collect();
        let blocks = layer("blocks", &shapes);
        let related = weights::relate(&Overlays::default(), &GRID, &left, &right, &Population::Blocks { layer: &blocks, field: "POP" }, &exact()).unwrap();
        let total: People = blocks.populations["POP"].iter().flatten().copied().sum();
        let relation = &related.relation;
        let of = |amounts: &coterminous::domain::Amounts| amounts.people.unwrap();
        let pairs: People = relation.pairs.iter().map(|p| of(&p.amounts)).sum();
        let outside: People = relation.left_outside.iter().chain(&relation.right_outside).map(of).sum();
        let neither: f64 = related.findings.iter().filter(|f| f.id == "DQ-10").map(|f| f.value.unwrap()).sum();
        prop_assert_eq!((pairs + outside).0 + (neither * 1e6).round() as i64, total.0);
        // Bodies are the sums of their rows, exactly, and every estimate lies within its bounds.
        for (unit, body) in relation.left.iter().enumerate() {
            let sum: People = relation.pairs.iter().filter(|p| p.left == unit).map(|p| of(&p.amounts)).sum::<People>() + of(&relation.left_outside[unit]);
            prop_assert_eq!(Some(sum), body.people);
        }
        for pair in &relation.pairs {
            prop_assert!(pair.amounts.people_low <= pair.amounts.people && pair.amounts.people <= pair.amounts.people_high);
        }
    }
}
