//! What somebody who wants to break it would try next. Where a case does not say what must come of it, either a result or a refusal will do, but
//! a refusal as it should be: one message with a remedy, nothing published, no control character on the terminal.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, ListArray, StringArray, types::Int64Type};
use parquet::basic::Compression;

use super::tables::{budget, gzip, parquet, row, xlsx};
use super::zips::zip_of;
use super::{Case, Trial, hold, rectangle, refused, sane, wrong};

/// Where the first record's content stands in h.shp, which [`Trial`] writes without .shx: after the header of the file and of the record.
const RECORD: usize = 108;

#[test]
fn shapefiles() {
    let shp = |name: &'static str, says: &[&'static str], change: fn(&mut Vec<u8>)| -> Case {
        refused(name, says, move |trial| trial.patch("h.shp", change))
    };
    let dbf = |name: &'static str, says: &[&'static str], change: fn(&mut Vec<u8>)| -> Case {
        refused(name, says, move |trial| trial.patch("h.dbf", change))
    };
    // The writer of fixtures refuses such codes, so they are patched in.
    let code = |name: &'static str, says: &[&'static str], text: &'static str| -> Case {
        refused(name, says, move |trial| {
            let stand_in = format!("H{}", "Z".repeat(text.len()));
            let at = |x: f64| vec![rectangle(x, 0.0, x + 2e3, 2e3)];
            trial.layer("h", &[(&stand_in, at(0.0)), (&stand_in, at(2e3))]);
            trial.patch("h.dbf", |bytes| {
                for start in
                    (0..bytes.len() - text.len()).filter(|at| bytes[*at..].starts_with(&vec![b'Z'; text.len()])).collect::<Vec<_>>()
                {
                    bytes[start..start + text.len()].copy_from_slice(text.as_bytes());
                }
            });
        })
    };
    hold(vec![
        shp("a file code that is another", &["h.shp"], |b| b[..4].copy_from_slice(&9995i32.to_be_bytes())),
        shp("the first part begins at the second point", &["h.shp, record 1"], |b| {
            b[RECORD + 44..RECORD + 48].copy_from_slice(&1i32.to_le_bytes())
        }),
        shp("a part that begins below zero", &["h.shp, record 1"], |b| b[RECORD + 44..RECORD + 48].copy_from_slice(&(-4i32).to_le_bytes())),
        shp("a record shorter than its points", &["h.shp, record 1"], |b| b[RECORD - 4..RECORD].copy_from_slice(&30i32.to_be_bytes())),
        shp("a record of one word", &["h.shp, record 1"], |b| b[RECORD - 4..RECORD].copy_from_slice(&1i32.to_be_bytes())),
        shp("polygons with heights that are not there", &["h.shp"], |b| {
            b[32..36].copy_from_slice(&15i32.to_le_bytes());
            b[RECORD..RECORD + 4].copy_from_slice(&15i32.to_le_bytes());
        }),
        shp("multipatches", &["h.shp"], |b| b[32..36].copy_from_slice(&31i32.to_le_bytes())),
        sane("every record with the number 7", |trial| trial.patch("h.shp", |b| b[100..104].copy_from_slice(&7i32.to_be_bytes()))),
        sane("coordinates next to nothing", |trial| {
            trial.patch("h.shp", |b| b[RECORD + 48..RECORD + 56].copy_from_slice(&5e-324f64.to_le_bytes()));
        }),
        sane("a bounding box of NaN", |trial| trial.patch("h.shp", |b| b[36..44].copy_from_slice(&f64::NAN.to_le_bytes()))),
        dbf("rows of no length", &["h.dbf"], |b| b[10..12].copy_from_slice(&0u16.to_le_bytes())),
        dbf("a header longer than the file", &["h.dbf"], |b| b[8..10].copy_from_slice(&u16::MAX.to_le_bytes())),
        dbf("a header that ends in a field", &["h.dbf"], |b| b[8..10].copy_from_slice(&50u16.to_le_bytes())),
        dbf("a field wider than the row", &["h.dbf"], |b| b[32 + 16] = 250),
        dbf("two fields of one name", &["h.dbf"], |b| b.copy_within(32..43, 64)),
        dbf("no field", &["h.dbf"], |b| b[32] = 0x0d),
        dbf("a field without a name", &["h.dbf"], |b| b[32..43].fill(0)),
        code("a code that colours the terminal, twice", &["h.shp", "H\\u{1b}[31m"], "\u{1b}[31m"),
        code("a code that turns text round, twice", &["h.shp"], "\u{202e}"),
        sane("a .prj of 9 MB of brackets", |trial| trial.write("h.prj", "PROJCS[".repeat(1_300_000))),
        sane("a .prj of one quoted text of 9 MB", |trial| trial.write("h.prj", format!("PROJCS[\"{}", "x".repeat(9_000_000)))),
        sane("a .cpg of 9 MB", |trial| trial.write("h.cpg", "UTF-8 ".repeat(1_500_000))),
        sane("a .cpg of UTF-7", |trial| trial.write("h.cpg", "UTF-7")),
        sane("a .shx of another layer", |trial| trial.write("h.shx", trial.bytes("c.shp"))),
    ]);
}

#[test]
fn delimited_text() {
    let amount = |text: &'static str| -> Case {
        refused(format!("the amount {text}"), &["m.csv, record 2, field pounds"], move |trial| {
            trial.write("m.csv", format!("code,pounds\nH1,{text}\nH2,1\n"));
        })
    };
    let mut cases: Vec<Case> =
        ["１００", "٣", "0x10", "--5", "(5", "5)", "£", "1.2.3", "1e", "+-1", "1_000", "1 2", "∞", "½", "9e99999999999"].map(amount).into();
    cases.extend([
        refused("UTF-16 that ends in half a character", &["m.csv"], |trial| trial.write("m.csv", b"\xff\xfec\0,\0d\0\n\0x")),
        sane("UTF-32", |trial| {
            let text: Vec<u8> = "\u{feff}code,pounds\nH1,1\n".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
            trial.write("m.csv", text);
        }),
        sane("cells of zero bytes", |trial| trial.write("m.csv", b"code,pounds\nH1,\0\0\0\nH2,1\n")),
        refused("a column of zero bytes in its name", &["m.csv"], |trial| trial.write("m.csv", b"code,pou\0nds\nH1,1\n")),
        sane("a million and a half columns", |trial| {
            let names: String = (0..1_200_000).map(|n| format!(",c{n}")).collect();
            trial.write("m.csv", format!("code,pounds{names}\n"));
        }),
        sane("a cell of 9 MB", |trial| trial.write("m.csv", format!("code,pounds\n{},1\n", "H".repeat(9_000_000)))),
        sane("an amount of 9 MB of digits", |trial| trial.write("m.csv", format!("code,pounds\nH1,{}\n", "9".repeat(9_000_000)))),
        sane("lines that end in carriage returns only", |trial| trial.write("m.csv", "code,pounds\rH1,1\rH2,1\r")),
        sane("nine million quotation marks", |trial| trial.write("m.csv", format!("code,pounds\n{}", "\"".repeat(9_000_000)))),
        sane("four million lines of one comma", |trial| trial.write("m.csv", format!("code,pounds\n{}", ",\n".repeat(4_000_000)))),
        sane("a code with spaces that do not break", |trial| trial.write("m.csv", "code,pounds\nH1\u{a0},1\n\u{feff}H2,1\n")),
        refused("gzip within gzip", &["m.csv.gz"], |trial| budget(trial, "m.csv.gz", &gzip(&gzip(b"code,pounds\nH1,1\n")))),
        refused("a code that rings the bell, in a message", &["m.csv", "field pounds"], |trial| {
            trial.write("m.csv", "code,pounds\nH1,\u{7}\u{1b}]0;title\u{7}\n");
        }),
    ]);
    hold(cases);
}

#[test]
fn configs() {
    let path = |name: &'static str, says: &[&'static str], path: String| -> Case {
        refused(name, says, move |trial| trial.config("m.csv", &path))
    };
    let config =
        |name: &'static str, from: &'static str, to: String| -> Case { wrong(name, &["run.toml"], move |trial| trial.config(from, &to)) };
    let condition = |name: &'static str, says: &'static str, text: String| -> Case {
        let rule = "[[obstructions.rule]]\nid = \"OWN-1\"\ntitle = \"t\"\nmessage = \"m\"\ntable = \"overlap\"";
        wrong(name, &["run.toml", says], move |trial| trial.config("[[budget]]", &format!("{rule}\ncondition = \"{text}\"\n\n[[budget]]")))
    };
    hold(vec![
        config("a key twice", "role = \"health\"", "role = \"health\"\nrole = \"health\"".to_owned()),
        config("a whole number beyond 64 bits", "fiscal_year", "unit = 99999999999999999999\nfiscal_year".to_owned()),
        config("a day that is none", "role = \"health\"", "role = \"health\"\nvalid_from = 1999-02-30".to_owned()),
        config("arrays nested 10,000 deep", "\"h.shp\"", format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))),
        config("tables within tables within a line, 10,000 deep", "\"h.shp\"", format!("{}1{}", "{a=".repeat(10_000), "}".repeat(10_000))),
        condition("a condition of 1,900 sums", "at most 200", format!("people > 1{}", "+1".repeat(1_900))),
        condition("a condition in 60 brackets", "deep", format!("{}significant{}", "(".repeat(60), ")".repeat(60))),
        condition("a condition denied 900 times", "at most 200", format!("{}significant", "NOT ".repeat(900))),
        condition("what is not offered, 190 deep", "not offered", format!("code{} = 'x'", "::text".repeat(66))),
        sane("a name of 100,000 letters", |trial| trial.config("\"trial\"", &format!("\"{}\"", "n".repeat(100_000)))),
        config("an id of control characters", "id = \"h\"", "id = \"h\\u001b\"".to_owned()),
        config("an id of nothing", "id = \"h\"", "id = \"\"".to_owned()),
        sane("a path of nothing", |trial| trial.config("\"m.csv\"", "\"\"")),
        sane("an output of nothing", |trial| trial.config("output = \"out\"", "output = \"\"")),
        config("a path with a zero byte", "m.csv", "m\\u0000.csv".to_owned()),
        path("a path of 100,000 letters", &["mmm"], format!("{}.csv", "m".repeat(100_000))),
        path("a path with a line break", &["m"], "m\\n.csv".to_owned()),
        path("the root of everything", &["/"], "/".to_owned()),
        path("a file of the system's that never ends", &["/proc"], "/proc/self/pagemap.csv".to_owned()),
        refused("a layer in a zip that is no zip", &["h.shp"], |trial| trial.config("h.shp", "h.shp/h.shp")),
    ]);
}

#[test]
fn workbooks_and_parquet() {
    let list: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1)]), None]));
    let codes = || -> ArrayRef { Arc::new(StringArray::from(vec!["H1", "H2"])) };
    let huge: ArrayRef = Arc::new(Int64Array::from(vec![i64::MAX, i64::MIN]));
    let file = |columns: &[(&str, ArrayRef)]| parquet(columns, Compression::SNAPPY, true);
    let book = |name: &'static str, bytes: Vec<u8>| sane(name, move |trial: &Trial| budget(trial, "m.xlsx", &bytes));
    let table =
        |name: &'static str, says: &[&'static str], bytes: Vec<u8>| refused(name, says, move |trial| budget(trial, "m.parquet", &bytes));
    let good = file(&[("code", codes()), ("pounds", Arc::new(Int64Array::from(vec![1, 2])))]);
    let mut encrypted = good.clone();
    let end = encrypted.len();
    encrypted[end - 4..].copy_from_slice(b"PARE");
    let mut doubled = good.clone();
    doubled.extend(&good);
    let wide: Vec<(String, ArrayRef)> = (0..20_000).map(|n| (format!("c{n}"), codes())).collect();
    let wide: Vec<(&str, ArrayRef)> = wide.iter().map(|(name, column)| (name.as_str(), column.clone())).collect();
    let entity = r#"<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>"#;
    let mut outside = xlsx(&row(r#"<c r="B2" t="inlineStr"><is><t>&x;</t></is></c>"#), entity);
    hold(vec![
        book("an entity that names a file of the system's", std::mem::take(&mut outside)),
        book("a cell above the first row", xlsx(&row(r#"<c r="B0"><v>1</v></c>"#), "")),
        book("a cell in no column", xlsx(&row(r#"<c r="2"><v>1</v></c>"#), "")),
        book("rows that go back", xlsx(&format!("{}<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", row("")), "")),
        book("a number of 9 MB of digits", xlsx(&row(&format!(r#"<c r="B2"><v>{}</v></c>"#, "9".repeat(9_000_000))), "")),
        book(
            "a million attributes",
            xlsx(&row(&format!("<c {}/>", (0..1_000_000).map(|n| format!("a{n}=\"\" ")).collect::<String>())), ""),
        ),
        book("a zip that is no workbook", zip_of(&[("a.txt", b"a")])),
        table("an encrypted footer", &["m.parquet"], encrypted),
        refused("two files, one behind the other", &["m.parquet"], move |trial| {
            // The footer's offsets are counted from the beginning of the file, where the first one is: read as that, or refused, not mixed.
            budget(trial, "m.parquet", &doubled[..doubled.len() - 1]);
        }),
        table("a column of lists for an amount", &["m.parquet", "pounds"], file(&[("code", codes()), ("pounds", list)])),
        table("whole numbers at both ends", &["m.parquet, record 2, field pounds"], file(&[("code", codes()), ("pounds", huge)])),
        table("20,000 columns and not the one", &["m.parquet", "code"], file(&wide)),
    ]);
}

/// What would work on a terminal: it clears the screen, colours it, turns text round, hides, rings.
const WORKS: &str = "\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\u{7f}\u{7}";

#[test]
fn logs_and_results_do_nothing_on_a_terminal() {
    let works = |text: &str| text.chars().any(|c| (c.is_control() && c != '\n') || WORKS.contains(c) && !c.is_ascii_graphic());
    let escaped: String =
        WORKS.chars().map(|c| if c.is_ascii_graphic() { c.to_string() } else { format!("\\u{:04x}", u32::from(c)) }).collect();
    let ran = |trial: &Trial, arguments: &[&str]| {
        let output = assert_cmd::Command::cargo_bin("coterminous").unwrap().current_dir(trial.at("")).args(arguments).output().unwrap();
        let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(!works(&stdout) && !works(&stderr), "{arguments:?}: {stdout:?} {stderr:?}");
        (output.status.code(), stdout, stderr)
    };
    for (missing, code) in [(true, 3), (false, 0)] {
        let trial = Trial::new();
        let file = format!("m{WORKS}.csv");
        trial.config("m.csv", &format!("m{escaped}.csv"));
        if !missing {
            // A cell without an amount, so that a finding names the file.
            trial.write(&file, "code,pounds\nH1,\nH2,1\n");
        }
        for arguments in
            [&["check", "run.toml"][..], &["run", "run.toml", "--progress", "never"], &["run", "run.toml", "--progress", "always"]]
        {
            let (ended, stdout, stderr) = ran(&trial, arguments);
            assert_eq!(ended, Some(code), "{stderr}");
            assert!(format!("{stdout}{stderr}").contains("\\u{1b}[2J"), "{arguments:?} does not show it: {stdout} {stderr}");
        }
        let (ended, _, stderr) = ran(&trial, &["run", "run.toml", "--force", "--log", "json"]);
        assert_eq!(ended, Some(code), "{stderr}");
        assert!(!stderr.is_empty());
        let lines: Vec<serde_json::Value> =
            stderr.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
        assert!(lines.iter().all(serde_json::Value::is_object));
        if missing {
            // One object has the message, and the file's name as it is.
            let last = lines.last().unwrap();
            assert_eq!(last["exit_code"], 3, "{last}");
            assert!(last["message"].as_str().unwrap().contains(&file), "{last}");
        }
    }
}
