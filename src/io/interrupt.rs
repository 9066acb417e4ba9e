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
    /// Whether there is nothing to stop any more: the run has been published, or its command has come to its end.
    over: bool,
}

/// Held while a run is renamed into place; nobody stops it meanwhile.
pub(super) struct Commit<'a>(MutexGuard<'a, State>);

impl Commit<'_> {
    /// Notes that the run is published: what was staged of it is where it belongs.
    pub(super) fn done(mut self) {
        self.0.over = true;
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
        if self.inner.asked.load(Ordering::SeqCst) && !state.over { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// [`Error::Interrupted`] if somebody has asked to stop; if not, nobody can any more. A command asks this when it has come to its end, well or
    /// badly: from then on it alone tells what it came to, and until then whoever stops it.
    ///
    /// # Errors
    /// That.
    pub fn end(&self) -> Result<()> {
        let mut state = self.state();
        self.allows(&state)?;
        state.over = true;
        Ok(())
    }

    /// Does what makes something below a staged folder, as one step: a signal comes before, and nothing is made, or after, and the folder is
    /// removed with it.
    pub(super) fn unless_asked<T>(&self, make: impl FnOnce() -> T) -> Result<T> {
        let state = self.state();
        self.allows(&state)?;
        Ok(make())
    }

    /// Notes a file or folder and creates it by `create`, as one step: a signal comes before, and nothing is created, or after, and it is removed.
    ///
    /// # Errors
    /// [`Error::Interrupted`] if somebody has asked to stop.
    pub fn begin<T>(&self, path: &Path, create: impl FnOnce() -> T) -> Result<T> {
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

    /// Stops the run and removes what it has staged; `false` if it is published or at its end, so that there is nothing to stop. Afterwards
    /// nothing more is published by this process, which is expected to end: a commit under way is waited for, a later one is refused.
    pub fn stop(&self) -> bool {
        self.inner.asked.store(true, Ordering::SeqCst);
        let state = self.state();
        if state.over {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_and_a_signal_never_both_tell() {
        for signal_first in [true, false] {
            let interrupt = Interrupt::default();
            if signal_first {
                assert!(interrupt.stop(), "there is a command to stop");
                assert!(matches!(interrupt.end(), Err(Error::Interrupted)));
                assert!(interrupt.unless_asked(|| ()).is_err());
            } else {
                assert!(interrupt.end().is_ok());
                assert!(!interrupt.stop(), "the command tells of its end");
                assert!(interrupt.check().is_ok(), "and goes on");
            }
        }
        // Together, many times: one of the two, and never neither.
        for _ in 0..500 {
            let interrupt = Interrupt::default();
            let (stopped, ended) = std::thread::scope(|scope| {
                let listener = scope.spawn(|| interrupt.stop());
                (interrupt.end().is_ok(), listener.join().unwrap())
            });
            assert_ne!(stopped, ended);
        }
    }
}
