//! Polygons that are not what a polygon should be, and layers that are not what a layer should be.

use super::{hold, published, rectangle, refused};

type Ring = Vec<[f64; 2]>;

fn reversed(ring: Ring) -> Ring {
    ring.into_iter().rev().collect()
}

#[test]
fn odd_polygons_are_read_by_one_rule_and_told() {
    let square = || rectangle(0.0, 0.0, 2e3, 2e3);
    let bow_tie = vec![[0.0, 0.0], [2e3, 2e3], [2e3, 0.0], [0.0, 2e3], [0.0, 0.0]];
    let spike = vec![[0.0, 0.0], [0.0, 2e3], [2e3, 2e3], [3e3, 2e3], [2e3, 2e3], [2e3, 0.0], [0.0, 0.0]];
    let duplicates: Ring = square().into_iter().flat_map(|point| [point, point, point]).collect();
    let unclosed = square()[..4].to_vec();
    let line = vec![[0.0, 0.0], [1e3, 1e3], [2e3, 2e3], [0.0, 0.0]];
    let point = vec![[5.0, 5.0]; 9];
    // (name, rings of H1, finding that must be published)
    let shapes: Vec<(&str, Vec<Ring>, &[&'static str])> = vec![
        ("a bow-tie", vec![bow_tie], &["DQ-03"]),
        ("a spike", vec![spike], &["DQ-03"]),
        ("every point three times", vec![duplicates], &[]),
        ("an unclosed ring", vec![unclosed], &[]),
        ("a ring the other way round", vec![reversed(square())], &[]),
        ("a hole outside", vec![square(), reversed(rectangle(5e3, 5e3, 6e3, 6e3))], &["DQ-03"]),
        ("a hole that runs the wrong way", vec![square(), rectangle(500.0, 500.0, 1e3, 1e3)], &["DQ-03"]),
        ("a hole as large as its ring", vec![square(), reversed(square())], &["DQ-03"]),
        (
            "rings nested ten deep",
            (0..10)
                .map(|i| rectangle(f64::from(i) * 90.0, f64::from(i) * 90.0, 2e3 - f64::from(i) * 90.0, 2e3 - f64::from(i) * 90.0))
                .collect(),
            &["DQ-03"],
        ),
        ("parts that overlap", vec![square(), rectangle(1e3, 1e3, 3e3, 3e3)], &["DQ-03"]),
        ("a ring that is there twice", vec![square(), square()], &["DQ-03"]),
        ("a ring that is there a thousand times", vec![square(); 1000], &["DQ-03"]),
        ("no area: a line", vec![line], &["DQ-03"]),
        ("no area: a point", vec![point], &["DQ-03"]),
        ("a ring of one point beside a good one", vec![square(), vec![[9.0, 9.0]]], &["DQ-03"]),
        ("thinner than the grid", vec![rectangle(0.0, 0.0, 1e-12, 2e3)], &["DQ-03"]),
        ("a hair wider than the grid", vec![rectangle(0.0, 0.0, 2e-9, 2e3)], &[]),
    ];
    let mut cases = Vec::new();
    for (name, rings, findings) in shapes {
        cases.push(published(name, findings, move |trial| {
            trial.layer("h", &[("H1", rings.clone()), ("H2", vec![rectangle(2e3, 0.0, 4e3, 2e3)])]);
        }));
    }
    hold(cases);
}

#[test]
fn odd_layers_are_told() {
    hold(vec![
        published("areas that overlap", &["DQ-01"], |trial| {
            trial.layer("h", &[("H1", vec![rectangle(0.0, 0.0, 2.5e3, 2e3)]), ("H2", vec![rectangle(2e3, 0.0, 4e3, 2e3)])]);
        }),
        published("a gap between areas", &["DQ-01"], |trial| {
            let ring = vec![rectangle(0.0, 0.0, 4e3, 2e3), rectangle(1e3, 500.0, 3e3, 1500.0).into_iter().rev().collect()];
            trial.layer("h", &[("H1", ring), ("H2", vec![rectangle(1e3, 500.0, 2.9e3, 1500.0)])]);
        }),
        published("two areas in the same place", &["DQ-01"], |trial| {
            trial.layer("h", &[("H1", vec![rectangle(0.0, 0.0, 2e3, 2e3)]), ("H2", vec![rectangle(0.0, 0.0, 2e3, 2e3)])]);
        }),
        refused("layers that do not meet", &["no land in common: h goes from easting 100000 to 210000"], |trial| {
            trial.layer("h", &[("H1", vec![rectangle(1e5, 0.0, 1.1e5, 2e3)]), ("H2", vec![rectangle(2e5, 0.0, 2.1e5, 2e3)])]);
        }),
        refused("a layer without any area", &["no land in common"], |trial| {
            trial.layer("h", &[("H1", vec![]), ("H2", vec![vec![[1.0, 1.0]; 4]])])
        }),
        refused("layers a continent apart", &["h.shp, record", "2,251 km"], |trial| {
            trial.layer("h", &[("H1", vec![rectangle(9e6, 9e6, 9.1e6, 9.1e6)])]);
        }),
    ]);
}
