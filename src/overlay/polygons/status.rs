//! What a sweep line meets, from south to north: a search tree that is balanced by chance (a treap), with every entry at hand to be taken out.
//!
//! Source: Raimund Seidel and Cecilia R. Aragon, "Randomized search trees", Algorithmica 16, 1996.

use std::cmp::Ordering;

use crate::domain::Point;
use crate::overlay::exact;

/// No entry.
pub(super) const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Entry {
    edge: u32,
    label: u32,
    parent: u32,
    /// South of it and north of it.
    children: [u32; 2],
}

/// Edges in their order, each with a label.
#[derive(Debug, Default)]
pub(super) struct Status {
    entries: Vec<Entry>,
    free: Vec<u32>,
    root: Option<u32>,
}

impl Status {
    /// How high an entry stands in the tree: as good as random, and the same every time.
    fn height(entry: u32) -> u64 {
        // The finalizer of splitmix64.
        let mut bits = u64::from(entry).wrapping_add(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Puts an edge in its place, with the label that `label` makes of that of the entry to the south of it, and returns its entry. `order` says
    /// how the new edge stands to another.
    pub fn insert(&mut self, edge: u32, order: impl Fn(u32) -> Ordering, label: impl FnOnce(Option<u32>) -> u32) -> u32 {
        let (mut parent, mut side, mut south) = (NONE, 0, None);
        let mut at = self.root.unwrap_or(NONE);
        while at != NONE {
            let entry = &self.entries[at as usize];
            parent = at;
            if order(entry.edge).is_gt() {
                south = Some(entry.label);
                side = 1;
            } else {
                side = 0;
            }
            at = entry.children[side];
        }
        let entry = Entry { edge, label: label(south), parent, children: [NONE; 2] };
        let number = match self.free.pop() {
            Some(number) => {
                self.entries[number as usize] = entry;
                number
            }
            None => {
                self.entries.push(entry);
                self.entries.len() as u32 - 1
            }
        };
        if parent == NONE {
            self.root = Some(number);
        } else {
            self.entries[parent as usize].children[side] = number;
        }
        while let parent = self.entries[number as usize].parent
            && parent != NONE
            && Self::height(parent) < Self::height(number)
        {
            self.lift(number);
        }
        number
    }

    /// Takes an entry out.
    pub fn remove(&mut self, number: u32) {
        // Down to where it has no children, the higher one of them taking its place.
        loop {
            let higher = match self.entries[number as usize].children {
                [NONE, NONE] => break,
                [one, NONE] | [NONE, one] => one,
                [one, other] => {
                    if Self::height(one) > Self::height(other) {
                        one
                    } else {
                        other
                    }
                }
            };
            self.lift(higher);
        }
        let parent = self.entries[number as usize].parent;
        self.hang(parent, number, NONE);
        self.free.push(number);
    }

    /// Turns an entry and its parent, so that it stands above it.
    fn lift(&mut self, number: u32) {
        let parent = self.entries[number as usize].parent;
        let above = self.entries[parent as usize].parent;
        let side = usize::from(self.entries[parent as usize].children[1] == number);
        let between = self.entries[number as usize].children[1 - side];
        self.entries[parent as usize].children[side] = between;
        if between != NONE {
            self.entries[between as usize].parent = parent;
        }
        self.entries[number as usize].children[1 - side] = parent;
        self.entries[parent as usize].parent = number;
        self.hang(above, parent, number);
    }

    /// Puts one entry, or none, in the place of another below a parent.
    fn hang(&mut self, parent: u32, was: u32, is: u32) {
        if parent == NONE {
            self.root = (is != NONE).then_some(is);
        } else {
            let children = &mut self.entries[parent as usize].children;
            children[usize::from(children[1] == was)] = is;
        }
        if is != NONE {
            self.entries[is as usize].parent = parent;
        }
    }
}

/// How two edges that do not cross, each from its western end to its eastern one, stand to each other where a line from south to north meets
/// both: `Greater` = the first is north of the second, `Equal` = they lie on one another. None of the two stands upright.
pub(super) fn order((a, b): (Point, Point), (c, d): (Point, Point)) -> Ordering {
    let first = if a.x >= c.x { exact::side(c, d, a) } else { exact::side(a, b, c).reverse() };
    let last = if b.x <= d.x { exact::side(c, d, b) } else { exact::side(a, b, d).reverse() };
    // Where both are met first, and where they touch there, last.
    first.then(last)
}

/// The first of a list that are `wanted`; the list goes on after them.
pub(super) fn take<'l, T>(list: &mut &'l [T], wanted: impl Fn(&T) -> bool) -> &'l [T] {
    let count = list.iter().take_while(|one| wanted(one)).count();
    let (first, rest) = list.split_at(count);
    *list = rest;
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_its_order_whatever_comes_and_goes() {
        let mut status = Status::default();
        let mut there: Vec<(u32, u32)> = Vec::new();
        let mut seed = 5u64;
        for round in 0..4_000u32 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let edge = (seed >> 40) as u32 % 1_000;
            if let Some(at) = there.iter().position(|(known, _)| *known == edge) {
                status.remove(there.swap_remove(at).1);
            } else {
                // Its label is how many are south of it, as far as that was told when it came: the edge itself.
                let south = there.iter().map(|(known, _)| *known).filter(|known| *known < edge).max();
                let number = status.insert(
                    edge,
                    |other| edge.cmp(&other),
                    |label| {
                        assert_eq!(label, south, "round {round}");
                        edge
                    },
                );
                there.push((edge, number));
            }
        }
        assert!(there.len() > 100);
        for (_, number) in there {
            status.remove(number);
        }
        status.insert(7, |_| Ordering::Greater, |label| label.map_or(7, |_| panic!("nothing is left")));
    }
}
