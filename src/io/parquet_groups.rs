//! Rows with geometry into a Parquet file: drawn, encoded and compressed on all threads while what is ready goes to the file, each part given
//! back as soon as the next step has it.

use std::collections::VecDeque;
use std::path::Path;

use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::encode_arrow_schema;
use parquet::file::metadata::KeyValue;
use parquet::file::writer::SerializedFileWriter;
use rayon::prelude::*;

use super::durable::Sink;
use super::geoparquet::{Encoded, Geometry, Seen};
use super::parquet_out::{ROW_GROUP, arrays, failed};
use crate::domain::Table;
use crate::error::Result;

/// Bytes of geometry in a row group (fewer rows than [`ROW_GROUP`] where rows carry geometry): small enough that threads each encode one, that
/// none waits long for another, and that a reader skips most of a file by its bounding boxes.
const GEOMETRY_ROW_GROUP: usize = 1 << 20;
/// Bytes of geometry in a page, and converted at a time: what a processor's own cache holds while it is copied and compressed.
pub(super) const GEOMETRY_PAGE: usize = 256 << 10;
/// Bytes of geometry drawn for each thread before any of it is encoded: what is in memory at a time is touched page by page, and that costs
/// more than taking turns more often.
const DRAWN: usize = 1 << 20;

/// Bytes of geometry of one row from which it is drawn by itself, and nothing is drawn while it is encoded: drawing holds several times as many.
const LARGE: usize = 16 << 20;

/// Rows of a table that follow each other, with their geometry.
struct Group {
    /// Its number in the file.
    number: usize,
    /// Its first row.
    start: usize,
    rows: Vec<Encoded>,
}

/// Writes all rows, and closes the file.
pub(super) fn write_groups(
    path: &Path,
    schema: &Schema,
    writer: ArrowWriter<&mut Sink<'_, '_>>,
    table: &Table,
    geometry: &Geometry<'_>,
) -> Result<()> {
    let (mut file, columns) = writer.into_serialized_writer().map_err(|error| failed(path, error))?;
    let encode = |group: Group| encode(path, schema, &columns, table, geometry, group);
    let mut seen = Seen::default();
    let mut waiting: VecDeque<Encoded> = VecDeque::new();
    let (mut drawn, mut grouped, mut groups) = (0usize, 0usize, 0usize);
    let mut ready: Vec<Vec<ArrowColumnChunk>> = Vec::new();
    while drawn < table.len() || !waiting.is_empty() || !ready.is_empty() {
        // Three steps side by side: what was encoded goes to the file, what was drawn is encoded, and the next rows are drawn.
        let mut full: Vec<Group> = Vec::new();
        while let Some(rows) = fitting(&waiting, GEOMETRY_ROW_GROUP, drawn == table.len()) {
            full.push(Group { number: groups, start: grouped, rows: waiting.drain(..rows).collect() });
            grouped = grouped.saturating_add(rows);
            groups = groups.saturating_add(1);
        }
        let is_large = full.iter().flat_map(|group| &group.rows).any(|row| row.length > LARGE);
        let end = if is_large { drawn } else { next_rows(geometry, drawn, table.len()) };
        let before = std::mem::take(&mut ready);
        let (appended, (encoded, rows)) = rayon::join(
            || append(path, &mut file, before),
            || {
                rayon::join(
                    || full.into_par_iter().map(encode).collect::<Result<Vec<_>>>(),
                    || (drawn..end).into_par_iter().with_max_len(1).map(|row| geometry.encode(row)).collect::<Result<Vec<_>>>(),
                )
            },
        );
        appended?;
        ready = encoded?;
        let rows = rows?;
        rows.iter().for_each(|row| seen.add(row));
        waiting.extend(rows);
        drawn = end;
    }
    file.append_key_value_metadata(KeyValue::new("geo".to_owned(), geometry.metadata(&seen)?));
    file.append_key_value_metadata(KeyValue::new(parquet::arrow::ARROW_SCHEMA_META_KEY.to_owned(), encode_arrow_schema(schema)));
    file.close().map_err(|error| failed(path, error))?;
    Ok(())
}

/// How many rows to put together, at least one, of which the geometry takes no more than so many bytes; `None` while rows that are not drawn
/// yet may belong to them.
fn fitting(rows: &VecDeque<Encoded>, bytes: usize, all: bool) -> Option<usize> {
    let count = fit(rows.iter().take(ROW_GROUP), bytes);
    (count < rows.len() || count == ROW_GROUP || all && count > 0).then_some(count)
}

fn fit<'a>(rows: impl Iterator<Item = &'a Encoded>, bytes: usize) -> usize {
    let mut left = bytes;
    let mut count = 0usize;
    for row in rows {
        if row.length > left && count > 0 {
            break;
        }
        left = left.saturating_sub(row.length);
        count = count.saturating_add(1);
    }
    count
}

/// Where the rows end that are drawn next: enough to keep every thread busy, and few enough to be held.
fn next_rows(geometry: &Geometry<'_>, start: usize, rows: usize) -> usize {
    let threads = rayon::current_num_threads().max(1);
    let mut left = DRAWN.saturating_mul(threads);
    let mut end = start;
    while end < rows && (left > 0 || end.saturating_sub(start) < threads) && end.saturating_sub(start) < ROW_GROUP {
        let about = geometry.about(end);
        if about > LARGE {
            return if end == start { end.saturating_add(1) } else { end };
        }
        left = left.saturating_sub(about);
        end = end.saturating_add(1);
    }
    end
}

/// Encodes and compresses the columns of a row group.
fn encode(
    path: &Path,
    schema: &Schema,
    columns: &ArrowRowGroupWriterFactory,
    table: &Table,
    geometry: &Geometry<'_>,
    group: Group,
) -> Result<Vec<ArrowColumnChunk>> {
    let mut writers = columns.create_column_writers(group.number).map_err(|error| failed(path, error))?;
    let mut start = group.start;
    let mut rest = VecDeque::from(group.rows);
    while !rest.is_empty() {
        let rows: Vec<Encoded> = rest.drain(..fit(rest.iter(), GEOMETRY_PAGE)).collect();
        let end = start.saturating_add(rows.len());
        let mut arrays = arrays(table, start..end);
        arrays.extend(geometry.arrays(rows)?);
        let mut into = writers.iter_mut();
        for (field, array) in schema.fields().iter().zip(&arrays) {
            for (leaf, writer) in compute_leaves(field, array).map_err(|error| failed(path, error))?.iter().zip(into.by_ref()) {
                writer.write(leaf).map_err(|error| failed(path, error))?;
            }
        }
        start = end;
    }
    writers.into_iter().map(|writer| writer.close().map_err(|error| failed(path, error))).collect()
}

/// Writes row groups in their order.
fn append(path: &Path, file: &mut SerializedFileWriter<&mut Sink<'_, '_>>, groups: Vec<Vec<ArrowColumnChunk>>) -> Result<()> {
    for chunks in groups {
        let mut group = file.next_row_group().map_err(|error| failed(path, error))?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut group).map_err(|error| failed(path, error))?;
        }
        group.close().map_err(|error| failed(path, error))?;
    }
    Ok(())
}
