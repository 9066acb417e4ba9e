//! Cells to exact pence.

use crate::config::BudgetPlan;
use crate::domain::number::{Parsed, parse_decimal, pence};
use crate::domain::{Finding, Pence};
use crate::error::{Error, Result};

/// What an amount cell says.
pub(super) enum Amount {
    /// Nothing (blank, `*`, `..`).
    Unknown,
    /// Pence, and what rounding to the penny took away (exact minus rounded, in pence).
    Known { pence: Pence, difference: f64 },
    /// No number.
    Invalid,
    /// More than 64 bits of pence.
    TooLarge,
}

/// Checks the pounds per 1 in the amount column.
///
/// # Errors
/// `unit` is not a positive number.
pub(super) fn unit(plan: &BudgetPlan) -> Result<f64> {
    if plan.unit.is_finite() && plan.unit > 0.0 {
        return Ok(plan.unit);
    }
    let message =
        format!("budget `{}`: unit = {} is not a number of pounds above 0; use 1 for pounds, 1000 for thousands", plan.id, plan.unit);
    Err(Error::Config { path: None, line: Some(plan.line), message })
}

/// A cell in pence: value x `unit` pounds, rounded to the penny half away from zero.
pub(super) fn amount(cell: Option<&str>, unit: f64) -> Amount {
    match parse_decimal(cell.unwrap_or("")) {
        Parsed::Unknown => Amount::Unknown,
        Parsed::Invalid => Amount::Invalid,
        Parsed::Known(value) => match pence(value, unit) {
            None => Amount::TooLarge,
            Some(rounded) => Amount::Known { pence: rounded.pence, difference: rounded.difference },
        },
    }
}

/// What rounding to the penny did to a column.
#[derive(Default)]
pub(super) struct Rounding {
    amounts: u64,
    /// Sum of rounded minus exact.
    moved: f64,
}

impl Rounding {
    pub(super) fn add(&mut self, difference: f64) {
        if difference != 0.0 {
            self.amounts += 1;
            self.moved -= difference;
        }
    }

    /// Finding DQ-07, if anything was rounded.
    pub(super) fn finding(&self, field: &str) -> Option<Finding> {
        (self.amounts > 0).then(|| {
            // Differences are read to a millionth of a penny, below which their own sum in floats is noise.
            let moved = (self.moved * 1e6).round() / 1e6;
            Finding::new(
                "DQ-07",
                format!("{} amounts held part of a penny; rounding moved their sum by {moved} pence", self.amounts),
                "rounded to the penny, half away from zero",
            )
            .field(field)
            .value(moved, "pence")
        })
    }
}
