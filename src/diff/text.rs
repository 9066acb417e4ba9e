//! The difference for people: why, the headlines, then table by table. Headings stand at the left, rows begin with `+`, `-` or `~`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::cells::shown;
use super::matching::{Change, Kind};
use super::{Diff, Flag, Rate, TableDiff};
use crate::domain::{ColumnType, Pence};
use crate::error::harmless;
use crate::words;

/// Cells of a row that was added or removed that are told in text; JSON has all.
const CELLS: usize = 6;

impl Diff {
    /// The difference as text, `limit` rows a table and a headline at most (0: all); whatever is left out is counted.
    pub fn text(&self, limit: usize) -> String {
        let limit = if limit == 0 { usize::MAX } else { limit };
        let mut text = String::new();
        for (letter, told) in ["A", "B"].into_iter().zip(&self.runs) {
            let _ = writeln!(text, "{letter}: {}, run {}, by {}", harmless(&told.name), harmless(&told.run_id), harmless(&told.program));
            let _ = writeln!(text, "   {}", harmless(&told.folder));
        }
        if self.changed() {
            self.new_high(&mut text, limit);
        } else {
            text.push_str("\nNothing that was published changed\n");
        }
        self.causes(&mut text);
        self.vintages(&mut text);
        if self.changed() {
            self.rates(&mut text, limit);
            self.classes(&mut text, limit);
            self.flags(&mut text, limit);
            self.outside(&mut text, limit);
            self.findings(&mut text);
        }
        for table in self.tables.iter().filter(|table| table.changed()) {
            self.table(&mut text, table, limit);
        }
        let same: Vec<&str> = self.tables.iter().filter(|table| !table.changed()).map(|table| table.name.as_str()).collect();
        if !same.is_empty() {
            let _ = writeln!(text, "\nThe same in both\n  {}", same.join(", "));
        }
        let rewritten: Vec<&str> =
            self.tables.iter().filter(|table| !table.changed() && table.files_differ).map(|table| table.name.as_str()).collect();
        if !rewritten.is_empty() {
            let _ = writeln!(
                text,
                "  {} in other files with the same cells (descriptions, layout or blanks at the ends of text)",
                rewritten.join(", ")
            );
        }
        text
    }

    fn causes(&self, text: &mut String) {
        text.push_str("\nWhat the runs were made of\n");
        if self.causes.is_empty() {
            text.push_str("  the same program, config and inputs\n");
        }
        for (number, cause) in (1u64..).zip(&self.causes) {
            let side = |side: &Option<String>| side.as_deref().map_or_else(|| "not there".to_owned(), harmless);
            let _ = writeln!(
                text,
                "  {number}. {} {}: {} -> {}",
                cause.kind.as_str(),
                harmless(&cause.what),
                side(&cause.from),
                side(&cause.to)
            );
            let _ = writeln!(text, "     reaches {}", harmless(&cause.reach.told()));
        }
        if self.is_unexplained() {
            text.push_str("  Nothing in the manifests says why rows differ: one of the runs was changed by hand, or please report this\n");
        }
    }

    fn vintages(&self, text: &mut String) {
        if self.vintages.is_empty() {
            return;
        }
        text.push_str("\nIn one run only\n");
        for vintage in &self.vintages {
            let list = |ids: &[String]| if ids.is_empty() { "none".to_owned() } else { harmless(&ids.join(", ")) };
            let [one, other] = &vintage.only_in;
            let _ = writeln!(text, "  {}: A {}; B {}", harmless(&vintage.kind), list(one), list(other));
            if let Some([both, one, other]) = vintage.codes {
                let _ = writeln!(text, "    another vintage: {both} codes are in both, {one} in A only, {other} in B only");
            }
        }
        text.push_str("  Rows that are there for that reason are counted and not listed below; --format json lists them\n");
    }

    fn rates(&self, text: &mut String, limit: usize) {
        let changed: Vec<&Rate> = self.summary.rates.iter().filter(|rate| rate.sides[0] != rate.sides[1]).collect();
        let _ = writeln!(text, "\nMatching boundaries: {} of {} headline rates changed", changed.len(), self.summary.rates.len());
        let [a, b] = self.summary.equal;
        if a.total_cmp(&b).is_ne() {
            let _ = writeln!(text, "  judged by another tolerance: A equal {a}, B equal {b}");
        }
        for rate in changed.iter().take(limit) {
            let side = |side: &Option<super::Figures>| match side {
                None => "not there".to_owned(),
                Some([coterminous, of, share, people]) => {
                    let percent = |text: &Option<String>| {
                        text.as_deref().and_then(|text| text.parse().ok()).map_or_else(|| "unknown".to_owned(), words::percent)
                    };
                    let whole = |text: &Option<String>| shown(ColumnType::Integer, text.as_deref());
                    format!("{} of {} ({}, {} of the people)", whole(coterminous), whole(of), percent(share), percent(people))
                }
            };
            let [alignment, basis, definition, who] = &rate.key;
            let [from, to] = &rate.sides;
            let _ = writeln!(text, "  {} by {basis}, {definition}, {who}: {} -> {}", harmless(alignment), side(from), side(to));
        }
        more(text, changed.len(), limit);
    }

    fn classes(&self, text: &mut String, limit: usize) {
        let classes = &self.summary.classes;
        let _ = writeln!(text, "\nClasses: {} changed (a body counts once a basis and alignment)", classes.len());
        let mut counts: BTreeMap<[&str; 5], usize> = BTreeMap::new();
        for class in classes {
            let key = [&class.alignment, &class.side, &class.basis, &class.from, &class.to].map(String::as_str);
            let count = counts.entry(key).or_default();
            *count = count.saturating_add(1);
        }
        for ([alignment, side, basis, from, to], count) in &counts {
            let _ = writeln!(text, "  {count:>4}  {from} -> {to}, {} {side} by {basis}", harmless(alignment));
        }
        for class in classes.iter().take(limit) {
            let name = class.name.as_deref().map_or_else(String::new, |name| format!(" {}", harmless(name)));
            let _ = writeln!(
                text,
                "  ~ {}{name}: {} -> {} [{} by {}]",
                harmless(&class.code),
                class.from,
                class.to,
                harmless(&class.alignment),
                class.basis
            );
        }
        more(text, classes.len(), limit);
    }

    /// What a reader must know first: obstructions of high severity that A does not have, or has with another severity.
    fn new_high(&self, text: &mut String, limit: usize) {
        let high = |side: &Option<String>| side.as_deref() == Some("high");
        let is_new = |flag: &&Flag| !flag.vintage && matches!(&flag.severity, [from, to] if high(to) && !high(from));
        let new: Vec<&Flag> = self.summary.flags.iter().filter(is_new).collect();
        let _ = writeln!(text, "\nNew in B with high severity: {}", if new.is_empty() { "none".to_owned() } else { new.len().to_string() });
        for flag in new.iter().take(limit) {
            let message = flag.message.as_deref().map_or_else(|| harmless(&flag.about.join(" ")), harmless);
            let _ = writeln!(text, "  + {}: {message}", harmless(&flag.id));
        }
        more(text, new.len(), limit);
    }

    fn flags(&self, text: &mut String, limit: usize) {
        let flags: Vec<&Flag> = self.summary.flags.iter().filter(|flag| !flag.vintage).collect();
        let of = |test: &dyn Fn(&Flag) -> bool| flags.iter().filter(|flag| test(flag)).count();
        let by = |side: usize, word: &str| {
            of(&|flag| {
                flag.severity.iter().flatten().count() == 1 && flag.severity.get(side).is_some_and(|told| told.as_deref() == Some(word))
            })
        };
        let list = |side: usize| ["high", "medium", "low", "info"].map(|word| format!("{} {word}", by(side, word))).join(", ");
        let moved = of(&|flag| flag.severity.iter().all(Option::is_some));
        let _ = writeln!(text, "\nObstructions: new {}; gone {}; {moved} of another severity", list(1), list(0));
        let elsewhere = self.summary.flags.len().saturating_sub(flags.len());
        if elsewhere > 0 {
            let _ = writeln!(text, "  and {elsewhere} of alignments that only one run has");
        }
        let rank = |flag: &Flag| {
            let word = flag.severity.iter().rev().flatten().next().map_or("", String::as_str);
            ["high", "medium", "low", "info"].iter().position(|known| *known == word)
        };
        let mut told = flags.clone();
        told.sort_by_key(|flag| rank(flag));
        for flag in told.iter().take(limit) {
            let message = flag.message.as_deref().map_or_else(|| harmless(&flag.about.join(" ")), harmless);
            let _ = match &flag.severity {
                [None, Some(severity)] => writeln!(text, "  + {} {severity}: {message}", harmless(&flag.id)),
                [Some(severity), None] => writeln!(text, "  - {} {severity}: {message}", harmless(&flag.id)),
                [from, to] => {
                    let [from, to] = [from, to].map(|side| side.as_deref().unwrap_or("none"));
                    writeln!(text, "  ~ {} {from} -> {to}: {message}", harmless(&flag.id))
                }
            };
        }
        more(text, flags.len(), limit);
    }

    fn outside(&self, text: &mut String, limit: usize) {
        let changed: Vec<_> = self.summary.outside.iter().filter(|outside| outside.sides[0] != outside.sides[1]).collect();
        let _ = writeln!(
            text,
            "\nPounds for people outside the main council: {} of {} sums changed",
            changed.len(),
            self.summary.outside.len()
        );
        for outside in changed.iter().take(limit) {
            let side = |side: Option<(i128, usize)>| match side {
                None => "not there".to_owned(),
                Some((pence, unknown)) => {
                    let known = i64::try_from(pence).map_or_else(|_| format!("{pence} pence"), |pence| words::pounds(Pence(pence)));
                    let exact = format!("{pence} pence");
                    if unknown > 0 { format!("{known} ({exact}, {unknown} rows unknown)") } else { format!("{known} ({exact})") }
                }
            };
            let [alignment, year] = &outside.key;
            let year = if year.is_empty() { String::new() } else { format!(", {}", harmless(year)) };
            let [from, to] = outside.sides;
            let _ = writeln!(text, "  {}{year}: {} -> {}", harmless(alignment), side(from), side(to));
        }
        more(text, changed.len(), limit);
    }

    fn findings(&self, text: &mut String) {
        let changed = self.summary.findings.iter().filter(|(_, [a, b, new, gone])| a != b || new.saturating_add(*gone) > 0);
        let changed: Vec<_> = changed.collect();
        let _ = writeln!(text, "\nFindings about the input: {} kinds changed", changed.len());
        for (id, [a, b, new, gone]) in changed {
            let _ = writeln!(text, "  {}: {a} -> {b} ({new} new, {gone} gone)", harmless(id));
        }
    }

    fn table(&self, text: &mut String, table: &TableDiff, limit: usize) {
        if let Some(run) = table.only_in {
            let rows = table.rows.get(run).copied().unwrap_or(0);
            let _ = writeln!(text, "\n{}: only in {}, {rows} rows", harmless(&table.name), if run == 0 { "A" } else { "B" });
            return;
        }
        let count = |kind| table.count(kind);
        let [a, b] = table.rows;
        let _ = writeln!(
            text,
            "\n{}: {} changed, {} added, {} removed ({a} rows -> {b})",
            harmless(&table.name),
            count(Kind::Changed),
            count(Kind::Added),
            count(Kind::Removed)
        );
        for (letter, columns) in ["A", "B"].into_iter().zip(&table.columns_only_in) {
            if !columns.is_empty() {
                let _ = writeln!(text, "  columns only in {letter}: {}", harmless(&columns.join(", ")));
            }
        }
        let small = table.changes.iter().filter(|change| change.is_below_display()).count();
        if small > 0 {
            let _ = writeln!(text, "  {small} of them change below display precision only (ten digits, six decimals)");
        }
        let mut folded: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for change in &table.changes {
            if let Some(id) = &change.vintage {
                let sign = if change.kind == Kind::Removed { "-" } else { "+" };
                let rows = folded.entry((id, sign)).or_default();
                *rows = rows.saturating_add(1);
            }
        }
        for ((id, sign), rows) in &folded {
            let _ = writeln!(text, "  {sign} {rows} rows of {}, which the other run does not have", harmless(id));
        }
        let listed: Vec<&Change> = table.changes.iter().filter(|change| change.vintage.is_none()).collect();
        for change in listed.iter().take(limit) {
            let _ = writeln!(text, "  {}", self.row(change));
        }
        more(text, listed.len(), limit);
    }

    /// A changed row in one line.
    fn row(&self, change: &Change) -> String {
        let key: Vec<String> =
            change.key.iter().filter_map(|cell| Some(format!("{} {}", cell.column, shown(cell.kind, Some(cell.to.as_deref()?))))).collect();
        let (sign, cells) = match change.kind {
            Kind::Changed => ("~", change.cells.iter().map(super::Cell::told).collect::<Vec<_>>()),
            kind => {
                let known: Vec<_> = change.cells.iter().filter(|cell| cell.to.is_some()).collect();
                let mut told: Vec<String> =
                    known.iter().take(CELLS).map(|cell| format!("{} {}", cell.column, shown(cell.kind, cell.to.as_deref()))).collect();
                if known.len() > CELLS {
                    told.push(format!("and {} more cells", known.len().saturating_sub(CELLS)));
                }
                (if kind == Kind::Added { "+" } else { "-" }, told)
            }
        };
        // One cause is every row's; of several, each row says which.
        let because: Vec<String> = change.because.iter().map(|place| place.saturating_add(1).to_string()).collect();
        let because = if self.causes.len() > 1 && !because.is_empty() { format!(" [{}]", because.join(", ")) } else { String::new() };
        format!("{sign} {}: {}{because}", key.join(", "), cells.join("; "))
    }
}

fn more(text: &mut String, all: usize, limit: usize) {
    if all > limit {
        let _ = writeln!(text, "  ... and {} more (--limit 0 tells all)", all.saturating_sub(limit));
    }
}
