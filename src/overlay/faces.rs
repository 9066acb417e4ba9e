//! What is covered by what: the figures that every overlay is made of, wherever they were added up.

use super::arrangement::Arrangement;
use super::coverage;
use super::noding::Broken;
use super::pairs::Extent;
use crate::domain::Rings;

/// Areas and boundaries by the units that cover them.
pub(super) trait Faces {
    /// Visits each combination of units, one list of units a layer; what nothing covers is left out. A combination may come more than once, and
    /// without area, to take away the boundary between two faces that have it in common.
    fn each(&self, visit: &mut dyn FnMut(&[&[u32]], Extent));

    /// Number of crossings of boundaries.
    fn crossings(&self) -> usize;

    /// Absolute value of the signed sum of each unit's rings, crossings rounded as the faces have them.
    fn ring_sums(&self, layer: usize, rings: &Rings) -> Result<Vec<i128>, Broken>;
}

impl Faces for Arrangement<'_> {
    fn each(&self, visit: &mut dyn FnMut(&[&[u32]], Extent)) {
        for cell in self.cells() {
            let units: Vec<_> = (0..self.layers()).map(|layer| self.units(layer, cell.key[layer])).collect();
            let slices: [&[u32]; super::arrangement::LAYERS] = std::array::from_fn(|layer| units.get(layer).map_or(&[][..], |units| units));
            visit(&slices[..units.len()], Extent { doubled_area: cell.doubled_area, boundary: cell.boundary });
        }
        let length = |edge| self.noded().length(edge);
        self.each_line_within(length, |units, length| {
            let slices: Vec<&[u32]> = units.iter().map(Vec::as_slice).collect();
            visit(&slices, Extent { doubled_area: 0, boundary: -2 * length });
        });
    }

    fn crossings(&self) -> usize {
        self.noded().crossings
    }

    fn ring_sums(&self, layer: usize, rings: &Rings) -> Result<Vec<i128>, Broken> {
        coverage::ring_sums(rings, layer, self)
    }
}
