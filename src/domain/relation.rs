//! The relation of two layers: every pair of overlapping areas, with area and people. What alignment, succession and budgets read.

use super::units::People;

/// What is weighed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// Square metres.
    Area,
    /// People.
    People,
}

impl Basis {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Area => "area",
            Self::People => "people",
        }
    }
}

/// One area of one side, with the totals that shares are taken of.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// Code in its layer.
    pub code: String,
    /// Name, if the layer has names.
    pub name: Option<String>,
    /// Whole area, square metres.
    pub area_m2: f64,
    /// People of the relation's population inside the whole area; `None` when the relation has no people.
    pub people: Option<People>,
}

/// What lies in one overlap (or in the uncovered part of a body).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Amounts {
    /// Square metres.
    pub area_m2: f64,
    /// Perimeter of the overlap, all parts and holes, metres.
    pub boundary_m: f64,
    /// `2 * area_m2 / boundary_m`, metres; 0 when there is no area.
    pub thickness_m: f64,
    /// People, best estimate.
    pub people: Option<People>,
    /// People who are certainly inside (blocks wholly inside).
    pub people_low: Option<People>,
    /// People who may be inside (blocks wholly or partly inside).
    pub people_high: Option<People>,
}

impl Amounts {
    /// Sum of amounts. An unknown part makes the sum unknown; the perimeter is that of the parts, too long by twice what they share.
    pub fn total<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let parts: Vec<&Self> = parts.into_iter().collect();
        let area_m2: f64 = parts.iter().map(|part| part.area_m2).sum();
        let boundary_m: f64 = parts.iter().map(|part| part.boundary_m).sum();
        Self {
            area_m2,
            boundary_m,
            thickness_m: if area_m2 > 0.0 && boundary_m > 0.0 { 2.0 * area_m2 / boundary_m } else { 0.0 },
            people: parts.iter().map(|part| part.people).sum(),
            people_low: parts.iter().map(|part| part.people_low).sum(),
            people_high: parts.iter().map(|part| part.people_high).sum(),
        }
    }

    /// The weight on a basis as a number: square metres, or people. `None` if the relation has no people.
    pub fn weight(&self, basis: Basis) -> Option<f64> {
        match basis {
            Basis::Area => Some(self.area_m2),
            Basis::People => self.people.map(People::as_f64),
        }
    }
}

/// Two areas that overlap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RelationPair {
    /// Index into [`Relation::left`].
    pub left: usize,
    /// Index into [`Relation::right`].
    pub right: usize,
    /// What lies in both.
    pub amounts: Amounts,
    /// Thin, small on both sides and (nearly) without people: an artefact of two surveys of one line (domain.md E1).
    pub sliver: bool,
}

/// The relation of two layers.
///
/// Invariant: `pairs` is sorted by (left, right) without repeats; bodies keep the order of their layers (by code); `left_outside[i]`
/// is the part of `left[i]` that no right area covers, and the other way round.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Relation {
    /// Left (health, or predecessor) bodies.
    pub left: Vec<Body>,
    /// Right (council, or successor) bodies.
    pub right: Vec<Body>,
    /// Overlapping pairs.
    pub pairs: Vec<RelationPair>,
    /// Uncovered part of each left body.
    pub left_outside: Vec<Amounts>,
    /// Uncovered part of each right body.
    pub right_outside: Vec<Amounts>,
    /// Whether people were weighed.
    pub has_people: bool,
    /// Whether a side has no shapes. Then people alone are known: areas, boundaries and thickness stand as 0, mean nothing and are published
    /// as null ([`Relation::land`]).
    pub shapeless: bool,
    /// Sum of the two layers' resolutions, metres: the `tau_w` of domain.md E1.
    pub sliver_width_m: f64,
}

impl Relation {
    /// A figure of land (square metres, metres) of this relation; `None` where no land was measured.
    pub fn land(&self, figure: f64) -> Option<f64> {
        (!self.shapeless).then_some(figure)
    }

    /// Whether every pair names a body of either side, in order and once, and every body has its uncovered part. What looks bodies up later
    /// relies on it.
    pub fn is_whole(&self) -> bool {
        let known = self.pairs.iter().all(|pair| pair.left < self.left.len() && pair.right < self.right.len());
        let sorted = self.pairs.iter().zip(self.pairs.iter().skip(1)).all(|(pair, next)| (pair.left, pair.right) < (next.left, next.right));
        known && sorted && self.left_outside.len() == self.left.len() && self.right_outside.len() == self.right.len()
    }

    /// The relation with its sides exchanged.
    pub fn turned(&self) -> Self {
        let mut pairs: Vec<RelationPair> =
            self.pairs.iter().map(|pair| RelationPair { left: pair.right, right: pair.left, ..*pair }).collect();
        pairs.sort_by_key(|pair| (pair.left, pair.right));
        Self {
            left: self.right.clone(),
            right: self.left.clone(),
            pairs,
            left_outside: self.right_outside.clone(),
            right_outside: self.left_outside.clone(),
            has_people: self.has_people,
            shapeless: self.shapeless,
            sliver_width_m: self.sliver_width_m,
        }
    }

    /// Index of a left body by its code.
    pub fn position_left(&self, code: &str) -> Option<usize> {
        self.left.binary_search_by(|body| body.code.as_str().cmp(code)).ok()
    }

    /// Index of a right body by its code.
    pub fn position_right(&self, code: &str) -> Option<usize> {
        self.right.binary_search_by(|body| body.code.as_str().cmp(code)).ok()
    }

    /// Shares of a pair by the people who are there for certain: of those of its left and of its right body. Where nobody is known of a body, 1: the
    /// pair is there, and nothing says how large it is.
    ///
    /// What is left to go by where people are not known and there is no land. Nothing that rests on it is stable.
    pub fn known_shares(&self, pair: &RelationPair) -> (f64, f64) {
        let known = |amounts: &Amounts| amounts.people_low.map_or(0.0, People::as_f64);
        let of = |outside: Option<&Amounts>, own: &dyn Fn(&RelationPair) -> bool| {
            let all = outside.map_or(0.0, known) + self.pairs.iter().filter(|pair| own(pair)).map(|pair| known(&pair.amounts)).sum::<f64>();
            if all > 0.0 { known(&pair.amounts) / all } else { 1.0 }
        };
        (
            of(self.left_outside.get(pair.left), &|other| other.left == pair.left),
            of(self.right_outside.get(pair.right), &|other| other.right == pair.right),
        )
    }

    /// The pairs of a left body, by right body.
    pub fn pairs_of_left(&self, left: usize) -> &[RelationPair] {
        let from = self.pairs.partition_point(|pair| pair.left < left);
        let to = self.pairs.partition_point(|pair| pair.left <= left);
        self.pairs.get(from..to).unwrap_or(&[])
    }

    /// The pair of two bodies, if they overlap.
    pub fn pair(&self, left: usize, right: usize) -> Option<&RelationPair> {
        let index = self.pairs.binary_search_by(|pair| (pair.left, pair.right).cmp(&(left, right))).ok()?;
        self.pairs.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_is_whole_when_every_look_up_finds_something() {
        let pair = |left, right| RelationPair { left, right, amounts: Amounts::default(), sliver: false };
        let body = Body { code: String::new(), name: None, area_m2: 1.0, people: None };
        let relation = |pairs: Vec<RelationPair>| Relation {
            left: vec![body.clone(); 2],
            right: vec![body.clone(); 1],
            pairs,
            left_outside: vec![Amounts::default(); 2],
            right_outside: vec![Amounts::default(); 1],
            ..Relation::default()
        };
        assert!(relation(vec![pair(0, 0), pair(1, 0)]).is_whole());
        for pairs in [vec![pair(2, 0)], vec![pair(0, 1)], vec![pair(1, 0), pair(0, 0)], vec![pair(0, 0), pair(0, 0)]] {
            assert!(!relation(pairs).is_whole());
        }
        assert!(!Relation { left_outside: Vec::new(), ..relation(Vec::new()) }.is_whole());
    }
}
