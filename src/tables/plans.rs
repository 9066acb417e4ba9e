//! What `coterminous plan` found.

use super::{ColumnSpec, SHARE, Table, TableSpec, Value};
use crate::alignment::Alignment;
use crate::domain::People;
use crate::planner::{Objective, Point, Wishes};

/// The table of `coterminous plan --out`; no table of a run.
pub static PLAN_FRONT: TableSpec = TableSpec {
    name: "plan_front",
    description: "One row a plan of mergers that no other one found beats in bodies left (fewer), the objective, people of coterminous bodies (more), people moved and pounds moved (fewer; weighed where the money of every body is known). Written by `coterminous plan --out`.",
    key: 3,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id that was planned for."),
        ColumnSpec::text(
            "objective",
            "What was maximised: people, bodies or pounds of bodies that match (coterminous, or made of whole councils).",
        ),
        ColumnSpec::integer(
            "point",
            "1, 2, ...",
            "Place in the front: most bodies left first, then the largest objective. Proposals are called `plan-<alignment>-<point>`.",
        ),
        ColumnSpec::integer("bodies_left", "bodies", "NHS bodies left."),
        ColumnSpec::integer("matched", "bodies", "Of them, bodies that match by people."),
        ColumnSpec::number("matched_share", SHARE, "`matched` over `bodies_left`; null without bodies.").or_null(),
        ColumnSpec::integer("coterminous", "bodies", "Of them, coterminous ones."),
        ColumnSpec::number("matched_people", "people", "People of bodies that match."),
        ColumnSpec::number("coterminous_people", "people", "People of coterminous bodies."),
        ColumnSpec::integer("matched_pence", "pence", "Money of bodies that match; null where that of one of them is not known.").or_null(),
        ColumnSpec::integer("disturbed", "bodies", "Bodies of today that a merger disturbs."),
        ColumnSpec::number("people_moved", "people", "People of those that are not the largest of their merger."),
        ColumnSpec::integer("pence_moved", "pence", "Money of those; null where that of one of them is not known.").or_null(),
        ColumnSpec::boolean(
            "four_way",
            "Whether no other point beats it in bodies left, people of coterminous bodies, people moved and pounds moved alone; the others are there for their objective.",
        ),
        ColumnSpec::boolean("proved", "Whether `value` reaches `bound`: no plan that is as good in all the rest has a larger objective."),
        ColumnSpec::number("value", "people, bodies or pence", "The objective."),
        ColumnSpec::number(
            "bound",
            "people, bodies or pence",
            "What the objective cannot exceed in any plan that leaves no more bodies (with --target: as many), has no fewer people in coterminous bodies and moves no more people and pounds; docs/methods.md says how it is proved.",
        ),
        ColumnSpec::text("mergers", "Codes that merge, joined by `+`, the mergers separated by `;`; null where nothing merges.").or_null(),
    ],
};

/// The front as a table.
pub fn plan_front(alignment: &Alignment, wishes: &Wishes, points: &[Point]) -> Table {
    let mut table = Table::new(&PLAN_FRONT);
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let objective = |value: i128| match wishes.objective {
        Objective::People => People(i64::try_from(value).unwrap_or(i64::MAX)).as_f64(),
        Objective::Bodies | Objective::Pounds => value as f64,
    };
    for point in points {
        let code = |body: &usize| alignment.relation.left.get(*body).map_or("", |body| body.code.as_str());
        let mergers: Vec<String> = point.mergers.iter().map(|set| set.iter().map(code).collect::<Vec<_>>().join("+")).collect();
        let mergers = (!mergers.is_empty()).then(|| mergers.join(";"));
        let share = (point.bodies_left > 0).then(|| point.matched as f64 / point.bodies_left as f64);
        table.push([
            Value::from(&alignment.id),
            wishes.objective.as_str().into(),
            number(point.number).into(),
            number(point.bodies_left).into(),
            number(point.matched).into(),
            share.into(),
            number(point.coterminous).into(),
            point.matched_people.into(),
            point.coterminous_people.into(),
            point.matched_pence.into(),
            number(point.disturbed).into(),
            point.people_moved.into(),
            point.pence_moved.into(),
            point.four_way.into(),
            point.proved.into(),
            objective(point.value).into(),
            objective(point.bound).into(),
            mergers.as_deref().into(),
        ]);
    }
    table.sorted()
}
