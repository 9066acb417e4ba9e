//! What a run may publish: proofs that hold, and findings that the config allows.

use std::collections::BTreeMap;
use std::path::Path;

use crate::budgets;
use crate::config::Plan;
use crate::domain::{Finding, Proof};
use crate::error::{Error, Result};

/// Puts findings in the order of table `finding`, with files as the config states them, each once.
///
/// Two overlays of one layer may both meet the same imperfection; it is one imperfection.
pub(super) fn settle(plan: &Plan, findings: &mut Vec<Finding>) {
    // Findings by the hundred thousand are about a few files.
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    for file in findings.iter_mut().filter_map(|finding| finding.file.as_mut()) {
        let text = match texts.get(file) {
            Some(text) => text.clone(),
            None => {
                let text = plan.stated.text_of(Path::new(file.as_str()));
                texts.insert(file.clone(), text.clone());
                text
            }
        };
        *file = text;
    }
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
    findings.dedup();
}

/// What findings are sorted by.
fn key(finding: &Finding) -> impl Ord + '_ {
    (finding.id, &finding.layer, &finding.code, finding.record, &finding.file, &finding.field, &finding.detail)
}

/// Refuses a result with a proof that does not hold.
///
/// A budget that differs from its published control is not a fault of the program: it is finding DQ-05 and is published as such (deny
/// DQ-05 to stop there), so such a proof alone may stand in the manifest as not holding. The finding must be of the same budget and about
/// what the proof is about: another budget's DQ-05 excuses nothing.
///
/// # Errors
/// [`Error::Proof`] for the first that does not hold.
pub(super) fn proved(proofs: &[Proof], findings: &[Finding]) -> Result<()> {
    match proofs.iter().find(|proof| !proof.holds && !budgets::is_stated(proof, findings)) {
        Some(proof) => Err(Error::Proof {
            subject: proof.subject.clone(),
            name: proof.name.clone(),
            expected: proof.expected.clone(),
            got: proof.got.clone(),
            tolerance: proof.tolerance.clone(),
        }),
        None => Ok(()),
    }
}

/// Refuses findings that `[findings]` denies, or has a maximum for.
///
/// # Errors
/// [`Error::Denied`] for the first id: how many, the first of them, and how to allow it.
pub(super) fn allowed(plan: &Plan, findings: &[Finding]) -> Result<()> {
    let policy = &plan.findings;
    for (index, finding) in findings.iter().enumerate() {
        if index.checked_sub(1).and_then(|before| findings.get(before)).is_some_and(|before| before.id == finding.id) {
            continue;
        }
        let count = findings.iter().filter(|other| other.id == finding.id).count();
        let verdict = if policy.deny.iter().any(|id| id == finding.id) {
            format!("{count} of finding {}, which [findings] denies", finding.id)
        } else if let Some(max) = policy.max.get(finding.id).filter(|max| count > **max) {
            format!("{count} of finding {}, and [findings] allows {max}", finding.id)
        } else {
            continue;
        };
        let message = format!(
            "{}: there are {verdict}; the first is {}; correct the input, or change findings.deny or findings.max; nothing was published",
            plan.path.display(),
            one_line(finding),
        );
        return Err(Error::Denied { message });
    }
    Ok(())
}

/// A finding in one line: where, and what.
pub fn one_line(finding: &Finding) -> String {
    let mut place: Vec<String> = Vec::new();
    place.extend(finding.file.clone().or_else(|| finding.layer.clone()));
    place.extend(finding.record.map(|record| format!("record {record}")));
    place.extend(finding.field.as_ref().map(|field| format!("field {field}")));
    if place.is_empty() { finding.detail.clone() } else { format!("{}: {}", place.join(", "), finding.detail) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_that_does_not_hold_is_excused_by_its_own_finding_alone() {
        let proof = |name: &str, subject: &str, expected: i128, got: i128| Proof::exact(name, subject, expected, got);
        let sum = proof("rows sum to the published control, in pence", "budget a, service x", 500, 400);
        let rows = proof("rows are as many as the control says", "budget a", 5, 4);
        let finding = |detail: &str| Finding::new("DQ-05", detail, "published as read");
        let of_sum = finding("budget a, service x: control 500 pence, rows 400 pence (tolerance 0)");
        let of_rows = finding("budget a: 4 rows where the control says 5");
        for (proof, own) in [(&sum, &of_sum), (&rows, &of_rows)] {
            assert!(proved(std::slice::from_ref(proof), std::slice::from_ref(own)).is_ok(), "{own:?}");
        }
        let unrelated = [
            finding("budget b, service x: control 500 pence, rows 400 pence (tolerance 0)"),
            finding("budget a, service y: control 500 pence, rows 400 pence (tolerance 0)"),
            finding("budget a: control 5 pence, rows 4 pence (tolerance 0)"),
        ];
        for (proof, other) in [(&sum, &of_rows), (&rows, &of_sum)] {
            let findings: Vec<Finding> = unrelated.iter().chain([other]).cloned().collect();
            assert!(matches!(proved(std::slice::from_ref(proof), &findings), Err(Error::Proof { .. })), "{proof:?}");
        }
        // No finding excuses a proof that is not about a control, whatever its name mentions.
        let own = proof("pieces are under control", "budget a, service x", 500, 400);
        assert!(proved(&[own], &[of_sum, of_rows]).is_err());
    }
}
