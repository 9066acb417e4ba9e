//! `coterminous inspect` and `coterminous init`: what is in files, and a config for them.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use super::arguments::{InitArguments, InspectArguments, Shared, StoryFormat};
use super::colour::Paint;
use super::watch::Watch;
use super::{Outcome, print_json, print_painted, print_told, threads};
use crate::config::{Config, Limits};
use crate::error::{Error, InputProblem, Result, harmless};
use crate::init;
use crate::inspect::{self, Inspected};
use crate::io::durable::{self, Batch, Real};
use crate::io::interrupt::Interrupt;
use crate::io::{boundaries, table};
use crate::pipeline::{self, Progress as _, Stage};

/// Looks at every file, one after the other: each takes all threads. One list a file: its sheets, or the shapefiles in it.
fn look(files: &[PathBuf], shared: &Shared) -> Result<Vec<Vec<Inspected>>> {
    let watch = Watch::new(shared);
    threads(shared)?.install(|| {
        watch.begin(Stage::Read, files.len());
        let mut found = Vec::new();
        for file in files {
            found.push(inspect::inspect(file, &Limits::default()));
            watch.step(Stage::Read, &file.display().to_string());
        }
        watch.end(Stage::Read);
        Ok(found)
    })
}

/// Tells what is in files.
pub fn inspect(arguments: &InspectArguments, paint: Paint) -> Result<Outcome> {
    let found = look(&arguments.files, &arguments.shared)?;
    // A workbook has notes beside its tables: one sheet that can be used is enough.
    let usable = found.iter().all(|parts| parts.iter().any(Inspected::is_usable));
    let found: Vec<Inspected> = found.into_iter().flatten().collect();
    if !arguments.shared.quiet {
        match arguments.format {
            StoryFormat::Json => {
                let all: Vec<serde_json::Value> = found.iter().map(Inspected::json).collect();
                print_json(&serde_json::Value::Array(all))?
            }
            StoryFormat::Text => {
                let texts: Vec<String> = found.iter().map(Inspected::text).collect();
                let files: Vec<String> = arguments.files.iter().map(|file| harmless(&file.display().to_string())).collect();
                let next = if usable {
                    format!("a config for them: coterminous init {} --out config.toml", files.join(" "))
                } else {
                    "fix the problem above, then try again".to_owned()
                };
                print_painted(&(paint.rows(&texts.join("\n")) + &paint.next(&next)))?
            }
        };
    }
    Ok(if usable { Outcome::Done } else { Outcome::Unusable })
}

/// The files that paths mean: themselves, and of a folder those that could be an input, by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable =
            |error: std::io::Error| Error::from(InputProblem::new(path, format!("cannot be listed: {error}"), "", "check its permissions"));
        let mut inside: Vec<PathBuf> = fs::read_dir(path).map_err(unreadable)?.flatten().map(|entry| entry.path()).collect();
        inside.sort();
        let is_layer = boundaries::is_named_so;
        let mut wanted: Vec<PathBuf> =
            inside.into_iter().filter(|path| path.is_file() && (is_layer(path) || table::is_named_so(path))).collect();
        if wanted.is_empty() {
            return Err(InputProblem::new(
                path,
                "holds no boundary file, zip or table",
                "files of the config to be",
                "give the files themselves",
            )
            .into());
        }
        files.append(&mut wanted);
    }
    Ok(files)
}

/// Writes a config for files, and tells what a person has still to do.
pub fn init(arguments: &InitArguments, interrupt: &Interrupt, paint: Paint) -> Result<Outcome> {
    let out = &arguments.out;
    if fs::symlink_metadata(out).is_ok() && !arguments.force {
        return Err(Error::publish(out, "it is there already", "name another with --out, or replace it with --force"));
    }
    let found: Vec<Inspected> = look(&files(&arguments.paths)?, &arguments.shared)?.into_iter().flatten().collect();
    let stem = out.file_stem().map_or_else(|| "run".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let draft = init::draft(&found, arguments.name.as_deref().unwrap_or(&stem), out)?;
    let mut batch = Batch::new(&Real, interrupt);
    batch.add(out, |sink| sink.write_all(draft.text.as_bytes()).map_err(|error| durable::problem(out, &error)))?;
    batch.commit()?;
    if arguments.shared.quiet {
        return Ok(Outcome::Done);
    }
    let [layers, alignments, budgets] = draft.counts;
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let counts = [counted(layers, "layer"), counted(alignments, "alignment"), counted(budgets, "budget")].join(", ");
    let mut text = format!("{}: {counts}\n", harmless(&out.display().to_string()));
    let mut open = draft.open;
    // What `check` would say first of the text itself.
    if let Err(error) = Config::load(out, &pipeline::rules()) {
        open.push(error.to_string());
    }
    if !open.is_empty() {
        text.push_str("\nFor a person to look at\n");
    }
    for one in &open {
        text.push_str(&format!("  {}\n", harmless(one)));
    }
    print_told(
        &(paint.rows(&text) + &paint.next(&format!("read it through, then coterminous check {}", harmless(&out.display().to_string())))),
    )
}
