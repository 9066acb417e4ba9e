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

/// The names of an NHS body and a council in one sentence: of one name, each says what it is.
pub(crate) fn apart(health: &str, council: &str) -> (String, String) {
    if health == council {
        (named_by_kind(health, "NHS body"), named_by_kind(council, "council"))
    } else {
        (health.to_owned(), council.to_owned())
    }
}

/// People with their noun: "1 person", "12,300 people".
pub(crate) fn persons(number: People) -> String {
    let text = people(number);
    let noun = if text == "1" { "person" } else { "people" };
    format!("{text} {noun}")
}

/// A word with its article, by the sound it begins with: "an ICB", "a PCT", "an upper-tier council", "a unitary".
pub(crate) fn with_article(word: &str) -> String {
    let first = word.split([' ', '-']).next().unwrap_or_default();
    let letters = first.chars().count();
    // Letters read one by one: "an NHS body", "an LSOA", "an ICB", but "a PCT" and "a UTLA".
    let spelled = letters > 1 && first.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    let lower = first.to_lowercase();
    let vowel = match lower.chars().next() {
        Some(c) if spelled || letters == 1 => "aefhilmnorsx8".contains(c),
        Some('u') => !["uni", "use", "usu", "uk", "eu"].iter().any(|start| lower.starts_with(start)),
        Some('h') => ["hour", "honest", "honour", "heir"].iter().any(|start| lower.starts_with(start)),
        Some('o') => !lower.starts_with("one"),
        Some('8') => true,
        Some('e') => !lower.starts_with("eu"),
        Some(c) => "ai".contains(c),
        None => false,
    };
    format!("{} {word}", if vowel { "an" } else { "a" })
}

/// A name that the other side has too, told apart by what the body is: "the PCT Norfolk", "the council Norfolk".
///
/// `kind` is that of the layer; a council with social services of any tier is "the council", and where a layer's kind is only its id, what it is
/// to the program.
pub(crate) fn named_by_kind(name: &str, kind: &str) -> String {
    let council = kind.contains("council") || kind.contains("authority") && !kind.contains("health");
    let kind = if council { "council" } else { kind };
    format!("the {kind} {name}")
}

/// A name as people say it: "NHS Norfolk and Waveney Integrated Care Board" is "Norfolk and Waveney ICB".
///
/// The kind of body at the end of the name is abbreviated as the glossary has it, and NHS before it left out; every other name stays as it is.
pub fn short_name(name: &str) -> String {
    for (long, short) in [
        ("Integrated Care Board", "ICB"),
        ("Clinical Commissioning Group", "CCG"),
        ("Primary Care Trust", "PCT"),
        ("Primary Care Group", "PCG"),
    ] {
        if let Some(own) = name.strip_suffix(long).and_then(|own| own.strip_suffix(' ')) {
            return format!("{} {short}", own.strip_prefix("NHS ").unwrap_or(own));
        }
    }
    name.to_owned()
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
pub(crate) fn count(number: impl TryInto<i64>, one: &str, many: &str) -> String {
    let number = number.try_into().unwrap_or(i64::MAX);
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
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

pub(crate) fn grouped(number: i64) -> String {
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
        assert_eq!(persons(People::whole(1)), "1 person");
        assert_eq!(persons(People::whole(1_200)), "1,200 people");
        assert_eq!(list(&["A".to_owned(), "B".to_owned(), "C".to_owned()]), "A, B and C");
    }

    #[test]
    fn long_names_are_shortened_by_rule() {
        assert_eq!(short_name("NHS Norfolk and Waveney Integrated Care Board"), "Norfolk and Waveney ICB");
        assert_eq!(short_name("Barking and Dagenham Primary Care Trust"), "Barking and Dagenham PCT");
        assert_eq!(short_name("NHS Surrey Heartlands"), "NHS Surrey Heartlands");
        assert_eq!(short_name("Integrated Care Board"), "Integrated Care Board");
    }

    #[test]
    fn articles_go_by_sound() {
        for (word, text) in [
            ("ICB", "an ICB"),
            ("PCT", "a PCT"),
            ("PCG", "a PCG"),
            ("CCG", "a CCG"),
            ("HA", "an HA"),
            ("NHS body", "an NHS body"),
            ("LSOA", "an LSOA"),
            ("SICBL", "an SICBL"),
            ("sub-ICB location", "a sub-ICB location"),
            ("upper-tier council", "an upper-tier council"),
            ("unitary", "a unitary"),
            ("output area", "an output area"),
            ("county or unitary authority", "a county or unitary authority"),
            ("health authority", "a health authority"),
            ("integrated care board", "an integrated care board"),
            ("", "a "),
        ] {
            assert_eq!(with_article(word), text);
        }
    }
}
