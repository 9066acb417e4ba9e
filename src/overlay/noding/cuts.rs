//! Where edges are cut: at vertices that lie on them, and at crossings.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::contacts::Contact;
use super::segments::Segments;
use super::{Broken, HEAPED, Loose, NONE};
use crate::domain::Point;
use crate::domain::linework::Linework;
use crate::overlay::exact::{self, Fraction};
use crate::overlay::linework::Points;

/// Pairs of owners that may be looked at to see who crosses itself.
const OWNERS_LOOKED_AT: usize = 1 << 30;

/// What is cut: a segment, by its number, or an edge inside an arc, by its position. Segments come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Carrier {
    Segment(u32),
    Edge(u32),
}

/// A place where a carrier is cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cut {
    pub carrier: Carrier,
    /// How far along the carrier, from 0 to 1; near enough to order cuts that differ by more than its rounding.
    along: f64,
    pub node: u32,
}

impl Cut {
    /// Its carrier, how far along it, and its node, as one number that is compared at once: 33, 62 (bits of a float up to 1) and 32 bits.
    fn key(&self) -> u128 {
        let carrier = match self.carrier {
            Carrier::Segment(segment) => u64::from(segment),
            Carrier::Edge(position) => 1 << 32 | u64::from(position),
        };
        u128::from(carrier) << 94 | u128::from(self.along.to_bits()) << 32 | u128::from(self.node)
    }
}

/// All cuts.
#[derive(Default)]
pub(super) struct Cuts {
    /// By carrier, in the order along it.
    list: Vec<Cut>,
    /// The node that each stands for; empty where each stands for itself.
    same: Vec<u32>,
    pub crossings: usize,
    /// Units of which two boundary segments cross each other, ascending; found for a layer by itself.
    pub self_crossing: Vec<u32>,
}

impl Cuts {
    /// Cuts of segments, then those of edges.
    pub(super) fn of_both(&self) -> (&[Cut], &[Cut]) {
        self.list.split_at(self.list.partition_point(|cut| matches!(cut.carrier, Carrier::Segment(_))))
    }

    /// The one node that a cut's node is: crossings at the same place of the same carrier are one point, since three boundaries may go
    /// through it.
    #[inline]
    pub(super) fn node(&self, cut: &Cut) -> u32 {
        if self.same.is_empty() { cut.node } else { stands_for(&self.same, cut.node) }
    }
}

/// What carriers are made of.
pub(super) struct Site<'a, 'p> {
    pub points: &'a Points<'p>,
    pub linework: &'a Linework,
    pub segments: &'a Segments,
    pub loose: &'a [Loose],
    pub vertices: &'a [Point],
}

impl Site<'_, '_> {
    #[inline]
    fn carrier(&self, edge: u32) -> Carrier {
        if self.loose.is_empty() {
            return Carrier::Edge(edge);
        }
        match self.loose.binary_search_by_key(&edge, |loose| loose.position) {
            Ok(at) => Carrier::Segment(self.loose[at].segment),
            Err(_) => Carrier::Edge(edge),
        }
    }

    #[inline]
    fn ends(&self, carrier: Carrier) -> (Point, Point) {
        match carrier {
            Carrier::Segment(segment) => {
                let [a, b] = self.segments.edges[segment as usize].ends;
                (self.vertices[a as usize], self.vertices[b as usize])
            }
            Carrier::Edge(position) => {
                let stretch = self.points.stretch(position, position + 1);
                (stretch[0], stretch[1])
            }
        }
    }

    /// Where two carriers that cross do so: how far along each, and the nearest grid point.
    fn crossing(&self, pair: [Carrier; 2]) -> (Fraction, Fraction, Point) {
        // The grid point must not depend on who is first nor on directions.
        let ascending = |(p, q): (Point, Point)| if p <= q { (p, q, false) } else { (q, p, true) };
        let [one, two] = pair.map(|carrier| ascending(self.ends(carrier)));
        let swap = (two.0, two.1) < (one.0, one.1);
        let (lead, follow) = if swap { (two, one) } else { (one, two) };
        let (along_lead, along_follow, point) = exact::crossing(lead.0, lead.1, follow.0, follow.1);
        let (first, second) = if swap { (along_follow, along_lead) } else { (along_lead, along_follow) };
        let turned = |at: Fraction, reversed: bool| {
            if reversed { Fraction { numerator: at.denominator - at.numerator, ..at } } else { at }
        };
        (turned(first, one.2), turned(second, two.2), point)
    }

    /// How far along a segment a vertex on it is.
    fn contact(&self, segment: u32, vertex: u32) -> Fraction {
        let (a, b) = self.ends(Carrier::Segment(segment));
        let (u, w) = (exact::vector(a, b), exact::vector(a, self.vertices[vertex as usize]));
        // Along the longer axis: the vertex is on the segment, so both axes give the same position.
        let (part, whole) = if u.0.abs() >= u.1.abs() { (w.0, u.0) } else { (w.1, u.1) };
        Fraction { numerator: i128::from(part.abs()), denominator: i128::from(whole.abs()) }
    }

    fn owns(&self, carrier: Carrier) -> Vec<u32> {
        match carrier {
            Carrier::Segment(segment) => self.segments.owners(segment).map(|owner| owner / 2).collect(),
            Carrier::Edge(position) => {
                let arc = self.linework.arc_of(position);
                arc.map_or(&[][..], |arc| self.linework.owners(arc)).iter().map(|owner| owner / 2).collect()
            }
        }
    }

    /// All cuts, given the vertices that lie on segments. The crossings' nodes are returned too; their numbers follow those of the vertices.
    pub(super) fn cuts(&self, contacts: &[Contact]) -> Result<(Cuts, Vec<Point>), Broken> {
        let mut pairs: Vec<[Carrier; 2]> = self.linework.crossings.par_iter().map(|pair| pair.map(|edge| self.carrier(edge))).collect();
        if !self.loose.is_empty() {
            // Several loose edges may be one segment; the others are in order.
            let is_straight = |pair: &mut [Carrier; 2]| pair.iter().any(|carrier| matches!(carrier, Carrier::Segment(_)));
            let mut straight: Vec<[Carrier; 2]> = pairs.extract_if(.., is_straight).collect();
            for pair in &mut straight {
                pair.sort_unstable();
            }
            straight.par_sort_unstable();
            straight.dedup();
            pairs.append(&mut straight);
        }
        let first = self.vertices.len();
        if first + pairs.len() >= NONE as usize / 2 {
            return Err(Broken("more crossings than the arrangement can number"));
        }
        let mut nodes = vec![Point::default(); pairs.len()];
        let unset = Cut { carrier: Carrier::Edge(NONE), along: 0.0, node: NONE };
        let mut list = vec![unset; pairs.len() * 2 + contacts.len()];
        let (of_crossings, of_contacts) = list.split_at_mut(pairs.len() * 2);
        of_crossings.par_chunks_exact_mut(2).zip(&mut nodes).zip(&pairs).enumerate().with_min_len(256).for_each(
            |(number, ((cuts, node), pair))| {
                let (along_first, along_second, point) = self.crossing(*pair);
                *node = point;
                for (cut, (carrier, along)) in cuts.iter_mut().zip([(pair[0], along_first), (pair[1], along_second)]) {
                    *cut = Cut { carrier, along: along.value(), node: (first + number) as u32 };
                }
            },
        );
        for (cut, contact) in of_contacts.iter_mut().zip(contacts) {
            let along = self.contact(contact.segment, contact.vertex).value();
            *cut = Cut { carrier: Carrier::Segment(contact.segment), along, node: contact.vertex };
        }
        let exactly = |cut: &Cut| match ((cut.node as usize).checked_sub(first), cut.carrier) {
            (Some(number), carrier) => {
                let (along_first, along_second, _) = self.crossing(pairs[number]);
                if pairs[number][0] == carrier { along_first } else { along_second }
            }
            (None, Carrier::Segment(segment)) => self.contact(segment, cut.node),
            // Vertices on edges of arcs do not exist: such edges are loose.
            (None, Carrier::Edge(_)) => Fraction { numerator: 0, denominator: 1 },
        };
        // In the order of floats first: their bits count up with them. Then, where rounding may have mixed neighbours up, exactly.
        list.par_sort_unstable_by_key(Cut::key);
        let doubtful =
            |one: &Cut, two: &Cut| one.carrier == two.carrier && (one.along - two.along).abs() <= (one.along + two.along) * Fraction::DOUBT;
        for mixed in list.chunk_by_mut(doubtful).filter(|mixed| mixed.len() > 1) {
            mixed.sort_unstable_by(|one, two| exactly(one).compare(&exactly(two)).then(one.node.cmp(&two.node)));
        }
        let mut same: Vec<u32> = Vec::new();
        for pair in list.windows(2) {
            let [one, two] = pair else { continue };
            if one.node != two.node && doubtful(one, two) && exactly(one).compare(&exactly(two)) == Ordering::Equal {
                if same.is_empty() {
                    same = (0..(first + pairs.len()) as u32).collect();
                }
                let (a, b) = (stands_for(&same, one.node), stands_for(&same, two.node));
                same[a.max(b) as usize] = a.min(b);
            }
        }
        let mut self_crossing: Vec<u32> = Vec::new();
        if self.points.layers() == 1 {
            // Where hundreds of units have an edge that is crossed, and the one that crosses it, most of the time would go into looking for these.
            let looks = pairs.par_iter().map(|pair| self.owns(pair[0]).len() * self.owns(pair[1]).len());
            if looks.sum::<usize>() > OWNERS_LOOKED_AT {
                return Err(HEAPED);
            }
            let both = |[one, two]: [Carrier; 2]| {
                let others = self.owns(two);
                self.owns(one).into_iter().filter(move |unit| others.contains(unit))
            };
            self_crossing = pairs.par_iter().flat_map_iter(|pair| both(*pair)).collect();
            self_crossing.sort_unstable();
            self_crossing.dedup();
        }
        Ok((Cuts { list, same, crossings: pairs.len(), self_crossing }, nodes))
    }
}

fn stands_for(same: &[u32], mut node: u32) -> u32 {
    while same[node as usize] != node {
        node = same[node as usize];
    }
    node
}
