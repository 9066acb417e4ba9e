//! Fiscal years: every way of writing one read as one form, and what is odd about the years of a table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::line::BudgetLine;
use crate::config::{BudgetPlan, TextSource};
use crate::domain::{Finding, Layer, TextTable};
use crate::error::Result;

/// Examples that a finding names.
const NAMED: usize = 4;

/// First calendar year of a fiscal year (1 April to 31 March), as people and files write it; `None` where the text is no year, or could be
/// two different ones.
///
/// Read: `2025-26`, `2025/26`, `2025/2026`, `25/26`, `2025` (the year that begins in it), `FY26` and `FY2026` (the year that ends in it),
/// `202603` and `2026-03-31` (the year that holds the month or day), `31/03/2026`, `year ending March 2026`.
fn first_year(text: &str) -> Option<i16> {
    let text = text.trim().to_ascii_lowercase().replace(['\u{2013}', '\u{2014}', '\u{2212}'], "-");
    let text = text.strip_prefix("fiscal year").or_else(|| text.strip_prefix("financial year")).unwrap_or(&text).trim();
    if let Some(rest) = ["year ending", "year ended", "year end", "ye"].iter().find_map(|prefix| text.strip_prefix(prefix)) {
        return year_of_words(rest.trim());
    }
    if let Some(rest) = text.strip_prefix("fy") {
        let rest = rest.trim();
        return match digits(rest) {
            Some((year, 2 | 4)) => with_century(year, rest.len()).checked_sub(1),
            _ => first_year_of_numbers(rest),
        };
    }
    first_year_of_numbers(text)
}

fn first_year_of_numbers(text: &str) -> Option<i16> {
    // A workbook's dates have a time of midnight behind them.
    let day = text.split_once(['t', ' ']).filter(|(_, time)| time.starts_with("00:00")).map_or(text, |(day, _)| day);
    let parts: Vec<(i16, usize)> = day.split(['-', '/']).map(|part| digits(part.trim())).collect::<Option<_>>()?;
    match *parts.as_slice() {
        [(year, 4)] => Some(year),
        [(_, 6)] => six(day),
        [(first, 4), (second, 2)] => (second == next(first).rem_euclid(100)).then_some(first),
        [(first, 4), (second, 4)] => (second == next(first)).then_some(first),
        [(first, 2), (second, 2)] => (second == next(first).rem_euclid(100)).then(|| with_century(first, 2)),
        [(year, 4), (month, 2), (day, 2)] | [(day, 1 | 2), (month, 1 | 2), (year, 4)] => of_day(year, month, day),
        _ => None,
    }
}

/// `202603`, a month, or `202526`, two years; where it can be either, both must mean the same fiscal year.
fn six(text: &str) -> Option<i16> {
    let ((year, _), (rest, _)) = (digits(text.get(..4)?)?, digits(text.get(4..)?)?);
    let by_month = of_day(year, rest, 1);
    let by_years = (rest == next(year).rem_euclid(100)).then_some(year);
    match (by_month, by_years) {
        (Some(one), Some(other)) => (one == other).then_some(one),
        (one, other) => one.or(other),
    }
}

/// "March 2026", "31 March 2026", "mar-26".
fn year_of_words(text: &str) -> Option<i16> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words: Vec<&str> = text.split([' ', '-', '/', ',']).filter(|word| !word.is_empty()).collect();
    let (day, month, year) = match *words.as_slice() {
        [month, year] => ("1", month, year),
        [day, month, year] => (day, month, year),
        _ => return first_year_of_numbers(text).filter(|_| text.len() > 4),
    };
    let Some(number) = MONTHS.iter().position(|short| month.starts_with(short)) else {
        return first_year_of_numbers(text).filter(|_| text.len() > 4);
    };
    let day = digits(day.trim_end_matches(|c: char| c.is_ascii_alphabetic()))?.0;
    let (year, length) = digits(year).filter(|(_, length)| matches!(length, 2 | 4))?;
    of_day(with_century(year, length), i16::try_from(number).ok()?.checked_add(1)?, day)
}

/// The fiscal year that holds a day.
fn of_day(year: i16, month: i16, day: i16) -> Option<i16> {
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    if date.month() >= 4 { Some(year) } else { year.checked_sub(1) }
}

/// Digits alone: their number, which has at most six of them, and how many they are.
fn digits(text: &str) -> Option<(i16, usize)> {
    if text.is_empty() || text.len() > 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Six digits are read in two parts.
    let number = if text.len() > 4 { text.get(..4)? } else { text };
    Some((number.parse().ok()?, text.len()))
}

fn next(year: i16) -> i16 {
    year.saturating_add(1)
}

/// Years of two digits are of 1950 to 2049.
fn with_century(year: i16, length: usize) -> i16 {
    if length != 2 {
        year
    } else if year < 50 {
        year.saturating_add(2000)
    } else {
        year.saturating_add(1900)
    }
}

/// A fiscal year in its one form, `2025-26`; `None` where the text cannot be read as one.
pub(crate) fn normal_year(text: &str) -> Option<String> {
    let first = first_year(text)?;
    Date::new(first, 4, 1).ok()?;
    Some(format!("{first:04}-{:02}", next(first).rem_euclid(100)))
}

/// First and last day of a fiscal year: 1 April to 31 March. `None` where the text cannot be read as one.
pub(crate) fn year_days(fiscal_year: &str) -> Option<(Date, Date)> {
    let first = first_year(fiscal_year)?;
    Some((Date::new(first, 4, 1).ok()?, Date::new(first.checked_add(1)?, 3, 31).ok()?))
}

/// The years of a table, each in its one form and each distinct text stored once.
pub(super) struct YearReader {
    column: Option<usize>,
    fixed: Option<Arc<str>>,
    known: BTreeMap<Box<str>, Seen>,
    last: Option<(Box<str>, Arc<str>)>,
}

/// A year as it is written: its one form, how many rows have it, and the first of them.
struct Seen {
    normal: Arc<str>,
    rows: u64,
    first_row: u64,
}

impl YearReader {
    pub(super) fn new(source: &TextSource, table: &TextTable) -> Result<Self> {
        let (column, fixed) = match source {
            TextSource::Fixed(text) => (None, Some(Arc::from(normal_year(text).as_deref().unwrap_or(text)))),
            TextSource::Column(name) => (Some(table.require(name)?), None),
        };
        Ok(Self { column, fixed, known: BTreeMap::new(), last: None })
    }

    pub(super) fn read(&mut self, table: &TextTable, row: usize) -> Option<Arc<str>> {
        let Some(column) = self.column else {
            return self.fixed.clone();
        };
        let text = table.cell(row, column)?;
        // Tables come sorted by year more often than not, and a row is counted where its text begins or returns.
        if let Some((_, normal)) = self.last.as_ref().filter(|(last, _)| last.as_ref() == text) {
            let normal = Arc::clone(normal);
            if let Some(seen) = self.known.get_mut(text) {
                seen.rows = seen.rows.saturating_add(1);
            }
            return Some(normal);
        }
        let seen = match self.known.get_mut(text) {
            Some(seen) => seen,
            None => {
                let form = normal_year(text);
                let form = form.as_deref().unwrap_or(text);
                // Two ways of writing one year share its text.
                let same = self.known.values().find(|seen| seen.normal.as_ref() == form).map(|seen| Arc::clone(&seen.normal));
                let normal = same.unwrap_or_else(|| Arc::from(form));
                self.known.entry(text.into()).or_insert(Seen { normal, rows: 0, first_row: table.row_number(row) })
            }
        };
        seen.rows = seen.rows.saturating_add(1);
        let normal = Arc::clone(&seen.normal);
        self.last = Some((text.into(), Arc::clone(&normal)));
        Some(normal)
    }

    /// Years that are written in another way than their one form, with that.
    pub(super) fn rewritten(&self) -> BTreeMap<&str, &str> {
        self.known.iter().map(|(text, seen)| (text.as_ref(), seen.normal.as_ref())).filter(|(text, normal)| text != normal).collect()
    }

    /// Its column; `None` where the config fixes the year.
    pub(super) fn column(&self) -> Option<usize> {
        self.column
    }

    /// Adds what later rows met.
    pub(super) fn merge(&mut self, other: Self) {
        for (text, seen) in other.known {
            match self.known.get_mut(&text) {
                Some(known) => {
                    known.rows = known.rows.saturating_add(seen.rows);
                    known.first_row = known.first_row.min(seen.first_row);
                }
                None => {
                    self.known.insert(text, seen);
                }
            }
        }
    }
}

/// Findings DQ-18 about the years of a table. Where the config fixes one year for all, the one about a text that is no year.
///
/// A year is one year however it is written. A text that is no year stays apart as it is written, and a body with a row in one year only has no
/// amount in the others, known or unknown: that cannot be mended here, because the table may mean it.
pub(super) fn findings(plan: &BudgetPlan, layer: &Layer, lines: &[BudgetLine], read: &YearReader) -> Vec<Finding> {
    let field = match &plan.fiscal_year {
        TextSource::Column(field) => field,
        TextSource::Fixed(text) if first_year(text).is_some() => return Vec::new(),
        TextSource::Fixed(text) => {
            let detail = format!("the config gives `{text}` as the fiscal year, which is none that can be read; 2007-08 could be");
            let action = "kept as written; no agreement with dates is known to run in it";
            return vec![Finding::new("DQ-18", detail, action).field("fiscal_year")];
        }
    };
    let mut first_rows: BTreeMap<Option<&Arc<str>>, (u64, u64)> = BTreeMap::new();
    for run in in_runs(lines) {
        let Some(row) = run.first.source_row else { continue };
        let count = u64::try_from(run.end.saturating_sub(run.start)).unwrap_or(u64::MAX);
        let first = first_rows.entry(run.first.fiscal_year.as_ref()).or_insert((0, row));
        *first = (first.0.saturating_add(count), first.1.min(row));
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
    for (year, seen) in &read.known {
        let shape: String = year.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        let first = shapes.entry(shape).or_insert((year, seen.first_row));
        if seen.first_row < first.1 {
            *first = (year, seen.first_row);
        }
    }
    if shapes.len() > 1 {
        let mut examples: Vec<(&str, u64)> = shapes.values().copied().collect();
        examples.sort_by_key(|(_, row)| *row);
        let row = examples.get(1).map_or(0, |(_, row)| *row);
        let named: Vec<String> = examples.iter().take(NAMED).map(|(year, row)| format!("`{year}` in row {row}")).collect();
        let detail = format!("fiscal years are written in {} ways: {}", shapes.len(), named.join(", "));
        found.push(finding(detail, "read in one form, such as 2007-08", row).value(shapes.len() as f64, "ways"));
    }
    let none: Vec<(&Box<str>, u64)> =
        read.known.iter().filter(|(year, _)| first_year(year).is_none()).map(|(year, seen)| (year, seen.first_row)).collect();
    if let Some((year, row)) = none.iter().min_by_key(|(_, row)| *row) {
        let detail = format!("{} fiscal years are none that can be read, such as `{year}` in row {row}; 2007-08 could be", none.len());
        found.push(
            finding(detail, "kept as written; no agreement with dates is known to run in them", *row).value(none.len() as f64, "years"),
        );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_year_has_one_form_however_it_is_written() {
        for text in [
            "2025-26",
            "2025/26",
            "2025/2026",
            "2025-2026",
            "25/26",
            "2025",
            "FY26",
            "FY2026",
            "fy 26",
            "FY2025-26",
            "FY25/26",
            "202603",
            "202504",
            "202526",
            "2026-03-31",
            "2025-04-01",
            "31/03/2026",
            "1/4/2025",
            "2026-03-31T00:00:00",
            "2026-03-31 00:00:00",
            "year ending March 2026",
            "Year ending 31 March 2026",
            "year ended 31st March 2026",
            "YE Mar-26",
            "2025\u{2013}26",
            " 2025/26 ",
            "Financial year 2025/26",
        ] {
            assert_eq!(normal_year(text).as_deref(), Some("2025-26"), "{text}");
        }
        assert_eq!(normal_year("99/00").as_deref(), Some("1999-00"));
        assert_eq!(normal_year("1999/2000").as_deref(), Some("1999-00"));
        assert_eq!(normal_year("49/50").as_deref(), Some("2049-50"));
        assert_eq!(normal_year("200910").as_deref(), Some("2009-10"), "October 2009 and 2009-10 are one year");
    }

    #[test]
    fn what_can_be_no_year_or_two_is_none() {
        for text in
            ["", "all", "26", "2025-27", "2025-06", "25/27", "200203", "Q1 2025", "20252026", "2025-13-01", "year ending 2026", "FY", "1e3"]
        {
            assert_eq!(normal_year(text), None, "{text}");
        }
    }
}
