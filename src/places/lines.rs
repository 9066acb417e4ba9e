//! Lines by layer and body, those alike added up: what rules ask of five million lines fits in a place's few.

use std::collections::{BTreeMap, BTreeSet};

use crate::budgets::{BudgetLine, Mechanism};
use crate::domain::Pence;
use crate::obstructions::Evidence;

/// Lines by layer and body.
pub(super) struct Lines<'a> {
    by_body: BTreeMap<&'a str, Vec<Vec<BudgetLine>>>,
    /// One line without a body for each budget, service and year: that the budget covers them is known beyond the place.
    pub covering: Vec<BudgetLine>,
    /// Some line is joint.
    pub joint: bool,
}

impl<'a> Lines<'a> {
    pub fn new(evidence: &Evidence<'a>) -> Self {
        let mut lines = Self { by_body: BTreeMap::new(), covering: Vec::new(), joint: false };
        let mut covered: BTreeSet<(&str, &str, Option<&str>, Option<&str>)> = BTreeSet::new();
        for line in evidence.lines {
            lines.joint |= line.mechanism.is_some_and(|mechanism| mechanism != Mechanism::Mainstream);
            let Some(body) = line.body else { continue };
            let bodies = lines.by_body.entry(&line.layer).or_default();
            if bodies.len() <= body {
                bodies.resize_with(body.saturating_add(1), Vec::new);
            }
            let Some(own) = bodies.get_mut(body) else { continue };
            match own.iter_mut().find(|other| alike(other, line)) {
                Some(other) => {
                    // Sums of amounts that are each known; beyond 64 bits they stay apart.
                    match other.amount.zip(line.amount).map(|(sum, amount)| sum.0.checked_add(amount.0)) {
                        Some(Some(sum)) => other.amount = Some(Pence(sum)),
                        Some(None) => own.push(line.clone()),
                        None => {}
                    }
                }
                None => {
                    let mut kept = line.clone();
                    kept.detail = None;
                    let covers = (&*line.budget, &*line.layer, line.service.as_deref(), line.fiscal_year.as_deref());
                    if line.source_row.is_some() && covered.insert(covers) {
                        let unknown = BudgetLine { code: None, body: None, amount: None, known: false, mechanism: None, ..kept.clone() };
                        lines.covering.push(BudgetLine { level: None, population_basis: None, ..unknown });
                    }
                    own.push(kept);
                }
            }
        }
        lines
    }

    pub fn of(&self, layer: &str, body: usize) -> &[BudgetLine] {
        self.by_body.get(layer).and_then(|bodies| bodies.get(body)).map_or(&[], Vec::as_slice)
    }
}

/// Whether two lines of a body differ in nothing but row and amount, and both amounts are known or neither.
fn alike(a: &BudgetLine, b: &BudgetLine) -> bool {
    a.amount.is_some() == b.amount.is_some()
        && a.source_row.is_some() == b.source_row.is_some()
        && a.mechanism == b.mechanism
        && a.level == b.level
        && a.population_basis == b.population_basis
        && a.service == b.service
        && a.fiscal_year == b.fiscal_year
        && a.budget == b.budget
}
