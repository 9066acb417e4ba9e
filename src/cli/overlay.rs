//! `coterminous overlay`: the engine on two layers.

use std::path::Path;

use super::arguments::{OverlayArguments, OverlayMode};
use super::colour::Paint;
use super::watch::{Watch, log_engine_times};
use super::{Outcome, harmless, print_told, threads};
use crate::error::{Error, Result};
use crate::io::interrupt::Interrupt;
use crate::layers::CodeField;
use crate::pipeline::{self, TwoLayers};

/// Overlays two layers and writes the pairs.
pub fn overlay(arguments: &OverlayArguments, interrupt: &Interrupt, paint: Paint) -> Result<Outcome> {
    if arguments.crs != "EPSG:27700" {
        return Err(Error::usage(format!(
            "--crs is {}, expected EPSG:27700 (British National Grid), the only one supported; reproject the layers",
            arguments.crs
        )));
    }
    let threads = threads(&arguments.shared)?;
    let watch = Watch::new(&arguments.shared);
    let asked = TwoLayers {
        left: &arguments.a,
        right: &arguments.b,
        left_layer: arguments.layer_a.as_deref(),
        right_layer: arguments.layer_b.as_deref(),
        left_code: arguments.code_a.as_deref(),
        right_code: arguments.code_b.as_deref(),
        geometry: arguments.mode == OverlayMode::Geometry,
        outside: arguments.outside,
        out: &arguments.out,
        findings: arguments.findings.as_deref(),
        interrupt,
    };
    let told = threads.install(|| pipeline::overlay(&asked, &watch))?;
    log_engine_times();
    if arguments.shared.quiet {
        return Ok(Outcome::Done);
    }
    let side = |path: &Path, code: &CodeField, areas: usize| {
        let why = if code.why.is_empty() { String::new() } else { format!(" ({})", code.why) };
        format!("  {} by {}: {areas} areas{why}\n", path.display(), code.name)
    };
    let mut text = format!("{} pairs in {}\n", told.pairs, arguments.out.display());
    text.push_str(&side(&arguments.a, &told.left_code, told.left_areas));
    text.push_str(&side(&arguments.b, &told.right_code, told.right_areas));
    if told.findings > 0 {
        let place = arguments.findings.as_ref().map_or("--findings FILE.parquet writes them".to_owned(), |path| path.display().to_string());
        let plural = if told.findings == 1 { "" } else { "s" };
        text.push_str(&format!("  {} finding{plural}: {place}\n", told.findings));
    }
    let query = format!("SELECT * FROM '{}' ORDER BY left_code, share_left DESC", arguments.out.display());
    print_told(&(harmless::lines(&text) + &paint.next(&format!("ask it, for example with DuckDB: {query}"))))
}
