//! A config for files that are at hand: what each can be, written down with the reason beside every key.
//!
//! Nothing is decided in silence: what was guessed says why, what could not be is left out or commented and listed, and `check` tells whether
//! the rest can be used.

mod guess;
mod money;
mod write;

use std::path::{Path, PathBuf};

pub use guess::{LayerGuess, Source};
pub use money::{Beside, BudgetGuess};

use crate::error::{InputProblem, Result};
use crate::inspect::Inspected;

/// A config to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its text.
    pub text: String,
    /// What a person must look at: fill in, choose, or confirm.
    pub open: Vec<String>,
    /// Number of layers, alignments and budgets in it.
    pub counts: [usize; 3],
}

/// Writes a config called `name`, to stand at `path`, for what was found in files.
///
/// # Errors
/// [`crate::Error::Input`] if none of the files can be a layer: it says of each why not.
pub fn draft(found: &[Inspected], name: &str, path: &Path) -> Result<Draft> {
    let guess = guess::guess(found);
    if guess.layers.is_empty() {
        let problems: Vec<String> = found
            .iter()
            .map(|one| one.problem.clone().unwrap_or_else(|| format!("{} is not a boundary file", one.path.display())))
            .collect();
        let first = found.first().map_or_else(PathBuf::new, |one| one.path.clone());
        let expected = "a boundary file, or a zip with one, among the files";
        return Err(InputProblem::new(
            first,
            format!("nothing can be a layer: {}", problems.join("; ")),
            expected,
            "give the boundary files too",
        )
        .into());
    }
    Ok(write::write(&guess, name, path))
}
