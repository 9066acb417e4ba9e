//! A dataset, published as a whole or not at all.
//!
//! ```text
//! out/<name>/
//!   CURRENT               one line: the run that readers should use, replaced by rename, last of all
//!   .lock                 held while a run writes; says who holds it
//!   .staging-<run_id>     a run being written; swept by the next run if its own was killed
//!   .removed-<run_id>     a run being pruned; likewise
//!   runs/<run_id>/        a run, never modified after it was renamed into place
//! ```
//! Whenever the program or the machine stops, CURRENT names a whole run, or there is none yet.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rayon::prelude::*;

use super::durable::{self, Disk, Real, Written};
use super::geoparquet::{self, Drawing};
use super::interrupt::{Commit, Interrupt};
use super::manifest::{FileRecord, Manifest, Resource, TableRecord, datapackage};
use super::{parquet_out, tidy};
use crate::domain::table::{Table, TableSpec};
use crate::error::{Error, InputProblem, Result};

pub(super) const CURRENT: &str = "CURRENT";
const LOCK: &str = ".lock";
pub(super) const RUNS: &str = "runs";
pub(super) const STAGING: &str = ".staging-";
pub(super) const MANIFEST: &str = "manifest.json";
const DATAPACKAGE: &str = "datapackage.json";

/// A dataset folder; making one touches nothing.
#[derive(Debug, Clone)]
pub struct Dataset {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    interrupt: Interrupt,
}

impl Dataset {
    /// The dataset in this folder, which need not exist yet.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self::on(Arc::new(Real), folder)
    }

    /// The dataset in this folder of this disk.
    pub fn on(disk: Arc<dyn Disk>, folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), disk, interrupt: Interrupt::default() }
    }

    /// The dataset, whose writing stops when it is asked to.
    pub fn interrupted_by(mut self, interrupt: &Interrupt) -> Self {
        self.interrupt = interrupt.clone();
        self
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a run is or would be.
    pub fn run_folder(&self, run_id: &str) -> PathBuf {
        self.folder.join(RUNS).join(run_id)
    }

    /// The run that readers should use; `None` before the first.
    ///
    /// # Errors
    /// [`Error::Input`] if CURRENT cannot be read or names no run.
    pub fn current(&self) -> Result<Option<String>> {
        let path = self.folder.join(CURRENT);
        if fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
            let remedy = "see what it is and remove it, then publish again with --force";
            return Err(InputProblem::new(path, "it is a link or a folder", "a file with the id of a run", remedy).into());
        }
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(InputProblem::new(path, error.to_string(), "", "check the dataset folder").into()),
        };
        let run_id = text.trim();
        // A link there, or for all the runs, would have `report` write elsewhere.
        let is_folder = |path: &Path| fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
        if !is_run_id(run_id) || !is_folder(&self.folder.join(RUNS)) || !is_folder(&self.run_folder(run_id)) {
            let found = format!("it names \"{}\"", run_id.chars().take(80).collect::<String>());
            return Err(InputProblem::new(path, found, "the id of a run in the folder runs", "publish again with --force").into());
        }
        Ok(Some(run_id.to_owned()))
    }

    /// Takes the dataset for this process until the answer is dropped, making its folder if needed, and sweeps what killed runs left.
    ///
    /// # Errors
    /// [`Error::Publish`] if another run holds it (told with process, host and since when), or the folder cannot be written.
    pub fn lock(&self) -> Result<LockedDataset> {
        durable::make_folder(&*self.disk, &self.folder)?;
        let path = self.folder.join(LOCK);
        // A link here would have what it points to emptied, and one for the runs would take them elsewhere.
        for (path, is_right) in [(&path, Metadata::is_file as fn(&Metadata) -> bool), (&self.folder.join(RUNS), Metadata::is_dir)] {
            if fs::symlink_metadata(path).is_ok_and(|metadata| !is_right(&metadata)) {
                let kind = if path.ends_with(RUNS) { "folder" } else { "file" };
                let problem = format!(
                    "something else stands where a {kind} of the dataset should be: a link, or a {}",
                    if kind == "file" { "folder" } else { "file" }
                );
                return Err(Error::publish(path, problem, "see what it is and remove it, or choose another folder with --out"));
            }
        }
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(|error| durable::problem(&path, &error))?;
        let own = format!("process {} on {},", std::process::id(), host());
        let mut tries = 0u32;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // Where the system forbids reading a locked file, the message does without.
                    let _ = file.rewind().and_then(|()| file.read_to_string(&mut holder));
                    // A program that this process starts holds a copy of a handle given up already, until it becomes itself.
                    if holder.starts_with(&own) && tries < OWN_TRIES {
                        tries = tries.saturating_add(1);
                        std::thread::sleep(OWN_PAUSE);
                        continue;
                    }
                    let holder = if holder.trim().is_empty() { "another run" } else { holder.trim() };
                    return Err(Error::publish(
                        &self.folder,
                        format!("the dataset is being written by {holder}"),
                        "wait until it ends, or choose another folder with --out",
                    ));
                }
                Err(TryLockError::Error(error)) => return Err(durable::problem(&path, &error)),
            }
        }
        let holder = format!("process {} on {}, since {}\n", std::process::id(), host(), jiff::Timestamp::now());
        let note = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            file.write_all(holder.as_bytes())?;
            file.flush()
        };
        note(&mut file).map_err(|error| durable::problem(&path, &error))?;
        let locked = LockedDataset { dataset: self.clone(), _lock: file };
        tidy::sweep(&*self.disk, &self.folder)?;
        Ok(locked)
    }
}

/// How often, and after what pause, a lock is tried again that this process itself seems to hold.
const OWN_TRIES: u32 = 400;
const OWN_PAUSE: Duration = Duration::from_millis(5);

/// The folder of the run to read: `out` is a dataset folder (its CURRENT run is used) or one run's folder.
///
/// # Errors
/// [`Error::Input`] if `out` is neither.
pub fn run_folder(out: &Path) -> Result<PathBuf> {
    if out.join(MANIFEST).is_file() {
        return Ok(out.to_owned());
    }
    let dataset = Dataset::at(out);
    match dataset.current()? {
        Some(run_id) => Ok(dataset.run_folder(&run_id)),
        None => {
            let found = if out.is_dir() { "it holds neither CURRENT nor manifest.json" } else { "there is no such folder" };
            Err(InputProblem::new(out, found, "a dataset folder or one run's folder", "run `coterminous run` first, or correct the path")
                .into())
        }
    }
}

/// The manifest of a run's folder.
///
/// # Errors
/// [`Error::Input`] if it cannot be read.
pub fn manifest(run: &Path) -> Result<Manifest> {
    let path = run.join(MANIFEST);
    let unreadable = |found: String| Error::from(InputProblem::new(&path, found, "the manifest of a run", "publish the run again"));
    let text = fs::read_to_string(&path).map_err(|error| unreadable(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))
}

/// A dataset that this process alone may write.
#[derive(Debug)]
pub struct LockedDataset {
    dataset: Dataset,
    /// Closing the file lets go of the lock, also when the process is killed.
    _lock: File,
}

impl LockedDataset {
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
                return Err(Error::publish(folder, "a link or a file stands where a run should be", "see what it is and remove it"));
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

    fn is_current(&self, run_id: &str) -> bool {
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
            return Err(Error::publish(folder, "something stands where this run is to be staged", "see what it is and remove it"));
        }
        if let Err(error) = self.dataset.interrupt.begin(&folder, || durable::make_folder(&*self.dataset.disk, &folder))? {
            self.dataset.interrupt.forget(&folder);
            return Err(error);
        }
        Ok(Staging { locked: self, run_id: run_id.to_owned(), folder, resources: Vec::new(), files: Vec::new(), done: false })
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

/// A run being written.
#[derive(Debug)]
pub struct Staging<'a> {
    locked: &'a LockedDataset,
    run_id: String,
    folder: PathBuf,
    resources: Vec<Resource>,
    files: Vec<FileRecord>,
    done: bool,
}

/// What became of a run.
#[derive(Debug, Clone)]
pub struct Published {
    /// The run's folder.
    pub folder: PathBuf,
    /// Whether the same bytes were there already, so that the old run was kept.
    pub unchanged: bool,
    /// The manifest as published (the old one when unchanged).
    pub manifest: Manifest,
}

impl Staging<'_> {
    /// The folder being written.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes tables as `<name>.parquet`, several at a time.
    ///
    /// # Errors
    /// [`Error::Proof`] for a table that may not be published, else [`Error::Publish`]; the first in the order of the tables.
    pub fn tables(&mut self, tables: &[Table]) -> Result<()> {
        self.locked.dataset.interrupt.check()?;
        let disk = &*self.locked.dataset.disk;
        let written: Vec<Result<Written>> = tables
            .par_iter()
            .map(|table| parquet_out::write_table_on(disk, &self.folder.join(format!("{}.parquet", table.spec.name)), table))
            .collect();
        for (table, written) in tables.iter().zip(written) {
            self.add(table.spec, false, table.len(), written?);
        }
        Ok(())
    }

    /// Writes one table as `<name>.parquet`, so that its memory can be given back before the next is made.
    ///
    /// # Errors
    /// As [`Staging::tables`].
    pub fn table(&mut self, table: &Table) -> Result<()> {
        self.tables(std::slice::from_ref(table))
    }

    /// Writes `<spec.name>.parquet` ("geo/area") with geometry, as [`geoparquet::write`] does.
    ///
    /// # Errors
    /// [`Error::Proof`] or [`Error::Publish`]; whatever drawing answers.
    pub fn geometry(&mut self, spec: &'static TableSpec, keys: &[Vec<String>], drawing: Drawing<'_>) -> Result<()> {
        let disk = &*self.locked.dataset.disk;
        let path = self.folder.join(format!("{}.parquet", spec.name));
        self.locked.dataset.interrupt.unless_asked(|| durable::make_folder(disk, durable::parent(&path)))??;
        let written = geoparquet::write_on(disk, &path, spec, keys, drawing)?;
        self.add(spec, true, keys.len(), written);
        Ok(())
    }

    /// Writes another file, such as the report.
    ///
    /// # Errors
    /// [`Error::Publish`].
    pub fn file(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.locked.dataset.interrupt.check()?;
        let written = durable::replace_bytes_on(&*self.locked.dataset.disk, &self.folder.join(name), content)?;
        self.files.push(FileRecord { file: name.to_owned(), bytes: written.bytes, blake3: written.blake3 });
        Ok(())
    }

    /// What was written so far, as the manifest will list it.
    pub fn records(&self) -> Vec<TableRecord> {
        self.resources.iter().map(|resource| resource.record.clone()).collect()
    }

    fn add(&mut self, spec: &'static TableSpec, geometry: bool, rows: usize, written: Written) {
        let record = TableRecord {
            name: spec.name.to_owned(),
            file: format!("{}.parquet", spec.name),
            rows: rows as u64,
            bytes: written.bytes,
            blake3: written.blake3,
        };
        self.resources.push(Resource { spec, geometry, record });
    }

    /// Writes datapackage.json and manifest.json (tables, files and the time of publishing are filled in here), renames the run into
    /// place and points CURRENT at it.
    ///
    /// Where the run is there already, its data must be the same bytes; then the old run stays and this one is discarded.
    ///
    /// # Errors
    /// [`Error::Publish`], also when the same inputs gave other bytes; whatever fails, CURRENT and all earlier runs are as they were.
    pub fn publish(mut self, mut manifest: Manifest) -> Result<Published> {
        let internal = |error: serde_json::Error| Error::publish(MANIFEST, error, "please report this");
        let package = datapackage(&manifest.name, manifest.attribution.as_deref(), &self.resources).map_err(internal)?;
        self.file(DATAPACKAGE, package.as_bytes())?;
        manifest.run_id.clone_from(&self.run_id);
        manifest.tables = self.records();
        manifest.files.clone_from(&self.files);
        manifest.finished_at = jiff::Timestamp::now().to_string();

        let dataset = &self.locked.dataset;
        let disk = &*dataset.disk;
        let folder = dataset.run_folder(&self.run_id);
        if fs::symlink_metadata(&folder).is_ok() {
            let old = self.same_as(&folder)?;
            self.locked.publish_again(&self.run_id)?;
            return Ok(Published { folder, unchanged: true, manifest: old });
        }
        let text = manifest.to_json().map_err(internal)?;
        durable::replace_bytes_on(disk, &self.folder.join(MANIFEST), text.as_bytes())?;
        let sync = |folder: &Path| disk.sync_folder(folder).map_err(|error| durable::problem(folder, &error));
        sync(&self.folder)?;
        let runs = dataset.folder.join(RUNS);
        let commit = dataset.interrupt.commit()?;
        durable::make_folder(disk, &runs)?;
        disk.rename(&self.folder, &folder).map_err(|error| durable::problem(&folder, &error))?;
        if let Err(error) = sync(&runs).and_then(|()| sync(&dataset.folder)) {
            // Whether the name is on the disk is not known, so the run is taken back; where even that fails, the next run finds a whole run
            // that nobody was told of, and checks every byte of it before use.
            let _ = disk.rename(&folder, &self.folder);
            return Err(error);
        }
        if let Err(error) = self.locked.make_current(&self.run_id) {
            // Readers are where they were, and so is the dataset then; where CURRENT has moved, the run must stay.
            let moved = self.locked.is_current(&self.run_id);
            self.done = moved || disk.rename(&folder, &self.folder).is_err();
            if moved {
                commit.done();
            }
            return Err(error);
        }
        self.done = true;
        commit.done();
        Ok(Published { folder, unchanged: false, manifest })
    }

    /// The manifest of the run in `folder`, once all its data are known to be what was just computed.
    fn same_as(&self, folder: &Path) -> Result<Manifest> {
        let Some(old) = self.locked.published(&self.run_id)? else {
            return Err(Error::publish(folder, "the run disappeared while it was compared", "run again"));
        };
        let now: BTreeSet<(&str, &str)> =
            self.resources.iter().map(|resource| (resource.record.file.as_str(), resource.record.blake3.as_str())).collect();
        let then: BTreeSet<(&str, &str)> = old.tables.iter().map(|table| (table.file.as_str(), table.blake3.as_str())).collect();
        if now != then {
            let files: BTreeSet<&str> = now.symmetric_difference(&then).map(|(file, _)| *file).collect();
            let mut list = String::new();
            for file in files {
                let _ = write!(list, "{}{file}", if list.is_empty() { "" } else { ", " });
            }
            return Err(Error::publish(
                folder,
                format!("the same inputs and config gave other bytes than before in {list}"),
                "the old run was kept; please report this with the input files, or remove the folder to publish anew",
            ));
        }
        Ok(old)
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        let dataset = &self.locked.dataset;
        if !self.done {
            // What stays is swept by the next run.
            let _ = dataset.disk.remove_folder(&self.folder);
        }
        dataset.interrupt.forget(&self.folder);
    }
}

fn hash_of(path: &Path) -> std::io::Result<Written> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(Written { bytes: hasher.count(), blake3: hasher.finalize().to_hex().to_string() })
}

/// Run ids become names of folders, so they may be nothing else.
pub(super) fn is_run_id(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn checked(run_id: &str) -> Result<&str> {
    if is_run_id(run_id) {
        return Ok(run_id);
    }
    Err(Error::publish(RUNS, format!("\"{run_id}\" is no run id"), "use letters, digits, '-' and '_' only"))
}

fn host() -> String {
    let read = ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|path| fs::read_to_string(path).ok());
    let name = read.or_else(|| std::env::var("COMPUTERNAME").ok()).or_else(|| std::env::var("HOSTNAME").ok());
    match name.as_deref().map(str::trim) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => "an unknown host".to_owned(),
    }
}
