//! Obstructions by place, ranked, with the change that would remove most.

use super::{ColumnSpec, Table, TableSpec, Value};
use crate::domain::{Basis, People, Severity};
use crate::places::{ChangeKind, Choice, Place};

/// Table `place`.
pub static PLACE: TableSpec = TableSpec {
    name: "place",
    description: "One row a place: a component of an alignment, on the basis that rules judge by, with who is on the wrong side of a line in it, its obstructions, whom they expose, and the option that is shown first. It shows obstacles, not outcomes.",
    key: 2,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id."),
        ColumnSpec::text("component", "Name of the component, as in table component."),
        ColumnSpec::integer("rank", "rank", "1 for the place of the alignment with most people (by area: most land) on the wrong side of a line; then by crossing_pence, agreements_needed, high, people_exposed, and the smaller component."),
        ColumnSpec::text("basis", "people, or area where the alignment has no people; joins table component."),
        ColumnSpec::text("kind", "Kind of the component: coterminous, aggregate, partition, tangled or isolated."),
        ColumnSpec::integer("n_health", "bodies", "NHS bodies in it."),
        ColumnSpec::integer("n_council", "bodies", "Councils in it."),
        ColumnSpec::text("health_codes", "Codes of its NHS bodies, separated by `;`; null without one.").or_null(),
        ColumnSpec::text("council_codes", "Codes of its councils, separated by `;`; null without one.").or_null(),
        ColumnSpec::text("health_names", "Their names, else codes, in the same order; null without one.").or_null(),
        ColumnSpec::text("council_names", "Their names, else codes, in the same order; null without one.").or_null(),
        ColumnSpec::number("people", "people", "People of the component, as in table component; null without a population.").or_null(),
        ColumnSpec::number("people_exposed", "people", "Of the people of the place, those whom at least one obstruction that counts people exposes, each counted once; null without a population. obstructions.md says for each rule whom it exposes.").or_null(),
        ColumnSpec::text("fiscal_year", "Fiscal year of the pence: the latest of the alignment's money; null without money.").or_null(),
        ColumnSpec::integer("pence_exposed", "pence", "Money of that year that at least one obstruction about money of that year exposes, each penny once: of both sides in the pair and service it is about, of the NHS body alone where it is about money outside its main council; as far as known, null where none is.").or_null(),
        ColumnSpec::integer("agreements_needed", "agreements", "Agreements that joint working everywhere would need: pairs of the nearest nested arrangement of its NHS bodies, and their crossing parts of at least minor_people people (docs/methods.md). The sum over the places of an alignment is table nesting's."),
        ColumnSpec::integer("obstructions", "rows", "Rows of table obstruction whose subject is a body of it, or that it is the subject of; findings about layers and budgets (family DQ) are of no place."),
        ColumnSpec::integer("high", "rows", "Of them, those of high severity."),
        ColumnSpec::integer("medium", "rows", "Those of medium severity."),
        ColumnSpec::integer("low", "rows", "Those of low severity."),
        ColumnSpec::integer("info", "rows", "Those that are for information."),
        ColumnSpec::integer("boundaries", "rows", "Those of family BND."),
        ColumnSpec::integer("mergers", "rows", "Those of family MRG: of successions from or to one of the alignment's layers."),
        ColumnSpec::integer("budgets", "rows", "Those of family BUD."),
        ColumnSpec::integer("cycles", "rows", "Those of family CYC."),
        ColumnSpec::integer("levels", "rows", "Those of family LVL."),
        ColumnSpec::integer("governance", "rows", "Those of family GOV."),
        ColumnSpec::integer("own", "rows", "Those of rules of the config's own."),
        ColumnSpec::integer("judged", "rows", "Of the obstructions, those that options were judged by: found again by the rules on the evidence of the alignment alone. Mergers of the past (MRG) and own rules are not."),
        ColumnSpec::integer("changes_tried", "changes", "Options of the place: its rows of table option."),
        ColumnSpec::text("change", "The one change, in a sentence: the option that table option marks as first. Null where none is worth it.").or_null(),
        ColumnSpec::text("change_kind", "transfer, joint_agreement, merge, plan, calendar, seat, district_seat or responsibility; null without a change.").or_null(),
        ColumnSpec::text("change_side", "health or council: the side of change_subject; null without a change.").or_null(),
        ColumnSpec::text("change_subject", "Code of the body that changes: that gives a part away, that another joins, makes an agreement or plan, takes over a calendar or a responsibility, or whose board it is; null without a change.").or_null(),
        ColumnSpec::text("change_partner", "Code of the body of the other side that it is about (the part of change_subject in it moves; in a merger the one that both share); null without a change.").or_null(),
        ColumnSpec::text("change_others", "Code of the body that gets the part, or that joins change_subject; null where no line moves.").or_null(),
        ColumnSpec::text("change_service", "Service of an agreement; null, as an agreement is for every service.").or_null(),
        ColumnSpec::integer("change_removes", "rows", "Obstructions that would no longer fire; mergers of the past (MRG) and own rules are not tried again. Null without a change.").or_null(),
        ColumnSpec::integer("change_removes_high", "rows", "Obstructions of high severity that would no longer fire, or no longer be of high severity; null without a change.").or_null(),
        ColumnSpec::integer("change_adds", "rows", "Obstructions that would fire because of it; null without a change.").or_null(),
        ColumnSpec::integer("change_adds_high", "rows", "Obstructions that would be of high severity because of it; null without a change.").or_null(),
        ColumnSpec::number("change_people", "people", "People whom those that go, of high or medium severity, expose, each counted once; null without a change or a population.").or_null(),
        ColumnSpec::integer("change_pence", "pence", "Money of the fiscal year likewise; null without a change, or where none is known.").or_null(),
        ColumnSpec::text("change_rules", "Rules of those that go, each once, separated by `;`; null without a change.").or_null(),
        ColumnSpec::number("crossing", "people or m2", "What lies in the crossing parts of its NHS bodies (table crossing): people, or m2 where the basis is area. The sum over the places of an alignment is table nesting's."),
        ColumnSpec::integer("crossing_parts", "parts", "Number of those crossing parts."),
        ColumnSpec::integer("crossing_pence", "pence", "Money of the fiscal year that both sides are known to spend in them; null where none is known, or without a crossing part.").or_null(),
        ColumnSpec::text("wrong_side", "How much is on the wrong side of a line, in a sentence; where it is nothing, that no boundary change is offered."),
        ColumnSpec::number("change_affected", "people", "People who would get another NHS body or council; 0 where no line moves, null without a change or a population.").or_null(),
        ColumnSpec::number("change_crossing", "people or m2", "What would no longer be on the wrong side of a line, as crossing; null without a change.").or_null(),
    ],
};

/// Table `place`.
pub fn place(places: &[Place]) -> Table {
    let mut table = Table::new(&PLACE);
    let list = |items: Vec<String>| Some(items.join(";")).filter(|text| !text.is_empty());
    for place in places {
        let codes = |bodies: &[(String, Option<String>)]| list(bodies.iter().map(|(code, _)| code.clone()).collect());
        let names = |bodies: &[(String, Option<String>)]| {
            list(bodies.iter().map(|(code, name)| name.clone().unwrap_or_else(|| code.clone())).collect())
        };
        let of = |severity: Severity| Value::from(place.of(severity));
        let family = |family: &str| Value::from(place.families.get(family).copied().unwrap_or(0));
        let best = place.first();
        let change = best.map(|best| &best.change);
        let first = best.and_then(|best| best.first.as_ref());
        // Of two bodies that join, the one that stays is named first.
        let (stays, joins) = match change {
            Some(change) if change.kind == ChangeKind::Merge => (change.to.as_deref(), Some(change.subject.as_str())),
            change => (change.map(|change| change.subject.as_str()), change.and_then(|change| change.to.as_deref())),
        };
        table.push([
            Value::from(&place.alignment),
            Value::from(&place.component),
            place.rank.into(),
            place.basis.as_str().into(),
            place.kind.as_str().into(),
            place.health.len().into(),
            place.council.len().into(),
            codes(&place.health).into(),
            codes(&place.council).into(),
            names(&place.health).into(),
            names(&place.council).into(),
            place.people.into(),
            place.people_exposed.into(),
            place.fiscal_year.as_deref().into(),
            place.pence_exposed.into(),
            place.agreements_needed.into(),
            place.obstructions().into(),
            of(Severity::High),
            of(Severity::Medium),
            of(Severity::Low),
            of(Severity::Info),
            family("BND"),
            family("MRG"),
            family("BUD"),
            family("CYC"),
            family("LVL"),
            family("GOV"),
            family("OWN"),
            place.judged.into(),
            place.options.len().into(),
            best.map(|best| best.sentence.as_str()).into(),
            change.map(|change| change.kind.as_str()).into(),
            change.map(|change| change.side.as_str()).into(),
            stays.into(),
            change.and_then(|change| change.partner.as_deref()).into(),
            joins.into(),
            None::<&str>.into(),
            best.map(|best| best.removes).into(),
            best.map(|best| best.removes_high).into(),
            best.map(|best| best.adds).into(),
            best.map(|best| best.adds_high).into(),
            first.and_then(|first| first.people).into(),
            first.and_then(|first| first.pence).into(),
            first.and_then(|first| list(first.rules.clone())).into(),
            on_basis(place.crossing),
            place.crossing_parts.into(),
            place.crossing_pence.into(),
            place.wrong_side.as_str().into(),
            best.and_then(|best| people_affected(place, best)).into(),
            best.map_or(Value::Null, |best| on_basis(best.crossing_removed)),
        ]);
    }
    table.sorted()
}

/// Table `option`.
pub static OPTION: TableSpec = TableSpec {
    name: "option",
    description: "One row an option of a place: the options for each of its crossing parts, largest part first, each beginning with its transfer; then those that move no line. Each was judged by running the rules on the evidence as it would be. A place whose NHS bodies have no part on the wrong side of a line has no option that moves one.",
    key: 3,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id."),
        ColumnSpec::text("component", "Name of the component, as in table place."),
        ColumnSpec::integer("option", "number", "1, 2, 3 ... in the order above."),
        ColumnSpec::text("kind", "transfer, joint_agreement, merge, plan, calendar, seat, district_seat or responsibility."),
        ColumnSpec::text("side", "health or council: the side of subject_code."),
        ColumnSpec::text("subject_code", "Code of the body that changes: that gives a part away, joins another, makes an agreement or plan, takes over a calendar or a responsibility, or whose board it is."),
        ColumnSpec::text("partner_code", "Code of the body of the other side that it is about; in a merger the one that both share."),
        ColumnSpec::text("to_code", "Code of the body that gets the part, or that the subject joins; null where no line moves.").or_null(),
        ColumnSpec::integer("crossing_rank", "rank", "Rank of the crossing part that it is for, as in table crossing; null where it is for none.").or_null(),
        ColumnSpec::number("people_affected", "people", "People who would get another NHS body or council: those of the part, or of the smaller of two bodies that join; 0 where no line moves, null without a population.").or_null(),
        ColumnSpec::number("crossing_removed", "people or m2", "What would no longer be on the wrong side of a line: people, or m2 where the basis is area. Below 0 where more would be. Exact for a transfer; of a merger at least this."),
        ColumnSpec::integer("flags_removed", "rows", "Obstructions that would no longer fire, in this place or another; mergers of the past (MRG) and own rules are not tried again."),
        ColumnSpec::integer("flags_added", "rows", "Obstructions that would fire because of it."),
        ColumnSpec::integer("high_removed", "rows", "Obstructions of high severity that would no longer fire, or no longer be of high severity."),
        ColumnSpec::integer("high_added", "rows", "Obstructions that would be of high severity because of it."),
        ColumnSpec::integer("agreements_change", "agreements", "Agreements that joint working would need, after less before; what an agreement covers still needs it."),
        ColumnSpec::boolean("first", "Whether it is the one change of the place."),
        ColumnSpec::text("message", "The option in a sentence."),
    ],
};

/// Table `option`.
pub fn option(places: &[Place]) -> Table {
    let mut table = Table::new(&OPTION);
    for place in places {
        for (nth, option) in place.options.iter().enumerate() {
            let change = &option.change;
            table.push([
                Value::from(&place.alignment),
                Value::from(&place.component),
                nth.saturating_add(1).into(),
                change.kind.as_str().into(),
                change.side.as_str().into(),
                change.subject.as_str().into(),
                change.partner.as_deref().into(),
                change.to.as_deref().into(),
                option.part.into(),
                people_affected(place, option).into(),
                on_basis(option.crossing_removed),
                option.removes.into(),
                option.adds.into(),
                option.removes_high.into(),
                option.adds_high.into(),
                option.agreements.into(),
                option.first.is_some().into(),
                option.sentence.as_str().into(),
            ]);
        }
    }
    table.sorted()
}

/// An amount as people, or as square metres where the basis is area. Whole and part apart, so that whole people stay whole.
fn on_basis(amount: i128) -> Value<'static> {
    Value::from((amount / 1_000_000) as f64 + (amount % 1_000_000) as f64 / 1e6)
}

/// People whom an option affects; unknown where it moves land and no population was given.
fn people_affected(place: &Place, option: &Choice) -> Option<People> {
    let people = i64::try_from(option.affected).ok().map(People);
    people.filter(|people| place.basis == Basis::People || people.0 == 0)
}
