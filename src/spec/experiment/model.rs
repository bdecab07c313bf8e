//! The network.

use serde::{Deserialize, Serialize};

/// The network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Model {
    /// The recurrent cell.
    pub architecture: Architecture,
    /// The non-linearity of a plain `rnn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonlinearity: Option<Nonlinearity>,
    /// Stacked recurrent layers.
    pub layers: usize,
    /// Whether a second direction reads the sequence from its end.
    pub bidirectional: bool,
    /// Length of a token's vector; 0: one-hot.
    pub embedding_size: usize,
    /// Units of each layer and direction.
    pub hidden_size: usize,
    /// Dropout between recurrent layers, as in `torch.nn.LSTM`.
    pub dropout: f64,
    /// Dropout on the embedded input.
    pub embedding_dropout: f64,
    /// Dropout on the last layer's output, before the decoder.
    pub output_dropout: f64,
    /// Whether the decoder shares the embedding's weights.
    pub tied: bool,
    /// Whether a linear decoder follows the last layer; absent: yes. Without one, its hidden state
    /// is the logits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decoder: Option<bool>,
    /// A safetensors file of vectors that the embedding begins with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<String>,
    /// Whether these vectors stay as they are; absent: no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding_frozen: Option<bool>,
    /// Whether the decoder looks at all states of the encoder.
    pub attention: bool,
    /// Units of the narrowest layer.
    pub code_size: usize,
    /// How weights are drawn before training.
    pub initialization: Initialization,
}

impl Model {
    /// D, how many directions a layer has.
    pub fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }

    /// D·H, the numbers that a layer gives at each step.
    pub fn output_size(&self) -> usize {
        self.hidden_size * self.directions()
    }
}

/// The recurrent cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Elman's network: `h' = tanh(W x + U h + b)`.
    Rnn,
    /// Gated recurrent unit (Cho et al. 2014), in PyTorch's form.
    Gru,
    /// Long short-term memory (Hochreiter and Schmidhuber 1997).
    #[default]
    Lstm,
}

/// The non-linearity of a plain `rnn`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nonlinearity {
    /// Hyperbolic tangent.
    Tanh,
    /// `max(0, x)`.
    Relu,
}

/// How weights are drawn before training.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initialization {
    /// PyTorch's defaults: recurrent weights U(±1/√hidden), linear U(±1/√fan_in), embedding N(0, 1).
    #[default]
    Pytorch,
    /// Keras's defaults: weights of inputs U(±√(6 / (fan_in + fan_out))), recurrent ones
    /// orthogonal, embedding U(±0.05), biases zero but an LSTM's forget gate, which is one.
    Keras,
    /// Every weight and bias from U(−a, a).
    Uniform(f64),
    /// Every weight from N(0, σ²), biases zero.
    Normal(f64),
}
