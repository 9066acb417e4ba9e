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

    /// The box around both.
    #[inline]
    pub fn with(&self, other: &Self) -> Self {
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

/// A box in units of 2^20 grid steps (a millimetre or so), rounded outwards: half the memory, and what is in boxes that do not meet is further apart
/// than [`Coarse::MARGIN`] steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coarse {
    min: [i32; 2],
    max: [i32; 2],
}

impl Coarse {
    /// The grid's reach of 2^50 steps comes to 2^30.
    const SHIFT: u32 = 20;

    /// Grid steps by which a box is wider than what is in it, at least, on every side.
    pub const MARGIN: i64 = 4;

    /// The box around another.
    #[inline]
    pub fn of(bounds: &Bounds) -> Self {
        let unit = |point: Point, by: i64| [((point.x + by) >> Self::SHIFT) as i32, ((point.y + by) >> Self::SHIFT) as i32];
        Self { min: unit(bounds.min, -Self::MARGIN), max: unit(bounds.max, Self::MARGIN) }
    }

    #[inline]
    fn bounds(&self) -> Bounds {
        let low = |unit: i32| i64::from(unit) << Self::SHIFT;
        let high = |unit: i32| ((i64::from(unit) + 1) << Self::SHIFT) - 1;
        Bounds { min: Point { x: low(self.min[0]), y: low(self.min[1]) }, max: Point { x: high(self.max[0]), y: high(self.max[1]) } }
    }

    /// How far west it reaches, in its own units.
    #[inline]
    pub fn west(&self) -> i32 {
        self.min[0]
    }

    /// How far east it reaches, in its own units.
    #[inline]
    pub fn east(&self) -> i32 {
        self.max[0]
    }

    /// The box around both.
    #[inline]
    pub fn join(self, other: Self) -> Self {
        let each = |pick: fn(i32, i32) -> i32, a: [i32; 2], b: [i32; 2]| [pick(a[0], b[0]), pick(a[1], b[1])];
        Self { min: each(i32::min, self.min, other.min), max: each(i32::max, self.max, other.max) }
    }

    /// Whether the boxes have a point in common.
    #[inline]
    pub fn meets(&self, other: &Self) -> bool {
        (self.min[0] <= other.max[0]) & (other.min[0] <= self.max[0]) & (self.min[1] <= other.max[1]) & (other.min[1] <= self.max[1])
    }
}

/// Consecutive edges and their bounding box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    coarse: Coarse,
    /// First edge.
    pub start: u32,
    /// Past the last edge.
    pub end: u32,
    /// Place along the tree's curve, given by [`Tree::new`].
    place: u32,
    /// Directions in which every edge advances, so that the block cannot meet itself: one bit each for east, west, north, south.
    pub advances: u8,
}

impl Block {
    /// The edges from `start` up to `end`, `end` left out.
    #[inline]
    pub fn new(bounds: &Bounds, start: u32, end: u32, advances: u8) -> Self {
        Self { coarse: Coarse::of(bounds), start, end, place: 0, advances }
    }

    /// The block with its edges numbered from `base` on.
    #[inline]
    pub fn moved(&self, base: u32) -> Self {
        Self { start: self.start + base, end: self.end + base, ..*self }
    }

    /// The box around the edges.
    #[inline]
    pub fn coarse(&self) -> Coarse {
        self.coarse
    }

    /// A box around the edges, up to 2^20 grid steps wider than they are.
    #[inline]
    pub fn bounds(&self) -> Bounds {
        self.coarse.bounds()
    }
}

/// Children of a node.
const FAN: usize = 8;

/// Blocks in the order of a space-filling curve, with the boxes of every eight, of every eight of those, and so on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    blocks: Vec<Block>,
    /// Boxes from the lowest level (over blocks) to the root.
    levels: Vec<Vec<Coarse>>,
}

/// A node: its level (0 = a block) and index.
type Node = (usize, usize);

/// Which blocks of a tree count, and which of its nodes have one below them: from the blocks to the root.
pub struct Living(Vec<Vec<bool>>);

/// One side of a search: a tree, and which of its nodes count (`None` = all).
#[derive(Clone, Copy)]
struct Side<'a> {
    tree: &'a Tree,
    living: Option<&'a Living>,
}

impl Side<'_> {
    /// The children of a node that count.
    #[inline]
    fn children(&self, node: Node) -> impl Iterator<Item = Node> {
        let level = node.0 - 1;
        let living = self.living.map(|living| living.0[level].as_slice());
        self.tree.children(node).filter(move |index| living.is_none_or(|living| living[*index])).map(move |index| (level, index))
    }
}

impl Tree {
    /// Packs blocks.
    pub fn new(mut blocks: Vec<Block>) -> Self {
        let Some(all) = blocks.iter().map(|block| block.coarse).reduce(Coarse::join) else { return Self::default() };
        let from_west_south = |axis: usize, at: &Coarse| at.min[axis].wrapping_sub(all.min[axis]) as u32;
        let side = (0..2).map(|axis| all.max[axis].wrapping_sub(all.min[axis]) as u32).max().unwrap_or(0);
        // The top 16 bits of the place in a square over everything.
        let shift = (32 - side.leading_zeros()).saturating_sub(16);
        for block in &mut blocks {
            block.place = hilbert(from_west_south(0, &block.coarse) >> shift, from_west_south(1, &block.coarse) >> shift);
        }
        // In place: memory that is not touched costs nothing.
        blocks.par_sort_unstable_by_key(|block| (block.place, block.start));
        let mut levels: Vec<Vec<Coarse>> = Vec::new();
        let mut level: Vec<Coarse> =
            blocks.chunks(FAN).filter_map(|chunk| chunk.iter().map(|block| block.coarse).reduce(Coarse::join)).collect();
        loop {
            let last = level.len() <= 1;
            let above = level.chunks(FAN).filter_map(|chunk| chunk.iter().copied().reduce(Coarse::join)).collect();
            levels.push(std::mem::replace(&mut level, above));
            if last {
                break;
            }
        }
        Self { blocks, levels }
    }

    /// A box around everything, up to 2^20 grid steps wider than it is; `None` when there is nothing.
    pub fn bounds(&self) -> Option<Bounds> {
        self.levels.last().and_then(|root| root.first()).map(Coarse::bounds)
    }

    fn of(&self, (level, index): Node) -> &Coarse {
        if level == 0 { &self.blocks[index].coarse } else { &self.levels[level - 1][index] }
    }

    fn root(&self) -> Option<Node> {
        (!self.levels.is_empty()).then_some((self.levels.len(), 0))
    }

    fn children(&self, (level, index): Node) -> std::ops::Range<usize> {
        let below = if level == 1 { self.blocks.len() } else { self.levels[level - 2].len() };
        index * FAN..((index + 1) * FAN).min(below)
    }

    /// Which blocks count, and which nodes have such a block below them.
    pub fn living(&self, counts: impl Fn(&Block) -> bool) -> Living {
        let mut levels: Vec<Vec<bool>> = vec![self.blocks.iter().map(counts).collect()];
        for _ in &self.levels {
            let above = levels.last().map(|below| below.chunks(FAN).map(|chunk| chunk.contains(&true)).collect());
            levels.extend(above);
        }
        Living(levels)
    }

    /// Calls `visit` with every pair of different blocks of which the boxes meet, and with every block and itself, until it says
    /// `false`; gathers what it makes.
    pub fn pairs_within<T: Send + Default>(&self, visit: impl Fn(&Block, &Block, &mut T) -> bool + Sync) -> Vec<T> {
        let Some(root) = self.root() else { return Vec::new() };
        let side = Side { tree: self, living: None };
        pairs([side; 2], vec![(root, root)], true, visit)
    }

    /// Calls `visit` with every pair of a block of this tree and one of another, both of which count, of which the boxes meet, until it
    /// says `false`; gathers what it makes.
    pub fn pairs_across<T: Send + Default>(
        &self,
        other: &Self,
        living: [&Living; 2],
        visit: impl Fn(&Block, &Block, &mut T) -> bool + Sync,
    ) -> Vec<T> {
        let (Some(root), Some(others)) = (self.root(), other.root()) else { return Vec::new() };
        let sides = [Side { tree: self, living: Some(living[0]) }, Side { tree: other, living: Some(living[1]) }];
        pairs(sides, vec![(root, others)], false, visit)
    }

    /// Calls `visit` with every block of which the box meets `bounds`, and says how many boxes and edges that was to look at.
    pub fn meeting(&self, bounds: &Bounds, mut visit: impl FnMut(&Block)) -> usize {
        let bounds = &Coarse::of(bounds);
        let mut stack: Vec<Node> = self.root().into_iter().collect();
        let mut looked = 0usize;
        while let Some(node) = stack.pop() {
            looked += 1;
            if !self.of(node).meets(bounds) {
                continue;
            }
            if node.0 == 0 {
                let block = &self.blocks[node.1];
                looked += (block.end - block.start) as usize;
                visit(block);
            } else {
                stack.extend(self.children(node).map(|child| (node.0 - 1, child)));
            }
        }
        looked
    }
}

fn pairs<T: Send + Default>(
    sides: [Side<'_>; 2],
    mut open: Vec<(Node, Node)>,
    within: bool,
    visit: impl Fn(&Block, &Block, &mut T) -> bool + Sync,
) -> Vec<T> {
    // Broad enough for all threads first, then each part to its end.
    while !open.is_empty() && open.len() < 64 && open.iter().any(|(one, two)| one.0 > 1 || two.0 > 1) {
        let mut next = Vec::new();
        for pair in open {
            if pair.0.0 > 1 || pair.1.0 > 1 { descend(sides, pair, within, &mut next) } else { next.push(pair) }
        }
        open = next;
    }
    open.into_par_iter()
        .map(|pair| {
            let mut made = T::default();
            let mut stack = vec![pair];
            while let Some(pair) = stack.pop() {
                if pair.0.0 == 0 && pair.1.0 == 0 {
                    if !visit(&sides[0].tree.blocks[pair.0.1], &sides[1].tree.blocks[pair.1.1], &mut made) {
                        break;
                    }
                } else {
                    descend(sides, pair, within, &mut stack);
                }
            }
            made
        })
        .collect()
}

/// The pairs of children of two nodes that meet.
fn descend([ones, twos]: [Side<'_>; 2], (one, two): (Node, Node), within: bool, into: &mut Vec<(Node, Node)>) {
    if within && one == two {
        let children = ones.tree.children(one);
        let level = one.0 - 1;
        for first in children.clone() {
            let bounds = ones.tree.of((level, first));
            into.push(((level, first), (level, first)));
            for second in first + 1..children.end {
                if bounds.meets(ones.tree.of((level, second))) {
                    into.push(((level, first), (level, second)));
                }
            }
        }
    } else if one.0 >= two.0 {
        let bounds = twos.tree.of(two);
        for child in ones.children(one) {
            if ones.tree.of(child).meets(bounds) {
                into.push((child, two));
            }
        }
    } else {
        let bounds = ones.tree.of(one);
        for child in twos.children(two) {
            if twos.tree.of(child).meets(bounds) {
                into.push((one, child));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_that_meet_are_found_and_all_of_them() {
        // Boxes at odd places, some at the reach of the grid, some touching in a corner, some a step apart.
        let mut seed = 9u64;
        let mut random = |below: i64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 20) as i64 % below
        };
        let mut boxes: Vec<Bounds> = (0..300)
            .map(|_| {
                let min = Point { x: random(1 << 32) - (1 << 31), y: random(1 << 32) - (1 << 31) };
                Bounds { min, max: Point { x: min.x + random(1 << 28), y: min.y + random(1 << 28) } }
            })
            .collect();
        let reach = 1i64 << 50;
        boxes.push(Bounds { min: Point { x: -reach, y: -reach }, max: Point { x: -reach, y: reach } });
        boxes.push(Bounds { min: Point { x: reach, y: reach }, max: Point { x: reach, y: reach } });
        boxes.push(Bounds { min: Point { x: -reach, y: reach }, max: Point { x: reach, y: reach } });
        let tree = Tree::new((0u32..).zip(&boxes).map(|(number, bounds)| Block::new(bounds, number, number + 1, 0)).collect());
        for (number, bounds) in boxes.iter().enumerate() {
            let mut met = Vec::new();
            tree.meeting(bounds, |block| met.push(block.start as usize));
            met.sort_unstable();
            for (other, theirs) in boxes.iter().enumerate() {
                // Every one that meets it; of the others, those within a unit of it at most.
                let near = Block::new(theirs, 0, 1, 0).bounds();
                let found = met.binary_search(&other).is_ok();
                assert!(found || !bounds.meets(theirs), "{number} {other}");
                assert!(!found || Block::new(bounds, 0, 1, 0).bounds().meets(&near), "{number} {other}");
            }
        }
        let pairs: usize = tree
            .pairs_within(|_, _, count: &mut usize| {
                *count += 1;
                true
            })
            .into_iter()
            .sum();
        let meeting = boxes.iter().enumerate().flat_map(|(at, one)| boxes[at..].iter().map(move |other| (one, other)));
        let least = meeting.clone().filter(|(one, other)| one.meets(other)).count();
        let most = meeting.filter(|(one, other)| Coarse::of(one).meets(&Coarse::of(other))).count();
        assert!((least..=most).contains(&pairs), "{least} {pairs} {most}");
        // Across two trees, of which only some blocks count: each pair once, and none with a block that does not count.
        let counts = |block: &Block| !block.start.is_multiple_of(3);
        let (all, some) = (tree.living(|_| true), tree.living(counts));
        let mut found: Vec<(u32, u32)> = tree
            .pairs_across(&tree, [&some, &all], |one, two, found: &mut Vec<(u32, u32)>| {
                found.push((one.start, two.start));
                true
            })
            .concat();
        found.sort_unstable();
        let mut expected = Vec::new();
        for (one, bounds) in (0u32..).zip(&boxes).filter(|(one, _)| !one.is_multiple_of(3)) {
            let coarse = Coarse::of(bounds);
            expected.extend((0u32..).zip(&boxes).filter(|(_, other)| coarse.meets(&Coarse::of(other))).map(|(two, _)| (one, two)));
        }
        assert_eq!(found, expected);
        assert!(tree.pairs_across(&tree, [&all, &tree.living(|_| false)], |_, _, _: &mut ()| panic!("none counts")).is_empty());
    }
}
