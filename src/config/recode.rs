//! `[[recode]]`: tables that say which code took the place of which.

use super::load::Context;
use super::plan_table::TableSource;
use super::raw::RawRecode;
use super::source::Step;
use super::tables::Beside;
use crate::error::Result;

/// One `[[recode]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecodePlan {
    /// The table: one row a link.
    pub table: TableSource,
    /// Column with the code before.
    pub from: String,
    /// Column with the code after.
    pub to: String,
    /// Column with the people who went this way.
    pub people: Option<String>,
    /// Line in the config.
    pub line: usize,
}

/// Every `[[recode]]`, in config order.
pub(super) fn plan(context: &Context<'_>, raws: &[RawRecode]) -> Result<Vec<RecodePlan>> {
    let one = |(index, raw): (usize, &RawRecode)| {
        let at = |key: &'static str| [Step::Key("recode"), Step::At(index), Step::Key(key)];
        for (key, text) in [("from", Some(&raw.from)), ("to", Some(&raw.to)), ("people", raw.people.as_ref())] {
            if let Some(text) = text {
                context.filled(&at(key), text)?;
            }
        }
        if raw.from == raw.to {
            return Err(context.error(&at("to"), format!("from and to are both \"{}\"; name the column with the code after", raw.to)));
        }
        let beside = Beside {
            sheet: raw.sheet.as_deref(),
            header_row: raw.header_row,
            filter: &raw.filter.0,
            join: &raw.join.0,
            ..Beside::default()
        };
        Ok(RecodePlan {
            table: context.table_with(&at("path"), &raw.path, &beside)?,
            from: raw.from.clone(),
            to: raw.to.clone(),
            people: raw.people.clone(),
            line: context.line(&[Step::Key("recode"), Step::At(index)]),
        })
    };
    raws.iter().enumerate().map(one).collect()
}
