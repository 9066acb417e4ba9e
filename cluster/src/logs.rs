//! What the engine of queries logs, in the log of the command.

use log::{Level, LevelFilter, Log, Metadata, Record};

/// Hands lines of other crates to the command's log.
struct Forward;

impl Log for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level() && (metadata.level() <= Level::Warn || metadata.target().starts_with("ballista"))
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let part = record.target().split("::").next().unwrap_or_default();
            // An error is what ends the process, and the command tells it; what a part of a cluster survives is a warning.
            match record.level() {
                Level::Error | Level::Warn => tracing::warn!("{part}: {}", record.args()),
                _ => tracing::info!("{part}: {}", record.args()),
            }
        }
    }

    fn flush(&self) {}
}

/// Which lines of the cluster's own crates are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// What goes on, for a scheduler or an executor.
    All,
    /// Nothing: whoever runs a config is told what came of it.
    Nothing,
}

/// Takes what other crates log into the command's log, from now on.
pub fn forward(told: Told) {
    // Fails only when it is done already.
    let _ = log::set_logger(&Forward);
    log::set_max_level(match told {
        Told::All => LevelFilter::Info,
        Told::Nothing => LevelFilter::Off,
    });
}
