//! `[[alignment]]`, `[[succession]]`: what is compared with what, and whose people are counted.

use std::collections::BTreeMap;

use super::layers::find;
use super::load::Context;
use super::plan::{AlignmentPlan, BlockPeople, DeclaredSource, LayerPlan, LayerSource, PeopleSource, SuccessionPlan};
use super::plan_table::{Sum, TableSource};
use super::raw::{RawAlignment, RawPeople, RawSuccession};
use super::shapes::RawColumns;
use super::source::{Step, unknown};
use super::tables::Beside;
use crate::domain::Role;
use crate::error::Result;

/// Every `[[alignment]]`, in config order.
pub(super) fn alignments(context: &Context<'_>, raws: &[RawAlignment], layers: &[LayerPlan]) -> Result<Vec<AlignmentPlan>> {
    let mut ids = Ids::new(context);
    let mut plans = Vec::with_capacity(raws.len());
    for (index, raw) in raws.iter().enumerate() {
        let at = |key: &'static str| [Step::Key("alignment"), Step::At(index), Step::Key(key)];
        ids.add("alignment", index, &raw.id)?;
        let health = find(context, &at("health"), &raw.health, layers)?;
        role(context, &at("health"), "health", layers.get(health), &[Role::Health])?;
        let council = find(context, &at("council"), &raw.council, layers)?;
        role(context, &at("council"), "council", layers.get(council), &[Role::Council])?;
        let district = match &raw.district {
            Some(id) => {
                let district = find(context, &at("district"), id, layers)?;
                role(context, &at("district"), "district", layers.get(district), &[Role::Other, Role::Council])?;
                Some(district)
            }
            None => None,
        };
        let people = raw
            .people
            .as_ref()
            .map(|raw| people(context, "alignment", index, raw, layers, Also { district: district.is_some(), ..Also::default() }))
            .transpose()?;
        plans.push(AlignmentPlan {
            id: raw.id.clone(),
            health,
            council,
            people: people.as_ref().map(|people| people.source.clone()),
            service_people: people.map_or_else(Vec::new, |people| people.services),
            district,
            line: context.line(&[Step::Key("alignment"), Step::At(index)]),
        });
    }
    Ok(plans)
}

/// Every `[[succession]]`, in config order.
pub(super) fn successions(context: &Context<'_>, raws: &[RawSuccession], layers: &[LayerPlan]) -> Result<Vec<SuccessionPlan>> {
    let mut ids = Ids::new(context);
    let mut plans = Vec::with_capacity(raws.len());
    for (index, raw) in raws.iter().enumerate() {
        let at = |key: &'static str| [Step::Key("succession"), Step::At(index), Step::Key(key)];
        ids.add("succession", index, &raw.id)?;
        let from = find(context, &at("from"), &raw.from, layers)?;
        let to = find(context, &at("to"), &raw.to, layers)?;
        if from == to {
            return Err(context.error(&at("to"), format!("from and to are both \"{}\"; name the layer before and the layer after", raw.to)));
        }
        if let (Some(a), Some(b)) = (layers.get(from), layers.get(to))
            && a.role != b.role
        {
            let message = format!("\"{}\" has role {} and \"{}\" has role {}", a.id, a.role.as_str(), b.id, b.role.as_str());
            return Err(context
                .error(&at("to"), format!("{message}; a body is succeeded by a body of the same kind, so name two layers of one role")));
        }
        let council = council_layer(context, &at("council"), raw.council.as_deref(), layers)?;
        let council_after = council_layer(context, &at("council_after"), raw.council_after.as_deref(), layers)?;
        if council.is_some() {
            role(context, &at("from"), "from", layers.get(from), &[Role::Health, Role::Other])?;
        } else if council_after.is_some() {
            return Err(
                context.error(&at("council_after"), "council_after is given without council; name the council layer before as well")
            );
        }
        let also = Also { council: council.is_some(), council_after: council_after.is_some(), district: false };
        if let Some(service) = raw.people.as_ref().and_then(|people| people.services.keys().next()) {
            let at = [Step::Key("succession"), Step::At(index), Step::Key("people"), Step::Key("services")];
            return Err(
                context.error(&at, format!("services (here {service}) split the money of an alignment; a succession has none; remove it"))
            );
        }
        let people = raw.people.as_ref().map(|raw| people(context, "succession", index, raw, layers, also)).transpose()?;
        let people = match (people, &raw.links) {
            (Some(_), Some(_)) => {
                return Err(
                    context.error(&at("links"), "people and links are both given; links are for what cannot be weighed, so keep people")
                );
            }
            (people, None) => people.map(|people| people.source),
            (None, Some(_)) if council.is_some() => {
                return Err(context
                    .error(&at("council"), "the effect on councils is measured by people or area, and links have neither; remove one"));
            }
            (None, Some(links)) => {
                for (key, text) in [("from", &links.from), ("to", &links.to)] {
                    context.filled(&[Step::Key("succession"), Step::At(index), Step::Key("links"), Step::Key(key)], text)?;
                }
                let table = context.named_table(&at("links"), &links.path)?;
                Some(PeopleSource::Links { table, left: links.from.clone(), right: links.to.clone() })
            }
        };
        let declared = match &raw.declared {
            Some(raw) => Some(DeclaredSource {
                table: context.named_table(&at("declared"), &raw.path)?,
                from: raw.from.clone(),
                to: raw.to.clone(),
                reason: raw.reason.clone(),
            }),
            None => None,
        };
        plans.push(SuccessionPlan {
            id: raw.id.clone(),
            from,
            to,
            date: raw.date.map(|day| day.0),
            people,
            council,
            council_after,
            declared,
            line: context.line(&[Step::Key("succession"), Step::At(index)]),
        });
    }
    circle(context, &plans, layers)?;
    Ok(plans)
}

/// Refuses successions that lead from a layer back to it: no vintage can come before itself.
fn circle(context: &Context<'_>, plans: &[SuccessionPlan], layers: &[LayerPlan]) -> Result<()> {
    for (index, plan) in plans.iter().enumerate() {
        let mut reached = vec![plan.to];
        let mut at = 0;
        while let Some(layer) = reached.get(at).copied() {
            at = at.saturating_add(1);
            for next in plans.iter().filter(|next| next.from == layer).map(|next| next.to) {
                if !reached.contains(&next) {
                    reached.push(next);
                }
            }
        }
        if reached.contains(&plan.from) {
            let id = layers.get(plan.from).map_or("", |layer| layer.id.as_str());
            let message = format!("succession \"{}\" is part of a circle that leads from \"{id}\" back to it", plan.id);
            let place = [Step::Key("succession"), Step::At(index), Step::Key("to")];
            return Err(context.error(&place, format!("{message}; name the earlier layer as from and the later one as to")));
        }
    }
    Ok(())
}

/// Ids of one kind, each used once.
pub(super) struct Ids<'a> {
    context: &'a Context<'a>,
    seen: BTreeMap<String, usize>,
}

impl<'a> Ids<'a> {
    pub(super) fn new(context: &'a Context<'a>) -> Self {
        Self { context, seen: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, kind: &str, index: usize, id: &str) -> Result<()> {
        let at = [Step::Key(kind), Step::At(index), Step::Key("id")];
        self.context.id(&at, id)?;
        if let Some(first) = self.seen.insert(id.to_owned(), index) {
            let line = self.context.line(&[Step::Key(kind), Step::At(first)]);
            return Err(self.context.error(&at, format!("{kind} id \"{id}\" is used twice, first on line {line}; give each its own id")));
        }
        Ok(())
    }
}

/// Checks that a layer has a role that its place allows.
pub(super) fn role(context: &Context<'_>, at: &[Step<'_>], key: &str, layer: Option<&LayerPlan>, allowed: &[Role]) -> Result<()> {
    let Some(layer) = layer else { return Ok(()) };
    if allowed.contains(&layer.role) {
        return Ok(());
    }
    let allowed: Vec<&str> = allowed.iter().map(|role| role.as_str()).collect();
    let message = format!("{key} = \"{}\" is a layer of role {}, expected role {}", layer.id, layer.role.as_str(), allowed.join(" or "));
    Err(context.error(at, format!("{message}; name another layer, or change the role of that one (line {})", layer.line)))
}

fn council_layer(context: &Context<'_>, at: &[Step<'_>], id: Option<&str>, layers: &[LayerPlan]) -> Result<Option<usize>> {
    let Some(id) = id else { return Ok(None) };
    let council = find(context, at, id, layers)?;
    let key = match at.last() {
        Some(Step::Key(key)) => *key,
        _ => "council",
    };
    role(context, at, key, layers.get(council), &[Role::Council])?;
    Ok(Some(council))
}

/// Layers beside left and right that a building-block table must have a column for.
#[derive(Debug, Clone, Copy, Default)]
struct Also {
    council: bool,
    council_after: bool,
    district: bool,
}

/// `people = { ... }` of an alignment or succession: the source for all, and those that services have of their own, one a field, in the order of the
/// fields.
fn people(context: &Context<'_>, kind: &'static str, index: usize, raw: &RawPeople, layers: &[LayerPlan], also: Also) -> Result<People> {
    let place = [Step::Key(kind), Step::At(index), Step::Key("people")];
    let at = |key: &'static str| [Step::Key(kind), Step::At(index), Step::Key("people"), Step::Key(key)];
    let (field, mut sums) = match (&raw.field, &raw.fields) {
        (Some(field), None) => {
            context.filled(&at("field"), field)?;
            (field.clone(), Vec::new())
        }
        (None, Some(fields)) => {
            let columns = context.columns(&at("fields"), fields)?;
            (columns.to_string(), vec![Sum { name: columns.to_string(), columns }])
        }
        _ => {
            return Err(
                context.error(&place, "people needs exactly one of field (a column) and fields (columns whose sum it is); give one")
            );
        }
    };
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (service, field) in &raw.services {
        let at = [Step::Key(kind), Step::At(index), Step::Key("people"), Step::Key("services"), Step::Key(service)];
        context.filled(&at, service)?;
        let name = match field {
            RawColumns::Text(text) if !text.contains('*') => {
                context.filled(&at, text)?;
                text.clone()
            }
            columns => {
                let columns = context.columns(&at, columns)?;
                let name = columns.to_string();
                if !sums.iter().any(|sum| sum.name == name) {
                    sums.push(Sum { name: name.clone(), columns });
                }
                name
            }
        };
        fields.entry(name).or_default().push(service.clone());
    }
    if !sums.is_empty() && raw.table.is_none() {
        let message = "sums of columns are of a table; give table = \"...\", with blocks = \"...\" and code = \"...\" for the people of a layer's blocks";
        return Err(context.error(&place, message));
    }
    let source = people_source(context, (kind, index), raw, layers, also, (field, sums))?;
    let services = fields.into_iter().map(|(field, services)| (source.with_field(&field), services)).collect();
    Ok(People { source, services })
}

/// What `people = { ... }` says.
struct People {
    source: PeopleSource,
    services: Vec<(PeopleSource, Vec<String>)>,
}

/// Where people come from: exactly one of blocks, points and table, or blocks with a table, with the keys that belong to it and no other.
fn people_source(
    context: &Context<'_>,
    (kind, index): (&'static str, usize),
    raw: &RawPeople,
    layers: &[LayerPlan],
    also: Also,
    (field, sums): (String, Vec<Sum>),
) -> Result<PeopleSource> {
    let at = |key: &'static str| [Step::Key(kind), Step::At(index), Step::Key("people"), Step::Key(key)];
    let whole = [Step::Key(kind), Step::At(index), Step::Key("people")];
    let given: [(&'static str, bool); 18] = [
        ("blocks", raw.blocks.is_some()),
        ("method", raw.method.is_some()),
        ("points", raw.points.is_some()),
        ("x", raw.x.is_some()),
        ("y", raw.y.is_some()),
        ("table", raw.table.is_some()),
        ("block", raw.block.is_some()),
        ("left", raw.left.is_some()),
        ("right", raw.right.is_some()),
        ("council", raw.council.is_some()),
        ("council_after", raw.council_after.is_some()),
        ("district", raw.district.is_some()),
        ("code", raw.code.is_some()),
        ("sheet", raw.sheet.is_some()),
        ("header_row", raw.header_row.is_some()),
        ("header_rows", !raw.header_rows.is_empty()),
        ("where", !raw.filter.0.is_empty()),
        ("join", !raw.join.0.is_empty()),
    ];
    const OF_TABLES: [&str; 6] = ["table", "sheet", "header_row", "header_rows", "where", "join"];
    let only = |source: &str, allowed: &[&str]| {
        let stray = given.iter().find(|(key, is_given)| *is_given && !allowed.contains(key)).map(|(key, _)| *key);
        match stray {
            Some(key) => Err(context.error(&at(key), format!("people by {source} does not use {key}; remove it"))),
            None => Ok(()),
        }
    };
    let needed = |source: &str, key: &'static str, text: &Option<String>| match text {
        Some(text) if !text.trim().is_empty() => Ok(text.clone()),
        _ => Err(context.error(&whole, format!("people by {source} needs {key}; name the column"))),
    };
    let beside = Beside {
        sheet: raw.sheet.as_deref(),
        header_row: raw.header_row,
        header_rows: &raw.header_rows,
        footnotes: &raw.footnotes,
        filter: &raw.filter.0,
        join: &raw.join.0,
        ..Beside::default()
    };
    match (&raw.blocks, &raw.points, &raw.table) {
        (Some(id), None, table) => {
            let mut allowed = vec!["blocks", "method"];
            if table.is_some() {
                allowed.extend(OF_TABLES);
                allowed.push("code");
            }
            only(if table.is_some() { "blocks and a table" } else { "blocks" }, &allowed)?;
            if let Some(method) = raw.method.as_deref().filter(|method| *method != "area") {
                return Err(context.error(&at("method"), unknown(&format!("method `{method}`"), method, ["area"].into_iter())));
            }
            let blocks = find(context, &at("blocks"), id, layers)?;
            if let Some(LayerPlan { source: LayerSource::Dissolved { .. }, id, .. }) = layers.get(blocks)
                && table.is_none()
            {
                let message = format!("layer \"{id}\" is dissolved, so it has no field \"{field}\"");
                return Err(context.error(&at("blocks"), format!("{message}; name a layer with a path or a table, or a table = \"...\" of its people")));
            }
            let from = match table {
                None => None,
                Some(table) => {
                    let table = TableSource { sums, ..context.table_with(&at("table"), table, &beside)? };
                    Some(BlockPeople { table, code: needed("blocks and a table", "code", &raw.code)? })
                }
            };
            Ok(PeopleSource::Blocks { blocks, field, from })
        }
        (None, Some(table), None) => {
            only("points", &["points", "x", "y"])?;
            Ok(PeopleSource::Points {
                table: context.named_table(&at("points"), table)?,
                x: needed("points", "x", &raw.x)?,
                y: needed("points", "y", &raw.y)?,
                field,
            })
        }
        (None, None, Some(table)) => {
            if raw.code.is_some() && raw.left.is_none() && raw.right.is_none() {
                let message = "people by a table with code needs blocks = \"...\", the layer whose codes they are; or left and right, the columns with \
                               the codes of both sides, which join can add";
                return Err(context.error(&whole, message));
            }
            let mut allowed = vec!["block", "left", "right"];
            allowed.extend(OF_TABLES);
            allowed.extend(also.council.then_some("council"));
            allowed.extend(also.council_after.then_some("council_after"));
            allowed.extend(also.district.then_some("district"));
            only("table", &allowed)?;
            Ok(PeopleSource::Table {
                table: TableSource { sums, ..context.table_with(&at("table"), table, &beside)? },
                block: raw.block.clone(),
                left: needed("table", "left", &raw.left)?,
                right: needed("table", "right", &raw.right)?,
                council: if also.council { Some(needed("table", "council", &raw.council)?) } else { None },
                council_after: if also.council_after { Some(needed("table", "council_after", &raw.council_after)?) } else { None },
                district: if also.district { Some(needed("table", "district", &raw.district)?) } else { None },
                field,
            })
        }
        _ => Err(context.error(
            &whole,
            "people needs exactly one of blocks (a layer), points (a table) and table (a building-block table), or blocks and the table of their \
             people; give one",
        )),
    }
}
