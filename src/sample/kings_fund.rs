//! The five sites of the King's Fund project on joint commissioning with primary care (Poxton, King's Fund briefing, box 1; domain.md A3):
//! schematic shapes and invented pounds around real names, each site with the boundary story that the briefing tells of it.

use std::path::{Path, PathBuf};

use super::sheet::{Content, File, Sheet};
use crate::error::Result;
use crate::io::interrupt::Interrupt;
use crate::io::shapefile::{WriteField, WriteKind, WriteRecord};

/// Easting, northing, width, height, kilometres.
type Rectangle = (i64, i64, i64, i64);

/// A body: code, name, rectangles whose union it is. Sites lie 100 km apart, so none touches another.
type Site = (&'static str, &'static str, Rectangle);

/// Blocks: a rectangle in which every square kilometre has this many people, and of them this many are 65 or over.
const BLOCKS: &[(&str, Rectangle, i64, i64)] = &[
    ("DAR", (100, 100, 5, 10), 1600, 240),
    ("GRA", (105, 100, 5, 10), 1800, 270),
    ("RWK", (110, 100, 10, 10), 2000, 300),
    ("WKS", (100, 90, 20, 10), 1700, 255),
    ("EKE", (120, 90, 20, 20), 1500, 300),
    ("SED", (200, 100, 3, 10), 2600, 390),
    ("DUD", (203, 100, 7, 10), 3300, 495),
    ("STH", (300, 100, 10, 10), 1800, 270),
    ("HUY", (310, 100, 4, 10), 1500, 195),
    ("KNO", (314, 100, 6, 10), 1500, 195),
    ("MER", (400, 100, 10, 10), 1800, 252),
    ("SUT", (410, 100, 6, 10), 1700, 272),
    ("SWT", (416, 100, 4, 10), 1700, 272),
    ("WAN", (400, 110, 20, 10), 1300, 156),
    ("TRO", (500, 100, 8, 10), 500, 80),
    ("WWI", (508, 100, 2, 10), 1500, 240),
    ("RWI", (510, 100, 20, 10), 1200, 192),
];

const AUTHORITIES: &[Site] = &[
    ("HA01", "West Kent Health Authority", (100, 90, 20, 20)),
    ("HA02", "East Kent Health Authority", (120, 90, 20, 20)),
    ("HA03", "Dudley Health Authority", (200, 100, 10, 10)),
    ("HA04", "St Helens and Knowsley Health Authority", (300, 100, 20, 10)),
    ("HA05", "Merton, Sutton and Wandsworth Health Authority", (400, 100, 20, 20)),
    ("HA06", "Wiltshire Health Authority", (500, 100, 30, 10)),
];

const LOCALITIES: &[Site] = &[
    ("LO01", "Dartford and Gravesham locality", (100, 100, 10, 10)),
    ("LO02", "Sedgley and Coseley GP Commissioning Group", (200, 100, 3, 10)),
    ("LO03", "Huyton GP Forum", (310, 100, 4, 10)),
    ("LO04", "South West London Total Purchasing Pilot", (410, 100, 6, 10)),
    ("LO05", "Trowbridge Total Purchasing Pilot", (500, 100, 8, 10)),
];

const COUNCILS: &[Site] = &[
    ("CC01", "Kent", (100, 90, 40, 20)),
    ("CC02", "Dudley", (200, 100, 10, 10)),
    ("CC03", "St Helens", (300, 100, 10, 10)),
    ("CC04", "Knowsley", (310, 100, 10, 10)),
    ("CC05", "Merton", (400, 100, 10, 10)),
    ("CC06", "Sutton", (410, 100, 10, 10)),
    ("CC07", "Wandsworth", (400, 110, 20, 10)),
    ("CC08", "Wiltshire", (500, 100, 30, 10)),
];

const DISTRICTS: &[Site] = &[
    ("DC01", "Dartford", (100, 100, 5, 10)),
    ("DC02", "Gravesham", (105, 100, 5, 10)),
    ("DC03", "Other districts of west Kent", (110, 100, 10, 10)),
    ("DC04", "Southern districts of west Kent", (100, 90, 20, 10)),
    ("DC05", "Districts of east Kent", (120, 90, 20, 20)),
    ("DC06", "Dudley", (200, 100, 10, 10)),
    ("DC07", "St Helens", (300, 100, 10, 10)),
    ("DC08", "Knowsley", (310, 100, 10, 10)),
    ("DC09", "Merton", (400, 100, 10, 10)),
    ("DC10", "Sutton", (410, 100, 10, 10)),
    ("DC11", "Wandsworth", (400, 110, 20, 10)),
    ("DC12", "West Wiltshire", (500, 100, 10, 10)),
    ("DC13", "Other districts of Wiltshire", (510, 100, 20, 10)),
];

/// A table: its path, header, rows.
type Rows = (&'static str, &'static [&'static str], &'static [&'static [&'static str]]);

/// Tables with invented figures; the header of each money table says so.
const TABLES: &[Rows] = &[
    (
        "locality_attributes.csv",
        &["code", "parent_ha", "registered"],
        &[
            &["LO01", "HA01", "170000"],
            // Sedgley and Coseley's practices have a tenth more patients than residents: 85,800 to 78,000.
            &["LO02", "HA03", "85800"],
            &["LO03", "HA04", "60000"],
            &["LO04", "HA05", "102000"],
            &["LO05", "HA06", "40000"],
        ],
    ),
    (
        "council_attributes.csv",
        &["code", "tier"],
        &[
            &["CC01", "county"],
            &["CC02", "met_district"],
            &["CC03", "met_district"],
            &["CC04", "met_district"],
            &["CC05", "london_borough"],
            &["CC06", "london_borough"],
            &["CC07", "london_borough"],
            &["CC08", "county"],
        ],
    ),
    (
        "authority_money.csv",
        &["code", "service", "invented_000s", "mechanism", "level"],
        &[
            &["HA01", "older_people", "36000", "mainstream", "strategic"],
            &["HA01", "mental_health", "24000", "mainstream", "strategic"],
            &["HA02", "older_people", "36000", "mainstream", "strategic"],
            &["HA02", "mental_health", "24000", "mainstream", "strategic"],
            &["HA03", "older_people", "18540", "mainstream", "strategic"],
            &["HA03", "mental_health", "12360", "mainstream", "strategic"],
            &["HA04", "older_people", "19800", "mainstream", "strategic"],
            &["HA04", "mental_health", "13200", "mainstream", "strategic"],
            &["HA05", "older_people", "36600", "mainstream", "strategic"],
            &["HA05", "mental_health", "24400", "mainstream", "strategic"],
            &["HA06", "older_people", "18600", "mainstream", "strategic"],
            &["HA06", "mental_health", "12400", "mainstream", "strategic"],
        ],
    ),
    (
        "council_money.csv",
        &["code", "service", "invented_000s", "mechanism", "level"],
        &[
            &["CC01", "older_people", "110000", "mainstream", "strategic"],
            &["CC01", "mental_health", "15000", "mainstream", "strategic"],
            &["CC02", "older_people", "24000", "mainstream", "strategic"],
            &["CC02", "mental_health", "3000", "mainstream", "strategic"],
            &["CC03", "older_people", "14400", "mainstream", "strategic"],
            &["CC03", "mental_health", "1800", "mainstream", "strategic"],
            &["CC04", "older_people", "12000", "mainstream", "strategic"],
            &["CC04", "mental_health", "1500", "mainstream", "strategic"],
            &["CC05", "older_people", "14400", "mainstream", "strategic"],
            &["CC05", "mental_health", "1800", "mainstream", "strategic"],
            &["CC06", "older_people", "13600", "mainstream", "strategic"],
            &["CC06", "mental_health", "1700", "mainstream", "strategic"],
            &["CC07", "older_people", "20800", "mainstream", "strategic"],
            &["CC07", "mental_health", "2600", "mainstream", "strategic"],
            &["CC08", "older_people", "24000", "mainstream", "strategic"],
            &["CC08", "mental_health", "3000", "mainstream", "strategic"],
        ],
    ),
    (
        "agreements.csv",
        &["agreement_id", "health_code", "council_code", "service", "mechanism", "start_date", "end_date", "amount", "level"],
        &[
            // Pilots at practices and a locality purchasing board; no legal pool before the Health Act 1999, so all of it is joint finance.
            &["dartford-pilots", "LO01", "CC01", "older_people", "joint_finance", "1996-04-01", "1999-03-31", "120000", "practice"],
            &["dartford-board", "LO01", "CC01", "mental_health", "joint_finance", "1996-04-01", "1999-03-31", "80000", "locality"],
            &["dudley-practice", "LO02", "CC02", "older_people", "joint_finance", "1996-04-01", "1999-03-31", "60000", "practice"],
            &["huyton-locality", "LO03", "CC04", "mental_health", "joint_finance", "1996-04-01", "1999-03-31", "50000", "locality"],
            &["sutton-practices", "LO04", "CC06", "older_people", "joint_finance", "1996-04-01", "1999-03-31", "70000", "practice"],
            &["lovemead", "LO05", "CC08", "older_people", "joint_finance", "1996-04-01", "1999-03-31", "90000", "practice"],
            &["trowbridge-forum", "LO05", "CC08", "older_people", "joint_investment_plan", "1996-04-01", "1999-03-31", "", "locality"],
        ],
    ),
    (
        "cycles.csv",
        &["side", "code", "year_start", "plan_submit", "budget_set", "horizon_years"],
        &[&["health", "", "04-01", "11-30", "03-20", "5"], &["council", "", "04-01", "02-15", "03-05", "1"]],
    ),
    (
        "governance.csv",
        &[
            "health_code",
            "council_code",
            "board_seat",
            "office",
            "commissioning_subgroup",
            "ssd_member",
            "ssd_consulted_community",
            "ssd_consulted_acute",
            "jc_responsibility",
            "district_seat",
        ],
        &[
            &["LO01", "CC01", "yes", "", "", "", "", "", "shared", "no"],
            &["LO02", "CC02", "yes", "", "", "", "", "", "ha", ""],
            &["LO03", "CC04", "yes", "", "", "", "", "", "shared", ""],
            &["LO04", "CC06", "yes", "", "", "", "", "", "pcgt", ""],
            &["LO05", "CC08", "yes", "", "", "", "", "", "pcgt", "yes"],
        ],
    ),
    (
        "total_purchasers.csv",
        &["practice", "pilot", "pilot_name", "list_size", "locality"],
        &[
            &["TP01", "swl", "South West London TPP", "11000", "LO04"],
            &["TP02", "swl", "South West London TPP", "9000", "LO04"],
            &["TP03", "trowbridge", "Trowbridge TPP", "14000", "LO05"],
            // A practice of the pilot that belongs to no locality of the layer.
            &["TP04", "swl", "South West London TPP", "8000", "LO99"],
        ],
    ),
    (
        "gp_groups.csv",
        &["practice", "easting", "northing", "list_size"],
        &[
            &["GP01", "201000", "101000", "9000"],
            &["GP02", "202500", "109000", "7000"],
            &["GP03", "311000", "105000", "6000"],
            // Its surgery is in the sea between two sites.
            &["GP04", "250000", "105000", "5000"],
        ],
    ),
];

/// Writes the fixture that is kept in data/kings-fund to a folder, which is made if it is not there.
///
/// Guarantee: the same bytes on any machine. People are sums over square kilometres, so that every figure can be had with a pencil.
///
/// # Errors
/// [`Error::Publish`](crate::Error::Publish) if a file cannot be written.
pub fn write_kings_fund(dir: &Path) -> Result<usize> {
    let mut files = vec![blocks()];
    for (stem, field, sites) in [
        ("HA_APR_1998_SCHEMATIC", "HA98", AUTHORITIES),
        ("LOCALITY_APR_1998_SCHEMATIC", "LOC98", LOCALITIES),
        ("CTYUA_APR_1998_SCHEMATIC", "CTYUA98", COUNCILS),
        ("LAD_APR_1998_SCHEMATIC", "LAD98", DISTRICTS),
    ] {
        files.push(layer(stem, field, sites));
    }
    for (path, header, rows) in TABLES {
        let mut sheet = Sheet::new(path, header);
        for row in *rows {
            sheet.row(row);
        }
        files.push(sheet.file()?);
    }
    super::write_files(dir, &files, &Interrupt::default())?;
    Ok(files.len())
}

fn ring((x, y, width, height): Rectangle) -> Vec<[f64; 2]> {
    // Whole kilometres: exact in f64.
    let metres = |km: i64| (km * 1000) as f64;
    let (west, south, east, north) = (metres(x), metres(y), metres(x + width), metres(y + height));
    vec![[west, south], [west, north], [east, north], [east, south], [west, south]]
}

fn blocks() -> File {
    let fields = vec![
        WriteField { name: "BLK98CD".to_owned(), kind: WriteKind::Text(9) },
        WriteField { name: "POP98".to_owned(), kind: WriteKind::Integer(7) },
        WriteField { name: "POP65".to_owned(), kind: WriteKind::Integer(7) },
    ];
    let mut records = Vec::new();
    for (code, (x, y, width, height), people, old) in BLOCKS {
        for column in 0..*width {
            for row in 0..*height {
                records.push(WriteRecord {
                    rings: vec![ring((x + column, y + row, 1, 1))],
                    cells: vec![Some(format!("{code}{column:02}{row:02}")), Some(people.to_string()), Some(old.to_string())],
                });
            }
        }
    }
    File { path: PathBuf::from("BLOCK_APR_1998_SCHEMATIC.zip"), content: Content::Polygons { fields, records } }
}

fn layer(stem: &str, field: &str, sites: &[Site]) -> File {
    let fields = vec![
        WriteField { name: format!("{field}CD"), kind: WriteKind::Text(9) },
        WriteField { name: format!("{field}NM"), kind: WriteKind::Text(60) },
    ];
    let records = sites.iter().map(|(code, name, rectangle)| WriteRecord {
        rings: vec![ring(*rectangle)],
        cells: vec![Some((*code).to_owned()), Some((*name).to_owned())],
    });
    File { path: PathBuf::from(format!("{stem}.zip")), content: Content::Polygons { fields, records: records.collect() } }
}
