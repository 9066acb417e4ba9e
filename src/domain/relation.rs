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
    /// Sum of the two layers' resolutions, metres: the `tau_w` of domain.md E1.
    pub sliver_width_m: f64,
}
