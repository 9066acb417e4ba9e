//! A second opinion: one unit against one unit by an integer boolean overlay (i_overlay, i64), no arrangement involved.
//!
//! Slower than the rest of this folder and independent of it. It measures units whose rings cross themselves a second time, and tests compare
//! the engine with it.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::i_float::int::point::IntPoint;

use crate::domain::{Point, Rings, geometry};

/// Twice the area of one unit by the even-odd rule, square grid steps, crossings rounded to the grid.
pub fn area(rings: &Rings, unit: usize) -> i128 {
    let mut overlay = Overlay::<i64>::new(64);
    add(&mut overlay, rings, unit, ShapeType::Subject);
    doubled_area(&overlay.overlay(OverlayRule::Subject, FillRule::EvenOdd))
}

/// Twice the area that two units share, square grid steps, crossings rounded to the grid.
pub fn shared_area(left: &Rings, left_unit: usize, right: &Rings, right_unit: usize) -> i128 {
    let mut overlay = Overlay::<i64>::new(64);
    add(&mut overlay, left, left_unit, ShapeType::Subject);
    add(&mut overlay, right, right_unit, ShapeType::Clip);
    doubled_area(&overlay.overlay(OverlayRule::Intersect, FillRule::EvenOdd))
}

/// What the rings of one unit bound by another rule than the even-odd one. Areas are doubled, in square grid steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShellsLessHoles {
    /// Area by shells less holes.
    pub area: i128,
    /// Area that is inside by one of the two rules and not by the other.
    pub differing: i128,
}

/// Reads the rings of one unit as shells less holes, crossings rounded to the grid: what a shell goes round (either way, however often) and
/// no hole does. It is what GEOS calls `make_valid` by structure.
///
/// `holes` tells of each ring whether it is one ([`super::holes`]).
pub fn shells_less_holes(rings: &Rings, unit: usize, holes: &[bool]) -> ShellsLessHoles {
    let mut structure = Overlay::<i64>::new(64);
    for (ring, is_hole) in rings.unit(unit).zip(holes) {
        let side = if *is_hole { ShapeType::Clip } else { ShapeType::Subject };
        // Each ring by itself first: where it winds back, it would take away from another.
        let mut alone = Overlay::<i64>::new(64);
        alone.add_path_iter(ring.iter().map(|point| IntPoint::new(point.x, point.y)), ShapeType::Subject);
        for shape in alone.overlay(OverlayRule::Subject, FillRule::NonZero) {
            for path in shape {
                structure.add_path_iter(path.into_iter(), side);
            }
        }
    }
    let shapes = structure.overlay(OverlayRule::Difference, FillRule::NonZero);
    let area = doubled_area(&shapes);
    let mut both = Overlay::<i64>::new(64);
    for path in shapes.into_iter().flatten() {
        both.add_path_iter(path.into_iter(), ShapeType::Subject);
    }
    add(&mut both, rings, unit, ShapeType::Clip);
    ShellsLessHoles { area, differing: doubled_area(&both.overlay(OverlayRule::Xor, FillRule::EvenOdd)) }
}

fn add(overlay: &mut Overlay<i64>, rings: &Rings, unit: usize, side: ShapeType) {
    for ring in rings.unit(unit) {
        overlay.add_path_iter(ring.iter().map(|point| IntPoint::new(point.x, point.y)), side);
    }
}

fn doubled_area(shapes: &[Vec<Vec<IntPoint<i64>>>]) -> i128 {
    let mut total = 0;
    for shape in shapes {
        for (index, ring) in shape.iter().enumerate() {
            let points: Vec<Point> = ring.iter().map(|p| Point { x: p.x, y: p.y }).collect();
            let area = geometry::doubled_area(&points).abs();
            // The first ring of a shape is its outline, the others are holes.
            total += if index == 0 { area } else { -area };
        }
    }
    total
}
