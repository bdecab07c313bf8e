//! The decoder and the loss in one pass: `logits = x Wᵀ + b`, softmax, cross-entropy, and the
//! gradients of all three.
//!
//! The logits (N, V) of a large vocabulary are the largest array of a language model. Here they
//! exist for one tile of rows at a time, and their gradient takes their place (the idea of
//! Hsu et al. 2024, "Liger Kernel"): the gradients come out of the forward pass. Within a tile they
//! stand in blocks of words, (V/w, N, w), so that what a product works on (a block of logits and
//! the block's rows of W) stays in the second level cache, and W is read from front to back.
//!
//! Threads share the rows of a tile for the logits and the gradient of the input, and the blocks
//! for the gradients of W and b: none of them splits a sum.

use super::Buffer;
use super::activation::exp;
use super::matrix::{Packed, Start, View, multiply};
use super::reduce;
use super::simd::{Compute, vectorized};

pub use crate::IGNORE;

/// Logits that exist at the same time: 16 MB.
const TILE: usize = 1 << 22;

/// Words of a block, about.
const BLOCK: usize = 256;

/// Logits below which a second thread is not worth its start.
const WORTH_A_THREAD: usize = 1 << 14;

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
    fn vocabulary(&self) -> usize {
        self.bias.len()
    }

    /// F.
    fn features(&self) -> usize {
        self.weight.len() / self.vocabulary().max(1)
    }

    /// Words of a block: as equal as can be, and whole panels.
    fn width(&self) -> usize {
        let vocabulary = self.vocabulary();
        vocabulary.div_ceil(vocabulary.div_ceil(BLOCK).max(1)).next_multiple_of(32)
    }

    /// The blocks: words, and their rows of W.
    fn blocks(&self) -> impl Iterator<Item = (std::ops::Range<usize>, &[f32])> {
        let (width, features) = (self.width(), self.features());
        self.weight.chunks(width * features.max(1)).enumerate().map(move |(block, weight)| {
            let first = block * width;
            (first..(first + width).min(self.vocabulary()), weight)
        })
    }

    /// Rows of a tile: as many tiles as are needed, about as large as each other.
    fn tile(&self, rows: usize) -> usize {
        let most = (TILE / self.vocabulary().max(1)).max(1);
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
    let (height, features) = (decoder.tile(targets.len()), decoder.features());
    for (targets, input) in targets.chunks(height).zip(input.chunks(height * features.max(1))) {
        let mut parts = Part::all(compute, decoder, input, targets);
        compute.scope(parts.iter_mut().collect(), |part| part.score(decoder, 0.0));
        parts.iter().for_each(|part| part.add_loss(&mut total));
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
    (mut weight, mut bias): (Vec<f32>, Vec<f32>),
) -> (Loss, Gradient) {
    let (features, mut total) = (decoder.features(), Loss::default());
    let height = decoder.tile(targets.len());
    let mut input_gradient = compute.buffer(input.len());
    bias.fill(0.0);
    if targets.is_empty() {
        weight.fill(0.0);
    }
    let width = features.max(1);
    let tiles = targets.chunks(height).zip(input.chunks(height * width));
    for (tile, (targets, input)) in tiles.enumerate() {
        let mut parts = Part::all(compute, decoder, input, targets);
        let mut rest = &mut input_gradient[tile * height * width..];
        let mut work = Vec::new();
        for part in &mut parts {
            let own;
            (own, rest) = rest.split_at_mut(part.targets.len() * features);
            work.push((part, own));
        }
        compute.scope(work, |(part, gradient)| {
            part.score(decoder, scale);
            part.input_gradient(decoder, gradient);
        });
        parts.iter().for_each(|part| part.add_loss(&mut total));
        let inputs: Vec<Packed> = parts.iter().map(Part::packed_input).collect();
        let blocks =
            weight.chunks_mut(decoder.width() * width).zip(bias.chunks_mut(decoder.width()));
        let start = if tile == 0 { Start::Zero } else { Start::Output };
        compute.scope(blocks.enumerate().collect(), |(block, (weight, bias))| {
            for (index, (part, input)) in parts.iter().zip(&inputs).enumerate() {
                let start = if index == 0 { start } else { Start::Output };
                part.weight_gradient(block, input, (weight, start), bias);
            }
        });
    }
    (total, Gradient { input: input_gradient, weight, bias })
}

/// A thread's rows of a tile.
struct Part<'a> {
    compute: Compute,
    /// (N, F).
    input: &'a [f32],
    /// (N).
    targets: &'a [u32],
    /// Words of a block.
    width: usize,
    /// Logits, later their gradient: blocks of (N, w).
    logits: Buffer,
    /// Nats of each row.
    losses: Vec<f64>,
}

impl<'a> Part<'a> {
    /// The parts of a tile: one a thread, as far as that is worth it.
    fn all(
        compute: &Compute,
        decoder: Decoder<'_>,
        input: &'a [f32],
        targets: &'a [u32],
    ) -> Vec<Self> {
        let (vocabulary, features) = (decoder.vocabulary(), decoder.features());
        let worth = targets.len() * vocabulary / WORTH_A_THREAD;
        let share = targets.len().div_ceil(compute.threads().min(worth).max(1)).max(1);
        let parts = targets.chunks(share).zip(input.chunks((share * features).max(1)));
        let part = |(targets, input): (&'a [u32], &'a [f32])| Self {
            compute: compute.alone(),
            input,
            targets,
            width: decoder.width(),
            logits: compute.buffer(targets.len() * vocabulary),
            losses: vec![0.0; targets.len()],
        };
        parts.map(part).collect()
    }

    /// Computes the logits and the losses, and makes the logits the gradient of `scale` times the
    /// sum of the losses.
    fn score(&mut self, decoder: Decoder<'_>, scale: f32) {
        let (rows, features) = (self.targets.len(), decoder.features());
        let left = View::new(self.input, features);
        let mut rest = &mut self.logits[..];
        for (words, weight) in decoder.blocks() {
            let (block, later) = rest.split_at_mut(rows * words.len());
            rest = later;
            let right = Packed::new(&self.compute, View::new(weight, features).transposed());
            let bias = Start::Row(&decoder.bias[words.clone()]);
            multiply(&self.compute, left, &right, block, words.len(), bias);
        }
        let layout = Layout { rows, width: self.width, vocabulary: decoder.vocabulary() };
        let (logits, losses) = (&mut self.logits, &mut self.losses);
        cross_entropy(self.compute.level, logits, layout, self.targets, scale, losses);
    }

    /// Adds up the losses, row by row.
    fn add_loss(&self, total: &mut Loss) {
        let tokens = self.targets.iter().filter(|target| **target != IGNORE).count() as u64;
        *total += Loss { sum: 0.0, tokens };
        self.losses.iter().for_each(|loss| total.sum += loss);
    }

    /// The gradient of the input, (N, F).
    fn input_gradient(&self, decoder: Decoder<'_>, gradient: &mut [f32]) {
        let (rows, features) = (self.targets.len(), decoder.features());
        for (words, weight) in decoder.blocks() {
            let block = &self.logits[words.start * rows..words.end * rows];
            let right = Packed::new(&self.compute, View::new(weight, features));
            let start = if words.start == 0 { Start::Zero } else { Start::Output };
            let left = View::new(block, words.len());
            multiply(&self.compute, left, &right, gradient, features, start);
        }
    }

    /// The input as the right-hand side of the weight's gradient.
    fn packed_input(&self) -> Packed {
        let features = self.input.len() / self.targets.len().max(1);
        Packed::new(&self.compute, View::new(self.input, features))
    }

    /// This part's share of a block's gradients: of the weight, from `start` on, and of the bias.
    fn weight_gradient(
        &self,
        block: usize,
        input: &Packed,
        (weight, start): (&mut [f32], Start<'_>),
        bias: &mut [f32],
    ) {
        let rows = self.targets.len();
        let delta = &self.logits[block * self.width * rows..][..bias.len() * rows];
        let left = View::new(delta, bias.len()).transposed();
        multiply(&self.compute, left, input, weight, input.columns(), start);
        reduce::add_rows(self.compute.level, bias, delta);
    }
}

/// Where a row's logits stand: in blocks of (N, w).
#[derive(Clone, Copy)]
struct Layout {
    rows: usize,
    width: usize,
    vocabulary: usize,
}

impl Layout {
    /// The pieces of a row, block by block.
    #[inline(always)]
    fn pieces(self, row: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        (0..self.vocabulary).step_by(self.width).map(move |first| {
            let width = self.width.min(self.vocabulary - first);
            let start = first * self.rows + row * width;
            start..start + width
        })
    }

    /// Where the logit of a word stands.
    #[inline(always)]
    fn place(self, row: usize, word: usize) -> usize {
        let first = word / self.width * self.width;
        first * self.rows + row * self.width.min(self.vocabulary - first) + word - first
    }
}

/// Softmax and cross-entropy of each row of `logits` (N, V), row-major: see [`cross_entropy`].
pub(crate) fn cross_entropy_of_rows(
    compute: &Compute,
    logits: &mut [f32],
    vocabulary: usize,
    targets: &[u32],
    scale: f32,
    losses: &mut [f64],
) {
    let layout = Layout { rows: targets.len(), width: vocabulary.max(1), vocabulary };
    cross_entropy(compute.level, logits, layout, targets, scale, losses);
}

vectorized! {
    /// Softmax and cross-entropy of each row of `logits`, which becomes the gradient of `scale`
    /// times the loss; losses in nats.
    fn cross_entropy<'a>(
        logits: &'a mut [f32],
        layout: Layout,
        targets: &'a [u32],
        scale: f32,
        losses: &'a mut [f64],
    ) {
        for (row, (target, loss)) in targets.iter().zip(losses).enumerate() {
            if *target == IGNORE {
                for piece in layout.pieces(row) {
                    logits[piece].fill(0.0);
                }
                *loss = 0.0;
                continue;
            }
            let place = layout.place(row, *target as usize);
            let mut largest = f32::NEG_INFINITY;
            for piece in layout.pieces(row) {
                let found = reduce::max(&logits[piece]);
                largest = if found > largest { found } else { largest };
            }
            let logit = logits[place] - largest;
            let mut sum = 0.0;
            for piece in layout.pieces(row) {
                let piece = &mut logits[piece];
                for x in piece.iter_mut() {
                    *x = exp(*x - largest);
                }
                sum += reduce::sum(piece);
            }
            *loss = libm::log(f64::from(sum)) - f64::from(logit);
            let factor = scale / sum;
            for piece in layout.pieces(row) {
                for x in &mut logits[piece] {
                    *x *= factor;
                }
            }
            logits[place] -= scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;
    use crate::random::{Purpose, Stream};

    const N: usize = 130;
    const F: usize = 7;
    const V: usize = 37;

    fn numbers(len: usize, key: u64) -> Vec<f32> {
        let mut stream = Stream::new(5, Purpose::Initialization, key);
        (0..len).map(|_| stream.uniform_f32() * 2.0 - 1.0).collect()
    }

    fn case() -> (Vec<f32>, Vec<f32>, Vec<f32>, Vec<u32>) {
        let mut targets: Vec<u32> = (0..N as u32).map(|n| n * 7 % V as u32).collect();
        targets[3] = IGNORE;
        targets[129] = IGNORE;
        (numbers(V * F, 1), numbers(V, 2), numbers(N * F, 3), targets)
    }

    /// Σ −ln p in double precision, by the book.
    fn reference(weight: &[f64], bias: &[f64], input: &[f64], targets: &[u32]) -> f64 {
        let mut total = 0.0;
        for (row, target) in input.chunks(F).zip(targets).filter(|(_, t)| **t != IGNORE) {
            let logits: Vec<f64> = (0..V)
                .map(|v| bias[v] + (0..F).map(|f| weight[v * F + f] * row[f]).sum::<f64>())
                .collect();
            let sum: f64 = logits.iter().map(|x| x.exp()).sum();
            total += sum.ln() - logits[*target as usize];
        }
        total
    }

    fn wide(values: &[f32]) -> Vec<f64> {
        values.iter().map(|x| f64::from(*x)).collect()
    }

    #[test]
    fn loss_and_gradients_match_numeric_ones_in_double_precision() {
        let (weight, bias, input, targets) = case();
        let decoder = Decoder { weight: &weight, bias: &bias };
        let compute = Compute::single(Level::best());
        let zeros = (vec![0.0; V * F], vec![0.0; V]);
        let (found, gradient) = loss_with_gradient(&compute, decoder, &input, &targets, 0.5, zeros);
        let mut arrays = [wide(&weight), wide(&bias), wide(&input)];
        let value = |a: &[Vec<f64>; 3]| reference(&a[0], &a[1], &a[2], &targets);
        assert!((found.sum / value(&arrays) - 1.0).abs() < 1e-6);
        assert_eq!(found.tokens, N as u64 - 2);
        assert_eq!(loss(&compute, decoder, &input, &targets), found);
        let found = [&gradient.weight[..], &gradient.bias, &gradient.input];
        for (which, found) in found.into_iter().enumerate() {
            for (place, found) in found.iter().enumerate().step_by(3) {
                let start = arrays[which][place];
                let mut at = |x: f64| {
                    arrays[which][place] = x;
                    value(&arrays)
                };
                let numeric = 0.5 * (at(start + 1e-5) - at(start - 1e-5)) / 2e-5;
                at(start);
                assert!((numeric - f64::from(*found)).abs() < 1e-4 * (1.0 + numeric.abs()));
            }
        }
    }

    #[test]
    fn every_level_and_thread_count_gives_the_same_bits() {
        let (weight, bias, input, targets) = case();
        let decoder = Decoder { weight: &weight, bias: &bias };
        let run = |level, threads| {
            let zeros = (vec![0.0; V * F], vec![0.0; V]);
            let compute = Compute::new(level, threads);
            let (loss, g) = loss_with_gradient(&compute, decoder, &input, &targets, 1.0, zeros);
            (loss, g.weight, g.bias, g.input)
        };
        let plain = run(Level::Portable, 1);
        for level in Level::available() {
            assert_eq!(run(level, 1), plain);
            assert_eq!(run(level, 3), plain);
        }
    }
}
