//! Delimited text (RFC 4180 and its relatives). Our own parser: the usual ones read an unclosed quotation mark to the end of the file as one cell.

use std::borrow::Cow;
use std::path::Path;

use rayon::prelude::*;

use super::builder::Builder;
use super::decimals;
use crate::config::{Limits, TableSource};
use crate::domain::{Finding, TextTable};
use crate::error::{Error, InputProblem, Result};
use crate::io::Read;
use crate::io::encoding::{UTF8, WESTERN};

/// Delimiters tried, the likelier first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Rows looked at to find the delimiter out.
const SNIFFED_ROWS: usize = 20;

/// Bytes of text that are parsed in one go. Fixed, so that nothing depends on the number of threads.
const CHUNK: usize = 4 << 20;

/// Parses text with this delimiter, or with the one that its first rows agree on.
pub(super) fn read(source: &TableSource, bytes: &[u8], delimiter: Option<u8>, limits: &Limits) -> Result<Read<TextTable>> {
    let path = source.path.as_path();
    let (text, mut findings) = decode(path, bytes)?;
    let delimiter = delimiter.unwrap_or_else(|| sniff(&text, source.header_row.or(source.header_rows.last().copied()).unwrap_or(1)));
    let mut builder = Builder::new(source, None, limits, true);
    let mut records = Records::new(&text, delimiter);
    let mut cells = Vec::new();
    while !builder.has_header() && records.next(&mut cells).map_err(|(number, found)| misquoted(path, number, found))? {
        builder.row(records.number, &cells)?;
    }
    let body = text.get(records.at..).unwrap_or("");
    let mut parts = Vec::new();
    for range in chunks(body, delimiter) {
        if let (Some(part), Some(text)) = (builder.part(), body.get(range)) {
            parts.push((part, text));
        }
    }
    let parsed: Vec<(u64, Result<Builder<'_>>)> = parts.into_par_iter().map(|(part, text)| parse(path, part, text, delimiter)).collect();
    // Rows of a chunk are numbered from where the one before it ends, which is known once that is read.
    let mut offset = records.number;
    for (rows, part) in parsed {
        builder.append(part.map_err(|error| numbered_from(error, offset))?, offset)?;
        offset = offset.saturating_add(rows);
    }
    let (value, left_out) = builder.finish()?;
    findings.extend(left_out);
    // Where commas do not part the cells they may be decimal.
    if delimiter == b';'
        && source.decimal_comma.is_none()
        && let Some((row, column)) = decimals::doubtful(&value)
    {
        let found = format!("`{}` may be thousands, or have a decimal comma or point", value.cell(row, column).unwrap_or(""));
        let remedy = "say which with decimal = \",\" or decimal = \".\" beside the path of this table";
        let problem = InputProblem::new(path, found, "numbers that can be read in one way", remedy).record(value.row_number(row));
        return Err(problem.field(value.columns.get(column).map_or("", String::as_str)).into());
    }
    // Where a tab or a bar parts them, commas are thousands more often than not, and a point could be.
    if matches!(delimiter, b'\t' | b'|') && source.decimal_comma.is_none() {
        findings.extend(decimals::pointed(&value).map(|(row, column)| {
            let name = value.columns.get(column).map_or("", String::as_str);
            let cell = value.cell(row, column).unwrap_or("");
            let detail = format!("`{cell}` and all other numbers with a point have three digits behind it, as thousands would");
            Finding::new("DQ-07", detail, "read as decimal points; decimal = \",\" beside the path of the table reads thousands")
                .file(path.display().to_string())
                .field(name)
                .record(i64::try_from(value.row_number(row)).unwrap_or(i64::MAX))
        }));
    }
    Ok(Read { value, findings, files: Vec::new() })
}

/// Parses whole rows, counted from 1, and says how many there are.
fn parse<'a>(path: &Path, mut part: Builder<'a>, text: &str, delimiter: u8) -> (u64, Result<Builder<'a>>) {
    let mut records = Records::new(text, delimiter);
    let mut cells = Vec::new();
    loop {
        match records.next(&mut cells) {
            Ok(true) => {
                if let Err(error) = part.row(records.number, &cells) {
                    return (records.number, Err(error));
                }
            }
            Ok(false) => return (records.number, Ok(part)),
            Err((number, found)) => return (number, Err(misquoted(path, number, found).into())),
        }
    }
}

/// Cells of a row: as many columns as a spreadsheet has. A file of commas would otherwise cost twenty times its size.
const MAX_CELLS: usize = 16_384;

fn misquoted(path: &Path, number: u64, found: String) -> InputProblem {
    let remedy = if found.starts_with("has more than") {
        "check the ends of its lines and its delimiter"
    } else {
        "close the cell with one quotation mark, and double those inside it"
    };
    InputProblem::new(path, found, "", remedy).record(number)
}

/// An error of a chunk with the number that its row has in the file.
fn numbered_from(error: Error, offset: u64) -> Error {
    match error {
        Error::Input(mut problem) => {
            problem.record = problem.record.map(|record| record.saturating_add(offset));
            Error::Input(problem)
        }
        other => other,
    }
}

/// Where to cut text into pieces of about [`CHUNK`] bytes of whole rows.
fn chunks(text: &str, delimiter: u8) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let mut cuts = vec![0];
    if !bytes.contains(&b'"') {
        // Every end of line ends a row.
        let mut at = CHUNK;
        while let Some(rest) = bytes.get(at..) {
            let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { break };
            at = at.saturating_add(end).saturating_add(1);
            cuts.push(at);
            at = at.saturating_add(CHUNK);
        }
    } else {
        let mut records = Records::new(text, delimiter);
        let mut last = 0;
        // Behind a quotation mark that is not closed nothing can be told apart: the rest is one piece, and its parsing says so.
        while let Ok(true) = records.skip() {
            if records.at.saturating_sub(last) >= CHUNK {
                last = records.at;
                cuts.push(last);
            }
        }
    }
    cuts.push(text.len());
    cuts.windows(2)
        .filter_map(|pair| if let [from, to] = pair { Some(*from..*to) } else { None })
        .filter(|range| !range.is_empty())
        .collect()
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
fn sniff(text: &str, header_row: u64) -> u8 {
    let mut best = (false, 1, b',');
    for delimiter in DELIMITERS {
        let mut records = Records::new(text, delimiter);
        let mut cells = Vec::new();
        let (mut width, mut agrees, mut seen) = (0, true, 0);
        while seen < SNIFFED_ROWS {
            match records.next(&mut cells) {
                Ok(true) if records.number < header_row => continue,
                Ok(true) if cells.iter().all(|cell| cell.trim().is_empty()) => {}
                Ok(true) if width == 0 => width = cells.len(),
                Ok(true) => agrees = agrees && cells.len() == width,
                Ok(false) => break,
                Err(_) => {
                    agrees = false;
                    break;
                }
            }
            seen = usize::saturating_add(seen, 1);
        }
        if width > 1 && (agrees, width) > (best.0, best.1) {
            best = (agrees, width, delimiter);
        }
    }
    best.2
}

/// Rows of a text, blank ones included.
struct Records<'a> {
    text: &'a str,
    at: usize,
    delimiter: u8,
    /// Number of the row last read, from 1.
    number: u64,
}

/// Where a row is broken: its number, and what is wrong.
type Broken = (u64, String);

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

    /// Reads the next row into `cells`; `false` at the end.
    fn next(&mut self, cells: &mut Vec<Cow<'a, str>>) -> std::result::Result<bool, Broken> {
        cells.clear();
        self.each(|cell| cells.push(cell))
    }

    /// Passes over the next row; `false` at the end.
    fn skip(&mut self) -> std::result::Result<bool, Broken> {
        self.each(|_| {})
    }

    fn each(&mut self, mut cell: impl FnMut(Cow<'a, str>)) -> std::result::Result<bool, Broken> {
        if self.peek().is_none() {
            return Ok(false);
        }
        self.number = self.number.saturating_add(1);
        let mut count = 0usize;
        loop {
            count = count.saturating_add(1);
            if count > MAX_CELLS {
                return Err((self.number, format!("has more than {MAX_CELLS} cells")));
            }
            if self.peek() == Some(b'"') {
                cell(self.quoted(count)?);
            } else {
                let delimiter = self.delimiter;
                cell(Cow::Borrowed(self.take_until(|byte| byte == delimiter || byte == b'\n' || byte == b'\r')));
            }
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

    fn quoted(&mut self, cell: usize) -> std::result::Result<Cow<'a, str>, Broken> {
        self.at = self.at.saturating_add(1);
        let mut text = Cow::Borrowed("");
        loop {
            let part = self.take_until(|byte| byte == b'"');
            if text.is_empty() {
                text = Cow::Borrowed(part);
            } else {
                text.to_mut().push_str(part);
            }
            if self.peek().is_none() {
                return Err((self.number, "has a quotation mark that is not closed".to_owned()));
            }
            self.at = self.at.saturating_add(1);
            match self.peek() {
                Some(b'"') => {
                    text.to_mut().push('"');
                    self.at = self.at.saturating_add(1);
                }
                None | Some(b'\n' | b'\r') => return Ok(text),
                Some(byte) if byte == self.delimiter => return Ok(text),
                Some(_) => return Err((self.number, format!("has text after the closing quotation mark of cell {cell}"))),
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
            assert_eq!(char::from(sniff(text, 1)), char::from(delimiter), "{text}");
        }
    }

    fn rows(text: &str) -> Vec<Vec<String>> {
        let mut records = Records::new(text, b',');
        let mut cells = Vec::new();
        let mut rows = Vec::new();
        while records.next(&mut cells).unwrap_or_else(|(number, found)| panic!("row {number} {found}")) {
            rows.push(cells.iter().map(|cell| cell.to_string()).collect());
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

    #[test]
    fn text_is_cut_between_rows_alone() {
        // Rows of about a hundred bytes to three chunks: bare, and with line ends inside quotation marks.
        for filling in ["x".repeat(90), format!("\"{}\n,{}\"", "y".repeat(40), "\"\"z".repeat(20))] {
            let text: String = (0..3 * CHUNK / 90).map(|row| format!("{row},{filling}\r\n")).collect();
            let ranges = chunks(&text, b',');
            assert!((3..=5).contains(&ranges.len()), "{ranges:?}");
            assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, text.len()));
            let mut row = 0;
            for (range, next) in ranges.iter().zip(ranges.iter().skip(1).map(|range| range.start).chain([text.len()])) {
                assert_eq!(range.end, next);
                let mut records = Records::new(&text[range.clone()], b',');
                let mut cells = Vec::new();
                while records.next(&mut cells).unwrap() {
                    assert_eq!((cells.len(), cells[0].as_ref()), (2, row.to_string().as_str()));
                    row += 1;
                }
            }
            assert_eq!(row, 3 * CHUNK / 90);
        }
    }
}
