//! The bytes of one input file, read once, capped and hashed.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::config::Limits;
use crate::domain::InputFile;
use crate::error::{InputProblem, Result};

/// A file as it was read.
pub(super) struct Source {
    /// Its path, for messages.
    pub(super) path: PathBuf,
    /// Its content.
    pub(super) bytes: Vec<u8>,
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// The file is missing (the nearest name in its folder is suggested), is no regular file, cannot be read, or is larger than
    /// `limits.expanded_bytes`.
    pub(super) fn load(path: &Path, limits: &Limits) -> Result<Self> {
        let (file, length) = open(path, limits)?;
        // A growing file can be longer than it says, so the cap is on what is read.
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(limits.expanded_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| unreadable(path, &e))?;
        check_size(path, bytes.len(), limits)?;
        Ok(Self { path: path.to_owned(), bytes })
    }

    /// Size and hash of the bytes.
    pub(super) fn input_file(&self) -> InputFile {
        input_file(&self.path, &self.bytes)
    }
}

/// Opens a file: it, and its length in bytes.
///
/// # Errors
/// As [`Source::load`].
pub(super) fn open(path: &Path, limits: &Limits) -> Result<(std::fs::File, u64)> {
    // Asked before opening: opening a pipe waits for somebody who writes to it.
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(InputProblem::new(path, "is a folder", "a file", "name the file in it").into()),
        Ok(metadata) if !metadata.is_file() => return Err(no_file(path).into()),
        _ => {}
    }
    let file = std::fs::File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => not_found(path),
        _ => unreadable(path, &e),
    })?;
    let metadata = file.metadata().map_err(|e| unreadable(path, &e))?;
    check_size(path, usize::try_from(metadata.len()).unwrap_or(usize::MAX), limits)?;
    Ok((file, metadata.len()))
}

fn unreadable(path: &Path, error: &std::io::Error) -> InputProblem {
    InputProblem::new(path, format!("cannot be read: {error}"), "", "check its permissions")
}

/// A reader that hashes what is read through it.
pub(super) struct Hashed<R> {
    inner: R,
    /// `None` = nobody wants the hash.
    hasher: Option<blake3::Hasher>,
    bytes: u64,
}

impl<R: std::io::Read> Hashed<R> {
    /// Reads through to `inner`.
    pub(super) fn new(inner: R, hashing: super::Hashing) -> Self {
        Self { inner, hasher: hashing.hasher(), bytes: 0 }
    }

    /// Size and hash of what was read; the hash is empty where none was asked for.
    pub(super) fn input_file(&self, path: &Path) -> InputFile {
        let blake3 = self.hasher.as_ref().map_or_else(String::new, |hasher| hasher.finalize().to_hex().to_string());
        InputFile { path: path.to_owned(), bytes: self.bytes, blake3 }
    }
}

impl<R: std::io::Read> std::io::Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if let (Some(hasher), Some(bytes)) = (&mut self.hasher, buffer.get(..read)) {
            hasher.update(bytes);
        }
        self.bytes = self.bytes.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(read)
    }
}

/// Size and hash of bytes that were read from `path`.
pub(super) fn input_file(path: &Path, bytes: &[u8]) -> InputFile {
    InputFile {
        path: path.to_owned(),
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        blake3: blake3::hash(bytes).to_hex().to_string(),
    }
}

/// What is said of a pipe, a socket or a device.
pub(super) fn no_file(path: &Path) -> InputProblem {
    InputProblem::new(path, "is a pipe, a socket or a device", "a file", "write its content to a file first")
}

/// Whether a file still has the content that was read from it.
pub fn is_unchanged(read: &InputFile) -> bool {
    let hash = || -> std::io::Result<(u64, String)> {
        let metadata = std::fs::metadata(&read.path)?;
        if !metadata.is_file() || metadata.len() != read.bytes {
            return Ok((metadata.len(), String::new()));
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(std::fs::File::open(&read.path)?)?;
        Ok((hasher.count(), hasher.finalize().to_hex().to_string()))
    };
    hash().is_ok_and(|(bytes, blake3)| bytes == read.bytes && blake3 == read.blake3)
}

/// Refuses content above the limit.
pub(super) fn check_size(path: &Path, length: usize, limits: &Limits) -> Result<()> {
    if u64::try_from(length).unwrap_or(u64::MAX) > limits.expanded_bytes {
        return Err(too_large(path, limits).into());
    }
    Ok(())
}

/// What is said of content above the limit.
pub(super) fn too_large(path: &Path, limits: &Limits) -> InputProblem {
    InputProblem::new(path, format!("holds or expands to more than {} bytes", limits.expanded_bytes), "", limits.raise("expanded_bytes"))
}

/// What is said of a file that is not there.
pub(super) fn not_found(path: &Path) -> InputProblem {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Ok(entries) = std::fs::read_dir(folder) else {
        return InputProblem::new(path, "there is no such file", "", format!("there is no folder {} either", folder.display()));
    };
    let wanted = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let likeness = |name: &String| strsim::jaro_winkler(&wanted, &name.to_lowercase());
    let nearest = names.iter().filter(|name| likeness(name) > 0.85).max_by(|a, b| likeness(a).total_cmp(&likeness(b)).then(b.cmp(a)));
    let remedy = match nearest {
        Some(nearest) => format!("did you mean {nearest}?"),
        None => "check the path in the config".to_owned(),
    };
    InputProblem::new(path, "there is no such file", "", remedy)
}
