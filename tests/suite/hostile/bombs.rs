//! Small files that stand for large ones: each is refused for less memory than is promised.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use super::tables::{budget, gzip, row, xlsx};
use super::zips::{layer_and, zip_of, zipped};
use super::{Case, hold, published, refused};

/// One column `code` of texts and one of pounds.
fn file(code: ArrayRef, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let pounds: ArrayRef = Arc::new(Float64Array::from(vec![1.0; code.len()]));
    let batch = RecordBatch::try_from_iter([("code", code), ("pounds", pounds)]).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build())).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// A number as Thrift's compact protocol writes it, in exactly so many bytes.
fn number(value: i64, length: usize) -> Option<Vec<u8>> {
    let mut zigzag = (value << 1) as u64;
    let mut bytes = Vec::new();
    for at in 0..length {
        let more = if at + 1 < length { 0x80 } else { 0 };
        bytes.push((zigzag & 0x7f) as u8 | more);
        zigzag >>= 7;
    }
    (zigzag == 0).then_some(bytes)
}

/// Writes another number over a number wherever it stands in `range`; how often it did.
fn lie(bytes: &mut [u8], range: std::ops::Range<usize>, truth: i64, claim: i64) -> usize {
    let mut lies = 0;
    for length in 1..=9 {
        let (Some(from), Some(to)) = (number(truth, length), number(claim, length)) else { continue };
        if length > 1 && number(truth, length - 1).is_some() {
            continue;
        }
        for at in range.start..range.end.saturating_sub(length) {
            if bytes[at..at + length] == from[..] {
                bytes[at..at + length].copy_from_slice(&to);
                lies += 1;
            }
        }
    }
    lies
}

/// A page of one text of 700 MB whose footer says it has 100 bytes, and whose own header says so too if it is `both`.
fn understated(compression: Compression, both: bool) -> Vec<u8> {
    let code: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(700 << 20)]));
    let mut bytes = file(code, WriterProperties::builder().set_compression(compression).set_dictionary_enabled(false));
    let metadata = ArrowReaderMetadata::load(&bytes::Bytes::from(bytes.clone()), Default::default()).unwrap();
    let (group, length) = (metadata.metadata().row_group(0).clone(), bytes.len());
    let footer = length - 8 - u32::from_le_bytes(bytes[length - 8..length - 4].try_into().unwrap()) as usize;
    let (whole, column) = (group.total_byte_size(), group.column(0).uncompressed_size());
    assert!(lie(&mut bytes, footer..length, whole, 100) > 0 && lie(&mut bytes, footer..length, column, 100) > 0);
    if both {
        // The header of the page is some bytes of the column.
        let pages = (column - 100..column).map(|page| lie(&mut bytes, 4..80, page, 100)).sum::<usize>();
        assert_eq!(pages, 1);
    }
    assert!(bytes.len() < 10_000_000, "{}", bytes.len());
    bytes
}

/// One text of 8 MB, named by 300 rows.
fn one_long_text() -> ArrayRef {
    let values: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(8 << 20)]));
    Arc::new(DictionaryArray::<Int32Type>::try_new(Int32Array::from(vec![0; 300]), values).unwrap())
}

fn parquet_bomb(name: &str, says: &[&'static str], bytes: Vec<u8>) -> Case {
    refused(name, says, move |trial| budget(trial, "m.parquet", &bytes))
}

#[test]
fn parquet_that_bursts() {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(3).unwrap());
    let gzip = Compression::GZIP(GzipLevel::default());
    let plain = || WriterProperties::builder().set_dictionary_enabled(false);
    let prefixes = plain().set_column_encoding(ColumnPath::from("code"), Encoding::DELTA_BYTE_ARRAY).set_compression(zstd);
    let named = WriterProperties::builder().set_dictionary_page_size_limit(1 << 30).set_compression(zstd);
    assert!(one_long_text().len() == 300);
    hold(vec![
        parquet_bomb("a page of gzip that understates its size", &["m.parquet", "inflates to more than it says"], understated(gzip, true)),
        parquet_bomb("a footer that understates a page of gzip", &["m.parquet", "limits.expan"], understated(gzip, false)),
        parquet_bomb("a page of zstd that understates its size", &["m.parquet"], understated(zstd, true)),
        parquet_bomb("a footer that understates a page of zstd", &["m.parquet", "limits.expan"], understated(zstd, false)),
        parquet_bomb("a footer that understates a page of Snappy", &["m.parquet"], {
            // Snappy makes a twentieth of it: 34 MB, which is no small file, so a tenth of that is taken.
            let code: ArrayRef = Arc::new(StringArray::from(vec!["x".repeat(90 << 20)]));
            let mut bytes = file(code, plain().set_compression(Compression::SNAPPY));
            let metadata = ArrowReaderMetadata::load(&bytes::Bytes::from(bytes.clone()), Default::default()).unwrap();
            let (whole, length) = (metadata.metadata().row_group(0).total_byte_size(), bytes.len());
            assert!(lie(&mut bytes, length / 2..length, whole, 100) > 0);
            bytes
        }),
        parquet_bomb("one long entry of a dictionary in 300 rows", &["m.parquet", "limits.expan"], file(one_long_text(), named)),
        parquet_bomb("one long prefix in 300 rows", &["m.parquet", "limits.expan"], file(one_long_text(), prefixes)),
    ]);
}

#[test]
fn workbooks_that_burst() {
    let long = "x".repeat(8 << 20);
    let named: String = (0..16_000).map(|_| r#"<c t="s"><v>0</v></c>"#).collect();
    let errors: String = (2..102)
        .map(|row| {
            format!(
                r#"<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>H{row}</t></is></c>{}</row>"#,
                r#"<c t="e"><v>#N/A</v></c>"#.repeat(16_000)
            )
        })
        .collect();
    let header = row("").split("<row r=\"2\">").next().unwrap().to_owned();
    hold(vec![
        refused("one long text in 16,000 cells of a row", &["m.xlsx", "record 2", "limits.expan"], {
            let bytes = xlsx(&row(&named), &format!("<si><t>{long}</t></si>"));
            move |trial| budget(trial, "m.xlsx", &bytes)
        }),
        refused("one long text in as many rows as there may be", &["m.xlsx", "limits.expan"], {
            let rows: String = (2..9_000).map(|row| format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>"#)).collect();
            let bytes = xlsx(&format!("{header}{rows}"), &format!("<si><t>{long}</t></si>"));
            move |trial| budget(trial, "m.xlsx", &bytes)
        }),
        published("a million and a half cells with errors, told one by one up to a thousand", &["DQ-07"], {
            let bytes = xlsx(&format!("{header}{errors}"), "");
            move |trial| budget(trial, "m.xlsx", &bytes)
        }),
    ]);
}

#[test]
fn archives_that_burst() {
    hold(vec![
        refused("a .csv.gz of one row", &["m.csv.gz", "limits.expan"], |trial| {
            budget(trial, "m.csv.gz", &gzip(&[&b"code,pounds\nH1,"[..], &vec![b'1'; 700 << 20]].concat()));
        }),
        refused("a .csv.gz in many members", &["m.csv.gz", "limits.expan"], |trial| {
            budget(trial, "m.csv.gz", &gzip(&vec![b'\n'; 16 << 20]).repeat(60));
        }),
        refused("a .parquet.gz", &["m.parquet.gz"], |trial| budget(trial, "m.parquet.gz", &gzip(&vec![0; 700 << 20]))),
        refused("a zip whose .dbf bursts", &["h.zip", "limits.expan"], |trial| {
            let bomb = vec![b' '; 700 << 20];
            zipped(trial, &zip_of(&[("h.shp", &trial.bytes("h.shp")), ("h.dbf", &bomb), ("h.prj", &trial.bytes("h.prj"))]));
        }),
        published("a zip with a bomb that nobody reads", &[], |trial| {
            let bomb = vec![b' '; 700 << 20];
            zipped(trial, &layer_and(trial, "h", &[("readme.txt", bomb.as_slice())]));
        }),
    ]);
}
