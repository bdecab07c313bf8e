//! The embedding (`torch.nn.Embedding`) and dropout as nodes of the tape.

use super::parameter::{Array, Layout, Parameter, put_gradient};
use super::recurrent::Extent;
use crate::kernels::{Compute, dropout, lookup};
use crate::random::Stream;
use dfdx::prelude::*;
use std::sync::Arc;

/// A table of one vector a token, (V, E).
#[derive(Debug)]
pub struct Embedding<E: Dim> {
    /// The table.
    pub weight: Parameter<(usize, E)>,
    size: E,
}

impl<E: Dim> Embedding<E> {
    /// A table of zeros.
    pub fn new(device: &Cpu, vocabulary: usize, size: E) -> Self {
        let shape = vec![vocabulary, size.size()];
        let weight =
            Parameter::new(device, "embedding.weight", (vocabulary, size), shape, Layout::Same);
        Self { weight, size }
    }

    /// The vectors of tokens (T, B): (T, B, E).
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    pub fn forward<T: Tape<f32, Cpu>>(
        &self,
        extent: Extent,
        tokens: Arc<Vec<u32>>,
        mut tape: T,
        device: &Cpu,
    ) -> Result<Array<(usize, usize, E), T>, CpuError> {
        let width = self.size.size();
        let rows = lookup::gather(&self.weight.values(), width, &tokens);
        let output = device.try_tensor_from_vec(rows, (extent.steps, extent.batch, self.size))?;
        let (ghost, weight) = (output.ghost(), self.weight.handle());
        tape.add_backward_op(move |gradients| {
            let delta = std::mem::take(&mut **gradients.get_or_alloc_mut(&ghost)?);
            lookup::scatter_add(gradients.get_or_alloc_mut(&weight)?, width, &tokens, &delta);
            Ok(())
        });
        Ok(output.put_tape(tape))
    }
}

/// Dropout under a mask's key; with probability 0, the input itself.
///
/// # Errors
/// When dfdx cannot allocate.
pub fn drop_out<S: Shape, T: Tape<f32, Cpu>>(
    compute: &Compute,
    input: Array<S, T>,
    mask: Stream,
    probability: f64,
) -> Result<Array<S, T>, CpuError> {
    if probability == 0.0 {
        return Ok(input);
    }
    let (input, mut tape) = input.split_tape();
    let mut values = vec![0.0; input.shape().num_elements()];
    input.copy_into(&mut values);
    dropout::apply(compute.level, &mut values, &mask, probability);
    let output = input.device().try_tensor_from_vec(values, *input.shape())?;
    let (ghost, level) = (output.ghost(), compute.level);
    tape.add_backward_op(move |gradients| {
        let mut delta = std::mem::take(&mut **gradients.get_or_alloc_mut(&ghost)?);
        dropout::apply(level, &mut delta, &mask, probability);
        put_gradient(gradients, &input, delta)
    });
    Ok(output.put_tape(tape))
}
