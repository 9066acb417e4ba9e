//! From an arrangement to parts: who is on the wrong side of which line, and where they would belong.

use super::solve::{Arrangement, EFFORT, Overlap, arrange};
use crate::alignment::{Alignment, Side};
use crate::domain::{Basis, Proof, Relation, RelationPair};

/// Millionths of a square metre in one.
const AREA_UNIT: f64 = 1e6;

/// The nearest nested arrangement of an alignment on one basis (one row of table `nesting`). Amounts are millionths: of a person, or of a
/// square metre.
#[derive(Debug, Clone, PartialEq)]
pub struct Nesting {
    /// Basis.
    pub basis: Basis,
    /// Sum of the overlaps that are no slivers.
    pub total: i128,
    /// Sum of the crossing parts.
    pub crossing: i128,
    /// No arrangement has less in crossing parts than this.
    pub bound: i128,
    /// Crossing parts, largest first; of equals by codes.
    pub parts: Vec<CrossingPart>,
    /// Whether each pair of the relation is picked.
    pub picked: Vec<bool>,
    /// What each left body has in crossing parts.
    pub of_left: Vec<i64>,
    /// What each right body has in crossing parts.
    pub of_right: Vec<i64>,
    /// Agreements that joint working would need: picked pairs, and crossing parts of at least `minor_people` people (without people: all).
    pub agreements: usize,
    /// Pairs whose people are not known. They take no part, so `crossing` is what is known of it.
    pub unknown: usize,
}

/// A pair that the arrangement does not pick (one row of table `crossing`): its people have a health body and a council that do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrossingPart {
    /// Index into the pairs of the relation.
    pub pair: usize,
    /// Left body.
    pub left: usize,
    /// Right body.
    pub right: usize,
    /// What lies in it: millionths of a person, or of a square metre.
    pub amount: i64,
    /// 1 for the largest part.
    pub rank: usize,
    /// The left body that it would belong to: the centre of the right body, else another with most of that body; `None` without another.
    pub left_would_be: Option<usize>,
    /// The right body that it would belong to, likewise.
    pub right_would_be: Option<usize>,
}

impl Nesting {
    /// Whether no arrangement can have less in crossing parts, and all that matters is known.
    pub fn proved(&self) -> bool {
        self.crossing == self.bound && self.unknown == 0
    }

    /// An amount as people or square metres.
    pub fn number(&self, amount: i128) -> f64 {
        // Whole and part apart, so that whole people stay whole.
        (amount / 1_000_000) as f64 + (amount % 1_000_000) as f64 / 1e6
    }

    /// What one body has in crossing parts; `None` without such a body.
    pub fn of(&self, side: Side, body: usize) -> Option<i64> {
        match side {
            Side::Health => self.of_left.get(body).copied(),
            Side::Council => self.of_right.get(body).copied(),
        }
    }

    /// The crossing parts of a body, largest first.
    pub fn parts_of(&self, side: Side, body: usize) -> impl Iterator<Item = &CrossingPart> {
        self.parts.iter().filter(move |part| match side {
            Side::Health => part.left == body,
            Side::Council => part.right == body,
        })
    }

    /// The crossing part of two bodies, if their pair is one.
    pub fn part(&self, left: usize, right: usize) -> Option<&CrossingPart> {
        self.parts.iter().find(|part| (part.left, part.right) == (left, right))
    }

    /// Bodies of a side that have crossing parts.
    pub fn cut(&self, side: Side) -> usize {
        let of = match side {
            Side::Health => &self.of_left,
            Side::Council => &self.of_right,
        };
        of.iter().filter(|amount| **amount > 0).count()
    }
}

/// The nearest nested arrangement of an alignment on each of its bases, with its proofs.
///
/// Slivers and pairs without weight take no part (docs/methods.md). `minor_people` is the least people of a crossing part that needs an
/// agreement. Each result has three proofs: every picked pair joins a leaf to a centre; picked and crossing parts add up to the total; and,
/// where the search was finished, nothing below the crossing total can be reached.
pub fn nest(alignment: &Alignment, minor_people: f64) -> (Vec<Nesting>, Vec<Proof>) {
    let mut proofs = Vec::new();
    let nestings = alignment
        .bases
        .iter()
        .map(|basis| {
            let (nesting, proved) = nest_relation(&alignment.relation, *basis, minor_people, EFFORT);
            let subject = format!("{} by {}", alignment.id, basis.as_str());
            proofs.extend(proved.into_iter().map(|proof| Proof { subject: subject.clone(), ..proof }));
            nesting
        })
        .collect();
    (nestings, proofs)
}

/// The nestings of several alignments, one list an alignment, for callers that need no proofs.
pub fn nest_all(alignments: &[Alignment], minor_people: f64) -> Vec<Vec<Nesting>> {
    alignments.iter().map(|alignment| nest(alignment, minor_people).0).collect()
}

/// As [`nest`], of a relation on one basis, looking at no more than `effort` in each component.
pub fn nest_relation(relation: &Relation, basis: Basis, minor_people: f64, effort: u64) -> (Nesting, Vec<Proof>) {
    let overlaps = overlaps(relation, basis);
    let arrangement = arrange(&overlaps, effort, true);
    let unit = if basis == Basis::People { "millionths of a person" } else { "square millimetres" };
    let proof = |name: String, expected: i128, got: i128| Proof::exact(name, String::new(), expected, got);
    let kept: i128 =
        overlaps.iter().zip(&arrangement.picked).filter(|(_, picked)| **picked).map(|(overlap, _)| i128::from(overlap.weight)).sum();
    let mut proofs = vec![
        proof("picked pairs that join no leaf to a centre".to_owned(), 0, arrangement.broken(&overlaps) as i128),
        proof(format!("picked and crossing parts, in {unit}"), arrangement.total, kept + arrangement.crossing),
    ];
    if arrangement.proved() {
        proofs.push(proof(format!("fewest in crossing parts, in {unit}"), arrangement.bound, arrangement.crossing));
    }
    (nest_as(relation, basis, minor_people, arrangement), proofs)
}

/// What the pairs of a relation weigh on a basis, in their order: millionths of a person, or square millimetres; 0 for a sliver.
pub fn overlaps(relation: &Relation, basis: Basis) -> Vec<Overlap> {
    let overlap = |pair: &RelationPair| {
        let weight = match basis {
            Basis::People => pair.amounts.people.map_or(0, |people| people.0),
            Basis::Area => square_millimetres(pair.amounts.area_m2),
        };
        Overlap { left: pair.left, right: pair.right, weight: if pair.sliver { 0 } else { weight } }
    };
    relation.pairs.iter().map(overlap).collect()
}

/// The parts of a relation under an arrangement of its pairs that is known already.
pub fn nest_as(relation: &Relation, basis: Basis, minor_people: f64, arrangement: Arrangement) -> Nesting {
    let overlaps = overlaps(relation, basis);
    let crosses = |at: usize| overlaps[at].weight > 0 && !arrangement.picked[at];
    let mut parts: Vec<CrossingPart> = (0..overlaps.len())
        .filter(|at| crosses(*at))
        .map(|at| {
            let Overlap { left, right, weight } = overlaps[at];
            CrossingPart { pair: at, left, right, amount: weight, rank: 0, left_would_be: None, right_would_be: None }
        })
        .collect();
    parts.sort_by_key(|part| (std::cmp::Reverse(part.amount), part.left, part.right));
    let (mut of_left, mut of_right) = (vec![0_i64; relation.left.len()], vec![0_i64; relation.right.len()]);
    let homes = Homes::new(relation, &overlaps, &arrangement.picked);
    for (at, part) in parts.iter_mut().enumerate() {
        part.rank = at + 1;
        part.left_would_be = homes.of_right(part.right, part.left);
        part.right_would_be = homes.of_left(part.left, part.right);
        of_left[part.left] += part.amount;
        of_right[part.right] += part.amount;
    }
    let needs = |part: &&CrossingPart| relation.pairs[part.pair].amounts.people.is_none_or(|people| people.as_f64() >= minor_people);
    let agreements = arrangement.picked.iter().filter(|picked| **picked).count() + parts.iter().filter(needs).count();
    let unknown = match basis {
        Basis::People => relation.pairs.iter().filter(|pair| pair.amounts.people.is_none()).count(),
        Basis::Area => 0,
    };
    Nesting {
        basis,
        total: arrangement.total,
        crossing: arrangement.crossing,
        bound: arrangement.bound,
        parts,
        picked: arrangement.picked,
        of_left,
        of_right,
        agreements,
        unknown,
    }
}

fn square_millimetres(area_m2: f64) -> i64 {
    // The whole Earth has 5.1e20 mm2 and England 1.3e17; 64 bits end at 9.2e18, where this stays.
    let amount = (area_m2 * AREA_UNIT).round() as i64;
    if area_m2 > 0.0 { amount.max(1) } else { 0 }
}

/// Where a part of a body would belong: the body's centre, else the other partner with most of it.
struct Homes {
    /// Partners of each left body, picked ones first, then the largest, then by code.
    left: Vec<Vec<usize>>,
    right: Vec<Vec<usize>>,
}

impl Homes {
    fn new(relation: &Relation, overlaps: &[Overlap], picked: &[bool]) -> Self {
        let mut left: Vec<Vec<(bool, i64, usize)>> = vec![Vec::new(); relation.left.len()];
        let mut right: Vec<Vec<(bool, i64, usize)>> = vec![Vec::new(); relation.right.len()];
        for (overlap, picked) in overlaps.iter().zip(picked).filter(|(overlap, _)| overlap.weight > 0) {
            left[overlap.left].push((*picked, overlap.weight, overlap.right));
            right[overlap.right].push((*picked, overlap.weight, overlap.left));
        }
        let sorted = |sides: Vec<Vec<(bool, i64, usize)>>| {
            sides
                .into_iter()
                .map(|mut partners| {
                    partners.sort_by_key(|(picked, weight, body)| (std::cmp::Reverse((*picked, *weight)), *body));
                    partners.into_iter().map(|(_, _, body)| body).collect()
                })
                .collect()
        };
        Self { left: sorted(left), right: sorted(right) }
    }

    fn of_left(&self, body: usize, not: usize) -> Option<usize> {
        self.left[body].iter().copied().find(|partner| *partner != not)
    }

    fn of_right(&self, body: usize, not: usize) -> Option<usize> {
        self.right[body].iter().copied().find(|partner| *partner != not)
    }
}
