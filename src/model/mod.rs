//! Networks: typed dfdx models over the kernels.
//!
//! A model's parameters have their shapes in their types ([`Parameter`]); each layer is one
//! operation on dfdx's tape, forward and backward fused over the whole sequence ([`recurrent`]).
//! The sizes of common networks are known to the compiler; [`table`] turns the sizes of a spec
//! into such a type, and any other size runs through the same code with axes of run-time size.
//!
//! What training sees is a [`Learner`], a [`Network`] with its data, whatever the task; a
//! [`Model`] is the network of a language model.

pub mod answer;
pub mod attend;
pub mod autoencoder;
pub mod classifier;
pub mod decoder;
pub mod dense;
pub mod embedding;
pub mod generate;
pub mod headed;
pub mod initialization;
pub mod language;
pub mod language_model;
pub mod leak;
pub mod learner;
pub mod loss;
pub mod output;
pub mod parameter;
mod pass;
pub mod pretrained;
pub mod recurrent;
pub mod regression;
pub mod select;
pub mod skip_gram;
pub mod stack;
pub mod step;
pub mod table;
pub mod tagger;
pub mod translator;
pub mod weights;

pub use answer::{AnswerError, Trained};
pub use generate::{Draw, Generator};
pub use learner::{BeginError, Key, Learner, Learns, Lesson, Outcome, Written};
pub use output::{Content, Output, Picture};
pub use parameter::{AnyParameter, Parameter};
pub use table::build;

use crate::data::Batch;
use crate::kernels::sequence::State;
use crate::kernels::softmax::Loss;
use crate::spec::Reduction;

/// Why a model could not compute.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ModelError {
    /// dfdx could not allocate a tensor.
    #[error("out of memory in the model's tensors ({0})")]
    #[diagnostic(help("a smaller batch_size, sequence_length or hidden_size needs less"))]
    Memory(dfdx::tensor::CpuError),
}

impl From<dfdx::tensor::CpuError> for ModelError {
    fn from(error: dfdx::tensor::CpuError) -> Self {
        Self::Memory(error)
    }
}

/// What names a training step: the key of its random numbers, and what its loss is.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The trial's seed.
    pub seed: u64,
    /// The step's number, from 0.
    pub index: u64,
    /// What the gradient is the gradient of.
    pub reduction: Reduction,
}

/// The hidden state of all layers and directions of a model.
pub type ModelState = Vec<State>;

/// A network: its parameters, and how it is described.
pub trait Network {
    /// All parameters, in PyTorch's order.
    fn parameters(&self) -> Vec<&dyn AnyParameter>;

    /// All parameters, in PyTorch's order.
    fn parameters_mut(&mut self) -> Vec<&mut dyn AnyParameter>;

    /// The network in a line a layer, with its shapes, for people.
    fn describe(&self) -> Vec<String>;

    /// Whether the parameter of this name stays as it is.
    fn is_frozen(&self, _name: &str) -> bool {
        false
    }
}

/// A network that predicts tokens.
pub trait Model: Network {
    /// The hidden state that a text begins with.
    fn zero_state(&self, batch: usize) -> ModelState;

    /// Forward and backward through a batch: afterwards every parameter holds its gradient, and
    /// `state` is the state after the batch.
    ///
    /// # Errors
    /// When memory runs out.
    fn train(
        &mut self,
        batch: &Batch,
        state: &mut ModelState,
        step: Step,
    ) -> Result<Loss, ModelError>;

    /// The loss of a batch, without dropout; `state` becomes the state after it.
    ///
    /// # Errors
    /// When memory runs out.
    fn evaluate(&self, batch: &Batch, state: &mut ModelState) -> Result<Loss, ModelError>;

    /// The logits (T, V) after each of some tokens of one text; `state` becomes the state after
    /// the last.
    ///
    /// # Errors
    /// When memory runs out.
    fn logits(&self, tokens: &[u32], state: &mut ModelState) -> Result<Vec<f32>, ModelError>;
}

/// The number of trainable numbers.
pub fn parameter_count(network: &dyn Network) -> usize {
    network.parameters().iter().map(|parameter| parameter.numbers().len()).sum()
}
