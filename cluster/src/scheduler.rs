//! `coterminous cluster scheduler`.

use std::net::SocketAddr;
use std::sync::Arc;

use ballista_core::extension::SessionConfigExt;
use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use coterminous::cli::SchedulerArguments;
use coterminous::{Error, Result};
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;

use crate::logs::{self, Told};
use crate::{function, process};

/// Seconds between two signs of life of an executor.
pub const HEARTBEAT: u64 = 3;
/// Seconds without one after which an executor is taken for dead, and its tiles are given to others.
pub const DEAD: u64 = 15;
/// Seconds between two looks for the dead.
const LOOK: u64 = 2;
/// Seconds after which a run fails that has no executor left. Not shorter than [`DEAD`]: one that was lost for a moment comes back.
const ALONE: u64 = 20;
/// Seconds for which sums between two stages are kept after a run.
const KEPT: u64 = 30;
/// Largest message: a plan names every file of a run's tiles.
pub const MESSAGE: u32 = 256 << 20;

/// Hands out work until it is told to stop. Prints its address, as `--cluster` takes it, once it listens.
///
/// # Errors
/// [`Error::Publish`] where it cannot listen.
pub fn serve(arguments: &SchedulerArguments) -> Result<()> {
    logs::forward(if arguments.shared.quiet { Told::Nothing } else { Told::All });
    process::runtime(None)?.block_on(async {
        let problem = |error: &dyn std::fmt::Display| {
            Error::publish(arguments.listen.to_string(), error, "see who else listens there, or give another address with --listen")
        };
        let listener = TcpListener::bind(arguments.listen).await.map_err(|error| problem(&error))?;
        let address = listener.local_addr().map_err(|error| problem(&error))?;
        let host = process::advertised(arguments.advertise.as_deref(), address.ip());
        let config = Arc::new(config(&host, address));
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(|error| problem(&error))?;
        let scheduler = create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, config).await.map_err(|error| problem(&error))?;
        process::ready(&format!("df://{host}:{}", address.port()));
        tokio::select! {
            served = start_grpc_service_with_listener(listener, scheduler) => served.map_err(|error| problem(&error)),
            () = process::told_to_stop(arguments.with_stdin) => Ok(()),
        }
    })
}

fn config(host: &str, address: SocketAddr) -> SchedulerConfig {
    SchedulerConfig {
        external_host: host.to_owned(),
        bind_host: process::host(address.ip()),
        bind_port: address.port(),
        executor_timeout_seconds: DEAD,
        expire_dead_executor_interval_seconds: LOOK,
        no_executors_grace_period_seconds: ALONE,
        finished_job_data_clean_up_interval_seconds: KEPT,
        grpc_server_max_decoding_message_size: MESSAGE,
        grpc_server_max_encoding_message_size: MESSAGE,
        grpc_client_max_message_size: MESSAGE,
        ..SchedulerConfig::default()
    }
    // A scheduler reads plans, so it must know the function by its name: the first of the three places.
    .with_override_config_producer(Arc::new(SessionConfig::new_with_ballista))
    .with_override_session_builder(Arc::new(|config| {
        let mut state = default_session_builder(config)?;
        function::register(&mut state)?;
        Ok(state)
    }))
}
