//! `[[scheme]]`: earlier and other initiatives in primary care, as points, practices or areas.

use super::layers::find;
use super::load::Context;
use super::pairs::Ids;
use super::plan::LayerPlan;
use super::plan_money::{Members, PracticeLookup, SchemeKind, SchemePlan, SchemeSource};
use super::raw_money::RawScheme;
use super::source::{Step, unknown};
use super::tables::Beside;
use crate::error::Result;

/// Every `[[scheme]]`, in config order.
pub(super) fn plan(context: &Context<'_>, raws: &[RawScheme], layers: &[LayerPlan]) -> Result<Vec<SchemePlan>> {
    let mut ids = Ids::new(context);
    let mut plans = Vec::with_capacity(raws.len());
    for (index, raw) in raws.iter().enumerate() {
        ids.add("scheme", index, &raw.id)?;
        plans.push(scheme(context, index, raw, layers)?);
    }
    Ok(plans)
}

fn scheme(context: &Context<'_>, index: usize, raw: &RawScheme, layers: &[LayerPlan]) -> Result<SchemePlan> {
    let at = |key: &'static str| [Step::Key("scheme"), Step::At(index), Step::Key(key)];
    let kind = SchemeKind::ALL.into_iter().find(|kind| kind.as_str() == raw.kind);
    let words = SchemeKind::ALL.map(SchemeKind::as_str);
    let Some(kind) = kind else {
        return Err(context.error(&at("kind"), unknown(&format!("kind `{}`", raw.kind), &raw.kind, words.into_iter())));
    };
    let given = [("points", &raw.points), ("practices", &raw.practices), ("areas", &raw.areas)];
    let mut named = given.iter().filter_map(|(key, value)| value.as_ref().map(|value| (*key, value)));
    let (Some((key, value)), None) = (named.next(), named.next()) else {
        let whole = [Step::Key("scheme"), Step::At(index)];
        let message = "a scheme needs exactly one of points (a table), practices (a table) and areas (a layer); give one";
        return Err(context.error(&whole, message));
    };
    let only = |allowed: &[&str]| -> Result<()> {
        let given: [(&'static str, bool); 11] = [
            ("code", raw.code.is_some()),
            ("scheme", raw.scheme.is_some()),
            ("name", raw.name.is_some()),
            ("people", raw.people.is_some()),
            ("x", raw.x.is_some()),
            ("y", raw.y.is_some()),
            ("body", raw.body.is_some()),
            ("lookup", raw.lookup.is_some()),
            ("sheet", raw.sheet.is_some()),
            ("header_row", raw.header_row.is_some()),
            ("footnotes", !raw.footnotes.is_empty()),
        ];
        match given.iter().find(|(name, is_given)| *is_given && !allowed.contains(name)) {
            Some((name, _)) => Err(context.error(&at(name), format!("{name} does not go with {key}; remove it"))),
            None => Ok(()),
        }
    };
    let needed = |name: &'static str, value: &Option<String>| -> Result<String> {
        match value {
            Some(value) => {
                context.filled(&at(name), value)?;
                Ok(value.clone())
            }
            None => Err(context.error(&at(key), format!("{key} needs {name}, the name of a column; add it"))),
        }
    };
    let members = || -> Result<Members> {
        Ok(Members {
            table: {
                let (sheet, header_row) = (raw.sheet.as_deref(), raw.header_row);
                context.table(&at(key), value, &Beside { sheet, header_row, footnotes: &raw.footnotes, ..Beside::default() })?
            },
            code: needed("code", &raw.code)?,
            scheme: raw.scheme.clone(),
            name: raw.name.clone(),
            people: raw.people.clone(),
        })
    };
    let table_keys = ["code", "scheme", "name", "people", "sheet", "header_row", "footnotes"];
    let source = match key {
        "points" => {
            only(&[&table_keys[..], &["x", "y"]].concat())?;
            SchemeSource::Points { members: members()?, x: needed("x", &raw.x)?, y: needed("y", &raw.y)? }
        }
        "practices" => {
            only(&[&table_keys[..], &["body", "lookup"]].concat())?;
            match (&raw.body, &raw.lookup) {
                (Some(_), None) => SchemeSource::Practices { members: members()?, body: Some(needed("body", &raw.body)?), lookup: None },
                (None, Some(lookup)) => {
                    let lookup = PracticeLookup {
                        table: context.named_table(&at("lookup"), &lookup.path)?,
                        practice: lookup.practice.clone(),
                        body: lookup.body.clone(),
                    };
                    SchemeSource::Practices { members: members()?, body: None, lookup: Some(lookup) }
                }
                _ => {
                    let message = "practices need exactly one of body (a column of the table) and lookup (a table of practices and their bodies); give one";
                    return Err(context.error(&at(key), message));
                }
            }
        }
        _ => {
            only(&[])?;
            SchemeSource::Areas { layer: find(context, &at("areas"), value, layers)? }
        }
    };
    if let (Some(from), Some(to)) = (raw.valid_from, raw.valid_to)
        && to.0 < from.0
    {
        return Err(context.error(&at("valid_to"), format!("valid_to is {}, before valid_from ({}); correct one of the two", to.0, from.0)));
    }
    Ok(SchemePlan {
        id: raw.id.clone(),
        kind,
        source,
        holds_budget: raw.holds_budget,
        valid_from: raw.valid_from.map(|date| date.0),
        valid_to: raw.valid_to.map(|date| date.0),
        line: context.line(&[Step::Key("scheme"), Step::At(index)]),
    })
}
