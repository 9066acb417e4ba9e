//! GeoPackage: layers of polygons in a SQLite database. Source: OGC 12-128r19.

use std::path::Path;

use super::builder::Builder;
use super::sqlite::{Database, Value, damaged};
use super::{one_layer, wkb};
use crate::config::Limits;
use crate::domain::Finding;
use crate::error::{Error, InputProblem, Result};
use crate::io::crs::Declared;

/// A layer: its table, the column with its shapes, and the number of its CRS.
struct Layer {
    table: String,
    column: String,
    srs: i64,
    kind: String,
}

/// The layers of areas, sorted, and the number of others.
fn listed(path: &Path, database: &Database<'_>) -> Result<(Vec<Layer>, Vec<String>)> {
    let Some(table) = database.table("gpkg_geometry_columns") else {
        return Err(InputProblem::new(
            path,
            "is a SQLite database without gpkg_geometry_columns",
            "a GeoPackage",
            "write the layer as a GeoPackage (ogr2ogr new.gpkg old)",
        )
        .into());
    };
    let at = |name: &str| table.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
    let (Some(name), Some(column), Some(kind), Some(srs)) = (at("table_name"), at("column_name"), at("geometry_type_name"), at("srs_id"))
    else {
        return Err(damaged(path, "its table of geometry columns lacks one"));
    };
    let (mut layers, mut others) = (Vec::new(), Vec::new());
    database.rows(table, &mut |row| {
        let text = |at: usize| row.get(at).and_then(Value::text).unwrap_or_default();
        let layer = Layer {
            table: text(name),
            column: text(column),
            srs: row.get(srs).and_then(Value::integer).unwrap_or(-1),
            kind: text(kind).to_uppercase(),
        };
        let is_area = ["POLYGON", "MULTIPOLYGON", "GEOMETRY", "GEOMETRYCOLLECTION", "CURVEPOLYGON", "MULTISURFACE", "SURFACE"]
            .contains(&layer.kind.as_str());
        if is_area {
            layers.push(layer)
        } else {
            others.push(format!("{} ({})", layer.table, layer.kind))
        }
        Ok(())
    })?;
    layers.sort_by(|a, b| a.table.cmp(&b.table));
    Ok((layers, others))
}

/// Names of the layers of areas.
pub(super) fn layers(path: &Path, bytes: &[u8], limits: &Limits) -> Result<Vec<String>> {
    let database = Database::open(path, bytes, limits)?;
    Ok(listed(path, &database)?.0.into_iter().map(|layer| layer.table).collect())
}

/// Reads the layer `layer` of a GeoPackage, or its only one.
pub(super) fn read<'a>(
    path: &Path,
    bytes: &[u8],
    layer: Option<&str>,
    limits: &'a Limits,
) -> Result<(Builder<'a>, Declared, Vec<Finding>)> {
    let database = Database::open(path, bytes, limits)?;
    let (layers, others) = listed(path, &database)?;
    if layers.is_empty() {
        let found = if others.is_empty() {
            "holds no layer".to_owned()
        } else {
            format!("holds no areas but {}", others.join(", ").escape_debug())
        };
        return Err(InputProblem::new(path, found, "a layer of polygons", "give a layer of areas").into());
    }
    let names: Vec<String> = layers.iter().map(|layer| layer.table.clone()).collect();
    let name = one_layer(path, layer, &names)?;
    let Some(layer) = layers.iter().find(|layer| layer.table == name) else { return Err(damaged(path, "its layer is not there")) };
    let Some(table) = database.table(&layer.table) else {
        let found = format!("the layer {} is a view or is not there", layer.table.escape_debug());
        return Err(InputProblem::new(path, found, "a table", "write it as a table (ogr2ogr new.gpkg old.gpkg LAYER)").into());
    };
    let Some(shape) = table.columns.iter().position(|column| column.eq_ignore_ascii_case(&layer.column)) else {
        return Err(damaged(path, "its layer lacks the column of its shapes"));
    };
    let declared = crs(path, &database, layer.srs)?;
    let mut builder = Builder::new(path, limits);
    let fields: Vec<Option<usize>> = table
        .columns
        .iter()
        .enumerate()
        .map(|(at, name)| if at == shape { Ok(None) } else { builder.field(name).map(Some) })
        .collect::<Result<_>>()?;
    database.rows(table, &mut |row| {
        for (field, value) in fields.iter().zip(row) {
            let Some(field) = field else { continue };
            match (value, value.text()) {
                (_, Some(text)) => builder.set(*field, &text)?,
                (Value::Blob(_), None) => builder.skip_nested(*field),
                (_, None) => {}
            }
        }
        match row.get(shape) {
            Some(Value::Blob(bytes)) => geometry(bytes, &mut builder)?,
            None | Some(Value::Null) => {}
            Some(_) => {
                return Err(builder.problem("has a shape that is not bytes", "a GeoPackage geometry", "write the layer again").into());
            }
        }
        builder.end_record()
    })?;
    Ok((builder, declared, Vec::new()))
}

/// A geometry: a header, perhaps with a box, and well-known binary.
fn geometry(bytes: &[u8], builder: &mut Builder<'_>) -> Result<()> {
    let broken =
        |builder: &Builder<'_>, found: &str| -> Error { builder.problem(found, "a GeoPackage geometry", "write the layer again").into() };
    let Some([b'G', b'P', 0, flags]) = bytes.first_chunk::<4>() else { return Err(broken(builder, "has a shape without its header")) };
    if flags & 0x20 != 0 {
        return Err(broken(builder, "has a shape of an unknown kind"));
    }
    let numbers = match (flags >> 1) & 7 {
        0 => 0usize,
        1 => 4,
        2 | 3 => 6,
        4 => 8,
        _ => return Err(broken(builder, "has a shape with an unknown box")),
    };
    let body = numbers.saturating_mul(8).saturating_add(8);
    let Some(body) = bytes.get(body..) else { return Err(broken(builder, "has a shape that ends too early")) };
    // Empty: a null shape.
    if flags & 0x10 != 0 { Ok(()) } else { wkb::read(body, builder) }
}

/// What the database says of a CRS by its number.
fn crs(path: &Path, database: &Database<'_>, number: i64) -> Result<Declared> {
    let Some(table) = database.table("gpkg_spatial_ref_sys") else { return Err(damaged(path, "it has no gpkg_spatial_ref_sys")) };
    let at = |name: &str| table.columns.iter().position(|column| column.eq_ignore_ascii_case(name));
    let (id, organization, code, definition) = (at("srs_id"), at("organization"), at("organization_coordsys_id"), at("definition"));
    let mut declared = Declared::Unknown;
    database.rows(table, &mut |row| {
        let value = |at: Option<usize>| at.and_then(|at| row.get(at));
        if value(id).and_then(Value::integer) != Some(number) {
            return Ok(());
        }
        let text = |at: Option<usize>| value(at).and_then(Value::text).unwrap_or_default();
        let by_code = Declared::by_code(&text(organization), &text(code));
        declared = match by_code {
            Declared::Other(_) | Declared::Unknown => match text(definition).as_str() {
                "" | "undefined" => Declared::Unknown,
                definition => Declared::by_wkt(definition),
            },
            known => known,
        };
        Ok(())
    })?;
    Ok(declared)
}
