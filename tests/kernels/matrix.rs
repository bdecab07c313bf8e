//! Products of random sizes, strides and modes against the chain that the module promises.

use crate::support::numbers;
use proptest::prelude::*;
use samebits::kernels::matrix::{Packed, Start, View, multiply};
use samebits::kernels::{Compute, Level};

/// An operand of a product: how its rows lie in memory.
#[derive(Clone, Copy, Debug)]
struct Layout {
    transposed: bool,
    /// Numbers between the end of a row and the next.
    gap: usize,
}

/// A matrix in memory; numbers between its rows are NaN, so that using one would show.
struct Stored {
    data: Vec<f32>,
    rows: usize,
    columns: usize,
    layout: Layout,
}

impl Stored {
    fn random(rows: usize, columns: usize, layout: Layout, key: u64) -> Self {
        let (length, count) = if layout.transposed { (rows, columns) } else { (columns, rows) };
        let stride = length + layout.gap;
        let mut data = numbers(count * stride, key, 1.0);
        for row in data.chunks_mut(stride.max(1)) {
            row[length..].fill(f32::NAN);
        }
        data.truncate((count * stride).saturating_sub(layout.gap));
        Self { data, rows, columns, layout }
    }

    fn view(&self) -> View<'_> {
        let Self { data, rows, columns, layout } = self;
        if layout.transposed {
            View::strided(data, *columns, *rows, rows + layout.gap).transposed()
        } else {
            View::strided(data, *rows, *columns, columns + layout.gap)
        }
    }

    fn at(&self, row: usize, column: usize) -> f32 {
        if self.layout.transposed {
            self.data[column * (self.rows + self.layout.gap) + row]
        } else {
            self.data[row * (self.columns + self.layout.gap) + column]
        }
    }
}

fn layout() -> impl Strategy<Value = Layout> {
    (any::<bool>(), 0usize..4).prop_map(|(transposed, gap)| Layout { transposed, gap })
}

/// `fma(a[k], b[k], c)` over k in order.
fn chain(left: &Stored, right: &Stored, (row, column): (usize, usize), start: f32) -> f32 {
    (0..left.columns).fold(start, |sum, k| left.at(row, k).mul_add(right.at(k, column), sum))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_product_is_the_promised_chain(
        (m, n, k) in (0usize..40, 0usize..100, prop_oneof![0usize..40, 250usize..530]),
        (left, right) in (layout(), layout()),
        gap in 0usize..5,
        add in any::<bool>(),
        level in prop::sample::select(Level::available()),
        threads in 1usize..5,
    ) {
        let (left, right) = (Stored::random(m, k, left, 1), Stored::random(k, n, right, 2));
        let compute = Compute::new(level, threads);
        let stride = n + gap;
        let start = numbers((m * stride).saturating_sub(gap), 3, 1.0);
        let mut found = start.clone();
        let mode = if add { Start::Output } else { Start::Zero };
        let packed = Packed::new(&compute, right.view());
        prop_assert_eq!((packed.depth(), packed.columns()), (k, n));
        multiply(&compute, left.view(), &packed, &mut found, stride, mode);
        for (place, (found, start)) in found.iter().zip(&start).enumerate() {
            let (row, column) = (place / stride, place % stride);
            let before = if add { *start } else { 0.0 };
            let expected = if column < n { chain(&left, &right, (row, column), before) } else { *start };
            prop_assert_eq!(found.to_bits(), expected.to_bits(), "row {}, column {}", row, column);
        }
    }
}

#[test]
fn packing_into_used_memory_leaves_nothing_of_the_last_matrix() {
    for level in Level::available() {
        let compute = Compute::single(level);
        let (large, small) = (numbers(20 * 60, 1, 1.0), numbers(15 * 40, 2, 1.0));
        // Its memory goes to the next.
        drop(Packed::new(&compute, View::new(&large, 60)));
        let packed = Packed::new(&compute, View::new(&small, 40));
        let left = numbers(3 * 15, 3, 1.0);
        let mut found = vec![0.0; 3 * 40];
        multiply(&compute, View::new(&left, 15), &packed, &mut found, 40, Start::Zero);
        let mut expected = vec![0.0; 3 * 40];
        let fresh = Compute::single(level);
        let fresh = Packed::new(&fresh, View::new(&small, 40));
        multiply(&compute, View::new(&left, 15), &fresh, &mut expected, 40, Start::Zero);
        assert_eq!(found, expected);
    }
}
