//! Every task, one line each: what it reads, what learns, and what it is judged by.
//!
//! Session, recorders, charts and the command line know tasks through this table alone.

use crate::data::{self, DataError, Dataset};
use crate::kernels::Compute;
use crate::metric::{self, LOSS, Metric, Metrics};
use crate::nn::BeginError;
use crate::spec::{Data, Experiment, Monitor, Task};
use crate::tasks::{
    PredictError, Trained, Trainer, autoencoder, classification, language_model, regression,
    skip_gram, tagging, translation,
};
use std::path::PathBuf;
use std::sync::Arc;

/// Makes a trainer of an experiment and its data.
pub type Begin = fn(&Experiment, &Arc<Dataset>, &Compute) -> Result<Box<dyn Trainer>, BeginError>;

/// Predicts for a text with a trained network. Both are bytes: at level `byte` they need not be UTF-8.
pub type Predict = fn(&Trained<'_>, &[u8]) -> Result<Vec<u8>, PredictError>;

/// What a task is made of.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Reads its data; the folders are those in which a corpus may lie.
    pub load: fn(&Data, &[PathBuf]) -> Result<Dataset, DataError>,
    /// Makes a trainer of it, before its first step.
    pub begin: Begin,
    /// What it is judged by, the figure first that decides by default; at least one.
    pub metrics: fn(&Experiment) -> &'static [Metric],
    /// What the trained network predicts for a text; `None` if the task has no such question.
    pub predict: Option<Predict>,
}

/// What an experiment is judged by. Its task's first figure decides, unless the spec names
/// another.
pub fn metrics(experiment: &Experiment) -> Metrics {
    let all = (of(experiment.task).metrics)(experiment);
    let first = all.first().copied().unwrap_or(LOSS);
    Metrics { all, deciding: experiment.training.monitor.map_or(first, metric_of) }
}

/// The figure that a spec names.
pub fn metric_of(monitor: Monitor) -> Metric {
    match monitor {
        Monitor::Loss => metric::LOSS,
        Monitor::Perplexity => metric::PERPLEXITY,
        Monitor::Accuracy => metric::ACCURACY,
        Monitor::ExactMatch => metric::EXACT_MATCH,
        Monitor::Mse => metric::MSE,
    }
}

/// The definition of a task.
pub fn of(task: Task) -> Definition {
    match task {
        Task::LanguageModel => Definition {
            load: data::load,
            begin: language_model::begin,
            metrics: language_model::metrics,
            predict: None,
        },
        Task::Classification => Definition {
            load: data::load_labelled,
            begin: classification::begin,
            metrics: classification::metrics,
            predict: Some(classification::predict),
        },
        Task::Regression => Definition {
            load: data::load_series,
            begin: regression::begin,
            metrics: regression::metrics,
            predict: None,
        },
        Task::Tagging => Definition {
            load: data::load_tagged,
            begin: tagging::begin,
            metrics: tagging::metrics,
            predict: Some(tagging::predict),
        },
        Task::Translation => Definition {
            load: data::load_pairs,
            begin: translation::begin,
            metrics: translation::metrics,
            predict: Some(translation::predict),
        },
        Task::Autoencoder => Definition {
            load: data::load_vectors,
            begin: autoencoder::begin,
            metrics: autoencoder::metrics,
            predict: None,
        },
        Task::SkipGram => Definition {
            load: data::load_words,
            begin: skip_gram::begin,
            metrics: skip_gram::metrics,
            predict: Some(skip_gram::predict),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a spec may name is what the task has.
    #[test]
    fn figures_to_watch_are_those_of_the_task() {
        let tasks = [
            Task::LanguageModel,
            Task::Classification,
            Task::Regression,
            Task::Tagging,
            Task::Translation,
            Task::Autoencoder,
            Task::SkipGram,
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        std::fs::write(&path, "data.corpus = 'x'\n").unwrap();
        let experiment = crate::spec::load(&path, &[]).unwrap().trials[0].experiment.clone();
        for task in tasks {
            let all = (of(task).metrics)(&experiment);
            let figures: Vec<Metric> = task.figures().iter().copied().map(metric_of).collect();
            assert_eq!(figures[0], all[0], "{task:?}");
            assert!(figures.iter().all(|it| *it == LOSS || all.contains(it)), "{task:?}");
        }
    }
}
