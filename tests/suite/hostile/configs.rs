//! Configs: typos, wrong types, deep nesting, missing files, circles.

use super::{Case, hold, refused, wrong};

#[test]
fn configs_are_refused_with_their_line() {
    let replaced = |name: &str, says: &[&'static str], from: &'static str, to: &'static str| -> Case {
        wrong(name, says, move |trial| trial.config(from, to))
    };
    let mut cases = vec![
        wrong("no config", &["run.toml", "cannot read the config"], |trial| trial.remove("run.toml")),
        wrong("an empty config", &["run.toml", "run"], |trial| trial.write("run.toml", "")),
        wrong("a folder for a config", &["run.toml"], |trial| {
            trial.remove("run.toml");
            std::fs::create_dir(trial.at("run.toml")).unwrap();
        }),
        wrong("noise", &["run.toml:1", "UTF-8"], |trial| trial.write("run.toml", [0xffu8, 0xfe, 0xfd, 0x80])),
        wrong("zero bytes", &["run.toml:1", "not TOML"], |trial| trial.write("run.toml", [0u8; 1000])),
        wrong("17 MB of config", &["run.toml", "bytes"], |trial| trial.write("run.toml", " ".repeat(17 << 20))),
        wrong("brackets nested a million deep", &["run.toml"], |trial| trial.write("run.toml", format!("a = {}", "[".repeat(1_000_000)))),
        wrong("tables nested a hundred deep", &["run.toml"], |trial| {
            let keys: Vec<&str> = std::iter::repeat_n("a", 100).collect();
            trial.config("[run]", &format!("{} = 1\n[run]", keys.join(".")));
        }),
        wrong("a key of a million dots", &["run.toml"], |trial| trial.write("run.toml", format!("{} = 1", vec!["a"; 500_000].join(".")))),
        wrong("a million keys", &["run.toml", "unknown key"], |trial| {
            let text: String = (0..400_000).map(|n| format!("k{n} = {n}\n")).collect();
            trial.write("run.toml", text);
        }),
        replaced("a typo in a key", &["run.toml:27", "amuont", "did you mean `amount`"], "amount =", "amuont ="),
        replaced("a typo in a table", &["run.toml", "allignment", "did you mean `alignment`"], "[[alignment]]", "[[allignment]]"),
        replaced("a typo in a role", &["run.toml:7", "helth", "did you mean `health`"], "\"health\"", "\"helth\""),
        replaced("a typo in a reference", &["run.toml", "unknown layer `cc`", "did you mean `c`"], "council = \"c\"", "council = \"cc\""),
        replaced("a number for a text", &["run.toml:8", "expected a text in quotes"], "\"h.shp\"", "7"),
        replaced("a list for a text", &["run.toml:8"], "\"h.shp\"", "[\"h.shp\"]"),
        replaced("a text for a number", &["run.toml:28", "expected a number"], "fiscal_year", "unit = \"many\"\nfiscal_year"),
        replaced("a unit that is not a number", &["run.toml", "unit is NaN"], "fiscal_year", "unit = nan\nfiscal_year"),
        replaced("a unit without end", &["run.toml", "unit is inf"], "fiscal_year", "unit = inf\nfiscal_year"),
        replaced("a unit below zero", &["run.toml", "unit is -1"], "fiscal_year", "unit = -1\nfiscal_year"),
        replaced("an id twice", &["run.toml", "used twice"], "id = \"c\"", "id = \"h\""),
        replaced("an id that climbs", &["run.toml", "cannot be an id"], "id = \"h\"", "id = \"../h\""),
        replaced("a name that climbs", &["run.toml:2", "cannot be an id"], "\"trial\"", "\"../../trial\""),
        replaced("another CRS", &["run.toml", "EPSG:4326", "EPSG:27700"], "[[layer]]", "crs = \"EPSG:4326\"\n[[layer]]"),
        replaced("a limit of 0", &["run.toml", "points is 0"], "[run]", "[limits]\npoints = 0\n[run]"),
        replaced("a limit below zero", &["run.toml", "points"], "[run]", "[limits]\npoints = -5\n[run]"),
        replaced("a variable that is not set", &["run.toml:8", "COTERMINOUS_NOT_SET"], "h.shp", "${COTERMINOUS_NOT_SET}/h.shp"),
        replaced("a variable that is not closed", &["run.toml:8"], "h.shp", "${HOME/h.shp"),
        replaced(
            "layers dissolved from each other",
            &["run.toml", "circle"],
            "path = \"h.shp\"\ncode = \"CODE\"\n\n[[layer]]\nid = \"c\"\nrole = \"council\"\npath = \"c.shp\"\ncode = \"CODE\"",
            "blocks = \"c\"\nlookup = { path = \"l.csv\", block = \"b\", area = \"a\" }\n\n[[layer]]\nid = \"c\"\nrole = \"council\"\nblocks = \"h\"\nlookup = { path = \"l.csv\", block = \"b\", area = \"a\" }",
        ),
        replaced(
            "a layer dissolved from itself",
            &["run.toml", "circle"],
            "path = \"h.shp\"\ncode = \"CODE\"",
            "blocks = \"h\"\nlookup = { path = \"l.csv\", block = \"b\", area = \"a\" }",
        ),
        replaced("no layer", &["run.toml"], "[[layer]]", "[[what_if]]"),
    ];
    cases.push(refused("a layer that is not there", &["nowhere.shp", "no such file"], |trial| trial.config("h.shp", "nowhere.shp")));
    cases.push(refused("a table that is not there", &["mm.csv", "did you mean m.csv"], |trial| trial.config("m.csv", "mm.csv")));
    cases.push(refused("a folder for a table", &["m.csv", "is a folder"], |trial| {
        trial.remove("m.csv");
        std::fs::create_dir(trial.at("m.csv")).unwrap();
    }));
    cases.push(refused("a device for a table", &["zero.csv"], |trial| {
        std::os::unix::fs::symlink("/dev/zero", trial.at("zero.csv")).unwrap();
        trial.config("m.csv", "zero.csv");
    }));
    cases.push(refused("a pipe that nobody writes to, for a table", &["pipe.csv"], |trial| {
        assert!(std::process::Command::new("mkfifo").arg(trial.at("pipe.csv")).status().unwrap().success());
        trial.config("m.csv", "pipe.csv");
    }));
    cases.push(refused("a pipe for a layer", &["pipe.shp"], |trial| {
        assert!(std::process::Command::new("mkfifo").arg(trial.at("pipe.shp")).status().unwrap().success());
        for extension in ["dbf", "prj"] {
            std::fs::copy(trial.at(&format!("h.{extension}")), trial.at(&format!("pipe.{extension}"))).unwrap();
        }
        trial.config("h.shp", "pipe.shp");
    }));
    cases.push(refused("a link that goes in a circle", &["loop.csv"], |trial| {
        std::os::unix::fs::symlink(trial.at("loop.csv"), trial.at("loop.csv")).unwrap();
        trial.config("m.csv", "loop.csv");
    }));
    hold(cases);
}

/// A pipe as config would be waited for.
#[test]
fn a_pipe_for_a_config_is_refused() {
    hold(vec![wrong("a pipe for a config", &["run.toml"], |trial| {
        trial.remove("run.toml");
        assert!(std::process::Command::new("mkfifo").arg(trial.at("run.toml")).status().unwrap().success());
    })]);
}
