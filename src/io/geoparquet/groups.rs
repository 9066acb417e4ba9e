//! Rows with geometry into a Parquet file: drawn, encoded and compressed on all threads, row group by row group, while what is ready goes to the
//! file.

use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use arrow_schema::Schema;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::encode_arrow_schema;
use parquet::file::metadata::KeyValue;
use parquet::schema::types::ColumnDescPtr;

use super::super::durable::Sink;
use super::super::parquet_out::{ROW_GROUP, arrays, failed};
use super::column::{Chunk, PAGE, Press};
use super::in_order::{Work, in_order};
use super::{Geometry, Row, Seen};
use crate::domain::Table;
use crate::error::Result;

/// Bytes of geometry in a row group (fewer rows than [`ROW_GROUP`] where rows carry geometry): small enough that threads each write one, that
/// none waits long for another, and that a reader skips most of a file by its bounding boxes.
const GEOMETRY_ROW_GROUP: usize = 1 << 20;

/// Bytes of geometry, for each thread, in row groups that are begun and not in the file yet. A row with more than that for all threads is drawn by
/// itself: drawing holds several times as many.
const UNDER_WAY: usize = 4 << 20;

/// Rows that follow each other.
struct Group {
    /// Its rows.
    rows: Range<usize>,
    /// Rows of each page of its geometry.
    pages: Vec<usize>,
    /// About how many bytes its geometry takes.
    bytes: usize,
}

/// A row group, encoded.
struct Encoded {
    columns: Vec<Column>,
    rows: Vec<Row>,
}

enum Column {
    /// As the library encodes it.
    Arrow(ArrowColumnChunk),
    Geometry(Chunk),
}

/// What writes row groups.
struct Writer<'a, 'g> {
    path: &'a Path,
    schema: &'a Schema,
    table: &'a Table,
    geometry: &'a Geometry<'g>,
    factory: ArrowRowGroupWriterFactory,
    column: ColumnDescPtr,
    /// What threads have used and may use again.
    presses: Mutex<Vec<Press>>,
    memory: Mutex<Vec<Vec<u8>>>,
}

/// Writes all rows, and closes the file.
pub(in crate::io) fn write_groups(
    path: &Path,
    schema: &Schema,
    writer: ArrowWriter<&mut Sink<'_, '_>>,
    table: &Table,
    geometry: &Geometry<'_>,
) -> Result<()> {
    let (mut file, factory) = writer.into_serialized_writer().map_err(|error| failed(path, error))?;
    let writer = Writer {
        path,
        schema,
        table,
        geometry,
        factory,
        // The columns before it are plain ones.
        column: file.schema_descr().column(table.columns().len()),
        presses: Mutex::default(),
        memory: Mutex::default(),
    };
    let groups = groups(geometry, table.len());
    let mut seen = Seen::default();
    let work = Work {
        count: groups.len(),
        weight: &|number| groups.get(number).map_or(0, |group| group.bytes),
        most: UNDER_WAY.saturating_mul(rayon::current_num_threads().max(1)),
    };
    let encode = |number: usize| match groups.get(number) {
        Some(group) => writer.encode(number, group),
        None => Ok(Encoded { columns: Vec::new(), rows: Vec::new() }),
    };
    in_order(&work, encode, |encoded| {
        encoded.rows.iter().for_each(|row| seen.add(row));
        let mut group = file.next_row_group().map_err(|error| failed(path, error))?;
        for column in encoded.columns {
            match column {
                Column::Arrow(chunk) => chunk.append_to_row_group(&mut group).map_err(|error| failed(path, error))?,
                Column::Geometry(Chunk { bytes, close }) => {
                    group.append_column(&bytes, close).map_err(|error| failed(path, error))?;
                    writer.give_back(bytes);
                }
            }
        }
        group.close().map_err(|error| failed(path, error))?;
        Ok(())
    })?;
    file.append_key_value_metadata(KeyValue::new("geo".to_owned(), geometry.metadata(&seen)?));
    file.append_key_value_metadata(KeyValue::new(parquet::arrow::ARROW_SCHEMA_META_KEY.to_owned(), encode_arrow_schema(schema)));
    file.close().map_err(|error| failed(path, error))?;
    Ok(())
}

/// Rows put together by about how many bytes their geometry takes, which is known before they are drawn.
fn groups(geometry: &Geometry<'_>, rows: usize) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut page = 0usize;
    for row in 0..rows {
        let about = geometry.about(row);
        match groups.last_mut() {
            Some(group) if group.bytes.saturating_add(about) <= GEOMETRY_ROW_GROUP && group.rows.len() < ROW_GROUP => {
                group.rows.end = row.saturating_add(1);
                group.bytes = group.bytes.saturating_add(about);
                match group.pages.last_mut() {
                    Some(count) if page.saturating_add(about) <= PAGE => {
                        *count = count.saturating_add(1);
                        page = page.saturating_add(about);
                    }
                    _ => {
                        group.pages.push(1);
                        page = about;
                    }
                }
            }
            _ => {
                groups.push(Group { rows: row..row.saturating_add(1), pages: vec![1], bytes: about });
                page = about;
            }
        }
    }
    groups
}

impl Writer<'_, '_> {
    /// Draws, encodes and compresses the columns of a row group.
    fn encode(&self, number: usize, group: &Group) -> Result<Encoded> {
        let failed = |error| failed(self.path, error);
        let mut press = pop(&self.presses).unwrap_or_default();
        let mut rows: Vec<Row> = Vec::with_capacity(group.rows.len());
        let mut next = group.rows.clone();
        let chunk = press.chunk(self.path, &self.column, group.pages.iter().copied(), pop(&self.memory).unwrap_or_default(), |page| {
            let row = next.next().map_or(Ok(Row::default()), |row| self.geometry.write(row, page))?;
            rows.push(row);
            Ok(row.polygons > 0)
        })?;
        push(&self.presses, press);
        let mut writers = self.factory.create_column_writers(number).map_err(failed)?.into_iter();
        let mut columns: Vec<Column> = Vec::new();
        let mut encode = |field: usize, array, writers: &mut dyn Iterator<Item = ArrowColumnWriter>| -> Result<()> {
            let Some(field) = self.schema.fields().get(field) else { return Ok(()) };
            for (leaf, mut writer) in compute_leaves(field, &array).map_err(failed)?.into_iter().zip(writers) {
                writer.write(&leaf).map_err(failed)?;
                columns.push(Column::Arrow(writer.close().map_err(failed)?));
            }
            Ok(())
        };
        let arrays = arrays(self.table, group.rows.clone());
        let geometry = arrays.len();
        for (field, array) in arrays.into_iter().enumerate() {
            encode(field, array, &mut writers.by_ref().take(1))?;
        }
        // The library's own for the geometry is not used.
        writers.next();
        let bboxes = self.geometry.bboxes(&rows)?;
        if let Some(bboxes) = bboxes {
            encode(geometry.saturating_add(1), bboxes, &mut writers)?;
        }
        columns.insert(geometry.min(columns.len()), Column::Geometry(chunk));
        Ok(Encoded { columns, rows })
    }

    fn give_back(&self, bytes: Bytes) {
        push(&self.memory, bytes.into());
    }
}

fn pop<T>(shelf: &Mutex<Vec<T>>) -> Option<T> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn push<T>(shelf: &Mutex<Vec<T>>, thing: T) {
    shelf.lock().unwrap_or_else(PoisonError::into_inner).push(thing);
}
