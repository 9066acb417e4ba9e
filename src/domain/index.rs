//! Bounding boxes in a packed tree: which blocks of edges may meet.

use rayon::prelude::*;

use super::geometry::Point;

/// A bounding box, its sides included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// South-west corner.
    pub min: Point,
    /// North-east corner.
    pub max: Point,
}

impl Bounds {
    /// The box around two points.
    #[inline]
    pub fn of(a: Point, b: Point) -> Self {
        Self { min: Point { x: a.x.min(b.x), y: a.y.min(b.y) }, max: Point { x: a.x.max(b.x), y: a.y.max(b.y) } }
    }

    /// The box around two boxes.
    #[inline]
    pub fn join(self, other: Self) -> Self {
        Self {
            min: Point { x: self.min.x.min(other.min.x), y: self.min.y.min(other.min.y) },
            max: Point { x: self.max.x.max(other.max.x), y: self.max.y.max(other.max.y) },
        }
    }

    /// Whether the boxes have a point in common.
    #[inline]
    pub fn meets(&self, other: &Self) -> bool {
        // Without branches: which of the four fails is as good as random.
        (self.min.x <= other.max.x) & (other.min.x <= self.max.x) & (self.min.y <= other.max.y) & (other.min.y <= self.max.y)
    }
}

/// Consecutive edges and their bounding box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub bounds: Bounds,
    /// First edge.
    pub start: u32,
    /// Past the last edge.
    pub end: u32,
    /// Directions in which every edge advances, so that the block cannot meet itself: one bit each for east, west, north, south.
    pub advances: u8,
    /// Place along the tree's curve, given by [`Tree::new`].
    pub place: u32,
}

/// Children of a node.
const FAN: usize = 8;

/// Blocks in the order of a space-filling curve, with the boxes of every eight, of every eight of those, and so on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    blocks: Vec<Block>,
    /// Boxes from the lowest level (over blocks) to the root.
    levels: Vec<Vec<Bounds>>,
}

/// A node: its level (0 = a block) and index.
type Node = (usize, usize);

impl Tree {
    /// Packs blocks.
    pub fn new(mut blocks: Vec<Block>) -> Self {
        let Some(all) = blocks.iter().map(|block| block.bounds).reduce(Bounds::join) else { return Self::default() };
        let side = (all.max.x - all.min.x).max(all.max.y - all.min.y).max(1) as u64;
        // The top 16 bits of the place in a square over everything.
        let shift = (64 - side.leading_zeros()).saturating_sub(16);
        for block in &mut blocks {
            let (x, y) = ((block.bounds.min.x - all.min.x) >> shift, (block.bounds.min.y - all.min.y) >> shift);
            block.place = hilbert(x as u32, y as u32);
        }
        // In place: memory that is not touched costs nothing.
        blocks.par_sort_unstable_by_key(|block| (block.place, block.start));
        let mut levels: Vec<Vec<Bounds>> = Vec::new();
        let joined = |boxes: &mut dyn Iterator<Item = Bounds>| boxes.reduce(Bounds::join);
        let mut level: Vec<Bounds> = blocks.chunks(FAN).filter_map(|chunk| joined(&mut chunk.iter().map(|block| block.bounds))).collect();
        loop {
            let last = level.len() <= 1;
            let above = level.chunks(FAN).filter_map(|chunk| joined(&mut chunk.iter().copied())).collect();
            levels.push(std::mem::replace(&mut level, above));
            if last {
                break;
            }
        }
        Self { blocks, levels }
    }

    /// The box around everything; `None` when there is nothing.
    pub fn bounds(&self) -> Option<&Bounds> {
        self.levels.last().and_then(|root| root.first())
    }

    fn of(&self, (level, index): Node) -> &Bounds {
        if level == 0 { &self.blocks[index].bounds } else { &self.levels[level - 1][index] }
    }

    fn root(&self) -> Option<Node> {
        (!self.levels.is_empty()).then_some((self.levels.len(), 0))
    }

    fn children(&self, (level, index): Node) -> std::ops::Range<usize> {
        let below = if level == 1 { self.blocks.len() } else { self.levels[level - 2].len() };
        index * FAN..((index + 1) * FAN).min(below)
    }

    /// Calls `visit` with every pair of different blocks of which the boxes meet, and with every block and itself; gathers what it makes.
    pub fn pairs_within<T: Send + Default>(&self, visit: impl Fn(&Block, &Block, &mut T) + Sync) -> Vec<T> {
        let Some(root) = self.root() else { return Vec::new() };
        self.pairs(self, vec![(root, root)], true, visit)
    }

    /// Calls `visit` with every pair of a block of this tree and one of another of which the boxes meet; gathers what it makes.
    pub fn pairs_across<T: Send + Default>(&self, other: &Self, visit: impl Fn(&Block, &Block, &mut T) + Sync) -> Vec<T> {
        let (Some(root), Some(others)) = (self.root(), other.root()) else { return Vec::new() };
        self.pairs(other, vec![(root, others)], false, visit)
    }

    fn pairs<T: Send + Default>(
        &self,
        other: &Self,
        mut open: Vec<(Node, Node)>,
        within: bool,
        visit: impl Fn(&Block, &Block, &mut T) + Sync,
    ) -> Vec<T> {
        // Broad enough for all threads first, then each part to its end.
        while !open.is_empty() && open.len() < 64 && open.iter().any(|(one, two)| one.0 > 1 || two.0 > 1) {
            let mut next = Vec::new();
            for pair in open {
                if pair.0.0 > 1 || pair.1.0 > 1 { self.descend(other, pair, within, &mut next) } else { next.push(pair) }
            }
            open = next;
        }
        open.into_par_iter()
            .map(|pair| {
                let mut made = T::default();
                let mut stack = vec![pair];
                while let Some(pair) = stack.pop() {
                    if pair.0.0 == 0 && pair.1.0 == 0 {
                        visit(&self.blocks[pair.0.1], &other.blocks[pair.1.1], &mut made);
                    } else {
                        self.descend(other, pair, within, &mut stack);
                    }
                }
                made
            })
            .collect()
    }

    /// The pairs of children of two nodes that meet.
    fn descend(&self, other: &Self, (one, two): (Node, Node), within: bool, into: &mut Vec<(Node, Node)>) {
        if within && one == two {
            let children = self.children(one);
            let level = one.0 - 1;
            for first in children.clone() {
                let bounds = self.of((level, first));
                into.push(((level, first), (level, first)));
                for second in first + 1..children.end {
                    if bounds.meets(self.of((level, second))) {
                        into.push(((level, first), (level, second)));
                    }
                }
            }
        } else if one.0 >= two.0 {
            let bounds = other.of(two);
            into.extend(
                self.children(one).map(|child| (one.0 - 1, child)).filter(|child| self.of(*child).meets(bounds)).map(|child| (child, two)),
            );
        } else {
            let bounds = self.of(one);
            into.extend(
                other
                    .children(two)
                    .map(|child| (two.0 - 1, child))
                    .filter(|child| other.of(*child).meets(bounds))
                    .map(|child| (one, child)),
            );
        }
    }

    /// Calls `visit` with every block of which the box meets `bounds`.
    pub fn meeting(&self, bounds: &Bounds, mut visit: impl FnMut(&Block)) {
        let mut stack: Vec<Node> = self.root().into_iter().collect();
        while let Some(node) = stack.pop() {
            if !self.of(node).meets(bounds) {
                continue;
            }
            if node.0 == 0 {
                visit(&self.blocks[node.1]);
            } else {
                stack.extend(self.children(node).map(|child| (node.0 - 1, child)));
            }
        }
    }
}

/// Place of a cell of a 2^16 by 2^16 square along Hilbert's curve.
fn hilbert(x: u32, y: u32) -> u32 {
    let (mut x, mut y, mut place) = (x & 0xffff, y & 0xffff, 0u32);
    let mut half = 1u32 << 15;
    while half > 0 {
        let (right, up) = (u32::from(x & half != 0), u32::from(y & half != 0));
        place += half * half * ((3 * right) ^ up);
        // Turn the quadrant so that the curve within it begins at its corner.
        if up == 0 {
            if right == 1 {
                (x, y) = (0xffff - x, 0xffff - y);
            }
            (x, y) = (y, x);
        }
        half /= 2;
    }
    place
}
