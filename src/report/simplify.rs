//! Lines with fewer points that look the same: Visvalingam's method, for all lines of a map at once.
//!
//! Source: Visvalingam and Whyatt 1993, "Line generalisation by repeated elimination of points", doi:10.1179/000870493786962263. A point's
//! weight is the area of the triangle it makes with its neighbours when it is the next to go, and never less than that of points that
//! went before it; one threshold over all lines then keeps the points that show most.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A point on the map's grid.
pub type Spot = (i64, i64);

/// Weight of every point of a line, twice the area in square grid steps; the two ends have the largest weight there is.
pub fn weights(line: &[Spot]) -> Vec<u128> {
    let mut weights = vec![u128::MAX; line.len()];
    let Some(last) = line.len().checked_sub(1) else { return weights };
    let mut before: Vec<usize> = (0..line.len()).map(|at| at.saturating_sub(1)).collect();
    let mut after: Vec<usize> = (0..line.len()).map(|at| at.saturating_add(1).min(last)).collect();
    let mut current = vec![u128::MAX; line.len()];
    let area = |before: usize, at: usize, after: usize| match (line.get(before), line.get(at), line.get(after)) {
        (Some(a), Some(b), Some(c)) => triangle(*a, *b, *c),
        _ => u128::MAX,
    };
    let mut queue = BinaryHeap::new();
    for at in 1..last {
        let weight = area(at.saturating_sub(1), at, at.saturating_add(1));
        set(&mut current, at, weight);
        queue.push(Reverse((weight, at)));
    }
    let mut least = 0u128;
    while let Some(Reverse((weight, at))) = queue.pop() {
        // Pushed again with another weight since, or gone.
        if current.get(at) != Some(&weight) {
            continue;
        }
        least = least.max(weight);
        set(&mut weights, at, least);
        set(&mut current, at, u128::MAX);
        let (Some(&left), Some(&right)) = (before.get(at), after.get(at)) else { continue };
        set(&mut after, left, right);
        set(&mut before, right, left);
        for neighbour in [left, right] {
            if neighbour == 0 || neighbour == last {
                continue;
            }
            if let (Some(&from), Some(&to)) = (before.get(neighbour), after.get(neighbour)) {
                let weight = area(from, neighbour, to);
                set(&mut current, neighbour, weight);
                queue.push(Reverse((weight, neighbour)));
            }
        }
    }
    weights
}

fn set<T>(list: &mut [T], at: usize, value: T) {
    if let Some(slot) = list.get_mut(at) {
        *slot = value;
    }
}

/// Twice the area of a triangle.
fn triangle(a: Spot, b: Spot, c: Spot) -> u128 {
    let along = |from: i64, to: i64| i128::from(to).saturating_sub(i128::from(from));
    let one = along(a.0, b.0).saturating_mul(along(a.1, c.1));
    let other = along(a.1, b.1).saturating_mul(along(a.0, c.0));
    one.saturating_sub(other).unsigned_abs()
}

/// The points of a line that weigh more than `threshold`, and so many of the others, heaviest first, that `inner` stay between its ends.
pub fn thinned(line: &[Spot], weights: &[u128], threshold: u128, inner: usize) -> Vec<Spot> {
    let mut between: Vec<(u128, usize)> =
        weights.iter().enumerate().filter(|(_, weight)| **weight != u128::MAX).map(|(at, weight)| (*weight, at)).collect();
    between.sort_unstable_by_key(|(weight, at)| (Reverse(*weight), *at));
    let spared: Vec<usize> = between.iter().take(inner).map(|(_, at)| *at).collect();
    let kept = line.iter().zip(weights).enumerate().filter(|(at, (_, weight))| **weight > threshold || spared.contains(at));
    kept.map(|(_, (spot, _))| *spot).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_weighs_what_its_triangle_does() {
        // A bump of height 1 over a base of 4 (area 2, doubled 4), then one of height 6 over what is left.
        let line = [(0, 0), (2, 1), (4, 0), (7, 6), (10, 0)];
        let weights = weights(&line);
        assert_eq!(weights.first(), Some(&u128::MAX));
        assert_eq!(weights[1], 4);
        // With (2, 1) gone: (0,0) (4,0) (7,6) is 4 * 6 = 24.
        assert_eq!(weights[2], 24);
        // Then (0,0) (7,6) (10,0) is 60.
        assert_eq!(weights[3], 60);
        assert_eq!(thinned(&line, &weights, 24, 0), [(0, 0), (7, 6), (10, 0)]);
        assert_eq!(thinned(&line, &weights, u128::MAX - 1, 2), [(0, 0), (4, 0), (7, 6), (10, 0)]);
        assert_eq!(thinned(&line, &weights, u128::MAX - 1, 0), [(0, 0), (10, 0)]);
    }

    #[test]
    fn weights_never_fall_in_the_order_points_go() {
        // (1,0) is on the line and goes first with nothing; what stays is a spike.
        let line = [(0, 0), (1, 0), (2, 0), (2, 9), (2, 0), (3, 0)];
        let weights = weights(&line);
        assert_eq!(weights[1], 0);
        assert!(weights.iter().skip(1).take(4).all(|weight| *weight < u128::MAX));
        assert!(super::weights(&[]).is_empty());
        assert_eq!(super::weights(&[(0, 0), (1, 1)]), [u128::MAX; 2]);
    }
}
