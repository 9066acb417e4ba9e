//! Well-known binary polygons, as GeoPackage and GeoParquet hold them. Source: OGC 06-103r4 and ISO 19125, and PostGIS's extended WKB, in either order of
//! bytes, with heights and measures left out.

use super::builder::Builder;
use crate::error::Result;

/// Adds the polygons of a geometry to the record being read.
///
/// # Errors
/// It is no Polygon, MultiPolygon or collection of these, or ends too early.
pub(super) fn read(bytes: &[u8], builder: &mut Builder<'_>) -> Result<()> {
    let mut rest = Bytes { bytes, little: true };
    geometry(&mut rest, builder, 0)?;
    if rest.bytes.is_empty() {
        return Ok(());
    }
    let found = format!("has {} bytes after the end of its geometry", rest.bytes.len());
    Err(broken(builder, &found))
}

fn broken(builder: &Builder<'_>, found: &str) -> crate::Error {
    builder.problem(found, "a polygon as well-known binary", "write the layer again from the tool that made it").into()
}

/// Names of types, for messages.
fn name(kind: u32) -> String {
    let names = ["geometry", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"];
    let curves = [
        "CircularString",
        "CompoundCurve",
        "CurvePolygon",
        "MultiCurve",
        "MultiSurface",
        "Curve",
        "Surface",
        "PolyhedralSurface",
        "TIN",
        "Triangle",
    ];
    let at = usize::try_from(kind).unwrap_or(usize::MAX);
    let found = names.get(at).or_else(|| at.checked_sub(8).and_then(|at| curves.get(at)));
    found.map_or_else(|| format!("geometry of type {kind}"), |name| (*name).to_owned())
}

/// Collections in collections that are looked into: MultiPolygons in a collection.
const DEEPEST: usize = 3;

fn geometry(rest: &mut Bytes<'_>, builder: &mut Builder<'_>, depth: usize) -> Result<()> {
    let order = rest.take::<1>(builder)?;
    rest.little = match order {
        [0] => false,
        [1] => true,
        [other] => return Err(broken(builder, &format!("has the byte order {other}"))),
    };
    let kind = rest.count(builder)?;
    // Extended WKB has flags, ISO thousands.
    let (flags, kind) = (kind >> 29, kind & 0x1fff_ffff);
    if flags & 1 != 0 {
        rest.count(builder)?;
    }
    let extra = usize::from(flags & 4 != 0).saturating_add(usize::from(flags & 2 != 0)).saturating_add(match kind / 1000 {
        0 => 0,
        1 | 2 => 1,
        3 => 2,
        _ => return Err(broken(builder, &format!("holds a {}", name(kind)))),
    });
    match kind % 1000 {
        3 => {
            for _ in 0..rest.count(builder)? {
                let points = rest.count(builder)?;
                // Counts alone, which may lie, ask for no memory.
                for _ in 0..points {
                    let (x, y) = (rest.number(builder)?, rest.number(builder)?);
                    for _ in 0..extra {
                        rest.number(builder)?;
                    }
                    builder.point(x, y)?;
                }
                builder.end_ring()?;
            }
            Ok(())
        }
        6 | 7 if depth < DEEPEST => {
            for _ in 0..rest.count(builder)? {
                geometry(rest, builder, depth.saturating_add(1))?;
            }
            Ok(())
        }
        kind => {
            let found = format!("holds a {}", name(kind));
            Err(builder.problem(found, "a Polygon or MultiPolygon", "give a layer of areas, with curves made straight").into())
        }
    }
}

/// Bytes taken from the front.
struct Bytes<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self, builder: &Builder<'_>) -> Result<[u8; N]> {
        let Some((taken, rest)) = self.bytes.split_first_chunk::<N>() else {
            return Err(broken(builder, "has a geometry that ends too early"));
        };
        self.bytes = rest;
        Ok(*taken)
    }

    fn count(&mut self, builder: &Builder<'_>) -> Result<u32> {
        let bytes = self.take::<4>(builder)?;
        Ok(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn number(&mut self, builder: &Builder<'_>) -> Result<f64> {
        let bytes = self.take::<8>(builder)?;
        Ok(if self.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }
}
