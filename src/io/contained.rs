//! Readers of other people's making, kept from ending the process or printing when a hostile file makes them panic.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What a foreign reader answers; `None` if it panicked, which is then the caller's to report.
pub(super) fn call<T>(reader: impl FnOnce() -> T) -> Option<T> {
    let before = INSIDE.replace(true);
    let answer = catch_unwind(AssertUnwindSafe(reader)).ok();
    INSIDE.set(before);
    answer
}

/// Keeps the panics of foreign readers, which become errors, from being printed as well. Every other panic is told as before.
///
/// For the command, once at its start: the hook belongs to the whole process.
pub fn silence() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !INSIDE.get() {
            told(panic);
        }
    }));
}
