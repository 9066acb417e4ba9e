//! Obstructions that must be found: those that the blocks decide, all of them, and the cases that were planted.

use std::collections::BTreeSet;

use super::super::country::Country;
use super::super::joint::Told;
use super::super::layers::flaws;
use super::super::money;
use super::super::places::Kind;
use super::super::sheet::{File, Sheet};
use super::classes::{Shape, components, main_partner, shape};
use super::lines::{Effect, Lines, Side, effect};
use super::relation::{Basis, Table, reaches};
use super::{PROPOSAL, Truth, proposed};
use crate::error::Result;

/// One obstruction: id, where (alignment, succession or layer), subject, partner. Parts that a case says nothing about are empty.
type Row = (&'static str, String, String, String);

/// truth/planted.csv.
pub(super) fn file(country: &Country, truth: &Truth) -> Result<File> {
    let mut rows: BTreeSet<Row> = BTreeSet::new();
    for (id, left, right) in super::ALIGNMENTS {
        boundaries(country, id, *left, *right, &mut rows);
    }
    mergers(country, truth, &mut rows);
    told(country, &mut rows);
    let mut sheet = Sheet::new("truth/planted.csv", &["obstruction_id", "alignment", "subject_code", "partner_code"]);
    for (id, alignment, subject, partner) in &rows {
        sheet.row(&[id, alignment, subject, partner]);
    }
    sheet.file()
}

/// What sums of people over blocks decide.
fn boundaries(country: &Country, id: &str, left: Kind, right: Kind, rows: &mut BTreeSet<Row>) {
    let table = Table::of(country, left, right);
    let council = table.turned();
    let mut add = |rule: &'static str, subject: &str, partner: &str| {
        rows.insert((rule, id.to_owned(), subject.to_owned(), partner.to_owned()));
    };
    let crossing = Lines::of(&table).crossing;
    let (lefts, rights): (BTreeSet<usize>, BTreeSet<usize>) = crossing.keys().copied().unzip();
    for left in lefts {
        add("BND-01", &table.left[left].code, "");
    }
    for right in rights {
        add("BND-06", &table.right[right].code, "");
    }
    for ((left, right), _) in crossing.iter().filter(|(_, people)| **people >= 500) {
        add("BND-05", &table.left[*left].code, &table.right[*right].code);
    }
    for (index, body) in table.left.iter().enumerate() {
        let whole = table.left_total[index].people;
        if shape(&table, index, Basis::People) == Some(Shape::Aggregate) {
            add("BND-03", &body.code, "");
        }
        if left == Kind::Pcg1999 && !(50_000..=250_000).contains(&whole) {
            add("BND-11", &body.code, "");
        }
    }
    for (index, body) in council.left.iter().enumerate() {
        let partners = council.partners(index, Basis::People);
        let nested = |(health, _): &&(usize, i64)| {
            shape(&table, *health, Basis::People) == Some(Shape::Nested)
                && main_partner(&table, *health, Basis::People).is_some_and(|(main, _)| main == index)
        };
        if partners.iter().filter(nested).count() >= 2 {
            add("BND-02", &body.code, "");
        }
    }
    for locked in components(&table, Basis::People).iter().filter(|locked| locked.kind() == "tangled") {
        if crossing.keys().any(|(left, right)| locked.lefts.contains(left) && locked.rights.contains(right)) {
            add("BND-04", &locked.name, "");
        }
    }
}

/// What lines and partners before and after decide.
fn mergers(country: &Country, truth: &Truth, rows: &mut BTreeSet<Row>) {
    let after = proposed(country);
    let cases = [
        (country, "pcg-pct-2002", Kind::Pcg1999, Kind::Pct2002, Kind::Council1999, Kind::Council1999, truth.pct_2002.as_slice()),
        (country, "pct-2002-2006", Kind::Pct2002, Kind::Pct2006, Kind::Council1999, Kind::Council2006, truth.pct_2006.as_slice()),
        (&after, PROPOSAL, Kind::Pct2002, Kind::Pct2006, Kind::Council1999, Kind::Council2006, &[]),
    ];
    for (country, id, from, to, council_before, council_after, declared) in cases {
        let change = Table::of(country, from, to);
        let before = Table::of(country, from, council_before);
        let after = Table::of(country, to, council_after);
        let (lines_before, lines_after) = (Lines::of(&before), Lines::of(&after));
        for (successor, body) in change.right.iter().enumerate() {
            let Some(effect) = effect(&change, Side::Left, &lines_before, &lines_after, successor) else { continue };
            let mut add = |rule: &'static str| rows.insert((rule, id.to_owned(), body.code.clone(), String::new()));
            match effect {
                Effect::Worsened => _ = add("MRG-01"),
                Effect::Improved => _ = add("MRG-02"),
                Effect::Neutral => {}
            }
            let to_align = declared.iter().any(|row| row.to == body.code && row.reason == "align_boundaries");
            if to_align && effect != Effect::Improved {
                add("MRG-06");
            }
        }
        if council_before == council_after {
            let (before, after) = (before.turned(), after.turned());
            for (council, body) in before.left.iter().enumerate() {
                let matched = |table: &Table<'_>| shape(table, council, Basis::People) == Some(Shape::Coterminous);
                if matched(&before) && !matched(&after) {
                    rows.insert(("MRG-03", id.to_owned(), body.code.clone(), String::new()));
                }
            }
        }
        reused(&change, id, rows);
    }
    reused(&Table::of(country, Kind::Council1999, Kind::Council2006), "council-1999-2006", rows);
}

/// Codes kept though the Jaccard of old and new is below 0.98.
fn reused(change: &Table<'_>, id: &str, rows: &mut BTreeSet<Row>) {
    for (old, body) in change.left.iter().enumerate() {
        let Some(new) = change.right.iter().position(|other| other.code == body.code) else { continue };
        let both = change.pairs.get(&(old, new)).map_or(0, |weight| weight.people);
        let either = change.left_total[old].people + change.right_total[new].people - both;
        if !reaches(both, either, 980) {
            rows.insert(("MRG-09", id.to_owned(), body.code.clone(), String::new()));
        }
    }
}

/// Cases the generator wrote on purpose.
fn told(country: &Country, rows: &mut BTreeSet<Row>) {
    let told = Told::of(country);
    let mut add = |rule: &'static str, place: &str, subject: &str, partner: &str| {
        rows.insert((rule, place.to_owned(), subject.to_owned(), partner.to_owned()));
    };
    let code = |kind: Kind, story: &str, letter: char| country.told(kind, story, letter).map_or("", |body| body.code.as_str());
    let (pcg, pct) = ("pcg-council-1999", "pct-council-2006");
    for letter in ['a', 'b', 'c', 'd'] {
        add("BND-07", pcg, code(Kind::Pcg1999, "county of four districts", letter), "");
    }
    add("BND-08", pcg, code(Kind::Pcg1999, "town in one council", 'b'), "");
    add("BND-09", pcg, code(Kind::Pcg1999, "a strip that is equal", 'a'), "");
    add("BND-10", pcg, &told.registered, "");
    add("BND-12", pcg, &told.idle.0, &told.idle.1);
    add("BND-12", pcg, &told.advisory.0, &told.advisory.1);

    add("MRG-04", "pcg-pct-2002", &told.overrun.0, &told.overrun.1);
    add("MRG-04", "pcg-pct-2002", &told.outlived.0, &told.outlived.1);
    add("MRG-05", "pcg-pct-2002", code(Kind::Pcg1999, "the inner two", 'b'), code(Kind::Pct2002, "the inner two", 'b'));
    let (throughout, renamed) = ("one to one throughout", "one to one, renamed");
    add("MRG-05", "pcg-pct-2002", code(Kind::Pcg1999, throughout, 'a'), code(Kind::Pct2002, renamed, 'a'));
    add("MRG-05", "pct-2002-2006", code(Kind::Pct2002, "a strip that is equal", 'b'), code(Kind::Pct2006, "a strip that is equal", 'a'));
    add("MRG-05", "pct-2002-2006", code(Kind::Pct2002, throughout, 'a'), code(Kind::Pct2006, renamed, 'a'));
    add("MRG-07", "pct-2002-2006", &told.divided, "");
    add("MRG-08", "pct-2002-2006", code(Kind::Pct2006, "a unitary enclosed", 'a'), code(Kind::Council2006, "a unitary enclosed", 'A'));

    let money = money::told(country);
    let body_code = |body: Option<&super::super::country::Body>| body.map_or_else(String::new, |body| body.code.clone());
    let middle = code(Kind::Pcg1999, "the middle PCG spans", 'b');
    add("BUD-01", pcg, middle, "");
    add("BUD-02", pcg, &told.idle.0, &body_code(money.without_carers));
    add("BUD-03", pcg, &told.neglected.0, &told.neglected.1);
    add("BUD-04", pcg, middle, &body_code(money.generous));
    add("BUD-05", pcg, &told.fragmented.0, &told.fragmented.1);
    add("BUD-06", pcg, &told.fragmented.0, &told.fragmented.1);
    add("BUD-07", pcg, &told.earmarked.0, &told.earmarked.1);
    add("BUD-08", pcg, &told.fragmented.0, &told.fragmented.1);
    add("BUD-09", pcg, middle, "");

    for rule in ["CYC-01", "CYC-02", "CYC-03"] {
        add(rule, pcg, &told.out_of_step.0, &told.out_of_step.1);
    }
    add("CYC-04", pcg, &told.outlived.0, &told.outlived.1);

    add("LVL-01", pcg, &body_code(money.practice), "");
    add("LVL-02", pcg, &body_code(money.locality), "");
    add("LVL-03", pcg, &body_code(money.practice), "");
    // Its health authority decides, whoever the council is.
    add("LVL-04", pcg, &told.advisory.0, "");
    add("LVL-05", pcg, &told.advisory.0, &told.advisory.1);

    add("GOV-01", pcg, &told.neglected.0, &told.neglected.1);
    add("GOV-02", pcg, &told.idle.0, &told.idle.1);
    add("GOV-03", pcg, &told.neglected.0, &told.neglected.1);
    add("GOV-04", pcg, &told.voiceless.0, &told.voiceless.1);
    add("GOV-05", pcg, &told.idle.0, &told.idle.1);
    add("GOV-06", pcg, &told.neglected.0, &told.neglected.1);

    let (overlapping, _, crossing) = flaws(country);
    let council = |index: Option<usize>| index.and_then(|index| country.bodies(Kind::Council1999).get(index));
    let redrawn = "council-1999-redrawn";
    add("DQ-01", redrawn, &body_code(council(overlapping)), "");
    // The gap is the layer's, not one council's.
    add("DQ-01", redrawn, "", "");
    add("DQ-02", "pcg-council-1999-redrawn", "", "");
    add("DQ-03", redrawn, &body_code(council(crossing)), "");
    add("DQ-04", "pcg-1999", money::STRAY_CODE, "");
    add("DQ-05", "pss-2006-07", "", "");
    add("DQ-06", "pcg-1999", "", "");
    add("BUD-01", pct, code(Kind::Pct2006, "town in one council", 'b'), "");
}
