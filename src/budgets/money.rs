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

/// Finding DQ-11 where the name of the amount column says another unit than the config: a thousandfold error is silent otherwise.
pub(super) fn doubtful_unit(plan: &BudgetPlan) -> Option<Finding> {
    let name = plan.amount.to_lowercase();
    let says = |marks: &[&str]| marks.iter().any(|mark| name.contains(mark));
    let named = if says(&["000s", "£000", "£'000", "£k", "gbp000", "thousand"]) || name.ends_with("_000") || name.ends_with(" 000") {
        1e3
    } else if says(&["million", "£m", "(m)"]) || name.ends_with("_m") {
        1e6
    } else {
        return None;
    };
    (plan.unit != named).then(|| {
        let detail = format!("the amount column is called `{}`, which says {named} pounds, and `unit` is {}", plan.amount, plan.unit);
        Finding::new("DQ-11", detail, "`unit` is used").field(plan.amount.clone()).value(plan.unit, "pounds")
    })
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

/// Reads amounts of one unit: as [`amount`] does, and plain numbers of whole pence without a decimal in between.
#[derive(Debug, Clone, Copy)]
pub(super) struct AmountReader {
    unit: f64,
    /// Pence per 1 in the column, where that is a whole number.
    whole: Option<i64>,
}

/// Digits of a number that is certainly within 64 bits.
const SHORT: usize = 18;

impl AmountReader {
    pub(super) fn new(unit: f64) -> Self {
        let pence = unit * 100.0;
        // Up to 2^53 every whole number is a float, and a float that is one is that number.
        let whole = (pence.fract() == 0.0 && (1.0..=9e15).contains(&pence)).then_some(pence as i64);
        Self { unit, whole }
    }

    /// A cell in pence.
    pub(super) fn read(self, cell: Option<&str>) -> Amount {
        let plain = self.whole.zip(cell).and_then(|(factor, text)| plain_pence(text, factor));
        plain.map_or_else(|| amount(cell, self.unit), |pence| Amount::Known { pence: Pence(pence), difference: 0.0 })
    }
}

/// `[-]digits[.digits]` times `factor`, where that is a whole number within 64 bits.
fn plain_pence(text: &str, factor: i64) -> Option<i64> {
    let (digits, negative) = match text.strip_prefix('-') {
        Some(digits) => (digits, true),
        None => (text, false),
    };
    if digits.len() > SHORT {
        return None;
    }
    let (mut number, mut decimals, mut seen, mut point) = (0i64, 0u32, false, false);
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                number = number.checked_mul(10)?.checked_add(i64::from(byte.wrapping_sub(b'0')))?;
                decimals = decimals.saturating_add(u32::from(point));
                seen = true;
            }
            b'.' if !point => point = true,
            _ => return None,
        }
    }
    let scale = 10i64.checked_pow(decimals)?;
    let product = number.checked_mul(factor)?;
    if !seen || product.checked_rem(scale)? != 0 {
        return None;
    }
    let pence = product.checked_div(scale)?;
    Some(if negative { pence.checked_neg()? } else { pence })
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
            self.amounts = self.amounts.saturating_add(1);
            self.moved -= difference;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.amounts = self.amounts.saturating_add(other.amounts);
        self.moved += other.moved;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_numbers_are_read_as_all_others_are() {
        let texts = [
            "0",
            "7",
            "-7",
            "12.5",
            "1234567.891",
            "-0.01",
            "0.005",
            ".5",
            "5.",
            ".",
            "-",
            "",
            "1,234",
            "(5)",
            "1e3",
            "--1",
            "1.2.3",
            "1234567890123456",
            "92233720368547758",
            "99999999999999999999",
            "*",
            "\u{a3}5",
            "5 ",
            "-.5",
            "000000000000000001",
        ];
        for unit in [1.0, 1000.0, 1e6, 0.01, 0.5, 0.001, 1e15] {
            for text in texts {
                let told = |amount: Amount| match amount {
                    Amount::Unknown => "unknown".to_owned(),
                    Amount::Known { pence, difference } => format!("{} {difference}", pence.0),
                    Amount::Invalid => "invalid".to_owned(),
                    Amount::TooLarge => "too large".to_owned(),
                };
                assert_eq!(told(AmountReader::new(unit).read(Some(text))), told(amount(Some(text), unit)), "{text} x {unit}");
            }
        }
        // 12.5 thousand pounds are 1,250,000 pence, without a decimal in between.
        assert_eq!(plain_pence("12.5", 100_000), Some(1_250_000));
        assert_eq!(plain_pence("0.005", 100), None);
    }
}
