//! `coterminous plan` as its user runs it: the summary, the table, the proposals, and what is refused.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use coterminous::config::Limits;
use coterminous::io::shapefile::{WriteField, WriteKind, WriteRecord, write_zip};
use coterminous::tables::PLAN_FRONT;
use tempfile::TempDir;

const CONFIG: &str = r#"[run]
name = "bench"
output = "out"

[[layer]]
id = "h"
role = "health"
path = "h.zip"
code = "CODE"
name = "NAME"

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

[[alignment]]
id = "land"
health = "h"
council = "c"
"#;

const BUDGET: &str =
    "\n[[budget]]\nid = \"m\"\nlayer = \"h\"\npath = \"m.csv\"\ncode = \"code\"\namount = \"pounds\"\nfiscal_year = \"2007-08\"\n";

/// Three bodies of 300, 200 and 500 people and 30, 20 and 50 pounds, and two councils with a border through the second body: 80 of its people
/// are in C1.
struct Bench {
    folder: TempDir,
}

fn rectangle(code: &str, people: &str, from: i32, to: i32) -> WriteRecord {
    let [x0, x1] = [from, to].map(|km| f64::from(km) * 1000.0 + 400_000.0);
    let ring = vec![[x0, 4e5], [x0, 4.02e5], [x1, 4.02e5], [x1, 4e5], [x0, 4e5]];
    WriteRecord { rings: vec![ring], cells: vec![Some(code.to_owned()), Some(format!("Name of {code}")), Some(people.to_owned())] }
}

impl Bench {
    fn new(config: &str, money: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let fields = [
            WriteField { name: "CODE".to_owned(), kind: WriteKind::Text(9) },
            WriteField { name: "NAME".to_owned(), kind: WriteKind::Text(40) },
            WriteField { name: "POP".to_owned(), kind: WriteKind::Integer(9) },
        ];
        let code = |prefix: &str, at: i32| format!("{prefix}{at}");
        let bodies = [rectangle(&code("H", 1), "0", 0, 2), rectangle(&code("H", 2), "0", 2, 4), rectangle(&code("H", 3), "0", 4, 6)];
        let blocks = [("300", 0, 2), ("80", 2, 3), ("120", 3, 4), ("500", 4, 6)];
        let blocks: Vec<WriteRecord> =
            blocks.iter().zip(1..).map(|((people, from, to), at)| rectangle(&code("B", at), people, *from, *to)).collect();
        write_zip(&folder.path().join("h.zip"), &fields, &bodies).unwrap();
        write_zip(&folder.path().join("b.zip"), &fields, &blocks).unwrap();
        write_zip(&folder.path().join("c.zip"), &fields, &[rectangle("C1", "0", 0, 3), rectangle("C2", "0", 3, 6)]).unwrap();
        fs::write(folder.path().join("m.csv"), money).unwrap();
        fs::write(folder.path().join("run.toml"), config).unwrap();
        Self { folder }
    }

    fn known() -> Self {
        Self::new(&format!("{CONFIG}{BUDGET}"), "code,pounds\nH1,30.00\nH2,20.00\nH3,50.00\n")
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Assert {
        Command::cargo_bin("coterminous").unwrap().current_dir(self.folder.path()).args(arguments).assert()
    }

    fn plan(&self, more: &[&str]) -> Assert {
        self.command(&[&["plan", "run.toml", "--progress", "never"], more].concat())
    }

    /// Standard output of a plan that is made.
    fn told(&self, more: &[&str]) -> String {
        String::from_utf8(self.plan(more).success().get_output().stdout.clone()).unwrap()
    }
}

/// A table as text: its columns, and its rows.
fn table(path: &Path) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    let table = coterminous::io::table::read(path, None, &Limits::default()).unwrap().value;
    let columns: Vec<usize> = PLAN_FRONT.columns.iter().map(|column| table.require(column.name).unwrap()).collect();
    let rows = (0..table.len()).map(|row| columns.iter().map(|column| table.cell(row, *column).map(str::to_owned)).collect());
    (PLAN_FRONT.columns.iter().map(|column| column.name.to_owned()).collect(), rows.collect())
}

#[test]
fn the_summary_is_this_text() {
    let bench = Bench::known();
    let told = bench.told(&["--alignment", "hc", "--out", "front.parquet", "--proposals", "more.toml"]);
    let expected = "\
hc: 3 bodies of h against c, best by people

 point bodies   wrong side  parts bodies cut agreements people disturbed pounds disturbed  proved
     1      3           80      1          1          3                0                0  yes
     3      1            0      0          0          2              500               50  yes

wrong side: people whose NHS body and council do not fit together, in so many parts, of so many bodies
disturbed: all bodies of a merger but the largest
3 options are on the efficient frontier; the best by people for each number of bodies left is shown, and --out has all
every plan of mergers of neighbours was measured
money of 2007-08

The plan with the fewest people on the wrong side of a line, point 3, leaves 1 body:
  Name of H1 + Name of H2 + Name of H3
front: front.parquet
proposals: more.toml

next: add what is in more.toml to the config, then coterminous run run.toml
";
    assert_eq!(told, expected);
    assert_eq!(bench.told(&["--alignment", "hc", "--quiet"]), "");
    let keep = bench.told(&["--alignment", "hc", "--keep", "H1"]);
    assert!(keep.contains("No plan found has fewer people on the wrong side of a line than today:\n  nothing merges"), "{keep}");
    // Proposals are those told, and no merger that moves no line.
    let more = fs::read_to_string(bench.at("more.toml")).unwrap();
    assert!(more.contains("plan-hc-3") && !more.contains("plan-hc-2"), "{more}");
}

#[test]
fn the_table_has_every_column() {
    let bench = Bench::known();
    for (objective, value) in [("people", "80"), ("bodies", "1"), ("pounds", "800")] {
        bench.plan(&["--alignment", "hc", "--objective", objective, "--out", "front.parquet"]).success();
        let (columns, rows) = table(&bench.at("front.parquet"));
        assert_eq!(rows.len(), 3);
        let row: Vec<(&str, &str)> =
            columns.iter().zip(&rows[1]).map(|(column, cell)| (column.as_str(), cell.as_deref().unwrap_or("null"))).collect();
        // H2 joins H3 and not H1: with H1, the 120 in C2 would be on the wrong side.
        let expected = [
            ("alignment", "hc"),
            ("objective", objective),
            ("point", "2"),
            ("bodies_left", "2"),
            ("crossing", "80"),
            ("parts", "1"),
            ("bodies_cut", "1"),
            ("crossing_pence", "800"),
            ("agreements", "2"),
            ("bodies_merging", "2"),
            ("people_disturbed", "200"),
            ("pence_disturbed", "2000"),
            ("moves_lines", "false"),
            ("by_lines", "false"),
            ("proved", "true"),
            ("value", value),
            ("bound", value),
            ("mergers", "H2+H3"),
        ];
        assert_eq!(row, expected);
        assert_eq!(rows[0].last().unwrap(), &None, "nothing merges in the first");
    }
}

#[test]
fn money_that_is_not_stated_is_null() {
    for (config, money, year) in [
        (CONFIG.to_owned(), "", "no budget is given for these bodies"),
        (format!("{CONFIG}{BUDGET}"), "code,pounds\nH1,30.00\nH3,50.00\n", "money of 2007-08 is not known for 1 body"),
    ] {
        let bench = Bench::new(&config, money);
        let told = bench.told(&["--alignment", "hc", "--out", "front.parquet"]);
        assert!(told.contains(year) && told.contains("unknown  yes"), "{told}");
        let (columns, rows) = table(&bench.at("front.parquet"));
        let cell = |name: &str| rows[2][columns.iter().position(|column| column == name).unwrap()].as_deref();
        assert_eq!((cell("pence_disturbed"), cell("moves_lines"), cell("proved")), (None, Some("true"), Some("true")));
        let refused = bench.plan(&["--alignment", "hc", "--objective", "pounds"]).code(2);
        assert!(String::from_utf8_lossy(&refused.get_output().stderr).contains("needs the money of every body"));
    }
}

#[test]
fn proposals_fed_back_give_the_same_numbers_in_a_run() {
    let bench = Bench::known();
    bench.plan(&["--alignment", "hc", "--proposals", "more.toml", "--out", "front.parquet"]).success();
    let more = fs::read_to_string(bench.at("more.toml")).unwrap();
    // Point 2 moves no line, so it is no proposal until somebody writes it.
    let two = "[[what_if]]\nid = \"plan-hc-2\"\nlayer = \"h\"\nmerge = [{ into = \"H3\", codes = [\"H2\", \"H3\"] }]\n";
    fs::write(bench.at("run.toml"), format!("{CONFIG}{BUDGET}\n{more}\n{two}")).unwrap();
    bench.command(&["run", "run.toml", "--progress", "never"]).success();
    let current = fs::read_to_string(bench.at("out/CURRENT")).unwrap();
    let run = bench.at("out").join("runs").join(current.trim());
    let figures = coterminous::io::table::read(&run.join("what_if.parquet"), None, &Limits::default()).unwrap().value;
    let cell = |row: usize, name: &str| figures.cell(row, figures.require(name).unwrap()).unwrap_or("null").to_owned();
    let (columns, rows) = table(&bench.at("front.parquet"));
    let of = |row: usize, name: &str| rows[row][columns.iter().position(|column| column == name).unwrap()].clone().unwrap();
    let mut compared = 0;
    for row in 0..figures.len() {
        let measures = [("crossing", "crossing"), ("parts", "parts"), ("agreements", "agreements"), ("health_cut", "bodies_cut")];
        let Some((_, column)) = measures.iter().find(|(measure, _)| cell(row, "measure") == *measure) else { continue };
        if (cell(row, "alignment").as_str(), cell(row, "basis").as_str()) == ("hc", "people") {
            let point = cell(row, "proposal").trim_start_matches("plan-hc-").parse::<usize>().unwrap() - 1;
            assert_eq!((cell(row, "before"), cell(row, "after")), (of(0, column), of(point, column)), "{column} of point {}", point + 1);
            compared += 1;
        }
    }
    assert_eq!(compared, 8, "four figures of two proposals");
}

#[test]
fn a_wrong_wish_is_refused_and_named() {
    let bench = Bench::known();
    for (arguments, said) in [
        (&["--alignment", "nowhere"][..], "--alignment is nowhere, and run.toml has hc, land; name one of them"),
        (&["--alignment", "land"], "alignment land has no people"),
        (&["--alignment", "hc", "--keep", "H1,H9"], "--keep names H9, which layer h does not have; correct or remove it"),
        (&["--alignment", "hc", "--min-people", "300", "--max-people", "200"], "--min-people is 300 and --max-people 200"),
        (&["--alignment", "hc", "--max-merge", "1"], "--max-merge is below 2"),
        (&["--alignment", "hc", "--target", "9"], "--target is 9, and layer h has 3 bodies"),
        (&["--alignment", "hc", "--objective", "beauty"], "invalid value 'beauty'"),
    ] {
        let refused = bench.plan(arguments).code(2);
        let told = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
        assert!(told.contains(said), "{told}");
        assert!(refused.get_output().stdout.is_empty());
    }
    let nowhere = bench.plan(&["--alignment", "hc", "--proposals", "no/such/folder.toml"]).code(4);
    assert!(String::from_utf8_lossy(&nowhere.get_output().stderr).contains("no/such/folder.toml"));
}

#[test]
fn bands_target_and_seed_reach_the_search() {
    let bench = Bench::known();
    for (arguments, merges) in [
        (&["--min-people", "1001"][..], false),
        (&["--min-people", "1000", "--max-people", "1000"], true),
        (&["--max-people", "999"], false),
        (&["--max-merge", "2"], false),
        (&["--target", "1"], true),
        (&["--seed", "7", "--steps", "0"], true),
        (&["--seed", "7", "--steps", "0", "--target", "1"], true),
    ] {
        let told = bench.told(&[&["--alignment", "hc"], arguments].concat());
        assert_eq!(told.contains("  Name of H1 + Name of H2 + Name of H3\n"), merges, "{arguments:?}: {told}");
        assert_eq!(told.contains("every plan of mergers of neighbours was measured"), !arguments.contains(&"0"), "{arguments:?}: {told}");
    }
    // A target beyond what pays moves no line, and says so.
    let two = bench.told(&["--alignment", "hc", "--target", "2"]);
    assert!(
        two.contains(
            "No plan found has fewer people on the wrong side of a line than today. Point 1 leaves 2 bodies:\n  Name of H2 + Name of H3"
        ),
        "{two}"
    );
    let two = bench.told(&["--alignment", "hc", "--target", "2", "--steps", "0"]);
    assert!(two.contains("joined step by step"), "{two}");
    // Threads change nothing.
    let first = bench.told(&["--alignment", "hc", "--threads", "1"]);
    assert_eq!(first, bench.told(&["--alignment", "hc", "--threads", "2"]));
}
