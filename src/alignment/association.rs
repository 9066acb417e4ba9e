//! Association of two layers as wholes: V-measure and MapCurves.

use crate::domain::{Basis, Relation};

use super::result::Association;
use super::sides::{Weights, share};

/// V-measure, homogeneity, completeness and MapCurves of the two layers on one basis.
///
/// Only what lies in both layers is counted: with `w_ij` the weights of the pairs and `T` their sum, `p_ij = w_ij / T`,
/// `p_i = sum_j p_ij`, `p_j = sum_i p_ij`. The councils are the classes `C` and the NHS bodies the clusters `K` of Rosenberg &
/// Hirschberg (2007, <https://aclanthology.org/D07-1043/>):
///
/// - homogeneity `1 - H(council | health) / H(council) = I / H(council)`: does knowing the NHS body tell you the council?
/// - completeness `1 - H(health | council) / H(health) = I / H(health)`;
/// - V `2 h c / (h + c)`.
///
/// Conventions: a layer of one body (entropy 0) gives 1; homogeneity and completeness both 0 give V 0. All are `None` where the
/// layers share nothing, or people of a pair are unknown. Conditional entropies are summed directly, so that layers that nest give exactly 1.
pub(super) fn association(relation: &Relation, weights: &Weights) -> Association {
    let basis = weights.basis;
    let unknown =
        Association { basis, v_measure: None, homogeneity_health_by_council: None, completeness_health_by_council: None, mapcurves: None };
    // Part of the people say nothing about all of them.
    let Some(cells) = cells(relation, basis) else { return unknown };
    let total: f64 = cells.iter().map(|cell| cell.weight).sum();
    if total.is_nan() || total <= 0.0 {
        return unknown;
    }
    let rows = sums(relation.left.len(), cells.iter().map(|cell| (cell.left, cell.weight)));
    let columns = sums(relation.right.len(), cells.iter().map(|cell| (cell.right, cell.weight)));
    let at = |sums: &[f64], index: usize| sums.get(index).copied().unwrap_or(0.0);
    let (mut council_given_health, mut health_given_council) = (0.0, 0.0);
    let mut row_fit = vec![0.0; rows.len()];
    let mut column_fit = vec![0.0; columns.len()];
    for cell in &cells {
        let (row, column) = (at(&rows, cell.left), at(&columns, cell.right));
        council_given_health += cell.weight / total * (row / cell.weight).log2();
        health_given_council += cell.weight / total * (column / cell.weight).log2();
        let fit = share(cell.weight, row).unwrap_or(0.0) * share(cell.weight, column).unwrap_or(0.0);
        if let Some(slot) = row_fit.get_mut(cell.left) {
            *slot += fit;
        }
        if let Some(slot) = column_fit.get_mut(cell.right) {
            *slot += fit;
        }
    }
    let homogeneity = told(council_given_health, entropy(&columns, total));
    let completeness = told(health_given_council, entropy(&rows, total));
    let sum = homogeneity + completeness;
    let v_measure = if sum > 0.0 { 2.0 * homogeneity * completeness / sum } else { 0.0 };
    let by_health = area_under_curve(present(row_fit, &rows));
    let by_council = area_under_curve(present(column_fit, &columns));
    Association {
        basis,
        v_measure: Some(v_measure),
        homogeneity_health_by_council: Some(homogeneity),
        completeness_health_by_council: Some(completeness),
        mapcurves: by_health.into_iter().chain(by_council).reduce(f64::max),
    }
}

struct Cell {
    left: usize,
    right: usize,
    weight: f64,
}

/// Pairs that hold anything; `None` where it is unknown of one how much.
fn cells(relation: &Relation, basis: Basis) -> Option<Vec<Cell>> {
    let cell =
        |pair: &crate::domain::RelationPair| pair.amounts.weight(basis).map(|weight| Cell { left: pair.left, right: pair.right, weight });
    let mut cells: Vec<Cell> = relation.pairs.iter().map(cell).collect::<Option<_>>()?;
    cells.retain(|cell| cell.weight > 0.0);
    Some(cells)
}

fn sums(bodies: usize, parts: impl Iterator<Item = (usize, f64)>) -> Vec<f64> {
    let mut sums = vec![0.0; bodies];
    for (body, part) in parts {
        if let Some(sum) = sums.get_mut(body) {
            *sum += part;
        }
    }
    sums
}

/// Entropy in bits of the parts of a total; exactly 0 where one part is all.
fn entropy(parts: &[f64], total: f64) -> f64 {
    if parts.iter().filter(|part| **part > 0.0).count() < 2 {
        return 0.0;
    }
    parts.iter().filter(|part| **part > 0.0).map(|part| part / total * (total / part).log2()).sum()
}

/// `1 - conditional / entropy`, 1 where there is nothing to tell. Kept within 0 and 1 against rounding (independent layers).
fn told(conditional: f64, entropy: f64) -> f64 {
    if entropy > 0.0 { (1.0 - conditional / entropy).clamp(0.0, 1.0) } else { 1.0 }
}

/// Goodness of fit of the bodies that share anything with the other layer.
fn present(fit: Vec<f64>, sums: &[f64]) -> Vec<f64> {
    fit.into_iter().zip(sums).filter(|(_, sum)| **sum > 0.0).map(|(fit, _)| fit.min(1.0)).collect()
}

/// The MapCurves score of one map: area under the curve "share of bodies whose goodness of fit is at least x", for x from 0 to 1
/// (Hargrove, Hoffman & Hessburg 2006, doi:10.1007/s10109-006-0025-x).
///
/// The curve is drawn as the R package sabre draws it: `n` bodies sorted by fit `g_1 <= ... <= g_n` stand at shares
/// `1, 1 - 1/(n-1), ..., 0`, joined by straight lines from (0, 1) on. The score of two maps is the larger of the two directions. A
/// map of a single body scores its fit: sabre would add half of what is missing, from a line that no second body ends.
fn area_under_curve(mut fit: Vec<f64>) -> Option<f64> {
    fit.sort_by(f64::total_cmp);
    let first = *fit.first()?;
    let steps = fit.len().saturating_sub(1) as f64;
    let mut area = first;
    for (index, (low, high)) in fit.iter().zip(fit.iter().skip(1)).enumerate() {
        let before = 1.0 - index as f64 / steps;
        let after = 1.0 - index.saturating_add(1) as f64 / steps;
        area += (high - low) * (before + after) / 2.0;
    }
    Some(area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_the_one_sabre_draws() {
        // Two bodies of fit 0.2 and 0.8: a rectangle 0.2 wide, then a triangle from (0.2, 1) to (0.8, 0): 0.2 + 0.6 / 2 = 0.5.
        assert!((area_under_curve(vec![0.8, 0.2]).unwrap_or(-1.0) - 0.5).abs() < 1e-12);
        // Three: 0.1, then 0.1 to 0.5 falling from 1 to 1/2, then 0.5 to 0.6 from 1/2 to 0: 0.1 + 0.4 * 0.75 + 0.1 * 0.25 = 0.425.
        assert!((area_under_curve(vec![0.5, 0.6, 0.1]).unwrap_or(-1.0) - 0.425).abs() < 1e-12);
        assert_eq!(area_under_curve(vec![0.3]), Some(0.3));
        assert_eq!(area_under_curve(vec![]), None);
    }
}
