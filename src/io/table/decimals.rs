//! Decimal commas: which numbers mean what where a file may come from a country that writes 1.500,25.

use std::borrow::Cow;

use crate::domain::TextTable;

/// A number that is written with digits, points and commas alone, taken apart.
struct Written<'a> {
    /// What stands before the first digit, and behind the last: a sign, a pound, brackets.
    around: (&'a str, &'a str),
    digits: &'a str,
}

impl<'a> Written<'a> {
    fn of(cell: &'a str) -> Option<Self> {
        let cell = cell.trim();
        let body = cell.trim_start_matches(['-', '+', '(', '£', ' ', '\u{2212}', '\u{2013}']);
        let before = cell.strip_suffix(body)?;
        let digits = body.trim_end_matches([')', ' ']);
        let after = body.strip_prefix(digits)?;
        let is_number = digits.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',');
        is_number.then_some(Self { around: (before, after), digits })
    }
}

/// Whether a number is whole groups: one to three digits, the first of them no lone 0, then groups of three behind `mark`.
fn is_grouped(digits: &str, mark: char) -> bool {
    let mut groups = digits.split(mark);
    let first = groups.next().unwrap_or("");
    let mut rest = groups.peekable();
    (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && rest.peek().is_some()
        && rest.all(|group| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit()))
        && first.bytes().all(|byte| byte.is_ascii_digit())
}

/// A cell of a file with decimal commas as all others are written: `1.500,25` as `1500.25`. What is no number stays as it is.
///
/// # Errors
/// A number whose point can only be a decimal point, or that has commas which cannot be decimal.
pub(super) fn with_points(cell: &str) -> Result<Cow<'_, str>, ()> {
    let Some(Written { around: (before, after), digits }) = Written::of(cell) else { return Ok(Cow::Borrowed(cell)) };
    if !digits.contains(['.', ',']) {
        return Ok(Cow::Borrowed(cell));
    }
    let (whole, fraction) = digits.split_once(',').unwrap_or((digits, ""));
    // Dates such as 31.03.2026 are no numbers.
    if fraction.is_empty() && whole.matches('.').count() > 1 && !is_grouped(whole, '.') {
        return Ok(Cow::Borrowed(cell));
    }
    let is_whole = is_grouped(whole, '.') || whole.bytes().all(|byte| byte.is_ascii_digit());
    if !is_whole || !fraction.bytes().all(|byte| byte.is_ascii_digit()) || digits.ends_with(',') {
        return Err(());
    }
    let whole = whole.replace('.', "");
    let point = if fraction.is_empty() { "" } else { "." };
    Ok(Cow::Owned(format!("{before}{whole}{point}{fraction}{after}")))
}

/// The first number of a table that may be read in two ways, as its row and column, where nothing else in its column says which: `1.500` and
/// `1,500` are fifteen hundred or one and a half.
pub(super) fn doubtful(table: &TextTable) -> Option<(usize, usize)> {
    (0..table.columns.len()).find_map(|column| {
        let mut first = None;
        for row in 0..table.len() {
            let Some(Written { digits, .. }) = table.cell(row, column).and_then(Written::of) else { continue };
            let marks = (digits.matches('.').count(), digits.matches(',').count());
            match marks {
                (0, 0) => {}
                (1, 0) if is_grouped(digits, '.') => first = first.or(Some(row)),
                (0, 1) if is_grouped(digits, ',') => first = first.or(Some(row)),
                // 1.5 and 1,234.5 have decimal points, and 1,500,000 thousands in commas: as everything here is read.
                (1, _) if digits.rfind('.') > digits.rfind(',') => return None,
                (0, 2..) if is_grouped(digits, ',') => return None,
                // 1.500.000, 1,5 and 1.500,25 have decimal commas.
                _ => {}
            }
        }
        first.map(|row| (row, column))
    })
}

/// The first number of a column all of whose numbers with a mark have one point and three digits behind it, as its row and column: `1.500` may be
/// fifteen hundred.
pub(super) fn pointed(table: &TextTable) -> Option<(usize, usize)> {
    (0..table.columns.len()).find_map(|column| {
        let mut first = None;
        for row in 0..table.len() {
            let Some(Written { digits, .. }) = table.cell(row, column).and_then(Written::of) else { continue };
            match (digits.contains(','), digits.contains('.')) {
                (false, false) => {}
                (false, true) if is_grouped(digits, '.') => first = first.or(Some(row)),
                _ => return None,
            }
        }
        first.map(|row| (row, column))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_commas_become_points() {
        for (cell, read) in [
            ("1.500,25", "1500.25"),
            ("1.500", "1500"),
            ("-1.234.567,8", "-1234567.8"),
            ("(12,5)", "(12.5)"),
            ("£ 0,125", "£ 0.125"),
            ("12", "12"),
            ("E08000016", "E08000016"),
            ("31.03.2026", "31.03.2026"),
            ("a, b", "a, b"),
            ("", ""),
        ] {
            assert_eq!(with_points(cell).unwrap(), read, "{cell}");
        }
        for cell in ["1.5", "1,234.5", "1,5,0", "0.125", "12,"] {
            assert_eq!(with_points(cell), Err(()), "{cell}");
        }
    }

    #[test]
    fn points_before_three_digits_are_told_where_nothing_says_what_they_are() {
        let of = |cells: &[&str]| {
            let mut table = TextTable::new("t.csv", None, vec!["pounds".to_owned()]);
            cells.iter().zip(2..).for_each(|(cell, row)| table.push(row, [*cell]));
            pointed(&table)
        };
        assert_eq!(of(&["7", "1.500", "2.000"]), Some((1, 0)));
        for told in [&["1.500", "1.5"][..], &["1.500", "1,500"], &["0.125"], &["1500"], &["2345.123"]] {
            assert_eq!(of(told), None, "{told:?}");
        }
    }

    #[test]
    fn a_number_of_two_readings_is_doubtful_where_its_column_does_not_say() {
        let of = |cells: &[&str]| {
            let mut table = TextTable::new("t.csv", None, vec!["pounds".to_owned()]);
            cells.iter().zip(2..).for_each(|(cell, row)| table.push(row, [*cell]));
            doubtful(&table)
        };
        assert_eq!(of(&["7", "1.500"]), Some((1, 0)));
        assert_eq!(of(&["1,500"]), Some((0, 0)));
        assert_eq!(of(&["12,5", "1.500"]), Some((1, 0)));
        assert_eq!(of(&["1.500.000", "1.500"]), Some((1, 0)));
        // Another number of the column says what a point or a comma is; 0.125 is no thousands.
        for cells in [["1.5", "1.500"], ["1,500,000", "1,500"], ["1,234.5", "1,500"], ["0.125", "0.250"], ["12", "13"], ["1.2.3", "x"]] {
            assert_eq!(of(&cells), None, "{cells:?}");
        }
    }
}
