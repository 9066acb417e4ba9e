//! SIGINT and SIGTERM: a command is stopped, what it staged is removed, and the process ends with exit code 130.

use std::time::Duration;

use super::{Voice, tell};
use crate::error::{Error, Result};
use crate::io::interrupt::Interrupt;

/// Longest time in which the listener removes what was staged and ends the process.
const PATIENCE: Duration = Duration::from_secs(10);

/// Listens for signals until the process ends: on a thread of its own, so that it does not matter what the others are busy with. That thread
/// tells of the interruption, once, in the format of the log, after it has done what `farewell` says.
///
/// A second command in one process, as tests have it, keeps the first one's listener, which then stops nothing of the second.
///
/// # Errors
/// [`Error::Config`] where the system gives no thread to listen on.
pub fn listen(interrupt: &Interrupt, voice: Voice, farewell: impl Fn() + Send + 'static) -> Result<()> {
    let stopped = interrupt.clone();
    let listening = ctrlc::set_handler(move || {
        if stopped.stop() {
            let error = Error::Interrupted;
            farewell();
            tell(&error, voice);
            std::process::exit(i32::from(error.exit_code()));
        }
    });
    match listening {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(()),
        Err(error) => Err(Error::usage(format!("cannot listen for signals: {error}; check the limits of the system on threads"))),
    }
}

/// What a command came to that may have been interrupted. Whatever it is after a signal, the end is the signal's: a folder that the listener has
/// removed is missing to the thread that writes into it. The listener tells of the interruption and ends the process; a command that told of its
/// own end too would tell twice, or end before the listener has removed what was staged. A signal after this comes too late, for the same reason.
pub fn settled<T>(came_to: Result<T>, interrupt: &Interrupt) -> Result<T> {
    interrupt.end()?;
    came_to
}

/// Waits for the listener to end the process.
pub fn wait() {
    std::thread::sleep(PATIENCE);
}
