//! GeoParquet 1.0 and 1.1 (metadata `geo`) and 2.0 (Parquet's own GEOMETRY type), geometry as well-known binary. Source: the GeoParquet specification.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_cast::cast;
use arrow_schema::DataType;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::LogicalType;
use serde_json::Value as Json;

use super::builder::Builder;
use super::wkb;
use crate::config::{Limits, TableSource};
use crate::domain::Finding;
use crate::error::{Error, InputProblem, Result};
use crate::io::crs::Declared;
use crate::io::{catch_panic, table};

/// Rows decoded at a time: a row may be a country.
const BATCH: usize = 64;

fn damaged(path: &Path, problem: impl std::fmt::Display) -> Error {
    InputProblem::new(path, format!("is not a GeoParquet file that can be read: {problem}"), "a whole file", "copy or download it again")
        .into()
}

/// The column with the shapes, and what the file says of its CRS.
struct Geometry {
    column: String,
    declared: Declared,
}

/// Whether a Parquet file has a column of shapes; `false` too for what is no Parquet.
pub(super) fn has_geometry(path: &Path, bytes: &Bytes) -> bool {
    catch_panic::call(|| metadata(path, bytes).is_ok_and(|metadata| matches!(geometry(path, &metadata), Ok(Some(_))))).unwrap_or(false)
}

fn metadata(path: &Path, bytes: &Bytes) -> Result<ArrowReaderMetadata> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    ArrowReaderMetadata::load(bytes, options).map_err(|error| damaged(path, error))
}

fn geometry(path: &Path, metadata: &ArrowReaderMetadata) -> Result<Option<Geometry>> {
    let file = metadata.metadata().file_metadata();
    let pairs = file.key_value_metadata().map_or(&[][..], Vec::as_slice);
    let geo = pairs.iter().find(|pair| pair.key == "geo").and_then(|pair| pair.value.as_deref());
    let native = file.schema_descr().columns().iter().find_map(|column| match column.logical_type_ref() {
        Some(LogicalType::Geometry(kind)) => Some((column.name().to_owned(), Ok(kind.crs.clone()))),
        Some(LogicalType::Geography(_)) => Some((column.name().to_owned(), Err(()))),
        _ => None,
    });
    if let Some(geo) = geo {
        let geo: Json = serde_json::from_str(geo).map_err(|error| damaged(path, format!("its geo metadata are not JSON: {error}")))?;
        let Some(column) = geo.get("primary_column").and_then(Json::as_str) else {
            return Err(damaged(path, "its geo metadata name no primary column"));
        };
        let about = geo.get("columns").and_then(|columns| columns.get(column)).cloned().unwrap_or(Json::Null);
        let encoding = about.get("encoding").and_then(Json::as_str).unwrap_or("WKB");
        if !encoding.eq_ignore_ascii_case("WKB") {
            let found = format!("holds its shapes as \"{}\"", encoding.escape_debug());
            return Err(InputProblem::new(
                path,
                found,
                "WKB",
                "write it again with the encoding WKB (ogr2ogr -lco GEOMETRY_ENCODING=WKB new.parquet old.parquet)",
            )
            .into());
        }
        if about.get("edges").and_then(Json::as_str) == Some("spherical") {
            return Err(spherical(path));
        }
        let declared = match about.get("crs") {
            None => Declared::Degrees("OGC:CRS84 (GeoParquet's default)".to_owned()),
            Some(Json::Null) => Declared::Other("crs null: not known".to_owned()),
            Some(crs) => Declared::by_projjson(crs),
        };
        return Ok(Some(Geometry { column: column.to_owned(), declared }));
    }
    let Some((column, crs)) = native else { return Ok(None) };
    let crs = crs.map_err(|()| spherical(path))?;
    let declared = match crs.as_deref() {
        None | Some("") => Declared::Degrees("OGC:CRS84 (Parquet's default)".to_owned()),
        Some(text) => {
            // PROJJSON itself, the name of the metadata with it, a number of a database, or a name.
            let text =
                text.strip_prefix("projjson:").and_then(|key| pairs.iter().find(|pair| pair.key == key)?.value.as_deref()).unwrap_or(text);
            match serde_json::from_str::<Json>(text) {
                Ok(crs @ Json::Object(_)) => Declared::by_projjson(&crs),
                _ => Declared::by_name(text.strip_prefix("srid:").unwrap_or(text)),
            }
        }
    };
    Ok(Some(Geometry { column, declared }))
}

fn spherical(path: &Path) -> Error {
    let remedy = "write it again with straight edges";
    InputProblem::new(path, "holds shapes whose edges are arcs of the globe", "straight edges (planar)", remedy).into()
}

/// Reads a GeoParquet file. `shown` is where it is, for messages.
pub(super) fn read<'a>(shown: &Path, bytes: Vec<u8>, limits: &'a Limits) -> Result<(Builder<'a>, Declared, Vec<Finding>)> {
    let bytes: Bytes = bytes.into();
    catch_panic::call(|| read_file(shown, &bytes, limits)).unwrap_or_else(|| Err(damaged(shown, "its structure makes no sense")))
}

fn read_file<'a>(path: &Path, bytes: &Bytes, limits: &'a Limits) -> Result<(Builder<'a>, Declared, Vec<Finding>)> {
    // Its attributes as of any table; that checks the file against the limits too, before anything is unpacked.
    let attributes = table::read_parquet(&TableSource::new(path, None), bytes.clone(), limits)?;
    let metadata = metadata(path, bytes)?;
    let Some(geometry) = geometry(path, &metadata)? else {
        let remedy = "give a GeoParquet file, or name the table where the config asks for one";
        return Err(InputProblem::new(path, "is Parquet without a column of shapes", "GeoParquet", remedy).into());
    };
    let mut builder = Builder::new(path, limits);
    let table = attributes.value;
    let fields: Vec<usize> = table.columns.iter().map(|name| builder.field(name)).collect::<Result<_>>()?;
    let mask = ProjectionMask::columns(metadata.parquet_schema(), [geometry.column.as_str()]);
    let reader =
        ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata.clone()).with_batch_size(BATCH).with_projection(mask);
    let mut row = 0usize;
    let mut record = 0u64;
    for batch in reader.build().map_err(|error| damaged(path, error))? {
        let batch = batch.map_err(|error| damaged(path, error))?;
        let column: &ArrayRef = batch.column_by_name(&geometry.column).ok_or_else(|| damaged(path, "it lacks the column of its shapes"))?;
        let shapes = cast(column, &DataType::LargeBinary).map_err(|error| damaged(path, error))?;
        let shapes = shapes.as_binary::<i64>();
        for at in 0..shapes.len() {
            record = record.saturating_add(1);
            // The table leaves out rows without a cell; it numbers rows from 2, as if its names were row 1.
            if row < table.len() && table.row_number(row) == record.saturating_add(1) {
                for (column, field) in fields.iter().enumerate() {
                    if let Some(text) = table.cell(row, column) {
                        builder.set(*field, text)?;
                    }
                }
                row = row.saturating_add(1);
            }
            if !shapes.is_null(at) {
                wkb::read(shapes.value(at), &mut builder)?;
            }
            builder.end_record()?;
        }
    }
    // The shapes themselves and their boxes are no attributes that were left out.
    let covering = |finding: &Finding| {
        let field = finding.field.as_deref().unwrap_or("");
        field != geometry.column && field != "bbox" && field != format!("{}_bbox", geometry.column)
    };
    let findings = attributes.findings.into_iter().filter(covering).collect();
    Ok((builder, geometry.declared, findings))
}
