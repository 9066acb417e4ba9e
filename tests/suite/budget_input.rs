//! Budget tables as they are published: titles above the header, notes below, totals among the rows, pounds in thousands, cells that say
//! nothing; the same in every format.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use coterminous::budgets::read_lines;
use coterminous::config::{BudgetPlan, Limits, TableSource, TextSource};
use coterminous::domain::{Finding, Layer, Proof, Role, TextTable};
use coterminous::error::Result;
use coterminous::io::{Read, table};
use tempfile::TempDir;

use super::budgets::{layer, plan};
use super::table_input::{gzip, xlsx, zip};

/// A table as a ministry prints it. Row 4 is the header; the total is of service A: 1,234.5 - 12.005 = 1,222.495 thousand pounds.
const ROWS: &[&[&str]] = &[
    &["Allocations to primary care groups, £000"],
    &[],
    &["Issued April 2007"],
    &["code", "name", "Allocation_000s", "service"],
    &["P1", "Ynys Môn", "£1,234.5", "A"],
    &["P2", "South", "(12.005)", "A"],
    &["England", "", "1,222.495", "A"],
    &["P1", "Ynys Môn", "*", "B"],
    &["P1", "Ynys Môn", "..", "B"],
    &["P1", "Ynys Môn", "-", "B"],
    &["P1", "Ynys Môn", "c", "B"],
    &["P1", "Ynys Môn", ":", "B"],
    &["P1", "Ynys Môn", "[x]", "B"],
    &["P1", "Ynys Môn", "", "B"],
    &["P2", "South", "0", "B"],
    &["Note: c is confidential"],
    &["SOURCE: Department of Health"],
];

/// Amounts that the rows come to, in pence.
const PENCE: [Option<i64>; 10] = [Some(123_450_000), Some(-1_200_500), None, None, None, None, None, None, None, Some(0)];

fn delimited(rows: &[&[&str]], delimiter: char, end: &str) -> String {
    let quoted =
        |cell: &&str| if cell.contains([delimiter, '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { (*cell).to_owned() };
    rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(&delimiter.to_string()) + end).collect()
}

fn sheet_rows(rows: &[&[&str]]) -> String {
    let cell = |row: usize, column: usize, text: &str| {
        let letter = char::from(b'A' + u8::try_from(column).unwrap());
        format!(r#"<c r="{letter}{row}" t="inlineStr"><is><t>{text}</t></is></c>"#)
    };
    let filled = rows.iter().zip(1..).filter(|(row, _)| !row.is_empty());
    filled
        .map(|(row, number)| {
            let cells = row.iter().enumerate().filter(|(_, text)| !text.is_empty()).map(|(column, text)| cell(number, column, text));
            format!(r#"<row r="{number}">{}</row>"#, cells.collect::<String>())
        })
        .collect()
}

fn ods(rows: &[&[&str]]) -> Vec<u8> {
    let cell = |text: &&str| match *text {
        "" => "<table:table-cell/>".to_owned(),
        text => format!(r#"<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>"#),
    };
    let row = |row: &&[&str]| match *row {
        [] => "<table:table-row><table:table-cell/></table:table-row>".to_owned(),
        row => format!("<table:table-row>{}</table:table-row>", row.iter().map(cell).collect::<String>()),
    };
    let rows: String = rows.iter().map(row).collect();
    let content = format!(
        r#"<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet><table:table table:name="Table 1">{rows}</table:table></office:spreadsheet></office:body></office:document-content>"#
    );
    let manifest = r#"<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"#;
    zip(&[("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("META-INF/manifest.xml", manifest), ("content.xml", &content)])
}

/// Parquet has names of its own: the rows from the header on.
fn parquet(rows: &[&[&str]]) -> Vec<u8> {
    let (header, rows) = rows[3..].split_first().unwrap();
    let column = |index: usize| -> ArrayRef {
        Arc::new(rows.iter().map(|row| row.get(index).copied().filter(|cell| !cell.is_empty())).collect::<StringArray>())
    };
    let columns = header.iter().enumerate().map(|(index, name)| (*name, column(index), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    // Row groups of five rows, which are read side by side.
    let properties = parquet::file::properties::WriterProperties::builder().set_max_row_group_row_count(Some(5)).build();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// The rows in every format, by file name.
fn in_every_format(rows: &[&[&str]]) -> Vec<(&'static str, Vec<u8>)> {
    let latin: Vec<u8> = delimited(rows, ';', "\n").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let workbook = xlsx(&sheet_rows(rows));
    let with_mark = format!("\u{feff}{}", delimited(rows, ',', "\r\n"));
    let mut files = vec![
        ("bom.csv", with_mark.clone().into_bytes()),
        ("latin.csv", latin),
        ("t.tsv", delimited(rows, '\t', "\n").into_bytes()),
        ("t.xlsx", workbook),
        ("t.ods", ods(rows)),
        ("t.parquet", parquet(rows)),
    ];
    let gzipped = ["bom.csv.gz", "latin.csv.gz", "t.tsv.gz", "t.xlsx.gz", "t.ods.gz", "t.parquet.gz"];
    for (index, name) in gzipped.into_iter().enumerate() {
        let content = gzip(&files[index].1);
        files.push((name, content));
    }
    files
}

/// How each file is named in a config.
fn source(folder: &Path, name: &str) -> TableSource {
    let is_workbook = name.contains("xlsx") || name.contains("ods");
    TableSource {
        path: folder.join(name),
        sheet: is_workbook.then(|| "Table 1".to_owned()),
        header_row: (!name.contains("parquet")).then_some(4),
        footnotes: vec!["note:".to_owned(), "source:".to_owned()],
        ..TableSource::default()
    }
}

fn read(source: &TableSource, content: &[u8]) -> Result<Read<TextTable>> {
    fs::write(&source.path, content).unwrap();
    table::read_source(source, &Limits::default())
}

fn budget(source: &TableSource) -> BudgetPlan {
    let mut plan = plan("b");
    plan.table = source.clone();
    plan.amount = "Allocation_000s".to_owned();
    plan.unit = 1000.0;
    plan.service = TextSource::Column("service".to_owned());
    plan.totals = vec!["England".to_owned()];
    plan
}

fn groups() -> Layer {
    layer("pcg", Role::Health, &[("P1", "Ynys Môn"), ("P2", "South")])
}

#[test]
fn a_table_as_printed_reads_the_same_in_every_format() {
    let folder = TempDir::new().unwrap();
    for (name, content) in in_every_format(ROWS) {
        let source = source(folder.path(), name);
        let read = read(&source, &content).unwrap_or_else(|error| panic!("{error}"));
        let table = read.value;
        assert_eq!(table.columns, ["code", "name", "Allocation_000s", "service"], "{name}");
        assert_eq!(table.cell(0, 1), Some("Ynys Môn"), "{name}");
        // The row numbers of a spreadsheet; Parquet has no title, so its first row of data is row 2.
        let first = if name.contains("parquet") { 2 } else { 5 };
        assert_eq!(
            (0..table.len()).map(|row| table.row_number(row)).collect::<Vec<_>>(),
            (first..first + 11).collect::<Vec<_>>(),
            "{name}"
        );
        let told: Vec<(&str, &str, Option<i64>)> = read.findings.iter().map(|f| (f.id, f.detail.as_str(), f.record)).collect();
        let mut expected = Vec::new();
        if name.contains("latin") {
            expected.push(("DQ-12", "text is not UTF-8 and has no mark", None));
        }
        if first == 5 {
            expected.push(("DQ-09", "2 rows above the header", Some(1)));
        }
        expected.push(("DQ-09", "2 rows begin as notes do", Some(first as i64 + 11)));
        assert_eq!(told, expected, "{name}");

        let (lines, findings, proofs) = read_lines(&budget(&source), &groups(), &table, None, None, None).unwrap();
        assert_eq!(lines.iter().map(|line| line.amount.map(|pence| pence.0)).collect::<Vec<_>>(), PENCE, "{name}");
        // Its rows differ in the amount alone, which is what they are for.
        assert_eq!(findings.iter().map(|finding| finding.id).collect::<Vec<_>>(), ["DQ-22"], "{name}");
        // 11 rows: 10 lines and the total, which is the sum of its service.
        let told: Vec<(&str, &str, &str, bool)> =
            proofs.iter().map(|proof| (proof.subject.as_str(), proof.expected.as_str(), proof.got.as_str(), proof.holds)).collect();
        let total = format!("budget b, total of A in row {}", first + 2);
        assert_eq!(told, [("budget b", "11", "11", true), (&total, "122249500", "122249500", true)], "{name}");
    }
}

#[test]
fn a_cell_that_is_no_amount_is_named_in_every_format() {
    let mut rows = ROWS.to_vec();
    rows[5] = &["P2", "South", "12,00", "A"];
    let folder = TempDir::new().unwrap();
    for (name, content) in in_every_format(&rows) {
        let source = source(folder.path(), name);
        let table = read(&source, &content).unwrap().value;
        let error = read_lines(&budget(&source), &groups(), &table, None, None, None).unwrap_err();
        let sheet = if source.sheet.is_some() { ", sheet Table 1" } else { "" };
        let row = if name.contains("parquet") { 3 } else { 6 };
        let expected = format!("{name}{sheet}, record {row}, field Allocation_000s: `12,00` is not a number");
        assert!(error.to_string().contains(&expected), "{name}: {error}");
        assert_eq!(error.exit_code(), 3);
    }
}

fn held(rows: &[&[&str]], totals: &[&str]) -> (Vec<Finding>, Vec<Proof>) {
    let mut table = TextTable::new("b.csv", None, ["code", "amount", "service", "year"].map(str::to_owned).to_vec());
    for (row, number) in rows.iter().zip(2..) {
        table.push(number, row.iter().copied());
    }
    let mut plan = plan("b");
    plan.totals = totals.iter().map(|total| (*total).to_owned()).collect();
    plan.service = TextSource::Column("service".to_owned());
    plan.fiscal_year = TextSource::Column("year".to_owned());
    let (_, findings, proofs) = read_lines(&plan, &groups(), &table, None, None, None).unwrap();
    (findings, proofs)
}

#[test]
fn totals_among_the_rows_are_held_against_them() {
    let rows: &[&[&str]] = &[
        &["P1", "1", "A", "2007-08"],
        &["P2", "2", "A", "2007-08"],
        &["P1", "4", "B", "2007-08"],
        &["P1", "8", "A", "2008-09"],
        // Right: 1 + 2; 1 + 2 + 4. Wrong by a pound: 8. Not known, and of a year without rows.
        &["TOTAL", "3", "A", "2007-08"],
        &["All", "7", "", "2007-08"],
        &["TOTAL", "9", "A", "2008-09"],
        &["TOTAL", "*", "B", "2007-08"],
        &["TOTAL", "1", "A", "1999-00"],
    ];
    let (findings, proofs) = held(rows, &["TOTAL", "All"]);
    assert_eq!(proofs.iter().map(|proof| proof.holds).collect::<Vec<_>>(), [true, true, true, false, false]);
    let told: Vec<(&str, Option<i64>, Option<f64>)> = findings.iter().map(|f| (f.id, f.record, f.value)).collect();
    // P2 has rows in 2007-08 alone.
    let uneven = ("DQ-18", Some(5), Some(1.0));
    assert_eq!(told, [("DQ-05", Some(8), Some(-100.0)), ("DQ-05", Some(9), None), ("DQ-05", Some(10), None), uneven]);
    assert!(findings[0].detail.contains("total of A in row 8: control 900 pence, rows 800 pence"), "{}", findings[0].detail);
    assert!(findings[1].detail.contains("the total is not known"), "{}", findings[1].detail);
    // Not declared, they are lines of a code that is in no layer.
    let (findings, _) = held(rows, &[]);
    let told: Vec<_> = findings.iter().map(|f| (f.id, f.code.as_deref())).collect();
    assert_eq!(told, [("DQ-04", Some("All")), ("DQ-04", Some("TOTAL")), ("DQ-18", None)]);
}

#[test]
fn a_total_is_not_held_by_rows_of_which_one_is_unknown() {
    let (findings, proofs) = held(&[&["P1", "3", "A", "y"], &["P2", "c", "A", "y"], &["TOTAL", "3", "A", "y"]], &["TOTAL"]);
    assert!(!proofs[1].holds);
    assert!(findings[0].detail.contains("with 1 rows unknown"), "{}", findings[0].detail);
}

#[test]
fn titles_and_notes_that_are_not_declared_are_no_data() {
    let folder = TempDir::new().unwrap();
    let says = |header_row: Option<u64>, footnotes: &[&str], content: &str| {
        let footnotes = footnotes.iter().map(|note| (*note).to_owned()).collect();
        let source = TableSource { path: folder.path().join("t.csv"), header_row, footnotes, ..TableSource::default() };
        read(&source, content.as_bytes()).map_or_else(|error| error.to_string(), |read| format!("read {} rows", read.value.len()))
    };
    let titled = "Allocations\ncode,pounds\nP1,1\nNote: none\n";
    let message = says(None, &[], titled);
    assert!(message.contains("t.csv, record 2: has 2 cells, expected 1, as many as the header has; if that row is a title, name the row of the header in header_row"), "{message}");
    let message = says(Some(2), &[], titled);
    assert!(message.contains("record 4: has 1 cells, expected 2, as many as the header has; correct the row, or, if it is a note, say how it begins in footnotes"), "{message}");
    assert_eq!(says(Some(2), &["note:"], titled), "read 1 rows");
    assert!(says(Some(3), &[], "a\n\n\n1,2\n").contains("record 3: is blank, expected the header, which header_row says is here"));
    assert!(says(Some(9), &[], titled).contains("t.csv: ends before row 9, expected the header"));
    // A name that only begins alike in another case is a note; one that has it further in is not.
    assert_eq!(says(None, &["note"], "code,pounds\nNOTES,1\nA note,2\n"), "read 1 rows");
    let source = TableSource { header_row: Some(2), ..TableSource::new(folder.path().join("t.parquet"), None) };
    let error = read(&source, &parquet(ROWS)).unwrap_err().to_string();
    assert!(error.contains("has the names of its columns in itself, so no header in row 2"), "{error}");
}

#[test]
fn units_of_thousands_and_millions_are_exact_and_a_doubtful_one_is_said() {
    let cell = |amount: &str, unit: f64, text: &str| {
        let mut table = TextTable::new("b.csv", None, vec!["code".to_owned(), amount.to_owned()]);
        table.push(2, ["P1", text]);
        table.push(3, ["P2", "0"]);
        let mut plan = plan("b");
        (plan.amount, plan.unit) = (amount.to_owned(), unit);
        let (lines, findings, _) = read_lines(&plan, &groups(), &table, None, None, None).unwrap();
        (lines[0].amount.unwrap().0, findings.iter().map(|f| f.id).collect::<Vec<_>>())
    };
    // 1.234567 million pounds are 1,234,567.00; 12.34567 thousand are 12,345.67.
    assert_eq!(cell("£m", 1e6, "1.234567"), (123_456_700, vec![]));
    assert_eq!(cell("£000", 1e3, "12.34567"), (1_234_567, vec![]));
    assert_eq!(cell("Allocation_000s", 1.0, "12"), (1_200, vec!["DQ-11"]));
    assert_eq!(cell("Spend (£ million)", 1e3, "12"), (1_200_000, vec!["DQ-11"]));
    assert_eq!(cell("pounds", 1e3, "12"), (1_200_000, vec![]));
}
