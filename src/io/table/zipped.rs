//! Tables inside a zip: `archive.zip` with one table, or `archive.zip/member.csv`.

use std::path::{Path, PathBuf};

use super::{by_name, not_a_table};
use crate::config::Limits;
use crate::domain::InputFile;
use crate::error::{InputProblem, Result};
use crate::io::source::Source;
use crate::io::zip::Archive;

/// The bytes of a table, and where they are from.
pub(super) struct Content {
    /// Path whose end is the name of the table: of the file, or of the member of an archive.
    pub name: PathBuf,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The file on disk.
    pub file: InputFile,
}

/// Whether a path names a zip, or a member of one.
pub(super) fn archive_of(path: &Path) -> Option<(PathBuf, Option<String>)> {
    let is_zip = |path: &Path| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
    if is_zip(path) {
        return Some((path.to_owned(), None));
    }
    let archive = path.ancestors().skip(1).find(|above| is_zip(above) && above.is_file())?;
    let member = path.strip_prefix(archive).ok()?.to_string_lossy().replace('\\', "/");
    Some((archive.to_owned(), Some(member)))
}

/// Reads a file, or the one table of an archive.
///
/// # Errors
/// The file is not there; the archive has no table, or several and none is named.
pub(super) fn load(path: &Path, limits: &Limits) -> Result<Content> {
    let Some((archive, member)) = archive_of(path) else {
        let source = Source::load(path, limits)?;
        let file = source.input_file();
        return Ok(Content { name: path.to_owned(), bytes: source.bytes, file });
    };
    let source = Source::load(&archive, limits)?;
    let file = source.input_file();
    let mut zip = Archive::open(&archive, &source.bytes, limits)?;
    let tables: Vec<String> = zip.names().filter(|name| by_name(Path::new(name)).is_some()).map(str::to_owned).collect();
    let name = match (member, tables.as_slice()) {
        (Some(member), _) => member,
        (None, [one]) => one.clone(),
        (None, []) => {
            let held: Vec<String> = zip.names().take(20).map(str::to_owned).collect();
            let found = format!("holds no table (it holds {})", if held.is_empty() { "nothing".to_owned() } else { held.join(", ") });
            return Err(not_a_table(&archive, &found).into());
        }
        (None, several) => {
            let named = several.iter().take(20).cloned().collect::<Vec<_>>().join(", ");
            let found = format!("holds {} tables: {named}", several.len());
            let first = several.first().map_or("", String::as_str);
            let remedy = format!("name one of them: {}/{first}", archive.display());
            return Err(InputProblem::new(&archive, found, "one table, or the name of one", remedy).into());
        }
    };
    let bytes = zip.extract(&name)?;
    Ok(Content { name: archive.join(name), bytes, file })
}

/// The tables of an archive, as paths that name them.
pub(super) fn members(path: &Path, limits: &Limits) -> Result<Vec<PathBuf>> {
    let source = Source::load(path, limits)?;
    let zip = Archive::open(path, &source.bytes, limits)?;
    Ok(zip.names().filter(|name| by_name(Path::new(name)).is_some()).map(|name| path.join(name)).collect())
}
