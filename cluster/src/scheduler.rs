//! `coterminous cluster scheduler`.

use std::net::SocketAddr;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::extension::SessionConfigExt;
use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpcServer;
use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::create_scheduler;
use coterminous::cli::SchedulerArguments;
use coterminous::{Error, Result};
use datafusion::execution::SessionStateBuilder;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::logs::{self, Told};
use crate::visits::{Noted, Visits};
use crate::{function, objects, process, watch};

/// Who begins: an executor comes for work when it has a thread to spare, and every five seconds when it has none. Under the other policy the
/// scheduler keeps an account of every executor's threads, and loses one for ever where a job is rolled back (Ballista 55.0).
pub const POLICY: TaskSchedulingPolicy = TaskSchedulingPolicy::PullStaged;
/// Seconds after which an executor that has not come is taken for dead, and its tiles are given to others. One that is only that slow is not
/// harmed: it comes again later, and what it has counted twice counts once.
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
        let noted = Noted { scheduler, visits: Visits::default() };
        let watched = watch::watch(noted.clone());
        let calls = SchedulerGrpcServer::new(noted).max_decoding_message_size(MESSAGE as usize).max_encoding_message_size(MESSAGE as usize);
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        tokio::select! {
            () = watched => Ok(()),
            served = Server::builder().add_service(calls).serve_with_incoming(incoming) => served.map_err(|error| problem(&error)),
            () = process::told_to_stop(arguments.with_stdin) => Ok(()),
        }
    })
}

fn config(host: &str, address: SocketAddr) -> SchedulerConfig {
    SchedulerConfig {
        external_host: host.to_owned(),
        bind_host: process::host(address.ip()),
        bind_port: address.port(),
        scheduling_policy: POLICY,
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
        let state = default_session_builder(config)?;
        // It lists the files of tiles.
        let mut state = SessionStateBuilder::new_from_existing(state).with_runtime_env(objects::runtime(None)?).build();
        function::register(&mut state)?;
        Ok(state)
    }))
}
