//! What a run may publish: proofs that hold, and findings that the config allows.

use std::path::Path;

use crate::config::Plan;
use crate::domain::{Finding, Proof};
use crate::error::{Error, Result};
use crate::io::manifest::stated_path;

/// Puts findings in the order of table `finding`, with files as the config states them, each once.
///
/// Two overlays of one layer may both meet the same imperfection; it is one imperfection.
pub(super) fn settle(plan: &Plan, findings: &mut Vec<Finding>) {
    for finding in findings.iter_mut() {
        if let Some(file) = &mut finding.file {
            *file = stated_path(plan, Path::new(file.as_str()));
        }
    }
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.id, f.layer.clone(), f.code.clone(), f.record, f.file.clone(), f.field.clone(), f.detail.clone());
        key(a).cmp(&key(b))
    });
    findings.dedup();
}

/// Refuses a result with a proof that does not hold.
///
/// A budget that differs from its published control is not a fault of the program: it is finding DQ-05 and is published as such (deny
/// DQ-05 to stop there), so such a proof alone may stand in the manifest as not holding.
///
/// # Errors
/// [`Error::Proof`] for the first that does not hold.
pub(super) fn proved(proofs: &[Proof], findings: &[Finding]) -> Result<()> {
    let control = |proof: &Proof| proof.name.contains("control") && findings.iter().any(|finding| finding.id == "DQ-05");
    match proofs.iter().find(|proof| !proof.holds && !control(proof)) {
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
        if index > 0 && findings.get(index - 1).is_some_and(|before| before.id == finding.id) {
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
            "{}: there are {verdict}; the first is {}; mend the input, or change findings.deny or findings.max; nothing was published",
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
