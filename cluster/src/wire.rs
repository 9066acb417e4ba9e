//! Numbers and rings as bytes: what is sent of a tile, and the labels that sums are added by.
//!
//! Points are written as differences from the point before, since neighbours are near each other: some eleven bytes a point instead of
//! sixteen. Whatever is read again is checked; bytes that are not what was written are an error, never other numbers.

use coterminous::domain::{Bounds, Grid, Point};
use coterminous::overlay::tiles::{Portion, Ring};

/// What is wrong with bytes that came from another process.
pub type Damage = String;

/// Numbers on their way out.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// A number of any size, small ones in few bytes: seven bits a byte, the lowest first (LEB128).
    pub fn number(&mut self, mut number: u128) {
        while number > 0x7f {
            // Masked to seven bits.
            self.0.push((number & 0x7f) as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A number with a sign, small sizes in few bytes: the sign in the lowest bit.
    pub fn signed(&mut self, number: i128) {
        self.number(((number << 1) ^ (number >> 127)) as u128);
    }

    /// A count.
    pub fn count(&mut self, count: usize) {
        self.number(count as u128);
    }

    /// A point, as its difference from another.
    fn point(&mut self, point: Point, from: Point) {
        self.signed(i128::from(point.x).wrapping_sub(i128::from(from.x)));
        self.signed(i128::from(point.y).wrapping_sub(i128::from(from.y)));
    }

    /// What a tile needs of each layer.
    pub fn portion(&mut self, portion: &Portion) {
        self.number(u128::from(portion.tile));
        self.point(portion.cell.min, Point::default());
        self.point(portion.cell.max, portion.cell.min);
        self.number(u128::from(portion.edges));
        // No limit is zero.
        self.number(portion.crossings.map_or(0, |crossings| u128::from(crossings).saturating_add(1)));
        self.count(portion.layers.len());
        let mut last = portion.cell.min;
        for rings in &portion.layers {
            self.count(rings.len());
            let mut before = 0;
            for ring in rings {
                self.signed(i128::from(ring.unit).wrapping_sub(before));
                before = i128::from(ring.unit);
                self.count(ring.points.len());
                for point in &ring.points {
                    self.point(*point, last);
                    last = *point;
                }
            }
        }
    }
}

/// Numbers on their way in.
#[derive(Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What [`Writer::number`] wrote.
    ///
    /// # Errors
    /// If the bytes end, or say more than 128 bits.
    pub fn number(&mut self) -> Result<u128, Damage> {
        let (mut number, mut shift) = (0u128, 0u32);
        loop {
            let Some((byte, rest)) = self.0.split_first() else { return Err("it ends too early".to_owned()) };
            self.0 = rest;
            let bits = u128::from(byte & 0x7f);
            let placed = bits.checked_shl(shift).filter(|placed| placed.checked_shr(shift) == Some(bits));
            number |= placed.ok_or("a number in it has more than 128 bits")?;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
            shift = shift.saturating_add(7);
        }
    }

    /// What [`Writer::signed`] wrote.
    ///
    /// # Errors
    /// As [`Reader::number`].
    pub fn signed(&mut self) -> Result<i128, Damage> {
        let number = self.number()?;
        Ok((number >> 1) as i128 ^ ((number & 1) as i128).wrapping_neg())
    }

    /// What [`Writer::count`] wrote.
    ///
    /// # Errors
    /// As [`Reader::number`], or if it is no count on this machine.
    pub fn count(&mut self) -> Result<usize, Damage> {
        usize::try_from(self.number()?).map_err(|_| "a count in it is too large".to_owned())
    }

    /// A count of things that take a byte each at least, so that damage does not ask for memory.
    fn count_of_bytes(&mut self) -> Result<usize, Damage> {
        let count = self.count()?;
        if count > self.0.len() { Err("a count in it is larger than the rest".to_owned()) } else { Ok(count) }
    }

    /// The end of what was written.
    ///
    /// # Errors
    /// If something follows.
    pub fn end(self) -> Result<(), Damage> {
        if self.0.is_empty() { Ok(()) } else { Err(format!("{} bytes follow its end", self.0.len())) }
    }

    fn point(&mut self, from: Point) -> Result<Point, Damage> {
        Ok(Point { x: step(from.x, self.signed()?)?, y: step(from.y, self.signed()?)? })
    }

    /// A number of some type.
    fn small<T: TryFrom<u128>>(&mut self) -> Result<T, Damage> {
        T::try_from(self.number()?).map_err(|_| "a number in it is too large".to_owned())
    }

    /// What [`Writer::portion`] wrote.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn portion(&mut self) -> Result<Portion, Damage> {
        let tile = self.small()?;
        let min = self.point(Point::default())?;
        let max = self.point(min)?;
        let edges = self.small()?;
        let crossings = match self.number()?.checked_sub(1) {
            None => None,
            Some(crossings) => Some(u64::try_from(crossings).map_err(|_| "a number in it is too large")?),
        };
        let mut last = min;
        let mut layers = Vec::new();
        for _ in 0..self.count_of_bytes()? {
            let mut rings = Vec::new();
            let mut before = 0i128;
            for _ in 0..self.count_of_bytes()? {
                before = before.checked_add(self.signed()?).ok_or("a unit in it is no number of a unit")?;
                let unit = u32::try_from(before).map_err(|_| "a unit in it is no number of a unit")?;
                let count = self.count_of_bytes()?;
                let mut points = Vec::with_capacity(count);
                for _ in 0..count {
                    last = self.point(last)?;
                    points.push(last);
                }
                rings.push(Ring { unit, points });
            }
            layers.push(rings);
        }
        Ok(Portion { tile, cell: Bounds { min, max }, edges, crossings, layers })
    }
}

/// A coordinate within the grid's reach and what a tile adds to it: the engine's products do not overflow there.
fn step(from: i64, by: i128) -> Result<i64, Damage> {
    const REACH: i64 = Grid::REACH.saturating_add(1 << 10);
    let to = i128::from(from).checked_add(by).and_then(|to| i64::try_from(to).ok());
    to.filter(|to| (-REACH..=REACH).contains(to)).ok_or_else(|| "it has a point beyond the grid".to_owned())
}

/// The upper and lower half of an integer: `high * 2^64 + low`, low from 0.
///
/// The engine of queries adds decimals of 128 bits without a word when they overflow. Halves cannot: 2^63 of them fit in one.
pub fn halves(number: i128) -> (i128, i128) {
    (number >> 64, number & i128::from(u64::MAX))
}

/// What sums of halves come to; `None` beyond 128 bits.
pub fn whole(high: i128, low: i128) -> Option<i128> {
    high.checked_mul(1 << 64)?.checked_add(low)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn point((x, y): (i64, i64)) -> Point {
        Point { x, y }
    }

    fn tile() -> Portion {
        let reach = 1 << 50;
        let ring = |unit, points: &[(i64, i64)]| Ring { unit, points: points.iter().copied().map(point).collect() };
        let layers = vec![
            vec![ring(1, &[(0, 0), (reach, 0), (reach, -reach)]), ring(1, &[(-5, 7), (-4, 7), (-4, 9), (-5, 9)])],
            vec![],
            vec![ring(70_000, &[(1, 1), (2, 1), (2, 2)]), ring(3, &[(9, 9), (-9, 9), (-9, -9)])],
        ];
        Portion { tile: 7, cell: Bounds { min: point((-reach, 3)), max: point((reach + 2, 90)) }, edges: 12, crossings: None, layers }
    }

    #[test]
    fn numbers_come_back() {
        let numbers = [0, 1, -1, 63, -64, 64, i128::from(i64::MAX), i128::from(i64::MIN), i128::MAX, i128::MIN, 1 << 100];
        let mut writer = Writer::default();
        numbers.iter().for_each(|number| writer.signed(*number));
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        assert!(numbers.iter().all(|number| reader.signed().unwrap() == *number));
        reader.end().unwrap();
        assert!(Reader::new(&[0xff; 30]).number().is_err());
    }

    #[test]
    fn portions_come_back_and_damage_does_not() {
        for crossings in [None, Some(0), Some(u64::MAX)] {
            let portion = Portion { crossings, ..tile() };
            let mut writer = Writer::default();
            writer.portion(&portion);
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.portion().unwrap(), portion);
            reader.end().unwrap();
            for length in 0..bytes.len() {
                assert!(Reader::new(&bytes[..length]).portion().is_err(), "cut at {length}");
            }
        }
        let far = Portion { cell: Bounds { min: point((0, 0)), max: point((1 << 51, 0)) }, ..tile() };
        let mut writer = Writer::default();
        writer.portion(&far);
        assert!(Reader::new(&writer.into_bytes()).portion().unwrap_err().contains("beyond the grid"));
    }

    #[test]
    fn halves_add_up_and_do_not_wrap() {
        for number in [0, 1, -1, i128::MAX, i128::MIN, -(1 << 64), (1 << 64) - 1] {
            let (high, low) = halves(number);
            assert!((0..1 << 64).contains(&low) && (-(1 << 63)..1 << 63).contains(&high));
            assert_eq!(whole(high, low), Some(number));
        }
        // -3 and 5 add up by halves: (-1 + 0) * 2^64 + (2^64 - 3) + 5 = 2.
        let ((a, b), (c, d)) = (halves(-3), halves(5));
        assert_eq!(whole(a + c, b + d), Some(2));
        let ((a, b), (c, d)) = (halves(i128::MAX), halves(1));
        assert_eq!(whole(a + c, b + d), None, "more than 128 bits hold");
    }
}
