//! The files a shapefile consists of, found beside a .shp or in a zip.

use std::path::{Path, PathBuf};

use crate::config::Limits;
use crate::domain::InputFile;
use crate::error::{InputProblem, Result};
use crate::io::source::{self, Source, not_found};
use crate::io::zip::{Archive, file_name};

/// One file of a shapefile.
pub(super) struct Member {
    /// Where it is, for messages: with the zip in front of it.
    pub(super) path: PathBuf,
    /// Its content.
    pub(super) bytes: Vec<u8>,
}

/// The .shp: on disk it is read as it is parsed, in a zip it is unpacked.
pub(super) struct Shp {
    /// Where it is, for messages.
    pub(super) path: PathBuf,
    /// What to read.
    pub(super) content: Content,
}

/// A .shp not yet parsed.
pub(super) enum Content {
    /// A file and its length in bytes.
    File(std::fs::File, u64),
    /// Unpacked.
    Bytes(Vec<u8>),
}

/// A shapefile's files.
pub(super) struct Members {
    pub(super) shp: Shp,
    pub(super) dbf: Member,
    /// `None` where it is missing: whoever reads coordinates asks [`Members::require_prj`] for it.
    pub(super) prj: Option<Member>,
    pub(super) shx: Option<Member>,
    pub(super) cpg: Option<Member>,
    /// The files on disk they were read from, by path; without the .shp where that is still to be read.
    pub(super) files: Vec<InputFile>,
}

impl Members {
    /// The .prj.
    ///
    /// # Errors
    /// It is missing.
    pub(super) fn require_prj(&self) -> Result<&Member> {
        let is_zip = matches!(self.shp.content, Content::Bytes(_));
        let name = self.shp.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.prj.as_ref().ok_or_else(|| missing(&self.shp.path, &name, "prj", is_zip).into())
    }
}

/// Finds and reads a shapefile's files.
///
/// # Errors
/// The path is none of the three forms, or .shp or .dbf is missing.
pub(super) fn open(path: &Path, limits: &Limits) -> Result<Members> {
    // archive.zip/layer.shp: an ancestor is a file.
    if !path.exists()
        && let Some(archive) = path.ancestors().skip(1).find(|ancestor| ancestor.is_file())
    {
        let member = path.strip_prefix(archive).unwrap_or(path).to_string_lossy().replace('\\', "/");
        return from_zip(archive, Some(&member), limits);
    }
    match extension(&path.to_string_lossy()) {
        Some("zip") => from_zip(path, None, limits),
        Some("shp") => from_folder(path, limits),
        _ if !path.exists() => Err(not_found(path).into()),
        _ => {
            Err(InputProblem::new(path, "is not a shapefile", "a .shp, a .zip holding one, or archive.zip/layer.shp", "name the .shp")
                .into())
        }
    }
}

/// The extension, if it is one of ours.
fn extension(name: &str) -> Option<&'static str> {
    let extension = file_name(name).rsplit_once('.')?.1;
    ["zip", "shp", "dbf", "prj", "shx", "cpg"].into_iter().find(|known| extension.eq_ignore_ascii_case(known))
}

/// The name without its last extension.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// The name among `names` that has the stem of `shp` and an extension; extensions in any case, and the stem too where no name has it exactly.
///
/// # Errors
/// Two names fit equally well.
fn sidecar<'a>(shown: &Path, shp: &str, wanted: &str, names: &'a [String]) -> Result<Option<&'a str>> {
    let of_kind = || names.iter().map(String::as_str).filter(|name| extension(name) == Some(wanted));
    let exact: Vec<&str> = of_kind().filter(|name| stem(name) == stem(shp)).collect();
    let found = if exact.is_empty() { of_kind().filter(|name| stem(name).eq_ignore_ascii_case(stem(shp))).collect() } else { exact };
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => {
            let found = format!("has {} beside it", several.join(" and "));
            Err(InputProblem::new(shown, found, format!("one .{wanted}"), "remove the one that does not belong to it").into())
        }
    }
}

/// What is said when a file of the shapefile is not there.
fn missing(shown: &Path, shp: &str, wanted: &str, is_zip: bool) -> InputProblem {
    let name = format!("{}.{wanted}", stem(file_name(shp)));
    let place = if is_zip { "into the zip" } else { "beside the .shp" };
    let remedy = match wanted {
        "prj" => format!("put {name} {place}, with the well-known text of EPSG:27700 if the coordinates are British National Grid"),
        _ => format!("put {name} {place}: it was left out when the layer was copied"),
    };
    InputProblem::new(shown, format!("{name} is missing"), "", remedy)
}

fn from_folder(path: &Path, limits: &Limits) -> Result<Members> {
    if !path.is_file() {
        return Err(if path.exists() {
            InputProblem::new(path, "is a folder", "a .shp", "name the .shp in it").into()
        } else {
            not_found(path).into()
        });
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let shp_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let entries =
        std::fs::read_dir(folder).map_err(|e| InputProblem::new(folder, format!("cannot be listed: {e}"), "", "check its permissions"))?;
    let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let mut files = Vec::new();
    let mut load = |name: &str| -> Result<Member> {
        let source = Source::load(&path.with_file_name(name), limits)?;
        files.push(source.input_file());
        Ok(Member { path: source.path, bytes: source.bytes })
    };
    let mut find = |wanted: &str| sidecar(path, &shp_name, wanted, &names)?.map(&mut load).transpose();
    let (dbf, prj, shx, cpg) = (find("dbf")?, find("prj")?, find("shx")?, find("cpg")?);
    let dbf = dbf.ok_or_else(|| missing(path, &shp_name, "dbf", false))?;
    let (file, length) = source::open(path, limits)?;
    let shp = Shp { path: path.to_owned(), content: Content::File(file, length) };
    Ok(Members { shp, dbf, prj, shx, cpg, files })
}

fn from_zip(path: &Path, member: Option<&str>, limits: &Limits) -> Result<Members> {
    let source = Source::load(path, limits)?;
    let mut archive = Archive::open(path, &source.bytes, limits)?;
    let names: Vec<String> = archive.names().map(str::to_owned).collect();
    let shapefiles: Vec<&str> = names.iter().map(String::as_str).filter(|name| extension(name) == Some("shp")).collect();
    let listed = |names: &[&str]| names.join(", ");
    let shp = match (member, shapefiles.as_slice()) {
        (None, [one]) => (*one).to_owned(),
        (None, []) => {
            let all: Vec<&str> = names.iter().map(String::as_str).take(20).collect();
            let found = format!("holds no .shp but {}", if all.is_empty() { "nothing".to_owned() } else { listed(&all) });
            return Err(InputProblem::new(path, found, "a shapefile", "give a zip with a shapefile in it").into());
        }
        (None, several) => {
            let found = format!("holds {} shapefiles: {}", several.len(), listed(several));
            let remedy = format!("write {} to choose one", path.join(several.first().unwrap_or(&"layer.shp")).display());
            return Err(InputProblem::new(path, found, "one", remedy).into());
        }
        (Some(wanted), all) => {
            let fits: Vec<&str> = match all.iter().find(|name| **name == wanted) {
                Some(exact) => vec![exact],
                None => all.iter().copied().filter(|name| name.eq_ignore_ascii_case(wanted)).collect(),
            };
            match fits.as_slice() {
                [one] => (*one).to_owned(),
                _ => {
                    let expected =
                        if all.is_empty() { "a zip with a shapefile in it".to_owned() } else { format!("one of: {}", listed(all)) };
                    return Err(InputProblem::new(path, format!("holds no {wanted}"), expected, "name one that is there").into());
                }
            }
        }
    };
    let shown = archive.member_path(&shp);
    let mut load = |name: &str| -> Result<Member> { Ok(Member { path: archive.member_path(name), bytes: archive.extract(name)? }) };
    let mut find = |wanted: &str| sidecar(&shown, &shp, wanted, &names)?.map(&mut load).transpose();
    let (dbf, prj, shx, cpg) = (find("dbf")?, find("prj")?, find("shx")?, find("cpg")?);
    let dbf = dbf.ok_or_else(|| missing(&shown, &shp, "dbf", true))?;
    let shp = load(&shp)?;
    let shp = Shp { path: shp.path, content: Content::Bytes(shp.bytes) };
    Ok(Members { shp, dbf, prj, shx, cpg, files: vec![source.input_file()] })
}
