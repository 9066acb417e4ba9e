//! Rules of the user's own: a condition over the rows of a published table.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::message::{Named, fill, part, rounded};
use super::rule::{Confidence, Exposes, Obstruction, RULE_VERSION};
use crate::alignment::Side;
use crate::config::MESSAGE_PARTS;
use crate::config::condition::{Arithmetic, Comparison, Term};
use crate::config::{OwnRule, SideOf};
use crate::domain::table::{Table, Value};
use crate::domain::{Pence, People};

/// Family of every rule of a user's own.
pub(super) const FAMILY: &str = "OWN";

/// What a user's own rule finds in its table, in the order of the rows: those for which the condition is true.
///
/// An unknown cell makes a comparison unknown, and what is unknown fires nothing (SQL's three-valued logic: unknown AND false is false,
/// unknown OR true is true). Confidence is `declared`: that the condition means an obstruction is stated by the config, and the program does
/// not try it at the bounds of what was measured.
pub fn ask(rule: &OwnRule, table: &Table) -> Vec<Obstruction> {
    (0..table.len()).filter(|row| holds(&rule.condition.term, table, *row) == Some(true)).map(|row| found(rule, table, row)).collect()
}

fn found(rule: &OwnRule, table: &Table, row: usize) -> Obstruction {
    let cell = |column: usize| table.columns().get(column).map_or(Value::Null, |column| column.value(row));
    let text = |column: Option<usize>| match cell(column?) {
        Value::Text(text) => Some(text.into_owned()),
        _ => None,
    };
    let number = |column: Option<usize>| number(&cell(column?));
    let spec = |column: Option<usize>| column.and_then(|column| rule.table.columns.get(column));
    let columns = &rule.columns;
    let side = match columns.side {
        SideOf::Health => Some(Side::Health),
        SideOf::Council => Some(Side::Council),
        SideOf::Column(column) => {
            [Side::Health, Side::Council].into_iter().find(|side| Some(side.as_str()) == text(Some(column)).as_deref())
        }
        SideOf::None => None,
    };
    let pence = match columns.pence.map(cell) {
        Some(Value::Integer(pence)) => Some(Pence(pence)),
        _ => None,
    };
    let mut found = Obstruction {
        id: Cow::Owned(rule.id.clone()),
        title: Cow::Owned(rule.title.clone()),
        family: FAMILY,
        severity: rule.severity,
        alignment: text(columns.alignment),
        subject_layer: None,
        subject_side: side,
        subject_code: text(columns.subject),
        subject_name: text(columns.subject_name),
        partner_code: text(columns.partner),
        service: text(columns.service),
        fiscal_year: text(columns.fiscal_year),
        about: Some(row_key(rule, table, row)),
        metric: Cow::Borrowed(spec(columns.value).map_or("", |column| column.name)),
        value: number(columns.value),
        threshold: rule.threshold,
        unit: Cow::Borrowed(spec(columns.value).map_or("", |column| column.unit)),
        exposes: if columns.partner.is_some() { Exposes::Pair } else { Exposes::Body },
        // Published people are numbers with at most six decimals, which is what millionths hold.
        people: number(columns.people).map(|people| People((people * People::UNIT as f64).round() as i64)),
        pence,
        confidence: Confidence::Declared,
        rule_version: RULE_VERSION,
        source: Cow::Owned(rule.source.clone()),
        values: Vec::new(),
        message: String::new(),
    };
    found.message = fill(&rule.message, |name| {
        if MESSAGE_PARTS.contains(&name) {
            return Named::Value(part(name, &found));
        }
        let Some(column) = rule.table.columns.iter().position(|column| column.name == name) else { return Named::Unknown };
        Named::Value(match cell(column) {
            Value::Null => None,
            Value::Text(text) => Some(text.into_owned()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Number(number) => Some(rounded(number)),
            Value::Boolean(answer) => Some(if answer { "yes" } else { "no" }.to_owned()),
            Value::Date(day) => Some(day.to_string()),
        })
    });
    found
}

/// A cell as text; nothing for what is not known.
fn words(value: &Value<'_>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => text.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(answer) => answer.to_string(),
        Value::Date(day) => day.to_string(),
    }
}

/// The key of a row of the table asked: what makes one obstruction of a rule another.
fn row_key(rule: &OwnRule, table: &Table, row: usize) -> String {
    let cell = |index: usize| table.columns().get(index).map_or_else(String::new, |column| words(&column.value(row)));
    (0..rule.table.key).map(cell).collect::<Vec<_>>().join("|")
}

fn number(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        // Exact up to 2^53: ninety thousand billion pounds in pence.
        Value::Integer(number) => Some(*number as f64),
        _ => None,
    }
}

/// Whether a term holds for a row; `None` where that is not known.
fn holds(term: &Term, table: &Table, row: usize) -> Option<bool> {
    match term {
        Term::And(left, right) => match (holds(left, table, row), holds(right, table, row)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Term::Or(left, right) => match (holds(left, table, row), holds(right, table, row)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Term::Not(inner) => holds(inner, table, row).map(|holds| !holds),
        Term::IsNull(inner) => Some(matches!(worth(inner, table, row), Value::Null)),
        Term::Compare(comparison, left, right) => {
            let order = compare(&worth(left, table, row), &worth(right, table, row))?;
            Some(match comparison {
                Comparison::Equal => order.is_eq(),
                Comparison::Unequal => order.is_ne(),
                Comparison::Less => order.is_lt(),
                Comparison::AtMost => order.is_le(),
                Comparison::Greater => order.is_gt(),
                Comparison::AtLeast => order.is_ge(),
            })
        }
        Term::In(asked, members) => {
            let asked = worth(asked, table, row);
            let answers: Vec<Option<bool>> =
                members.iter().map(|member| Some(compare(&asked, &worth(member, table, row))?.is_eq())).collect();
            if answers.contains(&Some(true)) {
                Some(true)
            } else if answers.contains(&None) {
                None
            } else {
                Some(false)
            }
        }
        _ => match worth(term, table, row) {
            Value::Boolean(answer) => Some(answer),
            _ => None,
        },
    }
}

/// What a term is worth for a row; null where that is not known. A number that is none (a division by 0) is not known.
fn worth<'a>(term: &'a Term, table: &'a Table, row: usize) -> Value<'a> {
    let known = |number: f64| if number.is_finite() { Value::Number(number) } else { Value::Null };
    match term {
        Term::Column(index) => table.columns().get(*index).map_or(Value::Null, |column| column.value(row)),
        Term::Text(text) => Value::from(text),
        Term::Number(number) => Value::Number(*number),
        Term::Boolean(answer) => Value::Boolean(*answer),
        Term::Date(day) => Value::Date(*day),
        Term::Absolute(inner) => number(&worth(inner, table, row)).map_or(Value::Null, |number| known(number.abs())),
        Term::Arithmetic(arithmetic, left, right) => {
            let (Some(left), Some(right)) = (number(&worth(left, table, row)), number(&worth(right, table, row))) else {
                return Value::Null;
            };
            known(match arithmetic {
                Arithmetic::Add => left + right,
                Arithmetic::Subtract => left - right,
                Arithmetic::Multiply => left * right,
                Arithmetic::Divide => left / right,
            })
        }
        _ => holds(term, table, row).map_or(Value::Null, Value::Boolean),
    }
}

/// The order of two values of one kind; `None` where one is not known. Whole numbers are compared exactly, others within 1e-12; text by its bytes.
fn compare(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        _ => {
            let (left, right) = (number(left)?, number(right)?);
            // Taken as the decimals that they stand for: 0.4 - 0.3 is 0.1. Whole numbers up to 2^53 stay apart.
            let near = 1e-12_f64.max(4.0 * f64::EPSILON * left.abs().max(right.abs()));
            if (left - right).abs() <= near { Some(Ordering::Equal) } else { left.partial_cmp(&right) }
        }
    }
}
