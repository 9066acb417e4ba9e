//! What the page is made of: columns of published tables, read as they were published.

use serde_json::{Map, Number, Value as Json, json};

use crate::domain::{ColumnType, TableSpec, TextTable};
use crate::error::{Error, InputProblem, Result};
use crate::io::manifest::Manifest;
use crate::published::Published;
use crate::tables;

/// A table of the page and the columns it shows.
struct Shown {
    spec: &'static TableSpec,
    columns: Columns,
}

enum Columns {
    All,
    But(&'static [&'static str]),
    Only(&'static [&'static str]),
}

/// Rows of one kind of finding that the page has; table `finding` has them all, and the page says how many there are.
const FINDINGS: usize = 200;

/// Every table of the page. Names are left out where the page looks them up in table `area`; what nothing on the page shows is left out.
static SHOWN: [Shown; 20] = [
    Shown { spec: &tables::AREA, columns: Columns::But(&["parts", "holes", "vertices"]) },
    Shown {
        spec: &tables::OVERLAP,
        columns: Columns::But(&[
            "left_name",
            "right_name",
            "boundary_m",
            "thickness_m",
            "jaccard_area",
            "jaccard_people",
            "share_right_area",
            "share_right_people",
        ]),
    },
    Shown { spec: &tables::COTERMINOSITY, columns: Columns::But(&["name", "main_partner_name", "mapcurves"]) },
    Shown { spec: &tables::COMPONENT, columns: Columns::All },
    Shown { spec: &tables::ASSOCIATION, columns: Columns::All },
    Shown { spec: &tables::RATE, columns: Columns::All },
    Shown { spec: &tables::NESTING, columns: Columns::All },
    Shown { spec: &tables::CROSSING, columns: Columns::But(&["left_name", "right_name", "health_would_be_name", "council_would_be_name"]) },
    Shown { spec: &tables::SUCCESSION, columns: Columns::All },
    Shown { spec: &tables::MERGER_EFFECT, columns: Columns::But(&["health_effect", "council_effect", "interaction"]) },
    Shown { spec: &tables::MERGER_HEADLINE, columns: Columns::All },
    Shown { spec: &tables::WHAT_IF, columns: Columns::All },
    // What goes and comes alone; what stays is among the flags of the run.
    Shown {
        spec: &tables::WHAT_IF_OBSTRUCTION,
        columns: Columns::Only(&["proposal", "alignment", "state", "severity", "obstruction_id", "message"]),
    },
    Shown {
        spec: &tables::BUDGET_ALIGNMENT,
        columns: Columns::Only(&[
            "alignment",
            "left_code",
            "right_code",
            "service",
            "fiscal_year",
            "health_pence",
            "council_pence",
            "pooled_pence",
        ]),
    },
    // Lines of unknown amount alone: a sum that leaves one out must say so.
    Shown { spec: &tables::BUDGET_LINE, columns: Columns::Only(&["budget", "layer", "code", "service", "fiscal_year", "known"]) },
    // Every body's money for its own people: the NHS body's on side health, the council's on side council.
    Shown {
        spec: &tables::BUDGET_BODY,
        columns: Columns::Only(&["alignment", "side", "code", "service", "fiscal_year", "health_pence", "council_pence"]),
    },
    Shown { spec: &tables::OBSTRUCTION, columns: Columns::But(&["rule_version", "obstruction_key"]) },
    Shown { spec: &tables::PLACE, columns: Columns::But(&["health_names", "council_names"]) },
    Shown { spec: &tables::OPTION, columns: Columns::All },
    Shown { spec: &tables::FINDING, columns: Columns::All },
];

/// Columns of every table of the page: `{"rate": {"rows": 3, "columns": {"side": {"texts": ["health"], "at": [0, null, 0]}, "share": [0.5, 1, 0],
/// "of": {"runs": [64, 3]}}}}`. Text is there once and referred to by number; unknown is null.
///
/// # Errors
/// [`Error::Input`] if a table is not there, is not the file that the manifest describes, or lacks a column.
pub fn tables(run: &Published) -> Result<Json> {
    let mut all = Map::new();
    for shown in &SHOWN {
        let rows = run.rows(shown.spec)?;
        all.insert(shown.spec.name.to_owned(), columns(rows.table(), shown, run.manifest())?);
    }
    Ok(Json::Object(all))
}

fn columns(table: &TextTable, shown: &Shown, manifest: &Manifest) -> Result<Json> {
    let spec = shown.spec;
    let rows: Vec<usize> = match spec.name {
        "area" => {
            let role = table.require("role")?;
            (0..table.len()).filter(|row| table.cell(*row, role) != Some("blocks")).collect()
        }
        "budget_line" => {
            let known = table.require("known")?;
            (0..table.len()).filter(|row| table.cell(*row, known) != Some("true")).collect()
        }
        "what_if_obstruction" => {
            let state = table.require("state")?;
            (0..table.len()).filter(|row| table.cell(*row, state) != Some("kept")).collect()
        }
        "finding" => {
            let id = table.require("finding_id")?;
            let mut count = (None, 0usize);
            let mut few = |row: &usize| {
                let id = table.cell(*row, id);
                count = if count.0 == id { (id, count.1.saturating_add(1)) } else { (id, 1) };
                count.1 <= FINDINGS
            };
            (0..table.len()).filter(|row| few(row)).collect()
        }
        _ => (0..table.len()).collect(),
    };
    let mut columns = Map::new();
    for column in spec.columns {
        let is_shown = match shown.columns {
            Columns::All => true,
            Columns::But(left_out) => !left_out.contains(&column.name),
            Columns::Only(shown) => shown.contains(&column.name),
        };
        if !is_shown {
            continue;
        }
        let index = table.require(column.name)?;
        let cells = || rows.iter().map(|row| (*row, table.cell(*row, index)));
        let made = match column.kind {
            ColumnType::Text | ColumnType::Date => texts(cells().map(|(_, cell)| cell)),
            kind => {
                let values = cells().map(|(row, cell)| match cell {
                    None => Ok(Json::Null),
                    Some(text) => plain(kind, text).ok_or_else(|| {
                        let found = format!("\"{text}\" in a column of another type, published by {}", manifest.program.version);
                        let remedy = "publish the run again with --force";
                        let number = u64::try_from(row).unwrap_or(u64::MAX).saturating_add(1);
                        let problem = InputProblem::new(&table.path, found, column.kind.as_str(), remedy);
                        Error::from(problem.record(number).field(column.name))
                    }),
                });
                listed(values.collect::<Result<_>>()?)
            }
        };
        columns.insert(column.name.to_owned(), made);
    }
    let mut made = Map::new();
    made.insert("rows".to_owned(), json!(rows.len()));
    if spec.name == "finding" {
        made.insert("all".to_owned(), counts(table)?);
    }
    made.insert("columns".to_owned(), Json::Object(columns));
    Ok(Json::Object(made))
}

/// How many findings of each kind there are.
fn counts(table: &TextTable) -> Result<Json> {
    let id = table.require("finding_id")?;
    let mut counts: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for row in 0..table.len() {
        let count = counts.entry(table.cell(row, id).unwrap_or_default()).or_default();
        *count = count.saturating_add(1);
    }
    Ok(json!(counts))
}

/// A number or boolean as published.
fn plain(kind: ColumnType, text: &str) -> Option<Json> {
    match kind {
        ColumnType::Integer => text.parse::<i64>().ok().map(Json::from),
        ColumnType::Number => {
            let number = text.parse::<f64>().ok()?;
            // Whole numbers without ".0": the same number, and most of people and money are whole.
            let whole = number.fract() == 0.0 && number.abs() < 9e15;
            if whole { Some(json!(number as i64)) } else { Number::from_f64(number).map(Json::Number) }
        }
        ColumnType::Boolean => text.parse::<bool>().ok().map(Json::from),
        ColumnType::Text | ColumnType::Date => None,
    }
}

/// Text once, and where it stands.
fn texts<'a>(cells: impl Iterator<Item = Option<&'a str>>) -> Json {
    let mut numbers: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    let (mut texts, mut at) = (Vec::new(), Vec::new());
    for cell in cells {
        at.push(cell.map(|text| {
            *numbers.entry(text).or_insert_with(|| {
                texts.push(text);
                texts.len().saturating_sub(1)
            })
        }));
    }
    json!({ "texts": texts, "at": listed(at.into_iter().map(Json::from).collect()) })
}

/// Values one by one, or, where that is shorter, as runs: a value and how often it comes. Tables are sorted, so keys repeat.
fn listed(values: Vec<Json>) -> Json {
    let mut runs: Vec<Json> = Vec::new();
    for alike in values.chunk_by(|one, other| one == other) {
        runs.extend(alike.first().cloned());
        runs.push(alike.len().into());
    }
    if runs.len() < values.len() { json!({ "runs": runs }) } else { Json::Array(values) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_told_once() {
        assert_eq!(listed(vec![json!(1), json!(1), json!(1), json!(null), json!(null)]).to_string(), r#"{"runs":[1,3,null,2]}"#);
        assert_eq!(listed(vec![json!(1), json!(2)]).to_string(), "[1,2]");
        assert_eq!(listed(Vec::new()).to_string(), "[]");
        assert_eq!(texts([Some("b"), None, Some("a"), Some("b")].into_iter()).to_string(), r#"{"texts":["b","a"],"at":[0,null,1,0]}"#);
    }

    #[test]
    fn a_number_is_written_as_it_was_published() {
        let number = |text: &str| plain(ColumnType::Number, text).map(|json| json.to_string());
        assert_eq!(number("5").as_deref(), Some("5"));
        assert_eq!(number("90594737.00000001").as_deref(), Some("90594737.00000001"));
        assert_eq!(number("0.1").as_deref(), Some("0.1"));
        assert_eq!(plain(ColumnType::Integer, "9007199254740993").map(|json| json.to_string()).as_deref(), Some("9007199254740993"));
        assert_eq!((plain(ColumnType::Integer, "1.5"), plain(ColumnType::Boolean, "yes"), number("NaN")), (None, None, None));
    }
}
