//! A made-up country, in the spirit of the founding papers, with its true answers beside it.
//!
//! Blocks come first: each has people and a body in every layer. Polygons are dissolved from blocks, true answers are sums over blocks,
//! and so the pipeline can be held against figures that no pipeline has touched.

mod config;
mod country;
mod dissolve;
mod joint;
mod kings_fund;
mod land;
mod layers;
mod money;
mod names;
mod places;
mod random;
mod schemes;
mod sheet;
mod truth;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use self::country::Country;
use self::places::Kind;
use self::sheet::{Content, File};
use self::truth::Truth;
use crate::error::Result;
use crate::io::durable::{self, Batch, Real};
use crate::io::interrupt::Interrupt;
use crate::io::shapefile::zip_bytes;

pub use self::config::sample_config;
pub use self::kings_fund::write_kings_fund;

/// Size of the country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scale {
    /// About 60 PCGs, about 40 councils, under 3 MB: what data/sample holds.
    Small,
    /// 481 PCGs becoming 303 and 152 PCTs, 150 councils with social services duties.
    National,
}

impl Scale {
    /// The word of the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::National => "national",
        }
    }
}

/// Seed of the sample that is kept in data/sample.
pub const SEED: u64 = 1999;

/// How much was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleReport {
    /// Building blocks.
    pub blocks: usize,
    /// Residents.
    pub people: i64,
    /// Primary care groups, 1999.
    pub pcgs_1999: usize,
    /// Primary care trusts, 2002.
    pub pcts_2002: usize,
    /// Primary care trusts, 2006.
    pub pcts_2006: usize,
    /// Councils with social services duties, 1999.
    pub councils_1999: usize,
    /// The same, 2006.
    pub councils_2006: usize,
    /// Shire districts, unitaries and boroughs, 1999.
    pub districts_1999: usize,
    /// Health authorities, 1999.
    pub authorities_1999: usize,
    /// Files written; 0 where nothing was.
    pub files: usize,
}

/// Writes the country of a seed to a folder, which is made if it is not there. Files of the same names are replaced, others stay; none is
/// replaced before all are on the disk beside them, so a run that fails or is interrupted before that leaves every file as it was.
///
/// Guarantee: the same scale and seed give the same bytes on any machine. A config that runs it is written beside it (`sample.toml`).
///
/// # Errors
/// [`Error::Publish`](crate::Error::Publish) if a file cannot be written, [`Error::Interrupted`](crate::Error::Interrupted).
pub fn write(dir: &Path, scale: Scale, seed: u64, interrupt: &Interrupt) -> Result<SampleReport> {
    let (country, truth) = make(scale, seed)?;
    let files = files(&country, &truth)?;
    write_files(dir, &files, interrupt)?;
    Ok(SampleReport { files: files.len(), ..count(&country) })
}

fn write_files(dir: &Path, files: &[File], interrupt: &Interrupt) -> Result<()> {
    let mut batch = Batch::new(&Real, interrupt);
    for file in files {
        let path = dir.join(&file.path);
        durable::make_folder(&Real, durable::parent(&path))?;
        let zip: Vec<u8>;
        let bytes = match &file.content {
            Content::Bytes(bytes) => bytes,
            Content::Polygons { fields, records } => {
                zip = zip_bytes(&path, fields, records)?;
                &zip
            }
        };
        batch.add(&path, |sink| sink.write_all(bytes).map_err(|error| durable::problem(&path, &error)))?;
    }
    batch.commit()
}

/// A file of the truth folder: its path in the sample's folder, and its bytes.
pub type TruthFile = (PathBuf, Vec<u8>);

/// What [`write()`] would make, without writing anything: the counts and the truth tables, each as (path, csv bytes).
///
/// # Errors
/// As [`write()`], but for the writing.
pub fn describe(scale: Scale, seed: u64) -> Result<(SampleReport, Vec<TruthFile>)> {
    let (country, truth) = make(scale, seed)?;
    let files = truth::files(&country, &truth)?;
    let bytes = files.into_iter().filter_map(|file| match file.content {
        Content::Bytes(bytes) => Some((file.path, bytes)),
        Content::Polygons { .. } => None,
    });
    Ok((count(&country), bytes.collect()))
}

fn make(scale: Scale, seed: u64) -> Result<(Country, Truth)> {
    let country = Country::new(scale, seed)?;
    let truth = Truth::of(&country);
    Ok((country, truth))
}

fn files(country: &Country, truth: &Truth) -> Result<Vec<File>> {
    let mut files = layers::files(country)?;
    files.extend(joint::files(country, truth)?);
    files.extend(money::files(country)?);
    files.extend(truth::files(country, truth)?);
    let config = sample_config(country.scale, "", "out/sample");
    files.push(File { path: "sample.toml".into(), content: Content::Bytes(config.into_bytes()) });
    Ok(files)
}

fn count(country: &Country) -> SampleReport {
    let of = |kind: Kind| country.bodies(kind).len();
    SampleReport {
        blocks: country.blocks.len(),
        people: country.blocks.iter().map(|block| block.people).sum(),
        pcgs_1999: of(Kind::Pcg1999),
        pcts_2002: of(Kind::Pct2002),
        pcts_2006: of(Kind::Pct2006),
        councils_1999: of(Kind::Council1999),
        councils_2006: of(Kind::Council2006),
        districts_1999: of(Kind::District1999),
        authorities_1999: of(Kind::Authority1999),
        files: 0,
    }
}
