//! The linear layer (`torch.nn.Linear`) and the functions after it, as nodes of the tape.

use super::parameter::{AnyParameter, Array, Layout, Parameter};
use crate::kernels::matrix::{Packed, Start, View, multiply, product};
use crate::kernels::{Compute, reduce, sequence};
use dfdx::prelude::*;

/// `y = x Wᵀ + b` of every row, W being (O, I).
#[derive(Debug)]
pub struct Dense {
    /// W.
    pub weight: Parameter<(usize, usize)>,
    /// b.
    pub bias: Parameter<(usize,)>,
}

/// Rows of an array, (N, F).
pub type Rows<T> = Array<(usize, usize), T>;

impl Dense {
    /// A layer of zeros; its parameters are `<name>.weight` and `<name>.bias`.
    pub fn new(device: &Cpu, name: &str, input: usize, output: usize) -> Self {
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        let shape = vec![output, input];
        Self {
            weight: Parameter::new(device, weight, (output, input), shape, Layout::Same),
            bias: Parameter::new(device, bias, (output,), vec![output], Layout::Same),
        }
    }

    /// Its parameters, in PyTorch's order.
    pub fn parameters(&self) -> [&dyn AnyParameter; 2] {
        [&self.weight, &self.bias]
    }

    /// Its parameters, in PyTorch's order.
    pub fn parameters_mut(&mut self) -> [&mut dyn AnyParameter; 2] {
        [&mut self.weight, &mut self.bias]
    }

    /// The layer on an array whose last axes together are I numbers: (N, O).
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    pub fn forward<X: Shape, T: Tape<f32, Cpu>>(
        &self,
        compute: &Compute,
        device: &Cpu,
        input: Array<X, T>,
    ) -> Result<Rows<T>, CpuError> {
        let (inner, features, mut tape) = input.split();
        let (weight, bias) = (self.weight.used(), self.bias.used());
        let (outputs, width) = (bias.values.len(), self.weight.torch_shape()[1]);
        let rows = features.len() / width.max(1);
        let mut values = compute.buffer(rows * outputs);
        let packed = Packed::new(compute, View::new(&weight.values, width).transposed());
        let (left, start) = (View::new(&features, width), Start::Row(&bias.values));
        multiply(compute, left, &packed, &mut values, outputs, start);
        let output = Array::new(device, (rows, outputs), values, NoneTape)?;
        if T::OWNS_TAPE {
            let (outer, compute) = (output.slot(), compute.clone());
            tape.add_backward_op(move |gradients| {
                let delta = compute.adopt(std::mem::take(outer.of(gradients)?));
                let gradient = weight.slot.of(gradients)?;
                sequence::weight(&compute, &delta, &features, width, gradient);
                let gradient = bias.slot.of(gradients)?;
                gradient.fill(0.0);
                reduce::add_rows(compute.level, gradient, &delta);
                let (left, right) = (View::new(&delta, outputs), View::new(&weight.values, width));
                let back = product(&compute, left, right);
                add_to(&compute, inner.of(gradients)?, back.into_vec());
                Ok(())
            });
        }
        Ok(output.put_tape(tape))
    }
}

/// Adds a gradient where another operation may have left one: of a result that none has, there is
/// but a single zero.
pub(super) fn add_to(compute: &Compute, gradient: &mut Vec<f32>, more: Vec<f32>) {
    if gradient.len() == more.len() {
        reduce::add(compute.level, gradient, &more);
    } else {
        *gradient = more;
    }
}

/// An array that is none's tape's, once more.
pub(super) fn again<S: Shape>(array: &Array<S, NoneTape>) -> Array<S, NoneTape> {
    Array { handle: array.handle.clone(), values: array.values.clone() }
}

/// `max(0, x)` of every number.
///
/// # Errors
/// When dfdx cannot allocate.
pub fn relu<S: Shape, T: Tape<f32, Cpu>>(
    compute: &Compute,
    device: &Cpu,
    input: Array<S, T>,
) -> Result<Array<S, T>, CpuError> {
    let forward = |x: f32| x.max(0.0);
    by_number(compute, device, input, forward, |y, delta| if y > 0.0 { delta } else { 0.0 })
}

/// A function of every number, whose derivative is one of its value.
///
/// # Errors
/// When dfdx cannot allocate.
pub(super) fn by_number<S: Shape, T: Tape<f32, Cpu>>(
    compute: &Compute,
    device: &Cpu,
    input: Array<S, T>,
    forward: impl Fn(f32) -> f32,
    backward: impl Fn(f32, f32) -> f32 + 'static,
) -> Result<Array<S, T>, CpuError> {
    let shape = *input.handle.shape();
    let (inner, values, mut tape) = input.split();
    let mut found = compute.buffer(values.len());
    found.iter_mut().zip(values.iter()).for_each(|(y, x)| *y = forward(*x));
    let output = Array::new(device, shape, found, NoneTape)?;
    let (outer, kept) = (output.slot(), output.values.clone());
    tape.add_backward_op(move |gradients| {
        let mut delta = std::mem::take(outer.of(gradients)?);
        delta.iter_mut().zip(kept.iter()).for_each(|(delta, y)| *delta = backward(*y, *delta));
        *inner.of(gradients)? = delta;
        Ok(())
    });
    Ok(output.put_tape(tape))
}
