//! Tables: delimited text, workbooks and Parquet that lie, are cut, or burst.

use std::io::Write as _;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::zips::zip_of;
use super::{Case, Trial, hold, published, refused};

pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Reads the budget from this file.
pub fn budget(trial: &Trial, name: &str, content: &[u8]) {
    trial.write(name, content);
    trial.config("m.csv", name);
}

/// A budget with a column of years.
fn years(trial: &Trial, rows: &str) {
    trial.write("m.csv", format!("code,pounds,year\n{rows}"));
    trial.config("\"2007-08\"", "{ column = \"year\" }");
}

/// People of a table of building blocks.
fn residents(trial: &Trial, field: &str, rows: &str) {
    trial.write("p.csv", format!("h,c,n\n{rows}"));
    let people = format!("council = \"c\"\npeople = {{ table = \"p.csv\", left = \"h\", right = \"c\", field = \"{field}\" }}");
    trial.config("council = \"c\"", &people);
}

fn csv(name: &'static str, says: &[&'static str], content: &'static str) -> Case {
    refused(name, says, move |trial| trial.write("m.csv", content))
}

#[test]
fn delimited_text() {
    let told = |name: &'static str, findings: &[&'static str], content: &'static str| -> Case {
        published(name, findings, move |trial| trial.write("m.csv", content))
    };
    hold(vec![
        csv("0 bytes", &["m.csv", "is empty"], ""),
        csv("blank lines", &["m.csv", "is empty"], "\n\n \n"),
        csv("a missing column", &["m.csv", "pounds"], "code,euros\nH1,1\n"),
        csv("no column", &["m.csv", "code"], "1\n2\n"),
        csv("a ragged row", &["m.csv, record 3", "has 3 cells, expected 2"], "code,pounds\nH1,1\nH2,1,5\n"),
        csv("a short row", &["m.csv, record 2", "has 1 cells, expected 2"], "code,pounds\nH1\n"),
        csv("an open quotation mark", &["m.csv, record 2", "not closed"], "code,pounds\nH1,\"1\nH2,2\n"),
        told("two columns of one name", &["DQ-27"], "code,pounds,pounds\nH1,1,2\n"),
        csv("a huge amount", &["m.csv, record 2, field pounds"], "code,pounds\nH1,1e300\n"),
        csv("an amount beyond 64 bits", &["m.csv, record 2, field pounds"], "code,pounds\nH1,99999999999999999999\n"),
        // Python writes NaN for what it does not know: unknown it is, never zero.
        told("an amount that is not a number", &[], "code,pounds\nH1,NaN\nH2,1\n"),
        csv("an amount without end", &["m.csv, record 2, field pounds"], "code,pounds\nH1,inf\n"),
        csv("a formula error", &["m.csv, record 2, field pounds"], "code,pounds\nH1,#DIV/0!\n"),
        csv("words for an amount", &["m.csv, record 2, field pounds"], "code,pounds\nH1,ten\n"),
        csv("a comma for a point", &["m.csv, record 2, field pounds"], "code;pounds\nH1;1,5\n"),
        csv("amounts whose sum leaves 64 bits", &["m"], "code,pounds\nH1,92233720368547758\nH2,92233720368547758\nH1,92233720368547758\n"),
        told("semicolons", &[], "code;pounds\nH1;10\nH2;20\n"),
        told("a blank amount", &[], "code,pounds\nH1,\nH2,20\n"),
        told("an unknown body", &["DQ-04"], "code,pounds\nH1,10\nH9,20\n"),
        told("a body without a row", &["DQ-08"], "code,pounds\nH1,10\n"),
        published("years written in two ways", &["DQ-18"], |trial| years(trial, "H1,1,2007-08\nH2,1,07/08/2009\n")),
        published("a body with a row in one of two years", &["DQ-18"], |trial| years(trial, "H1,1,2007-08\nH2,1,2007-08\nH1,1,2008-09\n")),
        published("a blank year among others", &["DQ-18"], |trial| years(trial, "H1,1,2007-08\nH2,1,\n")),
        published("a year that is none", &["DQ-18"], |trial| years(trial, "H1,1,last year\nH2,1,last year\n")),
        refused("people whose sum leaves 64 bits", &["p.csv, record 3, field n", "more than 72,057,594,037 people"], |trial| {
            residents(trial, "n", "H1,C1,72057594037\nH2,C2,1\n");
        }),
        refused("more people in a cell than there can be", &["p.csv, record 2, field n"], |trial| {
            residents(trial, "n", "H1,C1,9e12\nH2,C2,1\n")
        }),
        refused("a column of people that is not there", &["p.csv", "m"], |trial| residents(trial, "m", "H1,C1,1\n")),
        published("as many people as there may be", &[], |trial| residents(trial, "n", "H1,C1,72057594036\nH2,C2,1\n")),
        refused("zero bytes in the text", &["m.csv", "zero bytes"], |trial| trial.write("m.csv", b"code,pounds\nH\x001,1\n")),
        refused("bytes of no encoding", &["m.csv, record 2"], |trial| trial.write("m.csv", b"code,pounds\nH\x81,1\n")),
        published("windows-1252", &["DQ-12"], |trial| trial.write("m.csv", b"code,pounds,name\nH1,1,Ynys M\xf4n\nH2,1,x\n")),
        refused("UTF-16 cut in half", &["m.csv"], |trial| trial.write("m.csv", b"\xff\xfec\0o\0d\0e\0,\0p\0\x00\xd8")),
        refused("one line of 9 MB", &["m.csv"], |trial| trial.write("m.csv", "x".repeat(9 << 20))),
        refused("nine million columns", &["m.csv, record 1", "more than 16384 cells"], |trial| {
            trial.write("m.csv", ",".repeat(9 << 20) + "code")
        }),
        refused("eight million blank cells in a row", &["m.csv, record 2", "more than 16384 cells"], |trial| {
            trial.write("m.csv", format!("code,a\n{}\n", ",".repeat(8 << 20)));
        }),
        refused("nine million rows of one cell", &["m.csv"], |trial| trial.write("m.csv", format!("code\n{}", "1\n".repeat(4_600_000)))),
        refused("nine million quotation marks", &["m.csv"], |trial| {
            trial.write("m.csv", format!("code,pounds\n{}", "\"".repeat((9 << 20) + 1)))
        }),
    ]);
}

#[test]
fn gzip_that_lies_or_bursts() {
    hold(vec![
        refused("0 bytes", &["m.csv.gz"], |trial| budget(trial, "m.csv.gz", b"")),
        refused("cut", &["m.csv.gz"], |trial| {
            let whole = gzip(b"code,pounds\nH1,10\nH2,20\n");
            budget(trial, "m.csv.gz", &whole[..whole.len() - 9]);
        }),
        refused("a wrong checksum", &["m.csv.gz"], |trial| {
            let mut whole = gzip(b"code,pounds\nH1,10\nH2,20\n");
            let at = whole.len() - 6;
            whole[at] ^= 1;
            budget(trial, "m.csv.gz", &whole);
        }),
        refused("a bomb", &["m.csv.gz", "limits.expan"], |trial| budget(trial, "m.csv.gz", &gzip(&vec![b'a'; 900 << 20]))),
        refused("a bomb of rows", &["m.csv.gz", "limits.expan"], |trial| {
            budget(trial, "m.csv.gz", &gzip("H1,1\n".repeat(100 << 20).as_bytes()));
        }),
    ]);
}

const WORKBOOK: &str = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="T" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
const ROOT: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const TYPES: &str = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#;
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const HEADER: &str =
    r#"<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c><c r="B1" t="inlineStr"><is><t>pounds</t></is></c></row>"#;

pub fn xlsx(rows: &str, strings: &str) -> Vec<u8> {
    let sheet = format!(r#"<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>"#);
    let strings = format!(r#"<?xml version="1.0"?><sst xmlns="{MAIN}">{strings}</sst>"#);
    zip_of(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

/// A row of a body and a cell.
pub fn row(cell: &str) -> String {
    format!(r#"{HEADER}<row r="2"><c r="A2" t="inlineStr"><is><t>H1</t></is></c>{cell}</row>"#)
}

#[test]
fn workbooks() {
    let sheet = |name: &'static str, says: &[&'static str], rows: String| -> Case {
        refused(name, says, move |trial| budget(trial, "m.xlsx", &xlsx(&rows, "")))
    };
    let mut cases = vec![
        sheet(
            "an amount that is words",
            &["m.xlsx, sheet T, record 2, field pounds"],
            row(r#"<c r="B2" t="inlineStr"><is><t>ten</t></is></c>"#),
        ),
        sheet("a huge amount", &["m.xlsx, sheet T, record 2, field pounds"], row(r#"<c r="B2"><v>1e300</v></c>"#)),
        published("an amount that is not a number", &[], |trial| budget(trial, "m.xlsx", &xlsx(&row(r#"<c r="B2"><v>NaN</v></c>"#), ""))),
        sheet(
            "a formula without its result",
            &["m.xlsx, sheet T, record 2, field pounds", "not stored"],
            row(r#"<c r="B2"><f>1+1</f></c>"#),
        ),
        sheet("a shared string that is not there", &["m.xlsx"], row(r#"<c r="B2" t="s"><v>999999999</v></c>"#)),
        sheet("a cell without end", &["m.xlsx"], row(r#"<c r="ZZZZZZZZ99999999999"><v>1</v></c>"#)),
        sheet(
            "a cell in the last corner",
            &["m.xlsx, sheet T, record 1048576"],
            format!(r#"{HEADER}<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#),
        ),
        sheet("XML that is never closed", &["m.xlsx"], format!("{HEADER}<row r=\"2\"><c r=\"A2\"><v>1")),
        published("XML nested a hundred thousand deep", &[], |trial| budget(trial, "m.xlsx", &xlsx(&row(&"<x>".repeat(100_000)), ""))),
        sheet("entities that grow", &["m.xlsx"], row(r#"<c r="B2" t="inlineStr"><is><t>&lol9;</t></is></c>"#)),
        sheet("no header", &["m.xlsx", "is empty"], String::new()),
        refused("no sheet", &["m.xlsx"], |trial| budget(trial, "m.xlsx", &zip_of(&[("[Content_Types].xml", TYPES.as_bytes())]))),
        refused("an empty zip", &["m.xlsx"], |trial| budget(trial, "m.xlsx", &zip_of(&[]))),
        refused("0 bytes", &["m.xlsx"], |trial| budget(trial, "m.xlsx", b"")),
        refused("a path that climbs", &["m.xlsx", "points outside"], |trial| budget(trial, "m.xlsx", &zip_of(&[("../x.xml", b"x")]))),
        published("a formula error", &["DQ-07"], |trial| {
            budget(trial, "m.xlsx", &xlsx(&row(r#"<c r="B2" t="e"><v>#DIV/0!</v></c>"#), ""));
        }),
        refused("a bomb of spaces", &["m.xlsx", "limits.expan"], |trial| budget(trial, "m.xlsx", &xlsx(&" ".repeat(700 << 20), ""))),
        refused("a bomb of strings", &["m.xlsx", "limits."], |trial| {
            budget(trial, "m.xlsx", &xlsx(HEADER, &"<si><t>a</t></si>".repeat(30_000_000)));
        }),
        refused("as many strings as are let through", &["m.xlsx"], |trial| {
            budget(trial, "m.xlsx", &xlsx("", &"<si><t/></si>".repeat(2_000_000)));
        }),
        refused("as many cells as are let through", &["m.xlsx"], |trial| {
            budget(trial, "m.xlsx", &xlsx(&format!("{HEADER}<row r=\"2\">{}", "<c><v>1</v></c>".repeat(2_000_000)), ""));
        }),
        refused("an .ods whose last row is repeated without end", &["m.ods"], |trial| {
            budget(
                trial,
                "m.ods",
                &ods(
                    r#"<table:table-row table:number-rows-repeated="2000000000"><table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="2000000000"><text:p>1</text:p></table:table-cell></table:table-row>"#,
                ),
            );
        }),
        refused("an .ods whose cells are repeated", &["m.ods"], |trial| {
            budget(
                trial,
                "m.ods",
                &ods(
                    r#"<table:table-row table:number-rows-repeated="16000"><table:table-cell office:value-type="string" table:number-columns-repeated="6000"><text:p>a long text that is copied into every cell of the sheet</text:p></table:table-cell></table:table-row>"#,
                ),
            );
        }),
        refused("an .xls of noise", &["m.xls"], |trial| {
            let mut bytes = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
            bytes.extend((0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
            budget(trial, "m.xls", &bytes);
        }),
    ];
    let whole = xlsx(&row(r#"<c r="B2"><v>1</v></c>"#), "");
    for part in 1..12 {
        let cut = whole[..whole.len() * part / 12].to_vec();
        cases.push(refused(format!("cut at {part}/12"), &["m.xlsx"], move |trial| budget(trial, "m.xlsx", &cut)));
    }
    hold(cases);
}

fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="T">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    let manifest = r#"<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"#;
    zip_of(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", manifest.as_bytes()),
        ("content.xml", content.as_bytes()),
    ])
}

pub fn parquet(columns: &[(&str, ArrayRef)], compression: Compression, dictionary: bool) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns.iter().map(|(name, column)| (*name, column.clone()))).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).set_dictionary_enabled(dictionary).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn good_parquet() -> Vec<u8> {
    let code: ArrayRef = Arc::new(StringArray::from(vec!["H1", "H2"]));
    let pounds: ArrayRef = Arc::new(Float64Array::from(vec![10.0, 20.0]));
    parquet(&[("code", code), ("pounds", pounds)], Compression::SNAPPY, true)
}

#[test]
fn parquet_files() {
    let whole = good_parquet();
    let mut cases = vec![
        published("a good one", &[], |trial| budget(trial, "m.parquet", &good_parquet())),
        refused("0 bytes", &["m.parquet"], |trial| budget(trial, "m.parquet", b"")),
        refused("marks and nothing else", &["m.parquet"], |trial| budget(trial, "m.parquet", b"PAR1PAR1")),
        refused("a footer of 4 GB", &["m.parquet"], |trial| budget(trial, "m.parquet", b"PAR1\xff\xff\xff\xffPAR1")),
        published("NaN, which is unknown", &[], |trial| {
            let code: ArrayRef = Arc::new(StringArray::from(vec!["H1", "H2"]));
            let pounds: ArrayRef = Arc::new(Float64Array::from(vec![10.0, f64::NAN]));
            budget(trial, "m.parquet", &parquet(&[("code", code), ("pounds", pounds)], Compression::SNAPPY, true));
        }),
        refused("huge", &["m.parquet, record 2, field pounds"], |trial| {
            let code: ArrayRef = Arc::new(StringArray::from(vec!["H1", "H2"]));
            let pounds: ArrayRef = Arc::new(Float64Array::from(vec![1e300, 1.0]));
            budget(trial, "m.parquet", &parquet(&[("code", code), ("pounds", pounds)], Compression::SNAPPY, true));
        }),
        refused("a bomb of text", &["m.parquet", "limits.expan"], |trial| {
            let code: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(1 << 20); 300]));
            let pounds: ArrayRef = Arc::new(Float64Array::from(vec![1.0; 300]));
            budget(
                trial,
                "m.parquet",
                &parquet(&[("code", code), ("pounds", pounds)], Compression::ZSTD(ZstdLevel::try_new(9).unwrap()), false),
            );
        }),
        // A dictionary of one text, two million times: a few bytes in the file whatever it says of its size.
        refused("a bomb of one dictionary entry", &["m.parquet", "limits."], |trial| {
            let text = "x".repeat(500);
            let code: ArrayRef = Arc::new(StringArray::from(vec![text.as_str(); 2_000_000]));
            let pounds: ArrayRef = Arc::new(Float64Array::from(vec![1.0; 2_000_000]));
            budget(
                trial,
                "m.parquet",
                &parquet(&[("code", code), ("pounds", pounds)], Compression::ZSTD(ZstdLevel::try_new(9).unwrap()), true),
            );
        }),
    ];
    for part in 1..12 {
        let cut = whole[..whole.len() * part / 12].to_vec();
        cases.push(refused(format!("cut at {part}/12"), &["m.parquet"], move |trial| budget(trial, "m.parquet", &cut)));
    }
    hold(cases);
}

/// One byte changed anywhere in a Parquet file or a workbook: an error or a result, never a panic. In this process, for speed.
#[test]
fn one_changed_byte_is_never_a_panic() {
    let folder = tempfile::TempDir::new().unwrap();
    let limits = coterminous::config::Limits::default();
    for (name, whole, step) in [("m.parquet", good_parquet(), 1), ("m.xlsx", xlsx(&row(r#"<c r="B2"><v>1</v></c>"#), ""), 3)] {
        let path = folder.path().join(name);
        for at in (0..whole.len()).step_by(step) {
            for value in [0x00, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                std::fs::write(&path, bytes).unwrap();
                let _ = coterminous::io::table::read(&path, None, &limits);
            }
        }
    }
}

/// What is let through may be as large as the limits allow: it must still stay below the memory.
#[test]
fn just_below_the_limits_memory_holds() {
    if !super::is_timed() {
        return;
    }
    hold(vec![
        refused("millions of lines of money", &["m.csv.gz", "rows", "limits.expansion"], |trial| {
            budget(trial, "m.csv.gz", &gzip(format!("code,pounds\n{}", "H1,1\n".repeat(2_900_000)).as_bytes()));
        }),
        published("a million lines of bodies that are not there, and one that is", &["DQ-04"], |trial| {
            trial.write("m.csv", format!("code,pounds\nH1,1\n{}", "H9,1\n".repeat(990_000)));
        }),
    ]);
}

/// Tables in which every row has something of its own: a code that no area has, a service, a year.
#[test]
fn rows_that_have_nothing_in_common() {
    if !super::is_timed() {
        return;
    }
    let table = |header: &str, rows: u32, row: fn(u32) -> String| {
        let text = (0..rows).fold(format!("{header}\n"), |text, number| text + &row(number) + "\n");
        assert!(text.len() < 10_000_000, "{} bytes", text.len());
        text
    };
    let year = ("fiscal_year = \"2007-08\"", "fiscal_year = \"2007-08\"\nservice = { column = \"s\" }");
    hold(vec![refused("600,000 services of one body", &["m.csv", "different services"], move |trial| {
        trial.config(year.0, year.1);
        trial.write("m.csv", table("code,pounds,s", 600_000, |n| format!("H1,1,{n:x}")));
    })]);
}

#[test]
fn codes_of_no_area_without_end() {
    if !super::is_timed() {
        return;
    }
    let table = (0..900_000).fold("code,pounds\n".to_owned(), |text, n| text + &format!("x{n:x},1\n"));
    hold(vec![refused("900,000 codes of no area", &["m.csv", "code", "of no area"], move |trial| trial.write("m.csv", table.clone()))]);
}

#[test]
fn a_chain_of_codes_without_end() {
    if !super::is_timed() {
        return;
    }
    let year = ("fiscal_year = \"2007-08\"", "fiscal_year = \"2007-08\"\nservice = { column = \"s\" }");
    let rows = (0..50_000).fold("code,pounds\n".to_owned(), |text, n| text + &format!("z{n},1\n"));
    hold(vec![published("codes that became others 50,000 times", &["DQ-17"], move |trial| {
        let became = (0..50_000).fold(String::new(), |text, n| text + &format!("z{n} = \"z{}\", ", n + 1)) + "z50000 = \"H1\"";
        trial.config(year.0, &format!("{}\nbecame = {{ {became} }}", year.0));
        trial.write("m.csv", rows.clone());
    })]);
}
