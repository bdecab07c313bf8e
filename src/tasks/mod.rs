//! What can be learned: a folder for each task, and a line for each in [`of`].
//!
//! A task is a network that implements [`Definition`]. All else knows tasks through [`Task`], an entry
//! of the table, and their data through [`AnyDataset`]; what training sees of them is a [`Trainer`].
//! `docs/adding_a_task.md` shows how to add one.

mod definition;
mod output;
mod predict;
mod sequence_model;
pub mod torch;
mod trainer;

pub mod autoencoder;
pub mod classification;
pub mod language_model;
pub mod regression;
pub mod skip_gram;
pub mod tagging;
pub mod translation;

pub use definition::{AnyDataset, Definition, Loaded, Predict, Task, load};
pub use output::{Content, Output, Picture};
pub use predict::{PredictError, Trained};
pub use trainer::{Artifacts, Generated, Model, SampleKey, TaskNetwork, TaskTrainer, Trainer};

use crate::metric::{self, LOSS, Metric, Metrics};
use crate::spec::{self, Experiment, Monitor};

/// The task of that name.
pub fn of(name: spec::Task) -> Task {
    match name {
        spec::Task::LanguageModel => Task::new::<language_model::LanguageModel>(),
        spec::Task::Classification => Task::new::<classification::Classifier>(),
        spec::Task::Regression => Task::new::<regression::Regression>(),
        spec::Task::Tagging => Task::new::<tagging::Tagger>(),
        spec::Task::Translation => Task::new::<translation::Translator>(),
        spec::Task::Autoencoder => Task::new::<autoencoder::Autoencoder>(),
        spec::Task::SkipGram => Task::new::<skip_gram::SkipGram>(),
    }
}

/// What an experiment is judged by. Its task's first figure decides, unless the spec names
/// another.
pub fn metrics(experiment: &Experiment) -> Metrics {
    let all = of(experiment.task).metrics;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Task;

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
        for task in tasks {
            let all = of(task).metrics;
            let figures: Vec<Metric> = task.figures().iter().copied().map(metric_of).collect();
            assert_eq!(figures[0], all[0], "{task:?}");
            assert!(figures.iter().all(|it| *it == LOSS || all.contains(it)), "{task:?}");
        }
    }
}
