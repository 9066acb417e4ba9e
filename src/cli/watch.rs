//! Progress on stderr: bars on a terminal, log lines elsewhere.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::prelude::*;

use super::arguments::{LogFormat, Shared, When};
use super::harmless;
use crate::pipeline::{EngineTimes, Progress, Stage, engine_times};

/// Watches a run for the person or the log behind stderr.
#[derive(Debug)]
pub struct Watch {
    bars: Option<MultiProgress>,
    stages: Mutex<BTreeMap<Stage, Running>>,
}

#[derive(Debug)]
struct Running {
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
    began: Instant,
}

/// Most steps of a stage that get a log line each; beyond it every tenth part does.
const LINES: usize = 40;

/// Whether bars are drawn.
fn draws(shared: &Shared) -> bool {
    !shared.quiet
        && match shared.progress {
            When::Always => true,
            When::Never => false,
            When::Auto => shared.log == LogFormat::Text && io::stderr().is_terminal(),
        }
}

/// Sets up the log as asked for. First of all, so that every error finds it.
pub fn start_log(shared: &Shared) {
    // Bars and lines on one terminal would tear each other up, so bars leave warnings only.
    let level = if shared.quiet {
        Level::ERROR
    } else if draws(shared) {
        Level::WARN
    } else {
        Level::INFO
    };
    let stderr = harmless::Stderr { json: shared.log == LogFormat::Json };
    let log = tracing_subscriber::fmt::layer().with_writer(stderr).with_target(false);
    // Lines carry their own words; the spans around them are there to be timed.
    let log = match shared.log {
        LogFormat::Text => log.with_ansi(false).compact().with_filter(LevelFilter::from_level(level)).boxed(),
        LogFormat::Json => log
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_filter(LevelFilter::from_level(level))
            .boxed(),
    };
    // Fails only when a log is already set up in this process: then the first one stays.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(log).with(EngineTimes));
}

/// Logs what the engine was busy with, one line a stage.
pub fn log_engine_times() {
    for timing in engine_times() {
        tracing::info!(stage = timing.stage, busy_seconds = (timing.seconds * 1e6).round() / 1e6, "took");
    }
}

impl Watch {
    /// Draws bars if they are asked for.
    pub fn new(shared: &Shared) -> Self {
        Self { bars: draws(shared).then(|| MultiProgress::with_draw_target(target())), stages: Mutex::new(BTreeMap::new()) }
    }

    fn with(&self, stage: Stage, act: impl FnOnce(&mut Running)) {
        // A poisoned lock means that another thread panicked while drawing; progress is not worth a second panic.
        if let Ok(mut stages) = self.stages.lock()
            && let Some(running) = stages.get_mut(&stage)
        {
            act(running);
        }
    }
}

impl Progress for Watch {
    fn begin(&self, stage: Stage, total: usize) {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX)));
            let style =
                ProgressStyle::with_template("{prefix:>19} [{bar:24}] {pos:>4}/{len:<4} {elapsed:>4} {per_sec}, {eta} left {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar.set_prefix(stage.as_str());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        if self.bars.is_none() {
            tracing::info!(stage = stage.as_str(), total, "begins");
        }
        if let Ok(mut stages) = self.stages.lock() {
            stages.insert(stage, Running { bar, total, done: 0, began: Instant::now() });
        }
    }

    fn step(&self, stage: Stage, what: &str) {
        self.with(stage, |running| {
            running.done = running.done.saturating_add(1);
            let (done, total) = (running.done, running.total);
            match &running.bar {
                Some(bar) => {
                    bar.set_message(harmless::line(what));
                    bar.inc(1);
                }
                None => {
                    let every = if total <= LINES { 1 } else { total.div_ceil(10) };
                    if done.is_multiple_of(every) || done == total {
                        let (rate, left) = rate(running.began.elapsed(), done, total);
                        tracing::info!(stage = stage.as_str(), done, total, per_second = rate, seconds_left = left, what, "done");
                    }
                }
            }
        });
    }

    fn end(&self, stage: Stage) {
        self.with(stage, |running| {
            let seconds = running.began.elapsed().as_secs_f64();
            match &running.bar {
                Some(bar) => bar.finish_with_message(""),
                None => tracing::info!(stage = stage.as_str(), seconds = (seconds * 1000.0).round() / 1000.0, "ends"),
            }
        });
    }
}

/// Steps a second so far, and the seconds that the rest takes at that rate; steps are files or alignments of many sizes, so this is rough.
/// Null where no time has passed.
fn rate(elapsed: Duration, done: usize, total: usize) -> (Option<f64>, Option<f64>) {
    let rate = done as f64 / elapsed.as_secs_f64();
    if !rate.is_finite() || rate <= 0.0 {
        return (None, None);
    }
    let tenths = |number: f64| (number * 10.0).round() / 10.0;
    (Some(tenths(rate)), Some(tenths(total.saturating_sub(done) as f64 / rate)))
}

/// Stderr; also where it is no terminal, since that is what `--progress always` asks for.
fn target() -> ProgressDrawTarget {
    if io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::term_like_with_hz(Box::new(Plain), 2) }
}

/// A stderr that is no terminal: lines are written, the cursor is left alone.
#[derive(Debug)]
struct Plain;

impl TermLike for Plain {
    fn width(&self) -> u16 {
        100
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, line: &str) -> io::Result<()> {
        writeln!(io::stderr(), "{}", line.trim_end())
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        let text = text.trim_end();
        if text.is_empty() { Ok(()) } else { writeln!(io::stderr(), "{text}") }
    }
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_what_is_done_says() {
        // 10 of 40 in 4 s: 2.5 a second, 30 more take 12 s.
        assert_eq!(rate(Duration::from_secs(4), 10, 40), (Some(2.5), Some(12.0)));
        assert_eq!(rate(Duration::ZERO, 1, 2), (None, None));
        assert_eq!(rate(Duration::from_secs(1), 0, 2), (None, None));
    }
}
