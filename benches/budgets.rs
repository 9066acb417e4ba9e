//! A budget table of five million lines, from the file to money that is split, put side by side and reconciled with its proofs.
//!
//! `cargo bench --bench budgets [-- LINES] [--at-least RATE] [--within MB] [--only csv|parquet]` makes the same table every time, as csv and as
//! Parquet, and prints a row each: seconds of every step, lines a second over all of them, and the peak memory of the process so far. The
//! answer is checked to the penny before its time counts. Ends with 1 where a row has fewer lines a second, or more megabytes, than asked for.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray};
use coterminous::alignment::{Alignment, measure};
use coterminous::budgets::{align, apportion, read_lines, reconcile};
use coterminous::config::{BudgetPlan, Limits, LineExtras, Missing, TableSource, TextSource, Tolerances};
use coterminous::domain::{Amounts, Area, Body, Layer, Pence, People, Relation, RelationPair, Rings, Role};
use coterminous::io::table;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LINES: usize = 5_000_000;
const BODIES: usize = 151;
const SERVICES: [&str; 8] =
    ["older_people", "mental_health", "learning_disability", "children_families", "acute", "community", "primary", "equipment"];

/// Residents of a body in its own council and in the next one.
const PEOPLE: (i64, i64) = (190_001, 8_017);

/// What the command line asks for.
struct Asked {
    lines: usize,
    at_least: f64,
    within: f64,
    only: Option<String>,
}

impl Asked {
    fn read(arguments: impl Iterator<Item = String>) -> Self {
        let mut asked = Self { lines: LINES, at_least: 0.0, within: f64::INFINITY, only: None };
        let mut arguments = arguments.skip(1);
        while let Some(argument) = arguments.next() {
            let mut number = || arguments.next().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{argument} needs a number"));
            match argument.as_str() {
                "--at-least" => asked.at_least = number(),
                "--within" => asked.within = number(),
                "--only" => asked.only = arguments.next(),
                // `cargo bench` itself passes it.
                "--bench" => {}
                other => asked.lines = other.parse().unwrap_or_else(|_| panic!("`{other}` is neither a number of lines nor a flag")),
            }
        }
        asked
    }
}

fn main() -> ExitCode {
    let asked = Asked::read(std::env::args());
    let folder = tempfile::tempdir().expect("a temporary folder");
    println!(
        "{:<16} {:>10} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>10} {:>8}",
        "row", "lines", "read s", "lines s", "split s", "align s", "proof s", "all s", "lines/s", "peak MB"
    );
    let mut kept = true;
    for (name, write) in [("lines.csv", write_csv as fn(&Path, usize) -> i128), ("lines.parquet", write_parquet)] {
        if asked.only.as_deref().is_some_and(|only| !name.ends_with(only)) {
            continue;
        }
        let path = folder.path().join(name);
        let whole = write(&path, asked.lines);
        let (rate, peak) = bench(&path, asked.lines, whole);
        // Memory that the kernel does not tell is no pass where it was asked for.
        kept &= rate >= asked.at_least && (asked.within.is_infinite() || peak <= asked.within);
    }
    if kept {
        return ExitCode::SUCCESS;
    }
    eprintln!("asked for at least {:.0} lines a second within {:.0} MB", asked.at_least, asked.within);
    ExitCode::FAILURE
}

/// The amount of a line, pence: 1p to some millions of pounds, a tenth of them negative.
fn amount(line: usize) -> i64 {
    let mixed = (line as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 34;
    let pence = 1 + i64::try_from(mixed % 500_000_000).expect("below 2^63");
    if line.is_multiple_of(10) { -pence } else { pence }
}

fn printed(pence: i64) -> String {
    format!("{}{}.{:02}", if pence < 0 { "-" } else { "" }, pence.abs() / 100, pence.abs() % 100)
}

fn code(body: usize) -> String {
    format!("E16{body:06}")
}

fn write_csv(path: &Path, count: usize) -> i128 {
    let mut file = BufWriter::new(File::create(path).expect("a file that can be written"));
    writeln!(file, "code,service,fin_year,amount").expect("a line that can be written");
    let mut whole = 0i128;
    for line in 0..count {
        let pence = amount(line);
        whole += i128::from(pence);
        let (body, service) = (code(line * 7 % BODIES), SERVICES[line % SERVICES.len()]);
        writeln!(file, "{body},{service},2007-08,{}", printed(pence)).expect("a line that can be written");
    }
    whole
}

fn write_parquet(path: &Path, count: usize) -> i128 {
    let mut whole = 0i128;
    let mut writer = None;
    for start in (0..count).step_by(500_000) {
        let lines = start..(start + 500_000).min(count);
        let pence: Vec<i128> = lines.clone().map(|line| i128::from(amount(line))).collect();
        whole += pence.iter().sum::<i128>();
        let amounts = Decimal128Array::from(pence).with_precision_and_scale(18, 2).expect("a decimal");
        let columns: [(&str, ArrayRef); 4] = [
            ("code", Arc::new(lines.clone().map(|line| Some(code(line * 7 % BODIES))).collect::<StringArray>())),
            ("service", Arc::new(lines.clone().map(|line| Some(SERVICES[line % SERVICES.len()])).collect::<StringArray>())),
            ("fin_year", Arc::new(lines.map(|_| Some("2007-08")).collect::<StringArray>())),
            ("amount", Arc::new(amounts)),
        ];
        let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
        let writer = writer.get_or_insert_with(|| {
            let file = File::create(path).expect("a file that can be written");
            parquet::arrow::ArrowWriter::try_new(file, batch.schema(), None).expect("a writer")
        });
        writer.write(&batch).expect("a batch that can be written");
        writer.flush().expect("a row group that can be written");
    }
    writer.expect("at least one line").close().expect("a file that can be closed");
    whole
}

/// Lines a second and the peak of the process in megabytes.
fn bench(path: &Path, count: usize, whole: i128) -> (f64, f64) {
    let (layer, alignment) = country();
    let plan = plan(path);
    let start = Instant::now();
    let mut laps = vec![0.0];
    let mut lap = || laps.push(start.elapsed().as_secs_f64());
    let read = table::read(path, None, &Limits::default()).expect("a table that can be read");
    lap();
    let (lines, _, mut proofs) = read_lines(&plan, &layer, &read.value, None, None, None).expect("lines");
    lap();
    let (apportioned, split) = apportion(&lines, &alignment).expect("parts");
    lap();
    let pairs = align(&lines, &apportioned, &alignment, None).expect("both sides");
    lap();
    let (reconciled, last) = reconcile(&lines, &apportioned, &alignment);
    lap();
    let seconds = laps.last().copied().unwrap_or(0.0);

    proofs.extend(split);
    proofs.extend(last);
    assert!(proofs.len() >= 3 && proofs.iter().all(|proof| proof.holds), "{proofs:?}");
    assert_eq!(lines.len(), count);
    let by_part: i128 = apportioned.iter().flat_map(|side| side.parts()).map(|part| i128::from(part.amount.0)).sum();
    let by_pair: i128 = pairs.iter().filter_map(|pair| pair.health).map(|Pence(pence)| i128::from(pence)).sum();
    let by_row: i128 = reconciled.iter().map(|row| row.partners).sum();
    assert_eq!((by_part, by_pair, by_row), (whole, whole, whole), "every penny of every line");
    // A line is a penny at most away from its own council's share, so what is outside is as many pence at most from the share of all.
    let outside: i128 = pairs.iter().filter_map(|pair| pair.outside_main).map(|Pence(pence)| i128::from(pence)).sum();
    let (own, next) = (i128::from(PEOPLE.0), i128::from(PEOPLE.1));
    assert!((outside * (own + next) - whole * next).abs() <= (own + next) * count as i128, "{outside} of {whole} is outside");

    let (rate, peak) = (count as f64 / seconds, peak_megabytes());
    let name = path.extension().map_or_else(String::new, |extension| extension.to_string_lossy().into_owned());
    let steps: String = laps.windows(2).map(|pair| format!(" {:>8.3}", pair[1] - pair[0])).collect();
    println!("budgets/{name:<8} {count:>10}{steps} {seconds:>8.3} {rate:>10.0} {peak:>8.0}");
    (rate, peak)
}

/// Bodies that each have most of their people in one council and some in the next.
fn country() -> (Layer, Alignment) {
    let bodies: Vec<String> = (0..BODIES).map(code).collect();
    let councils: Vec<String> = (0..BODIES).map(|body| format!("E10{body:06}")).collect();
    let areas = |codes: &[String]| codes.iter().map(|code| area(code)).collect::<Vec<_>>();
    let layer = Layer {
        id: "pct".to_owned(),
        role: Role::Health,
        kind: "PCT".to_owned(),
        resolution_m: 20.0,
        clip: None,
        valid_from: None,
        valid_to: None,
        areas: areas(&bodies),
        rings: Rings::new(),
        populations: Default::default(),
        other_codes: Default::default(),
    };
    let amounts = |people: i64| Amounts {
        area_m2: people as f64,
        boundary_m: 1.0,
        thickness_m: 1000.0,
        people: Some(People::whole(people)),
        people_low: Some(People::whole(people)),
        people_high: Some(People::whole(people)),
    };
    let mut pairs = Vec::new();
    for left in 0..BODIES {
        let next = (left + 1) % BODIES;
        let mut own = [(left, PEOPLE.0), (next, PEOPLE.1)];
        own.sort_unstable();
        pairs.extend(own.map(|(right, people)| RelationPair { left, right, amounts: amounts(people), sliver: false }));
    }
    let body = |code: &String| Body {
        code: code.clone(),
        name: None,
        area_m2: (PEOPLE.0 + PEOPLE.1) as f64,
        people: Some(People::whole(PEOPLE.0 + PEOPLE.1)),
    };
    let relation = Relation {
        left: bodies.iter().map(body).collect(),
        right: councils.iter().map(body).collect(),
        pairs,
        left_outside: vec![Amounts::default(); BODIES],
        right_outside: vec![Amounts::default(); BODIES],
        has_people: true,
        shapeless: false,
        sliver_width_m: 40.0,
    };
    let alignment = measure("bench", "pct", "council", relation, &Tolerances::default());
    (layer, alignment)
}

fn area(code: &str) -> Area {
    Area {
        code: code.to_owned(),
        name: None,
        area_m2: 1.0,
        people: None,
        parts: 1,
        holes: 0,
        vertices: 4,
        repaired: false,
        label: None,
        attributes: Default::default(),
    }
}

fn plan(path: &Path) -> BudgetPlan {
    BudgetPlan {
        id: "bench".to_owned(),
        layer: 0,
        table: TableSource::new(path, None),
        totals: Vec::new(),
        code: "code".to_owned(),
        amount: "amount".to_owned(),
        unit: 1.0,
        fiscal_year: TextSource::Column("fin_year".to_owned()),
        filters: Vec::new(),
        service: TextSource::Column("service".to_owned()),
        service_crosswalk: None,
        mechanism: TextSource::Fixed("mainstream".to_owned()),
        codes: None,
        became: Default::default(),
        control_total: None,
        missing: Missing::Unknown,
        delegated_share: 0.9,
        extras: LineExtras::default(),
        line: 1,
    }
}

/// Peak resident memory of this process so far, from the kernel; nothing where it does not tell, which is no pass.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
}
