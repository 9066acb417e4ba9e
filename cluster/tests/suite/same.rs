//! What is published with a cluster is what is published without, to the last byte.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::{Cluster, nothing_left, program, published, repository, run, same, succeeded, wait};

/// Runs a config without a cluster, then with 1, 2 and 4 executors, and compares all that was published.
fn with_1_2_and_4_executors(config: &Path, folder: &Path, more: &[&str]) {
    let plain = folder.join("plain");
    succeeded(&run(config, &plain, &[]));
    let mut cluster = Cluster::start(1);
    for executors in [1, 2, 4] {
        while cluster.executors.len() < executors {
            cluster.add();
        }
        let out = folder.join(format!("with-{executors}"));
        let url = cluster.url().to_owned();
        let mut words = vec!["--cluster", &url];
        words.extend(more);
        succeeded(&run(config, &out, &words));
        same(&plain, &out);
        nothing_left(&out);
    }
}

#[test]
fn the_sample() {
    let folder = tempfile::tempdir().unwrap();
    // Tiles so small that every body is in several.
    with_1_2_and_4_executors(&repository().join("config/sample.toml"), folder.path(), &["--cluster-tile", "8000"]);
}

#[test]
fn the_sample_at_national_scale() {
    let folder = tempfile::tempdir().unwrap();
    let national = folder.path().join("national");
    let made = Command::new(program()).args(["sample", "--scale", "national", "--quiet"]).arg(&national).status().unwrap();
    assert!(made.success());
    with_1_2_and_4_executors(&national.join("sample.toml"), folder.path(), &[]);
}

#[test]
fn england_2011_with_output_areas() {
    let Some(data) = given("ONS_DATA", "../shared/data", "england-2011/OA_DEC_2011_EN_BGC.zip") else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("england-2011.toml");
    let text = std::fs::read_to_string(repository().join("config/england-2011.toml")).unwrap();
    let services = repository().join("config/pss-ex1-services.csv");
    let text = text.replace("${ONS_DATA:-../data/ons}", data.to_str().unwrap()).replace("pss-ex1-services.csv", services.to_str().unwrap());
    std::fs::write(&config, text).unwrap();
    with_1_2_and_4_executors(&config, folder.path(), &[]);
}

#[test]
fn generated_layers_of_30_million_vertices() {
    let Some(data) = given("COTERMINOUS_LARGE", "target/large", "council.shp") else { return };
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("large.toml");
    let layer = |role: &str| {
        format!(
            "[[layer]]\nid = \"{role}\"\nrole = \"{role}\"\nkind = \"area\"\npath = \"{}/{role}.shp\"\ncode = \"CODE\"\nname = \"NAME\"\n",
            data.display()
        )
    };
    let run = "[run]\nname = \"large\"\noutput = \"out\"\ncrs = \"EPSG:27700\"\n";
    let alignment = "[[alignment]]\nid = \"health-council\"\nhealth = \"health\"\ncouncil = \"council\"\n";
    std::fs::write(&config, format!("{run}{}{}{alignment}", layer("health"), layer("council"))).unwrap();
    with_1_2_and_4_executors(&config, folder.path(), &[]);
}

/// The folder that an environment variable names, or this one beside or in the repository. `None` where the file is not in it, so that the test can
/// be skipped, but never in CI.
fn given(variable: &str, usual: &str, file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map_or_else(|| repository().join(usual), PathBuf::from);
    if folder.join(file).is_file() {
        return Some(std::fs::canonicalize(folder).unwrap());
    }
    assert!(std::env::var_os("CI").is_none(), "{} is not in {}: set {variable}", file, folder.display());
    eprintln!("skipped: {file} is not in {}; set {variable}", folder.display());
    None
}

#[test]
fn a_folder_of_its_own_and_any_size_of_tile() {
    let folder = tempfile::tempdir().unwrap();
    let config = repository().join("config/sample.toml");
    let (plain, stage) = (folder.path().join("plain"), folder.path().join("stage"));
    succeeded(&run(&config, &plain, &[]));
    let cluster = Cluster::start(2);
    for tile in ["4000", "1000000"] {
        let out = folder.path().join(tile);
        let words = ["--cluster", cluster.url(), "--cluster-dir", stage.to_str().unwrap(), "--cluster-tile", tile];
        succeeded(&run(&config, &out, &words));
        same(&plain, &out);
        nothing_left(&stage);
    }
}

#[test]
fn one_command_for_a_laptop() {
    let folder = tempfile::tempdir().unwrap();
    let config = repository().join("config/sample.toml");
    let (plain, out) = (folder.path().join("plain"), folder.path().join("out"));
    succeeded(&run(&config, &plain, &[]));
    let mut command = Command::new(program());
    command.args(["cluster", "local", "--executors", "2", "--", "run"]).arg(&config).arg("--out").arg(&out).arg("--quiet");
    // Marks the processes that it starts.
    let mark = folder.path().to_str().unwrap().to_owned();
    succeeded(&command.env("TMPDIR", folder.path()).output().unwrap());
    same(&plain, &out);
    let living = || {
        let marked = |entry: std::fs::DirEntry| {
            std::fs::read(entry.path().join("environ")).is_ok_and(|text| String::from_utf8_lossy(&text).contains(&format!("TMPDIR={mark}")))
        };
        std::fs::read_dir("/proc").unwrap().flatten().any(marked)
    };
    wait("scheduler and executors end with their command", Duration::from_secs(5), || !living());
    assert!(!published(&out).is_empty());
}
