//! Where boundaries touch or cross each other, apart from the ends that they are known to share.

use std::cmp::Ordering;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;

use rayon::prelude::*;

use super::bits::Bits;
use super::milestones::{self, Milestones};
use super::{Line, Points};
use crate::domain::index::{Coarse, Living};
use crate::domain::linework::Milestone;
use crate::domain::{Block, Bounds, Point, Tree};
use crate::overlay::exact;

/// Edges in a block: one box over sixteen neighbours costs little and misses little.
pub(super) const BLOCK: u32 = 16;

/// Grid steps that count as near: edges that are further apart have nothing to do with each other, wherever a crossing on them is rounded to.
const NEAR: i64 = Coarse::MARGIN;

/// Pairs of edges that may be compared, for each point and in all; beyond it boundaries crowd each other as no map does, and the search
/// would take longer than anybody waits. Real layers, also two digitised apart, need fewer than ten a point.
const PAIRS_A_POINT: u64 = 1_000;
const PAIRS: u64 = 1_000_000_000;

/// Contacts that may be found for each point, and besides, where the layers set no limit; each becomes nodes, edges and faces.
const CONTACTS_A_POINT: u64 = 8;
const CONTACTS: u64 = 20_000_000;

/// Points that allow a crossing each where the layers set a limit: a file under 10 MB has no more, unless it is packed. Larger files bring more
/// with their limit.
pub const POINTS: u64 = 600_000;

/// What a pair of blocks counts for at least, in pairs of edges.
const LEAST: i64 = 64;

/// What a pair of edges that are compared exactly counts for, in pairs that are not.
const EXACTLY: i64 = 32;

/// Touches that a thread holds before those that are the same are put together.
const TOUCHES: usize = 1 << 20;

/// Pairs of edges after which a thread tells the others: telling each time would cost more than looking.
const LOOKED: i64 = 1 << 14;

/// What is left of both while a search is on.
struct Patience {
    pairs: AtomicI64,
    contacts: AtomicI64,
}

impl Patience {
    /// For so many points, `crossings` being what the layers allow beyond one a point of the first [`POINTS`].
    fn of(points: usize, crossings: Option<u64>) -> Self {
        let start = |most: u64| AtomicI64::new(i64::try_from(most).unwrap_or(i64::MAX));
        let own = crossings.map(|crossings| crossings.saturating_add(POINTS.min(points as u64)));
        let contacts = own.unwrap_or(CONTACTS + CONTACTS_A_POINT * points as u64);
        Self { pairs: start(PAIRS + PAIRS_A_POINT * points as u64), contacts: start(contacts) }
    }

    /// Looks at a pair of blocks, unless patience is over: then it says so.
    #[inline]
    fn look(&self, one: &Block, two: &Block, met: &mut Met, between: impl FnOnce(&mut Met)) -> bool {
        if self.is_over() {
            return false;
        }
        between(met);
        // A pair of short blocks costs nearly as much as one of long ones.
        self.count((i64::from(one.end - one.start) * i64::from(two.end - two.start)).max(LEAST), met);
        true
    }

    /// Notes a pair of bundles, unless patience is over: then it says so. Where long boundaries lie in one another like the layers of an onion, their
    /// boxes all meet, and nothing in them does.
    #[inline]
    fn begin(&self, met: &mut Met) -> bool {
        self.count(LEAST, met);
        !self.is_over()
    }

    #[inline]
    fn count(&self, pairs: i64, met: &mut Met) {
        met.looked += pairs;
        if met.looked >= LOOKED {
            self.told_of(met);
        }
    }

    /// Takes what was met since the last time.
    fn told_of(&self, met: &mut Met) {
        // Where thousands of lines meet in one point, each pair of them is recorded, so duplicates are removed early.
        for told in [&mut met.touches, &mut met.close] {
            if told.len() > TOUCHES {
                told.sort_unstable();
                told.dedup();
            }
        }
        let found = met.contacts.len() + met.crossings.len();
        self.pairs.fetch_sub(std::mem::take(&mut met.looked), Relaxed);
        self.contacts.fetch_sub((found - std::mem::replace(&mut met.told, found)) as i64, Relaxed);
    }

    fn is_over(&self) -> bool {
        self.pairs.load(Relaxed) < 0 || self.contacts.load(Relaxed) < 0
    }

    /// All that was met together; `None` when that was too much.
    fn gathered(&self, found: Vec<Met>) -> Option<Met> {
        let mut all = Met::default();
        for mut met in found {
            self.told_of(&mut met);
            all.contacts.append(&mut met.contacts);
            all.crossings.append(&mut met.crossings);
            all.touches.append(&mut met.touches);
            all.close.append(&mut met.close);
        }
        (!self.is_over()).then_some(all)
    }
}

/// What the search met.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// Pairs of edges that touch other than end on end, or lie on one another.
    pub contacts: Vec<[u32; 2]>,
    /// Pairs of edges whose insides cross.
    pub crossings: Vec<[u32; 2]>,
    /// Positions at which lines touch end on end without being nodes yet.
    pub touches: Vec<u32>,
    /// Edges that come near another, neither crossing it nor having an end in common with it.
    pub close: Vec<u32>,
    /// Pairs of edges compared, and contacts and crossings told of before.
    looked: i64,
    told: usize,
}

/// The tree of the edges of some lines that are no copies, and the milestones along them.
fn tree(points: &Points<'_>, lines: &[Line], copied: &Bits) -> (Tree, Vec<Milestone>) {
    let mut count = 0usize;
    stretches(lines, copied, |start, end| count += (end - start).div_ceil(BLOCK) as usize);
    // Room for all at once: growing would touch twice the memory.
    let mut blocks = Vec::with_capacity(count);
    let mut milestones = Milestones::default();
    stretches(lines, copied, |start, stop| {
        let mut start = start;
        while start < stop {
            // Both in one pass, while the points are in the cache.
            let (from, mile) = (start, stop.min(start + milestones::EVERY));
            milestones.begin(from);
            while start < mile {
                let end = mile.min(start + BLOCK);
                let stretch = points.stretch(start, end);
                let walked = exact::walk(stretch);
                let block = Block::new(&walked.bounds, start, end, advances(&walked.steps));
                milestones.add(stretch, &block, &walked);
                blocks.push(block);
                start = end;
            }
        }
        milestones.end(stop);
    });
    (Tree::new(blocks), milestones.done())
}

/// Calls `visit` with the ends of every stretch of the lines that is no copy.
fn stretches(lines: &[Line], copied: &Bits, mut visit: impl FnMut(u32, u32)) {
    for line in lines {
        let mut start = copied.next(line.start, line.end, false);
        while start < line.end {
            let stop = copied.next(start, line.end, true);
            visit(start, stop);
            start = copied.next(stop, line.end, false);
        }
    }
}

/// A block of the edges of a stretch, numbered from `start` up to `end`.
pub(in crate::overlay) fn block(stretch: &[Point], start: u32, end: u32) -> Block {
    let walked = exact::walk(stretch);
    Block::new(&walked.bounds, start, end, advances(&walked.steps))
}

/// The directions in which all edges advance ([`Block::advances`]), given the least step and the greatest.
#[inline]
fn advances(steps: &Bounds) -> u8 {
    // By more than what counts as near: edges that do not follow each other are further apart than that.
    let (east, west) = (steps.min.x > NEAR, steps.max.x < -NEAR);
    let (north, south) = (steps.min.y > NEAR, steps.max.y < -NEAR);
    u8::from(east) | u8::from(west) << 1 | u8::from(north) << 2 | u8::from(south) << 3
}

/// Contacts among the edges of some lines of one layer that are no copies, and the index of these edges. `None` when boundaries crowd each
/// other beyond all patience.
pub(super) fn within(points: &Points<'_>, lines: &[Line], copied: &Bits, nodes: &Bits) -> Option<(Met, (Tree, Vec<Milestone>))> {
    let patience = Patience::of(points.len(), points.crossings);
    let (index, milestones) = tree(points, lines, copied);
    let found = index.pairs_within(
        |met| patience.begin(met),
        |one, two, met: &mut Met| patience.look(one, two, met, |met| between(points, nodes, one, two, None, met)),
    );
    Some((patience.gathered(found)?, (index, milestones)))
}

/// Contacts between the edges of layers, given the index of each and its first position; edges that are `copied` are passed by. `None` when
/// boundaries crowd each other beyond all patience.
pub(super) fn across(points: &Points<'_>, trees: &[(&Tree, u32)], copied: &Bits, nodes: &Bits) -> Option<Met> {
    let patience = Patience::of(points.len(), points.crossings);
    // What is a copy of another layer's boundary is most of it, and is not looked for.
    let living: Vec<Living> = trees
        .par_iter()
        .map(|(tree, base)| tree.living(|block| copied.window(block.start + base, block.end + base).count_ones() < block.end - block.start))
        .collect();
    let mut found: Vec<Met> = Vec::new();
    for (layer, (one, one_base)) in trees.iter().enumerate() {
        for (later, (other, other_base)) in trees.iter().enumerate().skip(layer + 1) {
            found.extend(one.pairs_across(
                other,
                [&living[layer], &living[later]],
                |met| patience.begin(met),
                |one, two, met: &mut Met| {
                    let (one, two) = (one.moved(*one_base), two.moved(*other_base));
                    patience.look(&one, &two, met, |met| between(points, nodes, &one, &two, Some(copied), met))
                },
            ));
        }
    }
    patience.gathered(found)
}

/// Contacts between the edges of two blocks, or within one; edges that are `copied` are passed by.
fn between(points: &Points<'_>, nodes: &Bits, one: &Block, two: &Block, copied: Option<&Bits>, met: &mut Met) {
    // What advances in one direction all along cannot come back to itself. (Of most blocks the tree knows that.)
    let one_after_the_other = one.end == two.start || two.end == one.start;
    if (one.start == two.start || one_after_the_other) && one.advances & two.advances != 0 {
        return;
    }
    let ones = points.stretch(one.start, one.end);
    if one.start == two.start {
        let parts: Vec<Block> = std::iter::successors(part(ones, one, one.start), |last| part(ones, one, last.end)).collect();
        for (at, part) in parts.iter().enumerate() {
            for later in parts[at + 1..].iter().filter(|later| later.coarse().meets(&part.coarse())) {
                between(points, nodes, part, later, copied, met);
            }
        }
        return;
    }
    let twos = points.stretch(two.start, two.end);
    // What lies in both boxes.
    let (a, b) = (one.bounds(), two.bounds());
    let shared = Bounds {
        min: Point { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) },
        max: Point { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y) },
    };
    let (mut ones_near, mut twos_near) = (near(ones, &shared), near(twos, &shared));
    if let Some(copied) = copied {
        ones_near &= !copied.window(one.start, one.end);
        twos_near &= !copied.window(two.start, two.end);
    }
    if ones_near == 0 || twos_near == 0 {
        return;
    }
    let mut left = ones_near;
    while left != 0 {
        let first = left.trailing_zeros();
        left &= left - 1;
        let (p, q) = (ones[first as usize], ones[first as usize + 1]);
        let bounds = around(p, q);
        let mut right = twos_near;
        while right != 0 {
            let second = right.trailing_zeros();
            right &= right - 1;
            let (r, s) = (twos[second as usize], twos[second as usize + 1]);
            if bounds.meets(&Bounds::of(r, s)) {
                meet(nodes, (one.start + first, p, q), (two.start + second, r, s), met);
            }
        }
    }
}

/// The edges of a block, of which the points are given, from `start` on for as long as they advance in one direction, all of them, so that none of
/// them meets another; or the first of them. `None` at the end of the block.
fn part(stretch: &[Point], block: &Block, start: u32) -> Option<Block> {
    let rest = stretch.get((start - block.start) as usize..).filter(|rest| rest.len() > 1)?;
    let mut common = u8::MAX;
    let along = rest.windows(2).take_while(|edge| {
        let (x, y) = exact::vector(edge[0], edge[1]);
        let step = Point { x, y };
        common &= advances(&Bounds { min: step, max: step });
        common != 0
    });
    let count = along.count().max(1);
    Some(self::block(&rest[..=count], start, start + count as u32))
}

/// The edges of a stretch whose boxes meet `shared`, one bit each.
#[inline]
pub(in crate::overlay) fn near(stretch: &[Point], shared: &Bounds) -> u32 {
    // A box is apart when both ends are beyond the same side.
    let beyond = |point: &Point| {
        u32::from(point.x < shared.min.x)
            | u32::from(point.x > shared.max.x) << 1
            | u32::from(point.y < shared.min.y) << 2
            | u32::from(point.y > shared.max.y) << 3
    };
    let Some((first, rest)) = stretch.split_first() else { return 0 };
    let (mut bits, mut before) = (0, beyond(first));
    for (index, point) in rest.iter().enumerate() {
        let here = beyond(point);
        bits |= u32::from(before & here == 0) << index;
        before = here;
    }
    bits
}

/// The box around what is near an edge.
#[inline]
fn around(p: Point, q: Point) -> Bounds {
    let Bounds { min, max } = Bounds::of(p, q);
    Bounds { min: Point { x: min.x - NEAR, y: min.y - NEAR }, max: Point { x: max.x + NEAR, y: max.y + NEAR } }
}

/// What two edges, each given by its position and ends, do to each other.
#[inline]
fn meet(nodes: &Bits, one: (u32, Point, Point), two: (u32, Point, Point), met: &mut Met) {
    let ((first, p, q), (second, r, s)) = if one.0 < two.0 { (one, two) } else { (two, one) };
    let (box1, box2) = (Bounds::of(p, q), Bounds::of(r, s));
    if !around(p, q).meets(&box2) {
        return;
    }
    met.looked += EXACTLY;
    // Ends in common, as (of the first, of the second): 0 = start, 1 = end.
    for (mine, theirs, shared, far1, far2) in [(1, 0, q == r, p, s), (0, 1, p == s, q, r), (0, 0, p == r, q, s), (1, 1, q == s, p, r)] {
        if shared {
            let at = if mine == 0 { p } else { q };
            // They can only lie on one another then.
            let onto = exact::side(at, far1, far2) == Ordering::Equal && {
                let (u, v) = (exact::vector(at, far1), exact::vector(at, far2));
                // Same direction: the signs agree on both axes, and no edge is a point.
                (u.0.signum(), u.1.signum()) == (v.0.signum(), v.1.signum())
            };
            if onto {
                met.contacts.push([first, second]);
                return;
            }
            if second != first + 1 || mine != 1 {
                for position in [first + mine, second + theirs] {
                    if !nodes.get(position) {
                        met.touches.push(position);
                    }
                }
            }
            return;
        }
    }
    if exact::is_beside((p, q), (r, s), NEAR as f64) || exact::is_beside((r, s), (p, q), NEAR as f64) {
        return;
    }
    let (side_r, side_s) = (exact::side(p, q, r), exact::side(p, q, s));
    let (side_p, side_q) = (exact::side(r, s, p), exact::side(r, s, q));
    let apart = |one: Ordering, other: Ordering| one == other && one != Ordering::Equal;
    if apart(side_r, side_s) || apart(side_p, side_q) || !box1.meets(&box2) {
        met.close.extend([first, second]);
        return;
    }
    let inside = |bounds: &Bounds, point: Point| bounds.meets(&Bounds { min: point, max: point });
    let touching = [(side_r, r, &box1), (side_s, s, &box1), (side_p, p, &box2), (side_q, q, &box2)]
        .into_iter()
        .filter(|(side, _, _)| *side == Ordering::Equal)
        .map(|(_, point, bounds)| inside(bounds, point))
        .reduce(|one, other| one | other);
    match touching {
        // No end on the other's line: they cross.
        None => met.crossings.push([first, second]),
        // An end on it: they touch if it is inside the other.
        Some(true) => met.contacts.push([first, second]),
        Some(false) => met.close.extend([first, second]),
    }
}
