//! The elementwise part of softmax and cross-entropy: row by row where a row's logits stand side by
//! side, and across the rows where the logits stand transposed.

use super::IGNORE;
use crate::activation::exp;
use crate::reduce;
pub(super) use crate::reduce::LANES;
use crate::simd::{Compute, vectorized};

vectorized! {
    /// Of a block of logits, (w, N), whose `bias` (w) is still to be added: e to the power of the
    /// logits less the largest one so far of their column, as the second of `blocks`; those
    /// `largest` (N), given the largest `before` the block (N); and the `sums` (N) of the powers,
    /// which go on from what they were before the block. `own` (N) is scratch.
    ///
    /// NaN is passed over by the largest: it shows in the sum.
    pub fn exponentiate<'a>(
        blocks: (&'a [f32], &'a mut [f32]),
        bias: &'a [f32],
        before: &'a [f32],
        largest: &'a mut [f32],
        own: &'a mut [f32],
        sums: &'a mut [f32],
    ) {
        let columns = sums.len();
        let (block, powers) = blocks;
        largest.copy_from_slice(before);
        for (row, bias) in block.chunks_exact(columns).zip(bias) {
            for (largest, x) in largest.iter_mut().zip(row) {
                let x = *x + *bias;
                *largest = if x > *largest { x } else { *largest };
            }
        }
        own.fill(0.0);
        let rows = block.chunks_exact(columns).zip(powers.chunks_exact_mut(columns));
        for ((row, powers), bias) in rows.zip(bias) {
            for (((x, power), largest), own) in row.iter().zip(powers).zip(&*largest).zip(&mut *own) {
                *power = exp(*x + *bias - *largest);
                *own += *power;
            }
        }
        for (((sum, own), before), largest) in sums.iter_mut().zip(own).zip(before).zip(largest) {
            *sum = *sum * exp(*before - *largest) + *own;
        }
    }
}

vectorized! {
    /// Makes what [`exponentiate`] left in a block, (w, N), `scale` times the softmax, given the
    /// largest logits up to the block and the `last` ones, of all blocks, and the `sums`. `factors`
    /// (N) is scratch. Where the sum is infinite the result is 0, whatever stood in the block.
    pub fn differentiate<'a>(
        block: &'a mut [f32],
        largest: &'a [f32],
        last: &'a [f32],
        sums: &'a [f32],
        scale: f32,
        factors: &'a mut [f32],
    ) {
        for (((factor, largest), last), sum) in
            factors.iter_mut().zip(largest).zip(last).zip(sums)
        {
            let found = exp(*largest - *last) * (scale / *sum);
            *factor = if *sum == f32::INFINITY { 0.0 } else { found };
        }
        for row in block.chunks_exact_mut(factors.len()) {
            for (x, factor) in row.iter_mut().zip(&*factors) {
                *x = if *factor == 0.0 { 0.0 } else { *x * *factor };
            }
        }
    }
}

vectorized! {
    /// `sums[w] += Σₙ blocks[w, n]`, n over all blocks, (w, N) each, as if they stood side by side:
    /// each comes with its N, which is whole vectors.
    pub fn add_sums<'a>(blocks: &'a [(&'a [f32], usize)], sums: &'a mut [f32]) {
        for (word, sum) in sums.iter_mut().enumerate() {
            let row = |(block, columns): &(&'a [f32], usize)| {
                block[word * columns..][..*columns].as_chunks().0
            };
            *sum += reduce::sum_of_slices(blocks.iter().map(row));
        }
    }
}

/// Softmax and cross-entropy of each row of `logits` (N, V), which becomes the gradient of `scale`
/// times the loss; losses in nats.
pub(crate) fn cross_entropy_of_rows(
    compute: &Compute,
    logits: &mut [f32],
    vocabulary: usize,
    targets: &[u32],
    scale: f32,
    losses: &mut [f64],
) {
    rows(compute.level, logits, vocabulary.max(1), targets, scale, losses);
}

vectorized! {
    /// [`cross_entropy_of_rows`].
    fn rows<'a>(
        logits: &'a mut [f32],
        vocabulary: usize,
        targets: &'a [u32],
        scale: f32,
        losses: &'a mut [f64],
    ) {
        for ((row, target), loss) in logits.chunks_exact_mut(vocabulary).zip(targets).zip(losses) {
            if *target == IGNORE {
                row.fill(0.0);
                *loss = 0.0;
                continue;
            }
            let place = *target as usize;
            let largest = reduce::max(row);
            let logit = row[place] - largest;
            for x in row.iter_mut() {
                *x = exp(*x - largest);
            }
            let sum = reduce::sum(row);
            *loss = libm::log(f64::from(sum)) - f64::from(logit);
            let factor = scale / sum;
            for x in row.iter_mut() {
                *x *= factor;
            }
            row[place] -= scale;
        }
    }
}
