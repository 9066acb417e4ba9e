//! What the budget lines of a body say of a service and a year beside the pounds: at which level, and for whom.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::Evidence;
use crate::budgets::{BudgetLine, Level, Mechanism, PopulationBasis};
use crate::domain::Pence;

/// A body's lines of one service and year. `None` in a set is a line that does not say.
#[derive(Debug, Default)]
pub(super) struct Held {
    by_level: BTreeMap<Option<Level>, Option<i128>>,
    /// Levels of the body's own money; a line of unknown mechanism can be.
    pub mainstream: BTreeSet<Option<Level>>,
    /// Levels of pooled, lead commissioning and integrated provision lines.
    pub flexible: BTreeSet<Option<Level>>,
    bases: BTreeSet<Option<PopulationBasis>>,
}

impl Held {
    fn add(&mut self, line: &BudgetLine) {
        let sum = self.by_level.entry(line.level).or_insert(Some(0));
        *sum = sum.zip(line.amount).map(|(sum, Pence(pence))| sum.saturating_add(i128::from(pence)));
        if line.mechanism.is_none_or(|mechanism| mechanism == Mechanism::Mainstream) {
            self.mainstream.insert(line.level);
        }
        if line.mechanism.is_some_and(Mechanism::is_flexibility) {
            self.flexible.insert(line.level);
        }
        self.bases.insert(line.population_basis);
    }

    /// The level at which most of the money is held; `None` where a line does not say, or the sums that would decide are not known or equal.
    pub fn level(&self) -> Option<Level> {
        let mut levels = self.by_level.iter();
        let (first, sum) = levels.next()?;
        let mut most = ((*first)?, *sum);
        let mut tied = false;
        for (level, sum) in levels {
            let (level, sum, best) = ((*level)?, (*sum)?, most.1?);
            tied = sum == best || (tied && sum < best);
            if sum > best {
                most = (level, Some(sum));
            }
        }
        (!tied).then_some(most.0)
    }

    /// Whom all of it is meant for; `None` where a line does not say, or lines differ.
    pub fn basis(&self) -> Option<PopulationBasis> {
        let mut bases = self.bases.iter();
        match (bases.next(), bases.next()) {
            (Some(basis), None) => *basis,
            _ => None,
        }
    }
}

/// Code, service, fiscal year.
type Key<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// The holdings of the bodies of a layer; empty where no line of it `says` anything, which saves the walk over millions of lines.
pub(super) struct Holdings<'a>(BTreeMap<Key<'a>, Held>);

impl<'a> Holdings<'a> {
    pub fn new(evidence: &Evidence<'a>, layer: &str, says: fn(&BudgetLine) -> bool) -> Self {
        let mut holdings: BTreeMap<Key<'a>, Held> = BTreeMap::new();
        let of_layer = || evidence.lines.iter().filter(|line| line.layer.as_ref() == layer && line.source_row.is_some());
        if of_layer().any(says) {
            for line in of_layer().filter(|line| line.body.is_some()) {
                let Some(code) = line.code.as_deref() else { continue };
                holdings.entry((code, line.service.as_deref(), line.fiscal_year.as_deref())).or_default().add(line);
            }
        }
        Self(holdings)
    }

    pub fn of(&self, code: &'a str, service: Option<&'a str>, year: Option<&'a str>) -> Option<&Held> {
        self.0.get(&(code, service, year))
    }
}
