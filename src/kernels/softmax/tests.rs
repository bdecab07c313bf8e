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
