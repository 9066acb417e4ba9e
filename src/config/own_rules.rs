//! `[[obstructions.rule]]`: a user's own rules, resolved against the tables they ask.

use schemars::JsonSchema;
use serde::Deserialize;

use super::condition::{Condition, Kind};
use super::load::{Context, Rules};
use super::plan::MESSAGE_PARTS;
use super::source::{Step, unknown};
use crate::domain::Severity;
use crate::domain::table::{ColumnSpec, TableSpec};
use crate::error::Result;

/// A rule of the user's own: each row of a published table that its condition holds for is an obstruction.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawOwnRule {
    /// Id, published as obstruction_id. Ids that start as the program's own do (BND-, MRG-, ...) are refused.
    pub id: String,
    /// A few words.
    pub title: String,
    /// high, medium, low or info. Default: medium.
    pub severity: Option<String>,
    /// Published table whose rows are asked.
    pub table: String,
    /// When it fires: SQL over the table's columns.
    pub condition: String,
    /// What is said of a row; parts and columns in braces.
    pub message: String,
    /// Where the rule comes from. Default: the name of the config file.
    pub source: Option<String>,
    /// Column with the alignment or succession. Default: the table's.
    pub alignment: Option<String>,
    /// Column with the code of the body it is about. Default: the table's code of one body, or of the left body of a pair.
    pub subject: Option<String>,
    /// Column with the name of that body. Default: the name beside the code.
    pub subject_name: Option<String>,
    /// Side of that body: health, council, or a column that says it. Default: as the table has it.
    pub side: Option<String>,
    /// Column with the code of the body on the other side. Default: the table's.
    pub partner: Option<String>,
    /// Column with the service. Default: the table's.
    pub service: Option<String>,
    /// Column with the fiscal year. Default: the table's.
    pub fiscal_year: Option<String>,
    /// Column with the figure that is published as value. Default: none.
    pub value: Option<String>,
    /// What the value is held against, published beside it; the condition decides. Default: none.
    pub threshold: Option<f64>,
    /// Column with the people exposed. Default: the table's people.
    pub people: Option<String>,
    /// Column with the pence exposed. Default: the table's pence.
    pub pence: Option<String>,
}

/// Where the side of a rule's subject comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideOf {
    /// NHS bodies.
    Health,
    /// Councils.
    Council,
    /// A column with the words health and council.
    Column(usize),
    /// It has none.
    None,
}

/// Columns that a rule fills an obstruction from; indices into the table's columns, `None` for what it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleColumns {
    /// Alignment or succession.
    pub alignment: Option<usize>,
    /// Code of the subject.
    pub subject: Option<usize>,
    /// Name of the subject.
    pub subject_name: Option<usize>,
    /// Side of the subject.
    pub side: SideOf,
    /// Code of the partner.
    pub partner: Option<usize>,
    /// Service.
    pub service: Option<usize>,
    /// Fiscal year.
    pub fiscal_year: Option<usize>,
    /// Measured value.
    pub value: Option<usize>,
    /// People exposed.
    pub people: Option<usize>,
    /// Pence exposed.
    pub pence: Option<usize>,
}

/// A user's own rule, every name of which is resolved.
#[derive(Debug, Clone)]
pub struct OwnRule {
    /// Id.
    pub id: String,
    /// A few words.
    pub title: String,
    /// Severity.
    pub severity: Severity,
    /// Table whose rows are asked.
    pub table: &'static TableSpec,
    /// When it fires.
    pub condition: Condition,
    /// Where an obstruction's parts come from.
    pub columns: RuleColumns,
    /// What the value is held against.
    pub threshold: Option<f64>,
    /// Message, with [`MESSAGE_PARTS`] (but for `message`) and columns of the table in braces.
    pub message: String,
    /// Where the rule comes from.
    pub source: String,
    /// Line in the config.
    pub line: usize,
}

/// Column names that say the same in several tables, in the order in which they are looked for.
const ALIGNMENT: &[&str] = &["alignment", "succession"];
const SUBJECT: &[&str] = &["left_code", "subject_code", "code", "to_code", "component", "place"];
const NAME: &[(&str, &str)] =
    &[("left_code", "left_name"), ("to_code", "to_name"), ("from_code", "from_name"), ("right_code", "right_name")];
const PARTNER: &[&str] = &["right_code", "partner_code"];
const PENCE: &[&str] = &["pence", "amount_pence"];

/// Tables that are made from obstructions, after every rule: no rule can ask them.
const LATER: [&str; 2] = ["place", "option"];

/// The rules of a config.
///
/// # Errors
/// [`crate::Error::Config`] with the line: an id that cannot be, is the program's own or is used twice; a table or column that does not
/// exist, with the nearest; a column of another kind; a condition that cannot be asked; a message with a part that does not exist.
pub(super) fn plan(context: &Context<'_>, raw: Vec<RawOwnRule>, rules: &Rules) -> Result<Vec<OwnRule>> {
    let mut planned: Vec<OwnRule> = Vec::with_capacity(raw.len());
    for (index, raw) in raw.into_iter().enumerate() {
        let at = |key: &'static str| [Step::Key("obstructions"), Step::Key("rule"), Step::At(index), Step::Key(key)];
        let id = raw.id.trim().to_owned();
        let fail = |key: &'static str, message: String| context.error(&at(key), format!("rule {id}: {message}"));
        context.id(&at("id"), &id)?;
        if let Some(family) = rules.families().find(|family| id.to_uppercase().starts_with(&format!("{family}-"))) {
            let remedy = "choose another id; to change a rule of the program, set its threshold, severity or message, or disable it";
            return Err(fail("id", format!("ids that start with {family}- are the program's own; {remedy}")));
        }
        if ["rule", "disable", "severity", "message"].contains(&id.as_str()) {
            return Err(fail("id", "that is a key of [obstructions]; choose another id".to_owned()));
        }
        if let Some(other) = planned.iter().find(|other| other.id == id) {
            return Err(fail("id", format!("the rule of line {} has that id too; give each its own", other.line)));
        }
        for (key, text) in [("title", &raw.title), ("message", &raw.message)] {
            context.filled(&at(key), text)?;
        }
        let severity = match raw.severity.as_deref() {
            None => Severity::Medium,
            Some(word) => super::load::severity(word).map_err(|message| fail("severity", message))?,
        };
        let tables = || rules.tables.iter().copied().filter(|table| !LATER.contains(&table.name));
        if LATER.contains(&raw.table.as_str()) {
            let remedy = "ask table obstruction or component";
            return Err(fail("table", format!("table {} is made from obstructions, after every rule; {remedy}", raw.table)));
        }
        let Some(table) = tables().find(|table| table.name == raw.table) else {
            let message = unknown(&format!("table `{}`", raw.table), &raw.table, tables().map(|table| table.name));
            return Err(fail("table", message));
        };
        let condition =
            Condition::parse(&raw.condition, table).map_err(|message| fail("condition", format!("in its condition, {message}")))?;
        let columns = columns(&raw, table).map_err(|(key, message)| fail(key, message))?;
        let threshold = match raw.threshold {
            Some(threshold) if !threshold.is_finite() => {
                return Err(fail("threshold", format!("threshold is {threshold}, expected a finite number; change it")));
            }
            threshold => threshold,
        };
        let parts = || MESSAGE_PARTS.into_iter().filter(|part| *part != "message").chain(table.columns.iter().map(|column| column.name));
        super::load::template(&raw.message, parts).map_err(|message| fail("message", message))?;
        let line = context.line(&at("id"));
        let source = raw.source.filter(|source| !source.trim().is_empty()).unwrap_or_else(|| context.file_name());
        planned.push(OwnRule { id, title: raw.title, severity, table, condition, columns, threshold, message: raw.message, source, line });
    }
    Ok(planned)
}

type Complaint = (&'static str, String);

/// The columns of an obstruction's parts: those that the config names, else those that the table has under their usual names.
fn columns(raw: &RawOwnRule, table: &'static TableSpec) -> std::result::Result<RuleColumns, Complaint> {
    let position = |name: &str| table.columns.iter().position(|column| column.name == name);
    let usual = |names: &[&str]| names.iter().find_map(|name| position(name));
    let named = |key: &'static str, name: &Option<String>, fits: &dyn Fn(&ColumnSpec) -> Option<&'static str>| {
        let Some(name) = name.as_deref() else { return Ok(None) };
        let Some(column) = table.columns.iter().find(|column| column.name == name) else {
            let what = format!("column `{name}` of table {}", table.name);
            return Err((key, unknown(&what, name, table.columns.iter().map(|column| column.name))));
        };
        match fits(column) {
            Some(expected) => {
                Err((key, format!("column `{name}` is {}, expected {expected}; name another", Kind::from(column.kind).as_str())))
            }
            None => Ok(position(name)),
        }
    };
    let text = |column: &ColumnSpec| (Kind::from(column.kind) != Kind::Text).then_some("text");
    let number = |column: &ColumnSpec| (Kind::from(column.kind) != Kind::Number).then_some("a number");
    let people = |column: &ColumnSpec| {
        if column.unit == "people" { None } else { Some("a number of people") }
    };
    let pence = |column: &ColumnSpec| {
        if column.unit == "pence" { None } else { Some("a number of pence") }
    };
    let subject = named("subject", &raw.subject, &text)?.or_else(|| usual(SUBJECT));
    let code = subject.and_then(|subject| table.columns.get(subject)).map_or("", |column| column.name);
    let beside = NAME.iter().find(|(known, _)| *known == code).map_or(["name", "subject_name"], |(_, name)| [*name, *name]);
    let beside = if matches!(code, "component" | "place" | "partner_code" | "main_partner") { None } else { usual(&beside) };
    let side = match raw.side.as_deref() {
        Some("health") => SideOf::Health,
        Some("council") => SideOf::Council,
        Some(_) => named("side", &raw.side, &text)?.map_or(SideOf::None, SideOf::Column),
        None if code == "left_code" => SideOf::Health,
        None if code == "right_code" => SideOf::Council,
        None => usual(&["side", "subject_side"]).map_or(SideOf::None, SideOf::Column),
    };
    // A body is no partner of itself.
    let partner =
        named("partner", &raw.partner, &text)?.or_else(|| if code == "right_code" { usual(&["left_code"]) } else { usual(PARTNER) });
    Ok(RuleColumns {
        alignment: named("alignment", &raw.alignment, &text)?.or_else(|| usual(ALIGNMENT)),
        subject,
        subject_name: named("subject_name", &raw.subject_name, &text)?.or(beside),
        side,
        partner,
        service: named("service", &raw.service, &text)?.or_else(|| usual(&["service"])),
        fiscal_year: named("fiscal_year", &raw.fiscal_year, &text)?.or_else(|| usual(&["fiscal_year"])),
        value: named("value", &raw.value, &number)?,
        people: named("people", &raw.people, &people)?.or_else(|| usual(&["people"])),
        pence: named("pence", &raw.pence, &pence)?.or_else(|| usual(PENCE)),
    })
}
