//! The .shp and .shx: shapes, and where each begins. Source: ESRI Shapefile Technical Description, July 1998.

use std::path::Path;

use crate::config::Limits;
use crate::error::{InputProblem, Result};

/// One record of a .shp.
pub(super) struct Shape {
    /// Offset of the record in 16-bit words, as the .shx gives it.
    offset: u64,
    /// Length of its content in 16-bit words.
    length: u64,
    /// Rings; none for a null shape.
    pub(super) rings: Vec<Vec<[f64; 2]>>,
}

const HEADER: usize = 100;
const FILE_CODE: i32 = 9994;
const VERSION: i32 = 1000;

/// Coordinates beyond this are no metres on any grid (the Earth's girth is 4e7); ESRI's "no data" of -1e38 is caught by it.
const FARTHEST_M: f64 = 1e8;

const DAMAGED: &str = "copy, unpack or download it again";

/// The polygon types: plain, with Z (and M), with M.
const POLYGON: i32 = 5;
const POLYGON_Z: i32 = 15;
const POLYGON_M: i32 = 25;

fn type_name(code: i32) -> &'static str {
    match code {
        0 => "Null",
        1 => "Point",
        3 => "PolyLine",
        POLYGON => "Polygon",
        8 => "MultiPoint",
        11 => "PointZ",
        13 => "PolyLineZ",
        POLYGON_Z => "PolygonZ",
        18 => "MultiPointZ",
        21 => "PointM",
        23 => "PolyLineM",
        POLYGON_M => "PolygonM",
        28 => "MultiPointM",
        31 => "MultiPatch",
        _ => "unknown",
    }
}

/// Little- and big-endian numbers at a place; `None` beyond the end.
fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

fn big(bytes: &[u8], at: usize) -> Option<i32> {
    bytes_at(bytes, at).map(i32::from_be_bytes)
}

fn little(bytes: &[u8], at: usize) -> Option<i32> {
    bytes_at(bytes, at).map(i32::from_le_bytes)
}

/// Bytes that a big-endian count of 16-bit words stands for.
fn byte_length(words: i32) -> Option<usize> {
    usize::try_from(words).ok()?.checked_mul(2)
}

/// Checks the header that .shp and .shx share; returns the shape type.
fn check_header(path: &Path, bytes: &[u8]) -> Result<i32> {
    let wrong = |found: String, expected: &str| InputProblem::new(path, found, expected, DAMAGED);
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(InputProblem::new(path, "is a zip", "a shapefile", "name it .zip").into());
    }
    let fields = (big(bytes, 0), big(bytes, 24), little(bytes, 28), little(bytes, 32));
    let (Some(code), Some(words), Some(version), Some(shape_type), true) = (fields.0, fields.1, fields.2, fields.3, bytes.len() >= HEADER)
    else {
        return Err(wrong(format!("is {} bytes long", bytes.len()), "a header of 100 bytes").into());
    };
    if code != FILE_CODE {
        return Err(wrong(format!("begins with the file code {code}"), "9994, that of a shapefile").into());
    }
    if version != VERSION {
        return Err(wrong(format!("is of version {version}"), "1000").into());
    }
    if byte_length(words) != Some(bytes.len()) {
        let found = format!("is {} bytes long", bytes.len());
        return Err(wrong(found, &format!("{} bytes as its header says", i64::from(words).saturating_mul(2))).into());
    }
    Ok(shape_type)
}

/// Parses a .shp.
///
/// Guarantee: record numbers run from 1, contents fill the file without gaps, every ring has a point, and every coordinate is finite.
///
/// # Errors
/// Any of that does not hold, a shape is no polygon, or there are more than `limits.points` points.
pub(super) fn parse(path: &Path, bytes: &[u8], limits: &Limits) -> Result<Vec<Shape>> {
    let file_type = check_header(path, bytes)?;
    if ![0, POLYGON, POLYGON_Z, POLYGON_M].contains(&file_type) {
        let found = format!("holds shapes of type {} ({file_type})", type_name(file_type));
        return Err(InputProblem::new(path, found, "Polygon, PolygonZ or PolygonM", "give a layer of areas").into());
    }
    let mut shapes = Vec::new();
    let mut points_left = limits.points;
    let mut at = HEADER;
    while at < bytes.len() {
        let record = u64::try_from(shapes.len()).unwrap_or(u64::MAX).saturating_add(1);
        let wrong = |found: String, expected: &str| InputProblem::new(path, found, expected, DAMAGED).record(record);
        let (Some(number), Some(words)) = (big(bytes, at), big(bytes, at.saturating_add(4))) else {
            return Err(wrong("ends inside the record's header".to_owned(), "8 bytes").into());
        };
        if u64::try_from(number).ok() != Some(record) {
            return Err(wrong(format!("is numbered {number}"), &record.to_string()).into());
        }
        let begin = at.saturating_add(8);
        let end = byte_length(words).and_then(|length| begin.checked_add(length));
        let Some((content, end)) = end.and_then(|end| Some((bytes.get(begin..end)?, end))) else {
            let left = bytes.len().saturating_sub(begin);
            return Err(wrong(format!("has {left} bytes left for it"), &format!("{} bytes", i64::from(words).saturating_mul(2))).into());
        };
        let rings = polygon(content, file_type, &mut points_left).map_err(|fault| match fault {
            Fault::Form(found, expected) => wrong(found, &expected),
            Fault::TooManyPoints => InputProblem::new(
                path,
                format!("has more than {} points up to here", limits.points),
                "",
                "raise limits.points in the config if the file is to be trusted",
            )
            .record(record),
            Fault::Kind(code) => InputProblem::new(
                path,
                format!("is of type {} ({code})", type_name(code)),
                format!("{} or Null, as the file's header says", type_name(file_type)),
                "give a layer of areas",
            )
            .record(record),
        })?;
        shapes.push(Shape {
            offset: u64::try_from(at / 2).unwrap_or(u64::MAX),
            length: u64::try_from(content.len() / 2).unwrap_or(u64::MAX),
            rings,
        });
        at = end;
    }
    Ok(shapes)
}

enum Fault {
    /// Found and expected.
    Form(String, String),
    Kind(i32),
    TooManyPoints,
}

fn form<T>(found: String, expected: impl Into<String>) -> std::result::Result<T, Fault> {
    Err(Fault::Form(found, expected.into()))
}

/// The rings in a record's content.
fn polygon(content: &[u8], file_type: i32, points_left: &mut u64) -> std::result::Result<Vec<Vec<[f64; 2]>>, Fault> {
    let Some(kind) = little(content, 0) else {
        return form(format!("has {} bytes of content", content.len()), "a shape type");
    };
    if kind == 0 {
        return if content.len() == 4 { Ok(Vec::new()) } else { form(format!("is a null shape of {} bytes", content.len()), "4 bytes") };
    }
    if kind != file_type {
        return Err(Fault::Kind(kind));
    }
    let counts = (little(content, 36).map(usize::try_from), little(content, 40).map(usize::try_from));
    let (Some(Ok(parts)), Some(Ok(points))) = counts else {
        return form(format!("has {} bytes of content", content.len()), "counts of rings and points that are not negative");
    };
    let places = (|| {
        let first_point = parts.checked_mul(4)?.checked_add(44)?;
        let plane = points.checked_mul(16)?.checked_add(first_point)?;
        let measures = points.checked_mul(8)?.checked_add(16)?;
        Some((first_point, plane, plane.checked_add(measures)?, plane.checked_add(measures)?.checked_add(measures)?))
    })();
    let lengths_hold = places.is_some_and(|(_, plane, one, two)| match kind {
        POLYGON => content.len() == plane,
        // Z is followed by M, or not; M is optional too.
        POLYGON_Z => content.len() == one || content.len() == two,
        _ => content.len() == plane || content.len() == one,
    });
    let Some((first_point, plane, _, _)) = places.filter(|_| lengths_hold) else {
        let expected = format!("the length that {parts} rings and {points} points of a {} take", type_name(kind));
        return form(format!("has {} bytes of content", content.len()), expected);
    };
    if parts == 0 && points == 0 {
        return Ok(Vec::new());
    }
    *points_left = points_left.checked_sub(u64::try_from(points).unwrap_or(u64::MAX)).ok_or(Fault::TooManyPoints)?;
    let (starts, coordinates) = (content.get(44..first_point).unwrap_or(&[]), content.get(first_point..plane).unwrap_or(&[]));
    let mut starts = starts.as_chunks::<4>().0.iter().map(|bytes| i32::from_le_bytes(*bytes)).peekable();
    let mut points_of = coordinates.as_chunks::<16>().0.iter();
    let mut rings = Vec::with_capacity(parts);
    let mut begin = 0usize;
    if starts.next() != Some(0) {
        return form("has a first ring that does not begin at point 0".to_owned(), "0");
    }
    for ring in 1..=parts {
        let end = match starts.next() {
            Some(start) => usize::try_from(start).unwrap_or(0),
            None => points,
        };
        if end <= begin || end > points {
            return form(format!("has a ring {ring} from point {begin} to {end} of {points}"), "rings that follow each other");
        }
        let length = end.saturating_sub(begin);
        let mut vertices = Vec::with_capacity(length);
        for point in points_of.by_ref().take(length) {
            let [x, y] = coordinate(point);
            // Written so that NaN fails.
            if !(x.abs() <= FARTHEST_M && y.abs() <= FARTHEST_M) {
                let at = vertices.len().saturating_add(1);
                return form(format!("has point {at} of ring {ring} at {x}, {y}"), "finite coordinates in metres");
            }
            vertices.push([x, y]);
        }
        rings.push(vertices);
        begin = end;
    }
    Ok(rings)
}

fn coordinate(point: &[u8; 16]) -> [f64; 2] {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *point;
    [f64::from_le_bytes([a, b, c, d, e, f, g, h]), f64::from_le_bytes([i, j, k, l, m, n, o, p])]
}

/// Checks that a .shx is about these shapes.
///
/// # Errors
/// Its header or length is wrong, it has another number of records, or one begins elsewhere or has another length.
pub(super) fn check_index(path: &Path, bytes: &[u8], shapes: &[Shape]) -> Result<()> {
    const REMEDY: &str = "the .shx belongs to another .shp or is damaged: take the files of one layer, or delete the .shx";
    check_header(path, bytes)?;
    let (entries, rest) = bytes.get(HEADER..).unwrap_or(&[]).as_chunks::<8>();
    if entries.len() != shapes.len() || !rest.is_empty() {
        let found = format!("has {} records and {} bytes over", entries.len(), rest.len());
        return Err(InputProblem::new(path, found, format!("{} records as in the .shp", shapes.len()), REMEDY).into());
    }
    for (record, (entry, shape)) in (1u64..).zip(entries.iter().zip(shapes)) {
        let found = (big(entry, 0).map(i64::from), big(entry, 4).map(i64::from));
        let expected = (i64::try_from(shape.offset).ok(), i64::try_from(shape.length).ok());
        if found != expected {
            let say = |(offset, length): (Option<i64>, Option<i64>)| {
                format!("offset {} and length {}", offset.unwrap_or(-1), length.unwrap_or(-1))
            };
            let expected = format!("{} as in the .shp", say(expected));
            return Err(InputProblem::new(path, format!("has {}", say(found)), expected, REMEDY).record(record).into());
        }
    }
    Ok(())
}
