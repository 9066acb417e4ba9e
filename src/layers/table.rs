//! Layers without shapes: codes, names and people from a table.

use std::collections::BTreeMap;

use super::measure::derived;
use super::{Built, check_count};
use crate::config::{LayerPlan, LayerSource};
use crate::domain::number::{self, ParsedPeople};
use crate::domain::{Area, Finding, Layer, People, Rings, Severity, TextTable};
use crate::error::{Error, InputProblem, Result};

/// Findings about people that are told row by row, for each field; the rest are counted in one.
const TOLD: usize = 20;

/// Makes a layer of the rows of a table. It has no rings, and its areas' figures of land stand as 0 and mean nothing ([`Layer::has_shapes`]).
///
/// `population_fields` are the columns that alignments and successions take people from; they are read beside the layer's own.
///
/// # Errors
/// [`Error::Input`] naming file, row and column for: a column that is not there, a blank code, a code with two rows, no row left, a number of
/// rows other than `expected_count`.
pub fn build_without_shapes(plan: &LayerPlan, table: &TextTable, population_fields: &[String]) -> Result<Built> {
    let LayerSource::Table { code: code_name, name, people, filter, distinct, .. } = &plan.source else {
        return Err(Error::usage(format!("layer {} does not come from a table", plan.id)));
    };
    let code = table.require(code_name)?;
    let name = name.as_deref().map(|name| table.require(name)).transpose()?;
    let filter = filter.as_ref().map(|filter| Ok::<_, Error>((table.require(&filter.field)?, &filter.test))).transpose()?;
    // The layer's own people last, so that a column that is both is told of once.
    let mut columns: Vec<(&str, usize)> = Vec::new();
    for field in population_fields.iter().chain(people) {
        if columns.iter().all(|(known, _)| *known != field.as_str()) {
            columns.push((field, table.require(field)?));
        }
    }
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut filtered, mut repeats) = (0usize, 0usize);
    for row in 0..table.len() {
        if let Some((column, test)) = filter
            && !test.passes(table.cell(row, column))
        {
            filtered = filtered.saturating_add(1);
            continue;
        }
        let problem = |found: String, expected: &str, remedy: &str| -> Error {
            in_row(InputProblem::new(&table.path, found, expected, remedy), table, row).field(code_name).into()
        };
        let Some(code) = table.cell(row, code) else {
            let remedy = "fill it in, or leave the row out with `where`";
            return Err(problem("the code is blank".to_owned(), "a code in every row", remedy));
        };
        if let Some(why) = crate::domain::unusable_code(code) {
            let found = format!("the code `{}` {why}", crate::error::harmless(code));
            return Err(problem(found, super::CODE_EXPECTED, super::CODE_REMEDY));
        }
        if *distinct && let Some(first) = rows.get(code) {
            let names = [*first, row].map(|row| name.and_then(|name| table.cell(row, name)));
            if let [Some(one), Some(other)] = names
                && one != other
            {
                let found = format!("code {code} is called {other} here and {one} in row {}", table.row_number(*first));
                return Err(problem(found, "one name an area", "make the names the same, or name another code column"));
            }
            repeats = repeats.saturating_add(1);
            continue;
        }
        if let Some(first) = rows.insert(code, row) {
            let found = format!("code {code} has two rows, this one and row {}", table.row_number(first));
            return Err(problem(
                found,
                "one row an area",
                "leave the others out with `where`, name another code column, or say distinct = true if they are one area",
            ));
        }
    }
    let mut findings = Vec::new();
    if filtered > 0 {
        let detail = format!("{filtered} of {} rows are left out by the layer's `where`", table.len());
        findings.push(about(plan, table, "DQ-09", detail, "left out").value(filtered as f64, "records"));
    }
    if repeats > 0 {
        let detail = format!("{repeats} of {} rows have the code of a row before, and are the same area, as distinct says", table.len());
        findings.push(about(plan, table, "DQ-27", detail, "read as one area").value(repeats as f64, "rows"));
    }
    check_count(&table.path, plan, rows.len())?;
    let mut populations: BTreeMap<String, Vec<Option<People>>> = BTreeMap::new();
    for (field, column) in columns {
        let figures = figures(plan, table, (field, column), &rows, &mut findings);
        populations.insert(field.to_owned(), figures);
    }
    let own = people.as_ref().and_then(|field| populations.get(field));
    let areas = rows.iter().enumerate().map(|(index, (code, row))| Area {
        code: (*code).to_owned(),
        name: name.and_then(|name| table.cell(*row, name)).map(str::to_owned),
        area_m2: 0.0,
        people: own.and_then(|figures| figures.get(index).copied().flatten()),
        parts: 0,
        holes: 0,
        vertices: 0,
        repaired: false,
        label: None,
        attributes: BTreeMap::new(),
    });
    let areas = areas.collect();
    populations.retain(|field, _| population_fields.contains(field));
    findings.extend(derived(plan, &table.path));
    let layer = Layer {
        id: plan.id.clone(),
        role: plan.role,
        kind: plan.kind.clone(),
        resolution_m: 0.0,
        clip: None,
        valid_from: plan.valid_from,
        valid_to: plan.valid_to,
        areas,
        rings: Rings::default(),
        populations,
        other_codes: Default::default(),
    };
    Ok(Built { layer, findings, proofs: Vec::new() })
}

/// A column of people, in the order of the codes: unknown where the cell is blank, a mark for unknown, or no number; a finding says so.
fn figures(
    plan: &LayerPlan,
    table: &TextTable,
    (field, column): (&str, usize),
    rows: &BTreeMap<&str, usize>,
    findings: &mut Vec<Finding>,
) -> Vec<Option<People>> {
    let mut figures = Vec::with_capacity(rows.len());
    let mut met = 0usize;
    for (code, row) in rows {
        let text = table.cell(*row, column);
        let (figure, told) = match text.map(number::parse_people) {
            Some(ParsedPeople::Known { people, rounded: false }) => (Some(people), None),
            Some(ParsedPeople::Known { people, rounded: true }) => {
                let detail = format!("{} people is finer than a millionth of a person", text.unwrap_or(""));
                (Some(people), Some((detail, "rounded", Severity::Low)))
            }
            None | Some(ParsedPeople::Unknown) => {
                (None, Some(("the number of people is not given".to_owned(), "read as unknown", Severity::Medium)))
            }
            Some(ParsedPeople::Invalid) => {
                let detail = format!("{} is not a number of people", text.unwrap_or(""));
                (None, Some((detail, "read as unknown", Severity::Medium)))
            }
        };
        figures.push(figure);
        let Some((detail, action, severity)) = told else { continue };
        met = met.saturating_add(1);
        if met <= TOLD {
            let record = i64::try_from(table.row_number(*row)).unwrap_or(i64::MAX);
            findings.push(about(plan, table, "DQ-07", detail, action).code(*code).record(record).field(field).severity(severity));
        }
    }
    let more = met.saturating_sub(TOLD);
    if more > 0 {
        let detail = format!("{more} more rows do not say how many people, or say it finer than a millionth of a person");
        let finding = about(plan, table, "DQ-07", detail, "read as unknown, or rounded");
        findings.push(finding.field(field).severity(Severity::Medium).value(more as f64, "rows"));
    }
    figures
}

fn about(plan: &LayerPlan, table: &TextTable, id: &'static str, detail: String, action: &'static str) -> Finding {
    Finding::new(id, detail, action).layer(plan.id.clone()).file(table.path.display().to_string())
}

fn in_row(problem: InputProblem, table: &TextTable, row: usize) -> InputProblem {
    let problem = problem.record(table.row_number(row));
    match &table.sheet {
        Some(sheet) => problem.sheet(sheet),
        None => problem,
    }
}
