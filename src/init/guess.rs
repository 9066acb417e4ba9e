//! What each file can be in a config.

use std::path::PathBuf;

use super::money::{self, Beside, BudgetGuess};
use crate::domain::{Clip, Role};
use crate::inspect::ons::{self, Entity, Part};
use crate::inspect::{CodeForm, Field, FieldKind, Inspected, What};

/// Everything that was guessed.
#[derive(Debug, Default)]
pub(super) struct Guess {
    pub layers: Vec<LayerGuess>,
    pub budgets: Vec<BudgetGuess>,
    /// Tables that stand beside: agreements, cycles, governance, priorities, attributes, declared changes.
    pub beside: Vec<(Beside, PathBuf)>,
    /// A building-block table with people, for alignments without blocks.
    pub people_table: Option<PeopleTable>,
    /// Files that are not used, and why.
    pub unused: Vec<(PathBuf, String)>,
}

/// A layer to be.
#[derive(Debug, Clone)]
pub struct LayerGuess {
    /// Id with the vintage.
    pub id: String,
    /// Role, and why.
    pub role: Option<(Role, String)>,
    /// Kind of body.
    pub kind: String,
    /// Where it comes from.
    pub source: Source,
    /// Vintage.
    pub year: Option<i16>,
    /// Month in the file's name.
    pub month: Option<i8>,
    /// Code field and why.
    pub code: (String, String),
    /// Name field.
    pub name: Option<String>,
    /// Population field and why.
    pub people: Option<(String, String)>,
    /// Nation that is kept, where the file has more than the NHS bodies' one.
    pub nation: Option<char>,
    /// Areas, after that.
    pub count: usize,
    /// Form of its codes.
    pub form: Option<CodeForm>,
    /// Letters of its kind of area.
    pub entity: Option<&'static Entity>,
    /// Clip and resolution by the file's name.
    pub linework: (Option<Clip>, Option<f64>),
    /// Attribute table and its code column.
    pub attributes: Option<(PathBuf, String)>,
}

/// Where a layer comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A boundary file, and which of its layers where it has several.
    File(PathBuf, Option<String>),
    /// Blocks of a layer, by a lookup: path, its block column, its area column.
    Lookup(String, PathBuf, String, String),
}

/// A building-block table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PeopleTable {
    pub path: PathBuf,
    pub block: String,
    /// Code columns with the kind of area and the year that they name.
    pub areas: Vec<(String, &'static str, Option<i16>)>,
    pub field: String,
}

/// What a field's name or its codes say of the kind of area.
pub(super) fn entity_of(field: &Field) -> Option<&'static Entity> {
    field.ons.filter(|ons| matches!(ons.part, Part::Code)).map(|ons| ons.entity)
}

/// Guesses.
pub(super) fn guess(found: &[Inspected]) -> Guess {
    let mut guess = Guess::default();
    for one in found {
        match (&one.what, &one.problem) {
            (_, Some(problem)) => guess.unused.push((one.path.clone(), problem.clone())),
            (What::Layer(_), None) => guess.layers.extend(layer(one)),
            _ => {}
        }
    }
    roles(&mut guess.layers);
    let tables: Vec<&Inspected> = found.iter().filter(|one| matches!(one.what, What::Table(_)) && one.is_usable()).collect();
    for table in &tables {
        lookups(table, &mut guess);
    }
    nations(&mut guess.layers);
    ids(&mut guess.layers);
    // Money first: it tells which tables are crosswalks of codes.
    for is_money in [true, false] {
        for table in tables.iter().filter(|table| money::has_money(table) == is_money) {
            money::table(table, found, &mut guess);
        }
    }
    guess
}

/// Whether a field says by its name that it counts people.
pub(super) fn is_people(field: &Field) -> bool {
    let name = field.name.to_ascii_lowercase();
    let says = ["people", "persons", "residents", "population"].iter().any(|word| name.contains(word));
    let is_pop = name.strip_prefix("pop").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_'));
    field.kind.is_number() && (says || is_pop)
}

fn layer(one: &Inspected) -> Option<LayerGuess> {
    let What::Layer(layer) = &one.what else { return None };
    let code = layer.fields.iter().find(|field| Some(&field.name) == layer.code.as_ref())?;
    let file = match &one.layer {
        Some(layer) => layer.clone(),
        None => one.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
    };
    let dated = ons::date(&file);
    let entity = entity_of(code);
    let prefix = code.code.as_ref().and_then(CodeForm::prefix).and_then(|text| ons::PREFIXES.iter().find(|prefix| prefix.text == text));
    let role = match (entity, prefix) {
        (Some(entity), _) => Some((entity.role, format!("{} is a code by the names of the ONS: {}", code.name, entity.kind))),
        (None, Some(prefix)) => Some((prefix.role, format!("its codes begin with {}: {}", prefix.text, prefix.kind))),
        (None, None) => same_role(code),
    };
    let year = code.ons.and_then(|ons| ons.year).or(dated.map(|(_, year)| year));
    let kind = entity.map(|entity| entity.kind).or(prefix.map(|prefix| prefix.kind)).map_or_else(|| file.clone(), str::to_owned);
    let stem = entity.map_or_else(|| plain(&file), |entity| entity.id.to_owned());
    let why = if code.ons.is_some() {
        "named as the ONS names codes; every record has one, and each once".to_owned()
    } else if code.code.is_some() {
        "looks like codes; every record has one, and each once".to_owned()
    } else {
        "the first text field that is different in every record: is it the code?".to_owned()
    };
    let people = layer.fields.iter().find(|field| is_people(field) && field.filled > 0);
    Some(LayerGuess {
        id: year.filter(|_| entity.is_some()).map_or_else(|| stem.clone(), |year| format!("{stem}-{year}")),
        role,
        kind,
        source: Source::File(one.path.clone(), one.layer.clone()),
        year,
        month: dated.and_then(|(month, _)| month),
        code: (code.name.clone(), why),
        name: layer.name.clone(),
        people: people.map(|field| {
            let (least, most) = field.range.clone().unwrap_or_default();
            (field.name.clone(), format!("numbers from {least} to {most}; population, judging by the column name"))
        }),
        nation: None,
        count: layer.shapes.map_or(0, |shapes| shapes.areas),
        form: code.code.clone(),
        entity,
        linework: (layer.clip, layer.resolution_m),
        attributes: None,
    })
}

/// The role of codes of several kinds that all have it, such as E06, E08, E09 and E10.
fn same_role(code: &Field) -> Option<(Role, String)> {
    let Some(CodeForm::Nine(prefixes)) = &code.code else { return None };
    let known: Vec<_> = prefixes.keys().map(|text| ons::PREFIXES.iter().find(|prefix| prefix.text == text)).collect();
    let first = known.first().copied().flatten()?;
    known.iter().all(|prefix| prefix.is_some_and(|prefix| prefix.role == first.role)).then(|| {
        let list: Vec<&str> = prefixes.keys().map(String::as_str).collect();
        (first.role, format!("its codes begin with {}", list.join(", ")))
    })
}

/// A file's name as an id can be.
pub(super) fn plain(text: &str) -> String {
    let id: String = text.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let id: Vec<&str> = id.split('-').filter(|part| !part.is_empty()).collect();
    if id.is_empty() { "layer".to_owned() } else { id.join("-") }
}

/// Districts beside councils with social services are the second tier.
fn roles(layers: &mut [LayerGuess]) {
    let upper = layers.iter().any(|layer| layer.entity.is_some_and(|entity| entity.id == "council"));
    for layer in layers {
        if upper && layer.entity.is_some_and(|entity| entity.id == "lad" || entity.id == "county") {
            layer.role = Some((Role::Other, "there are councils with social services too, so this is the second tier".to_owned()));
        }
    }
}

/// Keeps the nation of the NHS bodies in layers that have more.
fn nations(layers: &mut [LayerGuess]) {
    let nations = |layer: &LayerGuess| layer.form.as_ref().map(CodeForm::nations).unwrap_or_default();
    let mut of_health: Vec<char> =
        layers.iter().filter(|layer| layer.role.as_ref().is_some_and(|(role, _)| *role == Role::Health)).flat_map(nations).collect();
    of_health.sort_unstable();
    of_health.dedup();
    let [nation] = of_health.as_slice() else { return };
    for layer in layers.iter_mut() {
        let own = nations(layer);
        if own.len() > 1 && own.contains(nation) && matches!(layer.source, Source::File(..)) {
            layer.nation = Some(*nation);
            if let Some(CodeForm::Nine(prefixes)) = &layer.form {
                layer.count = prefixes.iter().filter(|(prefix, _)| prefix.starts_with(*nation)).map(|(_, count)| *count).sum();
            }
        }
    }
}

/// Ids that are there once: the resolution of the linework, else a number, tells two of one kind and year apart.
fn ids(layers: &mut [LayerGuess]) {
    let mut used: Vec<String> = Vec::new();
    for layer in layers {
        let suffix = match layer.linework {
            (Some(Clip::Realm), _) => "-realm".to_owned(),
            (_, Some(resolution)) => format!("-{resolution}m"),
            _ => "-b".to_owned(),
        };
        let mut id = layer.id.clone();
        if used.contains(&id) {
            id = format!("{}{suffix}", layer.id);
        }
        let mut number = 2usize;
        while used.contains(&id) {
            id = format!("{}-{number}", layer.id);
            number = number.saturating_add(1);
        }
        used.push(id.clone());
        layer.id = id;
    }
}

/// Whether codes of two forms can be of one kind of area.
pub(super) fn alike(one: Option<&CodeForm>, other: Option<&CodeForm>) -> bool {
    match (one, other) {
        (Some(CodeForm::Nine(one)), Some(CodeForm::Nine(other))) => one.keys().any(|prefix| other.contains_key(prefix)),
        (Some(CodeForm::Ods), Some(CodeForm::Ods)) => true,
        _ => false,
    }
}

/// Layers that a table of blocks dissolves to, and its people.
fn lookups(one: &Inspected, guess: &mut Guess) {
    let fields = one.fields();
    let once = |field: &&Field| field.rows > 0 && field.filled == field.rows && field.distinct == field.rows;
    let Some(block) = fields.iter().filter(once).find(|field| entity_of(field).is_some_and(|entity| entity.role == Role::Blocks)) else {
        return;
    };
    let areas: Vec<&Field> = fields.iter().filter(|field| entity_of(field).is_some_and(|entity| entity.role != Role::Blocks)).collect();
    if areas.is_empty() {
        return;
    }
    let people = fields.iter().find(|field| is_people(field));
    if let Some(people) = people {
        let areas = areas.iter().filter_map(|field| Some((field.name.clone(), entity_of(field)?.id, field.ons?.year))).collect();
        guess.people_table.get_or_insert(PeopleTable {
            path: one.path.clone(),
            block: block.name.clone(),
            areas,
            field: people.name.clone(),
        });
    }
    let blocks = guess.layers.iter().find(|layer| {
        layer.role.as_ref().is_some_and(|(role, _)| *role == Role::Blocks)
            && layer.entity.map(|entity| entity.letters) == entity_of(block).map(|entity| entity.letters)
    });
    let Some(blocks) = blocks.map(|layer| layer.id.clone()) else {
        if people.is_none() {
            guess.unused.push((one.path.clone(), format!("a lookup by {}, and no layer of such blocks was given", block.name)));
        }
        return;
    };
    for field in areas {
        let (Some(entity), Some(ons)) = (entity_of(field), field.ons) else { continue };
        let is_there = guess.layers.iter().any(|layer| {
            layer.entity.is_some_and(|known| known.id == entity.id)
                && (layer.year.is_none() || ons.year.is_none() || layer.year == ons.year)
        });
        // A few blocks that belong nowhere are a finding, no reason to do without the layer.
        if is_there || field.filled.saturating_mul(2) < field.rows {
            continue;
        }
        let named = |name: &&Field| {
            name.ons.is_some_and(|other| other.part == Part::Name && (other.entity.letters, other.year) == (ons.entity.letters, ons.year))
        };
        guess.layers.push(LayerGuess {
            id: ons.year.map_or_else(|| entity.id.to_owned(), |year| format!("{}-{year}", entity.id)),
            role: Some((entity.role, format!("{} is a code by the names of the ONS: {}", field.name, entity.kind))),
            kind: entity.kind.to_owned(),
            source: Source::Lookup(blocks.clone(), one.path.clone(), block.name.clone(), field.name.clone()),
            year: ons.year,
            month: None,
            code: (field.name.clone(), String::new()),
            name: fields.iter().find(named).map(|field| field.name.clone()),
            people: None,
            nation: None,
            count: field.distinct,
            form: field.code.clone(),
            entity: Some(entity),
            linework: (None, None),
            attributes: None,
        });
    }
}

/// Columns of days, for dates of change.
pub(super) fn has(fields: &[Field], names: &[&str]) -> bool {
    names.iter().all(|name| fields.iter().any(|field| field.name == *name))
}

/// A text column by one of these names.
pub(super) fn column<'a>(fields: &'a [Field], names: &[&str]) -> Option<&'a Field> {
    fields.iter().find(|field| names.iter().any(|name| field.name.eq_ignore_ascii_case(name)) && field.kind != FieldKind::Blank)
}
