//! Shapes of config values that serde has no plain type for. Visitors instead of untagged enums, so that errors keep key and line.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor, value};

use super::own_rules::RawOwnRule;
use super::raw_table::RawRange;

/// A list that may be written as its only element.
#[derive(Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Shape<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table or a list of tables")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(value::MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(value::SeqAccessDeserializer::new(seq)).map(OneOrMany)
            }
        }
        deserializer.deserialize_any(Shape(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// A text, or a table that says more.
#[derive(Debug)]
pub enum TextOrTable<T> {
    /// A text.
    Text(String),
    /// A table.
    Table(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for TextOrTable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Shape<T> {
            type Value = TextOrTable<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a table")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(TextOrTable::Text(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(value::MapAccessDeserializer::new(map)).map(TextOrTable::Table)
            }
        }
        deserializer.deserialize_any(Shape(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for TextOrTable<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("TextOr_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "string" }, table] })
    }
}

/// Columns: a text (a name, or a pattern), a list, or from one to another.
#[derive(Debug)]
pub enum RawColumns<T> {
    /// A name or a pattern.
    Text(String),
    /// A list.
    List(Vec<T>),
    /// From one to another.
    Range(RawRange),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for RawColumns<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Shape<T> {
            type Value = RawColumns<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column, a list of columns, or { from = \"...\", to = \"...\" }")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(RawColumns::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(value::SeqAccessDeserializer::new(seq)).map(RawColumns::List)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                RawRange::deserialize(value::MapAccessDeserializer::new(map)).map(RawColumns::Range)
            }
        }
        deserializer.deserialize_any(Shape(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for RawColumns<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Columns_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        let range = generator.subschema_for::<RawRange>();
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": one }, range] })
    }
}

/// A number as printed, or a text.
#[derive(Debug)]
pub enum Amount {
    /// A number, shortest decimal text that reads back the same.
    Number(String),
    /// A text: the name of a column, or a number with more digits than a float holds.
    Text(String),
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl Visitor<'_> for Shape {
            type Value = Amount;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or the name of a column")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Amount, E> {
                Ok(Amount::Text(text.to_owned()))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Amount, E> {
                Ok(Amount::Number(number.to_string()))
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Amount, E> {
                if number.is_finite() { Ok(Amount::Number(number.to_string())) } else { Err(E::custom("the amount must be finite")) }
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Amount".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["number", "string"] })
    }
}

/// A day, written bare (2006-10-01) or quoted.
#[derive(Debug, Clone, Copy)]
pub struct DateText(pub Date);

impl<'de> Deserialize<'de> for DateText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = DateText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a day such as 2006-10-01")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<DateText, E> {
                // jiff would read a date-time as its day; a day is all that is meant here, so all that is accepted.
                let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
                match text.parse::<Date>() {
                    Ok(date) if plain => Ok(DateText(date)),
                    _ => Err(E::custom(format!("found \"{text}\", expected a day such as 2006-10-01"))),
                }
            }
            // TOML's own dates come through serde as a map with one private key.
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DateText, A::Error> {
                let date = toml::value::Datetime::deserialize(value::MapAccessDeserializer::new(map))?;
                DateText::deserialize(IntoDeserializer::<A::Error>::into_deserializer(date.to_string().as_str()))
                    .map_err(|error| A::Error::custom(error.to_string()))
            }
        }
        deserializer.deserialize_any(Shape)
    }
}

impl JsonSchema for DateText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date" })
    }
}

/// Settings of the obstruction rules: `disable`, `severity`, `message`, and thresholds by rule id (`BND-10 = 0.1`, or
/// `BUD-01 = { share = 0.1, pounds = 5e6 }`).
#[derive(Debug, Default)]
pub struct RawObstructions {
    /// Rules that are not run.
    pub disable: Vec<String>,
    /// Severity by rule id.
    pub severity: BTreeMap<String, String>,
    /// Message by rule id.
    pub message: BTreeMap<String, String>,
    /// Rule id, then threshold name (`value` for a bare number).
    pub thresholds: BTreeMap<String, BTreeMap<String, f64>>,
    /// Rules of the user's own.
    pub rule: Vec<RawOwnRule>,
}

impl<'de> Deserialize<'de> for RawObstructions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = RawObstructions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of rule ids")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawObstructions, A::Error> {
                let mut settings = RawObstructions::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "disable" => settings.disable = map.next_value()?,
                        "severity" => settings.severity = map.next_value()?,
                        "message" => settings.message = map.next_value()?,
                        "rule" => settings.rule = map.next_value()?,
                        _ => {
                            settings.thresholds.insert(key, map.next_value::<Thresholds>()?.0);
                        }
                    }
                }
                Ok(settings)
            }
        }
        deserializer.deserialize_map(Shape)
    }
}

impl JsonSchema for RawObstructions {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RawObstructions".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rule = generator.subschema_for::<RawOwnRule>();
        json_schema!({
            "type": "object",
            "description": "Settings of the obstruction rules: disable, severity, message, rules of your own, and thresholds by rule id.",
            "properties": {
                "disable": { "type": "array", "items": { "type": "string" }, "description": "Rules that are not run." },
                "severity": {
                    "type": "object",
                    "additionalProperties": { "enum": ["high", "medium", "low", "info"] },
                    "description": "Severity by rule id, in place of the rule's own."
                },
                "message": {
                    "type": "object",
                    "additionalProperties": { "type": "string" },
                    "description": "Message by rule id, in place of the rule's own; parts in braces."
                },
                "rule": { "type": "array", "items": rule, "description": "Rules of your own." }
            },
            "additionalProperties": { "anyOf": [
                { "type": "number", "description": "The rule's only threshold." },
                { "type": "object", "additionalProperties": { "type": "number" }, "description": "Thresholds by name." }
            ] }
        })
    }
}

struct Thresholds(BTreeMap<String, f64>);

impl<'de> Deserialize<'de> for Thresholds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shape;
        impl<'de> Visitor<'de> for Shape {
            type Value = Thresholds;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or a table of numbers")
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Thresholds, E> {
                self.visit_f64(number as f64)
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Thresholds, E> {
                Ok(Thresholds(BTreeMap::from([("value".to_owned(), number)])))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Thresholds, A::Error> {
                BTreeMap::deserialize(value::MapAccessDeserializer::new(map)).map(Thresholds)
            }
        }
        deserializer.deserialize_any(Shape)
    }
}
