//! Delimited text (RFC 4180 and its relatives). Our own parser: the usual ones read an unclosed quotation mark to the end of the file as one cell.

use std::borrow::Cow;
use std::path::Path;

use super::builder::Builder;
use crate::config::Limits;
use crate::domain::{Finding, TextTable};
use crate::error::{InputProblem, Result};
use crate::io::Read;
use crate::io::encoding::{UTF8, WESTERN};

/// Delimiters tried, the likelier first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Rows looked at to find the delimiter out.
const SNIFFED_ROWS: usize = 20;

/// Parses text with this delimiter, or with the one that its first rows agree on.
pub(super) fn read(path: &Path, bytes: &[u8], delimiter: Option<u8>, limits: &Limits) -> Result<Read<TextTable>> {
    let (text, findings) = decode(path, bytes)?;
    let delimiter = delimiter.unwrap_or_else(|| sniff(&text));
    let mut builder = Builder::new(path, None, limits, true);
    let mut records = Records::new(&text, delimiter);
    let mut row = Row::default();
    while records.next(&mut row).map_err(|(number, found)| {
        InputProblem::new(path, found, "", "close the cell with one quotation mark, and double those inside it").record(number)
    })? {
        builder.row(records.number, &row.cells())?;
    }
    Ok(Read { value: builder.finish()?, findings, files: Vec::new() })
}

/// The text, without byte order mark.
fn decode<'a>(path: &Path, bytes: &'a [u8]) -> Result<(Cow<'a, str>, Vec<Finding>)> {
    if let Some((encoding, length)) = encoding_rs::Encoding::for_bom(bytes) {
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes.get(length..).unwrap_or(&[]));
        let Some(text) = text else {
            let found = format!("is marked as {} but is not valid in it", encoding.name());
            return Err(InputProblem::new(path, found, "", "save it again as UTF-8").into());
        };
        return Ok((text, Vec::new()));
    }
    if bytes.contains(&0) {
        return Err(
            InputProblem::new(path, "contains zero bytes", "text", "save it as UTF-8 text: it may be UTF-16 without its mark").into()
        );
    }
    if let Some(text) = UTF8.decode(bytes) {
        return Ok((text, Vec::new()));
    }
    let Some(text) = WESTERN.decode(bytes) else {
        let found = "is neither UTF-8 nor windows-1252";
        let line = bytes.split(|byte| *byte == b'\n').zip(1u64..).find(|(line, _)| WESTERN.decode(line).is_none()).map_or(1, |(_, n)| n);
        return Err(InputProblem::new(path, found, "UTF-8", "save it again as UTF-8").record(line).into());
    };
    let finding = Finding::new("DQ-12", "text is not UTF-8 and has no mark", "read as windows-1252").file(path.display().to_string());
    Ok((text, vec![finding]))
}

/// The delimiter that splits the header into most cells, and the rows after it into as many; a comma where none splits it.
fn sniff(text: &str) -> u8 {
    let mut best = (false, 1, b',');
    for delimiter in DELIMITERS {
        let mut records = Records::new(text, delimiter);
        let mut row = Row::default();
        let (mut width, mut agrees) = (0, true);
        for _ in 0..SNIFFED_ROWS {
            match records.next(&mut row) {
                Ok(true) if row.is_blank() => {}
                Ok(true) if width == 0 => width = row.ends.len(),
                Ok(true) => agrees = agrees && row.ends.len() == width,
                Ok(false) => break,
                Err(_) => {
                    agrees = false;
                    break;
                }
            }
        }
        if width > 1 && (agrees, width) > (best.0, best.1) {
            best = (agrees, width, delimiter);
        }
    }
    best.2
}

/// The cells of one row, end to end.
#[derive(Default)]
struct Row {
    text: String,
    ends: Vec<usize>,
}

impl Row {
    fn cells(&self) -> Vec<&str> {
        let mut begin = 0;
        let mut cells = Vec::with_capacity(self.ends.len());
        for end in &self.ends {
            cells.push(self.text.get(begin..*end).unwrap_or(""));
            begin = *end;
        }
        cells
    }

    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    fn end_cell(&mut self) {
        self.ends.push(self.text.len());
    }
}

/// Rows of a text, blank ones included.
struct Records<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
    /// Number of the row last read, from 1.
    number: u64,
}

impl<'a> Records<'a> {
    fn new(text: &'a str, delimiter: u8) -> Self {
        Self { text, at: 0, delimiter, number: 0 }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Text up to the next byte that passes a test (all tested bytes are ASCII, so a slice never splits a character).
    fn take_until(&mut self, test: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or(&[]);
        let length = rest.iter().position(|byte| test(*byte)).unwrap_or(rest.len());
        let end = self.at.saturating_add(length);
        let taken = self.text.get(self.at..end).unwrap_or("");
        self.at = end;
        taken
    }

    /// Reads the next row; `false` at the end. `Err` has the row's number and what is wrong.
    fn next(&mut self, row: &mut Row) -> std::result::Result<bool, (u64, String)> {
        row.text.clear();
        row.ends.clear();
        if self.peek().is_none() {
            return Ok(false);
        }
        self.number = self.number.saturating_add(1);
        loop {
            if self.peek() == Some(b'"') {
                self.quoted(row)?;
            } else {
                let delimiter = self.delimiter;
                let cell = self.take_until(|byte| byte == delimiter || byte == b'\n' || byte == b'\r');
                row.text.push_str(cell);
            }
            row.end_cell();
            let ended = self.peek();
            self.at = self.at.saturating_add(usize::from(ended.is_some()));
            match ended {
                None | Some(b'\n') => return Ok(true),
                Some(b'\r') => {
                    self.at = self.at.saturating_add(usize::from(self.peek() == Some(b'\n')));
                    return Ok(true);
                }
                // A delimiter: the next cell follows, even at the end of the text.
                Some(_) => {}
            }
        }
    }

    fn quoted(&mut self, row: &mut Row) -> std::result::Result<(), (u64, String)> {
        self.at = self.at.saturating_add(1);
        loop {
            let part = self.take_until(|byte| byte == b'"');
            row.text.push_str(part);
            if self.peek().is_none() {
                return Err((self.number, "has a quotation mark that is not closed".to_owned()));
            }
            self.at = self.at.saturating_add(1);
            match self.peek() {
                Some(b'"') => {
                    row.text.push('"');
                    self.at = self.at.saturating_add(1);
                }
                None | Some(b'\n' | b'\r') => return Ok(()),
                Some(byte) if byte == self.delimiter => return Ok(()),
                Some(_) => {
                    let cell = row.ends.len().saturating_add(1);
                    return Err((self.number, format!("has text after the closing quotation mark of cell {cell}")));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_found_out() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("a;b\n1,5;2\n", b';'),
            ("a\tb\n1\t2\n", b'\t'),
            ("a|b\n1|2\n", b'|'),
            // as many commas as semicolons in the header, but not in the rows
            ("code;amount, GBP;year, end\nA;1;2\n", b';'),
            ("\"a,b\";c\n1;2\n", b';'),
            ("one\n1\n", b','),
            ("", b','),
        ] {
            assert_eq!(char::from(sniff(text)), char::from(delimiter), "{text}");
        }
    }

    fn rows(text: &str) -> Vec<Vec<String>> {
        let mut records = Records::new(text, b',');
        let mut row = Row::default();
        let mut rows = Vec::new();
        while records.next(&mut row).unwrap_or_else(|(number, found)| panic!("row {number} {found}")) {
            rows.push(row.cells().into_iter().map(str::to_owned).collect());
        }
        rows
    }

    #[test]
    fn cells_as_rfc_4180_has_them() {
        assert_eq!(rows("a,\"b\"\"c\",\"d,\r\ne\"\r\nf,,\n"), [vec!["a", "b\"c", "d,\r\ne"], vec!["f", "", ""]]);
        // old Mac ends of line, a quotation mark inside a bare cell, no end of line at the end
        assert_eq!(rows("a,5\" pipe\rb,"), [vec!["a", "5\" pipe"], vec!["b", ""]]);
        assert_eq!(rows("a\n\nb"), [vec!["a"], vec![""], vec!["b"]]);
    }
}
