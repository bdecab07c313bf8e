//! The way back through a sequence.

use super::forward::Trace;
use super::layer::{Input, Sizes, Weights, part};
use super::parts::Parts;
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
        self,
        compute: &Compute,
        input: Input<'_>,
        weights: Weights<'_>,
        output_gradient: &[f32],
        gradients: Gradients<'_>,
    ) -> Option<Buffer> {
        let Self { cell, sizes, mut gates, hidden, memory, kept } = self;
        let Sizes { steps, batch, hidden: size } = sizes;
        let (row, width) = (sizes.row(), C::GATES * size);
        let past = Past {
            cell,
            sizes,
            hidden: &hidden,
            memory: &memory,
            kept: &kept,
            output_gradient,
            weight: Packed::new(compute, View::new(weights.recurrent, size)),
        };
        let mut products = Products::new(compute, sizes, input, weights, gradients);
        let longest = sizes.chunks().next().map_or(0, |chunk| chunk.len());
        let mut recurrent = compute.buffer(if C::APART { longest * batch * width } else { 0 });
        let mut hidden_gradient = compute.zeros(row);
        let mut memory_gradient = compute.zeros(if C::MEMORY { row } else { 0 });
        let mut scratch = compute.buffer(row);
        let parts = Parts::new(compute, sizes, weights.recurrent.len());
        for chunk in sizes.chunks().rev() {
            let length = chunk.len();
            let within = part(&gates, &chunk, batch * width);
            let recurrent_within = part(&recurrent, &(0..length), batch * width);
            let split = parts
                .sequences()
                .zip(parts.split(&mut gates[within.clone()], length, width))
                .zip(parts.split(&mut recurrent[recurrent_within.clone()], length, width))
                .zip(parts.split_rows(&mut hidden_gradient, size))
                .zip(parts.split_rows(&mut memory_gradient, size))
                .zip(parts.split_rows(&mut scratch, size));
            let steps =
                split.map(|(((((sequences, gates), recurrent), hidden), memory), scratch)| Steps {
                    first: chunk.start,
                    sequences,
                    gates,
                    recurrent,
                    hidden_gradient: hidden,
                    memory_gradient: memory,
                    scratch: &mut scratch[..size],
                });
            compute.scope(steps.collect(), |steps| steps.backward(&parts.compute, &past));
            let recurrent = C::APART.then(|| &recurrent[recurrent_within]);
            let previous = &hidden[part(&hidden, &chunk, row)];
            products.add(compute, &chunk, (&gates[within], recurrent), previous);
        }
        if steps == 0 {
            products.nothing();
        }
        products.input_gradient
    }
}

/// What the way back reads: see [`Trace`].
struct Past<'a, C> {
    cell: C,
    sizes: Sizes,
    hidden: &'a [f32],
    memory: &'a [f32],
    kept: &'a [f32],
    /// Of the hidden states, (T, B, H).
    output_gradient: &'a [f32],
    /// W_hh.
    weight: Packed,
}

impl<C> Past<'_, C> {
    /// What some sequences have at a step of an array, (…, B, H); of an empty one, nothing.
    fn of<'a>(&self, array: &'a [f32], step: usize, sequences: &Range<usize>) -> &'a [f32] {
        let first = step * self.sizes.batch;
        &array[part(array, &(first + sequences.start..first + sequences.end), self.sizes.hidden)]
    }
}

/// A part's sequences back through a chunk.
struct Steps<'a> {
    /// The chunk's first step.
    first: usize,
    sequences: Range<usize>,
    /// A slice a step: activations, which become their gradients.
    gates: Vec<&'a mut [f32]>,
    /// A slice a step: the gradient of the previous state's share of the gates, where it differs.
    recurrent: Vec<&'a mut [f32]>,
    /// What goes from one time step to the one before: the hidden state's gradient, (b, H).
    hidden_gradient: &'a mut [f32],
    /// The cell state's, (b, H) or empty.
    memory_gradient: &'a mut [f32],
    /// H numbers to work with.
    scratch: &'a mut [f32],
}

impl Steps<'_> {
    fn backward<C: Cell>(self, compute: &Compute, past: &Past<'_, C>) {
        let Self { first, sequences, mut gates, mut recurrent, .. } = self;
        let Self { hidden_gradient, memory_gradient, scratch, .. } = self;
        let size = past.sizes.hidden;
        for (index, (gates, recurrent)) in gates.iter_mut().zip(&mut recurrent).enumerate().rev() {
            let step = first + index;
            let of = |array, step| past.of(array, step, &sequences);
            reduce::add(compute.level, hidden_gradient, of(past.output_gradient, step));
            past.cell.backward(
                compute.level,
                Backward {
                    hidden_size: size,
                    gates,
                    previous: of(past.hidden, step),
                    hidden: of(past.hidden, step + 1),
                    memory: of(past.memory, step),
                    kept: match C::MEMORY {
                        true => of(past.memory, step + 1),
                        false => of(past.kept, step),
                    },
                    hidden_gradient,
                    memory_gradient,
                    recurrent_gradient: recurrent,
                    scratch,
                },
            );
            if step > 0 {
                let share = if C::APART { &**recurrent } else { &**gates };
                let left = View::new(share, C::GATES * size);
                multiply(compute, left, &past.weight, hidden_gradient, size, Start::Output);
            }
        }
    }
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
