//! A [`Snapshot`] as a safetensors file.

use super::folder::Positions;
use crate::model::weights::bytes_of;
use crate::train::{Progress, Snapshot};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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

/// The bytes of a checkpoint.
///
/// # Errors
/// When the format refuses the tensors.
pub fn to_bytes(snapshot: &Snapshot, positions: Positions) -> Result<Vec<u8>, CheckpointError> {
    let failed = |error: &dyn std::fmt::Display| CheckpointError(error.to_string());
    let beside = Beside {
        progress: snapshot.progress.clone(),
        positions,
    };
    let text = serde_json::to_string(&beside).map_err(|error| failed(&error))?;
    let bytes: Vec<(&str, Vec<u8>)> = snapshot
        .tensors
        .iter()
        .map(|(name, numbers)| (&**name, bytes_of(numbers)))
        .collect();
    let views = bytes
        .iter()
        .map(|(name, bytes)| {
            TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes).map(|view| (*name, view))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| failed(&error))?;
    let metadata = HashMap::from([(KEY.to_owned(), text)]);
    safetensors::serialize(views, Some(metadata)).map_err(|error| failed(&error))
}

/// Reads a checkpoint.
///
/// # Errors
/// When the bytes are no checkpoint.
pub fn from_bytes(bytes: &[u8]) -> Result<(Snapshot, Positions), CheckpointError> {
    let failed = |error: &dyn std::fmt::Display| CheckpointError(error.to_string());
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| failed(&error))?;
    let text = header
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get(KEY));
    let text = text.ok_or_else(|| CheckpointError("it has no progress".to_owned()))?;
    let beside: Beside = serde_json::from_str(text).map_err(|error| failed(&error))?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| failed(&error))?;
    let mut tensors: Vec<(String, Vec<f32>)> = file
        .tensors()
        .into_iter()
        .map(|(name, view)| {
            let numbers = view
                .data()
                .as_chunks()
                .0
                .iter()
                .map(|four| f32::from_le_bytes(*four));
            (name, numbers.collect())
        })
        .collect();
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    Ok((
        Snapshot {
            progress: beside.progress,
            tensors,
        },
        beside.positions,
    ))
}
