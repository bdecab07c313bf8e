//! A [`Snapshot`] as a safetensors file.

use super::folder::Positions;
use crate::model::weights::{bytes_of, numbers_of};
use crate::train::{Progress, Snapshot};
use safetensors::tensor::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

/// The one key of the file's metadata.
const KEY: &str = "runner";

/// What stands in the file beside the tensors.
#[derive(Serialize, Deserialize)]
struct Beside {
    progress: Progress,
    positions: Positions,
}

/// A checkpoint that cannot be read or made.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the checkpoint cannot be used: {0}")]
#[diagnostic(code(record::checkpoint), help("start over with --fresh"))]
pub struct CheckpointError(String);

/// Numbers as they stand in a file.
struct InFile<'a> {
    numbers: &'a [f32],
    shape: [usize; 1],
}

impl View for InFile<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        bytes_of(self.numbers)
    }

    fn data_len(&self) -> usize {
        size_of_val(self.numbers)
    }
}

/// Writes a checkpoint into a file.
///
/// # Errors
/// When the file cannot be written.
pub fn write(
    snapshot: &Snapshot<'_>,
    positions: Positions,
    path: &Path,
) -> Result<(), CheckpointError> {
    let failed = |error: &dyn std::fmt::Display| CheckpointError(error.to_string());
    let beside = Beside { progress: snapshot.progress.clone(), positions };
    let text = serde_json::to_string(&beside).map_err(|error| failed(&error))?;
    let views = snapshot
        .tensors
        .iter()
        .map(|(name, numbers)| (name.as_str(), InFile { numbers, shape: [numbers.len()] }));
    let metadata = HashMap::from([(KEY.to_owned(), text)]);
    safetensors::serialize_to_file(views, Some(metadata), path).map_err(|error| failed(&error))
}

/// Reads a checkpoint.
///
/// # Errors
/// When the bytes are no checkpoint.
pub fn from_bytes(bytes: &[u8]) -> Result<(Snapshot<'static>, Positions), CheckpointError> {
    let failed = |error: &dyn std::fmt::Display| CheckpointError(error.to_string());
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| failed(&error))?;
    let text = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    let text = text.ok_or_else(|| CheckpointError("it has no progress".to_owned()))?;
    let beside: Beside = serde_json::from_str(text).map_err(|error| failed(&error))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| failed(&error))?;
    let tensors =
        file.tensors().into_iter().map(|(name, view)| (name, Cow::Owned(numbers_of(view.data()))));
    let mut tensors: Vec<(String, Cow<'static, [f32]>)> = tensors.collect();
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    Ok((Snapshot { progress: beside.progress, tensors }, beside.positions))
}
