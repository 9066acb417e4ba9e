//! Blocks over two layers.

use std::ops::Range;

use super::arrangement::Arrangement;
use super::faces::Faces;
use super::gathered::Gathered;
use super::noding::Broken;
use super::pairs::{Extent, units_or_none};
use super::tiles::Sums;
use crate::domain::{Layer, Proof};

/// A part of a block that lies in one combination of left and right units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockPiece {
    /// Unit of the blocks layer.
    pub block: usize,
    /// Unit of the left layer; `None` = in none.
    pub left: Option<usize>,
    /// Unit of the right layer; `None` = in none.
    pub right: Option<usize>,
    /// The part.
    pub extent: Extent,
}

/// Splits every block over the pairs of two layers: the overlay of the overlay with the blocks, in one pass.
///
/// Sorted by (block, left, right), no empty piece. The pieces of a block sum to the block exactly (where units of a layer overlap each
/// other, a piece is there once for each). The proof that they do is returned beside them.
///
/// # Errors
/// [`Broken`] when the arrangement contradicts itself or a block's pieces do not sum to it.
pub fn split_blocks(blocks: &Layer, left: &Layer, right: &Layer) -> Result<(Vec<BlockPiece>, Proof), Broken> {
    from_faces(blocks, left, right, &Arrangement::of(&[&blocks.rings, &left.rings, &right.rings])?)
}

/// As [`split_blocks`], from the sums of all tiles of the three layers.
///
/// # Errors
/// As [`split_blocks`], and when the sums are not those of these layers, each tile once.
pub fn split_blocks_of(blocks: &Layer, left: &Layer, right: &Layer, sums: &Sums) -> Result<(Vec<BlockPiece>, Proof), Broken> {
    sums.are_whole(&[&blocks.rings, &left.rings, &right.rings])?;
    from_faces(blocks, left, right, sums)
}

fn from_faces(blocks: &Layer, left: &Layer, right: &Layer, faces: &dyn Faces) -> Result<(Vec<BlockPiece>, Proof), Broken> {
    let sums = faces.ring_sums(0, &blocks.rings)?;
    let mut whole = vec![0i128; blocks.rings.units()];
    let points = [blocks, left, right].map(|layer| layer.rings.points().len()).iter().sum();
    fn order(piece: &BlockPiece) -> (usize, usize, usize) {
        let last = |unit: Option<usize>| unit.unwrap_or(usize::MAX);
        (piece.block, last(piece.left), last(piece.right))
    }
    let mut pieces = Gathered::new(points, order, |kept: &mut BlockPiece, later| kept.extent.add(&later.extent));
    faces.each(&mut |units, extent| {
        let [of_blocks, lefts, rights] = units else { return };
        if of_blocks.is_empty() {
            return;
        }
        let (lefts, rights): (Vec<_>, Vec<_>) = (units_or_none(lefts).collect(), units_or_none(rights).collect());
        for block in of_blocks.iter() {
            whole[*block as usize] += extent.doubled_area;
            for left in &lefts {
                for right in &rights {
                    pieces.push(BlockPiece { block: *block as usize, left: *left, right: *right, extent });
                }
            }
        }
    });
    let mut expected = 0i128;
    let mut got = 0i128;
    for (unit, area) in blocks.areas.iter().enumerate() {
        let sum = if area.repaired { whole[unit] } else { sums[unit] };
        if sum != whole[unit] {
            return Err(Broken("a block's pieces do not sum to it"));
        }
        expected += sum;
        got += whole[unit];
    }
    let mut pieces = pieces.finish()?;
    pieces.retain(|piece| piece.extent.doubled_area > 0);
    let proof = Proof::exact(
        "pieces sum to each block, doubled square grid steps",
        format!("{} over {} and {}: {} blocks", blocks.id, left.id, right.id, blocks.areas.len()),
        expected,
        got,
    );
    Ok((pieces, proof))
}

/// Pieces of one block in a list sorted by block.
pub(crate) fn block_ranges(pieces: &[BlockPiece]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while let Some(piece) = pieces.get(start) {
        let end = start + pieces[start..].iter().take_while(|other| other.block == piece.block).count();
        ranges.push(start..end);
        start = end;
    }
    ranges
}
