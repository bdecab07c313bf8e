//! What every task's data does: deal out batches.

use super::split::Split;
use super::text::TextSize;

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

    /// Whether an evaluation batch goes on where the one before it ended.
    fn evaluation_carries_state(&self) -> bool {
        false
    }

    /// All of a split, for evaluation: batches in order, each prediction made once.
    fn evaluation(&self, split: Split) -> Box<dyn Iterator<Item = Self::Batch> + '_>;

    /// Predictions that [`Self::evaluation`] asks for: what a mean loss is a mean over; 0 for an
    /// empty split.
    fn predictions(&self, split: Split) -> u64;

    /// How much text that many predictions of a split spell out; nothing if they are not of running
    /// text.
    fn text(&self, _split: Split, _predictions: u64) -> TextSize {
        TextSize::default()
    }
}
