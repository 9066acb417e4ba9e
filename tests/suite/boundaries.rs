//! Boundaries in other formats than shapefiles: files that GDAL wrote, one layer in all of them, and files that contradict themselves.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use coterminous::config::Limits;
use coterminous::domain::RawLayer;
use coterminous::error::Result;
use coterminous::io::shapefile::{self, WriteField, WriteKind, WriteRecord};
use coterminous::io::{Hashing, Read, boundaries, table};
use tempfile::TempDir;

use crate::support::real_data;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/formats").join(name)
}

fn read_layer(path: &Path, layer: Option<&str>) -> Result<Read<RawLayer>> {
    boundaries::read(path, layer, &Limits::default(), Hashing::Blake3)
}

fn read(path: impl AsRef<Path>) -> Read<RawLayer> {
    read_layer(path.as_ref(), None).unwrap()
}

/// The message of the error that reading must end in.
fn refused(path: impl AsRef<Path>) -> String {
    match read_layer(path.as_ref(), None) {
        Ok(_) => panic!("{} was read without an error", path.as_ref().display()),
        Err(error) => {
            assert_eq!(error.exit_code(), 3, "{error}");
            error.to_string()
        }
    }
}

fn told(read: &Read<RawLayer>) -> Vec<(&str, &str)> {
    read.findings.iter().map(|finding| (finding.id, finding.detail.as_str())).collect()
}

/// The codes of a layer with their points.
fn by_code(read: &Read<RawLayer>) -> Vec<(String, Vec<[f64; 2]>)> {
    let layer = &read.value;
    let code = layer.fields.iter().position(|field| field == "AREA26CD").unwrap();
    let mut all: Vec<_> = layer
        .records
        .iter()
        .enumerate()
        .map(|(index, record)| (record.cells[code].clone().unwrap(), layer.shapes.rings(index).flatten().copied().collect()))
        .collect();
    all.sort_by(|(a, _): &(String, _), (b, _)| a.cmp(b));
    all
}

const METRES: [&str; 5] = ["metres.shp", "metres.gpkg", "metres.fgb", "metres.parquet", "metres.geojson"];
const DEGREES: [&str; 6] = ["degrees.shp", "degrees.gpkg", "degrees.fgb", "degrees.parquet", "degrees.geojson", "degrees.geojsonl"];

/// A layer of rectangles, 7 km by 7 km, over the fixtures.
fn rectangles(folder: &Path) -> PathBuf {
    let mut records = Vec::new();
    for (i, j) in (0..7).flat_map(|i| (0..6).map(move |j| (i, j))) {
        let (x, y) = (396_000.25 + 7000.0 * f64::from(i), 296_000.5 + 7000.0 * f64::from(j));
        let ring = vec![[x, y], [x, y + 7000.0], [x + 7000.0, y + 7000.0], [x + 7000.0, y], [x, y]];
        records.push(WriteRecord { rings: vec![ring], cells: vec![Some(format!("R{i}{j}"))] });
    }
    let path = folder.join("rectangles.shp");
    shapefile::write(&path, &[WriteField { name: "CODE".to_owned(), kind: WriteKind::Text(4) }], &records).unwrap();
    path
}

/// The rows of the overlap table of a file over the rectangles, as the command writes them.
fn pairs(folder: &Path, left: &Path, right: &Path) -> Vec<Vec<String>> {
    let out = folder.join("pairs.parquet");
    let mut command = assert_cmd::Command::cargo_bin("coterminous").unwrap();
    let assert = command.arg("overlay").args([left, right]).arg("--out").arg(&out).args(["--progress", "never"]).assert().code(0);
    let said = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(said.contains("by AREA26CD: 12 areas (it is named as a code"), "{said}");
    let table = table::read(&out, None, &Limits::default()).unwrap().value;
    (0..table.len()).map(|row| (0..table.columns.len()).map(|column| table.cell(row, column).unwrap_or("").to_owned()).collect()).collect()
}

#[test]
fn one_layer_in_six_formats_gives_the_same_overlap_table() {
    let folder = TempDir::new().unwrap();
    let right = rectangles(folder.path());
    for names in [&METRES[..], &DEGREES[..]] {
        let all: Vec<Vec<Vec<String>>> = names.iter().map(|name| pairs(folder.path(), &fixture(name), &right)).collect();
        assert!(all[0].len() > 60, "{} pairs", all[0].len());
        for (name, rows) in names.iter().zip(&all) {
            assert_eq!(rows, &all[0], "{name} gives other pairs than {}", names[0]);
        }
    }
    // GDAL rounds KML to 15 digits: 1e-13 of a degree of latitude, 0.01 micrometres; an area has less than 100 km of boundary.
    let kml = pairs(folder.path(), &fixture("degrees.kml"), &right);
    let exact = pairs(folder.path(), &fixture("degrees.gpkg"), &right);
    assert_eq!(kml.len(), exact.len());
    for (one, other) in kml.iter().zip(&exact) {
        assert_eq!(one[..2], other[..2]);
        let area = |row: &Vec<String>| row[2].parse::<f64>().unwrap();
        assert!((area(one) - area(other)).abs() < 1e-8 * 1e5, "{one:?} {other:?}");
    }
}

#[test]
fn degrees_are_within_a_centimetre_of_the_same_layer_in_metres() {
    let metres = by_code(&read(fixture("metres.gpkg")));
    for name in DEGREES.iter().chain(&["degrees.kml"]) {
        let read = read(fixture(name));
        assert_eq!(read.findings.iter().map(|finding| finding.id).collect::<Vec<_>>(), ["DQ-26"], "{name}");
        assert!(read.value.crs.ends_with("brought to EPSG:27700 by OSTN15"), "{}", read.value.crs);
        let degrees = by_code(&read);
        assert_eq!(degrees.len(), 12);
        for ((code, one), (other_code, other)) in degrees.iter().zip(&metres) {
            assert_eq!((code, one.len()), (other_code, other.len()), "{name}");
            // Rings may begin elsewhere and run the other way: the nearest point is the same one.
            let furthest =
                one.iter().map(|[x, y]| other.iter().map(|[u, v]| (x - u).hypot(y - v)).fold(f64::MAX, f64::min)).fold(0.0, f64::max);
            assert!(furthest < 0.001, "{name}, {code}: {furthest} m");
        }
    }
}

#[test]
fn every_format_gives_the_same_attributes() {
    for name in METRES.iter().chain(&DEGREES) {
        let read = read(fixture(name));
        let layer = &read.value;
        let cell = |record: usize, field: &str| {
            let at = layer.fields.iter().position(|known| known == field).unwrap_or_else(|| panic!("{name} has {:?}", layer.fields));
            layer.records[record].cells[at].as_deref()
        };
        let first = (0..12).find(|record| cell(*record, "AREA26CD") == Some("E99000001")).unwrap();
        assert_eq!(cell(first, "AREA26NM"), Some("Ynys Môn"), "{name}");
        assert_eq!(cell(first, "POP"), Some("53012"), "{name}");
        let share: f64 = cell(first, "SHARE").unwrap().parse().unwrap();
        assert_eq!(share, 0.0, "{name}");
        let file = &read.files[0];
        if read.files.len() == 1 {
            assert_eq!(file.blake3, blake3::hash(&fs::read(&file.path).unwrap()).to_hex().as_str());
        }
    }
    // Pages of 512 bytes: every shape goes on over several.
    let small = by_code(&read(fixture("small.gpkg")));
    assert_eq!(small.len(), 3);
    assert_eq!(small, by_code(&read(fixture("metres.gpkg")))[..3]);
    let kml = read(fixture("degrees.kml")).value;
    assert_eq!(kml.fields, ["name", "AREA26CD", "AREA26NM"]);
    let formats: Vec<&str> = METRES.iter().map(|name| read(fixture(name)).value.format).collect();
    assert_eq!(formats, ["shapefile", "GeoPackage", "FlatGeobuf", "GeoParquet", "GeoJSON"]);
}

fn zip_of(path: &Path, members: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn zipped_gzipped_and_under_other_names() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let bytes = |name: &str| fs::read(fixture(name)).unwrap();
    let plain = by_code(&read(fixture("degrees.geojson")));
    fs::write(at("a.geojson.gz"), gzip(&bytes("degrees.geojson"))).unwrap();
    zip_of(&at("a.zip"), &[("readme.txt", b"hello"), ("in/degrees.geojson", &bytes("degrees.geojson"))]);
    fs::write(at("a.json"), [b"\xef\xbb\xbf".as_slice(), &bytes("degrees.geojson")].concat()).unwrap();
    for path in [at("a.geojson.gz"), at("a.zip"), at("a.zip").join("in/degrees.geojson"), at("a.json")] {
        let read = read(&path);
        assert_eq!(by_code(&read), plain, "{}", path.display());
        assert_eq!(read.files.len(), 1);
    }
    zip_of(&at("a.kmz"), &[("doc.kml", &bytes("degrees.kml")), ("files/icon.png", b"x")]);
    assert_eq!(by_code(&read(at("a.kmz"))), by_code(&read(fixture("degrees.kml"))));
    // Several in one zip: one is chosen by its path, or its name.
    zip_of(&at("b.zip"), &[("one.gpkg", &bytes("metres.gpkg")), ("two.fgb", &bytes("degrees.fgb"))]);
    let message = refused(at("b.zip"));
    assert!(message.contains("b.zip: holds 2 layers: one.gpkg, two.fgb, expected one; write"), "{message}");
    assert_eq!(read(at("b.zip").join("two.fgb")).value.format, "FlatGeobuf");
    assert_eq!(read_layer(&at("b.zip"), Some("one")).unwrap().value.format, "GeoPackage");
    // What it is counts, not what it is called; what is none is said.
    fs::write(at("wrong.gpkg"), bytes("degrees.geojson")).unwrap();
    assert_eq!(read(at("wrong.gpkg")).value.format, "GeoJSON");
    for (name, content, says) in [
        ("empty.geojson", &b""[..], "is empty"),
        ("page.geojson", b"<!DOCTYPE html><html>", "is a web page"),
        ("lfs.gpkg", b"version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
        ("old.fgb", b"fgb\x02fgb\x00aaaaaaaa", "another version than 3"),
        ("noise.gpkg", b"\x01\x02\x03\x04", "no content that is known"),
        ("gml.kml", b"<gml></gml>", "without a <kml> element"),
        ("cut.geojson", b"{\"type\":\"FeatureCollection\",\"features\":[", "ends too early"),
        ("table.json", b"{\"rows\":[1,2]}", "has no type"),
    ] {
        fs::write(at(name), content).unwrap();
        assert!(refused(at(name)).contains(says), "{}", refused(at(name)));
    }
    assert!(refused(at("nothing.gpkg")).contains("there is no such file"));
}

#[test]
fn a_layer_of_several_is_chosen_by_name() {
    let two = fixture("two.gpkg");
    let message = refused(&two);
    assert!(message.contains("holds 2 layers: areas, others, expected one; choose one: layer = \"areas\""), "{message}");
    assert_eq!(read_layer(&two, Some("areas")).unwrap().value.records.len(), 12);
    assert_eq!(read_layer(&two, Some("OTHERS")).unwrap().value.records.len(), 4);
    assert!(read_layer(&two, Some("no")).unwrap_err().to_string().contains("holds no layer \"no\", expected one of: areas, others"));
    let (layers, _) = boundaries::layers(&two, &Limits::default()).unwrap();
    assert_eq!(layers, [(two.clone(), Some("areas".to_owned())), (two.clone(), Some("others".to_owned()))]);
    let folder = TempDir::new().unwrap();
    let zip = folder.path().join("two.zip");
    zip_of(&zip, &[("two.gpkg", &fs::read(&two).unwrap())]);
    assert_eq!(read_layer(&zip, Some("others")).unwrap().value.records.len(), 4);
    // A log beside it may have its last changes.
    let copy = folder.path().join("open.gpkg");
    fs::copy(&two, &copy).unwrap();
    fs::write(folder.path().join("open.gpkg-wal"), b"changes").unwrap();
    assert!(read_layer(&copy, Some("areas")).unwrap_err().to_string().contains("has changes that are only in"));
    // On the command line too.
    let out = folder.path().join("o.parquet");
    let mut command = assert_cmd::Command::cargo_bin("coterminous").unwrap();
    command.arg("overlay").args([&two, &two]).args(["--layer-a", "areas", "--layer-b", "others", "--out"]).arg(&out).assert().code(0);
}

/// A square of about 10 km in degrees, as GeoJSON coordinates.
const SQUARE: &str = "[[[-2.9,54.0],[-2.8,54.0],[-2.8,54.1],[-2.9,54.1],[-2.9,54.0]]]";

fn feature(code: &str, coordinates: &str) -> String {
    format!(r#"{{"type":"Feature","properties":{{"ICB26CD":"{code}"}},"geometry":{{"type":"Polygon","coordinates":{coordinates}}}}}"#)
}

#[test]
fn geojson_as_it_is_met() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.geojson");
    let text = |text: String| {
        fs::write(&path, text).unwrap();
        path.clone()
    };
    let collection = |before: &str, features: &str| format!(r#"{{"type":"FeatureCollection",{before}"features":[{features}]}}"#);
    let crs = |name: &str| format!(r#""crs":{{"type":"name","properties":{{"name":"{name}"}}}},"#);
    let metres = "[[[400000,300000],[400010,300000],[400010,300010],[400000,300010],[400000,300000]]]";
    for name in ["EPSG:27700", "urn:ogc:def:crs:EPSG::27700", "http://www.opengis.net/def/crs/EPSG/0/27700"] {
        let read = read(text(collection(&crs(name), &feature("E1", metres))));
        assert_eq!((read.value.crs.as_str(), read.findings.len()), ("EPSG:27700", 0));
        assert_eq!(read.value.shapes.extent(0), Some([400_000.0, 300_000.0, 400_010.0, 300_010.0]));
    }
    for name in ["EPSG:4326", "urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4258"] {
        assert_eq!(read(text(collection(&crs(name), &feature("E1", SQUARE)))).findings[0].id, "DQ-26");
    }
    // The crs may come after the features, and features one a line, with or without a separator.
    let late = format!(
        r#"{{"features":[{}],"crs":{{"type":"name","properties":{{"name":"EPSG:27700"}}}},"type":"FeatureCollection"}}"#,
        feature("E1", metres)
    );
    assert_eq!(read(text(late)).value.crs, "EPSG:27700");
    for between in ["\n", "\r\n", "\n\u{1e}", " "] {
        let lines = format!("{}{between}{}\n", feature("E1", SQUARE), feature("E2", SQUARE));
        assert_eq!(read(text(lines)).value.records.len(), 2);
    }
    let odd = r#"{"geometry":null,"id":7,"properties":{"a":1.50,"b":true,"c":null,"d":[1],"e":" x "},"type":"Feature","bbox":[0,1]}"#;
    let read_odd = read(text(collection(&crs("EPSG:27700"), odd)));
    assert_eq!(read_odd.value.fields, ["a", "b", "c", "d", "e", "id"]);
    let cells: Vec<Option<&str>> = read_odd.value.records[0].cells.iter().map(Option::as_deref).collect();
    assert_eq!(cells, [Some("1.5"), Some("true"), None, None, Some("x"), Some("7")]);
    assert_eq!(told(&read_odd), [("DQ-25", "1 values are lists, objects or bytes, record 1 first")]);
    let heights = "[[[-2.9,54.0,1],[-2.8,54.0,2],[-2.8,54.1,3],[-2.9,54.0,1]]]";
    assert_eq!(read(text(feature("E1", heights))).value.shapes.points(), 4);
    let parts = format!(
        r#"{{"type":"Feature","properties":{{}},"geometry":{{"type":"GeometryCollection","geometries":[{{"type":"Polygon","coordinates":{SQUARE}}},{{"coordinates":[{SQUARE}],"type":"MultiPolygon"}}]}}}}"#
    );
    assert_eq!(read(text(parts)).value.shapes.points(), 10);
    for (content, says) in [
        (
            collection("", &feature("E1", metres)),
            "says degrees (WGS 84 (GeoJSON's default)), and the coordinates are not: from 400000, 300000",
        ),
        (
            collection(&crs("EPSG:27700"), &feature("E1", SQUARE)),
            "says metres, and the coordinates are degrees: from -2.9, 54 to -2.8, 54.1",
        ),
        (collection("", &feature("E1", "[[[54.0,-2.9],[54.1,-2.9],[54.1,-2.8],[54.0,-2.9]]]")), "has latitude before longitude"),
        (collection(&crs("EPSG:2157"), &feature("E1", metres)), "crs is EPSG:2157, expected EPSG:27700"),
        (collection(r#""crs":null,"#, &feature("E1", SQUARE)), "crs is crs null: not known"),
        (feature("E1", "[[[2.3,48.8],[2.4,48.8],[2.4,48.9],[2.3,48.8]]]"), "record 1: has a point at 2.3, 48.8 degrees"),
        (feature("E1", "[[1,2],[3,4]]"), "record 1: holds a Polygon whose coordinates are nested otherwise"),
        (feature("E1", "[[[1],[3]]]"), "record 1: has a point of one number"),
        (feature("E1", SQUARE).replace("Polygon", "Point"), "record 1: holds a Point, expected a Polygon or MultiPolygon"),
        (r#"{"type":"Polygon","coordinates":[]}"#.to_owned(), "is of type \"Polygon\""),
        (feature("E1", "[[[1e400,2],[3,4]]]"), "a.geojson"),
        (format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)), "no content that is known here"),
        (feature("E1", &format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))), "recursion limit"),
    ] {
        let message = refused(text(content));
        assert!(message.contains(says), "expected \"{says}\" in: {message}");
    }
}

#[test]
fn topojson_puts_rings_together_from_arcs() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.topojson");
    // Two squares side by side with one line in common: arc 1, which the second runs backwards.
    let topology = |objects: &str| {
        format!(
            r#"{{"objects":{{{objects}}},"arcs":[[[0,0],[10,0]],[[10,0],[0,10]],[[10,10],[-10,0],[0,-10]],[[10,0],[10,0],[0,10],[-10,0]]],
            "transform":{{"scale":[0.01,0.01],"translate":[-2.9,54.0]}},"type":"Topology"}}"#
        )
    };
    let areas = r#""areas":{"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0,1,2]],"id":3,"properties":{"CODE":"E1"}},
        {"type":"MultiPolygon","arcs":[[[3,-2]]],"properties":{"CODE":"E2"}},{"type":null,"properties":{"CODE":"E3"}}]}"#;
    fs::write(&path, topology(areas)).unwrap();
    let read_it = read(&path);
    assert_eq!((read_it.value.format, read_it.value.records.len()), ("TopoJSON", 3));
    assert_eq!(read_it.value.fields, ["CODE", "id"]);
    let ring = |record: usize| read_it.value.shapes.rings(record).next().unwrap().to_vec();
    let grid = |x: f64, y: f64| coterminous::io::crs::to_grid(-2.9 + 0.01 * x, 54.0 + 0.01 * y).unwrap();
    let near = |one: &[[f64; 2]], other: &[[f64; 2]]| {
        one.len() == other.len() && one.iter().zip(other).all(|(a, b)| (a[0] - b[0]).abs() + (a[1] - b[1]).abs() < 1e-6)
    };
    assert!(near(&ring(0), &[grid(0.0, 0.0), grid(10.0, 0.0), grid(10.0, 10.0), grid(0.0, 10.0), grid(0.0, 0.0)]));
    assert!(near(&ring(1), &[grid(10.0, 0.0), grid(20.0, 0.0), grid(20.0, 10.0), grid(10.0, 10.0), grid(10.0, 0.0)]));
    // The line that they share is the same to the last bit.
    assert_eq!(ring(0)[1..3].iter().rev().collect::<Vec<_>>(), ring(1)[3..5].iter().collect::<Vec<_>>());
    fs::write(&path, topology(&format!("{areas},\"more\":{{\"type\":\"Polygon\",\"arcs\":[[0,1,2]]}}"))).unwrap();
    assert!(refused(&path).contains("holds 2 layers: areas, more"), "{}", refused(&path));
    assert_eq!(read_layer(&path, Some("more")).unwrap().value.records.len(), 1);
    for (arcs, says) in [
        ("[[0,1,9]]", "names arc 9, and there are 4"),
        ("[[0,-9]]", "names arc -9"),
        ("[[[[0]]]]", "nested too deep"),
        ("[0]", "holds a Polygon"),
    ] {
        fs::write(&path, topology(&format!("\"a\":{{\"type\":\"Polygon\",\"arcs\":{arcs}}}"))).unwrap();
        assert!(refused(&path).contains(says), "{}", refused(&path));
    }
}

#[test]
fn kml_as_it_is_met() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.kml");
    let placemark = |code: &str, x: f64| {
        format!(
            "<Placemark><name><![CDATA[{code}]]></name><description><![CDATA[<table><tr><td>x</td></tr></table>]]></description>
            <ExtendedData><Data name=\"Name &amp; more\"><value>A &lt; B &#233;</value></Data></ExtendedData><MultiGeometry><Polygon><outerBoundaryIs>
            <LinearRing><coordinates> {x},54.0,0 {},54.0,0 {x},54.1,0 {x},54.0,0 </coordinates></LinearRing></outerBoundaryIs></Polygon>
            <Point><coordinates>1,2</coordinates></Point></MultiGeometry></Placemark>",
            x + 0.1
        )
    };
    let kml = |inside: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>{inside}</Document></kml>"
        )
    };
    let point = "<Placemark><name>label</name><Point><coordinates>1,2</coordinates></Point></Placemark>";
    fs::write(&path, kml(&format!("{}{}{point}", placemark("00C", -2.9), placemark("00D", -2.7)))).unwrap();
    let read_it = read(&path);
    assert_eq!(read_it.value.fields, ["name", "Name & more"]);
    assert_eq!(read_it.value.records[0].cells, [Some("00C".to_owned()), Some("A < B é".to_owned())]);
    let details: Vec<&str> =
        read_it.findings.iter().filter(|finding| finding.id == "DQ-25").map(|finding| finding.detail.as_str()).collect();
    assert_eq!(details, ["2 descriptions are web pages, whose values are not attributes", "1 placemarks have no polygon"]);
    let folders = format!("<Folder><name>A</name>{}</Folder><Folder><name>B</name>{}</Folder>", placemark("1", -2.9), placemark("2", -2.5));
    fs::write(&path, kml(&folders)).unwrap();
    assert!(refused(&path).contains("holds 2 layers: A, B"), "{}", refused(&path));
    assert_eq!(read_layer(&path, Some("B")).unwrap().value.records[0].cells[0].as_deref(), Some("2"));
    for (inside, says) in [
        ("<Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>a,b</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>".to_owned(), "has the coordinates \"a,b\""),
        ("<a>".repeat(200), "nested more than 100 deep"),
        ("&bomb;".to_owned(), "the entity &bomb;"),
        ("<Placemark>".to_owned(), "not KML that can be read"),
    ] {
        fs::write(&path, kml(&inside)).unwrap();
        assert!(refused(&path).contains(says), "expected \"{says}\" in: {}", refused(&path));
    }
}

#[test]
fn one_changed_byte_is_never_a_panic() {
    let folder = TempDir::new().unwrap();
    for name in ["metres.gpkg", "metres.fgb", "metres.parquet", "degrees.kml", "degrees.geojson"] {
        let whole = fs::read(fixture(name)).unwrap();
        let path = folder.path().join(name);
        let step = (whole.len() / 200).max(1);
        for at in (0..whole.len().min(300)).chain((0..whole.len()).step_by(step)) {
            for value in [0x00, 0x7f, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                fs::write(&path, bytes).unwrap();
                if let Ok(read) = read_layer(&path, None) {
                    let layer = read.value;
                    assert_eq!(layer.shapes.records(), layer.records.len());
                    assert!(layer.records.iter().all(|record| record.cells.len() == layer.fields.len()));
                }
            }
            fs::write(&path, &whole[..at]).unwrap();
            assert!(read_layer(&path, None).is_err(), "{at} bytes of {name}");
        }
    }
}

#[test]
fn published_files_have_the_counts_of_their_readme() {
    for (name, layer, records) in [
        ("ICB_APR_2026_EN_BSC_ons.geojson", None, 36),
        ("CCG_APR_2020_EN_BUC.geojson", None, 135),
        ("LAD_MAY_2025_UK_BGC_V2.topojson", None, 361),
        ("London_Borough_Excluding_MHW.zip", None, 33),
        ("ccg_boundaries_2013-02.kml", None, 211),
        ("LHB_APR_2022_WA_BUC.zip", None, 7),
        ("LHB_2022_WA.geojson", None, 7),
        ("HB_2019_SC.geojson", None, 14),
        ("HSCP_SC_scotpho.geojson", None, 31),
        ("CA_SC_scotpho.geojson", None, 32),
    ] {
        let Some(path) = real_data(format!("2026/boundaries/{name}")) else { continue };
        let found = coterminous::inspect::inspect(&path, &Limits::default());
        let [one] = found.as_slice() else { panic!("{name} has {} layers", found.len()) };
        assert_eq!(one.problem, None, "{name}");
        let read = read_layer(&path, layer).unwrap();
        assert_eq!(read.value.records.len(), records, "{name}");
    }
    // Welsh boards in degrees and in metres end at the same places in the east and north, but for how they are generalised (islands differ).
    if let (Some(metres), Some(degrees)) =
        (real_data("2026/boundaries/LHB_APR_2022_WA_BUC.zip"), real_data("2026/boundaries/LHB_2022_WA.geojson"))
    {
        let extent = |path: PathBuf| {
            let layer = read(path).value;
            (0..7)
                .filter_map(|record| layer.shapes.extent(record))
                .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
                .unwrap()
        };
        for (one, other) in extent(metres).into_iter().zip(extent(degrees)).skip(2) {
            assert!((one - other).abs() < 100.0, "{one} {other}");
        }
    }
}
