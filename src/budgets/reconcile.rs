//! Every pound in, and where it went.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::apportion::{Apportioned, Partner, layer_of};
use super::line::BudgetLine;
use crate::alignment::{Alignment, Side};
use crate::domain::{Pence, Proof};

/// One row of table `reconciliation`: a budget's money for a service and a year, and what its parts come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconciled {
    /// Alignment id.
    pub alignment: String,
    /// Side whose money it is.
    pub side: Side,
    /// Budget.
    pub budget: Arc<str>,
    /// Service.
    pub service: Option<Arc<str>>,
    /// Fiscal year.
    pub fiscal_year: Option<Arc<str>>,
    /// Lines.
    pub lines: u64,
    /// Lines of unknown amount, which have no parts.
    pub unknown: u64,
    /// Pence of the known lines.
    pub stated: i128,
    /// Pence of parts for areas of the other side.
    pub partners: i128,
    /// Pence of parts that no area of the other side covers.
    pub outside: i128,
    /// Pence that no area can be given.
    pub unallocated: i128,
}

/// Budget, service, fiscal year.
type Key = (Arc<str>, Option<Arc<str>>, Option<Arc<str>>);

impl Reconciled {
    /// Pence in less pence out; 0 or nothing is published.
    pub fn difference(&self) -> i128 {
        self.stated - self.partners - self.outside - self.unallocated
    }
}

/// Reconciles the lines of each side of an alignment with their parts, by budget, service and year, with one proof for all rows of a side.
pub fn reconcile(lines: &[BudgetLine], apportioned: &[Apportioned], alignment: &Alignment) -> (Vec<Reconciled>, Vec<Proof>) {
    let (mut all, mut proofs) = (Vec::new(), Vec::new());
    for result in apportioned {
        let mut rows: Vec<Reconciled> = Vec::new();
        let mut places: BTreeMap<Key, usize> = BTreeMap::new();
        let mut place_of: Vec<Option<usize>> = Vec::new();
        let layer = layer_of(alignment, result.side);
        for line in lines {
            if line.layer.as_ref() != layer {
                place_of.push(None);
                continue;
            }
            let key = (Arc::clone(&line.budget), line.service.clone(), line.fiscal_year.clone());
            let place = *places.entry(key).or_insert_with(|| {
                rows.push(Reconciled {
                    alignment: result.alignment.clone(),
                    side: result.side,
                    budget: Arc::clone(&line.budget),
                    service: line.service.clone(),
                    fiscal_year: line.fiscal_year.clone(),
                    lines: 0,
                    unknown: 0,
                    stated: 0,
                    partners: 0,
                    outside: 0,
                    unallocated: 0,
                });
                rows.len() - 1
            });
            if let Some(row) = rows.get_mut(place) {
                row.lines += 1;
                match line.amount {
                    Some(Pence(pence)) => row.stated += i128::from(pence),
                    None => row.unknown += 1,
                }
            }
            place_of.push(Some(place));
        }
        for part in result.parts() {
            let place = place_of.get(part.line).copied().flatten();
            if let Some(row) = place.and_then(|place| rows.get_mut(place)) {
                let sum = match part.partner {
                    Partner::Body(_) => &mut row.partners,
                    Partner::Outside => &mut row.outside,
                    Partner::Unallocated => &mut row.unallocated,
                };
                *sum += i128::from(part.amount.0);
            }
        }
        let apart: i128 = rows.iter().map(|row| row.difference().abs()).sum();
        proofs.push(Proof::exact(
            "every row of table reconciliation adds up: pence apart, over all rows",
            format!("alignment {}, {}", result.alignment, result.side.as_str()),
            0,
            apart,
        ));
        all.extend(rows);
    }
    (all, proofs)
}
