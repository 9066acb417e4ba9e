//! MRG-01 to MRG-06: what mergers and other boundary changes did to matches, agreements and what was declared.

use super::message::{Values, values};
use super::rule::{Confidence, Evidence, Exposes, Obstruction, Rule, Thresholds};
use crate::alignment::Side;
use crate::domain::{Basis, Body, People, Severity};
use crate::succession::{ChangeType, Declared, Effect, EffectBy, EffectKind, Succession};
use crate::words::{count, hectares, persons, pounds};

impl Obstruction {
    /// Says what it is about: a body of a succession's effects.
    fn about_effect(mut self, succession: &Succession, effect: &Effect) -> Self {
        self.alignment = Some(succession.id.clone());
        // The other side's layer is not the succession's to know.
        self.subject_layer = succession.relation.position_right(&effect.code).map(|_| succession.to_layer.clone());
        self.subject_side = Some(effect.side);
        self.subject_code = Some(effect.code.clone());
        self.subject_name = effect.name.clone();
        self
    }

    /// Says what it is about: a predecessor or successor, a body of this layer.
    pub(super) fn about_successor(mut self, succession: &Succession, layer: &str, body: &Body) -> Self {
        self.alignment = Some(succession.id.clone());
        self.subject_layer = Some(layer.to_owned());
        self.subject_side = Some(Side::Health);
        self.subject_code = Some(body.code.clone());
        self.subject_name = body.name.clone();
        self
    }
}

pub(super) fn name(body: &Body) -> String {
    body.name.clone().unwrap_or_else(|| body.code.clone())
}

fn effect_name(effect: &Effect) -> String {
    effect.name.clone().unwrap_or_else(|| effect.code.clone())
}

/// Effects on the basis the succession was judged on.
fn effects(succession: &Succession) -> impl Iterator<Item = &Effect> {
    succession.effects.iter().filter(|effect| effect.basis == succession.basis)
}

/// "the change of 1 October 2006", or its id where it has no date.
fn change(succession: &Succession) -> String {
    succession.date.map_or_else(|| format!("the change {}", succession.id), |date| format!("the change of {date}"))
}

/// What lies in crossing parts, in a sentence: "12,300 people", or hectares by area.
fn amount(basis: Basis, amount: f64) -> String {
    match basis {
        // Half a person or more is told as one; no more people can be counted than fit.
        Basis::People => persons(People((amount * People::UNIT as f64).round() as i64)),
        Basis::Area => hectares(amount),
    }
}

/// What was measured of a change: (metric, value, unit).
fn measured(effect: &Effect) -> Option<(&'static str, f64, &'static str)> {
    Some(match effect.effect_by? {
        EffectBy::Lines => ("crossing_change", effect.crossing_change()?, if effect.basis == Basis::People { "people" } else { "m2" }),
        EffectBy::Partners | EffectBy::None => {
            ("partners_change", effect.partners_after? as f64 - effect.partners_before? as f64, "bodies")
        }
    })
}

/// What changed: of whom, from what to what, as values of a message. `None` where that is not known.
fn change_values(effect: &Effect) -> Option<Values> {
    let (before, after) = (effect.partners_before?, effect.partners_after?);
    let partners = |number| match effect.side {
        Side::Health => count(number, "council", "councils"),
        Side::Council => count(number, "NHS body", "NHS bodies"),
    };
    let mut values = values! { body: effect_name(effect) }();
    match effect.effect_by? {
        EffectBy::Lines => {
            let (was, is, moved) = (effect.crossing_before?, effect.crossing_after?, effect.crossing_change()?);
            let change = amount(effect.basis, moved.abs());
            let (number, what) = change.split_once(' ').unwrap_or((&change, ""));
            values.extend(values! {
                amount: number.to_owned(),
                more: format!("{} {what}", if moved > 0.0 { "more" } else { "fewer" }),
                after: amount(effect.basis, is),
                before: amount(effect.basis, was),
            }());
        }
        EffectBy::Partners => values.extend(values! { partners: partners(after), partners_before: before.to_string() }()),
        EffectBy::None => values.extend(values! { same: partners(after) }()),
    }
    Some(values)
}

fn moved(improved: bool, evidence: &Evidence<'_>, thresholds: &Thresholds<'_>, out: &mut Vec<Obstruction>) {
    let wanted = if improved { EffectKind::Improved } else { EffectKind::Worsened };
    for succession in evidence.successions {
        for effect in effects(succession).filter(|effect| effect.effect == Some(wanted)) {
            let (Some((metric, value, unit)), Some(mut values)) = (measured(effect), change_values(effect)) else { continue };
            let by_lines = effect.effect_by == Some(EffectBy::Lines);
            values.extend(values! { change: change(succession) }());
            // What the change must exceed: of people, the larger of the two thresholds.
            let least = effect
                .people
                .filter(|_| by_lines && effect.basis == Basis::People)
                .map(|people| evidence.tolerances.effect_people.max(evidence.tolerances.effect_share * people.as_f64()));
            let mut found = thresholds
                .found(|| values)
                .about_effect(succession, effect)
                .measured(metric, value, least.map(|least| if improved { -least } else { least }), unit)
                .people(effect.people)
                .stable_if(effect.effect_stable);
            if !improved && !by_lines {
                found.severity = Severity::Medium;
            }
            out.push(found);
        }
    }
}

pub(super) const MRG_01: Rule = Rule {
    id: "MRG-01",
    family: "MRG",
    title: "change worsened lines or partners",
    severity: Severity::High,
    condition: "after a succession or proposal more people of a successor or a council are on the wrong side of a line, by more than \
                `effect_people` and `effect_share` of its people ([tolerances]); or, lines unchanged, it must deal with more bodies (then medium)",
    thresholds: &[],
    evidence: "change of the people in crossing parts, or of the partners; people of the successor or council",
    exposes: Exposes::Body,
    message: "After {change} [{amount} {more} of {body} are on the wrong side of a line: {after} where it was {before}][{body} must deal with {partners} where it was {partners_before}].",
    source: &["glendinning-2001"],
    rests_on: "effect of the change on the people in crossing parts, else on the number of partners (table `merger_effect`)",
    check: |evidence, thresholds, out| moved(false, evidence, thresholds, out),
};

pub(super) const MRG_02: Rule = Rule {
    id: "MRG-02",
    family: "MRG",
    title: "change improved lines or partners",
    severity: Severity::Info,
    condition: "after a succession or proposal fewer people of a successor or a council are on the wrong side of a line, by more than \
                `effect_people` and `effect_share` of its people ([tolerances]); or, lines unchanged, it must deal with fewer bodies",
    thresholds: &[],
    evidence: "change of the people in crossing parts, or of the partners; people of the successor or council",
    exposes: Exposes::Body,
    message: "After {change} [{amount} {more} of {body} are on the wrong side of a line: {after} where it was {before}][{body} must deal with {partners} where it was {partners_before}].",
    source: &["glendinning-2001"],
    rests_on: "effect of the change on the people in crossing parts, else on the number of partners (table `merger_effect`)",
    check: |evidence, thresholds, out| moved(true, evidence, thresholds, out),
};

pub(super) const MRG_03: Rule = Rule {
    id: "MRG-03",
    family: "MRG",
    title: "one-to-one pair lost",
    severity: Severity::High,
    condition: "the council was coterminous with one NHS body before a succession and is not after",
    thresholds: &[],
    evidence: "NHS bodies that the council must deal with after; people of the council",
    exposes: Exposes::Body,
    message: "{council} lost its own NHS body with {change}[; it is {class} now].",
    source: &["golding-2006"],
    rests_on: "class `coterminous`, which is mutual, before and after",
    check: |evidence, thresholds, out| {
        for succession in evidence.successions {
            for effect in effects(succession).filter(|effect| effect.side == Side::Council && effect.pair_lost) {
                let now = effect.class_after.map(|class| class.as_str(Side::Council).replace('_', " "));
                let values = values! {
                    council: effect_name(effect),
                    change: change(succession),
                    class: now,
                };
                let mut found = thresholds.found(values).about_effect(succession, effect);
                found.metric = "partners_after".into();
                found.value = effect.partners_after.map(|partners| partners as f64);
                found.unit = "bodies".into();
                out.push(found.people(effect.people).stable_if(effect.classes_stable));
            }
        }
    },
};

/// Whether a link changes what its predecessor is, not only what it is called.
pub(super) fn changes_body(kind: ChangeType) -> bool {
    !matches!(kind, ChangeType::Unchanged | ChangeType::Renamed | ChangeType::Recoded | ChangeType::New | ChangeType::TransferredPart)
}

pub(super) const MRG_04: Rule = Rule {
    id: "MRG-04",
    family: "MRG",
    title: "change inside an agreement",
    severity: Severity::High,
    condition: "an NHS body changes (adjusted, merged, split, abolished) on a day on which one of its agreements, both its dates known, is in force",
    thresholds: &[],
    evidence: "days the agreement still has to run; its yearly pence",
    exposes: Exposes::Body,
    message: "The {mechanism} agreement {agreement} of {body}[ ({pounds} a year)] crosses the change of {date}: it runs from {start} to {end}.",
    source: &["glendinning-2001"],
    rests_on: "dates of agreements and of the succession; no overlap",
    check: |evidence, thresholds, out| {
        for succession in evidence.successions {
            let Some(date) = succession.date else { continue };
            for agreement in evidence.agreements.unwrap_or_default() {
                let (Some(start), Some(end)) = (agreement.start, agreement.end) else { continue };
                let Some(from) = succession.relation.position_left(&agreement.health_code) else { continue };
                let changed = succession.links.iter().any(|link| link.from == Some(from) && changes_body(link.kind));
                let Some(body) = succession.relation.left.get(from).filter(|_| changed && start < date && date <= end) else { continue };
                let values = values! {
                    mechanism: agreement.mechanism.as_str().replace('_', " "),
                    agreement: agreement.id.clone(),
                    body: name(body),
                    pounds: agreement.amount.map(pounds),
                    date: date.to_string(),
                    start: start.to_string(),
                    end: end.to_string(),
                };
                let days = date.until(end).map_or(0, |span| span.get_days());
                let mut found = thresholds
                    .found(values)
                    .about_successor(succession, &succession.from_layer, body)
                    .measured("days_left", f64::from(days), Some(0.0), "days")
                    .people(body.people)
                    .pence(agreement.amount)
                    .confidence(Confidence::Declared);
                found.partner_code = Some(agreement.council_code.clone());
                found.service = agreement.service.clone();
                out.push(found.regarding(&agreement.id));
            }
        }
    },
};

pub(super) const MRG_05: Rule = Rule {
    id: "MRG-05",
    family: "MRG",
    title: "declared and measured succession differ",
    severity: Severity::Medium,
    condition: "a link is in the declared table and not on the map, or on the map and not in the declared table",
    thresholds: &[],
    evidence: "share of the predecessor that went this way on the map; its people",
    exposes: Exposes::Nowhere,
    message: "[The declared table says that {from} became {to}; the map does not][The map says that {from_map} became {to_map} in part or whole; the declared table does not][ ({moved})].",
    source: &["order-2006"],
    rests_on: "links of the succession, declared and measured",
    check: |evidence, thresholds, out| {
        for succession in evidence.successions {
            for link in &succession.links {
                let declared_only = match link.declared {
                    Some(Declared::DeclaredOnly) => true,
                    Some(Declared::GeometricOnly) => false,
                    Some(Declared::Agree) | None => continue,
                };
                let from = link.from.and_then(|from| succession.relation.left.get(from));
                let to = link.to.and_then(|to| succession.relation.right.get(to));
                let Some(subject) = from.or(to) else { continue };
                let (a, b) = (from.map_or_else(|| "nothing".to_owned(), name), to.map_or_else(|| "nothing".to_owned(), name));
                let exposed = link.people.map(persons);
                let values = values! {
                    from: declared_only.then(|| a.clone()),
                    to: declared_only.then(|| b.clone()),
                    from_map: (!declared_only).then_some(a),
                    to_map: (!declared_only).then_some(b),
                    moved: exposed,
                };
                let layer = if from.is_some() { &succession.from_layer } else { &succession.to_layer };
                let mut found = thresholds
                    .found(values)
                    .about_successor(succession, layer, subject)
                    .people(link.people)
                    .confidence(Confidence::Declared);
                found.metric = "forward_share".into();
                found.value = link.forward_share;
                found.unit = "share 0-1".into();
                found.partner_code = from.and(to).map(|to| to.code.clone());
                out.push(found);
            }
        }
    },
};

pub(super) const MRG_06: Rule = Rule {
    id: "MRG-06",
    family: "MRG",
    title: "merged to align, and did not",
    severity: Severity::Medium,
    condition: "the declared reason of a change is align_boundaries, and the effect on the successor is not improved (table merger_effect)",
    thresholds: &[],
    evidence: "change of the people in crossing parts, or of the partners; people of the successor",
    exposes: Exposes::Body,
    message: "{body} was formed to align boundaries, and did not: [{amount} {more} of it are on the wrong side of a line, {after} where it was {before}][it must deal with {partners} where it was {partners_before}][as many people as before are on the wrong side of a line, and it deals with {same} as before].",
    source: &["glendinning-2001"],
    rests_on: "declared reason, and the effect of the change as in MRG-01",
    check: |evidence, thresholds, out| {
        for succession in evidence.successions {
            for effect in effects(succession).filter(|effect| effect.side == Side::Health) {
                let to = succession.relation.position_right(&effect.code);
                let aligned = |reason: &str| reason.trim().eq_ignore_ascii_case("align_boundaries");
                let stated =
                    succession.links.iter().any(|link| to.is_some() && link.to == to && link.reason.as_deref().is_some_and(aligned));
                let (Some((metric, value, unit)), Some(values)) = (measured(effect), change_values(effect)) else { continue };
                if !stated || effect.effect == Some(EffectKind::Improved) {
                    continue;
                }
                out.push(
                    thresholds
                        .found(|| values)
                        .about_effect(succession, effect)
                        .measured(metric, value, Some(0.0), unit)
                        .people(effect.people)
                        .declared_if(effect.effect_stable),
                );
            }
        }
    },
};
