//! What a trained network of any task answers to a text.

use super::learner::BeginError;
use super::weights::WeightsError;
use super::{ModelError, Network, weights};
use crate::data::{Asked, Unreadable, Vocabulary};
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
    /// A text as the network reads it, at least one token.
    ///
    /// # Errors
    /// When it cannot be read, or nothing of it is left.
    pub fn read(&self, text: &[u8]) -> Result<Asked, AnswerError> {
        let asked = Asked::text(self.vocabulary, &self.experiment.data, text)?;
        if !asked.ids.is_empty() {
            return Ok(asked);
        }
        let help = match self.experiment.data.letters_only {
            true => "the network reads words of the letters A to Z (`data.letters_only`)",
            false => "give it a text with --text",
        };
        Err(AnswerError::Refused {
            what: "nothing is left of the text to be read".to_owned(),
            help: help.to_owned(),
        })
    }

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
    /// The text has a token that the network does not know, or is no text.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Unreadable(#[from] Unreadable),
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
