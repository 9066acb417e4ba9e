//! A published run, read again: what reports, stories and comparisons are made of.
//!
//! A run's folder is opened once: its manifest is read, and a run of a program whose tables may mean something else is refused. Every table
//! is held against the manifest, byte for byte, when it is read.

mod rows;

use std::path::{Path, PathBuf};

pub use rows::{Row, Rows};

use crate::config::Limits;
use crate::domain::{InputFile, TableSpec, TextTable};
use crate::error::{Error, InputProblem, Result};
use crate::io::geoparquet::GeoRow;
use crate::io::manifest::{Manifest, TableRecord};
use crate::io::{self, publish};

/// One published run: its folder and what its manifest says.
#[derive(Debug)]
pub struct Published {
    folder: PathBuf,
    manifest: Manifest,
}

impl Published {
    /// The run that `out` means: a dataset folder's current one, or the run whose folder it is.
    ///
    /// # Errors
    /// [`Error::Input`] if `out` is neither, if the manifest cannot be read, or as [`Published::of`].
    pub fn open(out: &Path) -> Result<Self> {
        let folder = publish::run_folder(out)?;
        let manifest = publish::manifest(&folder)?;
        Self::of(&folder, manifest)
    }

    /// The run in a folder that a manifest is of; also one that is still being written.
    ///
    /// # Errors
    /// [`Error::Input`] if a program published it whose tables may mean something else: another one, or one of another major version
    /// (before 1.0, another minor one). Both versions are named.
    pub fn of(folder: &Path, manifest: Manifest) -> Result<Self> {
        let published = Self { folder: folder.to_owned(), manifest };
        let line = |version: &str| {
            let mut parts = version.split('.').map(str::to_owned);
            let major = parts.next().unwrap_or_default();
            let minor = if major == "0" { parts.next() } else { None };
            (major, minor)
        };
        let found = &published.manifest.program;
        if found.name == env!("CARGO_PKG_NAME") && line(&found.version) == line(env!("CARGO_PKG_VERSION")) {
            return Ok(published);
        }
        Err(published.foreign(format!("was published by {} {}", found.name, found.version)))
    }

    /// The run's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The run's manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What the manifest says of a table.
    ///
    /// # Errors
    /// [`Error::Input`] if it has none of that name.
    pub fn record(&self, name: &str) -> Result<&TableRecord> {
        self.manifest.tables.iter().find(|table| table.name == name).ok_or_else(|| {
            let program = &self.manifest.program;
            self.foreign(format!("has no table {name}: it was published by {} {}", program.name, program.version))
        })
    }

    /// All rows of a table, in its order, with the columns that it has in this run.
    ///
    /// # Errors
    /// [`Error::Input`] if the run has no such table, or the file is not there, cannot be read, or is not the one that the manifest describes.
    pub fn columns(&self, name: &str) -> Result<TextTable> {
        let record = self.record(name)?;
        // Not the file that the manifest names: a manifest is text that anybody may have changed.
        let path = self.folder.join(format!("{name}.parquet"));
        let read = io::table::read(&path, None, &Limits::none())?;
        let remedy = "publish the run again with --force";
        if u64::try_from(read.value.len()).ok() != Some(record.rows) {
            let found = format!("has {} rows", read.value.len());
            return Err(InputProblem::new(path, found, format!("{}, as the manifest says", record.rows), remedy).into());
        }
        if read.files.iter().any(|file| file.blake3 != record.blake3) {
            return Err(changed(path, record));
        }
        Ok(read.value)
    }

    /// All rows of a table of this program.
    ///
    /// # Errors
    /// As [`Published::columns`]; and if the table lacks a column.
    pub fn rows(&self, spec: &'static TableSpec) -> Result<Rows> {
        let table = self.columns(spec.name)?;
        if let Some(column) = spec.columns.iter().find(|column| table.column(column.name).is_none()) {
            return Err(self.foreign(format!("has no column {} in table {}: it was published by another version", column.name, spec.name)));
        }
        Ok(Rows { spec, table })
    }

    /// Keys and outlines of a table with geometry, in its order; and its path, for messages.
    ///
    /// # Errors
    /// As [`io::geoparquet_in::read`]; and if the run has no such table.
    pub fn outlines(&self, spec: &'static TableSpec) -> Result<(PathBuf, Vec<GeoRow>)> {
        self.record(spec.name)?;
        let path = self.folder.join(format!("{}.parquet", spec.name));
        let rows = io::geoparquet_in::read(&path, spec)?;
        self.check(spec.name)?;
        Ok((path, rows))
    }

    /// That a table's file is, byte for byte, the one that the manifest describes.
    ///
    /// # Errors
    /// [`Error::Input`] if it is not, or the run has no such table.
    pub fn check(&self, name: &str) -> Result<()> {
        let record = self.record(name)?;
        let path = self.folder.join(format!("{name}.parquet"));
        let file = InputFile { path, bytes: record.bytes, blake3: record.blake3.clone() };
        if io::is_unchanged(&file) { Ok(()) } else { Err(changed(file.path, record)) }
    }

    /// What is said of a run that this program cannot read.
    fn foreign(&self, found: String) -> Error {
        let expected = format!("a run of {} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let remedy = format!("run its config ({}) again with this version", self.manifest.config.path);
        InputProblem::new(&self.folder, found, expected, remedy).into()
    }
}

/// What is said of a file that is not the one its manifest describes.
fn changed(path: PathBuf, record: &TableRecord) -> Error {
    let expected = format!("the file of {} bytes that the manifest describes", record.bytes);
    InputProblem::new(path, "was changed since it was published, or is not there", expected, "publish the run again with --force").into()
}
