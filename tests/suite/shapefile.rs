//! Reading and writing shapefiles: against the public crates, against damage, and on the real files.

use std::fs;
use std::path::{Path, PathBuf};

use coterminous::config::Limits;
use coterminous::domain::{Clip, RawLayer};
use coterminous::error::Result;
use coterminous::io::Read;
use coterminous::io::crs::BRITISH_NATIONAL_GRID_WKT;
use coterminous::io::shapefile::{self, WriteField, WriteKind, WriteRecord};
use tempfile::TempDir;

use crate::support::real_data;

fn read(path: impl AsRef<Path>) -> Result<Read<RawLayer>> {
    shapefile::read(path.as_ref(), &Limits::default())
}

/// The message of the error that reading must end in.
fn refused(path: impl AsRef<Path>) -> String {
    match read(path) {
        Ok(_) => panic!("was read without an error"),
        Err(error) => {
            assert_eq!(error.exit_code(), 3, "{error}");
            error.to_string()
        }
    }
}

fn field(name: &str, kind: WriteKind) -> WriteField {
    WriteField { name: name.to_owned(), kind }
}

fn cells<const N: usize>(cells: [&str; N]) -> Vec<Option<String>> {
    cells.iter().map(|cell| Some((*cell).to_owned()).filter(|cell| !cell.is_empty())).collect()
}

/// A clockwise square.
fn outer(x: f64, y: f64, side: f64) -> Vec<[f64; 2]> {
    vec![[x, y], [x, y + side], [x + side, y + side], [x + side, y], [x, y]]
}

/// A square hole, counter-clockwise.
fn hole(x: f64, y: f64, side: f64) -> Vec<[f64; 2]> {
    outer(x, y, side).into_iter().rev().collect()
}

fn fields() -> Vec<WriteField> {
    vec![
        field("CODE", WriteKind::Text(9)),
        field("NAME", WriteKind::Text(30)),
        field("POP", WriteKind::Integer(9)),
        field("SHARE", WriteKind::Number(12, 3)),
    ]
}

/// A square with a hole and an island, a null shape, a triangle that is left open.
fn records() -> Vec<WriteRecord> {
    vec![
        WriteRecord {
            rings: vec![outer(400_000.0, 300_000.0, 100.0), hole(400_010.0, 300_010.0, 20.5), outer(400_200.25, 300_000.0, 10.0)],
            cells: cells(["E16000001", "Ynys Môn", "53012", "-0.125"]),
        },
        WriteRecord { rings: vec![], cells: cells(["E16000002", "", "", ""]) },
        WriteRecord { rings: vec![vec![[0.1, 0.2], [0.3, 5.4], [7.0, 0.2]]], cells: cells(["E16000003", "Stoke on Trent", "0", "1"]) },
    ]
}

/// The fixture as `pct.*` in a folder.
fn fixture() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("pct.shp");
    shapefile::write(&path, &fields(), &records()).unwrap();
    (folder, path)
}

fn patch(path: &Path, extension: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = path.with_extension(extension);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
}

#[test]
fn what_is_written_is_read() {
    let (_folder, path) = fixture();
    let layer = read(&path).unwrap();
    assert_eq!(layer.findings, []);
    let names: Vec<_> = layer.files.iter().map(|file| file.path.extension().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["cpg", "dbf", "prj", "shp", "shx"]);
    for file in &layer.files {
        let bytes = fs::read(&file.path).unwrap();
        assert_eq!((file.bytes, file.blake3.as_str()), (bytes.len() as u64, blake3::hash(&bytes).to_hex().as_str()));
    }
    let layer = layer.value;
    assert_eq!(layer.path, path);
    assert_eq!(layer.fields, ["CODE", "NAME", "POP", "SHARE"]);
    assert_eq!(layer.encoding, ("UTF-8".to_owned(), true));
    assert_eq!((layer.clip, layer.resolution_m), (None, None));
    for ((number, read), written) in (1usize..).zip(&layer.records).zip(records()) {
        assert_eq!((read.number, read.deleted), (number as u64, false));
        assert_eq!(read.cells, written.cells);
        let mut rings = written.rings;
        for ring in &mut rings {
            if ring.first() != ring.last() {
                ring.push(ring[0]);
            }
        }
        assert_eq!(layer.shapes.rings(number - 1).collect::<Vec<_>>(), rings);
    }
}

#[test]
fn the_same_records_give_the_same_bytes_zipped_or_not() {
    let (folder, path) = fixture();
    let (_other_folder, other) = fixture();
    for extension in ["shp", "shx", "dbf", "prj", "cpg"] {
        assert_eq!(fs::read(path.with_extension(extension)).unwrap(), fs::read(other.with_extension(extension)).unwrap());
    }
    // 1999-04-01 in the .dbf
    assert_eq!(fs::read(path.with_extension("dbf")).unwrap()[1..4], [99, 4, 1]);
    let (one, two) = (folder.path().join("pct.zip"), folder.path().join("PCT.ZIP"));
    shapefile::write_zip(&one, &fields(), &records()).unwrap();
    let first = fs::read(&one).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2100)); // zip times count in 2 s
    shapefile::write_zip(&one, &fields(), &records()).unwrap();
    assert_eq!(fs::read(&one).unwrap(), first);
    fs::write(&two, first).unwrap();
    let plain = read(&path).unwrap().value;
    for zip in [one.clone(), two, one.join("pct.shp"), one.join("PCT.shp")] {
        let zipped = read(&zip).unwrap();
        assert_eq!(zipped.value.records, plain.records);
        assert_eq!(zipped.files.len(), 1);
        assert_eq!(zipped.files[0].blake3, blake3::hash(&fs::read(&one).unwrap()).to_hex().as_str());
    }
}

#[test]
fn the_public_crates_read_what_is_written() {
    let (_folder, path) = fixture();
    let theirs = ::shapefile::read(&path).unwrap();
    assert_eq!(theirs.len(), 3);
    for ((shape, record), written) in theirs.iter().zip(records()) {
        let rings: Vec<Vec<[f64; 2]>> = match shape {
            ::shapefile::Shape::NullShape => vec![],
            ::shapefile::Shape::Polygon(polygon) => {
                polygon.rings().iter().map(|ring| ring.points().iter().map(|p| [p.x, p.y]).collect()).collect()
            }
            other => panic!("{other}"),
        };
        assert_eq!(rings.len(), written.rings.len());
        for (ring, written) in rings.iter().zip(&written.rings) {
            assert_eq!(ring[..written.len()], written[..]);
        }
        assert_eq!(record.get("CODE"), Some(&dbase::FieldValue::Character(written.cells[0].clone())));
        let number = written.cells[3].as_ref().map(|text| text.parse::<f64>().unwrap());
        assert_eq!(record.get("SHARE"), Some(&dbase::FieldValue::Numeric(number)));
    }
}

/// Writes a layer with the public crates.
fn written_by_theirs<S: ::shapefile::record::EsriShape>(folder: &Path, shapes: &[S]) -> PathBuf {
    let path = folder.join("theirs.shp");
    let table = dbase::TableWriterBuilder::new()
        .add_character_field("CODE".try_into().unwrap(), 9)
        .add_numeric_field("POP".try_into().unwrap(), 10, 2)
        .add_float_field("F".try_into().unwrap(), 10, 2)
        .add_logical_field("URBAN".try_into().unwrap())
        .add_date_field("FROM".try_into().unwrap());
    let mut writer = ::shapefile::Writer::from_path(&path, table).unwrap();
    for (index, shape) in shapes.iter().enumerate() {
        let mut record = dbase::Record::default();
        record.insert("CODE".to_owned(), dbase::FieldValue::Character(Some(format!("E{index}"))));
        record.insert("POP".to_owned(), dbase::FieldValue::Numeric(Some(1.5 * index as f64)));
        record.insert("F".to_owned(), dbase::FieldValue::Float(Some(0.25)));
        record.insert("URBAN".to_owned(), dbase::FieldValue::Logical(Some(index == 0)));
        record.insert("FROM".to_owned(), dbase::FieldValue::Date(Some(dbase::Date::new(1, 10, 2006).unwrap())));
        writer.write_shape_and_record(shape, &record).unwrap();
    }
    drop(writer);
    fs::write(path.with_extension("prj"), BRITISH_NATIONAL_GRID_WKT).unwrap();
    path
}

#[test]
fn what_the_public_crates_write_is_read_with_z_and_m_too() {
    use ::shapefile::{NO_DATA, Point, PointM, PointZ, Polygon, PolygonM, PolygonRing, PolygonZ};
    let square = outer(1000.0, 2000.0, 10.0);
    let hole = hole(1002.0, 2002.0, 3.0);
    let folder = TempDir::new().unwrap();
    let check = |path: PathBuf| {
        let layer = read(path).unwrap().value;
        assert_eq!(layer.fields, ["CODE", "POP", "F", "URBAN", "FROM"]);
        assert_eq!(layer.records.len(), 2);
        for record in 0..2 {
            assert_eq!(layer.shapes.rings(record).collect::<Vec<_>>(), [square.clone(), hole.clone()]);
        }
        assert_eq!(layer.records[0].cells, cells(["E0", "0.00", "0.25", "true", "2006-10-01"]));
        assert_eq!(layer.records[1].cells, cells(["E1", "1.50", "0.25", "false", "2006-10-01"]));
    };
    let plain = |ring: &[[f64; 2]]| ring.iter().map(|p| Point::new(p[0], p[1])).collect::<Vec<_>>();
    let polygon = Polygon::with_rings(vec![PolygonRing::Outer(plain(&square)), PolygonRing::Inner(plain(&hole))]);
    check(written_by_theirs(folder.path(), &[polygon.clone(), polygon]));
    let measured = |ring: &[[f64; 2]]| ring.iter().map(|p| PointM::new(p[0], p[1], 7.0)).collect::<Vec<_>>();
    let polygon = PolygonM::with_rings(vec![PolygonRing::Outer(measured(&square)), PolygonRing::Inner(measured(&hole))]);
    check(written_by_theirs(folder.path(), &[polygon.clone(), polygon]));
    for m in [NO_DATA, 3.0] {
        let high = |ring: &[[f64; 2]]| ring.iter().map(|p| PointZ::new(p[0], p[1], 9.0, m)).collect::<Vec<_>>();
        let polygon = PolygonZ::with_rings(vec![PolygonRing::Outer(high(&square)), PolygonRing::Inner(high(&hole))]);
        check(written_by_theirs(folder.path(), &[polygon.clone(), polygon]));
    }
}

#[test]
fn other_shapes_are_named() {
    let folder = TempDir::new().unwrap();
    let path = written_by_theirs(folder.path(), &[::shapefile::Point::new(1.0, 2.0)]);
    let message = refused(&path);
    assert!(message.contains("theirs.shp: holds shapes of type Point (1), expected Polygon, PolygonZ or PolygonM"), "{message}");
}

#[test]
fn a_deleted_row_keeps_its_place() {
    // The public crates drop the row and keep the shape: everything after it would be one shape off.
    let (_folder, path) = fixture();
    patch(&path, "dbf", |dbf| dbf[32 + 4 * 32 + 1] = b'*');
    let layer = read(&path).unwrap().value;
    assert_eq!(layer.records.iter().map(|record| record.deleted).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(layer.records[2].cells[0].as_deref(), Some("E16000003"));
    assert_eq!(layer.shapes.rings(2).next().unwrap().len(), 4);
    assert_eq!(layer.records[0].cells[0].as_deref(), Some("E16000001"));
}

#[test]
fn dbf_and_shp_of_different_length_are_refused() {
    let (_folder, path) = fixture();
    let shorter = TempDir::new().unwrap();
    let short = shorter.path().join("short");
    shapefile::write(&short, &fields(), &records()[..2]).unwrap();
    fs::copy(short.with_extension("dbf"), path.with_extension("dbf")).unwrap();
    let message = refused(&path);
    assert!(message.contains("pct.dbf: has 2 records, expected 3 as in the .shp"), "{message}");
}

#[test]
fn a_shx_of_another_layer_is_refused_and_a_missing_one_is_not() {
    let (_folder, path) = fixture();
    patch(&path, "shx", |shx| shx[100 + 8 + 3] += 1);
    let message = refused(&path);
    assert!(message.contains("pct.shx, record 2: has offset"), "{message}");
    let other = TempDir::new().unwrap();
    shapefile::write(&other.path().join("two"), &fields(), &records()[..2]).unwrap();
    fs::copy(other.path().join("two.shx"), path.with_extension("shx")).unwrap();
    assert!(refused(&path).contains("pct.shx: has 2 records and 0 bytes over, expected 3 records"));
    fs::remove_file(path.with_extension("shx")).unwrap();
    assert_eq!(read(&path).unwrap().value.records.len(), 3);
}

#[test]
fn missing_files_are_named() {
    for (extension, says) in
        [("dbf", "pct.shp: pct.dbf is missing; put pct.dbf beside the .shp"), ("prj", "pct.shp: pct.prj is missing; put pct.prj")]
    {
        let (_folder, path) = fixture();
        fs::remove_file(path.with_extension(extension)).unwrap();
        assert!(refused(&path).contains(says), "{}", refused(&path));
    }
    let (folder, path) = fixture();
    fs::remove_file(path.with_extension("cpg")).unwrap();
    read(&path).unwrap();
    let message = refused(folder.path().join("pcts.shp"));
    assert!(message.contains("pcts.shp: there is no such file; did you mean pct.shp?"), "{message}");
    assert!(refused(folder.path()).contains("is not a shapefile"));
    assert!(refused(folder.path().join("no/such/folder.shp")).contains("there is no folder"));
}

#[test]
fn extensions_may_be_in_capitals() {
    let (folder, path) = fixture();
    for (from, to) in [("shp", "PCT.SHP"), ("dbf", "PCT.DBF"), ("prj", "pct.Prj"), ("shx", "PCT.SHX"), ("cpg", "PCT.CPG")] {
        fs::rename(path.with_extension(from), folder.path().join(to)).unwrap();
    }
    assert_eq!(read(folder.path().join("PCT.SHP")).unwrap().value.records.len(), 3);
}

#[test]
fn another_crs_is_refused_on_the_prj() {
    let (_folder, path) = fixture();
    let wgs84 = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]"#;
    fs::write(path.with_extension("prj"), wgs84).unwrap();
    let message = refused(&path);
    assert!(
        message.contains("pct.prj: says degrees (WGS 84), and the coordinates are not: from 0.1, 0.2 to 400210.25, 300100"),
        "{message}"
    );
    fs::write(path.with_extension("prj"), BRITISH_NATIONAL_GRID_WKT.replace("-2.0", "-3.0")).unwrap();
    let message = refused(&path);
    assert!(message.contains("with the central meridian -3, not -2, expected EPSG:27700, or degrees of WGS84 or ETRS89"), "{message}");
    assert!(message.contains("ogr2ogr -t_srs EPSG:27700"), "{message}");
}

/// Number and content of the records of a .shp.
fn split(shp: &[u8]) -> Vec<(i32, Vec<u8>)> {
    let (mut at, mut records) = (100, Vec::new());
    while at < shp.len() {
        let number = |at: usize| i32::from_be_bytes(shp[at..at + 4].try_into().unwrap());
        let end = at + 8 + 2 * number(at + 4) as usize;
        records.push((number(at), shp[at + 8..end].to_vec()));
        at = end;
    }
    records
}

/// Writes .shp and .shx again: `layout` says in which order the records are in the .shp (their index, from 0) and how many bytes are before each; the
/// .shx has them in the order of their index.
fn lay_out(path: &Path, layout: &[(usize, usize)], records: &[(i32, Vec<u8>)], behind: usize) {
    let shp = fs::read(path).unwrap();
    // The header of a .shx is that of its .shp.
    let shx = shp[..100].to_vec();
    let (mut shp, mut index) = (shp[..100].to_vec(), vec![[0u8; 8]; records.len()]);
    let words = |bytes: usize| i32::try_from(bytes / 2).unwrap().to_be_bytes();
    for (record, before) in layout {
        shp.extend(vec![0xee; *before]);
        let (number, content) = &records[*record];
        index[*record][..4].copy_from_slice(&words(shp.len()));
        index[*record][4..].copy_from_slice(&words(content.len()));
        shp.extend(number.to_be_bytes());
        shp.extend(words(content.len()));
        shp.extend(content);
    }
    shp.extend(vec![0; behind]);
    let length = words(shp.len());
    shp[24..28].copy_from_slice(&length);
    let mut shx = shx;
    shx.extend(index.concat());
    let length = words(shx.len());
    shx[24..28].copy_from_slice(&length);
    fs::write(path, shp).unwrap();
    fs::write(path.with_extension("shx"), shx).unwrap();
}

/// What is told of a file that is read although it departs from its format.
fn oddities(layer: &Read<RawLayer>) -> Vec<(&str, &str)> {
    layer.findings.iter().map(|finding| (finding.id, finding.detail.as_str())).collect()
}

#[test]
fn records_with_gaps_between_are_found_by_the_shx() {
    let (_folder, path) = fixture();
    let plain = read(&path).unwrap().value;
    let records = split(&fs::read(&path).unwrap());
    for (layout, behind, says) in [
        (vec![(0, 0), (1, 56), (2, 0)], 0, "56 bytes of the .shp are between or after its records, which the .shx finds"),
        (vec![(0, 4), (1, 6), (2, 8)], 10, "28 bytes"),
        // Edited in place: the first record grew and went to the end.
        (vec![(1, 200), (2, 0), (0, 0)], 0, "200 bytes"),
    ] {
        lay_out(&path, &layout, &records, behind);
        let layer = read(&path).unwrap();
        assert_eq!((&layer.value.records, &layer.value.shapes), (&plain.records, &plain.shapes), "{layout:?}");
        assert_eq!(oddities(&layer).len(), 1);
        assert!(oddities(&layer)[0].0 == "DQ-25" && oddities(&layer)[0].1.starts_with(says), "{:?}", layer.findings);
        let shp = layer.files.iter().find(|file| file.path == path).unwrap();
        assert_eq!(shp.blake3, blake3::hash(&fs::read(&path).unwrap()).to_hex().as_str());
    }
    // In a zip too.
    let zip = path.with_extension("zip");
    let members = ["shp", "shx", "dbf", "prj", "cpg"].map(|extension| fs::read(path.with_extension(extension)).unwrap());
    zip_of(&zip, &[("a.shp", &members[0]), ("a.shx", &members[1]), ("a.dbf", &members[2]), ("a.prj", &members[3]), ("a.cpg", &members[4])]);
    assert_eq!(read(&zip).unwrap().value.shapes, plain.shapes);
    // In another order and numbered by the order of the file: nothing says which is right.
    let numbered: Vec<(i32, Vec<u8>)> = records.iter().zip([3, 1, 2]).map(|((_, content), number)| (number, content.clone())).collect();
    lay_out(&path, &[(1, 200), (2, 0), (0, 0)], &numbered, 0);
    assert!(refused(&path).contains("pct.shx: gives the records in another order"), "{}", refused(&path));
    // Without the .shx there is no telling.
    lay_out(&path, &[(0, 0), (1, 56), (2, 0)], &records, 0);
    fs::remove_file(path.with_extension("shx")).unwrap();
    assert!(refused(&path).contains("pct.shp, record 2: has"), "{}", refused(&path));
    // A .shx that overlaps, or whose lengths are not those of the records, is not believed.
    for (at, value) in [(100 + 8 + 3, 51), (100 + 4 + 3, 2), (100 + 8 + 2, 0xff)] {
        lay_out(&path, &[(0, 0), (1, 56), (2, 0)], &records, 0);
        patch(&path, "shx", |shx| shx[at] = value);
        assert!(refused(&path).contains("record"), "{}", refused(&path));
    }
}

#[test]
fn odd_record_numbers_are_read_in_the_order_of_the_file() {
    let (_folder, path) = fixture();
    let plain = read(&path).unwrap().value;
    let records = split(&fs::read(&path).unwrap());
    let numbered = |numbers: [i32; 3]| {
        let records: Vec<(i32, Vec<u8>)> = records.iter().zip(numbers).map(|((_, content), number)| (number, content.clone())).collect();
        lay_out(&path, &[(0, 0), (1, 0), (2, 0)], &records, 0);
    };
    for numbers in [[0, 0, 0], [0, 1, 2], [1, 1, 1], [2, 4, 6], [-1, i32::MAX, 7], [9, 2, 3]] {
        numbered(numbers);
        let layer = read(&path).unwrap();
        assert_eq!((&layer.value.records, &layer.value.shapes), (&plain.records, &plain.shapes), "{numbers:?}");
        assert!(oddities(&layer)[0].1.contains("are numbered otherwise than 1, 2, 3 ..."), "{:?}", layer.findings);
    }
    // All the numbers there are, in another order: attributes could be those of other shapes.
    for numbers in [[2, 1, 3], [3, 2, 1], [2, 1, 0]] {
        numbered(numbers);
        assert!(refused(&path).contains("pct.shp, record 1: is numbered"), "{}", refused(&path));
    }
}

#[test]
fn long_null_shapes_padded_rows_and_memo_fields_are_read() {
    let (_folder, path) = fixture();
    let plain = read(&path).unwrap().value;
    let mut records = split(&fs::read(&path).unwrap());
    records[1].1.extend([7; 16]);
    lay_out(&path, &[(0, 0), (1, 0), (2, 0)], &records, 0);
    let layer = read(&path).unwrap();
    assert_eq!(layer.value.shapes, plain.shapes);
    assert_eq!(oddities(&layer), [("DQ-25", "1 null shapes are longer than 4 bytes, record 2 first")]);
    // A .shx that says 4 bytes all the same; and one that says anything else.
    patch(&path, "shx", |shx| shx[100 + 8 + 7] = 2);
    let layer = read(&path).unwrap();
    assert_eq!((layer.value.shapes.records(), layer.findings.len()), (3, 1));
    patch(&path, "shx", |shx| shx[100 + 8 + 7] = 4);
    assert!(refused(&path).contains("pct.shx, record 2: has offset"), "{}", refused(&path));

    let (_folder, path) = fixture();
    patch(&path, "dbf", |dbf| {
        let from = 32 + 4 * 32 + 1;
        let rows: Vec<u8> = dbf[from..from + 3 * 61].chunks(61).flat_map(|row| [row, b" "].concat()).collect();
        dbf.splice(from..from + 3 * 61, rows);
        dbf[10] = 62;
    });
    let layer = read(&path).unwrap();
    assert_eq!(layer.value.records, plain.records);
    assert_eq!(oddities(&layer), [("DQ-25", "records are 62 bytes long and their fields 61")]);

    for (kind, says) in
        [(b'M', "the field is of type M and has its content in another file"), (b'I', "the field is of type I and holds numbers as bytes")]
    {
        let (_folder, path) = fixture();
        patch(&path, "dbf", |dbf| dbf[64 + 11] = kind);
        let layer = read(&path).unwrap();
        assert_eq!(layer.value.fields, ["CODE", "POP", "SHARE"]);
        assert_eq!(layer.value.records[0].cells, cells(["E16000001", "53012", "-0.125"]));
        assert_eq!(
            (oddities(&layer), layer.findings[0].field.as_deref(), layer.findings[0].action),
            (vec![("DQ-25", says)], Some("NAME"), "left out")
        );
    }
}

#[test]
fn the_grid_is_known_by_its_parameters() {
    let (_folder, path) = fixture();
    fs::write(path.with_extension("prj"), BRITISH_NATIONAL_GRID_WKT.replace("D_OSGB_1936", "Ordnance Survey Great Brit")).unwrap();
    let layer = read(&path).unwrap();
    let says = "the datum is called \"Ordnance Survey Great Brit\", and ellipsoid and projection are those of British National Grid";
    assert_eq!(oddities(&layer), [("DQ-25", says)]);
    assert_eq!(layer.findings[0].file.as_deref(), path.with_extension("prj").to_str());
}

#[test]
fn text_is_decoded_as_declared_or_the_assumption_is_a_finding() {
    let latin = |path: &Path| {
        patch(path, "dbf", |dbf| {
            let at = dbf.windows(3).position(|bytes| bytes == "ô".as_bytes().iter().chain(b"n").copied().collect::<Vec<_>>()).unwrap();
            // "Môn " in UTF-8 is 5 bytes, in Latin-1 4: pad by a space.
            dbf.splice(at..at + 3, [0xf4, b'n', b' ']);
        });
    };
    for label in ["LATIN1", "ANSI 1252", "windows-1252", "1252", "ISO-8859-1", "88591", "ISO 8859-1\r\n"] {
        let (_folder, path) = fixture();
        latin(&path);
        fs::write(path.with_extension("cpg"), label).unwrap();
        let layer = read(&path).unwrap();
        assert_eq!(layer.value.records[0].cells[1].as_deref(), Some("Ynys Môn"), "{label}");
        assert_eq!((layer.value.encoding, layer.findings), (("windows-1252".to_owned(), true), vec![]));
    }
    for label in ["UTF8", "UTF-8", "utf-8", "65001"] {
        let (_folder, path) = fixture();
        fs::write(path.with_extension("cpg"), label).unwrap();
        assert_eq!(read(&path).unwrap().value.records[0].cells[1].as_deref(), Some("Ynys Môn"), "{label}");
    }
    // Declared UTF-8, but is not: the record and field are named.
    let (_folder, path) = fixture();
    latin(&path);
    let message = refused(&path);
    assert!(message.contains("pct.dbf, record 1, field NAME: holds \"Ynys M\\xf4n"), "{message}");
    assert!(message.contains("pct.cpg says UTF-8 and the text is not that: write the encoding that it is in into pct.cpg"), "{message}");
    assert!(message.contains("in windows-1252 it would be \"Ynys Môn\""), "{message}");
    // Nothing declared: UTF-8 if it is that, else windows-1252 with a finding.
    fs::remove_file(path.with_extension("cpg")).unwrap();
    let layer = read(&path).unwrap();
    assert_eq!(layer.value.records[0].cells[1].as_deref(), Some("Ynys Môn"));
    assert_eq!(layer.value.encoding, ("windows-1252".to_owned(), false));
    assert_eq!(layer.findings.iter().map(|finding| finding.id).collect::<Vec<_>>(), ["DQ-12"]);
    assert_eq!(layer.findings[0].file.as_deref(), path.with_extension("dbf").to_str());
    // The language driver byte declares it: DOS page 850, where 0x93 is ô.
    patch(&path, "dbf", |dbf| {
        dbf[29] = 0x02;
        let at = dbf.iter().position(|byte| *byte == 0xf4).unwrap();
        dbf[at] = 0x93;
    });
    let layer = read(&path).unwrap();
    assert_eq!(layer.value.records[0].cells[1].as_deref(), Some("Ynys Môn"));
    assert_eq!((layer.value.encoding, layer.findings), (("cp850".to_owned(), true), vec![]));
    let (_folder, path) = fixture();
    fs::remove_file(path.with_extension("cpg")).unwrap();
    let layer = read(&path).unwrap();
    assert_eq!(layer.value.records[0].cells[1].as_deref(), Some("Ynys Môn"));
    assert_eq!((layer.value.encoding, layer.findings), (("UTF-8".to_owned(), false), vec![]));
    fs::write(path.with_extension("cpg"), "klingon").unwrap();
    assert!(refused(&path).contains("pct.cpg: names the encoding \"klingon\""));
    // Declared Latin-1, but plainly UTF-8: read as declared, and said.
    fs::write(path.with_extension("cpg"), "LATIN1").unwrap();
    assert_eq!(read(&path).unwrap().findings[0].id, "DQ-12");
}

#[test]
fn overflowed_numbers_are_unknown_and_a_finding() {
    let (_folder, path) = fixture();
    patch(&path, "dbf", |dbf| {
        let at = dbf.windows(9).position(|bytes| bytes == b"    53012").unwrap();
        dbf[at..at + 9].fill(b'*');
    });
    let layer = read(&path).unwrap();
    assert_eq!(layer.value.records[0].cells[2], None);
    let finding = &layer.findings[0];
    assert_eq!((finding.id, finding.field.as_deref(), finding.record, finding.value), ("DQ-07", Some("POP"), Some(1), Some(1.0)));
}

#[test]
fn damage_is_named() {
    type Change = fn(&mut Vec<u8>);
    let cases: [(&str, Change, &str); 15] = [
        ("shp", |b| b[3] = 0, "begins with the file code"),
        ("shp", |b| b[28] = 0, "is of version"),
        ("shp", |b| b[27] += 1, "bytes as its header says"),
        ("shp", |b| b.push(0), "bytes as its header says"),
        ("shp", |b| b[107] += 1, "record 1: has"),
        ("shp", |b| b[104] = 0x7f, "record 1: has"),
        ("shp", |b| b[104] = 0xff, "record 1: has"),
        ("shp", |b| b[108] = 3, "record 1: is of type PolyLine (3), expected Polygon or Null"),
        ("shp", |b| b[108 + 36] = 2, "record 1: has"),
        ("shp", |b| b[108 + 40] = 14, "record 1: has"),
        ("shp", |b| b[108 + 44] = 1, "first ring that does not begin at point 0"),
        ("shp", |b| b[108 + 48] = 200, "record 1: has a ring 1 from point 0 to 200 of 15"),
        ("shp", |b| b[108 + 56..108 + 64].copy_from_slice(&f64::NAN.to_le_bytes()), "record 1: has point 1 of ring 1 at NaN"),
        ("shp", |b| b[108 + 56..108 + 64].copy_from_slice(&1e300f64.to_le_bytes()), "finite coordinates in metres"),
        ("shp", |b| b[108 + 56..108 + 64].copy_from_slice(&f64::INFINITY.to_le_bytes()), "at inf"),
    ];
    for (extension, change, says) in cases {
        let (_folder, path) = fixture();
        patch(&path, extension, change);
        let message = refused(&path);
        assert!(message.contains(says), "expected \"{says}\" in: {message}");
    }
    let cases: [(Change, &str); 8] = [
        (|b| b[0] = 0x02, "is of version 0x02"),
        (|b| b[4] = 4, "holds 3 whole records of 61 bytes, expected 4 as its header says"),
        (|b| b[4] = 2, "bytes after its 2 records, expected an end mark"),
        (|b| b[10] = 60, "pct.dbf: "),
        (|b| b[32 + 11] = b'Z', "field CODE: is of type Z, expected C, N, F, L or D"),
        (|b| b[64..68].copy_from_slice(b"CODE"), "field CODE: there are two fields of this name"),
        (|b| b[32 + 16] = 10, "has fields of 62 bytes in all, expected 61"),
        (|b| b[161] = b'E', "record 1: begins with the byte 69, expected a space (live) or * (deleted)"),
    ];
    for (change, says) in cases {
        let (_folder, path) = fixture();
        patch(&path, "dbf", change);
        let message = refused(&path);
        assert!(message.contains(says), "expected \"{says}\" in: {message}");
    }
}

#[test]
fn every_truncation_is_an_error_and_none_a_panic() {
    let (_folder, path) = fixture();
    for extension in ["shp", "shx", "dbf", "prj"] {
        let whole = fs::read(path.with_extension(extension)).unwrap();
        for length in 0..whole.len() {
            // A .dbf without its end mark is whole.
            if extension == "dbf" && length + 1 == whole.len() {
                continue;
            }
            fs::write(path.with_extension(extension), &whole[..length]).unwrap();
            assert!(read(&path).is_err(), "{length} bytes of .{extension}");
        }
        fs::write(path.with_extension(extension), whole).unwrap();
    }
    let zip = path.with_extension("zip");
    shapefile::write_zip(&zip, &fields(), &records()).unwrap();
    let whole = fs::read(&zip).unwrap();
    for length in 0..whole.len() {
        fs::write(&zip, &whole[..length]).unwrap();
        assert!(read(&zip).is_err(), "{length} bytes of the zip");
    }
}

#[test]
fn one_changed_byte_is_never_a_panic() {
    let (_folder, path) = fixture();
    for extension in ["shp", "dbf", "shx"] {
        let whole = fs::read(path.with_extension(extension)).unwrap();
        for at in 0..whole.len() {
            for value in [0x00, 0x7f, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                fs::write(path.with_extension(extension), bytes).unwrap();
                // Either it is refused, or it is as many records as before.
                if let Ok(layer) = read(&path) {
                    assert_eq!(layer.value.records.len(), 3);
                }
            }
        }
        fs::write(path.with_extension(extension), whole).unwrap();
    }
}

#[test]
fn limits_hold() {
    let (folder, path) = fixture();
    let points = Limits { points: 18, ..Limits::default() };
    let message = shapefile::read(&path, &points).unwrap_err().to_string();
    assert!(message.contains("pct.shp, record 3: has more than 18 points up to here; raise limits.points"), "{message}");
    assert!(shapefile::read(&path, &Limits { points: 19, ..Limits::default() }).is_ok());
    assert!(shapefile::read(&path, &Limits { cells: 11, ..Limits::default() }).unwrap_err().to_string().contains("has 12 cells"));
    assert!(
        shapefile::read(&path, &Limits { expanded_bytes: 200, ..Limits::default() })
            .unwrap_err()
            .to_string()
            .contains("limits.expanded_bytes")
    );
    // A zip bomb: 8 MB of zeros in a few kilobytes.
    let bomb = folder.path().join("bomb.zip");
    zip_of(&bomb, &[("a.shp", &vec![0; 8 << 20]), ("a.dbf", b""), ("a.prj", b"")]);
    assert!(fs::metadata(&bomb).unwrap().len() < 20_000);
    let message = shapefile::read(&bomb, &Limits { expanded_bytes: 1 << 20, ..Limits::default() }).unwrap_err().to_string();
    assert!(message.contains("bomb.zip: holds or expands to more than 1048576 bytes"), "{message}");
}

fn zip_of(path: &Path, members: &[(&str, &[u8])]) {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn zips_are_searched_and_distrusted() {
    let (folder, path) = fixture();
    let part = |extension: &str| fs::read(path.with_extension(extension)).unwrap();
    let (shp, dbf, prj) = (part("shp"), part("dbf"), part("prj"));
    let zip = folder.path().join("many.zip");
    // Nested folders, capitals, and macOS's shadows.
    zip_of(
        &zip,
        &[
            ("data/2011/PCT.shp", &shp),
            ("data/2011/PCT.DBF", &dbf),
            ("data/2011/pct.prj", &prj),
            ("__MACOSX/data/2011/._PCT.shp", b"x"),
            ("readme.txt", b""),
        ],
    );
    assert_eq!(read(&zip).unwrap().value.path, zip.join("data/2011/PCT.shp"));
    zip_of(&zip, &[("a.shp", &shp), ("a.dbf", &dbf), ("a.prj", &prj), ("sub/b.shp", &shp), ("sub/b.dbf", &dbf), ("sub/b.prj", &prj)]);
    let message = refused(&zip);
    assert!(
        message.contains("many.zip: holds 2 shapefiles: a.shp, sub/b.shp, expected one; write")
            && message.contains("many.zip/a.shp to choose one"),
        "{message}"
    );
    assert_eq!(read(zip.join("sub/b.shp")).unwrap().value.records.len(), 3);
    assert!(refused(zip.join("c.shp")).contains("holds no c.shp, expected one of: a.shp, sub/b.shp"));
    zip_of(&zip, &[("a.shp", &shp), ("other/a.dbf", &dbf), ("a.prj", &prj)]);
    assert!(refused(&zip).contains("many.zip/a.shp: a.dbf is missing; put a.dbf into the zip"));
    zip_of(&zip, &[("notes.txt", b"hello")]);
    assert!(refused(&zip).contains("holds no .shp but notes.txt"));
    for name in ["../a.shp", "/etc/a.shp", "x/../../a.shp", "c:/a.shp", "..\\a.shp"] {
        zip_of(&zip, &[("a.shp", &shp), ("a.dbf", &dbf), ("a.prj", &prj), (name, b"")]);
        assert!(refused(&zip).contains("points outside the archive"), "{name}");
    }
    // The flag that says "encrypted", in the local header and in the directory.
    zip_of(&zip, &[("a.shp", &shp), ("a.dbf", &dbf), ("a.prj", &prj)]);
    let mut bytes = fs::read(&zip).unwrap();
    for (magic, offset) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let places: Vec<usize> = bytes.windows(4).enumerate().filter(|(_, w)| w == magic).map(|(at, _)| at).collect();
        assert_eq!(places.len(), 3);
        for at in places {
            bytes[at + offset] |= 1;
        }
    }
    fs::write(&zip, bytes).unwrap();
    assert!(refused(&zip).contains("is encrypted"), "{}", refused(&zip));
    fs::write(&zip, b"no zip").unwrap();
    assert!(refused(&zip).contains("many.zip: is not a zip that can be read"));
    fs::copy(path.with_extension("shp"), &zip).unwrap();
    assert!(refused(&zip).contains("is not a zip that can be read"));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let folder = TempDir::new().unwrap();
    let stem = folder.path().join("x");
    let write = |fields: Vec<WriteField>, rings: Vec<Vec<[f64; 2]>>, cell: &str| match shapefile::write(
        &stem,
        &fields,
        &[WriteRecord { rings, cells: cells([cell]) }],
    ) {
        Ok(()) => String::new(),
        Err(error) => error.to_string(),
    };
    let text = || vec![field("NAME", WriteKind::Text(4))];
    let square = || vec![outer(0.0, 0.0, 1.0)];
    assert_eq!(write(text(), square(), "four"), "");
    assert!(write(text(), square(), "fives").contains("record 1, field NAME: \"fives\" does not fit Text(4)"));
    assert!(write(text(), square(), "Môn!").contains("does not fit"), "5 bytes");
    assert!(write(vec![field("N", WriteKind::Integer(5))], square(), "1.5").contains("does not fit"));
    assert!(write(vec![field("N", WriteKind::Number(5, 1))], square(), "1.25").contains("does not fit"));
    assert!(write(vec![field("ELEVEN_LONG", WriteKind::Integer(5))], square(), "1").contains("cannot be written"));
    assert!(write(text(), vec![vec![[0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]], "a").contains("record 1: ring 0 has 2 points"));
    assert!(write(text(), vec![vec![[0.0, 0.0], [1.0, f64::NAN], [2.0, 0.0]]], "a").contains("coordinates 1, NaN"));
}

#[test]
fn real_files_have_the_counts_of_their_readme() {
    // (file, features, vertices, fields)
    let files: [(&str, usize, usize, &[&str]); 8] = [
        ("england-2011/PCT_APR_2011_EN_BGC_derived.zip", 151, 172_739, &["PCT11CD", "PCT11NM", "POP"]),
        ("england-2011/CTYUA_DEC_2011_EN_BGC.zip", 152, 169_560, &["CTYUA11CD", "CTYUA11NM", "POP"]),
        ("england-2011/LAD_DEC_2011_EN_BGC.zip", 326, 240_227, &["LAD11CD", "LAD11NM", "POP"]),
        ("england-2011/OA_DEC_2011_EN_BGC.zip", 171_372, 3_960_000, &["OA11CD", "LAD11CD", "PCT11CD", "POP11"]),
        ("ccg-2019-2020/CCG_APR_2019_EN_BGC_dissolved.zip", 191, 198_060, &["CCG19CD", "CCG19NM", "POP"]),
        ("ccg-2019-2020/CCG_APR_2020_EN_BGC_dissolved.zip", 135, 173_073, &["CCG20CD", "CCG20NM", "POP"]),
        ("ccg-2019-2020/UTLA_2019_EN_BGC_dissolved.zip", 151, 169_922, &["UTLA19CD", "UTLA19NM", "POP"]),
        ("dirty/LAD_DEC_2013_EN_topojson_quantised.zip", 326, 210_399, &[]),
    ];
    for (file, features, vertices, fields) in files {
        let Some(path) = real_data(file) else { continue };
        let read = read(&path).unwrap();
        assert_eq!(read.findings, [], "{file}");
        let layer = read.value;
        assert_eq!(layer.records.len(), features, "{file}");
        let counted: usize = (0..features).flat_map(|record| layer.shapes.rings(record)).map(<[_]>::len).sum();
        if features > 100_000 {
            // the README rounds: 3.96 M
            assert_eq!((counted + 5_000) / 10_000 * 10_000, vertices, "{file}: {counted}");
            // Output area populations sum to the census's usual residents.
            let field = layer.require_field("POP11").unwrap();
            let people = layer.records.iter().map(|record| record.cells[field].as_ref().unwrap().parse::<i64>().unwrap());
            assert_eq!(people.sum::<i64>(), 53_012_456);
        } else {
            assert_eq!(counted, vertices, "{file}");
        }
        if !fields.is_empty() {
            assert_eq!(layer.fields, fields, "{file}");
            assert_eq!((layer.clip, layer.resolution_m), (Some(Clip::Coast), Some(20.0)), "{file}");
        }
        assert!(layer.records.iter().all(|record| !record.deleted && record.cells[0].is_some()));
    }
}
