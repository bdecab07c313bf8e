//! What an experiment leaves when its last trial has ended: the summary and the chart of all.

use super::charts;
use super::summaries::{self, Summary};
use crate::data::{MANY_UNKNOWN, percent};
use crate::plot::Title;
use crate::runs::file::{failed, write_whole};
use crate::spec::{BIDIRECTIONAL, Experiment, Task, Trial};
use crate::tasks;
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
    if trials.is_empty() {
        return Ok(());
    }
    let csv = summaries::csv_of(folder, trials.to_vec()).map_err(failed(folder))?;
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

/// The title of a chart: the experiment, its network, and a warning if its perplexity is not what
/// it seems.
pub fn title(name: &str, experiment: &Experiment, text: &str) -> Title {
    let mut subtitle = (tasks::of(experiment.task).title)(&experiment.model);
    if !text.is_empty() {
        subtitle += &format!(" · {text}");
    }
    let peeks = experiment.model.bidirectional && experiment.task == Task::LanguageModel;
    let warning = peeks.then(|| BIDIRECTIONAL.to_owned());
    Title { title: name.to_owned(), subtitle, warning }
}

/// What a chart says of a text with so many unknown tokens; nothing of few.
pub(super) fn about_unknown(share: f64) -> Option<String> {
    (share >= MANY_UNKNOWN).then(|| {
        format!("{} of the validation tokens are unknown: compare bits per byte", percent(share))
    })
}
