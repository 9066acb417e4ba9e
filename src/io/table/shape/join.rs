//! The columns of another table, where a code is the same.

use std::collections::BTreeMap;

use super::{Made, cells, placed};
use crate::config::{Join, Limits};
use crate::domain::{Finding, TextTable};
use crate::error::{InputProblem, Result};

/// The table with the columns of another, blank where that has no row for a code; and finding DQ-04 for those.
///
/// Columns that are there already are not added again, unless the config names them. A code with several rows is read where they say the same.
pub(super) fn join(table: &TextTable, join: &Join, other: &TextTable, limits: &Limits) -> Result<(TextTable, Option<Finding>)> {
    let on = table.require(&join.on)?;
    let code = other.require(&join.code)?;
    let added: Vec<usize> = if join.columns.is_empty() {
        let is_new = |column: &usize| other.columns.get(*column).is_some_and(|name| !name.is_empty() && table.column(name).is_none());
        (0..other.columns.len()).filter(is_new).collect()
    } else {
        let mut added = Vec::with_capacity(join.columns.len());
        for name in &join.columns {
            if table.column(name).is_some() {
                let found = format!("has a column \"{name}\" already");
                let remedy = format!("leave it out of the columns of the join with {}", other.path.display());
                return Err(InputProblem::new(&table.path, found, "columns that are not there yet", remedy).into());
            }
            added.push(other.require(name)?);
        }
        added
    };
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for row in 0..other.len() {
        let Some(text) = other.cell(row, code) else { continue };
        let Some(first) = rows.insert(text, row) else { continue };
        let differs = added.iter().find(|column| other.cell(first, **column) != other.cell(row, **column));
        if let Some(column) = differs {
            let name = other.columns.get(*column).map_or("", String::as_str);
            let shown = |row: usize| other.cell(row, *column).unwrap_or("blank").to_owned();
            let found = format!("{text} has {name} {} here and {} in row {}", shown(row), shown(first), other.row_number(first));
            let remedy = "name the columns that are wanted in join, or keep one row a code with where";
            let problem = InputProblem::new(&other.path, found, "one value a code, to join it by", remedy).field(&join.code);
            return Err(placed(problem, other, other.row_number(row)).into());
        }
    }
    let mut columns = table.columns.clone();
    columns.extend(added.iter().filter_map(|column| other.columns.get(*column).cloned()));
    let mut made = Made::new(table, columns, limits);
    let (mut without, mut first_without): (usize, Option<usize>) = (0, None);
    for row in 0..table.len() {
        let found = table.cell(row, on).and_then(|text| rows.get(text)).copied();
        if found.is_none() {
            without = without.saturating_add(1);
            first_without = first_without.or(Some(row));
        }
        let joined = added.iter().map(|column| found.and_then(|found| other.cell(found, *column)).unwrap_or(""));
        made.push(table.row_number(row), cells(table, row).chain(joined))?;
    }
    let finding = first_without.map(|first| {
        let code = table.cell(first, on).unwrap_or("(blank)");
        let detail = format!(
            "{without} of {} rows have a {} that {} does not have, the first {code}",
            table.len(),
            join.on,
            other.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
        );
        Finding::new("DQ-04", detail, "joined columns left blank")
            .file(table.path.display().to_string())
            .field(join.on.clone())
            .record(i64::try_from(table.row_number(first)).unwrap_or(i64::MAX))
            .value(without as f64, "rows")
    });
    Ok((made.finish(), finding))
}
