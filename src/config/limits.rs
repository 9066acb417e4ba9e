//! `[limits]`: how much a file may ask of the machine.

use super::load::Context;
use super::raw::RawLimits;
use super::source::Step;
use crate::error::Result;

/// Caps on hostile input.
///
/// Three of them are ceilings for any file; `expansion` lowers them for small ones, because a file of a few megabytes that unpacks to
/// gigabytes, or claims more shapes than its bytes can hold, is a mistake or an attack. [`Limits::of_file`] says by how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that one input file may expand to.
    pub expanded_bytes: u64,
    /// Points that one layer may have, and eight times the shapes, and eight times the rings.
    pub points: u64,
    /// Cells that one table may have, and six times the rows.
    pub cells: u64,
    /// Nesting depth of the config.
    pub depth: u64,
    /// Bytes that every byte of a compressed file beyond the first 10 MB may expand to.
    pub expansion: u64,
    /// Crossings that the boundaries of an overlay may have beyond one a point for the first 600,000; every fourth byte of a file beyond the first
    /// 10 MB brings another.
    pub crossings: u64,
    /// Whether a file's size has lowered the first three, in their order; for the message.
    pub lowered: [bool; 3],
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            expanded_bytes: 4 << 30,
            points: 200_000_000,
            cells: 200_000_000,
            depth: 32,
            expansion: 32,
            crossings: 100_000,
            lowered: [false; 3],
        }
    }
}

/// Size of a file, bytes, up to which memory is promised to stay below 512 MB.
const SMALL: u64 = 10_000_000;

/// What a file up to that size may hold for each unit of `expansion`: bytes, points, cells. By the default of 32 these are 64 MiB, 2.5
/// million points and 6 million cells, measured to stay below 512 MB (docs/reliability.md); every further byte may be 32 bytes, one point
/// and four cells.
const BYTES: u64 = 2 << 20;
const POINTS: u64 = 78_125;
const CELLS: u64 = 187_500;

impl Limits {
    /// No limits: for what the program itself has published.
    pub fn none() -> Self {
        let most = u64::MAX;
        Self { expanded_bytes: most, points: most, cells: most, depth: most, expansion: most, crossings: most, lowered: [false; 3] }
    }

    /// The limits for a file of so many bytes on disk.
    ///
    /// What the ONS ships expands about three times and its tables seven times, so none of this is met by accident; whoever has a file that
    /// does raises `expansion`.
    pub fn of_file(&self, bytes: u64) -> Self {
        let beyond = bytes.saturating_sub(SMALL);
        let cap = |small: u64, beyond: u64, most: u64| small.saturating_add(beyond).saturating_mul(self.expansion).min(most);
        let expanded_bytes = cap(BYTES, beyond, self.expanded_bytes);
        let points = cap(POINTS, beyond / 32, self.points);
        let cells = cap(CELLS, beyond / 8, self.cells);
        let [a, b, c] = self.lowered;
        let lowered = [a || expanded_bytes < self.expanded_bytes, b || points < self.points, c || cells < self.cells];
        let crossings = self.crossings.saturating_add(beyond / 4);
        Self { expanded_bytes, points, cells, crossings, lowered, ..*self }
    }

    /// What to do about a file that exceeds the limit called `key`.
    pub fn raise(&self, key: &str) -> String {
        let [bytes, points, cells] = self.lowered;
        let lowered = match key {
            "expanded_bytes" => bytes,
            "points" => points,
            "cells" => cells,
            _ => false,
        };
        let which = if lowered { format!("limits.expansion (it is {})", self.expansion) } else { format!("limits.{key}") };
        format!("raise {which} in the config if the file is to be trusted")
    }

    /// `[limits]` as written, checked.
    pub(super) fn plan(context: &Context<'_>, raw: &RawLimits) -> Result<Self> {
        let defaults = Self::default();
        let one = |key: &str, value: Option<u64>, default: u64| match value {
            Some(0) => Err(context.error(&[Step::Key("limits"), Step::Key(key)], format!("{key} is 0, expected 1 or more; raise it"))),
            Some(value) => Ok(value),
            None => Ok(default),
        };
        Ok(Self {
            expanded_bytes: one("expanded_bytes", raw.expanded_bytes, defaults.expanded_bytes)?,
            points: one("points", raw.points, defaults.points)?,
            cells: one("cells", raw.cells, defaults.cells)?,
            depth: one("depth", raw.depth, defaults.depth)?,
            expansion: one("expansion", raw.expansion, defaults.expansion)?,
            crossings: one("crossings", raw.crossings, defaults.crossings)?,
            lowered: [false; 3],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_file_may_hold_less_and_a_large_one_no_more_than_the_ceiling() {
        let limits = Limits::default();
        let small = limits.of_file(9_999_999);
        assert_eq!((small.expanded_bytes, small.points, small.cells), (64 << 20, 2_500_000, 6_000_000));
        assert_eq!(small, limits.of_file(0));
        let more = limits.of_file(SMALL + 1000);
        assert_eq!((more.expanded_bytes, more.points, more.cells), ((64 << 20) + 32_000, 2_500_000 + 31 * 32, 6_000_000 + 125 * 32));
        let huge = limits.of_file(u64::MAX);
        assert_eq!((huge.expanded_bytes, huge.points, huge.cells), (limits.expanded_bytes, limits.points, limits.cells));
        assert!(limits.raise("cells").contains("raise limits.cells in"));
        assert!(small.raise("cells").contains("raise limits.expansion (it is 32) in"));
        // A ceiling that is lower still stays the one to raise.
        let few = Limits { cells: 10, ..limits }.of_file(1);
        assert!(few.cells == 10 && few.raise("cells").contains("raise limits.cells in"));
        assert_eq!(few.of_file(1), few);
    }
}
