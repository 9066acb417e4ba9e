//! What both sides spend on the people of each pair (domain.md E4).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::apportion::{Apportioned, bodies, layer_of, position};
use super::gathered::{Gathered, Stated, Sums};
use super::inputs::Agreement;
use super::line::BudgetLine;
use super::mechanism::Mechanism;
use super::population::{ServicePopulation, of_service};
use crate::alignment::{Alignment, Side};
use crate::domain::{Amounts, Basis, Finding, Pence, People, Relation};
use crate::error::{Error, Result};
use crate::words::{count, grouped};

/// One row of table `budget_alignment`: the money of a service and a year for the people of one pair.
///
/// Bodies are indices into the alignment's relation; `None` is `__outside__`. Money a side does not state is `None`, never 0: no line of
/// that service and year, or one that is unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetPair {
    /// NHS body; `None` for the part of the council that no NHS body covers.
    pub left: Option<usize>,
    /// Council; `None` for the part of the NHS body that no council covers.
    pub right: Option<usize>,
    /// Service.
    pub service: Option<Arc<str>>,
    /// Fiscal year.
    pub fiscal_year: Option<Arc<str>>,
    /// NHS pence apportioned to the pair, every mechanism.
    pub health: Option<Pence>,
    /// Council pence apportioned to the pair, every mechanism.
    pub council: Option<Pence>,
    /// `health / council`; `None` where either is unknown or the council's is 0.
    pub counterpart: Option<f64>,
    /// Pence in pooled budgets: both sides' apportioned lines of mechanism `pooled`; where neither side has a joint line, the yearly
    /// amounts of the pair's pooled agreements in force that year. `None` where an amount is unknown or nothing states joint money at all.
    pub pooled: Option<Pence>,
    /// `pooled / (health + council)`, 0 to 1; `None` where that would be below 0 or above 1 ([`over_pooled`]).
    pub pooled_share: Option<f64>,
    /// NHS pence of the pair if the council is not the NHS body's main partner, else 0: summed over the pairs of a body, and its
    /// `__outside__` row, it is `B (1 - main_share)`.
    pub outside_main: Option<Pence>,
    /// The same with the people who are certainly in the pair; `None` without bounds.
    pub outside_main_low: Option<Pence>,
    /// The same with the people who may be in the pair; `None` without bounds.
    pub outside_main_high: Option<Pence>,
    /// Grants and joint finance over all joint money (every mechanism but mainstream), from the source of `pooled`; `None` without joint money.
    pub grant_only_share: Option<f64>,
    /// Pence of all joint money, and of its grants and joint finance: what `grant_only_share` is made of.
    pub joint: Option<(Pence, Pence)>,
    /// Sizes of the pooled budgets: the pair's agreements, or the pooled money of its lines as one; `None` where nothing states joint money.
    pub pools: Option<Vec<Option<Pence>>>,
    /// Pence of both sides that can still be decided on; `None` unless every line of both says.
    pub discretionary: Option<Pence>,
    /// `pooled / discretionary`.
    pub pooled_share_discretionary: Option<f64>,
    /// NHS pence a resident of the pair.
    pub health_per_head: Option<f64>,
    /// Council pence a resident of the pair.
    pub council_per_head: Option<f64>,
    /// Steps between the levels at which either side holds most of the money; `None` unless every line of both says.
    pub level_gap: Option<u8>,
}

/// Both sides' money next to each other, by all people of the alignment; see [`align_by`].
///
/// # Errors
/// As [`align_by`].
pub fn align(
    lines: &[BudgetLine],
    apportioned: &[Apportioned],
    alignment: &Alignment,
    agreements: Option<&[Agreement]>,
) -> Result<Vec<BudgetPair>> {
    align_by(lines, apportioned, alignment, &[], agreements)
}

/// Both sides' money next to each other, pair by pair, in the order (left, right, service, fiscal year) with `__outside__` first.
///
/// A pair has a row for each service and year that either side states for the body in it, known or not; the uncovered part of a body has
/// one where money falls there. `agreements` is `None` where the run has no agreements table.
///
/// # Errors
/// Sums beyond 64 bits of pence.
pub fn align_by(
    lines: &[BudgetLine],
    apportioned: &[Apportioned],
    alignment: &Alignment,
    populations: &[ServicePopulation],
    agreements: Option<&[Agreement]>,
) -> Result<Vec<BudgetPair>> {
    let relation = &alignment.relation;
    let gathered = Gathered::new(lines, apportioned, alignment);
    let states_joint = agreements.is_some() || gathered.states_joint;
    let mains = main_partners(alignment);
    let outlines = Outlines::new(relation);
    let own: Vec<Outlines> = populations.iter().map(|population| Outlines::new(&population.relation)).collect();
    let mut rows = Vec::with_capacity(gathered.sums.len());
    for ((left, right, key), sum) in gathered.sums.iter().map(|(pair, sum)| (*pair, *sum)) {
        let Some((service, fiscal_year)) = gathered.keys.get(key) else { continue };
        let ours = |side: Side, body: Option<usize>| body.and_then(|body| gathered.stated(side, body, key));
        let (of_left, of_right) = (ours(Side::Health, left), ours(Side::Council, right));
        // Where people of a body are unknown, what its pairs get is less than what they have.
        let partial = |side: Side, body: Option<usize>| {
            let ours = apportioned.iter().filter(|result| result.alignment == alignment.id && result.side == side);
            body.is_some_and(|body| ours.into_iter().any(|result| result.is_partial(service.as_deref(), body)))
        };
        let known = |stated: Option<&Stated>, pence: i128, partial: bool| match stated {
            Some(stated) if !stated.unknown && !partial => Some(pence),
            _ => None,
        };
        let (partial_left, partial_right) = (partial(Side::Health, left), partial(Side::Council, right));
        let (health, council) = (known(of_left, sum.health, partial_left), known(of_right, sum.council, partial_right));
        let joint = if states_joint {
            let joint = joint_money(alignment, left, right, (service, fiscal_year), of_left, of_right, sum, agreements);
            // Joint money of lines is split like all money.
            joint.filter(|joint| !(joint.of_lines && (partial_left || partial_right)))
        } else {
            None
        };
        let both = health.zip(council).map(|(health, council)| health.saturating_add(council));
        let outside = left.zip(health).and_then(|(body, pence)| {
            let main = (*mains.get(body)?)?;
            if right == Some(main) {
                return Some((0, Some((0, 0))));
            }
            let total = of_left.map(|stated| stated.pence)?;
            let outlines = of_service(populations, service.as_deref())
                .and_then(|place| own.get(place))
                .filter(|own| own.counts(body))
                .unwrap_or(&outlines);
            Some((pence, outlines.bounds(body, right, total).map(|(low, high)| (low.min(pence), high.max(pence)))))
        });
        let people = left.zip(right).and_then(|(left, right)| relation.pair(left, right)?.amounts.people).map(People::as_f64);
        let per_head = |pence: Option<i128>| pence.zip(people).and_then(|(pence, people)| (people >= 1.0).then(|| pence as f64 / people));
        let says = |stated: Option<&Stated>| stated.is_some_and(|stated| !stated.bound && !stated.unknown);
        let discretionary = (says(of_left) && says(of_right) && !partial_left && !partial_right).then_some(sum.discretionary);
        let pooled = joint.as_ref().and_then(|joint| joint.pooled);
        rows.push(BudgetPair {
            left,
            right,
            service: service.clone(),
            fiscal_year: fiscal_year.clone(),
            health: health.map(|pence| narrow(pence, alignment)).transpose()?,
            council: council.map(|pence| narrow(pence, alignment)).transpose()?,
            counterpart: health.zip(council).and_then(|(health, council)| ratio(health, council)),
            pooled: pooled.map(|pence| narrow(pence, alignment)).transpose()?,
            pooled_share: pooled.zip(both).and_then(|(pooled, both)| part_of(pooled, both)),
            outside_main: outside.map(|(pence, _)| narrow(pence, alignment)).transpose()?,
            outside_main_low: outside.and_then(|(_, bounds)| bounds).map(|(low, _)| narrow(low, alignment)).transpose()?,
            outside_main_high: outside.and_then(|(_, bounds)| bounds).map(|(_, high)| narrow(high, alignment)).transpose()?,
            grant_only_share: joint.as_ref().and_then(|joint| joint.earmarked.and_then(|(all, earmarked)| ratio(earmarked, all))),
            joint: match joint.as_ref().and_then(|joint| joint.earmarked) {
                Some((all, earmarked)) => Some((narrow(all, alignment)?, narrow(earmarked, alignment)?)),
                None => None,
            },
            pools: joint.map(|joint| joint.pools),
            discretionary: discretionary.map(|pence| narrow(pence, alignment)).transpose()?,
            pooled_share_discretionary: pooled.zip(discretionary).and_then(|(pooled, free)| part_of(pooled, free)),
            health_per_head: per_head(health),
            council_per_head: per_head(council),
            level_gap: of_left.and_then(Stated::level).zip(of_right.and_then(Stated::level)).map(|(ours, theirs)| ours.steps_to(theirs)),
        });
    }
    Ok(rows)
}

fn ratio(part: i128, whole: i128) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
}

/// A share, 0 to 1; `None` where the part is more than the whole or negative ([`over_pooled`] says so), or the whole is nothing.
fn part_of(part: i128, whole: i128) -> Option<f64> {
    ratio(part, whole).filter(|_| 0 <= part && part <= whole)
}

/// Finding DQ-23 for each alignment whose pairs have pools that are larger than the money of both sides, or negative: how many rows, and the
/// amounts of the one that is most above.
pub fn over_pooled(alignment: &Alignment, rows: &[BudgetPair]) -> Vec<Finding> {
    let sums = |row: &BudgetPair| {
        let (Pence(pooled), Pence(health), Pence(council)) = (row.pooled?, row.health?, row.council?);
        Some((i128::from(pooled), i128::from(health).saturating_add(i128::from(council))))
    };
    let all: Vec<(&BudgetPair, i128, i128)> = rows
        .iter()
        .filter_map(|row| sums(row).map(|(pooled, both)| (row, pooled, both)))
        .filter(|(_, pooled, both)| *pooled < 0 || pooled > both)
        .collect();
    // The first of those that are furthest out.
    let far = |pooled: i128, both: i128| if pooled < 0 { pooled.saturating_neg() } else { pooled.saturating_sub(both) };
    let Some((row, pooled, both)) = all.iter().rev().max_by_key(|(_, pooled, both)| far(*pooled, *both)) else { return Vec::new() };
    let code = |bodies: &[crate::domain::Body], body: Option<usize>| {
        body.and_then(|body| bodies.get(body)).map_or("(outside)", |body| body.code.as_str()).to_owned()
    };
    let detail = format!(
        "in {} pooled money is below 0 or above the money of both sides, most so for {} and {}, {}{}: {} pooled, {} in all",
        count(all.len(), "row", "rows"),
        code(&alignment.relation.left, row.left),
        code(&alignment.relation.right, row.right),
        row.service.as_deref().unwrap_or("no service"),
        row.fiscal_year.as_deref().map_or_else(String::new, |year| format!(", {year}")),
        pounds(*pooled),
        pounds(*both),
    );
    vec![Finding::new("DQ-23", detail, "its share of the money is unknown").layer(alignment.id.clone()).value(all.len() as f64, "rows")]
}

/// Pence as pounds.
pub(super) fn pounds(pence: i128) -> String {
    let (sign, pence) = (if pence < 0 { "-" } else { "" }, pence.unsigned_abs());
    let whole = i64::try_from(pence / 100).map_or_else(|_| (pence / 100).to_string(), grouped);
    format!("{sign}£{whole}.{:02}", pence % 100)
}

fn narrow(pence: i128, alignment: &Alignment) -> Result<Pence> {
    i64::try_from(pence).map(Pence).map_err(|_| Error::Proof {
        subject: format!("alignment {}", alignment.id),
        name: "the money of a pair fits 64 bits of pence".to_owned(),
        expected: i64::MAX.to_string(),
        got: pence.to_string(),
        tolerance: "0".to_owned(),
    })
}

struct Joint {
    pooled: Option<i128>,
    /// All joint money, and the earmarked part of it.
    earmarked: Option<(i128, i128)>,
    pools: Vec<Option<Pence>>,
    /// From lines, not from agreements.
    of_lines: bool,
}

/// Joint money of a pair, from its lines if any of them is joint, else from the pair's agreements.
#[expect(clippy::too_many_arguments, reason = "the arguments are one row")]
fn joint_money(
    alignment: &Alignment,
    left: Option<usize>,
    right: Option<usize>,
    (service, fiscal_year): (&Option<Arc<str>>, &Option<Arc<str>>),
    of_left: Option<&Stated>,
    of_right: Option<&Stated>,
    sums: Sums,
    agreements: Option<&[Agreement]>,
) -> Option<Joint> {
    let sides = [of_left, of_right];
    if sides.iter().flatten().any(|stated| stated.joint_unknown) {
        return None;
    }
    if sides.iter().flatten().any(|stated| stated.joint) {
        let pools = if sums.pooled == 0 { Vec::new() } else { vec![i64::try_from(sums.pooled).ok().map(Pence)] };
        return Some(Joint { pooled: Some(sums.pooled), earmarked: Some((sums.joint, sums.earmarked)), pools, of_lines: true });
    }
    let left_code = alignment.relation.left.get(left?)?.code.as_str();
    let right_code = alignment.relation.right.get(right?)?.code.as_str();
    let (mut pooled, mut joint, mut earmarked) = (Some(0i128), Some(0i128), Some(0i128));
    let mut pools = Vec::new();
    for agreement in agreements.unwrap_or_default() {
        let here = || agreement.health_code == left_code && agreement.council_code == right_code;
        let plan_only = agreement.mechanism == Mechanism::JointInvestmentPlan;
        if plan_only || !here() || !agreement.covers(service.as_deref()) || !agreement.runs_in(fiscal_year.as_deref()) {
            continue;
        }
        // How much of an agreement for all services is for one of them is not known.
        let one_of_many = agreement.service.is_none() && service.as_deref().is_some_and(|service| service != "all");
        let amount = agreement.amount.filter(|_| !one_of_many).map(|Pence(pence)| i128::from(pence));
        let add = |sum: Option<i128>| sum.zip(amount).map(|(sum, amount)| sum.saturating_add(amount));
        joint = add(joint);
        if agreement.mechanism == Mechanism::Pooled {
            pooled = add(pooled);
            pools.push(amount.and_then(|pence| i64::try_from(pence).ok()).map(Pence));
        }
        if agreement.mechanism.is_earmarked() {
            earmarked = add(earmarked);
        }
    }
    Some(Joint { pooled, earmarked: joint.zip(earmarked), pools, of_lines: false })
}

/// Main partner of each NHS body, on the people basis where it has one, else by area.
fn main_partners(alignment: &Alignment) -> Vec<Option<usize>> {
    let mut mains = vec![None; alignment.relation.left.len()];
    for basis in [Basis::Area, Basis::People] {
        for metrics in alignment.bodies.iter().filter(|metrics| metrics.side == Side::Health && metrics.basis == basis) {
            if let (Some(main), Some(partner)) = (mains.get_mut(metrics.body), metrics.main_partner) {
                *main = Some(partner);
            }
        }
    }
    mains
}

/// Bounds of the people of each part of the NHS bodies.
struct Outlines {
    parts: BTreeMap<(usize, Option<usize>), (i128, i128)>,
    /// `None` where they are unknown.
    people: Vec<Option<i128>>,
}

impl Outlines {
    fn new(relation: &Relation) -> Self {
        let mut parts = BTreeMap::new();
        let mut people = vec![Some(0i128); relation.left.len()];
        if relation.has_people {
            let outside = relation.left_outside.iter().enumerate().map(|(left, amounts)| (left, None, amounts));
            let pairs = relation.pairs.iter().map(|pair| (pair.left, Some(pair.right), &pair.amounts));
            for (left, right, amounts) in outside.chain(pairs) {
                if let Some(total) = people.get_mut(left) {
                    // A body of which people are unknown has no bounds in pence.
                    *total = total.zip(amounts.people).map(|(total, people)| total.saturating_add(i128::from(people.0).max(0)));
                }
                if let Some(bounds) = bounds(amounts) {
                    parts.insert((left, right), bounds);
                }
            }
        }
        Self { parts, people }
    }

    /// Whether anybody of the population lives in the body.
    fn counts(&self, left: usize) -> bool {
        self.people.get(left).is_some_and(|people| people.is_none_or(|people| people > 0))
    }

    /// What the bounds of a part make of `pence` of its body, lower first. `None` without bounds.
    fn bounds(&self, left: usize, right: Option<usize>, pence: i128) -> Option<(i128, i128)> {
        let total = self.people.get(left).copied().flatten().filter(|total| *total > 0)?;
        let (low, high) = *self.parts.get(&(left, right))?;
        let scaled = |people: i128| pence.checked_mul(people).map(|product| product.div_euclid(total));
        let (low, high) = (scaled(low)?, scaled(high)?);
        Some((low.min(high), low.max(high)))
    }
}

fn bounds(amounts: &Amounts) -> Option<(i128, i128)> {
    Some((i128::from(amounts.people_low?.0), i128::from(amounts.people_high?.0)))
}

/// Money of each component (in the order of [`Alignment::components`]): NHS pence, council pence of the bodies in it.
///
/// Only the latest fiscal year that the side states counts, so years are not added up. `None` where a body of the component has no line
/// in that year or one that is unknown: part of a sum is not the sum.
pub fn component_pence(alignment: &Alignment, lines: &[BudgetLine]) -> Vec<(Option<Pence>, Option<Pence>)> {
    let side_sums = |side: Side| -> Vec<Option<i128>> {
        let layer = layer_of(alignment, side);
        let of_side = || lines.iter().filter(|line| line.layer.as_ref() == layer);
        let latest = of_side().filter_map(|line| line.fiscal_year.as_deref()).max();
        let all = bodies(&alignment.relation, side);
        let mut sums: Vec<(bool, Option<i128>)> = vec![(false, Some(0)); all.len()];
        for line in of_side().filter(|line| line.fiscal_year.as_deref() == latest || line.fiscal_year.is_none()) {
            let Some(sum) = line.body.and_then(|body| position(all, body, line)).and_then(|body| sums.get_mut(body)) else {
                continue;
            };
            sum.0 = true;
            sum.1 = sum.1.zip(line.amount).map(|(sum, Pence(pence))| sum.saturating_add(i128::from(pence)));
        }
        sums.into_iter().map(|(stated, sum)| sum.filter(|_| stated)).collect()
    };
    let (health, council) = (side_sums(Side::Health), side_sums(Side::Council));
    let total = |members: &[usize], sums: &[Option<i128>]| -> Option<Pence> {
        if members.is_empty() {
            return None;
        }
        let sum = members.iter().try_fold(0i128, |total, body| total.checked_add(sums.get(*body).copied().flatten()?))?;
        i64::try_from(sum).ok().map(Pence)
    };
    alignment.components.iter().map(|component| (total(&component.health, &health), total(&component.council, &council))).collect()
}
