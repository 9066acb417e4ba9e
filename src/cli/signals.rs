//! SIGINT, SIGTERM and SIGHUP: a command is stopped, what it staged is removed, and the process ends with exit code 130.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
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
    static LISTENS: AtomicBool = AtomicBool::new(false);
    if LISTENS.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    let stopped = interrupt.clone();
    let heard = move || {
        if stopped.stop() {
            let error = Error::Interrupted;
            farewell();
            tell(&error, voice);
            std::process::exit(i32::from(error.exit_code()));
        }
    };
    hear(heard).map_err(|error| {
        LISTENS.store(false, Ordering::SeqCst);
        Error::usage(format!("cannot listen for signals: {error}; check the limits of the system on threads"))
    })
}

/// Has something done at every signal that asks a process to end, on a thread of its own.
#[cfg(unix)]
fn hear(heard: impl Fn() + Send + 'static) -> io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    // A file that may not grow further is an error of the write then, as a full disk is, and not the end of the process.
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::new(AtomicBool::new(false)))?;
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])?;
    // Whoever starts a command by nohup has it ignore that the terminal is gone.
    if !is_ignored(SIGHUP) {
        signals.add_signal(SIGHUP)?;
    }
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || signals.forever().for_each(|_| heard()))?;
    Ok(())
}

#[cfg(not(unix))]
fn hear(heard: impl Fn() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(heard).map_err(io::Error::other)
}

/// Whether the process was started with a signal ignored. Linux tells (proc(5): a mask in hexadecimal, the first signal in its lowest bit); where
/// nobody does, it was not.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).and_then(|mask| u128::from_str_radix(mask.trim(), 16).ok());
    let bit = u32::try_from(signal).ok().and_then(|signal| signal.checked_sub(1));
    mask.zip(bit).and_then(|(mask, bit)| mask.checked_shr(bit)).is_some_and(|mask| mask & 1 == 1)
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
