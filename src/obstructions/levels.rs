//! LVL: the partner who would have to decide is not the one at the table.

use std::collections::BTreeMap;

use super::boundaries::attribute_number;
use super::rule::{Confidence, Evidence, Rule, View, views};
use super::sentence::pounds;
use crate::alignment::Side;
use crate::budgets::Mechanism;
use crate::domain::{Pence, Severity};

/// Name of the health authority above a body (attribute `parent_ha`, a code of any layer or a name).
fn authority(evidence: &Evidence<'_>, view: View<'_>, body: usize) -> Option<String> {
    let text = view.area(evidence, Side::Health, body)?.attributes.get("parent_ha")?;
    let area = evidence.layers.iter().find_map(|layer| layer.areas.get(layer.position(text)?));
    Some(area.and_then(|area| area.name.clone()).unwrap_or_else(|| text.clone()))
}

pub(super) const LVL_04: Rule = Rule {
    id: "LVL-04",
    family: "LVL",
    title: "advisory body with joint money",
    severity: Severity::Medium,
    condition: "attribute `pcg_level` of the NHS body is 1, and it has joint budget lines or agreements about money",
    thresholds: &[],
    evidence: "pcg_level; joint pence of its known lines, else yearly pence of its agreements",
    message: "{body} is advisory (level 1); its joint money is decided by {ha}.",
    source: "S4",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            let mut joint_lines: BTreeMap<&str, Vec<Option<Pence>>> = BTreeMap::new();
            for line in evidence.lines.iter().filter(|line| line.layer.as_ref() == view.alignment.health_layer) {
                let joint = line.mechanism.is_some_and(|mechanism| mechanism != Mechanism::Mainstream);
                if let Some(code) = line.code.as_deref().filter(|_| joint) {
                    joint_lines.entry(code).or_default().push(line.amount);
                }
            }
            for body in 0..view.alignment.relation.left.len() {
                let code = view.code(Side::Health, body);
                let level = view.area(evidence, Side::Health, body).and_then(|area| attribute_number(area, "pcg_level"));
                if level != Some(1.0) {
                    continue;
                }
                let lines = joint_lines.get(code).cloned().unwrap_or_default();
                let agreements: Vec<Option<Pence>> = evidence
                    .agreements
                    .unwrap_or_default()
                    .iter()
                    .filter(|agreement| agreement.health_code == code && agreement.mechanism != Mechanism::JointInvestmentPlan)
                    .map(|agreement| agreement.amount)
                    .collect();
                let amounts = if lines.is_empty() { agreements } else { lines };
                if amounts.is_empty() {
                    continue;
                }
                // Part of a sum is not the sum: one unknown amount makes it unknown.
                let pence = amounts.into_iter().try_fold(0i64, |sum, amount| sum.checked_add(amount?.0)).map(Pence);
                let money = pence.map_or_else(String::new, |pence| format!(" ({})", pounds(pence)));
                let decides = authority(evidence, view, body).unwrap_or_else(|| "its health authority".to_owned());
                let message =
                    format!("{} is advisory (level 1); its joint money{money} is decided by {decides}.", view.name(Side::Health, body));
                out.push(
                    thresholds
                        .found(message)
                        .about(view, Side::Health, body)
                        .measured("pcg_level", 1.0, Some(1.0), "level")
                        .people(view.people_of(Side::Health, body))
                        .pence(pence)
                        .confidence(Confidence::Declared),
                );
            }
        }
    },
};

pub(super) const LVL_05: Rule = Rule {
    id: "LVL-05",
    family: "LVL",
    title: "health authority still responsible",
    severity: Severity::Medium,
    condition: "`jc_responsibility` of a governance row is ha or shared",
    thresholds: &[],
    evidence: "the field; people of the pair",
    message: "Joint commissioning of {body} with {council} is still led by {ha}.",
    source: "S3",
    check: |evidence, thresholds, out| {
        for view in views(evidence) {
            for row in evidence.governance.unwrap_or_default() {
                let led = match row.jc_responsibility.as_deref() {
                    Some("ha") => "is still led by",
                    Some("shared") => "is still shared with",
                    _ => continue,
                };
                let (Some(left), Some(right)) =
                    (view.alignment.relation.position_left(&row.health_code), view.alignment.relation.position_right(&row.council_code))
                else {
                    continue;
                };
                let message = format!(
                    "Joint commissioning of {} with {} {led} {}.",
                    view.name(Side::Health, left),
                    view.name(Side::Council, right),
                    authority(evidence, view, left).unwrap_or_else(|| "the health authority".to_owned()),
                );
                out.push(
                    thresholds
                        .found(message)
                        .about(view, Side::Health, left)
                        .with(view, Side::Council, right)
                        .fact("jc_responsibility")
                        .people(view.pair(left, right).and_then(|pair| pair.pair.amounts.people)),
                );
            }
        }
    },
};
