//! Boundaries in other formats: cut, contradicting, deep, with counts and coordinates that lie, and small files that stand for large ones.

use std::fs;
use std::path::Path;

use super::tables::gzip;
use super::zips::zip_of;
use super::{Case, Trial, hold, published, refused, sane};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/formats").join(name)).unwrap()
}

/// Puts a file in place of the layers: one layer over itself.
fn put(trial: &Trial, name: &str, bytes: impl AsRef<[u8]>) {
    trial.write(name, bytes);
    for from in ["path = \"h.shp\"\ncode = \"CODE\"", "path = \"c.shp\"\ncode = \"CODE\""] {
        trial.config(from, &format!("path = \"{name}\""));
    }
    trial.write("m.csv", format!("code,pounds\n{},10.00\n", if name == "a.topojson" { "E1" } else { "E99000001" }));
}

/// What spoils a trial.
type Spoil = Box<dyn Fn(&Trial) + Sync + Send>;

/// A case about a file that is put in place of the layers.
fn with(case: impl Fn(String, Spoil) -> Case, what: String, name: &'static str, bytes: Vec<u8>) -> Case {
    case(what, Box::new(move |trial| put(trial, name, &bytes)))
}

fn no(says: &'static [&'static str]) -> impl Fn(String, Spoil) -> Case {
    move |what, spoil| refused(what, says, spoil)
}

/// Names with what the file holds, whole.
const WHOLE: [&str; 6] = ["metres.gpkg", "metres.fgb", "metres.parquet", "degrees.geojson", "degrees.kml", "a.topojson"];

const TOPOLOGY: &str = r#"{"type":"Topology","objects":{"areas":{"type":"GeometryCollection","geometries":[
    {"type":"Polygon","arcs":[[0,1,2]],"properties":{"CODE":"E1"}},{"type":"MultiPolygon","arcs":[[[3,-2]]],"properties":{"CODE":"E2"}}]}},
    "arcs":[[[0,0],[10,0]],[[10,0],[0,10]],[[10,10],[-10,0],[0,-10]],[[10,0],[10,0],[0,10],[-10,0]]],
    "transform":{"scale":[0.01,0.01],"translate":[-2.9,54.0]}}"#;

fn whole(name: &str) -> Vec<u8> {
    if name == "a.topojson" { TOPOLOGY.as_bytes().to_vec() } else { fixture(name) }
}

#[test]
fn whole_files_are_published() {
    hold(
        WHOLE.into_iter().map(|name| with(|what, spoil| published(what, &[], spoil), format!("{name} whole"), name, whole(name))).collect(),
    );
}

#[test]
fn cut_and_spoilt() {
    let mut cases = Vec::new();
    for name in WHOLE {
        let bytes = whole(name);
        for eighth in 0..8 {
            let at = bytes.len() * eighth / 8;
            cases.push(with(no(&[]), format!("{name} cut at {at}"), name, bytes[..at].to_vec()));
        }
        let mut magic = bytes.clone();
        magic[0] ^= 0x55;
        cases.push(with(no(&["no content that is known"]), format!("{name} of a wrong magic"), name, magic));
        cases.push(with(
            no(&[]),
            format!("{name} of noise"),
            name,
            (0..1u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect(),
        ));
        cases.push(with(no(&["is empty"]), format!("{name} of nothing"), name, Vec::new()));
        for seed in 1..6usize {
            let mut spoilt = bytes.clone();
            for step in 0..20 {
                let at = (seed * 7919 + step * 104_729) % spoilt.len();
                spoilt[at] = (seed * 31 + step * 57) as u8;
            }
            cases.push(with(sane, format!("{name} spoilt by {seed}"), name, spoilt));
        }
    }
    hold(cases);
}

fn feature(coordinates: &str) -> String {
    format!(r#"{{"type":"Feature","properties":{{"CODE":"A"}},"geometry":{{"type":"Polygon","coordinates":{coordinates}}}}}"#)
}

fn collection(features: &str) -> Vec<u8> {
    format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#).into_bytes()
}

#[test]
fn texts_that_are_deep_or_lie() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(1_000_000), close.repeat(1_000_000));
    let json = |what: &str, says: &'static [&'static str], bytes: Vec<u8>| with(no(says), what.to_owned(), "h.geojson", bytes);
    let topo = |what: &str, says: &'static [&'static str], objects: &str, arcs: &str| {
        let text = format!(r#"{{"type":"Topology","objects":{{{objects}}},"arcs":[{arcs}]}}"#);
        with(no(says), what.to_owned(), "h.topojson", text.into_bytes())
    };
    let kml = |what: &str, says: &'static [&'static str], inside: String| {
        let text = format!("<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>{inside}</Document></kml>");
        with(no(says), what.to_owned(), "h.kml", text.into_bytes())
    };
    let ring = |text: &str| {
        format!(
            "<Placemark><name>A</name><Polygon><outerBoundaryIs><LinearRing><coordinates>{text}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"
        )
    };
    let arc = "[[-2.9,54],[-2.8,54],[-2.8,54.1],[-2.9,54]]";
    let entities = (1..10).map(|n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10))).collect::<String>();
    let laughs = format!("<!DOCTYPE kml [<!ENTITY e0 \"lol\">{entities}]><kml><Placemark><name>&e9;</name></Placemark></kml>");
    let cases = vec![
        json("lists a million deep", &["h.geojson", "recursion limit"], collection(&feature(&deep("[", "]")))),
        json("objects a million deep", &["h.geojson", "is not JSON that can be read"], deep("{\"a\":", "}").into_bytes()),
        json("properties a million deep", &["no polygon at all"], collection(&feature("[]").replace("\"A\"", &deep("[", "]")))),
        json("a point of NaN", &["h.geojson"], collection(&feature("[[[NaN,54],[0,0],[1,1]]]"))),
        json("a point of 1e999", &["h.geojson"], collection(&feature("[[[1e999,54],[0,0],[1,1]]]"))),
        json("a point of 1e300", &["h.geojson, record 1", "finite coordinates"], collection(&feature("[[[1e300,54],[0,0],[1,1]]]"))),
        json("a point of a text", &["h.geojson"], collection(&feature("[[[\"1\",54],[0,0],[1,1]]]"))),
        json("a point of one number", &["record 1", "one number"], collection(&feature("[[[1],[2],[3]]]"))),
        json("points and rings mixed", &["record 1", "depths"], collection(&feature("[[[1,2],[[3,4]]]]"))),
        json("features that are no list", &["h.geojson"], br#"{"type":"FeatureCollection","features":7}"#.to_vec()),
        json("a feature that is a number", &["h.geojson"], collection("1")),
        json("no feature", &["no polygon at all"], collection("")),
        json(
            "features without shapes",
            &["no polygon at all"],
            collection(r#"{"type":"Feature","properties":{"CODE":"A"},"geometry":null}"#),
        ),
        json(
            "a property twice",
            &["record 1, field a", "twice"],
            collection(r#"{"type":"Feature","properties":{"a":1,"a":2},"geometry":null}"#),
        ),
        json("two geometries", &["two geometries"], collection(r#"{"type":"Feature","geometry":null,"geometry":null}"#)),
        json("text behind the end", &["h.geojson"], [collection(""), b"}}".to_vec()].concat()),
        json("not UTF-8", &["not UTF-8"], [collection(""), vec![0xff, 0xfe]].concat()),
        topo("an arc that is not there", &["names arc 5"], r#""a":{"type":"Polygon","arcs":[[5]]}"#, arc),
        topo("an arc of the largest number", &["names arc"], r#""a":{"type":"Polygon","arcs":[[9223372036854775807]]}"#, arc),
        topo("an arc of the smallest number", &["names arc"], r#""a":{"type":"Polygon","arcs":[[-9223372036854775808]]}"#, arc),
        topo("an arc of a number that is too large", &["h.topojson"], r#""a":{"type":"Polygon","arcs":[[18446744073709551615]]}"#, arc),
        topo("an arc of half a number", &["h.topojson"], r#""a":{"type":"Polygon","arcs":[[0.5]]}"#, arc),
        topo("no object", &["no layer of areas"], "", arc),
        topo("lists a million deep", &["recursion limit"], &format!(r#""a":{{"type":"Polygon","arcs":{}}}"#, deep("[", "]")), arc),
        topo(
            "collections in collections",
            &["GeometryCollection"],
            r#""a":{"type":"GeometryCollection","geometries":[{"type":"GeometryCollection","geometries":[]}]}"#,
            arc,
        ),
        // One arc of a thousand points, named a hundred thousand times.
        topo(
            "an arc again and again",
            &["points up to here", "raise limits"],
            &format!(r#""a":{{"type":"Polygon","arcs":[[{}0]]}}"#, "0,".repeat(100_000)),
            &format!("[{}[-2.9,54]]", "[-2.9,54],[-2.8,54.1],".repeat(500)),
        ),
        kml("elements a million deep", &["nested more than 100 deep"], "<a>".repeat(1_000_000)),
        kml("a point of NaN", &["record 1", "finite coordinates"], ring("nan,54 1,54 1,55 nan,54")),
        kml("a point of infinity", &["record 1", "finite coordinates"], ring("inf,54 1,54 1,55 inf,54")),
        kml("a point of one number", &["record 1", "longitude,latitude"], ring("1 2 3")),
        kml("a point of words", &["record 1", "longitude,latitude"], ring("here,there")),
        kml("nothing", &["no layer of areas"], String::new()),
        kml("an entity that nobody says", &["the entity &x;"], "&x;".to_owned()),
        kml("a placemark in a placemark", &["a placemark in a placemark"], "<Placemark><Placemark/></Placemark>".to_owned()),
        kml("an end without a beginning", &["is not KML that can be read"], "</Folder>".to_owned()),
        kml("an attribute never closed", &["is not KML that can be read"], "<Data name=\"a".to_owned()),
        with(no(&["h.kml"]), "entities of entities".to_owned(), "h.kml", laughs.into_bytes()),
        with(
            no(&["no content that is known"]),
            "UTF-16".to_owned(),
            "h.kml",
            "\u{feff}<kml></kml>".encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
    ];
    hold(cases);
}

/// Big- and little-endian numbers over what is there.
fn over<const N: usize>(bytes: &[u8], at: usize, value: [u8; N]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + N].copy_from_slice(&value);
    bytes
}

#[test]
fn binary_files_whose_numbers_lie() {
    let mut cases = Vec::new();
    let fgb = fixture("metres.fgb");
    let first_feature = {
        let head = 12 + u32::from_le_bytes(fgb[8..12].try_into().unwrap()) as usize;
        // Twelve features, one level of nodes above them.
        head + 13 * 40
    };
    for value in [0u32, 1, 3, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        cases.push(with(no(&["h.fgb"]), format!("a header of {value} bytes"), "h.fgb", over(&fgb, 8, value.to_le_bytes())));
        cases.push(with(no(&["h.fgb"]), format!("a root at {value}"), "h.fgb", over(&fgb, 12, value.to_le_bytes())));
        cases.push(with(
            no(&["h.fgb, record 1"]),
            format!("a feature of {value} bytes"),
            "h.fgb",
            over(&fgb, first_feature, value.to_le_bytes()),
        ));
        cases.push(with(sane, format!("a feature's root at {value}"), "h.fgb", over(&fgb, first_feature + 4, value.to_le_bytes())));
    }
    let number = 400_500.381_866_418_64f64;
    let places = |bytes: &[u8], number: f64| -> Vec<usize> {
        (0..bytes.len() - 8).filter(|at| bytes[*at..*at + 8] == number.to_le_bytes()).collect()
    };
    for name in ["metres.fgb", "metres.gpkg", "metres.parquet"] {
        let bytes = fixture(name);
        let Some(at) = places(&bytes, number).into_iter().next_back() else { continue };
        for value in [f64::NAN, f64::INFINITY, -1e300, 1e9] {
            cases.push(with(sane, format!("{value} in {name}"), name, over(&bytes, at, value.to_le_bytes())));
        }
    }
    let gpkg = fixture("metres.gpkg");
    for (at, what) in [
        (16, "a page size"),
        (18, "versions"),
        (28, "a number of pages"),
        (56, "an encoding"),
        (100, "a kind of page"),
        (103, "cells"),
        (105, "a place of cells"),
    ] {
        for value in [[0, 0], [0, 1], [0x7f, 0xff], [0xff, 0xff]] {
            cases.push(with(sane, format!("{what} of {value:?}"), "h.gpkg", over(&gpkg, at, value)));
        }
    }
    // Every page is a page of pages that lead back to the first, and every row goes on where it began.
    let page = 4096;
    let mut circle = gpkg.clone();
    for number in 1..circle.len() / page {
        circle[number * page] = 5;
        circle[number * page + 3..number * page + 5].copy_from_slice(&[0, 200]);
        for cell in 0..200 {
            let at = number * page + 12 + cell * 2;
            circle[at..at + 2].copy_from_slice(&2000u16.to_be_bytes());
        }
        circle[number * page + 2000..number * page + 2004].copy_from_slice(&2u32.to_be_bytes());
    }
    cases.push(with(no(&["h.gpkg"]), "pages in a circle".to_owned(), "h.gpkg", circle));
    cases.push(refused("an endless log", &["h.gpkg", "has changes that are only in"], {
        let gpkg = gpkg.clone();
        move |trial| {
            put(trial, "h.gpkg", &gpkg);
            trial.write("h.gpkg-wal", vec![0u8; 5 << 20]);
        }
    }));
    cases.push(with(no(&["h.gpkg", "without gpkg_geometry_columns"]), "a database of something else".to_owned(), "h.gpkg", {
        let mut other = gpkg.clone();
        let name = b"gpkg_geometry_columns";
        for at in 0..other.len() - name.len() {
            if &other[at..at + name.len()] == name {
                other[at] = b'x';
            }
        }
        other
    }));
    // A database of 10 MB of which every row lies upon all the others: pages of rows that all go on through the whole file.
    cases.push(with(no(&["h.gpkg"]), "rows upon rows".to_owned(), "h.gpkg", overlapping(&gpkg)));
    hold(cases);
}

/// The fixture with the first table's page filled by rows of nine million bytes each, whose rest goes round in a circle of pages.
fn overlapping(gpkg: &[u8]) -> Vec<u8> {
    let page = 4096;
    let mut bytes = gpkg.to_vec();
    bytes.resize(9 << 20, 0);
    let schema = &mut bytes[100..page];
    schema[0] = 13;
    schema[3..5].copy_from_slice(&1000u16.to_be_bytes());
    for cell in 0..1000 {
        schema[8 + cell * 2..10 + cell * 2].copy_from_slice(&2200u16.to_be_bytes());
    }
    // A row of 9,000,000 bytes: the number in seven bits each, the id, and after what fits on the page the next page, which is its own next.
    bytes[2200..2205].copy_from_slice(&[0x84, 0xa5, 0xa8, 0x40, 1]);
    for number in 1..bytes.len() / page {
        bytes[number * page..number * page + 4].copy_from_slice(&2u32.to_be_bytes());
    }
    for at in (2205..page).step_by(4) {
        let end = (at + 4).min(page);
        bytes[at..end].copy_from_slice(&2u32.to_be_bytes()[..end - at]);
    }
    bytes
}

#[test]
fn small_files_that_stand_for_large_ones() {
    let spaces = |megabytes: usize| vec![b' '; megabytes << 20];
    let points = (0..100_000)
        .map(|n| f64::from(n) / 100_000.0 * std::f64::consts::TAU)
        .map(|angle| format!("[{:.7},{:.7}],", -2.9 + 0.1 * angle.cos(), 54.0 + 0.1 * angle.sin()))
        .collect::<String>();
    let fields = |count: usize| (0..count).map(|n| format!("\"f{n}\":1,")).collect::<String>();
    let sparse = (0..9_000_000 / 70)
        .map(|n| format!(r#"{{"type":"Feature","properties":{{"f{}":1}},"geometry":null}},"#, n % 19_000))
        .collect::<String>();
    let nulls = r#"{"type":"Feature","geometry":null},"#.repeat(9_000_000 / 35);
    let squares = (0..9_000_000 / 130)
        .map(|n| format!(r#"{{"type":"Feature","properties":{{"CODE":"{n}"}},"geometry":{{"type":"Polygon","coordinates":[[[0,0],[0,1],[1,1],[0,0]]]}}}},"#))
        .collect::<String>();
    let placemarks = "<Placemark><name>a</name></Placemark>".repeat(9_000_000 / 37);
    let cases = vec![
        with(
            no(&["h.geojson.gz", "expands to more than", "limits.expansion"]),
            "a gzip bomb".to_owned(),
            "h.geojson.gz",
            gzip(&spaces(300)),
        ),
        with(no(&["h.zip", "expands to more than"]), "a zip bomb".to_owned(), "h.zip", zip_of(&[("a.gpkg", &spaces(300))])),
        with(no(&["h.kmz", "expands to more than"]), "a KMZ bomb".to_owned(), "h.kmz", zip_of(&[("doc.kml", &spaces(300))])),
        with(no(&["is a zip in a zip"]), "a zip in a zip".to_owned(), "h.zip", zip_of(&[("a.gpkg", &zip_of(&[("a.gpkg", b"x")]))])),
        with(no(&["cannot be inflated"]), "gzip in gzip".to_owned(), "h.geojson.gz", [&gzip(b"{}")[..], b"more"].concat()),
        with(
            no(&["holds 3 layers"]),
            "several layers in a zip".to_owned(),
            "h.zip",
            zip_of(&[("a.gpkg", b""), ("b.fgb", b""), ("c.kml", b"")]),
        ),
        with(sane, "a ring of 100,000 points".to_owned(), "h.geojson", collection(&feature(&format!("[[{points}[-2.8,54.0]]]")))),
        with(
            no(&["fields"]),
            "a million fields".to_owned(),
            "h.geojson",
            collection(&format!(r#"{{"type":"Feature","properties":{{{}"CODE":"A"}},"geometry":null}}"#, fields(700_000))),
        ),
        with(
            no(&["cells up to here", "raise limits"]),
            "a field of its own in every feature".to_owned(),
            "h.geojson",
            collection(sparse.trim_end_matches(',')),
        ),
        with(no(&[]), "nothing but features".to_owned(), "h.geojson", collection(nulls.trim_end_matches(','))),
        with(sane, "squares upon squares".to_owned(), "h.geojson", collection(squares.trim_end_matches(','))),
        with(no(&["no layer of areas"]), "placemarks without areas".to_owned(), "h.kml", format!("<kml>{placemarks}</kml>").into_bytes()),
        with(
            no(&[]),
            "a name of 9 MB".to_owned(),
            "h.kml",
            format!("<kml><Placemark><name>{}</name></Placemark></kml>", "a".repeat(9_000_000)).into_bytes(),
        ),
        with(
            no(&["ends too early"]),
            "lists one a line".to_owned(),
            "h.geojson",
            "[".repeat(9_000_000).replacen('[', "{\"a\":[", 1).into_bytes(),
        ),
        with(
            sane,
            "a line for every feature".to_owned(),
            "h.geojsonl",
            "{\"type\":\"Feature\",\"geometry\":null}\n".repeat(9_000_000 / 36).into_bytes(),
        ),
    ];
    hold(cases);
}
