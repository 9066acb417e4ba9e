//! What `coterminous plan` found.

use super::{ColumnSpec, Table, TableSpec, Value};
use crate::alignment::Alignment;
use crate::domain::People;
use crate::planner::{Objective, Point, Wishes};

/// The table of `coterminous plan --out`; no table of a run.
pub static PLAN_FRONT: TableSpec = TableSpec {
    name: "plan_front",
    description: "One row a plan of mergers of neighbours that no other one found beats in the objective (less), agreements (fewer), bodies left (fewer), people and pounds of disturbed bodies (fewer; pounds where the money of every body is known). Written by `coterminous plan --out`.",
    key: 3,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id that was planned for."),
        ColumnSpec::text(
            "objective",
            "What was minimised: people on the wrong side of a line, bodies that have such people, or pounds for them.",
        ),
        ColumnSpec::integer(
            "point",
            "1, 2, ...",
            "Place in the front: most bodies left first, then the smallest objective. Proposals are called `plan-<alignment>-<point>`.",
        ),
        ColumnSpec::integer("bodies_left", "bodies", "NHS bodies left."),
        ColumnSpec::number(
            "crossing",
            "people",
            "People on the wrong side of a line after the mergers: in pairs that the nearest nested arrangement does not pick, as in table nesting.",
        ),
        ColumnSpec::integer("parts", "crossing parts", "Pairs that they are in."),
        ColumnSpec::integer("bodies_cut", "bodies", "NHS bodies left that have crossing parts."),
        ColumnSpec::integer(
            "crossing_pence",
            "pence",
            "Money of NHS bodies for people on the wrong side, by head; null where that of one of them is not known.",
        )
        .or_null(),
        ColumnSpec::integer(
            "agreements",
            "agreements",
            "Agreements that joint working would need: pairs picked, and crossing parts of at least `minor_people` people.",
        ),
        ColumnSpec::integer("bodies_merging", "bodies", "Bodies of today that are part of a merger, its largest too."),
        ColumnSpec::number(
            "people_disturbed",
            "people",
            "People of disturbed bodies, whose organisation changes: all bodies of a merger but the largest, whose code stays.",
        ),
        ColumnSpec::integer("pence_disturbed", "pence", "Money of disturbed bodies; null where that of one of them is not known.")
            .or_null(),
        ColumnSpec::boolean("moves_lines", "Whether the objective is less than where nothing merges."),
        ColumnSpec::boolean(
            "by_lines",
            "Whether no other point beats it in the objective, people and pounds disturbed alone; the others are there for fewer bodies or agreements, and some of their mergers move no line.",
        ),
        ColumnSpec::boolean("proved", "Whether `value` reaches `bound`: no plan that is as good in all the rest has a smaller objective."),
        ColumnSpec::number("value", "people, bodies or pence", "The objective."),
        ColumnSpec::number(
            "bound",
            "people, bodies or pence",
            "What the objective cannot go below in any plan of mergers of neighbours that disturbs no more people (in a complete front: that is as good in all the rest); docs/methods.md says how it is proved.",
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
        table.push([
            Value::from(&alignment.id),
            wishes.objective.as_str().into(),
            number(point.number).into(),
            number(point.bodies_left).into(),
            point.crossing.into(),
            number(point.parts).into(),
            number(point.cut).into(),
            point.crossing_pence.into(),
            number(point.agreements).into(),
            number(point.merging).into(),
            point.people_disturbed.into(),
            point.pence_disturbed.into(),
            point.moves_lines.into(),
            point.by_lines.into(),
            point.proved.into(),
            objective(point.value).into(),
            objective(point.bound).into(),
            mergers.as_deref().into(),
        ]);
    }
    table.sorted()
}
