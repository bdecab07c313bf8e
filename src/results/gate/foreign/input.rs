//! Reads files of other programs whole.

use super::FiguresError;
use crate::files::{open_regular, read_regular};
use std::io::Read;
use std::path::Path;

/// More than any file of figures has, in bytes.
const LIMIT: u64 = 1 << 30;

/// As many bytes as tell a format.
const HEAD: u64 = 64;

/// The first bytes of a file.
pub(super) fn head_of(path: &Path) -> Result<Vec<u8>, FiguresError> {
    let mut head = Vec::new();
    let file = open_regular(path).map_err(|error| unreadable(path, &error))?.0;
    file.take(HEAD).read_to_end(&mut head).map_err(|error| unreadable(path, &error))?;
    Ok(head)
}

/// The bytes of a file.
pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, FiguresError> {
    read_regular(path, LIMIT).map_err(|error| unreadable(path, &error))
}

/// The text of a file, without a mark of its byte order.
pub(super) fn text_of(path: &Path) -> Result<String, FiguresError> {
    let text = String::from_utf8(bytes_of(path)?).map_err(|error| {
        FiguresError::new(
            format!("{} is neither UTF-8 nor of a known format: {error}", path.display()),
            "--results takes CSV, JSON, and files of MLflow, TensorBoard and W&B",
        )
    })?;
    Ok(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned))
}

fn unreadable(path: &Path, error: &std::io::Error) -> FiguresError {
    FiguresError::new(
        format!("cannot read {}: {error}", path.display()),
        "look at the path and its rights",
    )
}
