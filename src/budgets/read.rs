//! A budget table to lines: codes, services, mechanisms, years and exact pence, with every row accounted for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::codes::{CodeBook, Codes};
use super::columns::cell_problem;
use super::control::{self, HowTotal, TotalRow, Totals, is_total};
use super::delegation::{Delegations, Divided};
use super::extras::ExtrasReader;
use super::line::{BudgetLine, LineDetail};
use super::missing::add_missing;
use super::money::{self, Amount, AmountReader, Rounding};
use super::repeats;
use super::text::{MechanismReader, ServiceBook, Services};
use super::waves::in_order;
use super::years::{self, YearReader};
use crate::config::{BudgetPlan, FilterTest, MELTED};
use crate::domain::units::largest_remainder;
use crate::domain::{Finding, Layer, Pence, Proof, TextTable};
use crate::error::{Error, InputProblem, Result};

/// Largest sum of absolute amounts of one budget, pence: sums of a hundred budgets stay inside 64 bits.
const MOST_PENCE: i128 = (i64::MAX / 128) as i128;

/// The lines of a budget table, what was met on the way, and the proofs that nothing was lost.
///
/// Lines are in the order of the rows that pass the filters, then one a body without a row, by code (unless `missing = "ignore"`).
/// Amounts are exact: column value x `unit` pounds, rounded to the penny half away from zero (finding DQ-07 states the sum of the
/// differences). An unknown cell is a line with no amount. A code that is not in the layer, or that the crosswalk turns into several of
/// its areas, is finding DQ-04 and its line stays, unallocated. A row that is a total of others is no line, and is held against them. Where
/// bodies have a level (attribute `pcg_level`), lines say what of them the body holds and what its health authority keeps. Proofs: every
/// row read is a line, a total, or was filtered out; rows, total and service totals equal their published control, and totals their rows,
/// where there is one (finding DQ-05 if not).
///
/// # Errors
/// A column that is not there, no row for any body of the layer, a cell that is no number, a mechanism that is none of the contract's, amounts too large for 64 bits: file,
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
    let delegations = Delegations::new(plan, layer);
    let reader = Reader {
        plan,
        table,
        code: table.require(&plan.code)?,
        amount: table.require(&plan.amount)?,
        amounts: AmountReader::new(unit),
        unit,
        filters: plan.filters.iter().map(|filter| Ok((table.require(&filter.field)?, &filter.test))).collect::<Result<_>>()?,
        codes: CodeBook::new(plan, layer, codes)?,
        services: ServiceBook::new(plan, table, services)?,
        mechanisms: MechanismReader::new(&plan.mechanism, table, plan)?,
        // Columns that are not there are found here, before any row is read.
        layer: layer.id.as_str(),
        delegations: delegations.any().then_some(&delegations),
    };
    ExtrasReader::new(plan, table)?;
    YearReader::new(&plan.fiscal_year, table)?;

    let mut met = Met::new(plan, table)?;
    let mut lines: Vec<BudgetLine> = Vec::with_capacity(table.len());
    in_order(
        table.len(),
        |rows| reader.read(rows),
        |read| {
            let (part, of_part) = read?;
            lines.extend(part);
            met.merge(of_part);
            // Told as soon as it is so: what is known of a million codes would take more memory than their rows.
            reader.codes.few_unknown(&met.codes, table)
        },
    )?;

    let file = table.path.display().to_string();
    let (mut has_row, mut magnitude, mut divided) = (vec![false; layer.areas.len()], 0i128, Divided::default());
    for line in &lines {
        if let Some(seen) = line.body.and_then(|body| has_row.get_mut(body)) {
            *seen = true;
        }
        if let Some(amount) = line.amount {
            magnitude = magnitude.saturating_add(i128::from(amount.0.unsigned_abs()));
            if magnitude > MOST_PENCE {
                return Err(too_large(&reader, line.source_row));
            }
            if let Some(detail) = &line.detail {
                divided.add(amount, detail);
            }
        }
    }
    few_groups(table, &lines)?;
    // A table without any row is refused where it is read.
    if !table.is_empty() && !met.codes.mean_any() {
        return Err(no_line(&reader, layer, &lines, met.filtered_out));
    }
    let read = (lines.len() as u64).saturating_sub(met.more_lines);
    let mut proofs = vec![Proof::exact(
        "rows read are lines, totals or were filtered out",
        format!("budget {}", plan.id),
        table.len() as i128,
        [met.filtered_out, met.by_pattern, met.total_rows.len() as u64]
            .iter()
            .fold(i128::from(read), |sum, rows| sum.saturating_add(i128::from(*rows))),
    )];
    let mut findings = reader.codes.findings(&met.codes, &file);
    findings.extend(met.services.findings(&reader.services, &file));
    if met.filtered_out > 0 {
        findings.push(
            Finding::new("DQ-09", format!("{} of {} rows do not pass `where`", met.filtered_out, table.len()), "left out")
                .value(met.filtered_out as f64, "rows"),
        );
    }
    if met.by_pattern > 0 {
        let detail = format!("{} of {} rows are totals by their codes, and nothing says of which rows", met.by_pattern, table.len());
        findings.push(Finding::new("DQ-09", detail, "left out, not checked").value(met.by_pattern as f64, "rows"));
    }
    findings.extend(proposed_totals(plan, &lines));
    findings.extend(met.rounding.finding(&plan.amount));
    findings.extend(money::doubtful_unit(plan));
    findings.extend(years::findings(plan, layer, &lines, &met.years));
    let written: [(Option<usize>, BTreeMap<&str, &str>); 3] = [
        (Some(reader.code), met.codes.rewritten()),
        (met.years.column(), met.years.rewritten()),
        (reader.services.column, met.services.rewritten()),
    ];
    findings.extend(repeats::findings(plan, table, &written));
    findings.extend(delegations.findings());
    let names = met.services.raw_names();
    control::check(plan, unit, control, &names, &met.totals, read, &mut findings, &mut proofs)?;
    control::check_totals(plan, unit, &met.total_rows, &names, &met.totals, &mut findings, &mut proofs)?;
    findings.extend(met.extras.finding());
    proofs.extend(divided.proof(plan));
    let (budget, layer_id): (Arc<str>, Arc<str>) = (Arc::from(plan.id.as_str()), Arc::from(layer.id.as_str()));
    let from = lines.len();
    add_missing(plan, layer, &has_row, (&budget, &layer_id), met.extras.fixed(), &mut lines, &mut findings);
    if delegations.any() {
        for line in lines.iter_mut().skip(from) {
            if let (Some(body), Some(amount)) = (line.body, line.amount) {
                let mut detail = LineDetail::default();
                delegations.divide(body, amount, &mut detail);
                line.detail = (detail != LineDetail::default()).then(|| Box::new(detail));
            }
        }
    }

    for finding in &mut findings {
        finding.layer.get_or_insert_with(|| plan.id.clone());
        finding.file.get_or_insert_with(|| file.clone());
    }
    findings.sort_by(|a, b| (a.id, &a.code, a.record, &a.field).cmp(&(b.id, &b.code, b.record, &b.field)));
    Ok((lines, findings, proofs))
}

/// What rows of a table are read with; shared by all threads.
struct Reader<'a> {
    plan: &'a BudgetPlan,
    table: &'a TextTable,
    code: usize,
    amount: usize,
    amounts: AmountReader,
    unit: f64,
    filters: Vec<(usize, &'a FilterTest)>,
    codes: CodeBook<'a>,
    services: ServiceBook,
    mechanisms: MechanismReader,
    layer: &'a str,
    /// `None` where no body has a level.
    delegations: Option<&'a Delegations>,
}

/// What was met in some rows.
struct Met {
    codes: Codes,
    services: Services,
    extras: ExtrasReader,
    totals: Totals,
    total_rows: Vec<TotalRow>,
    rounding: Rounding,
    filtered_out: u64,
    /// Rows that are totals by a pattern.
    by_pattern: u64,
    years: YearReader,
    /// Lines beyond one a row: of codes that mean several bodies.
    more_lines: u64,
}

impl Met {
    fn new(plan: &BudgetPlan, table: &TextTable) -> Result<Self> {
        Ok(Self {
            codes: Codes::default(),
            services: Services::default(),
            extras: ExtrasReader::new(plan, table)?,
            totals: Totals::new(&plan.totals),
            total_rows: Vec::new(),
            rounding: Rounding::default(),
            filtered_out: 0,
            by_pattern: 0,
            years: YearReader::new(&plan.fiscal_year, table)?,
            more_lines: 0,
        })
    }

    /// Adds what later rows met.
    fn merge(&mut self, other: Self) {
        let numbers = self.services.merge(other.services);
        self.totals.merge(other.totals, &numbers);
        self.total_rows.extend(other.total_rows.into_iter().map(|row| row.renumbered(&numbers)));
        self.codes.merge(other.codes);
        self.extras.merge(other.extras);
        self.rounding.merge(other.rounding);
        self.filtered_out = self.filtered_out.saturating_add(other.filtered_out);
        self.by_pattern = self.by_pattern.saturating_add(other.by_pattern);
        self.years.merge(other.years);
        self.more_lines = self.more_lines.saturating_add(other.more_lines);
    }
}

impl Reader<'_> {
    /// The lines of some rows, and what was met in them.
    fn read(&self, rows: Range<usize>) -> Result<(Vec<BudgetLine>, Met)> {
        let Self { plan, table, .. } = self;
        let mut met = Met::new(plan, table)?;
        // Text of its own for every chunk: threads that count references to one text would wait for each other.
        let (budget, layer): (Arc<str>, Arc<str>) = (Arc::from(plan.id.as_str()), Arc::from(self.layer));
        let mut lines = Vec::with_capacity(rows.len());
        for row in rows {
            if !self.filters.iter().all(|(column, test)| test.passes(table.cell(row, *column))) {
                met.filtered_out = met.filtered_out.saturating_add(1);
                continue;
            }
            let source_row = table.row_number(row);
            let amount = self.amount(row, &mut met.rounding)?;
            let fiscal_year = met.years.read(table, row);
            let code = table.cell(row, self.code);
            if let Some((code, how)) = code.and_then(|code| Some((code, is_total(&plan.totals, code)?))) {
                match how {
                    HowTotal::ByCode => {
                        let service = met.services.of_total(&self.services, table, row);
                        met.total_rows.push(TotalRow { row: source_row, fiscal_year, service, amount, code: Arc::from(code) });
                    }
                    HowTotal::ByPattern => met.by_pattern = met.by_pattern.saturating_add(1),
                }
                continue;
            }
            let (service, raw_service) = met.services.read(&self.services, table, row, amount);
            let mechanism = self.mechanisms.read(table, row)?;
            let extras = met.extras.read(table, row, self.unit, amount)?;
            met.totals.add(code, raw_service, fiscal_year.as_ref(), amount);
            let (code, body, split) = met.codes.resolve(&self.codes, code, source_row, amount);
            let mut detail = extras.detail;
            if let (Some(delegations), Some(body), Some(amount)) = (self.delegations, body, amount) {
                delegations.divide(body, amount, detail.get_or_insert_default());
                detail = detail.filter(|detail| **detail != LineDetail::default());
            }
            let line = BudgetLine {
                budget: Arc::clone(&budget),
                source_row: Some(source_row),
                layer: Arc::clone(&layer),
                code,
                body,
                fiscal_year,
                service,
                mechanism,
                amount,
                known: amount.is_some(),
                level: extras.level,
                population_basis: extras.basis,
                detail,
            };
            match split {
                Some(split) => {
                    let parts = divided(&line, &split);
                    met.more_lines = met.more_lines.saturating_add(parts.len().saturating_sub(1) as u64);
                    lines.extend(parts);
                }
                None => lines.push(line),
            }
        }
        Ok((lines, met))
    }

    fn amount(&self, row: usize, rounding: &mut Rounding) -> Result<Option<Pence>> {
        match self.amounts.read(self.table.cell(row, self.amount)) {
            Amount::Unknown => Ok(None),
            Amount::Known { pence, difference } => {
                rounding.add(difference);
                Ok(Some(pence))
            }
            Amount::Invalid => {
                let text = self.table.cell(row, self.amount).unwrap_or("");
                let [.., column] = MELTED;
                let melted = self.plan.table.melt.as_ref().and_then(|_| self.table.cell(row, self.table.column(column)?));
                Err(cell_problem(
                    self.table,
                    row,
                    melted.unwrap_or(&self.plan.amount),
                    format!("`{text}` is not a number"),
                    "an amount, or an unknown one (blank, `*`, `..`, `-`, `c`)",
                    "correct the cell, or leave the row out with `where`",
                )
                .into())
            }
            Amount::TooLarge => Err(too_large(self, Some(self.table.row_number(row)))),
        }
    }
}

/// A line divided over the bodies that its code means, to the penny by the largest remainder.
fn divided(line: &BudgetLine, split: &[(usize, Arc<str>, i128)]) -> Vec<BudgetLine> {
    let weights: Vec<i128> = split.iter().map(|(_, _, people)| *people).collect();
    let parts = |amount: Option<Pence>| amount.and_then(|amount| largest_remainder(amount.0, &weights));
    let (amounts, detail) = (parts(line.amount), line.detail.as_deref());
    let (free, bound) = (parts(detail.and_then(|detail| detail.discretionary)), parts(detail.and_then(|detail| detail.committed)));
    let part = |parts: &Option<Vec<i64>>, index: usize| parts.as_ref().and_then(|parts| parts.get(index)).copied().map(Pence);
    let one = |(index, (body, code, _)): (usize, &(usize, Arc<str>, i128))| {
        let amount = part(&amounts, index);
        let detail = detail
            .map(|detail| Box::new(LineDetail { discretionary: part(&free, index), committed: part(&bound, index), ..detail.clone() }));
        BudgetLine { code: Some(Arc::clone(code)), body: Some(*body), amount, known: amount.is_some(), detail, ..line.clone() }
    };
    split.iter().enumerate().map(one).collect()
}

/// Codes without a body that are looked at for being totals.
const LOOKED_AT: usize = 200;

/// Finding DQ-11 for a code without a body whose amounts are, year by year and service by service, the sums of the bodies' amounts: it is a total that
/// nobody has named.
fn proposed_totals(plan: &BudgetPlan, lines: &[BudgetLine]) -> Vec<Finding> {
    type Key<'a> = (Option<&'a str>, Option<&'a str>);
    fn key(line: &BudgetLine) -> Key<'_> {
        (line.fiscal_year.as_deref(), line.service.as_deref())
    }
    let mut others: BTreeMap<&str, BTreeMap<Key<'_>, i128>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.body.is_none()) {
        let (Some(code), Some(amount)) = (line.code.as_deref(), line.amount) else { continue };
        if others.len() >= LOOKED_AT && !others.contains_key(code) {
            continue;
        }
        let sum = others.entry(code).or_default().entry(key(line)).or_default();
        *sum = sum.saturating_add(i128::from(amount.0));
    }
    if others.is_empty() {
        return Vec::new();
    }
    let mut sums: BTreeMap<Key<'_>, (i128, usize)> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.body.is_some()) {
        let sum = sums.entry(key(line)).or_default();
        *sum = (sum.0.saturating_add(line.amount.map_or(0, |amount| i128::from(amount.0))), sum.1.saturating_add(1));
    }
    let is_sum = |amounts: &BTreeMap<Key<'_>, i128>| {
        amounts.values().any(|pence| *pence != 0)
            && amounts.iter().all(|(key, pence)| sums.get(key).is_some_and(|(sum, rows)| *rows > 1 && sum == pence))
    };
    let found = others.iter().filter(|(_, amounts)| is_sum(amounts));
    found
        .map(|(code, amounts)| {
            let pence: i128 = amounts.values().fold(0, |sum, pence| sum.saturating_add(*pence));
            let detail =
                format!("the amounts of code `{code}` are the sums of the others: if it is a total, name it: totals = [\"{code}\"]");
            Finding::new("DQ-11", detail, "kept, unallocated")
                .code((*code).to_owned())
                .field(plan.code.clone())
                .value(pence as f64, "pence")
        })
        .collect()
}

/// A budget of which no row is for any body of its layer is about something else.
fn no_line(reader: &Reader<'_>, layer: &Layer, lines: &[BudgetLine], filtered_out: u64) -> Error {
    let Some(first) = lines.first() else {
        let found = format!("none of its {} rows gives a line: {filtered_out} do not pass `where`", reader.table.len());
        return InputProblem::new(&reader.table.path, found, "a row for a body", "check `where`, `totals` and the file").into();
    };
    let known = layer.areas.first().map_or("", |area| area.code.as_str());
    let found = format!(
        "none of its {} rows is for a body of layer {} (the first code is `{}`)",
        lines.len(),
        layer.id,
        first.code.as_deref().unwrap_or("")
    );
    let problem = InputProblem::new(
        &reader.table.path,
        found,
        format!("codes such as {known}"),
        "check `layer` and `code` of this [[budget]], or name a crosswalk (codes)",
    );
    problem.record(first.source_row.unwrap_or(0)).field(reader.plan.code.clone()).into()
}

fn too_large(reader: &Reader<'_>, row: Option<u64>) -> Error {
    let mut problem = cell_problem(
        reader.table,
        0,
        &reader.plan.amount,
        "the amounts up to here come to more than £720,000,000,000,000".to_owned(),
        "pounds per 1 in the column as `unit` says",
        "check `unit` of this [[budget]] and the cell",
    );
    problem.record = row;
    problem.into()
}

/// Services and years of one budget together: whatever is asked of money is asked for each of them.
const GROUPS: usize = 10_000;

/// Refuses a table whose rows nearly all have a service or a year of their own: a column of remarks, say.
fn few_groups(table: &TextTable, lines: &[BudgetLine]) -> Result<()> {
    // Threads share the texts of their own rows, so texts are looked at where there are many of them only.
    let place = |text: &Option<Arc<str>>| text.as_ref().map(|text| text.as_ptr().addr());
    let mut seen: BTreeSet<(Option<usize>, Option<usize>)> = BTreeSet::new();
    let mut groups: BTreeSet<(Option<&str>, Option<&str>)> = BTreeSet::new();
    for line in lines {
        if seen.insert((place(&line.service), place(&line.fiscal_year))) {
            groups.insert((line.service.as_deref(), line.fiscal_year.as_deref()));
            if groups.len() > GROUPS {
                let found = format!("has more than {GROUPS} different services and fiscal years together");
                let problem = InputProblem::new(
                    &table.path,
                    found,
                    "a few of either",
                    "name another column in the config, or join services by a crosswalk",
                );
                return Err(problem.record(line.source_row.unwrap_or(0)).into());
            }
        }
    }
    Ok(())
}
