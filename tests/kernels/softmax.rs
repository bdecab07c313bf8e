//! The fused decoder and loss against dfdx's matrix product and cross-entropy.

use crate::support::{assert_close, named, numbers};
use dfdx::prelude::*;
use samebits::kernels::softmax::{Decoder, IGNORE, logits, loss_with_gradient};
use samebits::kernels::{Compute, Level};

/// Σ −ln p and its gradients by input, weight and bias.
fn reference(
    (n, f, v): (usize, usize, usize),
    [weight, bias, input]: [&[f32]; 3],
    targets: &[u32],
) -> (f32, [Vec<f32>; 3]) {
    let cpu = Cpu::default();
    let weight = cpu.tensor_from_vec(weight.to_vec(), (v, f));
    let bias = cpu.tensor_from_vec(bias.to_vec(), (v,));
    let input = cpu.tensor_from_vec(input.to_vec(), (n, f));
    let mut hot = vec![0.0; n * v];
    for (row, target) in targets.iter().enumerate() {
        hot[row * v + *target as usize] = 1.0;
    }
    let transposed = weight.leaky_trace().permute::<_, Axes2<1, 0>>();
    let wide = bias.leaky_trace().broadcast_like::<_, Axis<0>>(&(n, v));
    let logits = input.leaky_trace().matmul(transposed) + wide;
    let loss = cross_entropy_with_logits_loss(logits, cpu.tensor_from_vec(hot, (n, v)));
    let mean = loss.array();
    let gradients = loss.backward();
    let gradients = [
        gradients.get(&input).as_vec(),
        gradients.get(&weight).as_vec(),
        gradients.get(&bias).as_vec(),
    ];
    (mean, gradients)
}

#[test]
fn loss_and_gradients_match_dfdx() {
    for (n, f, v) in [(1, 1, 2), (7, 9, 33), (131, 20, 301)] {
        let (weight, bias, input) =
            (numbers(v * f, 1, 1.0), numbers(v, 2, 1.0), numbers(n * f, 3, 1.0));
        let targets: Vec<u32> = (0..n).map(|row| (row * 11 % v) as u32).collect();
        let (mean, [of_input, of_weight, of_bias]) =
            reference((n, f, v), [&weight, &bias, &input], &targets);
        let decoder = Decoder { weight: &weight, bias: &bias };
        let compute = Compute::new(Level::best(), 2);
        let zeros = (vec![0.0; v * f], vec![0.0; v]);
        let scale = 1.0 / n as f32;
        let (loss, found) = loss_with_gradient(&compute, decoder, &input, &targets, scale, zeros);
        assert_eq!(loss.tokens, n as u64);
        assert!((loss.sum as f32 * scale - mean).abs() < 1e-6 * mean.max(1.0));
        let found =
            named([("x", found.input.into_vec()), ("weight", found.weight), ("bias", found.bias)]);
        let expected = named([("x", of_input), ("weight", of_weight), ("bias", of_bias)]);
        assert_close(&found, &expected, 1e-6, &format!("{n}×{f}×{v}"));
    }
}

#[test]
fn logits_are_those_of_the_loss() {
    let (n, f, v) = (5, 6, 17);
    let (weight, bias, input) =
        (numbers(v * f, 1, 1.0), numbers(v, 2, 1.0), numbers(n * f, 3, 1.0));
    let decoder = Decoder { weight: &weight, bias: &bias };
    let found = logits(&Compute::single(Level::best()), decoder, &input);
    for (row, logits) in input.chunks(f).zip(found.chunks(v)) {
        for (logit, (weight, bias)) in logits.iter().zip(weight.chunks(f).zip(&bias)) {
            let chain = row.iter().zip(weight).fold(*bias, |sum, (x, w)| x.mul_add(*w, sum));
            assert_eq!(*logit, chain);
        }
    }
}

#[test]
fn gradients_replace_what_stood_there_and_ignored_targets_add_nothing() {
    let (n, f, v) = (4, 3, 5);
    let (weight, bias, input) =
        (numbers(v * f, 1, 1.0), numbers(v, 2, 1.0), numbers(n * f, 3, 1.0));
    let decoder = Decoder { weight: &weight, bias: &bias };
    let start = (numbers(v * f, 4, 1.0), numbers(v, 5, 1.0));
    let compute = Compute::single(Level::best());
    let (loss, found) = loss_with_gradient(&compute, decoder, &input, &[IGNORE; 4], 1.0, start);
    assert_eq!((loss.sum, loss.tokens), (0.0, 0));
    assert!(found.weight.iter().chain(&found.bias).all(|x| *x == 0.0));
    assert!(found.input.iter().all(|x| *x == 0.0));
}
