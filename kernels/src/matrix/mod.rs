//! Matrix products with one fixed order of every sum.
//!
//! An element of a product is the chain `c = fma(a[k], b[k], c)` over k = 0, 1, …, K−1, from 0 or
//! from what stands in the output. Blocking over k stores and reloads `c`, which changes nothing;
//! vectors run across columns and tiles across rows, which changes nothing either. So every SIMD
//! level and number of threads gives the same bits.
//!
//! The right-hand side is packed into panels of two or three vectors' width ([`Packed`]), the left-hand
//! side into tiles on the way (Goto and van de Geijn 2008; `product`, `tile`).

mod packed;
mod product;
#[cfg(test)]
mod tests;
mod tile;

pub(crate) use packed::BLOCK;
pub use packed::Packed;

use super::Buffer;
use super::simd::Compute;
use product::{Product, Target};

/// Multiply-adds below which a product is not worth a second thread.
const WORTH_A_THREAD: usize = 1 << 18;

/// Rows a thread from which threads share rows; below, they share columns, so that none of the
/// right-hand side is read twice.
const MANY_ROWS: usize = 48;

/// A matrix seen through strides: element (i, j) is `data[i * row_stride + j * column_stride]`.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    data: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// A row-major matrix of `columns` columns.
    pub fn new(data: &'a [f32], columns: usize) -> Self {
        let rows = data.len().checked_div(columns).unwrap_or(0);
        Self { data, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// A row-major matrix whose rows begin `row_stride` apart.
    pub fn strided(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        Self { data, rows, columns, row_stride, column_stride: 1 }
    }

    /// The same numbers with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    /// Rows `first..first + rows`.
    fn rows(self, first: usize, rows: usize) -> Self {
        let start = (first * self.row_stride).min(self.data.len());
        Self { data: &self.data[start..], rows, ..self }
    }

    /// A row whose numbers lie side by side.
    #[inline(always)]
    fn row(self, row: usize) -> &'a [f32] {
        &self.data[row * self.row_stride..][..self.columns]
    }
}

/// What the sums of a product start from.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a> {
    /// From 0.
    Zero,
    /// From what stands in the output.
    Output,
    /// Each row from this one, (N).
    Row(&'a [f32]),
}

impl Start<'_> {
    /// Puts the start into a row of the output, whose first column is `column` of the whole.
    fn fill(self, row: &mut [f32], column: usize) {
        match self {
            Self::Zero => row.fill(0.0),
            Self::Output => {}
            Self::Row(start) => row.copy_from_slice(&start[column..column + row.len()]),
        }
    }
}

/// `output = start + left · right`, where `output` is (M, N) with rows `row_stride` numbers apart.
///
/// # Panics
/// When the sizes do not fit: a mistake in the caller, not in any input.
pub fn multiply(
    compute: &Compute,
    left: View<'_>,
    right: &Packed,
    output: &mut [f32],
    row_stride: usize,
    start: Start<'_>,
) {
    let target = Target::new(right, (output, row_stride), left.rows, start);
    multiply_into(compute, left, &mut [target]);
}

/// [`multiply`] with two right-hand sides of the same depth, each with an output (M, N) of its own,
/// whose rows have its number of columns: a left-hand side that has to be copied is so once.
///
/// # Panics
/// As [`multiply`].
pub fn multiply_both<'a>(
    compute: &Compute,
    left: View<'a>,
    [first, second]: [&'a Packed; 2],
    [to_first, to_second]: [&'a mut [f32]; 2],
    start: Start<'a>,
) {
    let first = Target::new(first, (to_first, first.columns()), left.rows, start);
    let second = Target::new(second, (to_second, second.columns()), left.rows, start);
    multiply_into(compute, left, &mut [first, second]);
}

/// Computes all targets, on as many threads as that is worth.
fn multiply_into<'a>(compute: &Compute, left: View<'a>, targets: &mut [Target<'a>]) {
    let mut columns = 0;
    for Target { right, .. } in targets.iter() {
        assert_eq!(left.columns, right.depth(), "inner sizes of a product");
        columns += right.columns();
    }
    if left.rows == 0 || columns == 0 {
        return;
    }
    let level = compute.level;
    let threads = compute.threads().min(left.rows * left.columns * columns / WORTH_A_THREAD);
    if threads < 2 {
        return level.run(Product { left, targets });
    }
    let parts: Vec<(View<'_>, Vec<Target<'_>>)> = if left.rows >= threads * MANY_ROWS {
        let share = left.rows.div_ceil(threads);
        let firsts = (0..left.rows).step_by(share);
        let part = |first| {
            let rows = share.min(left.rows - first);
            (left.rows(first, rows), targets.iter_mut().map(|t| t.take_rows(rows)).collect())
        };
        firsts.map(part).collect()
    } else {
        let part = |_| {
            let share = |t: &mut Target<'a>| t.take_panels(t.right.panels().div_ceil(threads));
            (left, targets.iter_mut().map(share).collect())
        };
        (0..threads).map(part).collect()
    };
    compute.scope(parts, |(left, mut targets)| level.run(Product { left, targets: &mut targets }));
}

/// A product of two matrices, packing the right one on the way.
pub fn product(compute: &Compute, left: View<'_>, right: View<'_>) -> Buffer {
    let columns = right.columns;
    let mut output = compute.buffer(left.rows * columns);
    let right = Packed::new(compute, right);
    multiply(compute, left, &right, &mut output, columns.max(1), Start::Zero);
    output
}
