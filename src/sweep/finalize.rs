//! What an experiment leaves when its last trial has ended: the summary and the chart of all.

use crate::files::{failed, write_whole};
use crate::results::{charts, summaries};
use crate::runs::summary_csv::{self, Summary};
use crate::spec::Trial;
use crate::train::RecordError;
use std::path::Path;

/// Writes `summary.csv` and the charts of all trials that have rows. A chart that cannot be drawn
/// is said by `warn` and does no harm.
///
/// All of it comes from the trials' folders, so it is the same whoever ran them.
pub fn finalize(folder: &Path, trials: &[Trial], warn: &dyn Fn(&str)) -> Result<(), RecordError> {
    if trials.is_empty() {
        return Ok(());
    }
    let csv = summaries::csv_of(folder, trials.to_vec()).map_err(failed(folder))?;
    write_whole(&folder.join(summary_csv::FILE), &csv)?;
    let summary = Summary::parse(folder, &csv);
    let drawn = summary
        .map_err(|error| error.to_string())
        .and_then(|summary| charts::draw(&summary).map_err(|error| error.to_string()));
    if let Err(error) = drawn {
        warn(&format!("no chart: {error}"));
    }
    Ok(())
}
