//! How trials stand, read from their folders: searches and summaries know nothing else, so that
//! they say the same whoever ran the trials, and however often they were interrupted.

use crate::chart::Metric;
use crate::record::file::{make_folder, write_whole};
use crate::record::folder::Paths;
use crate::record::run_json::{ResultRecord, RunJson, Status};
use crate::train::RecordError;
use serde::Deserialize;
use std::path::Path;

/// A trial's `run.json`, without what takes long to read.
#[derive(Clone, Debug, Deserialize)]
pub struct State {
    /// How it stands.
    pub status: Status,
    /// What went wrong.
    pub error: Option<String>,
    /// Why a search stopped it.
    #[serde(default)]
    pub stopped: Option<String>,
    /// What came of it.
    pub result: Option<ResultRecord>,
}

impl State {
    /// How a trial stands; a trial without a readable record is planned, unless it failed before
    /// it could leave one.
    pub fn read(folder: &Path) -> Self {
        let bytes = std::fs::read(Paths(folder.to_owned()).run()).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_else(|_| {
            let error = std::fs::read_to_string(folder.join(ERROR)).ok();
            let status = if error.is_some() { Status::Failed } else { Status::Planned };
            let error = error.map(|text| text.trim_end().to_owned());
            Self { status, error, stopped: None, result: None }
        })
    }
}

/// Why a trial failed that has no record: its corpus could not be read, say. Once it has a record,
/// that counts.
const ERROR: &str = "error.txt";

/// Leaves a word about a trial that failed before it had a record.
///
/// # Errors
/// When the folder cannot be written to.
pub fn note_failure(folder: &Path, why: &str) -> Result<(), RecordError> {
    if Paths(folder.to_owned()).run().exists() {
        return Ok(());
    }
    make_folder(folder)?;
    write_whole(&folder.join(ERROR), format!("{why}\n").as_bytes())
}

/// Takes that word back: the trial has a record now.
pub fn forget_failure(folder: &Path) {
    // As a rule there is none.
    let _ = std::fs::remove_file(folder.join(ERROR));
}

/// What came of a trial up to a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// Its best value of the metric so far, and whether it had come to its end by then.
    Value {
        /// The value.
        value: f64,
        /// Whether nothing is left to train.
        ended: bool,
    },
    /// It failed before that.
    Failed,
    /// It has not come so far yet.
    Missing,
}

/// What came of a trial in its first rows (or in all of them).
///
/// A row counts as soon as it stands in `metrics.csv`: a trial that is killed after it writes the
/// same row again.
pub fn outcome(folder: &Path, metric: &Metric, until: Option<u64>) -> Outcome {
    let state = State::read(folder);
    let values = values(&Paths(folder.to_owned()).metrics(), metric);
    let (rows, over) = (values.len() as u64, state.status == Status::Done);
    let reached = over || until.is_some_and(|until| rows >= until);
    if !reached {
        return match state.status {
            Status::Failed => Outcome::Failed,
            _ => Outcome::Missing,
        };
    }
    let seen = until.map_or(values.len(), |until| values.len().min(until as usize));
    let best = values[..seen]
        .iter()
        .copied()
        .reduce(|best, next| if metric.cost(next) < metric.cost(best) { next } else { best });
    match best {
        Some(value) => Outcome::Value { value, ended: over && until.is_none_or(|u| rows <= u) },
        None => Outcome::Failed,
    }
}

/// The complete rows of a `metrics.csv`.
pub fn rows(path: &Path) -> u64 {
    let text = std::fs::read(path).unwrap_or_default();
    (text.iter().filter(|byte| **byte == b'\n').count() as u64).saturating_sub(1)
}

/// The metric in each complete row: on the validation split, or in training without one.
fn values(path: &Path, metric: &Metric) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap_or_default();
    // A row that is just being written has no line end yet.
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut reader = csv::Reader::from_reader(&bytes[..whole]);
    let header = reader.headers().cloned().unwrap_or_default();
    let column = |name: &str| header.iter().position(|other| other == name);
    let (valid, train) = (column(metric.column_valid), column(metric.column_train));
    let number = |row: &csv::StringRecord, column: Option<usize>| -> Option<f64> {
        row.get(column?)?.parse().ok()
    };
    let rows = reader.records().map_while(Result::ok);
    rows.filter_map(|row| number(&row, valid).or_else(|| number(&row, train))).collect()
}

/// Writes into a trial's record why it was stopped. One that has come to its end stays so.
///
/// # Errors
/// When the record cannot be written.
pub fn stop(folder: &Path, why: &str) -> Result<(), RecordError> {
    let path = Paths(folder.to_owned()).run();
    match RunJson::read(&path) {
        Ok(mut run) if run.status == Status::Stopped && run.stopped.as_deref() != Some(why) => {
            run.stopped = Some(why.to_owned());
            run.write(&path)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_once_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        let text = "epoch,train_perplexity,valid_perplexity\n1,9,30\n2,8,20\n3,7,2";
        std::fs::write(&path, text).unwrap();
        assert_eq!(values(&path, &Metric::PERPLEXITY), [30.0, 20.0]);
        assert_eq!(rows(&path), 2);
        let at = |until| outcome(folder.path(), &Metric::PERPLEXITY, until);
        assert_eq!(at(Some(1)), Outcome::Value { value: 30.0, ended: false });
        assert_eq!(at(Some(2)), Outcome::Value { value: 20.0, ended: false });
        assert_eq!(at(Some(3)), Outcome::Missing);
        assert_eq!(at(None), Outcome::Missing);
    }

    #[test]
    fn without_validation_training_decides() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        std::fs::write(&path, "epoch,train_perplexity,valid_perplexity\n1,9,\n2,11,\n").unwrap();
        let at = outcome(folder.path(), &Metric::PERPLEXITY, Some(2));
        assert_eq!(at, Outcome::Value { value: 9.0, ended: false });
    }
}
