//! Dot-product attention of each step of one sequence over all steps of another (Luong et al. 2015,
//! "Effective approaches to attention-based neural machine translation").

use super::activation::exp;
use super::matrix::{View, product};
use super::simd::Compute;

/// The sizes of an attention.
#[derive(Clone, Copy, Debug)]
pub struct Sizes<'a> {
    /// B, sequences side by side.
    pub batch: usize,
    /// H, numbers of a state.
    pub width: usize,
    /// The true length of each sequence that is looked at; steps past it are not.
    pub lengths: &'a [usize],
}

/// Contexts of queries (T, B, H) over states (S, B, H): `softmax(q · hᵀ) h`, (T, B, H); and the
/// weights of each sequence, (T, its length).
pub fn forward(
    compute: &Compute,
    sizes: Sizes<'_>,
    queries: &[f32],
    states: &[f32],
) -> (Vec<f32>, Vec<Vec<f32>>) {
    let Sizes { batch, width, lengths } = sizes;
    let steps = queries.len() / (batch * width).max(1);
    let mut contexts = vec![0.0; queries.len()];
    let mut all = Vec::with_capacity(batch);
    for (sequence, length) in lengths.iter().enumerate() {
        let of = |array| of_sequence(array, sequence, batch, width);
        let query = View::strided(of(queries), steps, width, batch * width);
        let state = View::strided(of(states), *length, width, batch * width);
        let mut weights = product(compute, query, state.transposed());
        weights.chunks_exact_mut(*length).for_each(softmax);
        let context = product(compute, View::new(&weights, *length), state);
        put(&mut contexts, &context, sequence, batch, width);
        all.push(weights.into_vec());
    }
    (contexts, all)
}

/// Gradients of queries and states, from that of the contexts.
pub fn backward(
    compute: &Compute,
    sizes: Sizes<'_>,
    (queries, states): (&[f32], &[f32]),
    weights: &[Vec<f32>],
    delta: &[f32],
) -> (Vec<f32>, Vec<f32>) {
    let Sizes { batch, width, lengths } = sizes;
    let steps = queries.len() / (batch * width).max(1);
    let (mut to_queries, mut to_states) = (vec![0.0; queries.len()], vec![0.0; states.len()]);
    for ((sequence, length), weights) in lengths.iter().enumerate().zip(weights) {
        let of = |array| of_sequence(array, sequence, batch, width);
        let query = View::strided(of(queries), steps, width, batch * width);
        let state = View::strided(of(states), *length, width, batch * width);
        let delta = View::strided(of(delta), steps, width, batch * width);
        let mut scores = product(compute, delta, state.transposed());
        let rows = scores.chunks_exact_mut(*length).zip(weights.chunks_exact(*length));
        for (row, weights) in rows {
            let mean = row.iter().zip(weights).fold(0.0, |sum: f32, (d, w)| d.mul_add(*w, sum));
            row.iter_mut().zip(weights).for_each(|(d, w)| *d = (*d - mean) * w);
        }
        let scores = View::new(&scores, *length);
        put(&mut to_queries, &product(compute, scores, state), sequence, batch, width);
        let mut part = product(compute, View::new(weights, *length).transposed(), delta);
        let more = product(compute, scores.transposed(), query);
        part.iter_mut().zip(more.iter()).for_each(|(part, more)| *part += more);
        put(&mut to_states, &part, sequence, batch, width);
    }
    (to_queries, to_states)
}

/// What of an array (T, B, H) begins with a sequence's first state.
fn of_sequence(array: &[f32], sequence: usize, _batch: usize, width: usize) -> &[f32] {
    array.get(sequence * width..).unwrap_or_default()
}

/// Puts a sequence's rows in their places of an array (T, B, H).
fn put(array: &mut [f32], rows: &[f32], sequence: usize, batch: usize, width: usize) {
    let places = array.chunks_exact_mut(width).skip(sequence).step_by(batch);
    places.zip(rows.chunks_exact(width)).for_each(|(place, row)| place.copy_from_slice(row));
}

fn softmax(row: &mut [f32]) {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.iter_mut().for_each(|x| *x = exp(*x - largest));
    let sum = row.iter().fold(0.0, |sum: f32, x| sum + x);
    row.iter_mut().for_each(|x| *x /= sum);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;
    use crate::random::{Purpose, Stream};

    const SIZES: Sizes<'static> = Sizes { batch: 2, width: 3, lengths: &[4, 2] };

    fn numbers(len: usize, key: u64) -> Vec<f32> {
        let mut stream = Stream::new(5, Purpose::Initialization, key);
        (0..len).map(|_| stream.uniform_f32() * 2.0 - 1.0).collect()
    }

    /// By the book, in double precision: Σ of the contexts times some weights.
    fn reference(queries: &[f64], states: &[f64], outer: &[f32]) -> f64 {
        let Sizes { batch, width, lengths } = SIZES;
        let row = |array: &[f64], t: usize, b: usize| -> Vec<f64> {
            array[(t * batch + b) * width..][..width].to_vec()
        };
        let mut total = 0.0;
        for (b, length) in lengths.iter().enumerate() {
            for t in 0..queries.len() / (batch * width) {
                let q = row(queries, t, b);
                let dot =
                    |s: usize| q.iter().zip(row(states, s, b)).map(|(x, y)| x * y).sum::<f64>();
                let weights: Vec<f64> = (0..*length).map(|s| dot(s).exp()).collect();
                let sum: f64 = weights.iter().sum();
                for (s, weight) in weights.iter().enumerate() {
                    for (h, value) in row(states, s, b).iter().enumerate() {
                        let outer = f64::from(outer[(t * batch + b) * width + h]);
                        total += weight / sum * value * outer;
                    }
                }
            }
        }
        total
    }

    #[test]
    fn gradients_match_numeric_ones_in_double_precision() {
        let compute = Compute::single(Level::best());
        let (queries, states, outer) = (numbers(3 * 6, 1), numbers(4 * 6, 2), numbers(3 * 6, 3));
        let (contexts, weights) = forward(&compute, SIZES, &queries, &states);
        let found: f64 =
            contexts.iter().zip(&outer).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
        let wide = |values: &[f32]| values.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
        let mut arrays = [wide(&queries), wide(&states)];
        assert!((found - reference(&arrays[0], &arrays[1], &outer)).abs() < 1e-5);
        let gradients = backward(&compute, SIZES, (&queries, &states), &weights, &outer);
        for (which, gradient) in [gradients.0, gradients.1].into_iter().enumerate() {
            for (place, found) in gradient.iter().enumerate() {
                let start = arrays[which][place];
                let mut at = |x: f64| {
                    arrays[which][place] = x;
                    reference(&arrays[0], &arrays[1], &outer)
                };
                let numeric = (at(start + 1e-5) - at(start - 1e-5)) / 2e-5;
                at(start);
                assert!((numeric - f64::from(*found)).abs() < 1e-4, "{which} {place}");
            }
        }
    }

    #[test]
    fn padding_changes_nothing_on_any_level() {
        let (queries, mut states) = (numbers(3 * 6, 1), numbers(4 * 6, 2));
        let run =
            |states: &[f32], level| forward(&Compute::single(level), SIZES, &queries, states).0;
        let plain = run(&states, Level::Portable);
        // The second sequence has two states; what stands after them is padding.
        states[2 * 6 + 3..3 * 6].fill(9.0);
        for level in Level::available() {
            assert_eq!(run(&states, level), plain);
        }
    }
}
