//! Reading tables: delimited text, workbooks and Parquet, and what is wrong with them.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use coterminous::config::{Limits, TableSource};
use coterminous::domain::TextTable;
use coterminous::error::Result;
use coterminous::io::{Read, table};
use tempfile::TempDir;

use crate::support::real_data;

fn read(path: impl AsRef<Path>) -> Result<Read<TextTable>> {
    table::read(path.as_ref(), None, &Limits::default())
}

/// Writes content to a file of this name and reads it.
fn read_bytes(name: &str, content: impl AsRef<[u8]>) -> Result<Read<TextTable>> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    read(path)
}

fn refused(name: &str, content: impl AsRef<[u8]>) -> String {
    match read_bytes(name, content) {
        Ok(read) => panic!("{name} was read: {:?}", rows(&read.value)),
        Err(error) => {
            assert_eq!(error.exit_code(), 3, "{error}");
            error.to_string()
        }
    }
}

/// Row numbers and cells.
fn rows(table: &TextTable) -> Vec<(u64, Vec<Option<&str>>)> {
    (0..table.len()).map(|row| (table.row_number(row), (0..table.columns.len()).map(|column| table.cell(row, column)).collect())).collect()
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn delimited_text_in_all_its_dress() {
    let expected = [(2, vec![Some("E1"), Some("1,234.5")]), (4, vec![Some("Ynys Môn"), None])];
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("code\tpounds\nE1\t1,234.5\n\nYnys Môn\t\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let cases: [(&str, Vec<u8>); 9] = [
        ("a.csv", "code,pounds\nE1,\"1,234.5\"\n\nYnys Môn,\n".into()),
        ("a.CSV", "\u{feff}code, pounds\r\n E1 ,\"1,234.5\"\r\n\r\nYnys Môn,\r\n".into()),
        ("a.csv", "code;pounds\nE1;1,234.5\n;\nYnys Môn;".into()),
        ("a.txt", "code|pounds\rE1|1,234.5\r|\rYnys Môn| ".into()),
        ("a.tsv", "code\tpounds\nE1\t1,234.5\n\t\nYnys Môn\t\n".into()),
        ("a.tsv.gz", gzip("code\tpounds\nE1\t1,234.5\n\nYnys Môn\t\n".as_bytes())),
        ("a.csv.gz", gzip("code,pounds,\nE1,\"1,234.5\",\n,,\nYnys Môn,,\n".as_bytes())),
        ("a.csv", "code,pounds\nE1,\"1,234.5\",,\n\nYnys Môn,\n".into()),
        ("a.txt", utf16),
    ];
    for (name, content) in cases {
        let read = read_bytes(name, &content).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(read.value.columns, ["code", "pounds"], "{}", String::from_utf8_lossy(&content));
        assert_eq!(rows(&read.value), expected, "{}", String::from_utf8_lossy(&content));
        assert_eq!(read.findings, []);
        let file = &read.files[0];
        assert_eq!(
            (read.files.len(), file.bytes, file.blake3.as_str()),
            (1, content.len() as u64, blake3::hash(&content).to_hex().as_str())
        );
    }
}

#[test]
fn text_that_is_not_utf8_is_read_as_windows_1252_and_said() {
    let read = read_bytes("a.csv", b"code,name\nW1,Ynys M\xf4n\n").unwrap();
    assert_eq!(read.value.cell(0, 1), Some("Ynys Môn"));
    assert_eq!(read.findings.iter().map(|finding| (finding.id, finding.action)).collect::<Vec<_>>(), [("DQ-12", "read as windows-1252")]);
    // 0x81 is nothing in windows-1252
    let message = refused("a.csv", b"code,name\nW1,M\xf4n\nW2,\x81\n");
    assert!(message.contains("a.csv, record 3: is neither UTF-8 nor windows-1252"), "{message}");
    assert!(refused("a.csv", "code\0,name\n").contains("contains zero bytes"));
}

#[test]
fn rows_that_do_not_fit_are_named() {
    for (content, says) in [
        ("a,b\n1,2\n1,2,3\n", "a.csv, record 3: has 3 cells, expected 2, as many as the header has"),
        ("a,b\n\n1\n", "a.csv, record 3: has 1 cells, expected 2"),
        ("a,b\n1,\"2\n3,4\n", "a.csv, record 2: has a quotation mark that is not closed"),
        ("a,b\n\"1\"x,2\n", "a.csv, record 2: has text after the closing quotation mark of cell 1"),
        ("", "a.csv: is empty, expected a header row"),
        ("\n ,\n", "a.csv: is empty, expected a header row"),
    ] {
        let message = refused("a.csv", content);
        assert!(message.contains(says), "expected \"{says}\" in: {message}");
    }
    // Names that are there twice are numbered, and a finding says so.
    let twice = read_bytes("a.csv", "a,b,a\n1,2,3\n").unwrap();
    assert_eq!((twice.value.columns, twice.findings[0].id), (vec!["a".to_owned(), "b".to_owned(), "a (2)".to_owned()], "DQ-27"));
    // A nameless column between others is kept in its place; a cell beyond the header is not dropped in silence.
    assert_eq!(read_bytes("a.csv", ",b\n0,x\n").unwrap().value.columns, ["", "b"]);
    assert!(refused("a.csv", "a,b,\n1,2,\n1,2,note\n").contains("record 3: has 3 cells"));
}

#[test]
fn files_are_what_their_names_say() {
    let zip: &[u8] = b"PK\x03\x04rest";
    for (name, content, says) in [
        ("a.csv", zip, "a.csv: is a zip or a workbook (.xlsx, .ods), expected text; rename it"),
        ("a.csv", &gzip(b"a,b\n")[..], "is compressed with gzip, expected text"),
        ("a.csv", b"PAR1....PAR1", "is a Parquet file, expected text"),
        ("a.csv", b"<!DOCTYPE html><html>", "is a web page, expected a table"),
        ("a.csv", b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        ("a.csv.gz", b"a,b\n1,2\n", "expected gzip"),
        ("a.xlsx", b"a,b\n1,2\n", "has another content than its name says, expected a zip"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an old or an encrypted workbook (.xls)"),
        ("a.xls", zip, "is a zip or a workbook (.xlsx, .ods), expected an .xls workbook"),
        ("a.xls", b"<html><table>", "is a web page"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is a workbook that cannot be read"),
        ("a.parquet", b"a,b\n1,2\n", "expected Parquet"),
        ("a.parquet", b"PAR1 this is not PAR1", "is not a Parquet file that can be read"),
        ("a.json", b"{}", "is not a table"),
    ] {
        let message = refused(name, content);
        assert!(message.contains(says), "expected \"{says}\" in: {message}");
    }
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("allocations.csv"), "a\n").unwrap();
    let message = read(folder.path().join("alocations.csv")).unwrap_err().to_string();
    assert!(message.contains("alocations.csv: there is no such file; did you mean allocations.csv?"), "{message}");
    let error = table::read(&folder.path().join("allocations.csv"), Some("Table 1"), &Limits::default()).unwrap_err().to_string();
    assert!(error.contains("has no sheets, so no sheet \"Table 1\""), "{error}");
}

#[test]
fn limits_hold() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.csv.gz");
    fs::write(&path, gzip(&vec![b'a'; 4 << 20])).unwrap();
    let limits = Limits { expanded_bytes: 1 << 20, ..Limits::default() };
    assert!(table::read(&path, None, &limits).unwrap_err().to_string().contains("more than 1048576 bytes"));
    let path = folder.path().join("a.csv");
    fs::write(&path, "a,b\n1,2\n3,4\n").unwrap();
    let message = table::read(&path, None, &Limits { cells: 3, ..Limits::default() }).unwrap_err().to_string();
    assert!(message.contains("record 3: is beyond the 3 cells"), "{message}");
    assert!(table::read(&path, None, &Limits { cells: 4, ..Limits::default() }).is_ok());
    let whole = gzip(b"a,b\n1,2\n");
    for length in 0..whole.len() {
        assert!(read_bytes("a.csv.gz", &whole[..length]).is_err(), "{length} bytes");
    }
}

const SHEETS: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Notes" sheetId="1" r:id="rId1"/><sheet name="Table 1" sheetId="2" r:id="rId2"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
const ROOT: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const STYLES: &str = r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;

fn sheet(rows: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
    )
}

pub(crate) fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A workbook whose second sheet, "Table 1", has these rows.
pub(crate) fn xlsx(rows: &str) -> Vec<u8> {
    zip(&[
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", SHEETS),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/styles.xml", STYLES),
        ("xl/worksheets/sheet1.xml", &sheet(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>only</t></is></c></row>"#)),
        ("xl/worksheets/sheet2.xml", &sheet(rows)),
    ])
}

/// The first sheet is hidden, so the second is the first that is shown; by its name the first is read all the same.
#[test]
fn hidden_sheets_are_not_the_first() {
    let rows = format!("{HEADER}<row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><t>E1</t></is></c></row>");
    let with = |sheets: &str| {
        zip(&[
            ("[Content_Types].xml", TYPES),
            ("_rels/.rels", ROOT),
            ("xl/workbook.xml", sheets),
            ("xl/_rels/workbook.xml.rels", RELATIONS),
            ("xl/styles.xml", STYLES),
            ("xl/worksheets/sheet1.xml", &sheet(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>only</t></is></c></row>"#)),
            ("xl/worksheets/sheet2.xml", &sheet(&rows)),
        ])
    };
    let first = SHEETS.replace("name=\"Notes\"", "name=\"Notes\" state=\"hidden\"");
    assert_eq!(read_sheet(&with(&first), None).unwrap().value.sheet.as_deref(), Some("Table 1"));
    assert_eq!(read_sheet(&with(&first), Some("Notes")).unwrap().value.sheet.as_deref(), Some("Notes"));
    let all = first.replace("name=\"Table 1\"", "name=\"Table 1\" state=\"veryHidden\"");
    let error = read_sheet(&with(&all), None).unwrap_err().to_string();
    assert!(error.contains("has hidden sheets only, expected one that is shown, or the name of one: Notes, Table 1"), "{error}");
}

/// Hidden rows and columns are read, and said.
#[test]
fn hidden_rows_and_columns_are_reported() {
    let body =
        |row: u32, hidden: &str| format!("<row r=\"{row}\"{hidden}><c r=\"A{row}\" t=\"inlineStr\"><is><t>E{row}</t></is></c></row>");
    let told = |read: Read<TextTable>| -> (usize, Vec<(String, Option<i64>)>) {
        let found =
            read.findings.iter().filter(|finding| finding.id == "DQ-24").map(|finding| (finding.detail.clone(), finding.record)).collect();
        (read.value.len(), found)
    };
    let shown = xlsx(&format!("{HEADER}{}{}", body(3, ""), body(4, " hidden=\"0\"")));
    assert_eq!(told(read_sheet(&shown, Some("Table 1")).unwrap()), (2, vec![]));
    let rows = format!("{HEADER}{}{}{}<row r=\"900\" hidden=\"1\"/>", body(3, " hidden=\"1\""), body(4, ""), body(5, " hidden=\"true\""));
    let hidden = told(read_sheet(&xlsx(&rows), Some("Table 1")).unwrap());
    assert_eq!(hidden, (3, vec![("sheet Table 1 hides 2 rows; the first hidden row is 3".to_owned(), Some(3))]));
    let columns = "<cols><col min=\"2\" max=\"3\" hidden=\"1\"/><col min=\"9\" max=\"16384\" hidden=\"1\"/></cols><sheetData>";
    let content = zip(&[
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", ROOT),
        ("xl/workbook.xml", SHEETS),
        ("xl/_rels/workbook.xml.rels", RELATIONS),
        ("xl/styles.xml", STYLES),
        ("xl/worksheets/sheet1.xml", &sheet("")),
        ("xl/worksheets/sheet2.xml", &sheet(&format!("{HEADER}{}", body(3, ""))).replace("<sheetData>", columns)),
    ]);
    assert_eq!(told(read_sheet(&content, Some("Table 1")).unwrap()), (1, vec![("sheet Table 1 hides 2 columns".to_owned(), None)]));
}

/// `1.500` and `1,500` are fifteen hundred or one and a half: a file of semicolons must say, unless its other numbers do.
#[test]
fn decimal_commas_are_read_where_they_are_said_and_never_guessed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("budget.csv");
    let with = |text: &str, decimal_comma: Option<bool>| {
        fs::write(&path, text).unwrap();
        table::read_source(&TableSource { decimal_comma, ..TableSource::new(&path, None) }, &Limits::default())
    };
    let cells = |read: Result<Read<TextTable>>| -> Vec<String> {
        let table = read.unwrap().value;
        (0..table.len()).map(|row| table.cell(row, 1).unwrap_or("?").to_owned()).collect()
    };
    let text = "code;pounds\nE1;1.500\nE2;-2.000.000,25\nE3;(12,5)\nE4;\n";
    assert_eq!(cells(with(text, Some(true))), ["1500", "-2000000.25", "(12.5)", "?"]);
    for doubtful in [text, "code;pounds\nE1;7\nE2;1.500\n", "code;pounds\nE1;1,500\n"] {
        let told = with(doubtful, None).unwrap_err().to_string();
        assert!(told.contains("field pounds: `1") && told.contains("say which with decimal = \",\""), "{told}");
    }
    let told = with("code;pounds\nE1;1.5\n", Some(true)).unwrap_err().to_string();
    assert!(told.contains("record 2, field pounds: `1.5` is not a number with a decimal comma"), "{told}");
    assert_eq!(cells(with("code;pounds\nE1;1.500\n", Some(false))), ["1.500"]);
    // Where commas part the cells, or another number says what a point is, nothing is in doubt.
    assert_eq!(cells(with("code,pounds\nE1,1.500\n", None)), ["1.500"]);
    assert_eq!(cells(with("code;pounds\nE1;1.500\nE2;1.25\n", None)), ["1.500", "1.25"]);
}

/// From 131,072 on 32-bit floats are more than a hundredth apart, 16-bit floats from 16 on.
#[test]
fn floats_that_hold_no_pennies_are_reported() {
    use arrow_array::types::{ArrowPrimitiveType, Float16Type};
    use arrow_array::{ArrayRef, Float16Array, Float32Array, RecordBatch};
    let pounds: ArrayRef = Arc::new(Float32Array::from(vec![Some(0.1), Some(131_071.99), Some(131_072.0), Some(-200_000.5), None]));
    let batch = RecordBatch::try_from_iter_with_nullable([("pounds", pounds, true)]).unwrap();
    let folder = TempDir::new().unwrap();
    let path: PathBuf = folder.path().join("pounds.parquet");
    let mut writer = parquet::arrow::ArrowWriter::try_new(fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let found = read(&path).unwrap().findings;
    assert_eq!(found.iter().map(|finding| (finding.id, finding.value)).collect::<Vec<_>>(), [("DQ-07", Some(2.0))]);

    // Those of 16 bits from 16 on.
    type Half = <Float16Type as ArrowPrimitiveType>::Native;
    let pounds: ArrayRef = Arc::new(Float16Array::from(vec![Some(Half::from_f32(15.99)), Some(Half::from_f32(16.01)), None]));
    let batch = RecordBatch::try_from_iter_with_nullable([("pounds", pounds, true)]).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let found = read(&path).unwrap().findings;
    assert_eq!(found.iter().map(|finding| (finding.id, finding.value)).collect::<Vec<_>>(), [("DQ-07", Some(1.0))]);
    assert!(found[0].detail.contains("16-bit floats: 1 of its numbers are of 16 or more"), "{}", found[0].detail);
}

fn read_sheet(content: &[u8], sheet: Option<&str>) -> Result<Read<TextTable>> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("budget.xlsx");
    fs::write(&path, content).unwrap();
    table::read(&path, sheet, &Limits::default())
}

const HEADER: &str = r#"<row r="2"><c r="A2" t="inlineStr"><is><t>code </t></is></c><c r="B2" t="inlineStr"><is><t>pounds</t></is></c><c r="D2" t="inlineStr"><is><t>from</t></is></c></row>"#;

#[test]
fn workbooks_cell_by_cell() {
    let rows_of = format!(
        r#"{HEADER}<row r="3"><c r="A3" t="inlineStr"><is><t>E1</t></is></c><c r="B3"><v>1234.5</v></c><c r="D3" s="1"><v>39173</v></c></row>
        <row r="5"><c r="A5"><v>12.0</v></c><c r="B5"><f>1/3</f><v>0.33333333333333331</v></c><c r="D5" s="1"><v>39173.5</v></c></row>
        <row r="6"><c r="A6" t="b"><v>1</v></c><c r="B6" t="e"><v>#N/A</v></c></row>
        <row r="7"><c r="A7" t="str"><f>""</f><v></v></c><c r="B7"><v>1E+21</v></c></row>"#
    );
    let content = xlsx(&rows_of);
    let read = read_sheet(&content, Some("Table 1")).unwrap();
    assert_eq!(read.value.columns, ["code", "pounds", "", "from"]);
    assert_eq!(read.value.sheet.as_deref(), Some("Table 1"));
    assert_eq!(
        rows(&read.value),
        [
            (3, vec![Some("E1"), Some("1234.5"), None, Some("2007-04-01")]),
            (5, vec![Some("12"), Some("0.3333333333333333"), None, Some("2007-04-01T12:00:00")]),
            (6, vec![Some("true"), None, None, None]),
            (7, vec![None, Some("1000000000000000000000"), None, None]),
        ]
    );
    let [finding] = read.findings.as_slice() else { panic!("{:?}", read.findings) };
    assert_eq!((finding.id, finding.record, finding.field.as_deref()), ("DQ-07", Some(6), Some("pounds")));
    assert_eq!(finding.detail, "cell B6 of sheet Table 1 holds #N/A");
    // the first sheet by default
    assert_eq!(read_sheet(&content, None).unwrap().value.columns, ["only"]);
    let error = read_sheet(&content, Some("table 1")).unwrap_err().to_string();
    assert!(error.contains("there is no sheet \"table 1\", expected one of: Notes, Table 1; did you mean \"Table 1\"?"), "{error}");
}

#[test]
fn a_formula_without_a_result_is_not_read_as_blank() {
    let content = xlsx(&format!(r#"{HEADER}<row r="3"><c r="A3"><v>1</v></c><c r="B3"><f>SUM(C1:C9)</f></c></row>"#));
    let error = read_sheet(&content, Some("Table 1")).unwrap_err().to_string();
    assert!(
        error.contains("budget.xlsx, sheet Table 1, record 3, field pounds: is a formula whose result is not stored; open the workbook"),
        "{error}"
    );
}

#[test]
fn hostile_workbooks_end_in_errors() {
    // One cell in the last corner: a dense sheet would have 17 thousand million cells.
    let content = xlsx(&format!(r#"{HEADER}<row r="3"><c r="A3"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#));
    let error = read_sheet(&content, Some("Table 1")).unwrap_err().to_string();
    assert!(error.contains("record 1048576: has 16384 cells, expected 4"), "{error}");
    let content = xlsx(&format!(r#"{HEADER}<row r="4"><c r="A4"><v>1</v></c></row><row r="3"><c r="A3"><v>1</v></c></row>"#));
    assert!(read_sheet(&content, Some("Table 1")).unwrap_err().to_string().contains("stands after cells that belong behind it"));
    let whole = xlsx(HEADER);
    for length in (0..whole.len()).step_by(7) {
        assert!(read_sheet(&whole[..length], None).is_err(), "{length} bytes");
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bomb.xlsx");
    fs::write(&path, xlsx(&format!("{HEADER}{}", " ".repeat(4 << 20)))).unwrap();
    let limits = Limits { expanded_bytes: 1 << 20, ..Limits::default() };
    assert!(table::read(&path, None, &limits).unwrap_err().to_string().contains("more than 1048576 bytes"));
}

#[test]
fn open_document_spreadsheets() {
    let content = r#"<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="Grants"><table:table-row><table:table-cell office:value-type="string"><text:p>code</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>pounds</text:p></table:table-cell></table:table-row><table:table-row table:number-rows-repeated="2"><table:table-cell/><table:table-cell/></table:table-row><table:table-row><table:table-cell office:value-type="string"><text:p>00A</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="1234.50"><text:p>1234.50</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"#;
    let manifest = r#"<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"#;
    let ods = zip(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest),
        ("content.xml", content),
    ]);
    let read = read_bytes("grants.ods", ods).unwrap();
    assert_eq!(read.value.columns, ["code", "pounds"]);
    assert_eq!(rows(&read.value), [(4, vec![Some("00A"), Some("1234.5")])]);
    assert_eq!(read.value.sheet.as_deref(), Some("Grants"));
}

#[test]
fn parquet_of_every_readable_type() {
    use arrow_array::types::Int32Type;
    use arrow_array::{
        ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int64Array,
        RecordBatch, StringArray, TimestampMillisecondArray, UInt64Array,
    };
    let dictionary: DictionaryArray<Int32Type> = [Some("x"), None].into_iter().collect();
    let columns: [(&str, ArrayRef); 10] = [
        ("text", Arc::new(StringArray::from(vec![Some("Ynys Môn"), None]))),
        ("whole", Arc::new(Int64Array::from(vec![Some(i64::MIN), None]))),
        ("large", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None]))),
        ("float", Arc::new(Float64Array::from(vec![Some(12.0), Some(0.1)]))),
        ("single", Arc::new(Float32Array::from(vec![Some(0.1), Some(1234.5)]))),
        ("exact", Arc::new(Decimal128Array::from(vec![Some(-123_450), None]).with_precision_and_scale(18, 2).unwrap())),
        ("yes", Arc::new(BooleanArray::from(vec![Some(true), Some(false)]))),
        ("day", Arc::new(Date32Array::from(vec![Some(13_604), None]))),
        // 2007-04-01 is day 13604
        ("moment", Arc::new(TimestampMillisecondArray::from(vec![Some(13_604 * 86_400_000), Some(13_604 * 86_400_000 + 1_500)]))),
        ("dictionary", Arc::new(dictionary)),
    ];
    let mut named: Vec<(&str, ArrayRef)> = columns.to_vec();
    named.push(("geometry", Arc::new(BinaryArray::from(vec![Some(&b"\x01"[..]), None]))));
    let batch = RecordBatch::try_from_iter_with_nullable(named.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let folder = TempDir::new().unwrap();
    let path: PathBuf = folder.path().join("lines.parquet");
    let mut writer = parquet::arrow::ArrowWriter::try_new(fs::File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let read = read(&path).unwrap();
    assert_eq!(read.value.columns, columns.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    let some = |cells: [&'static str; 10]| cells.map(|cell| Some(cell).filter(|cell| !cell.is_empty())).to_vec();
    assert_eq!(
        rows(&read.value),
        [
            (
                2,
                some([
                    "Ynys Môn",
                    "-9223372036854775808",
                    "18446744073709551615",
                    "12",
                    "0.1",
                    "-1234.50",
                    "true",
                    "2007-04-01",
                    "2007-04-01",
                    "x"
                ])
            ),
            (3, some(["", "", "", "0.1", "1234.5", "", "false", "", "2007-04-01T00:00:01.500", ""])),
        ]
    );
    assert_eq!(
        read.findings.iter().map(|finding| (finding.id, finding.field.as_deref())).collect::<Vec<_>>(),
        [("DQ-16", Some("geometry"))]
    );
    let bytes = fs::read(&path).unwrap();
    assert_eq!(read.files[0].blake3, blake3::hash(&bytes).to_hex().as_str());
    for length in (0..bytes.len()).step_by(11) {
        assert!(read_bytes("a.parquet", &bytes[..length]).is_err(), "{length} bytes");
    }
    let error = table::read(&path, None, &Limits { cells: 10, ..Limits::default() }).unwrap_err().to_string();
    assert!(error.contains("has 22 cells, expected at most 10"), "{error}");
}

#[test]
fn real_tables_have_their_rows() {
    let files: [(&str, usize, &[&str]); 3] = [
        ("england-2011/oa11_lsoa11_lad11_ctyua11_ccg15_pct11_pop11.csv.gz", 171_372, &[]),
        (
            "budgets/pct_allocation_2003-04_to_2012-13.csv",
            610,
            &["pct11cd", "pct_nhs", "pct11nm", "fin_year", "Allocation_000s", "CCG_Code"],
        ),
        ("budgets/pssex1_2000-01_to_2007-08_totals.csv.gz", 21_450, &[]),
    ];
    for (file, count, columns) in files {
        let Some(path) = real_data(file) else { continue };
        let read = read(&path).unwrap();
        assert_eq!(read.findings, [], "{file}");
        assert_eq!(read.value.len(), count, "{file}");
        if !columns.is_empty() {
            assert_eq!(read.value.columns, columns);
        }
        // no blank row in these files: the last row's number is the number of rows and the header
        assert_eq!(read.value.row_number(read.value.len() - 1), read.value.len() as u64 + 1);
    }
    let Some(path) = real_data("england-2011/oa11_lsoa11_lad11_ctyua11_ccg15_pct11_pop11.csv.gz") else { return };
    let table = read(path).unwrap().value;
    let column = table.columns.iter().position(|name| name.to_uppercase().starts_with("POP")).unwrap();
    let people: i64 = (0..table.len()).map(|row| table.cell(row, column).unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(people, 53_012_456);
}
