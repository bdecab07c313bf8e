//! A thread's rows of a tile: their logits, losses and gradients.

use super::IGNORE;
use super::cross_entropy::{self, LANES};
use super::decoder::{Decoder, Loss};
use crate::Buffer;
use crate::matrix::{Packed, Start, View, multiply};
use crate::simd::Compute;
use std::ops::Range;

/// Logits below which a second thread is not worth its start.
const WORTH_A_THREAD: usize = 1 << 14;

/// Some rows (N) of a tile. What has a number for each row is filled up to whole vectors with
/// numbers that mean nothing.
pub struct Part<'a> {
    compute: Compute,
    /// (N, F).
    input: &'a [f32],
    /// (N).
    targets: &'a [u32],
    /// N in whole vectors.
    columns: usize,
    /// Words whose logits are kept.
    kept: usize,
    /// Words of a block.
    width: usize,
    /// e to the power of the logits, later their gradient: (kept, columns). Behind it, the logits
    /// of a block: products write there, since it is near; from there on, memory is written in
    /// its order.
    logits: Buffer,
    /// For each column, one number of each of these, (columns), one after the other: a scratch; the
    /// logit of the target; the sum of e to the power of the logits less the largest; the largest
    /// logits before the first block, up to the first, up to the second, …
    state: Buffer,
}

impl<'a> Part<'a> {
    /// The parts of a tile: one a thread, as far as that is worth it. Each keeps `kept` words'
    /// logits: all, or those of one block.
    pub fn all(
        compute: &Compute,
        decoder: Decoder<'_>,
        input: &'a [f32],
        targets: &'a [u32],
        kept: usize,
    ) -> Vec<Self> {
        let (vocabulary, features, width) =
            (decoder.vocabulary(), decoder.features(), decoder.width());
        let worth = targets.len() * vocabulary / WORTH_A_THREAD;
        let share = targets.len().div_ceil(compute.threads().min(worth).max(1));
        // Whole vectors: the sums over a word's row have the same order however many parts there
        // are.
        let share = share.next_multiple_of(LANES).max(LANES);
        let parts = targets.chunks(share).zip(input.chunks((share * features).max(1)));
        let part = |(targets, input): (&'a [u32], &'a [f32])| {
            let columns = targets.len().next_multiple_of(LANES);
            let logits = compute.buffer((kept + width) * columns);
            let state = compute.buffer((4 + vocabulary.div_ceil(width)) * columns);
            Self { compute: compute.alone(), input, targets, columns, kept, width, logits, state }
        };
        parts.map(part).collect()
    }

    /// N.
    pub fn rows(&self) -> usize {
        self.targets.len()
    }

    /// Computes e to the power of the logits, block by block, and what the losses are made of.
    pub fn forward(&mut self, decoder: Decoder<'_>) {
        let (columns, level) = (self.columns, self.compute.level);
        let input = View::new(self.input, decoder.features());
        let right = Packed::new(&self.compute, input.transposed());
        let (kept, near) = self.logits.split_at_mut(self.kept * columns);
        let State { scratch, aims, sums, largest } = State::new(&mut self.state, columns);
        // A target that is no word makes the loss no number.
        aims.fill(f32::NAN);
        sums.fill(0.0);
        largest[..columns].fill(f32::NEG_INFINITY);
        for (index, (words, weight)) in decoder.blocks().enumerate() {
            let near = &mut near[..words.len() * columns];
            let left = View::new(weight, decoder.features());
            multiply(&self.compute, left, &right, near, columns, Start::Zero);
            let bias = &decoder.bias[words.clone()];
            for (word, row) in targets_within(self.targets, &words) {
                aims[row] = near[word * columns + row] + bias[word];
            }
            // The only block that is kept, or its place among all.
            let powers = &mut kept[words.start % self.kept * columns..][..near.len()];
            let (before, largest) = largest[index * columns..].split_at_mut(columns);
            let largest = &mut largest[..columns];
            cross_entropy::exponentiate(
                level,
                (near, powers),
                bias,
                before,
                largest,
                scratch,
                sums,
            );
        }
        // So that the gradient is 0 where a target is ignored, and past the last row.
        for (row, sum) in sums.iter_mut().enumerate() {
            let ignored = self.targets.get(row).is_none_or(|target| *target == IGNORE);
            *sum = if ignored { f32::INFINITY } else { *sum };
        }
    }

    /// The input as the right-hand side of the weight's gradient.
    pub fn packed_input(&self, compute: &Compute) -> Packed {
        Packed::new(compute, View::new(self.input, self.input.len() / self.rows().max(1)))
    }

    /// Adds up the losses, row by row.
    pub fn add_loss(&mut self, total: &mut Loss) {
        let columns = self.columns;
        let State { aims, sums, largest, .. } = State::new(&mut self.state, columns);
        let last = &largest[largest.len() - columns..];
        let rows = self.targets.iter().zip(sums).zip(last).zip(aims);
        for (((_, sum), largest), aim) in rows.filter(|(((target, ..), _), _)| **target != IGNORE) {
            let aim = f64::from(*aim) - f64::from(*largest);
            *total += Loss { sum: libm::log(f64::from(*sum)) - aim, tokens: 1 };
        }
    }

    /// Makes a block the gradient of `scale` times the sum of the losses, and adds its share to
    /// the gradient of the input, (N, F).
    pub fn backward(
        &mut self,
        index: usize,
        words: Range<usize>,
        weight: &[f32],
        scale: f32,
        gradient: &mut [f32],
    ) {
        let (rows, columns, level) = (self.rows(), self.columns, self.compute.level);
        let block = &mut self.logits[words.start * columns..words.end * columns];
        let State { scratch, sums, largest, .. } = State::new(&mut self.state, columns);
        let last = &largest[largest.len() - columns..];
        let largest = &largest[(index + 1) * columns..][..columns];
        cross_entropy::differentiate(level, block, largest, last, sums, scale, scratch);
        for (word, row) in targets_within(self.targets, &words) {
            block[word * columns + row] -= scale;
        }
        let features = weight.len() / words.len();
        let right = Packed::new(&self.compute, View::new(weight, features));
        let start = if index == 0 { Start::Zero } else { Start::Output };
        let left = View::strided(block, words.len(), rows, columns).transposed();
        multiply(&self.compute, left, &right, gradient, features, start);
    }
}

/// What a part knows of its columns.
struct State<'a> {
    scratch: &'a mut [f32],
    aims: &'a mut [f32],
    sums: &'a mut [f32],
    /// (1 + blocks, columns).
    largest: &'a mut [f32],
}

impl<'a> State<'a> {
    fn new(numbers: &'a mut [f32], columns: usize) -> Self {
        let (scratch, numbers) = numbers.split_at_mut(columns);
        let (aims, numbers) = numbers.split_at_mut(columns);
        let (sums, largest) = numbers.split_at_mut(columns);
        Self { scratch, aims, sums, largest }
    }
}

/// The gradients of a block of W, (w, F), from `start` on, and of b, (w), to which it is added: of
/// all parts, whose inputs are packed in `inputs`, one after the other.
pub fn weight_gradient(
    parts: &[Part<'_>],
    inputs: &[Packed],
    block: usize,
    (weight, start): (&mut [f32], Start<'_>),
    bias: &mut [f32],
) {
    let words = bias.len();
    let mut blocks = Vec::with_capacity(parts.len());
    for (part, input) in parts.iter().zip(inputs) {
        let block = &part.logits[block * part.width * part.columns..][..words * part.columns];
        let start = if blocks.is_empty() { start } else { Start::Output };
        let left = View::strided(block, words, part.rows(), part.columns);
        multiply(&part.compute, left, input, weight, input.columns(), start);
        blocks.push((block, part.columns));
    }
    if let Some(part) = parts.first() {
        cross_entropy::add_sums(part.compute.level, &blocks, bias);
    }
}

/// The targets within some words, each as a place among the words, and the row that it is of.
fn targets_within(targets: &[u32], words: &Range<usize>) -> impl Iterator<Item = (usize, usize)> {
    let (first, count) = (words.start as u32, words.len() as u32);
    let places = targets.iter().map(move |target| target.wrapping_sub(first));
    let within = places.enumerate().filter(move |(_, place)| *place < count);
    within.map(|(row, place)| (place as usize, row))
}
