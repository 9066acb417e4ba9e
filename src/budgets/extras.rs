//! What a line may say beside its amount: sub-service, level, holder, population basis, counterpart, and which part can still be decided on.

use super::columns::{cell_problem, nearest};
use super::level::{Level, PopulationBasis};
use super::line::LineDetail;
use super::money::{self, Amount};
use super::text::TextReader;
use crate::config::{BudgetPlan, MELTED, TextSource};
use crate::domain::{Finding, Pence, TextTable};
use crate::error::{Error, Result};

/// Reads the columns that `[[budget]]` names beside the amount; nothing where it names none.
pub(super) struct ExtrasReader {
    /// The column that an amount is from, where columns became rows.
    column: Option<TextReader>,
    sub_service: Option<TextReader>,
    holder: Option<TextReader>,
    counterpart: Option<TextReader>,
    level: Option<Words<Level>>,
    basis: Option<Words<PopulationBasis>>,
    discretionary: Option<(usize, String)>,
    committed: Option<(usize, String)>,
    unequal: Unequal,
}

/// Rows whose two parts do not make the amount.
#[derive(Default)]
struct Unequal {
    rows: u64,
    first: u64,
    pence: i128,
}

/// What a row says beside its amount.
#[derive(Default)]
pub(super) struct Extras {
    pub level: Option<Level>,
    pub basis: Option<PopulationBasis>,
    pub detail: Option<Box<LineDetail>>,
}

/// A word of a short list, fixed or in a column.
struct Words<T> {
    column: Option<(usize, String)>,
    fixed: Option<T>,
    list: &'static [&'static str],
    parse: fn(&str) -> Option<T>,
}

impl<T: Copy> Words<T> {
    fn new(
        plan: &BudgetPlan,
        key: &str,
        source: Option<&TextSource>,
        table: &TextTable,
        list: &'static [&'static str],
        parse: fn(&str) -> Option<T>,
    ) -> Result<Option<Self>> {
        Ok(match source {
            None => None,
            Some(TextSource::Column(name)) => Some(Self { column: Some((table.require(name)?, name.clone())), fixed: None, list, parse }),
            Some(TextSource::Fixed(text)) => {
                let Some(fixed) = parse(text) else {
                    let message = format!("budget `{}`: {key} `{text}` is unknown; it is one of {}", plan.id, list.join(", "));
                    return Err(Error::Config { path: None, line: Some(plan.line), message });
                };
                Some(Self { column: None, fixed: Some(fixed), list, parse })
            }
        })
    }

    fn read(&self, table: &TextTable, row: usize) -> Result<Option<T>> {
        let Some((column, name)) = &self.column else { return Ok(self.fixed) };
        let Some(text) = table.cell(row, *column) else { return Ok(None) };
        (self.parse)(text).map(Some).ok_or_else(|| {
            let hint = nearest(text, self.list.iter().copied());
            let remedy = hint.map_or_else(|| "correct the cell, or blank it".to_owned(), |word| format!("did you mean `{word}`?"));
            cell_problem(table, row, name, format!("`{text}`"), &format!("one of {}, or blank", self.list.join(", ")), &remedy).into()
        })
    }
}

impl ExtrasReader {
    /// # Errors
    /// A column that is not there, a fixed level or population basis that is none.
    pub(super) fn new(plan: &BudgetPlan, table: &TextTable) -> Result<Self> {
        let extras = &plan.extras;
        let text = |source: &Option<TextSource>| source.as_ref().map(|source| TextReader::new(source, table)).transpose();
        let part = |name: &Option<String>| -> Result<Option<(usize, String)>> {
            name.as_ref().map(|name| Ok((table.require(name)?, name.clone()))).transpose()
        };
        let [.., column] = MELTED;
        let column = plan.table.melt.as_ref().map(|_| TextSource::Column(column.to_owned()));
        Ok(Self {
            column: text(&column)?,
            sub_service: text(&extras.sub_service)?,
            holder: text(&extras.holder)?,
            counterpart: text(&extras.counterpart)?,
            level: Words::new(plan, "level", extras.level.as_ref(), table, &Level::WORDS, Level::parse)?,
            basis: Words::new(
                plan,
                "population_basis",
                extras.population_basis.as_ref(),
                table,
                &PopulationBasis::WORDS,
                PopulationBasis::parse,
            )?,
            discretionary: part(&extras.discretionary)?,
            committed: part(&extras.committed)?,
            unequal: Unequal::default(),
        })
    }

    /// What a row says. `unit` is the pounds per 1 of every amount column of the table.
    ///
    /// # Errors
    /// A level or basis that is none, a part that is no number.
    pub(super) fn read(&mut self, table: &TextTable, row: usize, unit: f64, amount: Option<Pence>) -> Result<Extras> {
        let text = |reader: &mut Option<TextReader>| reader.as_mut().and_then(|reader| reader.read(table, row));
        let detail = LineDetail {
            source_column: text(&mut self.column),
            sub_service: text(&mut self.sub_service),
            holder: text(&mut self.holder),
            counterpart: text(&mut self.counterpart),
            discretionary: part(table, row, self.discretionary.as_ref(), unit)?,
            committed: part(table, row, self.committed.as_ref(), unit)?,
            ..LineDetail::default()
        };
        if let (Some(Pence(amount)), Some(Pence(free)), Some(Pence(bound))) = (amount, detail.discretionary, detail.committed) {
            let apart = i128::from(free).saturating_add(i128::from(bound)).saturating_sub(i128::from(amount));
            if apart != 0 {
                if self.unequal.rows == 0 {
                    self.unequal.first = table.row_number(row);
                }
                self.unequal.rows = self.unequal.rows.saturating_add(1);
                self.unequal.pence = self.unequal.pence.saturating_add(apart);
            }
        }
        Ok(Extras {
            level: self.level.as_ref().map_or(Ok(None), |words| words.read(table, row))?,
            basis: self.basis.as_ref().map_or(Ok(None), |words| words.read(table, row))?,
            // Most budgets have none of these columns, and a line of them should not carry five empty fields.
            detail: (detail != LineDetail::default()).then(|| Box::new(detail)),
        })
    }

    /// Adds what later rows met.
    pub(super) fn merge(&mut self, other: Self) {
        if self.unequal.rows == 0 {
            self.unequal.first = other.unequal.first;
        }
        self.unequal.rows = self.unequal.rows.saturating_add(other.unequal.rows);
        self.unequal.pence = self.unequal.pence.saturating_add(other.unequal.pence);
    }

    /// What is the same for every row, for bodies that have none.
    pub(super) fn fixed(&self) -> (Option<Level>, Option<PopulationBasis>) {
        (self.level.as_ref().and_then(|words| words.fixed), self.basis.as_ref().and_then(|words| words.fixed))
    }

    /// Finding DQ-11 where discretionary and committed parts do not make the amount.
    pub(super) fn finding(&self) -> Option<Finding> {
        let Unequal { rows, first, pence } = self.unequal;
        (rows > 0).then(|| {
            Finding::new(
                "DQ-11",
                format!("in {rows} rows the discretionary and the committed part do not make the amount; they come to {pence} pence more"),
                "kept as they are",
            )
            .record(i64::try_from(first).unwrap_or(i64::MAX))
            .value(pence as f64, "pence")
        })
    }
}

fn part(table: &TextTable, row: usize, column: Option<&(usize, String)>, unit: f64) -> Result<Option<Pence>> {
    let Some((column, name)) = column else { return Ok(None) };
    match money::amount(table.cell(row, *column), unit) {
        Amount::Unknown => Ok(None),
        Amount::Known { pence, .. } => Ok(Some(pence)),
        Amount::Invalid | Amount::TooLarge => {
            let found = format!("`{}`", table.cell(row, *column).unwrap_or(""));
            let expected = "an amount in the unit of the amount column, or an unknown one (blank, `*`, `..`)";
            Err(cell_problem(table, row, name, found, expected, "correct the cell").into())
        }
    }
}
