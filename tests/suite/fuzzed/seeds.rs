//! What the fuzzer starts from, as small files in `fuzz/seeds/<target>`. `UPDATE_GOLDEN=1 cargo test --test suite -- fuzzed::seeds` writes them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray};
use coterminous::config::{Config, Limits};
use coterminous::io::crs::BRITISH_NATIONAL_GRID_WKT;
use coterminous::io::shapefile::{self, WriteField, WriteKind, WriteRecord};
use coterminous::io::table;
use parquet::basic::{Compression, GzipLevel, ZstdLevel};

use super::targets;
use crate::hostile::{CONFIG, rectangle, tables, workbooks, zips};

type Files = Vec<(&'static str, Vec<u8>)>;

/// A layer with a hole, a part in it, an area without land, and every type of field; its files by extension. Two records, as the good layer
/// has, because each target spoils one of its files.
fn layer(folder: &Path) -> BTreeMap<&'static str, Vec<u8>> {
    let fields = [
        WriteField { name: "CODE".to_owned(), kind: WriteKind::Text(6) },
        WriteField { name: "PEOPLE".to_owned(), kind: WriteKind::Integer(6) },
        WriteField { name: "SHARE".to_owned(), kind: WriteKind::Number(8, 3) },
    ];
    let cells =
        |code: &str, people: &str, share: &str| [code, people, share].map(|cell| (!cell.is_empty()).then(|| cell.to_owned())).to_vec();
    let hole: Vec<[f64; 2]> = rectangle(2.0, 2.0, 4.0, 4.0).into_iter().rev().collect();
    let records = [
        WriteRecord { rings: vec![rectangle(0.0, 0.0, 9.0, 9.0), hole, rectangle(2.5, 2.5, 3.5, 3.5)], cells: cells("Môn", "7", "0.125") },
        WriteRecord { rings: Vec::new(), cells: cells("B", "", "-1.5") },
    ];
    shapefile::write(&folder.join("s"), &fields, &records).unwrap();
    ["shp", "dbf", "prj", "cpg"].map(|extension| (extension, fs::read(folder.join(format!("s.{extension}"))).unwrap())).into()
}

/// The seeds of a target by name.
fn made(target: &str, folder: &Path) -> Files {
    targets::good_layer(folder);
    let square = |extension: &str| fs::read(folder.join(format!("a.{extension}"))).unwrap();
    let parts = layer(folder);
    let part = |extension: &str| parts[extension].clone();
    let fixture = |name: &str| fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/formats").join(name)).unwrap();
    match target {
        "geojson" => vec![
            ("degrees.geojson", fixture("degrees.geojson").into_iter().take(6000).collect()),
            ("small.geojson", br#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:27700"}},"features":[{"type":"Feature","id":1,"properties":{"CODE":"A","n":1.5},"geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[9,0],[9,9],[0,0]]]]}}]}"#.to_vec()),
        ],
        "topojson" => vec![("small.topojson", br#"{"type":"Topology","objects":{"a":{"type":"GeometryCollection","geometries":[{"type":"Polygon","arcs":[[0,1]],"id":3,"properties":{"CODE":"E1"}},{"type":"MultiPolygon","arcs":[[[-1,~1]]]}]}},"arcs":[[[0,0],[10,0],[0,9]],[[10,9],[-10,-9]]],"transform":{"scale":[0.01,0.01],"translate":[-2.9,54.0]}}"#.to_vec().into_iter().map(|byte| if byte == b'~' { b'-' } else { byte }).collect())],
        "kml" => vec![("small.kml", br#"<?xml version="1.0" encoding="utf-8"?><kml><Document><Folder><name>a</name><Placemark><name>A</name><description><![CDATA[<b>]]></description><ExtendedData><Data name="x"><value>1 &amp; 2</value></Data></ExtendedData><MultiGeometry><Polygon><outerBoundaryIs><LinearRing><coordinates>-2.9,54,0 -2.8,54,0 -2.8,54.1,0 -2.9,54,0</coordinates></LinearRing></outerBoundaryIs></Polygon></MultiGeometry></Placemark></Folder></Document></kml>"#.to_vec())],
        "geopackage" => vec![("small.gpkg", fixture("small.gpkg"))],
        "flatgeobuf" => vec![("metres.fgb", fixture("metres.fgb"))],
        "geoparquet" => vec![("metres.parquet", fixture("metres.parquet"))],
        "shp" => vec![("two-squares.shp", square("shp")), ("hole-parts-and-nothing.shp", part("shp"))],
        "dbf" => {
            // Records of 21 bytes behind a header of 129: the second is deleted.
            let mut deleted = part("dbf");
            deleted[129 + 21] = b'*';
            let mut western = part("dbf");
            western[29] = 0x57;
            vec![
                ("two-squares.dbf", square("dbf")),
                ("every-type.dbf", part("dbf")),
                ("deleted-row.dbf", deleted),
                ("marked-windows-1252.dbf", western),
            ]
        }
        "prj_cpg" => {
            // The first byte is the length of the .cpg, which comes next.
            let both = |cpg: &str, prj: &str| [&[cpg.len() as u8], cpg.as_bytes(), prj.as_bytes()].concat();
            let esri = "PROJCS[\"British_National_Grid\",GEOGCS[\"GCS_OSGB_1936\",DATUM[\"D_OSGB_1936\",SPHEROID[\"Airy_1830\",6377563.396,\
                        299.3249646]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],\
                        PARAMETER[\"False_Easting\",400000.0],PARAMETER[\"False_Northing\",-100000.0],PARAMETER[\"Central_Meridian\",-2.0],\
                        PARAMETER[\"Scale_Factor\",0.9996012717],PARAMETER[\"Latitude_Of_Origin\",49.0],UNIT[\"Meter\",1.0]]";
            vec![
                ("utf-8", both("UTF-8", BRITISH_NATIONAL_GRID_WKT)),
                ("windows-1252", both("windows-1252", "")),
                ("esri", both("ANSI 1252", esri)),
                ("degrees", both("65001", "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]]]")),
            ]
        }
        "zip" => {
            let layer = |stem: &str| -> Vec<(String, Vec<u8>)> {
                parts.iter().map(|(extension, bytes)| (format!("{stem}.{extension}"), bytes.clone())).collect()
            };
            let zip = |members: &[(String, Vec<u8>)]| {
                let members: Vec<(&str, &[u8])> = members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
                zips::zip_of(&members)
            };
            vec![
                ("one-layer.zip", zip(&layer("s"))),
                ("nested.zip", zip(&layer("Boundaries/Full extent/s"))),
                ("two-layers.zip", zip(&[layer("s"), layer("t")].concat())),
            ]
        }
        "csv" => vec![
            ("quoted.csv", b"code,pounds,\"a \"\"b\"\"\"\nH1,10.00,x\nH2,-1e9,\"two\nlines\"\n".to_vec()),
            ("utf-16.csv", b"\xff\xfec\0,\0d\0\n\x001\0,\x002\0".to_vec()),
            ("semicolons-windows-1252.csv", b"code;pounds\r\nYnys M\xf4n;1,5\r\n".to_vec()),
            ("tabs-and-marks.csv", "\u{feff}code\tpounds\nH1\t£1,000\n\nH2\t (5)\n".as_bytes().to_vec()),
        ],
        "xlsx" => {
            let strings = "<si><t>shared</t></si><si><r><t>ri</t></r><r><t>ch</t></r></si>";
            vec![
                (
                    "two-rows.xlsx",
                    tables::xlsx(
                        &tables::row(r#"<c r="B2"><v>1234.5</v></c></row><row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3"><v>-2</v></c>"#),
                        strings,
                    ),
                ),
                (
                    "kinds-of-cells.xlsx",
                    tables::xlsx(
                        &tables::row(
                            r#"<c r="B2" t="b"><v>1</v></c></row><row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3" t="e"><v>#N/A</v></c></row><row r="9"><c r="A9" t="str"><f>A1&amp;"x"</f><v>x</v></c>"#,
                        ),
                        strings,
                    ),
                ),
                ("old.xls", workbooks::usual()),
            ]
        }
        "parquet" => {
            let code: ArrayRef = Arc::new(StringArray::from(vec![Some("H1"), None, Some("H1")]));
            let pounds: ArrayRef = Arc::new(Float64Array::from(vec![10.0, f64::NAN, -0.5]));
            let day: ArrayRef = Arc::new(Date32Array::from(vec![13_604, 0, -1]));
            let yes: ArrayRef = Arc::new(BooleanArray::from(vec![true, false, true]));
            let people: ArrayRef = Arc::new(Int64Array::from(vec![1, i64::MAX, i64::MIN]));
            let columns = [("code", code), ("pounds", pounds), ("day", day), ("yes", yes), ("people", people)];
            vec![
                ("snappy-dictionary.parquet", tables::parquet(&columns, Compression::SNAPPY, true)),
                ("zstd-plain.parquet", tables::parquet(&columns, Compression::ZSTD(ZstdLevel::try_new(3).unwrap()), false)),
                ("gzip-plain.parquet", tables::parquet(&columns, Compression::GZIP(GzipLevel::default()), false)),
                ("stored.parquet", tables::parquet(&columns[..2], Compression::UNCOMPRESSED, true)),
            ]
        }
        "toml" => vec![("two-layers-and-a-budget.toml", CONFIG.as_bytes().to_vec())],
        // Pairs of bytes: the top bit of x ends a ring, that of y an area; the second half is the other layer.
        "overlay" => vec![
            ("squares-that-overlap", vec![0, 0, 64, 0, 64, 64, 0, 0xc0, 32, 32, 96, 32, 96, 96, 32, 0xe0]),
            ("bow-tie-over-a-hole", vec![0, 0, 90, 90, 90, 0, 0, 0xda, 5, 5, 80, 5, 0xa8, 99, 20, 10, 60, 10, 40, 0xbc]),
            ("two-areas-over-themselves", [[0, 0, 40, 0, 40, 40, 0, 0xa8, 40, 0, 80, 0, 80, 40, 40, 0xa8]; 2].concat()),
            (
                "a-hole-filled",
                vec![
                    0, 0, 90, 0, 90, 90, 0x80, 90, 30, 30, 30, 60, 60, 60, 60, 0x9e, 30, 30, 60, 30, 60, 60, 30, 0xbc, //
                    0, 0, 45, 0, 45, 90, 0, 0xda, 45, 0, 90, 0, 90, 90, 45, 0xda, 50, 50, 55, 50, 55, 55, 50, 0xb7,
                ],
            ),
        ],
        // A byte that says whether the start is good, then a table or a key and its value.
        "config" => vec![("good", vec![0]), ("good-and-more", vec![0, 200, 3, 1, 24, 7, 198, 0, 0]), ("of-nothing", vec![1, 192, 0, 0, 1, 1, 200, 3, 0])],
        "keys" => {
            let rows = |rows: &[&[&str]]| rows.iter().map(|cells| cells.iter().map(|cell| cell.as_bytes()).collect::<Vec<_>>().join(&0xfe)).collect::<Vec<_>>().join(&0xff);
            vec![
                ("codes-and-years", rows(&[&["H2", "a", "2001/02"], &["h1", "A", "FY02"], &["H 2", "b", ""], &["C2", "a", "99/00"], &["c1", "all", "2001-02"], &["C1;C2", "a", "x"], &["H1", "C1", "a"], &["h2", "C2", "b"], &["H1", "C2", ""]])),
                ("reserved", rows(&[&["__outside__", "__none__", "2001-02"], &["H1", "__unallocated__", "-"], &["\n", ";", "0"], &["C1", "a", "31/03/2002"]])),
            ]
        }
        // Columns and rows, then bodies and people of each block, then the rows of two budgets and of the agreements.
        "world" => vec![
            ("two-bodies-two-councils", vec![2, 0, 5, 100, 6, 30, 10, 60, 1, 0, 0, 0, 1, 3, 1, 1, 2, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1]),
            ("unknown-people", vec![1, 1, 5, 250, 6, 30, 10, 60, 9, 240, 2, 0, 0, 0, 1, 1, 1, 1, 2, 3, 3, 0, 3, 0, 0, 0, 0, 1, 0]),
            ("in-nothing", vec![2, 1, 0, 9, 5, 9, 6, 9, 4, 9, 1, 9, 10, 9, 3, 4, 3, 3, 3, 1, 1, 1, 1, 2, 2, 2, 2]),
        ],
        other => panic!("no seeds are made for {other}"),
    }
}

/// Every target has its seeds checked in, and each of them gets past its door: one that is refused at once explores nothing. Those that are
/// refused for a reason are the ones that are named here.
#[test]
fn every_target_has_seeds_that_get_past_the_door() {
    let refused = ["degrees", "two-layers.zip"];
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits::default();
    for (target, _) in targets::TARGETS {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
        for (name, bytes) in made(target, folder.path()) {
            let path = kept.join(name);
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::create_dir_all(&kept).unwrap();
                fs::write(&path, &bytes).unwrap();
            }
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; make it with UPDATE_GOLDEN=1", path.display()));
            let at = |name: &str| folder.path().join(name);
            targets::good_layer(folder.path());
            let _ = fs::remove_file(at("a.shx"));
            let read_layer = || shapefile::read(&at("a.shp"), &limits).map(|_| ());
            let read = match target {
                "shp" | "dbf" => {
                    fs::write(at(&format!("a.{target}")), &bytes).unwrap();
                    read_layer()
                }
                "prj_cpg" => {
                    let (cpg, prj) = bytes[1..].split_at(usize::from(bytes[0]));
                    fs::write(at("a.cpg"), cpg).unwrap();
                    if !prj.is_empty() {
                        fs::write(at("a.prj"), prj).unwrap();
                    }
                    read_layer()
                }
                "zip" => shapefile::read(&path, &limits).map(|_| ()),
                "csv" | "xlsx" | "parquet" => table::read(&path, None, &limits).map(|_| ()),
                "toml" => {
                    let text = String::from_utf8(bytes).unwrap();
                    Config::parse(Path::new("f.toml"), &text, &coterminous::pipeline::rules(), &|_| None).map(|_| ())
                }
                _ => Ok(()),
            };
            assert_eq!(read.is_err(), refused.contains(&name), "{target}/{name}: {read:?}");
        }
        let seeds = targets::seeds(target);
        assert!(!seeds.is_empty() && seeds.values().all(|seed| (1..100_000).contains(&seed.len())), "{target}");
    }
}
