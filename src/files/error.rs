//! A file that cannot be written.

use std::io;
use std::path::Path;

/// A file could not be written.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot write {path}: {source}")]
#[diagnostic(
    code(record::write),
    help("make room on the disk, or choose another folder with --results")
)]
pub struct RecordError {
    /// The file.
    pub path: String,
    /// Why.
    pub source: std::io::Error,
}

/// Turns an I/O error into one that names the file.
pub fn failed(path: &Path) -> impl FnOnce(io::Error) -> RecordError + '_ {
    move |source| RecordError { path: path.display().to_string(), source }
}
