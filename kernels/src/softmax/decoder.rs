//! A decoder's logits, loss and gradients, tile by tile.

use super::part::{self, Part};
use crate::matrix::{Packed, Start, View, multiply};
use crate::{Buffer, Compute};
use std::ops::Range;

/// Most logits that exist at the same time: 16 MB.
const TILE: usize = 1 << 22;

/// Most rows of a tile, so that a block, its logits and what it is multiplied by stay in the second
/// level cache.
const ROWS: usize = 640;

/// Most words of a block.
const BLOCK: usize = 240;

/// Rows up to which logits are computed with the roles of both sides exchanged, which spares W to
/// be packed.
const FEW_ROWS: usize = 8;

/// A linear decoder onto the vocabulary.
#[derive(Clone, Copy, Debug)]
pub struct Decoder<'a> {
    /// W, (V, F).
    pub weight: &'a [f32],
    /// b, (V).
    pub bias: &'a [f32],
}

/// What a batch's predictions cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// Σ −ln p(target), in nats.
    pub sum: f64,
    /// Targets that were counted.
    pub tokens: u64,
}

impl std::ops::AddAssign for Loss {
    fn add_assign(&mut self, other: Self) {
        self.sum += other.sum;
        self.tokens += other.tokens;
    }
}

/// Gradients of [`loss_with_gradient`].
#[derive(Debug)]
pub struct Gradient {
    /// Of the input, (N, F).
    pub input: Buffer,
    /// Of W, (V, F).
    pub weight: Vec<f32>,
    /// Of b, (V).
    pub bias: Vec<f32>,
}

impl Decoder<'_> {
    /// V.
    pub(super) fn vocabulary(&self) -> usize {
        self.bias.len()
    }

    /// F.
    pub(super) fn features(&self) -> usize {
        self.weight.len() / self.vocabulary().max(1)
    }

    /// Words of a block: as equal as can be.
    pub(super) fn width(&self) -> usize {
        let vocabulary = self.vocabulary();
        vocabulary.div_ceil(vocabulary.div_ceil(BLOCK).max(1)).max(1)
    }

    /// The blocks: words, and their rows of W.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (Range<usize>, &[f32])> {
        let (width, features) = (self.width(), self.features());
        self.weight.chunks(width * features.max(1)).enumerate().map(move |(block, weight)| {
            let first = block * width;
            (first..(first + width).min(self.vocabulary()), weight)
        })
    }

    /// Rows of a tile of at most `most` logits: as many tiles as are needed, about as large as each
    /// other.
    fn tile(&self, rows: usize, most: usize) -> usize {
        let most = (most / self.vocabulary().max(1)).clamp(1, ROWS);
        rows.div_ceil(rows.div_ceil(most).max(1)).max(1)
    }
}

/// The logits of each row of `input` (N, F): (N, V).
pub fn logits(compute: &Compute, decoder: Decoder<'_>, input: &[f32]) -> Vec<f32> {
    let (features, vocabulary) = (decoder.features(), decoder.vocabulary());
    let rows = input.len() / features.max(1);
    let mut logits = vec![0.0; rows * vocabulary];
    if rows > FEW_ROWS {
        let weight = Packed::new(compute, View::new(decoder.weight, features).transposed());
        let left = View::new(input, features);
        multiply(compute, left, &weight, &mut logits, vocabulary, Start::Row(decoder.bias));
        return logits;
    }
    let right = Packed::new(compute, View::new(input, features).transposed());
    let mut columns = compute.buffer(logits.len());
    for (column, bias) in columns.chunks_exact_mut(rows.max(1)).zip(decoder.bias) {
        column.fill(*bias);
    }
    let left = View::new(decoder.weight, features);
    multiply(compute, left, &right, &mut columns, rows.max(1), Start::Output);
    for (row, logits) in logits.chunks_exact_mut(vocabulary.max(1)).enumerate() {
        for (logit, column) in logits.iter_mut().zip(columns.chunks_exact(rows)) {
            *logit = column[row];
        }
    }
    logits
}

/// The loss of predicting `targets` (N) from `input` (N, F).
pub fn loss(compute: &Compute, decoder: Decoder<'_>, input: &[f32], targets: &[u32]) -> Loss {
    let mut total = Loss::default();
    let (height, features) = (decoder.tile(targets.len(), usize::MAX), decoder.features());
    for (targets, input) in targets.chunks(height).zip(input.chunks(height * features.max(1))) {
        let mut parts = Part::all(compute, decoder, input, targets, decoder.width());
        compute.scope(parts.iter_mut().collect(), |part| part.forward(decoder));
        parts.iter_mut().for_each(|part| part.add_loss(&mut total));
    }
    total
}

/// [`loss`], and the gradient of `scale` times its sum. The memory of `weight` (V, F) and `bias`
/// (V) comes back in the result, whatever numbers stood there.
pub fn loss_with_gradient(
    compute: &Compute,
    decoder: Decoder<'_>,
    input: &[f32],
    targets: &[u32],
    scale: f32,
    memory: (Vec<f32>, Vec<f32>),
) -> (Loss, Gradient) {
    in_tiles(compute, decoder, (input, targets), scale, memory, TILE)
}

/// [`loss_with_gradient`] in tiles of at most `most` logits.
fn in_tiles(
    compute: &Compute,
    decoder: Decoder<'_>,
    (input, targets): (&[f32], &[u32]),
    scale: f32,
    (mut weight, mut bias): (Vec<f32>, Vec<f32>),
    most: usize,
) -> (Loss, Gradient) {
    let (features, mut total) = (decoder.features(), Loss::default());
    let mut input_gradient = compute.buffer(input.len());
    bias.fill(0.0);
    if targets.is_empty() {
        weight.fill(0.0);
    }
    let (height, width) = (decoder.tile(targets.len(), most), features.max(1));
    let tiles = targets.chunks(height).zip(input.chunks(height * width));
    for (tile, (targets, input)) in tiles.enumerate() {
        let mut parts = Part::all(compute, decoder, input, targets, decoder.vocabulary());
        compute.scope(parts.iter_mut().collect(), |part| part.forward(decoder));
        parts.iter_mut().for_each(|part| part.add_loss(&mut total));
        let inputs: Vec<Packed> = parts.iter().map(|part| part.packed_input(compute)).collect();
        let mut gradients = Vec::with_capacity(parts.len());
        let mut rest = &mut input_gradient[tile * height * width..];
        for part in &parts {
            let own;
            (own, rest) = rest.split_at_mut(part.rows() * features);
            gradients.push(own);
        }
        let start = if tile == 0 { Start::Zero } else { Start::Output };
        // A block for each part at a time: all that is done with a block is done while it is near.
        let mut blocks = decoder.blocks().enumerate();
        let mut outputs =
            weight.chunks_mut(decoder.width() * width).zip(bias.chunks_mut(decoder.width()));
        loop {
            let some: Vec<_> = blocks.by_ref().take(parts.len()).collect();
            let Some((first, _)) = some.first() else { break };
            compute.scope(parts.iter_mut().zip(&mut gradients).collect(), |(part, gradient)| {
                for (block, (words, weight)) in &some {
                    part.backward(*block, words.clone(), weight, scale, gradient);
                }
            });
            let outputs = outputs.by_ref().take(some.len()).zip(*first..);
            compute.scope(outputs.collect(), |((weight, bias), block)| {
                part::weight_gradient(&parts, &inputs, block, (weight, start), bias);
            });
        }
    }
    (total, Gradient { input: input_gradient, weight, bias })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
