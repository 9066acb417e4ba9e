//! What a tile needs to know of a ring.

use crate::domain::{Bounds, Point};

/// Sides of a window: a bit for each half-plane beside it that a point is in.
#[inline]
fn beside(window: &Bounds, point: Point) -> u8 {
    u8::from(point.x < window.min.x)
        | u8::from(point.x > window.max.x) << 1
        | u8::from(point.y < window.min.y) << 2
        | u8::from(point.y > window.max.y) << 3
}

/// A ring as it looks from a window: stretches of points that are all beyond the same side of it become one straight edge, which stays beyond
/// that side.
///
/// Edges that meet the window are kept as they are, and every point of the window is inside the ring if and only if it was (the stretch and
/// its straight edge can be drawn into each other without leaving the half-plane, so no winding number in the window changes). Empty for a
/// ring that is beyond one side altogether, or has no more than two points left: it winds round nothing.
pub(super) fn thin(ring: &[Point], window: &Bounds) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    let mut at = 0;
    kept.extend(ring.first());
    while at < ring.len() {
        let mut common = beside(window, ring[at]);
        let mut next = at + 1;
        if common != 0 {
            // The last point of the stretch begins the next one.
            while next <= ring.len() {
                let also = common & beside(window, ring[next % ring.len()]);
                if also == 0 {
                    break;
                }
                common = also;
                next += 1;
            }
            next = (next - 1).max(at + 1);
        }
        kept.extend(ring.get(next));
        at = next;
    }
    if kept.len() < 3 { Vec::new() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::overlay::polygons::within;

    fn point((x, y): (i64, i64)) -> Point {
        Point { x, y }
    }

    const WINDOW: Bounds = Bounds { min: Point { x: 0, y: 0 }, max: Point { x: 10, y: 10 } };

    #[test]
    fn what_runs_round_the_window_keeps_its_corners() {
        // A saw all around, far from the window: a point in each half-plane is enough to run round.
        let mut ring = Vec::new();
        ring.extend((0..20).map(|step| (-20 + 2 * step, -20 - step % 2)));
        ring.extend((0..20).map(|step| (20 + step % 2, -20 + 2 * step)));
        ring.extend((0..20).map(|step| (20 - 2 * step, 20 + step % 2)));
        ring.extend((0..20).map(|step| (-20 - step % 2, 20 - 2 * step)));
        let ring: Vec<Point> = ring.into_iter().map(point).collect();
        let thinned = thin(&ring, &WINDOW);
        assert!((3..=8).contains(&thinned.len()), "{thinned:?}");
        assert!(thinned.iter().all(|point| ring.contains(point)));
        for corner in [(0, 0), (10, 0), (10, 10), (0, 10)].map(point) {
            assert!(within(&thinned, corner).is_gt(), "it still runs round {corner:?}: {thinned:?}");
        }
    }

    #[test]
    fn what_stays_beyond_one_side_is_gone_and_what_comes_in_stays() {
        let beyond: Vec<Point> = [(20, 0), (30, 0), (30, 10), (20, 10)].map(point).to_vec();
        assert!(thin(&beyond, &WINDOW).is_empty());
        let entering: Vec<Point> = [(5, 5), (20, 4), (30, 3), (40, 8), (20, 6)].map(point).to_vec();
        assert_eq!(thin(&entering, &WINDOW), [(5, 5), (20, 4), (20, 6)].map(point));
        // An edge between two points outside that goes right through stays.
        let through: Vec<Point> = [(-5, 5), (15, 5), (15, 30), (-5, 30)].map(point).to_vec();
        assert_eq!(thin(&through, &WINDOW), through);
    }
}
