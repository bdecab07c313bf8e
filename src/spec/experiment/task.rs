//! What is learned, and the figures that tell how well.

use crate::spec::keys::define::words;

words! {
    /// What is learned.
    #[derive(Default)]
    pub enum Task {
        /// predict the next token of a text
        #[default]
        LanguageModel,
        /// tell which class a text belongs to
        Classification,
        /// predict the next value of a series
        Regression,
        /// tell a label for every token of a sequence
        Tagging,
        /// write one sequence for another
        Translation,
        /// restore a vector from a narrow layer
        Autoencoder,
        /// word vectors: tell neighbours from other words
        SkipGram,
    }
}

// Tasks that keys go with.
pub(super) const LANGUAGE: &[Task] = &[Task::LanguageModel];
pub(super) const CLASSES: &[Task] = &[Task::Classification];
pub(super) const TRANSLATION: &[Task] = &[Task::Translation];
pub(super) const WORDS: &[Task] = &[Task::SkipGram];
pub(super) const STREAMS: &[Task] = &[Task::LanguageModel, Task::Regression];
pub(super) const ONE_TEXT: &[Task] = &[Task::LanguageModel, Task::SkipGram];
pub(super) const PROSE: &[Task] = &[Task::LanguageModel, Task::Classification, Task::SkipGram];
pub(super) const TEXTS: &[Task] =
    &[Task::LanguageModel, Task::Classification, Task::Translation, Task::SkipGram];
pub(super) const GENERATED: &[Task] = &[Task::Regression, Task::Tagging, Task::Translation];
pub(super) const EMBEDDED: &[Task] =
    &[Task::LanguageModel, Task::Classification, Task::Tagging, Task::Translation, Task::SkipGram];
pub(super) const READERS: &[Task] =
    &[Task::LanguageModel, Task::Classification, Task::Tagging, Task::Translation];
pub(super) const PRETRAINED: &[Task] = &[Task::LanguageModel, Task::Classification];
pub(super) const RECURRENT: &[Task] = &[
    Task::LanguageModel,
    Task::Classification,
    Task::Regression,
    Task::Tagging,
    Task::Translation,
];
pub(super) const HIDDEN: &[Task] = &[
    Task::LanguageModel,
    Task::Classification,
    Task::Regression,
    Task::Tagging,
    Task::Translation,
    Task::Autoencoder,
];

impl Task {
    /// The figures that can be watched, first the one that decides by default.
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

words! {
    /// A figure on validation text, as Keras and Lightning call what they watch.
    pub enum Monitor {
        /// the mean loss
        Loss,
        /// exp of the mean loss (language_model)
        Perplexity,
        /// predictions that are right (classification, tagging, translation)
        Accuracy,
        /// sequences that are wholly right (tagging, translation)
        ExactMatch,
        /// the mean squared error (regression, autoencoder)
        Mse,
    }
}
