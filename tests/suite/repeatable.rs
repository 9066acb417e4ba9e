//! The same inputs give the same bytes, whatever the time stamps of the files and the order of the records.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::hostile::{Trial, rectangle};
use crate::publish::content;
use crate::publish_faults::{program, whole};

fn run(trial: &Trial, more: &[&str], environment: &[(&str, &str)]) -> String {
    let output = program()
        .current_dir(trial.at(""))
        .args(["run", "run.toml", "--progress", "never"])
        .args(more)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Published tables by name.
fn tables(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let run = folder.join("runs").join(whole(folder));
    content(&run)
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "parquet"))
        .map(|(path, bytes)| (path.strip_prefix(&run).unwrap_or(&path).display().to_string(), bytes))
        .collect()
}

#[test]
fn neither_time_stamps_nor_place_nor_surroundings_change_a_byte() {
    let trial = Trial::new();
    run(&trial, &["--threads", "1"], &[("TZ", "Pacific/Apia"), ("LC_ALL", "de_DE.UTF-8")]);
    let (first, before) = (whole(&trial.at("out")), content(&trial.at("out")));
    for (age, file) in ["h.shp", "h.dbf", "c.shp", "m.csv", "run.toml"].iter().enumerate() {
        let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000 + age as u64);
        fs::File::options().write(true).open(trial.at(file)).unwrap().set_modified(then).unwrap();
    }
    // Recognised, said so, and not touched.
    let told = run(&trial, &[], &[("TZ", "America/Lima"), ("LC_ALL", "tr_TR.UTF-8")]);
    assert!(told.contains("nothing changed"), "{told}");
    assert_eq!(content(&trial.at("out")), before);
    // Computed again with other threads: --force insists on the same bytes.
    for threads in ["2", "3", "8"] {
        run(&trial, &["--force", "--threads", threads], &[("TZ", "Asia/Kathmandu"), ("LANG", "C")]);
        assert_eq!(whole(&trial.at("out")), first);
    }
}

/// Records turned round, of layers and of the budget: every table is the same but for those that name the rows.
#[test]
fn the_order_of_records_does_not_matter() {
    let published = |turn: bool| {
        let trial = Trial::new();
        let mut health: Vec<(&str, Vec<Vec<[f64; 2]>>)> = vec![
            ("H1", vec![rectangle(0.0, 0.0, 1500.0, 2000.0), rectangle(9000.0, 0.0, 9500.0, 500.0)]),
            ("H2", vec![rectangle(1500.0, 0.0, 4000.0, 700.0)]),
            ("H3", vec![rectangle(1500.0, 700.0, 4000.0, 2000.0)]),
        ];
        let mut councils: Vec<(&str, Vec<Vec<[f64; 2]>>)> = vec![
            ("C1", vec![rectangle(0.0, 0.0, 3000.0, 2000.0)]),
            ("C2", vec![rectangle(3000.0, 0.0, 4000.0, 2000.0), rectangle(8900.0, 0.0, 9500.0, 600.0)]),
        ];
        let mut rows = ["H1,10.01", "H2,0.10", "H3,1234.56", "H1,3"];
        if turn {
            health.reverse();
            councils.reverse();
            health.iter_mut().chain(&mut councils).for_each(|(_, rings)| rings.reverse());
            rows.reverse();
        }
        trial.layer("h", &health);
        trial.layer("c", &councils);
        trial.write("m.csv", format!("code,pounds\n{}\n", rows.join("\n")));
        run(&trial, &[], &[]);
        tables(&trial.at("out"))
    };
    let (straight, turned) = (published(false), published(true));
    assert!(straight.len() > 15, "{:?}", straight.keys());
    let differ: Vec<&String> = straight.iter().filter(|(name, bytes)| turned.get(*name) != Some(bytes)).map(|(name, _)| name).collect();
    // These name the row of the line: the finding is that H1 has two amounts.
    assert_eq!(differ, ["budget_apportioned.parquet", "budget_line.parquet", "finding.parquet"]);
}
