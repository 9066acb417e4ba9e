//! Tables: budgets, and what stands beside layers.

use std::path::{Path, PathBuf};

use super::guess::{Guess, alike, column, has, is_people};
use crate::domain::Role;
use crate::inspect::ons;
use crate::inspect::{CodeForm, Field, FieldKind, Inspected, What};

/// A budget to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetGuess {
    /// Id.
    pub id: String,
    /// Table.
    pub path: PathBuf,
    /// Sheet, of a workbook.
    pub sheet: Option<String>,
    /// Layer and why.
    pub layer: (String, String),
    /// Code column.
    pub code: String,
    /// Crosswalk of codes: table, from, to.
    pub codes: Option<(PathBuf, String, String)>,
    /// Amount column and why.
    pub amount: (String, String),
    /// Pounds per 1.
    pub unit: (u64, String),
    /// Fiscal year.
    pub year: Year,
    /// Service column.
    pub service: Option<String>,
    /// Mechanism column.
    pub mechanism: Option<String>,
    /// Number of rows.
    pub rows: usize,
    /// Other columns of money.
    pub other_amounts: Vec<String>,
    /// Whether there are more rows than bodies, services and years: subtotals may be among them.
    pub may_overlap: bool,
}

/// Where a budget's fiscal year comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Year {
    /// A column; where it has several years, the last, which is kept.
    Column(String, Option<String>),
    /// The file's name.
    FileName(String),
    /// Not known.
    Unknown,
}

/// A table that stands beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// `[[agreement]]`, `[[cycle]]`, `[[governance]]` or `[[priority]]`.
    Section(&'static str),
    /// Declared changes: from and to column, reason column; codes of the former; year in the file's name.
    Declared(String, String, Option<String>, Option<CodeForm>, Option<i16>),
}

/// Tables that are known by their columns (docs/inputs.md).
const SECTIONS: [(&str, &[&str]); 4] = [
    ("agreement", &["agreement_id", "health_code", "council_code", "mechanism"]),
    ("cycle", &["side", "code", "year_start"]),
    ("governance", &["health_code", "council_code", "board_seat"]),
    ("priority", &["health_code", "service", "rank"]),
];

/// Words in the names of columns of money.
const MONEY: [&str; 11] = ["amount", "allocation", "expenditure", "spend", "gbp", "pounds", "budget", "funding", "£", "gross", "000s"];

/// Whether a column holds money by its name.
fn is_money(field: &Field) -> bool {
    let name = field.name.to_lowercase();
    field.kind.is_number() && !is_people(field) && MONEY.iter().any(|word| name.contains(word))
}

/// Whether a table has a column of money.
pub(super) fn has_money(one: &Inspected) -> bool {
    one.fields().iter().any(is_money)
}

/// Finds out what a table is for.
pub(super) fn table(one: &Inspected, found: &[Inspected], guess: &mut Guess) {
    let fields = one.fields();
    let used_as_lookup =
        guess.layers.iter().any(|layer| matches!(&layer.source, super::Source::Lookup(_, path, _, _) if *path == one.path));
    let used_for_people = guess.people_table.as_ref().is_some_and(|table| table.path == one.path);
    if used_as_lookup || used_for_people || guess.unused.iter().any(|(path, _)| *path == one.path) {
        return;
    }
    if let Some((section, _)) = SECTIONS.iter().find(|(_, columns)| has(fields, columns)) {
        guess.beside.push((Beside::Section(section), one.path.clone()));
        return;
    }
    let Some(amount) = fields.iter().find(|field| is_money(field)) else {
        // A crosswalk of codes that a budget leads through is used already.
        if !guess.budgets.iter().any(|budget| budget.codes.as_ref().is_some_and(|(path, _, _)| *path == one.path)) {
            beside(one, guess);
        }
        return;
    };
    match owner(one, found, guess) {
        Ok((layer, code, codes)) => {
            let budget = budget(one, amount, layer, code, codes, guess);
            guess.budgets.push(budget);
        }
        Err(why) => guess.unused.push((one.path.clone(), why)),
    }
}

/// Layer (and why), code column, crosswalk of codes.
type Owner = ((String, String), String, Option<(PathBuf, String, String)>);

/// Whose money a table has.
fn owner(one: &Inspected, found: &[Inspected], guess: &Guess) -> Result<Owner, String> {
    let candidates =
        || guess.layers.iter().filter(|layer| layer.role.as_ref().is_some_and(|(role, _)| matches!(role, Role::Health | Role::Council)));
    let coded: Vec<&Field> = one.fields().iter().filter(|field| field.code.is_some()).collect();
    let year = first_year(one);
    for field in &coded {
        let mut fitting: Vec<_> =
            candidates().filter(|layer| alike(layer.form.as_ref(), field.code.as_ref()) && field.code != Some(CodeForm::Ods)).collect();
        let wanted = field.ons.and_then(|ons| ons.year).or(year);
        // The vintage whose year is nearest; of equal ones the first.
        fitting.sort_by_key(|layer| match (layer.year, wanted) {
            (Some(layer), Some(wanted)) => layer.abs_diff(wanted),
            _ => u16::MAX,
        });
        if let Some(layer) = fitting.first() {
            let others = if fitting.len() > 1 {
                format!("; {} layers have such codes, this one's year is nearest", fitting.len())
            } else {
                String::new()
            };
            return Ok(((layer.id.clone(), format!("the codes in {} are like its own{others}", field.name)), field.name.clone(), None));
        }
    }
    for field in coded.iter().filter(|field| field.code == Some(CodeForm::Ods)) {
        for other in found.iter().filter(|other| other.path != one.path && other.is_usable()) {
            // A crosswalk of several vintages has a code more than once; the column that is named so, with most different ones, is that of the codes.
            let with = |test: &dyn Fn(&Field) -> bool| {
                let mut fitting: Vec<&Field> = other.fields().iter().filter(|field| field.filled > 0 && test(field)).collect();
                fitting.sort_by_key(|field| {
                    let name = field.name.to_ascii_lowercase();
                    std::cmp::Reverse((["ods", "code", "cd"].iter().any(|word| name.contains(word)), field.distinct))
                });
                fitting.first().copied()
            };
            let from = with(&|field| field.code == Some(CodeForm::Ods));
            let to = with(&|field| matches!(field.code, Some(CodeForm::Nine(_))));
            let has_money = other.fields().iter().any(is_money);
            if has_money || !matches!(other.what, What::Table(_)) {
                continue;
            }
            let (Some(from), Some(to)) = (from, to) else { continue };
            if let Some(layer) = candidates().find(|layer| alike(layer.form.as_ref(), to.code.as_ref())) {
                let codes = (other.path.clone(), from.name.clone(), to.name.clone());
                let why = format!("{} holds codes of the Organisation Data Service, which the crosswalk leads to its codes", field.name);
                return Ok(((layer.id.clone(), why), field.name.clone(), Some(codes)));
            }
        }
    }
    if coded.is_empty() {
        return Err("it has money, and no column that looks like codes of bodies".to_owned());
    }
    let columns: Vec<&str> = coded.iter().map(|field| field.name.as_str()).collect();
    Err(format!(
        "it has money, and the codes in {} are of no layer that was given; a crosswalk table (from code to code) may be missing",
        columns.join(", ")
    ))
}

/// The first year that a table is of: by its columns of fiscal years, else by its name.
fn first_year(one: &Inspected) -> Option<i16> {
    let column = one
        .fields()
        .iter()
        .find_map(|field| field.range.as_ref().filter(|(least, _)| ons::is_fiscal_year(least)).map(|(_, most)| most.clone()));
    column.or_else(|| year_in_name(&one.path)).and_then(|text| text.get(..4)?.parse().ok())
}

/// A fiscal year in a file's name: `pcg_allocations_1999-00.csv`.
fn year_in_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy().into_owned();
    let words = name.split(|c: char| !(c.is_ascii_digit() || c == '-'));
    let years: Vec<&str> = words.filter(|word| ons::is_fiscal_year(word)).collect();
    match years.as_slice() {
        [one] => Some((*one).to_owned()),
        _ => None,
    }
}

fn unit(name: &str) -> (u64, String) {
    let name = name.to_lowercase();
    if ["000", "thousand"].iter().any(|word| name.contains(word)) {
        (1000, "thousands, by the column's name".to_owned())
    } else if ["million", "£m", "_m"].iter().any(|word| name.contains(word) && (name.ends_with(word) || *word == "million")) {
        (1_000_000, "millions, by the column's name".to_owned())
    } else {
        (1, "pounds: the column's name says no other unit".to_owned())
    }
}

fn budget(
    one: &Inspected,
    amount: &Field,
    layer: (String, String),
    code: String,
    codes: Option<(PathBuf, String, String)>,
    guess: &Guess,
) -> BudgetGuess {
    let fields = one.fields();
    let column_of_years = fields.iter().find(|field| field.range.as_ref().is_some_and(|(least, _)| ons::is_fiscal_year(least)));
    let year = match (column_of_years, year_in_name(&one.path)) {
        (Some(field), _) => Year::Column(field.name.clone(), field.range.clone().filter(|_| field.distinct > 1).map(|(_, last)| last)),
        (None, Some(year)) => Year::FileName(year),
        (None, None) => Year::Unknown,
    };
    let stem = one.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stem = super::guess::plain(stem.split('.').next().unwrap_or_default());
    let stem = one.sheet.as_ref().map_or(stem.clone(), |sheet| format!("{stem}-{}", super::guess::plain(sheet)));
    let distinct = |name: Option<&String>| fields.iter().find(|field| Some(&field.name) == name).map_or(1, |field| field.distinct.max(1));
    let years = match &year {
        Year::Column(column, _) => distinct(Some(column)),
        _ => 1,
    };
    let taken = guess.budgets.iter().filter(|budget| budget.id.starts_with(&stem)).count();
    let word = |names: &[&str]| column(fields, names).filter(|field| field.kind == FieldKind::Text).map(|field| field.name.clone());
    let (service, mechanism) = (word(&["service", "programme", "client_group"]), word(&["mechanism"]));
    let most = [distinct(Some(&code)), distinct(service.as_ref()), distinct(mechanism.as_ref()), years]
        .into_iter()
        .fold(1usize, usize::saturating_mul);
    BudgetGuess {
        id: if taken == 0 { stem } else { format!("{stem}-{}", taken.saturating_add(1)) },
        path: one.path.clone(),
        sheet: one.sheet.clone(),
        layer,
        code,
        codes,
        amount: (
            amount.name.clone(),
            format!("the first column whose name is of money, of {}", fields.iter().filter(|field| field.kind.is_number()).count()),
        ),
        unit: unit(&amount.name),
        year,
        service,
        mechanism,
        rows: fields.first().map_or(0, |field| field.rows),
        other_amounts: fields.iter().filter(|field| is_money(field) && field.name != amount.name).map(|field| field.name.clone()).collect(),
        may_overlap: fields.first().is_some_and(|first| first.rows > most),
    }
}

/// A table without money: declared changes, attributes of a layer, or nothing that is known.
fn beside(one: &Inspected, guess: &mut Guess) {
    let year = one.path.file_name().and_then(|name| ons::date(&name.to_string_lossy())).map(|(_, year)| year);
    let fields = one.fields();
    let pair = [("from", "to"), ("old", "new"), ("from_code", "to_code"), ("predecessor", "successor")]
        .iter()
        .find_map(|(from, to)| Some((column(fields, &[from])?, column(fields, &[to])?)));
    if let Some((from, to)) = pair
        && from.code.is_some()
    {
        let reason = column(fields, &["reason", "stated_reason"]).map(|field| field.name.clone());
        guess.beside.push((Beside::Declared(from.name.clone(), to.name.clone(), reason, from.code.clone(), year), one.path.clone()));
        return;
    }
    let code = fields.iter().find(|field| field.rows > 0 && field.distinct == field.rows && matches!(field.code, Some(CodeForm::Nine(_))));
    if let Some(code) = code
        && fields.len() > 1
    {
        // Of layers with such codes those that have nearly as many areas as there are rows: districts and counties share kinds of codes.
        let fits = |layer: &super::LayerGuess| {
            layer.attributes.is_none()
                && alike(layer.form.as_ref(), code.code.as_ref())
                && (year.is_none() || layer.year.is_none() || layer.year == year)
        };
        let nearest = guess.layers.iter().filter(|layer| fits(layer)).map(|layer| layer.count.abs_diff(code.rows)).min();
        if let Some(nearest) = nearest {
            for layer in guess.layers.iter_mut().filter(|layer| fits(layer) && layer.count.abs_diff(code.rows) == nearest) {
                layer.attributes = Some((one.path.clone(), code.name.clone()));
            }
            return;
        }
    }
    guess.unused.push((one.path.clone(), "its columns are those of no table that is known (docs/inputs.md)".to_owned()));
}
