//! What an experiment leaves when its last trial has ended: the summary and the chart of all.

use crate::chart::{self, Curve, Title};
use crate::record::folder::Paths;
use crate::record::summary::{self, SummaryRow};
use crate::spec::{Architecture, BIDIRECTIONAL, Experiment, Spec, Task};
use crate::task;
use crate::train::RecordError;
use std::path::Path;

/// Writes `summary.csv` and the chart of all trials that have rows. A chart that cannot be drawn
/// is told by `warn` and does no harm.
///
/// # Errors
/// When the summary cannot be written.
pub fn close(
    spec: &Spec,
    folder: &Path,
    rows: &[SummaryRow],
    warn: &dyn Fn(&str),
) -> Result<(), RecordError> {
    let Some(first) = spec.trials.first() else {
        return Ok(());
    };
    let metrics = (task::of(first.experiment.task).metrics)(&first.experiment);
    summary::write(&folder.join("summary.csv"), rows, metrics)?;
    let curves: Vec<Curve> = spec
        .trials
        .iter()
        .map(|trial| Curve {
            label: label(trial),
            metrics_csv: Paths(folder.join(&trial.name)).metrics(),
        })
        .filter(|curve| std::fs::metadata(&curve.metrics_csv).is_ok_and(|file| file.len() > 0))
        .collect();
    let Some(metric) = metrics.first().filter(|_| !curves.is_empty()) else {
        return Ok(());
    };
    let title = title(&spec.name, &first.experiment, "");
    if let Err(error) = chart::experiment(&curves, folder, &metric.into(), &title) {
        warn(&format!("{}: no chart: {error}", spec.name));
    }
    Ok(())
}

/// What tells a trial from the others.
fn label(trial: &crate::spec::Trial) -> String {
    let swept = trial.swept.iter().map(|(key, value)| {
        format!("{}={}", key.rsplit('.').next().unwrap_or(key), value.trim_matches('"'))
    });
    let parts: Vec<String> = swept.chain([format!("seed={}", trial.experiment.seed)]).collect();
    parts.join(" ")
}

/// The title of a chart: the experiment, its network, and a warning if its perplexity is not what
/// it seems.
pub fn title(name: &str, experiment: &Experiment, text: &str) -> Title {
    let mut subtitle = network(experiment);
    if !text.is_empty() {
        subtitle += &format!(" · {text}");
    }
    let peeks = experiment.model.bidirectional && experiment.task == Task::LanguageModel;
    let warning = peeks.then(|| BIDIRECTIONAL.to_owned());
    Title { title: name.to_owned(), subtitle, warning }
}

/// The network in a few words.
fn network(experiment: &Experiment) -> String {
    let model = &experiment.model;
    let (hidden, embedding) = (model.hidden_size, model.embedding_size);
    match experiment.task {
        Task::Autoencoder => return format!("dense, {hidden}-{}-{hidden}", model.code_size),
        Task::SkipGram => return format!("skip-gram, vectors of {embedding}"),
        _ => {}
    }
    let cell = match model.architecture {
        Architecture::Rnn => "RNN",
        Architecture::Gru => "GRU",
        Architecture::Lstm => "LSTM",
    };
    let both = if model.bidirectional { "bidirectional " } else { "" };
    let input = match (experiment.task, embedding) {
        (Task::Regression, _) => "one value".to_owned(),
        (_, 0) => "one-hot".to_owned(),
        (_, size) => format!("embedding {size}"),
    };
    format!("{both}{cell} {} × {hidden}, {input}", model.layers)
}
