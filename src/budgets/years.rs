//! The fiscal years of one table: written in one way, filled in, and each for the same bodies, or told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::align::year_days;
use super::line::BudgetLine;
use crate::config::{BudgetPlan, TextSource};
use crate::domain::{Finding, Layer};

/// Examples that a finding names.
const NAMED: usize = 4;

/// Findings DQ-18 about the years in the column of a table; none where the config fixes one year for all.
///
/// What is counted per year stays apart for each text that stands for a year, so a year written in two ways is two years, and a body with a
/// row in one year only has no amount in the others, known or unknown. Neither can be mended here, because the table may mean it.
pub(super) fn findings(plan: &BudgetPlan, layer: &Layer, lines: &[BudgetLine]) -> Vec<Finding> {
    let TextSource::Column(field) = &plan.fiscal_year else { return Vec::new() };
    let mut first_rows: BTreeMap<Option<&Arc<str>>, (u64, u64)> = BTreeMap::new();
    for run in in_runs(lines) {
        let Some(row) = run.first.source_row else { continue };
        let count = u64::try_from(run.end.saturating_sub(run.start)).unwrap_or(u64::MAX);
        first_rows.entry(run.first.fiscal_year.as_ref()).and_modify(|(rows, _)| *rows = rows.saturating_add(count)).or_insert((count, row));
    }
    let finding = |detail: String, action: &'static str, row: u64| {
        Finding::new("DQ-18", detail, action).field(field.as_str()).record(i64::try_from(row).unwrap_or(i64::MAX))
    };
    let mut found = Vec::new();
    let years: Vec<(&Arc<str>, u64)> = first_rows.iter().filter_map(|(year, (_, row))| Some(((*year)?, *row))).collect();
    if let (Some((rows, first)), false) = (first_rows.get(&None), years.is_empty()) {
        let detail = format!("{rows} rows have no fiscal year, the first is row {first}, and others have one");
        found.push(finding(detail, "kept apart, as money of an unknown year", *first).value(*rows as f64, "rows"));
    }
    // The shape of a year's text: 2007-08 and 2008-09 have the same, 07/08/2009 another.
    let mut shapes: BTreeMap<String, (&str, u64)> = BTreeMap::new();
    for (year, row) in &years {
        let shape: String = year.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        let first = shapes.entry(shape).or_insert((year, *row));
        if *row < first.1 {
            *first = (year, *row);
        }
    }
    if shapes.len() > 1 {
        let mut examples: Vec<(&str, u64)> = shapes.values().copied().collect();
        examples.sort_by_key(|(_, row)| *row);
        let row = examples.get(1).map_or(0, |(_, row)| *row);
        let named: Vec<String> = examples.iter().take(NAMED).map(|(year, row)| format!("`{year}` in row {row}")).collect();
        let detail = format!("fiscal years are written in {} ways: {}", shapes.len(), named.join(", "));
        found.push(finding(detail, "kept as written: a year written in two ways counts as two", row).value(shapes.len() as f64, "ways"));
    }
    let none: Vec<&(&Arc<str>, u64)> = years.iter().filter(|(year, _)| year_days(year).is_none()).collect();
    if let Some((year, row)) = none.iter().min_by_key(|(_, row)| *row) {
        let detail = format!("{} fiscal years are none that can be read, such as `{year}` in row {row}; 2007-08 could be", none.len());
        found.push(finding(detail, "kept as written; no agreement is known to run in them", *row).value(none.len() as f64, "years"));
    }
    found.extend(uneven(layer, lines, &years).map(|(detail, bodies, row)| {
        finding(detail, "no line for those years, so their amounts are unknown", row).value(bodies as f64, "bodies")
    }));
    found
}

/// Consecutive lines of one fiscal year.
struct Run<'a> {
    first: &'a BudgetLine,
    /// Where they are among the lines.
    start: usize,
    end: usize,
}

/// Runs of lines of one fiscal year, and of lines with a row or without: years are compared by their place in memory before their text,
/// because a table of millions of lines has a few that are shared.
fn in_runs(lines: &[BudgetLine]) -> impl Iterator<Item = Run<'_>> {
    let same = |one: &BudgetLine, other: &BudgetLine| {
        let year = match (&one.fiscal_year, &other.fiscal_year) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other) || one == other,
            (None, None) => true,
            _ => false,
        };
        year && one.source_row.is_some() == other.source_row.is_some()
    };
    let mut end = 0usize;
    lines.chunk_by(same).filter_map(move |run| {
        let start = end;
        end = start.saturating_add(run.len());
        Some(Run { first: run.first()?, start, end })
    })
}

/// Bodies with rows in some years and not in others: what is said of them, how many, and the first row of the year that lacks the first.
fn uneven(layer: &Layer, lines: &[BudgetLine], years: &[(&Arc<str>, u64)]) -> Option<(String, usize, u64)> {
    let index: BTreeMap<&str, usize> = years.iter().zip(0..).map(|((year, _), index)| (year.as_ref(), index)).collect();
    let year_of = |line: &BudgetLine| index.get(line.fiscal_year.as_deref()?).copied();
    // A table may have millions of lines of few bodies and years: what was just seen of a body is not kept again.
    let mut last: Vec<Option<usize>> = vec![None; layer.areas.len()];
    let mut seen: BTreeSet<(usize, usize)> = BTreeSet::new();
    for run in in_runs(lines) {
        let Some(year) = year_of(run.first) else { continue };
        for line in lines.get(run.start..run.end).unwrap_or(&[]) {
            if let Some((body, last)) = line.body.and_then(|body| Some((body, last.get_mut(body)?)))
                && last.replace(year) != Some(year)
            {
                seen.insert((body, year));
            }
        }
    }
    let seen: Vec<(usize, usize)> = seen.into_iter().collect();
    let bodies: Vec<&[(usize, usize)]> = seen.chunk_by(|a, b| a.0 == b.0).collect();
    let partial: Vec<&[(usize, usize)]> = bodies.iter().copied().filter(|years_of| years_of.len() < years.len()).collect();
    let first = partial.first()?;
    let lacks = (0..years.len()).find(|year| first.binary_search_by_key(year, |(_, year)| *year).is_err())?;
    let ((year, row), body) = (years.get(lacks)?, layer.areas.get(first.first()?.0)?);
    let detail = format!(
        "{} of {} bodies have rows in some of the {} fiscal years only; the first is {}, which has none in {year}",
        partial.len(),
        bodies.len(),
        years.len(),
        body.code
    );
    Some((detail, partial.len(), *row))
}
