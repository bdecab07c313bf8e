//! Dropout: in training alone, under a mask that is a function of the step and the place.

use crate::kernels::{Buffer, dropout};
use crate::nn::array::{Array, Back, Raw};
use crate::nn::tape::Result;
use dfdx::prelude::*;

/// Dropout at a place of a network (`torch.nn.Dropout`).
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    probability: f64,
    place: u64,
}

impl Dropout {
    /// Dropout whose random numbers are those of a place, which no other dropout of the network has.
    pub fn new(probability: f64, place: u64) -> Self {
        Self { probability, place }
    }

    /// The same above some more layers.
    pub fn after(self, layers: usize) -> Self {
        Self { place: self.place + layers as u64, ..self }
    }

    /// What is left of an array, and the way back; `None` where nothing is dropped.
    fn run(self, input: &Raw) -> Option<(Buffer, Back)> {
        let probability = self.probability;
        let mask = input.pass.dropout_mask(self.place).filter(|_| probability > 0.0)?;
        let compute = input.pass.compute();
        let mut dropped = compute.buffer(input.values.len());
        dropped.copy_from_slice(&input.values);
        dropout::apply(compute.level, &mut dropped, &mask, probability);
        let back: Back = Box::new(move |mut delta, found| {
            dropout::apply(found.compute.level, &mut delta, &mask, probability);
            Ok(Some(delta))
        });
        Some((dropped, back))
    }
}

impl<S: Shape, T: Tape<f32, Cpu>> Module<Array<S, T>> for Dropout {
    type Output = Array<S, T>;
    type Error = CpuError;

    fn try_forward(&self, input: Array<S, T>) -> Result<Array<S, T>> {
        let Some((values, back)) = self.run(input.raw()) else { return Ok(input) };
        let shape = *input.shape();
        input.then(shape, values, back)
    }
}
