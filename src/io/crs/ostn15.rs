//! Degrees to British National Grid by OSTN15, the transformation that defines OSGB36.
//!
//! Source: Ordnance Survey, "A guide to coordinate systems in Great Britain", annexes B and C, and the OSTN15 table (Crown copyright, Ordnance Survey and
//! the Ministry of Defence 2016, BSD licence; see LICENSE-OSTN15). ETRS89 degrees are projected on GRS80 with the parameters of the grid, and moved by the
//! shift of their place, which is bilinear between the corners of a square kilometre.

use std::io::Read as _;
use std::sync::OnceLock;

/// Shifts of the corners of every square kilometre, compressed: for each of east and north, 1,251 rows of 701 from south to north, in millimetres; each
/// is told by how far it is from the west one plus the south one less the south-west one, one byte (even: up, odd: down), or 255 and four bytes.
const TABLE: &[u8] = include_bytes!("ostn15.z");

const COLUMNS: usize = 701;
const ROWS: usize = 1251;

/// East and north shifts, millimetres.
struct Shifts {
    east: Vec<i32>,
    north: Vec<i32>,
}

static SHIFTS: OnceLock<Option<Shifts>> = OnceLock::new();

fn shifts() -> Option<&'static Shifts> {
    SHIFTS.get_or_init(unpack).as_ref()
}

fn unpack() -> Option<Shifts> {
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(TABLE).read_to_end(&mut bytes).ok()?;
    let mut rest = bytes.as_slice();
    let mut one = || -> Option<Vec<i32>> {
        let mut shifts: Vec<i32> = Vec::with_capacity(COLUMNS.saturating_mul(ROWS));
        for at in 0..COLUMNS.saturating_mul(ROWS) {
            let (code, after) = rest.split_first()?;
            rest = after;
            let difference = if *code == u8::MAX {
                let (number, after) = rest.split_first_chunk::<4>()?;
                rest = after;
                i32::from_le_bytes(*number)
            } else if code.is_multiple_of(2) {
                i32::from(code / 2)
            } else {
                (-1i32).saturating_sub(i32::from(code / 2))
            };
            let before = |back: usize| at.checked_sub(back).and_then(|at| shifts.get(at)).copied().unwrap_or(0);
            let is_first = at.is_multiple_of(COLUMNS);
            let west = if is_first { 0 } else { before(1) };
            let south_west = if is_first { 0 } else { before(COLUMNS.saturating_add(1)) };
            shifts.push(difference.saturating_add(west).saturating_add(before(COLUMNS)).saturating_sub(south_west));
        }
        Some(shifts)
    };
    Some(Shifts { east: one()?, north: one()? })
}

/// GRS80, metres. Source: EPSG:7019.
const A: f64 = 6_378_137.0;
const B: f64 = 6_356_752.314_14;
/// Scale, origin (degrees) and false origin (metres) of the grid.
const F0: f64 = 0.999_601_271_7;
const LATITUDE: f64 = 49.0;
const LONGITUDE: f64 = -2.0;
const E0: f64 = 400_000.0;
const N0: f64 = -100_000.0;

/// Easting and northing of the grid's projection on GRS80, metres. Source: the guide, annexe C.1.
fn project(longitude: f64, latitude: f64) -> [f64; 2] {
    let (phi, phi0) = (latitude.to_radians(), LATITUDE.to_radians());
    let e2 = (A * A - B * B) / (A * A);
    let n = (A - B) / (A + B);
    let (sin, cos) = phi.sin_cos();
    let tan2 = phi.tan().powi(2);
    let root = 1.0 - e2 * sin * sin;
    let nu = A * F0 / root.sqrt();
    let rho = A * F0 * (1.0 - e2) / root.powf(1.5);
    let eta2 = nu / rho - 1.0;
    let (less, more) = (phi - phi0, phi + phi0);
    let (n2, n3) = (n * n, n * n * n);
    let m = B
        * F0
        * ((1.0 + n + 1.25 * n2 + 1.25 * n3) * less - (3.0 * n + 3.0 * n2 + 2.625 * n3) * less.sin() * more.cos()
            + (1.875 * n2 + 1.875 * n3) * (2.0 * less).sin() * (2.0 * more).cos()
            - 35.0 / 24.0 * n3 * (3.0 * less).sin() * (3.0 * more).cos());
    let one = m + N0;
    let two = nu / 2.0 * sin * cos;
    let three = nu / 24.0 * sin * cos.powi(3) * (5.0 - tan2 + 9.0 * eta2);
    let three_a = nu / 720.0 * sin * cos.powi(5) * (61.0 - 58.0 * tan2 + tan2 * tan2);
    let four = nu * cos;
    let five = nu / 6.0 * cos.powi(3) * (nu / rho - tan2);
    let six = nu / 120.0 * cos.powi(5) * (5.0 - 18.0 * tan2 + tan2 * tan2 + 14.0 * eta2 - 58.0 * tan2 * eta2);
    let l = (longitude - LONGITUDE).to_radians();
    let l2 = l * l;
    [E0 + l * (four + l2 * (five + l2 * six)), one + l2 * (two + l2 * (three + l2 * three_a))]
}

/// Easting and northing on the British National Grid, metres, of a longitude and latitude in degrees of ETRS89 (which WGS84 is taken for, as Ordnance
/// Survey and PROJ do: they differ by less than a metre, and by how much depends on the day of the measurement).
///
/// `None` more than a kilometre outside the rectangle of OSTN15: 700 km by 1,250 km from the grid's origin.
pub fn to_grid(longitude: f64, latitude: f64) -> Option<[f64; 2]> {
    // Far from the grid the series says nothing.
    if !((-10.0..=5.0).contains(&longitude) && (48.0..=63.0).contains(&latitude)) {
        return None;
    }
    let [x, y] = project(longitude, latitude);
    // In kilometres. Up to one beyond the table its edge counts: the west of Fermanagh is 160 m beyond it.
    let within = |place: f64, most: usize| (-1.0..=most as f64 + 1.0).contains(&place).then(|| place.clamp(0.0, most as f64));
    let (last_column, last_row) = (COLUMNS.saturating_sub(1), ROWS.saturating_sub(1));
    let (across, up) = (within(x / 1000.0, last_column)?, within(y / 1000.0, last_row)?);
    let (column, row) = ((across as usize).min(last_column.saturating_sub(1)), (up as usize).min(last_row.saturating_sub(1)));
    let shifts = shifts()?;
    let (t, u) = (across - column as f64, up - row as f64);
    let at = |table: &[i32], column: usize, row: usize| {
        table.get(row.saturating_mul(COLUMNS).saturating_add(column)).map(|millimetres| f64::from(*millimetres) / 1000.0)
    };
    let shift = |table: &[i32]| -> Option<f64> {
        let (east, north) = (column.saturating_add(1), row.saturating_add(1));
        let south_side = (1.0 - t) * at(table, column, row)? + t * at(table, east, row)?;
        let north_side = (1.0 - t) * at(table, column, north)? + t * at(table, east, north)?;
        Some((1.0 - u) * south_side + u * north_side)
    };
    Some([x + shift(&shifts.east)?, y + shift(&shifts.north)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the guide's worked example (annexe C, Caister water tower), and points of OS Net from the OSTN15 developer pack.
    #[test]
    fn points_of_the_ordnance_survey() {
        for (latitude, longitude, east, north) in [
            (52.658_007_833, 1.716_073_973, 651_409.804, 313_177.450),
            (49.922_263_937_3, -6.299_777_520_14, 91_492.146, 11_318.804),
            (60.133_080_919_9, -2.073_828_223, 395_999.668, 1_138_728.951),
        ] {
            let [x, y] = to_grid(longitude, latitude).unwrap_or_default();
            assert!((x - east).abs() < 0.002 && (y - north).abs() < 0.002, "{x} {y}, expected {east} {north}");
        }
        // The west of Fermanagh, on either side of the table's edge: 0.0002 degrees are 12.94 m, also across it.
        let steps: Vec<[f64; 2]> = (0..40).filter_map(|step| to_grid(-8.178 + 0.0002 * f64::from(step), 54.465)).collect();
        assert_eq!(steps.len(), 40);
        assert!(steps[0][0] < 0.0 && steps[39][0] > 300.0, "{steps:?}");
        assert!(steps.windows(2).all(|two| (two[1][0] - two[0][0] - 12.94).abs() < 0.01), "{steps:?}");
        assert_eq!(to_grid(-12.0, 53.0), None);
        assert_eq!(to_grid(2.35, 48.85), None);
    }

    /// The corners and a line of the table as they are in it (kilometres east and north; millimetres).
    #[test]
    fn the_table_is_unpacked() {
        let shifts = shifts().unwrap_or_else(|| panic!("no table"));
        assert_eq!((shifts.east.len(), shifts.north.len()), (COLUMNS * ROWS, COLUMNS * ROWS));
        let (low, high) = (shifts.east.iter().min().copied(), shifts.east.iter().max().copied());
        assert_eq!((low, high), (Some(82_140), Some(111_046)));
        let (low, high) = (shifts.north.iter().min().copied(), shifts.north.iter().max().copied());
        assert_eq!((low, high), (Some(-84_180), Some(-43_841)));
        assert_eq!((shifts.east[313 * COLUMNS + 651], shifts.north[313 * COLUMNS + 651]), (102_787, -78_242));
    }
}
