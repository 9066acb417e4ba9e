//! Declared changes (statutory instruments, the Code History Database) against the map.

use std::collections::BTreeMap;

use crate::Result;
use crate::config::DeclaredSource;
use crate::domain::{Finding, Relation, TextTable};

use super::DeclaredInput;
use super::links::{self, sort};
use super::result::{ChangeType, Declared, Link};

/// One declared change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredRow {
    /// Predecessor's code; `None` where the cell is empty (a new body).
    pub from: Option<String>,
    /// Successor's code; `None` where the cell is empty (a body abolished without a successor).
    pub to: Option<String>,
    /// Stated reason.
    pub reason: Option<String>,
    /// Row as a spreadsheet shows it.
    pub row: u64,
}

/// Reads a table of declared changes, one a row, in file order.
///
/// # Errors
/// [`Error::Input`](crate::Error::Input) if a column named in the config is not in the table.
pub fn declared_rows(table: &TextTable, source: &DeclaredSource) -> Result<Vec<DeclaredRow>> {
    let from = table.require(&source.from)?;
    let to = table.require(&source.to)?;
    let reason = source.reason.as_deref().map(|column| table.require(column)).transpose()?;
    let text = |row: usize, column: usize| table.cell(row, column).map(str::to_owned);
    Ok((0..table.len())
        .map(|row| DeclaredRow {
            from: text(row, from),
            to: text(row, to),
            reason: reason.and_then(|column| text(row, column)),
            row: table.row_number(row),
        })
        .collect())
}

/// Key of a link: (predecessor, successor).
type Ends = (Option<usize>, Option<usize>);

/// Marks every link as agreed or found by the map alone, and adds the links that only the table has.
///
/// A link of the table is matched with the link of the same two bodies, main or minor. Unchanged bodies that the table does not list
/// carry no mark: an order lists what changes. A declared link that the map lacks becomes a row with what the two bodies do share, if
/// that was too little for a link, and with nothing known about people where they do not meet.
///
/// Findings: DQ-04 for a row that names no body or a code that its layer lacks (the row is left out), DQ-11 for a pair declared
/// twice with different reasons (the alphabetically first stands).
pub(super) fn compare(
    rows: &mut Vec<Link>,
    declared: DeclaredInput<'_>,
    relation: &Relation,
    from_layer: &str,
    to_layer: &str,
) -> Vec<Finding> {
    let source = declared.source;
    let file = source.table.path.display().to_string();
    let mut findings = Vec::new();
    let mut stated: BTreeMap<Ends, &DeclaredRow> = BTreeMap::new();
    for row in declared.rows {
        let mut dangling = false;
        let number = i64::try_from(row.row).unwrap_or(i64::MAX);
        let sides = [
            (&row.from, &source.from, from_layer, &relation.left, "predecessor"),
            (&row.to, &source.to, to_layer, &relation.right, "successor"),
        ];
        for (code, column, layer, bodies, what) in sides {
            let Some(code) = code else { continue };
            if bodies.binary_search_by(|body| body.code.as_str().cmp(code)).is_err() {
                dangling = true;
                let detail = format!("the {what} {code} is declared, which layer {layer} does not have");
                findings.push(
                    Finding::new("DQ-04", detail, "row left out of the comparison")
                        .layer(layer)
                        .code(code.clone())
                        .record(number)
                        .file(file.clone())
                        .field(column.clone()),
                );
            }
        }
        if row.from.is_none() && row.to.is_none() {
            dangling = true;
            let detail = "neither a predecessor nor a successor is named";
            findings.push(
                Finding::new("DQ-04", detail, "row left out of the comparison")
                    .layer(from_layer)
                    .record(number)
                    .file(file.clone())
                    .field(source.from.clone()),
            );
        }
        if dangling {
            continue;
        }
        let ends = (
            row.from.as_deref().and_then(|code| relation.position_left(code)),
            row.to.as_deref().and_then(|code| relation.position_right(code)),
        );
        match stated.get(&ends) {
            Some(first) if first.reason != row.reason => {
                // Whichever row comes first in the file: the order of records says nothing.
                let reason = |row: &DeclaredRow| row.reason.clone().map_or((true, String::new()), |reason| (false, reason));
                let (stands, other) = if reason(row) < reason(first) { (row, *first) } else { (*first, row) };
                stated.insert(ends, stands);
                let says = |row: &DeclaredRow| row.reason.as_ref().map_or_else(|| "none".to_owned(), |reason| format!("\"{reason}\""));
                let detail = format!("a change is declared twice, with reason {} and with {}", says(stands), says(other));
                let finding = Finding::new("DQ-11", detail, "the alphabetically first reason stands")
                    .layer(from_layer)
                    .record(i64::try_from(other.row).unwrap_or(i64::MAX))
                    .file(file.clone());
                findings.push(match &row.from {
                    Some(code) => finding.code(code.clone()),
                    None => finding,
                });
            }
            Some(_) => {}
            None => {
                stated.insert(ends, row);
            }
        }
    }
    for link in rows.iter_mut() {
        match stated.remove(&(link.from, link.to)) {
            Some(row) => {
                link.declared = Some(Declared::Agree);
                link.reason.clone_from(&row.reason);
            }
            None if link.kind == ChangeType::Unchanged => {}
            None => link.declared = Some(Declared::GeometricOnly),
        }
    }
    rows.extend(stated.into_iter().map(|(ends, row)| declared_only(ends, row, relation)));
    sort(rows);
    findings
}

/// The row of a link that only the table has.
fn declared_only((from, to): Ends, row: &DeclaredRow, relation: &Relation) -> Link {
    let pair = from.zip(to).and_then(|(left, right)| relation.pair(left, right));
    let (forward_share, backward_share) = pair.map_or((None, None), |pair| links::shares(relation, pair, links::basis(relation)));
    let kind = match (from, to) {
        (Some(_), None) => ChangeType::Abolished,
        (None, Some(_)) => ChangeType::New,
        // Whatever the order meant by it, the map knows of no link: at most a part was transferred.
        _ => ChangeType::TransferredPart,
    };
    Link {
        from,
        to,
        people: pair.and_then(|pair| pair.amounts.people),
        area_m2: pair.map_or(0.0, |pair| pair.amounts.area_m2),
        pence: None,
        forward_share,
        backward_share,
        kind,
        with_transfer: false,
        declared: Some(Declared::DeclaredOnly),
        reason: row.reason.clone(),
    }
}
