//! The right-hand side of products, in the order in which a product reads it.

use super::View;
use crate::kernels::Compute;
use pulp::{Simd, WithSimd};

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

    /// W, columns of a panel.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// A panel, (K, W).
    pub(super) fn panel(&self, index: usize) -> &[f32] {
        &self.panels[index * self.depth * self.width..][..self.depth * self.width]
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

/// Numbers in a panel's row.
struct PanelWidth;

impl WithSimd for PanelWidth {
    type Output = usize;
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        2 * S::F32_LANES
    }
}
