//! What a run tells the machines around it: its key figures for Prometheus, its inputs and outputs as OpenLineage events.
//!
//! Figures are read back from the published tables and the manifest, so they cannot differ from them; a run that failed tells those of the
//! dataset as it still is.

pub mod lineage;
pub mod metrics;

/// The time: as RFC 3339 in UTC, and as seconds since 1970.
pub fn now() -> (String, f64) {
    let now = jiff::Timestamp::now();
    (now.to_string(), now.as_duration().as_secs_f64())
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The dataset is the run's. Whether anything was written: an unchanged run is recognised and left alone.
    Published {
        /// Written now, not found as it was.
        anew: bool,
        /// Whether `--fail-on` matched, which is exit code 1.
        matched: bool,
    },
    /// Nothing was published.
    Failed {
        /// Exit code of the process.
        exit_code: u8,
        /// What went wrong, a sentence.
        message: String,
    },
}

impl Ending {
    /// Exit code of the process.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Published { matched, .. } => u8::from(*matched),
            Self::Failed { exit_code, .. } => *exit_code,
        }
    }

    /// Whether the dataset is the run's.
    pub fn is_published(&self) -> bool {
        matches!(self, Self::Published { .. })
    }
}
