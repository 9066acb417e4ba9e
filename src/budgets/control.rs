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

/// Sums of a budget's rows by service as found.
#[derive(Default)]
pub(super) struct Totals {
    by_service: BTreeMap<Option<usize>, Total>,
}

#[derive(Default, Clone, Copy)]
struct Total {
    pence: i128,
    unknown: u64,
}

impl Totals {
    pub(super) fn add(&mut self, service: Option<usize>, amount: Option<Pence>) {
        let total = self.by_service.entry(service).or_default();
        match amount {
            Some(Pence(pence)) => total.pence += i128::from(pence),
            None => total.unknown += 1,
        }
    }

    fn all(&self) -> Total {
        self.by_service
            .values()
            .fold(Total::default(), |sum, total| Total { pence: sum.pence + total.pence, unknown: sum.unknown + total.unknown })
    }
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
        let proof = Proof {
            name: SUMS.to_owned(),
            subject,
            expected: expected.map_or_else(|| "no control".to_owned(), |pence| pence.to_string()),
            got: got.map_or_else(|| "no rows".to_owned(), |total| total.pence.to_string()),
            tolerance: tolerance.to_string(),
            holds: match (expected, got) {
                (Some(expected), Some(got)) => got.unknown == 0 && (expected - got.pence).abs() <= tolerance,
                _ => false,
            },
        };
        if !proof.holds {
            let unknown = got.map_or(0, |total| total.unknown);
            let because = if unknown > 0 { format!(", with {unknown} rows unknown") } else { String::new() };
            let mut finding = Finding::new("DQ-05", format!("{}{because} (tolerance {tolerance})", statement(&proof)), "published as read")
                .field(plan.amount.clone());
            if let (Some(expected), Some(got)) = (expected, got) {
                finding = finding.value((got.pence - expected) as f64, "pence");
            }
            findings.push(finding);
        }
        proofs.push(proof);
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
            return Err(InputProblem::new(&source.path, found, "a table", "check that the file is there").into());
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
        *sums.entry(service).or_default() += i128::from(pence.0);
    }
    Ok(sums)
}
