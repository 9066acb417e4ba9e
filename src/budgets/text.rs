//! The text columns of a budget table: years and other text, services, mechanisms.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::columns::cell_problem;
use super::mechanism::Mechanism;
use crate::config::{BudgetPlan, TextSource};
use crate::domain::finding::TOLD;
use crate::domain::{Finding, Pence, TextTable, plain};
use crate::error::{Error, Result};
use crate::words::count;

/// Text that is fixed or stands in a column, each distinct text stored once.
pub(super) struct TextReader {
    column: Option<usize>,
    fixed: Option<Arc<str>>,
    known: BTreeMap<Box<str>, Arc<str>>,
    last: Option<Arc<str>>,
}

impl TextReader {
    pub(super) fn new(source: &TextSource, table: &TextTable) -> Result<Self> {
        let (column, fixed) = match source {
            TextSource::Fixed(text) => (None, Some(Arc::from(text.as_str()))),
            TextSource::Column(name) => (Some(table.require(name)?), None),
        };
        Ok(Self { column, fixed, known: BTreeMap::new(), last: None })
    }

    pub(super) fn read(&mut self, table: &TextTable, row: usize) -> Option<Arc<str>> {
        let Some(column) = self.column else {
            return self.fixed.clone();
        };
        let text = table.cell(row, column)?;
        // Tables come sorted by year more often than not.
        if let Some(last) = self.last.as_ref().filter(|last| last.as_ref() == text) {
            return Some(Arc::clone(last));
        }
        let interned = match self.known.get(text) {
            Some(interned) => Arc::clone(interned),
            None => {
                let interned: Arc<str> = Arc::from(text);
                self.known.insert(text.into(), Arc::clone(&interned));
                interned
            }
        };
        self.last = Some(Arc::clone(&interned));
        Some(interned)
    }
}

/// What service texts mean.
pub(super) struct ServiceBook {
    pub(super) column: Option<usize>,
    field: String,
    fixed: String,
    crosswalk: Option<BTreeMap<String, Arc<str>>>,
}

/// Services met in some rows: the text as found (what a control file is matched on) and the service it is crosswalked to.
#[derive(Default)]
pub(super) struct Services {
    /// Text as found: index into `names`.
    known: BTreeMap<Box<str>, usize>,
    names: Vec<ServiceName>,
    last: usize,
}

#[derive(Clone)]
struct ServiceName {
    raw: Arc<str>,
    mapped: Arc<str>,
    unmapped: bool,
    rows: u64,
    pence: i128,
    first_row: u64,
}

impl ServiceBook {
    pub(super) fn new(plan: &BudgetPlan, table: &TextTable, services: Option<&TextTable>) -> Result<Self> {
        let crosswalk = services.map(read_service_crosswalk).transpose()?;
        Ok(match &plan.service {
            TextSource::Fixed(text) => Self { column: None, field: String::new(), fixed: text.clone(), crosswalk: None },
            TextSource::Column(name) => Self { column: Some(table.require(name)?), field: name.clone(), fixed: String::new(), crosswalk },
        })
    }

    fn name(&self, text: &str, row: u64) -> ServiceName {
        let raw: Arc<str> = Arc::from(text);
        let (mapped, unmapped) = match &self.crosswalk {
            None => (Arc::clone(&raw), false),
            Some(crosswalk) => match crosswalk.get(text) {
                // Text of its own, since threads read side by side.
                Some(to) => (Arc::from(to.as_ref()), false),
                None => (Arc::clone(&raw), true),
            },
        };
        ServiceName { raw, mapped, unmapped, rows: 0, pence: 0, first_row: row }
    }
}

impl Services {
    fn index(&mut self, text: &str, name: impl FnOnce() -> ServiceName) -> usize {
        if let Some(index) = self.known.get(text) {
            return *index;
        }
        let index = self.names.len();
        self.names.push(name());
        self.known.insert(text.into(), index);
        index
    }

    fn of_row(&mut self, book: &ServiceBook, table: &TextTable, row: usize) -> Option<usize> {
        let text = match book.column {
            None => book.fixed.as_str(),
            Some(column) => table.cell(row, column)?,
        };
        if self.names.get(self.last).is_none_or(|last| *last.raw != *text) {
            self.last = self.index(text, || book.name(text, table.row_number(row)));
        }
        Some(self.last)
    }

    /// The service, and the index of its text as found.
    pub(super) fn read(
        &mut self,
        book: &ServiceBook,
        table: &TextTable,
        row: usize,
        amount: Option<Pence>,
    ) -> (Option<Arc<str>>, Option<usize>) {
        let index = self.of_row(book, table, row);
        match index.and_then(|index| self.names.get_mut(index)) {
            Some(name) => {
                name.rows = name.rows.saturating_add(1);
                name.pence = name.pence.saturating_add(amount.map_or(0, |Pence(pence)| i128::from(pence)));
                (Some(Arc::clone(&name.mapped)), index)
            }
            None => (None, None),
        }
    }

    /// Index of the text of a row that is a total; `None` where it is blank or the same for every row.
    pub(super) fn of_total(&mut self, book: &ServiceBook, table: &TextTable, row: usize) -> Option<usize> {
        book.column?;
        self.of_row(book, table, row)
    }

    /// Adds what later rows met; the numbers that its services have here.
    pub(super) fn merge(&mut self, other: Self) -> Vec<usize> {
        let mut numbers = Vec::with_capacity(other.names.len());
        for name in other.names {
            let (raw, rows, pence) = (Arc::clone(&name.raw), name.rows, name.pence);
            let index = self.index(&raw, || ServiceName { rows: 0, pence: 0, ..name });
            if let Some(known) = self.names.get_mut(index) {
                known.rows = known.rows.saturating_add(rows);
                known.pence = known.pence.saturating_add(pence);
            }
            numbers.push(index);
        }
        numbers
    }

    /// Services that differ from another in case or blanks alone, with the first of those that do.
    pub(super) fn rewritten(&self) -> BTreeMap<&str, &str> {
        let mut forms: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for name in &self.names {
            forms.entry(plain(&name.raw)).or_default().insert(&name.raw);
        }
        let firsts = forms.values().filter_map(|written| Some((written, *written.first()?)));
        firsts.flat_map(|(written, first)| written.iter().skip(1).map(move |text| (*text, first))).collect()
    }

    pub(super) fn raw_names(&self) -> Vec<Arc<str>> {
        self.names.iter().map(|name| Arc::clone(&name.raw)).collect()
    }

    pub(super) fn findings(&self, book: &ServiceBook, file: &str) -> Vec<Finding> {
        let unmapped = || self.names.iter().filter(|name| name.unmapped && name.rows > 0);
        let more = unmapped().count().saturating_sub(TOLD);
        let rows = unmapped().skip(TOLD).fold(0u64, |sum, name| sum.saturating_add(name.rows));
        let others = (more > 0).then(|| {
            Finding::new(
                "DQ-14",
                format!("{more} more services are not in the service crosswalk ({})", count(rows, "row", "rows")),
                "kept as they are",
            )
            .file(file)
            .field(book.field.clone())
            .value(rows as f64, "rows")
        });
        unmapped()
            .take(TOLD)
            .map(|name| {
                let (sign, pence) = (if name.pence < 0 { "-" } else { "" }, name.pence.unsigned_abs());
                let detail = format!(
                    "service `{}` is not in the service crosswalk ({} rows, {sign}£{}.{:02} known)",
                    name.raw,
                    name.rows,
                    pence / 100,
                    pence % 100
                );
                Finding::new("DQ-14", detail, "kept as it is")
                    .file(file)
                    .field(book.field.clone())
                    .record(i64::try_from(name.first_row).unwrap_or(i64::MAX))
                    .value(name.rows as f64, "rows")
            })
            .chain(others)
            .collect()
    }
}

fn read_service_crosswalk(services: &TextTable) -> Result<BTreeMap<String, Arc<str>>> {
    let (from, to) = (services.require("from")?, services.require("to")?);
    let mut crosswalk: BTreeMap<String, Arc<str>> = BTreeMap::new();
    for row in 0..services.len() {
        let Some(from_text) = services.cell(row, from) else {
            continue;
        };
        let Some(to_text) = services.cell(row, to) else {
            let found = format!("service `{from_text}` leads to a blank cell");
            let remedy = "fill the cell, or leave the row out so that the service passes unchanged";
            return Err(cell_problem(services, row, "to", found, "a service", remedy).into());
        };
        if let Some(other) = crosswalk.get(from_text).filter(|other| other.as_ref() != to_text) {
            let found = format!("service `{from_text}` leads to `{to_text}` here and to `{other}` further up");
            return Err(cell_problem(services, row, "to", found, "one service for one text", "keep one of the two rows").into());
        }
        crosswalk.insert(from_text.to_owned(), Arc::from(to_text));
    }
    Ok(crosswalk)
}

/// Mechanisms, checked against the contract's list.
pub(super) struct MechanismReader {
    column: Option<usize>,
    name: String,
    fixed: Option<Mechanism>,
}

fn mechanism_list() -> String {
    Mechanism::OF_LINES.map(Mechanism::as_str).join(", ")
}

impl MechanismReader {
    pub(super) fn new(source: &TextSource, table: &TextTable, plan: &BudgetPlan) -> Result<Self> {
        match source {
            TextSource::Fixed(text) => {
                let Some(mechanism) = Mechanism::parse(text, &Mechanism::OF_LINES) else {
                    let message = format!("budget `{}`: mechanism `{text}` is unknown; it is one of {}", plan.id, mechanism_list());
                    return Err(Error::Config { path: None, line: Some(plan.line), message });
                };
                Ok(Self { column: None, name: String::new(), fixed: Some(mechanism) })
            }
            TextSource::Column(name) => Ok(Self { column: Some(table.require(name)?), name: name.clone(), fixed: None }),
        }
    }

    pub(super) fn read(&self, table: &TextTable, row: usize) -> Result<Option<Mechanism>> {
        let Some(column) = self.column else {
            return Ok(self.fixed);
        };
        let Some(text) = table.cell(row, column) else {
            return Ok(None);
        };
        Mechanism::parse(text, &Mechanism::OF_LINES).map(Some).ok_or_else(|| {
            let expected = format!("one of {}", mechanism_list());
            cell_problem(table, row, &self.name, format!("mechanism `{text}`"), &expected, "correct the cell").into()
        })
    }
}
