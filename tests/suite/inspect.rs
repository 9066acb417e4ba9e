//! `coterminous inspect` and `coterminous init`: what is in files, and a config for them that `check` takes.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use coterminous::config::{Config, Limits};
use coterminous::inspect::{CodeForm, FieldKind, Inspected, What, inspect};
use coterminous::io::shapefile::{WriteField, WriteKind, WriteRecord, write_zip};
use coterminous::pipeline;
use serde_json::Value as Json;
use tempfile::TempDir;

use super::support::real_data;
use super::table_input::xlsx;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn coterminous(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("coterminous").unwrap().args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn one(path: &Path) -> Inspected {
    let mut found = inspect(path, &Limits::default());
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// Strips of 1 km side by side, with these fields and cells.
fn strips(path: &Path, fields: &[(&str, WriteKind)], rows: &[&[&str]]) {
    let fields: Vec<WriteField> = fields.iter().map(|(name, kind)| WriteField { name: (*name).to_owned(), kind: *kind }).collect();
    let records: Vec<WriteRecord> = rows
        .iter()
        .enumerate()
        .map(|(at, cells)| {
            let (west, east) = (400_000.0 + 1000.0 * at as f64, 401_000.0 + 1000.0 * at as f64);
            let ring = vec![[west, 200_000.0], [west, 201_000.0], [east, 201_000.0], [east, 200_000.0], [west, 200_000.0]];
            WriteRecord {
                rings: vec![ring],
                cells: cells.iter().map(|cell| Some((*cell).to_owned()).filter(|cell| !cell.is_empty())).collect(),
            }
        })
        .collect();
    write_zip(path, &fields, &records).unwrap();
}

const TEXT: WriteKind = WriteKind::Text(20);

#[test]
fn a_boundary_file_of_the_sample() {
    let found = one(&root().join("data/sample/PCG_APR_1999_XX_BGC.zip"));
    let What::Layer(layer) = &found.what else { panic!("{found:#?}") };
    assert!(found.is_usable() && found.files.len() == 1, "{found:#?}");
    assert_eq!((layer.records, layer.crs.as_deref(), layer.resolution_m), (64, Some("EPSG:27700"), Some(20.0)));
    assert_eq!((layer.code.as_deref(), layer.name.as_deref()), (Some("PCG99CD"), Some("PCG99NM")));
    assert_eq!(layer.shapes.map(|shapes| shapes.areas), Some(64));
    let code = layer.fields.iter().find(|field| field.name == "PCG99CD").unwrap();
    assert_eq!((code.filled, code.distinct, code.kind), (64, 64, FieldKind::Text));
    assert!(matches!(&code.code, Some(CodeForm::Nine(_))) && code.ons.unwrap().year == Some(1999));
    let text = found.text();
    assert!(text.contains(": shapefile, usable\n") && text.contains("in a config: code = \"PCG99CD\", name = \"PCG99NM\""), "{text}");
    let (code, json, _) = coterminous(&["inspect", found.path.to_str().unwrap(), "--format", "json"]);
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!((code, &json[0]["usable"], &json[0]["layer"]["shapes"]["areas"]), (0, &Json::Bool(true), &Json::from(64)));
}

#[test]
fn files_without_codes_with_two_or_without_a_crs_are_told_so_in_the_words_of_a_run() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);

    strips(&path("none.zip"), &[("SIZE", WriteKind::Integer(5))], &[&["1"], &["2"]]);
    let found = one(&path("none.zip"));
    assert!(found.problem.as_ref().unwrap().contains("no text field has a different value in every record (fields: SIZE)"), "{found:#?}");
    let What::Layer(layer) = &found.what else { panic!() };
    assert_eq!(layer.shapes.map(|shapes| (shapes.areas, shapes.area_m2)), Some((2, 2e6)), "shapes are judged all the same");

    // A field of the conventions is taken before one that stands first.
    strips(
        &path("two_BGC.zip"),
        &[("ID", TEXT), ("CCG20CD", TEXT), ("CCG20NM", TEXT)],
        &[&["a", "E38000001", "One"], &["b", "E38000002", "Two"]],
    );
    let found = one(&path("two_BGC.zip"));
    let What::Layer(layer) = &found.what else { panic!() };
    assert_eq!((layer.code.as_deref(), layer.name.as_deref()), (Some("CCG20CD"), Some("CCG20NM")));

    // One code twice: named with its records, and what may help.
    strips(&path("twice.zip"), &[("CCG20CD", TEXT)], &[&["E38000001"], &["E38000002"], &["E38000001"]]);
    let found = one(&path("twice.zip"));
    assert!(!found.is_usable());
    assert!(found.hints.iter().any(|hint| hint.contains("CCG20CD looks like codes, and E38000001 is in records 1 and 3")), "{found:#?}");
    let (code, out, _) = coterminous(&["inspect", path("twice.zip").to_str().unwrap()]);
    assert!(code == 3 && out.contains("NOT USABLE") && out.contains("next: fix the problem above"), "{out}");

    // Without a .prj the error is that of a run, and the fields are told.
    let unpacked = path("unpacked");
    fs::create_dir(&unpacked).unwrap();
    strips(&path("crs.zip"), &[("LAD24CD", TEXT)], &[&["E06000001"], &["E07000002"]]);
    let mut archive = zip::ZipArchive::new(fs::File::open(path("crs.zip")).unwrap()).unwrap();
    archive.extract(&unpacked).unwrap();
    let shp = fs::read_dir(&unpacked)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "shp"))
        .unwrap();
    fs::remove_file(shp.with_extension("prj")).unwrap();
    let found = one(&shp);
    assert!(found.problem.as_ref().unwrap().contains(".prj is missing"), "{found:#?}");
    assert_eq!(found.fields()[0].name, "LAD24CD");
    fs::write(shp.with_extension("prj"), "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS 84\",6378137,298.257223563]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]]").unwrap();
    assert!(one(&shp).problem.unwrap().contains("degrees"));
}

#[test]
fn tables_workbooks_and_what_is_neither() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("money.csv"), "ods,year,Allocation_000s\n5NE,2007-08,100\nTAK,2008-09,*\n5A1,2007-08,7.5\n").unwrap();
    let found = one(&path("money.csv"));
    let fields = found.fields();
    assert_eq!(fields[0].code, Some(CodeForm::Ods));
    assert_eq!(fields[1].range, Some(("2007-08".to_owned(), "2008-09".to_owned())));
    assert_eq!((fields[2].kind, fields[2].filled), (FieldKind::Number, 3));
    // A title above the header is refused as a run refuses it, and the row to name is told.
    fs::write(path("titled.csv"), "Allocations of 2007\n\ncode,pounds\nE16000001,5\nE16000002,6\n").unwrap();
    let found = one(&path("titled.csv"));
    assert!(
        found.problem.is_some() && found.hints.iter().any(|hint| hint.contains("header_row = 3 it is a table of 2 columns and 2 rows")),
        "{found:#?}"
    );

    // Every sheet of a workbook; notes beside a table are no table, and the workbook can be used.
    let row = |number: u32, cells: &[&str]| {
        let cells: String = cells
            .iter()
            .zip('A'..)
            .map(|(text, column)| format!("<c r=\"{column}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"))
            .collect();
        format!("<row r=\"{number}\">{cells}</row>")
    };
    fs::write(path("book.xlsx"), xlsx(&(row(1, &["CCG19CD", "pounds"]) + &row(2, &["E38000001", "5"])))).unwrap();
    let sheets = inspect(&path("book.xlsx"), &Limits::default());
    let told: Vec<_> = sheets.iter().map(|one| (one.sheet.as_deref(), one.fields().len())).collect();
    assert_eq!(told, [(Some("Notes"), 1), (Some("Table 1"), 2)]);
    assert!(sheets[0].hints.iter().any(|hint| hint == "it has a header and no rows"), "{sheets:#?}");
    let (code, out, _) = coterminous(&["inspect", path("book.xlsx").to_str().unwrap()]);
    assert!(code == 0 && out.contains("book.xlsx, sheet \"Table 1\": xlsx, usable") && out.contains("sheets: Notes, Table 1"), "{out}");

    let published = {
        let mut plan = Config::load(&root().join("config/kings-fund-sites.toml"), &pipeline::rules()).unwrap();
        plan.output = path("out");
        pipeline::run(&plan, pipeline::Options::default(), &pipeline::Unwatched).unwrap().folder
    };
    let found = one(&published.join("rate.parquet"));
    let What::Table(table) = &found.what else { panic!() };
    assert!(
        found.is_usable()
            && table.format == "parquet"
            && table.schema.iter().any(|(name, kind, readable)| name == "share" && kind == "Float64" && *readable)
    );
    let geo = one(&published.join("geo/area.parquet"));
    // A Parquet file with shapes is a layer.
    let What::Layer(layer) = &geo.what else { panic!("{geo:#?}") };
    assert_eq!((layer.format, layer.crs.as_deref()), ("GeoParquet", Some("EPSG:27700")));
    assert!(layer.fields.iter().any(|field| field.name == "code") && layer.fields.iter().all(|field| field.name != "geometry"));

    fs::write(path("page.csv"), "<!DOCTYPE html><html>").unwrap();
    assert!(one(&path("page.csv")).problem.unwrap().contains("is a web page"));
    assert!(one(&path("nothing.csv")).problem.unwrap().contains("there is no such file"));
    fs::write(path("x.doc"), "x").unwrap();
    assert!(one(&path("x.doc")).problem.unwrap().contains("is not a table"));
    fs::write(path("bad.zip"), "PK").unwrap();
    assert!(one(&path("bad.zip")).problem.unwrap().contains("is not a zip"));
    // What a file is called or says cannot work on a terminal.
    fs::write(path("evil.csv"), "a\u{1b}[31m,b\n\u{202e}x,2\n").unwrap();
    let text = one(&path("evil.csv")).text();
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn the_real_files_are_what_they_are() {
    for (file, code, areas) in [
        ("england-2011/PCT_APR_2011_EN_BGC_derived.zip", "PCT11CD", 151),
        ("england-2011/CTYUA_DEC_2011_EN_BGC.zip", "CTYUA11CD", 152),
        ("ccg-2019-2020/CCG_APR_2020_EN_BGC_dissolved.zip", "CCG20CD", 135),
    ] {
        let Some(path) = real_data(file) else { return };
        let found = one(&path);
        let What::Layer(layer) = &found.what else { panic!("{found:#?}") };
        assert!(found.is_usable(), "{found:#?}");
        assert_eq!((layer.code.as_deref(), layer.shapes.map(|shapes| shapes.areas)), (Some(code), Some(areas)), "{file}");
    }
    let Some(path) = real_data("budgets/ccg_allocation_2013-14_to_2019-20.csv") else { return };
    let found = one(&path);
    assert!(found.fields().iter().any(|field| field.name == "CCG_Code" && field.code == Some(CodeForm::Ods)), "{found:#?}");
}

/// Runs `init` on paths, and gives the config's path, its text and what was said.
fn init(folder: &Path, paths: &[PathBuf]) -> (PathBuf, String, String) {
    let out = folder.join("config.toml");
    let mut arguments: Vec<String> = vec!["init".to_owned()];
    arguments.extend(paths.iter().map(|path| path.display().to_string()));
    arguments.extend(["--out".to_owned(), out.display().to_string(), "--force".to_owned()]);
    let (code, said, error) = coterminous(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(code, 0, "{error}");
    let text = fs::read_to_string(&out).unwrap();
    (out, text, said)
}

#[test]
fn a_config_for_the_sample_s_files_passes_check() {
    let folder = TempDir::new().unwrap();
    let (out, text, said) = init(folder.path(), &[root().join("data/sample")]);
    let (code, checked, error) = coterminous(&["check", out.to_str().unwrap()]);
    assert_eq!(code, 0, "{error}\n{text}");
    assert!(checked.contains("  layer pcg-1999"), "{checked}");
    let plan = Config::load(&out, &pipeline::rules()).unwrap();
    let layer = |id: &str| plan.layers.iter().find(|layer| layer.id == id).unwrap_or_else(|| panic!("{id}: {text}"));
    assert_eq!((layer("pcg-1999").role.as_str(), layer("pcg-1999").expected_count), ("health", Some(64)));
    assert_eq!(layer("council-1999").role.as_str(), "council");
    assert_eq!(layer("lad-1999").role.as_str(), "other");
    assert_eq!(layer("block-1999").role.as_str(), "blocks");
    // No polygons of the trusts of 2002: dissolved from blocks by the lookup.
    assert!(matches!(layer("pct-2002").source, coterminous::config::LayerSource::Dissolved { .. }), "{text}");
    assert!(plan.alignments.iter().any(|alignment| alignment.people.is_some() && alignment.district.is_some()), "{text}");
    assert!(plan.successions.iter().any(|succession| succession.id == "pct-2002-pct-2006"), "{text}");
    let declared = |id: &str| {
        let succession = plan.successions.iter().find(|succession| succession.id == id).unwrap_or_else(|| panic!("{id}: {text}"));
        succession.declared.as_ref().map(|declared| declared.table.path.file_name().unwrap().to_string_lossy().into_owned())
    };
    assert_eq!(declared("pcg-1999-pct-2002").as_deref(), Some("pcg_pct_orders_2002.csv"));
    assert_eq!(declared("pct-2002-pct-2006").as_deref(), Some("pct_orders_2006.csv"));
    let attributes = |id: &str| {
        layer(id).attributes.as_ref().map(|attributes| attributes.table.path.file_name().unwrap().to_string_lossy().into_owned())
    };
    assert_eq!(attributes("lad-1999").as_deref(), Some("district_attributes_1999.csv"));
    assert_eq!(attributes("council-2006").as_deref(), Some("council_attributes_2006.csv"));
    let money: Vec<(&str, &str)> = plan.budgets.iter().map(|budget| (budget.id.as_str(), plan.layers[budget.layer].id.as_str())).collect();
    assert!(
        money.contains(&("pct-allocations-2002-03", "pct-2002"))
            && money.iter().any(|(id, layer)| *id == "pss-2006-07" && *layer == "council-2006"),
        "{money:?}"
    );
    assert!(plan.budgets.len() == 5 && plan.agreements.len() == 1 && plan.cycles.len() == 1 && plan.governance.len() == 1, "{text}");
    // Every key that was guessed says why.
    assert!(text.contains("# PCG99CD is a code by the names of the ONS: PCG"), "{text}");
    assert!(said.contains("next: read it through, then coterminous check"), "{said}");
}

#[test]
fn a_config_for_files_as_the_ons_names_them() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let people = WriteKind::Integer(6);
    strips(&path("CCG_APR_2019_EN_BGC.zip"), &[("CCG19CD", TEXT), ("CCG19NM", TEXT)], &[&["E38000001", "One"], &["E38000002", "Two"]]);
    strips(&path("CCG_APR_2020_EN_BGC.zip"), &[("ccg20cd", TEXT), ("ccg20nm", TEXT)], &[&["E38000003", "Three"]]);
    strips(
        &path("CTYUA_DEC_2019_UK_BFE.zip"),
        &[("ctyua19cd", TEXT), ("ctyua19nm", TEXT)],
        &[&["E06000001", "A"], &["E10000002", "B"], &["W06000001", "C"]],
    );
    strips(&path("OA_DEC_2011_EN_BGC.zip"), &[("OA11CD", TEXT), ("POP11", people)], &[&["E00000001", "5"], &["E00000002", "7"]]);
    // Codes of two vintages, so that each is there twice.
    fs::write(
        path("codes.csv"),
        "layer,ods_code,code\nCCG17,00A,E38000001\nCCG17,00B,E38000002\nCCG19,00A,E38000001\nCCG19,00B,E38000002\n",
    )
    .unwrap();
    fs::write(
        path("ccg_allocations.csv"),
        "CCG_Code,fin_year,Allocation_000s\n00A,2018-19,5\n00B,2018-19,6\n00A,2019-20,7\n00B,2019-20,8\n",
    )
    .unwrap();
    fs::write(path("notes.csv"), "topic,remark\na,b\n").unwrap();
    let (out, text, said) = init(folder.path(), &[folder.path().to_owned()]);
    let (code, checked, error) = coterminous(&["check", out.to_str().unwrap()]);
    assert_eq!(code, 0, "{error}\n{text}");
    // 7,000 and 8,000 pounds of the last year, by codes of the Organisation Data Service.
    assert!(checked.contains("£15,000"), "{checked}\n{text}");
    let plan = Config::load(&out, &pipeline::rules()).unwrap();
    let ids: Vec<&str> = plan.layers.iter().map(|layer| layer.id.as_str()).collect();
    assert_eq!(ids, ["ccg-2019", "ccg-2020", "council-2019", "oa-2011"]);
    assert!(text.contains("where = { field = \"ctyua19cd\", starts_with = \"E\" }") && text.contains("expected_count = 2 "), "{text}");
    assert!(text.contains("# the file has other nations too"), "{text}");
    let succession = &plan.successions[0];
    assert_eq!((succession.id.as_str(), succession.council.is_some()), ("ccg-2019-ccg-2020", true));
    assert_eq!(plan.alignments.len(), 2);
    assert!(said.contains("of several fiscal years 2019-20 is kept") && said.contains("notes.csv is not used"), "{said}");
    assert!(
        !said.contains("codes.csv is not used") && text.contains("codes = { path = \"codes.csv\", from = \"ods_code\", to = \"code\" }"),
        "{said}\n{text}"
    );
    // Paths stand relative to the config.
    assert!(text.contains("path = \"CCG_APR_2019_EN_BGC.zip\""), "{text}");
}

#[test]
fn what_only_a_person_can_know_is_marked_and_told() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    strips(&path("zones.zip"), &[("ID", TEXT)], &[&["a"], &["b"]]);
    let (out, text, said) = init(folder.path(), &[path("zones.zip")]);
    assert!(
        text.contains("NOT KNOWN: write health for NHS bodies")
            && text.contains("the first text field that is different in every record: is it the code?")
    );
    assert!(
        said.contains("layer zones: say in role whether")
            && said.contains("is ID its code field?")
            && said.contains("no layer of role health together"),
        "{said}"
    );
    assert_eq!(coterminous(&["check", out.to_str().unwrap()]).0, 0);

    // Lines and their totals in one column: told, since nobody else would notice that money counts twice.
    strips(&path("CTYUA_2007_BGC.zip"), &[("CTYUA07CD", TEXT)], &[&["E06000001"], &["E06000002"]]);
    let lines = "code,year,line,gbp000_gross,gbp000_net\nE06000001,2007-08,A1,5,4\nE06000001,2007-08,A total,5,4\nE06000002,2007-08,A1,6,5\nE06000002,2007-08,A total,6,5\n";
    fs::write(path("pss.csv"), lines).unwrap();
    let (_, text, said) = init(folder.path(), &[path("CTYUA_2007_BGC.zip"), path("pss.csv")]);
    assert!(
        said.contains("the amount is taken from gbp000_gross; there are also gbp000_net") && said.contains("money counts twice"),
        "{said}\n{text}"
    );

    // Money of an unknown year: check says which key is missing.
    strips(&path("PCT_BGC.zip"), &[("PCT11CD", TEXT)], &[&["E16000001"], &["E16000002"]]);
    fs::write(path("money.csv"), "code,amount\nE16000001,5\nE16000002,6\n").unwrap();
    let (out, text, said) = init(folder.path(), &[path("PCT_BGC.zip"), path("money.csv")]);
    assert!(text.contains("# fiscal_year = ") && said.contains("budget money: fill in fiscal_year"), "{text}\n{said}");
    let (code, _, error) = coterminous(&["check", out.to_str().unwrap()]);
    assert!(code == 2 && error.contains("`fiscal_year` is missing in `budget[1]`"), "{error}");
}

#[test]
fn nothing_is_overwritten_unasked_and_nothing_is_written_in_vain() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    strips(&path("PCT_BGC.zip"), &[("PCT11CD", TEXT)], &[&["E16000001"], &["E16000002"]]);
    let zip = path("PCT_BGC.zip");
    let out = path("mine.toml");
    fs::write(&out, "mine").unwrap();
    let arguments = ["init", zip.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let (code, _, error) = coterminous(&arguments);
    assert!(code == 4 && error.contains("it is there already") && error.contains("--force"), "{error}");
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    let forced = [&arguments[..], &["--force"]].concat();
    assert_eq!(coterminous(&forced).0, 0);
    assert!(fs::read_to_string(&out).unwrap().contains("[[layer]]"));

    fs::write(path("money.csv"), "code,amount\nE16000001,5\n").unwrap();
    let nothing = path("nothing.toml");
    let (code, _, error) = coterminous(&["init", path("money.csv").to_str().unwrap(), "--out", nothing.to_str().unwrap()]);
    assert!(code == 3 && error.contains("nothing can be a layer") && !nothing.exists(), "{error}");
    let lost = path("no/such/folder/x.toml");
    assert_eq!(coterminous(&["init", zip.to_str().unwrap(), "--out", lost.to_str().unwrap()]).0, 4);
}
