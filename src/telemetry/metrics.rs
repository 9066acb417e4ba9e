//! The Prometheus textfile: what node_exporter's textfile collector picks up.
//!
//! Source: Prometheus text exposition format 0.0.4, and its naming conventions (base units, the unit at the end of the name, `_info` for
//! labels that are the message). All are gauges: a file holds the state of one dataset, not a count since some start.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::Ending;
use crate::config::Limits;
use crate::domain::TextTable;
use crate::error::{InputProblem, Result};
use crate::io::manifest::Manifest;
use crate::io::table;

/// One run as the command saw it.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// Config as it was named on the command line: what tells one job from another, also when it could not be read.
    pub config: &'a str,
    /// How it ended.
    pub ending: &'a Ending,
    /// Seconds it took.
    pub seconds: f64,
    /// When it ended, seconds since 1970, UTC.
    pub ended_at: f64,
}

/// The text of the file: the attempt, and the figures of the published run that readers use now, where there is one.
///
/// Money is pounds, with two decimals as in the tables' pence; unknown money is counted beside the sum of what is known. A figure that is
/// not known has no line, never 0.
///
/// # Errors
/// [`crate::Error::Input`] if a table of the published run cannot be read.
pub fn text(attempt: &Attempt<'_>, published: Option<(&Path, &Manifest)>) -> Result<String> {
    let mut page = Page::default();
    let config = [("config", attempt.config)];
    let about_run = [
        ("run_success", "1 if the last run published or found nothing changed, 0 if it failed.", flag(attempt.ending.is_published())),
        (
            "run_exit_code",
            "Exit code of the last run: 0 done, 1 --fail-on matched, 2 config, 3 input, 4 not published.",
            attempt.ending.exit_code().to_string(),
        ),
        ("run_completed_timestamp_seconds", "When the last run ended.", decimal(attempt.ended_at)),
        ("run_duration_seconds", "Time the last run took.", decimal(attempt.seconds)),
    ];
    for (name, help, value) in about_run {
        page.family(name, help);
        page.sample(name, &config, &value);
    }
    if let Ending::Published { anew, .. } = attempt.ending {
        page.family("run_published_anew", "1 if the last run wrote a new run, 0 if nothing had changed.");
        page.sample("run_published_anew", &config, &flag(*anew));
    }
    if let Some((folder, manifest)) = published {
        of_manifest(&mut page, manifest);
        of_tables(&mut page, folder, &manifest.name)?;
    }
    Ok(page.text)
}

fn of_manifest(page: &mut Page, manifest: &Manifest) {
    let name = manifest.name.as_str();
    page.family("published_info", "The run that readers use now.");
    let info = [("dataset", name), ("run_id", &manifest.run_id), ("version", &manifest.program.version)];
    page.sample("published_info", &info, "1");
    let dataset = [("dataset", name)];
    if let Ok(at) = manifest.finished_at.parse::<jiff::Timestamp>() {
        page.family("published_timestamp_seconds", "When that run was published.");
        page.sample("published_timestamp_seconds", &dataset, &decimal(at.as_duration().as_secs_f64()));
    }
    page.family("published_input_files", "Files it was made of.");
    page.sample("published_input_files", &dataset, &manifest.inputs.len().to_string());
    page.family("published_input_bytes", "Their size.");
    page.sample("published_input_bytes", &dataset, &manifest.inputs.iter().map(|input| u128::from(input.bytes)).sum::<u128>().to_string());
    page.family("published_proofs", "Identities that were checked, by whether they hold.");
    for holds in [true, false] {
        let count = manifest.proofs.iter().filter(|proof| proof.holds == holds).count();
        page.sample("published_proofs", &[("dataset", name), ("holds", if holds { "true" } else { "false" })], &count.to_string());
    }
    page.family("published_table_rows", "Rows of each published table.");
    for table in &manifest.tables {
        page.sample("published_table_rows", &[("dataset", name), ("table", &table.name)], &table.rows.to_string());
    }
    // A stage that ran several times is listed several times.
    let mut stages: BTreeMap<&str, f64> = BTreeMap::new();
    for timing in &manifest.timings {
        *stages.entry(&timing.stage).or_default() += timing.seconds;
    }
    page.family("published_stage_duration_seconds", "Time its stages took; those of the engine are parts of compute.");
    for (stage, seconds) in stages {
        page.sample("published_stage_duration_seconds", &[("dataset", name), ("stage", stage)], &decimal(seconds));
    }
}

fn of_tables(page: &mut Page, folder: &Path, name: &str) -> Result<()> {
    let table =
        |name: &str| -> Result<Rows> { Ok(Rows(table::read(&folder.join(format!("{name}.parquet")), None, &Limits::none())?.value)) };

    let rate = table("rate")?;
    let of = ["alignment", "basis", "definition", "side", "equal"];
    page.family("rate_ratio", "Share of the bodies of a side that are coterminous, at each tolerance (0 to 1).");
    rate.each(&of, "share", |labels, value| {
        page.sample("rate_ratio", &with(name, &RATE_LABELS, labels), value);
        Ok(())
    })?;
    page.family("rate_bodies", "Bodies of a side that are coterminous, at each tolerance.");
    rate.each(&of, "coterminous", |labels, value| {
        page.sample("rate_bodies", &with(name, &RATE_LABELS, labels), value);
        Ok(())
    })?;

    let nestings = table("nesting")?;
    let labels = ["alignment", "basis"];
    for (family, column, help) in [
        ("wrong_side", "crossing", "People (basis people) or square metres (basis area) on the wrong side of a line."),
        ("wrong_side_parts", "parts", "Crossing parts that they are in."),
        ("wrong_side_agreements", "agreements", "Agreements that joint working everywhere would need."),
    ] {
        page.family(family, help);
        nestings.each(&labels, column, |key, value| {
            page.sample(family, &with(name, &labels, key), value);
            Ok(())
        })?;
    }

    let labels = ["alignment", "family", "severity"];
    page.family("obstructions", "Obstructions to joint working. They show obstacles, not outcomes.");
    for (key, count) in table("obstruction")?.count(&labels)? {
        page.sample("obstructions", &with(name, &labels, &key), &count.to_string());
    }
    page.family("findings", "What was imperfect in the input.");
    for (key, count) in table("finding")?.count(&["finding_id", "severity"])? {
        page.sample("findings", &with(name, &["finding", "severity"], &key), &count.to_string());
    }

    let mergers = table("merger_headline")?;
    let labels = ["succession", "basis", "side", "effect"];
    page.family("merger_bodies", "Bodies that a succession or proposal improved, worsened or left as they were.");
    mergers.each(&labels, "bodies", |key, value| {
        page.sample("merger_bodies", &with(name, &labels, key), value);
        Ok(())
    })?;

    let places = table("place")?;
    let obstructed = places.sum(&["alignment"], "obstructions", |count| i128::from(count > 0))?;
    page.family("places_obstructed", "Places with an obstruction.");
    for (key, (count, _, _)) in &obstructed {
        page.sample("places_obstructed", &with(name, &["alignment"], key), &count.to_string());
    }
    page.family("people_exposed", "People whom obstructions expose, each once, of the places where it is known.");
    for (key, people) in places.people(&["alignment"], "people_exposed")? {
        page.sample("people_exposed", &with(name, &["alignment"], &key), &decimal(people));
    }

    let lines = table("reconciliation")?;
    let labels = ["alignment", "side", "fiscal_year"];
    let (all, unknown) = (lines.sum(&labels, "lines", |count| count)?, lines.sum(&labels, "unknown_lines", |count| count)?);
    let mut stated = lines.sum(&labels, "stated_pence", |pence| pence)?;
    // Lines that are all unknown are stated as a sum of nothing, which is not 0 pounds.
    stated.retain(|key, _| all.get(key).map(|sums| sums.0) != unknown.get(key).map(|sums| sums.0));
    pounds(page, name, "budget_pounds", "Known budget lines.", &labels, stated);
    page.family("budget_unknown_lines", "Budget lines of unknown amount.");
    for (key, (count, _, _)) in unknown {
        page.sample("budget_unknown_lines", &with(name, &labels, &key), &count.to_string());
    }
    let labels = ["alignment", "fiscal_year"];
    let outside = table("budget_body")?.only("side", "health")?.sum(&labels, "outside_main_pence", |pence| pence)?;
    page.family("outside_main_unknown_figures", "Figures of NHS bodies and services whose money outside the main council is not known.");
    for (key, (_, _, unknown)) in &outside {
        page.sample("outside_main_unknown_figures", &with(name, &labels, key), &unknown.to_string());
    }
    pounds(
        page,
        name,
        "outside_main_pounds",
        "NHS money for people outside the main council of their NHS body, where known.",
        &labels,
        outside,
    );
    Ok(())
}

const RATE_LABELS: [&str; 5] = ["alignment", "basis", "definition", "side", "tolerance"];

type Key = Vec<Option<String>>;
/// Sum of the known cells, how many there are, and how many are not known.
type Sums = BTreeMap<Key, (i128, usize, usize)>;

fn pounds(page: &mut Page, dataset: &str, metric: &str, help: &str, labels: &[&str], sums: Sums) {
    page.family(metric, help);
    for (key, (pence, known, _)) in sums {
        // A sum of nothing known is not known.
        if known > 0 {
            let sign = if pence < 0 { "-" } else { "" };
            let value = pence.unsigned_abs();
            page.sample(metric, &with(dataset, labels, &key), &format!("{sign}{}.{:02}", value / 100, value % 100));
        }
    }
}

/// The dataset's name and these labels; a part of a key that is null has no label.
fn with<'a>(dataset: &'a str, labels: &[&'a str], key: &'a [Option<String>]) -> Vec<(&'a str, &'a str)> {
    let own = labels.iter().zip(key).filter_map(|(label, part)| Some((*label, part.as_deref()?)));
    std::iter::once(("dataset", dataset)).chain(own).collect()
}

fn flag(answer: bool) -> String {
    u8::from(answer).to_string()
}

fn decimal(number: f64) -> String {
    // Six decimals are a microsecond; more would be noise.
    let text = format!("{number:.6}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() || short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// A published table.
struct Rows(TextTable);

impl Rows {
    fn columns(&self, names: &[&str]) -> Result<Vec<usize>> {
        names.iter().map(|name| self.0.require(name)).collect()
    }

    fn key(&self, row: usize, columns: &[usize]) -> Key {
        columns.iter().map(|column| self.0.cell(row, *column).map(str::to_owned)).collect()
    }

    /// Rows in which a column says this.
    fn only(self, column: &str, text: &str) -> Result<Only> {
        let column = self.0.require(column)?;
        let rows = (0..self.0.len()).filter(|row| self.0.cell(*row, column) == Some(text)).collect();
        Ok(Only { rows, table: self })
    }

    fn all(&self) -> Vec<usize> {
        (0..self.0.len()).collect()
    }

    /// Each row's key and value, where the value is known.
    fn each(&self, key: &[&str], value: &str, mut tell: impl FnMut(&[Option<String>], &str) -> Result<()>) -> Result<()> {
        let (key, value) = (self.columns(key)?, self.0.require(value)?);
        for row in 0..self.0.len() {
            if let Some(value) = self.0.cell(row, value) {
                tell(&self.key(row, &key), value)?;
            }
        }
        Ok(())
    }

    /// Rows of each key.
    fn count(&self, key: &[&str]) -> Result<BTreeMap<Key, usize>> {
        let key = self.columns(key)?;
        let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
        for row in 0..self.0.len() {
            let count = counts.entry(self.key(row, &key)).or_default();
            *count = count.saturating_add(1);
        }
        Ok(counts)
    }

    fn sum(&self, key: &[&str], value: &str, of: impl Fn(i128) -> i128) -> Result<Sums> {
        self.sum_of(&self.all(), key, value, of)
    }

    fn sum_of(&self, rows: &[usize], key: &[&str], value: &str, of: impl Fn(i128) -> i128) -> Result<Sums> {
        let (key, column) = (self.columns(key)?, self.0.require(value)?);
        let mut sums = Sums::new();
        for &row in rows {
            let (sum, known, unknown) = sums.entry(self.key(row, &key)).or_default();
            match self.0.cell(row, column) {
                None => *unknown = unknown.saturating_add(1),
                Some(text) => {
                    let number = text.parse::<i64>().map_err(|_| self.no_number(row, value, text))?;
                    // i64 pence a row: an i128 holds the sum of more rows than a file can have.
                    *sum = sum.saturating_add(of(i128::from(number)));
                    *known = known.saturating_add(1);
                }
            }
        }
        Ok(sums)
    }

    /// Sums of people, in millionths as inside the program, so that the order of rows does not show.
    fn people(&self, key: &[&str], value: &str) -> Result<BTreeMap<Key, f64>> {
        let (key, column) = (self.columns(key)?, self.0.require(value)?);
        let mut sums: BTreeMap<Key, i128> = BTreeMap::new();
        for row in 0..self.0.len() {
            if let Some(text) = self.0.cell(row, column) {
                let number: f64 = text.parse().map_err(|_| self.no_number(row, value, text))?;
                let sum = sums.entry(self.key(row, &key)).or_default();
                *sum = sum.saturating_add((number * 1e6).round() as i128);
            }
        }
        Ok(sums.into_iter().map(|(key, sum)| (key, sum as f64 / 1e6)).collect())
    }

    fn no_number(&self, row: usize, column: &str, found: &str) -> InputProblem {
        InputProblem::new(&self.0.path, format!("holds \"{found}\""), "a number", "publish the run again")
            .record(self.0.row_number(row))
            .field(column)
    }
}

/// Some rows of a table.
struct Only {
    table: Rows,
    rows: Vec<usize>,
}

impl Only {
    fn sum(&self, key: &[&str], value: &str, of: impl Fn(i128) -> i128) -> Result<Sums> {
        self.table.sum_of(&self.rows, key, value, of)
    }
}

/// The file being written: every family once, its samples after it.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        // Writing to a String cannot fail; the same below.
        let _ = writeln!(self.text, "# HELP coterminous_{name} {help}\n# TYPE coterminous_{name} gauge");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: &str) {
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let labels: Vec<String> = labels.iter().map(|(label, text)| format!("{label}=\"{}\"", quoted(text))).collect();
        let _ = writeln!(self.text, "coterminous_{name}{{{}}} {value}", labels.join(","));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_label_holds_cannot_end_it() {
        let mut page = Page::default();
        page.sample("x", &[("config", "a\"b\\c\nd")], "1");
        assert_eq!(page.text, "coterminous_x{config=\"a\\\"b\\\\c\\nd\"} 1\n");
    }

    #[test]
    fn pence_become_pounds_exactly_and_nothing_known_is_no_line() {
        let mut page = Page::default();
        let key = |text: &str| vec![Some(text.to_owned()), None];
        let sums = BTreeMap::from([(key("a"), (-105, 1, 0)), (key("b"), (0, 0, 3)), (key("c"), (900_719_925_474_099_300, 1, 0))]);
        pounds(&mut page, "d", "p", "Help.", &["alignment", "fiscal_year"], sums);
        let samples: Vec<&str> = page.text.lines().skip(2).collect();
        assert_eq!(
            samples,
            ["coterminous_p{dataset=\"d\",alignment=\"a\"} -1.05", "coterminous_p{dataset=\"d\",alignment=\"c\"} 9007199254740993.00"]
        );
    }

    #[test]
    fn a_failed_first_run_says_that_and_nothing_of_figures() {
        let ending = Ending::Failed { exit_code: 3, message: "no".to_owned() };
        let attempt = Attempt { config: "x.toml", ending: &ending, seconds: 0.25, ended_at: 1.5 };
        let text = text(&attempt, None).unwrap();
        assert!(text.contains("coterminous_run_success{config=\"x.toml\"} 0\n"), "{text}");
        assert!(text.contains("coterminous_run_exit_code{config=\"x.toml\"} 3\n"));
        assert!(text.contains("coterminous_run_duration_seconds{config=\"x.toml\"} 0.25\n"));
        assert!(!text.contains("coterminous_published"), "{text}");
    }
}
