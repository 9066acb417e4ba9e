//! The config's text, and where in it everything stands: every complaint about a config names its line.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Result};

/// One step from the top of a config to a value.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// Key of a table.
    Key(&'a str),
    /// Element of a list, from 0.
    At(usize),
}

/// A config's text with the place of every key.
#[derive(Debug)]
pub struct Source<'a> {
    path: PathBuf,
    text: &'a str,
    root: Spanned<DeTable<'a>>,
    /// Where lines end.
    ends: Vec<usize>,
}

impl<'a> Source<'a> {
    /// Reads the text as TOML.
    ///
    /// # Errors
    /// [`Error::Config`] with the line where it is not TOML, or where it nests deeper than `depth`.
    pub fn parse(path: &Path, text: &'a str) -> Result<Self> {
        let root = DeTable::parse(text).map_err(|error| Error::Config {
            path: Some(path.to_owned()),
            line: error.span().map(|span| line_of(text, span.start)),
            message: format!(
                "this is not TOML: {}; correct it (config/example.toml shows every key)",
                error.message().trim().replace('\n', ", ")
            ),
        })?;
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
        Ok(Self { path: path.to_owned(), text, root, ends })
    }

    /// Reads the text into the structs of [`super::raw`].
    ///
    /// # Errors
    /// [`Error::Config`] for an unknown key (with the nearest known one), a missing key, a wrong type.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
        toml::from_str(self.text).map_err(|error| self.explain(&error))
    }

    /// Where the config stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Line of a value, from 1; of the deepest enclosing table that exists, where the value does not.
    pub fn line(&self, steps: &[Step<'_>]) -> usize {
        let mut offset = self.root.span().start;
        let mut here: Option<&DeValue<'a>> = None;
        for (depth, step) in steps.iter().enumerate() {
            let next = match step {
                Step::Key(key) => {
                    let table = if depth == 0 { Some(self.root.get_ref()) } else { here.and_then(DeValue::as_table) };
                    table.and_then(|table| table.iter().find(|(name, _)| name.get_ref() == key)).map(|(name, value)| (name.span(), value))
                }
                Step::At(index) => here.and_then(DeValue::as_array).and_then(|list| list.get(*index)).map(|value| (value.span(), value)),
            };
            let Some((span, value)) = next else { break };
            offset = span.start;
            here = Some(value.get_ref());
        }
        // Every table of a config asks where it stands.
        self.ends.partition_point(|end| *end < offset).saturating_add(1)
    }

    /// An [`Error::Config`] about a value.
    pub fn error(&self, steps: &[Step<'_>], message: impl Into<String>) -> Error {
        self.error_at(self.line(steps), message)
    }

    /// An [`Error::Config`] about a line.
    pub fn error_at(&self, line: usize, message: impl Into<String>) -> Error {
        Error::Config { path: Some(self.path.clone()), line: Some(line), message: message.into() }
    }

    /// How deeply the config nests: 1 for a flat one.
    pub fn depth(&self) -> u64 {
        self.root.get_ref().iter().map(|(_, value)| depth_of(value.get_ref())).max().unwrap_or(0).saturating_add(1)
    }

    fn explain(&self, error: &toml::de::Error) -> Error {
        let span = error.span().unwrap_or(0..0);
        let line = line_of(self.text, span.start);
        let message = error.message().trim().replace('\n', ", ");
        if let Some((key, known)) = unknown_key(&message) {
            return self.error_at(line, unknown(&format!("key `{key}`"), key, known.iter().copied()));
        }
        if let Some(key) = message.strip_prefix("missing field ") {
            let place = self.key_at(&span).map_or_else(String::new, |place| format!(" in `{place}`"));
            return self.error_at(line, format!("key {key} is missing{place}; add it (config/example.toml shows every key)"));
        }
        let place = self.key_at(&span).map_or_else(String::new, |place| format!("`{place}`: "));
        self.error_at(line, format!("{place}{}", plain_types(&message)))
    }

    /// Name of the innermost value that holds a span: `budget[2].unit`, elements counted from 1.
    fn key_at(&self, span: &Range<usize>) -> Option<String> {
        self.root.get_ref().iter().find_map(|(key, value)| name_at(key.get_ref(), value, span))
    }
}

/// Inner values are asked first, whatever the span of their table: that of a `[[table]]` ends with its header.
fn name_at(name: &str, value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<String> {
    let inner = match value.get_ref() {
        DeValue::Array(list) => {
            list.iter().enumerate().find_map(|(index, element)| name_at(&format!("{name}[{}]", index.saturating_add(1)), element, span))
        }
        DeValue::Table(table) => table.iter().find_map(|(key, value)| name_at(&format!("{name}.{}", key.get_ref()), value, span)),
        _ => None,
    };
    inner.or_else(|| holds(&value.span(), span).then(|| name.to_owned()))
}

fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

fn depth_of(value: &DeValue<'_>) -> u64 {
    let inner = match value {
        DeValue::Array(list) => list.iter().map(|element| depth_of(element.get_ref())).max().unwrap_or(0),
        DeValue::Table(table) => table.iter().map(|(_, value)| depth_of(value.get_ref())).max().unwrap_or(0),
        _ => return 0,
    };
    inner.saturating_add(1)
}

/// Serde's "unknown field `a`, expected one of `b`, `c`", taken apart.
fn unknown_key(message: &str) -> Option<(&str, Vec<&str>)> {
    let mut quoted = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    Some((quoted.next()?, quoted.collect()))
}

/// "unknown layer "pct"; did you mean "pct-2011"? known: ...".
pub fn unknown<'a>(what: &str, given: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    match nearest(given, known.iter().copied()) {
        Some(candidate) => format!("unknown {what}; did you mean `{candidate}`? (known: {})", known.join(", ")),
        None if known.is_empty() => format!("unknown {what}; there is none to refer to"),
        None => format!("unknown {what}; known: {}", known.join(", ")),
    }
}

/// The name that is nearly the one given, ties to the smaller; `None` where none is near.
pub(super) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(&given.to_lowercase(), &candidate.to_lowercase()), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= (given.chars().count().max(candidate.chars().count()) / 3).saturating_add(1))
        .map(|(_, candidate)| candidate)
}

/// Serde's type names in the words of somebody who writes TOML.
fn plain_types(message: &str) -> String {
    let Some((found, expected)) = message.split_once(", expected ") else {
        return format!("{message}; correct it (config/example.toml shows every key)");
    };
    let expected = match expected {
        "f64" => "a number",
        "u64" | "usize" => "a whole number, 0 or more",
        "i64" => "a whole number",
        "a string" => "a text in quotes",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "a table",
        other if other.starts_with("struct ") => "a table",
        other => other,
    };
    let found = found.trim_start_matches("invalid type: ").trim_start_matches("invalid value: ");
    let found = found.replace("string \"", "the text \"").replace("floating point", "the number").replace("integer", "the number");
    format!("found {found}, expected {expected}; correct it (config/example.toml shows every key)")
}
