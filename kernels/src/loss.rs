//! Losses of predictions, each with its gradient: what stands behind a decoder that is not a
//! vocabulary's.

use super::activation::sigmoid;
use super::simd::Compute;
use super::softmax::cross_entropy_of_rows;
use crate::IGNORE;

/// The cross-entropy of each row of `logits` (N, C) with its target, in nats; [`IGNORE`] costs
/// nothing. `logits` become the gradient of `scale` times the sum.
pub fn classes(compute: &Compute, logits: &mut [f32], targets: &[u32], scale: f32) -> Vec<f64> {
    let mut losses = vec![0.0; targets.len()];
    let width = logits.len() / targets.len().max(1);
    cross_entropy_of_rows(compute, logits, width, targets, scale, &mut losses);
    losses
}

/// The binary cross-entropy of each logit (N) with its target, 0 or 1, in nats
/// (`torch.nn.BCEWithLogitsLoss`): `max(z, 0) − z y + ln(1 + e^{−|z|})`. `logits` become the
/// gradient of `scale` times the sum.
pub fn binary(logits: &mut [f32], targets: &[u32], scale: f32) -> Vec<f64> {
    let one = |(logit, target): (&mut f32, &u32)| {
        if *target == IGNORE {
            *logit = 0.0;
            return 0.0;
        }
        let (z, y) = (f64::from(*logit), f64::from(*target));
        *logit = (sigmoid(*logit) - *target as f32) * scale;
        z.max(0.0) - z * y + libm::log1p(libm::exp(-z.abs()))
    };
    logits.iter_mut().zip(targets).map(one).collect()
}

/// The squared error of each number, `(x − y)²`. `values` become the gradient of `scale` times the
/// sum.
pub fn squares(values: &mut [f32], targets: &[f32], scale: f32) -> Vec<f64> {
    let one = |(value, target): (&mut f32, &f32)| {
        let error = *value - *target;
        *value = 2.0 * error * scale;
        f64::from(error) * f64::from(error)
    };
    values.iter_mut().zip(targets).map(one).collect()
}

/// The place of the largest number; the first of equals.
pub fn largest(values: &[f32]) -> usize {
    let better = |best: (usize, f32), next: (usize, f32)| if next.1 > best.1 { next } else { best };
    values.iter().copied().enumerate().fold((0, f32::NEG_INFINITY), better).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    /// Values of `torch.nn.functional`, in double precision.
    #[test]
    fn losses_are_those_of_pytorch() {
        let mut logits = [0.5f32, -1.25, 3.0];
        let losses = binary(&mut logits, &[1, 0, IGNORE], 1.0);
        assert!((losses[0] - 0.474_076_984_180_106_7).abs() < 1e-12);
        assert!((losses[1] - 0.251_929_081_345_372_95).abs() < 1e-12);
        assert_eq!((losses[2], logits[2]), (0.0, 0.0));
        assert!((logits[0] + 0.377_540_67).abs() < 1e-6);
        assert!((logits[1] - 0.222_700_14).abs() < 1e-6);
        let mut values = [1.0f32, -2.0];
        assert_eq!(squares(&mut values, &[0.5, 1.0], 0.5), [0.25, 9.0]);
        assert_eq!(values, [0.5, -3.0]);
    }

    #[test]
    fn two_classes_with_a_zero_are_the_binary_loss() {
        let compute = Compute::single(Level::best());
        let mut pairs = [0.0f32, 0.7, 0.0, -2.5];
        let mut single = [0.7f32, -2.5];
        let (two, one) =
            (classes(&compute, &mut pairs, &[1, 1], 0.5), binary(&mut single, &[1, 1], 0.5));
        for (two, one) in two.iter().zip(&one) {
            assert!((two - one).abs() < 1e-6);
        }
        assert!((pairs[1] - single[0]).abs() < 1e-6 && (pairs[3] - single[1]).abs() < 1e-6);
    }

    #[test]
    fn the_first_of_equals_is_the_largest() {
        assert_eq!([largest(&[1.0, 3.0, 3.0]), largest(&[-1.0]), largest(&[])], [1, 0, 0]);
    }
}
