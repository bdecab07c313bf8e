//! The linear decoder (`torch.nn.Linear`) and its cross-entropy as one node of the tape.

use super::parameter::{Array, Layout, Parameter, Recording, put_gradient};
use crate::kernels::softmax::{self, Loss};
use crate::kernels::{Compute, reduce};
use dfdx::prelude::*;
use std::sync::Arc;

/// The bias of a decoder onto the vocabulary. Its weight, (V, D, H), stands beside it, or is the
/// embedding's.
#[derive(Debug)]
pub struct Decoder {
    /// b, (V).
    pub bias: Parameter<(usize,)>,
}

impl Decoder {
    /// A decoder of zeros.
    pub fn new(device: &Cpu, vocabulary: usize) -> Self {
        let shape = vec![vocabulary];
        Self {
            bias: Parameter::new(device, "decoder.bias", (vocabulary,), shape, Layout::Same),
        }
    }

    /// `scale` times the summed loss of predicting `targets` (T, B) from hidden states
    /// (T, B, D, H), as a tensor; and the loss unscaled.
    ///
    /// The gradients come out of the forward pass; the way back only hands them on.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    pub fn loss_on_tape<X: Shape, W: Shape>(
        &mut self,
        compute: &Compute,
        weight: &mut Parameter<W>,
        input: Array<X, Recording>,
        targets: &[u32],
        scale: f32,
    ) -> Result<(Array<(), Recording>, Loss), CpuError> {
        let (input, mut tape) = input.split_tape();
        let features = copied(&input);
        let (values, bias) = (weight.values(), self.bias.values());
        let decoder = softmax::Decoder { weight: &values, bias: &bias };
        let memory = (weight.take_gradient(), self.bias.take_gradient());
        let (loss, found) =
            softmax::loss_with_gradient(compute, decoder, &features, targets, scale, memory);
        let scaled = (loss.sum * f64::from(scale)) as f32;
        let output = input.device().try_tensor_from_vec(vec![scaled], ())?;
        let (ghost, weight, bias) = (output.ghost(), weight.handle(), self.bias.handle());
        let level = compute.level;
        tape.add_backward_op(move |gradients| {
            let outer = gradients.get_or_alloc_mut(&ghost)?.first().copied().unwrap_or(0.0);
            let handed_on = |mut gradient: Vec<f32>| {
                if outer != 1.0 {
                    reduce::scale(level, &mut gradient, outer);
                }
                gradient
            };
            put_gradient(gradients, &weight, handed_on(found.weight))?;
            put_gradient(gradients, &bias, handed_on(found.bias))?;
            put_gradient(gradients, &input, handed_on(found.input))
        });
        Ok((output.put_tape(tape), loss))
    }

    /// The loss of predicting `targets` (T, B) from hidden states (T, B, D, H).
    pub fn loss<X: Shape>(
        &self,
        compute: &Compute,
        weight: &Arc<Vec<f32>>,
        input: &Array<X, NoneTape>,
        targets: &[u32],
    ) -> Loss {
        let bias = self.bias.values();
        let decoder = softmax::Decoder { weight, bias: &bias };
        softmax::loss(compute, decoder, &copied(input), targets)
    }

    /// The logits of hidden states (T, B, D, H): (T, B, V).
    pub fn logits<X: Shape>(
        &self,
        compute: &Compute,
        weight: &Arc<Vec<f32>>,
        input: &Array<X, NoneTape>,
    ) -> Vec<f32> {
        let bias = self.bias.values();
        softmax::logits(compute, softmax::Decoder { weight, bias: &bias }, &copied(input))
    }
}

/// A tensor's numbers.
fn copied<X: Shape>(tensor: &Array<X, NoneTape>) -> Vec<f32> {
    let mut values = vec![0.0; tensor.shape().num_elements()];
    tensor.copy_into(&mut values);
    values
}
