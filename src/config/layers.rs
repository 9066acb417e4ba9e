//! `[[layer]]`: ids, roles, and blocks that must be there before what is dissolved from them.

use std::collections::BTreeMap;

use super::load::Context;
use super::plan::{AttributeSource, Filter, FilterTest, LayerPlan, LayerSource};
use super::raw::{RawFilter, RawLayer};
use super::source::{Step, unknown};
use super::tables::Beside;
use crate::domain::{Clip, Role};
use crate::error::Result;

/// Every `[[layer]]`, in config order.
pub(super) fn plan(context: &Context<'_>, raws: &[RawLayer]) -> Result<Vec<LayerPlan>> {
    if raws.is_empty() {
        return Err(context.error(&[], "there is no [[layer]], so there is nothing to read; add one (config/example.toml shows how)"));
    }
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, raw) in raws.iter().enumerate() {
        let at = [Step::Key("layer"), Step::At(index), Step::Key("id")];
        context.id(&at, &raw.id)?;
        if let Some(first) = ids.insert(&raw.id, index) {
            let line = context.line(&[Step::Key("layer"), Step::At(first)]);
            return Err(
                context.error(&at, format!("layer id \"{}\" is used twice, first on line {line}; give each layer its own id", raw.id))
            );
        }
    }
    let layers: Vec<LayerPlan> = raws.iter().enumerate().map(|(index, raw)| layer(context, index, raw, &ids)).collect::<Result<_>>()?;
    for (index, plan) in layers.iter().enumerate() {
        no_cycle(context, index, plan, &layers)?;
    }
    for (index, plan) in layers.iter().enumerate() {
        if let LayerSource::Dissolved { blocks, .. } = plan.source
            && let Some(target) = layers.get(blocks)
            && !matches!(target.role, Role::Blocks | Role::Other)
        {
            let at = [Step::Key("layer"), Step::At(index), Step::Key("blocks")];
            let message = format!("blocks = \"{}\" is a layer of role {}, expected role blocks or other", target.id, target.role.as_str());
            return Err(context.error(&at, format!("{message}; name a layer of blocks, or give that layer role = \"blocks\"")));
        }
    }
    for (index, plan) in layers.iter().enumerate() {
        if let (LayerSource::Dissolved { .. }, false, Some(raw)) = (&plan.source, has_shapes(&layers, index), raws.get(index)) {
            no_outline(context, index, raw, "is built from a table")?;
        }
    }
    Ok(layers)
}

/// Refuses what is said of outlines that a layer does not have.
fn no_outline(context: &Context<'_>, index: usize, raw: &RawLayer, why: &str) -> Result<()> {
    let given = [("layer", raw.layer.is_some()), ("resolution_m", raw.resolution_m.is_some()), ("clip", raw.clip.is_some())];
    match given.into_iter().find(|(_, given)| *given) {
        Some((key, _)) => {
            let at = [Step::Key("layer"), Step::At(index), Step::Key(key)];
            Err(context.error(&at, format!("{key} is for outlines, and layer \"{}\" {why}, which has no shapes; remove it", raw.id)))
        }
        None => Ok(()),
    }
}

/// Whether the areas of a layer have shapes: those of a table have none, nor have those that are built from it.
pub(super) fn has_shapes(layers: &[LayerPlan], index: usize) -> bool {
    !matches!(origins(layers, index).last().map(|(_, plan)| &plan.source), Some(LayerSource::Table { .. }))
}

/// A layer, what it is built from, what that is built from, and so on.
pub(super) fn origins(layers: &[LayerPlan], index: usize) -> Vec<(usize, &LayerPlan)> {
    let mut chain: Vec<(usize, &LayerPlan)> = Vec::new();
    let mut next = Some(index);
    while let Some(plan) = next.and_then(|index| layers.get(index))
        && chain.len() < layers.len()
    {
        chain.extend(next.map(|index| (index, plan)));
        next = match plan.source {
            LayerSource::Dissolved { blocks, .. } => Some(blocks),
            _ => None,
        };
    }
    chain
}

/// Index of the layer with this id.
pub(super) fn find(context: &Context<'_>, at: &[Step<'_>], id: &str, layers: &[LayerPlan]) -> Result<usize> {
    layers
        .iter()
        .position(|layer| layer.id == id)
        .ok_or_else(|| context.error(at, unknown(&format!("layer `{id}`"), id, layers.iter().map(|layer| layer.id.as_str()))))
}

fn no_cycle(context: &Context<'_>, index: usize, plan: &LayerPlan, layers: &[LayerPlan]) -> Result<()> {
    let mut trail = vec![plan.id.as_str()];
    let mut here = plan;
    while let LayerSource::Dissolved { blocks, .. } = here.source
        && let Some(next) = layers.get(blocks)
    {
        if trail.contains(&next.id.as_str()) {
            trail.push(&next.id);
            let at = [Step::Key("layer"), Step::At(index), Step::Key("blocks")];
            return Err(context.error(
                &at,
                format!("layers are dissolved from each other in a circle ({}); one must have a path or a table", trail.join(" from ")),
            ));
        }
        trail.push(&next.id);
        here = next;
    }
    Ok(())
}

fn layer(context: &Context<'_>, index: usize, raw: &RawLayer, ids: &BTreeMap<&str, usize>) -> Result<LayerPlan> {
    let table = [Step::Key("layer"), Step::At(index)];
    let at = |key: &'static str| [Step::Key("layer"), Step::At(index), Step::Key(key)];
    let id = &raw.id;
    let role = match raw.role.as_str() {
        "health" => Role::Health,
        "council" => Role::Council,
        "blocks" => Role::Blocks,
        "other" => Role::Other,
        role => {
            return Err(
                context.error(&at("role"), unknown(&format!("role `{role}`"), role, ["health", "council", "blocks", "other"].into_iter()))
            );
        }
    };
    let clip = match raw.clip.as_deref() {
        None => None,
        Some("coast") => Some(Clip::Coast),
        Some("realm") => Some(Clip::Realm),
        Some(clip) => return Err(context.error(&at("clip"), unknown(&format!("clip `{clip}`"), clip, ["coast", "realm"].into_iter()))),
    };
    if let (Some(from), Some(to)) = (raw.valid_from, raw.valid_to)
        && from.0 > to.0
    {
        return Err(context
            .error(&at("valid_to"), format!("valid_to is {}, expected {} (valid_from) or later; swap or correct the days", to.0, from.0)));
    }
    if raw.expected_count == Some(0) {
        return Err(context.error(&at("expected_count"), "expected_count is 0, expected 1 or more; a layer without areas says nothing"));
    }
    if let Some(resolution) = raw.resolution_m {
        context.within(&at("resolution_m"), resolution, (0.0, f64::INFINITY), "metres")?;
    }
    for (key, text) in [("layer", &raw.layer), ("code", &raw.code), ("name", &raw.name), ("people", &raw.people), ("kind", &raw.kind)] {
        if let Some(text) = text {
            context.filled(&at(key), text)?;
        }
    }
    let given = [("path", raw.path.is_some()), ("table", raw.table.is_some()), ("blocks", raw.blocks.is_some())];
    let mut given = given.into_iter().filter(|(_, given)| *given).map(|(key, _)| key);
    if let (Some(first), Some(second)) = (given.next(), given.next()) {
        return Err(context.error(&at(second), format!("layer \"{id}\" has both {first} and {second}; keep the one it comes from")));
    }
    if let Some(key) = raw.path.as_ref().map(|_| "path").or(raw.table.as_ref().map(|_| "table"))
        && raw.lookup.is_some()
    {
        return Err(context.error(&at("lookup"), format!("layer \"{id}\" has a {key}, so its lookup is never read; remove one of the two")));
    }
    if raw.distinct == Some(true) && raw.people.is_some() {
        return Err(context.error(&at("distinct"), "rows of one code are one area, so no row has its people; remove people, or distinct"));
    }
    let of_tables = [("sheet", raw.sheet.is_some()), ("header_row", raw.header_row.is_some()), ("distinct", raw.distinct.is_some())];
    for (key, is_given) in of_tables {
        if is_given && raw.table.is_none() {
            let message = format!("{key} is for a layer with a table, and layer \"{id}\" has none; remove it");
            return Err(context.error(&at(key), format!("{message} (those of a lookup stand inside lookup = {{ ... }})")));
        }
    }
    let source = match (&raw.path, &raw.table, &raw.blocks) {
        (Some(path), ..) => LayerSource::Polygons {
            path: context.path(&at("path"), path)?,
            layer: raw.layer.clone(),
            code: raw.code.clone(),
            name: raw.name.clone(),
            people: raw.people.clone(),
            filter: raw.filter.as_ref().map(|raw| filter(context, &at("where"), raw)).transpose()?,
        },
        (None, Some(table), _) => {
            no_outline(context, index, raw, "comes from a table")?;
            let Some(code) = &raw.code else {
                return Err(context.error(&at("table"), format!("layer \"{id}\" has a table and no code; name the column with its codes")));
            };
            let beside = Beside { sheet: raw.sheet.as_deref(), header_row: raw.header_row, ..Beside::default() };
            LayerSource::Table {
                table: context.table_with(&at("table"), table, &beside)?,
                code: code.clone(),
                name: raw.name.clone(),
                people: raw.people.clone(),
                filter: raw.filter.as_ref().map(|raw| filter(context, &at("where"), raw)).transpose()?,
                distinct: raw.distinct.unwrap_or(false),
            }
        }
        (None, None, Some(blocks)) => {
            let unused = [
                ("code", raw.code.is_some()),
                ("name", raw.name.is_some()),
                ("people", raw.people.is_some()),
                ("layer", raw.layer.is_some()),
                ("where", raw.filter.is_some()),
            ];
            if let Some((key, _)) = unused.into_iter().find(|(_, given)| *given) {
                let message = format!("{key} is for a layer with a path or a table, and layer \"{id}\" is built from blocks; remove it");
                return Err(context.error(&at(key), format!("{message} (columns of the lookup are named inside lookup = {{ ... }})")));
            }
            let Some(lookup) = &raw.lookup else {
                return Err(context.error(
                    &at("blocks"),
                    format!("layer \"{id}\" has blocks and no lookup; add lookup = {{ path = ..., block = ..., area = ... }}"),
                ));
            };
            let Some(&blocks) = ids.get(blocks.as_str()) else {
                return Err(context.error(&at("blocks"), unknown(&format!("layer `{blocks}`"), blocks, ids.keys().copied())));
            };
            LayerSource::Dissolved {
                blocks,
                lookup: context.table_with(
                    &at("lookup"),
                    &lookup.path,
                    &Beside {
                        sheet: lookup.sheet.as_deref(),
                        header_row: lookup.header_row,
                        filter: &lookup.filter.0,
                        join: &lookup.join.0,
                        ..Beside::default()
                    },
                )?,
                block_column: lookup.block.clone(),
                area_column: lookup.area.clone(),
                name_column: lookup.name.clone(),
            }
        }
        (None, None, None) => {
            return Err(context
                .error(&table, format!("layer \"{id}\" has neither path nor blocks nor table; give path = \"file.zip\", table = \"codes.csv\", or blocks and lookup")));
        }
    };
    let attributes = match &raw.attributes {
        Some(raw) => Some(AttributeSource { table: context.named_table(&at("attributes"), &raw.path)?, code: raw.code.clone() }),
        None => None,
    };
    Ok(LayerPlan {
        id: id.clone(),
        role,
        kind: raw.kind.clone().unwrap_or_else(|| id.clone()),
        source,
        resolution_m: raw.resolution_m,
        clip,
        expected_count: raw.expected_count.map(|count| usize::try_from(count).unwrap_or(usize::MAX)),
        valid_from: raw.valid_from.map(|day| day.0),
        valid_to: raw.valid_to.map(|day| day.0),
        attributes,
        derived: raw.derived.unwrap_or(false),
        line: context.line(&table),
    })
}

/// A condition with exactly one test.
pub(super) fn filter(context: &Context<'_>, at: &[Step<'_>], raw: &RawFilter) -> Result<Filter> {
    context.filled(at, &raw.field)?;
    let test = match (&raw.starts_with, &raw.equals, &raw.one_of) {
        (Some(prefix), None, None) => FilterTest::StartsWith(prefix.clone()),
        (None, Some(text), None) => FilterTest::Equals(text.clone()),
        (None, None, Some(texts)) if !texts.is_empty() => FilterTest::In(texts.clone()),
        (None, None, Some(_)) => return Err(context.error(at, "where has an empty `in`, so it keeps nothing; list the texts to keep")),
        _ => return Err(context.error(at, "where needs exactly one of starts_with, equals and in; give one")),
    };
    Ok(Filter { field: raw.field.clone(), test })
}
