//! How many cells an .ods asks for, before anybody makes them: a few bytes can say that a cell is repeated a thousand million times.

use std::path::Path;

use crate::config::Limits;
use crate::error::{InputProblem, Result};

/// Cells of memory that the reader takes for one cell of a sheet: it keeps values and formulas, each twice while a sheet is laid out.
const COPIES: u64 = 4;

/// Refuses a `content.xml` whose sheets, laid out, have more cells or text than a file of its size may.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) naming the file and the limit.
pub(super) fn check(path: &Path, content: &[u8], limits: &Limits) -> Result<()> {
    let wanted = measure(content);
    let most = limits.cells / COPIES;
    if wanted.cells > most {
        let found = format!("lays out {} cells", wanted.cells);
        return Err(InputProblem::new(path, found, format!("at most {most} in a spreadsheet of its size"), limits.raise("cells")).into());
    }
    if wanted.text > limits.expanded_bytes {
        let found = format!("holds {} bytes of text, repeated cells included", wanted.text);
        let expected = format!("at most {}", limits.expanded_bytes);
        return Err(InputProblem::new(path, found, expected, limits.raise("expanded_bytes")).into());
    }
    Ok(())
}

/// What a spreadsheet lays out.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    /// Cells of the smallest rectangle around what is filled, over all sheets.
    cells: u64,
    /// Bytes of text in them.
    text: u64,
}

/// The sheet being measured: the row and column reached, and the rectangle around what is filled.
#[derive(Default)]
struct Sheet {
    row: u64,
    column: u64,
    row_repeats: u64,
    rows: Option<(u64, u64)>,
    columns: Option<(u64, u64)>,
}

impl Sheet {
    fn cells(&self) -> u64 {
        let length = |range: Option<(u64, u64)>| range.map_or(0, |(from, to)| to.saturating_sub(from));
        length(self.rows).saturating_mul(length(self.columns))
    }

    fn fill(&mut self, columns: u64) {
        let widen = |range: &mut Option<(u64, u64)>, from: u64, to: u64| {
            let (low, high) = range.unwrap_or((from, to));
            *range = Some((low.min(from), high.max(to)));
        };
        widen(&mut self.rows, self.row, self.row.saturating_add(self.row_repeats));
        widen(&mut self.columns, self.column, self.column.saturating_add(columns));
    }
}

fn measure(content: &[u8]) -> Wanted {
    let mut wanted = Wanted::default();
    let mut sheet = Sheet::default();
    // The cell whose content is being passed: how often it is repeated, and where its content began.
    let mut open: Option<(u64, usize)> = None;
    let mut at = 0usize;
    while let Some((tag, begin, end)) = next_tag(content, at) {
        at = end;
        let name = tag.split(|byte| byte.is_ascii_whitespace() || *byte == b'/' || *byte == b'>').next().unwrap_or(&[]);
        let closed = tag.ends_with(b"/");
        match name {
            b"table:table" => {
                wanted.cells = wanted.cells.saturating_add(sheet.cells());
                sheet = Sheet::default();
            }
            b"table:table-row" => {
                sheet.row_repeats = number(tag, b"table:number-rows-repeated");
                sheet.column = 0;
                if closed {
                    sheet.row = sheet.row.saturating_add(sheet.row_repeats);
                }
            }
            b"table:table-cell" | b"table:covered-table-cell" => {
                let repeats = number(tag, b"table:number-columns-repeated");
                if !closed || contains(tag, b"office:") || contains(tag, b"formula") {
                    sheet.fill(repeats);
                }
                sheet.column = sheet.column.saturating_add(repeats);
                open = (!closed).then_some((repeats.saturating_mul(sheet.row_repeats.max(1)), end));
            }
            // A closing tag begins with the slash, so its name is empty.
            b"" if tag.starts_with(b"/table:table-row") => sheet.row = sheet.row.saturating_add(sheet.row_repeats.max(1)),
            b"" if tag.starts_with(b"/table:table-cell") || tag.starts_with(b"/table:covered-table-cell") => {
                if let Some((repeats, from)) = open.take() {
                    let length = u64::try_from(begin.saturating_sub(from)).unwrap_or(u64::MAX);
                    wanted.text = wanted.text.saturating_add(repeats.saturating_mul(length));
                }
            }
            _ => {}
        }
    }
    wanted.cells = wanted.cells.saturating_add(sheet.cells());
    wanted
}

/// The next tag from `at` on: what stands between its brackets, where it begins and where the text after it does. Comments, character data
/// and instructions are passed over; a bracket inside quotation marks ends no tag.
fn next_tag(content: &[u8], mut at: usize) -> Option<(&[u8], usize, usize)> {
    loop {
        let begin = at.saturating_add(find(content.get(at..)?, b"<")?);
        let inside = begin.saturating_add(1);
        let rest = content.get(inside..)?;
        let skip = [(&b"!--"[..], &b"-->"[..]), (b"![CDATA[", b"]]>"), (b"?", b"?>")];
        if let Some((_, ends)) = skip.iter().find(|(begins, _)| rest.starts_with(begins)) {
            at = inside.saturating_add(find(rest, ends)?).saturating_add(ends.len());
            continue;
        }
        let mut quote = None;
        for (length, byte) in rest.iter().enumerate() {
            match (quote, *byte) {
                (None, b'>') => return Some((rest.get(..length)?, begin, inside.saturating_add(length).saturating_add(1))),
                (None, b'"' | b'\'') => quote = Some(*byte),
                (Some(mark), byte) if byte == mark => quote = None,
                _ => {}
            }
        }
        return None;
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [one] => haystack.iter().position(|byte| byte == one),
        _ => haystack.windows(needle.len()).position(|window| window == needle),
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    find(haystack, needle).is_some()
}

/// A repetition; 1 where there is none, and more than any sheet has where it cannot be read.
fn number(tag: &[u8], attribute: &[u8]) -> u64 {
    let Some(at) = find(tag, attribute) else { return 1 };
    let rest = tag.get(at.saturating_add(attribute.len())..).unwrap_or(&[]);
    let digits: Vec<u8> = rest.iter().copied().skip_while(|byte| !byte.is_ascii_digit()).take_while(u8::is_ascii_digit).take(20).collect();
    std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rectangle_around_what_is_filled() {
        let sheet = |rows: &str| measure(format!("<table:table table:name=\"T\">{rows}</table:table>").as_bytes());
        let cell = |repeats: u64| format!("<table:table-cell office:value=\"1\" table:number-columns-repeated=\"{repeats}\"/>");
        assert_eq!(sheet("").cells, 0);
        assert_eq!(sheet(&format!("<table:table-row>{}{}</table:table-row>", cell(1), cell(3))).cells, 4);
        // Blank rows before and behind do not count; those between do.
        let blank = "<table:table-row table:number-rows-repeated=\"1000000\"><table:table-cell/></table:table-row>";
        let one = format!("<table:table-row>{}</table:table-row>", cell(1));
        assert_eq!(sheet(&format!("{blank}{one}{blank}")).cells, 1);
        assert_eq!(sheet(&format!("{one}{blank}{one}")).cells, 1_000_002);
        // A bracket in quotation marks and one in a comment hide nothing.
        assert_eq!(
            sheet("<table:table-row a='>'><!-- \" --><table:table-cell b=\">\" office:value='1' table:number-columns-repeated='9'/>").cells,
            9
        );
        assert_eq!(sheet(&format!("<table:table-row table:number-rows-repeated=\"99999999999999999999999\">{}", cell(2))).cells, u64::MAX);
        let text = "<table:table-row table:number-rows-repeated=\"10\"><table:table-cell table:number-columns-repeated=\"7\"><text:p>abc</text:p></table:table-cell></table:table-row>";
        assert_eq!(sheet(text), Wanted { cells: 70, text: 70 * "<text:p>abc</text:p>".len() as u64 });
    }
}
