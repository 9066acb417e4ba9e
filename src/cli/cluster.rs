//! A cluster that counts the overlays: what the command line knows of it. The plain build has none; the package in `cluster/` hands one to
//! [`super::main_with`].

use std::any::Any;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use clap::{CommandFactory, FromArgMatches};

use super::Outcome;
use super::arguments::{
    Arguments, ClusterCommand, Clustered, Command, ExecutorArguments, LocalArguments, RunArguments, SchedulerArguments,
};
use crate::error::{Error, Result};
use crate::io::interrupt::Interrupt;
use crate::weights::Tally;

/// What a build with a cluster adds to the command.
pub trait Cluster: fmt::Debug + Sync {
    /// Is a scheduler until it is stopped.
    ///
    /// # Errors
    /// [`Error::Publish`] where it cannot listen.
    fn scheduler(&self, arguments: &SchedulerArguments) -> Result<()>;

    /// Is an executor until it is stopped.
    ///
    /// # Errors
    /// [`Error::Publish`] where it cannot listen, or its scheduler does not answer.
    fn executor(&self, arguments: &ExecutorArguments) -> Result<()>;

    /// Starts a scheduler and executors on this machine. The answer is the scheduler's address, and what ends them all when it is dropped.
    ///
    /// # Errors
    /// [`Error::Publish`] where they cannot be started.
    fn local(&self, arguments: &LocalArguments) -> Result<(String, Box<dyn Any + Send>)>;

    /// Connects a run to the scheduler at an address; what is sent goes through `dir`, unless the options name another folder.
    ///
    /// # Errors
    /// [`Error::Publish`] where nobody answers, or what answers would count otherwise.
    fn tally(&self, address: &str, options: &Clustered, dir: &Path, interrupt: &Interrupt) -> Result<Arc<dyn Tally>>;
}

/// The cluster of this build.
///
/// # Errors
/// [`Error::Config`] where it has none: what asked for one, and how to get it.
pub(super) fn of<'a>(cluster: Option<&'a dyn Cluster>, asked: &str) -> Result<&'a dyn Cluster> {
    cluster.ok_or_else(|| {
        Error::usage(format!(
            "{asked}: this build of the program has no cluster; build the one that has with `cargo build --release --manifest-path cluster/Cargo.toml`"
        ))
    })
}

/// `coterminous cluster scheduler` and `coterminous cluster executor`.
pub(super) fn serve(command: &ClusterCommand, cluster: Option<&dyn Cluster>) -> Result<Outcome> {
    match command {
        ClusterCommand::Scheduler(arguments) => of(cluster, "cluster scheduler")?.scheduler(arguments)?,
        ClusterCommand::Executor(arguments) => of(cluster, "cluster executor")?.executor(arguments)?,
        // Has become the run that it was asked for ([`local`]).
        ClusterCommand::Local(_) => {}
    }
    Ok(Outcome::Done)
}

/// The run that `coterminous cluster local` was asked for, on no cluster yet.
///
/// # Errors
/// The error of the parser for a command that cannot be read, or is not `run`.
pub(super) fn run_of(arguments: &LocalArguments) -> std::result::Result<RunArguments, clap::Error> {
    let words = std::iter::once(OsString::from("coterminous")).chain(arguments.command.iter().cloned());
    let wrong = |message: &str| Arguments::command().error(clap::error::ErrorKind::InvalidSubcommand, message);
    match Arguments::command().try_get_matches_from(words).and_then(|matches| Arguments::from_arg_matches(&matches))?.command {
        Command::Run(run) if run.cluster.is_none() => Ok(run),
        Command::Run(_) => Err(wrong("the run after -- names a cluster; leave --cluster out, since cluster local starts one for it")),
        _ => Err(wrong("the command after -- is not run, the only one that a cluster serves")),
    }
}
