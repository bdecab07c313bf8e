//! What an experiment leaves when its last trial has ended: the summary and the chart of all.

use super::charts;
use super::state::State;
use super::summaries::Summary;
use crate::chart::Title;
use crate::record::file::{failed, write_whole};
use crate::record::run_json::Status;
use crate::record::summary::{self, SummaryRow};
use crate::spec::{Architecture, BIDIRECTIONAL, Experiment, Trial};
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
    let rows: Vec<SummaryRow> = trials.iter().map(|trial| row(folder, trial)).collect();
    let csv = summary::to_csv(&rows).map_err(failed(folder))?;
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
