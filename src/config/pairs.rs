//! `[[alignment]]`, `[[succession]]`: what is compared with what, and whose people are counted.

use std::collections::BTreeMap;

use super::layers::find;
use super::load::Context;
use super::plan::{AlignmentPlan, DeclaredSource, LayerPlan, LayerSource, PeopleSource, SuccessionPlan};
use super::raw::{RawAlignment, RawPeople, RawSuccession};
use super::source::{Step, unknown};
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
            service_people: match (&people, &raw.people) {
                (Some(source), Some(raw)) => service_people(context, index, source, &raw.services)?,
                _ => Vec::new(),
            },
            people,
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
                .error(&at("to"), format!("{message}; a body is succeeded by a body of its own kind, so name two layers of one role")));
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
        let declared = match &raw.declared {
            Some(raw) => Some(DeclaredSource {
                path: context.path(&at("declared"), &raw.path)?,
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

/// Populations of services of their own: one a field, in the order of the fields.
fn service_people(
    context: &Context<'_>,
    index: usize,
    source: &PeopleSource,
    services: &BTreeMap<String, String>,
) -> Result<Vec<(PeopleSource, Vec<String>)>> {
    let mut fields: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (service, field) in services {
        let at = [Step::Key("alignment"), Step::At(index), Step::Key("people"), Step::Key("services"), Step::Key(service)];
        context.filled(&at, service)?;
        context.filled(&at, field)?;
        fields.entry(field).or_default().push(service.clone());
    }
    Ok(fields.into_iter().map(|(field, services)| (source.with_field(field), services)).collect())
}

/// `people = { ... }`: exactly one of blocks, points and table, with the keys that belong to it and no other.
fn people(
    context: &Context<'_>,
    kind: &'static str,
    index: usize,
    raw: &RawPeople,
    layers: &[LayerPlan],
    also: Also,
) -> Result<PeopleSource> {
    let at = |key: &'static str| [Step::Key(kind), Step::At(index), Step::Key("people"), Step::Key(key)];
    let whole = [Step::Key(kind), Step::At(index), Step::Key("people")];
    let given: [(&'static str, &Option<String>); 12] = [
        ("blocks", &raw.blocks),
        ("method", &raw.method),
        ("points", &raw.points),
        ("x", &raw.x),
        ("y", &raw.y),
        ("table", &raw.table),
        ("block", &raw.block),
        ("left", &raw.left),
        ("right", &raw.right),
        ("council", &raw.council),
        ("council_after", &raw.council_after),
        ("district", &raw.district),
    ];
    let only = |source: &str, allowed: &[&str]| {
        let stray = given.iter().find(|(key, text)| text.is_some() && !allowed.contains(key)).map(|(key, _)| *key);
        match stray {
            Some(key) => Err(context.error(&at(key), format!("people by {source} does not use {key}; remove it"))),
            None => Ok(()),
        }
    };
    let needed = |source: &str, key: &'static str, text: &Option<String>| match text {
        Some(text) if !text.trim().is_empty() => Ok(text.clone()),
        _ => Err(context.error(&whole, format!("people by {source} needs {key}; name the column"))),
    };
    context.filled(&at("field"), &raw.field)?;
    match (&raw.blocks, &raw.points, &raw.table) {
        (Some(id), None, None) => {
            only("blocks", &["blocks", "method"])?;
            if let Some(method) = raw.method.as_deref().filter(|method| *method != "area") {
                return Err(context.error(&at("method"), unknown(&format!("method `{method}`"), method, ["area"].into_iter())));
            }
            let blocks = find(context, &at("blocks"), id, layers)?;
            if let Some(LayerPlan { source: LayerSource::Dissolved { .. }, id, .. }) = layers.get(blocks) {
                let message = format!("layer \"{id}\" is dissolved, so it has no field \"{}\"", raw.field);
                return Err(context.error(&at("blocks"), format!("{message}; name a layer with a path or a table")));
            }
            Ok(PeopleSource::Blocks { blocks, field: raw.field.clone() })
        }
        (None, Some(path), None) => {
            only("points", &["points", "x", "y"])?;
            Ok(PeopleSource::Points {
                path: context.path(&at("points"), path)?,
                x: needed("points", "x", &raw.x)?,
                y: needed("points", "y", &raw.y)?,
                field: raw.field.clone(),
            })
        }
        (None, None, Some(path)) => {
            let mut allowed = vec!["table", "block", "left", "right"];
            allowed.extend(also.council.then_some("council"));
            allowed.extend(also.council_after.then_some("council_after"));
            allowed.extend(also.district.then_some("district"));
            only("table", &allowed)?;
            Ok(PeopleSource::Table {
                path: context.path(&at("table"), path)?,
                block: raw.block.clone(),
                left: needed("table", "left", &raw.left)?,
                right: needed("table", "right", &raw.right)?,
                council: if also.council { Some(needed("table", "council", &raw.council)?) } else { None },
                council_after: if also.council_after { Some(needed("table", "council_after", &raw.council_after)?) } else { None },
                district: if also.district { Some(needed("table", "district", &raw.district)?) } else { None },
                field: raw.field.clone(),
            })
        }
        _ => Err(context
            .error(&whole, "people needs exactly one of blocks (a layer), points (a table) and table (a building-block table); give one")),
    }
}
