//! SIGINT and SIGTERM: a run is stopped, what it staged is removed, and the process ends with exit code 130.

use std::io::{self, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::io::durable;
use crate::io::interrupt::Interrupt;

/// Listens for signals until the process ends. `files` are those that the command writes outside a dataset: what is written of them aside is
/// removed too.
///
/// A second command in one process, as tests have it, keeps the first one's listener, which then stops nothing of the second.
///
/// # Errors
/// [`Error::Config`] where the system gives no thread to listen on.
pub fn listen(files: &[&Path]) -> Result<Interrupt> {
    let interrupt = Interrupt::default();
    for aside in files.iter().filter_map(|file| durable::aside(file)) {
        interrupt.stages(&aside);
    }
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
