//! `[[budget]]`: whose money, in which column, counted in what.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::find;
use super::load::Context;
use super::pairs::{Ids, role};
use super::plan::LayerPlan;
use super::plan_money::{BudgetPlan, CodeCrosswalk, ControlFile, ControlTotal, LineExtras, Missing, TextSource};
use super::plan_table::{MELTED, Melt, TableSource};
use super::raw_money::{RawBudget, RawControl, RawText};
use super::raw_table::TableText;
use super::shapes::{Amount, TextOrTable};
use super::source::{Step, unknown};
use super::tables::Beside;
use crate::domain::Role;
use crate::error::Result;

/// Ways in which money is spent jointly or not (domain.md A20).
pub const MECHANISMS: [&str; 7] =
    ["mainstream", "pooled", "lead_commissioning", "integrated_provision", "grant", "joint_finance", "transfer"];

/// Share of the money that primary care groups of level 2 held (domain.md A02: "about 90%").
pub const DELEGATED_SHARE: f64 = 0.9;

/// Names of the columns that melting makes.
const AMOUNT: &str = MELTED[0];
const SERVICE: &str = MELTED[1];
const YEAR: &str = MELTED[2];

/// Whether every column that becomes rows says its fiscal year.
fn names_every_year(melt: &Melt) -> bool {
    match melt {
        Melt::Named(columns) => columns.iter().all(|column| column.fiscal_year.is_some()),
        Melt::Some(_) => false,
        Melt::Pattern(text) => text.contains("{year}"),
    }
}

/// Whether the columns that become rows are services.
fn names_services(melt: &Melt) -> bool {
    match melt {
        Melt::Named(_) | Melt::Some(_) => true,
        Melt::Pattern(text) => text.contains("{service}"),
    }
}

/// Every `[[budget]]`, in config order.
pub(super) fn plan(context: &Context<'_>, raws: &[RawBudget], layers: &[LayerPlan]) -> Result<Vec<BudgetPlan>> {
    let mut ids = Ids::new(context);
    let mut plans = Vec::with_capacity(raws.len());
    for (index, raw) in raws.iter().enumerate() {
        ids.add("budget", index, &raw.id)?;
        plans.push(budget(context, index, raw, layers)?);
    }
    Ok(plans)
}

fn budget(context: &Context<'_>, index: usize, raw: &RawBudget, layers: &[LayerPlan]) -> Result<BudgetPlan> {
    let at = |key: &'static str| [Step::Key("budget"), Step::At(index), Step::Key(key)];
    let layer = find(context, &at("layer"), &raw.layer, layers)?;
    role(context, &at("layer"), "layer", layers.get(layer), &[Role::Health, Role::Council])?;
    context.filled(&at("code"), &raw.code)?;
    let amount = match (&raw.amount, &raw.columns) {
        (Some(amount), None) => {
            context.filled(&at("amount"), amount)?;
            amount.clone()
        }
        (None, Some(_)) => AMOUNT.to_owned(),
        (Some(_), Some(_)) => {
            return Err(context.error(&at("columns"), "amount and columns are both given; keep columns where several columns hold amounts"));
        }
        (None, None) => {
            return Err(context.error(
                &at("amount"),
                format!(
                    "key `amount` is missing in `budget[{}]`; name the column with the amount, or several by columns",
                    index.saturating_add(1)
                ),
            ));
        }
    };
    let melt = raw.columns.as_ref().map(|columns| context.melt(&at("columns"), columns)).transpose()?;
    let unit = raw.unit.unwrap_or(1.0);
    if !(unit.is_finite() && unit > 0.0) {
        return Err(
            context.error(&at("unit"), format!("unit is {unit}, expected more than 0 (pounds per 1 in the column); 1000 for thousands"))
        );
    }
    if let Some(Melt::Named(columns)) = &melt
        && !names_every_year(&Melt::Named(columns.clone()))
        && let Some(named) = columns.iter().find(|column| column.fiscal_year.is_some())
    {
        let message = format!(
            "column \"{}\" has a fiscal_year and others have none; give all of them one, or none and fiscal_year beside columns",
            named.column
        );
        return Err(context.error(&at("columns"), message));
    }
    let fiscal_year = match &raw.fiscal_year {
        Some(raw) => {
            let (source, stray) = text(context, &at("fiscal_year"), raw)?;
            no_crosswalk(context, &at("fiscal_year"), stray)?;
            if melt.as_ref().is_some_and(names_every_year) {
                return Err(
                    context.error(&at("fiscal_year"), "columns name the fiscal year of every column already; remove one of the two")
                );
            }
            source
        }
        None if melt.as_ref().is_some_and(names_every_year) => TextSource::Column(YEAR.to_owned()),
        None => {
            return Err(context.error(
                &at("fiscal_year"),
                format!(
                    "key `fiscal_year` is missing in `budget[{}]`; give it, or {{year}} or fiscal_year in columns",
                    index.saturating_add(1)
                ),
            ));
        }
    };
    let (service, service_crosswalk) = match (&raw.service, &melt) {
        (Some(TextOrTable::Table(RawText { fixed: None, column: None, crosswalk: Some(crosswalk) })), Some(melt))
            if names_services(melt) =>
        {
            (TextSource::Column(SERVICE.to_owned()), Some(crosswalk))
        }
        (Some(raw), _) => text(context, &at("service"), raw)?,
        (None, Some(melt)) if names_services(melt) => (TextSource::Column(SERVICE.to_owned()), None),
        (None, _) => (TextSource::Fixed("all".to_owned()), None),
    };
    let service_crosswalk = service_crosswalk.map(|table| context.named_table(&at("service"), table)).transpose()?;
    let (mechanism, stray) = match &raw.mechanism {
        Some(raw) => text(context, &at("mechanism"), raw)?,
        None => (TextSource::Fixed("mainstream".to_owned()), None),
    };
    no_crosswalk(context, &at("mechanism"), stray)?;
    if let TextSource::Fixed(word) = &mechanism
        && !MECHANISMS.contains(&word.as_str())
    {
        return Err(context.error(&at("mechanism"), unknown(&format!("mechanism `{word}`"), word, MECHANISMS.into_iter())));
    }
    let missing = match raw.missing.as_deref() {
        None | Some("unknown") => Missing::Unknown,
        Some("zero") => Missing::Zero,
        Some("ignore") => Missing::Ignore,
        Some(word) => {
            return Err(
                context.error(&at("missing"), unknown(&format!("missing `{word}`"), word, ["unknown", "zero", "ignore"].into_iter()))
            );
        }
    };
    let codes = match &raw.codes {
        Some(raw) => {
            Some(CodeCrosswalk { table: context.named_table(&at("codes"), &raw.path)?, from: raw.from.clone(), to: raw.to.clone() })
        }
        None => None,
    };
    Ok(BudgetPlan {
        id: raw.id.clone(),
        layer,
        table: TableSource {
            melt,
            ..context.table(
                &at("path"),
                &raw.path,
                &Beside {
                    sheet: raw.sheet.as_deref(),
                    header_row: raw.header_row,
                    header_rows: &raw.header_rows,
                    decimal: raw.decimal.as_deref(),
                    footnotes: &raw.footnotes,
                    fill_down: &raw.fill_down,
                    // The budget's own conditions are judged row by row, and counted, when lines are read.
                    filter: &[],
                    join: &raw.join.0,
                },
            )?
        },
        totals: totals(context, &at("totals"), &raw.totals)?,
        code: raw.code.clone(),
        amount,
        unit,
        fiscal_year,
        filters: context.filters(&at("where"), &raw.filter.0)?,
        service,
        service_crosswalk,
        mechanism,
        codes,
        became: became(context, index, &raw.became)?,
        control_total: raw.control_total.as_ref().map(|raw| control(context, &at("control_total"), raw)).transpose()?,
        missing,
        delegated_share: match raw.delegated_share {
            Some(share) => context.within(&at("delegated_share"), share, (0.0, 1.0), "share")?,
            None => DELEGATED_SHARE,
        },
        extras: extras(context, index, raw)?,
        line: context.line(&[Step::Key("budget"), Step::At(index)]),
    })
}

/// Codes and what they became, which must lead somewhere.
fn became(context: &Context<'_>, index: usize, codes: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    // Codes known to lead to an end.
    let mut ends: BTreeSet<&str> = BTreeSet::new();
    for (before, after) in codes {
        let at = [Step::Key("budget"), Step::At(index), Step::Key("became"), Step::Key(before)];
        context.filled(&at, before)?;
        context.filled(&at, after)?;
        let mut way = vec![before.as_str()];
        let mut last = after;
        while let Some(next) = codes.get(last).filter(|_| way.len() <= codes.len() && !ends.contains(last.as_str())) {
            way.push(last);
            last = next;
        }
        let leads_round = way.len() > codes.len();
        ends.extend(way);
        if leads_round {
            return Err(context.error(&at, format!("`{before}` became `{after}`, and that leads round in a circle; correct became")));
        }
    }
    Ok(codes.clone())
}

fn totals(context: &Context<'_>, at: &[Step<'_>], codes: &[String]) -> Result<Vec<String>> {
    codes
        .iter()
        .map(|code| {
            context.filled(at, code)?;
            Ok(code.trim().to_owned())
        })
        .collect()
}

/// Words of a level (domain.md A27) and of a population basis (B21); the readers of the columns hold cells to the same.
const LEVELS: [&str; 4] = ["patient", "practice", "locality", "strategic"];
const POPULATION_BASES: [&str; 2] = ["registered", "resident"];

/// What the table says beside the amount.
fn extras(context: &Context<'_>, index: usize, raw: &RawBudget) -> Result<LineExtras> {
    let source = |key: &'static str, raw: &Option<TextOrTable<RawText>>, words: &[&str]| -> Result<Option<TextSource>> {
        let at = [Step::Key("budget"), Step::At(index), Step::Key(key)];
        let Some(raw) = raw else { return Ok(None) };
        let (source, stray) = text(context, &at, raw)?;
        no_crosswalk(context, &at, stray)?;
        match &source {
            TextSource::Fixed(word) if !words.is_empty() && !words.contains(&word.as_str()) => {
                Err(context.error(&at, unknown(&format!("{key} `{word}`"), word, words.iter().copied())))
            }
            _ => Ok(Some(source)),
        }
    };
    let column = |key: &'static str, name: &Option<String>| -> Result<Option<String>> {
        if let Some(name) = name {
            context.filled(&[Step::Key("budget"), Step::At(index), Step::Key(key)], name)?;
        }
        Ok(name.clone())
    };
    Ok(LineExtras {
        sub_service: source("sub_service", &raw.sub_service, &[])?,
        level: source("level", &raw.level, &LEVELS)?,
        holder: source("holder", &raw.holder, &[])?,
        population_basis: source("population_basis", &raw.population_basis, &POPULATION_BASES)?,
        counterpart: source("counterpart", &raw.counterpart, &[])?,
        discretionary: column("discretionary", &raw.discretionary)?,
        committed: column("committed", &raw.committed)?,
    })
}

/// A text source, and the crosswalk if there is one.
fn text<'a>(context: &Context<'_>, at: &[Step<'_>], raw: &'a TextOrTable<RawText>) -> Result<(TextSource, Option<&'a TableText>)> {
    let (source, crosswalk) = match raw {
        TextOrTable::Text(text) => (TextSource::Fixed(text.clone()), None),
        TextOrTable::Table(raw) => match (&raw.fixed, &raw.column) {
            (Some(text), None) if raw.crosswalk.is_some() => {
                return Err(context.error(at, format!("crosswalk turns a column's text, and \"{text}\" is fixed; remove the crosswalk")));
            }
            (Some(text), None) => (TextSource::Fixed(text.clone()), None),
            (None, Some(column)) => (TextSource::Column(column.clone()), raw.crosswalk.as_ref()),
            _ => return Err(context.error(at, "expected exactly one of fixed and column; give one")),
        },
    };
    match &source {
        TextSource::Fixed(text) | TextSource::Column(text) => context.filled(at, text)?,
    }
    Ok((source, crosswalk))
}

fn no_crosswalk(context: &Context<'_>, at: &[Step<'_>], crosswalk: Option<&TableText>) -> Result<()> {
    match crosswalk {
        Some(_) => Err(context.error(at, "crosswalk is for service only; remove it")),
        None => Ok(()),
    }
}

fn control(context: &Context<'_>, at: &[Step<'_>], raw: &RawControl) -> Result<ControlTotal> {
    let tolerance = raw.tolerance.unwrap_or(0.0);
    if !(tolerance.is_finite() && tolerance >= 0.0) {
        return Err(context.error(at, format!("tolerance is {tolerance}, expected 0 or more (in the amount column's unit); change it")));
    }
    let (amount, file) = match (&raw.path, &raw.amount) {
        (Some(path), Some(Amount::Text(column))) => {
            context.filled(at, column)?;
            let file = ControlFile {
                table: context.named_table(at, path)?,
                amount: column.clone(),
                service: raw.service.clone(),
                filters: context.filters(at, &raw.filter.0)?,
            };
            (None, Some(file))
        }
        (Some(_), _) => {
            return Err(context.error(at, "a control file needs amount = \"...\", the name of the column that holds the total; add it"));
        }
        (None, _) if raw.service.is_some() || !raw.filter.0.is_empty() => {
            return Err(
                context.error(at, "service and where choose rows of a control file, and there is no path; add path, or remove them")
            );
        }
        (None, Some(Amount::Text(text))) if !is_decimal(text) => {
            return Err(
                context.error(at, format!("amount is \"{text}\", expected a number; for a column of a control file give its path too"))
            );
        }
        (None, Some(Amount::Number(text) | Amount::Text(text))) => (Some(text.clone()), None),
        (None, None) => (None, None),
    };
    if amount.is_none() && file.is_none() && raw.rows.is_none() {
        return Err(context.error(at, "control_total says nothing; give amount, rows, or path and amount"));
    }
    Ok(ControlTotal { amount, tolerance, rows: raw.rows.map(|rows| usize::try_from(rows).unwrap_or(usize::MAX)), file })
}

/// Digits with at most one point and a leading sign.
fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
}
