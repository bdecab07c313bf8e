//! A recurrent layer over a whole sequence, forward and backward (backpropagation through time).
//!
//! The input's products of all steps are one product, made before; here each step has one
//! recurrent product with the weights packed once a sequence, and one pass of the cell. On the
//! way back the gradients of all weights are again one product over all steps.
//!
//! Memory kept for the way back: T·B·(G + 1 to 3)·H numbers.

use super::cell::{Backward, Cell, Forward};
use super::matrix::{Output, Packed, View, multiply};
use super::reduce;
use super::simd::Compute;

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

/// What the way back needs of a forward pass.
#[derive(Debug)]
pub struct Trace<C> {
    cell: C,
    sizes: Sizes,
    /// Activations of the gates, (T, B, G, H).
    gates: Vec<f32>,
    /// Hidden states, (T + 1, B, H), the initial one first.
    hidden: Vec<f32>,
    /// Cell states, (T + 1, B, H), or empty.
    memory: Vec<f32>,
    /// What the cell kept beside, (T, B, H), or empty.
    kept: Vec<f32>,
}

/// Gradients of a layer's pass.
#[derive(Debug)]
pub struct Gradients {
    /// Of the input's share of the gates, (T, B, G, H).
    pub gates: Vec<f32>,
    /// Of the previous states' share, where that differs.
    recurrent: Option<Vec<f32>>,
    /// Previous hidden states, (T, B, H) and one more.
    hidden: Vec<f32>,
    sizes: Sizes,
}

/// Runs a cell over a sequence.
///
/// `gates` is the input's share `x W_ihᵀ + b_ih`, (T, B, G, H); `weight` is W_hh (G, H, H),
/// `bias` b_hh (G, H). `state` is the state before, and afterwards the state after.
pub fn forward<C: Cell>(
    compute: &Compute,
    cell: C,
    sizes: Sizes,
    mut gates: Vec<f32>,
    weight: &[f32],
    bias: &[f32],
    state: &mut State,
) -> Trace<C> {
    let Sizes { steps, batch, hidden: size } = sizes;
    let row = batch * size;
    let weight = Packed::new(compute, View::new(weight, size).transposed());
    let mut hidden = vec![0.0; (steps + 1) * row];
    hidden[..row].copy_from_slice(&state.hidden);
    let mut memory = vec![0.0; if C::MEMORY { (steps + 1) * row } else { 0 }];
    memory[..state.memory.len()].copy_from_slice(&state.memory);
    let mut kept = vec![0.0; if C::KEPT && !C::MEMORY { steps * row } else { 0 }];
    let mut recurrent = vec![0.0; row * C::GATES];
    for (step, gates) in gates.chunks_exact_mut(row * C::GATES).enumerate() {
        let (past, next) = hidden.split_at_mut((step + 1) * row);
        let previous = &past[step * row..];
        recurrent.chunks_exact_mut(bias.len()).for_each(|share| share.copy_from_slice(bias));
        let left = View::new(previous, size);
        multiply(compute, left, &weight, &mut recurrent, C::GATES * size, Output::Add);
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
                recurrent: &mut recurrent,
                previous,
                memory: before,
                hidden: &mut next[..row],
                kept: after,
            },
        );
    }
    state.hidden.copy_from_slice(&hidden[steps * row..]);
    let last = memory.len() - state.memory.len();
    state.memory.copy_from_slice(&memory[last..]);
    Trace { cell, sizes, gates, hidden, memory, kept }
}

impl<C: Cell> Trace<C> {
    /// The hidden states that the layer puts out, (T, B, H).
    pub fn output(&self) -> &[f32] {
        &self.hidden[self.sizes.batch * self.sizes.hidden..]
    }

    /// Goes back through the sequence. `output_gradient` is that of [`Self::output`]. The state
    /// that came in is a constant: truncated backpropagation ends there.
    pub fn backward(self, compute: &Compute, weight: &[f32], output_gradient: &[f32]) -> Gradients {
        let Self { cell, sizes, mut gates, hidden, memory, kept } = self;
        let Sizes { steps, batch, hidden: size } = sizes;
        let row = batch * size;
        let gate_row = row * C::GATES;
        let weight = Packed::new(compute, View::new(weight, size));
        let own = C::OWN_RECURRENT_GRADIENT;
        let mut recurrent = vec![0.0; if own { steps * gate_row } else { 0 }];
        let mut hidden_gradient = vec![0.0; row];
        let mut memory_gradient = vec![0.0; if C::MEMORY { row } else { 0 }];
        let mut scratch = vec![0.0; size];
        for step in (0..steps).rev() {
            let at = |array: &'_ [f32]| -> std::ops::Range<usize> {
                if array.is_empty() { 0..0 } else { step * row..(step + 1) * row }
            };
            let later = (step + 1) * row..(step + 2) * row;
            reduce::add(compute.level, &mut hidden_gradient, &output_gradient[at(output_gradient)]);
            let gates = &mut gates[step * gate_row..(step + 1) * gate_row];
            let own = if own { step * gate_row..(step + 1) * gate_row } else { 0..0 };
            let recurrent = &mut recurrent[own];
            cell.backward(
                compute.level,
                Backward {
                    hidden_size: size,
                    gates,
                    previous: &hidden[at(&hidden)],
                    hidden: &hidden[later.clone()],
                    memory: &memory[at(&memory)],
                    kept: if C::MEMORY { &memory[later] } else { &kept[at(&kept)] },
                    hidden_gradient: &mut hidden_gradient,
                    memory_gradient: &mut memory_gradient,
                    recurrent_gradient: recurrent,
                    scratch: &mut scratch,
                },
            );
            if step > 0 {
                let share = if recurrent.is_empty() { &*gates } else { &*recurrent };
                let left = View::new(share, C::GATES * size);
                multiply(compute, left, &weight, &mut hidden_gradient, size, Output::Add);
            }
        }
        let recurrent = C::OWN_RECURRENT_GRADIENT.then_some(recurrent);
        Gradients { gates, recurrent, hidden, sizes }
    }
}

impl Gradients {
    /// Adds to the gradient of W_hh, (G, H, H): `Σ_t d_tᵀ h_{t−1}`.
    pub fn add_recurrent_weight(&self, compute: &Compute, gradient: &mut [f32]) {
        let Sizes { steps, batch, hidden: size } = self.sizes;
        let previous = &self.hidden[..steps * batch * size];
        add_weight(compute, self.recurrent_share(), previous, size, gradient);
    }

    /// Adds to the gradient of b_hh, (G, H).
    pub fn add_recurrent_bias(&self, compute: &Compute, gradient: &mut [f32]) {
        reduce::add_rows(compute.level, gradient, self.recurrent_share());
    }

    /// Adds to the gradient of b_ih, (G, H).
    pub fn add_input_bias(&self, compute: &Compute, gradient: &mut [f32]) {
        reduce::add_rows(compute.level, gradient, &self.gates);
    }

    fn recurrent_share(&self) -> &[f32] {
        self.recurrent.as_deref().unwrap_or(&self.gates)
    }
}

/// Adds `output_gradientᵀ · input` to the gradient of a weight (O, I), where the gradient is
/// (N, O) and the input (N, I).
pub fn add_weight(
    compute: &Compute,
    output_gradient: &[f32],
    input: &[f32],
    input_size: usize,
    gradient: &mut [f32],
) {
    let outputs = gradient.len() / input_size.max(1);
    let right = Packed::new(compute, View::new(input, input_size));
    let left = View::new(output_gradient, outputs).transposed();
    multiply(compute, left, &right, gradient, input_size, Output::Add);
}
