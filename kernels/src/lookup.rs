//! Rows of a table by token: the forward pass of an embedding and of a one-hot input, and the
//! sparse scatter that is their gradient.

use super::simd::vectorized;

/// Copies row `tokens[n]` of `table` (V, W) into row n of `rows` (N, W).
///
/// # Panics
/// When a token is not below V: tokens come from the vocabulary that the table was made for.
pub fn gather(rows: &mut [f32], table: &[f32], width: usize, tokens: &[u32]) {
    for (row, token) in rows.chunks_exact_mut(width.max(1)).zip(tokens) {
        row.copy_from_slice(&table[*token as usize * width..][..width]);
    }
}

vectorized! {
    /// [`gather`], with `bias` (W) added to each row.
    pub fn gather_onto<'a>(
        rows: &'a mut [f32], table: &'a [f32], bias: &'a [f32], tokens: &'a [u32],
    ) {
        let width = bias.len();
        for (row, token) in rows.chunks_exact_mut(width.max(1)).zip(tokens) {
            let source = &table[*token as usize * width..][..width];
            for ((x, w), b) in row.iter_mut().zip(source).zip(bias) {
                *x = w + b;
            }
        }
    }
}

vectorized! {
    /// Adds row n of `rows` (N, W) to row `tokens[n]` of `table` (V, W), n in order.
    ///
    /// # Panics
    /// As [`gather`].
    pub fn scatter_add<'a>(
        table: &'a mut [f32], width: usize, tokens: &'a [u32], rows: &'a [f32],
    ) {
        for (token, row) in tokens.iter().zip(rows.chunks_exact(width.max(1))) {
            let target = &mut table[*token as usize * width..][..width];
            for (target, value) in target.iter_mut().zip(row) {
                *target += value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    #[test]
    fn scatter_is_the_adjoint_of_gather() {
        let table: Vec<f32> = (0..12).map(|x| x as f32).collect();
        let tokens = [3, 0, 3];
        let mut rows = [0.0; 9];
        gather(&mut rows, &table, 3, &tokens);
        assert_eq!(rows, [9., 10., 11., 0., 1., 2., 9., 10., 11.]);
        gather_onto(Level::best(), &mut rows, &table, &[1., 0., 2.], &tokens);
        assert_eq!(rows, [10., 10., 13., 1., 1., 4., 10., 10., 13.]);
        let mut gradient = vec![0.0; 12];
        scatter_add(
            Level::best(),
            &mut gradient,
            3,
            &tokens,
            &[1., 1., 1., 2., 2., 2., 4., 4., 4.],
        );
        assert_eq!(gradient, [2., 2., 2., 0., 0., 0., 0., 0., 0., 5., 5., 5.]);
    }
}
