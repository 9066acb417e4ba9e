//! The only doors: bytes of files become raw layers and text tables, and published tables become files.
//!
//! Nothing past these modules knows a file format, and nothing here judges what the content means.

use crate::domain::{Finding, InputFile};

pub mod boundaries;
pub mod catch_panic;
pub mod crs;
pub mod shapefile;
pub mod table;
pub mod durable;
pub mod interrupt;
pub mod geoparquet;
pub mod geoparquet_in;
pub mod manifest;
pub mod parquet_out;
pub mod publish;
#[cfg(feature = "object-storage")]
pub mod objects;

mod encoding;
mod source;
mod tidy;
mod zip;

pub use source::is_unchanged;

/// What a door hands in: the content, what was met on the way, and the files it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Read<T> {
    /// The content.
    pub value: T,
    /// What was imperfect; the file is named, the layer is not (the door does not know it).
    pub findings: Vec<Finding>,
    /// Every file whose bytes were parsed, in order of path.
    pub files: Vec<InputFile>,
}

/// Whether a door hashes what it reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hashing {
    /// BLAKE3 of every byte, for the manifest.
    Blake3,
    /// Not the large files: nothing is published that would name them by their hash.
    None,
}

impl Hashing {
    /// What hashes; `None` where nobody wants the hash.
    pub(crate) fn hasher(self) -> Option<blake3::Hasher> {
        matches!(self, Self::Blake3).then(blake3::Hasher::new)
    }
}
