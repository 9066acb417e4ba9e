//! Layers as files: zipped shapefiles named and laid out as the ONS ships them, and the lookup of blocks.

use std::path::PathBuf;

use super::country::{Body, Country, Ring};
use super::dissolve::rings;
use super::land::Corner;
use super::places::Kind;
use super::random::mix;
use super::sheet::{Content, File, Sheet};
use crate::error::Result;
use crate::io::shapefile::{WriteField, WriteKind, WriteRecord};

/// Layers that are written as polygons: file stem and the start of its field names.
const POLYGONS: &[(Kind, &str, &str)] = &[
    (Kind::Pcg1999, "PCG_APR_1999_XX_BGC", "PCG99"),
    (Kind::Pct2006, "PCT_OCT_2006_XX_BGC", "PCT06"),
    (Kind::Council1999, "CTYUA_APR_1999_XX_BGC", "CTYUA99"),
    (Kind::Council2006, "CTYUA_APR_2006_XX_BGC", "CTYUA06"),
    (Kind::District1999, "LAD_APR_1999_XX_BGC", "LAD99"),
    (Kind::Authority1999, "HA_APR_1999_XX_BGC", "HA99"),
];

/// Column of each layer in the lookup of blocks.
pub(super) fn lookup_column(kind: Kind) -> &'static str {
    match kind {
        Kind::Pcg1999 => "PCG99CD",
        Kind::Pct2002 => "PCT02CD",
        Kind::Pct2006 => "PCT06CD",
        Kind::Council1999 => "CTYUA99CD",
        Kind::Council2006 => "CTYUA06CD",
        Kind::District1999 => "LAD99CD",
        Kind::Authority1999 => "HA99CD",
    }
}

/// All boundary files and the lookup.
pub(super) fn files(country: &Country) -> Result<Vec<File>> {
    let mut files = vec![blocks(country), lookup(country)?];
    for (kind, stem, field) in POLYGONS {
        let people = country.people(*kind);
        let records = country.bodies(*kind).iter().zip(country.members(*kind)).zip(people);
        let records = records.map(|((body, blocks), people)| record(body, &rings(country, &blocks), people)).collect();
        files.push(polygons(stem, field, records));
    }
    files.push(redrawn(country));
    Ok(files)
}

fn polygons(stem: &str, field: &str, records: Vec<WriteRecord>) -> File {
    let fields = vec![
        WriteField { name: format!("{field}CD"), kind: WriteKind::Text(9) },
        WriteField { name: format!("{field}NM"), kind: WriteKind::Text(60) },
        WriteField { name: "POP".to_owned(), kind: WriteKind::Integer(9) },
    ];
    File { path: PathBuf::from(format!("{stem}.zip")), content: Content::Polygons { fields, records } }
}

fn record(body: &Body, rings: &[Ring], people: i64) -> WriteRecord {
    WriteRecord { rings: shapes(rings), cells: vec![Some(body.code.clone()), Some(body.name.clone()), Some(people.to_string())] }
}

/// Rings as a shapefile has them: the other way round, closed.
fn shapes(rings: &[Ring]) -> Vec<Vec<[f64; 2]>> {
    // Whole metres below 2^20: exact in f64.
    let point = |corner: &(i64, i64)| [corner.0 as f64, corner.1 as f64];
    rings.iter().map(|ring| ring.first().into_iter().chain(ring.iter().rev()).map(point).collect()).collect()
}

fn blocks(country: &Country) -> File {
    let fields = vec![
        WriteField { name: "BLK99CD".to_owned(), kind: WriteKind::Text(9) },
        WriteField { name: "POP99".to_owned(), kind: WriteKind::Integer(7) },
    ];
    let records = country.blocks.iter().map(|block| WriteRecord {
        rings: shapes(&[country.mesh.ring(block.cell)]),
        cells: vec![Some(block.code.clone()), Some(block.people.to_string())],
    });
    File { path: PathBuf::from("BLOCK_APR_1999_XX_BGC.zip"), content: Content::Polygons { fields, records: records.collect() } }
}

fn lookup(country: &Country) -> Result<File> {
    let mut header = vec!["BLK99CD", "POP99"];
    header.extend(Kind::ALL.iter().map(|kind| lookup_column(*kind)));
    header.push("PCT02NM");
    let mut sheet = Sheet::new("block_lookup.csv", &header);
    for block in &country.blocks {
        let people = block.people.to_string();
        let mut cells = vec![block.code.as_str(), people.as_str()];
        let body = |kind: Kind| block.body(kind).and_then(|body| country.bodies(kind).get(body));
        cells.extend(Kind::ALL.iter().map(|kind| body(*kind).map_or("", |body| body.code.as_str())));
        cells.push(body(Kind::Pct2002).map_or("", |body| body.name.as_str()));
        sheet.row(&cells);
    }
    sheet.file()
}

/// Reach of the second survey's errors, metres.
const SURVEY_ERROR: i64 = 6;

/// The councils of 1999 surveyed a second time, "to the extent of the realm": every corner a few metres off, one council reaching into
/// its neighbour, one leaving a gap, one whose ring crosses itself.
fn redrawn(country: &Country) -> File {
    let kind = Kind::Council1999;
    let shaken = |corner: &(i64, i64)| {
        let bits = mix(country.seed ^ mix((corner.0 as u64) << 32 | corner.1 as u64));
        let span = SURVEY_ERROR.unsigned_abs() * 2 + 1;
        let off = |bits: u64| i64::try_from(bits % span).unwrap_or(0) - SURVEY_ERROR;
        (corner.0 + off(bits), corner.1 + off(bits >> 32))
    };
    let people = country.people(kind);
    let members = country.members(kind);
    let (overlapping, gaping, crossing) = flaws(country);
    let mut records = Vec::new();
    for (index, body) in country.bodies(kind).iter().enumerate() {
        let mut blocks = members.get(index).cloned().unwrap_or_default();
        if Some(index) == overlapping {
            blocks.extend(border_block(country, kind, index, false));
        }
        if Some(index) == gaping {
            let left_out = border_block(country, kind, index, true);
            blocks.retain(|block| Some(*block) != left_out);
        }
        let mut rings: Vec<Ring> = rings(country, &blocks).iter().map(|ring| ring.iter().map(shaken).collect()).collect();
        if Some(index) == crossing
            && let Some(ring) = rings.first_mut()
        {
            cross(ring);
        }
        records.push(record(body, &rings, people.get(index).copied().unwrap_or(0)));
    }
    polygons("CTYUA_APR_1999_XX_BFE", "CTYUA99", records)
}

/// Swaps the first two neighbouring points whose swap makes the ring cross itself.
fn cross(ring: &mut Ring) {
    let turn = |p: Corner, q: Corner, r: Corner| ((q.0 - p.0) * (r.1 - p.1) - (q.1 - p.1) * (r.0 - p.0)).signum();
    let crossing = ring.windows(4).position(|points| match points {
        // a-c and b-d cross properly where each separates the ends of the other.
        [a, b, c, d] => turn(*a, *c, *b) * turn(*a, *c, *d) < 0 && turn(*b, *d, *a) * turn(*b, *d, *c) < 0,
        _ => false,
    });
    if let Some(first) = crossing {
        ring.swap(first + 1, first + 2);
    }
}

/// Councils of the second survey with an overlap, a gap and a ring that crosses itself.
pub(super) fn flaws(country: &Country) -> (Option<usize>, Option<usize>, Option<usize>) {
    let told = |story: &str, letter: char| {
        let code = &country.told(Kind::Council1999, story, letter)?.code;
        country.bodies(Kind::Council1999).iter().position(|body| body.code == *code)
    };
    (told("the middle PCG spans", 'A'), told("the inner two", 'A'), told("near miss", 'A'))
}

/// The first block on the border of a council with another council: its own, or the other's.
fn border_block(country: &Country, kind: Kind, body: usize, own: bool) -> Option<usize> {
    country.blocks.iter().enumerate().find_map(|(index, block)| {
        if block.body(kind) != Some(body) {
            return None;
        }
        let neighbours = (0..4).filter_map(|side| country.mesh.across(block.cell, side));
        let foreign = neighbours
            .filter_map(|cell| country.block_of_cell.get(cell).copied().flatten())
            .find(|other| country.blocks.get(*other).and_then(|other| other.body(kind)).is_some_and(|other| other != body))?;
        Some(if own { index } else { foreign })
    })
}
