//! Attributes that rules read, and what is wrong with their cells.

use crate::domain::number::{Parsed, parse_decimal};
use crate::domain::{Finding, Layer, Role};

/// Attributes that are numbers, by the role of the layer they stand beside.
const NUMBERS: &[(Role, &str)] =
    &[(Role::Health, "registered"), (Role::Health, "smallest_practice_list"), (Role::Council, "area_office_population")];

/// Attributes that are one of a list of words.
const WORDS: &[(Role, &str, &[&str])] = &[
    (Role::Health, "pcg_level", &["1", "2", "3", "4"]),
    (Role::Health, "org_type", &["pcg", "pct", "care_trust", "integrated_board"]),
    (Role::Health, "integrated_board", &["yes", "no", "true", "false", "1", "0"]),
    (Role::Council, "tier", &["county", "unitary", "met_district", "london_borough", "shire_district"]),
];

/// Finding DQ-07 for each attribute cell that rules read and cannot use: no number, or none of the words. Rules take such a cell as unknown.
///
/// By layer in the order given, area by code, attribute.
pub fn check_attributes(layers: &[Layer]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for layer in layers {
        for area in &layer.areas {
            let mut complain = |name: &str, text: &str, expected: String| {
                findings.push(
                    Finding::new("DQ-07", format!("attribute {name} is `{text}`, expected {expected}"), "read as unknown")
                        .layer(layer.id.clone())
                        .code(area.code.clone())
                        .field(name),
                );
            };
            for (_, name) in NUMBERS.iter().filter(|(role, _)| *role == layer.role) {
                match area.attributes.get(*name).map(|text| (text, parse_decimal(text))) {
                    Some((text, Parsed::Invalid)) => complain(name, text, "a number".to_owned()),
                    Some((text, Parsed::Known(number))) if number.is_sign_negative() && !number.is_zero() => {
                        complain(name, text, "a number of 0 or more".to_owned());
                    }
                    _ => {}
                }
            }
            for (_, name, words) in WORDS.iter().filter(|(role, ..)| *role == layer.role) {
                let Some(text) = area.attributes.get(*name) else { continue };
                // A spreadsheet prints level 1 as "1.0"; blank and `*` are not known, which is not wrong.
                let usable = match parse_decimal(text) {
                    Parsed::Unknown => true,
                    Parsed::Known(number) => words.contains(&number.normalize().to_string().as_str()),
                    Parsed::Invalid => words.contains(&text.as_str()),
                };
                if !usable {
                    complain(name, text, format!("one of {}", words.join(", ")));
                }
            }
        }
    }
    findings
}
