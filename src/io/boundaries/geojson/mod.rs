//! GeoJSON: a FeatureCollection, features one a line, or features with a separator before each. Source: RFC 7946, RFC 8142, and the `crs` member of
//! GeoJSON 2008.
//!
//! Read as it is parsed: coordinates go into their place, and no tree of the file is made.

mod geometry;
mod values;

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

pub(super) use values::{Properties, Text};

use super::builder::Builder;
use crate::config::Limits;
use crate::error::{Error, InputProblem, Result};
use crate::io::crs::Declared;
use geometry::Geometry;
use values::{Scalar, ScalarVisitor};

/// Text of a GeoJSON or TopoJSON file, without its mark.
pub(super) fn text<'a>(path: &std::path::Path, bytes: &'a [u8]) -> Result<&'a str> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let found = format!("is not UTF-8 text at byte {}", error.valid_up_to());
        InputProblem::new(path, found, "JSON, which is UTF-8", "save it as UTF-8, or download it again")
    })?;
    Ok(text.trim_start_matches('\u{feff}'))
}

/// What is said of text that is no JSON.
pub(super) fn broken(path: &std::path::Path, error: &serde_json::Error) -> Error {
    let what = if error.is_eof() { "ends too early" } else { "is not JSON that can be read" };
    InputProblem::new(path, format!("{what}: {error}"), "a whole GeoJSON or TopoJSON file", "copy or download it again").into()
}

/// Whether a JSON text says that it is TopoJSON: its first member `type` outside others.
pub(super) fn is_topology(text: &str) -> bool {
    struct Type;
    impl<'de> Visitor<'de> for Type {
        type Value = bool;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<bool, A::Error> {
            let mut topology = false;
            while let Some(key) = map.next_key::<String>()? {
                if key == "type" {
                    topology = map.next_value::<Text>()?.0.as_deref() == Some("Topology");
                    if !topology {
                        // Known: the rest is not looked at, and what follows is no error here.
                        return Err(A::Error::custom("known"));
                    }
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(topology)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text.trim_start_matches('\u{1e}'));
    deserializer.deserialize_map(Type).unwrap_or(false)
}

/// What is known on the way. A fault of ours passes through serde as a text, and is kept here.
pub(super) struct State<'b, 'a> {
    pub(super) builder: &'b mut Builder<'a>,
    pub(super) fault: Option<Error>,
    crs: Option<Crs>,
}

impl<'b, 'a> State<'b, 'a> {
    pub(super) fn new(builder: &'b mut Builder<'a>) -> Self {
        Self { builder, fault: None, crs: None }
    }

    /// Keeps a fault.
    pub(super) fn keep<T, E: serde::de::Error>(&mut self, result: Result<T>) -> std::result::Result<T, E> {
        result.map_err(|error| {
            self.fault = Some(error);
            E::custom("stopped")
        })
    }

    /// The fault that was kept, or what serde says.
    pub(super) fn failed(&mut self, error: &serde_json::Error) -> Error {
        match self.fault.take() {
            Some(fault) => fault,
            None => broken(self.builder.path(), error),
        }
    }

    /// Sets the field `id` from the feature's own id, where no property has the name.
    pub(super) fn set_id(&mut self, id: Option<String>) -> Result<()> {
        if let Some(id) = id {
            let field = self.builder.field("id")?;
            self.builder.set_if_free(field, &id)?;
        }
        Ok(())
    }
}

/// A `crs` member.
enum Crs {
    Named(String),
    /// null, which says that it is not known.
    Null,
    /// Something else, such as a link.
    Other,
}

/// Reads a GeoJSON file. Degrees of WGS84 unless a `crs` member says otherwise.
pub(super) fn read<'a>(path: &std::path::Path, text: &str, limits: &'a Limits) -> Result<(Builder<'a>, Declared)> {
    let mut builder = Builder::new(path, limits);
    let mut state = State::new(&mut builder);
    let mut rest = text;
    let mut values = 0u64;
    loop {
        // RFC 8142 puts a separator before each text.
        rest = rest.trim_start_matches(|c: char| c == '\u{1e}' || c.is_whitespace());
        if rest.is_empty() {
            break;
        }
        let mut deserializer = serde_json::Deserializer::from_str(rest);
        let parsed = Top { state: &mut state }.deserialize(&mut deserializer);
        parsed.map_err(|error| state.failed(&error))?;
        values = values.saturating_add(1);
        if deserializer.end().is_ok() {
            break;
        }
        // More follows. Where it begins: read past this one once more, without keeping anything.
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Skip>();
        match stream.next() {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(broken(path, &error)),
            None => break,
        }
        rest = rest.get(stream.byte_offset()..).unwrap_or("");
    }
    if values == 0 {
        return Err(InputProblem::new(path, "is empty", "a GeoJSON FeatureCollection", "download it again").into());
    }
    let declared = match state.crs {
        None => Declared::Degrees("WGS 84 (GeoJSON's default)".to_owned()),
        Some(Crs::Named(name)) => Declared::by_name(&name),
        Some(Crs::Null) => Declared::Other("crs null: not known".to_owned()),
        Some(Crs::Other) => Declared::Other("a crs member without a name".to_owned()),
    };
    Ok((builder, declared))
}

/// A value that is read past.
struct Skip;

impl<'de> serde::Deserialize<'de> for Skip {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(IgnoredAny).map(|_| Self)
    }
}

/// A FeatureCollection, or a Feature by itself.
struct Top<'s, 'b, 'a> {
    state: &'s mut State<'b, 'a>,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let state = self.state;
        let (mut kind, mut feature, mut collection) = (None, FeatureParts::default(), false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => kind = map.next_value::<Text>()?.0,
                "features" => {
                    collection = true;
                    map.next_value_seed(Features { state: &mut *state })?;
                }
                "crs" => {
                    let crs = map.next_value::<CrsMember>()?.0;
                    state.crs.get_or_insert(crs);
                }
                _ => feature.member(state, &key, &mut map)?,
            }
        }
        if collection {
            return Ok(());
        }
        match kind.as_deref() {
            Some("Feature") => feature.end(state),
            other => {
                let found = match other {
                    Some(kind) => format!("is of type \"{}\"", kind.escape_debug()),
                    None => "has no type".to_owned(),
                };
                let remedy = "write the layer as GeoJSON features with properties (ogr2ogr new.geojson old)";
                let problem = InputProblem::new(state.builder.path(), found, "FeatureCollection, Feature or Topology", remedy);
                state.keep(Err(problem.into()))
            }
        }
    }
}

/// Members of a feature, in whatever order they come.
#[derive(Default)]
struct FeatureParts {
    geometry: bool,
    id: Option<String>,
}

impl FeatureParts {
    fn member<'de, A: MapAccess<'de>>(&mut self, state: &mut State<'_, '_>, key: &str, map: &mut A) -> std::result::Result<(), A::Error> {
        match key {
            "geometry" if self.geometry => {
                let problem = state.builder.problem("has two geometries", "one", "write the layer again from the tool that made it");
                return state.keep(Err(problem.into()));
            }
            "geometry" => {
                self.geometry = true;
                map.next_value_seed(Geometry { state: &mut *state, nested: false })?;
            }
            "properties" => map.next_value_seed(Properties { state: &mut *state })?,
            "id" => {
                if let Scalar::Text(text) = map.next_value_seed(ScalarVisitor)? {
                    self.id = Some(text);
                }
            }
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }

    fn end<E: serde::de::Error>(self, state: &mut State<'_, '_>) -> std::result::Result<(), E> {
        let set = state.set_id(self.id);
        state.keep(set)?;
        let ended = state.builder.end_record();
        state.keep(ended)
    }
}

struct Features<'s, 'b, 'a> {
    state: &'s mut State<'b, 'a>,
}

impl<'de> DeserializeSeed<'de> for Features<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of features")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<(), A::Error> {
        while seq.next_element_seed(Feature { state: &mut *self.state })?.is_some() {}
        Ok(())
    }
}

struct Feature<'s, 'b, 'a> {
    state: &'s mut State<'b, 'a>,
}

impl<'de> DeserializeSeed<'de> for Feature<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Feature<'_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feature")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let mut parts = FeatureParts::default();
        while let Some(key) = map.next_key::<String>()? {
            parts.member(self.state, &key, &mut map)?;
        }
        parts.end(self.state)
    }
}

struct CrsMember(Crs);

impl<'de> serde::Deserialize<'de> for CrsMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Member;
        impl<'de> Visitor<'de> for Member {
            type Value = Crs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a crs")
            }
            fn visit_none<E>(self) -> std::result::Result<Crs, E> {
                Ok(Crs::Null)
            }
            fn visit_unit<E>(self) -> std::result::Result<Crs, E> {
                Ok(Crs::Null)
            }
            fn visit_str<E>(self, name: &str) -> std::result::Result<Crs, E> {
                Ok(Crs::Named(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Crs, A::Error> {
                let mut crs = Crs::Other;
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        // { "type": "name", "properties": { "name": "..." } }
                        "properties" => {
                            if let Crs::Named(name) = map.next_value::<CrsMember>()?.0 {
                                crs = Crs::Named(name);
                            }
                        }
                        "name" => {
                            if let Some(name) = map.next_value::<Text>()?.0 {
                                crs = Crs::Named(name);
                            }
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(crs)
            }
        }
        deserializer.deserialize_any(Member).map(Self)
    }
}
