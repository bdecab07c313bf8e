//! The linear layer (`torch.nn.Linear`) and the functions after it, as nodes of the tape.

use super::parameter::{AnyParameter, Array, Layout, Parameter, Slot};
use crate::kernels::matrix::{Output, Packed, View, multiply, product};
use crate::kernels::{Compute, reduce, sequence};
use dfdx::prelude::*;
use std::sync::Arc;

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
        input: Array<X, T>,
    ) -> Result<Rows<T>, CpuError> {
        let (input, mut tape) = input.split_tape();
        let features = Arc::new(numbers(&input));
        let (weight, bias) = (self.weight.used(), self.bias.used());
        let (outputs, width) = (bias.values.len(), self.weight.torch_shape()[1]);
        let rows = features.len() / width.max(1);
        let mut values = bias.values.repeat(rows);
        let packed = Packed::new(compute, View::new(&weight.values, width).transposed());
        let left = View::new(&features, width);
        multiply(compute, left, &packed, &mut values, outputs, Output::Add);
        let output = input.device().try_tensor_from_vec(values, (rows, outputs))?;
        if T::OWNS_TAPE {
            let ends: [Arc<dyn Slot>; 2] = [Arc::new(input), Arc::new(output.clone())];
            let compute = compute.clone();
            tape.add_backward_op(move |gradients| {
                let delta = std::mem::take(ends[1].of(gradients)?);
                let gradient = weight.slot.of(gradients)?;
                sequence::add_weight(&compute, &delta, &features, width, gradient);
                reduce::add_rows(compute.level, bias.slot.of(gradients)?, &delta);
                let (left, right) = (View::new(&delta, outputs), View::new(&weight.values, width));
                let back = product(&compute, left, right);
                add_to(&compute, ends[0].of(gradients)?, &back);
                Ok(())
            });
        }
        Ok(output.put_tape(tape))
    }
}

/// Adds a gradient where another operation may have left one.
pub(super) fn add_to(compute: &Compute, gradient: &mut Vec<f32>, more: &[f32]) {
    if gradient.len() == more.len() {
        reduce::add(compute.level, gradient, more);
    } else {
        *gradient = more.to_vec();
    }
}

/// A tensor's numbers.
pub(super) fn numbers<X: Shape, T>(tensor: &Array<X, T>) -> Vec<f32> {
    let mut values = vec![0.0; tensor.shape().num_elements()];
    tensor.copy_into(&mut values);
    values
}

/// `max(0, x)` of every number.
///
/// # Errors
/// When dfdx cannot allocate.
pub fn relu<S: Shape, T: Tape<f32, Cpu>>(input: Array<S, T>) -> Result<Array<S, T>, CpuError> {
    let (input, mut tape) = input.split_tape();
    let mut values = numbers(&input);
    values.iter_mut().for_each(|x| *x = x.max(0.0));
    let kept = Arc::new(values.clone());
    let output = input.device().try_tensor_from_vec(values, *input.shape())?;
    let ends: [Arc<dyn Slot>; 2] = [Arc::new(input), Arc::new(output.clone())];
    tape.add_backward_op(move |gradients| {
        let mut delta = std::mem::take(ends[1].of(gradients)?);
        for (delta, kept) in delta.iter_mut().zip(kept.iter()) {
            *delta = if *kept > 0.0 { *delta } else { 0.0 };
        }
        *ends[0].of(gradients)? = delta;
        Ok(())
    });
    Ok(output.put_tape(tape))
}
