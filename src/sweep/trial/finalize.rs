//! What is recorded of a trial that has left.

use super::context::Ended;
use super::open::Begun;
use super::train::Trained;
use crate::files::{self, failed, sha256};
use crate::runs::Paths;
use crate::runs::run_json::Status;
use crate::sweep::error::TrialError;
use crate::train::{RecordError, TrainError};
use std::collections::BTreeMap;

/// Writes how a trial left, and returns it.
pub(super) fn finalize(trained: Trained) -> Result<Ended, TrialError> {
    let Trained { begun: Begun { lock, paths, mut record, .. }, result } = trained;
    match &result {
        Ok(ended) => {
            record.status = if ended.paused { Status::Stopped } else { Status::Done };
            record.result = Some(ended.result.clone());
            record.files = sums(&paths)?;
        }
        Err(TrialError::Train(TrainError::Interrupted { .. })) => {
            record.status = Status::Interrupted;
        }
        Err(error) => {
            record.status = Status::Failed;
            record.diverged = matches!(error, TrialError::Train(TrainError::Diverged { .. }));
            record.error = Some(error.to_string());
        }
    }
    // Of two errors the first is the one to report: on a full disk the record cannot be written.
    let written = lock.check().and_then(|()| record.write(&paths.run()));
    result.and_then(|ended| written.map(|()| ended).map_err(TrialError::from))
}

/// SHA-256 of the files that are a function of spec, seed and text.
fn sums(paths: &Paths) -> Result<BTreeMap<String, String>, RecordError> {
    let mut sums = BTreeMap::new();
    for (name, path) in paths.reproducible() {
        let bytes = files::read(&path).map_err(failed(&path))?;
        sums.insert(name.to_owned(), sha256(&bytes));
    }
    Ok(sums)
}
