//! The nearest nested arrangement: hand checks with the arithmetic on show, brute force on small countries, and what must not change it.

use coterminous::alignment::{Alignment, Side};
use coterminous::domain::{Basis, People};
use coterminous::nesting::{EFFORT, Nesting, Overlap, arrange, nest};
use proptest::prelude::*;

use crate::alignment::{aligned, classes, relation};

/// The arrangement by people, after its proofs were checked.
fn nested(alignment: &Alignment) -> Nesting {
    let (nestings, proofs) = nest(alignment, 500.0);
    assert!(proofs.iter().all(|proof| proof.holds), "{proofs:?}");
    nestings.into_iter().find(|nesting| nesting.basis == Basis::People).unwrap()
}

/// People of a sum in millionths.
fn whole(amount: i128) -> i128 {
    assert_eq!(amount % 1_000_000, 0);
    amount / 1_000_000
}

/// Crossing parts as `P01 L02 95`, largest first.
fn parts(alignment: &Alignment, nesting: &Nesting) -> Vec<String> {
    let relation = &alignment.relation;
    let text = |part: &coterminous::nesting::CrossingPart| {
        format!("{} {} {}", relation.left[part.left].code, relation.right[part.right].code, whole(part.amount.into()))
    };
    nesting.parts.iter().map(text).collect()
}

fn of(cells: &[&[i64]]) -> (Alignment, Nesting) {
    let alignment = aligned(relation(cells));
    let nesting = nested(&alignment);
    assert!(nesting.proved());
    (alignment, nesting)
}

#[test]
fn a_body_between_two_councils_leaves_its_smaller_part_on_the_wrong_side() {
    // F1: P1 lies in L1 and P3 in L2. P2 has 95 in L1 and 115 in L2: as a leaf of L2 it leaves 95.
    let (alignment, nesting) = of(&[&[620, 0], &[95, 115], &[0, 590]]);
    assert_eq!((whole(nesting.crossing), whole(nesting.total)), (95, 620 + 95 + 115 + 590));
    assert_eq!(parts(&alignment, &nesting), ["P02 L01 95"]);
    // The part would belong to P1, with which L1 is, or to L2, in which P2 lies.
    assert_eq!((nesting.parts[0].left_would_be, nesting.parts[0].right_would_be), (Some(0), Some(1)));
    assert_eq!((nesting.cut(Side::Health), nesting.cut(Side::Council)), (1, 1));
    // Three picked pairs; 95 people need no agreement of their own.
    assert_eq!(nesting.agreements, 3);
    assert_eq!((nesting.of(Side::Health, 1), nesting.of(Side::Council, 1)), (Some(95_000_000), Some(0)));
}

#[test]
fn whole_partners_are_no_crossing_parts() {
    // F2: L1 has P1 and P2 whole, P3 has L2 and L3 whole, P4 and L4 are one.
    let (_, nesting) = of(&[&[400, 0, 0, 0], &[600, 0, 0, 0], &[0, 150, 250, 0], &[0, 0, 0, 300]]);
    assert_eq!((nesting.crossing, nesting.parts.len(), nesting.agreements), (0, 0, 5));
    // Ten whole boroughs in one body: ten partners, and each resident has a body and a council that fit together.
    let boroughs: Vec<i64> = (1..=10).map(|k| k * 1000).collect();
    let (_, nesting) = of(&[&boroughs]);
    assert_eq!((nesting.crossing, nesting.agreements), (0, 10));
}

#[test]
fn a_council_split_between_bodies_that_hold_others_leaves_its_smaller_part() {
    // L2 is split 60 to 40 between P1 and P2, which hold L1 and L3 whole.
    let (alignment, nesting) = of(&[&[100, 60, 0], &[0, 40, 100]]);
    assert_eq!((whole(nesting.crossing), parts(&alignment, &nesting)), (40, vec!["P02 L02 40".to_owned()]));
    // By the health line the 40 would belong to P1; by the council line to L3.
    assert_eq!((nesting.parts[0].left_would_be, nesting.parts[0].right_would_be), (Some(0), Some(2)));
}

#[test]
fn a_body_in_two_counties_leaves_its_smaller_part_and_not_all_of_it() {
    // P2 has 45 in L1 and 55 in L2; the rest of each county is in one body.
    let (alignment, nesting) = of(&[&[500, 0], &[45, 55], &[0, 500]]);
    assert_eq!((whole(nesting.crossing), parts(&alignment, &nesting)), (45, vec!["P02 L01 45".to_owned()]));
}

#[test]
fn of_equals_the_first_part_crosses() {
    // Halves of a council: either may cross, and P01 L02 comes before P02 L02.
    let (alignment, nesting) = of(&[&[100, 50, 0], &[0, 50, 100]]);
    assert_eq!(parts(&alignment, &nesting), ["P01 L02 50"]);
}

#[test]
fn the_tangle_of_squares_has_its_known_least() {
    // n x n squares of four cells of 250, and the same moved by half a square. HiGHS: 6,250 for n = 4 and 16,750 for n = 6.
    let squares = |n: usize| {
        let mut overlaps = Vec::new();
        for (x, y) in (0..n).flat_map(|y| (0..n).map(move |x| (x, y))) {
            for (right_x, right_y) in [(x, y), (x + 1, y), (x, y + 1), (x + 1, y + 1)] {
                if right_x > 0 && right_y > 0 {
                    overlaps.push(Overlap { left: y * n + x, right: (right_y - 1) * n + right_x - 1, weight: 250 });
                }
            }
        }
        overlaps.sort_by_key(|overlap| (overlap.left, overlap.right));
        overlaps
    };
    for (n, least) in [(4, 6_250), (6, 16_750)] {
        let arrangement = arrange(&squares(n), EFFORT, true);
        assert_eq!((arrangement.crossing, arrangement.proved()), (least, true), "{n} x {n}");
    }
    // Where the search stops early it says so: the bound is below the least, 52,250, and what was found is not below it.
    let arrangement = arrange(&squares(10), EFFORT / 50, true);
    assert!(!arrangement.proved() && arrangement.bound <= 52_250 && arrangement.crossing >= 52_250, "{arrangement:?}");
    assert_eq!(arrangement.broken(&squares(10)), 0);
    assert_eq!(arrange(&squares(10), EFFORT / 50, true), arrangement, "a count of steps ends it, not a clock");
}

#[test]
fn coterminous_is_mutual() {
    // All of P1 is in L1 and makes up 99% of it, and all of P2 is in L1 too, as 1% of it. To P2 L1 is its only partner: L1 is partitioned.
    let alignment = aligned(relation(&[&[990], &[10]]));
    assert_eq!(classes(&alignment, Side::Health), ["nested", "nested"]);
    assert_eq!(classes(&alignment, Side::Council), ["partitioned"]);
    // The mirror: P1 is made of L1, which is 99% of it, and of all of L2.
    let alignment = aligned(relation(&[&[990, 10]]));
    assert_eq!(classes(&alignment, Side::Health), ["aggregate"]);
    assert_eq!(classes(&alignment, Side::Council), ["inside_larger", "inside_larger"]);
}

#[test]
fn on_real_bodies_it_names_what_who_knows_the_place_would_name() {
    let Some(england) = crate::real_data::england() else { return };
    let at = england.alignments.iter().position(|alignment| alignment.id == "pct-council-2011").unwrap();
    let nesting = england.nestings[at].iter().find(|nesting| nesting.basis == Basis::People).unwrap();
    let relation = &england.alignments[at].relation;
    let named: Vec<(&str, &str, i64)> = nesting
        .parts
        .iter()
        .map(|part| {
            let name = |body: &coterminous::domain::Body| -> &'static str { body.name.clone().unwrap_or_default().leak() };
            (name(&relation.left[part.left]), name(&relation.right[part.right]), People(part.amount).as_f64().round() as i64)
        })
        .collect();
    // An integer programme on GEOS overlaps found the same.
    let expected = [
        ("South East Essex", "Essex", 171_298),
        ("South West Essex", "Thurrock", 157_705),
        ("Central and Eastern Cheshire", "Cheshire West and Chester", 102_197),
        ("Great Yarmouth and Waveney", "Norfolk", 97_277),
        ("Tameside and Glossop", "Derbyshire", 33_090),
        ("Buckinghamshire", "Oxfordshire", 19_855),
        ("Western Cheshire", "Cheshire East", 14_372),
        ("Berkshire East", "Surrey", 10_607),
        ("Stoke on Trent", "Staffordshire", 8_192),
        ("Milton Keynes", "Buckinghamshire", 5_499),
        ("Swindon", "Oxfordshire", 4_992),
    ];
    assert_eq!(named[..11], expected);
    assert_eq!(named[11..].iter().map(|(.., people)| *people).collect::<Vec<_>>(), [256, 220], "Westminster, Kensington and Chelsea");
    assert_eq!((nesting.number(nesting.crossing).round(), nesting.parts.len(), nesting.proved()), (625_560.0, 13, true));
    assert_eq!(nesting.number(nesting.total).round(), 53_012_456.0);
}

/// Random overlaps of up to six bodies a side.
fn overlaps() -> impl Strategy<Value = Vec<Overlap>> {
    (1usize..=6, 1usize..=6).prop_flat_map(|(lefts, rights)| {
        let weight = prop_oneof![3 => Just(0i64), 2 => 1i64..5, 2 => 1i64..1000];
        prop::collection::vec(weight, lefts * rights).prop_map(move |weights| {
            let cells = weights.into_iter().enumerate();
            cells.map(|(at, weight)| Overlap { left: at / rights, right: at % rights, weight }).collect()
        })
    })
}

/// Crossing total, number of parts and the sorted list of parts of the best arrangement, by trying every set of centres.
fn brute_force(overlaps: &[Overlap]) -> (i64, usize, Vec<usize>) {
    let lefts = 1 + overlaps.iter().map(|overlap| overlap.left).max().unwrap_or(0);
    let nodes = lefts + 1 + overlaps.iter().map(|overlap| overlap.right).max().unwrap_or(0);
    let of_centres = |centres: u32| {
        let is_centre = |node: usize| centres >> node & 1 == 1;
        // A leaf joins the centre with most of it; of equals the last, so that the first cross.
        let mut joins: Vec<Option<(i64, usize)>> = vec![None; nodes];
        for (at, overlap) in overlaps.iter().enumerate().filter(|(_, overlap)| overlap.weight > 0) {
            let ends = (overlap.left, lefts + overlap.right);
            for (leaf, centre) in [ends, (ends.1, ends.0)] {
                if is_centre(centre) && !is_centre(leaf) {
                    joins[leaf] = joins[leaf].max(Some((overlap.weight, at)));
                }
            }
        }
        let picked: Vec<usize> = joins.into_iter().flatten().map(|(_, at)| at).collect();
        let crossing: Vec<usize> = (0..overlaps.len()).filter(|at| overlaps[*at].weight > 0 && !picked.contains(at)).collect();
        (crossing.iter().map(|at| overlaps[*at].weight).sum::<i64>(), crossing.len(), crossing)
    };
    (0..1u32 << nodes).map(of_centres).min().unwrap()
}

fn crossing_parts(overlaps: &[Overlap], picked: &[bool]) -> Vec<usize> {
    (0..overlaps.len()).filter(|at| overlaps[*at].weight > 0 && !picked[*at]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn it_is_what_trying_every_arrangement_finds(overlaps in overlaps()) {
        let found = arrange(&overlaps, EFFORT, true);
        let (crossing, count, parts) = brute_force(&overlaps);
        prop_assert!(found.proved());
        prop_assert_eq!(found.crossing, i128::from(crossing));
        let found_parts = crossing_parts(&overlaps, &found.picked);
        prop_assert_eq!(found_parts.len(), count);
        prop_assert_eq!(found_parts, parts);
        prop_assert_eq!(found.broken(&overlaps), 0);
    }

    #[test]
    fn labels_order_and_sides_change_nothing(overlaps in overlaps(), seed in any::<u64>()) {
        let found = arrange(&overlaps, EFFORT, true);
        let relabelled = |turn: bool| {
            let shift = |body: usize, by: u64| (body + 1) * 7 % 11 + by as usize % 3;
            let mut other: Vec<Overlap> = overlaps.iter().map(|overlap| {
                let (left, right) = (shift(overlap.left, seed), shift(overlap.right, seed >> 8));
                Overlap { left: if turn { right } else { left }, right: if turn { left } else { right }, weight: overlap.weight }
            }).collect();
            other.sort_by_key(|overlap| (overlap.left, overlap.right));
            let again = arrange(&other, EFFORT, true);
            (again.crossing, again.total, crossing_parts(&other, &again.picked).len())
        };
        let expected = (found.crossing, found.total, crossing_parts(&overlaps, &found.picked).len());
        prop_assert_eq!(relabelled(false), expected);
        prop_assert_eq!(relabelled(true), expected);
    }

    #[test]
    fn a_merger_of_all_bodies_leaves_nothing_to_cross(overlaps in overlaps()) {
        let mut merged: Vec<Overlap> = Vec::new();
        for overlap in &overlaps {
            match merged.iter_mut().find(|other| other.right == overlap.right) {
                Some(other) => other.weight += overlap.weight,
                None => merged.push(Overlap { left: 0, ..*overlap }),
            }
        }
        prop_assert_eq!(arrange(&merged, EFFORT, true).crossing, 0);
    }
}
