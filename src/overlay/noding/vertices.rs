//! Points to vertex numbers.

use std::collections::BTreeMap;

use super::NONE;
use crate::domain::Point;

/// Slots that are looked at for a point; where points share more of them, as some can be made to, a tree holds the rest.
const LONGEST: usize = 1024;

/// Point to vertex number, in order of first appearance, so that neighbours in a ring are neighbours in memory.
pub(super) struct Vertices {
    pub(super) points: Vec<Point>,
    slots: Vec<u32>,
    mask: usize,
    more: BTreeMap<Point, u32>,
}

impl Vertices {
    pub(super) fn with_capacity(points: usize) -> Self {
        let size = (points.max(8) * 3 / 2).next_power_of_two();
        Self { points: Vec::with_capacity(points), slots: vec![NONE; size], mask: size - 1, more: BTreeMap::new() }
    }

    pub(super) fn id(&mut self, point: Point) -> u32 {
        let mut slot = Self::slot(point) & self.mask;
        for _ in 0..LONGEST {
            let found = self.slots[slot];
            if found == NONE {
                let id = self.points.len() as u32;
                self.points.push(point);
                self.slots[slot] = id;
                return id;
            }
            if self.points[found as usize] == point {
                return found;
            }
            slot = (slot + 1) & self.mask;
        }
        let points = &mut self.points;
        *self.more.entry(point).or_insert_with(|| {
            points.push(point);
            points.len() as u32 - 1
        })
    }

    #[inline]
    fn slot(point: Point) -> usize {
        // Two odd multipliers and a fold: grid coordinates share their low decimal zeros, so the high bits have to come down.
        let mixed =
            (point.x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (point.y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31);
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (mixed ^ (mixed >> 29)) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_share_a_slot_are_told_apart() {
        let mut vertices = Vertices::with_capacity(16_000);
        // Points of one slot, found by trying.
        let home = Vertices::slot(Point { x: 0, y: 0 }) & vertices.mask;
        let alike: Vec<Point> = (0..60_000_000)
            .map(|x| Point { x, y: 3 })
            .filter(|point| Vertices::slot(*point) & vertices.mask == home)
            .take(LONGEST + 300)
            .collect();
        assert_eq!(alike.len(), LONGEST + 300);
        let first: Vec<u32> = alike.iter().map(|point| vertices.id(*point)).collect();
        assert_eq!(first, (0..first.len() as u32).collect::<Vec<_>>());
        assert_eq!(vertices.more.len(), 300);
        assert_eq!(alike.iter().map(|point| vertices.id(*point)).collect::<Vec<_>>(), first);
        assert!(alike.iter().zip(&vertices.points).all(|(one, other)| one == other));
    }
}
