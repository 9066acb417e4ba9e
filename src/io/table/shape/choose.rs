//! Which columns a text, a list or a range means.

use crate::config::Columns;
use crate::domain::TextTable;
use crate::error::{InputProblem, Result};

/// Indices of the columns, in the order of the table, or of the list.
///
/// # Errors
/// A column is not there, a range runs backwards, or no name fits.
pub(super) fn columns(table: &TextTable, columns: &Columns) -> Result<Vec<usize>> {
    match columns {
        Columns::List(names) => names.iter().map(|name| table.require(name)).collect(),
        Columns::Range(from, to) => {
            let (first, last) = (table.require(from)?, table.require(to)?);
            if first > last {
                let found = format!("column \"{from}\" comes after \"{to}\"");
                return Err(InputProblem::new(&table.path, found, "the first column before the last", "swap from and to").into());
            }
            Ok((first..=last).collect())
        }
        Columns::Like(pattern) => {
            let parts = parse(pattern);
            let fits = |name: &String| !name.is_empty() && fit(&parts, name).is_some();
            let found: Vec<usize> = table.columns.iter().enumerate().filter(|(_, name)| fits(name)).map(|(index, _)| index).collect();
            if found.is_empty() { Err(none(table, pattern).into()) } else { Ok(found) }
        }
    }
}

/// What is said where no column fits.
pub(super) fn none(table: &TextTable, pattern: &str) -> InputProblem {
    let shown: Vec<&str> = table.columns.iter().filter(|name| !name.is_empty()).take(40).map(String::as_str).collect();
    let more = table.columns.len().saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let found = format!("no column's name fits \"{pattern}\"");
    let mut problem =
        InputProblem::new(&table.path, found, format!("names such as: {}{more}", shown.join(", ")), "correct the text in the config");
    problem.sheet = table.sheet.clone();
    problem
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// This text.
    Text(String),
    /// Any characters, also none.
    Any,
    /// The service: one character at least.
    Service,
    /// The fiscal year: digits with dashes or slashes among them, FY in front or not.
    Year,
}

/// Longest name that is looked at; the time it takes grows with its square.
const LONGEST: usize = 300;

/// A pattern, part by part.
pub(super) fn parse(pattern: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = pattern;
    while !rest.is_empty() {
        let marks = [("*", Part::Any), ("{service}", Part::Service), ("{year}", Part::Year)];
        let next = marks.into_iter().filter_map(|(mark, part)| Some((rest.find(mark)?, mark, part))).min_by_key(|(at, ..)| *at);
        match next {
            Some((at, mark, part)) => {
                if at > 0 {
                    parts.push(Part::Text(rest.get(..at).unwrap_or("").to_owned()));
                }
                if parts.last() != Some(&Part::Any) || part != Part::Any {
                    parts.push(part);
                }
                rest = rest.get(at.saturating_add(mark.len())..).unwrap_or("");
            }
            None => {
                parts.push(Part::Text(rest.to_owned()));
                rest = "";
            }
        }
    }
    parts
}

/// Service and year of a name that fits a pattern.
pub(super) fn fit<'a>(parts: &[Part], name: &'a str) -> Option<(Option<&'a str>, Option<&'a str>)> {
    if name.len() > LONGEST {
        return None;
    }
    let mut failed = vec![false; parts.len().saturating_add(1).saturating_mul(name.len().saturating_add(1))];
    let mut found = (None, None);
    matches(parts, 0, name, 0, &mut failed, &mut found).then_some(found)
}

/// Whether the parts from `part` on fit the name from `at` on; what failed once is not tried again.
fn matches<'a>(
    parts: &[Part],
    part: usize,
    name: &'a str,
    at: usize,
    failed: &mut [bool],
    found: &mut (Option<&'a str>, Option<&'a str>),
) -> bool {
    let place = part.saturating_mul(name.len().saturating_add(1)).saturating_add(at);
    if failed.get(place).copied().unwrap_or(true) {
        return false;
    }
    let rest = name.get(at..).unwrap_or("");
    let next = part.saturating_add(1);
    let fits = match parts.get(part) {
        None => rest.is_empty(),
        Some(Part::Text(text)) => {
            rest.starts_with(text.as_str()) && matches(parts, next, name, at.saturating_add(text.len()), failed, found)
        }
        Some(Part::Any) => ends(rest, 0).any(|length| matches(parts, next, name, at.saturating_add(length), failed, found)),
        Some(Part::Service) => ends(rest, 1).any(|length| {
            let service = rest.get(..length).map(str::trim).filter(|text| !text.is_empty());
            let fits = service.is_some() && matches(parts, next, name, at.saturating_add(length), failed, found);
            if fits {
                found.0 = service;
            }
            fits
        }),
        Some(Part::Year) => {
            let length = year_length(rest);
            let fits = length > 0 && matches(parts, next, name, at.saturating_add(length), failed, found);
            if fits {
                found.1 = rest.get(..length);
            }
            fits
        }
    };
    if !fits && let Some(failed) = failed.get_mut(place) {
        *failed = true;
    }
    fits
}

/// Lengths from `least` characters on at which a text can be cut, shortest first.
fn ends(text: &str, least: usize) -> impl Iterator<Item = usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).skip(least)
}

/// Length of the year that a text begins with: `2025-26`, `2025/26`, `FY26`, `202603`; 0 where it begins with none.
fn year_length(text: &str) -> usize {
    let letters = if text.get(..2).is_some_and(|begin| begin.eq_ignore_ascii_case("fy")) { 2 } else { 0 };
    let rest = text.get(letters..).unwrap_or("");
    let mut length = 0usize;
    for (at, c) in rest.char_indices() {
        if c.is_ascii_digit() {
            length = at.saturating_add(1);
        } else if !(matches!(c, '-' | '/' | '\u{2013}') && at > 0) {
            break;
        }
    }
    if length >= 2 { letters.saturating_add(length) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pattern: &str, name: &'static str) -> Option<(Option<&'static str>, Option<&'static str>)> {
        fit(&parse(pattern), name)
    }

    #[test]
    fn names_fit_patterns() {
        assert_eq!(told("{year} {service}", "2025/26 Core services"), Some((Some("Core services"), Some("2025/26"))));
        assert_eq!(told("{service} {year} \u{a3}000", "Core services 2025-26 \u{a3}000"), Some((Some("Core services"), Some("2025-26"))));
        assert_eq!(told("RS_{service}_net_exp", "RS_asc_net_exp"), Some((Some("asc"), None)));
        assert_eq!(told("RS_{service}_net_exp", "RS_net_exp"), None);
        assert_eq!(told("*{year}*", "Allocation FY26 (final)"), Some((None, Some("FY26"))));
        assert_eq!(told("F*", "F90"), Some((None, None)));
        assert_eq!(told("F*", "M90"), None);
        assert_eq!(told("{year}", "Total"), None);
        assert_eq!(told("{service}", ""), None);
    }

    #[test]
    fn a_pattern_of_many_stars_comes_to_an_end() {
        let name: &'static str = Box::leak("a".repeat(LONGEST).into_boxed_str());
        assert_eq!(told(&"*a".repeat(40), name), Some((None, None)));
        assert_eq!(told(&format!("{}b", "*a".repeat(40)), name), None);
    }
}
