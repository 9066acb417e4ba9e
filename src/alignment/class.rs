//! The class of one body on one basis (domain.md E2.1).

use super::result::Class;
use super::sides::{Bounded, Partner, SideView, share};
use super::{at_least, more_than};

/// `e` and `tau` of domain.md E2.1: shares this near to 1 are whole, shares this large are significant.
///
/// `tau` is never below `e`: a partner too small to spoil equality cannot be significant (E2.1, "in the sensitivity table tau is max(tau, e)").
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    pub equal: f64,
    pub significant: f64,
}

impl Rule {
    pub fn new(equal: f64, significant: f64) -> Self {
        Self { equal, significant: significant.max(equal) }
    }

    /// Whether a share is whole.
    pub fn whole(&self, share: f64) -> bool {
        at_least(share, 1.0 - self.equal)
    }

    /// Whether a pair counts: not a sliver, and a share of at least `tau` of either body.
    pub fn significant(&self, ours: f64, theirs: f64, sliver: bool) -> bool {
        !sliver && (at_least(ours, self.significant) || at_least(theirs, self.significant))
    }
}

/// Which end of its bounds every weight of a body is taken at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Push {
    /// The estimate.
    Estimate,
    /// The main partner at its low bound; every other partner and the uncovered part at their high bound.
    MainLow,
    /// The main partner at its high bound; every other partner and the uncovered part at their low bound.
    MainHigh,
}

impl Push {
    pub fn take(self, weight: Bounded, main: bool) -> f64 {
        match (self, main) {
            (Self::Estimate, _) => weight.value,
            (Self::MainLow, true) | (Self::MainHigh, false) => weight.low,
            (Self::MainLow, false) | (Self::MainHigh, true) => weight.high,
        }
    }
}

/// The partner with the largest weight, ties to the smallest index (bodies are sorted by code); `None` if none has any.
pub(super) fn main_partner(partners: &[Partner]) -> Option<&Partner> {
    let mut best: Option<&Partner> = None;
    for partner in partners {
        if partner.weight.value > best.map_or(0.0, |best| best.weight.value) {
            best = Some(partner);
        }
    }
    best
}

/// The class of a body: the first rule that holds, in the order of [`Class`]. `None` where the body has no weight on this basis.
///
/// The rules speak of `s`, a partner's share of this body, and `r`, this body's share of the partner, so the council side is the
/// health side with the two exchanged, and the same function.
///
/// `other` is the other side: coterminous is mutual, so both sides count the same pairs. A body whose one partner has a second significant
/// body in it, however small, is nested in that partner.
pub(super) fn classify(view: &SideView, other: &SideView, body: usize, rule: Rule, push: Push) -> Option<Class> {
    let total = view.total(body);
    let partners = view.partners(body);
    let main = match push {
        Push::Estimate => None,
        Push::MainLow | Push::MainHigh => main_partner(partners).map(|partner| partner.body),
    };
    let outside = share(push.take(view.outside(body), false), total)?;
    if more_than(outside, rule.significant) {
        return Some(Class::Uncovered);
    }
    let near = |share: f64| at_least(share, 1.0 - rule.significant);
    let (mut significant, mut equal_both, mut whole, mut whole_share) = (0usize, 0usize, 0usize, 0.0);
    let (mut inside, mut near_both, mut near_inside, mut half) = (false, false, false, false);
    for partner in partners {
        let weight = push.take(partner.weight, Some(partner.body) == main);
        let s = share(weight, total)?;
        // A partner without weight on this basis (no one lives there) has no part of anything: not whole, not significant.
        let r = share(weight, partner.theirs).unwrap_or(0.0);
        let counts = rule.significant(s, r, partner.sliver);
        significant = significant.saturating_add(usize::from(counts));
        let shared = rule.whole(s) && has_another(other, partner.body, body, rule, push);
        equal_both = equal_both.saturating_add(usize::from(counts && rule.whole(s) && rule.whole(r) && !shared));
        if rule.whole(r) {
            whole = whole.saturating_add(1);
            whole_share += s;
        }
        inside |= rule.whole(s) && (!rule.whole(r) || shared);
        near_both |= near(s) && near(r);
        near_inside |= near(s) && !near(r);
        half |= at_least(s, 0.5) || at_least(r, 0.5);
    }
    Some(if significant == 1 && equal_both == 1 {
        Class::Coterminous
    } else if whole >= 2 && rule.whole(whole_share) {
        Class::Aggregate
    } else if inside {
        Class::Nested
    } else if near_both {
        Class::NearCoterminous
    } else if near_inside {
        Class::NearNested
    } else if !half {
        Class::Fragment
    } else {
        Class::Spanning
    })
}

/// Whether a body of the other side has a significant partner besides `not`.
fn has_another(other: &SideView, body: usize, not: usize, rule: Rule, push: Push) -> bool {
    other.partners(body).iter().filter(|partner| partner.body != not).any(|partner| {
        let weight = push.take(partner.weight, false);
        let of = |whole: f64| share(weight, whole).unwrap_or(0.0);
        rule.significant(of(other.total(body)), of(partner.theirs), partner.sliver)
    })
}
