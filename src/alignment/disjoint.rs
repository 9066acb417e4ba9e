//! Disjoint sets: which nodes hang together.

/// A forest over nodes `0..n`; the root of a set is its smallest node, so the outcome does not depend on the order of joins.
pub(crate) struct DisjointSets {
    parent: Vec<usize>,
}

impl DisjointSets {
    /// Every node alone.
    pub fn new(nodes: usize) -> Self {
        Self { parent: (0..nodes).collect() }
    }

    /// The smallest node of the set holding `node`; `node` itself if it is out of range.
    pub fn root(&mut self, node: usize) -> usize {
        let mut at = node;
        while let Some(&up) = self.parent.get(at) {
            if up == at {
                break;
            }
            // Halve the path, so that long chains (a coast of bodies each crossing into the next) stay near constant time.
            let above = self.parent.get(up).copied().unwrap_or(up);
            if let Some(slot) = self.parent.get_mut(at) {
                *slot = above;
            }
            at = above;
        }
        at
    }

    /// Puts two sets together.
    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        if let Some(slot) = self.parent.get_mut(high) {
            *slot = low;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_smallest_node_whatever_the_order() {
        let mut sets = DisjointSets::new(6);
        sets.join(5, 3);
        sets.join(4, 5);
        sets.join(1, 4);
        assert_eq!((0..6).map(|n| sets.root(n)).collect::<Vec<_>>(), [0, 1, 2, 1, 1, 1]);
    }

    #[test]
    fn a_long_chain_is_quick() {
        let mut sets = DisjointSets::new(200_000);
        for node in (1..200_000).rev() {
            sets.join(node - 1, node);
        }
        assert_eq!(sets.root(199_999), 0);
    }
}
