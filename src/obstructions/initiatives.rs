//! BND-13: initiatives that no one body holds.

use std::collections::{BTreeMap, BTreeSet};

use super::message::values;
use super::rule::{Confidence, Evidence, Exposes, Rule, views};
use crate::alignment::{Side, at_least};
use crate::budgets::Reach;
use crate::domain::Severity;
use crate::words::{count, list};

/// Schemes at work in the bodies of a layer, those known not to be in force at its time left out, and of areas what is less than significant.
fn at_work<'a>(evidence: &Evidence<'a>, layer: &str) -> impl Iterator<Item = (&'a str, &'a Reach)> {
    let significant = evidence.tolerances.significant;
    let schemes = evidence.schemes;
    let rows =
        schemes.iter().filter(move |row| row.in_force != Some(false) && row.share_of_body.is_none_or(|share| at_least(share, significant)));
    rows.filter(move |row| row.layer == layer).filter_map(|row| Some((row.code.as_deref()?, row)))
}

pub(super) const BND_13: Rule = Rule {
    id: "BND-13",
    family: "BND",
    title: "separate initiatives",
    severity: Severity::Low,
    condition: "at least `across` groups of schemes are at work in the NHS body and in another body of its layer too, or schemes of at least \
                `kinds` kinds are at work in it (table `scheme`; a scheme whose table names no groups has none; an area counts from `significant` of the body on, a scheme counts unless its \
                dates say that it was not in force)",
    thresholds: &[("across", 1.0), ("kinds", 3.0)],
    evidence: "number of such groups, or of kinds; people of the largest group at work in the body",
    exposes: Exposes::Nowhere,
    message: "[{groups} {are} at work in {body} and in {others} too: no one body can plan with all of it.][ {kinds} are at work in {body}: {kind_names}.]",
    source: &["goodwin-2001"],
    rests_on: "table `scheme`; no partner",
    check: |evidence, thresholds, out| {
        if evidence.schemes.is_empty() {
            return;
        }
        for view in views(evidence) {
            let mut bodies_of: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
            let mut in_body: BTreeMap<&str, Vec<&Reach>> = BTreeMap::new();
            for (code, row) in at_work(evidence, &view.alignment.health_layer) {
                bodies_of.entry((&row.scheme, &row.group)).or_default().insert(code);
                in_body.entry(code).or_default().push(row);
            }
            for body in 0..view.alignment.relation.left.len() {
                let code = view.code(Side::Health, body);
                let Some(rows) = in_body.get(code) else { continue };
                let others = |row: &&Reach| bodies_of.get(&(row.scheme.as_str(), row.group.as_str())).map_or(0, |bodies| bodies.len() - 1);
                // A scheme whose table names no groups says that practices take part, not that they do so together.
                let across: Vec<&Reach> = rows.iter().copied().filter(|row| row.group != row.scheme && others(row) > 0).collect();
                let kinds: BTreeSet<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
                let is_across = !across.is_empty() && thresholds.reached("across", across.len() as f64);
                let is_many = thresholds.reached("kinds", kinds.len() as f64);
                if !is_across && !is_many {
                    continue;
                }
                let beyond: BTreeSet<&str> = across
                    .iter()
                    .filter_map(|row| bodies_of.get(&(row.scheme.as_str(), row.group.as_str())))
                    .flatten()
                    .copied()
                    .filter(|other| *other != code)
                    .collect();
                let groups: BTreeSet<String> = across
                    .iter()
                    .map(|row| format!("{} ({})", row.name.as_deref().unwrap_or(&row.group), row.kind.as_str().replace('_', " ")))
                    .collect();
                let kind_names: Vec<String> = kinds.iter().map(|kind| kind.replace('_', " ")).collect();
                let values = values! {
                    body: view.name(Side::Health, body),
                    groups: is_across.then(|| list(&groups.into_iter().collect::<Vec<_>>())),
                    are: is_across.then(|| if across.len() == 1 { "is" } else { "are" }.to_owned()),
                    others: is_across.then(|| count(beyond.len(), "other body", "other bodies")),
                    kinds: is_many.then(|| count(kinds.len(), "kind of initiative", "kinds of initiative")),
                    kind_names: is_many.then(|| list(&kind_names)),
                };
                let concerned = if is_across { &across } else { rows };
                let found = thresholds
                    .found(values)
                    .about(view, Side::Health, body)
                    .people(concerned.iter().map(|row| row.people).max().flatten())
                    .confidence(Confidence::Declared);
                out.push(if is_across {
                    found.measured("groups_across", across.len() as f64, Some(thresholds.get("across")), "groups")
                } else {
                    found.measured("kinds", kinds.len() as f64, Some(thresholds.get("kinds")), "kinds")
                });
            }
        }
    },
};
