//! Colours, where somebody sees them: on a terminal, unless NO_COLOR, CLICOLOR=0, TERM=dumb or `--color never` say no.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use clap::ColorChoice;

use super::harmless;

/// Whether and how text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint {
    on: bool,
}

/// What the person, the environment and the stream say of colours.
#[derive(Debug, Clone, Copy)]
struct Wishes<'a> {
    choice: ColorChoice,
    no_color: Option<&'a str>,
    clicolor: Option<&'a str>,
    clicolor_force: Option<&'a str>,
    term: Option<&'a str>,
    is_terminal: bool,
}

/// Sources: no-color.org (any text that is not empty), bixense.com/clicolors (CLICOLOR, CLICOLOR_FORCE). What is typed comes first.
fn wants(wishes: Wishes<'_>) -> bool {
    let is_set = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    match wishes.choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set(wishes.no_color) => false,
        ColorChoice::Auto if wishes.clicolor_force.is_some_and(|text| !text.is_empty() && text != "0") => true,
        ColorChoice::Auto => wishes.is_terminal && wishes.clicolor != Some("0") && wishes.term != Some("dumb"),
    }
}

impl Paint {
    /// Colours for stdout.
    pub fn stdout(choice: ColorChoice) -> Self {
        Self::of(choice, io::stdout().is_terminal())
    }

    /// Colours for stderr.
    pub fn stderr(choice: ColorChoice) -> Self {
        Self::of(choice, io::stderr().is_terminal())
    }

    fn of(choice: ColorChoice, is_terminal: bool) -> Self {
        let variable = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let (no_color, clicolor, force, term) = (variable("NO_COLOR"), variable("CLICOLOR"), variable("CLICOLOR_FORCE"), variable("TERM"));
        let on = wants(Wishes {
            choice,
            no_color: no_color.as_deref(),
            clicolor: clicolor.as_deref(),
            clicolor_force: force.as_deref(),
            term: term.as_deref(),
            is_terminal,
        });
        Self { on }
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    /// What went wrong.
    pub fn error(self, text: &str) -> String {
        self.wrap("1;31", text)
    }

    /// What may be done next, as a line of its own, made harmless.
    pub fn next(self, text: &str) -> String {
        format!("\n{} {}\n", self.wrap("1", "next:"), harmless::line(text))
    }

    /// The text, made harmless, with the lines below empty ones, which are headings, in bold.
    pub fn headings(self, text: &str) -> String {
        let text = harmless::lines(text);
        let mut is_below_empty = false;
        let line = |line: &str| {
            let is_heading = std::mem::replace(&mut is_below_empty, line.is_empty()) && !line.is_empty();
            if is_heading { self.wrap("1", line) } else { line.to_owned() }
        };
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }

    /// The text, made harmless, with lines at the left, which are headings, in bold; rows that begin with `+`, `-` or `~` in green, red or yellow.
    pub fn rows(self, text: &str) -> String {
        let text = harmless::lines(text);
        if !self.on {
            return text;
        }
        let line = |line: &str| match line.trim_start().get(..2) {
            _ if !line.is_empty() && !line.starts_with(' ') => self.wrap("1", line),
            Some("+ ") => self.wrap("32", line),
            Some("- ") => self.wrap("31", line),
            Some("~ ") => self.wrap("33", line),
            _ => line.to_owned(),
        };
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}

/// What `--color` says, before the arguments are parsed: their errors and their help are coloured or not as well.
pub fn choice(arguments: &[OsString]) -> ColorChoice {
    let mut words = arguments.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
    let mut said = None;
    while let Some(word) = words.next() {
        if word == "--color" {
            said = words.next().map(|next| next.into_owned());
        } else if let Some(value) = word.strip_prefix("--color=") {
            said = Some(value.to_owned());
        }
    }
    match said.as_deref() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Wishes<'_> =
        Wishes { choice: ColorChoice::Auto, no_color: None, clicolor: None, clicolor_force: None, term: Some("xterm"), is_terminal: true };

    #[test]
    fn who_decides() {
        assert!(wants(PLAIN));
        assert!(!wants(Wishes { is_terminal: false, ..PLAIN }));
        assert!(!wants(Wishes { no_color: Some("1"), ..PLAIN }));
        assert!(wants(Wishes { no_color: Some(""), ..PLAIN }), "an empty NO_COLOR says nothing");
        assert!(!wants(Wishes { clicolor: Some("0"), ..PLAIN }));
        assert!(!wants(Wishes { term: Some("dumb"), ..PLAIN }));
        assert!(wants(Wishes { clicolor_force: Some("1"), is_terminal: false, ..PLAIN }));
        assert!(!wants(Wishes { clicolor_force: Some("0"), is_terminal: false, ..PLAIN }));
        assert!(!wants(Wishes { no_color: Some("1"), clicolor_force: Some("1"), ..PLAIN }));
        assert!(wants(Wishes { choice: ColorChoice::Always, no_color: Some("1"), is_terminal: false, ..PLAIN }));
        assert!(!wants(Wishes { choice: ColorChoice::Never, clicolor_force: Some("1"), ..PLAIN }));
    }

    #[test]
    fn rows_by_their_sign() {
        let on = Paint { on: true };
        assert_eq!(on.rows("Head\n  + a\n  b\n"), "\u{1b}[1mHead\u{1b}[0m\n\u{1b}[32m  + a\u{1b}[0m\n  b\n");
        assert_eq!(Paint { on: false }.rows("Head\n  + a"), "Head\n  + a");
        assert_eq!(on.headings("a\n\nHead\nb\u{1b}[2J\n"), "a\n\n\u{1b}[1mHead\u{1b}[0m\nb\\u{1b}[2J\n");
        assert_eq!(on.rows("\u{1b}[31m"), "\u{1b}[1m\\u{1b}[31m\u{1b}[0m");
        assert_eq!(Paint { on: false }.next("a\u{9b}b"), "\nnext: a\\u{9b}b\n");
    }

    #[test]
    fn colour_is_known_before_all_else() {
        let of = |words: &[&str]| choice(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of(&["x", "run", "--color", "never"]), ColorChoice::Never);
        assert_eq!(of(&["x", "--color=always", "run"]), ColorChoice::Always);
        assert_eq!(of(&["x", "run"]), ColorChoice::Auto);
        assert_eq!(of(&["x", "--", "--color=always"]), ColorChoice::Auto);
    }
}
