//! Every pound in, and where it went.

use std::ops::Range;
use std::sync::Arc;

use super::apportion::{Apportioned, Partner, layer_of};
use super::groups::Groups;
use super::line::BudgetLine;
use super::waves::all_in_order;
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

impl Reconciled {
    /// Pence in less pence out; 0 or nothing is published.
    pub fn difference(&self) -> i128 {
        self.stated.saturating_sub(self.partners).saturating_sub(self.outside).saturating_sub(self.unallocated)
    }
}

/// Reconciles the lines of each side of an alignment with their parts, by budget, service and year, with one proof for all rows of a side.
///
/// Rows are in the order in which their first lines are.
pub fn reconcile(lines: &[BudgetLine], apportioned: &[Apportioned], alignment: &Alignment) -> (Vec<Reconciled>, Vec<Proof>) {
    let groups = Groups::new(lines);
    let stated = stated(lines, &groups);
    let (mut all, mut proofs) = (Vec::new(), Vec::new());
    for result in apportioned {
        let layer = layer_of(alignment, result.side);
        let went = went(&groups, result);
        let rows = groups.all.iter().zip(stated.iter().zip(went)).filter(|(group, _)| *group.layer == *layer);
        let rows: Vec<Reconciled> = rows
            .map(|(group, (stated, [partners, outside, unallocated]))| Reconciled {
                alignment: result.alignment.clone(),
                side: result.side,
                budget: Arc::clone(&group.budget),
                service: group.service.clone(),
                fiscal_year: group.fiscal_year.clone(),
                lines: stated.lines,
                unknown: stated.unknown,
                stated: stated.pence,
                partners,
                outside,
                unallocated,
            })
            .collect();
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

/// What the lines of a group say.
#[derive(Debug, Default, Clone, Copy)]
struct Stated {
    lines: u64,
    unknown: u64,
    pence: i128,
}

/// What lines say, by group.
fn stated(lines: &[BudgetLine], groups: &Groups) -> Vec<Stated> {
    by_group(
        groups,
        lines.len(),
        |range, sums: &mut [Stated]| {
            for (index, line) in range.clone().zip(lines.get(range).unwrap_or(&[])) {
                let Some(sum) = groups.of(index).and_then(|group| sums.get_mut(group)) else { continue };
                sum.lines = sum.lines.saturating_add(1);
                match line.amount {
                    Some(Pence(pence)) => sum.pence = sum.pence.saturating_add(i128::from(pence)),
                    None => sum.unknown = sum.unknown.saturating_add(1),
                }
            }
        },
        |sum: &mut Stated, part: Stated| {
            sum.lines = sum.lines.saturating_add(part.lines);
            sum.unknown = sum.unknown.saturating_add(part.unknown);
            sum.pence = sum.pence.saturating_add(part.pence);
        },
    )
}

/// Where parts went, by the group of their line: partners, outside, unallocated.
fn went(groups: &Groups, result: &Apportioned) -> Vec<[i128; 3]> {
    by_group(
        groups,
        result.len(),
        |range, sums: &mut [[i128; 3]]| {
            for (piece, line, Pence(pence)) in result.kept(range) {
                let Some([partners, outside, unallocated]) = groups.of(line).and_then(|group| sums.get_mut(group)) else { continue };
                let sum = match result.piece(piece) {
                    Some((_, Partner::Body(_))) => partners,
                    Some((_, Partner::Outside)) => outside,
                    Some((_, Partner::Unallocated)) | None => unallocated,
                };
                *sum = sum.saturating_add(i128::from(pence));
            }
        },
        |sum: &mut [i128; 3], part: [i128; 3]| {
            for (sum, part) in sum.iter_mut().zip(part) {
                *sum = sum.saturating_add(part);
            }
        },
    )
}

/// Sums by group, added up range by range.
fn by_group<T: Default + Clone + Send>(
    groups: &Groups,
    length: usize,
    add: impl Fn(Range<usize>, &mut [T]) + Sync,
    merge: impl Fn(&mut T, T),
) -> Vec<T> {
    let mut sums = vec![T::default(); groups.all.len()];
    all_in_order(
        length,
        |range| {
            let mut part = vec![T::default(); groups.all.len()];
            add(range, &mut part);
            part
        },
        |part| sums.iter_mut().zip(part).for_each(|(sum, part)| merge(sum, part)),
    );
    sums
}
