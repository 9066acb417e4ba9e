//! Geometries of GeoJSON: coordinates go into the record as they are parsed.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::State;
use super::values::Text;

/// A geometry: null, a Polygon, a MultiPolygon, or a collection of them.
pub(super) struct Geometry<'s, 'b, 'a> {
    pub(super) state: &'s mut State<'b, 'a>,
    pub(super) nested: bool,
}

impl<'de> DeserializeSeed<'de> for Geometry<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Geometry<'_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a geometry")
    }
    fn visit_none<E>(self) -> std::result::Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> std::result::Result<(), E> {
        Ok(())
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let state = self.state;
        let (mut kind, mut level) = (None, Level::Empty);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => kind = map.next_value::<Text>()?.0,
                "coordinates" => level = map.next_value_seed(Coordinates { state: &mut *state })?,
                "geometries" => map.next_value_seed(Geometries { state: &mut *state, nested: self.nested })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let fits = match kind.as_deref() {
            Some("Polygon") => matches!(level, Level::Empty | Level::Polygon),
            Some("MultiPolygon") => matches!(level, Level::Empty | Level::MultiPolygon),
            Some("GeometryCollection") => matches!(level, Level::Empty),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let kind = kind.unwrap_or_else(|| "no type".to_owned());
        let is_polygon = ["Polygon", "MultiPolygon", "GeometryCollection"].contains(&kind.as_str());
        let (found, remedy) = if is_polygon {
            (format!("holds a {kind} whose coordinates are nested otherwise"), "write the layer again from the tool that made it")
        } else {
            (format!("holds a {}", kind.escape_debug()), "give a layer of areas")
        };
        let problem = state.builder.problem(found, "a Polygon or MultiPolygon", remedy);
        state.keep(Err(problem.into()))
    }
}

struct Geometries<'s, 'b, 'a> {
    state: &'s mut State<'b, 'a>,
    nested: bool,
}

impl<'de> DeserializeSeed<'de> for Geometries<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Geometries<'_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of geometries")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<(), A::Error> {
        if self.nested {
            let problem =
                self.state.builder.problem("holds a collection of collections", "a Polygon or MultiPolygon", "give a layer of areas");
            return self.state.keep(Err(problem.into()));
        }
        while seq.next_element_seed(Geometry { state: &mut *self.state, nested: true })?.is_some() {}
        Ok(())
    }
}

/// What a list of coordinates turned out to be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Level {
    Empty,
    Number(f64),
    Point,
    Ring,
    Polygon,
    MultiPolygon,
}

/// Lists in lists: where numbers are found it is a point, around points a ring, and so on.
struct Coordinates<'s, 'b, 'a> {
    state: &'s mut State<'b, 'a>,
}

impl<'de> DeserializeSeed<'de> for Coordinates<'_, '_, '_> {
    type Value = Level;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Level, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Coordinates<'_, '_, '_> {
    type Value = Level;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("coordinates")
    }
    fn visit_f64<E>(self, value: f64) -> std::result::Result<Level, E> {
        Ok(Level::Number(value))
    }
    fn visit_u64<E>(self, value: u64) -> std::result::Result<Level, E> {
        Ok(Level::Number(value as f64))
    }
    fn visit_i64<E>(self, value: i64) -> std::result::Result<Level, E> {
        Ok(Level::Number(value as f64))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Level, A::Error> {
        let state = self.state;
        let Some(first) = seq.next_element_seed(Coordinates { state: &mut *state })? else { return Ok(Level::Empty) };
        if let Level::Number(x) = first {
            let Some(Level::Number(y)) = seq.next_element_seed(Coordinates { state: &mut *state })? else {
                let problem =
                    state.builder.problem("has a point of one number", "two: x and y", "write the layer again from the tool that made it");
                return state.keep(Err(problem.into()));
            };
            // Heights.
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            let added = state.builder.point(x, y);
            state.keep(added)?;
            return Ok(Level::Point);
        }
        let mut inner = first;
        loop {
            let Some(next) = seq.next_element_seed(Coordinates { state: &mut *state })? else { break };
            if inner == Level::Empty {
                inner = next;
            } else if next != inner && next != Level::Empty {
                let problem =
                    state.builder.problem("has coordinates of several depths", "one", "write the layer again from the tool that made it");
                return state.keep(Err(problem.into()));
            }
        }
        Ok(match inner {
            Level::Point => {
                let ended = state.builder.end_ring();
                state.keep(ended)?;
                Level::Ring
            }
            Level::Ring => Level::Polygon,
            Level::Polygon => Level::MultiPolygon,
            Level::Empty => Level::Empty,
            Level::Number(_) | Level::MultiPolygon => {
                let problem =
                    state.builder.problem("has coordinates nested too deep", "those of a Polygon or MultiPolygon", "give a layer of areas");
                return state.keep(Err(problem.into()));
            }
        })
    }
}
