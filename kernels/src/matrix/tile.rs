//! Tiles of rows against panels of columns, the sums in registers.

// Arrays of vectors are gone through by index: so they surely end up in registers.
#![allow(clippy::needless_range_loop)]

use super::packed::{block, is_wide};
use super::{Packed, Start, View};
use crate::simd::{LINE, prefetch};
use pulp::Simd;
use std::hint::black_box;

/// Rows ahead of the product at which a panel's cache lines are asked for.
const AHEAD: usize = 12;

/// Some steps of every sum of a product.
#[derive(Clone, Copy)]
pub struct Block<'a> {
    /// The first of the steps.
    pub k: usize,
    /// How many.
    pub depth: usize,
    /// What the sums go on from.
    pub start: Start<'a>,
}

impl<'a> Block<'a> {
    /// All blocks of a product of this depth, in order.
    #[inline(always)]
    pub fn all(depth: usize, start: Start<'a>) -> impl Iterator<Item = Self> + use<'a> {
        let size = block(depth);
        (0..depth).step_by(size).map(move |k| Self {
            k,
            // Hidden from the compiler, which would compute it anew at each step.
            depth: black_box(size.min(depth - k)),
            start: if k == 0 { start } else { Start::Output },
        })
    }
}

/// A block of the sums within the right-hand side.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Which steps.
    pub block: Block<'a>,
    /// The panel that the output's columns begin with.
    pub first_panel: usize,
    /// The whole right-hand side.
    pub right: &'a Packed,
    /// Which of the tiles that meet a panel this is: each asks for another line of every row of the
    /// panel that comes next.
    pub tile: usize,
}

impl Place<'_> {
    /// Panels that the output's columns take.
    #[inline(always)]
    pub fn panels(&self, rows: &[&mut [f32]]) -> usize {
        rows.first().map_or(0, |row| row.len().div_ceil(self.right.width()))
    }

    /// Vectors that take all columns which the output has in a panel.
    #[inline(always)]
    fn vectors<S: Simd>(&self, panel: usize, output: &[&mut [f32]]) -> usize {
        let columns = output.first().map_or(0, |row| row.len());
        (columns - panel * self.right.width()).div_ceil(S::F32_LANES)
    }

    /// `P` panels' rows of the block, `W` vectors each.
    #[inline(always)]
    fn rows<S: Simd, const P: usize, const W: usize>(&self, panel: usize) -> [&[[S::f32s; W]]; P] {
        let Block { k, depth, .. } = self.block;
        let mut panels: [&[[S::f32s; W]]; P] = [&[]; P];
        for (p, rows) in panels.iter_mut().enumerate() {
            let panel = self.right.panel(k, depth, self.first_panel + panel + p);
            *rows = &S::as_simd_f32s(panel).0.as_chunks::<W>().0[..depth];
        }
        panels
    }

    /// A row of the left-hand side along the block; past the last row, that again. Where it stands
    /// is hidden from the compiler, which would compute it anew at each step.
    #[inline(always)]
    fn factors<'a>(&self, left: View<'a>, row: usize) -> &'a [f32] {
        let Block { k, depth, .. } = self.block;
        &black_box(&left.row(row.min(left.rows - 1))[k..])[..depth]
    }

    /// What the sums of a row start from, the columns of `P` panels of `W` vectors each, `V` of the
    /// last.
    #[inline(always)]
    fn sums<S: Simd, const P: usize, const W: usize, const V: usize>(
        &self,
        simd: S,
        panel: usize,
        row: Option<&&mut [f32]>,
    ) -> [[S::f32s; W]; P] {
        let width = self.right.width();
        let mut sums = [[simd.splat_f32s(0.0); W]; P];
        let from = match (self.block.start, row) {
            (Start::Output, Some(row)) => &row[panel * width..],
            (Start::Row(row), _) => &row[(self.first_panel + panel) * width..],
            _ => return sums,
        };
        // One test for all vectors: this is a good part of a short sum's time.
        let count = (P - 1) * W + V;
        if let Some(vectors) = S::as_simd_f32s(from).0.get(..count) {
            for index in 0..count {
                sums[index / W][index % W] = vectors[index];
            }
        } else {
            for index in 0..count {
                let rest = from.get(index * S::F32_LANES..).unwrap_or_default();
                sums[index / W][index % W] = match S::as_simd_f32s(rest).0.first() {
                    Some(vector) => *vector,
                    None => simd.partial_load_f32s(rest),
                };
            }
        }
        sums
    }
}

/// Gives a row as many of some vectors' numbers as it takes.
#[inline(always)]
fn store<S: Simd, const P: usize, const W: usize, const V: usize>(
    simd: S,
    row: &mut [f32],
    sums: [[S::f32s; W]; P],
) {
    let count = (P - 1) * W + V;
    if let Some(vectors) = S::as_mut_simd_f32s(row).0.get_mut(..count) {
        for index in 0..count {
            vectors[index] = sums[index / W][index % W];
        }
    } else {
        for index in 0..count {
            let sum = sums[index / W][index % W];
            let rest = row.get_mut(index * S::F32_LANES..).unwrap_or_default();
            match S::as_mut_simd_f32s(rest).0.first_mut() {
                Some(vector) => *vector = sum,
                None => simd.partial_store_f32s(rest, sum),
            }
        }
    }
}

/// What a tile's rows are multiplied by. No closures: those would not be compiled with the
/// instructions of this level.
trait Factors: Copy {
    /// Of row `r` at step `k` of the block.
    fn at(self, k: usize, r: usize) -> f32;
}

/// Left-hand rows that lie along k.
#[derive(Clone, Copy)]
struct Along<'a, const R: usize>([&'a [f32]; R]);

impl<const R: usize> Factors for Along<'_, R> {
    #[inline(always)]
    fn at(self, k: usize, r: usize) -> f32 {
        self.0[r][k]
    }
}

/// A packed left-hand tile, (depth, R).
#[derive(Clone, Copy)]
struct Tile<'a, const R: usize>(&'a [[f32; R]]);

impl<const R: usize> Factors for Tile<'_, R> {
    #[inline(always)]
    fn at(self, k: usize, r: usize) -> f32 {
        self.0[k][r]
    }
}

/// Functions that multiply a tile of `$rows` rows by a panel: chains of fused multiply-adds, held in
/// registers from the output and back to it.
///
/// The rows are written out one by one, each with sums of its own: so their place in registers does
/// not depend on which loops the compiler sees fit to unroll.
macro_rules! tiles_of {
    ($($name:ident, $rows:literal: $($r:literal $sum:ident),*;)*) => {$(
        /// That many rows.
        pub struct $name;

        impl $name {
            /// Left-hand rows from `first` on, which lie along k, against `P` panels; past the last
            /// of them, that again.
            #[inline(always)]
            pub fn direct<S: Simd, const P: usize>(
                simd: S,
                place: Place<'_>,
                (left, first): (View<'_>, usize),
                panel: usize,
                output: &mut [&mut [f32]],
            ) {
                let factors = Along([$(place.factors(left, first + $r)),*]);
                Self::by_width::<S, P>(simd, place, factors, panel, output);
            }

            /// A packed left-hand tile (depth, rows) against a panel.
            #[allow(dead_code)] // One row alone is never packed.
            #[inline(always)]
            pub fn packed<S: Simd>(
                simd: S,
                place: Place<'_>,
                tile: &[f32],
                panel: usize,
                output: &mut [&mut [f32]],
            ) {
                // Hidden for the same reason as the rows.
                let tile = black_box(tile.as_chunks::<$rows>().0);
                let factors = Tile(&tile[..place.block.depth]);
                Self::by_width::<S, 1>(simd, place, factors, panel, output);
            }

            /// Of the last of `P` panels as many vectors as it has columns for.
            #[inline(always)]
            fn by_width<S: Simd, const P: usize>(
                simd: S,
                place: Place<'_>,
                factors: impl Factors,
                panel: usize,
                output: &mut [&mut [f32]],
            ) {
                let vectors = place.vectors::<S>(panel + P - 1, output);
                match (is_wide::<S>(), vectors) {
                    (false, 1) => Self::multiply::<S, P, 2, 1>(simd, place, factors, panel, output),
                    (false, _) => Self::multiply::<S, P, 2, 2>(simd, place, factors, panel, output),
                    (true, 1) => Self::multiply::<S, P, 3, 1>(simd, place, factors, panel, output),
                    (true, 2) => Self::multiply::<S, P, 3, 2>(simd, place, factors, panel, output),
                    (true, _) => Self::multiply::<S, P, 3, 3>(simd, place, factors, panel, output),
                }
            }

            #[inline(always)]
            fn multiply<S: Simd, const P: usize, const W: usize, const V: usize>(
                simd: S,
                place: Place<'_>,
                factors: impl Factors,
                panel: usize,
                output: &mut [&mut [f32]],
            ) {
                let panels = place.rows::<S, P, W>(panel);
                let lines = size_of::<[S::f32s; W]>().div_ceil(LINE);
                let next = panels[0].len() * lines + place.tile % lines;
                $(let mut $sum = place.sums::<S, P, W, V>(simd, panel, output.get($r));)*
                // By reference, not by k: the address of a panel's row is then a register that
                // counts, and not a product of each step.
                for (k, first) in panels[0].iter().enumerate() {
                    let row = |p: usize| if p == 0 { first } else { &panels[p][k] };
                    for p in 0..P {
                        let vectors = if p + 1 < P { W } else { V };
                        for line in 0..lines * vectors / W {
                            prefetch::<false, _>(row(p), AHEAD, line);
                        }
                    }
                    prefetch::<true, _>(first, 0, next);
                    $(
                        let factor = simd.splat_f32s(factors.at(k, $r));
                        for p in 0..P {
                            for v in 0..(if p + 1 < P { W } else { V }) {
                                $sum[p][v] = simd.mul_add_f32s(factor, row(p)[v], $sum[p][v]);
                            }
                        }
                    )*
                }
                let first = panel * place.right.width();
                $(
                    if let Some(row) = output.get_mut($r) {
                        store::<S, P, W, V>(simd, &mut row[first..], $sum);
                    }
                )*
            }
        }
    )*};
}

tiles_of! {
    Rows1, 1: 0 s0;
    Rows2, 2: 0 s0, 1 s1;
    Rows4, 4: 0 s0, 1 s1, 2 s2, 3 s3;
    Rows6, 6: 0 s0, 1 s1, 2 s2, 3 s3, 4 s4, 5 s5;
    Rows8, 8: 0 s0, 1 s1, 2 s2, 3 s3, 4 s4, 5 s5, 6 s6, 7 s7;
}
