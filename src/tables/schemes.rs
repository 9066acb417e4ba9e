//! Initiatives in the bodies they are at work in.

use super::{ColumnSpec, OUTSIDE, SHARE, Table, TableSpec};
use crate::budgets::Reach;

/// Table `scheme`.
pub static SCHEME: TableSpec = TableSpec {
    name: "scheme",
    description: "One row per group of a scheme (fundholding, total purchasing, locality commissioning, PMS pilots, health action zones) and a body it is at work in: context for anyone who plans across them.",
    key: 4,
    columns: &[
        ColumnSpec::text("scheme", "Scheme id from the config."),
        ColumnSpec::text("group_code", "Group within the scheme: a pilot, a consortium, an area's code; the scheme's id where it is one group."),
        ColumnSpec::text("layer", "Layer of the body."),
        ColumnSpec::text("code", "Code of the body; `__outside__` for members, or an area, in no body of the layer (findings say which)."),
        ColumnSpec::text("group_name", "Name of the group; null where the table has none.").or_null(),
        ColumnSpec::text("kind", "fundholding, total_purchasing, locality_commissioning, pms_pilot, health_action_zone or other."),
        ColumnSpec::text("given_as", "points, practices or areas: what the place of the group was known from."),
        ColumnSpec::integer("members", "members", "Members of the group in the body; null for areas.").or_null(),
        ColumnSpec::number("people", "people", "People of those members' lists, or residents of the common area; null where one of them is not known.").or_null(),
        ColumnSpec::number("area_m2", "m2", "Common area; null for points, practices and layers without shapes.").or_null(),
        ColumnSpec::number("share_of_body", SHARE, "Share of the body's residents in the common area, or of its land where residents are not known; null for points and practices.").or_null(),
        ColumnSpec::boolean("holds_budget", "Whether its members hold a budget; null where the config does not say.").or_null(),
        ColumnSpec::date("valid_from", "First day the scheme was in force; null where not known.").or_null(),
        ColumnSpec::date("valid_to", "Last day the scheme was in force; null where open or not known.").or_null(),
        ColumnSpec::boolean("in_force", "Whether scheme and layer were in force on a common day; null where the dates do not say.").or_null(),
        ColumnSpec::integer("kinds_in_body", "kinds", "Kinds of scheme at work in the body, this one included; null for `__outside__`.").or_null(),
    ],
};

/// Table `scheme`.
pub fn scheme(rows: &[Reach]) -> Table {
    let mut table = Table::new(&SCHEME);
    for row in rows {
        table.push([
            row.scheme.as_str().into(),
            row.group.as_str().into(),
            row.layer.as_str().into(),
            row.code.as_deref().unwrap_or(OUTSIDE).into(),
            row.name.as_deref().into(),
            row.kind.as_str().into(),
            row.given_as.into(),
            row.members.and_then(|members| i64::try_from(members).ok()).into(),
            row.people.map(crate::domain::People::as_f64).into(),
            row.area_m2.into(),
            row.share_of_body.into(),
            row.holds_budget.into(),
            row.valid.0.into(),
            row.valid.1.into(),
            row.in_force.into(),
            row.code.as_ref().and_then(|_| i64::try_from(row.kinds_in_body).ok()).into(),
        ]);
    }
    table.sorted()
}
