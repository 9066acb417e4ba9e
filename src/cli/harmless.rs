//! Text that may come from a hostile file, on its way to a terminal: names, codes and messages are shown, and do nothing there.

use std::fmt::Write as _;
use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

pub(super) use crate::error::harmless as line;
use crate::error::works;

/// Lines in which nothing works but their breaks.
pub(super) fn lines(text: &str) -> String {
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// JSON that says the same, in which nothing works but line breaks. Such characters stand in its strings alone.
pub(super) fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if works(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\u{unit:04x}");
            }
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A stderr for log lines, each of which is written at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stderr {
    /// Whether the lines are JSON.
    pub json: bool,
}

impl<'a> MakeWriter<'a> for Stderr {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        *self
    }
}

impl Write for Stderr {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(data);
        let text = text.trim_end_matches('\n');
        let shown = if self.json { json(text) } else { line(text) };
        io::stderr().write_all(format!("{shown}\n").as_bytes())?;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[2Jb\rc\u{9b}31md\u{7f}e\u{202e}f\u{200b}g\u{7}h\u{2028}i\tj\u{0}k";

    #[test]
    fn nothing_works_and_nothing_is_lost() {
        for shown in [line(HOSTILE), lines(HOSTILE), json(HOSTILE)] {
            assert!(!shown.chars().any(works), "{shown:?}");
        }
        assert_eq!(line("two\nlines of Ynys M\u{f4}n"), "two\\u{a}lines of Ynys M\u{f4}n");
        assert_eq!(lines("two\nlines\t"), "two\nlines\\u{9}");
        let object = serde_json::json!({ "message": HOSTILE }).to_string();
        let read: serde_json::Value = serde_json::from_str(&json(&object)).unwrap();
        assert_eq!(read.get("message").and_then(|message| message.as_str()), Some(HOSTILE));
    }
}
