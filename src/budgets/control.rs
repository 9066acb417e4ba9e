//! Control totals: what a budget's rows must sum to, and whether they do.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::columns::cell_problem;
use super::money::{self, Amount};
use crate::config::{BudgetPlan, ControlFile};
use crate::domain::{Finding, Pence, Proof, TextTable};
use crate::error::{Error, InputProblem, Result};

/// Names of the proofs against a control.
const SUMS: &str = "rows sum to the published control, in pence";
const ROWS: &str = "rows are as many as the control says";

/// What the DQ-05 of a proof that does not hold begins with.
fn statement(proof: &Proof) -> String {
    let Proof { subject, expected, got, .. } = proof;
    if proof.name == ROWS {
        format!("{subject}: {got} rows where the control says {expected}")
    } else {
        format!("{subject}: control {expected} pence, rows {got} pence")
    }
}

/// Whether a proof is one against a published control, and finding DQ-05 says of this very proof that it does not hold.
pub fn is_stated(proof: &Proof, findings: &[Finding]) -> bool {
    let statement = statement(proof);
    [SUMS, ROWS].contains(&proof.name.as_str())
        && findings.iter().any(|finding| finding.id == "DQ-05" && finding.detail.starts_with(&statement))
}

/// Sums of a budget's rows by service as found, and by fiscal year where totals of years are to be checked.
#[derive(Default)]
pub(super) struct Totals {
    by_service: BTreeMap<Option<usize>, Total>,
    by_year: Option<BTreeMap<YearService, Total>>,
    /// The same of the rows whose code begins with that of a class (E09: London boroughs) of which there is a total.
    by_class: BTreeMap<Arc<str>, BTreeMap<YearService, Total>>,
}

/// Whether a code of `totals` is that of a class of areas: a letter and two digits, which the codes of its areas begin with.
fn is_class(code: &str) -> bool {
    let bytes = code.as_bytes();
    bytes.len() == 3 && bytes.first().is_some_and(u8::is_ascii_uppercase) && bytes.iter().skip(1).all(u8::is_ascii_digit)
}

/// Whether a code is one of `totals`: the code itself, or a text with `*` that it fits.
pub(super) fn is_total(totals: &[String], code: &str) -> Option<HowTotal> {
    totals.iter().find_map(|total| match total.contains('*') {
        true => fits(total, code).then_some(HowTotal::ByPattern),
        false => (total == code).then_some(HowTotal::ByCode),
    })
}

/// How a row is known for a total.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HowTotal {
    /// By its code: it must be what the rows sum to.
    ByCode,
    /// By a pattern: nobody knows of what it is the total.
    ByPattern,
}

/// Whether a code fits a text with `*` for any characters.
fn fits(pattern: &str, code: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = code.strip_prefix(parts.next().unwrap_or("")) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let last = parts.pop().unwrap_or("");
    for part in parts {
        // The first place that fits leaves most for what follows.
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at.saturating_add(part.len())..).unwrap_or("");
    }
    rest.ends_with(last)
}

/// A fiscal year, and a service by its index.
type YearService = (Option<Arc<str>>, Option<usize>);

#[derive(Default, Clone, Copy)]
struct Total {
    pence: i128,
    unknown: u64,
}

impl Total {
    fn and(self, other: Self) -> Self {
        Self { pence: self.pence.saturating_add(other.pence), unknown: self.unknown.saturating_add(other.unknown) }
    }
}

/// A row of the table that is a total of others.
pub(super) struct TotalRow {
    /// Row as a spreadsheet shows it.
    pub row: u64,
    /// The year it is for.
    pub fiscal_year: Option<Arc<str>>,
    /// The service it is for, by its index; `None` for all services.
    pub service: Option<usize>,
    /// What it says.
    pub amount: Option<Pence>,
    /// Its code.
    pub code: Arc<str>,
}

impl TotalRow {
    /// The same with its service's index in another list.
    pub(super) fn renumbered(mut self, numbers: &[usize]) -> Self {
        self.service = self.service.and_then(|index| numbers.get(index).copied());
        self
    }
}

impl Totals {
    /// Sums for the totals that a budget names.
    pub(super) fn new(totals: &[String]) -> Self {
        let classes = totals.iter().filter(|code| is_class(code)).map(|code| (Arc::from(code.as_str()), BTreeMap::new()));
        Self { by_service: BTreeMap::new(), by_year: (!totals.is_empty()).then(BTreeMap::new), by_class: classes.collect() }
    }

    pub(super) fn add(&mut self, code: Option<&str>, service: Option<usize>, year: Option<&Arc<str>>, amount: Option<Pence>) {
        let one = match amount {
            Some(Pence(pence)) => Total { pence: i128::from(pence), unknown: 0 },
            None => Total { pence: 0, unknown: 1 },
        };
        let total = self.by_service.entry(service).or_default();
        *total = total.and(one);
        if let Some(by_year) = &mut self.by_year {
            let total = by_year.entry((year.cloned(), service)).or_default();
            *total = total.and(one);
        }
        for (class, sums) in &mut self.by_class {
            if code.is_some_and(|code| code.starts_with(&**class)) {
                let total = sums.entry((year.cloned(), service)).or_default();
                *total = total.and(one);
            }
        }
    }

    /// Adds the sums of later rows, whose services have other numbers.
    pub(super) fn merge(&mut self, other: Self, numbers: &[usize]) {
        let number = |service: Option<usize>| service.and_then(|index| numbers.get(index).copied());
        for (service, sum) in other.by_service {
            let total = self.by_service.entry(number(service)).or_default();
            *total = total.and(sum);
        }
        if let Some(by_year) = &mut self.by_year {
            for ((year, service), sum) in other.by_year.into_iter().flatten() {
                let total = by_year.entry((year, number(service))).or_default();
                *total = total.and(sum);
            }
        }
        for (class, sums) in other.by_class {
            let known = self.by_class.entry(class).or_default();
            for ((year, service), sum) in sums {
                let total = known.entry((year, number(service))).or_default();
                *total = total.and(sum);
            }
        }
    }

    fn all(&self) -> Total {
        self.by_service.values().fold(Total::default(), |sum, total| sum.and(*total))
    }

    /// What the rows of a year and a service sum to, of a class where the code is one; `None` where there is none. No service means all of them.
    fn of(&self, code: &str, year: Option<&Arc<str>>, service: Option<usize>) -> Option<Total> {
        let sums = self.by_class.get(code).or(self.by_year.as_ref());
        let rows =
            sums.into_iter().flatten().filter(|((other, found), _)| other.as_ref() == year && (service.is_none() || *found == service));
        rows.map(|(_, total)| *total).reduce(Total::and)
    }
}

/// Proof of a sum of rows against what was published, with finding DQ-05 where they differ.
fn compare(
    plan: &BudgetPlan,
    tolerance: i128,
    (subject, row): (String, Option<u64>),
    (expected, got): (Option<i128>, Option<Total>),
    findings: &mut Vec<Finding>,
    proofs: &mut Vec<Proof>,
) {
    let proof = Proof {
        name: SUMS.to_owned(),
        subject,
        expected: expected.map_or_else(|| "no control".to_owned(), |pence| pence.to_string()),
        got: got.map_or_else(|| "no rows".to_owned(), |total| total.pence.to_string()),
        tolerance: tolerance.to_string(),
        holds: match (expected, got) {
            (Some(expected), Some(got)) => got.unknown == 0 && expected.saturating_sub(got.pence).saturating_abs() <= tolerance,
            _ => false,
        },
    };
    if !proof.holds {
        let unknown = got.map_or(0, |total| total.unknown);
        let because = if unknown > 0 { format!(", with {unknown} rows unknown") } else { String::new() };
        let mut finding = Finding::new("DQ-05", format!("{}{because} (tolerance {tolerance})", statement(&proof)), "published as read")
            .field(plan.amount.clone());
        if let (Some(expected), Some(got)) = (expected, got) {
            finding = finding.value(got.pence.saturating_sub(expected) as f64, "pence");
        }
        if let Some(row) = row {
            finding = finding.record(i64::try_from(row).unwrap_or(i64::MAX));
        }
        findings.push(finding);
    }
    proofs.push(proof);
}

/// Holds the table's own totals against the rows they are totals of: those of the same year and, where the total names one, service.
///
/// # Errors
/// [`Error::Config`] for a tolerance that is no number of the unit.
pub(super) fn check_totals(
    plan: &BudgetPlan,
    unit: f64,
    rows: &[TotalRow],
    names: &[Arc<str>],
    totals: &Totals,
    findings: &mut Vec<Finding>,
    proofs: &mut Vec<Proof>,
) -> Result<()> {
    let tolerance = tolerance_pence(plan, plan.control_total.as_ref().map_or(0.0, |total| total.tolerance), unit)?;
    for total in rows {
        let service = total.service.and_then(|index| names.get(index)).map_or("all services", |name| name.as_ref());
        let subject = format!("budget {}, total of {service} in row {}", plan.id, total.row);
        let Some(Pence(expected)) = total.amount else {
            findings.push(
                Finding::new("DQ-05", format!("{subject}: the total is not known, so its rows are not checked against it"), "left out")
                    .field(plan.amount.clone())
                    .record(i64::try_from(total.row).unwrap_or(i64::MAX)),
            );
            continue;
        };
        let got = totals.of(&total.code, total.fiscal_year.as_ref(), total.service);
        compare(plan, tolerance, (subject, Some(total.row)), (Some(i128::from(expected)), got), findings, proofs);
    }
    Ok(())
}

/// Proves rows, total and service totals against the published control of the budget, with finding DQ-05 where they differ.
#[expect(clippy::too_many_arguments, reason = "one caller; a struct for it would only rename the arguments")]
pub(super) fn check(
    plan: &BudgetPlan,
    unit: f64,
    control: Option<&TextTable>,
    names: &[Arc<str>],
    totals: &Totals,
    rows: u64,
    findings: &mut Vec<Finding>,
    proofs: &mut Vec<Proof>,
) -> Result<()> {
    let Some(total) = &plan.control_total else {
        return Ok(());
    };
    let tolerance = tolerance_pence(plan, total.tolerance, unit)?;
    let mut compare = |subject: String, expected: Option<i128>, got: Option<Total>| {
        compare(plan, tolerance, (subject, None), (expected, got), findings, proofs);
    };

    if let Some(text) = &total.amount {
        let expected = match money::amount(Some(text), unit) {
            Amount::Known { pence, .. } => i128::from(pence.0),
            _ => {
                let message = format!("budget `{}`: control_total.amount = {text} is not a number in the column's unit", plan.id);
                return Err(Error::Config { path: None, line: Some(plan.line), message });
            }
        };
        compare(format!("budget {}", plan.id), Some(expected), Some(totals.all()));
    }
    if let Some(source) = &total.file {
        let Some(table) = control else {
            let found = format!("the control file of budget `{}` was not read", plan.id);
            return Err(InputProblem::new(&source.table.path, found, "a table", "check that the file is there").into());
        };
        let published = read_control(source, table, unit)?;
        if source.service.is_some() {
            let mut ours: BTreeMap<Option<&str>, Total> = BTreeMap::new();
            for (service, total) in &totals.by_service {
                ours.insert(service.and_then(|index| names.get(index)).map(|name| name.as_ref()), *total);
            }
            let mut keys: Vec<Option<&str>> = published.keys().map(|key| key.as_deref()).chain(ours.keys().copied()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                let subject = format!("budget {}, service {}", plan.id, key.unwrap_or("(blank)"));
                compare(subject, published.get(&key.map(str::to_owned)).copied(), ours.get(&key).copied());
            }
        } else {
            let expected = (!published.is_empty()).then(|| published.values().sum());
            compare(format!("budget {}, all services", plan.id), expected, Some(totals.all()));
        }
    }
    if let Some(expected) = total.rows {
        let proof = Proof::exact(ROWS, format!("budget {}", plan.id), expected as i128, i128::from(rows));
        if !proof.holds {
            findings.push(Finding::new("DQ-05", statement(&proof), "published as read").value(rows as f64 - expected as f64, "rows"));
        }
        proofs.push(proof);
    }
    Ok(())
}

fn tolerance_pence(plan: &BudgetPlan, tolerance: f64, unit: f64) -> Result<i128> {
    match money::amount(Some(&tolerance.to_string()), unit) {
        Amount::Known { pence, .. } if pence.0 >= 0 => Ok(i128::from(pence.0)),
        _ => {
            let message = format!("budget `{}`: control_total.tolerance = {tolerance} is not a number of 0 or more", plan.id);
            Err(Error::Config { path: None, line: Some(plan.line), message })
        }
    }
}

/// The control file's sums by service, in pence.
fn read_control(source: &ControlFile, table: &TextTable, unit: f64) -> Result<BTreeMap<Option<String>, i128>> {
    let amount_column = table.require(&source.amount)?;
    let service_column = source.service.as_ref().map(|name| table.require(name)).transpose()?;
    let filters = source.filters.iter().map(|filter| Ok((table.require(&filter.field)?, &filter.test))).collect::<Result<Vec<_>>>()?;
    let mut sums: BTreeMap<Option<String>, i128> = BTreeMap::new();
    for row in 0..table.len() {
        if !filters.iter().all(|(column, test)| test.passes(table.cell(row, *column))) {
            continue;
        }
        let Amount::Known { pence, .. } = money::amount(table.cell(row, amount_column), unit) else {
            let found = format!("control amount `{}`", table.cell(row, amount_column).unwrap_or(""));
            let remedy = "a control must be a known number; correct it, or leave its row out with `where`";
            return Err(cell_problem(table, row, &source.amount, found, "a number", remedy).into());
        };
        let service = service_column.and_then(|column| table.cell(row, column)).map(str::to_owned);
        let count = sums.entry(service).or_default();
        *count = count.saturating_add(i128::from(pence.0));
    }
    Ok(sums)
}
