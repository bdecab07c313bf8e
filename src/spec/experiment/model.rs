//! The network.

use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumMessage, IntoStaticStr};

use super::task::{EMBEDDED, HIDDEN, LANGUAGE, PRETRAINED, READERS, RECURRENT, TRANSLATION, Task};
use crate::spec::keys::Range;
use crate::spec::keys::define::{boolean, choice, integer, number, table, text, word, words};

table! {
    /// The network.
    #[derive(Default)]
    #[serde(default)]
    pub struct Model at "model" {
        /// The recurrent cell.
        architecture: Architecture = word(Architecture::Lstm).when("task", RECURRENT);
        /// The non-linearity of a plain rnn.
        nonlinearity: Option<Nonlinearity> = word(Nonlinearity::Tanh).when("model.architecture", &[Architecture::Rnn]);
        /// Stacked recurrent layers.
        layers: usize = integer(1, 64).or(1).when("task", RECURRENT);
        /// Whether a second direction reads each sequence from its end.
        bidirectional: bool = boolean().or(false).when("task", READERS);
        /// Length of a token's vector; 0: one-hot.
        embedding_size: usize = integer(0, 65_536).or(0).when("task", EMBEDDED);
        /// Units of each layer and direction.
        hidden_size: usize = integer(1, 65_536).or(256).when("task", HIDDEN);
        /// Dropout between recurrent layers, as in torch.nn.LSTM; a probability.
        dropout: f64 = number(Range::PART).or(0.0).when("task", RECURRENT);
        /// Dropout on the embedded input; a probability.
        embedding_dropout: f64 = number(Range::PART).or(0.0).when("task", READERS);
        /// Dropout on the last layer's output, before the decoder; a probability.
        output_dropout: f64 = number(Range::PART).or(0.0).when("task", RECURRENT);
        /// Whether the decoder shares the embedding's weights.
        tied: bool = boolean().or(false).when("task", LANGUAGE);
        /// Whether a linear decoder follows the last layer (absent: yes); without one its hidden
        /// state is the logits.
        decoder: Option<bool> = boolean().or_absent().when("task", LANGUAGE);
        /// A safetensors file of word vectors that the embedding begins with, by its path.
        embedding: Option<String> = text().optional().when("task", PRETRAINED);
        /// Whether these vectors stay as they are; absent: they are trained.
        embedding_frozen: Option<bool> = boolean().or_absent().when("task", PRETRAINED);
        /// Whether the decoder looks at all states of the encoder.
        attention: bool = boolean().or(false).when("task", TRANSLATION);
        /// Units of the narrowest layer.
        code_size: usize = integer(1, 65_536).or(32).when("task", &[Task::Autoencoder]);
        /// How weights are drawn before training.
        initialization: Initialization = choice::<Initialization>(Range::POSITIVE).or(Initialization::Pytorch);
    }
}

impl Model {
    /// D, the number of directions of a layer.
    pub fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// D·H, the numbers that a layer gives at each step.
    pub fn output_size(&self) -> usize {
        self.hidden_size * self.directions()
    }
}

words! {
    /// The recurrent cell.
    #[derive(Default)]
    pub enum Architecture {
        /// Elman's network
        Rnn,
        /// gated recurrent unit, in PyTorch's form
        Gru,
        /// long short-term memory
        #[default]
        Lstm,
    }
}

words! {
    /// The non-linearity of a plain `rnn`.
    #[derive(Default)]
    pub enum Nonlinearity {
        /// hyperbolic tangent
        #[default]
        Tanh,
        /// max(0, x)
        Relu,
    }
}

/// How weights are drawn before training.
// PyTorch: recurrent weights U(±1/√hidden), linear U(±1/√fan_in), embedding N(0, 1). Keras: weights of
// inputs U(±√(6 / (fan_in + fan_out))), embedding U(±0.05), biases zero but an LSTM's forget gate, which
// is one.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Serialize,
    Deserialize,
    EnumIter,
    EnumMessage,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Initialization {
    /// PyTorch's defaults for each layer
    #[default]
    Pytorch,
    /// Keras's defaults for each layer: orthogonal recurrent weights
    Keras,
    /// every weight and bias from U(-a, a)
    Uniform(f64),
    /// every weight from N(0, s^2), biases zero
    Normal(f64),
}
