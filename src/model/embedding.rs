//! The embedding (`torch.nn.Embedding`) and dropout as nodes of the tape.

use super::parameter::{Array, Layout, Parameter, Slot};
use super::pass::Extent;
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
        let weight = Parameter::new(
            device,
            "embedding.weight".into(),
            (vocabulary, size),
            shape,
            Layout::Same,
        );
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
        let weight = self.weight.used();
        let rows = lookup::gather(&weight.values, width, &tokens);
        let output = device.try_tensor_from_vec(rows, (extent.steps, extent.batch, self.size))?;
        let slot: Arc<dyn Slot> = Arc::new(output.clone());
        tape.add_backward_op(move |gradients| {
            let delta = std::mem::take(slot.of(gradients)?);
            lookup::scatter_add(weight.slot.of(gradients)?, width, &tokens, &delta);
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
    let level = compute.level;
    let ends: [Arc<dyn Slot>; 2] = [Arc::new(input), Arc::new(output.clone())];
    tape.add_backward_op(move |gradients| {
        let mut delta = std::mem::take(ends[1].of(gradients)?);
        dropout::apply(level, &mut delta, &mask, probability);
        *ends[0].of(gradients)? = delta;
        Ok(())
    });
    Ok(output.put_tape(tape))
}
