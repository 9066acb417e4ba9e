//! The real command on disks that are really full, read-only, or another device: small file systems in memory, mounted in a name space of their
//! own (`unshare`, of util-linux), which needs no rights. What is mounted there is gone with the shell that mounted it, so that shell does it all
//! and leaves copies.
//!
//! Where the system allows no name spaces these tests skip and say so; not in CI.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::hostile::Trial;
use crate::publish::content;
use crate::publish_faults::{program, whole};

/// What `script` prints, a line a step: the rest of a line by its first word. `$program` is the program, `run LABEL [ARGUMENTS]` runs it on run.toml
/// and prints the label and the exit code, `again` changes the input so that the next run has something to publish, and `disk FOLDER OPTIONS`
/// mounts a file system in memory. `None` where nothing may be mounted.
fn in_name_space(trial: &Trial, script: &str) -> Option<BTreeMap<String, String>> {
    let functions = r#"
set -eu
salt=0
run() {
  label=$1; shift; code=0
  "$program" run run.toml --quiet "$@" 2>"told-$label" || code=$?
  echo "$label $code"
}
again() { salt=$((salt + 1)); printf 'code,pounds\nH1,%s.10\nH2,0.10\n' "$salt" >m.csv; }
disk() { mkdir -p "$1"; mount -t tmpfs -o "$2" tmpfs "$1"; }
disk probe size=64k
umount probe
echo "mounted yes"
"#;
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", &format!("{functions}\n{script}")])
        .current_dir(trial.at(""))
        .env("program", program().get_program())
        .stdin(Stdio::null())
        .output();
    let (printed, told) = match &output {
        Ok(output) => (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => (String::new(), error.to_string()),
    };
    if !printed.starts_with("mounted yes") {
        assert!(std::env::var_os("CI").is_none(), "these tests may not be skipped in CI, and nothing can be mounted here: {told}");
        eprintln!("skipped: {told}");
        return None;
    }
    assert!(output.is_ok_and(|output| output.status.success()), "{printed}\n{told}");
    Some(printed.lines().filter_map(|line| line.split_once(' ')).map(|(label, rest)| (label.to_owned(), rest.to_owned())).collect())
}

fn told(trial: &Trial, label: &str) -> String {
    fs::read_to_string(trial.at(&format!("told-{label}"))).unwrap()
}

/// A disk with room for one run and 0, 48, 96 ... kB more: exit 4 until there is enough, each time with the run before byte for byte and nothing left of
/// the one that failed but what the next one takes away.
#[test]
fn a_disk_that_is_full() {
    let trial = Trial::new();
    trial.config("output = \"out\"", "output = \"disk/out\"");
    let script = r#"
disk disk size=16m
run first
cp -a disk/out seen-first
for room in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29; do
  rm -f disk/filler
  dd if=/dev/zero of=disk/filler bs=4k count=8192 2>/dev/null || true
  truncate -s "-$((room * 49152))" disk/filler
  again
  run "room-$room"
  cp -a disk/out "seen-room-$room"
  if [ ! -s "told-room-$room" ]; then break; fi
done
"#;
    let Some(steps) = in_name_space(&trial, script) else { return };
    assert_eq!(steps.get("first").map(String::as_str), Some("0"), "{}", told(&trial, "first"));
    let first = whole(&trial.at("seen-first"));
    let runs = |label: &str| content(&trial.at(&format!("seen-{label}/runs")));
    let before: BTreeMap<PathBuf, Vec<u8>> = runs("first");
    let (mut full, mut published) = (0, 0);
    for (label, code) in steps.iter().filter(|(label, _)| label.starts_with("room-")) {
        let text = told(&trial, label);
        let now: BTreeMap<PathBuf, Vec<u8>> = runs(label);
        assert!(before.iter().all(|(path, bytes)| now.get(path) == Some(bytes)), "{label}: {text}");
        let current = whole(&trial.at(&format!("seen-{label}")));
        if code == "0" {
            published += 1;
            assert_ne!(current, first);
            let left: Vec<String> = fs::read_dir(trial.at(&format!("seen-{label}")))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
                .filter(|name| ![".lock", "CURRENT", "runs"].contains(&name.as_str()))
                .collect();
            assert!(left.is_empty(), "{left:?}");
        } else {
            full += 1;
            assert_eq!((code.as_str(), current.as_str()), ("4", first.as_str()), "{label}: {text}");
            assert_eq!(now.len(), before.len(), "{label}");
            assert!(text.starts_with("error: disk/out") && text.contains("No space left on device") && text.contains("; "), "{text}");
            assert_eq!(text.lines().count(), 1, "{text}");
        }
    }
    assert!(full > 2 && published == 1, "{steps:?}");
}

/// A file system that has room but no more files, and one that may only be read: exit 4, the run before stays, and it can still be read.
#[test]
fn no_more_files_and_a_disk_that_is_read_only() {
    let trial = Trial::new();
    trial.config("output = \"out\"", "output = \"disk/out\"");
    let script = r#"
disk disk size=64m
run first
cp -a disk/out seen-first
mount -o "remount,nr_inodes=$(($(df --output=iused disk | tail -n 1) + 9))" disk
again
run files
cp -a disk/out seen-files
mount -o remount,ro disk
again
run read-only
run read-only-forced --force
"$program" explain disk/out H1 >read 2>&1 || true
cp -a disk/out seen-read-only
mkdir fresh
mount -t tmpfs -o ro tmpfs fresh
run fresh --out fresh/out
ls -A fresh | wc -l | sed 's/^/left /'
"#;
    let Some(steps) = in_name_space(&trial, script) else { return };
    assert_eq!(steps["first"], "0", "{}", told(&trial, "first"));
    let first = whole(&trial.at("seen-first"));
    let runs = |label: &str| content(&trial.at(&format!("seen-{label}/runs"))).into_values().collect::<Vec<_>>();
    for (label, says) in [("files", "No space left"), ("read-only", "Read-only file system"), ("read-only-forced", "Read-only file system")]
    {
        let text = told(&trial, label);
        assert_eq!(steps[label], "4", "{label}: {text}");
        assert!(text.starts_with("error: disk/out") && text.contains(says) && text.contains("; "), "{label}: {text}");
    }
    for label in ["files", "read-only"] {
        assert_eq!(whole(&trial.at(&format!("seen-{label}"))), first, "{label}");
        assert_eq!(runs(label), runs("first"), "{label}");
    }
    assert_eq!((steps["fresh"].as_str(), steps["left"].as_str()), ("4", "0"), "{}", told(&trial, "fresh"));
    let read = fs::read_to_string(trial.at("read")).unwrap();
    assert!(read.contains("H1") && !read.starts_with("error"), "{read}");
}

/// An output on another device than inputs and temporary files is like any other; where the folder of runs itself is another device, no rename can
/// publish, and that is said.
#[test]
fn another_device() {
    let trial = Trial::new();
    trial.config("output = \"out\"", "output = \"disk/out\"");
    let script = r#"
disk disk size=64m
disk temporary size=1m
export TMPDIR="$PWD/temporary"
run first
cp -a disk/out seen-first
mkdir -p split/runs
disk split/runs size=64m
run split --out split
cp -a split seen-split
ls -A temporary | wc -l | sed 's/^/left /'
"#;
    let Some(steps) = in_name_space(&trial, script) else { return };
    assert_eq!((steps["first"].as_str(), steps["left"].as_str()), ("0", "0"), "{}", told(&trial, "first"));
    whole(&trial.at("seen-first"));
    let text = told(&trial, "split");
    assert_eq!(steps["split"], "4", "{text}");
    assert!(text.starts_with("error: split") && text.contains("; "), "{text}");
    assert!(!trial.at("seen-split/CURRENT").exists() && content(&trial.at("seen-split/runs")).is_empty(), "{text}");
}
