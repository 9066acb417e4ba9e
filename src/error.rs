//! The one error type: a promise is broken, nothing is published.

use std::fmt;
use std::path::{Path, PathBuf};

/// Result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a run stopped. The message is one sentence that names file, record, field, what was found, what was expected, and what to do.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The config is wrong, or the command line is. Exit code 2.
    #[error("{}{message}", location(.path, *.line))]
    Config {
        /// Config file; `None` for the command line.
        path: Option<PathBuf>,
        /// Line in it, from 1.
        line: Option<usize>,
        /// What is wrong and what to do.
        message: String,
    },
    /// An input cannot be used. Exit code 3.
    #[error("{0}")]
    Input(Box<InputProblem>),
    /// The result does not add up, so it is not published. Exit code 3: some input has led where the program cannot follow.
    #[error(
        "{subject}: {name} does not hold: expected {expected}, got {got} (tolerance {tolerance}); nothing was published; please report this with the input files"
    )]
    Proof {
        /// Layer, alignment or budget.
        subject: String,
        /// Identity that failed.
        name: String,
        /// Expected figure.
        expected: String,
        /// Measured figure.
        got: String,
        /// Allowed difference.
        tolerance: String,
    },
    /// A finding that the config denies or bounds was met. Exit code 3.
    #[error("{message}")]
    Denied {
        /// Which, how many, the first of them, and how to allow it.
        message: String,
    },
    /// The result could not be written. Exit code 4.
    #[error("{}: {problem}; {remedy}", .path.display())]
    Publish {
        /// File or folder.
        path: PathBuf,
        /// What went wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// Interrupted by a signal. Exit code 130.
    #[error("interrupted; nothing was published")]
    Interrupted,
}

impl Error {
    /// The process exit code of the contract.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config { .. } => 2,
            Self::Input(_) | Self::Proof { .. } | Self::Denied { .. } => 3,
            Self::Publish { .. } => 4,
            Self::Interrupted => 130,
        }
    }

    /// An [`Error::Config`] about the command line.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Config { path: None, line: None, message: message.into() }
    }

    /// An [`Error::Publish`].
    pub fn publish(path: impl Into<PathBuf>, problem: impl fmt::Display, remedy: impl Into<String>) -> Self {
        Self::Publish { path: path.into(), problem: problem.to_string(), remedy: remedy.into() }
    }
}

/// Whether a character works on a terminal instead of being shown there: control characters, of one byte and of two, and those that turn the
/// direction of text or hide it.
pub fn works(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}')
}

/// A text that may come from a hostile file, as it may be printed: what [`works`] is shown by its number, and so is a line break, since a
/// message is one line.
pub fn harmless(message: &str) -> String {
    message.chars().flat_map(|c| if works(c) { c.escape_unicode().collect::<Vec<char>>() } else { vec![c] }).collect()
}

fn location(path: &Option<PathBuf>, line: Option<usize>) -> String {
    match (path, line) {
        (Some(path), Some(line)) => format!("{}:{line}: ", path.display()),
        (Some(path), None) => format!("{}: ", path.display()),
        _ => String::new(),
    }
}

/// What is wrong with an input, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputProblem {
    /// File, with the member after a `/` where it is in a zip.
    pub path: PathBuf,
    /// Sheet of a workbook.
    pub sheet: Option<String>,
    /// Shapefile record from 1, or table row as a spreadsheet shows it.
    pub record: Option<u64>,
    /// Field or column.
    pub field: Option<String>,
    /// What was found ("crs is EPSG:4326").
    pub found: String,
    /// What was expected ("EPSG:27700"), empty if `found` says it all.
    pub expected: String,
    /// What to do.
    pub remedy: String,
}

impl InputProblem {
    /// A problem with a whole file.
    pub fn new(path: impl AsRef<Path>, found: impl Into<String>, expected: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            sheet: None,
            record: None,
            field: None,
            found: found.into(),
            expected: expected.into(),
            remedy: remedy.into(),
        }
    }

    /// Names the record or row.
    pub fn record(mut self, record: u64) -> Self {
        self.record = Some(record);
        self
    }

    /// Names the field or column.
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Names the sheet.
    pub fn sheet(mut self, sheet: impl Into<String>) -> Self {
        self.sheet = Some(sheet.into());
        self
    }
}

impl fmt::Display for InputProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(sheet) = &self.sheet {
            write!(f, ", sheet {sheet}")?;
        }
        if let Some(record) = self.record {
            write!(f, ", record {record}")?;
        }
        if let Some(field) = &self.field {
            write!(f, ", field {field}")?;
        }
        write!(f, ": {}", self.found)?;
        if !self.expected.is_empty() {
            write!(f, ", expected {}", self.expected)?;
        }
        write!(f, "; {}", self.remedy)
    }
}

impl From<InputProblem> for Error {
    fn from(problem: InputProblem) -> Self {
        Self::Input(Box::new(problem))
    }
}
