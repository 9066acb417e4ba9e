//! Words and numbers as people write them, in one place: numbers with their nouns, articles, lists of names, and the glossary.

pub mod glossary;

use crate::domain::{Pence, People};

/// Whole people with thousands separators: "12,300"; from a million on in millions: "1.26 million".
pub(crate) fn people(people: People) -> String {
    // Half up; a count of people is never negative.
    let half = People::UNIT / 2;
    let whole = people.0.saturating_add(half).div_euclid(People::UNIT);
    if whole < 1_000_000 {
        return grouped(whole);
    }
    let hundredths = whole.saturating_add(5_000).div_euclid(10_000);
    let decimals = format!("{:02}", hundredths.rem_euclid(100));
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{}{point}{decimals} million", grouped(hundredths.div_euclid(100)))
}

/// Land in hectares, from square metres: "4,100 hectares", "1 hectare"; less than one as square metres.
pub(crate) fn hectares(square_metres: f64) -> String {
    let whole = (square_metres / 10_000.0).round();
    if whole < 1.0 {
        return format!("{} m2", grouped(square_metres.round() as i64));
    }
    count(whole as usize, "hectare", "hectares")
}

/// Pounds, short: "£950", "£12,300", "£4.2m", "£6m", "£1.3bn"; "-£4.2m" below 0.
pub(crate) fn pounds(pence: Pence) -> String {
    let sign = if pence.0 < 0 { "-" } else { "" };
    let magnitude = i128::from(pence.0.unsigned_abs());
    // Tenths of a million and of a billion, rounded half up; 999,950 pounds and more read as millions.
    let tenths = |unit: i128| magnitude.saturating_mul(10).saturating_add(unit.div_euclid(2)).div_euclid(unit);
    let (million, billion) = (100_000_000i128, 100_000_000_000i128);
    let short = |tenths: i128| if tenths % 10 == 0 { format!("{}", tenths / 10) } else { format!("{}.{}", tenths / 10, tenths % 10) };
    if tenths(million) >= 10_000 {
        format!("{sign}£{}bn", short(tenths(billion)))
    } else if tenths(million) >= 10 {
        format!("{sign}£{}m", short(tenths(million)))
    } else {
        let pounds = magnitude.saturating_add(50) / 100;
        format!("{sign}£{}", grouped(i64::try_from(pounds).unwrap_or(i64::MAX)))
    }
}

/// A share as a percentage with at most one decimal: "17.3%", "5%". What is not nothing or all never reads as such: "less than 0.1%",
/// "more than 99.9%".
pub(crate) fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.0005 {
        "less than 0.1%".to_owned()
    } else if share < 1.0 && share > 0.9995 {
        "more than 99.9%".to_owned()
    } else {
        let text = format!("{:.1}", share * 100.0);
        format!("{}%", text.strip_suffix(".0").unwrap_or(&text))
    }
}

/// A noun with its number: "1 council", "3 councils", "2 bodies".
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{} {noun}", grouped(i64::try_from(number).unwrap_or(i64::MAX)))
}

/// Names in a sentence, at most five of them: "A, B and C", "A, B, C, D, E and 7 more".
pub(crate) fn list(names: &[String]) -> String {
    let shown = names.get(..5.min(names.len())).unwrap_or_default();
    let more = names.len().saturating_sub(shown.len());
    if more > 0 {
        return format!("{} and {more} more", shown.join(", "));
    }
    match shown {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    if number < 0 {
        text.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(people(People(12_299_600_000)), "12,300");
        assert_eq!(people(People::whole(999)), "999");
        assert_eq!(people(People::whole(999_999)), "999,999");
        assert_eq!(people(People::whole(1_000_000)), "1 million");
        assert_eq!(people(People::whole(1_256_000)), "1.26 million");
        assert_eq!(people(People::whole(53_012_456)), "53.01 million");
        assert_eq!(hectares(41_000_000.0), "4,100 hectares");
        assert_eq!(hectares(10_000.0), "1 hectare");
        assert_eq!(hectares(900.0), "900 m2");
        assert_eq!(pounds(Pence(415_000_000)), "£4.2m");
        assert_eq!(pounds(Pence(-415_000_000)), "-£4.2m");
        assert_eq!(pounds(Pence(1_230_049)), "£12,300");
        assert_eq!(pounds(Pence(126_000_000_000)), "£1.3bn");
        assert_eq!(pounds(Pence(99_996_000)), "£1m");
        assert_eq!(pounds(Pence(i64::MIN)), "-£92233720.4bn");
        assert_eq!(percent(0.173), "17.3%");
        assert_eq!(percent(0.0001), "less than 0.1%");
        assert_eq!(percent(0.0), "0%");
        assert_eq!(percent(0.12), "12%");
        assert_eq!(percent(1.0), "100%");
        assert_eq!(percent(0.99999), "more than 99.9%");
        assert_eq!(count(1, "council", "councils"), "1 council");
        assert_eq!(list(&["A".to_owned(), "B".to_owned(), "C".to_owned()]), "A, B and C");
    }
}
