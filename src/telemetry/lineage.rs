//! OpenLineage events: which files a run read, with their hashes, and which tables it published, with their columns.
//!
//! Source: OpenLineage specification 2-0-2 (RunEvent) and its standard facets, by the versions named here. A file of events has one a line.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json, json};

use super::Ending;
use crate::domain::{ColumnSpec, InputFile};
use crate::io::geoparquet::{BBOX_DESCRIPTION, GEOMETRY_DESCRIPTION};
use crate::io::manifest::Manifest;
use crate::tables;

const EVENT: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
/// Who says so; a URI that names program and version.
const PRODUCER: &str = concat!("urn:coterminous:", env!("CARGO_PKG_VERSION"));

/// Namespace of the jobs.
const JOBS: &str = "coterminous";

/// The run that events are about.
#[derive(Debug, Clone)]
pub struct Job {
    /// Name of the job: `run.name`, or the config's file name where it could not be read.
    pub name: String,
    /// Id of this execution, a UUID.
    pub id: String,
}

impl Job {
    /// A job whose execution has an id of its own: a UUID (version 8, RFC 9562) made of `seed`, which should say when, where and by
    /// which process.
    pub fn new(name: impl Into<String>, seed: &str) -> Self {
        let hash = blake3::hash(seed.as_bytes());
        let mut bits = hash.as_bytes().iter().take(16).fold(0u128, |bits, byte| (bits << 8) | u128::from(*byte));
        bits = (bits & !(0xf << 76)) | (0x8 << 76);
        bits = (bits & !(0x3 << 62)) | (0x2 << 62);
        let hex = format!("{bits:032x}");
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default().to_owned();
        Self { name: name.into(), id: [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-") }
    }
}

/// What a run read, as far as it got.
#[derive(Debug, Clone)]
pub enum Inputs {
    /// Files that the config names, none of them read yet.
    Named(Vec<PathBuf>),
    /// Files that were read.
    Read(Vec<InputFile>),
}

/// The event that a run begins, at a time (UTC, RFC 3339).
pub fn start(job: &Job, at: &str) -> Json {
    event(job, "START", at, Map::new(), &Inputs::Named(Vec::new()), Vec::new())
}

/// The event that a run is over: COMPLETE with its tables (also where nothing had changed), or FAIL with what went wrong.
///
/// `published` is the dataset's folder, the run's folder and its manifest.
pub fn end(job: &Job, at: &str, ending: &Ending, inputs: &Inputs, published: Option<(&Path, &Path, &Manifest)>) -> Json {
    match (ending, published) {
        (Ending::Failed { message, .. }, _) => {
            let mut facets = Map::new();
            let error = json!({ "message": message, "programmingLanguage": "RUST" });
            facets.insert("errorMessage".to_owned(), facet("1-0-1/ErrorMessageRunFacet", error));
            event(job, "FAIL", at, facets, inputs, Vec::new())
        }
        (Ending::Published { .. }, published) => {
            let outputs = published.map_or_else(Vec::new, |(dataset, run, manifest)| outputs(dataset, run, manifest));
            event(job, "COMPLETE", at, Map::new(), inputs, outputs)
        }
    }
}

/// The event that a run was stopped by a signal.
pub fn abort(job: &Job, at: &str, inputs: &Inputs) -> Json {
    event(job, "ABORT", at, Map::new(), inputs, Vec::new())
}

fn event(job: &Job, kind: &str, at: &str, mut run_facets: Map<String, Json>, inputs: &Inputs, outputs: Vec<Json>) -> Json {
    let engine = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    run_facets.insert("processing_engine".to_owned(), facet("1-1-1/ProcessingEngineRunFacet", engine));
    let kind_of_job = json!({ "processingType": "BATCH", "integration": "COTERMINOUS", "jobType": "RUN" });
    let inputs = match inputs {
        Inputs::Named(paths) => paths.iter().map(|path| input(path, None)).collect::<Vec<_>>(),
        Inputs::Read(files) => files.iter().map(|file| input(&file.path, Some(file))).collect(),
    };
    json!({
        "eventType": kind,
        "eventTime": at,
        "run": { "runId": job.id, "facets": run_facets },
        "job": {
            "namespace": JOBS,
            "name": job.name,
            "facets": { "jobType": facet("2-0-4/JobTypeJobFacet", kind_of_job) },
        },
        "inputs": inputs,
        "outputs": outputs,
        "producer": PRODUCER,
        "schemaURL": EVENT,
    })
}

/// An input file: its hash is its version.
fn input(path: &Path, read: Option<&InputFile>) -> Json {
    let (namespace, name) = place(path);
    let mut input = json!({ "namespace": namespace, "name": name });
    if let (Some(input), Some(read)) = (input.as_object_mut(), read) {
        let version = json!({ "datasetVersion": format!("blake3:{}", read.blake3) });
        input.insert("facets".to_owned(), json!({ "version": facet("1-0-1/DatasetVersionDatasetFacet", version) }));
        let size = json!({ "size": read.bytes, "fileCount": 1 });
        input.insert("inputFacets".to_owned(), json!({ "inputStatistics": facet("1-0-0/InputStatisticsInputDatasetFacet", size) }));
    }
    input
}

/// The tables of a run. A table keeps its name from run to run; the run is its version, and `dataSource` says where that lies.
fn outputs(dataset: &Path, run: &Path, manifest: &Manifest) -> Vec<Json> {
    let output = |table: &crate::io::manifest::TableRecord| {
        let (namespace, name) = place(&dataset.join(&table.name));
        let (run_namespace, file) = place(&run.join(&table.file));
        let uri = if run_namespace == "file" { format!("file://{file}") } else { format!("{run_namespace}/{file}") };
        let layer = run_namespace.split("://").next().unwrap_or("file").to_owned();
        let mut facets = Map::new();
        if let Some(spec) = tables::ALL.iter().chain(&tables::GEO).find(|spec| spec.name == table.name) {
            let mut fields: Vec<Json> = spec.columns.iter().map(field).collect();
            if table.name.starts_with("geo/") {
                fields.push(json!({ "name": "geometry", "type": "wkb", "description": GEOMETRY_DESCRIPTION }));
                fields.push(json!({ "name": "bbox", "type": "struct", "description": BBOX_DESCRIPTION }));
            }
            facets.insert("schema".to_owned(), facet("1-2-0/SchemaDatasetFacet", json!({ "fields": fields })));
        }
        facets.insert("dataSource".to_owned(), facet("1-0-1/DatasourceDatasetFacet", json!({ "name": manifest.name, "uri": uri })));
        facets.insert("version".to_owned(), facet("1-0-1/DatasetVersionDatasetFacet", json!({ "datasetVersion": manifest.run_id })));
        let storage = json!({ "storageLayer": layer, "fileFormat": "parquet" });
        facets.insert("storage".to_owned(), facet("1-0-1/StorageDatasetFacet", storage));
        let size = json!({ "rowCount": table.rows, "size": table.bytes, "fileCount": 1 });
        json!({
            "namespace": namespace,
            "name": name,
            "facets": facets,
            "outputFacets": { "outputStatistics": facet("1-0-2/OutputStatisticsOutputDatasetFacet", size) },
        })
    };
    manifest.tables.iter().map(output).collect()
}

fn field(column: &ColumnSpec) -> Json {
    let unit = if column.unit.is_empty() { String::new() } else { format!("[{}] ", column.unit) };
    json!({ "name": column.name, "type": column.kind.as_str(), "description": format!("{unit}{}", column.description) })
}

/// A facet with who says so and the schema it keeps to.
fn facet(schema: &str, mut content: Json) -> Json {
    if let Some(content) = content.as_object_mut() {
        let name = schema.split('/').next_back().unwrap_or(schema);
        content.insert("_producer".to_owned(), json!(PRODUCER));
        content.insert("_schemaURL".to_owned(), json!(format!("https://openlineage.io/spec/facets/{schema}.json#/$defs/{name}")));
    }
    content
}

/// Namespace and name of a file by OpenLineage's naming: `file` and its absolute path, or `s3://bucket` and its key.
fn place(path: &Path) -> (String, String) {
    let text = path.to_string_lossy().replace('\\', "/");
    if let Some((scheme, rest)) = text.split_once("://") {
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        return (format!("{scheme}://{bucket}"), key.to_owned());
    }
    let absolute = std::path::absolute(path).map_or(text, |path| path.to_string_lossy().replace('\\', "/"));
    ("file".to_owned(), absolute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_and_another_execution_has_another() {
        let (a, b) = (Job::new("x", "1"), Job::new("x", "2"));
        assert_ne!(a.id, b.id);
        let parts: Vec<usize> = a.id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(a.id.as_bytes()[14], b'8', "version: {}", a.id);
        assert!(matches!(a.id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "variant: {}", a.id);
    }

    #[test]
    fn objects_are_named_by_bucket_and_key() {
        assert_eq!(place(Path::new("s3://b/c/d.zip")), ("s3://b".to_owned(), "c/d.zip".to_owned()));
        assert_eq!(place(Path::new("/srv/d.zip")), ("file".to_owned(), "/srv/d.zip".to_owned()));
    }

    #[test]
    fn a_failure_says_why_and_publishes_nothing() {
        let ending = Ending::Failed { exit_code: 3, message: "no such file".to_owned() };
        let inputs = Inputs::Named(vec![PathBuf::from("/a.csv")]);
        let event = end(&Job::new("x", "1"), "2026-01-01T00:00:00Z", &ending, &inputs, None);
        assert_eq!(event["eventType"], "FAIL");
        assert_eq!(event["run"]["facets"]["errorMessage"]["message"], "no such file");
        assert_eq!(event["inputs"][0]["name"], "/a.csv");
        assert!(event["inputs"][0].get("facets").is_none());
        assert_eq!(event["outputs"].as_array().map(Vec::len), Some(0));
    }
}
