//! How trials stand, read from their folders: searches and summaries know nothing else, so that
//! they say the same whoever ran the trials, and however often they were interrupted.

use crate::files::links;
use crate::files::{self, Sync, make_below, write_synced};
use crate::metric::Metric;
use crate::runs::damage;
use crate::runs::lock;
use crate::runs::metrics_csv::MetricsCsv;
use crate::runs::paths::{METRICS, Paths};
use crate::runs::run_json::{self, Record, RunJson, Status};
use crate::standing::Standing;
use crate::train::RecordError;
use std::path::Path;

/// How a trial stands.
#[derive(Clone, Debug)]
pub struct State {
    /// In a word.
    pub status: Status,
    /// Why it failed or was stopped, if it was, or what is damaged.
    pub why: Option<String>,
    /// Its record, if that is whole.
    pub record: Option<Record>,
}

impl State {
    /// How a trial stands; a trial without a record is planned, unless it failed before it could
    /// leave one.
    pub fn read(folder: &Path) -> Self {
        if let Err(link) = links::check(folder) {
            return Self { status: Status::Failed, why: Some(link.to_string()), record: None };
        }
        let paths = Paths(folder.to_owned());
        let record = match run_json::read_if_whole(&paths.run()) {
            Ok(Some(record)) => record,
            Ok(None) => {
                let error = files::read(&folder.join(ERROR)).ok();
                let why = error.map(|text| String::from_utf8_lossy(&text).trim_end().to_owned());
                let status = if why.is_some() { Status::Failed } else { Status::Planned };
                return Self { status, why, record: None };
            }
            Err(why) => return Self::damaged(format!("run.json {why}")),
        };
        let status = match record.status {
            // Its process was killed, or the power failed: no one has written how it ended.
            Status::Running if !lock::is_held(&paths) => Status::Interrupted,
            status => status,
        };
        let why = match status {
            Status::Failed => record.error.clone(),
            Status::Stopped => record.stopped.clone(),
            _ => None,
        };
        Self { status, why, record: Some(record) }
    }

    /// How a trial stands that has a damaged file.
    pub fn damaged(why: String) -> Self {
        Self { status: Status::Damaged, why: Some(why), record: None }
    }

    /// The sum that a file should have, if that is known.
    pub fn sum(&self, file: &str) -> Option<&str> {
        self.record.as_ref()?.files.get(file).map(String::as_str)
    }
}

/// Why a trial failed that has no record: its corpus could not be read, say. Once it has a record,
/// that counts.
pub const ERROR: &str = "error.txt";

/// Leaves a word about a trial that failed before it had a record.
pub fn note_failure(folder: &Path, why: &str) -> Result<(), RecordError> {
    if Paths(folder.to_owned()).run().exists() {
        return Ok(());
    }
    let trial = folder.file_name().unwrap_or_default().to_string_lossy();
    let folder = make_below(&links::above(folder), &[&trial])?;
    write_synced(&folder.join(ERROR), format!("{why}\n").as_bytes(), Sync::All)
}

/// Takes that word back: the trial has a record now.
pub fn forget_failure(folder: &Path) {
    // As a rule there is none.
    let _ = std::fs::remove_file(folder.join(ERROR));
}

/// What came of a trial up to a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ResultAt {
    /// Its best row so far, and whether it had come to its end by then.
    Value {
        /// How that stands to others.
        standing: Standing,
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
pub fn result_at(folder: &Path, metric: &Metric, until: Option<u64>) -> ResultAt {
    let state = State::read(folder);
    let metrics = files::read(&Paths(folder.to_owned()).metrics()).unwrap_or_default();
    if damage::of_bytes(METRICS, &metrics, state.sum(METRICS)).is_some() {
        // A run of it restores them first.
        return ResultAt::Missing;
    }
    let values = MetricsCsv::parse_ended(&metrics).standings(metric);
    let (rows, over) = (values.len() as u64, state.status == Status::Done);
    let reached = over || until.is_some_and(|until| rows >= until);
    if !reached {
        return match state.status {
            Status::Failed => ResultAt::Failed,
            _ => ResultAt::Missing,
        };
    }
    let seen = until.map_or(values.len(), |until| values.len().min(until as usize));
    match values[..seen].iter().min() {
        Some(best) if !best.has_failed() => {
            ResultAt::Value { standing: *best, ended: over && until.is_none_or(|u| rows <= u) }
        }
        _ => ResultAt::Failed,
    }
}

/// Writes into a trial's record why it was stopped. One that has come to its end stays so.
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
    use crate::metric::PERPLEXITY;

    /// What came of a trial with this `metrics.csv` up to a row.
    fn at(metrics: &str, until: Option<u64>) -> ResultAt {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("metrics.csv"), metrics).unwrap();
        result_at(folder.path(), &PERPLEXITY, until)
    }

    fn best(perplexity: f64, loss: f64) -> ResultAt {
        let standing = Standing::new(&PERPLEXITY, perplexity, loss);
        ResultAt::Value { standing, ended: false }
    }

    #[test]
    fn a_row_counts_once_it_is_whole() {
        let text = "epoch,train_perplexity,valid_perplexity\n1,9,30\n2,8,20\n3,7,2";
        assert_eq!(at(text, Some(1)), best(30.0, f64::NAN));
        assert_eq!(at(text, Some(2)), best(20.0, f64::NAN));
        assert_eq!(at(text, Some(3)), ResultAt::Missing);
        assert_eq!(at(text, None), ResultAt::Missing);
    }

    #[test]
    fn without_validation_training_decides() {
        let text = "epoch,train_perplexity,valid_perplexity\n1,9,\n2,11,\n";
        assert_eq!(at(text, Some(2)), best(9.0, f64::NAN));
    }

    #[test]
    fn perplexities_that_run_over_are_told_apart_by_their_loss() {
        let head = "epoch,train_loss,valid_loss,train_perplexity,valid_perplexity\n";
        let text = format!("{head}1,9,2000,8103,inf\n2,9,1000,8103,inf\n");
        assert_eq!(at(&text, Some(2)), best(f64::INFINITY, 1000.0));
    }
}
