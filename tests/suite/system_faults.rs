//! The real command while the system fails it, call by call, as strace injects it; and what it asks of the system at all.
//!
//! strace must be there in CI (`.ci/run` installs it); elsewhere these tests skip and say so.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

use crate::hostile::{Trial, is_timed};
use crate::publish::content;
use crate::publish_faults::{program, whole};

/// A run under strace with these options; `None` where strace is not there, or may not trace.
fn traced(trial: &Trial, options: &[&str]) -> Option<(Output, String)> {
    traced_command(trial, options, &["run", "run.toml", "--quiet", "--threads", "1"])
}

/// The command under strace with these options; `None` where strace is not there, or may not trace.
fn traced_command(trial: &Trial, options: &[&str], arguments: &[&str]) -> Option<(Output, String)> {
    let log = trial.at("calls");
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(&log).args(options).arg(program().get_program());
    command.args(arguments).current_dir(trial.at("")).stdin(Stdio::null());
    let output = command.output().ok();
    let text = fs::read_to_string(&log).unwrap_or_default();
    let _ = fs::remove_file(&log);
    match output {
        Some(output) if !text.is_empty() => Some((output, text)),
        other => {
            let why = other.map_or("there is no strace".to_owned(), |output| String::from_utf8_lossy(&output.stderr).into_owned());
            assert!(std::env::var_os("CI").is_none(), "these tests may not be skipped in CI: {why}");
            eprintln!("skipped: {why}");
            None
        }
    }
}

/// It opens no network connection and runs nothing: no system call for either but its own start.
#[test]
fn a_run_calls_nobody() {
    let trial = Trial::new();
    let Some((output, text)) = traced(&trial, &["-e", "trace=socket,connect,bind,sendto,execve,execveat,ptrace,fork,vfork"]) else {
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls: Vec<&str> = text.lines().filter(|line| !line.contains("+++") && !line.contains("---")).collect();
    assert_eq!(calls.len(), 1, "its own start and nothing else: {calls:#?}");
    assert!(calls[0].contains("execve("), "{calls:?}");
}

/// Fails, or kills the process at, the Nth write, fsync, rename or creation of a folder of a whole run, for N = 1, 2, 3 ... until a run gets
/// through (an unoptimised build takes every fifth N). After each, CURRENT names a whole run and the first one is byte for byte what it
/// was; each run cleans up after the one before.
#[test]
fn whatever_call_fails_the_dataset_stays() {
    let trial = Trial::new();
    assert_eq!(trial.run(&["run", "run.toml", "--quiet"]).code, Some(0));
    let first = whole(&trial.at("out"));
    let before = content(&trial.at("out/runs").join(&first));
    let (mut injected, mut salt) = (0, 0);
    for (call, what) in [
        ("fsync", "error=EIO"),
        ("write", "error=ENOSPC"),
        ("write", "error=EIO"),
        ("rename", "error=EXDEV"),
        ("mkdir", "error=EROFS"),
        ("fsync", "signal=KILL"),
        ("write", "signal=KILL"),
        ("rename", "signal=KILL"),
    ] {
        let mut got_through = false;
        let step = if is_timed() { 1 } else { 5 };
        for nth in (1..2000).step_by(step) {
            salt += 1;
            trial.write("m.csv", format!("code,pounds\nH1,{salt}.10\nH2,0.10\n"));
            let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{what}:when={nth}"));
            let Some((output, text)) = traced(&trial, &["-e", &trace, "-e", &inject]) else { return };
            let place = format!("{call} {nth} {what}: {:?} {}", output.status, String::from_utf8_lossy(&output.stderr));
            let killed = output.status.signal() == Some(9) || output.status.code() == Some(137);
            let hit = text.contains("INJECTED") || killed;
            whole(&trial.at("out"));
            assert_eq!(content(&trial.at("out/runs").join(&first)), before, "{place}");
            if !hit {
                assert!(output.status.success() && nth > 1, "{place}");
                got_through = true;
                break;
            }
            injected += 1;
            if what.starts_with("error") {
                assert_eq!(output.status.code(), Some(4), "{place}");
            } else {
                assert!(killed, "{place}");
            }
        }
        assert!(got_through, "{call} {what}");
        let left: BTreeSet<String> =
            fs::read_dir(trial.at("out")).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        assert_eq!(left, [".lock", "CURRENT", "runs"].map(str::to_owned).into(), "after {call} {what}");
    }
    assert!(injected > if is_timed() { 200 } else { 40 }, "{injected} calls failed");
    eprintln!("{injected} calls failed or killed the run");
}

/// A large file is synced while it is written. An error of that is told by the system once, to the thread that asked, and never at the end:
/// it fails the command all the same, and the file that was there stays.
#[test]
fn what_a_disk_loses_before_the_end_of_a_file_is_told() {
    let trial = Trial::new();
    // A saw over the top of the council: every other tooth is a triangle of its own, outside.
    let mut ring = vec![[0.0, 0.0]];
    ring.extend((0..500_000).map(|n| [f64::from(n) * 4e3 / 5e5, 2e3 + f64::from(n % 2) * 1e-3]));
    ring.push([4e3, 0.0]);
    trial.layer("h", &[("H1", vec![ring])]);
    let arguments = ["overlay", "h.shp", "c.shp", "--out", "pairs.parquet", "--mode", "geometry", "--outside", "--quiet"];
    trial.write("pairs.parquet", "mine");
    for (inject, code) in [("fdatasync:error=EIO:when=1", 4), ("fdatasync:error=ENOSPC:when=1", 4), ("fdatasync:error=EIO:when=1000", 0)] {
        let Some((output, text)) = traced_command(&trial, &["-e", "trace=fdatasync", "-e", &format!("inject={inject}")], &arguments) else {
            return;
        };
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains("fdatasync("), "the file is too small to be synced ahead");
        assert_eq!(output.status.code(), Some(code), "{inject}: {told}");
        if code == 4 {
            assert!(text.contains("INJECTED") && told.contains("pairs.parquet"), "{told}");
            assert_eq!(fs::read_to_string(trial.at("pairs.parquet")).unwrap(), "mine");
        }
        let left: Vec<_> = fs::read_dir(trial.at("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".partial")), "{left:?}");
    }
    assert!(fs::metadata(trial.at("pairs.parquet")).unwrap().len() > 4 << 20);
}
