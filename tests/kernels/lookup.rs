//! A look-up is a product with one-hot rows, in both directions, bit for bit.

use crate::support::numbers;
use samebits::kernels::lookup::{gather, scatter_add};
use samebits::kernels::matrix::{Packed, Start, View, multiply, product};
use samebits::kernels::{Compute, Level};

const TOKENS: [u32; 9] = [3, 0, 3, 10, 7, 7, 3, 1, 0];
const VOCABULARY: usize = 11;

fn one_hot() -> Vec<f32> {
    let mut hot = vec![0.0; TOKENS.len() * VOCABULARY];
    for (row, token) in hot.chunks_mut(VOCABULARY).zip(TOKENS) {
        row[token as usize] = 1.0;
    }
    hot
}

#[test]
fn gather_is_the_product_with_one_hot_rows() {
    for width in [1, 5, 64] {
        let table = numbers(VOCABULARY * width, 1, 1.0);
        let hot = one_hot();
        let compute = Compute::single(Level::best());
        let expected = product(&compute, View::new(&hot, VOCABULARY), View::new(&table, width));
        let mut found = vec![f32::NAN; TOKENS.len() * width];
        gather(&mut found, &table, width, &TOKENS);
        assert_eq!(found, expected[..]);
    }
}

#[test]
fn scatter_is_the_product_with_one_hot_columns() {
    for width in [1, 5, 64] {
        let (rows, start) =
            (numbers(TOKENS.len() * width, 2, 1.0), numbers(VOCABULARY * width, 3, 1.0));
        let compute = Compute::single(Level::best());
        let hot = one_hot();
        let columns = View::new(&hot, VOCABULARY).transposed();
        let packed = Packed::new(&compute, View::new(&rows, width));
        let (mut found, mut expected) = (start.clone(), start);
        multiply(&compute, columns, &packed, &mut expected, width, Start::Output);
        scatter_add(Level::best(), &mut found, width, &TOKENS, &rows);
        assert_eq!(found, expected);
    }
}

#[test]
#[should_panic(expected = "out of range")]
fn a_token_past_the_table_panics() {
    gather(&mut [0.0; 2], &[0.0; 6], 2, &[3]);
}
