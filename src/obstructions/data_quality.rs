//! DQ: findings of the same id, aggregated by the layer or budget they were met in, so that a reader of `obstruction` sees them.

use std::collections::BTreeMap;

use super::message::values;
use super::rule::{Evidence, Exposes, Obstruction, Rule, Thresholds};
use crate::domain::finding::CATALOGUE;
use crate::domain::{Finding, Pence, Severity};
use crate::words::count;

const EVIDENCE: &str = "number of findings (table `finding` has each of them); pence, where every one of them is about money";
const MESSAGE: &str = "[{layer}: ]{what}[, {times}; the first]: {detail}.";

macro_rules! dq {
    ($name:ident, $id:literal, $title:literal, $severity:ident, $condition:literal) => {
        pub(super) const $name: Rule = Rule {
            id: $id,
            family: "DQ",
            title: $title,
            severity: Severity::$severity,
            condition: $condition,
            thresholds: &[],
            evidence: EVIDENCE,
            exposes: Exposes::Nowhere,
            message: MESSAGE,
            source: &["method"],
            rests_on: "findings of the run; no partner",
            check: collect,
        };
    };
}

dq!(DQ_01, "DQ-01", "overlaps or gaps in a layer", Medium, "areas of one layer overlap each other or leave gaps between them");
dq!(DQ_02, "DQ-02", "resolution or clip mismatch", High, "two layers differ in coastline clip or resolution");
dq!(DQ_03, "DQ-03", "polygon repaired or rejected", Low, "a polygon was not valid; high where it could not be used");
dq!(DQ_04, "DQ-04", "code unmatched", High, "a code of a budget or another table is not in the layer it should belong to");
dq!(DQ_05, "DQ-05", "total not conserved", High, "a total is not conserved, or not equal to its published control");
dq!(DQ_06, "DQ-06", "derived boundary", Info, "the layer is declared `derived`: its boundary is an approximation");

fn collect(evidence: &Evidence<'_>, thresholds: &Thresholds<'_>, out: &mut Vec<Obstruction>) {
    let mut groups: BTreeMap<Option<&str>, Vec<&Finding>> = BTreeMap::new();
    for finding in evidence.findings.iter().filter(|finding| finding.id == thresholds.rule.id) {
        groups.entry(finding.layer.as_deref()).or_default().push(finding);
    }
    let what = CATALOGUE.iter().find(|entry| entry.id == thresholds.rule.id).map_or(thresholds.rule.title, |entry| entry.title);
    for (layer, findings) in groups {
        let Some(first) = findings.first() else { continue };
        let detail = first.detail.trim_end_matches('.');
        let values = values! {
            layer: layer.map(str::to_owned),
            what: what.to_owned(),
            times: (findings.len() > 1).then(|| count(findings.len(), "time", "times")),
            detail: detail.to_owned(),
        };
        let mut obstruction = thresholds.found(values).measured("findings", findings.len() as f64, None, "findings");
        obstruction.severity = findings.iter().map(|finding| finding.severity).max().unwrap_or(thresholds.rule.severity);
        obstruction.subject_code = layer.map(str::to_owned);
        // Only where each finding states pence (DQ-04 and DQ-05 of budgets): part of a sum is not the sum.
        let pence = |finding: &&Finding| {
            finding.value.filter(|value| finding.unit == Some("pence") && value.abs() < 9e15).map(|value| value.abs() as i64)
        };
        obstruction.pence = findings.iter().map(pence).try_fold(0i64, |sum, pence| sum.checked_add(pence?)).map(Pence);
        out.push(obstruction);
    }
}
