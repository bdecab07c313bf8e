//! First weights. Every parameter has a stream of random numbers of its own, so adding a layer
//! changes no other layer's weights.

use super::parameters::{NamedParameter, Parameters};
use crate::random::{Purpose, Stream};
use crate::spec::{self, Architecture, Initialization};

/// Draws all parameters of a network, by their names.
///
/// PyTorch's defaults: recurrent layers U(±1/√H), linear ones U(±1/√fan_in), embeddings N(0, 1);
/// an embedding that is the decoder's weight too is drawn as a linear weight, for logits of
/// unit-normal rows would start far from uniform.
///
/// Keras's defaults: U(±√(6 / (fan_in + fan_out))) for what reads an input (Glorot and Bengio
/// 2010), orthogonal recurrent weights (Saxe et al. 2014), embeddings U(±0.05), biases zero but an
/// LSTM's forget gate, which is one (Jozefowicz et al. 2015).
pub fn draw(parameters: &mut Parameters, spec: &spec::Model, seed: u64) {
    let recurrent = 1.0 / (spec.hidden_size.max(1) as f64).sqrt();
    // A bias is drawn like the weight before it.
    let mut linear = recurrent;
    for (place, parameter) in parameters.iter_mut().enumerate() {
        let stream = Stream::new(seed, Purpose::Initialization, place as u64);
        let name = parameter.name();
        let is_recurrent = name.contains("rnn.");
        let is_embedding = name.contains("embedding.");
        if let (false, [_, inputs]) = (is_recurrent, parameter.torch_shape()) {
            linear = 1.0 / (*inputs as f64).sqrt();
        }
        let distribution = match spec.initialization {
            Initialization::Uniform(range) => Distribution::Uniform(range),
            Initialization::Normal(_) if name.contains("bias") => Distribution::Zero,
            Initialization::Normal(deviation) => Distribution::Normal(deviation),
            Initialization::Pytorch if is_recurrent => Distribution::Uniform(recurrent),
            Initialization::Pytorch if is_embedding && !spec.tied => Distribution::Normal(1.0),
            Initialization::Pytorch => Distribution::Uniform(linear),
            Initialization::Keras if is_embedding => Distribution::Uniform(0.05),
            Initialization::Keras => match parameter.torch_shape() {
                [rows, columns] if name.contains("weight_hh") => {
                    Distribution::Orthogonal(*rows, *columns)
                }
                [rows, columns] => Distribution::Uniform((6.0 / (rows + columns) as f64).sqrt()),
                _ if name.contains("bias_ih") && spec.architecture == Architecture::Lstm => {
                    Distribution::ForgetGate
                }
                _ => Distribution::Zero,
            },
        };
        distribution.fill(parameter, stream);
    }
}

enum Distribution {
    Zero,
    /// One for the second of four gates, which is the forget gate, and else zero.
    ForgetGate,
    /// U(−a, a).
    Uniform(f64),
    /// N(0, σ²).
    Normal(f64),
    /// A matrix of these rows and columns, no more columns than rows, whose columns have length 1
    /// and stand at right angles.
    Orthogonal(usize, usize),
}

impl Distribution {
    fn fill(&self, parameter: &mut NamedParameter, mut stream: Stream) {
        let values = parameter.values_mut();
        match self {
            Self::Zero => values.fill(0.0),
            Self::ForgetGate => {
                values.fill(0.0);
                let hidden = values.len() / 4;
                values[hidden..2 * hidden].fill(1.0);
            }
            Self::Uniform(range) => {
                let value = || ((stream.uniform() * 2.0 - 1.0) * range) as f32;
                values.fill_with(value);
            }
            Self::Normal(deviation) => values.fill_with(|| (stream.normal() * deviation) as f32),
            Self::Orthogonal(rows, columns) => {
                for (place, column) in orthogonal(*rows, *columns, &mut stream).iter().enumerate() {
                    let target = values.iter_mut().skip(place).step_by(*columns);
                    target.zip(column).for_each(|(target, value)| *target = *value as f32);
                }
            }
        }
    }
}

/// Normal columns made orthonormal by the modified Gram–Schmidt process: uniform among all such
/// matrices.
fn orthogonal(rows: usize, columns: usize, stream: &mut Stream) -> Vec<Vec<f64>> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut done: Vec<Vec<f64>> = Vec::with_capacity(columns);
    for _ in 0..columns {
        let mut column: Vec<f64> = (0..rows).map(|_| stream.normal()).collect();
        for other in &done {
            let share = dot(&column, other);
            column.iter_mut().zip(other).for_each(|(value, other)| *value -= share * other);
        }
        let length = dot(&column, &column).sqrt();
        column.iter_mut().for_each(|value| *value /= length);
        done.push(column);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_orthonormal() {
        for (rows, columns) in [(1, 1), (5, 5), (12, 4), (128, 128)] {
            let mut stream = Stream::new(3, Purpose::Initialization, 0);
            let matrix = orthogonal(rows, columns, &mut stream);
            for (i, a) in matrix.iter().enumerate() {
                for (j, b) in matrix.iter().enumerate() {
                    let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                    assert!(
                        (product - f64::from(i == j)).abs() < 1e-9,
                        "{rows}: {i} {j} {product}"
                    );
                }
            }
        }
    }
}
