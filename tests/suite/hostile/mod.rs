//! Hostile files through the real command: no panic, no hang, no memory eaten, one message that says where and what to do, nothing published.
//!
//! Every file is made here. `COTERMINOUS_PROGRAM` names another build of the program, such as the release build that CI makes anyway; the
//! promise of 10 seconds is held against that one (an unoptimised build gets a minute). A busy machine is not the program's fault: it is over its
//! time when both the clock and the processor time that it used say so, and it hangs when the clock says six times that.

mod bombs;
mod configs;
mod crowds;
mod doors;
mod formats;
mod geometry;
mod malice;
mod shapefiles;
pub mod tables;
pub mod workbooks;
pub mod zips;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use coterminous::config::Limits;
use coterminous::io::shapefile::{self, WriteField, WriteKind, WriteRecord};
use rayon::prelude::*;
use tempfile::TempDir;

/// Peak memory that a hostile file under 10 MB may cost, in kB.
const MEMORY_KB: u64 = 512 * 1024;

/// The config of every case: two layers as loose files, blocks, a budget.
pub const CONFIG: &str = r#"[run]
name = "trial"
output = "out"

[[layer]]
id = "h"
role = "health"
path = "h.shp"
code = "CODE"

[[layer]]
id = "c"
role = "council"
path = "c.shp"
code = "CODE"

[[alignment]]
id = "hc"
health = "h"
council = "c"

[[budget]]
id = "m"
layer = "h"
path = "m.csv"
code = "code"
amount = "pounds"
fiscal_year = "2007-08"
"#;

/// What a case must come to.
pub enum Expect {
    /// This exit code, and one message that says all of this.
    Refused(i32, Vec<&'static str>),
    /// Exit code 0, and rows of these findings published.
    Published(Vec<&'static str>),
    /// Exit code 0 and something published, or 2 or 3 and one message.
    Sane,
}

/// One hostile input: its name, what makes it, what must come of it.
pub struct Case {
    pub name: String,
    pub spoil: Box<dyn Fn(&Trial) + Sync + Send>,
    pub expect: Expect,
}

/// An input that must be refused with exit code 3.
pub fn refused(name: impl Into<String>, says: &[&'static str], spoil: impl Fn(&Trial) + Sync + Send + 'static) -> Case {
    Case { name: name.into(), spoil: Box::new(spoil), expect: Expect::Refused(3, says.to_vec()) }
}

/// A config that must be refused with exit code 2.
pub fn wrong(name: impl Into<String>, says: &[&'static str], spoil: impl Fn(&Trial) + Sync + Send + 'static) -> Case {
    Case { name: name.into(), spoil: Box::new(spoil), expect: Expect::Refused(2, says.to_vec()) }
}

/// An input that is published with these findings.
pub fn published(name: impl Into<String>, findings: &[&'static str], spoil: impl Fn(&Trial) + Sync + Send + 'static) -> Case {
    Case { name: name.into(), spoil: Box::new(spoil), expect: Expect::Published(findings.to_vec()) }
}

/// An input that is published or refused, either of them properly.
pub fn sane(name: impl Into<String>, spoil: impl Fn(&Trial) + Sync + Send + 'static) -> Case {
    Case { name: name.into(), spoil: Box::new(spoil), expect: Expect::Sane }
}

/// A folder with inputs that run, to be spoilt.
pub struct Trial {
    folder: TempDir,
}

/// What a run of the program came to.
pub struct Ran {
    pub code: Option<i32>,
    pub stderr: String,
    pub seconds: f64,
    /// Of all its threads.
    pub cpu_seconds: f64,
    pub peak_kb: u64,
    /// Whether it was ended because it took longer than it may.
    pub is_slow: bool,
}

/// Times that a case may be too slow: other machines on the same processor take part of every second, and processor time with it.
const TRIES: usize = 3;

/// A closed clockwise rectangle of metres.
pub fn rectangle(x0: f64, y0: f64, x1: f64, y1: f64) -> Vec<[f64; 2]> {
    vec![[x0, y0], [x0, y1], [x1, y1], [x1, y0], [x0, y0]]
}

fn fields() -> [WriteField; 2] {
    [WriteField { name: "CODE".to_owned(), kind: WriteKind::Text(9) }, WriteField { name: "POP".to_owned(), kind: WriteKind::Text(9) }]
}

impl Trial {
    pub fn new() -> Self {
        let trial = Self { folder: TempDir::new().unwrap() };
        trial.layer("h", &[("H1", vec![rectangle(0.0, 0.0, 2000.0, 2000.0)]), ("H2", vec![rectangle(2000.0, 0.0, 4000.0, 2000.0)])]);
        trial.layer("c", &[("C1", vec![rectangle(0.0, 0.0, 3000.0, 2000.0)]), ("C2", vec![rectangle(3000.0, 0.0, 4000.0, 2000.0)])]);
        trial.write("m.csv", "code,pounds\nH1,10.00\nH2,0.10\n");
        trial.write("run.toml", CONFIG);
        trial
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.at(name), content).unwrap();
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.at(name)).unwrap()
    }

    pub fn patch(&self, name: &str, change: impl Fn(&mut Vec<u8>)) {
        let mut bytes = self.bytes(name);
        change(&mut bytes);
        self.write(name, bytes);
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.at(name)).unwrap();
    }

    /// The config with one text in place of another, which must be there.
    pub fn config(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.at("run.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        self.write("run.toml", text.replacen(from, to, 1));
    }

    /// A layer whose rings are written as they are, whatever they are; without .shx.
    pub fn layer(&self, stem: &str, areas: &[(&str, Vec<Vec<[f64; 2]>>)]) {
        let records: Vec<WriteRecord> =
            areas.iter().map(|(code, _)| WriteRecord { rings: Vec::new(), cells: vec![Some((*code).to_owned()), None] }).collect();
        shapefile::write(&self.at(stem), &fields(), &records).unwrap();
        self.remove(&format!("{stem}.shx"));
        self.write(&format!("{stem}.shp"), shp(areas.iter().map(|(_, rings)| rings.as_slice())));
    }

    /// Runs the program here and watches its memory and time.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let (program, seconds) = match std::env::var_os("COTERMINOUS_PROGRAM") {
            Some(program) => (fs::canonicalize(program).unwrap(), 10),
            None => (assert_cmd::cargo::cargo_bin("coterminous"), if cfg!(debug_assertions) { 60 } else { 10 }),
        };
        let name = program.file_name().unwrap().to_string_lossy().into_owned();
        let mut child = Command::new(program)
            .current_dir(self.folder.path())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut pipe = child.stderr.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut text = Vec::new();
            pipe.read_to_end(&mut text).unwrap();
            String::from_utf8_lossy(&text).into_owned()
        });
        let start = Instant::now();
        let process = PathBuf::from(format!("/proc/{}", child.id()));
        let (mut peak_kb, mut cpu) = (0, Duration::ZERO);
        let allowed = Duration::from_secs(seconds);
        let mut is_slow = false;
        let code = loop {
            peak_kb = peak_kb.max(peak(&process.join("status"), &name).unwrap_or(0));
            cpu = cpu.max(processor_time(&process.join("stat")).unwrap_or_default());
            if let Some(ended) = child.try_wait().unwrap() {
                break ended.code();
            }
            let passed = start.elapsed();
            is_slow = (passed > allowed && cpu > allowed) || passed > 6 * allowed;
            if is_slow || peak_kb > 4 * MEMORY_KB {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        Ran {
            code,
            stderr: reader.join().unwrap(),
            seconds: start.elapsed().as_secs_f64(),
            cpu_seconds: cpu.as_secs_f64(),
            peak_kb,
            is_slow,
        }
    }

    /// How often each finding was published.
    fn findings(&self) -> Vec<String> {
        let run = fs::read_to_string(self.at("out/CURRENT")).unwrap();
        let path = self.at("out/runs").join(run.trim()).join("finding.parquet");
        let table = coterminous::io::table::read(&path, None, &Limits::default()).unwrap().value;
        let id = table.column("finding_id").unwrap();
        (0..table.len()).map(|row| table.cell(row, id).unwrap().to_owned()).collect()
    }
}

/// Whether the program under test is an optimised one, which is held to its times; the largest cases are for that one alone.
pub fn is_timed() -> bool {
    std::env::var_os("COTERMINOUS_PROGRAM").is_some() || !cfg!(debug_assertions)
}

/// The high-water mark of the memory of a process, kB, once it runs the program of this name: for a moment before that it has the memory, and with
/// it the mark, of the tests that began it.
fn peak(status: &Path, name: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    // The system keeps fifteen letters.
    let kept: String = name.chars().take(15).collect();
    if text.lines().find_map(|line| line.strip_prefix("Name:"))?.trim() != kept {
        return None;
    }
    text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

/// Processor time that a process has used so far, with all its threads; Linux counts it in hundredths of a second.
fn processor_time(stat: &Path) -> Option<Duration> {
    let text = fs::read_to_string(stat).ok()?;
    // The name, in brackets, may hold anything.
    let mut fields = text.get(text.rfind(')')? + 1..)?.split_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Duration::from_millis(10 * (user + system)))
}

/// A .shp of polygons, each a list of rings; nothing is checked.
pub fn shp<'a>(records: impl Iterator<Item = &'a [Vec<[f64; 2]>]>) -> Vec<u8> {
    let mut bytes = vec![0; 100];
    for (number, rings) in (1i32..).zip(records) {
        let points: i32 = rings.iter().map(|ring| ring.len() as i32).sum();
        let length = if rings.is_empty() { 2 } else { 22 + 2 * rings.len() as i32 + 8 * points };
        bytes.extend(number.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        if rings.is_empty() {
            bytes.extend(0i32.to_le_bytes());
            continue;
        }
        bytes.extend(5i32.to_le_bytes());
        bytes.extend([0; 32]);
        bytes.extend((rings.len() as i32).to_le_bytes());
        bytes.extend(points.to_le_bytes());
        let mut start = 0i32;
        for ring in rings {
            bytes.extend(start.to_le_bytes());
            start += ring.len() as i32;
        }
        for [x, y] in rings.iter().flatten() {
            bytes.extend(x.to_le_bytes());
            bytes.extend(y.to_le_bytes());
        }
    }
    let words = (bytes.len() / 2) as i32;
    bytes[..4].copy_from_slice(&9994i32.to_be_bytes());
    bytes[24..28].copy_from_slice(&words.to_be_bytes());
    bytes[28..32].copy_from_slice(&1000i32.to_le_bytes());
    bytes[32..36].copy_from_slice(&5i32.to_le_bytes());
    bytes
}

/// Runs every case and tells all that went wrong.
pub fn hold(cases: Vec<Case>) {
    assert!(!cases.is_empty());
    let faults: Vec<String> = cases.par_iter().flat_map_iter(judge).collect();
    assert!(faults.is_empty(), "{} faults in {} cases:\n{}", faults.len(), cases.len(), faults.join("\n"));
}

fn judge(case: &Case) -> Vec<String> {
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let run = || {
        let trial = Trial::new();
        (case.spoil)(&trial);
        let ran = trial.run(&["run", "run.toml", "--progress", "never", "--quiet"]);
        (trial, ran)
    };
    let (mut trial, mut ran) = run();
    for _ in 1..TRIES {
        if ran.is_slow {
            let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!("{}: {:.1} s, {:.1} s of CPU; once more", case.name, ran.seconds, ran.cpu_seconds);
            (trial, ran) = run();
        }
    }
    let mut faults = Vec::new();
    let mut fault = |what: String| faults.push(format!("- {}: {what}\n    {}", case.name, ran.stderr.trim()));
    if std::env::var_os("COTERMINOUS_TELL").is_some() {
        let Ran { code, seconds, cpu_seconds, peak_kb, stderr, .. } = &ran;
        eprintln!("{seconds:6.2} s {cpu_seconds:6.2} s of CPU {peak_kb:6} kB {code:?} {}: {}", case.name, stderr.trim());
    }
    if ran.peak_kb > MEMORY_KB {
        fault(format!("{} MB of memory", ran.peak_kb / 1024));
    }
    if ran.stderr.contains("panicked") || ran.code.is_none() {
        fault(format!("ended with {:?} after {:.1} s, {:.1} s of CPU", ran.code, ran.seconds, ran.cpu_seconds));
        return faults;
    }
    if ran.stderr.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)) {
        fault(format!("the message would work on the terminal: {:?}", ran.stderr));
    }
    let says = match &case.expect {
        Expect::Refused(_, says) => says.as_slice(),
        _ => &[],
    };
    match &case.expect {
        Expect::Sane if ran.code == Some(0) => {
            if !trial.at("out/CURRENT").exists() && case.name != "an output of nothing" {
                fault("nothing was published".to_owned());
            }
        }
        Expect::Refused(..) | Expect::Sane => {
            let codes: &[i32] = match &case.expect {
                Expect::Refused(code, _) => std::slice::from_ref(code),
                _ => &[2, 3],
            };
            if !ran.code.is_some_and(|code| codes.contains(&code)) {
                fault(format!("exit {:?}, expected {codes:?}", ran.code));
            }
            let lines: Vec<&str> = ran.stderr.lines().collect();
            let [line] = lines.as_slice() else {
                fault(format!("{} lines, expected one message", lines.len()));
                return faults;
            };
            // Every message ends in what to do, or asks "did you mean".
            if !line.starts_with("error: ") || !(line.contains("; ") || line.contains("did you mean")) {
                fault("no remedy in the message".to_owned());
            }
            for says in says {
                if !line.contains(says) {
                    fault(format!("does not say {says:?}"));
                }
            }
            if trial.at("out/CURRENT").exists() || trial.at("out/runs").exists() {
                fault("something was published".to_owned());
            }
        }
        Expect::Published(ids) => {
            if ran.code != Some(0) {
                fault(format!("exit {:?}, expected 0", ran.code));
                return faults;
            }
            let found = trial.findings();
            for id in ids {
                if !found.iter().any(|other| other == id) {
                    fault(format!("finding {id} is not published but {found:?}"));
                }
            }
        }
    }
    faults
}

#[test]
fn the_inputs_to_be_spoilt_run() {
    hold(vec![published("unspoilt", &[], |_| {})]);
}

#[test]
fn memory_is_measured() {
    let trial = Trial::new();
    // At work for long enough to be met at it, however busy the machine is.
    crate::publish_faults::crowded(&trial);
    let ran = trial.run(&["run", "run.toml", "--quiet"]);
    assert!(ran.peak_kb > 2_000 && ran.cpu_seconds > 0.0, "{} kB, {} s of CPU: {}", ran.peak_kb, ran.cpu_seconds, ran.stderr);
}
