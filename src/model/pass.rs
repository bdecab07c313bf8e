//! A recurrent layer's pass over a batch, the sizes' types forgotten: compiled once a cell.

use super::parameter::{Gradients, Slot, Used, Values};
use crate::kernels::cell::Cell;
use crate::kernels::matrix::{Packed, Start, View, multiply, product};
use crate::kernels::sequence::{self, Sizes, State, Trace};
use crate::kernels::{Buffer, Compute, lookup, reduce};
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

/// Sequences side by side, each padded at its end to the longest.
#[derive(Clone, Debug)]
pub struct Sequences {
    /// How many, and the steps of the longest.
    pub extent: Extent,
    /// The true length of each; without them all are as long.
    pub lengths: Option<Arc<Vec<usize>>>,
}

impl Sequences {
    /// Sequences without padding.
    pub fn whole(extent: Extent) -> Self {
        Self { extent, lengths: None }
    }

    /// Puts rows, (T, B, …), in the order in which a second direction reads them: each sequence
    /// from its last true step, as `pack_padded_sequence` of PyTorch does, and then its padding,
    /// which so can change nothing here either. Twice is once too often: it undoes itself.
    fn turn<V: Copy>(&self, target: &mut [V], source: &[V]) {
        let Extent { steps, batch } = self.extent;
        let row = (source.len() / (steps * batch).max(1)).max(1);
        let Some(lengths) = &self.lengths else {
            let block = (row * batch).max(1);
            let blocks = source.chunks_exact(block).rev();
            for (target, source) in target.chunks_exact_mut(block).zip(blocks) {
                target.copy_from_slice(source);
            }
            return;
        };
        for (place, target) in target.chunks_exact_mut(row).enumerate() {
            let (step, sequence) = (place / batch, place % batch);
            let length = lengths[sequence];
            let step = if step < length { length - 1 - step } else { step };
            target.copy_from_slice(&source[(step * batch + sequence) * row..][..row]);
        }
    }

    /// [`Self::turn`] into a buffer.
    fn turned(&self, compute: &Compute, source: &[f32]) -> Buffer {
        let mut target = compute.buffer(source.len());
        self.turn(&mut target, source);
        target
    }
}

/// What a layer reads.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// One-hot tokens, (T, B).
    Tokens(Arc<Vec<u32>>),
    /// Features, (T, B, F).
    Features(Values),
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
    pub sequences: Sequences,
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
    ) -> (Values, Vec<Trace<C>>) {
        let extent = self.sequences.extent;
        let Extent { steps, batch } = extent;
        let sizes = Sizes { steps, batch, hidden: self.hidden };
        let mut traces = Vec::new();
        for (index, (weights, state)) in self.directions.iter().zip(state).enumerate() {
            let source = self.source.seen_by(compute, index, &self.sequences);
            let gates = weights.input_share(compute, &source, extent, C::APART);
            let (weight, bias) = (&weights.weight_hh.values, &weights.bias_hh.values);
            traces.push(sequence::forward(compute, self.cell, sizes, gates, weight, bias, state));
        }
        let output = match &traces[..] {
            [only] => Values::new(Arc::clone(only.hidden()), batch * self.hidden),
            both => {
                let rows = self.rows();
                let mut output = compute.buffer(steps * batch * rows.count * self.hidden);
                for (index, trace) in both.iter().enumerate() {
                    rows.scatter(compute, &mut output, trace.output(), index);
                }
                output.into()
            }
        };
        if !wanted {
            traces.clear();
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
            let delta = compute.adopt(std::mem::take(output.of(gradients)?));
            let found = self.back(&compute, traces, delta, gradients)?;
            if let Some((input, found)) = input.zip(found) {
                *input.of(gradients)? = found.into_vec();
            }
            Ok(())
        });
    }

    /// Writes the gradients of all weights; returns that of the features (nothing for tokens).
    fn back(
        self,
        compute: &Compute,
        traces: Vec<Trace<C>>,
        delta: Buffer,
        gradients: &mut Gradients,
    ) -> Result<Option<Buffer>, CpuError> {
        let rows = self.rows();
        let gates = C::GATES * self.hidden;
        let mut total: Option<Buffer> = None;
        for (index, (weights, trace)) in self.directions.iter().zip(traces).enumerate() {
            let source = self.source.seen_by(compute, index, &self.sequences);
            let weight_hh = &weights.weight_hh.values;
            let found = match rows.count {
                1 => trace.backward(compute, weight_hh, &delta),
                _ => trace.backward(compute, weight_hh, &rows.gather(compute, &delta, index)),
            };
            found.recurrent_weight(compute, weights.weight_hh.slot.of(gradients)?);
            found.recurrent_bias(compute, weights.bias_hh.slot.of(gradients)?);
            match found.input_bias(compute) {
                Some(gradient) => weights.bias_ih.slot.of(gradients)?.copy_from_slice(&gradient),
                None => {
                    let same = weights.bias_hh.slot.of(gradients)?.clone();
                    weights.bias_ih.slot.of(gradients)?.copy_from_slice(&same);
                }
            }
            let gradient = weights.weight_ih.slot.of(gradients)?;
            match &source {
                Source::Tokens(tokens) => {
                    lookup::scatter_add(compute.level, gradient, gates, tokens, &found.gates);
                }
                Source::Features(features) => {
                    let weight = &weights.weight_ih.values;
                    let input = weight.len() / gates;
                    sequence::weight(compute, &found.gates, features, input, gradient);
                    let (left, right) = (View::new(&found.gates, gates), View::new(weight, input));
                    let part = product(compute, left, right);
                    match &mut total {
                        None => total = Some(part),
                        Some(total) => {
                            let part = self.sequences.turned(compute, &part);
                            reduce::add(compute.level, total, &part);
                        }
                    }
                }
            }
        }
        Ok(total)
    }

    fn rows(&self) -> Interleaved<'_> {
        let (row, count) = (self.hidden, self.directions.len());
        Interleaved { sequences: &self.sequences, row, count }
    }
}

impl Weights {
    /// `x W_ihᵀ + b_ih` of all steps, (T, B, G, H), and with b_hh unless that stands `apart`.
    fn input_share(
        &self,
        compute: &Compute,
        source: &Source,
        extent: Extent,
        apart: bool,
    ) -> Buffer {
        let (weight, level) = (&self.weight_ih.values, compute.level);
        let mut bias = compute.buffer(self.bias_ih.values.len());
        bias.copy_from_slice(&self.bias_ih.values);
        if !apart {
            reduce::add(level, &mut bias, &self.bias_hh.values);
        }
        let mut gates = compute.buffer(extent.steps * extent.batch * bias.len());
        match source {
            Source::Tokens(tokens) => lookup::gather_onto(level, &mut gates, weight, &bias, tokens),
            Source::Features(features) => {
                let input = weight.len() / bias.len().max(1);
                let right = Packed::new(compute, View::new(weight, input).transposed());
                let left = View::new(features, input);
                multiply(compute, left, &right, &mut gates, bias.len(), Start::Row(&bias));
            }
        }
        gates
    }
}

impl Source {
    /// The first direction reads the steps in their order, the second each sequence from its end.
    fn seen_by(&self, compute: &Compute, direction: usize, sequences: &Sequences) -> Self {
        match self {
            _ if direction == 0 => self.clone(),
            Self::Tokens(tokens) => {
                let mut turned = vec![0; tokens.len()];
                sequences.turn(&mut turned, tokens);
                Self::Tokens(Arc::new(turned))
            }
            Self::Features(features) => Self::Features(sequences.turned(compute, features).into()),
        }
    }
}

/// Hidden states of several directions side by side: (T, B, D, H).
struct Interleaved<'a> {
    sequences: &'a Sequences,
    row: usize,
    count: usize,
}

impl Interleaved<'_> {
    /// Puts a direction's states, (T, B, H) in its own order of time, in their place.
    fn scatter(&self, compute: &Compute, output: &mut [f32], states: &[f32], direction: usize) {
        let backwards = (direction > 0).then(|| self.sequences.turned(compute, states));
        let ordered = backwards.as_deref().unwrap_or(states);
        let targets = output.chunks_exact_mut(self.row).skip(direction).step_by(self.count);
        for (target, source) in targets.zip(ordered.chunks_exact(self.row)) {
            target.copy_from_slice(source);
        }
    }

    /// A direction's part, (T, B, H) in its own order of time.
    fn gather(&self, compute: &Compute, values: &[f32], direction: usize) -> Buffer {
        let sources = values.chunks_exact(self.row).skip(direction).step_by(self.count);
        let mut part = compute.buffer(values.len() / self.count);
        for (target, source) in part.chunks_exact_mut(self.row).zip(sources) {
            target.copy_from_slice(source);
        }
        if direction == 0 { part } else { self.sequences.turned(compute, &part) }
    }
}
