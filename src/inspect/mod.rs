//! What is in a file that somebody wants to use: its records, fields, codes, coordinates and shapes; whether a run could use it, and if not
//! why, in the words that a run would use.

mod fields;
mod json;
pub mod ons;
mod text;

use std::path::{Path, PathBuf};

pub use fields::{CodeForm, Field, FieldKind};

use crate::config::{LayerPlan, Limits, TableSource};
use crate::domain::finding::count_by_id;
use crate::domain::{Clip, Finding, InputFile, RawLayer, TextTable};
use crate::error::{Error, Result};
use crate::io::{Hashing, boundaries, table};
use crate::layers;

/// What one file, one shapefile of a zip or one sheet of a workbook turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// Path as a config would name it: `archive.zip/layer.shp` where a zip holds several.
    pub path: PathBuf,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// Layer of a file with several.
    pub layer: Option<String>,
    /// What it is.
    pub what: What,
    /// Files that were read, with size and hash.
    pub files: Vec<InputFile>,
    /// What was imperfect: the findings that a run would publish.
    pub findings: Vec<Finding>,
    /// Why a run could not use it: the message of the error that it would end with.
    pub problem: Option<String>,
    /// What may help: a code field to name, a header further down.
    pub hints: Vec<String>,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Polygons.
    Layer(Layer),
    /// A table.
    Table(Table),
    /// Nothing that could be read.
    Unread,
}

/// A layer of polygons.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layer {
    /// Format of its file, such as "shapefile" or "GeoPackage".
    pub format: &'static str,
    /// Records, deleted ones included.
    pub records: usize,
    /// Records that the .dbf marks deleted.
    pub deleted: usize,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Encoding of its text, and whether the file says so.
    pub encoding: (String, bool),
    /// Coordinate reference system and what was done about it, where it can be used.
    pub crs: Option<String>,
    /// West, south, east, north, metres.
    pub extent: Option<[f64; 4]>,
    /// Points of all shapes.
    pub points: usize,
    /// Generalisation by the file's name, metres.
    pub resolution_m: Option<f64>,
    /// Clip by the file's name.
    pub clip: Option<Clip>,
    /// What the shapes are, where they could be judged.
    pub shapes: Option<Shapes>,
    /// The field that a run would take for the code: the one of the conventions, or the first text field without a text twice.
    pub code: Option<String>,
    /// The field with names.
    pub name: Option<String>,
}

/// Shapes as a run would read them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Shapes {
    /// Areas.
    pub areas: usize,
    /// Outer rings.
    pub parts: usize,
    /// Inner rings.
    pub holes: usize,
    /// Areas that were not valid and are read by the even-odd rule.
    pub repaired: usize,
    /// Square metres in all.
    pub area_m2: f64,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Format by its name.
    pub format: String,
    /// Sheets of the workbook it is in.
    pub sheets: Vec<String>,
    /// Columns of a Parquet file with their types.
    pub schema: Vec<(String, String, bool)>,
    /// Rows.
    pub rows: usize,
    /// Its columns.
    pub fields: Vec<Field>,
    /// Row that the header was found in, where it is not the first.
    pub header_row: Option<u64>,
}

impl Inspected {
    fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            sheet: None,
            layer: None,
            what: What::Unread,
            files: Vec::new(),
            findings: Vec::new(),
            problem: None,
            hints: Vec::new(),
        }
    }

    /// Fields or columns.
    pub fn fields(&self) -> &[Field] {
        match &self.what {
            What::Layer(layer) => &layer.fields,
            What::Table(table) => &table.fields,
            What::Unread => &[],
        }
    }

    /// Whether a run could use it.
    pub fn is_usable(&self) -> bool {
        self.problem.is_none()
    }

    /// Findings counted by id.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        count_by_id(&self.findings).into_iter().collect()
    }
}

/// Rows in which a header is looked for, where the first row is none.
const HEADER_ROWS: std::ops::RangeInclusive<u64> = 2..=15;

/// Looks at a file: one answer for a layer or a plain table, one a layer of a file or zip with several, one a sheet of a workbook.
pub fn inspect(path: &Path, limits: &Limits) -> Vec<Inspected> {
    if boundaries::is_layer(path, limits) || !path.exists() && !table::is_named_so(path) {
        return layers_of(path, limits);
    }
    tables(path, limits)
}

fn refused(path: &Path, error: &Error) -> Inspected {
    Inspected { problem: Some(error.to_string()), ..Inspected::new(path) }
}

fn layers_of(path: &Path, limits: &Limits) -> Vec<Inspected> {
    let (layers, others) = match boundaries::layers(path, limits) {
        Ok(layers) => layers,
        Err(error) => return vec![refused(path, &error)],
    };
    let tables: Vec<&str> = others.iter().filter(|name| table::is_named_so(Path::new(name))).map(String::as_str).collect();
    let hint = (!tables.is_empty()).then(|| format!("tables are not read from a zip: unpack {}", tables.join(", ")));
    let mut found: Vec<Inspected> = match layers.as_slice() {
        // Without a layer it says what it holds.
        [] => vec![layer(path, None, limits)],
        several => several.iter().map(|(path, name)| layer(path, name.as_deref(), limits)).collect(),
    };
    if let Some(first) = found.first_mut() {
        first.hints.extend(hint);
    }
    found
}

/// The plan of a layer that is looked at.
fn plan(path: &Path, code: &str) -> LayerPlan {
    LayerPlan::of_polygons(path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()), path, Some(code))
}

fn layer_fields(raw: &RawLayer) -> Vec<Field> {
    let live: Vec<_> = raw.records.iter().filter(|record| !record.deleted).collect();
    let cell = |row: usize, field: usize| live.get(row)?.cells.get(field)?.as_deref();
    fields::of(&raw.fields, live.len(), cell, |row| live.get(row).map_or(0, |record| record.number))
}

/// Field that holds the codes of a layer: of the conventions and each once; else what a run takes by itself.
fn code_field(raw: &RawLayer, fields: &[Field]) -> Result<String> {
    let once = |field: &&Field| field.filled == field.rows && field.distinct == field.rows;
    let named = fields.iter().filter(once).find(|field| field.ons.is_some_and(|ons| ons.part == ons::Part::Code));
    let formed = || fields.iter().filter(once).find(|field| matches!(field.code, Some(CodeForm::Nine(_))));
    match named.or_else(formed) {
        Some(field) => Ok(field.name.clone()),
        None => Ok(layers::code_field(raw)?.name),
    }
}

/// Field with the names that go with a code field: of the same kind and year, else one that says NAME or ends in NM.
fn name_field(fields: &[Field], code: Option<&Field>) -> Option<String> {
    let of = |field: &Field| field.ons.filter(|ons| ons.part == ons::Part::Name);
    let same = code.and_then(|code| code.ons).and_then(|code| {
        fields.iter().find(|field| of(field).is_some_and(|name| (name.entity.letters, name.year) == (code.entity.letters, code.year)))
    });
    let texts = || fields.iter().filter(|field| field.kind == FieldKind::Text);
    let any = same.or_else(|| texts().find(|field| of(field).is_some()));
    any.or_else(|| texts().find(|field| field.name.eq_ignore_ascii_case("name"))).map(|field| field.name.clone())
}

fn layer(path: &Path, name: Option<&str>, limits: &Limits) -> Inspected {
    let mut found = Inspected { layer: name.map(str::to_owned), ..Inspected::new(path) };
    let read = match boundaries::read(path, name, limits, Hashing::Blake3) {
        Ok(read) => read,
        Err(error) => {
            found.problem = Some(error.to_string());
            // Its attributes may still be told.
            if let Ok(read) = boundaries::attributes(path, name, limits) {
                found.files = read.files;
                found.what = What::Layer(told(&read.value, None));
            }
            return found;
        }
    };
    let mut raw = read.value;
    (found.files, found.findings) = (read.files, read.findings);
    let mut layer = told(&raw, Some(raw.crs.clone()));
    let code = code_field(&raw, &layer.fields);
    let code = match code {
        Ok(code) => code,
        Err(error) => {
            found.problem = Some(error.to_string());
            found.hints.extend(why_no_code(&layer.fields));
            // Shapes are judged all the same, by the number of their record.
            let number = "record number";
            raw.fields.push(number.to_owned());
            for record in &mut raw.records {
                record.cells.push(Some(record.number.to_string()));
            }
            number.to_owned()
        }
    };
    if found.problem.is_none() {
        layer.name = name_field(&layer.fields, layer.fields.iter().find(|field| field.name == code));
        layer.code = Some(code.clone());
    }
    let built = layers::grid(&[&raw]).and_then(|grid| layers::build(raw, &plan(path, &code), &[], &grid));
    match built {
        Ok(built) => {
            let mut shapes = Shapes { areas: built.layer.areas.len(), ..Shapes::default() };
            for area in &built.layer.areas {
                shapes.parts = shapes.parts.saturating_add(area.parts);
                shapes.holes = shapes.holes.saturating_add(area.holes);
                shapes.repaired = shapes.repaired.saturating_add(usize::from(area.repaired));
                shapes.area_m2 += area.area_m2;
            }
            layer.shapes = Some(shapes);
            found.findings.extend(built.findings);
        }
        Err(error) => found.problem = found.problem.or(Some(error.to_string())),
    }
    if layer.resolution_m.is_none() {
        found
            .hints
            .push("the file's name says nothing of the linework (BFC, BFE, BGC, BSC, BUC): set resolution_m, or 5 m is assumed".to_owned());
    }
    found.what = What::Layer(layer);
    found
}

/// Why no field can be the code of every record.
fn why_no_code(fields: &[Field]) -> Vec<String> {
    let mut hints = Vec::new();
    for field in fields {
        if let Some((text, one, other)) = &field.twice {
            hints.push(format!(
                "{} looks like codes, and {text} is in records {one} and {other}: keep one record of each code with where, or name another field",
                field.name
            ));
        } else if field.code.is_some() && field.filled < field.rows {
            let blank = field.rows.saturating_sub(field.filled);
            hints.push(format!("{} looks like codes, and {blank} records have none: leave them out with where", field.name));
        }
    }
    hints
}

fn told(raw: &RawLayer, crs: Option<String>) -> Layer {
    let extents = (0..raw.shapes.records()).filter_map(|record| raw.shapes.extent(record));
    Layer {
        format: raw.format,
        records: raw.records.len(),
        deleted: raw.records.iter().filter(|record| record.deleted).count(),
        fields: layer_fields(raw),
        encoding: raw.encoding.clone(),
        crs,
        extent: extents.reduce(|[x0, y0, x1, y1], [west, south, east, north]| [x0.min(west), y0.min(south), x1.max(east), y1.max(north)]),
        points: raw.shapes.points(),
        resolution_m: raw.resolution_m,
        clip: raw.clip,
        shapes: None,
        code: None,
        name: None,
    }
}

fn tables(path: &Path, limits: &Limits) -> Vec<Inspected> {
    let outline = match table::outline(path, limits) {
        Ok(outline) => outline,
        Err(error) => return vec![refused(path, &error)],
    };
    let one = |sheet: Option<&str>| {
        let mut found = Inspected { sheet: sheet.map(str::to_owned), ..Inspected::new(path) };
        let mut what =
            Table { format: outline.format.clone(), sheets: outline.sheets.clone(), schema: outline.schema.clone(), ..Table::default() };
        match table::read(path, sheet, limits) {
            Ok(read) => {
                what.rows = read.value.len();
                what.fields = table_fields(&read.value);
                (found.files, found.findings) = (read.files, read.findings);
                if read.value.is_empty() {
                    found.hints.push("it has a header and no rows".to_owned());
                }
            }
            Err(error) => {
                found.problem = Some(error.to_string());
                if let Some((row, read)) = further_down(path, sheet, limits) {
                    found.hints.push(format!(
                        "with header_row = {row} it is a table of {} columns and {} rows",
                        read.columns.len(),
                        read.len()
                    ));
                    what.header_row = Some(row);
                    what.rows = read.len();
                    what.fields = table_fields(&read);
                }
            }
        }
        found.what = What::Table(what);
        found
    };
    if outline.sheets.is_empty() { vec![one(None)] } else { outline.sheets.iter().map(|sheet| one(Some(sheet))).collect() }
}

fn table_fields(read: &TextTable) -> Vec<Field> {
    fields::of(&read.columns, read.len(), |row, column| read.cell(row, column), |row| read.row_number(row))
}

/// The first row further down that makes a table of the file: titles stand above many a header.
fn further_down(path: &Path, sheet: Option<&str>, limits: &Limits) -> Option<(u64, TextTable)> {
    for row in HEADER_ROWS {
        let source = TableSource { header_row: Some(row), ..TableSource::new(path, sheet) };
        if let Ok(read) = table::read_source(&source, limits)
            && read.value.columns.len() > 1
            && !read.value.is_empty()
        {
            return Some((row, read.value));
        }
    }
    None
}
