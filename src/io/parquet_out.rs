//! Tables to Parquet that every BI tool reads, with the same bytes every time.
//!
//! Plain choices, made for the pickiest reader (Power BI's gateway refuses newer encodings): data page v1, PLAIN and dictionary encoding,
//! Snappy, no nested and no Large types in tables. Each column carries its unit and description, each file what its rows are.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use jiff::civil::Date;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::{KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::durable::{self, Batch, Disk, Real, Sink, Written};
use super::geoparquet::{self, Drawing, Geometry, write_groups};
use super::interrupt::Interrupt;
use crate::domain::table::{Column, ColumnSpec, ColumnType, Table, TableSpec, Value};
use crate::error::{Error, Result};

/// Rows in a row group: near DuckDB's 122,880, so that its threads each get one, and small enough to write without much memory.
pub(super) const ROW_GROUP: usize = 131_072;
/// Rows converted to Arrow at a time.
const BATCH: usize = 16_384;
/// Writes a table to `path`, replacing a file there only once the new one is whole and on the disk. The table must be sorted
/// ([`Table::sorted`]).
///
/// # Errors
/// [`Error::Proof`] if [`Table::check`] refuses it; [`Error::Publish`] if the file cannot be written.
pub fn write_table(path: &Path, table: &Table) -> Result<Written> {
    write_table_on(&Real, path, table)
}

/// As [`write_table`], on this disk.
pub(super) fn write_table_on(disk: &dyn Disk, path: &Path, table: &Table) -> Result<Written> {
    alone(disk, |batch| add_table(batch, path, table))
}

/// Adds a table to files that are replaced together.
///
/// # Errors
/// As [`write_table`].
pub fn add_table(batch: &mut Batch<'_>, path: &Path, table: &Table) -> Result<Written> {
    write(batch, path, table, None, &[])
}

/// One file by itself.
fn alone(disk: &dyn Disk, add: impl FnOnce(&mut Batch<'_>) -> Result<Written>) -> Result<Written> {
    let interrupt = Interrupt::default();
    let mut batch = Batch::new(disk, &interrupt);
    let written = add(&mut batch)?;
    batch.commit()?;
    Ok(written)
}

/// The columns of `coterminous overlay`.
pub static OVERLAY_PAIR: TableSpec = TableSpec {
    name: "overlay",
    description: "One row per pair of areas that overlap, one from each layer; with --outside also the parts that the other layer leaves uncovered, with the partner `__outside__`.",
    key: 2,
    columns: &[
        ColumnSpec::text("left_code", "Code of the area in layer A, or `__outside__`."),
        ColumnSpec::text("right_code", "Code of the area in layer B, or `__outside__`."),
        ColumnSpec::number("area_m2", "m2", "Area of the overlap on the British National Grid."),
        ColumnSpec::number("share_left", "share 0-1", "Overlap over the whole area in layer A; null where left_code is `__outside__`.")
            .or_null(),
        ColumnSpec::number("share_right", "share 0-1", "Overlap over the whole area in layer B; null where right_code is `__outside__`.")
            .or_null(),
    ],
};

/// One row of `coterminous overlay`.
#[derive(Debug, Clone, PartialEq)]
pub struct OverlayRow {
    /// Code in layer A, or `__outside__`.
    pub left_code: String,
    /// Code in layer B, or `__outside__`.
    pub right_code: String,
    /// Square metres.
    pub area_m2: f64,
    /// Share of the left area; `None` where there is none.
    pub share_left: Option<f64>,
    /// Share of the right area.
    pub share_right: Option<f64>,
}

/// Writes the result of `coterminous overlay`, sorted by codes; with a drawing of the rows' overlaps as GeoParquet. `about` becomes metadata of
/// the file (which code fields were used, the grid step).
///
/// # Errors
/// As [`write_table`]; [`Error::Proof`] also for polygons that cannot be written; whatever drawing answers.
pub fn write_overlay(path: &Path, rows: &[OverlayRow], geometry: Option<Drawing<'_>>, about: &[(&str, String)]) -> Result<Written> {
    alone(&Real, |batch| add_overlay(batch, path, rows, geometry, about))
}

/// As [`write_overlay`], to files that are replaced together.
///
/// # Errors
/// As [`write_overlay`].
pub fn add_overlay(
    batch: &mut Batch<'_>,
    path: &Path,
    rows: &[OverlayRow],
    geometry: Option<Drawing<'_>>,
    about: &[(&str, String)],
) -> Result<Written> {
    let mut sorted: Vec<(&OverlayRow, usize)> = rows.iter().zip(0..).collect();
    sorted.sort_by_key(|(row, _)| (&row.left_code, &row.right_code));
    let mut table = Table::new(&OVERLAY_PAIR);
    for (row, _) in &sorted {
        table.push([
            Value::from(&row.left_code),
            Value::from(&row.right_code),
            row.area_m2.into(),
            row.share_left.into(),
            row.share_right.into(),
        ]);
    }
    let order = sorted.into_iter().map(|(_, row)| row).collect();
    let geometry = geometry.map(|drawing| Geometry { drawing, order, bbox: false });
    write(batch, path, &table, geometry.as_ref(), about)
}

/// As [`write_table_on`], with geometry columns after the table's own.
pub(super) fn write_with_geometry(disk: &dyn Disk, path: &Path, table: &Table, geometry: &Geometry<'_>) -> Result<Written> {
    alone(disk, |batch| write(batch, path, table, Some(geometry), &[]))
}

fn write(files: &mut Batch<'_>, path: &Path, table: &Table, geometry: Option<&Geometry<'_>>, about: &[(&str, String)]) -> Result<Written> {
    table.check()?;
    let mut fields: Vec<Field> = table.spec.columns.iter().map(field).collect();
    let mut metadata = vec![
        KeyValue::new("coterminous.table".to_owned(), table.spec.name.to_owned()),
        KeyValue::new("coterminous.description".to_owned(), table.spec.description.to_owned()),
    ];
    metadata.extend(about.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone())));
    fields.extend(geometry.iter().flat_map(|geometry| geometry.fields()));
    let schema = Arc::new(Schema::new(fields));
    let properties = properties(table.spec, metadata);
    // With geometry the Arrow schema comes last too, but behind what is known when all rows are written.
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(geometry.is_some());
    files.add(path, |sink: &mut Sink<'_, '_>| {
        let mut writer = ArrowWriter::try_new_with_options(sink, Arc::clone(&schema), options).map_err(|error| failed(path, error))?;
        if let Some(geometry) = geometry {
            return write_groups(path, &schema, writer, table, geometry);
        }
        for start in (0..table.len()).step_by(BATCH) {
            let arrays = arrays(table, start..start.saturating_add(BATCH).min(table.len()));
            let rows = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(|error| failed(path, error.into()))?;
            writer.write(&rows).map_err(|error| failed(path, error))?;
        }
        writer.close().map_err(|error| failed(path, error))?;
        Ok(())
    })
}

fn properties(spec: &TableSpec, metadata: Vec<KeyValue>) -> WriterProperties {
    let sorting = (0i32..).take(spec.key).map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: false }).collect();
    WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(true)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_column_dictionary_enabled(ColumnPath::from("geometry"), false)
        .set_column_statistics_enabled(ColumnPath::from("geometry"), EnabledStatistics::None)
        .set_column_data_page_size_limit(ColumnPath::from("geometry"), geoparquet::PAGE)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_sorting_columns(Some(sorting))
        .set_created_by(concat!("coterminous version ", env!("CARGO_PKG_VERSION"), " (build parquet-rs)").to_owned())
        .set_key_value_metadata(Some(metadata))
        .build()
}

fn field(spec: &ColumnSpec) -> Field {
    let kind = match spec.kind {
        ColumnType::Text => DataType::Utf8,
        ColumnType::Integer => DataType::Int64,
        ColumnType::Number => DataType::Float64,
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::Date => DataType::Date32,
    };
    described(Field::new(spec.name, kind, spec.nullable), spec.unit, spec.description)
}

/// The field with its unit and description as Arrow metadata (arrow sorts the keys when it writes them).
pub(super) fn described(field: Field, unit: &str, description: &str) -> Field {
    let entries = [("description", description), ("unit", unit)];
    field.with_metadata(
        entries.into_iter().filter(|entry| !entry.1.is_empty()).map(|(key, text)| (key.to_owned(), text.to_owned())).collect(),
    )
}

pub(super) fn arrays(table: &Table, rows: Range<usize>) -> Vec<ArrayRef> {
    let array = |column: &Column| -> ArrayRef {
        let rows = rows.clone();
        match column {
            Column::Text(cells) => Arc::new(rows.map(|row| cells.get(row)).collect::<StringArray>()),
            Column::Integer(cells) => Arc::new(rows.map(|row| cells.get(row)).collect::<Int64Array>()),
            Column::Number(cells) => Arc::new(rows.map(|row| cells.get(row)).collect::<Float64Array>()),
            Column::Boolean(cells) => Arc::new(rows.map(|row| cells.get(row)).collect::<BooleanArray>()),
            Column::Date(cells) => Arc::new(rows.map(|row| cells.get(row).map(days)).collect::<Date32Array>()),
        }
    };
    table.columns().iter().map(array).collect()
}

/// Days since 1970-01-01. Every civil day is within 4 million of it, so the conversion cannot fail.
fn days(day: Date) -> i32 {
    let hours = day.duration_since(Date::constant(1970, 1, 1)).as_hours();
    i32::try_from(hours / 24).unwrap_or_default()
}

pub(super) fn failed(path: &Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(cause) => match cause.downcast_ref::<io::Error>() {
            Some(cause) => durable::problem(path, cause),
            None => Error::publish(path, cause, "please report this with the input files"),
        },
        other => Error::publish(path, other, "please report this with the input files"),
    }
}
