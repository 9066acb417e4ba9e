//! Two layers held against each other, block by block.

use std::collections::BTreeMap;

use super::super::country::{Body, Country};
use super::super::places::Kind;

/// People and twice the square metres.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) people: i64,
    pub(super) doubled_m2: i64,
}

impl Weight {
    fn add(&mut self, other: Self) {
        self.people += other.people;
        self.doubled_m2 += other.doubled_m2;
    }

    pub(super) fn on(self, basis: Basis) -> i64 {
        match basis {
            Basis::Area => self.doubled_m2,
            Basis::People => self.people,
        }
    }
}

/// What is weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Basis {
    Area,
    People,
}

impl Basis {
    pub(super) const ALL: [Self; 2] = [Self::Area, Self::People];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::People => "people",
        }
    }
}

/// Sums over blocks of every pair of bodies of two layers.
#[derive(Debug, Clone)]
pub(super) struct Table<'a> {
    pub(super) left: &'a [Body],
    pub(super) right: &'a [Body],
    pub(super) pairs: BTreeMap<(usize, usize), Weight>,
    pub(super) left_total: Vec<Weight>,
    pub(super) right_total: Vec<Weight>,
    pub(super) left_outside: Vec<Weight>,
    pub(super) right_outside: Vec<Weight>,
}

impl<'a> Table<'a> {
    pub(super) fn of(country: &'a Country, left: Kind, right: Kind) -> Self {
        let (lefts, rights) = (country.bodies(left), country.bodies(right));
        let mut table = Self {
            left: lefts,
            right: rights,
            pairs: BTreeMap::new(),
            left_total: vec![Weight::default(); lefts.len()],
            right_total: vec![Weight::default(); rights.len()],
            left_outside: vec![Weight::default(); lefts.len()],
            right_outside: vec![Weight::default(); rights.len()],
        };
        for block in &country.blocks {
            let weight = Weight { people: block.people, doubled_m2: block.doubled_m2 };
            let (i, j) = (block.body(left), block.body(right));
            if let (Some(i), Some(j)) = (i, j) {
                table.pairs.entry((i, j)).or_default().add(weight);
            }
            if let Some(i) = i {
                table.left_total[i].add(weight);
                if j.is_none() {
                    table.left_outside[i].add(weight);
                }
            }
            if let Some(j) = j {
                table.right_total[j].add(weight);
                if i.is_none() {
                    table.right_outside[j].add(weight);
                }
            }
        }
        table
    }

    /// The same table seen from the other side.
    pub(super) fn turned(&self) -> Self {
        Self {
            left: self.right,
            right: self.left,
            pairs: self.pairs.iter().map(|((i, j), weight)| ((*j, *i), *weight)).collect(),
            left_total: self.right_total.clone(),
            right_total: self.left_total.clone(),
            left_outside: self.right_outside.clone(),
            right_outside: self.left_outside.clone(),
        }
    }

    /// Partners of a left body with the weight of the pair, by partner.
    pub(super) fn partners(&self, left: usize, basis: Basis) -> Vec<(usize, i64)> {
        self.pairs.range((left, 0)..(left + 1, 0)).map(|((_, j), weight)| (*j, weight.on(basis))).collect()
    }
}

/// One part in a thousand million: the guard of every comparison of shares.
const BILLION: i128 = 1_000_000_000;

/// Whether `part / whole >= per_mille / 1000`, within the guard.
pub(super) fn reaches(part: i64, whole: i64, per_mille: i128) -> bool {
    i128::from(part) * BILLION + i128::from(whole) >= per_mille * (BILLION / 1000) * i128::from(whole)
}

/// Whether `part / whole > per_mille / 1000`, beyond the guard.
pub(super) fn exceeds(part: i64, whole: i64, per_mille: i128) -> bool {
    i128::from(part) * BILLION > per_mille * (BILLION / 1000) * i128::from(whole) + i128::from(whole)
}

/// `part / whole` cut after nine decimals.
pub(super) fn share(part: i64, whole: i64) -> String {
    if whole == 0 {
        return String::new();
    }
    let billionths = i128::from(part) * BILLION / i128::from(whole);
    format!("{}.{:09}", billionths / BILLION, billionths % BILLION)
}
