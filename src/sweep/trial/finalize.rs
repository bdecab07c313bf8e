//! What is recorded of a trial that has left.

use super::context::Ended;
use super::open::Begun;
use super::train::Trained;
use crate::runs::damage;
use crate::runs::paths::FILES;
use crate::runs::run_json::Status;
use crate::sweep::error::TrialError;
use crate::train::TrainError;

/// Writes how a trial left, and returns it.
pub(super) fn finalize(trained: Trained) -> Result<Ended, TrialError> {
    let Trained { begun: Begun { lock, paths, mut record, .. }, outputs, result } = trained;
    match &result {
        Ok(ended) => {
            record.status = if ended.paused { Status::Stopped } else { Status::Done };
            record.result = Some(ended.result.clone());
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
    let names = FILES.into_iter().chain(outputs.iter().map(String::as_str));
    let summed = damage::sums(&paths.0, names).map(|sums| record.files = sums);
    // Of two errors the first is the one to report: on a full disk the record cannot be written.
    let written = summed.and_then(|()| lock.check()).and_then(|()| record.write(&paths.run()));
    result.and_then(|ended| written.map(|()| ended).map_err(TrialError::from))
}
