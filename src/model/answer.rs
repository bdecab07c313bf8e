//! What a trained network of any task answers to a text.

use super::learner::BeginError;
use super::weights::WeightsError;
use super::{ModelError, Network, weights};
use crate::data::{UnknownToken, Vocabulary};
use crate::kernels::Compute;
use crate::spec::Experiment;

/// A trained network, as a run has left it.
#[derive(Debug)]
pub struct Trained<'a> {
    /// What was run.
    pub experiment: &'a Experiment,
    /// Its tokens.
    pub vocabulary: &'a Vocabulary,
    /// Its classes, where the task has any.
    pub classes: &'a [String],
    /// Its weights, as a safetensors file.
    pub weights: &'a [u8],
    /// What it computes with.
    pub compute: Compute,
}

impl Trained<'_> {
    /// Puts the trained weights into a network.
    ///
    /// # Errors
    /// When they are another network's.
    pub fn restore(&self, network: &mut dyn Network) -> Result<(), WeightsError> {
        weights::from_bytes(network, self.weights)
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum AnswerError {
    /// The network cannot be built again.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Begin(#[from] BeginError),
    /// The network cannot compute.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Model(#[from] ModelError),
    /// The weights do not fit.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Weights(#[from] WeightsError),
    /// The text has a token that the network does not know.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unknown(#[from] UnknownToken),
    /// The text is none that can be answered.
    #[error("{what}")]
    #[diagnostic(code(model::no_answer), help("{help}"))]
    Refused {
        /// What is wrong with it.
        what: String,
        /// What would be right.
        help: String,
    },
}
