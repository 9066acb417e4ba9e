//! The command line for people: help with examples, manual pages, completions, suggestions, colours, and what to do next.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use tempfile::TempDir;

fn coterminous() -> Command {
    let mut command = Command::cargo_bin("coterminous").unwrap();
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    told(coterminous().args(arguments))
}

fn told(command: &mut Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Names of the commands, as help lists them.
fn commands() -> Vec<String> {
    let (_, help, _) = run(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names =
        list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_teaches_by_examples_that_parse() {
    let commands = commands();
    assert!(commands.len() >= 14 && commands.contains(&"diff".to_owned()), "{commands:?}");
    for name in &commands {
        let (code, help, _) = run(&[name, "--help"]);
        assert!(code == 0 && help.contains("Example"), "{name} has no examples: {help}");
        let examples: Vec<&str> = help.lines().map(str::trim).filter_map(|line| line.strip_prefix("coterminous ")).collect();
        assert!(!examples.is_empty(), "{name}: {help}");
        for example in examples {
            // Without what stands behind it: a redirection, a pipe, or what it is for.
            let typed = example.split(['>', '|']).next().unwrap().split("   ").next().unwrap();
            let words: Vec<String> = typed.split_whitespace().map(|word| word.trim_matches('"').to_owned()).collect();
            assert_eq!(words[0], *name, "an example of another command: {example}");
            // An example that clap does not know ends with 2 and a usage line; any other end shows that it could be parsed.
            let (_, _, error) = told(coterminous().current_dir("/").env("COLUMNS", "100").args(&words).arg("--help"));
            assert!(!error.contains("Usage:"), "{example}: {error}");
        }
    }
}

#[test]
fn manual_pages_of_the_whole_and_of_each_command() {
    let (code, page, _) = run(&["man"]);
    assert!(code == 0 && page.contains(".TH coterminous 1") && page.contains("diff"), "{page}");
    for name in commands() {
        let (code, page, _) = run(&["man", &name]);
        assert!(
            code == 0 && page.contains(&format!(".TH coterminous\\-{name} 1")) || page.contains(&format!(".TH coterminous-{name} 1")),
            "{page}"
        );
        assert!(page.contains(".SH SYNOPSIS") && page.contains("Example"), "{name}: {page}");
    }
    let folder = TempDir::new().unwrap();
    let (code, said, _) = run(&["man", "--dir", folder.path().to_str().unwrap()]);
    assert!(code == 0 && said.contains("next:"), "{said}");
    let mut names: Vec<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert!(names.contains(&"coterminous.1".to_owned()) && names.contains(&"coterminous-config-schema.1".to_owned()), "{names:?}");
    assert!(names.len() > commands().len());
    let (code, _, error) = run(&["man", "dif"]);
    assert!(code == 2 && error.contains("no command is called \"dif\"; did you mean diff?"), "{error}");
}

#[test]
fn completions_for_every_shell_know_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, text, error) = run(&["completions", shell]);
        assert!(code == 0 && error.is_empty(), "{shell}: {error}");
        for name in commands() {
            assert!(text.contains(&name), "{shell} does not know {name}");
        }
        assert!(text.contains("limit") && text.contains("color"), "{shell} does not know the options of diff");
    }
    // The shell that is everywhere reads its own.
    let (_, text, _) = run(&["completions", "bash"]);
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("c.bash");
    fs::write(&path, text).unwrap();
    assert!(std::process::Command::new("bash").arg("-n").arg(&path).status().unwrap().success());
}

#[test]
fn what_is_nearly_right_is_suggested() {
    let (code, _, error) = run(&["chekc", "x"]);
    assert!(code == 2 && error.contains("'check'"), "{error}");
    let (code, _, error) = run(&["run", "--thread", "2"]);
    assert!(code == 2 && error.contains("--threads"), "{error}");
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("c.toml");
    fs::write(&config, "[run]\nname = \"x\"\n[[layer]]\nid = \"a\"\nrole = \"health\"\npaht = \"a.zip\"\n").unwrap();
    let (code, _, error) = run(&["check", config.to_str().unwrap()]);
    assert!(code == 2 && error.contains("did you mean `path`?") && error.contains("c.toml:6"), "{error}");
}

#[test]
fn colours_only_where_they_are_wanted() {
    const RED: &str = "\u{1b}[1;31merror:\u{1b}[0m";
    let error = |set: &[(&str, &str)], more: &[&str]| {
        let mut command = coterminous();
        command.args(["check", "/nowhere.toml"]).args(more).envs(set.iter().copied());
        told(&mut command).2
    };
    // No terminal here.
    assert!(error(&[], &[]).starts_with("error: "));
    assert!(error(&[("CLICOLOR_FORCE", "1")], &[]).starts_with(RED));
    assert!(error(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]).starts_with("error: "));
    assert!(error(&[("NO_COLOR", "1")], &["--color", "always"]).starts_with(RED));
    assert!(error(&[("CLICOLOR_FORCE", "1")], &["--color=never"]).starts_with("error: "));
    // Before and after the command, and for what clap itself says.
    let (code, _, usage) = run(&["--color", "always", "check", "--nonsense"]);
    assert!(code == 2 && usage.contains("\u{1b}["), "{usage}");
    let (_, help, _) = run(&["--color", "always", "--help"]);
    assert!(help.contains("\u{1b}["), "{help}");
    assert!(!run(&["--help"]).1.contains('\u{1b}'));
    let (code, _, wrong) = run(&["check", "--color", "sometimes"]);
    assert!(code == 2 && wrong.contains("auto, always, never"), "{wrong}");
}

#[test]
fn every_command_says_what_to_do_next() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let next = |arguments: &[&str], says: &str| {
        let (code, text, error) = run(arguments);
        let last = text.trim_end().lines().last().unwrap_or_default().to_owned();
        assert!(code <= 1 && last.starts_with("next: ") && last.contains(says), "{arguments:?} ends with {last:?}: {error}");
        assert!(!run(&[arguments, &["--color=always"]].concat()).1.is_empty());
    };
    let sample = at("sample");
    next(&["sample", &sample], "coterminous run");
    let config = Path::new(&sample).join("sample.toml").display().to_string();
    let config = if Path::new(&config).is_file() { config } else { "config/kings-fund-sites.toml".to_owned() };
    let sites = "config/kings-fund-sites.toml";
    next(&["check", sites], "coterminous run config/kings-fund-sites.toml");
    next(&["run", sites, "--out", &at("out"), "--progress", "never"], "coterminous explain");
    next(&["explain", &at("out"), "HA04"], "PARTNER");
    next(&["explain", &at("out"), "HA04", "CC04"], "report.html");
    next(&["report", &at("out"), "--html", &at("x.html")], "open it in a browser");
    next(&["diff", &at("out"), &at("out")], "nothing to do");
    next(&["inspect", "data/kings-fund/council_money.csv"], "coterminous init data/kings-fund/council_money.csv");
    next(&["init", "data/kings-fund/HA_APR_1998_SCHEMATIC.zip", "--out", &at("c.toml"), "--force"], "coterminous check");
    next(
        &[
            "overlay",
            "data/kings-fund/HA_APR_1998_SCHEMATIC.zip",
            "data/kings-fund/CTYUA_APR_1998_SCHEMATIC.zip",
            "--out",
            &at("p.parquet"),
        ],
        "DuckDB",
    );
    assert!(Path::new(&config).is_file());
    // What is meant for a file or another program has nothing in it that is not its own.
    for arguments in [&["schema"][..], &["schema", "--format", "json"], &["config-schema"], &["completions", "bash"], &["man"]] {
        let (code, text, error) = run(arguments);
        assert!(code == 0 && !text.contains("next:") && error.is_empty(), "{arguments:?}: {error}");
    }
    // Quiet is quiet.
    assert_eq!(run(&["check", sites, "--quiet"]).1, "");
}

#[test]
fn progress_tells_rate_and_time_left() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out").display().to_string();
    let (code, _, bars) = run(&["run", "config/kings-fund-sites.toml", "--out", &out, "--progress", "always"]);
    assert!(code == 0 && bars.contains("/s") && bars.contains(" left"), "{bars}");
    let (_, _, log) = run(&["run", "config/kings-fund-sites.toml", "--out", &out, "--force", "--progress", "never", "--log", "json"]);
    let done: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &serde_json::Value| line["message"] == "done")
        .collect();
    assert!(!done.is_empty() && done.iter().all(|line| line["seconds_left"].is_number() && line["per_second"].is_number()), "{log}");
    let last = done.iter().rfind(|line| line["done"] == line["total"]).unwrap();
    assert_eq!(last["seconds_left"].as_f64(), Some(0.0));
}

#[test]
fn a_build_without_a_cluster_says_so_and_how_to_get_one() {
    for words in [
        &["run", "--cluster", "df://127.0.0.1:50050", "--quiet"][..],
        &["cluster", "scheduler"],
        &["cluster", "executor", "--scheduler", "df://127.0.0.1:50050"],
        &["cluster", "local", "--executors", "2", "--", "run"],
    ] {
        let (code, _, told) = run(words);
        assert!(
            code == 2 && told.lines().count() == 1 && told.contains("has no cluster") && told.contains("cluster/Cargo.toml"),
            "{words:?}: {told}"
        );
    }
    // What only means something with a cluster asks for one.
    let (code, _, told) = run(&["run", "--cluster-dir", "/tmp"]);
    assert!(code == 2 && told.contains("--cluster names none"), "{told}");
}
