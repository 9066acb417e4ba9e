//! A budget table to lines: codes, services, mechanisms, years and exact pence, with every row accounted for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::columns::cell_problem;
use super::control::{self, Totals};
use super::extras::ExtrasReader;
use super::level::{Level, PopulationBasis};
use super::line::BudgetLine;
use super::mechanism::Mechanism;
use super::money::{self, Amount};
use super::text::{MechanismReader, ServiceReader, TextReader};
use crate::config::{BudgetPlan, Missing, TextSource};
use crate::domain::{Finding, Layer, Pence, Proof, TextTable};
use crate::error::{Error, InputProblem, Result};

/// Largest sum of absolute amounts of one budget, pence: sums of a hundred budgets stay inside 64 bits.
const MOST_PENCE: i128 = (i64::MAX / 128) as i128;

/// The lines of a budget table, what was met on the way, and the proofs that nothing was lost.
///
/// Lines are in the order of the rows that pass the filters, then one a body without a row, by code (unless `missing = "ignore"`).
/// Amounts are exact: column value x `unit` pounds, rounded to the penny half away from zero (finding DQ-07 states the sum of the
/// differences). An unknown cell is a line with no amount. A code that is not in the layer, or that the crosswalk turns into several of
/// its areas, is finding DQ-04 and its line stays, unallocated. Proofs: every row read is a line or was filtered out; rows, total and
/// service totals equal their published control, where there is one (finding DQ-05 if not).
///
/// # Errors
/// A column that is not there, a cell that is no number, a mechanism that is none of the contract's, amounts too large for 64 bits: file,
/// sheet, row and column are named.
pub fn read_lines(
    plan: &BudgetPlan,
    layer: &Layer,
    table: &TextTable,
    codes: Option<&TextTable>,
    services: Option<&TextTable>,
    control: Option<&TextTable>,
) -> Result<(Vec<BudgetLine>, Vec<Finding>, Vec<Proof>)> {
    let unit = money::unit(plan)?;
    let code_column = table.require(&plan.code)?;
    let amount_column = table.require(&plan.amount)?;
    let filters = plan.filters.iter().map(|filter| Ok((table.require(&filter.field)?, &filter.test))).collect::<Result<Vec<_>>>()?;
    let mut years = TextReader::new(&plan.fiscal_year, table)?;
    let mut service_reader = ServiceReader::new(plan, table, services)?;
    let mut mechanisms = MechanismReader::new(&plan.mechanism, table, plan)?;
    let mut resolver = CodeResolver::new(plan, layer, codes)?;
    let mut extras_reader = ExtrasReader::new(plan, table)?;

    let budget: Arc<str> = Arc::from(plan.id.as_str());
    let layer_id: Arc<str> = Arc::from(layer.id.as_str());
    let file = table.path.display().to_string();
    let mut lines = Vec::with_capacity(table.len());
    let mut filtered_out: u64 = 0;
    let mut rounding = money::Rounding::default();
    let mut magnitude: i128 = 0;
    let mut totals = Totals::default();
    let mut has_row = vec![false; layer.areas.len()];

    for row in 0..table.len() {
        if !filters.iter().all(|(column, test)| test.passes(table.cell(row, *column))) {
            filtered_out += 1;
            continue;
        }
        let source_row = table.row_number(row);
        let amount = match money::amount(table.cell(row, amount_column), unit) {
            Amount::Unknown => None,
            Amount::Known { pence, difference } => {
                rounding.add(difference);
                Some(pence)
            }
            Amount::Invalid => {
                let text = table.cell(row, amount_column).unwrap_or("");
                return Err(cell_problem(
                    table,
                    row,
                    &plan.amount,
                    format!("`{text}` is not a number"),
                    "an amount, or an unknown one (blank, `*`, `..`, `-`, `c`)",
                    "correct the cell, or leave the row out with `where`",
                )
                .into());
            }
            Amount::TooLarge => return Err(too_large(table, row, plan)),
        };
        if let Some(Pence(pence)) = amount {
            magnitude += i128::from(pence).abs();
            if magnitude > MOST_PENCE {
                return Err(too_large(table, row, plan));
            }
        }
        let fiscal_year = years.read(table, row);
        let (service, raw_service) = service_reader.read(table, row);
        let mechanism = mechanisms.read(table, row)?;
        let extras = extras_reader.read(table, row, unit, amount)?;
        totals.add(raw_service, amount);
        let (code, body) = resolver.resolve(table.cell(row, code_column), source_row, amount);
        if let Some(seen) = body.and_then(|body| has_row.get_mut(body)) {
            *seen = true;
        }
        lines.push(BudgetLine {
            budget: Arc::clone(&budget),
            source_row: Some(source_row),
            layer: Arc::clone(&layer_id),
            code,
            body,
            fiscal_year,
            service,
            mechanism,
            amount,
            known: amount.is_some(),
            level: extras.level,
            population_basis: extras.basis,
            detail: extras.detail,
        });
    }

    let read = lines.len() as u64;
    let mut proofs = vec![Proof::exact(
        "rows read are lines or were filtered out",
        format!("budget {}", plan.id),
        table.len() as i128,
        i128::from(read + filtered_out),
    )];
    let mut findings = resolver.findings(&file);
    findings.extend(service_reader.findings(&file));
    if filtered_out > 0 {
        findings.push(
            Finding::new("DQ-09", format!("{filtered_out} of {} rows do not pass `where`", table.len()), "left out")
                .value(filtered_out as f64, "rows"),
        );
    }
    if let Some(finding) = rounding.finding(&plan.amount) {
        findings.push(finding);
    }
    control::check(plan, unit, control, &service_reader.raw_names(), &totals, read, &mut findings, &mut proofs)?;
    findings.extend(extras_reader.finding());
    add_missing(plan, layer, &has_row, (&budget, &layer_id), extras_reader.fixed(), &mut lines, &mut findings);

    for finding in &mut findings {
        finding.layer.get_or_insert_with(|| plan.id.clone());
        finding.file.get_or_insert_with(|| file.clone());
    }
    findings.sort_by(|a, b| (a.id, &a.code, a.record, &a.field).cmp(&(b.id, &b.code, b.record, &b.field)));
    Ok((lines, findings, proofs))
}

fn too_large(table: &TextTable, row: usize, plan: &BudgetPlan) -> Error {
    cell_problem(
        table,
        row,
        &plan.amount,
        "the amounts up to here come to more than £720,000,000,000,000".to_owned(),
        "pounds per 1 in the column as `unit` says",
        "check `unit` of this [[budget]] and the cell",
    )
    .into()
}

/// A line for each body without a row, as `missing` says, and finding DQ-08 that counts them.
fn add_missing(
    plan: &BudgetPlan,
    layer: &Layer,
    has_row: &[bool],
    (budget, layer_id): (&Arc<str>, &Arc<str>),
    (level, population_basis): (Option<Level>, Option<PopulationBasis>),
    lines: &mut Vec<BudgetLine>,
    findings: &mut Vec<Finding>,
) {
    let without: Vec<usize> = has_row.iter().enumerate().filter(|(_, seen)| !**seen).map(|(body, _)| body).collect();
    let (Some(first), false) = (without.first().and_then(|body| layer.areas.get(*body)), without.is_empty()) else {
        return;
    };
    let (means, action) = match plan.missing {
        Missing::Unknown => ("their amounts are unknown", "a line with an unknown amount each"),
        Missing::Zero => ("`missing` says that means nothing was spent", "a line of 0 each"),
        Missing::Ignore => ("`missing` says to leave them out", "no line"),
    };
    findings.push(
        Finding::new(
            "DQ-08",
            format!(
                "{} of {} bodies of layer {} have no row, the first is {}; {means}",
                without.len(),
                layer.areas.len(),
                layer.id,
                first.code
            ),
            action,
        )
        .value(without.len() as f64, "bodies"),
    );
    if plan.missing == Missing::Ignore {
        return;
    }
    let fixed = |source: &TextSource| match source {
        TextSource::Fixed(text) => Some(Arc::<str>::from(text.as_str())),
        TextSource::Column(_) => None,
    };
    let (fiscal_year, service) = (fixed(&plan.fiscal_year), fixed(&plan.service));
    let mechanism = fixed(&plan.mechanism).and_then(|text| Mechanism::parse(&text, &Mechanism::OF_LINES));
    let amount = (plan.missing == Missing::Zero).then_some(Pence(0));
    for body in without {
        let Some(area) = layer.areas.get(body) else { continue };
        lines.push(BudgetLine {
            budget: Arc::clone(budget),
            source_row: None,
            layer: Arc::clone(layer_id),
            code: Some(Arc::from(area.code.as_str())),
            body: Some(body),
            fiscal_year: fiscal_year.clone(),
            service: service.clone(),
            mechanism,
            amount,
            known: amount.is_some(),
            level,
            population_basis,
            detail: None,
        });
    }
}

/// Codes as found to areas of the layer, through the code crosswalk where there is one. Never a guess.
struct CodeResolver<'a> {
    layer: &'a Layer,
    field: String,
    crosswalk: Option<BTreeMap<String, Vec<String>>>,
    known: BTreeMap<Box<str>, usize>,
    found: Vec<FoundCode>,
    blank: Tally,
}

struct FoundCode {
    code: Arc<str>,
    body: Option<usize>,
    /// Why there is no body.
    trouble: Option<String>,
    tally: Tally,
}

#[derive(Default)]
struct Tally {
    rows: u64,
    first_row: u64,
    pence: i128,
}

impl Tally {
    fn add(&mut self, row: u64, amount: Option<Pence>) {
        if self.rows == 0 {
            self.first_row = row;
        }
        self.rows += 1;
        self.pence += amount.map_or(0, |Pence(pence)| i128::from(pence));
    }
}

impl<'a> CodeResolver<'a> {
    fn new(plan: &BudgetPlan, layer: &'a Layer, codes: Option<&TextTable>) -> Result<Self> {
        let crosswalk = match (&plan.codes, codes) {
            (Some(source), Some(codes)) => {
                let (from, to) = (codes.require(&source.from)?, codes.require(&source.to)?);
                let mut crosswalk: BTreeMap<String, Vec<String>> = BTreeMap::new();
                for row in 0..codes.len() {
                    if let (Some(from), Some(to)) = (codes.cell(row, from), codes.cell(row, to)) {
                        crosswalk.entry(from.to_owned()).or_default().push(to.to_owned());
                    }
                }
                for targets in crosswalk.values_mut() {
                    targets.sort();
                    targets.dedup();
                }
                Some(crosswalk)
            }
            (Some(source), None) => {
                let found = format!("the code crosswalk of budget `{}` was not read", plan.id);
                return Err(InputProblem::new(&source.path, found, "a table", "check that the file is there").into());
            }
            (None, _) => None,
        };
        Ok(Self { layer, field: plan.code.clone(), crosswalk, known: BTreeMap::new(), found: Vec::new(), blank: Tally::default() })
    }

    fn resolve(&mut self, text: Option<&str>, row: u64, amount: Option<Pence>) -> (Option<Arc<str>>, Option<usize>) {
        let Some(text) = text else {
            self.blank.add(row, amount);
            return (None, None);
        };
        let index = match self.known.get(text) {
            Some(index) => *index,
            None => {
                let found = self.look_up(text);
                self.found.push(found);
                self.known.insert(text.into(), self.found.len() - 1);
                self.found.len() - 1
            }
        };
        match self.found.get_mut(index) {
            Some(found) => {
                found.tally.add(row, amount);
                (Some(Arc::clone(&found.code)), found.body)
            }
            None => (None, None),
        }
    }

    fn look_up(&self, text: &str) -> FoundCode {
        let layer = &self.layer.id;
        let (code, body, trouble) = match &self.crosswalk {
            None => match self.layer.position(text) {
                Some(body) => (text, Some(body), None),
                None => {
                    let several: Vec<&str> = text.split(';').map(str::trim).filter(|part| self.layer.position(part).is_some()).collect();
                    let trouble = if several.len() > 1 {
                        format!("code `{text}` stands for {} areas of layer {layer}, and nothing says how the money divides", several.len())
                    } else {
                        format!("code `{text}` is not in layer {layer}")
                    };
                    (text, None, Some(trouble))
                }
            },
            Some(crosswalk) => match crosswalk.get(text) {
                None => (text, None, Some(format!("code `{text}` is not in the code crosswalk"))),
                Some(targets) => {
                    // A crosswalk may hold several vintages of a code; only those of this layer count.
                    let mut here = targets.iter().filter_map(|target| self.layer.position(target).map(|body| (target, body)));
                    match (here.next(), here.next()) {
                        (Some((target, body)), None) => (target.as_str(), Some(body), None),
                        (Some(_), Some(_)) => {
                            let all: Vec<&str> = targets.iter().filter(|t| self.layer.position(t).is_some()).map(String::as_str).collect();
                            let trouble = format!(
                                "code `{text}` leads to {} areas of layer {layer} ({}), and nothing says how the money divides",
                                all.len(),
                                all.join(";")
                            );
                            (text, None, Some(trouble))
                        }
                        (None, _) => {
                            let trouble = format!("code `{text}` leads to `{}`, which is not in layer {layer}", targets.join(";"));
                            (text, None, Some(trouble))
                        }
                    }
                }
            },
        };
        FoundCode { code: Arc::from(code), body, trouble, tally: Tally::default() }
    }

    fn findings(&self, file: &str) -> Vec<Finding> {
        let finding = |detail: String, tally: &Tally| {
            Finding::new("DQ-04", format!("{detail} ({} rows)", tally.rows), "kept, unallocated")
                .file(file)
                .field(self.field.clone())
                .record(i64::try_from(tally.first_row).unwrap_or(i64::MAX))
                .value(tally.pence as f64, "pence")
        };
        let mut findings = Vec::new();
        if self.blank.rows > 0 {
            findings.push(finding(format!("the code is blank where an area of layer {} is expected", self.layer.id), &self.blank));
        }
        for found in &self.found {
            if let Some(trouble) = &found.trouble {
                findings.push(finding(trouble.clone(), &found.tally).code(found.code.to_string()));
            }
        }
        findings
    }
}
