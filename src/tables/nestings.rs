//! Who is on the wrong side of which line: the nearest nested arrangement of each alignment, and its crossing parts.

use super::{ColumnSpec, SHARE, Table, TableSpec, Value};
use crate::alignment::{Alignment, Side};
use crate::budgets::PairPence;
use crate::domain::{Basis, Body};
use crate::nesting::Nesting;

/// Table `nesting`.
pub static NESTING: TableSpec = TableSpec {
    name: "nesting",
    description: "One row an alignment and basis: how many people (or how much land) are on the wrong side of a line. The nearest nested arrangement picks pairs so that every body lies in one partner or is made of whole ones, and leaves as little as possible in the pairs that it does not pick: the crossing parts.",
    key: 2,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("basis", "What was weighed: area or people."),
        ColumnSpec::number(
            "crossing",
            "people or m2",
            "What lies in crossing parts: people on basis people, square metres on basis area. The fewest that would have to change their NHS body or their council for every body to lie in one partner or to be made of whole ones.",
        ),
        ColumnSpec::number("total", "people or m2", "What lies in all pairs that are not slivers."),
        ColumnSpec::number("crossing_share", SHARE, "crossing / total; null where total is 0.").or_null(),
        ColumnSpec::integer("parts", "parts", "Number of crossing parts; table crossing has them."),
        ColumnSpec::integer("health_cut", "bodies", "NHS bodies with a crossing part."),
        ColumnSpec::integer("councils_cut", "bodies", "Councils with a crossing part."),
        ColumnSpec::integer(
            "agreements",
            "agreements",
            "Agreements that joint working everywhere would need: one a picked pair, and one a crossing part of at least `minor_people` people (tolerances; without a population every part).",
        ),
        ColumnSpec::boolean("proved", "Whether no arrangement can have less in crossing parts, and the people of every pair are known."),
        ColumnSpec::number(
            "bound",
            "people or m2",
            "No arrangement has less in crossing parts than this; equal to crossing where the search was finished.",
        ),
        ColumnSpec::integer(
            "unknown_pairs",
            "pairs",
            "Pairs whose people are not known. They take no part, so crossing is what is known of it.",
        ),
    ],
};

/// Table `crossing`.
pub static CROSSING: TableSpec = TableSpec {
    name: "crossing",
    description: "One row a crossing part: the people of a pair whose NHS body and council do not fit together. Over an alignment and basis, people (or area_m2) sum to nesting.crossing.",
    key: 4,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("basis", "What was weighed: area or people."),
        ColumnSpec::text("left_code", "Code of the NHS body."),
        ColumnSpec::text("right_code", "Code of the council."),
        ColumnSpec::integer("rank", "1, 2, ...", "1 for the part with the most people (basis people) or land (basis area)."),
        ColumnSpec::text("left_name", "Name of the NHS body; null without names.").or_null(),
        ColumnSpec::text("right_name", "Name of the council; null without names.").or_null(),
        ColumnSpec::number("people", "people", "People in the part; null without a population.").or_null(),
        ColumnSpec::number("people_low", "people", "People who are certainly in it; null without a population or without bounds.").or_null(),
        ColumnSpec::number("people_high", "people", "People who may be in it; null without a population or without bounds.").or_null(),
        ColumnSpec::number("area_m2", "m2", "Area of the part; null without shapes.").or_null(),
        ColumnSpec::number("share_left", SHARE, "Share of the NHS body in the part, on this basis; null where the body has no weight.").or_null(),
        ColumnSpec::number("share_right", SHARE, "Share of the council in the part, on this basis; null where the council has no weight.").or_null(),
        ColumnSpec::integer("health_pence", "pence", "The NHS body's money for the part, all services, in fiscal_year; null where the body states none for that year, or not all of it is known.").or_null(),
        ColumnSpec::integer("council_pence", "pence", "The council's money for the part, all services, in council_fiscal_year; null where the council states none for that year, or not all of it is known.").or_null(),
        ColumnSpec::text("fiscal_year", "Latest fiscal year of the NHS layer's budgets; null without one.").or_null(),
        ColumnSpec::text("council_fiscal_year", "Latest fiscal year of the council layer's budgets; null without one.").or_null(),
        ColumnSpec::text("health_would_be", "Code of the NHS body that the part would belong to: the one that the council lies in, else the other one with most of the council; null where the council has no other.").or_null(),
        ColumnSpec::text("health_would_be_name", "Its name; null without one or without names.").or_null(),
        ColumnSpec::text("council_would_be", "Code of the council that the part would belong to: the one that the NHS body lies in, else the other one with most of the NHS body; null where the NHS body has no other.").or_null(),
        ColumnSpec::text("council_would_be_name", "Its name; null without one or without names.").or_null(),
    ],
};

/// Table `nesting` of every alignment.
pub fn nesting<'a>(nestings: impl IntoIterator<Item = (&'a Alignment, &'a [Nesting])>) -> Table {
    let mut table = Table::new(&NESTING);
    for (alignment, nestings) in nestings {
        for nesting in nestings {
            let (crossing, total) = (nesting.number(nesting.crossing), nesting.number(nesting.total));
            table.push([
                Value::from(&alignment.id),
                nesting.basis.as_str().into(),
                crossing.into(),
                total.into(),
                (total > 0.0).then(|| crossing / total).into(),
                nesting.parts.len().into(),
                nesting.cut(Side::Health).into(),
                nesting.cut(Side::Council).into(),
                nesting.agreements.into(),
                nesting.proved().into(),
                nesting.number(nesting.bound).into(),
                nesting.unknown.into(),
            ]);
        }
    }
    table.sorted()
}

/// Table `crossing` of every alignment, with the money in the parts: that of the NHS side and that of the councils.
pub fn crossing<'a>(nestings: impl IntoIterator<Item = (&'a Alignment, &'a [Nesting], [PairPence; 2])>) -> Table {
    let mut table = Table::new(&CROSSING);
    for (alignment, nestings, [health, council]) in nestings {
        let relation = &alignment.relation;
        for (nesting, part) in nestings.iter().flat_map(|nesting| nesting.parts.iter().map(move |part| (nesting, part))) {
            let pair = relation.pairs.get(part.pair).zip(alignment.pairs.get(part.pair));
            let (Some((pair, metrics)), Some(left), Some(right)) = (pair, relation.left.get(part.left), relation.right.get(part.right))
            else {
                table.refuse(format!("alignment {} has a crossing part without a pair", alignment.id));
                continue;
            };
            let (share_left, share_right) = match nesting.basis {
                Basis::Area => (metrics.share_left_area, metrics.share_right_area),
                Basis::People => (metrics.share_left_people, metrics.share_right_people),
            };
            let code = |body: Option<&'a Body>| body.map(|body| body.code.as_str());
            let name = |body: Option<&'a Body>| body.and_then(|body| body.name.as_deref());
            let left_home = part.left_would_be.and_then(|body| relation.left.get(body));
            let right_home = part.right_would_be.and_then(|body| relation.right.get(body));
            table.push([
                Value::from(&alignment.id),
                nesting.basis.as_str().into(),
                Value::from(&left.code),
                Value::from(&right.code),
                part.rank.into(),
                left.name.as_deref().into(),
                right.name.as_deref().into(),
                pair.amounts.people.into(),
                pair.amounts.people_low.into(),
                pair.amounts.people_high.into(),
                alignment.relation.land(pair.amounts.area_m2).into(),
                share_left.into(),
                share_right.into(),
                health.pence.get(part.pair).copied().flatten().into(),
                council.pence.get(part.pair).copied().flatten().into(),
                health.fiscal_year.clone().into(),
                council.fiscal_year.clone().into(),
                code(left_home).into(),
                name(left_home).into(),
                code(right_home).into(),
                name(right_home).into(),
            ]);
        }
    }
    table.sorted()
}
