//! Labels: which units of a layer cover a face. Nearly always one or none; overlapping units make sets, which are interned.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::noding::Broken;

/// No unit.
pub const OUTSIDE: u32 = u32::MAX;

/// Labels from here on (but [`OUTSIDE`]) are indices of interned sets of two or more units.
const SETS: u32 = 1 << 31;

/// Units that all sets of a layer may hold together, and units that may be looked at to make them. Areas of one layer lie upon each other by the
/// dozen at most where people drew them (catchments, say); a thousand squares around each other make half a million of the first, and every edge
/// inside them looks at a thousand.
const HELD: usize = 1 << 23;
const LOOKED: u64 = 1 << 28;

/// Combinations of units that the faces may have together ([`heaped`]): each is a pair to be added up, which takes some 30 ns.
const COMBINATIONS: u64 = 1 << 26;

/// Points from which more is allowed: no file below 10 MB has as many, nor have two.
pub(super) const MANY: usize = 5_000_000;

/// Why an arrangement cannot be held: the areas of a layer lie upon each other.
pub(super) const HEAPED: Broken = Broken("more areas lie upon each other than an overlay can hold");

/// Whether faces have more combinations of units than can be held, for so many points; `combinations` has those of each face of another key.
pub(super) fn heaped(points: usize, combinations: impl Iterator<Item = u64>) -> bool {
    let most = if points > MANY { COMBINATIONS + 64 * points as u64 } else { COMBINATIONS };
    combinations
        .scan(0u64, |sum, some| {
            *sum = sum.saturating_add(some);
            Some(*sum)
        })
        .any(|sum| sum > most)
}

/// The interned sets of one layer.
#[derive(Debug, Default)]
pub(super) struct LabelSets {
    sets: Vec<Arc<[u32]>>,
    index: BTreeMap<Arc<[u32]>, u32>,
    /// Units in all sets, and units looked at so far.
    held: usize,
    looked: u64,
    /// Sixteen times the points, where there are many.
    room: usize,
}

impl LabelSets {
    /// No sets yet of a layer among so many points.
    pub fn for_points(points: usize) -> Self {
        Self { room: if points > MANY { 16 * points } else { 0 }, ..Self::default() }
    }

    /// Whether more units lie upon each other than can be held: labels are wrong from then on.
    pub fn is_over(&self) -> bool {
        self.held > HELD + self.room || self.looked > LOOKED + 16 * self.room as u64
    }

    /// Whether a label stands for two units or more.
    #[inline]
    pub fn is_set(label: u32) -> bool {
        (SETS..OUTSIDE).contains(&label)
    }

    /// Units of the largest set; 1 where there is none.
    pub fn largest(&self) -> usize {
        self.sets.iter().map(|set| set.len()).max().unwrap_or(1)
    }

    /// The label with `unit` added if it is not in it, taken away if it is.
    #[inline]
    pub fn toggle(&mut self, label: u32, unit: u32) -> u32 {
        if label == OUTSIDE {
            unit
        } else if label == unit {
            OUTSIDE
        } else {
            self.toggle_set(label, unit)
        }
    }

    fn toggle_set(&mut self, label: u32, unit: u32) -> u32 {
        if self.is_over() {
            return OUTSIDE;
        }
        let mut units = self.units(label).to_vec();
        self.looked += units.len() as u64;
        match units.binary_search(&unit) {
            Ok(at) => {
                units.remove(at);
            }
            Err(at) => units.insert(at, unit),
        }
        match units.as_slice() {
            [] => OUTSIDE,
            [single] => *single,
            _ => match self.index.get(units.as_slice()) {
                Some(label) => *label,
                None => {
                    let label = SETS + self.sets.len() as u32;
                    self.held += units.len();
                    let units: Arc<[u32]> = units.into();
                    self.index.insert(Arc::clone(&units), label);
                    self.sets.push(units);
                    label
                }
            },
        }
    }

    /// The units of a label, ascending.
    pub fn units<'a>(&'a self, label: u32) -> LabelUnits<'a> {
        if label == OUTSIDE {
            LabelUnits::Few(0, [0])
        } else if label >= SETS {
            LabelUnits::Set(self.sets.get((label - SETS) as usize).map_or(&[], |set| set))
        } else {
            LabelUnits::Few(1, [label])
        }
    }
}

/// The units of a label, as a slice.
pub(super) enum LabelUnits<'a> {
    /// None or one.
    Few(usize, [u32; 1]),
    /// Two or more.
    Set(&'a [u32]),
}

impl std::ops::Deref for LabelUnits<'_> {
    type Target = [u32];
    fn deref(&self) -> &[u32] {
        match self {
            Self::Few(count, units) => &units[..*count],
            Self::Set(units) => units,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toggling_twice_is_nothing() {
        let mut sets = LabelSets::default();
        let one = sets.toggle(OUTSIDE, 7);
        let two = sets.toggle(one, 3);
        assert_eq!(&*sets.units(two), &[3, 7]);
        let three = sets.toggle(two, 5);
        assert_eq!(&*sets.units(three), &[3, 5, 7]);
        assert_eq!(sets.toggle(three, 5), two);
        let seven = sets.toggle(two, 3);
        assert_eq!(sets.toggle(seven, 7), OUTSIDE);
    }
}
