//! From polygons in memory to a table of pairs: `cargo run --example polygons`.

use coterminous::{Result, overlaps};
use geo_types::{MultiPolygon, Rect};

/// Which share of each trust is in which council.
pub fn table() -> Result<String> {
    // Two trusts side by side, and a council that lies across their border; metres.
    let rectangle = |x0, y0, x1, y1| MultiPolygon::from(Rect::new((x0, y0), (x1, y1)).to_polygon());
    let (names, trusts) = (["West", "East"], [rectangle(0.0, 0.0, 1_000.0, 1_000.0), rectangle(1_000.0, 0.0, 2_000.0, 1_000.0)]);
    let (councils, areas) = (["Rest", "Borough"], [rectangle(0.0, 0.0, 750.0, 800.0), rectangle(750.0, 0.0, 2_000.0, 800.0)]);
    let pairs = overlaps(&trusts, &areas)?;
    let row = |pair: &coterminous::Overlap| {
        format!("{} in {}: {:.0} m2, {:.0}%\n", names[pair.left], councils[pair.right], pair.area_m2, pair.share_left * 100.0)
    };
    Ok(pairs.iter().map(row).collect())
}

fn main() -> Result<()> {
    print!("{}", table()?);
    Ok(())
}
