//! A product on one thread: tiles of rows against panels of columns, the sums in registers.

use super::packed::BLOCK;
use super::{Packed, Start, View};
use crate::simd::{LINE, prefetch};
use pulp::{Simd, WithSimd};
use std::cell::RefCell;

/// Rows of a transposed left-hand side that are packed at a time: with [`BLOCK`] columns a quarter
/// of a megabyte, which stays in the second level cache.
const ROWS: usize = 240;

/// Rows ahead of the product at which a panel's cache lines are asked for.
const AHEAD: usize = 12;

thread_local! {
    /// Where transposed left-hand sides are packed, kept from one product to the next.
    static TILES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

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
    /// What the sums start from.
    pub start: Start<'a>,
}

impl<'a> Product<'a> {
    /// Hands out the rows in at most `parts` parts.
    pub fn split_rows(self, parts: usize) -> Vec<Self> {
        let Self { left, right, first_panel, rows, start } = self;
        let share = rows.len().div_ceil(parts);
        let mut rows = rows.into_iter();
        (0..left.rows)
            .step_by(share)
            .map(|first| {
                let rows: Vec<_> = rows.by_ref().take(share).collect();
                Self { left: left.rows(first, rows.len()), right, first_panel, rows, start }
            })
            .collect()
    }

    /// Hands out the columns, whole panels each, in at most `parts` parts.
    pub fn split_columns(self, parts: usize) -> Vec<Self> {
        let Self { left, right, first_panel, mut rows, start } = self;
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
                Self { left, right, first_panel: first_panel + first, rows, start }
            })
            .collect()
    }
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        if self.right.depth() == 0 {
            let (start, width) = (self.start, self.right.width());
            self.rows.iter_mut().for_each(|row| start.fill(row, self.first_panel * width));
        } else if self.left.column_stride == 1 {
            match self.left.rows {
                1 => self.narrow::<S, 1, 4>(simd),
                2 => self.narrow::<S, 2, 2>(simd),
                _ => self.direct(simd),
            }
        } else {
            // Not in a closure: that would be compiled without this level's instructions.
            let mut memory = TILES.take();
            self.packed(simd, &mut memory);
            TILES.set(memory);
        }
    }
}

impl Product<'_> {
    /// Reads a left-hand side of one or two rows where it stands: against several panels at once,
    /// so that there are enough independent sums to keep the multipliers busy.
    #[inline(always)]
    fn narrow<S: Simd, const R: usize, const P: usize>(&mut self, simd: S) {
        for block in Block::all(self.right, self.start) {
            let place = Place { block, first_panel: self.first_panel, right: self.right };
            let rows: [&[f32]; R] = row_array(0, |row| &self.left.row(row)[block.k..]);
            let panels = place.panels(&self.rows);
            for panel in (0..panels / P * P).step_by(P) {
                place.direct::<S, R, P>(simd, rows, panel, &mut self.rows);
            }
            for panel in panels / P * P..panels {
                place.direct::<S, R, 1>(simd, rows, panel, &mut self.rows);
            }
        }
    }

    /// Reads the left-hand side where it stands: its rows lie along k.
    #[inline(always)]
    fn direct<S: Simd>(&mut self, simd: S) {
        let (left, most) = (self.left, most_pairs::<S>());
        for (index, rows) in self.rows.chunks_mut(ROWS).enumerate() {
            let left = left.rows(index * ROWS, rows.len());
            for block in Block::all(self.right, self.start) {
                let row = |row: usize| &left.row(row.min(left.rows - 1))[block.k..][..block.depth];
                let place = Place { block, first_panel: self.first_panel, right: self.right };
                for panel in 0..place.panels(rows) {
                    let mut output = &mut *rows;
                    for (first, pairs) in tiles(left.rows, most) {
                        let part;
                        (part, output) = output.split_at_mut((2 * pairs).min(output.len()));
                        match pairs {
                            1 => place.direct::<S, 2, 1>(simd, row_array(first, row), panel, part),
                            2 => place.direct::<S, 4, 1>(simd, row_array(first, row), panel, part),
                            3 => place.direct::<S, 6, 1>(simd, row_array(first, row), panel, part),
                            4 => place.direct::<S, 8, 1>(simd, row_array(first, row), panel, part),
                            5 => place.direct::<S, 10, 1>(simd, row_array(first, row), panel, part),
                            _ => place.direct::<S, 12, 1>(simd, row_array(first, row), panel, part),
                        }
                    }
                }
            }
        }
    }

    /// Copies blocks of a left-hand side whose columns lie along the rows into tiles first.
    #[inline(always)]
    fn packed<S: Simd>(&mut self, simd: S, memory: &mut Vec<f32>) {
        let (left, most) = (self.left, most_pairs::<S>());
        let height = left.rows.min(ROWS).next_multiple_of(2);
        let needed = height * BLOCK.min(self.right.depth());
        if memory.len() < needed {
            memory.resize(needed, 0.0);
        }
        for (index, rows) in self.rows.chunks_mut(ROWS).enumerate() {
            let left = left.rows(index * ROWS, rows.len());
            for block in Block::all(self.right, self.start) {
                pack_tiles(memory, left, block, most);
                let place = Place { block, first_panel: self.first_panel, right: self.right };
                for panel in 0..place.panels(rows) {
                    let mut output = &mut *rows;
                    for (first, pairs) in tiles(left.rows, most) {
                        let part;
                        (part, output) = output.split_at_mut((2 * pairs).min(output.len()));
                        let tile = &memory[first * block.depth..];
                        match pairs {
                            1 => place.packed::<S, 2>(simd, tile, panel, part),
                            2 => place.packed::<S, 4>(simd, tile, panel, part),
                            3 => place.packed::<S, 6>(simd, tile, panel, part),
                            4 => place.packed::<S, 8>(simd, tile, panel, part),
                            5 => place.packed::<S, 10>(simd, tile, panel, part),
                            _ => place.packed::<S, 12>(simd, tile, panel, part),
                        }
                    }
                }
            }
        }
    }
}

/// Pairs of rows in the highest tile that leaves registers for a row of the panel and a factor.
#[inline(always)]
fn most_pairs<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 6 } else { 3 }
}

/// The tiles that cover some rows, (first row, pairs of rows) each: as few as can be, and as equal
/// as can be, so that hardly a row is computed in vain.
#[inline(always)]
fn tiles(rows: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let pairs = rows.div_ceil(2);
    let count = pairs.div_ceil(most).max(1);
    let (least, more) = (pairs / count, pairs % count);
    (0..count).map(move |tile| {
        let first = tile * least + tile.min(more);
        (2 * first, least + usize::from(tile < more))
    })
}

/// The rows of a tile; where the left-hand side ends, its last row again.
#[inline(always)]
fn row_array<'a, const R: usize>(first: usize, row: impl Fn(usize) -> &'a [f32]) -> [&'a [f32]; R] {
    std::array::from_fn(|r| row(first + r))
}

/// Some steps of every sum of a product.
#[derive(Clone, Copy)]
struct Block<'a> {
    /// The first of the steps.
    k: usize,
    /// How many.
    depth: usize,
    /// What the sums go on from.
    start: Start<'a>,
}

impl<'a> Block<'a> {
    /// All blocks of a product, in order.
    #[inline(always)]
    fn all(right: &Packed, start: Start<'a>) -> impl Iterator<Item = Self> + use<'a> {
        let depth = right.depth();
        (0..depth).step_by(BLOCK).map(move |k| Self {
            k,
            depth: BLOCK.min(depth - k),
            start: if k == 0 { start } else { Start::Output },
        })
    }
}

/// Copies a block of the left-hand side, whose columns lie along the rows, into tiles (depth, R)
/// one after the other. A few k at a time: what lies side by side is then read one after the
/// other, and each cache line once.
#[inline(always)]
fn pack_tiles(memory: &mut [f32], left: View<'_>, block: Block<'_>, most: usize) {
    const STEP: usize = 16;
    for k in (0..block.depth).step_by(STEP) {
        let steps = k..(k + STEP).min(block.depth);
        for (first, pairs) in tiles(left.rows, most) {
            let tile = &mut memory[first * block.depth..];
            let column = |k: usize| &left.data[(block.k + k) * left.column_stride + first..];
            match pairs {
                1 => copy_columns::<2>(tile, left.rows - first, steps.clone(), column),
                2 => copy_columns::<4>(tile, left.rows - first, steps.clone(), column),
                3 => copy_columns::<6>(tile, left.rows - first, steps.clone(), column),
                4 => copy_columns::<8>(tile, left.rows - first, steps.clone(), column),
                5 => copy_columns::<10>(tile, left.rows - first, steps.clone(), column),
                _ => copy_columns::<12>(tile, left.rows - first, steps.clone(), column),
            }
        }
    }
}

/// Copies the columns of `steps` into a tile; `rows` are what there is from the tile's first on.
#[inline(always)]
fn copy_columns<'a, const R: usize>(
    tile: &mut [f32],
    rows: usize,
    steps: std::ops::Range<usize>,
    column: impl Fn(usize) -> &'a [f32],
) {
    let tile = &mut tile.as_chunks_mut::<R>().0[steps.clone()];
    for (k, values) in steps.zip(tile) {
        match column(k).first_chunk::<R>() {
            Some(source) if rows >= R => *values = *source,
            _ => {
                values[..rows.min(R)].copy_from_slice(&column(k)[..rows.min(R)]);
                values[rows.min(R)..].fill(0.0);
            }
        }
    }
}

/// A block of the sums within the right-hand side.
#[derive(Clone, Copy)]
struct Place<'a> {
    block: Block<'a>,
    first_panel: usize,
    right: &'a Packed,
}

impl Place<'_> {
    /// Panels that the output's columns take.
    #[inline(always)]
    fn panels(&self, rows: &[&mut [f32]]) -> usize {
        rows.first().map_or(0, |row| row.len().div_ceil(self.right.width()))
    }

    /// A tile of rows that lie along k against `P` panels.
    #[inline(always)]
    fn direct<S: Simd, const R: usize, const P: usize>(
        &self,
        simd: S,
        left: [&[f32]; R],
        panel: usize,
        output: &mut [&mut [f32]],
    ) {
        let mut rows = left;
        for row in &mut rows {
            *row = &row[..self.block.depth];
        }
        let factor = |k: usize, r: usize| rows[r][k];
        if P == 1 && self.is_half::<S>(panel, output) {
            self.multiply::<S, R, P, 1>(simd, factor, panel, output);
        } else {
            self.multiply::<S, R, P, 2>(simd, factor, panel, output);
        }
    }

    /// A packed tile (depth, R) against a panel.
    #[inline(always)]
    fn packed<S: Simd, const R: usize>(
        &self,
        simd: S,
        tile: &[f32],
        panel: usize,
        output: &mut [&mut [f32]],
    ) {
        let tile = &tile.as_chunks::<R>().0[..self.block.depth];
        let factor = |k: usize, r: usize| tile[k][r];
        if self.is_half::<S>(panel, output) {
            self.multiply::<S, R, 1, 1>(simd, factor, panel, output);
        } else {
            self.multiply::<S, R, 1, 2>(simd, factor, panel, output);
        }
    }

    /// Whether one vector takes all columns that the output has in a panel.
    #[inline(always)]
    fn is_half<S: Simd>(&self, panel: usize, output: &[&mut [f32]]) -> bool {
        output.first().is_some_and(|row| row.len() <= panel * self.right.width() + S::F32_LANES)
    }

    /// Chains of fused multiply-adds, held in registers from the output and back to it. `V` vectors
    /// of each panel's two are worked on.
    ///
    /// Goes index by index and takes every row's numbers by value: only so does the compiler keep
    /// all sums in registers from beginning to end.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn multiply<S: Simd, const R: usize, const P: usize, const V: usize>(
        &self,
        simd: S,
        factor: impl Fn(usize, usize) -> f32,
        panel: usize,
        output: &mut [&mut [f32]],
    ) {
        let Block { k, depth, start } = self.block;
        let width = self.right.width();
        let mut panels: [&[[S::f32s; 2]]; P] = [&[]; P];
        for (p, vectors) in panels.iter_mut().enumerate() {
            let panel = self.right.panel(k, depth, self.first_panel + panel + p);
            *vectors = &S::as_simd_f32s(panel).0.as_chunks::<2>().0[..depth];
        }
        let mut sums = [[[simd.splat_f32s(0.0); V]; P]; R];
        for r in 0..R {
            match start {
                Start::Output if r < output.len() => {
                    sums[r] = load::<S, P, V>(simd, &output[r][panel * width..]);
                }
                Start::Row(row) => {
                    let first = (self.first_panel + panel) * width;
                    sums[r] = load::<S, P, V>(simd, &row[first..]);
                }
                _ => {}
            }
        }
        for k in 0..depth {
            for panel in panels {
                for line in 0..size_of::<[S::f32s; V]>().div_ceil(LINE) {
                    prefetch(panel, k + AHEAD, line);
                }
            }
            for r in 0..R {
                let factor = simd.splat_f32s(factor(k, r));
                for p in 0..P {
                    for v in 0..V {
                        sums[r][p][v] = simd.mul_add_f32s(factor, panels[p][k][v], sums[r][p][v]);
                    }
                }
            }
        }
        for r in 0..R {
            if let Some(row) = output.get_mut(r) {
                store::<S, P, V>(&mut row[panel * width..], sums[r]);
            }
        }
    }
}

/// The numbers of a row that some vectors take, zeros where the row ends.
#[inline(always)]
fn load<S: Simd, const P: usize, const V: usize>(simd: S, row: &[f32]) -> [[S::f32s; V]; P] {
    if let Some(vectors) = S::as_simd_f32s(row).0.as_chunks::<V>().0.first_chunk::<P>() {
        return *vectors;
    }
    let mut vectors = [[simd.splat_f32s(0.0); V]; P];
    let numbers = pulp::bytemuck::cast_slice_mut::<S::f32s, f32>(vectors.as_flattened_mut());
    let len = numbers.len().min(row.len());
    numbers[..len].copy_from_slice(&row[..len]);
    vectors
}

/// As many of some vectors' numbers as the row takes.
#[inline(always)]
fn store<S: Simd, const P: usize, const V: usize>(row: &mut [f32], sums: [[S::f32s; V]; P]) {
    let vectors = S::as_mut_simd_f32s(row).0.as_chunks_mut::<V>().0;
    if let Some(vectors) = vectors.first_chunk_mut::<P>() {
        *vectors = sums;
        return;
    }
    let numbers = pulp::bytemuck::cast_slice::<S::f32s, f32>(sums.as_flattened());
    let len = numbers.len().min(row.len());
    row[..len].copy_from_slice(&numbers[..len]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_all_rows_in_order_and_waste_one_at_most() {
        for most in [3, 6] {
            for rows in 1..300 {
                let mut next = 0;
                for (first, pairs) in tiles(rows, most) {
                    assert_eq!(first, next);
                    assert!((1..=most).contains(&pairs));
                    next += 2 * pairs;
                }
                assert_eq!(next, rows.next_multiple_of(2));
            }
        }
    }
}
