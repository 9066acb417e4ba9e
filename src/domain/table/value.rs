//! One cell on its way in or out.

use std::borrow::Cow;

use jiff::civil::Date;

use crate::domain::units::{Pence, People};

/// One cell. Text may be borrowed, so filling a table copies each distinct text once.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Unknown or not applicable.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// Whole number.
    Integer(i64),
    /// Number; must be finite.
    Number(f64),
    /// Yes or no.
    Boolean(bool),
    /// Day.
    Date(Date),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<usize> for Value<'_> {
    fn from(number: usize) -> Self {
        i64::try_from(number).map_or(Self::Null, Self::Integer)
    }
}

impl From<f64> for Value<'_> {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value<'_> {
    fn from(answer: bool) -> Self {
        Self::Boolean(answer)
    }
}

impl From<Date> for Value<'_> {
    fn from(day: Date) -> Self {
        Self::Date(day)
    }
}

impl From<People> for Value<'_> {
    fn from(people: People) -> Self {
        Self::Number(people.as_f64())
    }
}

impl From<Pence> for Value<'_> {
    fn from(pence: Pence) -> Self {
        Self::Integer(pence.0)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Value<'_> {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Text(_) => "text",
            Self::Integer(_) => "a whole number",
            Self::Number(_) => "a number",
            Self::Boolean(_) => "yes or no",
            Self::Date(_) => "a day",
        }
    }
}
