//! `run --metrics FILE` and `--lineage FILE`: the files that tell machines how a run went, also when it fails.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::arguments::RunArguments;
use super::watch::Watch;
use crate::config::{Places, Plan};
use crate::domain::InputFile;
use crate::error::{Error, Result};
use crate::io::durable;
use crate::io::manifest::Manifest;
use crate::io::publish;
use crate::pipeline::{self, Progress, Stage};
use crate::telemetry::lineage::{self, Inputs, Job};
use crate::telemetry::metrics::{self, Attempt};
use crate::telemetry::{Ending, now};

/// The files of `--metrics` and `--lineage`, written while a run goes on and when it ends.
#[derive(Debug)]
pub struct MachineOutput {
    config: String,
    metrics: Option<PathBuf>,
    lineage: Option<PathBuf>,
    began: Instant,
    places: Places,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    job: Job,
    /// Events so far, one per line: the file is replaced whole, so that no reader sees half of it.
    events: String,
    /// Whether a signal has ended the run: no event comes after that.
    stopped: bool,
    inputs: Inputs,
    /// Dataset folder, once the config is read.
    output: Option<PathBuf>,
    published: Option<Published>,
}

/// A run that readers use now.
#[derive(Debug)]
struct Published {
    /// The dataset, as readers name it.
    dataset: PathBuf,
    /// The folder where the run's files can be read.
    folder: PathBuf,
    manifest: Manifest,
    anew: bool,
}

impl MachineOutput {
    /// What is to be told of a run; nothing is written yet.
    ///
    /// # Errors
    /// [`Error::Publish`] if one of the files could not be written at the end, so that a long run does not come to nothing.
    pub fn of(arguments: &RunArguments, places: &Places) -> Result<Self> {
        for path in arguments.metrics.iter().chain(&arguments.lineage) {
            if path.is_dir() {
                return Err(Error::publish(path, "there is a folder where a file should be written", "give the path of a file"));
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
        Ok(Self {
            config,
            metrics: arguments.metrics.clone(),
            lineage: arguments.lineage.clone(),
            began: Instant::now(),
            places: places.clone(),
            state: Mutex::new(State {
                job: Job::new(name, &seed),
                events: String::new(),
                stopped: false,
                inputs: Inputs::Named(Vec::new()),
                output: None,
                published: None,
            }),
        })
    }

    /// Begins to tell: writes the START event.
    ///
    /// # Errors
    /// [`Error::Publish`] if the file cannot be written.
    pub fn began(&self) -> Result<()> {
        self.event(|state| lineage::start(&state.job, &now().0))
    }

    /// Notes what the config names.
    pub fn planned(&self, plan: &Plan) {
        let mut state = self.state();
        state.inputs = Inputs::Named(pipeline::named_files(plan).iter().map(|path| self.places.stated(path)).collect());
        state.output = Some(plan.output.clone());
    }

    /// Notes that the dataset, whose folder or copy is `output`, is this run's.
    pub fn published(&self, output: &Path, outcome: &pipeline::Outcome) {
        self.state().published = Some(Published {
            dataset: self.places.stated(output),
            folder: outcome.folder.clone(),
            manifest: outcome.manifest.clone(),
            anew: outcome.results.is_some(),
        });
    }

    /// Tells of a run that is published. It stays so, whatever becomes of these files.
    ///
    /// # Errors
    /// Those of writing them.
    pub fn ended(&self, matched: bool) -> Result<()> {
        let anew = self.state().published.as_ref().is_some_and(|published| published.anew);
        self.tell(&Ending::Published { anew, matched }).map_err(|error| match error {
            Error::Publish { path, problem, remedy } => Error::publish(path, format!("{problem} (the run itself is published)"), remedy),
            other => other,
        })
    }

    /// Tells of a run that failed. Its own error is the one to tell; what goes wrong here is a warning.
    pub fn failed(&self, error: &Error) {
        if let Err(other) = self.tell(&Ending::Failed { exit_code: error.exit_code(), message: error.to_string() }) {
            tracing::warn!("{other}");
        }
    }

    fn tell(&self, ending: &Ending) -> Result<()> {
        let lineage = self.event(|state| {
            let run = state
                .published
                .as_ref()
                .map(|published| (published.dataset.as_path(), self.places.stated(&published.folder), &published.manifest));
            let run = run.as_ref().map(|(dataset, folder, manifest)| (*dataset, folder.as_path(), *manifest));
            lineage::end(&state.job, &now().0, ending, &state.inputs, run)
        });
        lineage.and(self.write_metrics(ending))
    }

    /// Tells that a signal ended the run. The metrics stay as they were: their times say of when they are.
    pub fn aborted(&self) {
        // An event that is being written is waited for.
        let mut state = self.state();
        if !state.events.is_empty() {
            // The process is ending, and its exit code says why.
            let _ = self.write_event(&mut state, |state| lineage::abort(&state.job, &now().0, &state.inputs));
        }
        state.stopped = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves what was noted as good as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn event(&self, event: impl FnOnce(&State) -> serde_json::Value) -> Result<()> {
        let mut state = self.state();
        if state.stopped { Ok(()) } else { self.write_event(&mut state, event) }
    }

    fn write_event(&self, state: &mut State, event: impl FnOnce(&State) -> serde_json::Value) -> Result<()> {
        let Some(path) = &self.lineage else { return Ok(()) };
        let line = event(state).to_string();
        state.events.push_str(&line);
        state.events.push('\n');
        durable::replace_bytes(path, state.events.as_bytes()).map(|_| ())
    }

    fn write_metrics(&self, ending: &Ending) -> Result<()> {
        let Some(path) = &self.metrics else { return Ok(()) };
        let state = self.state();
        // After a failure readers still have the run before, and so have these figures.
        let still = match (&state.published, &state.output) {
            (None, Some(output)) => {
                publish::run_folder(output).and_then(|run| publish::manifest(&run).map(|manifest| (run, manifest))).ok()
            }
            _ => None,
        };
        let run = match (&state.published, &still) {
            (Some(published), _) => Some((published.folder.as_path(), &published.manifest)),
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
pub struct Recorded<'a> {
    /// For stderr.
    pub watch: &'a Watch,
    /// For the files.
    pub outputs: &'a MachineOutput,
}

impl Progress for Recorded<'_> {
    fn begin(&self, stage: Stage, total: usize) {
        self.watch.begin(stage, total);
    }

    fn step(&self, stage: Stage, what: &str) {
        self.watch.step(stage, &self.outputs.places.told(what));
    }

    fn end(&self, stage: Stage) {
        self.watch.end(stage);
    }

    fn inputs(&self, files: &[InputFile]) {
        let stated = |file: &InputFile| InputFile { path: self.outputs.places.stated(&file.path), ..file.clone() };
        self.outputs.state().inputs = Inputs::Read(files.iter().map(stated).collect());
    }
}
