//! Labels: which units of a layer cover a face. Nearly always one or none; overlapping units make sets, which are interned.

use std::collections::BTreeMap;

/// No unit.
pub const OUTSIDE: u32 = u32::MAX;

/// Labels from here on (but [`OUTSIDE`]) are indices of interned sets of two or more units.
const SETS: u32 = 1 << 31;

/// The interned sets of one layer.
#[derive(Debug, Default)]
pub(super) struct LabelSets {
    sets: Vec<Vec<u32>>,
    index: BTreeMap<Vec<u32>, u32>,
}

impl LabelSets {
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
        let mut units = self.units(label).to_vec();
        match units.binary_search(&unit) {
            Ok(at) => {
                units.remove(at);
            }
            Err(at) => units.insert(at, unit),
        }
        match units.as_slice() {
            [] => OUTSIDE,
            [single] => *single,
            _ => match self.index.get(&units) {
                Some(label) => *label,
                None => {
                    let label = SETS + self.sets.len() as u32;
                    self.index.insert(units.clone(), label);
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
            LabelUnits::Set(self.sets.get((label - SETS) as usize).map_or(&[], Vec::as_slice))
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
