//! What both sides spend on the people of each pair (domain.md E4).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use super::apportion::{Apportioned, Partner, bodies, layer_of, position};
use super::inputs::Agreement;
use super::line::BudgetLine;
use super::mechanism::Mechanism;
use crate::alignment::{Alignment, Side};
use crate::domain::{Amounts, Basis, Pence};
use crate::error::{Error, Result};

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
    /// `pooled / (health + council)`.
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
}

/// What a body's lines of one service and year say.
#[derive(Default, Clone, Copy)]
struct Stated {
    pence: i128,
    /// A line's amount is unknown.
    unknown: bool,
    /// A line is joint (not mainstream).
    joint: bool,
    /// A line of unknown amount or unknown mechanism can be joint money.
    joint_unknown: bool,
}

/// Apportioned pence of a pair.
#[derive(Default, Clone, Copy)]
struct Sums {
    health: i128,
    council: i128,
    pooled: i128,
    joint: i128,
    earmarked: i128,
}

type Key = (Option<Arc<str>>, Option<Arc<str>>);

/// Both sides' money next to each other, pair by pair, in the order (left, right, service, fiscal year) with `__outside__` first.
///
/// A pair has a row for each service and year that either side states for the body in it, known or not; the uncovered part of a body has
/// one where money falls there. `agreements` is `None` where the run has no agreements table.
///
/// # Errors
/// Sums beyond 64 bits of pence.
pub fn align(
    lines: &[BudgetLine],
    apportioned: &[Apportioned],
    alignment: &Alignment,
    agreements: Option<&[Agreement]>,
) -> Result<Vec<BudgetPair>> {
    let relation = &alignment.relation;
    let mut keys: BTreeSet<Key> = BTreeSet::new();
    let mut last: Option<Key> = None;
    for line in lines.iter().filter(|line| side_of(alignment, line).is_some()) {
        let key = (line.service.clone(), line.fiscal_year.clone());
        if last.as_ref() != Some(&key) {
            keys.insert(key.clone());
            last = Some(key);
        }
    }
    let keys: Vec<Key> = keys.into_iter().collect();
    let key_of = |line: &BudgetLine| keys.binary_search_by(|(service, year)| (service, year).cmp(&(&line.service, &line.fiscal_year))).ok();

    let mut stated: BTreeMap<(Side, usize, usize), Stated> = BTreeMap::new();
    let mut states_joint = agreements.is_some();
    for line in lines {
        let (Some(side), Some(body), Some(key)) = (side_of(alignment, line), line.body, key_of(line)) else {
            continue;
        };
        states_joint |= line.mechanism.is_some_and(|mechanism| mechanism != Mechanism::Mainstream);
        let Some(body) = position(bodies(relation, side), body, line) else {
            continue;
        };
        let entry = stated.entry((side, body, key)).or_default();
        match line.amount {
            Some(Pence(pence)) => entry.pence += i128::from(pence),
            None => entry.unknown = true,
        }
        match line.mechanism {
            None => entry.joint_unknown = true,
            Some(Mechanism::Mainstream) => {}
            Some(_) => {
                entry.joint = true;
                entry.joint_unknown |= line.amount.is_none();
            }
        }
    }

    let mut sums: BTreeMap<(Option<usize>, Option<usize>, usize), Sums> = BTreeMap::new();
    // Every stated pair has a row, also where no penny falls.
    let mut stated_keys: BTreeMap<(Side, usize), Vec<usize>> = BTreeMap::new();
    for (side, body, key) in stated.keys() {
        stated_keys.entry((*side, *body)).or_default().push(*key);
    }
    for pair in &relation.pairs {
        for (side, body) in [(Side::Health, pair.left), (Side::Council, pair.right)] {
            for key in stated_keys.get(&(side, body)).into_iter().flatten() {
                sums.entry((Some(pair.left), Some(pair.right), *key)).or_default();
            }
        }
    }
    for result in apportioned.iter().filter(|result| result.alignment == alignment.id) {
        for part in &result.parts {
            let Some(line) = lines.get(part.line) else { continue };
            let (Some(key), Some(body)) = (key_of(line), line.body.and_then(|body| position(bodies(relation, result.side), body, line)))
            else {
                continue;
            };
            let partner = match part.partner {
                Partner::Body(partner) => Some(partner),
                Partner::Outside => None,
                // Money that no area can be given is in no pair; it is a row of `budget_apportioned`.
                Partner::Unallocated => continue,
            };
            let pence = i128::from(part.amount.0);
            let (pair, sum) = match result.side {
                Side::Health => ((Some(body), partner, key), Sums { health: pence, ..Sums::default() }),
                Side::Council => ((partner, Some(body), key), Sums { council: pence, ..Sums::default() }),
            };
            let entry = sums.entry(pair).or_default();
            entry.health += sum.health;
            entry.council += sum.council;
            if let Some(mechanism) = line.mechanism.filter(|mechanism| *mechanism != Mechanism::Mainstream) {
                entry.joint += pence;
                entry.pooled += if mechanism == Mechanism::Pooled { pence } else { 0 };
                entry.earmarked += if mechanism.is_earmarked() { pence } else { 0 };
            }
        }
    }

    let mains = main_partners(alignment);
    let outlines = Outlines::new(alignment);
    let mut rows = Vec::with_capacity(sums.len());
    for ((left, right, key), sum) in sums {
        let Some((service, fiscal_year)) = keys.get(key) else { continue };
        let ours = |side: Side, body: Option<usize>| body.and_then(|body| stated.get(&(side, body, key)));
        let (of_left, of_right) = (ours(Side::Health, left), ours(Side::Council, right));
        let known = |stated: Option<&Stated>, pence: i128| match stated {
            Some(stated) if !stated.unknown => Some(pence),
            _ => None,
        };
        let (health, council) = (known(of_left, sum.health), known(of_right, sum.council));
        let joint = if states_joint {
            joint_money(alignment, left, right, (service, fiscal_year), of_left, of_right, sum, agreements)
        } else {
            None
        };
        let both = health.zip(council).map(|(health, council)| health + council);
        let outside = left.zip(health).and_then(|(body, pence)| {
            let main = (*mains.get(body)?)?;
            if right == Some(main) {
                return Some((0, Some((0, 0))));
            }
            let total = of_left.map(|stated| stated.pence)?;
            Some((pence, outlines.bounds(body, right, total).map(|(low, high)| (low.min(pence), high.max(pence)))))
        });
        rows.push(BudgetPair {
            left,
            right,
            service: service.clone(),
            fiscal_year: fiscal_year.clone(),
            health: health.map(|pence| narrow(pence, alignment)).transpose()?,
            council: council.map(|pence| narrow(pence, alignment)).transpose()?,
            counterpart: health.zip(council).and_then(|(health, council)| ratio(health, council)),
            pooled: joint.and_then(|joint| joint.pooled).map(|pence| narrow(pence, alignment)).transpose()?,
            pooled_share: joint.and_then(|joint| joint.pooled).zip(both).and_then(|(pooled, both)| ratio(pooled, both)),
            outside_main: outside.map(|(pence, _)| narrow(pence, alignment)).transpose()?,
            outside_main_low: outside.and_then(|(_, bounds)| bounds).map(|(low, _)| narrow(low, alignment)).transpose()?,
            outside_main_high: outside.and_then(|(_, bounds)| bounds).map(|(_, high)| narrow(high, alignment)).transpose()?,
            grant_only_share: joint.and_then(|joint| joint.earmarked_share),
        });
    }
    Ok(rows)
}

fn side_of(alignment: &Alignment, line: &BudgetLine) -> Option<Side> {
    [Side::Health, Side::Council].into_iter().find(|side| layer_of(alignment, *side) == line.layer.as_ref())
}

fn ratio(part: i128, whole: i128) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
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

#[derive(Clone, Copy)]
struct Joint {
    pooled: Option<i128>,
    earmarked_share: Option<f64>,
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
        return Some(Joint { pooled: Some(sums.pooled), earmarked_share: ratio(sums.earmarked, sums.joint) });
    }
    let left_code = alignment.relation.left.get(left?)?.code.as_str();
    let right_code = alignment.relation.right.get(right?)?.code.as_str();
    let year = fiscal_year.as_deref().and_then(year_days);
    let (mut pooled, mut joint, mut earmarked) = (Some(0i128), Some(0i128), Some(0i128));
    for agreement in agreements.unwrap_or_default() {
        let here = agreement.health_code == left_code && agreement.council_code == right_code;
        let now = year.is_none_or(|(first, last)| agreement.runs_between(first, last));
        let plan_only = agreement.mechanism == Mechanism::JointInvestmentPlan;
        if !here || !now || plan_only || !agreement.covers(service.as_deref()) {
            continue;
        }
        // How much of an agreement for all services is for one of them is not known.
        let one_of_many = agreement.service.is_none() && service.as_deref().is_some_and(|service| service != "all");
        let amount = agreement.amount.filter(|_| !one_of_many).map(|Pence(pence)| i128::from(pence));
        let add = |sum: Option<i128>| sum.zip(amount).map(|(sum, amount)| sum + amount);
        joint = add(joint);
        if agreement.mechanism == Mechanism::Pooled {
            pooled = add(pooled);
        }
        if agreement.mechanism.is_earmarked() {
            earmarked = add(earmarked);
        }
    }
    Some(Joint { pooled, earmarked_share: earmarked.zip(joint).and_then(|(earmarked, joint)| ratio(earmarked, joint)) })
}

/// First and last day of a fiscal year written "2007-08", "2007/08" or "2007": 1 April to 31 March.
pub(crate) fn year_days(fiscal_year: &str) -> Option<(Date, Date)> {
    let digits: String = fiscal_year.chars().take_while(char::is_ascii_digit).collect();
    if digits.len() != 4 {
        return None;
    }
    let year: i16 = digits.parse().ok()?;
    Some((Date::new(year, 4, 1).ok()?, Date::new(year.checked_add(1)?, 3, 31).ok()?))
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
    people: Vec<i128>,
}

impl Outlines {
    fn new(alignment: &Alignment) -> Self {
        let relation = &alignment.relation;
        let mut parts = BTreeMap::new();
        let mut people = vec![0i128; relation.left.len()];
        if relation.has_people {
            let outside = relation.left_outside.iter().enumerate().map(|(left, amounts)| (left, None, amounts));
            let pairs = relation.pairs.iter().map(|pair| (pair.left, Some(pair.right), &pair.amounts));
            for (left, right, amounts) in outside.chain(pairs) {
                if let Some(total) = people.get_mut(left) {
                    *total += amounts.people.map_or(0, |people| i128::from(people.0).max(0));
                }
                if let Some(bounds) = bounds(amounts) {
                    parts.insert((left, right), bounds);
                }
            }
        }
        Self { parts, people }
    }

    /// What the bounds of a part make of `pence` of its body, lower first. `None` without bounds.
    fn bounds(&self, left: usize, right: Option<usize>, pence: i128) -> Option<(i128, i128)> {
        let total = self.people.get(left).copied().filter(|total| *total > 0)?;
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
            sum.1 = sum.1.zip(line.amount).map(|(sum, Pence(pence))| sum + i128::from(pence));
        }
        sums.into_iter().map(|(stated, sum)| sum.filter(|_| stated)).collect()
    };
    let (health, council) = (side_sums(Side::Health), side_sums(Side::Council));
    let total = |members: &[usize], sums: &[Option<i128>]| -> Option<Pence> {
        if members.is_empty() {
            return None;
        }
        let sum = members.iter().try_fold(0i128, |total, body| sums.get(*body).copied().flatten().map(|pence| total + pence))?;
        i64::try_from(sum).ok().map(Pence)
    };
    alignment.components.iter().map(|component| (total(&component.health, &health), total(&component.council, &council))).collect()
}
