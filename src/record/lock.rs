//! One process a trial: two that write into one folder would mix their rows.

use super::file::failed;
use super::folder::Paths;
use crate::train::RecordError;
use std::fs::{File, TryLockError};

/// The right to write into a trial's folder; the system takes it back when the process ends,
/// however it ends.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code)] File);

/// Why a trial's folder cannot be had.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LockError {
    /// Someone else has it.
    #[error("another process is training in {folder}")]
    #[diagnostic(code(record::busy), help("wait for it, or take another folder with --results"))]
    Busy {
        /// The folder.
        folder: String,
    },
    /// It cannot be written to.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Record(#[from] RecordError),
}

impl Lock {
    /// Takes the lock of a trial. A file system without locks grants it to everyone.
    ///
    /// # Errors
    /// When another process has it, or the folder cannot be written to.
    pub fn take(paths: &Paths) -> Result<Self, LockError> {
        let path = paths.lock();
        if let Some(folder) = path.parent() {
            super::file::make_folder(folder)?;
        }
        let file = File::options().create(true).append(true).open(&path);
        let file = file.map_err(failed(&path))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                Err(LockError::Busy { folder: paths.0.display().to_string() })
            }
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self(file)),
        }
    }
}
