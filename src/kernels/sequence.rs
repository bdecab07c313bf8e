//! A recurrent layer over a whole sequence, forward and backward (backpropagation through time).
//!
//! The input's products of all steps are one product, made before; here each step has one
//! recurrent product with the weights packed once a sequence, and one pass of the cell. On the
//! way back the gradients of all weights are again one product over all steps.
//!
//! Memory kept for the way back: T·B·(G + 1 to 3)·H numbers.

use super::Buffer;
use super::cell::{Backward, Cell, Forward};
use super::matrix::{Packed, Start, View, multiply};
use super::reduce;
use super::simd::Compute;
use std::sync::Arc;

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
    gates: Buffer,
    /// Hidden states, (T + 1, B, H), the initial one first.
    hidden: Arc<Buffer>,
    /// Cell states, (T + 1, B, H), or empty.
    memory: Buffer,
    /// What the cell kept beside, (T, B, H), or empty.
    kept: Buffer,
}

/// Gradients of a layer's pass.
#[derive(Debug)]
pub struct Gradients {
    /// Of the input's share of the gates, (T, B, G, H).
    pub gates: Buffer,
    /// Of the previous states' share, where that differs.
    recurrent: Option<Buffer>,
    /// Previous hidden states, (T, B, H) and one more.
    hidden: Arc<Buffer>,
    sizes: Sizes,
}

/// Runs a cell over a sequence.
///
/// `gates` is the input's share `x W_ihᵀ + b_ih`, (T, B, G, H); unless the cell keeps the shares
/// [apart](Cell::APART), b_hh stands in it as well. `weight` is W_hh (G, H, H), `bias` b_hh (G, H).
/// `state` is the state before, and afterwards the state after.
pub fn forward<C: Cell>(
    compute: &Compute,
    cell: C,
    sizes: Sizes,
    mut gates: Buffer,
    weight: &[f32],
    bias: &[f32],
    state: &mut State,
) -> Trace<C> {
    let Sizes { steps, batch, hidden: size } = sizes;
    let row = batch * size;
    let weight = Packed::new(compute, View::new(weight, size).transposed());
    let mut hidden = compute.buffer((steps + 1) * row);
    hidden[..row].copy_from_slice(&state.hidden);
    let mut memory = compute.buffer(if C::MEMORY { (steps + 1) * row } else { 0 });
    memory[..state.memory.len()].copy_from_slice(&state.memory);
    let mut kept = compute.buffer(if C::KEPT && !C::MEMORY { steps * row } else { 0 });
    let mut recurrent = compute.buffer(if C::APART { row * C::GATES } else { 0 });
    for (step, gates) in gates.chunks_exact_mut((row * C::GATES).max(1)).enumerate() {
        let (past, next) = hidden.split_at_mut((step + 1) * row);
        let previous = &past[step * row..];
        let left = View::new(previous, size);
        if C::APART {
            multiply(compute, left, &weight, &mut recurrent, C::GATES * size, Start::Row(bias));
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
    state.hidden.copy_from_slice(&hidden[steps * row..]);
    let last = memory.len() - state.memory.len();
    state.memory.copy_from_slice(&memory[last..]);
    Trace { cell, sizes, gates, hidden: Arc::new(hidden), memory, kept }
}

impl<C: Cell> Trace<C> {
    /// The hidden states that the layer puts out, (T, B, H).
    pub fn output(&self) -> &[f32] {
        &self.hidden[self.sizes.batch * self.sizes.hidden..]
    }

    /// The initial hidden state and those that the layer puts out, (T + 1, B, H).
    pub fn hidden(&self) -> &Arc<Buffer> {
        &self.hidden
    }

    /// Goes back through the sequence. `output_gradient` is that of [`Self::output`]. The state
    /// that came in is a constant: truncated backpropagation ends there.
    pub fn backward(self, compute: &Compute, weight: &[f32], output_gradient: &[f32]) -> Gradients {
        let Self { cell, sizes, mut gates, hidden, memory, kept } = self;
        let Sizes { steps, batch, hidden: size } = sizes;
        let row = batch * size;
        let gate_row = row * C::GATES;
        let weight = Packed::new(compute, View::new(weight, size));
        let own = C::APART;
        let mut recurrent = compute.buffer(if own { steps * gate_row } else { 0 });
        let mut hidden_gradient = compute.zeros(row);
        let mut memory_gradient = compute.zeros(if C::MEMORY { row } else { 0 });
        let mut scratch = compute.buffer(size);
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
                multiply(compute, left, &weight, &mut hidden_gradient, size, Start::Output);
            }
        }
        let recurrent = C::APART.then_some(recurrent);
        Gradients { gates, recurrent, hidden, sizes }
    }
}

impl Gradients {
    /// The gradient of W_hh, (G, H, H): `Σ_t d_tᵀ h_{t−1}`.
    pub fn recurrent_weight(&self, compute: &Compute, gradient: &mut [f32]) {
        let Sizes { steps, batch, hidden: size } = self.sizes;
        let previous = &self.hidden[..steps * batch * size];
        weight(compute, self.recurrent_share(), previous, size, gradient);
    }

    /// The gradient of b_hh, (G, H).
    pub fn recurrent_bias(&self, compute: &Compute, gradient: &mut [f32]) {
        gradient.fill(0.0);
        reduce::add_rows(compute.level, gradient, self.recurrent_share());
    }

    /// The gradient of b_ih, (G, H), where it is not that of b_hh.
    pub fn input_bias(&self, compute: &Compute) -> Option<Buffer> {
        self.recurrent.as_ref()?;
        let mut gradient = compute.zeros(self.gates.len() / (self.sizes.steps * self.sizes.batch));
        reduce::add_rows(compute.level, &mut gradient, &self.gates);
        Some(gradient)
    }

    fn recurrent_share(&self) -> &[f32] {
        self.recurrent.as_deref().unwrap_or(&self.gates)
    }
}

/// The gradient `output_gradientᵀ · input` of a weight (O, I), where the gradient of the output is
/// (N, O) and the input (N, I).
pub fn weight(
    compute: &Compute,
    output_gradient: &[f32],
    input: &[f32],
    input_size: usize,
    gradient: &mut [f32],
) {
    let outputs = gradient.len() / input_size.max(1);
    let right = Packed::new(compute, View::new(input, input_size));
    let left = View::new(output_gradient, outputs).transposed();
    multiply(compute, left, &right, gradient, input_size, Start::Zero);
}
