//! What is published, column by column, and that readers find what was put in.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use coterminous::Error;
use coterminous::alignment::{Alignment, measure};
use coterminous::config::Tolerances;
use coterminous::domain::{Amounts, Body, Finding, Grid, Outline, People, Point, Relation, RelationPair};
use coterminous::io::geoparquet::{self, Drawing};
use coterminous::io::parquet_out::{OverlayRow, write_overlay, write_table};
use coterminous::nesting::nest_all;
use coterminous::tables::{self, ColumnSpec, Table, TableSpec, Value};
use jiff::civil::date;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::ParquetMetaData;

static EVERY_TYPE: TableSpec = TableSpec {
    name: "every_type",
    description: "One row a case.",
    key: 2,
    columns: &[
        ColumnSpec::text("code", "Code."),
        ColumnSpec::integer("row", "row", "Row."),
        ColumnSpec::text("name", "Name; may be null.").or_null(),
        ColumnSpec::integer("pence", "pence", "Pence; may be null.").or_null(),
        ColumnSpec::number("share", "share 0-1", "Share; may be null.").or_null(),
        ColumnSpec::boolean("known", "Known; may be null.").or_null(),
        ColumnSpec::date("day", "Day; may be null.").or_null(),
    ],
};

fn read(path: &Path) -> (Vec<RecordBatch>, ParquetMetaData) {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let metadata = builder.metadata().as_ref().clone();
    (builder.build().unwrap().map(Result::unwrap).collect(), metadata)
}

fn key_value<'a>(metadata: &'a ParquetMetaData, key: &str) -> Option<&'a str> {
    let pairs = metadata.file_metadata().key_value_metadata()?;
    pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
}

#[test]
fn every_type_comes_back_as_it_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let mut table = Table::new(&EVERY_TYPE);
    table.push(["B".into(), 1i64.into(), "Ynys Môn".into(), i64::MIN.into(), 0.1.into(), true.into(), date(1999, 4, 1).into()]);
    table.push(["A".into(), 2i64.into(), Value::Null, Value::Null, Value::Null, Value::Null, Value::Null]);
    table.push(["A".into(), 1i64.into(), "".into(), i64::MAX.into(), (-0.0).into(), false.into(), date(1969, 12, 31).into()]);
    write_table(&path, &table.sorted()).unwrap();

    let (batches, _) = read(&path);
    assert_eq!(batches.len(), 1);
    let rows = &batches[0];
    let text = |column: usize| rows.column(column).as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect::<Vec<_>>();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(text(0), [some("A"), some("A"), some("B")]);
    assert_eq!(rows.column(1).as_primitive::<Int64Type>().values(), &[1, 2, 1]);
    assert_eq!(text(2), [some(""), None, some("Ynys Môn")], "empty text is not null");
    let pence: Vec<Option<i64>> = rows.column(3).as_primitive::<Int64Type>().iter().collect();
    assert_eq!(pence, [Some(i64::MAX), None, Some(i64::MIN)]);
    let share: Vec<Option<u64>> = rows.column(4).as_primitive::<Float64Type>().iter().map(|share| share.map(f64::to_bits)).collect();
    assert_eq!(share, [Some(0.0f64.to_bits()), None, Some(0.1f64.to_bits())], "minus zero is published as zero");
    let known: Vec<Option<bool>> = rows.column(5).as_boolean().iter().collect();
    assert_eq!(known, [Some(false), None, Some(true)]);
    // 1999-04-01 is day 10,682: 29 years of 365 days are 10,585, 7 leap days (1972 to 1996), 31 + 28 + 31 = 90 days of 1999.
    let days: Vec<Option<i32>> = rows.column(6).as_primitive::<Date32Type>().iter().collect();
    assert_eq!(days, [Some(-1), None, Some(29 * 365 + 7 + 90)]);
    let fields = rows.schema();
    assert!(!fields.field(0).is_nullable() && fields.field(2).is_nullable());
    assert_eq!(fields.field(3).metadata().get("unit").map(String::as_str), Some("pence"));
    assert_eq!(fields.field(0).metadata().get("description").map(String::as_str), Some("Code."));
}

#[test]
fn files_are_plain_enough_for_power_bi() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let mut table = Table::new(&EVERY_TYPE);
    // More rows than a row group holds, and more distinct figures than a dictionary page does, so that the fallback encoding is met.
    for row in 0..140_000i64 {
        let share = row as f64 / 140_000.0;
        table.push([
            "A".into(),
            row.into(),
            format!("name {row}").into(),
            row.into(),
            share.into(),
            (row % 3 == 0).into(),
            date(2000, 1, 1).into(),
        ]);
    }
    write_table(&path, &table).unwrap();
    let (batches, metadata) = read(&path);
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 140_000);
    assert_eq!(metadata.num_row_groups(), 2, "140,000 rows at 131,072 a group");
    assert_eq!(metadata.file_metadata().version(), 1, "format version 1, hence data page v1");
    let allowed = [Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY];
    for group in metadata.row_groups() {
        assert!(group.sorting_columns().is_some_and(|sorting| sorting.len() == 2 && sorting.iter().all(|column| !column.descending)));
        for column in group.columns() {
            assert_eq!(column.compression(), Compression::SNAPPY);
            assert!(column.encodings().all(|encoding| allowed.contains(&encoding)), "{:?}", column.encodings().collect::<Vec<_>>());
            assert!(column.statistics().is_some(), "statistics of {}", column.column_path());
            assert!(column.column_index_offset().is_some() && column.offset_index_offset().is_some(), "page index");
        }
    }
    assert_eq!(key_value(&metadata, "coterminous.table"), Some("every_type"));
    assert!(metadata.file_metadata().created_by().is_some_and(|by| by.starts_with("coterminous version ")));
}

#[test]
fn the_order_rows_were_found_in_leaves_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, order: &[i64]| {
        let mut table = Table::new(&EVERY_TYPE);
        for &row in order {
            let name = format!("n{}", row % 3);
            table.push([format!("code{}", row % 7).into(), row.into(), name.into(), Value::Null, Value::Null, Value::Null, Value::Null]);
        }
        let path = folder.path().join(name);
        let written = write_table(&path, &table.sorted()).unwrap();
        assert_eq!(written.bytes, path.metadata().unwrap().len());
        written.blake3
    };
    let forward: Vec<i64> = (0..100).collect();
    let backward: Vec<i64> = (0..100).rev().collect();
    assert_eq!(write("a", &forward), write("b", &backward));
    assert_ne!(write("a", &forward), write("c", &forward[1..]));
}

#[test]
fn a_table_that_is_wrong_is_refused_and_nothing_is_written() {
    fn row(code: &'static str, row: i64, share: f64) -> [Value<'static>; 7] {
        [code.into(), row.into(), Value::Null, Value::Null, share.into(), Value::Null, Value::Null]
    }
    let folder = tempfile::tempdir().unwrap();
    let refused = |what: &str, rows: Vec<[Value<'static>; 7]>, expected: &str| {
        let mut table = Table::new(&EVERY_TYPE);
        rows.into_iter().for_each(|row| table.push(row));
        let path = folder.path().join("t.parquet");
        match write_table(&path, &table) {
            Err(error @ Error::Proof { .. }) => assert!(error.to_string().contains(expected), "{what}: {error}"),
            other => panic!("{what}: {other:?}"),
        }
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "{what}: something was written");
    };
    refused("NaN", vec![row("A", 1, f64::NAN)], "column share holds NaN");
    refused("infinity", vec![row("A", 1, f64::INFINITY)], "not finite");
    refused("unsorted", vec![row("B", 1, 0.0), row("A", 1, 0.0)], "(B, 1) and then (A, 1)");
    refused("one key twice", vec![row("A", 1, 0.0), row("A", 1, 0.5)], "one row a key");
    let mut other = row("A", 1, 0.0);
    other[3] = 0.5.into();
    refused("a number for an integer", vec![other], "column pence holds a number in a column of another type");
    let mut null = row("A", 1, 0.0);
    null[0] = Value::Null;
    refused("null in the key", vec![null], "column code holds null");

    let mut short = Table::new(&EVERY_TYPE);
    short.push(["A".into(), 1i64.into()]);
    assert!(short.check().is_err_and(|error| error.to_string().contains("2 cells for 7 columns")));
}

#[test]
fn a_table_without_rows_is_a_file_with_columns() {
    let folder = tempfile::tempdir().unwrap();
    for spec in tables::ALL {
        let path = folder.path().join(spec.name);
        write_table(&path, &Table::new(spec)).unwrap();
        let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        assert_eq!(builder.schema().fields().len(), spec.columns.len());
        assert_eq!(builder.metadata().file_metadata().num_rows(), 0);
    }
}

/// The contract's tables and columns, by hand: the key, then the columns, in order. More may follow.
const CONTRACT: &[(&str, &str, &str)] = &[
    ("area", "layer code", "role kind name area_m2 people parts holes vertices valid_from valid_to repaired label_x label_y"),
    (
        "overlap",
        "alignment left_code right_code",
        "left_layer right_layer left_name right_name area_m2 share_left_area share_right_area jaccard_area people people_low people_high share_left_people share_right_people jaccard_people boundary_m thickness_m sliver significant component_area component_people",
    ),
    (
        "coterminosity",
        "alignment side code basis",
        "name class main_partner main_share best_jaccard n_partners n_effective mapcurves share_outside class_agrees class_stable component",
    ),
    (
        "component",
        "alignment basis component",
        "shape kind n_health n_council health_codes council_codes people area_m2 health_pence council_pence agreements_needed",
    ),
    ("association", "alignment basis", "v_measure homogeneity_health_by_council completeness_health_by_council mapcurves"),
    ("rate", "alignment basis definition equal side", "coterminous of share people_share"),
    ("nesting", "alignment basis", "crossing total crossing_share parts health_cut councils_cut agreements proved bound"),
    (
        "crossing",
        "alignment basis left_code right_code",
        "rank left_name right_name people people_low people_high area_m2 share_left share_right health_pence council_pence fiscal_year council_fiscal_year health_would_be health_would_be_name council_would_be",
    ),
    (
        "succession",
        "succession from_code to_code",
        "from_name to_name people area_m2 forward_share backward_share type with_transfer declared reason",
    ),
    (
        "merger_effect",
        "succession basis side code",
        "name class_before class_after crossing_before crossing_after partners_before partners_after effect effect_by pair_lost pair_won jaccard_before jaccard_after health_effect council_effect interaction",
    ),
    ("merger_headline", "succession basis side effect", "bodies share people crossing_before crossing_after"),
    ("what_if", "proposal alignment measure basis", "before after unit change"),
    (
        "what_if_obstruction",
        "proposal alignment obstruction_key",
        "state severity message obstruction_id family severity_before subject_side subject_code subject_name partner_code service fiscal_year",
    ),
    (
        "history",
        "chain place step code succession",
        "vintage date name people type predecessor_codes transferred_from_codes successor_codes undone_by restored_codes code_reused",
    ),
    ("budget_line", "budget source_row source_column code", "layer fiscal_year service mechanism amount_pence known"),
    (
        "budget_apportioned",
        "alignment budget source_row source_column code partner_code",
        "service fiscal_year mechanism amount_pence share weight_basis",
    ),
    (
        "budget_alignment",
        "alignment left_code right_code service fiscal_year",
        "health_pence council_pence counterpart pooled_pence pooled_share outside_main_pence outside_main_pence_low outside_main_pence_high grant_only_share",
    ),
    (
        "budget_body",
        "alignment side code service fiscal_year",
        "health_pence council_pence counterpart pooled_pence pooled_share pooled_share_discretionary pools pool_hhi agreements_needed grant_only_share outside_main_pence outside_main_pence_low outside_main_pence_high outside_main_share per_head_spread level_gap",
    ),
    (
        "budget_component",
        "alignment component service fiscal_year",
        "health_pence council_pence counterpart pooled_pence pooled_share pooled_share_discretionary pools pool_hhi agreements_needed grant_only_share outside_main_pence outside_main_pence_low outside_main_pence_high outside_main_share per_head_spread level_gap",
    ),
    (
        "gap",
        "alignment left_code right_code",
        "year_start_gap_days plan_gap_days budget_gap_days horizon_gap_years registered residents basis_gap",
    ),
    (
        "reconciliation",
        "alignment side budget service fiscal_year",
        "lines unknown_lines stated_pence partners_pence outside_pence unallocated_pence difference_pence",
    ),
    (
        "scheme",
        "scheme group_code layer code",
        "group_name kind given_as members people area_m2 share_of_body holds_budget valid_from valid_to in_force kinds_in_body",
    ),
    (
        "obstruction",
        "obstruction_key",
        "obstruction_id alignment subject_code partner_code service fiscal_year family severity subject_side subject_name metric value threshold unit people pence confidence rule_version source message",
    ),
    (
        "place",
        "alignment component",
        "rank basis kind n_health n_council health_codes council_codes health_names council_names people people_exposed fiscal_year pence_exposed agreements_needed obstructions high medium low info boundaries mergers budgets cycles levels governance own judged changes_tried change change_kind change_side change_subject change_partner change_others change_service change_removes change_removes_high change_adds change_adds_high change_people change_pence change_rules crossing crossing_parts crossing_pence wrong_side change_affected change_crossing",
    ),
    (
        "option",
        "alignment component option",
        "kind side subject_code partner_code to_code crossing_rank people_affected crossing_removed flags_removed flags_added high_removed high_added agreements_change first message",
    ),
    ("finding", "finding_id layer code record", "severity file field detail value unit action"),
];

#[test]
fn the_contract_is_kept() {
    assert_eq!(tables::ALL.len(), CONTRACT.len());
    for (spec, &(name, key, columns)) in tables::ALL.iter().zip(CONTRACT) {
        assert_eq!(spec.name, name);
        let names: Vec<&str> = spec.columns.iter().map(|column| column.name).collect();
        assert_eq!(spec.key_columns().iter().map(|column| column.name).collect::<Vec<_>>().join(" "), key, "{name}");
        let promised = format!("{key} {columns}");
        assert!(names.join(" ").starts_with(&promised), "{name}: {names:?}");
    }
    let geo: Vec<&str> = tables::GEO.iter().map(|spec| spec.name).collect();
    assert_eq!(geo, ["geo/area", "geo/overlap"]);
    for spec in tables::GEO {
        let plain = tables::ALL.iter().find(|table| spec.name.ends_with(table.name)).unwrap();
        let names = |spec: &TableSpec| spec.key_columns().iter().map(|column| column.name).collect::<Vec<_>>();
        assert_eq!(names(spec), names(plain), "{}: the keys of the table it goes with", spec.name);
    }
}

#[test]
fn every_column_is_described() {
    for spec in tables::ALL.iter().chain(&tables::GEO) {
        let mut names: Vec<&str> = spec.columns.iter().map(|column| column.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), spec.columns.len(), "{}: a name twice", spec.name);
        assert!(spec.description.starts_with("One row"), "{}", spec.name);
        for column in spec.columns {
            let at = format!("{}.{}", spec.name, column.name);
            assert!(column.description.ends_with('.'), "{at}: a sentence");
            let figure = matches!(column.kind, tables::ColumnType::Integer | tables::ColumnType::Number);
            assert_eq!(figure, !column.unit.is_empty(), "{at}: figures have units, and they alone");
            if spec.name != "budget_apportioned" && column.nullable {
                assert!(
                    column.description.to_lowercase().contains("null") || column.description.starts_with("The same"),
                    "{at}: when is it null?"
                );
            }
        }
    }
}

#[test]
fn the_data_dictionary_is_in_step() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/data-dictionary.md");
    let page = tables::dictionary::markdown();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(found == page, "docs/data-dictionary.md is out of step; run UPDATE_GOLDEN=1 cargo test --test suite dictionary");
    for spec in tables::ALL {
        for column in spec.columns {
            assert!(page.contains(&format!("| `{}`", column.name)), "{}.{}", spec.name, column.name);
        }
    }
    let json = tables::dictionary::json();
    assert_eq!(json["tables"].as_array().map(Vec::len), Some(tables::ALL.len() + tables::GEO.len()));
    assert_eq!(json["tables"][0]["columns"][5]["unit"], "m2");
}

fn amounts(area_m2: f64, people: i64) -> Amounts {
    Amounts {
        area_m2,
        boundary_m: 4.0,
        thickness_m: area_m2 / 2.0,
        people: Some(People::whole(people)),
        people_low: None,
        people_high: None,
    }
}

fn body(code: &str, area_m2: f64, people: i64) -> Body {
    Body { code: code.to_owned(), name: Some(format!("Name of {code}")), area_m2, people: Some(People::whole(people)) }
}

/// P1 = 10 m2 and 620 people, 9 m2 of it in L1; P2 = 4 m2, all of it outside; L1 = 12 m2, of which 3 in no P.
fn alignment() -> Alignment {
    let relation = Relation {
        left: vec![body("P1", 10.0, 620), body("P2", 4.0, 0)],
        right: vec![body("L1", 12.0, 700)],
        pairs: vec![RelationPair { left: 0, right: 0, amounts: amounts(9.0, 600), sliver: false }],
        left_outside: vec![amounts(1.0, 20), amounts(4.0, 0)],
        right_outside: vec![amounts(3.0, 100)],
        has_people: true,
        shapeless: false,
        sliver_width_m: 2.0,
    };
    measure("a", "pct", "council", relation, &Tolerances::default())
}

#[test]
fn uncovered_parts_are_rows_and_rows_sum_to_bodies() {
    let table = tables::overlap(&[alignment()]);
    table.check().unwrap();
    let keys: Vec<(String, String)> = (0..table.len())
        .map(|row| match (table.value(row, "left_code"), table.value(row, "right_code")) {
            (Value::Text(left), Value::Text(right)) => (left.into_owned(), right.into_owned()),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [("P1", "L1"), ("P1", "__outside__"), ("P2", "__outside__"), ("__outside__", "L1")];
    assert_eq!(keys, expected.map(|(left, right)| (left.to_owned(), right.to_owned())));
    assert_eq!(table.value(1, "area_m2"), Value::Number(1.0));
    assert_eq!(table.value(1, "share_left_area"), Value::Number(1.0 / 10.0));
    assert_eq!(table.value(1, "share_left_people"), Value::Number(20.0 / 620.0));
    assert_eq!(table.value(1, "share_right_area"), Value::Null);
    assert_eq!(table.value(1, "jaccard_area"), Value::Null);
    assert_eq!(table.value(1, "left_name"), Value::from("Name of P1"));
    assert_eq!(table.value(1, "right_name"), Value::Null);
    assert_eq!(table.value(1, "sliver"), Value::Null);
    assert_eq!(table.value(2, "share_left_people"), Value::Null, "no one lives in P2");
    assert_eq!(table.value(3, "share_right_area"), Value::Number(3.0 / 12.0));
    assert_eq!(table.value(3, "people"), Value::Number(100.0));
    assert_eq!(table.value(3, "share_left_area"), Value::Null);
    assert_eq!(table.value(0, "component_area"), table.value(3, "component_area"), "L1 is in the component of P1");
}

#[test]
fn results_of_an_alignment_become_tables() {
    let alignments = [alignment()];
    let nestings = nest_all(&alignments, 500.0);
    let nested = || alignments.iter().zip(nestings.iter().map(Vec::as_slice));
    for table in [
        tables::coterminosity(nested()),
        tables::nesting(nested()),
        tables::component(&alignments, &[]),
        tables::association(&alignments),
        tables::rate(&alignments),
    ] {
        table.check().unwrap();
        assert!(!table.is_empty(), "{}", table.spec.name);
    }
    // Three bodies on two bases.
    let coterminosity = tables::coterminosity(nested());
    assert_eq!(coterminosity.len(), 6);
    let row = (0..6).find(|&row| coterminosity.value(row, "code") == Value::from("P2")).unwrap();
    assert_eq!(coterminosity.value(row, "basis"), Value::from("area"));
    assert_eq!(coterminosity.value(row, "class"), Value::from("uncovered"));
    assert_eq!(coterminosity.value(row + 1, "class"), Value::Null, "no one lives in P2");
    let component = tables::component(&alignments, &[]);
    assert_eq!(component.nulls("health_pence"), component.len(), "no budget: unknown, not 0");
    assert_eq!(component.value(0, "shape"), Value::from("1x1"));
    assert_eq!(component.value(0, "health_codes"), Value::from("P1"));
    // Seven tolerances, two bases, two definitions, two sides.
    assert_eq!(tables::rate(&alignments).len(), 7 * 2 * 2 * 2);
}

#[test]
fn an_alignment_that_does_not_fit_together_is_refused() {
    let mut broken = alignment();
    broken.relation.pairs[0].left = 9;
    assert!(tables::overlap(&[broken]).check().is_err(), "a pair would be lost");
    let mut broken = alignment();
    broken.relation.left_outside.pop();
    assert!(tables::overlap(&[broken]).check().is_err(), "an uncovered part would be lost");
}

#[test]
fn findings_become_rows_in_order_of_key() {
    let findings = [
        Finding::new("DQ-09", "3 records left out", "left out").layer("pct"),
        Finding::new("DQ-03", "ring crosses itself", "kept").layer("pct").code("E2").record(2).value(12.5, "m2"),
        Finding::new("DQ-03", "ring crosses itself", "kept").layer("pct").code("E1").record(11),
    ];
    let table = tables::finding(&findings);
    table.check().unwrap();
    let codes: Vec<Value<'_>> = (0..3).map(|row| table.value(row, "code")).collect();
    assert_eq!(codes, [Value::from("E1"), Value::from("E2"), Value::Null]);
    assert_eq!(table.value(1, "value"), Value::Number(12.5));
    assert_eq!(table.value(0, "value"), Value::Null);
}

fn square(x: i64, y: i64, side: i64) -> Vec<(i64, i64)> {
    vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
}

/// A grid of metres.
const GRID: Grid = Grid { origin_x: 0.0, origin_y: 0.0, per_metre: 1.0 };

/// Polygons, each its rings, as an outline.
fn outline(polygons: &[Vec<Vec<(i64, i64)>>]) -> Outline {
    let rings: Vec<Vec<Point>> = polygons.iter().flatten().map(|ring| ring.iter().map(|(x, y)| Point { x: *x, y: *y }).collect()).collect();
    let ends = (1..=polygons.len()).map(|end| polygons[..end].iter().map(Vec::len).sum()).collect();
    Outline::new(rings.iter().map(Vec::as_slice).collect(), ends)
}

/// Keys of a row of geo/area, and its polygons.
type AreaRow<'a> = ([&'a str; 2], Vec<Vec<Vec<(i64, i64)>>>);

/// Writes rows of geo/area.
fn write_areas(path: &Path, rows: &[AreaRow<'_>]) -> coterminous::Result<()> {
    let keys: Vec<Vec<String>> = rows.iter().map(|(keys, _)| keys.iter().map(|key| (*key).to_owned()).collect()).collect();
    let draw = |row: usize| Ok(outline(&rows[row].1).into());
    geoparquet::write(path, &tables::GEO_AREA, &keys, Drawing { grid: &GRID, points: &|_| 5, draw: &draw })?;
    Ok(())
}

#[test]
fn geoparquet_says_where_and_in_what() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("area.parquet");
    let rows = [
        (["pct", "B"], vec![]),
        (["pct", "A"], vec![vec![square(400_000, 100_000, 10), square(400_001, 100_001, 2)]]),
        (["lad", "A"], vec![vec![square(0, 0, 1)], vec![square(5, 6, 1)]]),
    ];
    write_areas(&path, &rows).unwrap();
    let (batches, metadata) = read(&path);
    let batch = &batches[0];
    let codes: Vec<_> = batch.column(1).as_string::<i32>().iter().flatten().collect();
    assert_eq!(codes, ["A", "A", "B"], "sorted by layer and code");
    let geometry = batch.column(2).as_binary::<i32>();
    assert_eq!(&geometry.value(0)[..9], &[1, 6, 0, 0, 0, 2, 0, 0, 0], "two parts: MultiPolygon of 2");
    assert_eq!(&geometry.value(1)[..9], &[1, 3, 0, 0, 0, 2, 0, 0, 0], "a hole: Polygon of 2 rings");
    // Header 9, two rings of a count and five points.
    assert_eq!(geometry.value(1).len(), 9 + 2 * (4 + 5 * 16));
    assert!(geometry.is_null(2));
    let bbox = batch.column(3).as_struct();
    assert!(bbox.is_null(2));
    let side = |name: &str| bbox.column_by_name(name).unwrap().as_primitive::<Float64Type>().value(0);
    assert_eq!([side("xmin"), side("ymin"), side("xmax"), side("ymax")], [0.0, 0.0, 6.0, 7.0]);

    let geo: serde_json::Value = serde_json::from_str(key_value(&metadata, "geo").unwrap()).unwrap();
    assert_eq!(geo["version"], "1.1.0");
    assert_eq!(geo["primary_column"], "geometry");
    let column = &geo["columns"]["geometry"];
    assert_eq!(column["encoding"], "WKB");
    assert_eq!(column["geometry_types"], serde_json::json!(["MultiPolygon", "Polygon"]));
    assert_eq!(column["crs"]["id"], serde_json::json!({ "authority": "EPSG", "code": 27700 }));
    assert_eq!(column["crs"]["conversion"]["parameters"].as_array().map(Vec::len), Some(5), "the whole definition, not only its code");
    assert_eq!(column["orientation"], "counterclockwise");
    assert_eq!(column["edges"], "planar");
    assert_eq!(column["bbox"], serde_json::json!([0.0, 0.0, 400_010.0, 100_010.0]));
    assert_eq!(column["covering"]["bbox"]["xmin"], serde_json::json!(["bbox", "xmin"]));
}

#[test]
fn an_outline_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("area.parquet");
    let error = write_areas(&path, &[(["pct", "A"], vec![vec![vec![(0, 0), (1, 1)]]])]).unwrap_err();
    assert!(matches!(error, Error::Proof { .. }) && error.to_string().contains("row 1"), "{error}");
    assert!(write_areas(&path, &[(["pct", "A"], vec![]), (["pct", "A"], vec![])]).is_err());
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
}

#[test]
fn the_overlay_command_writes_pairs_with_or_without_geometry() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pairs.parquet");
    let row = |left: &str, right: &str, share_right: Option<f64>| OverlayRow {
        left_code: left.to_owned(),
        right_code: right.to_owned(),
        area_m2: 4.0,
        share_left: Some(0.5),
        share_right,
    };
    let rows = [row("B", "Y", Some(1.0)), row("A", "__outside__", None)];
    let about = [("coterminous.code_a", "PCT11CD".to_owned())];
    write_overlay(&path, &rows, None, &about).unwrap();
    let (batches, metadata) = read(&path);
    let names: Vec<String> = batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["left_code", "right_code", "area_m2", "share_left", "share_right"]);
    assert_eq!(batches[0].column(0).as_string::<i32>().value(0), "A");
    assert!(batches[0].column(4).is_null(0));
    assert_eq!(key_value(&metadata, "coterminous.code_a"), Some("PCT11CD"));
    assert_eq!(key_value(&metadata, "geo"), None);

    let draw = |_| Ok(outline(&[vec![square(0, 0, 2)]]).into());
    write_overlay(&path, &rows, Some(Drawing { grid: &GRID, points: &|_| 4, draw: &draw }), &about).unwrap();
    let (batches, metadata) = read(&path);
    assert_eq!(batches[0].schema().field(5).name(), "geometry");
    assert_eq!(batches[0].column(5).as_binary::<i32>().value(0).len(), 93);
    assert!(key_value(&metadata, "geo").is_some_and(|geo| !geo.contains("covering")));
}
