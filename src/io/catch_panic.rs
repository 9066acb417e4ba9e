//! Catches panics of readers that other crates provide, so that a hostile file neither ends the process nor prints.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What the reader returns; `None` if it panicked, which the caller then reports as an error.
pub(super) fn call<T>(reader: impl FnOnce() -> T) -> Option<T> {
    let before = INSIDE.replace(true);
    let answer = catch_unwind(AssertUnwindSafe(reader)).ok();
    INSIDE.set(before);
    answer
}

/// Stops caught panics, which become errors, from being printed too. Every other panic is printed as before.
///
/// For the command, once at its start: the hook belongs to the whole process.
pub fn silence() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !INSIDE.get() {
            before(panic);
        }
    }));
}
