//! BND-10 to BND-12: people who are counted twice over, and bodies of the wrong size.

use super::message::values;
use super::rule::{Confidence, Exposes, Rule, View, views};
use crate::alignment::Side;
use crate::domain::number::{Parsed, parse_decimal};
use crate::domain::{Area, People, Severity};
use crate::words::{people, percent};

/// A number in an attribute; `None` where the attribute is absent, blank, unknown, or no number (finding DQ-07 of [`super::check_attributes`]).
pub(super) fn attribute_number(area: &Area, name: &str) -> Option<f64> {
    match parse_decimal(area.attributes.get(name)?) {
        Parsed::Known(number) => f64::try_from(number).ok(),
        Parsed::Unknown | Parsed::Invalid => None,
    }
}

/// Residents of an NHS body: the alignment's, else the layer's own.
fn residents(view: View<'_>, body: usize, area: &Area) -> Option<People> {
    view.people_of(Side::Health, body).or(area.people).filter(|people| people.0 > 0)
}

pub(super) const BND_10: Rule = Rule {
    id: "BND-10",
    family: "BND",
    title: "registered and resident people differ",
    severity: Severity::Medium,
    condition: "attribute `registered` of the NHS body differs from its residents by more than `value` of them",
    thresholds: &[("value", 0.05)],
    evidence: "registered / resident - 1; the people between the two",
    exposes: Exposes::Nowhere,
    message: "{share} {more} people are registered with the practices of {body} than live in it ({residents} live there).",
    source: &["hansard-2006", "key-health-data-1999"],
    rests_on: "attribute `registered` and the body's residents; no partner",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for body in 0..view.alignment.relation.left.len() {
                let Some(area) = view.area(evidence, Side::Health, body) else { continue };
                let (Some(registered), Some(resident)) = (attribute_number(area, "registered"), residents(view, body, area)) else {
                    continue;
                };
                let gap = registered / resident.as_f64() - 1.0;
                if !thresholds.exceeded("value", gap.abs()) {
                    continue;
                }
                let between = (registered - resident.as_f64()).abs() * People::UNIT as f64;
                let values = values! {
                    share: percent(gap.abs()),
                    more: if gap > 0.0 { "more" } else { "fewer" }.to_owned(),
                    body: view.name(Side::Health, body),
                    residents: people(resident),
                };
                out.push(
                    thresholds
                        .found(values)
                        .about(view, Side::Health, body)
                        .measured("basis_gap", gap, Some(thresholds.value()), "share of residents")
                        .people(Some(People(between as i64)))
                        .confidence(Confidence::Declared),
                );
            }
        }
    },
};

pub(super) const BND_11: Rule = Rule {
    id: "BND-11",
    family: "BND",
    title: "population out of band",
    severity: Severity::Low,
    condition: "a primary care group (attribute `org_type` = pcg, or layer kind PCG) has fewer residents than `least` or more than `most`",
    thresholds: &[("least", 50_000.0), ("most", 250_000.0)],
    evidence: "residents",
    exposes: Exposes::Body,
    message: "{body} has {residents} residents, outside the band of {least} to {most}.",
    source: &["goodwin-2001"],
    rests_on: "the body's residents; no partner",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let kind = evidence.layers.iter().find(|layer| layer.id == view.alignment.health_layer).map_or("", |layer| layer.kind.as_str());
            for body in 0..view.alignment.relation.left.len() {
                let Some(area) = view.area(evidence, Side::Health, body) else { continue };
                let org_type = area.attributes.get("org_type").map_or(kind, String::as_str);
                let Some(resident) = residents(view, body, area).filter(|_| org_type.eq_ignore_ascii_case("pcg")) else { continue };
                let (least, most) = (thresholds.get("least"), thresholds.get("most"));
                let number = resident.as_f64();
                let few = !thresholds.reached("least", number);
                if !few && !thresholds.exceeded("most", number) {
                    continue;
                }
                let crossed = if few { least } else { most };
                let band = |number: f64| people(People((number * People::UNIT as f64) as i64));
                let values = values! {
                    body: view.name(Side::Health, body),
                    residents: people(resident),
                    least: band(least),
                    most: band(most),
                };
                out.push(
                    thresholds
                        .found(values)
                        .about(view, Side::Health, body)
                        .measured("residents", number, Some(crossed), "people")
                        .people(Some(resident)),
                );
            }
        }
    },
};

pub(super) const BND_12: Rule = Rule {
    id: "BND-12",
    family: "BND",
    title: "practice list smaller than an area office",
    severity: Severity::Info,
    condition: "attribute `smallest_practice_list` of the NHS body is below attribute `area_office_population` of a council significant to it",
    thresholds: &[],
    evidence: "the list as a share of the area office's people",
    exposes: Exposes::Body,
    message: "The smallest practice list of {body} ({list}) is below the people of an area office of {council} ({office}): one social worker per practice is unrealistic here.",
    source: &["glendinning-1998"],
    rests_on: "two attributes, for each significant pair",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for pair in view.pairs().filter(|pair| pair.significant) {
                let (body, council) = (pair.pair.left, pair.pair.right);
                let attribute = |side, body, name| attribute_number(view.area(evidence, side, body)?, name);
                let (Some(listed), Some(office)) =
                    (attribute(Side::Health, body, "smallest_practice_list"), attribute(Side::Council, council, "area_office_population"))
                else {
                    continue;
                };
                if listed >= office || office <= 0.0 {
                    continue;
                }
                let number = |number: f64| people(People((number * People::UNIT as f64) as i64));
                let values = values! {
                    body: view.name(Side::Health, body),
                    list: number(listed),
                    council: view.name(Side::Council, council),
                    office: number(office),
                };
                out.push(
                    thresholds
                        .found(values)
                        .about(view, Side::Health, body)
                        .with(view, Side::Council, council)
                        .measured("list_share_of_office", listed / office, Some(1.0), "share")
                        .people(view.people_of(Side::Health, body))
                        .confidence(Confidence::Declared),
                );
            }
        }
    },
};
