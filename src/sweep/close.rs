//! What an experiment leaves when its last trial has ended: the summary and the chart of all.

use super::charts;
use super::state::State;
use super::summaries::Summary;
use crate::chart::Title;
use crate::record::file::{failed, write_whole};
use crate::record::run_json::Status;
use crate::record::summary::{self, SummaryRow};
use crate::spec::{Architecture, BIDIRECTIONAL, Experiment, Task, Trial};
use crate::task;
use crate::train::RecordError;
use std::path::Path;

/// Writes `summary.csv` and the charts of all trials that have rows. A chart that cannot be drawn
/// is told by `warn` and does no harm.
///
/// All of it comes from the trials' folders, so it is the same whoever ran them.
///
/// # Errors
/// When the summary cannot be written.
pub fn close(
    name: &str,
    folder: &Path,
    trials: &[Trial],
    warn: &dyn Fn(&str),
) -> Result<(), RecordError> {
    let Some(first) = trials.first() else {
        return Ok(());
    };
    let metrics = task::metrics(&first.experiment);
    let rows: Vec<SummaryRow> = trials.iter().map(|trial| row(folder, trial)).collect();
    let csv = summary::to_csv(&rows, metrics).map_err(failed(folder))?;
    write_whole(&folder.join("summary.csv"), &csv)?;
    let summary = Summary::parse(folder, name.to_owned(), &csv);
    let drawn = summary
        .map_err(|error| error.to_string())
        .and_then(|summary| charts::draw(&summary).map_err(|error| error.to_string()));
    if let Err(error) = drawn {
        warn(&format!("no chart: {error}"));
    }
    Ok(())
}

/// A trial's row of the summary, from its folder.
pub fn row(folder: &Path, trial: &Trial) -> SummaryRow {
    let State { status, error, stopped, result, .. } = State::read(&folder.join(&trial.name));
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
