//! The .dbf: attributes, record by record. Source: dBASE III and IV file structure, and Erik Bachmann's "Xbase File Format Description".

use std::path::Path;

use crate::config::Limits;
use crate::domain::Finding;
use crate::error::{InputProblem, Result};
use crate::io::encoding::{TextEncoding, UTF8, WESTERN};

/// What a .dbf says.
pub(super) struct Attributes {
    /// Field names in file order.
    pub(super) fields: Vec<String>,
    /// One row a record, deleted ones included.
    pub(super) rows: Vec<Row>,
    /// Encoding used, and whether .cpg or .dbf declared it.
    pub(super) encoding: (String, bool),
    /// DQ-07 for numbers that overflowed their field, DQ-12 for text decoded by assumption, DQ-25 for fields that are left out and records that are
    /// longer than their fields; without the file's name.
    pub(super) findings: Vec<Finding>,
}

/// One record.
pub(super) struct Row {
    /// Whether it is marked deleted.
    pub(super) deleted: bool,
    /// One cell a field.
    pub(super) cells: Vec<Option<String>>,
}

struct Field {
    name: String,
    kind: u8,
    begin: usize,
    end: usize,
    /// Numbers that were `****`, and the record of the first.
    overflows: u64,
    first_overflow: u64,
}

const DAMAGED: &str = "copy, unpack or download it again";

/// Parses a .dbf. `declared` is the encoding its .cpg names, and the .cpg.
///
/// Cells are text: C as it is, without the padding; N and F trimmed, `None` where blank or overflowed (`****`); L as `true` or `false`;
/// D as an ISO date. Deleted records stay in their place, so row n belongs to shape n.
///
/// # Errors
/// The header does not fit the file, a field is of no type there is, two fields have one name, a record is neither live nor deleted, a byte
/// means nothing in the encoding (record and field are named), or there are more than `limits.cells` cells.
pub(super) fn parse(path: &Path, bytes: &[u8], declared: Option<(TextEncoding, &Path)>, limits: &Limits) -> Result<Attributes> {
    let wrong = |found: String, expected: String| InputProblem::new(path, found, expected, DAMAGED);
    let Some(header) = bytes.first_chunk::<32>() else {
        return Err(wrong(format!("is {} bytes long", bytes.len()), "a header of 32 bytes".to_owned()).into());
    };
    let [version, _, _, _, c0, c1, c2, c3, h0, h1, r0, r1, ..] = *header;
    // Versions differ in memo files, which areas do not have; the low bits are 3 for all of dBASE, FoxPro has 0x30.
    if version & 0x07 != 3 && !(0x30..=0x32).contains(&version) {
        return Err(wrong(format!("is of version 0x{version:02x}"), "a dBASE file".to_owned()).into());
    }
    let count = u64::from(u32::from_le_bytes([c0, c1, c2, c3]));
    let header_length = usize::from(u16::from_le_bytes([h0, h1]));
    let record_length = usize::from(u16::from_le_bytes([r0, r1]));
    let Some(descriptors) = bytes.get(32..header_length) else {
        return Err(wrong(format!("is {} bytes long", bytes.len()), format!("a header of {header_length} bytes")).into());
    };
    let body = body(path, bytes, header_length, record_length, count)?;
    let guessed = TextEncoding::of_language_driver(header.get(29).copied().unwrap_or(0));
    let (encoding, is_declared, mut findings) = choose_encoding(declared.map(|(encoding, _)| encoding), guessed, descriptors, body);
    let mut fields = fields(path, descriptors, record_length, encoding, &mut findings)?;
    let cells = u64::try_from(fields.len()).unwrap_or(u64::MAX).saturating_mul(count);
    if cells > limits.cells {
        let remedy = limits.raise("cells");
        return Err(InputProblem::new(path, format!("has {cells} cells"), format!("at most {}", limits.cells), remedy).into());
    }
    let mut rows = Vec::with_capacity(body.len().checked_div(record_length).unwrap_or(0));
    for (record, bytes) in (1u64..).zip(body.chunks_exact(record_length.max(1))) {
        let deleted = match bytes.first() {
            Some(b' ') => false,
            Some(b'*') => true,
            flag => {
                let found = format!("begins with the byte {}", flag.copied().unwrap_or(0));
                let expected = "a space (live) or * (deleted)".to_owned();
                return Err(wrong(found, expected).record(record).into());
            }
        };
        let mut row = Vec::with_capacity(fields.len());
        for field in &mut fields {
            let raw = bytes.get(field.begin..field.end).unwrap_or(&[]);
            let cell = match cell(raw, field.kind, encoding) {
                Cell::Text(text) => text,
                Cell::Overflow => {
                    field.overflows = field.overflows.saturating_add(1);
                    if field.overflows == 1 {
                        field.first_overflow = record;
                    }
                    None
                }
                Cell::Undecodable => {
                    let found = format!("holds \"{}\"", raw.escape_ascii());
                    let remedy = undecodable(raw, encoding, declared.map(|(_, cpg)| cpg));
                    let problem = InputProblem::new(path, found, format!("text in {}", encoding.name()), remedy);
                    return Err(problem.record(record).field(&field.name).into());
                }
            };
            row.push(cell);
        }
        rows.push(Row { deleted, cells: row });
    }
    for field in fields.iter().filter(|field| field.overflows > 0) {
        let detail = format!(
            "{} numbers were too wide for their field and stand as asterisks, record {} first",
            field.overflows, field.first_overflow
        );
        let finding = Finding::new("DQ-07", detail, "read as unknown").field(&field.name).value(field.overflows as f64, "rows");
        findings.push(finding.record(i64::try_from(field.first_overflow).unwrap_or(i64::MAX)));
    }
    let fields = fields.into_iter().map(|field| field.name).collect();
    Ok(Attributes { fields, rows, encoding: (encoding.name().to_owned(), is_declared), findings })
}

/// The records' bytes, `count` times `record_length`, which must be all there is but an end mark.
fn body<'a>(path: &Path, bytes: &'a [u8], header_length: usize, record_length: usize, count: u64) -> Result<&'a [u8]> {
    let wanted = usize::try_from(count).ok().and_then(|count| count.checked_mul(record_length));
    let end = wanted.and_then(|wanted| wanted.checked_add(header_length));
    let after = bytes.get(header_length..).unwrap_or(&[]);
    let Some((body, rest)) = end.and_then(|end| Some((bytes.get(header_length..end)?, bytes.get(end..)?))) else {
        let found = format!("holds {} whole records of {record_length} bytes", after.len().checked_div(record_length).unwrap_or(0));
        return Err(InputProblem::new(path, found, format!("{count} as its header says"), DAMAGED).into());
    };
    // 0x1a ends a dBASE file; some writers leave it out, some pad with zeros.
    if rest.iter().any(|byte| *byte != 0x1a && *byte != 0) {
        let found = format!("has {} bytes after its {count} records", rest.len());
        return Err(InputProblem::new(path, found, "an end mark", DAMAGED).into());
    }
    Ok(body)
}

/// .cpg first, then the language driver, then UTF-8 if the text is that, then windows-1252. Assumptions become finding DQ-12.
fn choose_encoding(
    cpg: Option<TextEncoding>,
    driver: Option<TextEncoding>,
    descriptors: &[u8],
    body: &[u8],
) -> (TextEncoding, bool, Vec<Finding>) {
    let plain = descriptors_are_plain(descriptors) && body.is_ascii();
    let is_utf8 = !plain && std::str::from_utf8(body).is_ok();
    match cpg.or(driver) {
        Some(declared) if is_utf8 && declared.is_single_byte() => {
            let detail = format!("text is declared to be {} but would be valid UTF-8", declared.name());
            (declared, true, vec![Finding::new("DQ-12", detail, "read as declared")])
        }
        Some(declared) => (declared, true, Vec::new()),
        None if plain || is_utf8 => (UTF8, false, Vec::new()),
        None => {
            let detail = "no encoding is declared and the text is not UTF-8";
            (WESTERN, false, vec![Finding::new("DQ-12", detail, "read as windows-1252")])
        }
    }
}

/// Whether field names are ASCII (the other bytes of a descriptor are numbers and may be anything).
fn descriptors_are_plain(descriptors: &[u8]) -> bool {
    descriptors.as_chunks::<32>().0.iter().all(|descriptor| descriptor.iter().take(11).all(u8::is_ascii))
}

/// What to do about text that is not in the encoding: who says that it is, and which one it is likely in.
fn undecodable(raw: &[u8], encoding: TextEncoding, cpg: Option<&Path>) -> String {
    let raw = raw.split(|byte| *byte == 0).next().unwrap_or(&[]).trim_ascii();
    let other = if encoding == WESTERN { UTF8 } else { WESTERN };
    let likely = other.decode(raw).map(|text| format!("; in {} it would be \"{}\"", other.name(), text.escape_debug())).unwrap_or_default();
    match cpg.and_then(Path::file_name) {
        Some(cpg) => {
            let cpg = cpg.to_string_lossy();
            format!("{cpg} says {} and the text is not that: write the encoding that it is in into {cpg}{likely}", encoding.name())
        }
        None => format!("beside the .dbf put a .cpg that names its encoding ({} was used){likely}", encoding.name()),
    }
}

/// Field types that are no text: memos and pictures, which are in a file of their own, and FoxPro's numbers as bytes.
const BINARY: &[u8] = b"MGBPIOYT@+VWQ0";

/// The fields that are read. Those of binary types are left out (finding DQ-25), and so is what a record has beyond its fields.
fn fields(
    path: &Path,
    descriptors: &[u8],
    record_length: usize,
    encoding: TextEncoding,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Field>> {
    let mut fields: Vec<Field> = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut begin = 1usize;
    let mut chunks = descriptors.chunks(32);
    loop {
        let number = names.len().saturating_add(1);
        let wrong = |found: String, expected: &str| InputProblem::new(path, found, expected, DAMAGED).field(number.to_string());
        let Some(chunk) = chunks.next() else {
            return Err(wrong("is missing: the header ends without its end mark".to_owned(), "0x0d after the last field").into());
        };
        if chunk.first() == Some(&0x0d) {
            break;
        }
        let Some(descriptor) = chunk.first_chunk::<32>() else {
            return Err(wrong(format!("is described in {} bytes", chunk.len()), "32").into());
        };
        let name = descriptor.first_chunk::<11>().map_or(&[][..], |name| name.as_slice());
        let name = name.split(|byte| *byte == 0).next().unwrap_or(&[]);
        let name = encoding.decode(name).map(|name| name.trim().to_owned()).unwrap_or_default();
        if name.is_empty() {
            return Err(wrong("has no name that can be read".to_owned(), "a name").into());
        }
        let (kind, length) = (descriptor.get(11).copied().unwrap_or(0), descriptor.get(16).copied().unwrap_or(0));
        let is_binary = BINARY.contains(&kind);
        if !is_binary && !b"CNFLD".contains(&kind) {
            let found = format!("is of type {}", kind.escape_ascii());
            let remedy = "remove the field, or save it as text or number";
            return Err(InputProblem::new(path, found, "C, N, F, L or D", remedy).field(name).into());
        }
        if names.contains(&name) {
            let remedy = "rename one of them: names are cut to 10 characters in a .dbf";
            return Err(InputProblem::new(path, "there are two fields of this name", "each name once", remedy).field(name).into());
        }
        names.push(name.clone());
        let end = begin.saturating_add(usize::from(length));
        if is_binary {
            let what = if b"MGBP".contains(&kind) { "has its content in another file" } else { "holds numbers as bytes" };
            findings
                .push(Finding::new("DQ-25", format!("the field is of type {} and {what}", kind.escape_ascii()), "left out").field(name));
        } else {
            fields.push(Field { name, kind, begin, end, overflows: 0, first_overflow: 0 });
        }
        begin = end;
    }
    if names.is_empty() || begin > record_length {
        let found = format!("has fields of {begin} bytes in all");
        return Err(InputProblem::new(path, found, format!("{record_length} a record as its header says"), DAMAGED).into());
    }
    if begin < record_length {
        let over = record_length.saturating_sub(begin);
        let detail = format!("records are {record_length} bytes long and their fields {begin}");
        findings.push(Finding::new("DQ-25", detail, "read without what is behind the fields").value(over as f64, "bytes"));
    }
    Ok(fields)
}

enum Cell {
    Text(Option<String>),
    Overflow,
    Undecodable,
}

fn cell(raw: &[u8], kind: u8, encoding: TextEncoding) -> Cell {
    // Padding is spaces; some writers end the text by a zero and leave what was there before behind it.
    let raw = raw.split(|byte| *byte == 0).next().unwrap_or(&[]).trim_ascii();
    if raw.is_empty() {
        return Cell::Text(None);
    }
    if (kind == b'N' || kind == b'F') && raw.iter().all(|byte| *byte == b'*') {
        return Cell::Overflow;
    }
    let Some(text) = encoding.decode(raw) else {
        return Cell::Undecodable;
    };
    let text = match kind {
        b'L' => match raw {
            b"T" | b"t" | b"Y" | b"y" => Some("true".to_owned()),
            b"F" | b"f" | b"N" | b"n" => Some("false".to_owned()),
            b"?" => None,
            _ => Some(text.into_owned()),
        },
        b'D' => match (raw.get(..4), raw.get(4..6), raw.get(6..8)) {
            _ if raw.iter().all(|byte| *byte == b'0') => None,
            (Some(_), Some(_), Some(_)) if raw.len() == 8 && raw.iter().all(u8::is_ascii_digit) => {
                let mut date = text.into_owned();
                date.insert(6, '-');
                date.insert(4, '-');
                Some(date)
            }
            _ => Some(text.into_owned()),
        },
        _ => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
    };
    Cell::Text(text)
}
