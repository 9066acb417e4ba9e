//! The command end to end: what is published, what is refused, and that a refusal leaves everything as it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use coterminous::io::shapefile::{WriteField, WriteKind, WriteRecord, write_zip};
use tempfile::TempDir;

/// A folder with two layers, a budget and a config that runs.
struct Bench {
    folder: TempDir,
}

const CONFIG: &str = r#"[run]
name = "bench"
output = "out"

[[layer]]
id = "h"
role = "health"
path = "h.zip"
code = "CODE"

[[layer]]
id = "c"
role = "council"
path = "c.zip"
code = "CODE"

[[layer]]
id = "b"
role = "blocks"
path = "b.zip"
code = "CODE"

[[alignment]]
id = "hc"
health = "h"
council = "c"
people = { blocks = "b", field = "POP" }

[[budget]]
id = "m"
layer = "h"
path = "m.csv"
code = "code"
amount = "pounds"
fiscal_year = "2007-08"
"#;

/// A rectangle of whole kilometres.
fn rectangle(code: &str, people: &str, [x0, y0, x1, y1]: [i32; 4]) -> WriteRecord {
    let [x0, y0, x1, y1] = [x0, y0, x1, y1].map(|km| f64::from(km) * 1000.0 + 400_000.0);
    let ring = vec![[x0, y0], [x0, y1], [x1, y1], [x1, y0], [x0, y0]];
    WriteRecord { rings: vec![ring], cells: vec![Some(code.to_owned()), Some(people.to_owned())] }
}

fn layer(path: &Path, records: &[WriteRecord]) {
    let fields = [
        WriteField { name: "CODE".to_owned(), kind: WriteKind::Text(9) },
        WriteField { name: "POP".to_owned(), kind: WriteKind::Integer(9) },
    ];
    write_zip(path, &fields, records).unwrap();
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        // Two health bodies of 2 x 2 km; the councils cut at x = 3, so H2 works with both.
        layer(&at("h.zip"), &[rectangle("H1", "0", [0, 0, 2, 2]), rectangle("H2", "0", [2, 0, 4, 2])]);
        layer(&at("c.zip"), &[rectangle("C1", "0", [0, 0, 3, 2]), rectangle("C2", "0", [3, 0, 4, 2])]);
        layer(
            &at("b.zip"),
            &[rectangle("B1", "100", [0, 0, 2, 2]), rectangle("B2", "300", [2, 0, 3, 2]), rectangle("B3", "600", [3, 0, 4, 2])],
        );
        fs::write(at("m.csv"), "code,pounds\nH1,10.00\nH2,0.10\n").unwrap();
        fs::write(at("run.toml"), CONFIG).unwrap();
        Self { folder }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Assert {
        Command::cargo_bin("coterminous").unwrap().current_dir(self.folder.path()).args(arguments).assert()
    }

    fn run(&self) -> Assert {
        self.command(&["run", "run.toml", "--progress", "never"])
    }

    /// Every published file and its bytes.
    fn published(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.at("out")];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with(".lock") {
                    files.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    /// Spoils something, and checks that a run is refused with this exit code and in one sentence that says all of `said`, with nothing
    /// published: first where there is no dataset yet, then beside one.
    fn refuses(spoil: impl Fn(&Self), code: i32, said: &[&str]) {
        for published_before in [false, true] {
            let bench = Self::new();
            if published_before {
                bench.run().code(0);
            }
            let before = bench.published();
            assert_eq!(before.is_empty(), !published_before);
            spoil(&bench);
            let assert = bench.run().code(code);
            let stderr = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
            let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
            assert_eq!(errors.len(), 1, "one sentence: {stderr}");
            for said in said {
                assert!(errors[0].contains(said), "expected {said:?} in {:?}", errors[0]);
            }
            assert!(assert.get_output().stdout.is_empty());
            assert_eq!(bench.published(), before);
        }
    }
}

/// Writes a zip again without one member, or with another text in it.
fn rewrite(path: &Path, extension: &str, text: Option<&str>) {
    use std::io::{Read, Write};
    let mut members = Vec::new();
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).unwrap();
        let name = member.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        match (name.ends_with(extension), text) {
            (true, None) => {}
            (true, Some(text)) => members.push((name, text.as_bytes().to_vec())),
            (false, _) => members.push((name, bytes)),
        }
    }
    let mut writer = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in members {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn a_run_publishes_and_says_what_came_out() {
    let bench = Bench::new();
    let assert = bench.command(&["run", "run.toml", "--summary", "full"]).code(0);
    let stdout = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    for said in
        ["bench: published", "On the wrong side of a line: hc (by people)", "of 2 NHS bodies (", "Obstructions:", "Findings", "Dataset"]
    {
        assert!(stdout.contains(said), "expected {said:?} in {stdout}");
    }
    assert!(stdout.lines().filter(|line| !line.contains('/')).all(|line| line.chars().count() <= 80), "{stdout}");
    assert!(!stdout.contains('\u{1b}'));
    let files = bench.published();
    for table in coterminous::tables::ALL {
        assert!(files.keys().any(|path| path.ends_with(format!("{}.parquet", table.name))), "{}", table.name);
    }
}

#[test]
fn an_unchanged_run_is_skipped_and_a_forced_one_gives_the_same_bytes() {
    let bench = Bench::new();
    bench.run().code(0);
    let before = bench.published();
    let assert = bench.run().code(0);
    assert!(String::from_utf8_lossy(&assert.get_output().stdout).contains("nothing changed"));
    assert_eq!(bench.published(), before);
    bench.command(&["run", "run.toml", "--force", "--threads", "1", "--quiet"]).code(0);
    assert_eq!(bench.published(), before);
    fs::write(bench.at("m.csv"), "code,pounds\nH1,10.00\nH2,0.11\n").unwrap();
    bench.run().code(0);
    assert_eq!(fs::read_dir(bench.at("out/runs")).unwrap().count(), 2);
}

#[test]
fn the_same_bytes_whatever_the_threads_the_zone_and_the_folder_it_is_run_from() {
    let bench = Bench::new();
    bench.command(&["run", "run.toml", "--threads", "1", "--out", "one", "--quiet"]).code(0);
    let config = bench.at("run.toml");
    Command::cargo_bin("coterminous")
        .unwrap()
        .current_dir("/")
        .env("TZ", "Asia/Tokyo")
        .env("LANG", "tr_TR.UTF-8")
        .args(["run", config.to_str().unwrap(), "--threads", "2", "--quiet", "--out"])
        .arg(bench.at("two"))
        .assert()
        .code(0);
    let id = fs::read_to_string(bench.at("one/CURRENT")).unwrap();
    assert_eq!(fs::read_to_string(bench.at("two/CURRENT")).unwrap(), id);
    for table in coterminous::tables::ALL {
        let file = format!("runs/{}/{}.parquet", id.trim(), table.name);
        assert_eq!(fs::read(bench.at("one").join(&file)).unwrap(), fs::read(bench.at("two").join(&file)).unwrap(), "{file}");
    }
}

#[test]
fn fail_on_is_told_after_publishing_and_again_when_skipped() {
    let bench = Bench::new();
    for _ in 0..2 {
        bench.command(&["run", "run.toml", "--fail-on", "low", "--quiet"]).code(1);
    }
    assert!(bench.at("out/CURRENT").is_file());
    bench.command(&["run", "run.toml", "--fail-on", "GOV-01", "--quiet"]).code(0);
    bench.command(&["run", "run.toml", "--fail-on", "nonsense"]).code(2);
}

#[test]
fn a_wrong_crs_is_refused() {
    let wgs84 = "GEOGCS[\"GCS_WGS_1984\",DATUM[\"D_WGS_1984\",SPHEROID[\"WGS_1984\",6378137.0,298.257223563]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]]";
    Bench::refuses(|bench| rewrite(&bench.at("c.zip"), ".prj", Some(wgs84)), 3, &["c.zip", "EPSG:27700"]);
}

#[test]
fn a_missing_dbf_is_refused() {
    Bench::refuses(|bench| rewrite(&bench.at("c.zip"), ".dbf", None), 3, &["c.zip", ".dbf"]);
}

#[test]
fn an_unknown_column_is_refused() {
    let budget = |bench: &Bench| fs::write(bench.at("run.toml"), CONFIG.replace("\"pounds\"", "\"pound\"")).unwrap();
    Bench::refuses(budget, 3, &["m.csv", "pound", "did you mean"]);
    let field = |bench: &Bench| fs::write(bench.at("run.toml"), CONFIG.replace("code = \"CODE\"", "code = \"KODE\"")).unwrap();
    Bench::refuses(field, 3, &["h.zip", "KODE", "CODE"]);
}

#[test]
fn a_code_used_by_two_shapes_is_refused() {
    let twice = |bench: &Bench| layer(&bench.at("h.zip"), &[rectangle("H1", "0", [0, 0, 2, 2]), rectangle("H1", "0", [2, 0, 4, 2])]);
    Bench::refuses(twice, 3, &["h.zip", "record 2", "CODE", "H1", "two shapes"]);
}

#[test]
fn a_config_typo_is_refused() {
    let typo = |bench: &Bench| fs::write(bench.at("run.toml"), CONFIG.replace("amount =", "amuont =")).unwrap();
    Bench::refuses(typo, 2, &["run.toml:34", "amuont", "did you mean `amount`"]);
}

#[test]
fn a_denied_finding_is_refused() {
    let deny = |bench: &Bench| {
        fs::write(bench.at("m.csv"), "code,pounds\nH1,10.00\nH9,0.10\n").unwrap();
        fs::write(bench.at("run.toml"), format!("{CONFIG}\n[findings]\ndeny = [\"DQ-04\"]\n")).unwrap();
    };
    Bench::refuses(deny, 3, &["DQ-04", "H9", "m.csv", "findings.deny"]);
}

#[test]
fn an_output_that_cannot_be_written_is_exit_4() {
    let bench = Bench::new();
    fs::write(bench.at("out"), "a file stands here").unwrap();
    bench.run().code(4);
    assert_eq!(fs::read_to_string(bench.at("out")).unwrap(), "a file stands here");
}

#[test]
fn check_reads_everything_and_writes_nothing() {
    let bench = Bench::new();
    let assert = bench.command(&["check", "run.toml", "--progress", "never"]).code(0);
    let stdout = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    assert!(stdout.contains("£10, 0 lines unknown"), "{stdout}");
    assert!(!bench.at("out").exists());
    fs::remove_file(bench.at("m.csv")).unwrap();
    bench.command(&["check", "run.toml"]).code(3);
}

#[test]
fn overlay_writes_the_pairs_of_two_layers() {
    let bench = Bench::new();
    let limits = coterminous::config::Limits::default();
    for (extra, rows) in [(&[][..], 3), (&["--mode", "geometry", "--outside"][..], 3)] {
        let mut arguments = vec!["overlay", "h.zip", "c.zip", "--out", "pairs.parquet", "--progress", "never"];
        arguments.extend(extra);
        let assert = bench.command(&arguments).code(0);
        assert!(String::from_utf8_lossy(&assert.get_output().stdout).contains("by CODE: 2 areas"));
        if extra.is_empty() {
            let table = coterminous::io::table::read(&bench.at("pairs.parquet"), None, &limits).unwrap().value;
            assert_eq!(table.len(), rows);
            let area = table.column("area_m2").unwrap();
            // H1 x C1: 2 km x 2 km; H2 x C1 and H2 x C2: 1 km x 2 km each.
            let areas: Vec<f64> = (0..rows).map(|row| table.cell(row, area).unwrap().parse().unwrap()).collect();
            assert_eq!(areas, [4e6, 2e6, 2e6]);
        }
    }
    bench.command(&["overlay", "h.zip", "c.zip", "--out", "x.parquet", "--crs", "EPSG:3857"]).code(2);
    bench.command(&["overlay", "h.zip", "none.zip", "--out", "x.parquet"]).code(3);
}

#[test]
fn usage_and_help_have_their_exit_codes() {
    let bench = Bench::new();
    bench.command(&["--help"]).code(0);
    bench.command(&["--version"]).code(0);
    bench.command(&["run", "--nonsense"]).code(2);
    bench.command(&["run", "none.toml"]).code(2);
    bench.command(&["run", "run.toml", "--threads", "0"]).code(2);
    for command in [&["schema"][..], &["schema", "--format", "json"], &["config-schema"], &["completions", "bash"], &["man"]] {
        let assert = bench.command(command).code(0);
        assert!(assert.get_output().stdout.len() > 500, "{command:?}");
    }
}

#[test]
fn a_closed_pipe_is_a_clean_exit() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("coterminous"))
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_log_is_json_where_asked_for() {
    let bench = Bench::new();
    let assert = bench.command(&["run", "run.toml", "--log", "json"]).code(0);
    let stderr = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    assert!(stderr.lines().count() > 5);
    for line in stderr.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(value.get("level").is_some(), "{line}");
    }
    fs::write(bench.at("run.toml"), CONFIG.replace("m.csv", "none.csv")).unwrap();
    let assert = bench.command(&["run", "run.toml", "--log", "json"]).code(3);
    let last = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
    let last: serde_json::Value = serde_json::from_str(last.lines().last().unwrap()).unwrap();
    assert!(last["message"].as_str().unwrap().contains("none.csv"));
}

/// What `run` says of the sample in one form.
fn summary_of(form: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::cargo_bin("coterminous").unwrap();
    command
        .current_dir(root)
        .args(["run", "config/sample.toml", "--summary", form, "--log", "json", "--out"])
        .arg(folder.path().join("out"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_summary_fits_a_screen_with_the_headline_first() {
    let screen = summary_of("screen");
    assert!(screen.lines().count() <= 40, "{} lines\n{screen}", screen.lines().count());
    let narrow = |line: &&str| !line.contains('/');
    assert!(screen.lines().filter(narrow).all(|line| line.chars().count() <= 80), "{screen}");
    let order = [
        "sample: published",
        "Who is on the wrong side of a line",
        "The largest parts",
        "Obstructions:",
        "What would help most",
        "Report: ",
    ];
    let places: Vec<Option<usize>> = order.iter().map(|said| screen.find(said)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}\n{screen}");
    // Each kind keeps something.
    assert!(screen.contains("pcg-council-1999: ") && screen.contains("  1. ") && screen.contains("high   "), "{screen}");
}

#[test]
fn off_a_terminal_the_summary_has_ten_lines() {
    for form in ["auto", "short"] {
        let short = summary_of(form);
        // And the empty line with what to do next.
        assert!(
            short.trim_end().lines().count() <= 12 && short.trim_end().lines().filter(|line| !line.is_empty()).count() <= 10,
            "{short}"
        );
        assert!(
            short.starts_with("sample: published\npcg-council-1999: on the wrong side of a line 436,236 of 8,032,159 people (5.4%)"),
            "{short}"
        );
        assert!(short.contains("Obstructions: 5") && short.contains("and 1 more alignment"), "{short}");
    }
}

#[test]
fn fail_on_new_high_is_about_what_the_run_before_did_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("config/sample.toml")).unwrap();
    let text = text.replace("../data/sample", root.join("data/sample").to_str().unwrap());
    let config = folder.path().join("run.toml");
    let run = |more: &str| {
        fs::write(&config, format!("{text}\n{more}\n")).unwrap();
        let mut command = Command::cargo_bin("coterminous").unwrap();
        command.arg("run").arg(&config).arg("--out").arg(folder.path().join("out")).args(["--fail-on", "new-high"]);
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    // Before the first run there is none, so all of high severity are new.
    assert_eq!(run("").0, Some(1));
    // The same again is skipped, and nothing is new.
    assert_eq!(run("").0, Some(0));
    // MRG-03 is high as it is: lower, it is gone, and back at high it is new.
    assert_eq!(run("[obstructions.severity]\nMRG-03 = \"low\"").0, Some(0));
    let (code, log) = run("");
    assert_eq!(code, Some(1));
    assert!(log.contains("--fail-on new-high matched"), "{log}");
}

#[test]
fn without_a_config_it_says_what_to_type() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["run", "check"] {
        let output = Command::cargo_bin("coterminous").unwrap().current_dir(&folder).arg(command).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        for said in ["there is no config/sample.toml here", "coterminous init FILE", "coterminous sample data", "data/sample.toml"] {
            assert!(error.contains(said), "{error}");
        }
    }
    let output = Command::cargo_bin("coterminous").unwrap().current_dir(&folder).output().unwrap();
    let help = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && help.contains("To start, in any folder:"), "{help}");
}
