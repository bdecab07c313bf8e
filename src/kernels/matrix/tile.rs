//! A product on one thread: tiles of rows against panels of columns, the sums in registers.

use super::{Output, Packed, View};
use pulp::{Simd, WithSimd};

/// Rows of a panel that are worked on at a time: they stay in the first level cache.
const BLOCK: usize = 256;

/// Rows of the left-hand side that are packed at a time: with [`BLOCK`] columns, half a megabyte,
/// which stays in the second level cache.
const ROWS: usize = 480;

/// Some rows and columns of a product.
pub struct Product<'a> {
    /// The left-hand side of these rows.
    pub left: View<'a>,
    /// The whole right-hand side.
    pub right: &'a Packed,
    /// The panel that the first of the columns begins.
    pub first_panel: usize,
    /// The output's rows, these columns of each.
    pub rows: Vec<&'a mut [f32]>,
    /// What becomes of the numbers there.
    pub mode: Output,
}

impl<'a> Product<'a> {
    /// Hands out the rows in at most `parts` parts.
    pub fn split_rows(self, parts: usize) -> Vec<Self> {
        let Self { left, right, first_panel, rows, mode } = self;
        let share = rows.len().div_ceil(parts);
        let mut rows = rows.into_iter();
        (0..left.rows)
            .step_by(share)
            .map(|first| {
                let rows: Vec<_> = rows.by_ref().take(share).collect();
                Self { left: left.rows(first, rows.len()), right, first_panel, rows, mode }
            })
            .collect()
    }

    /// Hands out the columns, whole panels each, in at most `parts` parts.
    pub fn split_columns(self, parts: usize) -> Vec<Self> {
        let Self { left, right, first_panel, mut rows, mode } = self;
        let panels = right.columns().div_ceil(right.width());
        let share = panels.div_ceil(parts);
        (0..panels)
            .step_by(share)
            .map(|first| {
                let taken = rows.iter_mut().map(|row| {
                    let rest = std::mem::take(row);
                    let (own, others) = rest.split_at_mut(rest.len().min(share * right.width()));
                    *row = others;
                    own
                });
                let rows = taken.collect();
                Self { left, right, first_panel: first_panel + first, rows, mode }
            })
            .collect()
    }
}

impl WithSimd for Product<'_> {
    type Output = ();

    /// Chooses the height of the tiles: as equal as can be, and as high as leaves registers for a
    /// row of the panel and one broadcast. Few rows take several panels at once, so that there
    /// are enough independent sums to keep the multipliers busy.
    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let most = if S::REGISTER_COUNT >= 32 { 12 } else { 6 };
        let rows = self.rows.len();
        match rows.div_ceil(rows.div_ceil(most).max(1)) {
            0 => {}
            1 => self.tiled::<S, 1, 4>(simd),
            2 => self.tiled::<S, 2, 3>(simd),
            3..=4 => self.tiled::<S, 4, 1>(simd),
            5..=6 => self.tiled::<S, 6, 1>(simd),
            7..=8 => self.tiled::<S, 8, 1>(simd),
            9..=10 => self.tiled::<S, 10, 1>(simd),
            _ => self.tiled::<S, 12, 1>(simd),
        }
    }
}

impl Product<'_> {
    /// Blocks of rows, then of k, then groups of `P` panels, then tiles of `R` rows.
    #[inline(always)]
    fn tiled<S: Simd, const R: usize, const P: usize>(&mut self, simd: S) {
        let (left, right, mode) = (self.left, self.right, self.mode);
        if right.depth() == 0 {
            if mode == Output::Set {
                self.rows.iter_mut().for_each(|row| row.fill(0.0));
            }
            return;
        }
        let height = ROWS / R * R;
        let tiles = left.rows.min(height).div_ceil(R);
        let mut packed = vec![[0.0f32; R]; tiles * BLOCK.min(right.depth())];
        for (index, rows) in self.rows.chunks_mut(height).enumerate() {
            let left = left.rows(index * height, rows.len());
            for start in (0..right.depth()).step_by(BLOCK) {
                let depth = BLOCK.min(right.depth() - start);
                let packed = &mut packed[..rows.len().div_ceil(R) * depth];
                pack_tiles(packed, left, start, depth);
                let fresh = start == 0 && mode == Output::Set;
                let place = Place { first_panel: self.first_panel, start, depth, fresh };
                place.run::<S, R, P>(simd, packed, right, rows);
            }
        }
    }
}

/// Copies columns `start..start + depth` of the left-hand side into tiles (depth, R), rows past
/// the end as zeros.
#[inline(always)]
fn pack_tiles<const R: usize>(packed: &mut [[f32; R]], left: View<'_>, start: usize, depth: usize) {
    for (tile, block) in packed.chunks_exact_mut(depth).enumerate() {
        let first = tile * R;
        let rows = R.min(left.rows - first);
        if left.row_stride == 1 {
            for (k, values) in block.iter_mut().enumerate() {
                let from = first + (start + k) * left.column_stride;
                values[..rows].copy_from_slice(&left.data[from..from + rows]);
                values[rows..].fill(0.0);
            }
            continue;
        }
        for row in 0..R {
            if row >= rows {
                block.iter_mut().for_each(|values| values[row] = 0.0);
            } else if left.column_stride == 1 {
                let from = (first + row) * left.row_stride + start;
                let source = &left.data[from..from + depth];
                block.iter_mut().zip(source).for_each(|(values, x)| values[row] = *x);
            } else {
                for (k, values) in block.iter_mut().enumerate() {
                    values[row] = left.at(first + row, start + k);
                }
            }
        }
    }
}

/// The place of a block of rows within the right-hand side.
#[derive(Clone, Copy)]
struct Place {
    first_panel: usize,
    start: usize,
    depth: usize,
    fresh: bool,
}

impl Place {
    /// Multiplies tiles (depth, R) with all panels of the output's columns.
    #[inline(always)]
    fn run<S: Simd, const R: usize, const P: usize>(
        self,
        simd: S,
        tiles: &[[f32; R]],
        right: &Packed,
        rows: &mut [&mut [f32]],
    ) {
        let width = right.width();
        let columns = rows.first().map_or(0, |row| row.len());
        let panels = columns.div_ceil(width);
        let panel = |index: usize| {
            let whole = right.panel(self.first_panel + index);
            &whole[self.start * width..(self.start + self.depth) * width]
        };
        let whole = columns / width;
        let mut next = 0;
        while P > 1 && next + P <= whole {
            let panels: [&[f32]; P] = std::array::from_fn(|p| panel(next + p));
            self.column::<S, R, P>(simd, tiles, panels, rows, next * width);
            next += P;
        }
        for index in next..panels {
            self.column::<S, R, 1>(simd, tiles, [panel(index)], rows, index * width);
        }
    }

    /// All tiles against `P` panels, whose first column is `first`.
    #[inline(always)]
    fn column<S: Simd, const R: usize, const P: usize>(
        self,
        simd: S,
        tiles: &[[f32; R]],
        panels: [&[f32]; P],
        rows: &mut [&mut [f32]],
        first: usize,
    ) {
        for (tile, rows) in tiles.chunks_exact(self.depth).zip(rows.chunks_mut(R)) {
            let mut sums = [[[simd.splat_f32s(0.0); 2]; P]; R];
            if !self.fresh {
                rows.iter()
                    .zip(&mut sums)
                    .for_each(|(row, sums)| load::<S, P>(&row[first..], sums));
            }
            multiply_tile::<S, R, P>(simd, tile, panels, &mut sums);
            rows.iter_mut()
                .zip(&sums)
                .for_each(|(row, sums)| store::<S, P>(&mut row[first..], sums));
        }
    }
}

/// One tile against `P` panels: chains of fused multiply-adds, held in registers.
#[inline(always)]
fn multiply_tile<S: Simd, const R: usize, const P: usize>(
    simd: S,
    tile: &[[f32; R]],
    panels: [&[f32]; P],
    sums: &mut [[[S::f32s; 2]; P]; R],
) {
    let mut held = *sums;
    let vectors = panels.map(|panel| &S::as_simd_f32s(panel).0.as_chunks::<2>().0[..tile.len()]);
    for (k, factors) in tile.iter().enumerate() {
        for (factor, sums) in factors.iter().zip(&mut held) {
            let factor = simd.splat_f32s(*factor);
            for (sum, vectors) in sums.iter_mut().zip(&vectors) {
                sum[0] = simd.mul_add_f32s(factor, vectors[k][0], sum[0]);
                sum[1] = simd.mul_add_f32s(factor, vectors[k][1], sum[1]);
            }
        }
    }
    *sums = held;
}

/// The numbers of a row's next panels; what the row lacks stays as it is.
#[inline(always)]
fn load<S: Simd, const P: usize>(row: &[f32], sums: &mut [[S::f32s; 2]; P]) {
    let numbers = pulp::bytemuck::cast_slice_mut::<[S::f32s; 2], f32>(sums);
    let len = numbers.len().min(row.len());
    numbers[..len].copy_from_slice(&row[..len]);
}

/// As many of the numbers of panels as the row takes.
#[inline(always)]
fn store<S: Simd, const P: usize>(row: &mut [f32], sums: &[[S::f32s; 2]; P]) {
    let numbers = pulp::bytemuck::cast_slice::<[S::f32s; 2], f32>(sums);
    let len = numbers.len().min(row.len());
    row[..len].copy_from_slice(&numbers[..len]);
}
