//! Money: lines, their parts, and both sides next to each other.

use super::{ColumnSpec, OUTSIDE, SHARE, Table, TableSpec, Value};
use crate::alignment::{Alignment, Side};
use crate::budgets::{Apportioned, BudgetLine, BudgetPair, Partner, UNALLOCATED, concentration};

/// Table `budget_line`.
pub static BUDGET_LINE: TableSpec = TableSpec {
    name: "budget_line",
    description: "One row per line of a budget table, in exact pence; a body of the layer without a row has one whose source_row is null.",
    key: 4,
    columns: &[
        ColumnSpec::text("budget", "Budget id from the config."),
        ColumnSpec::integer("source_row", "row", "Row of the budget's table as a spreadsheet shows it, header included; null for a body of the layer without a row.").or_null(),
        ColumnSpec::text("source_column", "Column that the amount is from, where the config turns columns into rows; null elsewhere.").or_null(),
        ColumnSpec::text("code", "The layer's code of the body; the code as found where it is not in the layer or means several areas (findings say so); null where the cell is blank.").or_null(),
        ColumnSpec::text("layer", "Layer id of the bodies whose money it is."),
        ColumnSpec::text("fiscal_year", "Fiscal year as the table or the config has it; null where the cell is blank.").or_null(),
        ColumnSpec::text("service", "Service after the service crosswalk; null where the cell is blank or the body has no row.").or_null(),
        ColumnSpec::text("mechanism", "How the money is held: mainstream, pooled, lead_commissioning, integrated_provision, grant, joint_finance, transfer; null where the cell is blank or the body has no row.").or_null(),
        ColumnSpec::integer("amount_pence", "pence", "Amount; null where it is unknown, never 0 for unknown.").or_null(),
        ColumnSpec::boolean("known", "Whether the amount is known."),
        ColumnSpec::text("sub_service", "Part of the service, as the table has it; null where it does not say.").or_null(),
        ColumnSpec::text("level", "Where the decision over the money is made: patient, practice, locality or strategic; null where the table does not say.").or_null(),
        ColumnSpec::text("holder", "Who holds the money, as the table has it; null where it does not say.").or_null(),
        ColumnSpec::text("population_basis", "Whom the money is meant for: registered (patients of the body's practices) or resident; null where the table does not say.").or_null(),
        ColumnSpec::text("counterpart_code", "The body on the other side that the money is meant to meet, as the table has it; null where it does not say.").or_null(),
        ColumnSpec::integer("discretionary_pence", "pence", "Part of the amount that can still be decided on; null where the table does not say.").or_null(),
        ColumnSpec::integer("committed_pence", "pence", "Part of the amount that is bound already; null where the table does not say.").or_null(),
        ColumnSpec::integer("held_pence", "pence", "Part of the amount that the body itself decides on by its level (attribute pcg_level): none at 1, the delegated share at 2, all at 3 and 4; null where the level or the amount is not known.").or_null(),
        ColumnSpec::integer("authority_pence", "pence", "Part of the amount that its health authority keeps: amount_pence less held_pence; null where that is.").or_null(),
        ColumnSpec::text("authority_code", "The authority (attribute parent_ha); null where it keeps nothing or is not known.").or_null(),
    ],
};

/// Table `budget_apportioned`.
pub static BUDGET_APPORTIONED: TableSpec = TableSpec {
    name: "budget_apportioned",
    description: "One row a part of a known budget line: the line split over its body's partners by largest remainder. Over the rows of an alignment, budget, source_row and source_column, amount_pence sums to the line exactly.",
    key: 6,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("budget", "Budget id from the config."),
        ColumnSpec::integer("source_row", "row", "Row of the budget's table as a spreadsheet shows it; null for a body of the layer without a row.").or_null(),
        ColumnSpec::text("source_column", "Column that the amount is from, as in table budget_line.").or_null(),
        ColumnSpec::text("code", "The layer's code of the body, as in table budget_line.").or_null(),
        ColumnSpec::text("partner_code", "Code of the area of the other layer; `__outside__` for the part of the body that none covers, `__unallocated__` where no area can be given (the code is not in the layer, or the body has neither people nor area)."),
        ColumnSpec::text("service", "Service, as in table budget_line.").or_null(),
        ColumnSpec::text("fiscal_year", "Fiscal year, as in table budget_line.").or_null(),
        ColumnSpec::text("mechanism", "Mechanism, as in table budget_line.").or_null(),
        ColumnSpec::integer("amount_pence", "pence", "Pence of the line that fall to the partner."),
        ColumnSpec::number("share", SHARE, "Share of the body's weight in the partner; null for `__unallocated__`.").or_null(),
        ColumnSpec::text("weight_basis", "What was weighed: people; `people:` and a field where the service has a population of its own; area where the alignment has no population or no one lives in the body; null for `__unallocated__`.").or_null(),
        ColumnSpec::text("side", "health or council: whose money it is."),
    ],
};

/// Table `budget_alignment`.
pub static BUDGET_ALIGNMENT: TableSpec = TableSpec {
    name: "budget_alignment",
    description: "One row per pair, service and fiscal year: what both sides spend on the people of the pair. Uncovered parts have rows with `__outside__`; money that no area can be given is in table budget_apportioned alone.",
    key: 5,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("left_code", "Code of the NHS body; `__outside__` for the part of the council that no NHS body covers."),
        ColumnSpec::text("right_code", "Code of the council; `__outside__` for the part of the NHS body that no council covers."),
        ColumnSpec::text("service", "Service; null where the lines do not say.").or_null(),
        ColumnSpec::text("fiscal_year", "Fiscal year; null where the lines do not say.").or_null(),
        ColumnSpec::integer("health_pence", "pence", "NHS money apportioned to the pair, every mechanism; null where the NHS body states none for the service and year, or a line is unknown.").or_null(),
        ColumnSpec::integer("council_pence", "pence", "Council money apportioned to the pair, every mechanism; null where the council states none for the service and year, or a line is unknown.").or_null(),
        ColumnSpec::number("counterpart", "ratio", "health_pence / council_pence; null where either is null or the council's is 0.").or_null(),
        ColumnSpec::integer("pooled_pence", "pence", "Money in pooled budgets: both sides' apportioned lines of mechanism pooled; where neither side has a joint line, the yearly amounts of the pair's pooled agreements in force that year. Null where an amount is unknown or nothing states joint money.").or_null(),
        ColumnSpec::number("pooled_share", SHARE, "pooled_pence / (health_pence + council_pence); null where any of them is or the sum is 0. Null, with finding DQ-23, where it would be below 0 or above 1.").or_null(),
        ColumnSpec::integer("outside_main_pence", "pence", "health_pence where the council is not the NHS body's main partner, else 0; over the rows of a body it sums to what lies outside its main partner. Null where health_pence is or the body has no main partner.").or_null(),
        ColumnSpec::integer("outside_main_pence_low", "pence", "The same with the people who are certainly in the pair; null without bounds.").or_null(),
        ColumnSpec::integer("outside_main_pence_high", "pence", "The same with the people who may be in the pair; null without bounds.").or_null(),
        ColumnSpec::number("grant_only_share", SHARE, "Grants and joint finance over all joint money (every mechanism but mainstream); null where there is no joint money or it is unknown.").or_null(),
        ColumnSpec::integer("pools", "pools", "Number of pooled budgets: the pair's pooled agreements in force that year that cover the service, or 1 where its lines pool money; null where nothing states joint money.").or_null(),
        ColumnSpec::number("pool_hhi", "0-1", "Sum of the squared shares of the pools (Herfindahl-Hirschman index): 1 for one pool, 1/n for n equal ones; null without pools, or where a size is not known.").or_null(),
        ColumnSpec::integer("discretionary_pence", "pence", "Money of both sides for the pair that can still be decided on; null unless every line of both says.").or_null(),
        ColumnSpec::number("pooled_share_discretionary", SHARE, "pooled_pence / discretionary_pence; null where either is or nothing can be decided on. Null, with finding DQ-23, where it would be below 0 or above 1.").or_null(),
        ColumnSpec::number("health_pence_per_head", "pence", "health_pence a resident of the pair; null with less than one resident.").or_null(),
        ColumnSpec::number("council_pence_per_head", "pence", "council_pence a resident of the pair; null with less than one resident.").or_null(),
        ColumnSpec::integer("level_gap", "steps", "Steps between the levels (patient, practice, locality, strategic) at which either side holds most of the money; null unless every line of both says.").or_null(),
    ],
};

/// Table `budget_line` of every budget.
pub fn budget_line(lines: &[BudgetLine]) -> Table {
    let mut table = Table::new(&BUDGET_LINE);
    for line in lines {
        let detail = line.detail.as_deref();
        table.push([
            (*line.budget).into(),
            source_row(line),
            source_column(line).into(),
            line.code.as_deref().into(),
            (*line.layer).into(),
            line.fiscal_year.as_deref().into(),
            line.service.as_deref().into(),
            line.mechanism.map(|mechanism| mechanism.as_str()).into(),
            line.amount.into(),
            line.known.into(),
            detail.and_then(|detail| detail.sub_service.as_deref()).into(),
            line.level.map(|level| level.as_str()).into(),
            detail.and_then(|detail| detail.holder.as_deref()).into(),
            line.population_basis.map(|basis| basis.as_str()).into(),
            detail.and_then(|detail| detail.counterpart.as_deref()).into(),
            detail.and_then(|detail| detail.discretionary).into(),
            detail.and_then(|detail| detail.committed).into(),
            detail.and_then(|detail| detail.held).into(),
            detail.and_then(|detail| detail.retained).into(),
            detail.and_then(|detail| detail.authority.as_deref()).into(),
        ]);
    }
    table.sorted()
}

fn source_row(line: &BudgetLine) -> Value<'static> {
    line.source_row.and_then(|row| i64::try_from(row).ok()).into()
}

fn source_column(line: &BudgetLine) -> Option<&str> {
    line.detail.as_deref().and_then(|detail| detail.source_column.as_deref())
}

/// Table `budget_apportioned`. Each part is of a line in `lines` and of the alignment of its name.
pub fn budget_apportioned<'a>(
    lines: &[BudgetLine],
    apportioned: impl IntoIterator<Item = &'a Apportioned>,
    alignments: &[Alignment],
) -> Table {
    let mut table = Table::new(&BUDGET_APPORTIONED);
    for result in apportioned {
        let alignment = alignments.iter().find(|alignment| alignment.id == result.alignment);
        let partners = alignment.map(|alignment| match result.side {
            Side::Health => &alignment.relation.right,
            Side::Council => &alignment.relation.left,
        });
        for part in result.parts() {
            let line = lines.get(part.line);
            // A dangling index leaves null where no null may be, so the table is refused rather than a row lost.
            let partner = match part.partner {
                Partner::Body(index) => partners.and_then(|partners| partners.get(index)).map(|body| body.code.as_str()),
                Partner::Outside => Some(OUTSIDE),
                Partner::Unallocated => Some(UNALLOCATED),
            };
            table.push([
                Value::from(&result.alignment),
                line.map(|line| &*line.budget).into(),
                line.map_or(Value::Null, source_row),
                line.and_then(source_column).into(),
                line.and_then(|line| line.code.as_deref()).into(),
                partner.into(),
                line.and_then(|line| line.service.as_deref()).into(),
                line.and_then(|line| line.fiscal_year.as_deref()).into(),
                line.and_then(|line| line.mechanism).map(|mechanism| mechanism.as_str()).into(),
                part.amount.into(),
                part.share.into(),
                part.weight_basis.into(),
                result.side.as_str().into(),
            ]);
        }
    }
    table.sorted()
}

/// Table `budget_alignment`: the pairs of each alignment.
pub fn budget_alignment(pairs: &[(&Alignment, &[BudgetPair])]) -> Table {
    let mut table = Table::new(&BUDGET_ALIGNMENT);
    for (alignment, pairs) in pairs {
        let relation = &alignment.relation;
        for pair in *pairs {
            let left = pair.left.map_or(Some(OUTSIDE), |body| relation.left.get(body).map(|body| body.code.as_str()));
            let right = pair.right.map_or(Some(OUTSIDE), |body| relation.right.get(body).map(|body| body.code.as_str()));
            table.push([
                Value::from(&alignment.id),
                left.into(),
                right.into(),
                pair.service.as_deref().into(),
                pair.fiscal_year.as_deref().into(),
                pair.health.into(),
                pair.council.into(),
                pair.counterpart.into(),
                pair.pooled.into(),
                pair.pooled_share.into(),
                pair.outside_main.into(),
                pair.outside_main_low.into(),
                pair.outside_main_high.into(),
                pair.grant_only_share.into(),
                pair.pools.as_ref().map(Vec::len).into(),
                pair.pools.as_deref().filter(|pools| !pools.is_empty()).and_then(concentration).into(),
                pair.discretionary.into(),
                pair.pooled_share_discretionary.into(),
                pair.health_per_head.into(),
                pair.council_per_head.into(),
                pair.level_gap.map(i64::from).into(),
            ]);
        }
    }
    table.sorted()
}
