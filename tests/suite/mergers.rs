//! Mergers end to end on the made-up country, held against its true answers; chains of vintages; proposals that collide.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use coterminous::alignment::Side;
use coterminous::config::{Config, Plan, Tolerances};
use coterminous::domain::{Basis, Layer, People, Relation, Rings, Role};
use coterminous::pipeline::{self, Results, Unwatched};
use coterminous::succession::{ChangeType, Input, Succession, count_effects, history, succeed};
use coterminous::tables;

use crate::alignment::relation;

fn root(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn sample() -> &'static Results {
    static RESULTS: OnceLock<Results> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let plan: Plan = Config::load(&root("config/sample.toml"), &pipeline::rules()).unwrap();
        pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap()
    })
}

fn truth(name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(root("data/sample/truth").join(name)).unwrap();
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    reader.records().map(|record| header.iter().cloned().zip(record.unwrap().iter().map(str::to_owned)).collect()).collect()
}

#[test]
fn the_known_history_is_recovered_exactly() {
    let code = |bodies: &[coterminous::domain::Body], at: Option<usize>| at.map_or("__none__".to_owned(), |at| bodies[at].code.clone());
    let mut found = BTreeSet::new();
    for succession in &sample().successions {
        for link in &succession.links {
            found.insert((
                succession.id.clone(),
                code(&succession.relation.left, link.from),
                code(&succession.relation.right, link.to),
                link.people.map_or(String::new(), |people| people.as_f64().to_string()),
                link.kind.as_str().to_owned(),
                link.with_transfer.to_string(),
                link.declared.map_or(String::new(), |declared| declared.as_str().to_owned()),
            ));
        }
    }
    let row = |row: &BTreeMap<String, String>| {
        let cell = |name: &str| row[name].clone();
        let ids = (cell("succession"), cell("from_code"), cell("to_code"));
        (ids.0, ids.1, ids.2, cell("people"), cell("type"), cell("with_transfer"), cell("declared"))
    };
    let known: BTreeSet<_> = truth("succession.csv").iter().map(row).collect();
    assert!(known.len() > 100);
    // The made-up history has every type of change, and both ways in which an order and the map can disagree.
    let types: BTreeSet<&str> = known.iter().map(|row| row.4.as_str()).collect();
    let all = "abolished boundary_adjusted complex merged new recoded renamed split transferred_part unchanged";
    assert_eq!(types.into_iter().collect::<Vec<_>>().join(" "), all);
    let declared: BTreeSet<&str> = known.iter().map(|row| row.6.as_str()).collect();
    assert_eq!(declared.into_iter().collect::<Vec<_>>().join(" "), " agree declared_only geometric_only");
    let (missing, extra): (Vec<_>, Vec<_>) = (known.difference(&found).collect(), found.difference(&known).collect());
    assert!(missing.is_empty() && extra.is_empty(), "missing {missing:?}\nextra {extra:?}");
}

#[test]
fn every_merger_obstruction_of_the_sample_is_found_and_no_other_that_the_truth_decides() {
    let key = |id: &str, place: &str, subject: &str, partner: &str| [id, place, subject, partner].map(str::to_owned);
    let planted: BTreeSet<[String; 4]> = truth("planted.csv")
        .iter()
        .filter(|row| row["obstruction_id"].starts_with("MRG"))
        .map(|row| key(&row["obstruction_id"], &row["alignment"], &row["subject_code"], &row["partner_code"]))
        .collect();
    let obstructions: Vec<_> = sample().obstructions.iter().filter(|found| found.family == "MRG").collect();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let found: BTreeSet<[String; 4]> = obstructions
        .iter()
        .map(|found| key(&found.id, &text(&found.alignment), &text(&found.subject_code), &text(&found.partner_code)))
        .collect();
    let missing: Vec<_> = planted.difference(&found).collect();
    assert!(missing.is_empty(), "not found: {missing:?}");
    // The truth decides these for NHS bodies outright; councils' side and the other rules it only plants cases of.
    for id in ["MRG-01", "MRG-02", "MRG-05", "MRG-06", "MRG-09"] {
        let ours: BTreeSet<_> = obstructions
            .iter()
            .filter(|found| found.id == id && found.subject_side == Some(Side::Health))
            .map(|found| key(&found.id, &text(&found.alignment), &text(&found.subject_code), &text(&found.partner_code)))
            .collect();
        let theirs: BTreeSet<_> = planted.iter().filter(|row| row[0] == id).cloned().collect();
        assert_eq!(ours, theirs, "{id}");
    }
    for found in obstructions {
        assert!(!found.message.is_empty() && (found.value.is_some() || found.id == "MRG-05"), "{found:?}");
    }
}

#[test]
fn headlines_count_every_body_and_everybody_once() {
    for succession in &sample().successions {
        let counts = count_effects(&succession.effects);
        assert_eq!(counts.is_empty(), succession.effects.is_empty());
        for count in counts {
            let effects: Vec<_> = succession.effects.iter().filter(|e| (e.basis, e.side) == (count.basis, count.side)).collect();
            let tallies = count.tallies();
            assert_eq!(tallies.iter().map(|(_, tally)| tally.bodies).sum::<usize>(), effects.len());
            let people: People = tallies.iter().filter_map(|(_, tally)| tally.people).sum();
            assert_eq!(people, effects.iter().filter_map(|effect| effect.people).sum());
            if count.side == Side::Health {
                assert_eq!(people, succession.relation.right.iter().filter_map(|body| body.people).sum(), "{}", succession.id);
            }
            for (name, tally) in tallies {
                let rows = effects.iter().filter(|effect| effect.effect.map_or("unknown", |kind| kind.as_str()) == name).count();
                assert_eq!(rows, tally.bodies, "{} {name}", succession.id);
            }
        }
    }
    for succession in sample().successions.iter().filter(|succession| !succession.effects.is_empty()) {
        for lines in &succession.lines {
            // Every part is in one body and in one council: what the bodies have is what there is, before and after.
            for side in [Side::Health, Side::Council] {
                let of = |crossing: &dyn Fn(&coterminous::succession::Effect) -> Option<f64>| -> f64 {
                    succession.effects.iter().filter(|e| (e.basis, e.side) == (lines.basis, side)).filter_map(crossing).sum()
                };
                let after = of(&|effect| effect.crossing_after);
                assert!((after - lines.crossing_after.unwrap()).abs() < 1e-3, "{} {side:?}: {after} of {lines:?}", succession.id);
            }
            let parts = lines.health_effect.unwrap() + lines.council_effect.unwrap() + lines.interaction.unwrap();
            assert!((parts - (lines.crossing_after.unwrap() - lines.crossing_before.unwrap())).abs() < 1e-3);
        }
    }
    let table = tables::merger_headline(&sample().successions);
    // Two successions and a proposal with a council layer, two bases, two sides, four effects.
    assert_eq!(table.len(), 3 * 2 * 2 * 4);
    table.check().unwrap();
}

#[test]
fn every_body_of_every_vintage_is_in_the_history_once() {
    let results = sample();
    let chains: Vec<Vec<&str>> = results.histories.iter().map(|chain| chain.layers.iter().map(String::as_str).collect()).collect();
    assert_eq!(chains, [vec!["council-1999", "council-2006"], vec!["pcg-1999", "pct-2002", "pct-2006"]]);
    for chain in &results.histories {
        for (step, layer) in chain.layers.iter().enumerate() {
            let layer = results.ground.layers.iter().find(|known| known.id == *layer).unwrap();
            let codes: Vec<&str> = chain.rows.iter().filter(|row| row.step == step + 1).map(|row| row.code.as_str()).collect();
            assert_eq!(codes, layer.areas.iter().map(|area| area.code.as_str()).collect::<Vec<_>>());
        }
        assert!(chain.rows.iter().all(|row| row.place.contains('@')));
    }
    tables::history(&results.histories).check().unwrap();
}

// ----------------------------------------------------------------------------------------------------------------- chains

fn layer(id: &str) -> Layer {
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

fn change(id: &str, from: &str, to: &str, codes: (&[&str], &[&str]), cells: &[&[i64]]) -> Succession {
    let mut relation: Relation = relation(cells);
    for (bodies, codes) in [(&mut relation.left, codes.0), (&mut relation.right, codes.1)] {
        for (body, code) in bodies.iter_mut().zip(codes) {
            body.code = (*code).to_owned();
            body.name = Some(format!("Name of {code}"));
        }
    }
    let (from, to) = (layer(from), layer(to));
    let tolerances = Tolerances::default();
    let input = Input { id, from: &from, to: &to, date: None, relation, tolerances: &tolerances, effect: None, declared: None };
    succeed(input).unwrap().0
}

#[test]
fn a_merger_later_undone_and_a_code_used_again() {
    // 1999: A and B. 2002: merged into M (C stays). 2006: M is only recoded, to N. 2013: N is divided into A again and X; C ends up as B.
    let successions = [
        change("to-2013", "p-2006", "p-2013", (&["C", "N"], &["A", "B", "X"]), &[&[0, 500, 0], &[600, 0, 400]]),
        change("to-2002", "p-1999", "p-2002", (&["A", "B", "C"], &["C", "M"]), &[&[0, 600], &[0, 400], &[500, 0]]),
        change("to-2006", "p-2002", "p-2006", (&["C", "M"], &["C", "N"]), &[&[500, 0], &[0, 1000]]),
    ];
    let chains = history(&successions);
    let [chain] = chains.as_slice() else { panic!("one chain, not {chains:?}") };
    assert_eq!(chain.layers, ["p-1999", "p-2002", "p-2006", "p-2013"]);
    let row = |step: usize, code: &str| chain.rows.iter().find(|row| row.step == step && row.code == code).unwrap();
    assert_eq!(chain.rows.len(), 3 + 2 + 2 + 3);
    let merged = row(2, "M");
    assert_eq!((merged.kind, merged.succession.as_deref()), (Some(ChangeType::Merged), Some("to-2002")));
    assert_eq!((merged.predecessors.join(";"), merged.successors.join(";")), ("A;B".to_owned(), "N".to_owned()));
    // Undone by a later succession than the next one; of A and B only A comes back (B is another's code now).
    assert_eq!((merged.undone_by.as_deref(), merged.restored.join(";")), (Some("to-2013"), "A".to_owned()));
    assert_eq!(row(3, "N").undone_by, None, "it was no merger");
    // A and B were not there in 2006: they come back, A for 600 of the same people, which no overlay of this chain can say.
    assert!(row(4, "A").code_reused && row(4, "B").code_reused && !row(4, "X").code_reused);
    assert!(!row(2, "C").code_reused && !row(1, "A").code_reused);
    // One place is A, B, M, N, A, X; the other C, C, C, B.
    let places: BTreeSet<&str> = chain.rows.iter().map(|row| row.place.as_str()).collect();
    assert_eq!(places, BTreeSet::from(["A@p-1999", "C@p-1999"]));
    assert_eq!(row(4, "B").place, "C@p-1999");
    assert_eq!(row(4, "X").place, "A@p-1999");
}

#[test]
fn a_merger_that_stands_is_not_undone_and_chains_stay_apart() {
    let successions = [
        change("a", "p-1", "p-2", (&["A", "B"], &["M"]), &[&[600], &[400]]),
        change("b", "p-2", "p-3", (&["M"], &["M"]), &[&[1000]]),
        change("other", "q-1", "q-2", (&["A"], &["A"]), &[&[10]]),
    ];
    let chains = history(&successions);
    assert_eq!(chains.iter().map(|chain| chain.layers.len()).collect::<Vec<_>>(), [3, 2]);
    assert!(chains.iter().flat_map(|chain| &chain.rows).all(|row| row.undone_by.is_none() && !row.code_reused));
    // A part given away is named, and does not tie two places: 15 of 1,000 from A to B.
    let part = [change("t", "p-1", "p-2", (&["A", "B"], &["A", "B"]), &[&[985, 15], &[0, 1000]])];
    let chains = history(&part);
    let b = chains[0].rows.iter().find(|row| row.step == 2 && row.code == "B").unwrap();
    assert_eq!((b.transferred_from.join(";"), b.place.as_str(), b.predecessors.join(";")), ("A".to_owned(), "B@p-1", "B".to_owned()));
    assert!(history(&[]).is_empty());
}

#[test]
fn the_basis_of_every_effect_is_published() {
    let bases: BTreeSet<Basis> = sample().successions.iter().flat_map(|s| &s.effects).map(|effect| effect.basis).collect();
    assert_eq!(bases, BTreeSet::from([Basis::Area, Basis::People]));
    for effect in sample().successions.iter().flat_map(|s| &s.effects) {
        if let (Some(health), Some(council), Some(rest), Some(change)) =
            (effect.health_effect, effect.council_effect, effect.interaction, effect.crossing_change())
        {
            assert!((health + council + rest - change).abs() < 1e-6, "{effect:?}");
        }
        assert_eq!(effect.effect.is_some(), effect.effect_by.is_some());
    }
}
