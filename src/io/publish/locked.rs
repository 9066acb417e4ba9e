//! What the one process that may write a dataset does with its runs.

use std::fs::{self, File};
use std::path::{Component, Path, PathBuf};

use super::{CURRENT, Dataset, LOCK, MANIFEST, STAGING, Staging, checked, manifest};
use crate::error::{Error, Result};
use crate::io::durable::{self, Written};
use crate::io::interrupt::Commit;
use crate::io::manifest::Manifest;
use crate::io::tidy;

/// A dataset that this process alone may write.
#[derive(Debug)]
pub struct LockedDataset {
    dataset: Dataset,
    /// Closing the file lets go of the lock, also when the process is killed.
    _lock: File,
    /// Folders that were made for the dataset, the uppermost last.
    made: Vec<PathBuf>,
}

impl Drop for LockedDataset {
    /// Where the folder was made for this run and nothing was published in it, it goes again: a run that is refused leaves nothing.
    fn drop(&mut self) {
        let Some(folder) = self.made.first() else { return };
        let Ok(entries) = fs::read_dir(folder) else { return };
        if entries.flatten().all(|entry| entry.file_name() == LOCK) {
            let _ = fs::remove_file(folder.join(LOCK));
            // Only empty folders can be removed so.
            let _ = self.made.iter().try_for_each(fs::remove_dir);
        }
    }
}

impl LockedDataset {
    pub(super) fn new(dataset: Dataset, lock: File, made: Vec<PathBuf>) -> Self {
        Self { dataset, _lock: lock, made }
    }

    /// The dataset.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// The manifest of a run that is published already; `None` if there is no such run. Every file is hashed, so an answer means that
    /// the run is whole.
    ///
    /// # Errors
    /// [`Error::Publish`] if the run is there but is not what its manifest says.
    pub fn published(&self, run_id: &str) -> Result<Option<Manifest>> {
        let folder = self.dataset.run_folder(checked(run_id)?);
        match fs::symlink_metadata(&folder) {
            Err(_) => return Ok(None),
            Ok(metadata) if !metadata.is_dir() => {
                return Err(Error::publish(folder, "there is a link or a file where a run should be", "see what it is and remove it"));
            }
            Ok(_) => {}
        }
        let damaged =
            |path: PathBuf, found: String| Error::publish(path, found, format!("remove the folder {} and run again", folder.display()));
        let manifest = manifest(&folder).map_err(|error| damaged(folder.join(MANIFEST), format!("the run is damaged: {error}")))?;
        if manifest.run_id != run_id {
            return Err(damaged(folder.join(MANIFEST), format!("it is the manifest of run {}", manifest.run_id)));
        }
        let tables = manifest.tables.iter().map(|table| (&table.file, table.bytes, &table.blake3));
        // The report may be written again by `coterminous report`; it is not data.
        let others = manifest.files.iter().map(|file| (&file.file, file.bytes, &file.blake3)).filter(|file| file.0 != "report.html");
        for (file, bytes, hash) in tables.chain(others) {
            let path = folder.join(file);
            let is_inside = Path::new(file).components().all(|part| matches!(part, Component::Normal(_)));
            if !is_inside || fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
                return Err(damaged(path, "it is a link, or is not in the run's folder".to_owned()));
            }
            let found = hash_of(&path).map_err(|error| damaged(path.clone(), format!("the run is damaged: {error}")))?;
            if found != (Written { bytes, blake3: hash.clone() }) {
                return Err(damaged(path, "it is not the file that its manifest describes".to_owned()));
            }
        }
        Ok(Some(manifest))
    }

    /// Makes a run that is published already the one that readers should use, and with that ends the run that found it so.
    ///
    /// # Errors
    /// [`Error::Interrupted`] before, [`Error::Publish`].
    pub fn publish_again(&self, run_id: &str) -> Result<()> {
        let commit = self.dataset.interrupt.commit()?;
        self.commit_current(commit, run_id)
    }

    /// Makes a run current, and a signal come too late as soon as it is, whatever else fails: it would say that nothing was published.
    fn commit_current(&self, commit: Commit<'_>, run_id: &str) -> Result<()> {
        let made = self.make_current(run_id);
        if made.is_ok() || self.is_current(run_id) {
            commit.done();
        }
        made
    }

    pub(super) fn is_current(&self, run_id: &str) -> bool {
        self.dataset.current().is_ok_and(|current| current.as_deref() == Some(run_id))
    }

    /// Makes a published run the one that readers should use.
    ///
    /// # Errors
    /// [`Error::Publish`].
    pub fn make_current(&self, run_id: &str) -> Result<()> {
        let line = format!("{}\n", checked(run_id)?);
        let path = self.dataset.folder.join(CURRENT);
        // Not touched when it says so already: its date then tells when the dataset last changed.
        if fs::read_to_string(&path).is_ok_and(|text| text == line) {
            return Ok(());
        }
        durable::replace_bytes_on(&*self.dataset.disk, &path, line.as_bytes()).map(|_| ())
    }

    /// A folder to write a run in. Dropped before [`Staging::publish`], it disappears and nothing was published.
    ///
    /// # Errors
    /// [`Error::Publish`].
    pub fn stage(&self, run_id: &str) -> Result<Staging<'_>> {
        let folder = self.dataset.folder.join(format!("{STAGING}{}", checked(run_id)?));
        if fs::symlink_metadata(&folder).is_ok() {
            return Err(Error::publish(folder, "there is something where this run should be staged", "see what it is and remove it"));
        }
        if let Err(error) = self.dataset.interrupt.begin(&folder, || durable::make_folder(&*self.dataset.disk, &folder))? {
            self.dataset.interrupt.forget(&folder);
            return Err(error);
        }
        Ok(Staging::new(self, run_id, folder))
    }

    /// Removes all but the `keep` runs last published (at least one), and answers the ids of those removed. The run that CURRENT names stays, and
    /// so do those in `spared`: whoever read CURRENT a moment ago may still be reading the run it named then. Folders that are no runs of
    /// ours stay.
    ///
    /// # Errors
    /// [`Error::Publish`]; what could not be removed is swept by the next run.
    pub fn prune(&self, keep: usize, spared: &[&str]) -> Result<Vec<String>> {
        let current = self.dataset.current()?;
        let spared: Vec<&str> = current.as_deref().into_iter().chain(spared.iter().copied()).collect();
        tidy::prune(&*self.dataset.disk, &self.dataset.folder, keep.max(1), &spared)
    }
}

fn hash_of(path: &Path) -> std::io::Result<Written> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(Written { bytes: hasher.count(), blake3: hasher.finalize().to_hex().to_string() })
}
