//! Earlier and other initiatives in primary care: in which bodies fundholding, total purchasing, commissioning groups, pilots and zones are at
//! work (domain.md A31-A36). Context for whoever plans across them: many separate initiatives in one place are a difficulty of their own (A35; rule BND-13).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::Date;

use super::columns::cell_problem;
use crate::config::{Members, PracticeLookup, SchemeKind, SchemePlan, SchemeSource};
use crate::domain::number::{ParsedPeople, parse_people};
use crate::domain::{Finding, Grid, Layer, People, Proof, Relation, Respelled, Severity, TextTable};
use crate::error::Result;
use crate::overlay;

/// One row of table `scheme`: a group of a scheme and a body it is at work in.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// Scheme id from the config.
    pub scheme: String,
    /// Group within it: the text of the group column, the area's code; the scheme's id where it is one group.
    pub group: String,
    /// Name of the group.
    pub name: Option<String>,
    /// Layer of the body.
    pub layer: String,
    /// Code of the body; `None` for what is in no body of the layer.
    pub code: Option<String>,
    /// What it is.
    pub kind: SchemeKind,
    /// `points`, `practices` or `areas`.
    pub given_as: &'static str,
    /// Members in the body; `None` for areas.
    pub members: Option<u64>,
    /// People of those members, or of the common area; `None` where one of them is not known.
    pub people: Option<People>,
    /// Square metres of the common area; `None` for members.
    pub area_m2: Option<f64>,
    /// Share of the body's people, or, where people are not known, of its area; `None` for members.
    pub share_of_body: Option<f64>,
    /// Whether its members hold a budget.
    pub holds_budget: Option<bool>,
    /// First and last day in force.
    pub valid: (Option<Date>, Option<Date>),
    /// Whether scheme and layer were in force on a common day; `None` where a date that would decide is not known.
    pub in_force: Option<bool>,
    /// Kinds of scheme at work in the body, this one included; 0 for no body.
    pub kinds_in_body: usize,
}

/// Members of a scheme, read and not yet placed.
#[derive(Debug, Clone)]
pub struct MemberRows {
    rows: Vec<Member>,
    file: String,
    field: String,
}

#[derive(Debug, Clone)]
struct Member {
    row: u64,
    code: String,
    group: String,
    name: Option<String>,
    people: Option<People>,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    /// Easting and northing, metres.
    Point(f64, f64),
    /// Code of a body.
    Body(String),
    /// Nothing says where.
    Unknown,
}

/// Reads the members of a scheme that is given as points or practices; `None` for areas.
///
/// # Errors
/// A column that is not there, a blank or repeated code, a coordinate or number of people that is none, a practice with two bodies in the
/// lookup.
pub fn read_members(plan: &SchemePlan, table: Option<&TextTable>, lookup: Option<&TextTable>) -> Result<Option<MemberRows>> {
    let (members, table) = match (&plan.source, table) {
        (SchemeSource::Points { members, .. } | SchemeSource::Practices { members, .. }, Some(table)) => (members, table),
        _ => return Ok(None),
    };
    let column = |name: &Option<String>| name.as_ref().map(|name| table.require(name)).transpose();
    let code_column = table.require(&members.code)?;
    let (group, name, people) = (column(&members.scheme)?, column(&members.name)?, column(&members.people)?);
    let places = Places::new(plan, table, lookup)?;
    let mut rows = Vec::with_capacity(table.len());
    let mut seen: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in 0..table.len() {
        let cell = |column: Option<usize>| column.and_then(|column| table.cell(row, column));
        let Some(code) = table.cell(row, code_column) else {
            let remedy = "fill the cell, or leave the row out";
            return Err(cell_problem(table, row, &members.code, "a blank cell".to_owned(), "a code", remedy).into());
        };
        let group = cell(group).unwrap_or(&plan.id).to_owned();
        if let Some(first) = seen.insert((group.clone(), code.to_owned()), table.row_number(row)) {
            let found = format!("member `{code}` of {group} is in row {first} already");
            return Err(cell_problem(table, row, &members.code, found, "one row a member and group", "keep one of the two rows").into());
        }
        rows.push(Member {
            row: table.row_number(row),
            code: code.to_owned(),
            group,
            name: cell(name).map(str::to_owned),
            people: people_of(table, row, people, members)?,
            place: places.of(row, code)?,
        });
    }
    Ok(Some(MemberRows { rows, file: table.path.display().to_string(), field: members.code.clone() }))
}

fn people_of(table: &TextTable, row: usize, column: Option<usize>, members: &Members) -> Result<Option<People>> {
    let Some(text) = column.and_then(|column| table.cell(row, column)) else { return Ok(None) };
    match parse_people(text) {
        ParsedPeople::Known { people, .. } => Ok(Some(people)),
        ParsedPeople::Unknown => Ok(None),
        ParsedPeople::Invalid => {
            let name = members.people.as_deref().unwrap_or("");
            Err(cell_problem(table, row, name, format!("`{text}`"), "a number of people, or blank", "correct the cell").into())
        }
    }
}

/// How the place of a member is found.
enum Places<'a> {
    Points { table: &'a TextTable, x: (usize, &'a str), y: (usize, &'a str) },
    Column { table: &'a TextTable, column: usize },
    Lookup(BTreeMap<&'a str, &'a str>),
}

impl<'a> Places<'a> {
    fn new(plan: &'a SchemePlan, table: &'a TextTable, lookup: Option<&'a TextTable>) -> Result<Self> {
        Ok(match &plan.source {
            SchemeSource::Points { x, y, .. } => Self::Points { table, x: (table.require(x)?, x), y: (table.require(y)?, y) },
            SchemeSource::Practices { body: Some(body), .. } => Self::Column { table, column: table.require(body)? },
            SchemeSource::Practices { lookup: Some(source), .. } => {
                Self::Lookup(lookup.map(|table| bodies_of(source, table)).transpose()?.unwrap_or_default())
            }
            SchemeSource::Practices { .. } | SchemeSource::Areas { .. } => Self::Lookup(BTreeMap::new()),
        })
    }

    fn of(&self, row: usize, code: &str) -> Result<Place> {
        match self {
            Self::Points { table, x, y } => {
                let coordinate = |(column, name): (usize, &str)| -> Result<Option<f64>> {
                    match table.cell(row, column).map(|text| (text, text.replace(',', "").parse::<f64>())) {
                        None => Ok(None),
                        Some((_, Ok(metres))) if metres.is_finite() => Ok(Some(metres)),
                        Some((text, _)) => {
                            let found = format!("`{text}`");
                            Err(cell_problem(table, row, name, found, "a coordinate in metres, or blank", "correct the cell").into())
                        }
                    }
                };
                Ok(match (coordinate(*x)?, coordinate(*y)?) {
                    (Some(x), Some(y)) => Place::Point(x, y),
                    _ => Place::Unknown,
                })
            }
            Self::Column { table, column } => Ok(table.cell(row, *column).map_or(Place::Unknown, |code| Place::Body(code.to_owned()))),
            Self::Lookup(bodies) => Ok(bodies.get(code).map_or(Place::Unknown, |body| Place::Body((*body).to_owned()))),
        }
    }
}

fn bodies_of<'a>(source: &PracticeLookup, table: &'a TextTable) -> Result<BTreeMap<&'a str, &'a str>> {
    let (practice, body) = (table.require(&source.practice)?, table.require(&source.body)?);
    let mut bodies: BTreeMap<&str, &str> = BTreeMap::new();
    for row in 0..table.len() {
        let (Some(practice), Some(body)) = (table.cell(row, practice), table.cell(row, body)) else { continue };
        if let Some(other) = bodies.insert(practice, body).filter(|other| *other != body) {
            let found = format!("practice `{practice}` belongs to `{body}` here and to `{other}` further up");
            let remedy = "keep one of the two rows";
            return Err(cell_problem(table, row, &source.body, found, "one body for one practice", remedy).into());
        }
    }
    Ok(bodies)
}

/// Members of a scheme by the bodies of each layer that they are in, with a DQ-04 finding for each member that is in none of a layer
/// (points), or in none of any (practices), and a proof a layer that no member was lost.
///
/// A point in two overlapping areas of a layer counts in the first by code. Layers that no practice names have no rows.
pub fn place_members(plan: &SchemePlan, members: &MemberRows, layers: &[&Layer], grid: &Grid) -> (Vec<Reach>, Vec<Finding>, Vec<Proof>) {
    let (mut reach, mut findings, mut proofs) = (Vec::new(), Vec::new(), Vec::new());
    let lost = |member: &Member, why: String| {
        Finding::new("DQ-04", format!("scheme {}, member `{}`: {why}", plan.id, member.code), "kept, in no body")
            // No pound and no seat depends on it, as on other codes.
            .severity(Severity::Low)
            .layer(plan.id.clone())
            .code(member.code.clone())
            .file(members.file.clone())
            .field(members.field.clone())
            .record(i64::try_from(member.row).unwrap_or(i64::MAX))
    };
    let is_points = matches!(plan.source, SchemeSource::Points { .. });
    // By layer: the body of each member that names one.
    let named: Vec<Vec<Option<usize>>> = layers
        .iter()
        .map(|layer| {
            let mut respelled = Respelled::new(layer);
            let of = |member: &Member| if let Place::Body(code) = &member.place { respelled.find(code, member.row) } else { None };
            let bodies = members.rows.iter().map(of).collect();
            findings.extend(respelled.finding(Path::new(&members.file), &members.field));
            bodies
        })
        .collect();
    let is_named = |at: usize| named.iter().any(|bodies| bodies.get(at).is_some_and(Option::is_some));
    for (at, member) in members.rows.iter().enumerate() {
        match &member.place {
            Place::Unknown if is_points => findings.push(lost(member, "it has no coordinates".to_owned())),
            Place::Unknown => findings.push(lost(member, "nothing says which body it belongs to".to_owned())),
            Place::Body(code) if !is_named(at) => {
                findings.push(lost(member, format!("its body `{code}` is in no layer of an alignment")));
            }
            Place::Body(_) | Place::Point(..) => {}
        }
    }
    for (layer, named) in layers.iter().zip(named) {
        let bodies: Vec<Option<usize>> = if is_points { located(members, layer, grid) } else { named };
        if !is_points && bodies.iter().all(Option::is_none) {
            continue;
        }
        let mut counted: BTreeMap<(&str, Option<usize>), Counted<'_>> = BTreeMap::new();
        for (member, body) in members.rows.iter().zip(&bodies) {
            let entry = counted.entry((&member.group, *body)).or_insert((0, Some(People(0)), None));
            entry.0 = entry.0.saturating_add(1);
            entry.1 = entry.1.zip(member.people).and_then(|(sum, people)| sum.0.checked_add(people.0)).map(People);
            entry.2 = entry.2.or(member.name.as_deref());
            if let (None, Place::Point(x, y)) = (body, &member.place) {
                findings.push(lost(member, format!("its point ({x}, {y}) lies in no area of layer {}", layer.id)));
            }
        }
        let total: u64 = counted.values().map(|(members, ..)| members).sum();
        proofs.push(Proof::exact(
            "members of bodies and of none are all members",
            format!("scheme {}, layer {}", plan.id, layer.id),
            members.rows.len() as i128,
            i128::from(total),
        ));
        for ((group, body), (members, people, name)) in counted {
            let code = body.and_then(|body| layer.areas.get(body)).map(|area| area.code.clone());
            let given_as = if is_points { "points" } else { "practices" };
            reach.push(Reach {
                members: Some(members),
                people,
                ..row(plan, (group.to_owned(), name.map(str::to_owned)), layer, code, given_as)
            });
        }
    }
    (reach, findings, proofs)
}

/// Members of a group in a body: how many, their people, the group's name.
type Counted<'a> = (u64, Option<People>, Option<&'a str>);

/// Body of each member by its point.
fn located(members: &MemberRows, layer: &Layer, grid: &Grid) -> Vec<Option<usize>> {
    let snapped: Vec<_> =
        members.rows.iter().map(|member| if let Place::Point(x, y) = member.place { grid.snap(x, y) } else { None }).collect();
    let points: Vec<_> = snapped.iter().flatten().copied().collect();
    let mut found = overlay::containing(&layer.rings, &points).into_iter();
    let mut next = || found.next().and_then(|units| units.first().and_then(|unit| usize::try_from(*unit).ok()));
    snapped.iter().map(|point| point.and_then(|_| next())).collect()
}

/// Areas of a scheme by the bodies of a layer that they overlap, slivers left out; a DQ-04 finding for an area that overlaps none.
///
/// `relation` has the layer's bodies on the left and the scheme's areas on the right.
pub fn place_areas(plan: &SchemePlan, layer: &Layer, relation: &Relation) -> (Vec<Reach>, Vec<Finding>) {
    let (mut reach, mut findings) = (Vec::new(), Vec::new());
    let mut met = vec![false; relation.right.len()];
    for pair in relation.pairs.iter().filter(|pair| !pair.sliver) {
        let (Some(body), Some(area)) = (relation.left.get(pair.left), relation.right.get(pair.right)) else { continue };
        if let Some(met) = met.get_mut(pair.right) {
            *met = true;
        }
        let by_people = pair.amounts.people.zip(body.people).filter(|(_, whole)| whole.0 > 0);
        let by_area = (body.area_m2 > 0.0).then(|| pair.amounts.area_m2 / body.area_m2);
        reach.push(Reach {
            people: pair.amounts.people,
            area_m2: relation.land(pair.amounts.area_m2),
            share_of_body: by_people.map(|(part, whole)| part.as_f64() / whole.as_f64()).or(by_area),
            ..row(plan, (area.code.clone(), area.name.clone()), layer, Some(body.code.clone()), "areas")
        });
    }
    for (area, _) in relation.right.iter().zip(&met).filter(|(_, met)| !**met) {
        findings.push(
            Finding::new(
                "DQ-04",
                format!("scheme {}: area {} overlaps no area of layer {}", plan.id, area.code, layer.id),
                "kept, in no body",
            )
            .severity(Severity::Low)
            .layer(plan.id.clone())
            .code(area.code.clone()),
        );
        reach.push(row(plan, (area.code.clone(), area.name.clone()), layer, None, "areas"));
    }
    (reach, findings)
}

/// A row with what it has from the scheme and the layer.
fn row(plan: &SchemePlan, (group, name): (String, Option<String>), layer: &Layer, code: Option<String>, given_as: &'static str) -> Reach {
    Reach {
        scheme: plan.id.clone(),
        group,
        name,
        layer: layer.id.clone(),
        code,
        kind: plan.kind,
        given_as,
        members: None,
        people: None,
        area_m2: None,
        share_of_body: None,
        holds_budget: plan.holds_budget,
        valid: (plan.valid_from, plan.valid_to),
        in_force: common_day((plan.valid_from, plan.valid_to), (layer.valid_from, layer.valid_to)),
        kinds_in_body: 0,
    }
}

/// Whether two periods have a common day. A last day that is not given is open where the first is known.
fn common_day(a: (Option<Date>, Option<Date>), b: (Option<Date>, Option<Date>)) -> Option<bool> {
    let ends_before = |end: Option<Date>, start: Option<Date>| end.zip(start).map(|(end, start)| end < start);
    if ends_before(a.1, b.0) == Some(true) || ends_before(b.1, a.0) == Some(true) {
        return Some(false);
    }
    (a.0.is_some() && b.0.is_some()).then_some(true)
}

/// Counts the kinds of scheme at work in each body (domain.md A35, initiatives in one place) and puts rows in the order of table `scheme`.
pub fn count_kinds(reach: &mut [Reach]) {
    let mut kinds: BTreeMap<(String, String), BTreeSet<SchemeKind>> = BTreeMap::new();
    for row in reach.iter() {
        if let Some(code) = &row.code {
            kinds.entry((row.layer.clone(), code.clone())).or_default().insert(row.kind);
        }
    }
    for row in reach.iter_mut() {
        let found = row.code.as_ref().and_then(|code| kinds.get(&(row.layer.clone(), code.clone())));
        row.kinds_in_body = found.map_or(0, BTreeSet::len);
    }
    reach.sort_by(|a, b| (&a.scheme, &a.group, &a.layer, &a.code).cmp(&(&b.scheme, &b.group, &b.layer, &b.code)));
}
