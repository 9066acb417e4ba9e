//! Whether rings still keep apart once some of their points were rounded.
//!
//! Rings that an arrangement traces are simple and cross nowhere, exactly. Only crossings are rounded, so only the edges beside one can have
//! come to meet another edge, and only they are asked.

use crate::domain::{Block, Bounds, Point, Tree};
use crate::overlay::exact;
use crate::overlay::linework::{Bits, block, near};

/// A closed ring, its first point repeated at its end.
#[derive(Debug, Clone, Default)]
pub(in crate::overlay) struct Ring {
    /// Its points.
    pub points: Vec<Point>,
    /// Which of them are rounded, ascending; the last one is left out.
    pub moved: Vec<usize>,
}

impl Ring {
    fn edges(&self) -> usize {
        self.points.len() - 1
    }

    /// Edges beside a point that was rounded.
    fn moved_edges(&self) -> impl Iterator<Item = usize> + '_ {
        self.moved.iter().flat_map(|at| [if *at == 0 { self.edges() - 1 } else { at - 1 }, *at])
    }
}

/// Edges in a block.
const BLOCK: usize = 16;

/// Edges to ask, times blocks, from which a tree of the blocks pays.
const MANY: usize = 1 << 17;

/// Whether no edge beside a rounded point meets another edge, but for the next one at its end. All rings have three edges at least.
pub(super) fn keeps_apart(rings: &[Ring]) -> bool {
    if rings.iter().all(|ring| ring.moved.is_empty()) {
        return true;
    }
    let mut land = Land { rings, bases: Vec::with_capacity(rings.len()), moved: Bits::default() };
    let mut points = 0u32;
    for ring in rings {
        land.bases.push(points);
        points += ring.points.len() as u32;
    }
    land.moved = Bits::new(points as usize + 1);
    let mut blocks: Vec<Block> = Vec::with_capacity(rings.iter().map(|ring| ring.edges().div_ceil(BLOCK)).sum());
    let mut asked: Vec<Block> = Vec::new();
    for (ring, base) in rings.iter().zip(&land.bases) {
        ring.moved_edges().for_each(|edge| land.moved.set(base + edge as u32));
        for start in (0..ring.edges()).step_by(BLOCK) {
            let end = ring.edges().min(start + BLOCK);
            let block = block(&ring.points[start..=end], base + start as u32, base + end as u32);
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
    let met = Tree::new(blocks).pairs_within(|one, two, met: &mut bool| {
        *met = *met || !land.apart(one, two);
        !*met
    });
    !met.contains(&true)
}

/// Rings with their points numbered through.
struct Land<'a> {
    rings: &'a [Ring],
    /// Number of each ring's first point.
    bases: Vec<u32>,
    /// Edges beside a rounded point.
    moved: Bits,
}

impl Land<'_> {
    /// The ring of a block, and its first edge.
    fn locate(&self, block: &Block) -> (usize, usize) {
        let ring = self.bases.partition_point(|base| *base <= block.start) - 1;
        (ring, (block.start - self.bases[ring]) as usize)
    }

    /// Whether of two blocks, or of one with itself, no edge beside a rounded point meets another edge.
    fn apart(&self, one: &Block, two: &Block) -> bool {
        let moved = [one, two].map(|block| self.moved.window(block.start, block.end));
        // What advances in one direction all along cannot come back to itself.
        let neighbours = one.start == two.start || one.end == two.start || two.end == one.start;
        if moved == [0, 0] || neighbours && one.advances & two.advances != 0 {
            return true;
        }
        let ((ring, first), (other, second)) = (self.locate(one), self.locate(two));
        let stretch =
            |ring: usize, block: &Block, start: usize| &self.rings[ring].points[start..=start + (block.end - block.start) as usize];
        let (ones, twos) = (stretch(ring, one, first), stretch(other, two, second));
        let (a, b) = (one.bounds(), two.bounds());
        let shared = Bounds {
            min: Point { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) },
            max: Point { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y) },
        };
        let (ones, twos) = (near(ones, &shared), near(twos, &shared));
        each(ones).all(|mine| {
            let theirs = if moved[0] >> mine & 1 == 1 { twos } else { twos & moved[1] };
            each(theirs).all(|their| {
                let (mine, their) = ((ring, first + mine as usize), (other, second + their as usize));
                mine == their || !meet(self.rings, mine, their)
            })
        })
    }
}

/// The bits that are set.
fn each(mut bits: u32) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros())?;
        bits &= bits - 1;
        Some(bit)
    })
}

/// Whether two edges, each given by its ring and number, meet otherwise than as neighbours in a ring do.
fn meet(rings: &[Ring], one: (usize, usize), other: (usize, usize)) -> bool {
    let edge = |(ring, edge): (usize, usize)| (rings[ring].points[edge], rings[ring].points[edge + 1]);
    let ((p, q), (r, s)) = (edge(one), edge(other));
    if !Bounds::of(p, q).meets(&Bounds::of(r, s)) {
        return false;
    }
    let count = rings[one.0].edges();
    let follows = |first: usize, second: usize| one.0 == other.0 && (first + 1) % count == second;
    if follows(one.1, other.1) {
        return folded(q, p, s);
    }
    if follows(other.1, one.1) {
        return folded(s, r, q);
    }
    let (of_r, of_s) = (exact::side(p, q, r), exact::side(p, q, s));
    let (of_p, of_q) = (exact::side(r, s, p), exact::side(r, s, q));
    // On one line, their boxes meet where they do.
    of_r.is_eq() && of_s.is_eq() || of_r != of_s && of_p != of_q
}

/// Whether two edges from one point to `one` and to `other` lie on each other.
fn folded(corner: Point, one: Point, other: Point) -> bool {
    let (u, v) = (exact::vector(corner, one), exact::vector(corner, other));
    exact::cross_sign(u, v).is_eq() && (u.0.signum(), u.1.signum()) == (v.0.signum(), v.1.signum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(points: &[(i64, i64)], moved: &[usize]) -> Ring {
        let closed = points.iter().chain(points.first());
        Ring { points: closed.map(|(x, y)| Point { x: *x, y: *y }).collect(), moved: moved.to_vec() }
    }

    #[test]
    fn what_was_rounded_is_asked_and_nothing_else() {
        let square = [(0, 0), (10, 0), (10, 10), (0, 10)];
        assert!(keeps_apart(&[ring(&square, &[0, 2])]));
        // A bow-tie: its crossing edges are asked, or not.
        let bow = [(0, 0), (10, 10), (10, 0), (0, 10)];
        assert!(keeps_apart(&[ring(&bow, &[])]));
        assert!(!keeps_apart(&[ring(&bow, &[1])]));
        // A point upon an edge of its ring; a spike; a ring that touches another, by an edge and by a corner.
        assert!(!keeps_apart(&[ring(&[(0, 0), (10, 0), (10, 10), (5, 0), (0, 10)], &[3])]));
        assert!(!keeps_apart(&[ring(&[(0, 0), (10, 0), (5, 0), (0, 10)], &[2])]));
        assert!(!keeps_apart(&[ring(&square, &[0]), ring(&[(4, 0), (6, 0), (5, -5)], &[])]));
        assert!(!keeps_apart(&[ring(&square, &[0]), ring(&[(0, 0), (-5, 0), (0, -5)], &[])]));
        assert!(keeps_apart(&[ring(&square, &[0]), ring(&[(0, -1), (-5, 0), (0, -5)], &[])]));
        // Edges on one line that do not meet, and neighbours straight on.
        assert!(keeps_apart(&[ring(&[(0, 0), (5, 0), (10, 0), (10, 10)], &[1]), ring(&[(11, 0), (20, 0), (20, 9)], &[0])]));
    }

    #[test]
    fn a_tree_finds_what_every_block_would() {
        // Long combs beside each other: the second one's teeth reach into the first where it is pushed.
        let comb = |east: i64| -> Vec<(i64, i64)> {
            let teeth = (0..4_000).map(|n| (east + 10 * (n % 2), n));
            teeth.chain([(east + 30, 4_000), (east + 30, -1)]).collect()
        };
        let all: Vec<usize> = (0..4_000).collect();
        assert!(keeps_apart(&[ring(&comb(0), &all), ring(&comb(100), &all)]));
        assert!(!keeps_apart(&[ring(&comb(0), &all), ring(&comb(25), &all)]));
    }
}
