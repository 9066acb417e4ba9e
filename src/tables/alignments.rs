//! What alignments say: pairs, bodies, components, association, rates.

use super::{ColumnSpec, OUTSIDE, SHARE, Table, TableSpec, Value};
use crate::alignment::{Alignment, BodyMetrics, Side};
use crate::budgets::{BudgetLine, component_pence};
use crate::domain::{Amounts, Basis, Body, People, RelationPair};
use crate::nesting::Nesting;

/// Table `overlap`.
pub static OVERLAP: TableSpec = TableSpec {
    name: "overlap",
    description: "One row per pair of an NHS body and a council that overlap, and one an uncovered part of a body (partner `__outside__`). Slivers are here too, marked. Over the rows of a body, its area and its people sum to the whole body.",
    key: 3,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("left_code", "Code of the NHS body; `__outside__` for the part of the council that no NHS body covers."),
        ColumnSpec::text("right_code", "Code of the council; `__outside__` for the part of the NHS body that no council covers."),
        ColumnSpec::text("left_layer", "Layer id of the NHS bodies."),
        ColumnSpec::text("right_layer", "Layer id of the councils."),
        ColumnSpec::text("left_name", "Name of the NHS body; null for `__outside__` or without names.").or_null(),
        ColumnSpec::text("right_name", "Name of the council; null for `__outside__` or without names.").or_null(),
        ColumnSpec::number("area_m2", "m2", "Area that lies in both; null for layers without shapes.").or_null(),
        ColumnSpec::number("share_left_area", SHARE, "area_m2 over the whole area of the NHS body; null for left_code `__outside__` and without shapes.").or_null(),
        ColumnSpec::number("share_right_area", SHARE, "area_m2 over the whole area of the council; null for right_code `__outside__` and without shapes.").or_null(),
        ColumnSpec::number("jaccard_area", SHARE, "area_m2 over the area that lies in either; 1 where the two are the same area. Null for `__outside__` and without shapes.").or_null(),
        ColumnSpec::number(
            "people",
            "people",
            "People of the alignment's population who live in both, best estimate; has decimals where building blocks were split by area. Null without a population, or where a block, point or row in it does not say how many people it has.",
        )
        .or_null(),
        ColumnSpec::number("people_low", "people", "People who are certainly in both (blocks wholly inside); null without a population or without bounds.").or_null(),
        ColumnSpec::number("people_high", "people", "People who may be in both (blocks wholly or partly inside); null without a population or without bounds. Where people are unknown: the people that either body's layer states, less those who are certainly in other parts of it; null where no layer states any.").or_null(),
        ColumnSpec::number("share_left_people", SHARE, "people over all people of the NHS body; null for left_code `__outside__`, without a population, or where no one lives in the body.").or_null(),
        ColumnSpec::number("share_right_people", SHARE, "people over all people of the council; null for right_code `__outside__`, without a population, or where no one lives in it.").or_null(),
        ColumnSpec::number("jaccard_people", SHARE, "people over the people who live in either; null for `__outside__`, without a population, or where no one lives in either.").or_null(),
        ColumnSpec::number("boundary_m", "m", "Perimeter of the overlap, all parts and holes; null without shapes.").or_null(),
        ColumnSpec::number("thickness_m", "m", "2 * area_m2 / boundary_m: how thick the overlap is; a few metres where it is an artefact of two surveys of one line. Null without shapes.").or_null(),
        ColumnSpec::boolean("sliver", "Whether the pair is thin, small on both sides and nearly without people (tolerances sliver_*), so that no class, rate or component counts it. Its area and people count in every sum. Null for `__outside__`.").or_null(),
        ColumnSpec::boolean("significant", "Whether the pair is not a sliver and holds at least the share `significant` of either body, by people (by area without a population, or where people are unknown). Null for `__outside__`.").or_null(),
        ColumnSpec::text("component_area", "Component on the area basis that holds the body (of the NHS body in a pair); joins table component with basis area. Null without shapes.").or_null(),
        ColumnSpec::text("component_people", "The same on the people basis; null without a population.").or_null(),
    ],
};

/// Keys of `geo/overlap`.
pub static GEO_OVERLAP: TableSpec = TableSpec {
    name: "geo/overlap",
    description: "One row per pair that overlaps or an uncovered part, with its outline, for the pairs that geometry was made for.",
    key: 3,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id, as in table overlap."),
        ColumnSpec::text("left_code", "Code of the NHS body, as in table overlap."),
        ColumnSpec::text("right_code", "Code of the council, as in table overlap."),
    ],
};

/// Table `coterminosity`.
pub static COTERMINOSITY: TableSpec = TableSpec {
    name: "coterminosity",
    description: "One row per body, side and basis: how the body relates to the other layer. Shares are of the body's whole area or of all its people.",
    key: 4,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("side", "health or council: the side the body is on."),
        ColumnSpec::text("code", "Code of the body."),
        ColumnSpec::text("basis", "What was weighed: area or people."),
        ColumnSpec::text("name", "Name of the body; null where the layer has no names.").or_null(),
        ColumnSpec::text(
            "class",
            "Relation to the other layer. Health: coterminous, near_coterminous, aggregate, nested, near_nested, fragment, spanning, uncovered. Council, with mirror names: coterminous, near_coterminous, partitioned, inside_larger, near_inside_larger, fragment, shared, uncovered. Null where no one lives in the body (basis people), or where unknown people could make it another.",
        )
        .or_null(),
        ColumnSpec::text("main_partner", "Code of the partner with the largest share of the body (ties: the smallest code); null where it has none.").or_null(),
        ColumnSpec::number("main_share", SHARE, "Share of the body in its main partner; null without one.").or_null(),
        ColumnSpec::number("best_jaccard", SHARE, "Largest Jaccard with any partner: 1 where the body and a partner are the same; null where the body has no weight.").or_null(),
        ColumnSpec::integer("n_partners", "bodies", "Partners that hold at least the share `significant` of the body; slivers do not count. Null where the body's people are unknown.").or_null(),
        ColumnSpec::number("n_effective", "bodies", "Effective number of partners, 1 / sum of squared shares of the covered part (Hill number of order 2); null where nothing is covered.").or_null(),
        ColumnSpec::number("mapcurves", SHARE, "MapCurves goodness of fit, sum over partners of share of body times share of partner (Hargrove et al. 2006). 1 also for a body made of whole partners, so it does not test for one to one. Null where the body has no weight.").or_null(),
        ColumnSpec::number("share_outside", SHARE, "Share of the body that no area of the other layer covers; null where the body has no weight.").or_null(),
        ColumnSpec::boolean("class_agrees", "Whether area and people give the body the same class; null without a population or without shapes.").or_null(),
        ColumnSpec::boolean("class_stable", "Whether the class stays the same under the bounds of its people and under the other tolerances; false where it rests on people that are unknown."),
        ColumnSpec::text("component", "Name of the component that holds the body; joins table component with the basis."),
        ColumnSpec::text("main_partner_name", "Name of the main partner; null without one or without names.").or_null(),
        ColumnSpec::text("other_classes", "Classes met under the bounds and the other tolerances besides `class`, separated by ';'; null where there is none.").or_null(),
        ColumnSpec::number("crossing", "people or m2", "What the body has in crossing parts (table crossing): its people, or land, on the wrong side of a line. Null where people of one of its pairs are not known.").or_null(),
    ],
};

/// Table `component`.
pub static COMPONENT: TableSpec = TableSpec {
    name: "component",
    description: "One row a component and basis: NHS bodies and councils that significant overlaps lock together, the smallest footprint in which both sides' boundaries agree.",
    key: 3,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("basis", "What was weighed: area or people."),
        ColumnSpec::text("component", "Name: the smallest code in it; `CODE (council)` where an NHS body of the same code names another component."),
        ColumnSpec::text("shape", "Number of NHS bodies, x, number of councils, such as 2x1."),
        ColumnSpec::text("kind", "By its shape: coterminous 1x1, aggregate 1xm, partition nx1, tangled nxm, isolated 1x0 or 0x1."),
        ColumnSpec::integer("n_health", "bodies", "Number of NHS bodies."),
        ColumnSpec::integer("n_council", "bodies", "Number of councils."),
        ColumnSpec::text("health_codes", "Codes of its NHS bodies, ascending, separated by ';'; null where it has none.").or_null(),
        ColumnSpec::text("council_codes", "Codes of its councils, ascending, separated by ';'; null where it has none.").or_null(),
        ColumnSpec::number("people", "people", "People of its NHS bodies, uncovered parts included (of its councils where it has no NHS body); null without a population.").or_null(),
        ColumnSpec::number("area_m2", "m2", "Area of its NHS bodies, uncovered parts included (of its councils where it has no NHS body); null without shapes.").or_null(),
        ColumnSpec::integer("health_pence", "pence", "Budget lines of its NHS bodies in the latest fiscal year that the layer has lines for, all services; null where a body has no line in that year or an unknown one.").or_null(),
        ColumnSpec::integer("council_pence", "pence", "Budget lines of its councils in the latest fiscal year that the layer has lines for, all services; null where a council has no line in that year or an unknown one.").or_null(),
        ColumnSpec::integer("agreements_needed", "pairs", "Significant pairs in it: agreements that joint working everywhere would need."),
    ],
};

/// Table `association`.
pub static ASSOCIATION: TableSpec = TableSpec {
    name: "association",
    description: "One row an alignment and basis: how well the two layers go together as partitions, over the part that both cover.",
    key: 2,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("basis", "What was weighed: area or people."),
        ColumnSpec::number("v_measure", SHARE, "V-measure with beta 1: harmonic mean of the next two (Rosenberg & Hirschberg 2007); null where nothing overlaps, or where people of a pair are unknown.").or_null(),
        ColumnSpec::number("homogeneity_health_by_council", SHARE, "Mutual information over the entropy of the councils: does knowing the NHS body tell you the council? 1 where every NHS body lies in one council; null where nothing overlaps.").or_null(),
        ColumnSpec::number("completeness_health_by_council", SHARE, "Mutual information over the entropy of the NHS bodies: does knowing the council tell you the NHS body? 1 where every council lies in one NHS body; null where nothing overlaps.").or_null(),
        ColumnSpec::number("mapcurves", SHARE, "MapCurves score: area under the curve of the bodies' goodness of fit (Hargrove et al. 2006); null where nothing overlaps.").or_null(),
    ],
};

/// Table `rate`.
pub static RATE: TableSpec = TableSpec {
    name: "rate",
    description: "One row an alignment, basis, definition, tolerance and side: how many bodies of the side count as coterminous. Both sides are given, since a rate of PCTs and a rate of councils are different figures.",
    key: 5,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id from the config."),
        ColumnSpec::text("basis", "What was weighed: area or people."),
        ColumnSpec::text(
            "definition",
            "strict: the class is coterminous. structural: coterminous, or made of whole partners, or a whole member of such a partner.",
        ),
        ColumnSpec::number(
            "equal",
            SHARE,
            "Tolerance: shares within it of 1 count as whole. The significance threshold is the larger of this and the config's.",
        ),
        ColumnSpec::text("side", "health or council: whose bodies are counted."),
        ColumnSpec::integer("coterminous", "bodies", "Bodies that count, as far as their classes are known."),
        ColumnSpec::integer("of", "bodies", "Bodies of the side in all: the denominator."),
        ColumnSpec::number(
            "share",
            SHARE,
            "coterminous / of; null where the side has no bodies, or where the class of one of them is unknown.",
        )
        .or_null(),
        ColumnSpec::number(
            "people_share",
            SHARE,
            "People of the bodies that count over all people of the side's bodies; null without a population.",
        )
        .or_null(),
    ],
};

/// Table `overlap` of every alignment. An uncovered part has a row where it has area or people.
pub fn overlap(alignments: &[Alignment]) -> Table {
    let mut table = Table::new(&OVERLAP);
    for alignment in alignments {
        let relation = &alignment.relation;
        if relation.pairs.len() != alignment.pairs.len()
            || relation.left.len() != relation.left_outside.len()
            || relation.right.len() != relation.right_outside.len()
        {
            table.refuse(format!("alignment {} has not one result a pair and one uncovered part a body", alignment.id));
        }
        for (pair, metrics) in relation.pairs.iter().zip(&alignment.pairs) {
            let (Some(left), Some(right)) = (relation.left.get(pair.left), relation.right.get(pair.right)) else {
                table.refuse(format!("alignment {} has a pair without bodies", alignment.id));
                continue;
            };
            let amounts = &pair.amounts;
            table.push([
                Value::from(&alignment.id),
                Value::from(&left.code),
                Value::from(&right.code),
                Value::from(&alignment.health_layer),
                Value::from(&alignment.council_layer),
                left.name.as_deref().into(),
                right.name.as_deref().into(),
                relation.land(amounts.area_m2).into(),
                metrics.share_left_area.into(),
                metrics.share_right_area.into(),
                metrics.jaccard_area.into(),
                amounts.people.into(),
                amounts.people_low.into(),
                amounts.people_high.into(),
                metrics.share_left_people.into(),
                metrics.share_right_people.into(),
                metrics.jaccard_people.into(),
                relation.land(amounts.boundary_m).into(),
                relation.land(amounts.thickness_m).into(),
                pair.sliver.into(),
                metrics.significant.into(),
                component_name(alignment, metrics.component_area).into(),
                component_name(alignment, metrics.component_people).into(),
            ]);
        }
        for (side, bodies, outside) in
            [(Side::Health, &relation.left, &relation.left_outside), (Side::Council, &relation.right, &relation.right_outside)]
        {
            for (index, (body, amounts)) in bodies.iter().zip(outside).enumerate() {
                if amounts.area_m2 > 0.0 || has_people(amounts) {
                    push_outside(&mut table, alignment, side, index, body, amounts);
                }
            }
        }
    }
    table.sorted()
}

fn has_people(amounts: &Amounts) -> bool {
    [amounts.people, amounts.people_high].into_iter().flatten().any(|people| people > People::default())
}

fn push_outside(table: &mut Table, alignment: &Alignment, side: Side, index: usize, body: &Body, amounts: &Amounts) {
    let land = |figure: f64| alignment.relation.land(figure);
    let share_area = share(land(amounts.area_m2), land(body.area_m2));
    let share_people = share(amounts.people.map(People::as_f64), body.people.map(People::as_f64));
    let component = |basis: Basis| {
        let metrics = alignment.body(side, index, basis)?;
        component_name(alignment, Some(metrics.component))
    };
    let name = body.name.as_deref();
    let left = side == Side::Health;
    table.push([
        Value::from(&alignment.id),
        if left { body.code.as_str() } else { OUTSIDE }.into(),
        if left { OUTSIDE } else { body.code.as_str() }.into(),
        Value::from(&alignment.health_layer),
        Value::from(&alignment.council_layer),
        name.filter(|_| left).into(),
        name.filter(|_| !left).into(),
        land(amounts.area_m2).into(),
        share_area.filter(|_| left).into(),
        share_area.filter(|_| !left).into(),
        Value::Null,
        amounts.people.into(),
        amounts.people_low.into(),
        amounts.people_high.into(),
        share_people.filter(|_| left).into(),
        share_people.filter(|_| !left).into(),
        Value::Null,
        land(amounts.boundary_m).into(),
        land(amounts.thickness_m).into(),
        Value::Null,
        Value::Null,
        component(Basis::Area).into(),
        component(Basis::People).into(),
    ]);
}

fn share(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    let (part, whole) = part.zip(whole)?;
    (whole > 0.0).then(|| part / whole)
}

fn component_name(alignment: &Alignment, component: Option<usize>) -> Option<&str> {
    alignment.components.get(component?).map(|component| component.name.as_str())
}

/// Table `coterminosity` of every alignment.
pub fn coterminosity<'a>(alignments: impl IntoIterator<Item = (&'a Alignment, &'a [Nesting])>) -> Table {
    let mut table = Table::new(&COTERMINOSITY);
    for (alignment, nestings) in alignments {
        let relation = &alignment.relation;
        for metrics in &alignment.bodies {
            let (bodies, partners) = match metrics.side {
                Side::Health => (&relation.left, &relation.right),
                Side::Council => (&relation.right, &relation.left),
            };
            let Some(body) = bodies.get(metrics.body) else {
                table.refuse(format!("alignment {} has a class without a body", alignment.id));
                continue;
            };
            let partner = metrics.main_partner.and_then(|partner| partners.get(partner));
            let others: Vec<&str> = metrics.other_classes.iter().map(|class| class.as_str(metrics.side)).collect();
            table.push([
                Value::from(&alignment.id),
                metrics.side.as_str().into(),
                Value::from(&body.code),
                metrics.basis.as_str().into(),
                body.name.as_deref().into(),
                metrics.class.map(|class| class.as_str(metrics.side)).into(),
                partner.map(|partner| partner.code.as_str()).into(),
                metrics.main_share.into(),
                metrics.best_jaccard.into(),
                metrics.known.then_some(metrics.n_partners).into(),
                metrics.n_effective.into(),
                metrics.mapcurves.into(),
                metrics.share_outside.into(),
                metrics.class_agrees.into(),
                metrics.class_stable.into(),
                component_name(alignment, Some(metrics.component)).into(),
                partner.and_then(|partner| partner.name.as_deref()).into(),
                list(&others).into(),
                crossing(alignment, nestings, metrics).into(),
            ]);
        }
    }
    table.sorted()
}

/// What a body has in crossing parts; `None` without a nesting on the basis, or where the people of one of its pairs are not known.
fn crossing(alignment: &Alignment, nestings: &[Nesting], metrics: &BodyMetrics) -> Option<f64> {
    let nesting = nestings.iter().find(|nesting| nesting.basis == metrics.basis)?;
    let of_body = |pair: &&RelationPair| match metrics.side {
        Side::Health => pair.left == metrics.body,
        Side::Council => pair.right == metrics.body,
    };
    let unknown = || alignment.relation.pairs.iter().filter(of_body).any(|pair| pair.amounts.people.is_none());
    if metrics.basis == Basis::People && nesting.unknown > 0 && unknown() {
        return None;
    }
    nesting.of(metrics.side, metrics.body).map(|amount| nesting.number(i128::from(amount)))
}

/// Table `component` of every alignment, with the money of its bodies ([`component_pence`]).
pub fn component(alignments: &[Alignment], lines: &[BudgetLine]) -> Table {
    let mut table = Table::new(&COMPONENT);
    for alignment in alignments {
        let relation = &alignment.relation;
        let pence = component_pence(alignment, lines);
        for (index, component) in alignment.components.iter().enumerate() {
            let codes = |bodies: &[Body], members: &[usize]| {
                let codes: Vec<&str> = members.iter().filter_map(|&body| bodies.get(body)).map(|body| body.code.as_str()).collect();
                list(&codes)
            };
            let (health_pence, council_pence) = pence.get(index).copied().unwrap_or((None, None));
            table.push([
                Value::from(&alignment.id),
                component.basis.as_str().into(),
                Value::from(&component.name),
                format!("{}x{}", component.health.len(), component.council.len()).into(),
                component.kind.as_str().into(),
                component.health.len().into(),
                component.council.len().into(),
                codes(&relation.left, &component.health).into(),
                codes(&relation.right, &component.council).into(),
                component.people.into(),
                relation.land(component.area_m2).into(),
                health_pence.into(),
                council_pence.into(),
                component.agreements_needed.into(),
            ]);
        }
    }
    table.sorted()
}

fn list(items: &[&str]) -> Option<String> {
    (!items.is_empty()).then(|| items.join(";"))
}

/// Table `association` of every alignment.
pub fn association(alignments: &[Alignment]) -> Table {
    let mut table = Table::new(&ASSOCIATION);
    for alignment in alignments {
        for association in &alignment.associations {
            table.push([
                Value::from(&alignment.id),
                association.basis.as_str().into(),
                association.v_measure.into(),
                association.homogeneity_health_by_council.into(),
                association.completeness_health_by_council.into(),
                association.mapcurves.into(),
            ]);
        }
    }
    table.sorted()
}

/// Table `rate` of every alignment.
pub fn rate(alignments: &[Alignment]) -> Table {
    let mut table = Table::new(&RATE);
    for alignment in alignments {
        for rate in &alignment.rates {
            table.push([
                Value::from(&alignment.id),
                rate.basis.as_str().into(),
                rate.definition.as_str().into(),
                rate.equal.into(),
                rate.side.as_str().into(),
                rate.coterminous.into(),
                rate.of.into(),
                rate.share.into(),
                rate.people_share.into(),
            ]);
        }
    }
    table.sorted()
}
