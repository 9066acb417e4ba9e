//! Columns that are sums of others.

use rust_decimal::Decimal;

use super::{Made, cells, choose, placed};
use crate::config::{Limits, Sum};
use crate::domain::TextTable;
use crate::domain::number::{Parsed, parse_decimal};
use crate::error::{InputProblem, Result};

/// The table with sums as further columns. A sum of which one part is not known is not known.
///
/// # Errors
/// A column is not there, or has the name of a sum; a cell is no number.
pub(super) fn sums(table: &TextTable, sums: &[Sum], limits: &Limits) -> Result<TextTable> {
    let mut columns = table.columns.clone();
    let mut chosen: Vec<Vec<usize>> = Vec::with_capacity(sums.len());
    for sum in sums {
        if table.column(&sum.name).is_some() && !matches!(&sum.columns, crate::config::Columns::List(names) if names.len() == 1) {
            let found = format!("has a column \"{}\", which is what a sum would be called", sum.name);
            return Err(InputProblem::new(&table.path, found, "", "name that column in field, or other columns in fields").into());
        }
        chosen.push(choose::columns(table, &sum.columns)?);
    }
    let added: Vec<usize> = (0..sums.len()).filter(|index| sums.get(*index).is_some_and(|sum| table.column(&sum.name).is_none())).collect();
    columns.extend(added.iter().filter_map(|index| sums.get(*index)).map(|sum| sum.name.clone()));
    let mut made = Made::new(table, columns, limits);
    let mut texts: Vec<String> = Vec::with_capacity(added.len());
    for row in 0..table.len() {
        texts.clear();
        for index in &added {
            texts.push(chosen.get(*index).map_or_else(|| Ok(String::new()), |columns| sum_of(table, row, columns))?);
        }
        made.push(table.row_number(row), cells(table, row).chain(texts.iter().map(String::as_str)))?;
    }
    Ok(made.finish())
}

fn sum_of(table: &TextTable, row: usize, columns: &[usize]) -> Result<String> {
    let mut sum = Decimal::ZERO;
    for column in columns {
        let text = table.cell(row, *column).unwrap_or("");
        let number = match parse_decimal(text) {
            Parsed::Unknown => return Ok(String::new()),
            Parsed::Known(number) => sum.checked_add(number),
            Parsed::Invalid => None,
        };
        match number {
            Some(number) => sum = number,
            None => {
                let name = table.columns.get(*column).map_or("", String::as_str);
                let problem = InputProblem::new(
                    &table.path,
                    format!("`{text}` is not a number that can be summed"),
                    "a number, or an unknown one (blank, `*`, `..`, `-`, `c`)",
                    "name other columns in fields, or leave the row out with where",
                );
                return Err(placed(problem.field(name), table, table.row_number(row)).into());
            }
        }
    }
    Ok(sum.normalize().to_string())
}
