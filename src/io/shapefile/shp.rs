//! The .shp and .shx: shapes, and where each begins. Source: ESRI Shapefile Technical Description, July 1998.
//!
//! A .shp is read as a stream: its points are wanted once, as coordinates, and never as the bytes of the file.

use std::io::BufRead;
use std::path::Path;

use zerocopy::IntoBytes;

use crate::config::Limits;
use crate::domain::{Finding, RawShapes};
use crate::error::{InputProblem, Result};

/// What a .shp holds.
pub(super) struct Shapes {
    /// The rings of every record.
    pub(super) shapes: RawShapes,
    /// Offset of each record and length of its content in 16-bit words, as the .shx gives them.
    places: Vec<(u64, u64)>,
    /// The number that each record has in the file.
    numbers: Vec<i32>,
    /// Records of null shapes with more than their four bytes, in order.
    long_nulls: Vec<u64>,
    /// Bytes between records, where a .shx says where these are.
    gaps: u64,
}

impl Shapes {
    fn new(room: usize) -> Self {
        Self { shapes: RawShapes::with_capacity(room), places: Vec::new(), numbers: Vec::new(), long_nulls: Vec::new(), gaps: 0 }
    }

    /// What is odd about the file and was read all the same, as GDAL does: findings DQ-25, without the file's name.
    ///
    /// # Errors
    /// The records' numbers are those of the records and in another order: attributes could be those of other shapes.
    pub(super) fn oddities(&self, path: &Path) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        if self.gaps > 0 {
            let detail = format!("{} bytes of the .shp are between or after its records, which the .shx finds", self.gaps);
            findings.push(Finding::new("DQ-25", detail, "read by the .shx").value(self.gaps as f64, "bytes"));
        }
        if let Some(first) = self.long_nulls.first() {
            let count = self.long_nulls.len();
            let detail = format!("{count} null shapes are longer than 4 bytes, record {first} first");
            let finding = Finding::new("DQ-25", detail, "read as null shapes").value(count as f64, "records");
            findings.push(finding.record(i64::try_from(*first).unwrap_or(i64::MAX)));
        }
        let odd = |(record, number): &(u64, &i32)| u64::try_from(**number).ok() != Some(*record);
        let Some((record, number)) = (1u64..).zip(&self.numbers).find(odd) else {
            return Ok(findings);
        };
        // Numbers from 0 or 1 on, each once: they say an order, and it is not that of the file.
        let mut sorted = self.numbers.clone();
        sorted.sort_unstable();
        let from = |first: i64| sorted.iter().zip(first..).all(|(number, expected)| i64::from(*number) == expected);
        if (from(0) || from(1)) && sorted != self.numbers {
            let found = format!("is numbered {number}, and the other numbers are there too");
            let remedy = "the records are in another order than their numbers, so attributes may be those of other shapes: write the layer \
                          again from the tool that made it";
            return Err(InputProblem::new(path, found, record.to_string(), remedy).record(record).into());
        }
        let count = (1u64..).zip(&self.numbers).filter(odd).count();
        let detail = format!("{count} records are numbered otherwise than 1, 2, 3 ..., record {record} first: it is numbered {number}");
        let finding = Finding::new("DQ-25", detail, "read in the order of the file").value(count as f64, "records");
        findings.push(finding.record(i64::try_from(record).unwrap_or(i64::MAX)));
        Ok(findings)
    }
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
fn byte_length(words: i32) -> Option<u64> {
    u64::try_from(words).ok()?.checked_mul(2)
}

/// Checks the header that .shp and .shx share, given the beginning of the file and its length; returns the shape type.
fn check_header(path: &Path, bytes: &[u8], length: u64) -> Result<i32> {
    let wrong = |found: String, expected: &str| InputProblem::new(path, found, expected, DAMAGED);
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(InputProblem::new(path, "is a zip", "a shapefile", "name it .zip").into());
    }
    let fields = (big(bytes, 0), big(bytes, 24), little(bytes, 28), little(bytes, 32));
    let (Some(code), Some(words), Some(version), Some(shape_type), true) = (fields.0, fields.1, fields.2, fields.3, bytes.len() >= HEADER)
    else {
        return Err(wrong(format!("is {length} bytes long"), "a header of 100 bytes").into());
    };
    if code != FILE_CODE {
        return Err(wrong(format!("begins with the file code {code}"), "9994, that of a shapefile").into());
    }
    if version != VERSION {
        return Err(wrong(format!("is of version {version}"), "1000").into());
    }
    if byte_length(words) != Some(length) {
        let found = format!("is {length} bytes long");
        return Err(wrong(found, &format!("{} bytes as its header says", i64::from(words).saturating_mul(2))).into());
    }
    Ok(shape_type)
}

/// Parses a .shp of `length` bytes.
///
/// Guarantee: contents fill the file without gaps, every ring has a point, and every coordinate is finite.
///
/// # Errors
/// Any of that does not hold, a shape is no polygon, the file cannot be read or is shorter than it was, or there are more than
/// `limits.points` points.
pub(super) fn parse(path: &Path, input: &mut dyn BufRead, length: u64, limits: &Limits) -> Result<Shapes> {
    let mut header = [0; HEADER];
    let head = usize::try_from(length).unwrap_or(HEADER).min(HEADER);
    let head = header.get_mut(..head).unwrap_or(&mut []);
    input.read_exact(head).map_err(|e| unreadable(path, &e))?;
    let file_type = check_header(path, head, length)?;
    if ![0, POLYGON, POLYGON_Z, POLYGON_M].contains(&file_type) {
        let found = format!("holds shapes of type {} ({file_type})", type_name(file_type));
        return Err(InputProblem::new(path, found, "Polygon, PolygonZ or PolygonM", "give a layer of areas").into());
    }
    // Nearly all of a .shp is points of 16 bytes.
    let room = usize::try_from((length / 16).min(limits.points)).unwrap_or(0);
    let mut parsed = Shapes::new(room);
    let mut reading = Reading::new(path, file_type, limits);
    let mut at = HEADER as u64;
    while at < length {
        let record = u64::try_from(parsed.places.len()).unwrap_or(u64::MAX).saturating_add(1);
        let wrong = |found: String, expected: &str| InputProblem::new(path, found, expected, DAMAGED).record(record);
        reading.one_more(record)?;
        let begin = at.saturating_add(8);
        if begin > length {
            return Err(wrong("ends inside the record's header".to_owned(), "8 bytes").into());
        }
        let mut head = [0; 8];
        input.read_exact(&mut head).map_err(|e| unreadable(path, &e))?;
        let (number, words) = (big(&head, 0).unwrap_or(0), big(&head, 4).unwrap_or(0));
        let end = byte_length(words).and_then(|length| begin.checked_add(length));
        let Some(end) = end.filter(|end| *end <= length) else {
            let left = length.saturating_sub(begin);
            return Err(wrong(format!("has {left} bytes left for it"), &format!("{} bytes", i64::from(words).saturating_mul(2))).into());
        };
        let content = end.saturating_sub(begin);
        reading.record(input, record, content, &mut parsed)?;
        parsed.numbers.push(number);
        parsed.places.push((at / 2, content / 2));
        at = end;
    }
    Ok(parsed)
}

/// Where a .shx says that the records are: offset and length of the content, bytes.
///
/// `None` where it is not sound: its header or length is wrong, a record is beyond the end of the .shp of `length` bytes, or two overlap.
fn sound(path: &Path, index: &[u8], length: u64) -> Option<Vec<(u64, u64)>> {
    check_header(path, index, u64::try_from(index.len()).unwrap_or(u64::MAX)).ok()?;
    let (entries, rest) = index.get(HEADER..)?.as_chunks::<8>();
    let places: Vec<(u64, u64)> =
        entries.iter().map(|entry| Some((byte_length(big(entry, 0)?)?, byte_length(big(entry, 4)?)?))).collect::<Option<_>>()?;
    let mut sorted: Vec<(u64, u64)> = places.iter().map(|(at, content)| (*at, at.saturating_add(8).saturating_add(*content))).collect();
    sorted.sort_unstable();
    let mut end = HEADER as u64;
    for (at, until) in sorted {
        if at < end || until > length {
            return None;
        }
        end = until;
    }
    rest.is_empty().then_some(places)
}

/// Whether a .shx is sound and finds records that do not fill a .shp of `length` bytes: edited in place, or with what others put between.
pub(super) fn finds_gaps(path: &Path, index: &[u8], length: u64) -> bool {
    let used =
        |places: Vec<(u64, u64)>| places.iter().fold(HEADER as u64, |sum, (_, content)| sum.saturating_add(8).saturating_add(*content));
    sound(path, index, length).is_some_and(|places| used(places) < length)
}

/// Parses a .shp whose records are where its .shx says, with whatever between them.
///
/// # Errors
/// As [`parse`]; and the .shx and a record's own header give it two lengths, or the records are not in the order of the file and their numbers do
/// not say the order of the .shx.
pub(super) fn parse_indexed(path: &Path, bytes: &[u8], index_path: &Path, index: &[u8], limits: &Limits) -> Result<Shapes> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let file_type = check_header(path, bytes, length)?;
    let Some(places) = sound(index_path, index, length) else {
        let remedy = "take .shp, .shx and .dbf from the same layer";
        return Err(InputProblem::new(index_path, "does not say where the records are", "a place in the .shp for each", remedy).into());
    };
    let mut parsed = Shapes::new(usize::try_from((length / 16).min(limits.points)).unwrap_or(0));
    let mut reading = Reading::new(path, file_type, limits);
    let mut used = HEADER as u64;
    for (record, (at, content)) in (1u64..).zip(&places) {
        reading.one_more(record)?;
        let begin = usize::try_from(*at).unwrap_or(usize::MAX);
        let (number, words) = (big(bytes, begin).unwrap_or(0), big(bytes, begin.saturating_add(4)).unwrap_or(0));
        if byte_length(words) != Some(*content) {
            let found = format!("is {} bytes long by its own header", i64::from(words).saturating_mul(2));
            let remedy = "the .shx belongs to another .shp or is damaged: take .shp, .shx and .dbf from the same layer";
            return Err(InputProblem::new(path, found, format!("{content} as the .shx says"), remedy).record(record).into());
        }
        let end = usize::try_from(at.saturating_add(8).saturating_add(*content)).unwrap_or(usize::MAX);
        let mut input = bytes.get(begin.saturating_add(8)..end).unwrap_or(&[]);
        reading.record(&mut input, record, *content, &mut parsed)?;
        parsed.numbers.push(number);
        parsed.places.push((at / 2, content / 2));
        used = used.saturating_add(8).saturating_add(*content);
    }
    let in_order = places.windows(2).all(|two| matches!(two, [one, other] if one.0 < other.0));
    let numbered = (1i64..).zip(&parsed.numbers).all(|(record, number)| i64::from(*number) == record);
    if !in_order && !numbered {
        let found = "gives the records in another order than the .shp has them, and their numbers do not say which is right";
        return Err(InputProblem::new(index_path, found, "one order", "write the layer again from the tool that made it").into());
    }
    parsed.gaps = length.saturating_sub(used);
    Ok(parsed)
}

/// What is the same for all records of a file.
struct Reading<'a> {
    path: &'a Path,
    file_type: i32,
    limits: &'a Limits,
    /// A ring of four points is more in memory than its points, all the way to the outlines that are published.
    most_shapes: u64,
    left: Left,
}

impl<'a> Reading<'a> {
    fn new(path: &'a Path, file_type: i32, limits: &'a Limits) -> Self {
        let most_shapes = (limits.points / 8).max(1000);
        Self { path, file_type, limits, most_shapes, left: Left { points: limits.points, rings: most_shapes } }
    }

    /// A null shape is twelve bytes in the file and twenty times that with its attributes in memory.
    fn one_more(&self, record: u64) -> Result<()> {
        if record > self.most_shapes {
            let found = format!("is beyond the {} shapes of a file of its size", self.most_shapes);
            return Err(InputProblem::new(self.path, found, "", self.limits.raise("points")).record(record).into());
        }
        Ok(())
    }

    /// Reads the content of one record.
    fn record(&mut self, input: &mut dyn BufRead, record: u64, content: u64, parsed: &mut Shapes) -> Result<()> {
        let path = self.path;
        let long_null = polygon(input, content, self.file_type, &mut self.left, &mut parsed.shapes).map_err(|fault| {
            match fault {
                Fault::Form(found, expected) => InputProblem::new(path, found, expected, DAMAGED),
                Fault::Unreadable(error) => unreadable(path, &error),
                Fault::TooManyPoints => {
                    let found = format!("has more than {} points up to here", self.limits.points);
                    InputProblem::new(path, found, "", self.limits.raise("points"))
                }
                Fault::TooManyRings => {
                    InputProblem::new(path, format!("has more than {} rings up to here", self.most_shapes), "", self.limits.raise("points"))
                }
                Fault::Kind(code) => InputProblem::new(
                    path,
                    format!("is of type {} ({code})", type_name(code)),
                    format!("{} or Null, as the file's header says", type_name(self.file_type)),
                    "give a layer of areas",
                ),
            }
            .record(record)
        })?;
        if long_null {
            parsed.long_nulls.push(record);
        }
        parsed.shapes.end_record();
        Ok(())
    }
}

/// What is said of a file that ends or fails while it is read.
fn unreadable(path: &Path, error: &std::io::Error) -> InputProblem {
    match error.kind() {
        std::io::ErrorKind::UnexpectedEof => InputProblem::new(
            path,
            "became shorter while it was read",
            "a file that no other program is writing",
            "run again when it is complete",
        ),
        _ => InputProblem::new(path, format!("cannot be read: {error}"), "", "check the disk and its permissions"),
    }
}

/// Points and rings that a file may still have.
struct Left {
    points: u64,
    rings: u64,
}

enum Fault {
    /// Found and expected.
    Form(String, String),
    Kind(i32),
    TooManyPoints,
    TooManyRings,
    Unreadable(std::io::Error),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Unreadable(error)
    }
}

fn form<T>(found: String, expected: impl Into<String>) -> std::result::Result<T, Fault> {
    Err(Fault::Form(found, expected.into()))
}

/// Reads a record's content of `length` bytes; true for a null shape that is longer than its type.
fn polygon(
    input: &mut dyn BufRead,
    length: u64,
    file_type: i32,
    left: &mut Left,
    shapes: &mut RawShapes,
) -> std::result::Result<bool, Fault> {
    // Shape type, bounding box, counts.
    let mut head = [0; 44];
    let head = head.get_mut(..usize::try_from(length).unwrap_or(44).min(44)).unwrap_or(&mut []);
    input.read_exact(head)?;
    let Some(kind) = little(head, 0) else {
        return form(format!("has {length} bytes of content"), "a shape type");
    };
    if kind == 0 {
        skip(input, length.saturating_sub(u64::try_from(head.len()).unwrap_or(0)))?;
        return Ok(length != 4);
    }
    if kind != file_type {
        return Err(Fault::Kind(kind));
    }
    let counts = (little(head, 36).map(u64::try_from), little(head, 40).map(u64::try_from));
    let (Some(Ok(parts)), Some(Ok(points))) = counts else {
        return form(format!("has {length} bytes of content"), "counts of rings and points that are not negative");
    };
    // Counts are below 2^31 each, so none of this overflows.
    let first_point = parts.saturating_mul(4).saturating_add(44);
    let plane = points.saturating_mul(16).saturating_add(first_point);
    let measures = points.saturating_mul(8).saturating_add(16);
    let lengths_hold = match kind {
        POLYGON => length == plane,
        // Z is followed by M, or not; M is optional too.
        POLYGON_Z => length == plane.saturating_add(measures) || length == plane.saturating_add(measures).saturating_add(measures),
        _ => length == plane || length == plane.saturating_add(measures),
    };
    if !lengths_hold {
        let expected = format!("the length that {parts} rings and {points} points of a {} take", type_name(kind));
        return form(format!("has {length} bytes of content"), expected);
    }
    if parts == 0 && points == 0 {
        skip(input, length.saturating_sub(plane))?;
        return Ok(false);
    }
    left.points = left.points.checked_sub(points).ok_or(Fault::TooManyPoints)?;
    left.rings = left.rings.checked_sub(parts).ok_or(Fault::TooManyRings)?;
    let mut starts = Vec::new();
    // The file is as long as `parts` says, so this is no larger than it.
    for _ in 0..parts {
        let mut start = [0; 4];
        input.read_exact(&mut start)?;
        starts.push(i32::from_le_bytes(start));
    }
    if starts.first() != Some(&0) {
        return form("has a first ring that does not begin at point 0".to_owned(), "0");
    }
    let mut begin = 0u64;
    for ring in 1..=starts.len() {
        let end = match starts.get(ring) {
            Some(start) => u64::try_from(*start).unwrap_or(0),
            None => points,
        };
        if end <= begin || end > points {
            return form(format!("has a ring {ring} from point {begin} to {end} of {points}"), "rings that follow each other");
        }
        coordinates(input, end.saturating_sub(begin), ring, shapes)?;
        shapes.end_ring();
        begin = end;
    }
    skip(input, length.saturating_sub(plane))?;
    Ok(false)
}

/// Points read at a time: what a processor's cache holds while they are looked at.
const AT_ONCE: u64 = 16 * 1024;

/// Reads `count` points of a ring.
fn coordinates(input: &mut dyn BufRead, count: u64, ring: usize, shapes: &mut RawShapes) -> std::result::Result<(), Fault> {
    let mut read = 0;
    while read < count {
        let more = count.saturating_sub(read).min(AT_ONCE);
        shapes.extend_with(usize::try_from(more).unwrap_or(0), |points| {
            // Into their place, without a copy between: a file's coordinates are stored as the machine's, but for the order of bytes.
            input.read_exact(points.as_mut_bytes())?;
            if cfg!(target_endian = "big") {
                points.as_flattened_mut().iter_mut().for_each(|number| *number = f64::from_le_bytes(number.to_ne_bytes()));
            }
            // Written so that NaN fails.
            let fits = |[x, y]: &[f64; 2]| (x.abs() <= FARTHEST_M) & (y.abs() <= FARTHEST_M);
            if points.iter().fold(true, |all, point| all & fits(point)) {
                return Ok(());
            }
            let wrong = points.iter().zip(read.saturating_add(1)..).find(|(point, _)| !fits(point));
            let ([x, y], at) = wrong.map(|(point, at)| (*point, at)).unwrap_or_default();
            form(format!("has point {at} of ring {ring} at {x}, {y}"), "finite coordinates in metres")
        })?;
        read = read.saturating_add(more);
    }
    Ok(())
}

/// Reads past bytes that are not wanted: heights and measures.
fn skip(input: &mut dyn BufRead, bytes: u64) -> std::io::Result<()> {
    let mut left = bytes;
    while left > 0 {
        let buffered = input.fill_buf()?.len();
        if buffered == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let step = usize::try_from(left).unwrap_or(buffered).min(buffered);
        input.consume(step);
        left = left.saturating_sub(u64::try_from(step).unwrap_or(left));
    }
    Ok(())
}

/// Checks that a .shx is about these shapes.
///
/// # Errors
/// Its header or length is wrong, it has another number of records, or one begins elsewhere or has another length.
pub(super) fn check_index(path: &Path, bytes: &[u8], shapes: &Shapes) -> Result<()> {
    const REMEDY: &str = "the .shx belongs to another .shp or is damaged: take .shp, .shx and .dbf from the same layer";
    check_header(path, bytes, u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    let (entries, rest) = bytes.get(HEADER..).unwrap_or(&[]).as_chunks::<8>();
    if entries.len() != shapes.places.len() || !rest.is_empty() {
        let found = format!("has {} records and {} bytes over", entries.len(), rest.len());
        return Err(InputProblem::new(path, found, format!("{} records as in the .shp", shapes.places.len()), REMEDY).into());
    }
    for (record, (entry, shape)) in (1u64..).zip(entries.iter().zip(&shapes.places)) {
        let found = (big(entry, 0).map(i64::from), big(entry, 4).map(i64::from));
        let expected = (i64::try_from(shape.0).ok(), i64::try_from(shape.1).ok());
        // A .shx may give a null shape the length that it should have.
        let is_long_null = found == (expected.0, Some(2)) && shapes.long_nulls.binary_search(&record).is_ok();
        if found != expected && !is_long_null {
            let say = |(offset, length): (Option<i64>, Option<i64>)| {
                format!("offset {} and length {}", offset.unwrap_or(-1), length.unwrap_or(-1))
            };
            let expected = format!("{} as in the .shp", say(expected));
            return Err(InputProblem::new(path, format!("has {}", say(found)), expected, REMEDY).record(record).into());
        }
    }
    Ok(())
}
