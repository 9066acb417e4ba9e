//! Bounding boxes in a packed tree: which blocks of edges may meet.
//!
//! Boundaries run one way for hundreds of metres: blocks that follow each other and advance in one direction, all of them, are a bundle, which cannot
//! meet itself. The tree has bundles for leaves, and what most blocks do to themselves and to the next one is never asked.

mod boxes;

use rayon::prelude::*;

pub use boxes::{Block, Bounds, Coarse};

/// Blocks in a bundle at most.
const BUNDLE: u32 = 8;

/// Children of a node.
const FAN: usize = 8;

/// Blocks that follow each other and advance in one direction all together, or one that advances in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bundle {
    coarse: Coarse,
    /// The number of its first block, and of those it has.
    first: u32,
    count: u32,
    /// Place along the tree's curve.
    place: u32,
    /// Directions in which every edge advances.
    advances: u8,
}

impl Bundle {
    /// The numbers of its blocks.
    #[inline]
    fn blocks(&self) -> std::ops::Range<usize> {
        self.first as usize..(self.first + self.count) as usize
    }
}

/// Bundles in the order of a space-filling curve, with the boxes of every eight, of every eight of those, and so on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// As they were given.
    blocks: Vec<Block>,
    bundles: Vec<Bundle>,
    /// Boxes from the lowest level (over bundles) to the root.
    levels: Vec<Vec<Coarse>>,
}

/// A node: its level (0 = a bundle) and index.
type Node = (u32, u32);

/// Which blocks of a tree count, and which of its bundles and nodes have one below them.
pub struct Living {
    blocks: Vec<bool>,
    /// From the bundles to the root.
    levels: Vec<Vec<bool>>,
}

/// One side of a search: a tree, and which of its nodes count (`None` = all).
#[derive(Clone, Copy)]
struct Side<'a> {
    tree: &'a Tree,
    living: Option<&'a Living>,
}

impl<'a> Side<'a> {
    /// The children of a node that count and meet a box.
    #[inline]
    fn children(&self, node: Node, bounds: &Coarse) -> impl Iterator<Item = Node> {
        let level = node.0 - 1;
        let living = self.living.map(|living| living.levels[level as usize].as_slice());
        let counts = move |index: &u32| living.is_none_or(|living| living[*index as usize]);
        let meets = move |index: &u32| self.tree.of((level, *index)).meets(bounds);
        self.tree.children(node).filter(move |index| counts(index) && meets(index)).map(move |index| (level, index))
    }

    /// The blocks of a bundle that count and meet a box.
    #[inline]
    fn blocks(&self, bundle: &Bundle, bounds: &Coarse) -> impl Iterator<Item = &'a Block> {
        let range = bundle.blocks();
        let living = self.living.map(|living| &living.blocks[range.clone()]);
        let counts = move |at: usize| living.is_none_or(|living| living[at]);
        self.tree.blocks[range]
            .iter()
            .enumerate()
            .filter(move |(at, block)| counts(*at) && block.coarse.meets(bounds))
            .map(|(_, block)| block)
    }
}

impl Tree {
    /// Packs blocks. Those that follow each other along a boundary, one beginning at the edge at which the one before it ends, are given one after
    /// the other.
    pub fn new(blocks: Vec<Block>) -> Self {
        let mut bundles: Vec<Bundle> = Vec::with_capacity(blocks.len() / 4);
        let mut end = None;
        for (number, block) in (0u32..).zip(&blocks) {
            match bundles.last_mut() {
                Some(last) if end == Some(block.start) && last.advances & block.advances != 0 && last.count < BUNDLE => {
                    last.coarse = last.coarse.join(block.coarse);
                    last.advances &= block.advances;
                    last.count += 1;
                }
                _ => bundles.push(Bundle { coarse: block.coarse, first: number, count: 1, place: 0, advances: block.advances }),
            }
            end = Some(block.end);
        }
        let Some(all) = bundles.iter().map(|bundle| bundle.coarse).reduce(Coarse::join) else { return Self::default() };
        let from_west_south = |axis: usize, at: &Coarse| at.min[axis].wrapping_sub(all.min[axis]) as u32;
        let side = (0..2).map(|axis| all.max[axis].wrapping_sub(all.min[axis]) as u32).max().unwrap_or(0);
        // The top 16 bits of the place in a square over everything.
        let shift = (32 - side.leading_zeros()).saturating_sub(16);
        for bundle in &mut bundles {
            bundle.place = hilbert(from_west_south(0, &bundle.coarse) >> shift, from_west_south(1, &bundle.coarse) >> shift);
        }
        bundles.par_sort_unstable_by_key(|bundle| u64::from(bundle.place) << 32 | u64::from(bundle.first));
        let mut levels: Vec<Vec<Coarse>> = Vec::new();
        let mut level: Vec<Coarse> =
            bundles.chunks(FAN).filter_map(|chunk| chunk.iter().map(|bundle| bundle.coarse).reduce(Coarse::join)).collect();
        loop {
            let last = level.len() <= 1;
            let above = level.chunks(FAN).filter_map(|chunk| chunk.iter().copied().reduce(Coarse::join)).collect();
            levels.push(std::mem::replace(&mut level, above));
            if last {
                break;
            }
        }
        Self { blocks, bundles, levels }
    }

    /// A box around everything, up to 2^20 grid steps wider than it is; `None` when there is nothing.
    pub fn bounds(&self) -> Option<Bounds> {
        self.levels.last().and_then(|root| root.first()).map(Coarse::bounds)
    }

    #[inline]
    fn of(&self, (level, index): Node) -> &Coarse {
        match level.checked_sub(1) {
            None => &self.bundles[index as usize].coarse,
            Some(level) => &self.levels[level as usize][index as usize],
        }
    }

    fn root(&self) -> Option<Node> {
        (!self.levels.is_empty()).then_some((self.levels.len() as u32, 0))
    }

    #[inline]
    fn children(&self, (level, index): Node) -> std::ops::Range<u32> {
        let below = if level == 1 { self.bundles.len() } else { self.levels[level as usize - 2].len() };
        index * FAN as u32..((index + 1) * FAN as u32).min(below as u32)
    }

    /// Which blocks count, and which nodes have such a block below them.
    pub fn living(&self, counts: impl Fn(&Block) -> bool + Sync + Send) -> Living {
        let blocks: Vec<bool> = self.blocks.par_iter().with_min_len(1 << 13).map(counts).collect();
        let of = |bundle: &Bundle| blocks[bundle.blocks()].contains(&true);
        let mut levels: Vec<Vec<bool>> = vec![self.bundles.iter().map(of).collect()];
        for _ in &self.levels {
            let above = levels.last().map(|below| below.chunks(FAN).map(|chunk| chunk.contains(&true)).collect());
            levels.extend(above);
        }
        Living { blocks, levels }
    }

    /// Calls `visit` with every pair of different blocks of which the boxes meet, and with every block and itself; gathers what it makes. Left out are
    /// pairs of one bundle, and of one and the next that advances in the same direction, which cannot meet.
    ///
    /// `begin` is called for every pair of bundles before their blocks are held against each other, which takes about as long as a visit even where none of
    /// them meet. All of it ends when either says `false`.
    pub fn pairs_within<T: Send + Default>(
        &self,
        begin: impl Fn(&mut T) -> bool + Sync,
        visit: impl Fn(&Block, &Block, &mut T) -> bool + Sync,
    ) -> Vec<T> {
        let Some(root) = self.root() else { return Vec::new() };
        let side = Side { tree: self, living: None };
        pairs([side; 2], vec![(root, root)], true, begin, visit)
    }

    /// Calls `visit` with every pair of a block of this tree and one of another, both of which count, of which the boxes meet; gathers what it makes.
    /// `begin` is as in [`Tree::pairs_within`].
    pub fn pairs_across<T: Send + Default>(
        &self,
        other: &Self,
        living: [&Living; 2],
        begin: impl Fn(&mut T) -> bool + Sync,
        visit: impl Fn(&Block, &Block, &mut T) -> bool + Sync,
    ) -> Vec<T> {
        let (Some(root), Some(others)) = (self.root(), other.root()) else { return Vec::new() };
        let sides = [Side { tree: self, living: Some(living[0]) }, Side { tree: other, living: Some(living[1]) }];
        pairs(sides, vec![(root, others)], false, begin, visit)
    }

    /// Calls `visit` with every block of which the box meets `bounds`, and says how many boxes and edges that was to look at.
    pub fn meeting(&self, bounds: &Bounds, mut visit: impl FnMut(&Block)) -> usize {
        let bounds = &Coarse::of(bounds);
        let side = Side { tree: self, living: None };
        let mut stack: Vec<Node> = self.root().into_iter().filter(|root| self.of(*root).meets(bounds)).collect();
        let mut looked = 1usize;
        while let Some(node) = stack.pop() {
            if node.0 == 0 {
                let bundle = &self.bundles[node.1 as usize];
                looked += bundle.count as usize;
                for block in side.blocks(bundle, bounds) {
                    looked += (block.end - block.start) as usize;
                    visit(block);
                }
            } else {
                looked += self.children(node).len();
                stack.extend(side.children(node, bounds));
            }
        }
        looked
    }
}

/// Pairs of nodes from which the rest is shared out among threads.
const BROAD: usize = 512;

fn pairs<T: Send + Default>(
    sides: [Side<'_>; 2],
    mut open: Vec<(Node, Node)>,
    within: bool,
    begin: impl Fn(&mut T) -> bool + Sync,
    visit: impl Fn(&Block, &Block, &mut T) -> bool + Sync,
) -> Vec<T> {
    // Broad enough for all threads first, then each part to its end.
    while !open.is_empty() && open.len() < BROAD && open.iter().any(|(one, two)| one.0 > 1 || two.0 > 1) {
        let mut next = Vec::new();
        for pair in open {
            if pair.0.0 > 1 || pair.1.0 > 1 { descend(sides, pair, within, &mut next) } else { next.push(pair) }
        }
        open = next;
    }
    open.into_par_iter()
        // In small portions: some parts take many times as long as others.
        .with_max_len(8)
        .map(|pair| {
            let mut made = T::default();
            let mut stack = vec![pair];
            while let Some((one, two)) = stack.pop() {
                if one.0 > 0 || two.0 > 0 {
                    descend(sides, (one, two), within, &mut stack);
                } else if !begin(&mut made) || !bundled(sides, [one.1, two.1], within, &mut |one, two| visit(one, two, &mut made)) {
                    break;
                }
            }
            made
        })
        .collect()
}

/// The pairs of blocks of two bundles that meet; `false` when there is to be no other.
fn bundled([ones, twos]: [Side<'_>; 2], [one, two]: [u32; 2], within: bool, visit: &mut impl FnMut(&Block, &Block) -> bool) -> bool {
    let (first, second) = (&ones.tree.bundles[one as usize], &twos.tree.bundles[two as usize]);
    if within {
        let blocks = |bundle: &Bundle| &ones.tree.blocks[bundle.blocks()];
        let follows = |bundle: &Bundle, other: &Bundle| {
            bundle.first + bundle.count == other.first
                && blocks(bundle).last().zip(blocks(other).first()).is_some_and(|(last, first)| last.end == first.start)
        };
        if (one == two || follows(first, second) || follows(second, first)) && first.advances & second.advances != 0 {
            return true;
        }
        // A bundle that advances in no direction is one block.
        if one == two {
            return blocks(first).iter().all(|block| visit(block, block));
        }
    }
    ones.blocks(first, &second.coarse).all(|block| twos.blocks(second, &block.coarse).all(|other| visit(block, other)))
}

/// The pairs of children of two nodes that meet.
#[inline]
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
        into.extend(ones.children(one, twos.tree.of(two)).map(|child| (child, two)));
    } else {
        into.extend(twos.children(two, ones.tree.of(one)).map(|child| (one, child)));
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
    use crate::domain::Point;

    /// Numbers below one that is given, the same for the same seed.
    fn random(mut seed: u64) -> impl FnMut(i64) -> i64 {
        move |below| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 20) as i64 % below
        }
    }

    #[test]
    fn boxes_that_meet_are_found_and_all_of_them() {
        // Boxes at odd places, some at the reach of the grid, some touching in a corner, some a step apart.
        let mut random = random(9);
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
            .pairs_within(
                |_| true,
                |_, _, count: &mut usize| {
                    *count += 1;
                    true
                },
            )
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
            .pairs_across(
                &tree,
                [&some, &all],
                |_| true,
                |one, two, found: &mut Vec<(u32, u32)>| {
                    found.push((one.start, two.start));
                    true
                },
            )
            .concat();
        found.sort_unstable();
        let mut expected = Vec::new();
        for (one, bounds) in (0u32..).zip(&boxes).filter(|(one, _)| !one.is_multiple_of(3)) {
            let coarse = Coarse::of(bounds);
            expected.extend((0u32..).zip(&boxes).filter(|(_, other)| coarse.meets(&Coarse::of(other))).map(|(two, _)| (one, two)));
        }
        assert_eq!(found, expected);
        assert!(tree.pairs_across(&tree, [&all, &tree.living(|_| false)], |_| true, |_, _, _: &mut ()| panic!("none counts")).is_empty());
    }

    #[test]
    fn of_a_boundary_all_pairs_are_met_but_those_that_advance_together() {
        let mut random = random(5);
        // Lines of blocks of one edge, which goes on in one direction for a while and then in another; some edges advance nowhere.
        let unit = 1i64 << 21;
        let (mut blocks, mut number) = (Vec::new(), 0u32);
        for _ in 0..40 {
            let mut at = Point { x: random(60) * unit, y: random(60) * unit };
            for _ in 0..1 + random(9) {
                let (across, up) = (random(3) - 1, random(3) - 1);
                for _ in 0..1 + random(20) {
                    let to = Point { x: at.x + across * unit * (1 + random(2)), y: at.y + up * unit * (1 + random(2)) };
                    let (east, north) = (to.x - at.x, to.y - at.y);
                    let advances = u8::from(east > 0) | u8::from(east < 0) << 1 | u8::from(north > 0) << 2 | u8::from(north < 0) << 3;
                    blocks.push(Block::new(&Bounds::of(at, to), number, number + 1, advances));
                    (at, number) = (to, number + 1);
                }
            }
            number += 1;
        }
        let tree = Tree::new(blocks.clone());
        assert!(tree.bundles.len() * 2 < blocks.len() && tree.bundles.iter().any(|bundle| bundle.count == BUNDLE));
        let mut met: Vec<(u32, u32)> = tree
            .pairs_within(
                |_| true,
                |one, two, met: &mut Vec<(u32, u32)>| {
                    met.push((one.start.min(two.start), one.start.max(two.start)));
                    true
                },
            )
            .concat();
        met.sort_unstable();
        // Nobody is visited when that is to end before it began.
        assert!(tree.pairs_within(|_| false, |_, _, _: &mut ()| panic!("it ended")).len() <= BROAD * FAN * FAN);
        assert!(met.windows(2).all(|pair| pair[0] != pair[1]), "each once");
        let mut left_out = 0;
        for (at, one) in blocks.iter().enumerate() {
            let mut common = u8::MAX;
            let mut end = one.start;
            for two in &blocks[at..] {
                common &= if end == two.start { two.advances } else { 0 };
                end = two.end;
                let found = met.binary_search(&(one.start, two.start)).is_ok();
                // Whatever meets is found, unless all from the one to the other advance together.
                assert!(!found || one.coarse.meets(&two.coarse), "{one:?} {two:?}");
                assert!(found || common != 0 || !one.coarse.meets(&two.coarse), "{one:?} {two:?}");
                left_out += usize::from(!found && one.coarse.meets(&two.coarse));
            }
        }
        assert!(left_out > blocks.len() && met.len() > 1_000, "{left_out} {}", met.len());
    }
}
