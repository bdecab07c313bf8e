//! The resolved experiment: every default filled in, every value validated.
//!
//! This is the second of a spec's two forms. The first, `file`, is the TOML as written,
//! with the place of every value; this one is all that the later stages see. It is made only by
//! [`load`](super::load()), so a value of these types is always a possible one.

mod data;
mod model;
mod training;

pub use data::*;
pub use model::*;
pub use training::*;

use serde::{Deserialize, Serialize};

/// One trial, completely described: what `spec.toml` of a run records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// What is learned.
    pub task: Task,
    /// The key of every random number of the trial.
    pub seed: u64,
    /// The text and how it is cut into batches.
    pub data: Data,
    /// The network.
    pub model: Model,
    /// How it is trained.
    pub training: Training,
    /// Text written while it trains; absent when `[generation]` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<Generation>,
}

/// What is learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Predict the next token of a text.
    #[default]
    LanguageModel,
    /// Tell which class a text belongs to.
    Classification,
    /// Predict the next value of a series.
    Regression,
    /// Tell a label for every token of a sequence.
    Tagging,
    /// Write one sequence for another.
    Translation,
    /// Pass a vector through a narrow layer and restore it.
    Autoencoder,
    /// Tell the neighbours of a word from other words: word vectors.
    SkipGram,
}

impl Task {
    /// The word of a spec.
    pub fn name(self) -> &'static str {
        match self {
            Self::LanguageModel => "language_model",
            Self::Classification => "classification",
            Self::Regression => "regression",
            Self::Tagging => "tagging",
            Self::Translation => "translation",
            Self::Autoencoder => "autoencoder",
            Self::SkipGram => "skip_gram",
        }
    }

    /// The figures that can be watched, the one first that decides by default.
    pub fn figures(self) -> &'static [Monitor] {
        match self {
            Self::LanguageModel => &[Monitor::Perplexity, Monitor::Loss],
            Self::Classification => &[Monitor::Accuracy, Monitor::Loss],
            Self::Tagging | Self::Translation => {
                &[Monitor::ExactMatch, Monitor::Accuracy, Monitor::Loss]
            }
            Self::Regression | Self::Autoencoder => &[Monitor::Mse, Monitor::Loss],
            Self::SkipGram => &[Monitor::Loss],
        }
    }
}

/// Text written while it trains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Rows of `metrics.csv` (epochs, unless `evaluate_every` is set) between two samples.
    pub every: u64,
    /// What the text begins with; one sample each.
    pub prefixes: Vec<String>,
    /// Tokens added to the prefix.
    pub length: usize,
    /// Divides the logits; 0: always the most likely token.
    pub temperature: f64,
    /// Draw from the so many most likely tokens only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<usize>,
}
