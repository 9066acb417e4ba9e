//! Money taken together by body and by component, how far apart two bodies plan, and the reconciliation of every split.

use super::{ColumnSpec, SHARE, Table, TableSpec, Value};
use crate::alignment::Alignment;
use crate::budgets::{BudgetSum, PairGap, Reconciled};

/// Columns that a body and a component share; what the two differ in stands before them.
macro_rules! sum_columns {
    ($($own:expr),* ; $who:literal) => {
        &[
            $($own,)*
            ColumnSpec::text("service", "Service; null where the lines do not say.").or_null(),
            ColumnSpec::text("fiscal_year", "Fiscal year; null where the lines do not say.").or_null(),
            ColumnSpec::integer("health_pence", "pence", concat!("NHS money of ", $who, "; null where one body of them, however little of it is met, states none for the service and year, or a line is unknown.")).or_null(),
            ColumnSpec::integer("council_pence", "pence", concat!("Council money of ", $who, "; null where one council of them, however little of it is met, states none for the service and year, or a line is unknown.")).or_null(),
            ColumnSpec::number("counterpart", "ratio", "health_pence / council_pence; null where either is null or the council's is 0.").or_null(),
            ColumnSpec::integer("pooled_pence", "pence", "Money in pooled budgets, as in table budget_alignment; null where that of a pair is not known.").or_null(),
            ColumnSpec::number("pooled_share", SHARE, "pooled_pence / (health_pence + council_pence); null where any of them is or the sum is 0. Null, with finding DQ-23, where it would be below 0 or above 1.").or_null(),
            ColumnSpec::number("pooled_share_discretionary", SHARE, "pooled_pence over the money of both sides that can still be decided on; null unless every line says. Null, with finding DQ-23, where it would be below 0 or above 1.").or_null(),
            ColumnSpec::integer("pools", "pools", "Number of pooled budgets; null where nothing states joint money.").or_null(),
            ColumnSpec::number("pool_hhi", "0-1", "Sum of the squared shares of the pools (Herfindahl-Hirschman index): 1 for one pool, 1/n for n equal ones; null without pools, or where a size is not known.").or_null(),
            ColumnSpec::integer("agreements_needed", "agreements", "Significant pairs: agreements that joint working on the service would need."),
            ColumnSpec::number("grant_only_share", SHARE, "Grants and joint finance over all joint money; null where there is none or it is not known.").or_null(),
            ColumnSpec::integer("outside_main_pence", "pence", "NHS money for people outside the main council of their NHS body; null where it is not known.").or_null(),
            ColumnSpec::integer("outside_main_pence_low", "pence", "The same with the people who are certainly there; null without bounds.").or_null(),
            ColumnSpec::integer("outside_main_pence_high", "pence", "The same with the people who may be there; null without bounds.").or_null(),
            ColumnSpec::number("outside_main_share", SHARE, "outside_main_pence / health_pence; null where either is or health_pence is 0.").or_null(),
            ColumnSpec::number("per_head_spread", "ratio", "Highest over lowest council pence a resident among the significant pairs; null for a council, and with fewer than two that are known.").or_null(),
            ColumnSpec::integer("level_gap", "steps", "Most steps between the levels (patient, practice, locality, strategic) at which the two sides of a pair hold most of the money; null unless every line of a pair says.").or_null(),
        ]
    };
}

/// Table `budget_body`.
pub static BUDGET_BODY: TableSpec = TableSpec {
    name: "budget_body",
    description: "One row per body, service and fiscal year: its pairs taken together, its uncovered part included.",
    key: 5,
    columns: sum_columns![
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("side", "health or council."),
        ColumnSpec::text("code", "Code of the body.");
        "the body (for the side of the body its own, for the other what is apportioned to it)"
    ],
};

/// Table `budget_component`.
pub static BUDGET_COMPONENT: TableSpec = TableSpec {
    name: "budget_component",
    description: "One row a component (on the people basis where there is one), service and fiscal year: all money of its bodies, and what is joint between them.",
    key: 4,
    columns: sum_columns![
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("component", "Name of the component, as in table component.");
        "the component's bodies, all of it"
    ],
};

/// Table `gap`.
pub static GAP: TableSpec = TableSpec {
    name: "gap",
    description: "One row an overlapping pair: how far apart the two bodies plan, and for how many people the money of the NHS body is meant. Null where a side is not known.",
    key: 3,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("left_code", "Code of the NHS body."),
        ColumnSpec::text("right_code", "Code of the council."),
        ColumnSpec::integer(
            "year_start_gap_days",
            "days",
            "Days between the first days of the financial years, the short way round the year: 0 to 182; null where a side is not known.",
        )
        .or_null(),
        ColumnSpec::integer(
            "plan_gap_days",
            "days",
            "Days between the days plans are submitted, the short way round; null where a side is not known.",
        )
        .or_null(),
        ColumnSpec::integer(
            "budget_gap_days",
            "days",
            "Days between the days budgets are set, the short way round; null where a side is not known.",
        )
        .or_null(),
        ColumnSpec::number("horizon_gap_years", "years", "Difference of the planning horizons; null where a side is not known.").or_null(),
        ColumnSpec::number(
            "registered",
            "people",
            "Patients registered with the practices of the NHS body (attribute registered); null where not known.",
        )
        .or_null(),
        ColumnSpec::number("residents", "people", "Residents of the NHS body; null where not known or none.").or_null(),
        ColumnSpec::number("basis_gap", "ratio", "registered / residents - 1; null where either is.").or_null(),
    ],
};

/// Table `reconciliation`.
pub static RECONCILIATION: TableSpec = TableSpec {
    name: "reconciliation",
    description: "One row a budget, service and fiscal year of an alignment: every pound in, and where it went. difference_pence is 0, or the run is not published.",
    key: 5,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("side", "health or council: whose money it is."),
        ColumnSpec::text("budget", "Budget id from the config."),
        ColumnSpec::text("service", "Service; null where the lines do not say.").or_null(),
        ColumnSpec::text("fiscal_year", "Fiscal year; null where the lines do not say.").or_null(),
        ColumnSpec::integer("lines", "lines", "Lines."),
        ColumnSpec::integer("unknown_lines", "lines", "Lines of unknown amount; they have no parts."),
        ColumnSpec::integer("stated_pence", "pence", "Sum of the known lines."),
        ColumnSpec::integer("partners_pence", "pence", "Sum of the parts for areas of the other side."),
        ColumnSpec::integer("outside_pence", "pence", "Sum of the parts that no area of the other side covers."),
        ColumnSpec::integer("unallocated_pence", "pence", "Sum of the parts that no area can be given."),
        ColumnSpec::integer("difference_pence", "pence", "stated_pence less the three sums."),
    ],
};

/// What a body and a component share.
fn cells(sum: &BudgetSum) -> Vec<Value<'_>> {
    vec![
        sum.service.as_deref().into(),
        sum.fiscal_year.as_deref().into(),
        sum.health.into(),
        sum.council.into(),
        sum.counterpart.into(),
        sum.pooled.into(),
        sum.pooled_share.into(),
        sum.pooled_share_discretionary.into(),
        sum.pools.into(),
        sum.pool_hhi.into(),
        sum.agreements_needed.into(),
        sum.grant_only_share.into(),
        sum.outside_main.into(),
        sum.outside_main_low.into(),
        sum.outside_main_high.into(),
        sum.outside_main_share.into(),
        sum.per_head_spread.into(),
        sum.level_gap.map(i64::from).into(),
    ]
}

/// Table `budget_body`: the bodies of each alignment.
pub fn budget_body(sums: &[(&Alignment, &[BudgetSum])]) -> Table {
    let mut table = Table::new(&BUDGET_BODY);
    for (alignment, sums) in sums {
        for sum in *sums {
            let mut row = vec![Value::from(&alignment.id), sum.side.map(|side| side.as_str()).into(), Value::from(&sum.code)];
            row.extend(cells(sum));
            table.push_slice(&row);
        }
    }
    table.sorted()
}

/// Table `budget_component`: the components of each alignment.
pub fn budget_component(sums: &[(&Alignment, &[BudgetSum])]) -> Table {
    let mut table = Table::new(&BUDGET_COMPONENT);
    for (alignment, sums) in sums {
        for sum in *sums {
            let mut row = vec![Value::from(&alignment.id), Value::from(&sum.code)];
            row.extend(cells(sum));
            table.push_slice(&row);
        }
    }
    table.sorted()
}

/// Table `gap`: the pairs of each alignment.
pub fn gap(gaps: &[(&Alignment, &[PairGap])]) -> Table {
    let mut table = Table::new(&GAP);
    for (alignment, gaps) in gaps {
        for gap in *gaps {
            table.push([
                Value::from(&alignment.id),
                alignment.relation.left.get(gap.left).map(|body| body.code.as_str()).into(),
                alignment.relation.right.get(gap.right).map(|body| body.code.as_str()).into(),
                gap.year_start_days.into(),
                gap.plan_days.into(),
                gap.budget_days.into(),
                gap.horizon_years.into(),
                gap.registered.into(),
                gap.residents.into(),
                gap.basis_gap.into(),
            ]);
        }
    }
    table.sorted()
}

/// Table `reconciliation`.
pub fn reconciliation(rows: &[Reconciled]) -> Table {
    let mut table = Table::new(&RECONCILIATION);
    for row in rows {
        // A sum beyond 64 bits leaves null where no null may be, so the table is refused.
        let pence = |sum: i128| Value::from(i64::try_from(sum).ok());
        table.push([
            Value::from(&row.alignment),
            row.side.as_str().into(),
            (*row.budget).into(),
            row.service.as_deref().into(),
            row.fiscal_year.as_deref().into(),
            i64::try_from(row.lines).ok().into(),
            i64::try_from(row.unknown).ok().into(),
            pence(row.stated),
            pence(row.partners),
            pence(row.outside),
            pence(row.unallocated),
            pence(row.difference()),
        ]);
    }
    table.sorted()
}
