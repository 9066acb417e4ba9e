//! Parts of an overlay as polygons, drawn one by one where they are wanted.

use std::borrow::Cow;

use super::arrangement::{Courses, Key, Traced};
use super::linework::{self, Bits};
use super::noding::{Broken, Noded};
use super::pairs::{Overlaid, Overlay, Part, units_or_none};
use super::polygons;
use crate::domain::{Drawn, Layer, Outline};

/// The outlines of parts of an overlay, to be drawn on any thread and in any order: it has where their boundaries run, not their points.
pub struct Outlines<'t> {
    traced: Traced<'t>,
    /// Crossings beside which edges may meet others.
    doubtful: Cow<'t, Bits>,
}

/// The boundaries of all parts of an overlay, without the layers: nodes, edges and which of them each part runs along.
///
/// Much smaller than the overlay itself, as most points stay in the layers: it can be kept until the parts are drawn.
#[derive(Debug)]
pub struct Boundaries {
    /// The parts, sorted.
    parts: Vec<Part>,
    lines: Noded,
    courses: Courses,
    doubtful: Bits,
}

impl Boundaries {
    /// The outlines of all parts; `left` and `right` are the layers that were overlaid.
    ///
    /// # Errors
    /// [`Broken`] when these are more points than can be numbered, which the layers that were overlaid are not.
    pub fn outlines<'t>(&'t self, left: &'t Layer, right: &'t Layer) -> Result<Outlines<'t>, Broken> {
        let points = linework::points(&[&left.rings, &right.rings])?;
        Ok(Outlines { traced: Traced::again(points, &self.lines, &self.courses), doubtful: Cow::Borrowed(&self.doubtful) })
    }

    /// A part's place among the outlines; `None` where the overlay has no such part.
    pub fn place(&self, part: Part) -> Option<usize> {
        self.parts.binary_search(&part).ok()
    }
}

impl Outlines<'_> {
    /// The polygons of a part, by its place in the list that was asked for; valid by OGC rules. A part that is not there has none.
    ///
    /// # Errors
    /// [`Broken`] when rounded crossings do not settle.
    pub fn draw(&self, part: usize) -> Result<Outline, Broken> {
        let _timed = tracing::info_span!("assemble").entered();
        Ok(polygons::assemble(self.traced.draw(part)?))
    }

    /// The same polygons, along points that stand where they are wherever they can be told without a look at every point.
    ///
    /// # Errors
    /// As [`Outlines::draw`].
    pub fn strokes(&self, part: usize) -> Result<Drawn<'_>, Broken> {
        let timed = tracing::info_span!("assemble").entered();
        if let Some(strokes) = self.traced.strokes(part, &self.doubtful) {
            return Ok(Drawn::Strokes(strokes));
        }
        drop(timed);
        Ok(self.draw(part)?.into())
    }

    /// Points that a part's polygons have at most.
    pub fn points(&self, part: usize) -> usize {
        self.traced.points(part)
    }
}

impl Overlaid<'_> {
    /// The outlines of parts, in the order of `parts`.
    ///
    /// # Errors
    /// [`Broken`] when a boundary does not close.
    pub fn outlines(&self, parts: &[Part]) -> Result<Outlines<'_>, Broken> {
        let arrangement = &self.arrangement;
        let _timed = tracing::info_span!("assemble").entered();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|at| parts[*at]);
        let members = |key: &Key, into: &mut Vec<u32>| {
            for left in units_or_none(&arrangement.units(0, key[0])) {
                for right in units_or_none(&arrangement.units(1, key[1])) {
                    if let Ok(at) = order.binary_search_by_key(&(left, right), |at| parts[*at]) {
                        into.push(order[at] as u32);
                    }
                }
            }
        };
        let (traced, doubtful) = rayon::join(|| arrangement.trace(parts.len(), &members), || arrangement.doubtful());
        Ok(Outlines { traced: traced?, doubtful: Cow::Owned(doubtful) })
    }

    /// The boundaries of all pairs and uncovered parts with land, to be drawn later; the rest of the arrangement is given back.
    ///
    /// # Errors
    /// As [`Overlaid::outlines`].
    pub fn into_boundaries(self) -> Result<(Overlay, Boundaries), Broken> {
        let parts = self.overlay.parts_with_land();
        let Outlines { traced, doubtful } = self.outlines(&parts)?;
        let (courses, doubtful) = (traced.into_courses(), doubtful.into_owned());
        Ok((self.overlay, Boundaries { parts, lines: self.arrangement.into_lines(), courses, doubtful }))
    }
}
