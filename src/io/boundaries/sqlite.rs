//! SQLite databases, as far as GeoPackage needs them: the rows of a table, from bytes in memory. Source: "SQLite Database File Format".
//!
//! A reader of our own instead of SQLite: a file of anybody's making meets no C code, its size bounds what is asked of the machine, and the build stays
//! as quick as it is. Nothing is written; a database whose last changes are still in its log is refused, and so is what only an engine can answer
//! (views, tables without row ids).

use std::cell::Cell;
use std::path::Path;

use crate::config::Limits;
use crate::error::{Error, InputProblem, Result};
use crate::io::source::too_large;

/// What a database begins with.
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl Value {
    /// The value as text; `None` for null and bytes.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Null | Self::Blob(_) => None,
            Self::Integer(number) => Some(number.to_string()),
            Self::Real(number) => Some(if *number == 0.0 { "0".to_owned() } else { number.to_string() }),
            Self::Text(text) => Some(text.clone()),
        }
    }

    /// The value as a whole number.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

/// A table: its columns and where its rows begin.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
    /// The column that is another name for the row id, which the rows leave out.
    row_id: Option<usize>,
    root: u32,
}

/// A database in memory.
pub(super) struct Database<'b> {
    path: &'b Path,
    bytes: &'b [u8],
    page: usize,
    usable: usize,
    wide: Option<bool>,
    tables: Vec<Table>,
    limits: &'b Limits,
    /// Bytes of rows that may still be read: rows may lie upon each other.
    left: Cell<u64>,
}

/// Pages from the root of a table to a row: a tree of more has more pages than there are bytes.
const DEEPEST: usize = 40;

/// Longest statement that makes a table, bytes.
const LONGEST_SQL: usize = 1 << 20;

impl<'b> Database<'b> {
    /// Opens a database and reads which tables it has.
    ///
    /// # Errors
    /// The header or the table of tables makes no sense.
    pub(super) fn open(path: &'b Path, bytes: &'b [u8], limits: &'b Limits) -> Result<Self> {
        let header = bytes.first_chunk::<100>().filter(|header| header.starts_with(MAGIC));
        let Some(header) = header else { return Err(damaged(path, "it has no header")) };
        let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, high, low, _, _, reserved, ..] = *header;
        let encoding = header.get(59).copied().unwrap_or(0);
        let page = match u16::from_be_bytes([high, low]) {
            1 => 65_536,
            page => usize::from(page),
        };
        let usable = page.saturating_sub(usize::from(reserved));
        if page < 512 || !page.is_power_of_two() || usable < 480 {
            return Err(damaged(path, "its pages have no size"));
        }
        // The number of pages is that of the last change, unless an old program made it.
        let changed = u32_at(header, 24) == u32_at(header, 92);
        let pages = u32_at(header, 28).and_then(|pages| usize::try_from(pages).ok()).unwrap_or(0);
        if changed && pages.saturating_mul(page) > bytes.len() {
            return Err(damaged(path, &format!("it ends before its {pages} pages")));
        }
        // Text: UTF-8, or UTF-16 of either order.
        let wide = match encoding {
            0 | 1 => None,
            2 => Some(true),
            3 => Some(false),
            _ => return Err(damaged(path, "its text has no encoding")),
        };
        let mut database = Self { path, bytes, page, usable, wide, tables: Vec::new(), limits, left: Cell::new(limits.expanded_bytes) };
        let schema = Table { name: "sqlite_schema".to_owned(), columns: Vec::new(), row_id: None, root: 1 };
        let mut tables = Vec::new();
        database.rows(&schema, &mut |row| {
            let text = |at: usize| match row.get(at) {
                Some(Value::Text(text)) => text.as_str(),
                _ => "",
            };
            let root = row.get(3).and_then(Value::integer).and_then(|root| u32::try_from(root).ok()).unwrap_or(0);
            // Views have no root, virtual tables root 0.
            if text(0) == "table" && root > 0 && text(4).len() <= LONGEST_SQL {
                let (columns, row_id) = columns(text(4));
                tables.push(Table { name: text(1).to_owned(), columns, row_id, root });
            }
            Ok(())
        })?;
        database.tables = tables;
        Ok(database)
    }

    /// The table of a name, in any case.
    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    fn damaged(&self, what: &str) -> Error {
        damaged(self.path, what)
    }

    /// A page by its number, from 1.
    fn page(&self, number: u32) -> Result<&'b [u8]> {
        let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)).and_then(|before| before.checked_mul(self.page));
        let page = at.and_then(|at| self.bytes.get(at..at.checked_add(self.page)?));
        page.and_then(|page| page.get(..self.usable)).ok_or_else(|| self.damaged(&format!("it has no page {number}")))
    }

    /// Gives every row of a table, in the order of the row ids.
    ///
    /// # Errors
    /// A page makes no sense or is met twice; those of `each`.
    pub(super) fn rows(&self, table: &Table, each: &mut dyn FnMut(&[Value]) -> Result<()>) -> Result<()> {
        // A tree of pages: each is there once, so more pages than the file has are a circle.
        let mut left = self.bytes.len().checked_div(self.page).unwrap_or(0);
        self.walk(table, table.root, 0, &mut left, each)
    }

    fn walk(&self, table: &Table, number: u32, depth: usize, left: &mut usize, each: &mut dyn FnMut(&[Value]) -> Result<()>) -> Result<()> {
        *left = left.checked_sub(1).ok_or_else(|| self.damaged("its pages go round in a circle"))?;
        if depth > DEEPEST {
            return Err(self.damaged("its pages go round in a circle"));
        }
        let page = self.page(number)?;
        // The first page has the header of the file before its own.
        let begin = if number == 1 { 100 } else { 0 };
        let sense = || self.damaged(&format!("its page {number} makes no sense"));
        let kind = page.get(begin).copied().ok_or_else(sense)?;
        let cells = usize::from(u16_at(page, begin.saturating_add(3)).ok_or_else(sense)?);
        let pointers = begin.saturating_add(if kind == 5 { 12 } else { 8 });
        for cell in 0..cells {
            let at = usize::from(u16_at(page, pointers.saturating_add(cell.saturating_mul(2))).ok_or_else(sense)?);
            match kind {
                // A page of pages.
                5 => {
                    let child = u32_at(page, at).ok_or_else(sense)?;
                    self.walk(table, child, depth.saturating_add(1), left, each)?;
                }
                // A page of rows.
                13 => {
                    let mut rest = page.get(at..).ok_or_else(sense)?;
                    let length = varint(&mut rest).and_then(|length| usize::try_from(length).ok()).ok_or_else(sense)?;
                    let id = varint(&mut rest).ok_or_else(sense)?;
                    let payload = self.payload(rest, length, number)?;
                    let mut row = self.record(&payload).ok_or_else(sense)?;
                    if let Some(place) = table.row_id.and_then(|column| row.get_mut(column)) {
                        *place = Value::Integer(id);
                    }
                    each(&row)?;
                }
                _ => return Err(self.damaged(&format!("the table {} is stored in a way that only an index is", table.name.escape_debug()))),
            }
        }
        if kind == 5 {
            let last = u32_at(page, begin.saturating_add(8)).ok_or_else(sense)?;
            self.walk(table, last, depth.saturating_add(1), left, each)?;
        }
        Ok(())
    }

    /// The bytes of a row, whose end may be on pages of their own.
    fn payload(&self, rest: &[u8], length: usize, number: u32) -> Result<Vec<u8>> {
        let sense = || self.damaged(&format!("a row of its page {number} makes no sense"));
        if length > self.bytes.len() {
            return Err(sense());
        }
        let left = self.left.get().checked_sub(u64::try_from(length).unwrap_or(u64::MAX));
        self.left.set(left.ok_or_else(|| too_large(self.path, self.limits))?);
        let most = self.usable.saturating_sub(35);
        if length <= most {
            return Ok(rest.get(..length).ok_or_else(sense)?.to_vec());
        }
        let least = self.usable.saturating_sub(12).saturating_mul(32).checked_div(255).unwrap_or(0).saturating_sub(23);
        let full = self.usable.saturating_sub(4);
        let local = least.saturating_add(length.saturating_sub(least).checked_rem(full).unwrap_or(0));
        let local = if local <= most { local } else { least };
        let mut payload = rest.get(..local).ok_or_else(sense)?.to_vec();
        let mut next = u32_at(rest, local).ok_or_else(sense)?;
        while payload.len() < length {
            let page = self.page(next)?;
            let more = length.saturating_sub(payload.len()).min(full);
            payload.extend(page.get(4..more.saturating_add(4)).ok_or_else(sense)?);
            next = u32_at(page, 0).ok_or_else(sense)?;
        }
        Ok(payload)
    }

    /// The values of a row.
    fn record(&self, payload: &[u8]) -> Option<Vec<Value>> {
        let mut head = payload;
        let length = usize::try_from(varint(&mut head)?).ok()?;
        let used = payload.len().checked_sub(head.len())?;
        let mut head = head.get(..length.checked_sub(used)?)?;
        let mut body = payload.get(length..)?;
        let mut row = Vec::new();
        while !head.is_empty() {
            let kind = varint(&mut head)?;
            let width = match kind {
                0 | 8 | 9 => 0,
                1..=4 => usize::try_from(kind).ok()?,
                5 => 6,
                6 | 7 => 8,
                12.. => usize::try_from(kind.checked_sub(12)? / 2).ok()?,
                _ => return None,
            };
            let (bytes, rest) = body.split_at_checked(width)?;
            body = rest;
            row.push(match kind {
                0 => Value::Null,
                8 => Value::Integer(0),
                9 => Value::Integer(1),
                7 => Value::Real(f64::from_be_bytes(*bytes.first_chunk::<8>()?)),
                1..=6 => {
                    let negative = bytes.first().is_some_and(|byte| byte & 0x80 != 0);
                    let mut number = if negative { -1i64 } else { 0 };
                    for byte in bytes {
                        number = (number << 8) | i64::from(*byte);
                    }
                    Value::Integer(number)
                }
                even if even % 2 == 0 => Value::Blob(bytes.to_vec()),
                _ => Value::Text(self.string(bytes)?),
            });
        }
        Some(row)
    }

    fn string(&self, bytes: &[u8]) -> Option<String> {
        match self.wide {
            None => String::from_utf8(bytes.to_vec()).ok(),
            Some(little) => {
                let (pairs, rest) = bytes.as_chunks::<2>();
                let units: Vec<u16> =
                    pairs.iter().map(|pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) }).collect();
                if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
            }
        }
    }
}

pub(super) fn damaged(path: &Path, what: &str) -> Error {
    InputProblem::new(path, format!("is not a database that can be read: {what}"), "a whole GeoPackage", "copy or download it again").into()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk::<2>().map(|bytes| u16::from_be_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes))
}

/// A number of one to nine bytes, taken from the front.
fn varint(bytes: &mut &[u8]) -> Option<i64> {
    let mut number = 0u64;
    for place in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if place == 8 {
            number = (number << 8) | u64::from(*byte);
            break;
        }
        number = (number << 7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            break;
        }
    }
    Some(number.cast_signed())
}

/// Names of the columns of a CREATE TABLE statement, and which is another name for the row id: INTEGER PRIMARY KEY.
fn columns(sql: &str) -> (Vec<String>, Option<usize>) {
    let mut names = Vec::new();
    let mut row_id = None;
    let mut key: Option<String> = None;
    for part in parts(sql) {
        let told = words(part);
        let Some((first, quoted)) = told.first().cloned() else { continue };
        let plain = |at: usize| told.get(at).map(|(word, _)| word.to_ascii_uppercase()).unwrap_or_default();
        if !quoted && ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"].contains(&first.to_ascii_uppercase().as_str()) {
            // PRIMARY KEY (fid), with or without a name before it.
            let at = told.iter().position(|(word, quoted)| !quoted && word.eq_ignore_ascii_case("PRIMARY"));
            if let (Some(at), true) = (at, first.eq_ignore_ascii_case("PRIMARY") || first.eq_ignore_ascii_case("CONSTRAINT")) {
                let inside = part.split_once('(').map(|(_, inside)| inside).unwrap_or("");
                if plain(at.saturating_add(1)) == "KEY" && !inside.contains(',') {
                    key = words(inside).first().map(|(word, _)| word.clone());
                }
            }
            continue;
        }
        let is_integer = plain(1) == "INTEGER";
        let is_key = (2..told.len())
            .any(|at| plain(at) == "PRIMARY" && plain(at.saturating_add(1)) == "KEY" && plain(at.saturating_add(2)) != "DESC");
        if is_integer && is_key {
            row_id = Some(names.len());
        }
        names.push(first);
    }
    if let (None, Some(key)) = (row_id, key) {
        // Only an INTEGER is; of another type the column has values of its own.
        let place = names.iter().position(|name| name.eq_ignore_ascii_case(&key));
        let kind = place.and_then(|place| parts(sql).get(place).and_then(|part| words(part).get(1).cloned()));
        if kind.is_some_and(|(word, _)| word.eq_ignore_ascii_case("INTEGER")) {
            row_id = place;
        }
    }
    (names, row_id)
}

/// What stands between the outermost brackets, split at its commas.
fn parts(sql: &str) -> Vec<&str> {
    let (mut depth, mut from, mut quote, mut parts) = (0usize, 0, None, Vec::new());
    for (at, c) in sql.char_indices() {
        if let Some(end) = quote {
            if c == end {
                quote = None;
            }
            continue;
        }
        match c {
            '"' | '\'' | '`' => quote = Some(c),
            '[' => quote = Some(']'),
            '(' => {
                depth = depth.saturating_add(1);
                if depth == 1 {
                    from = at.saturating_add(1);
                }
            }
            ')' | ',' if depth == 1 => {
                parts.push(sql.get(from..at).unwrap_or(""));
                from = at.saturating_add(1);
                if c == ')' {
                    break;
                }
            }
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    parts
}

/// Words that are looked at: a name, a type, and what follows.
const MOST_WORDS: usize = 24;

/// The first words of a column's definition, and whether each is in quotes.
fn words(text: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let (Some(first), true) = (rest.chars().next(), words.len() < MOST_WORDS) {
        let close = match first {
            '"' | '`' | '\'' => Some(first),
            '[' => Some(']'),
            _ => None,
        };
        if let Some(close) = close {
            let inside = rest.get(1..).unwrap_or("");
            let mut word = String::new();
            let mut end = inside.len();
            let mut chars = inside.char_indices().peekable();
            while let Some((at, c)) = chars.next() {
                if c == close {
                    // Doubled, it stands for itself.
                    if close != ']' && chars.peek().is_some_and(|(_, next)| *next == close) {
                        chars.next();
                    } else {
                        end = at.saturating_add(1);
                        break;
                    }
                }
                word.push(c);
            }
            words.push((word, true));
            rest = inside.get(end..).unwrap_or("").trim_start();
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "()\"`[',".contains(c)).unwrap_or(rest.len());
            if end == 0 {
                rest = rest.get(first.len_utf8()..).unwrap_or("").trim_start();
                continue;
            }
            words.push((rest.get(..end).unwrap_or("").to_owned(), false));
            rest = rest.get(end..).unwrap_or("").trim_start();
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_statements() {
        let names = |sql: &str| {
            let (names, row_id) = columns(sql);
            (names.join("|"), row_id)
        };
        assert_eq!(
            names(
                "CREATE TABLE \"lad\" ( \"fid\" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, \"geom\" MULTIPOLYGON, \"LAD23CD\" TEXT(9), pop REAL DEFAULT (1,2))"
            ),
            ("fid|geom|LAD23CD|pop".to_owned(), Some(0))
        );
        assert_eq!(
            names("CREATE TABLE t (a TEXT, [b c] INTEGER, `d` NUMERIC(3, 2), CONSTRAINT k PRIMARY KEY (\"b c\"), UNIQUE (a, d))"),
            ("a|b c|d".to_owned(), Some(1))
        );
        assert_eq!(names("CREATE TABLE t (a TEXT PRIMARY KEY, \"x, \"\"y\" INT)"), ("a|x, \"y".to_owned(), None));
        assert_eq!(names("CREATE TABLE t"), (String::new(), None));
    }
}
