//! Recurrent layers: `torch.nn.RNN`, `GRU` and `LSTM` as one node of the tape a layer.

use super::parameter::{AnyParameter, Array, Gradients, Layout, Parameter, Slot, Used};
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

/// Hidden states of a layer, (T, B, D, H).
pub type Hidden<D, H, T> = Array<(usize, usize, D, H), T>;

/// The sizes of a pass.
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
        Self {
            cell,
            hidden,
            directions: (0..directions).map(make).collect(),
        }
    }

    /// All parameters, in PyTorch's order.
    pub fn parameters(&self) -> Vec<&dyn AnyParameter> {
        let mut parameters: Vec<&dyn AnyParameter> = Vec::new();
        for d in &self.directions {
            parameters.extend_from_slice(&[&d.weight_ih, &d.weight_hh, &d.bias_ih, &d.bias_hh]);
        }
        parameters
    }

    /// All parameters, in PyTorch's order.
    pub fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        let mut parameters: Vec<&mut dyn AnyParameter> = Vec::new();
        for d in &mut self.directions {
            parameters.push(&mut d.weight_ih);
            parameters.push(&mut d.weight_hh);
            parameters.push(&mut d.bias_ih);
            parameters.push(&mut d.bias_hh);
        }
        parameters
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
    ) -> Result<Hidden<D, H, T>, CpuError> {
        let pass = self.pass(extent, Source::Tokens(tokens));
        let (output, traces) = pass.run(compute, state, T::OWNS_TAPE);
        let shape = (extent.steps, extent.batch, directions, self.hidden);
        let output = device.try_tensor_from_vec(output, shape)?;
        if T::OWNS_TAPE {
            pass.record(&mut tape, compute, traces, Arc::new(output.clone()), None);
        }
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
    ) -> Result<Hidden<D, H, T>, CpuError> {
        let (input, mut tape) = input.split_tape();
        let mut features = vec![0.0; input.shape().num_elements()];
        input.copy_into(&mut features);
        let pass = self.pass(extent, Source::Features(Arc::new(features)));
        let (output, traces) = pass.run(compute, state, T::OWNS_TAPE);
        let shape = (extent.steps, extent.batch, directions, self.hidden);
        let output = input.device().try_tensor_from_vec(output, shape)?;
        if T::OWNS_TAPE {
            let ends: [Arc<dyn Slot>; 2] = [Arc::new(output.clone()), Arc::new(input)];
            let [output, input] = ends;
            pass.record(&mut tape, compute, traces, output, Some(input));
        }
        Ok(output.put_tape(tape))
    }

    /// This layer's part in a pass, the sizes' types forgotten.
    fn pass(&self, extent: Extent, source: Source) -> Pass<C> {
        let weights = self.directions.iter().map(|d| Weights {
            weight_ih: d.weight_ih.used(),
            weight_hh: d.weight_hh.used(),
            bias_ih: d.bias_ih.used(),
            bias_hh: d.bias_hh.used(),
        });
        let (cell, hidden) = (self.cell, self.hidden.size());
        Pass {
            cell,
            extent,
            hidden,
            source,
            directions: weights.collect(),
        }
    }
}

/// What a layer reads.
#[derive(Clone, Debug)]
enum Source {
    /// One-hot tokens, (T, B).
    Tokens(Arc<Vec<u32>>),
    /// Features, (T, B, F).
    Features(Arc<Vec<f32>>),
}

/// A direction's parameters in a pass.
struct Weights {
    weight_ih: Used,
    weight_hh: Used,
    bias_ih: Used,
    bias_hh: Used,
}

/// A layer's pass over a batch.
struct Pass<C> {
    cell: C,
    extent: Extent,
    hidden: usize,
    source: Source,
    directions: Vec<Weights>,
}

impl<C: Cell> Pass<C> {
    /// The forward pass of every direction: hidden states (T, B, D, H), and the traces if they
    /// are `wanted`.
    fn run(
        &self,
        compute: &Compute,
        state: &mut [State],
        wanted: bool,
    ) -> (Vec<f32>, Vec<Trace<C>>) {
        let Extent { steps, batch } = self.extent;
        let sizes = Sizes {
            steps,
            batch,
            hidden: self.hidden,
        };
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
    fn record<T: Tape<f32, Cpu>>(
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
                    let part = crate::kernels::matrix::product(compute, left, right);
                    if index == 0 {
                        total = part;
                    } else {
                        reduce::add(
                            compute.level,
                            &mut total,
                            &reversed(&part, self.extent.steps),
                        );
                    }
                }
            }
        }
        Ok(total)
    }

    fn rows(&self) -> Interleaved {
        let count = self.directions.len();
        Interleaved {
            steps: self.extent.steps,
            row: self.hidden,
            count,
        }
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
    values
        .chunks_exact(block.max(1))
        .rev()
        .flatten()
        .copied()
        .collect()
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
        let ordered = if direction == 0 {
            states
        } else {
            &reversed(states, self.steps)
        };
        let targets = output
            .chunks_exact_mut(self.row)
            .skip(direction)
            .step_by(self.count);
        for (target, source) in targets.zip(ordered.chunks_exact(self.row)) {
            target.copy_from_slice(source);
        }
    }

    /// A direction's part, (T, B, H) in its own order of time.
    fn gather(&self, values: &[f32], direction: usize) -> Vec<f32> {
        if self.count == 1 {
            return values.to_vec();
        }
        let rows = values
            .chunks_exact(self.row)
            .skip(direction)
            .step_by(self.count);
        let part: Vec<f32> = rows.flatten().copied().collect();
        if direction == 0 {
            part
        } else {
            reversed(&part, self.steps)
        }
    }
}
