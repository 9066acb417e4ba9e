//! Shapefiles: polygons and their attributes, read strictly and written reproducibly.
//!
//! Parsers are our own: the public crates pair shapes with attributes by position after dropping deleted rows, and read past damage.
//! Where records and attributes are only written, the `shapefile` crate serves ([`write()`]).

mod dbf;
mod members;
mod shp;
mod write;

use std::io::BufReader;
use std::path::Path;

pub use write::{WriteField, WriteKind, WriteRecord, write, write_zip, zip_bytes};

use super::crs;
use super::encoding::{TextEncoding, UTF8, WESTERN};
use super::{Hashing, Read};
use crate::config::Limits;
use crate::domain::{Clip, Finding, InputFile, RawLayer, RawRecord};
use crate::error::{InputProblem, Result};
use crate::io::source::{Hashed, Source};
use members::{Content, Member, Shp};
use shp::Shapes;

/// Reads a shapefile: a `.shp` with its `.dbf` and `.prj` (and `.shx`, `.cpg`) beside it, a `.zip` that holds one shapefile, or
/// `archive.zip/layer.shp`.
///
/// Guarantee: record n of the .shp and row n of the .dbf are one [`RawRecord`], null shapes and deleted rows included and marked; all
/// coordinates are finite metres of the British National Grid (EPSG:27700), to which degrees are brought (finding DQ-26). Rings are as stored: neither closed, oriented nor judged.
/// Findings name the file: DQ-07 for numbers that overflowed their field, DQ-12 for text decoded by assumption, DQ-25 for what departs from the
/// format and is read as GDAL reads it: records that only the .shx finds, odd record numbers, long null shapes, padded rows, memo fields.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) that names the file and record: a member is missing, damaged or about another layer, shapes are
/// no polygons, the CRS is another, text cannot be decoded, or a limit is exceeded.
pub fn read(path: &Path, limits: &Limits) -> Result<Read<RawLayer>> {
    read_with(path, limits, Hashing::Blake3)
}

/// As [`read`], with or without the hash of the .shp.
///
/// # Errors
/// As [`read`].
pub fn read_with(path: &Path, limits: &Limits, hashing: Hashing) -> Result<Read<RawLayer>> {
    let mut members = members::open(path, limits)?;
    let on_disk = members.files.iter().fold(0u64, |sum, file| sum.saturating_add(file.bytes));
    let limits = &limits.of_file(match &members.shp.content {
        // Not among the files yet.
        members::Content::File(_, bytes) => on_disk.saturating_add(*bytes),
        members::Content::Bytes(_) => on_disk,
    });
    let prj = members.require_prj()?;
    let declared_crs = crs::of_prj(&prj.path, &decode_prj(&prj.bytes))?;
    let prj_path = prj.path.clone();
    let declared = declared_encoding(members.cpg.as_ref())?;
    let (shapes, attributes) = rayon::join(
        || parse_shp(&mut members.shp, members.shx.as_ref(), limits, hashing),
        || dbf::parse(&members.dbf.path, &members.dbf.bytes, declared, limits),
    );
    let ((shapes, shp_file), attributes) = (shapes?, attributes?);
    members.files.extend(shp_file);
    members.files.sort();
    if let Some(shx) = &members.shx {
        shp::check_index(&shx.path, &shx.bytes, &shapes)?;
    }
    let shp_path = members.shp.path.display().to_string();
    let mut findings: Vec<Finding> = shapes.oddities(&members.shp.path)?.into_iter().map(|finding| finding.file(&shp_path)).collect();
    let shapes = shapes.shapes;
    if shapes.records() != attributes.rows.len() {
        let found = format!("has {} records", attributes.rows.len());
        let expected = format!("{} as in the .shp", shapes.records());
        let remedy = "take .shp and .dbf from the same layer: attributes would belong to the wrong shapes";
        return Err(InputProblem::new(&members.dbf.path, found, expected, remedy).into());
    }
    let dbf_path = members.dbf.path.display().to_string();
    findings.extend(attributes.findings.into_iter().map(|finding| finding.file(&dbf_path)));
    let records = (1u64..).zip(attributes.rows).map(|(number, row)| RawRecord { number, deleted: row.deleted, cells: row.cells }).collect();
    let (clip, resolution_m) = match suffix(&members.shp.path).or_else(|| suffix(path)) {
        Some((clip, resolution)) => (Some(clip), Some(resolution)),
        None => (None, None),
    };
    let mut layer = RawLayer {
        path: members.shp.path,
        format: "shapefile",
        crs: String::new(),
        fields: attributes.fields,
        records,
        shapes,
        clip,
        resolution_m,
        crossings: Some(limits.crossings),
        encoding: attributes.encoding,
    };
    findings.extend(crs::bring(&mut layer, &declared_crs, &prj_path)?);
    Ok(Read { value: layer, findings, files: members.files })
}

/// The attributes of a shapefile whose shapes or coordinates cannot be used: [`read`] without the .shp and the .prj.
///
/// # Errors
/// As [`read`], about the .dbf and the .cpg.
pub fn attributes(path: &Path, limits: &Limits) -> Result<Read<RawLayer>> {
    let members = members::open(path, limits)?;
    let declared = declared_encoding(members.cpg.as_ref())?;
    let attributes = dbf::parse(&members.dbf.path, &members.dbf.bytes, declared, limits)?;
    let records = (1u64..).zip(attributes.rows).map(|(number, row)| RawRecord { number, deleted: row.deleted, cells: row.cells }).collect();
    let layer = RawLayer {
        path: members.shp.path,
        fields: attributes.fields,
        records,
        encoding: attributes.encoding,
        format: "shapefile",
        ..RawLayer::default()
    };
    Ok(Read { value: layer, findings: attributes.findings, files: members.files })
}

/// Bytes read ahead: headers are small, and points go past the buffer into their place.
const BUFFER: usize = 16 * 1024;

/// Parses a .shp; where it is a file of its own, also gives its size and hash. A .shp that cannot be read from one record to the next is read by its
/// .shx, if that finds records with something between them.
fn parse_shp(shp: &mut Shp, shx: Option<&Member>, limits: &Limits, hashing: Hashing) -> Result<(Shapes, Option<InputFile>)> {
    let by_index = |length: u64| shx.filter(|shx| shp::finds_gaps(&shx.path, &shx.bytes, length));
    match &mut shp.content {
        Content::Bytes(bytes) => {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let shapes = shp::parse(&shp.path, &mut bytes.as_slice(), length, limits).or_else(|error| match by_index(length) {
                Some(shx) => shp::parse_indexed(&shp.path, bytes, &shx.path, &shx.bytes, limits),
                None => Err(error),
            });
            Ok((shapes?, None))
        }
        Content::File(file, length) => {
            let mut input = BufReader::with_capacity(BUFFER, Hashed::new(file, hashing));
            match (shp::parse(&shp.path, &mut input, *length, limits), by_index(*length)) {
                (Ok(shapes), _) => Ok((shapes, Some(input.get_ref().input_file(&shp.path)))),
                (Err(_), Some(shx)) => {
                    let source = Source::load(&shp.path, limits)?;
                    let shapes = shp::parse_indexed(&shp.path, &source.bytes, &shx.path, &shx.bytes, limits)?;
                    Ok((shapes, Some(source.input_file())))
                }
                (Err(error), None) => Err(error),
            }
        }
    }
}

/// The encoding that the .cpg names, and the .cpg.
fn declared_encoding(cpg: Option<&Member>) -> Result<Option<(TextEncoding, &Path)>> {
    let Some(cpg) = cpg else { return Ok(None) };
    Ok(encoding_of_cpg(cpg)?.map(|encoding| (encoding, cpg.path.as_path())))
}

/// Text of a .prj: names in it may be in any encoding, everything that counts is ASCII.
fn decode_prj(bytes: &[u8]) -> String {
    match UTF8.decode(bytes).or_else(|| WESTERN.decode(bytes)) {
        Some(text) => text.into_owned(),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The encoding that a .cpg names; `None` for an empty one.
fn encoding_of_cpg(cpg: &Member) -> Result<Option<TextEncoding>> {
    let label = String::from_utf8_lossy(&cpg.bytes);
    let label = label.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}');
    if label.is_empty() {
        return Ok(None);
    }
    match TextEncoding::of_label(label) {
        Some(encoding) => Ok(Some(encoding)),
        None => {
            let found = format!("names the encoding \"{}\"", label.escape_debug());
            let remedy = "write the name of the .dbf's encoding into it";
            Err(InputProblem::new(&cpg.path, found, "one known here, such as UTF-8, windows-1252 or ISO-8859-1", remedy).into())
        }
    }
}

/// Clip and resolution (metres) by the suffix the ONS ends its boundary titles with, such as BGC in `LAD_DEC_2011_EN_BGC.shp`.
///
/// Source: ONS, "Digital boundaries": F full resolution, G generalised (20 m), S super (200 m), U ultra generalised (500 m), C clipped to
/// the coastline (mean high water), E extent of the realm. Files from before 2018 say FCB, GCB, SGCB, UGCB, FEB and GEB. `None` where there is no
/// suffix, or two that differ.
pub(super) fn suffix(path: &Path) -> Option<(Clip, f64)> {
    let name = path.file_stem()?.to_string_lossy().to_ascii_uppercase();
    let mut found = name.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(|word| match word {
        "BFC" | "FCB" => Some((Clip::Coast, 1.0)),
        "BFE" | "FEB" => Some((Clip::Realm, 1.0)),
        "BGC" | "GCB" => Some((Clip::Coast, 20.0)),
        "BGE" | "GEB" => Some((Clip::Realm, 20.0)),
        "BSC" | "SGCB" => Some((Clip::Coast, 200.0)),
        "BUC" | "UGCB" => Some((Clip::Coast, 500.0)),
        _ => None,
    });
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_of_the_ons() {
        for (name, expected) in [
            ("LAD_DEC_2011_EN_BGC.shp", Some((Clip::Coast, 20.0))),
            ("Counties_and_Unitary_Authorities_December_2019_EW_BFE.zip", Some((Clip::Realm, 1.0))),
            ("wards-buc-v2.shp", Some((Clip::Coast, 500.0))),
            ("PCT_APR_2011_EN_BSC (1).zip", Some((Clip::Coast, 200.0))),
            ("BFCOUNCILS.shp", None),
            ("BGC_or_BFE.shp", None),
        ] {
            assert_eq!(suffix(Path::new(name)), expected, "{name}");
        }
    }
}
