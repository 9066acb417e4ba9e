//! A run from its first file to the moment readers are sent to it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{LockedDataset, MANIFEST, RUNS};
use crate::domain::table::{Table, TableSpec};
use crate::error::{Error, Result};
use crate::io::durable::{self, Written};
use crate::io::geoparquet::{self, Drawing};
use crate::io::manifest::{FileRecord, Manifest, Resource, TableRecord, datapackage};
use crate::io::parquet_out;

const DATAPACKAGE: &str = "datapackage.json";

/// A run being written.
#[derive(Debug)]
pub struct Staging<'a> {
    locked: &'a LockedDataset,
    run_id: String,
    folder: PathBuf,
    resources: Vec<Resource>,
    files: Vec<FileRecord>,
    done: bool,
}

/// What became of a run.
#[derive(Debug, Clone)]
pub struct Published {
    /// The run's folder.
    pub folder: PathBuf,
    /// Whether the same bytes were there already, so that the old run was kept.
    pub unchanged: bool,
    /// The manifest as published (the old one when unchanged).
    pub manifest: Manifest,
}

impl<'a> Staging<'a> {
    pub(super) fn new(locked: &'a LockedDataset, run_id: &str, folder: PathBuf) -> Self {
        Self { locked, run_id: run_id.to_owned(), folder, resources: Vec::new(), files: Vec::new(), done: false }
    }

    /// The folder being written.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes tables as `<name>.parquet`, several at a time.
    ///
    /// # Errors
    /// [`Error::Proof`] for a table that may not be published, else [`Error::Publish`]; the first in the order of the tables.
    pub fn tables(&mut self, tables: &[Table]) -> Result<()> {
        self.locked.dataset().interrupt.check()?;
        let disk = &*self.locked.dataset().disk;
        let written: Vec<Result<Written>> = tables
            .par_iter()
            .map(|table| parquet_out::write_table_on(disk, &self.folder.join(format!("{}.parquet", table.spec.name)), table))
            .collect();
        for (table, written) in tables.iter().zip(written) {
            self.add(table.spec, false, table.len(), written?);
        }
        Ok(())
    }

    /// Writes one table as `<name>.parquet`, so that its memory can be given back before the next is made.
    ///
    /// # Errors
    /// As [`Staging::tables`].
    pub fn table(&mut self, table: &Table) -> Result<()> {
        self.tables(std::slice::from_ref(table))
    }

    /// Writes `<spec.name>.parquet` ("geo/area") with geometry, as [`geoparquet::write`] does.
    ///
    /// # Errors
    /// [`Error::Proof`] or [`Error::Publish`]; whatever drawing answers.
    pub fn geometry(&mut self, spec: &'static TableSpec, keys: &[Vec<String>], drawing: Drawing<'_>) -> Result<()> {
        let disk = &*self.locked.dataset().disk;
        let path = self.folder.join(format!("{}.parquet", spec.name));
        self.locked.dataset().interrupt.unless_asked(|| durable::make_folder(disk, durable::parent(&path)))??;
        let written = geoparquet::write_on(disk, &path, spec, keys, drawing)?;
        self.add(spec, true, keys.len(), written);
        Ok(())
    }

    /// Writes another file, such as the report.
    ///
    /// # Errors
    /// [`Error::Publish`].
    pub fn file(&mut self, name: &str, content: &[u8]) -> Result<()> {
        self.locked.dataset().interrupt.check()?;
        let written = durable::replace_bytes_on(&*self.locked.dataset().disk, &self.folder.join(name), content)?;
        self.files.push(FileRecord { file: name.to_owned(), bytes: written.bytes, blake3: written.blake3 });
        Ok(())
    }

    /// What was written so far, as the manifest will list it.
    pub fn records(&self) -> Vec<TableRecord> {
        self.resources.iter().map(|resource| resource.record.clone()).collect()
    }

    fn add(&mut self, spec: &'static TableSpec, geometry: bool, rows: usize, written: Written) {
        let record = TableRecord {
            name: spec.name.to_owned(),
            file: format!("{}.parquet", spec.name),
            rows: rows as u64,
            bytes: written.bytes,
            blake3: written.blake3,
        };
        self.resources.push(Resource { spec, geometry, record });
    }

    /// Writes datapackage.json and manifest.json (tables, files and the time of publishing are filled in here), renames the run into
    /// place and points CURRENT at it.
    ///
    /// Where the run is there already, its data must be the same bytes; then the old run stays and this one is discarded.
    ///
    /// # Errors
    /// [`Error::Publish`], also when the same inputs gave other bytes; whatever fails, CURRENT and all earlier runs are as they were.
    pub fn publish(mut self, mut manifest: Manifest) -> Result<Published> {
        let internal = |error: serde_json::Error| Error::publish(MANIFEST, error, "please report this");
        let package = datapackage(&manifest.name, manifest.attribution.as_deref(), &self.resources).map_err(internal)?;
        self.file(DATAPACKAGE, package.as_bytes())?;
        manifest.run_id.clone_from(&self.run_id);
        manifest.tables = self.records();
        manifest.files.clone_from(&self.files);
        manifest.finished_at = jiff::Timestamp::now().to_string();

        let dataset = self.locked.dataset();
        let disk = &*dataset.disk;
        let folder = dataset.run_folder(&self.run_id);
        if fs::symlink_metadata(&folder).is_ok() {
            let old = self.same_as(&folder)?;
            self.locked.publish_again(&self.run_id)?;
            return Ok(Published { folder, unchanged: true, manifest: old });
        }
        let text = manifest.to_json().map_err(internal)?;
        durable::replace_bytes_on(disk, &self.folder.join(MANIFEST), text.as_bytes())?;
        let sync = |folder: &Path| disk.sync_folder(folder).map_err(|error| durable::problem(folder, &error));
        sync(&self.folder)?;
        let runs = dataset.folder.join(RUNS);
        let commit = dataset.interrupt.commit()?;
        durable::make_folder(disk, &runs)?;
        disk.rename(&self.folder, &folder).map_err(|error| durable::problem(&folder, &error))?;
        if let Err(error) = sync(&runs).and_then(|()| sync(&dataset.folder)) {
            // Whether the name is on the disk is not known, so the run is taken back; where even that fails, the next run finds a whole run
            // that nobody was told of, and checks every byte of it before use.
            let _ = disk.rename(&folder, &self.folder);
            return Err(error);
        }
        if let Err(error) = self.locked.make_current(&self.run_id) {
            // Readers are where they were, and so is the dataset then; where CURRENT has moved, the run must stay.
            let moved = self.locked.is_current(&self.run_id);
            self.done = moved || disk.rename(&folder, &self.folder).is_err();
            if moved {
                commit.done();
            }
            return Err(error);
        }
        self.done = true;
        commit.done();
        Ok(Published { folder, unchanged: false, manifest })
    }

    /// The manifest of the run in `folder`, once all its data are known to be what was just computed.
    fn same_as(&self, folder: &Path) -> Result<Manifest> {
        let Some(old) = self.locked.published(&self.run_id)? else {
            return Err(Error::publish(folder, "the run disappeared while it was compared", "run again"));
        };
        let now: BTreeSet<(&str, &str)> =
            self.resources.iter().map(|resource| (resource.record.file.as_str(), resource.record.blake3.as_str())).collect();
        let then: BTreeSet<(&str, &str)> = old.tables.iter().map(|table| (table.file.as_str(), table.blake3.as_str())).collect();
        if now != then {
            let files: BTreeSet<&str> = now.symmetric_difference(&then).map(|(file, _)| *file).collect();
            let mut list = String::new();
            for file in files {
                let _ = write!(list, "{}{file}", if list.is_empty() { "" } else { ", " });
            }
            return Err(Error::publish(
                folder,
                format!("the same inputs and config gave other bytes than before in {list}"),
                "the old run was kept; please report this with the input files, or remove the folder to publish anew",
            ));
        }
        Ok(old)
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        let dataset = self.locked.dataset();
        if !self.done {
            // What stays is swept by the next run.
            let _ = dataset.disk.remove_folder(&self.folder);
        }
        dataset.interrupt.forget(&self.folder);
    }
}
