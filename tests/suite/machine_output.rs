//! What a run writes for machines (`--metrics`, `--lineage`, the JSON log, SQL views), compared with the published tables, also when it fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use coterminous::io::publish;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::publish_faults::program;

/// The five sites, run with both files; what is there afterwards.
struct Told {
    folder: TempDir,
    output: Output,
}

impl Told {
    fn run(folder: TempDir, config: &Path, more: &[&str]) -> Self {
        let at = |name: &str| folder.path().join(name).display().to_string();
        let output = program()
            .args(["run", &config.display().to_string(), "--log", "json"])
            .args(["--out", &at("out"), "--metrics", &at("run.prom"), "--lineage", &at("run.ndjson")])
            .args(more)
            .output()
            .unwrap();
        Self { folder, output }
    }

    fn sites(more: &[&str]) -> Self {
        Self::run(TempDir::new().unwrap(), &sites(), more)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn metrics(&self) -> String {
        fs::read_to_string(self.at("run.prom")).unwrap()
    }

    /// The value of the one sample that begins so.
    fn metric(&self, sample: &str) -> String {
        let text = self.metrics();
        let found: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(sample)).collect();
        assert_eq!(found.len(), 1, "{sample} in {text}");
        found[0].trim().to_owned()
    }

    fn events(&self) -> Vec<Json> {
        fs::read_to_string(self.at("run.ndjson")).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn sites() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config/kings-fund-sites.toml")
}

/// Cells of a published column, as text.
fn column(run: &Path, table: &str, column: &str) -> Vec<Option<String>> {
    let read =
        coterminous::io::table::read(&run.join(format!("{table}.parquet")), None, &coterminous::config::Limits::none()).unwrap().value;
    let index = read.require(column).unwrap();
    (0..read.len()).map(|row| read.cell(row, index).map(str::to_owned)).collect()
}

#[test]
fn metrics_are_the_published_figures() {
    let told = Told::sites(&[]);
    assert!(told.output.status.success(), "{told:?}", told = told.output);
    let run = publish::run_folder(&told.at("out")).unwrap();
    let manifest = publish::manifest(&run).unwrap();
    let config = sites().display().to_string();
    for (name, value) in [("run_success", "1"), ("run_exit_code", "0"), ("run_published_anew", "1")] {
        assert_eq!(told.metric(&format!("coterminous_{name}{{config=\"{config}\"}}")), value, "{name}");
    }
    let info = format!("coterminous_published_info{{dataset=\"{}\",run_id=\"{}\",version=", manifest.name, manifest.run_id);
    assert!(told.metrics().contains(&info), "{}", told.metrics());
    for table in &manifest.tables {
        let sample = format!("coterminous_published_table_rows{{dataset=\"{}\",table=\"{}\"}}", manifest.name, table.name);
        assert_eq!(told.metric(&sample), table.rows.to_string());
    }
    // Flags, counted again.
    let keys: Vec<_> = ["alignment", "family", "severity"].map(|name| column(&run, "obstruction", name)).into_iter().collect();
    let rows: Vec<(String, String, String)> =
        (0..keys[0].len()).filter_map(|row| Some((keys[0][row].clone()?, keys[1][row].clone()?, keys[2][row].clone()?))).collect();
    assert!(!rows.is_empty());
    for key in rows.iter().collect::<BTreeSet<_>>() {
        let count = rows.iter().filter(|row| *row == key).count();
        let labels = format!("dataset=\"{}\",alignment=\"{}\",family=\"{}\",severity=\"{}\"", manifest.name, key.0, key.1, key.2);
        assert_eq!(told.metric(&format!("coterminous_obstructions{{{labels}}}")), count.to_string());
    }
    // HA04's money outside its main council is worked out by hand in tests/suite/kings_fund.rs; the sum here is of all bodies.
    let (alignments, pence) = (column(&run, "budget_body", "alignment"), column(&run, "budget_body", "outside_main_pence"));
    let (sides, years) = (column(&run, "budget_body", "side"), column(&run, "budget_body", "fiscal_year"));
    let mut checked = 0;
    let health = |row: &usize| sides[*row].as_deref() == Some("health");
    for alignment in alignments.iter().flatten().collect::<BTreeSet<_>>() {
        for year in years.iter().flatten().collect::<BTreeSet<_>>() {
            let mine = (0..pence.len())
                .filter(health)
                .filter(|row| alignments[*row].as_ref() == Some(alignment) && years[*row].as_ref() == Some(year));
            let known: Vec<i64> = mine.filter_map(|row| pence[row].as_ref()?.parse().ok()).collect();
            let sample = format!(
                "coterminous_outside_main_pounds{{dataset=\"{}\",alignment=\"{alignment}\",fiscal_year=\"{year}\"}}",
                manifest.name
            );
            if known.is_empty() {
                assert!(!told.metrics().contains(&sample), "{sample}: unknown is no line");
                continue;
            }
            let sum: i64 = known.iter().sum();
            assert_eq!(told.metric(&sample), format!("{}.{:02}", sum / 100, sum % 100));
            checked += 1;
        }
    }
    assert!(checked > 0, "no money was checked");
}

#[test]
fn lineage_has_inputs_by_their_hash_and_tables_by_their_columns() {
    let told = Told::sites(&[]);
    let events = told.events();
    let kinds: Vec<&str> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["START", "COMPLETE"]);
    assert_eq!(events[0]["run"]["runId"], events[1]["run"]["runId"]);
    assert_eq!(events[1]["job"]["name"], "kings-fund-sites");
    let manifest = publish::manifest(&publish::run_folder(&told.at("out")).unwrap()).unwrap();
    let inputs = events[1]["inputs"].as_array().unwrap();
    let hashes: BTreeSet<String> =
        inputs.iter().map(|input| input["facets"]["version"]["datasetVersion"].as_str().unwrap().to_owned()).collect();
    let read: BTreeSet<String> = manifest.inputs.iter().map(|input| format!("blake3:{}", input.blake3)).collect();
    assert_eq!((inputs.len(), hashes), (manifest.inputs.len(), read));
    // The name is the file that was read.
    for input in inputs {
        let bytes = fs::read(input["name"].as_str().unwrap()).unwrap();
        let hash = format!("blake3:{}", blake3::hash(&bytes).to_hex());
        assert_eq!(input["facets"]["version"]["datasetVersion"], hash.as_str());
    }
    let outputs = events[1]["outputs"].as_array().unwrap();
    assert_eq!(outputs.len(), manifest.tables.len());
    for (output, table) in outputs.iter().zip(&manifest.tables) {
        assert!(output["name"].as_str().unwrap().ends_with(&format!("/out/{}", table.name)), "{}", output["name"]);
        assert_eq!(output["facets"]["version"]["datasetVersion"], manifest.run_id.as_str());
        assert_eq!(output["outputFacets"]["outputStatistics"]["rowCount"], table.rows);
        let file = output["facets"]["dataSource"]["uri"].as_str().unwrap().strip_prefix("file://").unwrap();
        assert_eq!(fs::metadata(file).unwrap().len(), table.bytes);
        let fields = output["facets"]["schema"]["fields"].as_array().unwrap();
        assert!(!fields.is_empty() && fields.iter().all(|field| !field["description"].as_str().unwrap().is_empty()));
    }
}

#[test]
fn a_run_that_fails_says_so_and_keeps_the_figures_of_the_dataset() {
    let told = Told::sites(&["--quiet"]);
    let rows = told.metric("coterminous_published_table_rows{dataset=\"kings-fund-sites\",table=\"area\"}");
    // The same dataset, by a config one of whose files is not there.
    let text = fs::read_to_string(sites()).unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").display().to_string();
    let broken = text.replace("../data", &data).replace("council_money.csv", "no_such_money.csv");
    assert_ne!(broken, text.replace("../data", &data));
    let config = told.at("broken.toml");
    fs::write(&config, broken).unwrap();
    let told = Told::run(told.folder, &config, &[]);
    assert_eq!(told.output.status.code(), Some(3));
    let own = format!("{{config=\"{}\"}}", config.display());
    assert_eq!(told.metric(&format!("coterminous_run_success{own}")), "0");
    assert_eq!(told.metric(&format!("coterminous_run_exit_code{own}")), "3");
    assert!(!told.metrics().contains("coterminous_run_published_anew"));
    assert_eq!(told.metric("coterminous_published_table_rows{dataset=\"kings-fund-sites\",table=\"area\"}"), rows);
    let events = told.events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1]["eventType"], "FAIL");
    assert!(events[1]["run"]["facets"]["errorMessage"]["message"].as_str().unwrap().contains("no_such_money.csv"));
    let inputs = events[1]["inputs"].as_array().unwrap();
    assert!(inputs.iter().any(|input| input["name"].as_str().unwrap().ends_with("no_such_money.csv")), "{inputs:?}");
    assert_eq!(events[1]["outputs"].as_array().map(Vec::len), Some(0));
    // A config that cannot be read has no dataset to tell of.
    fs::write(&config, "[run\n").unwrap();
    let told = Told::run(told.folder, &config, &[]);
    assert_eq!(told.output.status.code(), Some(2));
    assert_eq!(told.metric(&format!("coterminous_run_exit_code{own}")), "2");
    assert!(!told.metrics().contains("coterminous_published"));
    assert_eq!(told.events()[1]["eventType"], "FAIL");
}

#[test]
fn a_file_that_could_not_be_written_is_met_before_the_work() {
    let folder = TempDir::new().unwrap();
    for (option, path) in [("--metrics", "no/such/folder/x.prom"), ("--lineage", "no/such/folder/x.ndjson"), ("--metrics", ".")] {
        let output = program()
            .args(["run", &sites().display().to_string(), "--out", &folder.path().join("out").display().to_string()])
            .args([option, &folder.path().join(path).display().to_string()])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(4), "{output:?}");
        assert!(!folder.path().join("out").exists());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left aside");
}

#[test]
fn a_signal_is_an_abort() {
    let folder = TempDir::new().unwrap();
    let lineage = folder.path().join("run.ndjson");
    let mut aborted = 0;
    for moment in 0..12 {
        let mut command: Command = program();
        let out = folder.path().join(format!("out{moment}")).display().to_string();
        command.args(["run", &sites().display().to_string(), "--quiet", "--out", &out, "--lineage", &lineage.display().to_string()]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // From its START on, whenever a busy machine comes to that.
        while !lineage.exists() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(3 * moment));
        let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        let status = child.wait().unwrap();
        assert!(sent.is_ok());
        if status.code() != Some(130) {
            // Asked too late: it has ended well.
            assert!(status.success(), "{status:?}");
            fs::remove_file(&lineage).unwrap();
            continue;
        }
        let text = fs::read_to_string(&lineage).unwrap();
        let told: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told: Vec<&str> = told.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
        assert_eq!(told, ["START", "ABORT"], "one end, and nothing after it");
        aborted += 1;
        fs::remove_file(&lineage).unwrap();
        let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(left.iter().all(|name| name.to_string_lossy().starts_with("out")), "{left:?}");
    }
    assert!(aborted > 0, "no run was stopped at work");
}

/// The plain build has no way to a network, and says so where it reads the config.
#[cfg(not(feature = "object-storage"))]
#[test]
fn object_storage_needs_its_build() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("s3.toml");
    let text = fs::read_to_string(sites()).unwrap();
    fs::write(&config, text.replace("../data/kings-fund/council_money.csv", "s3://bucket/council_money.csv")).unwrap();
    let output = program().args(["run", &config.display().to_string()]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("s3.toml:") && said.contains("s3://bucket/council_money.csv is on object storage"), "{said}");
    assert!(said.contains("--features object-storage"), "{said}");
    let output = program().args(["run", &sites().display().to_string(), "--out", "gs://bucket/out"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--out: gs://bucket/out"));
}

#[test]
fn views_name_every_table_by_its_whole_path_and_need_a_dataset() {
    let told = Told::sites(&["--quiet"]);
    let out = told.at("out").display().to_string();
    let output = program().args(["views", &out]).output().unwrap();
    assert!(output.status.success());
    let sql = String::from_utf8(output.stdout).unwrap();
    let run = publish::run_folder(&told.at("out")).unwrap();
    let named: Vec<&str> = sql.lines().filter_map(|line| line.split_once("read_parquet('")?.1.strip_suffix("');")).collect();
    let manifest = publish::manifest(&run).unwrap();
    assert_eq!(named.len(), manifest.tables.len());
    assert!(named.iter().all(|path| Path::new(path).is_absolute() && Path::new(path).is_file()), "{named:?}");
    let star = program().args(["views", &out, "--star"]).output().unwrap();
    assert!(String::from_utf8(star.stdout).unwrap().contains("CREATE OR REPLACE VIEW star.fact_money"));
    // The same SQL with the run, in the manifest as every file is.
    for file in ["views.sql", "star.sql"] {
        let record = manifest.files.iter().find(|record| record.file == file).unwrap();
        assert_eq!(blake3::hash(&fs::read(run.join(file)).unwrap()).to_hex().to_string(), record.blake3);
    }
    let nowhere = program().args(["views", &told.at("nowhere").display().to_string()]).output().unwrap();
    assert_eq!(nowhere.status.code(), Some(3));
}

/// Every line keeps to docs/log.schema.json: the fields it allows, and no others; a validator of its own holds the same in tests/peers/operations.py.
#[test]
fn every_line_of_the_json_log_has_known_fields() {
    let schema: Json =
        serde_json::from_str(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/log.schema.json")).unwrap()).unwrap();
    let known: BTreeSet<&str> = schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let required: Vec<&str> = schema["required"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let told = Told::sites(&["--fail-on", "medium"]);
    assert_eq!(told.output.status.code(), Some(1));
    let text = String::from_utf8(told.output.stderr.clone()).unwrap();
    assert!(text.lines().count() > 20, "{text}");
    for line in text.lines() {
        let line: Json = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let fields: BTreeSet<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(fields.is_subset(&known), "{line}");
        assert!(required.iter().all(|name| fields.contains(name)), "{line}");
    }
}
