//! Who adds up the faces of an overlay: this process, or others for it.

use std::fmt::Debug;
use std::sync::Arc;

use crate::domain::{Layer, Proof};
use crate::error::Result;
use crate::layers::unprovable_together;
use crate::overlay::tiles::Sums;
use crate::overlay::{self, BlockPiece, Overlay};

/// Adds up faces by tiles, elsewhere.
pub trait Tally: Debug + Send + Sync {
    /// The sums of all tiles of some layers of one grid, each tile once ([`overlay::tiles`]). They are proved by whoever asked. `None` where a
    /// tile's arrangement contradicts itself: such layers are overlaid by whoever asked, who knows what else can be done.
    ///
    /// # Errors
    /// Whatever keeps the others from answering.
    fn sums(&self, layers: &[&Layer]) -> Result<Option<Sums>>;
}

/// Who overlays the layers of a run. The answer is the same, bit for bit.
#[derive(Debug, Clone, Default)]
pub enum Engine {
    /// This process.
    #[default]
    Here,
    /// Others, tile by tile; what they answer is proved here.
    Tiles(Arc<dyn Tally>),
}

impl Engine {
    /// What others added up; `None` where nobody did.
    fn sums(&self, layers: &[&Layer]) -> Result<Option<Sums>> {
        match self {
            Self::Here => Ok(None),
            Self::Tiles(tally) => tally.sums(layers),
        }
    }

    pub(super) fn overlay(&self, left: &Layer, right: &Layer, subject: &str) -> Result<Overlay> {
        let proved = match self.sums(&[left, right])? {
            None => overlay::overlay(left, right),
            Some(sums) => overlay::overlay_of(left, right, &sums),
        };
        proved.map_err(|broken| unprovable_together(&[left, right], subject, broken))
    }

    pub(super) fn split_blocks(&self, blocks: &Layer, left: &Layer, right: &Layer) -> Result<(Vec<BlockPiece>, Proof)> {
        let proved = match self.sums(&[blocks, left, right])? {
            None => overlay::split_blocks(blocks, left, right),
            Some(sums) => overlay::split_blocks_of(blocks, left, right, &sums),
        };
        proved.map_err(|broken| unprovable_together(&[blocks, left, right], &blocks.id, broken))
    }
}
