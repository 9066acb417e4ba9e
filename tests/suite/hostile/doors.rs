//! What a config may make of a table: columns turned into rows, joins, sums, headers of several rows, tables in zips, links of codes.

use super::{Case, Trial, hold, published, refused, sane, wrong};
use crate::table_input::{gzip, zip};

const AMOUNT: &str = "amount = \"pounds\"";

fn melted(trial: &Trial, columns: &str, table: &str) {
    trial.config(AMOUNT, columns);
    trial.write("m.csv", table);
}

#[test]
fn columns_that_become_rows() {
    // 10,000 columns of 600 rows are 6 million cells, with a code of 100 bytes before each.
    let wide = |columns: usize, rows: usize, code: &str| {
        let header: String = (0..columns).map(|column| format!(",p{column}")).collect();
        let row = format!("{code}{}\n", ",1".repeat(columns));
        format!("code{header}\n{}", row.repeat(rows))
    };
    hold(vec![
        refused("more rows than a file of its size may become", &["makes a table of more than"], move |trial| {
            melted(trial, "columns = \"p*\"", &wide(8000, 500, "H1"));
        }),
        refused("a long text before each of many columns", &["makes a table of more than"], move |trial| {
            melted(trial, "columns = \"p*\"", &wide(2000, 300, &"H".repeat(3000)));
        }),
        sane("a pattern of stars over long names", |trial| {
            let names: String = (0..2000).map(|column| format!(",{}{column}", "ab".repeat(100))).collect();
            melted(trial, &format!("columns = \"{}x\"", "*a".repeat(60)), &format!("code{names}\nH1{}\n", ",1".repeat(2000)));
        }),
        refused("no column fits", &["no column's name fits"], |trial| melted(trial, "columns = \"{service} x\"", "code,pounds\nH1,1\n")),
        wrong("braces that mean nothing", &["braces that are neither"], |trial| {
            melted(trial, "columns = \"{year} {x}\"", "code,a\nH1,1\n")
        }),
        wrong("no columns", &["columns names no column"], |trial| melted(trial, "columns = []", "code,a\nH1,1\n")),
        wrong("a range without an end", &["key `to` is missing"], |trial| melted(trial, "columns = { from = \"a\" }", "code,a\nH1,1\n")),
        refused("words among amounts", &["record 2, field b", "`ten` is not a number"], |trial| {
            melted(trial, "columns = [\"a\", \"b\"]", "code,a,b\nH1,1,ten\n");
        }),
        published("not a number, which is unknown", &[], |trial| melted(trial, "columns = [\"a\", \"b\"]", "code,a,b\nH1,1,NaN\nH2,2,3\n")),
    ]);
}

#[test]
fn headers_of_several_rows() {
    let of = |name: &'static str, rows: &'static str, says: &'static [&'static str], table: String| -> Case {
        refused(name, says, move |trial| {
            trial.config(AMOUNT, &format!("amount = \"pounds\"\nheader_rows = {rows}"));
            trial.write("m.csv", &table);
        })
    };
    hold(vec![
        of("beyond the table", "[9, 10]", &["m.csv: ends before row 9"], "code,pounds\nH1,1\n".to_owned()),
        of("blank rows", "[1, 2]", &["record 1: is blank"], ",\n,\nH1,1\n".to_owned()),
        of("names of many megabytes", "[1, 2]", &["more than 4194304 bytes"], format!("code,{}\ncode,pounds\nH1,1\n", "x".repeat(5 << 20))),
        of(
            "a name that every column has",
            "[1, 2]",
            &["more than 4194304 bytes"],
            format!("{}{}\ncode{}\nH1,1\n", "x".repeat(1000), ",".repeat(9000), ",a".repeat(9000)),
        ),
        wrong("out of order", &["header_rows are not in order"], |trial| trial.config(AMOUNT, "amount = \"pounds\"\nheader_rows = [2, 1]")),
        wrong("row 0", &["header_row is 0"], |trial| trial.config(AMOUNT, "amount = \"pounds\"\nheader_rows = [0, 1]")),
        wrong("two ways to say it", &["header_row and header_rows"], |trial| {
            trial.config(AMOUNT, "amount = \"pounds\"\nheader_row = 1\nheader_rows = [1, 2]")
        }),
        wrong("too many", &["more than 20 rows"], |trial| {
            let rows: Vec<String> = (1..30).map(|row| row.to_string()).collect();
            trial.config(AMOUNT, &format!("amount = \"pounds\"\nheader_rows = [{}]", rows.join(", ")));
        }),
    ]);
}

#[test]
fn tables_that_are_joined() {
    let joined = |trial: &Trial, join: &str| trial.config(AMOUNT, &format!("amount = \"pounds\"\njoin = [{join}]"));
    hold(vec![
        refused("a join that is not there", &["other.csv: there is no such file"], move |trial| {
            joined(trial, "{ table = \"other.csv\", on = \"code\" }")
        }),
        refused("two rows that differ", &["record 3", "H1 has x 2 here and 1 in row 2"], move |trial| {
            trial.write("other.csv", "code,x\nH1,1\nH1,2\n");
            joined(trial, "{ table = \"other.csv\", on = \"code\" }");
        }),
        refused("a join that becomes too large", &["makes a table of more than"], move |trial| {
            trial.write("m.csv", format!("code,pounds\n{}", "H1,1\n".repeat(100_000)));
            trial.write("other.csv", format!("code,x\nH1,{}\n", "x".repeat(2000)));
            joined(trial, "{ table = \"other.csv\", on = \"code\" }");
        }),
        wrong("joins within joins", &["deep"], move |trial| {
            let mut join = "{ table = \"m.csv\", on = \"code\" }".to_owned();
            for _ in 0..10 {
                join = format!("{{ table = {{ path = \"m.csv\", join = [{join}] }}, on = \"code\" }}");
            }
            joined(trial, &join);
        }),
        published("a join with itself", &[], move |trial| joined(trial, "{ table = \"m.csv\", on = \"code\" }")),
    ]);
}

#[test]
fn tables_in_zips() {
    let zipped = |trial: &Trial, content: Vec<u8>, path: &str| {
        trial.write("m.zip", content);
        trial.config("path = \"m.csv\"", &format!("path = \"{path}\""));
    };
    hold(vec![
        refused("not a zip", &["m.zip"], move |trial| zipped(trial, b"PK\x03\x04 nothing".to_vec(), "m.zip")),
        refused("no table in it", &["holds no table"], move |trial| zipped(trial, zip(&[("a.pdf", "x")]), "m.zip")),
        refused("two tables", &["holds 2 tables: a.csv, b.csv"], move |trial| {
            zipped(trial, zip(&[("a.csv", "x"), ("b.csv", "x")]), "m.zip")
        }),
        refused("no such member", &["no such member"], move |trial| zipped(trial, zip(&[("a.csv", "x")]), "m.zip/c.csv")),
        refused("a member outside", &["outside the archive"], move |trial| {
            zipped(trial, zip(&[("../a.csv", "code,pounds\nH1,1\n")]), "m.zip")
        }),
        refused("a bomb", &["expands to more than"], move |trial| {
            let rows = format!("code,pounds\n{}", "H1,1\n".repeat(20 << 20));
            zipped(trial, zip(&[("a.csv", &rows)]), "m.zip");
        }),
        refused("a gzip in a zip that lies", &["expected gzip"], move |trial| {
            let text = String::from_utf8_lossy(&gzip(b"code,pounds\n")[..10]).into_owned();
            zipped(trial, zip(&[("a.csv.gz", &text.replacen('\u{fffd}', "", 9))]), "m.zip");
        }),
        published("a table in a folder of a zip", &[], move |trial| {
            zipped(trial, zip(&[("d/a.csv", "code,pounds\nH1,1\nH2,2\n")]), "m.zip/d/a.csv")
        }),
    ]);
}

#[test]
fn links_of_codes() {
    let linked = |trial: &Trial, links: String| {
        trial.write("changes.csv", links);
        trial.config("[[budget]]", "[[recode]]\npath = \"changes.csv\"\nfrom = \"old\"\nto = \"new\"\n[[budget]]");
        trial.write("m.csv", "code,pounds\nOLD,1\nH2,2\n");
    };
    hold(vec![
        published("a circle", &["DQ-29"], move |trial| linked(trial, "old,new\nOLD,A\nA,OLD\nA,H1\nH1,A\n".to_owned())),
        published("a body that became itself", &["DQ-04"], move |trial| linked(trial, "old,new\nOLD,OLD\n".to_owned())),
        sane("a chain of a hundred thousand", move |trial| {
            let chain: String = (0..100_000).map(|link| format!("x{link},x{}\n", link + 1)).collect();
            linked(trial, format!("old,new\nOLD,x0\n{chain}x100000,H1\n"));
        }),
        sane("one code that became everything", move |trial| {
            let star: String = (0..100_000).map(|link| format!("OLD,x{link}\nx{link},H1\n")).collect();
            linked(trial, format!("old,new\n{star}"));
        }),
        published("links of nothing", &["DQ-09", "DQ-04"], move |trial| linked(trial, "old,new\n,H1\nOLD,\n".to_owned())),
    ]);
}
