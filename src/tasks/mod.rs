//! What can be learned: a folder for each task, and a line for each in [`of`].
//!
//! A task is a network that implements [`Definition`]. All else knows tasks through [`Task`], an entry
//! of the table, and their data through [`AnyDataset`]; what training sees of them is a [`Trainer`].
//! What computes fails when memory runs out.
//! `docs/adding_a_task.md` shows how to add one.

/// `docs/adding_a_task.md`, whose example is compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/adding_a_task.md")]
mod adding_a_task {}

mod definition;
mod layers;
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

pub use definition::{AnyDataset, Deal, Definition, Load, Loaded, Predict, Task, Write, load};
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
    use std::path::{Path, PathBuf};
    use walkdir::WalkDir;

    fn source() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
    }

    /// The folders of tasks, by name.
    fn names() -> Vec<String> {
        let folders = std::fs::read_dir(source().join("tasks")).unwrap().map(Result::unwrap);
        let tasks = folders.filter(|entry| entry.path().join("network.rs").exists());
        tasks.map(|entry| entry.file_name().into_string().unwrap()).collect()
    }

    fn task(name: &str) -> spec::Task {
        serde_json::from_value(name.into()).unwrap()
    }

    /// What a spec may name is what the task has.
    #[test]
    fn figures_to_watch_are_those_of_the_task() {
        for task in names().iter().map(|name| task(name)) {
            let all = of(task).metrics;
            let figures: Vec<Metric> = task.figures().iter().copied().map(metric_of).collect();
            assert_eq!(figures[0], all[0], "{task:?}");
            assert!(figures.iter().all(|it| *it == LOSS || all.contains(it)), "{task:?}");
        }
    }

    /// A task is added by a folder, its words in the spec, and two lines here: no other file speaks
    /// of it. The language model, which is the default and alone writes running text, is spoken of
    /// where text is written.
    #[test]
    fn a_task_is_a_folder_and_its_lines_in_the_table() {
        let names = names();
        assert_eq!(names.len(), 7, "{names:?}");
        for name in names.iter().filter(|name| *name != "language_model") {
            let (own, spec) = (source().join("tasks").join(name), source().join("spec"));
            let variant = format!("Task::{:?}", task(name));
            let mut found = Vec::new();
            for entry in WalkDir::new(source()).into_iter().map(Result::unwrap) {
                let path = entry.path();
                if path.starts_with(&own) || path.starts_with(&spec) || path.is_dir() {
                    continue;
                }
                let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
                let speaks = |line: &&str| {
                    line.contains(&variant)
                        || line.contains(&format!("{name}::"))
                        || line.contains(&format!("mod {name};"))
                };
                let lines = text.lines().filter(speaks).map(str::to_owned);
                found.extend(lines.map(|line| (path.to_owned(), line)));
            }
            let here = |(path, _): &(PathBuf, String)| path.ends_with("tasks/mod.rs");
            assert!(found.len() == 2 && found.iter().all(here), "{name}: {found:?}");
        }
    }
}
