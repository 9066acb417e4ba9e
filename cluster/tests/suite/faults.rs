//! What a run does when a part of the cluster is missing, of another build, or dies.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use coterminous::cli::ExecutorArguments;

use crate::support::{Cluster, Process, command, nothing_left, program, published, repository, run, same, succeeded, wait};

/// Within which a run ends after a part of the cluster has died, beyond the time that it takes anyway.
const A_MINUTE: Duration = Duration::from_secs(60);

fn sample() -> PathBuf {
    repository().join("config/sample.toml")
}

/// That a run ended with exit code 4 and one line that says all of this, and left the dataset as it was.
fn refused(output: &Output, said: &[&str]) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    for said in said {
        assert!(told.contains(said), "{told} says {said}");
    }
}

/// The files of the first job after the hello, while a run is busy with it.
fn is_busy(out: &Path) -> bool {
    let Ok(entries) = fs::read_dir(out) else { return false };
    let stages = entries.flatten().map(|entry| entry.path());
    stages
        .filter(|path| path.join("job-1").is_dir())
        .any(|path| fs::read_dir(path.join("job-1")).is_ok_and(|mut files| files.next().is_some()))
}

#[test]
fn a_scheduler_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    succeeded(&run(&sample(), &out, &[]));
    let before = published(&out);
    // Nobody listens on a port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("df://127.0.0.1:{port}");
    let began = Instant::now();
    refused(&run(&sample(), &out, &["--force", "--cluster", &url]), &[&url, "no scheduler answers", "run without --cluster"]);
    assert!(began.elapsed() < Duration::from_secs(20));
    assert_eq!(before, published(&out));
    nothing_left(&out);
}

#[test]
fn an_address_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&sample(), &folder.path().join("out"), &["--cluster", "localhost:50050"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("expected df://HOST:PORT"));
}

#[test]
fn a_scheduler_without_executors() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(0);
    let began = Instant::now();
    refused(&run(&sample(), &folder.path().join("out"), &["--cluster", cluster.url()]), &[cluster.url(), "executor"]);
    assert!(began.elapsed() < A_MINUTE + Duration::from_secs(30));
    nothing_left(&folder.path().join("out"));
}

#[test]
fn an_executor_of_another_build() {
    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        executor: ExecutorArguments,
    }
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(0);
    let work = folder.path().join("work");
    let words = ["executor", "--scheduler", cluster.url(), "--threads", "1", "--quiet", "--work-dir", work.to_str().unwrap()];
    let executor = Words::parse_from(words).executor;
    // Ends with this process.
    std::thread::spawn(move || {
        let functions = coterminous_cluster::function::registry_with("coterminous_sums_of_another_build".to_owned());
        coterminous_cluster::executor::serve_with(&executor, functions)
    });
    let output = run(&sample(), &folder.path().join("out"), &["--cluster", cluster.url()]);
    refused(&output, &["another build", "from the same program"]);
}

/// Runs the sample in small tiles on executors, one of which suffers at a moment of the run; then it was published as ever, within a minute of
/// what it takes undisturbed.
fn survived(executors: usize, moments: &[Duration], suffers: impl Fn(&mut Process)) {
    const TILE: [&str; 2] = ["--cluster-tile", "8000"];
    let folder = tempfile::tempdir().unwrap();
    let config = sample();
    let plain = folder.path().join("plain");
    succeeded(&run(&config, &plain, &[]));
    let mut cluster = Cluster::start(executors);
    let url = cluster.url().to_owned();
    let words = ["--cluster", url.as_str(), TILE[0], TILE[1]];
    let began = Instant::now();
    let undisturbed = folder.path().join("undisturbed");
    succeeded(&run(&config, &undisturbed, &words));
    let usual = began.elapsed();
    for (at, moment) in moments.iter().enumerate() {
        let out = folder.path().join(format!("out-{at}"));
        let child = command(&config, &out, &words).spawn().unwrap();
        wait("a run on the cluster", Duration::from_secs(120), || is_busy(&out));
        std::thread::sleep(*moment);
        let suffered = Instant::now();
        suffers(&mut cluster.executors[0]);
        let output = child.wait_with_output().unwrap();
        let took = suffered.elapsed();
        succeeded(&output);
        println!("an undisturbed run takes {usual:?}; disturbed after {moment:?} what was left of it took {took:?}");
        assert!(took < usual + A_MINUTE, "{took:?} after the kill, {usual:?} usually");
        same(&plain, &out);
        nothing_left(&out);
        if cluster.executors[0].child.try_wait().unwrap().is_some() {
            cluster.executors.remove(0);
            cluster.add();
        }
    }
}

#[test]
fn an_executor_killed_in_the_middle_of_a_run() {
    survived(2, &[0, 300, 1200].map(Duration::from_millis), Process::kill);
}

#[test]
fn an_executor_that_is_frozen_for_longer_than_the_dead_are_waited_for() {
    let frozen = |executor: &mut Process| {
        executor.signal("STOP");
        let id = executor.child.id().to_string();
        // Afterwards it goes on where it was, and what it then reports has been counted by somebody else.
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(20));
            assert!(Command::new("kill").args(["-CONT", &id]).status().unwrap().success());
        });
    };
    survived(2, &[Duration::from_millis(300)], frozen);
}

#[test]
fn an_executor_that_is_told_to_stop_in_the_middle_of_a_run() {
    survived(2, &[Duration::from_millis(300)], |executor| executor.signal("TERM"));
}

/// Runs the sample on two executors, and kills a part of the cluster for good when the run is at work: then it says so within a minute, with all of
/// this, and the dataset is as it was.
fn given_up(tile: &str, moment: Duration, kill: impl FnOnce(&mut Cluster), said: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let config = sample();
    let out = folder.path().join("out");
    succeeded(&run(&config, &out, &[]));
    let before = published(&out);
    let mut cluster = Cluster::start(2);
    let url = cluster.url().to_owned();
    let child = command(&config, &out, &["--force", "--cluster", &url, "--cluster-tile", tile]).spawn().unwrap();
    wait("a run on the cluster", Duration::from_secs(120), || is_busy(&out));
    std::thread::sleep(moment);
    let killed = Instant::now();
    kill(&mut cluster);
    let output = child.wait_with_output().unwrap();
    println!("the run ended {:?} after the kill", killed.elapsed());
    refused(&output, &[&[url.as_str()], said].concat());
    assert!(killed.elapsed() < A_MINUTE);
    assert_eq!(before, published(&out));
    nothing_left(&out);
}

#[test]
fn every_executor_killed_in_the_middle_of_a_run() {
    given_up("8000", Duration::ZERO, |cluster| cluster.executors.iter_mut().for_each(Process::kill), &["executor"]);
}

#[test]
fn a_scheduler_killed_in_the_middle_of_a_run() {
    given_up("50000", Duration::from_millis(300), |cluster| cluster.scheduler.kill(), &[]);
}

/// An executor that is reached by others through a way of the test's, at another address of this machine. The way holds until the executor has
/// counted what it is asked for; whoever then comes for the sums finds them gone with it, and another executor in its place.
#[test]
fn an_executor_that_dies_with_an_answer_that_nobody_has_fetched() {
    const AWAY: &str = "127.0.0.2";
    let folder = tempfile::tempdir().unwrap();
    let config = sample();
    let (plain, out) = (folder.path().join("plain"), folder.path().join("out"));
    succeeded(&run(&config, &plain, &[]));
    let mut cluster = Cluster::start(0);
    cluster.add_with(&["--advertise", AWAY]);
    let url = cluster.url().to_owned();
    let mut doomed = cluster.executors.remove(0);
    let port = doomed.address.strip_prefix(&format!("{AWAY}:")).expect("it says where it is reached").to_owned();
    let way = TcpListener::bind(format!("{AWAY}:{port}")).unwrap();
    let (busy, inside) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let guard = {
        let (busy, inside) = (Arc::clone(&busy), Arc::clone(&inside));
        std::thread::spawn(move || {
            for visitor in way.incoming() {
                let visitor = visitor.unwrap();
                if busy.load(Ordering::SeqCst) {
                    doomed.kill();
                    return;
                }
                inside.fetch_add(1, Ordering::SeqCst);
                forward(visitor, &format!("127.0.0.1:{port}"));
            }
        })
    };
    // One tile a job: nobody but the run comes for sums.
    let words = ["run", config.to_str().unwrap(), "--out", out.to_str().unwrap(), "--cluster", &url, "--cluster-tile", "4000000"];
    let child = Command::new(program()).args(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait("a run on the cluster", Duration::from_secs(120), || is_busy(&out));
    busy.store(true, Ordering::SeqCst);
    guard.join().unwrap();
    cluster.add();
    let output = child.wait_with_output().unwrap();
    succeeded(&output);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("what was counted is lost with an executor, and is counted again"), "{told}");
    assert!(inside.load(Ordering::SeqCst) > 0, "what it answered before went the same way");
    same(&plain, &out);
    nothing_left(&out);
}

/// Bytes both ways between a visitor and an address, until either ends.
fn forward(visitor: TcpStream, address: &str) {
    let inner = TcpStream::connect(address).unwrap();
    for (mut from, mut to) in [(visitor.try_clone().unwrap(), inner.try_clone().unwrap()), (inner, visitor)] {
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Both);
        });
    }
}

#[test]
fn a_signal_and_a_killed_run() {
    let folder = tempfile::tempdir().unwrap();
    let config = sample();
    let (out, stage) = (folder.path().join("out"), folder.path().join("stage"));
    let cluster = Cluster::start(1);
    let words = ["--cluster", cluster.url(), "--cluster-dir", stage.to_str().unwrap()];
    // Stopped: what was on its way is gone when the process is.
    let child = command(&config, &out, &words).spawn().unwrap();
    wait("a run on the cluster", Duration::from_secs(120), || is_busy(&stage));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    nothing_left(&stage);
    // Killed: the next run sweeps what it left, and nothing else.
    let mut child = command(&config, &out, &words).spawn().unwrap();
    wait("a run on the cluster", Duration::from_secs(120), || is_busy(&stage));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(fs::read_dir(&stage).unwrap().next().is_some(), "a killed run leaves its folder");
    fs::write(stage.join("mine"), "kept").unwrap();
    succeeded(&run(&sample(), &folder.path().join("other"), &words));
    nothing_left(&stage);
    assert!(stage.join("mine").is_file() && !out.join("CURRENT").exists());
}

#[test]
fn services_end_when_they_are_told_to() {
    let mut cluster = Cluster::start(1);
    let ended = |process: &mut Process| {
        process.signal("TERM");
        let mut status = None;
        wait("the process ends", Duration::from_secs(20), || {
            status = process.child.try_wait().unwrap();
            status.is_some()
        });
        assert_eq!(status.unwrap().code(), Some(0));
    };
    let mut executor = cluster.executors.remove(0);
    ended(&mut executor);
    ended(&mut cluster.scheduler);
}

#[test]
fn an_executor_whose_scheduler_is_no_address_and_a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    for (words, code, said) in [
        (vec!["cluster", "executor", "--scheduler", "http://x"], 2, "expected df://HOST:PORT"),
        (vec!["cluster", "scheduler", "--listen", &port], 4, "give another address with --listen"),
        (vec!["cluster", "local", "--", "check", "x.toml"], 2, "not run"),
        (vec!["cluster", "local", "--", "run", "x.toml", "--cluster", "df://a"], 2, "leave --cluster out"),
    ] {
        let output = Command::new(program()).args(&words).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {told}");
        assert!(told.contains(said), "{words:?}: {told}");
    }
}
