//! Layers without shapes: what can be weighed between them is people, joined by the codes of the blocks that they are built from.

use super::layers::{has_shapes, origins};
use super::load::Context;
use super::plan::{AlignmentPlan, LayerPlan, PeopleSource, SuccessionPlan};
use super::plan_money::{SchemePlan, SchemeSource};
use super::source::Step;
use crate::error::Result;

/// Checks that every pair of layers of which one has no shapes can be weighed by people.
///
/// # Errors
/// [`Error::Config`](crate::Error::Config) with the line of the alignment, succession or scheme, and what would make it work.
pub(super) fn check(
    context: &Context<'_>,
    layers: &[LayerPlan],
    alignments: &[AlignmentPlan],
    successions: &[SuccessionPlan],
    schemes: &[SchemePlan],
) -> Result<()> {
    for (index, plan) in alignments.iter().enumerate() {
        let pairs = [Some((plan.health, plan.council)), plan.district.map(|district| (plan.health, district))];
        for pair in pairs.into_iter().flatten() {
            let place = [Step::Key("alignment"), Step::At(index), Step::Key("people")];
            weighable(context, &place, &format!("alignment \"{}\"", plan.id), layers, pair, plan.people.as_ref())?;
        }
    }
    for (index, plan) in successions.iter().enumerate() {
        let against = [plan.council, plan.council_after];
        let bodies = [plan.from, plan.to];
        let councils = bodies.into_iter().flat_map(|body| against.into_iter().flatten().map(move |council| (body, council)));
        let pairs = [(plan.from, plan.to)].into_iter().chain(councils).chain(plan.council.zip(plan.council_after));
        for pair in pairs {
            let place = [Step::Key("succession"), Step::At(index), Step::Key("people")];
            weighable(context, &place, &format!("succession \"{}\"", plan.id), layers, pair, plan.people.as_ref())?;
        }
    }
    for (index, plan) in schemes.iter().enumerate() {
        for alignment in alignments {
            for side in [alignment.health, alignment.council] {
                scheme(context, index, plan, layers, side)?;
            }
        }
    }
    Ok(())
}

/// A scheme reaches bodies by their polygons, unless its members name their body.
fn scheme(context: &Context<'_>, index: usize, plan: &SchemePlan, layers: &[LayerPlan], side: usize) -> Result<()> {
    let (key, other) = match plan.source {
        SchemeSource::Practices { .. } => return Ok(()),
        SchemeSource::Points { .. } => ("points", None),
        SchemeSource::Areas { layer } => ("areas", Some(layer)),
    };
    let bare = [Some(side), other].into_iter().flatten().find(|layer| !has_shapes(layers, *layer));
    match bare.and_then(|layer| layers.get(layer)) {
        Some(layer) => {
            let at = [Step::Key("scheme"), Step::At(index), Step::Key(key)];
            let message = format!("{key} are placed by polygons, and layer \"{}\" has no shapes", layer.id);
            Err(context.error(&at, format!("{message}; give the scheme practices with the code of their body instead")))
        }
        None => Ok(()),
    }
}

fn weighable(
    context: &Context<'_>,
    place: &[Step<'_>],
    subject: &str,
    layers: &[LayerPlan],
    (left, right): (usize, usize),
    people: Option<&PeopleSource>,
) -> Result<()> {
    let id = |layer: usize| layers.get(layer).map_or("", |plan| plan.id.as_str());
    let bare = [left, right].into_iter().find(|layer| !has_shapes(layers, *layer));
    let refuse = |message: String| Err(context.error(place, format!("{subject}: {message}")));
    match (people, bare) {
        (Some(PeopleSource::Table { .. }), _) | (Some(PeopleSource::Points { .. }) | None, None) => Ok(()),
        (None, Some(bare)) => {
            let message = format!("layer \"{}\" has no shapes, so there is no area to weight by", id(bare));
            refuse(format!("{message}; add people = {{ blocks = ..., field = ... }} with the blocks that both layers are built from"))
        }
        (Some(PeopleSource::Links { .. }), Some(_)) => Ok(()),
        (Some(PeopleSource::Links { .. }), None) => refuse(
            "links are for layers of which one has no shapes, and both have some; leave links out, and the map says what became what"
                .to_owned(),
        ),
        (Some(PeopleSource::Points { .. }), Some(bare)) => {
            let message = format!("points are placed by polygons, and layer \"{}\" has no shapes", id(bare));
            refuse(format!("{message}; take people from blocks that both layers are built from, or from a table that names both"))
        }
        (Some(PeopleSource::Blocks { blocks, .. }), bare) => {
            if bare.is_none() && has_shapes(layers, *blocks) {
                return Ok(());
            }
            let built = |layer: usize| origins(layers, layer).iter().any(|(origin, _)| origin == blocks);
            match [left, right].into_iter().find(|layer| !built(*layer)) {
                None => Ok(()),
                Some(stray) => {
                    let bare = id(bare.unwrap_or(*blocks));
                    let message = format!("layer \"{bare}\" has no shapes, so blocks are joined by their codes");
                    let message = format!("{message}, and layer \"{}\" is not built from blocks \"{}\"", id(stray), id(*blocks));
                    refuse(format!("{message}; build it from them with blocks and lookup, or give people = {{ table = ... }}"))
                }
            }
        }
    }
}
