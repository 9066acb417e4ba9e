//! BND-01, BND-04, BND-05, BND-06: people on the wrong side of a line, as the NHS body, the place, the part and the council see them.
//!
//! All four rest on the crossing parts of the nearest nested arrangement (table `crossing`). A whole partner is never one of them just because
//! it is not the largest: a body made of ten whole councils has ten partners and no crossing part.

use std::collections::BTreeSet;

use super::message::values;
use super::rule::{Confidence, Exposes, Obstruction, Rule, Thresholds, View, views};
use crate::alignment::{Component, ComponentKind, Side, at_least};
use crate::domain::{Basis, People, Severity};
use crate::nesting::{CrossingPart, Nesting};
use crate::words::{count, hectares, list, people, percent, persons};

/// Thresholds of severity: people and share from which it is high, people from which it is medium, and, where people are not known, the share
/// of land from which it is medium.
const SEVERITIES: &[(&str, f64)] = &[("people", 10_000.0), ("share", 0.05), ("medium", 1_000.0), ("land", 0.005)];

/// Parts named in a message; what more there are is summed up.
const NAMED: usize = 3;

/// What lies in some crossing parts of a body.
#[derive(Debug, Clone, Copy)]
struct Held {
    /// Millionths of a person, or of a square metre: as measured, least and most. Without bounds the latter are `None`.
    amount: i128,
    bounds: Option<(i128, i128)>,
    /// What the body has in all, in the same unit; 0 where it is not known.
    whole: i128,
    basis: Basis,
}

impl Held {
    fn new<'a>(view: View<'_>, parts: impl IntoIterator<Item = &'a CrossingPart>, whole: i128) -> Self {
        let mut held = Self { amount: 0, bounds: Some((0, 0)), whole, basis: view.basis };
        for part in parts {
            held.amount = held.amount.saturating_add(i128::from(part.amount));
            let amounts = view.alignment.relation.pairs.get(part.pair).map(|pair| pair.amounts);
            let of_part = amounts.and_then(|amounts| amounts.people_low.zip(amounts.people_high));
            let sum = |(low, high): (i128, i128), (least, most): (People, People)| {
                (low.saturating_add(i128::from(least.0)), high.saturating_add(i128::from(most.0)))
            };
            held.bounds = held.bounds.zip(of_part).map(|(all, one)| sum(all, one));
        }
        // Only people have bounds.
        held.bounds = held.bounds.filter(|_| view.basis == Basis::People);
        held
    }

    fn people(&self) -> Option<People> {
        (self.basis == Basis::People).then(|| People(i64::try_from(self.amount).unwrap_or(i64::MAX)))
    }

    fn share_of(&self, amount: i128) -> f64 {
        if self.whole > 0 { amount as f64 / self.whole as f64 } else { 0.0 }
    }

    /// Severity of an amount.
    fn severity(&self, thresholds: &Thresholds<'_>, amount: i128) -> Severity {
        let share = self.share_of(amount);
        let reaches = |name: &str| thresholds.reached(name, amount as f64 / People::UNIT as f64);
        match self.basis {
            Basis::People if reaches("people") || thresholds.reached("share", share) => Severity::High,
            Basis::People if reaches("medium") => Severity::Medium,
            Basis::Area if thresholds.reached("share", share) => Severity::High,
            Basis::Area if thresholds.reached("land", share) => Severity::Medium,
            _ => Severity::Low,
        }
    }

    /// Severity, what was measured, whom it exposes and how sure that is: stable where the arrangement is proved to be the nearest, and the
    /// severity is the same at the bounds of the people. `least` is the fewest people that fire at all.
    fn judge(&self, thresholds: &Thresholds<'_>, nesting: &Nesting, least: f64, found: Obstruction) -> Obstruction {
        let severity = self.severity(thresholds, self.amount);
        let people = self.amount as f64 / People::UNIT as f64;
        let share = self.share_of(self.amount);
        let found = match self.basis {
            Basis::Area => {
                let met = [("share", Severity::High), ("land", Severity::Medium)].into_iter().find(|(_, of)| *of == severity);
                found.measured("crossing_share", share, met.map(|(name, _)| thresholds.get(name)), "share 0-1")
            }
            // High by share alone: the share is the evidence.
            Basis::People if severity == Severity::High && !thresholds.reached("people", people) => {
                found.measured("crossing_share", share, Some(thresholds.get("share")), "share 0-1")
            }
            Basis::People => {
                let met = [("people", Severity::High), ("medium", Severity::Medium)].into_iter().find(|(_, of)| *of == severity);
                let threshold = met.map(|(name, _)| thresholds.get(name)).or((least > 0.0).then_some(least));
                found.measured("crossing", people, threshold, "people")
            }
        };
        let stays = self.bounds.is_some_and(|(low, high)| {
            let fires = low > 0 && at_least(low as f64 / People::UNIT as f64, least);
            fires && self.severity(thresholds, low) == severity && self.severity(thresholds, high) == severity
        });
        let mut found = found.people(self.people()).stable_if(nesting.proved() && stays);
        found.severity = severity;
        found
    }
}

/// An amount in a sentence: "12,300 people", "4,100 hectares".
fn amount(basis: Basis, amount: i128) -> String {
    match basis {
        Basis::People => persons(People(i64::try_from(amount).unwrap_or(i64::MAX))),
        Basis::Area => hectares(amount as f64 / 1e6),
    }
}

/// What a body has in all on the basis that rules judge by, in millionths.
fn whole(view: View<'_>, side: Side, body: usize) -> i128 {
    match view.basis {
        Basis::People => view.people_of(side, body).map_or(0, |people| i128::from(people.0)),
        Basis::Area => view.body(side, body).map_or(0, |body| (body.area_m2 * 1e6).round() as i128),
    }
}

/// The crossing parts of a view, by body, with the partners of each council: looked up once, so that rules take time by the number of pairs.
pub(super) struct Lines<'a> {
    pub view: View<'a>,
    pub nesting: &'a Nesting,
    health: Vec<Vec<&'a CrossingPart>>,
    council: Vec<Vec<&'a CrossingPart>>,
    /// Share of the council, NHS body and whether the pair is significant, of every pair of a council that is no sliver.
    partners: Vec<Vec<(f64, usize, bool)>>,
    pairs: BTreeSet<(usize, usize)>,
}

impl<'a> Lines<'a> {
    /// `None` where nobody was asked to be on the right side of anything (districts).
    pub fn of(view: View<'a>) -> Option<Self> {
        let nesting = view.nesting?;
        let relation = &view.alignment.relation;
        let mut lines = Self {
            view,
            nesting,
            health: vec![Vec::new(); relation.left.len()],
            council: vec![Vec::new(); relation.right.len()],
            partners: vec![Vec::new(); relation.right.len()],
            pairs: BTreeSet::new(),
        };
        for part in &nesting.parts {
            if let (Some(health), Some(council)) = (lines.health.get_mut(part.left), lines.council.get_mut(part.right)) {
                health.push(part);
                council.push(part);
                lines.pairs.insert((part.left, part.right));
            }
        }
        if !nesting.parts.is_empty() {
            for pair in view.pairs().filter(|pair| !pair.pair.sliver && pair.share_right > 0.0) {
                if let Some(partners) = lines.partners.get_mut(pair.pair.right) {
                    partners.push((pair.share_right, pair.pair.left, pair.significant));
                }
            }
        }
        Some(lines)
    }

    /// Crossing parts of a body, largest first.
    pub fn parts(&self, side: Side, body: usize) -> &[&'a CrossingPart] {
        let of = if side == Side::Health { &self.health } else { &self.council };
        of.get(body).map_or(&[], Vec::as_slice)
    }

    /// Whether the pair of two bodies is a crossing part.
    pub fn crosses(&self, left: usize, right: usize) -> bool {
        self.pairs.contains(&(left, right))
    }

    /// Where the rest of a part's council is, as a clause about the council: "most of Norfolk is with Norfolk PCT".
    ///
    /// A council without another NHS body is whole in this one, which then is not made of whole councils: it says where the rest of the body is.
    pub fn rest_of_council(&self, part: &CrossingPart) -> String {
        let (body, council) = (self.view.name(Side::Health, part.left), self.view.name(Side::Council, part.right));
        let Some(other) = part.left_would_be else {
            let elsewhere = part
                .right_would_be
                .map_or_else(String::new, |home| format!(", and the rest of {body} is in {}", self.view.name(Side::Council, home)));
            return format!("{council} has no other NHS body{elsewhere}");
        };
        let partners = self.partners.get(part.right).map_or(&[][..], Vec::as_slice);
        let most = partners.iter().any(|(share, left, _)| *left == other && *share >= 0.5);
        let others = partners.iter().filter(|(_, left, significant)| *significant && *left != part.left && *left != other).count();
        let name = self.view.name(Side::Health, other);
        if most {
            format!("most of {council} is with {name}")
        } else if others > 0 {
            format!("the rest of {council} is with {name} and {}", count(others, "other NHS body", "other NHS bodies"))
        } else {
            format!("the rest of {council} is with {name}")
        }
    }

    /// "89% with A, 8% with B and 3% with C": the NHS bodies of a council, largest share first.
    fn division(&self, council: usize) -> Vec<String> {
        let mut shares: Vec<(f64, usize)> = self
            .partners
            .get(council)
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .filter(|(_, left, significant)| *significant || self.crosses(*left, council))
            .map(|(share, left, _)| (*share, *left))
            .collect();
        shares.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        shares.into_iter().map(|(share, body)| format!("{} with {}", percent(share), self.view.name(Side::Health, body))).collect()
    }
}

/// "live", "lives" for one person, "are" for land.
fn live(basis: Basis, amount: &str) -> &'static str {
    match basis {
        Basis::Area => "are",
        Basis::People if amount.starts_with("1 ") && amount.ends_with("person") => "lives",
        Basis::People => "live",
    }
}

/// The crossing parts of an NHS body after its largest, in a sentence: "3,979 people live in Suffolk (the rest of Suffolk is with Suffolk PCT)".
fn more_parts(lines: &Lines<'_>, parts: &[&CrossingPart]) -> Option<String> {
    let view = lines.view;
    let named = parts.iter().take(NAMED).skip(1).map(|part| {
        let much = amount(view.basis, i128::from(part.amount));
        format!("{much} {} in {} ({})", live(view.basis, &much), view.name(Side::Council, part.right), lines.rest_of_council(part))
    });
    let mut words: Vec<String> = named.collect();
    let more: Vec<&&CrossingPart> = parts.iter().skip(NAMED).collect();
    if !more.is_empty() {
        let sum = more.iter().map(|part| i128::from(part.amount)).sum();
        words.push(format!("{} in {}", amount(view.basis, sum), count(more.len(), "smaller part", "smaller parts")));
    }
    (!words.is_empty()).then(|| words.join("; "))
}

pub(super) const BND_01: Rule = Rule {
    id: "BND-01",
    family: "BND",
    title: "body cut by a council's line",
    severity: Severity::High,
    condition: "the NHS body has crossing parts: high from `people` people in them or `share` of the body, medium from `medium` people, low below; \
                by land alone high from `share` of it and medium from `land`",
    thresholds: SEVERITIES,
    evidence: "people in its crossing parts, or their share where that alone makes it high; table `crossing` has each part",
    exposes: Exposes::Parts,
    message: "{body}: {amount} {live} in {council} ({rest})[; {more}].",
    source: &["glendinning-2001", "goodwin-2001"],
    rests_on: "the body's crossing parts (table `crossing`); no partner is taken for the main one",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let Some(lines) = Lines::of(view) else { continue };
            let nesting = lines.nesting;
            for body in 0..view.alignment.relation.left.len() {
                let parts = lines.parts(Side::Health, body);
                if parts.is_empty() {
                    continue;
                }
                let held = Held::new(view, parts.iter().copied(), whole(view, Side::Health, body));
                let Some(first) = parts.first() else { continue };
                let much = amount(view.basis, i128::from(first.amount));
                let values = values! {
                    body: view.name(Side::Health, body),
                    live: live(view.basis, &much).to_owned(),
                    amount: much,
                    council: view.name(Side::Council, first.right),
                    rest: lines.rest_of_council(first),
                    more: more_parts(&lines, parts),
                };
                out.push(held.judge(thresholds, nesting, 0.0, thresholds.found(values).about(view, Side::Health, body)));
            }
        }
    },
};

/// The crossing parts between the bodies of a component.
fn parts_between<'a>(nesting: &'a Nesting, component: &Component) -> Vec<&'a CrossingPart> {
    let inside = |part: &&CrossingPart| component.health.contains(&part.left) && component.council.contains(&part.right);
    nesting.parts.iter().filter(inside).collect()
}

pub(super) const BND_04: Rule = Rule {
    id: "BND-04",
    family: "BND",
    title: "tangled boundaries",
    severity: Severity::High,
    condition: "a component of significant pairs holds two or more bodies of either side, and crossing parts between them: high from `people` \
                people in those, medium from `medium`, low below; by land alone high from `share` of the component and medium from `land`",
    thresholds: SEVERITIES,
    evidence: "people in the crossing parts of the component",
    exposes: Exposes::Component,
    message: "{bodies} and {councils} are interlocked ({names}); none can align alone. {amount} {are} on the wrong side of a line, and joint working everywhere needs {agreements}.",
    source: &["goodwin-2001"],
    rests_on: "components of significant pairs, and the crossing parts between their bodies",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let Some(lines) = Lines::of(view) else { continue };
            let nesting = lines.nesting;
            let tangled = |component: &&Component| component.basis == view.basis && component.kind == ComponentKind::Tangled;
            for component in view.alignment.components.iter().filter(tangled) {
                let parts = parts_between(nesting, component);
                if parts.is_empty() {
                    continue;
                }
                // By people the share decides nothing: a place has no size that would make few people many.
                let land = match view.basis {
                    Basis::People => 0,
                    Basis::Area => component.health.iter().map(|body| whole(view, Side::Health, *body)).sum(),
                };
                let held = Held::new(view, parts.iter().copied(), land);
                let mut names: Vec<String> = component.health.iter().map(|body| view.name(Side::Health, *body)).collect();
                names.extend(component.council.iter().map(|body| view.name(Side::Council, *body)));
                let values = values! {
                    bodies: count(component.health.len(), "NHS body", "NHS bodies"),
                    councils: count(component.council.len(), "council", "councils"),
                    names: list(&names),
                    amount: amount(view.basis, held.amount),
                    are: if held.people().is_some_and(|number| people(number) == "1") { "is" } else { "are" }.to_owned(),
                    agreements: count(component.agreements_needed, "agreement", "agreements"),
                };
                let mut found = held.judge(thresholds, nesting, 0.0, thresholds.found(values));
                // The component too must be the one that it is at the bounds.
                let stable =
                    |side: Side, body: usize| view.alignment.body(side, body, view.basis).is_some_and(|metrics| metrics.class_stable);
                let members = component.health.iter().map(|body| (Side::Health, *body));
                if !members.chain(component.council.iter().map(|body| (Side::Council, *body))).all(|(side, body)| stable(side, body)) {
                    found.confidence = Confidence::Unstable;
                }
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
    title: "crossing part",
    severity: Severity::Medium,
    condition: "a crossing part of at least `minor_people` people ([tolerances]), by land alone any: high from `people` people or `share` of the NHS \
                body, medium from `medium` people, low below; by land alone high from `share` of the NHS body and medium from `land`",
    thresholds: SEVERITIES,
    evidence: "people of the part, or its share of the NHS body where that alone makes it high; bounds and pence are in table `crossing`",
    exposes: Exposes::Pair,
    message: "About {amount} of {council}[ (between {low} and {high})] fall under {body}; {rest}.",
    source: &["glendinning-2001"],
    rests_on: "one crossing part (table `crossing`)",
    check: |evidence, thresholds, out| {
        let least = evidence.tolerances.minor_people;
        for view in views(evidence) {
            let Some(lines) = Lines::of(view) else { continue };
            let nesting = lines.nesting;
            for part in &nesting.parts {
                let held = Held::new(view, [part], whole(view, Side::Health, part.left));
                if held.people().is_some_and(|people| !at_least(people.as_f64(), least)) {
                    continue;
                }
                // Bounds that read the same as each other say nothing.
                let bound = |bound: i128| amount(view.basis, bound).trim_end_matches(" people").to_owned();
                let bounds = held.bounds.filter(|_| held.people().is_some()).map(|(low, high)| [bound(low), bound(high)]);
                let bounds = bounds.filter(|[low, high]| low != high);
                let values = values! {
                    amount: match held.people() { Some(number) => format!("{} {}", people(number), if people(number) == "1" { "resident" } else { "residents" }), None => amount(view.basis, held.amount) },
                    council: view.name(Side::Council, part.right),
                    low: bounds.as_ref().map(|[low, _]| low.clone()),
                    high: bounds.as_ref().map(|[_, high]| high.clone()),
                    body: view.name(Side::Health, part.left),
                    rest: lines.rest_of_council(part),
                };
                let found = thresholds.found(values).about(view, Side::Health, part.left).with(view, Side::Council, part.right);
                out.push(held.judge(thresholds, nesting, least, found));
            }
        }
    },
};

pub(super) const BND_06: Rule = Rule {
    id: "BND-06",
    family: "BND",
    title: "council split between NHS bodies",
    severity: Severity::High,
    condition: "the council has crossing parts: high from `people` people in them or `share` of the council, medium from `medium` people, low below; \
                by land alone high from `share` of it and medium from `land`",
    thresholds: SEVERITIES,
    evidence: "people in its crossing parts, or their share where that alone makes it high; table `crossing` has each part",
    exposes: Exposes::Parts,
    message: "{council} is [split: {division}; {wrong}][with {only} alone: {wrong}, as {rest}].",
    source: &["glendinning-2001", "ics-boundaries-2021"],
    rests_on: "the council's crossing parts (table `crossing`); no NHS body is taken for the main one",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let Some(lines) = Lines::of(view) else { continue };
            let nesting = lines.nesting;
            for council in 0..view.alignment.relation.right.len() {
                let parts = lines.parts(Side::Council, council);
                let Some(largest) = parts.first() else { continue };
                let held = Held::new(view, parts.iter().copied(), whole(view, Side::Council, council));
                let wrong = format!(
                    "{} {} on the wrong side of a line",
                    amount(view.basis, held.amount),
                    if held.people().is_some_and(|number| people(number) == "1") { "is" } else { "are" }
                );
                let shares = lines.division(council);
                let is_split = shares.len() > 1;
                let values = values! {
                    council: view.name(Side::Council, council),
                    wrong: wrong,
                    division: is_split.then(|| list(&shares)),
                    only: (!is_split).then(|| view.name(Side::Health, largest.left)),
                    rest: (!is_split).then(|| lines.rest_of_council(largest)),
                };
                out.push(held.judge(thresholds, nesting, 0.0, thresholds.found(values).about(view, Side::Council, council)));
            }
        }
    },
};
