//! What changes of vintage did, and what is wrong with the files: MRG, CYC-04 and DQ.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::country::Country;
use super::super::super::places::Kind;
use super::super::changes::{Change, changes};
use super::super::classes::{Shape, shape};
use super::super::lines::{Effect, Lines, Side, effect};
use super::super::relation::{Basis, Table, reaches};
use super::super::{PROPOSAL, Truth, proposed};
use super::tabled::Tabled;
use super::{Found, List, View};

/// A succession of NHS bodies: id, day, layers, councils before and after.
struct Step {
    id: &'static str,
    day: &'static str,
    layers: (Kind, Kind),
    councils: (Kind, Kind),
}

const STEPS: [Step; 2] = [
    Step {
        id: "pcg-pct-2002",
        day: "2002-10-01",
        layers: (Kind::Pcg1999, Kind::Pct2002),
        councils: (Kind::Council1999, Kind::Council1999),
    },
    Step {
        id: "pct-2002-2006",
        day: "2006-10-01",
        layers: (Kind::Pct2002, Kind::Pct2006),
        councils: (Kind::Council1999, Kind::Council2006),
    },
];

fn row(rule: &'static str, place: &str, subject: &str, partner: &str) -> Found {
    (rule, place.to_owned(), subject.to_owned(), partner.to_owned(), String::new(), String::new())
}

fn changed(change: &Change) -> bool {
    ["boundary_adjusted", "merged", "split", "complex", "abolished"].contains(&change.kind)
}

pub(super) fn list(country: &Country, truth: &Truth, tabled: &Tabled, views: &[View<'_>], list: &mut List) {
    for step in &STEPS {
        let declared = if step.layers.1 == Kind::Pct2002 { &truth.pct_2002 } else { &truth.pct_2006 };
        let table = Table::of(country, step.layers.0, step.layers.1);
        let rows = changes(&table);
        effects(country, step, &table, &mut list.rows);
        let code =
            |side: &[super::super::super::country::Body], body: usize| side.get(body).map_or_else(String::new, |body| body.code.clone());
        let to_align: BTreeSet<&str> = declared.iter().filter(|row| row.reason == "align_boundaries").map(|row| row.to.as_str()).collect();
        let (before, after) = (
            Lines::of(&Table::of(country, step.layers.0, step.councils.0)),
            Lines::of(&Table::of(country, step.layers.1, step.councils.1)),
        );
        for (successor, body) in table.right.iter().enumerate() {
            if to_align.contains(body.code.as_str())
                && effect(&table, Side::Left, &before, &after, successor).is_some_and(|effect| effect != Effect::Improved)
            {
                list.rows.insert(row("MRG-06", step.id, &body.code, ""));
            }
        }
        // MRG-04: an agreement in force on the day on which its NHS body changes.
        let touched: BTreeSet<String> =
            rows.iter().filter(|row| changed(row)).filter_map(|row| Some(code(table.left, row.from?))).collect();
        for agreed in &tabled.agreements {
            if touched.contains(&agreed.pair.0) && agreed.start.as_str() < step.day && step.day <= agreed.end.as_str() {
                let (health, council) = agreed.pair.clone();
                list.rows.insert(("MRG-04", step.id.to_owned(), health, council, agreed.service.clone(), String::new()));
            }
        }
        // MRG-05: links that the order or the map has alone.
        let mut stated: BTreeSet<(String, String)> = declared.iter().map(|row| (row.from.clone(), row.to.clone())).collect();
        for change in &rows {
            let from = change.from.map_or_else(String::new, |body| code(table.left, body));
            let to = change.to.map_or_else(String::new, |body| code(table.right, body));
            if !stated.remove(&(from.clone(), to.clone())) && change.kind != "unchanged" {
                let (subject, partner) = if from.is_empty() { (to, String::new()) } else { (from, to) };
                list.rows.insert(row("MRG-05", step.id, &subject, &partner));
            }
        }
        for (from, to) in stated {
            list.rows.insert(row("MRG-05", step.id, &from, &to));
        }
        divided(step, &table, &rows, tabled, &mut list.rows);
        reused(step.id, &table, &mut list.rows);
    }
    let step = Step { id: PROPOSAL, day: "", layers: (Kind::Pct2002, Kind::Pct2006), councils: (Kind::Council1999, Kind::Council2006) };
    let after = proposed(country);
    effects(&after, &step, &Table::of(&after, step.layers.0, step.layers.1), &mut list.rows);
    reused("council-1999-2006", &Table::of(country, Kind::Council1999, Kind::Council2006), &mut list.rows);
    both_sides(country, views, &mut list.rows);
    super::joint::outlived(views, list);
    flaws(&mut list.rows);
}

/// MRG-01, MRG-02 and MRG-03, for NHS bodies and councils.
fn effects(country: &Country, step: &Step, table: &Table<'_>, rows: &mut BTreeSet<Found>) {
    let before = Table::of(country, step.layers.0, step.councils.0);
    let after = Table::of(country, step.layers.1, step.councils.1);
    let councils = Table::of(country, step.councils.0, step.councils.1);
    let (lines_before, lines_after) = (Lines::of(&before), Lines::of(&after));
    for (change, side) in [(table, Side::Left), (&councils, Side::Right)] {
        for (successor, body) in change.right.iter().enumerate() {
            match effect(change, side, &lines_before, &lines_after, successor) {
                Some(Effect::Worsened) => rows.insert(row("MRG-01", step.id, &body.code, "")),
                Some(Effect::Improved) => rows.insert(row("MRG-02", step.id, &body.code, "")),
                _ => continue,
            };
        }
    }
    let (council_before, council_after) = (before.turned(), after.turned());
    for (council, body) in councils.right.iter().enumerate() {
        let matched = |table: &Table<'_>, council: usize| shape(table, council, Basis::People) == Some(Shape::Coterminous);
        let main = |from: &usize| {
            let both = councils.pairs.get(&(*from, council)).map_or(0, |weight| weight.people);
            reaches(both, councils.left_total[*from].people, 200) || reaches(both, councils.right_total[council].people, 200)
        };
        let mut origins = (0..councils.left.len()).filter(|from| councils.pairs.contains_key(&(*from, council))).filter(main);
        if origins.any(|from| matched(&council_before, from)) && !matched(&council_after, council) {
            rows.insert(row("MRG-03", step.id, &body.code, ""));
        }
    }
}

/// MRG-07: a body with two main successors or more, and money in its last year for a service that none of them has money for in that year.
fn divided(step: &Step, table: &Table<'_>, changes: &[Change], tabled: &Tabled, rows: &mut BTreeSet<Found>) {
    for (from, body) in table.left.iter().enumerate() {
        let successors: Vec<&str> = changes
            .iter()
            .filter(|change| change.from == Some(from) && change.kind != "transferred_part")
            .filter_map(|change| Some(table.right.get(change.to?)?.code.as_str()))
            .collect();
        let lines = || tabled.lines(step.layers.0).iter().filter(|line| line.code == body.code);
        let (true, Some(year)) = (successors.len() >= 2, lines().map(|line| line.year.as_str()).max()) else { continue };
        let theirs: BTreeSet<&str> = tabled
            .lines(step.layers.1)
            .iter()
            .filter(|line| line.year == year && successors.contains(&line.code.as_str()))
            .map(|line| line.service.as_str())
            .collect();
        if lines().any(|line| line.year == year && !theirs.contains(line.service.as_str())) {
            rows.insert(("MRG-07", step.id.to_owned(), body.code.clone(), String::new(), String::new(), year.to_owned()));
        }
    }
}

/// MRG-08: the trusts of 2006 came half a year after the councils; pairs of which both changed, as they are now or as they were.
fn both_sides(country: &Country, views: &[View<'_>], rows: &mut BTreeSet<Found>) {
    let codes = |from: Kind, to: Kind| {
        let table = Table::of(country, from, to);
        let mut before: BTreeSet<String> = BTreeSet::new();
        let mut after: BTreeSet<String> = BTreeSet::new();
        for change in changes(&table).iter().filter(|change| changed(change) || change.kind == "new") {
            before.extend(change.from.and_then(|body| table.left.get(body)).map(|body| body.code.clone()));
            after.extend(change.to.and_then(|body| table.right.get(body)).map(|body| body.code.clone()));
        }
        (before, after)
    };
    let (health_before, health_after) = codes(Kind::Pct2002, Kind::Pct2006);
    let (council_before, council_after) = codes(Kind::Council1999, Kind::Council2006);
    for (id, ours, theirs) in [("pct-council-2006", &health_after, &council_after), ("pct-council-2002", &health_before, &council_before)] {
        let Some(view) = views.iter().find(|view| view.id == id) else { continue };
        for pair in view.pairs.iter().copied() {
            let (health, council) = view.codes(pair);
            if ours.contains(&health) && theirs.contains(&council) {
                rows.insert(row("MRG-08", "pct-2002-2006", &health, &council));
            }
        }
    }
}

/// MRG-09: codes kept though the Jaccard of old and new is below 0.98.
fn reused(id: &str, change: &Table<'_>, rows: &mut BTreeSet<Found>) {
    let by_code: BTreeMap<&str, usize> = change.right.iter().enumerate().map(|(index, body)| (body.code.as_str(), index)).collect();
    for (old, body) in change.left.iter().enumerate() {
        let Some(new) = by_code.get(body.code.as_str()).copied() else { continue };
        let both = change.pairs.get(&(old, new)).map_or(0, |weight| weight.people);
        let either = change.left_total[old].people + change.right_total[new].people - both;
        if !reaches(both, either, 980) {
            rows.insert(row("MRG-09", id, &body.code, ""));
        }
    }
}

/// DQ: where the generator put what is wrong, by the layer, budget or alignment it is met in.
fn flaws(rows: &mut BTreeSet<Found>) {
    let layers = ["block-1999", "pcg-1999", "pct-2002", "pct-2006", "ha-1999", "council-1999", "council-2006", "district-1999"];
    // The lake is a gap in every layer; in the second survey of the councils there are an overlap and another gap besides.
    for layer in layers.iter().chain(["council-1999-redrawn"].iter()) {
        rows.insert(row("DQ-01", "", layer, ""));
    }
    // That survey goes out to the extent of the realm, and one of its rings crosses itself.
    rows.insert(row("DQ-02", "", "council-1999-redrawn", ""));
    rows.insert(row("DQ-03", "", "council-1999-redrawn", ""));
    // The stray code stands in every budget, in the orders of both successions of trusts, and in the governance table, which is of no layer.
    for place in ["pcg-1999-00", "pct-2002-03", "pct-2006-07", "pss-1999-00", "pss-2006-07", "pcg-1999", "pct-2002", ""] {
        rows.insert(row("DQ-04", "", place, ""));
    }
    // Most blocks are in no health action zone.
    rows.insert(row("DQ-04", "", "haz-1999", ""));
    // One published control is wrong, and PCGs are drawn from practice lists.
    rows.insert(row("DQ-05", "", "pss-2006-07", ""));
    rows.insert(row("DQ-06", "", "pcg-1999", ""));
}
