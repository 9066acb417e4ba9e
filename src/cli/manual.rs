//! `coterminous man` and `coterminous completions`: the manual pages and what shells complete.

use std::io::Write as _;

use clap::CommandFactory;
use clap_complete::Shell;

use super::arguments::{Arguments, ManArguments};
use super::colour::Paint;
use super::{Outcome, harmless, print_painted, printed};
use crate::budgets::nearest;
use crate::error::{Error, Result};
use crate::io::durable::{self, Batch, Real};
use crate::io::interrupt::Interrupt;

/// The command as it is built, with the options that all commands share.
fn command() -> clap::Command {
    let mut command = Arguments::command();
    command.build();
    command
}

/// Prints what a shell completes.
pub fn completions(shell: Shell, paint: Paint) -> Result<Outcome> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "coterminous", &mut text);
    printed(&String::from_utf8_lossy(&text), paint, &format!("coterminous completions {shell} --help says where to put this"))
}

/// One manual page: its file name and its text.
fn page(command: clap::Command) -> Result<(String, Vec<u8>)> {
    let man = clap_mangen::Man::new(command);
    let mut text = Vec::new();
    man.render(&mut text).map_err(|error| Error::publish("stdout", error, "please report this"))?;
    Ok((man.get_filename(), text))
}

/// Prints the manual page of the command, or of one of its commands; or writes them all into a folder.
pub fn man(arguments: &ManArguments, interrupt: &Interrupt, paint: Paint) -> Result<Outcome> {
    let whole = command();
    let named = |command: &clap::Command| {
        let name = format!("coterminous-{}", command.get_name());
        command.clone().display_name(name.clone()).bin_name(name.replacen('-', " ", 1))
    };
    if let Some(folder) = &arguments.dir {
        durable::make_folder(&Real, folder)?;
        let mut pages = vec![page(whole.clone())?];
        for command in whole.get_subcommands() {
            pages.push(page(named(command))?);
        }
        let mut batch = Batch::new(&Real, interrupt);
        for (name, text) in &pages {
            let path = folder.join(name);
            batch.add(&path, |sink| sink.write_all(text).map_err(|error| durable::problem(&path, &error)))?;
        }
        batch.commit()?;
        let next = paint.next(&format!(
            "MANPATH: put them where man looks, such as ~/.local/share/man/man1; or man -l {}",
            folder.join("coterminous.1").display()
        ));
        let text = format!("{} manual pages in {}\n", pages.len(), folder.display());
        return print_painted(&(harmless::lines(&text) + &next));
    }
    let chosen = match &arguments.command {
        None => whole,
        Some(name) => match whole.find_subcommand(name) {
            Some(command) => named(command),
            None => {
                let known: Vec<&str> = whole.get_subcommands().map(clap::Command::get_name).collect();
                let hint = nearest(name, known.iter().copied()).map_or_else(String::new, |near| format!("did you mean {near}? "));
                return Err(Error::usage(format!("no command is called \"{name}\"; {hint}(commands: {})", known.join(", "))));
            }
        },
    };
    let (_, text) = page(chosen)?;
    printed(&String::from_utf8_lossy(&text), paint, "coterminous man | man -l - shows it as a page")
}
