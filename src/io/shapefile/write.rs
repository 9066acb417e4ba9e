//! Writing shapefiles: the made-up country, and fixtures. The same records give the same bytes.
//!
//! The `shapefile` crate writes .shp and .shx. The .dbf is written here: the `dbase` crate stamps it with the day it is written on, and takes numbers as
//! floats, where ours stand in the file digit by digit as they are given.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use shapefile::record::{EsriShape, WritableShape};
use shapefile::{HasShapeType, ShapeType, ShapeWriter};

use crate::error::{Error, Result};
use crate::io::crs::BRITISH_NATIONAL_GRID_WKT;
use crate::io::durable::{self, Batch, Real};
use crate::io::interrupt::Interrupt;

/// One attribute field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteField {
    /// 1 to 10 bytes.
    pub name: String,
    /// Type and width.
    pub kind: WriteKind,
}

/// Type of an attribute field, with its width in bytes (1 to 254).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKind {
    /// UTF-8 text of at most so many bytes.
    Text(u8),
    /// Whole number of at most so many characters.
    Integer(u8),
    /// Number of at most so many characters, so many of them decimals.
    Number(u8, u8),
}

/// One record: a polygon, or a null shape where there are no rings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WriteRecord {
    /// Rings, outer clockwise and holes counter-clockwise: they are written as given, and closed where the closing point is left out.
    pub rings: Vec<Vec<[f64; 2]>>,
    /// One cell a field; `None` is blank. Numbers are text as they are to stand in the file.
    pub cells: Vec<Option<String>>,
}

/// The date all written .dbf and .zip files carry, so that bytes do not depend on the day: 1 April 1999, when PCGs went live.
const YEAR: u16 = 1999;
const MONTH: u8 = 4;
const DAY: u8 = 1;

/// Words of 16 bits that the .shp header's length field can count.
const MAX_WORDS: u64 = i32::MAX as u64;

/// Writes `stem.shp`, `.shx`, `.dbf`, `.prj` (British National Grid) and `.cpg` (UTF-8); an extension `.shp` on `stem` is ignored.
///
/// Guarantee: the same fields and records give the same bytes, and the five files replace those of before together. The folder must exist.
///
/// # Errors
/// [`Error::Publish`] that names the record and field: a ring with fewer than 3 points or a coordinate that is not finite, a cell
/// that is too wide or no number in a number field, a record with another number of cells than fields, a field name that is empty,
/// repeated or beyond 10 bytes, more than 4 GB of shapes, or a file that cannot be written.
pub fn write(stem: &Path, fields: &[WriteField], records: &[WriteRecord]) -> Result<()> {
    let stem = without_shp(stem);
    let interrupt = Interrupt::default();
    let mut batch = Batch::new(&Real, &interrupt);
    for (extension, bytes) in encode(&stem, fields, records)? {
        let path = with_extension(&stem, extension);
        batch.add(&path, |sink| sink.write_all(&bytes).map_err(|error| durable::problem(&path, &error)))?;
    }
    batch.commit()
}

/// Writes the same five files into one zip, at its top, named after the zip: `x/pct.zip` holds `pct.shp` and so on. It is there whole or not
/// at all.
///
/// Guarantee and errors as in [`write()`].
pub fn write_zip(path: &Path, fields: &[WriteField], records: &[WriteRecord]) -> Result<()> {
    durable::replace_bytes(path, &zip_bytes(path, fields, records)?).map(|_| ())
}

/// What [`write_zip`] writes to this path.
///
/// # Errors
/// As [`write_zip`], but for the writing.
pub fn zip_bytes(path: &Path, fields: &[WriteField], records: &[WriteRecord]) -> Result<Vec<u8>> {
    let Some(name) = path.file_stem().and_then(|stem| stem.to_str()) else {
        return Err(Error::publish(path, "the zip has no name to give to its members", "give it a name ending in .zip"));
    };
    let failed = |e: zip::result::ZipError| Error::publish(path, e, "check that the folder exists and can be written");
    let date = zip::DateTime::from_date_and_time(YEAR, MONTH, DAY, 0, 0, 0).map_err(|e| Error::publish(path, e, "please report this"))?;
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(date)
        .unix_permissions(0o644);
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (extension, bytes) in encode(path, fields, records)? {
        archive.start_file(format!("{name}.{extension}"), options).map_err(failed)?;
        archive.write_all(&bytes).map_err(|e| failed(e.into()))?;
    }
    Ok(archive.finish().map_err(failed)?.into_inner())
}

fn without_shp(stem: &Path) -> PathBuf {
    match stem.extension() {
        Some(extension) if extension.eq_ignore_ascii_case("shp") => stem.with_extension(""),
        _ => stem.to_owned(),
    }
}

/// Adds an extension, keeping dots that are part of the name ("v1.2" becomes "v1.2.shp").
fn with_extension(stem: &Path, extension: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// The five files by extension.
fn encode(path: &Path, fields: &[WriteField], records: &[WriteRecord]) -> Result<[(&'static str, Vec<u8>); 5]> {
    let dbf = dbf(path, fields, records)?;
    let (shp, shx) = shp_and_shx(path, records)?;
    Ok([("cpg", b"UTF-8".to_vec()), ("dbf", dbf), ("prj", BRITISH_NATIONAL_GRID_WKT.into()), ("shp", shp), ("shx", shx)])
}

/// Shapes and their index, by the `shapefile` crate.
fn shp_and_shx(path: &Path, records: &[WriteRecord]) -> Result<(Vec<u8>, Vec<u8>)> {
    let polygons: Vec<Polygon> = (1i32..)
        .zip(records)
        .map(|(number, record)| {
            Polygon::of(record).map_err(|problem| {
                Error::publish(path, format!("record {number}: {problem}"), "give rings of 3 or more points with finite coordinates")
            })
        })
        .collect::<Result<_>>()?;
    // The crate counts in 32 bits and does not look.
    let words = polygons.iter().fold(HEADER / 2, |words, polygon| words.saturating_add(polygon.content().saturating_add(8) / 2));
    if words > MAX_WORDS {
        return Err(Error::publish(path, "the shapes need more than 4 GB", "write fewer records to one shapefile"));
    }
    let failed = |error: shapefile::Error| Error::publish(path, error, "please report this");
    let (mut shapes, mut index) = (Cursor::new(Vec::new()), Cursor::new(Vec::new()));
    let mut writer = ShapeWriter::with_shx(&mut shapes, &mut index);
    for polygon in &polygons {
        writer.write_shape(polygon).map_err(failed)?;
    }
    writer.finalize().map_err(failed)?;
    drop(writer);
    let (mut shapes, mut index) = (shapes.into_inner(), index.into_inner());
    // The crate gives every record the type of the first, and a file without points the box of an empty one.
    let mut at = HEADER;
    for polygon in &polygons {
        if polygon.parts.is_empty() {
            set(&mut shapes, at.saturating_add(8), &0i32.to_le_bytes());
        }
        at = at.saturating_add(8).saturating_add(polygon.content());
    }
    for file in [&mut shapes, &mut index] {
        set(file, 32, &i32::from(ShapeType::Polygon as i16).to_le_bytes());
        if polygons.iter().all(|polygon| polygon.parts.is_empty()) {
            set(file, 36, &[0; 64]);
        }
    }
    Ok((shapes, index))
}

/// Bytes that open .shp and .shx (ESRI Shapefile Technical Description, July 1998, p. 4): the shape type is at 32, the box at 36.
const HEADER: u64 = 100;

/// Replaces bytes of a file.
fn set(file: &mut [u8], at: u64, bytes: &[u8]) {
    let place = usize::try_from(at).ok().and_then(|at| file.get_mut(at..at.saturating_add(bytes.len())));
    if let Some(place) = place {
        place.copy_from_slice(bytes);
    }
}

/// A polygon for the crate's writer. Its own type turns rings round and cannot be empty: fixtures have rings of either direction, and none.
struct Polygon {
    /// Where each ring starts.
    parts: Vec<i32>,
    points: Vec<[f64; 2]>,
}

impl Polygon {
    fn of(record: &WriteRecord) -> std::result::Result<Self, String> {
        let (mut parts, mut points) = (Vec::new(), Vec::new());
        for (index, ring) in record.rings.iter().enumerate() {
            let closed = ring.len() > 1 && ring.first() == ring.last();
            let distinct = ring.len().saturating_sub(usize::from(closed));
            if distinct < 3 {
                return Err(format!("ring {index} has {distinct} points"));
            }
            if let Some([x, y]) = ring.iter().find(|[x, y]| !(x.is_finite() && y.is_finite())) {
                return Err(format!("ring {index} has the coordinates {x}, {y}"));
            }
            parts.push(i32::try_from(points.len()).map_err(|_| "too many points".to_owned())?);
            points.extend(ring);
            points.extend(ring.first().filter(|_| !closed));
        }
        i32::try_from(points.len()).map_err(|_| "too many points".to_owned())?;
        Ok(Self { parts, points })
    }

    /// Bytes of the record behind its header.
    fn content(&self) -> u64 {
        (self.size_in_bytes() as u64).saturating_add(4)
    }

    /// Smallest and largest of one coordinate, as the crate's own polygons give them.
    fn range(&self, axis: impl Fn(&[f64; 2]) -> f64) -> [f64; 2] {
        self.points.iter().map(axis).fold([f64::MAX, f64::MIN], |[least, most], one| [least.min(one), most.max(one)])
    }
}

impl HasShapeType for Polygon {
    fn shapetype() -> ShapeType {
        ShapeType::Polygon
    }
}

impl WritableShape for Polygon {
    fn size_in_bytes(&self) -> usize {
        let rings = self.parts.len().saturating_mul(4).saturating_add(self.points.len().saturating_mul(16));
        if self.parts.is_empty() { 0 } else { rings.saturating_add(40) }
    }

    fn write_to<T: std::io::Write>(&self, to: &mut T) -> std::result::Result<(), shapefile::Error> {
        if self.parts.is_empty() {
            return Ok(());
        }
        let ([west, east], [south, north]) = (self.x_range(), self.y_range());
        let counts = [self.parts.len(), self.points.len()].map(|count| i32::try_from(count).unwrap_or(i32::MAX));
        let mut bytes: Vec<u8> = [west, south, east, north].into_iter().flat_map(f64::to_le_bytes).collect();
        bytes.extend(counts.iter().chain(&self.parts).flat_map(|number| number.to_le_bytes()));
        bytes.extend(self.points.iter().flatten().flat_map(|coordinate| coordinate.to_le_bytes()));
        Ok(to.write_all(&bytes)?)
    }
}

impl EsriShape for Polygon {
    fn x_range(&self) -> [f64; 2] {
        self.range(|[x, _]| *x)
    }

    fn y_range(&self) -> [f64; 2] {
        self.range(|[_, y]| *y)
    }
}

fn dbf(path: &Path, fields: &[WriteField], records: &[WriteRecord]) -> Result<Vec<u8>> {
    let wrong = |problem: String, remedy: &str| Error::publish(path, problem, remedy);
    for (index, field) in fields.iter().enumerate() {
        let repeated = fields.iter().take(index).any(|other| other.name.eq_ignore_ascii_case(&field.name));
        if field.name.is_empty() || field.name.len() > 10 || field.name.contains('\0') || repeated {
            return Err(wrong(format!("field name \"{}\" cannot be written", field.name), "use 1 to 10 bytes, each name once"));
        }
        let (_, width, decimals) = layout(field.kind);
        if width == 0 || width == 255 || (decimals > 0 && decimals.saturating_add(2) > width) {
            return Err(wrong(format!("field {} has an impossible width", field.name), "use 1 to 254, and two more than the decimals"));
        }
    }
    let record_length = fields.iter().fold(1usize, |sum, field| sum.saturating_add(usize::from(layout(field.kind).1)));
    let header_length = fields.len().saturating_mul(32).saturating_add(33);
    let (Ok(count), Ok(header_length), Ok(record_length)) =
        (u32::try_from(records.len()), u16::try_from(header_length), u16::try_from(record_length))
    else {
        return Err(wrong("too many fields or records for a .dbf".to_owned(), "write fewer fields, or fewer records to one shapefile"));
    };
    let mut dbf = vec![0x03, u8::try_from(YEAR - 1900).unwrap_or(99), MONTH, DAY];
    dbf.extend(count.to_le_bytes());
    dbf.extend(header_length.to_le_bytes());
    dbf.extend(record_length.to_le_bytes());
    dbf.extend([0; 20]);
    for field in fields {
        let (kind, width, decimals) = layout(field.kind);
        let mut name = field.name.clone().into_bytes();
        name.resize(11, 0);
        dbf.extend(name);
        dbf.push(kind);
        dbf.extend([0; 4]);
        dbf.extend([width, decimals]);
        dbf.extend([0; 14]);
    }
    dbf.push(0x0d);
    for (number, record) in (1u64..).zip(records) {
        if record.cells.len() != fields.len() {
            let problem = format!("record {number} has {} cells for {} fields", record.cells.len(), fields.len());
            return Err(wrong(problem, "give one cell a field"));
        }
        dbf.push(b' ');
        for (field, cell) in fields.iter().zip(&record.cells) {
            let cell = cell.as_deref().unwrap_or("");
            let (_, width, _) = layout(field.kind);
            let padding = usize::from(width).checked_sub(cell.len());
            let (Some(padding), true) = (padding, fits(field.kind, cell)) else {
                let problem = format!("record {number}, field {}: \"{cell}\" does not fit {:?}", field.name, field.kind);
                return Err(wrong(problem, "make the field wider, or shorten the cell"));
            };
            // Numbers stand right, text left: what dBASE wrote and readers expect.
            let spaces = std::iter::repeat_n(b' ', padding);
            if matches!(field.kind, WriteKind::Text(_)) {
                dbf.extend(cell.bytes().chain(spaces));
            } else {
                dbf.extend(spaces.chain(cell.bytes()));
            }
        }
    }
    dbf.push(0x1a);
    Ok(dbf)
}

/// dBASE type letter, width and decimals.
fn layout(kind: WriteKind) -> (u8, u8, u8) {
    match kind {
        WriteKind::Text(width) => (b'C', width, 0),
        WriteKind::Integer(width) => (b'N', width, 0),
        WriteKind::Number(width, decimals) => (b'N', width, decimals),
    }
}

/// Whether a cell's text is of the field's kind. Blank fits all.
fn fits(kind: WriteKind, cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = cell.strip_prefix('-').unwrap_or(cell);
    match kind {
        // A reader trims, so text with spaces around it would not come back; a control character would not either.
        WriteKind::Text(_) => cell.trim() == cell && !cell.contains(char::is_control),
        WriteKind::Integer(_) => cell.is_empty() || digits(unsigned),
        WriteKind::Number(_, decimals) => match unsigned.split_once('.') {
            None => cell.is_empty() || digits(unsigned),
            Some((whole, fraction)) => digits(whole) && digits(fraction) && fraction.len() <= usize::from(decimals),
        },
    }
}
