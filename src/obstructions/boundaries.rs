//! BND-02, BND-03, BND-07 to BND-09: who must work with whom, and how sure that is. Crossing parts are in `crossings`.

use super::message::values;
use super::rule::{Confidence, Exposes, Obstruction, Rule, Thresholds, View, views};
use crate::alignment::{Class, Side, at_least, more_than};
use crate::domain::{Basis, People, Severity};
use crate::words::{count, list, percent};

const SIDES: [Side; 2] = [Side::Health, Side::Council];

pub(super) const BND_02: Rule = Rule {
    id: "BND-02",
    family: "BND",
    title: "partitioned council",
    severity: Severity::Low,
    condition: "at least `value` NHS bodies of class `nested` lie in the council; medium from `medium` of them, if the council has a crossing part",
    thresholds: &[("value", 2.0), ("medium", 4.0)],
    evidence: "number of nested NHS bodies; people of the council",
    exposes: Exposes::Body,
    message: "{council} must agree plans with {bodies} inside it: {names}.",
    source: &["goodwin-2001", "patient-led-2005"],
    rests_on: "class `nested` of the NHS bodies, and the council's own crossing parts",
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
                if bodies.is_empty() || !thresholds.reached("value", bodies.len() as f64) {
                    continue;
                }
                let share = |body: usize| view.pair(body, council).map_or(0.0, |pair| pair.share_right);
                let mut members: Vec<usize> = bodies.iter().map(|(body, _)| *body).collect();
                members.sort_by(|a, b| share(*b).total_cmp(&share(*a)).then(a.cmp(b)));
                let names: Vec<String> =
                    members.iter().map(|body| format!("{} ({})", view.name(Side::Health, *body), percent(share(*body)))).collect();
                let values = values! {
                    council: view.name(Side::Council, council),
                    bodies: count(bodies.len(), "NHS body", "NHS bodies"),
                    names: list(&names),
                };
                let many = thresholds.reached("medium", bodies.len() as f64);
                let certain = bodies.iter().filter(|(_, stable)| *stable).count() as f64;
                let mut found = thresholds
                    .found(values)
                    .about(view, Side::Council, council)
                    .measured("nested_bodies", bodies.len() as f64, Some(thresholds.get("value")), "bodies")
                    .people(view.people_of(Side::Council, council))
                    .stable_if(thresholds.reached("value", certain));
                if many {
                    found.severity = Severity::Medium;
                }
                out.push(found);
            }
        }
    },
};

pub(super) const BND_03: Rule = Rule {
    id: "BND-03",
    family: "BND",
    title: "aggregate body",
    severity: Severity::Info,
    condition: "the NHS body's class is `aggregate`: it is made of two or more whole councils",
    thresholds: &[],
    evidence: "number of whole councils; people of the body",
    exposes: Exposes::Body,
    message: "{body} covers {councils} ({names}); a joint plan is needed with each.",
    source: &["poxton", "patient-led-2005"],
    rests_on: "class `aggregate` of the NHS body: every whole council counts alike",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for metrics in view.metrics(Side::Health).filter(|metrics| metrics.class == Some(Class::Aggregate)) {
                let whole = 1.0 - evidence.tolerances.equal;
                let names: Vec<String> = view
                    .pairs_of(metrics.body)
                    .filter(|pair| pair.significant && at_least(pair.share_right, whole))
                    .map(|pair| view.name(Side::Council, pair.pair.right))
                    .collect();
                let values = values! {
                    body: view.name(Side::Health, metrics.body),
                    councils: count(names.len(), "whole council", "whole councils"),
                    names: list(&names),
                };
                out.push(
                    thresholds
                        .found(values)
                        .about(view, Side::Health, metrics.body)
                        .measured("whole_councils", names.len() as f64, Some(2.0), "councils")
                        .people(view.people_of(Side::Health, metrics.body))
                        .stable_if(metrics.class_stable),
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
                services (needs `district` in the alignment); low where the body has no crossing part",
    thresholds: &[],
    evidence: "Jaccard of the body and its districts; people of the body",
    exposes: Exposes::Body,
    message: "{body} matches the {districts}[, but social care is run by {councils}; it has {shares}][, but shares no people with {a_council}].",
    source: &["poxton", "glendinning-2001"],
    rests_on: "classes of the NHS body among councils and among districts",
    check: |evidence, thresholds, out| {
        for two_tier in evidence.two_tier {
            let Some(view) = views(evidence).find(|view| view.alignment.id == two_tier.council.id) else { continue };
            let districts = View::new(two_tier.district);
            for gap in two_tier.gaps {
                let names: Vec<String> = gap.districts.iter().map(|district| districts.name(Side::Council, *district)).collect();
                // A body that fits its districts can lie in two counties.
                let mut councils: Vec<(f64, usize)> =
                    view.pairs_of(gap.health).filter(|pair| pair.significant).map(|pair| (pair.share_left, pair.pair.right)).collect();
                councils.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                let run: Vec<String> = councils.iter().map(|(_, council)| view.name(Side::Council, *council)).collect();
                let parts: Vec<String> = councils
                    .iter()
                    .filter_map(|(_, council)| view.pair(gap.health, *council))
                    .map(|pair| {
                        let of = view.name(Side::Council, pair.pair.right);
                        format!("{} of the {} of {of}", percent(pair.share_right), view.whose())
                    })
                    .collect();
                let values = values! {
                    body: view.name(Side::Health, gap.health),
                    districts: format!("{} {}", if names.len() == 1 { "district of" } else { "districts of" }, list(&names)),
                    councils: (!run.is_empty()).then(|| list(&run)),
                    shares: (!run.is_empty()).then(|| list(&parts)),
                    a_council: run.is_empty().then(|| "a council that provides social care".to_owned()),
                };
                // It is the gap of two classes: of the body among councils and among districts.
                let stable = [view, districts]
                    .iter()
                    .all(|view| view.alignment.body(Side::Health, gap.health, gap.basis).is_some_and(|metrics| metrics.class_stable));
                let mut found = thresholds
                    .found(values)
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
    condition: "the main partner by area is not the one by people, or some partner's two shares differ by more than `value`; bodies made of whole \
                partners by land and by people are left out",
    thresholds: &[("value", 0.1)],
    evidence: "largest difference between the share by area and by people; people of the body",
    exposes: Exposes::Body,
    message: "By land {land} of {body} is in {partner}, by people {residents}[; its main partner is {main_by_land} by land and {main_by_people} by people].",
    source: &["overlaps"],
    rests_on: "shares of the body by land and by people; bodies made of whole partners are left out, as no weighting changes where they belong",
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
        if widest.is_none_or(|(most, ..)| more_than(gap, most)) {
            *widest = Some((gap, partner, by_area, by_people));
        }
    }
    let other = if side == Side::Health { Side::Council } else { Side::Health };
    for (body, widest) in widest.into_iter().enumerate() {
        let Some((gap, partner, by_area, by_people)) = widest else { continue };
        // However its partners are weighed, a body made of whole ones belongs where it does.
        let made_of_wholes =
            |basis: Basis| view.alignment.body(side, body, basis).is_some_and(|metrics| metrics.class == Some(Class::Aggregate));
        if made_of_wholes(Basis::Area) && made_of_wholes(Basis::People) {
            continue;
        }
        let main = |basis: Basis| view.alignment.body(side, body, basis).and_then(|metrics| metrics.main_partner);
        let mains = main(Basis::Area).zip(main(Basis::People)).filter(|(land, people)| land != people);
        if !thresholds.exceeded("value", gap) && mains.is_none() {
            continue;
        }
        let main_stable = [Basis::Area, Basis::People].into_iter().all(|basis| {
            let bounds = view.alignment.body(side, body, basis).and_then(|metrics| metrics.bounds);
            bounds.is_some_and(|bounds| bounds.main_partner_stable)
        });
        let main_name = |chosen: fn((usize, usize)) -> usize| mains.map(|mains| view.name(other, chosen(mains)));
        let values = values! {
            land: percent(by_area),
            body: view.name(side, body),
            partner: view.name(other, partner),
            residents: percent(by_people),
            main_by_land: main_name(|(land, _)| land),
            main_by_people: main_name(|(_, people)| people),
        };
        out.push(
            thresholds
                .found(values)
                .about(view, side, body)
                .with(view, other, partner)
                .measured("share_gap", gap, Some(thresholds.value()), "share 0-1")
                .people(view.people_of(side, body))
                .stable_if(thresholds.exceeded("value", least_gap(view, side, body, partner, by_area)) || (mains.is_some() && main_stable)),
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
    message: "{body} is {class} here, but {others} under other tolerances or at the bounds of what was measured.",
    source: &["method"],
    rests_on: "the body's class at the bounds and under other tolerances",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for side in SIDES {
                for metrics in view.metrics(side).filter(|metrics| !metrics.class_stable) {
                    let Some(class) = metrics.class else { continue };
                    let word = |class: Class| class.as_str(side).replace('_', " ");
                    let others: Vec<String> = metrics.other_classes.iter().map(|class| word(*class)).collect();
                    let values = values! {
                        body: view.name(side, metrics.body),
                        class: word(class),
                        others: others.join(" or "),
                    };
                    out.push(
                        thresholds
                            .found(values)
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
