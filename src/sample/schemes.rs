//! Initiatives that were there before the groups: fundholders, total purchasers, PMS pilots, each practice in its PCG.

use super::joint::Told;
use super::sheet::{File, Sheet};
use crate::error::Result;

/// Tables of practices by kind of scheme; all end on 31 March 2001, before the trusts of 2002 that have some of the PCGs' codes.
pub(super) const TABLES: [&str; 3] = ["fundholders.csv", "total_purchasers.csv", "pms_pilots.csv"];

/// Practice, group, name of the group, list, PCG.
type Practice<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// A consortium of fundholders in two PCGs, a PCG with an initiative of each kind, and PCGs with one or two of their own: BND-13 for the first
/// three and nobody else.
pub(super) fn files(told: &Told) -> Result<Vec<File>> {
    let (one, other, many, few) = (&told.overrun.0, &told.outlived.0, &told.fragmented.0, &told.earmarked.0);
    let rows: [&[Practice<'_>]; 3] = [
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
