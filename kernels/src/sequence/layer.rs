//! What a layer's direction computes with: sizes, input, weights, state.

use crate::cell::Cell;
use crate::matrix::BLOCK;
use std::ops::Range;

/// The sizes of a layer's pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// T, time steps.
    pub steps: usize,
    /// B, sequences side by side.
    pub batch: usize,
    /// H, units.
    pub hidden: usize,
}

/// What a layer reads.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// One-hot tokens, (T, B).
    Tokens(&'a [u32]),
    /// Features, (T, B, I).
    Features(&'a [f32]),
}

/// The weights of a layer's direction.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// W_ih: (G, H, I) for features, (V, G, H) for tokens.
    pub input: &'a [f32],
    /// W_hh, (G, H, H).
    pub recurrent: &'a [f32],
    /// b_ih, (G, H).
    pub input_bias: &'a [f32],
    /// b_hh, (G, H).
    pub recurrent_bias: &'a [f32],
}

/// What is carried from one batch to the next: (B, H) each; `memory` is empty but for the LSTM.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// h.
    pub hidden: Vec<f32>,
    /// c.
    pub memory: Vec<f32>,
}

impl State {
    /// The zero state.
    pub fn zero<C: Cell>(batch: usize, hidden: usize) -> Self {
        let memory = if C::MEMORY { batch * hidden } else { 0 };
        Self { hidden: vec![0.0; batch * hidden], memory: vec![0.0; memory] }
    }
}

impl Sizes {
    /// The time steps in chunks, about as long as each other.
    pub(super) fn chunks(self) -> impl DoubleEndedIterator<Item = Range<usize>> {
        let Self { steps, batch, .. } = self;
        let longest = (BLOCK / batch.max(1)).max(1);
        let length = steps.div_ceil(steps.div_ceil(longest).max(1)).max(1);
        (0..steps.div_ceil(length)).map(move |chunk| {
            let first = chunk * length;
            first..(first + length).min(steps)
        })
    }

    /// B·H.
    pub(super) fn row(self) -> usize {
        self.batch * self.hidden
    }
}

/// The rows of an array, `width` numbers each; as many empty ones where the array is.
pub(super) fn rows(array: &mut [f32], count: usize, width: usize) -> Vec<&mut [f32]> {
    let mut rest = array;
    let row = |_| rest.split_off_mut(..width.min(rest.len())).unwrap_or_default();
    (0..count).map(row).collect()
}

/// What some time steps have of an array with `width` numbers a step; of an empty array, nothing.
pub(super) fn part(array: &[f32], steps: &Range<usize>, width: usize) -> Range<usize> {
    if array.is_empty() { 0..0 } else { steps.start * width..steps.end * width }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_all_steps_in_order_and_about_a_block_of_rows() {
        let chunks = |steps, batch| Sizes { steps, batch, hidden: 1 }.chunks().collect::<Vec<_>>();
        let lengths =
            |steps, batch| chunks(steps, batch).iter().map(Range::len).collect::<Vec<_>>();
        assert_eq!(chunks(35, 32), [0..7, 7..14, 14..21, 21..28, 28..35]);
        assert_eq!(lengths(25, 1), [25]);
        assert_eq!(lengths(2, 1000), [1, 1]);
        assert_eq!(lengths(0, 3), []);
        for (steps, batch) in [(50, 50), (35, 20), (7, 100), (1000, 1), (300, 255)] {
            let all: Vec<usize> = chunks(steps, batch).into_iter().flatten().collect();
            assert_eq!(all, (0..steps).collect::<Vec<_>>());
            assert!(
                lengths(steps, batch).iter().all(|length| length * batch <= BLOCK || *length == 1)
            );
        }
    }
}
