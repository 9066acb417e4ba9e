//! FlatGeobuf: FlatBuffers with polygons. Source: the FlatGeobuf specification 3 and its schemas, and "FlatBuffers internals".
//!
//! Its tables are looked up here, each access within the bytes there are: a size that lies asks for no memory.

use std::path::Path;

use super::builder::Builder;
use crate::config::Limits;
use crate::error::{Error, InputProblem, Result};
use crate::io::crs::Declared;

/// What a file begins with; the fourth and last bytes are versions.
pub(super) const MAGIC: &[u8] = b"fgb\x03fgb";

/// A table in a FlatBuffer: where it begins.
#[derive(Clone, Copy)]
struct Table<'b> {
    bytes: &'b [u8],
    at: usize,
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_le_bytes)
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl<'b> Table<'b> {
    /// The root of a buffer.
    fn root(bytes: &'b [u8]) -> Option<Self> {
        let at = size(u32_at(bytes, 0)?);
        bytes.get(at..at.checked_add(4)?)?;
        Some(Self { bytes, at })
    }

    /// Where a field of `N` bytes is; `Ok(None)` where it has its default.
    fn field<const N: usize>(&self, index: usize) -> Option<Option<usize>> {
        let back = i32::from_le_bytes(array(self.bytes, self.at)?);
        let table = i64::try_from(self.at).ok()?.checked_sub(i64::from(back))?;
        let table = usize::try_from(table).ok()?;
        let length = usize::from(u16::from_le_bytes(array(self.bytes, table)?));
        let entry = index.checked_mul(2)?.checked_add(4)?;
        if entry.checked_add(2)? > length {
            return Some(None);
        }
        match u16::from_le_bytes(array(self.bytes, table.checked_add(entry)?)?) {
            0 => Some(None),
            offset => {
                let at = self.at.checked_add(usize::from(offset))?;
                self.bytes.get(at..at.checked_add(N)?)?;
                Some(Some(at))
            }
        }
    }

    fn number<const N: usize>(&self, index: usize) -> Option<Option<[u8; N]>> {
        match self.field::<N>(index)? {
            None => Some(None),
            Some(at) => Some(Some(array(self.bytes, at)?)),
        }
    }

    /// A byte; 0 by default.
    fn byte(&self, index: usize) -> Option<u8> {
        Some(self.number::<1>(index)?.map_or(0, |[byte]| byte))
    }

    /// Where what a field refers to is.
    fn target(&self, index: usize) -> Option<Option<usize>> {
        match self.field::<4>(index)? {
            None => Some(None),
            Some(at) => Some(Some(at.checked_add(size(u32_at(self.bytes, at)?))?)),
        }
    }

    /// A vector of entries of `width` bytes: its bytes. Empty by default.
    fn vector(&self, index: usize, width: usize) -> Option<&'b [u8]> {
        let Some(at) = self.target(index)? else { return Some(&[]) };
        let length = size(u32_at(self.bytes, at)?).checked_mul(width)?;
        let from = at.checked_add(4)?;
        self.bytes.get(from..from.checked_add(length)?)
    }

    /// A text; `None` inside where there is none.
    fn text(&self, index: usize) -> Option<Option<&'b str>> {
        match self.target(index)? {
            None => Some(None),
            Some(_) => Some(Some(std::str::from_utf8(self.vector(index, 1)?).ok()?)),
        }
    }

    fn table(&self, index: usize) -> Option<Option<Self>> {
        match self.target(index)? {
            None => Some(None),
            Some(at) => Some(Some(Self { bytes: self.bytes, at })),
        }
    }

    /// A vector of tables.
    fn tables(&self, index: usize) -> Option<Vec<Self>> {
        let Some(at) = self.target(index)? else { return Some(Vec::new()) };
        let entries = self.vector(index, 4)?;
        let mut tables = Vec::new();
        for (place, _) in entries.as_chunks::<4>().0.iter().enumerate() {
            let entry = at.checked_add(4)?.checked_add(place.checked_mul(4)?)?;
            tables.push(Self { bytes: self.bytes, at: entry.checked_add(size(u32_at(self.bytes, entry)?))? });
        }
        Some(tables)
    }
}

/// A column: its name and type.
struct Column {
    field: usize,
    kind: u8,
}

/// What the header says.
struct Head {
    /// Type of all shapes; 0 where each says its own.
    kind: u8,
    /// Features; 0 where it is not known.
    count: u64,
    /// Features in a node of the index; 0 without one.
    node: u16,
    declared: Declared,
    /// Names and types.
    columns: Vec<(String, u8)>,
}

fn damaged(path: &Path, what: &str) -> Error {
    InputProblem::new(path, format!("is not a FlatGeobuf that can be read: {what}"), "a whole file", "copy or download it again").into()
}

/// Reads a FlatGeobuf file.
pub(super) fn read<'a>(path: &Path, bytes: &[u8], limits: &'a Limits) -> Result<(Builder<'a>, Declared)> {
    let mut builder = Builder::new(path, limits);
    let sense = || damaged(path, "its header makes no sense");
    let length = size(u32_at(bytes, 8).ok_or_else(sense)?);
    let head_end = length.checked_add(12).ok_or_else(sense)?;
    let head = Table::root(bytes.get(12..head_end).ok_or_else(|| damaged(path, "it ends inside its header"))?).ok_or_else(sense)?;
    let parts = || -> Option<Head> {
        let kind = head.byte(2)?;
        let count = head.number::<8>(8)?.map_or(0, u64::from_le_bytes);
        let node = head.number::<2>(9)?.map_or(16, u16::from_le_bytes);
        let declared = match head.table(10)? {
            None => Declared::Unknown,
            Some(crs) => {
                let code = crs.number::<4>(1)?.map_or(0, i32::from_le_bytes);
                match (crs.text(0)?, crs.text(4)?, crs.text(2)?) {
                    (org, _, _) if code > 0 => Declared::by_code(org.unwrap_or("EPSG"), &code.to_string()),
                    (_, Some(wkt), _) => Declared::by_wkt(wkt),
                    (_, None, name) => Declared::Other(name.unwrap_or("without a name").to_owned()),
                }
            }
        };
        let mut columns = Vec::new();
        for column in head.tables(7)? {
            columns.push((column.text(0)??.to_owned(), column.byte(1)?));
        }
        Some(Head { kind, count, node, declared, columns })
    };
    let Head { kind, count, node, declared, columns: named } = parts().ok_or_else(sense)?;
    let kinds = ["Unknown", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"];
    if ![0, 3, 6].contains(&kind) {
        let found = format!("holds shapes of type {}", kinds.get(usize::from(kind)).copied().unwrap_or("that are curves or solids"));
        return Err(InputProblem::new(path, found, "Polygon or MultiPolygon", "give a layer of areas").into());
    }
    let mut columns = Vec::new();
    for (name, kind) in &named {
        columns.push(Column { field: builder.field(name)?, kind: *kind });
    }
    let index = index_size(count, node).ok_or_else(|| damaged(path, "its index has no size"))?;
    let mut at = head_end.checked_add(index).filter(|at| *at <= bytes.len()).ok_or_else(|| damaged(path, "it ends inside its index"))?;
    while at < bytes.len() {
        let cut = || -> Error { builder.problem("ends inside the feature", "a whole feature", "copy or download the file again").into() };
        let length = size(u32_at(bytes, at).ok_or_else(cut)?);
        let from = at.saturating_add(4);
        let end = from.checked_add(length).ok_or_else(cut)?;
        let feature = bytes.get(from..end).ok_or_else(cut)?;
        at = end;
        read_feature(feature, kind, &columns, &mut builder)?;
    }
    let read = builder.record().saturating_sub(1);
    if count != 0 && read != count {
        return Err(InputProblem::new(
            path,
            format!("has {read} features"),
            format!("{count} as its header says"),
            "copy or download it again",
        )
        .into());
    }
    Ok((builder, declared))
}

/// Bytes of the packed R-tree of `count` features: nodes of 40 bytes, level by level.
fn index_size(count: u64, node: u16) -> Option<usize> {
    if count == 0 || node == 0 {
        return Some(0);
    }
    let width = u64::from(node.max(2));
    let (mut level, mut nodes) = (count, count);
    while level > 1 {
        level = level.div_ceil(width);
        nodes = nodes.checked_add(level)?;
    }
    usize::try_from(nodes.checked_mul(40)?).ok()
}

fn read_feature(bytes: &[u8], kind: u8, columns: &[Column], builder: &mut Builder<'_>) -> Result<()> {
    let broken =
        |builder: &Builder<'_>| -> Error { builder.problem("makes no sense", "a feature", "copy or download the file again").into() };
    let Some(feature) = Table::root(bytes) else { return Err(broken(builder)) };
    let (Some(geometry), Some(properties), Some(own)) = (feature.table(0), feature.vector(1, 1), feature.tables(2)) else {
        return Err(broken(builder));
    };
    if let Some(geometry) = geometry {
        read_geometry(geometry, kind, builder, 0)?;
    }
    // A feature may have columns of its own.
    let mut owned = Vec::new();
    for column in &own {
        let (Some(Some(name)), Some(kind)) = (column.text(0), column.byte(1)) else { return Err(broken(builder)) };
        owned.push(Column { field: builder.field(name)?, kind });
    }
    read_properties(properties, if own.is_empty() { columns } else { &owned }, builder)?;
    builder.end_record()
}

/// Parts in parts: of a MultiPolygon its polygons, of a collection these.
const DEEPEST: usize = 3;

fn read_geometry(geometry: Table<'_>, file: u8, builder: &mut Builder<'_>, depth: usize) -> Result<()> {
    let broken = |builder: &Builder<'_>| -> Error {
        builder.problem("has a geometry that makes no sense", "polygons", "copy or download the file again").into()
    };
    let (Some(own), Some(parts), Some(ends), Some(xy)) =
        (geometry.byte(6), geometry.tables(7), geometry.vector(0, 4), geometry.vector(1, 8))
    else {
        return Err(broken(builder));
    };
    // The type is in the header, or with the geometry where the header says Unknown.
    let kind = if own == 0 { file } else { own };
    if !parts.is_empty() {
        if depth >= DEEPEST {
            return Err(broken(builder));
        }
        for part in parts {
            read_geometry(part, if kind == 6 { 3 } else { 0 }, builder, depth.saturating_add(1))?;
        }
        return Ok(());
    }
    if ![3, 6].contains(&kind) && !xy.is_empty() {
        return Err(builder
            .problem(format!("holds a geometry of type {kind}"), "a Polygon or MultiPolygon", "give a layer of areas")
            .into());
    }
    let (numbers, rest) = xy.as_chunks::<8>();
    let (points, odd) = numbers.as_chunks::<2>();
    if !rest.is_empty() || !odd.is_empty() {
        return Err(broken(builder));
    }
    // Where each ring ends, in points; one ring may do without.
    let mut ends: Vec<usize> = ends.as_chunks::<4>().0.iter().map(|end| size(u32::from_le_bytes(*end))).collect();
    if ends.is_empty() {
        ends.push(points.len());
    }
    if ends.last() != Some(&points.len()) {
        return Err(broken(builder));
    }
    let mut from = 0;
    for end in ends {
        let Some(ring) = points.get(from..end) else { return Err(broken(builder)) };
        for [x, y] in ring {
            builder.point(f64::from_le_bytes(*x), f64::from_le_bytes(*y))?;
        }
        builder.end_ring()?;
        from = end;
    }
    Ok(())
}

/// Values one after the other: number of the column, then as many bytes as its type has.
fn read_properties(mut rest: &[u8], columns: &[Column], builder: &mut Builder<'_>) -> Result<()> {
    fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
        let (taken, after) = rest.split_first_chunk::<N>()?;
        *rest = after;
        Some(*taken)
    }
    let float = |number: f64| if number == 0.0 { "0".to_owned() } else { number.to_string() };
    while !rest.is_empty() {
        let mut one = || -> Option<(usize, Option<String>)> {
            let number = usize::from(u16::from_le_bytes(take(&mut rest)?));
            let column = columns.get(number)?;
            let text = match column.kind {
                0 => i8::from_le_bytes(take(&mut rest)?).to_string(),
                1 => u8::from_le_bytes(take(&mut rest)?).to_string(),
                2 => (take::<1>(&mut rest)? != [0]).to_string(),
                3 => i16::from_le_bytes(take(&mut rest)?).to_string(),
                4 => u16::from_le_bytes(take(&mut rest)?).to_string(),
                5 => i32::from_le_bytes(take(&mut rest)?).to_string(),
                6 => u32::from_le_bytes(take(&mut rest)?).to_string(),
                7 => i64::from_le_bytes(take(&mut rest)?).to_string(),
                8 => u64::from_le_bytes(take(&mut rest)?).to_string(),
                9 => {
                    let number = f32::from_le_bytes(take(&mut rest)?);
                    if number == 0.0 { "0".to_owned() } else { number.to_string() }
                }
                10 => float(f64::from_le_bytes(take(&mut rest)?)),
                kind @ 11..=14 => {
                    let length = size(u32::from_le_bytes(take(&mut rest)?));
                    let (bytes, after) = rest.split_at_checked(length)?;
                    rest = after;
                    if kind == 14 {
                        return Some((column.field, None));
                    }
                    std::str::from_utf8(bytes).ok()?.to_owned()
                }
                _ => return None,
            };
            Some((column.field, Some(text)))
        };
        match one() {
            Some((field, Some(text))) => builder.set(field, &text)?,
            Some((field, None)) => builder.skip_nested(field),
            None => {
                return Err(builder
                    .problem("has attributes that make no sense", "values of its columns", "copy or download the file again")
                    .into());
            }
        }
    }
    Ok(())
}
