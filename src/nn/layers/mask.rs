//! Padding: sequences of different lengths side by side.
//!
//! Sequences are padded at their ends. A layer that reads forwards gives at each step what depends on
//! this step and earlier ones alone, and one that reads backwards begins at the last true step and
//! takes the padding last; so padding changes nothing at a true step. And as no loss looks at padded
//! steps, their gradient is zero and adds nothing to any sum.

use crate::kernels::{Buffer, Compute};
use crate::nn::axis::{Batch, TimeAxis};
use std::sync::Arc;

/// Which steps of the sequences of a batch, (L, B), are padding.
#[derive(Clone, Debug)]
pub struct PaddingMask<L> {
    shape: (L, Batch),
    pub(super) sequences: Sequences,
}

impl<L: TimeAxis> PaddingMask<L> {
    /// Sequences without padding.
    pub fn none(steps: L, batch: Batch) -> Self {
        let sequences = Sequences { steps: steps.size(), batch: batch.0, lengths: None };
        Self { shape: (steps, batch), sequences }
    }

    /// Sequences with these numbers of true steps.
    pub fn new(steps: L, lengths: &[usize]) -> Self {
        let lengths = Some(Arc::new(lengths.to_vec()));
        let batch = lengths.as_ref().map_or(0, |lengths| lengths.len());
        let sequences = Sequences { steps: steps.size(), batch, lengths };
        Self { shape: (steps, Batch(batch)), sequences }
    }

    /// Steps, and sequences.
    pub fn shape(&self) -> (L, Batch) {
        self.shape
    }
}

/// A [`PaddingMask`], its axes' types forgotten.
#[derive(Clone, Debug)]
pub(super) struct Sequences {
    /// T, the steps of the longest.
    pub steps: usize,
    /// B, how many there are.
    pub batch: usize,
    /// The true length of each; `None` if all are as long.
    lengths: Option<Arc<Vec<usize>>>,
}

impl Sequences {
    /// The true length of a sequence.
    pub fn length(&self, sequence: usize) -> usize {
        self.lengths.as_ref().map_or(self.steps, |lengths| lengths[sequence])
    }

    /// Puts rows, (T, B, …), in the order in which a second direction reads them: each sequence from
    /// its last true step, as PyTorch's `pack_padded_sequence` does, and then its padding. Done twice
    /// it undoes itself.
    pub fn reverse_padded<V: Copy>(&self, target: &mut [V], source: &[V]) {
        let (steps, batch) = (self.steps, self.batch);
        let row = (source.len() / (steps * batch).max(1)).max(1);
        if self.lengths.is_none() {
            let block = (row * batch).max(1);
            let blocks = source.chunks_exact(block).rev();
            for (target, source) in target.chunks_exact_mut(block).zip(blocks) {
                target.copy_from_slice(source);
            }
            return;
        }
        for (place, target) in target.chunks_exact_mut(row).enumerate() {
            let (step, sequence) = (place / batch, place % batch);
            let length = self.length(sequence);
            let step = if step < length { length - 1 - step } else { step };
            target.copy_from_slice(&source[(step * batch + sequence) * row..][..row]);
        }
    }

    /// [`Self::reverse_padded`] into a buffer.
    pub fn reversed(&self, compute: &Compute, source: &[f32]) -> Buffer {
        let mut target = compute.buffer(source.len());
        self.reverse_padded(&mut target, source);
        target
    }
}
