//! Recurrent layers: `torch.nn.RNN`, `GRU` and `LSTM` as one node of the tape a layer.

use super::parameter::{AnyParameter, Array, Gradients, Layout, Parameter, put_gradient};
use crate::kernels::cell::{Cell, Gru, Lstm, Rnn};
use crate::kernels::matrix::{Output, Packed, View, multiply};
use crate::kernels::sequence::{self, Sizes, State, Trace};
use crate::kernels::{Compute, lookup, reduce};
use dfdx::prelude::*;
use std::sync::Arc;

/// A cell whose number of gates is known to the compiler.
pub trait TypedCell: Cell {
    /// The gates as an axis of a shape.
    type Gates: ConstDim;
}

impl TypedCell for Rnn {
    type Gates = Const<1>;
}

impl TypedCell for Gru {
    type Gates = Const<3>;
}

impl TypedCell for Lstm {
    type Gates = Const<4>;
}

/// Weights of one direction of a layer; `W` is the shape of the input weight.
#[derive(Debug)]
struct Direction<C: TypedCell, W: Shape, H: Dim> {
    weight_ih: Parameter<W>,
    weight_hh: Parameter<(C::Gates, H, H)>,
    bias_ih: Parameter<(C::Gates, H)>,
    bias_hh: Parameter<(C::Gates, H)>,
}

/// A layer of one or two directions. `W` is the shape of its input weight: (V, G, H) for one-hot
/// tokens, (G, H, E) for embedded ones, (G, H, D, H) for the hidden states of a layer below with
/// D directions; read as PyTorch's (G·H, D·H) these are the same bytes.
#[derive(Debug)]
pub struct Layer<C: TypedCell, W: Shape, H: Dim> {
    cell: C,
    hidden: H,
    directions: Vec<Direction<C, W, H>>,
}

/// What a layer reads.
#[derive(Clone, Debug)]
enum Source {
    /// One-hot tokens, (T, B).
    Tokens(Arc<Vec<u32>>),
    /// Features, (T, B, F).
    Features(Arc<Vec<f32>>),
}

/// What the passes of a layer share.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// T, time steps.
    pub steps: usize,
    /// B, sequences.
    pub batch: usize,
}

impl<C: TypedCell, W: Shape, H: Dim> Layer<C, W, H> {
    /// A layer of zeros. `index` is its place among the layers, `input` its input features.
    pub fn new(
        device: &Cpu,
        cell: C,
        index: usize,
        directions: usize,
        shape: W,
        (input, hidden): (usize, H),
        layout: Layout,
    ) -> Self {
        let gates = C::Gates::default();
        let rows = C::GATES * hidden.size();
        let make = |direction| {
            let suffix = if direction == 0 { "" } else { "_reverse" };
            let name = |kind: &str| format!("rnn.{kind}_l{index}{suffix}");
            Direction {
                weight_ih: Parameter::new(
                    device,
                    name("weight_ih"),
                    shape,
                    vec![rows, input],
                    layout,
                ),
                weight_hh: Parameter::new(
                    device,
                    name("weight_hh"),
                    (gates, hidden, hidden),
                    vec![rows, hidden.size()],
                    Layout::Same,
                ),
                bias_ih: Parameter::new(
                    device,
                    name("bias_ih"),
                    (gates, hidden),
                    vec![rows],
                    Layout::Same,
                ),
                bias_hh: Parameter::new(
                    device,
                    name("bias_hh"),
                    (gates, hidden),
                    vec![rows],
                    Layout::Same,
                ),
            }
        };
        Self { cell, hidden, directions: (0..directions).map(make).collect() }
    }

    /// All parameters, in PyTorch's order.
    pub fn parameters(&self) -> impl Iterator<Item = &dyn AnyParameter> {
        self.directions.iter().flat_map(|d| -> [&dyn AnyParameter; 4] {
            [&d.weight_ih, &d.weight_hh, &d.bias_ih, &d.bias_hh]
        })
    }

    /// All parameters, in PyTorch's order.
    pub fn parameters_mut(&mut self) -> impl Iterator<Item = &mut dyn AnyParameter> {
        self.directions.iter_mut().flat_map(|d| -> [&mut dyn AnyParameter; 4] {
            [&mut d.weight_ih, &mut d.weight_hh, &mut d.bias_ih, &mut d.bias_hh]
        })
    }

    /// The zero state of every direction.
    pub fn zero_state(&self, batch: usize) -> Vec<State> {
        vec![State::zero::<C>(batch, self.hidden.size()); self.directions.len()]
    }

    /// Reads one-hot tokens, (T, B): hidden states (T, B, D, H).
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    pub fn forward_tokens<D: Dim, T: Tape<f32, Cpu>>(
        &self,
        compute: &Compute,
        (extent, directions): (Extent, D),
        tokens: Arc<Vec<u32>>,
        state: &mut [State],
        mut tape: T,
        device: &Cpu,
    ) -> Result<Array<(usize, usize, D, H), T>, CpuError> {
        let source = Source::Tokens(tokens);
        let (output, traces) = self.run(compute, extent, &source, state, T::OWNS_TAPE);
        let output = self.place(device, extent, directions, output)?;
        let (back, ghost, compute) = (self.back(source, extent), output.ghost(), compute.clone());
        tape.add_backward_op(move |gradients| {
            let delta = std::mem::take(&mut **gradients.get_or_alloc_mut(&ghost)?);
            back.run(&compute, traces, &delta, gradients)?;
            Ok(())
        });
        Ok(output.put_tape(tape))
    }

    /// Reads features of shape (T, B, …): hidden states (T, B, D, H).
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    pub fn forward<X: Shape, D: Dim, T: Tape<f32, Cpu>>(
        &self,
        compute: &Compute,
        (extent, directions): (Extent, D),
        input: Array<X, T>,
        state: &mut [State],
    ) -> Result<Array<(usize, usize, D, H), T>, CpuError> {
        let (input, mut tape) = input.split_tape();
        let mut features = vec![0.0; input.shape().num_elements()];
        input.copy_into(&mut features);
        let source = Source::Features(Arc::new(features));
        let (output, traces) = self.run(compute, extent, &source, state, T::OWNS_TAPE);
        let output = self.place(input.device(), extent, directions, output)?;
        let (back, ghost, compute) = (self.back(source, extent), output.ghost(), compute.clone());
        tape.add_backward_op(move |gradients| {
            let delta = std::mem::take(&mut **gradients.get_or_alloc_mut(&ghost)?);
            let input_gradient = back.run(&compute, traces, &delta, gradients)?;
            put_gradient(gradients, &input, input_gradient)
        });
        Ok(output.put_tape(tape))
    }

    fn place<D: Dim>(
        &self,
        device: &Cpu,
        extent: Extent,
        directions: D,
        output: Vec<f32>,
    ) -> Result<Array<(usize, usize, D, H), NoneTape>, CpuError> {
        device.try_tensor_from_vec(output, (extent.steps, extent.batch, directions, self.hidden))
    }

    /// The forward pass of every direction: hidden states (T, B, D, H), and the traces if they
    /// are `wanted`.
    fn run(
        &self,
        compute: &Compute,
        extent: Extent,
        source: &Source,
        state: &mut [State],
        wanted: bool,
    ) -> (Vec<f32>, Vec<Trace<C>>) {
        let size = self.hidden.size();
        let sizes = Sizes { steps: extent.steps, batch: extent.batch, hidden: size };
        let count = self.directions.len();
        let mut output = vec![0.0; extent.steps * extent.batch * count * size];
        let mut traces = Vec::new();
        for (index, (direction, state)) in self.directions.iter().zip(state).enumerate() {
            let source = source.seen_by(index, extent);
            let gates = direction.input_share(compute, &source, extent);
            let (weight, bias) = (direction.weight_hh.values(), direction.bias_hh.values());
            let trace =
                sequence::forward(compute, self.cell, sizes, gates, &weight, &bias, state);
            let rows = Interleaved { steps: extent.steps, row: size, count };
            rows.scatter(&mut output, trace.output(), index);
            if wanted {
                traces.push(trace);
            }
        }
        (output, traces)
    }

    /// What the way back needs apart from the traces.
    fn back(&self, source: Source, extent: Extent) -> Back<C, W, H> {
        let ends = self.directions.iter().map(|d| Ends {
            weight_ih: d.weight_ih.handle(),
            weight_hh: d.weight_hh.handle(),
            bias_ih: d.bias_ih.handle(),
            bias_hh: d.bias_hh.handle(),
            input: d.weight_ih.values(),
            recurrent: d.weight_hh.values(),
        });
        Back { source, extent, hidden: self.hidden.size(), directions: ends.collect() }
    }
}

impl<C: TypedCell, W: Shape, H: Dim> Direction<C, W, H> {
    /// `x W_ihᵀ + b_ih` of all steps, (T, B, G, H).
    fn input_share(&self, compute: &Compute, source: &Source, extent: Extent) -> Vec<f32> {
        let (weight, bias) = (self.weight_ih.values(), self.bias_ih.values());
        match source {
            Source::Tokens(tokens) => {
                let mut gates = lookup::gather(&weight, bias.len(), tokens);
                gates
                    .chunks_exact_mut(bias.len())
                    .for_each(|row| reduce::add(compute.level, row, &bias));
                gates
            }
            Source::Features(features) => {
                let rows = extent.steps * extent.batch;
                let input = features.len() / rows.max(1);
                let mut gates = bias.repeat(rows);
                let right = Packed::new(compute, View::new(&weight, input).transposed());
                let left = View::new(features, input);
                multiply(compute, left, &right, &mut gates, bias.len(), Output::Add);
                gates
            }
        }
    }
}

/// Where a direction's gradients go, and the weights that lead there.
struct Ends<C: TypedCell, W: Shape, H: Dim> {
    weight_ih: Tensor<W, f32, Cpu>,
    weight_hh: Tensor<(C::Gates, H, H), f32, Cpu>,
    bias_ih: Tensor<(C::Gates, H), f32, Cpu>,
    bias_hh: Tensor<(C::Gates, H), f32, Cpu>,
    input: Arc<Vec<f32>>,
    recurrent: Arc<Vec<f32>>,
}

/// The way back through a layer.
struct Back<C: TypedCell, W: Shape, H: Dim> {
    source: Source,
    extent: Extent,
    hidden: usize,
    directions: Vec<Ends<C, W, H>>,
}

impl<C: TypedCell, W: Shape, H: Dim> Back<C, W, H> {
    /// Adds the gradients of all weights; returns that of the features (nothing for tokens).
    fn run(
        self,
        compute: &Compute,
        traces: Vec<Trace<C>>,
        delta: &[f32],
        gradients: &mut Gradients,
    ) -> Result<Vec<f32>, CpuError> {
        let Self { source, extent, hidden, directions } = self;
        let count = directions.len();
        let rows = Interleaved { steps: extent.steps, row: hidden, count };
        let mut total: Vec<f32> = Vec::new();
        for (index, (ends, trace)) in directions.into_iter().zip(traces).enumerate() {
            let source = source.seen_by(index, extent);
            let delta = rows.gather(delta, index);
            let found = trace.backward(compute, &ends.recurrent, &delta);
            found.add_recurrent_weight(compute, gradients.get_or_alloc_mut(&ends.weight_hh)?);
            found.add_recurrent_bias(compute, gradients.get_or_alloc_mut(&ends.bias_hh)?);
            found.add_input_bias(compute, gradients.get_or_alloc_mut(&ends.bias_ih)?);
            let weight = gradients.get_or_alloc_mut(&ends.weight_ih)?;
            let gates = C::GATES * hidden;
            match &source {
                Source::Tokens(tokens) => {
                    lookup::scatter_add(weight, gates, tokens, &found.gates);
                }
                Source::Features(features) => {
                    let input = ends.input.len() / gates;
                    sequence::add_weight(compute, &found.gates, features, input, weight);
                    let right = Packed::new(compute, View::new(&ends.input, input));
                    let mut part = vec![0.0; features.len()];
                    let left = View::new(&found.gates, gates);
                    multiply(compute, left, &right, &mut part, input, Output::Set);
                    if index == 0 {
                        total = part;
                    } else {
                        let part = reversed(&part, extent.steps);
                        reduce::add(compute.level, &mut total, &part);
                    }
                }
            }
        }
        Ok(total)
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
