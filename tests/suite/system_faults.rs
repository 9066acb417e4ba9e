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

/// A call that a run made: its name, and the paths that it names, as they are below the trial's folder.
struct Call {
    name: String,
    paths: Vec<String>,
    text: String,
}

/// The calls of a log that strace wrote with `-y` (descriptors with their paths). A path is made whole by the folder that it is told from.
fn calls(trial: &Trial, log: &str) -> Vec<Call> {
    let own = format!("{}/", fs::canonicalize(trial.at("")).unwrap().display());
    let made = log.lines().filter_map(|line| {
        let (_, text) = line.split_once(' ')?;
        let (name, arguments) = text.trim_start().split_once('(')?;
        // What is after the last bracket is the answer, which names the path again.
        let arguments = arguments.rsplit_once(") = ").map_or(arguments, |(arguments, _)| arguments);
        let from =
            arguments.split_once("</").and_then(|(_, rest)| rest.split_once('>')).map_or(String::new(), |(folder, _)| format!("/{folder}"));
        let quoted: Vec<&str> = arguments.split('"').skip(1).step_by(2).collect();
        let whole = |path: &str| if path.starts_with('/') || from.is_empty() { path.to_owned() } else { format!("{from}/{path}") };
        let paths = if quoted.is_empty() { vec![from.clone()] } else { quoted.into_iter().map(whole).collect() };
        let below = |path: String| path.strip_prefix(&own).map(str::to_owned).unwrap_or(path);
        Some(Call { name: name.to_owned(), paths: paths.into_iter().map(below).collect(), text: text.to_owned() })
    });
    made.collect()
}

/// Everything that a run opens to write, makes, renames or removes is below its output folder; so it is when it prunes.
#[test]
fn a_run_writes_below_its_output_alone() {
    const CALLS: &str = "trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat,\
                         truncate,chmod,fchmodat,mknod,mknodat,utimensat";
    let trial = Trial::new();
    let mut written = 0;
    for amount in 1..4 {
        trial.write("m.csv", format!("code,pounds\nH1,{amount}\n"));
        let arguments = ["run", "run.toml", "--quiet", "--threads", "1", "--keep", "1"];
        let Some((output, text)) = traced_command(&trial, &["-y", "-e", CALLS], &arguments) else { return };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let writes = |call: &Call| {
            !call.name.starts_with("open") || ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| call.text.contains(flag))
        };
        for call in calls(&trial, &text).iter().filter(|call| writes(call)) {
            let outside: Vec<&String> = call.paths.iter().filter(|path| *path != "out" && !path.starts_with("out/")).collect();
            assert!(outside.is_empty() && !call.paths.is_empty(), "{outside:?} in {}", call.text);
            written += 1;
        }
    }
    assert!(written > 150, "{written} calls");
}

/// Each file is written aside, synced and renamed; then the run's folder is synced and renamed, the folders it now is in are synced, and CURRENT is
/// replaced last of all, likewise.
#[test]
fn a_run_is_synced_before_it_is_renamed_and_current_is_last() {
    let trial = Trial::new();
    let arguments = ["run", "run.toml", "--quiet", "--threads", "1"];
    let Some((output, text)) = traced_command(&trial, &["-y", "-e", "trace=fsync,rename,mkdir"], &arguments) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let calls = calls(&trial, &text);
    let run_id = whole(&trial.at("out"));
    let (staging, run) = (format!("out/.staging-{run_id}"), format!("out/runs/{run_id}"));
    let synced = |path: &str, from: usize, to: usize| calls[from..to].iter().any(|call| call.name == "fsync" && call.paths[0] == path);
    let renames: Vec<(usize, &Call)> = calls.iter().enumerate().filter(|(_, call)| call.name == "rename").collect();
    let [files @ .., (moved, of_run), (replaced, of_current)] = renames.as_slice() else { panic!("{text}") };
    assert!(files.len() > 20, "{} files", files.len());
    for (at, call) in files {
        let [from, to] = call.paths.as_slice() else { panic!("{}", call.text) };
        assert!(from.starts_with(&staging) && from.ends_with(".partial") && to.starts_with(&staging), "{}", call.text);
        assert!(synced(from, 0, *at), "{from} is renamed before it is synced");
    }
    assert_eq!(of_run.paths, [staging.clone(), run]);
    let last_file = files.last().unwrap().0;
    assert!(synced(&staging, last_file, *moved), "the run's folder is renamed before it is synced");
    assert!(synced(&format!("{staging}/geo"), 0, *moved), "a folder in the run is not synced");
    for folder in ["out/runs", "out"] {
        assert!(synced(folder, *moved, *replaced), "{folder} is not synced before CURRENT is replaced");
    }
    let [from, to] = of_current.paths.as_slice() else { panic!("{}", of_current.text) };
    assert!(to == "out/CURRENT" && synced(from, *moved, *replaced), "{}", of_current.text);
    assert!(synced("out", *replaced, calls.len()), "the dataset's folder is not synced in the end");
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
