//! Lines to partners, to the penny.

use std::collections::BTreeMap;

use super::line::BudgetLine;
use crate::alignment::{Alignment, Side};
use crate::domain::units::largest_remainder;
use crate::domain::{Amounts, Basis, Body, Pence, Proof, Relation};
use crate::error::{Error, Result};

/// Partner code of money that no area can be given: its code is not in the layer, or its body has neither people nor area.
pub const UNALLOCATED: &str = "__unallocated__";

/// Where a part of a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Partner {
    /// Index into the other side's bodies.
    Body(usize),
    /// The part of the body that no area of the other side covers (`__outside__`).
    Outside,
    /// No partner can be known (`__unallocated__`).
    Unallocated,
}

/// One part of one line (table `budget_apportioned`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Index into the lines.
    pub line: usize,
    /// Where it goes.
    pub partner: Partner,
    /// Pence.
    pub amount: Pence,
    /// Share of the body's weight, 0 to 1; `None` where unallocated.
    pub share: Option<f64>,
    /// What was weighed; `None` where unallocated.
    pub weight_basis: Option<Basis>,
}

/// The lines of one side of an alignment, split over their partners.
#[derive(Debug, Clone, PartialEq)]
pub struct Apportioned {
    /// Alignment id.
    pub alignment: String,
    /// Side whose money it is.
    pub side: Side,
    /// Parts in the order of the lines, then partners by code, `__outside__` last.
    pub parts: Vec<Part>,
}

/// What a body is split by.
struct Split {
    partners: Vec<Partner>,
    weights: Vec<i128>,
    total: i128,
    basis: Basis,
}

/// Splits every known line of the alignment's two layers over the partners of its body and `__outside__` (health first, then council).
///
/// Extensive amounts: `b_ij = b_i w_ij / sum_j w_ij` (Goodchild & Lam 1980), weights are the people of the pairs in millionths, or, where
/// the alignment has no people or none live in the body, their area in square millimetres; parts are whole pence by largest remainder,
/// ties to the smaller code, so the parts of a line sum to it exactly. A line whose code is no area of the layer is one part,
/// [`Partner::Unallocated`]. Unknown lines have no part. One proof a budget: pence in equals pence out.
///
/// # Errors
/// [`Error::Proof`] if a line's body is not in the alignment: lines and alignment are of different layers.
pub fn apportion(lines: &[BudgetLine], alignment: &Alignment) -> Result<(Vec<Apportioned>, Vec<Proof>)> {
    let mut results = Vec::new();
    let mut proofs = Vec::new();
    for side in [Side::Health, Side::Council] {
        let layer = layer_of(alignment, side);
        if !lines.iter().any(|line| line.layer.as_ref() == layer) {
            continue;
        }
        let bodies = bodies(&alignment.relation, side);
        let splits = splits(&alignment.relation, side);
        let mut parts = Vec::with_capacity(lines.len());
        let mut sums: BTreeMap<&str, (i128, i128)> = BTreeMap::new();
        for (index, line) in lines.iter().enumerate() {
            let (true, Some(amount)) = (line.layer.as_ref() == layer, line.amount) else {
                continue;
            };
            let from = parts.len();
            match line.body {
                None => parts.push(unallocated(index, amount)),
                Some(body) => {
                    let body = position(bodies, body, line)
                        .ok_or_else(|| broken(line, alignment, "its body is in the alignment", "a body of it", "none"))?;
                    match splits.get(body).and_then(|split| Some((split, largest_remainder(amount.0, &split.weights)?))) {
                        None => parts.push(unallocated(index, amount)),
                        Some((split, pence)) => {
                            for ((partner, weight), pence) in split.partners.iter().zip(&split.weights).zip(pence) {
                                parts.push(Part {
                                    line: index,
                                    partner: *partner,
                                    amount: Pence(pence),
                                    share: Some(*weight as f64 / split.total as f64),
                                    weight_basis: Some(split.basis),
                                });
                            }
                        }
                    }
                }
            }
            let out: i128 = parts.iter().skip(from).map(|part| i128::from(part.amount.0)).sum();
            if out != i128::from(amount.0) {
                return Err(broken(line, alignment, "parts sum to the line", &amount.0.to_string(), &out.to_string()));
            }
            let sum = sums.entry(line.budget.as_ref()).or_default();
            sum.0 += i128::from(amount.0);
            sum.1 += out;
        }
        for (budget, (into, out)) in sums {
            proofs.push(Proof::exact(
                "apportioned parts sum to the budget's known lines, in pence",
                format!("budget {budget}, alignment {}", alignment.id),
                into,
                out,
            ));
        }
        results.push(Apportioned { alignment: alignment.id.clone(), side, parts });
    }
    Ok((results, proofs))
}

/// Layer id of a side.
pub(super) fn layer_of(alignment: &Alignment, side: Side) -> &str {
    match side {
        Side::Health => &alignment.health_layer,
        Side::Council => &alignment.council_layer,
    }
}

/// Bodies of a side.
pub(super) fn bodies(relation: &Relation, side: Side) -> &[Body] {
    match side {
        Side::Health => &relation.left,
        Side::Council => &relation.right,
    }
}

/// Index of a line's body among the relation's bodies, which normally keep the order of the layer.
pub(super) fn position(bodies: &[Body], body: usize, line: &BudgetLine) -> Option<usize> {
    let code = line.code.as_deref()?;
    if bodies.get(body).is_some_and(|candidate| candidate.code == code) {
        return Some(body);
    }
    bodies.binary_search_by(|candidate| candidate.code.as_str().cmp(code)).ok()
}

fn unallocated(line: usize, amount: Pence) -> Part {
    Part { line, partner: Partner::Unallocated, amount, share: None, weight_basis: None }
}

fn broken(line: &BudgetLine, alignment: &Alignment, name: &str, expected: &str, got: &str) -> Error {
    let row = line.source_row.map_or_else(|| "without a row".to_owned(), |row| format!("row {row}"));
    let code = line.code.as_deref().unwrap_or("(blank)");
    Error::Proof {
        subject: format!("budget {}, {row}, code {code}, alignment {}", line.budget, alignment.id),
        name: name.to_owned(),
        expected: expected.to_owned(),
        got: got.to_owned(),
        tolerance: "0".to_owned(),
    }
}

/// What every body of a side is split by, in the order of the bodies.
fn splits(relation: &Relation, side: Side) -> Vec<Split> {
    let mut pieces: Vec<Vec<(Partner, Amounts)>> = bodies(relation, side).iter().map(|_| Vec::new()).collect();
    for pair in &relation.pairs {
        let (own, other) = match side {
            Side::Health => (pair.left, pair.right),
            Side::Council => (pair.right, pair.left),
        };
        if let Some(pieces) = pieces.get_mut(own) {
            pieces.push((Partner::Body(other), pair.amounts));
        }
    }
    let outside = match side {
        Side::Health => &relation.left_outside,
        Side::Council => &relation.right_outside,
    };
    for (pieces, amounts) in pieces.iter_mut().zip(outside) {
        pieces.push((Partner::Outside, *amounts));
    }
    pieces.into_iter().map(|pieces| split(relation.has_people, pieces)).collect()
}

fn split(has_people: bool, mut pieces: Vec<(Partner, Amounts)>) -> Split {
    pieces.sort_by_key(|(partner, _)| *partner);
    let weigh = |basis: Basis| -> Vec<i128> { pieces.iter().map(|(_, amounts)| weight(amounts, basis)).collect() };
    let mut basis = if has_people { Basis::People } else { Basis::Area };
    let mut weights = weigh(basis);
    if basis == Basis::People && weights.iter().all(|weight| *weight == 0) {
        basis = Basis::Area;
        weights = weigh(basis);
    }
    // A partner without weight would be a row of 0 pence: `__outside__` of a body that is covered, or land where nobody lives.
    let (partners, weights): (Vec<Partner>, Vec<i128>) =
        pieces.iter().map(|(partner, _)| *partner).zip(weights).filter(|(_, weight)| *weight > 0).unzip();
    let total = weights.iter().sum();
    Split { partners, weights, total, basis }
}

/// Millionths of people, or square millimetres; whole numbers, so that splitting is exact.
fn weight(amounts: &Amounts, basis: Basis) -> i128 {
    match basis {
        Basis::People => amounts.people.map_or(0, |people| i128::from(people.0)).max(0),
        // An area is at most 2^41 m across, so this fits i128 with room to spare; a float that is not finite becomes 0.
        Basis::Area => (amounts.area_m2 * 1e6).round().max(0.0) as i128,
    }
}
