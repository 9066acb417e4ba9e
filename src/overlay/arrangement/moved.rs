//! Whether rings still keep apart once some of their points were rounded.
//!
//! Rings that an arrangement traces are simple and cross nowhere, exactly. Only crossings are rounded, so only the edges beside one can have
//! come to meet another edge, and only they are asked.

use std::ops::Range;

use crate::domain::{Block, Bounds, Loops, Point, Tree};
use crate::overlay::exact;
use crate::overlay::linework::{Bits, block, near};

/// Closed rings: each has its first point repeated at its end, which lies in its range.
#[derive(Debug, Default)]
pub(super) struct Closed {
    /// The rings.
    pub loops: Loops,
    /// Places of points that are rounded, ring by ring, each ring's in ascending order; a ring's last point is left out.
    pub moved: Vec<usize>,
}

/// Edges of a ring; each has the number of the place it begins at.
fn edges(ring: &Range<usize>) -> Range<usize> {
    ring.start..ring.end - 1
}

/// Edges in a block.
const BLOCK: usize = 16;

/// Edges to ask, times blocks, from which a tree of the blocks pays.
const MANY: usize = 1 << 17;

/// Whether no edge beside a rounded point meets another edge, but for the next one at its end. All rings have three edges at least.
pub(super) fn keeps_apart(closed: &Closed) -> bool {
    let Closed { loops, moved } = closed;
    if moved.is_empty() {
        return true;
    }
    let mut land = Land { points: &loops.points, rings: &loops.rings, moved: Bits::new(loops.points.len() + 1) };
    let mut rest = moved.as_slice();
    let mut blocks: Vec<Block> = Vec::with_capacity(loops.rings.iter().map(|ring| edges(ring).len().div_ceil(BLOCK)).sum());
    let mut asked: Vec<Block> = Vec::new();
    for ring in &loops.rings {
        let own = rest.iter().take_while(|at| ring.contains(at)).count();
        let edges = edges(ring);
        for at in &rest[..own] {
            land.moved.set(if *at == ring.start { edges.end - 1 } else { at - 1 } as u32);
            land.moved.set(*at as u32);
        }
        rest = &rest[own..];
        for start in edges.clone().step_by(BLOCK) {
            let end = edges.end.min(start + BLOCK);
            let block = block(&loops.points[start..=end], start as u32, end as u32);
            blocks.push(block);
            if land.moved.window(block.start, block.end) != 0 {
                asked.push(block);
            }
        }
    }
    if asked.len().saturating_mul(blocks.len()) < MANY {
        return asked.iter().all(|one| {
            let bounds = one.bounds();
            blocks.iter().all(|two| !two.bounds().meets(&bounds) || land.apart(one, two))
        });
    }
    let met = Tree::new(blocks).pairs_within(
        |met: &mut bool| !*met,
        |one, two, met: &mut bool| {
            *met = *met || !land.apart(one, two);
            !*met
        },
    );
    !met.contains(&true)
}

/// Closed rings; edges are numbered by the places that they begin at.
struct Land<'a> {
    points: &'a [Point],
    rings: &'a [Range<usize>],
    /// Edges beside a rounded point.
    moved: Bits,
}

impl Land<'_> {
    /// Whether of two blocks, or of one with itself, no edge beside a rounded point meets another edge.
    fn apart(&self, one: &Block, two: &Block) -> bool {
        let moved = [one, two].map(|block| self.moved.window(block.start, block.end));
        // What advances in one direction all along cannot come back to itself.
        let neighbours = one.start == two.start || one.end == two.start || two.end == one.start;
        if moved == [0, 0] || neighbours && one.advances & two.advances != 0 {
            return true;
        }
        let stretch = |block: &Block| &self.points[block.start as usize..=block.end as usize];
        let (a, b) = (one.bounds(), two.bounds());
        let shared = Bounds {
            min: Point { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) },
            max: Point { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y) },
        };
        let (ones, twos) = (near(stretch(one), &shared), near(stretch(two), &shared));
        each(ones).all(|mine| {
            let theirs = if moved[0] >> mine & 1 == 1 { twos } else { twos & moved[1] };
            each(theirs).all(|their| {
                let (mine, their) = ((one.start + mine) as usize, (two.start + their) as usize);
                mine == their || !self.meet(mine, their)
            })
        })
    }

    /// Whether two edges meet otherwise than as neighbours in a ring do.
    fn meet(&self, one: usize, other: usize) -> bool {
        let edge = |edge: usize| (self.points[edge], self.points[edge + 1]);
        let ((p, q), (r, s)) = (edge(one), edge(other));
        if !Bounds::of(p, q).meets(&Bounds::of(r, s)) {
            return false;
        }
        collide((p, q), (r, s), self.follows(one, other), self.follows(other, one))
    }

    /// Whether the second edge is the one after the first in its ring.
    fn follows(&self, first: usize, second: usize) -> bool {
        let ring = edges(&self.rings[self.rings.partition_point(|ring| ring.start <= first) - 1]);
        if first + 1 == ring.end { second == ring.start } else { second == first + 1 }
    }
}

/// Whether two edges of which the boxes meet do so otherwise than as neighbours in a ring do: the second may be the one that follows the first,
/// or the first the one that follows the second.
pub(super) fn collide((p, q): (Point, Point), (r, s): (Point, Point), follows: bool, is_followed: bool) -> bool {
    if follows {
        return folded(q, p, s);
    }
    if is_followed {
        return folded(s, r, q);
    }
    let (of_r, of_s) = (exact::side(p, q, r), exact::side(p, q, s));
    let (of_p, of_q) = (exact::side(r, s, p), exact::side(r, s, q));
    // On one line, their boxes meet where they do.
    of_r.is_eq() && of_s.is_eq() || of_r != of_s && of_p != of_q
}

/// The bits that are set.
pub(super) fn each(mut bits: u32) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros())?;
        bits &= bits - 1;
        Some(bit)
    })
}

/// Whether two edges from one point to `one` and to `other` lie on each other.
pub(super) fn folded(corner: Point, one: Point, other: Point) -> bool {
    let (u, v) = (exact::vector(corner, one), exact::vector(corner, other));
    exact::cross_sign(u, v).is_eq() && (u.0.signum(), u.1.signum()) == (v.0.signum(), v.1.signum())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The points of a ring, and which of them are rounded.
    type Ring<'a> = (&'a [(i64, i64)], &'a [usize]);

    fn closed(rings: &[Ring<'_>]) -> Closed {
        let mut closed = Closed::default();
        for (points, moved) in rings {
            let start = closed.loops.points.len();
            closed.loops.points.extend(points.iter().chain(points.first()).map(|(x, y)| Point { x: *x, y: *y }));
            closed.loops.rings.push(start..closed.loops.points.len());
            closed.moved.extend(moved.iter().map(|at| start + at));
        }
        closed
    }

    fn apart(rings: &[Ring<'_>]) -> bool {
        keeps_apart(&closed(rings))
    }

    #[test]
    fn what_was_rounded_is_asked_and_nothing_else() {
        let square = [(0, 0), (10, 0), (10, 10), (0, 10)];
        assert!(apart(&[(&square, &[0, 2])]));
        // A bow-tie: its crossing edges are asked, or not.
        let bow = [(0, 0), (10, 10), (10, 0), (0, 10)];
        assert!(apart(&[(&bow, &[])]));
        assert!(!apart(&[(&bow, &[1])]));
        // A point upon an edge of its ring; a spike; a ring that touches another, by an edge and by a corner.
        assert!(!apart(&[(&[(0, 0), (10, 0), (10, 10), (5, 0), (0, 10)], &[3])]));
        assert!(!apart(&[(&[(0, 0), (10, 0), (5, 0), (0, 10)], &[2])]));
        assert!(!apart(&[(&square, &[0]), (&[(4, 0), (6, 0), (5, -5)], &[])]));
        assert!(!apart(&[(&square, &[0]), (&[(0, 0), (-5, 0), (0, -5)], &[])]));
        assert!(apart(&[(&square, &[0]), (&[(0, -1), (-5, 0), (0, -5)], &[])]));
        // Edges on one line that do not meet, and neighbours straight on.
        assert!(apart(&[(&[(0, 0), (5, 0), (10, 0), (10, 10)], &[1]), (&[(11, 0), (20, 0), (20, 9)], &[0])]));
    }

    #[test]
    fn a_tree_finds_what_every_block_would() {
        // Long combs beside each other: the second one's teeth reach into the first where it is pushed.
        let comb = |east: i64| -> Vec<(i64, i64)> {
            let teeth = (0..4_000).map(|n| (east + 10 * (n % 2), n));
            teeth.chain([(east + 30, 4_000), (east + 30, -1)]).collect()
        };
        let all: Vec<usize> = (0..4_000).collect();
        assert!(apart(&[(&comb(0), &all), (&comb(100), &all)]));
        assert!(!apart(&[(&comb(0), &all), (&comb(25), &all)]));
    }
}
