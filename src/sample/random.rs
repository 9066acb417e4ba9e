//! The generator's own random numbers, so that a seed means the same country for ever.

/// SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195): a 64-bit counter, well mixed.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// A stream of numbers; `purpose` keeps the streams of one seed apart, so that drawing more of one thing does not change another.
    pub(super) fn new(seed: u64, purpose: u64) -> Self {
        Self(mix(seed ^ mix(purpose)))
    }

    /// The next 64 bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A whole number from `low` to `high`, both possible. The bias of the remainder is below 2^-40 for the ranges used here.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.abs_diff(low).saturating_add(1);
        low.saturating_add_unsigned(self.next() % span)
    }
}

/// Mixes 64 bits: every input bit changes about half of the output bits.
pub(super) fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64() {
        // Source: the first outputs of the reference implementation (prng.di.unimi.it/splitmix64.c) for state 0.
        let mut random = Random(0);
        assert_eq!(random.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(random.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn both_ends_are_possible() {
        let mut random = Random::new(1, 1);
        let drawn: std::collections::BTreeSet<i64> = (0..200).map(|_| random.between(-1, 1)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), vec![-1, 0, 1]);
    }
}
