//! Succession: every type of change, declared changes, the effect on lines, partners and pairs with the worked checks, proposals.

use std::path::Path;

use coterminous::alignment::{Alignment, Class, Side, measure};
use coterminous::config::{DeclaredSource, Merge, TableSource, Tolerances, WhatIfPlan};
use coterminous::domain::{Basis, Finding, Layer, Pence, People, Relation, Rings, Role, TextTable};
use coterminous::succession::{
    ChangeType, CouncilChange, Declared, DeclaredInput, EffectBy, EffectInput, EffectKind, Input, Link, Proposal, Succession, carry_money,
    count_effects, declared_rows, merge_left, merged, standing, succeed, what_if,
};
use proptest::prelude::*;

use crate::alignment::{aligned, relation, relation_with_outside};

const TOLERANCES: Tolerances = Tolerances {
    equal: 0.02,
    significant: 0.05,
    sliver_share: 0.01,
    sliver_people: 50.0,
    sliver_width_m: None,
    link: 0.01,
    main_link: 0.2,
    minor_people: 500.0,
    effect_people: 500.0,
    effect_share: 0.005,
};

/// A layer known by its id: succession reads the relation.
pub fn layer(id: &str) -> Layer {
    Layer {
        id: id.to_owned(),
        role: Role::Health,
        kind: "PCT".to_owned(),
        resolution_m: 20.0,
        clip: None,
        valid_from: None,
        valid_to: None,
        areas: Vec::new(),
        rings: Rings::new(),
        populations: Default::default(),
        other_codes: Default::default(),
    }
}

/// Gives the successors (`L..`) the codes and names of the predecessors (`P..`) at these places; `None` keeps both.
fn named_after(mut relation: Relation, kept: &[Option<usize>]) -> Relation {
    for (body, kept) in relation.right.iter_mut().zip(kept) {
        if let Some(from) = kept {
            body.code.clone_from(&relation.left[*from].code);
            body.name.clone_from(&relation.left[*from].name);
        }
    }
    relation
}

fn run(relation: Relation, effect: Option<EffectInput<'_>>, declared: Option<DeclaredInput<'_>>) -> (Succession, Vec<Finding>) {
    let (from, to) = (layer("before"), layer("after"));
    succeed(Input { id: "test", from: &from, to: &to, date: None, relation, tolerances: &TOLERANCES, effect, declared }).expect("succeeds")
}

fn links(relation: Relation) -> Succession {
    run(relation, None, None).0
}

fn kinds(succession: &Succession) -> Vec<(Option<usize>, Option<usize>, ChangeType, bool)> {
    succession.links.iter().map(|link| (link.from, link.to, link.kind, link.with_transfer)).collect()
}

// ------------------------------------------------------------------------------------------------------------------ types

#[test]
fn one_to_one_is_unchanged_renamed_recoded_or_adjusted() {
    // Four bodies of 1000; the last gains nothing but loses 30 to the sea (f = 0.97 < 1 - e).
    let cells: Vec<Vec<i64>> = (0..4).map(|i| (0..4).map(|j| if i == j { if i == 3 { 970 } else { 1000 } } else { 0 }).collect()).collect();
    let mut relation = named_after(relation_with_outside(&cells, &[0, 0, 0, 30], &[0; 4]), &[Some(0), Some(1), None, Some(3)]);
    relation.right[1].name = Some("Another name".to_owned());
    relation.right[2].code = "P025".to_owned();
    let (succession, findings) = run(relation, None, None);
    let expected = [ChangeType::Unchanged, ChangeType::Renamed, ChangeType::Recoded, ChangeType::BoundaryAdjusted];
    assert_eq!(succession.links.iter().map(|link| link.kind).collect::<Vec<_>>(), expected);
    // The code of P04 stands for 970 of 1000 now: J = 0.97.
    assert_eq!(succession.codes_reused, [("P04".to_owned(), 0.97)]);
    // The 30 people are told, not lost.
    let told: Vec<_> = findings.iter().map(|finding| (finding.id, finding.code.as_deref(), finding.value)).collect();
    assert_eq!(told, [("DQ-10", Some("P04"), Some(30.0))]);
}

#[test]
fn many_to_one_one_to_many_many_to_many() {
    let merged = links(relation(&[&[300], &[700]]));
    assert_eq!(kinds(&merged), [(Some(0), Some(0), ChangeType::Merged, false), (Some(1), Some(0), ChangeType::Merged, false)]);
    assert_eq!(merged.groups, [(ChangeType::Merged, 1)]);
    assert_eq!((merged.links[0].forward_share, merged.links[0].backward_share), (Some(1.0), Some(0.3)));
    let split = links(relation(&[&[300, 700]]));
    assert_eq!(split.groups, [(ChangeType::Split, 1)]);
    let complex = links(relation(&[&[500, 500], &[0, 500]]));
    assert_eq!(complex.groups, [(ChangeType::Complex, 1)]);
    assert_eq!(complex.links.len(), 3);
}

#[test]
fn money_goes_with_people_to_the_penny() {
    // 1000 people: 500 to each of two successors, and the odd penny to the first. P02's money is not known.
    let mut split = links(relation(&[&[500, 500], &[0, 400]]));
    assert_eq!(carry_money(&mut split, None, &[Some(Pence(101)), None]), Pence(0));
    assert_eq!(split.links.iter().map(|link| link.pence).collect::<Vec<_>>(), [Some(Pence(51)), Some(Pence(50)), None]);
    // 991 stay and 9 are too few for a link: 9 of 1000 pence are left out.
    let mut small = links(relation(&[&[991, 9], &[0, 1000]]));
    assert_eq!(carry_money(&mut small, None, &[Some(Pence(1000)), Some(Pence(5))]), Pence(9));
    assert_eq!(small.links.iter().map(|link| link.pence).collect::<Vec<_>>(), [Some(Pence(991)), Some(Pence(5))]);
}

#[test]
fn a_small_transfer_does_not_tangle_two_mergers() {
    // The CCG 2020 case: two mergers, and 14 of 1000 people (f = 0.014) go from a body of the one to the other.
    let succession = links(relation(&[&[986, 14], &[800, 0], &[0, 900], &[0, 700]]));
    assert_eq!(succession.groups, [(ChangeType::Merged, 2), (ChangeType::TransferredPart, 1)]);
    assert_eq!(
        kinds(&succession),
        [
            (Some(0), Some(0), ChangeType::Merged, true),
            (Some(0), Some(1), ChangeType::TransferredPart, true),
            (Some(1), Some(0), ChangeType::Merged, false),
            (Some(2), Some(1), ChangeType::Merged, true),
            (Some(3), Some(1), ChangeType::Merged, true),
        ]
    );
    assert_eq!(succession.links[1].people, Some(People::whole(14)));
}

#[test]
fn a_transfer_between_two_unchanged_bodies_adjusts_both() {
    let succession = links(named_after(relation(&[&[985, 15], &[0, 1000]]), &[Some(0), Some(1)]));
    assert_eq!(succession.groups, [(ChangeType::BoundaryAdjusted, 2), (ChangeType::TransferredPart, 1)]);
}

#[test]
fn what_is_too_small_for_a_link_is_told() {
    // f = 9/1000 and b = 9/1009 are below the link share.
    let (succession, findings) = run(named_after(relation(&[&[991, 9], &[0, 1000]]), &[Some(0), Some(1)]), None, None);
    assert_eq!(succession.groups, [(ChangeType::Unchanged, 2)]);
    assert_eq!(findings.iter().map(|f| (f.id, f.value)).collect::<Vec<_>>(), [("DQ-15", Some(1.0))]);
    assert!(findings[0].detail.contains("9 people"), "{}", findings[0].detail);
    // A sliver is no minor link either, whatever its share; a main link has no sliver test.
    let mut sliver = relation(&[&[985, 15], &[0, 1000]]);
    for pair in &mut sliver.pairs {
        pair.sliver = true;
    }
    assert_eq!(links(named_after(sliver, &[Some(0), Some(1)])).groups, [(ChangeType::Unchanged, 2)]);
}

#[test]
fn bodies_without_a_counterpart_are_new_or_abolished() {
    // P01 lies in no successor, L02 comes from nowhere.
    let succession = links(relation_with_outside(&[vec![0, 0], vec![500, 0]], &[300, 0], &[0, 200]));
    assert_eq!(
        kinds(&succession),
        [
            (Some(0), None, ChangeType::Abolished, false),
            (Some(1), Some(0), ChangeType::Recoded, false),
            (None, Some(1), ChangeType::New, false),
        ]
    );
    assert_eq!((succession.links[0].people, succession.links[0].forward_share), (Some(People::whole(300)), Some(1.0)));
    assert_eq!((succession.links[2].people, succession.links[2].backward_share), (Some(People::whole(200)), Some(1.0)));
    // A body shared out in tenths, each a hundredth of what receives it, is abolished with its parts transferred.
    let mut cells = vec![vec![100; 10]];
    cells.extend((0..10).map(|i| (0..10).map(|j| if i == j { 9900 } else { 0 }).collect()));
    let shared = links(relation_with_outside(&cells, &[0; 11], &[0; 10]));
    assert_eq!(shared.groups, [(ChangeType::BoundaryAdjusted, 10), (ChangeType::Abolished, 1), (ChangeType::TransferredPart, 10)]);
    let end = shared.links.iter().find(|link| link.to.is_none()).expect("a row without successor");
    assert_eq!((end.people, end.with_transfer), (Some(People(0)), true));
}

#[test]
fn a_body_where_nobody_lives_is_followed_by_its_area() {
    let mut relation = named_after(relation(&[&[100, 0], &[0, 40]]), &[Some(0), Some(1)]);
    (relation.left[1].people, relation.right[1].people) = (Some(People(0)), Some(People(0)));
    relation.pairs[1].amounts.people = Some(People(0));
    let succession = links(relation);
    assert_eq!((succession.basis, succession.groups), (Basis::People, vec![(ChangeType::Unchanged, 2)]));
}

// --------------------------------------------------------------------------------------------------------------- declared

fn declared_table(rows: &[[&str; 3]]) -> (TextTable, DeclaredSource) {
    let mut table = TextTable::new("orders.csv", None, ["old", "new", "reason"].map(str::to_owned).to_vec());
    for (index, row) in rows.iter().enumerate() {
        table.push(index as u64 + 2, row.iter().copied());
    }
    let source = DeclaredSource {
        table: TableSource::new("orders.csv", None),
        from: "old".to_owned(),
        to: "new".to_owned(),
        reason: Some("reason".to_owned()),
    };
    (table, source)
}

#[test]
fn declared_changes_are_held_against_the_map() {
    // P01 and P02 merge into L01; P03 stays.
    let relation = named_after(relation(&[&[300, 0], &[700, 0], &[0, 500]]), &[None, Some(2)]);
    let (table, source) = declared_table(&[
        ["P01", "L01", "align_boundaries"],
        ["P03", "L01", ""],
        ["P99", "L01", "typing error"],
        ["P01", "L01", "independence"],
        ["", "", "nothing"],
    ]);
    let rows = declared_rows(&table, &source).expect("columns are there");
    assert_eq!((rows[1].row, rows[1].reason.clone(), rows[4].from.clone()), (3, None, None));
    let (succession, findings) = run(relation, None, Some(DeclaredInput { source: &source, rows: &rows }));
    let told: Vec<_> = succession.links.iter().map(|l| (l.from, l.to, l.declared, l.reason.as_deref(), l.people.is_some())).collect();
    assert_eq!(
        told,
        [
            (Some(0), Some(0), Some(Declared::Agree), Some("align_boundaries"), true),
            (Some(1), Some(0), Some(Declared::GeometricOnly), None, true),
            (Some(2), Some(0), Some(Declared::DeclaredOnly), None, false),
            // Unchanged and not listed: an order lists what changes.
            (Some(2), Some(1), None, None, true),
        ]
    );
    let told: Vec<_> = findings.iter().map(|f| (f.id, f.record, f.code.as_deref(), f.field.as_deref())).collect();
    assert_eq!(
        told,
        [("DQ-04", Some(4), Some("P99"), Some("old")), ("DQ-11", Some(5), Some("P01"), None), ("DQ-04", Some(6), None, Some("old"))]
    );
    assert!(findings.iter().all(|finding| finding.file.as_deref() == Some("orders.csv")));
}

#[test]
fn of_two_reasons_the_same_one_stands_in_either_order() {
    let told = [["independence", "align_boundaries"], ["align_boundaries", "independence"], ["", "align_boundaries"]].map(|reasons| {
        let (table, source) = declared_table(&reasons.map(|reason| ["P01", "L01", reason]));
        let rows = declared_rows(&table, &source).expect("columns are there");
        let relation = named_after(relation(&[&[300], &[700]]), &[None, None]);
        let (succession, findings) = run(relation, None, Some(DeclaredInput { source: &source, rows: &rows }));
        (succession.links[0].reason.clone(), findings.iter().map(|finding| (finding.id, finding.record)).collect::<Vec<_>>())
    });
    // The finding stands at the row that was passed over.
    let expected = |row| (Some("align_boundaries".to_owned()), vec![("DQ-11", Some(row))]);
    assert_eq!(told, [expected(2), expected(3), expected(2)]);
}

#[test]
fn a_declared_table_without_its_column_is_an_error() {
    let (table, mut source) = declared_table(&[]);
    source.to = "newcode".to_owned();
    let message = declared_rows(&table, &source).expect_err("no such column").to_string();
    assert!(message.contains("orders.csv") && message.contains("newcode"), "{message}");
}

// ----------------------------------------------------------------------------------------------------------------- effect

fn effect_of(relation: Relation, before: &Alignment, after: &Alignment) -> Succession {
    run(relation, Some(EffectInput { before, after, council_change: None }), None).0
}

/// The successors of a relation as the left bodies of an alignment after: same codes.
fn after(mut measured: Relation, successors: &Relation) -> Alignment {
    measured.left.clone_from(&successors.right);
    aligned(measured)
}

#[test]
fn three_pairs_merged_change_no_line_and_lose_three_pairs() {
    // Three councils with a body each, the bodies merged. Lines: 0 before, 0 after. Each council had 1 partner and has 1; the body has the 3
    // pairs of its three predecessors.
    let merger = relation(&[&[1000], &[1000], &[1000]]);
    let before = aligned(relation(&[&[1000, 0, 0], &[0, 1000, 0], &[0, 0, 1000]]));
    let after = after(relation(&[&[1000, 1000, 1000]]), &merger);
    let succession = effect_of(merger, &before, &after);
    assert_eq!(succession.effects.len(), 2 * (1 + 3), "two bases, one body, three councils");
    for effect in &succession.effects {
        let partners = if effect.side == Side::Health { 3 } else { 1 };
        assert_eq!((effect.crossing_before, effect.crossing_after), (Some(0.0), Some(0.0)));
        assert_eq!((effect.partners_before, effect.partners_after), (Some(partners), Some(partners)));
        assert_eq!((effect.effect, effect.effect_by), (Some(EffectKind::Neutral), Some(EffectBy::None)));
        assert_eq!((effect.pair_lost, effect.pair_won), (true, false));
        assert_eq!(effect.class_before, Some(Class::Coterminous));
        assert_eq!((effect.health_effect, effect.council_effect, effect.interaction), (Some(0.0), Some(0.0), Some(0.0)));
        // The best match fell from 1 to 1000 / 3000, and decides nothing.
        assert!((effect.jaccard_after.unwrap() - 1.0 / 3.0).abs() < 1e-12 && effect.jaccard_before == Some(1.0));
    }
    let counts = count_effects(&succession.effects);
    let councils = counts.iter().find(|count| (count.basis, count.side) == (Basis::People, Side::Council)).expect("counted");
    assert_eq!((councils.improved.bodies, councils.worsened.bodies, councils.neutral.people), (0, 0, Some(People::whole(3000))));
    assert_eq!((councils.known(), councils.improved.people), (3, Some(People(0))));
    let lines = succession.lines.iter().find(|lines| lines.basis == Basis::People).expect("by people");
    assert_eq!((lines.crossing_before, lines.crossing_after, lines.parts_before, lines.parts_after), (Some(0.0), Some(0.0), 0, 0));
}

#[test]
fn seven_in_a_county_merged_leave_the_county_one_partner() {
    let merger = relation(&[&[100], &[100], &[100], &[100], &[100], &[100], &[100]]);
    let before = aligned(relation(&[&[100], &[100], &[100], &[100], &[100], &[100], &[100]]));
    let after = after(relation(&[&[700]]), &merger);
    let succession = effect_of(merger, &before, &after);
    for effect in &succession.effects {
        assert_eq!((effect.crossing_before, effect.crossing_after), (Some(0.0), Some(0.0)));
        // Seven pairs with the county before, for the county and for the body that its seven predecessors make; one after.
        assert_eq!((effect.partners_before, effect.partners_after), (Some(7), Some(1)));
        assert_eq!((effect.effect, effect.effect_by), (Some(EffectKind::Improved), Some(EffectBy::Partners)));
        assert_eq!((effect.pair_lost, effect.pair_won, effect.effect_stable), (false, true, true));
    }
    // Every predecessor was nested; the council was partitioned among seven.
    assert_eq!(
        succession.effects.iter().map(|e| e.class_before).collect::<Vec<_>>(),
        [Some(Class::Nested), Some(Class::Aggregate)].repeat(2)
    );
}

#[test]
fn a_merger_of_two_that_share_a_split_council_removes_its_crossing_part() {
    // L02 is split 30,000 : 20,000 between P01 and P02, each of which has another whole council. P02's 20,000 are a crossing part; once the
    // two are one, nobody is.
    let merger = relation(&[&[130_000], &[120_000]]);
    let before = aligned(relation(&[&[100_000, 30_000, 0], &[0, 20_000, 100_000]]));
    let after = after(relation(&[&[100_000, 50_000, 100_000]]), &merger);
    let succession = effect_of(merger, &before, &after);
    let of = |side: Side, code: &str| {
        let found = succession.effects.iter().find(|e| e.basis == Basis::People && e.side == side && e.code == code);
        let effect = found.expect("there");
        let figures = (effect.crossing_before, effect.crossing_after, effect.partners_before, effect.partners_after);
        (figures, effect.effect.unwrap(), effect.effect_by.unwrap(), effect.effect_stable)
    };
    let (improved, neutral, lines, none) = (EffectKind::Improved, EffectKind::Neutral, EffectBy::Lines, EffectBy::None);
    // The body: 0 and 20,000 of its predecessors to 0. Its predecessors dealt with L01 and L02, L02 and L03: four pairs, now three.
    assert_eq!(of(Side::Health, "L01"), ((Some(20_000.0), Some(0.0), Some(4), Some(3)), improved, lines, true));
    assert_eq!(of(Side::Council, "L02"), ((Some(20_000.0), Some(0.0), Some(2), Some(1)), improved, lines, true));
    for council in ["L01", "L03"] {
        assert_eq!(of(Side::Council, council), ((Some(0.0), Some(0.0), Some(1), Some(1)), neutral, none, true));
    }
    let lines = succession.lines.iter().find(|lines| lines.basis == Basis::People).expect("by people");
    assert_eq!((lines.crossing_before, lines.crossing_after), (Some(20_000.0), Some(0.0)));
    assert_eq!((lines.parts_before, lines.parts_after, lines.health_effect, lines.proved), (1, 0, Some(-20_000.0), true));
}

#[test]
fn lines_before_are_what_came_of_each_predecessor() {
    // P02 has 100,000 of L02 and 40,000 in L01, a crossing part (the rest of L01, 60,000, is P01). P02's 140,000 divide: 35,000 join P01,
    // 105,000 stay. Of P02's crossing 40,000 a quarter went to P01: 10,000 before. After, P01 has all of L01 but 5,000.
    let change = named_after(relation(&[&[60_000, 0], &[35_000, 105_000]]), &[Some(0), Some(1)]);
    let before = aligned(relation(&[&[60_000, 0], &[40_000, 100_000]]));
    let after = aligned(relation(&[&[95_000, 0], &[5_000, 100_000]]));
    let succession = effect_of(change, &before, &after);
    let of = |code: &str| succession.effects.iter().find(|e| e.basis == Basis::People && e.code == code).expect("there");
    let (first, second) = (of("P01"), of("P02"));
    assert_eq!((first.crossing_before, first.crossing_after), (Some(10_000.0), Some(0.0)));
    assert_eq!((second.crossing_before, second.crossing_after), (Some(30_000.0), Some(5_000.0)));
    assert_eq!((first.effect, second.effect), (Some(EffectKind::Improved), Some(EffectKind::Improved)));
    // By the council: 40,000 of its own before, 5,000 after.
    assert_eq!((of("L01").crossing_change(), of("L02").crossing_change()), (Some(-35_000.0), Some(0.0)));
}

#[test]
fn lines_change_beyond_500_people_and_half_a_percent_and_no_sooner() {
    // L01's 100,000 with P01 but for a crossing part with P02, which has L02. The part grows: 1,000 to 1,500 is not more than 500; to 1,501 is.
    let effect = |council: i64, before: i64, now: i64| {
        let cells = |part: i64| relation(&[&[council - part, 0], &[part, 100_000]]);
        let change = named_after(relation(&[&[council - now, now - before], &[0, 100_000 + before]]), &[Some(0), Some(1)]);
        let succession = effect_of(change, &aligned(cells(before)), &aligned(cells(now)));
        let found = succession.effects.iter().find(|e| e.basis == Basis::People && e.code == "L01").expect("there").clone();
        (found.effect.unwrap(), found.effect_by.unwrap())
    };
    assert_eq!(effect(100_000, 1_000, 1_500), (EffectKind::Neutral, EffectBy::None));
    assert_eq!(effect(100_000, 1_000, 1_501), (EffectKind::Worsened, EffectBy::Lines));
    // Of 200,000 half a percent is 1,000.
    assert_eq!(effect(200_000, 1_000, 2_000), (EffectKind::Neutral, EffectBy::None));
    assert_eq!(effect(200_000, 1_000, 2_001), (EffectKind::Worsened, EffectBy::Lines));
    // A part of fewer than 500 people that is less than 5% of either is no partner; from 500 on it is, though no line changed by enough.
    assert_eq!(effect(100_000, 400, 499), (EffectKind::Neutral, EffectBy::None));
    assert_eq!(effect(100_000, 400, 500), (EffectKind::Worsened, EffectBy::Partners));
}

#[test]
fn people_that_are_not_known_are_no_effect() {
    let merger = relation(&[&[1000], &[1000]]);
    let mut unknown = relation(&[&[600, 0], &[400, 1000]]);
    for pair in &mut unknown.pairs {
        pair.amounts.people = pair.amounts.people.filter(|_| pair.left != 1);
    }
    let before = aligned(unknown);
    let after = after(relation(&[&[1000, 1000]]), &merger);
    let succession = effect_of(merger, &before, &after);
    for effect in succession.effects.iter().filter(|effect| effect.basis == Basis::People) {
        assert_eq!(
            (effect.crossing_before, effect.partners_before, effect.effect, effect.effect_by),
            (None, None, None, None),
            "{effect:?}"
        );
        assert!(!effect.effect_stable && effect.crossing_change().is_none());
    }
    let lines = succession.lines.iter().find(|lines| lines.basis == Basis::People).expect("by people");
    assert_eq!((lines.crossing_before, lines.health_effect, lines.interaction, lines.proved), (None, None, None, false));
}

#[test]
fn best_matches_before_are_means_by_people() {
    // P01 (300) one to one with L01, P02 (700) is 700 of L02's 1000; P03 is the rest. P01 and P02 merge.
    let merger = named_after(relation(&[&[300, 0], &[700, 0], &[0, 300]]), &[None, Some(2)]);
    let before = aligned(relation(&[&[300, 0], &[0, 700], &[0, 300]]));
    let after = after(relation(&[&[300, 700], &[0, 300]]), &merger);
    let succession = effect_of(merger, &before, &after);
    let merged = succession.effects.iter().find(|e| e.basis == Basis::People && e.side == Side::Health && e.code == "L01").expect("merged");
    // Before 0.3 * 1 + 0.7 * 0.7 = 0.79; after max(300/1000, 700/1300) = 0.538462.
    assert!((merged.jaccard_before.expect("known") - 0.79).abs() < 1e-12);
    assert!((merged.jaccard_after.expect("known") - 700.0 / 1300.0).abs() < 1e-12);
    // The two predecessors had different classes; one of them was a pair, and is lost.
    assert_eq!((merged.class_before, merged.pair_lost), (None, true));
}

#[test]
fn both_sides_change_and_the_parts_add_up() {
    // Health: P01 + P02 -> one body. Council: L01 + L02 -> one council. Each of P01 and P02 has 4,000 in the other's council, 8,000 in all;
    // the other 10,000 and 20,000 are at home.
    let health = relation(&[&[14_000], &[24_000]]);
    let mut council = relation(&[&[14_000], &[24_000]]);
    for (index, body) in council.left.iter_mut().enumerate() {
        body.code = format!("L{:02}", index + 1);
    }
    council.right[0].code = "M01".to_owned();
    let joined = |mut relation: Relation| {
        relation.right[0].code = "M01".to_owned();
        relation
    };
    let before = aligned(relation(&[&[10_000, 4_000], &[4_000, 20_000]]));
    let health_only = after(relation(&[&[14_000, 24_000]]), &health);
    let council_only = aligned(joined(relation(&[&[14_000], &[24_000]])));
    let both = after(joined(relation(&[&[38_000]])), &health);
    let change = CouncilChange { health_only: &health_only, council_only: &council_only, relation: Some(&council) };
    let (succession, _) = run(health, Some(EffectInput { before: &before, after: &both, council_change: Some(change) }), None);
    assert_eq!(succession.effects.len(), 4);
    for effect in succession.effects.iter().filter(|effect| effect.basis == Basis::People) {
        // Before, 4,000 + 4,000 of both bodies (and of both councils) cross, and all of them came. Either change alone leaves nobody across a
        // line: -8,000 each. Both together: -8,000, so the interaction gives 8,000 back.
        assert_eq!((effect.crossing_before, effect.crossing_after), (Some(8_000.0), Some(0.0)), "{effect:?}");
        assert_eq!((effect.health_effect, effect.council_effect, effect.interaction), (Some(-8_000.0), Some(-8_000.0), Some(8_000.0)));
        // Four pairs before, one after; lines decide.
        assert_eq!((effect.partners_before, effect.partners_after), (Some(4), Some(1)));
        assert_eq!((effect.effect, effect.effect_by), (Some(EffectKind::Improved), Some(EffectBy::Lines)));
    }
    let lines = succession.lines.iter().find(|lines| lines.basis == Basis::People).expect("by people");
    let parts = (lines.health_effect, lines.council_effect, lines.interaction);
    assert_eq!(parts, (Some(-8_000.0), Some(-8_000.0), Some(8_000.0)));
    assert_eq!((lines.crossing_before, lines.crossing_after), (Some(8_000.0), Some(0.0)));
}

// ---------------------------------------------------------------------------------------------------------------- what-if

fn plan(merge: Vec<Merge>) -> WhatIfPlan {
    WhatIfPlan { id: "proposal".to_owned(), layer: 0, merge, moves: Vec::new(), line: 17 }
}

fn merger(into: &str, codes: &[&str]) -> Merge {
    Merge { into: into.to_owned(), name: Some(format!("Name of {into}")), codes: codes.iter().map(|code| (*code).to_owned()).collect() }
}

#[test]
fn a_proposal_reads_like_a_succession() {
    let before = aligned(relation(&[&[500, 0], &[500, 0], &[0, 700]]));
    let layer = layer("health");
    let plan = plan(vec![merger("NEW", &["P01", "P02"])]);
    let evaluated = what_if(Proposal {
        plan: &plan,
        config: Path::new("c.toml"),
        layer: &layer,
        before: &before,
        tolerances: &TOLERANCES,
        parts: None,
    })
    .expect("valid");
    assert_eq!(evaluated.after.relation.left.iter().map(|body| body.code.as_str()).collect::<Vec<_>>(), ["NEW", "P03"]);
    assert_eq!(crate::alignment::classes(&evaluated.after, Side::Health), ["coterminous"; 2]);
    assert_eq!(evaluated.succession.groups, [(ChangeType::Unchanged, 1), (ChangeType::Merged, 1)]);
    let new = &evaluated.succession.effects[0];
    assert_eq!((new.code.as_str(), new.partners_before, new.partners_after, new.pair_won), ("NEW", Some(2), Some(1), true));
    assert_eq!(new.name.as_deref(), Some("Name of NEW"));
    // The council side of the same country: two councils joined to fit one body.
    let councils = aligned(relation(&[&[500, 500, 0], &[0, 0, 700]]));
    let mut council_layer = layer.clone();
    council_layer.id = "council".to_owned();
    let plan = WhatIfPlan { merge: vec![merger("NEW", &["L01", "L02"])], ..plan };
    let evaluated = what_if(Proposal {
        plan: &plan,
        config: Path::new("c.toml"),
        layer: &council_layer,
        before: &councils,
        tolerances: &TOLERANCES,
        parts: None,
    })
    .expect("valid");
    let effects: Vec<_> = evaluated
        .succession
        .effects
        .iter()
        .filter(|e| e.basis == Basis::People)
        .map(|e| (e.side, e.code.as_str(), (e.partners_before, e.partners_after, e.pair_won), e.council_effect))
        .collect();
    // Body P01 deals with one council where there were two, and council NEW with it by one pair where there were two; no line moves.
    let (joined, same) = ((Some(2), Some(1), true), (Some(1), Some(1), false));
    assert_eq!(
        effects,
        [
            (Side::Health, "P01", joined, Some(0.0)),
            (Side::Health, "P02", same, Some(0.0)),
            (Side::Council, "L03", same, Some(0.0)),
            (Side::Council, "NEW", joined, Some(0.0)),
        ]
    );
    assert_eq!((evaluated.after.health_layer.as_str(), evaluated.after.council_layer.as_str()), ("health", "proposal"));
}

#[test]
fn a_wrong_proposal_is_one_sentence_with_its_line() {
    let before = aligned(relation(&[&[500, 0], &[500, 0], &[0, 700]]));
    let cases = [
        (vec![merger("NEW", &["P01", "P20"])], "code P20 of the merger into NEW is not in the layer; did you mean P0"),
        (vec![merger("NEW", &["P01", "Elsewhere"])], "correct or remove it"),
        (vec![merger("A", &["P01", "P02"]), merger("B", &["P02", "P03"])], "code P02 is in two mergers, into A and into B"),
        (vec![merger("A", &["P01", "P01"])], "code P01 is named twice"),
        (vec![merger("A", &[])], "the merger into A names no code"),
        (vec![merger("A", &["P01"]), merger("A", &["P02"])], "two mergers are into A"),
        (vec![merger("P03", &["P01", "P02"])], "the new code P03 is that of a body"),
    ];
    for (merge, expected) in cases {
        let plan = plan(merge);
        let proposal = Proposal {
            plan: &plan,
            config: Path::new("c.toml"),
            layer: &layer("health"),
            before: &before,
            tolerances: &TOLERANCES,
            parts: None,
        };
        let error = what_if(proposal).expect_err(expected);
        let message = error.to_string();
        assert!(message.starts_with("c.toml:17: what_if proposal: ") && message.contains(expected), "{message}");
        assert_eq!(error.exit_code(), 2);
    }
    let plan = plan(vec![merger("NEW", &["P01", "P02"])]);
    let elsewhere = Proposal {
        plan: &plan,
        config: Path::new("c.toml"),
        layer: &layer("other"),
        before: &before,
        tolerances: &TOLERANCES,
        parts: None,
    };
    assert!(what_if(elsewhere).expect_err("not a side").to_string().contains("not a side of alignment test"));
}

#[test]
fn a_merger_may_keep_the_code_of_a_member() {
    let before = relation(&[&[500, 0], &[500, 0], &[0, 700]]);
    let plan = plan(vec![Merge { into: "P02".to_owned(), name: None, codes: vec!["P01".to_owned(), "P02".to_owned()] }]);
    let (merged, becomes) = merge_left(&before, &plan, Path::new("c.toml"), &TOLERANCES).expect("valid");
    assert_eq!(becomes, [0, 0, 1]);
    assert_eq!((merged.left[0].code.as_str(), merged.left[0].name.as_deref()), ("P02", Some("Body P02")));
}

proptest! {
    /// Overlay then relabel equals dissolve then overlay: merging rows of the table, or measuring the table of the merged rows.
    #[test]
    fn relabelling_is_dissolving(
        rows in prop::collection::vec((prop::collection::vec(0i64..500, 4), 0i64..50, 0usize..3), 1..9),
        right_outside in prop::collection::vec(0i64..50, 4),
    ) {
        let cells: Vec<Vec<i64>> = rows.iter().map(|row| row.0.clone()).collect();
        let outside: Vec<i64> = rows.iter().map(|row| row.1).collect();
        let measured = relation_with_outside(&cells, &outside, &right_outside);
        // Group g of the rows becomes body Pgg.
        let mut merge = Vec::new();
        let (mut dissolved, mut dissolved_outside, mut codes) = (Vec::new(), Vec::new(), Vec::new());
        for group in 0..3 {
            let members: Vec<usize> = (0..rows.len()).filter(|index| rows[*index].2 == group).collect();
            if members.is_empty() {
                continue;
            }
            let names: Vec<String> = members.iter().map(|index| format!("P{:02}", index + 1)).collect();
            merge.push(Merge { into: format!("G{group}"), name: None, codes: names });
            dissolved.push((0..4).map(|j| members.iter().map(|i| cells[*i][j]).sum()).collect::<Vec<i64>>());
            dissolved_outside.push(members.iter().map(|i| outside[*i]).sum::<i64>());
            codes.push(format!("G{group}"));
        }
        // What the search for mergers makes of the same groups has the same lines and partners, under another code.
        let groups = (0..3).map(|group| (0..rows.len()).filter(|index| rows[*index].2 == group).collect::<Vec<usize>>());
        let (searched, _) = merged(&measured, &groups.collect::<Vec<_>>(), &TOLERANCES);
        let (merged, _) = merge_left(&measured, &plan(merge), Path::new("c.toml"), &TOLERANCES).expect("valid");
        let said = |relation: &Relation| {
            let standing = standing(relation, Basis::People, &TOLERANCES);
            // Of arrangements that are equally good the first by code is taken, and the codes differ here.
            (standing.crossing(), standing.nesting.parts.len(), standing.nesting.proved())
        };
        prop_assert_eq!(said(&searched), said(&merged));
        let mut expected = relation_with_outside(&dissolved, &dissolved_outside, &right_outside);
        for (body, code) in expected.left.iter_mut().zip(codes) {
            body.code = code;
        }
        let figures = |alignment: Alignment| {
            let bodies: Vec<_> = alignment.bodies.iter().map(|b| (b.side, b.body, b.basis, b.class, b.best_jaccard, b.share_outside)).collect();
            (bodies, alignment.pairs.iter().map(|p| (p.jaccard_area, p.jaccard_people)).collect::<Vec<_>>())
        };
        let measure = |relation| figures(measure("m", "h", "c", relation, &TOLERANCES));
        prop_assert_eq!(measure(merged), measure(expected));
    }

    /// Every penny of a predecessor whose money is known is in one of its links or left out, and none where it is not.
    #[test]
    fn pence_are_conserved_through_every_link(
        cells in prop::collection::vec(prop::collection::vec(prop_oneof![2 => Just(0), 1 => 1i64..20, 2 => 500i64..1000], 4), 1..6),
        ends in prop::collection::vec(0i64..100, 10),
        money in prop::collection::vec(prop::option::of(-1_000_000i64..1_000_000_000_000), 6),
    ) {
        let relation = relation_with_outside(&cells, &ends[..cells.len()], &ends[6..10]);
        let mut succession = links(relation);
        let money: Vec<Option<Pence>> = money.into_iter().take(cells.len()).map(|pence| pence.map(Pence)).collect();
        let left_out = carry_money(&mut succession, Some("2007-08"), &money);
        let carried: Pence = succession.links.iter().filter_map(|link| link.pence).sum();
        // A body of nothing at all, neither people nor land, has nothing to follow its money by.
        let known = money.iter().zip(&succession.relation.left).filter(|(_, body)| body.area_m2 > 0.0).filter_map(|(pence, _)| *pence);
        prop_assert_eq!(carried + left_out, known.sum::<Pence>());
        for (body, pence) in money.iter().enumerate() {
            let ours: Vec<_> = succession.links.iter().filter(|link| link.from == Some(body)).collect();
            if pence.is_none() || succession.relation.left[body].area_m2 == 0.0 {
                prop_assert!(ours.iter().all(|link| link.pence.is_none()), "unknown is null");
            }
        }
        prop_assert!(succession.links.iter().filter(|link| link.from.is_none()).all(|link| link.pence.is_none()));
        prop_assert_eq!(succession.fiscal_year.as_deref(), Some("2007-08"));
    }

    /// What the links carry, what is told as left out, and what lies in no counterpart is everybody.
    #[test]
    fn nobody_is_lost_between_two_vintages(
        cells in prop::collection::vec(prop::collection::vec(prop_oneof![2 => Just(0), 1 => 1i64..20, 2 => 500i64..1000], 4), 1..6),
        ends in prop::collection::vec(0i64..100, 10),
    ) {
        let relation = relation_with_outside(&cells, &ends[..cells.len()], &ends[6..10]);
        let all: People = relation.left.iter().filter_map(|body| body.people).sum();
        let outside: People = relation.left_outside.iter().filter_map(|amounts| amounts.people).sum();
        let pairs: People = relation.pairs.iter().filter_map(|pair| pair.amounts.people).sum();
        let (succession, _) = run(relation.clone(), None, None);
        let linked = |link: &&Link| link.from.is_some() && link.to.is_some();
        let carried: People = succession.links.iter().filter(linked).filter_map(|link| link.people).sum();
        let small = relation.pairs.iter().enumerate().filter(|(_, pair)| {
            !succession.links.iter().any(|link| (link.from, link.to) == (Some(pair.left), Some(pair.right)))
        });
        let left_out: People = small.filter_map(|(_, pair)| pair.amounts.people).sum();
        prop_assert_eq!(carried + left_out, pairs);
        prop_assert_eq!(pairs + outside, all);
        // Every body has a row, and every successor too.
        for left in 0..relation.left.len() {
            prop_assert!(succession.links.iter().any(|link| link.from == Some(left)));
        }
        for right in 0..relation.right.len() {
            prop_assert!(succession.links.iter().any(|link| link.to == Some(right)));
        }
    }
}
