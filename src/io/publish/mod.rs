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

mod locked;
mod staging;

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::durable::{self, Disk, Real};
use super::interrupt::Interrupt;
use super::manifest::Manifest;
use super::tidy;
use crate::error::{Error, InputProblem, Result};
pub use locked::LockedDataset;
pub use staging::{Published, Staging};

pub(super) const CURRENT: &str = "CURRENT";
const LOCK: &str = ".lock";
pub(super) const RUNS: &str = "runs";
pub(super) const STAGING: &str = ".staging-";
pub(super) const MANIFEST: &str = "manifest.json";

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
        // Folders that are made here, the uppermost last.
        let made: Vec<PathBuf> =
            self.folder.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).map(Path::to_owned).collect();
        durable::make_folder(&*self.disk, &self.folder)?;
        let path = self.folder.join(LOCK);
        // A link here would have what it points to emptied, and one for the runs would take them elsewhere.
        for (path, is_right) in [(&path, Metadata::is_file as fn(&Metadata) -> bool), (&self.folder.join(RUNS), Metadata::is_dir)] {
            if fs::symlink_metadata(path).is_ok_and(|metadata| !is_right(&metadata)) {
                let kind = if path.ends_with(RUNS) { "folder" } else { "file" };
                let problem = format!(
                    "there is something else where a {kind} of the dataset should be: a link, or a {}",
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
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            // A run that was refused takes away the folder it made, with its lock: what is locked must still be there.
            let place = |metadata: &Metadata| (metadata.dev(), metadata.ino());
            let here = fs::symlink_metadata(&path).map(|metadata| place(&metadata)).ok();
            if here != file.metadata().map(|metadata| place(&metadata)).ok() {
                return Err(Error::publish(&self.folder, "another run ended and removed the empty folder", "run again"));
            }
        }
        let locked = LockedDataset::new(self.clone(), file, made);
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

/// Run ids become names of folders, so they may be nothing else.
pub(super) fn is_run_id(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn checked(run_id: &str) -> Result<&str> {
    if is_run_id(run_id) {
        return Ok(run_id);
    }
    Err(Error::publish(RUNS, format!("\"{run_id}\" is not a run id"), "use letters, digits, '-' and '_' only"))
}

fn host() -> String {
    let read = ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().find_map(|path| fs::read_to_string(path).ok());
    let name = read.or_else(|| std::env::var("COMPUTERNAME").ok()).or_else(|| std::env::var("HOSTNAME").ok());
    match name.as_deref().map(str::trim) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => "an unknown host".to_owned(),
    }
}
