//! `coterminous cluster executor`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ballista_core::error::BallistaError;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use coterminous::cli::ExecutorArguments;
use coterminous::io::interrupt::Interrupt;
use coterminous::{Error, Result};
use tokio::net::TcpStream;

use crate::logs::{self, Told};
use crate::scheduler::{MESSAGE, POLICY};
use crate::stage::Folder;
use crate::{failure, function, objects, process, url};

/// Seconds for which an executor waits for a scheduler that does not listen yet.
const PATIENCE: u16 = 60;
/// What the names of work folders begin with.
const WORK: &str = "coterminous-executor-";

/// Counts tiles until it is told to stop. Prints its address once it takes work.
///
/// # Errors
/// [`Error::Publish`] where it cannot listen, or no scheduler answers within a minute; [`Error::Config`] for a scheduler that is no address.
pub fn serve(arguments: &ExecutorArguments) -> Result<()> {
    serve_with(arguments, function::registry())
}

/// [`serve`] with these functions.
///
/// # Errors
/// As [`serve`].
pub fn serve_with(arguments: &ExecutorArguments, registry: BallistaFunctionRegistry) -> Result<()> {
    logs::forward(if arguments.shared.quiet { Told::Nothing } else { Told::All });
    let (scheduler_host, scheduler_port) = url::parse(&arguments.scheduler, "--scheduler")?;
    let threads = match arguments.shared.threads {
        Some(0) => return Err(Error::usage("--threads is 0, expected 1 or more; leave it out to use every core")),
        Some(threads) => threads,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    };
    // The engine's own threads; fails only where they were started before.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    let interrupt = Interrupt::default();
    let parent = arguments.work_dir.clone().unwrap_or_else(std::env::temp_dir);
    let work = Folder::make(&parent, WORK, &interrupt)?;
    let work_dir =
        work.path().to_str().ok_or_else(|| Error::publish(work.path(), "its name is not UTF-8", "give another folder with --work-dir"))?;
    let tasks = objects::runtime(Some(work.path())).map_err(|error| failure::of(&arguments.scheduler, error))?;
    let port = process::port(arguments.listen, arguments.port)?;
    let host = process::advertised(arguments.advertise.as_deref(), arguments.listen);
    let config = ExecutorProcessConfig {
        bind_host: process::host(arguments.listen),
        external_host: Some(host.clone()),
        port,
        // Nobody listens for the scheduler: this side comes for work.
        grpc_port: port,
        scheduler_host,
        scheduler_port,
        scheduler_connect_timeout_seconds: PATIENCE,
        vcores: threads,
        work_dir: Some(work_dir.to_owned()),
        grpc_max_decoding_message_size: MESSAGE,
        grpc_max_encoding_message_size: MESSAGE,
        task_scheduling_policy: POLICY,
        override_runtime_producer: Some(Arc::new(move |_| Ok(Arc::clone(&tasks)))),
        // The second of the three places where the function must be known.
        override_function_registry: Some(Arc::new(registry)),
        ..ExecutorProcessConfig::default()
    };
    let runtime = process::runtime(Some(threads.max(2)))?;
    let outcome = runtime.block_on(async {
        tokio::spawn(announce(SocketAddr::new(arguments.listen, port), format!("{host}:{port}")));
        let stopped = async {
            if arguments.with_stdin {
                process::stdin_ended().await;
            } else {
                // Signals are the executor's own: it finishes what it counts.
                std::future::pending().await
            }
        };
        tokio::select! {
            outcome = start_executor_process(Arc::new(config)) => outcome,
            () = stopped => Ok(()),
        }
    });
    // What still counts is not waited for: nobody asks for it any more.
    runtime.shutdown_background();
    drop(work);
    outcome.map_err(|error| match error {
        BallistaError::GrpcConnectionError(message) => failure::of(&arguments.scheduler, message),
        error => failure::of(&arguments.scheduler, error),
    })
}

/// Prints the address once somebody listens there, which is after it has reached the scheduler.
async fn announce(address: SocketAddr, told: String) {
    while TcpStream::connect(address).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    process::ready(&told);
}
