//! A run's tables as views: SQL for DuckDB, and a star schema over them for Power BI and Excel.

use std::path::Path;

use super::{ALL, GEO};
use crate::io::geoparquet::{BBOX_DESCRIPTION, GEOMETRY_DESCRIPTION};

/// Name of the file with a view a table, in the run's folder.
pub const FILE: &str = "views.sql";
/// Name of the file with the star schema.
pub const STAR_FILE: &str = "star.sql";

/// The star schema: views `dim_...` and `fact_...` in schema `star`, each with keys of one column, made of the views of [`duckdb`].
pub const STAR: &str = include_str!("star.sql");

/// A view a table, named after it (`geo/area` is `geo_area`), with the data dictionary as comments of views and columns.
///
/// `run` is the folder of the run as the views should name it; without one they name files relatively and work from that folder.
pub fn duckdb(run: Option<&Path>) -> String {
    let mut sql = String::from(
        "-- Every table of one run as a view, with what each column is as its comment (duckdb_views(), duckdb_columns()).\n\
         -- In the folder of the run: duckdb -init views.sql, or .read views.sql. From anywhere: coterminous views OUT | duckdb FILE.db\n\
         -- The joins, and questions with their answers, are in docs/recipes.md; star.sql makes a star schema of these views.\n",
    );
    let mut statement = |parts: &[&str]| {
        sql.extend(parts.iter().copied());
        sql.push_str(";\n");
    };
    for spec in ALL.iter().chain(&GEO) {
        let view = spec.name.replace('/', "_");
        let relative = format!("{}.parquet", spec.name);
        let file = run.map_or_else(|| relative.clone(), |run| run.join(&relative).to_string_lossy().into_owned());
        statement(&["\nCREATE OR REPLACE VIEW ", &view, " AS SELECT * FROM read_parquet(", &text(&file), ")"]);
        statement(&["COMMENT ON VIEW ", &view, " IS ", &text(spec.description)]);
        let own = spec.columns.iter().map(|column| (column.name, column.unit, column.description));
        let geometry = [("geometry", "m", GEOMETRY_DESCRIPTION), ("bbox", "m", BBOX_DESCRIPTION)];
        let geometry = geometry.into_iter().filter(|_| spec.name.starts_with("geo/"));
        for (name, unit, description) in own.chain(geometry) {
            let comment = if unit.is_empty() { description.to_owned() } else { format!("[{unit}] {description}") };
            statement(&["COMMENT ON COLUMN ", &view, ".", &identifier(name), " IS ", &text(&comment)]);
        }
    }
    sql
}

/// A text literal of SQL.
fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name of SQL, whatever word it is.
fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_mark_in_a_folder_ends_no_text() {
        let sql = duckdb(Some(Path::new("/srv/o'brien/run")));
        assert!(sql.contains("read_parquet('/srv/o''brien/run/area.parquet');"), "{}", sql.lines().nth(5).unwrap_or_default());
    }

    #[test]
    fn every_table_is_a_view_and_every_column_has_its_comment() {
        let sql = duckdb(None);
        for spec in ALL.iter().chain(&GEO) {
            let view = spec.name.replace('/', "_");
            assert!(sql.contains(&format!("CREATE OR REPLACE VIEW {view} AS SELECT * FROM read_parquet('{}.parquet');", spec.name)));
            for column in spec.columns {
                assert!(sql.contains(&format!("COMMENT ON COLUMN {view}.\"{}\" IS ", column.name)), "{view}.{}", column.name);
            }
        }
    }
}
