//! What a run says of itself: `manifest.json` for auditors, `datapackage.json` for tools.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::geoparquet::{BBOX_DESCRIPTION, GEOMETRY_DESCRIPTION};
use crate::config::Plan;
use crate::domain::table::{ColumnSpec, ColumnType, TableSpec};
use crate::domain::{InputFile, Proof};

/// Licence line that figures made from ONS boundary files must carry (Open Government Licence v3.0). Source: ONS licences page.
pub const ONS_ATTRIBUTION: &str = "Contains OS data (c) Crown copyright and database right 2011-2024; contains National Statistics data (c) Crown copyright and database right 2011-2024; source: Office for National Statistics, licensed under the Open Government Licence v3.0.";

/// What a reader of any figure must know (domain.md E8); in the manifest and in datapackage.json.
pub const CAUTIONS: [&str; 2] = [
    "Obstructions show obstacles, not outcomes: boundaries and budgets are not the only barriers to joint working.",
    "What is not known is left empty and never counts as 0. A rule whose table was not given stays silent, and what is not known never counts as missing.",
];

/// A rule of the config's own, for the manifest's catalogue; the program's rules are in obstructions.md.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnRuleRecord {
    /// Id, as in obstruction_id.
    pub id: String,
    /// A few words.
    pub title: String,
    /// Severity.
    pub severity: String,
    /// Table it asks.
    pub table: String,
    /// Condition, SQL.
    pub condition: String,
    /// Where it comes from.
    pub source: String,
}

/// `manifest.json`: what went in, what came out, and what was proved. The only file of a run that holds times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Id of the run, derived from the content of its inputs and config.
    pub run_id: String,
    /// `run.name`.
    pub name: String,
    /// Program that made it.
    pub program: Program,
    /// Config it was made by.
    pub config: ConfigRecord,
    /// Licence line of the inputs, if they need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribution: Option<String>,
    /// When the run started, UTC, RFC 3339.
    pub started_at: String,
    /// When the run was published, UTC, RFC 3339.
    pub finished_at: String,
    /// Every file that was read, in order of path.
    pub inputs: Vec<InputRecord>,
    /// Every table, in the order of the data dictionary.
    pub tables: Vec<TableRecord>,
    /// Every other file but this one.
    pub files: Vec<FileRecord>,
    /// Rules of the config's own that were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own_rules: Vec<OwnRuleRecord>,
    /// What a reader of any figure must know.
    #[serde(default)]
    pub cautions: Vec<String>,
    /// Every identity that was checked.
    pub proofs: Vec<ProofRecord>,
    /// Seconds spent, stage by stage.
    pub timings: Vec<Timing>,
}

/// Name and version of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// "coterminous".
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The config as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigRecord {
    /// File name, without its folder.
    pub path: String,
    /// BLAKE3 of its text, hexadecimal.
    pub blake3: String,
    /// Its text.
    pub text: String,
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InputRecord {
    /// Path as the config states it.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of its content, hexadecimal.
    pub blake3: String,
}

/// One table that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRecord {
    /// Name of the table.
    pub name: String,
    /// Path in the run's folder.
    pub file: String,
    /// Number of rows.
    pub rows: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of its content, hexadecimal.
    pub blake3: String,
}

/// One other file that was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Path in the run's folder.
    pub file: String,
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of its content, hexadecimal.
    pub blake3: String,
}

/// One identity that was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRecord {
    /// What was proved.
    pub name: String,
    /// For what.
    pub subject: String,
    /// The figure it had to be.
    pub expected: String,
    /// The figure it was.
    pub got: String,
    /// How far apart they may be.
    pub tolerance: String,
    /// Whether it holds.
    pub holds: bool,
}

impl From<&Proof> for ProofRecord {
    fn from(proof: &Proof) -> Self {
        Self {
            name: proof.name.clone(),
            subject: proof.subject.clone(),
            expected: proof.expected.clone(),
            got: proof.got.clone(),
            tolerance: proof.tolerance.clone(),
            holds: proof.holds,
        }
    }
}

/// Time one stage took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// Stage.
    pub stage: String,
    /// Seconds.
    pub seconds: f64,
}

impl Manifest {
    /// The manifest of a run that starts now; tables and files are filled in as they are published.
    pub fn new(plan: &Plan, run_id: impl Into<String>, inputs: &[InputFile], proofs: &[Proof], timings: Vec<Timing>) -> Self {
        let now = jiff::Timestamp::now().to_string();
        let mut inputs: Vec<InputRecord> = inputs
            .iter()
            .map(|input| InputRecord { path: plan.stated.text_of(&input.path), bytes: input.bytes, blake3: input.blake3.clone() })
            .collect();
        inputs.sort();
        inputs.dedup();
        Self {
            run_id: run_id.into(),
            name: plan.name.clone(),
            program: Program { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            config: ConfigRecord {
                path: file_name(&plan.path),
                blake3: blake3::hash(plan.text.as_bytes()).to_hex().to_string(),
                text: plan.text.clone(),
            },
            attribution: attribution(plan, &inputs),
            started_at: now.clone(),
            finished_at: now,
            inputs,
            tables: Vec::new(),
            files: Vec::new(),
            own_rules: own_rules(plan),
            cautions: CAUTIONS.map(str::to_owned).to_vec(),
            proofs: proofs.iter().map(ProofRecord::from).collect(),
            timings,
        }
    }

    /// The file's text.
    ///
    /// # Errors
    /// Those of serde_json, when a timing is not finite.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }
}

fn own_rules(plan: &Plan) -> Vec<OwnRuleRecord> {
    let settings = &plan.obstructions;
    let asked = settings.own.iter().filter(|rule| !settings.disable.contains(&rule.id));
    asked
        .map(|rule| OwnRuleRecord {
            id: rule.id.clone(),
            title: rule.title.clone(),
            severity: rule.severity.as_str().to_owned(),
            table: rule.table.name.to_owned(),
            condition: rule.condition.text.clone(),
            source: rule.source.clone(),
        })
        .collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The config's own line, or the ONS line where an input is named as the ONS names its boundary files.
fn attribution(plan: &Plan, inputs: &[InputRecord]) -> Option<String> {
    plan.attribution.clone().or_else(|| inputs.iter().any(|input| is_ons(&input.path)).then(|| ONS_ATTRIBUTION.to_owned()))
}

/// Whether a file name carries an ONS boundary suffix (full, generalised, super- or ultra-generalised; clipped or extent of the realm).
fn is_ons(path: &str) -> bool {
    const SUFFIXES: [&str; 8] = ["BFC", "BFE", "BGC", "BGE", "BSC", "BSE", "BUC", "BUE"];
    path.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| SUFFIXES.iter().any(|suffix| word.eq_ignore_ascii_case(suffix)))
}

/// A published table and what it is, for [`datapackage`].
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its columns.
    pub spec: &'static TableSpec,
    /// Whether geometry columns follow them.
    pub geometry: bool,
    /// Its file.
    pub record: TableRecord,
}

/// The text of `datapackage.json`. Source: Frictionless Data Package and Table Schema specifications, version 2; `unit` is our own.
///
/// Sizes are in the manifest alone: frictionless counts none for Parquet, and calls a size that is stated wrong.
///
/// # Errors
/// Those of serde_json.
pub fn datapackage(name: &str, attribution: Option<&str>, resources: &[Resource]) -> serde_json::Result<String> {
    let mut package = Map::new();
    package.insert("profile".to_owned(), json!("data-package"));
    package.insert("name".to_owned(), json!(slug(name)));
    package.insert("title".to_owned(), json!(format!("{name}: boundaries and budgets of health services and councils")));
    package.insert("description".to_owned(), json!(CAUTIONS.join(" ")));
    if let Some(attribution) = attribution {
        package.insert("attribution".to_owned(), json!(attribution));
    }
    package.insert("resources".to_owned(), resources.iter().map(resource).collect());
    serde_json::to_string_pretty(&Json::Object(package)).map(|text| text + "\n")
}

fn resource(resource: &Resource) -> Json {
    let spec = resource.spec;
    let mut fields: Vec<Json> = spec.columns.iter().map(field).collect();
    if resource.geometry {
        fields.push(json!({ "name": "geometry", "type": "any", "unit": "m", "description": GEOMETRY_DESCRIPTION }));
        fields.push(json!({ "name": "bbox", "type": "object", "unit": "m", "description": BBOX_DESCRIPTION }));
    }
    let mut schema = Map::new();
    schema.insert("fields".to_owned(), Json::Array(fields));
    if spec.has_primary_key() {
        schema.insert("primaryKey".to_owned(), spec.key_columns().iter().map(|column| json!(column.name)).collect());
    }
    json!({
        "name": slug(&resource.record.name),
        "path": resource.record.file,
        "description": spec.description,
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "schema": schema,
    })
}

fn field(column: &ColumnSpec) -> Json {
    let mut field = Map::new();
    field.insert("name".to_owned(), json!(column.name));
    field.insert("type".to_owned(), json!(column.kind.as_str()));
    if !column.unit.is_empty() {
        field.insert("unit".to_owned(), json!(column.unit));
    }
    field.insert("description".to_owned(), json!(column.description));
    if column.nullable && matches!(column.kind, ColumnType::Integer | ColumnType::Number) {
        // Readers that go through pandas, frictionless among them, hand an unknown number on as NaN.
        field.insert("missingValues".to_owned(), json!(["", "nan"]));
    }
    if !column.nullable {
        field.insert("constraints".to_owned(), json!({ "required": true }));
    }
    Json::Object(field)
}

/// A name as Frictionless wants it: lower-case letters, digits, '-', '_' and '.'.
fn slug(name: &str) -> String {
    let slug: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect();
    if slug.is_empty() { "dataset".to_owned() } else { slug }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ons_files_are_known_by_their_suffix() {
        assert!(is_ons("../data/Local_Authority_Districts_(December_2011)_EN_BGC.zip"));
        assert!(is_ons("CTYUA_DEC_2011_EN_bfe/x.shp"));
        assert!(!is_ons("data/pct.zip"));
        assert!(!is_ons("data/subgcase.zip"));
    }
}
