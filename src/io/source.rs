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
        let unreadable = |e: std::io::Error| InputProblem::new(path, format!("cannot be read: {e}"), "", "check its permissions");
        let file = std::fs::File::open(path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => not_found(path),
            _ => unreadable(e),
        })?;
        let metadata = file.metadata().map_err(unreadable)?;
        if metadata.is_dir() {
            return Err(InputProblem::new(path, "is a folder", "a file", "name the file in it").into());
        }
        // A growing file or a device can be longer than it says, so the cap is on what is read.
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(limits.expanded_bytes)).unwrap_or(0));
        file.take(limits.expanded_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
        check_size(path, bytes.len(), limits)?;
        Ok(Self { path: path.to_owned(), bytes })
    }

    /// Size and hash of the bytes.
    pub(super) fn input_file(&self) -> InputFile {
        input_file(&self.path, &self.bytes)
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

/// Refuses content above the limit.
pub(super) fn check_size(path: &Path, length: usize, limits: &Limits) -> Result<()> {
    if u64::try_from(length).unwrap_or(u64::MAX) > limits.expanded_bytes {
        return Err(too_large(path, limits).into());
    }
    Ok(())
}

/// What is said of content above the limit.
pub(super) fn too_large(path: &Path, limits: &Limits) -> InputProblem {
    InputProblem::new(
        path,
        format!("holds or expands to more than {} bytes", limits.expanded_bytes),
        "",
        "raise limits.expanded_bytes in the config if the file is to be trusted",
    )
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
