//! Work done on all threads, and taken in its order.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::ScopeFifo;

use crate::error::{Error, Result};

/// Work: so many pieces, of which each has a weight.
pub(super) struct Work<'a> {
    /// Number of pieces.
    pub count: usize,
    /// What a piece weighs.
    pub weight: &'a (dyn Fn(usize) -> usize + Sync),
    /// What pieces that are begun and not taken yet weigh together at most; a heavier one is made by itself.
    pub most: usize,
}

/// Makes every piece on any thread, and has `take` take each in its order, one at a time, as soon as those before it are taken. Nobody waits for
/// anybody: whoever has made a piece takes what is ready, and begins what there is room for.
///
/// # Errors
/// That of the first piece that cannot be made or taken; others may have been made by then.
pub(super) fn in_order<T: Send>(
    work: &Work<'_>,
    make: impl Fn(usize) -> Result<T> + Sync,
    take: impl FnMut(T) -> Result<()> + Send,
) -> Result<()> {
    let line = Line { work, make, take: Mutex::new(take), state: Mutex::new(State::default()) };
    rayon::scope_fifo(|scope| line.begin(scope));
    let State { failed, .. } = line.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    match failed {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

struct Line<'a, M, K, T> {
    work: &'a Work<'a>,
    make: M,
    take: Mutex<K>,
    state: Mutex<State<T>>,
}

struct State<T> {
    /// Pieces begun.
    begun: usize,
    /// Pieces taken.
    taken: usize,
    /// What those between weigh.
    weight: usize,
    /// Of those between, what is made.
    ready: BTreeMap<usize, T>,
    /// What failed, the first in order of those that did.
    failed: Option<(usize, Error)>,
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self { begun: 0, taken: 0, weight: 0, ready: BTreeMap::new(), failed: None }
    }
}

impl<T> State<T> {
    fn fail(&mut self, piece: usize, error: Error) {
        if self.failed.as_ref().is_none_or(|(first, _)| piece < *first) {
            self.failed = Some((piece, error));
        }
    }
}

impl<M: Fn(usize) -> Result<T> + Sync, K: FnMut(T) -> Result<()> + Send, T: Send> Line<'_, M, K, T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the pieces that there is room for.
    fn begin<'s>(&'s self, scope: &ScopeFifo<'s>) {
        while let Some(piece) = self.next() {
            scope.spawn_fifo(move |scope| {
                match (self.make)(piece) {
                    Ok(made) => {
                        self.state().ready.insert(piece, made);
                    }
                    Err(error) => self.state().fail(piece, error),
                }
                self.take();
                self.begin(scope);
            });
        }
    }

    /// The next piece, if it is to be begun now.
    fn next(&self) -> Option<usize> {
        let mut state = self.state();
        let piece = state.begun;
        if piece >= self.work.count || state.failed.is_some() {
            return None;
        }
        let weight = state.weight.saturating_add((self.work.weight)(piece));
        if piece > state.taken && weight > self.work.most {
            return None;
        }
        state.begun = piece.saturating_add(1);
        state.weight = weight;
        Some(piece)
    }

    /// Drains the pieces that are ready. If another thread is draining already, returns: that thread looks again before it stops.
    fn take(&self) {
        loop {
            let Ok(mut take) = self.take.try_lock() else { return };
            while let Some((piece, made)) = self.ready() {
                let taken = take(made);
                let mut state = self.state();
                state.weight = state.weight.saturating_sub((self.work.weight)(piece));
                state.taken = piece.saturating_add(1);
                if let Err(error) = taken {
                    state.fail(piece, error);
                }
            }
            drop(take);
            let state = self.state();
            if state.failed.is_some() || !state.ready.contains_key(&state.taken) {
                return;
            }
        }
    }

    /// The next piece to be taken, if it is there.
    fn ready(&self) -> Option<(usize, T)> {
        let mut state = self.state();
        let piece = state.taken;
        let is_to_be = state.failed.is_none();
        is_to_be.then(|| state.ready.remove(&piece)).flatten().map(|made| (piece, made))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn failed(what: usize) -> Error {
        Error::publish(format!("{what}"), "fails", "")
    }

    #[test]
    fn pieces_are_taken_in_their_order_and_never_too_many_at_a_time() {
        // Weights 1 to 5, and one that is heavier than all that may be under way.
        let weight = |piece: usize| if piece == 500 { 50 } else { piece % 5 + 1 };
        let (under_way, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = Work { count: 1_000, weight: &weight, most: 12 };
        let mut taken = Vec::new();
        let make = |piece: usize| {
            let now = under_way.fetch_add(weight(piece), Ordering::SeqCst) + weight(piece);
            most.fetch_max(if piece == 500 { 0 } else { now }, Ordering::SeqCst);
            assert!(piece != 500 || now == 50, "by itself");
            // Work of its own on all threads: others' pieces may be made meanwhile by this one.
            Ok(rayon::join(|| (0..piece % 7 * 1_000).sum::<usize>(), || piece).1)
        };
        in_order(&work, make, |piece| {
            under_way.fetch_sub(weight(piece), Ordering::SeqCst);
            taken.push(piece);
            Ok(())
        })
        .unwrap();
        assert_eq!(taken, (0..1_000).collect::<Vec<_>>());
        assert!((5..=12).contains(&most.into_inner()));
    }

    #[test]
    fn what_fails_first_in_order_is_told_and_nothing_after_it_is_taken() {
        let work = Work { count: 100, weight: &|_| 1, most: 8 };
        let mut taken = Vec::new();
        let make = |piece: usize| if piece % 10 == 7 { Err(failed(piece)) } else { Ok(piece) };
        let told = in_order(&work, make, |piece| {
            taken.push(piece);
            Ok(())
        });
        assert!(told.unwrap_err().to_string().starts_with('7'));
        assert!(taken.len() <= 7 && taken.iter().enumerate().all(|(at, piece)| at == *piece));
        // Where one cannot be taken.
        let told = in_order(&work, Ok, |piece| if piece == 20 { Err(failed(piece)) } else { Ok(()) });
        assert!(told.unwrap_err().to_string().starts_with("20"));
        in_order(&Work { count: 0, ..work }, Ok, |_: usize| Ok(())).unwrap();
    }
}
