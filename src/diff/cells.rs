//! One cell: as it was published, as people read it, and as JSON.

use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

use crate::domain::ColumnType;
use crate::error::harmless;

/// A cell of a published table: its text, exact, and its type. Unknown is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Name of the column.
    pub column: String,
    /// Type of the column.
    pub kind: ColumnType,
    /// The cell in A, or in the one run that has the row.
    pub from: Option<String>,
    /// The cell in B, or in the one run that has the row.
    pub to: Option<String>,
}

/// Digits of a number that a reader can be expected to compare.
const DIGITS: usize = 10;

/// Most decimals told of a number.
const DECIMALS: usize = 6;

impl Cell {
    /// Whether the two cells read the same to ten digits (and six decimals), though they are not: the noise of another order of sums.
    pub fn is_below_display(&self) -> bool {
        self.kind == ColumnType::Number
            && self.from != self.to
            && shown(self.kind, self.from.as_deref()) == shown(self.kind, self.to.as_deref())
    }

    /// "from -> to", in full where the two would read the same.
    pub(super) fn told(&self) -> String {
        let full = |cell: &Option<String>| cell.as_deref().map_or_else(|| "null".to_owned(), harmless);
        if self.is_below_display() {
            return format!("{} {} -> {} (below display precision)", self.column, full(&self.from), full(&self.to));
        }
        format!("{} {} -> {}", self.column, shown(self.kind, self.from.as_deref()), shown(self.kind, self.to.as_deref()))
    }
}

/// A cell as people read it: numbers to ten digits and six decimals, nothing that works on a terminal.
pub(super) fn shown(kind: ColumnType, cell: Option<&str>) -> String {
    let Some(text) = cell else { return "null".to_owned() };
    match (kind, text.parse::<f64>()) {
        (ColumnType::Number, Ok(number)) if number.is_finite() => {
            let whole = format!("{:.0}", number.abs().trunc()).len();
            let text = format!("{number:.*}", DIGITS.saturating_sub(whole).min(DECIMALS));
            let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
            if text == "-0" { "0".to_owned() } else { text.to_owned() }
        }
        _ => harmless(text),
    }
}

/// A cell as JSON: a number is a number with all its digits, unknown is null.
pub(super) fn json(kind: ColumnType, cell: Option<&str>) -> Json {
    let Some(text) = cell else { return Json::Null };
    let read = match kind {
        ColumnType::Integer => text.parse::<i64>().ok().map(Json::from),
        ColumnType::Number => text.parse::<f64>().ok().and_then(Number::from_f64).map(Json::Number),
        ColumnType::Boolean => text.parse::<bool>().ok().map(Json::Bool),
        ColumnType::Text | ColumnType::Date => None,
    };
    read.unwrap_or_else(|| Json::String(text.to_owned()))
}

/// The order in which published rows are sorted: numbers by size, text by its bytes, null last.
pub(super) fn order(kind: ColumnType, one: Option<&str>, other: Option<&str>) -> Ordering {
    let (one, other) = match (one, other) {
        (Some(one), Some(other)) => (one, other),
        (Some(_), None) => return Ordering::Less,
        (None, Some(_)) => return Ordering::Greater,
        (None, None) => return Ordering::Equal,
    };
    let by_size = match kind {
        ColumnType::Integer => one.parse::<i64>().ok().zip(other.parse::<i64>().ok()).map(|(one, other)| one.cmp(&other)),
        ColumnType::Number => one.parse::<f64>().ok().zip(other.parse::<f64>().ok()).map(|(one, other)| one.total_cmp(&other)),
        _ => None,
    };
    by_size.unwrap_or_else(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(from: &str, to: &str) -> Cell {
        Cell { column: "share".to_owned(), kind: ColumnType::Number, from: Some(from.to_owned()), to: Some(to.to_owned()) }
    }

    #[test]
    fn a_change_too_small_to_see_is_told_in_full() {
        let small = number("0.30000000000000004", "0.3");
        assert!(small.is_below_display());
        assert_eq!(small.told(), "share 0.30000000000000004 -> 0.3 (below display precision)");
        let seen = number("0.300001", "0.3");
        assert!(!seen.is_below_display());
        assert_eq!(seen.told(), "share 0.300001 -> 0.3");
        // Ten digits of a large area; people to the last digit.
        assert!(!number("12345678901.25", "12345678901.75").told().contains("below"));
        assert!(number("12345678901.25", "12345678901.3").is_below_display());
        assert_eq!(number("1234567", "1234568").told(), "share 1234567 -> 1234568");
        let unknown = Cell { to: None, ..number("1", "1") };
        assert_eq!(unknown.told(), "share 1 -> null");
        assert!(!number("1", "1").is_below_display());
    }

    #[test]
    fn names_that_work_on_a_terminal_do_not() {
        let cell = Cell { kind: ColumnType::Text, ..number("\u{1b}[31mred", "a\nb") };
        assert_eq!(cell.told(), "share \\u{1b}[31mred -> a\\u{a}b");
    }

    #[test]
    fn order_is_that_of_published_rows() {
        assert!(order(ColumnType::Integer, Some("9"), Some("10")).is_lt());
        assert!(order(ColumnType::Text, Some("9"), Some("10")).is_gt());
        assert!(order(ColumnType::Number, Some("0.001"), Some("0.01")).is_lt());
        assert!(order(ColumnType::Text, None, Some("z")).is_gt());
    }
}
