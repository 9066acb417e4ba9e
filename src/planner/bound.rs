//! What no plan can exceed, where not every plan was searched.

use std::collections::{BTreeMap, BTreeSet};

use super::front::Label;
use super::sets::Measures;
use super::ties::Cluster;
use super::{Objective, money};

/// Prices are fractions of this: fine enough for one body matched per hundred million people moved.
const UNIT: i128 = 1 << 48;

/// Twice a number of people, pence or bodies. Those of all bodies together are below 2^63 ([`People::MOST`](crate::domain::People::MOST)), so
/// that twice as much, at the finest price of 2^60, stays below 2^125: nothing here reaches the end of 128 bits.
fn twice(number: i128) -> i128 {
    number.saturating_mul(2)
}

/// Most prices that are tried, spread over those at which some cluster changes its mind.
const PRICES: usize = 200;

/// An upper bound on the objective of every plan that moves no more people and leaves no more bodies (or as many) as a given one.
///
/// Lagrangian relaxation (Fisher 1981, doi:10.1287/mnsc.27.1.1): with a price `p >= 0` on people moved, a plan that moves no more than `m`
/// has an objective of at most `max (objective - p * moved) + p * m` over all plans, for any `p`. Without the limit on people moved, clusters
/// choose for themselves, but for how many bodies each merges away: the maximum is found exactly by dynamic programming over that number.
/// The least over many prices is taken. A cluster that was searched exactly offers its unbeaten plans; one that was not offers any number
/// of bodies merged away, and its bodies one by one: what matches today stays, and a body that does not may come to match for
/// `min(a, b) / 2` people moved, where `a` are its own people and `b` the fewest of those it is tied to. No merger costs less: of the bodies
/// that newly match in it every one moves or is the largest, and beside the largest a body that touches it moves; so half of the people moved
/// pay for those that move, and the other half for the largest. All in integers.
#[derive(Debug, Clone, Default)]
pub(super) struct Bound {
    /// Bodies merged away, twice the people moved and twice the objective of every plan of a cluster that was searched.
    searched: Vec<Vec<(usize, i128, i128)>>,
    /// Most bodies merged away in a cluster that was not.
    loose: Vec<usize>,
    /// Twice the objective that its bodies have for nothing.
    base: i128,
    /// Twice the people moved and twice the objective of what they may gain.
    gains: Vec<(i128, i128)>,
}

impl Bound {
    /// Adds a cluster by all its plans that no other one beats.
    pub fn add_front(&mut self, front: &[Label]) {
        self.searched.push(front.iter().map(|label| (label.gone, twice(label.moved), twice(label.value))).collect());
    }

    /// Adds a cluster by its bodies; `matchable` are those that some set matches with, `None` where that is not known.
    pub fn add_bodies(&mut self, cluster: &Cluster, matchable: Option<&BTreeSet<usize>>, measures: &mut Measures<'_>) {
        let question = measures.question;
        let objective = question.wishes.objective;
        let people: BTreeMap<usize, i128> = cluster.bodies.iter().map(|body| (*body, i128::from(measures.of(&[*body]).people.0))).collect();
        let own = |body: &usize| people.get(body).copied().unwrap_or(0);
        self.loose.push(cluster.bodies.len().saturating_sub(1));
        for (body, near) in cluster.bodies.iter().zip(&cluster.neighbours) {
            let pence = || i128::from(money(question, *body).map_or(0, |pence| pence.0.max(0)));
            if measures.of(&[*body]).matches {
                self.base = self.base.saturating_add(twice(match objective {
                    Objective::People => own(body),
                    Objective::Bodies => 1,
                    Objective::Pounds => pence(),
                }));
                continue;
            }
            // Without a neighbour it stays as it is.
            let Some(fewest) = near.iter().filter_map(|place| cluster.bodies.get(*place)).map(own).min() else { continue };
            if matchable.is_some_and(|matchable| !matchable.contains(body)) {
                continue;
            }
            let gain = match objective {
                Objective::People => twice(own(body)),
                // A merger is two bodies at least, and counts once: half for each of those that did not match.
                Objective::Bodies => 1,
                Objective::Pounds => twice(pence()),
            };
            self.gains.push((own(body).min(fewest), gain));
        }
    }

    /// The bound as a function: for every price, and every number of bodies merged away, what clusters have at most after paying.
    pub fn prepared(&self, count: bool) -> Prepared {
        let lines = self.prices().into_iter().map(|price| (price, self.best(price, count))).collect();
        Prepared { lines }
    }

    /// 0, and prices on both sides of those at which two plans of a cluster are worth the same.
    fn prices(&self) -> Vec<i128> {
        let mut prices: BTreeSet<i128> = BTreeSet::new();
        let mut between = |(moved, value): (i128, i128)| {
            if value > 0
                && moved > 0
                && let Some(price) = value.saturating_mul(UNIT).checked_div(moved)
            {
                // Any price will do, so a price out of range may as well be the largest.
                prices.insert(price.min(UNIT << 12));
            }
        };
        for plans in &self.searched {
            // Of plans that move no more people the best one: the others are worth the same at no price.
            let mut sorted: Vec<(i128, i128)> = plans.iter().map(|plan| (plan.1, plan.2)).collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
            let mut best: Vec<(i128, i128)> = Vec::new();
            for plan in sorted {
                if best.last().is_none_or(|last| plan.1 > last.1) {
                    best.push(plan);
                }
            }
            for (at, one) in best.iter().enumerate() {
                // Neighbours on the hull are among the next few; all pairs would be too many for a large front.
                for other in best.iter().skip(at.saturating_add(1)).take(16) {
                    between((other.0.saturating_sub(one.0), other.1.saturating_sub(one.1)));
                }
            }
        }
        for gain in &self.gains {
            between(*gain);
        }
        let all: Vec<i128> = prices.into_iter().collect();
        let step = all.len().div_ceil(PRICES).max(1);
        let mut chosen: BTreeSet<i128> =
            all.iter().step_by(step).chain(all.last()).flat_map(|price| [*price, price.saturating_add(1)]).collect();
        chosen.insert(0);
        chosen.into_iter().collect()
    }

    /// By number of bodies merged away (or more; with `count` exactly so many): the most that all clusters have after paying.
    fn best(&self, price: i128, count: bool) -> Vec<Option<i128>> {
        let paid = |moved: i128, value: i128| value.saturating_mul(UNIT).saturating_sub(price.saturating_mul(moved));
        let gained: i128 = self.gains.iter().map(|(moved, value)| paid(*moved, *value).max(0)).sum();
        let mut sums: Vec<Option<i128>> = vec![Some(self.base.saturating_mul(UNIT).saturating_add(gained))];
        let offers = self.searched.iter().map(|plans| {
            let mut offer: Vec<Option<i128>> = vec![None; plans.iter().map(|plan| plan.0).max().unwrap_or(0).saturating_add(1)];
            for (gone, moved, value) in plans {
                if let Some(slot) = offer.get_mut(*gone) {
                    *slot = (*slot).max(Some(paid(*moved, *value)));
                }
            }
            offer
        });
        for offer in offers.chain(self.loose.iter().map(|gone| vec![Some(0); gone.saturating_add(1)])) {
            let mut next: Vec<Option<i128>> = vec![None; sums.len().saturating_add(offer.len()).saturating_sub(1)];
            for (gone, sum) in sums.iter().enumerate() {
                for (more, part) in offer.iter().enumerate() {
                    if let (Some(sum), Some(part), Some(slot)) = (sum, part, next.get_mut(gone.saturating_add(more))) {
                        *slot = (*slot).max(Some(sum.saturating_add(*part)));
                    }
                }
            }
            sums = next;
        }
        if !count {
            let mut more = None;
            for slot in sums.iter_mut().rev() {
                more = (*slot).max(more);
                *slot = more;
            }
        }
        sums
    }
}

/// A bound, ready to be asked.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    /// Price, and by number of bodies merged away what is left after paying.
    lines: Vec<(i128, Vec<Option<i128>>)>,
}

impl Prepared {
    /// What the objective cannot exceed in a plan that moves no more people (millionths) and merges away no fewer bodies; `None` where no
    /// plan merges away so many.
    pub fn at(&self, gone: usize, moved: i128) -> Option<i128> {
        let line = |(price, best): &(i128, Vec<Option<i128>>)| {
            let most = best.get(gone).copied().flatten()?.saturating_add(price.saturating_mul(twice(moved)));
            Some(most.div_euclid(2 * UNIT))
        };
        self.lines.iter().filter_map(line).min()
    }
}
