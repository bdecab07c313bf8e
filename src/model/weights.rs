//! Weights in files: safetensors under PyTorch's names and in PyTorch's layout, so that
//! `load_state_dict` takes them as they are.

use super::Network;
use super::parameter::{AnyParameter, Layout};
use safetensors::tensor::{Dtype, SafeTensors, TensorView, View};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// Why weights could not be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum WeightsError {
    /// The bytes are no safetensors file.
    #[error("no valid safetensors file: {0}")]
    #[diagnostic(help("train the run again with --fresh"))]
    Format(#[from] safetensors::SafeTensorError),
    /// A parameter is missing or of another shape.
    #[error("the file's {name} does not fit the model: expected {expected}, found {found}")]
    #[diagnostic(help("the weights belong to another spec; train the run again with --fresh"))]
    Mismatch {
        /// The parameter.
        name: String,
        /// The model's shape.
        expected: String,
        /// What the file has.
        found: String,
    },
}

/// Writes all parameters of a model into a safetensors file.
///
/// # Errors
/// When the file cannot be written.
pub fn write(model: &dyn Network, path: &Path) -> Result<(), WeightsError> {
    let parameters = model.parameters();
    Ok(safetensors::serialize_to_file(named(&parameters), None, path)?)
}

/// All parameters of a model as a safetensors file.
///
/// # Errors
/// When the format refuses the tensors, which for a model's parameters it does not.
pub fn to_bytes(model: &dyn Network) -> Result<Vec<u8>, WeightsError> {
    Ok(safetensors::serialize(named(&model.parameters()), None)?)
}

/// Parameters with their names.
fn named<'a>(parameters: &[&'a dyn AnyParameter]) -> Vec<(&'a str, InFile<'a>)> {
    parameters.iter().map(|parameter| (parameter.name(), InFile(*parameter))).collect()
}

/// A parameter as it stands in a file.
struct InFile<'a>(&'a dyn AnyParameter);

impl View for InFile<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        self.0.torch_shape()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let (rows, columns) = matrix_of(self.0.torch_shape());
        match self.0.layout() {
            Layout::Same => bytes_of(self.0.numbers()),
            Layout::Transposed => {
                let numbers = transpose(self.0.numbers(), columns, rows);
                Cow::Owned(bytes_of(&numbers).into_owned())
            }
        }
    }

    fn data_len(&self) -> usize {
        size_of_val(self.0.numbers())
    }
}

/// Sets all parameters of a model from a safetensors file.
///
/// # Errors
/// When the bytes are no such file, or its tensors are not the model's.
pub fn from_bytes(model: &mut dyn Network, bytes: &[u8]) -> Result<(), WeightsError> {
    let file = SafeTensors::deserialize(bytes)?;
    let tensors: BTreeMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
    for parameter in model.parameters_mut() {
        let mismatch = |found: String| WeightsError::Mismatch {
            name: parameter.name().to_owned(),
            expected: format!("F32 {:?}", parameter.torch_shape()),
            found,
        };
        let tensor =
            tensors.get(parameter.name()).ok_or_else(|| mismatch("no such tensor".to_owned()))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != parameter.torch_shape() {
            return Err(mismatch(format!("{:?} {:?}", tensor.dtype(), tensor.shape())));
        }
        let (rows, columns) = matrix_of(parameter.torch_shape());
        match parameter.layout() {
            // Number by number: no copy of a large table beside the file and the model.
            Layout::Same => {
                let bytes = tensor.data().as_chunks().0;
                for (number, four) in parameter.both_mut().0.iter_mut().zip(bytes) {
                    *number = f32::from_le_bytes(*four);
                }
            }
            Layout::Transposed => {
                let numbers = transpose(&numbers_of(tensor.data()), rows, columns);
                parameter.both_mut().0.copy_from_slice(&numbers);
            }
        }
    }
    Ok(())
}

/// Rows and columns of a shape of two axes (a vector is one column).
fn matrix_of(shape: &[usize]) -> (usize, usize) {
    (shape.first().copied().unwrap_or(1), shape.get(1).copied().unwrap_or(1))
}

/// A row-major matrix with rows and columns exchanged.
fn transpose(numbers: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    (0..rows * columns).map(|i| numbers[(i % rows) * columns + i / rows]).collect()
}

/// Numbers as the bytes that safetensors holds, the least significant first: on most machines
/// the very bytes in memory.
pub fn bytes_of(numbers: &[f32]) -> Cow<'_, [u8]> {
    if cfg!(target_endian = "little") {
        Cow::Borrowed(bytemuck::cast_slice(numbers))
    } else {
        Cow::Owned(numbers.iter().flat_map(|x| x.to_le_bytes()).collect())
    }
}

/// The numbers of such bytes.
pub fn numbers_of(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}
