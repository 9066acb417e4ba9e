//! Builders shared by tests: squares, grids, layers; and the way to the real data.
#![allow(dead_code)]

use std::path::{Path, PathBuf};

/// A file of the real data: below `ONS_DATA`, by default `../shared/data`. `None` where the file is not there, so that the test can
/// skip.
///
/// # Panics
/// In CI (variable `CI` set), where nothing may skip, if the file is missing.
pub fn real_data(relative: impl AsRef<Path>) -> Option<PathBuf> {
    let root = match std::env::var_os("ONS_DATA") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
    };
    let path = root.join(relative);
    if path.exists() {
        return Some(path);
    }
    assert!(std::env::var_os("CI").is_none(), "{} is missing: set ONS_DATA to the folder of the real data", path.display());
    eprintln!("skipped: {} is not there", path.display());
    None
}
