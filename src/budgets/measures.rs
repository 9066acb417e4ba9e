//! What the money of bodies and of components comes to, service by service (domain.md E4).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::align::BudgetPair;
use crate::alignment::{Alignment, PairMetrics, Side};
use crate::domain::{Basis, Pence, RelationPair};

/// One row of table `budget_body` or `budget_component`: the pairs of a body, or of a component, taken together for a service and a year.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetSum {
    /// Side of the body; `None` for a component.
    pub side: Option<Side>,
    /// Code of the body, or name of the component.
    pub code: String,
    /// Service.
    pub service: Option<Arc<str>>,
    /// Fiscal year.
    pub fiscal_year: Option<Arc<str>>,
    /// NHS pence; `None` where an NHS body among them states none, or a line is unknown.
    pub health: Option<Pence>,
    /// Council pence; `None` where a council among them states none, or a line is unknown.
    pub council: Option<Pence>,
    /// `health / council`.
    pub counterpart: Option<f64>,
    /// Pence in pooled budgets.
    pub pooled: Option<Pence>,
    /// `pooled / (health + council)`, 0 to 1; `None` where that would be below 0 or above 1.
    pub pooled_share: Option<f64>,
    /// `pooled` over what both sides can still decide on.
    pub pooled_share_discretionary: Option<f64>,
    /// Number of pooled budgets; `None` where nothing states joint money.
    pub pools: Option<usize>,
    /// Sum of the squared shares of the pools (Herfindahl-Hirschman index), 1 for a single pool; `None` without pools, or where a size is unknown.
    pub pool_hhi: Option<f64>,
    /// Significant pairs: agreements that joint working on the service needs.
    pub agreements_needed: usize,
    /// Grants and joint finance over all joint money.
    pub grant_only_share: Option<f64>,
    /// NHS pence for people outside the main council of their NHS body, with bounds.
    pub outside_main: Option<Pence>,
    /// The same with the people who are certainly there.
    pub outside_main_low: Option<Pence>,
    /// The same with the people who may be there.
    pub outside_main_high: Option<Pence>,
    /// `outside_main / health`.
    pub outside_main_share: Option<f64>,
    /// Highest over lowest council pence a head among the significant pairs; `None` with fewer than two that are known, or a lowest of 0.
    pub per_head_spread: Option<f64>,
    /// Most steps between the levels of the two sides in a pair.
    pub level_gap: Option<u8>,
}

/// Sum of squared shares of amounts (Herfindahl-Hirschman index; Hirschman 1964), 1 for a single one, `1 / n` for n equal ones. `None` where one
/// is unknown or negative, or they come to nothing.
pub fn concentration(amounts: &[Option<Pence>]) -> Option<f64> {
    let known: Vec<f64> = amounts.iter().map(|amount| amount.map(|Pence(pence)| pence as f64)).collect::<Option<_>>()?;
    let whole: f64 = known.iter().sum();
    (whole > 0.0 && known.iter().all(|pence| *pence >= 0.0)).then(|| known.iter().map(|pence| (pence / whole).powi(2)).sum())
}

/// Rows of a service and year.
type Group<'a> = BTreeMap<(Option<Arc<str>>, Option<Arc<str>>), Vec<&'a BudgetPair>>;

/// Every body with money of its own or of a partner, NHS bodies first, then by code, service and year.
///
/// `pairs` are those of [`align`](super::align) for the alignment.
pub fn of_bodies(alignment: &Alignment, pairs: &[BudgetPair]) -> Vec<BudgetSum> {
    let relation = &alignment.relation;
    let mut sums = Vec::new();
    for (side, bodies) in [(Side::Health, &relation.left), (Side::Council, &relation.right)] {
        let mut rows: Vec<Vec<&BudgetPair>> = bodies.iter().map(|_| Vec::new()).collect();
        for pair in pairs {
            let own = if side == Side::Health { pair.left } else { pair.right };
            if let Some(rows) = own.and_then(|body| rows.get_mut(body)) {
                rows.push(pair);
            }
        }
        for (body, (own, rows)) in bodies.iter().zip(rows).enumerate() {
            let mine = |pair: &RelationPair| if side == Side::Health { pair.left == body } else { pair.right == body };
            let needed = significant(alignment).filter(|pair| mine(pair)).count();
            sums.extend(groups(rows).into_iter().map(|(key, rows)| {
                let sum = BudgetSum { side: Some(side), ..sum(alignment, own.code.clone(), key, &rows, needed) };
                // A council's own pounds a head are one figure.
                if side == Side::Council { BudgetSum { per_head_spread: None, ..sum } } else { sum }
            }));
        }
    }
    sums
}

/// Every component, on the people basis where there is one, by name, service and year.
///
/// A component has all of the money of its NHS bodies and of its councils; what is joint, and what is outside the main council, is that of
/// its NHS bodies.
pub fn of_components(alignment: &Alignment, pairs: &[BudgetPair]) -> Vec<BudgetSum> {
    let basis = if alignment.relation.has_people { Basis::People } else { Basis::Area };
    let mut sums = Vec::new();
    for component in alignment.components.iter().filter(|component| component.basis == basis) {
        let of_health = |pair: &&BudgetPair| pair.left.is_some_and(|left| component.health.contains(&left));
        let of_council = |pair: &&BudgetPair| pair.right.is_some_and(|right| component.council.contains(&right));
        let rows = groups(pairs.iter().filter(|pair| of_health(pair) || of_council(pair)).collect());
        for (key, rows) in rows {
            let ours: Vec<&BudgetPair> = rows.iter().copied().filter(|pair| of_health(pair) || component.health.is_empty()).collect();
            let theirs: Vec<&BudgetPair> = rows.iter().copied().filter(|pair| of_council(pair)).collect();
            let mut sum = sum(alignment, component.name.clone(), key, &ours, component.agreements_needed);
            sum.health = if component.health.is_empty() { None } else { total(ours.iter().map(|row| row.health)) };
            sum.council = total(theirs.iter().map(|row| row.council));
            sum.counterpart = ratio(sum.health, sum.council);
            sum.pooled_share = part_of(sum.pooled, total([sum.health, sum.council]));
            sum.outside_main_share = ratio(sum.outside_main, sum.health);
            sums.push(sum);
        }
    }
    sums
}

fn significant(alignment: &Alignment) -> impl Iterator<Item = &RelationPair> {
    alignment.relation.pairs.iter().zip(&alignment.pairs).filter(|(_, metrics)| metrics.significant).map(|(pair, _)| pair)
}

fn groups(rows: Vec<&BudgetPair>) -> Group<'_> {
    let mut groups: Group<'_> = BTreeMap::new();
    for row in rows {
        groups.entry((row.service.clone(), row.fiscal_year.clone())).or_default().push(row);
    }
    groups
}

/// Sum of amounts of which each is known, within 64 bits; `None` of none.
fn total(amounts: impl IntoIterator<Item = Option<Pence>>) -> Option<Pence> {
    let mut sum = None;
    for amount in amounts {
        sum = Some(Pence(sum.map_or(0, |Pence(sum)| sum).checked_add(amount?.0)?));
    }
    sum
}

fn ratio(part: Option<Pence>, whole: Option<Pence>) -> Option<f64> {
    part.zip(whole).and_then(|(part, whole)| (whole.0 != 0).then(|| part.0 as f64 / whole.0 as f64))
}

/// A share, 0 to 1; `None` where the part is negative or more than the whole (finding DQ-23).
fn part_of(part: Option<Pence>, whole: Option<Pence>) -> Option<f64> {
    let (part, whole) = part.zip(whole)?;
    ratio(Some(part), Some(whole)).filter(|_| Pence(0) <= part && part <= whole)
}

fn sum(
    alignment: &Alignment,
    code: String,
    (service, fiscal_year): (Option<Arc<str>>, Option<Arc<str>>),
    rows: &[&BudgetPair],
    agreements_needed: usize,
) -> BudgetSum {
    // The uncovered part of a body has no other side, which is not money that is unknown.
    let of_health = || rows.iter().filter(|row| row.left.is_some());
    let of_council = || rows.iter().filter(|row| row.right.is_some());
    let pairs = || rows.iter().filter(|row| row.left.is_some() && row.right.is_some());
    let health = total(of_health().map(|row| row.health));
    let council = total(of_council().map(|row| row.council));
    let pooled = total(pairs().map(|row| row.pooled));
    let discretionary = total(pairs().map(|row| row.discretionary));
    let joint = total(pairs().map(|row| row.joint.map(|(all, _)| all)));
    let earmarked = total(pairs().map(|row| row.joint.map(|(_, earmarked)| earmarked)));
    let pools: Option<Vec<Option<Pence>>> =
        pairs().map(|row| row.pools.clone()).collect::<Option<Vec<_>>>().filter(|pools| !pools.is_empty()).map(|pools| pools.concat());
    let outside_main = total(of_health().map(|row| row.outside_main));
    BudgetSum {
        side: None,
        code,
        service,
        fiscal_year,
        health,
        council,
        counterpart: ratio(health, council),
        pooled,
        pooled_share: part_of(pooled, total([health, council])),
        pooled_share_discretionary: part_of(pooled, discretionary),
        pool_hhi: pools.as_deref().filter(|pools| !pools.is_empty()).and_then(concentration),
        pools: pools.map(|pools| pools.len()),
        agreements_needed,
        grant_only_share: ratio(earmarked, joint),
        outside_main,
        outside_main_low: total(of_health().map(|row| row.outside_main_low)),
        outside_main_high: total(of_health().map(|row| row.outside_main_high)),
        outside_main_share: ratio(outside_main, health),
        per_head_spread: spread(alignment, rows),
        level_gap: pairs().filter_map(|row| row.level_gap).max(),
    }
}

/// Highest over lowest council pence a head among significant pairs.
fn spread(alignment: &Alignment, rows: &[&BudgetPair]) -> Option<f64> {
    let is_significant = |row: &BudgetPair| -> bool {
        let Some((left, right)) = row.left.zip(row.right) else { return false };
        let place = alignment.relation.pairs.binary_search_by(|pair| (pair.left, pair.right).cmp(&(left, right)));
        place.ok().and_then(|place| alignment.pairs.get(place)).is_some_and(|metrics: &PairMetrics| metrics.significant)
    };
    let heads: Vec<f64> = rows.iter().filter(|row| is_significant(row)).filter_map(|row| row.council_per_head).collect();
    let (low, high) = (heads.iter().copied().reduce(f64::min)?, heads.iter().copied().reduce(f64::max)?);
    (heads.len() > 1 && low > 0.0).then(|| high / low)
}
