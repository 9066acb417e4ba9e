//! `[[what_if]]`: proposed mergers, and parts that would move.

use std::collections::BTreeMap;

use super::layers::find;
use super::load::Context;
use super::pairs::Ids;
use super::plan::{AlignmentPlan, LayerPlan, LayerSource, SuccessionPlan};
use super::raw::RawWhatIf;
use super::source::Step;
use crate::error::Result;

/// One `[[what_if]]`.
#[derive(Debug, Clone)]
pub struct WhatIfPlan {
    /// Id.
    pub id: String,
    /// Layer the proposal is about.
    pub layer: usize,
    /// Mergers proposed.
    pub merge: Vec<Merge>,
    /// Parts that would move; of a layer that is built from blocks.
    pub moves: Vec<Move>,
    /// Line in the config.
    pub line: usize,
}

/// One proposed merger.
#[derive(Debug, Clone)]
pub struct Merge {
    /// Code of the new body.
    pub into: String,
    /// Its name.
    pub name: Option<String>,
    /// Codes of the bodies that merge.
    pub codes: Vec<String>,
}

/// One part that would move.
#[derive(Debug, Clone)]
pub struct Move {
    /// Code of the body that has the blocks.
    pub from: String,
    /// Code of the body that would have them.
    pub to: String,
    /// Name of that body where it is a new one.
    pub name: Option<String>,
    /// Codes of the blocks.
    pub blocks: Vec<String>,
}

/// The ids under which a proposal is published: its own, or where several alignments have its layer, one for each of them.
pub(crate) fn published_ids(proposal: &str, alignments: &[&str]) -> Vec<String> {
    match alignments {
        [] | [_] => vec![proposal.to_owned()],
        several => several.iter().map(|alignment| format!("{proposal}.{alignment}")).collect(),
    }
}

/// Every `[[what_if]]`, in config order.
pub(super) fn plan(
    context: &Context<'_>,
    raws: &[RawWhatIf],
    layers: &[LayerPlan],
    alignments: &[AlignmentPlan],
    successions: &[SuccessionPlan],
) -> Result<Vec<WhatIfPlan>> {
    let mut ids = Ids::new(context);
    let mut published: BTreeMap<String, usize> = successions.iter().map(|succession| (succession.id.clone(), succession.line)).collect();
    let mut plans = Vec::with_capacity(raws.len());
    for (index, raw) in raws.iter().enumerate() {
        let at = |key: &'static str| [Step::Key("what_if"), Step::At(index), Step::Key(key)];
        ids.add("what_if", index, &raw.id)?;
        let layer = find(context, &at("layer"), &raw.layer, layers)?;
        let concerned: Vec<&str> = alignments
            .iter()
            .filter(|alignment| alignment.health == layer || alignment.council == layer)
            .map(|alignment| alignment.id.as_str())
            .collect();
        for id in published_ids(&raw.id, &concerned) {
            if let Some(line) = published.insert(id.clone(), context.line(&[Step::Key("what_if"), Step::At(index)])) {
                let message = format!("its rows of table succession are called \"{id}\", as are those of line {line}");
                return Err(context.error(&at("id"), format!("{message}; give each its own id")));
            }
        }
        if concerned.is_empty() {
            let message = format!("layer \"{}\" is in no [[alignment]], so there is nothing to measure the proposal by", raw.layer);
            return Err(context.error(&at("layer"), format!("{message}; name a layer of an alignment, or add one")));
        }
        if raw.merge.is_empty() && raw.moves.is_empty() {
            let message =
                "neither merge nor move says anything, so the proposal changes nothing; name at least one merger or part that moves";
            return Err(context.error(&at("merge"), message));
        }
        let mut used: BTreeMap<&str, &str> = BTreeMap::new();
        let mut made: BTreeMap<&str, usize> = BTreeMap::new();
        for (number, merge) in raw.merge.iter().enumerate() {
            let place = [Step::Key("what_if"), Step::At(index), Step::Key("merge"), Step::At(number)];
            context.filled(&place, &merge.into)?;
            usable(context, &place, &merge.into)?;
            if made.insert(&merge.into, number).is_some() {
                return Err(context.error(&place, format!("two mergers make \"{}\"; put their codes into one", merge.into)));
            }
            if merge.codes.is_empty() {
                return Err(context.error(&place, format!("\"{}\" merges nothing; list its codes", merge.into)));
            }
            for code in &merge.codes {
                if let Some(into) = used.insert(code, &merge.into) {
                    let message = format!("code \"{code}\" merges into both \"{into}\" and \"{}\"", merge.into);
                    return Err(context.error(&place, format!("{message}; a body can merge once")));
                }
            }
        }
        moves(context, index, raw, layers.get(layer), &used)?;
        let merge =
            raw.merge.iter().map(|raw| Merge { into: raw.into.clone(), name: raw.name.clone(), codes: raw.codes.clone() }).collect();
        let parts = raw.moves.iter().map(|raw| Move {
            from: raw.from.clone(),
            to: raw.to.clone(),
            name: raw.name.clone(),
            blocks: raw.blocks.clone(),
        });
        let moves = parts.collect();
        plans.push(WhatIfPlan { id: raw.id.clone(), layer, merge, moves, line: context.line(&[Step::Key("what_if"), Step::At(index)]) });
    }
    Ok(plans)
}

/// Refuses a code that no body can have.
fn usable(context: &Context<'_>, place: &[Step<'_>], code: &str) -> Result<()> {
    match crate::domain::unusable_code(code) {
        Some(why) => Err(context.error(place, format!("the code \"{code}\" {why}; give the body another code"))),
        None => Ok(()),
    }
}

/// Checks the parts that would move: of a layer built from blocks, each block once, and no body that merges as well.
fn moves(context: &Context<'_>, index: usize, raw: &RawWhatIf, layer: Option<&LayerPlan>, merged: &BTreeMap<&str, &str>) -> Result<()> {
    let mut moved: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, part) in raw.moves.iter().enumerate() {
        let place = [Step::Key("what_if"), Step::At(index), Step::Key("move"), Step::At(number)];
        context.filled(&place, &part.from)?;
        context.filled(&place, &part.to)?;
        usable(context, &place, &part.to)?;
        let whole = layer.and_then(|layer| match layer.source {
            LayerSource::Polygons { .. } => Some((&layer.id, "polygons")),
            LayerSource::Table { .. } => Some((&layer.id, "a table")),
            LayerSource::Dissolved { .. } => None,
        });
        if let Some((id, from)) = whole {
            let message = format!("layer \"{id}\" is read from {from}, and only parts built from blocks can move");
            return Err(context.error(&place, format!("{message}; give the layer blocks and a lookup instead")));
        }
        if part.from == part.to {
            return Err(context.error(&place, format!("from and to are both \"{}\"; name the body that gains the blocks", part.to)));
        }
        if part.blocks.is_empty() {
            return Err(context.error(&place, format!("nothing moves from \"{}\"; list the blocks", part.from)));
        }
        for code in [&part.from, &part.to] {
            let into =
                merged.get(code.as_str()).copied().or_else(|| raw.merge.iter().find(|merge| merge.into == *code).map(|_| code.as_str()));
            if let Some(into) = into {
                let message = format!("\"{code}\" is part of the merger into \"{into}\" and of a move");
                return Err(context.error(&place, format!("{message}; a body can be in one of the two, so make two proposals of it")));
            }
        }
        for block in &part.blocks {
            if let Some(first) = moved.insert(block, number) {
                let message = format!("block \"{block}\" moves twice, first in move number {}", first.saturating_add(1));
                return Err(context.error(&place, format!("{message}; name it once")));
            }
        }
    }
    Ok(())
}
