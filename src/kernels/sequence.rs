//! One direction of a recurrent layer over a whole sequence, forward and backward
//! (backpropagation through time).
//!
//! A sequence is gone through in chunks of so many time steps that their rows make up one block of
//! a product: what a chunk's gates are is then still in the second level cache when they are used
//! again. Within a chunk the input's products of all steps are one product, and so are the
//! gradients of the weights; what remains for each step is one recurrent product, with the weights
//! packed once a sequence, and one pass of the cell.
//!
//! The chunks depend on T and B alone, so the order of every sum does too.
//!
//! Memory kept for the way back: T·B·(G + 1 to 3)·H numbers.

mod backward;

use super::Buffer;
use super::cell::{Cell, Forward};
use super::matrix::{BLOCK, Packed, Start, View, multiply};
use super::simd::Compute;
use super::{lookup, reduce};
use std::ops::Range;
use std::sync::Arc;

pub use backward::{Gradients, weight};

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
    fn chunks(self) -> impl DoubleEndedIterator<Item = Range<usize>> {
        let Self { steps, batch, .. } = self;
        let longest = (BLOCK / batch.max(1)).max(1);
        let length = steps.div_ceil(steps.div_ceil(longest).max(1)).max(1);
        (0..steps.div_ceil(length)).map(move |chunk| {
            let first = chunk * length;
            first..(first + length).min(steps)
        })
    }

    /// B·H.
    fn row(self) -> usize {
        self.batch * self.hidden
    }
}

/// What some time steps have of an array with `width` numbers a step; of an empty array, nothing.
fn part(array: &[f32], steps: &Range<usize>, width: usize) -> Range<usize> {
    if array.is_empty() { 0..0 } else { steps.start * width..steps.end * width }
}

/// What the way back needs of a forward pass.
#[derive(Debug)]
pub struct Trace<C> {
    cell: C,
    sizes: Sizes,
    /// Activations of the gates, (T, B, G, H).
    gates: Buffer,
    /// Hidden states, (T + 1, B, H), the initial one first.
    hidden: Arc<Buffer>,
    /// Cell states, (T + 1, B, H), or empty.
    memory: Buffer,
    /// What the cell kept beside, (T, B, H), or empty.
    kept: Buffer,
}

/// Runs a cell over a sequence. `state` is the state before, and afterwards the state after.
pub fn forward<C: Cell>(
    compute: &Compute,
    cell: C,
    sizes: Sizes,
    input: Input<'_>,
    weights: Weights<'_>,
    state: &mut State,
) -> Trace<C> {
    let Sizes { steps, hidden: size, .. } = sizes;
    let row = sizes.row();
    let share = Share::new(compute, input, weights, C::APART);
    let weight = Packed::new(compute, View::new(weights.recurrent, size).transposed());
    let mut gates = compute.buffer(steps * row * C::GATES);
    let mut hidden = compute.buffer((steps + 1) * row);
    hidden[..row].copy_from_slice(&state.hidden);
    let mut memory = compute.buffer(if C::MEMORY { (steps + 1) * row } else { 0 });
    memory[..state.memory.len()].copy_from_slice(&state.memory);
    let mut kept = compute.buffer(if C::KEPT && !C::MEMORY { steps * row } else { 0 });
    let mut recurrent = compute.buffer(if C::APART { row * C::GATES } else { 0 });
    for chunk in sizes.chunks() {
        let within = part(&gates, &chunk, row * C::GATES);
        share.compute(compute, sizes, &chunk, &mut gates[within]);
        for step in chunk {
            let gates = &mut gates[step * row * C::GATES..][..row * C::GATES];
            let (past, next) = hidden.split_at_mut((step + 1) * row);
            let previous = &past[step * row..];
            let left = View::new(previous, size);
            if C::APART {
                let start = Start::Row(weights.recurrent_bias);
                multiply(compute, left, &weight, &mut recurrent, C::GATES * size, start);
            } else {
                multiply(compute, left, &weight, gates, C::GATES * size, Start::Output);
            }
            let (before, after) = match (C::MEMORY, C::KEPT) {
                (true, _) => {
                    let (past, next) = memory.split_at_mut((step + 1) * row);
                    (&past[step * row..], &mut next[..row])
                }
                (false, true) => (&[][..], &mut kept[step * row..(step + 1) * row]),
                (false, false) => (&[][..], &mut [][..]),
            };
            cell.forward(
                compute.level,
                Forward {
                    hidden_size: size,
                    gates,
                    recurrent: &recurrent,
                    previous,
                    memory: before,
                    hidden: &mut next[..row],
                    kept: after,
                },
            );
        }
    }
    state.hidden.copy_from_slice(&hidden[steps * row..]);
    let last = memory.len() - state.memory.len();
    state.memory.copy_from_slice(&memory[last..]);
    Trace { cell, sizes, gates, hidden: Arc::new(hidden), memory, kept }
}

/// The input's share of the gates, `x W_ihᵀ + b_ih`, and b_hh with it unless the cell keeps the
/// shares apart.
struct Share<'a> {
    input: Input<'a>,
    /// (V, G, H), for tokens.
    table: &'a [f32],
    /// W_ihᵀ, for features.
    weight: Option<Packed>,
    /// (G, H).
    bias: Buffer,
}

impl<'a> Share<'a> {
    fn new(compute: &Compute, input: Input<'a>, weights: Weights<'a>, apart: bool) -> Self {
        let mut bias = compute.buffer(weights.input_bias.len());
        bias.copy_from_slice(weights.input_bias);
        if !apart {
            reduce::add(compute.level, &mut bias, weights.recurrent_bias);
        }
        let width = weights.input.len() / bias.len().max(1);
        let pack = || Packed::new(compute, View::new(weights.input, width).transposed());
        let weight = matches!(input, Input::Features(_)).then(pack);
        Self { input, table: weights.input, weight, bias }
    }

    /// Of some time steps, (T, B, G, H).
    fn compute(&self, compute: &Compute, sizes: Sizes, steps: &Range<usize>, gates: &mut [f32]) {
        match (self.input, &self.weight) {
            (Input::Features(features), Some(weight)) => {
                let width = weight.depth();
                let left = View::new(&features[part(features, steps, sizes.batch * width)], width);
                multiply(compute, left, weight, gates, self.bias.len(), Start::Row(&self.bias));
            }
            (Input::Tokens(tokens), _) => {
                let tokens = &tokens[steps.start * sizes.batch..steps.end * sizes.batch];
                lookup::gather_onto(compute.level, gates, self.table, &self.bias, tokens);
            }
            (Input::Features(_), None) => unreachable!("features have a packed weight"),
        }
    }
}

impl<C: Cell> Trace<C> {
    /// The hidden states that the layer puts out, (T, B, H).
    pub fn output(&self) -> &[f32] {
        &self.hidden[self.sizes.row()..]
    }

    /// The initial hidden state and those that the layer puts out, (T + 1, B, H).
    pub fn hidden(&self) -> &Arc<Buffer> {
        &self.hidden
    }
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
