//! What must hold before a trial's folder is looked into: its text, memory for it, the lock.

use super::context::Context;
use crate::runs::checkpoint::Identity;
use crate::runs::lock::{Lock, LockError};
use crate::sweep::error::TrialError;
use crate::sweep::preflight;
use crate::tasks::AnyDataset;
use crate::train::TrainError;
use std::sync::Arc;

/// A trial that may write into its folder.
pub(super) struct Prepared {
    /// What it reads.
    pub dataset: Arc<dyn AnyDataset>,
    /// The right to write.
    pub lock: Arc<Lock>,
    /// Whose state it will write.
    pub identity: Identity,
}

/// Prepares a trial.
pub(super) fn prepare(context: &Context<'_>) -> Result<Prepared, TrialError> {
    let experiment = &context.trial.experiment;
    let dataset = context.corpora.get(experiment, context.roots)?;
    preflight::fits(experiment, &dataset)?;
    let lock = Arc::new(lock(context)?);
    let identity = Identity {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        spec_sha256: experiment.hash(),
        data_sha256: dataset.provenance.sha256.clone(),
    };
    Ok(Prepared { dataset, lock, identity })
}

/// Takes the lock, and waits for it where that is wanted.
fn lock(context: &Context<'_>) -> Result<Lock, TrialError> {
    let paths = context.paths();
    match Lock::take(&paths) {
        Err(LockError::Busy { .. }) if context.wait => {}
        taken => return Ok(taken?),
    }
    context.say("waiting for another process that trains it");
    let waited = Lock::wait(&paths, &context.options.stop)?;
    waited.ok_or(TrialError::Train(TrainError::Interrupted { step: 0 }))
}
