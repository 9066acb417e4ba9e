//! From a config file to a [`Plan`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::limits::Limits;
use super::places::{Places, is_remote};
use super::plan::{FindingPolicy, MESSAGE_PARTS, ObstructionSettings, OptionSettings, Plan, Tolerances};
use super::plan_table::TableSource;
use super::raw::{RawConfig, RawOptions, RawTolerances};
use super::raw_money::RawTable;
use super::shapes::RawObstructions;
use super::source::{Source, Step, unknown};
use super::stated::StatedPaths;
use super::tables::Beside;
use super::{budget, layers, own_rules, pairs, paths, recode, scheme, shapeless, what_ifs};
use crate::domain::Severity;
use crate::domain::finding::CATALOGUE;
use crate::domain::table::TableSpec;
use crate::error::{Error, Result};

/// Coordinate reference system of everything: British National Grid.
const CRS: &str = "EPSG:27700";

/// Largest config that is read, bytes; the longest real one is a thousandth of this.
const MAX_BYTES: u64 = 8 << 20;

/// What a config may refer to that later stages define.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Obstruction rules of the program: id, then the names of its thresholds.
    pub thresholds: BTreeMap<String, Vec<String>>,
    /// Those of them that are shares, 0 to 1: rule, threshold.
    pub shares: BTreeSet<(String, String)>,
    /// The values that each rule's message may hold besides [`MESSAGE_PARTS`].
    pub values: BTreeMap<String, Vec<&'static str>>,
    /// Published tables, which rules of the user's own may ask.
    pub tables: Vec<&'static TableSpec>,
}

impl Rules {
    /// Families of the program's rules ("BND"), each once.
    pub(super) fn families(&self) -> impl Iterator<Item = &str> {
        let families: BTreeSet<&str> = self.thresholds.keys().filter_map(|id| id.split('-').next()).collect();
        families.into_iter()
    }
}

/// Reads configs.
#[derive(Debug, Clone, Copy)]
pub struct Config;

impl Config {
    /// The plan that a config file describes.
    ///
    /// `rules` are the obstruction rules, thresholds and tables that `[obstructions]` may name. Environment variables are put into paths;
    /// nothing else of the environment is read, and no input is opened.
    ///
    /// # Errors
    /// [`Error::Config`] with the line: not TOML, an unknown key (with the nearest known one), a wrong type, an id that refers to
    /// nothing or is used twice, a value out of its bounds.
    pub fn load(path: &Path, rules: &Rules) -> Result<Plan> {
        Self::load_at(path, rules, &Places::default())
    }

    /// As [`Config::load`]; objects that the config names are planned with where their copies will be, which somebody has to fetch.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn load_at(path: &Path, rules: &Rules, places: &Places) -> Result<Plan> {
        let problem = |message: String| Error::Config { path: Some(path.to_owned()), line: None, message };
        let metadata =
            fs::metadata(path).map_err(|error| problem(format!("cannot read the config: {error}; give the path of a .toml file")))?;
        // A pipe would be waited for without end.
        if !metadata.is_file() {
            return Err(problem("the config path is not a regular file; give the path of a .toml file".to_owned()));
        }
        if metadata.len() > MAX_BYTES {
            return Err(problem(format!(
                "the config is {} bytes, expected at most {MAX_BYTES}; give the path of a .toml file",
                metadata.len()
            )));
        }
        let bytes = fs::read(path).map_err(|error| problem(format!("cannot read the config: {error}; give the path of a .toml file")))?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line =
                error.as_bytes().iter().take(error.utf8_error().valid_up_to()).filter(|byte| **byte == b'\n').count().saturating_add(1);
            Error::Config {
                path: Some(path.to_owned()),
                line: Some(line),
                message: "the config is not UTF-8 text; save it as UTF-8".to_owned(),
            }
        })?;
        Self::parse_at(path, &text, rules, &|name| std::env::var(name).ok(), places)
    }

    /// The plan that a config's text describes; `path` is where it stands (paths are relative to its folder), `environment` gives variables.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(path: &Path, text: &str, rules: &Rules, environment: &dyn Fn(&str) -> Option<String>) -> Result<Plan> {
        Self::parse_at(path, text, rules, environment, &Places::default())
    }

    fn parse_at(path: &Path, text: &str, rules: &Rules, environment: &dyn Fn(&str) -> Option<String>, places: &Places) -> Result<Plan> {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        let source = Source::parse(path, body)?;
        let raw: RawConfig = source.read()?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let context = Context { source: &source, folder, environment, places, stated: RefCell::default() };
        let limits = Limits::plan(&context, &raw.limits)?;
        if source.depth() > limits.depth {
            return Err(source.error_at(
                1,
                format!("the config nests {} deep, expected at most {}; flatten it, or raise limits.depth", source.depth(), limits.depth),
            ));
        }

        let crs = raw.run.crs.clone().unwrap_or_else(|| CRS.to_owned());
        if crs.trim() != CRS {
            return Err(context.error(
                &[Step::Key("run"), Step::Key("crs")],
                format!(
                    "crs is {crs}, expected {CRS} (British National Grid), the only one supported; reproject the files to it and say so here"
                ),
            ));
        }
        let name = raw.run.name.trim().to_owned();
        context.id(&[Step::Key("run"), Step::Key("name")], &name)?;
        let output = match &raw.run.output {
            Some(output) => context.path(&[Step::Key("run"), Step::Key("output")], output)?,
            None => folder.join("out").join(&name),
        };

        let layers = layers::plan(&context, &raw.layer)?;
        let alignments = pairs::alignments(&context, &raw.alignment, &layers)?;
        let successions = pairs::successions(&context, &raw.succession, &layers)?;
        let what_ifs = what_ifs::plan(&context, &raw.what_if, &layers, &alignments, &successions)?;
        let budgets = budget::plan(&context, &raw.budget, &layers)?;
        let schemes = scheme::plan(&context, &raw.scheme, &layers)?;
        shapeless::check(&context, &layers, &alignments, &successions, &schemes)?;
        let tables = |key: &'static str, tables: &[RawTable]| -> Result<Vec<TableSource>> {
            let each = tables.iter().enumerate();
            let source = |index: usize, raw: &RawTable| {
                let beside = Beside {
                    sheet: raw.sheet.as_deref(),
                    header_row: raw.header_row,
                    header_rows: &raw.header_rows,
                    decimal: raw.decimal.as_deref(),
                    footnotes: &raw.footnotes,
                    fill_down: &raw.fill_down,
                    filter: &raw.filter.0,
                    join: &raw.join.0,
                };
                context.table(&[Step::Key(key), Step::At(index), Step::Key("path")], &raw.path, &beside)
            };
            each.map(|(index, raw)| source(index, raw)).collect()
        };
        Ok(Plan {
            path: path.to_owned(),
            text: text.to_owned(),
            name,
            output,
            crs: CRS.to_owned(),
            attribution: raw.run.attribution.clone().filter(|text| !text.trim().is_empty()),
            layers,
            alignments,
            successions,
            what_ifs,
            recodes: recode::plan(&context, &raw.recode)?,
            budgets,
            agreements: tables("agreement", &raw.agreement)?,
            cycles: tables("cycle", &raw.cycle)?,
            governance: tables("governance", &raw.governance)?,
            priorities: tables("priority", &raw.priority)?,
            schemes,
            tolerances: tolerances(&context, &raw.tolerances)?,
            obstructions: obstructions(&context, raw.obstructions, rules)?,
            options: options(&context, &raw.options)?,
            findings: findings(&context, raw.findings.deny, raw.findings.max)?,
            limits,
            places: places.clone(),
            stated: StatedPaths::new(context.stated.take(), places.clone()),
        })
    }

    /// JSON Schema (draft 2020-12) of the config, pretty-printed, ending in a newline.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(RawConfig);
        let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What resolving needs to know of the config at hand.
pub(super) struct Context<'a> {
    source: &'a Source<'a>,
    folder: &'a Path,
    environment: &'a dyn Fn(&str) -> Option<String>,
    places: &'a Places,
    /// Paths that were resolved so far, by their texts.
    stated: RefCell<Vec<(String, PathBuf)>>,
}

impl Context<'_> {
    /// An error about a value.
    pub(super) fn error(&self, at: &[Step<'_>], message: impl Into<String>) -> Error {
        self.source.error(at, message)
    }

    /// Name of the config file, without its folder.
    pub(super) fn file_name(&self) -> String {
        self.source.path().file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    }

    /// Line of a value.
    pub(super) fn line(&self, at: &[Step<'_>]) -> usize {
        self.source.line(at)
    }

    /// A path, with its variables, set beside the config.
    pub(super) fn path(&self, at: &[Step<'_>], text: &str) -> Result<PathBuf> {
        let path = paths::resolve(text, self.folder, self.environment).map_err(|message| self.error(at, message))?;
        self.stated.borrow_mut().push((text.to_owned(), path.clone()));
        if is_remote(&path) { self.places.local(&path).map_err(|message| self.error(at, message)) } else { Ok(path) }
    }

    /// Checks that an id can stand in a key column and a file name.
    pub(super) fn id(&self, at: &[Step<'_>], id: &str) -> Result<()> {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
        if id.is_empty() || id.trim() != id || id.starts_with('.') || !id.chars().all(allowed) {
            return Err(self.error(at, format!("\"{id}\" cannot be an id or name; use letters, digits, '-', '_' and '.'")));
        }
        Ok(())
    }

    /// Checks that a text says something.
    pub(super) fn filled(&self, at: &[Step<'_>], text: &str) -> Result<()> {
        if text.trim().is_empty() { Err(self.error(at, "the text is empty; fill it in, or remove the key")) } else { Ok(()) }
    }

    /// Checks that a number lies within bounds.
    pub(super) fn within(&self, at: &[Step<'_>], value: f64, (low, high): (f64, f64), unit: &str) -> Result<f64> {
        if value.is_finite() && low <= value && value <= high {
            return Ok(value);
        }
        let bounds = if high.is_finite() { format!("{low} to {high}") } else { format!("{low} or more") };
        let key = match at.last() {
            Some(Step::Key(key)) => *key,
            _ => "the value",
        };
        Err(self.error(at, format!("{key} is {value}, expected {bounds} ({unit}); change it, or remove it to use the default")))
    }
}

fn tolerances(context: &Context<'_>, raw: &RawTolerances) -> Result<Tolerances> {
    const ANY: f64 = f64::INFINITY;
    let defaults = Tolerances::default();
    let one = |key: &str, value: Option<f64>, default: f64, high: f64, unit: &str| {
        value.map_or(Ok(default), |value| context.within(&[Step::Key("tolerances"), Step::Key(key)], value, (0.0, high), unit))
    };
    let tolerances = Tolerances {
        equal: one("equal", raw.equal, defaults.equal, 1.0, "share")?,
        significant: one("significant", raw.significant, defaults.significant, 1.0, "share")?,
        sliver_share: one("sliver_share", raw.sliver_share, defaults.sliver_share, 1.0, "share")?,
        sliver_people: one("sliver_people", raw.sliver_people, defaults.sliver_people, ANY, "people")?,
        sliver_width_m: match raw.sliver_width_m {
            Some(width) => Some(one("sliver_width_m", Some(width), width, ANY, "metres")?),
            None => None,
        },
        link: one("link", raw.link, defaults.link, 1.0, "share")?,
        main_link: one("main_link", raw.main_link, defaults.main_link, 1.0, "share")?,
        minor_people: one("minor_people", raw.minor_people, defaults.minor_people, ANY, "people")?,
        effect_people: one("effect_people", raw.effect_people, defaults.effect_people, ANY, "people")?,
        effect_share: one("effect_share", raw.effect_share, defaults.effect_share, 1.0, "share")?,
    };
    if tolerances.link > tolerances.main_link {
        return Err(context.error(
            &[Step::Key("tolerances"), Step::Key("link")],
            format!("link is {}, expected at most main_link ({}); lower link or raise main_link", tolerances.link, tolerances.main_link),
        ));
    }
    Ok(tolerances)
}

fn options(context: &Context<'_>, raw: &RawOptions) -> Result<OptionSettings> {
    let at = [Step::Key("options"), Step::Key("max_people_affected")];
    let most = raw.max_people_affected.map(|people| context.within(&at, people, (0.0, f64::INFINITY), "people")).transpose()?;
    Ok(OptionSettings {
        council_lines: raw.council_lines.unwrap_or(false),
        councils_may_change: raw.councils_may_change.unwrap_or(false),
        max_people_affected: most,
    })
}

fn obstructions(context: &Context<'_>, raw: RawObstructions, rules: &Rules) -> Result<ObstructionSettings> {
    let own = own_rules::plan(context, raw.rule, rules)?;
    let known = || rules.thresholds.keys().map(String::as_str);
    for (index, id) in raw.disable.iter().enumerate() {
        let all = || known().chain(own.iter().map(|rule| rule.id.as_str()));
        if !all().any(|known| known == id) {
            let at = [Step::Key("obstructions"), Step::Key("disable"), Step::At(index)];
            return Err(context.error(&at, unknown(&format!("obstruction `{id}`"), id, all())));
        }
    }
    for (id, thresholds) in &raw.thresholds {
        let at = [Step::Key("obstructions"), Step::Key(id)];
        let Some(names) = rules.thresholds.get(id) else {
            let keys = known().chain(["disable", "severity", "message", "rule"]);
            return Err(context.error(&at, unknown(&format!("key or obstruction `{id}`"), id, keys)));
        };
        for (name, value) in thresholds {
            if !names.contains(name) {
                return Err(context.error(&at, unknown(&format!("threshold `{name}` of {id}"), name, names.iter().map(String::as_str))));
            }
            if !value.is_finite() {
                return Err(context.error(&at, format!("threshold {name} of {id} is {value}, expected a finite number; change it")));
            }
            let is_share = rules.shares.contains(&(id.clone(), name.clone()));
            if *value < 0.0 || (is_share && *value > 1.0) {
                let expected = if is_share { "a share of 0 to 1 (0.2 for 20%)" } else { "0 or more" };
                return Err(context.error(&at, format!("threshold {name} of {id} is {value}, expected {expected}; change it")));
            }
        }
    }
    let mut severities = BTreeMap::new();
    for (id, word) in &raw.severity {
        let at = [Step::Key("obstructions"), Step::Key("severity"), Step::Key(id)];
        if !rules.thresholds.contains_key(id) {
            return Err(context.error(&at, unknown(&format!("obstruction `{id}`"), id, known())));
        }
        severities.insert(id.clone(), severity(word).map_err(|message| context.error(&at, message))?);
    }
    for (id, text) in &raw.message {
        let at = [Step::Key("obstructions"), Step::Key("message"), Step::Key(id)];
        if !rules.thresholds.contains_key(id) {
            return Err(context.error(&at, unknown(&format!("obstruction `{id}`"), id, known())));
        }
        context.filled(&at, text)?;
        let own = rules.values.get(id).map_or(&[][..], Vec::as_slice);
        template(text, || own.iter().copied().chain(MESSAGE_PARTS)).map_err(|message| context.error(&at, message))?;
    }
    Ok(ObstructionSettings { disable: raw.disable, thresholds: raw.thresholds, severities, messages: raw.message, own })
}

/// A severity by its word.
pub(super) fn severity(word: &str) -> std::result::Result<Severity, String> {
    const WORDS: [Severity; 4] = [Severity::High, Severity::Medium, Severity::Low, Severity::Info];
    let found = WORDS.into_iter().find(|severity| severity.as_str() == word);
    found.ok_or_else(|| unknown(&format!("severity `{word}`"), word, WORDS.iter().map(|severity| severity.as_str())))
}

/// Checks that a message has no parts in braces but known ones.
pub(super) fn template<'a, I: Iterator<Item = &'a str>>(text: &str, parts: impl Fn() -> I) -> std::result::Result<(), String> {
    for part in text.split('{').skip(1) {
        match part.split_once('}') {
            Some((name, _)) if parts().any(|known| known == name) => {}
            Some((name, _)) => return Err(unknown(&format!("part `{{{name}}}` of a message"), name, parts())),
            None => return Err("a brace of the message is opened and not closed; close it, or remove it".to_owned()),
        }
    }
    Ok(())
}

fn findings(context: &Context<'_>, deny: Vec<String>, max: BTreeMap<String, u64>) -> Result<FindingPolicy> {
    let known = || CATALOGUE.iter().map(|entry| entry.id);
    let check = |at: &[Step<'_>], id: &str| {
        if known().any(|known| known == id) { Ok(()) } else { Err(context.error(at, unknown(&format!("finding `{id}`"), id, known()))) }
    };
    for (index, id) in deny.iter().enumerate() {
        check(&[Step::Key("findings"), Step::Key("deny"), Step::At(index)], id)?;
    }
    for id in max.keys() {
        check(&[Step::Key("findings"), Step::Key("max"), Step::Key(id)], id)?;
    }
    let max = max.into_iter().map(|(id, count)| (id, usize::try_from(count).unwrap_or(usize::MAX))).collect();
    Ok(FindingPolicy { deny, max })
}
