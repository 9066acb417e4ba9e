//! The whole of an alignment, from relation to result.

use crate::config::Tolerances;
use crate::domain::{Basis, Layer, Relation};

use super::association::association;
use super::at_least;
use super::class::{Push, Rule, classify, main_partner, rests_on_unknown};
use super::components::{Components, components};
use super::rates::rates;
use super::result::{Alignment, BodyMetrics, Class, MetricBounds, PairMetrics, Side};
use super::sides::{Bounded, Partner, SideView, Weights, jaccard, share, total};

/// Other tolerances under which a class must stay to be stable (domain.md E2.1).
const STABILITY: [f64; 3] = [0.01, 0.02, 0.05];

/// Everything measured about two layers: shares, classes on both sides and bases, components, association, rates.
///
/// `relation` is health x council. Area is measured where the layers have shapes, people where the relation has them. Time and space are O(n log n) in
/// bodies and pairs.
pub fn align(id: &str, health: &Layer, council: &Layer, relation: Relation, tolerances: &Tolerances) -> Alignment {
    measure(id, &health.id, &council.id, relation, tolerances)
}

/// As [`align`], for layers known by their ids alone (a proposed merger has no polygons).
pub fn measure(id: &str, health_layer: &str, council_layer: &str, relation: Relation, tolerances: &Tolerances) -> Alignment {
    let width_m = tolerances.sliver_width_m.unwrap_or(relation.sliver_width_m);
    let rule = Rule::new(tolerances.equal, tolerances.significant);
    let measured = [(Basis::Area, !relation.shapeless), (Basis::People, relation.has_people)];
    let bases: Vec<Basis> = measured.into_iter().filter(|(_, known)| *known).map(|(basis, _)| basis).collect();
    let weighed: Vec<(Weights, Components)> = bases
        .iter()
        .map(|basis| {
            let weights = Weights::new(&relation, *basis, width_m);
            let components = components(&relation, &weights, rule);
            (weights, components)
        })
        .collect();
    // Components of every basis go into one list, one basis after the other.
    let mut offsets = Vec::with_capacity(weighed.len());
    let mut offset = 0usize;
    for (_, components) in &weighed {
        offsets.push(offset);
        offset = offset.saturating_add(components.list.len());
    }
    let component_of = |basis: Basis, side: Side, body: usize| {
        let place = bases.iter().position(|known| *known == basis)?;
        offsets.get(place)?.checked_add(weighed.get(place)?.1.of(side, body)?)
    };
    let pairs = pair_metrics(&relation, rule, width_m, &component_of);
    let mut bodies = Vec::new();
    for side in [Side::Health, Side::Council] {
        let count = match side {
            Side::Health => relation.left.len(),
            Side::Council => relation.right.len(),
        };
        for body in 0..count {
            let from = bodies.len();
            for (weights, _) in &weighed {
                let component = component_of(weights.basis, side, body).unwrap_or_default();
                bodies.push(body_metrics((weights.side(side), weights.side(side.other())), body, weights.basis, tolerances, component));
            }
            agree(bodies.get_mut(from..).unwrap_or_default());
        }
    }
    Alignment {
        id: id.to_owned(),
        health_layer: health_layer.to_owned(),
        council_layer: council_layer.to_owned(),
        pairs,
        bodies,
        associations: weighed.iter().map(|(weights, _)| association(&relation, weights)).collect(),
        rates: weighed.iter().flat_map(|(weights, _)| rates(&relation, weights, tolerances.equal, tolerances.significant)).collect(),
        components: weighed.into_iter().flat_map(|(_, components)| components.list).collect(),
        bases,
        relation,
    }
}

fn pair_metrics(
    relation: &Relation,
    rule: Rule,
    width_m: f64,
    component_of: &impl Fn(Basis, Side, usize) -> Option<usize>,
) -> Vec<PairMetrics> {
    let metrics = |pair: &crate::domain::RelationPair| {
        let left = relation.left.get(pair.left);
        let right = relation.right.get(pair.right);
        let area = |body: Option<&crate::domain::Body>| body.map_or(0.0, |body| body.area_m2);
        let (left_area, right_area, both_area) = (area(left), area(right), pair.amounts.area_m2);
        let people = |body: Option<&crate::domain::Body>| body?.people.map(|people| people.as_f64());
        let (left_people, right_people) = (people(left), people(right));
        let both_people = pair.amounts.people.map(|people| people.as_f64()).filter(|_| relation.has_people);
        // Of a unit too small for the grid a part can be more than the whole, by what crossings were rounded by.
        let of_land = |figure: Option<f64>| relation.land(figure.unwrap_or(0.0).min(1.0));
        let share_left_people = both_people.zip(left_people).and_then(|(both, whole)| share(both, whole));
        let share_right_people = both_people.zip(right_people).and_then(|(both, whole)| share(both, whole));
        // People decide where they are known of the pair and of both its bodies, else the area does, and without shapes those people who are
        // known. Then the answer is not certain.
        let unknown = relation.has_people && [both_people, left_people, right_people].iter().any(Option::is_none);
        let judged = if relation.has_people && !unknown { Basis::People } else { Basis::Area };
        let whole = |body: Option<&crate::domain::Body>| body.map_or(0.0, |body| total(body, judged));
        let (ours, theirs) = (whole(left), whole(right));
        let weight = Bounded::of(&pair.amounts, judged, width_m, ours.min(theirs));
        let counts = |weight: f64| rule.significant(share(weight, ours).unwrap_or(0.0), share(weight, theirs).unwrap_or(0.0), pair.sliver);
        let significant = if unknown && relation.shapeless {
            let (s, r) = relation.known_shares(pair);
            rule.significant(s, r, pair.sliver)
        } else {
            counts(weight.value)
        };
        PairMetrics {
            share_left_area: of_land(share(both_area, left_area)),
            share_right_area: of_land(share(both_area, right_area)),
            jaccard_area: of_land(jaccard(both_area, left_area, right_area)),
            share_left_people,
            share_right_people,
            jaccard_people: both_people.zip(left_people).zip(right_people).and_then(|((both, ours), theirs)| jaccard(both, ours, theirs)),
            significant,
            significant_stable: !unknown && [weight.low, weight.high].into_iter().all(|bound| counts(bound) == significant),
            component_area: component_of(Basis::Area, Side::Health, pair.left),
            component_people: component_of(Basis::People, Side::Health, pair.left),
        }
    };
    relation.pairs.iter().map(metrics).collect()
}

fn body_metrics(
    (view, other): (&SideView, &SideView),
    body: usize,
    basis: Basis,
    tolerances: &Tolerances,
    component: usize,
) -> BodyMetrics {
    let total = view.total(body);
    let rule = Rule::new(tolerances.equal, tolerances.significant);
    let mut metrics = BodyMetrics {
        side: view.side,
        body,
        basis,
        class: classify(view, other, body, rule, Push::Estimate),
        main_partner: None,
        main_share: None,
        best_jaccard: None,
        n_partners: 0,
        n_effective: None,
        mapcurves: None,
        share_outside: share(view.outside(body).value, total),
        class_agrees: None,
        class_stable: !rests_on_unknown(view, other, body),
        other_classes: Vec::new(),
        component,
        bounds: None,
        known: !total.is_nan(),
    };
    let stable = metrics.class_stable;
    // The class of a body whose own weight is known may be unknown because of a partner; its own figures are known all the same.
    if metrics.class.is_none() && (!metrics.known || stable) {
        return metrics;
    }
    let partners = view.partners(body);
    let (mut best_jaccard, mut mapcurves, mut covered, mut squares) = (Some(0.0f64), Some(0.0), 0.0, 0.0);
    for partner in partners {
        let weight = partner.weight.value;
        let s = share(weight, total).unwrap_or(0.0);
        // A partner of unknown total makes a figure that needs it unknown.
        let known = |figure: Option<f64>| if partner.theirs.is_nan() { None } else { Some(figure.unwrap_or(0.0)) };
        let (fit, both) = (known(share(weight, partner.theirs)), known(jaccard(weight, total, partner.theirs)));
        best_jaccard = best_jaccard.zip(both).map(|(best, both)| best.max(both));
        mapcurves = mapcurves.zip(fit).map(|(sum, r)| sum + s * r);
        covered += weight;
        squares += weight * weight;
        metrics.n_partners = metrics.n_partners.saturating_add(usize::from(!partner.sliver && at_least(s, rule.significant)));
    }
    let main = main_partner(partners);
    metrics.main_partner = main.map(|partner| partner.body);
    metrics.main_share = main.and_then(|partner| share(partner.weight.value, total)).map(|share| share.min(1.0));
    metrics.best_jaccard = best_jaccard;
    metrics.mapcurves = mapcurves;
    // Sum of (w / covered)^2 without dividing each: 1 / that is covered^2 / sum w^2.
    metrics.n_effective = share(covered * covered, squares).map(|n| n.max(1.0));
    metrics.other_classes = other_classes((view, other), body, metrics.class, rule, tolerances.significant);
    metrics.class_stable = stable && metrics.other_classes.is_empty();
    metrics.bounds = stable.then(|| bounds(partners, total, main));
    metrics
}

/// What figures of a body come to at the bounds.
fn bounds(partners: &[Partner], total: f64, main: Option<&Partner>) -> MetricBounds {
    let main_body = main.map(|main| main.body);
    let effective = |push: Push| {
        let weights = || partners.iter().map(|partner| push.take(partner.weight, Some(partner.body) == main_body));
        let covered: f64 = weights().sum();
        share(covered * covered, weights().map(|weight| weight * weight).sum()).map_or(1.0, |n| n.max(1.0))
    };
    let (a, b) = (effective(Push::MainLow), effective(Push::MainHigh));
    let best =
        |end: fn(&Partner) -> f64| partners.iter().filter_map(|partner| jaccard(end(partner), total, partner.theirs)).fold(0.0, f64::max);
    let rival = partners.iter().filter(|partner| Some(partner.body) != main_body).map(|partner| partner.weight.high).fold(0.0, f64::max);
    MetricBounds {
        n_effective: (a.min(b), a.max(b)),
        best_jaccard: (best(|partner| partner.weight.low), best(|partner| partner.weight.high)),
        main_partner_stable: main.is_some_and(|main| main.weight.low > rival || partners.len() == 1),
    }
}

/// Classes met, besides `class`, under the tolerances of [`STABILITY`] and with the weights pushed to their bounds.
///
/// What is in doubt is where a line runs, so weight that the main partner loses is weight that the others may gain, and the other way
/// round: the two ends tried are the main partner at its low bound with every other partner and the uncovered part at their high
/// bounds, and the reverse, at the run's own tolerances. Totals stay as measured.
fn other_classes((view, other): (&SideView, &SideView), body: usize, class: Option<Class>, rule: Rule, significant: f64) -> Vec<Class> {
    let by_tolerance = STABILITY.into_iter().map(|equal| classify(view, other, body, Rule::new(equal, significant), Push::Estimate));
    let by_bounds = [Push::MainLow, Push::MainHigh].into_iter().map(|push| classify(view, other, body, rule, push));
    let mut others: Vec<Class> = by_tolerance.chain(by_bounds).filter(|other| *other != class).flatten().collect();
    others.sort_unstable();
    others.dedup();
    others
}

/// Fills `class_agrees` of one body's rows, where there are two bases and each has a class.
fn agree(rows: &mut [BodyMetrics]) {
    let agrees = match &*rows {
        [area, people] => area.class.zip(people.class).map(|(area, people)| area == people),
        _ => None,
    };
    for row in rows {
        row.class_agrees = agrees;
    }
}
