//! The whole difference as JSON: every row of it, numbers with all their digits.

use serde_json::{Map, Value as Json, json};

use super::cells;
use super::matching::{Change, Kind};
use super::summary::Flag;
use super::{Diff, TableDiff};

impl Diff {
    /// `{a, b, changed, unexplained, causes, vintages, summary, tables}`; docs/diff.md has every key.
    pub fn json(&self) -> Json {
        let run = |told: &super::Told| json!({ "folder": told.folder, "run_id": told.run_id, "name": told.name, "program": told.program });
        let [a, b] = &self.runs;
        let causes: Vec<Json> = (1u64..)
            .zip(&self.causes)
            .map(|(number, cause)| {
                let reach = json!({ "all": cause.reach.all, "ids": cause.reach.ids, "tables": cause.reach.tables });
                json!({ "number": number, "kind": cause.kind.as_str(), "what": cause.what, "from": cause.from, "to": cause.to, "reaches": reach })
            })
            .collect();
        let vintages: Vec<Json> = self
            .vintages
            .iter()
            .map(|vintage| {
                let [one, other] = &vintage.only_in;
                let codes = vintage.codes.map(|[both, one, other]| json!({ "in_both": both, "only_in_a": one, "only_in_b": other }));
                json!({ "kind": vintage.kind, "only_in_a": one, "only_in_b": other, "codes": codes })
            })
            .collect();
        json!({
            "a": run(a),
            "b": run(b),
            "changed": self.changed(),
            "unexplained": self.is_unexplained(),
            "causes": causes,
            "vintages": vintages,
            "summary": self.summary_json(),
            "tables": self.tables.iter().map(table).collect::<Vec<_>>(),
        })
    }

    fn summary_json(&self) -> Json {
        let number = |text: &Option<String>| cells::json(crate::domain::ColumnType::Number, text.as_deref());
        let rate = |rate: &super::Rate| {
            let [alignment, basis, definition, side] = &rate.key;
            let sides = rate.sides.each_ref().map(|cells| {
                cells.as_ref().map(|[coterminous, of, share, people]| {
                    let whole = |text: &Option<String>| cells::json(crate::domain::ColumnType::Integer, text.as_deref());
                    json!({ "coterminous": whole(coterminous), "of": whole(of), "share": number(share), "people_share": number(people) })
                })
            });
            let [from, to] = &sides;
            json!({ "alignment": alignment, "basis": basis, "definition": definition, "side": side, "from": from, "to": to, "changed": from != to })
        };
        let moved = |class: &super::ClassMove| {
            json!({ "alignment": class.alignment, "side": class.side, "basis": class.basis, "code": class.code, "name": class.name,
                "from": class.from, "to": class.to })
        };
        let flag = |flag: &Flag| {
            let [from, to] = &flag.severity;
            json!({ "obstruction_key": flag.key, "obstruction_id": flag.id, "severity_from": from, "severity_to": to, "about": flag.about, "message": flag.message,
                "other_vintage": flag.vintage })
        };
        let outside = |outside: &super::Outside| {
            let [alignment, year] = &outside.key;
            // Sums beyond 64 bits do not fit a JSON number that others read; then the text stands for it.
            let pence = |pence: i128| i64::try_from(pence).map_or_else(|_| json!(pence.to_string()), |pence| json!(pence));
            let [from, to] =
                outside.sides.map(|side| side.map(|(known, unknown)| json!({ "pence": pence(known), "unknown_rows": unknown })));
            json!({ "alignment": alignment, "fiscal_year": Some(year).filter(|year| !year.is_empty()), "from": from, "to": to, "changed": from != to })
        };
        let findings: Map<String, Json> = self
            .summary
            .findings
            .iter()
            .map(|(id, [a, b, new, gone])| (id.clone(), json!({ "a": a, "b": b, "new": new, "gone": gone })))
            .collect();
        let [equal_a, equal_b] = self.summary.equal;
        json!({
            "equal_a": equal_a,
            "equal_b": equal_b,
            "rates": self.summary.rates.iter().map(rate).collect::<Vec<_>>(),
            "classes": self.summary.classes.iter().map(moved).collect::<Vec<_>>(),
            "flags": self.summary.flags.iter().map(flag).collect::<Vec<_>>(),
            "pounds_outside_main": self.summary.outside.iter().map(outside).collect::<Vec<_>>(),
            "findings": findings,
        })
    }
}

fn table(table: &TableDiff) -> Json {
    let [a, b] = table.rows;
    let [only_a, only_b] = &table.columns_only_in;
    json!({
        "name": table.name,
        "only_in": table.only_in.map(|run| if run == 0 { "a" } else { "b" }),
        "columns_only_in_a": only_a,
        "columns_only_in_b": only_b,
        "rows_a": a,
        "rows_b": b,
        "added": table.count(Kind::Added),
        "removed": table.count(Kind::Removed),
        "changed": table.count(Kind::Changed),
        "below_display_precision": table.changes.iter().filter(|change| change.is_below_display()).count(),
        "files_differ": table.files_differ,
        "rows": table.changes.iter().map(row).collect::<Vec<_>>(),
    })
}

fn row(change: &Change) -> Json {
    let record = |columns: &[super::Cell]| -> Json {
        let cells = columns.iter().map(|cell| (cell.column.clone(), cells::json(cell.kind, cell.to.as_deref())));
        Json::Object(cells.collect::<Map<_, _>>())
    };
    let because: Vec<usize> = change.because.iter().map(|place| place.saturating_add(1)).collect();
    let mut row = Map::new();
    row.insert("change".to_owned(), json!(change.kind.as_str()));
    row.insert("key".to_owned(), record(&change.key));
    if change.kind == Kind::Changed {
        let cells: Vec<Json> = change
            .cells
            .iter()
            .map(|cell| {
                let [from, to] = [&cell.from, &cell.to].map(|text| cells::json(cell.kind, text.as_deref()));
                json!({ "column": cell.column, "from": from, "to": to, "below_display_precision": cell.is_below_display() })
            })
            .collect();
        row.insert("cells".to_owned(), Json::Array(cells));
    } else {
        row.insert("row".to_owned(), record(&change.cells));
    }
    row.insert("other_vintage".to_owned(), json!(change.vintage));
    row.insert("because".to_owned(), json!(because));
    Json::Object(row)
}
