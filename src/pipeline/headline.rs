//! The first lines of a run's summary: who is on the wrong side of a line, and how often boundaries match.

use std::fmt::Write as _;

use super::summary::{number, percent, thousands, wrap};
use crate::config::Plan;
use crate::domain::TextTable;
use crate::error::Result;
use crate::words::apart;

/// How many crossing parts of an alignment are listed.
const PARTS: usize = 5;

/// The tables that the headline is made of.
#[derive(Debug)]
pub(super) struct Headline {
    pub nestings: TextTable,
    pub crossings: TextTable,
    pub rates: TextTable,
}

impl Headline {
    /// For each alignment, by people where it has people: the people and pounds on the wrong side of a line, the largest parts with where they
    /// would belong, the agreements that joint working needs, and the rates with both denominators.
    ///
    /// # Errors
    /// [`crate::Error::Input`] if a column is not there.
    pub fn write(&self, text: &mut String, plan: &Plan) -> Result<()> {
        for planned in &plan.alignments {
            let id = &planned.id;
            let Some((row, by_people)) = self.row_of(id)? else { continue };
            let _ = writeln!(text, "\nOn the wrong side of a line: {id} (by {})", if by_people { "people" } else { "area" });
            wrap(text, "  ", &self.total(id, row, by_people)?);
            let parts = self.parts(id, by_people)?;
            for (at, words) in parts.iter().enumerate().take(PARTS) {
                wrap(text, &format!("  {}. ", at.saturating_add(1)), words);
            }
            if parts.len() > PARTS {
                let _ = writeln!(text, "     and {} more, in table crossing", parts.len().saturating_sub(PARTS));
            }
            let agreements = number(&self.nestings, row, self.nestings.require("agreements")?).unwrap_or(0.0);
            let _ = writeln!(text, "  Agreements that joint working everywhere would need: {}", thousands(agreements));
            for (definition, words) in [("strict", "One body, one council"), ("structural", "Fit by whole bodies or councils")] {
                self.rate(text, plan, id, by_people, definition, words)?;
            }
        }
        Ok(())
    }

    /// The row of table nesting that an alignment is told by, and whether that is by people; `None` where it has none.
    fn row_of(&self, id: &str) -> Result<Option<(usize, bool)>> {
        let basis = self.nestings.require("basis")?;
        let rows = of(&self.nestings, id)?;
        let by_people = rows.iter().copied().find(|row| self.nestings.cell(*row, basis) == Some("people"));
        Ok(by_people.or_else(|| rows.first().copied()).map(|row| (row, by_people.is_some())))
    }

    /// In a line: who is on the wrong side of a line in an alignment. `None` where it was not measured.
    pub fn of_alignment(&self, id: &str) -> Result<Option<String>> {
        let Some((row, by_people)) = self.row_of(id)? else { return Ok(None) };
        Ok(Some(self.total(id, row, by_people)?))
    }

    /// The crossing parts of an alignment in words, largest first.
    pub fn parts_of(&self, id: &str) -> Result<Vec<String>> {
        match self.row_of(id)? {
            Some((_, by_people)) => self.parts(id, by_people),
            None => Ok(Vec::new()),
        }
    }

    /// "625,560 of 53,012,456 people (1.2%), in 13 parts; ...".
    fn total(&self, id: &str, row: usize, by_people: bool) -> Result<String> {
        let table = &self.nestings;
        let value = |name: &str| Ok::<_, crate::Error>(number(table, row, table.require(name)?));
        let amount = |value: Option<f64>| match value {
            Some(value) if by_people => thousands(value),
            Some(value) => format!("{:.1} km2", value / 1e6),
            None => "an unknown number".to_owned(),
        };
        let parts = value("parts")?.unwrap_or(0.0);
        let crossing = value("crossing")?;
        let mut words = format!("{} of {}", amount(crossing), amount(value("total")?));
        if by_people {
            words.push_str(" people");
        }
        if let Some(share) = value("crossing_share")?.filter(|_| parts > 0.0) {
            let _ = write!(words, " ({}), in {} {}", percent(share), thousands(parts), if parts == 1.0 { "part" } else { "parts" });
        }
        for (column, whose) in [("health_pence", "NHS"), ("council_pence", "council")] {
            if let Some(pounds) = self.pounds(id, by_people, column)? {
                let _ = write!(words, "; {whose} money in them {pounds}");
            }
        }
        if let Some(unknown) = value("unknown_pairs")?.filter(|unknown| *unknown > 0.0) {
            let (pairs, have) = if unknown == 1.0 { ("pair", "has") } else { ("pairs", "have") };
            let _ = write!(words, "; how many people {} more {pairs} {have} is not known", thousands(unknown));
        } else if table.cell(row, table.require("proved")?) == Some("false") {
            let _ = write!(words, "; the best that the search found, at least {}", amount(value("bound")?));
        }
        Ok(words)
    }

    /// Money in the parts, of those where it is known: "£1.2m", or "£1.2m (known for 3 of 13 parts)". `None` where none is.
    fn pounds(&self, id: &str, by_people: bool, column: &str) -> Result<Option<String>> {
        let table = &self.crossings;
        let column = table.require(column)?;
        let rows = self.rows_of(id, by_people)?;
        let known: Vec<f64> = rows.iter().filter_map(|row| number(table, *row, column)).collect();
        if known.is_empty() {
            return Ok(None);
        }
        let sum = known.iter().sum::<f64>();
        let pounds = crate::words::pounds(crate::domain::Pence(sum as i64));
        let rest = if known.len() < rows.len() { format!(" (known for {} of {} parts)", known.len(), rows.len()) } else { String::new() };
        Ok(Some(format!("{pounds}{rest}")))
    }

    fn rows_of(&self, id: &str, by_people: bool) -> Result<Vec<usize>> {
        let basis = self.crossings.require("basis")?;
        let wanted = if by_people { "people" } else { "area" };
        let rows = of(&self.crossings, id)?;
        Ok(rows.into_iter().filter(|row| self.crossings.cell(*row, basis) == Some(wanted)).collect())
    }

    /// The largest parts, with where they would belong.
    fn parts(&self, id: &str, by_people: bool) -> Result<Vec<String>> {
        let table = &self.crossings;
        let column = |name: &str| table.require(name);
        let (rank, people, area) = (column("rank")?, column("people")?, column("area_m2")?);
        let names = |name: &str, code: &str| Ok::<_, crate::Error>((column(name)?, column(code)?));
        let (left, right) = (names("left_name", "left_code")?, names("right_name", "right_code")?);
        let health = names("health_would_be_name", "health_would_be")?;
        let council = names("council_would_be_name", "council_would_be")?;
        let mut rows = self.rows_of(id, by_people)?;
        rows.sort_by_key(|row| number(table, *row, rank).map_or(usize::MAX, |rank| rank as usize));
        let name = |row: usize, columns: (usize, usize)| table.cell(row, columns.0).or_else(|| table.cell(row, columns.1));
        let mut parts = Vec::with_capacity(rows.len());
        for row in rows {
            let much = match number(table, row, if by_people { people } else { area }) {
                Some(value) if by_people => format!("{} people", thousands(value)),
                Some(value) => format!("{:.1} km2", value / 1e6),
                None => "an unknown number of people".to_owned(),
            };
            let (body, within) = apart(name(row, left).unwrap_or("?"), name(row, right).unwrap_or("?"));
            let mut words = format!("{much} of {body} in {within}");
            match (name(row, health), name(row, council)) {
                (Some(health), _) => {
                    let _ = write!(words, "; would belong to {health}");
                }
                (None, Some(council)) => {
                    let _ = write!(words, "; would belong to {council} council");
                }
                (None, None) => {}
            }
            parts.push(words);
        }
        Ok(parts)
    }

    /// "One body, one council: 110 of 151 NHS bodies (72.8%), 110 of 152 councils (72.4%)".
    fn rate(&self, text: &mut String, plan: &Plan, id: &str, by_people: bool, wanted: &str, words: &str) -> Result<()> {
        let table = &self.rates;
        let column = |name: &str| table.require(name);
        let (basis, definition, equal, side) = (column("basis")?, column("definition")?, column("equal")?, column("side")?);
        let (coterminous, all, share) = (column("coterminous")?, column("of")?, column("share")?);
        let mut sides = Vec::new();
        for (who, bodies) in [("health", "NHS bodies"), ("council", "councils")] {
            let is = |row: &usize| {
                table.cell(*row, basis) == Some(if by_people { "people" } else { "area" })
                    && table.cell(*row, definition) == Some(wanted)
                    && table.cell(*row, side) == Some(who)
                    && number(table, *row, equal).is_some_and(|value| (value - plan.tolerances.equal).abs() < 1e-12)
            };
            let Some(row) = of(table, id)?.into_iter().find(is) else { continue };
            let share = number(table, row, share).map_or_else(|| "unknown".to_owned(), percent);
            let (count, all) = (table.cell(row, coterminous).unwrap_or("?"), table.cell(row, all).unwrap_or("?"));
            sides.push(format!("{count} of {all} {bodies} ({share})"));
        }
        if !sides.is_empty() {
            wrap(text, "  ", &format!("{words}: {}", sides.join(", ")));
        }
        Ok(())
    }
}

/// Rows of an alignment.
fn of(table: &TextTable, id: &str) -> Result<Vec<usize>> {
    let alignment = table.require("alignment")?;
    Ok((0..table.len()).filter(|row| table.cell(*row, alignment) == Some(id)).collect())
}
