//! What an experiment leaves when its last trial has ended: the summary and the chart of all.

use super::metric;
use super::state::State;
use crate::chart::{self, Curve, Title};
use crate::record::folder::Paths;
use crate::record::run_json::Status;
use crate::record::summary::{self, SummaryRow};
use crate::spec::{Architecture, BIDIRECTIONAL, Experiment, Trial};
use crate::train::RecordError;
use std::path::Path;

/// Writes `summary.csv` and the charts of all trials that have rows. A chart that cannot be drawn
/// is told by `warn` and does no harm.
///
/// All of it comes from the trials' folders, but for failures that left no record there.
///
/// # Errors
/// When the summary cannot be written.
pub fn close(
    name: &str,
    folder: &Path,
    trials: &[Trial],
    failures: &[Option<String>],
    warn: &dyn Fn(&str),
) -> Result<(), RecordError> {
    let mut rows: Vec<SummaryRow> = trials.iter().map(|trial| row(folder, trial)).collect();
    for (row, failure) in rows.iter_mut().zip(failures) {
        if let Some(failure) = failure {
            row.status = Status::Failed;
            row.why.clone_from(failure);
        }
    }
    summary::write(&folder.join("summary.csv"), &rows)?;
    draw(name, folder, trials, warn);
    Ok(())
}

/// A trial's row of the summary, from its folder.
pub fn row(folder: &Path, trial: &Trial) -> SummaryRow {
    let State { status, error, stopped, result } = State::read(&folder.join(&trial.name));
    let why = match status {
        Status::Failed => error,
        Status::Stopped => stopped,
        _ => None,
    };
    SummaryRow {
        trial: trial.name.clone(),
        seed: trial.experiment.seed,
        swept: trial.swept.clone(),
        status,
        result,
        why: why.unwrap_or_default(),
    }
}

/// Draws the curves of all trials that have rows.
fn draw(name: &str, folder: &Path, trials: &[Trial], warn: &dyn Fn(&str)) {
    let curves: Vec<Curve> = trials
        .iter()
        .map(|trial| Curve {
            label: label(trial),
            metrics_csv: Paths(folder.join(&trial.name)).metrics(),
        })
        .filter(|curve| std::fs::metadata(&curve.metrics_csv).is_ok_and(|file| file.len() > 0))
        .collect();
    let Some(first) = trials.first().filter(|_| !curves.is_empty()) else {
        return;
    };
    let title = title(name, &first.experiment, "");
    if let Err(error) = chart::experiment(&curves, folder, &metric::of(&first.experiment), &title) {
        warn(&format!("no chart: {error}"));
    }
}

/// What tells a trial from the others.
fn label(trial: &Trial) -> String {
    let swept = trial.swept.iter().map(|(key, value)| {
        format!("{}={}", key.rsplit('.').next().unwrap_or(key), value.trim_matches('"'))
    });
    let parts: Vec<String> = swept.chain([format!("seed={}", trial.experiment.seed)]).collect();
    parts.join(" ")
}

/// The title of a chart: the experiment, its network, and a warning if its perplexity is not what
/// it seems.
pub fn title(name: &str, experiment: &Experiment, text: &str) -> Title {
    let model = &experiment.model;
    let cell = match model.architecture {
        Architecture::Rnn => "RNN",
        Architecture::Gru => "GRU",
        Architecture::Lstm => "LSTM",
    };
    let both = if model.bidirectional { "bidirectional " } else { "" };
    let input = match model.embedding_size {
        0 => "one-hot".to_owned(),
        size => format!("embedding {size}"),
    };
    let mut subtitle = format!("{both}{cell} {} × {}, {input}", model.layers, model.hidden_size);
    if !text.is_empty() {
        subtitle += &format!(" · {text}");
    }
    let warning = model.bidirectional.then(|| BIDIRECTIONAL.to_owned());
    Title { title: name.to_owned(), subtitle, warning }
}
