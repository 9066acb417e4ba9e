//! What stands in the fields of a layer or the columns of a table.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::civil::Date;
use rayon::prelude::*;

use super::ons::{self, FieldName};
use crate::domain::number::{self, Parsed};

/// One field or column.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Name.
    pub name: String,
    /// What its cells are.
    pub kind: FieldKind,
    /// Cells that are not blank.
    pub filled: usize,
    /// Cells in all.
    pub rows: usize,
    /// Different texts among them.
    pub distinct: usize,
    /// The first few different texts.
    pub examples: Vec<String>,
    /// Smallest and largest, of numbers, days and fiscal years.
    pub range: Option<(String, String)>,
    /// The codes it looks like.
    pub code: Option<CodeForm>,
    /// The first text that stands in two rows, and the numbers of these; of fields that look like codes.
    pub twice: Option<(String, u64, u64)>,
    /// What its name says by the conventions of the ONS.
    pub ons: Option<FieldName>,
}

/// What cells are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// All blank.
    Blank,
    /// Whole numbers.
    Integer,
    /// Numbers; marks for "no figure here" (`*`, `..`) among them.
    Number,
    /// Days.
    Date,
    /// true and false.
    Boolean,
    /// Anything else.
    Text,
}

impl FieldKind {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Date => "date",
            Self::Boolean => "boolean",
            Self::Text => "text",
        }
    }

    /// Whether amounts and people can stand there.
    pub const fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }
}

/// What codes look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeForm {
    /// Codes of nine characters: how many begin with which three.
    Nine(BTreeMap<String, usize>),
    /// Codes of the Organisation Data Service.
    Ods,
}

impl CodeForm {
    /// The first three characters of nearly all codes, if these are alike.
    pub fn prefix(&self) -> Option<&str> {
        match self {
            Self::Nine(prefixes) => {
                let all: usize = prefixes.values().sum();
                let (prefix, most) = prefixes.iter().max_by_key(|(_, count)| **count)?;
                (most.saturating_mul(20) >= all.saturating_mul(19)).then_some(prefix.as_str())
            }
            Self::Ods => None,
        }
    }

    /// Letters that the codes begin with: the nations.
    pub fn nations(&self) -> Vec<char> {
        let mut letters: Vec<char> = match self {
            Self::Nine(prefixes) => prefixes.keys().filter_map(|prefix| prefix.chars().next()).collect(),
            Self::Ods => Vec::new(),
        };
        letters.dedup();
        letters
    }
}

/// Examples of a field that are told.
const EXAMPLES: usize = 3;

/// Looks at every field. `cell` gives the text of a row and a field, `number` the number of a row.
pub(super) fn of<'a>(
    names: &[String],
    rows: usize,
    cell: impl Fn(usize, usize) -> Option<&'a str> + Sync,
    number: impl Fn(usize) -> u64 + Sync,
) -> Vec<Field> {
    let each = names.par_iter().enumerate().map(|(field, name)| one(name, rows, |row| cell(row, field), &number));
    each.collect()
}

fn one<'a>(name: &str, rows: usize, cell: impl Fn(usize) -> Option<&'a str>, number: impl Fn(usize) -> u64) -> Field {
    let mut filled: Vec<(&str, usize)> = (0..rows).filter_map(|row| Some((cell(row)?, row))).collect();
    let examples = examples(&filled);
    let kind = kind(filled.iter().map(|(text, _)| *text));
    let range = range(kind, filled.iter().map(|(text, _)| *text));
    let code = if kind == FieldKind::Text || kind == FieldKind::Integer { code(&filled) } else { None };
    filled.sort_unstable();
    let again = filled.windows(2).find_map(|two| match two {
        [(one, row), (other, next)] if one == other => Some(((*one).to_owned(), number(*row), number(*next))),
        _ => None,
    });
    let distinct = filled.chunk_by(|(one, _), (other, _)| one == other).count();
    let ons = ons::field(name);
    let is_code = code.is_some() || ons.is_some_and(|field| field.part == ons::Part::Code);
    Field {
        name: name.to_owned(),
        kind,
        filled: filled.len(),
        rows,
        distinct,
        examples,
        range,
        code,
        twice: again.filter(|_| is_code),
        ons,
    }
}

fn examples(filled: &[(&str, usize)]) -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    for (text, _) in filled {
        if examples.len() == EXAMPLES {
            break;
        }
        if !examples.iter().any(|known| known == text) {
            examples.push((*text).to_owned());
        }
    }
    examples
}

fn is_whole(text: &str) -> bool {
    // A zero in front makes it a code: 01, 0007.
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'))
}

fn kind<'a>(cells: impl Iterator<Item = &'a str> + Clone) -> FieldKind {
    if cells.clone().next().is_none() {
        return FieldKind::Blank;
    }
    let all = |test: &dyn Fn(&str) -> bool| cells.clone().all(test);
    if all(&is_whole) {
        return FieldKind::Integer;
    }
    // A zero in front that no point follows makes it a code.
    let is_code = |text: &str| text.starts_with('0') && !text.contains('.') && text.len() > 1;
    let is_number = |text: &str| !matches!(number::parse_decimal(text), Parsed::Invalid) && !is_code(text);
    let known = |text: &str| matches!(number::parse_decimal(text), Parsed::Known(_));
    if all(&is_number) && cells.clone().any(known) {
        return FieldKind::Number;
    }
    if all(&|text| text.len() == 10 && text.parse::<Date>().is_ok()) {
        return FieldKind::Date;
    }
    if all(&|text| text == "true" || text == "false") {
        return FieldKind::Boolean;
    }
    FieldKind::Text
}

fn range<'a>(kind: FieldKind, cells: impl Iterator<Item = &'a str>) -> Option<(String, String)> {
    let mut ends: Option<[(f64, &str); 2]> = None;
    for text in cells {
        // Texts that are in order by their letters are all of one value.
        let value = match kind {
            FieldKind::Integer | FieldKind::Number => text.replace(',', "").parse::<f64>().ok(),
            FieldKind::Date => Some(0.0),
            FieldKind::Text if ons::is_fiscal_year(text) => Some(0.0),
            _ => return None,
        };
        let Some(value) = value else { continue };
        let order = |one: (f64, &str), other: (f64, &str)| {
            one.0.total_cmp(&other.0).then_with(|| if kind.is_number() { Ordering::Equal } else { one.1.cmp(other.1) })
        };
        let [least, most] = ends.get_or_insert([(value, text); 2]);
        if order((value, text), *least).is_lt() {
            *least = (value, text);
        }
        if order((value, text), *most).is_gt() {
            *most = (value, text);
        }
    }
    ends.map(|[(_, least), (_, most)]| (least.to_owned(), most.to_owned()))
}

/// The codes that nearly all cells are: nineteen of twenty.
fn code(filled: &[(&str, usize)]) -> Option<CodeForm> {
    let enough = |count: usize| count > 0 && count.saturating_mul(20) >= filled.len().saturating_mul(19);
    let mut prefixes: BTreeMap<String, usize> = BTreeMap::new();
    for (text, _) in filled.iter().filter(|(text, _)| ons::is_nine(text)) {
        if let Some(prefix) = text.get(..3) {
            let count = prefixes.entry(prefix.to_owned()).or_default();
            *count = count.saturating_add(1);
        }
    }
    if enough(prefixes.values().sum()) {
        return Some(CodeForm::Nine(prefixes));
    }
    enough(filled.iter().filter(|(text, _)| ons::is_ods(text)).count()).then_some(CodeForm::Ods)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(cells: &[&str]) -> Field {
        let cell = |row: usize| cells.get(row).copied().filter(|text| !text.is_empty());
        one("X", cells.len(), cell, |row| row as u64 + 2)
    }

    #[test]
    fn what_cells_are() {
        assert_eq!(field(&["1", "", "20"]).kind, FieldKind::Integer);
        assert_eq!(field(&["1.5", "*", "1,200"]).kind, FieldKind::Number);
        assert_eq!(field(&["01", "02"]).kind, FieldKind::Text);
        assert_eq!(field(&["2010-04-01"]).kind, FieldKind::Date);
        assert_eq!(field(&["true", "false"]).kind, FieldKind::Boolean);
        assert_eq!(field(&["", ""]).kind, FieldKind::Blank);
        assert_eq!(field(&["*", ".."]).kind, FieldKind::Text);
        let numbers = field(&["9", "10", "9"]);
        assert_eq!((numbers.filled, numbers.distinct, numbers.range), (3, 2, Some(("9".to_owned(), "10".to_owned()))));
    }

    #[test]
    fn what_codes_look_like() {
        let codes = field(&["E16000001", "E16000002", "E16000001"]);
        assert_eq!(codes.code.as_ref().and_then(CodeForm::prefix), Some("E16"));
        assert_eq!(codes.twice, Some(("E16000001".to_owned(), 2, 4)));
        let mixed = field(&["E06000001", "W06000001", "E10000002"]);
        assert_eq!(mixed.code.as_ref().and_then(CodeForm::prefix), None);
        assert_eq!(mixed.code.map(|code| code.nations()), Some(vec!['E', 'W']));
        assert_eq!(field(&["5NE", "TAK", "15N"]).code, Some(CodeForm::Ods));
        assert_eq!(field(&["Kent", "Surrey"]).code, None);
        assert_eq!(field(&["100", "200"]).code, None);
    }
}
