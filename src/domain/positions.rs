//! Positions by their points.

use super::geometry::Point;

/// A number drawn for a point by its coordinates: its high bits depend on all their digits.
#[inline]
pub fn lot(point: Point) -> u64 {
    // Two odd multipliers: grid coordinates share their low decimal zeros, and only products bring low bits up.
    (point.x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (point.y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f).rotate_left(31)
}

/// A hash of a point: its low half depends on all digits, and on more than the high bits of its [`lot`].
#[inline]
fn hash(point: Point) -> u32 {
    let lot = lot(point);
    ((lot ^ lot >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 29) as u32
}

/// No position. Not zero: memory that is handed out as zeros is copied page by page when it is written to after it was read, with all
/// processors being told.
const FREE: (u32, u32) = (0, u32::MAX);

/// Slots that are looked at for a hash, and positions that are kept of one hash: where more points share slots, or more lines meet in a point, than
/// these, further ones are left out. Points can be made so that they all do; and who misses a position finds what it would have shown by other
/// means, or later. Real points need fewer than a hundred slots.
const LONGEST: usize = 1024;
const MOST: usize = 32;

/// Positions of points by hash, several of one point where lines meet. Points of one hash are not told apart: who asks must look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Positions {
    /// Hash, and position; [`FREE`] where there is none. As many as a power of two, or none at all.
    slots: Vec<(u32, u32)>,
    count: usize,
}

impl Positions {
    /// Room for so many without growing.
    pub fn with_capacity(count: usize) -> Self {
        Self { slots: vec![FREE; Self::slots_for(count)], count: 0 }
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        let slots = Self::slots_for(self.count + more);
        if slots > self.slots.len() {
            self.move_to(vec![FREE; slots]);
        }
    }

    fn slots_for(count: usize) -> usize {
        (count.max(8) * 2).next_power_of_two()
    }

    /// Adds a position, which is below `u32::MAX`; one of its point that is there already is not added again, and one of a point that has many
    /// may be left out.
    pub fn insert(&mut self, point: Point, position: u32) {
        if self.count * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        self.count += usize::from(self.put(hash(point), position));
    }

    /// Puts a position in its slot, unless it is there or there is no room near: whether it was put there.
    #[inline]
    fn put(&mut self, tag: u32, position: u32) -> bool {
        let mask = self.slots.len() - 1;
        let mut slot = spread(tag) & mask;
        let (mut looked, mut same) = (0, 0);
        while self.slots[slot].1 != FREE.1 {
            if self.slots[slot] == (tag, position) {
                return false;
            }
            looked += 1;
            same += usize::from(self.slots[slot].0 == tag);
            if looked == LONGEST || same == MOST {
                return false;
            }
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = (tag, position);
        true
    }

    fn grow(&mut self) {
        self.move_to(vec![FREE; (self.slots.len() * 2).max(16)]);
    }

    fn move_to(&mut self, larger: Vec<(u32, u32)>) {
        for (tag, position) in std::mem::replace(&mut self.slots, larger) {
            if position != FREE.1 {
                self.put(tag, position);
            }
        }
    }

    /// Positions that may be of this point.
    #[inline]
    pub fn of(&self, point: Point) -> impl Iterator<Item = u32> + '_ {
        let mask = self.slots.len().wrapping_sub(1);
        let tag = hash(point);
        let mut slot = spread(tag) & mask;
        let mut left = LONGEST;
        std::iter::from_fn(move || {
            loop {
                left = left.checked_sub(1)?;
                let (other, position) = *self.slots.get(slot)?;
                if position == FREE.1 {
                    return None;
                }
                slot = (slot + 1) & mask;
                if other == tag {
                    return Some(position);
                }
            }
        })
    }
}

#[inline]
fn spread(tag: u32) -> usize {
    (u64::from(tag).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_went_in_is_found_and_little_else() {
        let point = |number: u32| Point { x: i64::from(number % 97) * 100_000, y: i64::from(number / 97) * 100_000 };
        let mut positions = Positions::default();
        assert_eq!(positions.of(point(0)).count(), 0);
        for number in 0..5_000 {
            positions.insert(point(number), number);
            positions.insert(point(number), number);
            positions.insert(point(number), number + 10_000);
        }
        // Room for more, or for what there is room for, changes nothing.
        positions.reserve(10);
        positions.reserve(100_000);
        let mut strangers = 0;
        for number in 0..6_000 {
            let found: Vec<u32> = positions.of(point(number)).collect();
            if number < 5_000 {
                assert!(found.contains(&number) && found.contains(&(number + 10_000)), "{number}");
            }
            strangers += found.iter().filter(|position| *position % 10_000 != number).count();
        }
        assert!(strangers < 10, "{strangers}");
    }

    #[test]
    fn many_positions_of_one_point_take_no_time() {
        // A hub that 300,000 lines start from: by the square of them this would take minutes.
        let hub = Point { x: 7, y: 9 };
        let mut positions = Positions::default();
        for number in 0..300_000 {
            positions.insert(hub, number);
            positions.insert(Point { x: i64::from(number), y: 1 << 40 }, number);
        }
        let found: Vec<u32> = positions.of(hub).collect();
        assert!(found.len() >= MOST && found.contains(&0), "{}", found.len());
        let kept = (0..300_000).filter(|number| positions.of(Point { x: i64::from(*number), y: 1 << 40 }).any(|found| found == *number));
        assert!(kept.count() > 299_000);
    }
}
