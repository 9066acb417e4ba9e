//! The short forms of a run's summary: at most forty lines for a terminal, at most ten for a log.

use std::path::Path;

use super::summary::{Summary, number, thousands, title, wrap};
use crate::config::Plan;
use crate::error::Result;
use crate::words::{count, short_name};

/// Lines of the summary on a terminal; the command adds what to do next, so that all of it fits forty.
const SCREEN: usize = 37;

/// Lines of one item at most; what is longer ends with an ellipsis.
const LINES: usize = 2;

/// Lines of the short summary.
const SHORT: usize = 10;

/// How many items of each kind a summary on a terminal begins with: alignments, crossing parts, changes, obstructions, places.
const MOST: [usize; 5] = [6, 5, 4, 4, 2];

/// Fewer than these are not shown, however long the lines are.
const LEAST: [usize; 5] = [2, 2, 1, 2, 1];

impl Summary {
    /// The summary for a terminal, 80 characters wide and at most 37 lines: who is on the wrong side of a line, the largest parts, changes,
    /// the worst obstructions, what would help, and where the dataset is. Long names are shortened ([`short_name`]).
    ///
    /// # Errors
    /// [`crate::Error::Input`] if a column is not there.
    pub fn screen(&self, plan: &Plan, run: &Path, unchanged: bool) -> Result<String> {
        let names = self.long_names()?;
        let mut most = MOST;
        loop {
            let text = self.at_most(plan, run, unchanged, most, &names)?;
            // The kind with the most items above its least gives one up.
            let spare = most.iter().zip(LEAST).map(|(most, least)| most.saturating_sub(least));
            let largest = spare.enumerate().max_by_key(|(at, spare)| (*spare, usize::MAX.saturating_sub(*at)));
            match largest.filter(|(_, spare)| *spare > 0 && text.lines().count() > SCREEN) {
                Some((at, _)) => most.iter_mut().skip(at).take(1).for_each(|most| *most = most.saturating_sub(1)),
                None => return Ok(text),
            }
        }
    }

    fn at_most(&self, plan: &Plan, run: &Path, unchanged: bool, most: [usize; 5], names: &[(String, String)]) -> Result<String> {
        let [alignments, parts, changes, obstructions, places] = most;
        let mut text = format!("{}\n", title(plan, unchanged));
        let mut section = |heading: &str, items: &[(String, String)], shown: usize, rest: &str| {
            if items.is_empty() {
                return;
            }
            text.push_str(&format!("\n{heading}\n"));
            for (label, words) in items.iter().take(shown) {
                few_lines(&mut text, label, &shortened(words, names));
            }
            let more = items.len().saturating_sub(shown);
            if more > 0 && !rest.is_empty() {
                text.push_str(&format!("  and {more} more, in {rest}\n"));
            }
        };
        let mut totals = Vec::new();
        // Of the newest alignment, the last in the config, that has any.
        let mut largest: (&str, Vec<String>) = ("", Vec::new());
        for planned in &plan.alignments {
            if let Some(words) = self.headline.of_alignment(&planned.id)? {
                totals.push((format!("  {}: ", planned.id), words));
            }
            let found = self.headline.parts_of(&planned.id)?;
            if !found.is_empty() {
                largest = (&planned.id, found);
            }
        }
        section("Who is on the wrong side of a line", &totals, alignments, "table nesting");
        let numbered = |words: Vec<String>| (1u64..).zip(words).map(|(at, words)| (format!("  {at}. "), words)).collect::<Vec<_>>();
        section(&format!("The largest parts in {}", largest.0), &numbered(largest.1), parts, "table crossing");
        section("What changes did: people on the wrong side of a line", &self.changes()?, changes, "table merger_headline");
        let told = self.worst(obstructions).into_iter();
        let worst: Vec<(String, String)> =
            told.map(|told| (format!("  {:<6} {} ", told.severity.as_str(), told.id), told.message.clone())).collect();
        section(&self.counts(), &worst, obstructions, "");
        section("What would help most", &self.helps(plan)?, places, "");
        let findings = self.findings.values().sum::<usize>();
        text.push_str(&format!("\nInput: {} (table finding)\n", count(findings, "finding", "findings")));
        text.push_str(&format!("Report: {}\n", run.join("report.html").display()));
        text.push_str("These are obstacles, not outcomes. All of it: --summary full\n");
        Ok(text)
    }

    /// The summary for a log, at most ten lines.
    ///
    /// # Errors
    /// [`crate::Error::Input`] if a column is not there.
    pub fn short(&self, plan: &Plan, run: &Path, unchanged: bool) -> Result<String> {
        let mut lines = vec![title(plan, unchanged)];
        let mut totals = Vec::new();
        for planned in &plan.alignments {
            if let Some(words) = self.headline.of_alignment(&planned.id)? {
                totals.push(format!("{}: on the wrong side of a line {words}", planned.id));
            }
        }
        // Title, obstructions, findings, report, what next: the rest is for alignments.
        let room = SHORT.saturating_sub(6);
        let more = totals.len().saturating_sub(room);
        lines.extend(totals.into_iter().take(room));
        if more > 0 {
            lines.push(format!("and {}, in table nesting", count(more, "more alignment", "more alignments")));
        }
        lines.push(self.counts());
        lines.push(format!("Findings about the input: {}", self.findings.values().sum::<usize>()));
        lines.push(format!("Report: {}", run.join("report.html").display()));
        Ok(lines.join("\n") + "\n")
    }

    /// "Obstructions: 563 high, 891 medium, 1,388 low, 539 info".
    fn counts(&self) -> String {
        let counts = self.by_severity().map(|(severity, count)| format!("{} {}", thousands(count as f64), severity.as_str()));
        format!("Obstructions: {}", counts.join(", "))
    }

    /// What each succession did to the people on the wrong side of a line.
    fn changes(&self) -> Result<Vec<(String, String)>> {
        let table = &self.headlines;
        let column = |name: &str| table.require(name);
        let (succession, basis) = (column("succession")?, column("basis")?);
        let (before, after) = (column("crossing_before")?, column("crossing_after")?);
        let mut lines: Vec<(String, String)> = Vec::new();
        for row in 0..table.len() {
            let label = format!("  {}: ", table.cell(row, succession).unwrap_or("?"));
            let by_people = table.cell(row, basis) == Some("people");
            let (Some(was), Some(is)) = (number(table, row, before), number(table, row, after)) else { continue };
            if by_people && !lines.iter().any(|(known, _)| *known == label) {
                lines.push((label, format!("{} before, {} after", thousands(was), thousands(is))));
            }
        }
        Ok(lines)
    }

    /// Of the last alignment whose places have one: the first places with the change that would help most.
    fn helps(&self, plan: &Plan) -> Result<Vec<(String, String)>> {
        let table = &self.places;
        let column = |name: &str| table.require(name);
        let (alignment, rank, change, removes) = (column("alignment")?, column("rank")?, column("change")?, column("change_removes")?);
        for planned in plan.alignments.iter().rev() {
            let mut rows: Vec<usize> = (0..table.len()).filter(|row| table.cell(*row, alignment) == Some(&planned.id)).collect();
            rows.sort_by_key(|row| number(table, *row, rank).map_or(usize::MAX, |rank| rank as usize));
            let helps = rows.into_iter().filter_map(|row| {
                let flags = count(number(table, row, removes)? as usize, "flag", "flags");
                Some((
                    format!("  place {}: ", table.cell(row, rank)?),
                    format!("{} (removes {flags})", table.cell(row, change)?.trim_end_matches('.')),
                ))
            });
            let helps: Vec<(String, String)> = helps.collect();
            if !helps.is_empty() {
                return Ok(helps);
            }
        }
        Ok(Vec::new())
    }

    /// Names that have a shorter form, with that, longest first.
    fn long_names(&self) -> Result<Vec<(String, String)>> {
        let table = &self.places;
        let mut names: Vec<(String, String)> = Vec::new();
        for column in [table.require("health_names")?, table.require("council_names")?] {
            for name in (0..table.len()).filter_map(|row| table.cell(row, column)).flat_map(|names| names.split(';')) {
                let (name, short) = (name.trim(), short_name(name.trim()));
                if short != name && !names.iter().any(|(known, _)| known == name) {
                    names.push((name.to_owned(), short));
                }
            }
        }
        names.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then(a.0.cmp(&b.0)));
        Ok(names)
    }
}

/// A text with long names shortened.
fn shortened(text: &str, names: &[(String, String)]) -> String {
    names.iter().fold(text.to_owned(), |text, (long, short)| text.replace(long.as_str(), short))
}

/// Words after a label, in two lines at most.
fn few_lines(text: &mut String, label: &str, words: &str) {
    let mut wrapped = String::new();
    wrap(&mut wrapped, label, words);
    let lines: Vec<&str> = wrapped.lines().collect();
    if lines.len() <= LINES {
        text.push_str(&wrapped);
        return;
    }
    let kept: String = lines.iter().take(LINES).map(|line| format!("{line}\n")).collect();
    // Room for the ellipsis: the last word goes if need be.
    let kept = kept.trim_end();
    let last = kept.lines().last().map_or(0, |line| line.chars().count());
    let kept = if last > 76 { kept.rsplit_once(' ').map_or(kept, |(kept, _)| kept) } else { kept };
    text.push_str(&format!("{}...\n", kept.trim_end_matches([',', ';', ':', '.'])));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_words_end_in_an_ellipsis_within_the_width() {
        let mut text = String::new();
        few_lines(&mut text, "  1. ", &"overlapping ".repeat(40));
        assert_eq!(text.lines().count(), LINES);
        assert!(text.ends_with("...\n") && text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}
