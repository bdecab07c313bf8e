//! A recurrent layer's pass over a batch, the sizes' types forgotten: compiled once a cell.

use super::parameter::{Gradients, Slot, Used};
use crate::kernels::cell::Cell;
use crate::kernels::matrix::{Output, Packed, View, multiply, product};
use crate::kernels::sequence::{self, Sizes, State, Trace};
use crate::kernels::{Compute, lookup, reduce};
use dfdx::prelude::*;
use std::sync::Arc;

/// The sizes of a pass.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// T, time steps.
    pub steps: usize,
    /// B, sequences.
    pub batch: usize,
}

/// What a layer reads.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// One-hot tokens, (T, B).
    Tokens(Arc<Vec<u32>>),
    /// Features, (T, B, F).
    Features(Arc<Vec<f32>>),
}

/// A direction's parameters in a pass.
pub(super) struct Weights {
    pub weight_ih: Used,
    pub weight_hh: Used,
    pub bias_ih: Used,
    pub bias_hh: Used,
}

/// A layer's pass over a batch.
pub(super) struct Pass<C> {
    pub cell: C,
    pub extent: Extent,
    pub hidden: usize,
    pub source: Source,
    pub directions: Vec<Weights>,
}

impl<C: Cell> Pass<C> {
    /// The forward pass of every direction: hidden states (T, B, D, H), and the traces if they
    /// are `wanted`.
    pub fn run(
        &self,
        compute: &Compute,
        state: &mut [State],
        wanted: bool,
    ) -> (Vec<f32>, Vec<Trace<C>>) {
        let Extent { steps, batch } = self.extent;
        let sizes = Sizes { steps, batch, hidden: self.hidden };
        let rows = self.rows();
        let mut output = vec![0.0; steps * batch * rows.count * self.hidden];
        let mut traces = Vec::new();
        for (index, (weights, state)) in self.directions.iter().zip(state).enumerate() {
            let source = self.source.seen_by(index, self.extent);
            let gates = weights.input_share(compute, &source, self.extent);
            let (weight, bias) = (&weights.weight_hh.values, &weights.bias_hh.values);
            let trace = sequence::forward(compute, self.cell, sizes, gates, weight, bias, state);
            rows.scatter(&mut output, trace.output(), index);
            if wanted {
                traces.push(trace);
            }
        }
        (output, traces)
    }

    /// Puts the way back on the tape: from the gradient of `output` to those of the weights and
    /// of `input`.
    pub fn record<T: Tape<f32, Cpu>>(
        self,
        tape: &mut T,
        compute: &Compute,
        traces: Vec<Trace<C>>,
        output: Arc<dyn Slot>,
        input: Option<Arc<dyn Slot>>,
    ) {
        let compute = compute.clone();
        tape.add_backward_op(move |gradients| {
            let delta = std::mem::take(output.of(gradients)?);
            let found = self.back(&compute, traces, &delta, gradients)?;
            if let Some(input) = input {
                *input.of(gradients)? = found;
            }
            Ok(())
        });
    }

    /// Adds the gradients of all weights; returns that of the features (nothing for tokens).
    fn back(
        self,
        compute: &Compute,
        traces: Vec<Trace<C>>,
        delta: &[f32],
        gradients: &mut Gradients,
    ) -> Result<Vec<f32>, CpuError> {
        let rows = self.rows();
        let gates = C::GATES * self.hidden;
        let mut total: Vec<f32> = Vec::new();
        for (index, (weights, trace)) in self.directions.iter().zip(traces).enumerate() {
            let source = self.source.seen_by(index, self.extent);
            let delta = rows.gather(delta, index);
            let found = trace.backward(compute, &weights.weight_hh.values, &delta);
            found.add_recurrent_weight(compute, weights.weight_hh.slot.of(gradients)?);
            found.add_recurrent_bias(compute, weights.bias_hh.slot.of(gradients)?);
            found.add_input_bias(compute, weights.bias_ih.slot.of(gradients)?);
            let gradient = weights.weight_ih.slot.of(gradients)?;
            match &source {
                Source::Tokens(tokens) => {
                    lookup::scatter_add(gradient, gates, tokens, &found.gates);
                }
                Source::Features(features) => {
                    let weight = &weights.weight_ih.values;
                    let input = weight.len() / gates;
                    sequence::add_weight(compute, &found.gates, features, input, gradient);
                    let (left, right) = (View::new(&found.gates, gates), View::new(weight, input));
                    let part = product(compute, left, right);
                    if index == 0 {
                        total = part;
                    } else {
                        reduce::add(compute.level, &mut total, &reversed(&part, self.extent.steps));
                    }
                }
            }
        }
        Ok(total)
    }

    fn rows(&self) -> Interleaved {
        let count = self.directions.len();
        Interleaved { steps: self.extent.steps, row: self.hidden, count }
    }
}

impl Weights {
    /// `x W_ihᵀ + b_ih` of all steps, (T, B, G, H).
    fn input_share(&self, compute: &Compute, source: &Source, extent: Extent) -> Vec<f32> {
        let (weight, bias) = (&self.weight_ih.values, &self.bias_ih.values);
        match source {
            Source::Tokens(tokens) => {
                let mut gates = lookup::gather(weight, bias.len(), tokens);
                gates
                    .chunks_exact_mut(bias.len())
                    .for_each(|row| reduce::add(compute.level, row, bias));
                gates
            }
            Source::Features(features) => {
                let rows = extent.steps * extent.batch;
                let input = features.len() / rows.max(1);
                let mut gates = bias.repeat(rows);
                let right = Packed::new(compute, View::new(weight, input).transposed());
                let left = View::new(features, input);
                multiply(compute, left, &right, &mut gates, bias.len(), Output::Add);
                gates
            }
        }
    }
}

impl Source {
    /// The first direction reads the steps in their order, the second from the end.
    fn seen_by(&self, direction: usize, extent: Extent) -> Self {
        match self {
            _ if direction == 0 => self.clone(),
            Self::Tokens(tokens) => Self::Tokens(Arc::new(reversed(tokens, extent.steps))),
            Self::Features(features) => Self::Features(Arc::new(reversed(features, extent.steps))),
        }
    }
}

/// The blocks of `steps` time steps in reverse order.
fn reversed<T: Copy>(values: &[T], steps: usize) -> Vec<T> {
    let block = values.len() / steps.max(1);
    values.chunks_exact(block.max(1)).rev().flatten().copied().collect()
}

/// Hidden states of several directions side by side: (T, B, D, H).
struct Interleaved {
    steps: usize,
    row: usize,
    count: usize,
}

impl Interleaved {
    /// Puts a direction's states, (T, B, H) in its own order of time, in their place.
    fn scatter(&self, output: &mut [f32], states: &[f32], direction: usize) {
        if self.count == 1 {
            return output.copy_from_slice(states);
        }
        let ordered = if direction == 0 { states } else { &reversed(states, self.steps) };
        let targets = output.chunks_exact_mut(self.row).skip(direction).step_by(self.count);
        for (target, source) in targets.zip(ordered.chunks_exact(self.row)) {
            target.copy_from_slice(source);
        }
    }

    /// A direction's part, (T, B, H) in its own order of time.
    fn gather(&self, values: &[f32], direction: usize) -> Vec<f32> {
        if self.count == 1 {
            return values.to_vec();
        }
        let rows = values.chunks_exact(self.row).skip(direction).step_by(self.count);
        let part: Vec<f32> = rows.flatten().copied().collect();
        if direction == 0 { part } else { reversed(&part, self.steps) }
    }
}
