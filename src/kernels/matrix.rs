//! Matrix products with one fixed order of every sum.
//!
//! An element of a product is the chain `c = fma(a[k], b[k], c)` over k = 0, 1, …, K−1, from 0 or
//! from what stands in the output. Blocking over k stores and reloads `c`, which changes nothing;
//! vectors run across columns and tiles across rows, which changes nothing either. So every SIMD
//! level and number of threads gives the same bits.
//!
//! The right-hand side is packed into panels of two vectors' width, the left-hand side into tiles
//! on the way (Goto and van de Geijn 2008). A panel's block of `BLOCK` rows stays in the first
//! level cache, the tile's sums in registers.

use super::simd::Compute;
use pulp::{Simd, WithSimd};

/// Rows of a panel that are worked on at a time.
const BLOCK: usize = 256;

/// Multiply-adds below which a product is not worth a second thread.
const WORTH_A_THREAD: usize = 1 << 18;

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
        Self {
            data,
            rows,
            columns,
            row_stride: columns,
            column_stride: 1,
        }
    }

    /// A row-major matrix whose rows begin `row_stride` apart.
    pub fn strided(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        Self {
            data,
            rows,
            columns,
            row_stride,
            column_stride: 1,
        }
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
        Self {
            data: &self.data[start..],
            rows,
            ..self
        }
    }

    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> f32 {
        self.data[row * self.row_stride + column * self.column_stride]
    }
}

/// What a product does with the numbers that stand in its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Replaces them.
    Set,
    /// Goes on from them.
    Add,
}

/// The right-hand side of products, (K, N), in panels: panel p holds columns `p·W .. (p+1)·W` as
/// (K, W), filled up with zeros, W being twice the vector's width.
#[derive(Clone, Debug, Default)]
pub struct Packed {
    depth: usize,
    columns: usize,
    width: usize,
    panels: Vec<f32>,
}

impl Packed {
    /// Packs a matrix for the level of `compute`.
    pub fn new(compute: &Compute, matrix: View<'_>) -> Self {
        let mut packed = Self::default();
        packed.pack(compute, matrix);
        packed
    }

    /// Packs another matrix into the same memory.
    pub fn pack(&mut self, compute: &Compute, matrix: View<'_>) {
        self.depth = matrix.rows;
        self.columns = matrix.columns;
        self.width = compute.level.run(PanelWidth);
        let panel = self.depth * self.width;
        let count = self.columns.div_ceil(self.width);
        self.panels.resize(count * panel, 0.0);
        let width = self.width;
        let worth = (1 << 15) / panel.max(1) + 1;
        compute.split_rows(&mut self.panels, panel, worth, |first, panels| {
            for (index, panel) in panels.chunks_exact_mut(panel.max(1)).enumerate() {
                pack_panel(panel, width, matrix, (first + index) * width);
            }
        });
    }

    /// Rows of the matrix: the length of the sums.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Columns of the matrix.
    pub fn columns(&self) -> usize {
        self.columns
    }
}

/// Copies the columns from `first` on into a panel (K, W).
fn pack_panel(panel: &mut [f32], width: usize, matrix: View<'_>, first: usize) {
    let columns = width.min(matrix.columns - first);
    if matrix.column_stride == 1 {
        for (k, row) in panel.chunks_exact_mut(width).enumerate() {
            let start = k * matrix.row_stride + first;
            row[..columns].copy_from_slice(&matrix.data[start..start + columns]);
            row[columns..].fill(0.0);
        }
        return;
    }
    // The rows of the source lie along k: go through few of them at a time, each far enough to
    // use up its cache lines.
    const STEP: usize = 16;
    for (block, rows) in panel.chunks_mut(STEP * width).enumerate() {
        for column in 0..columns {
            let start = (first + column) * matrix.column_stride;
            for (k, row) in rows.chunks_exact_mut(width).enumerate() {
                row[column] = matrix.data[start + (block * STEP + k) * matrix.row_stride];
            }
        }
        for row in rows.chunks_exact_mut(width) {
            row[columns..].fill(0.0);
        }
    }
}

/// `output = left · right` or `output += left · right`, where `output` is (M, N) with rows
/// `row_stride` numbers apart.
///
/// # Panics
/// When the sizes do not fit: a mistake in the caller, not in any input.
pub fn multiply(
    compute: &Compute,
    left: View<'_>,
    right: &Packed,
    output: &mut [f32],
    row_stride: usize,
    mode: Output,
) {
    assert_eq!(left.columns, right.depth, "inner sizes of a product");
    assert!(
        row_stride >= right.columns,
        "output rows are shorter than the product's"
    );
    if left.rows == 0 || right.columns == 0 {
        return;
    }
    let output = &mut output[..(left.rows - 1) * row_stride + right.columns];
    if right.depth == 0 {
        if mode == Output::Set {
            output
                .chunks_mut(row_stride)
                .for_each(|row| row[..right.columns].fill(0.0));
        }
        return;
    }
    let worth = WORTH_A_THREAD / (right.depth * right.columns) + 1;
    // The last row may be cut short: count it as whole.
    let level = compute.level;
    split(
        compute,
        output,
        row_stride,
        left.rows,
        worth,
        |first, part| {
            let rows = part.len().div_ceil(row_stride);
            level.run(Product {
                left: left.rows(first, rows),
                right,
                output: part,
                row_stride,
                mode,
            });
        },
    );
}

/// [`Compute::split_rows`] for an output whose last row may be cut short.
fn split(
    compute: &Compute,
    output: &mut [f32],
    row_stride: usize,
    rows: usize,
    worth: usize,
    work: impl Fn(usize, &mut [f32]) + Sync,
) {
    let whole = (rows - 1) * row_stride;
    if output.len() == whole + row_stride || compute.threads() == 1 {
        if compute.threads() == 1 {
            return work(0, output);
        }
        return compute.split_rows(output, row_stride, worth, work);
    }
    let (body, last) = output.split_at_mut(whole);
    if !body.is_empty() {
        compute.split_rows(body, row_stride, worth, &work);
    }
    work(rows - 1, last);
}

/// Numbers in a panel's row.
struct PanelWidth;

impl WithSimd for PanelWidth {
    type Output = usize;
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        2 * S::F32_LANES
    }
}

/// A product on one thread.
struct Product<'a> {
    left: View<'a>,
    right: &'a Packed,
    output: &'a mut [f32],
    row_stride: usize,
    mode: Output,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // As many rows as leave registers for a row of the panel and one broadcast.
        if S::REGISTER_COUNT >= 32 {
            self.tiled::<S, 12>(simd);
        } else {
            self.tiled::<S, 6>(simd);
        }
    }
}

impl Product<'_> {
    /// Blocks over k, then panels, then tiles of `M` rows.
    #[inline(always)]
    fn tiled<S: Simd, const M: usize>(self, simd: S) {
        let Self {
            left,
            right,
            output,
            row_stride,
            mode,
        } = self;
        let tiles = left.rows.div_ceil(M);
        let mut packed = vec![[0.0f32; M]; tiles * BLOCK.min(right.depth)];
        for start in (0..right.depth).step_by(BLOCK) {
            let depth = BLOCK.min(right.depth - start);
            let packed = &mut packed[..tiles * depth];
            pack_tiles(packed, left, start, depth);
            let fresh = start == 0 && mode == Output::Set;
            let panels = right.panels.chunks_exact(right.depth * right.width);
            for (index, panel) in panels.enumerate() {
                let first = index * right.width;
                let columns = right.width.min(right.columns - first);
                let panel = &panel[start * right.width..(start + depth) * right.width];
                for (tile, block) in packed.chunks_exact(depth).enumerate() {
                    let rows = M.min(left.rows - tile * M);
                    let output = &mut output[tile * M * row_stride + first..];
                    let part = Tile {
                        rows,
                        columns,
                        row_stride,
                        fresh,
                    };
                    if rows <= 2 {
                        part.run::<S, M, 2>(simd, block, panel, output);
                    } else if rows <= M / 2 {
                        // M / 2 is no constant expression of M on stable Rust.
                        part.run_half::<S, M>(simd, block, panel, output);
                    } else {
                        part.run::<S, M, M>(simd, block, panel, output);
                    }
                }
            }
        }
    }
}

/// Copies columns `start..start + depth` of the left-hand side into tiles (depth, M), rows past
/// the end as zeros.
#[inline(always)]
fn pack_tiles<const M: usize>(packed: &mut [[f32; M]], left: View<'_>, start: usize, depth: usize) {
    for (tile, block) in packed.chunks_exact_mut(depth).enumerate() {
        let first = tile * M;
        let rows = M.min(left.rows - first);
        if left.row_stride == 1 {
            for (k, values) in block.iter_mut().enumerate() {
                let from = first + (start + k) * left.column_stride;
                values[..rows].copy_from_slice(&left.data[from..from + rows]);
                values[rows..].fill(0.0);
            }
            continue;
        }
        for row in 0..M {
            if row >= rows {
                block.iter_mut().for_each(|values| values[row] = 0.0);
            } else if left.column_stride == 1 {
                let from = (first + row) * left.row_stride + start;
                let source = &left.data[from..from + depth];
                block
                    .iter_mut()
                    .zip(source)
                    .for_each(|(values, x)| values[row] = *x);
            } else {
                for (k, values) in block.iter_mut().enumerate() {
                    values[row] = left.at(first + row, start + k);
                }
            }
        }
    }
}

/// A part of the output: at most `M` rows and one panel's columns.
struct Tile {
    rows: usize,
    columns: usize,
    row_stride: usize,
    fresh: bool,
}

impl Tile {
    /// [`Self::run`] with half the rows of a tile.
    #[inline(always)]
    fn run_half<S: Simd, const M: usize>(
        self,
        simd: S,
        block: &[[f32; M]],
        panel: &[f32],
        output: &mut [f32],
    ) {
        if M == 12 {
            self.run::<S, M, 6>(simd, block, panel, output);
        } else {
            self.run::<S, M, 3>(simd, block, panel, output);
        }
    }

    /// The chains of fused multiply-adds of `R` ≤ M rows, held in registers.
    #[inline(always)]
    fn run<S: Simd, const M: usize, const R: usize>(
        self,
        simd: S,
        block: &[[f32; M]],
        panel: &[f32],
        output: &mut [f32],
    ) {
        let lanes = S::F32_LANES;
        let mut sums = [[simd.splat_f32s(0.0); 2]; R];
        if !self.fresh {
            for (row, sum) in sums.iter_mut().enumerate().take(self.rows) {
                let row = &output[row * self.row_stride..][..self.columns];
                let (low, high) = row.split_at(lanes.min(self.columns));
                *sum = [simd.partial_load_f32s(low), simd.partial_load_f32s(high)];
            }
        }
        let (vectors, _) = S::as_simd_f32s(panel);
        for (left, right) in block.iter().zip(vectors.chunks_exact(2)) {
            let (low, high) = (right[0], right[1]);
            for (row, sum) in sums.iter_mut().enumerate() {
                let factor = simd.splat_f32s(left[row]);
                sum[0] = simd.mul_add_f32s(factor, low, sum[0]);
                sum[1] = simd.mul_add_f32s(factor, high, sum[1]);
            }
        }
        for (row, sum) in sums.iter().enumerate().take(self.rows) {
            let row = &mut output[row * self.row_stride..][..self.columns];
            let (low, high) = row.split_at_mut(lanes.min(self.columns));
            simd.partial_store_f32s(low, sum[0]);
            simd.partial_store_f32s(high, sum[1]);
        }
    }
}

/// A product of two row-major matrices, packing the right one on the way.
pub fn product(compute: &Compute, left: View<'_>, right: View<'_>) -> Vec<f32> {
    let columns = right.columns;
    let mut output = vec![0.0; left.rows * columns];
    let right = Packed::new(compute, right);
    multiply(
        compute,
        left,
        &right,
        &mut output,
        columns.max(1),
        Output::Set,
    );
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::Level;
    use crate::random::{Purpose, Stream};

    fn random(len: usize, key: u64) -> Vec<f32> {
        let mut stream = Stream::new(1, Purpose::Initialization, key);
        (0..len).map(|_| stream.uniform_f32() * 2.0 - 1.0).collect()
    }

    /// The promise, spelled out.
    fn chain(m: usize, n: usize, k: usize, a: &[f32], b: &[f32], c: &mut [f32]) {
        for i in 0..m {
            for j in 0..n {
                for l in 0..k {
                    c[i * n + j] = a[i * k + l].mul_add(b[l * n + j], c[i * n + j]);
                }
            }
        }
    }

    const SIZES: [(usize, usize, usize); 9] = [
        (1, 1, 1),
        (1, 100, 81),
        (2, 33, 300),
        (3, 64, 257),
        (12, 32, 256),
        (13, 31, 700),
        (25, 65, 5),
        (7, 16, 0),
        (40, 100, 100),
    ];

    #[test]
    fn every_level_and_thread_count_gives_the_promised_chain() {
        for (m, n, k) in SIZES {
            let (a, b) = (random(m * k, 1), random(k * n, 2));
            let start = random(m * n, 3);
            let mut expected = start.clone();
            chain(m, n, k, &a, &b, &mut expected);
            for level in Level::available() {
                for threads in [1, 2, 5] {
                    let compute = Compute::new(level, threads);
                    let packed = Packed::new(&compute, View::new(&b, n));
                    let mut found = start.clone();
                    let left = View::strided(&a, m, k, k);
                    multiply(&compute, left, &packed, &mut found, n, Output::Add);
                    assert_eq!(found, expected, "{m}×{n}×{k} {level:?} {threads}");
                }
            }
        }
    }

    #[test]
    fn transposed_and_strided_operands_are_the_same_product() {
        let compute = Compute::single(Level::best());
        for (m, n, k) in SIZES {
            if k == 0 {
                continue;
            }
            let (a, b) = (random(m * k, 4), random(k * n, 5));
            let plain = product(&compute, View::new(&a, k), View::new(&b, n));
            let transpose = |x: &[f32], rows: usize, columns: usize| -> Vec<f32> {
                (0..rows * columns)
                    .map(|i| x[(i % rows) * columns + i / rows])
                    .collect()
            };
            let (at, bt) = (transpose(&a, m, k), transpose(&b, k, n));
            let left = View::new(&at, m).transposed();
            assert_eq!(product(&compute, left, View::new(&b, n)), plain);
            let right = View::new(&bt, k).transposed();
            assert_eq!(product(&compute, View::new(&a, k), right), plain);
            let stride = n + 3;
            let mut wide = vec![7.0; m * stride - 3];
            let packed = Packed::new(&compute, View::new(&b, n));
            multiply(
                &compute,
                View::new(&a, k),
                &packed,
                &mut wide,
                stride,
                Output::Set,
            );
            for (row, expected) in wide.chunks(stride).zip(plain.chunks(n)) {
                assert_eq!(&row[..n], expected);
                assert!(
                    row[n..].iter().all(|x| *x == 7.0),
                    "numbers between rows stay"
                );
            }
        }
    }

    #[test]
    fn many_threads_share_large_products() {
        let (m, n, k) = (200, 150, 300);
        let (a, b) = (random(m * k, 6), random(k * n, 7));
        let alone = product(
            &Compute::single(Level::best()),
            View::new(&a, k),
            View::new(&b, n),
        );
        let shared = Compute::new(Level::best(), 3);
        assert_eq!(product(&shared, View::new(&a, k), View::new(&b, n)), alone);
    }

    #[test]
    fn sum_is_close_to_the_exact_product() {
        let (m, n, k) = (5, 40, 2000);
        let (a, b) = (random(m * k, 8), random(k * n, 9));
        let found = product(
            &Compute::single(Level::best()),
            View::new(&a, k),
            View::new(&b, n),
        );
        for i in 0..m {
            for j in 0..n {
                let exact: f64 = (0..k)
                    .map(|l| f64::from(a[i * k + l]) * f64::from(b[l * n + j]))
                    .sum();
                assert!((f64::from(found[i * n + j]) - exact).abs() < 2e-3);
            }
        }
    }
}
