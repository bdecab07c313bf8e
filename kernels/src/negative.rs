//! The loss of skip-gram with negative sampling, and its gradients: a word's vector and those of a
//! neighbour and of random words, told apart by the sigmoid of their product.

use super::activation::sigmoid;
use super::reduce::dot;
use super::simd::vectorized;

/// Pairs of neighbours and their random words.
#[derive(Clone, Copy, Debug)]
pub struct Pairs<'a> {
    /// The words, (N).
    pub words: &'a [u32],
    /// A neighbour of each, (N).
    pub neighbours: &'a [u32],
    /// K random words for each, (N, K).
    pub negatives: &'a [u32],
    /// Numbers of a vector.
    pub width: usize,
}

/// Where gradients are added, with what they are scaled by.
#[derive(Debug)]
pub struct Gradients<'a> {
    /// Of the words' vectors, (V, E).
    pub words: &'a mut [f32],
    /// Of the neighbours' vectors, (V, E).
    pub neighbours: &'a mut [f32],
    /// Their scale.
    pub scale: f32,
}

vectorized! {
    /// `Σ −ln σ(u·v) − Σₖ ln σ(−nₖ·v)` over the pairs, u being the neighbour's vector, v the
    /// word's, n those of the random words; and the gradients, if they are wanted.
    pub fn loss<'a>(
        words: &'a [f32],
        neighbours: &'a [f32],
        pairs: Pairs<'a>,
        gradients: Option<Gradients<'a>>,
    ) -> f64 {
        let Pairs { words: ids, neighbours: others, negatives, width } = pairs;
        let count = negatives.len() / ids.len().max(1);
        let mut gradients = gradients;
        let mut total = 0.0f64;
        let mut back = vec![0.0f32; width];
        for (pair, (word, neighbour)) in ids.iter().zip(others).enumerate() {
            let vector = &words[*word as usize * width..][..width];
            back.fill(0.0);
            let random = &negatives[pair * count..][..count];
            for (place, other) in std::iter::once(neighbour).chain(random).enumerate() {
                let at = *other as usize * width;
                let against = &neighbours[at..][..width];
                let logit = dot(vector, against);
                let target = if place == 0 { 1.0 } else { 0.0 };
                // −ln σ(z) = ln(1 + e⁻ᶻ), −ln σ(−z) = ln(1 + eᶻ)
                let z = f64::from(if place == 0 { -logit } else { logit });
                total += z.max(0.0) + libm::log1p(libm::exp(-z.abs()));
                if let Some(gradients) = &mut gradients {
                    let delta = (sigmoid(logit) - target) * gradients.scale;
                    for (back, value) in back.iter_mut().zip(against) {
                        *back = delta.mul_add(*value, *back);
                    }
                    let row = &mut gradients.neighbours[at..][..width];
                    for (row, value) in row.iter_mut().zip(vector) {
                        *row = delta.mul_add(*value, *row);
                    }
                }
            }
            if let Some(gradients) = &mut gradients {
                let row = &mut gradients.words[*word as usize * width..][..width];
                for (row, value) in row.iter_mut().zip(&back) {
                    *row += value;
                }
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;
    use crate::random::{Purpose, Stream};

    const V: usize = 5;
    const E: usize = 19;

    fn numbers(key: u64) -> Vec<f32> {
        let mut stream = Stream::new(5, Purpose::Initialization, key);
        (0..V * E).map(|_| stream.uniform_f32() * 2.0 - 1.0).collect()
    }

    const PAIRS: Pairs<'static> = Pairs {
        words: &[0, 3, 0],
        neighbours: &[1, 2, 4],
        negatives: &[2, 2, 0, 4, 1, 3],
        width: E,
    };

    fn reference(words: &[f64], neighbours: &[f64]) -> f64 {
        let dot = |a: u32, b: u32| -> f64 {
            let (a, b) = (&words[a as usize * E..][..E], &neighbours[b as usize * E..][..E]);
            a.iter().zip(b).map(|(x, y)| x * y).sum()
        };
        let term = |z: f64| (1.0 + (-z).exp()).ln();
        let pair = |n: usize| {
            let word = PAIRS.words[n];
            let random = PAIRS.negatives[2 * n..2 * n + 2].iter();
            term(dot(word, PAIRS.neighbours[n]))
                + random.map(|other| term(-dot(word, *other))).sum::<f64>()
        };
        (0..3).map(pair).sum()
    }

    #[test]
    fn loss_and_gradients_match_numeric_ones_in_double_precision() {
        let (words, neighbours) = (numbers(1), numbers(2));
        let wide = |values: &[f32]| values.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
        let mut arrays = [wide(&words), wide(&neighbours)];
        let run = |level| {
            let (mut a, mut b) = (vec![0.0; V * E], vec![0.0; V * E]);
            let gradients = Gradients { words: &mut a, neighbours: &mut b, scale: 0.5 };
            let found = loss(level, &words, &neighbours, PAIRS, Some(gradients));
            assert_eq!(found, loss(level, &words, &neighbours, PAIRS, None));
            (found, a, b)
        };
        let (found, a, b) = run(Level::Portable);
        assert!((found - reference(&arrays[0], &arrays[1])).abs() < 1e-5);
        for (which, gradient) in [&a, &b].into_iter().enumerate() {
            for (place, found) in gradient.iter().enumerate() {
                let start = arrays[which][place];
                let mut at = |x: f64| {
                    arrays[which][place] = x;
                    reference(&arrays[0], &arrays[1])
                };
                let numeric = 0.5 * (at(start + 1e-5) - at(start - 1e-5)) / 2e-5;
                at(start);
                assert!((numeric - f64::from(*found)).abs() < 1e-4);
            }
        }
        for level in Level::available() {
            assert_eq!(run(level), (found, a.clone(), b.clone()));
        }
    }
}
