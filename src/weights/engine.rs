//! Who adds up the faces of an overlay: this process, or others for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::{Layer, Proof};
use crate::error::Result;
use crate::layers::unprovable_together;
use crate::overlay::tiles::Sums;
use crate::overlay::{self, BlockPiece, Boundaries, Overlaid, Overlay};

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

    pub(super) fn split_blocks(&self, blocks: &Layer, left: &Layer, right: &Layer) -> Result<(Vec<BlockPiece>, Proof)> {
        let proved = match self.sums(&[blocks, left, right])? {
            None => overlay::split_blocks(blocks, left, right),
            Some(sums) => overlay::split_blocks_of(blocks, left, right, &sums),
        };
        proved.map_err(|broken| unprovable_together(&[blocks, left, right], &blocks.id, broken))
    }
}

/// The overlays of a run: each two layers once, whatever people are counted on them.
///
/// Layers are known by their ids, as in a run. The default overlays in this process and keeps no boundaries.
#[derive(Debug, Default)]
pub struct Overlays {
    engine: Engine,
    /// Left and right layer of the overlays that will be drawn.
    to_draw: BTreeSet<(String, String)>,
    made: Mutex<BTreeMap<(String, String), Arc<Made>>>,
}

/// An overlay that was made.
#[derive(Debug)]
pub struct Made {
    /// Pairs, totals and proofs.
    pub overlay: Overlay,
    /// What it takes to draw its parts, where they will be drawn.
    pub boundaries: Option<Boundaries>,
}

/// The boundaries of the overlays that will be drawn, by the ids of the left and the right layer.
pub type Drawable = BTreeMap<(String, String), Boundaries>;

impl Overlays {
    /// Overlays made by an engine; of `to_draw`, by the ids of left and right layer, the boundaries are kept.
    pub fn by(engine: Engine, to_draw: BTreeSet<(String, String)>) -> Self {
        Self { engine, to_draw, made: Mutex::default() }
    }

    /// Who makes them.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The overlay of two layers, made when it is asked for first.
    ///
    /// Where others add up the faces and the parts will be drawn, this process overlays the layers too: the sums of others have no
    /// boundaries.
    pub(super) fn of(&self, left: &Layer, right: &Layer, subject: &str) -> Result<Arc<Made>> {
        let key = (left.id.clone(), right.id.clone());
        if let Some(made) = self.made.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Arc::clone(made));
        }
        let unprovable = |broken| unprovable_together(&[left, right], subject, broken);
        let draw = || Overlaid::of(left, right).and_then(Overlaid::into_boundaries).map_err(unprovable);
        let made = match (self.engine.sums(&[left, right])?, self.to_draw.contains(&key)) {
            (None, false) => Made { overlay: overlay::overlay(left, right).map_err(unprovable)?, boundaries: None },
            (None, true) => {
                let (overlay, boundaries) = draw()?;
                Made { overlay, boundaries: Some(boundaries) }
            }
            (Some(sums), to_draw) => Made {
                overlay: overlay::overlay_of(left, right, &sums).map_err(unprovable)?,
                boundaries: if to_draw { Some(draw()?.1) } else { None },
            },
        };
        let made = Arc::new(made);
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&made));
        Ok(made)
    }

    /// The boundaries of what will be drawn. The rest is given back.
    pub fn into_boundaries(self) -> Drawable {
        let made = self.made.into_inner().unwrap_or_else(PoisonError::into_inner);
        let drawable = made.into_iter().filter_map(|(key, made)| Some((key, Arc::into_inner(made)?.boundaries?)));
        drawable.collect()
    }
}
