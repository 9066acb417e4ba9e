//! `run --metrics FILE` and `--lineage FILE`: the files that tell machines how a run went, also when it fails.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::arguments::RunArguments;
use super::watch::Watch;
use crate::config::Plan;
use crate::domain::InputFile;
use crate::error::{Error, Result};
use crate::io::durable;
use crate::io::manifest::Manifest;
use crate::io::publish;
use crate::pipeline::{self, Progress, Stage};
use crate::telemetry::lineage::{self, Inputs, Job};
use crate::telemetry::metrics::{self, Attempt};
use crate::telemetry::{Ending, now};

/// What is told of a run while it goes on.
#[derive(Debug)]
pub struct Telling {
    config: String,
    metrics: Option<PathBuf>,
    lineage: Option<PathBuf>,
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    job: Job,
    /// Events so far, one a line: the file is replaced whole, so that no reader sees half of it.
    events: String,
    inputs: Inputs,
    /// Dataset folder, once the config is read.
    output: Option<PathBuf>,
}

/// The dataset's folder as readers name it, the run's folder where its files are, and its manifest.
pub type Published<'a> = (&'a Path, &'a Path, &'a Manifest);

impl Telling {
    /// Begins to tell of a run: writes the START event.
    ///
    /// # Errors
    /// [`Error::Publish`] if one of the files could not be written at the end, so that a long run does not come to nothing.
    pub fn of(arguments: &RunArguments) -> Result<Self> {
        for path in arguments.metrics.iter().chain(&arguments.lineage) {
            if path.is_dir() {
                return Err(Error::publish(path, "a folder stands where a file should be written", "give the path of a file"));
            }
            let folder = durable::parent(path);
            if !folder.is_dir() {
                let problem = format!("there is no folder {}", folder.display());
                return Err(Error::publish(path, problem, "make the folder, or give the path of another file"));
            }
        }
        let config = arguments.config.display().to_string();
        let name = arguments.config.file_stem().map_or_else(|| config.clone(), |stem| stem.to_string_lossy().into_owned());
        let seed = format!("{} {} {:?}", now().0, std::process::id(), std::path::absolute(&arguments.config));
        let telling = Self {
            config,
            metrics: arguments.metrics.clone(),
            lineage: arguments.lineage.clone(),
            began: Instant::now(),
            state: Mutex::new(State { job: Job::new(name, &seed), events: String::new(), inputs: Inputs::Named(Vec::new()), output: None }),
        };
        telling.event(|state| lineage::start(&state.job, &now().0))?;
        Ok(telling)
    }

    /// Notes what the config names.
    pub fn planned(&self, plan: &Plan) {
        let mut state = self.state();
        state.inputs = Inputs::Named(pipeline::named_files(plan));
        state.output = Some(plan.output.clone());
    }

    /// Tells of the end. A run that is published stays so, whatever becomes of these files.
    ///
    /// # Errors
    /// Those of writing them, after a run that was published; where it failed, its own error is the one to tell, and theirs a warning.
    pub fn ended(&self, ending: &Ending, published: Option<Published<'_>>) -> Result<()> {
        let lineage = self.event(|state| lineage::end(&state.job, &now().0, ending, &state.inputs, published));
        let told = lineage.and(self.write_metrics(ending, published));
        match (told, ending.is_published()) {
            (Err(Error::Publish { path, problem, remedy }), true) => {
                Err(Error::publish(path, format!("{problem} (the run itself is published)"), remedy))
            }
            (told, true) => told,
            (Err(error), false) => {
                tracing::warn!("{error}");
                Ok(())
            }
            (Ok(()), false) => Ok(()),
        }
    }

    /// Tells that a signal ended the run. The metrics stay as they were: their times say of when they are.
    pub fn aborted(&self) {
        // The process is ending, and its exit code says why.
        let _ = self.event(|state| lineage::abort(&state.job, &now().0, &state.inputs));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves what was noted as good as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn event(&self, event: impl FnOnce(&State) -> serde_json::Value) -> Result<()> {
        let Some(path) = &self.lineage else { return Ok(()) };
        let mut state = self.state();
        let line = event(&state).to_string();
        state.events.push_str(&line);
        state.events.push('\n');
        durable::replace_bytes(path, state.events.as_bytes()).map(|_| ())
    }

    fn write_metrics(&self, ending: &Ending, published: Option<Published<'_>>) -> Result<()> {
        let Some(path) = &self.metrics else { return Ok(()) };
        let output = self.state().output.clone();
        // After a failure readers still have the run before, and so have these figures.
        let still = match (published, &output) {
            (None, Some(output)) => {
                publish::run_folder(output).and_then(|run| publish::manifest(&run).map(|manifest| (run, manifest))).ok()
            }
            _ => None,
        };
        let run = match (published, &still) {
            (Some((_, run, manifest)), _) => Some((run, manifest)),
            (None, Some((run, manifest))) => Some((run.as_path(), manifest)),
            (None, None) => None,
        };
        let (_, ended_at) = now();
        let attempt = Attempt { config: &self.config, ending, seconds: self.began.elapsed().as_secs_f64(), ended_at };
        let text = metrics::text(&attempt, run)?;
        durable::replace_bytes(path, text.as_bytes()).map(|_| ())
    }
}

/// Watches a run for stderr, and notes what it has read.
#[derive(Debug)]
pub struct Noting<'a> {
    /// For stderr.
    pub watch: &'a Watch,
    /// For the files.
    pub telling: &'a Telling,
}

impl Progress for Noting<'_> {
    fn begin(&self, stage: Stage, total: usize) {
        self.watch.begin(stage, total);
    }

    fn step(&self, stage: Stage, what: &str) {
        self.watch.step(stage, what);
    }

    fn end(&self, stage: Stage) {
        self.watch.end(stage);
    }

    fn inputs(&self, files: &[InputFile]) {
        self.telling.state().inputs = Inputs::Read(files.to_vec());
    }
}
