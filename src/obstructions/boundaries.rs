//! BND: boundaries that do not match.

use super::rule::{Confidence, Exposes, Obstruction, Rule, Thresholds, View, views};
use super::sentence::{count, list, people, percent};
use crate::alignment::{Class, ComponentKind, Side};
use crate::domain::{Basis, People, Severity};

/// Comparisons with a tolerance give way by this (domain.md E2.1).
const GUARD: f64 = 1e-9;

const SIDES: [Side; 2] = [Side::Health, Side::Council];

pub(super) const BND_01: Rule = Rule {
    id: "BND-01",
    family: "BND",
    title: "spanning body",
    severity: Severity::Medium,
    condition: "the NHS body's class is `spanning`; high where its main share is below `main_share`",
    thresholds: &[("main_share", 0.8)],
    evidence: "main_share; people outside the main council",
    exposes: Exposes::Outside,
    message: "{body} works with {n} councils; {x}% of its residents ({people}) are outside {main}.",
    source: "S3, S4",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for metrics in view.metrics(Side::Health).filter(|metrics| metrics.class == Some(Class::Spanning)) {
                let (Some(main), Some(share)) = (metrics.main_partner, metrics.main_share) else { continue };
                let outside = view.people_outside(Side::Health, metrics.body, main);
                let (body, council) = (view.name(Side::Health, metrics.body), view.name(Side::Council, main));
                let many = outside.map_or_else(String::new, |outside| format!(" ({})", people(outside)));
                let message = format!(
                    "{body} works with {}; {} of its {}{many} {} outside {council}.",
                    count(metrics.n_partners, "council", "councils"),
                    percent(1.0 - share),
                    view.whose(),
                    if view.basis == Basis::People { "are" } else { "is" },
                );
                let mut found = thresholds
                    .found(message)
                    .about(view, Side::Health, metrics.body)
                    .with(view, Side::Council, main)
                    .measured("main_share", share, Some(thresholds.get("main_share")), "share 0-1")
                    .people(outside)
                    .stable_if(metrics.class_stable);
                if share < thresholds.get("main_share") {
                    found.severity = Severity::High;
                }
                out.push(found);
            }
        }
    },
};

pub(super) const BND_02: Rule = Rule {
    id: "BND-02",
    family: "BND",
    title: "partitioned council",
    severity: Severity::Medium,
    condition: "at least `value` NHS bodies of class `nested` have the council as their main partner",
    thresholds: &[("value", 2.0)],
    evidence: "number of nested NHS bodies; people of the council",
    exposes: Exposes::Body,
    message: "{council} must agree plans with {n} NHS bodies: {names}.",
    source: "S4; HSJ 16088",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let mut nested: Vec<Vec<(usize, bool)>> = view.alignment.relation.right.iter().map(|_| Vec::new()).collect();
            for metrics in view.metrics(Side::Health) {
                if metrics.class == Some(Class::Nested)
                    && let Some(bodies) = metrics.main_partner.and_then(|council| nested.get_mut(council))
                {
                    bodies.push((metrics.body, metrics.class_stable));
                }
            }
            for (council, bodies) in nested.iter().enumerate() {
                if bodies.is_empty() || (bodies.len() as f64) < thresholds.value() {
                    continue;
                }
                let names: Vec<String> = bodies.iter().map(|(body, _)| view.name(Side::Health, *body)).collect();
                let message = format!(
                    "{} must agree plans with {} inside it: {}.",
                    view.name(Side::Council, council),
                    count(bodies.len(), "NHS body", "NHS bodies"),
                    list(&names)
                );
                out.push(
                    thresholds
                        .found(message)
                        .about(view, Side::Council, council)
                        .measured("nested_bodies", bodies.len() as f64, Some(thresholds.value()), "bodies")
                        .people(view.people_of(Side::Council, council))
                        .stable_if(bodies.iter().filter(|(_, stable)| *stable).count() as f64 >= thresholds.value()),
                );
            }
        }
    },
};

pub(super) const BND_03: Rule = Rule {
    id: "BND-03",
    family: "BND",
    title: "aggregate body",
    severity: Severity::Medium,
    condition: "the NHS body's class is `aggregate`: it is made of two or more whole councils",
    thresholds: &[],
    evidence: "number of whole councils; people of the body",
    exposes: Exposes::Body,
    message: "{body} covers {n} whole councils ({names}); a joint plan is needed with each.",
    source: "S2 Huyton, Sutton",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for metrics in view.metrics(Side::Health).filter(|metrics| metrics.class == Some(Class::Aggregate)) {
                let whole = 1.0 - evidence.tolerances.equal - 1e-9;
                let names: Vec<String> = view
                    .pairs()
                    .filter(|pair| pair.pair.left == metrics.body && pair.significant && pair.share_right >= whole)
                    .map(|pair| view.name(Side::Council, pair.pair.right))
                    .collect();
                let message = format!(
                    "{} covers {} ({}); a joint plan is needed with each.",
                    view.name(Side::Health, metrics.body),
                    count(names.len(), "whole council", "whole councils"),
                    list(&names)
                );
                out.push(
                    thresholds
                        .found(message)
                        .about(view, Side::Health, metrics.body)
                        .measured("whole_councils", names.len() as f64, Some(2.0), "councils")
                        .people(view.people_of(Side::Health, metrics.body))
                        .stable_if(metrics.class_stable),
                );
            }
        }
    },
};

pub(super) const BND_04: Rule = Rule {
    id: "BND-04",
    family: "BND",
    title: "tangled boundaries",
    severity: Severity::High,
    condition: "a component of significant overlaps holds two or more bodies of either side",
    thresholds: &[],
    evidence: "agreements needed (significant pairs of the component); people of the component",
    exposes: Exposes::Component,
    message: "{n} NHS bodies and {m} councils are interlocked ({names}); none can align alone.",
    source: "S4",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let tangled = |kind: ComponentKind| kind == ComponentKind::Tangled;
            for component in view.alignment.components.iter().filter(|component| component.basis == view.basis && tangled(component.kind)) {
                let mut names: Vec<String> = component.health.iter().map(|body| view.name(Side::Health, *body)).collect();
                names.extend(component.council.iter().map(|body| view.name(Side::Council, *body)));
                let message = format!(
                    "{} and {} are interlocked ({}); none can align alone, and joint working everywhere needs {}.",
                    count(component.health.len(), "NHS body", "NHS bodies"),
                    count(component.council.len(), "council", "councils"),
                    list(&names),
                    count(component.agreements_needed, "agreement", "agreements"),
                );
                let stable = SIDES.into_iter().all(|side| {
                    let members = if side == Side::Health { &component.health } else { &component.council };
                    members.iter().all(|body| view.alignment.body(side, *body, view.basis).is_some_and(|metrics| metrics.class_stable))
                });
                let mut found = thresholds
                    .found(message)
                    .measured("agreements_needed", component.agreements_needed as f64, None, "agreements")
                    .people(component.people)
                    .stable_if(stable);
                found.alignment = Some(view.alignment.id.clone());
                found.subject_code = Some(component.name.clone());
                let named_by_health = component.health.iter().any(|body| view.code(Side::Health, *body) == component.name);
                found.subject_side = Some(if named_by_health { Side::Health } else { Side::Council });
                out.push(found);
            }
        }
    },
};

pub(super) const BND_05: Rule = Rule {
    id: "BND-05",
    family: "BND",
    title: "minor crossing",
    severity: Severity::Low,
    condition: "a pair that is no sliver and holds more than `sliver_share` and less than `significant` (both of [tolerances]) of the NHS body, \
                and at least `value` people",
    thresholds: &[("value", 500.0)],
    evidence: "people of the pair, with their bounds in table `overlap`",
    exposes: Exposes::Pair,
    message: "About {people} residents of {body} ({x}%) live in {council}.",
    source: "S3",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for pair in view.pairs().filter(|pair| !pair.pair.sliver) {
                let amounts = &pair.pair.amounts;
                let Some(crossing) = amounts.people else { continue };
                // With the guard of the classes, so that exactly 5% is significant here as it is there.
                let tolerances = evidence.tolerances;
                let minor = |share: f64| share > tolerances.sliver_share + GUARD && share < tolerances.significant - GUARD;
                if crossing.as_f64() < thresholds.value() || !minor(pair.share_left) {
                    continue;
                }
                let between = match (amounts.people_low, amounts.people_high) {
                    (Some(low), Some(high)) if people(low) != people(high) => format!(" (between {} and {})", people(low), people(high)),
                    _ => String::new(),
                };
                let message = format!(
                    "About {}{between} residents of {}, {} of them all, live in {}.",
                    people(crossing),
                    view.name(Side::Health, pair.pair.left),
                    percent(pair.share_left),
                    view.name(Side::Council, pair.pair.right),
                );
                let whole = view.people_of(Side::Health, pair.pair.left).map_or(0.0, People::as_f64);
                let still =
                    |bound: Option<People>| bound.is_none_or(|bound| bound.as_f64() >= thresholds.value() && minor(bound.as_f64() / whole));
                let sure = still(amounts.people_low) && still(amounts.people_high);
                out.push(
                    thresholds
                        .found(message)
                        .about(view, Side::Health, pair.pair.left)
                        .with(view, Side::Council, pair.pair.right)
                        .measured("people", crossing.as_f64(), Some(thresholds.value()), "people")
                        .people(Some(crossing))
                        .stable_if(sure),
                );
            }
        }
    },
};

pub(super) const BND_06: Rule = Rule {
    id: "BND-06",
    family: "BND",
    title: "council deals with several bodies",
    severity: Severity::Medium,
    condition: "the council's effective number of NHS bodies is at least `value`",
    thresholds: &[("value", 1.5)],
    evidence: "n_effective = 1 / sum of squared shares, over the covered part",
    exposes: Exposes::Body,
    message: "{council} effectively deals with {n} NHS bodies.",
    source: "S3",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for metrics in view.metrics(Side::Council) {
                let Some(effective) = metrics.n_effective.filter(|effective| *effective >= thresholds.value()) else { continue };
                let message = format!(
                    "{} effectively deals with {effective:.1} NHS bodies, {} of them with a significant share of it.",
                    view.name(Side::Council, metrics.body),
                    metrics.n_partners
                );
                out.push(
                    thresholds
                        .found(message)
                        .about(view, Side::Council, metrics.body)
                        .measured("n_effective", effective, Some(thresholds.value()), "bodies")
                        .people(view.people_of(Side::Council, metrics.body))
                        .stable_if(metrics.bounds.is_some_and(|bounds| bounds.n_effective.0 >= thresholds.value())),
                );
            }
        }
    },
};

pub(super) const BND_07: Rule = Rule {
    id: "BND-07",
    family: "BND",
    title: "two-tier gap",
    severity: Severity::Medium,
    condition: "the NHS body is one district or a group of whole districts, and neither one nor a group of whole councils with social \
                services (needs `district` in the alignment)",
    thresholds: &[],
    evidence: "Jaccard of the body and its districts; people of the body",
    exposes: Exposes::Body,
    message: "{body} fits {districts}, but social care is run by {county}.",
    source: "S2, S3",
    check: |evidence, thresholds, out| {
        for two_tier in evidence.two_tier {
            let view = View::new(two_tier.council);
            let districts = View::new(two_tier.district);
            for gap in two_tier.gaps {
                let names: Vec<String> = gap.districts.iter().map(|district| districts.name(Side::Council, *district)).collect();
                let county = gap.council.map_or_else(|| "nobody it meets".to_owned(), |council| view.name(Side::Council, council));
                let body = view.name(Side::Health, gap.health);
                let of_it =
                    gap.share_of_council.map_or_else(String::new, |share| format!(", {} of whose {} it has", percent(share), view.whose()));
                let message = format!("{body} fits {}, but social care is run by {county}{of_it}.", list(&names));
                // It is the gap of two classes: of the body among councils and among districts.
                let stable = [view, districts]
                    .iter()
                    .all(|view| view.alignment.body(Side::Health, gap.health, gap.basis).is_some_and(|metrics| metrics.class_stable));
                let mut found = thresholds
                    .found(message)
                    .about(view, Side::Health, gap.health)
                    .measured("district_jaccard", gap.district_jaccard, None, "share 0-1")
                    .people(view.people_of(Side::Health, gap.health))
                    .stable_if(stable);
                if let Some(council) = gap.council {
                    found = found.with(view, Side::Council, council);
                }
                out.push(found);
            }
        }
    },
};

pub(super) const BND_08: Rule = Rule {
    id: "BND-08",
    family: "BND",
    title: "area and population disagree",
    severity: Severity::Info,
    condition: "the main partner by area is not the one by people, or some partner's two shares differ by more than `value`",
    thresholds: &[("value", 0.1)],
    evidence: "largest difference between the share by area and by people; people of the body",
    exposes: Exposes::Body,
    message: "By land {a}% of {body} is in {partner}, by people {b}%.",
    source: "domain.md C2",
    check: |evidence, thresholds, out| {
        for view in views(evidence).filter(|view| view.basis == Basis::People) {
            for side in SIDES {
                area_against_people(view, side, thresholds, out);
            }
        }
    },
};

/// BND-08 for the bodies of a side.
fn area_against_people(view: View<'_>, side: Side, thresholds: &Thresholds<'_>, out: &mut Vec<Obstruction>) {
    // Body: (gap, partner, share by area, share by people) of the partner whose shares differ most; ties to the smaller code.
    let mut widest: Vec<Option<(f64, usize, f64, f64)>> =
        if side == Side::Health { vec![None; view.alignment.relation.left.len()] } else { vec![None; view.alignment.relation.right.len()] };
    for (pair, metrics) in view.alignment.relation.pairs.iter().zip(&view.alignment.pairs) {
        let (body, partner, by_area, by_people) = match side {
            Side::Health => (pair.left, pair.right, metrics.share_left_area, metrics.share_left_people),
            Side::Council => (pair.right, pair.left, metrics.share_right_area, metrics.share_right_people),
        };
        let (Some(by_area), Some(by_people), Some(widest)) = (by_area, by_people, widest.get_mut(body)) else { continue };
        let gap = (by_area - by_people).abs();
        // Of two partners that share a body the gaps are one figure; rounding must not choose between them.
        if widest.is_none_or(|(most, ..)| gap > most + GUARD) {
            *widest = Some((gap, partner, by_area, by_people));
        }
    }
    let other = if side == Side::Health { Side::Council } else { Side::Health };
    for (body, widest) in widest.into_iter().enumerate() {
        let Some((gap, partner, by_area, by_people)) = widest else { continue };
        let main = |basis: Basis| view.alignment.body(side, body, basis).and_then(|metrics| metrics.main_partner);
        let mains = main(Basis::Area).zip(main(Basis::People)).filter(|(land, people)| land != people);
        if gap <= thresholds.value() && mains.is_none() {
            continue;
        }
        let main_stable = [Basis::Area, Basis::People].into_iter().all(|basis| {
            let bounds = view.alignment.body(side, body, basis).and_then(|metrics| metrics.bounds);
            bounds.is_some_and(|bounds| bounds.main_partner_stable)
        });
        let mut message = format!(
            "By land {} of {} is in {}, by people {}",
            percent(by_area),
            view.name(side, body),
            view.name(other, partner),
            percent(by_people)
        );
        if let Some((land, people)) = mains {
            message.push_str(&format!(
                "; its main partner is {} by land and {} by people",
                view.name(other, land),
                view.name(other, people)
            ));
        }
        message.push('.');
        out.push(
            thresholds
                .found(message)
                .about(view, side, body)
                .with(view, other, partner)
                .measured("share_gap", gap, Some(thresholds.value()), "share 0-1")
                .people(view.people_of(side, body))
                .stable_if(least_gap(view, side, body, partner, by_area) > thresholds.value() || (mains.is_some() && main_stable)),
        );
    }
}

/// The least that a share by area and one by people can differ within the bounds of the people.
fn least_gap(view: View<'_>, side: Side, body: usize, partner: usize, by_area: f64) -> f64 {
    let (left, right) = if side == Side::Health { (body, partner) } else { (partner, body) };
    let whole = view.people_of(side, body).map_or(0.0, People::as_f64);
    let amounts = view.pair(left, right).map(|pair| pair.pair.amounts);
    let Some((Some(low), Some(high))) = amounts.map(|amounts| (amounts.people_low, amounts.people_high)) else { return 0.0 };
    let (low, high) = (low.as_f64() / whole, high.as_f64() / whole);
    if whole <= 0.0 { 0.0 } else { (low - by_area).max(by_area - high).max(0.0) }
}

pub(super) const BND_09: Rule = Rule {
    id: "BND-09",
    family: "BND",
    title: "class unstable",
    severity: Severity::Info,
    condition: "the body's class changes under the bounds of its people, or under a tolerance of 0.01, 0.02 or 0.05",
    thresholds: &[],
    evidence: "number of other classes met; people of the body",
    exposes: Exposes::Body,
    message: "{body} is {class}, but {others} under other tolerances or at the bounds of its people.",
    source: "domain.md E2.1",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for side in SIDES {
                for metrics in view.metrics(side).filter(|metrics| !metrics.class_stable) {
                    let Some(class) = metrics.class else { continue };
                    let word = |class: Class| class.as_str(side).replace('_', " ");
                    let others: Vec<String> = metrics.other_classes.iter().map(|class| word(*class)).collect();
                    let message = format!(
                        "{} is {} here, but {} under other tolerances or at the bounds of what was measured.",
                        view.name(side, metrics.body),
                        word(class),
                        others.join(" or "),
                    );
                    out.push(
                        thresholds
                            .found(message)
                            .about(view, side, metrics.body)
                            .measured("other_classes", metrics.other_classes.len() as f64, None, "classes")
                            .people(view.people_of(side, metrics.body))
                            .confidence(Confidence::Unstable),
                    );
                }
            }
        }
    },
};
