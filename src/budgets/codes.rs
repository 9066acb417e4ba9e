//! Codes as found to areas of the layer, through the code crosswalk where there is one. Never a guess.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::config::BudgetPlan;
use crate::domain::finding::TOLD;
use crate::domain::{Finding, Layer, Pence, Spellings, TextTable};
use crate::error::{InputProblem, Result};
use crate::words::count;

/// What codes can mean: the layer, and the crosswalk to it.
pub(super) struct CodeBook<'a> {
    layer: &'a Layer,
    field: String,
    crosswalk: Option<BTreeMap<String, Vec<String>>>,
    /// Codes that became others since the table was made.
    became: &'a BTreeMap<String, String>,
    /// What each of them became in the end.
    finally: BTreeMap<&'a str, &'a str>,
    /// The layer's codes without case and blanks; made where a code is not found as it is.
    spellings: OnceLock<Spellings>,
}

/// Codes met in some rows, each with what it means and how many rows and pence it stands for.
#[derive(Default)]
pub(super) struct Codes {
    known: BTreeMap<Box<str>, usize>,
    found: Vec<FoundCode>,
    last: usize,
    blank: Tally,
    /// How many of them have no body.
    unknown: usize,
}

#[derive(Clone)]
struct FoundCode {
    /// As the table has it.
    text: Box<str>,
    code: Arc<str>,
    body: Option<usize>,
    /// Why there is no body.
    trouble: Option<String>,
    /// The code that became `code`, where one did.
    followed: Option<String>,
    /// The layer's code is the same but for case or blanks.
    respelled: bool,
    /// It means several areas of the layer.
    ambiguous: bool,
    /// Whether `code` is what the body is called at another date than the table's.
    dated: bool,
    /// The bodies that it is divided over, with their codes and the people it is divided by; empty where it means one.
    split: Arc<[(usize, Arc<str>, i128)]>,
    tally: Tally,
}

#[derive(Default, Clone, Copy)]
struct Tally {
    rows: u64,
    first_row: u64,
    pence: i128,
}

impl Tally {
    fn add(&mut self, row: u64, amount: Option<Pence>) {
        self.merge(Self { rows: 1, first_row: row, pence: amount.map_or(0, |Pence(pence)| i128::from(pence)) });
    }

    fn merge(&mut self, other: Self) {
        if self.rows == 0 {
            self.first_row = other.first_row;
        }
        self.rows = self.rows.saturating_add(other.rows);
        self.pence = self.pence.saturating_add(other.pence);
    }
}

impl<'a> CodeBook<'a> {
    /// # Errors
    /// The crosswalk was not read, or lacks a column.
    pub(super) fn new(plan: &'a BudgetPlan, layer: &'a Layer, codes: Option<&TextTable>) -> Result<Self> {
        let crosswalk = match (&plan.codes, codes) {
            (Some(source), Some(codes)) => {
                let (from, to) = (codes.require(&source.from)?, codes.require(&source.to)?);
                let mut crosswalk: BTreeMap<String, Vec<String>> = BTreeMap::new();
                for row in 0..codes.len() {
                    if let (Some(from), Some(to)) = (codes.cell(row, from), codes.cell(row, to)) {
                        crosswalk.entry(from.to_owned()).or_default().push(to.to_owned());
                    }
                }
                for targets in crosswalk.values_mut() {
                    targets.sort();
                    targets.dedup();
                }
                Some(crosswalk)
            }
            (Some(source), None) => {
                let found = format!("the code crosswalk of budget `{}` was not read", plan.id);
                return Err(InputProblem::new(&source.table.path, found, "a table", "check that the file is there").into());
            }
            (None, _) => None,
        };
        Ok(Self {
            layer,
            field: plan.code.clone(),
            crosswalk,
            became: &plan.became,
            finally: finally(&plan.became),
            spellings: OnceLock::new(),
        })
    }

    fn look_up(&self, text: &str) -> FoundCode {
        let layer = &self.layer.id;
        let (mut followed, mut respelled, mut ambiguous) = (None, false, false);
        let (code, body, trouble) = match &self.crosswalk {
            None if self.became.contains_key(text) => {
                let code = self.successor(text);
                followed = Some(text.to_owned());
                match self.layer.position(code) {
                    Some(body) => (code, Some(body), None),
                    None => (text, None, Some(format!("code `{text}` became `{code}`, which is not in layer {layer}"))),
                }
            }
            None => match self.layer.position(text) {
                Some(body) => (text, Some(body), None),
                None if self.respelled(text).is_some() => {
                    respelled = true;
                    let body = self.respelled(text);
                    (body.and_then(|body| self.layer.areas.get(body)).map_or(text, |area| area.code.as_str()), body, None)
                }
                None => {
                    let several: Vec<&str> = text.split(';').map(str::trim).filter(|part| self.layer.position(part).is_some()).collect();
                    ambiguous = several.len() > 1;
                    let trouble = if ambiguous {
                        format!("code `{text}` stands for {} areas of layer {layer}, and nothing says how the money divides", several.len())
                    } else {
                        format!("code `{text}` is not in layer {layer}")
                    };
                    (text, None, Some(trouble))
                }
            },
            Some(crosswalk) => match crosswalk.get(text) {
                None => (text, None, Some(format!("code `{text}` is not in the code crosswalk"))),
                Some(targets) => {
                    // A crosswalk may hold several vintages of a code; only those of this layer count, and what they became.
                    let mut here: Vec<(&str, usize, &str)> = Vec::new();
                    for target in targets {
                        let code = self.successor(target);
                        if let Some(body) = self.layer.position(code).filter(|body| !here.iter().any(|(_, known, _)| known == body)) {
                            here.push((code, body, target));
                        }
                    }
                    let mut here = here.into_iter();
                    match (here.next(), here.next()) {
                        (Some((code, body, target)), None) => {
                            followed = (code != target).then(|| target.to_owned());
                            (code, Some(body), None)
                        }
                        (Some(_), Some(_)) => {
                            ambiguous = true;
                            let all: Vec<&str> = targets.iter().filter(|t| self.layer.position(t).is_some()).map(String::as_str).collect();
                            let trouble = format!(
                                "code `{text}` leads to {} areas of layer {layer} ({}), and nothing says how the money divides",
                                all.len(),
                                all.join(";")
                            );
                            (text, None, Some(trouble))
                        }
                        (None, _) => {
                            let trouble = format!("code `{text}` leads to `{}`, which is not in layer {layer}", targets.join(";"));
                            (text, None, Some(trouble))
                        }
                    }
                }
            },
        };
        let (mut code, mut trouble) = (code, trouble);
        let other = &self.layer.other_codes;
        let own = body.and_then(|body| self.layer.areas.get(body)).map(|area| area.code.as_str()).filter(|own| *own != code);
        let dated = own.is_some() && !respelled;
        if let Some(own) = own {
            followed = followed.or_else(|| Some(code.to_owned()));
            code = own;
        }
        let mut split: Vec<(usize, Arc<str>, i128)> = Vec::new();
        if body.is_none() {
            for (area, people) in other.split(code).unwrap_or(&[]) {
                if let Some(own) = self.layer.areas.get(*area) {
                    split.push((*area, Arc::from(own.code.as_str()), i128::from(*people)));
                }
            }
            if !split.is_empty() {
                trouble = None;
            } else if let (Some(why), Some(said)) = (other.unclear(code), &trouble) {
                trouble = Some(format!("{said}: {why}"));
            }
        }
        FoundCode {
            text: text.into(),
            code: Arc::from(code),
            body,
            trouble,
            followed,
            respelled,
            ambiguous,
            dated,
            split: split.into(),
            tally: Tally::default(),
        }
    }

    /// The area whose code is the same but for case and blanks, where there is one alone.
    fn respelled(&self, text: &str) -> Option<usize> {
        self.spellings.get_or_init(|| Spellings::of(self.layer)).find(text)
    }

    /// What a code became in the end; the code itself where it became nothing else.
    fn successor<'b>(&'b self, code: &'b str) -> &'b str {
        self.finally.get(code).copied().unwrap_or(code)
    }

    /// Refuses a table most of whose codes are none of the layer's, by the hundred thousand: it is about something else.
    ///
    /// # Errors
    /// There are more than can be told.
    pub(super) fn few_unknown(&self, met: &Codes, table: &TextTable) -> Result<()> {
        const UNKNOWN: usize = 200_000;
        if met.unknown <= UNKNOWN {
            return Ok(());
        }
        let found = format!("has more than {UNKNOWN} different codes that are of no area of layer {}", self.layer.id);
        let remedy = "name the column that has them in the config, or a crosswalk (codes) that leads to them";
        Err(InputProblem::new(&table.path, found, "codes of the layer's areas", remedy).field(self.field.clone()).into())
    }

    /// Finding DQ-17 for every code that was followed to what it became, DQ-04 for every code without a body, and for rows without a code.
    pub(super) fn findings(&self, met: &Codes, file: &str) -> Vec<Finding> {
        let finding = |detail: String, tally: &Tally| {
            Finding::new("DQ-04", format!("{detail} ({})", count(tally.rows, "row", "rows")), "kept, unallocated")
                .file(file)
                .field(self.field.clone())
                .record(i64::try_from(tally.first_row).unwrap_or(i64::MAX))
                .value(tally.pence as f64, "pence")
        };
        let mut findings = Vec::new();
        if met.blank.rows > 0 {
            findings.push(finding(format!("the code is blank where an area of layer {} is expected", self.layer.id), &met.blank));
        }
        let (mut told, mut more, mut others) = (0usize, 0usize, Tally::default());
        for found in &met.found {
            if let (Some(before), Some(_)) = (&found.followed, found.body) {
                let rows = count(found.tally.rows, "row", "rows");
                let detail = if found.dated {
                    format!("code `{}` is read as {}, the same body at another date ({rows})", found.text, found.code)
                } else {
                    format!("code `{}` is read as {}, which {before} became ({rows})", found.text, found.code)
                };
                findings.push(
                    Finding::new("DQ-17", detail, "read as its successor's")
                        .code(before.clone())
                        .file(file)
                        .field(self.field.clone())
                        .record(i64::try_from(found.tally.first_row).unwrap_or(i64::MAX))
                        .value(found.tally.pence as f64, "pence"),
                );
            }
            if found.respelled {
                let detail =
                    format!("code `{}` is read as {}, the same but for case or blanks ({} rows)", found.text, found.code, found.tally.rows);
                findings.push(
                    Finding::new("DQ-21", detail, "read as the layer's code")
                        .code(found.code.to_string())
                        .file(file)
                        .field(self.field.clone())
                        .record(i64::try_from(found.tally.first_row).unwrap_or(i64::MAX))
                        .value(found.tally.pence as f64, "pence"),
                );
            }
            if !found.split.is_empty() {
                let into: Vec<&str> = found.split.iter().take(5).map(|(_, code, _)| code.as_ref()).collect();
                let detail = format!(
                    "code `{}` means {} bodies at another date, the first {} ({} rows)",
                    found.text,
                    found.split.len(),
                    into.join(", "),
                    found.tally.rows
                );
                findings.push(
                    Finding::new("DQ-17", detail, "divided by people")
                        .code(found.text.to_string())
                        .file(file)
                        .field(self.field.clone())
                        .record(i64::try_from(found.tally.first_row).unwrap_or(i64::MAX))
                        .value(found.tally.pence as f64, "pence"),
                );
            }
            if let Some(trouble) = &found.trouble {
                told = told.saturating_add(1);
                if told <= TOLD {
                    findings.push(finding(trouble.clone(), &found.tally).code(found.code.to_string()));
                } else {
                    more = more.saturating_add(1);
                    others.merge(found.tally);
                }
            }
        }
        findings.extend(self.mixed(met, file));
        if more > 0 {
            findings.push(finding(format!("{more} more codes have no area in layer {}", self.layer.id), &others));
        }
        findings
    }
}

impl CodeBook<'_> {
    /// Finding DQ-29 where one table has codes of before a change and codes of after it.
    fn mixed(&self, met: &Codes, file: &str) -> Option<Finding> {
        let dated: Vec<&FoundCode> = met.found.iter().filter(|found| found.dated || !found.split.is_empty()).collect();
        let first = dated.first()?;
        let is_changed = |found: &&FoundCode| !found.dated && found.body.is_some_and(|body| self.layer.other_codes.changed(body));
        let own: Vec<&FoundCode> = met.found.iter().filter(is_changed).collect();
        let other = own.first()?;
        let detail = format!(
            "the table has {} codes of another date than layer {} (the first {}) beside {} codes of its date that were others then (the first {})",
            dated.len(),
            self.layer.id,
            first.text,
            own.len(),
            other.text
        );
        Some(
            Finding::new("DQ-29", detail, "each read as the body it means")
                .file(file)
                .field(self.field.clone())
                .record(i64::try_from(first.tally.first_row).unwrap_or(i64::MAX))
                .value(dated.len() as f64, "codes"),
        )
    }
}

/// What each code became in the end. The config has no circles.
fn finally(became: &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    let mut finally: BTreeMap<&str, &str> = BTreeMap::new();
    for (before, after) in became {
        let (mut way, mut last) = (vec![before.as_str()], after.as_str());
        // A chain is followed once, however many codes lead into it.
        while !finally.contains_key(last)
            && way.len() <= became.len()
            && let Some(next) = became.get(last)
        {
            way.push(last);
            last = next;
        }
        let end = finally.get(last).copied().unwrap_or(last);
        finally.extend(way.into_iter().map(|code| (code, end)));
    }
    finally
}

/// What a cell means: the code, the body, and the bodies it is divided over where it means several.
pub(super) type Meaning = (Option<Arc<str>>, Option<usize>, Option<Arc<[(usize, Arc<str>, i128)]>>);

impl Codes {
    /// What a cell means.
    pub(super) fn resolve(&mut self, book: &CodeBook<'_>, text: Option<&str>, row: u64, amount: Option<Pence>) -> Meaning {
        let Some(text) = text else {
            self.blank.add(row, amount);
            return (None, None, None);
        };
        // Rows of one body follow each other more often than not.
        let index = match self.found.get(self.last).filter(|found| *found.text == *text) {
            Some(_) => self.last,
            None => self.index(text, || book.look_up(text)),
        };
        self.last = index;
        match self.found.get_mut(index) {
            Some(found) => {
                found.tally.add(row, amount);
                (Some(Arc::clone(&found.code)), found.body, (!found.split.is_empty()).then(|| Arc::clone(&found.split)))
            }
            None => (None, None, None),
        }
    }

    fn index(&mut self, text: &str, look_up: impl FnOnce() -> FoundCode) -> usize {
        if let Some(index) = self.known.get(text) {
            return *index;
        }
        let index = self.found.len();
        let found = look_up();
        self.unknown = self.unknown.saturating_add(usize::from(found.trouble.is_some()));
        self.found.push(found);
        self.known.insert(text.into(), index);
        index
    }

    /// Whether any code is of an area of the layer, or of several.
    pub(super) fn mean_any(&self) -> bool {
        self.found.iter().any(|found| found.body.is_some() || found.ambiguous || !found.split.is_empty())
    }

    /// Codes that differ from the layer's in case or blanks alone, with the layer's.
    pub(super) fn rewritten(&self) -> BTreeMap<&str, &str> {
        self.found.iter().filter(|found| found.respelled).map(|found| (found.text.as_ref(), found.code.as_ref())).collect()
    }

    /// Adds what later rows met.
    pub(super) fn merge(&mut self, other: Self) {
        self.blank.merge(other.blank);
        for found in other.found {
            let (text, tally) = (found.text.clone(), found.tally);
            let index = self.index(&text, || FoundCode { tally: Tally::default(), ..found });
            if let Some(known) = self.found.get_mut(index) {
                known.tally.merge(tally);
            }
        }
    }
}
