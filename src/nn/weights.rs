//! Weights in files: safetensors under PyTorch's names and in PyTorch's layout, so that
//! `load_state_dict` takes them as they are.

use super::parameter::Layout;
use super::parameters::{NamedParameter, Parameters};
use safetensors::SafeTensorError::{self, IoError, MetadataIncompleteBuffer};
use safetensors::tensor::{Dtype, Metadata, View};
use std::borrow::Cow;
use std::io::{self, Read};
use std::path::Path;

/// Bytes of the longest header that is read, as in the safetensors library.
const LONGEST_HEADER: u64 = 100_000_000;

/// Why weights could not be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum WeightsError {
    /// The bytes are no safetensors file.
    #[error("no valid safetensors file: {0}")]
    #[diagnostic(help("train the run again with --fresh"))]
    Format(#[from] SafeTensorError),
    /// A parameter is missing or of another shape.
    #[error("the file's {name} does not fit the model: expected {expected}, found {found}")]
    #[diagnostic(help("the weights belong to another spec; train the run again with --fresh"))]
    Mismatch { name: String, expected: String, found: String },
}

/// Writes all parameters of a model into a safetensors file.
pub fn write(parameters: &Parameters, path: &Path) -> Result<(), WeightsError> {
    Ok(safetensors::serialize_to_file(named(parameters), None, path)?)
}

/// All parameters of a model as a safetensors file.
pub fn to_bytes(parameters: &Parameters) -> Result<Vec<u8>, WeightsError> {
    Ok(safetensors::serialize(named(parameters), None)?)
}

/// Parameters with their names.
fn named(parameters: &Parameters) -> Vec<(&str, InFile<'_>)> {
    parameters.iter().map(|parameter| (parameter.name(), InFile(parameter))).collect()
}

/// A parameter as it stands in a file.
struct InFile<'a>(&'a NamedParameter);

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
            Layout::Same => bytes_of(self.0.values()),
            Layout::Transposed => {
                let numbers = transpose(self.0.values(), columns, rows);
                Cow::Owned(bytes_of(&numbers).into_owned())
            }
        }
    }

    fn data_len(&self) -> usize {
        size_of_val(self.0.values())
    }
}

/// Sets all parameters of a model from a safetensors file in memory.
pub fn from_bytes(parameters: &mut Parameters, bytes: &[u8]) -> Result<(), WeightsError> {
    read(parameters, bytes)
}

/// Sets all parameters of a model from a safetensors file, which is read once, from its first byte
/// to its last, each tensor into its place: no copy of a large table stands beside the model.
///
/// # Errors
/// When it is no such file, or its tensors are not the model's; some parameters may then be set.
pub fn read(parameters: &mut Parameters, mut file: impl Read) -> Result<(), WeightsError> {
    let header = read_header(&mut file)?;
    let mut placed = Vec::new();
    for parameter in parameters.iter_mut() {
        let mismatch = |found: String| WeightsError::Mismatch {
            name: parameter.name().to_owned(),
            expected: format!("F32 {:?}", parameter.torch_shape()),
            found,
        };
        let info =
            header.info(parameter.name()).ok_or_else(|| mismatch("no such tensor".to_owned()))?;
        if info.dtype != Dtype::F32 || info.shape != parameter.torch_shape() {
            return Err(mismatch(format!("{:?} {:?}", info.dtype, info.shape)));
        }
        placed.push((info.data_offsets.0, parameter));
    }
    placed.sort_by_key(|(start, _)| *start);
    let mut place = 0;
    for (start, parameter) in placed {
        skip(&mut file, start - place)?;
        let shape = parameter.torch_shape();
        let ((rows, columns), layout) = (matrix_of(shape), parameter.layout());
        let numbers = parameter.values_mut();
        place = start + size_of_val(numbers);
        match layout {
            Layout::Same => read_numbers(&mut file, numbers)?,
            Layout::Transposed => {
                let mut read = vec![0.0; numbers.len()];
                read_numbers(&mut file, &mut read)?;
                numbers.copy_from_slice(&transpose(&read, rows, columns));
            }
        }
    }
    skip(&mut file, header.data_len() - place)?;
    match file.read(&mut [0]).map_err(IoError)? {
        0 => Ok(()),
        _ => Err(MetadataIncompleteBuffer.into()),
    }
}

/// What tells where each tensor stands, counted from the end of the header.
fn read_header(file: &mut impl Read) -> Result<Metadata, WeightsError> {
    let mut len = [0; 8];
    fill(file, &mut len)?;
    let len = u64::from_le_bytes(len);
    if len > LONGEST_HEADER {
        return Err(SafeTensorError::HeaderTooLarge.into());
    }
    let mut header = Vec::new();
    file.take(len).read_to_end(&mut header).map_err(IoError)?;
    let header = serde_json::from_slice(&header);
    Ok(header.map_err(SafeTensorError::InvalidHeaderDeserialization)?)
}

/// Passes over some bytes.
fn skip(file: &mut impl Read, len: usize) -> Result<(), SafeTensorError> {
    let passed = io::copy(&mut file.take(len as u64), &mut io::sink()).map_err(IoError)?;
    if passed == len as u64 { Ok(()) } else { Err(MetadataIncompleteBuffer) }
}

/// Fills `numbers` from the bytes that safetensors holds.
fn read_numbers(file: &mut impl Read, numbers: &mut [f32]) -> Result<(), SafeTensorError> {
    fill(file, bytemuck::cast_slice_mut(numbers))?;
    if cfg!(target_endian = "big") {
        numbers.iter_mut().for_each(|x| *x = f32::from_le_bytes(x.to_ne_bytes()));
    }
    Ok(())
}

/// Reads as many bytes as are asked for.
fn fill(file: &mut impl Read, bytes: &mut [u8]) -> Result<(), SafeTensorError> {
    file.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => MetadataIncompleteBuffer,
        _ => IoError(error),
    })
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
