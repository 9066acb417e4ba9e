//! Work on millions of lines by several threads, with the answer that one would give.

use std::convert::Infallible;
use std::ops::Range;

use rayon::prelude::*;

use crate::error::Result;

/// Lines that one thread takes at a time. Fixed, so that nothing depends on the number of threads.
const CHUNK: usize = 1 << 14;

/// Chunks that are under way before their results are put together: what waits beside what is kept stays small.
const WAVE: usize = 32;

/// Calls `work` on all ranges of `length` items and `keep` on its results, in order.
///
/// # Errors
/// The first that `keep` returns; nothing is worked on after it but what is under way.
pub(super) fn in_order<T: Send>(length: usize, work: impl Fn(Range<usize>) -> T + Sync, keep: impl FnMut(T) -> Result<()>) -> Result<()> {
    in_waves(length, work, keep)
}

/// The same for a `keep` that cannot fail.
pub(super) fn all_in_order<T: Send>(length: usize, work: impl Fn(Range<usize>) -> T + Sync, mut keep: impl FnMut(T)) {
    let Ok(()) = in_waves(length, work, |part| {
        keep(part);
        Ok::<(), Infallible>(())
    });
}

fn in_waves<T: Send, E>(
    length: usize,
    work: impl Fn(Range<usize>) -> T + Sync,
    mut keep: impl FnMut(T) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let starts: Vec<usize> = (0..length).step_by(CHUNK).collect();
    for wave in starts.chunks(WAVE) {
        let results: Vec<T> = wave.par_iter().map(|start| work(*start..start.saturating_add(CHUNK).min(length))).collect();
        results.into_iter().try_for_each(&mut keep)?;
    }
    Ok(())
}
