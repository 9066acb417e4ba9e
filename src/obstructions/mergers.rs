//! MRG-01 to MRG-06: what mergers and other boundary changes did to matches, agreements and what was declared.

use super::rule::{Confidence, Evidence, Exposes, Obstruction, Rule, Thresholds};
use super::sentence::{people, percent, pounds};
use crate::alignment::Side;
use crate::domain::{Body, Severity};
use crate::succession::{ChangeType, Declared, Effect, Succession};

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

fn change(succession: &Succession) -> String {
    succession.date.map_or_else(|| format!("The change {}", succession.id), |date| format!("The change of {date}"))
}

fn moved(improved: bool, evidence: &Evidence<'_>, thresholds: &Thresholds<'_>, out: &mut Vec<Obstruction>) {
    for succession in evidence.successions {
        for effect in effects(succession) {
            let (Some(before), Some(after), Some(moved)) = (effect.jaccard_before, effect.jaccard_after, effect.change) else { continue };
            let gain = if improved { moved } else { -moved };
            if gain.is_nan() || gain <= thresholds.value() + 1e-9 {
                continue;
            }
            let message = format!(
                "{} moved the best match of {} from {} to {}: {}.",
                change(succession),
                effect_name(effect),
                percent(before),
                percent(after),
                if improved { "its boundary came closer to one partner's" } else { "its boundary is further from any partner's" },
            );
            out.push(
                thresholds
                    .found(message)
                    .about_effect(succession, effect)
                    .measured("jaccard_change", moved, Some(if improved { thresholds.value() } else { -thresholds.value() }), "share 0-1")
                    .people(effect.people)
                    .stable_if(effect.change_bounds.is_some_and(|(low, high)| {
                        let least = if improved { low } else { -high };
                        least > thresholds.value() + 1e-9
                    })),
            );
        }
    }
}

pub(super) const MRG_01: Rule = Rule {
    id: "MRG-01",
    family: "MRG",
    title: "change worsened the match",
    severity: Severity::High,
    condition: "the best Jaccard of a successor or a council fell by more than `value` from before a succession to after",
    thresholds: &[("value", 0.02)],
    evidence: "change of the best Jaccard; people of the successor or council",
    exposes: Exposes::Body,
    message: "The change of {date} moved the best match of {body} from {a}% to {b}%.",
    source: "S3",
    check: |evidence, thresholds, out| moved(false, evidence, thresholds, out),
};

pub(super) const MRG_02: Rule = Rule {
    id: "MRG-02",
    family: "MRG",
    title: "change improved the match",
    severity: Severity::Info,
    condition: "the best Jaccard of a successor or a council rose by more than `value` from before a succession to after",
    thresholds: &[("value", 0.02)],
    evidence: "change of the best Jaccard; people of the successor or council",
    exposes: Exposes::Body,
    message: "The change of {date} moved the best match of {body} from {a}% to {b}%.",
    source: "S3",
    check: |evidence, thresholds, out| moved(true, evidence, thresholds, out),
};

pub(super) const MRG_03: Rule = Rule {
    id: "MRG-03",
    family: "MRG",
    title: "one-to-one pair lost",
    severity: Severity::High,
    condition: "the council was coterminous with one NHS body before a succession and is not after",
    thresholds: &[],
    evidence: "best Jaccard after; people of the council",
    exposes: Exposes::Body,
    message: "{council} lost its own NHS body with the change of {date}.",
    source: "LGC 507434",
    check: |evidence, thresholds, out| {
        for succession in evidence.successions {
            for effect in effects(succession).filter(|effect| effect.side == Side::Council && effect.pair_lost) {
                let now = effect
                    .class_after
                    .map_or_else(String::new, |class| format!("; it is {} now", class.as_str(Side::Council).replace('_', " ")));
                let with = change(succession).replacen("The", "the", 1);
                let message = format!("{} lost its own NHS body with {with}{now}.", effect_name(effect));
                let mut found = thresholds.found(message).about_effect(succession, effect);
                found.metric = "jaccard_after".into();
                found.value = effect.jaccard_after;
                found.unit = "share 0-1".into();
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
    message: "The {mechanism} agreement {id} of {body} ({pounds} a year) crosses the change of {date}.",
    source: "S3",
    check: |evidence, thresholds, out| {
        for succession in evidence.successions {
            let Some(date) = succession.date else { continue };
            for agreement in evidence.agreements.unwrap_or_default() {
                let (Some(start), Some(end)) = (agreement.start, agreement.end) else { continue };
                let Some(from) = succession.relation.position_left(&agreement.health_code) else { continue };
                let changed = succession.links.iter().any(|link| link.from == Some(from) && changes_body(link.kind));
                let Some(body) = succession.relation.left.get(from).filter(|_| changed && start < date && date <= end) else { continue };
                let money = agreement.amount.map_or_else(String::new, |amount| format!(" ({} a year)", pounds(amount)));
                let message = format!(
                    "The {} agreement {} of {}{money} crosses the change of {date}: it runs from {start} to {end}.",
                    agreement.mechanism.as_str().replace('_', " "),
                    agreement.id,
                    name(body),
                );
                let days = date.until(end).map_or(0, |span| span.get_days());
                let mut found = thresholds
                    .found(message)
                    .about_successor(succession, &succession.from_layer, body)
                    .measured("days_left", f64::from(days), Some(0.0), "days")
                    .people(body.people)
                    .pence(agreement.amount)
                    .confidence(Confidence::Declared);
                found.partner_code = Some(agreement.council_code.clone());
                found.service = agreement.service.clone();
                out.push(found);
            }
        }
    },
};

pub(super) const MRG_05: Rule = Rule {
    id: "MRG-05",
    family: "MRG",
    title: "declared and measured succession differ",
    severity: Severity::Medium,
    condition: "a link stands in the declared table and not on the map, or on the map and not in the declared table",
    thresholds: &[],
    evidence: "share of the predecessor that went this way on the map; its people",
    exposes: Exposes::Nowhere,
    message: "The declared table says {a} became {b}; the map does not.",
    source: "domain.md B13-14",
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
                let exposed = link.people.map_or_else(String::new, |moved| format!(" ({} people)", people(moved)));
                let message = if declared_only {
                    format!("The declared table says that {a} became {b}; the map does not{exposed}.")
                } else {
                    format!("The map says that {a} became {b} in part or whole{exposed}; the declared table does not.")
                };
                let layer = if from.is_some() { &succession.from_layer } else { &succession.to_layer };
                let mut found = thresholds
                    .found(message)
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
    condition: "the declared reason of a change is align_boundaries, and the successor's best Jaccard rose by no more than `value`",
    thresholds: &[("value", 0.0)],
    evidence: "change of the best Jaccard; people of the successor or council",
    exposes: Exposes::Body,
    message: "{body} was formed to align boundaries; its best match went from {a}% to {b}%.",
    source: "S3",
    check: |evidence, thresholds, out| {
        for succession in evidence.successions {
            for effect in effects(succession).filter(|effect| effect.side == Side::Health) {
                let to = succession.relation.position_right(&effect.code);
                let aligned = |reason: &str| reason.trim().eq_ignore_ascii_case("align_boundaries");
                let stated =
                    succession.links.iter().any(|link| to.is_some() && link.to == to && link.reason.as_deref().is_some_and(aligned));
                let (Some(before), Some(after), Some(change)) = (effect.jaccard_before, effect.jaccard_after, effect.change) else {
                    continue;
                };
                if !stated || change.is_nan() || change > thresholds.value() {
                    continue;
                }
                let message = format!(
                    "{} was formed to align boundaries; its best match went from {} to {}.",
                    effect_name(effect),
                    percent(before),
                    percent(after)
                );
                out.push(
                    thresholds
                        .found(message)
                        .about_effect(succession, effect)
                        .measured("jaccard_change", change, Some(thresholds.value()), "share 0-1")
                        .people(effect.people)
                        .declared_if(effect.change_bounds.is_some_and(|(_, high)| high <= thresholds.value())),
                );
            }
        }
    },
};
