//! People of a layer's areas from a table beside it.

use std::collections::BTreeMap;

use crate::domain::number::{self, ParsedPeople};
use crate::domain::{Finding, Layer, People, Respelled, Severity, TextTable};
use crate::error::{InputProblem, Result};

/// Kinds of codes of which no area is there that are told one by one.
const TOLD: usize = 20;

/// What the rows of one area come to.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    rows: u32,
    people: People,
    /// Whether the people of a row are not known.
    unknown: bool,
    largest: People,
}

/// Reads a column of a table as a population of a layer, [`Layer::populations`]: the people of the rows with the area's code, added up. An area
/// without a row, or of which one row does not say its people, is unknown.
///
/// Findings: DQ-04 with the people of codes that the layer does not have, one a kind of code; DQ-07 for rows without a number; DQ-08 for areas without
/// a row; DQ-27 where areas have several rows.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input): a column is not there; a cell is no number of people; no code is of the layer; in every area with several
/// rows one is the sum of the others, so that a total stands beside its parts.
pub fn count_people(layer: &mut Layer, table: &TextTable, code_column: &str, field: &str) -> Result<Vec<Finding>> {
    let (code, column) = (table.require(code_column)?, table.require(field)?);
    let mut counts = vec![Count::default(); layer.areas.len()];
    // Kind of code (its first three characters) -> rows, people, first row, its code.
    let mut others: BTreeMap<&str, (usize, People, u64, &str)> = BTreeMap::new();
    let (mut unknown, mut blank, mut total) = (0usize, 0usize, People(0));
    let mut respelled = Respelled::new(layer);
    for row in 0..table.len() {
        let text = table.cell(row, column).unwrap_or("");
        let people = match number::parse_people(text) {
            ParsedPeople::Known { people, .. } => Some(people),
            ParsedPeople::Unknown => None,
            ParsedPeople::Invalid => {
                let found = format!("{text} is not a number of people");
                let remedy = "correct the cell, leave it blank if it is not known, or leave the row out with where";
                return Err(placed(InputProblem::new(&table.path, found, "a number of people", remedy), table, row).field(field).into());
            }
        };
        let Some(cell) = table.cell(row, code) else {
            blank = blank.saturating_add(1);
            continue;
        };
        let Some(area) = respelled.find(cell, table.row_number(row)) else {
            let kind = cell.get(..3).unwrap_or(cell);
            let entry = others.entry(kind).or_insert((0, People(0), table.row_number(row), cell));
            entry.0 = entry.0.saturating_add(1);
            entry.1 += people.unwrap_or(People(0));
            continue;
        };
        let Some(count) = counts.get_mut(area) else { continue };
        count.rows = count.rows.saturating_add(1);
        match people {
            Some(people) => {
                count.people += people;
                count.largest = count.largest.max(people);
                total += people;
            }
            None => {
                count.unknown = true;
                unknown = unknown.saturating_add(1);
            }
        }
        if total > People::MOST {
            let found = "the rows up to here have more than 72,057,594,037 people";
            return Err(placed(InputProblem::new(&table.path, found, "people", "check which column holds them"), table, row)
                .field(field)
                .into());
        }
    }
    let about = |id: &'static str, detail: String, action: &'static str| {
        Finding::new(id, detail, action).layer(layer.id.clone()).file(table.path.display().to_string()).field(field)
    };
    if counts.iter().all(|count| count.rows == 0) {
        let first = table.cell(0, code).unwrap_or("blank");
        let known = layer.areas.first().map_or("", |area| area.code.as_str());
        let found = format!("none of its {} rows is for an area of layer {} (the first code is {first})", table.len(), layer.id);
        let problem =
            InputProblem::new(&table.path, found, format!("codes such as {known}"), "check code, sheet and header_row of the people");
        return Err(problem.field(code_column).into());
    }
    let several: Vec<&Count> = counts.iter().filter(|count| count.rows > 1).collect();
    // A total among its parts counts everybody twice; two equal rows are no proof of one, three rows of every area are.
    let doubled = |count: &&&Count| count.rows > 2 && count.largest.0 > 0 && count.people.0 == count.largest.0.saturating_mul(2);
    let telling = several.iter().filter(|count| count.rows > 2 && count.largest.0 > 0).count();
    if telling > 0 && several.iter().filter(doubled).count() == telling {
        let found = format!("in each of {telling} areas one row is the sum of the others: a total is among its parts");
        let remedy = "keep the total, or the parts, with where (where = { field = \"SEX\", equals = \"ALL\" })";
        return Err(InputProblem::new(&table.path, found, "everybody once", remedy).field(field).into());
    }
    let mut findings: Vec<Finding> = respelled.finding(&table.path, code_column).into_iter().collect();
    if !several.is_empty() {
        let rows: u64 = several.iter().map(|count| u64::from(count.rows)).sum();
        let detail = format!("{} areas have several rows, {rows} in all, whose people are added up", several.len());
        findings.push(about("DQ-27", detail, "added up").value(rows as f64, "rows"));
    }
    if unknown > 0 || blank > 0 {
        let detail = format!("{unknown} of {} rows do not say how many people, and {blank} have no code", table.len());
        let finding = about("DQ-07", detail, "read as unknown").severity(Severity::Medium);
        findings.push(finding.value(unknown.saturating_add(blank) as f64, "rows"));
    }
    let more = others.len().saturating_sub(TOLD);
    for (kind, (rows, people, first, code)) in others.iter().take(TOLD) {
        let detail = format!(
            "{rows} rows of codes that begin with {kind} (the first is {code}), which layer {} does not have, with {} people",
            layer.id,
            people.as_f64()
        );
        let finding = about("DQ-04", detail, "counted in no area").code((*kind).to_owned());
        findings.push(finding.record(i64::try_from(*first).unwrap_or(i64::MAX)).value(people.as_f64(), "people"));
    }
    if more > 0 {
        let people: People = others.values().skip(TOLD).map(|(_, people, ..)| *people).sum();
        let detail = format!("rows of {more} more kinds of codes that layer {} does not have, with {} people", layer.id, people.as_f64());
        findings.push(about("DQ-04", detail, "counted in no area").value(people.as_f64(), "people"));
    }
    let without = counts.iter().filter(|count| count.rows == 0).count();
    if without > 0 {
        let first = counts.iter().zip(&layer.areas).find(|(count, _)| count.rows == 0).map_or("", |(_, area)| area.code.as_str());
        let detail = format!("{without} of {} areas have no row in the table of people, the first {first}", counts.len());
        findings.push(about("DQ-08", detail, "people unknown").value(without as f64, "areas"));
    }
    let figures = counts.iter().map(|count| (count.rows > 0 && !count.unknown).then_some(count.people)).collect();
    layer.populations.insert(field.to_owned(), figures);
    Ok(findings)
}

fn placed(problem: InputProblem, table: &TextTable, row: usize) -> InputProblem {
    let problem = problem.record(table.row_number(row));
    match &table.sheet {
        Some(sheet) => problem.sheet(sheet),
        None => problem,
    }
}
