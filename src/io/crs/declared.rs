//! What a file says of its coordinates, in all the ways that formats have.

use serde_json::Value as Json;

use super::wkt::{self, Node};
use super::{authority, check, letters, projected};

/// What a file says of its coordinates.
#[derive(Debug, Clone, PartialEq)]
pub enum Declared {
    /// Degrees, longitude first, of WGS84, ETRS89 or what is taken for them; with the name it goes by.
    Degrees(String),
    /// Metres of the British National Grid; with what is unusual about the way it is said.
    Grid(Option<String>),
    /// Another system; with its name and how it differs.
    Other(String),
    /// Nothing.
    Unknown,
}

/// EPSG codes of longitude and latitude: WGS84 and its realisations, ETRS89, and those with height.
const DEGREES: [u32; 12] = [4326, 4979, 4258, 4937, 9000, 9053, 9054, 9055, 9056, 9057, 7789, 10_568];

impl Declared {
    /// By authority and code: EPSG 27700, OGC CRS84.
    pub fn by_code(organization: &str, code: &str) -> Self {
        let code = code.trim();
        let is_epsg = organization.trim().eq_ignore_ascii_case("epsg");
        if organization.trim().eq_ignore_ascii_case("ogc") && letters(code) == "crs84" {
            return Self::Degrees("OGC:CRS84".to_owned());
        }
        match code.parse::<u32>() {
            Ok(27700) if is_epsg => Self::Grid(None),
            Ok(number) if is_epsg && DEGREES.contains(&number) => Self::Degrees(format!("EPSG:{number}")),
            Ok(0) => Self::Unknown,
            _ => Self::Other(format!("{organization}:{code}")),
        }
    }

    /// By name: EPSG:27700, urn:ogc:def:crs:EPSG::27700, urn:ogc:def:crs:OGC:1.3:CRS84, http://www.opengis.net/def/crs/EPSG/0/27700, or a number.
    pub fn by_name(name: &str) -> Self {
        let name = name.trim();
        let parts: Vec<&str> = name.split([':', '/', '#']).filter(|part| !part.is_empty()).collect();
        let last = parts.last().copied().unwrap_or("");
        if letters(name).ends_with("crs84") || letters(name).ends_with("crs84h") {
            return Self::Degrees("OGC:CRS84".to_owned());
        }
        let is_epsg =
            parts.iter().any(|part| part.eq_ignore_ascii_case("epsg") || part.eq_ignore_ascii_case("epsg.xml")) || parts.len() == 1;
        match last.parse::<u32>() {
            Ok(_) if is_epsg => Self::by_code("EPSG", last),
            _ if name.starts_with("PROJ") || name.starts_with("GEOG") => Self::by_wkt(name),
            _ => Self::Other(name.to_owned()),
        }
    }

    /// By well-known text.
    pub fn by_wkt(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}').trim_matches(|c: char| c.is_whitespace() || c == '\0');
        if letters(text) == "epsg27700" {
            return Self::Grid(None);
        }
        match wkt::parse(text) {
            Ok(nodes) => nodes.first().map_or(Self::Unknown, Self::by_node),
            Err(problem) => Self::Other(format!("not well-known text: {problem}")),
        }
    }

    pub(super) fn by_node(first: &Node) -> Self {
        let node = projected(first);
        let name = node.name().unwrap_or("without a name");
        match check(node) {
            Ok(unusual) => Self::Grid(unusual),
            Err(_) if is_degrees(node) => Self::Degrees(name.to_owned()),
            Err(difference) => Self::Other(format!("\"{name}\"{difference}")),
        }
    }

    /// By PROJJSON: its id, or its name.
    pub fn by_projjson(crs: &Json) -> Self {
        let id = crs.get("id").or_else(|| crs.get("ids").and_then(|ids| ids.get(0)));
        if let Some(id) = id {
            let text = |key: &str| match id.get(key) {
                Some(Json::String(text)) => text.clone(),
                Some(Json::Number(number)) => number.to_string(),
                _ => String::new(),
            };
            return Self::by_code(&text("authority"), &text("code"));
        }
        let name = crs.get("name").and_then(Json::as_str).unwrap_or("without a name");
        match crs.get("type").and_then(Json::as_str) {
            // Bound and compound systems hold the one that counts.
            Some("BoundCRS") => crs.get("source_crs").map_or(Self::Unknown, Self::by_projjson),
            Some("CompoundCRS") => crs.get("components").and_then(|parts| parts.get(0)).map_or(Self::Unknown, Self::by_projjson),
            Some("GeographicCRS" | "GeodeticCRS") if is_modern(name) => Self::Degrees(name.to_owned()),
            Some("ProjectedCRS") if super::GRID.contains(&letters(name).as_str()) => Self::Grid(None),
            _ => Self::Other(format!("\"{name}\"")),
        }
    }
}

/// Whether a name is that of WGS84, ETRS89 or a realisation of them.
fn is_modern(name: &str) -> bool {
    let name = letters(name);
    ["wgs84", "wgs1984", "etrs89", "etrs1989", "etrf", "crs84", "worldgeodeticsystem1984"].iter().any(|known| name.contains(known))
}

/// Whether a node is longitude and latitude in degrees of a modern datum.
fn is_degrees(node: &Node) -> bool {
    if !["GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "GEODETICCRS"].contains(&node.keyword.as_str()) {
        return false;
    }
    if authority(node).is_some_and(|(name, code)| matches!(Declared::by_code(&name, &code), Declared::Degrees(_))) {
        return true;
    }
    let datum = node.child(&["DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE"]);
    let named = is_modern(node.name().unwrap_or("")) || datum.and_then(Node::name).is_some_and(is_modern);
    let axis = datum.and_then(|datum| datum.child(&["SPHEROID", "ELLIPSOID"])).and_then(|ellipsoid| ellipsoid.numbers().next());
    let unit = node.child(&["UNIT", "ANGLEUNIT"]).and_then(|unit| unit.numbers().next());
    let meridian = node.child(&["PRIMEM", "PRIMEMERIDIAN"]).and_then(|meridian| meridian.numbers().next());
    named
        && axis.is_none_or(|axis| (axis - 6_378_137.0).abs() < 1e-3)
        && unit.is_none_or(|radians| (radians - 1f64.to_radians()).abs() < 1e-9)
        && meridian.is_none_or(|longitude| longitude.abs() < 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes() {
        for name in [
            "EPSG:27700",
            "urn:ogc:def:crs:EPSG::27700",
            "http://www.opengis.net/def/crs/EPSG/0/27700",
            "27700",
            super::super::BRITISH_NATIONAL_GRID_WKT,
        ] {
            assert_eq!(Declared::by_name(name), Declared::Grid(None), "{name}");
        }
        for name in [
            "EPSG:4326",
            "urn:ogc:def:crs:OGC:1.3:CRS84",
            "urn:ogc:def:crs:OGC::CRS84",
            "OGC:CRS84",
            "EPSG:4258",
            "http://www.opengis.net/gml/srs/epsg.xml#4326",
        ] {
            assert!(matches!(Declared::by_name(name), Declared::Degrees(_)), "{name}");
        }
        for name in ["EPSG:3857", "EPSG:2157", "ESRI:102100", "", "moon"] {
            assert!(matches!(Declared::by_name(name), Declared::Other(_)), "{name}");
        }
        let etrs = r#"GEOGCS["ETRS89",DATUM["European_Terrestrial_Reference_System_1989",SPHEROID["GRS 1980",6378137,298.257222101]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]"#;
        assert_eq!(Declared::by_wkt(etrs), Declared::Degrees("ETRS89".to_owned()));
        let osgb = r#"GEOGCS["OSGB 1936",DATUM["OSGB_1936",SPHEROID["Airy 1830",6377563.396,299.3249646]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]"#;
        assert!(matches!(Declared::by_wkt(osgb), Declared::Other(_)));
        let json: Json = serde_json::from_str(crate::io::geoparquet::BRITISH_NATIONAL_GRID).unwrap_or_default();
        assert_eq!(Declared::by_projjson(&json), Declared::Grid(None));
    }
}
