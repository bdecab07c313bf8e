//! Recurrent layers: `torch.nn.RNN`, `GRU` and `LSTM` as one node of the tape a layer.

use super::parameter::{AnyParameter, Array, Gradients, Layout, Parameter, Reach};
use super::pass::{Pass, Sequences, Source, Weights};
use crate::kernels::Compute;
use crate::kernels::cell::{Cell, Gru, Lstm, Rnn};
use crate::kernels::sequence::State;
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

    /// Lends the memory of all gradients; `reach` is that of the input weight.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    pub fn lend(&mut self, gradients: &mut Gradients, reach: Reach) -> Result<(), CpuError> {
        for d in &mut self.directions {
            d.weight_ih.lend(gradients, reach.clone())?;
            d.weight_hh.lend(gradients, Reach::All)?;
            d.bias_ih.lend(gradients, Reach::All)?;
            d.bias_hh.lend(gradients, Reach::All)?;
        }
        Ok(())
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
        (sequences, directions): (Sequences, D),
        tokens: Arc<Vec<u32>>,
        state: &mut [State],
        mut tape: T,
        device: &Cpu,
    ) -> Result<Hidden<D, H, T>, CpuError> {
        let extent = sequences.extent;
        let pass = self.pass(sequences, Source::Tokens(tokens));
        let (output, traces) = pass.run(compute, state, T::OWNS_TAPE);
        let shape = (extent.steps, extent.batch, directions, self.hidden);
        let output = Array::new(device, shape, output, NoneTape)?;
        if T::OWNS_TAPE {
            pass.record(&mut tape, compute, traces, output.slot(), None);
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
        (sequences, directions): (Sequences, D),
        input: Array<X, T>,
        state: &mut [State],
        device: &Cpu,
    ) -> Result<Hidden<D, H, T>, CpuError> {
        let (input, features, mut tape) = input.split();
        let extent = sequences.extent;
        let pass = self.pass(sequences, Source::Features(features));
        let (output, traces) = pass.run(compute, state, T::OWNS_TAPE);
        let shape = (extent.steps, extent.batch, directions, self.hidden);
        let output = Array::new(device, shape, output, NoneTape)?;
        if T::OWNS_TAPE {
            pass.record(&mut tape, compute, traces, output.slot(), Some(input));
        }
        Ok(output.put_tape(tape))
    }

    /// This layer's part in a pass, the sizes' types forgotten.
    fn pass(&self, sequences: Sequences, source: Source) -> Pass<C> {
        let weights = self.directions.iter().map(|d| Weights {
            weight_ih: d.weight_ih.used(),
            weight_hh: d.weight_hh.used(),
            bias_ih: d.bias_ih.used(),
            bias_hh: d.bias_hh.used(),
        });
        let (cell, hidden) = (self.cell, self.hidden.size());
        Pass { cell, sequences, hidden, source, directions: weights.collect() }
    }
}
