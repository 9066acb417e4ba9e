//! The HTML report: one file that needs nothing else, made of what a run published and of nothing that it did not.
//!
//! The page holds the published columns as JSON and the boundaries as shared arcs ([`outline`]); scripts written by hand
//! (`assets/`) draw it. docs/report.md says why, and what the page shows.

mod dataset;
mod outline;
mod page;
mod simplify;

use std::path::Path;

use serde_json::json;

use crate::config::Tolerances;
use crate::error::Result;
use crate::io::manifest::Manifest;
use crate::obstructions::RULES;
use crate::published::Published;
use crate::tables;
use crate::words::glossary::TERMS;

/// Name of the report in a run's folder.
pub const FILE: &str = "report.html";

/// The report on a run: a whole HTML page.
///
/// Made of the tables and the outlines in `run` and of the manifest, its times left out: the same run gives the same bytes. It opens no
/// connection and runs no script but its own, whatever names and texts the data hold.
///
/// # Errors
/// [`crate::Error::Input`] if the run was published by another version of the program, or if a table is not there, damaged, or not the one
/// that the manifest describes; [`crate::Error::Proof`] if an outline does not close.
pub fn html(run: &Path, manifest: &Manifest) -> Result<String> {
    let run = Published::of(run, manifest.clone())?;
    let tables = dataset::tables(&run)?;
    let (path, areas) = run.outlines(&tables::GEO_AREA)?;
    let outline = outline::Outline::of(&path, &areas)?;
    // The text as it was read; what cannot be parsed any more is left to the defaults.
    let config = manifest.config.text.parse::<toml::Table>().unwrap_or_default();
    let rules: Vec<_> = RULES.iter().map(|rule| json!([rule.id, rule.title, rule.condition])).collect();
    let glossary: Vec<_> = TERMS.iter().map(|term| json!([term.term, term.also, term.field.heading(), term.meaning])).collect();
    let data = json!({
        "run": {
            "id": manifest.run_id,
            "name": manifest.name,
            "program": manifest.program,
            "config": { "path": manifest.config.path, "blake3": manifest.config.blake3 },
            "equal": equal(&config),
            "alignments": alignments(&config),
            "layers": layers(&config),
            "attribution": manifest.attribution,
            "cautions": manifest.cautions,
            "inputs": manifest.inputs,
            "tables": manifest.tables,
            "proofs": manifest.proofs,
            "own_rules": manifest.own_rules,
        },
        "rules": rules,
        "glossary": glossary,
        "tables": tables,
        "map": outline.json(),
    });
    Ok(page::page(&manifest.name, &data.to_string()))
}

/// The tolerance that the run's classes were judged by: the config's, or the default.
fn equal(config: &toml::Table) -> f64 {
    let stated = config.get("tolerances").and_then(|table| table.get("equal"));
    let number = stated.and_then(|value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64)));
    number.unwrap_or(Tolerances::default().equal)
}

/// Id, kind and days in force of each layer, and whether its boundaries are an approximation, as the config states them.
fn layers(config: &toml::Table) -> Vec<serde_json::Value> {
    let listed = config.get("layer").and_then(toml::Value::as_array);
    let text = |layer: &toml::Value, key: &str| layer.get(key).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    let one = |layer: &toml::Value| {
        let derived = layer.get("derived").and_then(toml::Value::as_bool).unwrap_or(false);
        json!([text(layer, "id"), text(layer, "kind"), text(layer, "valid_from"), text(layer, "valid_to"), derived])
    };
    listed.into_iter().flatten().map(one).collect()
}

/// Ids of the alignments in the order of the config, which is the order its writer thinks in; tables are sorted by id.
fn alignments(config: &toml::Table) -> Vec<&str> {
    let listed = config.get("alignment").and_then(toml::Value::as_array);
    listed.into_iter().flatten().filter_map(|one| one.get("id")?.as_str()).collect()
}
