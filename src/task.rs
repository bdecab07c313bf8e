//! Every task, one line each: what it reads, what learns, and what it is judged by.
//!
//! Session, recorders, charts and the command line know tasks through this table alone.

use crate::data::{self, DataError, Dataset};
use crate::kernels::Compute;
use crate::metric::Metric;
use crate::model::{
    AnswerError, BeginError, Learner, Trained, autoencoder, classifier, language, regression,
    skip_gram, tagger, translator,
};
use crate::spec::{Data, Experiment, Task};
use std::path::PathBuf;
use std::sync::Arc;

/// Makes a learner of an experiment and its data.
pub type Begin = fn(&Experiment, &Arc<Dataset>, &Compute) -> Result<Box<dyn Learner>, BeginError>;

/// Answers a text with a trained network. Both are bytes: at level `byte` they need not be UTF-8.
pub type Answer = fn(&Trained<'_>, &[u8]) -> Result<Vec<u8>, AnswerError>;

/// What a task is made of.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Reads its data; the folders are those in which a corpus may lie.
    pub load: fn(&Data, &[PathBuf]) -> Result<Dataset, DataError>,
    /// Makes a learner of it, before its first step.
    pub begin: Begin,
    /// What it is judged by, the deciding figure first; at least one.
    pub metrics: fn(&Experiment) -> &'static [Metric],
    /// What the trained network answers to a text, where that is a question.
    pub answer: Option<Answer>,
}

/// What an experiment is judged by, the deciding figure first.
pub fn metrics(experiment: &Experiment) -> &'static [Metric] {
    (of(experiment.task).metrics)(experiment)
}

/// The definition of a task.
pub fn of(task: Task) -> Definition {
    match task {
        Task::LanguageModel => Definition {
            load: data::load,
            begin: language::begin,
            metrics: language::metrics,
            answer: None,
        },
        Task::Classification => Definition {
            load: data::load_labelled,
            begin: classifier::begin,
            metrics: classifier::metrics,
            answer: Some(classifier::answer),
        },
        Task::Regression => Definition {
            load: data::load_series,
            begin: regression::begin,
            metrics: regression::metrics,
            answer: None,
        },
        Task::Tagging => Definition {
            load: data::load_tagged,
            begin: tagger::begin,
            metrics: tagger::metrics,
            answer: Some(tagger::answer),
        },
        Task::Translation => Definition {
            load: data::load_pairs,
            begin: translator::begin,
            metrics: translator::metrics,
            answer: Some(translator::answer),
        },
        Task::Autoencoder => Definition {
            load: data::load_vectors,
            begin: autoencoder::begin,
            metrics: autoencoder::metrics,
            answer: None,
        },
        Task::SkipGram => Definition {
            load: data::load,
            begin: skip_gram::begin,
            metrics: skip_gram::metrics,
            answer: Some(skip_gram::answer),
        },
    }
}
