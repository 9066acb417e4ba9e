//! `coterminous diff`: each kind of change, made on the made-up country, is reported as the rows that it changed and nothing else.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use assert_cmd::Command;
use coterminous::config::Config;
use coterminous::diff::{self, CauseKind, Diff, Kind};
use coterminous::io::shapefile::{WriteField, WriteKind, WriteRecord, write_zip};
use coterminous::pipeline::{self, Options, Unwatched};
use coterminous::published::Published;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::report::copied;

/// A small country of four squares: two trusts, two councils, money on both sides; every figure can be worked out by hand.
///
/// Blocks of 1 km2 and 1,000 people each lie in a row: A B C D. Trust P has A and B, trust Q has C and D, and so have the councils L and M.
struct Country {
    folder: TempDir,
}

const CONFIG: &str = r#"[run]
name = "four"
output = "out"

[[layer]]
id = "trust"
role = "health"
path = "trust.zip"
code = "CODE"
name = "NAME"
people = "POP"

[[layer]]
id = "council"
role = "council"
path = "council.zip"
code = "CODE"
name = "NAME"
people = "POP"

[[layer]]
id = "block"
role = "blocks"
path = "block.zip"
code = "CODE"
people = "POP"

[[alignment]]
id = "trust-council"
health = "trust"
council = "council"
people = { blocks = "block", field = "POP" }

[[budget]]
id = "money"
layer = "trust"
path = "money.csv"
code = "code"
amount = "pounds"
fiscal_year = "2010-11"

[[budget]]
id = "social"
layer = "council"
path = "social.csv"
code = "code"
amount = "pounds"
fiscal_year = "2010-11"
"#;

/// A layer of upright strips: code, name, west and east in km, people.
fn strips(path: &Path, rows: &[(&str, &str, f64, f64, u32)]) {
    let fields = [
        WriteField { name: "CODE".to_owned(), kind: WriteKind::Text(9) },
        WriteField { name: "NAME".to_owned(), kind: WriteKind::Text(40) },
        WriteField { name: "POP".to_owned(), kind: WriteKind::Integer(9) },
    ];
    let records: Vec<WriteRecord> = rows
        .iter()
        .map(|(code, name, west, east, people)| {
            let (west, east) = (400_000.0 + west * 1000.0, 400_000.0 + east * 1000.0);
            let ring = vec![[west, 200_000.0], [west, 201_000.0], [east, 201_000.0], [east, 200_000.0], [west, 200_000.0]];
            WriteRecord { rings: vec![ring], cells: [(*code).to_owned(), (*name).to_owned(), people.to_string()].map(Some).to_vec() }
        })
        .collect();
    write_zip(path, &fields, &records).unwrap();
}

impl Country {
    fn new() -> Self {
        let country = Self { folder: TempDir::new().unwrap() };
        strips(&country.path("trust.zip"), &[("P", "Pe", 0.0, 2.0, 2000), ("Q", "Qu", 2.0, 4.0, 2000)]);
        strips(&country.path("council.zip"), &[("L", "El", 0.0, 2.0, 2000), ("M", "Em", 2.0, 4.0, 2000)]);
        let blocks = [("A", "", 0.0, 1.0, 1000), ("B", "", 1.0, 2.0, 1000), ("C", "", 2.0, 3.0, 1000), ("D", "", 3.0, 4.0, 1000)];
        strips(&country.path("block.zip"), &blocks);
        fs::write(country.path("money.csv"), "code,pounds\nP,4000\nQ,6000\n").unwrap();
        fs::write(country.path("social.csv"), "code,pounds\nL,1000\nM,3000\n").unwrap();
        fs::write(country.path("run.toml"), CONFIG).unwrap();
        country
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn replace(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{from} in {name}");
        fs::write(self.path(name), text.replace(from, to)).unwrap();
    }

    fn run(&self) -> PathBuf {
        let plan = Config::load(&self.path("run.toml"), &pipeline::rules()).unwrap();
        pipeline::run(&plan, Options::default(), &Unwatched).unwrap().folder
    }
}

fn compare(a: &Path, b: &Path) -> Diff {
    diff::compare(&Published::open(a).unwrap(), &Published::open(b).unwrap(), &[]).unwrap()
}

fn changed(diff: &Diff) -> Vec<&str> {
    diff.tables.iter().filter(|table| table.changed()).map(|table| table.name.as_str()).collect()
}

/// Rows of a table as `sign key: column from -> to; ...`, numbers in full.
fn rows(diff: &Diff, table: &str) -> Vec<String> {
    let table = diff.tables.iter().find(|known| known.name == table).unwrap();
    table
        .changes
        .iter()
        .map(|change| {
            let key: Vec<&str> = change.key.iter().map(|cell| cell.to.as_deref().unwrap_or("-")).collect();
            let null = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "null".to_owned());
            let cells: Vec<String> =
                change.cells.iter().map(|cell| format!("{} {} -> {}", cell.column, null(&cell.from), null(&cell.to))).collect();
            match change.kind {
                Kind::Changed => format!("~ {}: {}", key.join(" "), cells.join("; ")),
                Kind::Added => format!("+ {}", key.join(" ")),
                Kind::Removed => format!("- {}", key.join(" ")),
            }
        })
        .collect()
}

fn coterminous() -> Command {
    let mut command = Command::cargo_bin("coterminous").unwrap();
    command.env_remove("NO_COLOR").env_remove("CLICOLOR").env_remove("CLICOLOR_FORCE");
    command
}

fn told(a: &Path, b: &Path, more: &[&str]) -> (i32, String, String) {
    let output = coterminous().arg("diff").arg(a).arg(b).args(more).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The country, published once and then not changed any more.
fn first() -> &'static (Country, PathBuf) {
    static FIRST: OnceLock<(Country, PathBuf)> = OnceLock::new();
    FIRST.get_or_init(|| {
        let country = Country::new();
        let run = country.run();
        (country, run)
    })
}

#[test]
fn a_run_and_itself_do_not_differ() {
    let (_, run) = first();
    let out = run.parent().unwrap().parent().unwrap();
    let (code, text, _) = told(out, run, &[]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("Nothing that was published changed") && text.contains("the same program, config and inputs"), "{text}");
    let (code, json, _) = told(out, run, &["--format", "json"]);
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json["changed"], &json["causes"]), (0, &Json::Bool(false), &Json::Array(Vec::new())));
    assert_eq!(json["tables"].as_array().unwrap().len(), coterminous::tables::ALL.len() + coterminous::tables::GEO.len());
    assert!(json["tables"].as_array().unwrap().iter().all(|table| table["rows"].as_array().unwrap().is_empty()));
    assert_eq!(json["summary"]["rates"][0]["changed"], false);
}

#[test]
fn a_comment_in_the_config_changes_the_run_and_nothing_that_is_published() {
    let country = Country::new();
    country.replace("run.toml", "[run]\n", "# read by nobody\n[run]\n");
    let diff = compare(&first().1, &country.run());
    assert_ne!(diff.runs[0].run_id, diff.runs[1].run_id);
    assert!(!diff.changed() && diff.causes.is_empty() && !diff.is_unexplained(), "{}", diff.text(0));
}

#[test]
fn a_budget_line_changes_the_rows_of_its_body() {
    let country = Country::new();
    country.replace("money.csv", "P,4000", "P,5000");
    let diff = compare(&first().1, &country.run());
    assert_eq!(rows(&diff, "budget_line"), ["~ money 2 - P: amount_pence 400000 -> 500000"]);
    // P has all its people in L, so that all its money is there.
    assert_eq!(rows(&diff, "budget_apportioned"), ["~ trust-council money 2 - P L: amount_pence 400000 -> 500000"]);
    let sums = rows(&diff, "reconciliation");
    assert_eq!(sums, ["~ trust-council health money all 2010-11: stated_pence 1000000 -> 1100000; partners_pence 1000000 -> 1100000"]);
    for table in ["area", "overlap", "coterminosity", "rate", "geo/area", "geo/overlap"] {
        assert!(!changed(&diff).contains(&table), "{table}: {:?}", changed(&diff));
    }
    // One input, by its path and hash, and it is why.
    let [cause] = diff.causes.as_slice() else { panic!("{:?}", diff.causes) };
    assert_eq!((cause.kind, cause.what.as_str()), (CauseKind::Input, "money.csv"));
    assert!(cause.from.as_ref().unwrap().starts_with("26 bytes, blake3 "), "{cause:?}");
    assert!(cause.reach.ids.contains("money") && cause.reach.ids.contains("trust-council") && !cause.reach.ids.contains("social"));
    assert!(diff.tables.iter().flat_map(|table| &table.changes).all(|change| change.because == [0]));
    let (code, text, _) = told(&first().1, &country.path("out"), &[]);
    assert_eq!(code, 1);
    assert!(text.contains("  ~ budget money, source_row 2, code P: amount_pence 400000 -> 500000\n"), "{text}");
    assert!(text.contains("1. input money.csv: 26 bytes, blake3 ") && text.contains("The same in both\n  area, overlap"), "{text}");
}

#[test]
fn a_threshold_changes_the_rules_and_nothing_else() {
    let country = Country::new();
    // Each trust has one partner, and each council: a rule about the trusts that have few fires for both of them.
    let rule = "\n[[obstructions.rule]]\nid = \"OWN-01\"\ntitle = \"Few\"\ntable = \"coterminosity\"\nseverity = \"low\"\n\
                condition = \"side = 'health' AND basis = 'people' AND n_partners = 1\"\nmessage = \"{code} has one partner\"\n";
    let config = country.path("run.toml");
    let plain = country.run();
    fs::write(&config, format!("{CONFIG}{}", rule)).unwrap();
    let loaded = Config::load(&config, &pipeline::rules());
    let plan = loaded.unwrap();
    let with = pipeline::run(&plan, Options::default(), &Unwatched).unwrap().folder;
    let diff = compare(&plain, &with);
    assert_eq!(diff.summary.flags.len(), 2, "{}", diff.text(0));
    assert!(diff.summary.flags.iter().all(|flag| flag.id == "OWN-01" && flag.severity == [None, Some("low".to_owned())]));
    assert!(changed(&diff).iter().all(|table| ["obstruction", "place", "option"].contains(table)), "{:?}", changed(&diff));
    assert!(
        diff.causes.iter().all(|cause| cause.kind == CauseKind::Config && cause.what.starts_with("obstructions.rule")),
        "{:?}",
        diff.causes
    );
    // The same rule, graver: each flag is there before and after.
    fs::write(&config, format!("{CONFIG}{}", rule.replace("\"low\"", "\"high\""))).unwrap();
    let graver = country.run();
    let diff = compare(&with, &graver);
    let moved: Vec<_> = diff.summary.flags.iter().map(|flag| flag.severity.clone()).collect();
    assert_eq!(moved, vec![[Some("low".to_owned()), Some("high".to_owned())]; 2]);
    assert!(
        diff.text(0)
            .contains("Obstructions: new 0 high, 0 medium, 0 low, 0 info; gone 0 high, 0 medium, 0 low, 0 info; 2 of another severity")
    );
    assert!(diff.text(0).contains("~ OWN-01 low -> high: "), "{}", diff.text(0));
}

#[test]
fn a_tolerance_reaches_everything_and_a_boundary_what_is_made_of_it() {
    let country = Country::new();
    // P gets a tenth of C: 100 people and a tenth of a km2 of Q are then P's.
    strips(&country.path("trust.zip"), &[("P", "Pe", 0.0, 2.1, 2000), ("Q", "Qu", 2.1, 4.0, 2000)]);
    let diff = compare(&first().1, &country.run());
    let areas = rows(&diff, "area");
    assert_eq!(
        areas,
        [
            "~ trust P: area_m2 2000000 -> 2100000; label_x 401000 -> 401050",
            "~ trust Q: area_m2 2000000 -> 1900000; label_x 403000 -> 403050"
        ]
    );
    let overlaps = rows(&diff, "overlap");
    assert!(overlaps.iter().any(|row| row == "+ trust-council P M"), "{overlaps:?}");
    assert!(
        overlaps.iter().any(|row| row.starts_with("~ trust-council Q M: ") && row.contains("area_m2 2000000 -> 1900000")),
        "{overlaps:?}"
    );
    // 2,000 of P's 2,100 people are in L: 95.2%, below 98%, so it is coterminous no more.
    let move_of = |code: &str, basis: &str| {
        let found = diff.summary.classes.iter().find(|class| class.code == code && class.basis == basis).unwrap();
        (found.from.clone(), found.to.clone(), found.name.clone())
    };
    assert_eq!(move_of("P", "people"), ("coterminous".to_owned(), "near_coterminous".to_owned(), Some("Pe".to_owned())));
    assert_eq!(rows(&diff, "geo/area").len(), 2);
    let rate = diff.summary.rates.iter().find(|rate| rate.key == ["trust-council", "people", "strict", "health"]).unwrap();
    let count = |side: usize| rate.sides[side].as_ref().unwrap()[0].clone().unwrap();
    assert_eq!((count(0), count(1)), ("2".to_owned(), "0".to_owned()));
    // 400,000 pence x 100 / 2,100 = 19,047.6 for people outside P's main council.
    let outside = &diff.summary.outside[0];
    assert_eq!((outside.key[0].as_str(), outside.sides), ("trust-council", [Some((0, 0)), Some((19_048, 0))]));
    assert!(!changed(&diff).contains(&"budget_line"));

    // A tolerance on top of it: two causes, which no row can tell apart where both reach it.
    country.replace("run.toml", "[[layer]]\nid = \"trust\"", "[tolerances]\nequal = 0.06\n\n[[layer]]\nid = \"trust\"");
    let both = compare(&first().1, &country.run());
    assert_eq!(both.causes.iter().map(|cause| cause.what.as_str()).collect::<Vec<_>>(), ["tolerances.equal", "trust.zip"]);
    assert!(both.causes[0].reach.all && both.causes[0].from.is_none());
    assert_eq!(both.summary.equal, [0.02, 0.06]);
    assert!(both.text(0).contains("judged by another tolerance: A equal 0.02, B equal 0.06"));
    let area = both.tables.iter().find(|table| table.name == "area").unwrap();
    assert!(area.changes.iter().all(|change| change.because == [0, 1]));
}

#[test]
fn a_layer_of_another_vintage_is_told_and_not_listed() {
    let country = Country::new();
    let text = CONFIG.replace("\"trust\"", "\"trust-2013\"").replace("trust-council", "trust-2013-council");
    fs::write(country.path("run.toml"), text).unwrap();
    let run = country.run();
    let diff = compare(&first().1, &run);
    let layers = diff.vintages.iter().find(|vintage| vintage.kind == "layer").unwrap();
    assert_eq!(layers.only_in, [vec!["trust".to_owned()], vec!["trust-2013".to_owned()]]);
    assert_eq!(layers.codes, Some([2, 0, 0]));
    let (code, text, _) = told(&first().1, &run, &[]);
    assert_eq!(code, 1);
    assert!(text.contains("another vintage: 2 codes are in both, 0 in A only, 0 in B only"), "{text}");
    let overlap = text.split("\noverlap: ").nth(1).unwrap().split("\n\n").next().unwrap();
    assert_eq!(
        overlap,
        "0 changed, 2 added, 2 removed (2 rows -> 2)\n  - 2 rows of trust, which the other run does not have\n  + 2 rows of trust-2013, which the other run does not have"
    );
    // JSON leaves nothing out.
    let json = diff.json();
    let table = json["tables"].as_array().unwrap().iter().find(|table| table["name"] == "overlap").unwrap();
    assert_eq!(table["rows"].as_array().unwrap().len(), 4);
    // By key: "trust-2013-council" comes before "trust-council".
    assert_eq!((&table["rows"][0]["other_vintage"], &table["rows"][2]["other_vintage"]), (&Json::from("trust-2013"), &Json::from("trust")));
    assert!(table["rows"][0]["row"]["area_m2"].is_number());
}

#[test]
fn names_that_mean_harm_are_only_names_and_a_limit_counts_what_it_leaves_out() {
    let country = Country::new();
    let evil = "\u{1b}[31m\u{202e}<b>; rm -rf";
    country.replace(
        "run.toml",
        "amount = \"pounds\"\nfiscal_year = \"2010-11\"\n\n",
        "amount = \"pounds\"\nservice = { column = \"service\" }\nfiscal_year = \"2010-11\"\n\n",
    );
    fs::write(country.path("money.csv"), format!("code,pounds,service\nP,4000,{evil}\nQ,6000,x\n")).unwrap();
    let run = country.run();
    let (code, text, _) = told(&first().1, &run, &["--limit", "1"]);
    assert_eq!(code, 1);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}') && text.contains("\\u{1b}[31m\\u{202e}<b>; rm -rf"), "{text}");
    assert!(text.contains("more (--limit 0 tells all)"), "{text}");
    let (_, whole, _) = told(&first().1, &run, &["--limit", "0"]);
    assert!(whole.len() > text.len() && !whole.contains("--limit 0"));
    // Colours only where they are asked for; then rows are coloured by their sign.
    let painted = coterminous().arg("diff").arg(&first().1).arg(&run).args(["--color", "always"]).output().unwrap();
    let painted = String::from_utf8(painted.stdout).unwrap();
    assert!(painted.contains("\u{1b}[33m  ~ ") && painted.contains("\u{1b}[1mnext:\u{1b}[0m"), "{painted}");
    let (_, json, _) = told(&first().1, &run, &["--format", "json", "--limit", "1"]);
    let json: Json = serde_json::from_str(&json).unwrap();
    let table = json["tables"].as_array().unwrap().iter().find(|table| table["name"] == "budget_line").unwrap();
    assert_eq!(table["rows"].as_array().unwrap().len(), 2, "JSON is whole whatever the limit");
}

#[test]
fn one_table_may_be_asked_for() {
    let country = Country::new();
    country.replace("social.csv", "L,1000", "L,1001");
    let run = country.run();
    assert_eq!(told(&first().1, &run, &["--table", "rate"]).0, 0);
    let (code, text, _) = told(&first().1, &run, &["--table", "budget_line"]);
    assert!(
        code == 1
            && text.contains("~ budget social, source_row 2, code L: amount_pence 100000 -> 100100")
            && !text.contains("\nbudget_apportioned:"),
        "{text}"
    );
    let (code, _, error) = told(&first().1, &run, &["--table", "budget_lines"]);
    assert!(code == 2 && error.contains("no table is called \"budget_lines\"; did you mean budget_line?"), "{error}");
}

#[test]
fn what_is_missing_foreign_or_changed_by_hand_is_told_so() {
    let (_, run) = first();
    let folder = TempDir::new().unwrap();
    let refused = |a: &Path, b: &Path, words: &[&str]| {
        let (code, out, error) = told(a, b, &[]);
        assert_eq!((code, out.as_str()), (3, ""), "{error}");
        assert!(words.iter().all(|word| error.contains(word)), "expected {words:?} in {error}");
    };
    refused(run, &folder.path().join("none"), &["there is no such folder"]);
    refused(folder.path(), run, &["neither CURRENT nor manifest.json"]);
    // A run that was interrupted left a staging folder and no CURRENT.
    fs::create_dir_all(folder.path().join("runs/.staging-1")).unwrap();
    refused(folder.path(), run, &["neither CURRENT nor manifest.json"]);

    let changed = copied(run);
    let manifest = changed.path().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    fs::write(&manifest, text.replace(&version, "\"version\": \"9.1.0\"")).unwrap();
    refused(run, changed.path(), &["published by coterminous 9.1.0", "run.toml"]);
    fs::write(&manifest, "{").unwrap();
    refused(changed.path(), run, &["manifest.json"]);
    fs::write(&manifest, &text).unwrap();

    // A later version of the same line, with a table more, another less, and the reason.
    let later =
        text.replace(&version, &version.replace(env!("CARGO_PKG_VERSION"), "0.1.99")).replace("\"name\": \"scheme\"", "\"name\": \"plan\"");
    fs::write(&manifest, later).unwrap();
    fs::rename(changed.path().join("scheme.parquet"), changed.path().join("plan.parquet")).unwrap();
    let diff = compare(run, changed.path());
    assert_eq!(diff.causes.iter().map(|cause| cause.kind).collect::<Vec<_>>(), [CauseKind::Program]);
    let only: Vec<_> = diff.tables.iter().filter_map(|table| Some((table.name.as_str(), table.only_in?))).collect();
    assert_eq!(only, [("scheme", 0), ("plan", 1)]);
    assert!(diff.text(0).contains("scheme: only in A, 0 rows") && diff.changed());
    fs::write(&manifest, &text).unwrap();
    fs::rename(changed.path().join("plan.parquet"), changed.path().join("scheme.parquet")).unwrap();

    // Rows that are not those of the manifest are no rows of the run.
    let other = Country::new();
    other.replace("money.csv", "P,4000", "P,4001");
    let other = other.run();
    fs::copy(other.join("budget_line.parquet"), changed.path().join("budget_line.parquet")).unwrap();
    refused(run, changed.path(), &["budget_line.parquet", "was changed since it was published", "--force"]);
    fs::write(changed.path().join("budget_line.parquet"), fs::read(run.join("budget_line.parquet")).unwrap()).unwrap();
    let outlines = fs::read(run.join("geo/area.parquet")).unwrap();
    fs::write(changed.path().join("geo/area.parquet"), &outlines[..outlines.len() - 1]).unwrap();
    refused(run, changed.path(), &["geo/area.parquet", "was changed since it was published"]);
    fs::write(changed.path().join("geo/area.parquet"), outlines).unwrap();
    fs::copy(other.join("budget_line.parquet"), changed.path().join("budget_line.parquet")).unwrap();
    // With a manifest that was changed to suit them there is no reason for them.
    let hash = |run: &Path| {
        let manifest: Json = serde_json::from_str(&fs::read_to_string(run.join("manifest.json")).unwrap()).unwrap();
        let tables = manifest["tables"].as_array().unwrap();
        tables.iter().find(|table| table["name"] == "budget_line").unwrap()["blake3"].as_str().unwrap().to_owned()
    };
    fs::write(&manifest, text.replace(&hash(run), &hash(&other))).unwrap();
    let diff = compare(run, changed.path());
    assert!(diff.changed() && diff.is_unexplained());
    assert!(diff.text(0).contains("Nothing in the manifests says why rows differ"));
}

#[test]
fn the_made_up_country_before_and_after_one_line_of_money() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data/sample");
    fs::create_dir_all(folder.path().join("config")).unwrap();
    fs::create_dir_all(&data).unwrap();
    for entry in fs::read_dir(root.join("data/sample")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_file() {
            fs::copy(entry.path(), data.join(entry.file_name())).unwrap();
        }
    }
    let config = folder.path().join("config/sample.toml");
    fs::copy(root.join("config/sample.toml"), &config).unwrap();
    let run = || {
        let plan = Config::load(&config, &pipeline::rules()).unwrap();
        pipeline::run(&plan, Options::default(), &Unwatched).unwrap().folder
    };
    let before = run();
    // The first line of the allocations of 2006-07 gets a pound more.
    let path = data.join("pct_allocations_2006-07.csv");
    let text = fs::read_to_string(&path).unwrap();
    let control = data.join("pct_allocations_2006-07_control.csv");
    assert!(control.is_file());
    let line = text.lines().nth(1).unwrap().to_owned();
    let cells: Vec<&str> = line.split(',').collect();
    let amount = cells.iter().rposition(|cell| cell.parse::<f64>().is_ok_and(|number| number > 1000.0)).unwrap();
    let more = (cells[amount].parse::<f64>().unwrap() + 1.0).to_string();
    let changed: Vec<&str> = cells.iter().enumerate().map(|(at, cell)| if at == amount { more.as_str() } else { cell }).collect();
    fs::write(&path, text.replacen(&line, &changed.join(","), 1)).unwrap();
    let after = run();
    let diff = compare(&before, &after);
    let lines = rows(&diff, "budget_line");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(["area", "overlap", "coterminosity", "rate", "geo/overlap"].iter().all(|table| !self::changed(&diff).contains(table)));
    assert_eq!(diff.causes.len(), 1);
    // In order, and the same at any number of threads.
    let text = diff.text(3);
    let threads = |count: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap();
        pool.install(|| compare(&before, &after).json().to_string())
    };
    assert_eq!(threads(1), threads(4));
    assert!(text.contains("Pounds for people outside the main council"), "{text}");
}
