//! Rows of a table by token: the forward pass of an embedding and of a one-hot input, and the
//! sparse scatter that is their gradient.

/// Copies row `tokens[n]` of `table` (V, W) into row n of the result (N, W).
///
/// # Panics
/// When a token is not below V: tokens come from the vocabulary that the table was made for.
pub fn gather(table: &[f32], width: usize, tokens: &[u32]) -> Vec<f32> {
    let mut rows = Vec::with_capacity(tokens.len() * width);
    for token in tokens {
        rows.extend_from_slice(&table[*token as usize * width..][..width]);
    }
    rows
}

/// Adds row n of `rows` (N, W) to row `tokens[n]` of `table` (V, W), n in order.
///
/// # Panics
/// As [`gather`].
pub fn scatter_add(table: &mut [f32], width: usize, tokens: &[u32], rows: &[f32]) {
    for (token, row) in tokens.iter().zip(rows.chunks_exact(width.max(1))) {
        let target = &mut table[*token as usize * width..][..width];
        for (target, value) in target.iter_mut().zip(row) {
            *target += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scatter_is_the_adjoint_of_gather() {
        let table: Vec<f32> = (0..12).map(|x| x as f32).collect();
        let tokens = [3, 0, 3];
        assert_eq!(gather(&table, 3, &tokens), [9., 10., 11., 0., 1., 2., 9., 10., 11.]);
        let mut gradient = vec![0.0; 12];
        scatter_add(&mut gradient, 3, &tokens, &[1., 1., 1., 2., 2., 2., 4., 4., 4.]);
        assert_eq!(gradient, [2., 2., 2., 0., 0., 0., 0., 0., 0., 5., 5., 5.]);
    }
}
