//! How long the engine was busy with what. The engine itself has no clock: it opens spans, and whoever runs it times them here.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tracing::span::Id;
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::io::manifest::Timing;

/// Where the engine's spans come from.
const ENGINE: &str = "coterminous::overlay";

/// The span around everything that judges one layer; what is opened inside it counts for it alone.
const VALIDATE: &str = "validate";

static BUSY: Mutex<BTreeMap<&'static str, Duration>> = Mutex::new(BTreeMap::new());

/// Adds up the time that threads spend inside the engine's spans: `validate` (one layer against itself), `runs` (stretches that layers
/// share), `crossings` (contacts, and noding them), `walk` (faces and their labels), `proof`, `assemble` (polygons).
///
/// A part of a `tracing` subscriber. Without it in the process's subscriber, manifests give the times of whole stages alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct EngineTimes;

struct Entered(Instant);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for EngineTimes {
    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && span.metadata().target().starts_with(ENGINE)
        {
            span.extensions_mut().replace(Entered(Instant::now()));
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let Some(Entered(since)) = span.extensions_mut().remove::<Entered>() else { return };
        if span.scope().skip(1).any(|outer| outer.name() == VALIDATE) {
            return;
        }
        // A poisoned lock means that another thread panicked; a time is not worth a second panic.
        if let Ok(mut busy) = BUSY.lock() {
            let sum = busy.entry(span.name()).or_default();
            *sum = sum.saturating_add(since.elapsed());
        }
    }
}

/// Seconds that threads were busy in each of the engine's stages since this was asked last, by name.
pub fn engine_times() -> Vec<Timing> {
    let Ok(mut busy) = BUSY.lock() else { return Vec::new() };
    let taken = std::mem::take(&mut *busy);
    taken.into_iter().map(|(stage, time)| Timing { stage: format!("engine: {stage}"), seconds: time.as_secs_f64() }).collect()
}
