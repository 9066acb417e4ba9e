//! Workbooks of the old format (.xls), made record by record: few bytes of one can stand for gigabytes in its reader.

use std::io::{Cursor, Write as _};
use std::panic::catch_unwind;

use coterminous::config::Limits;
use coterminous::io::table;

use super::tables::budget;
use super::{Case, hold, published, refused};

fn record(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &u16::try_from(data.len()).unwrap().to_le_bytes(), data].concat()
}

fn at(row: u16, column: u16) -> Vec<u8> {
    [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat()
}

/// A cell that names a shared text.
fn shared(row: u16, column: u16, text: u32) -> Vec<u8> {
    record(0x00fd, &[&at(row, column)[..], &text.to_le_bytes()].concat())
}

fn number(row: u16, column: u16, value: f64) -> Vec<u8> {
    record(0x0203, &[&at(row, column)[..], &value.to_le_bytes()].concat())
}

fn text(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_le_bytes()[..], &[0], text.as_bytes()].concat()
}

/// A formula that came to these eight bytes; its expression makes no sense.
fn formula(row: u16, column: u16, value: [u8; 8]) -> Vec<u8> {
    record(0x0006, &[&at(row, column)[..], &value, &[0; 6], &[3, 0, 0xff, 0xff, 0xff]].concat())
}

/// Header and a row for each body.
fn lines() -> Vec<u8> {
    [shared(0, 0, 0), shared(0, 1, 1), shared(1, 0, 2), number(1, 1, 10.0), shared(2, 0, 3), number(2, 1, 0.1)].concat()
}

const TEXTS: [&str; 4] = ["code", "pounds", "H1", "H2"];

/// A workbook whose sheets, all of them, are this one.
fn named(sheets: usize, texts: &[&str], extra: &[u8], cells: &[u8]) -> Vec<u8> {
    let mut sst = [(texts.len() as u32).to_le_bytes(), (texts.len() as u32).to_le_bytes()].concat();
    texts.iter().for_each(|one| sst.extend(text(one)));
    let bof = |kind: u8| record(0x0809, &[0, 6, kind, 0, 0, 0, 0, 0]);
    let build = |start: u32| {
        let mut stream = bof(5);
        stream.extend(extra);
        for sheet in 0..sheets {
            let name = format!("s{sheet}");
            stream.extend(record(0x0085, &[&start.to_le_bytes()[..], &[0, 0, name.len() as u8, 0], name.as_bytes()].concat()));
        }
        stream.extend(record(0x00fc, &sst));
        stream.extend(record(0x000a, &[]));
        stream
    };
    let start = build(0).len() as u32;
    contained(&[build(start), bof(0x10), cells.to_vec(), record(0x000a, &[])].concat())
}

fn contained(stream: &[u8]) -> Vec<u8> {
    let mut container = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new())).unwrap();
    container.create_stream("/Workbook").unwrap().write_all(stream).unwrap();
    container.flush().unwrap();
    container.into_inner().into_inner()
}

/// A budget of the usual two lines, with all that an old workbook may have.
pub fn usual() -> Vec<u8> {
    let cells = [
        // A sheet of four thousand million rows, as it says.
        record(0x0200, &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0]),
        shared(0, 0, 0),
        shared(0, 1, 1),
        record(0x0204, &[at(0, 2), text("note")].concat()),
        shared(1, 0, 2),
        // 1000 / 100, as a whole number with two decimals.
        record(0x027e, &[&at(1, 1)[..], &((1000i32 << 2) | 3).to_le_bytes()].concat()),
        formula(1, 2, [0, 0, 0, 0, 0, 0, 0xff, 0xff]),
        record(0x0207, &text("joined")),
        // A chart in the sheet, with a cell of its own.
        [record(0x0809, &[0, 6, 0x20, 0, 0, 0, 0, 0]), number(1, 1, 77.0), record(0x000a, &[])].concat(),
        shared(2, 0, 3),
        formula(2, 1, 0.1f64.to_le_bytes()),
        formula(2, 2, [1, 0, 1, 0, 0, 0, 0xff, 0xff]),
        // 7 and 8 in one record; then an empty text that a formula came to, and an error.
        record(0x00bd, &[&3u16.to_le_bytes()[..], &[1, 0], &[0, 0, 30, 0, 0, 0], &[0, 0, 34, 0, 0, 0], &[2, 0]].concat()),
        formula(4, 0, [3, 0, 0, 0, 0, 0, 0xff, 0xff]),
        formula(5, 1, [2, 0, 0x07, 0, 0, 0, 0xff, 0xff]),
    ];
    named(2, &TEXTS, &[], &cells.concat())
}

/// The same two lines; a row, counted from 0, and columns 5 and 6 are hidden.
pub fn with_hidden_row(row: u16) -> Vec<u8> {
    let flags = |hidden: bool| if hidden { 0x20u8 } else { 0 };
    let rows = (0..3u16).flat_map(|at| record(0x0208, &[&at.to_le_bytes()[..], &[0; 10], &[flags(at == row), 1, 15, 0]].concat()));
    let columns = record(0x007d, &[5, 0, 6, 0, 0, 9, 15, 0, 1, 0, 0, 0]);
    named(1, &TEXTS, &[], &[columns, rows.collect(), lines()].concat())
}

fn read(bytes: &[u8]) -> coterminous::Result<Vec<Vec<Option<String>>>> {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("m.xls");
    std::fs::write(&path, bytes).unwrap();
    let table = table::read(&path, None, &Limits::default())?.value;
    Ok((0..table.len()).map(|row| (0..3).map(|column| table.cell(row, column).map(str::to_owned)).collect()).collect())
}

#[test]
fn an_old_workbook_says_what_it_said() {
    let row = |cells: [&str; 3]| cells.map(|cell| (!cell.is_empty()).then(|| cell.to_owned())).to_vec();
    let expected = vec![row(["H1", "10", "joined"]), row(["H2", "0.1", "true"]), row(["", "7", "8"])];
    let mut told = read(&usual()).unwrap();
    told.retain(|cells| cells.iter().any(Option::is_some));
    assert_eq!(told, expected);
}

#[test]
fn little_that_stands_for_much() {
    let wrong = |name: &'static str, says: &[&'static str], bytes: Vec<u8>| -> Case {
        refused(name, says, move |trial| budget(trial, "m.xls", &bytes))
    };
    let long = "x".repeat(8_000);
    let mut texts = vec!["code", "pounds", "c", "d", "e", "f", "g", "h", "i", "j"];
    texts.push(&long);
    let header: Vec<u8> = (0..10).flat_map(|column| shared(0, column, u32::from(column))).collect();
    let many: Vec<u8> = (1..60_000u16).flat_map(|row| (0..10).flat_map(move |column| shared(row, column, 10))).collect();
    let many = named(1, &texts, &[], &[header, many].concat());
    let tall: Vec<u8> = (1..60_000u16).flat_map(|row| [shared(row, 0, 2), number(row, 1, 0.01)].concat()).collect();
    let header = [shared(0, 0, 0), shared(0, 1, 1)].concat();
    let tall = named(4_000, &TEXTS, &[], &[header.clone(), tall].concat());
    let vast = record(0x0200, &[0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0]);
    let vast = named(1, &TEXTS, &[], &[vast, lines()].concat());
    hold(vec![
        wrong("a text of 8,000 letters in 600,000 cells", &["m.xls", "67108864 bytes of text"], many),
        wrong(
            "a cell in the last corner",
            &["lays out 16777216 cells"],
            named(1, &TEXTS, &[], &[lines(), number(65_535, 255, 1.0)].concat()),
        ),
        wrong("more sheets than anybody has", &["has more than 4096 sheets"], named(5_000, &TEXTS, &[], &lines())),
        published("a sheet of 60,000 rows with 4,000 names", &[], move |trial| budget(trial, "m.xls", &tall)),
        published("a sheet that claims memory for all there is", &[], move |trial| budget(trial, "m.xls", &vast)),
    ]);
}

#[test]
fn records_that_make_no_sense() {
    let wrong = |name: &'static str, says: &[&'static str], cells: Vec<u8>| -> Case {
        let bytes = named(1, &TEXTS, &[], &[lines(), cells].concat());
        refused(name, says, move |trial| budget(trial, "m.xls", &bytes))
    };
    let outside = |name: &'static str, says: &[&'static str], bytes: Vec<u8>| -> Case {
        refused(name, says, move |trial| budget(trial, "m.xls", &bytes))
    };
    let beyond =
        [record(0x0809, &[0, 6, 5, 0, 0, 0, 0, 0]), record(0x0085, &[0xff, 0xff, 0xff, 0x7f, 0, 0, 1, 0, b's']), record(0x000a, &[])];
    hold(vec![
        wrong("two values in one cell", &["m.xls, record 2", "has two values in one cell", "B"], number(1, 1, 11.0)),
        wrong("a text that goes on in another record", &["m.xls, record 4", "longer than one record"], {
            [record(0x0204, &[at(3, 0), text("H1")].concat()), record(0x003c, b"more")].concat()
        }),
        wrong("a text that is not there", &["m.xls", "shared text 99, which is not there"], shared(3, 0, 99)),
        wrong("a text without its formula", &["m.xls", "without its formula"], record(0x0207, &text("H1"))),
        wrong("a cell that is cut off", &["m.xls", "cannot be read"], record(0x0203, &[3, 0])),
        outside("a sheet beyond the file", &["m.xls", "a sheet lies outside"], contained(&beyond.concat())),
        outside("no end", &["m.xls", "has no end"], contained(&beyond[0])),
        outside("nothing in it", &["m.xls", "cannot be read"], contained(&[])),
        outside("encrypted", &["m.xls", "cannot be read"], named(1, &TEXTS, &record(0x002f, &[1, 0, 0, 0]), &lines())),
    ]);
}

#[test]
fn every_truncation_and_every_changed_byte_of_an_old_workbook_is_refused_or_read() {
    let whole = usual();
    let attempt = |bytes: &[u8], what: &str| {
        assert!(catch_unwind(|| drop(read(bytes))).is_ok(), "{what}");
    };
    // Where the container says nothing (its sectors are filled up with it) one in sixteen will do.
    let worth = |at: &usize| whole[*at] != 0 && whole[*at] != 0xff || at.is_multiple_of(16);
    let mut changed = 0;
    for at in (0..whole.len()).filter(worth) {
        attempt(&whole[..at], &format!("cut at {at}"));
        for to in [0, 0xff, whole[at] ^ 1] {
            let mut bytes = whole.clone();
            bytes[at] = to;
            attempt(&bytes, &format!("byte {at} is {to}"));
            changed += 1;
        }
    }
    assert!(changed > 1_000, "{changed}");
}
