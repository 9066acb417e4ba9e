//! The sample's own tables, read back as text: what was written is what a reader may conclude from.

use std::collections::{BTreeMap, BTreeSet};

use super::super::super::country::Country;
use super::super::super::places::Kind;
use super::super::super::sheet::{Content, File};
use super::super::super::{joint, money};
use super::super::Truth;
use crate::error::{Error, Result};

pub(super) type Row = BTreeMap<String, String>;

/// A line of a budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) budget: &'static str,
    pub(super) code: String,
    pub(super) year: String,
    pub(super) service: String,
    pub(super) mechanism: String,
    pub(super) level: String,
    pub(super) basis: String,
    /// Pence; `None` where the cell does not say.
    pub(super) pence: Option<i128>,
}

/// A joint agreement.
#[derive(Debug, Clone)]
pub(super) struct Agreed {
    pub(super) pair: (String, String),
    pub(super) service: String,
    pub(super) mechanism: String,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) pence: Option<i128>,
    /// As it decides: its level, else what its model stands for.
    pub(super) level: &'static str,
}

/// Everything beside the boundaries.
pub(super) struct Tabled {
    pub(super) lines: BTreeMap<Kind, Vec<Line>>,
    pub(super) agreements: Vec<Agreed>,
    pub(super) governance: Vec<Row>,
    pub(super) cycles: Vec<Row>,
    pub(super) priorities: Vec<Row>,
    pub(super) attributes: BTreeMap<Kind, BTreeMap<String, Row>>,
    /// Practices of schemes, table by table.
    pub(super) schemes: Vec<Vec<Row>>,
}

/// Budget files: whose, name, column of the amount, column of the code.
const BUDGETS: [(Kind, &str, &str, &str); 5] = [
    (Kind::Pcg1999, "pcg_allocations_1999-00.csv", "Allocation_000s", "PCG99CD"),
    (Kind::Pct2002, "pct_allocations_2002-03.csv", "Allocation_000s", "PCT02CD"),
    (Kind::Pct2006, "pct_allocations_2006-07.csv", "Allocation_000s", "PCT06CD"),
    (Kind::Council1999, "pss_1999-00.csv", "gross_current_000s", "CTYUA99CD"),
    (Kind::Council2006, "pss_2006-07.csv", "gross_current_000s", "CTYUA06CD"),
];

const ATTRIBUTES: [(Kind, &str); 5] = [
    (Kind::Pcg1999, "pcg_attributes_1999.csv"),
    (Kind::Pct2002, "pct_attributes_2002.csv"),
    (Kind::Pct2006, "pct_attributes_2006.csv"),
    (Kind::Council1999, "council_attributes_1999.csv"),
    (Kind::Council2006, "council_attributes_2006.csv"),
];

impl Tabled {
    pub(super) fn of(country: &Country, truth: &Truth) -> Result<Self> {
        let mut files = joint::files(country, truth)?;
        files.extend(money::files(country)?);
        let services: BTreeMap<String, String> =
            rows(&files, "services.csv")?.into_iter().map(|row| (cell(&row, "from").to_owned(), cell(&row, "to").to_owned())).collect();
        let mut lines = BTreeMap::new();
        for (kind, file, amount, code) in BUDGETS {
            let read = |row: &Row| {
                let service = cell(row, "service");
                Line {
                    budget: file,
                    code: cell(row, code).to_owned(),
                    year: cell(row, "fin_year").to_owned(),
                    service: services.get(service).map_or(service, String::as_str).to_owned(),
                    mechanism: cell(row, "mechanism").to_owned(),
                    level: cell(row, "level").to_owned(),
                    basis: cell(row, "pop_basis").to_owned(),
                    pence: thousandths(cell(row, amount)).map(|pounds| pounds * 100),
                }
            };
            lines.insert(kind, rows(&files, file)?.iter().map(read).collect());
        }
        let mut attributes = BTreeMap::new();
        for (kind, file) in ATTRIBUTES {
            let by_code = rows(&files, file)?.into_iter().map(|row| (cell(&row, "code").to_owned(), row)).collect();
            attributes.insert(kind, by_code);
        }
        let agreed = |row: &Row| Agreed {
            pair: (cell(row, "health_code").to_owned(), cell(row, "council_code").to_owned()),
            service: cell(row, "service").to_owned(),
            mechanism: cell(row, "mechanism").to_owned(),
            start: cell(row, "start_date").to_owned(),
            end: cell(row, "end_date").to_owned(),
            pence: cell(row, "amount").parse::<i128>().ok().map(|pounds| pounds * 100),
            level: match (cell(row, "level"), cell(row, "model")) {
                ("strategic", _) => "strategic",
                ("locality", _) | ("", "locality" | "area") => "locality",
                ("practice", _) | ("", "practice") => "practice",
                _ => "",
            },
        };
        Ok(Self {
            lines,
            agreements: rows(&files, "agreements.csv")?.iter().map(agreed).collect(),
            governance: rows(&files, "governance.csv")?,
            cycles: rows(&files, "cycles.csv")?,
            priorities: rows(&files, "priorities.csv")?,
            attributes,
            schemes: ["fundholders.csv", "total_purchasers.csv", "pms_pilots.csv", "locality_groups.csv"]
                .iter()
                .map(|file| rows(&files, file))
                .collect::<Result<_>>()?,
        })
    }

    pub(super) fn lines(&self, kind: Kind) -> &[Line] {
        self.lines.get(&kind).map_or(&[], Vec::as_slice)
    }

    pub(super) fn attribute(&self, kind: Kind, code: &str, name: &str) -> &str {
        self.attributes.get(&kind).and_then(|rows| rows.get(code)).map_or("", |row| cell(row, name))
    }

    /// Codes of a layer that hold a line whose mechanism passes.
    pub(super) fn holders(&self, kind: Kind, passes: impl Fn(&str) -> bool) -> BTreeSet<&str> {
        self.lines(kind).iter().filter(|line| passes(&line.mechanism)).map(|line| line.code.as_str()).collect()
    }
}

pub(super) fn cell<'a>(row: &'a Row, name: &str) -> &'a str {
    row.get(name).map_or("", String::as_str)
}

/// "123.456" thousands as whole pounds; `None` where the text is no number, which is how published tables say that it is not known.
fn thousandths(text: &str) -> Option<i128> {
    let (whole, part) = text.split_once('.')?;
    Some(whole.parse::<i128>().ok()? * 1000 + part.parse::<i128>().ok()?)
}

fn rows(files: &[File], name: &str) -> Result<Vec<Row>> {
    let content = files.iter().find(|file| file.path.as_os_str() == name).map(|file| &file.content);
    let Some(Content::Bytes(bytes)) = content else { return Ok(Vec::new()) };
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let broken = |e: csv::Error| Error::publish(name, e, "please report this");
    let header = reader.headers().map_err(broken)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        rows.push(header.iter().zip(record.iter()).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect());
    }
    Ok(rows)
}
