//! A thread's rows of a tile: their logits, losses and gradients.

use super::cross_entropy::{self, LANES};
use super::{Decoder, IGNORE, Loss};
use crate::Buffer;
use crate::matrix::{Packed, Start, View, multiply};
use crate::simd::Compute;
use std::ops::Range;

/// Logits below which a second thread is not worth its start.
const WORTH_A_THREAD: usize = 1 << 14;

/// Some rows (N) of a tile. What has a number for each row is filled up to whole vectors, with
/// numbers that mean nothing.
pub struct Part<'a> {
    compute: Compute,
    /// (N, F).
    input: &'a [f32],
    /// (N).
    targets: &'a [u32],
    /// N in whole vectors.
    columns: usize,
    /// Words whose logits are kept at the same time.
    kept: usize,
    /// Words of a block.
    width: usize,
    /// Logits without their bias, later e to their power, later their gradient: (kept, columns).
    logits: Buffer,
    /// The largest logits up to each block: (1 + V/w, columns), beginning with −∞.
    largest: Buffer,
    /// Sums of e to the power of the logits less the largest, (columns).
    sums: Buffer,
    /// (columns).
    scratch: Buffer,
    /// The logit of each row's target.
    aims: Vec<f32>,
}

impl<'a> Part<'a> {
    /// The parts of a tile: one a thread, as far as that is worth it. Each keeps the logits of
    /// `kept` words at the same time.
    pub fn all(
        compute: &Compute,
        decoder: Decoder<'_>,
        input: &'a [f32],
        targets: &'a [u32],
        kept: usize,
    ) -> Vec<Self> {
        let (vocabulary, features) = (decoder.vocabulary(), decoder.features());
        let worth = targets.len() * vocabulary / WORTH_A_THREAD;
        let share = targets.len().div_ceil(compute.threads().min(worth).max(1)).max(1);
        let parts = targets.chunks(share).zip(input.chunks((share * features).max(1)));
        let part = |(targets, input): (&'a [u32], &'a [f32])| {
            let columns = targets.len().next_multiple_of(LANES);
            Self {
                compute: compute.alone(),
                input,
                targets,
                columns,
                kept,
                width: decoder.width(),
                logits: compute.buffer(kept * columns),
                largest: compute.buffer((vocabulary.div_ceil(decoder.width()) + 1) * columns),
                sums: compute.zeros(columns),
                scratch: compute.buffer(columns),
                aims: vec![0.0; targets.len()],
            }
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
        self.largest[..columns].fill(f32::NEG_INFINITY);
        for (index, (words, weight)) in decoder.blocks().enumerate() {
            let block = &mut self.logits[words.start % self.kept * columns..];
            let block = &mut block[..words.len() * columns];
            let left = View::new(weight, decoder.features());
            multiply(&self.compute, left, &right, block, columns, Start::Zero);
            let bias = &decoder.bias[words.clone()];
            for (word, row) in targets_within(self.targets, &words) {
                self.aims[row] = block[word * columns + row] + bias[word];
            }
            let (before, largest) = self.largest[index * columns..].split_at_mut(columns);
            let largest = &mut largest[..columns];
            let (sums, own) = (&mut self.sums, &mut self.scratch);
            cross_entropy::exponentiate(level, block, bias, before, largest, own, sums);
        }
        // So that an ignored row's share of the gradient is 0.
        for (target, sum) in self.targets.iter().zip(&mut *self.sums) {
            *sum = if *target == IGNORE { f32::INFINITY } else { *sum };
        }
    }

    /// The input as the right-hand side of the weight's gradient.
    pub fn packed_input(&self, compute: &Compute) -> Packed {
        Packed::new(compute, View::new(self.input, self.input.len() / self.rows().max(1)))
    }

    /// Adds up the losses, row by row.
    pub fn add_loss(&self, total: &mut Loss) {
        let last = &self.largest[self.largest.len() - self.columns..];
        for (((target, sum), largest), aim) in
            self.targets.iter().zip(&*self.sums).zip(last).zip(&self.aims)
        {
            if *target != IGNORE {
                let aim = f64::from(*largest) - f64::from(*aim);
                *total += Loss { sum: libm::log(f64::from(*sum)) + aim, tokens: 1 };
            }
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
        let largest = &self.largest[(index + 1) * columns..];
        let last = &largest[largest.len() - columns..];
        let (sums, factors) = (&self.sums, &mut self.scratch);
        cross_entropy::differentiate(level, block, &largest[..columns], last, sums, scale, factors);
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
        blocks.push((block, part.rows()));
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
