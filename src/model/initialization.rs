//! First weights. Every parameter has a stream of random numbers of its own, so adding a layer
//! changes no other layer's weights.

use super::{AnyParameter, Network};
use crate::random::{Purpose, Stream};
use crate::spec::{self, Initialization};

/// Draws all weights of a model.
///
/// PyTorch's defaults: recurrent weights and biases U(±1/√H), linear ones U(±1/√fan_in), the
/// embedding N(0, 1); an embedding that is the decoder's weight too is drawn as a linear weight,
/// for logits of unit-normal rows would start far from uniform.
pub fn initialize(model: &mut dyn Network, spec: &spec::Model, seed: u64) {
    let directions = if spec.bidirectional { 2 } else { 1 };
    let recurrent = 1.0 / (spec.hidden_size as f64).sqrt();
    let linear = 1.0 / ((spec.hidden_size * directions) as f64).sqrt();
    for (place, parameter) in model.parameters_mut().into_iter().enumerate() {
        let stream = Stream::new(seed, Purpose::Initialization, place as u64);
        let name = parameter.name();
        let distribution = match spec.initialization {
            Initialization::Uniform(range) => Distribution::Uniform(range),
            Initialization::Normal(_) if name.contains("bias") => Distribution::Zero,
            Initialization::Normal(deviation) => Distribution::Normal(deviation),
            Initialization::Pytorch if name.starts_with("rnn.") => Distribution::Uniform(recurrent),
            Initialization::Pytorch if name.starts_with("decoder.") || spec.tied => {
                Distribution::Uniform(linear)
            }
            Initialization::Pytorch => Distribution::Normal(1.0),
        };
        distribution.fill(parameter, stream);
    }
}

/// Draws all weights of a network that is no language model, by the names of its parameters:
/// PyTorch's defaults as in [`initialize`], each linear layer by its own inputs.
pub fn draw(network: &mut dyn Network, spec: &spec::Model, seed: u64) {
    let recurrent = 1.0 / (spec.hidden_size.max(1) as f64).sqrt();
    // A bias is drawn like the weight before it.
    let mut linear = recurrent;
    for (place, parameter) in network.parameters_mut().into_iter().enumerate() {
        let stream = Stream::new(seed, Purpose::Initialization, place as u64);
        if let [_, inputs] = parameter.torch_shape() {
            linear = 1.0 / (*inputs as f64).sqrt();
        }
        let name = parameter.name();
        let distribution = match spec.initialization {
            Initialization::Uniform(range) => Distribution::Uniform(range),
            Initialization::Normal(_) if name.contains("bias") => Distribution::Zero,
            Initialization::Normal(deviation) => Distribution::Normal(deviation),
            Initialization::Pytorch if name.contains("rnn.") => Distribution::Uniform(recurrent),
            Initialization::Pytorch if name.contains("embedding.") => Distribution::Normal(1.0),
            Initialization::Pytorch => Distribution::Uniform(linear),
        };
        distribution.fill(parameter, stream);
    }
}

enum Distribution {
    Zero,
    /// U(−a, a).
    Uniform(f64),
    /// N(0, σ²).
    Normal(f64),
}

impl Distribution {
    fn fill(&self, parameter: &mut dyn AnyParameter, mut stream: Stream) {
        for value in parameter.both_mut().0 {
            *value = match self {
                Self::Zero => 0.0,
                Self::Uniform(range) => ((stream.uniform() * 2.0 - 1.0) * range) as f32,
                Self::Normal(deviation) => (stream.normal() * deviation) as f32,
            };
        }
    }
}
