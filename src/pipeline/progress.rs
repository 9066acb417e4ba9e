//! What a run tells whoever watches it. The library never prints.

use crate::domain::InputFile;

/// What a run is busy with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Reading files.
    Read,
    /// Making layers valid, dissolving blocks.
    Layers,
    /// Overlaying layers and weighing the pairs.
    Overlay,
    /// Classes, components, rates; successions.
    Alignment,
    /// Normalising and apportioning money.
    Budgets,
    /// Rules.
    Obstructions,
    /// Writing the dataset.
    Write,
}

impl Stage {
    /// The word shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "reading",
            Self::Layers => "layers",
            Self::Overlay => "overlay and weights",
            Self::Alignment => "alignment",
            Self::Budgets => "budgets",
            Self::Obstructions => "obstructions",
            Self::Write => "writing",
        }
    }
}

/// Somebody who watches a run. Called from any thread.
pub trait Progress: Sync {
    /// A stage with `total` steps begins.
    fn begin(&self, stage: Stage, total: usize);
    /// A step has been done.
    fn step(&self, stage: Stage, what: &str);
    /// The stage is over.
    fn end(&self, stage: Stage);
    /// These files have been read, with these hashes.
    fn inputs(&self, _files: &[InputFile]) {}
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Progress for Unwatched {
    fn begin(&self, _: Stage, _: usize) {}
    fn step(&self, _: Stage, _: &str) {}
    fn end(&self, _: Stage) {}
}
