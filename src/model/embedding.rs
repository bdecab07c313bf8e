//! The embedding (`torch.nn.Embedding`) and dropout as nodes of the tape.

use super::parameter::{Array, Layout, Parameter};
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
        compute: &Compute,
        extent: Extent,
        tokens: Arc<Vec<u32>>,
        mut tape: T,
        device: &Cpu,
    ) -> Result<Array<(usize, usize, E), T>, CpuError> {
        let width = self.size.size();
        let weight = self.weight.used();
        let mut rows = compute.buffer(tokens.len() * width);
        lookup::gather(&mut rows, &weight.values, width, &tokens);
        let output = Array::new(device, (extent.steps, extent.batch, self.size), rows, NoneTape)?;
        let (slot, compute) = (output.slot(), compute.clone());
        tape.add_backward_op(move |gradients| {
            let delta = compute.adopt(std::mem::take(slot.of(gradients)?));
            let gradient = weight.slot.of(gradients)?;
            lookup::scatter_add(compute.level, gradient, width, &tokens, &delta);
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
    device: &Cpu,
) -> Result<Array<S, T>, CpuError> {
    if probability == 0.0 {
        return Ok(input);
    }
    let shape = *input.handle.shape();
    let (slot, values, mut tape) = input.split();
    let mut dropped = compute.buffer(values.len());
    dropped.copy_from_slice(&values);
    dropout::apply(compute.level, &mut dropped, &mask, probability);
    let output = Array::new(device, shape, dropped, NoneTape)?;
    let (outer, level) = (output.slot(), compute.level);
    tape.add_backward_op(move |gradients| {
        let mut delta = std::mem::take(outer.of(gradients)?);
        dropout::apply(level, &mut delta, &mask, probability);
        *slot.of(gradients)? = delta;
        Ok(())
    });
    Ok(output.put_tape(tape))
}
