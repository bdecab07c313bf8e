//! The way forward through a sequence.

use super::layer::{Input, Sizes, State, Weights, part};
use super::parts::Parts;
use crate::cell::{Cell, Forward};
use crate::matrix::{Packed, Start, View, multiply};
use crate::{Buffer, Compute, lookup, reduce};
use std::ops::Range;
use std::sync::Arc;

/// What the way back needs of a forward pass.
#[derive(Debug)]
pub struct Trace<C> {
    pub(super) cell: C,
    pub(super) sizes: Sizes,
    /// Activations of the gates, (T, B, G, H).
    pub(super) gates: Buffer,
    /// Hidden states, (T + 1, B, H), the initial one first.
    pub(super) hidden: Arc<Buffer>,
    /// Cell states, (T + 1, B, H), or empty.
    pub(super) memory: Buffer,
    /// What the cell kept beside, (T, B, H), or empty.
    pub(super) kept: Buffer,
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
    let parts = Parts::new(compute, sizes, weights.recurrent.len());
    for chunk in sizes.chunks() {
        let length = chunk.len();
        let within = part(&gates, &chunk, row * C::GATES);
        share.compute(compute, sizes, &chunk, &mut gates[within.clone()]);
        let states = chunk.start..chunk.end + 1;
        let within_states = part(&hidden, &states, row);
        let memory_within = part(&memory, &states, row);
        let kept_within = part(&kept, &chunk, row);
        let split = parts
            .split(&mut gates[within], length, C::GATES * size)
            .zip(parts.split(&mut hidden[within_states], length + 1, size))
            .zip(parts.split(&mut memory[memory_within], length + 1, size))
            .zip(parts.split(&mut kept[kept_within], length, size))
            .zip(parts.split_rows(&mut recurrent, C::GATES * size));
        let steps = split.map(|((((gates, hidden), memory), kept), recurrent)| Steps {
            cell,
            size,
            gates,
            hidden,
            memory,
            kept,
            recurrent,
        });
        compute.scope(steps.collect(), |steps| {
            steps.forward(&parts.compute, &weight, weights.recurrent_bias);
        });
    }
    state.hidden.copy_from_slice(&hidden[steps * row..]);
    let last = memory.len() - state.memory.len();
    state.memory.copy_from_slice(&memory[last..]);
    Trace { cell, sizes, gates, hidden: Arc::new(hidden), memory, kept }
}

/// A part's sequences through a chunk: a slice a step of what [`Trace`] keeps.
struct Steps<'a, C> {
    cell: C,
    /// H.
    size: usize,
    gates: Vec<&'a mut [f32]>,
    /// The states before the first step, and after each.
    hidden: Vec<&'a mut [f32]>,
    /// Likewise.
    memory: Vec<&'a mut [f32]>,
    kept: Vec<&'a mut [f32]>,
    /// The previous state's share of a step's gates, where that stands apart.
    recurrent: &'a mut [f32],
}

impl<C: Cell> Steps<'_, C> {
    fn forward(mut self, compute: &Compute, weight: &Packed, bias: &[f32]) {
        let (size, recurrent) = (self.size, self.recurrent);
        for (step, (gates, kept)) in self.gates.iter_mut().zip(&mut self.kept).enumerate() {
            let (past, next) = self.hidden.split_at_mut(step + 1);
            let (previous, hidden) = (&*past[step], &mut *next[0]);
            let left = View::new(previous, size);
            if C::APART {
                multiply(compute, left, weight, recurrent, C::GATES * size, Start::Row(bias));
            } else {
                multiply(compute, left, weight, gates, C::GATES * size, Start::Output);
            }
            let (past, next) = self.memory.split_at_mut(step + 1);
            self.cell.forward(
                compute.level,
                Forward {
                    hidden_size: size,
                    gates,
                    recurrent,
                    previous,
                    memory: &*past[step],
                    hidden,
                    kept: if C::MEMORY { &mut *next[0] } else { kept },
                },
            );
        }
    }
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
