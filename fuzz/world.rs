// Whole runs on small countries made of bytes: everything that is read fits together, or is refused as an input. The oracle counts people and
// pence by itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use coterminous::Error;
use coterminous::config::Config;
use coterminous::domain::People;
use coterminous::io::shapefile::{self, WriteField, WriteKind, WriteRecord};
use coterminous::pipeline::{self, Results, Unwatched};

use super::folder;

/// Bytes one after the other; 0 where there are no more.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// One of some things.
    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.next()) % of.len()]
    }
}

const CONFIG: &str = r#"[run]
name = "world"
output = "out"
[[layer]]
id = "b"
role = "blocks"
path = "b.shp"
code = "CODE"
[[layer]]
id = "h"
role = "health"
blocks = "b"
lookup = { path = "h.csv", block = "block", area = "area" }
[[layer]]
id = "c"
role = "council"
blocks = "b"
lookup = { path = "c.csv", block = "block", area = "area" }
[[alignment]]
id = "hc"
health = "h"
council = "c"
people = { blocks = "b", field = "POP" }
[[budget]]
id = "nhs"
layer = "h"
path = "nhs.csv"
code = "code"
amount = "pounds"
fiscal_year = { column = "year" }
service = { column = "service" }
[[budget]]
id = "council"
layer = "c"
path = "council.csv"
code = "code"
amount = "pounds"
fiscal_year = { column = "year" }
service = { column = "service" }
"#;
const AGREEMENTS: &str = "[[agreement]]\npath = \"agreements.csv\"\n";
const AGREED: &str = "agreement_id,health_code,council_code,service,mechanism,start_date,end_date,amount\n";

/// A block: NHS body and council, 0 for none, and people.
#[derive(Clone, Copy)]
struct Cell {
    health: u8,
    council: u8,
    people: Option<u8>,
}

/// Blocks of a kilometre in rows, and the lookups that make bodies of them.
fn draw(at: &Path, cells: &[Cell], across: usize) {
    let fields = [
        WriteField { name: "CODE".to_owned(), kind: WriteKind::Text(4) },
        WriteField { name: "POP".to_owned(), kind: WriteKind::Integer(4) },
    ];
    let record = |(number, cell): (usize, &Cell)| {
        let [x, y] = [number % across, number / across].map(|place| 400_000.0 + 1000.0 * place as f64);
        let ring = vec![[x, y], [x, y + 1000.0], [x + 1000.0, y + 1000.0], [x + 1000.0, y], [x, y]];
        WriteRecord { rings: vec![ring], cells: vec![Some(format!("B{number}")), cell.people.map(|people| people.to_string())] }
    };
    let records: Vec<WriteRecord> = cells.iter().enumerate().map(record).collect();
    shapefile::write(&at.join("b"), &fields, &records).unwrap();
    for (letter, of) in [("h", (|cell: &Cell| cell.health) as fn(&Cell) -> u8), ("c", |cell| cell.council)] {
        let mut text = "block,area\n".to_owned();
        for (number, cell) in cells.iter().enumerate().filter(|(_, cell)| of(cell) > 0) {
            writeln!(text, "B{number},{}{}", letter.to_uppercase(), of(cell)).unwrap();
        }
        fs::write(at.join(format!("{letter}.csv")), text).unwrap();
    }
}

/// The results of a run, or nothing where it was refused as an input: a proof that fails is neither.
fn run(at: &Path, config: &str) -> Option<Results> {
    let plan = Config::parse(&at.join("run.toml"), config, &pipeline::rules(), &|_| None).expect("the config is good");
    match pipeline::read(&plan, &Unwatched).and_then(|inputs| pipeline::compute(&plan, inputs, &Unwatched)) {
        Ok(results) => Some(results),
        Err(error @ Error::Proof { .. }) => panic!("{error}"),
        Err(error) => {
            assert!([2, 3].contains(&error.exit_code()), "{error}");
            None
        }
    }
}

/// People and land of every pair, from the blocks.
fn counted(results: &Results, cells: &[Cell]) {
    let mut pairs: BTreeMap<(String, String), (f64, Option<i64>)> = BTreeMap::new();
    for cell in cells.iter().filter(|cell| cell.health > 0 && cell.council > 0) {
        let pair = pairs.entry((format!("H{}", cell.health), format!("C{}", cell.council))).or_insert((0.0, Some(0)));
        pair.0 += 1e6;
        pair.1 = pair.1.zip(cell.people).map(|(sum, people)| sum + i64::from(people));
    }
    let relation = &results.alignments[0].relation;
    let code = |place: usize, of: &[coterminous::domain::Body]| of[place].code.clone();
    let got: BTreeMap<(String, String), (f64, Option<i64>)> = relation
        .pairs
        .iter()
        .map(|pair| {
            let people = pair.amounts.people.map(|people| people.0 / People::UNIT);
            ((code(pair.left, &relation.left), code(pair.right, &relation.right)), (pair.amounts.area_m2, people))
        })
        .collect();
    assert_eq!(got, pairs);
    for pair in &relation.pairs {
        if let (Some(people), Some(low), Some(high)) = (pair.amounts.people, pair.amounts.people_low, pair.amounts.people_high) {
            assert!(low <= people && people <= high, "{pair:?}");
        }
    }
    for metrics in &results.alignments[0].pairs {
        for share in [metrics.share_left_area, metrics.share_right_area, metrics.share_left_people, metrics.share_right_people] {
            assert!(share.is_none_or(|share| (0.0..=1.0).contains(&share)), "{metrics:?}");
        }
    }
}

/// Every penny that the lines have is in their parts, once, and no share of a pool is out of 0 to 1.
fn kept(results: &Results) {
    let lines = &results.money.lines;
    for apportioned in &results.money.apportioned {
        let mut sums: BTreeMap<usize, i128> = BTreeMap::new();
        for part in apportioned.parts() {
            *sums.entry(part.line).or_default() += i128::from(part.amount.0);
        }
        for (line, sum) in sums {
            assert_eq!(lines[line].amount.map(|pence| i128::from(pence.0)), Some(sum), "line {line}");
        }
    }
    for sum in results.money.bodies.iter().chain(&results.money.components).flatten() {
        for share in [sum.pooled_share, sum.pooled_share_discretionary] {
            assert!(share.is_none_or(|share| (0.0..=1.0).contains(&share)), "{sum:?}");
        }
    }
}

/// A country of up to fifteen blocks, with money and agreements.
pub fn world(data: &[u8]) {
    let at = folder();
    let mut bytes = Bytes(data);
    let (across, down) = (1 + usize::from(bytes.next() % 5), 1 + usize::from(bytes.next() % 3));
    let cells: Vec<Cell> = (0..across * down)
        .map(|_| {
            let (bodies, people) = (bytes.next(), bytes.next());
            Cell { health: bodies % 4, council: bodies / 4 % 4, people: (people < 230).then_some(people) }
        })
        .collect();
    draw(&at, &cells, across);
    let mut pence = 0i128;
    for (name, letter) in [("nhs.csv", 'H'), ("council.csv", 'C')] {
        let mut text = "code,pounds,year,service\n".to_owned();
        for _ in 0..1 + bytes.next() % 6 {
            let (pounds, worth) = bytes.pick(&[("1", 100), ("0.01", 1), ("-5", -500), ("1000000.99", 100_000_099), ("*", 0), ("0", 0)]);
            let (year, service) = (bytes.pick(&["2001-02", "2001/02", "2002-03", "FY2035", ""]), bytes.pick(&["a", "A ", "b", "all", ""]));
            writeln!(text, "{letter}{},{pounds},{year},{service}", bytes.next() % 5).unwrap();
            pence += worth;
        }
        fs::write(at.join(name), text).unwrap();
    }
    let mut text = AGREED.to_owned();
    let rows = bytes.next() % 4;
    for row in 0..rows {
        let (health, council) = (bytes.next() % 5, bytes.next() % 5);
        let (service, mechanism) = (bytes.pick(&["a", "b", ""]), bytes.pick(&["pooled", "grant", "lead_commissioning"]));
        let (start, end) = (bytes.pick(&["", "2001-04-01", "2002-10-01"]), bytes.pick(&["", "2003-03-31"]));
        writeln!(text, "{row},H{health},C{council},{service},{mechanism},{start},{end},{}", bytes.pick(&["", "7", "123456.78"])).unwrap();
    }
    fs::write(at.join("agreements.csv"), text).unwrap();
    let config = if rows > 0 { format!("{CONFIG}{AGREEMENTS}") } else { CONFIG.to_owned() };
    if let Some(results) = run(&at, &config) {
        counted(&results, &cells);
        kept(&results);
        // Whatever a code means, the money of its line is there.
        let sum: i128 = results.money.lines.iter().filter_map(|line| line.amount).map(|amount| i128::from(amount.0)).sum();
        assert_eq!(sum, pence);
    }
}

/// Keys of two budgets and a table of agreements as whatever text the bytes are, over two bodies and two councils: a byte of 0xfe ends a
/// cell, one of 0xff a row.
pub fn keys(data: &[u8]) {
    let at = folder();
    let cell = |health, council, people| Cell { health, council, people: Some(people) };
    draw(&at, &[cell(1, 1, 100), cell(2, 1, 30), cell(2, 2, 60)], 3);
    let mut rows = data.split(|byte| *byte == 0xff).take(12).map(|row| {
        let mut cells: Vec<String> =
            row.split(|byte| *byte == 0xfe).take(4).map(|cell| String::from_utf8_lossy(cell).replace('"', "'")).collect();
        cells.resize(4, String::new());
        cells
    });
    let mut table = |head: &str, write: &dyn Fn(usize, &[String]) -> String| {
        let mut text = head.to_owned();
        (0..3).zip(&mut rows).for_each(|(number, cells)| text.push_str(&write(number, &cells)));
        text
    };
    // Code, service, year, and what the row adds to a thousand pounds.
    let pounds = |cells: &[String]| 1000 + cells[3].len();
    for (name, first) in [("nhs.csv", "H1"), ("council.csv", "C1")] {
        let head = format!("code,pounds,year,service\n{first},5,2001-02,a\n");
        let text = table(&head, &|_, cells| format!("\"{}\",{},\"{}\",\"{}\"\n", cells[0], pounds(cells), cells[2], cells[1]));
        fs::write(at.join(name), text).unwrap();
    }
    let text =
        table(AGREED, &|number, cells| format!("{number},\"{}\",\"{}\",\"{}\",pooled,,,{}\n", cells[0], cells[1], cells[2], pounds(cells)));
    fs::write(at.join("agreements.csv"), &text).unwrap();
    let config = if text.len() > AGREED.len() { format!("{CONFIG}{AGREEMENTS}") } else { CONFIG.to_owned() };
    if let Some(results) = run(&at, &config) {
        kept(&results);
    }
}

/// Tables and keys of a config, and values of every kind.
const TABLES: [&str; 18] = [
    "[run]",
    "[limits]",
    "[tolerances]",
    "[obstructions]",
    "[obstructions.thresholds]",
    "[[obstructions.rule]]",
    "[options]",
    "[findings]",
    "[[layer]]",
    "[[alignment]]",
    "[[succession]]",
    "[[what_if]]",
    "[[budget]]",
    "[[agreement]]",
    "[[cycle]]",
    "[[governance]]",
    "[[priority]]",
    "[[scheme]]",
];
const KEYS: [&str; 36] = [
    "name",
    "output",
    "crs",
    "id",
    "role",
    "kind",
    "path",
    "table",
    "code",
    "people",
    "where",
    "clip",
    "resolution_m",
    "attributes",
    "blocks",
    "lookup",
    "health",
    "council",
    "district",
    "from",
    "to",
    "date",
    "declared",
    "layer",
    "amount",
    "unit",
    "fiscal_year",
    "service",
    "mechanism",
    "codes",
    "control_total",
    "sheet",
    "header_row",
    "join",
    "missing",
    "condition",
];
const VALUES: [&str; 24] = [
    "\"h\"",
    "\"c\"",
    "\"b\"",
    "\"health\"",
    "\"council\"",
    "\"blocks\"",
    "\"a.csv\"",
    "\"a.zip\"",
    "\"\"",
    "\"${X}\"",
    "1",
    "0",
    "-1",
    "1e999",
    "true",
    "2001-04-01",
    "[]",
    "[\"a\"]",
    "{ path = \"a.csv\", code = \"x\" }",
    "{ column = \"x\" }",
    "{ fixed = \"x\" }",
    "{ blocks = \"b\", field = \"POP\" }",
    "{ field = \"x\", equals = \"y\" }",
    "{ path = \"a.csv\", block = \"x\", area = \"y\" }",
];

/// A config put together of tables, keys and values: two bytes a line.
pub fn config(data: &[u8]) {
    let mut bytes = Bytes(data);
    // A start that is good, or nothing.
    let mut text = if bytes.next() % 2 == 0 { CONFIG.to_owned() } else { String::new() };
    while !bytes.0.is_empty() && text.len() < 20_000 {
        let kind = bytes.next();
        match kind.checked_sub(192) {
            Some(table) => writeln!(text, "{}", TABLES[usize::from(table) % TABLES.len()]).unwrap(),
            None => writeln!(text, "{} = {}", KEYS[usize::from(kind) % KEYS.len()], bytes.pick(&VALUES)).unwrap(),
        }
    }
    match Config::parse(Path::new("f.toml"), &text, &pipeline::rules(), &|_| None) {
        // What it names can be told without reading any of it.
        Ok(plan) => drop(pipeline::named_files(&plan)),
        Err(error) => assert_eq!(error.exit_code(), 2, "{error}\n{text}"),
    }
}
