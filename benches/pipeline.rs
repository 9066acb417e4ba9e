//! Whole runs: the sample, and England 2011 with its 171,372 output areas where the real data are at hand.
//!
//! `cargo bench --bench pipeline [-- REPEATS]` prints one row a run, `pipeline/<config>`, with the least and the median wall time and the
//! peak memory of the process so far. Every run is checked before its time counts. Not a test: nothing fails by being slow.

use std::path::Path;
use std::time::Instant;

use coterminous::config::Config;
use coterminous::domain::People;
use coterminous::pipeline::{self, Options, Results, Unwatched};

fn main() {
    // `cargo bench` itself passes --bench.
    let repeats: usize = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(5);
    println!("{:<24} {:>9} {:>9} {:>9}", "row", "min s", "median s", "peak MB");
    bench("sample", repeats, |results| {
        assert_eq!(results.alignments.len(), 5);
        // The sample plants control totals that do not hold; everything else must.
        assert!(results.proofs.iter().all(|proof| proof.holds || proof.name.contains("control")));
    });
    let data = std::env::var("ONS_DATA").unwrap_or_else(|_| "data/ons".to_owned());
    if Path::new(&data).join("england-2011").exists() {
        bench("england-2011", repeats, |results| {
            for alignment in &results.alignments {
                let people: People = alignment.relation.pairs.iter().filter_map(|pair| pair.amounts.people).sum();
                assert_eq!(people, People::whole(53_012_456));
                assert_eq!(alignment.relation.pairs.len(), 176);
            }
        });
    } else {
        println!("pipeline/england-2011     skipped: no real data in {data} (set ONS_DATA)");
    }
}

fn bench(name: &str, repeats: usize, check: impl Fn(&Results)) {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name).with_extension("toml");
    let mut times: Vec<f64> = (0..repeats.max(1))
        .map(|_| {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let start = Instant::now();
            let mut plan = Config::load(&config, &pipeline::rules()).expect("a config that loads");
            plan.output = folder.path().join(name);
            let outcome = pipeline::run(&plan, Options::default(), &Unwatched).expect("a run that publishes");
            let seconds = start.elapsed().as_secs_f64();
            check(&outcome.results.expect("a first run computes"));
            seconds
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("{:<24} {:>9.3} {:>9.3} {:>9}", format!("pipeline/{name}"), times[0], times[times.len() / 2], peak_megabytes());
}

/// Peak resident memory of this process, from the kernel; "?" where it does not tell.
fn peak_megabytes() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map_or_else(|| "?".to_owned(), |kilobytes| (kilobytes / 1024).to_string())
}
