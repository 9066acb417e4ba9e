//! Sums by key, gathered one by one: those of one key are put together whenever the list has doubled, so that memory goes by the keys.

use super::labels::{HEAPED, MANY};
use super::noding::Broken;

/// Entries from which they are put together.
const START: usize = 1 << 20;

/// Keys that there may be where layers have no more than [`MANY`] points.
const KEYS: usize = 1 << 22;

pub(super) struct Gathered<T, K> {
    list: Vec<T>,
    key: fn(&T) -> K,
    add: fn(&mut T, &T),
    /// Entries from which the list is put together next, and keys that there may be.
    next: usize,
    most: usize,
    is_over: bool,
}

impl<T, K: Ord> Gathered<T, K> {
    /// Nothing yet, of layers of so many points.
    pub fn new(points: usize, key: fn(&T) -> K, add: fn(&mut T, &T)) -> Self {
        Self { list: Vec::new(), key, add, next: START, most: if points > MANY { usize::MAX } else { KEYS }, is_over: false }
    }

    pub fn push(&mut self, entry: T) {
        if self.list.len() >= self.next {
            self.put_together();
        }
        if !self.is_over {
            self.list.push(entry);
        }
    }

    fn put_together(&mut self) {
        let (key, add) = (self.key, self.add);
        self.list.sort_unstable_by_key(key);
        self.list.dedup_by(|later, kept| {
            let same = key(later) == key(kept);
            if same {
                add(kept, later);
            }
            same
        });
        self.next = START.max(self.list.len() * 2);
        self.is_over |= self.list.len() > self.most;
    }

    /// One entry a key, ascending.
    ///
    /// # Errors
    /// [`HEAPED`]: there are more than can be held.
    pub fn finish(mut self) -> Result<Vec<T>, Broken> {
        self.put_together();
        if self.is_over { Err(HEAPED) } else { Ok(self.list) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_all_that_came() {
        let mut gathered: Gathered<(u32, u64), u32> = Gathered::new(0, |(key, _)| *key, |kept, later| kept.1 += later.1);
        for number in 0..3_000_000u64 {
            gathered.push(((number * 7_919 % 1_000) as u32, number));
        }
        assert!(gathered.list.len() < 2 * START);
        let sums = gathered.finish().unwrap();
        assert_eq!(sums.len(), 1_000);
        assert!(sums.is_sorted_by_key(|(key, _)| *key));
        // The sum of 0 to 2,999,999.
        assert_eq!(sums.iter().map(|(_, sum)| sum).sum::<u64>(), 4_499_998_500_000);
        let mut many: Gathered<(u32, u64), u32> = Gathered::new(0, |(key, _)| *key, |kept, later| kept.1 += later.1);
        (0..9_000_000).for_each(|number| many.push((number, 0)));
        assert_eq!(many.finish(), Err(HEAPED));
    }
}
