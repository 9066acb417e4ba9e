//! What stands in the way of joint working, and what was met in the input.

use super::{ColumnSpec, Table, TableSpec, Value};
use crate::domain::Finding;
use crate::obstructions::{self, Obstruction};

/// Table `obstruction`.
pub static OBSTRUCTION: TableSpec = TableSpec {
    name: "obstruction",
    description: "One row an obstruction to joint working: a rule that fired, with the measured value, the threshold, and the people and money exposed. It shows an obstacle, not an outcome.",
    key: 1,
    columns: &[
        ColumnSpec::text(
            "obstruction_key",
            "What names the row, in this run and in the next where the fact is the same: rule, alignment, subject, partner, service, fiscal year and what else it is about, such as an agreement, as far as it has them. Figures and severity are not in it. For BUD-01, which is about the latest year, neither is the year.",
        ),
        ColumnSpec::text(
            "obstruction_id",
            "Rule, such as BND-01; see the catalogue of obstructions. Rules of the config have the id it gives them.",
        ),
        ColumnSpec::text("alignment", "Alignment, succession or what-if id that it was found in; null where it is in none.").or_null(),
        ColumnSpec::text("subject_code", "Code of the body it is about; null where it is about a whole layer.").or_null(),
        ColumnSpec::text("partner_code", "Code of the partner it is about; null where it is about one body, or all its partners.")
            .or_null(),
        ColumnSpec::text("service", "Service; null where it is about none in particular.").or_null(),
        ColumnSpec::text("fiscal_year", "Fiscal year; null where it is about none in particular.").or_null(),
        ColumnSpec::text(
            "family",
            "Family of the rule: BND boundaries, MRG mergers, BUD budgets, CYC planning cycles, LVL levels, GOV governance, DQ data, OWN rules of the config's own.",
        ),
        ColumnSpec::text("severity", "high needs action, medium needs a look, low is small, info is worth knowing."),
        ColumnSpec::text("subject_side", "health or council: the side of the subject; null where it has none.").or_null(),
        ColumnSpec::text("subject_name", "Name of the subject; null without names.").or_null(),
        ColumnSpec::text("metric", "What was measured, such as crossing; null where the rule measures nothing.").or_null(),
        ColumnSpec::number("value", "see unit", "Measured value, in `unit`; null where the rule measures nothing.").or_null(),
        ColumnSpec::number("threshold", "see unit", "Threshold that the value was compared with, in `unit`; null where there is none.")
            .or_null(),
        ColumnSpec::text("unit", "Unit of value and threshold; null where there is neither.").or_null(),
        ColumnSpec::number("people", "people", "People exposed; null where they are unknown or the rule counts none.").or_null(),
        ColumnSpec::integer("pence", "pence", "Money exposed; null where it is unknown or the rule counts none.").or_null(),
        ColumnSpec::text(
            "confidence",
            "stable: what was measured decides it, and it holds at the bounds and under the other tolerances. declared: what a table of the user states decides it, about bodies and pairs that stay what they are at the bounds; or a rule of the config, whose condition is not tried there. unstable: at a bound, or under another tolerance, it would not have been found.",
        ),
        ColumnSpec::text("rule_version", "Version of the rule; it changes when the rule's meaning does."),
        ColumnSpec::text(
            "source",
            "Where the rule comes from: authors, title and where it was published; sources.md has what the rules take from each.",
        ),
        ColumnSpec::text("message", "The obstruction in one sentence."),
        ColumnSpec::text("title", "The rule in a few words."),
        ColumnSpec::text("subject_layer", "Layer of the subject, as in table area; null where the subject is not a body of a layer.")
            .or_null(),
    ],
};

/// Table `finding`.
pub static FINDING: TableSpec = TableSpec {
    name: "finding",
    description: "One row a finding: an imperfection of the input that was met, and what was done about it. Nothing is left out or repaired without one.",
    key: 4,
    columns: &[
        ColumnSpec::text("finding_id", "Kind of finding, such as DQ-03; see the catalogue of findings."),
        ColumnSpec::text("layer", "Layer, budget, alignment or succession id it was met in; null where it is in none.").or_null(),
        ColumnSpec::text("code", "Code of the area or body; null where it is about none in particular.").or_null(),
        ColumnSpec::integer(
            "record",
            "record",
            "Record of a shapefile from 1, or row of a table as a spreadsheet shows it; null where it is about no record.",
        )
        .or_null(),
        ColumnSpec::text("severity", "high needs action, medium needs a look, low is small, info is worth knowing."),
        ColumnSpec::text("file", "File it was met in, as the config states it; null where it is about none.").or_null(),
        ColumnSpec::text("field", "Field or column; null where it is about none.").or_null(),
        ColumnSpec::text("detail", "What was found, in one sentence."),
        ColumnSpec::number("value", "see unit", "Measured value, in `unit`; null where nothing was measured.").or_null(),
        ColumnSpec::text("unit", "Unit of value; null without one.").or_null(),
        ColumnSpec::text("action", "What the program did about it, such as kept, left out, read as unknown."),
    ],
};

/// Table `obstruction`.
pub fn obstruction(obstructions: &[Obstruction]) -> Table {
    // Rules say "" where there is nothing to say.
    fn said(text: &str) -> Option<&str> {
        Some(text).filter(|text| !text.is_empty())
    }
    let mut table = Table::new(&OBSTRUCTION);
    for (obstruction, key) in obstructions.iter().zip(obstructions::keys(obstructions)) {
        table.push([
            Value::from(key),
            Value::from(&*obstruction.id),
            obstruction.alignment.as_deref().into(),
            obstruction.subject_code.as_deref().into(),
            obstruction.partner_code.as_deref().into(),
            obstruction.service.as_deref().into(),
            obstruction.fiscal_year.as_deref().into(),
            obstruction.family.into(),
            obstruction.severity.as_str().into(),
            obstruction.subject_side.map(|side| side.as_str()).into(),
            obstruction.subject_name.as_deref().into(),
            said(&obstruction.metric).into(),
            obstruction.value.into(),
            obstruction.threshold.into(),
            said(&obstruction.unit).into(),
            obstruction.people.into(),
            obstruction.pence.into(),
            obstruction.confidence.as_str().into(),
            obstruction.rule_version.into(),
            Value::from(&*obstruction.source),
            Value::from(&obstruction.message),
            Value::from(&*obstruction.title),
            obstruction.subject_layer.as_deref().into(),
        ]);
    }
    table.sorted()
}

/// Table `finding`.
pub fn finding(findings: &[Finding]) -> Table {
    let mut table = Table::new(&FINDING);
    for finding in findings {
        table.push([
            finding.id.into(),
            finding.layer.as_deref().into(),
            finding.code.as_deref().into(),
            finding.record.into(),
            finding.severity.as_str().into(),
            finding.file.as_deref().into(),
            finding.field.as_deref().into(),
            Value::from(&finding.detail),
            finding.value.into(),
            finding.unit.into(),
            finding.action.into(),
        ]);
    }
    table.sorted()
}
