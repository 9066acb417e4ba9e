//! The HTML report: what it holds is what was published, its map keeps shared lines, and nothing in the data can do harm.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_cast::cast;
use arrow_schema::DataType;
use assert_cmd::Command;
use coterminous::config::Config;
use coterminous::io::publish;
use coterminous::io::shapefile::{WriteField, WriteKind, WriteRecord, write_zip};
use coterminous::pipeline::{self, Options, Unwatched};
use coterminous::report;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value as Json;
use tempfile::TempDir;

/// The made-up country, published.
struct Published {
    folder: TempDir,
    run: PathBuf,
}

fn sample() -> &'static Published {
    static PUBLISHED: OnceLock<Published> = OnceLock::new();
    PUBLISHED.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/sample.toml");
        let mut plan = Config::load(&config, &pipeline::rules()).unwrap();
        plan.output = folder.path().join("out");
        let run = pipeline::run(&plan, Options::default(), &Unwatched).unwrap().folder;
        Published { folder, run }
    })
}

fn page(run: &Path) -> String {
    report::html(run, &publish::manifest(run).unwrap()).unwrap()
}

/// The data that a page holds.
fn data(page: &str) -> Json {
    let start = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap().1;
    serde_json::from_str(start.split_once("</script>").unwrap().0).unwrap()
}

/// Values of a column of the page, one a row.
fn cells(column: &Json) -> Vec<Json> {
    if let Some(texts) = column.get("texts") {
        return cells(&column["at"]).iter().map(|at| at.as_u64().map_or(Json::Null, |at| texts[at as usize].clone())).collect();
    }
    match column.get("runs") {
        Some(runs) => {
            let runs = runs.as_array().unwrap().chunks(2);
            runs.flat_map(|run| std::iter::repeat_n(run[0].clone(), run[1].as_u64().unwrap() as usize)).collect()
        }
        None => column.as_array().unwrap().clone(),
    }
}

fn batches(path: &Path) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path).unwrap()).unwrap().with_batch_size(1 << 24).build().unwrap();
    let mut all: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    assert!(all.len() <= 1, "{} in several batches", path.display());
    all.pop().unwrap_or_else(|| {
        let builder = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path).unwrap()).unwrap();
        RecordBatch::new_empty(builder.schema().clone())
    })
}

/// A cell as Parquet has it.
fn published(batch: &RecordBatch, column: &str, row: usize) -> Json {
    let array = batch.column_by_name(column).unwrap();
    if array.is_null(row) {
        return Json::Null;
    }
    match array.data_type() {
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into(),
        DataType::Boolean => array.as_boolean().value(row).into(),
        _ => cast(array, &DataType::Utf8).unwrap().as_string::<i32>().value(row).into(),
    }
}

fn same(one: &Json, other: &Json) -> bool {
    // 5 and 5.0 are one number; and serde_json, unlike a browser, reads the last digit of a float only nearly right.
    one == other || one.as_f64().zip(other.as_f64()).is_some_and(|(one, other)| (one - other).abs() <= one.abs() * 4.5e-16)
}

#[test]
fn every_cell_on_the_page_is_the_published_one() {
    let run = &sample().run;
    let data = data(&page(run));
    let tables = data["tables"].as_object().unwrap();
    assert_eq!(tables.len(), 20);
    for (name, table) in tables {
        let batch = batches(&run.join(format!("{name}.parquet")));
        let rows = table["rows"].as_u64().unwrap() as usize;
        let columns = table["columns"].as_object().unwrap();
        let kept: Vec<usize> = match name.as_str() {
            "area" => (0..batch.num_rows()).filter(|row| published(&batch, "role", *row) != "blocks").collect(),
            "budget_line" => (0..batch.num_rows()).filter(|row| published(&batch, "known", *row) == false).collect(),
            "what_if_obstruction" => (0..batch.num_rows()).filter(|row| published(&batch, "state", *row) != "kept").collect(),
            _ => (0..batch.num_rows()).collect(),
        };
        assert_eq!(rows, kept.len(), "rows of {name}");
        assert!(rows > 0 && columns.len() > 3, "{name} is empty");
        for (column, told) in columns {
            let told = cells(told);
            assert_eq!(told.len(), rows, "{name}, {column}");
            // Text whole, since casting cell by cell is slow.
            let texts = batch.column_by_name(column).filter(|array| matches!(array.data_type(), DataType::Utf8 | DataType::Date32));
            let texts = texts.map(|array| cast(array, &DataType::Utf8).unwrap());
            for (at, row) in kept.iter().enumerate() {
                let expected = match &texts {
                    Some(array) if array.is_null(*row) => Json::Null,
                    Some(array) => array.as_string::<i32>().value(*row).into(),
                    None => published(&batch, column, *row),
                };
                let found = &told[at];
                assert!(same(found, &expected), "{name}, row {row}, {column}: {found} on the page, {expected} published");
            }
        }
    }
    let manifest = publish::manifest(run).unwrap();
    assert_eq!(data["run"]["id"], manifest.run_id.as_str());
    assert_eq!(data["run"]["proofs"].as_array().unwrap().len(), manifest.proofs.len());
    assert_eq!(data["run"]["equal"], 0.02);
    assert_eq!(data["run"]["alignments"][0], "pcg-council-1999", "in the order of the config");
}

#[test]
fn the_same_run_gives_the_same_bytes_with_any_threads_and_is_small() {
    let Published { folder, run } = sample();
    let written = fs::read_to_string(run.join("report.html")).unwrap();
    let manifest = publish::manifest(run).unwrap();
    let record = manifest.files.iter().find(|file| file.file == "report.html").unwrap();
    assert_eq!(record.blake3, blake3::hash(written.as_bytes()).to_hex().to_string());
    for threads in ["1", "3"] {
        let path = folder.path().join(format!("{threads}.html"));
        let mut command = Command::cargo_bin("coterminous").unwrap();
        command.arg("report").arg(folder.path().join("out")).arg("--html").arg(&path).args(["--threads", threads]);
        assert!(told(command.env("TZ", "Asia/Tokyo").env("LANG", "tr_TR.UTF-8")).contains("report on sample"));
        assert!(fs::read_to_string(&path).unwrap() == written, "other bytes with {threads} threads");
    }
    assert!(written.len() < 3_000_000, "{} bytes", written.len());
    assert!(!written.contains(&manifest.finished_at) && !written.contains(&manifest.started_at), "a time is on the page");
}

/// Runs the command, which must succeed, and answers what it printed.
fn told(command: &mut Command) -> String {
    String::from_utf8_lossy(&command.assert().success().get_output().stdout).into_owned()
}

/// Points of an arc, as the page's script reads them.
fn decoded(text: &str) -> Vec<(i64, i64)> {
    let digit = |c: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".find(c).unwrap() as u64;
    let mut numbers = Vec::new();
    let (mut value, mut shift) = (0u64, 0);
    for c in text.chars() {
        value += (digit(c) & 31) << shift;
        shift += 5;
        if digit(c) < 32 {
            numbers.push(if value % 2 == 1 { -((value as i64 + 1) / 2) } else { value as i64 / 2 });
            (value, shift) = (0, 0);
        }
    }
    let mut at = (0, 0);
    let mut points = Vec::new();
    for pair in numbers.chunks(2) {
        at = (at.0 + pair[0], at.1 + pair[1]);
        points.push(at);
    }
    points
}

fn doubled(points: &[(i64, i64)]) -> i128 {
    let next = points.iter().skip(1).chain(points.first());
    points.iter().zip(next).map(|(a, b)| i128::from(a.0) * i128::from(b.1) - i128::from(b.0) * i128::from(a.1)).sum()
}

#[test]
fn the_map_has_each_shared_line_once_and_every_area_whole() {
    let run = &sample().run;
    let data = data(&page(run));
    let map = &data["map"];
    let arcs: Vec<Vec<(i64, i64)>> = map["arcs"].as_array().unwrap().iter().map(|arc| decoded(arc.as_str().unwrap())).collect();
    let mut seen = BTreeSet::new();
    for arc in &arcs {
        let turned: Vec<(i64, i64)> = arc.iter().rev().copied().collect();
        assert!(arc.len() >= 2 && seen.insert(arc.clone().min(turned)), "an arc is there twice, or is no line: {arc:?}");
    }
    let step = map["step"].as_f64().unwrap();
    let areas = batches(&run.join("area.parquet"));
    let known: BTreeMap<(String, String), f64> = (0..areas.num_rows())
        .map(|row| {
            let text = |column: &str| published(&areas, column, row).as_str().unwrap().to_owned();
            ((text("layer"), text("code")), published(&areas, "area_m2", row).as_f64().unwrap())
        })
        .collect();
    // Layers whose areas overlap each other, as findings say.
    let findings = batches(&run.join("finding.parquet"));
    let overlapping: BTreeSet<String> = (0..findings.num_rows())
        .filter(|row| published(&findings, "finding_id", *row) == "DQ-01")
        .filter(|row| published(&findings, "detail", *row).as_str().unwrap().contains("overlap"))
        .filter_map(|row| published(&findings, "layer", row).as_str().map(str::to_owned))
        .collect();
    let (mut drawn, mut shared, mut strict) = (0, 0, 0);
    for (layer, listed) in map["layers"].as_object().unwrap() {
        let mut users: BTreeMap<usize, Vec<bool>> = BTreeMap::new();
        let (mut on_map, mut measured) = (0.0, 0.0);
        for area in listed.as_array().unwrap() {
            let mut sum = 0i128;
            for ring in area[1].as_array().unwrap() {
                let mut points = Vec::new();
                for number in ring.as_array().unwrap() {
                    let number = number.as_i64().unwrap();
                    let arc = if number < 0 { !number } else { number } as usize;
                    users.entry(arc).or_default().push(number < 0);
                    let mut line = arcs[arc].clone();
                    if number < 0 {
                        line.reverse();
                    }
                    if let (Some(last), Some(first)) = (points.pop(), line.first()) {
                        assert_eq!(last, *first, "arcs of {layer} {} do not meet", area[0]);
                    }
                    points.extend(line);
                }
                assert_eq!(points.pop(), points.first().copied(), "a ring of {layer} {} is open", area[0]);
                assert!(
                    points.iter().collect::<BTreeSet<_>>().len() >= 3 && doubled(&points) != 0,
                    "a ring of {layer} {} collapsed",
                    area[0]
                );
                sum += doubled(&points);
            }
            let square_metres = sum.abs() as f64 / 2.0 * step * step;
            let truth = known[&(layer.clone(), area[0].as_str().unwrap().to_owned())];
            assert!((square_metres / truth - 1.0).abs() < 0.05, "{layer} {}: {square_metres} m2 on the map, {truth} measured", area[0]);
            (on_map, measured, drawn) = (on_map + square_metres, measured + truth, drawn + 1);
        }
        assert!((on_map / measured - 1.0).abs() < 0.002, "{layer}: {on_map} m2 on the map, {measured} measured");
        strict += usize::from(!overlapping.contains(layer));
        for (arc, uses) in users {
            // Two areas of a layer have it from both sides; no more than two, where none of them overlap.
            assert!(
                overlapping.contains(layer) || uses.len() == 1 || (uses.len() == 2 && uses[0] != uses[1]),
                "{layer}: arc {arc} is used {uses:?}"
            );
            shared += usize::from(uses.len() == 2);
        }
    }
    let blocks = (0..areas.num_rows()).filter(|row| published(&areas, "role", *row) == "blocks").count();
    assert_eq!(drawn, areas.num_rows() - blocks, "every area but blocks is drawn");
    assert!(strict >= 5, "only {strict} layers are without overlaps");
    assert!(shared > 500, "only {shared} lines are shared");
}

/// Two layers and a config, with names chosen by whoever means harm.
fn hostile(name: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let rectangle = |code: &str, name: &str, from: f64, to: f64| WriteRecord {
        rings: vec![vec![[4e5 + from, 4e5], [4e5 + from, 4.02e5], [4e5 + to, 4.02e5], [4e5 + to, 4e5], [4e5 + from, 4e5]]],
        cells: vec![Some(code.to_owned()), Some(name.to_owned())],
    };
    let fields = ["CODE", "NAME"].map(|name| WriteField { name: name.to_owned(), kind: WriteKind::Text(200) });
    write_zip(&folder.path().join("h.zip"), &fields, &[rectangle("H1", name, 0.0, 3000.0), rectangle("H2", "b", 3000.0, 5000.0)]).unwrap();
    write_zip(&folder.path().join("c.zip"), &fields, &[rectangle("C1", name, 0.0, 2000.0), rectangle("C2", "d", 2000.0, 5000.0)]).unwrap();
    let layer = |id: &str, role: &str| {
        format!("[[layer]]\nid = \"{id}\"\nrole = \"{role}\"\npath = \"{id}.zip\"\ncode = \"CODE\"\nname = \"NAME\"\nkind = '{name}'\n")
    };
    let config = format!(
        "[run]\nname = \"hostile\"\noutput = \"out\"\n{}{}[[alignment]]\nid = \"hc\"\nhealth = \"h\"\ncouncil = \"c\"\n",
        layer("h", "health"),
        layer("c", "council")
    );
    let path = folder.path().join("run.toml");
    fs::write(&path, config).unwrap();
    Command::cargo_bin("coterminous").unwrap().arg("run").arg(&path).arg("--quiet").assert().success();
    let out = folder.path().join("out");
    (folder, out)
}

#[test]
fn names_that_mean_harm_are_only_names() {
    let name = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{script}}<!--\"&amp;";
    let (_folder, out) = hostile(name);
    let run = publish::run_folder(&out).unwrap();
    let page = fs::read_to_string(run.join("report.html")).unwrap();
    let ours = page.matches("<script").count();
    assert_eq!((ours, page.matches("</script").count()), (2, 2), "one element for the data, one for the script");
    assert_eq!(page.matches("<img").count() + page.matches("<!--").count(), 0);
    let data = data(&page);
    let names = &data["tables"]["area"]["columns"]["name"]["texts"];
    assert!(names.as_array().unwrap().iter().any(|one| one == name), "the name is told as it is: {names}");
    // A run without people or money: nothing of them is on the page as 0.
    let people = cells(&data["tables"]["overlap"]["columns"]["people"]);
    assert!(!people.is_empty() && people.iter().all(Json::is_null));
}

#[test]
fn the_page_may_load_nothing_and_runs_its_own_script_alone() {
    let page = page(&sample().run);
    let policy = page.split_once("Content-Security-Policy\" content=\"").unwrap().1.split_once('"').unwrap().0;
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"), "{policy}");
    assert!(!policy.contains("unsafe") && policy.contains("base-uri 'none'; form-action 'none'"), "{policy}");
    let nonce = policy.split_once("'nonce-").unwrap().1.split_once('\'').unwrap().0;
    assert_eq!(page.matches(&format!("<script nonce=\"{nonce}\">")).count(), 1);
    let outside_data = page.split_once("id=\"data\">").unwrap();
    let rest = outside_data.1.split_once("</script>").unwrap().1;
    for part in [outside_data.0, rest] {
        for word in [" src=", "@import", "url(", "fetch(", "XMLHttpRequest", "eval(", "innerHTML", "insertAdjacentHTML", "document.write"] {
            assert!(!part.contains(word), "{word} on the page");
        }
        // The name space of drawings is a name, not an address to load.
        let addresses = part.replace("http://www.w3.org/2000/svg", "");
        assert!(!addresses.contains("http://") && !addresses.contains("https://"));
    }
    assert!(page.contains("Flags show obstacles, not outcomes") && page.contains("lang=\"en-GB\""));
}

/// The run copied, to be changed.
pub fn copied(run: &Path) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("geo")).unwrap();
    for part in ["", "geo"] {
        for entry in fs::read_dir(run.join(part)).unwrap() {
            let entry = entry.unwrap();
            if entry.path().is_file() {
                fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).unwrap();
            }
        }
    }
    folder
}

fn refused(out: &Path, html: Option<&Path>, code: i32, words: &[&str]) {
    let mut command = Command::cargo_bin("coterminous").unwrap();
    command.arg("report").arg(out);
    if let Some(html) = html {
        command.arg("--html").arg(html);
    }
    let output = command.assert().code(code).get_output().clone();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.iter().all(|word| told.contains(word)), "expected {words:?} in: {told}");
}

#[test]
fn what_is_no_dataset_of_this_version_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    refused(&folder.path().join("none"), None, 3, &["there is no such folder", "coterminous run"]);
    refused(folder.path(), None, 3, &["neither CURRENT nor manifest.json"]);

    let run = &sample().run;
    let changed = copied(run);
    let manifest = changed.path().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&version));
    fs::write(&manifest, text.replace(&version, "\"version\": \"9.1.0\"")).unwrap();
    refused(
        changed.path(),
        None,
        3,
        &["published by coterminous 9.1.0", concat!("coterminous ", env!("CARGO_PKG_VERSION")), "sample.toml"],
    );
    assert_eq!(fs::read(changed.path().join("report.html")).unwrap(), fs::read(run.join("report.html")).unwrap(), "the old report stays");

    fs::write(&manifest, text.replace("\"name\": \"rate\"", "\"name\": \"rates\"")).unwrap();
    refused(changed.path(), None, 3, &["has no table rate"]);
    fs::write(&manifest, &text).unwrap();
    fs::remove_file(changed.path().join("rate.parquet")).unwrap();
    refused(changed.path(), None, 3, &["rate.parquet"]);
    fs::copy(run.join("component.parquet"), changed.path().join("rate.parquet")).unwrap();
    refused(changed.path(), None, 3, &["rate.parquet", "as the manifest says"]);
    fs::copy(run.join("rate.parquet"), changed.path().join("rate.parquet")).unwrap();
    let geo = changed.path().join("geo/area.parquet");
    let bytes = fs::read(&geo).unwrap();
    fs::write(&geo, &bytes[..bytes.len() / 2]).unwrap();
    refused(changed.path(), None, 3, &["geo/area.parquet", "GeoParquet"]);
}

#[test]
fn a_report_that_cannot_be_written_leaves_what_is_there() {
    let Published { run, .. } = sample();
    let folder = TempDir::new().unwrap();
    refused(run, Some(folder.path()), 4, &["there is a folder where a file should be written"]);
    refused(run, Some(&folder.path().join("no/such/folder.html")), 4, &["folder.html"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "something was left behind");
}

#[test]
fn a_run_whose_report_was_changed_is_still_whole() {
    let (_folder, out) = hostile("a");
    let run = publish::run_folder(&out).unwrap();
    fs::write(run.join("report.html"), "gone").unwrap();
    let config = out.parent().unwrap().join("run.toml");
    assert!(told(Command::cargo_bin("coterminous").unwrap().arg("run").arg(config)).contains("nothing changed"));
    told(Command::cargo_bin("coterminous").unwrap().arg("report").arg(&out));
    assert!(fs::read_to_string(run.join("report.html")).unwrap().contains("<main>"));
}
