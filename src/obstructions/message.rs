//! Messages of obstructions: a rule's template, filled with the values that its check found. The docs print the template; a config may replace it.

use super::rule::Obstruction;
use crate::config::MESSAGE_PARTS;
use crate::config::ObstructionSettings;
use crate::words::{people, pounds};

/// Values of a message by name; `None` is not known, or does not apply.
pub type Values = Vec<(&'static str, Option<String>)>;

/// What makes [`Values`] from names and texts, once they are asked for: `values! { body: name, year: None }`.
macro_rules! values {
    ($($name:ident: $value:expr),* $(,)?) => {
        || vec![$((stringify!($name), Option::<String>::from($value))),*]
    };
}
pub(super) use values;

/// Every value that a rule's template names, with what it is: printed in docs/obstructions.md (a test holds that none is missing or too many).
pub const VALUES: &[(&str, &str)] = &[
    ("a_council", "\"a council that provides social care\", where there is none"),
    ("after", "people (or land) on the wrong side of a line after a change"),
    ("agreement", "id of an agreement"),
    ("agreements", "agreements that joint working needs: \"4 agreements\""),
    ("amount", "how many people, or how much land: \"97,277 people\", \"4,100 hectares\""),
    ("are", "\"is\" or \"are\", by the number before it"),
    ("authority", "name of the health authority"),
    ("before", "people (or land) on the wrong side of a line before a change"),
    ("bodies", "how many NHS bodies: \"2 NHS bodies\""),
    ("body", "name of the body that the message is about (of a pair the NHS body)"),
    ("change", "\"the change of 2006-10-01\", or of the succession's id"),
    ("class", "class of the body, such as coterminous or nested"),
    ("code", "code of the body"),
    ("council", "name of the council"),
    ("council_change", "id of the council layer's succession"),
    ("council_date", "its date"),
    ("council_day", "day of the year on which the council starts its financial year, or sets its budget"),
    ("council_level", "level at which the council decides"),
    ("council_years", "years ahead that the council plans: \"3 years\""),
    ("councils", "names of councils, or how many there are: \"3 whole councils\""),
    ("date", "date of a change"),
    ("days", "how far apart: \"30 days\""),
    ("detail", "detail of the first finding"),
    ("districts", "names of the districts: \"district of Waveney\""),
    ("division", "NHS bodies of a council with their shares: \"89% with A and 11% with B\""),
    ("end", "last day of an agreement"),
    ("ending", "name of the body that ends"),
    ("from", "name of the body before a change, as the declared table has it"),
    ("from_map", "name of the body before a change, as the map has it"),
    ("groups", "names of initiatives, with their kind"),
    ("health_change", "id of the NHS layer's succession"),
    ("health_date", "its date"),
    ("health_day", "day of the year on which the NHS body starts its financial year, or sets its budget"),
    ("high", "upper bound, or the higher of two sums a head"),
    ("kind_names", "kinds of initiative"),
    ("kinds", "how many kinds: \"3 kinds of initiative\""),
    ("land", "share by land"),
    ("last_day", "last day of the body that ends"),
    ("layer", "layer or budget of a finding"),
    ("least", "lower limit, or the council that spends least a head"),
    ("led", "\"led by\" or \"shared with\""),
    ("level", "level at which the NHS body, or the arrangement, decides"),
    ("lines", "how many budget lines: \"2 budget lines\""),
    ("list", "people of the smallest practice list"),
    ("live", "\"live\", or \"are\" for land"),
    ("low", "lower bound, or the lower of two sums a head"),
    ("main_by_land", "largest partner by land"),
    ("main_by_people", "largest partner by people"),
    ("mechanism", "how money is joined, such as pooled"),
    ("money", "a sum, or \"money not fully known\""),
    ("more", "further parts; or \"more\" and \"fewer\", with what is counted"),
    ("most", "upper limit, or the council that spends most a head"),
    ("moved", "people who moved: \"1,200 people\""),
    ("names", "names in a list"),
    ("office", "people of an area office"),
    ("only", "the one NHS body that a council has"),
    ("others", "what else there is: other classes, bodies, or whom the council's money is for"),
    ("partner", "name of the body on the other side"),
    ("partners", "bodies on the other side: their names, or how many"),
    ("partners_before", "how many there were before a change"),
    ("pools", "how many pools: \"3 pools\""),
    ("pounds", "a sum: \"£4.2m\""),
    ("priority", "\"priority 1\", or \"a priority\""),
    ("residents", "how many residents, or their share"),
    ("rest", "where the rest of the council is: \"most of Norfolk is with Norfolk PCT\""),
    ("rules", "ids of rules"),
    ("same", "how many bodies on the other side there are, as before"),
    ("service", "service: \"older people\", \"all services\""),
    ("services", "services in a list"),
    ("share", "a share: \"12%\""),
    ("shares", "shares of councils in a list"),
    ("spend", "\"spend on\" or \"can still decide on for\""),
    ("start", "first day of an agreement"),
    ("successors", "names of the bodies that followed"),
    ("times", "how many times as much, or how often"),
    ("to", "name of the body after a change, as the declared table has it"),
    ("to_map", "name of the body after a change, as the map has it"),
    ("what", "kind of finding, in words"),
    ("whom", "for whom the NHS body's money is: registered patients or residents"),
    ("whose", "\"in\" of councils, \"who are with\" of NHS bodies"),
    ("why", "what is missing"),
    ("wrong", "people on the wrong side of a line: \"1,200 people are on the wrong side of a line\""),
    ("year", "fiscal year"),
    ("years", "years ahead that the NHS body plans: \"3 years\""),
];

/// Names in braces of a template, in order.
pub fn names(template: &str) -> Vec<&str> {
    template.split('{').skip(1).filter_map(|piece| piece.split_once('}')).map(|(name, _)| name).collect()
}

/// What a template's name stands for.
pub(super) enum Named {
    /// The template's name means nothing here; it stays as it is.
    Unknown,
    /// Its value; `None` where it is not known.
    Value(Option<String>),
}

/// A template with its values filled in: "{pounds}[ in {year}]".
///
/// What stands in square brackets is left out where one of its values is not known; elsewhere such a value reads "not known". A name that means
/// nothing stays as it is, and so do brackets without a name.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Named) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((inner, after)) = after.split_once(']') else { break };
        text.push_str(&plain(before, &value));
        let mut named = names(inner).into_iter().map(&value).peekable();
        if named.peek().is_none() || names(inner).into_iter().any(|name| matches!(value(name), Named::Unknown)) {
            text.push('[');
            text.push_str(&plain(inner, &value));
            text.push(']');
        } else if named.all(|value| matches!(value, Named::Value(Some(_)))) {
            text.push_str(&plain(inner, &value));
        }
        rest = after;
    }
    text.push_str(&plain(rest, &value));
    text
}

/// A template without square brackets, filled in.
fn plain(template: &str, value: &impl Fn(&str) -> Named) -> String {
    let mut pieces = template.split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once('}').map(|(name, rest)| (value(name), rest)) {
            Some((Named::Value(value), rest)) => {
                text.push_str(value.as_deref().unwrap_or("not known"));
                text.push_str(rest);
            }
            // The config lets no such name through; text from elsewhere stays as it is.
            Some((Named::Unknown, _)) | None => {
                text.push('{');
                text.push_str(piece);
            }
        }
    }
    text
}

/// The message of an obstruction by a template: its rule's, or that of the config.
pub fn message(template: &str, found: &Obstruction) -> String {
    let text = fill(template, |name| match found.values.iter().find(|(own, _)| *own == name) {
        Some((_, value)) => Named::Value(value.clone()),
        None if MESSAGE_PARTS.contains(&name) => Named::Value(part(name, found)),
        // A value of the rule that this obstruction does not have.
        None if VALUES.iter().any(|(known, _)| *known == name) => Named::Value(None),
        None => Named::Unknown,
    });
    let text = text.trim_start();
    // "the trust Norfolk" begins a sentence.
    match text.strip_prefix("the ") {
        Some(rest) => format!("The {rest}"),
        None => text.to_owned(),
    }
}

/// Writes an obstruction's message: the rule's, or the config's if it has one for the rule.
pub(super) fn write(found: &mut Obstruction, template: &str, settings: &ObstructionSettings) {
    found.message = message(template, found);
    if let Some(template) = settings.messages.get(&*found.id) {
        found.message = message(template, found);
    }
}

/// A part that every obstruction has, by its name ([`MESSAGE_PARTS`]); `None` where it is not known.
pub(super) fn part(name: &str, found: &Obstruction) -> Option<String> {
    match name {
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
        _ => None,
    }
}

/// A number with at most three decimals.
pub(super) fn rounded(number: f64) -> String {
    format!("{}", (number * 1000.0).round() / 1000.0)
}
