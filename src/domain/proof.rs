//! Proofs: what must add up, what it added up to, published with every run.

/// One identity that was checked. `got` must be within `tolerance` of `expected`, all three in `unit`.
///
/// Figures are text so that integers of any size (square grid steps need 100 bits) are published exactly.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// What was proved ("pieces and outside sum to the unit").
    pub name: String,
    /// What it was proved for (a layer, an alignment, a budget), with the number of identities behind it.
    pub subject: String,
    /// The figure it had to be.
    pub expected: String,
    /// The figure it was.
    pub got: String,
    /// How far apart they may be.
    pub tolerance: String,
    /// Whether it holds.
    pub holds: bool,
}

impl Proof {
    /// An exact identity between two integers.
    pub fn exact(name: impl Into<String>, subject: impl Into<String>, expected: i128, got: i128) -> Self {
        Self {
            name: name.into(),
            subject: subject.into(),
            expected: expected.to_string(),
            got: got.to_string(),
            tolerance: "0".to_owned(),
            holds: expected == got,
        }
    }
}
