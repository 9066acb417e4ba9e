//! The one door for boundaries: whatever the format, polygons and attributes record by record, in metres of the British National Grid.
//!
//! The reader is chosen by what a file holds, and by its name where that does not say it. Each gives raw polygons, attributes, and what the file says of
//! its coordinates; degrees are then brought to the grid ([`crs`](super::crs)). Nothing here judges polygons: that is `layers`.

mod builder;
mod flatgeobuf;
mod geojson;
mod geopackage;
mod geoparquet;
mod kml;
mod sqlite;
mod topojson;
mod wkb;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::crs::{self, Declared};
use super::source::{Source, check_size, not_found};
use super::zip::{Archive, MAGIC as ZIP, file_name};
use super::{Hashing, Read, shapefile};
use crate::config::Limits;
use crate::domain::{Finding, RawLayer};
use crate::error::{InputProblem, Result};
use builder::Builder;

/// What names of boundary files end in, in small letters; each may have .gz behind it, but for .zip, .kmz and .shp.
const ENDINGS: [&str; 12] =
    [".shp", ".geojson", ".json", ".geojsonl", ".geojsons", ".ndjson", ".topojson", ".gpkg", ".fgb", ".kml", ".parquet", ".geoparquet"];

/// The formats, for messages.
pub const FORMATS: &str = "a shapefile, GeoPackage, GeoJSON, TopoJSON, FlatGeobuf, GeoParquet or KML, or a .zip with one";

const GZIP: &[u8] = &[0x1f, 0x8b];

/// Whether a file can be a layer by the end of its name; .parquet can be a table as well, and [`is_layer`] looks into it.
pub fn is_named_so(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    name.ends_with(".zip") || name.ends_with(".kmz") || is_member(&name)
}

/// Whether the name of a member of a zip is that of a layer.
fn is_member(name: &str) -> bool {
    let name = name.to_lowercase();
    let plain = name.strip_suffix(".gz").filter(|plain| !plain.ends_with(".shp")).unwrap_or(&name);
    ENDINGS.iter().any(|ending| plain.ends_with(ending))
}

/// Whether a file is a layer: by its name, and a Parquet file by whether it has a column of shapes.
pub fn is_layer(path: &Path, limits: &Limits) -> bool {
    if !is_named_so(path) {
        return false;
    }
    let name = path.to_string_lossy().to_lowercase();
    if !name.ends_with(".parquet") {
        return true;
    }
    Source::load(path, limits).is_ok_and(|source| geoparquet::has_geometry(path, &source.bytes.into()))
}

/// Reads the polygons and attributes of a file: a shapefile (.shp), GeoPackage, GeoJSON (also a feature a line), TopoJSON, FlatGeobuf, GeoParquet, KML or
/// KMZ, each also in a .zip, and gzipped but for shapefiles; or `archive.zip/member`. `layer` names one of several layers.
///
/// Guarantee: one [`RawRecord`](crate::domain::RawRecord) a feature in the order of the file; all coordinates are finite metres of the British National
/// Grid (EPSG:27700). Degrees of WGS84 or ETRS89 were brought to it by OSTN15, and finding DQ-26 says so. Rings are neither closed, oriented nor judged.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) that names the file and record: it is missing, damaged or of another format, shapes are no polygons, there are
/// several layers and none is named, the CRS is another or contradicts the coordinates, or a limit is exceeded.
pub fn read(path: &Path, layer: Option<&str>, limits: &Limits, hashing: Hashing) -> Result<Read<RawLayer>> {
    match find(path, layer, limits)? {
        Found::Shapefile(path) => shapefile::read_with(&path, limits, hashing),
        Found::Content(content) => content.read(layer, limits),
    }
}

/// The attributes of a file whose shapes or coordinates cannot be used.
///
/// # Errors
/// As [`read`], but for shapes and CRS of a shapefile.
pub fn attributes(path: &Path, layer: Option<&str>, limits: &Limits) -> Result<Read<RawLayer>> {
    match find(path, layer, limits)? {
        Found::Shapefile(path) => shapefile::attributes(&path, limits),
        Found::Content(content) => {
            let input = content.source.input_file();
            let (builder, _, findings) = content.parse(layer, limits)?;
            let (value, more) = builder.finish(content.format.name());
            Ok(Read { value, findings: findings.into_iter().chain(more).collect(), files: vec![input] })
        }
    }
}

/// A path that [`read`] takes, and the name of a layer where the file has several.
pub type Place = (PathBuf, Option<String>);

/// The layers of a file, as paths that [`read`] takes and names of layers where a file has several; and the names of other members of a zip.
///
/// # Errors
/// As [`read`], about the file as a whole.
pub fn layers(path: &Path, limits: &Limits) -> Result<(Vec<Place>, Vec<String>)> {
    let is_zip = path.is_file() && path.to_string_lossy().to_lowercase().ends_with(".zip");
    if !is_zip {
        return Ok((in_file(path, limits)?, Vec::new()));
    }
    let source = Source::load(path, limits)?;
    let archive = Archive::open(path, &source.bytes, limits)?;
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let candidates = candidates(&names);
    let others = names.iter().filter(|name| !candidates.contains(name)).cloned().collect();
    let mut layers = Vec::new();
    for name in &candidates {
        // The whole zip, as a config names it, where it has one.
        let member = if candidates.len() == 1 { path.to_owned() } else { path.join(name) };
        layers.extend(in_file(&member, limits)?);
    }
    Ok((layers, others))
}

/// The layers of a file or a member of a zip.
fn in_file(path: &Path, limits: &Limits) -> Result<Vec<Place>> {
    let names = match find(path, None, limits)? {
        Found::Shapefile(_) => Vec::new(),
        Found::Content(content) => content.layers(limits)?,
    };
    let several = names.len() > 1;
    if !several {
        return Ok(vec![(path.to_owned(), None)]);
    }
    Ok(names.into_iter().map(|name| (path.to_owned(), Some(name))).collect())
}

/// What a path leads to.
enum Found {
    /// A .shp, or one in a zip: its files are found there.
    Shapefile(PathBuf),
    Content(Content),
}

/// The bytes of one file, unpacked.
struct Content {
    /// Where it is, with the zip in front of it.
    shown: PathBuf,
    format: Format,
    bytes: Vec<u8>,
    /// The file on disk.
    source: OnDisk,
    /// Whether the layer that is asked for is the member of a zip, and not one of several in it.
    by_stem: bool,
}

/// A file on disk as it was read.
struct OnDisk {
    file: crate::domain::InputFile,
}

impl OnDisk {
    fn input_file(&self) -> crate::domain::InputFile {
        self.file.clone()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    GeoJson,
    TopoJson,
    Kml,
    GeoPackage,
    FlatGeobuf,
    GeoParquet,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Self::GeoJson => "GeoJSON",
            Self::TopoJson => "TopoJSON",
            Self::Kml => "KML",
            Self::GeoPackage => "GeoPackage",
            Self::FlatGeobuf => "FlatGeobuf",
            Self::GeoParquet => "GeoParquet",
        }
    }

    /// By the first bytes of a file.
    fn of(path: &Path, bytes: &[u8]) -> Result<Self> {
        if bytes.starts_with(sqlite::MAGIC) {
            return Ok(Self::GeoPackage);
        }
        if bytes.starts_with(flatgeobuf::MAGIC) {
            return Ok(Self::FlatGeobuf);
        }
        if bytes.starts_with(b"PAR1") {
            return Ok(Self::GeoParquet);
        }
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let begin: Vec<u8> = text.iter().copied().skip_while(u8::is_ascii_whitespace).take(60).collect();
        let begin = String::from_utf8_lossy(&begin).to_lowercase();
        match begin.chars().next() {
            Some('{') => {
                let text = geojson::text(path, bytes)?;
                return Ok(if geojson::is_topology(text) { Self::TopoJson } else { Self::GeoJson });
            }
            Some('\u{1e}') => return Ok(Self::GeoJson),
            Some('<') if !["<!doctype html", "<html", "<head", "<table"].iter().any(|mark| begin.starts_with(mark)) => {
                return Ok(Self::Kml);
            }
            _ => {}
        }
        let (found, remedy) = if begin.is_empty() {
            ("is empty", "download it again")
        } else if begin.starts_with('<') {
            ("is a web page", "download the file itself")
        } else if begin.starts_with("version https://git-lfs") {
            ("is a Git LFS pointer, not the file itself", "download the file itself")
        } else if bytes.starts_with(b"fgb") {
            ("is a FlatGeobuf of another version than 3", "write it again with a tool of today")
        } else if bytes.starts_with(&9994i32.to_be_bytes()) {
            ("is a .shp by its content", "name it .shp, and put its .dbf and .prj beside it")
        } else if bytes.starts_with(ZIP) {
            ("is a zip in a zip", "unpack it")
        } else {
            ("has no content that is known here", "give the layer in one of these formats (ogr2ogr new.gpkg old)")
        };
        Err(InputProblem::new(path, found, FORMATS, remedy).into())
    }
}

/// The file, or the member of a zip, that a path and a name of a layer mean.
fn find(path: &Path, layer: Option<&str>, limits: &Limits) -> Result<Found> {
    // archive.zip/member: an ancestor is a file.
    let (file, member) = match path.ancestors().skip(1).find(|ancestor| !path.exists() && ancestor.is_file()) {
        Some(archive) => {
            let member = path.strip_prefix(archive).unwrap_or(path).to_string_lossy().replace('\\', "/");
            (archive, Some(member))
        }
        None => (path, None),
    };
    let lower = file.to_string_lossy().to_lowercase();
    if lower.ends_with(".shp") && member.is_none() {
        only_layer(path, layer)?;
        return Ok(Found::Shapefile(path.to_owned()));
    }
    if !file.exists() {
        return Err(not_found(path).into());
    }
    let source = Source::load(file, limits)?;
    let on_disk = OnDisk { file: source.input_file() };
    let own = limits.of_file(on_disk.file.bytes);
    if source.bytes.starts_with(ZIP) || lower.ends_with(".zip") || lower.ends_with(".kmz") {
        let mut archive = Archive::open(file, &source.bytes, limits)?;
        let names: Vec<String> = archive.names().map(str::to_owned).collect();
        return match choose(file, &names, member.as_deref(), layer)? {
            // Messages about shapefiles in zips are made there.
            None => {
                if let ([one], None) = (candidates(&names).as_slice(), &member) {
                    only_layer(Path::new(one.as_str()), layer)?;
                }
                Ok(Found::Shapefile(path.to_owned()))
            }
            Some(name) if name.to_lowercase().ends_with(".shp") => Ok(Found::Shapefile(file.join(name))),
            Some(name) => {
                let shown = archive.member_path(&name);
                let bytes = archive.extract(&name)?;
                let bytes = inflated(&shown, bytes, &own)?;
                let format = Format::of(&shown, &bytes)?;
                // A layer may be named as its member of the zip is.
                let by_stem = layer == Some(stem(&name));
                Ok(Found::Content(Content { shown, format, bytes, source: on_disk, by_stem }))
            }
        };
    }
    if member.is_some() {
        let found = "is not a zip, so there is nothing in it";
        return Err(InputProblem::new(file, found, "a zip, or the file by itself", "name the file, and a layer of it with `layer`").into());
    }
    let bytes = inflated(file, source.bytes, &own)?;
    let format = Format::of(file, &bytes)?;
    if format == Format::GeoPackage {
        no_log(file)?;
    }
    Ok(Found::Content(Content { shown: file.to_owned(), format, bytes, source: on_disk, by_stem: false }))
}

/// A GeoPackage that a program has open may have its last changes in a log beside it, which is not read.
fn no_log(path: &Path) -> Result<()> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    match std::fs::metadata(&log) {
        Ok(metadata) if metadata.len() > 0 => {
            let found = format!("has changes that are only in {}", Path::new(&log).display());
            let remedy = "close the program that has it open, or write the layer again (ogr2ogr new.gpkg old.gpkg)";
            Err(InputProblem::new(path, found, "a GeoPackage that is whole by itself", remedy).into())
        }
        _ => Ok(()),
    }
}

/// Content without gzip around it.
fn inflated(path: &Path, bytes: Vec<u8>, limits: &Limits) -> Result<Vec<u8>> {
    if !bytes.starts_with(GZIP) {
        return Ok(bytes);
    }
    let mut inflated = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .take(limits.expanded_bytes.saturating_add(1))
        .read_to_end(&mut inflated)
        .map_err(|e| InputProblem::new(path, format!("cannot be inflated: {e}"), "gzip", "copy or download it again"))?;
    check_size(path, inflated.len(), limits)?;
    Ok(inflated)
}

/// The name of a member of a zip without its folders and its ending.
fn stem(name: &str) -> &str {
    file_name(name).split('.').next().unwrap_or("")
}

/// A shapefile has one layer, and its name is that of the file.
fn only_layer(path: &Path, layer: Option<&str>) -> Result<()> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    one_layer(path, layer, &[stem]).map(|_| ())
}

/// The members of a zip that are layers, sorted; .json and .parquet only where nothing else is, as they are often about the layer.
fn candidates(names: &[String]) -> Vec<&String> {
    let sure = |name: &&String| {
        let name = name.to_lowercase();
        let plain = name.strip_suffix(".gz").unwrap_or(&name);
        is_member(&name) && !plain.ends_with(".json") && !plain.ends_with(".parquet")
    };
    let sure: Vec<&String> = names.iter().filter(sure).collect();
    if sure.is_empty() { names.iter().filter(|name| is_member(name)).collect() } else { sure }
}

/// The member of a zip that is meant; `None` where the zip has shapefiles or nothing, and a reader of shapefiles can say it best.
fn choose(path: &Path, names: &[String], member: Option<&str>, layer: Option<&str>) -> Result<Option<String>> {
    let candidates = candidates(names);
    if let Some(wanted) = member {
        if wanted.to_lowercase().ends_with(".shp") {
            return Ok(None);
        }
        let fits = |same: &dyn Fn(&str) -> bool| names.iter().filter(|name| same(name)).cloned().collect::<Vec<_>>();
        let mut found = fits(&|name| name == wanted);
        if found.is_empty() {
            found = fits(&|name| name.eq_ignore_ascii_case(wanted));
        }
        return match found.as_slice() {
            [one] => Ok(Some(one.clone())),
            _ => {
                let all: Vec<&str> = candidates.iter().map(|name| name.as_str()).take(20).collect();
                Err(InputProblem::new(path, format!("holds no {wanted}"), format!("one of: {}", all.join(", ")), "name one that is there")
                    .into())
            }
        };
    }
    if let Some(layer) = layer {
        let of_layer: Vec<&&String> = candidates.iter().filter(|name| stem(name) == layer).collect();
        if let [one] = of_layer.as_slice() {
            return Ok(Some((**one).clone()));
        }
    }
    // doc.kml is the map of a .kmz, and others are what it links to.
    if let Some(doc) = names.iter().find(|name| name.eq_ignore_ascii_case("doc.kml")) {
        return Ok(Some(doc.clone()));
    }
    match candidates.as_slice() {
        [one] if !one.to_lowercase().ends_with(".shp") => Ok(Some((*one).clone())),
        all if all.iter().all(|name| name.to_lowercase().ends_with(".shp")) => Ok(None),
        several => {
            let all: Vec<&str> = several.iter().map(|name| name.as_str()).take(20).collect();
            let found = format!("holds {} layers: {}", several.len(), all.join(", "));
            let remedy = format!("write {} to choose one", path.join(all.first().unwrap_or(&"layer.gpkg")).display());
            Err(InputProblem::new(path, found, "one", remedy).into())
        }
    }
}

/// The layer that is asked for, or the only one.
///
/// # Errors
/// It is not there, or there are several and none is asked for.
fn one_layer<'n>(path: &Path, asked: Option<&str>, names: &'n [String]) -> Result<&'n str> {
    let listed = || names.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
    match (asked, names) {
        (None, [one]) => Ok(one),
        (None, []) => Err(InputProblem::new(path, "holds no layer of areas", "one", "give a layer of areas").into()),
        (None, several) => {
            let found = format!("holds {} layers: {}", several.len(), listed());
            let first = several.first().map_or("", String::as_str);
            let remedy = format!("choose one: layer = \"{first}\" in the config, --layer-a or --layer-b on the command line");
            Err(InputProblem::new(path, found, "one", remedy).into())
        }
        (Some(asked), names) => {
            match names.iter().find(|name| *name == asked).or_else(|| names.iter().find(|name| name.eq_ignore_ascii_case(asked))) {
                Some(name) => Ok(name),
                None => Err(InputProblem::new(
                    path,
                    format!("holds no layer \"{asked}\""),
                    format!("one of: {}", listed()),
                    "name one that is there",
                )
                .into()),
            }
        }
    }
}

impl Content {
    fn layers(&self, limits: &Limits) -> Result<Vec<String>> {
        let limits = &limits.of_file(self.source.file.bytes);
        match self.format {
            Format::TopoJson => topojson::layers(&self.shown, geojson::text(&self.shown, &self.bytes)?, limits),
            Format::Kml => kml::layers(&self.shown, &self.bytes, limits),
            Format::GeoPackage => geopackage::layers(&self.shown, &self.bytes, limits),
            Format::GeoJson | Format::FlatGeobuf | Format::GeoParquet => Ok(Vec::new()),
        }
    }

    fn parse<'l>(&self, layer: Option<&str>, limits: &'l Limits) -> Result<(Builder<'l>, Declared, Vec<Finding>)> {
        let none = |(builder, declared): (Builder<'l>, Declared)| (builder, declared, Vec::new());
        let path = &self.shown;
        let layer = if self.by_stem && self.layers(limits)?.len() < 2 { None } else { layer };
        if matches!(self.format, Format::GeoJson | Format::FlatGeobuf | Format::GeoParquet) {
            only_layer(Path::new(path.to_string_lossy().trim_end_matches(".gz")), layer)?;
        }
        match self.format {
            Format::GeoJson => geojson::read(path, geojson::text(path, &self.bytes)?, limits).map(none),
            Format::TopoJson => topojson::read(path, geojson::text(path, &self.bytes)?, layer, limits).map(none),
            Format::Kml => kml::read(path, &self.bytes, layer, limits),
            Format::GeoPackage => geopackage::read(path, &self.bytes, layer, limits),
            Format::FlatGeobuf => flatgeobuf::read(path, &self.bytes, limits).map(none),
            Format::GeoParquet => geoparquet::read(path, self.bytes.clone(), limits),
        }
    }

    fn read(self, layer: Option<&str>, limits: &Limits) -> Result<Read<RawLayer>> {
        let limits = &limits.of_file(self.source.file.bytes);
        let (builder, declared, findings) = self.parse(layer, limits)?;
        let (mut value, more) = builder.finish(self.format.name());
        let shown = self.shown.display().to_string();
        let mut findings: Vec<Finding> = findings.into_iter().chain(more).map(|finding| finding.file(&shown)).collect();
        findings.extend(crs::bring(&mut value, &declared, &self.shown)?);
        let named = [Some(self.shown.clone()), Some(self.source.file.path.clone()), layer.map(PathBuf::from)];
        if let Some((clip, resolution)) = named.into_iter().flatten().find_map(|path| shapefile::suffix(&path)) {
            (value.clip, value.resolution_m) = (Some(clip), Some(resolution));
        }
        Ok(Read { value, findings, files: vec![self.source.input_file()] })
    }
}
