//! The scheduler as others reach it: Ballista's own, with a note of what each executor says of itself when it comes for work and what it is given.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use ballista_core::serde::protobuf::scheduler_grpc_server::SchedulerGrpc;
use ballista_core::serde::protobuf::{
    CancelJobParams, CancelJobResult, CleanJobDataParams, CleanJobDataResult, CreateUpdateSessionParams, CreateUpdateSessionResult,
    ExecuteQueryParams, ExecuteQueryResult, ExecutorStoppedParams, ExecutorStoppedResult, GetJobMetricsParams, GetJobMetricsResult,
    GetJobStatusParams, GetJobStatusResult, HeartBeatParams, HeartBeatResult, PollWorkParams, PollWorkResult, RegisterExecutorParams,
    RegisterExecutorResult, RemoveSessionParams, RemoveSessionResult, UpdateTaskStatusParams, UpdateTaskStatusResult,
};
use ballista_core::serde::scheduler::ExecutorSpecification;
use ballista_scheduler::scheduler_server::SchedulerServer;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};
use tonic::{Request, Response, Status, async_trait};

/// Ballista's scheduler.
pub type Scheduler = SchedulerServer<LogicalPlanNode, PhysicalPlanNode>;

/// The last time that an executor came for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Visit {
    /// When, seconds since 1970.
    pub at: u64,
    /// Threads that it then had to spare.
    pub free: usize,
    /// Tasks that it counted when it left: those it had come with, and those it was given.
    pub tasks: usize,
}

/// The last visit of each executor, by its identifier.
#[derive(Debug, Clone, Default)]
pub struct Visits(Arc<Mutex<HashMap<String, Visit>>>);

impl Visits {
    /// All that are known.
    pub fn all(&self) -> HashMap<String, Visit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, executor: String, visit: Visit) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(executor, visit);
    }
}

/// Now, in seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A scheduler whose visits are noted.
#[derive(Clone)]
pub struct Noted {
    /// Who answers.
    pub scheduler: Scheduler,
    /// Where they are noted.
    pub visits: Visits,
}

/// Calls that go through as they are.
macro_rules! through {
    ($($call:ident: $params:ty => $result:ty),* $(,)?) => {
        #[async_trait]
        impl SchedulerGrpc for Noted {
            async fn poll_work(&self, request: Request<PollWorkParams>) -> Result<Response<PollWorkResult>, Status> {
                self.visited(request).await
            }

            type ExecuteQueryPushStream = <Scheduler as SchedulerGrpc>::ExecuteQueryPushStream;

            async fn execute_query_push(&self, request: Request<ExecuteQueryParams>) -> Result<Response<Self::ExecuteQueryPushStream>, Status> {
                SchedulerGrpc::execute_query_push(&self.scheduler, request).await
            }

            $(async fn $call(&self, request: Request<$params>) -> Result<Response<$result>, Status> {
                SchedulerGrpc::$call(&self.scheduler, request).await
            })*
        }
    };
}

through! {
    register_executor: RegisterExecutorParams => RegisterExecutorResult,
    heart_beat_from_executor: HeartBeatParams => HeartBeatResult,
    update_task_status: UpdateTaskStatusParams => UpdateTaskStatusResult,
    create_update_session: CreateUpdateSessionParams => CreateUpdateSessionResult,
    remove_session: RemoveSessionParams => RemoveSessionResult,
    execute_query: ExecuteQueryParams => ExecuteQueryResult,
    get_job_status: GetJobStatusParams => GetJobStatusResult,
    get_job_metrics: GetJobMetricsParams => GetJobMetricsResult,
    executor_stopped: ExecutorStoppedParams => ExecutorStoppedResult,
    cancel_job: CancelJobParams => CancelJobResult,
    clean_job_data: CleanJobDataParams => CleanJobDataResult,
}

impl Noted {
    async fn visited(&self, request: Request<PollWorkParams>) -> Result<Response<PollWorkResult>, Status> {
        let params = request.get_ref();
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        let visitor = params.metadata.as_ref().map(|executor| {
            let known: ExecutorSpecification = executor.specification.clone().map(Into::into).unwrap_or_default();
            (executor.id.clone(), count(known.vcores))
        });
        let free = count(params.num_free_vcores);
        let answer = SchedulerGrpc::poll_work(&self.scheduler, request).await?;
        if let Some((executor, threads)) = visitor {
            let given = answer.get_ref().tasks.len();
            let tasks = threads.saturating_sub(free).saturating_add(given);
            self.visits.note(executor, Visit { at: now(), free: free.saturating_sub(given), tasks });
        }
        Ok(answer)
    }
}
