//! Schedulers and executors as processes on 127.0.0.1, and runs with and without them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Longest time in which a process must begin to listen.
const PATIENCE: Duration = Duration::from_secs(90);

/// The program under test: the one of this build, or the one that COTERMINOUS_PROGRAM names.
pub fn program() -> PathBuf {
    std::env::var_os("COTERMINOUS_PROGRAM").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_coterminous")), PathBuf::from)
}

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A process that takes work; killed when dropped.
pub struct Process {
    pub child: Child,
    pub address: String,
}

impl Process {
    pub fn start(words: &[&str]) -> Self {
        let mut child = Command::new(program())
            .args(words)
            .arg("--quiet")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (told, line) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = BufReader::new(stdout).read_line(&mut line);
            let _ = told.send(line);
        });
        let address = line.recv_timeout(PATIENCE).expect("the process begins to listen").trim().to_owned();
        assert!(!address.is_empty(), "{words:?} ended before it listened");
        Self { child, address }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A scheduler with executors.
pub struct Cluster {
    pub scheduler: Process,
    pub executors: Vec<Process>,
}

impl Cluster {
    pub fn start(executors: usize) -> Self {
        let scheduler = Process::start(&["cluster", "scheduler", "--listen", "127.0.0.1:0", "--with-stdin"]);
        let mut cluster = Self { scheduler, executors: Vec::new() };
        for _ in 0..executors {
            cluster.add();
        }
        cluster
    }

    pub fn add(&mut self) {
        self.add_with(&[]);
    }

    /// Adds an executor with more options.
    pub fn add_with(&mut self, more: &[&str]) {
        let mut words = vec!["cluster", "executor", "--scheduler", &self.scheduler.address, "--threads", "1", "--with-stdin"];
        words.extend(more);
        let executor = Process::start(&words);
        self.executors.push(executor);
    }

    pub fn url(&self) -> &str {
        &self.scheduler.address
    }
}

/// `coterminous run`, quietly.
pub fn run(config: &Path, out: &Path, more: &[&str]) -> Output {
    command(config, out, more).output().unwrap()
}

pub fn command(config: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.arg("run").arg(config).arg("--out").arg(out).arg("--quiet").args(more).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

pub fn succeeded(output: &Output) {
    assert!(output.status.success(), "{:?}: {}", output.status, String::from_utf8_lossy(&output.stderr));
}

/// Every file of the current run but the manifest, which has times, with its bytes; sorted.
pub fn published(out: &Path) -> Vec<(String, Vec<u8>)> {
    let run = out.join("runs").join(fs::read_to_string(out.join("CURRENT")).unwrap().trim());
    let mut found = Vec::new();
    let mut folders = vec![run.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(&run).unwrap().to_str().unwrap().to_owned();
            if name == "manifest.json" {
                let mut manifest: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                for times in ["timings", "started_at", "finished_at"] {
                    manifest.as_object_mut().unwrap().remove(times).expect("a manifest has its times");
                }
                found.push((name, manifest.to_string().into_bytes()));
            } else {
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// That two datasets are the same, table by table and byte by byte.
pub fn same(plain: &Path, clustered: &Path) {
    let (plain, clustered) = (published(plain), published(clustered));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&plain), names(&clustered));
    assert!(plain.iter().filter(|(name, _)| name.ends_with(".parquet")).count() > 20, "tables are compared: {:?}", names(&plain));
    for ((name, a), (_, b)) in plain.iter().zip(&clustered) {
        assert!(a == b, "{name} differs ({} and {} bytes)", a.len(), b.len());
    }
}

/// What a run leaves in a folder beside a dataset: nothing of ours.
pub fn nothing_left(folder: &Path) {
    let left: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".coterminous-cluster-"))
        .collect();
    assert!(left.is_empty(), "left in {}: {left:?}", folder.display());
}

/// Waits until something is so.
pub fn wait(what: &str, patience: Duration, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < patience, "{what}: not within {patience:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
