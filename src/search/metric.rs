//! What decides between trials.

use crate::metric::{BITS_PER_BYTE, Metric};
use crate::spec::{self, Experiment, Spec, Task, Trial};
use crate::tasks;

/// The metric by which trials of an experiment are compared.
fn of(experiment: &Experiment) -> Metric {
    tasks::metrics(experiment).deciding
}

/// Keys of which depends what a token is.
const TOKENS: [&str; 3] = ["data.level", "data.min_count", "data.max_vocabulary"];

/// The metric by which a search decides between trials. Perplexities of different tokens do not
/// compare: where they are swept, it is bits per byte.
pub fn of_search(trials: &[Trial]) -> Option<Metric> {
    let first = trials.first()?;
    let swept = |key: &str| first.swept.iter().any(|(own, _)| own == key);
    match first.experiment.task {
        Task::LanguageModel if TOKENS.into_iter().any(swept) => Some(BITS_PER_BYTE),
        _ => Some(of(&first.experiment)),
    }
}

/// The metric that compares all trials of some specs, if one does.
pub fn of_all(specs: &[Spec]) -> Option<Metric> {
    match specs {
        [spec] if spec::sets_apart(&spec.trials).is_none() => of_search(&spec.trials),
        _ => None,
    }
}
