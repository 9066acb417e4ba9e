//! What is removed from a dataset folder: the remains of killed runs, and runs that nobody asked to keep. Never anything that is not ours.

use std::fs;
use std::path::{Path, PathBuf};

use super::durable::{self, Disk};
use super::publish::{RUNS, STAGING, is_run_id, manifest};
use crate::error::Result;

/// A run on its way out; renamed first, so that a reader finds it whole or not at all.
const REMOVED: &str = ".removed-";

/// Removes what killed runs left: they cannot be alive, since the lock is ours. Only names of our own pattern are touched.
pub(super) fn sweep(disk: &dyn Disk, folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| durable::problem(folder, &error))?;
    for entry in entries {
        let entry = entry.map_err(|error| durable::problem(folder, &error))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let kind = entry.file_type().map_err(|error| durable::problem(entry.path(), &error))?;
        let is_ours = || [STAGING, REMOVED].iter().any(|prefix| name.strip_prefix(prefix).is_some_and(is_run_id));
        let removed = if kind.is_dir() && is_ours() {
            disk.remove_folder(&entry.path())
        } else if kind.is_file() && is_partial_current(name) {
            disk.remove_file(&entry.path())
        } else {
            Ok(())
        };
        removed.map_err(|error| durable::problem(entry.path(), &error))?;
    }
    Ok(())
}

fn is_partial_current(name: &str) -> bool {
    let process = name.strip_prefix(".CURRENT.").and_then(|rest| rest.strip_suffix(".partial"));
    process.is_some_and(|process| !process.is_empty() && process.bytes().all(|b| b.is_ascii_digit()))
}

/// Removes all but the `keep` runs last published, and answers their ids. The runs in `spared` stay whatever their age. A folder that is not a run of
/// ours (no manifest that names it, or a link) is not touched and not counted.
pub(super) fn prune(disk: &dyn Disk, dataset: &Path, keep: usize, spared: &[&str]) -> Result<Vec<String>> {
    let runs = dataset.join(RUNS);
    let mut ours: Vec<(String, String, PathBuf)> = Vec::new();
    let entries = match fs::read_dir(&runs) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|error| durable::problem(&runs, &error))?,
    };
    for entry in entries {
        let entry = entry.map_err(|error| durable::problem(&runs, &error))?;
        let kind = entry.file_type().map_err(|error| durable::problem(entry.path(), &error))?;
        let Some(name) = entry.file_name().to_str().filter(|name| is_run_id(name)).map(str::to_owned) else { continue };
        if !kind.is_dir() {
            continue;
        }
        if let Ok(manifest) = manifest(&entry.path())
            && manifest.run_id == name
        {
            ours.push((manifest.finished_at, name, entry.path()));
        }
    }
    // Last published first; moments of RFC 3339 in UTC sort as text up to their fraction, which the id decides.
    ours.sort_by(|a, b| b.cmp(a));
    let counted = ours.iter().filter(|(_, name, _)| spared.contains(&name.as_str())).count();
    let mut left = keep.saturating_sub(counted);
    let mut removed = Vec::new();
    for (_, name, path) in ours.into_iter().filter(|(_, name, _)| !spared.contains(&name.as_str())) {
        if left > 0 {
            left = left.saturating_sub(1);
            continue;
        }
        let aside = dataset.join(format!("{REMOVED}{name}"));
        disk.rename(&path, &aside).map_err(|error| durable::problem(&path, &error))?;
        disk.remove_folder(&aside).map_err(|error| durable::problem(&aside, &error))?;
        removed.push(name);
    }
    removed.sort();
    Ok(removed)
}
