//! Shapefiles: cut, contradicting, with counts and coordinates that lie.

use super::{Case, Trial, hold, published, rectangle, refused};

/// Where the parts of the first record of `h.shp` begin, and its end: one ring of five points.
const NUMBER: usize = 100;
const LENGTH: usize = 104;
const TYPE: usize = 108;
const PARTS: usize = 144;
const POINTS: usize = 148;
const FIRST_PART: usize = 152;
const FIRST_POINT: usize = 156;
const NEXT_RECORD: usize = FIRST_POINT + 5 * 16;

#[test]
fn cut_at_every_boundary() {
    let mut cases = Vec::new();
    for at in [1, 4, 24, 28, 32, 36, 99, 100, NUMBER + 1, LENGTH, TYPE, TYPE + 4, PARTS, POINTS, FIRST_PART, FIRST_POINT, FIRST_POINT + 8] {
        cases.push(refused(format!(".shp cut at {at}"), &["h.shp", "; "], move |trial| trial.patch("h.shp", |b| b.truncate(at))));
        // The header says the shorter length, so that only the records can tell.
        if at > 100 {
            cases.push(refused(format!(".shp cut at {at} and its header mended"), &["h.shp, record 1"], move |trial| {
                trial.patch("h.shp", |b| {
                    b.truncate(at);
                    b.resize(at + at % 2, 0);
                    let words = (b.len() / 2) as i32;
                    b[24..28].copy_from_slice(&words.to_be_bytes());
                });
            }));
        }
    }
    cases.push(refused("a record of the .shp left out", &["h.dbf", "2 records", "expected 1"], |trial| {
        trial.patch("h.shp", |b| {
            b.truncate(NEXT_RECORD);
            let words = (b.len() / 2) as i32;
            b[24..28].copy_from_slice(&words.to_be_bytes());
        });
    }));
    // Header, field descriptors, end mark of the fields, first row, second row.
    for at in [1, 4, 8, 10, 12, 31, 32, 64, 96, 97, 98, 107, 116, 134] {
        cases.push(refused(format!(".dbf cut at {at}"), &["h.dbf"], move |trial| trial.patch("h.dbf", |b| b.truncate(at))));
    }
    hold(cases);
}

#[test]
fn empty_and_missing_files() {
    let mut cases = Vec::new();
    for extension in ["shp", "dbf", "prj"] {
        let name: &'static str = match extension {
            "shp" => "h.shp",
            "dbf" => "h.dbf",
            _ => "h.prj",
        };
        cases.push(refused(format!("empty .{extension}"), &[name], move |trial| trial.write(name, "")));
        cases.push(refused(format!("no .{extension}"), &[name], move |trial| trial.remove(name)));
        cases.push(refused(format!("a folder for the .{extension}"), &[name], move |trial| {
            trial.remove(name);
            std::fs::create_dir(trial.at(name)).unwrap();
        }));
    }
    cases.push(refused("empty .shx", &["h.shx"], |trial| trial.write("h.shx", "")));
    cases.push(published("empty .cpg", &[], |trial| trial.write("h.cpg", "")));
    cases.push(refused("a layer of null shapes only", &["no polygon at all"], |trial| {
        for stem in ["h", "c"] {
            trial.layer(stem, &[("A", vec![]), ("B", vec![])]);
        }
    }));
    cases.push(published("one null shape", &["DQ-03"], |trial| {
        trial.layer("h", &[("H1", vec![]), ("H2", vec![rectangle(0.0, 0.0, 1e3, 1e3)])])
    }));
    cases.push(refused("no record", &["h.shp", "no record is left"], |trial| trial.layer("h", &[])));
    hold(cases);
}

/// Puts a little-endian number into `h.shp`.
fn little(at: usize, value: i32) -> impl Fn(&Trial) + Sync + Send + 'static {
    move |trial| trial.patch("h.shp", |b| b[at..at + 4].copy_from_slice(&value.to_le_bytes()))
}

fn big(at: usize, value: i32) -> impl Fn(&Trial) + Sync + Send + 'static {
    move |trial| trial.patch("h.shp", |b| b[at..at + 4].copy_from_slice(&value.to_be_bytes()))
}

#[test]
fn counts_and_lengths_that_lie() {
    let mut cases = Vec::new();
    for value in [i32::MIN, -1, 0, 1, 3, 1 << 20, i32::MAX / 2, i32::MAX] {
        cases.push(refused(format!("record length {value}"), &["h.shp, record 1"], big(LENGTH, value)));
        cases.push(refused(format!("file length {value}"), &["h.shp"], big(24, value)));
        if value != 1 {
            cases.push(published(format!("record number {value}"), &["DQ-25"], big(NUMBER, value)));
            cases.push(refused(format!("{value} rings"), &["h.shp, record 1"], little(PARTS, value)));
        }
        cases.push(refused(format!("{value} points"), &["h.shp, record 1"], little(POINTS, value)));
        if value != 0 {
            cases.push(refused(format!("first ring begins at {value}"), &["h.shp, record 1"], little(FIRST_PART, value)));
        }
    }
    for kind in [-1, 1, 3, 8, 11, 13, 15, 18, 21, 23, 25, 28, 31, 999] {
        cases.push(refused(format!("record of shape type {kind}"), &["h.shp, record 1", "type"], little(TYPE, kind)));
        if ![15, 25].contains(&kind) {
            cases.push(refused(format!("file of shape type {kind}"), &["h.shp", "Polygon"], little(32, kind)));
        }
    }
    // A .dbf whose header says another number of rows, another length of a row or of itself.
    for (at, bytes) in [
        (4usize, [0xff, 0xff, 0xff, 0xff]),
        (4, [0, 0, 0, 0]),
        (4, [1, 0, 0, 0]),
        (8, [0xff, 0xff, 19, 0]),
        (8, [97, 0, 0, 0]),
        (8, [97, 0, 0xff, 0xff]),
        (8, [0, 0, 19, 0]),
    ] {
        cases.push(refused(format!(".dbf with {bytes:?} at {at}"), &["h.dbf"], move |trial| {
            trial.patch("h.dbf", |b| b[at..at + 4].copy_from_slice(&bytes));
        }));
    }
    hold(cases);
}

#[test]
fn coordinates_that_are_none() {
    let mut cases = Vec::new();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300, -1e38, 1e9] {
        for offset in [0, 8, 4 * 16] {
            cases.push(refused(
                format!("{value} at {offset}"),
                &["h.shp, record 1", "ring 1", "expected finite coordinates"],
                move |trial| {
                    trial.patch("h.shp", |b| b[FIRST_POINT + offset..FIRST_POINT + offset + 8].copy_from_slice(&value.to_le_bytes()));
                },
            ));
        }
        cases.push(published(format!("a box of {value}, which nobody needs"), &[], move |trial| {
            trial.patch("h.shp", |b| b[TYPE + 4..TYPE + 12].copy_from_slice(&value.to_le_bytes()));
        }));
    }
    cases.push(refused("a stray coordinate", &["h.shp, record 2", "the furthest from all others", "2,251 km"], |trial| {
        trial.layer("h", &[("H1", vec![rectangle(0.0, 0.0, 2e3, 2e3)]), ("H2", vec![rectangle(2e3, 0.0, 9e7, 2e3)])]);
    }));
    hold(cases);
}

#[test]
fn files_that_contradict_each_other() {
    let wgs84 = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    let cases: Vec<Case> = vec![
        refused("another CRS", &["h.prj", "says degrees"], move |trial| trial.write("h.prj", wgs84)),
        refused("a .prj of noise", &["h.prj"], |trial| trial.write("h.prj", [0xffu8, 0xfe, 0, 1, 2, 3, 0x80])),
        refused("a .prj of brackets", &["h.prj"], |trial| trial.write("h.prj", "PROJCS[".repeat(200_000))),
        refused("a .prj never closed", &["h.prj"], |trial| trial.write("h.prj", "PROJCS[\"British_National_Grid\",GEOGCS[\"a\"")),
        refused("a .cpg of an unknown encoding", &["h.cpg", "encoding"], |trial| trial.write("h.cpg", "KLINGON")),
        refused("a .cpg of noise", &["h.cpg"], |trial| trial.write("h.cpg", vec![0xffu8; 5_000_000])),
        refused("text that is not what the .cpg says", &["h.dbf, record 1, field CODE", "UTF-8"], |trial| {
            trial.write("h.cpg", "UTF-8");
            trial.patch("h.dbf", |b| b[98] = 0xff);
        }),
        published("text of an encoding that nobody states", &["DQ-12"], |trial| {
            trial.remove("h.cpg");
            trial.patch("h.dbf", |b| b[100] = 0xe9);
        }),
        refused("a .shx of another layer", &["h.shx", "record 1"], |trial| {
            let mut index = vec![0u8; 100];
            index[..100].copy_from_slice(&trial.bytes("h.shp")[..100]);
            index[24..28].copy_from_slice(&58i32.to_be_bytes());
            index.extend([0u8, 0, 0, 50, 0, 0, 0, 60, 0, 0, 0, 200, 0, 0, 0, 60]);
            trial.write("h.shx", index);
        }),
        refused("two .dbf", &["h.shp", "h.DBF"], |trial| {
            let dbf = trial.bytes("h.dbf");
            trial.remove("h.dbf");
            trial.write("h.DBF", &dbf);
            trial.write("h.dBf", &dbf);
        }),
        refused("the .dbf of another layer", &["h.dbf", "3 records", "expected 2"], |trial| {
            trial.layer("x", &[("A", vec![]), ("B", vec![]), ("C", vec![])]);
            std::fs::rename(trial.at("x.dbf"), trial.at("h.dbf")).unwrap();
        }),
        published("a deleted row", &["DQ-09"], |trial| trial.patch("h.dbf", |b| b[97] = b'*')),
        refused("every row deleted", &["h.shp", "no record is left"], |trial| {
            trial.patch("h.dbf", |b| {
                b[97] = b'*';
                b[97 + 19] = b'*';
            });
        }),
        refused("a row neither live nor deleted", &["h.dbf, record 2"], |trial| trial.patch("h.dbf", |b| b[97 + 19] = 7)),
        refused("a code twice", &["h.shp, record 2, field CODE", "two shapes"], |trial| {
            trial.layer("h", &[("H1", vec![rectangle(0.0, 0.0, 2e3, 2e3)]), ("H1", vec![rectangle(2e3, 0.0, 4e3, 2e3)])]);
        }),
        refused("a blank code", &["h.shp, record 1, field CODE", "blank"], |trial| trial.patch("h.dbf", |b| b[98..107].fill(b' '))),
        refused("a field that is not there", &["h.shp", "KODE", "did you mean"], |trial| {
            trial.config("code = \"CODE\"", "code = \"KODE\"")
        }),
        refused("another number of areas", &["h.shp", "2 areas", "expected 3"], |trial| {
            trial.config("path = \"h.shp\"", "path = \"h.shp\"\nexpected_count = 3");
        }),
        refused("a zip called .shp", &["h.shp", "is a zip"], |trial| {
            trial.write("h.shp", b"PK\x03\x04 and so on, for more than a hundred bytes".repeat(9))
        }),
    ];
    hold(cases);
}

/// Attributes never slide onto other shapes: with the first row deleted, the second area keeps its own shape.
#[test]
fn attributes_stay_with_their_shapes() {
    let trial = Trial::new();
    trial.layer(
        "h",
        &[
            ("H1", vec![rectangle(0.0, 0.0, 1e3, 2e3)]),
            ("H2", vec![rectangle(1e3, 0.0, 3e3, 2e3)]),
            ("H3", vec![rectangle(3e3, 0.0, 4e3, 2e3)]),
        ],
    );
    trial.patch("h.dbf", |b| b[97] = b'*');
    assert_eq!(trial.run(&["run", "run.toml", "--quiet"]).code, Some(0));
    let run = std::fs::read_to_string(trial.at("out/CURRENT")).unwrap();
    let path = trial.at("out/runs").join(run.trim()).join("area.parquet");
    let table = coterminous::io::table::read(&path, None, &coterminous::config::Limits::default()).unwrap().value;
    let (layer, code, area) = (table.column("layer").unwrap(), table.column("code").unwrap(), table.column("area_m2").unwrap());
    let areas: Vec<(&str, &str)> = (0..table.len())
        .filter(|row| table.cell(*row, layer) == Some("h"))
        .map(|row| (table.cell(row, code).unwrap(), table.cell(row, area).unwrap()))
        .collect();
    // 2 km x 2 km and 1 km x 2 km.
    assert_eq!(areas, [("H2", "4000000"), ("H3", "2000000")]);
}
