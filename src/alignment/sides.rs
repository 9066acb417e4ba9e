//! A relation as numbers on one basis, seen from either side.

use crate::domain::{Amounts, Basis, Body, People, Relation};

use super::result::Side;

/// A weight with the bounds that the data put on it (domain.md E1); `low <= value <= high`. An unknown weight is not a number, and its upper
/// bound is infinite where nothing bounds it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Bounded {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Bounded {
    /// The weight of `amounts`, its bounds kept within 0 and `cap` (what the body at either end holds in all).
    ///
    /// People: the bounds of the pair (blocks certainly and possibly inside), or none where they are not known.
    /// Area: `A -/+ tau_w * P / 2`, the outline moved in or out by half the layers' joint resolution.
    pub fn of(amounts: &Amounts, basis: Basis, width_m: f64, cap: f64) -> Self {
        let (value, low, high) = match basis {
            Basis::Area => {
                let slack = width_m * amounts.boundary_m / 2.0;
                (amounts.area_m2, amounts.area_m2 - slack, amounts.area_m2 + slack)
            }
            Basis::People => {
                let Some(value) = amounts.people.map(People::as_f64) else {
                    let bound = |people: Option<People>, without: f64| people.map_or(without, People::as_f64);
                    return Self {
                        value: f64::NAN,
                        low: bound(amounts.people_low, 0.0),
                        high: bound(amounts.people_high, f64::INFINITY).min(cap),
                    };
                };
                let bound = |people: Option<People>| people.map_or(value, People::as_f64);
                (value, bound(amounts.people_low), bound(amounts.people_high))
            }
        };
        // The cap is not a number where the body's own total is unknown, and then bounds nothing.
        Self { value, low: low.max(0.0).min(value), high: high.min(cap).max(value) }
    }
}

/// One pair, seen from one of its ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Partner {
    /// Index of the body at the other end.
    pub body: usize,
    /// What lies in both.
    pub weight: Bounded,
    /// What the body at the other end holds in all; not a number where that is unknown.
    pub theirs: f64,
    /// The least and the most that it may hold.
    pub theirs_bounds: (f64, f64),
    /// An artefact of two surveys of one line.
    pub sliver: bool,
}

/// The bodies of one side with their partners.
#[derive(Debug, Clone)]
pub(super) struct SideView {
    pub side: Side,
    /// What each body holds in all; not a number where that is unknown.
    pub totals: Vec<f64>,
    /// The part of each body that no partner covers.
    pub outside: Vec<Bounded>,
    partners: Vec<Partner>,
    /// End of each body's partners.
    ends: Vec<usize>,
}

impl SideView {
    /// Number of bodies.
    pub fn len(&self) -> usize {
        self.totals.len()
    }

    /// The partners of a body, by index.
    pub fn partners(&self, body: usize) -> &[Partner] {
        let from = body.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let to = self.ends.get(body).copied().unwrap_or(from);
        self.partners.get(from..to).unwrap_or(&[])
    }

    /// What a body holds in all; 0 if there is no such body, not a number where it is unknown.
    pub fn total(&self, body: usize) -> f64 {
        self.totals.get(body).copied().unwrap_or(0.0)
    }

    /// The uncovered part of a body.
    pub fn outside(&self, body: usize) -> Bounded {
        self.outside.get(body).copied().unwrap_or_default()
    }
}

/// A relation on one basis.
#[derive(Debug, Clone)]
pub(super) struct Weights {
    pub basis: Basis,
    pub health: SideView,
    pub council: SideView,
}

impl Weights {
    /// Weighs every body and pair.
    pub fn new(relation: &Relation, basis: Basis, width_m: f64) -> Self {
        let left_totals: Vec<f64> = relation.left.iter().map(|body| total(body, basis)).collect();
        let right_totals: Vec<f64> = relation.right.iter().map(|body| total(body, basis)).collect();
        let (left_bounds, right_bounds) = (
            bounds(&left_totals, &relation.left_outside, relation.pairs.iter().map(|pair| (pair.left, &pair.amounts))),
            bounds(&right_totals, &relation.right_outside, relation.pairs.iter().map(|pair| (pair.right, &pair.amounts))),
        );
        let mut by_left: Vec<(usize, Partner)> = Vec::with_capacity(relation.pairs.len());
        let mut by_right: Vec<(usize, Partner)> = Vec::with_capacity(relation.pairs.len());
        for pair in &relation.pairs {
            let ours = left_totals.get(pair.left).copied().unwrap_or(0.0);
            let theirs = right_totals.get(pair.right).copied().unwrap_or(0.0);
            let weight = Bounded::of(&pair.amounts, basis, width_m, ours.min(theirs));
            let of = |bounds: &[(f64, f64)], body: usize| bounds.get(body).copied().unwrap_or((0.0, f64::INFINITY));
            let partner = |body, theirs, theirs_bounds| Partner { body, weight, theirs, theirs_bounds, sliver: pair.sliver };
            by_left.push((pair.left, partner(pair.right, theirs, of(&right_bounds, pair.right))));
            by_right.push((pair.right, partner(pair.left, ours, of(&left_bounds, pair.left))));
        }
        let left_outside = outside(&relation.left_outside, &left_totals, basis, width_m);
        let right_outside = outside(&relation.right_outside, &right_totals, basis, width_m);
        Self {
            basis,
            health: side_view(Side::Health, left_totals, left_outside, by_left),
            council: side_view(Side::Council, right_totals, right_outside, by_right),
        }
    }

    /// The bodies of a side.
    pub fn side(&self, side: Side) -> &SideView {
        match side {
            Side::Health => &self.health,
            Side::Council => &self.council,
        }
    }
}

fn side_view(side: Side, totals: Vec<f64>, outside: Vec<Bounded>, mut links: Vec<(usize, Partner)>) -> SideView {
    // Stable: partners of one body stay in the order of their index.
    links.sort_by_key(|(body, partner)| (*body, partner.body));
    let mut ends = vec![0usize; totals.len()];
    for (body, _) in &links {
        if let Some(count) = ends.get_mut(*body) {
            *count = count.saturating_add(1);
        }
    }
    let mut end = 0usize;
    for slot in &mut ends {
        end = end.saturating_add(*slot);
        *slot = end;
    }
    SideView { side, totals, outside, partners: links.into_iter().map(|(_, partner)| partner).collect(), ends }
}

fn outside(amounts: &[Amounts], totals: &[f64], basis: Basis, width_m: f64) -> Vec<Bounded> {
    totals
        .iter()
        .enumerate()
        .map(|(body, total)| amounts.get(body).map_or(Bounded::default(), |amounts| Bounded::of(amounts, basis, width_m, *total)))
        .collect()
}

/// The least and the most that each body may hold: its total where that is known, else the sums of the bounds of its people's parts.
fn bounds<'a>(totals: &[f64], outside: &'a [Amounts], pairs: impl Iterator<Item = (usize, &'a Amounts)>) -> Vec<(f64, f64)> {
    if !totals.iter().any(|total| total.is_nan()) {
        return totals.iter().map(|total| (*total, *total)).collect();
    }
    let mut sums = vec![(0.0, 0.0); totals.len()];
    for (body, amounts) in outside.iter().enumerate().chain(pairs) {
        if let Some((low, high)) = sums.get_mut(body) {
            let part = Bounded::of(amounts, Basis::People, 0.0, f64::INFINITY);
            (*low, *high) = (*low + part.low, *high + part.high);
        }
    }
    totals.iter().zip(sums).map(|(total, sums)| if total.is_nan() { sums } else { (*total, *total) }).collect()
}

/// What a body holds in all; not a number where that is unknown.
pub(super) fn total(body: &Body, basis: Basis) -> f64 {
    match basis {
        Basis::Area => body.area_m2,
        Basis::People => body.people.map_or(f64::NAN, People::as_f64),
    }
}

/// `part / whole`; `None` where either is unknown (not a number) or the whole is nothing. A quotient that rounding put above 1 is 1; more than rounding is left to be seen.
pub(crate) fn share(part: f64, whole: f64) -> Option<f64> {
    if part.is_nan() || whole.is_nan() || whole <= 0.0 {
        return None;
    }
    let share = part / whole;
    Some(if share > 1.0 && share <= 1.0 + super::GUARD { 1.0 } else { share })
}

/// `w_ij / (w_i + w_j - w_ij)`; `None` where neither body holds anything.
pub(crate) fn jaccard(part: f64, ours: f64, theirs: f64) -> Option<f64> {
    share(part, ours + theirs - part).map(|share| share.min(1.0))
}
