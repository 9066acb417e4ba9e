//! Asking a run to stop: what a signal does to a dataset that is being written.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Result};

/// Times that a folder is removed again because the run was still writing into it.
const TRIES: u32 = 40;

/// Lets a signal stop a run: at its next write the run answers [`Error::Interrupted`], and what it has staged is removed. From the moment
/// a run begins to rename its folder into place it is no longer stopped, so that an interrupted run is either published or gone.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    asked: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Folders and files to remove if the run is stopped.
    staged: Vec<PathBuf>,
    /// Whether the run has been published.
    published: bool,
}

/// Held while a run is renamed into place; nobody stops it meanwhile.
pub(super) struct Commit<'a>(MutexGuard<'a, State>);

impl Commit<'_> {
    /// Notes that the run is published: what was staged of it is where it belongs.
    pub(super) fn done(mut self) {
        self.0.published = true;
        self.0.staged.clear();
    }
}

impl Interrupt {
    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves a list of paths as good as it was.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// [`Error::Interrupted`] once somebody has asked to stop, unless the run was published before: what is left to do then, as the pruning of old
    /// runs, is done.
    ///
    /// # Errors
    /// That.
    pub fn check(&self) -> Result<()> {
        // The lock is not taken while nobody has asked: it is held while a run is renamed into place.
        if self.inner.asked.load(Ordering::SeqCst) { self.allows(&self.state()) } else { Ok(()) }
    }

    fn allows(&self, state: &State) -> Result<()> {
        if self.inner.asked.load(Ordering::SeqCst) && !state.published { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Notes a file or folder to remove if the run is stopped.
    pub fn stages(&self, path: &Path) {
        self.state().staged.push(path.to_owned());
    }

    /// Notes a file and creates it by `create`, as one step: a signal comes before, and nothing is created, or after, and it is removed.
    pub(super) fn begin<T>(&self, path: &Path, create: impl FnOnce() -> T) -> Result<T> {
        let mut state = self.state();
        self.allows(&state)?;
        state.staged.push(path.to_owned());
        Ok(create())
    }

    /// Forgets what was noted: it has been removed or published.
    pub fn forget(&self, path: &Path) {
        self.state().staged.retain(|staged| staged != path);
    }

    pub(super) fn commit(&self) -> Result<Commit<'_>> {
        let state = self.state();
        self.allows(&state)?;
        Ok(Commit(state))
    }

    /// Stops the run and removes what it has staged; `false` if it is published, so that there is nothing to stop. Afterwards nothing
    /// more is published by this process, which is expected to end: a commit under way is waited for, a later one is refused.
    pub fn stop(&self) -> bool {
        self.inner.asked.store(true, Ordering::SeqCst);
        let state = self.state();
        if state.published {
            return false;
        }
        for path in &state.staged {
            for _ in 0..TRIES {
                let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
                match removed {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => std::thread::sleep(Duration::from_millis(10)),
                    _ => break,
                }
            }
        }
        true
    }
}
