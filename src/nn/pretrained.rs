//! Word vectors that an embedding begins with.

use super::BeginError;
use super::parameters::Parameters;
use super::weights::numbers_of;
use crate::data::Vocabulary;
use crate::files::read_regular;
use crate::spec;
use safetensors::tensor::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::Path;

/// The array's name, in files and networks.
pub const WEIGHT: &str = "embedding.weight";

/// The key of the metadata under which a file names the token of each row, as a JSON array.
pub const TOKENS: &str = "tokens";

/// Puts the vectors of the spec's file, if it names one, into a network's embedding: a token's
/// vector where the file has the token; others stay as they were drawn. All are frozen if the spec says so. A file that does not name
/// its tokens must have a row for each token of the vocabulary, in order.
///
/// # Errors
/// When the file cannot be read, its vectors are of another length, or none is of a known token.
pub fn begin_with(
    parameters: &mut Parameters,
    spec: &spec::Model,
    vocabulary: &Vocabulary,
) -> Result<(), BeginError> {
    let Some(path) = &spec.embedding else {
        return Ok(());
    };
    let unfit = |what: String, help: &str| BeginError::Unfit {
        what: format!("model.embedding: {path}: {what}"),
        help: help.to_owned(),
    };
    const HELP: &str = "a run of task = \"skip_gram\" leaves such a file as embedding.safetensors";
    /// More than any vectors have, in bytes.
    const LIMIT: u64 = 1 << 36;
    let bytes =
        read_regular(Path::new(path), LIMIT).map_err(|error| unfit(error.to_string(), HELP))?;
    let unread = |error: safetensors::SafeTensorError| unfit(error.to_string(), HELP);
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(unread)?;
    let file = SafeTensors::deserialize(&bytes).map_err(unread)?;
    let tensor = file.tensor(WEIGHT).map_err(unread)?;
    let (&[rows, width], Dtype::F32) = (tensor.shape(), tensor.dtype()) else {
        let found = format!("{WEIGHT} is {:?} {:?}", tensor.dtype(), tensor.shape());
        return Err(unfit(found, "it must be F32 with two axes"));
    };
    if width != spec.embedding_size {
        let what =
            format!("its vectors have {width} numbers, the embedding {}", spec.embedding_size);
        return Err(unfit(what, &format!("set `model.embedding_size` to {width}")));
    }
    let text = header.metadata().as_ref().and_then(|metadata| metadata.get(TOKENS));
    let tokens: Option<Vec<String>> = text.and_then(|text| serde_json::from_str(text).ok());
    let row_of: HashMap<&str, usize> = match &tokens {
        Some(tokens) => tokens.iter().map(String::as_str).zip(0..rows).collect(),
        None if rows == vocabulary.len() => {
            (0..rows).filter_map(|row| Some((vocabulary.token(row as u32)?, row))).collect()
        }
        None => {
            let what = format!("{rows} vectors without names for {} tokens", vocabulary.len());
            return Err(unfit(what, "the file's metadata must name its `tokens`"));
        }
    };
    let numbers = numbers_of(tensor.data());
    let known = (0..vocabulary.len()).filter_map(|id| {
        let row = row_of.get(vocabulary.token(id as u32)?)?;
        Some((id, *row))
    });
    let known: Vec<(usize, usize)> = known.collect();
    if known.is_empty() {
        return Err(unfit("none of its tokens is in the vocabulary".to_owned(), HELP));
    }
    for parameter in parameters.iter_mut().filter(|it| it.name() == WEIGHT) {
        parameter.frozen = spec.embedding_frozen == Some(true);
        let values = parameter.values_mut();
        for (id, row) in &known {
            let vector = &numbers[row * width..][..width];
            values[id * width..][..width].copy_from_slice(vector);
        }
    }
    Ok(())
}
