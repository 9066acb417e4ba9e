//! One body, or one pair of bodies, explained in sentences from the tables of a published run.
//!
//! Nothing is computed here: every sentence says what rows say, and carries them, so that a reader can go on from there.

mod body;
mod pair;

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::budgets::nearest;
use crate::error::{InputProblem, Result};
use crate::published::{Published, Row, Rows};
use crate::tables;

/// Sentences under a heading where the rows behind them were not asked for.
const SENTENCES: usize = 8;

/// What there is to say of a body or a pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// Code of the body.
    pub code: String,
    /// Code of the partner, for the story of a pair.
    pub partner: Option<String>,
    /// Sentences by heading, in the order in which they are told.
    pub parts: Vec<Part>,
}

/// Sentences about one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What they are about.
    pub heading: &'static str,
    /// The sentences.
    pub told: Vec<Told>,
}

/// A sentence and the rows behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The sentence.
    pub sentence: String,
    /// Rows of published tables: table, the row as text, the row as JSON.
    pub rows: Vec<(&'static str, String, Json)>,
}

impl Told {
    fn new(sentence: String, rows: &[Row<'_>]) -> Self {
        Self { sentence, rows: rows.iter().map(|row| (row.table(), row.line(), row.json())).collect() }
    }
}

impl Story {
    /// Sentences under headings, at most eight under each, and how many more there are; with `rows`, all of them, each followed by the rows behind it.
    pub fn text(&self, rows: bool) -> String {
        let mut text = String::new();
        for part in &self.parts {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(part.heading);
            text.push('\n');
            let shown = if rows { part.told.len() } else { SENTENCES };
            for told in part.told.iter().take(shown) {
                text.push_str(&format!("  {}\n", told.sentence));
                for (table, line, _) in told.rows.iter().filter(|_| rows) {
                    text.push_str(&format!("      {table}: {line}\n"));
                }
            }
            let more = part.told.len().saturating_sub(shown);
            if more > 0 {
                text.push_str(&format!("  and {more} more (--rows shows all)\n"));
            }
        }
        text
    }

    /// The story as JSON: `{code, partner, parts: [{heading, sentences: [{sentence, rows: [{table, row}]}]}]}`.
    pub fn json(&self) -> Json {
        let told = |told: &Told| {
            let rows: Vec<Json> = told.rows.iter().map(|(table, _, row)| json!({ "table": table, "row": row })).collect();
            json!({ "sentence": told.sentence, "rows": rows })
        };
        let part = |part: &Part| json!({ "heading": part.heading, "sentences": part.told.iter().map(told).collect::<Vec<_>>() });
        json!({ "code": self.code, "partner": self.partner, "parts": self.parts.iter().map(part).collect::<Vec<_>>() })
    }
}

/// The story of the body with a code (or, where no code is meant, a name) in a dataset's current run or a run's folder; of the pair, with a partner.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) if a table is not there or of another version, if no body has the code (the nearest is suggested), or
/// if the two bodies never meet in an alignment.
pub fn explain(run: &Path, code: &str, partner: Option<&str>) -> Result<Story> {
    let published = Published::open(run)?;
    let run = published.folder();
    let areas = published.rows(&tables::AREA)?;
    let code = meant(run, &areas, code)?;
    match partner {
        None => Ok(Story { parts: body::parts(&published, &areas, &code)?, code, partner: None }),
        Some(partner) => {
            let partner = meant(run, &areas, partner)?;
            Ok(Story { parts: pair::parts(run, &published, &code, &partner)?, code, partner: Some(partner) })
        }
    }
}

/// The code that a text means: itself, or that of the one body with the name.
fn meant(run: &Path, areas: &Rows, text: &str) -> Result<String> {
    if areas.iter().any(|row| row.is("code", text)) {
        return Ok(text.to_owned());
    }
    let wanted = text.to_lowercase();
    let mut named: Vec<&str> = areas
        .iter()
        .filter(|row| !row.is("role", "blocks") && row.text("name").is_some_and(|name| name.to_lowercase() == wanted))
        .filter_map(|row| row.text("code"))
        .collect();
    named.sort_unstable();
    named.dedup();
    if let [code] = named.as_slice() {
        return Ok((*code).to_owned());
    }
    let remedy = if named.len() > 1 {
        format!("bodies of that name: {}; give the code of one", named.join(", "))
    } else {
        let known = || areas.iter().filter(|row| !row.is("role", "blocks"));
        let near = nearest(text, known().filter_map(|row| row.text("code")));
        let near = near.or_else(|| nearest(text, known().filter_map(|row| row.text("name"))));
        near.map_or_else(|| "see table area for all codes".to_owned(), |near| format!("did you mean `{near}`?"))
    };
    let found = if named.len() > 1 {
        format!("`{text}` is the name of {} bodies", named.len())
    } else {
        format!("no body has the code or name `{text}`")
    };
    Err(InputProblem::new(run.join("area.parquet"), found, "the code or name of a body of the run", remedy).into())
}

/// "spanning body" for "spanning_body".
fn words(text: &str) -> String {
    text.replace('_', " ")
}

/// "in 2007-08", or nothing.
fn in_year(row: Row<'_>) -> String {
    row.text("fiscal_year").map_or_else(String::new, |year| format!(" in {year}"))
}

/// "older people", or "all services".
fn service(row: Row<'_>) -> String {
    match row.text("service") {
        None | Some("all") => "all services".to_owned(),
        Some(service) => words(service),
    }
}

/// What rules found, of high severity first.
fn obstructions(published: &Published, concerns: impl Fn(Row<'_>) -> bool) -> Result<Part> {
    let rows = published.rows(&tables::OBSTRUCTION)?;
    let rank = |row: &Row<'_>| ["high", "medium", "low", "info"].iter().position(|word| row.is("severity", word));
    let mut found: Vec<Row<'_>> = rows.iter().filter(|row| concerns(*row)).collect();
    found.sort_by_key(rank);
    let told = found.iter().map(|row| {
        let cell = |column| row.text(column).unwrap_or("");
        let place = row.text("alignment").map_or_else(String::new, |place| format!(" [{place}]"));
        let sentence = format!("{} {}, {}: {}{place}", cell("obstruction_id"), cell("severity"), cell("confidence"), cell("message"));
        Told::new(sentence, &[*row])
    });
    let mut told: Vec<Told> = told.collect();
    if told.is_empty() {
        told.push(Told::new("No rule found anything.".to_owned(), &[]));
    }
    Ok(Part { heading: "What is in the way (obstacles, not outcomes)", told })
}
