//! SIGINT and SIGTERM: a command is stopped, what it staged is removed, and the process ends with exit code 130.

use std::io::{self, Write};

use crate::error::{Error, Result};
use crate::io::interrupt::Interrupt;

/// Listens for signals until the process ends: on a thread of its own, so that it does not matter what the others are busy with.
///
/// A second command in one process, as tests have it, keeps the first one's listener, which then stops nothing of the second.
///
/// # Errors
/// [`Error::Config`] where the system gives no thread to listen on.
pub fn listen() -> Result<Interrupt> {
    let interrupt = Interrupt::default();
    let stopped = interrupt.clone();
    let listening = ctrlc::set_handler(move || {
        if stopped.stop() {
            let error = Error::Interrupted;
            // Nobody is left to tell if stderr is closed.
            let _ = writeln!(io::stderr(), "error: {error}");
            std::process::exit(i32::from(error.exit_code()));
        }
    });
    match listening {
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => Ok(interrupt),
        Err(error) => Err(Error::usage(format!("cannot listen for signals: {error}; check the limits of the system on threads"))),
    }
}
