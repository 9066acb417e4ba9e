//! What a succession says. Indices point into the bodies of its [`Relation`]: left = predecessors, right = successors.

use jiff::civil::Date;

use crate::alignment::{Class, Side};
use crate::domain::{Basis, Pence, People, Proof, Relation};

/// What became of a body (domain.md E3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeType {
    /// Same area, code and name.
    Unchanged,
    /// Same area and code, other name.
    Renamed,
    /// Same area, other code.
    Recoded,
    /// One to one with part gained or lost.
    BoundaryAdjusted,
    /// Two or more into one.
    Merged,
    /// One into two or more.
    Split,
    /// Several into several.
    Complex,
    /// No predecessor.
    New,
    /// No successor.
    Abolished,
    /// The row of a minor link.
    TransferredPart,
}

impl ChangeType {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Renamed => "renamed",
            Self::Recoded => "recoded",
            Self::BoundaryAdjusted => "boundary_adjusted",
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Complex => "complex",
            Self::New => "new",
            Self::Abolished => "abolished",
            Self::TransferredPart => "transferred_part",
        }
    }
}

/// How a declared table and the map compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Declared {
    /// Both have the link.
    Agree,
    /// Only the declared table has it.
    DeclaredOnly,
    /// Only the map has it.
    GeometricOnly,
}

impl Declared {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::DeclaredOnly => "declared_only",
            Self::GeometricOnly => "geometric_only",
        }
    }
}

/// Everything measured about two vintages of a layer.
#[derive(Debug, Clone)]
pub struct Succession {
    /// Id from the config.
    pub id: String,
    /// Predecessor layer id.
    pub from_layer: String,
    /// Successor layer id.
    pub to_layer: String,
    /// Day of the change.
    pub date: Option<Date>,
    /// Predecessor x successor.
    pub relation: Relation,
    /// Basis the links were judged on: people where there are any.
    pub basis: Basis,
    /// Fiscal year of the money that links carry; `None` where the predecessors' budgets state none.
    pub fiscal_year: Option<String>,
    /// Links, by (predecessor, successor), `None` last.
    pub links: Vec<Link>,
    /// Change of each successor (`side` health) and council (`side` council), where a council layer is given; by basis, side, body.
    pub effects: Vec<Effect>,
    /// What the change did to all who are on the wrong side of a line, one a basis; none without a council layer.
    pub lines: Vec<Lines>,
    /// Proofs of the arrangements behind them.
    pub proofs: Vec<Proof>,
    /// Codes kept though the area changed (Jaccard below 1 - equal): (code, Jaccard).
    pub codes_reused: Vec<(String, f64)>,
    /// Number of main-link groups (components) by type: a merger of three bodies counts once. Transferred parts are counted by row.
    pub groups: Vec<(ChangeType, usize)>,
}

/// One row of table `succession`.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Predecessor; `None` for a new body.
    pub from: Option<usize>,
    /// Successor; `None` for an abolished body.
    pub to: Option<usize>,
    /// People moved (or kept) along it.
    pub people: Option<People>,
    /// Square metres.
    pub area_m2: f64,
    /// Money of the predecessor that went this way, by [`carry_money`](super::carry_money); `None` where it is not known.
    pub pence: Option<Pence>,
    /// Share of the predecessor that went this way.
    pub forward_share: Option<f64>,
    /// Share of the successor that came this way.
    pub backward_share: Option<f64>,
    /// Type of the change this link is part of.
    pub kind: ChangeType,
    /// Whether a body at either end also has a minor link.
    pub with_transfer: bool,
    /// Comparison with the declared table; `None` without one.
    pub declared: Option<Declared>,
    /// Reason stated there.
    pub reason: Option<String>,
}

/// One row of table `merger_effect`.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Basis.
    pub basis: Basis,
    /// Health: `body` is a successor; council: `body` is a council (of the layer after).
    pub side: Side,
    /// Code of the body.
    pub code: String,
    /// Its name.
    pub name: Option<String>,
    /// Class before (a successor with several predecessors has one only if they share it).
    pub class_before: Option<Class>,
    /// Class after.
    pub class_after: Option<Class>,
    /// What it had in crossing parts, people or square metres: of a successor what its predecessors had, by the share of each that came.
    /// `None` where there is no before, or people are not known.
    pub crossing_before: Option<f64>,
    /// What it has in crossing parts after.
    pub crossing_after: Option<f64>,
    /// Bodies of the other side that it had to deal with; of a successor those of all its main predecessors, each pair once.
    pub partners_before: Option<usize>,
    /// Bodies of the other side that it must deal with after.
    pub partners_after: Option<usize>,
    /// Improved, worsened or neutral; `None` where there is no before or after.
    pub effect: Option<EffectKind>,
    /// Which of the two decided it.
    pub effect_by: Option<EffectBy>,
    /// Whether the effect is the same at the bounds of what was measured, before and after.
    pub effect_stable: bool,
    /// Was one to one and is no longer.
    pub pair_lost: bool,
    /// Is one to one and was not.
    pub pair_won: bool,
    /// Whether the classes of the body and its main predecessors stay under other tolerances and at the bounds.
    pub classes_stable: bool,
    /// Best Jaccard before (people- or area-weighted mean over predecessors). It decides nothing.
    pub jaccard_before: Option<f64>,
    /// Best Jaccard after.
    pub jaccard_after: Option<f64>,
    /// Part of the change of lines due to the health side alone.
    pub health_effect: Option<f64>,
    /// Part due to the council side alone.
    pub council_effect: Option<f64>,
    /// The rest.
    pub interaction: Option<f64>,
    /// People of the body, of the population of the alignment after; `None` without people.
    pub people: Option<People>,
}

impl Effect {
    /// After less before of what it has in crossing parts.
    pub fn crossing_change(&self) -> Option<f64> {
        self.crossing_after.zip(self.crossing_before).map(|(after, before)| after - before)
    }
}

/// What a change did to all who are on the wrong side of a line, on one basis: people, or square metres. `None` where people are not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// Basis.
    pub basis: Basis,
    /// Crossing parts before, in all.
    pub crossing_before: Option<f64>,
    /// Crossing parts after.
    pub crossing_after: Option<f64>,
    /// Number of crossing parts before.
    pub parts_before: usize,
    /// Number of crossing parts after.
    pub parts_after: usize,
    /// What the NHS side's change does with the councils as they were.
    pub health_effect: Option<f64>,
    /// What the councils' change does with the NHS side as it was.
    pub council_effect: Option<f64>,
    /// The rest of the change.
    pub interaction: Option<f64>,
    /// Whether no arrangement before, and none after, has less in crossing parts.
    pub proved: bool,
}

/// Direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EffectKind {
    /// Fewer people on the wrong side of a line, else fewer partners.
    Improved,
    /// More of them.
    Worsened,
    /// Neither.
    Neutral,
}

impl EffectKind {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Improved => "improved",
            Self::Worsened => "worsened",
            Self::Neutral => "neutral",
        }
    }
}

/// What decided the direction of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EffectBy {
    /// People (or land) on the wrong side of a line.
    Lines,
    /// Partners that the body must deal with.
    Partners,
    /// Nothing: neither changed.
    None,
}

impl EffectBy {
    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Partners => "partners",
            Self::None => "none",
        }
    }
}
