//! What a config puts in the place of a rule's severity and message.

use super::rule::Obstruction;
use crate::config::ObstructionSettings;
use crate::words::{people, pounds};

/// Puts the config's severity and message, if it has any for the rule, in the place of an obstruction's own.
pub(super) fn apply(found: &mut Obstruction, settings: &ObstructionSettings) {
    if let Some(severity) = settings.severities.get(&*found.id) {
        found.severity = *severity;
    }
    if let Some(template) = settings.messages.get(&*found.id) {
        found.message = fill(template, |name| part(name, found));
    }
}

/// A template with its parts filled in; a part that `value` does not know stays as it is.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut pieces = template.split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once('}').and_then(|(name, rest)| Some((value(name)?, rest))) {
            Some((value, rest)) => {
                text.push_str(&value);
                text.push_str(rest);
            }
            // The config lets no such part through; text from elsewhere stays as it is.
            None => {
                text.push('{');
                text.push_str(piece);
            }
        }
    }
    text
}

/// A part by its name ([`crate::config::MESSAGE_PARTS`]), "not known" for one that the obstruction does not have; `None` for a name that is none.
pub(super) fn part(name: &str, found: &Obstruction) -> Option<String> {
    let value = match name {
        "message" => Some(found.message.clone()),
        "subject" => found.subject_name.clone().or_else(|| found.subject_code.clone()),
        "subject_code" => found.subject_code.clone(),
        "partner_code" => found.partner_code.clone(),
        "service" => found.service.clone(),
        "year" => found.fiscal_year.clone(),
        "value" => found.value.map(rounded),
        "threshold" => found.threshold.map(rounded),
        "unit" => Some(found.unit.to_string()).filter(|unit| !unit.is_empty()),
        "people" => found.people.map(people),
        "pounds" => found.pence.map(pounds),
        _ => return None,
    };
    Some(value.unwrap_or_else(|| "not known".to_owned()))
}

/// A number with at most three decimals.
pub(super) fn rounded(number: f64) -> String {
    format!("{}", (number * 1000.0).round() / 1000.0)
}
