//! Obstructions by place, ranked, with the change that would remove most.

use super::{ColumnSpec, Table, TableSpec, Value};
use crate::domain::Severity;
use crate::places::Place;

/// Table `place`.
pub static PLACE: TableSpec = TableSpec {
    name: "place",
    description: "One row a place: a component of an alignment, on the basis that rules judge by, with its obstructions, whom they expose, and the one change that would remove most, found by running the rules on the evidence as it would be. It shows obstacles, not outcomes.",
    key: 2,
    columns: &[
        ColumnSpec::text("alignment", "Alignment id."),
        ColumnSpec::text("component", "Name of the component, as in table component."),
        ColumnSpec::integer("rank", "rank", "1 for the place of the alignment with most obstructions of high severity; then by people_exposed, by pence_exposed, and the smaller component."),
        ColumnSpec::text("basis", "people, or area where the alignment has no people; joins table component."),
        ColumnSpec::text("kind", "Kind of the component: coterminous, aggregate, partition, tangled or isolated."),
        ColumnSpec::integer("n_health", "bodies", "NHS bodies in it."),
        ColumnSpec::integer("n_council", "bodies", "Councils in it."),
        ColumnSpec::text("health_codes", "Codes of its NHS bodies, separated by `;`; null without one.").or_null(),
        ColumnSpec::text("council_codes", "Codes of its councils, separated by `;`; null without one.").or_null(),
        ColumnSpec::text("health_names", "Their names, else codes, in the same order; null without one.").or_null(),
        ColumnSpec::text("council_names", "Their names, else codes, in the same order; null without one.").or_null(),
        ColumnSpec::number("people", "people", "People of the component, as in table component; null without a population.").or_null(),
        ColumnSpec::number("people_exposed", "people", "People whom at least one obstruction that counts people exposes, each counted once; null without a population. obstructions.md says for each rule whom it exposes.").or_null(),
        ColumnSpec::text("fiscal_year", "Fiscal year of the pence: the latest of the alignment's money; null without money.").or_null(),
        ColumnSpec::integer("pence_exposed", "pence", "Money of that year that at least one obstruction about money of that year exposes, each penny once: of both sides in the pair and service it is about, of the NHS body alone where it is about money outside its main council; as far as known, null where none is.").or_null(),
        ColumnSpec::integer("agreements_needed", "agreements", "Significant pairs: agreements that joint working everywhere would need."),
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
        ColumnSpec::integer("judged", "rows", "Of the obstructions, those that changes were held against: found again by the rules on the evidence of the place alone. Mergers of the past (MRG) and own rules are not."),
        ColumnSpec::integer("changes_tried", "changes", "Changes that were tried: bodies that join, parts that move, agreements, plans, calendars, seats, responsibilities."),
        ColumnSpec::text("change", "The change that would remove most, in a sentence: most obstructions of high severity net of those it would bring, then most people and most pence that those of high or medium severity which go expose, then most obstructions net, then the first by kind, side and codes. Null where none would remove more than it brings.").or_null(),
        ColumnSpec::text("change_kind", "merge, move, agreement, plan, cycle, seat, district_seat or responsibility; null without a change.").or_null(),
        ColumnSpec::text("change_side", "health or council: the side of change_subject; null without a change.").or_null(),
        ColumnSpec::text("change_subject", "Code of the body that changes: which the others join, that gives a part away, makes an agreement or plan, takes over a calendar or a responsibility, or whose board it is; null without a change.").or_null(),
        ColumnSpec::text("change_partner", "Code of the body of the other side that it is about (the part of change_subject in it moves; agreement, plan and calendar are with it); null for a merger or without a change.").or_null(),
        ColumnSpec::text("change_others", "Codes of the bodies that join change_subject, or of the one that gets the part, separated by `;`; null where there is none.").or_null(),
        ColumnSpec::text("change_service", "Service of an agreement; null for every service, or another change.").or_null(),
        ColumnSpec::integer("change_removes", "rows", "Obstructions that would no longer fire; mergers of the past (MRG) and own rules are not tried again. Null without a change.").or_null(),
        ColumnSpec::integer("change_removes_high", "rows", "Of them, those of high severity; null without a change.").or_null(),
        ColumnSpec::integer("change_adds", "rows", "Obstructions that would fire because of it; null without a change.").or_null(),
        ColumnSpec::integer("change_adds_high", "rows", "Of them, those of high severity; null without a change.").or_null(),
        ColumnSpec::number("change_people", "people", "People whom those that go, of high or medium severity, expose, each counted once; null without a change or a population.").or_null(),
        ColumnSpec::integer("change_pence", "pence", "Money of the fiscal year likewise; null without a change, or where none is known.").or_null(),
        ColumnSpec::text("change_rules", "Rules of those that go, each once, separated by `;`; null without a change.").or_null(),
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
        let best = place.best.as_ref();
        let change = best.map(|best| &best.change);
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
            place.tried.into(),
            best.map(|best| best.sentence.as_str()).into(),
            change.map(|change| change.kind.as_str()).into(),
            change.map(|change| change.side.as_str()).into(),
            change.map(|change| change.subject.as_str()).into(),
            change.and_then(|change| change.partner.as_deref()).into(),
            change.and_then(|change| list(change.others.clone())).into(),
            change.and_then(|change| change.service.as_deref()).into(),
            best.map(|best| best.removes).into(),
            best.map(|best| best.removes_high).into(),
            best.map(|best| best.adds).into(),
            best.map(|best| best.adds_high).into(),
            best.and_then(|best| best.people).into(),
            best.and_then(|best| best.pence).into(),
            best.and_then(|best| list(best.rules.clone())).into(),
        ]);
    }
    table.sorted()
}
