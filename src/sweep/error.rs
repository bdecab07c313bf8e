//! Why a trial has no result.

use super::preflight::TooLarge;
use crate::data::DataError;
use crate::runs::lock::LockError;
use crate::runs::run_json::UnreadableRun;
use crate::train::{RecordError, SnapshotError, TrainError};

/// Why a trial has no result.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum TrialError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Data(#[from] std::sync::Arc<DataError>),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
    /// The folder is another process's.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lock(#[from] LockError),
    /// No memory here holds the model.
    #[error(transparent)]
    #[diagnostic(transparent)]
    TooLarge(#[from] TooLarge),
    /// The record of an earlier run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Run(#[from] UnreadableRun),
    /// The checkpoint is of another model.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error("the corpus has changed since {folder} was recorded (sha256 {before}…, now {now}…)")]
    #[diagnostic(
        code(sweep::changed_corpus),
        help("restore the text, or start the trial over with --fresh")
    )]
    ChangedCorpus {
        folder: String,
        /// The recorded sum's first digits.
        before: String,
        /// The present sum's first digits.
        now: String,
    },
    #[error(
        "{folder} was begun by runner {before}; this is runner {now}, whose numbers may differ"
    )]
    #[diagnostic(
        code(sweep::other_version),
        help(
            "finish it with runner {before}, start it over with --fresh, or go on all the same \
             with --force (run.json will say so)"
        )
    )]
    OtherVersion { folder: String, before: String, now: String },
    #[error("internal error: {0}")]
    #[diagnostic(
        code(sweep::internal),
        help("this is a mistake of runner itself: please report it with the spec")
    )]
    Internal(String),
}

impl TrialError {
    /// Whether the system is at fault: a full disk, a folder that vanished.
    pub fn is_of_the_system(&self) -> bool {
        matches!(
            self,
            Self::Record(_)
                | Self::Lock(LockError::Record(_) | LockError::Elsewhere(_))
                | Self::Train(TrainError::Record(_) | TrainError::Unread { .. })
        )
    }
}
