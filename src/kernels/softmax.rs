//! The decoder and the loss in one pass: `logits = x Wᵀ + b`, softmax, cross-entropy, and the
//! gradients of all three.
//!
//! The logits (N, V) of a large vocabulary are the largest array of a language model. Here they
//! exist for `TILE` rows at a time, and their gradient takes their place (the idea of
//! Hsu et al. 2024, "Liger Kernel"): the gradients come out of the forward pass.

use super::activation::exp;
use super::matrix::{Output, Packed, View, multiply};
use super::reduce;
use super::simd::{Compute, vectorized};

/// Logits below which a second thread is not worth its start.
const WORTH_A_THREAD: usize = 1 << 14;

/// Rows whose logits exist at the same time.
const TILE: usize = 128;

pub use crate::data::IGNORE;

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
    pub input: Vec<f32>,
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

    fn pack(&self, compute: &Compute) -> Packed {
        Packed::new(compute, View::new(self.weight, self.features()).transposed())
    }

    /// Logits of some rows, (N, V), into `logits`.
    fn logits(&self, compute: &Compute, packed: &Packed, input: &[f32], logits: &mut [f32]) {
        let vocabulary = self.vocabulary();
        logits.chunks_exact_mut(vocabulary).for_each(|row| row.copy_from_slice(self.bias));
        let left = View::new(input, self.features());
        multiply(compute, left, packed, logits, vocabulary, Output::Add);
    }
}

/// The logits of each row of `input` (N, F): (N, V).
pub fn logits(compute: &Compute, decoder: Decoder<'_>, input: &[f32]) -> Vec<f32> {
    let rows = input.len() / decoder.features().max(1);
    let mut logits = vec![0.0; rows * decoder.vocabulary()];
    decoder.logits(compute, &decoder.pack(compute), input, &mut logits);
    logits
}

/// The loss of predicting `targets` (N) from `input` (N, F).
pub fn loss(compute: &Compute, decoder: Decoder<'_>, input: &[f32], targets: &[u32]) -> Loss {
    let mut loss = Loss::default();
    let packed = decoder.pack(compute);
    for_tiles(compute, decoder, &packed, input, targets, None, |part, _, _| loss += part);
    loss
}

/// [`loss`], and the gradient of `scale` times its sum. Gradients are added to `weight` (V, F)
/// and `bias` (V), whose memory comes back in the result.
pub fn loss_with_gradient(
    compute: &Compute,
    decoder: Decoder<'_>,
    input: &[f32],
    targets: &[u32],
    scale: f32,
    (mut weight, mut bias): (Vec<f32>, Vec<f32>),
) -> (Loss, Gradient) {
    let (features, vocabulary) = (decoder.features(), decoder.vocabulary());
    let mut loss = Loss::default();
    let mut input_gradient = vec![0.0; input.len()];
    let packed = decoder.pack(compute);
    let back = Packed::new(compute, View::new(decoder.weight, features));
    let mut tile = Packed::default();
    for_tiles(compute, decoder, &packed, input, targets, Some(scale), |part, first, delta| {
        loss += part;
        let rows = delta.len() / vocabulary;
        let range = first * features..(first + rows) * features;
        let left = View::new(delta, vocabulary);
        let output = &mut input_gradient[range.clone()];
        multiply(compute, left, &back, output, features, Output::Set);
        tile.pack(compute, View::new(&input[range], features));
        multiply(compute, left.transposed(), &tile, &mut weight, features, Output::Add);
        reduce::add_rows(compute.level, &mut bias, delta);
    });
    (loss, Gradient { input: input_gradient, weight, bias })
}

/// Goes through the rows in tiles: `work(loss, first_row, logits)`, where a `scale` has turned
/// the logits into their gradient.
fn for_tiles(
    compute: &Compute,
    decoder: Decoder<'_>,
    packed: &Packed,
    input: &[f32],
    targets: &[u32],
    scale: Option<f32>,
    mut work: impl FnMut(Loss, usize, &[f32]),
) {
    let (features, vocabulary) = (decoder.features(), decoder.vocabulary());
    let mut logits = vec![0.0; TILE.min(targets.len()) * vocabulary];
    let mut losses = [0.0; TILE];
    for (tile, targets) in targets.chunks(TILE).enumerate() {
        let first = tile * TILE;
        let logits = &mut logits[..targets.len() * vocabulary];
        let losses = &mut losses[..targets.len()];
        let worth = WORTH_A_THREAD / vocabulary + 1;
        let rows = &input[first * features..(first + targets.len()) * features];
        decoder.logits(compute, packed, rows, logits);
        compute.split_rows_with(logits, vocabulary, losses, worth, |start, part, losses| {
            let targets = &targets[start..start + losses.len()];
            cross_entropy(compute.level, part, vocabulary, targets, scale.unwrap_or(0.0), losses);
        });
        let tokens = targets.iter().filter(|target| **target != IGNORE).count() as u64;
        let sum = losses.iter().fold(0.0, |sum, loss| sum + loss);
        work(Loss { sum, tokens }, first, logits);
    }
}

vectorized! {
    /// Softmax and cross-entropy of each row of `logits` (N, V), which becomes the gradient of
    /// `scale` times the loss; losses in nats.
    pub(crate) fn cross_entropy<'a>(
        logits: &'a mut [f32],
        vocabulary: usize,
        targets: &'a [u32],
        scale: f32,
        losses: &'a mut [f64],
    ) {
        let rows = logits.chunks_exact_mut(vocabulary).zip(targets).zip(losses);
        for ((row, target), loss) in rows {
            if *target == IGNORE {
                row.fill(0.0);
                *loss = 0.0;
                continue;
            }
            let target = *target as usize;
            let largest = reduce::max(row);
            let logit = row[target] - largest;
            for x in row.iter_mut() {
                *x = exp(*x - largest);
            }
            let sum = reduce::sum(row);
            *loss = libm::log(f64::from(sum)) - f64::from(logit);
            let factor = scale / sum;
            for x in row.iter_mut() {
                *x *= factor;
            }
            row[target] -= scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Level;
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
        let found = [&gradient.weight, &gradient.bias, &gradient.input];
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
