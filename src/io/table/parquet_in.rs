//! Parquet tables in, as text.

use std::path::Path;

use arrow_array::cast::AsArray;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_cast::cast;
use arrow_schema::DataType;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use rayon::prelude::*;

use super::builder::Builder;
use super::parquet_pages::{self, Fault};
use super::thrift::Compact;
use super::thrift_fields::FILE_META_DATA;
use crate::config::{Limits, TableSource};
use crate::domain::{Finding, TextTable};
use crate::error::{InputProblem, Result};
use crate::io::source::too_large;
use crate::io::{Read, catch_panic};

/// Rows decoded at a time, unless they may be long.
const BATCH: usize = 1024;

/// Row groups read side by side, where the limits are those of a small file and where they are not: each may come to the limit before all
/// are counted together.
const FEW: usize = 2;
const MANY: usize = 16;
/// Bytes that a file of more than a small one's size may expand to.
const LARGE: u64 = 1 << 30;

/// Reads a Parquet file. Row n is shown as row n + 1, as if its column names were row 1.
pub(super) fn read(source: &TableSource, bytes: Vec<u8>, limits: &Limits) -> Result<Read<TextTable>> {
    let path = source.path.as_path();
    if let Some(row) = source.header_row.or(source.header_rows.last().copied()).filter(|row| *row != 1) {
        let found = format!("has the names of its columns in itself, so no header in row {row}");
        return Err(InputProblem::new(path, found, "", "leave header_row out of the config").into());
    }
    catch_panic::call(|| read_file(source, bytes.into(), limits))
        .unwrap_or_else(|| Err(damaged(path, "its structure makes no sense").into()))
}

/// As [`read`], from bytes that others read too.
pub(super) fn read_bytes(source: &TableSource, bytes: Bytes, limits: &Limits) -> Result<Read<TextTable>> {
    let path = source.path.as_path();
    catch_panic::call(|| read_file(source, bytes, limits)).unwrap_or_else(|| Err(damaged(path, "its structure makes no sense").into()))
}

/// Columns of a Parquet file: name, type, and whether it can be read as text.
pub(super) fn schema(path: &Path, bytes: Vec<u8>) -> Result<Vec<(String, String, bool)>> {
    let read = catch_panic::call(|| {
        let metadata = metadata(path, &Bytes::from(bytes))?;
        let columns = metadata.schema().fields().iter();
        Ok(columns.map(|field| (field.name().clone(), field.data_type().to_string(), is_readable(field.data_type()))).collect())
    });
    read.unwrap_or_else(|| Err(damaged(path, "its structure makes no sense").into()))
}

fn damaged(path: &Path, problem: impl std::fmt::Display) -> InputProblem {
    InputProblem::new(path, format!("is not a Parquet file that can be read: {problem}"), "", "copy it again, or export it as .csv")
}

/// What the footer says, once it is known to be one.
fn metadata(path: &Path, bytes: &Bytes) -> Result<ArrowReaderMetadata> {
    if parquet_pages::footer(bytes).is_some_and(|footer| (Compact { bytes: footer }).structure(FILE_META_DATA).is_none()) {
        return Err(damaged(path, "its footer makes no sense").into());
    }
    // The Arrow schema that some writers leave beside Parquet's own says nothing that text needs, and its reader panics at a spoilt one.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    ArrowReaderMetadata::load(bytes, options).map_err(|e| damaged(path, e).into())
}

fn read_file<'a>(source: &'a TableSource, bytes: Bytes, limits: &Limits) -> Result<Read<TextTable>> {
    let path = source.path.as_path();
    let metadata = metadata(path, &bytes)?;
    check_limits(path, metadata.metadata(), limits)?;
    let pages = parquet_pages::walk(&bytes, metadata.metadata(), limits.expanded_bytes).map_err(|fault| match fault {
        Fault::Broken(what) => damaged(path, what),
        Fault::TooLarge => too_large(path, limits),
    })?;
    // A row may name the longest entry of a dictionary, and so may the next: what is decoded at a time stays below what may be held at all.
    let at_once = limits.expanded_bytes / 4;
    let batch = usize::try_from(at_once.checked_div(pages.largest_repeated).unwrap_or(u64::MAX)).unwrap_or(BATCH).clamp(1, BATCH);
    let (mut kept, mut names, mut findings) = (Vec::new(), Vec::new(), Vec::new());
    for (position, field) in metadata.schema().fields().iter().enumerate() {
        if is_readable(field.data_type()) {
            kept.push(position);
            names.push(field.name().clone());
        } else {
            let detail = format!("column {} is of type {}", field.name(), field.data_type());
            findings.push(Finding::new("DQ-16", detail, "left out").file(path.display().to_string()).field(field.name()));
        }
    }
    let coarse: Vec<AtomicU64> = names.iter().map(|_| AtomicU64::new(0)).collect();
    let mask = ProjectionMask::roots(metadata.parquet_schema(), kept);
    let mut table = Builder::new(source, None, limits, false);
    table.row(1, &names)?;
    // Row groups are read side by side, a few at a time so that memory does not depend on the number of threads; each is numbered from where
    // the one before it ends.
    let read_group = |group: usize, part: Builder<'a>| {
        // Another thread, so caught there too.
        let read = catch_panic::call(|| {
            let mut part = part;
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata.clone());
            let reader = reader
                .with_batch_size(batch)
                .with_projection(mask.clone())
                .with_row_groups(vec![group])
                .build()
                .map_err(|e| damaged(path, e))?;
            let mut number = 0u64;
            for batch in reader {
                let batch = batch.map_err(|e| damaged(path, e))?;
                for (column, coarse) in batch.columns().iter().zip(&coarse) {
                    coarse.fetch_add(without_pennies(column), Ordering::Relaxed);
                }
                let columns = batch.columns().iter().zip(&names);
                let columns = columns.map(|(column, name)| texts(column).map_err(|e| damaged(path, e).field(name).into()));
                let columns = columns.collect::<Result<Vec<StringArray>>>()?;
                let mut cells: Vec<&str> = Vec::with_capacity(columns.len());
                for row in 0..batch.num_rows() {
                    number = number.saturating_add(1);
                    cells.clear();
                    cells.extend(columns.iter().map(|column| if column.is_null(row) { "" } else { column.value(row) }));
                    part.row(number, &cells)?;
                }
            }
            Ok(part)
        });
        read.unwrap_or_else(|| Err(damaged(path, "its structure makes no sense").into()))
    };
    let mut offset = 1u64;
    let all: Vec<usize> = (0..metadata.metadata().num_row_groups()).collect();
    for some in all.chunks(if limits.expanded_bytes < LARGE { FEW } else { MANY }) {
        let empty: Vec<(usize, Builder<'a>)> = some.iter().filter_map(|group| Some((*group, table.part()?))).collect();
        let parts: Vec<Result<Builder<'a>>> = empty.into_par_iter().map(|(group, part)| read_group(group, part)).collect();
        for (group, part) in some.iter().zip(parts) {
            let rows = metadata.metadata().row_groups().get(*group).and_then(|group| u64::try_from(group.num_rows()).ok()).unwrap_or(0);
            table.append(part?, offset)?;
            offset = offset.saturating_add(rows);
        }
    }
    let (value, left_out) = table.finish()?;
    findings.extend(left_out);
    for (name, count) in names.iter().zip(coarse.iter().map(|count| count.load(Ordering::Relaxed))).filter(|(_, count)| *count > 0) {
        let is_half = metadata.schema().field_with_name(name).is_ok_and(|field| field.data_type() == &DataType::Float16);
        let (bits, from) = if is_half { (16, "16") } else { (32, "131,072") };
        let detail = format!(
            "column {name} holds {bits}-bit floats: {count} of its numbers are of {from} or more, where they cannot hold hundredths"
        );
        findings.push(
            Finding::new("DQ-07", detail, "read as they are; export the column as 64-bit floats, decimals or whole pence")
                .file(path.display().to_string())
                .field(name)
                .value(count as f64, "rows"),
        );
    }
    Ok(Read { value, findings, files: Vec::new() })
}

/// Refuses files that say they unpack beyond the limits, before anything is unpacked.
fn check_limits(path: &Path, metadata: &parquet::file::metadata::ParquetMetaData, limits: &Limits) -> Result<()> {
    let sizes = metadata.row_groups().iter().map(|group| u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX));
    if sizes.fold(0u64, u64::saturating_add) > limits.expanded_bytes {
        return Err(too_large(path, limits).into());
    }
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(u64::MAX);
    let columns = u64::try_from(metadata.file_metadata().schema_descr().num_columns()).unwrap_or(u64::MAX);
    let cells = rows.saturating_mul(columns);
    if cells > limits.cells {
        return Err(
            InputProblem::new(path, format!("has {cells} cells"), format!("at most {}", limits.cells), limits.raise("cells")).into()
        );
    }
    Ok(())
}

/// Whether a column can be read as text: text, number, date, time or boolean, plain or by dictionary.
fn is_readable(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_readable(values),
        DataType::RunEndEncoded(_, values) => is_readable(values.data_type()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean | DataType::Null => true,
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => true,
        other => other.is_numeric(),
    }
}

/// How many numbers of a column are floats too large to hold a penny: those of 32 bits are more than a hundredth apart from 2^17 on, those of 16
/// bits from 2^4 on.
fn without_pennies(column: &ArrayRef) -> u64 {
    let large = match column.data_type() {
        DataType::Float32 => {
            let numbers = column.as_primitive::<Float32Type>().iter().flatten();
            numbers.filter(|number| number.is_finite() && number.abs() >= 131_072.0).count()
        }
        DataType::Float16 => {
            let numbers = column.as_primitive::<Float16Type>().iter().flatten().map(|number| number.to_f32());
            numbers.filter(|number| number.is_finite() && number.abs() >= 16.0).count()
        }
        _ => 0,
    };
    u64::try_from(large).unwrap_or(u64::MAX)
}

/// A column as text.
fn texts(column: &ArrayRef) -> std::result::Result<StringArray, arrow_schema::ArrowError> {
    match column.data_type() {
        DataType::Dictionary(_, values) => texts(&cast(column, values)?),
        DataType::RunEndEncoded(_, values) => texts(&cast(column, values.data_type())?),
        // Arrow prints floats with ".0"; the shortest text is ours.
        DataType::Float64 => Ok(column.as_primitive::<Float64Type>().iter().map(|cell| cell.map(super::number_text)).collect()),
        DataType::Float32 => Ok(column
            .as_primitive::<Float32Type>()
            .iter()
            // The float itself prints its own shortest text; widened to 64 bits, 0.1 would print as 0.10000000149.
            .map(|cell| cell.map(|number| if number == 0.0 { "0".to_owned() } else { number.to_string() }))
            .collect()),
        DataType::Float16 => texts(&cast(column, &DataType::Float32)?),
        DataType::Boolean => Ok(column.as_boolean().iter().map(|cell| cell.map(|yes| yes.to_string())).collect()),
        kind => {
            let is_moment = matches!(kind, DataType::Timestamp(..) | DataType::Date64);
            let column = cast(column, &DataType::Utf8)?;
            let texts = column.as_string::<i32>();
            if is_moment { Ok(texts.iter().map(|cell| cell.map(super::day_if_midnight)).collect()) } else { Ok(texts.clone()) }
        }
    }
}
