//! Segments under construction, and who owns them.

use std::collections::BTreeMap;

use super::NONE;
use crate::domain::linework::Owner;

/// Segments in the chain of a node; those of a node that more of them start from are in a tree.
const LONGEST: usize = 64;

/// A straight piece between two nodes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    /// End nodes, the smaller first.
    pub ends: [u32; 2],
    /// Two vertices of the edge it is part of, in the direction of `ends`: its exact direction, where `ends` are rounded.
    pub line: [u32; 2],
}

/// The segments under construction: unique by their two nodes, found again through the chain of segments of the smaller node.
#[derive(Default)]
pub(super) struct Segments {
    pub(super) edges: Vec<Segment>,
    /// Head of each segment's owner list.
    pub(super) heads: Vec<u32>,
    /// Next segment with the same smaller node.
    chain: Vec<u32>,
    /// First segment of each node.
    pub(super) first: Vec<u32>,
    /// Segments beyond the chains, by their nodes.
    more: BTreeMap<[u32; 2], u32>,
    /// Owner lists: (owner, next).
    pool: Vec<(Owner, u32)>,
}

impl Segments {
    /// The segment between two nodes, made if it is not there. The second value says whether `from` is its larger end.
    pub(super) fn between(&mut self, from: u32, to: u32, line: [u32; 2]) -> (u32, bool) {
        let reversed = from > to;
        let (low, high, line) = if reversed { (to, from, [line[1], line[0]]) } else { (from, to, line) };
        let mut at = self.first[low as usize];
        let mut length = 0;
        while at != NONE {
            if self.edges[at as usize].ends[1] == high {
                return (at, reversed);
            }
            at = self.chain[at as usize];
            length += 1;
        }
        let is_long = length >= LONGEST;
        if is_long && let Some(found) = self.more.get(&[low, high]) {
            return (*found, reversed);
        }
        let index = self.edges.len() as u32;
        self.edges.push(Segment { ends: [low, high], line });
        self.heads.push(NONE);
        if is_long {
            self.more.insert([low, high], index);
            self.chain.push(NONE);
        } else {
            self.chain.push(self.first[low as usize]);
            self.first[low as usize] = index;
        }
        (index, reversed)
    }

    /// Adds an owner to a segment, its direction told by the segment's ends, or takes its unit away if it is there: what counts is whether it
    /// is there an odd number of times. Returns whether it was taken away.
    pub(super) fn toggle(&mut self, segment: u32, owner: Owner) -> bool {
        let mut before = NONE;
        let mut at = self.heads[segment as usize];
        while at != NONE {
            let (there, next) = self.pool[at as usize];
            if there / 2 == owner / 2 {
                if before == NONE {
                    self.heads[segment as usize] = next;
                } else {
                    self.pool[before as usize].1 = next;
                }
                return true;
            }
            before = at;
            at = next;
        }
        self.pool.push((owner, self.heads[segment as usize]));
        self.heads[segment as usize] = (self.pool.len() - 1) as u32;
        false
    }

    pub(super) fn owners(&self, segment: u32) -> impl Iterator<Item = Owner> + '_ {
        let mut at = self.heads[segment as usize];
        std::iter::from_fn(move || {
            if at == NONE {
                return None;
            }
            let (owner, next) = self.pool[at as usize];
            at = next;
            Some(owner)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segments_of_a_hub_are_found_again() {
        let mut segments = Segments { first: vec![NONE; 1_000], ..Segments::default() };
        let made: Vec<(u32, bool)> = (1..1_000).map(|far| segments.between(far, 0, [far, 0])).collect();
        assert_eq!(made, (0..999).map(|index| (index, true)).collect::<Vec<_>>());
        assert_eq!(
            (1..1_000).map(|far| segments.between(0, far, [0, far])).collect::<Vec<_>>(),
            (0..999).map(|index| (index, false)).collect::<Vec<_>>()
        );
        assert_eq!((segments.edges.len(), segments.more.len()), (999, 999 - LONGEST));
    }
}
