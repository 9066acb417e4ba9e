//! Publishing while the disk fails, the process is killed, others write or read, or something foreign stands in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use coterminous::Error;
use coterminous::domain::Finding;
use coterminous::io::durable::{Batch, Disk, Real};
use coterminous::io::interrupt::Interrupt;
use coterminous::io::manifest::Manifest;
use coterminous::io::publish::{Dataset, LockedDataset, Published, manifest};
use coterminous::tables::{self, Table};

use crate::hostile::Trial;
use crate::publish::{content, manifest_of, stage_square};

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The Nth write stores half of its data and fails.
    Write,
    Sync,
    Rename,
    Create,
    Folder,
    /// Everything from the Nth step on, removal included: to the disk, a killed process.
    Death,
}

/// A disk on which one thing fails once, or everything from then on.
#[derive(Debug)]
struct Failing {
    fault: Fault,
    nth: u64,
    kind: io::ErrorKind,
    seen: AtomicU64,
}

impl Failing {
    fn meet(&self, fault: Fault) -> io::Result<()> {
        if self.fault != fault && self.fault != Fault::Death {
            return Ok(());
        }
        let seen = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
        if seen == self.nth || (self.fault == Fault::Death && seen > self.nth) { Err(self.kind.into()) } else { Ok(()) }
    }

    fn removal(&self) -> io::Result<()> {
        if self.fault == Fault::Death { self.meet(Fault::Death) } else { Ok(()) }
    }
}

impl Disk for Failing {
    fn create(&self, path: &Path) -> io::Result<File> {
        self.meet(Fault::Create)?;
        Real.create(path)
    }
    fn write(&self, file: &mut File, data: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.meet(Fault::Write) {
            file.write_all(&data[..data.len() / 2])?;
            return Err(error);
        }
        Real.write(file, data)
    }
    fn sync(&self, file: &File) -> io::Result<()> {
        self.meet(Fault::Sync)?;
        Real.sync(file)
    }
    fn sync_data(&self, file: &File) -> io::Result<()> {
        self.meet(Fault::Sync)?;
        Real.sync_data(file)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.meet(Fault::Sync)?;
        Real.sync_folder(folder)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.meet(Fault::Rename)?;
        Real.rename(from, to)
    }
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.meet(Fault::Folder)?;
        Real.create_folder(path)
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.removal()?;
        Real.remove_file(path)
    }
    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.removal()?;
        Real.remove_folder(path)
    }
}

fn write(locked: &LockedDataset, run_id: &str, manifest: Manifest) -> coterminous::Result<Published> {
    let mut staging = locked.stage(run_id)?;
    staging.table(&tables::finding(&[Finding::new("DQ-03", run_id, "kept").layer("pct-2011")]))?;
    staging.table(&Table::new(&tables::AREA))?;
    stage_square(&mut staging)?;
    staging.file("report.html", b"<p>report</p>")?;
    staging.publish(manifest)
}

fn publish(dataset: &Dataset, run_id: &str) -> coterminous::Result<Published> {
    write(&dataset.lock()?, run_id, manifest_of(run_id))
}

/// Checks that CURRENT names a run whose every file is what its manifest says, and answers its id.
pub fn whole(folder: &Path) -> String {
    let run_id = Dataset::at(folder).current().unwrap().unwrap();
    let run = folder.join("runs").join(&run_id);
    let manifest = manifest(&run).unwrap();
    assert_eq!(manifest.run_id, run_id);
    let files = manifest
        .tables
        .iter()
        .map(|table| (&table.file, &table.blake3))
        .chain(manifest.files.iter().map(|file| (&file.file, &file.blake3)));
    for (file, hash) in files {
        assert_eq!(blake3::hash(&fs::read(run.join(file)).unwrap()).to_hex().as_str(), hash, "{file}");
    }
    run_id
}

/// A new folder in memory where there is a file system there: what is synced thousands of times need not reach a disk to be counted.
fn folder_in_memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

/// Fails the Nth write, fsync, rename, creation or everything after the Nth step, for N = 1, 2, 3 ... until a run gets through, each with every
/// error that a disk gives.
#[test]
fn whatever_fails_the_dataset_stays_and_the_next_run_gets_through() {
    let mut injected = 0;
    use io::ErrorKind::{CrossesDevices, Other, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    // `Other` is what an I/O error of the disk (EIO) comes as.
    let kinds = [StorageFull, QuotaExceeded, Other, ReadOnlyFilesystem, CrossesDevices, PermissionDenied];
    for fault in [Fault::Write, Fault::Sync, Fault::Rename, Fault::Create, Fault::Folder, Fault::Death] {
        for kind in kinds {
            let mut got_through = false;
            for nth in 1..500 {
                let out = folder_in_memory();
                publish(&Dataset::at(out.path()), "r1").unwrap();
                fs::write(out.path().join("foreign.txt"), "mine").unwrap();
                let before = content(out.path());
                let disk = Arc::new(Failing { fault, nth, kind, seen: AtomicU64::new(0) });
                let interrupt = Interrupt::default();
                let result = publish(&Dataset::on(disk.clone(), out.path()).interrupted_by(&interrupt), "r2");
                if disk.seen.load(Ordering::SeqCst) < nth {
                    assert!(result.is_ok(), "nothing failed: {result:?}");
                    assert_eq!(whole(out.path()), "r2");
                    assert!(nth > 1);
                    got_through = true;
                    break;
                }
                injected += 1;
                let place = format!("{fault:?} {nth} {kind:?}");
                let error = result.map(|_| ()).expect_err(&place);
                assert_eq!(error.exit_code(), 4, "{place}");
                assert!(error.to_string().contains("; "), "{place}: {error}");
                // Readers see the old run or the new one, whole; the old one is byte for byte what it was.
                let current = whole(out.path());
                // A signal that comes now would say that nothing was published: it does where that is so.
                assert_eq!(interrupt.stop(), current == "r1", "{place}");
                let after = content(out.path());
                for (path, bytes) in before.iter().filter(|(path, _)| !path.ends_with("CURRENT")) {
                    assert_eq!(after.get(path), Some(bytes), "{place}: {}", path.display());
                }
                if fault != Fault::Death && current == "r1" {
                    assert_eq!(after, before, "{place}: what failed is gone again");
                    assert!(!out.path().join(".staging-r2").exists(), "{place}: no folder stays");
                }
                // The next run cleans up after this one and nothing else.
                publish(&Dataset::at(out.path()), "r2").unwrap_or_else(|error| panic!("{place}: {error}"));
                assert_eq!(whole(out.path()), "r2", "{place}");
                let names: BTreeSet<String> =
                    fs::read_dir(out.path()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
                let expected = [".lock", "CURRENT", "foreign.txt", "runs"].map(str::to_owned);
                assert_eq!(names, BTreeSet::from(expected), "{place}");
            }
            assert!(got_through, "{fault:?}");
        }
    }
    assert!(injected > 400, "{injected} faults");
    eprintln!("{injected} faults injected");
}

#[test]
fn what_stands_in_the_way_is_named_and_never_followed() {
    let victim = tempfile::tempdir().unwrap();
    let precious = victim.path().join("precious");
    type Make = fn(&Path, &Path);
    let cases: [(&str, Make, &str); 8] = [
        (".lock", |path, to| symlink(to, path).unwrap(), "there is something else where"),
        (".lock", |path, _| fs::create_dir(path).unwrap(), "there is something else where"),
        ("runs", |path, to| symlink(to.parent().unwrap(), path).unwrap(), "there is something else where"),
        ("runs", |path, _| fs::write(path, "x").unwrap(), "there is something else where"),
        ("runs/r2", |path, to| symlink(to.parent().unwrap(), path).unwrap(), "there is a link or a file where"),
        ("runs/r2", |path, _| fs::write(path, "x").unwrap(), "there is a link or a file where"),
        (".staging-r2", |path, to| symlink(to.parent().unwrap(), path).unwrap(), "there is something where this run should be staged"),
        ("CURRENT", |path, _| fs::create_dir(path).unwrap(), "CURRENT"),
    ];
    for (name, make, says) in cases {
        fs::write(&precious, "precious").unwrap();
        let out = tempfile::tempdir().unwrap();
        let dataset = Dataset::at(out.path());
        publish(&dataset, "r1").unwrap();
        if name == "runs" {
            fs::rename(out.path().join("runs"), out.path().join("elsewhere")).unwrap();
        } else if name != "runs/r2" && name != ".staging-r2" {
            fs::remove_file(out.path().join(name)).unwrap();
        }
        make(&out.path().join(name), &precious);
        let error = publish(&dataset, "r2").map(|_| ()).expect_err(name);
        assert_eq!(error.exit_code(), 4, "{name}: {error}");
        assert!(error.to_string().contains(says) && error.to_string().contains("; "), "{name}: {error}");
        let left: Vec<_> = fs::read_dir(victim.path()).unwrap().collect();
        assert_eq!((fs::read_to_string(&precious).unwrap().as_str(), left.len()), ("precious", 1), "{name}");
    }
    // A link for CURRENT is not read, and is replaced by a file, not written through.
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    publish(&dataset, "r1").unwrap();
    fs::remove_file(out.path().join("CURRENT")).unwrap();
    symlink(&precious, out.path().join("CURRENT")).unwrap();
    assert!(dataset.current().is_err());
    publish(&dataset, "r2").unwrap();
    assert_eq!(whole(out.path()), "r2");
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    // A link laid where a file is written aside is removed, not followed; a link in a published run is damage.
    symlink(&precious, out.path().join(format!(".CURRENT.{}.partial", std::process::id()))).unwrap();
    publish(&dataset, "r3").unwrap();
    assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    let table = out.path().join("runs/r3/finding.parquet");
    fs::rename(&table, victim.path().join("t")).unwrap();
    symlink(victim.path().join("t"), &table).unwrap();
    let error = dataset.lock().unwrap().published("r3").unwrap_err().to_string();
    assert!(error.contains("finding.parquet") && error.contains("it is a link"), "{error}");
}

/// A run, or the folder of runs, that is a link to elsewhere is not read, and `report` writes nothing there.
#[test]
fn no_published_link_is_followed() {
    for linked in ["runs/{run}", "runs"] {
        let trial = Trial::new();
        assert_eq!(trial.run(&["run", "run.toml", "--quiet"]).code, Some(0));
        let run = whole(&trial.at("out"));
        let linked = trial.at("out").join(linked.replace("{run}", &run));
        fs::rename(&linked, trial.at("elsewhere")).unwrap();
        symlink(trial.at("elsewhere"), &linked).unwrap();
        let before = listing(&trial.at("elsewhere"));
        for arguments in [&["report", "out"][..], &["explain", "out", "H1"], &["diff", "out", "out"], &["views", "out"]] {
            let ran = trial.run(arguments);
            assert_eq!(ran.code, Some(3), "{arguments:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("CURRENT") && ran.stderr.contains("; "), "{arguments:?}: {}", ran.stderr);
        }
        // A run is told of the link, and does not write through it either.
        let ran = trial.run(&["run", "run.toml", "--quiet", "--force"]);
        assert_eq!(ran.code, Some(4), "{}", ran.stderr);
        assert_eq!(listing(&trial.at("elsewhere")), before, "{}", linked.display());
    }
}

#[test]
fn old_runs_are_pruned_and_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    let runs = || -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(out.path().join("runs")).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    };
    let locked = dataset.lock().unwrap();
    for run in 1..=5 {
        let mut manifest = manifest_of(&format!("r{run}"));
        manifest.started_at = format!("2026-01-0{run}T00:00:00Z");
        write(&locked, &format!("r{run}"), manifest).unwrap();
    }
    // Foreign: a folder without manifest, one with the manifest of another run, a link to a run, a file.
    fs::create_dir(out.path().join("runs/mine")).unwrap();
    fs::create_dir(out.path().join("runs/copy")).unwrap();
    fs::copy(out.path().join("runs/r1/manifest.json"), out.path().join("runs/copy/manifest.json")).unwrap();
    symlink(out.path().join("runs/r1"), out.path().join("runs/link")).unwrap();
    fs::write(out.path().join("runs/notes"), "mine").unwrap();
    // The current run is the oldest, and r2 was current a moment ago.
    locked.make_current("r1").unwrap();
    assert_eq!(locked.prune(3, &["r2"]).unwrap(), ["r3", "r4"]);
    assert_eq!(runs(), ["copy", "link", "mine", "notes", "r1", "r2", "r5"]);
    assert_eq!(locked.prune(1, &[]).unwrap(), ["r2", "r5"]);
    assert_eq!(locked.prune(1, &[]).unwrap(), Vec::<String>::new());
    assert_eq!(runs(), ["copy", "link", "mine", "notes", "r1"]);
    assert_eq!(whole(out.path()), "r1");
}

/// Readers that follow CURRENT while runs are published and pruned: never a mixture, never half a run.
#[test]
fn readers_beside_a_writer_see_whole_runs() {
    let out = tempfile::tempdir().unwrap();
    let dataset = Dataset::at(out.path());
    publish(&dataset, "r0").unwrap();
    let done = AtomicBool::new(false);
    let reads = AtomicU64::new(0);
    let seen = std::sync::Mutex::new(BTreeSet::new());
    // A thread that fails lets the others go, or the test would wait for ever.
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    const KEPT: u64 = 12;
    let number = |run: &str| run.trim_start_matches('r').parse::<u64>().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let _over = Over(&done);
                while !done.load(Ordering::SeqCst) {
                    let from = number(&dataset.current().unwrap().unwrap());
                    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| whole(out.path()))) {
                        Ok(run) => {
                            seen.lock().unwrap().insert(run);
                            reads.fetch_add(1, Ordering::SeqCst);
                        }
                        // Asleep for as long as it took to publish all the runs that are kept: nothing is promised to such a reader.
                        Err(_) if number(&dataset.current().unwrap().unwrap()) >= from + KEPT - 1 => {}
                        Err(panic) => std::panic::resume_unwind(panic),
                    }
                }
            });
        }
        let _over = Over(&done);
        let start = Instant::now();
        let mut run = 0;
        while !done.load(Ordering::SeqCst) && (start.elapsed() < Duration::from_secs(3) || reads.load(Ordering::SeqCst) < 50) {
            run += 1;
            // Children that other tests start at this moment hold copies of the lock's handle until they become their program.
            let locked = loop {
                match dataset.lock() {
                    Ok(locked) => break locked,
                    Err(error) => assert!(start.elapsed() < Duration::from_secs(60), "{error}"),
                }
                std::thread::sleep(Duration::from_millis(1));
            };
            let before = dataset.current().unwrap().unwrap();
            write(&locked, &format!("r{run}"), manifest_of("x")).unwrap();
            // A reader has longer than this to open what CURRENT named; the test's readers are slow enough to need one run more.
            locked.prune(KEPT as usize, &[&before]).unwrap();
        }
    });
    assert!(seen.lock().unwrap().len() > 3, "readers met several runs");
    eprintln!("{} reads of {} runs", reads.load(Ordering::SeqCst), seen.lock().unwrap().len());
}

pub fn program() -> Command {
    match std::env::var_os("COTERMINOUS_PROGRAM") {
        Some(program) => Command::new(fs::canonicalize(program).unwrap()),
        None => Command::new(assert_cmd::cargo::cargo_bin("coterminous")),
    }
}

/// Kills the real command at random moments; after each death the dataset is whole, and the run after the last cleans up.
#[test]
fn killed_at_any_moment() {
    let trial = Trial::new();
    let run = || {
        let mut command = program();
        command.current_dir(trial.at("")).args(["run", "run.toml", "--quiet"]).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let start = Instant::now();
    assert!(run().status().unwrap().success());
    let mut whole_run = start.elapsed();
    let first = whole(&trial.at("out"));
    let before = content(&trial.at("out").join("runs").join(&first));
    let mut random = crate::support::Random::new(11);
    let mut killed = 0;
    // Forty, and more where a machine that is less busy now than it was then ends most runs before they are killed.
    for round in 0..400 {
        if round >= 40 && killed >= 10 {
            break;
        }
        trial.write("m.csv", format!("code,pounds\nH1,{round}.10\nH2,0.10\n"));
        let mut child = run().spawn().unwrap();
        std::thread::sleep(Duration::from_micros(random.below(whole_run.as_micros() as u64 * 5 / 4)));
        let alive = child.try_wait().unwrap().is_none();
        if !alive && round >= 40 {
            whole_run = whole_run.mul_f64(0.9);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        killed += u32::from(alive);
        whole(&trial.at("out"));
        assert_eq!(content(&trial.at("out").join("runs").join(&first)), before, "round {round}");
    }
    assert!(killed >= 10, "{killed} died");
    eprintln!("{killed} runs were killed while they ran");
    trial.write("m.csv", "code,pounds\nH1,99.10\nH2,0.10\n");
    assert!(run().status().unwrap().success());
    whole(&trial.at("out"));
    let left: Vec<String> =
        fs::read_dir(trial.at("out")).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(left.len(), 3, "CURRENT, .lock, runs: {left:?}");
}

/// A layer that takes the program a second or so: an unoptimised one is slower by far.
pub fn crowded(trial: &Trial) {
    let points = if crate::hostile::is_timed() { 700 } else { 250 };
    let mut random = crate::support::Random::new(3);
    let mut ring: Vec<[f64; 2]> =
        (0..points).map(|_| [random.below(2_000_000) as f64 / 1e3, random.below(2_000_000) as f64 / 1e3]).collect();
    ring.push(ring[0]);
    trial.layer("h", &[("H1", vec![ring])]);
    trial.write("m.csv", "code,pounds\nH1,1\n");
}

/// An interrupt while tables are being written removes what was staged; one during the commit comes too late and says so.
#[test]
fn an_interrupted_run_is_published_or_gone() {
    let out = tempfile::tempdir().unwrap();
    publish(&Dataset::at(out.path()), "r1").unwrap();
    let before = content(out.path());
    let interrupt = Interrupt::default();
    {
        let dataset = Dataset::at(out.path()).interrupted_by(&interrupt);
        let locked = dataset.lock().unwrap();
        let mut staging = locked.stage("r2").unwrap();
        staging.file("a", b"a").unwrap();
        assert!(interrupt.stop(), "there is something to stop");
        assert!(matches!(staging.file("b", b"b"), Err(Error::Interrupted)));
        assert!(matches!(staging.publish(manifest_of("r2")), Err(Error::Interrupted)));
    }
    assert_eq!(content(out.path()), before);
    let late = Interrupt::default();
    let dataset = Dataset::at(out.path()).interrupted_by(&late);
    publish(&dataset, "r2").unwrap();
    assert!(!late.stop(), "it is published");
    assert_eq!(whole(out.path()), "r2");
}

/// A real run that was stopped (SIGSTOP) when it had taken the lock and not yet published, so that whatever is done meanwhile meets it at
/// work, however busy the machine is.
struct Held(Option<Child>);

impl Held {
    fn at_work(trial: &Trial) -> Self {
        for _ in 0..20 {
            let mut command = program();
            command.current_dir(trial.at("")).args(["run", "run.toml", "--progress", "never"]);
            let mut held = Self(Some(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()));
            let own = format!("process {} on ", held.id());
            let start = Instant::now();
            while !fs::read_to_string(trial.at("out/.lock")).is_ok_and(|text| text.starts_with(&own)) && !held.has_ended() {
                assert!(start.elapsed() < Duration::from_secs(120), "the run takes no lock");
                std::thread::sleep(Duration::from_millis(1));
            }
            held.signal("STOP");
            if !held.has_ended() && !trial.at("out/CURRENT").exists() {
                return held;
            }
            // It was faster than this test.
            drop(held);
            fs::remove_dir_all(trial.at("out")).unwrap();
        }
        panic!("no run was met at work");
    }

    fn id(&self) -> u32 {
        self.0.as_ref().unwrap().id()
    }

    fn has_ended(&mut self) -> bool {
        self.0.as_mut().unwrap().try_wait().unwrap().is_some()
    }

    fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([format!("-{name}"), self.id().to_string()]).status().is_ok());
    }

    fn goes_on(mut self) -> Output {
        self.signal("CONT");
        self.0.take().unwrap().wait_with_output().unwrap()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Files of which some were replaced when the disk failed: the error is told, and no signal says that nothing was published.
#[test]
fn what_was_replaced_in_part_is_no_interruption() {
    for (fault, nth, in_part) in [(Fault::Rename, 1, false), (Fault::Rename, 2, true), (Fault::Sync, 3, true)] {
        let folder = folder_in_memory();
        let disk = Failing { fault, nth, kind: io::ErrorKind::StorageFull, seen: AtomicU64::new(0) };
        let interrupt = Interrupt::default();
        let mut batch = Batch::new(&disk, &interrupt);
        for name in ["a", "b"] {
            batch.add(&folder.path().join(name), |sink| sink.write_all(b"new").map_err(|error| panic!("{error}"))).unwrap();
        }
        assert_eq!(batch.commit().unwrap_err().exit_code(), 4);
        assert_eq!(folder.path().join("a").exists(), in_part, "{fault:?} {nth}");
        assert_eq!(interrupt.stop(), !in_part, "{fault:?} {nth}");
        assert!(fs::read_dir(folder.path()).unwrap().all(|entry| entry.unwrap().file_name().len() == 1), "nothing is left aside");
    }
}

/// Two real runs at once on one output: one publishes, the other is told who holds it.
#[test]
fn two_runs_at_once() {
    let trial = Trial::new();
    crowded(&trial);
    let first = Held::at_work(&trial);
    let holder = first.id();
    let second = program().current_dir(trial.at("")).args(["run", "run.toml", "--quiet"]).output().unwrap();
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    let first = first.goes_on();
    assert_eq!(second.status.code(), Some(4), "{told}");
    assert!(
        told.contains(&format!("process {holder} on ")) && told.contains(", since 20") && told.contains("; wait until it ends"),
        "{told}"
    );
    assert_eq!(first.status.code(), Some(0), "{}", String::from_utf8_lossy(&first.stderr));
    whole(&trial.at("out"));
}

/// The manifest states size and hash of the bytes that were read, and a file that changes while the run is under way is told.
#[test]
fn a_file_that_changes_is_noticed() {
    let trial = Trial::new();
    crowded(&trial);
    let old = b"code,pounds\nH1,1\n";
    // The lock is taken once everything is read.
    let child = Held::at_work(&trial);
    trial.write("m.csv", "code,pounds\nH1,2\n");
    let output = child.goes_on();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("changed since it was read") && told.contains("m.csv"), "{told}");
    let first = whole(&trial.at("out"));
    let inputs = manifest(&trial.at("out/runs").join(&first)).unwrap().inputs;
    let table = inputs.iter().find(|input| input.path == "m.csv").unwrap();
    assert_eq!((table.bytes, table.blake3.as_str()), (old.len() as u64, blake3::hash(old).to_hex().as_str()));
    // Between check and run: check names the run that the files as they are would give.
    let check = || {
        let output = program().current_dir(trial.at("")).args(["check", "run.toml", "--progress", "never"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split("as run ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
    };
    let checked = check();
    assert_ne!(checked, first);
    assert!(program().current_dir(trial.at("")).args(["run", "run.toml", "--quiet"]).status().unwrap().success());
    assert_eq!(whole(&trial.at("out")), checked);
}

/// Everything below a folder: name, kind, size, content, and where a link leads.
fn listing(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let what = if metadata.is_dir() {
                folders.push(path.clone());
                "folder".to_owned()
            } else if metadata.is_symlink() {
                format!("link to {}", fs::read_link(&path).unwrap().display())
            } else {
                blake3::hash(&fs::read(&path).unwrap()).to_hex().to_string()
            };
            found.insert(path, format!("{what} {:?}", metadata.modified().unwrap()));
        }
    }
    found
}

/// A run writes nowhere but below its output folder: not beside its inputs, nor in the home, temporary and working folders it is given.
#[test]
fn a_run_writes_nowhere_but_its_output() {
    let trial = Trial::new();
    for folder in ["home", "tmp", "work", "out"] {
        fs::create_dir(trial.at(folder)).unwrap();
    }
    let before = listing(&trial.at(""));
    for arguments in [&["run", "../run.toml"][..], &["run", "../run.toml", "--force", "--keep", "1"], &["check", "../run.toml"]] {
        let status = program()
            .current_dir(trial.at("work"))
            .args(arguments)
            .env_clear()
            .env("HOME", trial.at("home"))
            .env("TMPDIR", trial.at("tmp"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "{arguments:?}");
    }
    let out = trial.at("out");
    let after: BTreeMap<PathBuf, String> = listing(&trial.at("")).into_iter().filter(|(path, _)| !path.starts_with(&out)).collect();
    let before: BTreeMap<PathBuf, String> = before.into_iter().filter(|(path, _)| !path.starts_with(&out)).collect();
    assert_eq!(after, before);
    assert!(out.join("CURRENT").is_file());
}

/// A folder that may not be written: exit 4, and nothing changes. The owner of every folder on the system is let through, so it is made by mode
/// only where that holds.
#[test]
fn a_folder_that_may_not_be_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let trial = Trial::new();
    fs::create_dir(trial.at("out")).unwrap();
    fs::set_permissions(trial.at("out"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(trial.at("out/probe"), "x").is_ok() {
        fs::remove_file(trial.at("out/probe")).unwrap();
        // The system's administrator may write anywhere but here.
        trial.config("output = \"out\"", "output = \"/proc/coterminous\"");
    }
    let ran = trial.run(&["run", "run.toml", "--quiet"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: ") && ran.stderr.contains("; "), "{}", ran.stderr);
}
