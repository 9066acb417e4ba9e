//! Paths as the config states them, beside the paths that they stand for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::places::Places;

/// Every path of a config: its text, and what that text stands for.
///
/// What is published names files by these texts, so it is the same wherever the files are, and it does not show folders of the machine.
#[derive(Debug, Clone, Default)]
pub struct StatedPaths {
    places: Places,
    /// In the order in which the config was read.
    stated: Vec<(String, PathBuf)>,
    /// Place of the first text for each path.
    first: BTreeMap<PathBuf, usize>,
}

impl StatedPaths {
    /// Of the paths that a config states, in order.
    pub(super) fn new(stated: Vec<(String, PathBuf)>, places: Places) -> Self {
        // The first of several texts comes last.
        let first = stated.iter().enumerate().rev().map(|(place, (_, resolved))| (resolved.clone(), place)).collect();
        Self { places, stated, first }
    }

    /// A path as the config states it: with its `${VAR}`, and relative to the config. So is a member of a stated archive, an archive whose member
    /// is stated, and a file beside a stated one (.dbf beside .shp). Any other path is given as it is.
    pub fn text_of(&self, path: &Path) -> String {
        let path = &self.places.stated(path);
        let exact = self.first.get(path).and_then(|place| self.stated.get(*place)).map(|(text, _)| text.clone());
        let near = || self.stated.iter().find_map(|(text, resolved)| beside(text, resolved, path));
        exact.or_else(near).unwrap_or_else(|| path.to_string_lossy().into_owned()).replace('\\', "/")
    }
}

/// How `path` would be stated, if `text` (which stands for `resolved`) is an archive it is in, a member of it, or a file beside it.
fn beside(text: &str, resolved: &Path, path: &Path) -> Option<String> {
    resolved.extension()?;
    if let Ok(member) = path.strip_prefix(resolved) {
        return Some(format!("{text}/{}", member.display()));
    }
    if let Ok(member) = resolved.strip_prefix(path) {
        let whole = text.strip_suffix(member.to_str()?)?.strip_suffix('/')?;
        return Some(whole.to_owned());
    }
    let same = resolved.parent() == path.parent() && resolved.file_stem() == path.file_stem();
    same.then(|| Path::new(text).with_extension(path.extension().unwrap_or_default()).to_string_lossy().into_owned())
}
