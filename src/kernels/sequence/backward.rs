//! The way back through a sequence.

use super::forward::Trace;
use super::layer::{Input, Sizes, Weights, part};
use crate::cell::{Backward, Cell};
use crate::matrix::{Packed, Start, View, multiply, multiply_both};
use crate::{Buffer, Compute, lookup, reduce};
use std::ops::Range;

/// Where the gradients of [`Weights`] go, with their shapes.
#[derive(Debug)]
pub struct Gradients<'a> {
    /// Of W_ih. For tokens what is found is added to what stands here: rows of tokens that do not
    /// occur are never touched.
    pub input: &'a mut [f32],
    /// Of W_hh.
    pub recurrent: &'a mut [f32],
    /// Of b_ih.
    pub input_bias: &'a mut [f32],
    /// Of b_hh.
    pub recurrent_bias: &'a mut [f32],
}

impl<C: Cell> Trace<C> {
    /// Goes back through the sequence, from the gradient of [`Self::output`] to those of the
    /// weights and of the input's features, (T, B, I). The state that came in is a constant:
    /// truncated backpropagation ends there.
    pub fn backward(
        mut self,
        compute: &Compute,
        input: Input<'_>,
        weights: Weights<'_>,
        output_gradient: &[f32],
        gradients: Gradients<'_>,
    ) -> Option<Buffer> {
        let Sizes { steps, hidden: size, .. } = self.sizes;
        let (row, gate_row) = (self.sizes.row(), self.sizes.row() * C::GATES);
        let weight = Packed::new(compute, View::new(weights.recurrent, size));
        let mut products = Products::new(compute, self.sizes, input, weights, gradients);
        let longest = self.sizes.chunks().next().map_or(0, |chunk| chunk.len());
        let mut recurrent = compute.buffer(if C::APART { longest * gate_row } else { 0 });
        let mut carried = Carried {
            hidden: compute.zeros(row),
            memory: compute.zeros(if C::MEMORY { row } else { 0 }),
            scratch: compute.buffer(size),
        };
        for chunk in self.sizes.chunks().rev() {
            for step in chunk.clone().rev() {
                let from = (step - chunk.start) * gate_row;
                let recurrent = match C::APART {
                    true => &mut recurrent[from..from + gate_row],
                    false => &mut [],
                };
                let output_gradient =
                    &output_gradient[part(output_gradient, &(step..step + 1), row)];
                reduce::add(compute.level, &mut carried.hidden, output_gradient);
                self.step_back(compute, step, &mut carried, recurrent);
                if step > 0 {
                    let share = match C::APART {
                        true => recurrent,
                        false => &mut self.gates[step * gate_row..(step + 1) * gate_row],
                    };
                    let left = View::new(share, C::GATES * size);
                    multiply(compute, left, &weight, &mut carried.hidden, size, Start::Output);
                }
            }
            let gates = &self.gates[part(&self.gates, &chunk, gate_row)];
            let recurrent = C::APART.then(|| &recurrent[..chunk.len() * gate_row]);
            let previous = &self.hidden[part(&self.hidden, &chunk, row)];
            products.add(compute, &chunk, (gates, recurrent), previous);
        }
        if steps == 0 {
            products.nothing();
        }
        products.input_gradient
    }

    /// One time step: the activations of its gates become their gradient.
    fn step_back(
        &mut self,
        compute: &Compute,
        step: usize,
        carried: &mut Carried,
        recurrent_gradient: &mut [f32],
    ) {
        let (row, this) = (self.sizes.row(), step..step + 1);
        let later = (step + 1) * row..(step + 2) * row;
        let within = part(&self.gates, &this, row * C::GATES);
        self.cell.backward(
            compute.level,
            Backward {
                hidden_size: self.sizes.hidden,
                gates: &mut self.gates[within],
                previous: &self.hidden[part(&self.hidden, &this, row)],
                hidden: &self.hidden[later.clone()],
                memory: &self.memory[part(&self.memory, &this, row)],
                kept: match C::MEMORY {
                    true => &self.memory[later],
                    false => &self.kept[part(&self.kept, &this, row)],
                },
                hidden_gradient: &mut carried.hidden,
                memory_gradient: &mut carried.memory,
                recurrent_gradient,
                scratch: &mut carried.scratch,
            },
        );
    }
}

/// What goes from one time step to the one before.
struct Carried {
    /// The hidden state's gradient, (B, H).
    hidden: Buffer,
    /// The cell state's, (B, H) or empty.
    memory: Buffer,
    /// H numbers to work with.
    scratch: Buffer,
}

/// The gradients that sum over all time steps: chunk after chunk, from the last to the first, and
/// within a chunk step after step.
struct Products<'a> {
    sizes: Sizes,
    input: Input<'a>,
    /// W_ih, for features.
    weight: Option<Packed>,
    gradients: Gradients<'a>,
    /// Of the features, (T, B, I).
    input_gradient: Option<Buffer>,
    start: Start<'static>,
}

impl<'a> Products<'a> {
    fn new(
        compute: &Compute,
        sizes: Sizes,
        input: Input<'a>,
        weights: Weights<'_>,
        gradients: Gradients<'a>,
    ) -> Self {
        gradients.input_bias.fill(0.0);
        gradients.recurrent_bias.fill(0.0);
        let width = weights.input.len() / weights.input_bias.len().max(1);
        let features = match input {
            Input::Features(features) => Some(features.len()),
            Input::Tokens(_) => None,
        };
        Self {
            sizes,
            input,
            weight: features.map(|_| Packed::new(compute, View::new(weights.input, width))),
            gradients,
            input_gradient: features.map(|len| compute.buffer(len)),
            start: Start::Zero,
        }
    }

    /// A sequence of no steps has gradients too.
    fn nothing(&mut self) {
        self.gradients.recurrent.fill(0.0);
        if self.weight.is_some() {
            self.gradients.input.fill(0.0);
        }
    }

    /// Adds a chunk's part: `share` is the gradient of the input's share of its gates, and that of
    /// the previous states' share where it differs, (T, B, G, H) each; `previous` are the hidden
    /// states before its steps, (T, B, H).
    fn add(
        &mut self,
        compute: &Compute,
        chunk: &Range<usize>,
        (share, recurrent): (&[f32], Option<&[f32]>),
        previous: &[f32],
    ) {
        let Gradients { input, recurrent: to_recurrent, input_bias, recurrent_bias } =
            &mut self.gradients;
        let (gates, batch) = (input_bias.len(), self.sizes.batch);
        reduce::add_rows(compute.level, recurrent_bias, recurrent.unwrap_or(share));
        match recurrent {
            Some(_) => reduce::add_rows(compute.level, input_bias, share),
            None => input_bias.copy_from_slice(recurrent_bias),
        }
        let states = Packed::new(compute, View::new(previous, self.sizes.hidden));
        let left = View::new(share, gates);
        let by_state = View::new(recurrent.unwrap_or(share), gates).transposed();
        let width = states.columns();
        match (self.input, &self.weight, &mut self.input_gradient) {
            (Input::Features(features), Some(weight), Some(gradient)) => {
                let within = part(features, chunk, batch * weight.columns());
                let rows = View::new(&features[within.clone()], weight.columns());
                let right = Packed::new(compute, rows);
                if recurrent.is_some() {
                    let to = &mut *input;
                    multiply(compute, left.transposed(), &right, to, right.columns(), self.start);
                    multiply(compute, by_state, &states, to_recurrent, width, self.start);
                } else {
                    let to = [&mut **input, &mut **to_recurrent];
                    multiply_both(compute, by_state, [&right, &states], to, self.start);
                }
                let to = &mut gradient[within];
                multiply(compute, left, weight, to, weight.columns(), Start::Zero);
            }
            (Input::Tokens(tokens), ..) => {
                let tokens = &tokens[chunk.start * batch..chunk.end * batch];
                lookup::scatter_add(compute.level, input, gates, tokens, share);
                multiply(compute, by_state, &states, to_recurrent, width, self.start);
            }
            (Input::Features(_), ..) => unreachable!("features have a packed weight"),
        }
        self.start = Start::Output;
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
