//! Alignment: hand-sized layers with the arithmetic on show, oracles from the literature, invariants.

use coterminous::alignment::{Alignment, Class, ComponentKind, Definition, Rate, Side, measure, two_tier};
use coterminous::config::Tolerances;
use coterminous::domain::{Amounts, Basis, Body, People, Relation, RelationPair};
use proptest::prelude::*;

/// A relation from a table of whole numbers: `cells[i][j]` people on as many square metres in health body `P0i` and council `L0j`, and
/// in no body of the other layer. Without outlines, so areas have no bounds.
pub fn relation_with_outside(cells: &[Vec<i64>], left_outside: &[i64], right_outside: &[i64]) -> Relation {
    let amounts = |weight: i64| {
        let people = Some(People::whole(weight));
        Amounts { area_m2: weight as f64, boundary_m: 0.0, thickness_m: 1e9, people, people_low: people, people_high: people }
    };
    let body = |prefix: &str, index: usize, weight: i64| Body {
        code: format!("{prefix}{:02}", index + 1),
        name: Some(format!("Body {prefix}{:02}", index + 1)),
        area_m2: weight as f64,
        people: Some(People::whole(weight)),
    };
    let mut pairs = Vec::new();
    for (left, row) in cells.iter().enumerate() {
        for (right, weight) in row.iter().enumerate().filter(|(_, weight)| **weight > 0) {
            pairs.push(RelationPair { left, right, amounts: amounts(*weight), sliver: false });
        }
    }
    let column = |j: usize| cells.iter().map(|row| row[j]).sum::<i64>();
    Relation {
        left: cells.iter().enumerate().map(|(i, row)| body("P", i, row.iter().sum::<i64>() + left_outside[i])).collect(),
        right: right_outside.iter().enumerate().map(|(j, outside)| body("L", j, column(j) + outside)).collect(),
        pairs,
        left_outside: left_outside.iter().map(|weight| amounts(*weight)).collect(),
        right_outside: right_outside.iter().map(|weight| amounts(*weight)).collect(),
        has_people: true,
        shapeless: false,
        sliver_width_m: 40.0,
    }
}

/// As [`relation_with_outside`], both layers covering the same ground.
pub fn relation(cells: &[&[i64]]) -> Relation {
    let cells: Vec<Vec<i64>> = cells.iter().map(|row| row.to_vec()).collect();
    relation_with_outside(&cells, &vec![0; cells.len()], &vec![0; cells[0].len()])
}

pub fn aligned(relation: Relation) -> Alignment {
    measure("test", "health", "council", relation, &Tolerances::default())
}

/// Classes of a side by people, as the words of the tables.
pub fn classes(alignment: &Alignment, side: Side) -> Vec<&'static str> {
    let rows = alignment.bodies.iter().filter(|row| row.side == side && row.basis == Basis::People);
    rows.map(|row| row.class.map_or("none", |class| class.as_str(side))).collect()
}

fn rate(alignment: &Alignment, definition: Definition, equal: f64, side: Side) -> Rate {
    let found = alignment
        .rates
        .iter()
        .find(|rate| rate.basis == Basis::People && rate.definition == definition && rate.equal == equal && rate.side == side);
    *found.expect("every rate is there")
}

/// `(kind, n x m, agreements)` of the components by people, in order.
fn components(alignment: &Alignment) -> Vec<(ComponentKind, usize, usize, usize)> {
    let rows = alignment.components.iter().filter(|component| component.basis == Basis::People);
    rows.map(|row| (row.kind, row.health.len(), row.council.len(), row.agreements_needed)).collect()
}

fn near(got: Option<f64>, expected: f64, tolerance: f64) {
    let got = got.expect("known");
    assert!((got - expected).abs() <= tolerance, "got {got}, expected {expected}");
}

// ---------------------------------------------------------------------------------------------------------------- oracles

#[test]
fn f1_to_six_decimals() {
    // Population in thousands; rows P1 P2 P3 (620, 210, 590), columns L1 L2 (715, 705).
    let alignment = aligned(relation(&[&[620, 0], &[95, 115], &[0, 590]]));
    let six = 5e-7;
    // s_P2 = 95/210, 115/210; r = 620/715, 95/715 | 115/705, 590/705.
    let people: Vec<_> = alignment.pairs.iter().map(|p| (p.share_left_people, p.share_right_people, p.jaccard_people)).collect();
    let expected = [(1.0, 0.867133, 0.867133), (0.452381, 0.132867, 0.114458), (0.547619, 0.163121, 0.143750), (1.0, 0.836879, 0.836879)];
    for (got, expected) in people.iter().zip(expected) {
        near(got.0, expected.0, six);
        near(got.1, expected.1, six);
        near(got.2, expected.2, six);
    }
    let p2 = alignment.body(Side::Health, 1, Basis::People).expect("P2");
    near(p2.n_effective, 1.982022, six);
    assert_eq!((p2.main_partner, p2.n_partners), (Some(1), 2));
    near(p2.main_share, 0.547619, six);
    near(p2.best_jaccard, 0.143750, six);
    for (body, gof) in [0.867133, 0.149434, 0.836879].into_iter().enumerate() {
        near(alignment.body(Side::Health, body, Basis::People).and_then(|row| row.mapcurves), gof, six);
    }
    let association = alignment.associations[1];
    near(association.homogeneity_health_by_council, 0.853076, six);
    near(association.completeness_health_by_council, 0.585778, six);
    near(association.v_measure, 0.694599, six);
    assert_eq!(classes(&alignment, Side::Health), ["nested", "spanning", "nested"]);
    assert_eq!(components(&alignment), [(ComponentKind::Tangled, 3, 2, 4)]);
}

#[test]
fn f2_to_six_decimals() {
    let alignment = aligned(relation(&[&[400, 0, 0, 0], &[600, 0, 0, 0], &[0, 150, 250, 0], &[0, 0, 0, 300]]));
    for (pair, jaccard) in alignment.pairs.iter().zip([0.4, 0.6, 0.375, 0.625, 1.0]) {
        near(pair.jaccard_people, jaccard, 1e-12);
    }
    for (body, gof) in [0.4, 0.6, 1.0, 1.0].into_iter().enumerate() {
        near(alignment.body(Side::Health, body, Basis::People).and_then(|row| row.mapcurves), gof, 1e-12);
    }
    let association = alignment.associations[1];
    near(association.homogeneity_health_by_council, 0.860312, 5e-7);
    near(association.completeness_health_by_council, 0.707740, 5e-7);
    near(association.v_measure, 0.776604, 5e-7);
    assert_eq!(classes(&alignment, Side::Health), ["nested", "nested", "aggregate", "coterminous"]);
    assert_eq!(classes(&alignment, Side::Council), ["partitioned", "inside_larger", "inside_larger", "coterminous"]);
    // By name: {P01 P02 L01} is L01, {P03 L02 L03} is L02, {P04 L04} is L04.
    assert_eq!(
        components(&alignment),
        [(ComponentKind::Partition, 2, 1, 2), (ComponentKind::Aggregate, 1, 2, 2), (ComponentKind::Coterminous, 1, 1, 1)]
    );
    assert_eq!(alignment.components.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["L01", "L02", "L04", "L01", "L02", "L04"]);
}

/// Rosenberg & Hirschberg 2007, figure 2: 15 points in three classes (columns) and clusters (rows); values printed there with two
/// decimals, here with four. Source: <https://aclanthology.org/D07-1043/> and the tests of the R package sabre.
#[test]
fn rosenberg_and_hirschberg_figure_2() {
    // A: every cluster holds 3 of one class and 1 of each other. With H in bits, H(C) = H(K) = log2 3 = 1.584963 and
    // H(C|K) = 0.6 log2(5/3) + 2 * 0.2 log2 5 = 0.442179 + 0.928771 = 1.370951, so h = c = 1 - 1.370951 / 1.584963 = 0.1350.
    let a: &[&[i64]] = &[&[3, 1, 1], &[1, 3, 1], &[1, 1, 3]];
    // B: 3 of one class and 2 of one other. H(C|K) = 0.6 log2(5/3) + 0.4 log2(5/2) = 0.970951, h = c = 0.3874.
    let b: &[&[i64]] = &[&[3, 2, 0], &[0, 3, 2], &[2, 0, 3]];
    // C: B and three clusters of two points of different classes (6 noise points, 21 in all). H(C) = log2 3 and
    // H(C|K) = 15/21 * 0.970951 + 6/21 * 1 = 0.979251, h = 0.382162; c = 0.247414; V = 2hc/(h+c) = 0.3004.
    let c: &[&[i64]] = &[&[3, 2, 0], &[0, 3, 2], &[2, 0, 3], &[1, 1, 0], &[1, 0, 1], &[0, 1, 1]];
    // D: B and six clusters of one point each. H(C|K) = 15/21 * 0.970951 = 0.693536, h = 0.562428; c = 0.326071; V = 0.4128.
    let d: &[&[i64]] = &[&[3, 2, 0], &[0, 3, 2], &[2, 0, 3], &[1, 0, 0], &[0, 1, 0], &[0, 0, 1], &[1, 0, 0], &[0, 1, 0], &[0, 0, 1]];
    for (table, v) in [(a, 0.1350), (b, 0.3874), (c, 0.3004), (d, 0.4128)] {
        let alignment = aligned(relation(table));
        for association in &alignment.associations {
            near(association.v_measure, v, 5e-5);
        }
    }
    let association = aligned(relation(c)).associations[0];
    near(association.homogeneity_health_by_council, 0.382162, 5e-7);
}

/// MapCurves of the maps B1, B2, B3 of sabre's tests (10 x 10 cells; the tables are their cross tables), and of its random A1 x A2.
/// Source: github.com/Nowosad/sabre tests/testthat/test-mapcurves.R, which prints 1, 0.8194291, 0.8507659 and 0.1655752.
#[test]
fn mapcurves_as_in_sabre() {
    let b1_b2: &[&[i64]] = &[&[68, 0, 0, 0, 0], &[0, 7, 0, 0, 9], &[0, 0, 13, 0, 0], &[0, 0, 0, 3, 0]];
    let b2_b3: &[&[i64]] = &[&[62, 2, 3, 1, 0], &[0, 7, 0, 0, 0], &[0, 0, 13, 0, 0], &[0, 0, 0, 3, 0], &[0, 1, 0, 0, 8]];
    let b1_b3: &[&[i64]] = &[&[62, 2, 3, 1, 0], &[0, 8, 0, 0, 8], &[0, 0, 13, 0, 0], &[0, 0, 0, 3, 0]];
    let a1_a2: &[&[i64]] = &[
        &[2, 2, 0, 1, 1, 1, 2, 4, 1],
        &[1, 1, 1, 4, 1, 0, 2, 2, 0],
        &[3, 0, 0, 0, 1, 2, 1, 4, 0],
        &[1, 0, 0, 0, 2, 0, 1, 1, 2],
        &[0, 0, 1, 1, 1, 0, 1, 1, 1],
        &[1, 2, 1, 0, 1, 1, 0, 2, 0],
        &[1, 2, 2, 3, 1, 1, 1, 1, 2],
        &[1, 2, 0, 1, 2, 1, 2, 1, 2],
        &[2, 1, 1, 1, 2, 1, 3, 1, 1],
    ];
    for (table, score) in [(b1_b2, 1.0), (b2_b3, 0.8194291), (b1_b3, 0.8507659), (a1_a2, 0.1655752)] {
        near(aligned(relation(table)).associations[1].mapcurves, score, 5e-8);
    }
}

#[test]
fn entropy_of_a_single_body_gives_one() {
    // One council: nothing to tell, h = 1. Two equal bodies in it: I = 0 of H(health) = 1 bit, c = 0, V = 0.
    let alignment = aligned(relation(&[&[500], &[500]]));
    let association = alignment.associations[0];
    assert_eq!((association.homogeneity_health_by_council, association.completeness_health_by_council), (Some(1.0), Some(0.0)));
    assert_eq!(association.v_measure, Some(0.0));
    // Nothing shared at all: unknown, not zero.
    let apart = aligned(relation_with_outside(&[vec![0]], &[10], &[20]));
    assert_eq!(apart.associations[0].v_measure, None);
    assert_eq!(apart.associations[0].mapcurves, None);
}

// ---------------------------------------------------------------------------------------------------------------- classes

#[test]
fn one_to_one_within_the_tolerance() {
    // s = r = 980/1000 = 1 - e exactly: coterminous, by the guard, on both sides; 979 is near (1 - tau = 0.95).
    let exact = aligned(relation(&[&[980, 20], &[20, 980]]));
    assert_eq!(classes(&exact, Side::Health), ["coterminous"; 2]);
    assert_eq!(classes(&exact, Side::Council), ["coterminous"; 2]);
    let below = aligned(relation(&[&[979, 21], &[21, 979]]));
    assert_eq!(classes(&below, Side::Health), ["near_coterminous"; 2]);
    assert_eq!(classes(&below, Side::Council), ["near_coterminous"; 2]);
    // Components: 21/1000 is below tau, so both stay two pairs.
    assert_eq!(components(&below), [(ComponentKind::Coterminous, 1, 1, 1), (ComponentKind::Coterminous, 1, 1, 1)]);
}

#[test]
fn whole_partners_make_an_aggregate_and_whole_members_a_partition() {
    let aggregate = aligned(relation(&[&[600, 400]]));
    assert_eq!(classes(&aggregate, Side::Health), ["aggregate"]);
    assert_eq!(classes(&aggregate, Side::Council), ["inside_larger"; 2]);
    assert_eq!(components(&aggregate), [(ComponentKind::Aggregate, 1, 2, 2)]);
    let partition = aligned(relation(&[&[600], &[400]]));
    assert_eq!(classes(&partition, Side::Health), ["nested"; 2]);
    assert_eq!(classes(&partition, Side::Council), ["partitioned"]);
    assert_eq!(components(&partition), [(ComponentKind::Partition, 2, 1, 2)]);
    // Neither is one to one, and both match by structure (domain.md D3, D5).
    for (alignment, health, council) in [(&aggregate, 1, 2), (&partition, 2, 1)] {
        for (side, n) in [(Side::Health, health), (Side::Council, council)] {
            let strict = rate(alignment, Definition::Strict, 0.02, side);
            assert_eq!((strict.coterminous, strict.of, strict.share, strict.people_share), (0, n, Some(0.0), Some(0.0)));
            let structural = rate(alignment, Definition::Structural, 0.02, side);
            assert_eq!((structural.coterminous, structural.of, structural.share, structural.people_share), (n, n, Some(1.0), Some(1.0)));
        }
    }
}

#[test]
fn a_second_whole_council_however_small_makes_an_aggregate() {
    // 9990 + 10 people (Cornwall and the Isles of Scilly): s1 = 0.999, and the second council is whole in it.
    let alignment = aligned(relation(&[&[9990, 10]]));
    assert_eq!(classes(&alignment, Side::Health), ["aggregate"]);
    // The large council fills 0.999 of the body and is wholly in it; but it is not the body's only council, and one to one is mutual.
    assert_eq!(classes(&alignment, Side::Council), ["inside_larger", "inside_larger"]);
}

#[test]
fn a_significant_part_of_a_small_council_spoils_one_to_one() {
    // P1: s = 0.99 with L1 (r = 1) and 10 of L2's 100 people: r = 0.1 is significant, L2 is not whole. First rule that holds: near.
    let cells: &[&[i64]] = &[&[990, 10], &[0, 90]];
    assert_eq!(classes(&aligned(relation(cells)), Side::Health), ["near_coterminous", "nested"]);
    // L1 is all in P1, which has a significant part of L2 besides.
    assert_eq!(classes(&aligned(relation(cells)), Side::Council), ["inside_larger", "shared"]);
    // The same overlap as a sliver is an artefact: P1 is one to one.
    let mut sliver = relation(cells);
    sliver.pairs[1].sliver = true;
    let alignment = aligned(sliver);
    assert_eq!(classes(&alignment, Side::Health)[0], "coterminous");
    assert!(!alignment.pairs[1].significant);
    assert_eq!(components(&alignment).len(), 2);
}

#[test]
fn near_nested_and_the_mirror() {
    // P1 = 960 + 40: s = 0.96 of a council of 1960 (r = 0.49): near_nested. P2 is wholly in it: nested. P3 fills 960 of 1000: nested.
    let cells: &[&[i64]] = &[&[960, 40], &[1000, 0], &[0, 960]];
    let alignment = aligned(relation(cells));
    assert_eq!(classes(&alignment, Side::Health), ["near_nested", "nested", "nested"]);
    assert_eq!(classes(&alignment, Side::Council), ["shared", "near_coterminous"]);
    // Mirrored: councils of 1000 lie at 0.96 in a body of 1960.
    let mirrored = aligned(relation(&[&[960, 1000, 0], &[40, 0, 960]]));
    assert_eq!(classes(&mirrored, Side::Council), ["near_inside_larger", "inside_larger", "inside_larger"]);
}

#[test]
fn no_half_either_way_is_a_fragment() {
    let thirds = aligned(relation(&[&[1, 1, 1], &[1, 1, 1], &[1, 1, 1]]));
    assert_eq!(classes(&thirds, Side::Health), ["fragment"; 3]);
    assert_eq!(classes(&thirds, Side::Council), ["fragment"; 3]);
    assert_eq!(components(&thirds), [(ComponentKind::Tangled, 3, 3, 9)]);
    // A half either way is spanning, not a fragment.
    let halves = aligned(relation(&[&[1, 1], &[1, 1]]));
    assert_eq!(classes(&halves, Side::Health), ["spanning"; 2]);
    assert_eq!(classes(&halves, Side::Council), ["shared"; 2]);
}

#[test]
fn uncovered_is_more_than_significant_outside() {
    // 50 of 1000 outside is 0.05, not more than tau; s = 0.95 = 1 - tau, r = 1: near_coterminous. One more person outside: uncovered.
    let at = aligned(relation_with_outside(&[vec![950]], &[50], &[0]));
    assert_eq!(classes(&at, Side::Health), ["near_coterminous"]);
    let above = aligned(relation_with_outside(&[vec![949]], &[51], &[0]));
    assert_eq!(classes(&above, Side::Health), ["uncovered"]);
    near(above.body(Side::Health, 0, Basis::People).and_then(|row| row.share_outside), 0.051, 1e-12);
    // The council is wholly covered, at r = 0.949 of its partner.
    assert_eq!(classes(&above, Side::Council), ["inside_larger"]);
}

#[test]
fn a_body_that_meets_nothing_is_uncovered_and_isolated() {
    let alignment = aligned(relation_with_outside(&[vec![100, 0], vec![0, 0]], &[0, 70], &[0, 30]));
    assert_eq!(classes(&alignment, Side::Health), ["coterminous", "uncovered"]);
    assert_eq!(classes(&alignment, Side::Council), ["coterminous", "uncovered"]);
    assert_eq!(
        components(&alignment),
        [(ComponentKind::Coterminous, 1, 1, 1), (ComponentKind::Isolated, 0, 1, 0), (ComponentKind::Isolated, 1, 0, 0)]
    );
    let alone = alignment.body(Side::Health, 1, Basis::People).expect("P02");
    assert_eq!((alone.main_partner, alone.main_share, alone.best_jaccard, alone.n_effective), (None, None, Some(0.0), None));
    assert_eq!(alone.share_outside, Some(1.0));
    let people: Vec<_> = alignment.components.iter().filter(|c| c.basis == Basis::People).map(|c| c.people).collect();
    assert_eq!(people, [100, 30, 70].map(|people| Some(People::whole(people))));
}

#[test]
fn nobody_lives_there_has_no_class_by_people() {
    // P02 and L02 share 40 m2 where no one lives.
    let mut relation = relation(&[&[100, 0], &[0, 40]]);
    for body in [&mut relation.left[1], &mut relation.right[1]] {
        body.people = Some(People(0));
    }
    let nobody = Some(People(0));
    let amounts = &mut relation.pairs[1].amounts;
    (amounts.people, amounts.people_low, amounts.people_high) = (nobody, nobody, nobody);
    let alignment = aligned(relation);
    assert_eq!(classes(&alignment, Side::Health), ["coterminous", "none"]);
    let area = alignment.body(Side::Health, 1, Basis::Area).expect("by area");
    assert_eq!((area.class, area.class_agrees), (Some(Class::Coterminous), None));
    assert_eq!(alignment.pairs[1].share_left_people, None);
    // It still counts in the denominator: 1 of 2 bodies, with all the people.
    let strict = rate(&alignment, Definition::Strict, 0.02, Side::Health);
    assert_eq!((strict.coterminous, strict.of, strict.people_share), (1, 2, Some(1.0)));
}

#[test]
fn without_people_there_is_one_basis() {
    let mut relation = relation(&[&[600, 0], &[0, 400]]);
    relation.has_people = false;
    for body in relation.left.iter_mut().chain(&mut relation.right) {
        body.people = None;
    }
    for pair in &mut relation.pairs {
        (pair.amounts.people, pair.amounts.people_low, pair.amounts.people_high) = (None, None, None);
    }
    let alignment = aligned(relation);
    assert_eq!(alignment.bases, [Basis::Area]);
    assert!(alignment.bodies.iter().all(|row| row.class == Some(Class::Coterminous) && row.class_agrees.is_none()));
    assert!(alignment.rates.iter().all(|rate| rate.people_share.is_none()));
    assert!(alignment.pairs.iter().all(|pair| pair.significant && pair.share_left_people.is_none() && pair.component_people.is_none()));
    assert!(alignment.components.iter().all(|component| component.people.is_none()));
    assert_eq!(alignment.body(Side::Health, 0, Basis::People), None);
}

#[test]
fn area_and_people_may_disagree() {
    // By area P01 is half in each council; by people it is wholly in L01.
    let mut relation = relation(&[&[500, 500], &[0, 500]]);
    let people = |n: i64| Some(People::whole(n));
    relation.pairs[0].amounts.people = people(1000);
    relation.pairs[1].amounts.people = people(0);
    for pair in &mut relation.pairs {
        (pair.amounts.people_low, pair.amounts.people_high) = (pair.amounts.people, pair.amounts.people);
    }
    relation.right[0].people = people(1000);
    relation.right[1].people = people(500);
    let alignment = aligned(relation);
    // By area: L01 is whole in P01 with s = 0.5, L02 is half and half: spanning. By people: coterminous.
    let row = |basis| alignment.body(Side::Health, 0, basis).expect("P01");
    assert_eq!((row(Basis::Area).class, row(Basis::People).class), (Some(Class::Spanning), Some(Class::Coterminous)));
    assert_eq!((row(Basis::Area).class_agrees, row(Basis::People).class_agrees), (Some(false), Some(false)));
}

// ------------------------------------------------------------------------------------------------------------- stability

#[test]
fn a_class_that_another_tolerance_changes_is_not_stable() {
    // s = r = 0.985: coterminous at 0.02 and 0.05, near_coterminous at 0.01.
    let alignment = aligned(relation(&[&[985, 15], &[15, 985]]));
    let row = alignment.body(Side::Health, 0, Basis::People).expect("P01");
    assert_eq!((row.class, row.class_stable), (Some(Class::Coterminous), false));
    assert_eq!(row.other_classes, [Class::NearCoterminous]);
    // 0.995 stays under all three.
    let stable = aligned(relation(&[&[995, 5], &[5, 995]]));
    assert!(stable.bodies.iter().all(|row| row.class_stable && row.other_classes.is_empty()));
}

#[test]
fn bounds_on_people_may_change_the_class() {
    // s = r = 0.995 with 30 people in doubt: at the low bound 0.965, near_coterminous; at the high one 1, coterminous still.
    let mut relation = relation(&[&[995, 5], &[5, 995]]);
    relation.pairs[0].amounts.people_low = Some(People::whole(965));
    relation.pairs[0].amounts.people_high = Some(People::whole(1025));
    relation.pairs[1].amounts.people_high = Some(People::whole(35));
    let alignment = aligned(relation);
    let row = |basis| alignment.body(Side::Health, 0, basis).expect("P01");
    assert_eq!(row(Basis::People).other_classes, [Class::NearCoterminous]);
    assert!(row(Basis::Area).class_stable, "the bounds of people say nothing about area");
}

#[test]
fn bounds_on_area_are_half_the_resolution_along_the_outline() {
    // 995 m2 with an outline of 1 m: -/+ 40 m * 1 m / 2 = 20 m2; at the low bound s = 0.975.
    let mut relation = relation(&[&[995, 5], &[5, 995]]);
    relation.pairs[0].amounts.boundary_m = 1.0;
    let alignment = aligned(relation.clone());
    assert_eq!(alignment.body(Side::Health, 0, Basis::Area).map(|row| row.other_classes.clone()), Some(vec![Class::NearCoterminous]));
    // A run that states a finer width is believed: 10 m2 less is 0.985.
    let tolerances = Tolerances { sliver_width_m: Some(20.0), ..Tolerances::default() };
    let finer = measure("test", "health", "council", relation, &tolerances);
    assert_eq!(finer.body(Side::Health, 0, Basis::Area).map(|row| row.class_stable), Some(true));
}

// ------------------------------------------------------------------------------------------------------- rates, components

#[test]
fn rates_at_every_tolerance_with_both_denominators() {
    // P01 = L01 exactly; P02 x L02 at 0.96 of 1000; P03 and P04 make up L03. Councils: 3, bodies: 4.
    let cells: &[&[i64]] = &[&[1000, 0, 0], &[0, 960, 40], &[0, 40, 460], &[0, 0, 500]];
    let alignment = aligned(relation(cells));
    let strict = |equal, side| {
        let rate = rate(&alignment, Definition::Strict, equal, side);
        (rate.coterminous, rate.of)
    };
    assert_eq!(strict(0.0, Side::Health), (1, 4));
    assert_eq!(strict(0.02, Side::Health), (1, 4));
    // e = 0.05: P02 and L02 are equal at 0.96, and L03 is no significant partner of P02 (0.04 either way). But P03 is one of L02: its 40
    // people there are 0.08 of P03. One to one is mutual, so neither side counts the two. The people who count: 1000 of 3000.
    assert_eq!(strict(0.05, Side::Health), (1, 4));
    assert_eq!(strict(0.05, Side::Council), (1, 3));
    near(rate(&alignment, Definition::Strict, 0.05, Side::Health).people_share, 1000.0 / 3000.0, 1e-12);
    // e = 0.10: P03 has 460/500 = 0.92 in L03, so L03 is partitioned: 0.46 + 0.5 = 0.96 >= 0.9, and all match by structure.
    let structural = rate(&alignment, Definition::Structural, 0.10, Side::Health);
    assert_eq!((structural.coterminous, structural.share), (4, Some(1.0)));
    // 2 bases x 2 definitions x 7 tolerances x 2 sides; 0.02 is one of the seven.
    assert_eq!(alignment.rates.len(), 56);
    let own = measure("test", "h", "c", relation(cells), &Tolerances { equal: 0.03, ..Tolerances::default() });
    assert_eq!(own.rates.len(), 64);
}

#[test]
fn two_components_of_one_code_have_two_names() {
    // The code X01 stands in both layers, for bodies that do not meet.
    let mut relation = relation(&[&[0, 100], &[100, 0]]);
    relation.left[0].code = "X01".into();
    relation.left[1].code = "X02".into();
    relation.right[0].code = "X01".into();
    relation.right[1].code = "X02".into();
    let alignment = aligned(relation);
    let names: Vec<_> = alignment.components.iter().filter(|c| c.basis == Basis::People).map(|c| (c.name.as_str(), c.health[0])).collect();
    assert_eq!(names, [("X01", 0), ("X01 (council)", 1)]);
    // Every body points at the component that holds it.
    for row in &alignment.bodies {
        let component = &alignment.components[row.component];
        let members = if row.side == Side::Health { &component.health } else { &component.council };
        assert!(component.basis == row.basis && members.contains(&row.body));
    }
}

#[test]
fn a_body_that_fits_districts_inside_a_county() {
    // Health P01 = districts D1 + D2 of county L01 (with D3); P02 = D3; P03 = unitary L02 = D4.
    let council = aligned(relation(&[&[300, 0], &[200, 0], &[0, 400]]));
    let district = aligned(relation(&[&[100, 200, 0, 0], &[0, 0, 200, 0], &[0, 0, 0, 400]]));
    let gaps = two_tier(&council, &district);
    let told: Vec<_> =
        gaps.iter().map(|gap| (gap.health, gap.districts.clone(), gap.district_class, gap.council, gap.council_class)).collect();
    assert_eq!(
        told,
        [(0, vec![0, 1], Class::Aggregate, Some(0), Class::Nested), (1, vec![2], Class::Coterminous, Some(0), Class::Nested),]
    );
    assert_eq!((gaps[0].district_jaccard, gaps[0].council_share), (1.0, Some(1.0)));
    near(gaps[0].share_of_council, 300.0 / 500.0, 1e-12);
}

// ------------------------------------------------------------------------------------------------------------- invariants

#[derive(Debug, Clone)]
struct Country {
    cells: Vec<Vec<i64>>,
    left_outside: Vec<i64>,
    right_outside: Vec<i64>,
}

impl Country {
    fn relation(&self) -> Relation {
        relation_with_outside(&self.cells, &self.left_outside, &self.right_outside)
    }

    fn transposed(&self) -> Self {
        let columns = self.right_outside.len();
        Self {
            cells: (0..columns).map(|j| self.cells.iter().map(|row| row[j]).collect()).collect(),
            left_outside: self.right_outside.clone(),
            right_outside: self.left_outside.clone(),
        }
    }
}

fn weight() -> impl Strategy<Value = i64> {
    prop_oneof![4 => Just(0), 2 => 1i64..30, 3 => 900i64..1000, 1 => 1i64..1000]
}

fn country() -> impl Strategy<Value = Country> {
    (1usize..6, 1usize..6).prop_flat_map(|(n, m)| {
        let cells = prop::collection::vec(prop::collection::vec(weight(), m), n);
        let outside = |n| prop::collection::vec(prop_oneof![3 => Just(0), 1 => 0i64..200], n);
        (cells, outside(n), outside(m)).prop_map(|(cells, left_outside, right_outside)| Country { cells, left_outside, right_outside })
    })
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        (None, None) => true,
        _ => false,
    }
}

proptest! {
    #[test]
    fn shares_are_shares_and_rows_sum_to_one(country in country()) {
        let alignment = aligned(country.relation());
        for pair in &alignment.pairs {
            let shares = [pair.share_left_area, pair.share_right_area, pair.jaccard_area];
            let [left, right, jaccard] = shares.map(|share| share.expect("a share by area"));
            for share in [left, right, jaccard] {
                prop_assert!((0.0..=1.0).contains(&share));
            }
            prop_assert!(jaccard <= left.min(right) + 1e-12);
        }
        for row in &alignment.bodies {
            let total = match row.side {
                Side::Health => alignment.relation.left[row.body].area_m2,
                Side::Council => alignment.relation.right[row.body].area_m2,
            };
            // One class each, and none only where there is nothing.
            prop_assert_eq!(row.class.is_some(), total > 0.0);
            let Some(outside) = row.share_outside else { continue };
            let mine = |left: usize, right: usize| if row.side == Side::Health { left == row.body } else { right == row.body };
            let shares = alignment.relation.pairs.iter().zip(&alignment.pairs).filter(|(pair, _)| mine(pair.left, pair.right));
            let covered: f64 = shares.filter_map(|(_, m)| if row.side == Side::Health { m.share_left_area } else { m.share_right_area }).sum();
            prop_assert!((covered + outside - 1.0).abs() < 1e-9);
            prop_assert!(row.mapcurves.is_some_and(|gof| (0.0..=1.0 + 1e-9).contains(&gof)));
            prop_assert!(row.n_effective.is_none_or(|n| n >= 1.0));
        }
        for association in &alignment.associations {
            for measure in [association.v_measure, association.homogeneity_health_by_council, association.mapcurves] {
                prop_assert!(measure.is_none_or(|measure| (0.0..=1.0).contains(&measure)));
            }
        }
        for rate in &alignment.rates {
            prop_assert!(rate.coterminous <= rate.of);
        }
    }

    #[test]
    fn exchanging_the_sides_mirrors_everything(country in country()) {
        let there = aligned(country.relation());
        let back = aligned(country.transposed().relation());
        for row in &there.bodies {
            let side = if row.side == Side::Health { Side::Council } else { Side::Health };
            let mirror = back.body(side, row.body, row.basis).expect("same bodies");
            prop_assert_eq!(row.class, mirror.class);
            prop_assert_eq!(&row.other_classes, &mirror.other_classes);
            prop_assert_eq!(row.main_partner, mirror.main_partner);
            prop_assert_eq!(row.n_partners, mirror.n_partners);
            prop_assert!(close(row.best_jaccard, mirror.best_jaccard) && close(row.mapcurves, mirror.mapcurves));
        }
        for (a, b) in there.associations.iter().zip(&back.associations) {
            prop_assert!(close(a.homogeneity_health_by_council, b.completeness_health_by_council));
            prop_assert!(close(a.v_measure, b.v_measure) && close(a.mapcurves, b.mapcurves));
        }
        prop_assert_eq!(there.components.len(), back.components.len());
    }

    #[test]
    fn the_order_of_bodies_means_nothing(country in country(), seed in any::<u64>()) {
        // Turn the rows: the body at place i stands at place (i + turn) mod n.
        let n = country.cells.len();
        let turn = usize::try_from(seed % 97).unwrap_or(0) % n;
        let mut turned = country.clone();
        turned.cells.rotate_right(turn);
        turned.left_outside.rotate_right(turn);
        let (before, after) = (aligned(country.relation()), aligned(turned.relation()));
        for row in before.bodies.iter().filter(|row| row.side == Side::Health) {
            let moved = after.body(Side::Health, (row.body + turn) % n, row.basis).expect("same bodies");
            prop_assert_eq!(row.class, moved.class);
            prop_assert!(close(row.best_jaccard, moved.best_jaccard) && close(row.n_effective, moved.n_effective));
        }
        for (a, b) in before.associations.iter().zip(&after.associations) {
            prop_assert!(close(a.v_measure, b.v_measure) && close(a.mapcurves, b.mapcurves));
        }
        let counts = |alignment: &Alignment| alignment.rates.iter().map(|rate| rate.coterminous).collect::<Vec<_>>();
        prop_assert_eq!(counts(&before), counts(&after));
    }

    #[test]
    fn a_layer_against_itself_is_all_coterminous(sizes in prop::collection::vec(1i64..1_000_000, 1..12)) {
        let cells: Vec<Vec<i64>> =
            (0..sizes.len()).map(|i| (0..sizes.len()).map(|j| if i == j { sizes[i] } else { 0 }).collect()).collect();
        let none = vec![0; sizes.len()];
        let alignment = aligned(relation_with_outside(&cells, &none, &none));
        prop_assert!(alignment.bodies.iter().all(|row| row.class == Some(Class::Coterminous) && row.class_stable));
        prop_assert!(alignment.rates.iter().all(|rate| rate.coterminous == rate.of));
        prop_assert!(alignment.associations.iter().all(|a| a.v_measure == Some(1.0) && a.mapcurves == Some(1.0)));
        prop_assert!(alignment.components.iter().all(|component| component.kind == ComponentKind::Coterminous));
    }

    #[test]
    fn components_share_out_the_bodies_and_the_significant_pairs(country in country()) {
        let alignment = aligned(country.relation());
        for basis in [Basis::Area, Basis::People] {
            let list: Vec<_> = alignment.components.iter().filter(|c| c.basis == basis).collect();
            let mut health: Vec<usize> = list.iter().flat_map(|c| c.health.clone()).collect();
            health.sort_unstable();
            prop_assert_eq!(health, (0..alignment.relation.left.len()).collect::<Vec<_>>());
            let agreements: usize = list.iter().map(|c| c.agreements_needed).sum();
            prop_assert_eq!(agreements, alignment.pairs.iter().filter(|pair| pair.significant).count());
            prop_assert!(list.windows(2).all(|pair| pair[0].name < pair[1].name));
        }
    }
}
