//! Object storage at the edge of a command: what a config or `--out` names there is fetched before, and a dataset is uploaded after.

use std::path::{Path, PathBuf};

#[cfg(feature = "object-storage")]
use crate::config::Limits;
use crate::config::{Places, is_remote};
use crate::error::{Error, Result};
#[cfg(feature = "object-storage")]
use crate::io::interrupt::Interrupt;
#[cfg(feature = "object-storage")]
use crate::io::objects::{Objects, RemoteDataset};

/// Where a command's copies of objects are to be; nothing is made yet. A build without object storage has no such places.
pub fn places() -> Places {
    if !cfg!(feature = "object-storage") {
        return Places::default();
    }
    let (now, _) = crate::telemetry::now();
    let name = format!("coterminous-{}-{}", std::process::id(), now.replace([':', '.'], "-"));
    Places::below(std::env::temp_dir().join(name))
}

/// The dataset folder that `--out` names: a folder, or the place of its copy.
///
/// # Errors
/// [`Error::Config`] where it is on object storage and this build knows none.
pub fn output(out: &Path, places: &Places) -> Result<PathBuf> {
    if is_remote(out) { places.local(out).map_err(|message| Error::usage(format!("--out: {message}"))) } else { Ok(out.to_owned()) }
}

/// An error in which copies are named by their objects.
pub fn told(error: Error, places: &Places) -> Error {
    match error {
        Error::Input(mut problem) => {
            problem.path = places.stated(&problem.path);
            problem.found = places.told(&problem.found);
            problem.remedy = places.told(&problem.remedy);
            Error::Input(problem)
        }
        Error::Publish { path, problem, remedy } => {
            Error::Publish { path: places.stated(&path), problem: places.told(&problem), remedy: places.told(&remedy) }
        }
        Error::Denied { message } => Error::Denied { message: places.told(&message) },
        other => other,
    }
}

/// What is on object storage of a run.
#[cfg(feature = "object-storage")]
pub struct Remote {
    objects: Option<Objects>,
}

#[cfg(feature = "object-storage")]
impl Remote {
    /// Fetches the inputs that are on object storage. Where neither they nor the dataset are, nothing is made and nobody is called.
    ///
    /// # Errors
    /// Those of fetching.
    pub fn fetch(files: &[PathBuf], output: Option<&Path>, places: &Places, limits: &Limits, interrupt: &Interrupt) -> Result<Self> {
        let is_copy = |path: &Path| places.stated(path) != path;
        if !files.iter().any(|file| is_copy(file)) && !output.is_some_and(is_copy) {
            return Ok(Self { objects: None });
        }
        let objects = Objects::open(places, interrupt)?;
        objects.fetch(files, limits)?;
        Ok(Self { objects: Some(objects) })
    }

    /// The dataset, if it is on object storage.
    ///
    /// # Errors
    /// Those of reading it.
    pub fn dataset(&self, output: &Path, places: &Places) -> Result<Option<RemoteDataset<'_>>> {
        match &self.objects {
            Some(objects) if places.stated(output) != output => RemoteDataset::open(objects, output).map(Some),
            _ => Ok(None),
        }
    }
}
