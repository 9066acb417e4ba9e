//! What an alignment says. Indices point into the bodies of its [`Relation`].

use crate::domain::{Basis, People, Relation};

/// Which layer a body belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// NHS bodies, left.
    Health,
    /// Councils, right.
    Council,
}

impl Side {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Council => "council",
        }
    }

    /// The side across.
    pub fn other(self) -> Self {
        match self {
            Self::Health => Self::Council,
            Self::Council => Self::Health,
        }
    }
}

/// How a body relates to the other layer (domain.md E2.1). A body has exactly one; the council side uses the mirror names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// More than `significant` of it is in no partner.
    Uncovered,
    /// One significant partner, equal both ways, whose only significant partner it is.
    Coterminous,
    /// Two or more whole partners make it up (council side: `partitioned`).
    Aggregate,
    /// Inside one larger partner (council side: `inside_larger`).
    Nested,
    /// Coterminous at the wider tolerance.
    NearCoterminous,
    /// Nested at the wider tolerance (council side: `near_inside_larger`).
    NearNested,
    /// No share of a half, either way.
    Fragment,
    /// Everything else (council side: `shared`).
    Spanning,
}

impl Class {
    /// The word used in tables for a side.
    pub fn as_str(self, side: Side) -> &'static str {
        match (self, side) {
            (Self::Uncovered, _) => "uncovered",
            (Self::Coterminous, _) => "coterminous",
            (Self::Aggregate, Side::Health) => "aggregate",
            (Self::Aggregate, Side::Council) => "partitioned",
            (Self::Nested, Side::Health) => "nested",
            (Self::Nested, Side::Council) => "inside_larger",
            (Self::NearCoterminous, _) => "near_coterminous",
            (Self::NearNested, Side::Health) => "near_nested",
            (Self::NearNested, Side::Council) => "near_inside_larger",
            (Self::Fragment, _) => "fragment",
            (Self::Spanning, Side::Health) => "spanning",
            (Self::Spanning, Side::Council) => "shared",
        }
    }
}

/// Everything measured about two layers.
#[derive(Debug, Clone)]
pub struct Alignment {
    /// Id from the config.
    pub id: String,
    /// Layer id of the left side.
    pub health_layer: String,
    /// Layer id of the right side.
    pub council_layer: String,
    /// The pairs it was measured on.
    pub relation: Relation,
    /// Bases measured: area, and people where the relation has people.
    pub bases: Vec<Basis>,
    /// Pair metrics, one a relation pair and in its order.
    pub pairs: Vec<PairMetrics>,
    /// One a (side, body, basis), in the order side, body, basis.
    pub bodies: Vec<BodyMetrics>,
    /// Components, by basis then name.
    pub components: Vec<Component>,
    /// One a basis.
    pub associations: Vec<Association>,
    /// Rates at every tolerance, by basis, definition, equal, side.
    pub rates: Vec<Rate>,
}

impl Alignment {
    /// What a body is on a basis; `None` if there is no such body, or the basis was not measured.
    pub fn body(&self, side: Side, body: usize, basis: Basis) -> Option<&BodyMetrics> {
        let place = self.bases.iter().position(|known| *known == basis)?;
        let (before, count) = match side {
            Side::Health => (0, self.relation.left.len()),
            Side::Council => (self.relation.left.len(), self.relation.right.len()),
        };
        let row = body.checked_add(before)?.checked_mul(self.bases.len())?.checked_add(place)?;
        if body < count { self.bodies.get(row) } else { None }
    }

    /// Share of a right body in a left one on a basis; 0 where they do not meet, `None` where the share is not known.
    pub fn share_right(&self, left: usize, right: usize, basis: Basis) -> Option<f64> {
        match self.relation.pairs.binary_search_by(|pair| (pair.left, pair.right).cmp(&(left, right))) {
            Ok(index) => {
                let pair = self.pairs.get(index)?;
                match basis {
                    Basis::Area => pair.share_right_area,
                    Basis::People => pair.share_right_people,
                }
            }
            Err(_) => Some(0.0),
        }
    }
}

/// Shares of one pair (domain.md E1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairMetrics {
    /// `w_ij / w_i` by area; `None` without shapes.
    pub share_left_area: Option<f64>,
    /// `w_ij / w_j` by area.
    pub share_right_area: Option<f64>,
    /// `w_ij / (w_i + w_j - w_ij)` by area.
    pub jaccard_area: Option<f64>,
    /// The same by people; `None` without people, or where the body has none.
    pub share_left_people: Option<f64>,
    /// Share of the right body's people.
    pub share_right_people: Option<f64>,
    /// Jaccard by people.
    pub jaccard_people: Option<f64>,
    /// Not a sliver, and a share of at least `significant` either way, on the people basis (area without people, or where they are unknown).
    pub significant: bool,
    /// Whether that stays so at both bounds of what was measured; never where people are unknown.
    pub significant_stable: bool,
    /// Index into [`Alignment::components`] of the component on the area basis holding the left body.
    pub component_area: Option<usize>,
    /// The same on the people basis.
    pub component_people: Option<usize>,
}

/// What one body is on one basis (domain.md E2).
#[derive(Debug, Clone, PartialEq)]
pub struct BodyMetrics {
    /// Side.
    pub side: Side,
    /// Index into the relation's left or right bodies.
    pub body: usize,
    /// Basis.
    pub basis: Basis,
    /// Class; `None` where the basis gives the body no weight (no people live there), or where it is unknown.
    pub class: Option<Class>,
    /// Partner with the largest share (ties: the smallest code); `None` where no partner has any.
    pub main_partner: Option<usize>,
    /// Its share of this body; `None` without a main partner.
    pub main_share: Option<f64>,
    /// Largest Jaccard with any partner; 0 without one, `None` where the body has no weight.
    pub best_jaccard: Option<f64>,
    /// Partners with a share of at least `significant` of this body, slivers left out.
    pub n_partners: usize,
    /// Effective number of partners, `1 / sum s^2` over the covered part.
    pub n_effective: Option<f64>,
    /// MapCurves goodness of fit, `sum_j s_ij r_ij`.
    pub mapcurves: Option<f64>,
    /// Share that no partner covers.
    pub share_outside: Option<f64>,
    /// Whether area and people give the same class; `None` with one basis.
    pub class_agrees: Option<bool>,
    /// Whether the class stays under the bounds and under other tolerances; never where it rests on people that are unknown.
    pub class_stable: bool,
    /// Classes met under the bounds and the other tolerances, besides `class`, sorted.
    pub other_classes: Vec<Class>,
    /// Index into [`Alignment::components`].
    pub component: usize,
    /// What the figures that rules judge by come to at the bounds of the weights; `None` where there is no class, or people are unknown.
    pub bounds: Option<MetricBounds>,
    /// Whether the body's whole weight on this basis is known.
    pub known: bool,
}

/// Figures of a body at the bounds of its weights, lowest and highest. Totals stay as measured; what the main partner loses the others may
/// gain, and the other way round, as for [`BodyMetrics::class_stable`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricBounds {
    /// Of [`BodyMetrics::n_effective`].
    pub n_effective: (f64, f64),
    /// Of [`BodyMetrics::best_jaccard`].
    pub best_jaccard: (f64, f64),
    /// Whether no other partner could be the main one.
    pub main_partner_stable: bool,
}

/// Bodies that significant overlaps lock together (domain.md E2.2).
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// Basis.
    pub basis: Basis,
    /// Name: the smallest code in it; `CODE (council)` where another component has that code from the left layer.
    pub name: String,
    /// Left bodies, ascending.
    pub health: Vec<usize>,
    /// Right bodies, ascending.
    pub council: Vec<usize>,
    /// Kind by its shape.
    pub kind: ComponentKind,
    /// People of its left bodies, their uncovered parts included (of its right bodies, if it has no left one).
    pub people: Option<People>,
    /// Square metres of its left bodies (of its right bodies, if it has no left one).
    pub area_m2: f64,
    /// Significant pairs in it: agreements that joint working everywhere would need.
    pub agreements_needed: usize,
}

/// Kind of a component by its shape n x m (health x council).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ComponentKind {
    /// 1 x 1.
    Coterminous,
    /// 1 x m.
    Aggregate,
    /// n x 1.
    Partition,
    /// n x m.
    Tangled,
    /// 1 x 0 or 0 x 1.
    Isolated,
}

impl ComponentKind {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Coterminous => "coterminous",
            Self::Aggregate => "aggregate",
            Self::Partition => "partition",
            Self::Tangled => "tangled",
            Self::Isolated => "isolated",
        }
    }
}

/// Association of the two layers as partitions (Rosenberg & Hirschberg 2007; Hargrove et al. 2006 for MapCurves).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Association {
    /// Basis.
    pub basis: Basis,
    /// V-measure with beta 1.
    pub v_measure: Option<f64>,
    /// `I / H(council)`: does knowing the NHS body tell you the council?
    pub homogeneity_health_by_council: Option<f64>,
    /// `I / H(health)`.
    pub completeness_health_by_council: Option<f64>,
    /// MapCurves score, area under the curve.
    pub mapcurves: Option<f64>,
}

/// Definition of a rate (domain.md E2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Definition {
    /// One to one.
    Strict,
    /// One to one, made of whole partners, or a whole member of such a partner.
    Structural,
}

impl Definition {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Structural => "structural",
        }
    }
}

/// How many bodies of a side count as coterminous.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Basis.
    pub basis: Basis,
    /// Definition.
    pub definition: Definition,
    /// Tolerance `e`.
    pub equal: f64,
    /// Side whose bodies are counted.
    pub side: Side,
    /// Bodies that count, as far as classes are known.
    pub coterminous: usize,
    /// Bodies in all.
    pub of: usize,
    /// `coterminous / of`; `None` without bodies, or where a class is unknown.
    pub share: Option<f64>,
    /// Share of the side's people in bodies that count; `None` without people.
    pub people_share: Option<f64>,
}
