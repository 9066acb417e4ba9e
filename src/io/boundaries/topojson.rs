//! TopoJSON: arcs that areas share, quantised or not. Source: the TopoJSON format specification, version 1.
//!
//! Read twice: the arcs and the names of the objects first, then the object that is asked for, whose rings are put together from arcs.

use std::fmt;
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::builder::Builder;
use super::geojson::{Properties, State, Text};
use super::one_layer;
use crate::config::Limits;
use crate::error::{InputProblem, Result};
use crate::io::crs::Declared;

/// Scale and translation of quantised positions.
#[derive(serde::Deserialize, Clone, Copy)]
struct Transform {
    scale: [f64; 2],
    translate: [f64; 2],
}

/// Arcs as they are in the file, end to end.
#[derive(Default)]
struct Arcs {
    points: Vec<[f64; 2]>,
    ends: Vec<usize>,
}

impl Arcs {
    /// The points of an arc; of a negative index those of its complement, to be taken backwards.
    fn get(&self, index: i64) -> Option<(&[[f64; 2]], bool)> {
        let backwards = index < 0;
        let at = usize::try_from(if backwards { !index } else { index }).ok()?;
        let from = at.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        Some((self.points.get(from..*self.ends.get(at)?)?, backwards))
    }
}

/// What the first reading finds.
#[derive(Default)]
struct Found {
    transform: Option<Transform>,
    arcs: Option<Arcs>,
    objects: Vec<String>,
}

/// Names of the objects of a TopoJSON file.
pub(super) fn layers(path: &Path, text: &str, limits: &Limits) -> Result<Vec<String>> {
    let mut builder = Builder::new(path, limits);
    let mut state = State::new(&mut builder);
    Ok(first(text, limits, &mut state)?.objects)
}

fn first(text: &str, limits: &Limits, state: &mut State<'_, '_>) -> Result<Found> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let found = deserializer.deserialize_map(First { limits, state: &mut *state });
    found.and_then(|found| deserializer.end().map(|()| found)).map_err(|error| state.failed(&error))
}

/// Reads the object `layer` of a TopoJSON file, or its only one. Degrees of WGS84, as nothing in the format can say otherwise.
pub(super) fn read<'a>(path: &Path, text: &str, layer: Option<&str>, limits: &'a Limits) -> Result<(Builder<'a>, Declared)> {
    let mut builder = Builder::new(path, limits);
    let mut state = State::new(&mut builder);
    let found = first(text, limits, &mut state)?;
    let name = one_layer(path, layer, &found.objects)?.to_owned();
    let Some(mut arcs) = found.arcs else {
        return Err(InputProblem::new(path, "has no arcs", "a TopoJSON topology", "download it again").into());
    };
    if let Some(transform) = found.transform {
        let [[sx, sy], [tx, ty]] = [transform.scale, transform.translate];
        let mut from = 0;
        for end in &arcs.ends {
            let (mut x, mut y) = (0.0, 0.0);
            for point in arcs.points.get_mut(from..*end).unwrap_or(&mut []) {
                x += point[0];
                y += point[1];
                *point = [x * sx + tx, y * sy + ty];
            }
            from = *end;
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_map(Second { name: &name, arcs: &arcs, state: &mut state }).map_err(|error| state.failed(&error))?;
    Ok((builder, Declared::Degrees("WGS 84 (TopoJSON's default)".to_owned())))
}

struct First<'l, 's, 'b, 'a> {
    limits: &'l Limits,
    state: &'s mut State<'b, 'a>,
}

impl<'de> Visitor<'de> for First<'_, '_, '_, '_> {
    type Value = Found;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a topology")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Found, A::Error> {
        let mut found = Found::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "transform" => found.transform = map.next_value()?,
                "arcs" => found.arcs = Some(map.next_value_seed(AllArcs { limits: self.limits, state: &mut *self.state })?),
                "objects" => found.objects = map.next_value::<Names>()?.0,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

/// The keys of an object.
struct Names(Vec<String>);

impl<'de> serde::Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Names;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("objects")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    map.next_value::<IgnoredAny>()?;
                    names.push(key);
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

struct AllArcs<'l, 's, 'b, 'a> {
    limits: &'l Limits,
    state: &'s mut State<'b, 'a>,
}

impl<'de> DeserializeSeed<'de> for AllArcs<'_, '_, '_, '_> {
    type Value = Arcs;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Arcs, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for AllArcs<'_, '_, '_, '_> {
    type Value = Arcs;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("arcs")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Arcs, A::Error> {
        let mut arcs = Arcs::default();
        while seq.next_element_seed(OneArc { points: &mut arcs.points, limits: self.limits, state: &mut *self.state })?.is_some() {
            arcs.ends.push(arcs.points.len());
        }
        Ok(arcs)
    }
}

struct OneArc<'p, 's, 'b, 'a> {
    points: &'p mut Vec<[f64; 2]>,
    limits: &'p Limits,
    state: &'s mut State<'b, 'a>,
}

impl<'de> DeserializeSeed<'de> for OneArc<'_, '_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for OneArc<'_, '_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an arc")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<(), A::Error> {
        while let Some(Position(point)) = seq.next_element()? {
            self.points.push(point);
            if u64::try_from(self.points.len()).unwrap_or(u64::MAX) > self.limits.points {
                let found = format!("has more than {} points in its arcs", self.limits.points);
                let problem = InputProblem::new(self.state.builder.path(), found, "", self.limits.raise("points"));
                return self.state.keep(Err(problem.into()));
            }
        }
        Ok(())
    }
}

/// Two numbers, and whatever follows them.
struct Position([f64; 2]);

impl<'de> serde::Deserialize<'de> for Position {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Numbers;
        impl<'de> Visitor<'de> for Numbers {
            type Value = Position;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a position of two numbers")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Position, A::Error> {
                let (Some(x), Some(y)) = (seq.next_element()?, seq.next_element()?) else {
                    return Err(A::Error::custom("a position of fewer than two numbers"));
                };
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Position([x, y]))
            }
        }
        deserializer.deserialize_seq(Numbers)
    }
}

struct Second<'n, 's, 'b, 'a> {
    name: &'n str,
    arcs: &'n Arcs,
    state: &'s mut State<'b, 'a>,
}

impl<'de> Visitor<'de> for Second<'_, '_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a topology")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "objects" {
                map.next_value_seed(Objects { name: self.name, arcs: self.arcs, state: &mut *self.state })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Objects<'n, 's, 'b, 'a> {
    name: &'n str,
    arcs: &'n Arcs,
    state: &'s mut State<'b, 'a>,
}

impl<'de> DeserializeSeed<'de> for Objects<'_, '_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Objects<'_, '_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == self.name {
                map.next_value_seed(Geometry { arcs: self.arcs, state: &mut *self.state, outermost: true })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// A geometry object: the layer itself, or one of its areas.
struct Geometry<'n, 's, 'b, 'a> {
    arcs: &'n Arcs,
    state: &'s mut State<'b, 'a>,
    outermost: bool,
}

impl<'de> DeserializeSeed<'de> for Geometry<'_, '_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Geometry<'_, '_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a geometry object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let state = self.state;
        let (mut kind, mut id, mut level, mut members) = (None, None, Level::Empty, false);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => kind = map.next_value::<Text>()?.0,
                "id" => id = map.next_value::<Text>()?.0,
                "properties" => map.next_value_seed(Properties { state: &mut *state })?,
                "arcs" => level = map.next_value_seed(RingArcs { arcs: self.arcs, state: &mut *state })?,
                "geometries" if self.outermost => {
                    members = true;
                    map.next_value_seed(Geometries { arcs: self.arcs, state: &mut *state })?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if self.outermost && kind.as_deref() == Some("GeometryCollection") {
            return Ok(());
        }
        let fits = match kind.as_deref() {
            Some("Polygon") => matches!(level, Level::Empty | Level::Polygon),
            Some("MultiPolygon") => matches!(level, Level::Empty | Level::MultiPolygon),
            None => level == Level::Empty,
            _ => false,
        };
        if !fits || members {
            let kind = kind.unwrap_or_else(|| "geometry without a type".to_owned());
            let found = format!("holds a {}", kind.escape_debug());
            let problem = state.builder.problem(found, "a Polygon or MultiPolygon of arcs", "give a layer of areas");
            return state.keep(Err(problem.into()));
        }
        let set = state.set_id(id);
        state.keep(set)?;
        let ended = state.builder.end_record();
        state.keep(ended)
    }
}

struct Geometries<'n, 's, 'b, 'a> {
    arcs: &'n Arcs,
    state: &'s mut State<'b, 'a>,
}

impl<'de> DeserializeSeed<'de> for Geometries<'_, '_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Geometries<'_, '_, '_, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("geometries")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<(), A::Error> {
        while seq.next_element_seed(Geometry { arcs: self.arcs, state: &mut *self.state, outermost: false })?.is_some() {}
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Level {
    Empty,
    Arc(i64),
    Ring,
    Polygon,
    MultiPolygon,
}

/// Lists of arc indices: a list of numbers is a ring, a list of rings a polygon.
struct RingArcs<'n, 's, 'b, 'a> {
    arcs: &'n Arcs,
    state: &'s mut State<'b, 'a>,
}

impl<'de> DeserializeSeed<'de> for RingArcs<'_, '_, '_, '_> {
    type Value = Level;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Level, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl RingArcs<'_, '_, '_, '_> {
    /// Adds an arc to the ring being read, but for the point that it has in common with the arc before it.
    fn add(state: &mut State<'_, '_>, arcs: &Arcs, index: i64, is_first: bool) -> Result<()> {
        let Some((points, backwards)) = arcs.get(index) else {
            let found = format!("names arc {index}, and there are {}", arcs.ends.len());
            return Err(state.builder.problem(found, "an arc that is there", "download the file again").into());
        };
        let skipped = usize::from(!is_first);
        let count = points.len();
        for at in skipped..count {
            let at = if backwards { count.saturating_sub(at).saturating_sub(1) } else { at };
            let [x, y] = points.get(at).copied().unwrap_or([f64::NAN; 2]);
            state.builder.point(x, y)?;
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for RingArcs<'_, '_, '_, '_> {
    type Value = Level;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("whole numbers of arcs")
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> std::result::Result<Level, E> {
        i64::try_from(value).map(Level::Arc).map_err(|_| E::custom("a number of an arc that is too large"))
    }
    fn visit_i64<E>(self, value: i64) -> std::result::Result<Level, E> {
        Ok(Level::Arc(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Level, A::Error> {
        let (arcs, state) = (self.arcs, self.state);
        let mut inner = Level::Empty;
        while let Some(next) = seq.next_element_seed(RingArcs { arcs, state: &mut *state })? {
            let same = match (inner, next) {
                (Level::Empty, Level::Arc(index)) => {
                    let added = Self::add(state, arcs, index, true);
                    state.keep(added)?;
                    true
                }
                (Level::Arc(_), Level::Arc(index)) => {
                    let added = Self::add(state, arcs, index, false);
                    state.keep(added)?;
                    true
                }
                (Level::Empty, _) => true,
                (one, other) => one == other || other == Level::Empty,
            };
            if !same {
                let problem = state.builder.problem("has arcs of several depths", "one", "write the file again from the tool that made it");
                return state.keep(Err(problem.into()));
            }
            if next != Level::Empty {
                inner = next;
            }
        }
        Ok(match inner {
            Level::Arc(_) => {
                let ended = state.builder.end_ring();
                state.keep(ended)?;
                Level::Ring
            }
            Level::Ring => Level::Polygon,
            Level::Polygon => Level::MultiPolygon,
            Level::Empty => Level::Empty,
            Level::MultiPolygon => {
                let problem =
                    state.builder.problem("has arcs nested too deep", "those of a Polygon or MultiPolygon", "give a layer of areas");
                return state.keep(Err(problem.into()));
            }
        })
    }
}
