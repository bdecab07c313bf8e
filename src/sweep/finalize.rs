//! What an experiment leaves when its last trial has ended: the summary and the chart of all.

use super::epilogue::epilogue;
use crate::files::{failed, write_whole};
use crate::results::{charts, summaries};
use crate::runs::damage::Damage;
use crate::runs::summary_csv::{self, Summary};
use crate::spec::Trial;
use crate::train::RecordError;
use std::path::Path;

/// Writes `summary.csv` and the charts of all trials that have rows. A chart that cannot be drawn
/// is said by `warn` and does no harm. Returns what a person may want to know of the experiment.
///
/// All of it comes from the trials' folders, so it is the same whoever ran them.
pub fn finalize(
    folder: &Path,
    trials: &[Trial],
    warn: &dyn Fn(&str),
) -> Result<String, RecordError> {
    if trials.is_empty() {
        return Ok(String::new());
    }
    let mut lost = Vec::new();
    let csv = summaries::csv_of(folder, trials.to_vec(), &mut lost).map_err(failed(folder))?;
    for Damage { place, why } in lost {
        warn(&format!("{}: {why}", place.display()));
    }
    write_whole(&folder.join(summary_csv::FILE), &csv)?;
    let summary = match Summary::parse(folder, &csv) {
        Ok(summary) => summary,
        Err(error) => {
            warn(&format!("no chart: {error}"));
            return Ok(String::new());
        }
    };
    let drawn = charts::draw(&summary).unwrap_or_else(|error| {
        warn(&format!("no chart: {error}"));
        Vec::new()
    });
    Ok(epilogue(&summary, &drawn, trials))
}
