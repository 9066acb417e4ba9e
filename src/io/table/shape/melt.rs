//! Columns of amounts turned into rows: one a row and column.

use super::{Made, choose};
use crate::config::{Columns, Limits, MELTED, Melt};
use crate::domain::TextTable;
use crate::error::Result;

/// A column that becomes rows.
struct Column {
    index: usize,
    service: String,
    year: String,
}

/// The table with one row a row and column of amounts: its other columns, then those of [`MELTED`]. Rows keep the numbers of the file.
pub(super) fn melt(table: &TextTable, melt: &Melt, limits: &Limits) -> Result<TextTable> {
    let melted = columns(table, melt)?;
    let stays: Vec<usize> = (0..table.columns.len()).filter(|index| melted.iter().all(|column| column.index != *index)).collect();
    let mut names: Vec<String> = stays.iter().filter_map(|index| table.columns.get(*index).cloned()).collect();
    names.extend(MELTED.map(str::to_owned));
    let mut made = Made::new(table, names, limits);
    for row in 0..table.len() {
        for column in &melted {
            let amount = table.cell(row, column.index).unwrap_or("");
            let name = table.columns.get(column.index).map_or("", String::as_str);
            let own = stays.iter().map(|index| table.cell(row, *index).unwrap_or(""));
            made.push(table.row_number(row), own.chain([amount, &column.service, &column.year, name]))?;
        }
    }
    Ok(made.finish())
}

fn columns(table: &TextTable, melt: &Melt) -> Result<Vec<Column>> {
    let named = |index: usize| table.columns.get(index).cloned().unwrap_or_default();
    let of = |columns: &Columns| -> Result<Vec<Column>> {
        let chosen = choose::columns(table, columns)?;
        Ok(chosen.into_iter().map(|index| Column { index, service: named(index), year: String::new() }).collect())
    };
    match melt {
        Melt::Some(columns) => of(columns),
        Melt::Named(columns) => columns
            .iter()
            .map(|column| {
                Ok(Column {
                    index: table.require(&column.column)?,
                    service: column.service.clone().unwrap_or_else(|| column.column.clone()),
                    year: column.fiscal_year.clone().unwrap_or_default(),
                })
            })
            .collect(),
        Melt::Pattern(pattern) => {
            let parts = choose::parse(pattern);
            let mut columns = Vec::new();
            for (index, name) in table.columns.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                if let Some((service, year)) = choose::fit(&parts, name) {
                    let text = |text: Option<&str>| text.unwrap_or("").to_owned();
                    columns.push(Column { index, service: text(service), year: text(year) });
                }
            }
            if columns.is_empty() { Err(choose::none(table, pattern).into()) } else { Ok(columns) }
        }
    }
}
