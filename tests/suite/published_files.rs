//! Files as they are published, read by config alone: headers of several rows, columns that are services and years, workbooks of people, tables in
//! zips, lookups behind lookups. Each input is made here, in the shape of a published file.

use std::fs;
use std::path::{Path, PathBuf};

use coterminous::config::{Config, Limits, TableSource};
use coterminous::domain::{Finding, TextTable};
use coterminous::io::table;
use coterminous::pipeline::{self, Options, Results, Unwatched};
use tempfile::TempDir;

use super::table_input::zip;
use crate::support::real_data;

/// Rows of a sheet, cells beside each other from column A.
fn sheet(rows: &[(u64, &[&str])]) -> String {
    let cell = |row: u64, column: usize, text: &str| {
        let letter = char::from(b'A' + u8::try_from(column).unwrap());
        match text.parse::<f64>() {
            Ok(number) => format!(r#"<c r="{letter}{row}"><v>{number}</v></c>"#),
            Err(_) => format!(r#"<c r="{letter}{row}" t="inlineStr"><is><t>{text}</t></is></c>"#),
        }
    };
    let row = |(row, cells): &(u64, &[&str])| {
        let filled = cells.iter().enumerate().filter(|(_, text)| !text.is_empty());
        format!(r#"<row r="{row}">{}</row>"#, filled.map(|(column, text)| cell(*row, column, text)).collect::<String>())
    };
    rows.iter().map(row).collect()
}

/// A workbook with a cover before its table.
fn two_sheets(name: &str, rows: &str, merged: &[&str]) -> Vec<u8> {
    let merged = match merged {
        [] => String::new(),
        ranges => {
            format!("<mergeCells>{}</mergeCells>", ranges.iter().map(|range| format!(r#"<mergeCell ref="{range}"/>"#)).collect::<String>())
        }
    };
    let page = |rows: &str, rest: &str| {
        format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData>{rest}</worksheet>"#
        )
    };
    let book = format!(
        r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Cover" sheetId="1" r:id="r1"/><sheet name="{name}" sheetId="2" r:id="r2"/></sheets></workbook>"#
    );
    let relations = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>"#;
    let types = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#;
    let root = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r0" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    zip(&[
        ("[Content_Types].xml", types),
        ("_rels/.rels", root),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", relations),
        ("xl/worksheets/sheet1.xml", &page(&sheet(&[(1, &["Cover"])]), "")),
        ("xl/worksheets/sheet2.xml", &page(rows, &merged)),
    ])
}

/// Boards H1, H2 and councils C1, C2 over four blocks of 10, 20, 30, 40 people: H1 has the first two and the third is C1's too.
const BLOCKS: &str = "block,pop,board,council\nB1,10,H1,C1\nB2,20,H1,C1\nB3,30,H2,C1\nB4,40,H2,C2\n";

const LAYERS: &str = r#"[run]
name = "published"
output = "out"
[[layer]]
id = "blocks"
role = "blocks"
table = "blocks.csv"
code = "block"
[[layer]]
id = "board"
role = "health"
blocks = "blocks"
lookup = { path = "blocks.csv", block = "block", area = "board" }
[[layer]]
id = "council"
role = "council"
blocks = "blocks"
lookup = { path = "blocks.csv", block = "block", area = "council" }
"#;

const ALIGNMENT: &str = r#"[[alignment]]
id = "a"
health = "board"
council = "council"
people = { blocks = "blocks", field = "pop" }
"#;

pub(crate) fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("blocks.csv"), BLOCKS).unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn run(folder: &Path, rest: &str) -> Result<Results, String> {
    let path = folder.join("config.toml");
    fs::write(&path, format!("{LAYERS}{rest}")).unwrap();
    let plan = Config::load(&path, &pipeline::rules()).map_err(|error| error.to_string())?;
    let inputs = pipeline::read(&plan, &Unwatched).map_err(|error| error.to_string())?;
    pipeline::compute(&plan, inputs, &Unwatched).map_err(|error| error.to_string())
}

/// Code, fiscal year, service, pounds, in the order of the table.
pub(crate) fn lines(results: &Results) -> Vec<(String, String, String, Option<i64>)> {
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or("").to_owned();
    let line = |line: &coterminous::budgets::BudgetLine| {
        (text(&line.code), text(&line.fiscal_year), text(&line.service), line.amount.map(|pence| pence.0 / 100))
    };
    results.money.lines.iter().map(line).collect()
}

pub(crate) fn owned(rows: &[(&str, &str, &str, Option<i64>)]) -> Vec<(String, String, String, Option<i64>)> {
    rows.iter().map(|(code, year, service, pounds)| ((*code).into(), (*year).into(), (*service).into(), *pounds)).collect()
}

pub(crate) fn found<'a>(findings: &'a [Finding], id: &str) -> Vec<&'a str> {
    findings.iter().filter(|finding| finding.id == id).map(|finding| finding.detail.as_str()).collect()
}

fn read(source: &TableSource) -> (TextTable, Vec<Finding>) {
    let read = table::read_source(source, &Limits::default()).unwrap_or_else(|error| panic!("{error}"));
    (read.value, read.findings)
}

/// Two boards, two years of two programmes, under a header of two rows whose years are merged.
fn allocations() -> Vec<u8> {
    let rows = sheet(&[
        (1, &["", "", "2025/26", "", "2026/27"]),
        (2, &["Code", "ICB", "Core", "BCF", "Core", "BCF"]),
        (3, &["H1", "North", "3500", "190", "3600", "195"]),
        (4, &["H2", "South", "1000", "", "1100", "61.5"]),
        (5, &["Total", "", "4500", "190", "4700", "256.5"]),
    ]);
    two_sheets("Table", &rows, &["C1:D1", "E1:F1"])
}

#[test]
fn a_header_of_two_rows_becomes_services_and_years() {
    let folder = folder(&[("allocations.xlsx", &allocations())]);
    let budget = r#"[[budget]]
id = "icb"
layer = "board"
path = "allocations.xlsx"
sheet = "Table"
header_rows = [1, 2]
code = "Code"
columns = "{year} {service}"
service = { crosswalk = "shipped:nhs" }
unit = 1000
totals = ["Total"]
"#;
    let results = run(folder.path(), &format!("{ALIGNMENT}{budget}")).unwrap();
    let expected = owned(&[
        ("H1", "2025-26", "core services", Some(3_500_000)),
        ("H1", "2025-26", "better care fund", Some(190_000)),
        ("H1", "2026-27", "core services", Some(3_600_000)),
        ("H1", "2026-27", "better care fund", Some(195_000)),
        ("H2", "2025-26", "core services", Some(1_000_000)),
        // A blank cell is not known; it is no 0.
        ("H2", "2025-26", "better care fund", None),
        ("H2", "2026-27", "core services", Some(1_100_000)),
        ("H2", "2026-27", "better care fund", Some(61_500)),
    ]);
    assert_eq!(lines(&results), expected);
    // The totals of three columns are those of their rows; of the fourth a row is not known.
    assert_eq!(found(&results.findings, "DQ-05").len(), 1, "{:?}", results.findings);
    // Row and column are the key of the published tables.
    let table = coterminous::tables::budget_line(&results.money.lines);
    assert_eq!(
        table.spec.key_columns().iter().map(|column| column.name).collect::<Vec<_>>(),
        ["budget", "source_row", "source_column", "code"]
    );
    // The same by a list, with names and years of one's choice.
    let list = budget.replace(
        "columns = \"{year} {service}\"",
        "columns = [{ column = \"2025/26 Core\", service = \"Core\", fiscal_year = \"2025-26\" }, { column = \"2026/27 BCF\", service = \"BCF\", fiscal_year = \"FY27\" }]",
    );
    let results = run(folder.path(), &format!("{ALIGNMENT}{list}")).unwrap();
    let picked: Vec<_> = [0, 3, 4, 7].map(|index: usize| expected[index].clone()).to_vec();
    assert_eq!(lines(&results), picked);
    // And one budget published through the whole pipeline.
    let plan = Config::load(&folder.path().join("config.toml"), &pipeline::rules()).unwrap();
    let outcome = pipeline::run(&plan, Options::default(), &Unwatched).unwrap();
    assert!(outcome.folder.join("tables/budget_line.parquet").is_file() || outcome.folder.join("budget_line.parquet").is_file());
}

#[test]
fn a_cell_that_is_no_amount_is_named_by_its_own_column() {
    let rows = sheet(&[(1, &["Code", "Core", "BCF"]), (2, &["H1", "1", "2"]), (3, &["H2", "3", "four"])]);
    let folder = folder(&[("a.xlsx", &two_sheets("Table", &rows, &[]))]);
    let budget = |columns: &str| {
        format!(
            "[[budget]]\nid = \"b\"\nlayer = \"board\"\npath = \"a.xlsx\"\nsheet = \"Table\"\ncode = \"Code\"\nfiscal_year = \"2025-26\"\n{columns}\n"
        )
    };
    let message = run(folder.path(), &budget("columns = { from = \"Core\", to = \"BCF\" }")).unwrap_err();
    assert!(message.contains("record 3, field BCF: `four` is not a number"), "{message}");
    for (columns, says) in [
        ("columns = [\"Core\", \"Bcf\"]", "there is no column \"Bcf\", expected one of: Code, Core, BCF; did you mean \"BCF\"?"),
        ("columns = \"{year} {service}\"", "columns name the fiscal year of every column already"),
        ("columns = \"X*\"", "no column's name fits \"X*\", expected names such as: Code, Core, BCF"),
        ("columns = { from = \"BCF\", to = \"Core\" }", "column \"BCF\" comes after \"Core\""),
        ("columns = [\"Core\", \"Core\"]", "column \"Core\" is named twice"),
        ("columns = [{ column = \"Core\", fiscal_year = \"2025-26\" }]", "columns name the fiscal year of every column already"),
        ("columns = [\"Core\"]\namount = \"BCF\"", "amount and columns are both given"),
        ("columns = \"{service} {service}\"", "has braces that are neither {service} nor {year}, or one of them twice"),
        ("", "key `amount` is missing"),
    ] {
        let message = run(folder.path(), &budget(columns)).unwrap_err();
        assert!(message.contains(says), "{columns}: expected \"{says}\" in: {message}");
    }
}

#[test]
fn a_return_of_several_years_with_its_totals_and_its_gaps() {
    let returned = "year_ending,ONS_code,LA_name,status,RS_asc_net_exp,RS_phs_net_exp\n\
        202603,C1,One,submitted,95000,21000\n202603,C2,Two,submitted,210000,40000\n202603,E92000001,England,,305000,61000\n\
        202503,C1,One,submitted,90000,20000\n202503,C2,Two,not submitted,,\n";
    let folder = folder(&[("ro.csv", returned.as_bytes())]);
    let budget = r#"[[budget]]
id = "ro"
layer = "council"
path = "ro.csv"
code = "ONS_code"
columns = "RS_{service}_net_exp"
service = { crosswalk = "shipped:ro" }
fiscal_year = { column = "year_ending" }
unit = 1000
"#;
    let results = run(folder.path(), &format!("{ALIGNMENT}{budget}totals = [\"E92000001\"]\n")).unwrap();
    let expected = owned(&[
        ("C1", "2025-26", "adult social care", Some(95_000_000)),
        ("C1", "2025-26", "public health", Some(21_000_000)),
        ("C2", "2025-26", "adult social care", Some(210_000_000)),
        ("C2", "2025-26", "public health", Some(40_000_000)),
        ("C1", "2024-25", "adult social care", Some(90_000_000)),
        ("C1", "2024-25", "public health", Some(20_000_000)),
        ("C2", "2024-25", "adult social care", None),
        ("C2", "2024-25", "public health", None),
    ]);
    assert_eq!(lines(&results), expected);
    assert_eq!(found(&results.findings, "DQ-05"), [] as [&str; 0]);
    // A total that nobody named is proposed.
    let results = run(folder.path(), &format!("{ALIGNMENT}{budget}")).unwrap();
    let told = found(&results.findings, "DQ-11");
    assert!(told.iter().any(|detail| detail.contains("name it: totals = [\"E92000001\"]")), "{told:?}");
    // A pattern leaves rows out, unchecked.
    let results = run(folder.path(), &format!("{ALIGNMENT}{budget}totals = [\"E9*\"]\n")).unwrap();
    assert_eq!(lines(&results), expected);
    assert!(found(&results.findings, "DQ-09").iter().any(|detail| detail.contains("2 of 10 rows are totals by their codes")));
}

#[test]
fn the_total_of_a_class_is_checked_against_its_class() {
    let blocks = "block,pop,board,council\nB1,10,H1,E09000001\nB2,20,H1,E09000002\nB3,30,H2,E08000001\n";
    let money = "code,pounds\nE09000001,1\nE09000002,2\nE08000001,4\nE09,3\nE08,5\nEngland,7\n";
    let folder = folder(&[("blocks.csv", blocks.as_bytes()), ("m.csv", money.as_bytes())]);
    let budget = "[[budget]]\nid = \"m\"\nlayer = \"council\"\npath = \"m.csv\"\ncode = \"code\"\namount = \"pounds\"\nfiscal_year = \"2025-26\"\n\
                  totals = [\"E09\", \"E08\", \"England\"]\n";
    let results = run(folder.path(), budget).unwrap();
    let told = found(&results.findings, "DQ-05");
    assert!(told.len() == 1 && told[0].contains("row 6") && told[0].contains("control 500 pence, rows 400 pence"), "{told:?}");
}

#[test]
fn names_that_are_there_twice_and_cells_that_are_merged_downwards() {
    let money = "Region,code,Total,Other,Total\nNorth,H1,1,2,3\n,H2,4,5,6\n";
    let folder = folder(&[("m.csv", money.as_bytes())]);
    let budget = "[[budget]]\nid = \"m\"\nlayer = \"board\"\npath = \"m.csv\"\nfill_down = [\"Region\"]\ncode = \"code\"\namount = \"Total (2)\"\n\
                  fiscal_year = \"2025-26\"\nsub_service = { column = \"Region\" }\n";
    let results = run(folder.path(), budget).unwrap();
    let amounts: Vec<_> = results.money.lines.iter().map(|line| line.amount.map(|pence| pence.0)).collect();
    assert_eq!(amounts, [Some(300), Some(600)]);
    let regions: Vec<_> = results
        .money
        .lines
        .iter()
        .map(|line| line.detail.as_ref().and_then(|detail| detail.sub_service.as_deref()).map(str::to_owned))
        .collect();
    assert_eq!(regions, [Some("North".to_owned()), Some("North".to_owned())]);
    let told = found(&results.findings, "DQ-27");
    assert!(told.iter().any(|detail| detail.contains("E is \"Total (2)\"")), "{told:?}");
    assert!(told.iter().any(|detail| detail.contains("1 blank cell of Region took the value above")), "{told:?}");
}

#[test]
fn a_unit_that_cannot_be_is_a_finding_that_names_the_likely_one() {
    let folder = folder(&[("m.csv", b"code,pounds\nC1,27\nC2,18\n")]);
    let budget = |unit: &str, service: &str| {
        format!(
            "{ALIGNMENT}[[budget]]\nid = \"m\"\nlayer = \"council\"\npath = \"m.csv\"\ncode = \"code\"\namount = \"pounds\"\nfiscal_year = \"2025-26\"\n\
             unit = {unit}\nservice = \"{service}\"\n"
        )
    };
    let told = |unit: &str, service: &str| {
        let results = run(folder.path(), &budget(unit, service)).unwrap();
        found(&results.findings, "DQ-28").first().map(|detail| (*detail).to_owned())
    };
    // 60 people of C1 and 40 of C2: 27 thousand pounds are 450 a head, 18 thousand are too.
    assert_eq!(told("1000", "adult social care"), None);
    let detail = told("1", "adult social care").unwrap();
    assert!(detail.contains("£0.45 a head for adult social care") && detail.contains("unit = 1000 would make £450"), "{detail}");
    let detail = told("1000000", "all").unwrap();
    assert!(detail.contains("£450,000 a head") && detail.contains("unit = 1000 would make £450"), "{detail}");
}

/// A workbook of people as the ONS makes them: a cover, three lines of text, codes of districts and blocks, one column an age and sex.
fn estimates() -> Vec<u8> {
    let rows = sheet(&[
        (1, &["Mid-2024 population estimates"]),
        (2, &["A note"]),
        (4, &["LAD 2023 Code", "Block Code", "Total", "F0", "F1", "M0", "M1"]),
        (5, &["C1", "B1", "10", "1", "2", "3", "4"]),
        (6, &["C1", "B2", "26", "5", "6", "7", "8"]),
        (7, &["C1", "B3", "4", "1", "1", "1", "1"]),
        (8, &["C2", "B4", "8", "2", "2", "2", "2"]),
        (9, &["C9", "W1", "5", "5", "0", "0", "0"]),
    ]);
    two_sheets("Mid-2024", &rows, &[])
}

/// People of the pairs that exist, by their codes.
fn pairs(results: &Results) -> Vec<(String, String, Option<f64>)> {
    let relation = &results.alignments[0].relation;
    let code = |bodies: &[coterminous::domain::Body], index: usize| bodies[index].code.clone();
    let pairs = relation.pairs.iter();
    pairs
        .map(|pair| (code(&relation.left, pair.left), code(&relation.right, pair.right), pair.amounts.people.map(|people| people.as_f64())))
        .collect()
}

fn expected(figures: &[(&str, &str, f64)]) -> Vec<(String, String, Option<f64>)> {
    figures.iter().map(|(left, right, people)| ((*left).into(), (*right).into(), Some(*people))).collect()
}

#[test]
fn people_come_from_the_workbook_as_it_is() {
    let folder = folder(&[("estimates.xlsx", &estimates())]);
    let alignment = |people: &str| {
        format!(
            "[[alignment]]\nid = \"a\"\nhealth = \"board\"\ncouncil = \"council\"\npeople = {{ blocks = \"blocks\", table = \"estimates.xlsx\", sheet = \
             \"Mid-2024\", header_row = 4, code = \"Block Code\", {people} }}\n"
        )
    };
    let results = run(folder.path(), &alignment("field = \"Total\"")).unwrap();
    assert_eq!(pairs(&results), expected(&[("H1", "C1", 36.0), ("H2", "C1", 4.0), ("H2", "C2", 8.0)]));
    let told = found(&results.findings, "DQ-04");
    assert!(told.iter().any(|detail| detail.contains("begin with W1") && detail.contains("with 5 people")), "{told:?}");
    for (fields, people) in [
        ("fields = { from = \"F0\", to = \"F1\" }", [14.0, 2.0, 4.0]),
        ("fields = [\"F0\", \"M0\"]", [16.0, 2.0, 4.0]),
        ("fields = \"M*\"", [22.0, 2.0, 4.0]),
    ] {
        let results = run(folder.path(), &alignment(fields)).unwrap();
        assert_eq!(pairs(&results), expected(&[("H1", "C1", people[0]), ("H2", "C1", people[1]), ("H2", "C2", people[2])]), "{fields}");
    }
    // A population of a service's own, a sum too.
    let results = run(folder.path(), &alignment("field = \"Total\", services = { children = [\"F0\", \"M0\"] }")).unwrap();
    assert_eq!(results.alignments.len(), 1);
    for (people, says) in [
        ("field = \"Totl\"", "there is no column \"Totl\""),
        ("fields = \"Z*\"", "no column's name fits \"Z*\""),
        ("field = \"Total\", fields = \"F*\"", "exactly one of field (a column) and fields"),
        ("field = \"Block Code\"", "B1 is not a number of people"),
        ("field = \"Total\", x = \"F0\"", "people by blocks and a table does not use x"),
    ] {
        let message = run(folder.path(), &alignment(people)).unwrap_err();
        assert!(message.contains(says), "{people}: expected \"{says}\" in: {message}");
    }
}

#[test]
fn a_chain_of_lookups_leads_from_a_block_to_both_sides() {
    let places = "block,place\nB1,P1\nB2,P1\nB3,P2\nB4,P2\n";
    let boards = "place,board\nP1,H1\nP2,H2\n";
    let folder = folder(&[("estimates.xlsx", &estimates()), ("places.csv", places.as_bytes()), ("boards.csv", boards.as_bytes())]);
    let config = |join: &str| {
        format!(
            "[[alignment]]\nid = \"a\"\nhealth = \"board\"\ncouncil = \"council\"\npeople = {{ table = \"estimates.xlsx\", sheet = \"Mid-2024\", header_row = \
             4, block = \"Block Code\", left = \"board\", right = \"LAD 2023 Code\", field = \"Total\", join = [{join}] }}\n"
        )
    };
    let chain = "{ table = \"places.csv\", on = \"Block Code\", code = \"block\" }, { table = \"boards.csv\", on = \"place\" }";
    let results = run(folder.path(), &config(chain)).unwrap();
    assert_eq!(pairs(&results), expected(&[("H1", "C1", 36.0), ("H2", "C1", 4.0), ("H2", "C2", 8.0)]));
    let told = found(&results.findings, "DQ-04");
    assert!(
        told.iter().any(|detail| detail.contains("1 of 5 rows have a Block Code that places.csv does not have, the first W1")),
        "{told:?}"
    );
    // A lookup that says two things of one code cannot be joined.
    fs::write(folder.path().join("boards.csv"), "place,board\nP1,H1\nP2,H2\nP2,H1\n").unwrap();
    let message = run(folder.path(), &config(chain)).unwrap_err();
    assert!(message.contains("boards.csv, record 4, field place: P2 has board H1 here and H2 in row 3"), "{message}");
    // A layer's lookup takes a chain too.
    fs::write(folder.path().join("boards.csv"), boards).unwrap();
    let chained = LAYERS.replacen(
        "lookup = { path = \"blocks.csv\", block = \"block\", area = \"board\" }",
        "lookup = { path = \"places.csv\", where = { field = \"block\", starts_with = \"B\" }, join = { table = \"boards.csv\", on = \"place\" }, block = \
         \"block\", area = \"board\" }",
        1,
    );
    let path = folder.path().join("chain.toml");
    fs::write(&path, format!("{chained}{ALIGNMENT}")).unwrap();
    let plan = Config::load(&path, &pipeline::rules()).unwrap();
    let results = pipeline::compute(&plan, pipeline::read(&plan, &Unwatched).unwrap(), &Unwatched).unwrap();
    assert_eq!(pairs(&results), expected(&[("H1", "C1", 30.0), ("H2", "C1", 30.0), ("H2", "C2", 40.0)]));
}

/// Patients by practice, block and sex, and the board of every practice.
const PATIENTS: &str = "PUBLICATION,PRACTICE_CODE,LSOA_CODE,SEX,NUMBER_OF_PATIENTS\nL,A1,B1,ALL,7\nL,A1,B1,MALE,3\nL,A1,B1,FEMALE,4\nL,A1,B3,ALL,5\n\
    L,A2,B3,ALL,6\nL,A2,B4,ALL,9\nL,A1,NO2011,ALL,2\nL,A2,W01000001,ALL,3\n";

#[test]
fn long_tables_in_a_zip_joined_with_another() {
    let zipped = zip(&[("readme.pdf", "x"), ("gp-reg-pat-prac-lsoa-all.csv", PATIENTS)]);
    let map = "PUBLICATION,PRACTICE_CODE,BOARD\nM,A1,H1\nM,A2,H2\n";
    let folder = folder(&[("patients.zip", &zipped), ("map.csv", map.as_bytes())]);
    let residents = "[[alignment]]\nid = \"a\"\nhealth = \"board\"\ncouncil = \"council\"\npeople = { blocks = \"blocks\", table = \"patients.zip\", code = \
                     \"LSOA_CODE\", field = \"NUMBER_OF_PATIENTS\"WHERE }\n";
    let all = residents.replace("WHERE", ", where = { field = \"SEX\", equals = \"ALL\" }");
    let results = run(folder.path(), &all).unwrap();
    // B1 7; B3 5 + 6; B4 9; B2 has no row and is not known.
    let figures: Vec<_> = results.ground.layers[0].populations["NUMBER_OF_PATIENTS"].iter().map(|p| p.map(|p| p.as_f64())).collect();
    assert_eq!(figures, [Some(7.0), None, Some(11.0), Some(9.0)]);
    let told = found(&results.findings, "DQ-04");
    assert!(told.iter().any(|detail| detail.contains("begin with NO2") && detail.contains("with 2 people")), "{told:?}");
    assert!(told.iter().any(|detail| detail.contains("begin with W01") && detail.contains("with 3 people")), "{told:?}");
    // Registered patients of boards by where they live: the practice leads to the board.
    let registered = "[[alignment]]\nid = \"a\"\nhealth = \"board\"\ncouncil = \"council\"\npeople = { table = \"patients.zip/gp-reg-pat-prac-lsoa-all.csv\", left = \
                      \"BOARD\", right = \"council\", field = \"NUMBER_OF_PATIENTS\", where = { field = \"SEX\", equals = \"ALL\" }, join = [{ table = \"map.csv\", \
                      on = \"PRACTICE_CODE\" }, { table = \"blocks.csv\", on = \"LSOA_CODE\", code = \"block\", columns = [\"council\"] }] }\n";
    let results = run(folder.path(), registered).unwrap();
    assert_eq!(pairs(&results), expected(&[("H1", "C1", 12.0), ("H2", "C1", 6.0), ("H2", "C2", 9.0)]));
    // Of several tables in a zip one has to be named.
    fs::write(folder.path().join("patients.zip"), zip(&[("a.csv", PATIENTS), ("b.csv", PATIENTS)])).unwrap();
    let message = run(folder.path(), &all).unwrap_err();
    assert!(message.contains("holds 2 tables: a.csv, b.csv") && message.contains("patients.zip/a.csv"), "{message}");
    fs::write(folder.path().join("patients.zip"), zip(&[("a.pdf", "x")])).unwrap();
    let message = run(folder.path(), &all).unwrap_err();
    assert!(message.contains("holds no table (it holds a.pdf)"), "{message}");
}

#[test]
fn a_total_among_its_parts_is_refused() {
    let rows = "code,sex,people\nB1,ALL,7\nB1,M,3\nB1,F,4\nB2,ALL,2\nB2,M,1\nB2,F,1\nB3,ALL,9\nB3,M,4\nB3,F,5\nB4,ALL,1\nB4,M,1\nB4,F,0\n";
    let folder = folder(&[("people.csv", rows.as_bytes())]);
    let people = "[[alignment]]\nid = \"a\"\nhealth = \"board\"\ncouncil = \"council\"\npeople = { blocks = \"blocks\", table = \"people.csv\", code = \"code\", \
                  field = \"people\" }\n";
    let message = run(folder.path(), people).unwrap_err();
    assert!(message.contains("in each of 4 areas one row is the sum of the others: a total is among its parts"), "{message}");
    fs::write(folder.path().join("people.csv"), "code,people\nX1,1\nX2,3\n").unwrap();
    let message = run(folder.path(), people).unwrap_err();
    assert!(
        message.contains("none of its 2 rows is for an area of layer blocks (the first code is X1), expected codes such as B1"),
        "{message}"
    );
}

#[test]
fn tables_that_ship_with_the_program_are_sound() {
    for (name, _) in coterminous::config::SHIPPED {
        let (table, findings) = read(&TableSource::new(format!("shipped:{name}"), None));
        assert_eq!((table.columns[0].as_str(), table.columns[1].as_str()), ("from", "to"), "{name}");
        assert_eq!(table.columns.last().map(String::as_str), Some("source"), "{name}");
        let last = table.columns.len() - 1;
        assert!(findings.is_empty() && table.len() > 20, "{name}: {findings:?}");
        let mut seen: Vec<&str> = (0..table.len()).map(|row| table.cell(row, 0).unwrap()).collect();
        assert!((0..table.len()).all(|row| table.cell(row, 1).is_some() && table.cell(row, last).is_some()), "{name}");
        seen.sort_unstable();
        // A council that was split has a row for each part.
        assert!(name == "councils" || seen.windows(2).all(|two| two[0] != two[1]), "{name} has a text twice");
    }
    let folder = folder(&[]);
    let budget = "[[budget]]\nid = \"m\"\nlayer = \"board\"\npath = \"blocks.csv\"\ncode = \"board\"\namount = \"pop\"\nfiscal_year = \"2025-26\"\nservice = { \
                  column = \"council\", crosswalk = \"shipped:r0\" }\n";
    let message = run(folder.path(), budget).unwrap_err();
    assert!(message.contains("unknown table `shipped:r0`; did you mean `ro`?"), "{message}");
}

/// A file of the real data of 2026.
pub(crate) fn real(name: &str) -> Option<PathBuf> {
    real_data(format!("2026/{name}"))
}

#[test]
fn the_outturn_of_2024_25_is_read_as_it_is_published() {
    let Some(path) = real("budgets/RO3_LA_Data_2024-25_data_by_LA.ods") else { return };
    let source = TableSource { header_row: Some(7), ..TableSource::new(path, Some("RO3_LA_Data_202425")) };
    let (table, _) = read(&source);
    assert_eq!(table.columns.len(), 497);
    let (code, total) = (
        table.require("ONS Code").unwrap(),
        table.require("TOTAL ADULT SOCIAL CARE [note 2] - Net Current Expenditure (C7 = C3 - C6)").unwrap(),
    );
    let england = (0..table.len()).find(|row| table.cell(*row, code) == Some("E92000001")).unwrap();
    assert_eq!(table.cell(england, total), Some("25243898.40073"));
}

#[test]
fn patients_of_2026_are_read_from_their_zips() {
    let (Some(patients), Some(map)) =
        (real("patients/gp-reg-pat-prac-sing-age-regions_2026-08.zip"), real("patients/gp-reg-pat-prac-map_2026-08.zip"))
    else {
        return;
    };
    let (table, _) = read(&TableSource::new(patients, None));
    assert_eq!(table.len(), 282_253);
    let column = |name: &str| table.require(name).unwrap();
    let (kind, sex, age, people) = (column("ORG_TYPE"), column("SEX"), column("AGE"), column("NUMBER_OF_PATIENTS"));
    let all = (0..table.len()).filter(|row| {
        table.cell(*row, kind) == Some("ICB") && table.cell(*row, sex) == Some("ALL") && table.cell(*row, age) == Some("ALL")
    });
    let total: i64 = all.map(|row| table.cell(row, people).unwrap().parse::<i64>().unwrap()).sum();
    assert_eq!(total, 63_237_908);
    let (map, _) = read(&TableSource::new(map, None));
    assert!(map.columns.contains(&"ONS_ICB_CODE".to_owned()));
}
