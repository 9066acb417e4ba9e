//! The headlines of what changed: rates, classes, flags, pounds and findings, and which layers are of another vintage.

use std::collections::{BTreeMap, BTreeSet};

use super::TableDiff;
use super::matching::{Change, Kind};
use crate::config::Tolerances;
use crate::error::Result;
use crate::published::{Published, Row};
use crate::tables;

/// The headlines.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// Tolerance by which each run judged its headline rates and classes.
    pub equal: [f64; 2],
    /// Every headline rate, by the tolerance of its run, in order of key; also those that stayed.
    pub rates: Vec<Rate>,
    /// Bodies whose class changed.
    pub classes: Vec<ClassMove>,
    /// Obstructions that are new, gone or of another severity.
    pub flags: Vec<Flag>,
    /// Money for people outside the main council, by alignment and fiscal year; also where it stayed.
    pub outside: Vec<Outside>,
    /// Findings by id: in A, in B, new, gone.
    pub findings: BTreeMap<String, [usize; 4]>,
}

/// Coterminous, of, share, share of the people; as published.
pub type Figures = [Option<String>; 4];

/// How many bodies are coterminous of how many: in A and in B.
#[derive(Debug, Clone, PartialEq)]
pub struct Rate {
    /// Alignment, basis, definition, side.
    pub key: [String; 4],
    /// In A and in B; `None` where the run has no such rate.
    pub sides: [Option<Figures>; 2],
}

/// A body that has another class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClassMove {
    /// Alignment.
    pub alignment: String,
    /// health or council.
    pub side: String,
    /// area or people.
    pub basis: String,
    /// Class in A.
    pub from: String,
    /// Class in B.
    pub to: String,
    /// Code of the body.
    pub code: String,
    /// Name of the body, where it has one.
    pub name: Option<String>,
}

/// An obstruction that is new (no severity in A), gone (none in B) or of another severity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// What names it in both runs.
    pub key: String,
    /// Rule.
    pub id: String,
    /// Severity in A and in B.
    pub severity: [Option<String>; 2],
    /// Alignment, subject, partner, service, fiscal year, where it has them.
    pub about: Vec<String>,
    /// Its sentence, or the subject's name where the sentence stayed.
    pub message: Option<String>,
    /// Whether it is in one run alone because its alignment is.
    pub vintage: bool,
}

/// Pence for people outside the main council of their NHS body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outside {
    /// Alignment and fiscal year ("" where the lines do not say).
    pub key: [String; 2],
    /// Sum of what is known, and how many bodies and services are not known: in A and in B. `None` where the run has no such rows.
    pub sides: [Option<(i128, usize)>; 2],
}

/// What one run has and the other has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vintage {
    /// Kind of section: layer, alignment, budget ...
    pub kind: String,
    /// Ids that only A has, and only B.
    pub only_in: [Vec<String>; 2],
    /// For layers: codes that the layers of only A and of only B share, and each alone.
    pub codes: Option<[usize; 3]>,
}

/// Ids that one config declares and the other does not.
pub(super) fn vintages(runs: [&Published; 2], ids: &[BTreeMap<String, BTreeSet<String>>; 2]) -> Result<Vec<Vintage>> {
    let [a, b] = ids;
    let none = BTreeSet::new();
    let mut vintages = Vec::new();
    let kinds: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for kind in kinds {
        let (one, other) = (a.get(kind).unwrap_or(&none), b.get(kind).unwrap_or(&none));
        let only_in = [one.difference(other).cloned().collect::<Vec<_>>(), other.difference(one).cloned().collect::<Vec<_>>()];
        if only_in.iter().all(Vec::is_empty) {
            continue;
        }
        let mut codes = None;
        if kind == "layer" && only_in.iter().all(|ids| !ids.is_empty()) {
            let mut found = [BTreeSet::new(), BTreeSet::new()];
            for ((run, ids), found) in runs.into_iter().zip(&only_in).zip(&mut found) {
                let rows = run.rows(&tables::AREA)?;
                let of_layer = |row: &Row<'_>| row.text("layer").is_some_and(|layer| ids.iter().any(|id| id == layer));
                found.extend(rows.iter().filter(of_layer).filter_map(|row| row.text("code").map(str::to_owned)));
            }
            let [one, other] = &found;
            codes = Some([one.intersection(other).count(), one.difference(other).count(), other.difference(one).count()]);
        }
        vintages.push(Vintage { kind: kind.clone(), only_in, codes });
    }
    Ok(vintages)
}

/// The headlines of two runs and of what changed between them.
pub(super) fn of(runs: [&Published; 2], tables: &[TableDiff]) -> Result<Summary> {
    let changes = |name: &'static str| tables.iter().filter(move |table| table.name == name).flat_map(|table| &table.changes);
    let mut summary = Summary { equal: runs.map(equal), rates: rates(runs)?, outside: outside(runs)?, ..Summary::default() };
    summary.classes = changes("coterminosity").filter_map(class_move).collect();
    summary.classes.sort();
    summary.flags = changes("obstruction").filter_map(flag).collect();
    for (side, run) in runs.into_iter().enumerate() {
        for row in run.rows(&tables::FINDING)?.iter() {
            if let Some(count) = summary.findings.entry(row.text("finding_id").unwrap_or_default().to_owned()).or_default().get_mut(side) {
                *count = count.saturating_add(1);
            }
        }
    }
    for change in changes("finding") {
        let place = match change.kind {
            Kind::Added => 2,
            Kind::Removed => 3,
            Kind::Changed => continue,
        };
        let id = change.cell("finding_id").and_then(|cell| cell.to.clone()).unwrap_or_default();
        if let Some(count) = summary.findings.entry(id).or_default().get_mut(place) {
            *count = count.saturating_add(1);
        }
    }
    Ok(summary)
}

/// The tolerance that a run's classes were judged by: its config's, or the default.
fn equal(run: &Published) -> f64 {
    let config = run.manifest().config.text.trim_start_matches('\u{feff}').parse::<toml::Table>().unwrap_or_default();
    let stated = config.get("tolerances").and_then(|table| table.get("equal"));
    let number = stated.and_then(|value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64)));
    number.unwrap_or(Tolerances::default().equal)
}

fn rates(runs: [&Published; 2]) -> Result<Vec<Rate>> {
    let mut rates: BTreeMap<[String; 4], [Option<Figures>; 2]> = BTreeMap::new();
    for (side, run) in runs.into_iter().enumerate() {
        let equal = equal(run);
        let rows = run.rows(&tables::RATE)?;
        for row in rows.iter().filter(|row| row.number("equal").is_some_and(|number| (number - equal).abs() < 1e-12)) {
            let key = ["alignment", "basis", "definition", "side"].map(|column| row.text(column).unwrap_or_default().to_owned());
            let cells = ["coterminous", "of", "share", "people_share"].map(|column| row.text(column).map(str::to_owned));
            if let Some(slot) = rates.entry(key).or_default().get_mut(side) {
                *slot = Some(cells);
            }
        }
    }
    Ok(rates.into_iter().map(|(key, sides)| Rate { key, sides }).collect())
}

fn outside(runs: [&Published; 2]) -> Result<Vec<Outside>> {
    let mut sums: BTreeMap<[String; 2], [Option<(i128, usize)>; 2]> = BTreeMap::new();
    for (side, run) in runs.into_iter().enumerate() {
        let rows = run.rows(&tables::BUDGET_BODY)?;
        for row in rows.iter().filter(|row| row.is("side", "health")) {
            let key = ["alignment", "fiscal_year"].map(|column| row.text(column).unwrap_or_default().to_owned());
            if let Some(slot) = sums.entry(key).or_default().get_mut(side) {
                let (pence, unknown) = slot.get_or_insert((0, 0));
                match row.text("outside_main_pence").and_then(|text| text.parse::<i128>().ok()) {
                    Some(more) => *pence = pence.saturating_add(more),
                    None => *unknown = unknown.saturating_add(1),
                }
            }
        }
    }
    Ok(sums.into_iter().map(|(key, sides)| Outside { key, sides }).collect())
}

fn class_move(change: &Change) -> Option<ClassMove> {
    let class = change.cells.iter().find(|cell| cell.column == "class").filter(|_| change.kind == Kind::Changed)?;
    let key = |column: &str| change.cell(column).and_then(|cell| cell.to.clone()).unwrap_or_default();
    Some(ClassMove {
        alignment: key("alignment"),
        side: key("side"),
        basis: key("basis"),
        from: class.from.clone()?,
        to: class.to.clone()?,
        code: key("code"),
        name: change.name.clone(),
    })
}

fn flag(change: &Change) -> Option<Flag> {
    let severity = change.cell("severity");
    let known = |side: Option<&String>| side.cloned();
    let severity = match change.kind {
        Kind::Added => [None, known(severity?.to.as_ref())],
        Kind::Removed => [known(severity?.from.as_ref()), None],
        Kind::Changed => [known(severity?.from.as_ref()), known(severity?.to.as_ref())],
    };
    let cell = |column: &str| change.cell(column).and_then(|cell| cell.to.clone().or_else(|| cell.from.clone()));
    // Of a row that changed only the key and what changed are there.
    let key = cell("obstruction_key").unwrap_or_default();
    let columns = ["alignment", "subject_code", "partner_code", "service", "fiscal_year"];
    let about = match change.kind {
        Kind::Changed => key.split('/').skip(1).map(str::to_owned).collect(),
        Kind::Added | Kind::Removed => columns.iter().filter_map(|column| cell(column)).collect(),
    };
    Some(Flag {
        id: cell("obstruction_id").or_else(|| key.split('/').next().map(str::to_owned)).unwrap_or_default(),
        severity,
        about,
        message: cell("message").or_else(|| change.name.clone()),
        vintage: change.vintage.is_some(),
        key,
    })
}
