//! Where money is decided, and whose money it is counted as.

/// Where the decision over money is made (domain.md A27), from the nearest to the patient to the furthest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For one patient.
    Patient,
    /// By a practice.
    Practice,
    /// By a locality or an area within a body.
    Locality,
    /// By the body as a whole.
    Strategic,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 4] = [Self::Patient, Self::Practice, Self::Locality, Self::Strategic];

    /// Words of all levels.
    pub const WORDS: [&'static str; 4] = ["patient", "practice", "locality", "strategic"];

    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Practice => "practice",
            Self::Locality => "locality",
            Self::Strategic => "strategic",
        }
    }

    /// The level that `text` names.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Patient, Self::Practice, Self::Locality, Self::Strategic].into_iter().find(|level| level.as_str() == text)
    }

    /// Place in [`Level::ALL`], from 1.
    pub(super) fn place(self) -> usize {
        usize::from(self as u8).saturating_add(1)
    }

    /// Steps between two levels, 0 to 3.
    pub fn steps_to(self, other: Self) -> u8 {
        (self as u8).abs_diff(other as u8)
    }
}

/// Who an amount is meant for (domain.md B21): those who live in an area, or those registered with its practices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PopulationBasis {
    /// Patients of the body's practices, wherever they live.
    Registered,
    /// Residents of the body's area.
    Resident,
}

impl PopulationBasis {
    /// Words of all bases.
    pub const WORDS: [&'static str; 2] = ["registered", "resident"];

    /// The word used in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Resident => "resident",
        }
    }

    /// The basis that `text` names.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Registered, Self::Resident].into_iter().find(|basis| basis.as_str() == text)
    }
}
