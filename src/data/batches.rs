//! What every task's data does: deal out batches.

use super::size::TextSize;

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// What is learned from.
    Train,
    /// What decides which weights are best.
    Valid,
    /// What is looked at once, with the best weights.
    Test,
}

impl Split {
    /// This split's of three: train, valid, test.
    pub fn of<T>(self, all: &[Vec<T>; 3]) -> &[T] {
        &all[self as usize]
    }
}

/// A data set of a task, cut into batches. A training batch is a function of seed, epoch and
/// index alone, so that a run can be resumed anywhere.
pub trait Batches {
    /// What a model learns from in one step.
    type Batch;

    /// Training batches in an epoch; at least 1.
    fn batches_per_epoch(&self) -> usize;

    /// Training batch `index` of `epoch`, both counted from 0.
    fn batch(&mut self, epoch: u64, index: usize) -> Self::Batch;

    /// Sequences of a batch, side by side.
    fn sequences(&self, batch: &Self::Batch) -> usize;

    /// Whether a training batch goes on where the one before it in the same epoch ended.
    fn carries_state(&self) -> bool {
        false
    }

    /// Whether an evaluated batch goes on where the one before it ended.
    fn carries_state_held_out(&self) -> bool {
        false
    }

    /// All of a split, for evaluation: batches in order, each prediction made once.
    fn held_out(&self, split: Split) -> Box<dyn Iterator<Item = Self::Batch> + '_>;

    /// Predictions that [`Self::held_out`] asks for: what a mean loss is a mean over; 0 for an
    /// empty split.
    fn predictions(&self, split: Split) -> u64;

    /// How much text so many predictions of a split spell out; nothing where they are of no
    /// running text.
    fn text(&self, _split: Split, _predictions: u64) -> TextSize {
        TextSize::default()
    }
}
