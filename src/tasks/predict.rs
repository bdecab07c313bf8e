//! What a trained network of any task predicts for a text.

use crate::data::{Prompt, Unreadable, Vocabulary};
use crate::kernels::Compute;
use crate::nn::weights::{self, WeightsError};
use crate::nn::{BeginError, ModelError, Parameters};
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
    pub fn read(&self, text: &[u8]) -> Result<Prompt, PredictError> {
        let prompt = Prompt::text(self.vocabulary, &self.experiment.data, text)?;
        if !prompt.ids.is_empty() {
            return Ok(prompt);
        }
        let help = match self.experiment.data.letters_only {
            true => "the network reads words of the letters A to Z (`data.letters_only`)",
            false => "give it a text with --text",
        };
        Err(PredictError::Refused {
            what: "nothing is left of the text to be read".to_owned(),
            help: help.to_owned(),
        })
    }

    /// Puts the trained weights into a network's parameters.
    ///
    /// # Errors
    /// When they are another network's.
    pub fn restore(&self, parameters: &mut Parameters) -> Result<(), WeightsError> {
        weights::from_bytes(parameters, self.weights)
    }
}

impl From<dfdx::tensor::CpuError> for PredictError {
    fn from(error: dfdx::tensor::CpuError) -> Self {
        Self::Model(error.into())
    }
}

/// Why nothing is predicted.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum PredictError {
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
    Refused { what: String, help: String },
}
