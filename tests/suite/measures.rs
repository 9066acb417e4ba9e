//! The measures of money, each by hand.

use coterminous::budgets::{
    Partner, ServicePopulation, align_by, apportion, apportion_by, concentration, gaps, of_bodies, of_components, read_agreements,
    read_cycles, read_lines, reconcile,
};
use coterminous::config::{LineExtras, TextSource};
use coterminous::domain::{Layer, Pence, Role};
use coterminous::tables::{self, Value};

use super::budgets::{aligned, layer, money, plan, read, relation, table, two_by_two};

#[test]
fn a_service_is_split_by_its_own_population() {
    let (pct, la) = two_by_two();
    // All people: P1 has 80 in L1 and 20 in L2. Those over 65: 10 in L1 and 30 in L2; nobody over 65 lives in P2.
    let alignment = aligned(&pct, &la, &[&[80, 20, 0], &[0, 100, 0]]);
    let over_65 = ServicePopulation {
        field: "POP65".to_owned(),
        services: vec!["older_people".to_owned()],
        relation: relation(&pct, &la, &[&[10, 30, 0], &[0, 0, 0]]),
    };
    let mut plan = plan("h");
    plan.service = TextSource::Column("service".to_owned());
    let lines = read(&plan, &pct, &[&["P1", "100", "older_people"], &["P1", "100", "acute"], &["P2", "100", "older_people"]]);
    let populations = [over_65];
    let (apportioned, proofs) = apportion_by(&lines, &alignment, &populations).unwrap();
    assert!(proofs.iter().all(|proof| proof.holds));
    let parts: Vec<_> =
        apportioned[0].parts().map(|part| (part.line, part.partner, part.amount.0, part.share, part.weight_basis)).collect();
    let expected = [
        // 10 : 30 of 100 pounds is 25 : 75; 80 : 20 for everybody's services; without anybody over 65 all people are weighed.
        (0, Partner::Body(0), 2_500, Some(0.25), Some("people:POP65")),
        (0, Partner::Body(1), 7_500, Some(0.75), Some("people:POP65")),
        (1, Partner::Body(0), 8_000, Some(0.8), Some("people")),
        (1, Partner::Body(1), 2_000, Some(0.2), Some("people")),
        (2, Partner::Body(1), 10_000, Some(1.0), Some("people")),
    ];
    assert_eq!(parts, expected);
    // The main partner is that of all people, L1: 75 of 100 pounds for the old are outside it, and the bounds are those of the old.
    let pairs = align_by(&lines, &apportioned, &alignment, &populations, None).unwrap();
    let old =
        pairs.iter().find(|row| (row.left, row.right) == (Some(0), Some(1)) && row.service.as_deref() == Some("older_people")).unwrap();
    assert_eq!(
        (old.outside_main, old.outside_main_low, old.outside_main_high),
        (Some(Pence(7_500)), Some(Pence(7_500)), Some(Pence(7_500)))
    );
    let bodies = of_bodies(&alignment, &pairs);
    let sum = bodies.iter().find(|sum| sum.code == "P1" && sum.service.as_deref() == Some("older_people")).unwrap();
    assert_eq!((sum.health, sum.outside_main, sum.outside_main_share), (Some(Pence(10_000)), Some(Pence(7_500)), Some(0.75)));
}

/// Primary care groups of levels 1 to 4 under the authority HA, one of unknown level, and one of level 2 with a share of its own.
fn groups() -> Layer {
    let mut layer = layer("pcg", Role::Health, &[("P1", ""), ("P2", ""), ("P3", ""), ("P4", ""), ("P5", ""), ("P6", "")]);
    for (area, level) in layer.areas.iter_mut().zip(["1", "2", "3", "4.0", "", "2"]) {
        area.attributes.insert("parent_ha".to_owned(), "HA".to_owned());
        if !level.is_empty() {
            area.attributes.insert("pcg_level".to_owned(), level.to_owned());
        }
    }
    layer.areas[5].attributes.insert("delegated_share".to_owned(), "0.333".to_owned());
    layer
}

#[test]
fn a_level_2_group_holds_its_delegated_share_to_the_penny() {
    let rows: &[&[&str]] =
        &[&["P1", "1"], &["P2", "0.05"], &["P2", "-10.01"], &["P3", "7"], &["P4", "8"], &["P5", "9"], &["P6", "1"], &["P2", "*"]];
    let held = |share: f64| -> Vec<(Option<i64>, Option<i64>, Option<String>)> {
        let mut plan = plan("b");
        plan.delegated_share = share;
        let (lines, findings, proofs) = read_lines(&plan, &groups(), &table(&["code", "amount"], rows), None, None, None).unwrap();
        // P2 has two rows of different amounts, and a finding says so.
        assert!(findings.iter().all(|finding| finding.id == "DQ-22"), "{findings:?}");
        // Known lines of bodies with a level: 100 + 5 - 1001 + 700 + 800 + 100 = 704 pence.
        let proof = proofs.iter().find(|proof| proof.name.contains("authorities keep")).unwrap();
        assert!(proof.holds && proof.expected == "704", "{proof:?}");
        lines
            .iter()
            .map(|line| match line.detail.as_deref() {
                Some(detail) => {
                    (detail.held.map(|pence| pence.0), detail.retained.map(|pence| pence.0), detail.authority.as_deref().map(str::to_owned))
                }
                None => (None, None, None),
            })
            .collect()
    };
    let ha = || Some("HA".to_owned());
    let expected = [
        // Level 1 advises: all is the authority's.
        (Some(0), Some(100), ha()),
        // 5p x 0.9 = 4.5p and 0.5p: the penny over goes to the first of equal remainders, the group.
        (Some(5), Some(0), ha()),
        // 1001p x 0.9 = 900.9p and 100.1p: the penny over to the larger remainder; negative as positive.
        (Some(-901), Some(-100), ha()),
        (Some(700), Some(0), None),
        (Some(800), Some(0), None),
        // No level, nothing said.
        (None, None, None),
        // 100p x 0.333 = 33.3p.
        (Some(33), Some(67), ha()),
        (None, None, None),
    ];
    assert_eq!(held(0.9), expected);
    // Half to either: 2.5p and 2.5p; 500.5p and 500.5p.
    assert_eq!(&held(0.5)[1..3], [(Some(3), Some(2), ha()), (Some(-501), Some(-500), ha())]);
    let mut layer = groups();
    layer.areas[5].attributes.insert("delegated_share".to_owned(), "1.2".to_owned());
    let (lines, findings, _) = read_lines(&plan("b"), &layer, &table(&["code", "amount"], rows), None, None, None).unwrap();
    assert_eq!(
        findings.iter().filter(|f| f.id != "DQ-22").map(|f| (f.id, f.code.as_deref(), f.field.as_deref())).collect::<Vec<_>>(),
        [("DQ-07", Some("P6"), Some("delegated_share"))]
    );
    assert!(lines[6].detail.is_none());
    let published = tables::budget_line(&lines);
    published.check().unwrap();
    assert_eq!((published.value(1, "held_pence"), published.value(1, "authority_pence")), (Value::from(5i64), Value::from(0i64)));
}

#[test]
fn concentration_of_pools() {
    let pence = |amounts: &[i64]| amounts.iter().map(|amount| Some(Pence(*amount))).collect::<Vec<_>>();
    assert_eq!(concentration(&pence(&[7])), Some(1.0));
    assert_eq!(concentration(&pence(&[5, 5, 5, 5])), Some(0.25));
    // 60% and 40%: 0.36 + 0.16.
    assert!((concentration(&pence(&[60, 40])).unwrap() - 0.52).abs() < 1e-12);
    for none in [&pence(&[])[..], &pence(&[0, 0]), &[Some(Pence(1)), None], &pence(&[5, -1])] {
        assert_eq!(concentration(none), None);
    }
}

#[test]
fn pools_grants_and_agreements_of_pairs_bodies_and_components() {
    let (pct, la) = two_by_two();
    // P1 works with both councils, P2 with L2: one component of three significant pairs.
    let alignment = aligned(&pct, &la, &[&[60, 40, 0], &[0, 100, 0]]);
    let mut lines = read(&plan("h"), &pct, &[&["P1", "1000"], &["P2", "500"]]);
    lines.extend(read(&plan("c"), &la, &[&["L1", "600"], &["L2", "700"]]));
    let agreements = table(
        &["agreement_id", "health_code", "council_code", "service", "mechanism", "start_date", "end_date", "amount"],
        &[
            &["a1", "P1", "L1", "all", "pooled", "", "", "30"],
            &["a2", "P1", "L1", "all", "pooled", "", "", "10"],
            &["a3", "P1", "L2", "all", "pooled", "", "", "60"],
            &["a4", "P1", "L2", "all", "grant", "", "", "25"],
        ],
    );
    let (agreements, _) = read_agreements(&agreements, &[pct.clone(), la.clone()]).unwrap();
    let pairs = money(&lines, &alignment, Some(&agreements));
    let pools: Vec<_> = pairs.iter().map(|row| (row.left, row.right, row.pools.as_ref().map(Vec::len), row.grant_only_share)).collect();
    assert_eq!(
        pools,
        [(Some(0), Some(0), Some(2), Some(0.0)), (Some(0), Some(1), Some(1), Some(25.0 / 85.0)), (Some(1), Some(1), Some(0), None)]
    );
    let bodies = of_bodies(&alignment, &pairs);
    let p1 = &bodies[0];
    // P1: pools of 30, 10 and 60 pounds: 0.09 + 0.01 + 0.36; grants 25 of 30 + 10 + 60 + 25; two agreements needed.
    assert_eq!((p1.code.as_str(), p1.pools, p1.agreements_needed), ("P1", Some(3), 2));
    assert!((p1.pool_hhi.unwrap() - 0.46).abs() < 1e-12);
    assert_eq!((p1.pooled, p1.grant_only_share), (Some(Pence(10_000)), Some(0.2)));
    // Its money 1,000; for its people L1's 600 and, of L2's 700 for 140 people, 40 / 140 = 200: pooled 100 of 1,800.
    assert_eq!((p1.health, p1.council), (Some(Pence(100_000)), Some(Pence(80_000))));
    assert_eq!((p1.counterpart, p1.pooled_share), (Some(1.25), Some(100.0 / 1_800.0)));
    // A head: L1 600 / 60 people = 10 pounds, L2 200 / 40 = 5 pounds: twice as much.
    assert_eq!(p1.per_head_spread, Some(2.0));
    // 40 of 100 people are outside L1: 400 of 1,000 pounds.
    assert_eq!((p1.outside_main, p1.outside_main_share), (Some(Pence(40_000)), Some(0.4)));
    let l2 = bodies.iter().find(|sum| sum.code == "L2").unwrap();
    // L2's own 700; of P1's 1,000 the 400 for its people and all 500 of P2.
    assert_eq!((l2.council, l2.health, l2.agreements_needed, l2.per_head_spread), (Some(Pence(70_000)), Some(Pence(90_000)), 2, None));
    let [component] = &of_components(&alignment, &pairs)[..] else { panic!() };
    assert_eq!((component.health, component.council, component.agreements_needed), (Some(Pence(150_000)), Some(Pence(130_000)), 3));
    assert_eq!((component.pools, component.pooled, component.pooled_share), (Some(3), Some(Pence(10_000)), Some(100.0 / 2_800.0)));
    // No agreements table and no joint line: nothing is known of pools, which is not none.
    let pairs = money(&lines, &alignment, None);
    assert!(
        of_bodies(&alignment, &pairs).iter().all(|sum| sum.pools.is_none() && sum.pool_hhi.is_none() && sum.grant_only_share.is_none())
    );
    for table in
        [tables::budget_body(&[(&alignment, &bodies)]), tables::budget_component(&[(&alignment, &of_components(&alignment, &pairs))])]
    {
        table.check().unwrap();
    }
}

#[test]
fn unknown_money_of_one_partner_makes_the_sum_unknown() {
    let (pct, la) = two_by_two();
    let alignment = aligned(&pct, &la, &[&[60, 40, 0], &[0, 100, 0]]);
    let mut lines = read(&plan("h"), &pct, &[&["P1", "1000"], &["P2", "*"]]);
    lines.extend(read(&plan("c"), &la, &[&["L1", "600"], &["L2", "700"]]));
    let pairs = money(&lines, &alignment, None);
    let bodies = of_bodies(&alignment, &pairs);
    let sums: Vec<_> = bodies.iter().map(|sum| (sum.code.as_str(), sum.health, sum.council.is_some())).collect();
    assert_eq!(sums, [("P1", Some(Pence(100_000)), true), ("P2", None, true), ("L1", Some(Pence(60_000)), true), ("L2", None, true)]);
    assert_eq!(of_components(&alignment, &pairs)[0].health, None);
}

#[test]
fn the_pooled_share_of_what_can_still_be_decided_on() {
    let (pct, la) = two_by_two();
    let alignment = aligned(&pct, &la, &[&[75, 25, 0], &[0, 100, 0]]);
    let mut plan = plan("h");
    plan.extras = LineExtras { discretionary: Some("free".to_owned()), ..LineExtras::default() };
    plan.mechanism = TextSource::Column("mechanism".to_owned());
    let rows = |plan: &coterminous::config::BudgetPlan, layer: &Layer, rows: &[&[&str]]| {
        read_lines(plan, layer, &table(&["code", "amount", "free", "mechanism"], rows), None, None, None).unwrap().0
    };
    let mut lines = rows(&plan, &pct, &[&["P1", "90", "20", "mainstream"], &["P1", "10", "4", "pooled"], &["P2", "50", "5", "mainstream"]]);
    plan.id = "c".to_owned();
    lines.extend(rows(&plan, &la, &[&["L1", "100", "12", "mainstream"], &["L2", "100", "", "mainstream"]]));
    let pairs = money(&lines, &alignment, None);
    // P1 x L1: 75% of P1's 20 + 4, and all of L1's 12: 18 + 12 = 30 pounds to decide on; 7.50 of the 10 pooled is here.
    assert_eq!((pairs[0].discretionary, pairs[0].pooled), (Some(Pence(3_000)), Some(Pence(750))));
    assert_eq!((pairs[0].pooled_share_discretionary, pairs[0].pooled_share), (Some(0.25), Some(7.5 / 175.0)));
    // L2 does not say: unknown.
    assert_eq!((pairs[1].discretionary, pairs[1].pooled_share_discretionary), (None, None));
}

#[test]
fn levels_heads_and_levels_that_are_not_said() {
    let (pct, la) = two_by_two();
    let alignment = aligned(&pct, &la, &[&[80, 20, 0], &[0, 100, 0]]);
    let levels = |id: &str| {
        let mut plan = plan(id);
        plan.extras = LineExtras { level: Some(TextSource::Column("level".to_owned())), ..LineExtras::default() };
        plan
    };
    let rows = |id, layer: &Layer, rows: &[&[&str]]| {
        read_lines(&levels(id), layer, &table(&["code", "amount", "level"], rows), None, None, None).unwrap().0
    };
    // P1 holds 60 with practices and 40 itself; P2 as much in one as in the other.
    let mut lines =
        rows("h", &pct, &[&["P1", "60", "practice"], &["P1", "40", "strategic"], &["P2", "5", "practice"], &["P2", "5", "locality"]]);
    lines.extend(rows("c", &la, &[&["L1", "160", "strategic"], &["L2", "10", ""]]));
    let pairs = money(&lines, &alignment, None);
    // practice to strategic is two steps; L2 does not say; P2's level is a tie.
    assert_eq!(pairs.iter().map(|row| row.level_gap).collect::<Vec<_>>(), [Some(2), None, None]);
    // 80% of 100 pounds for 80 people, and 160 pounds for the same 80.
    assert_eq!((pairs[0].health_per_head, pairs[0].council_per_head), (Some(100.0), Some(200.0)));
    assert_eq!(of_bodies(&alignment, &pairs)[0].level_gap, Some(2));
}

#[test]
fn cycles_run_the_short_way_round_and_bases_differ() {
    let (mut pct, la) = two_by_two();
    pct.areas[0].attributes.insert("registered".to_owned(), "105".to_owned());
    let alignment = aligned(&pct, &la, &[&[80, 20, 0], &[0, 100, 0]]);
    let cycles = table(
        &["side", "code", "year_start", "plan_submit", "budget_set", "horizon_years"],
        &[
            &["health", "", "04-01", "12-20", "03-31", "3"],
            &["health", "P2", "", "01-10", "", ""],
            &["council", "", "01-01", "01-10", "02-28", "1"],
        ],
    );
    let layers = [pct, la];
    let (cycles, _) = read_cycles(&cycles, &layers).unwrap();
    let found = gaps(&alignment, &layers, Some(&cycles));
    // 1 January to 1 April: 31 + 28 + 31 = 90 days. 20 December to 10 January: 21. 28 February to 31 March: 31. Years 3 - 1.
    let first = &found[0];
    assert_eq!((first.year_start_days, first.plan_days, first.budget_days, first.horizon_years), (Some(90), Some(21), Some(31), Some(2.0)));
    // 105 registered, 100 residents.
    assert_eq!((first.registered, first.residents), (Some(105.0), Some(100.0)));
    assert!((first.basis_gap.unwrap() - 0.05).abs() < 1e-12);
    // P2 has a row of its own, which says less.
    assert_eq!((found[2].year_start_days, found[2].plan_days, found[2].horizon_years, found[2].basis_gap), (None, Some(0), None, None));
    assert!(gaps(&alignment, &layers, None).iter().all(|gap| gap.year_start_days.is_none()));
    let published = tables::gap(&[(&alignment, &found)]);
    published.check().unwrap();
    assert_eq!((published.len(), published.value(0, "plan_gap_days")), (3, Value::from(21i64)));
}

#[test]
fn every_pound_is_reconciled() {
    let (pct, la) = two_by_two();
    // A third of P1 is in no council.
    let alignment = aligned(&pct, &la, &[&[50, 50, 50], &[0, 100, 0]]);
    let mut plan = plan("h");
    plan.service = TextSource::Column("service".to_owned());
    let lines = read(&plan, &pct, &[&["P1", "0.10", "a"], &["P2", "1", "a"], &["P9", "2", "a"], &["P1", "*", "a"], &["P2", "-3", "b"]]);
    let (apportioned, _) = apportion(&lines, &alignment).unwrap();
    let (rows, proofs) = reconcile(&lines, &apportioned, &alignment);
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (row.service.as_deref(), row.lines, row.unknown, [row.stated, row.partners, row.outside, row.unallocated], row.difference())
        })
        .collect();
    // 10p in three: 4p and 3p in councils, 3p outside; 100p of P2; 200p of a code that is none.
    let expected = [(Some("a"), 4, 1, [310, 107, 3, 200], 0), (Some("b"), 1, 0, [-300, -300, 0, 0], 0)];
    assert_eq!(told, expected);
    assert!(proofs.len() == 1 && proofs[0].holds);
    let published = tables::reconciliation(&rows);
    published.check().unwrap();
    assert_eq!(published.value(0, "difference_pence"), Value::from(0i64));
}
