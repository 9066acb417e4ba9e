//! Blocks over two layers.

use std::ops::Range;

use super::arrangement::Arrangement;
use super::coverage::ring_sums;
use super::labels::OUTSIDE;
use super::noding::Broken;
use super::pairs::{Extent, units_or_none};
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
    let arrangement = Arrangement::of(&[&blocks.rings, &left.rings, &right.rings])?;
    let sums = ring_sums(&blocks.rings, 0, &arrangement)?;
    let mut whole = vec![0i128; blocks.rings.units()];
    let mut pieces = Vec::new();
    for cell in arrangement.cells() {
        if cell.key[0] == OUTSIDE {
            continue;
        }
        let lefts = units_or_none(&arrangement.units(1, cell.key[1]));
        let rights = units_or_none(&arrangement.units(2, cell.key[2]));
        let mut extent = Extent::default();
        extent.add(&cell);
        for block in arrangement.units(0, cell.key[0]).iter() {
            whole[*block as usize] += cell.doubled_area;
            for left in &lefts {
                for right in &rights {
                    pieces.push(BlockPiece { block: *block as usize, left: *left, right: *right, extent });
                }
            }
        }
    }
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
    let order = |unit: Option<usize>| unit.map_or(usize::MAX, |unit| unit);
    pieces.sort_unstable_by_key(|piece| (piece.block, order(piece.left), order(piece.right)));
    pieces.dedup_by(|later, kept| {
        let same = (later.block, later.left, later.right) == (kept.block, kept.left, kept.right);
        if same {
            kept.extent.doubled_area += later.extent.doubled_area;
            kept.extent.boundary += later.extent.boundary;
        }
        same
    });
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
