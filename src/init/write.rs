//! The config's text, with what was guessed and why beside each key.

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use super::Draft;
use super::guess::{Guess, LayerGuess, Source, alike};
use super::money::{Beside, BudgetGuess, Year};
use crate::domain::Role;
use crate::error::harmless;

/// Column that reasons begin in.
const REASONS: usize = 56;

struct Writer<'a> {
    text: String,
    open: Vec<String>,
    folder: &'a Path,
}

/// Writes the config.
pub(super) fn write(guess: &Guess, name: &str, path: &Path) -> Draft {
    let mut writer = Writer { text: String::new(), open: Vec::new(), folder: path.parent().unwrap_or(Path::new("")) };
    writer.head(name, path);
    for layer in &guess.layers {
        writer.layer(layer);
    }
    let alignments = writer.alignments(guess);
    writer.successions(guess);
    for budget in &guess.budgets {
        writer.budget(budget);
    }
    for (beside, path) in &guess.beside {
        if let Beside::Section(section) = beside {
            let stated = writer.stated(path);
            let _ = writeln!(writer.text, "\n[[{section}]]");
            writer.key("path", &stated, "its columns are those of such a table (docs/inputs.md)");
        }
    }
    if !guess.unused.is_empty() {
        writer.text.push_str("\n# Not used:\n");
        for (path, why) in &guess.unused {
            let _ = writeln!(writer.text, "#   {}: {}", harmless(&path.display().to_string()), harmless(why));
            writer.open.push(format!("{} is not used: {}", path.display(), why));
        }
    }
    Draft { text: writer.text, open: writer.open, counts: [guess.layers.len(), alignments, guess.budgets.len()] }
}

/// Kinds of NHS body that followed each other: groups, trusts, commissioning groups, Sub-ICB locations. Any other kind follows itself.
fn family(layer: &LayerGuess) -> Option<&'static str> {
    let id = layer.entity?.id;
    Some(if ["pcg", "pct", "ccg", "sicbl"].contains(&id) { "primary care" } else { id })
}

/// A text in quotes, as TOML wants it.
fn quoted(text: &str) -> String {
    // The basic form whatever it holds: one rule for every reader.
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// The path from a folder to a file, with `/`; absolute where they have nothing in common.
fn relative(folder: &Path, path: &Path) -> PathBuf {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (folder, path) = (absolute(if folder.as_os_str().is_empty() { Path::new(".") } else { folder }), absolute(path));
    let (mut from, mut to) = (folder.components().peekable(), path.components().peekable());
    let mut common = 0usize;
    while from.peek().is_some() && from.peek() == to.peek() {
        if matches!(from.next(), Some(Component::Normal(_))) {
            common = common.saturating_add(1);
        }
        to.next();
    }
    if common == 0 {
        return path.clone();
    }
    let up = from.filter(|part| !matches!(part, Component::CurDir)).map(|_| Component::ParentDir);
    let relative: PathBuf = up.chain(to).collect();
    relative
}

impl Writer<'_> {
    fn stated(&self, path: &Path) -> String {
        quoted(&relative(self.folder, path).to_string_lossy().replace('\\', "/"))
    }

    /// A key, its value, and why.
    fn key(&mut self, key: &str, value: &str, why: &str) {
        let line = format!("{key} = {value}");
        if why.is_empty() {
            let _ = writeln!(self.text, "{line}");
        } else {
            let _ = writeln!(self.text, "{line:<REASONS$}  # {}", harmless(why));
        }
    }

    /// A heading in the config.
    fn part(&mut self, title: &str) {
        let _ = writeln!(self.text, "\n# ---------------------------------------------------------------- {title}");
    }

    fn head(&mut self, name: &str, path: &Path) {
        let shown = harmless(&path.display().to_string());
        let _ = writeln!(
            self.text,
            "# Written by `coterminous init` from what is in the files: every key says why it is there. Read it through, then:\n#\n\
             #   coterminous check {shown}\n#   coterminous run {shown}\n#\n\
             # config/example.toml has every key there is.\n\n[run]"
        );
        self.key("name", &quoted(name), "shown in reports");
        self.key("crs", "\"EPSG:27700\"", "British National Grid, the only coordinate system supported; the files say so");
        self.part("layers");
    }

    fn layer(&mut self, layer: &LayerGuess) {
        self.text.push_str("\n[[layer]]\n");
        self.key("id", &quoted(&layer.id), "kind of area and year; other parts of this file refer to it");
        match &layer.role {
            Some((role, why)) => self.key("role", &quoted(role.as_str()), why),
            None => {
                self.key("role", "\"other\"", "NOT KNOWN: write health for NHS bodies, council for councils, blocks for building blocks");
                self.open.push(format!("layer {}: say in role whether its areas are NHS bodies (health), councils or blocks", layer.id));
            }
        }
        self.key("kind", &quoted(&layer.kind), "shown in reports");
        match &layer.source {
            Source::File(path, name) => {
                let stated = self.stated(path);
                self.key("path", &stated, "");
                if let Some(name) = name {
                    self.key("layer", &quoted(name), "one of several in the file");
                }
                self.key("code", &quoted(&layer.code.0), &layer.code.1);
                if layer.code.1.ends_with('?') {
                    self.open.push(format!("layer {}: is {} its code field?", layer.id, layer.code.0));
                }
                if let Some(name) = &layer.name {
                    self.key("name", &quoted(name), "");
                }
                if let Some((people, why)) = &layer.people {
                    self.key("people", &quoted(people), why);
                }
                if let Some(nation) = layer.nation {
                    let test = format!("{{ field = {}, starts_with = \"{nation}\" }}", quoted(&layer.code.0));
                    self.key("where", &test, "the file has other nations too, the NHS bodies are of this one");
                }
            }
            Source::Lookup(blocks, path, block, area) => {
                self.key("blocks", &quoted(blocks), "no polygons of it were given: dissolved from these");
                let name = layer.name.as_ref().map_or_else(String::new, |name| format!(", name = {}", quoted(name)));
                let lookup = format!("{{ path = {}, block = {}, area = {}{name} }}", self.stated(path), quoted(block), quoted(area));
                self.key("lookup", &lookup, "");
                self.key("derived", "true", "a best fit of blocks is an approximation");
            }
        }
        if layer.count > 0 {
            self.key("expected_count", &layer.count.to_string(), "what the file has now: another number is refused from here on");
        }
        if let Some((path, code)) = &layer.attributes {
            let value = format!("{{ path = {}, code = {} }}", self.stated(path), quoted(code));
            self.key("attributes", &value, "one row a code like this layer's, and no money: levels, tiers and so on");
        }
        if let Some(year) = layer.year {
            let month = layer.month.unwrap_or(4);
            let line = format!("# valid_from = {year:04}-{month:02}-01");
            let _ = writeln!(self.text, "{line:<REASONS$}  # the file is of that date; when did these areas begin?");
        }
    }

    /// Health layers, each with the council layer nearest to it in time and, of these, alike in linework.
    fn pairs(guess: &Guess) -> Vec<(&LayerGuess, &LayerGuess)> {
        let of = |wanted: Role| guess.layers.iter().filter(move |layer| layer.role.as_ref().is_some_and(|(role, _)| *role == wanted));
        let pairs = of(Role::Health).filter_map(|health| {
            let nearest = of(Role::Council).min_by_key(|council| {
                let years = health.year.zip(council.year).map_or(u16::MAX, |(one, other)| one.abs_diff(other));
                (years, health.linework != council.linework)
            })?;
            Some((health, nearest))
        });
        pairs.collect()
    }

    /// Where people come from: value and why.
    fn people(&self, guess: &Guess, health: &LayerGuess, council: Option<&LayerGuess>) -> Option<(String, String)> {
        let blocks = guess.layers.iter().filter(|layer| layer.role.as_ref().is_some_and(|(role, _)| *role == Role::Blocks));
        let mut counted: Vec<_> = blocks.filter_map(|layer| Some((layer, layer.people.as_ref()?))).collect();
        counted.sort_by_key(|(layer, _)| health.year.zip(layer.year).map_or(u16::MAX, |(one, other)| one.abs_diff(other)));
        if let Some((layer, (field, _))) = counted.first() {
            let value = format!("{{ blocks = {}, field = {}, method = \"area\" }}", quoted(&layer.id), quoted(field));
            return Some((value, "people of blocks, split by area where a boundary cuts one".to_owned()));
        }
        let table = guess.people_table.as_ref()?;
        let column = |layer: &LayerGuess| {
            let id = layer.entity?.id;
            let of_kind = || table.areas.iter().filter(move |(_, kind, _)| *kind == id);
            of_kind().find(|(_, _, year)| *year == layer.year).or_else(|| of_kind().next()).map(|(name, _, _)| name.clone())
        };
        let value = format!(
            "{{ table = {}, block = {}, left = {}, right = {}, field = {} }}",
            self.stated(&table.path),
            quoted(&table.block),
            quoted(&column(health)?),
            quoted(&column(council?)?),
            quoted(&table.field)
        );
        Some((value, "one row a block, its area in each layer: no block is cut".to_owned()))
    }

    fn alignments(&mut self, guess: &Guess) -> usize {
        let pairs = Self::pairs(guess);
        self.part("alignments: health x council");
        if pairs.is_empty() {
            self.text.push_str(
                "\n# No pair of a layer of role health and one of role council: nothing is compared yet.\n# [[alignment]]\n# id = \"health-council\"\n\
                 # health = \"...\"\n# council = \"...\"\n",
            );
            self.open.push(
                "there is no layer of role health together with one of role council: add the one that is missing, then an [[alignment]]"
                    .to_owned(),
            );
        }
        for (health, council) in &pairs {
            self.text.push_str("\n[[alignment]]\n");
            self.key("id", &quoted(&format!("{}-{}", health.id, council.id)), "");
            self.key("health", &quoted(&health.id), "");
            let why = match health.year.zip(council.year) {
                Some((one, other)) if one == other => "of the same year",
                Some(_) => "the council layer nearest in time",
                None => "is it of the same time?",
            };
            self.key("council", &quoted(&council.id), why);
            match self.people(guess, health, Some(council)) {
                Some((value, why)) => self.key("people", &value, &why),
                None => {
                    self.text.push_str(
                        "# people = { blocks = \"...\", field = \"...\" }  # no people were found: weighted by land area alone\n",
                    );
                    self.open.push(format!("alignment {}-{}: no people, so it is weighted by land area alone", health.id, council.id));
                }
            }
            if let Some(district) = guess.layers.iter().find(|layer| {
                let near = layer.year.zip(council.year).is_none_or(|(one, other)| one.abs_diff(other) <= 1);
                near && layer.role.as_ref().is_some_and(|(role, _)| *role == Role::Other)
                    && layer.entity.is_some_and(|entity| entity.id == "lad")
            }) {
                // A table of people would need a column for it.
                let by_table = guess.people_table.is_some()
                    && self.people(guess, health, Some(council)).is_some_and(|(value, _)| value.contains("table ="));
                if !by_table {
                    self.key("district", &quoted(&district.id), "the second tier, for the two-tier gap");
                }
            }
        }
        pairs.len()
    }

    /// Layers of one kind of NHS body, each with the next.
    fn successions(&mut self, guess: &Guess) {
        let mut health: Vec<&LayerGuess> = guess
            .layers
            .iter()
            .filter(|layer| {
                layer.role.as_ref().is_some_and(|(role, _)| *role == Role::Health) && layer.year.is_some() && layer.entity.is_some()
            })
            .collect();
        health.sort_by_key(|layer| (family(layer), layer.year));
        let pairs: Vec<(&LayerGuess, &LayerGuess)> = health
            .windows(2)
            .filter_map(|two| match two {
                [one, other] if family(one) == family(other) && one.year < other.year => Some((*one, *other)),
                _ => None,
            })
            .collect();
        if pairs.is_empty() {
            return;
        }
        self.part("successions");
        for (from, to) in pairs {
            self.text.push_str("\n[[succession]]\n");
            self.key(
                "id",
                &quoted(&format!("{}-{}", from.id, to.id)),
                "one took the place of the other: vintages of one kind, or of kinds that followed each other",
            );
            self.key("from", &quoted(&from.id), "");
            self.key("to", &quoted(&to.id), "");
            let line = format!("# date = {:04}-{:02}-01", to.year.unwrap_or(2000), to.month.unwrap_or(4));
            let _ = writeln!(self.text, "{line:<REASONS$}  # the day of the change");
            if let Some((value, why)) = self.people(guess, to, None) {
                self.key("people", &value.replace(", method = \"area\"", ""), &why);
            }
            if let Some((_, council)) = Self::pairs(guess).into_iter().find(|(health, _)| health.id == to.id) {
                self.key("council", &quoted(&council.id), "the effect on coterminosity is measured against it");
            }
            let declared = guess.beside.iter().find_map(|(beside, path)| match beside {
                Beside::Declared(old, new, reason, form, year)
                    if alike(form.as_ref(), from.form.as_ref()) && (year.is_none() || *year == to.year) =>
                {
                    Some((old, new, reason, path))
                }
                _ => None,
            });
            if let Some((old, new, reason, path)) = declared {
                let reason = reason.as_ref().map_or_else(String::new, |reason| format!(", reason = {}", quoted(reason)));
                let value = format!("{{ path = {}, from = {}, to = {}{reason} }}", self.stated(path), quoted(old), quoted(new));
                self.key("declared", &value, "its codes are like those of the predecessors");
            }
        }
    }

    fn budget(&mut self, budget: &BudgetGuess) {
        self.text.push_str("\n[[budget]]\n");
        self.key("id", &quoted(&budget.id), "");
        self.key("layer", &quoted(&budget.layer.0), &budget.layer.1);
        let stated = self.stated(&budget.path);
        self.key("path", &stated, "");
        if let Some(sheet) = &budget.sheet {
            self.key("sheet", &quoted(sheet), "");
        }
        self.key("code", &quoted(&budget.code), "");
        if let Some((path, from, to)) = &budget.codes {
            let value = format!("{{ path = {}, from = {}, to = {} }}", self.stated(path), quoted(from), quoted(to));
            self.key("codes", &value, "from these codes to those of the layer");
        }
        self.key("amount", &quoted(&budget.amount.0), &budget.amount.1);
        if !budget.other_amounts.is_empty() {
            let others = budget.other_amounts.join(", ");
            let _ = writeln!(self.text, "# other columns of money: {}", harmless(&others));
            self.open.push(format!("budget {}: the amount is taken from {}; there are also {others}", budget.id, budget.amount.0));
        }
        if budget.may_overlap {
            self.text.push_str("# MORE ROWS than bodies, services and years: keep those that do not overlap, with where = [{ field = \"...\", in = [...] }]\n");
            self.open.push(format!(
                "budget {}: it has more rows than bodies, services and years; if totals are listed beside their parts, money counts twice: keep one of them with where",
                budget.id
            ));
        }
        self.key("unit", &budget.unit.0.to_string(), &budget.unit.1);
        match &budget.year {
            Year::Column(column, last) => {
                self.key("fiscal_year", &format!("{{ column = {} }}", quoted(column)), "it holds fiscal years");
                if let Some(last) = last {
                    let test = format!("{{ field = {}, equals = {} }}", quoted(column), quoted(last));
                    self.key("where", &test, "the last of several years");
                    self.open.push(format!("budget {}: of several fiscal years {last} is kept", budget.id));
                }
            }
            Year::FileName(year) => self.key("fiscal_year", &quoted(year), "by the file's name"),
            Year::Unknown => {
                self.text.push_str(
                    "# fiscal_year = \"2010-11\"  # NOT KNOWN: no column of fiscal years, and none in the file's name; fill it in\n",
                );
                self.open.push(format!("budget {}: fill in fiscal_year", budget.id));
            }
        }
        match &budget.service {
            Some(service) => self.key(
                "service",
                &format!("{{ column = {} }}", quoted(service)),
                "add crosswalk = \"table\" to bring both sides to the same words",
            ),
            None => self.key("service", "{ fixed = \"all\" }", "no column of services"),
        }
        match &budget.mechanism {
            Some(mechanism) => self.key("mechanism", &format!("{{ column = {} }}", quoted(mechanism)), ""),
            None => self.key("mechanism", "{ fixed = \"mainstream\" }", "nothing says that it is pooled or a grant"),
        }
        self.key("missing", "\"unknown\"", "a body without a row is not known, which is not 0");
        let line = format!("# control_total = {{ rows = {} }}", budget.rows);
        let _ = writeln!(self.text, "{line:<REASONS$}  # rows there are now; add amount = the published total");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_from_the_config() {
        let told = |folder: &str, path: &str| relative(Path::new(folder), Path::new(path)).display().to_string();
        assert_eq!(told("/srv/config", "/srv/data/a.zip"), "../data/a.zip");
        assert_eq!(told("/srv", "/srv/data/a.zip"), "data/a.zip");
        assert_eq!(told("/srv/a", "/other/b.zip"), "/other/b.zip");
    }

    #[test]
    fn text_in_quotes() {
        for text in ["a", "a\"b\\c", "tab\tend", "Ünï"] {
            let line = format!("x = {}", quoted(text));
            let table: toml::Table = line.parse().unwrap();
            assert_eq!(table["x"].as_str(), Some(text));
        }
    }
}
