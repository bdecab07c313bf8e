//! The linear decoder (`torch.nn.Linear`) and its cross-entropy as one node of the tape.

use super::parameter::{AnyParameter, Array, Layout, Parameter, Recording};
use crate::kernels::softmax::{self, Loss};
use crate::kernels::{Compute, reduce};
use dfdx::prelude::*;

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
            bias: Parameter::new(device, "decoder.bias".into(), (vocabulary,), shape, Layout::Same),
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
        device: &Cpu,
    ) -> Result<(Array<(), Recording>, Loss), CpuError> {
        let (input, features, mut tape) = input.split();
        let (weight_used, bias_used) = (weight.used(), self.bias.used());
        let decoder = softmax::Decoder { weight: &weight_used.values, bias: &bias_used.values };
        let memory = (weight.take_gradient(), self.bias.take_gradient());
        let (loss, found) =
            softmax::loss_with_gradient(compute, decoder, &features, targets, scale, memory);
        let mut scaled = compute.buffer(1);
        scaled[0] = (loss.sum * f64::from(scale)) as f32;
        let output = Array::new(device, (), scaled, NoneTape)?;
        let outer = output.slot();
        let level = compute.level;
        tape.add_backward_op(move |gradients| {
            let outer = outer.of(gradients)?.first().copied().unwrap_or(0.0);
            let handed_on = |mut gradient: Vec<f32>| {
                if outer != 1.0 {
                    reduce::scale(level, &mut gradient, outer);
                }
                gradient
            };
            *weight_used.slot.of(gradients)? = handed_on(found.weight);
            *bias_used.slot.of(gradients)? = handed_on(found.bias);
            *input.of(gradients)? = handed_on(found.input.into_vec());
            Ok(())
        });
        Ok((output.put_tape(tape), loss))
    }

    /// The loss of predicting `targets` (T, B) from hidden states (T, B, D, H).
    pub fn loss<X: Shape>(
        &self,
        compute: &Compute,
        weight: &[f32],
        input: &Array<X, NoneTape>,
        targets: &[u32],
    ) -> Loss {
        let bias = self.bias.numbers();
        softmax::loss(compute, softmax::Decoder { weight, bias }, &input.values, targets)
    }

    /// The logits of hidden states (T, B, D, H): (T, B, V).
    pub fn logits<X: Shape>(
        &self,
        compute: &Compute,
        weight: &[f32],
        input: &Array<X, NoneTape>,
    ) -> Vec<f32> {
        let bias = self.bias.numbers();
        softmax::logits(compute, softmax::Decoder { weight, bias }, &input.values)
    }
}
