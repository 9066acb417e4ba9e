//! Zip archives, held at arm's length: names are checked, sizes are capped while inflating, checksums are verified.

use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::source::too_large;
use crate::config::Limits;
use crate::error::{InputProblem, Result};

/// The first bytes of a zip, a workbook included.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";

/// An archive whose member names are safe, under the limits for a file of its size.
pub(super) struct Archive<'a> {
    path: &'a Path,
    limits: Limits,
    zip: ZipArchive<Cursor<&'a [u8]>>,
    members: Vec<Member>,
    expanded: u64,
}

struct Member {
    /// Name with `/` between folders.
    name: String,
    index: usize,
}

impl<'a> Archive<'a> {
    /// Opens an archive.
    ///
    /// # Errors
    /// It is no zip or is damaged, two members have one name, or a member's name is absolute or climbs out by `..`.
    pub(super) fn open(path: &'a Path, bytes: &'a [u8], limits: &Limits) -> Result<Self> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|e| {
            InputProblem::new(path, format!("is not a zip that can be read: {e}"), "a .zip archive", "copy or download it again")
        })?;
        if zip.has_duplicate_names() {
            return Err(InputProblem::new(path, "two members have the same name", "each name once", "zip the files again").into());
        }
        let mut members = Vec::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index).map_err(|e| damaged(path, None, &e))?;
            let name = match entry.name() {
                Ok(name) => name.replace('\\', "/"),
                Err(_) => String::from_utf8_lossy(entry.name_raw()).replace('\\', "/"),
            };
            // macOS puts a shadow of every file beside it: no data of anybody's.
            if entry.is_dir() || name.starts_with("__MACOSX/") || file_name(&name).starts_with("._") {
                continue;
            }
            let climbs = name.split('/').any(|part| part == "..") || name.starts_with('/') || name.contains('\0');
            if climbs || name.as_bytes().get(1) == Some(&b':') {
                let found = format!("the member \"{}\" points outside the archive", name.escape_debug());
                return Err(InputProblem::new(path, found, "members named by relative paths", "do not trust this archive").into());
            }
            members.push(Member { name, index });
        }
        members.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { path, limits: limits.of_file(u64::try_from(bytes.len()).unwrap_or(u64::MAX)), zip, members, expanded: 0 })
    }

    /// Member names, sorted, folders and system shadows left out.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.name.as_str())
    }

    /// Inflates a member, given by the name that [`Archive::names`] has for it.
    ///
    /// # Errors
    /// The member is not there, is encrypted, is compressed by an unknown method, fails its checksum or its declared size, or takes the
    /// archive's members beyond what a file of its size may expand to in all.
    pub(super) fn extract(&mut self, name: &str) -> Result<Vec<u8>> {
        let path = self.member_path(name);
        let Some(member) = self.members.iter().find(|member| member.name == name) else {
            return Err(InputProblem::new(path, "there is no such member in the zip", "", "name one that is there").into());
        };
        let left = self.limits.expanded_bytes.saturating_sub(self.expanded);
        let method = self.zip.by_index_raw(member.index).map_err(|e| damaged(&path, Some(name), &e))?.compression();
        if !matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated) {
            let found = format!("is compressed by {}, which is not read", method_name(method));
            return Err(InputProblem::new(path, found, "a stored or deflated member", "zip the files again with an ordinary tool").into());
        }
        let mut file = self.zip.by_index(member.index).map_err(|e| damaged(&path, Some(name), &e))?;
        let declared = file.size();
        // Deflate expands at most 1032 times: a declared size beyond that is a lie not worth allocating for.
        let room = declared.min(left).min(file.compressed_size().saturating_mul(1032));
        if declared > left {
            return Err(too_large(self.path, &self.limits).into());
        }
        let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
        file.by_ref().take(left.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| damaged(&path, Some(name), &ZipError::Io(e)))?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > left {
            return Err(too_large(self.path, &self.limits).into());
        }
        if length != declared {
            let found = format!("inflates to {length} bytes");
            return Err(InputProblem::new(path, found, format!("{declared} as the zip says"), "copy or download the zip again").into());
        }
        self.expanded = self.expanded.saturating_add(length);
        Ok(bytes)
    }

    /// Inflates every member to nowhere, to see that all of them together stay under the limit and pass their checksums: for readers
    /// that inflate by themselves.
    pub(super) fn check_all(&mut self) -> Result<()> {
        let names: Vec<String> = self.names().map(str::to_owned).collect();
        for name in names {
            self.extract(&name)?;
        }
        Ok(())
    }

    /// `archive.zip/member`, for messages.
    pub(super) fn member_path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// What other programs call a way of compression. Source: APPNOTE.TXT 6.3.10, 4.4.5 (numbers of the methods).
fn method_name(method: CompressionMethod) -> String {
    #[allow(deprecated, reason = "the number is what the file says; the names of the crate depend on its features")]
    let number = method.to_u16();
    match number {
        9 => "Deflate64".to_owned(),
        12 => "bzip2".to_owned(),
        14 => "LZMA".to_owned(),
        93 => "Zstandard".to_owned(),
        95 => "XZ".to_owned(),
        98 => "PPMd".to_owned(),
        other => format!("method {other}"),
    }
}

fn damaged(path: &Path, member: Option<&str>, error: &ZipError) -> InputProblem {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            InputProblem::new(path, "is encrypted", "a member without a password", "unpack it and zip it again without a password")
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            InputProblem::new(path, format!("{error}"), "a stored or deflated member", "zip the files again with an ordinary tool")
        }
        _ => {
            let what = if member.is_some() { "cannot be inflated" } else { "is damaged" };
            InputProblem::new(path, format!("{what}: {error}"), "", "copy or download the zip again")
        }
    }
}

/// The part after the last `/`.
pub(super) fn file_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}
