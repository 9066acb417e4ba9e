//! What a person should know when a run is over, read back from what was published: so it says the same of a run that was skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use super::headline::Headline;
use crate::config::{Limits, Plan};
use crate::domain::finding::CATALOGUE;
use crate::domain::{Pence, Severity, TextTable};
use crate::error::Result;
use crate::io;
use crate::words::{count, pounds};

/// Width that the summary keeps to, characters.
const WIDTH: usize = 80;

/// How many of the worst obstructions are told in full.
const WORST: usize = 5;

/// How many places of an alignment are told.
const PLACES: usize = 3;

/// An obstruction as published.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Rule.
    pub id: String,
    /// How much it matters.
    pub severity: Severity,
    /// People exposed, if known.
    pub people: Option<f64>,
    /// Pence exposed, if known.
    pub pence: Option<f64>,
    /// What names it in this run and the next (column `obstruction_key`).
    pub key: String,
    /// The sentence.
    pub message: String,
}

/// What a published run says.
#[derive(Debug)]
pub struct Summary {
    pub(super) headline: Headline,
    pub(super) successions: TextTable,
    pub(super) headlines: TextTable,
    pub(super) histories: TextTable,
    pub(super) places: TextTable,
    pub(super) findings: BTreeMap<String, usize>,
    /// Every obstruction, worst first.
    pub obstructions: Vec<Told>,
}

impl Summary {
    /// Reads what a run's folder says.
    ///
    /// # Errors
    /// [`crate::Error::Input`] if a table is not there or not what the program publishes.
    pub fn of(run: &Path, limits: &Limits) -> Result<Self> {
        let table = |name: &str| io::table::read(&run.join(format!("{name}.parquet")), None, limits).map(|read| read.value);
        let found = table("finding")?;
        let id = found.require("finding_id")?;
        let mut findings = BTreeMap::new();
        for row in 0..found.len() {
            let number = findings.entry(found.cell(row, id).unwrap_or("").to_owned()).or_insert(0usize);
            *number = number.saturating_add(1);
        }
        Ok(Self {
            headline: Headline { nestings: table("nesting")?, crossings: table("crossing")?, rates: table("rate")? },
            successions: table("succession")?,
            headlines: table("merger_headline")?,
            histories: table("history")?,
            places: table("place")?,
            findings,
            obstructions: obstructions(&table("obstruction")?)?,
        })
    }

    /// Number of obstructions of each severity, the worst first.
    pub fn by_severity(&self) -> [(Severity, usize); 4] {
        [Severity::High, Severity::Medium, Severity::Low, Severity::Info]
            .map(|severity| (severity, self.obstructions.iter().filter(|told| told.severity == severity).count()))
    }

    /// The summary in full: who is on the wrong side of a line, rates with both denominators, successions, obstructions and the five worst, findings, where the dataset is and what to
    /// ask it. Lines of at most 80 characters, but for paths; above each heading, and nowhere else, is an empty one.
    ///
    /// # Errors
    /// [`crate::Error::Input`] if a column is not there.
    pub fn full(&self, plan: &Plan, run: &Path, unchanged: bool) -> Result<String> {
        let mut text = String::new();
        let heading = |text: &mut String, line: &str| {
            let _ = writeln!(text, "\n{line}");
        };
        let _ = writeln!(text, "{}", title(plan, unchanged));
        self.headline.write(&mut text, plan)?;
        self.successions(&mut text, &heading)?;

        let counts = self.by_severity();
        let list: Vec<String> = counts.iter().map(|(severity, count)| format!("{count} {}", severity.as_str())).collect();
        heading(&mut text, &format!("Obstructions: {}", list.join(", ")));
        for (number, told) in self.worst(WORST).into_iter().enumerate() {
            let label = format!("  {}. {:<6} {}  ", number.saturating_add(1), told.severity.as_str(), told.id);
            wrap(&mut text, &label, &told.message);
        }
        if self.obstructions.is_empty() {
            text.push_str("  none\n");
        }

        text.push_str("  They show obstacles, not outcomes: boundaries are not the only barrier.\n");
        self.places(&mut text, plan, &heading)?;

        heading(&mut text, &format!("Findings about the input: {}", self.findings.values().sum::<usize>()));
        for (id, count) in &self.findings {
            let entry = CATALOGUE.iter().find(|entry| entry.id == id);
            let label = format!("  {id} {count:>7}  ");
            wrap(&mut text, &label, entry.map_or("", |entry| entry.title));
        }
        if self.findings.is_empty() {
            text.push_str("  none\n");
        }

        heading(&mut text, "Dataset");
        let _ = writeln!(text, "  {}", run.display());
        let _ = writeln!(text, "  look at it: open {} in a browser", run.join("report.html").display());
        let _ = writeln!(text, "  docs: coterminous schema; every figure's proof: manifest.json");
        let _ = writeln!(text, "\n  Ask it, for example with DuckDB:");
        let _ = writeln!(text, "  SELECT subject_name, message FROM '{}'", run.join("obstruction.parquet").display());
        let _ = writeln!(text, "  WHERE severity = 'high' ORDER BY people DESC NULLS LAST LIMIT 20;");
        Ok(text)
    }

    /// The first of the obstructions, worst first: one that is in several alignments is there once.
    pub(super) fn worst(&self, most: usize) -> Vec<&Told> {
        let mut worst: Vec<&Told> = Vec::with_capacity(most);
        for told in &self.obstructions {
            if worst.len() < most && !worst.iter().any(|other| other.message == told.message) {
                worst.push(told);
            }
        }
        worst
    }

    fn successions(&self, text: &mut String, heading: &dyn Fn(&mut String, &str)) -> Result<()> {
        let table = &self.successions;
        let (id, kind) = (table.require("succession")?, table.require("type")?);
        let (from, to) = (table.require("from_code")?, table.require("to_code")?);
        let cell = |row: usize, column: usize| table.cell(row, column).unwrap_or("").to_owned();
        // A merger of three is three rows and one merger: rows count by the end they share.
        let mut changes: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for row in 0..table.len() {
            let change = cell(row, kind);
            let unit = match change.as_str() {
                "merged" => cell(row, to),
                "split" => cell(row, from),
                _ => format!("{} {}", cell(row, from), cell(row, to)),
            };
            changes.entry(cell(row, id)).or_default().entry(change).or_default().insert(unit);
        }
        for (succession, kinds) in changes {
            let list: Vec<String> = kinds.iter().map(|(kind, units)| format!("{} {}", units.len(), kind.replace('_', " "))).collect();
            heading(text, &format!("Changes: {succession}"));
            wrap(text, "  ", &list.join(", "));
            self.headline(text, &succession)?;
        }
        self.histories(text, heading)
    }

    /// Improved : worsened : neutral, by NHS bodies, councils and people: on the people basis where there is one, else by area.
    fn headline(&self, text: &mut String, id: &str) -> Result<()> {
        let table = &self.headlines;
        let column = |name: &str| table.require(name);
        let (succession, basis, side, effect) = (column("succession")?, column("basis")?, column("side")?, column("effect")?);
        let (bodies, people) = (column("bodies")?, column("people")?);
        let rows: Vec<usize> = (0..table.len()).filter(|row| table.cell(*row, succession) == Some(id)).collect();
        let wanted = if rows.iter().any(|row| table.cell(*row, basis) == Some("people")) { "people" } else { "area" };
        for (who, word) in [("health", "NHS bodies"), ("council", "councils")] {
            let find = |kind: &str| {
                let is = |row: &&usize| {
                    table.cell(**row, basis) == Some(wanted)
                        && table.cell(**row, side) == Some(who)
                        && table.cell(**row, effect) == Some(kind)
                };
                rows.iter().find(is).copied()
            };
            let (Some(improved), Some(worsened), Some(neutral)) = (find("improved"), find("worsened"), find("neutral")) else { continue };
            let three = [improved, worsened, neutral];
            let counts = three.map(|row| table.cell(row, bodies).unwrap_or("?").to_owned()).join(" : ");
            let known: Option<Vec<String>> = three.iter().map(|row| Some(thousands(number(table, *row, people)?))).collect();
            let unknown = find("unknown").and_then(|row| number(table, row, bodies)).filter(|count| *count > 0.0);
            let mut words = format!("{counts} {word}");
            if let Some(known) = known {
                let _ = write!(words, "; {} people", known.join(" : "));
            }
            if let Some(unknown) = unknown {
                let _ = write!(words, "; {unknown} cannot be compared");
            }
            wrap(text, "  improved : worsened : neutral  ", &words);
        }
        let total = |name: &str| -> Result<Option<f64>> {
            let column = table.require(name)?;
            Ok(rows.iter().find(|row| table.cell(**row, basis) == Some(wanted)).and_then(|row| number(table, *row, column)))
        };
        if let (Some(before), Some(after)) = (total("crossing_before")?, total("crossing_after")?) {
            let (unit, what) = if wanted == "people" { (1.0, "people") } else { (10_000.0, "hectares") };
            let (old, new) = (total("parts_before")?.unwrap_or_default(), total("parts_after")?.unwrap_or_default());
            let words = format!("{} {what} in {old} parts before, {} in {new} after", thousands(before / unit), thousands(after / unit));
            wrap(text, "  on the wrong side of a line  ", &words);
        }
        Ok(())
    }

    /// The places that most stands in the way of, and what would change that.
    fn places(&self, text: &mut String, plan: &Plan, heading: &dyn Fn(&mut String, &str)) -> Result<()> {
        let table = &self.places;
        let column = |name: &str| table.require(name);
        let (alignment, rank, health, council) = (column("alignment")?, column("rank")?, column("health_names")?, column("council_names")?);
        let (all, high, change, removes) = (column("obstructions")?, column("high")?, column("change")?, column("change_removes")?);
        let (people, pence, needed) = (column("people_exposed")?, column("pence_exposed")?, column("agreements_needed")?);
        let wrong_side = column("wrong_side")?;
        for planned in &plan.alignments {
            let of_alignment = (0..table.len()).filter(|row| table.cell(*row, alignment) == Some(&planned.id));
            let standing = of_alignment.filter(|row| number(table, *row, all).is_some_and(|count| count > 0.0));
            let mut rows: Vec<(u64, usize)> = standing.filter_map(|row| Some((table.cell(row, rank)?.parse().ok()?, row))).collect();
            if rows.is_empty() {
                continue;
            }
            rows.sort_unstable();
            heading(text, &format!("Where most stands in the way: {} ({} with flags)", planned.id, count(rows.len(), "place", "places")));
            for (place, row) in rows.into_iter().take(PLACES) {
                let names: Vec<&str> =
                    [health, council].iter().filter_map(|names| table.cell(row, *names)).flat_map(|names| names.split(';')).collect();
                let shown = names.get(..4.min(names.len())).unwrap_or_default().join(", ");
                let more = if names.len() > 4 { format!(" and {} more", names.len().saturating_sub(4)) } else { String::new() };
                let cell = |column: usize| table.cell(row, column).unwrap_or("0");
                let flags = count(cell(all).parse().unwrap_or(0), "flag", "flags");
                let mut words = format!("{shown}{more}: {} {flags}, {} of them high", cell(wrong_side), cell(high));
                if let Some(people) = number(table, row, people) {
                    let _ = write!(words, "; {} people", thousands(people));
                }
                if let Some(pence) = number(table, row, pence) {
                    let _ = write!(words, "; {}", pounds(Pence(pence as i64)));
                }
                let number = |column: usize| cell(column).parse().unwrap_or(0);
                let _ = write!(words, "; {} needed.", count(number(needed), "agreement", "agreements"));
                if let Some(change) = table.cell(row, change) {
                    let _ = write!(words, " What would help most (it removes {}): {change}", count(number(removes), "flag", "flags"));
                }
                wrap(text, &format!("  {place}. "), &words);
            }
        }
        Ok(())
    }

    /// What chains of two and more successions show that no single succession does.
    fn histories(&self, text: &mut String, heading: &dyn Fn(&mut String, &str)) -> Result<()> {
        let table = &self.histories;
        let column = |name: &str| table.require(name);
        let (chain, place, step) = (column("chain")?, column("place")?, column("step")?);
        let (undone, restored, reused) = (column("undone_by")?, column("restored_codes")?, column("code_reused")?);
        let mut chains: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for row in 0..table.len() {
            chains.entry(table.cell(row, chain).unwrap_or("")).or_default().push(row);
        }
        for (chain, rows) in chains {
            let steps = rows.iter().filter_map(|row| table.cell(*row, step)).collect::<BTreeSet<_>>().len();
            if steps < 3 {
                continue;
            }
            let places = rows.iter().filter_map(|row| table.cell(*row, place)).collect::<BTreeSet<_>>().len();
            let filled = |column: usize| rows.iter().filter(|row| table.cell(**row, column).is_some()).count();
            let again = rows.iter().filter(|row| table.cell(**row, reused) == Some("true")).count();
            heading(text, &format!("History: {}", chain.replace(';', " -> ")));
            let words = format!(
                "{} through {steps} vintages; {} later undone, {} of them with an old code or name restored; {} reused",
                count(places, "place", "places"),
                count(filled(undone), "merger", "mergers"),
                filled(restored),
                count(again, "code", "codes"),
            );
            wrap(text, "  ", &words);
        }
        Ok(())
    }
}

/// Name of the run, and whether it was computed.
pub(super) fn title(plan: &Plan, unchanged: bool) -> String {
    let state = if unchanged { "nothing changed since it was published (--force computes again)" } else { "published" };
    format!("{}: {state}", plan.name)
}

fn obstructions(table: &TextTable) -> Result<Vec<Told>> {
    let column = |name: &str| table.require(name);
    let (id, severity, message) = (column("obstruction_id")?, column("severity")?, column("message")?);
    let (people, pence, key) = (column("people")?, column("pence")?, column("obstruction_key")?);
    let mut told: Vec<Told> = (0..table.len())
        .map(|row| Told {
            id: table.cell(row, id).unwrap_or("").to_owned(),
            severity: match table.cell(row, severity) {
                Some("high") => Severity::High,
                Some("medium") => Severity::Medium,
                Some("low") => Severity::Low,
                _ => Severity::Info,
            },
            people: number(table, row, people),
            pence: number(table, row, pence),
            key: table.cell(row, key).unwrap_or("").to_owned(),
            message: table.cell(row, message).unwrap_or("").to_owned(),
        })
        .collect();
    let weight = |value: Option<f64>| value.unwrap_or(0.0);
    // Stable, so that equals keep the order of the table, which is that of its key.
    told.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then(weight(b.people).total_cmp(&weight(a.people))).then(weight(b.pence).total_cmp(&weight(a.pence)))
    });
    Ok(told)
}

pub(super) fn number(table: &TextTable, row: usize, column: usize) -> Option<f64> {
    table.cell(row, column)?.parse().ok()
}

/// Whole people with thousands separators.
pub(super) fn thousands(people: f64) -> String {
    let digits = format!("{people:.0}");
    let mut text = String::with_capacity(digits.len().saturating_mul(2));
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// Writes words after a label, the following lines indented below the first word.
pub(super) fn wrap(text: &mut String, label: &str, words: &str) {
    let indent = label.chars().count();
    text.push_str(label);
    let mut column = indent;
    for (index, word) in words.split_whitespace().enumerate() {
        let length = word.chars().count();
        if index > 0 && column.saturating_add(length) >= WIDTH {
            let _ = write!(text, "\n{:indent$}", "");
            column = indent;
        } else if index > 0 {
            text.push(' ');
            column = column.saturating_add(1);
        }
        text.push_str(word);
        column = column.saturating_add(length);
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_below_the_first() {
        let mut text = String::new();
        wrap(&mut text, "  1. ", &"word ".repeat(30));
        assert!(text.lines().count() > 1);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH));
        assert!(text.lines().skip(1).all(|line| line.starts_with("     word")));
    }

    #[test]
    fn the_worst_is_the_most_severe_then_the_most_people() {
        let columns = ["obstruction_id", "severity", "message", "people", "pence", "obstruction_key"].map(str::to_owned).to_vec();
        let mut table = TextTable::new("obstruction.parquet", None, columns);
        for (row, cells) in [
            ["BND-05", "low", "small", "900000", "", ""],
            ["BND-01", "high", "fewer people", "10", "99", ""],
            ["BND-04", "high", "more people", "20", "", ""],
            ["BND-09", "info", "unknown people", "", "", ""],
        ]
        .into_iter()
        .enumerate()
        {
            table.push(row as u64 + 2, cells);
        }
        let told = obstructions(&table).unwrap_or_default();
        let order: Vec<&str> = told.iter().map(|told| told.message.as_str()).collect();
        assert_eq!(order, ["more people", "fewer people", "small", "unknown people"]);
        assert_eq!(told.last().map(|told| told.people), Some(None));
    }
}
