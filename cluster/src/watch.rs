//! Looks after running jobs in the scheduler, and gives up those on which nobody works, so that their run asks for them again.
//!
//! What an executor leaves undone when it dies is handed out again by Ballista, which keeps a ledger of stages that are run, resolved, rolled back
//! and run again, and of the executor that each task is with. Should the ledger ever be wrong, its job would wait for ever. No clock can tell that
//! from a job whose tiles are only slow. What executors say when they come for work can:
//!
//! - A job none of whose tasks is with a living executor is stalled if an executor goes away from here with a thread to spare, or if there is none.
//! - A task that is with a living executor by the ledger, and not by what the executor says, is lost, and its job is stalled.
//!
//! Each must hold for [`STALLED`] seconds in which the executor has come again. Slow executors and heavy tiles are never taken for that.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use ballista_core::JobId;

use crate::scheduler::DEAD;
use crate::visits::{Noted, Scheduler, Visit, now};

/// How often jobs are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// Seconds after which a job is given up. Between two stages nobody works on it either, for some hundredths of a second.
const STALLED: u64 = 8;

/// What is seen of a cluster at a moment.
#[derive(Debug, Default)]
struct Seen {
    /// Seconds since 1970.
    now: u64,
    /// The last visit of each executor.
    visits: HashMap<String, Visit>,
    /// Jobs with the executor of each of their running tasks, by the ledger.
    jobs: HashMap<String, Vec<String>>,
}

/// What is as it should not be, with the time since when.
#[derive(Debug, Default)]
struct Suspicions {
    /// Jobs that are with nobody.
    idle: HashMap<String, u64>,
    /// Executors that have fewer tasks than the ledger says.
    short: HashMap<String, u64>,
}

impl Suspicions {
    /// Takes in a look at the cluster; answers the jobs that are stalled.
    fn look(&mut self, seen: &Seen) -> HashSet<String> {
        let living: HashMap<&str, &Visit> = seen
            .visits
            .iter()
            .filter(|(_, visit)| seen.now.saturating_sub(visit.at) < DEAD)
            .map(|(name, visit)| (name.as_str(), visit))
            .collect();
        let spare = living.values().filter(|visit| visit.free > 0).map(|visit| visit.at).max().unwrap_or(0);
        let idle = seen.jobs.iter().filter(|(_, tasks)| !tasks.iter().any(|executor| living.contains_key(executor.as_str())));
        let idle: HashSet<&str> = idle.map(|(job, _)| job.as_str()).collect();
        let mut stalled: HashSet<String> = lasting(&mut self.idle, &idle, seen.now)
            .filter(|(_, since)| living.is_empty() || spare > since.saturating_add(STALLED / 2))
            .map(|(job, _)| job)
            .collect();

        let mut ledger: HashMap<&str, usize> = HashMap::new();
        for executor in seen.jobs.values().flatten() {
            let tasks = ledger.entry(executor).or_default();
            *tasks = tasks.saturating_add(1);
        }
        let short = living.iter().filter(|(name, visit)| ledger.get(**name).is_some_and(|tasks| *tasks > visit.tasks));
        let short: HashSet<&str> = short.map(|(name, _)| *name).collect();
        let lost: Vec<String> = lasting(&mut self.short, &short, seen.now)
            .filter(|(name, since)| living.get(name.as_str()).is_some_and(|visit| visit.at > since.saturating_add(STALLED / 2)))
            .map(|(name, _)| name)
            .collect();
        // Which of its tasks is lost nobody can tell.
        stalled.extend(seen.jobs.iter().filter(|(_, tasks)| tasks.iter().any(|name| lost.contains(name))).map(|(job, _)| job.clone()));
        // Giving up takes a moment, in which it is not done again.
        self.idle.retain(|job, _| !stalled.contains(job));
        self.short.retain(|name, _| !lost.contains(name));
        stalled
    }
}

/// Keeps in mind what is so and since when; answers what has been so for long.
fn lasting<'a>(known: &'a mut HashMap<String, u64>, so: &HashSet<&str>, now: u64) -> impl Iterator<Item = (String, u64)> + use<'a> {
    known.retain(|name, _| so.contains(name.as_str()));
    for name in so {
        known.entry((*name).to_owned()).or_insert(now);
    }
    known.iter().filter(move |(_, since)| now.saturating_sub(**since) >= STALLED).map(|(name, since)| (name.clone(), *since))
}

/// Watches until it is dropped.
pub async fn watch(noted: Noted) {
    let mut suspicions = Suspicions::default();
    loop {
        tokio::time::sleep(LOOK).await;
        let seen = Seen { now: now(), visits: noted.visits.all(), jobs: running(&noted.scheduler).await };
        for job in suspicions.look(&seen) {
            tracing::warn!(
                "nobody has worked on a part of job {job} for {STALLED} seconds, although executors came for work: it is given up, and its run asks again"
            );
            if let Err(error) = noted.scheduler.cancel_job(JobId::new(job.as_str())).await {
                tracing::warn!("job {job} cannot be given up: {error}");
            }
        }
    }
}

async fn running(scheduler: &Scheduler) -> HashMap<String, Vec<String>> {
    let mut jobs = HashMap::new();
    for (job, known) in scheduler.state.task_manager.get_running_job_cache().iter() {
        let tasks = known.execution_graph.read().await.running_tasks();
        jobs.insert(job.as_str().to_owned(), tasks.into_iter().map(|task| task.executor_id).collect());
    }
    jobs
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;

    /// Executors with their last visit, the threads to spare and the tasks they left with; jobs with the executors of their tasks.
    fn seen(now: u64, visits: &[(&str, u64, usize, usize)], jobs: &[(&str, &[&str])]) -> Seen {
        let visit =
            |(name, at, free, tasks): &(&str, u64, usize, usize)| ((*name).to_owned(), Visit { at: *at, free: *free, tasks: *tasks });
        let job = |(job, tasks): &(&str, &[&str])| ((*job).to_owned(), tasks.iter().map(|name| (*name).to_owned()).collect());
        Seen { now, visits: visits.iter().map(visit).collect(), jobs: jobs.iter().map(job).collect() }
    }

    /// Jobs that are given up in a minute of looks, with the second.
    fn given_up(at: impl Fn(u64) -> Seen) -> Vec<(u64, String)> {
        let mut suspicions = Suspicions::default();
        (1000..1060).flat_map(|now| suspicions.look(&at(now)).into_iter().map(move |job| (now, job))).collect()
    }

    #[test]
    fn a_job_that_is_never_handed_out_although_somebody_comes_for_work_is_given_up() {
        let stalled = given_up(|now| seen(now, &[("a", now, 1, 0)], &[("job", &[])]));
        assert_eq!(stalled.first(), Some(&(1000 + STALLED, "job".to_owned())));
        // Its last task went with an executor that has died.
        let stalled = given_up(|now| seen(now, &[("a", now, 1, 0), ("dead", 990, 0, 1)], &[("job", &["dead"])]));
        assert_eq!(stalled.first(), Some(&(990 + DEAD + STALLED, "job".to_owned())));
        // Nobody is there at all: the run finds out whether somebody comes.
        let stalled = given_up(|now| seen(now, &[("dead", 999, 1, 0)], &[("job", &[])]));
        assert_eq!(stalled.first(), Some(&(999 + DEAD, "job".to_owned())));
        // Also while another job keeps one of two threads busy for as long as it likes, and that one is left alone.
        let stalled = given_up(|now| seen(now, &[("a", now, 1, 1)], &[("job", &[]), ("other", &["a"])]));
        assert_eq!(stalled.first(), Some(&(1000 + STALLED, "job".to_owned())));
        assert!(stalled.iter().all(|(_, job)| job == "job"));
    }

    #[test]
    fn a_task_that_never_arrived_where_it_is_thought_to_be_is_given_up() {
        let stalled = given_up(|now| seen(now, &[("a", now, 1, 0), ("b", now, 0, 1)], &[("job", &["a", "b"])]));
        assert_eq!(stalled.first(), Some(&(1000 + STALLED, "job".to_owned())));
        // One of two.
        let stalled = given_up(|now| seen(now, &[("a", now - now % 5, 0, 1)], &[("job", &["a", "a"])]));
        assert!(stalled.first().is_some_and(|(at, _)| (1000 + STALLED..1000 + 2 * STALLED).contains(at)), "{stalled:?}");
    }

    #[test]
    fn what_is_only_slow_is_not() {
        // One heavy tile for a minute, and nobody else with anything to do.
        assert_eq!(given_up(|now| seen(now, &[("a", now - now % 5, 0, 1), ("b", now, 1, 0)], &[("job", &["a"])])), []);
        // An executor that is so slow that it comes every fourteen seconds only, and had come to go away with its task.
        assert_eq!(given_up(|now| seen(now, &[("a", now - now % 14, 0, 1)], &[("job", &["a"])])), []);
        // All threads are busy with another job.
        assert_eq!(given_up(|now| seen(now, &[("a", now, 0, 1)], &[("job", &[]), ("other", &["a"])])), []);
        // An executor that is slow to come, and stages that are short.
        assert_eq!(given_up(|now| seen(now, &[("a", now - now % 14, 1, 0)], &[("job", if now % 7 == 0 { &["a"] } else { &[] })])), []);
        // Between two stages, and between a report and its entry in the ledger, again and again.
        assert_eq!(given_up(|now| seen(now, &[("a", now, 1, 0)], &[("job", if now % 5 == 0 { &["a"] } else { &[] })])), []);
        assert_eq!(given_up(|now| seen(now, &[("a", now, 0, if now % 3 == 0 { 1 } else { 0 })], &[("job", &["a"])])), []);
    }
}
