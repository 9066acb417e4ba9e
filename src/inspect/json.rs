//! What a file is, for programs.

use serde_json::{Value as Json, json};

use super::{CodeForm, Field, Inspected, What, text};
use crate::domain::Clip;

impl Inspected {
    /// `{path, sheet, kind, usable, problem, hints, files, findings, layer | table, fields}`.
    pub fn json(&self) -> Json {
        let files: Vec<Json> = self
            .files
            .iter()
            .map(|file| json!({ "path": file.path.display().to_string(), "bytes": file.bytes, "blake3": file.blake3 }))
            .collect();
        let findings: Vec<Json> = self
            .findings
            .iter()
            .map(|finding| {
                json!({ "finding_id": finding.id, "severity": finding.severity.as_str(), "code": finding.code, "record": finding.record,
                    "field": finding.field, "detail": finding.detail, "value": finding.value, "unit": finding.unit, "action": finding.action })
            })
            .collect();
        let (kind, layer, table) = match &self.what {
            What::Layer(layer) => {
                let clip = layer.clip.map(|clip| match clip {
                    Clip::Coast => "coast",
                    Clip::Realm => "realm",
                });
                let shapes = layer.shapes.map(|shapes| {
                    json!({ "areas": shapes.areas, "parts": shapes.parts, "holes": shapes.holes, "not_valid": shapes.repaired, "area_m2": shapes.area_m2 })
                });
                let (encoding, declared) = &layer.encoding;
                let told = json!({ "records": layer.records, "deleted": layer.deleted, "points": layer.points, "crs": layer.crs,
                    "extent": layer.extent, "encoding": encoding, "encoding_declared": declared, "resolution_m": layer.resolution_m,
                    "clip": clip, "shapes": shapes, "code": layer.code, "name": layer.name });
                (layer.format, told, Json::Null)
            }
            What::Table(table) => {
                let schema: Vec<Json> =
                    table.schema.iter().map(|(name, kind, readable)| json!({ "name": name, "type": kind, "readable": readable })).collect();
                let told = json!({ "format": table.format, "sheets": table.sheets, "schema": schema, "rows": table.rows, "header_row": table.header_row });
                ("table", Json::Null, told)
            }
            What::Unread => ("unread", Json::Null, Json::Null),
        };
        json!({ "path": self.path.display().to_string(), "sheet": self.sheet, "layer_name": self.layer, "kind": kind, "usable": self.is_usable(), "problem": self.problem,
            "hints": self.hints, "files": files, "findings": findings, "layer": layer, "table": table,
            "fields": self.fields().iter().map(field).collect::<Vec<_>>() })
    }
}

fn field(field: &Field) -> Json {
    let code = field.code.as_ref().map(|code| match code {
        CodeForm::Nine(prefixes) => json!({ "form": "nine characters", "prefixes": prefixes }),
        CodeForm::Ods => json!({ "form": "ods" }),
    });
    let range = field.range.as_ref().map(|(least, most)| json!([least, most]));
    let twice = field.twice.as_ref().map(|(text, one, other)| json!({ "text": text, "rows": [one, other] }));
    json!({ "name": field.name, "type": field.kind.as_str(), "filled": field.filled, "rows": field.rows, "distinct": field.distinct,
        "examples": field.examples, "range": range, "code": code, "twice": twice, "notes": text::code_note(field) })
}
