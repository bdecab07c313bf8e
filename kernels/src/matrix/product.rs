//! A product on one thread: which tiles of rows meet which panels of columns, and in what order.

use super::packed::{block, is_wide};
use super::tile::{Block, Place, Rows1, Rows2, Rows4, Rows6, Rows8};
use super::{Packed, Start, View};
use pulp::{Simd, WithSimd};
use std::cell::RefCell;

/// Rows of a transposed left-hand side that are packed at a time: with 256 columns a quarter of
/// a megabyte, which stays in the second level cache.
const ROWS: usize = 240;

thread_local! {
    /// Where transposed left-hand sides are packed, kept from one product to the next.
    static TILES: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Some rows and columns of one matrix or several, each the product of the same left-hand side
/// with a right-hand side of its own.
pub struct Product<'a, 'b> {
    /// The left-hand side of these rows.
    pub left: View<'a>,
    /// The right-hand sides, all of the same depth, and where their products go.
    pub targets: &'b mut [Target<'a>],
}

/// A right-hand side and where its product goes.
pub struct Target<'a> {
    /// The whole right-hand side.
    pub right: &'a Packed,
    /// The panel that the first of the columns begins.
    pub first_panel: usize,
    /// The output's rows, these columns of each.
    pub rows: Vec<&'a mut [f32]>,
    /// What the sums start from.
    pub start: Start<'a>,
}

impl<'a> Target<'a> {
    /// All columns of the first `rows` rows of `output`, which begin `row_stride` numbers apart.
    pub fn new(
        right: &'a Packed,
        (output, row_stride): (&'a mut [f32], usize),
        rows: usize,
        start: Start<'a>,
    ) -> Self {
        let columns = right.columns();
        assert!(row_stride >= columns, "output rows are shorter than the product's");
        if let Start::Row(row) = start {
            assert_eq!(row.len(), columns, "columns of the row that a product starts from");
        }
        let taken = output.chunks_mut(row_stride.max(1)).take(rows);
        let taken: Vec<&mut [f32]> = taken.map(|row| &mut row[..columns]).collect();
        assert!(taken.len() == rows || columns == 0, "rows of a product's output");
        Self { right, first_panel: 0, rows: taken, start }
    }

    /// Takes the first rows off.
    pub fn take_rows(&mut self, count: usize) -> Self {
        let rows = self.rows.drain(..count.min(self.rows.len())).collect();
        Self { rows, ..*self }
    }

    /// Takes the first columns off: a share of the panels, whole ones.
    pub fn take_panels(&mut self, share: usize) -> Self {
        let width = self.right.width();
        let taken = self.rows.iter_mut().map(|row| {
            let rest = std::mem::take(row);
            let (own, others) = rest.split_at_mut(rest.len().min(share * width));
            *row = others;
            own
        });
        let (rows, first_panel) = (taken.collect(), self.first_panel);
        self.first_panel += share;
        Self { rows, first_panel, ..*self }
    }
}

impl WithSimd for Product<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        if self.left.columns == 0 {
            for Target { right, first_panel, rows, start } in self.targets {
                rows.iter_mut().for_each(|row| start.fill(row, *first_panel * right.width()));
            }
        } else if self.left.column_stride == 1 {
            for target in self.targets {
                match self.left.rows {
                    1 | 2 => target.narrow(simd, self.left),
                    _ => target.direct(simd, self.left),
                }
            }
        } else {
            // Not in a closure: that would be compiled without this level's instructions.
            let mut memory = TILES.take();
            self.packed(simd, &mut memory);
            TILES.set(memory);
        }
    }
}

impl Target<'_> {
    /// Reads a left-hand side of one or two rows where it stands: against several panels at once,
    /// so that there are enough independent sums to keep the multipliers busy.
    #[inline(always)]
    fn narrow<S: Simd>(&mut self, simd: S, left: View<'_>) {
        let one = left.rows == 1;
        let many = if one { 3 } else { 2 };
        for block in Block::all(left.columns, self.start) {
            let (first_panel, right) = (self.first_panel, self.right);
            let place = Place { block, first_panel, right, tile: 0 };
            let (panels, rows) = (place.panels(&self.rows), &mut *self.rows);
            for panel in (0..panels / many * many).step_by(many) {
                match one {
                    true => Rows1::direct::<S, 3>(simd, place, (left, 0), panel, rows),
                    false => Rows2::direct::<S, 2>(simd, place, (left, 0), panel, rows),
                }
            }
            for panel in panels / many * many..panels {
                match one {
                    true => Rows1::direct::<S, 1>(simd, place, (left, 0), panel, rows),
                    false => Rows2::direct::<S, 1>(simd, place, (left, 0), panel, rows),
                }
            }
        }
    }

    /// Reads the left-hand side where it stands: its rows lie along k.
    #[inline(always)]
    fn direct<S: Simd>(&mut self, simd: S, left: View<'_>) {
        let high = is_wide::<S>();
        let most = most_pairs::<S>();
        for (index, rows) in self.rows.chunks_mut(ROWS).enumerate() {
            let left = left.rows(index * ROWS, rows.len());
            for block in Block::all(left.columns, self.start) {
                let (first_panel, right) = (self.first_panel, self.right);
                let mut place = Place { block, first_panel, right, tile: 0 };
                for panel in 0..place.panels(rows) {
                    let mut output = &mut *rows;
                    for (tile, (first, pairs)) in tiles(left.rows, most).enumerate() {
                        place.tile = tile;
                        let part;
                        (part, output) = output.split_at_mut((2 * pairs).min(output.len()));
                        match pairs {
                            1 => Rows2::direct::<S, 1>(simd, place, (left, first), panel, part),
                            2 => Rows4::direct::<S, 1>(simd, place, (left, first), panel, part),
                            3 => Rows6::direct::<S, 1>(simd, place, (left, first), panel, part),
                            _ if high => {
                                Rows8::direct::<S, 1>(simd, place, (left, first), panel, part)
                            }
                            _ => unreachable!("a tile is no higher than {most} pairs"),
                        }
                    }
                }
            }
        }
    }
}

impl Product<'_, '_> {
    /// Copies blocks of a left-hand side whose columns lie along the rows into tiles first, for
    /// all right-hand sides.
    #[inline(always)]
    fn packed<S: Simd>(&mut self, simd: S, memory: &mut Vec<f32>) {
        let (left, most) = (self.left, most_pairs::<S>());
        let needed = left.rows.min(ROWS).next_multiple_of(2) * block(left.columns);
        if memory.len() < needed {
            memory.resize(needed, 0.0);
        }
        for first in (0..left.rows).step_by(ROWS) {
            let part = first..(first + ROWS).min(left.rows);
            let left = left.rows(first, part.len());
            for block in Block::all(left.columns, Start::Zero) {
                pack_tiles(memory, left, (block.k, block.depth), most);
                for target in &mut *self.targets {
                    let start = if block.k == 0 { target.start } else { Start::Output };
                    let block = Block { start, ..block };
                    let Target { right, first_panel, .. } = *target;
                    let place = Place { block, first_panel, right, tile: 0 };
                    let rows = &mut target.rows[part.clone()];
                    Target::multiply_packed(simd, place, left.rows, memory, rows);
                }
            }
        }
    }
}

impl Target<'_> {
    /// A block of packed tiles against all panels.
    #[inline(always)]
    fn multiply_packed<S: Simd>(
        simd: S,
        mut place: Place<'_>,
        height: usize,
        memory: &[f32],
        rows: &mut [&mut [f32]],
    ) {
        let (high, most) = (is_wide::<S>(), most_pairs::<S>());
        for panel in 0..place.panels(rows) {
            let mut output = &mut *rows;
            for (tile, (first, pairs)) in tiles(height, most).enumerate() {
                place.tile = tile;
                let part;
                (part, output) = output.split_at_mut((2 * pairs).min(output.len()));
                let tile = &memory[first * place.block.depth..];
                match pairs {
                    1 => Rows2::packed(simd, place, tile, panel, part),
                    2 => Rows4::packed(simd, place, tile, panel, part),
                    3 => Rows6::packed(simd, place, tile, panel, part),
                    _ if high => Rows8::packed(simd, place, tile, panel, part),
                    _ => unreachable!("a tile is no higher than {most} pairs"),
                }
            }
        }
    }
}

/// Pairs of rows of the highest tile.
#[inline(always)]
fn most_pairs<S: Simd>() -> usize {
    if is_wide::<S>() { 4 } else { 3 }
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

/// Copies a block of the left-hand side, whose columns lie along the rows, into tiles (depth, R)
/// one after the other. A few k at a time: what lies side by side is then read one after the
/// other, and each cache line once.
#[inline(always)]
fn pack_tiles(memory: &mut [f32], left: View<'_>, (k, depth): (usize, usize), most: usize) {
    const STEP: usize = 16;
    for step in (0..depth).step_by(STEP) {
        let steps = step..(step + STEP).min(depth);
        for (first, pairs) in tiles(left.rows, most) {
            let tile = &mut memory[first * depth..];
            match pairs {
                1 => copy_columns::<2>(tile, left, (first, k), steps.clone()),
                2 => copy_columns::<4>(tile, left, (first, k), steps.clone()),
                3 => copy_columns::<6>(tile, left, (first, k), steps.clone()),
                _ => copy_columns::<8>(tile, left, (first, k), steps.clone()),
            }
        }
    }
}

/// Copies the columns `k + step` of `steps` into a tile, from row `first` on.
#[inline(always)]
fn copy_columns<const R: usize>(
    tile: &mut [f32],
    left: View<'_>,
    (first, k): (usize, usize),
    steps: std::ops::Range<usize>,
) {
    let rows = (left.rows - first).min(R);
    let tile = &mut tile.as_chunks_mut::<R>().0[steps.clone()];
    for (step, values) in steps.zip(tile) {
        let column = &left.data[(k + step) * left.column_stride + first..];
        match column.first_chunk::<R>() {
            Some(source) if rows == R => *values = *source,
            _ => {
                values[..rows].copy_from_slice(&column[..rows]);
                values[rows..].fill(0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_all_rows_in_order_and_waste_one_at_most() {
        for most in [3, 4] {
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
