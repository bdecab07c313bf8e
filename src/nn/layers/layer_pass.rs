//! A recurrent layer's pass over a batch, the axes' types forgotten: compiled once a cell.

use super::cell::{AnyCell, WithCell};
use super::mask::Sequences;
use crate::kernels::cell::Cell;
use crate::kernels::sequence::{self, Input, Sizes, State, Trace};
use crate::kernels::{Buffer, Compute, reduce};
use crate::nn::array::{Back, Backward, Values};
use crate::nn::parameter::Place;
use crate::nn::pass::{Key, Pass};
use crate::nn::tape::Result;
use std::sync::Arc;

/// What a layer reads.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// One-hot tokens, (T, B).
    Tokens(Arc<Vec<u32>>),
    /// Features, (T, B, F).
    Features(Values),
}

/// A layer's cell, units and parameters.
#[derive(Clone, Debug)]
pub(super) struct LayerCore {
    pub cell: AnyCell,
    /// H, units of each direction.
    pub hidden: usize,
    /// For each direction `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
    pub directions: Vec<[Place; 4]>,
}

impl LayerCore {
    /// The forward pass of every direction: hidden states (T, B, D, H), and the way back.
    pub fn forward(
        &self,
        pass: &Pass,
        sequences: &Sequences,
        source: Source,
        state: &mut [State],
    ) -> (Values, Back) {
        let directions = self.directions.iter().map(|&[input, rest @ ..]| {
            let weight_ih = match &source {
                Source::Tokens(ids) => pass.table(input, ids),
                Source::Features(_) => pass.key(input),
            };
            let [weight_hh, bias_ih, bias_hh] = rest.map(|place| pass.key(place));
            Weights { weight_ih, weight_hh, bias_ih, bias_hh }
        });
        let directions = directions.collect();
        let (sequences, hidden) = (sequences.clone(), self.hidden);
        let layer = Layer { sequences, hidden, source, directions };
        self.cell.with(Forward { layer, compute: pass.compute(), state })
    }

    /// The zero state of every direction.
    pub fn zero_state(&self, batch: usize) -> Vec<State> {
        struct Zero(usize, usize);
        impl WithCell for Zero {
            type Output = State;
            fn run<C: Cell>(self, _: C) -> State {
                State::zero::<C>(self.0, self.1)
            }
        }
        vec![self.cell.with(Zero(batch, self.hidden)); self.directions.len()]
    }
}

/// A direction's parameters in a pass.
struct Weights {
    weight_ih: Key,
    weight_hh: Key,
    bias_ih: Key,
    bias_hh: Key,
}

/// A forward pass before its cell's type is known.
struct Forward<'a> {
    layer: Layer,
    compute: &'a Compute,
    state: &'a mut [State],
}

impl WithCell for Forward<'_> {
    type Output = (Values, Back);

    fn run<C: Cell>(self, cell: C) -> (Values, Back) {
        let Self { layer, compute, state } = self;
        let (steps, batch, hidden) = (layer.sequences.steps, layer.sequences.batch, layer.hidden);
        let sizes = Sizes { steps, batch, hidden };
        let mut traces = Vec::new();
        for (index, (weights, state)) in layer.directions.iter().zip(state).enumerate() {
            let source = layer.source.seen_by(compute, index, &layer.sequences);
            let (input, weights) = (source.input(), weights.values());
            traces.push(sequence::forward(compute, cell, sizes, input, weights, state));
        }
        let output = match &traces[..] {
            [only] => Values::new(Arc::clone(only.hidden()), batch * hidden),
            both => {
                let rows = layer.rows();
                let mut output = compute.buffer(steps * batch * rows.count * hidden);
                for (index, trace) in both.iter().enumerate() {
                    rows.scatter(compute, &mut output, trace.output(), index);
                }
                output.into()
            }
        };
        (output, Box::new(move |delta, found| layer.go_back(traces, delta, found)))
    }
}

/// A layer in a pass: what the way back keeps beside the cells' traces.
struct Layer {
    sequences: Sequences,
    hidden: usize,
    source: Source,
    directions: Vec<Weights>,
}

impl Layer {
    /// Finds the gradients of all weights; returns that of the features (`None` for tokens).
    fn go_back<C: Cell>(
        self,
        traces: Vec<Trace<C>>,
        delta: Buffer,
        found: &mut Backward<'_>,
    ) -> Result<Option<Buffer>> {
        let compute = found.compute.clone();
        let rows = self.rows();
        let mut total: Option<Buffer> = None;
        for (index, (weights, trace)) in self.directions.iter().zip(traces).enumerate() {
            let source = self.source.seen_by(&compute, index, &self.sequences);
            let own = (rows.count > 1).then(|| rows.gather(&compute, &delta, index));
            let delta = own.as_ref().unwrap_or(&delta);
            let part = weights.gradients(trace, &source, delta, found)?;
            match (&mut total, part) {
                (Some(total), Some(part)) => {
                    let part = self.sequences.reversed(&compute, &part);
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

    /// Finds the gradients of one direction's weights; returns that of the features.
    fn gradients<C: Cell>(
        &self,
        trace: Trace<C>,
        source: &Source,
        delta: &Buffer,
        found: &mut Backward<'_>,
    ) -> Result<Option<Buffer>> {
        let compute = found.compute.clone();
        let keys = [&self.weight_hh, &self.bias_ih, &self.bias_hh];
        let mut new = keys.map(|key| compute.buffer(key.values.len()));
        let backward = |input: &mut [f32]| {
            let [recurrent, input_bias, recurrent_bias] = &mut new;
            let gradients = sequence::Gradients { input, recurrent, input_bias, recurrent_bias };
            trace.backward(&compute, source.input(), self.values(), delta, gradients)
        };
        let part = match source {
            Source::Tokens(_) => backward(found.table(&self.weight_ih)?),
            Source::Features(_) => {
                let mut input = compute.buffer(self.weight_ih.values.len());
                let part = backward(&mut input);
                found.add_to_parameter(&self.weight_ih, input)?;
                part
            }
        };
        for (key, gradient) in keys.into_iter().zip(new) {
            found.add_to_parameter(key, gradient)?;
        }
        Ok(part)
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
                let mut reversed = vec![0; tokens.len()];
                sequences.reverse_padded(&mut reversed, tokens);
                Self::Tokens(Arc::new(reversed))
            }
            Self::Features(features) => {
                Self::Features(sequences.reversed(compute, features).into())
            }
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
        let backwards = (direction > 0).then(|| self.sequences.reversed(compute, states));
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
        if direction == 0 { part } else { self.sequences.reversed(compute, &part) }
    }
}
