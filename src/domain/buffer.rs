//! A long row of points in one piece of memory, and the coordinates that they are made of.

use std::ops::Range;

use zerocopy::{FromBytes, IntoBytes};

use super::geometry::{Grid, Point};

/// A row of points that grows at its end. Each place may hold a coordinate in metres before it holds a point: both are sixteen bytes, so a
/// file's coordinates become the points of a layer where they stand.
#[derive(Default)]
pub struct Buffer {
    /// All places, those that are not in use as well. Plain numbers: a row of zeros of these is memory as the system hands it out, which
    /// costs nothing until it is written to; a row of points would be filled with zeros, page by page, before anything is read into it.
    places: Places,
    /// Places in use.
    len: usize,
}

impl Buffer {
    /// Nothing yet, with room for so many points.
    pub fn with_capacity(points: usize) -> Self {
        Self { places: Places::new(points), len: 0 }
    }

    /// Places in use.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no place is in use.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The points.
    #[inline]
    pub fn points(&self) -> &[Point] {
        <[Point]>::ref_from_bytes(self.places.all().get(..self.len).unwrap_or(&[]).as_bytes()).unwrap_or(&[])
    }

    /// The points, to be changed.
    pub fn points_mut(&mut self) -> &mut [Point] {
        <[Point]>::mut_from_bytes(self.places.all_mut().get_mut(..self.len).unwrap_or(&mut []).as_mut_bytes()).unwrap_or(&mut [])
    }

    /// Places that hold coordinates.
    pub fn coordinates(&self) -> &[[f64; 2]] {
        <[[f64; 2]]>::ref_from_bytes(self.points().as_bytes()).unwrap_or(&[])
    }

    /// Places that hold coordinates, to be changed.
    pub fn coordinates_mut(&mut self) -> &mut [[f64; 2]] {
        <[[f64; 2]]>::mut_from_bytes(self.points_mut().as_mut_bytes()).unwrap_or(&mut [])
    }

    /// Adds places for coordinates, which hold anything at first.
    pub fn add_coordinates(&mut self, count: usize) -> &mut [[f64; 2]] {
        let from = self.len;
        self.reserve(count);
        self.places.touch(from, count);
        self.len = self.len.saturating_add(count);
        let added = self.points_mut().get_mut(from..).unwrap_or(&mut []);
        <[[f64; 2]]>::mut_from_bytes(added.as_mut_bytes()).unwrap_or(&mut [])
    }

    /// Makes points of the coordinates at some places, which are within the grid's reach.
    pub fn snap(&mut self, places: Range<usize>, grid: &Grid) {
        for place in self.points_mut().get_mut(places).unwrap_or(&mut []) {
            let (x, y) = (f64::from_bits(place.x.cast_unsigned()), f64::from_bits(place.y.cast_unsigned()));
            *place = grid.snap_within(x, y);
        }
    }

    /// Adds a point.
    pub fn push(&mut self, point: Point) {
        self.reserve(1);
        if let Some(place) = self.places.all_mut().get_mut(self.len) {
            *place = [point.x, point.y];
            self.len = self.len.saturating_add(1);
        }
    }

    /// Adds points.
    pub fn extend(&mut self, points: impl IntoIterator<Item = Point>) {
        let mut points = points.into_iter();
        self.reserve(points.size_hint().0);
        loop {
            let room = self.places.all_mut().get_mut(self.len..).unwrap_or(&mut []);
            let filled = room.iter_mut().zip(&mut points).map(|(place, point)| *place = [point.x, point.y]).count();
            self.len = self.len.saturating_add(filled);
            match points.next() {
                Some(point) => self.push(point),
                None => return,
            }
        }
    }

    /// Makes room for more, at least twice what is in use.
    fn reserve(&mut self, more: usize) {
        let needed = self.len.saturating_add(more);
        if needed > self.places.all().len() {
            let mut larger = Places::new(needed.max(self.len.saturating_mul(2)).max(4));
            let used = self.places.all().get(..self.len).unwrap_or(&[]);
            larger.all_mut().iter_mut().zip(used).for_each(|(to, from)| *to = *from);
            self.places = larger;
        }
    }
}

/// Memory for places, all zeros at first. Much of it comes from the system, page by page as it is touched, and is given back to the system at
/// once when nobody needs it any more: by the thread that does not write files just then, and not by whoever ends the program last.
enum Places {
    Heap(Vec<[i64; 2]>),
    Mapped(memmap2::MmapMut),
}

impl Places {
    /// Places from which memory is asked of the system: a megabyte.
    const MANY: usize = 1 << 16;

    /// Places in a page of four kilobytes.
    #[cfg(target_os = "linux")]
    const PAGE: usize = 256;

    fn new(points: usize) -> Self {
        if points >= Self::MANY
            && let Some(bytes) = points.checked_mul(size_of::<[i64; 2]>())
            && let Ok(map) = memmap2::MmapMut::map_anon(bytes)
        {
            return Self::Mapped(map);
        }
        Self::Heap(vec![[0; 2]; points])
    }

    /// Asks the system for the memory of many places, all of it together; without that it is asked for every page by itself, when it is touched.
    #[cfg(target_os = "linux")]
    fn touch(&self, from: usize, count: usize) {
        const SIZE: usize = size_of::<[i64; 2]>();
        if let Self::Mapped(map) = self
            && count >= Self::PAGE
        {
            // A system that cannot do that gives the pages one by one.
            let _ = map.advise_range(memmap2::Advice::PopulateWrite, from.saturating_mul(SIZE), count.saturating_mul(SIZE));
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn touch(&self, _from: usize, _count: usize) {}

    #[inline]
    fn all(&self) -> &[[i64; 2]] {
        match self {
            Self::Heap(places) => places,
            Self::Mapped(map) => <[[i64; 2]]>::ref_from_bytes(map).unwrap_or(&[]),
        }
    }

    #[inline]
    fn all_mut(&mut self) -> &mut [[i64; 2]] {
        match self {
            Self::Heap(places) => places,
            Self::Mapped(map) => <[[i64; 2]]>::mut_from_bytes(map).unwrap_or(&mut []),
        }
    }
}

impl Default for Places {
    fn default() -> Self {
        Self::Heap(Vec::new())
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut cloned = Self::with_capacity(self.len);
        cloned.extend(self.points().iter().copied());
        cloned
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.points()).finish()
    }
}

impl PartialEq for Buffer {
    /// Bit for bit, whatever it holds.
    fn eq(&self, other: &Self) -> bool {
        self.points() == other.points()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_become_points_where_they_stand() {
        let grid = Grid::covering((0.0, 0.0), (600_000.0, 600_000.0));
        for count in [5, 300_005] {
            let mut buffer = Buffer::with_capacity(count);
            for (number, place) in buffer.add_coordinates(count).iter_mut().enumerate() {
                *place = [number as f64 + 0.25, 600_000.0 - number as f64];
            }
            assert_eq!(buffer.coordinates()[3], [3.25, 599_997.0]);
            let before = buffer.clone();
            assert_eq!(before, buffer);
            buffer.snap(1..4, &grid);
            assert_eq!(Some(buffer.points()[3]), grid.snap(3.25, 599_997.0));
            assert_eq!(buffer.coordinates()[4], [4.25, 599_996.0]);
            assert_ne!(before, buffer);
        }
    }

    #[test]
    fn it_grows_and_keeps_what_it_holds() {
        let mut buffer = Buffer::default();
        let point = |number: usize| Point { x: number as i64, y: -(number as i64) };
        buffer.extend((0..3).map(point));
        (3..70_007).for_each(|number| buffer.push(point(number)));
        assert_eq!(buffer.len(), 70_007);
        assert!(buffer.points().iter().enumerate().all(|(number, found)| *found == point(number)));
        assert!(!buffer.is_empty() && Buffer::default().is_empty());
    }
}
