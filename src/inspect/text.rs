//! What a file is, for people.

use std::fmt::Write as _;

use super::{CodeForm, Field, Inspected, Layer, Table, What, ons};
use crate::domain::{Clip, finding::CATALOGUE};
use crate::error::harmless;

/// Findings of one kind that are told.
const FINDINGS: usize = 3;

impl Inspected {
    /// What was found, a few lines and one a field.
    pub fn text(&self) -> String {
        let mut text = harmless(&self.path.display().to_string());
        if let Some(sheet) = &self.sheet {
            let _ = write!(text, ", sheet \"{}\"", harmless(sheet));
        }
        let kind = match &self.what {
            What::Layer(layer) => layer.format,
            What::Table(table) => table.format.as_str(),
            What::Unread => "not read",
        };
        let _ = writeln!(text, ": {kind}, {}", if self.is_usable() { "usable" } else { "NOT USABLE" });
        if let Some(problem) = &self.problem {
            let _ = writeln!(text, "  - {}", harmless(problem));
        }
        for file in &self.files {
            let _ = writeln!(text, "  {} bytes, blake3 {}", file.bytes, file.blake3.chars().take(12).collect::<String>());
        }
        match &self.what {
            What::Layer(layer) => layer_text(layer, &mut text),
            What::Table(table) => table_text(table, &mut text),
            What::Unread => {}
        }
        if !self.fields().is_empty() {
            fields_text(self.fields(), &mut text);
        }
        self.findings_text(&mut text);
        for hint in &self.hints {
            let _ = writeln!(text, "  hint: {}", harmless(hint));
        }
        if let What::Layer(Layer { code: Some(code), name, .. }) = &self.what {
            let name = name.as_deref().map_or_else(String::new, |name| format!(", name = \"{}\"", harmless(name)));
            let _ = writeln!(text, "  in a config: code = \"{}\"{name}", harmless(code));
        }
        text
    }

    fn findings_text(&self, text: &mut String) {
        for (id, count) in self.counts() {
            let title = CATALOGUE.iter().find(|entry| entry.id == id).map_or("", |entry| entry.title);
            let _ = writeln!(text, "  finding {id} ({count}): {title}");
            for finding in self.findings.iter().filter(|finding| finding.id == id).take(FINDINGS) {
                let record = finding.record.map_or_else(String::new, |record| format!("record {record}: "));
                let _ = writeln!(text, "    {record}{}", harmless(&finding.detail));
            }
        }
    }
}

fn layer_text(layer: &Layer, text: &mut String) {
    let deleted = if layer.deleted > 0 { format!(", {} of them marked deleted", layer.deleted) } else { String::new() };
    let _ = writeln!(text, "  {} records{deleted}, {} points", layer.records, layer.points);
    let crs = harmless(layer.crs.as_deref().unwrap_or("not that of a run"));
    match layer.extent {
        Some([west, south, east, north]) => {
            let _ = writeln!(text, "  crs {crs}; from {west:.0}, {south:.0} to {east:.0}, {north:.0} m");
        }
        None => {
            let _ = writeln!(text, "  crs {crs}; coordinates were not read");
        }
    }
    let (encoding, declared) = &layer.encoding;
    let _ = writeln!(text, "  text in {}, {}", harmless(encoding), if *declared { "as the file says" } else { "assumed" });
    if let Some(resolution) = layer.resolution_m {
        let clip = match layer.clip {
            Some(Clip::Coast) => ", clipped to the coast",
            Some(Clip::Realm) => ", to the extent of the realm",
            None => "",
        };
        let _ = writeln!(text, "  linework of {resolution} m{clip}, by the file's name");
    }
    if let Some(shapes) = layer.shapes {
        let _ = writeln!(
            text,
            "  {} areas of {} parts and {} holes, {:.2} km2; {} not valid, read by the even-odd rule",
            shapes.areas,
            shapes.parts,
            shapes.holes,
            shapes.area_m2 / 1e6,
            shapes.repaired
        );
    }
}

fn table_text(table: &Table, text: &mut String) {
    let header = table.header_row.map_or_else(String::new, |row| format!(", with the header in row {row}"));
    let _ = writeln!(text, "  {} rows, {} columns{header}", table.rows, table.fields.len());
    if table.sheets.len() > 1 {
        let _ = writeln!(text, "  sheets: {}", harmless(&table.sheets.join(", ")));
    }
    if !table.schema.is_empty() {
        let columns: Vec<String> = table
            .schema
            .iter()
            .map(|(name, kind, readable)| format!("{name} {kind}{}", if *readable { "" } else { " (left out)" }))
            .collect();
        let _ = writeln!(text, "  schema: {}", harmless(&columns.join(", ")));
    }
}

fn fields_text(fields: &[Field], text: &mut String) {
    let width = fields.iter().map(|field| field.name.chars().count()).max().unwrap_or(0).min(30);
    text.push_str("  fields\n");
    for field in fields {
        let mut notes: Vec<String> = Vec::new();
        if let Some((least, most)) = &field.range {
            notes.push(format!("{least} to {most}"));
        } else if !field.examples.is_empty() {
            notes.push(field.examples.join(" | "));
        }
        notes.extend(code_note(field));
        if let Some((twice, one, other)) = &field.twice {
            notes.push(format!("{twice} in rows {one} and {other}"));
        }
        let _ = writeln!(
            text,
            "    {:<width$}  {:<7}  {} of {} filled, {} different  {}",
            harmless(&field.name),
            field.kind.as_str(),
            field.filled,
            field.rows,
            field.distinct,
            harmless(&notes.join("; "))
        );
    }
}

/// What is known of a field that holds codes or names.
pub(super) fn code_note(field: &Field) -> Vec<String> {
    let mut notes = Vec::new();
    match &field.code {
        Some(CodeForm::Nine(prefixes)) => {
            let known: Vec<String> = prefixes
                .keys()
                .map(|text| match ons::PREFIXES.iter().find(|prefix| prefix.text == text) {
                    Some(prefix) => format!("{text} {}", prefix.kind),
                    None => text.clone(),
                })
                .collect();
            notes.push(format!("codes of nine characters: {}", known.join(", ")));
        }
        Some(CodeForm::Ods) => notes.push("codes as those of the Organisation Data Service".to_owned()),
        None => {}
    }
    if let Some(ons) = field.ons {
        let year = ons.year.map_or_else(String::new, |year| format!(" of {year}"));
        let part = match ons.part {
            ons::Part::Code => "code",
            ons::Part::OtherCode => "other code",
            ons::Part::Name => "name",
            ons::Part::WelshName => "Welsh name",
        };
        notes.push(format!("by its name the {part}{year}: {}", ons.entity.kind));
    }
    notes
}
