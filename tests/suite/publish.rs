//! A dataset is published as a whole or not at all, whatever happens in between.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use coterminous::Error;
use coterminous::config::{Config, Plan, Rules};
use coterminous::domain::{Finding, Grid, InputFile, Outline, Point, Proof};
use coterminous::io::geoparquet::Drawing;
use coterminous::io::manifest::{Manifest, ONS_ATTRIBUTION, Timing};
use coterminous::io::publish::{Dataset, LockedDataset, Published, Staging, run_folder};
use coterminous::tables::{self, Table};

const CONFIG: &str = r#"
[run]
name = "Trial 1"
output = "../out/trial"

[[layer]]
id = "pct-2011"
role = "health"
kind = "PCT"
path = "${TRIAL_DATA:-../data/ons}/PCT_APR_2011_EN_BGC_derived.zip"
code = "PCT11CD"

[[layer]]
id = "council-2011"
role = "council"
kind = "council"
path = "../data/councils.zip/layer.shp"
"#;

fn plan_of(text: &str) -> Plan {
    Config::parse(Path::new("/srv/jobs/config/trial.toml"), text, &Rules::default(), &|_| None).unwrap()
}

pub fn manifest_of(run_id: &str) -> Manifest {
    let inputs = [
        InputFile { path: "/srv/jobs/data/ons/PCT_APR_2011_EN_BGC_derived.zip".into(), bytes: 7, blake3: "ab".into() },
        InputFile { path: "/srv/jobs/data/councils.zip".into(), bytes: 9, blake3: "cd".into() },
    ];
    let proofs = [Proof::exact("people in equals people out", "alignment a", 53_012_456, 53_012_456)];
    let timings = vec![Timing { stage: "read".to_owned(), seconds: 0.5 }];
    Manifest::new(&plan_of(CONFIG), run_id, &inputs, &proofs, timings)
}

fn findings(details: &[&str]) -> Table {
    let findings: Vec<Finding> = details.iter().map(|detail| Finding::new("DQ-03", *detail, "kept").layer("pct-2011")).collect();
    tables::finding(&findings)
}

/// Stages a square of one metre as the one outline of geo/area.
pub fn stage_square(staging: &mut Staging<'_>) -> coterminous::Result<()> {
    let grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: 1.0 };
    let square = [(0, 0), (1, 0), (1, 1), (0, 1)].map(|(x, y)| Point { x, y });
    let draw = |_| Ok(Outline::new(std::iter::once(square.as_slice()).collect(), vec![1]).into());
    let keys = [vec!["pct-2011".to_owned(), "A".to_owned()]];
    staging.geometry(&tables::GEO_AREA, &keys, Drawing { grid: &grid, points: &|_| 4, draw: &draw })
}

fn publish(locked: &LockedDataset, run_id: &str, details: &[&str]) -> coterminous::Result<Published> {
    let mut staging = locked.stage(run_id)?;
    staging.tables(&[findings(details), Table::new(&tables::AREA)])?;
    stage_square(&mut staging)?;
    staging.file("report.html", b"<p>report</p>")?;
    staging.publish(manifest_of(run_id))
}

/// Every file below a folder but the lock, with its content.
pub fn content(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(".lock") {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    content(folder).into_keys().map(|path| path.to_string_lossy().into_owned()).collect()
}

#[test]
fn a_run_is_published_and_current_names_it() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path().join("new/trial"));
    assert_eq!(dataset.current().unwrap(), None);
    let locked = dataset.lock().unwrap();
    let published = publish(&locked, "r1", &["a", "b"]).unwrap();
    assert!(!published.unchanged);
    assert_eq!(dataset.current().unwrap().as_deref(), Some("r1"));
    assert_eq!(fs::read_to_string(dataset.folder().join("CURRENT")).unwrap(), "r1\n");
    let expected = [
        "CURRENT",
        "runs/r1/area.parquet",
        "runs/r1/datapackage.json",
        "runs/r1/finding.parquet",
        "runs/r1/geo/area.parquet",
        "runs/r1/manifest.json",
        "runs/r1/report.html",
    ];
    assert_eq!(names(dataset.folder()), expected);
    let rows: Vec<(&str, u64)> = published.manifest.tables.iter().map(|table| (table.name.as_str(), table.rows)).collect();
    assert_eq!(rows, [("finding", 2), ("area", 0), ("geo/area", 1)]);
    for table in &published.manifest.tables {
        let bytes = fs::read(published.folder.join(&table.file)).unwrap();
        assert_eq!((table.bytes, &table.blake3), (bytes.len() as u64, &blake3::hash(&bytes).to_hex().to_string()));
    }
    assert_eq!(locked.published("r1").unwrap(), Some(published.manifest));
    assert_eq!(locked.published("r2").unwrap(), None);
    assert_eq!(run_folder(dataset.folder()).unwrap(), published.folder);
    assert_eq!(run_folder(&published.folder).unwrap(), published.folder);
}

#[test]
fn a_second_run_leaves_the_first_as_it_was() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    let locked = dataset.lock().unwrap();
    let first = publish(&locked, "r1", &["a"]).unwrap();
    let before = content(&first.folder);
    publish(&locked, "r2", &["b"]).unwrap();
    assert_eq!(dataset.current().unwrap().as_deref(), Some("r2"));
    assert_eq!(content(&first.folder), before);
    locked.make_current("r1").unwrap();
    assert_eq!(dataset.current().unwrap().as_deref(), Some("r1"));
}

#[test]
fn a_run_given_up_leaves_the_dataset_byte_for_byte() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    let locked = dataset.lock().unwrap();
    publish(&locked, "r1", &["a"]).unwrap();
    let before = content(out.path());
    {
        let mut staging = locked.stage("r2").unwrap();
        staging.table(&findings(&["b"])).unwrap();
        assert_ne!(content(out.path()), before, "something was being written");
    }
    assert_eq!(content(out.path()), before);
    // A table that may not be published stops the run in the same way.
    let mut wrong = Table::new(&tables::FINDING);
    wrong.push(["DQ-01".into()]);
    let mut staging = locked.stage("r2").unwrap();
    staging.table(&findings(&["b"])).unwrap();
    assert!(matches!(staging.table(&wrong), Err(Error::Proof { .. })));
    drop(staging);
    assert_eq!(content(out.path()), before);
}

#[test]
fn what_a_killed_run_left_is_swept_and_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    let locked = dataset.lock().unwrap();
    publish(&locked, "r1", &["a"]).unwrap();
    let before = content(out.path());
    let mut staging = locked.stage("r2").unwrap();
    staging.table(&findings(&["b"])).unwrap();
    // As if the process had been killed: nothing of it is dropped but the lock.
    std::mem::forget(staging);
    drop(locked);
    fs::write(out.path().join(".CURRENT.4711.partial"), "r2\n").unwrap();
    assert_eq!(dataset.current().unwrap().as_deref(), Some("r1"), "readers see the old run");
    let foreign = [".staging-of my own/notes.txt", ".CURRENT.bak.partial", "runs-old/x.txt", "notes.txt"];
    for name in foreign {
        let path = out.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "mine").unwrap();
    }
    fs::write(out.path().join(".staging-file"), "a file, not a folder").unwrap();

    let locked = dataset.lock().unwrap();
    let mut after = content(out.path());
    for name in foreign {
        assert_eq!(after.remove(Path::new(name)).as_deref(), Some(&b"mine"[..]), "{name} is not ours");
    }
    assert!(after.remove(Path::new(".staging-file")).is_some());
    assert_eq!(after, before);
    publish(&locked, "r2", &["b"]).unwrap();
}

#[test]
fn a_dataset_is_written_by_one_run_at_a_time() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    let locked = dataset.lock().unwrap();
    let error = dataset.lock().unwrap_err();
    assert_eq!(error.exit_code(), 4);
    let message = error.to_string();
    assert!(message.contains(&format!("process {} on ", std::process::id())), "{message}");
    assert!(message.contains(", since 20") && message.contains("--out"), "{message}");
    drop(locked);
    dataset.lock().unwrap();
}

/// Not a test of its own: the process that the next test kills.
#[test]
fn child_that_stages_and_waits() {
    let Some(folder) = std::env::var_os("COTERMINOUS_TEST_STAGE") else { return };
    let locked = Dataset::at(PathBuf::from(folder)).lock().unwrap();
    let mut staging = locked.stage("r2").unwrap();
    staging.table(&findings(&["b"])).unwrap();
    fs::write(locked.dataset().folder().join("ready"), "").unwrap();
    std::thread::sleep(Duration::from_secs(120));
    drop(staging);
}

#[test]
fn a_killed_process_holds_nothing_and_changes_nothing() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    publish(&dataset.lock().unwrap(), "r1", &["a"]).unwrap();
    let before = content(out.path());
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "publish::child_that_stages_and_waits"])
        .env("COTERMINOUS_TEST_STAGE", out.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let ready = out.path().join("ready");
    while !ready.exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(10));
    }
    let staged = out.path().join(".staging-r2/finding.parquet").exists();
    let refused = dataset.lock().map(|_| ()).unwrap_err().to_string();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(staged, "the child had written a table");
    assert!(refused.contains(&format!("process {}", child.id())), "{refused}");
    fs::remove_file(ready).unwrap();
    assert!(out.path().join(".staging-r2").exists(), "a killed process tidies nothing");
    let _locked = dataset.lock().unwrap();
    assert_eq!(content(out.path()), before);
}

#[test]
fn the_same_run_again_keeps_the_old_one() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    let locked = dataset.lock().unwrap();
    publish(&locked, "r1", &["a"]).unwrap();
    publish(&locked, "r2", &["b"]).unwrap();
    let mut before = content(out.path());
    let again = publish(&locked, "r1", &["a"]).unwrap();
    assert!(again.unchanged);
    before.insert("CURRENT".into(), b"r1\n".to_vec());
    assert_eq!(content(out.path()), before, "only CURRENT moves; times in the manifest stay those of the first run");
}

#[test]
fn the_same_run_with_other_bytes_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    let locked = dataset.lock().unwrap();
    publish(&locked, "r1", &["a"]).unwrap();
    let before = content(out.path());
    let error = publish(&locked, "r1", &["other"]).unwrap_err();
    assert!(matches!(error, Error::Publish { .. }));
    let message = error.to_string();
    assert!(message.contains("the same inputs and config gave other bytes than before in finding.parquet;"), "{message}");
    assert_eq!(content(out.path()), before);
}

#[test]
fn a_damaged_run_is_not_taken_for_a_whole_one() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    let locked = dataset.lock().unwrap();
    let run = publish(&locked, "r1", &["a"]).unwrap().folder;
    // The report may be written again.
    fs::write(run.join("report.html"), "new").unwrap();
    assert!(locked.published("r1").unwrap().is_some());
    let table = run.join("finding.parquet");
    let mut bytes = fs::read(&table).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&table, &bytes).unwrap();
    let message = locked.published("r1").unwrap_err().to_string();
    assert!(message.contains("finding.parquet") && message.contains("remove the folder"), "{message}");
    assert!(publish(&locked, "r1", &["a"]).is_err());
    fs::remove_file(&table).unwrap();
    assert!(locked.published("r1").is_err());
    fs::remove_file(run.join("manifest.json")).unwrap();
    assert!(locked.published("r1").is_err());
}

#[test]
fn trouble_with_folders_says_what_to_do() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Dataset::at(file.join("trial")).lock().unwrap_err();
    assert_eq!(error.exit_code(), 4);
    assert!(error.to_string().contains("there is a file where a folder should be"), "{error}");

    let dataset = Dataset::at(out.path().join("trial"));
    let locked = dataset.lock().unwrap();
    fs::write(dataset.folder().join("runs"), "").unwrap();
    let error = publish(&locked, "r1", &["a"]).unwrap_err();
    assert!(error.to_string().contains("there is a file where a folder should be"), "{error}");
    assert_eq!(dataset.current().unwrap(), None);
    assert_eq!(names(dataset.folder()), ["runs"], "the staging folder is gone");
    for run_id in ["", "..", "a/b", "a b", "ä"] {
        assert!(locked.stage(run_id).is_err(), "{run_id:?} is no name for a run");
    }

    assert!(run_folder(out.path()).unwrap_err().to_string().contains("neither CURRENT nor manifest.json"));
    assert!(run_folder(&out.path().join("nowhere")).unwrap_err().to_string().contains("no such folder"));
    fs::create_dir(out.path().join("odd")).unwrap();
    fs::write(out.path().join("odd/CURRENT"), "../../etc\n").unwrap();
    assert!(run_folder(&out.path().join("odd")).unwrap_err().to_string().contains("CURRENT"));
}

#[test]
fn the_manifest_says_what_went_in_and_what_came_out() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    let run = publish(&dataset.lock().unwrap(), "r1", &["a"]).unwrap().folder;
    let text = fs::read_to_string(run.join("manifest.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let keys: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "run_id",
        "name",
        "program",
        "config",
        "attribution",
        "started_at",
        "finished_at",
        "inputs",
        "tables",
        "files",
        "cautions",
        "proofs",
        "timings",
    ];
    assert_eq!(keys, expected);
    assert_eq!(json["program"], serde_json::json!({ "name": "coterminous", "version": env!("CARGO_PKG_VERSION") }));
    assert_eq!(json["config"]["path"], "trial.toml");
    assert_eq!(json["config"]["text"], CONFIG);
    assert_eq!(json["attribution"], ONS_ATTRIBUTION, "an input is named as the ONS names its files");
    assert_eq!(json["inputs"][0]["path"], "${TRIAL_DATA:-../data/ons}/PCT_APR_2011_EN_BGC_derived.zip");
    assert_eq!(json["inputs"][1]["path"], "../data/councils.zip");
    assert!(!text.contains("/srv/jobs"), "no path of the machine");
    assert_eq!(json["proofs"][0]["expected"], "53012456");
    assert_eq!(json["proofs"][0]["tolerance"], "0");
    assert_eq!(json["timings"][0], serde_json::json!({ "stage": "read", "seconds": 0.5 }));
}

/// An apostrophe is a letter of a path like any other; a run has one id wherever its files are.
#[test]
fn an_apostrophe_shows_nothing_of_the_machine() {
    let text = format!("{CONFIG}\n[[agreement]]\npath = \"../data/King's Fund/joint.csv\"\n[[cycle]]\npath = \"it's.csv\" # not 'x'\n");
    let run_at = |jobs: &str| {
        let plan = Config::parse(&Path::new(jobs).join("config/trial.toml"), &text, &Rules::default(), &|_| None).unwrap();
        let file = |path: &str| InputFile { path: Path::new(jobs).join(path), bytes: 1, blake3: "ab".into() };
        let files = [file("data/King's Fund/joint.csv"), file("config/it's.csv"), file("data/councils.zip")];
        let inputs = Manifest::new(&plan, "r", &files, &[], Vec::new()).inputs;
        (coterminous::pipeline::run_id(&plan, &files), inputs.into_iter().map(|input| input.path).collect::<Vec<_>>())
    };
    let (id, paths) = run_at("/srv/jobs");
    assert_eq!(paths, ["../data/King's Fund/joint.csv", "../data/councils.zip", "it's.csv"]);
    assert_eq!(run_at("/home/someone else"), (id, paths));
}

#[test]
fn paths_are_told_as_the_config_states_them() {
    let plan = plan_of(CONFIG);
    let stated = |path: &str| plan.stated.text_of(Path::new(path));
    assert_eq!(stated("/srv/jobs/data/councils.zip/layer.shp"), "../data/councils.zip/layer.shp");
    assert_eq!(stated("/srv/jobs/data/councils.zip/layer.dbf"), "../data/councils.zip/layer.dbf");
    assert_eq!(
        stated("/srv/jobs/data/ons/PCT_APR_2011_EN_BGC_derived.zip/PCT.shp"),
        "${TRIAL_DATA:-../data/ons}/PCT_APR_2011_EN_BGC_derived.zip/PCT.shp"
    );
    assert_eq!(stated("/elsewhere/x.csv"), "/elsewhere/x.csv");
    let own = plan_of(&CONFIG.replace("[run]", "[run]\nattribution = \"Our own line.\""));
    assert_eq!(Manifest::new(&own, "r", &[], &[], Vec::new()).attribution.as_deref(), Some("Our own line."));
    assert_eq!(Manifest::new(&plan, "r", &[], &[], Vec::new()).attribution, None);
}

#[test]
fn the_datapackage_describes_every_column() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    let locked = dataset.lock().unwrap();
    let mut staging = locked.stage("r1").unwrap();
    staging.tables(&tables::ALL.map(Table::new)).unwrap();
    for spec in tables::GEO {
        let grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: 1.0 };
        staging.geometry(spec, &[], Drawing { grid: &grid, points: &|_| 0, draw: &|_| Ok(Outline::default().into()) }).unwrap();
    }
    let run = staging.publish(manifest_of("r1")).unwrap().folder;
    let json: serde_json::Value = serde_json::from_slice(&fs::read(run.join("datapackage.json")).unwrap()).unwrap();
    assert_eq!(json["profile"], "data-package");
    assert_eq!(json["name"], "trial-1");
    let resources = json["resources"].as_array().unwrap();
    assert_eq!(resources.len(), tables::ALL.len() + tables::GEO.len());
    for (resource, spec) in resources.iter().zip(tables::ALL.iter().chain(&tables::GEO)) {
        let path = resource["path"].as_str().unwrap();
        assert!(fs::metadata(run.join(path)).unwrap().is_file());
        let fields = resource["schema"]["fields"].as_array().unwrap();
        for (field, column) in fields.iter().zip(spec.columns) {
            assert_eq!(field["name"], column.name);
            assert_eq!(field["type"], column.kind.as_str());
            assert_eq!(field["description"], column.description);
            assert_eq!(field.get("unit").and_then(|unit| unit.as_str()).unwrap_or(""), column.unit);
        }
        let geometry = if spec.name.starts_with("geo/") { 2 } else { 0 };
        assert_eq!(fields.len(), spec.columns.len() + geometry);
    }
    assert_eq!(resources[1]["schema"]["primaryKey"], serde_json::json!(["alignment", "left_code", "right_code"]));
    let finding = tables::ALL.iter().position(|spec| spec.name == "finding").unwrap();
    assert_eq!(resources[finding]["schema"].get("primaryKey"), None, "a finding's key may be null");
}

#[test]
fn one_thread_or_many_the_bytes_are_the_same() {
    let hashes = |threads: usize| {
        let out = tempfile::tempdir().unwrap();
        let dataset = Dataset::at(out.path());
        let locked = dataset.lock().unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let published = pool.install(|| publish(&locked, "r1", &["a", "b", "c"])).unwrap();
        let package = fs::read(published.folder.join("datapackage.json")).unwrap();
        (published.manifest.tables, package)
    };
    assert_eq!(hashes(1), hashes(4));
}
