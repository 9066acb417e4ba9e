//! Published GeoParquet in again: keys and polygons, for whoever draws what a run measured.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BinaryArray, RecordBatch, StringArray};
use arrow_cast::cast;
use arrow_schema::DataType;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};

use super::catch_panic;
use super::geoparquet::GeoRow;
use super::source::Source;
use crate::config::Limits;
use crate::domain::geometry::Polygon;
use crate::domain::table::TableSpec;
use crate::error::{InputProblem, Result};

/// The rows of a GeoParquet file that [`super::geoparquet::write()`] wrote, in its order: the key columns of `spec`, and polygons in metres
/// (rings closed, the outer one first). A null geometry is no polygon.
///
/// # Errors
/// [`crate::Error::Input`] if the file is not there, is no Parquet, lacks a column, or holds anything but polygons in little-endian WKB; the
/// message names the row.
pub fn read(path: &Path, spec: &TableSpec) -> Result<Vec<GeoRow>> {
    let bytes: Bytes = Source::load(path, &Limits::none())?.bytes.into();
    catch_panic::call(|| rows(path, spec, bytes)).unwrap_or_else(|| Err(damaged(path, "its structure makes no sense").into()))
}

fn damaged(path: &Path, problem: impl std::fmt::Display) -> InputProblem {
    InputProblem::new(path, format!("is not a GeoParquet file that can be read: {problem}"), "", "publish the run again with --force")
}

fn rows(path: &Path, spec: &TableSpec, bytes: Bytes) -> Result<Vec<GeoRow>> {
    let metadata = ArrowReaderMetadata::load(&bytes, Default::default()).map_err(|e| damaged(path, e))?;
    let mut wanted: Vec<&str> = spec.key_columns().iter().map(|column| column.name).collect();
    wanted.push("geometry");
    let mask = ProjectionMask::columns(metadata.parquet_schema(), wanted.iter().copied());
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata).with_projection(mask).build();
    let mut read = Vec::new();
    for batch in reader.map_err(|e| damaged(path, e))? {
        let batch = batch.map_err(|e| damaged(path, e))?;
        let column = |name: &str, kind: &DataType| -> Result<ArrayRef> {
            let column = batch.column_by_name(name).ok_or_else(|| damaged(path, "it lacks a column").field(name))?;
            Ok(cast(column, kind).map_err(|e| damaged(path, e).field(name))?)
        };
        let keys = spec.key_columns().iter().map(|key| column(key.name, &DataType::Utf8)).collect::<Result<Vec<_>>>()?;
        let keys: Vec<&StringArray> = keys.iter().map(|column| column.as_string::<i32>()).collect();
        let shapes = column("geometry", &DataType::Binary)?;
        push_rows(path, &batch, &keys, shapes.as_binary::<i32>(), &mut read)?;
    }
    Ok(read)
}

fn push_rows(path: &Path, batch: &RecordBatch, keys: &[&StringArray], shapes: &BinaryArray, read: &mut Vec<GeoRow>) -> Result<()> {
    for row in 0..batch.num_rows() {
        let number = u64::try_from(read.len()).unwrap_or(u64::MAX).saturating_add(1);
        let fault = |problem: String| damaged(path, problem).record(number);
        let polygons = if shapes.is_null(row) { Vec::new() } else { polygons(shapes.value(row)).map_err(fault)? };
        read.push(GeoRow { keys: keys.iter().map(|column| column.value(row).to_owned()).collect(), polygons });
    }
    Ok(())
}

/// The polygons of one WKB Polygon or MultiPolygon.
fn polygons(bytes: &[u8]) -> std::result::Result<Vec<Polygon>, String> {
    let mut rest = Bytewise(bytes);
    let read = match rest.header()? {
        3 => vec![rest.rings()?],
        6 => {
            let parts = rest.count()?;
            let mut polygons = Vec::new();
            for _ in 0..parts {
                match rest.header()? {
                    3 => polygons.push(rest.rings()?),
                    kind => return Err(format!("a part of WKB type {kind}, expected 3 (Polygon)")),
                }
            }
            polygons
        }
        kind => return Err(format!("WKB type {kind}, expected 3 (Polygon) or 6 (MultiPolygon)")),
    };
    if rest.0.is_empty() { Ok(read) } else { Err(format!("{} bytes after the end of its geometry", rest.0.len())) }
}

/// Bytes taken from the front.
struct Bytewise<'a>(&'a [u8]);

impl Bytewise<'_> {
    fn take<const N: usize>(&mut self) -> std::result::Result<[u8; N], String> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or("a geometry that ends too early")?;
        self.0 = rest;
        Ok(*taken)
    }

    fn header(&mut self) -> std::result::Result<u32, String> {
        match self.take::<1>()? {
            [1] => self.count(),
            [order] => Err(format!("WKB byte order {order}, expected 1 (little-endian)")),
        }
    }

    fn count(&mut self) -> std::result::Result<u32, String> {
        Ok(u32::from_le_bytes(self.take::<4>()?))
    }

    fn rings(&mut self) -> std::result::Result<Polygon, String> {
        let mut polygon = Vec::new();
        for _ in 0..self.count()? {
            let points = self.count()?;
            // Grown as it is read: a count alone, which may lie, asks for no memory.
            let mut ring = Vec::new();
            for _ in 0..points {
                let point = (f64::from_le_bytes(self.take::<8>()?), f64::from_le_bytes(self.take::<8>()?));
                if !(point.0.is_finite() && point.1.is_finite()) {
                    return Err(format!("coordinate ({}, {})", point.0, point.1));
                }
                ring.push(point);
            }
            polygon.push(ring);
        }
        Ok(polygon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Grid, Outline, Point};
    use crate::io::geoparquet::{self, Drawing};
    use crate::tables::GEO_AREA;

    #[test]
    fn what_was_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("area.parquet");
        let grid = Grid { origin_x: 7.0, origin_y: -2.0, per_metre: 10.0 };
        let ring = |x: i64| [(x, 0), (x + 9, 0), (x + 9, 95), (x, 90)].map(|(x, y)| Point { x, y }).to_vec();
        let hole = [(1, 1), (1, 2), (2, 2)].map(|(x, y)| Point { x, y }).to_vec();
        let keys = |code: &str| vec!["l".to_owned(), code.to_owned()];
        let rows = [("A", vec![vec![ring(0), hole], vec![ring(20)]]), ("B", vec![vec![ring(50)]]), ("C", Vec::new())];
        let draw = |row: usize| {
            let polygons = &rows[row].1;
            let ends = (1..=polygons.len()).map(|end| polygons[..end].iter().map(Vec::len).sum()).collect();
            Ok(Outline::new(polygons.iter().flatten().map(Vec::as_slice).collect(), ends).into())
        };
        let all: Vec<Vec<String>> = rows.iter().map(|(code, _)| keys(code)).collect();
        geoparquet::write(&path, &GEO_AREA, &all, Drawing { grid: &grid, points: &|_| 5, draw: &draw }).unwrap();
        // Rings are closed in a file.
        let metres = |ring: &Vec<Point>| ring.iter().chain(ring.first()).map(|point| grid.metres(*point)).collect();
        let expected: Vec<GeoRow> = rows
            .iter()
            .map(|(code, polygons)| GeoRow {
                keys: keys(code),
                polygons: polygons.iter().map(|rings| rings.iter().map(metres).collect()).collect(),
            })
            .collect();
        assert_eq!(read(&path, &GEO_AREA).unwrap(), expected);
    }

    #[test]
    fn broken_geometry_is_told() {
        let mut square = vec![1, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
        square.extend([0u8; 16]);
        assert_eq!(polygons(&square).unwrap(), vec![vec![vec![(0.0, 0.0)]]]);
        assert!(polygons(&square[..20]).unwrap_err().contains("too early"));
        square.push(0);
        assert!(polygons(&square).unwrap_err().contains("1 bytes after"));
        assert!(polygons(&[0, 0, 0, 0, 3]).unwrap_err().contains("byte order 0"));
        assert!(polygons(&[1, 1, 0, 0, 0]).unwrap_err().contains("type 1"));
    }
}
