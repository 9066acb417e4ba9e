//! Tables that ship with the program: which service a line of a published return or allocation is.

use super::delimited;
use crate::config::{Limits, TableSource};
use crate::domain::TextTable;
use crate::error::{InputProblem, Result};
use crate::io::Read;

/// Names and contents; [`SHIPPED`](crate::config::SHIPPED) says what each is.
const TABLES: [(&str, &str); 4] = [
    ("ro", include_str!("ro.csv")),
    ("pss-ex1", include_str!("pss-ex1.csv")),
    ("nhs", include_str!("nhs.csv")),
    ("councils", include_str!("councils.csv")),
];

/// Reads a table of the program's own. It has no file, since it belongs to the version of the program, which a run's id is made of.
pub(super) fn read(source: &TableSource, name: &str) -> Result<Read<TextTable>> {
    match TABLES.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => delimited::read(source, text.as_bytes(), Some(b','), &Limits::default()),
        None => {
            let known: Vec<&str> = TABLES.iter().map(|(known, _)| *known).collect();
            Err(InputProblem::new(&source.path, "is not a table of the program", known.join(", "), "name one of these").into())
        }
    }
}
