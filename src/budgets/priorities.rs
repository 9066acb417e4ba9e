//! Services that NHS bodies put first.

use std::collections::BTreeMap;

use super::inputs::{Codes, Rows};
use crate::alignment::Side;
use crate::domain::number::{Parsed, parse_decimal};
use crate::domain::{Finding, Layer, TextTable};
use crate::error::Result;

/// Columns of a priorities table.
pub const PRIORITY_COLUMNS: &[(&str, &str)] = &[
    ("health_code", "code of the NHS body; blank = every NHS body"),
    ("service", "service it puts first, by the name it has after the service crosswalk"),
    ("rank", "1 for the first priority; blank = not known"),
];

/// A service that an NHS body, or every one, puts first.
#[derive(Debug, Clone, PartialEq)]
pub struct Priority {
    /// Row as a spreadsheet shows it.
    pub row: u64,
    /// NHS body; `None` = every NHS body.
    pub health_code: Option<String>,
    /// Service.
    pub service: String,
    /// 1 for the first; `None` = not known.
    pub rank: Option<u32>,
}

/// Reads priorities ([`PRIORITY_COLUMNS`]), in the order of their rows, and a DQ-04 finding for each row with a code of no layer.
///
/// # Errors
/// A column that is not there, a blank service, a rank that is no whole number of 1 or more, two rows for one body and service.
pub fn read_priorities(table: &TextTable, layers: &[Layer]) -> Result<(Vec<Priority>, Vec<Finding>)> {
    let rows = Rows::new(table, PRIORITY_COLUMNS)?;
    let mut codes = Codes::new(layers, table);
    let mut priorities = Vec::with_capacity(table.len());
    let mut seen: BTreeMap<(Option<String>, String), u64> = BTreeMap::new();
    for row in 0..table.len() {
        let number = table.row_number(row);
        let health_code = rows.cell(row, "health_code").map(|code| codes.check(Side::Health, code.to_owned(), number, "health_code"));
        let service = rows.required(row, "service", "a service")?;
        if let Some(first) = seen.insert((health_code.clone(), service.clone()), number) {
            let found = format!("{} and `{service}` have row {first} already", health_code.as_deref().unwrap_or("every body"));
            return Err(rows.problem(row, "service", found, "one row per body and service", "keep one of the two rows"));
        }
        let text = rows.cell(row, "rank").unwrap_or("");
        let rank = match parse_decimal(text) {
            Parsed::Unknown => None,
            Parsed::Known(rank) if rank.fract().is_zero() => u32::try_from(rank).ok().filter(|rank| *rank > 0),
            Parsed::Known(_) | Parsed::Invalid => None,
        };
        if rank.is_none() && !matches!(parse_decimal(text), Parsed::Unknown) {
            return Err(rows.problem(row, "rank", format!("`{text}`"), "a whole number of 1 or more, or blank", "correct the cell"));
        }
        priorities.push(Priority { row: number, health_code, service, rank });
    }
    Ok((priorities, codes.findings))
}
