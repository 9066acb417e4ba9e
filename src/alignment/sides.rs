//! A relation as numbers on one basis, seen from either side.

use crate::domain::{Amounts, Basis, Body, People, Relation};

use super::result::Side;

/// A weight with the bounds that the data put on it (domain.md E1); `low <= value <= high`.
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
                let value = amounts.people.map_or(0.0, People::as_f64);
                let bound = |people: Option<People>| people.map_or(value, People::as_f64);
                (value, bound(amounts.people_low), bound(amounts.people_high))
            }
        };
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
    /// What the body at the other end holds in all.
    pub theirs: f64,
    /// An artefact of two surveys of one line.
    pub sliver: bool,
}

/// The bodies of one side with their partners.
#[derive(Debug, Clone)]
pub(super) struct SideView {
    pub side: Side,
    /// What each body holds in all.
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

    /// What a body holds in all; 0 if there is no such body.
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
        let mut by_left: Vec<(usize, Partner)> = Vec::with_capacity(relation.pairs.len());
        let mut by_right: Vec<(usize, Partner)> = Vec::with_capacity(relation.pairs.len());
        for pair in &relation.pairs {
            let ours = left_totals.get(pair.left).copied().unwrap_or(0.0);
            let theirs = right_totals.get(pair.right).copied().unwrap_or(0.0);
            let weight = Bounded::of(&pair.amounts, basis, width_m, ours.min(theirs));
            by_left.push((pair.left, Partner { body: pair.right, weight, theirs, sliver: pair.sliver }));
            by_right.push((pair.right, Partner { body: pair.left, weight, theirs: ours, sliver: pair.sliver }));
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

/// What a body holds in all.
pub(super) fn total(body: &Body, basis: Basis) -> f64 {
    match basis {
        Basis::Area => body.area_m2,
        Basis::People => body.people.map_or(0.0, People::as_f64),
    }
}

/// `part / whole`; `None` where the whole is nothing. A quotient that rounding put above 1 is 1; more than rounding is left to be seen.
pub(crate) fn share(part: f64, whole: f64) -> Option<f64> {
    if whole.is_nan() || whole <= 0.0 {
        return None;
    }
    let share = part / whole;
    Some(if share > 1.0 && share <= 1.0 + super::GUARD { 1.0 } else { share })
}

/// `w_ij / (w_i + w_j - w_ij)`; `None` where neither body holds anything.
pub(crate) fn jaccard(part: f64, ours: f64, theirs: f64) -> Option<f64> {
    share(part, ours + theirs - part)
}
