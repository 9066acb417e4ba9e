//! Folders for what is only on its way: theirs while their process lives, swept by the next one when it was killed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use coterminous::io::interrupt::Interrupt;
use coterminous::{Error, Result};

/// What the names of locks end with.
const LOCK: &str = ".lock";
/// Digits of the hexadecimal number in a name.
const DIGITS: usize = 24;
/// Names that are tried before the folder is given up.
const TRIES: u32 = 16;

/// A folder of this process alone; removed when dropped, and by a signal that stops the run.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    lock_path: PathBuf,
    /// Closing it lets go of the lock, also when the process is killed.
    _lock: File,
    interrupt: Interrupt,
}

impl Folder {
    /// Makes a folder `<prefix><24 hexadecimal digits>` in `parent`, and removes those of dead processes there.
    ///
    /// # Errors
    /// [`Error::Publish`] where it cannot be made, or what dead processes left cannot be removed.
    pub fn make(parent: &Path, prefix: &str, interrupt: &Interrupt) -> Result<Self> {
        let problem = |path: &Path, error: &io::Error| {
            Error::publish(path, error, "give a folder that can be written with --cluster-dir (a run) or --work-dir (an executor)")
        };
        fs::create_dir_all(parent).map_err(|error| problem(parent, &error))?;
        // Executors may have another working folder.
        let parent = fs::canonicalize(parent).map_err(|error| problem(parent, &error))?;
        sweep(&parent, prefix).map_err(|error| problem(&parent, &error))?;
        for attempt in 0..TRIES {
            let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
            let path = parent.join(format!("{prefix}{:016x}{:08x}", nanos.wrapping_add(u64::from(attempt)), std::process::id()));
            let lock_path = lock_of(&path);
            let lock = match interrupt.begin(&lock_path, || OpenOptions::new().write(true).create_new(true).open(&lock_path))? {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    interrupt.forget(&lock_path);
                    continue;
                }
                other => other.map_err(|error| problem(&lock_path, &error))?,
            };
            // Whoever sweeps at this moment may have it locked, or even have removed it: then another name is taken.
            if lock.try_lock().is_ok() && lock_path.exists() {
                interrupt.begin(&path, || fs::create_dir(&path))?.map_err(|error| problem(&path, &error))?;
                return Ok(Self { path, lock_path, _lock: lock, interrupt: interrupt.clone() });
            }
            let _ = fs::remove_file(&lock_path);
            interrupt.forget(&lock_path);
        }
        Err(Error::publish(&parent, "no folder could be made and kept", "see who else writes there, and run again"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed now is swept by the next process: its lock is let go of.
        if fs::remove_dir_all(&self.path).is_ok() {
            let _ = fs::remove_file(&self.lock_path);
        }
        self.interrupt.forget(&self.path);
        self.interrupt.forget(&self.lock_path);
    }
}

fn lock_of(folder: &Path) -> PathBuf {
    let mut path = folder.as_os_str().to_owned();
    path.push(LOCK);
    PathBuf::from(path)
}

/// Removes what dead processes left: folders of the pattern whose lock nobody holds. Nothing else is touched.
fn sweep(parent: &Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let name = entry.file_name();
        let folder = name.to_str().and_then(|name| name.strip_suffix(LOCK));
        let is_ours = |name: &str| {
            name.strip_prefix(prefix).is_some_and(|rest| rest.len() == DIGITS && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let Some(folder) = folder.filter(|name| is_ours(name)) else { continue };
        if !entry.file_type()?.is_file() {
            continue;
        }
        let file = match OpenOptions::new().write(true).open(entry.path()) {
            // Its own process has just removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(error)) => return Err(error),
            Ok(()) => {}
        }
        let folder = parent.join(folder);
        match fs::symlink_metadata(&folder) {
            Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&folder)?,
            Ok(_) => continue,
            Err(_) => {}
        }
        match fs::remove_file(entry.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_dead_are_swept_and_the_living_and_strangers_are_not() {
        let parent = tempfile::tempdir().unwrap();
        let at = |name: &str| parent.path().join(name);
        let dead = ".cluster-0123456789abcdef01234567";
        fs::create_dir(at(dead)).unwrap();
        fs::write(at(dead).join("part-0.parquet"), "x").unwrap();
        fs::write(at(&format!("{dead}.lock")), "").unwrap();
        fs::create_dir(at(".cluster-mine")).unwrap();
        fs::write(at(".cluster-mine.lock"), "").unwrap();
        fs::create_dir(at(".cluster-0123456789abcdef01234568")).unwrap();

        let interrupt = Interrupt::default();
        let living = Folder::make(parent.path(), ".cluster-", &interrupt).unwrap();
        let second = Folder::make(parent.path(), ".cluster-", &interrupt).unwrap();
        assert!(living.path().is_dir() && second.path().is_dir() && living.path() != second.path());
        drop((living, second));
        assert_eq!(names(parent.path()), [".cluster-0123456789abcdef01234568", ".cluster-mine", ".cluster-mine.lock"]);
    }

    #[test]
    fn a_signal_removes_it() {
        let parent = tempfile::tempdir().unwrap();
        let interrupt = Interrupt::default();
        let folder = Folder::make(parent.path(), ".cluster-", &interrupt).unwrap();
        fs::write(folder.path().join("part-0.parquet"), "x").unwrap();
        assert!(interrupt.stop());
        assert_eq!(names(parent.path()), Vec::<String>::new());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error_that_names_it() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Folder::make(&file.join("below"), ".cluster-", &Interrupt::default()).unwrap_err();
        assert_eq!(error.exit_code(), 4);
        assert!(error.to_string().contains("--cluster-dir"), "{error}");
    }
}
