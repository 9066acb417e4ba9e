//! Points to vertex numbers.

use super::NONE;
use crate::domain::Point;

/// Point to vertex number, in order of first appearance, so that neighbours in a ring are neighbours in memory.
pub(super) struct Vertices {
    pub(super) points: Vec<Point>,
    slots: Vec<u32>,
    mask: usize,
}

impl Vertices {
    pub(super) fn with_capacity(points: usize) -> Self {
        let size = (points.max(8) * 3 / 2).next_power_of_two();
        Self { points: Vec::with_capacity(points), slots: vec![NONE; size], mask: size - 1 }
    }

    pub(super) fn id(&mut self, point: Point) -> u32 {
        let mut slot = Self::slot(point) & self.mask;
        loop {
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
