//! Tables on their way to a csv file.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::io::shapefile::{WriteField, WriteRecord};

/// A file of the sample, its path relative to the sample's folder.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) content: Content,
}

/// What is in it.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// A zipped shapefile.
    Polygons { fields: Vec<WriteField>, records: Vec<WriteRecord> },
}

/// A csv table being filled.
#[derive(Debug)]
pub(super) struct Sheet {
    path: &'static str,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    pub(super) fn new(path: &'static str, header: &[&str]) -> Self {
        Self { path, rows: vec![header.iter().map(|name| (*name).to_owned()).collect()] }
    }

    pub(super) fn row(&mut self, cells: &[&str]) {
        self.rows.push(cells.iter().map(|cell| (*cell).to_owned()).collect());
    }

    /// Sorts the rows below the header, for tables whose key comes first.
    pub(super) fn sort(&mut self) {
        if let Some(rows) = self.rows.get_mut(1..) {
            rows.sort();
        }
    }

    pub(super) fn file(self) -> Result<File> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
        for row in &self.rows {
            writer.write_record(row).map_err(|e| Error::publish(self.path, e, "please report this"))?;
        }
        let bytes = writer.into_inner().map_err(|e| Error::publish(self.path, e, "please report this"))?;
        Ok(File { path: PathBuf::from(self.path), content: Content::Bytes(bytes) })
    }
}
