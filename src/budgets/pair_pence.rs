//! Money of each pair in the latest year.

use super::apportion::{Apportioned, Partner};
use super::line::BudgetLine;
use crate::alignment::{Alignment, Side};
use crate::domain::Pence;

/// What one side's money in the pairs of an alignment comes to, all services, in the latest fiscal year that the side states.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PairPence {
    /// That year; `None` where the side's lines state none.
    pub fiscal_year: Option<String>,
    /// One a pair of the relation. `None` where the body has no line in that year, or one whose amount or place is unknown: part of a sum is
    /// not the sum.
    pub pence: Vec<Option<Pence>>,
}

/// Money of each pair of an alignment, of its NHS bodies and of its councils. Lines without a year count in the latest.
///
/// `apportioned` is that of both sides of the alignment; parts of other alignments are passed over.
pub fn pair_pence(alignment: &Alignment, lines: &[BudgetLine], apportioned: &[Apportioned]) -> [PairPence; 2] {
    [Side::Health, Side::Council].map(|side| {
        let layer = match side {
            Side::Health => &alignment.health_layer,
            Side::Council => &alignment.council_layer,
        };
        let of_side = || lines.iter().filter(|line| *line.layer == **layer);
        let latest = of_side().filter_map(|line| line.fiscal_year.as_deref()).max();
        let counts = |line: &BudgetLine| *line.layer == **layer && (line.fiscal_year.is_none() || line.fiscal_year.as_deref() == latest);
        let bodies = match side {
            Side::Health => &alignment.relation.left,
            Side::Council => &alignment.relation.right,
        };
        let place = |line: &BudgetLine| {
            let code = line.code.as_deref()?;
            bodies.binary_search_by(|body| body.code.as_str().cmp(code)).ok()
        };
        // Outer: whether the body states anything; inner: whether all of it is known.
        let mut known: Vec<Option<bool>> = vec![None; bodies.len()];
        for line in of_side().filter(|line| counts(line)) {
            if let Some(slot) = place(line).and_then(|body| known.get_mut(body)) {
                *slot = Some(slot.unwrap_or(true) && line.amount.is_some());
            }
        }
        let relation = &alignment.relation;
        let mut sums = vec![0i128; relation.pairs.len()];
        for part in apportioned.iter().filter(|made| made.alignment == alignment.id && made.side == side).flat_map(Apportioned::parts) {
            let Some(line) = lines.get(part.line).filter(|line| counts(line)) else { continue };
            let Some(body) = place(line) else { continue };
            match part.partner {
                Partner::Body(partner) => {
                    let (left, right) = if side == Side::Health { (body, partner) } else { (partner, body) };
                    let pair = relation.pairs.binary_search_by(|pair| (pair.left, pair.right).cmp(&(left, right)));
                    if let Some(sum) = pair.ok().and_then(|pair| sums.get_mut(pair)) {
                        *sum = sum.saturating_add(i128::from(part.amount.0));
                    }
                }
                Partner::Outside => {}
                Partner::Unallocated => {
                    if let Some(slot) = known.get_mut(body) {
                        *slot = Some(false);
                    }
                }
            }
        }
        let pence = relation.pairs.iter().zip(sums).map(|(pair, sum)| {
            let body = if side == Side::Health { pair.left } else { pair.right };
            let stated = known.get(body).copied().flatten() == Some(true);
            if stated { i64::try_from(sum).ok().map(Pence) } else { None }
        });
        PairPence { fiscal_year: latest.map(str::to_owned), pence: pence.collect() }
    })
}
