//! Blank cells that have the value above them, as merged cells of a sheet do.

use super::{Made, cells};
use crate::config::Limits;
use crate::domain::{Finding, TextTable};
use crate::error::Result;
use crate::words;

/// The table with the blank cells of some columns filled from above, and what to tell of it.
pub(super) fn down(table: &TextTable, columns: &[String], limits: &Limits) -> Result<(TextTable, Option<Finding>)> {
    let filled: Vec<usize> = columns.iter().map(|column| table.require(column)).collect::<Result<_>>()?;
    let mut above: Vec<Option<usize>> = vec![None; table.columns.len()];
    let mut made = Made::new(table, table.columns.clone(), limits);
    let mut count = 0usize;
    for row in 0..table.len() {
        for column in &filled {
            if let Some(above) = above.get_mut(*column) {
                if table.cell(row, *column).is_some() {
                    *above = Some(row);
                } else if above.is_some() {
                    count = count.saturating_add(1);
                }
            }
        }
        let from_above = |column: usize| above.get(column).copied().flatten().and_then(|above| table.cell(above, column));
        made.push(
            table.row_number(row),
            cells(table, row).enumerate().map(|(column, cell)| if cell.is_empty() { from_above(column).unwrap_or("") } else { cell }),
        )?;
    }
    let finding = (count > 0).then(|| {
        let detail = format!(
            "{} of {} took the value above, as fill_down says",
            words::count(count, "blank cell", "blank cells"),
            columns.join(", ")
        );
        Finding::new("DQ-27", detail, "filled down").file(table.path.display().to_string()).value(count as f64, "cells")
    });
    Ok((made.finish(), finding))
}
