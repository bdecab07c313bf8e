//! The right-hand side of products, in the order in which a product reads it.

use super::View;
use crate::{Buffer, Compute};
use pulp::{Simd, WithSimd};

/// Most rows of a panel that are worked on at a time: they stay in the first level cache.
pub(crate) const BLOCK: usize = 256;

/// Rows of a panel that are worked on at a time, where there are `depth`: as equal as can be.
#[inline(always)]
pub(super) fn block(depth: usize) -> usize {
    depth.div_ceil(depth.div_ceil(BLOCK).max(1)).max(1)
}

/// Numbers in a cache line.
const LINE: usize = crate::simd::LINE / size_of::<f32>();

/// Rows and columns of the squares that are transposed at a time.
const SIDE: usize = 4;

/// Numbers that are packed at least for each thread.
const WORTH_A_THREAD: usize = 1 << 15;

/// The right-hand side of products, (K, N), in blocks of equally many rows. A block is in panels:
/// panel p holds columns `p·W .. (p+1)·W` of the block's rows, filled up with zeros, W being two or
/// three vectors. So a product reads it from front to back. The first panel begins a cache line:
/// no vector then lies in two.
#[derive(Debug)]
pub struct Packed {
    depth: usize,
    columns: usize,
    width: usize,
    numbers: Buffer,
    /// Where the first panel begins.
    start: usize,
}

impl Packed {
    /// Packs a matrix for the level of `compute`.
    pub fn new(compute: &Compute, matrix: View<'_>) -> Self {
        let (depth, columns) = (matrix.rows, matrix.columns);
        let width = compute.level.run(PanelWidth);
        let count = columns.div_ceil(width);
        let row = count * width;
        let mut numbers = compute.buffer(depth * row + LINE - 1);
        let start = numbers.as_ptr().align_offset(LINE * size_of::<f32>());
        let size = block(depth);
        let whole = depth / size * size;
        let (blocks, last) = numbers[start..][..depth * row].split_at_mut(whole * row);
        for (part, start, depth) in [(blocks, 0, size), (last, whole, depth - whole)] {
            let panel = (depth * width).max(1);
            compute.split_rows(part, panel, WORTH_A_THREAD / panel + 1, |first, panels| {
                for (index, panel) in panels.chunks_exact_mut(panel).enumerate() {
                    let (block, index) = ((first + index) / count, (first + index) % count);
                    let (row, column) = (start + block * size, index * width);
                    compute.level.run(Panel { panel, matrix, row, column });
                }
            });
        }
        Self { depth, columns, width, numbers, start }
    }

    /// Rows of the matrix: the length of the sums.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Columns of the matrix.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// W, columns of a panel.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Panels of a block.
    pub(super) fn panels(&self) -> usize {
        self.columns.div_ceil(self.width)
    }

    /// Panel `index` of the block of `depth` rows from row `k` on.
    pub(super) fn panel(&self, k: usize, depth: usize, index: usize) -> &[f32] {
        let start = self.start + (k * self.panels() + index * depth) * self.width;
        &self.numbers[start..start + depth * self.width]
    }
}

/// Copies a part of a matrix, from a row and a column on, into a panel.
struct Panel<'a> {
    panel: &'a mut [f32],
    matrix: View<'a>,
    row: usize,
    column: usize,
}

impl WithSimd for Panel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { panel, matrix, row, column } = self;
        let width = panel_width::<S>();
        let columns = width.min(matrix.columns - column);
        if matrix.column_stride == 1 {
            for (k, target) in panel.chunks_exact_mut(width).enumerate() {
                let source = &matrix.data[(row + k) * matrix.row_stride + column..][..columns];
                copy::<S>(target, source);
            }
            return;
        }
        // The columns of the source lie along k, with a stride of one: square by square, in
        // registers.
        let matrix_column = |j: usize| &matrix.data[(column + j) * matrix.column_stride + row..];
        let squares = columns / SIDE * SIDE;
        let mut rows = panel.chunks_exact_mut(SIDE * width);
        for (index, rows) in rows.by_ref().enumerate() {
            let k = index * SIDE;
            for j in (0..squares).step_by(SIDE) {
                let mut square = [[0.0; SIDE]; SIDE];
                for (index, numbers) in square.iter_mut().enumerate() {
                    if let Some(source) = matrix_column(j + index)[k..].first_chunk() {
                        *numbers = *source;
                    }
                }
                for (index, row) in rows.chunks_exact_mut(width).take(SIDE).enumerate() {
                    if let Some(target) = row[j..].first_chunk_mut::<SIDE>() {
                        for (target, numbers) in target.iter_mut().zip(&square) {
                            *target = numbers[index];
                        }
                    }
                }
            }
            for (index, row) in rows.chunks_exact_mut(width).enumerate() {
                for (j, target) in row.iter_mut().enumerate().take(columns).skip(squares) {
                    *target = matrix_column(j)[k + index];
                }
                row[columns..].fill(0.0);
            }
        }
        let k = panel.len() / width / SIDE * SIDE;
        for (index, row) in panel[k * width..].chunks_exact_mut(width).enumerate() {
            for (j, target) in row.iter_mut().enumerate().take(columns) {
                *target = matrix_column(j)[k + index];
            }
            row[columns..].fill(0.0);
        }
    }
}

/// Copies a row of a panel, filling it up with zeros.
#[inline(always)]
fn copy<S: Simd>(target: &mut [f32], source: &[f32]) {
    let whole = source.len() / S::F32_LANES * S::F32_LANES;
    let (vectors, targets) = (S::as_simd_f32s(source).0, S::as_mut_simd_f32s(target).0);
    for (target, source) in targets.iter_mut().zip(vectors) {
        *target = *source;
    }
    if whole < target.len() {
        target[whole..source.len()].copy_from_slice(&source[whole..]);
        target[source.len()..].fill(0.0);
    }
}

/// Whether there are registers for the sums of eight rows and three vectors; else it is six rows
/// and two vectors.
#[inline(always)]
pub(super) fn is_wide<S: Simd>() -> bool {
    S::REGISTER_COUNT >= 32
}

/// Numbers in a panel's row.
#[inline(always)]
fn panel_width<S: Simd>() -> usize {
    S::F32_LANES * if is_wide::<S>() { 3 } else { 2 }
}

/// Numbers in a panel's row.
struct PanelWidth;

impl WithSimd for PanelWidth {
    type Output = usize;
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        panel_width::<S>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Level;

    #[test]
    fn blocks_are_about_as_deep_as_each_other() {
        for depth in 0..2000 {
            let size = block(depth);
            assert!((1..=BLOCK).contains(&size));
            assert_eq!(depth.div_ceil(size), depth.div_ceil(BLOCK), "no more blocks than needed");
        }
        assert_eq!(block(650), 217);
    }

    #[test]
    fn panels_begin_cache_lines() {
        for level in Level::available() {
            let compute = Compute::new(level, 1);
            let numbers = [1.0; 300 * 50];
            let packed = Packed::new(&compute, View::new(&numbers, 50));
            let panel = packed.panel(0, block(300), 0);
            assert_eq!(panel.as_ptr().addr() % crate::simd::LINE, 0);
        }
    }
}
