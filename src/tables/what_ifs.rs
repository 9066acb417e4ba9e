//! What proposals change, in full.

use super::{ColumnSpec, Table, TableSpec, Value};
use crate::what_ifs::WhatIfResult;

/// Table `what_if`.
pub static WHAT_IF: TableSpec = TableSpec {
    name: "what_if",
    description: "One row a figure of a proposal ([[what_if]]) in an alignment: before and after. Lines, partners, bodies by class, rates at the run's tolerance, obstructions by severity.",
    key: 4,
    columns: &[
        ColumnSpec::text("proposal", "What-if id from the config."),
        ColumnSpec::text("alignment", "Alignment id."),
        ColumnSpec::text(
            "measure",
            "crossing, crossing_share, crossing_bound, parts, agreements, partner_pairs, health_cut and councils_cut as in table nesting (partner_pairs: pairs that must deal with each other, as in table merger_effect); bodies_<side>; class_<side>_<class>; strict_<side> and structural_<side> with _share and _people_share as in table rate; obstructions_<severity> of families BND, BUD, CYC, LVL and GOV.",
        ),
        ColumnSpec::text("basis", "What was weighed: area or people; of obstructions, what rules judge by."),
        ColumnSpec::number("before", "see unit", "The figure as it is; null where it is not known.").or_null(),
        ColumnSpec::number("after", "see unit", "The figure as it would be; null where it is not known.").or_null(),
        ColumnSpec::text("unit", "Unit of both figures."),
        ColumnSpec::number("change", "see unit", "after - before; null where either is.").or_null(),
    ],
};

/// Table `what_if_obstruction`.
pub static WHAT_IF_OBSTRUCTION: TableSpec = TableSpec {
    name: "what_if_obstruction",
    description: "One row an obstruction of an alignment that a proposal ([[what_if]]) removes, brings or keeps: the rules run again on what would be. Families MRG, DQ and OWN are not run again.",
    key: 3,
    columns: &[
        ColumnSpec::text("proposal", "What-if id from the config."),
        ColumnSpec::text("alignment", "Alignment id."),
        ColumnSpec::text("obstruction_key", "Key of the obstruction, as in table obstruction where it fires before."),
        ColumnSpec::text(
            "state",
            "gone: it no longer fires. new: it fires only after. kept: it fires before and after, or what decides it would not be known.",
        ),
        ColumnSpec::text("severity", "Severity after; of what is gone, before."),
        ColumnSpec::text("message", "The obstruction in one sentence: as it would be, of what is gone as it is."),
        ColumnSpec::text("obstruction_id", "Rule."),
        ColumnSpec::text("family", "Family of the rule."),
        ColumnSpec::text("severity_before", "Severity before; null for what is new.").or_null(),
        ColumnSpec::text("subject_side", "health or council: the side of the subject; null where it has none.").or_null(),
        ColumnSpec::text("subject_code", "Code of the body it is about; null where it is about none.").or_null(),
        ColumnSpec::text("subject_name", "Name of the subject; null without names.").or_null(),
        ColumnSpec::text("partner_code", "Code of the partner; null where it is about none.").or_null(),
        ColumnSpec::text("service", "Service; null where it is about none in particular.").or_null(),
        ColumnSpec::text("fiscal_year", "Fiscal year; null where it is about none in particular.").or_null(),
        ColumnSpec::number(
            "people",
            "people",
            "People exposed after, of what is gone before; null where they are unknown or the rule counts none.",
        )
        .or_null(),
        ColumnSpec::integer("pence", "pence", "Money exposed likewise; null where it is unknown or the rule counts none.").or_null(),
        ColumnSpec::boolean(
            "judged",
            "Whether the rule could be run again; false where what the proposal leaves unknown would decide it, and then it is kept.",
        ),
    ],
};

/// Table `what_if` of every proposal.
pub fn what_if(results: &[WhatIfResult]) -> Table {
    let mut table = Table::new(&WHAT_IF);
    for result in results {
        for measure in &result.measures {
            table.push([
                Value::from(&result.proposal),
                Value::from(&result.alignment),
                Value::from(&measure.measure),
                measure.basis.as_str().into(),
                measure.before.into(),
                measure.after.into(),
                measure.unit.into(),
                measure.after.zip(measure.before).map(|(after, before)| after - before).into(),
            ]);
        }
    }
    table.sorted()
}

/// Table `what_if_obstruction` of every proposal.
pub fn what_if_obstruction(results: &[WhatIfResult]) -> Table {
    let mut table = Table::new(&WHAT_IF_OBSTRUCTION);
    for result in results {
        for changed in &result.obstructions {
            let found = &changed.obstruction;
            table.push([
                Value::from(&result.proposal),
                Value::from(&result.alignment),
                Value::from(&changed.key),
                changed.state.as_str().into(),
                found.severity.as_str().into(),
                Value::from(&found.message),
                Value::from(&*found.id),
                found.family.into(),
                changed.severity_before.map(|severity| severity.as_str()).into(),
                found.subject_side.map(|side| side.as_str()).into(),
                found.subject_code.as_deref().into(),
                found.subject_name.as_deref().into(),
                found.partner_code.as_deref().into(),
                found.service.as_deref().into(),
                found.fiscal_year.as_deref().into(),
                found.people.into(),
                found.pence.into(),
                changed.judged.into(),
            ]);
        }
    }
    table.sorted()
}
