//! Joint agreements, planning cycles and governance rows.

use std::fmt;
use std::sync::OnceLock;

use jiff::civil::Date;

use super::columns::{cell_problem, nearest};
use super::level::Level;
use super::mechanism::Mechanism;
use super::money::{self, Amount};
use super::years::year_days;
use crate::alignment::Side;
use crate::domain::number::{Parsed, parse_decimal};
use crate::domain::{Finding, Layer, Pence, Role, Spellings, TextTable};
use crate::error::Result;

/// Columns of an agreements table: (name, what stands in it). The dates, the service and the amount may be blank or unknown.
pub const AGREEMENT_COLUMNS: &[(&str, &str)] = &[
    ("agreement_id", "id of the agreement, unique"),
    ("health_code", "code of the NHS body"),
    ("council_code", "code of the council"),
    ("service", "service it covers; blank = every service"),
    ("mechanism", "pooled, lead_commissioning, integrated_provision, joint_investment_plan, joint_finance, transfer or grant"),
    ("start_date", "first day, YYYY-MM-DD; blank = not known"),
    ("end_date", "last day, YYYY-MM-DD; blank = open or not known"),
    ("amount", "pounds a year; blank = not known"),
];

/// Columns that an agreements table may have beside those.
pub const AGREEMENT_OPTIONAL: &[(&str, &str)] = &[
    ("level", "level at which it is decided: patient, practice, locality or strategic; blank = not known"),
    ("model", "model of joint commissioning: area, locality, practice or patient; stands for the level where that is blank"),
];

/// Columns of a cycles table. Any cell but the side may be blank.
pub const CYCLE_COLUMNS: &[(&str, &str)] = &[
    ("side", "health or council"),
    ("code", "code of the body; blank = every body of the side"),
    ("year_start", "first day of the financial year, MM-DD"),
    ("plan_submit", "day plans are submitted, MM-DD"),
    ("budget_set", "day the budget is set, MM-DD"),
    ("horizon_years", "years a plan covers"),
];

/// Columns of a governance table. Any cell but the codes may be blank, which means not known.
pub const GOVERNANCE_COLUMNS: &[(&str, &str)] = &[
    ("health_code", "code of the NHS body"),
    ("council_code", "code of the council"),
    ("board_seat", "yes or no: the council has a seat on the board"),
    ("office", "office its representative holds (none, vice_chair, subgroup_chair, ...)"),
    ("commissioning_subgroup", "yes or no: the board has a commissioning subgroup"),
    ("ssd_member", "yes or no: social services sit on it"),
    ("ssd_consulted_community", "yes or no: social services were consulted on community services"),
    ("ssd_consulted_acute", "yes or no: social services were consulted on acute services"),
    ("jc_responsibility", "ha, shared or pcgt: who leads joint commissioning"),
    ("district_seat", "yes or no: a district council has a seat"),
];

/// A joint agreement or plan between two bodies.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// Row as a spreadsheet shows it.
    pub row: u64,
    /// Id.
    pub id: String,
    /// NHS body.
    pub health_code: String,
    /// Council.
    pub council_code: String,
    /// Service; `None` = every service.
    pub service: Option<String>,
    /// How the money is held, or `joint_investment_plan` for a plan.
    pub mechanism: Mechanism,
    /// First day; `None` = not known.
    pub start: Option<Date>,
    /// Last day; `None` = open or not known.
    pub end: Option<Date>,
    /// Pence a year; `None` = not known.
    pub amount: Option<Pence>,
    /// Level at which it is decided, else the one its model of joint commissioning stands for; `None` = not known.
    pub level: Option<Level>,
}

impl Agreement {
    /// Whether the agreement covers a service (one without a service covers all of them).
    pub fn covers(&self, service: Option<&str>) -> bool {
        self.service.is_none() || self.service.as_deref() == service
    }

    /// Whether the agreement can be in force in a fiscal year. In a year that is unknown or cannot be read no agreement with a date is known to be.
    pub fn runs_in(&self, fiscal_year: Option<&str>) -> bool {
        match fiscal_year.and_then(year_days) {
            Some((first, last)) => self.runs_between(first, last),
            None => self.start.is_none() && self.end.is_none(),
        }
    }

    /// Whether the agreement can be in force on some day from `first` to `last`; a date that is not known excludes nothing.
    pub fn runs_between(&self, first: Date, last: Date) -> bool {
        self.start.is_none_or(|start| start <= last) && self.end.is_none_or(|end| end >= first)
    }
}

/// A day of the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    /// Month, 1 to 12.
    pub month: i8,
    /// Day, 1 to 31.
    pub day: i8,
}

impl MonthDay {
    /// Day of a common year, 1 to 365 (29 February counts as 1 March).
    pub fn day_of_year(self) -> i64 {
        let day = if (self.month, self.day) == (2, 29) { Date::new(2001, 3, 1) } else { Date::new(2001, self.month, self.day) };
        day.map_or(1, |date| i64::from(date.day_of_year()))
    }

    /// Days between two days of the year, the short way round: 0 to 182.
    pub fn days_apart(self, other: Self) -> i64 {
        let apart = self.day_of_year().abs_diff(other.day_of_year());
        i64::try_from(apart.min(365u64.saturating_sub(apart))).unwrap_or(0)
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MONTHS: [&str; 12] =
            ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
        let month = self
            .month
            .checked_sub(1)
            .and_then(|before| usize::try_from(before).ok())
            .and_then(|index| MONTHS.get(index))
            .copied()
            .unwrap_or("?");
        write!(f, "{} {month}", self.day)
    }
}

/// When a body, or every body of a side, plans and sets its budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycle {
    /// Row as a spreadsheet shows it.
    pub row: u64,
    /// Side.
    pub side: Side,
    /// Body; `None` = every body of the side that has no row of its own.
    pub code: Option<String>,
    /// First day of the financial year.
    pub year_start: Option<MonthDay>,
    /// Day plans are submitted.
    pub plan_submit: Option<MonthDay>,
    /// Day the budget is set.
    pub budget_set: Option<MonthDay>,
    /// Years a plan covers.
    pub horizon_years: Option<f64>,
}

/// How a council takes part in an NHS body's decisions. `None` = not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Governance {
    /// Row as a spreadsheet shows it.
    pub row: u64,
    /// NHS body.
    pub health_code: String,
    /// Council.
    pub council_code: String,
    /// The council has a seat on the board.
    pub board_seat: Option<bool>,
    /// Office its representative holds; `none` where none.
    pub office: Option<String>,
    /// The board has a commissioning subgroup.
    pub commissioning_subgroup: Option<bool>,
    /// Social services sit on that subgroup.
    pub ssd_member: Option<bool>,
    /// Social services were consulted on community services.
    pub ssd_consulted_community: Option<bool>,
    /// Social services were consulted on acute services.
    pub ssd_consulted_acute: Option<bool>,
    /// Who leads joint commissioning: `ha`, `shared` or `pcgt`.
    pub jc_responsibility: Option<String>,
    /// A district council has a seat.
    pub district_seat: Option<bool>,
}

/// Reads agreements ([`AGREEMENT_COLUMNS`]), in the order of their rows, and a DQ-04 finding for each row with a code of no layer.
///
/// # Errors
/// A column that is not there, a blank or repeated id, a blank code, an unknown mechanism, a date that is none, an end before the start, an
/// amount that is no number.
pub fn read_agreements(table: &TextTable, layers: &[Layer]) -> Result<(Vec<Agreement>, Vec<Finding>)> {
    let rows = Rows::new(table, AGREEMENT_COLUMNS)?;
    let mut codes = Codes::new(layers, table);
    let mut agreements = Vec::with_capacity(table.len());
    let mut ids = std::collections::BTreeMap::new();
    for row in 0..table.len() {
        let id = rows.required(row, "agreement_id", "an id")?;
        if let Some(first) = ids.insert(id.clone(), table.row_number(row)) {
            let found = format!("agreement `{id}` is in row {first} already");
            return Err(rows.problem(row, "agreement_id", found, "an id that is used once", "give each agreement another id"));
        }
        let mechanism = rows.word(row, "mechanism", &Mechanism::OF_AGREEMENTS.map(Mechanism::as_str))?;
        let Some(mechanism) = mechanism.and_then(|text| Mechanism::parse(text, &Mechanism::OF_AGREEMENTS)) else {
            return Err(rows.problem(row, "mechanism", "a blank cell".to_owned(), "a mechanism", "fill the cell"));
        };
        let (start, end) = (rows.date(row, "start_date")?, rows.date(row, "end_date")?);
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            let found = format!("the agreement ends on {end}, before it starts on {start}");
            return Err(rows.problem(row, "end_date", found, "a day on or after start_date", "correct one of the two dates"));
        }
        let amount = match money::amount(rows.cell(row, "amount"), 1.0) {
            Amount::Unknown => None,
            Amount::Known { pence, .. } if pence.0 >= 0 => Some(pence),
            Amount::Known { .. } | Amount::Invalid | Amount::TooLarge => {
                let found = format!("`{}`", rows.cell(row, "amount").unwrap_or(""));
                let expected = "pounds, 0 or more, or an unknown amount (blank, `*`, `..`)";
                return Err(rows.problem(row, "amount", found, expected, "correct the cell"));
            }
        };
        let number = table.row_number(row);
        let agreement = Agreement {
            row: number,
            id,
            health_code: codes.check(Side::Health, rows.required(row, "health_code", "a code")?, number, "health_code"),
            council_code: codes.check(Side::Council, rows.required(row, "council_code", "a code")?, number, "council_code"),
            service: rows.cell(row, "service").map(str::to_owned),
            mechanism,
            start,
            end,
            amount,
            level: agreement_level(&rows, row)?,
        };
        agreements.push(agreement);
    }
    Ok((agreements, codes.findings))
}

/// The level of an agreement, from either of the optional columns.
fn agreement_level(rows: &Rows<'_>, row: usize) -> Result<Option<Level>> {
    let level = rows.word(row, "level", &Level::WORDS)?.and_then(Level::parse);
    // Area and locality are one model in the literature (domain.md A28): below the body, above the practice.
    let model = rows.word(row, "model", &["area", "locality", "practice", "patient"])?;
    Ok(level.or_else(|| model.and_then(|model| if model == "area" { Some(Level::Locality) } else { Level::parse(model) })))
}

/// Reads planning cycles ([`CYCLE_COLUMNS`]), in the order of their rows, and a DQ-04 finding for each row with a code of no layer.
///
/// # Errors
/// A column that is not there, a side that is neither, a day that is none, a horizon that is no positive number, two rows for one body.
pub fn read_cycles(table: &TextTable, layers: &[Layer]) -> Result<(Vec<Cycle>, Vec<Finding>)> {
    let rows = Rows::new(table, CYCLE_COLUMNS)?;
    let mut codes = Codes::new(layers, table);
    let mut cycles = Vec::with_capacity(table.len());
    let mut seen = std::collections::BTreeMap::new();
    for row in 0..table.len() {
        let side = match rows.word(row, "side", &["health", "council"])? {
            Some("health") => Side::Health,
            Some(_) => Side::Council,
            None => return Err(rows.problem(row, "side", "a blank cell".to_owned(), "health or council", "fill the cell")),
        };
        let code = rows.cell(row, "code").map(|code| codes.check(side, code.to_owned(), table.row_number(row), "code"));
        if let Some(first) = seen.insert((side, code.clone()), table.row_number(row)) {
            let who = code.as_deref().map_or_else(|| format!("every {} body", side.as_str()), str::to_owned);
            let found = format!("{who} has row {first} already");
            return Err(rows.problem(row, "code", found, "one row per body", "keep one of the two rows"));
        }
        let horizon_years = match parse_decimal(rows.cell(row, "horizon_years").unwrap_or("")) {
            Parsed::Unknown => None,
            Parsed::Known(years) => f64::try_from(years).ok().filter(|years| *years > 0.0),
            Parsed::Invalid => None,
        };
        if horizon_years.is_none()
            && let Some(text) = rows.cell(row, "horizon_years").filter(|text| !matches!(parse_decimal(text), Parsed::Unknown))
        {
            return Err(rows.problem(row, "horizon_years", format!("`{text}`"), "a number of years above 0", "correct the cell"));
        }
        cycles.push(Cycle {
            row: table.row_number(row),
            side,
            code,
            year_start: rows.month_day(row, "year_start")?,
            plan_submit: rows.month_day(row, "plan_submit")?,
            budget_set: rows.month_day(row, "budget_set")?,
            horizon_years,
        });
    }
    Ok((cycles, codes.findings))
}

/// Reads governance rows ([`GOVERNANCE_COLUMNS`]), in their order, and a DQ-04 finding for each row with a code of no layer.
///
/// # Errors
/// A column that is not there, a blank code, a cell that is neither yes nor no, a responsibility that is none of the three, two rows for one
/// pair.
pub fn read_governance(table: &TextTable, layers: &[Layer]) -> Result<(Vec<Governance>, Vec<Finding>)> {
    let rows = Rows::new(table, GOVERNANCE_COLUMNS)?;
    let mut codes = Codes::new(layers, table);
    let mut governance = Vec::with_capacity(table.len());
    let mut seen = std::collections::BTreeMap::new();
    for row in 0..table.len() {
        let number = table.row_number(row);
        let health_code = codes.check(Side::Health, rows.required(row, "health_code", "a code")?, number, "health_code");
        let council_code = codes.check(Side::Council, rows.required(row, "council_code", "a code")?, number, "council_code");
        if let Some(first) = seen.insert((health_code.clone(), council_code.clone()), table.row_number(row)) {
            let found = format!("{health_code} and {council_code} have row {first} already");
            return Err(rows.problem(row, "council_code", found, "one row per pair", "keep one of the two rows"));
        }
        governance.push(Governance {
            row: table.row_number(row),
            health_code,
            council_code,
            board_seat: rows.yes_no(row, "board_seat")?,
            office: rows.cell(row, "office").map(str::to_owned),
            commissioning_subgroup: rows.yes_no(row, "commissioning_subgroup")?,
            ssd_member: rows.yes_no(row, "ssd_member")?,
            ssd_consulted_community: rows.yes_no(row, "ssd_consulted_community")?,
            ssd_consulted_acute: rows.yes_no(row, "ssd_consulted_acute")?,
            jc_responsibility: rows.word(row, "jc_responsibility", &["ha", "shared", "pcgt"])?.map(str::to_owned),
            district_seat: rows.yes_no(row, "district_seat")?,
        });
    }
    Ok((governance, codes.findings))
}

/// A table whose columns are all there.
pub(super) struct Rows<'a> {
    table: &'a TextTable,
}

impl<'a> Rows<'a> {
    pub(super) fn new(table: &'a TextTable, columns: &[(&str, &str)]) -> Result<Self> {
        for (name, _) in columns {
            table.require(name)?;
        }
        Ok(Self { table })
    }

    pub(super) fn cell(&self, row: usize, column: &str) -> Option<&'a str> {
        self.table.cell(row, self.table.column(column)?)
    }

    pub(super) fn problem(&self, row: usize, column: &str, found: String, expected: &str, remedy: &str) -> crate::Error {
        cell_problem(self.table, row, column, found, expected, remedy).into()
    }

    pub(super) fn required(&self, row: usize, column: &str, expected: &str) -> Result<String> {
        match self.cell(row, column) {
            Some(text) => Ok(text.to_owned()),
            None => Err(self.problem(row, column, "a blank cell".to_owned(), expected, "fill the cell, or leave the row out")),
        }
    }

    fn word(&self, row: usize, column: &str, words: &[&str]) -> Result<Option<&'a str>> {
        let Some(text) = self.cell(row, column) else {
            return Ok(None);
        };
        if words.contains(&text) {
            return Ok(Some(text));
        }
        let remedy = nearest(text, words.iter().copied()).map_or("correct the cell".to_owned(), |word| format!("did you mean `{word}`?"));
        Err(self.problem(row, column, format!("`{text}`"), &format!("one of {}", words.join(", ")), &remedy))
    }

    fn yes_no(&self, row: usize, column: &str) -> Result<Option<bool>> {
        Ok(self.word(row, column, &["yes", "no"])?.map(|word| word == "yes"))
    }

    fn date(&self, row: usize, column: &str) -> Result<Option<Date>> {
        let Some(text) = self.cell(row, column) else {
            return Ok(None);
        };
        // A workbook's dates are read as text with a time of midnight behind them.
        let day = text.split_once(['T', ' ']).map_or(text, |(day, _)| day);
        match day.parse::<Date>() {
            Ok(date) => Ok(Some(date)),
            Err(_) => Err(self.problem(row, column, format!("`{text}`"), "a date as YYYY-MM-DD, or blank", "correct the cell")),
        }
    }

    fn month_day(&self, row: usize, column: &str) -> Result<Option<MonthDay>> {
        let Some(text) = self.cell(row, column) else {
            return Ok(None);
        };
        let day = text.split_once('-').and_then(|(month, day)| {
            let (month, day) = (month.parse::<i8>().ok()?, day.parse::<i8>().ok()?);
            // 2000 is a leap year, so 02-29 is a day.
            Date::new(2000, month, day).ok().map(|_| MonthDay { month, day })
        });
        match day {
            Some(day) => Ok(Some(day)),
            None => Err(self.problem(row, column, format!("`{text}`"), "a day of the year as MM-DD, or blank", "correct the cell")),
        }
    }
}

/// Checks codes against every layer that can hold them.
pub(super) struct Codes<'a> {
    layers: &'a [Layer],
    table: &'a TextTable,
    /// Codes of each layer without case and blanks; made where a code is not found as it is.
    spellings: OnceLock<Vec<Spellings>>,
    pub(super) findings: Vec<Finding>,
}

impl<'a> Codes<'a> {
    pub(super) fn new(layers: &'a [Layer], table: &'a TextTable) -> Self {
        Self { layers, table, spellings: OnceLock::new(), findings: Vec::new() }
    }

    /// A code as the layers of its side have it: as it is, or the one code that is the same but for case and blanks (finding DQ-21). Where
    /// there is none it stays as it is, with finding DQ-04.
    pub(super) fn check(&mut self, side: Side, code: String, row: u64, field: &str) -> String {
        let fits = |role: Role| match side {
            Side::Health => matches!(role, Role::Health | Role::Other),
            Side::Council => matches!(role, Role::Council | Role::Other),
        };
        if self.layers.iter().any(|layer| fits(layer.role) && layer.position(&code).is_some()) {
            return code;
        }
        let spellings = self.spellings.get_or_init(|| self.layers.iter().map(Spellings::of).collect());
        let like = self.layers.iter().zip(spellings).filter(|(layer, _)| fits(layer.role));
        let mut like: Vec<&str> =
            like.filter_map(|(layer, spellings)| layer.areas.get(spellings.find(&code)?)).map(|area| area.code.as_str()).collect();
        like.sort_unstable();
        like.dedup();
        let (id, detail, action, read) = match like.as_slice() {
            [one] => {
                ("DQ-21", format!("code `{code}` is read as {one}, the same but for case or blanks"), "read as the layer's code", *one)
            }
            _ => ("DQ-04", format!("code `{code}` is in no {} layer", side.as_str()), "kept, matches no body", code.as_str()),
        };
        self.findings.push(
            Finding::new(id, detail, action)
                .code(read)
                .field(field)
                .file(self.table.path.display().to_string())
                .record(i64::try_from(row).unwrap_or(i64::MAX)),
        );
        read.to_owned()
    }
}
