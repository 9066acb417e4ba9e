//! SIGINT and SIGTERM at many moments of every command that takes time: exit code 130 within a second, nothing half-written, nothing left.
//!
//! A busy machine is not the program's fault: a moment that took longer is tried again, and one such try in five must be in time. A moment that
//! came after the end, because the machine has less to do than before, is looked for again, earlier.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use coterminous::io::durable::{Batch, Real};
use coterminous::io::interrupt::Interrupt;

use crate::hostile::{Trial, is_timed};
use crate::publish_faults::{crowded, program, whole};

/// Time that an interrupted command may take to end. A machine that builds and tests on every core at once gets longer; the promise is held
/// against the optimised build, in CI.
fn patience() -> Duration {
    Duration::from_secs(if is_timed() { 1 } else { 5 })
}

/// Every file below a folder with its content, but for the dataset's lock.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name != ".lock") {
                found.insert(path.clone(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.current_dir(folder).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Tries of one moment.
const TRIES: usize = 5;
/// However busy the machine is, longer than this is a hang.
const HANG: Duration = Duration::from_secs(30);

/// Sends a signal after a while; `None` if the command had ended by itself.
fn interrupted(mut command: Command, after: Duration, signal: &str) -> Option<(Output, Duration)> {
    let mut child = command.spawn().unwrap();
    std::thread::sleep(after);
    if child.try_wait().unwrap().is_some() {
        return None;
    }
    let asked = Instant::now();
    assert!(Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    Some((output, asked.elapsed()))
}

/// Interrupts a command at `moments` moments spread over the time that it takes; the folder `out` must be as before, or as after a whole run.
fn sweep(folder: &Path, arguments: &[&str], out: &Path, moments: u32) {
    let before = files(out);
    let start = Instant::now();
    let whole_run = command(folder, arguments).output().unwrap();
    assert!(whole_run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&whole_run.stderr));
    let mut takes = start.elapsed();
    let after = files(out);
    let (mut stopped, mut longest) = (0, Duration::ZERO);
    for moment in 0..moments {
        let signal = if moment % 2 == 0 { "INT" } else { "TERM" };
        let mut slow = Vec::new();
        for _ in 0..TRIES {
            // The state before, so that what is interrupted would have changed something.
            let _ = fs::remove_dir_all(out);
            for (path, bytes) in &before {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            fs::create_dir_all(out).unwrap();
            // From just after its start to just before its end.
            let when = Duration::from_millis(5) + takes.mul_f64(0.95 * f64::from(moment) / f64::from(moments));
            let Some((output, took)) = interrupted(command(folder, arguments), when, signal) else {
                takes = takes.mul_f64(0.8);
                continue;
            };
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let place = format!("{arguments:?}, {signal} after {when:?}: {told}");
            assert!(took < HANG, "{place}: took {took:?}");
            let now = files(out);
            match output.status.code() {
                Some(130) => {
                    // Once, whoever noticed it first: the listener or the command.
                    assert!(told.ends_with("error: interrupted; nothing was published\n"), "{place}");
                    assert_eq!(told.matches("error: ").count(), 1, "{place}");
                    assert_eq!(now.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{place}");
                    assert!(now == before, "{place}");
                    stopped += 1;
                }
                // Asked too late: everything is there, no part of it is missing, and nothing is told. Manifests carry their time.
                Some(0) => {
                    assert_eq!(now.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "{place}");
                    assert_eq!(told, "", "{place}");
                }
                // Asked before it could listen, so that the system ended it; nothing had begun.
                None => assert!(now == before && told.is_empty(), "{place}"),
                other => panic!("{place}: {other:?}"),
            }
            if took < patience() {
                slow.clear();
                longest = longest.max(took);
                break;
            }
            slow.push(took);
        }
        assert!(slow.len() < TRIES, "{arguments:?}, {signal}: took {slow:?} at every try of one moment");
    }
    assert!(stopped >= moments / 3, "{arguments:?}: {stopped} of {moments} were stopped, a whole one takes {takes:?}");
    eprintln!("{}: {stopped} of {moments} stopped within {longest:?}, a whole one takes {takes:?}", arguments[0]);
}

fn moments() -> u32 {
    if is_timed() { 24 } else { 6 }
}

fn root(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).display().to_string()
}

/// A terminal that goes away stops a run, but none that nohup has started.
#[test]
fn a_hangup_is_heard_unless_it_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let made = command(folder.path(), &["sample", "national", "--scale", "national", "--quiet"]).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let run = |first: &str, words: &[&str]| {
        let mut command = Command::new(first);
        command.args(words).args(["run", "national/sample.toml", "--out", "out", "--quiet"]).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        interrupted(command, Duration::from_millis(300), "HUP").expect("a national run takes longer")
    };
    let program = program().get_program().to_owned();
    let program = program.to_str().unwrap();
    // nohup, and env to give the signal back to a run whose parents ignore it.
    let (stopped, took) = run("env", &["--default-signal=HUP", program]);
    assert_eq!(stopped.status.code(), Some(130), "{}", String::from_utf8_lossy(&stopped.stderr));
    assert!(took < patience() || !is_timed(), "{took:?}");
    assert!(!folder.path().join("out/CURRENT").exists());
    let (finished, _) = run("nohup", &[program]);
    assert_eq!(finished.status.code(), Some(0), "{}", String::from_utf8_lossy(&finished.stderr));
    assert!(folder.path().join("out/CURRENT").is_file());
}

#[test]
fn a_run_stops_in_every_stage() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let config = root("config/sample.toml");
    sweep(folder.path(), &["run", &config, "--out", out.to_str().unwrap(), "--progress", "never", "--quiet"], &out, moments());
    // Beside a run that was published before, which stays current.
    let trial = Trial::new();
    crowded(&trial);
    let ran = trial.run(&["run", "run.toml", "--quiet"]);
    assert_eq!(ran.code, Some(0));
    let first = whole(&trial.at("out"));
    trial.write("m.csv", "code,pounds\nH1,2\n");
    let before = files(&trial.at("out"));
    let (mut when, mut slow) = (Duration::from_secs_f64(ran.seconds / 2.0), Vec::new());
    let in_time = (0..4 * TRIES).any(|salt| {
        let Some((output, took)) = interrupted(command(&trial.at(""), &["run", "run.toml", "--quiet"]), when, "TERM") else {
            // Published: the next is another run.
            trial.write("m.csv", format!("code,pounds\nH1,{}\n", salt + 3));
            when = when.mul_f64(0.7);
            return false;
        };
        if output.status.code() == Some(0) {
            trial.write("m.csv", format!("code,pounds\nH1,{}\n", salt + 3));
            return false;
        }
        assert!(matches!(output.status.code(), Some(130) | None), "{output:?}");
        slow.push(took);
        output.status.code() == Some(130) && took < patience()
    });
    assert!(in_time, "{slow:?}");
    // Whatever was published meanwhile, the first is as it was, and nothing is left beside the runs.
    let now = files(&trial.at("out"));
    let run = trial.at("out/runs").join(&first);
    assert!(before.iter().filter(|(path, _)| path.starts_with(&run)).all(|(path, bytes)| now.get(path) == Some(bytes)));
    whole(&trial.at("out"));
    let mut left: Vec<String> =
        fs::read_dir(trial.at("out")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    left.sort();
    assert_eq!(left, [".lock", "CURRENT", "runs"]);
}

/// Commands that only look, or write one file.
#[test]
fn what_looks_at_runs_and_files_stops() {
    let folder = tempfile::tempdir().unwrap();
    let made = program().args(["run", &root("config/sample.toml"), "--quiet", "--out"]).arg(folder.path().join("set")).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    for name in ["r.html", "c.toml"] {
        fs::write(out.join(name), "old").unwrap();
    }
    // Of national size: a small file is looked at before any signal comes.
    let national = folder.path().join("national");
    let made = program().args(["sample", "--scale", "national", "--quiet"]).arg(&national).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let blocks = national.join("BLOCK_APR_1999_XX_BGC.zip").display().to_string();
    let sample = national.display().to_string();
    for arguments in [
        &["report", "set", "--html", "out/r.html", "--quiet"][..],
        &["diff", "set", "set", "--quiet"],
        &["inspect", &blocks, "--quiet"],
        &["init", &sample, "--out", "out/c.toml", "--force", "--quiet"],
    ] {
        sweep(folder.path(), arguments, &out, moments() / 2);
    }
}

#[test]
fn a_check_stops() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    sweep(folder.path(), &["check", &root("config/sample.toml"), "--quiet"], &out, moments() / 2);
}

#[test]
fn a_plan_stops() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("p.toml"), "old").unwrap();
    let config = root("config/sample.toml");
    let arguments =
        ["plan", &config, "--alignment", "pct-council-2002", "--out", "out/front.parquet", "--proposals", "out/p.toml", "--quiet"];
    sweep(folder.path(), &arguments, &out, moments() / 2);
}

#[test]
fn an_overlay_stops() {
    let trial = Trial::new();
    crowded(&trial);
    fs::create_dir(trial.at("out")).unwrap();
    trial.write("out/pairs.parquet", "old");
    let arguments =
        ["overlay", "h.shp", "c.shp", "--mode", "geometry", "--out", "out/pairs.parquet", "--findings", "out/f.parquet", "--quiet"];
    sweep(&trial.at(""), &arguments, &trial.at("out"), moments() / 2);
}

#[test]
fn a_sample_stops() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("sample.toml"), "old").unwrap();
    // A first one makes the folders, which stay.
    sweep(folder.path(), &["sample", "out", "--quiet"], &out, moments() / 2);
}

/// Files replaced together are all old or all new, whatever goes wrong between.
#[test]
fn files_are_replaced_together_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    let write = |interrupt: &Interrupt, stop: bool| -> coterminous::Result<()> {
        let mut batch = Batch::new(&Real, interrupt);
        for path in [&a, &b] {
            batch.add(path, |sink| {
                std::io::Write::write_all(sink, b"new").unwrap();
                Ok(())
            })?;
            assert_eq!(fs::read(path).unwrap_or_default(), b"old", "nothing is replaced before all are written");
            if stop {
                assert!(interrupt.stop());
            }
        }
        batch.commit()
    };
    for stop in [true, false] {
        fs::write(&a, "old").unwrap();
        fs::write(&b, "old").unwrap();
        let result = write(&Interrupt::default(), stop);
        assert_eq!(result.is_err(), stop, "{result:?}");
        let expected: &[u8] = if stop { b"old" } else { b"new" };
        assert_eq!(fs::read(&a).unwrap(), expected);
        assert_eq!(fs::read(&b).unwrap(), expected);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside them");
    }
    // A link is replaced, not written through.
    let precious = folder.path().join("precious");
    fs::write(&precious, "mine").unwrap();
    fs::remove_file(&a).unwrap();
    std::os::unix::fs::symlink(&precious, &a).unwrap();
    let interrupt = Interrupt::default();
    let mut batch = Batch::new(&Real, &interrupt);
    batch.add(&a, |sink| std::io::Write::write_all(sink, b"new").map_err(|error| panic!("{error}"))).unwrap();
    batch.commit().unwrap();
    assert_eq!((fs::read(&precious).unwrap(), fs::read(&a).unwrap()), (b"mine".to_vec(), b"new".to_vec()));
    assert!(!fs::symlink_metadata(&a).unwrap().is_symlink());
}
