//! A recurrent layer's pass over a batch, the sizes' types forgotten: compiled once a cell.

use super::parameter::{Gradients, Slot, Used, Values};
use crate::kernels::cell::Cell;
use crate::kernels::sequence::{self, Input, Sizes, State, Trace};
use crate::kernels::{Buffer, Compute, reduce};
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
            let (input, weights) = (source.input(), weights.values());
            traces.push(sequence::forward(compute, self.cell, sizes, input, weights, state));
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
        let mut total: Option<Buffer> = None;
        for (index, (weights, trace)) in self.directions.iter().zip(traces).enumerate() {
            let source = self.source.seen_by(compute, index, &self.sequences);
            let part = weights.with_gradients(gradients, |found| match rows.count {
                1 => trace.backward(compute, source.input(), weights.values(), &delta, found),
                _ => {
                    let delta = rows.gather(compute, &delta, index);
                    trace.backward(compute, source.input(), weights.values(), &delta, found)
                }
            })?;
            match (&mut total, part) {
                (Some(total), Some(part)) => {
                    let part = self.sequences.turned(compute, &part);
                    reduce::add(compute.level, total, &part);
                }
                (_, part) => total = part,
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
    /// The numbers.
    fn values(&self) -> sequence::Weights<'_> {
        sequence::Weights {
            input: &self.weight_ih.values,
            recurrent: &self.weight_hh.values,
            input_bias: &self.bias_ih.values,
            recurrent_bias: &self.bias_hh.values,
        }
    }

    /// Hands the memory of all gradients to `work`.
    fn with_gradients<R>(
        &self,
        gradients: &mut Gradients,
        work: impl FnOnce(sequence::Gradients<'_>) -> R,
    ) -> Result<R, CpuError> {
        let all = [&self.weight_ih, &self.weight_hh, &self.bias_ih, &self.bias_hh];
        let mut taken = [const { Vec::new() }; 4];
        for (taken, used) in taken.iter_mut().zip(all) {
            *taken = std::mem::take(used.slot.of(gradients)?);
        }
        let [input, recurrent, input_bias, recurrent_bias] = &mut taken;
        let found = work(sequence::Gradients { input, recurrent, input_bias, recurrent_bias });
        for (taken, used) in taken.into_iter().zip(all) {
            *used.slot.of(gradients)? = taken;
        }
        Ok(found)
    }
}

impl Source {
    /// What the kernels read.
    fn input(&self) -> Input<'_> {
        match self {
            Self::Tokens(tokens) => Input::Tokens(tokens),
            Self::Features(features) => Input::Features(features),
        }
    }

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
