//! The true answers: sums over blocks and the generator's own intentions, by code that shares nothing with the pipeline.

mod changes;
mod classes;
mod lines;
mod listed;
mod planted;
mod relation;

use std::collections::{BTreeMap, BTreeSet};

use self::changes::{Change, changes};
use self::classes::{components, main_partner, rates, shape, significant};
use self::relation::{Basis, Table, share};
use super::country::{Body, Country};
use super::places::Kind;
use super::sheet::{Content, File, Sheet};
use crate::error::Result;

/// Alignments of the sample: id, health layer, council layer.
const ALIGNMENTS: &[(&str, Kind, Kind)] = &[
    ("ha-council-1999", Kind::Authority1999, Kind::Council1999),
    ("pcg-council-1999", Kind::Pcg1999, Kind::Council1999),
    ("pct-council-2002", Kind::Pct2002, Kind::Council1999),
    ("pct-council-2006", Kind::Pct2006, Kind::Council2006),
];

/// Successions of the sample.
const SUCCESSIONS: &[(&str, Kind, Kind)] = &[
    ("council-1999-2006", Kind::Council1999, Kind::Council2006),
    ("pcg-pct-2002", Kind::Pcg1999, Kind::Pct2002),
    ("pct-2002-2006", Kind::Pct2002, Kind::Pct2006),
];

/// One row of an order: codes empty where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) reason: &'static str,
}

/// Everything the generator knows beforehand that its input files need, and the figures of the report.
#[derive(Debug, Clone)]
pub(super) struct Truth {
    pub(super) seed: u64,
    /// Orders of 2002 and 2006.
    pub(super) pct_2002: Vec<Declared>,
    pub(super) pct_2006: Vec<Declared>,
    /// Codes of the significant pairs by people.
    pub(super) pairs_1999: BTreeSet<(String, String)>,
    pub(super) pairs_2006: BTreeSet<(String, String)>,
}

impl Truth {
    pub(super) fn of(country: &Country) -> Self {
        let pairs = |left, right| {
            let table = Table::of(country, left, right);
            let codes = |(i, j): (usize, usize)| (table.left[i].code.clone(), table.right[j].code.clone());
            significant(&table, Basis::People).into_iter().map(codes).collect()
        };
        Self {
            seed: country.seed,
            pct_2002: declare(country, Kind::Pcg1999, Kind::Pct2002),
            pct_2006: declare(country, Kind::Pct2002, Kind::Pct2006),
            pairs_1999: pairs(Kind::Pcg1999, Kind::Council1999),
            pairs_2006: pairs(Kind::Pct2006, Kind::Council2006),
        }
    }
}

/// The proposal of the sample's config.
const PROPOSAL: &str = "join-the-quarters";

/// The country as the proposal would have it: the trusts of 2006 are those of 2002 but for the two that join, and the councils stay as they were.
fn proposed(country: &Country) -> Country {
    let mut after = country.clone();
    let story = "two PCGs of two quarters each that meet at one point";
    let joining: Vec<usize> = ['a', 'b']
        .iter()
        .filter_map(|letter| {
            let body = country.told(Kind::Pct2002, story, *letter)?;
            country.bodies(Kind::Pct2002).iter().position(|other| other == body)
        })
        .collect();
    let stays = |index: &usize| !joining.contains(index);
    let trusts = country.bodies(Kind::Pct2002);
    let mut bodies: Vec<Body> = (0..trusts.len()).filter(stays).map(|index| trusts[index].clone()).collect();
    bodies.push(Body { code: "X39000001".into(), name: "The Quarters".into(), place: trusts[joining[0]].place, letter: 'j' });
    let joined = bodies.len() - 1;
    let now = |index: usize| (0..index).filter(stays).count();
    for block in &mut after.blocks {
        let trust = block.bodies[Kind::Pct2002.index()];
        block.bodies[Kind::Pct2006.index()] = trust.map(|index| if joining.contains(&index) { joined } else { now(index) });
        block.bodies[Kind::Council2006.index()] = block.bodies[Kind::Council1999.index()];
    }
    after.layers[Kind::Pct2006.index()] = bodies;
    after.layers[Kind::Council2006.index()] = country.bodies(Kind::Council1999).to_vec();
    after
}

/// The order that declares a succession: every change but one (the map alone has it), and one that never was.
fn declare(country: &Country, from: Kind, to: Kind) -> Vec<Declared> {
    let table = Table::of(country, from, to);
    let changes = changes(&table);
    let reasons = reasons(country, &table, &changes);
    let mut rows: Vec<Declared> = changes
        .iter()
        .filter(|change| change.kind != "unchanged")
        .map(|change| Declared {
            from: change.from.map_or_else(String::new, |i| table.left[i].code.clone()),
            to: change.to.map_or_else(String::new, |k| table.right[k].code.clone()),
            reason: change.to.and_then(|to| reasons.get(&to)).copied().unwrap_or("other"),
        })
        .collect();
    let code = |kind: Kind, story: &str, letter: char| country.told(kind, story, letter).map_or("", |body| body.code.as_str()).to_owned();
    let forgotten = match to {
        Kind::Pct2002 => (code(from, "the inner two", 'b'), code(to, "the inner two", 'b')),
        _ => (code(from, "a strip that is equal", 'b'), code(to, "a strip that is equal", 'a')),
    };
    rows.retain(|row| (row.from.as_str(), row.to.as_str()) != (forgotten.0.as_str(), forgotten.1.as_str()));
    rows.push(Declared {
        from: code(from, "one to one throughout", 'a'),
        to: code(to, "one to one, renamed", 'a'),
        reason: "policy_deadline",
    });
    rows.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
    rows
}

/// Reasons stated for mergers, by successor: a sixth to align boundaries (S3), the rest for capacity and independence (S4) or because
/// of the deadline.
fn reasons(country: &Country, table: &Table<'_>, changes: &[Change]) -> BTreeMap<usize, &'static str> {
    let merged: BTreeSet<usize> = changes.iter().filter(|change| change.kind == "merged").filter_map(|change| change.to).collect();
    let to_align = |successor: &usize| {
        let place = table.right.get(*successor).and_then(|body| country.places.get(body.place));
        place.is_some_and(|place| place.reason == "align_boundaries")
    };
    let planned: BTreeSet<usize> = merged.iter().copied().filter(to_align).collect();
    let wanted = (merged.len() + 3) / 6;
    let others: Vec<usize> = merged.iter().copied().filter(|successor| !planned.contains(successor)).collect();
    let more = wanted.saturating_sub(planned.len());
    let mut reasons: BTreeMap<usize, &'static str> = planned.into_iter().map(|successor| (successor, "align_boundaries")).collect();
    let rest = ["management_capacity", "independence", "management_capacity", "policy_deadline", "independence"];
    for (position, successor) in others.iter().enumerate() {
        // Spread evenly: the position at which another whole reason has accrued.
        let aligns = (position + 1) * more / others.len() > position * more / others.len();
        let reason = if aligns { "align_boundaries" } else { rest.get(position % rest.len()).copied().unwrap_or("other") };
        reasons.insert(*successor, reason);
    }
    reasons
}

/// The files of the truth folder.
pub(super) fn files(country: &Country, truth: &Truth) -> Result<Vec<File>> {
    Ok(vec![
        overlap(country)?,
        coterminosity(country)?,
        component(country)?,
        rate(country)?,
        succession(country, truth)?,
        planted::file(country, truth)?,
        listed::file(country, truth)?,
        File { path: "truth/README.md".into(), content: Content::Bytes(README.as_bytes().to_vec()) },
    ])
}

fn overlap(country: &Country) -> Result<File> {
    let mut sheet = Sheet::new("truth/overlap.csv", &["alignment", "left_code", "right_code", "people", "area_m2"]);
    for (id, left, right) in ALIGNMENTS {
        let table = Table::of(country, *left, *right);
        let area = |doubled: i64| format!("{}.{}", doubled / 2, if doubled % 2 == 0 { 0 } else { 5 });
        for ((i, j), weight) in &table.pairs {
            sheet.row(&[id, &table.left[*i].code, &table.right[*j].code, &weight.people.to_string(), &area(weight.doubled_m2)]);
        }
        for (body, weight) in table.left.iter().zip(&table.left_outside).filter(|(_, weight)| weight.doubled_m2 > 0) {
            sheet.row(&[id, &body.code, "__outside__", &weight.people.to_string(), &area(weight.doubled_m2)]);
        }
        for (body, weight) in table.right.iter().zip(&table.right_outside).filter(|(_, weight)| weight.doubled_m2 > 0) {
            sheet.row(&[id, "__outside__", &body.code, &weight.people.to_string(), &area(weight.doubled_m2)]);
        }
    }
    sheet.sort();
    sheet.file()
}

fn coterminosity(country: &Country) -> Result<File> {
    let mut sheet = Sheet::new("truth/coterminosity.csv", &["alignment", "side", "code", "basis", "class", "main_partner", "main_share"]);
    for (id, left, right) in ALIGNMENTS {
        let table = Table::of(country, *left, *right);
        for (side, table) in [("health", &table), ("council", &table.turned())] {
            for (index, body) in table.left.iter().enumerate() {
                for basis in Basis::ALL {
                    let class = shape(table, index, basis).map_or("", |shape| shape.word(side == "council"));
                    let main = main_partner(table, index, basis);
                    let whole = table.left_total[index].on(basis);
                    let main_share = main.map_or_else(String::new, |(_, part)| share(part, whole));
                    let partner = main.map_or("", |(right, _)| table.right[right].code.as_str());
                    sheet.row(&[id, side, &body.code, basis.word(), class, partner, &main_share]);
                }
            }
        }
    }
    sheet.sort();
    sheet.file()
}

fn component(country: &Country) -> Result<File> {
    let header = ["alignment", "basis", "component", "kind", "n_health", "n_council", "health_codes", "council_codes", "agreements_needed"];
    let mut sheet = Sheet::new("truth/component.csv", &header);
    for (id, left, right) in ALIGNMENTS {
        let table = Table::of(country, *left, *right);
        for basis in Basis::ALL {
            for locked in components(&table, basis) {
                let codes = |bodies: &[super::country::Body], chosen: &BTreeSet<usize>| {
                    chosen.iter().filter_map(|body| bodies.get(*body)).map(|body| body.code.clone()).collect::<Vec<_>>().join(";")
                };
                sheet.row(&[
                    id,
                    basis.word(),
                    &locked.name,
                    locked.kind(),
                    &locked.lefts.len().to_string(),
                    &locked.rights.len().to_string(),
                    &codes(table.left, &locked.lefts),
                    &codes(table.right, &locked.rights),
                    &locked.pairs.to_string(),
                ]);
            }
        }
    }
    sheet.sort();
    sheet.file()
}

fn rate(country: &Country) -> Result<File> {
    let mut sheet = Sheet::new("truth/rate.csv", &["alignment", "basis", "definition", "equal", "side", "coterminous", "of"]);
    for (id, left, right) in ALIGNMENTS {
        let table = Table::of(country, *left, *right);
        for (side, table) in [("health", &table), ("council", &table.turned())] {
            for basis in Basis::ALL {
                let (strict, structural) = rates(table, basis);
                for (definition, count) in [("strict", strict), ("structural", structural)] {
                    sheet.row(&[id, basis.word(), definition, "0.02", side, &count.to_string(), &table.left.len().to_string()]);
                }
            }
        }
    }
    sheet.sort();
    sheet.file()
}

fn succession(country: &Country, truth: &Truth) -> Result<File> {
    let header = ["succession", "from_code", "to_code", "people", "type", "with_transfer", "declared"];
    let mut sheet = Sheet::new("truth/succession.csv", &header);
    let after = proposed(country);
    let successions = SUCCESSIONS.iter().map(|(id, from, to)| (country, *id, *from, *to));
    for (country, id, from, to) in successions.chain([(&after, PROPOSAL, Kind::Pct2002, Kind::Pct2006)]) {
        let table = Table::of(country, from, to);
        let declared = match (id, to) {
            (PROPOSAL, _) => None,
            (_, Kind::Pct2002) => Some(&truth.pct_2002),
            (_, Kind::Pct2006) => Some(&truth.pct_2006),
            _ => None,
        };
        let mut stated: BTreeSet<(&str, &str)> = declared.into_iter().flatten().map(|row| (row.from.as_str(), row.to.as_str())).collect();
        for change in changes(&table) {
            let from = change.from.map_or("", |i| table.left[i].code.as_str());
            let to = change.to.map_or("", |k| table.right[k].code.as_str());
            let mark = match (declared, stated.remove(&(from, to))) {
                (None, _) => "",
                (Some(_), true) => "agree",
                (Some(_), false) if change.kind == "unchanged" => "",
                (Some(_), false) => "geometric_only",
            };
            let none = |code: &'_ str| if code.is_empty() { "__none__".to_owned() } else { code.to_owned() };
            let people = change.people.map_or_else(String::new, |people| people.to_string());
            let with_transfer = if change.with_transfer { "true" } else { "false" };
            sheet.row(&[id, &none(from), &none(to), &people, change.kind, with_transfer, mark]);
        }
        for (from, to) in stated {
            sheet.row(&[id, from, to, "", "transferred_part", "false", "declared_only"]);
        }
    }
    sheet.sort();
    sheet.file()
}

const README: &str = include_str!("README.md");
