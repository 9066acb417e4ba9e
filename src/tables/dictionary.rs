//! The data dictionary: every table and column, every kind of finding and of obstruction, as Markdown and as JSON.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{ALL, ColumnSpec, GEO, PLAN_FRONT, TableSpec};
use crate::domain::finding::CATALOGUE;
use crate::io::geoparquet::{BBOX_DESCRIPTION, GEOMETRY_DESCRIPTION};
use crate::obstructions::RULES;

const HEAD: &str = "# Data dictionary

Printed by `coterminous schema`; a test holds this page against the program. Every table is one Parquet file of the same name in
`runs/<run_id>/`; its rows are sorted by key. Types are Parquet's Utf8 (string), Int64 (integer), Float64 (number), Boolean and Date32 (date).

- Unknown is null, never 0. A column that may be null says so, and when.
- Codes are text everywhere. Shares are 0 to 1 within 1e-9; a percentage is a share times 100.
- Money is whole pence, exact. People may have decimals, because a building block that a boundary cuts is split by area.
- Lists in one column are separated by `;`.
- Health is the left side, council the right side. `__outside__` is the part of a body that the other layer does not cover, `__none__`
  the missing side of a new or abolished body, `__unallocated__` money that no area can be given.
";

/// Tables that commands other than `run` write.
static COMMANDS: [&TableSpec; 1] = [&PLAN_FRONT];

/// The dictionary as Markdown: docs/data-dictionary.md.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n## Tables\n\n| table | key | one row |\n| --- | --- | --- |\n");
    for spec in ALL.iter().chain(&GEO) {
        let key: Vec<&str> = spec.key_columns().iter().map(|column| column.name).collect();
        put(&mut page, format_args!("| `{}` | {} | {} |\n", spec.name, key.join(", "), cell(spec.description)));
    }
    for spec in ALL {
        table(&mut page, spec);
    }
    for spec in GEO {
        table(&mut page, spec);
        put(&mut page, format_args!("| `geometry` | WKB | m | yes | {} |\n", cell(GEOMETRY_DESCRIPTION)));
        put(&mut page, format_args!("| `bbox` | struct | m | yes | {} |\n", cell(BBOX_DESCRIPTION)));
    }
    page.push_str("\n## Tables of other commands\n\nNot part of a run: written where the command says.\n");
    for spec in COMMANDS {
        table(&mut page, spec);
    }
    page.push_str("\n## Findings\n\nWhat table `finding` can hold. `[findings] deny` in the config turns any of them into an error, `max` bounds their number.\n\n");
    page.push_str("| id | severity | what it says |\n| --- | --- | --- |\n");
    for entry in CATALOGUE {
        put(&mut page, format_args!("| {} | {} | {} |\n", entry.id, entry.severity.as_str(), cell(entry.title)));
    }
    page.push_str("\n## Obstructions\n\nWhat table `obstruction` can hold. Conditions, thresholds, evidence and sources are in obstructions.md; `[obstructions]` in the config\nsets thresholds and disables rules.\n\n");
    page.push_str("| id | severity | title | condition |\n| --- | --- | --- | --- |\n");
    for rule in RULES {
        let row = format_args!("| {} | {} | {} | {} |\n", rule.id, rule.severity.as_str(), cell(rule.title), cell(rule.condition));
        put(&mut page, row);
    }
    page
}

fn table(page: &mut String, spec: &TableSpec) {
    put(page, format_args!("\n### {}\n\n{}\n\n", spec.name, spec.description));
    page.push_str("| column | type | unit | null | what it is |\n| --- | --- | --- | --- | --- |\n");
    for (index, column) in spec.columns.iter().enumerate() {
        let key = if index < spec.key { " (key)" } else { "" };
        let null = if column.nullable { "yes" } else { "" };
        put(
            page,
            format_args!(
                "| `{}`{key} | {} | {} | {null} | {} |\n",
                column.name,
                column.kind.as_str(),
                column.unit,
                cell(column.description)
            ),
        );
    }
}

fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = page.write_fmt(text);
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The dictionary as JSON, for tools: tables with their columns, and the catalogue of findings.
pub fn json() -> Json {
    let column = |column: &ColumnSpec| json!({ "name": column.name, "type": column.kind.as_str(), "unit": column.unit, "nullable": column.nullable, "description": column.description });
    let table = |spec: &TableSpec, geometry: bool| {
        let mut columns: Vec<Json> = spec.columns.iter().map(column).collect();
        if geometry {
            columns.push(json!({ "name": "geometry", "type": "wkb", "unit": "m", "nullable": true, "description": GEOMETRY_DESCRIPTION }));
            columns.push(json!({ "name": "bbox", "type": "struct", "unit": "m", "nullable": true, "description": BBOX_DESCRIPTION }));
        }
        let key: Vec<&str> = spec.key_columns().iter().map(|column| column.name).collect();
        json!({ "name": spec.name, "file": format!("{}.parquet", spec.name), "description": spec.description, "key": key, "columns": columns })
    };
    let tables: Vec<Json> = ALL.iter().map(|spec| table(spec, false)).chain(GEO.iter().map(|spec| table(spec, true))).collect();
    let findings: Vec<Json> =
        CATALOGUE.iter().map(|entry| json!({ "id": entry.id, "severity": entry.severity.as_str(), "title": entry.title })).collect();
    let rule = |rule: &crate::obstructions::Rule| {
        let thresholds: serde_json::Map<String, Json> =
            rule.thresholds.iter().map(|(name, default)| ((*name).to_owned(), json!(default))).collect();
        json!({ "id": rule.id, "severity": rule.severity.as_str(), "title": rule.title, "condition": rule.condition, "thresholds": thresholds })
    };
    let obstructions: Vec<Json> = RULES.iter().map(rule).collect();
    let commands: Vec<Json> = COMMANDS.iter().map(|spec| table(spec, false)).collect();
    json!({ "tables": tables, "command_tables": commands, "findings": findings, "obstructions": obstructions })
}
