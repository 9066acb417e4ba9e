//! Initiatives that were there before the groups: fundholders, total purchasers, PMS pilots and locality commissioning groups, each practice in
//! its PCG; and a health action zone, which is an area.

use super::country::Country;
use super::joint::Told;
use super::places::Kind;
use super::sheet::{File, Sheet};
use crate::error::Result;

/// Tables of practices by kind of scheme; all end on 31 March 2001, before the trusts of 2002 that have some of the PCGs' codes.
pub(super) const TABLES: [&str; 4] = ["fundholders.csv", "total_purchasers.csv", "pms_pilots.csv", "locality_groups.csv"];

/// Practice, group, name of the group, list, PCG.
type Practice<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// A consortium of fundholders in two PCGs, a PCG with an initiative of each kind, and PCGs with one or two of their own: BND-13 for the first
/// three and nobody else.
pub(super) fn files(told: &Told) -> Result<Vec<File>> {
    let (one, other, many, few) = (&told.overrun.0, &told.outlived.0, &told.fragmented.0, &told.earmarked.0);
    let rows: [&[Practice<'_>]; 4] = [
        &[
            ("FH001", "ridge", "Ridge Consortium", "7200", one),
            ("FH002", "ridge", "Ridge Consortium", "5100", one),
            ("FH003", "ridge", "Ridge Consortium", "6400", other),
            ("FH004", "mill", "Mill Lane Fundholders", "8800", many),
            ("FH005", "quay", "Quay Fundholders", "", few),
        ],
        &[
            ("TP001", "vale", "Vale Total Purchasing Project", "31000", many),
            ("TP002", "bay", "Bay Total Purchasing Project", "27500", few),
        ],
        &[("PM001", "first", "First Wave Pilot", "4300", many), ("PM002", "second", "Second Wave Pilot", "3900", many)],
        &[
            ("LC001", "east", "East Side Locality Commissioning Group", "9100", many),
            ("LC002", "east", "East Side Locality Commissioning Group", "8200", many),
            ("LC003", "hill", "Hill Locality Commissioning Group", "6600", other),
        ],
    ];
    let sheet = |(path, rows): (&'static str, &[Practice<'_>])| {
        let mut sheet = Sheet::new(path, &["practice", "group", "group_name", "list_size", "PCG99CD"]);
        for (practice, group, name, list, body) in rows {
            sheet.row(&[practice, group, name, list, body]);
        }
        sheet.file()
    };
    TABLES.into_iter().zip(rows).map(sheet).collect()
}

/// The health action zone, block by block: the PCG that has an initiative of each kind. Blocks outside it name no zone.
pub(super) fn zone(country: &Country, told: &Told) -> Result<File> {
    let mut sheet = Sheet::new("health_action_zone.csv", &["BLK99CD", "HAZ99CD", "HAZ99NM"]);
    for block in &country.blocks {
        let pcg = block.body(Kind::Pcg1999).and_then(|body| country.bodies(Kind::Pcg1999).get(body));
        let inside = pcg.is_some_and(|pcg| pcg.code == told.fragmented.0);
        sheet.row(&if inside {
            [block.code.as_str(), "HAZ01", "Four Districts Health Action Zone"]
        } else {
            [block.code.as_str(), "", ""]
        });
    }
    sheet.file()
}
