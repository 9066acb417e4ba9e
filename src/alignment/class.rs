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
///
/// Where the class rests on people that are unknown, it is the one that every amount they may come to gives, else `None`.
pub(super) fn classify(view: &SideView, other: &SideView, body: usize, rule: Rule, push: Push) -> Option<Class> {
    let shared = |partner: &Partner| has_another(other, partner.body, body, rule, push);
    if !rests_on_unknown(view, other, body) {
        return classed(view, body, rule, push, |partner, _| partner.theirs, shared);
    }
    let mut classes = [false, true].into_iter().flat_map(|most| [false, true].map(|another| (most, another))).map(|(most, another)| {
        // A partner holds at least what it shares with this body.
        let theirs = |partner: &Partner, weight: f64| match (partner.theirs.is_nan(), most) {
            (false, _) => partner.theirs,
            (true, false) => partner.theirs_bounds.0.max(weight),
            (true, true) => partner.theirs_bounds.1.max(weight),
        };
        classed(view, body, rule, push, theirs, |partner| if is_unsure(other, body, partner) { another } else { shared(partner) })
    });
    let first = classes.next()?;
    first.filter(|_| classes.all(|class| class == first))
}

/// Whether a body's own total is unknown, or what its class asks of a partner that holds any of it.
pub(super) fn rests_on_unknown(view: &SideView, other: &SideView, body: usize) -> bool {
    let total = view.total(body);
    let mut partners = view.partners(body).iter().filter(|partner| partner.weight.value > 0.0);
    total.is_nan()
        || total > 0.0
            && partners.any(|partner| {
                // Only where each may be the whole of the other does it matter who else is there.
                let half = |whole: f64| share(partner.weight.value, whole).is_some_and(|share| at_least(share, 0.5));
                partner.theirs.is_nan() || half(total) && half(partner.theirs) && is_unsure(other, body, partner)
            })
}

/// Whether it is unknown what a partner holds in all, or how much of another body it holds.
fn is_unsure(other: &SideView, body: usize, partner: &Partner) -> bool {
    partner.theirs.is_nan() || other.partners(partner.body).iter().any(|another| another.body != body && another.theirs.is_nan())
}

/// The class by what each partner holds in all, which `theirs` gives for the partner and the weight it shares with the body, and by whether it
/// has another significant body in it.
fn classed(
    view: &SideView,
    body: usize,
    rule: Rule,
    push: Push,
    theirs: impl Fn(&Partner, f64) -> f64,
    has_another: impl Fn(&Partner) -> bool,
) -> Option<Class> {
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
        let r = share(weight, theirs(partner, weight)).unwrap_or(0.0);
        let counts = rule.significant(s, r, partner.sliver);
        significant = significant.saturating_add(usize::from(counts));
        let shared = rule.whole(s) && has_another(partner);
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
