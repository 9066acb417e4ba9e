//! Numbers as people print them, read exactly: no float stands between the text of a file and pence or people.

use rust_decimal::Decimal;

use super::units::{Pence, People};

/// What a cell says when a number is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed {
    /// This number.
    Known(Decimal),
    /// Nothing: blank, or one of the marks that statistics use for suppressed, not available or not applicable.
    Unknown,
    /// Text that is no number, or one beyond 28 digits.
    Invalid,
}

/// What a cell says when a number of people is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParsedPeople {
    /// This many.
    Known {
        /// To the nearest millionth.
        people: People,
        /// Whether the text had digits below a millionth.
        rounded: bool,
    },
    /// Nothing; see [`Parsed::Unknown`].
    Unknown,
    /// No number, a negative one, or more than [`People::MOST`].
    Invalid,
}

/// An amount in pence, with what rounding to whole pence took away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RoundedPence {
    /// To the nearest penny, halves away from zero.
    pub pence: Pence,
    /// Exact amount minus `pence`, in pence: 0 if and only if nothing was rounded.
    pub difference: f64,
}

/// Marks for "no figure here", in lower case. Sources: Government Statistical Service, "Symbols in tables" (`[c]` confidential, `[x]` not
/// available, `[z]` not applicable, `[u]` unreliable, `[w]` none recorded in survey, `[low]`); ONS and NHS tables before 2021 (`*`, `..`, `:`, `-`).
/// A dash is unknown, not nil: tables that mean nil print 0.
const UNKNOWN_MARKS: &[&str] = &[
    "*",
    "**",
    "***",
    ".",
    "..",
    "...",
    "…",
    ":",
    "-",
    "--",
    "–",
    "—",
    "−",
    "~",
    "?",
    "c",
    "x",
    "z",
    "u",
    "w",
    "[c]",
    "[x]",
    "[z]",
    "[u]",
    "[w]",
    "[low]",
    "n/a",
    "na",
    "n.a.",
    "n.a",
    "#n/a",
    "nan",
    "null",
    "none",
    "nil return",
    "unknown",
    "suppressed",
    "not available",
    "not applicable",
    "not known",
    "no data",
    "tbc",
    "missing",
];

/// Digits that a [`Decimal`] certainly holds (its 96 bits hold every number of 28 digits).
const DIGITS: usize = 28;

/// Reads a number as statistics and accounts print it.
///
/// Accepted: thousands separators (commas, or spaces of any width) where every group has three digits, one `£` before or after the sign,
/// negatives by `-`, a Unicode minus or dash, or brackets, and exponents as floats are printed (`1.5E-7`). `1,5` is not accepted: whether
/// its comma is decimal cannot be known. Guarantee: the number is exactly the text's, save that digits beyond the 28th decimal place
/// are rounded to the nearest.
pub fn parse_decimal(text: &str) -> Parsed {
    let text = text.trim();
    if text.is_empty() || UNKNOWN_MARKS.contains(&text.to_lowercase().as_str()) {
        return Parsed::Unknown;
    }
    match number(text) {
        Some(number) => Parsed::Known(number),
        None => Parsed::Invalid,
    }
}

/// Reads a number of people.
///
/// Guarantee: millionths of a person as printed; finer digits are rounded to the nearest, halves up, and `rounded` says so.
pub fn parse_people(text: &str) -> ParsedPeople {
    let number = match parse_decimal(text) {
        Parsed::Unknown => return ParsedPeople::Unknown,
        Parsed::Invalid => return ParsedPeople::Invalid,
        Parsed::Known(number) => number,
    };
    if number.is_sign_negative() && !number.is_zero() {
        return ParsedPeople::Invalid;
    }
    match scaled_to_integer(number, Decimal::from(People::UNIT)) {
        Some((people, rest)) if people <= People::MOST.0 => ParsedPeople::Known { people: People(people), rounded: rest != 0.0 },
        _ => ParsedPeople::Invalid,
    }
}

/// Turns an amount of `unit` pounds each into pence: `amount * unit * 100`, to the nearest penny, halves away from zero.
///
/// `unit` is the number its shortest decimal text says (0.1 is a tenth). `None` if the unit is not a positive number, or the result is
/// beyond 92 thousand million million pounds, or has too many digits to be multiplied exactly.
pub fn pence(amount: Decimal, unit: f64) -> Option<RoundedPence> {
    if !unit.is_finite() || unit <= 0.0 {
        return None;
    }
    let unit = number(&format!("{unit}"))?;
    let (pence, difference) = scaled_to_integer(amount, unit.checked_mul(Decimal::ONE_HUNDRED)?)?;
    Some(RoundedPence { pence: Pence(pence), difference })
}

/// `number * factor` to the nearest integer, halves away from zero, and the exact product minus that integer.
fn scaled_to_integer(number: Decimal, factor: Decimal) -> Option<(i64, f64)> {
    let (number, factor) = (number.normalize(), factor.normalize());
    let product = number.mantissa().checked_mul(factor.mantissa())?;
    let scale = number.scale().checked_add(factor.scale())?;
    let Some(divisor) = 10i128.checked_pow(scale) else {
        // More than 38 decimal places: the product is below 2^127 / 10^39, which is less than a half.
        return Some((0, product as f64 / 10f64.powi(i32::try_from(scale).ok()?)));
    };
    let (mut quotient, mut rest) = (product.checked_div(divisor)?, product.checked_rem(divisor)?);
    if rest.unsigned_abs() >= divisor.unsigned_abs().saturating_sub(rest.unsigned_abs()) && rest != 0 {
        quotient = quotient.checked_add(rest.signum())?;
        rest = rest.checked_sub(rest.signum().checked_mul(divisor)?)?;
    }
    Some((i64::try_from(quotient).ok()?, rest as f64 / divisor as f64))
}

/// The number that `text` prints, or `None`.
fn number(text: &str) -> Option<Decimal> {
    let (body, bracketed) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (inner.trim(), true),
        None => (text, false),
    };
    let (body, pound_first) = strip_pound(body);
    let (body, sign) = strip_sign(body);
    let (body, pound_second) = strip_pound(body);
    if (pound_first && pound_second) || (bracketed && sign.is_some()) {
        return None;
    }
    let negative = bracketed || sign == Some(true);
    let (digits, exponent) = match body.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent_of(exponent)?),
        None => (body, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = without_separators(whole)?;
    if (whole.is_empty() && fraction.is_empty()) || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let decimal = decimal_of(&whole, fraction, exponent)?;
    let mut decimal = decimal;
    if negative {
        decimal.set_sign_negative(true);
    }
    Some(decimal)
}

fn strip_pound(text: &str) -> (&str, bool) {
    match text.strip_prefix('£') {
        Some(rest) => (rest.trim_start(), true),
        None => (text, false),
    }
}

/// The rest and whether the sign is a minus; `None` where there is no sign.
fn strip_sign(text: &str) -> (&str, Option<bool>) {
    // U+2212 minus and U+2013 en dash come out of typeset tables; both stand for a minus before a digit.
    match text.strip_prefix(['-', '\u{2212}', '\u{2013}']) {
        Some(rest) => (rest.trim_start(), Some(true)),
        None => match text.strip_prefix('+') {
            Some(rest) => (rest, Some(false)),
            None => (text, None),
        },
    }
}

fn exponent_of(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// The digits of a whole number without its thousands separators; `None` if a group is not three digits or separators are mixed.
fn without_separators(text: &str) -> Option<String> {
    let is_separator = |c: char| c == ',' || c.is_whitespace();
    let Some(separator) = text.chars().find(|c| is_separator(*c)) else {
        return text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.to_owned());
    };
    let mut whole = String::with_capacity(text.len());
    for (index, group) in text.split(separator).enumerate() {
        let length = if index == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        if !length || !group.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        whole.push_str(group);
    }
    Some(whole)
}

/// `whole.fraction * 10^exponent` exactly, but for digits past the 28th decimal place, which are rounded.
fn decimal_of(whole: &str, fraction: &str, exponent: i32) -> Option<Decimal> {
    // As digits and a count of decimals: digits * 10^-decimals.
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let trimmed = digits.trim_end_matches('0');
    if trimmed.is_empty() {
        return Some(Decimal::ZERO);
    }
    let trailing = i64::try_from(digits.len().checked_sub(trimmed.len())?).ok()?;
    let decimals = i64::try_from(fraction.len()).ok()?.checked_sub(i64::from(exponent))?.checked_sub(trailing)?;
    if decimals <= 0 {
        let zeros = usize::try_from(decimals.checked_neg()?).ok()?;
        if trimmed.len().checked_add(zeros)? > DIGITS {
            return None;
        }
        let mantissa: i128 = trimmed.parse().ok()?;
        return Decimal::try_from_i128_with_scale(mantissa.checked_mul(10i128.checked_pow(u32::try_from(zeros).ok()?)?)?, 0).ok();
    }
    let excess = usize::try_from(decimals).ok()?.saturating_sub(DIGITS);
    if excess == 0 {
        if trimmed.len() > DIGITS {
            return None;
        }
        return Decimal::try_from_i128_with_scale(trimmed.parse().ok()?, u32::try_from(decimals).ok()?).ok();
    }
    // Beyond the 28th decimal: keep what is before it and round by the first digit after it.
    let kept = trimmed.len().saturating_sub(excess);
    if kept > DIGITS {
        return None;
    }
    let head = trimmed.get(..kept)?;
    let first_lost = if excess > trimmed.len() { b'0' } else { trimmed.as_bytes().get(kept).copied().unwrap_or(b'0') };
    let mantissa: i128 = if head.is_empty() { 0 } else { head.parse().ok()? };
    let mantissa = mantissa.checked_add(i128::from(first_lost >= b'5'))?;
    Decimal::try_from_i128_with_scale(mantissa, 28).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> String {
        match parse_decimal(text) {
            Parsed::Known(number) => number.normalize().to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn numbers_as_accounts_print_them() {
        for (text, expected) in [
            ("1234.50", "1234.5"),
            (" 1,234,567.89 ", "1234567.89"),
            ("£1,000", "1000"),
            ("-£1,000", "-1000"),
            ("£-1,000", "-1000"),
            ("(1,000.5)", "-1000.5"),
            ("(£12)", "-12"),
            ("\u{2212}7", "-7"),
            ("\u{2013}7", "-7"),
            ("+7", "7"),
            ("1 234 567", "1234567"),
            ("1\u{a0}234", "1234"),
            ("1.5E-7", "0.00000015"),
            ("1e3", "1000"),
            ("1.25e+2", "125"),
            ("172121.0", "172121"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0", "0"),
            ("-0.00", "0"),
            ("1234567890123456789012345678", "1234567890123456789012345678"),
            // 30 decimals, a residue of float sums: 1.42e-14 rounded at the 28th
            ("1.4210854715202004e-14", "0.000000000000014210854715202"),
            ("1e-300", "0"),
        ] {
            assert_eq!(known(text), expected, "{text}");
        }
    }

    #[test]
    fn no_figure_is_unknown_not_zero() {
        for text in ["", "  ", "*", "..", "-", "c", "[C]", "n/a", "N/A", "#N/A", "NaN", "NULL", ":", "x"] {
            assert_eq!(parse_decimal(text), Parsed::Unknown, "{text}");
        }
    }

    #[test]
    fn ambiguous_or_broken_numbers_are_invalid() {
        for text in [
            "1,5",
            "1,23",
            "12,34,567",
            "1,2345",
            "1.2.3",
            "1e",
            "e5",
            "1e99999",
            "--5",
            "(-5)",
            "££5",
            "£",
            "5%",
            "5k",
            "1,234 567",
            "inf",
            "0x10",
            "12345678901234567890123456789",
            "1_000",
            "1,",
            ",1",
            "()",
            "+-1",
            "abc",
            "1e40",
        ] {
            assert_eq!(parse_decimal(text), Parsed::Invalid, "{text}");
        }
    }

    #[test]
    fn pence_are_exact_or_say_by_how_much_not() {
        let of = |text: &str, unit: f64| match parse_decimal(text) {
            Parsed::Known(number) => pence(number, unit).map(|rounded| (rounded.pence.0, rounded.difference)),
            _ => None,
        };
        // thousands of pounds: 172121.0 * 1000 * 100
        assert_eq!(of("172121.0", 1000.0), Some((17_212_100_000, 0.0)));
        assert_eq!(of("0.1", 0.1), Some((1, 0.0)));
        // 0.005 pounds is half a penny: away from zero on both sides
        assert_eq!(of("0.005", 1.0), Some((1, -0.5)));
        assert_eq!(of("-0.005", 1.0), Some((-1, 0.5)));
        assert_eq!(of("0.004", 1.0), Some((0, 0.4)));
        // a float's text next to a penny: 1234.5600000000001 pounds
        let (pence, difference) = of("1234.5600000000001", 1.0).unwrap_or_default();
        assert_eq!(pence, 123_456);
        assert!(difference > 0.0 && difference < 1e-10, "{difference}");
        assert_eq!(of("1000000000000000000", 1.0), None);
        assert_eq!(of("1", 0.0), None);
        assert_eq!(of("1", f64::NAN), None);
        // a residue rounds to nothing and says so
        let (pence, difference) = of("1.4210854715202004e-14", 0.000001).unwrap_or((1, 0.0));
        assert!(pence == 0 && difference > 0.0);
    }

    #[test]
    fn people_keep_millionths() {
        assert_eq!(parse_people("1,234"), ParsedPeople::Known { people: People::whole(1234), rounded: false });
        assert_eq!(parse_people("0.1234565"), ParsedPeople::Known { people: People(123_457), rounded: true });
        assert_eq!(parse_people("311.000"), ParsedPeople::Known { people: People::whole(311), rounded: false });
        assert_eq!(parse_people("-1"), ParsedPeople::Invalid);
        assert_eq!(parse_people("*"), ParsedPeople::Unknown);
        assert_eq!(parse_people("72057594037"), ParsedPeople::Known { people: People::whole(72_057_594_037), rounded: false });
        assert_eq!(parse_people("72057594038"), ParsedPeople::Invalid);
        assert_eq!(parse_people("99999999999999"), ParsedPeople::Invalid);
    }
}
