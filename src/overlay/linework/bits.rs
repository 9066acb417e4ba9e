//! A set of positions.

/// One bit a position.
#[derive(Debug, Clone, Default)]
pub(in crate::overlay) struct Bits(Vec<u64>);

impl Bits {
    /// An empty set with room for positions below `positions`.
    pub fn new(positions: usize) -> Self {
        Self(vec![0; positions / 64 + 1])
    }

    /// Adds a position.
    #[inline]
    pub fn set(&mut self, position: u32) {
        self.0[(position / 64) as usize] |= 1 << (position % 64);
    }

    /// Adds the positions from `start` up to `end`, `end` left out.
    pub fn set_range(&mut self, start: u32, end: u32) {
        if start >= end {
            return;
        }
        let (first, last) = ((start / 64) as usize, ((end - 1) / 64) as usize);
        let (from, to) = (u64::MAX << (start % 64), u64::MAX >> (63 - (end - 1) % 64));
        if first == last {
            self.0[first] |= from & to;
        } else {
            self.0[first] |= from;
            self.0[first + 1..last].fill(u64::MAX);
            self.0[last] |= to;
        }
    }

    /// The positions from `start` up to `end` (32 at most) that are in the set, one bit each.
    #[inline]
    pub fn window(&self, start: u32, end: u32) -> u32 {
        let (word, shift) = ((start / 64) as usize, start % 64);
        // Two shifts: one by 64 would be none.
        let later = self.0.get(word + 1).map_or(0, |next| next << 1 << (63 - shift));
        (self.0[word] >> shift | later) as u32 & (u32::MAX >> (32 - (end - start)))
    }

    /// Whether a position is in the set.
    #[inline]
    pub fn get(&self, position: u32) -> bool {
        self.0[(position / 64) as usize] >> (position % 64) & 1 == 1
    }

    /// The first position from `start` on, below `end`, that is in the set (or is not, if `wanted` is false); `end` if there is none.
    pub fn next(&self, start: u32, end: u32, wanted: bool) -> u32 {
        let mut at = start;
        while at < end {
            let word = self.0[(at / 64) as usize];
            let word = if wanted { word } else { !word } >> (at % 64);
            if word != 0 {
                return (at + word.trailing_zeros()).min(end);
            }
            at = (at / 64 + 1) * 64;
        }
        end
    }

    /// The last position from `start` on, below `end`, that is in the set.
    pub fn previous(&self, start: u32, end: u32) -> Option<u32> {
        let mut end = end;
        while end > start {
            let word = self.0[((end - 1) / 64) as usize] << (63 - (end - 1) % 64);
            if word != 0 {
                return Some(end - 1 - word.leading_zeros()).filter(|found| *found >= start);
            }
            end = (end - 1) / 64 * 64;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_the_next_one() {
        let mut bits = Bits::new(300);
        for (start, end) in [(3, 5), (63, 65), (70, 70), (100, 260)] {
            bits.set_range(start, end);
        }
        let set: Vec<u32> = (0..300).filter(|position| bits.get(*position)).collect();
        let expected: Vec<u32> = [3, 4, 63, 64].into_iter().chain(100..260).collect();
        assert_eq!(set, expected);
        assert_eq!([bits.next(0, 300, true), bits.next(5, 300, true), bits.next(65, 90, true)], [3, 63, 90]);
        let before = [bits.previous(0, 300), bits.previous(0, 100), bits.previous(0, 64), bits.previous(65, 99), bits.previous(0, 3)];
        assert_eq!(before, [Some(259), Some(64), Some(63), None, None]);
        let windows = [bits.window(0, 6), bits.window(60, 70), bits.window(255, 287), bits.window(64, 65)];
        assert_eq!(windows, [0b11000, 0b11000, 0b11111, 1]);
        assert_eq!([bits.next(3, 300, false), bits.next(100, 300, false), bits.next(120, 200, false)], [5, 260, 200]);
    }
}
