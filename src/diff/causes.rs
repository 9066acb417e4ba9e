//! What differs in what two runs were made of, and how far it reaches.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use super::matching::{Change, Kind};
use crate::io::manifest::Manifest;

/// One difference between the manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What it is a difference of.
    pub kind: CauseKind,
    /// Path of the input, key of the config, or the program.
    pub what: String,
    /// In A; `None` where A does not have it.
    pub from: Option<String>,
    /// In B; `None` where B does not have it.
    pub to: Option<String>,
    /// Which rows it may have changed.
    pub reach: Reach,
}

/// What a cause is a difference of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseKind {
    /// Another version of the program.
    Program,
    /// A key of the config.
    Config,
    /// The content of an input file.
    Input,
}

impl CauseKind {
    /// The word in JSON and text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Config => "config",
            Self::Input => "input",
        }
    }
}

/// Which rows a cause may have changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// Every row.
    pub all: bool,
    /// Rows of these ids: layers, alignments, successions, budgets, schemes.
    pub ids: BTreeSet<String>,
    /// All rows of these tables.
    pub tables: BTreeSet<String>,
}

impl Reach {
    fn everything() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// Whether any published row can come from it.
    pub fn reaches_something(&self) -> bool {
        self.all || !self.ids.is_empty() || !self.tables.is_empty()
    }

    fn covers(&self, table: &str, change: &Change) -> bool {
        // A row that names no id, such as a finding about a file, may be of any.
        let of_ids = !self.ids.is_empty() && (change.ids.is_empty() || change.ids.iter().any(|id| self.has(id)));
        self.all || self.tables.contains(table) || of_ids
    }

    /// Proposals are published as `id.alignment` where several alignments measure them.
    fn has(&self, id: &str) -> bool {
        self.ids.contains(id) || self.ids.iter().any(|known| id.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('.')))
    }

    /// "everything", "nothing that is published", or the ids.
    pub(super) fn told(&self) -> String {
        if self.all {
            return "everything".to_owned();
        }
        let ids: Vec<&str> = self.ids.iter().chain(&self.tables).map(String::as_str).collect();
        if ids.is_empty() { "nothing that is published".to_owned() } else { ids.join(", ") }
    }
}

/// Causes whose reach has a row; all that reach anything, where none has: joint things, such as the grid that all layers lie on, carry a
/// change further than ids tell.
pub(super) fn of(causes: &[Cause], table: &str, change: &Change) -> Vec<usize> {
    let each = |test: &dyn Fn(&Reach) -> bool| -> Vec<usize> {
        causes.iter().enumerate().filter(|(_, cause)| test(&cause.reach)).map(|(place, _)| place).collect()
    };
    let covering = each(&|reach| reach.covers(table, change));
    if covering.is_empty() { each(&Reach::reaches_something) } else { covering }
}

/// Every difference: the program, then keys of the config, then inputs.
pub(super) fn find(a: &Manifest, b: &Manifest) -> Vec<Cause> {
    let mut causes = Vec::new();
    if a.program != b.program {
        let told = |manifest: &Manifest| Some(format!("{} {}", manifest.program.name, manifest.program.version));
        causes.push(Cause { kind: CauseKind::Program, what: "version".to_owned(), from: told(a), to: told(b), reach: Reach::everything() });
    }
    let configs = [a, b].map(|manifest| manifest.config.text.trim_start_matches('\u{feff}').parse::<Table>().unwrap_or_default());
    let [keys_a, keys_b] = [&configs[0], &configs[1]].map(flat);
    let all: BTreeSet<&String> = keys_a.keys().chain(keys_b.keys()).collect();
    for key in all {
        let (from, to) = (keys_a.get(key), keys_b.get(key));
        if from.map(|(_, text)| text) != to.map(|(_, text)| text) {
            let section = from.or(to).map(|(section, _)| section.clone()).unwrap_or_default();
            let text = |side: Option<&(Section, String)>| side.map(|(_, text)| text.clone());
            causes.push(Cause {
                kind: CauseKind::Config,
                what: key.clone(),
                from: text(from),
                to: text(to),
                reach: reach(&section, &configs),
            });
        }
    }
    let inputs = [a, b].map(|manifest| manifest.inputs.iter().map(|input| (input.path.as_str(), input)).collect::<BTreeMap<_, _>>());
    let [inputs_a, inputs_b] = &inputs;
    let all: BTreeSet<&&str> = inputs_a.keys().chain(inputs_b.keys()).collect();
    for path in all {
        let (from, to) = (inputs_a.get(*path), inputs_b.get(*path));
        let same = from.zip(to).is_some_and(|(one, other)| (one.bytes, &one.blake3) == (other.bytes, &other.blake3));
        if !same {
            let told = |input: &crate::io::manifest::InputRecord| {
                format!("{} bytes, blake3 {}", input.bytes, input.blake3.chars().take(12).collect::<String>())
            };
            causes.push(Cause {
                kind: CauseKind::Input,
                what: (**path).to_owned(),
                from: from.map(|input| told(input)),
                to: to.map(|input| told(input)),
                reach: reach_of_file(path, &configs),
            });
        }
    }
    causes
}

/// A part of the config: `("layer", "pct-2011")`, or `("tolerances", "")`.
type Section = (String, String);

/// Every key with the section it is in and its value: `layer[pct-2011].path`.
fn flat(config: &Table) -> BTreeMap<String, (Section, String)> {
    let mut keys = BTreeMap::new();
    for (name, value) in config {
        match value {
            Value::Array(list) if list.iter().all(Value::is_table) => {
                for (place, one) in list.iter().enumerate() {
                    let id = section_id(one, place);
                    let section = (name.clone(), one.get("id").and_then(Value::as_str).unwrap_or_default().to_owned());
                    flatten(&format!("{name}[{id}]"), one, &section, &mut keys);
                }
            }
            value => flatten(name, value, &(name.clone(), String::new()), &mut keys),
        }
    }
    keys
}

/// The id of an element of a list, or its number.
fn section_id(one: &Value, place: usize) -> String {
    one.get("id").and_then(Value::as_str).map_or_else(|| place.saturating_add(1).to_string(), str::to_owned)
}

fn flatten(at: &str, value: &Value, section: &Section, keys: &mut BTreeMap<String, (Section, String)>) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                flatten(&format!("{at}.{key}"), value, section, keys);
            }
        }
        value => {
            keys.insert(at.to_owned(), (section.clone(), value.to_string()));
        }
    }
}

/// Ids that a config declares, by kind of section.
pub(super) fn ids(manifest: &Manifest) -> BTreeMap<String, BTreeSet<String>> {
    let config = manifest.config.text.trim_start_matches('\u{feff}').parse::<Table>().unwrap_or_default();
    let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (kind, value) in &config {
        for one in value.as_array().into_iter().flatten() {
            if let Some(id) = one.get("id").and_then(Value::as_str) {
                ids.entry(kind.clone()).or_default().insert(id.to_owned());
            }
        }
    }
    ids
}

/// The id that only the one run has that a row is in, if there is one.
pub(super) fn one_sided(ids: &[BTreeMap<String, BTreeSet<String>>; 2], change: &Change) -> Option<String> {
    let [a, b] = ids;
    let (own, other) = match change.kind {
        Kind::Removed => (a, b),
        Kind::Added => (b, a),
        Kind::Changed => return None,
    };
    let has = |ids: &BTreeMap<String, BTreeSet<String>>, id: &str| {
        ids.values().flatten().any(|known| known == id || id.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('.')))
    };
    change.ids.iter().find(|id| has(own, id) && !has(other, id)).cloned()
}

/// What a section of the config reaches.
fn reach(section: &Section, configs: &[Table; 2]) -> Reach {
    const JOINT: [&str; 10] = [
        "budget_alignment",
        "budget_body",
        "budget_component",
        "gap",
        "obstruction",
        "place",
        "option",
        "finding",
        "what_if",
        "what_if_obstruction",
    ];
    const JUDGED: [&str; 5] = ["obstruction", "place", "option", "what_if", "what_if_obstruction"];
    let tables = |names: &[&str]| Reach { tables: names.iter().map(|name| (*name).to_owned()).collect(), ..Reach::default() };
    let (kind, id) = section;
    match kind.as_str() {
        "layer" | "budget" | "alignment" | "succession" | "what_if" | "scheme" => {
            let mut ids: BTreeSet<String> = BTreeSet::from([id.clone()]);
            for config in configs {
                follow(kind, &mut ids, config);
            }
            Reach { ids, ..tables(if kind == "scheme" { &JUDGED } else { &[] }) }
        }
        "agreement" | "cycle" | "governance" | "priority" => tables(&JOINT),
        "obstructions" => tables(&JUDGED),
        "options" => tables(&["place", "option"]),
        // They stop a run or let it through; its name and folder are no part of its tables.
        "findings" | "limits" | "run" => Reach::default(),
        _ => Reach::everything(),
    }
}

/// Adds what is made of what is there already: layers dissolved from blocks, alignments of layers, money of layers.
fn follow(kind: &str, ids: &mut BTreeSet<String>, config: &Table) {
    let sections = |name: &str| config.get(name).and_then(Value::as_array).into_iter().flatten();
    let text = |one: &Value, key: &str| one.get(key).and_then(Value::as_str).map(str::to_owned);
    if kind == "budget" {
        // A budget's money is met wherever its layer is.
        let layers: Vec<String> = sections("budget")
            .filter(|one| text(one, "id").is_some_and(|id| ids.contains(&id)))
            .filter_map(|one| text(one, "layer"))
            .collect();
        for one in sections("alignment").chain(sections("succession")) {
            let uses = ["health", "council", "from", "to"].iter().filter_map(|key| text(one, key)).any(|layer| layers.contains(&layer));
            if let (true, Some(id)) = (uses, text(one, "id")) {
                ids.insert(id);
            }
        }
        return;
    }
    if kind != "layer" {
        return;
    }
    loop {
        let before = ids.len();
        for name in ["layer", "alignment", "succession", "what_if", "budget"] {
            for one in sections(name) {
                let direct = ["blocks", "health", "council", "council_after", "district", "from", "to", "layer"]
                    .iter()
                    .filter_map(|key| text(one, key));
                let people = one.get("people").and_then(|people| text(people, "blocks"));
                if direct.chain(people).any(|used| ids.contains(&used))
                    && let Some(id) = text(one, "id")
                {
                    ids.insert(id);
                }
            }
        }
        if ids.len() == before {
            return;
        }
    }
}

/// What the sections that name a file reach, together; everything, where none is found to.
fn reach_of_file(path: &str, configs: &[Table; 2]) -> Reach {
    let mut all = Reach::default();
    let mut found = false;
    for config in configs {
        for (_, (section, text)) in flat(config) {
            if names(&text, path) {
                found = true;
                let one = reach(&section, configs);
                all.all |= one.all;
                all.ids.extend(one.ids);
                all.tables.extend(one.tables);
            }
        }
    }
    if found { all } else { Reach::everything() }
}

/// Whether a value of the config names a file: itself, the zip it is in, or the .shp it stands beside.
fn names(value: &str, path: &str) -> bool {
    value.split(['"', '\'']).skip(1).step_by(2).any(|text| {
        let in_zip = path.strip_prefix(text).is_some_and(|rest| rest.starts_with('/'))
            || text.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
        let beside = text.to_lowercase().ends_with(".shp") && Path::new(text).with_extension("") == Path::new(path).with_extension("");
        text == path || in_zip || beside
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Table {
        text.parse().unwrap()
    }

    #[test]
    fn a_layer_reaches_what_is_made_of_it() {
        let config = config(
            "[[layer]]\nid='oa'\npath='a/oa.zip'\n[[layer]]\nid='pct'\nblocks='oa'\nlookup={path='l.csv'}\n[[layer]]\nid='la'\npath='la.shp'\n\
             [[alignment]]\nid='pct-la'\nhealth='pct'\ncouncil='la'\n[[budget]]\nid='money'\nlayer='pct'\npath='m.csv'\n[[budget]]\nid='other'\nlayer='la'\npath='o.csv'",
        );
        let configs = [config.clone(), config];
        let ids = |path: &str| reach_of_file(path, &configs).ids.into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(ids("a/oa.zip"), "money oa pct pct-la");
        assert_eq!(ids("a/oa.zip/in.shp"), "money oa pct pct-la");
        assert_eq!(ids("l.csv"), "money pct pct-la");
        assert_eq!(ids("la.dbf"), "la other pct-la");
        assert_eq!(ids("m.csv"), "money pct-la");
        assert!(reach_of_file("unheard-of.csv", &configs).all);
    }

    #[test]
    fn keys_have_their_section_in_their_name() {
        let keys: Vec<String> =
            flat(&config("[run]\nname='x'\n[[layer]]\nid='a'\nwhere={field='F',in=['1','2']}\n[[cycle]]\npath='c'")).into_keys().collect();
        assert_eq!(keys, ["cycle[1].path", "layer[a].id", "layer[a].where.field", "layer[a].where.in", "run.name"]);
    }
}
