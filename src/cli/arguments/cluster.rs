//! What a run on a cluster, and the processes of one, are told.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Shared;

/// Options of `coterminous run --cluster`.
#[derive(Debug, Clone, Args)]
pub struct Clustered {
    /// Folder that this process, the scheduler and all executors reach by this path, or s3://BUCKET/FOLDER, az://, gs://, for what is sent;
    /// emptied again [default: the dataset folder]
    #[arg(long, value_name = "DIR")]
    pub cluster_dir: Option<PathBuf>,
    /// Vertices of a tile, at most: the work that is handed to an executor in one piece [default: a 64th of the layers, 50000 to 500000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..))]
    pub cluster_tile: Option<u32>,
}

/// `coterminous cluster`.
#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// Hand out the work of runs to executors, until it is stopped
    Scheduler(SchedulerArguments),
    /// Count tiles for a scheduler, until it is stopped
    Executor(ExecutorArguments),
    /// Start a scheduler and executors on this machine, and run a config on them
    Local(LocalArguments),
}

/// `coterminous cluster scheduler`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    coterminous cluster scheduler --listen 0.0.0.0:50050 --advertise scheduler.internal\n\n\
    Whoever reaches the port can have code of the query engine run on the executors: keep it in a trusted network (docs/scale.md).\n\
    SIGINT and SIGTERM end it with exit code 0; runs that it serves end with exit code 4 and leave their datasets as they were.")]
pub struct SchedulerArguments {
    /// Address to listen on
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:50050")]
    pub listen: std::net::SocketAddr,
    /// Name or address by which executors reach this machine [default: the address it listens on; for 0.0.0.0 its own name]
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    /// End when stdin does: with the process that started this one
    #[arg(long, hide = true)]
    pub with_stdin: bool,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// `coterminous cluster executor`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    coterminous cluster executor --scheduler df://scheduler.internal:50050 --listen 0.0.0.0 --advertise $(hostname -f) --threads 16\n\n\
    It must see the folder of --cluster-dir under the same path as the run does (or have its keys in the environment), and be of the same build.\n\
    SIGINT and SIGTERM let it finish the tile it counts, and end it with exit code 0; killed, its tiles are counted by others within a minute.")]
pub struct ExecutorArguments {
    /// Scheduler to work for
    #[arg(long, value_name = "df://HOST:PORT", default_value = "df://127.0.0.1:50050")]
    pub scheduler: String,
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value = "127.0.0.1")]
    pub listen: std::net::IpAddr,
    /// Name or address by which executors and runs reach this machine [default: the address it listens on; for 0.0.0.0 its own name]
    #[arg(long, value_name = "HOST")]
    pub advertise: Option<String>,
    /// Port for sums, from which executors and runs fetch them; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Folder for sums between two stages; emptied when the executor ends [default: a new folder for temporary files]
    #[arg(long, value_name = "DIR")]
    pub work_dir: Option<PathBuf>,
    /// End when stdin does: with the process that started this one
    #[arg(long, hide = true)]
    pub with_stdin: bool,
    /// How to run
    #[command(flatten)]
    pub shared: Shared,
}

/// `coterminous cluster local`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    coterminous cluster local --executors 2 -- run config/sample.toml\n  \
    coterminous cluster local --executors 4 --executor-threads 1 -- run nightly.toml --out /srv/pct --fail-on high\n\n\
    The exit code is that of the run. Scheduler and executors listen on 127.0.0.1, on free ports, and end with the command, however it ends.")]
pub struct LocalArguments {
    /// Executors to start
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub executors: u32,
    /// Threads of each executor [default: the cores, shared out]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub executor_threads: Option<u32>,
    /// The command to run on them: run, with its config and options
    #[arg(last = true, required = true, value_name = "run CONFIG")]
    pub command: Vec<std::ffi::OsString>,
}
