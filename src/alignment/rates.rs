//! How many bodies count as coterminous, at every tolerance (domain.md E2.3, E2.4).

use crate::domain::{People, Relation};

use super::class::{Push, Rule, classify, rests_on_unknown};
use super::result::{Class, Definition, Rate, Side};
use super::sides::{SideView, Weights, share};

/// The tolerances every alignment is published at (domain.md E2.4); its own `equal` is added.
pub(super) const SENSITIVITY: [f64; 7] = [0.0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.10];

/// Rates on one basis, by definition, equal, side.
pub(super) fn rates(relation: &Relation, weights: &Weights, equal: f64, significant: f64) -> Vec<Rate> {
    let mut equals = SENSITIVITY.to_vec();
    equals.push(equal);
    equals.sort_by(f64::total_cmp);
    equals.dedup();
    let classed: Vec<Classed> = equals
        .iter()
        .map(|equal| {
            let rule = Rule::new(*equal, significant);
            Classed {
                rule,
                health: classes(&weights.health, &weights.council, rule),
                council: classes(&weights.council, &weights.health, rule),
            }
        })
        .collect();
    let mut rates = Vec::new();
    for definition in [Definition::Strict, Definition::Structural] {
        for Classed { rule, health, council } in &classed {
            for side in [Side::Health, Side::Council] {
                let (own, other) = match side {
                    Side::Health => (health, council),
                    Side::Council => (council, health),
                };
                let view = weights.side(side);
                let counts: Vec<bool> = (0..view.len())
                    .map(|body| match definition {
                        Definition::Strict => own.get(body).copied().flatten() == Some(Class::Coterminous),
                        Definition::Structural => structural(view, body, *rule, own, other),
                    })
                    .collect();
                let facing = weights.side(if side == Side::Health { Side::Council } else { Side::Health });
                let is_unknown = |body: usize| own.get(body).copied().flatten().is_none() && rests_on_unknown(view, facing, body);
                let unknown = (0..view.len()).any(is_unknown);
                let coterminous = counts.iter().filter(|counts| **counts).count();
                rates.push(Rate {
                    basis: weights.basis,
                    definition,
                    equal: rule.equal,
                    side,
                    coterminous,
                    of: view.len(),
                    share: share(coterminous as f64, view.len() as f64).filter(|_| !unknown),
                    people_share: people_share(relation, side, &counts),
                });
            }
        }
    }
    rates
}

/// The classes of both sides at one tolerance.
struct Classed {
    rule: Rule,
    health: Vec<Option<Class>>,
    council: Vec<Option<Class>>,
}

fn classes(view: &SideView, other: &SideView, rule: Rule) -> Vec<Option<Class>> {
    (0..view.len()).map(|body| classify(view, other, body, rule, Push::Estimate)).collect()
}

/// One to one, or made of whole partners, or a whole member of a partner made of whole bodies. Membership is judged by the body's
/// share alone: a member may at the same time be, say, an aggregate of nothing else.
fn structural(view: &SideView, body: usize, rule: Rule, own: &[Option<Class>], other: &[Option<Class>]) -> bool {
    if matches!(own.get(body).copied().flatten(), Some(Class::Coterminous | Class::Aggregate)) {
        return true;
    }
    view.partners(body).iter().any(|partner| {
        let whole = share(partner.weight.value, view.total(body)).is_some_and(|share| rule.whole(share));
        whole && other.get(partner.body).copied().flatten() == Some(Class::Aggregate)
    })
}

/// People of the bodies that count over all people of the side, whatever the basis; `None` without people.
fn people_share(relation: &Relation, side: Side, counts: &[bool]) -> Option<f64> {
    if !relation.has_people {
        return None;
    }
    let bodies = match side {
        Side::Health => &relation.left,
        Side::Council => &relation.right,
    };
    let all: People = bodies.iter().map(|body| body.people).sum::<Option<People>>()?;
    let counted: People = bodies.iter().zip(counts).filter(|(_, counts)| **counts).filter_map(|(body, _)| body.people).sum();
    share(counted.as_f64(), all.as_f64())
}
