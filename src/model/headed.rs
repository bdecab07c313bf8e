//! Recurrent layers with a linear decoder above them: what classifier, tagger and regression are.

use super::dense::{Dense, Rows};
use super::initialization::draw;
use super::stack::{self, Input, Masks, Stack, States};
use super::{AnyParameter, Network};
use crate::kernels::Compute;
use crate::spec::{self, Experiment};
use dfdx::prelude::*;

/// A stack and a decoder of its output.
pub struct Headed {
    /// Where tensors are.
    pub device: Cpu,
    /// What computes.
    pub compute: Compute,
    /// Its sizes.
    pub spec: spec::Model,
    /// The recurrent layers.
    pub stack: Box<dyn Stack>,
    decoder: Dense,
    input: Input,
}

impl Headed {
    /// A network that reads `input` and gives so many numbers, its weights drawn at random.
    pub fn new(experiment: &Experiment, input: Input, outputs: usize, compute: &Compute) -> Self {
        let (device, spec) = (Cpu::default(), &experiment.model);
        let mut network = Self {
            stack: stack::build(compute, &device, spec, input),
            decoder: Dense::new(&device, "decoder", spec.output_size(), outputs),
            device,
            compute: compute.clone(),
            spec: spec.clone(),
            input,
        };
        draw(&mut network, spec, experiment.seed);
        network
    }

    /// What the decoder makes of each state, after dropout where there are masks.
    ///
    /// # Errors
    /// When dfdx cannot allocate.
    pub fn decode<T: Tape<f32, Cpu>>(
        &self,
        states: States<T>,
        masks: Masks,
    ) -> Result<Rows<T>, CpuError> {
        let (compute, device) = (&self.compute, &self.device);
        let place = 1 + self.spec.layers as u64;
        let states = masks.drop(compute, device, states, place, self.spec.output_dropout)?;
        self.decoder.forward(compute, device, states)
    }

    /// The network in a line a layer, with something said after the decoder.
    pub fn lines(&self, after: &str) -> Vec<String> {
        let mut lines = stack::describe(&self.spec, self.input);
        lines.push(format!("linear     {} → {}{after}", self.spec.output_size(), self.outputs()));
        lines
    }

    /// How many numbers the decoder gives.
    pub fn outputs(&self) -> usize {
        self.decoder.bias.numbers().len()
    }
}

impl Network for Headed {
    fn parameters(&self) -> Vec<&dyn AnyParameter> {
        let mut parameters = self.stack.parameters();
        parameters.extend(self.decoder.parameters());
        parameters
    }

    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter> {
        let mut parameters = self.stack.parameters_mut();
        parameters.extend(self.decoder.parameters_mut());
        parameters
    }

    fn describe(&self) -> Vec<String> {
        self.lines("")
    }
}
