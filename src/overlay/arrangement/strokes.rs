//! Polygons along points that stay where they are.
//!
//! What a polygon needs to be known of its rings is known of the edges they run along: areas, smallest points, boxes. So most polygons can be
//! written without a look at each of their points, and without a copy of them. The others are drawn point by point ([`Traced::draw`]): those whose
//! rounded crossings come near something, slivers so thin that rounding may turn them round, and rings of which it is not plain which is in which.

use std::cmp::Ordering;
use std::ops::Range;

use super::Point;
use super::moved::{collide, each, folded};
use super::trace::Traced;
use crate::domain::index::Coarse;
use crate::domain::{Bounds, Stroke, Strokes};
use crate::overlay::linework::{Bits, near};
use crate::overlay::noding::{Edge, NONE};
use crate::overlay::polygons::within;

/// Boxes and points that are looked at, for each edge beside a crossing that is asked about and each edge between nodes, or for each point, and besides,
/// before a polygon is drawn point by point: then a tree or a sweep finds what is near, or around.
const LOOKS_EACH: usize = 256;
const LOOKS: usize = 1 << 14;

/// Twice the area that rounding may take from a ring or add to it, for a step of its length: crossings move by 0.71 steps, and in metres every point by
/// an eighth of a step or so; both ends of every edge.
const THIN: i128 = 4;

/// Edges looked at together.
const BITS: usize = 32;

/// A stretch of a ring: a node, and the points up to the next one.
struct Piece<'t> {
    /// Its edge.
    edge: usize,
    node: u32,
    /// The points between, in the order in which they stand.
    inner: &'t [Point],
    /// Position of the first of them.
    position: u32,
    backwards: bool,
    /// Number of the node among the points of its ring.
    ordinal: usize,
}

impl Piece<'_> {
    /// The first point after the node, of those between.
    fn first(&self) -> Option<&Point> {
        if self.backwards { self.inner.last() } else { self.inner.first() }
    }

    fn last(&self) -> Option<&Point> {
        if self.backwards { self.inner.first() } else { self.inner.last() }
    }
}

struct Ring<'t> {
    pieces: Vec<Piece<'t>>,
    /// Number of its points.
    points: usize,
    doubled_area: i128,
    /// Its smallest point, the piece that it is in, and its place among the points between; `None` = the node.
    smallest: (Point, usize, Option<usize>),
}

/// Whether edges may touch that do not follow each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touching {
    No,
    /// Two rings, or two parts of one, may have a vertex in common.
    AtEnds,
}

/// The end that two edges have in common, and the other end of each.
fn common_end((p, q): (Point, Point), (r, s): (Point, Point)) -> Option<(Point, Point, Point)> {
    [(p, q, r, s), (p, q, s, r), (q, p, r, s), (q, p, s, r)]
        .into_iter()
        .find_map(|(mine, far, theirs, other)| (mine == theirs).then_some((mine, far, other)))
}

/// An edge beside a rounded point.
struct Moved {
    ring: usize,
    /// Number of its first point in the ring.
    ordinal: usize,
    ends: (Point, Point),
}

/// Where an edge of the arrangement is.
struct Around {
    /// A box around it.
    coarse: Coarse,
    /// The milestones on its way; none where it is straight.
    miles: Range<u32>,
}

impl Traced<'_> {
    /// Where an edge is.
    fn around(&self, edge: usize) -> Around {
        let at = |node: u32| {
            let point = self.noded.nodes[node as usize];
            Coarse::of(&Bounds { min: point, max: point })
        };
        let Edge { ends: [from, to], line, arc } = self.noded.edges[edge];
        let ends = at(from).join(at(to));
        if arc == NONE {
            return Around { coarse: ends, miles: 0..0 };
        }
        let miles = self.points.miles(line[0], line[1]);
        let pieces = self.points.boxed(miles.clone(), line[0], line[1]);
        Around { coarse: pieces.fold(ends, |around, (piece, _, _)| around.join(piece)), miles }
    }
}

impl<'t> Traced<'t> {
    /// The polygons of a group, the same as those of [`Traced::draw`] put together; `None` where that needs a look at every point. `doubtful` are the
    /// crossings beside which edges may meet others.
    pub fn strokes(&self, group: usize, doubtful: &Bits) -> Option<Strokes<'t>> {
        let rings: Vec<Ring<'t>> = self.rings(group).iter().map(|ring| self.ring(self.along(ring))).collect::<Option<_>>()?;
        let first = self.noded.vertices;
        let is_doubtful = |node: u32| (node as usize).checked_sub(first).is_some_and(|crossing| doubtful.get(crossing as u32));
        if !self.keep_apart(&rings, &is_doubtful, Touching::No)? {
            return None;
        }
        debug_assert!(
            self.keep_apart(&rings, &|node| node as usize >= first, Touching::AtEnds) != Some(false),
            "an edge beside a plain crossing meets another"
        );
        // Largest first, as rings are ordered everywhere; which of two equal ones is first only their points can tell.
        let mut order: Vec<usize> = (0..rings.len()).collect();
        order.sort_unstable_by_key(|ring| std::cmp::Reverse(rings[*ring].doubled_area.abs()));
        if order.windows(2).any(|two| rings[two[0]].doubled_area.abs() == rings[two[1]].doubled_area.abs()) {
            return None;
        }
        let (outer, holes): (Vec<usize>, Vec<usize>) = order.into_iter().partition(|ring| rings[*ring].doubled_area > 0);
        let mut polygons: Vec<Vec<usize>> = outer.iter().map(|ring| vec![*ring]).collect();
        if let ([polygon], false) = (polygons.as_mut_slice(), holes.is_empty()) {
            polygon.extend(holes);
        } else if !holes.is_empty() {
            let boxes: Vec<Coarse> = outer.iter().map(|ring| self.coarse(&rings[*ring])).collect();
            // Where that is much to look at, drawing point by point has a sweep for it.
            let points = rings.iter().map(|ring| ring.points).sum::<usize>();
            let mut looks = points.saturating_mul(LOOKS_EACH).saturating_add(LOOKS);
            for hole in holes {
                looks = looks.checked_sub(outer.len())?;
                let place = rings[hole].smallest.0;
                let coarse = Coarse::of(&Bounds { min: place, max: place });
                // The smallest that it is in; of those whose boxes it is in the last one needs no look.
                let candidates: Vec<usize> = (0..outer.len()).filter(|at| boxes[*at].meets(&coarse)).collect();
                let (largest, smaller) = candidates.split_first()?;
                let mut polygon = *largest;
                for at in smaller.iter().rev() {
                    looks = looks.checked_sub(rings[outer[*at]].points)?;
                    match within(&self.points_of(&rings[outer[*at]]), place) {
                        Ordering::Greater => {
                            polygon = *at;
                            break;
                        }
                        Ordering::Less => {}
                        // They touch: other points tell.
                        Ordering::Equal => return None,
                    }
                }
                let polygon = &mut polygons[polygon];
                polygon.push(hole);
            }
        }
        // Stable: of those with one smallest point the largest stays first.
        polygons.sort_by_key(|polygon| rings[polygon[0]].smallest.0);
        let mut strokes = Strokes::default();
        for polygon in polygons {
            for ring in polygon {
                self.push(&rings[ring], &mut strokes);
                strokes.end_ring();
            }
            strokes.end_polygon();
        }
        Some(strokes)
    }

    /// What is known of a ring; `None` where that is not enough.
    fn ring(&self, halves: &[u32]) -> Option<Ring<'t>> {
        let noded = self.noded;
        let mut pieces: Vec<Piece<'t>> = Vec::with_capacity(halves.len());
        let (mut points, mut doubled_area, mut length) = (0usize, 0i128, 0i128);
        let mut smallest: Option<(Point, usize, Option<usize>)> = None;
        // The last point of the piece before.
        let mut last: Option<Point> = None;
        for (index, half) in halves.iter().enumerate() {
            let (edge, backwards) = ((half / 2) as usize, half % 2 == 1);
            let node = self.start(*half);
            let at = noded.nodes[node as usize];
            let line = noded.edges[edge].line;
            let inner: &'t [Point] = match noded.edges[edge].arc {
                NONE => &[],
                _ => match self.points.stretch(line[0], line[1]) {
                    [_, inner @ .., _] => inner,
                    _ => &[],
                },
            };
            let piece = Piece { edge, node, inner, position: line[0] + 1, backwards, ordinal: points };
            // A crossing may be rounded onto the point before it or after it.
            if last == Some(at) || piece.first() == Some(&at) {
                return None;
            }
            last = Some(piece.last().copied().unwrap_or(at));
            let inside = noded.along(edge).map(|along| along.smallest).filter(|position| *position != NONE);
            let inside = inside.map(|position| (self.points.at(position), index, Some((position - piece.position) as usize)));
            for candidate in std::iter::once((at, index, None)).chain(inside) {
                match smallest {
                    // It is there more than once, and which of them comes first only all points can tell.
                    Some((point, ..)) if point == candidate.0 => return None,
                    Some((point, ..)) if point < candidate.0 => {}
                    _ => smallest = Some(candidate),
                }
            }
            let along = noded.doubled_area(edge);
            doubled_area += if backwards { -along } else { along };
            length += i128::from(noded.length(edge));
            points += 1 + inner.len();
            pieces.push(piece);
        }
        if points < 3 || last == pieces.first().map(|first| noded.nodes[first.node as usize]) || doubled_area.abs() <= THIN * length {
            return None;
        }
        Some(Ring { pieces, points, doubled_area, smallest: smallest? })
    }

    /// Whether no edge beside a crossing that is asked about meets another edge, but for the next one at its end; `None` where that is much to look at.
    fn keep_apart(&self, rings: &[Ring<'t>], is_asked: &dyn Fn(u32) -> bool, touching: Touching) -> Option<bool> {
        let noded = self.noded;
        let point = |node: u32| noded.nodes[node as usize];
        let mut moved: Vec<Moved> = Vec::new();
        for (number, ring) in rings.iter().enumerate() {
            let before = |index: usize| &ring.pieces[index.checked_sub(1).unwrap_or(ring.pieces.len() - 1)];
            for (index, piece) in ring.pieces.iter().enumerate().filter(|(_, piece)| is_asked(piece.node)) {
                let (at, ordinal) = (point(piece.node), piece.ordinal);
                let incoming = ordinal.checked_sub(1).unwrap_or(ring.points - 1);
                if moved.last().is_none_or(|last| (last.ring, last.ordinal) != (number, incoming)) {
                    let from = before(index).last().copied().unwrap_or_else(|| point(before(index).node));
                    moved.push(Moved { ring: number, ordinal: incoming, ends: (from, at) });
                }
                let to = piece.first().copied().unwrap_or_else(|| point(ring.following(index).node));
                moved.push(Moved { ring: number, ordinal, ends: (at, to) });
            }
        }
        if moved.is_empty() {
            return Some(true);
        }
        let pieces = rings.iter().map(|ring| ring.pieces.len()).sum::<usize>();
        let mut looks = moved.len().saturating_add(pieces).saturating_mul(LOOKS_EACH).saturating_add(LOOKS);
        // From west to east, with the pieces that reach as far as the edge at hand.
        let coarse = |edge: &Moved| Coarse::of(&Bounds::of(edge.ends.0, edge.ends.1));
        let mut moved: Vec<(Coarse, Moved)> = moved.into_iter().map(|edge| (coarse(&edge), edge)).collect();
        moved.sort_unstable_by_key(|(coarse, _)| coarse.west());
        let mut pieces: Vec<(Around, usize, usize)> = Vec::with_capacity(pieces);
        for (number, ring) in rings.iter().enumerate() {
            pieces.extend(ring.pieces.iter().enumerate().map(|(index, piece)| (self.around(piece.edge), number, index)));
        }
        pieces.sort_unstable_by_key(|(around, ..)| around.coarse.west());
        let mut coming = pieces.iter().peekable();
        let mut here: Vec<&(Around, usize, usize)> = Vec::new();
        for (coarse, edge) in &moved {
            while let Some(piece) = coming.next_if(|(around, ..)| around.coarse.west() <= coarse.east()) {
                here.push(piece);
            }
            looks = looks.checked_sub(here.len())?;
            here.retain(|(around, ..)| around.coarse.east() >= coarse.west());
            for (around, number, index) in here.iter().filter(|(around, ..)| around.coarse.meets(coarse)) {
                if self.meets((coarse, edge), around, touching, *number, &rings[*number], *index) {
                    return Some(false);
                }
            }
        }
        Some(true)
    }

    /// Whether an edge meets any edge from a node of a ring to the next, but as its neighbour.
    fn meets(
        &self,
        (coarse, edge): (&Coarse, &Moved),
        around: &Around,
        touching: Touching,
        number: usize,
        ring: &Ring<'t>,
        index: usize,
    ) -> bool {
        let point = |node: u32| self.noded.nodes[node as usize];
        let bounds = Bounds::of(edge.ends.0, edge.ends.1);
        let piece = &ring.pieces[index];
        let collides = |ordinal: usize, r: Point, s: Point| {
            let same = edge.ring == number;
            if same && edge.ordinal == ordinal || !bounds.meets(&Bounds::of(r, s)) {
                return false;
            }
            let (p, q) = edge.ends;
            if touching == Touching::AtEnds
                && let Some((end, mine, theirs)) = common_end((p, q), (r, s))
            {
                return folded(end, mine, theirs);
            }
            let after = |one: usize, other: usize| same && (if one + 1 == ring.points { 0 } else { one + 1 }) == other;
            collide(edge.ends, (r, s), after(edge.ordinal, ordinal), after(ordinal, edge.ordinal))
        };
        let (from, to) = (point(piece.node), point(ring.following(index).node));
        let (Some(first), Some(last)) = (piece.first(), piece.last()) else { return collides(piece.ordinal, from, to) };
        let count = piece.inner.len();
        if collides(piece.ordinal, from, *first) || collides(piece.ordinal + count, *last, to) {
            return true;
        }
        let inside = |start: usize, end: usize| {
            (start..end).step_by(BITS).any(|start| {
                let stretch = &piece.inner[start..=end.min(start + BITS)];
                each(near(stretch, &bounds)).any(|bit| {
                    let (p, q) = (stretch[bit as usize], stretch[bit as usize + 1]);
                    let place = start + bit as usize;
                    if piece.backwards {
                        collides(piece.ordinal + count - 1 - place, q, p)
                    } else {
                        collides(piece.ordinal + 1 + place, p, q)
                    }
                })
            })
        };
        if count <= BITS {
            return inside(0, count - 1);
        }
        let miles = self.points.boxed(around.miles.clone(), piece.position, piece.position + count as u32 - 1);
        miles
            .filter(|(mile, start, end)| mile.meets(coarse) && start < end)
            .any(|(_, start, end)| inside((start - piece.position) as usize, (end - piece.position) as usize))
    }

    /// A box around a ring.
    fn coarse(&self, ring: &Ring<'t>) -> Coarse {
        ring.pieces.iter().map(|piece| self.around(piece.edge).coarse).reduce(Coarse::join).unwrap_or_default()
    }

    /// The points of a ring.
    fn points_of(&self, ring: &Ring<'t>) -> Vec<Point> {
        let mut points = Vec::with_capacity(ring.points);
        for piece in &ring.pieces {
            points.push(self.noded.nodes[piece.node as usize]);
            if piece.backwards { points.extend(piece.inner.iter().rev()) } else { points.extend_from_slice(piece.inner) }
        }
        points
    }

    /// Adds the strokes of a ring, from its smallest point on.
    fn push(&self, ring: &Ring<'t>, strokes: &mut Strokes<'t>) {
        let nodes: &'t [Point] = &self.noded.nodes;
        let mut stroke = |points: &'t [Point], backwards: bool| {
            if !points.is_empty() {
                strokes.push(Stroke { points, backwards });
            }
        };
        let node = |piece: &Piece<'t>| &nodes[piece.node as usize..=piece.node as usize];
        let (_, start, place) = ring.smallest;
        let first = &ring.pieces[start];
        // Of the first piece what comes before the smallest point comes last.
        let (ahead, behind): (&'t [Point], &'t [Point]) = match (place, first.backwards) {
            (None, _) => (first.inner, &[]),
            (Some(place), false) => (&first.inner[place..], &first.inner[..place]),
            (Some(place), true) => (&first.inner[..=place], &first.inner[place + 1..]),
        };
        if place.is_none() {
            stroke(node(first), false);
        }
        stroke(ahead, first.backwards);
        for piece in ring.pieces[start + 1..].iter().chain(&ring.pieces[..start]) {
            stroke(node(piece), false);
            stroke(piece.inner, piece.backwards);
        }
        if place.is_some() {
            stroke(node(first), false);
            stroke(behind, first.backwards);
        }
    }
}

impl<'t> Ring<'t> {
    /// The piece after one.
    fn following(&self, index: usize) -> &Piece<'t> {
        &self.pieces[if index + 1 == self.pieces.len() { 0 } else { index + 1 }]
    }
}
