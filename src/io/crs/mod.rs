//! The one coordinate reference system the program computes in, and how a .prj says it.

mod declared;
mod ostn15;
mod wkt;

use std::path::Path;

pub use declared::Declared;
pub use ostn15::to_grid;

use crate::domain::{Finding, RawLayer};
use crate::error::{InputProblem, Result};
use wkt::{Argument, Node};

/// EPSG:27700 as ESRI writes it, and as the ONS ships it beside its shapefiles.
pub const BRITISH_NATIONAL_GRID_WKT: &str = concat!(
    r#"PROJCS["British_National_Grid",GEOGCS["GCS_OSGB_1936",DATUM["D_OSGB_1936",SPHEROID["Airy_1830",6377563.396,299.3249646]],"#,
    r#"PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",400000.0],"#,
    r#"PARAMETER["False_Northing",-100000.0],PARAMETER["Central_Meridian",-2.0],PARAMETER["Scale_Factor",0.9996012717],"#,
    r#"PARAMETER["Latitude_Of_Origin",49.0],UNIT["Meter",1.0]]"#
);

/// What is done about any other CRS.
const REPROJECT: &str = "if the .prj is right, reproject the layer with PROJ's grids (ogr2ogr -t_srs EPSG:27700 new.shp old.shp); if it is not, write the right one";

/// A parameter of the projection: its names in WKT 1 and 2 without punctuation, its value, and how far off still prints the same grid
/// (10^-9 of a degree is 0.1 mm; a scale of 0.999601272, as the EPSG dataset long printed it, moves the far end of Britain by 0.4 mm).
struct Parameter {
    names: &'static [&'static str],
    label: &'static str,
    value: f64,
    tolerance: f64,
}

/// Source: Ordnance Survey, "A guide to coordinate systems in Great Britain", annexe A; EPSG:19916.
const PARAMETERS: [Parameter; 5] = [
    Parameter {
        names: &["latitudeoforigin", "latitudeofnaturalorigin", "latitudeoffalseorigin"],
        label: "latitude of origin",
        value: 49.0,
        tolerance: 1e-9,
    },
    Parameter {
        names: &["centralmeridian", "longitudeofnaturalorigin", "longitudeoforigin", "longitudeofcenter"],
        label: "central meridian",
        value: -2.0,
        tolerance: 1e-9,
    },
    Parameter { names: &["scalefactor", "scalefactoratnaturalorigin"], label: "scale factor", value: 0.999_601_271_7, tolerance: 6e-10 },
    Parameter { names: &["falseeasting"], label: "false easting", value: 400_000.0, tolerance: 1e-6 },
    Parameter { names: &["falsenorthing"], label: "false northing", value: -100_000.0, tolerance: 1e-6 },
];

/// OSGB36 by the names it goes under, without punctuation.
const OSGB36: [&str; 7] =
    ["dosgb1936", "osgb1936", "osgb36", "dosgb36", "ordnancesurveyofgreatbritain1936", "ordnancesurveygreatbritain1936", "osgb1936datum"];

/// Parts of the names of datums that are not OSGB36, without punctuation: the datum decides 95 to 137 m, so a name that says another is believed.
/// Any other name is a spelling of OSGB36 where ellipsoid and parameters are those of the grid: nothing else was ever drawn with them.
const OTHER_DATUMS: [&str; 14] =
    ["wgs", "etrs", "itrf", "itrs", "world", "european", "ed50", "nad", "grs", "1970", "1980", "osgb70", "ossn80", "ireland"];

/// British National Grid by name, for a .prj that has no parameters.
const GRID: [&str; 4] = ["britishnationalgrid", "osgb1936britishnationalgrid", "osgb36britishnationalgrid", "osgbritishnationalgrid"];

/// Semi-major axis (metres) and inverse flattening of Airy 1830. Source: EPSG:7001.
const AIRY: (f64, f64) = (6_377_563.396, 299.324_964_6);

/// What the text of a .prj says: British National Grid (EPSG:27700) by its parameters, or, where it has none, by authority or name; degrees; or another.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) on `path` for text that is no WKT.
pub fn of_prj(path: &Path, text: &str) -> Result<Declared> {
    let text = text.trim_start_matches('\u{feff}').trim_matches(|c: char| c.is_whitespace() || c == '\0');
    if letters(text) == "epsg27700" {
        return Ok(Declared::Grid(None));
    }
    let nodes = wkt::parse(text).map_err(|problem| {
        let found = if text.is_empty() { "is empty".to_owned() } else { format!("is not well-known text: {problem}") };
        let remedy = "write the .prj again from the tool that made the layer, and reproject the layer if it is not in EPSG:27700";
        InputProblem::new(path, found, "the well-known text of EPSG:27700", remedy)
    })?;
    Ok(nodes.first().map_or(Declared::Unknown, Declared::by_node))
}

/// Where Great Britain and the sea around it are, in degrees: west, south, east, north. In metres of the grid it is a place in the sea off the Isles of
/// Scilly, 16 m by 13 m.
const IN_DEGREES: [f64; 4] = [-12.0, 48.5, 4.0, 62.0];

/// Brings a layer's coordinates to the British National Grid, in which everything is computed. `said_in` is the file that says what they are.
///
/// Metres of the grid stay as they are. Degrees go by OSTN15; finding DQ-26 says so, and how exact it is.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) on `said_in` for another CRS or none, and for coordinates that contradict it, with the numbers: metres that
/// are degrees, degrees beyond 180 and 90, latitude before longitude, a point outside OSTN15.
pub fn bring(raw: &mut RawLayer, declared: &Declared, said_in: &Path) -> Result<Vec<Finding>> {
    let around =
        |[x0, y0, x1, y1]: [f64; 4], [west, south, east, north]: [f64; 4]| [x0.min(west), y0.min(south), x1.max(east), y1.max(north)];
    let extent = (0..raw.shapes.records()).filter_map(|record| raw.shapes.extent(record)).reduce(around);
    let within = |[west, south, east, north]: [f64; 4]| {
        extent.is_some_and(|[x0, y0, x1, y1]| x0 >= west && y0 >= south && x1 <= east && y1 <= north)
    };
    let [west, south, east, north] = IN_DEGREES;
    let numbers = extent.map_or_else(String::new, |[x0, y0, x1, y1]| format!("from {x0}, {y0} to {x1}, {y1}"));
    let file = said_in.display().to_string();
    match declared {
        Declared::Grid(unusual) => {
            if within(IN_DEGREES) || within([south, west, north, east]) {
                let found = format!("says metres, and the coordinates are degrees: {numbers}");
                let remedy = "say what they are, for example ogr2ogr -s_srs EPSG:4326 -t_srs EPSG:27700 new.gpkg old";
                return Err(InputProblem::new(said_in, found, "metres of EPSG:27700", remedy).into());
            }
            raw.crs = "EPSG:27700".to_owned();
            Ok(unusual.iter().map(|detail| Finding::new("DQ-25", detail, "read as EPSG:27700").file(&file)).collect())
        }
        Declared::Degrees(name) => {
            if extent.is_some() && !within([-180.0, -90.0, 180.0, 90.0]) {
                let found = format!("says degrees ({name}), and the coordinates are not: {numbers}");
                let remedy = "say what they are, for example ogr2ogr -a_srs EPSG:27700 new.gpkg old if they are British National Grid";
                return Err(InputProblem::new(said_in, found, "longitude from -180 to 180 and latitude from -90 to 90", remedy).into());
            }
            if within([south, west, north, east]) {
                let found = format!("has latitude before longitude: {numbers}");
                let remedy = "swap the axes (ogr2ogr -oo INVERT_AXIS_ORIENTATION_IF_LAT_LONG=YES, or write the layer again)";
                return Err(InputProblem::new(said_in, found, "longitude, then latitude", remedy).into());
            }
            if let Err((record, [x, y])) = raw.shapes.transform(&|[x, y]| to_grid(x, y)) {
                let found = format!("has a point at {x}, {y} degrees");
                let expected = "a place in Great Britain or the sea around it, where OSTN15 is defined";
                let remedy = "leave the record out of the file, or reproject the layer (ogr2ogr -t_srs EPSG:27700 new.gpkg old)";
                let number = raw.records.get(record).map_or(0, |record| record.number);
                return Err(InputProblem::new(&raw.path, found, expected, remedy).record(number).into());
            }
            raw.crs = format!("{name}, brought to EPSG:27700 by OSTN15");
            let detail = format!(
                "coordinates are degrees ({name}); they were projected to EPSG:27700 with OSTN15, as exact as its definition to 1 mm; edges are straight \
                 between the points as they are on the grid"
            );
            Ok(vec![Finding::new("DQ-26", detail, "reprojected").file(&file).value(raw.shapes.points() as f64, "points")])
        }
        Declared::Other(name) => {
            let found = format!("crs is {name}");
            Err(InputProblem::new(said_in, found, "EPSG:27700, or degrees of WGS84 or ETRS89", REPROJECT).into())
        }
        Declared::Unknown => {
            let remedy = "say it, for example ogr2ogr -a_srs EPSG:27700 new.gpkg old if it is British National Grid";
            Err(InputProblem::new(said_in, "does not say what its coordinates are", "EPSG:27700, or degrees of WGS84 or ETRS89", remedy)
                .into())
        }
    }
}

/// The projected CRS inside compound and bound ones, or else the node itself.
fn projected(node: &Node) -> &Node {
    let inner = match node.keyword.as_str() {
        "COMPD_CS" | "COMPOUNDCRS" => node.child(&["PROJCS", "PROJCRS", "PROJECTEDCRS", "BOUNDCRS"]),
        "BOUNDCRS" => node.child(&["SOURCECRS"]).and_then(|source| source.children().next()),
        _ => None,
    };
    inner.map_or(node, projected)
}

/// `Err` says how the CRS differs, to be read after its name.
fn check(crs: &Node) -> std::result::Result<Option<String>, String> {
    if !["PROJCS", "PROJCRS", "PROJECTEDCRS"].contains(&crs.keyword.as_str()) {
        return Err(String::new());
    }
    let authority = authority(crs);
    if let Some((name, code)) = &authority
        && letters(name) == "epsg"
        && code != "27700"
    {
        return Err(format!(" ({name}:{code})"));
    }
    let conversion = crs.child(&["CONVERSION"]);
    let method = crs.child(&["PROJECTION"]).or_else(|| conversion.and_then(|node| node.child(&["METHOD", "PROJECTION"])));
    let parameters: Vec<&Node> = conversion.unwrap_or(crs).children().filter(|node| node.keyword == "PARAMETER").collect();
    let base = crs.child(&["GEOGCS", "BASEGEOGCRS", "BASEGEODCRS", "GEOGCRS"]);
    if method.is_none() && parameters.is_empty() && base.is_none() {
        let named = GRID.contains(&letters(crs.name().unwrap_or("")).as_str());
        let by_authority = authority.is_some_and(|(name, code)| letters(&name) == "epsg" && code == "27700");
        return if named || by_authority { Ok(None) } else { Err(" without parameters".to_owned()) };
    }
    let method = method.and_then(Node::name).ok_or(" without a projection")?;
    if letters(method) != "transversemercator" {
        return Err(format!(" with the projection {method}"));
    }
    check_parameters(&parameters)?;
    check_length_unit(crs)?;
    check_datum(base.ok_or(" without a datum")?)
}

fn check_parameters(parameters: &[&Node]) -> std::result::Result<(), String> {
    for expected in &PARAMETERS {
        let found = parameters.iter().find(|node| expected.names.contains(&letters(node.name().unwrap_or("")).as_str()));
        let value = found.and_then(|node| node.numbers().next()).ok_or_else(|| format!(" without a {}", expected.label))?;
        // NaN must not pass.
        if (value - expected.value).abs() <= expected.tolerance {
            continue;
        }
        return Err(format!(" with the {} {value}, not {}", expected.label, expected.value));
    }
    Ok(())
}

fn check_length_unit(crs: &Node) -> std::result::Result<(), String> {
    // WKT 2 may give the unit with the coordinate system's axes only.
    let unit = crs
        .child(&["UNIT", "LENGTHUNIT"])
        .or_else(|| crs.children().filter(|node| node.keyword == "AXIS").find_map(|axis| axis.child(&["UNIT", "LENGTHUNIT"])))
        .ok_or(" without a unit of length")?;
    match unit.numbers().next() {
        Some(metres) if (metres - 1.0).abs() < 1e-9 => Ok(()),
        _ => Err(format!(" in the unit {}", unit.name().unwrap_or("without a name"))),
    }
}

/// The datum, which is OSGB36; gives an unusual spelling of it.
fn check_datum(base: &Node) -> std::result::Result<Option<String>, String> {
    let datum = base.child(&["DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE"]).ok_or(" without a datum")?;
    let name = datum.name().unwrap_or("without a name");
    let by_authority = authority(datum).is_some_and(|(authority, code)| letters(&authority) == "epsg" && code == "6277");
    let spelling = letters(name);
    let is_usual = by_authority || OSGB36.contains(&spelling.as_str());
    if !is_usual && OTHER_DATUMS.iter().any(|other| spelling.contains(other)) {
        return Err(format!(" on the datum {name}, not OSGB36"));
    }
    let ellipsoid = datum.child(&["SPHEROID", "ELLIPSOID"]).ok_or(" without an ellipsoid")?;
    let mut axes = ellipsoid.numbers();
    let (axis, flattening) = (axes.next().unwrap_or(f64::NAN), axes.next().unwrap_or(f64::NAN));
    let airy = (axis - AIRY.0).abs() < 1e-3 && (flattening - AIRY.1).abs() < 1e-5;
    if !airy {
        return Err(format!(" on the ellipsoid {}, not Airy 1830", ellipsoid.name().unwrap_or("without a name")));
    }
    if let Some(meridian) = base.child(&["PRIMEM", "PRIMEMERIDIAN"]) {
        let longitude = meridian.numbers().next().unwrap_or(f64::NAN);
        let greenwich = longitude.abs() < 1e-9;
        if !greenwich {
            return Err(format!(" with the prime meridian {}", meridian.name().unwrap_or("without a name")));
        }
    }
    if let Some(unit) = base.child(&["UNIT", "ANGLEUNIT"]) {
        let degree = unit.numbers().next().is_some_and(|radians| (radians - 1f64.to_radians()).abs() < 1e-9);
        if !degree {
            return Err(format!(" with angles in the unit {}", unit.name().unwrap_or("without a name")));
        }
    }
    Ok((!is_usual).then(|| format!("the datum is called \"{name}\", and ellipsoid and projection are those of British National Grid")))
}

/// Authority and code of a node, if it has them.
fn authority(node: &Node) -> Option<(String, String)> {
    let id = node.child(&["AUTHORITY", "ID"])?;
    let mut parts = id.arguments.iter().map(|argument| match argument {
        Argument::Text(text) => text.clone(),
        Argument::Number(number) => number.to_string(),
        Argument::Node(node) => node.keyword.clone(),
    });
    Some((parts.next()?, parts.next()?))
}

/// Letters and digits only, in lower case: `OSGB_1936 / British National Grid` and its underscored twins become one.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// EPSG:27700 as OGC WKT 1 prints it. Source: spatialreference.org/ref/epsg/27700/ogcwkt, checked against the EPSG dataset.
    const OGC: &str = r#"PROJCS["OSGB 1936 / British National Grid",
        GEOGCS["OSGB 1936",DATUM["OSGB_1936",SPHEROID["Airy 1830",6377563.396,299.3249646,AUTHORITY["EPSG","7001"]],
            TOWGS84[446.448,-125.157,542.06,0.15,0.247,0.842,-20.489],AUTHORITY["EPSG","6277"]],
            PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4277"]],
        PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",49],PARAMETER["central_meridian",-2],
        PARAMETER["scale_factor",0.9996012717],PARAMETER["false_easting",400000],PARAMETER["false_northing",-100000],
        UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","27700"]]"#;

    /// The same as WKT 2:2019.
    const WKT2: &str = r#"PROJCRS["OSGB36 / British National Grid",BASEGEOGCRS["OSGB36",DATUM["Ordnance Survey of Great Britain 1936",
        ELLIPSOID["Airy 1830",6377563.396,299.3249646,LENGTHUNIT["metre",1]]],PRIMEM["Greenwich",0,ANGLEUNIT["degree",0.0174532925199433]],
        ID["EPSG",4277]],CONVERSION["British National Grid",METHOD["Transverse Mercator",ID["EPSG",9807]],
        PARAMETER["Latitude of natural origin",49,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8801]],
        PARAMETER["Longitude of natural origin",-2,ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",8802]],
        PARAMETER["Scale factor at natural origin",0.9996012717,SCALEUNIT["unity",1],ID["EPSG",8805]],
        PARAMETER["False easting",400000,LENGTHUNIT["metre",1],ID["EPSG",8806]],
        PARAMETER["False northing",-100000,LENGTHUNIT["metre",1],ID["EPSG",8807]]],
        CS[Cartesian,2],AXIS["(E)",east,ORDER[1],LENGTHUNIT["metre",1]],AXIS["(N)",north,ORDER[2],LENGTHUNIT["metre",1]],
        USAGE[SCOPE["Engineering survey, topographic mapping."],AREA["United Kingdom (UK)"],BBOX[49.75,-9.01,61.01,2.01]],ID["EPSG",27700]]"#;

    fn verdict(text: &str) -> String {
        let mut raw = RawLayer::default();
        match of_prj(Path::new("x.prj"), text).and_then(|declared| bring(&mut raw, &declared, Path::new("x.prj"))) {
            Ok(findings) => match findings.as_slice() {
                [] => "grid".to_owned(),
                [one] if one.id == "DQ-26" => format!("degrees: {}", raw.crs),
                all => format!("grid: {}", all.iter().map(|finding| finding.detail.as_str()).collect::<String>()),
            },
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_grid_in_every_dialect() {
        for text in [BRITISH_NATIONAL_GRID_WKT, OGC, WKT2, "EPSG:27700", r#"PROJCS["British_National_Grid"]"#] {
            assert_eq!(verdict(text), "grid", "{text}");
        }
        assert_eq!(verdict(&format!("\u{feff}{BRITISH_NATIONAL_GRID_WKT}\r\n")), "grid");
        assert_eq!(verdict(&format!(r#"{BRITISH_NATIONAL_GRID_WKT},VERTCS["ODN",VDATUM["ODN"],UNIT["Meter",1.0]]"#)), "grid");
        assert_eq!(
            verdict(&format!(r#"COMPD_CS["OSGB + ODN",{OGC},VERT_CS["ODN height",VERT_DATUM["ODN",2005],UNIT["metre",1]]]"#)),
            "grid"
        );
        assert_eq!(verdict(&BRITISH_NATIONAL_GRID_WKT.replace('[', "(").replace(']', ")")), "grid");
        // as the EPSG dataset printed the scale before 2014
        assert_eq!(verdict(&OGC.replace("0.9996012717", "0.999601272")), "grid");
    }

    #[test]
    fn other_systems_are_named() {
        let wgs84 = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]"#;
        assert_eq!(verdict(wgs84), "degrees: WGS 84, brought to EPSG:27700 by OSTN15");
        let mercator = r#"PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Mercator_Auxiliary_Sphere"],UNIT["Meter",1.0]]"#;
        assert!(verdict(mercator).contains("with the projection Mercator_Auxiliary_Sphere"), "{}", verdict(mercator));
        let irish = r#"PROJCS["TM65 / Irish Grid",GEOGCS["TM65",DATUM["TM65",SPHEROID["Airy Modified 1849",6377340.189,299.3249646]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",53.5],PARAMETER["central_meridian",-8],PARAMETER["scale_factor",1.000035],PARAMETER["false_easting",200000],PARAMETER["false_northing",250000],UNIT["metre",1]]"#;
        assert!(verdict(irish).contains("\"TM65 / Irish Grid\" with the latitude of origin 53.5, not 49"), "{}", verdict(irish));
    }

    #[test]
    fn a_grid_that_is_wrong_in_one_thing_is_refused() {
        for name in ["Ordnance Survey Great Brit", "unknown", "unnamed", "OSGB 36 (Airy)"] {
            let text = BRITISH_NATIONAL_GRID_WKT.replace("D_OSGB_1936", name);
            assert!(verdict(&text).starts_with(&format!("grid: the datum is called \"{name}\"")), "{}", verdict(&text));
        }
        for (from, to, says) in [
            ("D_OSGB_1936", "D_OSGB_1970_SN", "on the datum D_OSGB_1970_SN, not OSGB36"),
            ("D_OSGB_1936", "D_WGS_1984", "on the datum D_WGS_1984, not OSGB36"),
            (r#""Airy_1830",6377563.396,299.3249646"#, r#""WGS_1984",6378137.0,298.257223563"#, "on the ellipsoid WGS_1984"),
            ("-2.0", "-3.0", "central meridian -3, not -2"),
            ("0.9996012717", "0.9996", "scale factor 0.9996,"),
            ("400000.0", "500000.0", "false easting 500000"),
            (r#""Meter",1.0"#, r#""Foot",0.3048"#, "in the unit Foot"),
            ("Greenwich\",0.0", "Paris\",2.337", "prime meridian Paris"),
            (r#"PARAMETER["Scale_Factor",0.9996012717],"#, "", "without a scale factor"),
            ("Transverse_Mercator", "Lambert_Conformal_Conic", "Lambert_Conformal_Conic"),
        ] {
            let text = BRITISH_NATIONAL_GRID_WKT.replace(from, to);
            assert_ne!(text, BRITISH_NATIONAL_GRID_WKT, "{from}");
            assert!(verdict(&text).contains(says), "{}", verdict(&text));
        }
        assert!(verdict(&OGC.replace("27700", "3857")).contains("(EPSG:3857)"));
    }

    #[test]
    fn broken_text_is_said_to_be_broken() {
        assert!(verdict("").contains("is empty"));
        assert!(verdict("Projection TRANSVERSE\nDatum OSGB36").contains("is not well-known text"));
        for (end, _) in BRITISH_NATIONAL_GRID_WKT.char_indices() {
            let part = BRITISH_NATIONAL_GRID_WKT.get(..end).unwrap_or("");
            assert_ne!(verdict(part), "grid", "{part}");
        }
        let deep = format!("{}1{}", "PROJCS[".repeat(10_000), "]".repeat(10_000));
        assert!(verdict(&deep).contains("nested too deep"));
    }
}
