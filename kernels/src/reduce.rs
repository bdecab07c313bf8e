//! Reductions with a constant number of partial results, so that the order of a sum never
//! depends on the width of a vector.

use super::simd::vectorized;

/// Partial results of a reduction.
pub(crate) const LANES: usize = 16;

/// Folds the partial sums in halves: ((0+8)+(4+12))+… the same tree at every level.
#[inline(always)]
fn tree<T: Copy + std::ops::Add<Output = T>>(mut lanes: [T; LANES]) -> T {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] = lanes[lane] + lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Adds pieces of [`LANES`] numbers to partial sums.
#[inline(always)]
fn add_pieces(mut lanes: [f32; LANES], pieces: &[[f32; LANES]]) -> [f32; LANES] {
    for piece in pieces {
        for (lane, value) in lanes.iter_mut().zip(piece) {
            *lane += value;
        }
    }
    lanes
}

/// Σ x over a slice.
#[inline(always)]
pub(crate) fn sum(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = add_pieces([0.0; LANES], chunks);
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane += value;
    }
    tree(lanes)
}

/// Σ x over slices as if they stood side by side.
#[inline(always)]
pub(crate) fn sum_of_slices<'a>(slices: impl Iterator<Item = &'a [[f32; LANES]]>) -> f32 {
    tree(slices.fold([0.0; LANES], add_pieces))
}

/// Σ x·y over two slices.
#[inline(always)]
pub(crate) fn dot(left: &[f32], right: &[f32]) -> f32 {
    let (chunks, rest) = left.as_chunks::<LANES>();
    let (others, more) = right.as_chunks::<LANES>();
    let mut lanes = [0.0f32; LANES];
    for (chunk, other) in chunks.iter().zip(others) {
        for ((lane, x), y) in lanes.iter_mut().zip(chunk).zip(other) {
            *lane = x.mul_add(*y, *lane);
        }
    }
    for ((lane, x), y) in lanes.iter_mut().zip(rest).zip(more) {
        *lane = x.mul_add(*y, *lane);
    }
    tree(lanes)
}

/// The largest value of a slice, −∞ for an empty one. NaN is passed over: it shows in the sum.
#[inline(always)]
pub(crate) fn max(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    let start = lanes.iter().fold(f32::NEG_INFINITY, |a, b| if *b > a { *b } else { a });
    rest.iter().fold(start, |a, b| if *b > a { *b } else { a })
}

vectorized! {
    /// Σ x² over a slice, in double precision.
    pub fn sum_of_squares<'a>(values: &'a [f32]) -> f64 {
        let (chunks, rest) = values.as_chunks::<LANES>();
        let mut lanes = [0.0f64; LANES];
        for chunk in chunks {
            for (lane, value) in lanes.iter_mut().zip(chunk) {
                let wide = f64::from(*value);
                *lane = wide.mul_add(wide, *lane);
            }
        }
        for (lane, value) in lanes.iter_mut().zip(rest) {
            let wide = f64::from(*value);
            *lane = wide.mul_add(wide, *lane);
        }
        tree(lanes)
    }
}

vectorized! {
    /// Adds the rows of a matrix to `sums`: `sums[j] += Σᵢ rows[i, j]`, i in order.
    pub fn add_rows<'a>(sums: &'a mut [f32], rows: &'a [f32]) {
        for row in rows.chunks_exact(sums.len().max(1)) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
}

vectorized! {
    /// `target += source`, element by element.
    pub fn add<'a>(target: &'a mut [f32], source: &'a [f32]) {
        for (target, source) in target.iter_mut().zip(source) {
            *target += source;
        }
    }
}

vectorized! {
    /// `values *= factor`.
    pub fn scale<'a>(values: &'a mut [f32], factor: f32) {
        for value in values {
            *value *= factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    #[test]
    fn reductions_are_right_and_the_same_on_every_level() {
        let values: Vec<f32> = (0..1003).map(|i| ((i * 37 % 101) as f32 - 50.0) * 0.37).collect();
        assert_eq!(max(&values), 50.0 * 0.37);
        let exact: f64 = values.iter().map(|x| f64::from(*x)).sum();
        assert!((f64::from(sum(&values)) - exact).abs() < 1e-2);
        let squares: f64 = values.iter().map(|x| f64::from(*x).powi(2)).sum();
        for level in Level::available() {
            let found = sum_of_squares(level, &values);
            assert!((found / squares - 1.0).abs() < 1e-12);
            assert_eq!(found.to_bits(), sum_of_squares(Level::Portable, &values).to_bits());
            let mut sums = vec![1.0; 17];
            add_rows(level, &mut sums, &values[..17 * 59]);
            let mut plain = vec![1.0; 17];
            add_rows(Level::Portable, &mut plain, &values[..17 * 59]);
            assert_eq!(sums, plain);
        }
    }
}
