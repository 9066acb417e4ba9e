//! Which crossings may have come too near to something when they were rounded.
//!
//! A crossing moves by 0.71 steps at most, and with it the two edges through it, by no more than that anywhere. So nothing can have come to meet where
//! everything is further away. The search for crossings tells which edges come near others ([`crate::domain::linework::Linework::close`]); what is left
//! to ask is asked here, of each crossing by itself: that its edges cross at no sharp angle, far from their ends and from other crossings, and
//! that they leave their ends at no sharp angle to what else ends there. Nearly all crossings of real boundaries pass. Where all those of a polygon do,
//! it is valid without a look at its other edges: of two edges of which one is moved,
//!
//! - those that neither cross nor have an end in common are three steps apart, and each moves by 0.71;
//! - of those that cross or have an end in common, the parts beyond another crossing or end are `FAR * SHARP` (16) steps apart or more;
//! - the parts that meet in the crossing or end turn by less than `1.42 / FAR` (9e-5) each, and the angle between them is `SHARP` (1e-3) or more.

use rayon::prelude::*;

use super::{Arrangement, Point};
use crate::overlay::exact;
use crate::overlay::linework::Bits;
use crate::overlay::noding::NONE;

/// Steps from which a crossing is far from ends of edges and from other crossings: 16 micrometres.
const FAR: f64 = 16_384.0;

/// Sine of the smallest angle that is not sharp.
const SHARP: f64 = 1e-3;

/// Whether two directions are next to the same.
fn is_sharp(u: (i64, i64), v: (i64, i64)) -> bool {
    let [u, v] = [u, v].map(|(x, y)| (x as f64, y as f64));
    let (cross, dot) = (u.0 * v.1 - u.1 * v.0, u.0 * v.0 + u.1 * v.1);
    dot > 0.0 && cross.abs() < SHARP * 2.0 * dot
}

/// Whether two edges cross far from all their ends, and not at a sharp angle.
fn cross_plainly((p, q): (Point, Point), (r, s): (Point, Point)) -> bool {
    let float = |(x, y): (i64, i64)| (x as f64, y as f64);
    let cross = |u: (f64, f64), v: (f64, f64)| (u.0 * v.1 - u.1 * v.0).abs();
    let length = |u: (f64, f64)| u.0.abs() + u.1.abs();
    let (u, v) = (float(exact::vector(p, q)), float(exact::vector(r, s)));
    let ends = [(u, p, r), (u, p, s), (v, r, p), (v, r, q)];
    // The sum of the coordinates of a vector is no shorter than it: all of this errs to one side.
    ends.into_iter().all(|(along, from, end)| cross(along, float(exact::vector(from, end))) >= FAR * length(along))
        && cross(u, v) >= SHARP * 2.0 * length(u) * length(v)
}

impl Arrangement<'_> {
    /// The crossings, by their place among the crossing nodes, beside which edges may have come to meet others.
    pub(in crate::overlay) fn doubtful(&self) -> Bits {
        let noded = &self.noded;
        let first = noded.vertices;
        let mut doubtful = Bits::new(noded.nodes.len() - first + 1);
        let crossing = |node: u32| (node as usize).checked_sub(first);
        // The edges that cross in each, by their positions.
        let mut carriers = vec![[NONE; 2]; noded.nodes.len() - first];
        // Edges of which an end is sharp.
        let mut sharp: Vec<u32> = Vec::new();
        // Half-edges that leave a vertex along an edge that is crossed.
        let mut leaving = Bits::new(noded.edges.len() * 2);
        for (number, edge) in noded.edges.iter().enumerate() {
            let [from, to] = edge.line;
            let ends = edge.ends.map(crossing);
            for (side, place) in ends.into_iter().enumerate() {
                let Some(place) = place else { continue };
                if edge.arc == NONE {
                    // What touches other things is near them.
                    doubtful.set(place as u32);
                    continue;
                }
                let carrier = if side == 0 { from } else { to - 1 };
                match &mut carriers[place] {
                    [one, other] if [*one, *other].contains(&carrier) => {}
                    [one, _] if *one == NONE => *one = carrier,
                    [_, other] if *other == NONE => *other = carrier,
                    _ => doubtful.set(place as u32),
                }
                if to == from + 1 {
                    // The other end of the same edge: a vertex, or the next crossing.
                    match ends[1 - side] {
                        None => leaving.set((number * 2 + 1 - side) as u32),
                        Some(other) => {
                            let [p, q] = edge.ends.map(|node| noded.nodes[node as usize]);
                            let (x, y) = exact::vector(p, q);
                            if x.abs().max(y.abs()) < FAR as i64 {
                                doubtful.set(place as u32);
                                doubtful.set(other as u32);
                            }
                        }
                    }
                }
            }
        }
        // At the vertices beside crossings within arcs.
        let crossed = noded.edges.par_iter().with_min_len(1024).filter(|edge| edge.arc != NONE && edge.line[1] > edge.line[0] + 1);
        sharp.par_extend(crossed.flat_map_iter(|edge| {
            let [from, to] = edge.line;
            let sides = [(edge.ends[0], from, [from, from + 1, from + 2]), (edge.ends[1], to - 1, [to, to - 1, to - 2])];
            sides.into_iter().filter(|(node, ..)| crossing(*node).is_some()).filter_map(|(_, carrier, positions)| {
                let [back, at, ahead] = positions.map(|position| self.points.at(position));
                is_sharp(exact::vector(at, back), exact::vector(at, ahead)).then_some(carrier)
            })
        }));
        // At nodes, between each edge and the one that follows clockwise.
        let leaving = &leaving;
        let leaves = |(arriving, next): (u32, u32)| [arriving ^ 1, next].map(|half| leaving.get(half)) != [false; 2];
        let around = (0..self.next.len() as u32).into_par_iter().with_min_len(1024).map(|half| (half, self.next[half as usize]));
        sharp.par_extend(around.filter(|pair| leaves(*pair)).flat_map_iter(|(arriving, next)| {
            let pair = [arriving ^ 1, next];
            let [one, other] = pair.map(|half| noded.leaving(&self.points, (half / 2) as usize, half % 2 == 1));
            let carrier = |half: u32| {
                let [from, to] = noded.edges[(half / 2) as usize].line;
                if half.is_multiple_of(2) { from } else { to - 1 }
            };
            let sharp = pair[0] != pair[1] && is_sharp(one, other);
            pair.into_iter().filter(move |half| sharp && leaving.get(*half)).map(carrier)
        }));
        sharp.par_sort_unstable();
        let is_near = |edge: &u32| noded.close.binary_search(edge).is_ok() || sharp.binary_search(edge).is_ok();
        let ends = |edge: u32| (self.points.at(edge), self.points.at(edge + 1));
        let plain: Vec<bool> = carriers
            .par_iter()
            .with_min_len(256)
            .map(|[one, other]| *other != NONE && !is_near(one) && !is_near(other) && cross_plainly(ends(*one), ends(*other)))
            .collect();
        for (place, plain) in (0u32..).zip(plain) {
            if !plain {
                doubtful.set(place);
            }
        }
        doubtful
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Rings;

    /// One metre.
    const M: i64 = 1_000_000_000;

    fn doubts(layers: &[&[&[(i64, i64)]]]) -> usize {
        let layers: Vec<Rings> = layers
            .iter()
            .map(|units| {
                let mut rings = Rings::new();
                for ring in *units {
                    rings.push_ring(ring.iter().map(|(x, y)| Point { x: *x, y: *y }));
                    rings.end_unit();
                }
                rings
            })
            .collect();
        let arrangement = Arrangement::of(&layers.iter().collect::<Vec<_>>()).unwrap();
        let crossings = arrangement.noded.nodes.len() - arrangement.noded.vertices;
        assert!(crossings > 0);
        let doubtful = arrangement.doubtful();
        (0..crossings as u32).filter(|crossing| doubtful.get(*crossing)).count()
    }

    #[test]
    fn a_crossing_is_doubtful_where_something_is_near() {
        let square = [(0, 0), (9 * M, 0), (9 * M, 9 * M), (0, 9 * M)];
        // A diamond over each side of a square: eight crossings, all of them plain.
        let diamond = [(5 * M, -2 * M), (11 * M, 4 * M), (4 * M, 11 * M), (-2 * M, 5 * M)];
        assert_eq!(doubts(&[&[&square], &[&diamond]]), 0);
        // A triangle whose sides cross the square's near a corner of the square, three micrometres away; further up they do not.
        assert_eq!(doubts(&[&[&square], &[&[(-M, M + 3_000), (M, -M + 3_000), (3 * M, 20 * M)]]]), 2);
        assert_eq!(doubts(&[&[&square], &[&[(-M, M + 300_000), (M, -M + 300_000), (3 * M, 20 * M)]]]), 0);
        // A vertex of another unit two steps from a side that is crossed elsewhere; ten steps away.
        let wedge = |steps: i64| [(5 * M, -steps), (6 * M, -5 * M), (4 * M, -5 * M)];
        let crossed = [(M, -M), (2 * M, -M), (2 * M, M), (M, M)];
        assert_eq!(doubts(&[&[&square], &[&crossed, &wedge(2)]]), 2);
        assert_eq!(doubts(&[&[&square], &[&crossed, &wedge(10)]]), 0);
        // The same of the layer itself.
        assert_eq!(doubts(&[&[&square, &wedge(2)], &[&crossed]]), 2);
        assert_eq!(doubts(&[&[&square, &wedge(10)], &[&crossed]]), 0);
        // Crossed by sides a micrometre apart: near each other, though not to each other's ends.
        let thin = [(4 * M, -M), (4 * M + 1_000, -M), (4 * M + 1_000, M), (4 * M, M)];
        assert_eq!(doubts(&[&[&square], &[&thin]]), 2);
        // A needle, crossed far from its point: at its own vertices, and where two arcs meet in a node.
        let needle = [(4 * M, 9 * M), (4 * M + 100_000, -M), (4 * M - 100_000, -M)];
        assert_eq!(doubts(&[&[&[(0, 0), (9 * M, 0), (9 * M, 3 * M), (0, 3 * M)]], &[&needle]]), 4);
        let halves: [&[(i64, i64)]; 2] =
            [&[(4 * M, 9 * M), (4 * M, -M), (4 * M - 100_000, -M)], &[(4 * M, 9 * M), (4 * M + 100_000, -M), (4 * M, -M)]];
        assert_eq!(doubts(&[&[&[(0, 0), (9 * M, 0), (9 * M, 3 * M), (0, 3 * M)]], &halves]), 6);
        // At a sharp angle: a side that falls by a tenth of a millimetre a metre.
        assert_eq!(doubts(&[&[&square], &[&[(-M, 400_000), (8 * M, -500_000), (8 * M, -5 * M), (-M, -5 * M)]]]), 1);
    }
}
