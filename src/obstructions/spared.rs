//! What is not held against bodies in which health and social care are one, said aloud.

use std::collections::BTreeSet;

use super::budgets::integrated;
use super::find_again;
use super::rule::{Evidence, Obstruction, views};
use crate::alignment::Side;
use crate::config::ObstructionSettings;
use crate::domain::Finding;

/// Finding DQ-19 for every obstruction that would have been found of a care trust or an integrated board, were it an ordinary body: rule, place
/// and reason. `found` is what the rules found.
///
/// Boundaries, levels, calendars and seats are judged of such bodies as of any other.
pub fn spared(evidence: &Evidence<'_>, settings: &ObstructionSettings, found: &[Obstruction]) -> Vec<Finding> {
    let any = views(evidence).any(|view| (0..view.alignment.relation.left.len()).any(|body| integrated(evidence, view, body).is_some()));
    if !any {
        return Vec::new();
    }
    let fired: BTreeSet<String> = found.iter().map(Obstruction::key).collect();
    let separate = find_again(&Evidence { as_if_separate: true, ..*evidence }, settings, |_| true, Vec::new());
    let mut findings = Vec::new();
    for spared in separate.iter().filter(|found| !fired.contains(&found.key())) {
        let place = views(evidence).find(|view| spared.alignment.as_deref() == Some(view.alignment.id.as_str()));
        let (Some(view), Some(side)) = (place, spared.subject_side) else { continue };
        let health = if side == Side::Health { &spared.subject_code } else { &spared.partner_code };
        let body = health.as_deref().and_then(|code| view.alignment.relation.position_left(code));
        let Some((body, reason)) = body.and_then(|body| Some((body, integrated(evidence, view, body)?))) else { continue };
        let service = spared.service.as_deref().map_or_else(String::new, |service| format!(", {service}"));
        let year = spared.fiscal_year.as_deref().map_or_else(String::new, |year| format!(", {year}"));
        let partner = if side == Side::Health { &spared.partner_code } else { &spared.subject_code };
        let with = partner.as_deref().map_or_else(String::new, |code| format!(" with {code}"));
        let detail = format!(
            "rule {} ({}) does not apply to {}{with}{service}{year}: {reason}",
            spared.id,
            spared.title,
            view.name(Side::Health, body)
        );
        let code = view.code(Side::Health, body);
        findings.push(
            Finding::new("DQ-19", detail, "not published as an obstruction")
                .layer(view.alignment.id.clone())
                .code(code)
                .field(spared.id.to_string()),
        );
    }
    findings
}
