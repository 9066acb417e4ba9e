//! Parquet tables in, as text.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::DataType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::ChunkReader;

use super::builder::Builder;
use crate::config::Limits;
use crate::domain::{Finding, TextTable};
use crate::error::{InputProblem, Result};
use crate::io::Read;
use crate::io::source::{input_file, too_large};

/// Reads a Parquet file. Row n is shown as row n + 1, as if its column names were row 1.
pub(super) fn read(path: &Path, limits: &Limits) -> Result<Read<TextTable>> {
    catch_unwind(AssertUnwindSafe(|| read_file(path, limits))).unwrap_or_else(|_| Err(damaged(path, "its structure makes no sense").into()))
}

fn damaged(path: &Path, problem: impl std::fmt::Display) -> InputProblem {
    InputProblem::new(path, format!("is no Parquet file that can be read: {problem}"), "", "copy it again, or export it as .csv")
}

fn read_file(path: &Path, limits: &Limits) -> Result<Read<TextTable>> {
    let unreadable = |e: std::io::Error| InputProblem::new(path, format!("cannot be read: {e}"), "", "check its permissions");
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if length > limits.expanded_bytes {
        return Err(too_large(path, limits).into());
    }
    let length = usize::try_from(length).map_err(|_| too_large(path, limits))?;
    // The bytes that are hashed are the bytes that are parsed.
    let bytes = file.get_bytes(0, length).map_err(|e| damaged(path, e))?;
    let input = input_file(path, &bytes);
    if !bytes.starts_with(super::PARQUET) {
        super::check_kind(path, &bytes, super::Format::Parquet)?;
    }
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(|e| damaged(path, e))?;
    check_limits(path, builder.metadata(), limits)?;
    let (mut kept, mut findings) = (Vec::new(), Vec::new());
    for (position, field) in builder.schema().fields().iter().enumerate() {
        if is_readable(field.data_type()) {
            kept.push(position);
        } else {
            let detail = format!("column {} is of type {}", field.name(), field.data_type());
            findings.push(Finding::new("DQ-16", detail, "left out").file(path.display().to_string()).field(field.name()));
        }
    }
    let mask = ProjectionMask::roots(builder.parquet_schema(), kept.iter().copied());
    let names: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .zip(0..)
        .filter(|(_, position)| kept.contains(position))
        .map(|(field, _)| field.name().clone())
        .collect();
    let mut table = Builder::new(path, None, limits, false);
    table.row(1, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    let mut number = 1u64;
    for batch in builder.with_projection(mask).build().map_err(|e| damaged(path, e))? {
        let batch = batch.map_err(|e| damaged(path, e))?;
        let columns = batch
            .columns()
            .iter()
            .zip(&names)
            .map(|(column, name)| texts(column).map_err(|e| damaged(path, e).field(name).into()))
            .collect::<Result<Vec<_>>>()?;
        for row in 0..batch.num_rows() {
            number = number.saturating_add(1);
            let cells: Vec<&str> = columns.iter().map(|column| column.get(row).and_then(Option::as_deref).unwrap_or("")).collect();
            table.row(number, &cells)?;
        }
    }
    Ok(Read { value: table.finish()?, findings, files: vec![input] })
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
        let remedy = "raise limits.cells in the config if the file is to be trusted";
        return Err(InputProblem::new(path, format!("has {cells} cells"), format!("at most {}", limits.cells), remedy).into());
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

/// A column as text, `None` where null.
fn texts(column: &ArrayRef) -> std::result::Result<Vec<Option<String>>, arrow_schema::ArrowError> {
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
            let texts = column.as_string::<i32>().iter();
            Ok(texts.map(|cell| cell.map(|text| if is_moment { super::day_if_midnight(text) } else { text.to_owned() })).collect())
        }
    }
}
